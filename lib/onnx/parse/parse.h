/* The door of parse: an ONNX file as it was read: its graph's nodes, constants, inputs and outputs, not yet
 * understood. */
#ifndef GAN_ONNX_PARSE_H
#define GAN_ONNX_PARSE_H

#include "onnx/parse/message_read.h"
#include "onnx/format/format.h"
#include "io/io.h"

/* ---- Memory (import_memory.c) --------------------------------------------------------------------------------- */

/* What reading a file takes besides the model, at most: this many bytes for each of the file's, and a bit. */
#define GAN_IMPORT_MEMORY_FACTOR 16
#define GAN_IMPORT_MEMORY_LEAST  (1 << 20)

/* Blocks that are released together. */
typedef struct gan_import_memory {
    gan_context *context;
    struct gan_import_block *blocks;
    size_t used, limit;
    gan_status failed; /* why there was no memory once, also if nobody asked */
} gan_import_memory;

/* Zeroed memory for `count` elements; NULL after gan_fail(): GAN_ERROR_OVERFLOW beyond the limit. */
void *gan_import_allocate(gan_import_memory *memory, int64_t count, size_t size);
/* Counts memory of the context's as if it were from here; false after gan_fail(). */
bool gan_import_charge(gan_import_memory *memory, int64_t count, size_t size);
/* The first failure of the two. */
gan_status gan_import_memory_status(const gan_import_memory *memory);
void gan_import_release(gan_import_memory *memory);
/* A copy of the bytes as a text: UTF-8, without a 0 among them. */
gan_status gan_import_text(gan_import_memory *memory, const gan_message_field *field, const char *what,
                           const char **out);

/* ---- What a graph is made of (import_file.c, import_tensor.c) ------------------------------------------------- */

#define GAN_IMPORT_MAX_RANK 8
/* Most entries, all of which are looked through for each input: libgan writes one for each, and a few more. */
#define GAN_IMPORT_METADATA (1 << 13)

/* A place in an array of some dimensions that is gone through in order, and where two operands then are, with a step
 * for each dimension. */
typedef struct gan_import_walk {
    int rank;
    int64_t dims[GAN_IMPORT_MAX_RANK], steps[2][GAN_IMPORT_MAX_RANK];
    int64_t at[GAN_IMPORT_MAX_RANK], offsets[2];
} gan_import_walk;

void gan_import_walk_on(gan_import_walk *walk);

/* In place of the size of a free batch, in integers that are computed from shapes. */
#define GAN_IMPORT_BATCH (INT64_MIN + 0x6261746368)

typedef struct gan_import_tensor {
    const char *name; /* "": none */
    int64_t type;     /* as the file says: gan_onnx_data_type */
    int rank;
    int64_t dims[GAN_IMPORT_MAX_RANK];
    int64_t count;
    bool is_computed; /* from others, by arithmetic: not a tensor of the module that was exported */
    bool is_raw;
    gan_message raw, message; /* where its values lie, until they are read */
    float *floats;            /* NULL until they are; of FLOAT, FLOAT16, BFLOAT16 and DOUBLE */
    int64_t *ints;            /* NULL until they are; of INT64, INT32 and BOOL */
} gan_import_tensor;

typedef struct gan_import_attribute {
    const char *name, *text; /* text: of a string, else NULL */
    float number;
    int64_t integer;
    gan_import_tensor *tensor; /* or NULL */
    int64_t *ints;
    int64_t int_count;
    float *floats;
    int64_t float_count;
} gan_import_attribute;

struct gan_import_value;

typedef struct gan_import_node {
    const char *name, *type, *domain;
    const char *scopes, *classes; /* of PyTorch's modules around it, as newer exporters say; or "" */
    int64_t input_count, output_count, attribute_count;
    const char **input_names, **output_names; /* "" : left out */
    gan_import_attribute *attributes;
    struct gan_import_value **in, **out; /* filled by the import; NULL: left out */
} gan_import_node;

typedef struct gan_import_port {
    const char *name;
    int64_t type; /* of its elements */
    bool has_shape;
    int rank;                          /* with the batch */
    int64_t dims[GAN_IMPORT_MAX_RANK]; /* 0: free */
} gan_import_port;

typedef struct gan_import_file {
    gan_import_memory memory;
    gan_readable from;
    unsigned char *bytes;
    int64_t opset; /* of ONNX's own operators */
    gan_message graph;
    int64_t metadata_count, node_count, initializer_count, input_count, output_count;
    gan_metadata *metadata;
    gan_import_node *nodes;
    gan_import_tensor *initializers;
    gan_import_port *inputs, *outputs;
} gan_import_file;

/* Reads the whole file, and what it says. */
gan_status gan_import_file_open(gan_context *context, gan_origin from, gan_import_file *out);
void gan_import_file_close(gan_import_file *file); /* accepts a zeroed one */

/* Reads a TensorProto, without its values. */
gan_status gan_import_tensor_parse(gan_import_memory *memory, gan_message message, gan_import_tensor *out);
/* A new tensor, with memory for its values: floats, or integers. */
gan_status gan_import_tensor_create(gan_import_memory *memory, const char *name, bool is_float, int rank,
                                    const int64_t *dims, gan_import_tensor **out);
/* A new tensor without values, which the caller sets. */
gan_import_tensor *gan_import_tensor_new(gan_import_memory *memory, const char *name, int64_t type, int rank,
                                         const int64_t *dims);
/* Its values, converted: GAN_ERROR_UNSUPPORTED if they are of another kind. */
gan_status gan_import_tensor_floats(gan_import_memory *memory, gan_import_tensor *tensor, const float **out);
gan_status gan_import_tensor_ints(gan_import_memory *memory, gan_import_tensor *tensor, const int64_t **out);
/* The name of a type in ONNX: "FLOAT". */
const char *gan_import_type_name(int64_t type);
bool gan_import_is_float(int64_t type);
bool gan_import_is_integer(int64_t type);

#endif
