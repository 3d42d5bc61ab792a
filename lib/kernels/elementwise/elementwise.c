/* Elementwise passes; the loops are in elementwise_isa.c. */
#include "kernels/elementwise/elementwise_tables.h"

#include <string.h>

static void run(gan_context *context, gan_range_fn range, int64_t count, gan_elementwise_args args)
{
    gan_range_run(context, range, &args, count, GAN_BLOCK);
}

#define TABLE GAN_ISA_SELECT(gan_elementwise_table, context)

void gan_dropout(gan_context *context, int64_t count, gan_real rate, gan_random_state state, const gan_real *x,
                 gan_real *y)
{
    run(context, TABLE->dropout, count, (gan_elementwise_args){.x = x, .y = y, .value = rate, .state = state});
}

/* Numbers are drawn in pieces on the stack. Ranges begin at whole blocks of the generator. */
enum { PIECE = 256 };

static void add_normal(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    gan_random_state state = args->state;
    gan_real numbers[PIECE];
    state.counter += (uint64_t)begin / GAN_NORMALS_PER_BLOCK;
    for (int64_t first = begin; first < end; first += PIECE) {
        const int64_t count = end - first < PIECE ? end - first : PIECE;
        gan_fill_normal(&state, numbers, count, 0, 1);
        for (int64_t i = 0; i < count; i++) args->y[first + i] = args->x[first + i] + args->value * numbers[i];
    }
}

void gan_add_normal(gan_context *context, int64_t count, gan_real deviation, gan_random_state state,
                    const gan_real *x, gan_real *y)
{
    run(context, add_normal, count, (gan_elementwise_args){.x = x, .y = y, .value = deviation, .state = state});
}

/* Likewise, where the results will be. */
static void sample_gaussian(const void *arguments, int64_t begin, int64_t end)
{
    const gan_gaussian_args *args = arguments;
    gan_random_state state = args->state;
    state.counter += (uint64_t)begin / GAN_NORMALS_PER_BLOCK;
    gan_fill_normal(&state, args->kept + begin, end - begin, 0, 1);
    args->loop(args, begin, end);
}

void gan_sample_gaussian(gan_context *context, int64_t count, gan_random_state state, const gan_real *mean,
                         const gan_real *log_variance, gan_real *y, gan_real *kept)
{
    const gan_gaussian_args args = {TABLE->sample_gaussian, state, mean, log_variance, y, kept};
    gan_range_run(context, sample_gaussian, &args, count, GAN_BLOCK);
}

typedef struct transposed_args {
    int64_t rows, columns;
    gan_real deviation;
    gan_random_state state;
    gan_real *y;
} transposed_args;

/* Adds the numbers of one row, or of part of it, from column `column` on. */
static void add_normal_part(const transposed_args *args, int64_t row, int64_t column, int64_t count,
                            const gan_real *numbers)
{
    const int64_t rows = args->rows;
    gan_real *y = args->y + (row / rows * args->columns + column) * rows + row % rows;
    for (int64_t i = 0; i < count; i++) y[i * rows] += args->deviation * numbers[i];
}

static void add_normal_transposed(const void *arguments, int64_t begin, int64_t end)
{
    const transposed_args *args = arguments;
    gan_random_state state = args->state;
    gan_real numbers[PIECE];
    state.counter += (uint64_t)begin / GAN_NORMALS_PER_BLOCK;
    for (int64_t first = begin; first < end; first += PIECE) {
        const int64_t count = end - first < PIECE ? end - first : PIECE;
        gan_fill_normal(&state, numbers, count, 0, 1);
        for (int64_t i = 0, part; i < count; i += part) {
            const int64_t row = (first + i) / args->columns, column = (first + i) % args->columns;
            part = args->columns - column < count - i ? args->columns - column : count - i;
            add_normal_part(args, row, column, part, numbers + i);
        }
    }
}

void gan_add_normal_transposed(gan_context *context, int64_t batch, int64_t rows, int64_t columns, gan_real deviation,
                               gan_random_state state, gan_real *y)
{
    const transposed_args args = {rows, columns, deviation, state, y};
    gan_range_run(context, add_normal_transposed, &args, batch * rows * columns, GAN_BLOCK);
}

void gan_bfloat16_store(gan_context *context, int64_t count, const gan_real *x, void *y)
{
    const gan_bfloat16_args args = {.values = (gan_real *)x, .halves = y};
    gan_range_run(context, TABLE->store, &args, count, GAN_BLOCK);
}

void gan_bfloat16_load(gan_context *context, int64_t count, const void *x, gan_real *y)
{
    const gan_bfloat16_args args = {.values = y, .halves = (void *)x};
    gan_range_run(context, TABLE->load, &args, count, GAN_BLOCK);
}

void gan_fill(gan_context *context, int64_t count, gan_real value, gan_real *y)
{
    run(context, TABLE->fill, count, (gan_elementwise_args){.y = y, .value = value});
}

static void copy_range(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    memcpy(args->y + begin, args->x + begin, (size_t)(end - begin) * sizeof(gan_real));
}

void gan_copy(gan_context *context, int64_t count, const gan_real *x, gan_real *y)
{
    if (x == y) return;
    run(context, copy_range, count, (gan_elementwise_args){.x = x, .y = y});
}

void gan_add(gan_context *context, int64_t count, const gan_real *x, gan_real *y)
{
    run(context, TABLE->add, count, (gan_elementwise_args){.x = x, .y = y});
}

void gan_lerp(gan_context *context, int64_t count, double weight, const gan_real *a, const gan_real *b, gan_real *y)
{
    const bool near_b = weight > 0.5;
    const gan_elementwise_args args = {
        .x = near_b ? b : a, .other = near_b ? a : b, .y = y, .value = (gan_real)(near_b ? 1 - weight : weight)};
    run(context, TABLE->lerp, count, args);
}

void gan_scale(gan_context *context, int64_t count, gan_real scale, const gan_real *x, gan_real *y)
{
    run(context, TABLE->scale, count, (gan_elementwise_args){.x = x, .y = y, .value = scale});
}

void gan_clamp(gan_context *context, int64_t count, gan_real limit, const gan_real *x, gan_real *y)
{
    run(context, TABLE->clamp, count, (gan_elementwise_args){.x = x, .y = y, .value = limit});
}

typedef struct rows_args {
    gan_range_fn row;
    int64_t columns;
    const gan_real *scales, *x;
    gan_real *y;
} rows_args;

static void run_rows(const void *arguments, int64_t begin, int64_t end)
{
    const rows_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        const gan_elementwise_args row = {.x = args->x, .y = args->y, .value = args->scales[i]};
        args->row(&row, i * args->columns, (i + 1) * args->columns);
    }
}

void gan_scale_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *scales, const gan_real *x,
                    gan_real *y)
{
    rows_args args = {TABLE->scale, columns, scales, x, y};
    gan_range_run(context, run_rows, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

void gan_add_scaled_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *scales,
                         const gan_real *x, gan_real *y)
{
    const rows_args args = {TABLE->add_scaled, columns, scales, x, y};
    gan_range_run(context, run_rows, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}
