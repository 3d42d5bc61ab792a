/* What the programs that play games have in common: their options, a progress line, a record of losses, a checkpoint
 * every minute, or as often as --save-minutes says, and at the end, Ctrl-C and --resume. */
#ifndef EXAMPLES_GAME_PROGRAM_H
#define EXAMPLES_GAME_PROGRAM_H

#include "monitor.h"
#include "options.h"
#include "program.h"

#include <libgan.h>

/* Writes a program's own results: models, pictures. */
typedef gan_status write_results(void *user);

typedef struct game_settings {
    const char *output;
    double minutes, save_minutes;
    int64_t steps, seed, threads;
    int64_t until; /* instead of `steps`: play until the game has this many rounds, which it may have; 0: not set */
    bool resume, restart, quiet;
    gan_dataset *fed; /* a dataset of the game, whose seed must be that of the training to resume; NULL: unchecked */
    int64_t measure_every;  /* rounds between measurements; 0: none */
    write_results *measure; /* called for each, with the user's pointer */
    write_results
        *resumed; /* called after a checkpoint was loaded, for what the command line sets anew; NULL: nothing */
} game_settings;

/* Settings to start from, with a default folder for results. */
#define GAME_SETTINGS(folder)                   \
    {                                           \
        .output = (folder), .save_minutes = 1.0 \
    }

/* The options that fill game_settings, for a program's list of options; `folder` is the default one. */
#define GAME_OPTIONS(s, folder) GAME_OUTPUT_OPTION(s, folder), GAME_RUN_OPTIONS(s)

#define GAME_OUTPUT_OPTION(s, folder)                                      \
    {                                                                      \
        "--output", OPTION_TEXT, &(s).output, 0, 0, "DIR",                 \
            "folder for all results, made if missing (default " folder ")" \
    }

/* How long to play, where nothing else is said. */
#define GAME_MINUTES "train for M minutes; with --resume, for M more"
#define GAME_STEPS   "train for N steps; with --resume, for N more"
#define GAME_RESUME  "continue from the checkpoint that the output folder must have"

/* All but the folder. */
#define GAME_RUN_OPTIONS(s) GAME_OPTIONS_AS(s, GAME_MINUTES, GAME_STEPS, GAME_RESUME)

/* The same, with the program's own words for three of them. */
#define GAME_OPTIONS_AS(s, minutes_help, steps_help, resume_help)                                  \
    {"--minutes", OPTION_NUMBER, &(s).minutes, 1e-3, 1e6, "M", minutes_help},                      \
        {"--steps", OPTION_INTEGER, &(s).steps, 1, 1e15, "N", steps_help},                         \
        {"--save-minutes", OPTION_NUMBER, &(s).save_minutes, 1e-4, 1e6, "M", SAVE_HELP},           \
        {"--seed", OPTION_INTEGER, &(s).seed, 0, 1e15, "N", "of all random numbers (default 0)"},  \
        {"--threads", OPTION_INTEGER, &(s).threads, 1, 64, "N", "threads (default: one per CPU)"}, \
        {"--resume", OPTION_FLAG, &(s).resume, 0, 0, NULL, resume_help},                           \
        {"--restart-epoch",                                                                        \
         OPTION_FLAG,                                                                              \
         &(s).restart,                                                                             \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "with --resume: begin the epoch anew if there are more or fewer samples than before"},    \
        {"--quiet", OPTION_FLAG, &(s).quiet, 0, 0, NULL, "show no progress"}, MONITOR_OPTIONS

/* Several games in folders of their own, in the output folder: those that an earlier run came to continue. */
#define GAME_RESUME_SEVERAL "continue the games that have a checkpoint, as the first must; the others begin"

/* Checks before any work that the results of a game can be written to its folder, which is made if missing: the
 * files of play_game(), and the program's own, the last of which is NULL. */
void will_write_game(const char *folder, const char *const *own);

/* Of several games, each with a folder: whether to resume this one. Says so if it has no checkpoint yet. */
bool resumes(const game_settings *settings, const char *folder);

/* Plays a game that was built and fed, from the checkpoint if so set, until a limit of the settings is reached, which
 * counts from here; one must be set. Writes losses.csv, losses.png, checkpoint.safetensors and the command line,
 * calls `write`, then writes report.html, every save_minutes and at the end. Ctrl-C is the end too, with
 * GAN_ERROR_CANCELLED, which exit_status() makes 130. */
gan_status play_game(gan_context *context, gan_game *game, const game_settings *settings, write_results *write,
                     void *user);

#endif
