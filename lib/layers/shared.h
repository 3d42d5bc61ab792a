/* What several kinds of layer share; private to this folder. */
#ifndef GAN_LAYERS_SHARED_H
#define GAN_LAYERS_SHARED_H

#include "layers/layers.h"

static inline int64_t gan_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- Checks of options (options.c); `what` names layer and option: "dense: units" ---------------------------- */

/* GAN_ERROR_ARGUMENT unless minimum <= value <= INT32_MAX. */
gan_status gan_check_int(const char *what, int64_t value, int64_t minimum);
/* Both of an option's pair: "conv2d", "kernel" */
gan_status gan_check_pair(const char *type, const char *option, const int64_t pair[2]);
/* GAN_ERROR_NOT_FINITE for NaN and Inf, GAN_ERROR_ARGUMENT unless `valid`; `range` says what is: "in [0, 1)". */
gan_status gan_check_float(const char *what, float value, bool valid, const char *range);
/* GAN_ERROR_OVERFLOW unless value <= INT32_MAX: what the BLAS counts in, and two of which can be multiplied. */
gan_status gan_check_extent(const char *what, int64_t value);
/* GAN_ERROR_SHAPE unless the input is an image or, with one pixel, a vector. */
gan_status gan_check_channels(gan_shape input);
/* The pair that was given, or `fallback` if it was left out: all zeros. One zero alone is left to be found as bad. */
void gan_pair_or(const int64_t given[2], const int64_t fallback[2], int64_t pair[2]);
/* GAN_ERROR_OVERFLOW unless the product of the factors fits into int64_t. */
gan_status gan_check_product(const char *what, const int64_t *factors, int count);

/* ---- Saving and loading of options (options.c) ----------------------------------------------------------------- */

/* For the vtable of a kind without options. */
gan_status gan_save_no_options(const gan_layer *layer, json_t *options);
/* The end of every load: the layer, or NULL if it is NULL. Also NULL, with the layer destroyed, when an option was
 * given that its kind does not have: the file then means another layer. */
gan_layer *gan_layer_loaded(gan_layer *layer, const json_t *options);

/* ---- Tangents (tangent.c) -------------------------------------------------------------------------------------- */

/* For the vtable of a layer whose y is a linear function of x: a tangent passes as x does in forward, and as dy does
 * in backward. */
gan_status gan_linear_tangent_forward(const gan_layer *layer, const gan_pass *pass);
gan_status gan_linear_tangent_backward(const gan_layer *layer, const gan_pass *pass);

/* ---- Dense, conv2d and conv_transpose2d: y = w x + b (weights.c) ---------------------------------------------- */

typedef struct gan_weights {
    bool no_bias, spectral_norm;
    gan_initializer weight_initializer, bias_initializer;
} gan_weights;

/* The tensors in the order of the plan; without a bias, those behind it move up. */
enum { GAN_WEIGHT = 0, GAN_BIAS = 1 };

/* The products of a kind, as the functions of gan_layer_ops: they know nothing of a normalised weight. */
typedef struct gan_weighted_ops {
    const char *units; /* the option's name: "filters" */
    bool transposed;   /* the weight is stored as (all else, units) instead of (units, all else) */
    gan_status (*infer)(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan);
    gan_status (*forward)(const gan_layer *layer, const gan_pass *pass);
    gan_status (*backward)(const gan_layer *layer, const gan_pass *pass);
} gan_weighted_ops;

/* The head of their structs. */
typedef struct gan_weighted_layer {
    gan_layer layer;
    const gan_weighted_ops *ops;
    int64_t units; /* channels of the output, or its values */
    int64_t area;  /* of the window; 1 without one */
    gan_weights weights;
} gan_weighted_layer;

/* With defaults for what was left out. */
gan_weights gan_weights_of(bool no_bias, bool spectral_norm, gan_initializer weight_initializer,
                           gan_initializer bias_initializer);
/* A layer of ops->size bytes whose head is filled, or NULL. */
gan_weighted_layer *gan_weighted_create(gan_context *context, const gan_layer_ops *ops,
                                        const gan_weighted_ops *products, int64_t units, int64_t area,
                                        const gan_weights *weights);
/* The options of the head. */
gan_status gan_weighted_save(const gan_layer *layer, json_t *options);
gan_status gan_weighted_load(const gan_weighted_ops *products, const json_t *options, int64_t *units,
                             gan_weights *weights);
