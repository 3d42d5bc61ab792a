/* What a trainer's discriminator sees of samples: what is rejected, packs of samples, draws that do not overlap,
 * epochs whose end fills no pack, memory. test_custom_loop.c compares a step with public calls. */
#include "gans.h"

#include "support/allocator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 6

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void refuse(const test_gan *gan, const gan_trainer_options *options, gan_status status, const char *part)
{
    gan_trainer *trainer = NULL;
    test_status(gan_trainer_create(gan->context, gan->generator, gan->discriminator, options, &trainer), status,
                part);
    assert_null(trainer);
}

static void test_options_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_COLOUR, 1, NULL);
    refuse(&gan, GAN_TRAINER(.packing = -2), GAN_ERROR_ARGUMENT, "packing is -2, expected 1 to 2147483647");
    refuse(&gan, GAN_TRAINER(.batch = 10, .packing = 3), GAN_ERROR_BATCH,
           "batch is 10, expected a multiple of packing, 3");
    refuse(&gan, GAN_TRAINER(.batch = 1, .packing = 2), GAN_ERROR_BATCH, "batch is 1");
    refuse(&gan, GAN_TRAINER(.instance_noise = -0.5f), GAN_ERROR_ARGUMENT, "instance_noise is -0.5");
    refuse(&gan, GAN_TRAINER(.instance_noise = NAN), GAN_ERROR_NOT_FINITE, "instance_noise is nan");
    refuse(&gan, GAN_TRAINER(.instance_noise_steps = -4), GAN_ERROR_ARGUMENT, "instance_noise_steps is -4");
    refuse(&gan, GAN_TRAINER(.augment = 8), GAN_ERROR_ARGUMENT, "augment is 8");
    test_gan_destroy(&gan);
}

static void test_shapes_refused(void **state)
{
    (void)state;
    test_gan dense = test_gan_create(TEST_GAN_DENSE, 1, NULL), two = test_gan_create(TEST_GAN_DCGAN, 1, NULL);
    test_gan single = test_gan_create(TEST_GAN_COLOUR, 1, NULL);
    test_gan packed = test_gan_create(TEST_GAN_PACKED, 1, GAN_TRAINER(.batch = BATCH, .packing = 2));
    float samples[BATCH * 90] = {0};
    refuse(&dense, GAN_TRAINER(.augment = GAN_AUGMENT_TRANSLATION), GAN_ERROR_SHAPE,
           "augment is 2, but samples (4) are not images");
    refuse(&two, GAN_TRAINER(.augment = GAN_AUGMENT_COLOUR), GAN_ERROR_SHAPE,
           "augment is 1, but images (2, 8, 8) have no colours");
    refuse(&dense, GAN_TRAINER(.packing = 2), GAN_ERROR_SHAPE,
           "packing is 2 and the generator makes samples (4), so the discriminator's input must be (8), but is (4)");
    refuse(&single, GAN_TRAINER(.packing = 2), GAN_ERROR_SHAPE, "must be (6, 6, 5), but is (3, 6, 5)");
    refuse(&packed, GAN_TRAINER(.packing = 4), GAN_ERROR_SHAPE, "must be (12, 6, 5), but is (6, 6, 5)");
    refuse(&packed, NULL, GAN_ERROR_SHAPE, "makes samples (3, 6, 5), but the discriminator's input is (6, 6, 5)");
    test_status(gan_trainer_step(packed.trainer, samples, 3, NULL), GAN_ERROR_BATCH,
                "batch is 3, expected a multiple of packing, 2");
    assert_int_equal(gan_trainer_steps(packed.trainer), 0);
    test_gan_destroy(&dense);
    test_gan_destroy(&two);
    test_gan_destroy(&single);
    test_gan_destroy(&packed);
}

/* ---- Packs ----------------------------------------------------------------------------------------------------- */

/* Noise (2), samples (4), a linear D on `packing` of them. */
static test_gan linear_gan(int packing, const gan_trainer_options *options)
{
    test_gan gan = {0};
    const int64_t widths[2][2] = {{2, 4}, {4 * packing, 1}};
    gan_model *models[2];
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &gan.context), GAN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gan_model_create(gan.context, &models[i]), GAN_OK);
        gan_model_add(models[i], gan_layer_input(gan.context, GAN_SHAPE(widths[i][0])));
        gan_model_add(models[i], gan_layer_dense(gan.context, widths[i][1], NULL));
        assert_int_equal(gan_model_build(models[i], 3), GAN_OK);
    }
    gan.generator = models[0];
    gan.discriminator = models[1];
    assert_int_equal(gan_trainer_create(gan.context, models[0], models[1], options, &gan.trainer), GAN_OK);
    return gan;
}

