/* The door of sharing: what the shards and processes of a game exchange. */
#ifndef GAN_SHARING_H
#define GAN_SHARING_H

#include "game/terms/terms.h"

/* What a shard shows of a want in a move. */
typedef struct gan_want_record {
    double value, real_probability, fake_probability;
    gan_observation observation;
} gan_want_record;

/* What the processes of a game compare before a round: the same bytes in every version. */
typedef struct gan_agreement {
    uint64_t version, machine, setup, weights, data, rounds, samples, status, ends;
} gan_agreement;

/* A part of a model's gradients, added up by itself: of each slice of it, those of all shards here are sent. */
typedef struct gan_bucket {
    int64_t first, count, slice; /* in values */
    int64_t ticket;
    bool open;             /* an exchange was started and not finished */
    gan_exchange exchange; /* which one */
    gan_real *sent, *received, *slice_sum, *sum;
} gan_bucket;

enum { GAN_BUCKETS = 16 };

/* Memory for what is exchanged. */
typedef struct gan_sharing {
    gan_context *context;
    const gan_shards *shards;
    int64_t want_count;
    gan_want_record *records; /* for each shard here, then for each of all: one a want */
    double *values;           /* the same with one value */
    gan_agreement mine, *agreements;
    bool introduced; /* `mine` has what is compared once */
    bool broken;     /* this process failed in a round that the others may have gone on with */
    /* The gradients that are being added up, in buckets from the last one on, and memory for all of these. */
    const gan_term_model *of; /* NULL: none are */
    int64_t begun;            /* where those begin that are in buckets */
    gan_bucket buckets[GAN_BUCKETS];
    int32_t bucket_count;
    gan_real *sent, *received, *slices, *sums;
    int64_t sent_size, slices_size, sums_size;
} gan_sharing;

/* ---- Losses and gradients (sharing.c) -------------------------------------------------------------------------- */

/* Of a zeroed struct, for models of so many values of parameters at most. Released even after a failure. */
gan_status gan_sharing_create(gan_context *context, const gan_shards *shards, int64_t want_count, int64_t parameters,
                              gan_sharing *sharing);
void gan_sharing_release(gan_sharing *sharing);
/* What a shard here shows of a want; the exchange of all; and means or sums over all shards, in their order. */
gan_want_record *gan_sharing_record(const gan_sharing *sharing, int64_t shard, int32_t want);
gan_status gan_sharing_gather_records(const gan_sharing *sharing);
gan_want_record gan_sharing_sum_records(const gan_sharing *sharing, int32_t want);
/* The sum of one value of each shard, of which those here are in `values`. */
gan_status gan_sharing_sum_values(const gan_sharing *sharing, double *sum);
/* The gradients of a model: from those of all shards, if batches are divided. Between the first two calls, what is
 * complete may be sent already: all from an offset on, in falling order. */
void gan_sharing_begin_sum(gan_sharing *sharing, const gan_term_model *of);
gan_status gan_sharing_begin_part(gan_sharing *sharing, int64_t offset);
gan_status gan_sharing_sum_gradients(gan_sharing *sharing, const gan_term_model *of);
/* After a failure that the other processes do not know of: what was started is finished, since its arrays belong to
 * the collective until then, and there are no more rounds. */
void gan_sharing_break(gan_sharing *sharing);

/* ---- Before a round (agreement.c) ------------------------------------------------------------------------------ */

uint64_t gan_hash_number(uint64_t hash, uint64_t number);
uint64_t gan_hash_bytes(uint64_t hash, const void *bytes, size_t size);
/* Compares what all processes have in `mine`: returns this one's failure, or else another's, or what is different.
 * mine.ends becomes what process 0 says. `runner` and `round` are what a run and a round are called. */
gan_status gan_sharing_agree(gan_sharing *sharing, gan_status status, const char *runner, const char *round);

#endif
