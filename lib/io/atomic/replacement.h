/* What atomic_file.c needs of the system: replacement_posix.c and replacement_windows.c have the same functions, and
 * are empty on the other's systems. */
#ifndef GAN_IO_REPLACEMENT_H
#define GAN_IO_REPLACEMENT_H

#include "io/atomic/atomic.h"

enum { GAN_PATH = 4096, GAN_FILE_BUFFER = 1 << 16 };

struct gan_atomic_file {
    gan_context *context;
    int folder;              /* POSIX: a descriptor */
    bool in_place;           /* there is no temporary file: the target is written */
    bool regular;            /* in place: the target has a size */
    gan_temporary temporary; /* in place: its descriptor is the target's */
    int64_t written;         /* bytes */
    gan_status failure;      /* of an earlier write; GAN_OK: none */
    size_t used;             /* of the buffer */
    char *name;              /* POSIX: of the target within the folder; points into path */
    char path[GAN_PATH];     /* POSIX: links followed */
    unsigned char buffer[GAN_FILE_BUFFER];
};

/* Finds out what file->path is, and opens a temporary file beside it, or the target itself. `given` is the path of
 * the caller, for messages. What has been opened is released by gan_replacement_abandon(). */
gan_status gan_replacement_open(gan_atomic_file *file, const char *given);
/* Everything has been written to the descriptor: makes it durable, and replaces the target. */
gan_status gan_replacement_commit(gan_atomic_file *file);
void gan_replacement_abandon(gan_atomic_file *file);

#endif
