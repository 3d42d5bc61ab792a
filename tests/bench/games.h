/* Rounds of games, as the library plays them and written by hand in sessions. */
#ifndef BENCH_GAMES_H
#define BENCH_GAMES_H

#include "cases.h"

/* Class-conditional: the seed's models with a one-hot class beside the noise, and a projection in the discriminator.
 */
gan_status prepare_conditional_game(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status run_conditional_game(void *state);
gan_status prepare_conditional_sessions(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status run_conditional_sessions(void *state);

/* Semi-supervised (semi_games.c): the seed's generator and convolutions with ten classes; batches of labelled,
 * unlabelled and generated images. */
gan_status prepare_semi_game(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status run_semi_game(void *state);
gan_status prepare_semi_sessions(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status run_semi_sessions(void *state);

/* pix2pix and CycleGAN at 64x64 (picture_games.c). */
gan_status prepare_pix2pix(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status prepare_cyclegan(const bench_case *self, gan_context *context, const char *file, void **state);
gan_status run_picture_game(void *state);

#endif
