/* Named fields: of arrays and callbacks; what is refused; skipped fields; labels as numbers. */
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { samples = 600, fields = 4 }; /* more than are read at once */

/* Sample i: class i % 3, pair (i, -i), class i % 7, value i / 2. */
static float kinds[samples], pairs[2 * samples], groups[samples], values[samples];

static const gan_array_field described[fields] = {{"kind", kinds, {1, {1}}, 3},
                                                  {"pair", pairs, {2, {1, 2}}, 0},
                                                  {"group", groups, {1, {1}}, 7},
                                                  {"value", values, {1, {1}}, 0}};

static int set_up(void **state)
{
    for (int i = 0; i < samples; i++) {
        kinds[i] = (float)(i % 3);
        pairs[2 * i] = (float)i;
        pairs[2 * i + 1] = (float)-i;
        groups[i] = (float)(i % 7);
        values[i] = (float)i / 2;
    }
    *state = test_context();
    return 0;
}

static int tear_down(void **state)
{
    gan_context_destroy(*state);
    return 0;
}

/* ---- Sources ------------------------------------------------------------------------------------------------ */

typedef struct filler {
    int calls;
    int64_t most;      /* samples asked for at once */
    int64_t bad;       /* this sample has a bad label, */
    float label;       /* which is this */
    gan_status status; /* for samples from `fails` on */
    int64_t fails;
} filler;

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *to)
{
    filler *f = user;

    f->calls++;
    if (count > f->most) f->most = count;
    for (int64_t i = 0; i < count; i++) {
        const int64_t n = numbers[i];
        if (f->status != GAN_OK && n >= f->fails) return f->status;
        if (to[0]) to[0][i] = n == f->bad ? f->label : kinds[n];
        if (to[1]) memcpy(to[1] + 2 * i, pairs + 2 * n, 2 * sizeof(float));
        if (to[2]) to[2][i] = groups[n];
        if (to[3]) to[3][i] = values[n];
    }
    return GAN_OK;
}

static gan_status open_arrays(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    return gan_dataset_from_arrays(context, samples, fields, described, options, out);
}

static gan_status open_callback(gan_context *context, filler *f, const gan_dataset_options *options,
                                gan_dataset **out)
{
    gan_callback_field same[fields];

    memset(same, 0, sizeof(same));
    for (int i = 0; i < fields; i++) {
        same[i].name = described[i].name;
        same[i].shape = described[i].shape;
        same[i].classes = described[i].classes;
    }
    return gan_dataset_from_callback(context, samples, fields, same, fill, f, options, out);
}

/* ---- What they give ----------------------------------------------------------------------------------------- */

static void assert_described(const gan_dataset *dataset)
{
    gan_shape shape;

    assert_int_equal(gan_dataset_field_count(dataset), fields);
    for (int f = 0; f < fields; f++) {
        gan_field_info info = GAN_FIELD_INFO_INIT;
        assert_int_equal(gan_dataset_get_field(dataset, f, &info), GAN_OK);
        assert_string_equal(info.name, described[f].name);
        assert_true(info.name != described[f].name);
        assert_int_equal(info.shape.rank, described[f].shape.rank);
        assert_int_equal(gan_shape_count(info.shape), gan_shape_count(described[f].shape));
        assert_int_equal(info.classes, described[f].classes);
        assert_int_equal(gan_dataset_find_field(dataset, described[f].name), f);
    }
    assert_int_equal(gan_dataset_find_field(dataset, "image"), -1);
    assert_int_equal(gan_dataset_find_field(dataset, NULL), -1);
    assert_int_equal(gan_dataset_find_field(NULL, "kind"), -1);
    assert_int_equal(gan_dataset_field_count(NULL), 0);
    assert_int_equal(gan_dataset_classes(dataset), 3);
    assert_int_equal(gan_dataset_get_shape(dataset, &shape), GAN_OK);
    assert_int_equal(shape.rank, 1);
}

/* Each number once per epoch, all fields together, in whatever batches. */
static void assert_epoch(gan_dataset *dataset, int64_t batch)
{
    static float kind[samples], pair[2 * samples], group[samples], value[samples];
    float *const all[fields] = {kind, pair, group, value};
    unsigned char seen[samples] = {0};
    int64_t count = 0;

    for (int64_t done = 0; done < samples; done += count) {
        assert_int_equal(gan_dataset_next_fields(dataset, batch, all, &count), GAN_OK);
        assert_int_equal(count, samples - done < batch ? samples - done : batch);
        for (int64_t i = 0; i < count; i++) {
            const int number = (int)pair[2 * i];
            assert_in_range(number, 0, samples - 1);
            assert_int_equal(seen[number]++, 0);
            assert_true(pair[2 * i + 1] == (float)-number && value[i] == (float)number / 2);
            assert_true(kind[i] == (float)(number % 3) && group[i] == (float)(number % 7));
        }
    }
}

