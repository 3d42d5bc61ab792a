/* Heapsort: n log n in any order, in place. qsort may allocate, past the context. */
#include "core/lookup/lookup.h"

static void sift_down(const gan_sortable *of, int64_t at, int64_t count)
{
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && of->before(of->user, child, child + 1)) child++;
        if (!of->before(of->user, at, child)) return;
        of->swap(of->user, at, child);
    }
}

void gan_sort(const gan_sortable *of, int64_t count)
{
    for (int64_t i = count / 2; i-- > 0;) sift_down(of, i, count);
    for (int64_t end = count; end-- > 1;) {
        of->swap(of->user, 0, end);
        sift_down(of, 0, end);
    }
}
