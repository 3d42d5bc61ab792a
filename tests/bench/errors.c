#include "errors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static float *draw(int64_t count, uint64_t seed)
{
    float *values = malloc((size_t)(count > 0 ? count : 1) * sizeof(float));
    if (!values) {
        fprintf(stderr, "gan-kernel-bench: no memory\n");
        exit(1);
    }
    for (int64_t i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        values[i] = (float)(seed >> 40) / (float)(1 << 23) - 1;
    }
    return values;
}

/* A value of y: of image `image`, at row `oh` and column `ow`, filter f. */
static double forward_value(const gan_conv *c, const float *x, const float *w, int64_t image, int64_t oh, int64_t ow,
                            int64_t f)
{
    double sum = 0;
    for (int64_t kh = 0; kh < c->kernel_h; kh++) {
        for (int64_t kw = 0; kw < c->kernel_w; kw++) {
            const int64_t ih = oh * c->stride_h - c->pad_top + kh, iw = ow * c->stride_w - c->pad_left + kw;
            if (ih < 0 || ih >= c->height || iw < 0 || iw >= c->width) continue;
            const float *pixel = x + ((image * c->height + ih) * c->width + iw) * c->channels;
            const float *tap = w + ((f * c->kernel_h + kh) * c->kernel_w + kw) * c->channels;
            for (int64_t i = 0; i < c->channels; i++) sum += (double)pixel[i] * (double)tap[i];
        }
    }
    return sum;
}

/* A value of dx, at row `ih` and column `iw`, channel d. */
static double backward_value(const gan_conv *c, const float *dy, const float *w, int64_t image, int64_t ih,
                             int64_t iw, int64_t d)
{
    double sum = 0;
    for (int64_t kh = 0; kh < c->kernel_h; kh++) {
        for (int64_t kw = 0; kw < c->kernel_w; kw++) {
            const int64_t down = ih + c->pad_top - kh, right = iw + c->pad_left - kw;
            const int64_t oh = down / c->stride_h, ow = right / c->stride_w;
            if (down < 0 || right < 0 || down % c->stride_h || right % c->stride_w) continue;
            if (oh >= c->out_height || ow >= c->out_width) continue;
            const float *pixel = dy + ((image * c->out_height + oh) * c->out_width + ow) * c->filters;
            const float *tap = w + (kh * c->kernel_w + kw) * c->channels + d;
            for (int64_t f = 0; f < c->filters; f++)
                sum += (double)pixel[f] * (double)tap[f * c->kernel_h * c->kernel_w * c->channels];
        }
    }
    return sum;
}

double conv_error(gan_context *context, const gan_conv *conv, int64_t batch, bool backward)
{
    enum { EVERY = 101 };
    const int64_t x_count = batch * conv->height * conv->width * conv->channels;
    const int64_t y_count = batch * conv->out_height * conv->out_width * conv->filters;
    float *x = draw(x_count, 1), *y = draw(y_count, 2), *scratch = draw(gan_conv_scratch(context, conv, batch), 3);
    float *w = draw(conv->filters * conv->kernel_h * conv->kernel_w * conv->channels, 4);
    float *result = draw(backward ? x_count : y_count, 5);
    const int64_t height = backward ? conv->height : conv->out_height,
                  width = backward ? conv->width : conv->out_width;
    const int64_t columns = backward ? conv->channels : conv->filters;
    double errors = 0, sizes = 0;
    (backward ? gan_conv_backward_data : gan_conv_forward)(context, conv, batch, backward ? y : x, w, NULL, result,
                                                           scratch);
    for (int64_t i = 0; i < (backward ? x_count : y_count); i += EVERY) {
        const int64_t pixel = i / columns, image = pixel / (height * width);
        const double value = (backward ? backward_value : forward_value)(
            conv, backward ? y : x, w, image, pixel / width % height, pixel % width, i % columns);
        const double error = (double)result[i] - value;
        errors += error * error;
        sizes += value * value;
    }
    float *const all[] = {x, y, w, scratch, result};
    for (int i = 0; i < 5; i++) free(all[i]);
    return sqrt(errors / sizes);
}
