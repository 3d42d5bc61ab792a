/* Small conditional models and a hand-written round, for tests of games. All calls are public. */
#ifndef GAN_TESTS_GAME_GAMES_H
#define GAN_TESTS_GAME_GAMES_H

#include "train/gans.h"

enum { CONDITIONAL_NOISE = 3, CONDITIONAL_CLASSES = 3, CONDITIONAL_SAMPLE = 4 };

/* G: noise (3) and a class (1), to (4). D: a sample (4) and a class (1), to a logit (1); with dropout, so that every
 * pass shows. */
gan_status conditional_models(gan_context *context, gan_model **generator, gan_model **discriminator);

/* A conditional game: inputs "sample" and "label"; G makes samples of the labels' classes. */
typedef struct conditional_game {
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_game *game;
    gan_term sample, label, fake, real_logits, fake_logits;
    gan_player d, g;
} conditional_game;

/* Describes it in a context that it takes over, up to the players; both want the loss, and the game is not built. */
gan_status conditional_describe(gan_context *context, const gan_game_options *options,
                                const gan_player_options *generator, conditional_game *out);
/* The same with a context of `threads` threads, and built; a failure fails the test. */
conditional_game conditional_create(int threads, const gan_game_options *options);
void conditional_destroy(conditional_game *game);
/* Round number `number` on `batch` samples that depend only on it. */
void conditional_round(conditional_game *game, uint64_t number, int64_t batch, gan_round_report *report);
/* Its samples and labels. */
void conditional_data(uint64_t number, int64_t batch, float *samples, float *labels);

#endif
