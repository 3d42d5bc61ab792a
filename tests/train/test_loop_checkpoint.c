/* Checkpoints of loops written by hand: saved, loaded and continued equals never stopped, bit for bit; what is saved
 * can be loaded; what does not fit changes nothing. */
#include "gans.h"

#include "support/allocator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, COUNT = 22, OTHERS = 5, NOISE = 3, ELEMENTS = 128, LOSSES = 5, BEFORE = 10, AFTER = 7 };

/* ---- A loop ---------------------------------------------------------------------------------------------------- */

/* A GAN with everything that has a state: batch normalisation, dropout, an average, momentum, shuffled datasets of
 * different sizes, random generators, and what the loop keeps in variables. */
typedef struct loop {
    gan_context *context;
    gan_model *generator, *discriminator, *average;
    gan_session *generate, *real, *fake;
    gan_optimizer *generator_optimizer, *discriminator_optimizer;
    gan_random *noise, *shares;
    gan_dataset *dataset, *others;
    gan_checkpoint *checkpoint;
    float data[COUNT * ELEMENTS];
    float weights[2]; /* of the losses, which the loop changes */
    double losses[LOSSES];
    int64_t step;
} loop;

static gan_status create_parts(loop *l, uint64_t seed)
{
    test_numbers(5, l->data, COUNT * ELEMENTS);
    gan_model *generator, *discriminator;
    gan_status status = test_gan_models(l->context, TEST_GAN_DCGAN, &generator, &discriminator);
    if (status != GAN_OK) return status;
    l->generator = generator;
    l->discriminator = discriminator;
    status = gan_model_clone(generator, &l->average);
    if (status == GAN_OK) {
        status = gan_session_create(l->generator, GAN_SESSION(.batch = BATCH, .seed = seed), &l->generate);
    }
    if (status == GAN_OK) {
        status = gan_session_create(l->discriminator, GAN_SESSION(.batch = BATCH, .seed = seed), &l->real);
    }
    if (status == GAN_OK) {
        status = gan_session_create(l->discriminator, GAN_SESSION(.batch = BATCH, .seed = seed + 1), &l->fake);
    }
    if (status == GAN_OK) status = gan_optimizer_create(l->generator, NULL, &l->generator_optimizer);
    if (status == GAN_OK) {
        status = gan_optimizer_create(l->discriminator,
                                      GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.01f,
                                                    .momentum = 0.5f, .schedule = GAN_SCHEDULE_LINEAR,
                                                    .schedule_steps = BEFORE + AFTER),
                                      &l->discriminator_optimizer);
    }
    if (status == GAN_OK) status = gan_random_create(l->context, seed, 1, &l->noise);
    if (status == GAN_OK) status = gan_random_create(l->context, seed, 20, &l->shares);
    if (status == GAN_OK) {
        status = gan_dataset_from_array(l->context, l->data, NULL, OTHERS, GAN_SHAPE(2, 8, 8),
                                        GAN_DATASET(.seed = seed + 5, .drop_last = true), &l->others);
    }
    if (status != GAN_OK) return status;
    return gan_dataset_from_array(l->context, l->data, NULL, COUNT, GAN_SHAPE(2, 8, 8), GAN_DATASET(.seed = seed),
                                  &l->dataset);
}

static gan_status add_parts(loop *l)
{
    gan_checkpoint *c = l->checkpoint;
    gan_status status = gan_checkpoint_add_model(c, "generator", l->generator);
    if (status == GAN_OK) status = gan_checkpoint_add_model(c, "discriminator", l->discriminator);
    if (status == GAN_OK) status = gan_checkpoint_add_model(c, "average", l->average);
    if (status == GAN_OK) status = gan_checkpoint_add_session(c, "generate", l->generate);
    if (status == GAN_OK) status = gan_checkpoint_add_session(c, "real", l->real);
    if (status == GAN_OK) status = gan_checkpoint_add_session(c, "fake", l->fake);
    if (status == GAN_OK) status = gan_checkpoint_add_optimizer(c, "generator_optimizer", l->generator_optimizer);
    if (status == GAN_OK) {
        status = gan_checkpoint_add_optimizer(c, "discriminator_optimizer", l->discriminator_optimizer);
    }
    if (status == GAN_OK) status = gan_checkpoint_add_random(c, "noise", l->noise);
    if (status == GAN_OK) status = gan_checkpoint_add_random(c, "shares", l->shares);
    if (status == GAN_OK) status = gan_checkpoint_add_dataset(c, "data", l->dataset);
    if (status == GAN_OK) status = gan_checkpoint_add_dataset(c, "others", l->others);
    if (status == GAN_OK) status = gan_checkpoint_add_values(c, "weights", l->weights, 2);
    if (status == GAN_OK) status = gan_checkpoint_add_doubles(c, "losses", l->losses, LOSSES);
    return status == GAN_OK ? gan_checkpoint_add_integer(c, "step", &l->step) : status;
}

