/* The window that slides over an image: arithmetic of sizes and padding. A side is at most INT32_MAX, so that no sum
 * or product of two overflows. */
#include "layers/shared.h"

#include <string.h>

gan_status gan_check_window(gan_shape input, const int64_t padded[2], const int64_t kernel[2], bool dilated)
{
    char text[GAN_SHAPE_TEXT], padded_text[GAN_SHAPE_TEXT], window_text[GAN_SHAPE_TEXT];
    if (padded[0] >= kernel[0] && padded[1] >= kernel[1]) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "input %s, padded to %s, is smaller than the %skernel %s",
                    gan_shape_text(input, text), gan_shape_text(GAN_SHAPE(padded[0], padded[1]), padded_text),
                    dilated ? "dilated " : "", gan_shape_text(GAN_SHAPE(kernel[0], kernel[1]), window_text));
}

int64_t gan_window_side(const gan_conv_transpose2d_options *o, int i)
{
    return (o->kernel[i] - 1) * o->dilation[i] + 1;
}

static bool is_dilated(const gan_conv_transpose2d_options *o)
{
    return o->dilation[0] > 1 || o->dilation[1] > 1;
}

static void split(int64_t total, int64_t pads[2])
{
    pads[0] = total / 2;
    pads[1] = total - pads[0];
}

static const char *kernel_text(const gan_conv_transpose2d_options *o, char text[GAN_SHAPE_TEXT])
{
    return gan_shape_text(GAN_SHAPE(gan_window_side(o, 0), gan_window_side(o, 1)), text);
}

/* `kernel` here is the dilated one: output = floor((input + pads - kernel) / stride) + 1; with SAME, pads are chosen
 * to give ceil(input / stride). */
gan_status gan_window_convolve(const gan_conv_transpose2d_options *o, gan_shape input, int64_t output[2],
                               int64_t pads[4])
{
    int64_t padded[2], kernels[2];
    memcpy(pads, o->pads, sizeof(o->pads));
    for (int i = 0; i < 2; i++) {
        int64_t size = input.dims[i + 1], kernel = kernels[i] = gan_window_side(o, i), stride = o->stride[i];
        if (o->padding == GAN_PADDING_SAME)
            split(gan_larger(((size + stride - 1) / stride - 1) * stride + kernel - size, 0), pads + 2 * i);
        padded[i] = size + pads[2 * i] + pads[2 * i + 1];
        output[i] = gan_slide(padded[i], kernel, stride);
    }
    return gan_check_window(input, padded, kernels, is_dilated(o));
}

/* output = (input - 1) * stride + kernel - pads + output_padding; with SAME, input * stride, and the pads of the
 * SAME convolution that leads back. */
gan_status gan_window_transpose(const gan_conv_transpose2d_options *o, gan_shape input, int64_t output[2],
                                int64_t pads[4])
{
    char text[GAN_SHAPE_TEXT], kernel[GAN_SHAPE_TEXT];
    memcpy(pads, o->pads, sizeof(o->pads));
    for (int i = 0; i < 2; i++) {
        int64_t size = input.dims[i + 1], stride = o->stride[i], side = gan_window_side(o, i);
        if (o->padding == GAN_PADDING_SAME) {
            split(gan_larger(side - stride, 0), pads + 2 * i);
            output[i] = size * stride;
        } else {
            output[i] = (size - 1) * stride + side - pads[2 * i] - pads[2 * i + 1] + o->output_padding[i];
        }
        if (output[i] < 1) {
            return gan_fail(GAN_ERROR_SHAPE, "pads crop all output %s for input %s with %skernel %s",
                            i ? "columns" : "rows", gan_shape_text(input, text), is_dilated(o) ? "dilated " : "",
                            kernel_text(o, kernel));
        }
        GAN_TRY(gan_check_extent(i ? "the width of the output" : "the height of the output", output[i]));
    }
    return GAN_OK;
}
