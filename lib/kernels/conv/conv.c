/* Convolutions: direct, by the micro-kernels, of windows or tap by tap; by fewer multiplications; as matrix products
 * of patches in memory (im2col), by the BLAS and for dilation and groups; channel by channel if depthwise; or direct
 * with operands rounded to bfloat16. */
#include "kernels/conv/conv_ways.h"

/* ---- Direct ------------------------------------------------------------------------------------------------ */

static bool takes_winograd(const gan_context *context, const gan_conv *conv, int64_t batch, bool backward)
{
    return gan_conv_winograd_fits(conv, backward) && gan_conv_winograd_pays(context, conv, batch, backward);
}

static bool takes_winograd_weights(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    return gan_conv_winograd_fits(conv, false) && gan_conv_winograd_weights_pay(context, conv, batch);
}

static int64_t direct_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    int64_t rows = gan_conv_direct_scratch(table, conv);
    int64_t weights = gan_conv_has_few_filters(table, conv)
                          ? gan_conv_few_filters_scratch(table, conv, batch)
                          : gan_conv_direct_backward_weights_scratch(table, NULL, conv, batch);
    int64_t most = rows > weights ? rows : weights;
    if (gan_conv_taps_pay(conv, 1)) {
        int64_t pixels = gan_conv_taps_scratch(table, conv, batch);
        if (pixels > most) most = pixels;
    }
    for (int backward = 0; backward < 2; backward++) {
        if (!takes_winograd(context, conv, batch, backward)) continue;
        int64_t transformed = gan_conv_winograd_scratch(context, conv, batch, backward);
        if (transformed > most) most = transformed;
    }
    if (takes_winograd_weights(context, conv, batch)) {
        int64_t transformed = gan_conv_winograd_weights_scratch(context, conv, batch);
        if (transformed > most) most = transformed;
    }
    return most;
}

static void direct_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                           const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    if (takes_winograd(context, conv, batch, false)) {
        gan_conv_winograd_forward(context, conv, batch, x, w, bias, y, scratch);
    } else if (gan_conv_taps_pay(conv, batch)) {
        gan_conv_taps_forward(context, table, conv, batch, x, w, bias, y, scratch);
    } else {
        gan_conv_direct_forward(context, table, conv, batch, x, w, bias, y, scratch);
    }
}

static void direct_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                 const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    if (takes_winograd(context, conv, batch, true)) {
        gan_conv_winograd_backward_data(context, conv, batch, dy, w, bias, dx, scratch);
    } else if (gan_conv_taps_pay(conv, batch)) {
        gan_conv_taps_backward_data(context, table, conv, batch, dy, w, bias, dx);
    } else {
        gan_conv_direct_backward_data(context, table, conv, batch, dy, w, bias, dx, scratch);
    }
}

static void direct_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                    const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    if (takes_winograd_weights(context, conv, batch)) {
        gan_conv_winograd_backward_weights(context, conv, batch, x, dy, accumulate, dw, scratch);
    } else if (gan_conv_taps_pay(conv, batch)) {
        gan_conv_taps_backward_weights(context, table, conv, batch, x, dy, accumulate, dw);
    } else if (gan_conv_has_few_filters(table, conv)) {
        gan_conv_few_filters_backward_weights(context, table, conv, batch, x, dy, accumulate, dw, scratch);
    } else {
        gan_conv_direct_backward_weights(context, table, NULL, conv, batch, x, dy, accumulate, dw, scratch);
    }
}

/* ---- The door ---------------------------------------------------------------------------------------------- */

typedef struct conv_way {
    int64_t (*scratch)(const gan_context *, const gan_conv *, int64_t batch);
    void (*forward)(gan_context *, const gan_conv *, int64_t batch, const gan_real *x, const gan_real *w,
                    const gan_real *bias, gan_real *y, gan_real *scratch);
    void (*backward_data)(gan_context *, const gan_conv *, int64_t batch, const gan_real *dy, const gan_real *w,
                          const gan_real *bias, gan_real *dx, gan_real *scratch);
    void (*backward_weights)(gan_context *, const gan_conv *, int64_t batch, const gan_real *x, const gan_real *dy,
                             bool accumulate, gan_real *dw, gan_real *scratch);
} conv_way;

static const conv_way direct = {direct_scratch, direct_forward, direct_backward_data, direct_backward_weights};
static const conv_way im2col = {gan_conv_im2col_scratch, gan_conv_im2col_forward, gan_conv_im2col_backward_data,
                                gan_conv_im2col_backward_weights};
static const conv_way depthwise = {gan_conv_depthwise_scratch, gan_conv_depthwise_forward,
                                   gan_conv_depthwise_backward_data, gan_conv_depthwise_backward_weights};
#ifdef GAN_HAVE_BFLOAT16
static const conv_way bfloat16 = {gan_conv_bfloat16_scratch, gan_conv_bfloat16_forward,
                                  gan_conv_bfloat16_backward_data, gan_conv_bfloat16_backward_weights};
#endif

/* Depthwise convolutions round no operands, so that in bfloat16 they are products, which do. */
static const conv_way *way_of(const gan_context *context, const gan_conv *conv)
{
#ifdef GAN_HAVE_BFLOAT16
    if (context->precision == GAN_PRECISION_BFLOAT16) return gan_conv_is_plain(conv) ? &bfloat16 : &im2col;
#endif
    if (gan_conv_is_depthwise(conv)) return &depthwise;
    if (!gan_conv_is_plain(conv)) return &im2col;
    return context->multiply == GAN_MULTIPLY_BLAS ? &im2col : &direct;
}

int64_t gan_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    return way_of(context, conv)->scratch(context, conv, batch);
}

void gan_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *w,
                      const gan_real *bias, gan_real *y, gan_real *scratch)
{
    way_of(context, conv)->forward(context, conv, batch, x, w, bias, y, scratch);
}

void gan_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                            const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    way_of(context, conv)->backward_data(context, conv, batch, dy, w, bias, dx, scratch);
}

void gan_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    way_of(context, conv)->backward_weights(context, conv, batch, x, dy, accumulate, dw, scratch);
}
