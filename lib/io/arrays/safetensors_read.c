/* Reading safetensors. The header is untrusted and fully checked before it is used: the tensors' bytes follow each
 * other without gaps or overlaps and end where the file ends. */
#include "io/arrays/arrays.h"
#include "io/writing/writing.h"

#include <string.h>

typedef struct tensor {
    gan_safetensors_entry entry; /* its name is in the header */
    int64_t begin, end;          /* bytes after the header */
} tensor;

struct gan_safetensors {
    gan_context *context;
    gan_readable from;
    int64_t data; /* offset of the first value in the file */
    gan_json *header;
    const gan_json *metadata; /* of the header, or NULL */
    tensor *tensors;
    size_t tensor_count, tensor_capacity;
    gan_names names; /* of the tensors */
};

/* The first ones by their gan_safetensors_type. */
static const struct {
    const char *name;
    int bits;
} types[] = {{"F32", 32},    {"F64", 64},    {"F16", 16}, {"BF16", 16},   {"I64", 64},    {"I32", 32},   {"I16", 16},
             {"I8", 8},      {"U8", 8},      {"U64", 64}, {"U32", 32},    {"U16", 16},    {"BOOL", 8},   {"C64", 64},
             {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F4", 4},   {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}};

static gan_status malformed(const gan_safetensors *file, const char *what, const char *tensor_name)
{
    return gan_fail(GAN_ERROR_FORMAT, "%s: %s of tensor '%s' is malformed", file->from.name, what, tensor_name);
}

/* Bits of a value; 0 for a type that this version does not know, whose size cannot be checked. */
static gan_status type_parse(const gan_safetensors *file, const char *name, const gan_json *json, tensor *out,
                             int *bits)
{
    const char *type = gan_json_get_text(json);
    if (!type) return malformed(file, "the type", name);
    *bits = 0;
    out->entry.type = GAN_SAFETENSORS_OTHER;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i].name) != 0) continue;
        *bits = types[i].bits;
        if (i < GAN_SAFETENSORS_OTHER) out->entry.type = (gan_safetensors_type)i;
    }
    return GAN_OK;
}

/* Any rank and any dimensions: a tensor that nobody asks for may have what libgan has not. */
static gan_status shape_parse(const gan_safetensors *file, const char *name, const gan_json *json,
                              gan_safetensors_entry *out)
{
    int64_t dim = 0;
    bool empty = false;
    if (!gan_json_is_array(json)) return malformed(file, "the shape", name);
    out->rank = (int)gan_json_size(json);
    out->count = 1;
    for (const gan_json *at = NULL; (at = gan_json_next(json, at));) {
        if (!gan_json_get_int(at, &dim) || dim < 0) return malformed(file, "the shape", name);
        if (dim == 0) empty = true;
    }
    int i = 0;
    for (const gan_json *at = NULL; (at = gan_json_next(json, at)); i++) {
        gan_json_get_int(at, &dim);
        if (i <= GAN_MAX_RANK) out->dims[i] = dim;
        if (!empty && !gan_checked_multiply(out->count, dim, &out->count))
            return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of tensor '%s' overflows", file->from.name, name);
    }
    if (empty) out->count = 0;
    return GAN_OK;
}

static gan_status tensor_parse(gan_safetensors *file, const char *name, const gan_json *json)
{
    tensor parsed = {0};
    int bits = 0;
    int64_t needed, places[2];
    const gan_json *offsets = gan_json_get(json, "data_offsets");
    if (!gan_json_is_object(json)) return malformed(file, "the description", name);
    GAN_TRY(type_parse(file, name, gan_json_get(json, "dtype"), &parsed, &bits));
    GAN_TRY(shape_parse(file, name, gan_json_get(json, "shape"), &parsed.entry));
    if (!gan_checked_multiply(parsed.entry.count, bits, &needed))
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of tensor '%s' overflows", file->from.name, name);
    if (!gan_json_get_ints(offsets, places, 2)) return malformed(file, "the place", name);
    parsed.begin = places[0];
    parsed.end = places[1];
    if (parsed.begin < 0 || parsed.end < parsed.begin) return malformed(file, "the place", name);
    needed = needed / 8 + (needed % 8 > 0);
    if (bits > 0 && parsed.end - parsed.begin != needed) {
        return gan_fail(GAN_ERROR_FORMAT, "%s: tensor '%s' has %lld bytes; its shape and type need %lld",
                        file->from.name, name, (long long)(parsed.end - parsed.begin), (long long)needed);
    }
    parsed.entry.name = name;
    file->tensors[file->tensor_count++] = parsed;
    return GAN_OK;
}

