/* The games by which translations are learned: pix2pix, the same without a discriminator, and CycleGAN. */
#ifndef EXAMPLES_TRANSLATION_GAMES_H
#define EXAMPLES_TRANSLATION_GAMES_H

#include "game_program.h"
#include "translation_data.h"

typedef enum translation_method { METHOD_PAIRED, METHOD_L1_ONLY, METHOD_UNPAIRED } translation_method;

typedef struct translation_options {
    game_settings game;
    int64_t batch, filters, blocks; /* pictures per step; filters of the first layers; residual blocks of CycleGAN */
    double l1_weight, cycle_weight, identity_weight;
    int64_t schedule; /* steps over which CycleGAN's rate is flat for a half and then falls to 0; 0: stays flat */
    gan_context *context;
    translation_data data;
} translation_options;

/* A game is played in the folder of this name in the output folder, */
const char *game_folder(const translation_options *options, translation_method method, char *path);
/* and its results can be written there. */
void will_write_translation(const translation_options *options, translation_method method);

/* Plays a game for `share` of the minutes, or, unless *rounds is 0, until it has so many rounds; then *rounds is how
 * many it has. `translated` gets the translations of the held-out pictures. */
gan_status play_translation(const translation_options *options, translation_method method, double share,
                            int64_t *rounds, float *translated);

#endif
