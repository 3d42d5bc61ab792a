/* Parts of a dataset, by number and at random, and cursors of data that have changed. */
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { samples = 100, classes = 5 };

/* Sample i is i; its class, i % 5, except that class 4 has but the samples 4, 9 and 14. */
static float values[samples];
static int32_t labels[samples];

static int set_up(void **state)
{
    for (int i = 0; i < samples; i++) {
        values[i] = (float)i;
        labels[i] = i % classes == 4 && i > 14 ? 0 : i % classes;
    }
    *state = test_context();
    return 0;
}

static int tear_down(void **state)
{
    gan_context_destroy(*state);
    return 0;
}

static gan_dataset *create(gan_context *context, int64_t count, const gan_dataset_options *options)
{
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_from_array(context, values, labels, count, GAN_SHAPE(1), options, &dataset), GAN_OK, "");
    return dataset;
}

/* ---- Chosen by number --------------------------------------------------------------------------------------- */

static void test_subset(void **state)
{
    const int64_t numbers[] = {7, 3, 3, 99, 0}, again[] = {3, 1};
    const float expected[] = {7, 3, 3, 99, 0};
    gan_dataset *all = create(*state, samples, NULL), *part = NULL, *smaller = NULL;
    float read[5];
    int32_t read_labels[5];
    int64_t got[5], count;

    test_status(gan_dataset_subset(all, 5, numbers, GAN_DATASET(.in_order = true), &part), GAN_OK, "");
    test_status(gan_dataset_subset(part, 2, again, GAN_DATASET(.in_order = true), &smaller), GAN_OK, "");
    gan_dataset_destroy(all); /* the source stays */
    assert_int_equal(gan_dataset_count(part), 5);
    assert_int_equal(gan_dataset_classes(part), classes);
    assert_int_equal(gan_dataset_find_field(part, "label"), 1);
    assert_int_equal(gan_dataset_next(part, 9, read, read_labels, &count), GAN_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(read, expected, sizeof(expected));
    for (int i = 0; i < 5; i++) assert_int_equal(read_labels[i], labels[numbers[i]]);
    assert_int_equal(gan_dataset_get_numbers(part, 0, 5, got), GAN_OK);
    assert_memory_equal(got, numbers, sizeof(numbers));
    gan_dataset_destroy(part);
    assert_int_equal(gan_dataset_read(smaller, 0, 2, read, NULL), GAN_OK);
    assert_true(read[0] == 99 && read[1] == 3);
    assert_int_equal(gan_dataset_get_numbers(smaller, 1, 1, got), GAN_OK);
    assert_int_equal(got[0], 3);
    gan_dataset_destroy(smaller);
}

static void test_refused_subsets(void **state)
{
    const int64_t numbers[] = {7, 20, -1};
    gan_dataset *all = create(*state, 20, NULL), *part = NULL;
    int64_t got[2] = {-5, -5};

    test_status(gan_dataset_subset(all, 2, numbers, NULL, &part), GAN_ERROR_ARGUMENT,
                "number 1 is 20, expected 0 to 19");
    test_status(gan_dataset_subset(all, 1, numbers + 2, NULL, &part), GAN_ERROR_ARGUMENT, "number 0 is -1");
    test_status(gan_dataset_subset(all, 0, numbers, NULL, &part), GAN_ERROR_ARGUMENT, "count is 0");
    test_status(gan_dataset_subset(all, 1, numbers, GAN_DATASET(.limit = -1), &part), GAN_ERROR_ARGUMENT, "limit");
    test_status(gan_dataset_subset(all, 1, NULL, NULL, &part), GAN_ERROR_NULL, "numbers");
    test_status(gan_dataset_subset(NULL, 1, numbers, NULL, &part), GAN_ERROR_NULL, "dataset");
    test_status(gan_dataset_subset(all, 1, numbers, NULL, NULL), GAN_ERROR_NULL, "out");
    assert_null(part);
    test_status(gan_dataset_get_numbers(all, 19, 2, got), GAN_ERROR_ARGUMENT, "from index 19");
    test_status(gan_dataset_get_numbers(all, 0, 1, NULL), GAN_ERROR_NULL, "numbers");
    test_status(gan_dataset_get_numbers(NULL, 0, 1, got), GAN_ERROR_NULL, "dataset");
    assert_int_equal(got[0], -5);
    assert_int_equal(gan_dataset_get_numbers(all, 18, 2, got), GAN_OK);
    assert_true(got[0] == 18 && got[1] == 19);
    gan_dataset_destroy(all);
}

/* ---- Chosen at random --------------------------------------------------------------------------------------- */

/* Counts the classes of a part and marks its samples. */
static void count_part(gan_dataset *part, unsigned char seen[samples], int of_class[classes])
{
    int64_t numbers[samples];
    const int64_t count = gan_dataset_count(part);

    memset(of_class, 0, classes * sizeof(int));
    assert_int_equal(gan_dataset_get_numbers(part, 0, count, numbers), GAN_OK);
    for (int64_t i = 0; i < count; i++) {
        assert_true(i == 0 || numbers[i] > numbers[i - 1]);
        seen[numbers[i]]++;
        of_class[labels[numbers[i]]]++;
    }
}

static void test_split_per_class(void **state)
{
    gan_dataset *all = create(*state, samples, GAN_DATASET(.in_order = true)), *chosen = NULL, *rest = NULL;
    unsigned char seen[samples] = {0};
    int of_class[classes];
    float first[samples];
    int64_t count;

    test_status(gan_dataset_split(all, GAN_SPLIT(.per_class = 3, .seed = 1), &chosen, &rest), GAN_OK, "");
    assert_int_equal(gan_dataset_count(chosen), 3 * classes);
    assert_int_equal(gan_dataset_count(rest), samples - 3 * classes);
    count_part(chosen, seen, of_class);
    for (int c = 0; c < classes; c++) assert_int_equal(of_class[c], 3);
    count_part(rest, seen, of_class);
    assert_int_equal(of_class[4], 0);
    for (int i = 0; i < samples; i++) assert_int_equal(seen[i], 1);
    /* Both have the options of the whole: they are in order. */
    assert_int_equal(gan_dataset_next(rest, samples, first, NULL, &count), GAN_OK);
    for (int64_t i = 1; i < count; i++) assert_true(first[i] > first[i - 1]);
    gan_dataset_destroy(all);
    gan_dataset_destroy(chosen);
    gan_dataset_destroy(rest);
}

/* A seed always chooses the same samples, another seed others; over many, every sample is chosen as often. */
static void test_split_depends_on_seed(void **state)
{
    enum { draws = 400 };
    gan_dataset *all = create(*state, samples, NULL);
    int chosen_times[samples] = {0};
    int64_t first[2], numbers[2];

    for (int seed = 0; seed < draws; seed++) {
        gan_dataset *part = NULL, *same = NULL;
        assert_int_equal(gan_dataset_split(all, GAN_SPLIT(.count = 2, .seed = (uint64_t)seed), &part, NULL), GAN_OK);
        assert_int_equal(gan_dataset_split(all, GAN_SPLIT(.share = 0.02, .seed = (uint64_t)seed), &same, NULL),
                         GAN_OK);
        assert_int_equal(gan_dataset_get_numbers(part, 0, 2, numbers), GAN_OK);
        assert_int_equal(gan_dataset_count(same), 2);
        assert_int_equal(gan_dataset_get_numbers(same, 0, 2, first), GAN_OK);
        assert_memory_equal(first, numbers, sizeof(first));
        for (int i = 0; i < 2; i++) chosen_times[numbers[i]]++;
        gan_dataset_destroy(part);
        gan_dataset_destroy(same);
    }
    /* 8 of 400 are expected; 0 has the probability e^-8, more than 24 one of 10^-6. */
    int missing = 0;
    for (int i = 0; i < samples; i++) {
        missing += chosen_times[i] == 0;
        assert_in_range(chosen_times[i], 0, 24);
    }
    assert_in_range(missing, 0, 2);
    gan_dataset_destroy(all);
}

static void test_refused_splits(void **state)
{
    gan_dataset *all = create(*state, samples, NULL), *plain = NULL, *chosen = NULL, *rest = NULL;

    test_status(gan_dataset_split(all, NULL, &chosen, &rest), GAN_ERROR_ARGUMENT, "exactly one of");
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = 1, .share = 0.5), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "exactly one of");
    test_status(gan_dataset_split(all, GAN_SPLIT(.per_class = 4), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "class 4 has 3 samples, but per_class is 4");
    test_status(gan_dataset_split(all, GAN_SPLIT(.per_class = -4), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "per_class is -4");
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = -1), &chosen, &rest), GAN_ERROR_ARGUMENT, "count is -1");
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = 101), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "expected 1 to 100");
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = 100), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "nothing is left");
    test_status(gan_dataset_split(all, GAN_SPLIT(.share = 1), &chosen, &rest), GAN_ERROR_ARGUMENT, "share is 1");
    test_status(gan_dataset_split(all, GAN_SPLIT(.share = -0.5), &chosen, &rest), GAN_ERROR_ARGUMENT,
                "share is -0.5");
    test_status(gan_dataset_split(all, GAN_SPLIT(.share = NAN), &chosen, &rest), GAN_ERROR_NOT_FINITE, "share is");
    test_status(gan_dataset_split(NULL, GAN_SPLIT(.count = 1), &chosen, &rest), GAN_ERROR_NULL, "dataset");
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = 1), NULL, &rest), GAN_ERROR_NULL, "chosen");
    assert_int_equal(gan_dataset_from_array(*state, values, NULL, 10, GAN_SHAPE(1), NULL, &plain), GAN_OK);
    test_status(gan_dataset_split(plain, GAN_SPLIT(.per_class = 1), &chosen, &rest), GAN_ERROR_STATE,
                "no class label");
    assert_null(chosen);
    assert_null(rest);
    test_status(gan_dataset_split(all, GAN_SPLIT(.count = 100), &chosen, NULL), GAN_OK, "");
    gan_dataset_destroy(chosen);
    gan_dataset_destroy(all);
    gan_dataset_destroy(plain);
}

