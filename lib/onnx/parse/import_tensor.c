/* Tensors of ONNX files: in raw_data, or as lists of numbers; integers, and floats of any precision. */
#include "onnx/parse/parse.h"

bool gan_import_is_float(int64_t type)
{
    return type == GAN_ONNX_FLOAT || type == GAN_ONNX_DOUBLE || type == GAN_ONNX_FLOAT16 || type == GAN_ONNX_BFLOAT16;
}

bool gan_import_is_integer(int64_t type)
{
    return type == GAN_ONNX_INT64 || type == GAN_ONNX_INT32 || type == GAN_ONNX_BOOL;
}

/* The number of values. The product of all dimensions but zeros fits too, and with it every stride. */
static gan_status count_values(gan_import_tensor *tensor)
{
    bool is_empty = false;

    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (tensor->dims[i] == 0) {
            is_empty = true;
        } else if (!gan_checked_multiply(tensor->count, tensor->dims[i], &tensor->count)) {
            return gan_fail(GAN_ERROR_OVERFLOW, "the size of tensor '%.64s' overflows", tensor->name);
        }
    }
    if (is_empty) tensor->count = 0;
    return GAN_OK;
}

static gan_status read_dims(gan_import_tensor *out)
{
    uint64_t dims[GAN_IMPORT_MAX_RANK];
    int64_t count = 0;

    GAN_TRY(gan_message_count_numbers(out->message, GAN_ONNX_TENSOR_DIMS, GAN_WIRE_VARINT, &count));
    if (count > GAN_IMPORT_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "tensor '%.64s' has %lld dimensions; at most %d are read", out->name,
                        (long long)count, GAN_IMPORT_MAX_RANK);
    }
    GAN_TRY(gan_message_read_numbers(out->message, GAN_ONNX_TENSOR_DIMS, GAN_WIRE_VARINT, dims));
    out->rank = (int)count;
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = (int64_t)dims[i];
        if (out->dims[i] >= 0) continue;
        return gan_fail(GAN_ERROR_FORMAT, "tensor '%.64s' has a dimension of %lld", out->name,
                        (long long)out->dims[i]);
    }
    return count_values(out);
}

static gan_status read_field(gan_import_memory *memory, const gan_message_field *field, gan_import_tensor *out)
{
    switch (field->number) {
    case GAN_ONNX_TENSOR_NAME: return gan_import_text(memory, field, "the name of a tensor", &out->name);
    case GAN_ONNX_TENSOR_DATA_TYPE:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_VARINT, "the type of a tensor"));
        out->type = (int64_t)field->value;
        return GAN_OK;
    case GAN_ONNX_TENSOR_RAW_DATA:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "the data of a tensor"));
        out->raw = field->bytes;
        out->is_raw = true;
        return GAN_OK;
    case GAN_ONNX_TENSOR_EXTERNAL_DATA:
    case GAN_ONNX_TENSOR_DATA_LOCATION:
        if (field->number == GAN_ONNX_TENSOR_DATA_LOCATION && field->value == 0) return GAN_OK;
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "tensor '%.64s' lies in another file, and libgan opens none that a file names; export with "
                        "the weights inside (PyTorch: external_data=False)",
                        out->name);
    default: return GAN_OK;
    }
}

gan_status gan_import_tensor_parse(gan_import_memory *memory, gan_message message, gan_import_tensor *out)
{
    gan_message rest = message;
    gan_message_field field;

    *out = (gan_import_tensor){.name = "", .message = message};
    for (;;) {
        GAN_TRY(gan_message_next(&rest, &field));
        if (field.number == 0) break;
        GAN_TRY(read_field(memory, &field, out));
    }
    return read_dims(out);
}

gan_import_tensor *gan_import_tensor_new(gan_import_memory *memory, const char *name, int64_t type, int rank,
                                         const int64_t *dims)
{
    gan_import_tensor *tensor = gan_import_allocate(memory, 1, sizeof(*tensor));
    if (!tensor) return NULL;
    *tensor = (gan_import_tensor){.name = name, .type = type, .rank = rank};
    for (int i = 0; i < rank; i++) tensor->dims[i] = dims[i];
    return count_values(tensor) == GAN_OK ? tensor : NULL;
}

