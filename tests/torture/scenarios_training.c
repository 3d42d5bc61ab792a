/* Trainers, loops by hand and games: made, run, saved, loaded, sampled. */
#include "game/games.h"
#include "torture/scenarios.h"

#include <string.h>

enum { COUNT = 10, BATCH = 4, ELEMENTS = 128 };

static float data[COUNT * ELEMENTS];

/* ---- Trainers ------------------------------------------------------------------------------------------------ */

typedef struct training {
    gan_model *generator, *discriminator, *snapshot;
    gan_trainer *trainer;
    gan_dataset *dataset;
    gan_history *history;
} training;

static gan_status make_models(gan_context *context, training *t)
{
    return test_gan_models(context, TEST_GAN_SMOOTH, &t->generator, &t->discriminator);
}

static void release(training *t)
{
    gan_history_destroy(t->history);
    gan_dataset_destroy(t->dataset);
    gan_trainer_destroy(t->trainer);
    gan_model_destroy(t->snapshot);
    gan_model_destroy(t->generator);
    gan_model_destroy(t->discriminator);
}

static const gan_trainer_options *many_options(void)
{
    static const gan_trainer_options options = {
        .struct_size = sizeof(options),
        .batch = BATCH,
        .discriminator_steps = 2,
        .r1 = 1,
        .r2 = 0.5f,
        .dragan = 1,
        .gradient_penalty = 2,
        .instance_noise = 0.1f,
        .augment = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT,
        .ema_half_life = 20,
        .diagnosis_interval = 1,
    };
    return &options;
}

static gan_status run_trainer(stage *s)
{
    training t = {NULL, NULL, NULL, NULL, NULL, NULL};
    gan_step_report report = GAN_STEP_REPORT_INIT;
    float made[2 * ELEMENTS];
    gan_status status = GAN_OK;

    test_numbers(5, data, COUNT * ELEMENTS);
    MAKE(s, t.generator, make_models(s->context, &t));
    MAKE(s, t.trainer, gan_trainer_create(s->context, t.generator, t.discriminator, many_options(), &t.trainer));
    MAKE(s, t.dataset, gan_dataset_from_array(s->context, data, NULL, COUNT, GAN_SHAPE(2, 8, 8), NULL, &t.dataset));
    MAKE(s, t.history, gan_history_create(s->context, &t.history));
    STEP(s, gan_trainer_run(t.trainer, t.dataset, GAN_RUN(.epochs = 1)));
    STEP(s, gan_trainer_save(t.trainer, t.dataset, test_path("trainer")));
    STEP(s, gan_trainer_step(t.trainer, data, 2, &report));
    STEP(s, gan_history_add(t.history, &report));
    STEP(s, gan_trainer_load(t.trainer, t.dataset, test_path("trainer")));
    STEP(s, gan_trainer_run(t.trainer, t.dataset, GAN_RUN(.epochs = 1)));
    STEP(s, gan_trainer_sample(t.trainer, GAN_SAMPLE(.seed = 1), 2, made));
    MAKE(s, t.snapshot, gan_trainer_snapshot(t.trainer, &t.snapshot));
    if (status == GAN_OK) {
        stage_add(s, made, sizeof(made));
        stage_add_model(s, t.snapshot);
        stage_add_model(s, t.discriminator);
    }
    release(&t);
    return status;
}

/* A run that fails in an epoch, since a file cannot be read, goes on where it was. */
static gan_status run_from_disk(stage *s)
{
    training t = {NULL, NULL, NULL, NULL, NULL, NULL};
    const gan_npy_field field = {"sample", test_path("samples.npy"), 0};
    gan_status status = GAN_OK;

    test_numbers(5, data, COUNT * ELEMENTS);
    MAKE(s, t.generator, test_gan_models(s->context, TEST_GAN_DCGAN, &t.generator, &t.discriminator));
    MAKE(s, t.trainer,
         gan_trainer_create(s->context, t.generator, t.discriminator, GAN_TRAINER(.batch = BATCH), &t.trainer));
    STEP(s, gan_npy_write(s->context, test_path("samples.npy"), data, COUNT, GAN_SHAPE(2, 8, 8)));
    MAKE(s, t.dataset,
         gan_dataset_open_npy(s->context, 1, &field, GAN_DATASET(.memory_limit = 1, .prefetch = true), &t.dataset));
    STEP(s, gan_trainer_run(t.trainer, t.dataset, GAN_RUN(.epochs = 1)));
    if (status == GAN_OK) {
        stage_add_model(s, t.generator);
        stage_add_model(s, t.discriminator);
    }
    release(&t);
    return status;
}

/* ---- Loops by hand ------------------------------------------------------------------------------------------- */

