/* A mutex for calls that fork() may interrupt in another thread: the child has no such thread to open it again. */
#include "core/machine/machine.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

static gan_status create_mutex(gan_lock *lock)
{
    pthread_mutexattr_t kind;
    lock->process = gan_process_number();
    if (pthread_mutexattr_init(&kind) == 0) {
        const bool made = pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK) == 0 &&
                          pthread_mutex_init(&lock->mutex, &kind) == 0;
        pthread_mutexattr_destroy(&kind);
        if (made) return GAN_OK;
    }
    return gan_fail(GAN_ERROR_MEMORY, "a mutex could not be created");
}

gan_status gan_lock_create(gan_lock *lock)
{
    return create_mutex(lock);
}

void gan_lock_acquire(gan_lock *lock)
{
    /* The parent's mutex may be locked for ever. A child has one thread until it starts others itself. */
    if (lock->process != gan_process_number()) create_mutex(lock);
    /* A thread that holds it already has jumped out of the host's function in an earlier call: it goes on holding it,
     * and releases it this time. */
    (void)pthread_mutex_lock(&lock->mutex);
}

void gan_lock_release(gan_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

void gan_lock_destroy(gan_lock *lock)
{
    if (lock->process == gan_process_number()) pthread_mutex_destroy(&lock->mutex);
}
