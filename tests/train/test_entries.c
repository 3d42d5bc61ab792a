/* Lists of what a checkpoint holds, by internal calls: any number of models, optimizers, random states, sessions and
 * datasets, each under its own name. */
#include "train/train.h"

#include "gans.h"

#include "support/allocator.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARTS = 3, SAMPLES = 5 };

static const char *const names[PARTS] = {"to_photo", "to_map", "judge"};

/* Some of everything that has a state. */
typedef struct parts {
    gan_context *context;
    gan_model *models[PARTS + 1]; /* the last optimizer has two */
    gan_optimizer *optimizers[PARTS];
    gan_random *randoms[PARTS];
    gan_session *sessions[PARTS];
    gan_dataset *datasets[PARTS];
    float rate;
    int64_t loaded; /* calls of the hook */
    float data[SAMPLES * 4];
} parts;

static gan_status create_part(parts *p, int i, uint64_t seed)
{
    const gan_optimizer_options *options[PARTS] = {
        NULL, GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .momentum = 0.5f), GAN_OPTIMIZER(.learning_rate = 1e-3f)};
    GAN_TRY(gan_optimizer_create(p->models[i], options[i], &p->optimizers[i]));
    GAN_TRY(gan_random_create(p->context, seed, (uint64_t)i, &p->randoms[i]));
    GAN_TRY(gan_session_create(p->models[i], GAN_SESSION(.batch = 2, .seed = seed), &p->sessions[i]));
    return gan_dataset_from_array(p->context, p->data, NULL, SAMPLES, GAN_SHAPE(4), GAN_DATASET(.seed = seed),
                                  &p->datasets[i]);
}

static gan_status create_parts(parts *p, gan_context *context, uint64_t seed)
{
    *p = (parts){.context = context, .rate = (float)seed};
    GAN_TRY(test_gan_models(context, TEST_GAN_DENSE, &p->models[0], &p->models[1]));
    GAN_TRY(test_gan_models(context, TEST_GAN_DENSE, &p->models[2], &p->models[3]));
    for (int i = 0; i < PARTS; i++) GAN_TRY(create_part(p, i, seed));
    return gan_optimizer_add_model(p->optimizers[2], p->models[3]);
}

static void destroy_parts(parts *p)
{
    for (int i = 0; i < PARTS; i++) {
        gan_dataset_destroy(p->datasets[i]);
        gan_session_destroy(p->sessions[i]);
        gan_random_destroy(p->randoms[i]);
        gan_optimizer_destroy(p->optimizers[i]);
    }
    for (int i = 0; i <= PARTS; i++) gan_model_destroy(p->models[i]);
}

/* Gives every part its own state. */
static void work(parts *p)
{
    float values[64];
    int64_t count;
    for (int i = 0; i < PARTS; i++) {
        for (int k = 0; k <= i; k++) {
            assert_int_equal(gan_random_normal(p->randoms[i], values, 5), GAN_OK);
            assert_int_equal(gan_dataset_next(p->datasets[i], 1, values, NULL, &count), GAN_OK);
            for (int j = 0; j <= PARTS; j++) {
                gan_model *model = p->models[j];
                for (int64_t n = 0; n < model->parameter_size; n++) model->gradients[n] = model->parameters[n];
            }
            assert_int_equal(gan_optimizer_step(p->optimizers[i], NULL), GAN_OK);
        }
        p->sessions[i]->passes = 7 + (uint64_t)i;
    }
    p->rate = 0.25f;
}

static void count_loaded(void *part)
{
    (*(int64_t *)part)++;
}

static void add_entries(parts *p, gan_entries *entries)
{
    for (int i = 0; i < PARTS; i++) {
        gan_entries_add_architecture(entries, names[i], p->models[i]);
        gan_entries_add_tensors(entries, names[i], p->models[i]);
        gan_optimizer_add_entries(p->optimizers[i], gan_entries_join(entries, names[i], "_optimizer"), entries);
        gan_entries_add_random(entries, gan_entries_join(entries, names[i], "_noise"), p->randoms[i]);
        gan_entries_add_session(entries, gan_entries_join(entries, names[i], "_pass"), p->sessions[i]);
        gan_entries_add_dataset(entries, gan_entries_join(entries, names[i], "_data"), p->datasets[i]);
    }
    gan_entries_add_tensors(entries, "second", p->models[PARTS]);
    gan_entries_add_rate(entries, "rate", NULL, &p->rate);
    gan_entries_add_hook(entries, (gan_entries_hook){.loaded = count_loaded, .part = &p->loaded});
}

static gan_status save_file(gan_entries *entries, const char *path)
{
    return gan_entries_save(entries, (gan_target){.path = path});
}

