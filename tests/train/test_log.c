/* What a trainer logs: resuming, new diagnoses, and divergence. */
#include "gans.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BATCH 4
#define KIND  TEST_GAN_DENSE

enum { MOST = 16 };

/* Messages, separately by level. */
typedef struct messages {
    int count, warnings, infos;
    char text[MOST][512];
} messages;

/* Fails itself, which the sentence of what is logged must survive. */
static void remember(void *user, gan_log_level level, const char *message)
{
    messages *m = user;
    assert_true(m->count < MOST);
    snprintf(m->text[m->count++], sizeof(m->text[0]), "%s", message);
    m->warnings += level == GAN_LOG_WARNING;
    m->infos += level == GAN_LOG_INFO;
    assert_int_equal(gan_trainer_step(NULL, NULL, 0, NULL), GAN_ERROR_NULL);
}

/* The number of messages that have both parts. */
static int count_of(const messages *m, const char *part, const char *other)
{
    int count = 0;
    for (int i = 0; i < m->count; i++) count += strstr(m->text[i], part) && strstr(m->text[i], other);
    return count;
}

static test_gan create(messages *m, const gan_trainer_options *options)
{
    gan_context *context = NULL;
    *m = (messages){.count = 0};
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .log = remember, .log_user = m), &context), GAN_OK);
    test_gan gan = test_gan_create_in(context, KIND, options);
    *m = (messages){.count = 0};
    return gan;
}

static void test_resumed(void **state)
{
    (void)state;
    messages m;
    test_gan gan = create(&m, GAN_TRAINER(.batch = BATCH));
    test_gan_steps(&gan, KIND, 1, 3, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_save(gan.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(gan_trainer_load(gan.trainer, NULL, test_path("missing")), GAN_ERROR_NOT_FOUND);
    assert_int_equal(m.count, 0);
    assert_int_equal(gan_trainer_load(gan.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(m.count, 1);
    assert_int_equal(m.infos, 1);
    assert_int_equal(count_of(&m, test_path("file"), "step 3"), 1);
    test_gan_destroy(&gan);
}

/* Rates are the file's: who asked for others is told, with the way to have them. */
static void test_other_rates(void **state)
{
    (void)state;
    messages m, after;
    gan_optimizer *optimizer = NULL;
    test_gan gan = create(&m, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.5f));
    assert_int_equal(gan_trainer_save(gan.trainer, NULL, test_path("file")), GAN_OK);
    test_gan other = create(&after, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.25f));
    assert_int_equal(gan_trainer_load(other.trainer, NULL, test_path("missing")), GAN_ERROR_NOT_FOUND);
    assert_int_equal(after.count, 0);
    assert_int_equal(gan_trainer_load(other.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(
        count_of(&after, "the learning rate of generator_optimizer is that of ", ", 0.5, no longer 0.25"), 1);
    assert_int_equal(count_of(&after, "the learning rate of discriminator_optimizer is", test_path("file")), 1);
    assert_int_equal(after.infos, 3); /* and that it was resumed */
    assert_int_equal(gan_trainer_get_optimizer(other.trainer, GAN_ROLE_GENERATOR, &optimizer), GAN_OK);
    assert_true(gan_optimizer_learning_rate(optimizer) == 0.5);
    test_gan_destroy(&gan);
    test_gan_destroy(&other);
}

static void make_constant(gan_model *model)
{
    const float zeros[64] = {0};
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        assert_true(info.count <= 64);
        assert_int_equal(gan_model_set_tensor(model, info.name, zeros, info.count), GAN_OK);
    }
}

/* A generator that makes only one sample is diagnosed as long as it does, but logged once, even if training resumes
 * from a checkpoint. */
static void test_new_diagnosis(void **state)
{
    (void)state;
    messages m, after;
    const gan_trainer_options *options =
        GAN_TRAINER(.batch = BATCH, .learning_rate = GAN_ZERO, .diagnosis_interval = 1);
    test_gan gan = create(&m, options), resumed = create(&after, options);
    make_constant(gan.generator);
    test_gan_steps(&gan, KIND, 1, 4, BATCH, 1, NULL);
    assert_int_equal(count_of(&m, "mode collapse", ""), 0);
    test_gan_steps(&gan, KIND, 5, 9, BATCH, 1, NULL);
    assert_true(gan_trainer_diagnoses(gan.trainer) & GAN_DIAGNOSIS_MODE_COLLAPSE);
    assert_int_equal(count_of(&m, "step 5: mode collapse", gan_diagnosis_advice(GAN_DIAGNOSIS_MODE_COLLAPSE)), 1);
    assert_int_equal(count_of(&m, "mode collapse", ""), 1);
    assert_int_equal(m.warnings, m.count);
    assert_int_equal(gan_trainer_save(gan.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(gan_trainer_load(resumed.trainer, NULL, test_path("file")), GAN_OK);
    test_gan_steps(&resumed, KIND, 10, 10, BATCH, 1, NULL);
    assert_true(gan_trainer_diagnoses(resumed.trainer) & GAN_DIAGNOSIS_MODE_COLLAPSE);
    assert_int_equal(count_of(&after, "mode collapse", ""), 0);
    test_gan_destroy(&gan);
    test_gan_destroy(&resumed);
}

static void test_diverged(void **state)
{
    (void)state;
    messages m;
    test_gan gan = create(&m, GAN_TRAINER(.batch = BATCH));
    float samples[BATCH * 4];
    for (int i = 0; i < BATCH * 4; i++) samples[i] = NAN;
    test_gan_steps(&gan, KIND, 1, 2, BATCH, 1, NULL);
    assert_int_equal(m.count, 0);
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "in step 3 the loss of the discriminator");
    assert_int_equal(m.count, 1);
    assert_int_equal(m.warnings, 1);
    assert_int_equal(count_of(&m, "in step 3", "of the discriminator"), 1);
    test_gan_destroy(&gan);
}

/* What a host shows in another way is not logged; all else is. */
static void test_without_training(void **state)
{
    (void)state;
    messages m = {.count = 0};
    gan_context *context = NULL;
    float samples[BATCH * 4];
    for (int i = 0; i < BATCH * 4; i++) samples[i] = NAN;
    test_status(gan_context_create(GAN_CONTEXT(.log_except = 2), &context), GAN_ERROR_ARGUMENT,
                "log_except is 0x2, expected bits of gan_log_topic");
    const gan_context_options *options =
        GAN_CONTEXT(.threads = 1, .log = remember, .log_user = &m, .log_except = GAN_LOG_TOPIC_TRAINING);
    assert_int_equal(gan_context_create(options, &context), GAN_OK);
    test_gan gan = test_gan_create_in(context, KIND, GAN_TRAINER(.batch = BATCH));
    m = (messages){.count = 0};
    assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED);
    assert_int_equal(m.count, 0);
    assert_int_equal(gan_trainer_save(gan.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(gan_trainer_load(gan.trainer, NULL, test_path("file")), GAN_OK);
    assert_int_equal(m.infos, 1);
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumed),          cmocka_unit_test(test_other_rates),
        cmocka_unit_test(test_new_diagnosis),    cmocka_unit_test(test_diverged),
        cmocka_unit_test(test_without_training),
    };
    return cmocka_run_group_tests_name("what a trainer logs", tests, test_folder_create, test_folder_remove);
}