static gan_status metadata_parse(gan_safetensors *file, const gan_json *json)
{
    if (!gan_json_is_object(json))
        return gan_fail(GAN_ERROR_FORMAT, "%s: the metadata is not an object", file->from.name);
    for (const gan_json *at = NULL; (at = gan_json_next(json, at));) {
        if (gan_json_get_text(at)) continue;
        return gan_fail(GAN_ERROR_FORMAT, "%s: metadata '%s' is not a string", file->from.name, gan_json_name(at));
    }
    file->metadata = json;
    return GAN_OK;
}

static bool begins_before(const void *tensors, int64_t a, int64_t b)
{
    const tensor *of = tensors;
    return of[a].begin != of[b].begin ? of[a].begin < of[b].begin : of[a].end < of[b].end; /* empty ones first */
}

static void swap_tensors(void *tensors, int64_t a, int64_t b)
{
    tensor *of = tensors, moved = of[a];
    of[a] = of[b];
    of[b] = moved;
}

/* As they are in nearly every file. */
static bool are_in_order(const gan_safetensors *file)
{
    for (size_t i = 1; i < file->tensor_count; i++) {
        if (begins_before(file->tensors, (int64_t)i, (int64_t)i - 1)) return false;
    }
    return true;
}

static gan_status places_check(gan_safetensors *file)
{
    int64_t end = 0, available = file->from.size - file->data;
    if (!are_in_order(file)) {
        gan_sort(&(gan_sortable){file->tensors, begins_before, swap_tensors}, (int64_t)file->tensor_count);
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        const tensor *at = &file->tensors[i];
        if (at->begin != end) {
            return gan_fail(GAN_ERROR_FORMAT, "%s: tensor '%s' starts at byte %lld of the data; expected %lld",
                            file->from.name, at->entry.name, (long long)at->begin, (long long)end);
        }
        end = at->end;
    }
    if (end > available) {
        return gan_fail(GAN_ERROR_TRUNCATED, "%s has %lld bytes of data; its header says %lld", file->from.name,
                        (long long)available, (long long)end);
    }
    if (end < available) {
        return gan_fail(GAN_ERROR_TRAILING_DATA, "%s has %lld bytes of data; its header says %lld", file->from.name,
                        (long long)available, (long long)end);
    }
    return GAN_OK;
}

static const char *name_at(const void *tensors, uint32_t number)
{
    return ((const tensor *)tensors)[number].entry.name;
}

/* The header has each name once. */
static gan_status names_sort(gan_safetensors *file)
{
    file->names = (gan_names){name_at, file->tensors, NULL, 0};
    file->names.rows = gan_allocate_array(file->context, (int64_t)file->tensor_capacity, sizeof(gan_name));
    if (!file->names.rows) return GAN_ERROR_MEMORY;
    for (size_t i = 0; i < file->tensor_count; i++) gan_names_add(&file->names, (uint32_t)i);
    gan_names_sort(&file->names);
    return GAN_OK;
}

static gan_status header_parse(gan_safetensors *file, const char *text, size_t size)
{
    gan_status status = gan_json_parse(file->context, text, size, &file->header);
    if (status != GAN_OK) return gan_fail(status, "the header of %s: %s", file->from.name, gan_last_error());
    if (!gan_json_is_object(file->header))
        return gan_fail(GAN_ERROR_FORMAT, "the header of %s is not an object", file->from.name);
    file->tensor_capacity = (size_t)gan_json_size(file->header);
    file->tensors = gan_allocate_array(file->context, (int64_t)file->tensor_capacity, sizeof(tensor));
    if (!file->tensors) return GAN_ERROR_MEMORY;
    for (const gan_json *value = NULL; (value = gan_json_next(file->header, value));) {
        const char *name = gan_json_name(value);
        GAN_TRY(strcmp(name, GAN_SAFETENSORS_METADATA) == 0 ? metadata_parse(file, value)
                                                            : tensor_parse(file, name, value));
    }
    GAN_TRY(places_check(file));
    return names_sort(file);
}

