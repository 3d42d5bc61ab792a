/* The window that conv2d, conv_transpose2d and avg_pool2d slide over an image: options, and the arithmetic of sizes
 * and padding. Sizes along a side are at most INT32_MAX, so that no sum or product of two of them overflows. */
#include "layers/shared.h"

#include <string.h>

static const char *const padding_names[] = {"valid", "same", "explicit"};
enum { PADDINGS = sizeof padding_names / sizeof padding_names[0] };

gan_window gan_window_of(const int64_t kernel[2], const int64_t stride[2], gan_padding padding, const int64_t pads[4])
{
    gan_window window = {.padding = padding};
    gan_pair_or(kernel, (const int64_t[]){3, 3}, window.kernel);
    gan_pair_or(stride, (const int64_t[]){1, 1}, window.stride);
    memcpy(window.pads, pads, sizeof window.pads);
    return window;
}

gan_status gan_window_check(const gan_window *window, const char *type)
{
    GAN_TRY(gan_check_pair(type, "kernel", window->kernel));
    GAN_TRY(gan_check_pair(type, "stride", window->stride));
    if ((int)window->padding < 0 || (int)window->padding >= PADDINGS)
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: padding is %d, expected 0 to %d", type, (int)window->padding,
                        PADDINGS - 1);
    for (int i = 0; i < 4; i++) {
        int64_t kernel = window->kernel[i / 2], pad = window->pads[i];
        if (window->padding != GAN_PADDING_EXPLICIT && pad != 0)
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: pads[%d] is %lld, expected 0 with %s padding", type, i,
                            (long long)pad, padding_names[window->padding]);
        if (pad < 0 || pad >= kernel)
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: pads[%d] is %lld, expected 0 to %lld, below the kernel", type, i,
                            (long long)pad, (long long)(kernel - 1));
    }
    return GAN_OK;
}

gan_status gan_window_save(const gan_window *window, json_t *options)
{
    GAN_TRY(gan_json_set_ints(options, "kernel", window->kernel, 2));
    GAN_TRY(gan_json_set_ints(options, "stride", window->stride, 2));
    GAN_TRY(gan_json_set_text(options, "padding", padding_names[window->padding]));
    return gan_json_set_ints(options, "pads", window->pads, 4);
}

gan_status gan_window_load(gan_window *window, const json_t *options)
{
    int padding;
    GAN_TRY(gan_json_get_ints(options, "kernel", window->kernel, 2, NULL));
    GAN_TRY(gan_json_get_ints(options, "stride", window->stride, 2, NULL));
    GAN_TRY(gan_json_get_choice(options, "padding", padding_names, PADDINGS, &padding));
    window->padding = (gan_padding)padding;
    return gan_json_get_ints(options, "pads", window->pads, 4, NULL);
}

gan_status gan_window_check_input(gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    if (input.rank != 3)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected an image (channels, height, width)",
                        gan_shape_text(input, text));
    for (int i = 0; i < 3; i++) GAN_TRY(gan_check_extent("a side of the input", input.dims[i]));
    return GAN_OK;
}

static void split(int64_t total, int64_t pads[2])
{
    pads[0] = total / 2;
    pads[1] = total - pads[0];
}

/* output = floor((input + pads - kernel) / stride) + 1; with SAME, pads are what gives ceil(input / stride). */
gan_status gan_window_convolve(const gan_window *window, gan_shape input, int64_t output[2], int64_t pads[4])
{
    memcpy(pads, window->pads, sizeof window->pads);
    int64_t padded[2];
    for (int i = 0; i < 2; i++) {
        int64_t size = input.dims[i + 1], kernel = window->kernel[i], stride = window->stride[i];
        if (window->padding == GAN_PADDING_SAME)
            split(gan_larger(((size + stride - 1) / stride - 1) * stride + kernel - size, 0), pads + 2 * i);
        padded[i] = size + pads[2 * i] + pads[2 * i + 1];
        output[i] = (padded[i] - kernel) / stride + 1;
    }
    if (padded[0] < window->kernel[0] || padded[1] < window->kernel[1]) {
        char text[GAN_SHAPE_TEXT], padded_text[GAN_SHAPE_TEXT], kernel_text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input %s, padded to %s, is smaller than the kernel %s",
                        gan_shape_text(input, text), gan_shape_text(GAN_SHAPE(padded[0], padded[1]), padded_text),
                        gan_shape_text(GAN_SHAPE(window->kernel[0], window->kernel[1]), kernel_text));
    }
    return GAN_OK;
}

