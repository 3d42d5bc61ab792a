/* Where each array lies: the largest first, each at the lowest offset where it overlaps no other that is live at the
 * same time. Not always the least memory, which is a hard problem, but close. */
#include "model/session/plan.h"
#include "model/session/session.h"

#include <string.h>

/* Arrays, and their numbers in the order in which they are placed. */
typedef struct ordered {
    const gan_array *arrays;
    int32_t *order;
} ordered;

static bool goes_before(const void *user, int64_t i, int64_t j)
{
    const ordered *of = user;
    const int32_t a = of->order[i], b = of->order[j];
    const int64_t size = of->arrays[a].size, other = of->arrays[b].size;
    return size > other || (size == other && a < b);
}

static void swap_places(void *user, int64_t i, int64_t j)
{
    int32_t *order = ((const ordered *)user)->order, moved = order[i];
    order[i] = order[j];
    order[j] = moved;
}

static bool live_together(const gan_array *a, const gan_array *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Takes the lowest gap among the `count` placed arrays, which are ordered by offset. */
static void place(gan_array *arrays, int32_t *placed, int32_t count, int32_t added)
{
    gan_array *array = &arrays[added];
    int32_t at = 0;

    array->offset = 0;
    for (int32_t i = 0; i < count; i++) {
        const gan_array *other = &arrays[placed[i]];
        if (!live_together(array, other)) continue;
        if (other->offset - array->offset >= array->size) break;
        if (other->offset + other->size > array->offset) array->offset = other->offset + other->size;
    }
    while (at < count && arrays[placed[at]].offset <= array->offset) at++;
    memmove(placed + at + 1, placed + at, (size_t)(count - at) * sizeof(*placed));
    placed[at] = added;
}

gan_status gan_arrays_place(gan_context *context, gan_array *arrays, int32_t count, int64_t *total)
{
    int64_t sum = 0;
    int32_t *order, *placed;

    /* Offsets cannot overflow if the sum of all sizes does not. */
    for (int32_t i = 0; i < count; i++) {
        if (arrays[i].size > INT64_MAX - sum) return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed overflows");
        sum += arrays[i].size;
    }
    order = gan_allocate_array(context, 2 * (int64_t)count, sizeof(*order));
    if (!order) return GAN_ERROR_MEMORY;
    placed = order + count;
    for (int32_t i = 0; i < count; i++) order[i] = i;
    gan_sort(&(gan_sortable){&(ordered){arrays, order}, goes_before, swap_places}, count);
    *total = 0;
    for (int32_t i = 0; i < count; i++) {
        const gan_array *array = &arrays[order[i]];
        place(arrays, placed, i, order[i]);
        if (array->offset + array->size > *total) *total = array->offset + array->size;
    }
    gan_release(context, order, 2 * (size_t)count * sizeof(*order));
    return GAN_OK;
}
