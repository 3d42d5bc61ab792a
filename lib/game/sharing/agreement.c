/* Whether the processes of a game play the same: compared before each round, so that all of them stop together. */
#include "game/sharing/sharing.h"

#include <stdio.h>

/* ---- Hashes ------------------------------------------------------------------------------------------ */

/* Over 8 bytes at a time, the upper ones of which would reach few bits of the product. */
uint64_t gan_hash_number(uint64_t hash, uint64_t number)
{
    hash = gan_hash_add(hash, number);
    return hash ^ hash >> 29;
}

uint64_t gan_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t word;
    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = gan_hash_number(hash, word);
    }
    word = 0;
    memcpy(&word, at, size);
    return gan_hash_number(hash, word ^ (uint64_t)size << 56);
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

/* What a run and a round are called. */
typedef struct names {
    const char *runner, *round;
} names;

static gan_status differ(const names *call, gan_status status, int64_t process, const char *what)
{
    return gan_fail(status, "%s: process %lld has %s than process 0", call->runner, (long long)process, what);
}

static gan_status compare(const gan_agreement *first, const gan_agreement *other, const names *call, int64_t process)
{
    if (other->version != first->version) {
        return gan_fail(GAN_ERROR_VERSION, "%s: process %lld has libgan %lld, but process 0 has %lld", call->runner,
                        (long long)process, (long long)other->version, (long long)first->version);
    }
    if (other->machine != first->machine) {
        return differ(call, GAN_ERROR_UNSUPPORTED, process,
                      "another instruction set, multiplication or precision (see GAN_CONTEXT)");
    }
    if (other->setup != first->setup) return differ(call, GAN_ERROR_ARCHITECTURE, process, "other models or options");
    if (other->rounds != first->rounds) {
        return gan_fail(GAN_ERROR_STATE, "%s: process %lld is after %s %lld, but process 0 after %lld", call->runner,
                        (long long)process, call->round, (long long)other->rounds, (long long)first->rounds);
    }
    if (other->weights != first->weights) return differ(call, GAN_ERROR_STATE, process, "other weights");
    if (other->data != first->data) return differ(call, GAN_ERROR_STATE, process, "other data");
    if (other->samples == first->samples) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH, "%s: process %lld has %lld samples for %s %lld, but process 0 has %lld",
                    call->runner, (long long)process, (long long)other->samples, call->round,
                    (long long)other->rounds + 1, (long long)first->samples);
}

/* Failures first: what a process that failed has of the rest may be anything. */
static gan_status judge(const gan_sharing *sharing, const names *call)
{
    const int64_t processes = sharing->shards->collective.size;
    const gan_agreement *all = sharing->agreements;
    for (int64_t i = 0; i < processes; i++) {
        const gan_status status = (gan_status)all[i].status;
        if (status == GAN_OK) continue;
        return gan_fail(status, "%s: process %lld failed: %s", call->runner, (long long)i, gan_status_text(status));
    }
    for (int64_t i = 1; i < processes; i++) GAN_TRY(compare(&all[0], &all[i], call, i));
    return GAN_OK;
}

gan_status gan_sharing_agree(gan_sharing *sharing, gan_status status, const char *runner, const char *round)
{
    const names call = {runner, round};
    gan_agreement *mine = &sharing->mine;
    char sentence[GAN_SENTENCE];
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    mine->status = (uint64_t)status;
    const gan_status exchanged =
        gan_shards_exchange(sharing->shards, GAN_EXCHANGE_GATHER, mine, sharing->agreements, sizeof(*mine));
    if (status != GAN_OK) return gan_fail(status, "%s", sentence);
    GAN_TRY(exchanged);
    GAN_TRY(judge(sharing, &call));
    mine->ends = sharing->agreements[0].ends;
    return GAN_OK;
}
