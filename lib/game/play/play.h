/* The door of play: moves, rounds and runs of a game that was built. */
#ifndef GAN_PLAY_H
#define GAN_PLAY_H

#include "game/description/description.h"

/* ---- Moves (move.c) -------------------------------------------------------------------------------------------- */

/* The first half of a move: what is wanted, and the gradients of the player's models. */
gan_status gan_move_differentiate(gan_game *game, int32_t player);
/* The second half: penalties, the optimizer's step, clipping and averages. */
gan_status gan_move_finish(gan_game *game, int32_t player);
/* "the generator", or "player 'painter'" if the caller has chosen the name, for messages. */
const char *gan_game_whose(const gan_game *game, const char *kind, const char *name, char text[GAN_TERM_TEXT]);

/* The gradient of the first player's loss by a logit is raised to at least this size, keeping its sign: far too small
 * to change a weight, yet it leads back to the sample. Otherwise nothing would lead back to samples that this loss
 * ignores, such as those beyond the margin of the hinge loss. */
#define GAN_SIMULTANEOUS_LEAST 1e-24f

/* ---- Rounds (round.c) ------------------------------------------------------------------------------------------ */

/* Compares what all processes are about to do, in a round on `samples` samples or before a round: returns this one's
 * failure, or else another's, or what is different. *ends: whether a run ends here; becomes what process 0 says. */
gan_status gan_game_agree(gan_game *game, gan_status status, int64_t samples, bool *ends);
/* Plays a round on `count` samples of each input, in batches of `batch`, the last one smaller if that does not divide
 * `count`; moves after a player's first take the next batch while there is one. */
gan_status gan_game_play(gan_game *game, const float *const *inputs, int64_t count, int64_t batch);
/* The same in slices: each call plays on for about that long, and *ended tells whether the round has ended. */
gan_status gan_game_play_some(gan_game *game, const float *const *inputs, int64_t count, int64_t batch,
                              int64_t microseconds, bool *ended, const char *what);
/* GAN_ERROR_STATE if a round is half done. */
gan_status gan_game_check_not_half_done(const gan_game *game, const char *what);
/* What the round showed, or that it failed. */
void gan_game_report(const gan_game *game, gan_round_report *report);
void gan_game_report_divergence(gan_game *game, gan_round_report *report);

/* ---- Data (feed.c) --------------------------------------------------------------------------------------------- */

/* Memory for an input's samples, before it is fed. */
gan_status gan_game_prepare_feeder(gan_game *game, int32_t index);
gan_status gan_game_feed_index(gan_game *game, int32_t index, gan_dataset *dataset, int64_t field);
/* GAN_ERROR_STATE unless all inputs are fed, and GAN_ERROR_NOT_FOUND if they are not fed as the loaded file says. */
gan_status gan_game_check_fed(gan_game *game);
/* The first input that the dataset of input `index` feeds. */
int32_t gan_game_first_fed(const gan_game *game, int32_t index);
/* Samples for a round, for each input: one batch per move of the player with most, but none after the end of an epoch
 * of the driver. *count gets their number, *epochs the number of epochs ended. */
gan_status gan_game_read_round(gan_game *game, int64_t *count, int64_t *epochs);
/* The dataset of the first input, which counts the epochs; NULL if there are no inputs. */
gan_dataset *gan_game_driver(const gan_game *game);
/* Samples of the driver's epoch that are played with; logs if that is not all of them. */
int64_t gan_game_epoch_size(const gan_game *game);
void gan_game_tell_left_over(const gan_game *game);

/* ---- What data show (data_checks.c) ---------------------------------------------------------------------------- */

/* Warns, by the first `count` samples of each input, of data that a model is to make and cannot: outside the range of
 * its last layer, in half of it, or all equal. */
void gan_game_check_data(const gan_game *game, const float *const *inputs, int64_t count);

/* ---- What made a round fail (bad_values.c) --------------------------------------------------------------------- */

/* Names the first value of the present round's samples that is not finite, to follow a sentence; empty without one.
 */
#define GAN_BAD_VALUE_TEXT 256
void gan_game_find_bad_value(const gan_game *game, char text[GAN_BAD_VALUE_TEXT]);
/* For a round that failed with this status, which it returns: if an input holds the number of no class, says so. */
gan_status gan_game_find_bad_class(const gan_game *game, gan_status status);

/* ---- Runs (game_run.c) ----------------------------------------------------------------------------------------- */

/* gan_game_run() with options that were checked, on inputs that are fed. */
gan_status gan_game_run_resolved(gan_game *game, const gan_game_run_options *options);

/* ---- Checkpoints (game_checkpoint.c) --------------------------------------------------------------------------- */

/* All but the cursors of datasets, and the settings. */
void gan_game_add_entries(gan_game *game, gan_entries *entries);
/* Of parts of a loop's checkpoint whose object is a game. */
void gan_game_retain_part(void *object);
void gan_game_destroy_part(void *object);

/* ---- Settings (game_settings.c) -------------------------------------------------------------------------------- */

/* Adds a name to a list for people, "'image', 'label'", unless it does not fit. */
void gan_note_append(char text[GAN_NOTE_TEXT], const char *name);
/* Adds what a game was described with, apart from what a file restores; after a load, the list warns of what was
 * different in the file. */
void gan_game_add_settings(const gan_game *game, gan_entries *entries);
/* Of a trainer only the number of shards, which may be that of processes. */
void gan_game_add_shards(const gan_game *game, gan_entries *entries);
/* What other processes must have too, once: models, options, weights, data and the machine; and again the next time.
 */
gan_status gan_game_introduce(gan_game *game);
void gan_game_introduce_again(gan_game *game);

#endif
