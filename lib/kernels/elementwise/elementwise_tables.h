/* The loops of elementwise, for each instruction set. */
#ifndef GAN_ELEMENTWISE_TABLES_H
#define GAN_ELEMENTWISE_TABLES_H

#include "kernels/blocks/blocks.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/isa/isa.h"

/* ---- Elementwise passes (elementwise_isa.c) ---- */

typedef struct gan_elementwise_args {
    const gan_real *x;                      /* the input, or the output of forward in a backward pass */
    const gan_real *dy;                     /* backward passes only */
    const gan_real *other;                  /* lerp only: the input farther from the result */
    const gan_real *tangent_y, *tangent_dy; /* of a backward pass being differentiated */
    gan_real *y;                            /* the result */
    gan_real value;                         /* slope, rate, scale, limit, fill or share of `other` */
    gan_random_state state;
} gan_elementwise_args;

/* Each takes gan_elementwise_args. dropout begins at multiples of GAN_BLOCK. */
typedef struct gan_elementwise_table {
    gan_range_fn leaky_relu_forward, leaky_relu_backward;
    gan_range_fn tanh_forward, tanh_backward;
    gan_range_fn sigmoid_forward, sigmoid_backward;
    gan_range_fn softplus_forward, softplus_backward;
    gan_range_fn tanh_tangent, sigmoid_tangent, softplus_tangent;
    gan_range_fn dropout, fill, add, lerp, scale, add_scaled, clamp;
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