static void destroy_parts(loop *l)
{
    gan_dataset_destroy(l->dataset);
    gan_dataset_destroy(l->others);
    gan_random_destroy(l->noise);
    gan_random_destroy(l->shares);
    gan_optimizer_destroy(l->generator_optimizer);
    gan_optimizer_destroy(l->discriminator_optimizer);
    gan_session_destroy(l->generate);
    gan_session_destroy(l->real);
    gan_session_destroy(l->fake);
    gan_model_destroy(l->generator);
    gan_model_destroy(l->discriminator);
    gan_model_destroy(l->average);
}

static void create_loop(loop *l, uint64_t seed)
{
    *l = (loop){.context = test_context(), .weights = {1, 1}};
    assert_int_equal(create_parts(l, seed), GAN_OK);
    assert_int_equal(gan_checkpoint_create(l->context, &l->checkpoint), GAN_OK);
    assert_int_equal(add_parts(l), GAN_OK);
}

static void destroy_loop(loop *l)
{
    gan_checkpoint_destroy(l->checkpoint);
    destroy_parts(l);
    gan_context_destroy(l->context);
}

/* One pass through D and back; returns its loss. */
static double judge(gan_session *session, float label, float weight, int64_t count)
{
    float logits[BATCH], labels[BATCH], gradient[BATCH];
    double loss;
    for (int i = 0; i < BATCH; i++) labels[i] = label;
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, logits), GAN_OK);
    assert_int_equal(gan_loss_binary_cross_entropy(logits, labels, count, &loss, gradient), GAN_OK);
    for (int64_t i = 0; i < count; i++) gradient[i] *= weight;
    assert_int_equal(gan_session_set_output_gradient(session, 0, gradient), GAN_OK);
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS), GAN_OK);
    return loss;
}

/* Mixes samples of the second dataset into the batch. */
static void mix(loop *l, float samples[BATCH * ELEMENTS])
{
    float others[2 * ELEMENTS], share;
    int64_t count;
    assert_int_equal(gan_dataset_next(l->others, 2, others, NULL, &count), GAN_OK);
    assert_int_equal(gan_random_uniform(l->shares, &share, 1), GAN_OK);
    for (int i = 0; i < 2 * ELEMENTS; i++) samples[i] = share * samples[i] + (1 - share) * others[i];
}

