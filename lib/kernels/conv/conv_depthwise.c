/* Depthwise convolutions: each filter sees one channel, so that a pixel's channels, which are contiguous, are
 * multiplied by as many weights. For a value of the kernel,
 *
 *     y[pixel, c] += x[pixel', c] w[c]
 *     dx[pixel', c] += dy[pixel, c] w[c]
 *     dw[c] += x[pixel', c] dy[pixel, c]
 *
 * Lines are rows of pixels, of the whole batch. Weights are used as (kernel_h, kernel_w, channels). */
#include "kernels/columns/columns.h"
#include "kernels/conv/conv_ways.h"
#include "kernels/rows/rows.h"

#include <string.h>

/* Most sums of gradients of weights that are made apart, each over some of the lines, and then added up. */
enum { PARTS = 32 };

bool gan_conv_is_depthwise(const gan_conv *conv)
{
    return conv->groups > 1 && conv->channels == conv->groups && conv->filters == conv->groups;
}

typedef struct depthwise_work {
    const gan_columns_table *table;
    const gan_conv *conv;
    const gan_real *x, *dy, *w, *bias; /* bias: NULL if there is none */
    gan_real *to;
    int64_t lines, part_lines;
} depthwise_work;

static depthwise_work work_make(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    depthwise_work work = {.table = GAN_ISA_SELECT(gan_columns_table, context), .conv = conv};
    work.lines = batch * conv->out_height;
    work.part_lines = (work.lines + PARTS - 1) / PARTS;
    return work;
}

static int64_t weights_of(const gan_conv *conv)
{
    return conv->kernel_h * conv->kernel_w * conv->channels;
}

static int64_t lines_in_block(int64_t width, int64_t channels)
{
    return width * channels < GAN_BLOCK ? GAN_BLOCK / (width * channels) : 1;
}

/* What a value of the kernel sees while it moves along a line: this many pixels, from the first in each line. */
typedef struct run {
    int64_t pixels, x, y;
} run;

static run run_of(const gan_conv *conv, int64_t kw)
{
    const int64_t stride = conv->stride_w, column = kw * conv->dilation_w - conv->pad_left;
    int64_t begin = column < 0 ? (-column + stride - 1) / stride : 0;
    int64_t end = column < conv->width ? (conv->width - 1 - column) / stride + 1 : 0;
    if (end > conv->out_width) end = conv->out_width;
    if (end <= begin) return (run){0, 0, 0};
    return (run){end - begin, (begin * stride + column) * conv->channels, begin * conv->channels};
}

static void start_line(const gan_real *bias, int64_t pixels, int64_t channels, gan_real *line)
{
    memset(line, 0, (size_t)(pixels * channels) * sizeof(gan_real));
    gan_bias_add(bias, pixels, channels, line, channels);
}

/* ---- Forward ------------------------------------------------------------------------------------------------- */

static void forward_lines(const void *argument, int64_t first, int64_t last)
{
    const depthwise_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t channels = conv->channels;
    for (int64_t line = first; line < last; line++) {
        gan_real *y = work->to + line * conv->out_width * channels;
        start_line(work->bias, conv->out_width, channels, y);
        for (int64_t kh = 0; kh < conv->kernel_h; kh++) {
            int64_t row = line % conv->out_height * conv->stride_h - conv->pad_top + kh * conv->dilation_h;
            if (row < 0 || row >= conv->height) continue;
            const gan_real *x = work->x + (line / conv->out_height * conv->height + row) * conv->width * channels;
            for (int64_t kw = 0; kw < conv->kernel_w; kw++) {
                const run r = run_of(conv, kw);
                work->table->multiply_add(
                    &(gan_row_strides){r.pixels, channels, .x = conv->stride_w * channels, .w = 0, .y = channels},
                    x + r.x, work->w + (kh * conv->kernel_w + kw) * channels, y + r.y);
            }
        }
    }
}

void gan_conv_depthwise_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch)
{
    depthwise_work work = work_make(context, conv, batch);
    work.x = x;
    work.w = scratch;
    work.bias = bias;
    work.to = y;
    gan_transpose(context, 1, conv->channels, conv->kernel_h * conv->kernel_w, w, scratch);
    gan_range_run(context, forward_lines, &work, work.lines, lines_in_block(conv->out_width, conv->channels));
}

