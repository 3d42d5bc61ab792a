/* The door of elementwise: passes that handle each element by itself, and optimizer steps. */
#ifndef GAN_ELEMENTWISE_H
#define GAN_ELEMENTWISE_H

#include "core/core.h"

/* ---- Activations (activation_kernel.c): y = f(x), whose derivatives are functions of y or, marked *, of x ---- */

typedef enum gan_activation {
    GAN_ACTIVATION_LEAKY_RELU, /* x > 0 ? x : p x, with the parameter p; f'(x) = y > 0 ? 1 : p */
    GAN_ACTIVATION_TANH,       /* f'(x) = 1 - y^2 */
    GAN_ACTIVATION_SIGMOID,    /* f'(x) = y (1 - y) */
    GAN_ACTIVATION_SOFTPLUS,   /* log(1 + exp(x)); f'(x) = 1 - exp(-y) */
    GAN_ACTIVATION_ELU,        /* x > 0 ? x : p (exp(x) - 1), p > 0; f'(x) = y > 0 ? 1 : y + p */
    GAN_ACTIVATION_SILU,       /* * x sigmoid(x) */
    GAN_ACTIVATION_GELU,       /* * x P(N(0, 1) <= x) */
    GAN_ACTIVATION_GELU_TANH,  /* * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
    GAN_ACTIVATIONS
} gan_activation;

/* `parameter`: p above; else unused. In place. */
void gan_activation_forward(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                            const gan_real *x, gan_real *y);
/* dx = f'(x) dy; `kept` is y or, for the kinds marked *, x. dx may be dy or kept. */
void gan_activation_backward(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                             const gan_real *kept, const gan_real *dy, gan_real *dx);
/* R{}, the derivative in a direction of x and dy, of that: R{dx} = f'(x) R{dy} + f''(x) R{x} dy, where f''(x) R{x} of
 * a kind that keeps y is written in terms of y and R{y} = f'(x) R{x}. Not for leaky ReLU, whose f'' is 0. R{dx} may
 * be any of the inputs. */
void gan_activation_tangent(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                            const gan_real *kept, const gan_real *tangent_kept, const gan_real *dy,
                            const gan_real *tangent_dy, gan_real *tangent_dx);

/* Leaky ReLU with a slope for each column, or one for all (slope_count 1): y = x > 0 ? v : slope v, where x is
 * (rows, columns). Forward, v is x; backward, dy; forward for tangents, R{x}. y may be v. */
void gan_prelu(gan_context *context, int64_t rows, int64_t columns, int64_t slope_count, const gan_real *slopes,
               const gan_real *x, const gan_real *v, gan_real *y);
/* y = x > 0 ? 0 : a b: what an element adds to its slope's gradient. */
void gan_prelu_products(gan_context *context, int64_t count, const gan_real *x, const gan_real *a, const gan_real *b,
                        gan_real *y);

/* ---- Other passes ---- */

/* y = keep_i ? x / (1 - rate) : 0, where keep_i depends only on the random state and i: the same call with the same
 * state on dy is the backward pass. Draws from counters below state.counter + count / 4 + 64. */
void gan_dropout(gan_context *context, int64_t count, gan_real rate, gan_random_state state, const gan_real *x,
                 gan_real *y);
/* y = x + deviation * n, n the standard normal numbers that gan_fill_normal() gives for the state. In place. */
void gan_add_normal(gan_context *context, int64_t count, gan_real deviation, gan_random_state state,
                    const gan_real *x, gan_real *y);
/* The same on a batch of y, (columns, rows), with the numbers in the order of (rows, columns): y[i, c, r] gets number
 * (i rows + r) columns + c. In place. */
void gan_add_normal_transposed(gan_context *context, int64_t batch, int64_t rows, int64_t columns, gan_real deviation,
                               gan_random_state state, gan_real *y);
/* y = mean + exp(log_variance / 2) n with the same numbers n as above; kept = exp(log_variance / 2) n / 2, the
 * derivative of y by log_variance. */
void gan_sample_gaussian(gan_context *context, int64_t count, gan_random_state state, const gan_real *mean,
                         const gan_real *log_variance, gan_real *y, gan_real *kept);
/* Rounds to bfloat16, the upper half of a float: to nearest, ties to even; NaN stays NaN. And back. y and x: `count`
 * numbers of 16 bits. */
void gan_bfloat16_store(gan_context *context, int64_t count, const gan_real *x, void *y);
void gan_bfloat16_load(gan_context *context, int64_t count, const void *x, gan_real *y);
void gan_fill(gan_context *context, int64_t count, gan_real value, gan_real *y);
void gan_copy(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* y = y + x */
void gan_add(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* y = (1 - weight) a + weight b, weight in [0, 1]: computed as the nearer one plus a share of their difference, so
 * that it is exact where they are equal, and at weights 0 and 1. */
void gan_lerp(gan_context *context, int64_t count, double weight, const gan_real *a, const gan_real *b, gan_real *y);
/* y = scale * x */
void gan_scale(gan_context *context, int64_t count, gan_real scale, const gan_real *x, gan_real *y);
/* y = x between -limit and limit; NaN stays. */
void gan_clamp(gan_context *context, int64_t count, gan_real limit, const gan_real *x, gan_real *y);
/* y[i, j] = scales[i] * x[i, j]; x is (rows, columns) */
void gan_scale_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *scales, const gan_real *x,
                    gan_real *y);
/* y[i, j] += scales[i] * x[i, j] */
void gan_add_scaled_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *scales,
                         const gan_real *x, gan_real *y);

/* ---- Optimizer steps (optimizer_step.c); w_out may be w_in ---- */

/* m = beta1 m + (1 - beta1) s g;  v = beta2 v + (1 - beta2) (s g)^2
 * w -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), with s = gradient_scale. */
typedef struct gan_adam_args {
    gan_real rate, beta1, beta2, epsilon, gradient_scale;
    double correction1, correction2; /* 1 - beta1^t, 1 - beta2^t */
} gan_adam_args;
void gan_adam_step(gan_context *context, int64_t count, const gan_adam_args *args, const gan_real *g, gan_real *m,
                   gan_real *v, const gan_real *w_in, gan_real *w_out);
/* v = decay v + (1 - decay) (s g)^2;  w -= rate * s g / (sqrt(v) + epsilon) */
void gan_rmsprop_step(gan_context *context, int64_t count, gan_real rate, gan_real decay, gan_real epsilon,
                      gan_real gradient_scale, const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out);
/* v = momentum v + s g;  w -= rate v */
void gan_sgd_step(gan_context *context, int64_t count, gan_real rate, gan_real momentum, gan_real gradient_scale,
                  const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out);

#endif
