/* Sorting by callbacks: every length, in every kind of order. */
#include "core/core.h"
#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MOST = 100 };

typedef struct numbers {
    int64_t count, values[MOST];
} numbers;

static bool goes_before(const void *user, int64_t a, int64_t b)
{
    const numbers *of = user;
    assert_true(a >= 0 && a < of->count && b >= 0 && b < of->count);
    return of->values[a] < of->values[b];
}

static void exchange(void *user, int64_t a, int64_t b)
{
    numbers *of = user;
    assert_true(a >= 0 && a < of->count && b >= 0 && b < of->count);
    const int64_t moved = of->values[a];
    of->values[a] = of->values[b];
    of->values[b] = moved;
}

/* Numbers 0 to count - 1, each `copies` times, are in order afterwards. */
static void check_sorted(numbers *of, int64_t copies)
{
    gan_sort(&(gan_sortable){of, goes_before, exchange}, of->count);
    for (int64_t i = 0; i < of->count; i++) assert_int_equal(of->values[i], i / copies);
}

static void test_orders(void **state)
{
    (void)state;
    for (int64_t count = 0; count <= MOST; count++) {
        numbers rising = {.count = count}, falling = {.count = count}, mixed = {.count = count};
        for (int64_t i = 0; i < count; i++) {
            rising.values[i] = i;
            falling.values[i] = count - 1 - i;
            mixed.values[i] = i;
        }
        for (int64_t i = count - 1; i > 0; i--) exchange(&mixed, i, i * 7919 % (i + 1));
        check_sorted(&rising, 1);
        check_sorted(&falling, 1);
        check_sorted(&mixed, 1);
    }
}

static void test_equal_elements(void **state)
{
    (void)state;
    for (int64_t copies = 2; copies <= MOST; copies++) {
        numbers of = {.count = MOST};
        for (int64_t i = 0; i < MOST; i++) of.values[(i * 37) % MOST] = i / copies;
        check_sorted(&of, copies);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_equal_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
