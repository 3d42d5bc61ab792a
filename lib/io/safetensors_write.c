/* Writing safetensors: 8 bytes of header length, a JSON header, then the values, all little-endian. */
#include "io/io.h"

#include <jansson.h>
#include <string.h>

/* json_t of a text; tells a text that is not UTF-8 from a lack of memory. */
static gan_status text_create(const char *text, json_t **out)
{
    *out = json_string(text);
    if (*out) return GAN_OK;
    json_t *unchecked = json_string_nocheck(text);
    if (!unchecked) return gan_fail(GAN_ERROR_MEMORY, "memory for a safetensors header could not be allocated");
    json_decref(unchecked);
    return gan_fail(GAN_ERROR_ARGUMENT, "a text for a safetensors header is not UTF-8: '%s'", text);
}

/* Moves `value` into an object, under a key that is not yet there. */
static gan_status object_add(json_t *object, const char *key, json_t *value)
{
    json_t *name = NULL;
    gan_status status = value ? text_create(key, &name) : GAN_ERROR_MEMORY;
    json_decref(name);
    if (status == GAN_OK && json_object_get(object, key)) {
        status = gan_fail(GAN_ERROR_ARGUMENT, "a safetensors header has two entries called '%s'", key);
    } else if (status == GAN_OK) {
        if (json_object_set(object, key, value) != 0) status = GAN_ERROR_MEMORY;
    }
    json_decref(value);
    if (status == GAN_ERROR_MEMORY) gan_fail(status, "memory for a safetensors header could not be allocated");
    return status;
}

static gan_status entry_check(const gan_safetensors_entry *entry)
{
    int64_t count = 1;
    if (!entry->name || !entry->name[0]) return gan_fail(GAN_ERROR_ARGUMENT, "a tensor to write has no name");
    if (entry->rank < 0 || entry->rank > GAN_MAX_RANK + 1)
        return gan_fail(GAN_ERROR_SHAPE, "tensor '%s' has rank %d; expected 0 to %d", entry->name, entry->rank,
                        GAN_MAX_RANK + 1);
    for (int i = 0; i < entry->rank; i++) {
        if (entry->dims[i] < 1)
            return gan_fail(GAN_ERROR_SHAPE, "dimension %d of tensor '%s' is %lld; expected at least 1", i,
                            entry->name, (long long)entry->dims[i]);
        if (!gan_checked_multiply(count, entry->dims[i], &count))
            return gan_fail(GAN_ERROR_OVERFLOW, "the size of tensor '%s' overflows", entry->name);
    }
    if (count != entry->count)
        return gan_fail(GAN_ERROR_SHAPE, "tensor '%s' has %lld values; its shape has %lld", entry->name,
                        (long long)entry->count, (long long)count);
    return GAN_OK;
}

