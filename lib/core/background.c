/* One thread beside the caller's, for work whose result is wanted later. */
#include "core/core.h"

struct gan_background {
    gan_context *context;
    pthread_mutex_t mutex;  /* of what follows */
    pthread_cond_t changed; /* at most one thread waits for it: the caller while there is a task, else the worker */
    void (*task)(void *argument);
    void *argument;
    bool busy; /* there is a task */
    bool stopping;
    /* The caller's: */
    pthread_t thread;
    bool started;
    bool pending; /* a task has been begun and not been awaited */
    bool warned;
    unsigned process; /* that the thread, the mutex and the condition belong to */
};

static gan_status create_synchronisation(gan_background *background)
{
    background->process = gan_process_number();
    background->started = background->busy = false;
    if (pthread_mutex_init(&background->mutex, NULL) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a mutex could not be created");
    if (pthread_cond_init(&background->changed, NULL) == 0) return GAN_OK;
    pthread_mutex_destroy(&background->mutex);
    return gan_fail(GAN_ERROR_MEMORY, "a condition variable could not be created");
}

gan_status gan_background_create(gan_context *context, gan_background **out)
{
    gan_background *background = gan_allocate(context, sizeof(*background));

    if (!background) return GAN_ERROR_MEMORY;
    const gan_status status = create_synchronisation(background);
    if (status != GAN_OK) {
        gan_release(context, background, sizeof(*background));
        return status;
    }
    background->context = gan_context_retain(context);
    *out = background;
    return GAN_OK;
}

static void *background_main(void *argument)
{
    GAN_FLOAT_SCOPE();
    gan_background *background = argument;

    pthread_mutex_lock(&background->mutex);
    for (;;) {
        while (!background->busy && !background->stopping)
            pthread_cond_wait(&background->changed, &background->mutex);
        if (!background->busy) break;
        pthread_mutex_unlock(&background->mutex);
        background->task(background->argument);
        pthread_mutex_lock(&background->mutex);
        background->busy = false;
        pthread_cond_signal(&background->changed);
    }
    pthread_mutex_unlock(&background->mutex);
    return NULL;
}

/* In a child of fork(), the parent's thread does not exist, and its mutex may be locked for ever. */
static bool is_inherited(const gan_background *background)
{
    return background->process != gan_process_number();
}

static bool start_thread(gan_background *background)
{
    char reason[GAN_ERRNO_TEXT];
    const int error = gan_thread_start(&background->thread, background_main, background);

    background->started = error == 0;
    if (background->started || background->warned) return background->started;
    gan_log(background->context, GAN_LOG_WARNING, "a thread that works ahead could not be started: %s",
            gan_errno_text(error, reason));
    background->warned = true;
    return false;
}

bool gan_background_start(gan_background *background, void (*task)(void *argument), void *argument)
{
    if (is_inherited(background) && create_synchronisation(background) != GAN_OK) return false;
    background->pending = false;
    if (!background->started && !start_thread(background)) return false;
    pthread_mutex_lock(&background->mutex);
    background->task = task;
    background->argument = argument;
    background->busy = background->pending = true;
    pthread_cond_signal(&background->changed);
    pthread_mutex_unlock(&background->mutex);
    return true;
}

bool gan_background_wait(gan_background *background)
{
    if (is_inherited(background)) return !background->pending;
    pthread_mutex_lock(&background->mutex);
    while (background->busy) pthread_cond_wait(&background->changed, &background->mutex);
    pthread_mutex_unlock(&background->mutex);
    background->pending = false;
    return true;
}

void gan_background_destroy(gan_background *background)
{
    if (!background) return;
    gan_context *context = background->context;
    if (!is_inherited(background)) {
        pthread_mutex_lock(&background->mutex);
        background->stopping = true;
        pthread_cond_signal(&background->changed);
        pthread_mutex_unlock(&background->mutex);
        if (background->started) pthread_join(background->thread, NULL);
        pthread_cond_destroy(&background->changed);
        pthread_mutex_destroy(&background->mutex);
    }
    gan_release(context, background, sizeof(*background));
    gan_context_release(context);
}
