/* How a batch is divided among processes, and what these exchange. */
#include "core/machine/machine.h"
#include "core/shards/shards.h"
#include "core/status/status.h"

#define MOST_PROCESSES 65536
#define MOST_SHARDS    65536

static gan_status check_collective(const gan_collective *collective, const char *what)
{
    if (collective->size < 1 || collective->size > MOST_PROCESSES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: collective.size is %lld, expected 1 to %d", what,
                        (long long)collective->size, MOST_PROCESSES);
    }
    if (collective->rank < 0 || collective->rank >= collective->size) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: collective.rank is %lld, expected 0 to %lld", what,
                        (long long)collective->rank, (long long)collective->size - 1);
    }
    if (collective->start && collective->finish) return GAN_OK;
    return gan_fail(GAN_ERROR_NULL, "%s: collective.%s is NULL", what, collective->start ? "finish" : "start");
}

gan_status gan_shards_resolve(int64_t total, const gan_collective *given, const char *what, gan_shards *out)
{
    gan_collective collective = {.size = 1};
    if (given) {
        GAN_TRY(gan_options_read(&collective, sizeof(collective), given, "gan_collective"));
        GAN_TRY(check_collective(&collective, what));
    }
    if (total < 0 || total > MOST_SHARDS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: shards is %lld, expected 1 to %d", what, (long long)total,
                        MOST_SHARDS);
    }
    if (total == 0) total = collective.size;
    if (total % collective.size != 0) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: shards is %lld, expected a multiple of the number of processes, %lld", what,
                        (long long)total, (long long)collective.size);
    }
    const int64_t count = total / collective.size;
    *out = (gan_shards){.total = total, .first = collective.rank * count, .count = count, .collective = collective};
    return GAN_OK;
}

/* Puts the failure of a callback into a sentence; its text is the callback's own, or the status's. */
static gan_status tell(const gan_collective *collective, gan_status status)
{
    const char *text = NULL;
    if (status == GAN_OK) return GAN_OK;
    if (collective->error) {
        GAN_HOST_SCOPE();
        text = collective->error(collective->user);
    }
    return gan_fail(status, "process %lld of %lld: %s", (long long)collective->rank, (long long)collective->size,
                    text ? text : gan_status_text(status));
}

static gan_status call_start(const gan_collective *collective, gan_exchange exchange, const void *from, void *to,
                             size_t bytes, int64_t *ticket)
{
    GAN_HOST_SCOPE();
    return collective->start(collective->user, exchange, from, to, bytes, ticket);
}

static gan_status call_finish(const gan_collective *collective, int64_t ticket)
{
    GAN_HOST_SCOPE();
    return collective->finish(collective->user, ticket);
}

gan_status gan_shards_start(const gan_shards *shards, gan_exchange exchange, const void *from, void *to, size_t bytes,
                            int64_t *ticket)
{
    *ticket = 0;
    return tell(&shards->collective, call_start(&shards->collective, exchange, from, to, bytes, ticket));
}

gan_status gan_shards_finish(const gan_shards *shards, int64_t ticket)
{
    return tell(&shards->collective, call_finish(&shards->collective, ticket));
}

gan_status gan_shards_exchange(const gan_shards *shards, gan_exchange exchange, const void *from, void *to,
                               size_t bytes)
{
    int64_t ticket;
    if (shards->collective.size == 1) {
        memcpy(to, from, bytes);
        return GAN_OK;
    }
    GAN_TRY(gan_shards_start(shards, exchange, from, to, bytes, &ticket));
    return gan_shards_finish(shards, ticket);
}

gan_status gan_shards_gather(const gan_shards *shards, const void *mine, void *all, size_t bytes)
{
    return gan_shards_exchange(shards, GAN_EXCHANGE_GATHER, mine, all, bytes * (size_t)shards->count);
}
