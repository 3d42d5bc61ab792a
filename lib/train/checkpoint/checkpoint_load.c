/* Loading a list of entries. Everything is read and checked before anything changes. */
#include "train/checkpoint/checkpoint.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number read from the file, before it goes to its place. */
typedef union read_number {
    uint64_t whole;
    int64_t integer;
    float rate;
} read_number;

/* A file, and what has been read from it. */
typedef struct reading {
    gan_context *context;
    const gan_safetensors *file;
    const char *from;     /* what messages call it */
    read_number *numbers; /* one per entry */
    float *values;        /* of all tensors and arrays of floats, one after another; */
    double *doubles;      /* of arrays of doubles */
    int64_t value_count, double_count;
} reading;

#define LARGEST_RATE 0x1.ffffffp127 /* rounds to a float that is infinite, and all below it to one that is not */

/* As it is written: digits only, and no 0 in front. */
static bool parse_whole(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9' || (text[0] == '0' && text[1])) return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == 0 && errno == 0 && *out <= most;
}

static bool parse_integer(const char *text, int64_t *out)
{
    const bool negative = text[0] == '-';
    uint64_t size;
    if (!parse_whole(text + negative, (uint64_t)INT64_MAX + negative, &size) || (negative && size == 0)) return false;
    *out = negative ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return true;
}

/* The metadata value of a key that the file must have. */
static gan_status require(const reading *r, const char *key, const char **value)
{
    *value = gan_safetensors_metadata(r->file, key);
    return *value ? GAN_OK : gan_fail(GAN_ERROR_FORMAT, "%s has no %s in its metadata", r->from, key);
}

static gan_status check_kind(const reading *r)
{
    const char *kind = gan_safetensors_metadata(r->file, GAN_CHECKPOINT_KIND_KEY);
    if (!kind || strcmp(kind, GAN_CHECKPOINT_KIND) != 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s is not a checkpoint%s", r->from,
                        gan_safetensors_metadata(r->file, "libgan.architecture") ? ", but a model" : "");
    }
    return gan_safetensors_check_format(r->file, GAN_CHECKPOINT_FORMAT);
}

static bool is_tensor(const gan_entry *entry)
{
    return entry->kind >= GAN_ENTRY_TENSOR;
}

static bool is_number(const gan_entry *entry)
{
    return entry->place && !is_tensor(entry);
}

static bool file_has(const reading *r, const gan_entry *entry)
{
    size_t index;
    return is_tensor(entry) ? gan_safetensors_find(r->file, entry->name, &index) != NULL
                            : gan_safetensors_metadata(r->file, entry->name) != NULL;
}

/* An entry that tells whether the file has a part. */
static gan_status check_part(const reading *r, const gan_entry *entry)
{
    if (!entry->without || file_has(r, entry)) return GAN_OK;
    return gan_fail(entry->missing, "%s was saved %s", r->from, entry->without);
}

/* ---- One entry ------------------------------------------------------------------------------------------------- */

/* By meaning, since other versions and programs print numbers in other ways. */
static gan_status check_architecture(const reading *r, const char *part, const char *architecture,
                                     const char *expected)
{
    char *found;
    gan_status status = gan_model_read_graph(r->context, architecture, &found);
    if (status != GAN_OK) return gan_fail(status, "%s: its %s: %s", r->from, part, gan_last_error());
    if (strcmp(found, expected) != 0) {
        char difference[GAN_SENTENCE];
        status = gan_model_tell_difference(r->context, found, expected, difference);
        if (status == GAN_OK) {
            status = gan_fail(GAN_ERROR_ARCHITECTURE,
                              "%s: its %s has a different architecture from the one to load into: %s", r->from, part,
                              difference);
        }
    }
    gan_release_text(r->context, found);
    return status;
}

static gan_status check_text(const reading *r, const gan_entry *entry)
{
    const char *text, *part = entry->name + strlen(GAN_CHECKPOINT_PREFIX);
    GAN_TRY(check_part(r, entry));
    GAN_TRY(require(r, entry->name, &text));
    if (strcmp(text, entry->text) == 0) return GAN_OK;
    if (entry->kind == GAN_ENTRY_ARCHITECTURE) return check_architecture(r, part, text, entry->text);
    return gan_fail(GAN_ERROR_ARCHITECTURE, "%s: its %s is %.32s, expected %s", r->from, part, text, entry->text);
}

