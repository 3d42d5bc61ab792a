#include "training.h"

#include "averages.h"
#include "command.h"
#include "mnist_files.h"
#include "models.h"
#include "monitor.h"
#include "options.h"
#include "outputs.h"
#include "picture_folder.h"
#include "processes.h"
#include "program.h"
#include "progress.h"
#include "random_features.h"
#include "recipes.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRID      64   /* samples in a picture */
#define GRID_SEED 1234 /* of the noise behind every picture */
#define COMPARED  256  /* pictures and samples, at most, that are compared at the end */

/* What --model names. */
typedef struct image_gan {
    const char *name;
    const char *recipe; /* by default, of images in MNIST's format */
    build_model *generator, *discriminator;
    bool convolutional; /* so that images must be halved some times */
} image_gan;

static const image_gan models[] = {
    {"dense", "stable", build_dense_generator, build_conv_discriminator, false},
    {"dcgan", "dcgan", build_dcgan_generator, build_dcgan_discriminator, true},
};

typedef struct settings {
    const char *data, *output, *model;
    recipe_choice recipe;
    int64_t epochs, steps, seed, threads, size, filters;
    double minutes, save_minutes;
    process_options processes;
    bool pictures, bfloat16, storage, resume, restart, quiet, seed_given;
} settings;

typedef struct training {
    settings settings;
    recipe recipe;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_model *best; /* a copy of the average or, without one, the generator, to sample and save */
    gan_dataset *dataset;
    gan_trainer *trainer;
    gan_history *history;
    float *samples; /* GRID of them */
    gan_shape shape;
    int64_t epochs_seen;
    bool noted;                                /* the command line */
    int64_t steps_written;                     /* steps after which the state was last written; -1: never */
    double last_saved;                         /* seconds into the run */
    double discriminator_loss, generator_loss; /* of the last step */
    progress progress;
    gan_status failure; /* of writing files from inside the callback */
} training;

/* ---- Output ---------------------------------------------------------------------------------------------------- */

/* Writes samples from the same noise every time. */
static gan_status write_samples(training *job, const char *name)
{
    char path[PATH_SIZE];
    if (!has_pictures(job->context)) return GAN_OK;
    gan_status status = gan_model_sample(job->best, GAN_SAMPLE(.seed = GRID_SEED), GRID, job->samples);
    if (status != GAN_OK) return status;
    return draw_picture_of("samples", job->context, path_in(job->settings.output, name, path), job->samples, GRID,
                           job->shape, 0);
}

static gan_status write_losses(training *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings.output;
    gan_status status = gan_history_write_csv(job->history, path_in(folder, "losses.csv", path));
    if (status != GAN_OK || !has_pictures(job->context) || gan_history_count(job->history) == 0) return status;
    return gan_history_write_png(job->history, path_in(folder, "losses.png", path));
}

/* Writes everything but samples, unless it has been written: a run may end with an epoch. The generator written is
 * the one in the pictures; the checkpoint has both. */
static gan_status write_state(training *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings.output;
    if (gan_trainer_steps(job->trainer) == job->steps_written) return GAN_OK;
    gan_status status = write_losses(job);
    if (status == GAN_OK) status = gan_model_save(job->best, path_in(folder, "generator.safetensors", path));
    if (status == GAN_OK)
        status = gan_model_save(job->discriminator, path_in(folder, "discriminator.safetensors", path));
    if (status == GAN_OK)
        status = gan_trainer_save(job->trainer, job->dataset, path_in(folder, "checkpoint.safetensors", path));
    if (status != GAN_OK) return status;
    if (!job->noted) write_command(folder, job->settings.resume);
    job->noted = true;
    job->steps_written = gan_trainer_steps(job->trainer);
    monitor_model("generator", job->generator);
    monitor_model("discriminator", job->discriminator);
    monitor_saved();
    return GAN_OK;
}

/* All of it, with samples under that name. */
static gan_status save(training *job, const char *samples)
{
    gan_status status = copy_generator(job->trainer, &job->best);
    if (status == GAN_OK) status = write_samples(job, samples);
    return status == GAN_OK ? write_state(job) : status;
}

