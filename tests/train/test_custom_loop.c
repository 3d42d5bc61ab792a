/* A training step written in public calls gives the same bits as the trainer's: in either order, with every option
 * that changes what a step does. */
#include "gans.h"

#include <math.h>
#include <string.h>

#define BATCH       6
#define STEPS       4
#define NOISE_SIZE  3
#define MOST_VALUES (2 * BATCH * 128)

/* What a custom loop needs. */
typedef struct loop {
    const gan_trainer_options *options;
    gan_context *context;
    gan_model *generator, *discriminator, *average; /* average: NULL without one */
    gan_session *generate, *real, *fake, *penalised;
    gan_optimizer *generator_optimizer, *discriminator_optimizer;
    gan_random *noise, *penalty_random, *augmentation, *instance_noise;
    gan_shape shape;           /* of a sample, */
    int64_t elements, packing; /* its values, and how many samples D takes at once */
    int64_t steps, seen;       /* steps taken, and the samples of all of them */
    /* What D last saw of real and generated samples, and how the latter were augmented. */
    float seen_real[MOST_VALUES], seen_fake[MOST_VALUES];
    gan_random_state fake_draws;
} loop;

static gan_session *create_session(gan_model *model, int64_t batch, uint64_t seed, bool second_order)
{
    gan_session *session = NULL;
    assert_int_equal(
        gan_session_create(model, GAN_SESSION(.batch = batch, .seed = seed, .second_order = second_order), &session),
        GAN_OK);
    return session;
}

static loop create_loop(const test_gan *gan, test_gan_kind kind, const gan_trainer_options *options)
{
    loop l = {.options = options, .generator = gan->generator, .discriminator = gan->discriminator};
    l.shape = test_gan_shape(kind);
    l.elements = test_gan_elements(kind);
    l.packing = options->packing ? options->packing : 1;
    const int64_t judged = BATCH / l.packing;
    const gan_optimizer_options *adam = GAN_OPTIMIZER(.learning_rate = 2e-4f, .beta1 = 0.5f),
                                *generator_options = options->generator_optimizer,
                                *discriminator_options = options->discriminator_optimizer;
    l.generate = create_session(l.generator, BATCH, options->seed, false);
    l.real = create_session(l.discriminator, judged, options->seed + 1, options->r1 > 0);
    l.fake = create_session(l.discriminator, judged, options->seed + 2, options->r2 > 0);
    if (options->gradient_penalty > 0 || options->dragan > 0) {
        l.penalised = create_session(l.discriminator, judged, options->seed + 3, true);
    }
    assert_int_equal(
        gan_optimizer_create(l.generator, generator_options ? generator_options : adam, &l.generator_optimizer),
        GAN_OK);
    assert_int_equal(gan_optimizer_create(l.discriminator, discriminator_options ? discriminator_options : adam,
                                          &l.discriminator_optimizer),
                     GAN_OK);
    if (options->ema_decay > 0 || options->ema_half_life > 0) {
        assert_int_equal(gan_model_clone(l.generator, &l.average), GAN_OK);
    }
    assert_int_equal(gan_random_create(gan->context, options->seed, GAN_NOISE_STREAM, &l.noise), GAN_OK);
    assert_int_equal(gan_random_create(gan->context, options->seed, GAN_PENALTY_STREAM, &l.penalty_random), GAN_OK);
    assert_int_equal(gan_random_create(gan->context, options->seed, GAN_AUGMENT_STREAM, &l.augmentation), GAN_OK);
    assert_int_equal(gan_random_create(gan->context, options->seed, GAN_INSTANCE_NOISE_STREAM, &l.instance_noise),
                     GAN_OK);
    l.context = gan->context;
    return l;
}

static void destroy_loop(loop *l)
{
    gan_session_destroy(l->generate);
    gan_session_destroy(l->real);
    gan_session_destroy(l->fake);
    gan_session_destroy(l->penalised);
    gan_model_destroy(l->average);
    gan_optimizer_destroy(l->generator_optimizer);
    gan_optimizer_destroy(l->discriminator_optimizer);
    gan_random_destroy(l->noise);
    gan_random_destroy(l->penalty_random);
    gan_random_destroy(l->augmentation);
    gan_random_destroy(l->instance_noise);
}

