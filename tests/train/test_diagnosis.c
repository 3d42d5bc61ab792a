/* Diagnoses of real trainings on a ring of eight normals: each trouble provoked by settings known to cause it, and
 * sound trainings with every loss, which stay quiet. */
#include "gans.h"

#include <math.h>
#include <string.h>

#define BATCH    64
#define COUNT    2048 /* samples */
#define INTERVAL 20   /* steps from one diagnosis to the next */

/* ---- Games ----------------------------------------------------------------------------------------------------- */

typedef struct game {
    const gan_trainer_options *options;
    int steps;
    float centre, radius; /* of the ring; radius 0: 0.7 */
    bool bounded;         /* G ends in a tanh */
    float spread;         /* deviation of G's first weights; 0: the default */
    bool spectral_norm;   /* in D */
} game;

/* Two hidden layers of 32. */
static gan_model *network(gan_context *context, int64_t outputs, bool spectral_norm, float spread, bool bounded,
                          uint64_t seed)
{
    const gan_dense_options options = {.struct_size = sizeof(options),
                                       .spectral_norm = spectral_norm,
                                       .weight_initializer = {spread > 0 ? GAN_INITIALIZER_NORMAL : 0, spread}};
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    for (int i = 0; i < 2; i++) {
        gan_model_add(model, gan_layer_dense(context, 32, &options));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_dense(context, outputs, &options));
    if (bounded) gan_model_add(model, gan_layer_tanh(context));
    assert_int_equal(gan_model_build(model, seed), GAN_OK);
    return model;
}

static test_gan create(const game *played)
{
    test_gan gan = {.context = test_context()};
    gan.generator = network(gan.context, 2, false, played->spread, played->bounded, 21);
    gan.discriminator = network(gan.context, 1, played->spectral_norm, 0, false, 22);
    assert_int_equal(gan_trainer_create(gan.context, gan.generator, gan.discriminator, played->options, &gan.trainer),
                     GAN_OK);
    return gan;
}

static gan_dataset *ring(const test_gan *gan, float centre, float radius)
{
    static float samples[2 * COUNT];
    const double turn = 6.283185307179586;
    gan_random *random;
    gan_dataset *dataset;
    assert_int_equal(gan_random_create(gan->context, 7, 0, &random), GAN_OK);
    assert_int_equal(gan_random_normal(random, samples, 2 * COUNT), GAN_OK);
    for (int i = 0; i < COUNT; i++) {
        samples[2 * i] = centre + radius * ((float)cos(turn * i / 8) + 0.02f * samples[2 * i]);
        samples[2 * i + 1] = radius * ((float)sin(turn * i / 8) + 0.02f * samples[2 * i + 1]);
    }
    assert_int_equal(gan_dataset_from_array(gan->context, samples, NULL, COUNT, GAN_SHAPE(2), NULL, &dataset),
                     GAN_OK);
    gan_random_destroy(random);
    return dataset;
}

/* What the callback received. */
typedef struct history {
    uint64_t seen; /* all diagnoses */
    int reports;
    gan_step_report first, last; /* of those that made diagnoses */
} history;

static int remember(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    history *h = user;
    h->reports++;
    if (report->diagnoses == 0 && report->step % INTERVAL != 0) return 0;
    if (h->last.step == 0) h->first = *report;
    h->last = *report;
    h->seen |= report->diagnoses;
    assert_true(gan_trainer_diagnoses(trainer) == report->diagnoses);
    return 0;
}

static gan_status train(const test_gan *gan, float centre, float radius, int steps, history *out)
{
    gan_dataset *dataset = ring(gan, centre, radius);
    gan_status status =
        gan_trainer_run(gan->trainer, dataset, GAN_RUN(.steps = steps, .progress = remember, .user = out));
    gan_dataset_destroy(dataset);
    return status;
}

/* Plays the whole game to its end; fails unless exactly these diagnoses are made on the way. */
static history play(const game *played, uint64_t expected)
{
    test_gan gan = create(played);
    history h = {0};
    const float radius = played->radius > 0 ? played->radius : 0.7f;
    test_status(train(&gan, played->centre, radius, played->steps, &h), GAN_OK, "");
    if (h.seen != expected) fail_msg("diagnoses %d, expected %d", (int)h.seen, (int)expected);
    test_gan_destroy(&gan);
    return h;
}

#define ADAM(rate)   GAN_OPTIMIZER(.learning_rate = (rate), .beta1 = 0.5f)
#define TRAINER(...) GAN_TRAINER(.batch = BATCH, .diagnosis_interval = INTERVAL, __VA_ARGS__)

/* ---- A discriminator that is too strong ------------------------------------------------------------------------ */