static int on_step(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    training *job = user;
    (void)trainer;
    if (!is_first_process()) return interrupted();
    job->failure = gan_history_add(job->history, report);
    monitor_step(report->step, job->history);
    job->discriminator_loss = report->discriminator_loss;
    job->generator_loss = report->generator_loss;
    bool epoch_ended = report->epoch > job->epochs_seen;
    show_progress(&job->progress, report, epoch_ended);
    const bool due = report->seconds >= job->last_saved + 60 * job->settings.save_minutes;
    if ((epoch_ended || due) && job->failure == GAN_OK) {
        char name[64] = "samples.png";
        job->epochs_seen = report->epoch;
        if (epoch_ended) snprintf(name, sizeof(name), "samples-epoch-%03lld.png", (long long)report->epoch);
        job->failure = save(job, name);
        job->last_saved = report->seconds;
    }
    return job->failure != GAN_OK || interrupted();
}

/* ---- Figures --------------------------------------------------------------------------------------------------- */

/* How far samples are from pictures, and pictures from as many others, where no classifier knows them. */
static gan_status print_distances(training *job)
{
    const int64_t size = gan_shape_count(job->shape), half = gan_dataset_count(job->dataset) / 2;
    const int64_t count = half < COMPARED ? half : COMPARED;
    double of_samples = 0, of_data = 0;
    if (!job->settings.pictures || count < 2) return GAN_OK;
    float *real = allocate(2 * count * size, sizeof(float)), *fake = allocate(count * size, sizeof(float));
    gan_status status = gan_model_sample(job->best, GAN_SAMPLE(.seed = GRID_SEED), count, fake);
    for (int64_t i = 0; i < 2 * count && status == GAN_OK; i++) /* every second one, since neighbours are alike */
        status = gan_dataset_read(job->dataset, i, 1, real + (i % 2 * count + i / 2) * size, NULL);
    if (status == GAN_OK) status = feature_distance(job->context, job->shape, real, fake, count, &of_samples);
    if (status == GAN_OK)
        status = feature_distance(job->context, job->shape, real, real + count * size, count, &of_data);
    if (status == GAN_OK) printf("frechet=%.4g frechet_of_data=%.4g ", of_samples, of_data);
    free(fake);
    free(real);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status open_data(training *job)
{
    const settings *s = &job->settings;
    const gan_dataset_options *options =
        GAN_DATASET(.seed = (uint64_t)s->seed, .drop_last = job->recipe.trainer.packing > 1,
                    .restart_if_changed = s->restart);
    gan_status status = s->pictures
                            ? open_picture_folder(job->context, s->data, s->size, options, &job->dataset)
                            : open_mnist(job->context, s->data, MNIST_TRAINING, false, options, &job->dataset);
    if (status == GAN_OK && job->recipe.trainer.packing > 1)
        check_fills_batch(job->dataset, s->data, batch_of(&job->recipe));
    if (status == GAN_OK) status = gan_dataset_get_shape(job->dataset, &job->shape);
    if (status == GAN_OK && !s->quiet) {
        fprintf(stderr, "%s: %lld %simage%s of %lld x %lld\n", s->data, (long long)gan_dataset_count(job->dataset),
                !s->pictures              ? ""
                : job->shape.dims[0] == 1 ? "grey "
                                          : "colour ",
                plural(gan_dataset_count(job->dataset)), (long long)job->shape.dims[1],
                (long long)job->shape.dims[2]);
    }
    return status;
}

static const image_gan *find_model(const char *name)
{
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (strcmp(models[i].name, name) == 0) return &models[i];
    fprintf(stderr, "--model %s: expected dense or dcgan\n", name);
    exit(2);
}

/* The log of processes other than the first, which would only say the same. */
static void keep_quiet(void *user, gan_log_level level, const char *message)
{
    (void)user, (void)level, (void)message;
}

static gan_status prepare(training *job, const image_gan *what)
{
    const settings *s = &job->settings;
    const recipe *r = &job->recipe;
    uint64_t seed = (uint64_t)s->seed;
    gan_status status = open_context_with(
        (gan_context_options){.threads = s->threads,
                              .log = is_first_process() ? NULL : keep_quiet,
                              .bfloat16_storage = s->storage,
                              .precision = s->bfloat16 ? GAN_PRECISION_BFLOAT16 : GAN_PRECISION_FLOAT32},
        &job->context);
    if (status == GAN_OK) status = open_data(job);
    if (status == GAN_OK && what->convolutional)
        check_sides(job->shape, s->data, (int64_t)1 << dcgan_stages(job->shape));
    if (status == GAN_OK)
        status = what->generator(job->context, job->shape, r->generator, s->filters, 2 * seed, &job->generator);
    if (status == GAN_OK) {
        status = what->discriminator(job->context, packed_shape(r, job->shape), r->discriminator, s->filters,
                                     2 * seed + 1, &job->discriminator);
    }
    if (status == GAN_OK)
        status = create_trainer(job->context, job->generator, job->discriminator, r, seed, s->steps, &job->trainer);
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
    if (status == GAN_OK) status = choose_rates(job->trainer, &job->recipe, &job->settings.recipe);
    if (status != GAN_OK) return status;
    if (job->settings.seed_given && cursor.seed != (uint64_t)job->settings.seed) refuse_seed(cursor.seed);
    job->epochs_seen = job->progress.epochs = cursor.epoch;
    job->steps_written = gan_trainer_steps(job->trainer);
    if (!is_first_process()) return GAN_OK;
    status = gan_history_read_csv(job->history, path_in(folder, "losses.csv", path));
    if (status == GAN_OK) status = gan_history_truncate(job->history, gan_trainer_steps(job->trainer));
    if (status == GAN_OK && !job->settings.quiet) say_resumed(gan_trainer_steps(job->trainer));
    return status;
}

/* However a run ends, its work is kept. After a divergence the losses show the cause, and a checkpoint remains an
 * earlier, better one. */
static gan_status write_end(training *job, gan_status status)
{
    if (!is_first_process()) return GAN_OK;
    if (status == GAN_ERROR_DIVERGED && job->steps_written >= 0) return write_losses(job);
    if (gan_trainer_steps(job->trainer) == 0) return status;
    return save(job, "samples.png");
}

/* --epochs counts from the beginning of training, across all resumes; --steps and --minutes are for this run. */
static gan_status train(training *job)
{
    const settings *s = &job->settings;
    int64_t epochs = s->epochs ? s->epochs - job->epochs_seen : 0;
    if (s->epochs && epochs <= 0) {
        if (!is_first_process()) return GAN_OK;
        fprintf(stderr, "nothing to train: --epochs %lld is done\n", (long long)s->epochs);
        printf("steps=%lld epochs=%lld\n", (long long)gan_trainer_steps(job->trainer), (long long)job->epochs_seen);
        return GAN_OK;
    }
    catch_interrupts();
    if (is_first_process()) monitor_begin(job->context, s->output, gan_trainer_steps(job->trainer));
    if (is_first_process() && !s->pictures) report_offer("evaluate", "generator.safetensors", s->data);
    gan_status status = gan_trainer_run(
        job->trainer, job->dataset,
        GAN_RUN(.epochs = epochs, .steps = s->steps, .seconds = s->minutes * 60, .progress = on_step, .user = job));
    end_progress(&job->progress);
    if (job->failure != GAN_OK) return job->failure;
    gan_status written = write_end(job, status);
    if (written != GAN_OK || (status != GAN_OK && status != GAN_ERROR_CANCELLED)) {
        return written == GAN_OK ? status : written;
    }
    if (!is_first_process()) return status;
    if (status == GAN_OK) status = print_distances(job);
    printf("steps=%lld discriminator_loss=%.4g generator_loss=%.4g\n", (long long)gan_trainer_steps(job->trainer),
           job->discriminator_loss, job->generator_loss);
    return status;
}

static void release(training *job)
{
    free(job->samples);
    gan_history_destroy(job->history);
    gan_trainer_destroy(job->trainer);
    gan_dataset_destroy(job->dataset);
    gan_model_destroy(job->best);
    gan_model_destroy(job->discriminator);
    gan_model_destroy(job->generator);
    gan_context_destroy(job->context);
}

static settings read_settings(const char *usage, const char *model, int argc, char **argv)
{
    settings s = {.data = "/usr/share/datasets/fashion-mnist",
                  .output = "out",
                  .model = model,
                  .filters = MODEL_FILTERS,
                  .recipe = RECIPE_CHOICE(NULL),
                  .save_minutes = 1,
                  .seed = -1};
    const option options[] = {
        {"--model", OPTION_TEXT, &s.model, 0, 0, "NAME",
         "the networks: dense, by recipe stable, or dcgan, convolutions in both, by recipe dcgan"},
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR",
         "MNIST-format files, .gz or not (default Fashion-MNIST's), or PNG and JPEG files, by recipe pictures"},
        {"--size", OPTION_INTEGER, &s.size, 16, 1024, "N",
         "side to which PNG and JPEG files are scaled and cropped (default 64)"},
        {"--filters", OPTION_INTEGER, &s.filters, 1, 1024, "N",
         "of the convolutions at the largest images (default 64); half takes a quarter of the time"},
        {"--output", OPTION_TEXT, &s.output, 0, 0, "DIR", "folder for all results, made if missing (default out)"},
        {"--epochs", OPTION_INTEGER, &s.epochs, 1, 1e9, "N",
         "train to the end of epoch N, those before --resume included (default 5)"},
        {"--minutes", OPTION_NUMBER, &s.minutes, 1e-3, 1e6, "M", "train for M minutes; with --resume, for M more"},
        {"--steps", OPTION_INTEGER, &s.steps, 1, 1e15, "N", "train for N steps; with --resume, for N more"},
        {"--save-minutes", OPTION_NUMBER, &s.save_minutes, 1e-4, 1e6, "M", SAVE_HELP ", and after each epoch"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "for weights, noise and shuffling (default 0)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--bfloat16", OPTION_FLAG, &s.bfloat16, 0, 0, NULL, "multiply in bfloat16; the CPU must have AVX512_BF16"},
        {"--bfloat16-storage", OPTION_FLAG, &s.storage, 0, 0, NULL,
         "keep activations in bfloat16, in half the memory"},
        {"--resume", OPTION_FLAG, &s.resume, 0, 0, NULL,
         "continue from the checkpoint that the output folder must have"},
        {"--restart-epoch", OPTION_FLAG, &s.restart, 0, 0, NULL,
         "with --resume: begin the epoch anew if there are more or fewer images than before"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "show no progress"},
        PROCESS_OPTIONS(s.processes),
        MONITOR_OPTIONS,
        RECIPE_OPTIONS(s.recipe),
    };
    read_options(argc, argv, 1, usage, options, (int)(sizeof(options) / sizeof(options[0])));
    if (!s.epochs && !s.steps && s.minutes == 0) s.epochs = 5;
    require_folder(s.data);
    const bool mnist = has_mnist(s.data, MNIST_TRAINING, false);
    s.pictures = has_picture_files(s.data) && !mnist;
    if (!mnist && !s.pictures) fprintf(stderr, "%s: no PNG or JPEG files there\n", s.data);
    if (mnist) refuse_options("without a folder of PNG and JPEG files", (const char *const[]){"--size", NULL});
    if (s.pictures) refuse_output_among(s.output, s.data);
    if (s.size == 0) s.size = 64;
    s.seed_given = s.seed >= 0;
    if (!s.seed_given) s.seed = 0;
    return s;
}

