/* Files that are replaced as a whole, or not at all. */
#ifndef GAN_IO_ATOMIC_H
#define GAN_IO_ATOMIC_H

#include "core/core.h"

/* ---- Temporary files (temporary_name.c, temporary_posix.c; on Windows, replacement_windows.c) ---------------- */

#define GAN_TEMPORARY_NAME 48
/* A name that no other process makes; another one for each attempt. */
void gan_temporary_make_name(char name[GAN_TEMPORARY_NAME], unsigned attempt);
bool gan_is_temporary_name(const char *name);

typedef struct gan_temporary {
    int folder;                    /* POSIX: a descriptor, the caller's */
    int descriptor;                /* open for reading and writing, and locked until it is closed; -1: none */
    char name[GAN_TEMPORARY_NAME]; /* in the folder; empty while it has none */
} gan_temporary;

/* POSIX: creates a file, without a name if possible. Returns 0 or the error number. */
int gan_temporary_create(gan_temporary *file, int folder, mode_t mode);
/* POSIX: the same with a name. */
int gan_temporary_create_named(gan_temporary *file, int folder, mode_t mode);
/* POSIX: gives it a name if it has none. Returns 0 or the error number. */
int gan_temporary_name(gan_temporary *file);
/* POSIX: removes the name that it has, and closes it. */
void gan_temporary_abandon(gan_temporary *file);
/* POSIX: removes the temporary files that killed processes have left in a folder. */
void gan_temporary_clean(gan_context *context, int folder);

/* ---- Atomic replacement of a file (atomic_file.c) -------------------------------------------------------- */
/* Writes go to a temporary file in the same folder; commit makes them durable (fsync), renames the file to `path` and
 * syncs the folder. Whatever happens before the rename, the old file stays untouched. Pipes, character devices and
 * what only a descriptor leads to (/proc/self/fd/N) are written in place, and so is a file that is a mount point. */
typedef struct gan_atomic_file gan_atomic_file;
gan_status gan_atomic_file_open(gan_context *context, const char *path, gan_atomic_file **out);
gan_status gan_atomic_file_write(gan_atomic_file *file, const void *data, size_t size);
/* Both release the handle. */
gan_status gan_atomic_file_commit(gan_atomic_file *file);
void gan_atomic_file_abandon(gan_atomic_file *file); /* accepts NULL */

#endif