/* ---- Backward to the data: a line takes from all lines of dy that have seen it -------------------------------- */

static void data_lines(const void *argument, int64_t first, int64_t last)
{
    const depthwise_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t channels = conv->channels;
    for (int64_t line = first; line < last; line++) {
        gan_real *dx = work->to + line * conv->width * channels;
        start_line(work->bias, conv->width, channels, dx);
        for (int64_t kh = 0; kh < conv->kernel_h; kh++) {
            int64_t from = line % conv->height + conv->pad_top - kh * conv->dilation_h, row = from / conv->stride_h;
            if (from < 0 || from % conv->stride_h != 0 || row >= conv->out_height) continue;
            const gan_real *dy =
                work->dy + (line / conv->height * conv->out_height + row) * conv->out_width * channels;
            for (int64_t kw = 0; kw < conv->kernel_w; kw++) {
                const run r = run_of(conv, kw);
                work->table->multiply_add(
                    &(gan_row_strides){r.pixels, channels, .x = channels, .w = 0, .y = conv->stride_w * channels},
                    dy + r.y, work->w + (kh * conv->kernel_w + kw) * channels, dx + r.x);
            }
        }
    }
}

void gan_conv_depthwise_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                      const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    depthwise_work work = work_make(context, conv, batch);
    work.dy = dy;
    work.w = scratch;
    work.bias = bias;
    work.to = dx;
    gan_transpose(context, 1, conv->channels, conv->kernel_h * conv->kernel_w, w, scratch);
    gan_range_run(context, data_lines, &work, batch * conv->height, lines_in_block(conv->width, conv->channels));
}

/* ---- Backward to the weights --------------------------------------------------------------------------------- */

/* index: of the part. */
static void weights_part(void *argument, int64_t index)
{
    const depthwise_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t channels = conv->channels, first = index * work->part_lines;
    const int64_t last = first + work->part_lines < work->lines ? first + work->part_lines : work->lines;
    gan_real *dw = work->to + index * weights_of(conv);
    memset(dw, 0, (size_t)weights_of(conv) * sizeof(gan_real));
    for (int64_t line = first; line < last; line++) {
        const gan_real *dy = work->dy + line * conv->out_width * channels;
        for (int64_t kh = 0; kh < conv->kernel_h; kh++) {
            int64_t row = line % conv->out_height * conv->stride_h - conv->pad_top + kh * conv->dilation_h;
            if (row < 0 || row >= conv->height) continue;
            const gan_real *x = work->x + (line / conv->out_height * conv->height + row) * conv->width * channels;
            for (int64_t kw = 0; kw < conv->kernel_w; kw++) {
                const run r = run_of(conv, kw);
                work->table->multiply_add(
                    &(gan_row_strides){r.pixels, channels, .x = conv->stride_w * channels, .w = channels, .y = 0},
                    x + r.x, dy + r.y, dw + (kh * conv->kernel_w + kw) * channels);
            }
        }
    }
}

void gan_conv_depthwise_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                         const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    depthwise_work work = work_make(context, conv, batch);
    const int64_t parts = (work.lines + work.part_lines - 1) / work.part_lines;
    const int64_t area = conv->kernel_h * conv->kernel_w, channels = conv->channels;
    work.x = x;
    work.dy = dy;
    work.to = scratch;
    gan_parallel(context, weights_part, &work, parts);
    for (int64_t at = 0; at < area; at++) {
        for (int64_t c = 0; c < channels; c++) {
            double sum = 0;
            for (int64_t p = 0; p < parts; p++) sum += (double)scratch[(p * area + at) * channels + c];
            dw[c * area + at] = (accumulate ? dw[c * area + at] : 0) + (gan_real)sum;
        }
    }
}

/* Fewer images may make more parts. */
int64_t gan_conv_depthwise_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    const int64_t lines = batch * conv->out_height;
    (void)context;
    return (lines < PARTS ? lines : PARTS) * weights_of(conv);
}
