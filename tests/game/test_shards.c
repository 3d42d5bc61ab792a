/* Batches that are divided: the same bits with any number of processes, here threads; what these compare; and how
 * they fail and stop together. */
#include "train/gans.h"

#include "support/loopback.h"
#include "support/run.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT "shards.safetensors"

enum { MOST = 4, VALUES = 4096, COUNT = 44 };

typedef struct process process;

/* What every process does; tests change it for some. */
typedef struct setup {
    test_gan_kind kind;
    gan_trainer_options options;
    int steps, updates;
    int64_t batch;  /* of a step; 0: that of the options */
    uint64_t seed;  /* of the dataset, */
    float *samples; /* and its array; NULL: the same for all */
    int64_t saves_after, leaves_after;
    bool prefetch, resumes, storage;  /* storage: in bfloat16 */
    void (*differ)(process *process); /* NULL: they are all alike */
    gan_status (*work)(process *process);
} setup;

struct process {
    setup as;
    loopback *loop;
    int64_t rank, size;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
    gan_dataset *data;
    gan_step_report report;
    gan_status status;
    char sentence[512], warning[512];
};

#define TRY(call)                            \
    do {                                     \
        const gan_status status = (call);    \
        if (status != GAN_OK) return status; \
    } while (0)

/* ---- Processes ------------------------------------------------------------------------------------------------- */

static float samples[VALUES * 8];

/* Step number `step`: this process's rows of every batch of it. */
static gan_status take_step(process *p, int step)
{
    const int64_t elements = test_gan_elements(p->as.kind);
    const int64_t batch = p->as.batch ? p->as.batch : p->as.options.batch, own = batch / p->size;
    float all[VALUES], mine[VALUES];
    test_numbers(1000 + (uint64_t)step, all, (size_t)(batch * p->as.updates * elements));
    for (int i = 0; i < p->as.updates; i++) {
        memcpy(mine + i * own * elements, all + (i * batch + p->rank * own) * elements,
               (size_t)(own * elements) * sizeof(*all));
    }
    return gan_trainer_step(p->trainer, mine, batch, &p->report);
}

static gan_status take_steps(process *p)
{
    for (int step = 1; step <= p->as.steps; step++) TRY(take_step(p, step));
    return GAN_OK;
}

static void keep_warning(void *user, gan_log_level level, const char *message)
{
    process *p = user;
    if (level >= GAN_LOG_WARNING) snprintf(p->warning, sizeof(p->warning), "%s", message);
}

static gan_status prepare(process *p)
{
    const gan_collective collective = loopback_collective(p->loop, p->rank);
    gan_trainer_options options = p->as.options;
    options.collective = p->size > 1 ? &collective : NULL;
    p->report = (gan_step_report)GAN_STEP_REPORT_INIT;
    TRY(gan_context_create(GAN_CONTEXT(.threads = 1 + p->rank % 2, .log = keep_warning, .log_user = p,
                                       .bfloat16_storage = p->as.storage),
                           &p->context));
    TRY(test_gan_models(p->context, p->as.kind, &p->generator, &p->discriminator));
    TRY(gan_dataset_from_array(p->context, p->as.samples ? p->as.samples : samples, NULL, COUNT,
                               test_gan_shape(p->as.kind),
                               GAN_DATASET(.seed = p->as.seed, .prefetch = p->as.prefetch), &p->data));
    return gan_trainer_create(p->context, p->generator, p->discriminator, &options, &p->trainer);
}

static void *run_process(void *argument)
{
    process *p = argument;
    p->status = prepare(p);
    if (p->status == GAN_OK) p->status = p->as.work(p);
    snprintf(p->sentence, sizeof(p->sentence), "%s", gan_last_error());
    if (p->status != GAN_OK && p->size > 1) loopback_leave(p->loop);
    return NULL;
}

