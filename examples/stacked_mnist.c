/* Stacked MNIST (Metz et al., "Unrolled Generative Adversarial Networks", 2017): three random digits, one per colour,
 * make an image of one of 1,000 modes. Trains a convolutional GAN on batches that are composed on the fly, counts the
 * modes of 26,000 samples by the labels that a classifier gives each colour, and ends with a line modes=... kl=...
 * seconds=..., of training alone. */
#include "averages.h"
#include "classifier.h"
#include "command.h"
#include "mnist_files.h"
#include "monitor.h"
#include "outputs.h"
#include "program.h"
#include "progress.h"
#include "recipes.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

#define COLOURS       3
#define GRID          64   /* samples in the picture */
#define SEED_OF_GRID  1234 /* of its noise */
#define LOOKS         10   /* at the modes during a training run */
#define PIECE         1000 /* samples classified at a time */
#define DIGITS_STREAM 100  /* of the seed, from which digits are drawn */

typedef struct settings {
    const char *data, *output, *classifier;
    recipe_choice recipe;
    int64_t steps, samples, seed, threads;
    double minutes, save_minutes;
    bool floor, resume, quiet;
} settings;

typedef struct training {
    settings settings;
    recipe recipe;
    gan_context *context;
    gan_dataset *digits, *unseen_digits;
    gan_random *random;
    classifier judge;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
    gan_model *sampled; /* a copy of what the trainer samples */
    gan_history *history;
    gan_checkpoint *checkpoint;
    gan_shape image;
    double seconds;    /* spent on training */
    int64_t begun_for; /* --steps, over which some recipes' rates fall */
    bool noted;        /* the command line */
} training;

/* ---- Data ------------------------------------------------------------------------------------------------------ */

/* `count` stacks of digits, each digit drawn from the whole set. */
static gan_status compose(training *job, gan_dataset *digits, int64_t count, float *images)
{
    int64_t digit_size = gan_shape_count(job->image) / COLOURS, all = gan_dataset_count(digits);
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        float u[COLOURS];
        status = gan_random_uniform(job->random, u, COLOURS);
        for (int k = 0; k < COLOURS && status == GAN_OK; k++) {
            status = gan_dataset_read(digits, (int64_t)((double)u[k] * (double)all), 1,
                                      images + (i * COLOURS + k) * digit_size, NULL);
        }
    }
    return status;
}

/* ---- Modes ----------------------------------------------------------------------------------------------------- */

/* The mode of each image: its digits, read as a number. `digits`, if given, makes real images. */
static gan_status find_modes(training *job, gan_dataset *digits, int64_t count, int32_t *modes)
{
    int64_t size = gan_shape_count(job->image);
    float *images = allocate(PIECE * size, sizeof(float));
    gan_status status = GAN_OK;
    for (int64_t done = 0; done < count && status == GAN_OK; done += PIECE) {
        int32_t labels[PIECE * COLOURS];
        int64_t piece = count - done < PIECE ? count - done : PIECE;
        uint64_t seed = (uint64_t)(SEED_OF_GRID + done / PIECE);
        status = digits ? compose(job, digits, piece, images)
                        : gan_model_sample(job->sampled, GAN_SAMPLE(.seed = seed), piece, images);
        if (status == GAN_OK) status = classifier_run(&job->judge, images, piece * COLOURS, NULL, NULL, labels);
        for (int64_t i = 0; i < piece && status == GAN_OK; i++) {
            int32_t mode = 0;
            for (int k = 0; k < COLOURS; k++) mode = mode * (int32_t)job->judge.classes + labels[i * COLOURS + k];
            modes[done + i] = mode;
        }
    }
    free(images);
    return status;
}

static gan_status cover(training *job, gan_dataset *digits, int64_t count, gan_mode_coverage *coverage)
{
    int64_t classes = job->judge.classes;
    int32_t *modes = allocate(count, sizeof(int32_t));
    gan_status status = digits ? GAN_OK : copy_generator(job->trainer, &job->sampled);
    if (status == GAN_OK) status = find_modes(job, digits, count, modes);
    if (status == GAN_OK)
        status = gan_metric_mode_coverage(job->context, modes, count, classes * classes * classes, NULL, coverage);
    free(modes);
    return status;
}