static void generate(loop *l, int64_t batch)
{
    float z[BATCH * NOISE_SIZE];
    const size_t count = (size_t)batch * NOISE_SIZE;
    if (l->options->noise == GAN_NOISE_NORMAL) {
        assert_int_equal(gan_random_normal(l->noise, z, count), GAN_OK);
    } else {
        assert_int_equal(gan_random_uniform(l->noise, z, count), GAN_OK);
        for (size_t i = 0; i < count; i++) z[i] = 2 * z[i] - 1;
    }
    assert_int_equal(gan_session_set_input(l->generate, 0, z, batch), GAN_OK);
    assert_int_equal(gan_session_forward(l->generate, GAN_MODE_TRAIN), GAN_OK);
}

/* Whether D sees samples as they are. */
static bool plain(const loop *l)
{
    return l->packing == 1 && l->options->augment == 0 && l->options->instance_noise == 0;
}

static float noise_deviation(const loop *l)
{
    const double first = l->options->instance_noise, all = (double)l->options->instance_noise_steps;
    return (float)(all > 0 ? first - first * fmin((double)l->steps / all, 1) : first);
}

/* What D sees of samples. */
static void see(loop *l, const float *samples, int64_t batch, float *seen)
{
    gan_random_state draws;
    assert_int_equal(gan_random_get_state(l->augmentation, &draws), GAN_OK);
    assert_int_equal(gan_augment(l->context, l->options->augment, l->shape, draws, batch, samples, seen), GAN_OK);
    draws.counter += GAN_AUGMENT_BLOCKS * (uint64_t)batch;
    assert_int_equal(gan_random_set_state(l->augmentation, draws), GAN_OK);
    if (noise_deviation(l) == 0) return;
    assert_int_equal(gan_instance_noise(l->instance_noise, noise_deviation(l), seen, batch, l->elements, seen),
                     GAN_OK);
}

static void set_fake(loop *l, int64_t batch)
{
    float made[MOST_VALUES];
    if (plain(l)) {
        assert_int_equal(gan_session_get_output(l->generate, 0, l->seen_fake), GAN_OK);
        assert_int_equal(gan_session_set_input_from(l->fake, 0, l->generate, 0), GAN_OK);
        return;
    }
    assert_int_equal(gan_random_get_state(l->augmentation, &l->fake_draws), GAN_OK);
    assert_int_equal(gan_session_get_output(l->generate, 0, made), GAN_OK);
    see(l, made, batch, l->seen_fake);
    assert_int_equal(gan_session_set_input(l->fake, 0, l->seen_fake, batch / l->packing), GAN_OK);
}

