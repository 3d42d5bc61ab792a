/* What a trainer measures besides its work: each number against one that is known, or computed here from public
 * calls; and that measuring changes nothing. */
#include "gans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4
#define STILL 1e-20f /* a learning rate that leaves weights as they are */

/* ---- Players whose answers are known --------------------------------------------------------------------------- */

typedef enum ending { LINEAR, TANH, SIGMOID, TANH_RESHAPED } ending;

/* G(z) = ending(scale z + (shift, 0)), D(x) = x_0. */
static test_gan known_gan(ending end, float scale, float shift, const gan_trainer_options *options)
{
    test_gan gan = {.context = test_context()};
    gan_model **models[] = {&gan.generator, &gan.discriminator};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gan_model_create(gan.context, models[i]), GAN_OK);
        gan_model_add(*models[i], gan_layer_input(gan.context, GAN_SHAPE(2)));
        gan_model_add(*models[i], gan_layer_dense(gan.context, i == 0 ? 2 : 1, NULL));
    }
    if (end == TANH || end == TANH_RESHAPED) gan_model_add(gan.generator, gan_layer_tanh(gan.context));
    if (end == SIGMOID) gan_model_add(gan.generator, gan_layer_sigmoid(gan.context));
    if (end == TANH_RESHAPED) gan_model_add(gan.generator, gan_layer_reshape(gan.context, GAN_SHAPE(2)));
    for (int i = 0; i < 2; i++) assert_int_equal(gan_model_build(*models[i], 1), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.generator, "0.weight", (float[]){scale, 0, 0, scale}, 4), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.generator, "0.bias", (float[]){shift, 0}, 2), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", (float[]){1, 0}, 2), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.bias", (float[]){0}, 1), GAN_OK);
    assert_int_equal(gan_trainer_create(gan.context, gan.generator, gan.discriminator, options, &gan.trainer),
                     GAN_OK);
    return gan;
}

/* The noise of the first step of a trainer with seed 0. */
static void first_noise(const test_gan *gan, float *out, size_t count)
{
    gan_random *random;
    assert_int_equal(gan_random_create(gan->context, 0, GAN_NOISE_STREAM, &random), GAN_OK);
    assert_int_equal(gan_random_normal(random, out, count), GAN_OK);
    gan_random_destroy(random);
}

static gan_step_report step(const test_gan *gan, const float *samples, int64_t batch)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    test_status(gan_trainer_step(gan->trainer, samples, batch, &report), GAN_OK, "");
    return report;
}

/* ---- D's judgement --------------------------------------------------------------------------------------------- */

/* Real samples have the logits -1, 1/4, 3/4 and 3; generated ones all have the same. */
static void test_accuracy(void **state)
{
    static const struct {
        gan_loss loss;
        float fake;
        double real_accuracy, fake_accuracy;
    } cases[] = {
        {GAN_LOSS_NON_SATURATING, -1, 0.75, 1},
        {GAN_LOSS_NON_SATURATING, 1, 0.75, 0},
        {GAN_LOSS_SATURATING, -1, 0.75, 1},
        {GAN_LOSS_LEAST_SQUARES, 0.25f, 0.5, 1},
        {GAN_LOSS_LEAST_SQUARES, 0.75f, 0.5, 0},
        {GAN_LOSS_HINGE, -0.5f, 0.75, 1},
        {GAN_LOSS_WASSERSTEIN, 0.5f, 0.5, 0.5},
        {GAN_LOSS_WASSERSTEIN, 2, 0.25, 0.25},
        {GAN_LOSS_RELATIVISTIC, 0.5f, 0.5, 0.5},
        {GAN_LOSS_RELATIVISTIC, -2, 1, 1},
        {GAN_LOSS_RELATIVISTIC_AVERAGE, 0.5f, 0.5, 1},
        {GAN_LOSS_RELATIVISTIC_AVERAGE, 2, 0.25, 0},
    };
    static const float samples[2 * BATCH] = {-1, 0, 0.25f, 0, 0.75f, 0, 3, 0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_gan gan = known_gan(
            LINEAR, 0, cases[i].fake,
            GAN_TRAINER(.batch = BATCH, .loss = cases[i].loss, .learning_rate = STILL, .diagnosis_interval = 1));
        const gan_step_report report = step(&gan, samples, BATCH);
        assert_near(report.real_accuracy, cases[i].real_accuracy, 1e-6);
        assert_near(report.fake_accuracy, cases[i].fake_accuracy, 1e-6);
        test_gan_destroy(&gan);
    }
}

