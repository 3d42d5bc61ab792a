/* A thread beside the caller's, with the mutex and the condition by which both speak. */
#include "core/machine/machine.h"
#include "core/platform/platform.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

gan_status gan_companion_create(gan_companion *companion)
{
    companion->started = companion->stopping = false;
    if (pthread_mutex_init(&companion->mutex, NULL) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a mutex could not be created");
    if (pthread_cond_init(&companion->changed, NULL) == 0) {
        companion->process = gan_process_number(); /* last: until then an inherited one still is one */
        return GAN_OK;
    }
    pthread_mutex_destroy(&companion->mutex);
    return gan_fail(GAN_ERROR_MEMORY, "a condition variable could not be created");
}

bool gan_companion_is_inherited(const gan_companion *companion)
{
    return companion->process != gan_process_number();
}

int gan_companion_start(gan_companion *companion, void *(*start)(void *argument), void *argument)
{
    if (companion->started) return 0;
    const int error = gan_thread_start(&companion->thread, start, argument);

    companion->started = error == 0;
    return error;
}

void gan_companion_destroy(gan_companion *companion)
{
    GAN_UNCANCELLED_SCOPE();
    if (gan_companion_is_inherited(companion)) return;
    pthread_mutex_lock(&companion->mutex);
    companion->stopping = true;
    pthread_cond_broadcast(&companion->changed);
    pthread_mutex_unlock(&companion->mutex);
    if (companion->started) pthread_join(companion->thread, NULL);
    pthread_cond_destroy(&companion->changed);
    pthread_mutex_destroy(&companion->mutex);
}
