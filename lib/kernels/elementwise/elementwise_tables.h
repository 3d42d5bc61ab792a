/* The loops of elementwise, for each instruction set. */
#ifndef GAN_ELEMENTWISE_TABLES_H
#define GAN_ELEMENTWISE_TABLES_H

#include "kernels/blocks/blocks.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/isa/isa.h"

/* ---- Activations (activation_isa.c) ---- */

typedef struct gan_activation_args {
    const gan_real *x; /* forward: the input; else what is kept of the forward pass, y or x */
    const gan_real *dy;
    const gan_real *tangent_x, *tangent_dy; /* tangent: R{} of x, as it is above, and of dy */
    gan_real *y;                            /* the result */
    gan_real parameter;
} gan_activation_args;

/* Each takes gan_activation_args. */
typedef struct gan_activation_loops {
    gan_range_fn forward, backward, tangent;
} gan_activation_loops;

typedef struct gan_prelu_args {
    int64_t columns; /* of one slope each */
    const gan_real *slopes, *x, *a, *b;
    gan_real *y;
} gan_prelu_args;

typedef struct gan_activation_table {
    gan_activation_loops kinds[GAN_ACTIVATIONS];
    /* These take gan_prelu_args: x, a to y, on rows; and x, a, b to y. */
    gan_range_fn prelu_rows, prelu_products;
} gan_activation_table;
GAN_ISA_DECLARE(gan_activation_table);

/* ---- Elementwise passes (elementwise_isa.c) ---- */

typedef struct gan_elementwise_args {
    const gan_real *x;
    const gan_real *other; /* lerp only: the input farther from the result */
    gan_real *y;           /* the result */
    gan_real value;        /* rate, scale, limit, fill or share of `other` */
    gan_random_state state;
} gan_elementwise_args;

typedef struct gan_gaussian_args {
    gan_range_fn loop; /* below */
    gan_random_state state;
    const gan_real *mean, *log_variance;
    gan_real *y;
    gan_real *kept; /* on entry n */
} gan_gaussian_args;

typedef struct gan_bfloat16_args {
    gan_real *values; /* only read by store */
    void *halves;
} gan_bfloat16_args;

/* Each but the last three takes gan_elementwise_args. dropout begins at multiples of GAN_BLOCK. */
typedef struct gan_elementwise_table {
    gan_range_fn dropout, fill, add, lerp, scale, add_scaled, clamp;
    gan_range_fn sample_gaussian; /* takes gan_gaussian_args */
    gan_range_fn store, load;     /* take gan_bfloat16_args */
} gan_elementwise_table;
GAN_ISA_DECLARE(gan_elementwise_table);

/* ---- Optimizer steps (optimizer_step_isa.c) ---- */

typedef struct gan_step_args {
    const gan_real *g;
    gan_real *m, *v;
    const gan_real *w_in;
    gan_real *w_out;
    gan_real rate;         /* Adam: divided by 1 - beta1^t */
    gan_real beta1, beta2; /* RMSprop: beta2 is decay; SGD: beta1 is momentum */
    gan_real epsilon;
    gan_real gradient_scale;
    gan_real root_scale; /* Adam: 1 / sqrt(1 - beta2^t) */
} gan_step_args;

/* Each takes gan_step_args. */
typedef struct gan_step_table {
    gan_range_fn adam, rmsprop, sgd;
} gan_step_table;
GAN_ISA_DECLARE(gan_step_table);

#endif