/* Over all samples since the previous diagnosis; in between, the last measurements are reported, and no diagnosis. */
static void test_accuracy_of_interval(void **state)
{
    static const float samples[2][2 * BATCH] = {{1, 0, 1, 0, 1, 0, -1, 0}, {-1, 0, -1, 0, -1, 0, -1, 0}};

    (void)state;
    test_gan gan =
        known_gan(LINEAR, 0, -1, GAN_TRAINER(.batch = BATCH, .learning_rate = STILL, .diagnosis_interval = 2));
    assert_true(isnan(step(&gan, samples[0], BATCH).real_accuracy));
    assert_near(step(&gan, samples[1], BATCH).real_accuracy, 0.375, 1e-6);
    gan_step_report report = step(&gan, samples[1], BATCH);
    assert_near(report.real_accuracy, 0.375, 1e-6);
    assert_true(report.diagnoses == 0);
    assert_near(step(&gan, samples[1], BATCH).real_accuracy, 0, 1e-6);
    test_gan_destroy(&gan);
}

/* ---- G's samples ----------------------------------------------------------------------------------------------- */

/* Of the first 64 samples (x, y). */
static double mean_distance(const float *samples, int count)
{
    double sum = 0;
    int pairs = 0;
    if (count > 64) count = 64;
    for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++, pairs++) {
            sum += hypot((double)samples[2 * i] - (double)samples[2 * j],
                         (double)samples[2 * i + 1] - (double)samples[2 * j + 1]);
        }
    }
    return sum / pairs;
}

static void test_diversity(void **state)
{
    static const int batches[] = {2, 3, 64, 70};
    static float samples[2 * 70], made[2 * 70];

    (void)state;
    for (int i = 0; i < 4; i++) {
        const int batch = batches[i];
        test_gan gan =
            known_gan(LINEAR, 1, 0, GAN_TRAINER(.batch = 70, .learning_rate = STILL, .diagnosis_interval = 1));
        test_numbers(1 + (uint64_t)i, samples, 2 * (size_t)batch);
        first_noise(&gan, made, 2 * (size_t)batch);
        const gan_step_report report = step(&gan, samples, batch);
        const double expected = mean_distance(made, batch) / mean_distance(samples, batch);
        assert_near(report.diversity, expected, 1e-5 * expected);
        assert_true(isnan(step(&gan, samples, 1).diversity));
        test_gan_destroy(&gan);
    }
}

/* tanh beyond 0.99 either way, a sigmoid beyond 0.005 and 0.995, where it is just as flat. */
static void test_saturation(void **state)
{
    enum { MANY = 64 };
    static const ending ends[] = {TANH, TANH_RESHAPED, SIGMOID};
    static float samples[2 * MANY], noise[2 * MANY];

    (void)state;
    test_numbers(3, samples, 2 * MANY);
    for (int i = 0; i < 3; i++) {
        test_gan gan =
            known_gan(ends[i], 3, 0, GAN_TRAINER(.batch = MANY, .learning_rate = STILL, .diagnosis_interval = 1));
        const double last = ends[i] == SIGMOID ? log(0.995 / 0.005) : atanh(0.99);
        int saturated = 0;
        first_noise(&gan, noise, 2 * MANY);
        for (int k = 0; k < 2 * MANY; k++) saturated += fabs(3 * (double)noise[k]) > last;
        assert_in_range(saturated, 5, 2 * MANY - 5);
        assert_near(step(&gan, samples, MANY).saturation, saturated / (2.0 * MANY), 1e-6);
        test_gan_destroy(&gan);
    }
    test_gan gan = known_gan(LINEAR, 3, 0, GAN_TRAINER(.batch = MANY, .diagnosis_interval = 1));
    assert_true(isnan(step(&gan, samples, MANY).saturation));
    test_gan_destroy(&gan);
}

