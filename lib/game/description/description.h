/* The door of description: a game, as it is described and checked: its terms, who plays, and what each player wants.
 */
#ifndef GAN_DESCRIPTION_H
#define GAN_DESCRIPTION_H

#include "game/sharing/sharing.h"

/* What training keeps of a model that some player moves. */
typedef struct gan_played_model {
    int32_t model; /* in the terms' list */
    char *name;
    gan_guard guard;
} gan_played_model;

typedef struct gan_player_state {
    char *name;
    gan_player_options options; /* resolved; the pointer NULL */
    gan_optimizer_options optimizer_options;
    gan_optimizer *optimizer;
    bool *models;                         /* a flag for each of the terms' models */
    int32_t played[GAN_OPTIMIZER_MODELS]; /* of the played models */
    gan_average averages[GAN_OPTIMIZER_MODELS];
    const char *average_part; /* the name of the averages' count in files; NULL: made of the player's */
    int32_t model_count;
    double gradient_norm; /* of the last move */
    int64_t moves;        /* in the present round */
} gan_player_state;

typedef struct gan_want_state {
    char *name;
    int32_t player, loss; /* loss: a term */
    float weight;
    gan_want_options options; /* resolved; the name NULL */
    /* In the present round: sums over the player's moves; and the last move's with its weight. */
    double sum, weighted;
} gan_want_state;

/* A discriminator's want and a generator's, on the same generated logits. */
typedef struct gan_pair {
    int32_t discriminator, generator; /* wants */
    int32_t real, fake;               /* terms: the samples that D judges, an input and an output of a model, or -1 */
    gan_monitor monitor;
} gan_pair;

/* What a loaded file says of an input that nothing fed at that time. */
typedef enum gan_resumption {
    GAN_RESUMES_NOTHING,
    GAN_RESUMES_CURSOR, /* there is a cursor, for the dataset that will feed it; */
    GAN_RESUMED_CURSOR, /* which has got it */
    GAN_RESUMES_OTHERS  /* there is none: an input with a cursor has the same dataset */
} gan_resumption;

/* Where an input's samples come from in a run. */
typedef struct gan_feeder {
    int32_t term;
    gan_dataset *dataset; /* NULL: not fed */
    int64_t field;
    float *samples;          /* a batch for each move of a round; NULL until it is fed */
    gan_dataset_cursor from; /* where the dataset was before the present round */
    gan_resumption resumption;
    gan_dataset_cursor waiting; /* if it resumes a cursor */
} gan_feeder;

/* Two players' backward passes through one application, in a simultaneous game (shared_pass.c). */
typedef struct gan_shared_pass {
    int32_t application;   /* -1: there is none */
    int32_t first, second; /* players: the one who has its model, and the one whose samples it judges */
    int32_t judged;        /* the application that makes these */
} gan_shared_pass;

struct gan_game {
    gan_context *context;
    atomic_int references;
    gan_game_options options; /* resolved; the pointer NULL */
    gan_shards shards;
    gan_sharing sharing;
    const char *caller, *runner; /* of its rounds, and of its runs, for messages; */
    const char *round;           /* what a round is called there, */
    bool own_names;              /* and whether its players' names are not roles but chosen by the caller */
    gan_status status;           /* the first failure while it was described, with its sentence: */
    char error[GAN_SENTENCE];
    bool built;
    gan_terms terms;
    gan_player_state *players;
    gan_played_model *played;
    gan_want_state *wants;
    gan_pair *pairs;
    gan_feeder *feeders; /* one for each input, in the order of description */
    int32_t player_count, played_count, want_count, pair_count, feeder_count;
    int64_t player_capacity, played_capacity, want_capacity, pair_capacity, feeder_capacity;
    int32_t first_player; /* who begins a round */
    int64_t most_moves;   /* of a player in a round */
    int64_t packing;      /* shards are multiples of it */
    int64_t least_batch;  /* the fewest samples of a batch that all models in training can take */
    gan_shared_pass shared;
    float **places; /* of a dataset's fields, while it is read */
    int64_t place_count;
    int64_t rounds, epochs;
    atomic_bool cancel;
    bool checked;       /* the data of the first round have been */
    bool has_played;    /* a round has succeeded since the game was built or loaded */
    gan_gate *gate;     /* whoever changes or copies the players' models is inside */
    gan_sliced *sliced; /* the thread of rounds in slices of time, */
    bool is_sliced;     /* the last round was given as one in slices, so its samples were not read from datasets */
    bool half_done;     /* of which one is under way: its end has not been told; */
    gan_status sliced_status; /* what became of it, with its sentence: */
    char sliced_error[GAN_SENTENCE];
    /* Of the present round: its batches, the current one, its samples in all, and in a full batch. */
    int64_t batch_count, batch_index, samples, batch;
    const float *const *given;
    const float **fed;                    /* the feeders' samples, or those of a round in slices */
    double *want_values, *gradient_norms; /* for reports */
    gan_pair_report *pair_reports;
    float *denominators, *ratios; /* of gradients of logits, for the shared pass */
};

