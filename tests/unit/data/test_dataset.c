/* Datasets over arrays: batches, orders, cursors and refusals. */
#include "support/allocator.h"
#include "support/files.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define SAMPLES  10
#define ELEMENTS 2

/* Sample i is (i, i + 0.5), labelled i % 3. */
typedef struct fixture {
    gan_context *context;
    size_t held; /* bytes, before the test */
    float samples[SAMPLES * ELEMENTS];
    int32_t labels[SAMPLES];
} fixture;

static size_t held_bytes(const gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;

    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    return info.bytes;
}

static int set_up(void **state)
{
    static fixture data;

    data.context = test_context();
    data.held = held_bytes(data.context);
    for (int i = 0; i < SAMPLES; i++) {
        data.samples[2 * i] = (float)i;
        data.samples[2 * i + 1] = (float)i + 0.5f;
        data.labels[i] = i % 3;
    }
    *state = &data;
    return 0;
}

static int tear_down(void **state)
{
    const fixture *data = *state;

    assert_int_equal(held_bytes(data->context), data->held);
    gan_context_destroy(data->context);
    return 0;
}

static gan_dataset *create(const fixture *data, const gan_dataset_options *options)
{
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_from_array(data->context, data->samples, data->labels, SAMPLES, GAN_SHAPE(ELEMENTS),
                                       options, &dataset),
                GAN_OK, "");
    return dataset;
}

/* Gets the numbers of a batch's samples and returns its size. Samples and labels must belong together. */
static int64_t next(gan_dataset *dataset, int64_t batch, int numbers[SAMPLES])
{
    float samples[SAMPLES * ELEMENTS];
    int32_t labels[SAMPLES];
    int64_t count = -1;

    test_status(gan_dataset_next(dataset, batch, samples, labels, &count), GAN_OK, "");
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (int)samples[2 * i];
        assert_true(samples[2 * i + 1] == (float)numbers[i] + 0.5f);
        assert_int_equal(labels[i], numbers[i] % 3);
    }
    return count;
}

/* The order of a whole epoch. */
static void epoch_order(gan_dataset *dataset, int order[SAMPLES])
{
    for (int done = 0; done < SAMPLES;) {
        int numbers[SAMPLES];
        const int64_t count = next(dataset, 4, numbers);
        assert_in_range(count, 1, SAMPLES - done);
        for (int64_t i = 0; i < count; i++) order[done++] = numbers[i];
    }
}

static void assert_cursor(const gan_dataset *dataset, uint64_t seed, int64_t epoch, int64_t position)
{
    gan_dataset_cursor cursor;

    assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
    assert_int_equal(cursor.seed, seed);
    assert_int_equal(cursor.epoch, epoch);
    assert_int_equal(cursor.position, position);
}

/* ---- Batches ------------------------------------------------------------------------------------------------ */

static void test_in_order(void **state)
{
    gan_dataset *dataset = create(*state, GAN_DATASET(.in_order = true, .seed = 9));
    const int sizes[] = {4, 4, 2, 4};
    int numbers[SAMPLES], expected = 0;
    gan_shape shape;

    assert_int_equal(gan_dataset_count(dataset), SAMPLES);
    assert_int_equal(gan_dataset_classes(dataset), 3);
    assert_int_equal(gan_dataset_get_shape(dataset, &shape), GAN_OK);
    assert_int_equal(shape.rank, 1);
    assert_int_equal(shape.dims[0], ELEMENTS);
    assert_cursor(dataset, 9, 0, 0);
    for (int b = 0; b < 4; b++) {
        assert_int_equal(next(dataset, 4, numbers), sizes[b]);
        for (int i = 0; i < sizes[b]; i++) assert_int_equal(numbers[i], expected++ % SAMPLES);
        assert_cursor(dataset, 9, expected / SAMPLES, expected % SAMPLES);
    }
    gan_dataset_destroy(dataset);
}

static void test_batch_larger_than_epoch(void **state)
{
    gan_dataset *dataset = create(*state, NULL);
    float samples[2 * SAMPLES * ELEMENTS];
    int64_t count;

    assert_int_equal(gan_dataset_next(dataset, INT64_MAX, samples, NULL, &count), GAN_OK);
    assert_int_equal(count, SAMPLES);
    assert_cursor(dataset, 0, 1, 0);
    gan_dataset_destroy(dataset);
}