static gan_status read_number_of(const reading *r, const gan_entry *entry, read_number *out)
{
    const char *text, *expected = "a whole number from 0";
    double rate = 0;
    bool good = false;
    if (entry->optional && !gan_safetensors_metadata(r->file, entry->name)) return GAN_OK; /* numbers begin as 0 */
    GAN_TRY(require(r, entry->name, &text));
    if (entry->kind == GAN_ENTRY_RATE) {
        /* The text of the largest float may be above it by a rounding. */
        good = gan_number_parse(text, strlen(text), &rate) && rate >= 0 && rate < LARGEST_RATE;
        if (good) out->rate = (float)fmin(rate, FLT_MAX);
        expected = "a number from 0";
    } else if (entry->kind == GAN_ENTRY_INTEGER) {
        good = parse_integer(text, &out->integer);
        expected = "a whole number of 64 bits";
    } else {
        good = parse_whole(text, entry->kind == GAN_ENTRY_COUNT ? GAN_ENTRY_MOST_COUNT : UINT64_MAX, &out->whole);
        if (entry->kind == GAN_ENTRY_COUNT) expected = "a whole number from 0 to 2^62 - 1";
    }
    if (good) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s: %s is '%.32s', expected %s", r->from, entry->name, text, expected);
}

static void place_number(const gan_entry *entry, read_number number)
{
    switch (entry->kind) {
    case GAN_ENTRY_COUNT: *(int64_t *)entry->place = (int64_t)number.whole; break;
    case GAN_ENTRY_INTEGER: *(int64_t *)entry->place = number.integer; break;
    case GAN_ENTRY_WORD: *(uint64_t *)entry->place = number.whole; break;
    case GAN_ENTRY_RATE: *(float *)entry->place = number.rate; break;
    default: break;
    }
}

static gan_status read_tensor(const reading *r, const gan_entry *entry, float *out)
{
    size_t index = 0;
    if (entry->otherwise && !file_has(r, entry)) {
        gan_tensor_export(entry->plan, entry->count, entry->otherwise, out);
        return GAN_OK;
    }
    GAN_TRY(gan_safetensors_expect(r->file, entry->name, entry->plan->shape, GAN_SAFETENSORS_F32, &index));
    GAN_TRY(gan_safetensors_read(r->file, index, out));
    const int64_t refused = gan_entry_find_refused(entry->values, out, entry->count);
    if (refused < 0) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s: tensor '%s' holds %g, expected %s numbers", r->from, entry->name,
                    (double)out[refused], entry->values == GAN_VALUES_FINITE ? "finite" : "finite, not negative");
}

/* Reads a tensor or an array to the place for it in what has been read, which moves on. */
static gan_status read_values(const reading *r, const gan_entry *entry, float **next, double **next_double)
{
    const gan_shape shape = {.rank = 1, .dims = {entry->count}};
    size_t index = 0;
    if (entry->kind == GAN_ENTRY_DOUBLES) {
        GAN_TRY(gan_safetensors_expect(r->file, entry->name, shape, GAN_SAFETENSORS_F64, &index));
        GAN_TRY(gan_safetensors_read_doubles(r->file, index, *next_double));
        *next_double += entry->count;
        return GAN_OK;
    }
    if (entry->kind == GAN_ENTRY_FLOATS) {
        GAN_TRY(gan_safetensors_expect(r->file, entry->name, shape, GAN_SAFETENSORS_F32, &index));
        GAN_TRY(gan_safetensors_read(r->file, index, *next));
    } else {
        GAN_TRY(read_tensor(r, entry, *next));
    }
    *next += entry->count;
    return GAN_OK;
}

static void place_values(const gan_entry *entry, const float **next, const double **next_double)
{
    if (entry->kind == GAN_ENTRY_DOUBLES) {
        memcpy(entry->place, *next_double, (size_t)entry->count * sizeof(double));
        *next_double += entry->count;
        return;
    }
    if (entry->kind == GAN_ENTRY_FLOATS) {
        memcpy(entry->place, *next, (size_t)entry->count * sizeof(float));
    } else {
        gan_tensor_import(entry->plan, entry->count, *next, entry->stored);
    }
    *next += entry->count;
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
        GAN_TRY(check_part(r, &entries->rows[i]));
    }
    return GAN_OK;
}

