/* Rounds of pix2pix and CycleGAN at 64x64, with the networks of examples/parts/translation_models.h. */
#include "games.h"
#include "translation_models.h"

#include <stdlib.h>

enum { SIDE = 64, PAIRED_FILTERS = 64, CYCLE_FILTERS = 32, BLOCKS = 6, HALVINGS = 2, POOL = 50 };

#define IMAGE GAN_SHAPE(3, SIDE, SIDE)
#define TRY(call)                          \
    do {                                   \
        const gan_status tried = (call);   \
        if (tried != GAN_OK) return tried; \
    } while (0)

typedef struct picture_game {
    gan_model *generator[2], *discriminator[2];
    gan_game *game;
    float *pictures[2];
    int64_t batch;
} picture_game;

static gan_status prepare(const bench_case *self, gan_context *context, gan_moves moves, picture_game **out)
{
    const int64_t count = self->batch * gan_shape_count(IMAGE);
    picture_game *p = calloc(1, sizeof(*p));
    gan_random *random = NULL;
    if (!p) return GAN_ERROR_MEMORY;
    *out = p;
    p->batch = self->batch;
    TRY(gan_random_create(context, 1, 0, &random));
    gan_status status = GAN_OK;
    for (int side = 0; side < 2 && status == GAN_OK; side++) {
        p->pictures[side] = malloc((size_t)count * sizeof(float));
        status = p->pictures[side] ? gan_random_uniform(random, p->pictures[side], count) : GAN_ERROR_MEMORY;
        for (int64_t i = 0; i < count && status == GAN_OK; i++) p->pictures[side][i] = 2 * p->pictures[side][i] - 1;
    }
    gan_random_destroy(random);
    if (status != GAN_OK) return status;
    return gan_game_create(context, GAN_GAME(.batch = p->batch, .moves = moves), &p->game);
}

gan_status prepare_pix2pix(const bench_case *self, gan_context *context, const char *file, void **state)
{
    picture_game *p = NULL;
    (void)file;
    TRY(prepare(self, context, GAN_MOVES_ALTERNATING, &p));
    *state = p;
    TRY(build_unet_generator(context, IMAGE, PAIRED_FILTERS, 1, &p->generator[0]));
    TRY(build_patch_discriminator(context, IMAGE, 2, PAIRED_FILTERS, HALVINGS, 2, &p->discriminator[0]));
    const gan_term from = gan_game_input(p->game, "from", IMAGE), to = gan_game_input(p->game, "to", IMAGE);
    const gan_term fake = gan_game_apply(p->game, p->generator[0], GAN_TERMS(from));
    const gan_term real_logits = gan_game_apply(p->game, p->discriminator[0], GAN_TERMS(from, to));
    const gan_term fake_logits = gan_game_apply(p->game, p->discriminator[0], GAN_TERMS(from, fake));
    const gan_player d = gan_game_player(p->game, "discriminator", p->discriminator[0], NULL);
    const gan_player g = gan_game_player(p->game, "generator", p->generator[0], NULL);
    gan_game_want(p->game, d, 0.5f, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL));
    gan_game_want(p->game, g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits));
    gan_game_want(p->game, g, 100, gan_l1_loss(fake, to));
    return gan_game_build(p->game);
}

/* Real pictures of generator `side`'s kind, and those of the other that it translates. */
static void describe_side(picture_game *p, int side, gan_player d, gan_player g, gan_term real, gan_term other)
{
    gan_model *judge = p->discriminator[side];
    const gan_term fake = gan_game_apply(p->game, p->generator[side], GAN_TERMS(other));
    const gan_term real_logits = gan_game_apply(p->game, judge, GAN_TERMS(real));
    const gan_term fake_logits = gan_game_apply(p->game, judge, GAN_TERMS(fake));
    const gan_term pooled_logits = gan_game_apply(p->game, judge, GAN_TERMS(gan_game_pool(fake, POOL)));
    const gan_term back = gan_game_apply(p->game, p->generator[1 - side], GAN_TERMS(fake));
    const gan_term same = gan_game_apply(p->game, p->generator[side], GAN_TERMS(real));
    gan_game_want(p->game, d, 1, gan_discriminator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, pooled_logits, NULL));
    gan_game_want(p->game, g, 2, gan_generator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, fake_logits));
    gan_game_want(p->game, g, 10, gan_l1_loss(back, other));
    gan_game_want(p->game, g, 5, gan_l1_loss(same, real));
}

gan_status prepare_cyclegan(const bench_case *self, gan_context *context, const char *file, void **state)
{
    picture_game *p = NULL;
    gan_player d[2];
    (void)file;
    TRY(prepare(self, context, GAN_MOVES_SIMULTANEOUS, &p));
    *state = p;
    for (int side = 0; side < 2; side++) {
        const uint64_t seed = 1 + 2 * (uint64_t)side;
        TRY(build_resnet_generator(context, IMAGE, CYCLE_FILTERS, BLOCKS, seed, &p->generator[side]));
        TRY(build_patch_discriminator(context, IMAGE, 1, CYCLE_FILTERS, HALVINGS, seed + 1, &p->discriminator[side]));
    }
    const gan_term from = gan_game_input(p->game, "from", IMAGE), to = gan_game_input(p->game, "to", IMAGE);
    const gan_player g = gan_game_player(p->game, "generator", p->generator[0], NULL);
    gan_player_add_model(g, "reverse_generator", p->generator[1]);
    d[0] = gan_game_player(p->game, "discriminator", p->discriminator[0], NULL);
    d[1] = gan_game_player(p->game, "reverse_discriminator", p->discriminator[1], NULL);
    describe_side(p, 0, d[0], g, to, from);
    describe_side(p, 1, d[1], g, from, to);
    return gan_game_build(p->game);
}

gan_status run_picture_game(void *state)
{
    picture_game *p = state;
    return gan_game_round(p->game, (const float *[]){p->pictures[0], p->pictures[1]}, p->batch, NULL);
}
