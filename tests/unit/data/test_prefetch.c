/* Reading ahead gives what reading when it is wanted does: batches, cursors, errors, with every kind of source. */
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif
#include <cmocka.h>

enum { SAMPLES = 150, ELEMENTS = 3, BROKEN = 100, EPOCHS = 3 };

static float values[SAMPLES * ELEMENTS];
static int32_t labels[SAMPLES];

/* ---- Sources ------------------------------------------------------------------------------------------------ */

typedef struct fill_state {
    atomic_int calls;
    atomic_int inside; /* threads that are in the callback at this moment */
    atomic_bool overlap;
    int64_t broken; /* the number of a sample that cannot be had; -1: none */
} fill_state;

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    fill_state *state = user;
    gan_status status = GAN_OK;

    if (atomic_fetch_add(&state->inside, 1) > 0) atomic_store(&state->overlap, true);
    atomic_fetch_add(&state->calls, 1);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        if (numbers[i] == state->broken) status = GAN_ERROR_IO;
        if (fields[0]) memcpy(fields[0] + i * ELEMENTS, values + numbers[i] * ELEMENTS, ELEMENTS * sizeof(float));
        if (fields[1]) fields[1][i] = (float)labels[numbers[i]];
    }
    atomic_fetch_sub(&state->inside, 1);
    return status;
}

static const gan_callback_field callback_fields[] = {{"sample", {1, {ELEMENTS}}, 0}, {"label", {1, {1}}, 4}};

static gan_dataset *open_callback(gan_context *context, fill_state *state, const gan_dataset_options *options)
{
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_from_callback(context, SAMPLES, 2, callback_fields, fill, state, options, &dataset),
                GAN_OK, "");
    return dataset;
}

static gan_status open_array(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    return gan_dataset_from_array(context, values, labels, SAMPLES, GAN_SHAPE(ELEMENTS), options, out);
}

static gan_status open_idx(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    return gan_dataset_open_idx(context, test_path("images"), test_path("labels"), options, out);
}

static gan_status open_npy(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    const gan_npy_field fields[] = {{"sample", test_path("values.npy"), 0}};
    return gan_dataset_open_npy(context, 1, fields, options, out);
}

static gan_status open_csv(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    return gan_dataset_open_csv(context, test_path("table.csv"), options, out);
}

static fill_state good = {.broken = -1};

static gan_status open_good(gan_context *context, const gan_dataset_options *options, gan_dataset **out)
{
    *out = open_callback(context, &good, options);
    return GAN_OK;
}

static void make_files(void)
{
    unsigned char images[16 + SAMPLES * ELEMENTS] = {0, 0, 8, 3, 0, 0, 0, SAMPLES, 0, 0, 0, 1, 0, 0, 0, ELEMENTS};
    unsigned char classes[8 + SAMPLES] = {0, 0, 8, 1, 0, 0, 0, SAMPLES};
    char table[64 * SAMPLES] = "value,kind\n";

    for (int i = 0; i < SAMPLES * ELEMENTS; i++) images[16 + i] = (unsigned char)(i * 7);
    for (int i = 0; i < SAMPLES; i++) {
        classes[8 + i] = (unsigned char)labels[i];
        snprintf(table + strlen(table), 64, "%d.5,kind%d\n", i, labels[i]);
    }
    test_file_write(test_path("images"), images, sizeof(images));
    test_file_write(test_path("labels"), classes, sizeof(classes));
    test_file_write(test_path("table.csv"), table, strlen(table));
    gan_context *context = test_context();
    test_status(gan_npy_write(context, test_path("values.npy"), values, SAMPLES, GAN_SHAPE(ELEMENTS)), GAN_OK, "");
    gan_context_destroy(context);
}

static int set_up(void **state)
{
    for (int i = 0; i < SAMPLES * ELEMENTS; i++) values[i] = (float)i * 0.25f;
    for (int i = 0; i < SAMPLES; i++) labels[i] = i % 4;
    if (test_folder_create(state) != 0) return -1;
    make_files();
    return 0;
}