/* ---- Training -------------------------------------------------------------------------------------------------- */

/* What gan_trainer_run() would report. */
static void complete_report(const training *job, gan_step_report *report)
{
    const settings *s = &job->settings;
    double by_steps = s->steps ? (double)report->step / (double)s->steps : 0;
    double by_time = s->minutes > 0 ? job->seconds / (s->minutes * 60) : 0;
    double share = by_steps > by_time ? by_steps : by_time;
    report->seconds = job->seconds;
    report->progress = share < 1 ? share : 1;
    report->seconds_left = share > 0 && share < 1 ? job->seconds / share - job->seconds : 0;
    report->samples_per_second = (double)(report->batch * report->step) / job->seconds;
}

static gan_status look(training *job, progress *line)
{
    int64_t count = job->settings.samples / 5 + 1;
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_status status = cover(job, NULL, count, &coverage);
    if (status != GAN_OK || line->quiet) return status;
    end_progress(line);
    fprintf(stderr, "after %.0f seconds: %lld modes in %lld samples, kl %.3f\n", job->seconds,
            (long long)coverage.modes, (long long)count, coverage.kl);
    return GAN_OK;
}

static gan_status write_results(training *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings.output;
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    monitor_model("generator", job->generator);
    monitor_model("discriminator", job->discriminator);
    gan_status status = copy_generator(job->trainer, &job->sampled);
    if (status == GAN_OK) status = gan_model_save(job->sampled, path_in(folder, "generator.safetensors", path));
    if (status == GAN_OK) status = gan_history_write_csv(job->history, path_in(folder, "losses.csv", path));
    if (status == GAN_OK) status = gan_context_get_info(job->context, &info);
    if (status != GAN_OK || !info.png) return status;
    float *images = allocate(GRID * gan_shape_count(job->image), sizeof(float));
    status = gan_model_sample(job->sampled, GAN_SAMPLE(.seed = SEED_OF_GRID), GRID, images);
    if (status == GAN_OK)
        status = draw_picture(job->context, path_in(folder, "samples.png", path), images, GRID, job->image, 0);
    free(images);
    return status;
}

static gan_status save(training *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings.output;
    gan_status status = write_results(job);
    if (status == GAN_OK)
        status = gan_checkpoint_save(job->checkpoint, path_in(folder, "checkpoint.safetensors", path));
    if (status != GAN_OK) return status;
    if (!job->noted) write_command(folder, job->settings.resume);
    job->noted = true;
    monitor_saved();
    return GAN_OK;
}