/* Finishes a round that is half done, if there is one, before anything reads or changes what it works on. Any thread;
 * fails only in a child of fork() (game.c). */
gan_status gan_game_finish_round(const gan_game *game);

/* Another owner, who also calls gan_game_destroy() (game.c). */
gan_game *gan_game_retain(gan_game *game);

/* ---- While it is described (game.c) ---------------------------------------------------------------------------- */

/* Remembers the failure that was just reported, unless there is an earlier one, and returns its status. */
gan_status gan_game_remember_failure(gan_game *game);
/* The failure that is remembered, or GAN_ERROR_STATE, unless the game may still be described: what a failed build has
 * planned keeps its size. `what` names the call. */
gan_status gan_game_check_open(const gan_game *game, const char *what);
/* GAN_ERROR_STATE unless it is built. */
gan_status gan_game_check_built(const gan_game *game, const char *what);
/* The index of a term of the game, or -1 after a failure that it remembers. */
int32_t gan_game_find_term(gan_game *game, gan_term term, const char *what, const char *argument);
/* The same for a player. */
int32_t gan_game_find_player(gan_game *game, gan_player player, const char *what);
/* Whether a name is valid for terms, players and wants. */
gan_status gan_game_check_name(const char *name, const char *what);
/* A copy of a valid name, or NULL. */
char *gan_game_copy_name(gan_game *game, const char *name, const char *what);
/* The handle of term `index`, or that of no term, with the failure remembered. */
gan_term gan_game_term(gan_game *game, int32_t index);

/* ---- Wants (wants.c) ------------------------------------------------------------------------------------------- */

bool gan_want_is_penalty(const gan_game *game, const gan_want_state *want);
/* What the loss is multiplied by now, by schedule and interval; 0 for a penalty that is not due. */
double gan_want_coefficient(const gan_game *game, const gan_want_state *want);

/* ---- Samples of shards and processes (game_build.c) ------------------------------------------------------------ */

/* The most samples, up to so many, that can be divided into shards of whole packs. */
int64_t gan_game_fitting(const gan_game *game, int64_t samples);
/* GAN_ERROR_BATCH unless a batch can be; `what` names the call. */
gan_status gan_game_check_fits(const gan_game *game, int64_t batch, const char *what);
/* Of samples of all processes, those of each, and the first one of this process. */
int64_t gan_game_own(const gan_game *game, int64_t samples);
int64_t gan_game_first_own(const gan_game *game, int64_t samples);

/* ---- What models' inputs stand for (term_roles.c) -------------------------------------------------------------- */

/* Notes the role of a term in the models that read it, or of all noise and classes. */
gan_status gan_game_note_role(gan_game *game, int32_t term, const gan_input_options *role);
gan_status gan_game_note_roles(gan_game *game);

/* ---- Parts of a built game (pairs.c, shared_pass.c) ------------------------------------------------------------ */

gan_status gan_pairs_create(gan_game *game);
/* Warns of models whose last layer bounds what losses read as logits. */
void gan_game_warn_of_bounded_logits(const gan_game *game);
gan_status gan_shared_pass_create(gan_game *game);
/* The first layer of the model that mixes the samples of a batch, and its node; NULL if there is none. */
const gan_layer_ops *gan_find_mixing_layer(const gan_model *model, gan_node *node);

#endif