/* ---- Batches ------------------------------------------------------------------------------------------------ */

typedef gan_status (*open_fn)(gan_context *context, const gan_dataset_options *options, gan_dataset **out);

static const open_fn sources[] = {open_array, open_idx, open_npy, open_csv, open_good};
enum { SOURCES = sizeof(sources) / sizeof(*sources) };

/* A dataset, and the same with prefetch. */
static void open_pair(gan_context *context, open_fn open, gan_dataset_options options, gan_dataset *pair[2])
{
    options.struct_size = sizeof(options);
    test_status(open(context, &options, &pair[0]), GAN_OK, "");
    options.prefetch = true;
    test_status(open(context, &options, &pair[1]), GAN_OK, "");
}

static void destroy_pair(gan_dataset *pair[2])
{
    gan_dataset_destroy(pair[0]);
    gan_dataset_destroy(pair[1]);
}

/* Reads a batch of both, of all fields or without the first; they must be equal, and so must their cursors. */
static void next_equal(gan_dataset *pair[2], int64_t batch, bool whole)
{
    float fields[2][2][SAMPLES * ELEMENTS];
    int64_t counts[2];
    gan_dataset_cursor cursors[2];
    const bool two = gan_dataset_field_count(pair[0]) > 1;

    memset(fields, 0, sizeof(fields));
    for (int i = 0; i < 2; i++) {
        float *places[] = {whole || !two ? fields[i][0] : NULL, two ? fields[i][1] : NULL};
        test_status(gan_dataset_next_fields(pair[i], batch, places, &counts[i]), GAN_OK, "");
        assert_int_equal(gan_dataset_get_cursor(pair[i], &cursors[i]), GAN_OK);
    }
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(fields[0], fields[1], sizeof(fields[0]));
    assert_memory_equal(&cursors[0], &cursors[1], sizeof(cursors[0]));
}

static void test_sources(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < SOURCES; s++) {
        for (int kind = 0; kind < 8; kind++) {
            gan_dataset *pair[2];
            const gan_dataset_options options = {.in_order = kind & 1,
                                                 .drop_last = kind & 2,
                                                 .seed = 5,
                                                 .limit = kind & 4 ? 0 : 130,
                                                 .memory_limit = kind & 4 ? 1 << 20 : 600};
            gan_dataset_options fitting = options;
            if (sources[s] == open_csv) fitting.memory_limit = 0;
            open_pair(context, sources[s], fitting, pair);
            for (int i = 0; i < EPOCHS * SAMPLES / 40; i++) next_equal(pair, 40, true);
            destroy_pair(pair);
        }
    }
    gan_context_destroy(context);
}

/* Batches of any size, with other fields each time, beside reads by number and changes of the cursor. */
static void test_any_use(void **state)
{
    const int64_t sizes[] = {64, 36, 28, 64, 1, 1, 150, 5, 200, 60, 90, 7, 64};
    gan_context *context = test_context();
    gan_dataset *pair[2];
    float read[2][50 * ELEMENTS];

    (void)state;
    open_pair(context, open_good, (gan_dataset_options){.seed = 2}, pair);
    for (int round = 0; round < 40; round++) {
        const int64_t size = sizes[round % 13];
        next_equal(pair, size < SAMPLES ? size : SAMPLES, round % 5 != 3);
        for (int i = 0; i < 2 && round % 3 == 1; i++)
            test_status(gan_dataset_read(pair[i], 11 + round, 50, read[i], NULL), GAN_OK, "");
        if (round % 3 == 1) assert_memory_equal(read[0], read[1], sizeof(read[0]));
        for (int i = 0; i < 2 && round % 7 == 6; i++) {
            const gan_dataset_cursor cursor = {.seed = (uint64_t)round, .epoch = round, .position = 3 * round};
            test_status(gan_dataset_set_cursor(pair[i], cursor), GAN_OK, "");
        }
    }
    destroy_pair(pair);
    gan_context_destroy(context);
}

