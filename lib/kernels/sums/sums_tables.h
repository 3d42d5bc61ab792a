/* The loops of sums, for each instruction set. */
#ifndef GAN_SUMS_TABLES_H
#define GAN_SUMS_TABLES_H

#include "kernels/blocks/blocks.h"
#include "kernels/isa/isa.h"
#include "kernels/sums/sums.h"

/* ---- Sums (sums_isa.c) ---- */

typedef struct gan_sum_args {
    const gan_real *x, *y;
    gan_real low, high;
} gan_sum_args;

/* A sum over indices begin <= i < end. */
typedef double (*gan_sum_fn)(const gan_sum_args *args, int64_t begin, int64_t end);

typedef struct gan_sums_table {
    gan_sum_fn squares;             /* x^2 */
    gan_sum_fn squared_differences; /* (x - y)^2 */
    gan_sum_fn dot;                 /* x y */
    gan_sum_fn outside;             /* 1 where x < low or x > high, 0 elsewhere and for NaN */
} gan_sums_table;
GAN_ISA_DECLARE(gan_sums_table);

/* ---- Logarithms of sums of exponentials (log_sum_exp_isa.c) ---- */

typedef struct gan_log_sum_exp_args {
    int64_t columns;
    const gan_real *x, *tangent_x, *dy, *tangent_dy;
    gan_real *kept; /* of each row, its largest value m and 1 / sum of exp(x - m) */
    gan_real *y;    /* the result */
} gan_log_sum_exp_args;

/* Each takes gan_log_sum_exp_args, and works on rows begin <= i < end. */
typedef struct gan_log_sum_exp_table {
    gan_range_fn forward, backward, tangent, tangent_backward;
} gan_log_sum_exp_table;
GAN_ISA_DECLARE(gan_log_sum_exp_table);

/* ---- Dot products of pairs of rows (pairwise_dot_isa.c) ---- */

typedef struct gan_pairwise_dot_table {
    /* One tile: `size` columns of GAN_ROW_TILE rows of each matrix. */
    void (*tile)(int64_t size, const double *a, const double *b, double *out);
} gan_pairwise_dot_table;
GAN_ISA_DECLARE(gan_pairwise_dot_table);

#endif