static void judge_fake(loop *l, int64_t batch, float logits[BATCH])
{
    set_fake(l, batch);
    assert_int_equal(gan_session_forward(l->fake, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(l->fake, 0, logits), GAN_OK);
}

static void judge_real(loop *l, const float *samples, int64_t batch, float logits[BATCH])
{
    memcpy(l->seen_real, samples, (size_t)(batch * l->elements) * sizeof(*samples));
    if (!plain(l)) see(l, samples, batch, l->seen_real);
    assert_int_equal(gan_session_set_input(l->real, 0, l->seen_real, batch / l->packing), GAN_OK);
    assert_int_equal(gan_session_forward(l->real, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(l->real, 0, logits), GAN_OK);
}

/* What this update's coefficients are multiplied by. */
static double penalty_factor(const loop *l)
{
    const gan_trainer_options *options = l->options;
    const int interval = options->penalty_interval ? options->penalty_interval : 1;
    const double last = options->final_penalty_factor;
    double p = options->penalty_schedule_steps ? (double)l->steps / (double)options->penalty_schedule_steps : 0;
    if (gan_optimizer_steps(l->discriminator_optimizer) % interval != 0) return 0;
    if (p > 1) p = 1;
    if (options->penalty_schedule == GAN_SCHEDULE_LINEAR) return interval * (1 + (last - 1) * p);
    if (options->penalty_schedule == GAN_SCHEDULE_COSINE) {
        return interval * (last + (1 - last) * (1 + cos(3.14159265358979323846 * p)) / 2);
    }
    return interval;
}

static void add_penalty(gan_session *session, gan_penalty penalty, double coefficient, double *sum)
{
    double value = 0;
    assert_int_equal(gan_gradient_penalty(session, penalty, (float)coefficient, &value), GAN_OK);
    *sum += value;
}

static double penalise(loop *l, int64_t batch)
{
    const gan_trainer_options *options = l->options;
    const int64_t size = l->elements * l->packing, count = batch / l->packing;
    const double factor = penalty_factor(l);
    float made[MOST_VALUES];
    double sum = 0;
    if (factor == 0) return 0;
    if (options->r1 > 0) add_penalty(l->real, GAN_PENALTY_ZERO_CENTERED, factor * options->r1, &sum);
    if (options->r2 > 0) add_penalty(l->fake, GAN_PENALTY_ZERO_CENTERED, factor * options->r2, &sum);
    if (options->gradient_penalty > 0) {
        assert_int_equal(gan_penalty_interpolate(l->penalty_random, l->seen_real, l->seen_fake, count, size, made),
                         GAN_OK);
        assert_int_equal(gan_session_set_input(l->penalised, 0, made, count), GAN_OK);
        add_penalty(l->penalised, GAN_PENALTY_ONE_CENTERED, factor * options->gradient_penalty, &sum);
    }
    if (options->dragan > 0) {
        assert_int_equal(gan_penalty_perturb(l->penalty_random, l->seen_real, count, size, made), GAN_OK);
        assert_int_equal(gan_session_set_input(l->penalised, 0, made, count), GAN_OK);
        add_penalty(l->penalised, GAN_PENALTY_ONE_CENTERED, factor * options->dragan, &sum);
    }
    return sum;
}

/* For simultaneous updates: G's loss, and the ratios of its gradients to D's, which are kept away from 0. */
static double find_ratios(const loop *l, const float *real, const float *fake, int64_t batch, float *fake_gradient,
                          float *ratios)
{
    const size_t judged = (size_t)(batch / l->packing);
    double loss = 0;
    assert_int_equal(gan_loss_generator(l->options->loss, real, judged, fake, judged, &loss, ratios), GAN_OK);
    for (size_t i = 0; i < judged; i++) {
        if (fabsf(fake_gradient[i]) < 1e-24f) fake_gradient[i] = copysignf(1e-24f, fake_gradient[i]);
        ratios[i] /= fake_gradient[i];
    }
    return loss;
}

/* Back from D's input to G's samples; `ratios`: a factor per logit, or NULL. */
static void set_gradient_of_fake(loop *l, int64_t batch, const float *ratios)
{
    const int64_t size = l->elements * l->packing;
    float seen[MOST_VALUES], made[MOST_VALUES];
    assert_int_equal(gan_session_get_input_gradient(l->fake, 0, seen), GAN_OK);
    if (plain(l)) {
        memcpy(made, seen, (size_t)(batch * l->elements) * sizeof(*made));
    } else {
        assert_int_equal(
            gan_augment_backward(l->context, l->options->augment, l->shape, l->fake_draws, batch, seen, made),
            GAN_OK);
    }
    for (int64_t i = 0; ratios && i < batch * l->elements; i++) made[i] *= ratios[i / size];
    assert_int_equal(gan_session_set_output_gradient(l->generate, 0, made), GAN_OK);
}

static double update_discriminator(loop *l, const float *samples, int64_t batch, gan_step_report *report)
{
    float real[BATCH], fake[BATCH], real_gradient[BATCH], fake_gradient[BATCH], ratios[BATCH];
    const size_t judged = (size_t)(batch / l->packing);
    const bool simultaneous = l->options->simultaneous;
    double loss = 0;
    generate(l, batch);
    judge_real(l, samples, batch, real);
    judge_fake(l, batch, fake);
    assert_int_equal(gan_loss_discriminator(l->options->loss, 1 - l->options->label_smoothing, real, judged, fake,
                                            judged, &loss, real_gradient, fake_gradient),
                     GAN_OK);
    if (simultaneous) report->generator_loss = find_ratios(l, real, fake, batch, fake_gradient, ratios);
    assert_int_equal(gan_model_zero_gradients(l->discriminator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->real, 0, real_gradient), GAN_OK);
    assert_int_equal(gan_session_backward(l->real, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->fake, 0, fake_gradient), GAN_OK);
    assert_int_equal(
        gan_session_backward(l->fake, GAN_BACKWARD_PARAMETERS | (simultaneous ? GAN_BACKWARD_INPUTS : 0)), GAN_OK);
    if (simultaneous) set_gradient_of_fake(l, batch, ratios);
    report->penalty = penalise(l, batch);
    assert_int_equal(gan_optimizer_step(l->discriminator_optimizer, NULL), GAN_OK);
    if (l->options->weight_clip > 0) {
        assert_int_equal(gan_model_clip_weights(l->discriminator, l->options->weight_clip), GAN_OK);
    }
    return loss;
}

/* Of a step on `count` samples. */
static void move_average(loop *l, int64_t count)
{
    const gan_trainer_options *options = l->options;
    double decay = options->ema_decay;
    if (options->ema_half_life > 0) {
        double half_life = options->ema_half_life;
        const double most = options->ema_ramp * (double)l->seen;
        if (options->ema_ramp > 0 && most < half_life) half_life = most;
        decay = half_life > 0 ? exp2(-(double)count / half_life) : 0;
    }
    assert_int_equal(gan_model_average(l->average, l->generator, decay), GAN_OK);
}

/* Back through G from the gradient of its output. */
static void move_generator(loop *l, int64_t count)
{
    assert_int_equal(gan_model_zero_gradients(l->generator), GAN_OK);
    assert_int_equal(gan_session_backward(l->generate, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_optimizer_step(l->generator_optimizer, NULL), GAN_OK);
    if (l->average) move_average(l, count);
}

/* A relativistic loss compares with `samples`; `count`: all samples of the step. */
static double update_generator(loop *l, const float *samples, int64_t batch, int64_t count)
{
    float real[BATCH], fake[BATCH], fake_gradient[BATCH];
    const size_t judged = (size_t)(batch / l->packing);
    double loss = 0;
    if (l->options->loss >= GAN_LOSS_RELATIVISTIC) judge_real(l, samples, batch, real);
    judge_fake(l, batch, fake);
    assert_int_equal(gan_loss_generator(l->options->loss, l->options->loss >= GAN_LOSS_RELATIVISTIC ? real : NULL,
                                        judged, fake, judged, &loss, fake_gradient),
                     GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->fake, 0, fake_gradient), GAN_OK);
    assert_int_equal(gan_session_backward(l->fake, GAN_BACKWARD_INPUTS), GAN_OK);
    set_gradient_of_fake(l, batch, NULL);
    move_generator(l, count);
    return loss;
}

static void step(loop *l, const float *samples, int64_t batch, gan_step_report *report)
{
    const int64_t size = batch * l->elements;
    const int updates = l->options->discriminator_steps ? l->options->discriminator_steps : 1;
    const int64_t count = updates * batch;
    double loss = 0;
    if (l->options->order == GAN_ORDER_GENERATOR_FIRST) {
        generate(l, batch);
        report->generator_loss = update_generator(l, samples, batch, count);
    }
    for (int i = 0; i < updates; i++) loss += update_discriminator(l, samples + i * size, batch, report);
    report->discriminator_loss = loss / updates;
    if (l->options->simultaneous) {
        move_generator(l, count);
    } else if (l->options->order == GAN_ORDER_DISCRIMINATOR_FIRST) {
        if (l->options->fresh_noise) generate(l, batch);
        report->generator_loss = update_generator(l, samples + (updates - 1) * size, batch, count);
    }
    l->steps++;
    l->seen += count;
}

static void compare(test_gan_kind kind, const gan_trainer_options *options)
{
    const int64_t elements = test_gan_elements(kind);
    const int updates = options->discriminator_steps ? options->discriminator_steps : 1;
    float samples[MOST_VALUES];
    test_gan trained = test_gan_create(kind, 1, options), looped = test_gan_create(kind, 1, options);
    loop l = create_loop(&looped, kind, options);

    assert_true(updates * BATCH * elements <= MOST_VALUES);
    for (int i = 0; i < STEPS; i++) {
        const int64_t batch = i == 2 ? BATCH - l.packing : BATCH;
        gan_step_report report = GAN_STEP_REPORT_INIT, own = GAN_STEP_REPORT_INIT;
        test_numbers((uint64_t)i, samples, (size_t)(updates * batch * elements));
        assert_int_equal(gan_trainer_step(trained.trainer, samples, batch, &report), GAN_OK);
        step(&l, samples, batch, &own);
        assert_true(report.penalty == own.penalty);
        assert_true(report.discriminator_loss == own.discriminator_loss);
        assert_true(report.generator_loss == own.generator_loss);
        test_assert_same_weights(trained.generator, looped.generator);
        test_assert_same_weights(trained.discriminator, looped.discriminator);
        if (!l.average) continue;
        gan_model *average = NULL;
        assert_int_equal(gan_trainer_get_average(trained.trainer, &average), GAN_OK);
        test_assert_same_weights(average, l.average);
    }
    destroy_loop(&l);
    test_gan_destroy(&looped);
    test_gan_destroy(&trained);
}

static void test_default(void **state)
{
    (void)state;
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .seed = 5));
}

