/* Products whose operands are rounded to bfloat16: they are written out as pairs along k, which the kernels for
 * gan_real then multiply as if they were half as many values. */
#include "kernels/bfloat16.h"

#include "kernels/blocks.h"

extern const gan_bfloat16_table gan_bfloat16_table_baseline;
extern const gan_product_table gan_bfloat16_product_table_baseline;
#ifdef GAN_HAVE_AVX512BF16
extern const gan_bfloat16_table gan_bfloat16_table_avx512bf16;
extern const gan_product_table gan_bfloat16_product_table_avx512bf16;
#define SELECT(name, context) ((context)->cpu == GAN_CPU_AVX512 ? &name##_avx512bf16 : &name##_baseline)
#else
#define SELECT(name, context) ((void)(context), &name##_baseline)
#endif

const gan_bfloat16_table *gan_bfloat16_rounding(const gan_context *context)
{
    return SELECT(gan_bfloat16_table, context);
}

const gan_product_table *gan_bfloat16_products(const gan_context *context)
{
    return SELECT(gan_bfloat16_product_table, context);
}

/* ---- Rounding ------------------------------------------------------------------------------------------------ */

typedef struct round_work {
    const gan_bfloat16_table *table;
    int64_t rows, columns, x_stride;
    const gan_real *x;
    gan_real *y;
} round_work;

static void round_run(const void *args, int64_t begin, int64_t end)
{
    const round_work *work = args;
    const int64_t count = work->rows * work->columns, last = 2 * end < count ? 2 * end : count;
    work->table->rows(1, last - 2 * begin, work->x + 2 * begin, 0, work->y + begin, 0);
}

static void round_range(const void *args, int64_t begin, int64_t end)
{
    const round_work *work = args;
    const int64_t y_stride = gan_pairs(work->columns);
    work->table->rows(end - begin, work->columns, work->x + begin * work->x_stride, work->x_stride,
                      work->y + begin * y_stride, y_stride);
}

static void round_pairs_range(const void *args, int64_t begin, int64_t end)
{
    const round_work *work = args;
    const int64_t last = 2 * end < work->rows ? 2 * end : work->rows;
    work->table->row_pairs(last - 2 * begin, work->columns, work->x + 2 * begin * work->x_stride, work->x_stride,
                           work->y + begin * work->columns, work->columns);
}

static int64_t rows_of_block(int64_t columns)
{
    return columns > 0 && columns < GAN_BLOCK ? GAN_BLOCK / columns : 1;
}

/* y: values one after the other, as they are in x. */
static void round_values(gan_context *context, int64_t count, const gan_real *x, gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), 1, count, count, x, y};
    gan_range_run(context, round_run, &work, gan_pairs(count), GAN_BLOCK / 2);
}

/* y: (rows, gan_pairs(columns)), pairs of neighbours in a row */
static void round_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride,
                       gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), rows, columns, x_stride, x, y};
    if (columns % 2 == 0 && x_stride == columns) {
        round_values(context, rows * columns, x, y);
    } else {
        gan_range_run(context, round_range, &work, rows, rows_of_block(columns));
    }
}

/* y: (gan_pairs(rows), columns), pairs of neighbours in a column */
static void round_row_pairs(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride,
                            gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), rows, columns, x_stride, x, y};
    gan_range_run(context, round_pairs_range, &work, gan_pairs(rows), rows_of_block(2 * columns));
}

/* ---- Matrix products ----------------------------------------------------------------------------------------- */

/* The next `count` values of a scratch that is used up from its beginning, aligned. */
static gan_real *take(gan_real **scratch, int64_t count)
{
    gan_real *taken = gan_scratch_align(*scratch);
    *scratch = taken + count;
    return taken;
}

int64_t gan_bfloat16_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k)
{
    const int64_t pairs = gan_pairs(k);
    return (m + n) * pairs + 2 * GAN_SCRATCH_SLACK +
           gan_gemm_native_scratch(gan_bfloat16_products(context), m, n, pairs);
}

