/* Writing safetensors: 8 bytes of header length, a JSON header, then the values, all little-endian. */
#include "io/io.h"

#include <string.h>

static gan_status check_new(const gan_json *object, const char *key)
{
    if (!gan_json_get(object, key)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "a safetensors header has two entries called '%s'", key);
}

static const struct {
    const char *name;
    size_t bytes;
} types[] = {[GAN_SAFETENSORS_F32] = {"F32", sizeof(float)}, [GAN_SAFETENSORS_F64] = {"F64", sizeof(double)}};

static gan_status entry_check(const gan_safetensors_entry *entry)
{
    int64_t count = 1;
    if (!entry->name || !entry->name[0]) return gan_fail(GAN_ERROR_ARGUMENT, "a tensor to write has no name");
    if (entry->type != GAN_SAFETENSORS_F32 && entry->type != GAN_SAFETENSORS_F64) {
        return gan_fail(GAN_ERROR_ARGUMENT, "tensor '%s' has a type that is not written", entry->name);
    }
    if (entry->rank < 0 || entry->rank > GAN_MAX_RANK + 1) {
        return gan_fail(GAN_ERROR_SHAPE, "tensor '%s' has rank %d; expected 0 to %d", entry->name, entry->rank,
                        GAN_MAX_RANK + 1);
    }
    for (int i = 0; i < entry->rank; i++) {
        if (entry->dims[i] < 1) {
            return gan_fail(GAN_ERROR_SHAPE, "dimension %d of tensor '%s' is %lld; expected at least 1", i,
                            entry->name, (long long)entry->dims[i]);
        }
        if (!gan_checked_multiply(count, entry->dims[i], &count))
            return gan_fail(GAN_ERROR_OVERFLOW, "the size of tensor '%s' overflows", entry->name);
    }
    if (count != entry->count) {
        return gan_fail(GAN_ERROR_SHAPE, "tensor '%s' has %lld values; its shape has %lld", entry->name,
                        (long long)entry->count, (long long)count);
    }
    return GAN_OK;
}

static gan_status integers_set(gan_json *object, const char *key, const int64_t *values, int count)
{
    gan_json *array = gan_json_array();
    GAN_TRY(gan_json_set(object, key, array));
    for (int i = 0; i < count; i++) GAN_TRY(gan_json_append_int(array, values[i]));
    return GAN_OK;
}

/* {"dtype":"F32" or "F64","shape":[...],"data_offsets":[begin,end]} */
static gan_status tensor_describe(gan_json *tensor, const gan_safetensors_entry *entry, int64_t begin, int64_t end)
{
    GAN_TRY(gan_json_set_text(tensor, "dtype", types[entry->type].name));
    GAN_TRY(integers_set(tensor, "shape", entry->dims, entry->rank));
    return integers_set(tensor, "data_offsets", (int64_t[]){begin, end}, 2);
}

static gan_status tensor_add(gan_json *header, const gan_safetensors_entry *entry, int64_t *end)
{
    int64_t bytes, begin = *end;
    GAN_TRY(entry_check(entry));
    if (!gan_checked_multiply(entry->count, (int64_t)types[entry->type].bytes, &bytes) || bytes > INT64_MAX - begin)
        return gan_fail(GAN_ERROR_OVERFLOW, "the size of the file overflows at tensor '%s'", entry->name);

    *end = begin + bytes;
    GAN_TRY(check_new(header, entry->name));
    gan_json *tensor = gan_json_object();
    GAN_TRY(gan_json_set(header, entry->name, tensor));
    return tensor_describe(tensor, entry, begin, *end);
}