/* ---- Updates --------------------------------------------------------------------------------------------------- */

static double norm(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)a[i] - (b ? (double)b[i] : 0);
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* The dense GANs have no buffers, and tensors in the order of layers: a weight and a bias each. */
static void check_updates(const test_gan *gan, gan_role role, const float *before, double model_ratio)
{
    const gan_model *model = role == GAN_ROLE_GENERATOR ? gan->generator : gan->discriminator;
    size_t all, at = 0;
    float *after = test_weights(model, &all), *gradient = malloc(all * sizeof(*gradient));
    assert_non_null(gradient);
    assert_int_equal(gan_model_tensor_count(model), 4);
    assert_int_equal(gan_trainer_layer_count(gan->trainer, role), 2);
    for (size_t layer = 0; layer < 2; layer++) {
        gan_layer_report report = GAN_LAYER_REPORT_INIT;
        size_t count = 0;
        for (size_t i = 2 * layer; i < 2 * layer + 2; i++) {
            gan_tensor_info info = GAN_TENSOR_INFO_INIT;
            assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
            assert_int_equal(gan_model_get_gradient(model, info.name, gradient + count, (size_t)info.count), GAN_OK);
            count += (size_t)info.count;
        }
        test_status(gan_trainer_get_layer_report(gan->trainer, role, layer, &report), GAN_OK, "");
        assert_string_equal(report.name, layer == 0 ? "0" : "2");
        const double weight = norm(after + at, NULL, count), slope = norm(gradient, NULL, count);
        assert_near(report.weight_norm, weight, 1e-6 * weight);
        assert_near(report.gradient_norm, slope, 1e-6 * slope);
        assert_near(report.update_ratio, norm(after + at, before + at, count) / weight, 1e-6 * report.update_ratio);
        assert_true(report.update_ratio > 0);
        at += count;
    }
    assert_int_equal(at, all);
    assert_near(model_ratio, norm(after, before, all) / norm(after, NULL, all), 1e-6 * model_ratio);
    free(after);
    free(gradient);
}

static void check_updates_of(const gan_trainer_options *options, int updates)
{
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, options);
    float samples[4 * 3 * BATCH];
    size_t count;
    /* D's last update of several starts from weights that no call shows: only single updates are compared. */
    for (int i = 0; i < 5; i++) {
        float *generator = test_weights(gan.generator, &count),
              *discriminator = test_weights(gan.discriminator, &count);
        test_numbers(50 + (uint64_t)i, samples, (size_t)(4 * updates * BATCH));
        const gan_step_report report = step(&gan, samples, BATCH);
        check_updates(&gan, GAN_ROLE_GENERATOR, generator, report.generator_update_ratio);
        if (updates == 1) {
            check_updates(&gan, GAN_ROLE_DISCRIMINATOR, discriminator, report.discriminator_update_ratio);
        }
        free(generator);
        free(discriminator);
    }
    test_gan_destroy(&gan);
}

static void test_updates(void **state)
{
    (void)state;
    const gan_optimizer_options *clipped =
        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.1f, .clip_norm = 1e-3f);
    check_updates_of(GAN_TRAINER(.batch = BATCH, .learning_rate = 1e-2f, .diagnosis_interval = 1), 1);
    check_updates_of(GAN_TRAINER(.batch = BATCH, .learning_rate = 1e-2f, .diagnosis_interval = 1,
                                 .order = GAN_ORDER_GENERATOR_FIRST, .ema_decay = 0.5f, .r1 = 1),
                     1);
    check_updates_of(GAN_TRAINER(.batch = BATCH, .generator_optimizer = clipped, .discriminator_optimizer = clipped,
                                 .diagnosis_interval = 1),
                     1);
    check_updates_of(
        GAN_TRAINER(.batch = BATCH, .learning_rate = 1e-2f, .diagnosis_interval = 1, .simultaneous = true), 1);
    check_updates_of(
        GAN_TRAINER(.batch = BATCH, .learning_rate = 1e-2f, .diagnosis_interval = 1, .discriminator_steps = 3), 3);
}