gan_status gan_import_tensor_create(gan_import_memory *memory, const char *name, bool is_float, int rank,
                                    const int64_t *dims, gan_import_tensor **out)
{
    gan_import_tensor *made =
        gan_import_tensor_new(memory, name, is_float ? GAN_ONNX_FLOAT : GAN_ONNX_INT64, rank, dims);

    if (!made) return gan_last_status();
    if (is_float) {
        made->floats = gan_import_allocate(memory, made->count, sizeof(*made->floats));
    } else {
        made->ints = gan_import_allocate(memory, made->count, sizeof(*made->ints));
    }
    if (!made->floats && !made->ints) return gan_last_status();
    *out = made;
    return GAN_OK;
}

void gan_import_walk_on(gan_import_walk *walk)
{
    for (int axis = walk->rank; axis-- > 0;) {
        const bool is_inside = ++walk->at[axis] < walk->dims[axis];
        for (int k = 0; k < 2; k++) walk->offsets[k] += walk->steps[k][axis] * (is_inside ? 1 : 1 - walk->dims[axis]);
        if (is_inside) return;
        walk->at[axis] = 0;
    }
}

const char *gan_import_type_name(int64_t type)
{
    static const char *const names[] = {"UNDEFINED", "FLOAT",  "UINT8",     "INT8",       "UINT16",  "INT16",
                                        "INT32",     "INT64",  "STRING",    "BOOL",       "FLOAT16", "DOUBLE",
                                        "UINT32",    "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16"};
    return type >= 0 && type < (int64_t)(sizeof(names) / sizeof(*names)) ? names[type]
                                                                         : "of a number libgan does not know";
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

static gan_status wrong_size(const gan_import_tensor *tensor, int64_t given, const char *unit)
{
    return gan_fail(GAN_ERROR_FORMAT, "tensor '%.64s' has %lld %s; its shape and type need %lld", tensor->name,
                    (long long)given, unit, (long long)tensor->count);
}

/* How a type is written outside raw_data. */
typedef struct listing {
    int64_t type;
    uint32_t field;
    gan_wire_type wire;
    int size; /* bytes in raw_data */
} listing;

static const listing listings[] = {
    {GAN_ONNX_FLOAT, GAN_ONNX_TENSOR_FLOAT_DATA, GAN_WIRE_FIXED32, 4},
    {GAN_ONNX_DOUBLE, GAN_ONNX_TENSOR_DOUBLE_DATA, GAN_WIRE_FIXED64, 8},
    {GAN_ONNX_FLOAT16, GAN_ONNX_TENSOR_INT32_DATA, GAN_WIRE_VARINT, 2},
    {GAN_ONNX_BFLOAT16, GAN_ONNX_TENSOR_INT32_DATA, GAN_WIRE_VARINT, 2},
    {GAN_ONNX_INT64, GAN_ONNX_TENSOR_INT64_DATA, GAN_WIRE_VARINT, 8},
    {GAN_ONNX_INT32, GAN_ONNX_TENSOR_INT32_DATA, GAN_WIRE_VARINT, 4},
    {GAN_ONNX_BOOL, GAN_ONNX_TENSOR_INT32_DATA, GAN_WIRE_VARINT, 1},
};

static gan_status find_listing(const gan_import_tensor *tensor, bool (*is_kind)(int64_t), const char *kind,
                               const listing **out)
{
    for (size_t i = 0; i < sizeof(listings) / sizeof(*listings); i++) {
        if (listings[i].type != tensor->type || !is_kind(tensor->type)) continue;
        *out = &listings[i];
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED, "tensor '%.64s' has the data type %s, expected %s", tensor->name,
                    gan_import_type_name(tensor->type), kind);
}

/* The bits of each value: of a type of at most 8 bytes. */
static uint64_t raw_bits(const unsigned char *at, int size)
{
    uint64_t bits = 0;
    for (int i = 0; i < size; i++) bits |= (uint64_t)at[i] << (8 * i);
    return bits;
}

static gan_status check_raw(const gan_import_tensor *tensor, int size)
{
    const int64_t bytes = tensor->raw.end - tensor->raw.at;
    if (bytes % size != 0 || bytes / size != tensor->count) return wrong_size(tensor, bytes, "bytes of data");
    return GAN_OK;
}

/* The values of a list, as bits. */
static gan_status read_list(gan_import_memory *memory, const gan_import_tensor *tensor, const listing *as,
                            uint64_t **out)
{
    int64_t count = 0;
    GAN_TRY(gan_message_count_numbers(tensor->message, as->field, as->wire, &count));
    if (count != tensor->count) return wrong_size(tensor, count, "values");
    uint64_t *bits = gan_import_allocate(memory, count, sizeof(*bits));
    if (!bits) return gan_failed(gan_last_status());
    GAN_TRY(gan_message_read_numbers(tensor->message, as->field, as->wire, bits));
    *out = bits;
    return GAN_OK;
}

static gan_safetensors_type float_type(int64_t type)
{
    switch (type) {
    case GAN_ONNX_DOUBLE: return GAN_SAFETENSORS_F64;
    case GAN_ONNX_FLOAT16: return GAN_SAFETENSORS_F16;
    default: return GAN_SAFETENSORS_BF16;
    }
}

static gan_status to_floats(const gan_import_tensor *tensor, const unsigned char *bytes, int64_t count, float *out)
{
    if (tensor->type == GAN_ONNX_FLOAT) {
        memcpy(out, bytes, (size_t)count * sizeof(*out));
        gan_floats_from_little_endian(out, count);
        return GAN_OK;
    }
    if (gan_floats_from_bytes(float_type(tensor->type), bytes, count, out) < 0) return GAN_OK;
    return gan_fail(GAN_ERROR_NOT_FINITE, "a value of tensor '%.64s' is beyond the numbers of float32, up to 3.4e38",
                    tensor->name);
}

gan_status gan_import_tensor_floats(gan_import_memory *memory, gan_import_tensor *tensor, const float **out)
{
    const listing *as = NULL;
    uint64_t *bits = NULL;

    if (!tensor->floats) {
        const bool is_raw = tensor->is_raw;
        GAN_TRY(find_listing(tensor, gan_import_is_float, "FLOAT, FLOAT16, BFLOAT16 or DOUBLE", &as));
        GAN_TRY(is_raw ? check_raw(tensor, as->size) : read_list(memory, tensor, as, &bits));
        float *values = gan_import_allocate(memory, tensor->count, sizeof(*values));
        if (!values) return gan_last_status();
        if (is_raw) {
            if (tensor->count > 0) GAN_TRY(to_floats(tensor, tensor->raw.at, tensor->count, values));
        } else {
            for (int64_t i = 0; i < tensor->count; i++) {
                unsigned char bytes[8];
                for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(bits[i] >> (8 * k));
                GAN_TRY(to_floats(tensor, bytes, 1, values + i));
            }
        }
        tensor->floats = values;
    }
    *out = tensor->floats;
    return GAN_OK;
}

static int64_t to_int(const gan_import_tensor *tensor, uint64_t bits)
{
    if (tensor->type == GAN_ONNX_INT32) return (int32_t)(uint32_t)bits;
    if (tensor->type == GAN_ONNX_BOOL) return bits != 0;
    return (int64_t)bits;
}

gan_status gan_import_tensor_ints(gan_import_memory *memory, gan_import_tensor *tensor, const int64_t **out)
{
    const listing *as = NULL;
    uint64_t *bits = NULL;

    if (!tensor->ints) {
        GAN_TRY(find_listing(tensor, gan_import_is_integer, "INT64, INT32 or BOOL", &as));
        GAN_TRY(tensor->is_raw ? check_raw(tensor, as->size) : read_list(memory, tensor, as, &bits));
        /* A list becomes integers where it lies: its numbers may be of one byte each. */
        int64_t *values = bits ? (int64_t *)bits : gan_import_allocate(memory, tensor->count, sizeof(*values));
        if (!values) return gan_last_status();
        for (int64_t i = 0; i < tensor->count; i++)
            values[i] = to_int(tensor, bits ? bits[i] : raw_bits(tensor->raw.at + i * as->size, as->size));
        tensor->ints = values;
    }
    *out = tensor->ints;
    return GAN_OK;
}