/* D sees samples 0 to 2 as one, and 3 to 5: its values are known for real samples and for G's, which are constant. */
static void test_packs(void **state)
{
    (void)state;
    const float bias[4] = {0.25f, -1, 0.5f, 0.75f}, zeros[8] = {0};
    test_gan gan = linear_gan(3, GAN_TRAINER(.batch = BATCH, .packing = 3));
    float weights[12], samples[BATCH * 4];
    gan_step_report report = GAN_STEP_REPORT_INIT;
    double real[2] = {0}, fake = 0;
    test_numbers(1, weights, 12);
    test_numbers(2, samples, BATCH * 4);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", weights, 12), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.generator, "0.weight", zeros, 8), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.generator, "0.bias", bias, 4), GAN_OK);
    assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, &report), GAN_OK);
    for (int i = 0; i < 24; i++) real[i / 12] += (double)weights[i % 12] * samples[i];
    for (int i = 0; i < 12; i++) fake += (double)weights[i] * bias[i % 4];
    assert_near(report.real_probability, (1 / (1 + exp(-real[0])) + 1 / (1 + exp(-real[1]))) / 2, 1e-6);
    assert_near(report.fake_probability, 1 / (1 + exp(-fake)), 1e-6);
    assert_int_equal(report.batch, BATCH);
    test_gan_destroy(&gan);
}

/* ---- Draws ----------------------------------------------------------------------------------------------------- */

static void assert_same_course(test_gan_kind kind, const gan_trainer_options *a, const gan_trainer_options *b)
{
    test_gan first = test_gan_create(kind, 1, a), second = test_gan_create(kind, 1, b);
    gan_step_report report_a = GAN_STEP_REPORT_INIT, report_b = GAN_STEP_REPORT_INIT;
    test_gan_steps(&first, kind, 1, 4, BATCH, 1, &report_a);
    test_gan_steps(&second, kind, 1, 4, BATCH, 1, &report_b);
    assert_memory_equal(&report_a, &report_b, sizeof(report_a));
    test_assert_same_weights(first.generator, second.generator);
    test_assert_same_weights(first.discriminator, second.discriminator);
    test_gan_destroy(&first);
    test_gan_destroy(&second);
}

/* Noise too small to change a sample shows that its draws change no others, and that samples pass through it as they
 * do without. */
static void test_draws_apart(void **state)
{
    (void)state;
    const float least = 1e-30f;
    assert_same_course(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH),
                       GAN_TRAINER(.batch = BATCH, .instance_noise = least));
    assert_same_course(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH),
                       GAN_TRAINER(.batch = BATCH, .instance_noise = least));
    assert_same_course(
        TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .gradient_penalty = 1, .dragan = 1, .augment = 7),
        GAN_TRAINER(.batch = BATCH, .gradient_penalty = 1, .dragan = 1, .augment = 7, .instance_noise = least));
}

/* ---- The ends of epochs ---------------------------------------------------------------------------------------- */

#define MOST_REPORTS 16

typedef struct record {
    gan_step_report reports[MOST_REPORTS];
    int count;
} record;

static int remember(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    record *r = user;
    (void)trainer;
    assert_true(r->count < MOST_REPORTS);
    r->reports[r->count++] = *report;
    return 0;
}

