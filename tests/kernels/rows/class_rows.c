/* Rows looked up by class numbers, against plain loops. */
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
    int64_t count, classes, columns;
} sizes[] = {{1, 1, 1}, {5, 3, 7}, {64, 10, 50}, {3, 1000, 257}, {700, 2, 130}, {20000, 5, 3}, {2, 3, 40000}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static gan_real *draw_numbers(uint64_t *seed, int64_t count, int64_t classes)
{
    gan_real *numbers = test_random_array(seed, count);
    for (int64_t i = 0; i < count; i++) numbers[i] = (gan_real)test_integer(seed, 0, classes - 1);
    return numbers;
}

static void copied_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < 3 * SIZES; k++) {
        const int64_t count = sizes[k / 3].count, classes = sizes[k / 3].classes, columns = sizes[k / 3].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *numbers = draw_numbers(&seed, count, classes), *table = test_random_array(&seed, classes * columns);
        test_guarded y = test_guarded_create(count * columns);
        gan_copy_classes(contexts[k % 3], count, columns, numbers, table, y.values);
        for (int64_t i = 0; i < y.count; i++) {
            test_close(name, "copied", i, (double)y.values[i],
                       (double)table[(int64_t)numbers[i / columns] * columns + i % columns], 0);
        }
        test_guarded_check(&y, "copied rows");
        free(numbers);
        free(table);
    }
}

static void test_copied(void **state)
{
    (void)state;
    test_on_threads(copied_on);
}

static void one_hot_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < 3 * SIZES; k++) {
        const int64_t count = sizes[k / 3].count, classes = sizes[k / 3].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *numbers = draw_numbers(&seed, count, classes);
        test_guarded y = test_guarded_create(count * classes);
        gan_one_hot(contexts[k % 3], count, classes, numbers, y.values);
        for (int64_t i = 0; i < y.count; i++)
            test_close(name, "one-hot", i, (double)y.values[i], i % classes == (int64_t)numbers[i / classes], 0);
        test_guarded_check(&y, "one-hot rows");
        free(numbers);
    }
}

static void test_one_hot(void **state)
{
    (void)state;
    test_on_threads(one_hot_on);
}

static void added_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < 3 * SIZES; k++) {
        const int64_t count = sizes[k / 3].count, classes = sizes[k / 3].classes, columns = sizes[k / 3].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *numbers = draw_numbers(&seed, count, classes), *x = test_random_array(&seed, count * columns);
        gan_real *expected = test_random_array(&seed, classes * columns);
        test_guarded table = test_guarded_create(classes * columns);
        memcpy(table.values, expected, (size_t)table.count * sizeof(*expected));
        /* In the order of the rows for any number of threads: the same bits. */
        for (int64_t i = 0; i < count * columns; i++)
            expected[(int64_t)numbers[i / columns] * columns + i % columns] += x[i];
        gan_add_classes(contexts[k % 3], count, columns, numbers, x, table.values);
        test_same_bits(name, "added", table.values, expected, table.count);
        test_guarded_check(&table, "added rows");
        free(numbers);
        free(x);
        free(expected);
    }
}

static void test_added(void **state)
{
    (void)state;
    test_on_threads(added_on);
}

static void test_bad(void **state)
{
    (void)state;
    static const gan_real bad_numbers[] = {-1,  (gan_real)-0.25, (gan_real)0.5, (gan_real)9.999, 10,
                                           1e9, (gan_real)-1e30, (gan_real)NAN, INFINITY,        -INFINITY};
    gan_real numbers[] = {0, 9, 3, 1, 5};
    assert_int_equal(gan_find_bad_class(5, 10, numbers), 5);
    assert_int_equal(gan_find_bad_class(5, 9, numbers), 1);
    for (size_t i = 0; i < sizeof(bad_numbers) / sizeof(bad_numbers[0]); i++) {
        numbers[3] = bad_numbers[i];
        assert_int_equal(gan_find_bad_class(5, 10, numbers), 3);
        assert_int_equal(gan_find_bad_class(3, 10, numbers), 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copied), cmocka_unit_test(test_one_hot),
                                       cmocka_unit_test(test_added), cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
