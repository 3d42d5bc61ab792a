/* The door of layers. A layer is a description (kind and options) behind one table of functions. It holds no data:
 * its tensors belong to the model, its activations to a session; both reach it through gan_pass. Nor does it loop
 * over elements: every pass over data is a kernel. */
#ifndef GAN_LAYERS_H
#define GAN_LAYERS_H

#include "kernels/kernels.h"

#define GAN_LAYER_TENSORS 6 /* most tensors of one layer */

/* Bits of a counter of random numbers within one pass, or in sampling within one sample of it: more blocks of four
 * words than any layer draws. */
#define GAN_DRAW_BITS 32

/* A tensor that a layer asks for. */
typedef struct gan_tensor_plan {
    const char *name; /* "weight" */
    gan_tensor_kind kind;
    gan_shape shape; /* at the border, as in PyTorch */
    /* Stored channels last, like samples: (..., channels, pixels) at the border is (..., pixels, channels) in memory.
     * Both 0: stored as at the border. */
    int64_t channels, pixels;
    gan_initializer initializer; /* never GAN_INITIALIZER_DEFAULT */
    int64_t fan_in, fan_out;
    double momentum;   /* of a running statistic: the weight of the newest batch; else 0 */
    bool not_negative; /* a variance */
    /* What files of other programs call it, up to a NULL; these names are looked for before its own. */
    const char *const *aliases;
    bool derived; /* follows from the layer's other tensors, by the kind's `derive`: files of weights may lack it */
} gan_tensor_plan;

/* What follows from the shapes of a layer's inputs; filled by infer. */
typedef struct gan_layer_plan {
    gan_shape output;
    int tensor_count;
    gan_tensor_plan tensors[GAN_LAYER_TENSORS];
    int64_t saved;   /* values kept from forward to backward, for the largest batch */
    int64_t scratch; /* values needed during one call, for the largest batch */
    /* For these shapes the output is the input's values in the same order: y may be the array x[0], and dx[0] the
     * array dy, whoever else reads them; forward and backward then do nothing. Given other arrays, they copy. */
    bool view;
    /* It draws random numbers in sampling too, those of each sample apart: see `random` of gan_pass. */
    bool draws_in_sampling;
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
    const gan_real *const *x; /* one array per input; NULL in backward where the layer does not keep it */
    gan_real *y;              /* written by forward; in backward readable only with GAN_LAYER_KEEPS_OUTPUT */
    const gan_real *dy;
    gan_real *const *dx;        /* NULL if nobody needs the gradient; else written, not added to */
    gan_real *const *tensors;   /* GAN_LAYER_TENSORS pointers, in the order of the plan, then NULL */
    gan_real *const *gradients; /* in the same order; added to; NULL for buffers, all NULL if not wanted */
    gan_real *saved;
    gan_real *scratch;
    /* Of this layer: in training of this pass, in sampling of its first sample, and the one after that is one number
     * of GAN_DRAW_BITS bits further. The same in forward and backward. */
    gan_random_state random;
    /* Tangents, for second derivatives (Pearlmutter's R-operator: the derivative in a direction of x and dy, with the
     * weights fixed): R{x} in, R{y} out; then R{x}, R{y} and R{dy} in, R{dx} out, R{gradients} added to `gradients`.
     * These calls may read x, y, saved and tensors, as backward may; after tangent_forward also R{x} and R{y}, where
     * the layer keeps x and y. dx is NULL. In tangent_backward, dy and tangent_dy are NULL where they are 0, but
     * never both. In all other calls the tangents are NULL. */
    const gan_real *const *tangent_x;
    gan_real *tangent_y;
    const gan_real *tangent_dy;
    gan_real *const *tangent_dx; /* NULL if nobody needs it or R{dx} is 0; else written, not added to */
} gan_pass;

enum {
    GAN_LAYER_KEEPS_INPUT = 1,  /* backward reads x */
    GAN_LAYER_KEEPS_OUTPUT = 2, /* backward reads y */
    GAN_LAYER_IN_PLACE = 4, /* y may be x[0] and dx[0] may be dy; x[0] is overwritten, so nobody else may read it */
    /* The second derivative of y by x is not 0. Without this flag, R{dx} is 0 where R{dy} is; if it is IN_PLACE too,
     * tangent_backward does not read dy, which dx may have overwritten. */
    GAN_LAYER_CURVED = 8,
    GAN_LAYER_MIXES_SAMPLES = 16, /* at least in training, a sample's y depends on the other samples of its batch */
    GAN_LAYER_RESHAPES = 32       /* y is the values of x[0] in another shape */
};

/* ---- Options (options.c) ------------------------------------------------------------------------------------ */

/* What an option is, in the layer's struct and in the one that programs pass; and in files. */
typedef enum gan_option_kind {
    GAN_OPTION_INT,         /* int64_t or int, or an array of them: an integer or a list */
    GAN_OPTION_FLOAT,       /* float: a number */
    GAN_OPTION_BOOL,        /* bool: true or false */
    GAN_OPTION_CHOICE,      /* an enum from 0: the name of the value */
    GAN_OPTION_INITIALIZER, /* gan_initializer: an object of kind and value */
    GAN_OPTION_SHAPE        /* gan_shape: a list of integers */
} gan_option_kind;

/* One option of a kind of layer: its checks, default, place in files, gan_model_describe() and docs/layers.md all
 * follow from this. */
