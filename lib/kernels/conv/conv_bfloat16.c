/* Convolutions with operands rounded to bfloat16, by the micro-kernels for pairs. */
#include "kernels/conv/conv_ways.h"

/* Sizes of a convolution's operands, in rows and columns. */
typedef struct conv_sizes {
    int64_t pixels, positions; /* of the whole batch */
    int64_t taps, lines;       /* lines: of all outputs */
} conv_sizes;

static conv_sizes conv_sizes_of(const gan_conv *conv, int64_t batch)
{
    return (conv_sizes){.pixels = batch * conv->height * conv->width,
                        .positions = batch * conv->out_height * conv->out_width,
                        .taps = conv->kernel_h * conv->kernel_w,
                        .lines = batch * conv->out_height};
}

/* The convolution on pairs of channels, and that on pairs of filters. */
static gan_conv paired_channels(const gan_conv *conv)
{
    gan_conv paired = *conv;
    paired.channels = gan_pairs(conv->channels);
    return paired;
}

static gan_conv paired_filters(const gan_conv *conv)
{
    gan_conv paired = *conv;
    paired.filters = gan_pairs(conv->filters);
    return paired;
}

int64_t gan_conv_bfloat16_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    const gan_micro_kernel_table *table = gan_bfloat16_micro_kernels(context);
    const gan_rounding_table *rounded = gan_bfloat16_rounding(context);
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv by_channels = paired_channels(conv), by_filters = paired_filters(conv);
    const int64_t forward =
        (s.pixels + conv->filters * s.taps) * by_channels.channels + gan_conv_direct_scratch(table, &by_channels);
    const int64_t data =
        (s.positions + s.taps * conv->channels) * by_filters.filters + gan_conv_direct_scratch(table, &by_filters);
    const int64_t weights = gan_pairs(s.pixels * conv->channels) +
                            gan_pairs(s.lines) * conv->out_width * conv->filters +
                            gan_conv_direct_backward_weights_scratch(table, rounded, conv, batch);
    const int64_t most = forward > data ? forward : data;
    return (most > weights ? most : weights) + 2 * GAN_SCRATCH_SLACK;
}

void gan_conv_bfloat16_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv paired = paired_channels(conv);
    gan_real *x_pairs = gan_scratch_take(&scratch, s.pixels * paired.channels);
    gan_real *w_pairs = gan_scratch_take(&scratch, conv->filters * s.taps * paired.channels);
    gan_bfloat16_round_rows(context, s.pixels, conv->channels, x, conv->channels, x_pairs);
    gan_bfloat16_round_rows(context, conv->filters * s.taps, conv->channels, w, conv->channels, w_pairs);
    gan_conv_direct_forward(context, gan_bfloat16_micro_kernels(context), &paired, batch, x_pairs, w_pairs, bias, y,
                            scratch);
}

void gan_conv_bfloat16_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv paired = paired_filters(conv);
    const int64_t row_values = s.taps * conv->channels;
    gan_real *dy_pairs = gan_scratch_take(&scratch, s.positions * paired.filters);
    gan_real *w_pairs = gan_scratch_take(&scratch, row_values * paired.filters);
    gan_bfloat16_round_rows(context, s.positions, conv->filters, dy, conv->filters, dy_pairs);
    gan_bfloat16_round_row_pairs(context, conv->filters, row_values, w, row_values, w_pairs);
    gan_conv_direct_backward_data(context, gan_bfloat16_micro_kernels(context), &paired, batch, dy_pairs, w_pairs,
                                  bias, dx, scratch);
}

void gan_conv_bfloat16_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const int64_t line_values = conv->out_width * conv->filters;
    gan_real *x_values = gan_scratch_take(&scratch, gan_pairs(s.pixels * conv->channels));
    gan_real *dy_pairs = gan_scratch_take(&scratch, gan_pairs(s.lines) * line_values);
    gan_bfloat16_round_values(context, s.pixels * conv->channels, x, x_values);
    gan_bfloat16_round_row_pairs(context, s.lines, line_values, dy, line_values, dy_pairs);
    gan_conv_direct_backward_weights(context, gan_bfloat16_micro_kernels(context), gan_bfloat16_rounding(context),
                                     conv, batch, x_values, dy_pairs, accumulate, dw, scratch);
}
