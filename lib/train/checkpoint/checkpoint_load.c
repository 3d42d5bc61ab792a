/* Loading a list of entries. Everything is read and checked before anything changes. */
#include "io/io.h"
#include "train/checkpoint/checkpoint.h"

#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

/* A number read from the file, before it goes to its place. */
typedef union read_number {
    uint64_t whole;
    float rate;
} read_number;

/* A file, and what has been read from it. */
typedef struct reading {
    const gan_safetensors *file;
    const char *path;
    read_number *numbers; /* one per entry */
    float *values;        /* of all tensors, one after another */
    int64_t value_count;
} reading;

static bool parse_whole(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0 && *out <= most;
}

/* The metadata value of a key that the file must have. */
static gan_status require(const reading *r, const char *key, const char **value)
{
    *value = gan_safetensors_metadata(r->file, key);
    return *value ? GAN_OK : gan_fail(GAN_ERROR_FORMAT, "'%s' has no %s in its metadata", r->path, key);
}

static gan_status check_kind(const reading *r)
{
    const char *kind = gan_safetensors_metadata(r->file, GAN_CHECKPOINT_KIND_KEY), *format = NULL;
    uint64_t version = 0;
    if (!kind || strcmp(kind, GAN_CHECKPOINT_KIND) != 0) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s' is not a checkpoint of a trainer%s", r->path,
                        gan_safetensors_metadata(r->file, "libgan.architecture") ? ", but a model" : "");
    }
    GAN_TRY(require(r, GAN_CHECKPOINT_FORMAT_KEY, &format));
    if (!parse_whole(format, UINT64_MAX, &version)) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s': " GAN_CHECKPOINT_FORMAT_KEY " is '%.32s', expected a number",
                        r->path, format);
    }
    if (version > GAN_CHECKPOINT_FORMAT) {
        return gan_fail(GAN_ERROR_VERSION, "'%s' has the format %llu; libgan %s reads formats up to %d", r->path,
                        (unsigned long long)version, gan_version_text(), GAN_CHECKPOINT_FORMAT);
    }
    return GAN_OK;
}

/* ---- One entry ------------------------------------------------------------------------------------------------- */

static gan_status check_text(const reading *r, const gan_entry *entry)
{
    const char *text, *part = entry->name + strlen(GAN_CHECKPOINT_PREFIX);
    GAN_TRY(require(r, entry->name, &text));
    if (strcmp(text, entry->text) == 0) return GAN_OK;
    if (entry->kind == GAN_ENTRY_ARCHITECTURE) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "'%s': its %s has a different architecture from the one to load into",
                        r->path, part);
    }
    return gan_fail(GAN_ERROR_ARCHITECTURE, "'%s': its %s is %.32s, expected %s", r->path, part, text, entry->text);
}

static gan_status read_number_of(const reading *r, const gan_entry *entry, read_number *out)
{
    const uint64_t most = entry->kind == GAN_ENTRY_COUNT ? INT64_MAX : UINT64_MAX;
    const char *text;
    double rate = 0;
    GAN_TRY(require(r, entry->name, &text));
    if (entry->kind != GAN_ENTRY_RATE) {
        if (parse_whole(text, most, &out->whole)) return GAN_OK;
    } else if (gan_number_parse(text, strlen(text), &rate) && rate >= 0 && rate <= FLT_MAX) {
        out->rate = (float)rate;
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "'%s': %s is '%.32s', expected a %snumber from 0", r->path, entry->name, text,
                    entry->kind == GAN_ENTRY_RATE ? "" : "whole ");
}

static void place_number(const gan_entry *entry, read_number number)
{
    switch (entry->kind) {
    case GAN_ENTRY_COUNT: *(int64_t *)entry->place = (int64_t)number.whole; break;
    case GAN_ENTRY_WORD: *(uint64_t *)entry->place = number.whole; break;
    case GAN_ENTRY_RATE: *(float *)entry->place = number.rate; break;
    default: break;
    }
}

static gan_status read_tensor(const reading *r, const gan_entry *entry, float *out)
{
    size_t index = 0;
    bool is_float;
    if (entry->otherwise && !gan_safetensors_find(r->file, entry->name, &index, &is_float)) {
        gan_tensor_export(entry->plan, entry->count, entry->otherwise, out);
        return GAN_OK;
    }
    GAN_TRY(gan_safetensors_expect(r->file, entry->name, entry->plan->shape, &index));
    return gan_safetensors_read(r->file, index, out);
}

/* ---- All of them ----------------------------------------------------------------------------------------------- */

/* What the file is: checked first, since a wrong kind of file lacks everything else too. */
static gan_status check_file(const gan_entries *entries, const reading *r)
{
    GAN_TRY(check_kind(r));
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        const bool text = entry->kind == GAN_ENTRY_ARCHITECTURE || entry->kind == GAN_ENTRY_TEXT;
        if (text) GAN_TRY(check_text(r, entry));
    }
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (!entry->without || gan_safetensors_metadata(r->file, entry->name)) continue;
        return gan_fail(entry->missing, "'%s' was saved %s", r->path, entry->without);
    }
    return GAN_OK;
}

static gan_status read_entries(const gan_entries *entries, const reading *r)
{
    float *next = r->values;
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (!entry->place) continue;
        GAN_TRY(read_number_of(r, entry, &r->numbers[i]));
        if (entry->draft) place_number(entry, r->numbers[i]);
    }
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (entry->kind != GAN_ENTRY_TENSOR) continue;
        GAN_TRY(read_tensor(r, entry, next));
        next += entry->count;
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        const gan_entries_hook *hook = &entries->hooks[i];
        const gan_status status = hook->check ? hook->check(hook->part) : GAN_OK;
        if (status != GAN_OK) return gan_fail(status, "'%s': %s", r->path, gan_last_error());
    }
    return GAN_OK;
}

static void place_entries(const gan_entries *entries, const reading *r)
{
    const float *next = r->values;
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (entry->place) place_number(entry, r->numbers[i]);
        if (entry->kind != GAN_ENTRY_TENSOR) continue;
        gan_tensor_import(entry->plan, entry->count, next, entry->stored);
        next += entry->count;
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].loaded) entries->hooks[i].loaded(entries->hooks[i].part);
    }
}

static gan_status load_file(gan_entries *entries, reading *r)
{
    gan_context *context = entries->context;
    gan_status status = GAN_ERROR_MEMORY;
    GAN_TRY(check_file(entries, r));
    for (int64_t i = 0; i < entries->count; i++) r->value_count += entries->rows[i].count;
    r->numbers = gan_allocate_array(context, entries->count, sizeof(*r->numbers));
    r->values = r->numbers ? gan_allocate_array(context, r->value_count, sizeof(*r->values)) : NULL;
    if (r->values) status = read_entries(entries, r);
    if (status == GAN_OK) place_entries(entries, r);
    gan_release(context, r->numbers, (size_t)entries->count * sizeof(*r->numbers));
    gan_release(context, r->values, (size_t)r->value_count * sizeof(*r->values));
    return status;
}

gan_status gan_entries_load(gan_entries *entries, const char *path)
{
    gan_safetensors *file;
    GAN_TRY(entries->status);
    GAN_TRY(gan_safetensors_open(entries->context, path, &file));
    reading r = {.file = file, .path = path};
    gan_status status = load_file(entries, &r);
    gan_safetensors_close(file);
    return status;
}