static gan_status load_file(gan_entries *entries, const char *path)
{
    return gan_entries_load(entries, (gan_origin){.path = path});
}

typedef gan_status (*file_fn)(gan_entries *entries, const char *path);

static gan_status with_entries(parts *p, file_fn function, const char *path)
{
    gan_entries entries = {.context = p->context};
    add_entries(p, &entries);
    gan_status status = function(&entries, path);
    gan_entries_release(&entries);
    return status;
}

/* Loading and saving again gives the same file, and each part has its state back. */
static void test_round_trip(void **state)
{
    (void)state;
    gan_context *context = test_context();
    parts from, to;
    assert_int_equal(create_parts(&from, context, 3), GAN_OK);
    assert_int_equal(create_parts(&to, context, 4), GAN_OK);
    work(&from);
    assert_int_equal(with_entries(&from, save_file, test_path("file")), GAN_OK);
    assert_int_equal(with_entries(&to, load_file, test_path("file")), GAN_OK);
    assert_int_equal(to.loaded, 1);
    assert_int_equal(with_entries(&to, save_file, test_path("again")), GAN_OK);
    test_assert_same_files(test_path("file"), test_path("again"));
    for (int i = 0; i < PARTS; i++) {
        assert_int_equal(to.optimizers[i]->steps, i + 1);
        assert_int_equal(to.datasets[i]->cursor.position, i + 1);
        assert_int_equal(to.datasets[i]->cursor.seed, 3);
        assert_int_equal(to.randoms[i]->state.counter, from.randoms[i]->state.counter);
        assert_int_equal(to.sessions[i]->passes, 7 + i);
        test_assert_same_weights(to.models[i], from.models[i]);
    }
    test_assert_same_weights(to.models[PARTS], from.models[PARTS]);
    assert_memory_equal(to.optimizers[2]->moments[1][GAN_MOMENT_SECOND],
                        from.optimizers[2]->moments[1][GAN_MOMENT_SECOND],
                        (size_t)from.models[PARTS]->parameter_size * sizeof(gan_real));
    assert_true(to.rate == 0.25f);
    destroy_parts(&from);
    destroy_parts(&to);
    gan_context_destroy(context);
}

/* The last dataset rejects its cursor: nothing has changed by then, not even in the datasets before it. */
static void test_refused_cursor(void **state)
{
    (void)state;
    gan_context *context = test_context();
    parts from, to;
    assert_int_equal(create_parts(&from, context, 3), GAN_OK);
    assert_int_equal(create_parts(&to, context, 4), GAN_OK);
    work(&from);
    assert_int_equal(with_entries(&from, save_file, test_path("file")), GAN_OK);
    assert_int_equal(with_entries(&to, save_file, test_path("before")), GAN_OK);
    gan_dataset *whole = to.datasets[2];
    assert_int_equal(gan_dataset_from_array(context, to.data, NULL, 1, GAN_SHAPE(4), NULL, &to.datasets[2]), GAN_OK);
    test_status(with_entries(&to, load_file, test_path("file")), GAN_ERROR_STATE, "has 1 sample, but had");
    assert_int_equal(to.loaded, 0);
    gan_dataset_destroy(to.datasets[2]);
    to.datasets[2] = whole;
    assert_int_equal(with_entries(&to, save_file, test_path("after")), GAN_OK);
    test_assert_same_files(test_path("before"), test_path("after"));
    destroy_parts(&from);
    destroy_parts(&to);
    gan_context_destroy(context);
}

/* An entry that files may lack: its value then, or why loading fails. */
static void test_lacking(void **state)
{
    (void)state;
    gan_context *context = test_context();
    const gan_tensor_plan plan = {.kind = GAN_TENSOR_BUFFER, .shape = {1, {2}}};
    const gan_real otherwise[2] = {1, 2};
    gan_real stored[2] = {5, 6};
    uint64_t word = 9;
    gan_entries empty = {.context = context}, more = {.context = context}, option = {.context = context};
    assert_int_equal(save_file(&empty, test_path("empty")), GAN_OK);
    gan_entries_add_tensor(&more, "memory", NULL, NULL, &plan, 2, stored, otherwise);
    assert_int_equal(load_file(&more, test_path("empty")), GAN_OK);
    assert_true(stored[0] == 1 && stored[1] == 2);
    gan_entries_expect(&option, GAN_ERROR_NOT_FOUND, "before there was luck");
    gan_entries_add_word(&option, "luck", "seed", &word);
    gan_entries_add_word(&option, "luck", "counter", &word);
    test_status(load_file(&option, test_path("empty")), GAN_ERROR_NOT_FOUND, "saved before there was luck");
    assert_true(word == 9);
    gan_entries_release(&empty);
    gan_entries_release(&more);
    gan_entries_release(&option);
    gan_context_destroy(context);
}

