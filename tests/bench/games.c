#include "games.h"

#include <stdlib.h>

enum { NOISE = 100, CLASSES = 10, PIXELS = 784, FEATURES = 6272 };

#define TRY(call)                          \
    do {                                   \
        const gan_status tried = (call);   \
        if (tried != GAN_OK) return tried; \
    } while (0)

typedef struct conditional {
    gan_model *generator, *discriminator;
    float *samples, *labels, *noise, *real, *fake, *real_gradient, *fake_gradient;
    int64_t batch;
    gan_game *game;
    gan_session *generate, *judge_real, *judge_fake;
    gan_optimizer *of_generator, *of_discriminator;
    gan_random *random;
} conditional;

/* ---- Models ---------------------------------------------------------------------------------------------------- */

static gan_status make_generator(gan_context *context, gan_model **out)
{
    static const int64_t widths[] = {256, 512, 1024};
    gan_model *g;
    TRY(gan_model_create(context, &g));
    *out = g;
    const gan_node noise = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE)));
    const gan_node label = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node code = gan_model_add_from(g, gan_layer_one_hot(context, CLASSES), GAN_NODES(label));
    gan_model_add_from(g, gan_layer_concat(context, NULL), GAN_NODES(noise, code));
    for (int i = 0; i < 3; i++) {
        gan_model_add(g, gan_layer_dense(context, widths[i], NULL));
        gan_model_add(g, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(g, gan_layer_dense(context, PIXELS, NULL));
    gan_model_add(g, gan_layer_tanh(context));
    gan_model_add(g, gan_layer_reshape(context, GAN_SHAPE(1, 28, 28)));
    return gan_model_build(g, 1);
}

static gan_status make_discriminator(gan_context *context, gan_model **out)
{
    static const int64_t filters[] = {64, 128};
    gan_model *d;
    TRY(gan_model_create(context, &d));
    *out = d;
    gan_node node = gan_model_add(d, gan_layer_input(context, GAN_SHAPE(1, 28, 28)));
    const gan_node label = gan_model_add(d, gan_layer_input(context, GAN_SHAPE(1)));
    for (int i = 0; i < 2; i++) {
        node = gan_model_add_from(
            d,
            gan_layer_conv2d(context, filters[i],
                             GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)),
            GAN_NODES(node));
        node = gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    }
    const gan_node features = gan_model_add(d, gan_layer_flatten(context));
    const gan_node logit = gan_model_add(d, gan_layer_dense(context, 1, NULL));
    const gan_node code =
        gan_model_add_from(d, gan_layer_embedding(context, CLASSES, FEATURES, NULL), GAN_NODES(label));
    const gan_node along = gan_model_add_from(d, gan_layer_inner_product(context), GAN_NODES(features, code));
    gan_model_add_from(d, gan_layer_add(context), GAN_NODES(logit, along));
    return gan_model_build(d, 2);
}

static gan_status make_data(gan_context *context, conditional *c)
{
    const size_t count = (size_t)(c->batch * PIXELS);
    gan_random *random;
    float **arrays[] = {&c->labels, &c->real, &c->fake, &c->real_gradient, &c->fake_gradient};
    for (int i = 0; i < 5; i++) *arrays[i] = calloc((size_t)c->batch, sizeof(float));
    c->samples = malloc(count * sizeof(float));
    c->noise = malloc((size_t)(c->batch * NOISE) * sizeof(float));
    if (!c->samples || !c->noise) return GAN_ERROR_MEMORY;
    for (int i = 0; i < 5; i++) {
        if (!*arrays[i]) return GAN_ERROR_MEMORY;
    }
    TRY(gan_random_create(context, 1, 0, &random));
    const gan_status status = gan_random_uniform(random, c->samples, (int64_t)count);
    gan_random_destroy(random);
    for (size_t i = 0; i < count; i++) c->samples[i] = 2 * c->samples[i] - 1;
    for (int64_t i = 0; i < c->batch; i++) c->labels[i] = (float)(i % CLASSES);
    return status;
}

static gan_status prepare(const bench_case *self, gan_context *context, void **state)
{
    conditional *c = calloc(1, sizeof(*c));
    if (!c) return GAN_ERROR_MEMORY;
    *state = c;
    c->batch = self->batch;
    TRY(make_generator(context, &c->generator));
    TRY(make_discriminator(context, &c->discriminator));
    return make_data(context, c);
}

/* ---- The game -------------------------------------------------------------------------------------------------- */

