/* The door of trainer: the game of a generator and a discriminator, with the calls by which most people know it. */
#ifndef GAN_TRAINER_H
#define GAN_TRAINER_H

#include "game/play/play.h"

enum { GAN_TRAINER_PENALTIES = 4 };

struct gan_trainer {
    gan_context *context;
    gan_trainer_options options; /* resolved; its pointers NULL */
    gan_game *game;
    gan_model *generator, *discriminator; /* the game keeps them */
    gan_session *sample;                  /* G, forward only, independent of training */
    gan_shape sample_shape;               /* of G */
};

/* The places of the trainer's parts in its game. */
enum { GAN_TRAINER_WANT_OF_DISCRIMINATOR = 0, GAN_TRAINER_WANT_OF_GENERATOR = 1, GAN_TRAINER_FIRST_PENALTY = 2 };

/* Checks and fills in defaults, also of the players' optimizers, by role. Both are untouched on failure. */
gan_status gan_trainer_options_resolve(const gan_trainer_options *given, gan_trainer_options *resolved,
                                       gan_optimizer_options optimizers[GAN_PLAYERS]);
/* Describes and builds the game of a trainer (trainer_game.c). */
gan_status gan_trainer_describe(gan_trainer *trainer, const gan_optimizer_options optimizers[GAN_PLAYERS]);
/* What a round of its game shows, as a step (trainer_step.c). */
void gan_trainer_report(const gan_trainer *trainer, const gan_round_report *round, gan_step_report *report);

#endif
