/* Checkpoints: saved, loaded and continued equals never stopped, bit for bit, here and in another process; a file
 * that does not fit changes nothing. */
#include "gans.h"
#include "support/allocator.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH      4
#define COUNT      22 /* samples: an epoch is five batches and a half */
#define KIND       TEST_GAN_DCGAN
#define BEFORE     10 /* steps before the checkpoint, into the second epoch, */
#define AFTER      7  /* and after it, into the third */
#define MOST_BYTES 65536

static const char *program; /* this one, for another process */

#ifdef _WIN32
#define COMMAND "\"\"%s\" \"%s\" \"%s\"\"" /* the shell takes the outer pair away */
#else
#define COMMAND "'%s' '%s' '%s'"
#endif

/* ---- A training ------------------------------------------------------------------------------------------------ */

typedef struct training {
    test_gan gan;
    gan_dataset *dataset;
    float *data;
} training;

static training create_training_of(test_gan_kind kind, const gan_trainer_options *options)
{
    training t = {.gan = test_gan_create(kind, 2, options)};
    const size_t values = (size_t)(COUNT * test_gan_elements(kind));
    t.data = malloc(values * sizeof(*t.data));
    assert_non_null(t.data);
    test_numbers(5, t.data, values);
    assert_int_equal(gan_dataset_from_array(t.gan.context, t.data, NULL, COUNT, test_gan_shape(kind),
                                            GAN_DATASET(.seed = 3), &t.dataset),
                     GAN_OK);
    return t;
}

/* With everything that has a state: dropout, batch normalisation, moments, a schedule, an average whose half-life
 * grows, a shuffled dataset. */
static training create_training(uint64_t seed)
{
    const gan_optimizer_options *generator =
        GAN_OPTIMIZER(.learning_rate = 1e-3f, .beta1 = 0.5f, .schedule = GAN_SCHEDULE_LINEAR,
                      .schedule_steps = BEFORE + AFTER);
    const gan_optimizer_options *discriminator =
        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e-2f, .momentum = 0.9f);
    return create_training_of(KIND, GAN_TRAINER(.batch = BATCH, .generator_optimizer = generator,
                                                .discriminator_optimizer = discriminator, .seed = seed,
                                                .ema_half_life = 50, .ema_ramp = 0.5f));
}

/* With penalties, whose samples are drawn: dropout in their session, and some updates without them. */
static training create_penalised_training(uint64_t seed)
{
    return create_training_of(TEST_GAN_SMOOTH,
                              GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC, .r1 = 1, .r2 = 1,
                                          .gradient_penalty = 10, .dragan = 10, .penalty_interval = 3,
                                          .penalty_schedule = GAN_SCHEDULE_COSINE, .penalty_schedule_steps = 40,
                                          .seed = seed));
}

/* With everything drawn for what D sees, including noise that decreases. */
static training create_seen_training(uint64_t seed)
{
    return create_training_of(
        KIND, GAN_TRAINER(.batch = BATCH, .augment = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT,
                          .instance_noise = 0.5f, .instance_noise_steps = BEFORE + AFTER - 1, .seed = seed));
}

static void destroy_training(training *t)
{
    gan_dataset_destroy(t->dataset);
    test_gan_destroy(&t->gan);
    free(t->data);
}

static void run(training *t, int64_t steps)
{
    assert_int_equal(gan_trainer_run(t->gan.trainer, t->dataset, GAN_RUN(.steps = steps)), GAN_OK);
}

static void save(const training *t, const char *path)
{
    assert_int_equal(gan_trainer_save(t->gan.trainer, t->dataset, path), GAN_OK);
}

typedef training (*create_fn)(uint64_t seed);

/* Saves training after some steps at `path`, for comparison: its whole state is in the file. */
static void save_course(create_fn create, int64_t steps, const char *path)
{
    training t = create(11);
    run(&t, steps);
    save(&t, path);
    destroy_training(&t);
}

