/* Sums against sums in long double. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    int64_t rows, columns;
} shapes[] = {
    {1, 1},    {1, 700},  {2, 3},     {16, 15},  {17, 16},   {33, 17},   {100, 63},   {100, 64},  {5, 65},
    {70, 257}, {70, 513}, {4099, 31}, {1000, 1}, {16384, 1}, {16385, 1}, {100003, 1}, {33334, 3}, {3000, 130},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void column_sums_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        int64_t rows = shapes[k].rows, columns = shapes[k].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, rows * columns), *before = test_random_array(&seed, columns);
        test_guarded scratch = test_guarded_create(gan_column_sums_scratch(rows, columns));
        test_guarded out = test_guarded_create(columns);
        memcpy(out.values, before, (size_t)columns * sizeof(gan_real));
        gan_column_sums(context, rows, columns, x, out.values, scratch.values);
        for (int64_t j = 0; j < columns; j++) {
            long double expected = (long double)before[j], size = 1;
            for (int64_t i = 0; i < rows; i++) {
                expected += (long double)x[i * columns + j];
                size += fabsl((long double)x[i * columns + j]);
            }
            test_close(name, "column sum", j, (double)out.values[j], (double)expected,
                       2 * TEST_EPSILON * (double)size);
        }
        test_guarded_check(&scratch, "scratch of column sums");
        test_guarded_check(&out, "column sums");
        free(x);
        free(before);
    }
}

static void test_column_sums(void **state)
{
    (void)state;
    test_on_level(column_sums_on);
}

/* One by one, 300,000 floats near 1000 would be added with a relative error of about 1e-4. */
static void long_sums_on(gan_context *context, const char *name)
{
    enum { ROWS = 100000, COLUMNS = 3 };
    uint64_t seed = 1;
    gan_real *x = test_random_array(&seed, ROWS * COLUMNS), out[COLUMNS] = {0, 0, 0};
    gan_real *scratch = malloc((size_t)gan_column_sums_scratch(ROWS, COLUMNS) * sizeof(gan_real));
    long double expected[COLUMNS] = {0, 0, 0};
    assert_non_null(scratch);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        x[i] += (gan_real)1000;
        expected[i % COLUMNS] += (long double)x[i];
    }
    gan_column_sums(context, ROWS, COLUMNS, x, out, scratch);
    for (int j = 0; j < COLUMNS; j++) {
        test_close(name, "long column sum", j, (double)out[j], (double)expected[j],
                   8 * TEST_EPSILON * (double)expected[j]);
    }
    free(x);
    free(scratch);
}

static void test_long_sums(void **state)
{
    (void)state;
    test_on_level(long_sums_on);
}

static void squares_on(gan_context *context, const char *name)
{
    for (const int64_t *size = test_sizes; *size; size++) {
        int64_t count = *size;
        uint64_t seed = (uint64_t)count;
        gan_real *x = test_random_array(&seed, count);
        long double expected = 0;
        for (int64_t i = 0; i < count; i++) expected += (long double)x[i] * (long double)x[i];
        double actual = gan_sum_of_squares(context, count, x);
        test_close(name, "sum of squares", count, actual, (double)expected, 1e-13 * (double)expected);
        for (int64_t place = 0; place < count; place += 1 + count / 20) {
            gan_real before = x[place];
            x[place] = (gan_real)NAN;
            assert_true(isnan(gan_sum_of_squares(context, count, x)));
            x[place] = (gan_real)-INFINITY;
            assert_true(isinf(gan_sum_of_squares(context, count, x)));
            x[place] = before;
        }
        free(x);
    }
    const gan_real large[3] = {(gan_real)1e30, (gan_real)-1e30, 1};
    test_close(name, "sum of large squares", 0, gan_sum_of_squares(context, 3, large), 2e60, 1e54);
    test_close(name, "sum of no squares", 0, gan_sum_of_squares(context, 0, large), 0, 0);
}

static void test_squares(void **state)
{
    (void)state;
    test_on_level(squares_on);
}

static void distances_on(gan_context *context, const char *name)
{
    for (const int64_t *size = test_sizes; *size; size++) {
        int64_t count = *size, below = 0;
        uint64_t seed = (uint64_t)count;
        gan_real *x = test_random_array(&seed, count), *y = test_random_array(&seed, count);
        long double expected = 0, dot = 0, magnitude = 0;
        for (int64_t i = 0; i < count; i++) {
            long double difference = (long double)x[i] - (long double)y[i];
            expected += difference * difference;
            dot += (long double)x[i] * (long double)y[i];
            magnitude += fabsl((long double)x[i] * (long double)y[i]);
            below += x[i] < (gan_real)-0.5;
        }
        test_close(name, "dot product", count, gan_dot(context, count, x, y), (double)dot, 1e-13 * (double)magnitude);
        test_close(name, "squared distance", count, gan_squared_distance(context, count, x, y), (double)expected,
                   1e-13 * (double)expected);
        assert_true(gan_squared_distance(context, count, x, x) == 0);
        assert_int_equal(gan_count_outside(context, count, (gan_real)-0.5, 2, x), below);
        assert_int_equal(gan_count_outside(context, count, -2, (gan_real)-0.5, x), count - below);
        y[count - 1] = (gan_real)NAN;
        assert_true(isnan(gan_squared_distance(context, count, x, y)));
        assert_true(isnan(gan_dot(context, count, x, y)));
        assert_int_equal(gan_count_outside(context, 1, -1, 1, y + count - 1), 0);
        y[count - 1] = (gan_real)-INFINITY;
        assert_int_equal(gan_count_outside(context, 1, -1, 1, y + count - 1), 1);
        free(x);
        free(y);
    }
    const gan_real ends[4] = {-1, 1, (gan_real)-1.0001, (gan_real)1.0001};
    assert_int_equal(gan_count_outside(context, 4, -1, 1, ends), 2);
}

