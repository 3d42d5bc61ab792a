/* Max pooling, what it picks and spreads, against the definition of each window. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Sides: input, output, window, stride, pad. */
static const struct {
    int64_t batch;
    gan_max_pooling by;
} cases[] = {
    {1, {1, {1, 1, 1, 1, 0}, {1, 1, 1, 1, 0}}},   {2, {3, {6, 3, 2, 2, 0}, {8, 4, 2, 2, 0}}},
    {3, {1, {5, 3, 3, 1, 0}, {7, 4, 4, 1, 0}}},   {2, {17, {5, 3, 3, 2, 1}, {7, 7, 3, 1, 1}}},
    {1, {5, {3, 4, 2, 1, 1}, {2, 1, 5, 3, 2}}},   {2, {16, {9, 3, 1, 4, 0}, {9, 2, 2, 5, 0}}},
    {3, {130, {9, 5, 3, 2, 1}, {8, 4, 2, 2, 0}}}, {2, {64, {28, 14, 2, 2, 0}, {28, 14, 2, 2, 0}}},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static int64_t at(const gan_pool_side *rows, const gan_pool_side *columns, bool output, int64_t n, int64_t row,
                  int64_t column)
{
    return (n * (output ? rows->output : rows->input) + row) * (output ? columns->output : columns->input) + column;
}

/* The index of the largest value of a window, and its position; -1: none. */
static int64_t find_largest(const gan_max_pooling *by, const gan_real *x, int64_t n, int64_t row, int64_t column,
                            int64_t c, int64_t *position)
{
    int64_t best = -1;
    for (int64_t k = 0; k < by->rows.window * by->columns.window; k++) {
        const int64_t i = row * by->rows.stride - by->rows.pad + k / by->columns.window;
        const int64_t j = column * by->columns.stride - by->columns.pad + k % by->columns.window;
        if (i < 0 || i >= by->rows.input || j < 0 || j >= by->columns.input) continue;
        const int64_t index = at(&by->rows, &by->columns, false, n, i, j) * by->channels + c;
        if (best >= 0 && !(x[index] > x[best]) && !isnan((double)x[index])) continue;
        best = index;
        *position = k;
    }
    return best;
}

static void define(const gan_max_pooling *by, int64_t batch, const gan_real *x, const gan_real *other,
                   const gan_real *dy, gan_real *const results[4])
{
    memset(results[3], 0, (size_t)(batch * by->rows.input * by->columns.input * by->channels) * sizeof(gan_real));
    for (int64_t k = 0; k < batch * by->rows.output * by->columns.output; k++) {
        const int64_t row = k / by->columns.output;
        for (int64_t c = 0; c < by->channels; c++) {
            const int64_t y = k * by->channels + c;
            int64_t position = -1;
            const int64_t best = find_largest(by, x, row / by->rows.output, row % by->rows.output,
                                              k % by->columns.output, c, &position);
            assert_true(best >= 0);
            results[0][y] = x[best];
            results[1][y] = (gan_real)position;
            results[2][y] = other[best];
            results[3][best] += dy[y];
        }
    }
}

static void pool_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < CASES; k++) {
        const gan_max_pooling *by = &cases[k].by;
        const int64_t batch = cases[k].batch, inputs = batch * by->rows.input * by->columns.input * by->channels;
        const int64_t outputs = batch * by->rows.output * by->columns.output * by->channels;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, inputs), *other = test_random_array(&seed, inputs);
        gan_real *dy = test_random_array(&seed, outputs), *expected[4];
        /* Coarse values, many of them equal; sums of multiples of 1/8 are exact in any order. */
        for (int64_t i = 0; i < inputs; i++) x[i] = (gan_real)(floor((double)x[i] * 3) / 4);
        for (int64_t i = 0; i < outputs; i++) dy[i] = (gan_real)(floor((double)dy[i] * 8) / 8);
        if (inputs > 50) x[50] = (gan_real)NAN;
        if (inputs > 60) x[60] = x[61] = (gan_real)-INFINITY;
        for (int r = 0; r < 4; r++) {
            expected[r] = malloc((size_t)(r == 3 ? inputs : outputs) * sizeof(gan_real));
            assert_non_null(expected[r]);
        }
        define(by, batch, x, other, dy, expected);
        for (int t = 0; t < 3; t++) {
            test_guarded y = test_guarded_create(outputs), chosen = test_guarded_create(outputs);
            test_guarded picked = test_guarded_create(outputs), dx = test_guarded_create(inputs);
            gan_max_pool(contexts[t], by, batch, x, y.values, chosen.values);
            gan_max_pool_pick(contexts[t], by, batch, chosen.values, other, picked.values);
            gan_max_pool_spread(contexts[t], by, batch, chosen.values, dy, dx.values);
            test_same_bits(name, "largest", y.values, expected[0], outputs);
            test_same_bits(name, "position", chosen.values, expected[1], outputs);
            test_same_bits(name, "picked", picked.values, expected[2], outputs);
            for (int64_t i = 0; i < inputs; i++)
                test_close(name, "spread", i, (double)dx.values[i], (double)expected[3][i], 0);
            test_guarded_check(&y, "largest");
            test_guarded_check(&chosen, "position");
            test_guarded_check(&picked, "picked");
            test_guarded_check(&dx, "spread");
        }
        for (int r = 0; r < 4; r++) free(expected[r]);
        free(x);
        free(other);
        free(dy);
    }
}

static void test_max_pool(void **state)
{
    (void)state;
    test_on_threads(pool_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_max_pool)};
    return cmocka_run_group_tests_name("max pooling", tests, NULL, NULL);
}