static void run(const setup *as, int64_t size, process processes[MOST])
{
    pthread_t threads[MOST];
    loopback loop;
    loopback_create(&loop, size);
    for (int64_t i = 0; i < size; i++) {
        processes[i] = (process){.as = *as, .loop = &loop, .rank = i, .size = size};
        if (processes[i].as.updates == 0) processes[i].as.updates = 1;
        if (as->differ) as->differ(&processes[i]);
        loop.processes[i].leaves_after = processes[i].as.leaves_after;
        assert_int_equal(pthread_create(&threads[i], NULL, run_process, &processes[i]), 0);
    }
    for (int64_t i = 0; i < size; i++) pthread_join(threads[i], NULL);
    loopback_destroy(&loop);
}

static void destroy(process *processes, int64_t size)
{
    for (int64_t i = 0; i < size; i++) {
        gan_trainer_destroy(processes[i].trainer);
        gan_dataset_destroy(processes[i].data);
        gan_model_destroy(processes[i].generator);
        gan_model_destroy(processes[i].discriminator);
        gan_context_destroy(processes[i].context);
    }
}

/* All of a report but times. */
static void assert_same_report(const gan_step_report *a, const gan_step_report *b)
{
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->batch, b->batch);
    assert_memory_equal(&a->discriminator_loss, &b->discriminator_loss, 6 * sizeof(double));
    assert_memory_equal(&a->penalty, &b->penalty, 7 * sizeof(double));
    assert_int_equal(a->diagnoses, b->diagnoses);
}

/* One process, then 2 and 4, with the same number of shards. */
static void assert_same_with_any_number(setup as)
{
    process alone[MOST], many[MOST];
    run(&as, 1, alone);
    assert_int_equal(alone[0].status, GAN_OK);
    for (int64_t size = 2; size <= as.options.shards; size++) {
        if (as.options.shards % size != 0) continue;
        run(&as, size, many);
        for (int64_t i = 0; i < size; i++) {
            if (many[i].status != GAN_OK) print_message("%s\n", many[i].sentence);
            assert_int_equal(many[i].status, GAN_OK);
            test_assert_same_weights(alone[0].generator, many[i].generator);
            test_assert_same_weights(alone[0].discriminator, many[i].discriminator);
        }
        assert_same_report(&alone[0].report, &many[0].report);
        destroy(many, size);
    }
    destroy(alone, 1);
}

#define OPTIONS(...)                                            \
    {                                                           \
        .struct_size = sizeof(gan_trainer_options), __VA_ARGS__ \
    }
#define STEPS(of, ...)                                                                \
    (setup)                                                                           \
    {                                                                                 \
        .kind = (of), .steps = 3, .work = take_steps, .options = OPTIONS(__VA_ARGS__) \
    }

/* ---- Any number of processes ----------------------------------------------------------------------------------- */

static void test_processes(void **state)
{
    (void)state;
    assert_same_with_any_number(STEPS(TEST_GAN_DENSE, .batch = 8, .shards = 4));
    assert_same_with_any_number(STEPS(TEST_GAN_DENSE, .batch = 9, .shards = 3));
    assert_same_with_any_number(STEPS(TEST_GAN_DCGAN, .batch = 8, .shards = 4, .diagnosis_interval = 1));
    assert_same_with_any_number(STEPS(TEST_GAN_SMOOTH, .batch = 8, .shards = 4, .ema_half_life = 20));
    assert_same_with_any_number(STEPS(TEST_GAN_WIDE, .batch = 4, .shards = 4));
}