static gan_status run_checkpoint(stage *s)
{
    training t = {NULL, NULL, NULL, NULL, NULL, NULL};
    gan_optimizer *optimizer = NULL;
    gan_random *random = NULL;
    gan_session *session = NULL;
    gan_checkpoint *c = NULL;
    float values[3] = {1, 2, 3};
    double doubles[2] = {4, 5};
    int64_t step = 7;
    gan_status status = GAN_OK;

    MAKE(s, t.generator, make_models(s->context, &t));
    MAKE(s, optimizer, gan_optimizer_create(t.generator, NULL, &optimizer));
    MAKE(s, random, gan_random_create(s->context, 1, 20, &random));
    MAKE(s, session, gan_session_create(t.generator, GAN_SESSION(.batch = 2), &session));
    MAKE(s, t.dataset, gan_dataset_from_array(s->context, data, NULL, COUNT, GAN_SHAPE(2, 8, 8), NULL, &t.dataset));
    MAKE(s, c, gan_checkpoint_create(s->context, &c));
    STEP(s, gan_checkpoint_add_model(c, "model", t.generator));
    STEP(s, gan_checkpoint_add_optimizer(c, "optimizer", optimizer));
    STEP(s, gan_checkpoint_add_random(c, "random", random));
    STEP(s, gan_checkpoint_add_session(c, "session", session));
    STEP(s, gan_checkpoint_add_dataset(c, "dataset", t.dataset));
    STEP(s, gan_checkpoint_add_values(c, "values", values, 3));
    STEP(s, gan_checkpoint_add_doubles(c, "doubles", doubles, 2));
    STEP(s, gan_checkpoint_add_integer(c, "step", &step));
    STEP(s, gan_checkpoint_save(c, test_path("checkpoint")));
    STEP(s, gan_checkpoint_load(c, test_path("checkpoint")));
    if (status == GAN_OK) {
        stage_add(s, values, sizeof(values));
        stage_add_model(s, t.generator);
    }
    gan_checkpoint_destroy(c);
    gan_session_destroy(session);
    gan_random_destroy(random);
    gan_optimizer_destroy(optimizer);
    release(&t);
    return status;
}

/* ---- Games --------------------------------------------------------------------------------------------------- */

/* Describes and builds it, or leaves nothing. */
static gan_status make_game(gan_context *context, conditional_game *out)
{
    conditional_game c;
    gan_status status = conditional_describe(context, GAN_GAME(.batch = BATCH), GAN_PLAYER(.ema_decay = 0.9f), &c);

    if (status != GAN_OK) return status;
    status = gan_game_build(c.game);
    if (status == GAN_OK) {
        *out = c;
    } else {
        gan_game_destroy(c.game);
        gan_model_destroy(c.generator);
        gan_model_destroy(c.discriminator);
    }
    return status;
}

static gan_status run_game(stage *s)
{
    conditional_game c = {.game = NULL};
    float samples[COUNT * CONDITIONAL_SAMPLE], classes[COUNT];
    const gan_array_field fields[] = {{"x", samples, GAN_SHAPE(CONDITIONAL_SAMPLE), 0},
                                      {"y", classes, GAN_SHAPE(1), CONDITIONAL_CLASSES}};
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    gan_dataset *dataset = NULL;
    gan_history *history = NULL;
    gan_model *snapshot = NULL;
    gan_checkpoint *checkpoint = NULL;
    gan_bytes *bytes = NULL;
    gan_status status = GAN_OK;

    conditional_data(1, COUNT, samples, classes);
    MAKE(s, c.game, make_game(s->context, &c));
    MAKE(s, dataset, gan_dataset_from_arrays(s->context, COUNT, 2, fields, NULL, &dataset));
    MAKE(s, history, gan_history_create(s->context, &history));
    STEP(s, gan_game_feed(c.game, c.sample, dataset, "x"));
    STEP(s, gan_game_feed(c.game, c.label, dataset, "y"));
    STEP(s, gan_game_run(c.game, GAN_GAME_RUN(.epochs = 1)));
    STEP(s, gan_game_save(c.game, test_path("game")));
    MAKE(s, checkpoint, gan_checkpoint_create(s->context, &checkpoint));
    MAKE(s, bytes, gan_bytes_create(s->context, &bytes));
    STEP(s, gan_checkpoint_add_game(checkpoint, "game", c.game));
    STEP(s, (gan_bytes_clear(bytes), gan_checkpoint_save_to(checkpoint, gan_bytes_writer(bytes))));
    STEP(s, gan_game_round(c.game, (const float *[]){samples, classes}, 3, &report));
    STEP(s, gan_history_add_round(history, c.game, &report));
    STEP(s, gan_history_write_csv(history, test_path("rounds.csv")));
    STEP(s, gan_game_load(c.game, test_path("game")));
    const gan_reader reader = gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes));
    STEP(s, gan_checkpoint_load_from(checkpoint, reader));
    STEP(s, gan_game_run(c.game, GAN_GAME_RUN(.epochs = 1)));
    MAKE(s, snapshot, gan_player_snapshot(c.g, 0, &snapshot));
    if (status == GAN_OK) {
        stage_add_model(s, snapshot);
        stage_add_model(s, c.discriminator);
    }
    gan_bytes_destroy(bytes);
    gan_checkpoint_destroy(checkpoint);
    gan_history_destroy(history);
    gan_game_destroy(c.game);
    gan_dataset_destroy(dataset);
    gan_model_destroy(snapshot);
    gan_model_destroy(c.generator);
    gan_model_destroy(c.discriminator);
    return status;
}