/* The data are far from where G starts, and D learns a thousand times faster. */
static history win(gan_loss loss, uint64_t expected)
{
    return play(&(game){.options = TRAINER(.loss = loss, .discriminator_optimizer = ADAM(1e-2f),
                                           .generator_optimizer = ADAM(1e-5f)),
                        .steps = 400,
                        .centre = 4,
                        .radius = 0.3f},
                expected);
}

/* If the loss saturates, a sure D leaves no gradient. */
static void test_vanishing_gradient(void **state)
{
    (void)state;
    history h = win(GAN_LOSS_SATURATING, GAN_DIAGNOSIS_VANISHING_GRADIENT | GAN_DIAGNOSIS_DISCRIMINATOR_WON);
    assert_true(h.last.real_accuracy == 1 && h.last.fake_accuracy == 1);
    assert_true(h.last.generator_gradient_norm < 0.01);
}

/* The same with a loss that does not: D has won, and yet shows G the way. */
static void test_discriminator_won(void **state)
{
    (void)state;
    history h = win(GAN_LOSS_NON_SATURATING, GAN_DIAGNOSIS_DISCRIMINATOR_WON);
    assert_true(h.last.real_accuracy == 1 && h.last.fake_accuracy == 1);
    assert_true(h.last.generator_gradient_norm > 1);
}

/* ---- Exploding gradients --------------------------------------------------------------------------------------- */

/* Nothing bounds the slope of a Wasserstein D, and its rate is huge. */
static void test_exploding_gradient(void **state)
{
    (void)state;
    history h = play(&(game){.options = TRAINER(.loss = GAN_LOSS_WASSERSTEIN, .discriminator_optimizer = ADAM(0.1f),
                                                .generator_optimizer = ADAM(1e-4f)),
                             .steps = 200},
                     GAN_DIAGNOSIS_EXPLODING_GRADIENT);
    assert_true(h.last.generator_gradient_norm > 1e4);
}

/* After 300 sound steps, data are a thousand times too large: the next diagnosis sees the jump. */
static void test_jumping_gradient(void **state)
{
    (void)state;
    test_gan gan =
        create(&(game){.options = TRAINER(.loss = GAN_LOSS_LEAST_SQUARES, .learning_rate = 1e-3f), .bounded = true});
    history h = {0};
    test_status(train(&gan, 0, 0.7f, 300, &h), GAN_OK, "");
    assert_true(h.seen == 0);
    test_status(train(&gan, 0, 700, INTERVAL, &h), GAN_OK, "");
    assert_true(h.seen == GAN_DIAGNOSIS_EXPLODING_GRADIENT);
    test_gan_destroy(&gan);
}

/* ---- Collapse -------------------------------------------------------------------------------------------------- */

/* Mean distance between two of 64 generated samples. */
static double spread_of(const test_gan *gan)
{
    enum { SAMPLES = 64 };
    float samples[2 * SAMPLES];
    double sum = 0;
    assert_int_equal(gan_trainer_sample(gan->trainer, GAN_SAMPLE(.seed = 1), SAMPLES, samples), GAN_OK);
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < i; j++) {
            sum += hypot((double)samples[2 * i] - (double)samples[2 * j],
                         (double)samples[2 * i + 1] - (double)samples[2 * j + 1]);
        }
    }
    return sum / (SAMPLES * (SAMPLES - 1) / 2);
}

/* G, whose samples vary at first, learns so much faster than D that they all run to where D is highest. */
static void test_mode_collapse(void **state)
{
    (void)state;
    test_gan gan =
        create(&(game){.options = TRAINER(.discriminator_optimizer = ADAM(2e-5f), .generator_optimizer = ADAM(1e-2f)),
                       .bounded = true,
                       .spread = 0.3f});
    history h = {0};
    assert_true(spread_of(&gan) > 0.7);
    test_status(train(&gan, 0, 0.7f, 200, &h), GAN_OK, "");
    assert_true(h.seen == GAN_DIAGNOSIS_MODE_COLLAPSE);
    assert_true(spread_of(&gan) < 0.3);
    test_gan_destroy(&gan);
}

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

/* Gradient descent on squares with too long a step: a few steps to infinity. The failed step is reported to the
 * callback; the sentence stays. */