/* output = (input - 1) * stride + kernel - pads + output_padding; with SAME, input * stride, and the pads are those
 * of the convolution of that kind that leads back. */
gan_status gan_window_transpose(const gan_window *window, const int64_t output_padding[2], gan_shape input,
                                int64_t output[2], int64_t pads[4])
{
    char text[GAN_SHAPE_TEXT], kernel_text[GAN_SHAPE_TEXT];
    memcpy(pads, window->pads, sizeof window->pads);
    for (int i = 0; i < 2; i++) {
        int64_t size = input.dims[i + 1], kernel = window->kernel[i], stride = window->stride[i];
        if (window->padding == GAN_PADDING_SAME) {
            split(gan_larger(kernel - stride, 0), pads + 2 * i);
            output[i] = size * stride;
        } else {
            output[i] = (size - 1) * stride + kernel - pads[2 * i] - pads[2 * i + 1] + output_padding[i];
        }
        if (output[i] < 1)
            return gan_fail(GAN_ERROR_SHAPE, "pads cut all %s of input %s with kernel %s", i ? "columns" : "rows",
                            gan_shape_text(input, text),
                            gan_shape_text(GAN_SHAPE(window->kernel[0], window->kernel[1]), kernel_text));
        GAN_TRY(gan_check_extent(i ? "the width of the output" : "the height of the output", output[i]));
    }
    return GAN_OK;
}

gan_conv gan_window_conv(const gan_window *window, const int64_t pads[4], gan_shape large, gan_shape small)
{
    return (gan_conv){.channels = large.dims[0],
                      .height = large.dims[1],
                      .width = large.dims[2],
                      .filters = small.dims[0],
                      .out_height = small.dims[1],
                      .out_width = small.dims[2],
                      .kernel_h = window->kernel[0],
                      .kernel_w = window->kernel[1],
                      .stride_h = window->stride[0],
                      .stride_w = window->stride[1],
                      .pad_top = pads[0],
                      .pad_left = pads[2]};
}

gan_status gan_window_plan(gan_context *context, const gan_conv *conv, const gan_weights *weights, int64_t batch,
                           gan_layer_plan *plan)
{
    int64_t units = plan->output.dims[0];
    GAN_TRY(gan_shape_check(plan->output, "output"));
    gan_shape weight = GAN_SHAPE(conv->filters, conv->channels, conv->kernel_h, conv->kernel_w);
    GAN_TRY(gan_weights_plan(weights, weight, units, plan));
    GAN_TRY(gan_check_extent("pixels of the smaller image", conv->out_height * conv->out_width));
    GAN_TRY(gan_check_extent("values under the kernel", conv->kernel_h * conv->kernel_w * conv->channels));
    /* Both images, and a copy of every window: more than any kernel's scratch. */
    GAN_TRY(gan_check_product("the larger image", (int64_t[]){batch, conv->channels, conv->height, conv->width}, 4));
    GAN_TRY(gan_check_product("the smaller image",
                              (int64_t[]){batch, conv->filters, conv->out_height, conv->out_width}, 4));
    GAN_TRY(gan_check_product(
        "all windows",
        (int64_t[]){batch, conv->out_height, conv->out_width, conv->kernel_h, conv->kernel_w, conv->channels}, 6));
    int64_t rows = batch * plan->output.dims[1] * plan->output.dims[2];
    plan->scratch = gan_larger(gan_conv_scratch(context, conv, batch), gan_column_sums_scratch(rows, units));
    return GAN_OK;
}
