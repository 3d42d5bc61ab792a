#include "loopback.h"

#include <string.h>

void loopback_create(loopback *of, int64_t size)
{
    memset(of, 0, sizeof(*of));
    pthread_mutex_init(&of->mutex, NULL);
    pthread_cond_init(&of->changed, NULL);
    of->size = size;
    for (int64_t i = 0; i < size; i++) of->processes[i] = (loopback_process){.of = of, .rank = i};
}

void loopback_destroy(loopback *of)
{
    pthread_cond_destroy(&of->changed);
    pthread_mutex_destroy(&of->mutex);
}

void loopback_leave(loopback *of)
{
    pthread_mutex_lock(&of->mutex);
    of->broken = true;
    pthread_cond_broadcast(&of->changed);
    pthread_mutex_unlock(&of->mutex);
}

/* Waits for all threads, with the mutex; false if one has left. */
static bool meet(loopback *of)
{
    const uint64_t turn = of->turn;
    if (of->broken) return false;
    if (++of->arrived == of->size) {
        of->arrived = 0;
        of->turn++;
        pthread_cond_broadcast(&of->changed);
        return true;
    }
    while (of->turn == turn && !of->broken) pthread_cond_wait(&of->changed, &of->mutex);
    return of->turn != turn;
}

static bool sizes_agree(const loopback *of, size_t bytes)
{
    for (int64_t i = 0; i < of->size; i++) {
        if (of->bytes[i] != bytes) return false;
    }
    return true;
}

static gan_status start(void *user, gan_exchange exchange, const void *from, void *to, size_t bytes, int64_t *ticket)
{
    loopback_process *process = user;
    loopback *of = process->of;
    const size_t offset = exchange == GAN_EXCHANGE_TRANSPOSE ? (size_t)process->rank * bytes : 0;
    *ticket = ++process->exchanges;
    if (process->leaves_after > 0 && process->exchanges > process->leaves_after) {
        loopback_leave(of);
        return GAN_ERROR_IO;
    }
    pthread_mutex_lock(&of->mutex);
    of->from[process->rank] = from;
    of->bytes[process->rank] = bytes;
    bool met = meet(of) && sizes_agree(of, bytes);
    for (int64_t i = 0; met && i < of->size; i++) {
        memcpy((char *)to + (size_t)i * bytes, (const char *)of->from[i] + offset, bytes);
    }
    met = met && meet(of); /* what the others have given may change from here on */
    pthread_mutex_unlock(&of->mutex);
    return met ? GAN_OK : GAN_ERROR_IO;
}

static gan_status finish(void *user, int64_t ticket)
{
    const loopback_process *process = user;
    return ticket >= 1 && ticket <= process->exchanges ? GAN_OK : GAN_ERROR_ARGUMENT;
}

static const char *tell(void *user)
{
    (void)user;
    return "a thread has left";
}

gan_collective loopback_collective(loopback *of, int64_t rank)
{
    return (gan_collective){.struct_size = sizeof(gan_collective),
                            .rank = rank,
                            .size = of->size,
                            .start = start,
                            .finish = finish,
                            .error = tell,
                            .user = &of->processes[rank]};
}