static void test_divergence(void **state)
{
    (void)state;
    const gan_optimizer_options *sgd = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 2);
    test_gan gan =
        create(&(game){.options = TRAINER(.loss = GAN_LOSS_LEAST_SQUARES, .discriminator_optimizer = sgd)});
    history h = {0};
    test_status(train(&gan, 0, 0.7f, 400, &h), GAN_ERROR_DIVERGED, "all models hold the last weights");
    assert_true(h.last.diagnoses == GAN_DIAGNOSIS_NOT_FINITE);
    assert_true(gan_trainer_diagnoses(gan.trainer) == GAN_DIAGNOSIS_NOT_FINITE);
    assert_int_equal(h.last.step, gan_trainer_steps(gan.trainer) + 1);
    assert_int_equal(h.reports, h.last.step);
    assert_int_equal(h.last.batch, BATCH);
    assert_true(isnan(h.last.discriminator_loss) && isnan(h.last.generator_loss) && isnan(h.last.penalty));
    assert_true(isnan(h.last.real_probability) && isnan(h.last.fake_probability));
    assert_true(isnan(h.last.discriminator_gradient_norm) && isnan(h.last.generator_gradient_norm));
    test_gan_destroy(&gan);
}

/* A NaN in the data; after a successful step the diagnosis is gone. */
static void test_bad_data(void **state)
{
    (void)state;
    test_gan gan = create(&(game){.options = TRAINER(.learning_rate = 1e-3f), .bounded = true});
    history h = {0};
    float bad[2 * BATCH] = {NAN};
    test_status(train(&gan, 0, 0.7f, 5, &h), GAN_OK, "");
    test_status(gan_trainer_step(gan.trainer, bad, BATCH, NULL), GAN_ERROR_DIVERGED, "loss of the discriminator");
    assert_true(gan_trainer_diagnoses(gan.trainer) == GAN_DIAGNOSIS_NOT_FINITE);
    test_status(gan_trainer_step(gan.trainer, bad, 0, NULL), GAN_ERROR_BATCH, "batch is 0");
    assert_true(gan_trainer_diagnoses(gan.trainer) == GAN_DIAGNOSIS_NOT_FINITE);
    test_status(train(&gan, 0, 0.7f, 1, &h), GAN_OK, "");
    assert_true(gan_trainer_diagnoses(gan.trainer) == 0 && h.seen == 0);
    test_gan_destroy(&gan);
}

/* ---- Sound trainings ------------------------------------------------------------------------------------------- */

/* With every loss, stabilised as usual; at the end samples are as varied as the data. */
static void test_sound_trainings(void **state)
{
    (void)state;
    const game games[] = {
        {.options = TRAINER(.loss = GAN_LOSS_NON_SATURATING, .learning_rate = 1e-3f)},
        {.options = TRAINER(.loss = GAN_LOSS_SATURATING, .learning_rate = 1e-3f)},
        {.options = TRAINER(.loss = GAN_LOSS_LEAST_SQUARES, .learning_rate = 1e-3f)},
        {.options = TRAINER(.loss = GAN_LOSS_WASSERSTEIN, .learning_rate = 1e-3f, .gradient_penalty = 1,
                            .discriminator_steps = 5)},
        {.options = TRAINER(.loss = GAN_LOSS_HINGE, .learning_rate = 1e-3f), .spectral_norm = true},
        {.options = TRAINER(.loss = GAN_LOSS_RELATIVISTIC, .learning_rate = 1e-3f, .r1 = 0.1f, .r2 = 0.1f)},
        {.options = TRAINER(.loss = GAN_LOSS_RELATIVISTIC_AVERAGE, .learning_rate = 1e-3f)},
    };
    for (size_t i = 0; i < sizeof(games) / sizeof(games[0]); i++) {
        game sound = games[i];
        sound.steps = 600;
        sound.bounded = true;
        history h = play(&sound, 0);
        assert_near(h.last.diversity, 1, 0.4);
        assert_int_equal(h.last.step, 600);
    }
}

/* ---- Words ----------------------------------------------------------------------------------------------------- */

static void test_words(void **state)
{
    (void)state;
    const char *names[] = {"vanishing gradient", "exploding gradient", "discriminator won", "mode collapse",
                           "not finite"};
    for (int i = 0; i < 5; i++) {
        const gan_diagnosis diagnosis = (gan_diagnosis)(1 << i);
        assert_string_equal(gan_diagnosis_name(diagnosis), names[i]);
        assert_true(strlen(gan_diagnosis_advice(diagnosis)) > 40);
    }
    for (int unknown = 0; unknown <= 32; unknown += 3) {
        if (unknown == 0 || (unknown & (unknown - 1)) != 0) {
            assert_string_equal(gan_diagnosis_name((gan_diagnosis)unknown), "unknown diagnosis");
            assert_string_equal(gan_diagnosis_advice((gan_diagnosis)unknown), "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vanishing_gradient),
        cmocka_unit_test(test_discriminator_won),
        cmocka_unit_test(test_exploding_gradient),
        cmocka_unit_test(test_jumping_gradient),
        cmocka_unit_test(test_mode_collapse),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_bad_data),
        cmocka_unit_test(test_sound_trainings),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests_name("diagnoses", tests, NULL, NULL);
}