static void test_fresh_noise(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .fresh_noise = true, .seed = 6));
}

static void test_generator_first(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .order = GAN_ORDER_GENERATOR_FIRST, .seed = 7));
}

static void test_two_updates(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .discriminator_steps = 2));
    compare(TEST_GAN_DCGAN,
            GAN_TRAINER(.batch = BATCH, .discriminator_steps = 2, .order = GAN_ORDER_GENERATOR_FIRST));
}

static void test_losses(void **state)
{
    (void)state;
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_SATURATING));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_LEAST_SQUARES, .label_smoothing = 0.1f));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_WASSERSTEIN));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_HINGE));
}

static void test_relativistic_losses(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC, .discriminator_steps = 2,
                                        .fresh_noise = true));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC, .discriminator_steps = 2,
                                        .order = GAN_ORDER_GENERATOR_FIRST));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC_AVERAGE));
}

static void test_uniform_noise(void **state)
{
    (void)state;
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .noise = GAN_NOISE_UNIFORM));
}

static void test_own_optimizers(void **state)
{
    (void)state;
    const gan_optimizer_options *generator = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .clip_norm = 0.1f);
    const gan_optimizer_options *discriminator = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.01f,
                                                               .schedule = GAN_SCHEDULE_LINEAR, .schedule_steps = 3);
    compare(TEST_GAN_DENSE,
            GAN_TRAINER(.batch = BATCH, .generator_optimizer = generator, .discriminator_optimizer = discriminator));
}

