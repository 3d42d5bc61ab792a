/* The door of format: the messages of ONNX files that libgan writes and reads, by the numbers of their fields in
 * onnx.proto, and what libgan adds to a file.
 *
 * A message is a sequence of fields, each a varint of `number << 3 | wire type` and a value: a varint, 4 or 8 bytes,
 * or a length as varint and that many bytes, which may be a text, packed numbers or another message. Fields that are
 * missing are 0 or empty; one that may be repeated may also be anywhere between others.
 *
 * A file that libgan wrote has these entries in ModelProto.metadata_props:
 *
 *     "libgan.format"        "1"
 *     "libgan.architecture"  the model's architecture as JSON, as in model files, but without spectral norm: the
 *                            initializers have the weights that sampling multiplies by
 *     "libgan.graph"         a fingerprint of the bytes of ModelProto.graph, without its number and length: FNV-1a of
 *                            64 bits, as 16 hexadecimal digits in lower case
 *     "libgan.metadata"      the same of the other entries: of the key and the value, each with its 0, of all that
 * are called "libgan.", in their order, but these two "libgan.input.NAME"    the role of the graph's input NAME:
 * "noise normal", "noise uniform", "class", "image", "code normal" or "code uniform"; none: the input has no role
 *
 * While the fingerprints are those of the graph and the entries, the architecture and the initializers called as the
 * model's tensors
 * ("0.weight"), with their shapes and as FLOAT in raw_data, are the whole model. */
#ifndef GAN_ONNX_FORMAT_H
#define GAN_ONNX_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GAN_ONNX_FORMAT_KEY       "libgan.format"
#define GAN_ONNX_FORMAT           "1"
#define GAN_ONNX_ARCHITECTURE_KEY "libgan.architecture"
#define GAN_ONNX_FINGERPRINT_KEY  "libgan.graph"
#define GAN_ONNX_METADATA_KEY     "libgan.metadata"
#define GAN_ONNX_PREFIX           "libgan."
#define GAN_ONNX_ROLE_KEY         "libgan.input." /* and the input's name */

/* PyTorch's exporter says of each node which modules it was in. */
#define GAN_ONNX_SCOPES_KEY  "pkg.torch.onnx.name_scopes"
#define GAN_ONNX_CLASSES_KEY "pkg.torch.onnx.class_hierarchy"

/* A message is at most this long, as in protobuf. */
#define GAN_ONNX_SIZE_LIMIT INT64_C(2147483647)

/* FNV-1a, piece after piece: of nothing it is GAN_HASH_START. */
#define GAN_ONNX_FINGERPRINT_TEXT 17 /* bytes of its text */
static inline uint64_t gan_onnx_fingerprint(uint64_t so_far, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) so_far = gan_hash_add(so_far, ((const unsigned char *)bytes)[i]);
    return so_far;
}
/* A key and a value, each with its 0. */
static inline uint64_t gan_onnx_fingerprint_entry(uint64_t so_far, const char *key, const char *value)
{
    so_far = gan_onnx_fingerprint(so_far, key, strlen(key) + 1);
    return gan_onnx_fingerprint(so_far, value, strlen(value) + 1);
}

typedef enum gan_onnx_model {
    GAN_ONNX_MODEL_IR_VERSION = 1,       /* int64 */
    GAN_ONNX_MODEL_PRODUCER_NAME = 2,    /* string */
    GAN_ONNX_MODEL_PRODUCER_VERSION = 3, /* string */
    GAN_ONNX_MODEL_GRAPH = 7,            /* GraphProto */
    GAN_ONNX_MODEL_OPSET_IMPORT = 8,     /* repeated OperatorSetIdProto */
    GAN_ONNX_MODEL_METADATA_PROPS = 14,  /* repeated StringStringEntryProto */
    GAN_ONNX_MODEL_FUNCTIONS = 25        /* repeated FunctionProto */
} gan_onnx_model;

typedef enum gan_onnx_operator_set {
    GAN_ONNX_OPERATOR_SET_DOMAIN = 1, /* string; empty or "ai.onnx": ONNX's own operators */
    GAN_ONNX_OPERATOR_SET_VERSION = 2 /* int64 */
} gan_onnx_operator_set;

typedef enum gan_onnx_entry {
    GAN_ONNX_ENTRY_KEY = 1,  /* string */
    GAN_ONNX_ENTRY_VALUE = 2 /* string */
} gan_onnx_entry;

typedef enum gan_onnx_graph {
    GAN_ONNX_GRAPH_NODE = 1,               /* repeated NodeProto, each after those that it reads */
    GAN_ONNX_GRAPH_NAME = 2,               /* string */
    GAN_ONNX_GRAPH_INITIALIZER = 5,        /* repeated TensorProto */
    GAN_ONNX_GRAPH_INPUT = 11,             /* repeated ValueInfoProto; up to IR version 3 also of initializers */
    GAN_ONNX_GRAPH_OUTPUT = 12,            /* repeated ValueInfoProto */
    GAN_ONNX_GRAPH_VALUE_INFO = 13,        /* repeated ValueInfoProto */
    GAN_ONNX_GRAPH_SPARSE_INITIALIZER = 15 /* repeated SparseTensorProto */
} gan_onnx_graph;