static void test_options(void **state)
{
    (void)state;
    assert_same_with_any_number(
        STEPS(TEST_GAN_SMOOTH, .batch = 8, .shards = 4, .r1 = 1, .r2 = 1, .gradient_penalty = 1, .dragan = 1));
    assert_same_with_any_number(STEPS(TEST_GAN_PACKED, .batch = 8, .shards = 4, .packing = 2, .instance_noise = 0.1f,
                                      .augment = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION));
    assert_same_with_any_number(STEPS(TEST_GAN_COLOUR, .batch = 8, .shards = 4, .instance_noise = 0.1f,
                                      .augment = GAN_AUGMENT_CUTOUT, .noise = GAN_NOISE_UNIFORM,
                                      .loss = GAN_LOSS_RELATIVISTIC_AVERAGE));
    assert_same_with_any_number(STEPS(TEST_GAN_SMOOTH, .batch = 8, .shards = 4, .simultaneous = true));
    assert_same_with_any_number(STEPS(TEST_GAN_DCGAN, .batch = 8, .shards = 4, .shard_batch_norm = true));
    setup stored = STEPS(TEST_GAN_WIDE, .batch = 4, .shards = 4);
    stored.storage = true;
    assert_same_with_any_number(stored);
    setup as = STEPS(TEST_GAN_DCGAN, .batch = 8, .shards = 4, .discriminator_steps = 2, .fresh_noise = true,
                     .order = GAN_ORDER_GENERATOR_FIRST);
    as.updates = 2;
    assert_same_with_any_number(as);
    as.batch = 4; /* less than the trainer's, a sample for each shard */
    assert_same_with_any_number(as);
}

/* ---- Runs ------------------------------------------------------------------------------------------------------ */

static int remember(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    process *p = user;
    p->report = *report;
    if (p->as.saves_after != report->step || p->rank > 0) return 0;
    return gan_trainer_save(trainer, p->data, CHECKPOINT) != GAN_OK;
}

static gan_status run_steps(process *p)
{
    if (p->as.resumes) TRY(gan_trainer_load(p->trainer, p->data, CHECKPOINT));
    return gan_trainer_run(p->trainer, p->data, GAN_RUN(.steps = p->as.steps, .progress = remember, .user = p));
}

/* Epochs of 44 samples have a last batch of 12, and with 3 shards of 9. */
static void test_runs(void **state)
{
    (void)state;
    setup as = STEPS(TEST_GAN_DENSE, .batch = 16, .shards = 4);
    as.work = run_steps;
    as.steps = 7;
    assert_same_with_any_number(as);
    as.prefetch = true;
    assert_same_with_any_number(as);
    as.options.batch = 15;
    as.options.shards = 3;
    assert_same_with_any_number(as);
}

/* Saved by the first of two processes, and resumed by one, two and four. */
static void test_resume(void **state)
{
    (void)state;
    process first[MOST], resumed[MOST];
    setup as = STEPS(TEST_GAN_DCGAN, .batch = 16, .shards = 4);
    as.work = run_steps;
    as.steps = 7;
    as.saves_after = 4;
    run(&as, 2, first);
    assert_int_equal(first[0].status, GAN_OK);
    as.resumes = true;
    as.steps = 3;
    for (int64_t size = 1; size <= 4; size *= 2) {
        run(&as, size, resumed);
        for (int64_t i = 0; i < size; i++) {
            assert_int_equal(resumed[i].status, GAN_OK);
            test_assert_same_weights(first[0].discriminator, resumed[i].discriminator);
            test_assert_same_weights(first[0].generator, resumed[i].generator);
        }
        assert_string_equal(resumed[0].warning, "");
        destroy(resumed, size);
    }
    destroy(first, 2);
    remove(CHECKPOINT);
}

/* Saved with one kind of shards and resumed with another: a warning. */
static void assert_told(gan_trainer_options before, gan_trainer_options after, const char *expected)
{
    process processes[MOST];
    setup as = {.kind = TEST_GAN_DENSE, .options = before};
    as.work = run_steps;
    as.steps = as.saves_after = 1;
    run(&as, 1, processes);
    assert_int_equal(processes[0].status, GAN_OK);
    destroy(processes, 1);
    as.options = after;
    as.resumes = true;
    run(&as, 1, processes);
    assert_int_equal(processes[0].status, GAN_OK);
    assert_string_equal(processes[0].warning, expected);
    destroy(processes, 1);
    remove(CHECKPOINT);
}