static void take_step(loop *l)
{
    float samples[BATCH * ELEMENTS], noise[BATCH * NOISE];
    int64_t count;
    assert_int_equal(gan_dataset_next(l->dataset, BATCH, samples, NULL, &count), GAN_OK);
    mix(l, samples);
    assert_int_equal(gan_random_normal(l->noise, noise, BATCH * NOISE), GAN_OK);
    assert_int_equal(gan_session_set_input(l->generate, 0, noise, count), GAN_OK);
    assert_int_equal(gan_session_forward(l->generate, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_set_input(l->real, 0, samples, count), GAN_OK);
    assert_int_equal(gan_session_set_input_from(l->fake, 0, l->generate, 0), GAN_OK);
    assert_int_equal(gan_model_zero_gradients(l->discriminator), GAN_OK);
    double loss = judge(l->real, 1, l->weights[0], count);
    loss += judge(l->fake, 0, l->weights[1], count);
    assert_int_equal(gan_optimizer_step(l->discriminator_optimizer, NULL), GAN_OK);
    loss -= judge(l->fake, 1, 1, count);
    assert_int_equal(gan_model_zero_gradients(l->generator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient_from(l->generate, 0, l->fake, 0), GAN_OK);
    assert_int_equal(gan_session_backward(l->generate, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_optimizer_step(l->generator_optimizer, NULL), GAN_OK);
    assert_int_equal(gan_model_average(l->average, l->generator, 0.9), GAN_OK);
    l->losses[l->step % LOSSES] = loss;
    l->weights[l->step % 2] *= 0.97f;
    l->step++;
}

static void take_steps(loop *l, int steps)
{
    for (int i = 0; i < steps; i++) take_step(l);
}

static void save(const loop *l, const char *name)
{
    test_status(gan_checkpoint_save(l->checkpoint, test_path(name)), GAN_OK, "");
}

/* ---- Going on -------------------------------------------------------------------------------------------------- */

static void test_resume(void **state)
{
    (void)state;
    loop whole, part, resumed;
    create_loop(&whole, 11);
    take_steps(&whole, BEFORE + AFTER);
    save(&whole, "whole");
    create_loop(&part, 11);
    take_steps(&part, BEFORE);
    save(&part, "part");
    create_loop(&resumed, 99);
    take_steps(&resumed, 2); /* whatever it had is replaced */
    test_status(gan_checkpoint_load(resumed.checkpoint, test_path("part")), GAN_OK, "");
    assert_int_equal(resumed.step, BEFORE);
    save(&resumed, "again");
    test_assert_same_files(test_path("part"), test_path("again"));
    take_steps(&resumed, AFTER);
    save(&resumed, "resumed");
    test_assert_same_files(test_path("whole"), test_path("resumed"));
    destroy_loop(&whole);
    destroy_loop(&part);
    destroy_loop(&resumed);
}

/* Any value of a number comes back with its bits. */
static void test_values(void **state)
{
    (void)state;
    loop l;
    create_loop(&l, 1);
    const int64_t integers[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX};
    const float weights[2] = {NAN, -INFINITY};
    const double losses[LOSSES] = {NAN, INFINITY, -0.0, 5e-324, 0.1};
    for (int i = 0; i < 5; i++) {
        l.step = integers[i];
        memcpy(l.weights, weights, sizeof(weights));
        memcpy(l.losses, losses, sizeof(losses));
        save(&l, "file");
        l.step = 7;
        for (int k = 0; k < 2; k++) l.weights[k] = 0;
        for (int k = 0; k < LOSSES; k++) l.losses[k] = 0;
        test_status(gan_checkpoint_load(l.checkpoint, test_path("file")), GAN_OK, "");
        assert_true(l.step == integers[i]);
        assert_memory_equal(l.weights, weights, sizeof(weights));
        assert_memory_equal(l.losses, losses, sizeof(losses));
    }
    destroy_loop(&l);
}

/* The checkpoint keeps handles alive. */
static void test_order_of_destruction(void **state)
{
    (void)state;
    loop l;
    create_loop(&l, 1);
    take_steps(&l, 2);
    save(&l, "before");
    destroy_parts(&l);
    gan_context_destroy(l.context);
    save(&l, "after");
    test_assert_same_files(test_path("before"), test_path("after"));
    test_status(gan_checkpoint_load(l.checkpoint, test_path("before")), GAN_OK, "");
    gan_checkpoint_destroy(l.checkpoint);
    gan_checkpoint_destroy(NULL);
}

/* More parts than any limit, and an optimizer of two models whose tensors have the same names. */
static void test_many_parts(void **state)
{
    (void)state;
    enum { MANY = 200 };
    gan_context *context = test_context();
    gan_checkpoint *checkpoint = NULL;
    gan_model *models[4];
    gan_optimizer *optimizer = NULL;
    int64_t integers[MANY];
    assert_int_equal(gan_checkpoint_create(context, &checkpoint), GAN_OK);
    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &models[0], &models[1]), GAN_OK);
    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &models[2], &models[3]), GAN_OK);
    assert_int_equal(gan_optimizer_create(models[0], NULL, &optimizer), GAN_OK);
    assert_int_equal(gan_checkpoint_add_optimizer(checkpoint, "optimizer", optimizer), GAN_OK);
    assert_int_equal(gan_optimizer_add_model(optimizer, models[2]), GAN_OK);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        integers[i] = i * i;
        assert_int_equal(gan_checkpoint_add_integer(checkpoint, name, &integers[i]), GAN_OK);
    }
    test_status(gan_checkpoint_save(checkpoint, test_path("many")), GAN_OK, "");
    memset(integers, 0, sizeof(integers));
    test_status(gan_checkpoint_load(checkpoint, test_path("many")), GAN_OK, "");
    for (int i = 0; i < MANY; i++) assert_int_equal(integers[i], i * i);
    gan_checkpoint_destroy(checkpoint);
    gan_optimizer_destroy(optimizer);
    for (int i = 0; i < 4; i++) gan_model_destroy(models[i]);
    gan_context_destroy(context);
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_refused_parts(void **state)
{
    (void)state;
    loop l, other;
    int64_t integer = 0;
    float value = 0;
    double real = 0;
    gan_model *unbuilt = NULL;
    create_loop(&l, 1);
    create_loop(&other, 1);
    assert_int_equal(gan_model_create(l.context, &unbuilt), GAN_OK);
    const struct {
        const char *name, *part;
    } names[] = {
        {"", "name has 0 bytes"},
        {"a/b", "no '/'"},
        {"a\nb", "control character 10"},
        {"\xff", "not valid UTF-8"},
        {"0123456789012345678901234567890123456789012345678901234567890123", "name has 64 bytes"},
        {"step", "name is 'step', which another part already has"},
        {"generator.0", "there is a part 'generator'"},
        {"format", "which the file itself uses"},
        {"kind", "which the file itself uses"},
        {"__metadata__", "which the file itself uses"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        test_status(gan_checkpoint_add_integer(l.checkpoint, names[i].name, &integer), GAN_ERROR_ARGUMENT,
                    names[i].part);
    }
    gan_checkpoint *c = l.checkpoint;
    test_status(gan_checkpoint_add_integer(c, NULL, &integer), GAN_ERROR_NULL, "name is NULL");
    test_status(gan_checkpoint_add_integer(c, "x", NULL), GAN_ERROR_NULL, "value is NULL");
    test_status(gan_checkpoint_add_integer(c, "x", &l.step), GAN_ERROR_ARGUMENT, "part 'step' already is");
    test_status(gan_checkpoint_add_values(c, "x", NULL, 1), GAN_ERROR_NULL, "values is NULL");
    test_status(gan_checkpoint_add_values(c, "x", &value, 0), GAN_ERROR_ARGUMENT, "count is 0");
    test_status(gan_checkpoint_add_values(c, "x", &value, INT64_MAX), GAN_ERROR_OVERFLOW, "overflow");
    test_status(gan_checkpoint_add_doubles(c, "x", NULL, 1), GAN_ERROR_NULL, "values is NULL");
    test_status(gan_checkpoint_add_doubles(c, "x", &real, -1), GAN_ERROR_ARGUMENT, "count is -1");
    test_status(gan_checkpoint_add_model(c, "x", NULL), GAN_ERROR_NULL, "model is NULL");
    test_status(gan_checkpoint_add_model(c, "x", unbuilt), GAN_ERROR_STATE, "gan_checkpoint_add_model");
    test_status(gan_checkpoint_add_model(c, "x", l.generator), GAN_ERROR_ARGUMENT, "part 'generator' already is");
    test_status(gan_checkpoint_add_model(c, "x", other.generator), GAN_ERROR_ARGUMENT,
                "the model belongs to another");
    test_status(gan_checkpoint_add_optimizer(c, "x", other.generator_optimizer), GAN_ERROR_ARGUMENT,
                "another context");
    test_status(gan_checkpoint_add_random(c, "x", other.noise), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_checkpoint_add_session(c, "x", other.real), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_checkpoint_add_dataset(c, "x", other.dataset), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_checkpoint_add_optimizer(c, "x", NULL), GAN_ERROR_NULL, "optimizer is NULL");
    test_status(gan_checkpoint_add_random(c, "x", NULL), GAN_ERROR_NULL, "random is NULL");
    test_status(gan_checkpoint_add_session(c, "x", NULL), GAN_ERROR_NULL, "session is NULL");
    test_status(gan_checkpoint_add_dataset(c, "x", NULL), GAN_ERROR_NULL, "dataset is NULL");
    test_status(gan_checkpoint_add_integer(NULL, "x", &integer), GAN_ERROR_NULL, "checkpoint is NULL");
    test_status(gan_checkpoint_create(NULL, &c), GAN_ERROR_NULL, "context is NULL");
    test_status(gan_checkpoint_save(l.checkpoint, NULL), GAN_ERROR_NULL, "path is NULL");
    test_status(gan_checkpoint_load(NULL, "x"), GAN_ERROR_NULL, "checkpoint is NULL");
    gan_model_destroy(unbuilt);
    destroy_loop(&other);
    destroy_loop(&l);
}

/* Fails the test unless the file is rejected and nothing has changed. */
static void refuse(loop *l, const char *path, gan_status status, const char *part)
{
    save(l, "state_before");
    test_status(gan_checkpoint_load(l->checkpoint, path), status, part);
    save(l, "state_after");
    test_assert_same_files(test_path("state_before"), test_path("state_after"));
}

static void test_refused_files(void **state)
{
    (void)state;
    loop l;
    create_loop(&l, 11);
    const struct {
        const char *text, *other;
        gan_status status;
        const char *part;
    } cases[] = {
        {"\"libgan.step\"", "\"libgan.stop\"", GAN_ERROR_NOT_FOUND, "saved without an integer called 'step'"},
        {"\"libgan.step\":\"10\"", "\"libgan.step\":\"x0\"", GAN_ERROR_FORMAT, "expected a whole number of 64 bits"},
        {"\"libgan.noise.seed\"", "\"libgan.poise.seed\"", GAN_ERROR_NOT_FOUND, "a random generator called 'noise'"},
        {"\"libgan.data.epoch\"", "\"libgan.beta.epoch\"", GAN_ERROR_NOT_FOUND, "without a dataset called 'data'"},
        {"\"libgan.data.position\":\"16\"", "\"libgan.data.position\":\"99\"", GAN_ERROR_FORMAT,
         "bad': the cursor's position is 99"},
        {"\"libgan.real.passes\"", "\"libgan.real.masses\"", GAN_ERROR_FORMAT, "has no libgan.real.passes"},
        {"\"libgan.average\"", "\"libgan.overage\"", GAN_ERROR_NOT_FOUND, "without a model called 'average'"},
        {"\"losses\":{\"dtype\":\"F64\"", "\"losses\":{\"dtype\":\"I64\"", GAN_ERROR_UNSUPPORTED,
         "is not of the type F64"},
        {"\"losses\":", "\"bosses\":", GAN_ERROR_NOT_FOUND, "without doubles called 'losses'"},
        {"\"weights\":", "\"heights\":", GAN_ERROR_NOT_FOUND, "without values called 'weights'"},
        {"_optimizer\":\"sgd\"", "_optimizer\":\"add\"", GAN_ERROR_ARCHITECTURE, "expected sgd"},
        {"\"libgan.kind\"", "\"libgan.mind\"", GAN_ERROR_FORMAT, "is not a checkpoint"},
        {"_optimizer.steps\":\"10\"", "_optimizer.steps\":\"-7\"", GAN_ERROR_FORMAT, "from 0 to 2^62 - 1"},
    };
    take_steps(&l, BEFORE);
    save(&l, "good");
    take_step(&l);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const size_t size = strlen(cases[i].text);
        assert_int_equal(strlen(cases[i].other), size);
        test_file_change(test_path("good"), test_path("bad"), cases[i].text, cases[i].other, size);
        refuse(&l, test_path("bad"), cases[i].status, cases[i].part);
    }
    refuse(&l, test_path("missing"), GAN_ERROR_NOT_FOUND, "missing");
    assert_int_equal(gan_model_save(l.generator, test_path("model")), GAN_OK);
    refuse(&l, test_path("model"), GAN_ERROR_FORMAT, "is not a checkpoint, but a model");
    destroy_loop(&l);
}

