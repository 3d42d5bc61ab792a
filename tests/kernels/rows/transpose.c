/* Transposition and copies of rows against plain loops. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    int64_t batch, rows, columns;
} shapes[] = {
    {1, 1, 1},     {3, 1, 17},   {3, 17, 1},    {2, 3, 5},    {5, 4, 4},     {7, 7, 129},   {2, 129, 133},
    {32, 128, 49}, {5, 49, 128}, {40, 3, 1024}, {3, 1024, 3}, {1, 20000, 3}, {1, 3, 20000}, {1, 300, 301},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void transpose_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        int64_t batch = shapes[k].batch, rows = shapes[k].rows, columns = shapes[k].columns;
        int64_t count = batch * rows * columns;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *back = test_random_array(&seed, count);
        for (int t = 0; t < 3; t++) {
            test_guarded y = test_guarded_create(count);
            gan_transpose(contexts[t], batch, rows, columns, x, y.values);
            for (int64_t i = 0; i < count; i++) {
                int64_t b = i / (rows * columns), row = i / columns % rows, column = i % columns;
                test_close(name, "transposed", i, (double)y.values[(b * columns + column) * rows + row], (double)x[i],
                           0);
            }
            gan_transpose(contexts[t], batch, columns, rows, y.values, back);
            test_same_bits(name, "transposed and back", x, back, count);
            test_guarded_check(&y, "transpose");
        }
        free(x);
        free(back);
    }
    gan_transpose(contexts[0], 0, 3, 4, NULL, NULL);
}

static void test_transpose(void **state)
{
    (void)state;
    test_on_threads(transpose_on);
}

static void copy_rows_on(gan_context *const contexts[3], const char *name)
{
    static const struct {
        int64_t rows, count, x_stride, y_stride;
    } copies[] = {{1, 1, 1, 1},    {5, 3, 3, 7},           {5, 3, 8, 3},
                  {1000, 1, 2, 3}, {37, 1000, 1003, 1500}, {3, 40000, 40000, 40001}};
    for (size_t k = 0; k < 3 * sizeof(copies) / sizeof(copies[0]); k++) {
        int64_t rows = copies[k / 3].rows, count = copies[k / 3].count, y_stride = copies[k / 3].y_stride;
        int64_t x_stride = copies[k / 3].x_stride;
        uint64_t seed = k;
        gan_real *x = test_random_array(&seed, (rows - 1) * x_stride + count);
        test_guarded y = test_guarded_create((rows - 1) * y_stride + count);
        gan_copy_rows(contexts[k % 3], rows, count, x, x_stride, y.values, y_stride);
        for (int64_t i = 0; i < y.count; i++) {
            int64_t row = i / y_stride, column = i % y_stride;
            double expected = column < count ? (double)x[row * x_stride + column] : (double)TEST_GUARD;
            test_close(name, "copied", i, (double)y.values[i], expected, 0);
        }
        test_guarded_check(&y, "copy of rows");
        free(x);
    }
    gan_copy_rows(contexts[0], 0, 3, NULL, 3, NULL, 3);
    gan_copy_rows(contexts[0], 3, 0, NULL, 3, NULL, 3);
}

static void test_copy_rows(void **state)
{
    (void)state;
    test_on_threads(copy_rows_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_transpose), cmocka_unit_test(test_copy_rows)};
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
