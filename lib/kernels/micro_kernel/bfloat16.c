/* Operands rounded to bfloat16, written out as pairs along k, which are multiplied like half as many values. */
#include "kernels/blocks/blocks.h"
#include "kernels/micro_kernel/micro_kernel.h"

extern const gan_rounding_table gan_rounding_table_baseline;
extern const gan_micro_kernel_table gan_bfloat16_micro_kernel_table_baseline;
#if defined(GAN_HAVE_AVX512BF16)
#define BY_INSTRUCTIONS(name) name##_avx512bf16
#elif defined(GAN_HAVE_NEONBF16)
#define BY_INSTRUCTIONS(name) name##_neonbf16
#endif
#ifdef BY_INSTRUCTIONS
extern const gan_rounding_table BY_INSTRUCTIONS(gan_rounding_table);
extern const gan_micro_kernel_table BY_INSTRUCTIONS(gan_bfloat16_micro_kernel_table);
#define SELECT(name, context) ((context)->bfloat16_by_instructions ? &BY_INSTRUCTIONS(name) : &name##_baseline)
#else
#define SELECT(name, context) ((void)(context), &name##_baseline)
#endif

const gan_rounding_table *gan_bfloat16_rounding(const gan_context *context)
{
    return SELECT(gan_rounding_table, context);
}

const gan_micro_kernel_table *gan_bfloat16_micro_kernels(const gan_context *context)
{
    return SELECT(gan_bfloat16_micro_kernel_table, context);
}

typedef struct round_work {
    const gan_rounding_table *table;
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

void gan_bfloat16_round_values(gan_context *context, int64_t count, const gan_real *x, gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), 1, count, count, x, y};
    gan_range_run(context, round_run, &work, gan_pairs(count), GAN_BLOCK / 2);
}

void gan_bfloat16_round_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride,
                             gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), rows, columns, x_stride, x, y};
    if (columns % 2 == 0 && x_stride == columns) {
        gan_bfloat16_round_values(context, rows * columns, x, y);
    } else {
        gan_range_run(context, round_range, &work, rows, rows_of_block(columns));
    }
}

void gan_bfloat16_round_row_pairs(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                                  int64_t x_stride, gan_real *y)
{
    const round_work work = {gan_bfloat16_rounding(context), rows, columns, x_stride, x, y};
    gan_range_run(context, round_pairs_range, &work, gan_pairs(rows), rows_of_block(2 * columns));
}