/* Each penalty with dropout in the discriminator, all together, and with several updates per step. */
static void test_penalties(void **state)
{
    (void)state;
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .r1 = 10, .seed = 8));
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .r2 = 10, .seed = 8));
    compare(TEST_GAN_SMOOTH,
            GAN_TRAINER(.batch = BATCH, .gradient_penalty = 10, .loss = GAN_LOSS_WASSERSTEIN, .seed = 8));
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .dragan = 10, .seed = 8));
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .r1 = 1, .r2 = 2, .gradient_penalty = 3, .dragan = 4,
                                         .loss = GAN_LOSS_RELATIVISTIC));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .r1 = 1, .gradient_penalty = 3, .discriminator_steps = 2,
                                        .order = GAN_ORDER_GENERATOR_FIRST));
}

static void test_lazy_penalties(void **state)
{
    (void)state;
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .r1 = 1, .dragan = 2, .penalty_interval = 3));
    compare(TEST_GAN_SMOOTH,
            GAN_TRAINER(.batch = BATCH, .r1 = 1, .dragan = 2, .penalty_interval = 3, .discriminator_steps = 2));
}

/* Both end within the steps compared: one at 0, where nothing remains to be computed. */
static void test_penalty_schedules(void **state)
{
    (void)state;
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .r1 = 1, .dragan = 2, .penalty_schedule = GAN_SCHEDULE_LINEAR,
                                        .penalty_schedule_steps = 2));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .r1 = 1, .penalty_schedule = GAN_SCHEDULE_COSINE,
                                        .final_penalty_factor = 0.25f, .penalty_schedule_steps = 3));
}

static void test_weight_clip(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_WASSERSTEIN, .weight_clip = 0.01f,
                                        .discriminator_steps = 2));
}