static void test_arrays(void **state)
{
    gan_dataset *dataset = NULL;

    test_status(open_arrays(*state, GAN_DATASET(.seed = 2), &dataset), GAN_OK, "");
    assert_described(dataset);
    assert_epoch(dataset, 37);
    assert_epoch(dataset, samples);
    gan_dataset_destroy(dataset);
}

static void test_callback(void **state)
{
    filler f = {.bad = -1};
    gan_dataset *dataset = NULL;

    test_status(open_callback(*state, &f, GAN_DATASET(.seed = 2), &dataset), GAN_OK, "");
    assert_described(dataset);
    assert_int_equal(f.calls, 0);
    assert_epoch(dataset, 37);
    assert_int_equal(f.most, 37);
    assert_int_equal(f.calls, (samples + 36) / 37);
    assert_epoch(dataset, samples);
    gan_dataset_destroy(dataset);
}

/* The two sources give the same batches, whichever fields are skipped. */
static void test_skipped_fields(void **state)
{
    filler f = {.bad = -1};
    gan_dataset *one = NULL, *other = NULL;
    float a[fields][2 * samples], b[fields][2 * samples];

    assert_int_equal(open_arrays(*state, GAN_DATASET(.seed = 5), &one), GAN_OK);
    assert_int_equal(open_callback(*state, &f, GAN_DATASET(.seed = 5), &other), GAN_OK);
    for (int skipped = 0; skipped < 1 << fields; skipped++) {
        float *to_a[fields], *to_b[fields];
        int64_t count_a = 0, count_b = 0;
        memset(a, 7, sizeof(a));
        memset(b, 7, sizeof(b));
        for (int i = 0; i < fields; i++) {
            to_a[i] = skipped >> i & 1 ? NULL : a[i];
            to_b[i] = skipped >> i & 1 ? NULL : b[i];
        }
        assert_int_equal(gan_dataset_next_fields(one, 50, to_a, &count_a), GAN_OK);
        assert_int_equal(gan_dataset_next_fields(other, 50, to_b, &count_b), GAN_OK);
        assert_int_equal(count_a, count_b);
        assert_memory_equal(a, b, sizeof(a));
        assert_int_equal(gan_dataset_read_fields(one, 100, 300, to_a), GAN_OK);
        assert_int_equal(gan_dataset_read_fields(other, 100, 300, to_b), GAN_OK);
        assert_memory_equal(a, b, sizeof(a));
        for (int i = 0; i < fields; i++) {
            const float first[fields] = {100 % 3, 100, 100 % 7, 50};
            float untouched;
            memset(&untouched, 7, sizeof(untouched));
            assert_true(a[i][0] == (skipped >> i & 1 ? untouched : first[i]));
        }
    }
    gan_dataset_destroy(one);
    gan_dataset_destroy(other);
}

