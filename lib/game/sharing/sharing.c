/* What the processes of a game exchange: losses, gradients, and whether they go on. */
#include "game/sharing/sharing.h"

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

/* Enough for the buckets of so many values, the slices of which are rounded up. */
static gan_status create_exchange(gan_sharing *sharing, int64_t parameters)
{
    const gan_shards *shards = sharing->shards;
    gan_context *context = sharing->context;
    const int64_t rounded = parameters + GAN_BUCKETS * shards->collective.size;
    if (!gan_checked_multiply(rounded, shards->count, &sharing->sent_size)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "gan_game_build: the gradients of %lld shards overflow",
                        (long long)shards->total);
    }
    sharing->slices_size = rounded / shards->collective.size + 1;
    sharing->sums_size = rounded;
    sharing->agreements = gan_allocate_array(context, shards->collective.size, sizeof(*sharing->agreements));
    sharing->sent = gan_allocate_array(context, sharing->sent_size, sizeof(*sharing->sent));
    sharing->received = gan_allocate_array(context, sharing->sent_size, sizeof(*sharing->received));
    sharing->slices = gan_allocate_array(context, sharing->slices_size, sizeof(*sharing->slices));
    sharing->sums = gan_allocate_array(context, sharing->sums_size, sizeof(*sharing->sums));
    return sharing->agreements && sharing->sent && sharing->received && sharing->slices && sharing->sums
               ? GAN_OK
               : GAN_ERROR_MEMORY;
}

/* Those of the shards here and of all. */
static int64_t record_count(const gan_sharing *sharing)
{
    return (sharing->shards->count + sharing->shards->total) * sharing->want_count;
}

gan_status gan_sharing_create(gan_context *context, const gan_shards *shards, int64_t want_count, int64_t parameters,
                              gan_sharing *sharing)
{
    sharing->context = context;
    sharing->shards = shards;
    sharing->want_count = want_count;
    sharing->records = gan_allocate_array(context, record_count(sharing), sizeof(*sharing->records));
    sharing->values = gan_allocate_array(context, shards->count + shards->total, sizeof(*sharing->values));
    if (!sharing->records || !sharing->values) return GAN_ERROR_MEMORY;
    return shards->collective.size > 1 ? create_exchange(sharing, parameters) : GAN_OK;
}

void gan_sharing_release(gan_sharing *sharing)
{
    gan_context *context = sharing->context;
    const gan_shards *shards = sharing->shards;
    if (!shards) return; /* nothing was created */
    const size_t processes = (size_t)shards->collective.size;
    gan_release(context, sharing->records, (size_t)record_count(sharing) * sizeof(*sharing->records));
    gan_release(context, sharing->values, (size_t)(shards->count + shards->total) * sizeof(*sharing->values));
    gan_release(context, sharing->agreements, processes * sizeof(*sharing->agreements));
    gan_release(context, sharing->sent, (size_t)sharing->sent_size * sizeof(*sharing->sent));
    gan_release(context, sharing->received, (size_t)sharing->sent_size * sizeof(*sharing->received));
    gan_release(context, sharing->slices, (size_t)sharing->slices_size * sizeof(*sharing->slices));
    gan_release(context, sharing->sums, (size_t)sharing->sums_size * sizeof(*sharing->sums));
}

/* ---- Losses ---------------------------------------------------------------------------------------------------- */

gan_want_record *gan_sharing_record(const gan_sharing *sharing, int64_t shard, int32_t want)
{
    return &sharing->records[shard * sharing->want_count + want];
}

/* Where the records of all shards begin. */
static gan_want_record *all_records(const gan_sharing *sharing)
{
    return sharing->records + sharing->shards->count * sharing->want_count;
}

gan_status gan_sharing_gather_records(const gan_sharing *sharing)
{
    return gan_shards_gather(sharing->shards, sharing->records, all_records(sharing),
                             (size_t)sharing->want_count * sizeof(*sharing->records));
}

gan_want_record gan_sharing_sum_records(const gan_sharing *sharing, int32_t want)
{
    const gan_want_record *all = all_records(sharing);
    const int64_t total = sharing->shards->total;
    gan_want_record sum = all[want];
    for (int64_t i = 1; i < total; i++) {
        const gan_want_record *record = &all[i * sharing->want_count + want];
        sum.value += record->value;
        sum.real_probability += record->real_probability;
        sum.fake_probability += record->fake_probability;
        sum.observation.judged += record->observation.judged;
        sum.observation.real_right += record->observation.real_right;
        sum.observation.fake_right += record->observation.fake_right;
        sum.observation.belief += record->observation.belief;
    }
    sum.value /= (double)total;
    sum.real_probability /= (double)total;
    sum.fake_probability /= (double)total;
    return sum;
}

gan_status gan_sharing_sum_values(const gan_sharing *sharing, double *sum)
{
    const gan_shards *shards = sharing->shards;
    double *mine = sharing->values, *all = mine + shards->count;
    GAN_TRY(gan_shards_gather(shards, mine, all, sizeof(*mine)));
    *sum = all[0];
    for (int64_t i = 1; i < shards->total; i++) *sum += all[i];
    return GAN_OK;
}

/* ---- Gradients ------------------------------------------------------------------------------------------------- */

/* The sum of arrays that follow each other at a distance, in their order. */
static void add_up(gan_context *context, int64_t arrays, int64_t distance, int64_t count, const gan_real *from,
                   gan_real *to)
{
    gan_copy(context, count, from, to);
    for (int64_t i = 1; i < arrays; i++) gan_add(context, count, from + i * distance, to);
}

