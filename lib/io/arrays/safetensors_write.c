/* Writing safetensors: 8 bytes of header length, a JSON header, then the values, all little-endian. */
#include "io/arrays/arrays.h"
#include "io/writing/writing.h"

#include <string.h>

static const char *const types[] = {[GAN_SAFETENSORS_F32] = "F32",
                                    [GAN_SAFETENSORS_F64] = "F64",
                                    [GAN_SAFETENSORS_F16] = "F16",
                                    [GAN_SAFETENSORS_BF16] = "BF16"};

static gan_status entry_check(const gan_safetensors_entry *entry)
{
    int64_t count = 1;
    if (!entry->name || !entry->name[0]) return gan_fail(GAN_ERROR_ARGUMENT, "a tensor to write has no name");
    if (entry->type >= GAN_SAFETENSORS_OTHER) {
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

/* ---- The header ------------------------------------------------------------------------------------------------ */

/* "NAME":{"dtype":"F32","shape":[...],"data_offsets":[begin,end]} */
static gan_status tensor_write(gan_json_writer *json, const gan_safetensors_entry *entry, int64_t *end)
{
    int64_t bytes, begin = *end;
    GAN_TRY(entry_check(entry));
    if (!gan_checked_multiply(entry->count, (int64_t)gan_safetensors_bytes(entry->type), &bytes) ||
        bytes > INT64_MAX - begin)
        return gan_fail(GAN_ERROR_OVERFLOW, "the size of the file overflows at tensor '%s'", entry->name);

    *end = begin + bytes;
    gan_json_begin_object(json, entry->name);
    gan_json_write_text(json, "dtype", types[entry->type]);
    gan_json_write_ints(json, "shape", entry->dims, entry->rank);
    gan_json_write_ints(json, "data_offsets", (int64_t[]){begin, *end}, 2);
    gan_json_end_object(json);
    return json->status;
}

static gan_status header_write(gan_json_writer *json, const gan_safetensors_entry *entries, size_t entry_count,
                               const gan_metadata *metadata, size_t metadata_count)
{
    int64_t end = 0;
    gan_json_begin_object(json, NULL);
    if (metadata_count > 0) {
        gan_json_begin_object(json, GAN_SAFETENSORS_METADATA);
        for (size_t i = 0; i < metadata_count; i++) gan_json_write_text(json, metadata[i].key, metadata[i].value);
        gan_json_end_object(json);
    }
    for (size_t i = 0; i < entry_count; i++) GAN_TRY(tensor_write(json, &entries[i], &end));
    gan_json_end_object(json);
    return GAN_OK;
}

static const char *entry_name(const void *entries, uint32_t number)
{
    const gan_safetensors_entry *entry = (const gan_safetensors_entry *)entries + number;
    return entry->name ? entry->name : "";
}

static const char *metadata_key(const void *metadata, uint32_t number)
{
    return ((const gan_metadata *)metadata)[number].key;
}

/* Each name only once, and that of the metadata never. */
static gan_status names_check(gan_context *context, const char *(*name_of)(const void *of, uint32_t number),
                              const void *of, size_t count)
{
    gan_names names = {name_of, of, NULL, 0};
    if (count > UINT32_MAX) {
        return gan_fail(GAN_ERROR_OVERFLOW, "a safetensors header of %zu entries is too long; the limit is %lld",
                        count, (long long)UINT32_MAX);
    }
    names.rows = gan_allocate_array(context, (int64_t)count, sizeof(*names.rows));
    if (!names.rows) return GAN_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) gan_names_add(&names, (uint32_t)i);
    const char *twice = gan_names_sort(&names);
    gan_status status = GAN_OK;
    if (gan_names_find(&names, GAN_SAFETENSORS_METADATA) >= 0) {
        status = gan_fail(GAN_ERROR_ARGUMENT, "a tensor may not be called '%s'", GAN_SAFETENSORS_METADATA);
    } else if (twice) {
        status = gan_fail(GAN_ERROR_ARGUMENT, "a safetensors header has two entries called '%s'", twice);
    }
    gan_release(context, names.rows, count * sizeof(*names.rows));
    return status;
}

/* The length and the header itself, padded with spaces to align the data after it. */
static gan_status text_write(gan_writable *to, const char *text)
{
    const size_t size = strlen(text), padded = (size + 7) / 8 * 8;
    char length[8];
    if (padded > GAN_SAFETENSORS_HEADER_LIMIT) {
        return gan_fail(GAN_ERROR_OVERFLOW, "a safetensors header of %zu bytes exceeds the limit of %d", padded,
                        GAN_SAFETENSORS_HEADER_LIMIT);
    }
    for (int i = 0; i < 8; i++) length[i] = (char)((uint64_t)padded >> (8 * i) & 0xff);
    GAN_TRY(gan_writable_write(to, length, sizeof(length)));
    GAN_TRY(gan_writable_write(to, text, size));
    return gan_writable_write(to, "        ", padded - size);
}

/* ---- The values ------------------------------------------------------------------------------------------------ */

/* Values as fill() gives them. */
static size_t filled_bytes(const gan_safetensors_entry *entry)
{
    return (size_t)entry->count * (entry->type == GAN_SAFETENSORS_F64 ? sizeof(double) : sizeof(float));
}

static gan_status to_file(const gan_safetensors_entry *entry, void *values)
{
    if (entry->type == GAN_SAFETENSORS_F64) {
        gan_doubles_to_little_endian(values, entry->count);
    } else if (entry->type == GAN_SAFETENSORS_F32) {
        gan_floats_to_little_endian(values, entry->count);
    } else {
        const int64_t refused = gan_floats_to_bytes(entry->type, values, entry->count);
        if (refused < 0) return GAN_OK;
        return gan_fail(GAN_ERROR_NOT_FINITE, "tensor '%s' holds %g, which is infinite in %s: not saved", entry->name,
                        (double)((const float *)values)[refused], types[entry->type]);
    }
    return GAN_OK;
}

static gan_status values_write(gan_context *context, gan_writable *to, const gan_safetensors_entry *entries,
                               size_t entry_count, gan_safetensors_fill_fn fill, void *user)
{
    size_t largest = 0;
    for (size_t i = 0; i < entry_count; i++) {
        if (filled_bytes(&entries[i]) > largest) largest = filled_bytes(&entries[i]);
    }
    if (largest == 0) return GAN_OK;
    void *values = gan_allocate(context, largest);
    if (!values) return GAN_ERROR_MEMORY;

    gan_status status = GAN_OK;
    for (size_t i = 0; i < entry_count && status == GAN_OK; i++) {
        const gan_safetensors_entry *entry = &entries[i];
        status = fill(user, i, values);
        if (status == GAN_OK) status = to_file(entry, values);
        if (status != GAN_OK) break;
        status = gan_writable_write(to, values, (size_t)entry->count * gan_safetensors_bytes(entry->type));
    }
    gan_release(context, values, largest);
    return status;
}

gan_status gan_safetensors_write(gan_context *context, gan_target to, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user)
{
    gan_writable writable;
    gan_json_writer json = {.context = context, .ascii = true};
    char *header = NULL;
    GAN_TRY(names_check(context, metadata_key, metadata, metadata_count));
    GAN_TRY(names_check(context, entry_name, entries, entry_count));
    gan_status status = header_write(&json, entries, entry_count, metadata, metadata_count);
    const gan_status finished = gan_json_finish(&json, &header);
    if (status == GAN_OK) status = finished;
    if (status == GAN_OK) status = gan_writable_open(context, to, &writable);
    if (status == GAN_OK) {
        status = text_write(&writable, header);
        if (status == GAN_OK) status = values_write(context, &writable, entries, entry_count, fill, user);
        status = gan_writable_close(&writable, status);
    }
    gan_release_text(context, header);
    return status;
}