/* Layers without parameters are left out; those that normalise are not. */
static void test_layer_reports(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    gan_layer_report report = GAN_LAYER_REPORT_INIT;
    const size_t layers = gan_trainer_layer_count(gan.trainer, GAN_ROLE_DISCRIMINATOR);
    assert_true(layers >= 3);
    assert_int_equal(gan_trainer_layer_count(NULL, GAN_ROLE_GENERATOR), 0);
    assert_int_equal(gan_trainer_layer_count(gan.trainer, (gan_role)2), 0);
    test_status(gan_trainer_get_layer_report(gan.trainer, GAN_ROLE_GENERATOR, 0, &report), GAN_ERROR_STATE,
                "no step yet");
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 1, BATCH, 1, NULL);
    for (size_t i = 0; i < layers; i++) {
        test_status(gan_trainer_get_layer_report(gan.trainer, GAN_ROLE_DISCRIMINATOR, i, &report), GAN_OK, "");
        assert_true(report.weight_norm > 0 && report.gradient_norm > 0 && report.update_ratio > 0);
        assert_true(strlen(report.name) > 0);
    }
    test_status(gan_trainer_get_layer_report(gan.trainer, GAN_ROLE_DISCRIMINATOR, layers, &report),
                GAN_ERROR_ARGUMENT, "the discriminator has");
    test_status(gan_trainer_get_layer_report(gan.trainer, (gan_role)2, 0, &report), GAN_ERROR_ARGUMENT, "role is 2");
    test_status(gan_trainer_get_layer_report(NULL, GAN_ROLE_GENERATOR, 0, &report), GAN_ERROR_NULL,
                "trainer is NULL");
    test_status(gan_trainer_get_layer_report(gan.trainer, GAN_ROLE_GENERATOR, 0, NULL), GAN_ERROR_NULL,
                "out is NULL");
    report.struct_size = 1;
    test_status(gan_trainer_get_layer_report(gan.trainer, GAN_ROLE_GENERATOR, 0, &report), GAN_ERROR_ARGUMENT,
                "gan_layer_report");
    test_gan_destroy(&gan);
}

/* ---- From step to step ----------------------------------------------------------------------------------------- */

/* Whatever the interval, training is the same to the bit. */
static void test_nothing_changes(void **state)
{
    (void)state;
    const int64_t intervals[] = {1, 3, 1000};
    test_gan without =
        test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH, .diagnosis_interval = GAN_DIAGNOSIS_OFF));
    gan_step_report report = GAN_STEP_REPORT_INIT;
    test_gan_steps(&without, TEST_GAN_WIDE, 1, 6, BATCH, 1, &report);
    assert_true(isnan(report.real_accuracy) && isnan(report.fake_accuracy) && isnan(report.diversity));
    assert_true(isnan(report.saturation) && isnan(report.generator_update_ratio));
    assert_true(isnan(report.discriminator_update_ratio) && report.diagnoses == 0);
    for (int i = 0; i < 3; i++) {
        test_gan with =
            test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH, .diagnosis_interval = intervals[i]));
        test_gan_steps(&with, TEST_GAN_WIDE, 1, 6, BATCH, 1, NULL);
        test_assert_same_weights(with.generator, without.generator);
        test_assert_same_weights(with.discriminator, without.discriminator);
        test_gan_destroy(&with);
    }
    test_gan_destroy(&without);
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void assert_same_measurements(const gan_step_report *a, const gan_step_report *b)
{
    assert_true(same(a->real_accuracy, b->real_accuracy) && same(a->fake_accuracy, b->fake_accuracy));
    assert_true(same(a->diversity, b->diversity) && same(a->saturation, b->saturation));
    assert_true(same(a->generator_update_ratio, b->generator_update_ratio));
    assert_true(same(a->discriminator_update_ratio, b->discriminator_update_ratio));
    assert_true(a->diagnoses == b->diagnoses);
}

/* Saved within an interval, and with a diagnosis that has a history: a resumed trainer reports the same. The rate is
 * only just too large for this GAN: all CPU levels follow the same course. */
