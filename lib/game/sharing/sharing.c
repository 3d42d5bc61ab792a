/* What the processes of a game exchange: losses, gradients, and whether they go on. */
#include "game/sharing/sharing.h"

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

/* Values of a model's gradients that each process adds up. */
static int64_t slice_of(const gan_sharing *sharing, int64_t parameters)
{
    const int64_t processes = sharing->shards->collective.size;
    return (parameters + processes - 1) / processes;
}

/* For each slice: the gradients of every shard here, and what becomes of it. */
static gan_status create_exchange(gan_sharing *sharing, int64_t slice)
{
    const gan_shards *shards = sharing->shards;
    gan_context *context = sharing->context;
    if (!gan_checked_multiply(slice, shards->total, &sharing->sent_size) ||
        !gan_checked_multiply(slice, shards->collective.size, &sharing->summed_size)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "gan_game_build: the gradients of %lld shards overflow",
                        (long long)shards->total);
    }
    sharing->slice_size = slice;
    sharing->agreements = gan_allocate_array(context, shards->collective.size, sizeof(*sharing->agreements));
    sharing->sent = gan_allocate_array(context, sharing->sent_size, sizeof(*sharing->sent));
    sharing->received = gan_allocate_array(context, sharing->sent_size, sizeof(*sharing->received));
    sharing->slice = gan_allocate_array(context, slice, sizeof(*sharing->slice));
    sharing->summed = gan_allocate_array(context, sharing->summed_size, sizeof(*sharing->summed));
    return sharing->agreements && sharing->sent && sharing->received && sharing->slice && sharing->summed
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
    return shards->collective.size > 1 ? create_exchange(sharing, slice_of(sharing, parameters)) : GAN_OK;
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
    gan_release(context, sharing->slice, (size_t)sharing->slice_size * sizeof(*sharing->slice));
    gan_release(context, sharing->summed, (size_t)sharing->summed_size * sizeof(*sharing->summed));
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

/* Each process gets the same slice of every shard's gradients, adds these up, and gives the others the sum: so the
 * order does not depend on the number of processes, and each sends little more than a gradient twice. */
static gan_status exchange(const gan_sharing *sharing, const gan_term_model *of)
{
    const gan_shards *shards = sharing->shards;
    gan_context *context = sharing->context;
    const int64_t size = of->model->parameter_size, slice = slice_of(sharing, size);
    for (int64_t process = 0; process < shards->collective.size; process++) {
        const int64_t first = process * slice, left = size > first ? size - first : 0;
        for (int64_t i = 0; i < shards->count; i++) {
            gan_real *to = sharing->sent + (process * shards->count + i) * slice;
            const int64_t there = left < slice ? left : slice;
            if (there > 0) gan_copy(context, there, of->gradients + i * size + first, to);
            if (there < slice) gan_fill(context, slice - there, 0, to + there);
        }
    }
    GAN_TRY(gan_shards_exchange(shards, GAN_EXCHANGE_TRANSPOSE, sharing->sent, sharing->received,
                                (size_t)(shards->count * slice) * sizeof(*sharing->sent)));
    add_up(context, shards->total, slice, slice, sharing->received, sharing->slice);
    GAN_TRY(gan_shards_exchange(shards, GAN_EXCHANGE_GATHER, sharing->slice, sharing->summed,
                                (size_t)slice * sizeof(*sharing->slice)));
    gan_copy(context, size, sharing->summed, of->model->gradients);
    return GAN_OK;
}

gan_status gan_sharing_sum_gradients(const gan_sharing *sharing, const gan_term_model *of)
{
    const int64_t size = of->model->parameter_size;
    if (!of->gradients || size == 0) return GAN_OK;
    if (sharing->shards->collective.size > 1) return exchange(sharing, of);
    add_up(sharing->context, sharing->shards->count, size, size, of->gradients, of->model->gradients);
    return GAN_OK;
}
