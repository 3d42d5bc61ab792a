/* Common needs of programs: memory, paths, interruption, reporting failure. */
#ifndef EXAMPLES_PROGRAM_H
#define EXAMPLES_PROGRAM_H

#include <libgan.h>

#define PATH_SIZE 4096

/* Of a training's --save-minutes, a number that is 1 by default. */
#define SAVE_HELP "save every M minutes, besides when it ends (default 1)"

/* Returns `count` times `size` zeroed bytes, to be released with free(). Without memory, says so and exits with
 * status 1. */
void *allocate(int64_t count, size_t size);

/* Writes folder/name to `path`, and returns it. */
const char *path_in(const char *folder, const char *name, char path[PATH_SIZE]);

/* Whether a folder has the checkpoint of a training; the second one ends the program with status 1 if not. */
bool has_checkpoint(const char *folder);
void require_checkpoint(const char *folder);

/* From here on, Ctrl-C, a terminal that is closed (SIGHUP), SIGTERM and a limit of CPU time (SIGXCPU) do not end the
 * program but are recorded, unless they were ignored; the second one ends it. Nor does progress that nobody reads. */
void catch_interrupts(void);
bool interrupted(void);

/* A context of so many threads (0: one per CPU), or with other options. It prints warnings, unless these have a log
 * of their own, except those of training, which progress and the final sentence show. */
gan_status open_context(int64_t threads, gan_context **out);
gan_status open_context_with(gan_context_options options, gan_context **out);

/* Whether this libgan writes pictures: without libpng there are none, and everything else works. */
bool has_pictures(gan_context *context);

/* A random whole number from 0 and below `count`. A failure ends the program with a sentence and status 1. */
int64_t random_below(gan_random *random, int64_t count);

/* "s", or nothing after 1. */
const char *plural(int64_t count);

/* Seconds since some moment in the past. */
double seconds_now(void);

/* Prints what failed, if anything; returns the exit status: 0, 1, or 130 if cancelled. */
int exit_status(gan_status status);

#endif
