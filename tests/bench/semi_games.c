/* A semi-supervised round: a classifier whose logits also say what is real, and a generator that matches its
 * features. */
#include "games.h"
#include "models.h"

#include <stdlib.h>

enum { CLASSES = 10, PIXELS = 784, FEATURES = 256, BATCHES = 3 };
enum { LOGITS, REALNESS, FEATURE_OUTPUT, OUTPUTS }; /* of the classifier */
enum { LABELLED, UNLABELLED, GENERATED };           /* batches that it sees */
static const int64_t widths[OUTPUTS] = {CLASSES, 1, FEATURES};

#define IMAGE GAN_SHAPE(1, 28, 28)
#define TRY(call)                          \
    do {                                   \
        const gan_status tried = (call);   \
        if (tried != GAN_OK) return tried; \
    } while (0)

typedef struct semi {
    gan_model *generator, *classifier;
    float *samples[2], *labels, *noise; /* labelled and unlabelled */
    int32_t *classes;                   /* the labels as whole numbers */
    int64_t batch;
    gan_game *game;
    gan_session *generate, *judge[BATCHES];
    gan_optimizer *of_generator, *of_classifier;
    gan_random *random;
    float *values[BATCHES][OUTPUTS], *gradients[BATCHES][OUTPUTS];
} semi;

/* ---- Models and data ------------------------------------------------------------------------------------------- */