static gan_status train(training *job)
{
    const gan_trainer_options *t = &job->recipe.trainer;
    int64_t batch = batch_of(&job->recipe), updates = t->discriminator_steps ? t->discriminator_steps : 1;
    float *images = allocate(batch * updates * gan_shape_count(job->image), sizeof(float));
    progress line = make_progress(job->settings.quiet);
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_status status = GAN_OK;
    double saved = seconds_now();
    report.step = gan_trainer_steps(job->trainer);
    if (report.step > 0) complete_report(job, &report);
    int looks = (int)(report.progress * LOOKS);
    catch_interrupts();
    monitor_begin(job->context, job->settings.output, report.step);
    while (status == GAN_OK && report.progress < 1 && !interrupted()) {
        double start = seconds_now();
        status = compose(job, job->digits, batch * updates, images);
        if (status == GAN_OK) status = gan_trainer_step(job->trainer, images, batch, &report);
        job->seconds += seconds_now() - start;
        complete_report(job, &report);
        if (status == GAN_OK) status = gan_history_add(job->history, &report);
        if (status == GAN_OK) monitor_step(report.step, job->history);
        if (status == GAN_OK) show_progress(&line, &report, false);
        if (status == GAN_OK && report.progress < 1 && (int)(report.progress * LOOKS) > looks) {
            looks = (int)(report.progress * LOOKS);
            status = look(job, &line);
        }
        if (status == GAN_OK && seconds_now() > saved + 60 * job->settings.save_minutes) {
            status = save(job);
            saved = seconds_now();
        }
    }
    end_progress(&line);
    free(images);
    return status == GAN_OK && interrupted() ? GAN_ERROR_CANCELLED : status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status open_data(training *job)
{
    const settings *s = &job->settings;
    gan_status status = open_mnist(job->context, s->data, MNIST_TRAINING, false, NULL, &job->digits);
    if (status == GAN_OK && s->floor)
        status = open_mnist(job->context, s->data, MNIST_TEST, false, NULL, &job->unseen_digits);
    if (status == GAN_OK) status = gan_dataset_get_shape(job->digits, &job->image);
    if (status != GAN_OK) return status;
    check_sides(job->image, s->data, (int64_t)1 << dcgan_stages(job->image));
    job->image.dims[0] = COLOURS;
    return GAN_OK;
}

/* All that changes from step to step. */
static gan_status describe_checkpoint(training *job)
{
    job->begun_for = job->settings.steps;
    gan_status status = gan_checkpoint_create(job->context, &job->checkpoint);
    if (status == GAN_OK) status = gan_checkpoint_add_trainer(job->checkpoint, "trainer", job->trainer);
    if (status == GAN_OK) status = gan_checkpoint_add_random(job->checkpoint, "random", job->random);
    if (status == GAN_OK) status = gan_checkpoint_add_history(job->checkpoint, "history", job->history);
    if (status == GAN_OK) status = gan_checkpoint_add_doubles(job->checkpoint, "seconds", &job->seconds, 1);
    return status == GAN_OK ? gan_checkpoint_add_integer(job->checkpoint, "steps", &job->begun_for) : status;
}

static gan_status resume(training *job)
{
    char path[PATH_SIZE];
    gan_random_state before, after;
    gan_status status = gan_random_get_state(job->random, &before);
    if (status == GAN_OK) {
        status = gan_checkpoint_load(job->checkpoint, path_in(job->settings.output, "checkpoint.safetensors", path));
    }
    if (status == GAN_OK) status = gan_random_get_state(job->random, &after);
    if (status == GAN_OK) status = choose_rates(job->trainer, &job->recipe, &job->settings.recipe);
    if (status != GAN_OK) return status;
    if (before.seed != after.seed) refuse_seed(after.seed);
    if (job->recipe.anneal && job->begun_for != job->settings.steps) {
        fprintf(stderr, "--steps %lld: this training began with --steps %lld, over which its rates fall\n",
                (long long)job->settings.steps, (long long)job->begun_for);
        exit(2);
    }
    if (!job->settings.quiet) say_resumed(gan_trainer_steps(job->trainer));
    return GAN_OK;
}

static gan_status prepare(training *job)
{
    const settings *s = &job->settings;
    const recipe *r = &job->recipe;
    uint64_t seed = (uint64_t)s->seed;
    char path[PATH_SIZE];
    const char *judge = s->classifier ? s->classifier : path_in(s->output, "classifier.safetensors", path);
    gan_status status = open_context(s->threads, &job->context);
    if (status == GAN_OK) status = open_data(job);
    if (status == GAN_OK) status = gan_random_create(job->context, seed, DIGITS_STREAM, &job->random);
    if (status == GAN_OK) status = classifier_open(job->context, s->data, judge, s->quiet, &job->judge);
    if (status == GAN_OK) {
        status =
            build_dcgan_generator(job->context, job->image, r->generator, MODEL_FILTERS, 2 * seed, &job->generator);
    }
    if (status == GAN_OK) {
        status = build_dcgan_discriminator(job->context, packed_shape(r, job->image), r->discriminator, MODEL_FILTERS,
                                           2 * seed + 1, &job->discriminator);
    }
    if (status == GAN_OK)
        status = create_trainer(job->context, job->generator, job->discriminator, r, seed, s->steps, &job->trainer);
    if (status == GAN_OK) status = gan_history_create(job->context, &job->history);
    if (status == GAN_OK) status = describe_checkpoint(job);
    return status == GAN_OK && s->resume ? resume(job) : status;
}

/* The floor is the result of as many real images, of digits that neither the classifier nor the GAN has seen. */
static gan_status report_modes(training *job)
{
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_status status = GAN_OK;
    if (job->unseen_digits) {
        status = cover(job, job->unseen_digits, job->settings.samples, &coverage);
        if (status == GAN_OK) printf("floor_modes=%lld floor_kl=%.4f\n", (long long)coverage.modes, coverage.kl);
    }
    if (status == GAN_OK) status = cover(job, NULL, job->settings.samples, &coverage);
    if (status == GAN_OK)
        printf("modes=%lld kl=%.4f seconds=%.1f\n", (long long)coverage.modes, coverage.kl, job->seconds);
    return status;
}

static void release(training *job)
{
    gan_checkpoint_destroy(job->checkpoint);
    gan_history_destroy(job->history);
    gan_model_destroy(job->sampled);
    gan_trainer_destroy(job->trainer);
    gan_model_destroy(job->discriminator);
    gan_model_destroy(job->generator);
    classifier_close(&job->judge);
    gan_random_destroy(job->random);
    gan_dataset_destroy(job->unseen_digits);
    gan_dataset_destroy(job->digits);
    gan_context_destroy(job->context);
}

static settings read_settings(int argc, char **argv)
{
    settings s = {.data = "/usr/share/datasets/fashion-mnist",
                  .output = "out",
                  .recipe = RECIPE_CHOICE("pacgan"),
                  .save_minutes = 1,
                  .samples = 26000};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR", "labelled MNIST-format files (default Fashion-MNIST's)"},
        {"--output", OPTION_TEXT, &s.output, 0, 0, "DIR", "folder for all results, made if missing (default out)"},
        {"--classifier", OPTION_TEXT, &s.classifier, 0, 0, "FILE",
         "for these data, trained if missing (default: classifier.safetensors in the output folder)"},
        {"--minutes", OPTION_NUMBER, &s.minutes, 1e-3, 1e6, "M",
         "train for M minutes, those before --resume included (default 30 without limits)"},
        {"--steps", OPTION_INTEGER, &s.steps, 1, 1e15, "N", "train for N steps, those before --resume included"},
        {"--save-minutes", OPTION_NUMBER, &s.save_minutes, 1e-4, 1e6, "M", SAVE_HELP},
        {"--resume", OPTION_FLAG, &s.resume, 0, 0, NULL,
         "continue from the checkpoint that the output folder must have"},
        {"--samples", OPTION_INTEGER, &s.samples, 1, 1e8, "N", "samples in which to count modes (default 26000)"},
        {"--floor", OPTION_FLAG, &s.floor, 0, 0, NULL, "also count the modes of as many real images, of test digits"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "for weights, noise and digits (default 0)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "results only"},
        MONITOR_OPTIONS,
        RECIPE_OPTIONS(s.recipe),
    };
    read_options(argc, argv, 1, "stacked_mnist: trains a GAN on 1,000 modes. Default recipe: pacgan.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (!s.steps && s.minutes == 0) s.minutes = 30;
    return s;
}

int main(int argc, char **argv)
{
    training job = {.settings = read_settings(argc, argv)};
    job.recipe = choose_recipe(&job.settings.recipe, job.settings.steps);
    will_write_in(job.settings.output,
                  (const char *const[]){"checkpoint.safetensors", COMMAND_FILE, "generator.safetensors", "losses.csv",
                                        "samples.png", REPORT_FILE, NULL});
    if (job.settings.resume) require_checkpoint(job.settings.output);
    gan_status status = prepare(&job);
    if (status == GAN_OK) {
        status = train(&job);
        /* however it ended, but for a divergence, from which nothing can go on */
        gan_status written = GAN_OK;
        if (gan_trainer_steps(job.trainer) > 0)
            written = status == GAN_ERROR_DIVERGED ? write_results(&job) : save(&job);
        monitor_end();
        if (written != GAN_OK) status = written;
        if (status == GAN_ERROR_CANCELLED) fprintf(stderr, "stopped and saved; --resume continues from here\n");
    }
    if (status == GAN_OK) status = report_modes(&job);
    int result = exit_status(status);
    release(&job);
    return result;
}
