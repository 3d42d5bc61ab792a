/* The door of loop_checkpoint: the checkpoint of a loop written by hand, as a handle. */
#ifndef GAN_LOOP_CHECKPOINT_H
#define GAN_LOOP_CHECKPOINT_H

#include "core/core.h"

/* What a kind of part adds to the list of entries, and how it is let go. */
typedef struct gan_part_kind gan_part_kind;

typedef struct gan_checkpoint_part {
    char name[GAN_NAME_LIMIT + 1];
    const gan_part_kind *kind;
    void *object;  /* a handle that the part keeps alive, or the caller's memory */
    int64_t count; /* of the values in it */
} gan_checkpoint_part;

struct gan_checkpoint {
    gan_context *context;
    gan_checkpoint_part *parts;
    int64_t count, capacity;
};

#endif
