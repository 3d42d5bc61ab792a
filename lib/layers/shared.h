/* What several kinds of layers share; private to this folder. */
#ifndef GAN_LAYERS_SHARED_H
#define GAN_LAYERS_SHARED_H

#include "layers/layers.h"

#include <float.h>

#define GAN_DECLARE_KIND(kind) extern const gan_layer_ops gan_##kind##_ops;
GAN_LAYER_KINDS(GAN_DECLARE_KIND)
#undef GAN_DECLARE_KIND

static inline int64_t gan_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- Making a layer (layer.c) ---------------------------------------------------------------------------------- */

/* Destroys a layer (or NULL) that has failed, marks the thread's last failure as its own, and returns NULL. */
gan_layer *gan_layer_fail(gan_layer *layer);
/* A layer of ops->size bytes, zeroed except for the head; or NULL with the error set. */
gan_layer *gan_layer_allocate(gan_context *context, const gan_layer_ops *ops);
/* The same with a program's options (NULL, or the struct of the kind) and defaults for the others; the caller then
 * sets the arguments and returns the layer through gan_layer_checked(). */
void *gan_layer_create(gan_context *context, const gan_layer_ops *ops, const void *options);
/* The layer, which may be NULL; or NULL, with the error set and the layer destroyed, if a value is rejected. */
gan_layer *gan_layer_checked(void *layer);

/* ---- Rows of tables of options (options.c) --------------------------------------------------------------------- */

/* The first fields of a row: an option, which is in `options` of the layer's struct and in the API's struct `type`,
 * or an argument, which is in the layer's struct itself. */
#define GAN_OPTION(layer, type, field)                                                        \
    .name = #field, .offset = offsetof(layer, options.field), .given = offsetof(type, field), \
    .size = sizeof(((layer *)0)->options.field) +                                             \
            0 * sizeof(char[sizeof(((layer *)0)->options.field) == sizeof(((type *)0)->field) ? 1 : -1])
#define GAN_ARGUMENT(layer, field) \
    .name = #field, .offset = offsetof(layer, field), .size = sizeof(((layer *)0)->field)

/* Ranges and names. */
#define GAN_POSITIVE_INTS     .kind = GAN_OPTION_INT, .least = 1, .most = INT32_MAX
#define GAN_PAIR              .count = 2, GAN_POSITIVE_INTS
#define GAN_NUMBER_OVER_0     .kind = GAN_OPTION_FLOAT, .least = 0, .over = true, .most = FLT_MAX
#define GAN_NUMBER_AT_LEAST_0 .kind = GAN_OPTION_FLOAT, .least = 0, .most = FLT_MAX
#define GAN_CHOICE(table) \
    .kind = GAN_OPTION_CHOICE, .names = (table), .name_count = sizeof(table) / sizeof((table)[0])

