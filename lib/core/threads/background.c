/* One thread beside the caller's, for work whose result is wanted later. */
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

struct gan_background {
    gan_context *context;
    gan_companion thread; /* its mutex is of the task */
    void (*task)(void *argument);
    void *argument;
    bool busy; /* there is a task */
    /* The caller's: */
    bool pending; /* a task has been begun and not been awaited */
    bool warned;
};

gan_status gan_background_create(gan_context *context, gan_background **out)
{
    gan_background *background = gan_allocate(context, sizeof(*background));

    if (!background) return GAN_ERROR_MEMORY;
    const gan_status status = gan_companion_create(&background->thread);
    if (status != GAN_OK) {
        gan_release(context, background, sizeof(*background));
        return status;
    }
    background->context = context;
    *out = background;
    return GAN_OK;
}

static void *background_main(void *argument)
{
    GAN_FLOAT_SCOPE();
    gan_background *background = argument;

    pthread_mutex_lock(&background->thread.mutex);
    for (;;) {
        while (!background->busy && !background->thread.stopping)
            pthread_cond_wait(&background->thread.changed, &background->thread.mutex);
        if (!background->busy) break;
        pthread_mutex_unlock(&background->thread.mutex);
        background->task(background->argument);
        pthread_mutex_lock(&background->thread.mutex);
        background->busy = false;
        pthread_cond_broadcast(&background->thread.changed);
    }
    pthread_mutex_unlock(&background->thread.mutex);
    return NULL;
}

static bool start_thread(gan_background *background)
{
    char reason[GAN_ERRNO_TEXT];
    const int error = gan_companion_start(&background->thread, background_main, background);

    if (error == 0 || background->warned) return error == 0;
    gan_log(background->context, GAN_LOG_WARNING, "a thread that works ahead could not be started: %s",
            gan_errno_text(error, reason));
    background->warned = true;
    return false;
}

bool gan_background_start(gan_background *background, void (*task)(void *argument), void *argument)
{
    background->pending = false;
    if (gan_companion_is_inherited(&background->thread)) {
        if (gan_companion_create(&background->thread) != GAN_OK) return false;
        background->busy = false;
    }
    if (!start_thread(background)) return false;
    pthread_mutex_lock(&background->thread.mutex);
    background->task = task;
    background->argument = argument;
    background->busy = background->pending = true;
    pthread_cond_broadcast(&background->thread.changed);
    pthread_mutex_unlock(&background->thread.mutex);
    return true;
}

bool gan_background_wait(gan_background *background)
{
    if (gan_companion_is_inherited(&background->thread)) return !background->pending;
    pthread_mutex_lock(&background->thread.mutex);
    while (background->busy) pthread_cond_wait(&background->thread.changed, &background->thread.mutex);
    pthread_mutex_unlock(&background->thread.mutex);
    background->pending = false;
    return true;
}

void gan_background_destroy(gan_background *background)
{
    if (!background) return;
    gan_companion_destroy(&background->thread);
    gan_release(background->context, background, sizeof(*background));
}
