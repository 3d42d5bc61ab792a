/* Rows copied from one matrix to another. */
#include "kernels/blocks/blocks.h"
#include "kernels/rows/rows.h"

#include <string.h>

typedef struct copy_args {
    int64_t count, x_stride, y_stride;
    const gan_real *x;
    gan_real *y;
} copy_args;

static void copy_range(const void *arguments, int64_t begin, int64_t end)
{
    const copy_args *args = arguments;
    for (int64_t i = begin; i < end; i++)
        memcpy(args->y + i * args->y_stride, args->x + i * args->x_stride, (size_t)args->count * sizeof(gan_real));
}

void gan_copy_rows(gan_context *context, int64_t rows, int64_t count, const gan_real *x, int64_t x_stride,
                   gan_real *y, int64_t y_stride)
{
    if (count == 0) return;
    copy_args args = {count, x_stride, y_stride, x, y};
    int64_t block = count < GAN_BLOCK ? GAN_BLOCK / count : 1;
    gan_range_run(context, copy_range, &args, rows, block);
}