/* Where the next bucket has its memory: after that of those before it. */
static gan_bucket place_bucket(const gan_sharing *sharing, int64_t first, int64_t count)
{
    const gan_shards *shards = sharing->shards;
    const int64_t processes = shards->collective.size;
    gan_bucket bucket = {.first = first,
                         .count = count,
                         .slice = (count + processes - 1) / processes,
                         .sent = sharing->sent,
                         .received = sharing->received,
                         .slice_sum = sharing->slices,
                         .sum = sharing->sums};
    for (int32_t i = 0; i < sharing->bucket_count; i++) {
        const int64_t slice = sharing->buckets[i].slice;
        bucket.sent += shards->total * slice;
        bucket.received += shards->total * slice;
        bucket.slice_sum += slice;
        bucket.sum += processes * slice;
    }
    return bucket;
}

/* Each process gets the same slice of every shard's gradients, adds these up, and gives the others the sum: so the
 * order does not depend on the number of processes, and each sends little more than a gradient twice. */
static void fill_bucket(const gan_sharing *sharing, const gan_bucket *bucket)
{
    const gan_shards *shards = sharing->shards;
    const int64_t stride = sharing->of->model->parameter_size, slice = bucket->slice;
    for (int64_t process = 0; process < shards->collective.size; process++) {
        const int64_t done = process * slice, left = bucket->count > done ? bucket->count - done : 0;
        const int64_t there = left < slice ? left : slice;
        for (int64_t i = 0; i < shards->count; i++) {
            gan_real *to = bucket->sent + (process * shards->count + i) * slice;
            const gan_real *from = sharing->of->gradients + i * stride + bucket->first + done;
            if (there > 0) gan_copy(sharing->context, there, from, to);
            if (there < slice) gan_fill(sharing->context, slice - there, 0, to + there);
        }
    }
}

static gan_status start_exchange(const gan_shards *shards, gan_exchange exchange, const gan_real *from, gan_real *to,
                                 int64_t count, gan_bucket *bucket)
{
    const gan_status status =
        gan_shards_start(shards, exchange, from, to, (size_t)count * sizeof(*from), &bucket->ticket);
    bucket->open = status == GAN_OK;
    bucket->exchange = exchange;
    return status;
}

static gan_status finish_exchange(const gan_shards *shards, gan_bucket *bucket)
{
    bucket->open = false;
    return gan_shards_finish(shards, bucket->ticket);
}

static gan_status start_bucket(gan_sharing *sharing, int64_t offset)
{
    gan_bucket *bucket = &sharing->buckets[sharing->bucket_count];
    *bucket = place_bucket(sharing, offset, sharing->begun - offset);
    fill_bucket(sharing, bucket);
    sharing->begun = offset;
    sharing->bucket_count++;
    return start_exchange(sharing->shards, GAN_EXCHANGE_TRANSPOSE, bucket->sent, bucket->received,
                          sharing->shards->count * bucket->slice, bucket);
}

void gan_sharing_begin_sum(gan_sharing *sharing, const gan_term_model *of)
{
    sharing->of = of;
    sharing->begun = of->model->parameter_size;
    sharing->bucket_count = 0;
}

/* A part that is too small would cost more time to begin than to send. */
gan_status gan_sharing_begin_part(gan_sharing *sharing, int64_t offset)
{
    enum { LEAST = 4096, PARTS = 8 };
    const int64_t share = sharing->of->model->parameter_size / PARTS, size = sharing->begun - offset;
    if (offset == 0 || size < (share > LEAST ? share : LEAST) || sharing->bucket_count == GAN_BUCKETS - 1)
        return GAN_OK;
    return start_bucket(sharing, offset);
}

static gan_status finish_buckets(gan_sharing *sharing)
{
    const gan_shards *shards = sharing->shards;
    for (int32_t i = 0; i < sharing->bucket_count; i++) {
        gan_bucket *bucket = &sharing->buckets[i];
        GAN_TRY(finish_exchange(shards, bucket));
        add_up(sharing->context, shards->total, bucket->slice, bucket->slice, bucket->received, bucket->slice_sum);
        GAN_TRY(start_exchange(shards, GAN_EXCHANGE_GATHER, bucket->slice_sum, bucket->sum, bucket->slice, bucket));
    }
    for (int32_t i = 0; i < sharing->bucket_count; i++) {
        gan_bucket *bucket = &sharing->buckets[i];
        GAN_TRY(finish_exchange(shards, bucket));
        gan_copy(sharing->context, bucket->count, bucket->sum, sharing->of->model->gradients + bucket->first);
    }
    return GAN_OK;
}

gan_status gan_sharing_sum_gradients(gan_sharing *sharing, const gan_term_model *of)
{
    const int64_t size = of->model->parameter_size;
    if (!of->gradients || size == 0) return GAN_OK;
    if (sharing->shards->collective.size == 1) {
        add_up(sharing->context, sharing->shards->count, size, size, of->gradients, of->model->gradients);
        return GAN_OK;
    }
    if (sharing->of != of) gan_sharing_begin_sum(sharing, of);
    if (sharing->begun > 0) GAN_TRY(start_bucket(sharing, 0));
    const gan_status status = finish_buckets(sharing);
    sharing->of = NULL;
    return status;
}

/* Exchanges are finished in the order in which they were started: a bucket's second one comes after the first of all.
 */
static void finish_open(gan_sharing *sharing, gan_exchange exchange)
{
    for (int32_t i = 0; i < sharing->bucket_count; i++) {
        gan_bucket *bucket = &sharing->buckets[i];
        if (bucket->open && bucket->exchange == exchange) (void)finish_exchange(sharing->shards, bucket);
    }
}

void gan_sharing_break(gan_sharing *sharing)
{
    sharing->broken = true;
    finish_open(sharing, GAN_EXCHANGE_TRANSPOSE);
    finish_open(sharing, GAN_EXCHANGE_GATHER);
}
