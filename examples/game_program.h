/* What the programs that play games have in common: their options, a progress line, a record of losses, a checkpoint
 * every minute and at the end, Ctrl-C and --resume. */
#ifndef EXAMPLES_GAME_PROGRAM_H
#define EXAMPLES_GAME_PROGRAM_H

#include "options.h"

#include <libgan.h>

typedef struct game_settings {
    const char *output;
    double minutes;
    int64_t steps, seed, threads;
    bool resume, restart, quiet;
    gan_dataset *fed; /* a dataset of the game, whose seed must be that of the training to resume; NULL: unchecked */
} game_settings;

/* Settings to start from. */
#define GAME_SETTINGS   \
    {                   \
        .output = "out" \
    }

/* The options that fill game_settings, for a program's list of options. */
#define GAME_OPTIONS(s)                                                                                           \
    {"--output", OPTION_TEXT, &(s).output, 0, 0, "DIR", "folder for all results, made if missing (default out)"}, \
        GAME_RUN_OPTIONS(s)

/* All but the folder. */
#define GAME_RUN_OPTIONS(s)                                                                                    \
    {"--minutes", OPTION_NUMBER, &(s).minutes, 1e-3, 1e6, "M", "train for M minutes"},                         \
        {"--steps", OPTION_INTEGER, &(s).steps, 1, 1e15, "N", "train for N steps"},                            \
        {"--seed", OPTION_INTEGER, &(s).seed, 0, 1e15, "N", "of all random numbers (default 0)"},              \
        {"--threads", OPTION_INTEGER, &(s).threads, 1, 64, "N", "threads (default: one per CPU)"},             \
        {"--resume", OPTION_FLAG, &(s).resume, 0, 0, NULL, "resume from the checkpoint in the output folder"}, \
        {"--restart-epoch",                                                                                    \
         OPTION_FLAG,                                                                                          \
         &(s).restart,                                                                                         \
         0,                                                                                                    \
         0,                                                                                                    \
         NULL,                                                                                                 \
         "with --resume: begin the epoch anew if there are more or fewer samples than before"},                \
    {                                                                                                          \
        "--quiet", OPTION_FLAG, &(s).quiet, 0, 0, NULL, "show no progress"                                     \
    }

/* Writes a program's own results: models, pictures. */
typedef gan_status write_results(void *user);

/* Plays a game that was built and fed, from the checkpoint if so set, until a limit of the settings is reached, which
 * counts from here; one must be set. Writes losses.csv, losses.png and checkpoint.safetensors, then calls `write`,
 * every minute and at the end.
 * Ctrl-C is the end too, with GAN_ERROR_CANCELLED, which exit_status() makes 130. */
gan_status play_game(gan_context *context, gan_game *game, const game_settings *settings, write_results *write,
                     void *user);

#endif