void gan_bfloat16_gemm_run(gan_context *context, const gan_gemm *gemm)
{
    const int64_t m = gemm->m, n = gemm->n, k = gemm->k, pairs = gan_pairs(k);
    gan_gemm product = *gemm;
    gan_real *a = take(&product.scratch, m * pairs), *b = take(&product.scratch, n * pairs);
    if (gemm->transpose_a) {
        round_row_pairs(context, k, m, gemm->a, gemm->lda, a);
    } else {
        round_rows(context, m, k, gemm->a, gemm->lda, a);
    }
    if (gemm->transpose_b) {
        round_rows(context, n, k, gemm->b, gemm->ldb, b);
    } else {
        round_row_pairs(context, k, n, gemm->b, gemm->ldb, b);
    }
    product.k = pairs;
    product.a = a;
    product.lda = gemm->transpose_a ? m : pairs;
    product.b = b;
    product.ldb = gemm->transpose_b ? pairs : n;
    gan_gemm_native_run(context, gan_bfloat16_products(context), &product);
}

/* ---- Convolutions -------------------------------------------------------------------------------------------- */

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

/* The convolution of pairs of channels, and that of pairs of filters. */
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

int64_t gan_bfloat16_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    const gan_product_table *table = gan_bfloat16_products(context);
    const gan_bfloat16_table *rounded = gan_bfloat16_rounding(context);
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv by_channels = paired_channels(conv), by_filters = paired_filters(conv);
    const int64_t forward =
        (s.pixels + conv->filters * s.taps) * by_channels.channels + gan_conv_rows_scratch(table, &by_channels);
    const int64_t data =
        (s.positions + s.taps * conv->channels) * by_filters.filters + gan_conv_rows_scratch(table, &by_filters);
    const int64_t weights = gan_pairs(s.pixels * conv->channels) +
                            gan_pairs(s.lines) * conv->out_width * conv->filters +
                            gan_conv_weights_scratch(table, rounded, conv, batch);
    const int64_t most = forward > data ? forward : data;
    return (most > weights ? most : weights) + 2 * GAN_SCRATCH_SLACK;
}

void gan_bfloat16_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_epilogue *epilogue, gan_real *y, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv paired = paired_channels(conv);
    gan_real *x_pairs = take(&scratch, s.pixels * paired.channels);
    gan_real *w_pairs = take(&scratch, conv->filters * s.taps * paired.channels);
    round_rows(context, s.pixels, conv->channels, x, conv->channels, x_pairs);
    round_rows(context, conv->filters * s.taps, conv->channels, w, conv->channels, w_pairs);
    gan_conv_rows_forward(context, gan_bfloat16_products(context), &paired, batch, x_pairs, w_pairs, epilogue, y,
                          scratch);
}

void gan_bfloat16_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_epilogue *epilogue, gan_real *dx, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const gan_conv paired = paired_filters(conv);
    const int64_t row_values = s.taps * conv->channels;
    gan_real *dy_pairs = take(&scratch, s.positions * paired.filters);
    gan_real *w_pairs = take(&scratch, row_values * paired.filters);
    round_rows(context, s.positions, conv->filters, dy, conv->filters, dy_pairs);
    round_row_pairs(context, conv->filters, row_values, w, row_values, w_pairs);
    gan_conv_rows_backward_data(context, gan_bfloat16_products(context), &paired, batch, dy_pairs, w_pairs, epilogue,
                                dx, scratch);
}

void gan_bfloat16_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, gan_real *dw, gan_real *scratch)
{
    const conv_sizes s = conv_sizes_of(conv, batch);
    const int64_t line_values = conv->out_width * conv->filters;
    gan_real *x_values = take(&scratch, gan_pairs(s.pixels * conv->channels));
    gan_real *dy_pairs = take(&scratch, gan_pairs(s.lines) * line_values);
    round_values(context, s.pixels * conv->channels, x, x_values);
    round_row_pairs(context, s.lines, line_values, dy, line_values, dy_pairs);
    gan_conv_weights_backward(context, gan_bfloat16_products(context), gan_bfloat16_rounding(context), conv, batch,
                              x_values, dy_pairs, dw, scratch);
}
