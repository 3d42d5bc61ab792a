/* Saving a list of entries: one safetensors file, with values in its metadata. */
#include "train/checkpoint/checkpoint.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the file is written from: pairs of metadata, texts of the numbers in it, and tensors. */
typedef struct writing {
    gan_metadata *pairs;
    char (*texts)[GAN_NUMBER_TEXT];
    gan_safetensors_entry *tensors;
    const gan_entry **rows; /* of the tensors */
    size_t pair_count, tensor_count;
    int64_t capacity; /* of each array */
} writing;

enum { FIRST_PAIRS = 2 }; /* format and kind */

static gan_status allocate(gan_context *context, int64_t count, writing *w)
{
    w->capacity = count + FIRST_PAIRS;
    w->pairs = gan_allocate_array(context, w->capacity, sizeof(*w->pairs));
    w->texts = w->pairs ? gan_allocate_array(context, w->capacity, sizeof(*w->texts)) : NULL;
    w->tensors = w->texts ? gan_allocate_array(context, w->capacity, sizeof(*w->tensors)) : NULL;
    w->rows = w->tensors ? gan_allocate_array(context, w->capacity, sizeof(const gan_entry *)) : NULL;
    return w->rows ? GAN_OK : GAN_ERROR_MEMORY;
}

static void release(gan_context *context, writing *w)
{
    const size_t count = (size_t)w->capacity;
    gan_release(context, w->pairs, count * sizeof(*w->pairs));
    gan_release(context, w->texts, count * sizeof(*w->texts));
    gan_release(context, w->tensors, count * sizeof(*w->tensors));
    gan_release(context, w->rows, count * sizeof(const gan_entry *));
}

static void add_pair(writing *w, const char *key, const char *value)
{
    w->pairs[w->pair_count++] = (gan_metadata){key, value};
}

static bool is_text(const gan_entry *entry)
{
    return entry->kind <= GAN_ENTRY_NOTE;
}

static void print_number(const gan_entry *entry, char text[GAN_NUMBER_TEXT])
{
    if (entry->kind == GAN_ENTRY_RATE) {
        gan_number_print(text, *(const float *)entry->place);
    } else if (entry->kind == GAN_ENTRY_COUNT || entry->kind == GAN_ENTRY_INTEGER) {
        snprintf(text, GAN_NUMBER_TEXT, "%lld", (long long)(*(const int64_t *)entry->place));
    } else {
        snprintf(text, GAN_NUMBER_TEXT, "%llu", (unsigned long long)(*(const uint64_t *)entry->place));
    }
}

static void add_tensor(writing *w, const gan_entry *entry)
{
    gan_safetensors_entry *tensor = &w->tensors[w->tensor_count];
    w->rows[w->tensor_count++] = entry;
    tensor->name = entry->name;
    tensor->count = entry->count;
    tensor->type = entry->kind == GAN_ENTRY_DOUBLES ? GAN_SAFETENSORS_F64 : GAN_SAFETENSORS_F32;
    if (entry->kind != GAN_ENTRY_TENSOR) {
        tensor->rank = 1;
        tensor->dims[0] = entry->count;
        return;
    }
    tensor->rank = entry->plan->shape.rank;
    for (int k = 0; k < tensor->rank; k++) tensor->dims[k] = entry->plan->shape.dims[k];
}

/* Texts come first, where a reader of the file looks first. */
static void fill(const gan_entries *entries, writing *w)
{
    add_pair(w, GAN_CHECKPOINT_FORMAT_KEY, GAN_CHECKPOINT_FORMAT_TEXT);
    add_pair(w, GAN_CHECKPOINT_KIND_KEY, GAN_CHECKPOINT_KIND);
    for (int64_t i = 0; i < entries->count; i++) {
        if (is_text(&entries->rows[i])) add_pair(w, entries->rows[i].name, entries->rows[i].text);
    }
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (entry->kind >= GAN_ENTRY_TENSOR) add_tensor(w, entry);
        if (entry->kind >= GAN_ENTRY_TENSOR || is_text(entry)) continue;
        print_number(entry, w->texts[i]);
        add_pair(w, entry->name, w->texts[i]);
    }
}

int64_t gan_entry_find_refused(gan_entry_values allowed, const float *values, int64_t count)
{
    if (allowed == GAN_VALUES_ANY) return -1;
    const float least = allowed == GAN_VALUES_NOT_NEGATIVE ? 0 : -FLT_MAX;
    for (int64_t i = 0; i < count; i++) {
        if (!(values[i] >= least && values[i] <= FLT_MAX)) return i;
    }
    return -1;
}

static gan_status fill_tensor(void *user, size_t index, void *out)
{
    const gan_entry *entry = ((const writing *)user)->rows[index];
    if (entry->kind != GAN_ENTRY_TENSOR) {
        const size_t size = entry->kind == GAN_ENTRY_DOUBLES ? sizeof(double) : sizeof(float);
        memcpy(out, entry->place, (size_t)entry->count * size);
        return GAN_OK;
    }
    gan_tensor_export(entry->plan, entry->count, entry->stored, out);
    const float *values = out;
    const int64_t refused = gan_entry_find_refused(entry->values, values, entry->count);
    if (refused < 0) return GAN_OK;
    return gan_fail(GAN_ERROR_NOT_FINITE, "'%s' holds %g, which could not be loaded from a checkpoint: not saved",
                    entry->name, (double)values[refused]);
}

/* Numbers that would be refused when loaded. */
static gan_status check_numbers(const gan_entries *entries)
{
    for (int64_t i = 0; i < entries->count; i++) {
        const gan_entry *entry = &entries->rows[i];
        if (entry->kind == GAN_ENTRY_COUNT) {
            const int64_t count = *(const int64_t *)entry->place;
            if (count >= 0 && count <= GAN_ENTRY_MOST_COUNT) continue;
            return gan_fail(GAN_ERROR_ARGUMENT, "%s is %lld, expected 0 to %lld", entry->name, (long long)count,
                            (long long)GAN_ENTRY_MOST_COUNT);
        }
        if (entry->kind == GAN_ENTRY_RATE &&
            !(*(const float *)entry->place >= 0 && isfinite(*(const float *)entry->place))) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s is %g, expected a finite number >= 0", entry->name,
                            (double)*(const float *)entry->place);
        }
    }
    return GAN_OK;
}

gan_status gan_entries_save(gan_entries *entries, gan_target to)
{
    writing w = {.pair_count = 0};
    GAN_TRY(entries->status);
    GAN_TRY(gan_entries_check_names(entries));
    GAN_TRY(check_numbers(entries));
    gan_status status = allocate(entries->context, entries->count, &w);
    if (status == GAN_OK) {
        fill(entries, &w);
        status = gan_safetensors_write(entries->context, to, w.tensors, w.tensor_count, w.pairs, w.pair_count,
                                       fill_tensor, &w);
    }
    release(entries->context, &w);
    return status;
}
