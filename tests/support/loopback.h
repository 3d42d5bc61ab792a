/* Threads of this process as the processes of a collective. */
#ifndef GAN_TESTS_SUPPORT_LOOPBACK_H
#define GAN_TESTS_SUPPORT_LOOPBACK_H

#include "libgan.h"

#include <pthread.h>

enum { LOOPBACK_MOST = 8 };

typedef struct loopback loopback;

/* One of the threads. */
typedef struct loopback_process {
    loopback *of;
    int64_t rank, exchanges; /* so far */
    int64_t leaves_after;    /* this many exchanges, it is gone: it fails, and the others with it; 0: never */
} loopback_process;

struct loopback {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t size, arrived;
    uint64_t turn;
    bool broken;
    const void *from[LOOPBACK_MOST];
    size_t bytes[LOOPBACK_MOST];
    loopback_process processes[LOOPBACK_MOST];
};

void loopback_create(loopback *of, int64_t size);
void loopback_destroy(loopback *of);
/* What the thread with this rank gives to a trainer or game. */
gan_collective loopback_collective(loopback *of, int64_t rank);
/* A thread that has done its work, or failed, waits for nobody: who waits for it gets an error. */
void loopback_leave(loopback *of);

#endif
