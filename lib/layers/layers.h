/* The door of layers. A layer is a description (kind and options) behind one table of functions. It holds no data:
 * its tensors belong to the model, its activations to a session; both reach it through gan_pass. A layer holds no
 * loop over elements: every pass over data is a kernel. */
#ifndef GAN_LAYERS_H
#define GAN_LAYERS_H

#include "kernels/kernels.h"

#include <jansson.h>

#define GAN_LAYER_TENSORS 6 /* most tensors of one layer */

/* A tensor that a layer asks for. */
typedef struct gan_tensor_plan {
    const char *name; /* "weight" */
    gan_tensor_kind kind;
    gan_shape shape; /* at the border, where it is PyTorch's */
    /* Stored channels last, as samples are: what is (..., channels, pixels) at the border lies in memory as
     * (..., pixels, channels). Both 0: as at the border. */
    int64_t channels, pixels;
    gan_initializer initializer; /* never GAN_INITIALIZER_DEFAULT */
    int64_t fan_in, fan_out;
} gan_tensor_plan;

/* What a layer makes of given input shapes; filled by infer. */
typedef struct gan_layer_plan {
    gan_shape output;
    int tensor_count;
    gan_tensor_plan tensors[GAN_LAYER_TENSORS];
    int64_t saved;   /* values kept from forward to backward, for the largest batch */
    int64_t scratch; /* values needed during one call, for the largest batch */
    /* For these shapes the output is the input's values in the same order: y may be the array x[0] and dx[0] the
     * array dy, whoever else reads them, and forward and backward then do nothing; given other arrays they copy. */
    bool view;
} gan_layer_plan;

/* One call of forward or backward, as a layer sees it. Samples of rank 3 are images (channels, height, width) and are
 * stored channels last; samples of any other rank are stored as at the border. */
typedef struct gan_pass {
    gan_context *context;
    int64_t batch;
    bool training;
    int inputs;
    const gan_shape *input_shapes;
    gan_shape output_shape;
    const gan_real *const *x; /* one array an input; NULL in backward where the layer does not keep it */
    gan_real *y;              /* written by forward; in backward readable only with GAN_LAYER_KEEPS_OUTPUT */
    const gan_real *dy;
    gan_real *const *dx;        /* NULL where nobody needs the gradient; else written, not added to */
    gan_real *const *tensors;   /* GAN_LAYER_TENSORS pointers in the order of the plan, then NULL */
    gan_real *const *gradients; /* the same order; NULL for buffers, and all NULL when not wanted; added to */
    gan_real *saved;
    gan_real *scratch;
    gan_random_state random; /* of this layer in this pass; the same in forward and backward */
    /* Tangents, for second derivatives (Pearlmutter's R-operator: the derivative in a direction of x and dy, with the
     * weights fixed): R{x} in, R{y} out; then R{x}, R{y} and R{dy} in, R{dx} out, R{gradients} added to `gradients`.
     * In these calls x, y, saved and tensors are there to be read, as in backward; so are, after tangent_forward,
     * R{x} and R{y}, where the layer keeps x and y. dx is NULL. In tangent_backward dy and tangent_dy are NULL where
     * they are 0, but not both. In all other calls the tangents are NULL. */
    const gan_real *const *tangent_x;
    gan_real *tangent_y;
    const gan_real *tangent_dy;
    gan_real *const *tangent_dx; /* NULL where nobody needs it or R{dx} is 0; else written, not added to */
} gan_pass;

enum {
    GAN_LAYER_KEEPS_INPUT = 1,  /* backward reads x */
    GAN_LAYER_KEEPS_OUTPUT = 2, /* backward reads y */
    GAN_LAYER_IN_PLACE = 4,     /* y may be x[0] and dx[0] may be dy; x[0] is overwritten, so nobody else reads it */
    /* The second derivative of y by x is not 0. Without it R{dx} is 0 where R{dy} is, and with IN_PLACE besides,
     * tangent_backward does not read dy, which may be overwritten by dx. */
    GAN_LAYER_CURVED = 8,
    GAN_LAYER_MIXES_SAMPLES = 16 /* at least in training, a sample's y depends on the other samples of its batch */
};