/* Arrays of another size. */
static void test_other_count(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_checkpoint *two = NULL, *three = NULL;
    float values[3] = {1, 2, 3};
    assert_int_equal(gan_checkpoint_create(context, &two), GAN_OK);
    assert_int_equal(gan_checkpoint_create(context, &three), GAN_OK);
    assert_int_equal(gan_checkpoint_add_values(two, "values", values, 2), GAN_OK);
    assert_int_equal(gan_checkpoint_add_values(three, "values", values, 3), GAN_OK);
    assert_int_equal(gan_checkpoint_save(two, test_path("two")), GAN_OK);
    test_status(gan_checkpoint_load(three, test_path("two")), GAN_ERROR_ARCHITECTURE,
                "has the shape (2); expected (3)");
    gan_checkpoint_destroy(two);
    gan_checkpoint_destroy(three);
    gan_context_destroy(context);
}

/* Weights that are not finite are neither saved nor loaded. */
static void test_not_finite(void **state)
{
    (void)state;
    loop l;
    float weights[1024];
    const float mark = 12345.678f, bad[] = {NAN, INFINITY, -INFINITY};
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    create_loop(&l, 1);
    assert_int_equal(gan_model_get_tensor_info(l.generator, 0, &info), GAN_OK);
    assert_true(info.count <= 1024);
    assert_int_equal(gan_model_get_tensor(l.generator, info.name, weights, info.count), GAN_OK);
    for (int i = 0; i < 3; i++) {
        weights[3] = mark;
        assert_int_equal(gan_model_set_tensor(l.generator, info.name, weights, info.count), GAN_OK);
        save(&l, "good");
        test_file_change_number(test_path("good"), test_path("bad"), mark, bad[i]);
        refuse(&l, test_path("bad"), GAN_ERROR_FORMAT, "expected finite numbers");
        weights[3] = bad[i];
        assert_int_equal(gan_model_set_tensor(l.generator, info.name, weights, info.count), GAN_OK);
        const int files = test_folder_count();
        test_status(gan_checkpoint_save(l.checkpoint, test_path("good")), GAN_ERROR_NOT_FINITE, info.name);
        assert_int_equal(test_folder_count(), files);
        test_status(gan_checkpoint_load(l.checkpoint, test_path("good")), GAN_OK, "");
    }
    destroy_loop(&l);
}

