/* Shapes, products of sizes, and arenas. */
#include "core/core.h"
#include "support/allocator.h"

#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void test_checked_multiply(void **state)
{
    int64_t product = 7;

    (void)state;
    assert_true(gan_checked_multiply(0, INT64_MAX, &product));
    assert_int_equal(product, 0);
    assert_true(gan_checked_multiply(INT64_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_true(gan_checked_multiply(INT64_MAX, 1, &product));
    assert_int_equal(product, INT64_MAX);
    assert_true(gan_checked_multiply(INT64_C(3037000499), INT64_C(3037000499), &product));
    assert_int_equal(product, INT64_C(9223372030926249001));

    product = 7;
    assert_false(gan_checked_multiply(INT64_C(3037000500), INT64_C(3037000500), &product));
    assert_false(gan_checked_multiply(INT64_MAX, 2, &product));
    assert_false(gan_checked_multiply(2, INT64_MAX / 2 + 1, &product));
    assert_false(gan_checked_multiply(-1, 1, &product));
    assert_false(gan_checked_multiply(1, -1, &product));
    assert_int_equal(product, 7);
}

static void test_array_fits(void **state)
{
    (void)state;
    assert_true(gan_array_fits(0, 4));
    assert_true(gan_array_fits(PTRDIFF_MAX / 4, 4));
    assert_false(gan_array_fits((int64_t)(PTRDIFF_MAX / 4) + 1, 4));
    assert_false(gan_array_fits(INT64_MAX, 2));
    assert_false(gan_array_fits(-1, 4));
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(gan_shape_count(GAN_SHAPE(100)), 100);
    assert_int_equal(gan_shape_count(GAN_SHAPE(1, 28, 28)), 784);
    assert_int_equal(gan_shape_count(GAN_SHAPE(1, 2, 3, 4, 5, 6)), 720);
    assert_int_equal(gan_shape_count(GAN_SHAPE(INT64_MAX)), INT64_MAX);
    assert_int_equal(gan_shape_count(GAN_SHAPE(INT64_MAX, 2)), 0);
    assert_int_equal(gan_shape_count(GAN_SHAPE(3, 0)), 0);
    assert_int_equal(gan_shape_count(GAN_SHAPE(3, -1)), 0);
    assert_int_equal(gan_shape_count((gan_shape){0, {1}}), 0);
    assert_int_equal(gan_shape_count((gan_shape){7, {1, 1, 1, 1, 1, 1}}), 0);
    assert_int_equal(gan_shape_count((gan_shape){-1, {1}}), 0);
}

static void check_refused(gan_shape shape, gan_status status, const char *sentence)
{
    assert_int_equal(gan_shape_check(shape, "input"), status);
    assert_string_equal(gan_last_error(), sentence);
}

static void test_check(void **state)
{
    (void)state;
    assert_int_equal(gan_shape_check(GAN_SHAPE(1, 28, 28), "input"), GAN_OK);
    check_refused((gan_shape){0, {1}}, GAN_ERROR_SHAPE, "input: the rank is 0, expected 1 to 6");
    check_refused((gan_shape){7, {1, 1, 1, 1, 1, 1}}, GAN_ERROR_SHAPE, "input: the rank is 7, expected 1 to 6");
    check_refused(GAN_SHAPE(3, 0, 2), GAN_ERROR_SHAPE, "input (3, 0, 2): dimension 1 is 0, expected at least 1");
    check_refused(GAN_SHAPE(-4), GAN_ERROR_SHAPE, "input (-4): dimension 0 is -4, expected at least 1");
    check_refused(GAN_SHAPE(INT64_MAX, 2), GAN_ERROR_OVERFLOW,
                  "input (9223372036854775807, 2) has more than 9223372036854775807 elements");
}

static void test_equal(void **state)
{
    gan_shape other = GAN_SHAPE(1, 28, 28);

    (void)state;
    other.dims[3] = 5; /* beyond the rank: meaningless */
    assert_true(gan_shape_equal(GAN_SHAPE(1, 28, 28), other));
    assert_false(gan_shape_equal(GAN_SHAPE(1, 28, 28), GAN_SHAPE(1, 28)));
    assert_false(gan_shape_equal(GAN_SHAPE(1, 28, 28), GAN_SHAPE(1, 28, 27)));
}

static void test_text(void **state)
{
    const int64_t low = INT64_MIN;
    char text[GAN_SHAPE_TEXT];

    (void)state;
    assert_string_equal(gan_shape_text(GAN_SHAPE(100), text), "(100)");
    assert_string_equal(gan_shape_text(GAN_SHAPE(1, 28, 28), text), "(1, 28, 28)");
    assert_string_equal(gan_shape_text((gan_shape){0, {1}}, text), "()");
    assert_string_equal(gan_shape_text((gan_shape){9, {1, 2, 3, 4, 5, 6}}, text), "(1, 2, 3, 4, 5, 6, ...)");
    assert_int_equal(strlen(gan_shape_text((gan_shape){9, {low, low, low, low, low, low}}, text)), 137);
}

static void test_arena_layout(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_arena arena = {0};

    (void)state;
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    const size_t first = gan_arena_reserve(&arena, 3);
    const size_t nothing = gan_arena_reserve(&arena, 0);
    const size_t second = gan_arena_reserve(&arena, 1024); /* no padding after it */
    assert_int_equal(first, 0);
    assert_int_equal(nothing, GAN_ALIGNMENT);
    assert_int_equal(second, GAN_ALIGNMENT);
    assert_int_equal(arena.size % GAN_ALIGNMENT, 0);
    assert_true(arena.size >= second + 1024 * sizeof(gan_real));

    assert_int_equal(gan_arena_allocate(&arena, context), GAN_OK);
    assert_int_equal((uintptr_t)gan_arena_at(&arena, first) % GAN_ALIGNMENT, 0);
    assert_int_equal((uintptr_t)gan_arena_at(&arena, second) % GAN_ALIGNMENT, 0);
    for (size_t i = 0; i < 1024; i++) {
        assert_true(gan_arena_at(&arena, second)[i] == 0);
        gan_arena_at(&arena, second)[i] = 1; /* a sanitizer sees it if this is not the arena's */
    }
    assert_int_equal(gan_arena_allocate(&arena, context), GAN_ERROR_STATE);

    gan_arena_release(&arena);
    assert_null(arena.block);
    assert_int_equal(arena.size, 0);
    gan_arena_release(&arena);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void check_arena_overflows(gan_context *context, const int64_t *counts, size_t size)
{
    gan_arena arena = {0};

    for (size_t i = 0; i < size; i++) gan_arena_reserve(&arena, counts[i]);
    gan_arena_reserve(&arena, 1); /* a later success does not make it forget */
    assert_int_equal(gan_arena_allocate(&arena, context), GAN_ERROR_OVERFLOW);
    assert_null(arena.block);
    gan_arena_release(&arena);
    assert_false(arena.overflow);
}

static void test_arena_overflow(void **state)
{
    const int64_t half = (int64_t)(PTRDIFF_MAX / sizeof(gan_real) / 2);
    gan_context *context = NULL;

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    check_arena_overflows(context, (int64_t[]){INT64_MAX}, 1);
    check_arena_overflows(context, (int64_t[]){-1}, 1);
    check_arena_overflows(context, (int64_t[]){half, half}, 2);
    for (int64_t less = 0; less < 64; less++) { /* up to the last byte, with every padding */
        check_arena_overflows(context, (int64_t[]){half, half - less, 64, 64}, 4);
    }
    gan_context_destroy(context);
}

static gan_status allocate_arena(gan_context *context, void *user)
{
    gan_arena arena = {0};

    (void)user;
    gan_arena_reserve(&arena, 10);
    const gan_status status = gan_arena_allocate(&arena, context);
    if (status != GAN_OK) assert_null(arena.block);
    gan_arena_release(&arena);
    return status;
}

static void test_arena_without_memory(void **state)
{
    (void)state;
    assert_int_equal(test_every_allocation_fails(allocate_arena, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checked_multiply),
        cmocka_unit_test(test_array_fits),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_arena_layout),
        cmocka_unit_test(test_arena_overflow),
        cmocka_unit_test(test_arena_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