/* {"dtype":"F32","shape":[...],"data_offsets":[begin,end]} */
static gan_status tensor_add(json_t *header, const gan_safetensors_entry *entry, int64_t *end)
{
    int64_t bytes, begin = *end;
    GAN_TRY(entry_check(entry));
    if (!gan_checked_multiply(entry->count, (int64_t)sizeof(float), &bytes) || bytes > INT64_MAX - begin)
        return gan_fail(GAN_ERROR_OVERFLOW, "the size of the file overflows at tensor '%s'", entry->name);

    json_t *shape = json_array();
    bool complete = shape != NULL;
    for (int i = 0; i < entry->rank && complete; i++)
        complete = json_array_append_new(shape, json_integer(entry->dims[i])) == 0;
    *end = begin + bytes;
    json_t *tensor = complete ? json_pack("{s:s, s:O, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                                          (json_int_t)begin, (json_int_t)*end)
                              : NULL;
    json_decref(shape);
    return object_add(header, entry->name, tensor);
}

static gan_status header_create(const gan_safetensors_entry *entries, size_t entry_count,
                                const gan_metadata *metadata, size_t metadata_count, json_t *header)
{
    if (metadata_count > 0) GAN_TRY(object_add(header, GAN_SAFETENSORS_METADATA, json_object()));
    json_t *texts = json_object_get(header, GAN_SAFETENSORS_METADATA);
    for (size_t i = 0; i < metadata_count; i++) {
        json_t *value;
        GAN_TRY(text_create(metadata[i].value, &value));
        GAN_TRY(object_add(texts, metadata[i].key, value));
    }
    int64_t end = 0;
    for (size_t i = 0; i < entry_count; i++) {
        if (metadata_count == 0 && entries[i].name && strcmp(entries[i].name, GAN_SAFETENSORS_METADATA) == 0)
            return gan_fail(GAN_ERROR_ARGUMENT, "a tensor may not be called '%s'", entries[i].name);
        GAN_TRY(tensor_add(header, &entries[i], &end));
    }
    return GAN_OK;
}

/* The length and the header itself, padded with spaces so that the data after it is aligned. */
static gan_status header_write(gan_context *context, gan_atomic_file *file, const json_t *header)
{
    const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
    size_t size = json_dumpb(header, NULL, 0, flags);
    if (size == 0) return gan_fail(GAN_ERROR_MEMORY, "memory for a safetensors header could not be allocated");
    size_t padded = (size + 7) / 8 * 8;
    if (padded > GAN_SAFETENSORS_HEADER_LIMIT)
        return gan_fail(GAN_ERROR_OVERFLOW, "a safetensors header of %zu bytes exceeds the limit of %d", padded,
                        GAN_SAFETENSORS_HEADER_LIMIT);

    char *text = gan_allocate(context, padded + 8);
    if (!text) return GAN_ERROR_MEMORY;
    for (int i = 0; i < 8; i++) text[i] = (char)((uint64_t)padded >> (8 * i) & 0xff);
    memset(text + 8, ' ', padded);
    gan_status status = json_dumpb(header, text + 8, padded, flags) == size
                            ? gan_atomic_file_write(file, text, padded + 8)
                            : gan_fail(GAN_ERROR_MEMORY, "memory for a safetensors header could not be allocated");
    gan_release(context, text, padded + 8);
    return status;
}

static gan_status values_write(gan_context *context, gan_atomic_file *file, const gan_safetensors_entry *entries,
                               size_t entry_count, gan_safetensors_fill_fn fill, void *user)
{
    int64_t largest = 0;
    for (size_t i = 0; i < entry_count; i++)
        if (entries[i].count > largest) largest = entries[i].count;
    if (largest == 0) return GAN_OK;
    float *values = gan_allocate_array(context, largest, sizeof(float));
    if (!values) return GAN_ERROR_MEMORY;

    gan_status status = GAN_OK;
    for (size_t i = 0; i < entry_count && status == GAN_OK; i++) {
        status = fill(user, i, values);
        if (status != GAN_OK) break;
        gan_floats_to_little_endian(values, entries[i].count);
        status = gan_atomic_file_write(file, values, (size_t)entries[i].count * sizeof(float));
    }
    gan_release(context, values, (size_t)largest * sizeof(float));
    return status;
}

gan_status gan_safetensors_write(gan_context *context, const char *path, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user)
{
    gan_atomic_file *file = NULL;
    json_t *header = json_object();
    if (!header) return gan_fail(GAN_ERROR_MEMORY, "memory for a safetensors header could not be allocated");
    gan_status status = header_create(entries, entry_count, metadata, metadata_count, header);
    if (status == GAN_OK) status = gan_atomic_file_open(context, path, &file);
    if (status == GAN_OK) status = header_write(context, file, header);
    json_decref(header);
    if (status == GAN_OK) status = values_write(context, file, entries, entry_count, fill, user);
    if (status == GAN_OK) return gan_atomic_file_commit(file);
    gan_atomic_file_abandon(file);
    return status;
}