typedef struct gan_layer_option {
    const char *name;
    gan_option_kind kind;
    int count;     /* of an array's integers; else 0 */
    size_t offset; /* in the layer's struct, of the value in use */
    size_t size;   /* there */
    size_t given;  /* in the struct that programs pass; 0: an argument, which has no default, not an option */
    /* Added after the first release: a file without it means the default, and the default is not written, so that the
     * architectures of models that do not use it stay as they were. */
    bool added;
    /* The range of integers and floats. `over` and `below` exclude its ends; the largest float is no bound. Where the
     * kind's check_options checks a narrower one, `range` says it in words, and the row is not checked. */
    double least, most;
    bool over, below;
    const char *range;
    /* The default: 0 or false unless given. `like`: the value of the option of this name, from a row above. */
    int64_t integer;
    float number;
    gan_initializer initializer;
    const char *like;
    const char *const *names; /* of a choice's values */
    int name_count;
} gan_layer_option;

/* The struct that programs pass. */
typedef struct gan_options_struct {
    const char *name;                     /* "gan_dense_options"; NULL: the kind takes none */
    size_t size, reserved, reserved_size; /* offset and size, which may be 0, of the reserved field */
} gan_options_struct;

/* ---- Kinds -------------------------------------------------------------------------------------------------- */

typedef struct gan_layer_ops {
    const char *type; /* "conv2d": in files and messages */
    unsigned flags;
    int min_inputs, max_inputs; /* an input layer has 0 */
    size_t size;                /* of the layer's struct */
    unsigned class_inputs;      /* a bit for each input that is a class number below the option `classes` */
    double low, high;           /* the ends of y's values, where its gradient vanishes; equal if it has none */
    const void *variant;        /* how the kinds of one file differ; known only to that file */
    const gan_layer_option *options;
    int option_count;
    gan_options_struct options_struct;
    /* Checks options against each other, once each is in its range. NULL if there is nothing to check. */
    gan_status (*check_options)(const gan_layer *layer);
    /* Checks the shapes and fills the zeroed plan. `batch` is the largest batch, 1 while building. A failure's
     * sentence says what is wrong with which shape; the model puts the layer's name and type in front. */
    gan_status (*infer)(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan);
    /* Once all tensors have initial values: sets those that follow from others. NULL if none do. The pass has a batch
     * of 1, tensors and scratch. */
    gan_status (*start)(const gan_layer *layer, const gan_pass *pass);
    /* With the same pass: sets the tensors that are `derived`. NULL if none are. */
    gan_status (*derive)(const gan_layer *layer, const gan_pass *pass);
    /* The fewest samples of a batch to train on, by the shape of the first input. NULL: one. */
    int64_t (*least_batch)(gan_shape input);
    /* Whether a forward pass can run: asked of all layers before the first one runs, so that a pass that cannot run
     * changes nothing. x[k] is NULL if a layer computes it; there are no y, saved and scratch. NULL if nothing can be
     * wrong. Failures as infer's. */
    gan_status (*check)(const gan_layer *layer, const gan_pass *pass);
    /* NULL for an input layer: the session fills it. Failures as infer's. */
    gan_status (*forward)(const gan_layer *layer, const gan_pass *pass);
    gan_status (*backward)(const gan_layer *layer, const gan_pass *pass);
    /* Both NULL if second derivatives are not supported, for the reason `no_tangent`, used in messages. Tangents may
     * work in place where values may. */
    gan_status (*tangent_forward)(const gan_layer *layer, const gan_pass *pass);
    gan_status (*tangent_backward)(const gan_layer *layer, const gan_pass *pass);
    const char *no_tangent;
} gan_layer_ops;

/* The head of every layer's struct. */
struct gan_layer {
    const gan_layer_ops *ops;
    gan_context *context;
    char *name; /* or NULL */
};

/* All kinds, in the order of layer_kinds in this folder's meson.build, and the one called `type`, or NULL
 * (registry.c). */
const gan_layer_ops *const *gan_layer_kinds(int *count);
const gan_layer_ops *gan_layer_find_kind(const char *type);
/* How many classes input `k` of the layer may be the number of; 0 if it is no class number (class_number.c). */
int64_t gan_layer_classes(const gan_layer *layer, int k);
/* Whether the thread's last failure is that of a layer's creation or naming, which then returned NULL. */
bool gan_layer_failed_last(void);
extern const gan_layer_ops gan_input_ops; /* the model must know it */

/* Options to and from JSON: as the member `key`, or any value if that is NULL, with its own keys sorted; and from any
 * value, checked as a program's options are. On failure gan_layer_load returns NULL and sets the error:
 * GAN_ERROR_FORMAT if an option is missing or of another type, GAN_ERROR_UNSUPPORTED if the kind has no such option,
 * since the file then means another layer. */
void gan_layer_save(const gan_layer *layer, gan_json_writer *json, const char *key);
gan_layer *gan_layer_load(gan_context *context, const gan_layer_ops *ops, const gan_json *options);

/* The value of an option for people to read, "(3, 3)" or "normal(0.02)"; and the range of an integer or float, to
 * follow "expected" or "expected a number". Both may or may not use the memory given. */
#define GAN_OPTION_TEXT 160
const char *gan_option_text(const gan_layer *layer, const gan_layer_option *option, char text[GAN_OPTION_TEXT]);
const char *gan_option_range(const gan_layer_option *option, char text[GAN_OPTION_TEXT]);
/* Whether an option has its default value; an argument never does. */
bool gan_option_is_default(const gan_layer *layer, const gan_layer_option *option);

/* ---- Initial values (initializer.c) --------------------------------------------------------------------------- */

/* Fills a tensor, as stored, from the plan's initializer. Values at the border do not depend on the layout. */
void gan_initialize(const gan_tensor_plan *plan, gan_random_state state, gan_real *out, int64_t count);

#endif