/* The two-field convenience: the first field, which is the class label here, and the first class label. */
static void test_first_field_and_label(void **state)
{
    static float first[samples];
    static int32_t labels[samples];
    gan_dataset *dataset = NULL;

    assert_int_equal(open_arrays(*state, NULL, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_read(dataset, 0, samples, first, labels), GAN_OK);
    assert_memory_equal(first, kinds, sizeof(kinds));
    for (int i = 0; i < samples; i++) assert_int_equal(labels[i], i % 3);
    gan_dataset_destroy(dataset);

    /* The label is the second field: it is not asked for as floats. */
    const gan_array_field two[] = {described[3], described[2]};
    assert_int_equal(gan_dataset_from_arrays(*state, samples, 2, two, NULL, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_classes(dataset), 7);
    assert_int_equal(gan_dataset_read(dataset, 0, samples, first, labels), GAN_OK);
    assert_memory_equal(first, values, sizeof(values));
    for (int i = 0; i < samples; i++) assert_int_equal(labels[i], i % 7);
    gan_dataset_destroy(dataset);
}

/* ---- Refusals ----------------------------------------------------------------------------------------------- */

static void refuse(gan_context *context, gan_array_field field, gan_status status, const char *part)
{
    const gan_array_field both[] = {described[1], field};
    const gan_callback_field same[] = {{"pair", {2, {1, 2}}, 0}, {field.name, field.shape, field.classes}};
    filler f = {.bad = -1};
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_from_arrays(context, samples, 2, both, NULL, &dataset), status, part);
    if (field.values && field.values != pairs) {
        test_status(gan_dataset_from_callback(context, samples, 2, same, fill, &f, NULL, &dataset), status, part);
    }
    assert_null(dataset);
}

static void test_refused_fields(void **state)
{
    gan_context *context = *state;
    const gan_array_field good = described[2];
    gan_array_field field;

    refuse(context, (gan_array_field){NULL, groups, good.shape, 0}, GAN_ERROR_NULL, "field 1 has no name");
    refuse(context, (gan_array_field){"", groups, good.shape, 0}, GAN_ERROR_ARGUMENT, "name of field 1 is empty");
    refuse(context, (gan_array_field){"\xff", groups, good.shape, 0}, GAN_ERROR_ARGUMENT, "malformed");
    refuse(context, (gan_array_field){"pair", groups, good.shape, 0}, GAN_ERROR_ARGUMENT, "the same name, 'pair'");
    refuse(context, (gan_array_field){"x", groups, {1, {0}}, 0}, GAN_ERROR_SHAPE, "'x' (0)");
    refuse(context, (gan_array_field){"x", groups, {0, {0}}, 0}, GAN_ERROR_SHAPE, "rank is 0");
    refuse(context, (gan_array_field){"x", groups, {1, {INT64_MAX / 8}}, 0}, GAN_ERROR_OVERFLOW, "field 'x'");
    refuse(context, (gan_array_field){"x", groups, {1, {2}}, 3}, GAN_ERROR_SHAPE, "expected (1)");
    refuse(context, (gan_array_field){"x", groups, good.shape, -1}, GAN_ERROR_ARGUMENT, "-1 classes");
    refuse(context, (gan_array_field){"x", groups, good.shape, GAN_MAX_CLASSES + 1}, GAN_ERROR_ARGUMENT, "classes");
    refuse(context, (gan_array_field){"x", NULL, good.shape, 0}, GAN_ERROR_NULL, "field 'x' are NULL");
    /* Labels: too large, below 0, not whole. */
    field = (gan_array_field){"x", pairs, good.shape, samples};
    refuse(context, field, GAN_ERROR_ARGUMENT, "'x' of sample 3 is -1, expected a whole number from 0 to 599");
    field.classes = 1;
    refuse(context, field, GAN_ERROR_ARGUMENT, "sample 2 is 1");
    const float between[samples] = {0, 1, 0.5f}, none[samples] = {NAN};
    const gan_array_field one = {"x", between, {1, {1}}, 2}, two = {"x", none, {1, {1}}, 2};
    gan_dataset *dataset = NULL;
    test_status(gan_dataset_from_arrays(context, samples, 1, &one, NULL, &dataset), GAN_ERROR_ARGUMENT, "is 0.5");
    test_status(gan_dataset_from_arrays(context, samples, 1, &two, NULL, &dataset), GAN_ERROR_ARGUMENT, "is nan");
    assert_null(dataset);
}

static void test_refused_arguments(void **state)
{
    gan_context *context = *state;
    gan_callback_field field = {"x", {1, {1}}, 0};
    filler f = {.bad = -1};
    gan_dataset *dataset = NULL, *out = NULL;
    gan_field_info info = GAN_FIELD_INFO_INIT;
    float *none[fields] = {NULL};
    int64_t count = -1;

    test_status(gan_dataset_from_arrays(context, 0, 1, described, NULL, &out), GAN_ERROR_ARGUMENT, "count is 0");
    test_status(gan_dataset_from_arrays(context, 1, 0, described, NULL, &out), GAN_ERROR_ARGUMENT,
                "field_count is 0");
    test_status(gan_dataset_from_arrays(context, 1, 1, NULL, NULL, &out), GAN_ERROR_NULL, "fields");
    test_status(gan_dataset_from_arrays(NULL, 1, 1, described, NULL, &out), GAN_ERROR_NULL, "context");
    test_status(gan_dataset_from_arrays(context, 1, 1, described, NULL, NULL), GAN_ERROR_NULL, "out");
    test_status(gan_dataset_from_callback(context, -1, 1, &field, fill, &f, NULL, &out), GAN_ERROR_ARGUMENT, "-1");
    test_status(gan_dataset_from_callback(context, 1, -1, &field, fill, &f, NULL, &out), GAN_ERROR_ARGUMENT, "-1");
    test_status(gan_dataset_from_callback(context, 1, 1, &field, NULL, &f, NULL, &out), GAN_ERROR_NULL, "fill");
    test_status(gan_dataset_from_callback(context, 1, 1, NULL, fill, &f, NULL, &out), GAN_ERROR_NULL, "fields");
    assert_null(out);

    assert_int_equal(open_arrays(context, NULL, &dataset), GAN_OK);
    test_status(gan_dataset_get_field(dataset, -1, &info), GAN_ERROR_ARGUMENT, "has 4 fields");
    test_status(gan_dataset_get_field(dataset, fields, &info), GAN_ERROR_ARGUMENT, "index is 4");
    test_status(gan_dataset_get_field(NULL, 0, &info), GAN_ERROR_NULL, "dataset");
    test_status(gan_dataset_get_field(dataset, 0, NULL), GAN_ERROR_NULL, "info");
    assert_null(info.name);
    test_status(gan_dataset_next_fields(dataset, 0, none, &count), GAN_ERROR_BATCH,
                "gan_dataset_next_fields: batch is 0");
    test_status(gan_dataset_next_fields(dataset, 1, NULL, &count), GAN_ERROR_NULL, "fields");
    test_status(gan_dataset_next_fields(dataset, 1, none, NULL), GAN_ERROR_NULL, "count");
    test_status(gan_dataset_next_fields(NULL, 1, none, &count), GAN_ERROR_NULL, "dataset");
    test_status(gan_dataset_read_fields(dataset, 599, 2, none), GAN_ERROR_ARGUMENT, "gan_dataset_read_fields");
    test_status(gan_dataset_read_fields(dataset, 0, 1, NULL), GAN_ERROR_NULL, "fields");
    test_status(gan_dataset_read_fields(NULL, 0, 1, none), GAN_ERROR_NULL, "dataset");
    assert_int_equal(count, -1);
    gan_dataset_destroy(dataset);
}

/* A callback that fails ends the call with its status, and the cursor stays; so does a bad label. */
static void test_failing_callback(void **state)
{
    filler f = {.bad = -1, .status = GAN_ERROR_IO, .fails = 20};
    gan_dataset *dataset = NULL;
    gan_dataset_cursor cursor;
    float pair[2 * samples];
    float *const only[fields] = {NULL, pair, NULL, NULL};
    int32_t labels[samples];
    int64_t count = -1;

    assert_int_equal(open_callback(*state, &f, GAN_DATASET(.in_order = true), &dataset), GAN_OK);
    assert_int_equal(gan_dataset_next_fields(dataset, 15, only, &count), GAN_OK);
    test_status(gan_dataset_next_fields(dataset, 15, only, &count), GAN_ERROR_IO,
                "returned GAN_ERROR_IO for 15 samples");
    test_status(gan_dataset_read_fields(dataset, 20, 1, only), GAN_ERROR_IO, "number 20");
    assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
    assert_int_equal(cursor.position, 15);
    f.status = GAN_OK;
    assert_int_equal(gan_dataset_next_fields(dataset, 15, only, &count), GAN_OK);
    assert_true(count == 15 && pair[0] == 15);

    f.bad = 33;
    const float bad[] = {-1, 3, 1.5f, NAN, INFINITY};
    for (int i = 0; i < 5; i++) {
        f.label = bad[i];
        test_status(gan_dataset_next(dataset, 15, pair, labels, &count), GAN_ERROR_ARGUMENT,
                    "a dataset: 'kind' of sample 33 is");
    }
    assert_int_equal(gan_dataset_next_fields(dataset, 15, only, &count), GAN_OK); /* without the label */
    gan_dataset_destroy(dataset);
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static gan_status use_both(gan_context *context, void *user)
{
    gan_dataset *one = NULL, *other = NULL;
    gan_status status = open_arrays(context, NULL, &one);

    if (status == GAN_OK) status = open_callback(context, user, NULL, &other);
    gan_dataset_destroy(one);
    gan_dataset_destroy(other);
    return status;
}

static void test_failing_memory(void **state)
{
    filler f = {.bad = -1};

    (void)state;
    assert_true(test_every_allocation_fails(use_both, &f) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays),           cmocka_unit_test(test_callback),
        cmocka_unit_test(test_skipped_fields),   cmocka_unit_test(test_first_field_and_label),
        cmocka_unit_test(test_refused_fields),   cmocka_unit_test(test_refused_arguments),
        cmocka_unit_test(test_failing_callback), cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
