/* Trains a generator of images of a chosen class on images in MNIST's format. A classifier that saw real images only
 * then judges the samples: how often it finds the class that was asked for, beside how often it is right about real
 * test images, and whether the samples are as varied as the data. */
#include "averages.h"
#include "classifier.h"
#include "conditional_models.h"
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "monitor.h"
#include "program.h"
#include "quality.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS     10   /* of the picture, which has a row a class */
#define SAMPLE_SEED 1234 /* of the noise behind every picture and all figures */

typedef struct settings {
    game_settings game;
    const char *data, *recipe;
    int64_t batch, samples;
    double r1;
    bool augment;
} settings;

typedef struct conditional {
    settings settings;
    conditioning recipe;
    gan_context *context;
    gan_dataset *dataset;
    gan_shape image;
    int64_t classes;
    classifier judge;
    gan_model *generator, *discriminator;
    gan_game *game;
    gan_term image_term, label_term;
    gan_player generator_player;
} conditional;

/* ---- The game -------------------------------------------------------------------------------------------------- */

static gan_term show(const conditional *job, gan_term samples)
{
    if (!job->settings.augment) return samples;
    return gan_game_show(samples, GAN_SHOW(.augment = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT));
}

/* What the discriminator says of images that should be of a class. */
static gan_term judge(const conditional *job, gan_term samples, gan_term label)
{
    if (job->recipe == CONDITIONING_AUXILIARY)
        return gan_game_apply(job->game, job->discriminator, GAN_TERMS(show(job, samples)));
    return gan_game_apply(job->game, job->discriminator, GAN_TERMS(show(job, samples), label));
}

static void want_classes(const conditional *job, gan_player player, gan_term judged, gan_term label, const char *name)
{
    gan_game_want_by(job->game, player, 1, gan_softmax_cross_entropy_loss(gan_game_output(judged, 1), label),
                     GAN_WANT(.name = name));
}

/* The labels of a batch are also the classes to generate, so that both have the same shares. */
static gan_status describe(conditional *job)
{
    const settings *s = &job->settings;
    gan_status status =
        gan_game_create(job->context, GAN_GAME(.batch = s->batch, .seed = (uint64_t)s->game.seed), &job->game);
    if (status != GAN_OK) return status;
    gan_game *game = job->game;
    const gan_term x = gan_game_input(game, "image", job->image);
    const gan_term y = gan_game_input(game, "label", GAN_SHAPE(1));
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(game, job->generator, GAN_TERMS(z, y));
    const gan_term real_logits = judge(job, x, y), fake_logits = judge(job, fake, y);

    const gan_player d =
        gan_game_player(game, "discriminator", job->discriminator, GAN_PLAYER(.learning_rate = 4e-4f));
    const gan_player g =
        gan_game_player(game, "generator", job->generator, GAN_PLAYER(.ema_half_life = 10000, .ema_ramp = 0.05f));
    gan_game_want_by(game, d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL),
                     GAN_WANT(.name = "D"));
    if (s->r1 > 0) {
        gan_game_want_by(game, d, (float)s->r1, gan_gradient_penalty_loss(real_logits, GAN_PENALTY_ZERO_CENTERED),
                         GAN_WANT(.name = "R1"));
    }
    gan_game_want_by(game, g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits),
                     GAN_WANT(.name = "G"));
    if (job->recipe == CONDITIONING_AUXILIARY) {
        want_classes(job, d, real_logits, y, "class(x)");
        want_classes(job, g, fake_logits, y, "class(G(z))");
    }
    job->image_term = x;
    job->label_term = y;
    job->generator_player = g;
    return gan_game_build(game);
}

/* ---- Samples --------------------------------------------------------------------------------------------------- */

/* Sample i is of class i % classes. */
static gan_status draw(conditional *job, gan_model *average, int64_t count, float *images)
{
    int32_t *classes = allocate(job->classes, sizeof(int32_t));
    for (int32_t i = 0; i < job->classes; i++) classes[i] = i;
    const gan_status status = gan_model_sample(
        average, GAN_SAMPLE(.seed = SAMPLE_SEED, .classes = classes, .class_count = job->classes), count, images);
    free(classes);
    return status;
}

/* A row a class. */
static gan_status write_picture(conditional *job, gan_model *average)
{
    char path[PATH_SIZE];
    const int64_t size = gan_shape_count(job->image), count = COLUMNS * job->classes;
    if (!has_pictures(job->context)) return GAN_OK;
    float *images = allocate(count * size, sizeof(float)), *rows = allocate(count * size, sizeof(float));
    gan_status status = draw(job, average, count, images);
    for (int64_t i = 0; i < count; i++) {
        const int64_t place = i % job->classes * COLUMNS + i / job->classes;
        memcpy(rows + place * size, images + i * size, (size_t)size * sizeof(float));
    }
    if (status == GAN_OK) {
        status = draw_picture(job->context, path_in(job->settings.game.output, "samples.png", path), rows, count,
                              job->image, COLUMNS);
    }
    free(rows);
    free(images);
    return status;
}

static gan_status write_state(void *user)
{
    conditional *job = user;
    char path[PATH_SIZE];
    gan_model *average = NULL;
    gan_status status = copy_average(job->generator_player, NULL, &average);
    if (status == GAN_OK)
        status = gan_model_save(average, path_in(job->settings.game.output, "generator.safetensors", path));
    if (status == GAN_OK) status = write_picture(job, average);
    gan_model_destroy(average);
    return status;
}

