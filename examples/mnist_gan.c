/* Trains a GAN on MNIST, or on any dataset in its format, and shows how it gets on: a picture of samples, the course
 * of the losses as CSV and as a picture, the models and a checkpoint, after each epoch and at the end. Ctrl-C saves
 * and leaves; --resume goes on from there. */
#include "mnist_files.h"
#include "models.h"
#include "options.h"
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRID 64         /* samples in a picture */
#define GRID_SEED 1234  /* of the noise that every picture is made from */

typedef struct settings {
    const char *data, *output, *recipe;
    int64_t epochs, steps, seed, threads, batch;
    double minutes, learning_rate;
    bool resume, quiet;
} settings;

typedef struct training {
    settings settings;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_dataset *dataset;
    gan_trainer *trainer;
    gan_history *history;
    float *samples; /* GRID of them */
    gan_shape shape;
    int64_t epochs_seen;
    double last_shown; /* seconds into the run */
    bool terminal;
    gan_status failure; /* of writing files from inside the callback */
} training;

static gan_trainer *volatile running; /* for the signal handler */

static void on_interrupt(int number)
{
    (void)number;
    if (running) gan_trainer_cancel(running);
}

/* ---- What is written ------------------------------------------------------------------------------------------- */

/* Writes samples from the same noise as always. Without libpng there are no pictures, and all else goes on. */
static gan_status write_samples(training *job, const char *name)
{
    char path[PATH_SIZE];
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_status status = gan_context_get_info(job->context, &info);
    if (status == GAN_OK && info.png) {
        status = gan_trainer_sample(job->trainer, GRID_SEED, GRID, job->samples);
        if (status == GAN_OK)
            status = gan_png_write_grid(job->context, path_in(job->settings.output, name, path), job->samples, GRID,
                                        job->shape, 0);
        if (status == GAN_OK && gan_history_count(job->history) > 0)
            status = gan_history_write_png(job->history, path_in(job->settings.output, "losses.png", path));
    }
    return status;
}

static gan_status write_state(training *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings.output;
    gan_status status = gan_history_write_csv(job->history, path_in(folder, "losses.csv", path));
    if (status == GAN_OK) status = gan_model_save(job->generator, path_in(folder, "generator.safetensors", path));
    if (status == GAN_OK)
        status = gan_model_save(job->discriminator, path_in(folder, "discriminator.safetensors", path));
    if (status == GAN_OK)
        status = gan_trainer_save(job->trainer, job->dataset, path_in(folder, "checkpoint.safetensors", path));
    return status;
}

/* ---- Progress ---------------------------------------------------------------------------------------------------- */

static void format_seconds(double seconds, char text[16])
{
    if (seconds < 0)
        snprintf(text, 16, "--:--");
    else
        snprintf(text, 16, "%d:%02d", (int)(seconds / 60) % 10000, (int)seconds % 60);
}

static void show(training *job, const gan_step_report *report)
{
    enum { WIDTH = 24 };
    char bar[WIDTH + 1], left[16];
    int filled = report->progress < 0 ? 0 : (int)(report->progress * WIDTH);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    format_seconds(report->seconds_left, left);
    fprintf(stderr, "%s[%s] epoch %lld  step %lld  loss D %.3f G %.3f  D(x) %.2f D(G(z)) %.2f  %.0f images/s  %s left%s",
            job->terminal ? "\r" : "", bar, (long long)job->epochs_seen + 1, (long long)report->step,
            report->discriminator_loss, report->generator_loss, report->real_probability, report->fake_probability,
            report->samples_per_second, left, job->terminal ? "\033[K" : "\n");
}

static int on_step(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    training *job = user;
    (void)trainer;
    job->failure = gan_history_add(job->history, report);
    double interval = job->terminal ? 0.2 : 10;
    bool epoch_ended = report->epoch > job->epochs_seen;
    if (!job->settings.quiet && (epoch_ended || report->seconds >= job->last_shown + interval)) {
        show(job, report);
        job->last_shown = report->seconds;
    }
    if (epoch_ended && job->failure == GAN_OK) {
        char name[64];
        job->epochs_seen = report->epoch;
        snprintf(name, sizeof name, "samples-epoch-%03lld.png", (long long)report->epoch);
        job->failure = write_samples(job, name);
        if (job->failure == GAN_OK) job->failure = write_state(job);
    }
    return job->failure != GAN_OK;
}

/* ---- The job ------------------------------------------------------------------------------------------------------ */

static gan_status open_data(training *job)
{
    gan_status status = open_mnist(job->context, job->settings.data, MNIST_TRAINING, false,
                                   GAN_DATASET(.seed = (uint64_t)job->settings.seed), &job->dataset);
    if (status == GAN_OK) status = gan_dataset_shape(job->dataset, &job->shape);
    if (status == GAN_OK && !job->settings.quiet)
        fprintf(stderr, "%s: %lld images of %lld x %lld\n", job->settings.data,
                (long long)gan_dataset_count(job->dataset), (long long)job->shape.dims[1],
                (long long)job->shape.dims[2]);
    return status;
}

