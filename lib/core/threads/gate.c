/* A gate that threads pass one at a time, in the order in which they came: a mutex alone would let a thread that
 * passes again and again, such as one that trains, keep the others out. A thread that works in slices may pause
 * inside: who comes then gives it the time to leave. */
#include "core/memory/memory.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

#include <pthread.h>

struct gan_gate {
    pthread_mutex_t mutex; /* of the two numbers */
    pthread_cond_t moved;
    uint64_t next;      /* the ticket of the next thread to come */
    uint64_t inside;    /* of the one whose turn it is */
    gan_sliced *sliced; /* its task, if it works in slices */
};

gan_status gan_gate_create(gan_context *context, gan_gate **out)
{
    gan_gate *gate = gan_allocate(context, sizeof(*gate));

    if (!gate) return GAN_ERROR_MEMORY;
    if (pthread_mutex_init(&gate->mutex, NULL) != 0) goto no_mutex;
    if (pthread_cond_init(&gate->moved, NULL) != 0) goto no_condition;
    *out = gate;
    return GAN_OK;

no_condition:
    pthread_mutex_destroy(&gate->mutex);
no_mutex:
    gan_release(context, gate, sizeof(*gate));
    return gan_fail(GAN_ERROR_MEMORY, "a mutex could not be made");
}

void gan_gate_destroy(gan_context *context, gan_gate *gate)
{
    if (!gate) return;
    pthread_cond_destroy(&gate->moved);
    pthread_mutex_destroy(&gate->mutex);
    gan_release(context, gate, sizeof(*gate));
}

void gan_gate_enter(gan_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    const uint64_t ticket = gate->next++;
    while (gate->inside != ticket) {
        if (gate->sliced && gate->sliced != gan_sliced_current()) gan_sliced_hurry(gate->sliced);
        pthread_cond_wait(&gate->moved, &gate->mutex);
    }
    gate->sliced = gan_sliced_current();
    if (gate->sliced) pthread_cond_broadcast(&gate->moved); /* those who wait have to know */
    pthread_mutex_unlock(&gate->mutex);
}

void gan_gate_leave(gan_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->inside++;
    gate->sliced = NULL;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->mutex);
}