static gan_status header_read(gan_safetensors *file)
{
    unsigned char start[9];
    uint64_t length = 0;
    if (file->from.size < (int64_t)sizeof(start)) {
        return gan_fail(GAN_ERROR_TRUNCATED, "%s has %lld bytes: too few for a safetensors header", file->from.name,
                        (long long)file->from.size);
    }
    GAN_TRY(gan_readable_read(&file->from, 0, start, sizeof(start)));
    if (start[8] != '{') {
        return gan_fail(GAN_ERROR_MAGIC, "%s is not a safetensors file%s", file->from.name,
                        gan_readable_hint(&file->from));
    }
    for (int i = 0; i < 8; i++) length |= (uint64_t)start[i] << (8 * i);
    if (length > GAN_SAFETENSORS_HEADER_LIMIT) {
        return gan_fail(GAN_ERROR_OVERFLOW, "the header of %s has %llu bytes; the limit is %d", file->from.name,
                        (unsigned long long)length, GAN_SAFETENSORS_HEADER_LIMIT);
    }
    if ((int64_t)length > file->from.size - 8) {
        return gan_fail(GAN_ERROR_TRUNCATED, "%s ends within its header of %llu bytes", file->from.name,
                        (unsigned long long)length);
    }
    file->data = 8 + (int64_t)length;

    char *text = gan_allocate(file->context, (size_t)length);
    if (!text) return GAN_ERROR_MEMORY;
    gan_status status = gan_readable_read(&file->from, 8, text, (size_t)length);
    if (status == GAN_OK) status = header_parse(file, text, (size_t)length);
    gan_release(file->context, text, (size_t)length);
    return status;
}

gan_status gan_safetensors_open(gan_context *context, gan_origin from, gan_safetensors **out)
{
    gan_safetensors *file = gan_allocate(context, sizeof(*file));
    if (!file) return GAN_ERROR_MEMORY;
    file->context = gan_context_retain(context);
    gan_status status = gan_readable_open(context, from, &file->from);
    if (status == GAN_OK) status = header_read(file);
    if (status != GAN_OK) {
        gan_safetensors_close(file);
        return status;
    }
    *out = file;
    return GAN_OK;
}

void gan_safetensors_close(gan_safetensors *file)
{
    if (!file) return;
    gan_context *context = file->context;
    gan_release(context, file->names.rows, file->tensor_capacity * sizeof(gan_name));
    gan_release(context, file->tensors, file->tensor_capacity * sizeof(tensor));
    gan_json_release(file->header);
    gan_readable_close(&file->from);
    gan_release(context, file, sizeof(*file));
    gan_context_release(context);
}

const char *gan_safetensors_name(const gan_safetensors *file)
{
    return file->from.name;
}

size_t gan_safetensors_count(const gan_safetensors *file)
{
    return file->tensor_count;
}

const gan_safetensors_entry *gan_safetensors_at(const gan_safetensors *file, size_t index)
{
    return index < file->tensor_count ? &file->tensors[index].entry : NULL;
}

const gan_safetensors_entry *gan_safetensors_find(const gan_safetensors *file, const char *name, size_t *index)
{
    const int64_t found = gan_names_find(&file->names, name);
    if (found < 0) return NULL;
    *index = (size_t)found;
    return &file->tensors[found].entry;
}

static gan_status expect(const gan_safetensors *file, const char *name, gan_shape shape, size_t *index)
{
    const char *from = file->from.name;
    const gan_safetensors_entry *entry = gan_safetensors_find(file, name, index);

    if (!entry) return gan_fail(GAN_ERROR_ARCHITECTURE, "%s has no tensor '%s'", from, name);
    bool fits = entry->rank == shape.rank;
    for (int i = 0; fits && i < shape.rank; i++) fits = entry->dims[i] == shape.dims[i];
    if (fits) return GAN_OK;
    char expected[GAN_SHAPE_TEXT], actual[GAN_SHAPE_TEXT] = "()";
    gan_shape given = {.rank = entry->rank};
    for (int i = 0; i < entry->rank && i < GAN_MAX_RANK; i++) given.dims[i] = entry->dims[i];
    if (entry->rank > GAN_MAX_RANK) given.rank = GAN_MAX_RANK;
    if (entry->rank > 0) gan_shape_text(given, actual);
    return gan_fail(GAN_ERROR_ARCHITECTURE, "tensor '%s' of %s has the shape %s%s; expected %s", name, from, actual,
                    entry->rank > GAN_MAX_RANK ? " and more" : "", gan_shape_text(shape, expected));
}

