/* What programs need around their work: memory, paths, a folder for results, the failure at the end. */
#ifndef EXAMPLES_PROGRAM_H
#define EXAMPLES_PROGRAM_H

#include <libgan.h>

#define PATH_SIZE 4096

/* `count` times `size` bytes, all 0, to be freed by free(). Too little memory: says so and leaves with status 1. */
void *allocate(int64_t count, size_t size);

/* Makes a folder that may be there already, or says why not and leaves with status 1. */
void make_folder(const char *path);

/* folder/name in `path`, which is returned. */
const char *path_in(const char *folder, const char *name, char path[PATH_SIZE]);

/* From here on Ctrl-C and SIGTERM end nothing but are remembered. */
void catch_interrupts(void);
bool interrupted(void);

/* Seconds since some moment in the past. */
double seconds_now(void);

/* Prints what failed, if anything did; the status that a program leaves with: 0, 1, or 130 for a cancelled one. */
int exit_status(gan_status status);

#endif