static gan_status prepare(training *job)
{
    const settings *s = &job->settings;
    uint64_t seed = (uint64_t)s->seed;
    bool batch_norm = strcmp(s->recipe, "batch-norm") == 0;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = (int)s->threads), &job->context);
    if (status == GAN_OK) status = open_data(job);
    if (status == GAN_OK)
        status = build_dense_generator(job->context, job->shape, batch_norm, 2 * seed, &job->generator);
    if (status == GAN_OK)
        status = build_conv_discriminator(job->context, job->shape, 2 * seed + 1, &job->discriminator);
    if (status == GAN_OK)
        status = gan_trainer_create(
            job->context, job->generator, job->discriminator,
            GAN_TRAINER(.batch = s->batch, .learning_rate = (float)s->learning_rate, .beta1 = 0.5f, .seed = seed),
            &job->trainer);
    if (status == GAN_OK) status = gan_history_create(job->context, &job->history);
    if (status == GAN_OK) job->samples = allocate(gan_shape_count(job->shape) * GRID, sizeof(float));
    return status;
}

static gan_status resume(training *job)
{
    char path[PATH_SIZE];
    gan_dataset_cursor cursor;
    const char *folder = job->settings.output;
    gan_status status = gan_trainer_load(job->trainer, job->dataset, path_in(folder, "checkpoint.safetensors", path));
    if (status == GAN_OK) status = gan_dataset_get_cursor(job->dataset, &cursor);
    if (status != GAN_OK) return status;
    job->epochs_seen = cursor.epoch;
    status = gan_history_read_csv(job->history, path_in(folder, "losses.csv", path));
    if (status == GAN_OK) status = gan_history_truncate(job->history, gan_trainer_steps(job->trainer));
    return status;
}

/* --epochs counts from the beginning of the training, over all resumes; --steps and --minutes are of this run. */
static gan_status train(training *job)
{
    const settings *s = &job->settings;
    int64_t epochs = s->epochs ? s->epochs - job->epochs_seen : 0;
    if (s->epochs && epochs <= 0) {
        fprintf(stderr, "all %lld epochs are done\n", (long long)s->epochs);
        return GAN_OK;
    }
    struct sigaction action = {.sa_handler = on_interrupt};
    running = job->trainer;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    gan_status status = gan_trainer_run(job->trainer, job->dataset,
                                        GAN_RUN(.epochs = epochs, .steps = s->steps, .seconds = s->minutes * 60,
                                                .progress = on_step, .user = job));
    if (!s->quiet && job->terminal) fprintf(stderr, "\n");
    if (job->failure != GAN_OK) return job->failure;
    if (status != GAN_OK && status != GAN_ERROR_CANCELLED) return status;
    gan_status written = write_samples(job, "samples.png");
    if (written == GAN_OK) written = write_state(job);
    return written == GAN_OK ? status : written;
}

static void release(training *job)
{
    running = NULL;
    free(job->samples);
    gan_history_destroy(job->history);
    gan_trainer_destroy(job->trainer);
    gan_dataset_destroy(job->dataset);
    gan_model_destroy(job->discriminator);
    gan_model_destroy(job->generator);
    gan_context_destroy(job->context);
}

static settings read_settings(int argc, char **argv)
{
    settings s = {.data = "/usr/share/datasets/fashion-mnist",
                  .output = "out",
                  .recipe = "batch-norm",
                  .batch = 32,
                  .learning_rate = 2e-4};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR", "folder of MNIST-format files, .gz or not (default Fashion-MNIST's)"},
        {"--output", OPTION_TEXT, &s.output, 0, 0, "DIR", "folder for all results, made if missing (default out)"},
        {"--recipe", OPTION_TEXT, &s.recipe, 0, 0, "NAME", "batch-norm (default): in the generator; seed: without"},
        {"--epochs", OPTION_INTEGER, &s.epochs, 1, 1e9, "N", "train to the end of epoch N (default 5 if no limit is given)"},
        {"--minutes", OPTION_NUMBER, &s.minutes, 1e-3, 1e6, "M", "train for so long"},
        {"--steps", OPTION_INTEGER, &s.steps, 1, 1e15, "N", "train for so many steps"},
        {"--batch", OPTION_INTEGER, &s.batch, 1, 65536, "N", "samples in a step (default 32)"},
        {"--learning-rate", OPTION_NUMBER, &s.learning_rate, 1e-9, 1e3, "R", "of Adam, with beta1 0.5 (default 0.0002)"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "of weights, noise and shuffling (default 0)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--resume", OPTION_FLAG, &s.resume, 0, 0, NULL, "go on from the checkpoint in the output folder"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "no progress"},
    };
    read_options(argc, argv, 1, "mnist_gan: trains a GAN on images in MNIST's format.", options,
                 (int)(sizeof options / sizeof options[0]));
    if (strcmp(s.recipe, "batch-norm") != 0 && strcmp(s.recipe, "seed") != 0) {
        fprintf(stderr, "--recipe %s: expected batch-norm or seed\n", s.recipe);
        exit(2);
    }
    if (!s.epochs && !s.steps && s.minutes == 0) s.epochs = 5;
    return s;
}

int main(int argc, char **argv)
{
    training job = {.settings = read_settings(argc, argv), .terminal = isatty(STDERR_FILENO)};
    make_folder(job.settings.output);
    gan_status status = prepare(&job);
    if (status == GAN_OK && job.settings.resume) status = resume(&job);
    if (status == GAN_OK) status = train(&job);
    if (status == GAN_ERROR_CANCELLED)
        fprintf(stderr, "stopped and saved; --resume goes on from here\n");
    int result = exit_status(status);
    release(&job);
    return result;
}