/* In either order, with running statistics and several updates per step; the third batch has another size. */
static void test_average(void **state)
{
    (void)state;
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .ema_half_life = 20, .discriminator_steps = 2,
                                        .order = GAN_ORDER_GENERATOR_FIRST));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .ema_half_life = 10, .ema_ramp = 0.75f));
}

static void test_augmentation(void **state)
{
    (void)state;
    const unsigned all = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT;
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .augment = all, .seed = 3));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .augment = GAN_AUGMENT_TRANSLATION, .fresh_noise = true,
                                        .discriminator_steps = 2));
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .augment = GAN_AUGMENT_COLOUR | GAN_AUGMENT_CUTOUT,
                                         .order = GAN_ORDER_GENERATOR_FIRST, .loss = GAN_LOSS_RELATIVISTIC));
}

/* It falls to 0 within the steps compared. */
static void test_instance_noise(void **state)
{
    (void)state;
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .instance_noise = 0.3f));
    compare(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .instance_noise = 0.3f, .instance_noise_steps = 3));
}

static void test_packing(void **state)
{
    (void)state;
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .packing = 2, .discriminator_steps = 2));
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .packing = 2, .order = GAN_ORDER_GENERATOR_FIRST));
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .packing = 2, .loss = GAN_LOSS_RELATIVISTIC_AVERAGE));
}

/* Penalties are on what D sees. */
static void test_everything_seen(void **state)
{
    (void)state;
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .r1 = 1, .r2 = 2, .gradient_penalty = 3, .dragan = 4,
                                         .augment = 7, .seed = 9));
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .r1 = 1, .gradient_penalty = 3, .instance_noise = 0.5f,
                                         .instance_noise_steps = 2));
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .packing = 2, .gradient_penalty = 3, .dragan = 4));
    compare(TEST_GAN_PACKED,
            GAN_TRAINER(.batch = BATCH, .packing = 2, .r1 = 1, .r2 = 2, .gradient_penalty = 3, .dragan = 4,
                        .augment = 7, .instance_noise = 0.5f, .loss = GAN_LOSS_RELATIVISTIC, .seed = 9));
}

/* With dropout, whose mask both players share; with penalties, which come after G's gradients. */
static void test_simultaneous(void **state)
{
    (void)state;
    for (int loss = GAN_LOSS_NON_SATURATING; loss <= GAN_LOSS_RELATIVISTIC_AVERAGE; loss++) {
        compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .loss = (gan_loss)loss));
    }
    compare(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .r1 = 1, .r2 = 2,
                                         .gradient_penalty = 3, .ema_half_life = 10));
    compare(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .loss = GAN_LOSS_WASSERSTEIN,
                                        .weight_clip = 0.1f, .noise = GAN_NOISE_UNIFORM));
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .augment = 7, .instance_noise = 0.5f));
}

/* G's gradients leave what D saw unchanged for the penalties. */
static void test_simultaneous_seen(void **state)
{
    (void)state;
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .augment = 7, .r1 = 1, .r2 = 2,
                                         .gradient_penalty = 3, .dragan = 4));
    compare(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .instance_noise = 0.5f,
                                         .instance_noise_steps = 2, .gradient_penalty = 3));
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .packing = 2));
    compare(TEST_GAN_PACKED,
            GAN_TRAINER(.batch = BATCH, .simultaneous = true, .packing = 2, .gradient_penalty = 3, .dragan = 4));
    compare(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .packing = 2, .augment = 7,
                                         .gradient_penalty = 3, .loss = GAN_LOSS_RELATIVISTIC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_fresh_noise),
        cmocka_unit_test(test_generator_first),
        cmocka_unit_test(test_two_updates),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_relativistic_losses),
        cmocka_unit_test(test_uniform_noise),
        cmocka_unit_test(test_own_optimizers),
        cmocka_unit_test(test_penalties),
        cmocka_unit_test(test_lazy_penalties),
        cmocka_unit_test(test_penalty_schedules),
        cmocka_unit_test(test_weight_clip),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_augmentation),
        cmocka_unit_test(test_instance_noise),
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_everything_seen),
        cmocka_unit_test(test_simultaneous),
        cmocka_unit_test(test_simultaneous_seen),
    };
    return cmocka_run_group_tests_name("custom loop", tests, NULL, NULL);
}