static void test_other_shards(void **state)
{
    (void)state;
#define TOLD      "the trainer in '" CHECKPOINT "' was described otherwise: game."
#define WITH(...) (gan_trainer_options) OPTIONS(.batch = 16, __VA_ARGS__)
    assert_told(WITH(.shards = 1), WITH(.shards = 4), TOLD "shards was 1, and is 4 here");
    assert_told(WITH(.shards = 4), WITH(.shards = 2), TOLD "shards was 4, and is 2 here");
    assert_told(WITH(.shards = 4), WITH(.shards = 1), TOLD "shards was 4, and is 1 here");
    assert_told(WITH(.shards = 1), WITH(.shards = 1, .shard_batch_norm = true), "");
    assert_told(WITH(.shards = 4), WITH(.shards = 4, .shard_batch_norm = true),
                TOLD "batch_norm was by batch, and is by shard here");
    assert_told(WITH(.shards = 4, .shard_batch_norm = true), WITH(.shards = 4),
                TOLD "batch_norm was by shard, and is by batch here");
}

/* ---- The whole batch ------------------------------------------------------------------------------------------- */

/* A model with batch normalisation that copies its input, without random numbers, and without a bias that batch
 * normalisation takes out again: Adam would make steps of the rounding of its gradient, which is 0. */
