/* The door of loop_checkpoint: the checkpoint of a loop written by hand, as a handle. */
#ifndef GAN_LOOP_CHECKPOINT_H
#define GAN_LOOP_CHECKPOINT_H

#include "train/checkpoint/checkpoint.h"

typedef struct gan_part_kind gan_part_kind;

typedef struct gan_checkpoint_part {
    char name[GAN_NAME_LIMIT + 1];
    const gan_part_kind *kind;
    void *object;  /* a handle that the part keeps alive, or the caller's memory */
    int64_t count; /* of the values in it */
} gan_checkpoint_part;

/* What a kind of part adds to the list of entries, the first of which tells whether a file has it, and how it is let
 * go. Folders above this one have kinds of their own. */
struct gan_part_kind {
    const char *what; /* for messages, with an article */
    void (*add_entries)(const gan_checkpoint_part *part, gan_entries *entries);
    void (*retain)(void *object), (*destroy)(void *object); /* NULL: it is the caller's */
};

struct gan_checkpoint {
    gan_context *context;
    gan_checkpoint_part *parts;
    int64_t count, capacity;
};

/* Adds a handle, which the checkpoint keeps alive; `function` names the call. */
gan_status gan_checkpoint_add_handle(gan_checkpoint *checkpoint, const char *name, const gan_part_kind *kind,
                                     void *object, const gan_context *context, const char *function);
/* The first entry of a part that lists its others under its name: says that the part is `kind`. */
void gan_checkpoint_open_scope(const gan_checkpoint_part *part, const char *kind, gan_entries *entries);

#endif