static void test_drop_last(void **state)
{
    gan_dataset *dataset = create(*state, GAN_DATASET(.in_order = true, .drop_last = true));
    float samples[SAMPLES * ELEMENTS];
    int numbers[SAMPLES];
    int64_t count = -1;

    for (int epoch = 0; epoch < 3; epoch++) {
        assert_cursor(dataset, 0, epoch, 0);
        assert_int_equal(next(dataset, 4, numbers), 4);
        assert_int_equal(numbers[0], 0);
        assert_cursor(dataset, 0, epoch, 4);
        assert_int_equal(next(dataset, 4, numbers), 4);
        assert_int_equal(numbers[3], 7);
    }
    /* Seven of the ten remain for a batch of eight: the epoch ends without them. */
    assert_int_equal(next(dataset, 3, numbers), 3);
    assert_int_equal(next(dataset, 8, numbers), 8);
    assert_int_equal(numbers[0], 0);
    assert_cursor(dataset, 0, 5, 0);
    assert_int_equal(next(dataset, 10, numbers), 10);
    test_status(gan_dataset_next(dataset, 11, samples, NULL, &count), GAN_ERROR_BATCH, "batch is 11");
    assert_int_equal(count, -1);
    assert_cursor(dataset, 0, 6, 0);
    gan_dataset_destroy(dataset);
}

static void test_limit(void **state)
{
    gan_dataset *dataset = create(*state, GAN_DATASET(.limit = 3));
    int numbers[SAMPLES], seen = 0;
    float sample[ELEMENTS];

    assert_int_equal(gan_dataset_count(dataset), 3);
    assert_int_equal(next(dataset, 5, numbers), 3);
    for (int i = 0; i < 3; i++) seen |= 1 << numbers[i];
    assert_int_equal(seen, 7);
    test_status(gan_dataset_read(dataset, 3, 1, sample, NULL), GAN_ERROR_ARGUMENT, "the dataset has 3");
    gan_dataset_destroy(dataset);

    dataset = create(*state, GAN_DATASET(.limit = SAMPLES + 1));
    assert_int_equal(gan_dataset_count(dataset), SAMPLES);
    gan_dataset_destroy(dataset);
}

static void test_without_labels(void **state)
{
    const fixture *data = *state;
    gan_dataset *dataset = NULL;
    float samples[ELEMENTS] = {-1, -1};
    int32_t labels[1];
    int64_t count;

    assert_int_equal(
        gan_dataset_from_array(data->context, data->samples, NULL, SAMPLES, GAN_SHAPE(ELEMENTS), NULL, &dataset),
        GAN_OK);
    assert_int_equal(gan_dataset_classes(dataset), 0);
    test_status(gan_dataset_next(dataset, 1, samples, labels, &count), GAN_ERROR_STATE, "labels");
    test_status(gan_dataset_read(dataset, 0, 1, samples, labels), GAN_ERROR_STATE, "labels");
    assert_true(samples[0] == -1);
    assert_cursor(dataset, 0, 0, 0);
    assert_int_equal(gan_dataset_next(dataset, 1, samples, NULL, &count), GAN_OK);
    gan_dataset_destroy(dataset);
}

static void test_read(void **state)
{
    const fixture *data = *state;
    gan_dataset *dataset = create(data, GAN_DATASET(.seed = 5));
    float samples[SAMPLES * ELEMENTS];
    int32_t labels[SAMPLES];
    int numbers[SAMPLES];

    next(dataset, 3, numbers);
    assert_int_equal(gan_dataset_read(dataset, 0, SAMPLES, samples, labels), GAN_OK);
    assert_memory_equal(samples, data->samples, sizeof(samples));
    assert_memory_equal(labels, data->labels, sizeof(labels));
    assert_int_equal(gan_dataset_read(dataset, 9, 1, samples, NULL), GAN_OK);
    assert_true(samples[0] == 9);
    assert_cursor(dataset, 5, 0, 3);
    test_status(gan_dataset_read(dataset, -1, 1, samples, NULL), GAN_ERROR_ARGUMENT, "from index -1");
    test_status(gan_dataset_read(dataset, 0, 0, samples, NULL), GAN_ERROR_ARGUMENT, "0 samples");
    test_status(gan_dataset_read(dataset, 0, 11, samples, NULL), GAN_ERROR_ARGUMENT, "11 samples");
    test_status(gan_dataset_read(dataset, 9, INT64_MAX, samples, NULL), GAN_ERROR_ARGUMENT, "from index 9");
    test_status(gan_dataset_read(dataset, INT64_MAX, 1, samples, NULL), GAN_ERROR_ARGUMENT, "the dataset has 10");
    gan_dataset_destroy(dataset);
}

