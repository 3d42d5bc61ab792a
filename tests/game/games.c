#include "games.h"

#include <stdlib.h>

/* ---- Models ---------------------------------------------------------------------------------------------------- */

static void describe_generator(gan_context *context, gan_model *g)
{
    const gan_node noise = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(CONDITIONAL_NOISE)));
    const gan_node label = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node code =
        gan_model_add_from(g, gan_layer_embedding(context, CONDITIONAL_CLASSES, 2, NULL), GAN_NODES(label));
    gan_model_add_from(g, gan_layer_concat(context, NULL), GAN_NODES(noise, code));
    gan_model_add(g, gan_layer_dense(context, 8, NULL));
    gan_model_add(g, gan_layer_batch_norm(context, NULL));
    gan_model_add(g, gan_layer_leaky_relu(context, NULL));
    gan_model_add(g, gan_layer_dense(context, CONDITIONAL_SAMPLE, NULL));
    gan_model_add(g, gan_layer_tanh(context));
}

static void describe_discriminator(gan_context *context, gan_model *d)
{
    const gan_node sample = gan_model_add(d, gan_layer_input(context, GAN_SHAPE(CONDITIONAL_SAMPLE)));
    const gan_node label = gan_model_add(d, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node code =
        gan_model_add_from(d, gan_layer_embedding(context, CONDITIONAL_CLASSES, 2, NULL), GAN_NODES(label));
    gan_model_add_from(d, gan_layer_concat(context, NULL), GAN_NODES(sample, code));
    gan_model_add(d, gan_layer_dense(context, 8, NULL));
    gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    gan_model_add(d, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
    gan_model_add(d, gan_layer_dense(context, 1, NULL));
}

gan_status conditional_models(gan_context *context, gan_model **generator, gan_model **discriminator)
{
    gan_model *g = NULL, *d = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status == GAN_OK) status = gan_model_create(context, &d);
    if (status == GAN_OK) {
        describe_generator(context, g);
        describe_discriminator(context, d);
        status = gan_model_build(g, 1);
    }
    if (status == GAN_OK) status = gan_model_build(d, 2);
    if (status != GAN_OK) {
        gan_model_destroy(g);
        gan_model_destroy(d);
        return status;
    }
    *generator = g;
    *discriminator = d;
    return GAN_OK;
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

gan_status conditional_describe(gan_context *context, const gan_game_options *options,
                                const gan_player_options *generator, conditional_game *out)
{
    conditional_game c = {.context = context};
    gan_status status = conditional_models(context, &c.generator, &c.discriminator);
    if (status != GAN_OK) return status;
    status = gan_game_create(context, options, &c.game);
    if (status != GAN_OK) {
        gan_model_destroy(c.generator);
        gan_model_destroy(c.discriminator);
        return status;
    }
    c.sample = gan_game_input(c.game, "sample", GAN_SHAPE(CONDITIONAL_SAMPLE));
    c.label = gan_game_input(c.game, "label", GAN_SHAPE(1));
    const gan_term noise = gan_game_noise(c.game, "noise", GAN_SHAPE(CONDITIONAL_NOISE), GAN_NOISE_NORMAL);
    c.fake = gan_game_apply(c.game, c.generator, GAN_TERMS(noise, c.label));
    c.real_logits = gan_game_apply(c.game, c.discriminator, GAN_TERMS(c.sample, c.label));
    c.fake_logits = gan_game_apply(c.game, c.discriminator, GAN_TERMS(c.fake, c.label));
    c.d = gan_game_player(c.game, "discriminator", c.discriminator, NULL);
    c.g = gan_game_player(c.game, "generator", c.generator, generator);
    gan_game_want(c.game, c.d, 1,
                  gan_discriminator_loss(GAN_LOSS_NON_SATURATING, c.real_logits, c.fake_logits, NULL));
    gan_game_want(c.game, c.g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, c.real_logits, c.fake_logits));
    *out = c;
    return GAN_OK;
}

conditional_game conditional_create(int threads, const gan_game_options *options)
{
    gan_context *context;
    conditional_game c;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = threads), &context), GAN_OK);
    assert_int_equal(conditional_describe(context, options, GAN_PLAYER(.ema_decay = 0.9f), &c), GAN_OK);
    test_status(gan_game_build(c.game), GAN_OK, "");
    return c;
}

void conditional_destroy(conditional_game *game)
{
    gan_game_destroy(game->game);
    gan_model_destroy(game->generator);
    gan_model_destroy(game->discriminator);
    gan_context_destroy(game->context);
}

void conditional_data(uint64_t number, int64_t batch, float *samples, float *labels)
{
    test_numbers(number, samples, (size_t)(batch * CONDITIONAL_SAMPLE));
    for (int64_t i = 0; i < batch; i++) labels[i] = (float)((number + (uint64_t)i) % CONDITIONAL_CLASSES);
}

void conditional_round(conditional_game *game, uint64_t number, int64_t batch, gan_round_report *report)
{
    float samples[64 * CONDITIONAL_SAMPLE], labels[64];
    conditional_data(number, batch, samples, labels);
    test_status(gan_game_round(game->game, (const float *[]){samples, labels}, batch, report), GAN_OK, "");
}
