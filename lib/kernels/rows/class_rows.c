/* Rows of a table, looked up by class numbers. */
#include "kernels/blocks/blocks.h"
#include "kernels/rows/rows.h"

#include <math.h>
#include <string.h>

int64_t gan_find_bad_class(int64_t count, int64_t classes, const gan_real *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(numbers[i] >= 0 && numbers[i] < (gan_real)classes && floor((double)numbers[i]) == (double)numbers[i]))
            return i;
    }
    return count;
}

typedef struct classes_args {
    int64_t count, columns;
    const gan_real *numbers, *x;
    gan_real *y;
} classes_args;

static void copy_range(const void *arguments, int64_t begin, int64_t end)
{
    const classes_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        memcpy(args->y + i * args->columns, args->x + (int64_t)args->numbers[i] * args->columns,
               (size_t)args->columns * sizeof(gan_real));
    }
}

void gan_copy_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers,
                      const gan_real *table, gan_real *y)
{
    const classes_args args = {count, columns, numbers, table, y};
    gan_range_run(context, copy_range, &args, count, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

static void one_hot_range(const void *arguments, int64_t begin, int64_t end)
{
    const classes_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        gan_real *y = args->y + i * args->columns;
        for (int64_t j = 0; j < args->columns; j++) y[j] = 0;
        y[(int64_t)args->numbers[i]] = 1;
    }
}

void gan_one_hot(gan_context *context, int64_t count, int64_t classes, const gan_real *numbers, gan_real *y)
{
    const classes_args args = {.count = count, .columns = classes, .numbers = numbers, .y = y};
    gan_range_run(context, one_hot_range, &args, count, classes < GAN_BLOCK ? GAN_BLOCK / classes : 1);
}

/* Columns begin <= j < end of all rows, in order. */
static void add_range(const void *arguments, int64_t begin, int64_t end)
{
    const classes_args *args = arguments;
    for (int64_t i = 0; i < args->count; i++) {
        const gan_real *x = args->x + i * args->columns;
        gan_real *y = args->y + (int64_t)args->numbers[i] * args->columns;
        for (int64_t j = begin; j < end; j++) y[j] += x[j];
    }
}

void gan_add_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers, const gan_real *x,
                     gan_real *table)
{
    const classes_args args = {count, columns, numbers, x, table};
    gan_range_run(context, add_range, &args, columns, count < GAN_BLOCK ? GAN_BLOCK / count : 1);
}
