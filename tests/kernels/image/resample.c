/* Resampling against its matrix, written out for each side. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct side_case {
    int64_t small, large, window, stride;
    bool interpolated;
} side_case;

typedef struct image_case {
    int64_t batch, channels;
    side_case rows, columns;
} image_case;

static const image_case cases[] = {
    {1, 1, {1, 1, 1, 1, false}, {1, 1, 1, 1, false}},      {2, 3, {3, 6, 2, 2, false}, {2, 8, 3, 4, false}},
    {3, 1, {2, 5, 3, 2, false}, {4, 7, 4, 1, false}},      {2, 17, {1, 7, 7, 7, false}, {1, 5, 5, 5, false}},
    {2, 16, {3, 11, 2, 4, false}, {3, 9, 1, 3, false}},    {1, 5, {4, 4, 1, 1, true}, {3, 6, 0, 2, true}},
    {3, 1, {2, 6, 0, 3, true}, {5, 20, 0, 4, true}},       {2, 33, {1, 4, 0, 4, true}, {2, 14, 0, 7, true}},
    {2, 2, {7, 14, 0, 2, true}, {6, 12, 2, 2, false}},     {5, 130, {9, 18, 0, 2, true}, {8, 16, 0, 2, true}},
    {7, 64, {14, 28, 2, 2, false}, {14, 28, 2, 2, false}},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static const double row_weight = 0.75, column_weight = -1.5;

/* M[l, s]: whether the window of s holds l; or the value at the centre of l of a tent around that of s, where
 * anything beyond the outermost centres counts as at them. */
static double share(const side_case *side, int64_t s, int64_t l)
{
    if (!side->interpolated) return l >= s * side->stride && l < s * side->stride + side->window;
    const double centre = ((double)l + 0.5) / (double)side->stride - 0.5;
    return fmax(0, 1 - fabs(fmin(fmax(centre, 0), (double)side->small - 1) - (double)s));
}

static gan_resample_side side_of(const side_case *from, double weight)
{
    return (gan_resample_side){from->small,  from->large,        from->window,
                               from->stride, from->interpolated, (gan_real)weight};
}

/* The element at (row, column), in channel c of sample n, of the image that `x` becomes, enlarged or reduced. */
static double define(const image_case *test, bool enlarged, const gan_real *x, int64_t n, int64_t row, int64_t column,
                     int64_t c, double *magnitude)
{
    const int64_t height = enlarged ? test->rows.small : test->rows.large;
    const int64_t width = enlarged ? test->columns.small : test->columns.large;
    double sum = 0;
    *magnitude = 0;
    for (int64_t i = 0; i < height; i++) {
        for (int64_t j = 0; j < width; j++) {
            const double by_row = enlarged ? share(&test->rows, i, row) : share(&test->rows, row, i);
            const double by_column = enlarged ? share(&test->columns, j, column) : share(&test->columns, column, j);
            const double part = row_weight * by_row * column_weight * by_column *
                                (double)x[((n * height + i) * width + j) * test->channels + c];
            sum += part;
            *magnitude += fabs(part);
        }
    }
    return sum;
}

static void check(const char *name, const image_case *test, bool enlarged, const gan_real *x, const gan_real *y)
{
    const int64_t height = enlarged ? test->rows.large : test->rows.small;
    const int64_t width = enlarged ? test->columns.large : test->columns.small;
    int64_t at = 0;
    for (int64_t n = 0; n < test->batch; n++) {
        for (int64_t i = 0; i < height; i++) {
            for (int64_t j = 0; j < width; j++) {
                for (int64_t c = 0; c < test->channels; c++, at++) {
                    /* If there are many channels, some are enough. */
                    if (c > 2 && c < test->channels - 2) continue;
                    double magnitude;
                    const double expected = define(test, enlarged, x, n, i, j, c, &magnitude);
                    test_close(name, enlarged ? "enlarged" : "reduced", at, (double)y[at], expected,
                               8 * TEST_EPSILON * magnitude + 1e-300);
                }
            }
        }
    }
}

static void resample_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < CASES; k++) {
        const image_case *test = &cases[k];
        const gan_resampling by = {test->channels, side_of(&test->rows, row_weight),
                                   side_of(&test->columns, column_weight)};
        const int64_t small = test->batch * test->rows.small * test->columns.small * test->channels;
        const int64_t large = test->batch * test->rows.large * test->columns.large * test->channels;
        uint64_t seed = (uint64_t)k;
        for (int enlarged = 0; enlarged < 2; enlarged++) {
            gan_real *x = test_random_array(&seed, enlarged ? small : large), *first = NULL;
            for (int t = 0; t < 3; t++) {
                test_guarded y = test_guarded_create(enlarged ? large : small);
                if (enlarged) {
                    gan_enlarge(contexts[t], &by, test->batch, x, y.values);
                } else {
                    gan_reduce(contexts[t], &by, test->batch, x, y.values);
                }
                if (t == 0) {
                    check(name, test, enlarged, x, y.values);
                    first = malloc((size_t)y.count * sizeof(*first));
                    assert_non_null(first);
                    for (int64_t i = 0; i < y.count; i++) first[i] = y.values[i];
                }
                test_same_bits(name, "resampled", first, y.values, y.count);
                test_guarded_check(&y, "resampling");
            }
            free(x);
            free(first);
        }
    }
}

static void test_resample(void **state)
{
    (void)state;
    test_on_threads(resample_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_resample)};
    return cmocka_run_group_tests_name("resampling", tests, NULL, NULL);
}
