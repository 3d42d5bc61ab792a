/* Convolutions by fewer multiplications: how they are sums of convolutions of stride 1. With kernel value t under
 * input i = o s - pad + t at output o,
 *
 *     forward: part p has inputs p, p + s, p + 2 s, ..., and the kernel's values t with t - pad = p modulo s
 *     backward: phase p has the gradients of inputs p, p + s, ..., made of all outputs by the same values t, which
 *     run backwards */
#include "kernels/conv/conv_ways.h"
#include "kernels/winograd/winograd.h"

/* The kernel's first value for inputs p, p + s, ...; how many such values there are. */
static int64_t first_value(int64_t p, int64_t stride, int64_t pad)
{
    return (p + pad) % stride;
}

static int64_t count_values(int64_t first, int64_t kernel, int64_t stride)
{
    return kernel > first ? (kernel - first + stride - 1) / stride : 0;
}

enum { HOST_SLOTS = 16 };

static gan_winograd_axis forward_axis(int64_t positions, int64_t inputs, int64_t kernel, int64_t stride, int64_t pad)
{
    gan_winograd_axis axis = {.positions = positions, .out_step = 1, .inputs = inputs, .in_step = stride};
    for (int64_t p = 0; p < stride; p++) {
        const int64_t first = first_value(p, stride, pad);
        const gan_winograd_part part = {.first = p,
                                        .origin = (first - pad - p) / stride,
                                        .taps = count_values(first, kernel, stride),
                                        .kernel = first,
                                        .kernel_step = stride};
        if (part.taps == 0) continue;
        axis.part[axis.parts] = part;
        if (axis.parts > 0 && part.taps > axis.part[0].taps) {
            axis.part[axis.parts] = axis.part[0];
            axis.part[0] = part;
        }
        axis.parts++;
    }
    return axis;
}

static gan_winograd_axis backward_axis(int64_t outputs, int64_t inputs, int64_t kernel, int64_t stride, int64_t pad,
                                       int64_t p)
{
    const int64_t first = first_value(p, stride, pad), taps = count_values(first, kernel, stride);
    return (gan_winograd_axis){.positions = outputs > p ? (outputs - p + stride - 1) / stride : 0,
                               .out_first = p,
                               .out_step = stride,
                               .inputs = inputs,
                               .in_step = 1,
                               .parts = 1,
                               .part = {{.origin = (p + pad - first) / stride - (taps - 1),
                                         .taps = taps,
                                         .kernel = first + stride * (taps - 1),
                                         .kernel_step = -stride}}};
}

/* Whether all phases have 2 to 4 taps along an axis; forward, only the part with the most. */
static bool axis_fits(int64_t kernel, int64_t stride, bool backward)
{
    const int64_t most = (kernel + stride - 1) / stride, least = backward ? kernel / stride : most;
    return stride <= GAN_WINOGRAD_PHASES && least >= 2 && most <= GAN_WINOGRAD_TAPS;
}

/* Two slots of memory for each thread even out what threads have to do; how many the host has is not known. */
static void describe(const gan_context *context, const gan_conv *c, int64_t batch, bool backward, gan_winograd *to)
{
    const int64_t taps = c->kernel_h * c->kernel_w;
    *to = (gan_winograd){.batch = batch, .kernel_w = c->kernel_w, .w_tap = c->channels};
    to->slots = context->parallel ? HOST_SLOTS : 2 * (int64_t)atomic_load(&context->threads);
    if (backward) {
        to->channels = c->filters;
        to->height = c->out_height;
        to->width = c->out_width;
        to->columns = c->channels;
        to->out_height = c->height;
        to->out_width = c->width;
        to->w_channel = taps * c->channels;
        to->w_column = 1;
        to->phases[0] = c->stride_h;
        to->phases[1] = c->stride_w;
        for (int64_t p = 0; p < c->stride_h; p++)
            to->axis[0][p] = backward_axis(c->height, c->out_height, c->kernel_h, c->stride_h, c->pad_top, p);
        for (int64_t p = 0; p < c->stride_w; p++)
            to->axis[1][p] = backward_axis(c->width, c->out_width, c->kernel_w, c->stride_w, c->pad_left, p);
    } else {
        to->channels = c->channels;
        to->height = c->height;
        to->width = c->width;
        to->columns = c->filters;
        to->out_height = c->out_height;
        to->out_width = c->out_width;
        to->w_channel = 1;
        to->w_column = taps * c->channels;
        to->phases[0] = to->phases[1] = 1;
        to->axis[0][0] = forward_axis(c->out_height, c->height, c->kernel_h, c->stride_h, c->pad_top);
        to->axis[1][0] = forward_axis(c->out_width, c->width, c->kernel_w, c->stride_w, c->pad_left);
    }
}

bool gan_conv_winograd_fits(const gan_conv *conv, bool backward)
{
    return axis_fits(conv->kernel_h, conv->stride_h, backward) && axis_fits(conv->kernel_w, conv->stride_w, backward);
}

bool gan_conv_winograd_pays(const gan_context *context, const gan_conv *conv, int64_t batch, bool backward)
{
    gan_winograd as;
    if (context->no_winograd) return false;
    describe(context, conv, batch, backward, &as);
    return gan_winograd_pays(GAN_ISA_SELECT(gan_micro_kernel_table, context), &as);
}

int64_t gan_conv_winograd_scratch(const gan_context *context, const gan_conv *conv, int64_t batch, bool backward)
{
    gan_winograd as;
    describe(context, conv, batch, backward, &as);
    return gan_winograd_scratch(GAN_ISA_SELECT(gan_micro_kernel_table, context), &as);
}

void gan_conv_winograd_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch)
{
    gan_winograd as;
    describe(context, conv, batch, false, &as);
    gan_winograd_run(context, &as, x, w, bias, y, scratch);
}

void gan_conv_winograd_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    gan_winograd as;
    describe(context, conv, batch, true, &as);
    gan_winograd_run(context, &as, dy, w, bias, dx, scratch);
}

bool gan_conv_winograd_weights_pay(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    gan_winograd as;
    if (context->no_winograd) return false;
    describe(context, conv, batch, false, &as);
    return gan_winograd_weights_pay(GAN_ISA_SELECT(gan_micro_kernel_table, context), &as);
}

int64_t gan_conv_winograd_weights_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    gan_winograd as;
    describe(context, conv, batch, false, &as);
    return gan_winograd_weights_scratch(GAN_ISA_SELECT(gan_micro_kernel_table, context), &as);
}

void gan_conv_winograd_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    gan_winograd as;
    describe(context, conv, batch, false, &as);
    gan_winograd_weights_run(context, &as, x, dy, accumulate, dw, scratch);
}