/* ---- Going on -------------------------------------------------------------------------------------------------- */

static void continue_training(create_fn create, const char *from, const char *to)
{
    training t = create(99); /* seed, models' weights and cursor come from the file */
    const float zeros[48] = {0};
    assert_int_equal(gan_model_set_tensor(t.gan.generator, "0.weight", zeros, 48), GAN_OK);
    assert_int_equal(gan_trainer_load(t.gan.trainer, t.dataset, from), GAN_OK);
    assert_int_equal(gan_trainer_steps(t.gan.trainer), BEFORE);
    run(&t, AFTER);
    save(&t, to);
    destroy_training(&t);
}

static void check_resume(create_fn create)
{
    save_course(create, BEFORE + AFTER, test_path("whole"));
    save_course(create, BEFORE, test_path("part"));
    continue_training(create, test_path("part"), test_path("resumed"));
    test_assert_same_files(test_path("whole"), test_path("resumed"));
}

static void test_resume(void **state)
{
    (void)state;
    check_resume(create_training);
}

static void test_resume_with_penalties(void **state)
{
    (void)state;
    check_resume(create_penalised_training);
}

static void test_resume_with_view(void **state)
{
    (void)state;
    check_resume(create_seen_training);
}

static void test_resume_in_another_process(void **state)
{
    (void)state;
    const char *part = test_path("part"), *resumed = test_path("resumed");
    char command[8192];
    save_course(create_training, BEFORE + AFTER, test_path("whole"));
    save_course(create_training, BEFORE, part);
    assert_true(snprintf(command, sizeof(command), COMMAND, program, part, resumed) < (int)sizeof(command));
    assert_int_equal(system(command), 0);
    test_assert_same_files(test_path("whole"), resumed);
}

/* Saving disturbs nothing, and a file loaded and saved again is the same file. */
static void test_save_changes_nothing(void **state)
{
    (void)state;
    training t = create_training(11), other = create_training(12);
    run(&t, BEFORE);
    save(&t, test_path("first"));
    save(&t, test_path("second"));
    test_assert_same_files(test_path("first"), test_path("second"));
    assert_int_equal(gan_trainer_load(other.gan.trainer, other.dataset, test_path("first")), GAN_OK);
    save(&other, test_path("third"));
    test_assert_same_files(test_path("first"), test_path("third"));
    run(&t, AFTER);
    save(&t, test_path("end"));
    save_course(create_training, BEFORE + AFTER, test_path("whole"));
    test_assert_same_files(test_path("end"), test_path("whole"));
    destroy_training(&t);
    destroy_training(&other);
}

static void test_learning_rate(void **state)
{
    (void)state;
    const float rates[] = {0.123456789f, FLT_MAX, FLT_MIN};
    for (int i = 0; i < 3; i++) {
        training t = create_training_of(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .learning_rate = rates[i]));
        training other = create_training_of(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.5f));
        save(&t, test_path("file"));
        assert_int_equal(gan_trainer_load(other.gan.trainer, other.dataset, test_path("file")), GAN_OK);
        save(&other, test_path("again"));
        test_assert_same_files(test_path("file"), test_path("again"));
        destroy_training(&t);
        destroy_training(&other);
    }
}