/* Two entries of one name, or with one of the file's own, are found before a file is touched, either way. */
static void test_same_names(void **state)
{
    (void)state;
    gan_context *context = test_context();
    int64_t count = 1;
    float array[1] = {2};
    for (int i = 0; i < 3; i++) {
        const char *const twice[] = {"data.epoch", "format", "kind"};
        gan_entries entries = {.context = context};
        gan_entries_add_array(&entries, "libgan.data.epoch", GAN_ENTRY_FLOATS, array, 1); /* not in the metadata */
        gan_entries_add_count(&entries, "data", "epoch", &count);
        assert_int_equal(save_file(&entries, test_path("once")), GAN_OK);
        gan_entries_add_count(&entries, twice[i], NULL, &count);
        const int files = test_folder_count();
        test_status(save_file(&entries, test_path("twice")), GAN_ERROR_ARGUMENT, "two entries called 'libgan.");
        test_status(load_file(&entries, test_path("once")), GAN_ERROR_ARGUMENT, twice[i]);
        assert_int_equal(test_folder_count(), files);
        gan_entries_release(&entries);
    }
    gan_context_destroy(context);
}

/* What loading would refuse is not saved: counts that could overflow, and rates that are none. */
static void test_refused_numbers(void **state)
{
    (void)state;
    gan_context *context = test_context();
    int64_t count = GAN_ENTRY_MOST_COUNT;
    float rate = FLT_MAX;
    gan_entries entries = {.context = context};
    gan_entries_add_count(&entries, "count", NULL, &count);
    gan_entries_add_rate(&entries, "rate", NULL, &rate);
    assert_int_equal(save_file(&entries, test_path("largest")), GAN_OK);
    count = 0, rate = 0;
    test_status(load_file(&entries, test_path("largest")), GAN_OK, "");
    assert_true(count == GAN_ENTRY_MOST_COUNT && rate == FLT_MAX);
    test_file_change(test_path("largest"), test_path("larger"), "4611686018427387903", "4611686018427387904", 19);
    test_status(load_file(&entries, test_path("larger")), GAN_ERROR_FORMAT, "libgan.count is '46116860184273");
    test_file_change(test_path("largest"), test_path("larger"), "3.40282347e+38", "3.40282357e+38", 14);
    test_status(load_file(&entries, test_path("larger")), GAN_ERROR_FORMAT, "libgan.rate is '3.40282357e+38'");
    count = GAN_ENTRY_MOST_COUNT + 1;
    test_status(save_file(&entries, test_path("never")), GAN_ERROR_ARGUMENT, "libgan.count is 461168601842738");
    count = -1;
    test_status(save_file(&entries, test_path("never")), GAN_ERROR_ARGUMENT, "libgan.count is -1");
    count = 0, rate = NAN;
    test_status(save_file(&entries, test_path("never")), GAN_ERROR_ARGUMENT, "libgan.rate is nan");
    assert_false(test_file_exists(test_path("never")));
    gan_entries_release(&entries);
    gan_context_destroy(context);
}

/* More entries than a list's first capacity. */
static void test_many(void **state)
{
    (void)state;
    enum { MANY = 300 };
    gan_context *context = test_context();
    int64_t counts[MANY];
    char names_of_counts[MANY][8];
    for (int pass = 0; pass < 2; pass++) {
        gan_entries entries = {.context = context};
        for (int i = 0; i < MANY; i++) {
            snprintf(names_of_counts[i], sizeof(names_of_counts[i]), "n%d", i);
            counts[i] = pass == 0 ? i * i : 0;
            gan_entries_add_count(&entries, names_of_counts[i], NULL, &counts[i]);
        }
        assert_int_equal((pass == 0 ? save_file : load_file)(&entries, test_path("many")), GAN_OK);
        for (int i = 0; i < MANY; i++) assert_int_equal(counts[i], i * i);
        gan_entries_release(&entries);
    }
    gan_context_destroy(context);
}

static gan_status save_and_load(gan_context *context, void *user)
{
    parts p;
    (void)user;
    gan_status status = create_parts(&p, context, 1);
    if (status == GAN_OK) status = with_entries(&p, save_file, test_path("file"));
    if (status == GAN_OK) status = with_entries(&p, load_file, test_path("file"));
    destroy_parts(&p);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(save_and_load, NULL) > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused_cursor),
        cmocka_unit_test(test_lacking),
        cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_refused_numbers),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests_name("entries of checkpoints", tests, test_folder_create, test_folder_remove);
}