/* Every kind of term. */
static gan_status describe_terms(gan_context *context, gan_model *generator, gan_model *discriminator, gan_game **out)
{
    gan_game *game = NULL;
    gan_status status = gan_game_create(context, GAN_GAME(.batch = BATCH), &game);

    if (status != GAN_OK) return status;
    const gan_term real = gan_term_named(gan_game_input(game, "real", GAN_SHAPE(2, 8, 8)), "photo");
    const gan_term noise = gan_game_noise(game, "noise", GAN_SHAPE(3), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(game, generator, GAN_TERMS(noise));
    const gan_show_options *show = GAN_SHOW(.augment = GAN_AUGMENT_TRANSLATION, .instance_noise = 0.1f);
    const gan_term r = gan_game_apply(game, discriminator, GAN_TERMS(gan_game_show(real, show)));
    const gan_term f = gan_game_apply(game, discriminator, GAN_TERMS(gan_game_show(fake, show)));
    const gan_term between = gan_game_apply(game, discriminator, GAN_TERMS(gan_game_between(real, fake)));
    const gan_term around = gan_game_apply(game, discriminator, GAN_TERMS(gan_game_around(real)));
    const gan_term ones = gan_game_constant(game, GAN_SHAPE(1), 1);
    const gan_player d = gan_game_player(game, "d", discriminator, NULL);
    const gan_player g = gan_game_player(game, "g", generator, GAN_PLAYER(.ema_half_life = 9));
    gan_game_want(game, d, 1, gan_discriminator_loss(GAN_LOSS_HINGE, r, f, NULL));
    gan_game_want(game, d, 1, gan_gradient_penalty_loss(between, GAN_PENALTY_ONE_CENTERED));
    gan_game_want_by(game, d, 1, gan_gradient_penalty_loss(around, GAN_PENALTY_ONE_CENTERED),
                     GAN_WANT(.name = "dragan", .interval = 2));
    gan_game_want(game, d, 0.1f, gan_binary_cross_entropy_loss(r, ones));
    gan_game_want(game, g, 1, gan_generator_loss(GAN_LOSS_HINGE, r, f));
    gan_game_want(game, g, 0.1f, gan_l1_loss(fake, real));
    gan_game_want(game, g, 0.1f, gan_l2_loss(fake, real));
    gan_game_want(game, g, 0.1f, gan_smooth_l1_loss(fake, real));
    gan_game_want(game, g, 0.1f, gan_feature_matching_loss(real, fake));
    gan_game_want(game, g, 0.1f, gan_mean_loss(fake));
    status = gan_game_build(game);
    if (status == GAN_OK) {
        *out = game;
    } else {
        gan_game_destroy(game);
    }
    return status;
}

static gan_status run_terms(stage *s)
{
    gan_model *generator = NULL, *discriminator = NULL;
    gan_game *game = NULL;
    const float *inputs[] = {data};
    gan_status status = GAN_OK;

    test_numbers(5, data, COUNT * ELEMENTS);
    MAKE(s, generator, test_gan_models(s->context, TEST_GAN_SMOOTH, &generator, &discriminator));
    MAKE(s, game, describe_terms(s->context, generator, discriminator, &game));
    STEP(s, gan_game_round(game, inputs, BATCH, NULL));
    if (status == GAN_OK) stage_add_model(s, generator);
    gan_game_destroy(game);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    return status;
}

const scenario training_scenarios[] = {
    {"trainer", run_trainer, {"trainer"}, false},
    {"training from disk", run_from_disk, {"samples.npy"}, false},
    {"checkpoint", run_checkpoint, {"checkpoint"}, false},
    {"game", run_game, {"game", "rounds.csv"}, false},
    {"terms", run_terms, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};
