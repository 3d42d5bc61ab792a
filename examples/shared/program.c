#include "program.h"

#include "command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void *allocate(int64_t count, size_t size)
{
    void *memory = count > 0 && (uint64_t)count <= SIZE_MAX ? calloc((size_t)count, size) : NULL;
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

bool has_checkpoint(const char *folder)
{
    char path[PATH_SIZE];
    if (access(path_in(folder, "checkpoint.safetensors", path), F_OK) != 0) return false;
    recall_command(folder);
    return true;
}

static bool resumes;

void require_checkpoint(const char *folder)
{
    resumes = true;
    if (has_checkpoint(folder)) return;
    fprintf(stderr, "--resume: there is no %s/checkpoint.safetensors to resume from\n", folder);
    exit(1);
}

const char *path_in(const char *folder, const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static volatile sig_atomic_t was_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    was_interrupted = 1;
}

/* What whoever called had ignored stays so: SIGHUP under nohup, SIGINT in the background of a script. */
static void catch_signal(int number)
{
    struct sigaction before = {.sa_handler = SIG_DFL};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN) return;
    sigaction(number, &action, NULL);
}

void catch_interrupts(void)
{
    if (was_interrupted) return;
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
#ifdef SIGHUP
    catch_signal(SIGHUP);
#endif
#ifdef SIGXCPU
    catch_signal(SIGXCPU);
#endif
#ifdef SIGPIPE
    signal(SIGPIPE, SIG_IGN); /* if whoever reads the progress goes, work goes on, and is saved */
#endif
}

bool interrupted(void)
{
    return was_interrupted != 0;
}

/* The log of a context. */
static void print_warning(void *user, gan_log_level level, const char *message)
{
    (void)user;
    if (level >= GAN_LOG_WARNING) fprintf(stderr, "warning: %s\n", message);
}

gan_status open_context_with(gan_context_options options, gan_context **out)
{
    options.struct_size = sizeof(options);
    if (!options.log) options.log = print_warning;
    options.log_except = GAN_LOG_TOPIC_TRAINING;
    return gan_context_create(&options, out);
}

gan_status open_context(int64_t threads, gan_context **out)
{
    return open_context_with((gan_context_options){.threads = threads}, out);
}

bool has_pictures(gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    return gan_context_get_info(context, &info) == GAN_OK && info.png;
}

int64_t random_below(gan_random *random, int64_t count)
{
    float u = 0;
    const gan_status status = gan_random_uniform(random, &u, 1);
    if (status != GAN_OK) exit(exit_status(status));
    const int64_t number = (int64_t)((double)count * (double)u);
    return number < count ? number : count - 1;
}

const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int exit_status(gan_status status)
{
    if (status == GAN_OK) return 0;
    if (status == GAN_ERROR_CANCELLED) return 130;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    if (resumes && (status == GAN_ERROR_ARCHITECTURE || status == GAN_ERROR_STATE)) {
        const char *began = recalled_command();
        fprintf(stderr,
                "To resume a training, give it the data, and the options that shape networks or choose data, such as "
                "--seed, with which it began%s%s%s\n",
                began ? ":\n    " : ".", began ? began : "", !began || strstr(began, "--resume") ? "" : " --resume");
    }
    return 1;
}