gan_status prepare_conditional_game(const bench_case *self, gan_context *context, const char *file, void **state)
{
    const gan_loss loss = GAN_LOSS_NON_SATURATING;
    (void)file;
    TRY(prepare(self, context, state));
    conditional *c = *state;
    TRY(gan_game_create(context, GAN_GAME(.batch = c->batch), &c->game));
    const gan_term x = gan_game_input(c->game, "image", GAN_SHAPE(1, 28, 28));
    const gan_term label = gan_game_input(c->game, "label", GAN_SHAPE(1));
    const gan_term z = gan_game_noise(c->game, "noise", GAN_SHAPE(NOISE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(c->game, c->generator, GAN_TERMS(z, label));
    const gan_term real_logits = gan_game_apply(c->game, c->discriminator, GAN_TERMS(x, label));
    const gan_term fake_logits = gan_game_apply(c->game, c->discriminator, GAN_TERMS(fake, label));
    const gan_player d = gan_game_player(c->game, "discriminator", c->discriminator, NULL);
    const gan_player g = gan_game_player(c->game, "generator", c->generator, NULL);
    gan_game_want(c->game, d, 1, gan_discriminator_loss(loss, real_logits, fake_logits, NULL));
    gan_game_want(c->game, g, 1, gan_generator_loss(loss, real_logits, fake_logits));
    return gan_game_build(c->game);
}

gan_status run_conditional_game(void *state)
{
    conditional *c = state;
    return gan_game_round(c->game, (const float *[]){c->samples, c->labels}, c->batch, NULL);
}

/* ---- The same by hand ------------------------------------------------------------------------------------------ */

gan_status prepare_conditional_sessions(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    TRY(prepare(self, context, state));
    conditional *c = *state;
    TRY(gan_session_create(c->generator, GAN_SESSION(.batch = c->batch), &c->generate));
    TRY(gan_session_create(c->discriminator, GAN_SESSION(.batch = c->batch), &c->judge_real));
    TRY(gan_session_create(c->discriminator, GAN_SESSION(.batch = c->batch), &c->judge_fake));
    TRY(gan_optimizer_create(c->generator, NULL, &c->of_generator));
    TRY(gan_optimizer_create(c->discriminator, NULL, &c->of_discriminator));
    return gan_random_create(context, 0, GAN_NOISE_STREAM, &c->random);
}

static gan_status judge(gan_session *session, const conditional *c)
{
    TRY(gan_session_set_input(session, 1, c->labels, c->batch));
    return gan_session_forward(session, GAN_MODE_TRAIN);
}

static gan_status move_discriminator(conditional *c)
{
    double loss;
    TRY(gan_random_normal(c->random, c->noise, c->batch * NOISE));
    TRY(gan_session_set_input(c->generate, 0, c->noise, c->batch));
    TRY(judge(c->generate, c));
    TRY(gan_session_set_input(c->judge_real, 0, c->samples, c->batch));
    TRY(judge(c->judge_real, c));
    TRY(gan_session_set_input_from(c->judge_fake, 0, c->generate, 0));
    TRY(judge(c->judge_fake, c));
    TRY(gan_session_get_output(c->judge_real, 0, c->real));
    TRY(gan_session_get_output(c->judge_fake, 0, c->fake));
    TRY(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, c->real, c->batch, c->fake, c->batch, &loss,
                               c->real_gradient, c->fake_gradient));
    TRY(gan_model_zero_gradients(c->discriminator));
    TRY(gan_session_set_output_gradient(c->judge_real, 0, c->real_gradient));
    TRY(gan_session_backward(c->judge_real, GAN_BACKWARD_PARAMETERS));
    TRY(gan_session_set_output_gradient(c->judge_fake, 0, c->fake_gradient));
    TRY(gan_session_backward(c->judge_fake, GAN_BACKWARD_PARAMETERS));
    return gan_optimizer_step(c->of_discriminator, NULL);
}

gan_status run_conditional_sessions(void *state)
{
    conditional *c = state;
    double loss;
    TRY(move_discriminator(c));
    TRY(gan_session_set_input_from(c->judge_fake, 0, c->generate, 0));
    TRY(judge(c->judge_fake, c));
    TRY(gan_session_get_output(c->judge_fake, 0, c->fake));
    TRY(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, c->fake, c->batch, &loss, c->fake_gradient));
    TRY(gan_session_set_output_gradient(c->judge_fake, 0, c->fake_gradient));
    TRY(gan_session_backward(c->judge_fake, GAN_BACKWARD_INPUTS));
    TRY(gan_session_set_output_gradient_from(c->generate, 0, c->judge_fake, 0));
    TRY(gan_model_zero_gradients(c->generator));
    TRY(gan_session_backward(c->generate, GAN_BACKWARD_PARAMETERS));
    return gan_optimizer_step(c->of_generator, NULL);
}
