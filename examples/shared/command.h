/* The command lines of a training, in a file beside its results: the first one is that by which it began, which a
 * training to resume must be like. */
#ifndef EXAMPLES_COMMAND_H
#define EXAMPLES_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_FILE "command.txt"

/* A word as a shell reads it, in `quoted`, of at least 16 bytes; what does not fit is cut off. Returns `quoted`. */
char *shell_word(const char *word, char *quoted, size_t size);

/* Writes what the program was called by to a folder's file, or adds it to those of the training that it resumed. */
void write_command(const char *folder, bool resumed);

/* Notes how the training in a folder began, for the sentence about one that cannot be resumed. */
void recall_command(const char *folder);
/* The last one that was noted, or NULL. */
const char *recalled_command(void);

#endif