/* More samples than are read from the source at once. */
static void test_read_many(void **state)
{
    const fixture *data = *state;
    static float samples[1000], read[1000];
    gan_dataset *dataset = NULL;

    for (int i = 0; i < 1000; i++) samples[i] = (float)i;
    assert_int_equal(gan_dataset_from_array(data->context, samples, NULL, 1000, GAN_SHAPE(1),
                                            GAN_DATASET(.in_order = true), &dataset),
                     GAN_OK);
    assert_int_equal(gan_dataset_read(dataset, 0, 1000, read, NULL), GAN_OK);
    assert_memory_equal(samples, read, sizeof(read));
    gan_dataset_destroy(dataset);
}

/* ---- Orders ------------------------------------------------------------------------------------------------- */

static void test_orders_are_permutations(void **state)
{
    enum { epochs = 50 };
    gan_dataset *dataset = create(*state, GAN_DATASET(.seed = 1));
    int orders[epochs][SAMPLES], moved[SAMPLES] = {0};

    for (int epoch = 0; epoch < epochs; epoch++) {
        int seen = 0;
        epoch_order(dataset, orders[epoch]);
        for (int i = 0; i < SAMPLES; i++) {
            seen |= 1 << orders[epoch][i];
            moved[i] += orders[epoch][i] != i;
        }
        assert_int_equal(seen, (1 << SAMPLES) - 1);
        for (int other = 0; other < epoch; other++)
            assert_memory_not_equal(orders[epoch], orders[other], sizeof(orders[0]));
    }
    /* Each place keeps its sample in one epoch out of ten. */
    for (int i = 0; i < SAMPLES; i++) assert_in_range(moved[i], epochs * 7 / 10, epochs - 1);
    gan_dataset_destroy(dataset);
}

static void test_orders_depend_on_seed(void **state)
{
    gan_dataset *one = create(*state, GAN_DATASET(.seed = 1)), *two = create(*state, GAN_DATASET(.seed = 2));
    gan_dataset *again = create(*state, GAN_DATASET(.seed = 1));
    int order_one[SAMPLES], order_two[SAMPLES], order_again[SAMPLES];

    for (int epoch = 0; epoch < 3; epoch++) {
        epoch_order(one, order_one);
        epoch_order(two, order_two);
        epoch_order(again, order_again);
        assert_memory_equal(order_one, order_again, sizeof(order_one));
        assert_memory_not_equal(order_one, order_two, sizeof(order_one));
    }
    gan_dataset_destroy(one);
    gan_dataset_destroy(two);
    gan_dataset_destroy(again);
}

/* ---- Cursors ------------------------------------------------------------------------------------------------ */

/* From any place in the first epochs, another dataset continues as the first one did. */
static void test_resume(void **state)
{
    gan_dataset *dataset = create(*state, GAN_DATASET(.seed = 3));

    for (int batch = 0; batch < 12; batch++) {
        gan_dataset *other = create(*state, GAN_DATASET(.seed = 77));
        gan_dataset_cursor cursor;
        int expected[SAMPLES], numbers[SAMPLES];

        epoch_order(other, numbers);
        assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
        assert_int_equal(gan_dataset_set_cursor(other, cursor), GAN_OK);
        const int64_t count = next(dataset, 3, expected);
        assert_int_equal(next(other, 3, numbers), count);
        assert_memory_equal(numbers, expected, (size_t)count * sizeof(int));
        gan_dataset_destroy(other);
    }
    gan_dataset_destroy(dataset);
}

/* Back and forth between seeds within one epoch number. */
static void test_cursor_of_another_seed(void **state)
{
    gan_dataset *dataset = create(*state, GAN_DATASET(.seed = 1));
    int first[SAMPLES], other[SAMPLES], again[SAMPLES];

    next(dataset, SAMPLES, first);
    assert_int_equal(gan_dataset_set_cursor(dataset, (gan_dataset_cursor){.seed = 2}), GAN_OK);
    next(dataset, SAMPLES, other);
    assert_memory_not_equal(first, other, sizeof(first));
    assert_int_equal(gan_dataset_set_cursor(dataset, (gan_dataset_cursor){.seed = 1}), GAN_OK);
    next(dataset, SAMPLES, again);
    assert_memory_equal(first, again, sizeof(first));
    gan_dataset_destroy(dataset);
}