typedef struct gan_layer_ops {
    const char *type; /* "conv2d": in files and messages */
    unsigned flags;
    int min_inputs, max_inputs; /* an input layer has 0 */
    size_t size;                /* of the layer's struct */
    /* Checks the shapes and fills the plan (zeroed before). `batch` is the largest batch, 1 while building. A
     * failure's sentence tells what is wrong with which shape; the model puts the layer's name and type before it. */
    gan_status (*infer)(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan);
    /* Once all tensors have their initial values: sets those that follow from others. NULL where none do. The pass
     * has a batch of 1, tensors and scratch. */
    gan_status (*start)(const gan_layer *layer, const gan_pass *pass);
    /* Whether a forward pass can be made: asked of all layers before the first one runs, so that a pass that cannot
     * be made changes nothing. x[k] is NULL where a layer computes it; y, saved and scratch are not there. NULL where
     * nothing can be wrong. Failures as infer's. */
    gan_status (*check)(const gan_layer *layer, const gan_pass *pass);
    /* NULL for an input layer: the session fills it. Failures as infer's. */
    gan_status (*forward)(const gan_layer *layer, const gan_pass *pass);
    gan_status (*backward)(const gan_layer *layer, const gan_pass *pass);
    /* Both NULL where second derivatives are not supported; then `no_tangent` is the reason, for messages. Tangents
     * may work in place where values may. */
    gan_status (*tangent_forward)(const gan_layer *layer, const gan_pass *pass);
    gan_status (*tangent_backward)(const gan_layer *layer, const gan_pass *pass);
    const char *no_tangent;
    /* Writes the options into a JSON object, and makes a layer from one. */
    gan_status (*save)(const gan_layer *layer, json_t *options);
    gan_layer *(*load)(gan_context *context, const json_t *options);
} gan_layer_ops;

/* The head of every layer's struct. */
struct gan_layer {
    const gan_layer_ops *ops;
    gan_context *context;
    char *name; /* or NULL */
};

/* A zeroed layer of ops->size bytes, or NULL with the error set (layer.c). */
gan_layer *gan_layer_allocate(gan_context *context, const gan_layer_ops *ops);
/* The kind called `type`, or NULL (registry.c: the one list of all kinds). */
const gan_layer_ops *gan_layer_ops_find(const char *type);
extern const gan_layer_ops gan_input_ops; /* the model has to know it */
gan_shape gan_input_shape(const gan_layer *layer);

/* Checks an initializer's value; `what` names the option (initializer.c). */
gan_status gan_initializer_check(gan_initializer initializer, const char *what);
/* `given`, or `fallback` where nothing was given; reads GAN_ZERO as 0. */
gan_initializer gan_initializer_or(gan_initializer given, gan_initializer fallback);
/* Fills a tensor as it is stored, from the plan's initializer. Values at the border do not depend on the layout. */
void gan_initialize(const gan_tensor_plan *plan, gan_random_state state, gan_real *out, int64_t count);
gan_status gan_json_set_initializer(json_t *object, const char *key, gan_initializer value);
gan_status gan_json_get_initializer(const json_t *object, const char *key, gan_initializer *value);

/* Options as JSON (options.c). Getters fail with GAN_ERROR_FORMAT when the key is missing or of another type. */
gan_status gan_json_set_int(json_t *object, const char *key, int64_t value);
gan_status gan_json_set_ints(json_t *object, const char *key, const int64_t *values, int count);
gan_status gan_json_set_float(json_t *object, const char *key, double value);
gan_status gan_json_set_bool(json_t *object, const char *key, bool value);
/* An option that was added later, and is off by default: not written unless it is on, so that the architectures of
 * models without it stay what they were. */
gan_status gan_json_set_added_bool(json_t *object, const char *key, bool value);
gan_status gan_json_set_text(json_t *object, const char *key, const char *value);
gan_status gan_json_get_int(const json_t *object, const char *key, int64_t *value);
/* Exactly `count` values; with count_out, up to `count`, and how many. */
gan_status gan_json_get_ints(const json_t *object, const char *key, int64_t *values, int count, int *count_out);
gan_status gan_json_get_float(const json_t *object, const char *key, float *value);
gan_status gan_json_get_bool(const json_t *object, const char *key, bool *value);
/* False when the key is missing; when it is there, it is true. */
gan_status gan_json_get_added_bool(const json_t *object, const char *key, bool *value);
/* The text lives as long as the object. */
gan_status gan_json_get_text(const json_t *object, const char *key, const char **value);
/* The number of the name that is there. */
gan_status gan_json_get_choice(const json_t *object, const char *key, const char *const *names, int count,
                               int *choice);

#endif
