/* The loops of rows, for each instruction set. */
#ifndef GAN_ROWS_TABLES_H
#define GAN_ROWS_TABLES_H

#include "kernels/blocks/blocks.h"
#include "kernels/isa/isa.h"
#include "kernels/rows/rows.h"

typedef struct gan_multiply_args {
    int64_t rows, columns;
    const gan_real *a, *b;
    bool accumulate;
    gan_real *y;
} gan_multiply_args;

/* Columns that are summed together. */
#define GAN_SUM_COLUMNS 64

/* Each takes gan_multiply_args. */
typedef struct gan_multiply_table {
    gan_range_fn products; /* values begin <= k < end of y */
    gan_range_fn sums;     /* runs of GAN_SUM_COLUMNS columns, or of what is left of them, counted over the batch */
} gan_multiply_table;
GAN_ISA_DECLARE(gan_multiply_table);

typedef struct gan_softmax_args {
    int64_t columns;
    gan_real scale;
    const gan_real *p, *tangent_p, *t, *tangent_t; /* t: forward, the input */
    gan_real *y;
} gan_softmax_args;

/* Each takes gan_softmax_args, and works on rows begin <= i < end. */
typedef struct gan_softmax_table {
    gan_range_fn forward, derivative, derivative_tangent;
} gan_softmax_table;
GAN_ISA_DECLARE(gan_softmax_table);

#endif
