/* Models in memory and through callbacks: the bytes are those of files, and what fails on the way is reported and
 * changes nothing. */
#include "session.h"

#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/models.h"
#include "support/streams.h"

#include <stdlib.h>
#include <string.h>

static gan_context *context;
static gan_model *model;
static gan_bytes *saved;

static int setup(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return -1;
    if (test_graph(context, 5, &model) != GAN_OK || gan_bytes_create(context, &saved) != GAN_OK) return -1;
    randomise_tensors(model, 5);
    return gan_model_save_to(model, gan_bytes_writer(saved), NULL) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    gan_bytes_destroy(saved);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return test_folder_remove(state);
}

static gan_model *other_model(void)
{
    gan_model *other = NULL;
    ASSERT_OK(test_graph(context, 6, &other));
    randomise_tensors(other, 6);
    return other;
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static void test_bytes_are_those_of_the_file(void **state)
{
    (void)state;
    ASSERT_OK(gan_model_save(model, test_path("model")));
    test_assert_bytes_of_file(saved, test_path("model"));
}

static void test_what_was_saved_is_loaded(void **state)
{
    const gan_reader reader = gan_reader_from_memory(gan_bytes_data(saved), gan_bytes_size(saved));
    gan_model *loaded = NULL, *other = other_model();
    (void)state;

    ASSERT_OK(gan_model_load_from(context, reader, &loaded));
    assert_same_models(model, loaded);
    assert_same_passes(model, loaded, "saved and loaded");
    ASSERT_OK(gan_model_load_weights_from(other, reader, NULL));
    assert_same_models(model, other);
    gan_model_destroy(loaded);
    gan_model_destroy(other);
}

static void test_bytes_grow_and_are_cleared(void **state)
{
    gan_bytes *bytes = NULL;
    unsigned char piece[5000];
    (void)state;

    ASSERT_OK(gan_bytes_create(context, &bytes));
    assert_null(gan_bytes_data(bytes));
    const gan_writer writer = gan_bytes_writer(bytes);
    for (int i = 0; i < 50; i++) {
        memset(piece, i, sizeof(piece));
        ASSERT_OK(writer.write(writer.user, piece, (size_t)(100 * i + 1)));
    }
    const unsigned char *data = gan_bytes_data(bytes);
    size_t at = 0;
    for (int i = 0; i < 50; i++) {
        for (int k = 0; k < 100 * i + 1; k++) assert_int_equal(data[at++], i);
    }
    assert_int_equal(gan_bytes_size(bytes), at);
    gan_bytes_clear(bytes);
    assert_int_equal(gan_bytes_size(bytes), 0);
    ASSERT_OK(gan_model_save_to(model, writer, NULL));
    assert_int_equal(gan_bytes_size(bytes), gan_bytes_size(saved));
    assert_memory_equal(gan_bytes_data(bytes), gan_bytes_data(saved), gan_bytes_size(saved));
    ASSERT_FAILS(writer.write(writer.user, piece, SIZE_MAX - 5), GAN_ERROR_OVERFLOW, "more than memory holds");
    assert_int_equal(gan_bytes_size(bytes), gan_bytes_size(saved));
    gan_bytes_destroy(bytes);
}

static void test_nothing(void **state)
{
    gan_model *loaded = NULL;
    (void)state;

    assert_null(gan_bytes_data(NULL));
    assert_int_equal(gan_bytes_size(NULL), 0);
    gan_bytes_clear(NULL);
    gan_bytes_destroy(NULL);
    ASSERT_FAILS(gan_model_save_to(model, gan_bytes_writer(NULL), NULL), GAN_ERROR_NULL, "writer.write");
    ASSERT_FAILS(gan_model_load_from(context, gan_reader_from_memory(NULL, 8), &loaded), GAN_ERROR_NULL,
                 "reader.read");
    ASSERT_FAILS(gan_model_load_from(context, gan_reader_from_memory("", 0), &loaded), GAN_ERROR_TRUNCATED,
                 "the reader's data has 0 bytes");
    assert_null(loaded);
}

/* Any number of bytes but the right one is an error, and no byte beyond them is asked for. */
static void test_every_length(void **state)
{
    test_allocator allocator = {0};
    gan_context *counting = NULL;
    gan_model *loaded = NULL;
    const size_t size = gan_bytes_size(saved);
    (void)state;

    ASSERT_OK(
        gan_context_create(GAN_CONTEXT(.threads = 1, .allocator = test_allocator_hooks(&allocator)), &counting));
    for (size_t length = 0; length < size; length += length < 1500 ? 1 : 97) {
        unsigned char *copy = malloc(length + 1); /* a sanitizer finds reads beyond it */
        assert_non_null(copy);
        memcpy(copy, gan_bytes_data(saved), length);
        const gan_reader reader = gan_reader_from_memory(copy, length);
        ASSERT_FAILS(gan_model_load_from(counting, reader, &loaded), GAN_ERROR_TRUNCATED, "the reader's data");
        assert_null(loaded);
        free(copy);
    }
    gan_context_destroy(counting);
    test_allocator_assert_empty(&allocator);

    unsigned char *longer = calloc(1, size + 1);
    assert_non_null(longer);
    memcpy(longer, gan_bytes_data(saved), size);
    ASSERT_FAILS(gan_model_load_from(context, gan_reader_from_memory(longer, size + 1), &loaded),
                 GAN_ERROR_TRAILING_DATA, "the reader's data");
    free(longer);
}

/* ---- Callbacks ---------------------------------------------------------------------------------------------- */

static gan_status save(gan_writer writer, void *user)
{
    (void)user;
    return gan_model_save_to(model, writer, NULL);
}

static gan_status load(gan_reader reader, void *user)
{
    gan_model *loaded = NULL;
    const gan_status status = gan_model_load_from(context, reader, &loaded);

    (void)user;
    assert_true((loaded != NULL) == (status == GAN_OK));
    gan_model_destroy(loaded);
    return status;
}

static gan_status load_weights(gan_reader reader, void *user)
{
    gan_model *other = other_model(), *same = other_model();
    const gan_status status = gan_model_load_weights_from(other, reader, NULL);

    (void)user;
    assert_same_models(other, status == GAN_OK ? model : same);
    gan_model_destroy(other);
    gan_model_destroy(same);
    return status;
}

static void test_failing_callbacks(void **state)
{
    (void)state;
    test_every_write_fails(gan_bytes_data(saved), gan_bytes_size(saved), save, NULL);
    test_every_read_fails(gan_bytes_data(saved), gan_bytes_size(saved), load, NULL);
    test_every_read_fails(gan_bytes_data(saved), gan_bytes_size(saved), load_weights, NULL);
}

/* ---- Halves and names --------------------------------------------------------------------------------------- */

static gan_status load_renamed(gan_model *into, const gan_rename *renames, int64_t count)
{
    return gan_model_load_weights_from(into, gan_reader_from_memory(gan_bytes_data(saved), gan_bytes_size(saved)),
                                       GAN_WEIGHTS(.renames = renames, .rename_count = count));
}

/* All that a file of halves has is what float32 has; saved again, it is the same file. */
static void test_halves(void **state)
{
    static const gan_storage storages[] = {GAN_STORAGE_FLOAT16, GAN_STORAGE_BFLOAT16};
    gan_bytes *half = NULL, *again = NULL;
    (void)state;

    ASSERT_OK(gan_bytes_create(context, &half));
    ASSERT_OK(gan_bytes_create(context, &again));
    for (int i = 0; i < 2; i++) {
        gan_model *loaded = NULL;
        gan_bytes_clear(half);
        gan_bytes_clear(again);
        ASSERT_OK(gan_model_save_to(model, gan_bytes_writer(half), GAN_SAVE(.storage = storages[i])));
        assert_true(gan_bytes_size(half) < gan_bytes_size(saved));
        ASSERT_OK(gan_model_load_from(context, gan_reader_from_memory(gan_bytes_data(half), gan_bytes_size(half)),
                                      &loaded));
        ASSERT_OK(gan_model_save_to(loaded, gan_bytes_writer(again), GAN_SAVE(.storage = storages[i])));
        assert_int_equal(gan_bytes_size(half), gan_bytes_size(again));
        assert_memory_equal(gan_bytes_data(half), gan_bytes_data(again), gan_bytes_size(half));
        ASSERT_OK(gan_model_save_as(loaded, test_path("half"), GAN_SAVE(.storage = storages[i])));
        gan_model_destroy(loaded);
        ASSERT_OK(gan_model_load(context, test_path("half"), &loaded));
        gan_model_destroy(loaded);
    }
    gan_bytes_destroy(half);
    gan_bytes_destroy(again);
    ASSERT_FAILS(gan_model_save_as(model, test_path("half"), GAN_SAVE(.storage = (gan_storage)3)), GAN_ERROR_ARGUMENT,
                 "storage is 3");
}

static void test_weights_too_large_for_halves(void **state)
{
    gan_model *small = NULL;
    const float large[3] = {1, 70000, 2};
    (void)state;

    ASSERT_OK(gan_model_create(context, &small));
    gan_model_add(small, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(small, gan_layer_dense(context, 1, NULL));
    ASSERT_OK(gan_model_build(small, 0));
    ASSERT_OK(gan_model_set_tensor(small, "0.weight", large, 3));
    ASSERT_FAILS(gan_model_save_as(small, test_path("large"), GAN_SAVE(.storage = GAN_STORAGE_FLOAT16)),
                 GAN_ERROR_NOT_FINITE, "tensor '0.weight' holds 70000, which is infinite in F16");
    assert_false(test_file_exists(test_path("large")));
    ASSERT_OK(gan_model_save_as(small, test_path("large"), GAN_SAVE(.storage = GAN_STORAGE_BFLOAT16)));
    gan_model_destroy(small);
}

static gan_model *make_dense(const char *name)
{
    gan_model *dense = NULL;
    gan_layer *layer = gan_layer_dense(context, 2, NULL);

    ASSERT_OK(gan_model_create(context, &dense));
    gan_model_add(dense, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(dense, name ? gan_layer_named(layer, name) : layer);
    ASSERT_OK(gan_model_build(dense, 7));
    return dense;
}

static void test_names(void **state)
{
    static const gan_rename strip[] = {{"net.", "0."}}, add[] = {{"", "net."}}, other[] = {{"net.", "top."}};
    static const gan_rename first[] = {{"0.weight", "net.weight"}, {"0.", "net."}, {"0.bias", "nowhere"}};
    static const gan_rename swapped[] = {{"0.bias", "0.weight"}, {"0.weight", "0.bias"}};
    static char endless[300];
    gan_model *plain = make_dense(NULL), *named = make_dense("net");
    (void)state;

    memset(endless, 'x', sizeof(endless) - 1);
    gan_bytes_clear(saved);
    ASSERT_OK(gan_model_save_to(named, gan_bytes_writer(saved), NULL));
    ASSERT_OK(load_renamed(plain, strip, 1));
    ASSERT_FAILS(load_renamed(named, other, 1), GAN_ERROR_ARCHITECTURE, "no tensor 'net.weight' after renaming");
    ASSERT_FAILS(load_renamed(plain, NULL, 0), GAN_ERROR_ARCHITECTURE, "has no tensor '0.weight'");
    gan_bytes_clear(saved);
    ASSERT_OK(gan_model_save_to(plain, gan_bytes_writer(saved), NULL));
    ASSERT_FAILS(load_renamed(named, add, 1), GAN_ERROR_ARCHITECTURE, "after renaming"); /* net.0.weight */
    ASSERT_OK(load_renamed(named, first, 3));
    ASSERT_FAILS(load_renamed(plain, swapped, 2), GAN_ERROR_ARCHITECTURE, "tensor '0.bias' of the reader's data");
    ASSERT_FAILS(load_renamed(plain, (gan_rename[]){{"0.bias", "0.weight"}}, 1), GAN_ERROR_ARGUMENT,
                 "are both renamed to '0.weight'");
    ASSERT_FAILS(load_renamed(plain, NULL, 1), GAN_ERROR_NULL, "renames is NULL");
    ASSERT_FAILS(load_renamed(plain, strip, -1), GAN_ERROR_ARGUMENT, "rename_count is -1");
    ASSERT_FAILS(load_renamed(plain, (gan_rename[]){{"a", NULL}}, 1), GAN_ERROR_NULL, "renames[0].to is NULL");
    ASSERT_FAILS(load_renamed(plain, (gan_rename[]){{endless, "a"}}, 1), GAN_ERROR_ARGUMENT, "more than 255 bytes");
    gan_model_destroy(plain);
    gan_model_destroy(named);
}

static gan_status in_memory(gan_context *fresh, void *user)
{
    gan_model *loaded = NULL;
    gan_bytes *bytes = NULL;
    gan_status status = gan_bytes_create(fresh, &bytes);

    (void)user;
    if (status == GAN_OK) status = gan_model_save_to(model, gan_bytes_writer(bytes), NULL);
    if (status == GAN_OK) {
        const gan_reader reader = gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes));
        status = gan_model_load_from(fresh, reader, &loaded);
    }
    gan_bytes_destroy(bytes);
    gan_model_destroy(loaded);
    return status;
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(in_memory, NULL) > 10);
}