static gan_status header_create(const gan_safetensors_entry *entries, size_t entry_count,
                                const gan_metadata *metadata, size_t metadata_count, gan_json *header)
{
    gan_json *texts = metadata_count > 0 ? gan_json_object() : NULL;
    if (metadata_count > 0) GAN_TRY(gan_json_set(header, GAN_SAFETENSORS_METADATA, texts));
    for (size_t i = 0; i < metadata_count; i++) {
        GAN_TRY(check_new(texts, metadata[i].key));
        GAN_TRY(gan_json_set_text(texts, metadata[i].key, metadata[i].value));
    }
    int64_t end = 0;
    for (size_t i = 0; i < entry_count; i++) {
        if (metadata_count == 0 && entries[i].name && strcmp(entries[i].name, GAN_SAFETENSORS_METADATA) == 0)
            return gan_fail(GAN_ERROR_ARGUMENT, "a tensor may not be called '%s'", entries[i].name);
        GAN_TRY(tensor_add(header, &entries[i], &end));
    }
    return GAN_OK;
}

/* The length and the header itself, padded with spaces to align the data after it. */
static gan_status text_write(gan_atomic_file *file, const char *text)
{
    const size_t size = strlen(text), padded = (size + 7) / 8 * 8;
    char length[8];
    if (padded > GAN_SAFETENSORS_HEADER_LIMIT) {
        return gan_fail(GAN_ERROR_OVERFLOW, "a safetensors header of %zu bytes exceeds the limit of %d", padded,
                        GAN_SAFETENSORS_HEADER_LIMIT);
    }
    for (int i = 0; i < 8; i++) length[i] = (char)((uint64_t)padded >> (8 * i) & 0xff);
    GAN_TRY(gan_atomic_file_write(file, length, sizeof(length)));
    GAN_TRY(gan_atomic_file_write(file, text, size));
    return gan_atomic_file_write(file, "        ", padded - size);
}

static gan_status header_write(gan_context *context, gan_atomic_file *file, const gan_json *header)
{
    char *text = NULL;
    GAN_TRY(gan_json_write(header, GAN_JSON_ASCII, context, &text));
    gan_status status = text_write(file, text);
    gan_release_text(context, text);
    return status;
}

static void to_little_endian(const gan_safetensors_entry *entry, void *values)
{
    if (entry->type == GAN_SAFETENSORS_F64) {
        gan_doubles_to_little_endian(values, entry->count);
    } else {
        gan_floats_to_little_endian(values, entry->count);
    }
}

static gan_status values_write(gan_context *context, gan_atomic_file *file, const gan_safetensors_entry *entries,
                               size_t entry_count, gan_safetensors_fill_fn fill, void *user)
{
    size_t largest = 0;
    for (size_t i = 0; i < entry_count; i++) {
        const size_t bytes = (size_t)entries[i].count * types[entries[i].type].bytes;
        if (bytes > largest) largest = bytes;
    }
    if (largest == 0) return GAN_OK;
    void *values = gan_allocate(context, largest);
    if (!values) return GAN_ERROR_MEMORY;

    gan_status status = GAN_OK;
    for (size_t i = 0; i < entry_count && status == GAN_OK; i++) {
        status = fill(user, i, values);
        if (status != GAN_OK) break;
        to_little_endian(&entries[i], values);
        status = gan_atomic_file_write(file, values, (size_t)entries[i].count * types[entries[i].type].bytes);
    }
    gan_release(context, values, largest);
    return status;
}

gan_status gan_safetensors_write(gan_context *context, const char *path, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user)
{
    gan_atomic_file *file = NULL;
    gan_json *header = gan_json_object();
    if (!header) return GAN_ERROR_MEMORY;
    gan_status status = header_create(entries, entry_count, metadata, metadata_count, header);
    if (status == GAN_OK) status = gan_atomic_file_open(context, path, &file);
    if (status == GAN_OK) status = header_write(context, file, header);
    gan_json_release(header);
    if (status == GAN_OK) status = values_write(context, file, entries, entry_count, fill, user);
    if (status == GAN_OK) return gan_atomic_file_commit(file);
    gan_atomic_file_abandon(file);
    return status;
}