static void test_checkpoint(void **state)
{
    (void)state;
    const gan_trainer_options *options =
        GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_WASSERSTEIN, .learning_rate = 0.1f, .diagnosis_interval = 3);
    test_gan whole = test_gan_create(TEST_GAN_DENSE, 1, options),
             resumed = test_gan_create(TEST_GAN_DENSE, 1, options);
    gan_step_report expected = GAN_STEP_REPORT_INIT, actual = GAN_STEP_REPORT_INIT;
    gan_layer_report layer = GAN_LAYER_REPORT_INIT;
    uint64_t seen = 0;
    test_gan_steps(&whole, TEST_GAN_DENSE, 1, 26, BATCH, 1, NULL);
    test_gan_steps(&resumed, TEST_GAN_DENSE, 1, 1, BATCH, 1, NULL);
    test_status(gan_trainer_save(whole.trainer, NULL, test_path("checkpoint")), GAN_OK, "");
    test_status(gan_trainer_load(resumed.trainer, NULL, test_path("checkpoint")), GAN_OK, "");
    assert_true(gan_trainer_diagnoses(resumed.trainer) == gan_trainer_diagnoses(whole.trainer));
    test_status(gan_trainer_get_layer_report(resumed.trainer, GAN_ROLE_GENERATOR, 0, &layer), GAN_ERROR_STATE,
                "no step");
    for (int i = 27; i <= 60; i++) {
        test_gan_steps(&whole, TEST_GAN_DENSE, i, i, BATCH, 1, &expected);
        test_gan_steps(&resumed, TEST_GAN_DENSE, i, i, BATCH, 1, &actual);
        assert_same_measurements(&actual, &expected);
        seen |= expected.diagnoses;
    }
    assert_true(seen & GAN_DIAGNOSIS_EXPLODING_GRADIENT);
    test_gan_destroy(&whole);
    test_gan_destroy(&resumed);
}

/* A trainer that measures can resume from the file of one that does not, as if it began, and vice versa. */
static void test_checkpoint_without(void **state)
{
    (void)state;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    test_gan off =
        test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .diagnosis_interval = GAN_DIAGNOSIS_OFF));
    test_gan on = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .diagnosis_interval = 2));
    test_gan_steps(&off, TEST_GAN_DENSE, 1, 4, BATCH, 1, NULL);
    test_gan_steps(&on, TEST_GAN_DENSE, 1, 3, BATCH, 1, NULL);
    test_status(gan_trainer_save(off.trainer, NULL, test_path("off")), GAN_OK, "");
    test_status(gan_trainer_load(on.trainer, NULL, test_path("off")), GAN_OK, "");
    test_gan_steps(&on, TEST_GAN_DENSE, 5, 5, BATCH, 1, &report);
    assert_true(isnan(report.diversity) && isnan(report.real_accuracy));
    test_gan_steps(&on, TEST_GAN_DENSE, 6, 6, BATCH, 1, &report);
    assert_true(report.diversity > 0 && report.real_accuracy >= 0);
    test_status(gan_trainer_save(on.trainer, NULL, test_path("on")), GAN_OK, "");
    test_status(gan_trainer_load(off.trainer, NULL, test_path("on")), GAN_OK, "");
    test_gan_steps(&off, TEST_GAN_DENSE, 7, 7, BATCH, 1, &report);
    assert_true(isnan(report.diversity));
    test_gan_destroy(&on);
    test_gan_destroy(&off);
}

static void test_refused(void **state)
{
    static const int64_t bad[] = {-2, INT64_MIN};

    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    gan_trainer *none = NULL;
    for (int i = 0; i < 2; i++) {
        test_status(gan_trainer_create(gan.context, gan.generator, gan.discriminator,
                                       GAN_TRAINER(.diagnosis_interval = bad[i]), &none),
                    GAN_ERROR_ARGUMENT, "diagnosis_interval is -");
    }
    assert_null(none);
    assert_true(gan_trainer_diagnoses(NULL) == 0);
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_accuracy_of_interval),
        cmocka_unit_test(test_diversity),
        cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_layer_reports),
        cmocka_unit_test(test_nothing_changes),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_checkpoint_without),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("measurements", tests, test_folder_create, test_folder_remove);
}