gan_status gan_safetensors_expect(const gan_safetensors *file, const char *name, gan_shape shape,
                                  gan_safetensors_type type, size_t *index)
{
    size_t found = 0;

    GAN_TRY(expect(file, name, shape, &found));
    if (file->tensors[found].entry.type != type) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "tensor '%s' of %s is not of the type %s", name, file->from.name,
                        types[type].name);
    }
    *index = found;
    return GAN_OK;
}

static gan_status floats_check(const gan_safetensors *file, size_t index)
{
    const gan_safetensors_entry *entry = &file->tensors[index].entry;

    if (entry->type != GAN_SAFETENSORS_OTHER) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "tensor '%s' of %s is not of the type F32, F64, F16 or BF16", entry->name,
                    file->from.name);
}

gan_status gan_safetensors_expect_floats(const gan_safetensors *file, const char *name, gan_shape shape,
                                         size_t *index)
{
    size_t found = 0;

    GAN_TRY(expect(file, name, shape, &found));
    GAN_TRY(floats_check(file, found));
    *index = found;
    return GAN_OK;
}

static gan_status index_check(const gan_safetensors *file, size_t index)
{
    if (index < file->tensor_count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s has %zu tensors; number %zu was requested", file->from.name,
                    file->tensor_count, index);
}

static gan_status read_bytes(const gan_safetensors *file, const tensor *at, void *out)
{
    return gan_readable_read(&file->from, file->data + at->begin, out, (size_t)(at->end - at->begin));
}

/* Piece by piece, since the file's values may be larger than floats. */
static gan_status read_converted(const gan_safetensors *file, const tensor *at, float *out)
{
    unsigned char piece[1 << 14];
    const int64_t size = (int64_t)gan_safetensors_bytes(at->entry.type), most = (int64_t)sizeof(piece) / size;

    for (int64_t done = 0; done < at->entry.count; done += most) {
        const int64_t left = at->entry.count - done, count = left < most ? left : most;
        GAN_TRY(gan_readable_read(&file->from, file->data + at->begin + done * size, piece, (size_t)(count * size)));
        const int64_t beyond = gan_floats_from_bytes(at->entry.type, piece, count, out + done);
        if (beyond < 0) continue;
        return gan_fail(GAN_ERROR_NOT_FINITE,
                        "%s: value %lld of tensor '%s' is beyond the numbers of float32, up to 3.4e38",
                        file->from.name, (long long)(done + beyond), at->entry.name);
    }
    return GAN_OK;
}

gan_status gan_safetensors_read(const gan_safetensors *file, size_t index, float *out)
{
    GAN_TRY(index_check(file, index));
    GAN_TRY(floats_check(file, index));
    const tensor *at = &file->tensors[index];
    if (at->entry.type != GAN_SAFETENSORS_F32) return read_converted(file, at, out);
    GAN_TRY(read_bytes(file, at, out));
    gan_floats_from_little_endian(out, at->entry.count);
    return GAN_OK;
}

gan_status gan_safetensors_read_doubles(const gan_safetensors *file, size_t index, double *out)
{
    GAN_TRY(index_check(file, index));
    const tensor *at = &file->tensors[index];
    if (at->entry.type != GAN_SAFETENSORS_F64) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "tensor '%s' of %s is not of the type F64", at->entry.name,
                        file->from.name);
    }
    GAN_TRY(read_bytes(file, at, out));
    gan_doubles_from_little_endian(out, at->entry.count);
    return GAN_OK;
}

const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key)
{
    return gan_json_get_text(gan_json_get(file->metadata, key));
}

gan_status gan_safetensors_check_format(const gan_safetensors *file, int newest)
{
    const char *from = file->from.name, *format = gan_safetensors_metadata(file, GAN_SAFETENSORS_FORMAT_KEY);
    if (!format) {
        return gan_fail(GAN_ERROR_FORMAT, "%s has no " GAN_SAFETENSORS_FORMAT_KEY " in its metadata", from);
    }
    const size_t length = strlen(format);
    if (format[0] == '0' || length == 0 || strspn(format, "0123456789") != length) {
        return gan_fail(GAN_ERROR_FORMAT, "%s: " GAN_SAFETENSORS_FORMAT_KEY " is '%.32s', expected a number", from,
                        format);
    }
    int64_t version = 0;
    for (size_t i = 0; i < length && version <= newest; i++) version = 10 * version + (format[i] - '0');
    if (version <= newest) return GAN_OK;
    return gan_fail(GAN_ERROR_VERSION, "%s has the format %.32s; libgan %s reads formats up to %d", from, format,
                    gan_version_text(), newest);
}
