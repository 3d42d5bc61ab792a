/* Where each array lies: the largest first, each at the lowest offset where it overlaps no other that is live at the
 * same time. Not always the least memory, which is a hard problem, but close. */
#include "model/plan.h"

#include <string.h>

static bool goes_before(const gan_array *arrays, int32_t a, int32_t b)
{
    return arrays[a].size > arrays[b].size || (arrays[a].size == arrays[b].size && a < b);
}

/* Shell's sort with Knuth's gaps: short, and no allocation. */
static void sort_by_size(const gan_array *arrays, int32_t *order, int32_t count)
{
    int32_t gap = 1;

    while (gap < count / 3) gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (int32_t i = gap; i < count; i++) {
            const int32_t moved = order[i];
            int32_t j = i;
            for (; j >= gap && goes_before(arrays, moved, order[j - gap]); j -= gap) order[j] = order[j - gap];
            order[j] = moved;
        }
    }
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
    sort_by_size(arrays, order, count);
    *total = 0;
    for (int32_t i = 0; i < count; i++) {
        const gan_array *array = &arrays[order[i]];
        place(arrays, placed, i, order[i]);
        if (array->offset + array->size > *total) *total = array->offset + array->size;
    }
    gan_release(context, order, 2 * (size_t)count * sizeof(*order));
    return GAN_OK;
}