/* ---- Cursors ------------------------------------------------------------------------------------------------ */

static void assert_position(const gan_dataset *dataset, int64_t epoch, int64_t position)
{
    gan_dataset_cursor cursor;

    assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
    assert_int_equal(cursor.epoch, epoch);
    assert_int_equal(cursor.position, position);
    assert_int_equal(cursor.count, gan_dataset_count(dataset));
    assert_true(cursor.fingerprint != 0);
}

static void test_changed_data(void **state)
{
    gan_dataset *before = create(*state, 50, GAN_DATASET(.seed = 3));
    gan_dataset *grown = create(*state, 60, NULL), *shrunk = create(*state, 20, NULL);
    gan_dataset *anew = create(*state, 60, GAN_DATASET(.restart_if_changed = true)), *wide = NULL;
    gan_dataset_cursor cursor;
    float read[samples];
    int64_t count;

    for (int i = 0; i < 4; i++) assert_int_equal(gan_dataset_next(before, 20, read, NULL, &count), GAN_OK);
    assert_int_equal(gan_dataset_get_cursor(before, &cursor), GAN_OK);
    assert_position(before, 1, 20);
    test_status(gan_dataset_set_cursor(grown, cursor), GAN_ERROR_STATE, "60 samples, but had 50");
    test_status(gan_dataset_set_cursor(grown, cursor), GAN_ERROR_STATE, "has grown since");
    test_status(gan_dataset_set_cursor(shrunk, cursor), GAN_ERROR_STATE, "has shrunk since");
    assert_position(grown, 0, 0);
    assert_int_equal(gan_dataset_from_array(*state, values, NULL, 50, GAN_SHAPE(2), NULL, &wide), GAN_OK);
    test_status(gan_dataset_set_cursor(wide, cursor), GAN_ERROR_STATE, "another shape");
    assert_int_equal(gan_dataset_set_cursor(anew, cursor), GAN_OK);
    assert_position(anew, 1, 0);
    cursor.epoch = -1;
    test_status(gan_dataset_set_cursor(anew, cursor), GAN_ERROR_ARGUMENT, "epoch is -1");
    /* Of an earlier version: only the position is known. */
    cursor = (gan_dataset_cursor){.seed = 3, .epoch = 1, .position = 20};
    assert_int_equal(gan_dataset_set_cursor(grown, cursor), GAN_OK);
    assert_position(grown, 1, 20);
    gan_dataset_destroy(before);
    gan_dataset_destroy(grown);
    gan_dataset_destroy(shrunk);
    gan_dataset_destroy(anew);
    gan_dataset_destroy(wide);
}