static void test_distances(void **state)
{
    (void)state;
    test_on_level(distances_on);
}

static void mean_distances_on(gan_context *context, const char *name)
{
    static const struct {
        int64_t rows, columns;
    } few[] = {{2, 1}, {2, 700}, {3, 16}, {64, 2}, {65, 33}, {257, 5}, {600, 3}};
    for (size_t k = 0; k < sizeof(few) / sizeof(*few); k++) {
        int64_t rows = few[k].rows, columns = few[k].columns;
        uint64_t seed = k;
        gan_real *x = test_random_array(&seed, rows * columns);
        long double expected = 0;
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < i; j++) {
                long double squares = 0;
                for (int64_t c = 0; c < columns; c++) {
                    long double difference = (long double)x[i * columns + c] - (long double)x[j * columns + c];
                    squares += difference * difference;
                }
                expected += sqrtl(squares);
            }
        }
        expected /= (long double)(rows * (rows - 1) / 2);
        test_close(name, "mean distance", rows, gan_mean_distance(context, rows, columns, x), (double)expected,
                   1e-13 * (double)expected);
        free(x);
    }
    const gan_real corners[4][2] = {{0, 0}, {3, 4}, {0, 0}, {3, 4}};
    test_close(name, "mean distance of corners", 4, gan_mean_distance(context, 4, 2, corners[0]), 20.0 / 6, 1e-15);
    const gan_real bad[3][1] = {{0}, {1}, {(gan_real)NAN}};
    assert_true(isnan(gan_mean_distance(context, 3, 1, bad[0])));
}

static void test_mean_distances(void **state)
{
    (void)state;
    test_on_level(mean_distances_on);
}

static void row_dots_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t rows = shapes[k].rows, columns = shapes[k].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, rows * columns), *y = test_random_array(&seed, rows * columns);
        gan_real *before = test_random_array(&seed, rows);
        test_guarded out = test_guarded_create(rows);
        memcpy(out.values, before, (size_t)rows * sizeof(gan_real));
        gan_add_row_dots(context, rows, columns, x, y, out.values);
        for (int64_t i = 0; i < rows; i++) {
            long double expected = (long double)before[i], size = 1;
            for (int64_t j = i * columns; j < (i + 1) * columns; j++) {
                expected += (long double)x[j] * (long double)y[j];
                size += fabsl((long double)x[j] * (long double)y[j]);
            }
            /* Rounded once, however long the row is. */
            test_close(name, "dot product of rows", i, (double)out.values[i], (double)expected,
                       TEST_EPSILON * (1 + fabs((double)expected)) + 1e-14 * (double)size);
        }
        test_guarded_check(&out, "dot products of rows");
        free(x);
        free(y);
        free(before);
    }
    const gan_real bad[2][2] = {{1, (gan_real)NAN}, {1, 2}}, good[2][2] = {{1, 1}, {3, 4}};
    gan_real dots[2] = {0, 0};
    gan_add_row_dots(context, 2, 2, bad[0], good[0], dots);
    assert_true(isnan((double)dots[0]) && dots[1] == 11);
}

static void test_row_dots(void **state)
{
    (void)state;
    test_on_level(row_dots_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    enum { COUNT = 256 * 16384 + 12345 }; /* more than 256 blocks of the usual size */
    uint64_t seed = 4;
    gan_real *x = test_random_array(&seed, COUNT);
    double sums[3];
    for (int t = 0; t < 3; t++) {
        sums[t] = gan_sum_of_squares(contexts[t], COUNT, x);
        assert_memory_equal(&sums[0], &sums[t], sizeof(double));
    }
    test_close(name, "mean square", 0, sums[0] / COUNT, 1.0 / 3, 1e-3);
    for (int t = 0; t < 3; t++) {
        sums[t] = gan_mean_distance(contexts[t], 300, 70, x);
        assert_memory_equal(&sums[0], &sums[t], sizeof(double));
    }
    for (int k = 0; k < SHAPES; k++) {
        int64_t rows = shapes[k].rows, columns = shapes[k].columns;
        gan_real *scratch = malloc((size_t)gan_column_sums_scratch(rows, columns) * sizeof(gan_real)), *out[3];
        assert_non_null(scratch);
        for (int t = 0; t < 3; t++) {
            out[t] = calloc((size_t)columns, sizeof(gan_real));
            assert_non_null(out[t]);
            gan_column_sums(contexts[t], rows, columns, x, out[t], scratch);
            test_same_bits(name, "column sums", out[0], out[t], columns);
        }
        for (int t = 0; t < 3; t++) free(out[t]);
        free(scratch);
    }
    free(x);
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_column_sums),
        cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_squares),
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_mean_distances),
        cmocka_unit_test(test_row_dots),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("reduce", tests, NULL, NULL);
}