static void copy_images(int64_t shards, float *weights, double *loss)
{
    enum { BATCH = 8, SIZE = 3 * 4 * 4 };
    float images[BATCH * SIZE];
    const float *inputs[] = {images};
    gan_context *context = NULL;
    gan_model *model = NULL;
    gan_game *game = NULL;
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    size_t count;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3, 4, 4)));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.padding = GAN_PADDING_SAME, .no_bias = true)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_conv2d(context, 3, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    assert_int_equal(gan_model_build(model, 5), GAN_OK);
    assert_int_equal(gan_game_create(context, GAN_GAME(.batch = BATCH, .shards = shards), &game), GAN_OK);
    const gan_term x = gan_game_input(game, "x", GAN_SHAPE(3, 4, 4));
    const gan_player p = gan_game_player(game, "p", model, GAN_PLAYER(.learning_rate = 1e-2f));
    gan_game_want(game, p, 1, gan_l2_loss(gan_game_apply(game, model, GAN_TERMS(x)), x));
    assert_int_equal(gan_game_build(game), GAN_OK);
    for (uint64_t i = 0; i < 4; i++) {
        test_numbers(i, images, BATCH * SIZE);
        assert_int_equal(gan_game_round(game, inputs, BATCH, &report), GAN_OK);
    }
    *loss = report.wants[0];
    float *found = test_weights(model, &count);
    assert_true(count < VALUES);
    memcpy(weights, found, count * sizeof(*weights));
    free(found);
    gan_game_destroy(game);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

/* Only rounding tells a batch that is divided from one that is not: its batch normalisation is that of all of it. */
static void test_rounding(void **state)
{
    (void)state;
    static float whole[VALUES], divided[VALUES];
    double loss, other;
    copy_images(1, whole, &loss);
    for (int64_t shards = 2; shards <= 8; shards *= 2) {
        copy_images(shards, divided, &other);
        assert_near(other, loss, 1e-5);
        for (int i = 0; i < VALUES; i++) assert_near((double)divided[i], (double)whole[i], 1e-4);
    }
}

/* ---- Differences ----------------------------------------------------------------------------------------------- */

static void differ_in_options(process *p)
{
    if (p->rank == 1) p->as.options.discriminator_steps = p->as.updates = 2;
}

static void differ_in_rate(process *p)
{
    static const gan_optimizer_options other = {.struct_size = sizeof(other), .learning_rate = 1e-3f};
    if (p->rank == 1) p->as.options.generator_optimizer = &other;
}

static void differ_in_decay(process *p)
{
    static const gan_optimizer_options other = {.struct_size = sizeof(other), .weight_decay = 0.1f};
    if (p->rank == 1) p->as.options.generator_optimizer = &other;
}

static void differ_in_seed(process *p)
{
    if (p->rank == 1) p->as.options.seed = 9;
}

static void differ_in_model(process *p)
{
    if (p->rank == 1) p->as.kind = TEST_GAN_DCGAN;
}

static void differ_in_data(process *p)
{
    if (p->rank == 1) p->as.seed = 9;
}

/* In one value of the last sample. */
static void differ_in_values(process *p)
{
    static float others[VALUES * 8];
    const int64_t size = COUNT * test_gan_elements(p->as.kind);
    if (p->rank != 1) return;
    memcpy(others, samples, (size_t)size * sizeof(*samples));
    others[size - 1] += 0.5f;
    p->as.samples = others;
}

static void differ_in_batch(process *p)
{
    if (p->rank == 1) p->as.batch = 6;
}

static gan_status change_weights(process *p)
{
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    float values[VALUES];
    TRY(gan_model_get_tensor_info(p->generator, 0, &info));
    TRY(gan_model_get_tensor(p->generator, info.name, values, info.count));
    if (p->rank == 1) values[info.count - 1] += 1e-3f;
    TRY(gan_model_set_tensor(p->generator, info.name, values, info.count));
    return take_steps(p);
}

static void differ_in_length(process *p)
{
    if (p->rank == 1) p->as.leaves_after = 9;
}

/* Every process gets an error. */
static void assert_all_fail(setup as, gan_status status, const char *part)
{
    process processes[MOST];
    run(&as, 2, processes);
    bool told = false;
    for (int64_t i = 0; i < 2; i++) {
        assert_int_not_equal(processes[i].status, GAN_OK);
        told |= processes[i].status == status && strstr(processes[i].sentence, part);
    }
    if (!told) print_message("%s\n%s\n", processes[0].sentence, processes[1].sentence);
    assert_true(told);
    destroy(processes, 2);
}

static void test_differences(void **state)
{
    (void)state;
    setup as = STEPS(TEST_GAN_SMOOTH, .batch = 8);
    as.differ = differ_in_options;
    assert_all_fail(as, GAN_ERROR_ARCHITECTURE, "process 1 has other models or options than process 0");
    as.differ = differ_in_rate;
    assert_all_fail(as, GAN_ERROR_ARCHITECTURE, "process 1 has other models or options than process 0");
    as.differ = differ_in_decay;
    assert_all_fail(as, GAN_ERROR_ARCHITECTURE, "process 1 has other models or options than process 0");
    as.differ = differ_in_seed;
    assert_all_fail(as, GAN_ERROR_ARCHITECTURE, "process 1 has other models or options than process 0");
    as.differ = differ_in_model;
    assert_all_fail(as, GAN_ERROR_ARCHITECTURE, "process 1 has other models or options than process 0");
    as.differ = differ_in_batch;
    assert_all_fail(as, GAN_ERROR_BATCH, "process 1 has 6 samples for step 1, but process 0 has 8");
    as.differ = differ_in_length;
    assert_all_fail(as, GAN_ERROR_IO, "process 0 of 2: a thread has left");
    as.differ = NULL;
    as.work = change_weights;
    assert_all_fail(as, GAN_ERROR_STATE, "process 1 has other weights than process 0");
    as.work = run_steps;
    as.differ = differ_in_data;
    assert_all_fail(as, GAN_ERROR_STATE, "process 1 has other data than process 0");
    as.differ = differ_in_values;
    assert_all_fail(as, GAN_ERROR_STATE, "process 1 has other data than process 0");
}

/* ---- Stopping together ----------------------------------------------------------------------------------------- */

static int cancel_second(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)trainer;
    return ((const process *)user)->rank == 1 && report->step == 3;
}

