/* Samples that a thread reads before they are wanted: a window of the epoch that starts at the cursor. What it holds
 * is what reading later would give, so taking samples from it, or dropping it, changes no result. */
#include "data/dataset/dataset.h"

#include <string.h>

enum { piece_count = 32 }; /* samples read at once: who destroys a dataset, or reads its source, waits for as many */

struct gan_ahead {
    gan_context *context;
    gan_source *source;
    gan_background *background;
    int64_t capacity; /* samples in each array */
    int64_t *numbers;
    float **arrays; /* of each field; NULL: not wanted so far */
    gan_dataset_cursor at;
    int64_t count;    /* samples in the window */
    atomic_bool stop; /* read no further */
    /* The thread's, while it reads: */
    int64_t done; /* samples that are there */
    float **places;
    gan_status status; /* of what follows them */
    char sentence[GAN_SENTENCE];
};

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static void drop(gan_ahead *ahead)
{
    ahead->count = ahead->done = 0;
    ahead->status = GAN_OK;
}

static size_t array_bytes(const gan_ahead *ahead, int64_t field)
{
    return (size_t)(ahead->capacity * ahead->source->fields[field].elements) * sizeof(float);
}

static void release_window(gan_ahead *ahead)
{
    drop(ahead);
    for (int64_t f = 0; f < ahead->source->field_count; f++) {
        gan_release(ahead->context, ahead->arrays[f], array_bytes(ahead, f));
        ahead->arrays[f] = NULL;
    }
    gan_release(ahead->context, ahead->numbers, (size_t)ahead->capacity * sizeof(*ahead->numbers));
    ahead->numbers = NULL;
    ahead->capacity = 0;
}

/* Makes room for `count` samples of the fields that are wanted. */
static gan_status reserve(gan_ahead *ahead, int64_t count, const gan_destination *to)
{
    if (count > ahead->capacity) {
        release_window(ahead);
        ahead->numbers = gan_allocate_array(ahead->context, count, sizeof(*ahead->numbers));
        if (!ahead->numbers) return GAN_ERROR_MEMORY;
        ahead->capacity = count;
    }
    for (int64_t f = 0; f < ahead->source->field_count; f++) {
        const bool wanted = gan_destination_array(to, f) || (to->labels && f == to->label);
        if (!wanted || ahead->arrays[f]) continue;
        drop(ahead);
        ahead->arrays[f] = gan_allocate(ahead->context, array_bytes(ahead, f));
        if (!ahead->arrays[f]) return GAN_ERROR_MEMORY;
    }
    return GAN_OK;
}

gan_status gan_ahead_create(gan_source *source, gan_ahead **out)
{
    gan_ahead *ahead = gan_allocate(source->context, sizeof(*ahead));

    if (!ahead) return GAN_ERROR_MEMORY;
    ahead->context = gan_context_retain(source->context);
    ahead->source = source;
    atomic_init(&ahead->stop, false);
    ahead->arrays = gan_allocate_array(ahead->context, source->field_count, sizeof(*ahead->arrays));
    ahead->places = gan_allocate_array(ahead->context, source->field_count, sizeof(*ahead->places));
    gan_status status = ahead->arrays && ahead->places ? GAN_OK : GAN_ERROR_MEMORY;
    if (status == GAN_OK) status = gan_background_create(ahead->context, &ahead->background);
    if (status != GAN_OK) {
        gan_ahead_destroy(ahead);
        return status;
    }
    *out = ahead;
    return GAN_OK;
}