/* ---- Figures --------------------------------------------------------------------------------------------------- */

static gan_status evaluate(conditional *job)
{
    const int64_t count = job->settings.samples;
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    int32_t *found = allocate(count, sizeof(int32_t));
    quality measured = {0, 0, 0};
    int64_t agreed = 0;
    gan_model *average = NULL;
    gan_status status = copy_average(job->generator_player, NULL, &average);
    if (status == GAN_OK) status = draw(job, average, count, images);
    if (status == GAN_OK)
        status = measure_quality(job->context, &job->judge, job->dataset, images, count, found, &measured);
    for (int64_t i = 0; i < count; i++) agreed += found[i] == i % job->classes;
    if (status == GAN_OK) {
        printf("agreement=%.4f accuracy=%.4f frechet=%.2f recall=%.3f steps=%lld\n", (double)agreed / (double)count,
               job->judge.accuracy, measured.frechet, measured.recall, (long long)gan_game_rounds(job->game));
    }
    gan_model_destroy(average);
    free(found);
    free(images);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status prepare(conditional *job)
{
    const settings *s = &job->settings;
    const uint64_t seed = (uint64_t)s->game.seed;
    char path[PATH_SIZE];
    gan_status status = open_context(s->game.threads, &job->context);
    if (status == GAN_OK) {
        status = open_mnist(job->context, s->data, MNIST_TRAINING, true,
                            GAN_DATASET(.seed = seed, .restart_if_changed = s->game.restart), &job->dataset);
    }
    if (status == GAN_OK) status = gan_dataset_get_shape(job->dataset, &job->image);
    if (status != GAN_OK) return status;
    check_sides(job->image, s->data, 4);
    check_comparable(job->dataset, s->data);
    job->classes = gan_dataset_classes(job->dataset);
    status = classifier_open(job->context, s->data, path_in(s->game.output, "classifier.safetensors", path),
                             s->game.quiet, &job->judge);
    if (status == GAN_OK)
        status = build_conditional_generator(job->context, job->image, job->classes, 2 * seed, &job->generator);
    if (status == GAN_OK) {
        status = build_conditional_discriminator(job->context, job->image, job->classes, job->recipe, s->r1 == 0,
                                                 2 * seed + 1, &job->discriminator);
    }
    if (status == GAN_OK) status = describe(job);
    if (status == GAN_OK) status = gan_game_feed(job->game, job->image_term, job->dataset, "image");
    if (status == GAN_OK) status = gan_game_feed(job->game, job->label_term, job->dataset, "label");
    return status;
}

static void release(conditional *job)
{
    gan_game_destroy(job->game);
    gan_model_destroy(job->discriminator);
    gan_model_destroy(job->generator);
    classifier_close(&job->judge);
    gan_dataset_destroy(job->dataset);
    gan_context_destroy(job->context);
}

static conditioning find_recipe(const char *name)
{
    static const char *const names[] = {"concat", "projection", "auxiliary"}; /* as in conditional_models.h */
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) return (conditioning)i;
    fprintf(stderr, "--recipe %s: expected concat, projection or auxiliary\n", name);
    exit(2);
}

static settings read_settings(int argc, char **argv)
{
    settings s = {.game = GAME_SETTINGS("out"),
                  .data = "/usr/share/datasets/fashion-mnist",
                  .recipe = "projection",
                  .batch = 32,
                  .samples = 10000};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR", "MNIST-format files, .gz or not (default Fashion-MNIST's)"},
        {"--recipe", OPTION_TEXT, &s.recipe, 0, 0, "NAME", "concat, projection (default) or auxiliary"},
        {"--batch", OPTION_INTEGER, &s.batch, 1, 65536, "N", "samples per step (default 32)"},
        {"--r1", OPTION_NUMBER, &s.r1, 0, 1e6, "GAMMA", "R1 instead of spectral normalisation (default 0: not)"},
        {"--augment", OPTION_FLAG, &s.augment, 0, 0, NULL, "DiffAugment: D sees samples moved and cut"},
        {"--samples", OPTION_INTEGER, &s.samples, 8, 1e7, "N", "to judge (default 10000)"},
        GAME_OPTIONS(s.game, "out"),
    };
    read_options(argc, argv, 1,
                 "conditional: trains a GAN on labelled images in MNIST's format, for --minutes (default 8 without\n"
                 "--steps), and judges its samples by a classifier, which is trained first.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    if (s.game.minutes == 0 && s.game.steps == 0) s.game.minutes = 8;
    return s;
}

int main(int argc, char **argv)
{
    conditional job = {.settings = read_settings(argc, argv)};
    job.recipe = find_recipe(job.settings.recipe);
    will_write_game(job.settings.game.output, (const char *const[]){"generator.safetensors", "samples.png", NULL});
    if (job.settings.game.resume) require_checkpoint(job.settings.game.output);
    gan_status status = prepare(&job);
    job.settings.game.fed = job.dataset;
    if (status == GAN_OK) status = play_game(job.context, job.game, &job.settings.game, write_state, &job);
    if (status == GAN_OK) status = evaluate(&job);
    int result = exit_status(status);
    release(&job);
    return result;
}
