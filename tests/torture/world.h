/* Good arguments for every public function: handles that are ready for it, arrays, files. */
#ifndef GAN_TESTS_TORTURE_WORLD_H
#define GAN_TESTS_TORTURE_WORLD_H

#include "game/games.h"
#include "support/allocator.h"
#include "torture/arguments.h"

enum { SLOT = 16384 };

/* Handles are made when they are first wanted. */
typedef struct world {
    test_allocator allocator;
    gan_context *context;
    gan_model *model, *copy, *draft; /* built, built alike, not built */
    gan_layer *layer;
    gan_session *session, *other_session;
    gan_optimizer *optimizer;
    gan_random *random;
    gan_dataset *dataset;
    gan_checkpoint *checkpoint;
    gan_history *history;
    gan_image_pool *pool;
    gan_bytes *bytes;
    gan_summary_writer *summary_writer;
    test_gan gan;
    conditional_game game; /* built or not, as the function needs it */
    bool is_raw;           /* handles as they are made: nothing built, set or run */
    bool is_tolerant;      /* what wrong calls have made of the handles may keep others from being made */
    double slots[MOST_PARAMETERS][SLOT / sizeof(double)]; /* what pointers point to */
} world;

void world_create(world *w, bool is_raw);
/* Releases all; fails the test if memory is left. */
void world_destroy(world *w);

/* The good argument for a parameter. */
void world_argument(world *w, const function *f, int index, argument *out);
/* Forgets a handle that a call has taken or released. */
void world_forget(world *w, const void *handle);
/* Writes the files that functions read. */
void world_files_create(void);
/* Whether a function describes a model or a game that is not built. Its failures are remembered. */
bool world_describes(const char *name);

#endif
