/* The door of blocks: how passes over data are cut into blocks, which depends only on shapes. */
#ifndef GAN_BLOCKS_H
#define GAN_BLOCKS_H

#include "core/core.h"

/* Values in a block: 64 KiB of floats. A multiple of every vector and of dropout's groups. */
#define GAN_BLOCK 16384

/* Runs task(argument, i) for each of `blocks` blocks of about GAN_BLOCK values: in the caller's thread if there are
 * too few for another thread to start in time. */
void gan_blocks_run(gan_context *context, gan_task_fn task, void *argument, int64_t blocks);

/* Works on indices begin <= i < end, independently of all others. */
typedef void (*gan_range_fn)(const void *args, int64_t begin, int64_t end);

/* Runs `range` on [0, count), `block` indices at a time. */
void gan_range_run(gan_context *context, gan_range_fn range, const void *args, int64_t count, int64_t block);

#endif