static void test_cursor_is_checked(void **state)
{
    gan_dataset *dataset = create(*state, NULL);
    const gan_dataset_cursor wrong[] = {
        {.epoch = -1}, {.epoch = INT64_MAX}, {.position = -1}, {.position = SAMPLES + 1}};

    assert_int_equal(gan_dataset_set_cursor(dataset, (gan_dataset_cursor){.seed = 4, .epoch = 2, .position = 6}),
                     GAN_OK);
    for (int i = 0; i < 4; i++) {
        test_status(gan_dataset_set_cursor(dataset, wrong[i]), GAN_ERROR_ARGUMENT, i < 2 ? "epoch" : "position");
        assert_cursor(dataset, 4, 2, 6);
    }
    /* The end of an epoch is the beginning of the next. */
    assert_int_equal(
        gan_dataset_set_cursor(dataset, (gan_dataset_cursor){.seed = 4, .epoch = 2, .position = SAMPLES}), GAN_OK);
    assert_cursor(dataset, 4, 3, 0);
    gan_dataset_destroy(dataset);
}

/* ---- Refusals ----------------------------------------------------------------------------------------------- */

static void test_null(void **state)
{
    const fixture *data = *state;
    gan_dataset *dataset = create(data, NULL), *out = NULL;
    gan_dataset_cursor cursor = {.position = 0};
    gan_shape shape = GAN_SHAPE(ELEMENTS);
    float samples[ELEMENTS];
    int64_t count;

    assert_int_equal(gan_dataset_from_array(NULL, samples, NULL, 1, shape, NULL, &out), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_from_array(data->context, NULL, NULL, 1, shape, NULL, &out), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_from_array(data->context, samples, NULL, 1, shape, NULL, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_next(NULL, 1, samples, NULL, &count), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_next(dataset, 1, NULL, NULL, &count), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_next(dataset, 1, samples, NULL, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_read(NULL, 0, 1, samples, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_read(dataset, 0, 1, NULL, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_get_shape(NULL, &shape), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_get_shape(dataset, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_get_cursor(NULL, &cursor), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_get_cursor(dataset, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_set_cursor(NULL, cursor), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_count(NULL), 0);
    assert_int_equal(gan_dataset_classes(NULL), 0);
    assert_null(out);
    gan_dataset_destroy(NULL);
    gan_dataset_destroy(dataset);
}

static void test_refused_arrays(void **state)
{
    const fixture *data = *state;
    const int32_t negative[] = {0, -1, 1};
    gan_shape wide = GAN_SHAPE(INT64_MAX / 2), empty = GAN_SHAPE(2, 0);
    gan_dataset *out = NULL;
    gan_context *context = data->context;
    const float *samples = data->samples;

    test_status(gan_dataset_from_array(context, samples, NULL, 0, GAN_SHAPE(2), NULL, &out), GAN_ERROR_ARGUMENT,
                "count is 0");
    test_status(gan_dataset_from_array(context, samples, NULL, -3, GAN_SHAPE(2), NULL, &out), GAN_ERROR_ARGUMENT,
                "count is -3");
    test_status(gan_dataset_from_array(context, samples, NULL, 1, empty, NULL, &out), GAN_ERROR_SHAPE, "(2, 0)");
    test_status(gan_dataset_from_array(context, samples, NULL, 8, wide, NULL, &out), GAN_ERROR_OVERFLOW, "8 samples");
    test_status(gan_dataset_from_array(context, samples, NULL, 1, wide, NULL, &out), GAN_ERROR_OVERFLOW, "1 samples");
    test_status(gan_dataset_from_array(context, samples, negative, 3, GAN_SHAPE(2), NULL, &out), GAN_ERROR_ARGUMENT,
                "label 1 is -1");
    test_status(gan_dataset_from_array(context, samples, NULL, 3, GAN_SHAPE(2), GAN_DATASET(.limit = -2), &out),
                GAN_ERROR_ARGUMENT, "limit is -2");
    assert_null(out);
}

static void test_largest_label(void **state)
{
    const fixture *data = *state;
    const int32_t labels[] = {0, 1, GAN_MAX_CLASSES - 1}, larger[] = {0, 1, GAN_MAX_CLASSES};
    gan_dataset *dataset = NULL, *none = NULL;
    float sample[ELEMENTS];
    int32_t label = -1;

    test_status(gan_dataset_from_array(data->context, data->samples, labels, 3, GAN_SHAPE(2), NULL, &dataset), GAN_OK,
                NULL);
    assert_true(gan_dataset_classes(dataset) == GAN_MAX_CLASSES);
    assert_int_equal(gan_dataset_read(dataset, 2, 1, sample, &label), GAN_OK);
    assert_int_equal(label, GAN_MAX_CLASSES - 1);
    test_status(gan_dataset_from_array(data->context, data->samples, larger, 3, GAN_SHAPE(2), NULL, &none),
                GAN_ERROR_ARGUMENT, "label 2 is 16777216");
    assert_null(none);
    gan_dataset_destroy(dataset);
}

static void test_refused_batches(void **state)
{
    gan_dataset *dataset = create(*state, NULL);
    float samples[1] = {7};
    int64_t count = -1;

    test_status(gan_dataset_next(dataset, 0, samples, NULL, &count), GAN_ERROR_BATCH, "batch is 0");
    test_status(gan_dataset_next(dataset, -1, samples, NULL, &count), GAN_ERROR_BATCH, "batch is -1");
    assert_int_equal(count, -1);
    assert_true(samples[0] == 7);
    assert_cursor(dataset, 0, 0, 0);
    gan_dataset_destroy(dataset);
}

/* ---- Memory and threads ------------------------------------------------------------------------------------- */

static void test_next_allocates_nothing(void **state)
{
    const fixture *data = *state;
    gan_dataset *dataset = create(data, NULL);
    gan_context_info before = GAN_CONTEXT_INFO_INIT, after = GAN_CONTEXT_INFO_INIT;
    int order[SAMPLES];

    gan_context_get_info(data->context, &before);
    for (int epoch = 0; epoch < 3; epoch++) epoch_order(dataset, order);
    gan_context_get_info(data->context, &after);
    assert_int_equal(before.allocations, after.allocations);
    gan_dataset_destroy(dataset);
}

static gan_status create_and_destroy(gan_context *context, void *user)
{
    const fixture *data = user;
    gan_dataset *dataset = NULL;
    const gan_status status =
        gan_dataset_from_array(context, data->samples, data->labels, SAMPLES, GAN_SHAPE(ELEMENTS), NULL, &dataset);

    if (status != GAN_OK) assert_null(dataset);
    gan_dataset_destroy(dataset);
    return status;
}

static void test_failing_memory(void **state)
{
    /* The arrays and their columns; the source, its fields and two names; the dataset, its places and its order. */
    assert_int_equal(test_every_allocation_fails(create_and_destroy, *state), 9);
}

/* The context goes first: the dataset keeps it. */
static void test_order_of_destruction(void **state)
{
    const fixture *data = *state;
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_dataset *dataset = NULL;
    float samples[ELEMENTS];
    int64_t count;

    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    assert_int_equal(
        gan_dataset_from_array(context, data->samples, NULL, SAMPLES, GAN_SHAPE(ELEMENTS), NULL, &dataset), GAN_OK);
    gan_context_destroy(context);
    assert_int_equal(gan_dataset_next(dataset, 1, samples, NULL, &count), GAN_OK);
    gan_dataset_destroy(dataset);
    test_allocator_assert_empty(&allocator);
}

typedef struct reading {
    gan_dataset *dataset;
    int order[20 * SAMPLES];
} reading;

static void *read_epochs(void *argument)
{
    reading *at = argument;

    for (int epoch = 0; epoch < 20; epoch++) {
        float samples[SAMPLES * ELEMENTS];
        int64_t count = 0;
        gan_dataset_next(at->dataset, SAMPLES, samples, NULL, &count);
        for (int64_t i = 0; i < count; i++) at->order[epoch * SAMPLES + i] = (int)samples[2 * i];
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    static reading readings[2], expected;
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        readings[i].dataset = create(*state, GAN_DATASET(.seed = 6));
        assert_int_equal(pthread_create(&threads[i], NULL, read_epochs, &readings[i]), 0);
    }
    expected.dataset = create(*state, GAN_DATASET(.seed = 6));
    read_epochs(&expected);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_memory_equal(readings[i].order, expected.order, sizeof(expected.order));
        gan_dataset_destroy(readings[i].dataset);
    }
    gan_dataset_destroy(expected.dataset);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_in_order),
        TEST(test_batch_larger_than_epoch),
        TEST(test_drop_last),
        TEST(test_limit),
        TEST(test_without_labels),
        TEST(test_read),
        TEST(test_read_many),
        TEST(test_orders_are_permutations),
        TEST(test_orders_depend_on_seed),
        TEST(test_resume),
        TEST(test_cursor_of_another_seed),
        TEST(test_cursor_is_checked),
        TEST(test_null),
        TEST(test_refused_arrays),
        TEST(test_largest_label),
        TEST(test_refused_batches),
        TEST(test_next_allocates_nothing),
        TEST(test_failing_memory),
        TEST(test_order_of_destruction),
        TEST(test_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