/* ---- Networks of more layers ---------------------------------------------------------------------------------- */

/* Dense layers and, where `norm` has a name, a batch normalisation. */
static gan_model *network(const char *first, const char *norm, const char *second)
{
    gan_model *made = NULL;
    ASSERT_OK(gan_model_create(context, &made));
    gan_model_add(made, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(made, gan_layer_named(gan_layer_dense(context, 3, NULL), first));
    if (norm) gan_model_add(made, gan_layer_named(gan_layer_batch_norm(context, NULL), norm));
    gan_model_add(made, gan_layer_named(gan_layer_dense(context, 3, NULL), second));
    ASSERT_OK(gan_model_build(made, 1));
    return made;
}

/* The weights of one network in another. */
static gan_status load_into(gan_model *into, gan_model *from, const gan_weights_options *options)
{
    gan_bytes *bytes = NULL;
    ASSERT_OK(gan_bytes_create(context, &bytes));
    ASSERT_OK(gan_model_save_to(from, gan_bytes_writer(bytes), NULL));
    const gan_status status = gan_model_load_weights_from(
        into, gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes)), options);
    gan_bytes_destroy(bytes);
    gan_model_destroy(into);
    gan_model_destroy(from);
    return status;
}

/* Running statistics that a model has no layer for, but stands in for with others. */
static void test_lost_statistics(void **state)
{
    (void)state;

    test_status(load_into(network("0", NULL, "3"), network("0", "1", "3"), NULL), GAN_ERROR_ARCHITECTURE,
                "has running statistics '1.running_mean'");
    test_status(load_into(network("main.0", NULL, "out"), network("main.0", "main.1.bn", "out"), NULL),
                GAN_ERROR_ARCHITECTURE, "'main.1.bn.running_mean'");
    test_status(load_into(network("main.0", NULL, "main.3"), network("main.0", "norm.bn", "main.3"), NULL),
                GAN_ERROR_ARCHITECTURE, "'norm.bn.running_mean'");
    ASSERT_OK(load_into(network("0", NULL, "3"), network("0", "1", "3"), GAN_WEIGHTS(.partial = true)));
}

/* Those of another network in the file are none of the model's business. */
static void test_statistics_of_others(void **state)
{
    const gan_rename strip = {"m.d.", ""};
    (void)state;

    for (int i = 0; i < 2; i++) {
        gan_model *one = NULL, *both = NULL;
        ASSERT_OK(gan_model_create(context, &one));
        gan_model_add(one, gan_layer_input(context, GAN_SHAPE(3)));
        gan_model_add(one, gan_layer_named(gan_layer_dense(context, 3, NULL), i == 0 ? "m.d.0" : "0"));
        ASSERT_OK(gan_model_build(one, 1));
        both = network("m.g.0", "m.g.1", "m.d.0");
        ASSERT_OK(load_into(one, both, GAN_WEIGHTS(.renames = &strip, .rename_count = i)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_those_of_the_file),
        cmocka_unit_test(test_what_was_saved_is_loaded),
        cmocka_unit_test(test_bytes_grow_and_are_cleared),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_memory_that_fails),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_weights_too_large_for_halves),
        cmocka_unit_test(test_lost_statistics),
        cmocka_unit_test(test_statistics_of_others),
        cmocka_unit_test(test_names), /* last: it saves another model */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