/* Fields of gan_layer_ops: the table, and the struct that programs pass, with or without a reserved field. */
#define GAN_OPTION_TABLE(table) .options = (table), .option_count = sizeof(table) / sizeof((table)[0])
#define GAN_OPTION_STRUCT(type) \
    .options_struct = {#type, GAN_SIZE_OF_OPTIONS(type), offsetof(type, reserved), sizeof(((type *)0)->reserved)}
#define GAN_PLAIN_OPTION_STRUCT(type) .options_struct = {#type, GAN_SIZE_OF_OPTIONS(type), 0, 0}

#define GAN_OPTIONS_SIZE          256 /* at least as large as the largest options struct */
#define GAN_SIZE_OF_OPTIONS(type) (sizeof(type) + 0 * sizeof(char[sizeof(type) <= GAN_OPTIONS_SIZE ? 1 : -1]))

/* GAN_ERROR_ARGUMENT or GAN_ERROR_NOT_FINITE unless it is valid; `what` names layer and option (initializer.c). */
gan_status gan_initializer_check(gan_initializer initializer, const char *what);
/* `given`, or `fallback` if nothing was given; reads GAN_ZERO as 0. */
gan_initializer gan_initializer_or(gan_initializer given, gan_initializer fallback);
bool gan_initializer_equal(gan_initializer a, gan_initializer b);
const char *gan_initializer_text(gan_initializer initializer, char text[GAN_OPTION_TEXT]);
void gan_initializer_save(gan_initializer initializer, gan_json_writer *json, const char *key);
gan_status gan_initializer_load(const gan_json *json, const char *key, gan_initializer *out);

/* ---- Checks of shapes (check.c) -------------------------------------------------------------------------------- */

/* GAN_ERROR_OVERFLOW unless value <= INT32_MAX: the BLAS counts in int, and two such values can be multiplied. */
gan_status gan_check_extent(const char *what, int64_t value);
/* GAN_ERROR_OVERFLOW unless the product of the factors fits in int64_t. */
gan_status gan_check_product(const char *what, const int64_t *factors, int count);
/* GAN_ERROR_SHAPE unless the input is an image or, with one pixel, a vector. */
gan_status gan_check_channels(gan_shape input);
/* GAN_ERROR_SHAPE unless it is an image, GAN_ERROR_OVERFLOW if a side is too large. */
gan_status gan_check_image(gan_shape input);
/* GAN_ERROR_SHAPE unless all inputs have the shape of the first. */
gan_status gan_check_equal_shapes(const gan_shape *inputs, int count);

/* For a tensor with a value for each value of a sample: stored in the same order, channels last in images. */
static inline void gan_store_like_sample(gan_tensor_plan *tensor)
{
    if (tensor->shape.rank != 3) return;
    tensor->channels = tensor->shape.dims[0];
    tensor->pixels = tensor->shape.dims[1] * tensor->shape.dims[2];
}

/* ---- Class numbers as inputs (class_number.c) ------------------------------------------------------------------ */

/* A float holds every whole number up to here. */
#define GAN_MOST_CLASSES (INT64_C(1) << 24)
/* The argument `classes`, for the table of options. */
#define GAN_CLASSES(layer)                                                                         \
    {                                                                                              \
        GAN_ARGUMENT(layer, classes), .kind = GAN_OPTION_INT, .least = 1, .most = GAN_MOST_CLASSES \
    }
/* GAN_ERROR_SHAPE unless it is (1); `what`: "input". */
gan_status gan_check_class_shape(const char *what, gan_shape input);
/* GAN_ERROR_ARGUMENT unless input k of the pass holds whole numbers from 0 to classes - 1. The numbers of a model's
 * input are known when `check` is called, those that another layer computes only in `forward`: both call this, and it
 * passes what is not known yet. */
gan_status gan_check_class_numbers(const gan_pass *pass, int k, int64_t classes);

/* ---- Axes (axis.c) --------------------------------------------------------------------------------------------- */

/* A sample along an axis at the border: stored as (rows, run), a run being the axis and all that is stored after
 * it. */
void gan_cut_at_axis(gan_shape shape, int axis, int64_t *rows, int64_t *run);

/* ---- The window of convolutions and avg_pool2d (window.c) ------------------------------------------------------ */

/* GAN_ERROR_SHAPE if the input, whose padded height and width are `padded`, is smaller than the window that is to
 * slide over it; `dilated` says that this is not the kernel's own size. */
gan_status gan_check_window(gan_shape input, const int64_t padded[2], const int64_t kernel[2], bool dilated);
/* Height or width of a kernel with its gaps. */
int64_t gan_window_side(const gan_conv_transpose2d_options *options, int i);
/* The number of positions of such a window along a side. */
static inline int64_t gan_slide(int64_t size, int64_t kernel, int64_t stride)
{
    return (size - kernel) / stride + 1;
}
/* Output sizes and padding (top, bottom, left, right) of a convolution, and of a transposed one; pairs are height,
 * width. */
gan_status gan_window_convolve(const gan_conv_transpose2d_options *options, gan_shape input, int64_t output[2],
                               int64_t pads[4]);
gan_status gan_window_transpose(const gan_conv_transpose2d_options *options, gan_shape input, int64_t output[2],
                                int64_t pads[4]);

/* ---- Tangents (tangent.c) -------------------------------------------------------------------------------------- */

/* For the vtable of a layer whose y is linear in x: a tangent passes like x in forward, and like dy in backward. */
gan_status gan_linear_tangent_forward(const gan_layer *layer, const gan_pass *pass);
gan_status gan_linear_tangent_backward(const gan_layer *layer, const gan_pass *pass);
/* The same for one with a weight. By the layer's own backward pass:
 * R{dx} = w^T R{dy};  R{dw} = R{dy} x^T + dy R{x}^T;  R{db} = the sum of R{dy}. */
gan_status gan_weighted_tangent_backward(const gan_layer *layer, const gan_pass *pass);

/* ---- The weight and bias of dense, conv2d and conv_transpose2d (weights.c) ------------------------------------- */

/* The tensors in the order of the plan; without a bias, those after it move up. */
enum { GAN_WEIGHT = 0, GAN_BIAS = 1 };

/* Their layout: a weight for each unit and each input value that it sees, as a matrix (units, rest). */
typedef struct gan_weights {
    bool no_bias, spectral_norm;
    gan_initializer weight_initializer, bias_initializer;
    int64_t units;   /* the output's channels, or its values */
    int64_t area;    /* of the window; 1 if there is none */
    int64_t groups;  /* of units and input values, which see each other only; 1 if there are none */
    bool transposed; /* stored as (rest, units), with groups (rest, units of a group) */
} gan_weights;

/* The rows of their options, for a layer whose options are the API's struct `type`; and their fields from there. */
#define GAN_WEIGHTS_OPTIONS(layer, type)                                                                       \
    {GAN_OPTION(layer, type, no_bias), .kind = GAN_OPTION_BOOL},                                               \
        {GAN_OPTION(layer, type, weight_initializer), .kind = GAN_OPTION_INITIALIZER,                          \
         .initializer = GAN_GLOROT_UNIFORM},                                                                   \
        {GAN_OPTION(layer, type, bias_initializer), .kind = GAN_OPTION_INITIALIZER, .initializer = GAN_ZEROS}, \
    {                                                                                                          \
        GAN_OPTION(layer, type, spectral_norm), .kind = GAN_OPTION_BOOL, .added = true                         \
    }
#define GAN_WEIGHTS_OF(options)                                             \
    .no_bias = (options).no_bias, .spectral_norm = (options).spectral_norm, \
    .weight_initializer = (options).weight_initializer, .bias_initializer = (options).bias_initializer

/* Plans the tensors: a weight of this shape, stored channels last if it has rank 4, and a bias. */
gan_status gan_weights_plan(const gan_weights *self, gan_shape shape, gan_layer_plan *plan);
/* Once the scratch of the layer's products is planned: adds whatever else a pass needs. */
gan_status gan_weights_plan_memory(const gan_weights *self, gan_context *context, gan_layer_plan *plan);
/* For the vtable's `start`, `derive` and `fold`. */
void gan_weights_start(const gan_weights *self, const gan_pass *pass);
void gan_weights_derive(const gan_weights *self, const gan_pass *pass);
void gan_weights_fold(const gan_weights *self, const gan_pass *pass);

/* The weight that a pass multiplies by: as it is, or normalised. */
typedef struct gan_weight {
    const gan_real *values, *bias; /* bias: NULL if there is none, and in passes of tangents, where it is 0 */
    gan_real *gradient;            /* of `values`; NULL if not wanted: */
    bool accumulate;               /* to be added to, or written */
    gan_real *scratch;             /* of the layer's products */
} gan_weight;

gan_weight gan_weight_forward(const gan_weights *self, const gan_pass *pass);
gan_weight gan_weight_backward(const gan_weights *self, const gan_pass *pass);
/* Once dw is in weight->gradient: turns it into the gradient of the weight before normalisation, and adds the
 * sum over the rows of dy (rows, units) to the bias's gradient, if wanted. */
void gan_weight_finish(const gan_weights *self, const gan_pass *pass, const gan_weight *weight, int64_t rows);

/* ---- Their weight over its largest singular value (spectral_norm.c) -------------------------------------------- */

/* What the functions above do if spectral_norm is set. */
gan_status gan_spectral_norm_plan(const gan_weights *self, gan_context *context, gan_layer_plan *plan);
void gan_spectral_norm_start(const gan_weights *self, const gan_pass *pass);
void gan_spectral_norm_derive(const gan_weights *self, const gan_pass *pass);
void gan_spectral_norm_fold(const gan_weights *self, const gan_pass *pass);
/* Into *weight: the normalised values, where their gradient goes, and scratch. */
void gan_spectral_norm_forward(const gan_weights *self, const gan_pass *pass, gan_weight *weight);
void gan_spectral_norm_backward(const gan_weights *self, const gan_pass *pass, gan_weight *weight);
void gan_spectral_norm_finish(const gan_weights *self, const gan_pass *pass);

#endif