void gan_ahead_destroy(gan_ahead *ahead)
{
    if (!ahead) return;
    gan_context *context = ahead->context;
    const size_t field_count = (size_t)ahead->source->field_count;
    atomic_store(&ahead->stop, true);
    gan_background_destroy(ahead->background);
    if (ahead->arrays) release_window(ahead);
    gan_release(context, ahead->arrays, field_count * sizeof(*ahead->arrays));
    gan_release(context, ahead->places, field_count * sizeof(*ahead->places));
    gan_release(context, ahead, sizeof(*ahead));
    gan_context_release(context);
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

static void read_window(void *argument)
{
    gan_ahead *ahead = argument;
    const gan_source *source = ahead->source;

    while (ahead->done < ahead->count && !atomic_load(&ahead->stop)) {
        const int64_t left = ahead->count - ahead->done, size = left < piece_count ? left : piece_count;
        for (int64_t f = 0; f < source->field_count; f++) {
            float *array = ahead->arrays[f];
            ahead->places[f] = array ? array + ahead->done * source->fields[f].elements : NULL;
        }
        ahead->status = gan_source_read(ahead->source, ahead->numbers + ahead->done, size, ahead->places);
        if (ahead->status != GAN_OK) {
            memcpy(ahead->sentence, gan_last_error(), strlen(gan_last_error()) + 1);
            return;
        }
        ahead->done += size;
    }
}

static bool is_same_order(const gan_dataset_cursor *a, const gan_dataset_cursor *b)
{
    return a->seed == b->seed && a->epoch == b->epoch;
}

/* Drops the first samples of the window. */
static void move_window(gan_ahead *ahead, int64_t by)
{
    ahead->done -= by;
    for (int64_t f = 0; f < ahead->source->field_count; f++) {
        const int64_t elements = ahead->source->fields[f].elements;
        if (!ahead->arrays[f]) continue;
        memmove(ahead->arrays[f], ahead->arrays[f] + by * elements, (size_t)(ahead->done * elements) * sizeof(float));
    }
}

void gan_ahead_start(gan_ahead *ahead, const gan_dataset *dataset)
{
    const gan_dataset_cursor *cursor = &dataset->cursor;
    const int64_t left = dataset->count - cursor->position, passed = cursor->position - ahead->at.position;

    if (is_same_order(cursor, &ahead->at) && passed >= 0 && passed < ahead->done) {
        move_window(ahead, passed);
    } else {
        ahead->done = 0;
    }
    ahead->at = *cursor;
    ahead->count = left < ahead->capacity ? left : ahead->capacity;
    ahead->status = GAN_OK;
    if (ahead->done == ahead->count) return;
    gan_dataset_find_numbers(dataset, dataset->order, cursor->position + ahead->done, ahead->count - ahead->done,
                             ahead->numbers + ahead->done);
    if (!gan_background_start(ahead->background, read_window, ahead)) ahead->count = ahead->done;
}

/* ---- Taking ------------------------------------------------------------------------------------------------- */

static void copy_window(const gan_ahead *ahead, int64_t count, const gan_destination *to)
{
    for (int64_t f = 0; f < ahead->source->field_count; f++) {
        float *array = gan_destination_array(to, f);
        if (array)
            memcpy(array, ahead->arrays[f], (size_t)(count * ahead->source->fields[f].elements) * sizeof(float));
    }
    for (int64_t i = 0; i < count && to->labels; i++) to->labels[i] = (int32_t)ahead->arrays[to->label][i];
}

void gan_ahead_wait(gan_ahead *ahead, const gan_dataset_cursor *at)
{
    const bool wanted = is_same_order(at, &ahead->at) && at->position == ahead->at.position;

    if (!wanted) atomic_store(&ahead->stop, true);
    const bool finished = gan_background_wait(ahead->background);
    atomic_store(&ahead->stop, false);
    if (!finished || !wanted) drop(ahead);
}

gan_status gan_ahead_take(gan_ahead *ahead, int64_t count, const gan_destination *to, int64_t *taken)
{
    GAN_TRY(reserve(ahead, count, to));
    /* Fewer samples than failed together may be good ones: whoever wants them reads them again. */
    if (ahead->status != GAN_OK && count >= ahead->count) {
        const gan_status status = ahead->status;
        ahead->count = ahead->done;
        ahead->status = GAN_OK;
        return gan_fail(status, "%s", ahead->sentence);
    }
    *taken = count < ahead->done ? count : ahead->done;
    copy_window(ahead, *taken, to);
    return GAN_OK;
}