static gan_status make_classifier(gan_context *context, gan_model **out)
{
    static const int64_t filters[] = {64, 128};
    gan_model *m = NULL;
    TRY(gan_model_create(context, &m));
    gan_model_add(m, gan_layer_input(context, IMAGE));
    for (int i = 0; i < 2; i++) {
        gan_model_add(m,
                      gan_layer_conv2d(context, filters[i],
                                       GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(m, gan_layer_flatten(context));
    gan_model_add(m, gan_layer_dense(context, FEATURES, NULL));
    const gan_node features = gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    const gan_node logits = gan_model_add(m, gan_layer_dense(context, CLASSES, NULL));
    const gan_node realness = gan_model_add(m, gan_layer_log_sum_exp(context));
    gan_model_set_outputs(m, GAN_NODES(logits, realness, features));
    return build_or_destroy(m, 2, out);
}

static gan_status fill(gan_context *context, semi *s)
{
    gan_random *random;
    TRY(gan_random_create(context, 1, 0, &random));
    gan_status status = GAN_OK;
    for (int k = 0; k < 2 && status == GAN_OK; k++) {
        status = gan_random_uniform(random, s->samples[k], s->batch * PIXELS);
        for (int64_t i = 0; i < s->batch * PIXELS; i++) s->samples[k][i] = 2 * s->samples[k][i] - 1;
    }
    gan_random_destroy(random);
    for (int64_t i = 0; i < s->batch; i++) {
        s->classes[i] = (int32_t)(i % CLASSES);
        s->labels[i] = (float)s->classes[i];
    }
    return status;
}

static float *numbers(const semi *s, int64_t each, bool *good)
{
    float *out = calloc((size_t)(s->batch * each), sizeof(*out));
    *good = *good && out;
    return out;
}

static gan_status prepare(const bench_case *self, gan_context *context, void **state)
{
    bool good = true;
    semi *s = calloc(1, sizeof(*s));
    if (!s) return GAN_ERROR_MEMORY;
    *state = s;
    s->batch = self->batch;
    TRY(build_dense_generator(context, IMAGE, NORMALISATION_NONE, MODEL_FILTERS, 1, &s->generator));
    TRY(make_classifier(context, &s->classifier));
    for (int k = 0; k < 2; k++) s->samples[k] = numbers(s, PIXELS, &good);
    s->labels = numbers(s, 1, &good);
    s->classes = calloc((size_t)s->batch, sizeof(*s->classes));
    return good && s->classes ? fill(context, s) : GAN_ERROR_MEMORY;
}

/* ---- The game -------------------------------------------------------------------------------------------------- */

gan_status prepare_semi_game(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    TRY(prepare(self, context, state));
    semi *s = *state;
    TRY(gan_game_create(context, GAN_GAME(.batch = s->batch), &s->game));
    gan_game *game = s->game;
    const gan_term x = gan_game_input(game, "labelled", IMAGE), y = gan_game_input(game, "label", GAN_SHAPE(1)),
                   u = gan_game_input(game, "unlabelled", IMAGE);
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
    const gan_term labelled = gan_game_apply(game, s->classifier, GAN_TERMS(x));
    const gan_term real = gan_game_apply(game, s->classifier, GAN_TERMS(u));
    const gan_term made = gan_game_apply(game, s->generator, GAN_TERMS(z));
    const gan_term fake = gan_game_apply(game, s->classifier, GAN_TERMS(made));
    const gan_player d = gan_game_player(game, "classifier", s->classifier, NULL);
    const gan_player g = gan_game_player(game, "generator", s->generator, NULL);
    gan_game_want(game, d, 1, gan_softmax_cross_entropy_loss(labelled, y));
    gan_game_want(game, d, 1,
                  gan_discriminator_loss(GAN_LOSS_NON_SATURATING, gan_game_output(real, REALNESS),
                                         gan_game_output(fake, REALNESS), NULL));
    gan_game_want(
        game, g, 1,
        gan_feature_matching_loss(gan_game_output(real, FEATURE_OUTPUT), gan_game_output(fake, FEATURE_OUTPUT)));
    return gan_game_build(game);
}

gan_status run_semi_game(void *state)
{
    semi *s = state;
    return gan_game_round(s->game, (const float *[]){s->samples[LABELLED], s->labels, s->samples[UNLABELLED]},
                          s->batch, NULL);
}

/* ---- The same by hand ------------------------------------------------------------------------------------------ */

gan_status prepare_semi_sessions(const bench_case *self, gan_context *context, const char *file, void **state)
{
    bool good = true;
    (void)file;
    TRY(prepare(self, context, state));
    semi *s = *state;
    s->noise = numbers(s, NOISE_SIZE, &good);
    TRY(gan_session_create(s->generator, GAN_SESSION(.batch = s->batch), &s->generate));
    for (int b = 0; b < BATCHES; b++) {
        TRY(gan_session_create(s->classifier, GAN_SESSION(.batch = s->batch), &s->judge[b]));
        for (int k = 0; k < OUTPUTS; k++) {
            s->values[b][k] = numbers(s, widths[k], &good);
            s->gradients[b][k] = numbers(s, widths[k], &good);
        }
    }
    TRY(gan_optimizer_create(s->generator, NULL, &s->of_generator));
    TRY(gan_optimizer_create(s->classifier, NULL, &s->of_classifier));
    TRY(gan_random_create(context, 0, GAN_NOISE_STREAM, &s->random));
    return good ? GAN_OK : GAN_ERROR_MEMORY;
}

/* An output of a pass over one of the batches. */
static gan_status get(semi *s, int batch, int output)
{
    return gan_session_get_output(s->judge[batch], output, s->values[batch][output]);
}

static gan_status set(semi *s, int batch, int output)
{
    return gan_session_set_output_gradient(s->judge[batch], output, s->gradients[batch][output]);
}

static gan_status see_generated(semi *s)
{
    TRY(gan_session_set_input_from(s->judge[GENERATED], 0, s->generate, 0));
    return gan_session_forward(s->judge[GENERATED], GAN_MODE_TRAIN);
}

static gan_status see(semi *s)
{
    for (int b = 0; b < 2; b++) {
        TRY(gan_session_set_input(s->judge[b], 0, s->samples[b], s->batch));
        TRY(gan_session_forward(s->judge[b], GAN_MODE_TRAIN));
    }
    TRY(gan_random_normal(s->random, s->noise, s->batch * NOISE_SIZE));
    TRY(gan_session_set_input(s->generate, 0, s->noise, s->batch));
    TRY(gan_session_forward(s->generate, GAN_MODE_TRAIN));
    return see_generated(s);
}

static gan_status move_classifier(semi *s)
{
    double loss;
    TRY(see(s));
    TRY(get(s, LABELLED, LOGITS));
    TRY(get(s, UNLABELLED, REALNESS));
    TRY(get(s, GENERATED, REALNESS));
    TRY(gan_loss_softmax_cross_entropy(s->values[LABELLED][LOGITS], s->classes, s->batch, CLASSES, &loss,
                                       s->gradients[LABELLED][LOGITS]));
    TRY(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, s->values[UNLABELLED][REALNESS], s->batch,
                               s->values[GENERATED][REALNESS], s->batch, &loss, s->gradients[UNLABELLED][REALNESS],
                               s->gradients[GENERATED][REALNESS]));
    TRY(set(s, LABELLED, LOGITS));
    TRY(set(s, UNLABELLED, REALNESS));
    TRY(set(s, GENERATED, REALNESS));
    TRY(gan_model_zero_gradients(s->classifier));
    for (int b = 0; b < BATCHES; b++) TRY(gan_session_backward(s->judge[b], GAN_BACKWARD_PARAMETERS));
    return gan_optimizer_step(s->of_classifier, NULL);
}

gan_status run_semi_sessions(void *state)
{
    semi *s = state;
    double loss;
    TRY(move_classifier(s));
    TRY(gan_session_forward(s->judge[UNLABELLED], GAN_MODE_TRAIN)); /* by the new weights */
    TRY(see_generated(s));
    TRY(get(s, UNLABELLED, FEATURE_OUTPUT));
    TRY(get(s, GENERATED, FEATURE_OUTPUT));
    TRY(gan_loss_feature_matching(s->values[UNLABELLED][FEATURE_OUTPUT], s->values[GENERATED][FEATURE_OUTPUT],
                                  s->batch, s->batch, FEATURES, &loss, NULL,
                                  s->gradients[GENERATED][FEATURE_OUTPUT]));
    TRY(set(s, GENERATED, FEATURE_OUTPUT));
    TRY(gan_session_backward(s->judge[GENERATED], GAN_BACKWARD_INPUTS));
    TRY(gan_session_set_output_gradient_from(s->generate, 0, s->judge[GENERATED], 0));
    TRY(gan_model_zero_gradients(s->generator));
    TRY(gan_session_backward(s->generate, GAN_BACKWARD_PARAMETERS));
    return gan_optimizer_step(s->of_generator, NULL);
}