/* Plans a weight of this shape, stored channels last if it has rank 4, and a bias of `units` values. */
gan_status gan_weights_plan(const gan_weights *weights, gan_shape shape, int64_t units, gan_layer_plan *plan);
/* The epilogue that adds the bias, whose tangent is 0. */
gan_epilogue gan_weights_epilogue(const gan_weights *weights, const gan_pass *pass);
/* db += sum over the rows of dy (rows, units), where the gradient is wanted. */
void gan_weights_bias_backward(const gan_weights *weights, const gan_pass *pass, int64_t rows, int64_t units);

/* For the vtables. In tangent_backward, by the layer's own backward pass,
 * R{dx} = w^T R{dy};  R{dw} = R{dy} x^T + dy R{x}^T;  R{db} = the sum of R{dy}. */
gan_status gan_weighted_infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                              int64_t batch, gan_layer_plan *plan);
gan_status gan_weighted_start(const gan_layer *layer, const gan_pass *pass);
gan_status gan_weighted_forward(const gan_layer *layer, const gan_pass *pass);
gan_status gan_weighted_backward(const gan_layer *layer, const gan_pass *pass);
gan_status gan_weighted_tangent_backward(const gan_layer *layer, const gan_pass *pass);

/* ---- Their weight over its largest singular value (spectral_norm.c) ------------------------------------------- */

/* Adds tensors, saved values and scratch to the layer's plan. */
gan_status gan_spectral_norm_plan(const gan_weighted_layer *self, gan_context *context, gan_layer_plan *plan);
void gan_spectral_norm_start(const gan_weighted_layer *self, const gan_pass *pass);
/* The products on the normalised weight. */
gan_status gan_spectral_norm_forward(const gan_weighted_layer *self, const gan_pass *pass);
gan_status gan_spectral_norm_backward(const gan_weighted_layer *self, const gan_pass *pass);

/* ---- The window of conv2d, conv_transpose2d and avg_pool2d (window.c); pairs are height, width ----------------- */

typedef struct gan_window {
    int64_t kernel[2], stride[2];
    gan_padding padding;
    int64_t pads[4]; /* top, bottom, left, right; 0 unless the padding is explicit */
} gan_window;

/* With defaults for what was left out. */
gan_window gan_window_of(const int64_t kernel[2], const int64_t stride[2], gan_padding padding,
                         const int64_t pads[4]);
gan_status gan_window_check(const gan_window *window, const char *type);
gan_status gan_window_save(const gan_window *window, json_t *options);
gan_status gan_window_load(gan_window *window, const json_t *options);
/* GAN_ERROR_SHAPE unless the input is an image, GAN_ERROR_OVERFLOW if a side of it is too large. */
gan_status gan_window_check_input(gan_shape input);
/* Output sizes and padding (top, bottom, left, right) of a convolution, and of a transposed one. */
gan_status gan_window_convolve(const gan_window *window, gan_shape input, int64_t output[2], int64_t pads[4]);
gan_status gan_window_transpose(const gan_window *window, const int64_t output_padding[2], gan_shape input,
                                int64_t output[2], int64_t pads[4]);
/* The convolution from the large image to the small one. */
gan_conv gan_window_conv(const gan_window *window, const int64_t pads[4], gan_shape large, gan_shape small);
/* Plans tensors and scratch for a convolution from `conv` or, with its roles exchanged, to it; `units`: channels of
 * the output, which is already planned. */
gan_status gan_window_plan(gan_context *context, const gan_conv *conv, const gan_weights *weights, int64_t batch,
                           gan_layer_plan *plan);

/* ---- The kinds; the list is in registry.c ------------------------------------------------------------------------
 */

extern const gan_layer_ops gan_dense_ops, gan_conv2d_ops, gan_conv_transpose2d_ops, gan_flatten_ops, gan_reshape_ops,
    gan_concat_ops, gan_add_ops, gan_leaky_relu_ops, gan_relu_ops, gan_tanh_ops, gan_sigmoid_ops, gan_softplus_ops,
    gan_dropout_ops, gan_batch_norm_ops, gan_layer_norm_ops, gan_instance_norm_ops, gan_group_norm_ops,
    gan_pixel_norm_ops, gan_minibatch_stddev_ops, gan_upsample2d_ops, gan_avg_pool2d_ops, gan_gaussian_noise_ops,
    gan_embedding_ops;

#endif