int train_on_images(const char *usage, const char *model, int argc, char **argv)
{
    training job = {.settings = read_settings(usage, model, argc, argv)};
    const image_gan *what = find_model(job.settings.model);
    join_processes(&job.settings.processes);
    if (!is_first_process()) job.settings.quiet = true;
    job.settings.recipe.by_default = job.settings.pictures ? "pictures" : what->recipe;
    job.recipe = choose_recipe(&job.settings.recipe, job.settings.steps);
    job.recipe.trainer.shards = job.settings.processes.shards;
    job.recipe.trainer.collective = joined_processes();
    job.progress = make_progress(job.settings.quiet);
    job.steps_written = -1;
    if (is_first_process()) {
        will_write_in(job.settings.output,
                      (const char *const[]){"checkpoint.safetensors", COMMAND_FILE, "generator.safetensors",
                                            "discriminator.safetensors", "losses.csv", "losses.png", "samples.png",
                                            REPORT_FILE, NULL});
    }
    if (job.settings.resume) require_checkpoint(job.settings.output);
    gan_status status = prepare(&job, what);
    if (status == GAN_OK && job.settings.resume) status = resume(&job);
    if (status == GAN_OK) status = train(&job);
    if (is_first_process()) monitor_end();
    if (status == GAN_ERROR_CANCELLED && is_first_process())
        fprintf(stderr, "stopped and saved; --resume continues from here\n");
    int result = exit_status(status);
    release(&job);
    return leave_processes(result);
}