/* A loaded trainer has the rates of the file, until its optimizers are given others. */
static void test_optimizers(void **state)
{
    (void)state;
    const gan_role roles[] = {GAN_ROLE_GENERATOR, GAN_ROLE_DISCRIMINATOR};
    training t = create_training_of(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.25f));
    training other = create_training_of(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.5f));
    gan_optimizer *optimizer = NULL;
    run(&t, 3);
    save(&t, test_path("file"));
    assert_int_equal(gan_trainer_load(other.gan.trainer, other.dataset, test_path("file")), GAN_OK);
    for (int i = 0; i < 2; i++) {
        test_status(gan_trainer_get_optimizer(other.gan.trainer, roles[i], &optimizer), GAN_OK, "");
        assert_true(gan_optimizer_learning_rate(optimizer) == 0.25);
        assert_int_equal(gan_optimizer_steps(optimizer), 3);
        assert_int_equal(gan_optimizer_set_learning_rate(optimizer, 0), GAN_OK);
    }
    run(&other, 2);
    test_assert_same_weights(other.gan.generator, t.gan.generator);
    test_assert_same_weights(other.gan.discriminator, t.gan.discriminator);
    assert_int_equal(gan_optimizer_set_learning_rate(optimizer, 0.125f), GAN_OK);
    run(&other, 1);
    test_assert_same_weights(other.gan.generator, t.gan.generator);
    test_status(gan_trainer_get_optimizer(t.gan.trainer, (gan_role)2, &optimizer), GAN_ERROR_ARGUMENT,
                "role is 2, expected a gan_role");
    test_status(gan_trainer_get_optimizer(NULL, GAN_ROLE_GENERATOR, &optimizer), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_get_optimizer(t.gan.trainer, GAN_ROLE_GENERATOR, NULL), GAN_ERROR_NULL, "out is NULL");
    destroy_training(&t);
    destroy_training(&other);
}

static void test_without_dataset(void **state)
{
    (void)state;
    training t = create_training(11);
    run(&t, 3);
    assert_int_equal(gan_trainer_save(t.gan.trainer, NULL, test_path("bare")), GAN_OK);
    save(&t, test_path("before"));
    test_status(gan_trainer_load(t.gan.trainer, t.dataset, test_path("bare")), GAN_ERROR_NOT_FOUND,
                "saved without a dataset");
    run(&t, 2);
    assert_int_equal(gan_trainer_load(t.gan.trainer, NULL, test_path("bare")), GAN_OK);
    assert_int_equal(gan_trainer_steps(t.gan.trainer), 3);
    assert_int_equal(gan_trainer_load(t.gan.trainer, NULL, test_path("before")), GAN_OK);
    destroy_training(&t);
}

/* A checkpoint is a way back if training diverges later; and what was loaded counts as good, so that a step that
 * diverges at once leaves it, not the weights from before. */
static void test_divergence(void **state)
{
    (void)state;
    training t = create_training(11);
    float samples[BATCH * 128];
    run(&t, BEFORE);
    save(&t, test_path("good"));
    size_t count;
    float *good = test_weights(t.gan.generator, &count);
    run(&t, 2);
    for (int i = 0; i < BATCH * 128; i++) samples[i] = NAN;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(gan_trainer_load(t.gan.trainer, t.dataset, test_path("good")), GAN_OK);
        save(&t, test_path("again"));
        test_assert_same_files(test_path("good"), test_path("again"));
        test_status(gan_trainer_step(t.gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                    "all models hold the weights from before it");
        test_assert_weights(t.gan.generator, good);
        assert_int_equal(gan_trainer_steps(t.gan.trainer), BEFORE);
    }
    free(good);
    destroy_training(&t);
}

/* ---- Files that do not fit ------------------------------------------------------------------------------------- */

/* The load fails as expected, and what is saved before and after is the same. */
static void refuse(training *t, const char *path, gan_status status, const char *part)
{
    save(t, test_path("before"));
    test_status(gan_trainer_load(t->gan.trainer, t->dataset, path), status, part);
    save(t, test_path("after"));
    test_assert_same_files(test_path("before"), test_path("after"));
}

static void test_other_architecture(void **state)
{
    (void)state;
    training dense = create_training_of(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH));
    training rmsprop = create_training_of(
        TEST_GAN_DENSE,
        GAN_TRAINER(.batch = BATCH, .discriminator_optimizer = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP)));
    training dcgan = create_training(11);
    save(&dense, test_path("dense"));
    refuse(&dcgan, test_path("dense"), GAN_ERROR_ARCHITECTURE, "its generator has a different architecture");
    refuse(&rmsprop, test_path("dense"), GAN_ERROR_ARCHITECTURE,
           "its discriminator_optimizer is adam, expected rmsprop");
    destroy_training(&dense);
    destroy_training(&rmsprop);
    destroy_training(&dcgan);
}