/* Two epochs of `count` samples from a place in the first: the samples that each step takes; ends with 0. */
static void check_epochs(int64_t count, int64_t position, const gan_dataset_options *dataset_options,
                         const gan_trainer_options *options, const int64_t *expected)
{
    float data[16 * 4];
    record r = {.count = 0};
    gan_dataset *dataset;
    gan_dataset_cursor cursor;
    test_gan gan = linear_gan(options->packing, options);
    test_numbers(5, data, 16 * 4);
    assert_int_equal(gan_dataset_from_array(gan.context, data, NULL, count, GAN_SHAPE(4), dataset_options, &dataset),
                     GAN_OK);
    assert_int_equal(gan_dataset_set_cursor(dataset, (gan_dataset_cursor){.position = position}), GAN_OK);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)),
                     GAN_OK);
    for (int i = 0; i < r.count; i++) assert_int_equal(r.reports[i].batch, expected[i]);
    assert_int_equal(expected[r.count], 0);
    assert_near(r.reports[r.count - 1].progress, 1, 1e-12);
    assert_int_equal(r.reports[r.count - 1].epoch, 2);
    assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
    assert_true(cursor.epoch == 2 && cursor.position == 0);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static void test_epochs(void **state)
{
    (void)state;
    const gan_trainer_options *pairs = GAN_TRAINER(.batch = 4, .packing = 2);
    const gan_trainer_options *updates = GAN_TRAINER(.batch = 4, .packing = 2, .discriminator_steps = 2);
    const gan_dataset_options *drop_last = GAN_DATASET(.drop_last = true);
    check_epochs(10, 0, NULL, pairs, (const int64_t[]){4, 4, 2, 4, 4, 2, 0});
    check_epochs(11, 0, NULL, pairs, (const int64_t[]){4, 4, 2, 4, 4, 2, 0}); /* the last batch is cut */
    check_epochs(9, 0, NULL, pairs, (const int64_t[]){4, 4, 4, 4, 0});        /* and here nothing remains of it */
    check_epochs(11, 0, NULL, updates, (const int64_t[]){8, 2, 8, 2, 0});
    check_epochs(9, 0, NULL, updates, (const int64_t[]){8, 8, 0});
    check_epochs(5, 0, NULL, updates, (const int64_t[]){4, 4, 0});
    check_epochs(11, 0, drop_last, pairs, (const int64_t[]){4, 4, 4, 4, 0});
    check_epochs(11, 5, NULL, pairs, (const int64_t[]){4, 2, 4, 4, 2, 0}); /* an epoch in progress */
    check_epochs(11, 10, NULL, pairs, (const int64_t[]){4, 4, 2, 0});      /* and one with one sample left */
}

static void test_too_few(void **state)
{
    (void)state;
    const float data[8] = {0};
    test_gan gan = linear_gan(3, GAN_TRAINER(.batch = 3, .packing = 3));
    gan_dataset *dataset;
    assert_int_equal(gan_dataset_from_array(gan.context, data, NULL, 2, GAN_SHAPE(4), NULL, &dataset), GAN_OK);
    test_status(gan_trainer_run(gan.trainer, dataset, NULL), GAN_ERROR_BATCH,
                "the dataset has 2 samples, but packing is 3");
    gan_dataset_destroy(dataset);
    assert_int_equal(gan_dataset_from_array(gan.context, data, NULL, 1, GAN_SHAPE(8), NULL, &dataset), GAN_OK);
    test_status(gan_trainer_run(gan.trainer, dataset, NULL), GAN_ERROR_SHAPE,
                "the dataset has samples (8), but the generator makes (4)");
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static gan_trainer_options all_of_it(void)
{
    return *GAN_TRAINER(.batch = BATCH, .packing = 2, .augment = 7, .instance_noise = 0.1f,
                        .instance_noise_steps = 50, .gradient_penalty = 1, .loss = GAN_LOSS_RELATIVISTIC);
}

static void test_memory_stays_flat(void **state)
{
    (void)state;
    const gan_trainer_options options = all_of_it();
    test_steps_allocate_nothing(TEST_GAN_PACKED, &options, 100, BATCH);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    gan_trainer_options options = all_of_it(), less = *GAN_TRAINER(.batch = BATCH, .packing = 2);
    const size_t without = test_trainer_allocations_fail(TEST_GAN_PACKED, &less);
    assert_true(test_trainer_allocations_fail(TEST_GAN_PACKED, &options) > without);
}

/* What is not asked for takes no memory. */
static void test_memory_without(void **state)
{
    (void)state;
    const gan_trainer_options *options[] = {GAN_TRAINER(.batch = BATCH),
                                            GAN_TRAINER(.batch = BATCH, .instance_noise = 1),
                                            GAN_TRAINER(.batch = BATCH, .instance_noise = 1, .augment = 7)};
    test_each_holds_more(TEST_GAN_COLOUR, options, sizeof(options) / sizeof(*options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_shapes_refused),
        cmocka_unit_test(test_packs),
        cmocka_unit_test(test_draws_apart),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_memory_stays_flat),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_memory_without),
    };
    return cmocka_run_group_tests_name("what the discriminator sees", tests, NULL, NULL);
}
