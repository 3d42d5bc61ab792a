/* Shards of a batch, and how processes exchange them. */
#ifndef GAN_CORE_SHARDS_H
#define GAN_CORE_SHARDS_H

#include "core/status/status.h"
#include "libgan.h"

/* ---- Shards of a batch (shards.c) ------------------------------------------------------------------------------ */

/* A batch is divided into `total` equal shards; this process has `count` of them, from number `first` on, and so have
 * the others. What is summed over a batch is summed over each shard, then over all shards in their order, so that
 * results do not depend on the number of processes. */
typedef struct gan_shards {
    int64_t total, first, count;
    gan_collective collective; /* of a size of 1 and without callbacks if this process is alone */
    bool own_batch_norm;       /* each normalises by its own statistics, not by those of the whole batch */
} gan_shards;

/* By the options `shards` and `collective`, which may be NULL; `what` names their struct. */
gan_status gan_shards_resolve(int64_t total, const gan_collective *given, const char *what, gan_shards *out);
/* An exchange with the other processes, as gan_collective says. */
gan_status gan_shards_exchange(const gan_shards *shards, gan_exchange exchange, const void *from, void *to,
                               size_t bytes);
/* Its two halves, for processes that are not alone: what is computed in between costs no time to wait. */
gan_status gan_shards_start(const gan_shards *shards, gan_exchange exchange, const void *from, void *to, size_t bytes,
                            int64_t *ticket);
gan_status gan_shards_finish(const gan_shards *shards, int64_t ticket);
/* `bytes` of each shard: those of the shards here, to those of all, in their order. */
gan_status gan_shards_gather(const gan_shards *shards, const void *mine, void *all, size_t bytes);
/* Where a shard, by its number among those here, draws random numbers: in streams of its own. Those of the first of
 * all are the streams of a batch that is not divided. */
static inline gan_random_state gan_shards_random(const gan_shards *shards, gan_random_state state, int64_t index)
{
    state.stream += (uint64_t)(shards->first + index) << 32;
    return state;
}

#endif
