/* Games of random models, terms, players and wants, drawn from a number. All calls are public. */
#ifndef GAN_TESTS_GAME_RANDOM_GAME_H
#define GAN_TESTS_GAME_RANDOM_GAME_H

#include "libgan.h"

enum { RANDOM_GAME_BATCH = 8, RANDOM_GAME_MODELS = 8, RANDOM_GAME_WANTS = 24, RANDOM_GAME_INPUTS = 4 };

/* What a test wants of it. */
typedef struct random_game_kind {
    bool still; /* no player moves: rates are 0, and a round has one move of each; and everything can be
                   differentiated anywhere */
    int64_t shards;
    const gan_collective *collective;
} random_game_kind;

typedef struct random_game_want {
    int player;
    float weight;
} random_game_want;

/* An input's samples: of a shape, or numbers of classes. */
typedef struct random_game_input {
    int64_t elements, classes;
} random_game_input;

typedef struct random_game {
    gan_game *game;
    int model_count, player_count, want_count, input_count;
    gan_model *models[RANDOM_GAME_MODELS];
    int owners[RANDOM_GAME_MODELS]; /* the players of the models */
    gan_player players[RANDOM_GAME_MODELS];
    random_game_want wants[RANDOM_GAME_WANTS];
    random_game_input inputs[RANDOM_GAME_INPUTS];
    int64_t moves; /* of the player that has most */
} random_game;

/* Describes and builds the game of this number; some numbers are of games that gan_game_build() refuses. The caller
 * releases the result in either case. */
gan_status random_game_create(gan_context *context, uint64_t seed, const random_game_kind *kind, random_game *out);
void random_game_destroy(random_game *game);

/* Inputs of round `round` for `batch` samples, the first of which is number `first`, of batches of `whole`; released
 * by random_game_release_inputs(). */
void random_game_make_inputs(const random_game *game, uint64_t round, int64_t whole, int64_t first, int64_t batch,
                             float *inputs[RANDOM_GAME_INPUTS]);
void random_game_release_inputs(float *inputs[RANDOM_GAME_INPUTS]);

#endif
