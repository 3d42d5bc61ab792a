/* A trainer notes its noise in the generator's input; saved generators and checkpoints go on from there. */
#include "gans.h"

#include <string.h>

#define BATCH 4
#define COUNT 9

static gan_input_info input_of(const gan_model *model)
{
    gan_input_info info = GAN_INPUT_INFO_INIT;
    assert_int_equal(gan_model_get_input_info(model, 0, &info), GAN_OK);
    return info;
}

/* Sessions of different batches may round differently. */
static void assert_same_samples(const float a[COUNT * 4], const float b[COUNT * 4])
{
    for (int i = 0; i < COUNT * 4; i++) assert_near(a[i], b[i], 1e-6);
}

/* With and without an average: what the trainer shows is what the saved generator gives. */
static void check_saved(gan_noise noise, float ema_decay)
{
    test_gan gan =
        test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .noise = noise, .ema_decay = ema_decay));
    gan_model *average = gan.generator, *loaded = NULL;
    float by_trainer[COUNT * 4], by_file[COUNT * 4];
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 3, BATCH, 1, NULL);
    if (ema_decay > 0) assert_int_equal(gan_trainer_get_average(gan.trainer, &average), GAN_OK);
    assert_int_equal(input_of(gan.generator).role, GAN_INPUT_NOISE);
    assert_int_equal(input_of(gan.generator).noise, noise);
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 4), COUNT, by_trainer), GAN_OK);
    assert_int_equal(gan_model_save(average, test_path("generator.safetensors")), GAN_OK);
    assert_int_equal(gan_model_load(gan.context, test_path("generator.safetensors"), &loaded), GAN_OK);
    assert_int_equal(input_of(loaded).noise, noise);
    assert_int_equal(gan_model_sample(loaded, GAN_SAMPLE(.seed = 4), COUNT, by_file), GAN_OK);
    assert_same_samples(by_trainer, by_file);
    gan_model_destroy(loaded);
    test_gan_destroy(&gan);
}

static void test_saved_generator(void **state)
{
    (void)state;
    for (int average = 0; average < 2; average++) {
        check_saved(GAN_NOISE_NORMAL, average ? 0.9f : 0);
        check_saved(GAN_NOISE_UNIFORM, average ? 0.9f : 0);
    }
}

/* The two distributions give different samples, so the test above cannot pass by accident. */
static void test_noises_differ(void **state)
{
    (void)state;
    float samples[2][COUNT * 4];
    for (int noise = 0; noise < 2; noise++) {
        test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .noise = (gan_noise)noise));
        assert_int_equal(gan_model_sample(gan.generator, NULL, COUNT, samples[noise]), GAN_OK);
        test_gan_destroy(&gan);
    }
    assert_memory_not_equal(samples[0], samples[1], sizeof(samples[0]));
}

/* Roles are not weights: a checkpoint resumes in models that name them otherwise, and the file is the same. */
static void test_checkpoints_ignore_roles(void **state)
{
    (void)state;
    static char first[1 << 16], second[1 << 16];
    const gan_trainer_options *options = GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f);
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, options), other = test_gan_create(TEST_GAN_DENSE, 1, options);
    assert_int_equal(gan_model_set_input(other.generator, 0, GAN_INPUT(.role = GAN_INPUT_CODE)), GAN_OK);
    assert_int_equal(gan_model_set_input(other.discriminator, 0, GAN_INPUT(.role = GAN_INPUT_IMAGE)), GAN_OK);
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 3, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_save(gan.trainer, NULL, test_path("checkpoint.safetensors")), GAN_OK);
    assert_int_equal(gan_trainer_load(other.trainer, NULL, test_path("checkpoint.safetensors")), GAN_OK);
    assert_int_equal(input_of(other.generator).role, GAN_INPUT_CODE);
    assert_int_equal(input_of(other.discriminator).role, GAN_INPUT_IMAGE);
    assert_int_equal(gan_trainer_save(other.trainer, NULL, test_path("again.safetensors")), GAN_OK);
    const size_t size = test_file_read(test_path("checkpoint.safetensors"), first, sizeof(first));
    assert_int_equal(test_file_read(test_path("again.safetensors"), second, sizeof(second)), size);
    assert_memory_equal(first, second, size);
    test_gan_steps(&gan, TEST_GAN_DENSE, 4, 6, BATCH, 1, NULL);
    test_gan_steps(&other, TEST_GAN_DENSE, 4, 6, BATCH, 1, NULL);
    test_assert_same_weights(gan.generator, other.generator);
    test_gan_destroy(&other);
    test_gan_destroy(&gan);
}

/* A trainer that cannot be created says so and leaves the model's role alone. */
static void test_roles_of_the_caller(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_model *generator, *discriminator;
    gan_trainer *trainer = NULL;
    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &generator, &discriminator), GAN_OK);
    test_status(gan_trainer_create(context, generator, discriminator,
                                   GAN_TRAINER(.batch = 5, .packing = 2, .noise = GAN_NOISE_UNIFORM), &trainer),
                GAN_ERROR_BATCH, "packing");
    assert_int_equal(input_of(generator).role, GAN_INPUT_ANY);
    assert_int_equal(gan_model_set_input(generator, 0, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 3)), GAN_OK);
    test_status(gan_trainer_create(context, generator, discriminator, NULL, &trainer), GAN_ERROR_ARGUMENT,
                "is of role class, expected noise");
    assert_int_equal(input_of(generator).classes, 3);
    assert_int_equal(gan_model_set_input(generator, 0, GAN_INPUT(.role = GAN_INPUT_CODE)), GAN_OK);
    assert_int_equal(
        gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.noise = GAN_NOISE_UNIFORM), &trainer),
        GAN_OK);
    assert_int_equal(input_of(generator).role, GAN_INPUT_CODE);
    assert_int_equal(input_of(generator).noise, GAN_NOISE_UNIFORM);
    gan_trainer_destroy(trainer);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
    gan_context_destroy(context);
}

/* The same options as gan_model_sample() has. */
static void test_options(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    float by_trainer[COUNT * 4], by_model[COUNT * 4], noise[COUNT * 3] = {0};
    const float *inputs[] = {noise};
    const int32_t one = 1;
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.truncation = 0.5f), COUNT, by_trainer), GAN_OK);
    assert_int_equal(gan_model_sample(gan.generator, GAN_SAMPLE(.truncation = 0.5f), COUNT, by_model), GAN_OK);
    assert_same_samples(by_trainer, by_model);
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.inputs = inputs), COUNT, by_trainer), GAN_OK);
    for (int i = 4; i < COUNT * 4; i++) assert_true(by_trainer[i] == by_trainer[i % 4]);
    test_status(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.classes = &one, .class_count = 1), COUNT, by_trainer),
                GAN_ERROR_ARGUMENT, "0 inputs are classes");
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_generator),
        cmocka_unit_test(test_noises_differ),
        cmocka_unit_test(test_checkpoints_ignore_roles),
        cmocka_unit_test(test_roles_of_the_caller),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests_name("sampling", tests, test_folder_create, test_folder_remove);
}