/* Architectures are the same if they mean the same: other programs and versions print numbers otherwise, and members
 * in another order. */
static void test_architecture_printed_otherwise(void **state)
{
#define EPSILON(text)  "\\\"epsilon\\\":" text
#define MOMENTUM(text) "\\\"momentum\\\":" text
    static const struct {
        const char *text, *other;
        gan_status status;
    } cases[] = {
        {EPSILON("9.999999747378752e-6"), EPSILON("1.000000000000000e-5"), GAN_OK},
        {EPSILON("9.999999747378752e-6"), EPSILON("0.000010000000000000"), GAN_OK},
        {EPSILON("9.999999747378752e-6"), EPSILON("      1e-5          "), GAN_OK},
        {EPSILON("9.999999747378752e-6") "," MOMENTUM("0.10000000149011612"),
         MOMENTUM("0.10000000149011612") "," EPSILON("9.999999747378752e-6"), GAN_OK},
        {EPSILON("9.999999747378752e-6"), EPSILON("9.999999747378752e-5"), GAN_ERROR_ARCHITECTURE},
        {EPSILON("9.999999747378752e-6"), EPSILON("-9.99999747378752e-6"), GAN_ERROR_FORMAT},
        {EPSILON("9.999999747378752e-6"), EPSILON("9.99999974737875.e-6"), GAN_ERROR_FORMAT},
    };
#undef EPSILON
#undef MOMENTUM
    (void)state;
    training t = create_training(11);
    save(&t, test_path("good"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(strlen(cases[i].text), strlen(cases[i].other));
        test_file_change(test_path("good"), test_path("changed"), cases[i].text, cases[i].other,
                         strlen(cases[i].text));
        test_status(gan_trainer_load(t.gan.trainer, t.dataset, test_path("changed")), cases[i].status, "");
    }
    destroy_training(&t);
}

/* An option's random state must be in the file; a trainer without the option ignores it. */
static void test_other_options(void **state)
{
    (void)state;
    const gan_trainer_options *plain = GAN_TRAINER(.batch = BATCH), *r1 = GAN_TRAINER(.batch = BATCH, .r1 = 1),
                              *dragan = GAN_TRAINER(.batch = BATCH, .dragan = 1);
    training without = create_training_of(TEST_GAN_DENSE, plain),
             zero_centered = create_training_of(TEST_GAN_DENSE, r1),
             drawn = create_training_of(TEST_GAN_DENSE, dragan);
    save(&without, test_path("without"));
    save(&drawn, test_path("drawn"));
    refuse(&drawn, test_path("without"), GAN_ERROR_NOT_FOUND, "without gradient_penalty and dragan");
    assert_int_equal(gan_trainer_load(zero_centered.gan.trainer, zero_centered.dataset, test_path("without")),
                     GAN_OK);
    assert_int_equal(gan_trainer_load(without.gan.trainer, without.dataset, test_path("drawn")), GAN_OK);
    destroy_training(&without);
    destroy_training(&zero_centered);
    destroy_training(&drawn);
}

/* Samples have gone since the file was saved: the sentence is about the file, not about a call that nobody made. */
static void test_smaller_dataset(void **state)
{
    (void)state;
    training t = create_training(1);
    gan_dataset *whole = t.dataset, *rest;
    assert_int_equal(gan_dataset_set_cursor(whole, (gan_dataset_cursor){.seed = 3, .position = COUNT - 1}), GAN_OK);
    save(&t, test_path("whole_data"));
    assert_int_equal(
        gan_dataset_from_array(t.gan.context, t.data, NULL, COUNT / 2, test_gan_shape(KIND), NULL, &rest), GAN_OK);
    t.dataset = rest;
    refuse(&t, test_path("whole_data"), GAN_ERROR_STATE, "whole_data': the dataset has");
    assert_null(strstr(gan_last_error(), "gan_dataset_set_cursor"));
    gan_dataset_destroy(whole);
    destroy_training(&t);
}

static void test_other_views(void **state)
{
    (void)state;
    const gan_trainer_options *plain = GAN_TRAINER(.batch = BATCH);
    const gan_trainer_options *augmented = GAN_TRAINER(.batch = BATCH, .augment = GAN_AUGMENT_CUTOUT);
    const gan_trainer_options *noisy = GAN_TRAINER(.batch = BATCH, .instance_noise = 1);
    training without = create_training_of(KIND, plain), cut = create_training_of(KIND, augmented),
             with_noise = create_training_of(KIND, noisy);
    save(&without, test_path("without"));
    save(&cut, test_path("cut"));
    refuse(&cut, test_path("without"), GAN_ERROR_NOT_FOUND, "saved without augment");
    refuse(&with_noise, test_path("cut"), GAN_ERROR_NOT_FOUND, "saved without instance_noise");
    assert_int_equal(gan_trainer_load(without.gan.trainer, without.dataset, test_path("cut")), GAN_OK);
    destroy_training(&without);
    destroy_training(&cut);
    destroy_training(&with_noise);
}

/* An average must be in the file if the trainer keeps one; else it is ignored. */
static void test_average(void **state)
{
    (void)state;
    const gan_trainer_options *without = GAN_TRAINER(.batch = BATCH);
    training plain = create_training_of(KIND, without), other = create_training_of(KIND, without);
    training averaging = create_training_of(KIND, GAN_TRAINER(.batch = BATCH, .ema_decay = 0.5f));
    run(&plain, 3);
    run(&averaging, 3);
    save(&plain, test_path("plain"));
    save(&averaging, test_path("averaging"));
    refuse(&averaging, test_path("plain"), GAN_ERROR_ARCHITECTURE, "without an average of the generator");
    assert_int_equal(gan_trainer_load(other.gan.trainer, other.dataset, test_path("averaging")), GAN_OK);
    save(&other, test_path("again"));
    test_assert_same_files(test_path("plain"), test_path("again"));
    destroy_training(&plain);
    destroy_training(&other);
    destroy_training(&averaging);
}

/* After a load, a step that diverges at once leaves the loaded average. */
static void test_average_diverges(void **state)
{
    (void)state;
    training t = create_training(11);
    float samples[BATCH * 128];
    gan_model *average;
    size_t count;
    assert_int_equal(gan_trainer_get_average(t.gan.trainer, &average), GAN_OK);
    run(&t, 3);
    save(&t, test_path("good"));
    float *good = test_weights(average, &count);
    run(&t, 2);
    assert_int_equal(gan_trainer_load(t.gan.trainer, t.dataset, test_path("good")), GAN_OK);
    for (int i = 0; i < BATCH * 128; i++) samples[i] = NAN;
    assert_int_equal(gan_trainer_step(t.gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED);
    test_assert_weights(average, good);
    free(good);
    destroy_training(&t);
}

static void test_other_files(void **state)
{
    (void)state;
    training t = create_training(11);
    char bytes[MOST_BYTES];
    run(&t, 1);
    assert_int_equal(gan_model_save(t.gan.generator, test_path("model")), GAN_OK);
    refuse(&t, test_path("model"), GAN_ERROR_FORMAT, "is not a checkpoint, but a model");
    refuse(&t, test_path("missing"), GAN_ERROR_NOT_FOUND, "missing");
    test_file_write(test_path("text"), "This is no safetensors file at all.", 35);
    save(&t, test_path("whole"));
    const size_t size = test_file_read(test_path("whole"), bytes, sizeof(bytes));
    test_file_write(test_path("cut"), bytes, size - 1);
    refuse(&t, test_path("cut"), GAN_ERROR_TRUNCATED, "cut");
    save(&t, test_path("before"));
    assert_int_not_equal(gan_trainer_load(t.gan.trainer, t.dataset, test_path("text")), GAN_OK);
    save(&t, test_path("after"));
    test_assert_same_files(test_path("before"), test_path("after"));
    /* And a checkpoint is no model. */
    gan_model *model = NULL;
    test_status(gan_model_load(t.gan.context, test_path("whole"), &model), GAN_ERROR_FORMAT, "whole");
    assert_null(model);
    destroy_training(&t);
}

static void test_malformed(void **state)
{
    (void)state;
    training t = create_training(11);
    const struct {
        const char *text, *other;
        gan_status status;
        const char *part;
    } cases[] = {
        {"\"libgan.steps\"", "\"libgan.stops\"", GAN_ERROR_FORMAT, "has no libgan.steps"},
        {"\"libgan.steps\":\"10\"", "\"libgan.steps\":\"1x\"", GAN_ERROR_FORMAT, "libgan.steps is '1x'"},
        {"\"libgan.steps\":\"10\"", "\"libgan.steps\":\"-1\"", GAN_ERROR_FORMAT, "libgan.steps is '-1'"},
        {"\"libgan.steps\":\"10\"", "\"libgan.steps\":\"\"  ", GAN_ERROR_FORMAT, "libgan.steps is ''"},
        {"\"libgan.steps\":\"10\"", "\"libgan.steps\":\"01\"", GAN_ERROR_FORMAT, "libgan.steps is '01'"},
        {"\"libgan.steps\":\"10\"", "\"libgan.steps\":\" 1\"", GAN_ERROR_FORMAT, "libgan.steps is ' 1'"},
        {"\"libgan.format\":\"1\"", "\"libgan.format\":\"7\"", GAN_ERROR_VERSION, "format 7"},
        {"\"libgan.kind\"", "\"libgan.mind\"", GAN_ERROR_FORMAT, "is not a checkpoint"},
        {"\"libgan.fake.passes\"", "\"libgan.fake.masses\"", GAN_ERROR_FORMAT, "has no libgan.fake.passes"},
        {"optimizer.learning_rate\":\"0.0", "optimizer.learning_rate\":\"-.0", GAN_ERROR_FORMAT,
         "learning_rate is '-"},
        {"\"libgan.dataset.position\":\"16\"", "\"libgan.dataset.position\":\"99\"", GAN_ERROR_FORMAT,
         "position is 99"},
        {"\"libgan.format\":\"1\"", "\"libgan.format\":\"0\"", GAN_ERROR_FORMAT, "libgan.format is '0'"},
        {"\"generator_optimizer.image.bias.second\"", "\"generator_optimizer.image.bias.fecond\"",
         GAN_ERROR_ARCHITECTURE, "has no tensor 'generator_optimizer.image.bias.second'"},
        {"\"generator_average.1.running_var\"", "\"generator_average.1.runninG_var\"", GAN_ERROR_ARCHITECTURE,
         "has no tensor 'generator_average.1.running_var'"},
        {"\"libgan.average.samples\":\"38\"", "\"libgan.average.samples\":\"3x\"", GAN_ERROR_FORMAT,
         "libgan.average.samples is '3x'"},
        {"\"generator.image.bias\":{\"dtype\":\"F32\"", "\"generator.image.bias\":{\"dtype\":\"I32\"",
         GAN_ERROR_UNSUPPORTED, "is not of the type F32"},
    };
    run(&t, BEFORE);
    save(&t, test_path("good"));
    run(&t, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(strlen(cases[i].text), strlen(cases[i].other));
        test_file_change(test_path("good"), test_path("bad"), cases[i].text, cases[i].other, strlen(cases[i].text));
        refuse(&t, test_path("bad"), cases[i].status, cases[i].part);
    }
    destroy_training(&t);
}

/* Values that training never gives are neither saved nor loaded: the root of a variance is taken. */
static void test_negative_variance(void **state)
{
    (void)state;
    training t = create_training(11);
    const float mark = 12345.678f, bad[] = {-1, NAN};
    float values[64];
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    for (int64_t i = 0; !info.name || !strstr(info.name, "running_var"); i++)
        assert_int_equal(gan_model_get_tensor_info(t.gan.generator, i, &info), GAN_OK);
    assert_in_range(info.count, 1, 64);
    assert_int_equal(gan_model_get_tensor(t.gan.generator, info.name, values, info.count), GAN_OK);
    for (int i = 0; i < 2; i++) {
        values[0] = mark;
        assert_int_equal(gan_model_set_tensor(t.gan.generator, info.name, values, info.count), GAN_OK);
        save(&t, test_path("good"));
        test_file_change_number(test_path("good"), test_path("bad"), mark, bad[i]);
        refuse(&t, test_path("bad"), GAN_ERROR_FORMAT, "expected finite, not negative numbers");
        values[0] = bad[i];
        assert_int_equal(gan_model_set_tensor(t.gan.generator, info.name, values, info.count), GAN_OK);
        test_status(gan_trainer_save(t.gan.trainer, t.dataset, test_path("good")), GAN_ERROR_NOT_FINITE, info.name);
    }
    destroy_training(&t);
}

/* A folder that does not exist, and a path that is no folder: the old file, if any, is untouched. */
static void test_unwritable(void **state)
{
    (void)state;
    training t = create_training(11);
    save(&t, test_path("file"));
    const int files = test_folder_count();
    assert_int_equal(gan_trainer_save(t.gan.trainer, t.dataset, test_path("nowhere/file")), GAN_ERROR_NOT_FOUND);
    assert_int_not_equal(gan_trainer_save(t.gan.trainer, t.dataset, test_path("file/file")), GAN_OK);
    assert_int_equal(test_folder_count(), files);
    test_status(gan_trainer_save(NULL, NULL, test_path("file")), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_save(t.gan.trainer, NULL, NULL), GAN_ERROR_NULL, "path is NULL");
    test_status(gan_trainer_load(NULL, NULL, test_path("file")), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_load(t.gan.trainer, NULL, NULL), GAN_ERROR_NULL, "path is NULL");
    destroy_training(&t);
}

/* ---- Out of memory --------------------------------------------------------------------------------------------- */

static gan_status save_and_load(gan_context *context, void *user)
{
    gan_model *generator, *discriminator;
    gan_trainer *trainer = NULL;
    gan_status status = test_gan_models(context, TEST_GAN_DENSE, &generator, &discriminator);
    (void)user;
    if (status != GAN_OK) return status;
    status =
        gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = 2, .ema_decay = 0.5f), &trainer);
    if (status == GAN_OK) status = gan_trainer_save(trainer, NULL, test_path("file"));
    if (status == GAN_OK) status = gan_trainer_load(trainer, NULL, test_path("file"));
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(save_and_load, NULL) > 50);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_resume_with_penalties),
        cmocka_unit_test(test_resume_with_view),
        cmocka_unit_test(test_resume_in_another_process),
        cmocka_unit_test(test_save_changes_nothing),
        cmocka_unit_test(test_learning_rate),
        cmocka_unit_test(test_optimizers),
        cmocka_unit_test(test_smaller_dataset),
        cmocka_unit_test(test_other_views),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_average_diverges),
        cmocka_unit_test(test_without_dataset),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_other_architecture),
        cmocka_unit_test(test_architecture_printed_otherwise),
        cmocka_unit_test(test_other_options),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_negative_variance),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_failing_allocations),
    };
    if (argc == 3) {
        continue_training(create_training, argv[1], argv[2]);
        return 0;
    }
    program = argv[0];
    return cmocka_run_group_tests_name("checkpoints", tests, test_folder_create, test_folder_remove);
}