/* A cursor taken between batches resumes with the next sample, with and without prefetch. */
static void test_resume(void **state)
{
    gan_context *context = test_context();
    gan_dataset *pair[2], *again[2];

    (void)state;
    open_pair(context, open_good, (gan_dataset_options){.seed = 3}, pair);
    for (int i = 0; i < 12; i++) {
        gan_dataset_cursor cursor;
        next_equal(pair, 32, true);
        test_status(gan_dataset_get_cursor(pair[1], &cursor), GAN_OK, "");
        open_pair(context, open_good, (gan_dataset_options){.seed = 3}, again);
        for (int j = 0; j < 2; j++) test_status(gan_dataset_set_cursor(again[j], cursor), GAN_OK, "");
        gan_dataset *mixed[] = {pair[0], again[1]};
        next_equal(mixed, 32, true);
        test_status(gan_dataset_set_cursor(pair[0], cursor), GAN_OK, "");
        destroy_pair(again);
    }
    destroy_pair(pair);
    gan_context_destroy(context);
}

/* The next batch is read without being asked for. */
static void test_reads_ahead(void **state)
{
    gan_context *context = test_context();
    fill_state filled = {.broken = -1};
    gan_dataset *dataset = open_callback(context, &filled, GAN_DATASET(.prefetch = true, .in_order = true));
    float samples[20 * ELEMENTS];
    int32_t classes[20];
    int64_t count;
    const struct timespec brief = {.tv_nsec = 1000000};

    (void)state;
    test_status(gan_dataset_next(dataset, 20, samples, classes, &count), GAN_OK, "");
    for (int i = 0; i < 20000 && atomic_load(&filled.calls) < 2; i++) nanosleep(&brief, NULL);
    assert_int_equal(atomic_load(&filled.calls), 2);
    test_status(gan_dataset_next(dataset, 20, samples, classes, &count), GAN_OK, "");
    for (int i = 0; i < 20; i++) {
        assert_memory_equal(samples + i * ELEMENTS, values + (20 + i) * ELEMENTS, ELEMENTS * sizeof(float));
        assert_int_equal(classes[i], labels[20 + i]);
    }
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* Datasets that share a source may each read ahead. */
static void test_shared_source(void **state)
{
    gan_context *context = test_context();
    fill_state filled = {.broken = -1};
    gan_dataset *whole = open_callback(context, &filled, GAN_DATASET(.prefetch = true)), *parts[2];
    float samples[8 * ELEMENTS];
    int64_t count;

    (void)state;
    test_status(gan_dataset_split(whole, GAN_SPLIT(.per_class = 10), &parts[0], &parts[1]), GAN_OK, "");
    for (int i = 0; i < 60; i++) {
        test_status(gan_dataset_next(whole, 8, samples, NULL, &count), GAN_OK, "");
        for (int p = 0; p < 2; p++) test_status(gan_dataset_next(parts[p], 8, samples, NULL, &count), GAN_OK, "");
    }
    gan_dataset_destroy(whole);
    for (int p = 0; p < 2; p++) gan_dataset_destroy(parts[p]);
    assert_false(atomic_load(&filled.overlap));
    gan_context_destroy(context);
}

/* ---- Failures ----------------------------------------------------------------------------------------------- */

/* A sample that cannot be read fails the batch that has it, whatever its size, each time, and no other. */
static void test_broken_sample(void **state)
{
    gan_context *context = test_context();
    fill_state filled = {.broken = BROKEN};
    float samples[40 * ELEMENTS];
    int64_t count;

    (void)state;
    for (int64_t batch = 1; batch <= 40; batch += 13) {
        gan_dataset *dataset = open_callback(context, &filled, GAN_DATASET(.prefetch = true, .in_order = true));
        gan_dataset_cursor cursor;
        for (int64_t at = 0; at + batch <= BROKEN; at += batch)
            test_status(gan_dataset_next(dataset, batch, samples, NULL, &count), GAN_OK, "");
        for (int again = 0; again < 3; again++) {
            test_status(gan_dataset_next(dataset, batch, samples, NULL, &count), GAN_ERROR_IO, "callback");
            assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
            assert_int_equal(cursor.position, BROKEN / batch * batch);
        }
        if (batch > 1) /* one that ends before it still succeeds */
            test_status(gan_dataset_next(dataset, BROKEN % batch, samples, NULL, &count), GAN_OK, "");
        cursor.position = BROKEN + 1;
        test_status(gan_dataset_set_cursor(dataset, cursor), GAN_OK, "");
        test_status(gan_dataset_next(dataset, batch, samples, NULL, &count), GAN_OK, "");
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

static gan_status use_prefetch(gan_context *context, void *user)
{
    gan_dataset *dataset = NULL;
    float samples[40 * ELEMENTS];
    int32_t classes[40];
    int64_t count;

    (void)user;
    gan_status status = open_array(context, GAN_DATASET(.prefetch = true), &dataset);
    for (int64_t i = 1; i <= 8 && status == GAN_OK; i++)
        status = gan_dataset_next(dataset, 5 * i, samples, i > 3 ? classes : NULL, &count);
    gan_dataset_destroy(dataset);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(use_prefetch, NULL) > 8);
}

static void test_refused(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    (void)state;
    test_status(open_array(context, GAN_DATASET(.delimiter = ';'), &dataset), GAN_ERROR_UNSUPPORTED,
                "only tables in CSV have a delimiter");
    test_status(open_array(context, GAN_DATASET(.skip_missing = true), &dataset), GAN_ERROR_UNSUPPORTED,
                "rows that miss something");
    gan_context_destroy(context);
}

/* ---- Ends --------------------------------------------------------------------------------------------------- */

static void test_destroyed_while_reading(void **state)
{
    gan_context *context = test_context();
    float samples[SAMPLES * ELEMENTS];
    int64_t count;

    (void)state;
    for (int i = 0; i < 200; i++) {
        fill_state filled = {.broken = -1};
        gan_dataset *dataset = open_callback(context, &filled, GAN_DATASET(.prefetch = true));
        test_status(gan_dataset_next(dataset, 75, samples, NULL, &count), GAN_OK, "");
        gan_dataset_destroy(dataset);
        assert_int_equal(atomic_load(&filled.inside), 0);
    }
    gan_context_destroy(context);
}

/* A child reads on where its parent's thread was lost. */
#ifdef _WIN32
static void test_fork(void **state)
{
    (void)state;
    test_skip("Windows has no fork()");
}
#else
static void test_fork(void **state)
{
    gan_context *context = test_context();
    gan_dataset *pair[2];

    (void)state;
    test_needs_threads_after_fork();
    open_pair(context, open_array, (gan_dataset_options){.seed = 4}, pair);
    for (int i = 0; i < 20; i++) {
        int result = -1;
        next_equal(pair, 60, true);
        const pid_t process = fork();
        assert_true(process >= 0);
        if (process == 0) {
            alarm(60);
            for (int j = 0; j < 5; j++) next_equal(pair, 60, true);
            destroy_pair(pair);
            gan_context_destroy(context);
            _exit(0);
        }
        assert_int_equal(waitpid(process, &result, 0), process);
        assert_int_equal(result, 0);
    }
    destroy_pair(pair);
    gan_context_destroy(context);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),       cmocka_unit_test(test_any_use),
        cmocka_unit_test(test_resume),        cmocka_unit_test(test_reads_ahead),
        cmocka_unit_test(test_shared_source), cmocka_unit_test(test_broken_sample),
        cmocka_unit_test(test_memory),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_fork),          cmocka_unit_test(test_destroyed_while_reading),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