/* Subsets of equal size, of other samples. */
static void test_cursor_of_another_split(void **state)
{
    gan_dataset *all = create(*state, samples, NULL), *one = NULL, *same = NULL, *other = NULL;
    gan_dataset_cursor cursor;

    assert_int_equal(gan_dataset_split(all, GAN_SPLIT(.count = 9, .seed = 1), &one, NULL), GAN_OK);
    assert_int_equal(gan_dataset_split(all, GAN_SPLIT(.count = 9, .seed = 1), &same, NULL), GAN_OK);
    assert_int_equal(gan_dataset_split(all, GAN_SPLIT(.count = 9, .seed = 2), &other, NULL), GAN_OK);
    assert_int_equal(gan_dataset_get_cursor(one, &cursor), GAN_OK);
    assert_int_equal(gan_dataset_set_cursor(same, cursor), GAN_OK);
    test_status(gan_dataset_set_cursor(other, cursor), GAN_ERROR_STATE, "another dataset of 9 samples");
    gan_dataset_destroy(all);
    gan_dataset_destroy(one);
    gan_dataset_destroy(same);
    gan_dataset_destroy(other);
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static gan_status split_and_destroy(gan_context *context, void *user)
{
    gan_dataset *all = NULL, *chosen = NULL, *rest = NULL;
    gan_status status = gan_dataset_from_array(context, values, labels, samples, GAN_SHAPE(1), user, &all);

    if (status == GAN_OK) status = gan_dataset_split(all, GAN_SPLIT(.per_class = 1), &chosen, &rest);
    if (status != GAN_OK) {
        assert_null(chosen);
        assert_null(rest);
    }
    gan_dataset_destroy(all);
    gan_dataset_destroy(chosen);
    gan_dataset_destroy(rest);
    return status;
}

static void test_failing_memory(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(split_and_destroy, NULL) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subset),
        cmocka_unit_test(test_refused_subsets),
        cmocka_unit_test(test_split_per_class),
        cmocka_unit_test(test_split_depends_on_seed),
        cmocka_unit_test(test_refused_splits),
        cmocka_unit_test(test_changed_data),
        cmocka_unit_test(test_cursor_of_another_split),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