static gan_status run_until_cancelled(process *p)
{
    return gan_trainer_run(p->trainer, p->data, GAN_RUN(.steps = 100, .progress = cancel_second, .user = p));
}

/* The clock of the first process decides. */
static gan_status run_seconds(process *p)
{
    TRY(gan_trainer_run(p->trainer, p->data, GAN_RUN(.seconds = p->rank == 0 ? 0.05 : 1000)));
    p->report.step = gan_trainer_steps(p->trainer);
    return GAN_OK;
}

static void test_stopping(void **state)
{
    (void)state;
    process processes[MOST];
    setup as = STEPS(TEST_GAN_DENSE, .batch = 8);
    as.work = run_until_cancelled;
    run(&as, 2, processes);
    for (int64_t i = 0; i < 2; i++) {
        assert_int_equal(processes[i].status, GAN_ERROR_CANCELLED);
        assert_int_equal(gan_trainer_steps(processes[i].trainer), 3);
    }
    assert_non_null(strstr(processes[0].sentence, "process 1 failed: cancelled"));
    destroy(processes, 2);
    as.work = run_seconds;
    run(&as, 2, processes);
    assert_int_equal(processes[0].status, GAN_OK);
    assert_int_equal(processes[1].status, GAN_OK);
    assert_int_equal(processes[0].report.step, processes[1].report.step);
    destroy(processes, 2);
}

/* ---- Refused ----------------------------------------------------------------------------------------------------
 */

static void test_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    loopback loop;
    loopback_create(&loop, 2);
    gan_collective two = loopback_collective(&loop, 0), without = two, outside = two, none = two, many = two;
    without.finish = NULL;
    outside.rank = 2;
    none.size = 0;
    many.size = 65537;
    const refused_options cases[] = {
        {GAN_TRAINER(.shards = -1), GAN_ERROR_ARGUMENT, "shards is -1"},
        {GAN_TRAINER(.shards = 65537), GAN_ERROR_ARGUMENT, "shards is 65537"},
        {GAN_TRAINER(.batch = 8, .shards = 3), GAN_ERROR_BATCH,
         "batch is 8, expected a multiple of the number of shards, 3"},
        {GAN_TRAINER(.shards = 3, .collective = &two), GAN_ERROR_ARGUMENT,
         "shards is 3, expected a multiple of the number of processes, 2"},
        {GAN_TRAINER(.batch = 7, .collective = &two), GAN_ERROR_BATCH, "batch is 7"},
        {GAN_TRAINER(.collective = &without), GAN_ERROR_NULL, "collective.finish is NULL"},
        {GAN_TRAINER(.collective = &outside), GAN_ERROR_ARGUMENT, "collective.rank is 2, expected 0 to 1"},
        {GAN_TRAINER(.collective = &none), GAN_ERROR_ARGUMENT, "collective.size is 0, expected 1 to 65536"},
        {GAN_TRAINER(.collective = &many), GAN_ERROR_ARGUMENT, "collective.size is 65537, expected 1 to 65536"},
    };
    test_options_are_refused(&gan, cases, sizeof(cases) / sizeof(*cases));
    loopback_destroy(&loop);
    test_gan_destroy(&gan);
}

static void test_memory(void **state)
{
    (void)state;
    test_steps_allocate_nothing(TEST_GAN_DCGAN, GAN_TRAINER(.batch = 8, .shards = 4), 3, 8);
    assert_true(test_trainer_allocations_fail(TEST_GAN_DCGAN, GAN_TRAINER(.batch = 8, .shards = 4)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processes),   cmocka_unit_test(test_options),      cmocka_unit_test(test_runs),
        cmocka_unit_test(test_resume),      cmocka_unit_test(test_other_shards), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_differences), cmocka_unit_test(test_stopping),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
    };
    test_numbers(7, samples, sizeof(samples) / sizeof(*samples));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