static void read_note(const reading *r, const gan_entry *entry)
{
    const char *text = gan_safetensors_metadata(r->file, entry->name);
    if (text) snprintf(entry->found, GAN_NOTE_TEXT, "%s", text);
}

static gan_status read_entries(const gan_entries *entries, const reading *r)
{
    float *next = r->values;
    double *next_double = r->doubles;
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (entry->kind == GAN_ENTRY_NOTE) read_note(r, entry);
        if (!is_number(entry)) continue;
        GAN_TRY(read_number_of(r, entry, &r->numbers[i]));
        if (entry->draft) place_number(entry, r->numbers[i]);
    }
    for (int64_t i = 0; i < entries->count; i++) {
        if (is_tensor(&entries->rows[i])) GAN_TRY(read_values(r, &entries->rows[i], &next, &next_double));
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].read) GAN_TRY(entries->hooks[i].read(entries->hooks[i].part, r->file));
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        const gan_entries_hook *hook = &entries->hooks[i];
        const gan_status status = hook->check ? hook->check(hook->part) : GAN_OK;
        if (status == GAN_OK) continue;
        /* Data that have changed, or that it knows nothing of, are no fault of the file. */
        const bool others = status == GAN_ERROR_STATE || status == GAN_ERROR_NOT_FOUND;
        return gan_fail(others ? status : GAN_ERROR_FORMAT, "%s: %s", r->from, gan_last_error());
    }
    return GAN_OK;
}

static void place_entries(const gan_entries *entries, const reading *r)
{
    const float *next = r->values;
    const double *next_double = r->doubles;
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].enter) entries->hooks[i].enter(entries->hooks[i].part);
    }
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (is_number(entry)) place_number(entry, r->numbers[i]);
        if (is_tensor(entry)) place_values(entry, &next, &next_double);
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].loaded) entries->hooks[i].loaded(entries->hooks[i].part);
    }
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].leave) entries->hooks[i].leave(entries->hooks[i].part);
    }
}

/* How many values there will be of each type. */
static gan_status count_values(const gan_entries *entries, reading *r)
{
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        int64_t *count = entry->kind == GAN_ENTRY_DOUBLES ? &r->double_count : &r->value_count;
        if (entry->count > INT64_MAX - *count) {
            return gan_fail(GAN_ERROR_OVERFLOW, "the values of '%s' and the entries before it overflow", entry->name);
        }
        *count += entry->count;
    }
    return GAN_OK;
}

static gan_status load_file(gan_entries *entries, reading *r)
{
    gan_context *context = entries->context;
    gan_status status = GAN_ERROR_MEMORY;
    GAN_TRY(check_file(entries, r));
    GAN_TRY(count_values(entries, r));
    r->numbers = gan_allocate_array(context, entries->count, sizeof(*r->numbers));
    r->values = r->numbers ? gan_allocate_array(context, r->value_count, sizeof(*r->values)) : NULL;
    r->doubles = r->values ? gan_allocate_array(context, r->double_count, sizeof(*r->doubles)) : NULL;
    if (r->doubles) status = read_entries(entries, r);
    if (status == GAN_OK) place_entries(entries, r);
    gan_release(context, r->numbers, (size_t)entries->count * sizeof(*r->numbers));
    gan_release(context, r->values, (size_t)r->value_count * sizeof(*r->values));
    gan_release(context, r->doubles, (size_t)r->double_count * sizeof(*r->doubles));
    return status;
}

gan_status gan_entries_load(gan_entries *entries, gan_origin from)
{
    gan_safetensors *file;
    char name[GAN_SENTENCE];
    GAN_TRY(entries->status);
    GAN_TRY(gan_entries_check_names(entries));
    GAN_TRY(gan_safetensors_open(entries->context, from, &file));
    snprintf(name, sizeof(name), "%s", gan_safetensors_name(file));
    reading r = {.context = entries->context, .file = file, .from = name};
    gan_status status = load_file(entries, &r);
    gan_safetensors_close(file);
    for (int64_t i = 0; i < entries->hook_count && status == GAN_OK; i++) {
        if (entries->hooks[i].tell) entries->hooks[i].tell(entries->hooks[i].part, name);
    }
    return status;
}

void gan_entries_tell_resumed(void *context, const char *from)
{
    gan_log(context, GAN_LOG_INFO, "resumed from %s", from);
}