/* A second moment, whose root is taken, cannot be negative either. */
static void test_negative_moment(void **state)
{
    (void)state;
    loop l;
    create_loop(&l, 1);
    static char bytes[131072];
    take_steps(&l, 1);
    save(&l, "good");
    const size_t size = test_file_read(test_path("good"), bytes, sizeof(bytes) - 1);
    const char *name = "\"generator_optimizer.image.bias.second\"", *offsets = "\"data_offsets\":[";
    uint64_t header = 0;
    for (int i = 0; i < 8; i++) header |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    char *at = NULL;
    for (size_t i = 8; i < 8 + header && !at; i++) {
        if (strncmp(bytes + i, name, strlen(name)) == 0) at = strstr(bytes + i, offsets);
    }
    assert_non_null(at);
    const long begin = strtol(at + strlen(offsets), NULL, 10);
    bytes[8 + (long)header + begin + 3] |= (char)0x80; /* the sign of the first value */
    test_file_write(test_path("bad"), bytes, size);
    refuse(&l, test_path("bad"), GAN_ERROR_FORMAT, "expected finite, not negative numbers");
    destroy_loop(&l);
}

/* ---- Out of memory --------------------------------------------------------------------------------------------- */

static gan_status save_and_load(gan_context *context, void *user)
{
    static loop l;
    (void)user;
    l = (loop){.context = context};
    gan_status status = create_parts(&l, 1);
    if (status == GAN_OK) status = gan_checkpoint_create(context, &l.checkpoint);
    if (status == GAN_OK) status = add_parts(&l);
    if (status == GAN_OK) status = gan_checkpoint_save(l.checkpoint, test_path("file"));
    if (status == GAN_OK) status = gan_checkpoint_load(l.checkpoint, test_path("file"));
    gan_checkpoint_destroy(l.checkpoint);
    destroy_parts(&l);
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
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_order_of_destruction),
        cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_refused_parts),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_other_count),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_negative_moment),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests_name("checkpoints of loops", tests, test_folder_create, test_folder_remove);
}