typedef enum gan_onnx_node {
    GAN_ONNX_NODE_INPUT = 1,         /* repeated string; empty: an optional input that is left out */
    GAN_ONNX_NODE_OUTPUT = 2,        /* repeated string */
    GAN_ONNX_NODE_NAME = 3,          /* string */
    GAN_ONNX_NODE_OP_TYPE = 4,       /* string */
    GAN_ONNX_NODE_ATTRIBUTE = 5,     /* repeated AttributeProto */
    GAN_ONNX_NODE_DOMAIN = 7,        /* string */
    GAN_ONNX_NODE_METADATA_PROPS = 9 /* repeated StringStringEntryProto */
} gan_onnx_node;

typedef enum gan_onnx_attribute {
    GAN_ONNX_ATTRIBUTE_NAME = 1,          /* string */
    GAN_ONNX_ATTRIBUTE_F = 2,             /* float */
    GAN_ONNX_ATTRIBUTE_I = 3,             /* int64 */
    GAN_ONNX_ATTRIBUTE_S = 4,             /* bytes */
    GAN_ONNX_ATTRIBUTE_T = 5,             /* TensorProto */
    GAN_ONNX_ATTRIBUTE_G = 6,             /* GraphProto */
    GAN_ONNX_ATTRIBUTE_FLOATS = 7,        /* repeated float */
    GAN_ONNX_ATTRIBUTE_INTS = 8,          /* repeated int64 */
    GAN_ONNX_ATTRIBUTE_STRINGS = 9,       /* repeated bytes */
    GAN_ONNX_ATTRIBUTE_TYPE = 20,         /* enum: */
    GAN_ONNX_ATTRIBUTE_REF_ATTR_NAME = 21 /* string; only in functions */
} gan_onnx_attribute;

typedef enum gan_onnx_attribute_type {
    GAN_ONNX_TYPE_FLOAT = 1,
    GAN_ONNX_TYPE_INT = 2,
    GAN_ONNX_TYPE_STRING = 3,
    GAN_ONNX_TYPE_TENSOR = 4,
    GAN_ONNX_TYPE_GRAPH = 5,
    GAN_ONNX_TYPE_FLOATS = 6,
    GAN_ONNX_TYPE_INTS = 7,
    GAN_ONNX_TYPE_STRINGS = 8
} gan_onnx_attribute_type;

typedef enum gan_onnx_tensor {
    GAN_ONNX_TENSOR_DIMS = 1,           /* repeated int64 */
    GAN_ONNX_TENSOR_DATA_TYPE = 2,      /* int32: gan_onnx_data_type */
    GAN_ONNX_TENSOR_FLOAT_DATA = 4,     /* repeated float */
    GAN_ONNX_TENSOR_INT32_DATA = 5,     /* repeated int32; also of BOOL, FLOAT16 and BFLOAT16 */
    GAN_ONNX_TENSOR_INT64_DATA = 7,     /* repeated int64 */
    GAN_ONNX_TENSOR_NAME = 8,           /* string */
    GAN_ONNX_TENSOR_RAW_DATA = 9,       /* bytes, little-endian */
    GAN_ONNX_TENSOR_DOUBLE_DATA = 10,   /* repeated double */
    GAN_ONNX_TENSOR_EXTERNAL_DATA = 13, /* repeated StringStringEntryProto */
    GAN_ONNX_TENSOR_DATA_LOCATION = 14  /* enum; 1: external */
} gan_onnx_tensor;

typedef enum gan_onnx_data_type {
    GAN_ONNX_FLOAT = 1,
    GAN_ONNX_INT32 = 6,
    GAN_ONNX_INT64 = 7,
    GAN_ONNX_BOOL = 9,
    GAN_ONNX_FLOAT16 = 10,
    GAN_ONNX_DOUBLE = 11,
    GAN_ONNX_BFLOAT16 = 16
} gan_onnx_data_type;

typedef enum gan_onnx_value_info {
    GAN_ONNX_VALUE_INFO_NAME = 1, /* string */
    GAN_ONNX_VALUE_INFO_TYPE = 2  /* TypeProto */
} gan_onnx_value_info;

/* TypeProto and the messages inside it. */
typedef enum gan_onnx_type {
    GAN_ONNX_TYPE_TENSOR_TYPE = 1,    /* TypeProto.Tensor: */
    GAN_ONNX_TENSOR_TYPE_ELEMENT = 1, /* int32: gan_onnx_data_type */
    GAN_ONNX_TENSOR_TYPE_SHAPE = 2,   /* TensorShapeProto: */
    GAN_ONNX_SHAPE_DIM = 1,           /* repeated Dimension: */
    GAN_ONNX_DIMENSION_VALUE = 1,     /* int64 */
    GAN_ONNX_DIMENSION_PARAMETER = 2  /* string: the name of a size that is free */
} gan_onnx_type;

#endif
