/* Learns to classify from few images, and whether a GAN that was trained on those same few images can add to them.
 * One network is trained four times, with as many updates on as many real images:
 *
 *   plain      the images as they are,
 *   classical  the images mirrored and shifted,
 *   gan        the images, and as many of a class-conditional GAN, whose discriminator sees its few images augmented
 *              (DiffAugment: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020),
 *   both       the images mirrored and shifted, and as many of the GAN.
 *
 * All are tested on images that none of them has seen.
 */
#include "averages.h"
#include "classifier.h"
#include "conditional_models.h"
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "monitor.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      32
#define MOST_DRAWS 100
#define REACH      2  /* images are shifted by up to so many pixels */
#define COLUMNS    10 /* of the picture, which has a row a class */

enum { PLAIN, CLASSICAL, GAN, BOTH, TRAININGS };
static const char *const names[TRAININGS] = {"plain", "classical", "gan", "both"};

/* The few images, and all that is made of them by mirroring and shifting. */
typedef struct few_images {
    float *images;
    int32_t *labels;
    int64_t count;
    gan_shape shape;
    int sides; /* 2 with the mirrored ones, else 1 */
} few_images;

typedef struct study {
    game_settings settings;
    const char *data, *test_folder;
    int64_t per_class, draws, updates;
    double share;
    bool no_mirror;
    gan_context *context;
    gan_dataset *training, *test;
    gan_shape image;
    int64_t classes;
} study;

/* What is trained on one draw of images. */
typedef struct contest {
    const study *study;
    int64_t draw;
    few_images few;
    gan_model *generator, *discriminator; /* of the GAN */
    gan_model *average;                   /* of its generator: a copy, to sample and save */
    gan_game *gan;
    gan_player generator_player;
    char folder[PATH_SIZE]; /* of what is being trained */
    gan_player classifier;  /* being trained */
    double accuracy[TRAININGS];
} contest;

static uint64_t seed_of(const contest *c)
{
    return (uint64_t)(c->study->settings.seed + c->draw);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

static gan_status open_data(study *s)
{
    const char *folder = s->test_folder ? s->test_folder : s->data;
    const bool other = s->test_folder && !has_mnist(folder, MNIST_TEST, true);
    gan_status status = open_mnist(s->context, s->data, MNIST_TRAINING, true, NULL, &s->training);
    if (status == GAN_OK)
        status = open_mnist(s->context, folder, other ? MNIST_TRAINING : MNIST_TEST, true, NULL, &s->test);
    if (status == GAN_OK) status = gan_dataset_get_shape(s->training, &s->image);
    if (status != GAN_OK) return status;
    s->classes = gan_dataset_classes(s->training);
    check_sides(s->image, s->data, 4);
    return check_alike(s->test, folder, s->image, s->classes, s->data);
}

/* As many images of each class, by the seed of the draw. */
static gan_status draw_images(contest *c)
{
    const study *s = c->study;
    few_images *few = &c->few;
    gan_dataset *chosen = NULL;
    gan_status status =
        gan_dataset_split(s->training, GAN_SPLIT(.per_class = s->per_class, .seed = seed_of(c)), &chosen, NULL);
    if (status == GAN_ERROR_ARGUMENT) {
        fprintf(stderr, "--per-class %lld: some class does not have as many images\n", (long long)s->per_class);
    }
    if (status != GAN_OK) return status;
    few->shape = s->image;
    few->count = gan_dataset_count(chosen);
    few->sides = s->no_mirror ? 1 : 2;
    few->images = allocate(few->count * gan_shape_count(few->shape), sizeof(float));
    few->labels = allocate(few->count, sizeof(*few->labels));
    status = gan_dataset_read(chosen, 0, few->count, few->images, few->labels);
    gan_dataset_destroy(chosen);
    return status;
}

/* out(y, x) = in(y - down, x - right) of an image that may be mirrored first; beyond it is background, -1. */
static void move_image(const float *in, gan_shape shape, bool mirrored, int64_t down, int64_t right, float *out)
{
    const int64_t height = shape.dims[1], width = shape.dims[2];
    for (int64_t row = 0; row < shape.dims[0] * height; row++) {
        const int64_t y = row % height - down;
        for (int64_t column = 0; column < width; column++) {
            const int64_t x = column - right;
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            *out++ = inside ? in[(row - down) * width + (mirrored ? width - 1 - x : x)] : -1;
        }
    }
}

/* Number n is image n % count, in version n / count: so a number always gives the same sample. */
static gan_status fill_versions(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    const few_images *few = user;
    const int64_t size = gan_shape_count(few->shape), steps = 2 * REACH + 1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t image = numbers[i] % few->count, version = numbers[i] / few->count;
        const int64_t shift = version / few->sides;
        if (fields[0]) {
            move_image(few->images + image * size, few->shape, version % few->sides == 1, shift / steps - REACH,
                       shift % steps - REACH, fields[0] + i * size);
        }
        if (fields[1]) fields[1][i] = (float)few->labels[image];
    }
    return GAN_OK;
}

/* The few images, or with `moved` all their versions, with a cursor of its own for each game. */
static gan_status open_few(contest *c, bool moved, gan_dataset **out)
{
    const study *s = c->study;
    const int64_t versions = (2 * REACH + 1) * (2 * REACH + 1) * c->few.sides;
    const gan_dataset_options *options =
        GAN_DATASET(.seed = seed_of(c), .drop_last = true, .restart_if_changed = s->settings.restart);
    if (!moved)
        return gan_dataset_from_array(s->context, c->few.images, c->few.labels, c->few.count, s->image, options, out);
    const gan_callback_field fields[] = {{"sample", s->image, 0}, {"label", GAN_SHAPE(1), s->classes}};
    return gan_dataset_from_callback(s->context, c->few.count * versions, 2, fields, fill_versions, &c->few, options,
                                     out);
}

/* ---- The GAN --------------------------------------------------------------------------------------------------- */

static int64_t batch_of(const contest *c)
{
    return c->few.count < BATCH ? c->few.count : BATCH;
}

static gan_term judge(const contest *c, gan_term samples, gan_term label)
{
    const uint64_t augment = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT;
    return gan_game_apply(c->gan, c->discriminator,
                          GAN_TERMS(gan_game_show(samples, GAN_SHOW(.augment = augment)), label));
}

/* L_D = -E log D(T(x), y) - E log(1 - D(T(G(z, y)), y)), L_G = -E log D(T(G(z, y)), y), with the augmentation T. */
static gan_status describe_gan(contest *c, gan_dataset *few)
{
    const study *s = c->study;
    const uint64_t seed = seed_of(c);
    gan_status status = build_conditional_generator(s->context, s->image, s->classes, 2 * seed, &c->generator);
    if (status == GAN_OK) {
        status = build_conditional_discriminator(s->context, s->image, s->classes, CONDITIONING_PROJECTION, true,
                                                 2 * seed + 1, &c->discriminator);
    }
    if (status == GAN_OK) status = gan_game_create(s->context, GAN_GAME(.batch = batch_of(c), .seed = seed), &c->gan);
    if (status != GAN_OK) return status;
    const gan_term x = gan_game_input(c->gan, "image", s->image);
    const gan_term y = gan_game_input(c->gan, "label", GAN_SHAPE(1));
    const gan_term z = gan_game_noise(c->gan, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(c->gan, c->generator, GAN_TERMS(z, y));
    const gan_term real_logits = judge(c, x, y), fake_logits = judge(c, fake, y);
    const gan_player d =
        gan_game_player(c->gan, "discriminator", c->discriminator, GAN_PLAYER(.learning_rate = 4e-4f));
    c->generator_player =
        gan_game_player(c->gan, "generator", c->generator, GAN_PLAYER(.ema_half_life = 10000, .ema_ramp = 0.05f));
    gan_game_want(c->gan, d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL));
    gan_game_want(c->gan, c->generator_player, 1,
                  gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits));
    status = gan_game_build(c->gan);
    if (status == GAN_OK) status = gan_game_feed(c->gan, x, few, "sample");
    return status == GAN_OK ? gan_game_feed(c->gan, y, few, "label") : status;
}

/* A row a class. */
static gan_status write_picture(const contest *c)
{
    const study *s = c->study;
    const int64_t count = COLUMNS * s->classes;
    char path[PATH_SIZE];
    if (!has_pictures(s->context)) return GAN_OK;
    float *images = allocate(count * gan_shape_count(s->image), sizeof(float));
    int32_t *classes = allocate(count, sizeof(*classes));
    for (int64_t i = 0; i < count; i++) classes[i] = (int32_t)(i / COLUMNS);
    gan_status status = gan_model_sample(
        c->average, GAN_SAMPLE(.seed = 1234, .classes = classes, .class_count = count), count, images);
    if (status == GAN_OK) {
        status = draw_picture(s->context, path_in(c->folder, "samples.png", path), images, count, s->image, COLUMNS);
    }
    free(classes);
    free(images);
    return status;
}

static gan_status write_generator(void *user)
{
    contest *c = user;
    char path[PATH_SIZE];
    gan_status status = copy_average(c->generator_player, NULL, &c->average);
    if (status == GAN_OK) status = gan_model_save(c->average, path_in(c->folder, "generator.safetensors", path));
    return status == GAN_OK ? write_picture(c) : status;
}

/* ---- The classifiers ------------------------------------------------------------------------------------------- */

/* L = -(1 - w) E log p(y | x) - w E log p(c | G(z, c)), where w is 0 without the generator. */
static gan_status describe_classifier(contest *c, gan_model *model, gan_model *generator, gan_dataset *few,
                                      gan_game **out)
{
    const study *s = c->study;
    gan_game *game = NULL;
    gan_status status = gan_game_create(s->context, GAN_GAME(.batch = batch_of(c), .seed = seed_of(c)), &game);
    if (status != GAN_OK) return status;
    *out = game;
    const gan_term x = gan_game_input(game, "image", s->image);
    const gan_term y = gan_game_input(game, "label", GAN_SHAPE(1));
    const gan_term real = gan_game_apply(game, model, GAN_TERMS(x));
    c->classifier =
        gan_game_player(game, "classifier", model,
                        GAN_PLAYER(.learning_rate = 1e-3f, .beta1 = 0.9f, .ema_half_life = 10000, .ema_ramp = 0.1f));
    gan_game_want_by(game, c->classifier, generator ? 1 - (float)s->share : 1,
                     gan_softmax_cross_entropy_loss(gan_game_output(real, CLASSIFIER_LOGITS_OUTPUT), y),
                     GAN_WANT(.name = "real"));
    if (generator) {
        const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
        const gan_term wanted = gan_game_classes(game, "class", s->classes);
        const gan_term fake = gan_game_apply(game, generator, GAN_TERMS(z, wanted));
        const gan_term logits =
            gan_game_output(gan_game_apply(game, model, GAN_TERMS(fake)), CLASSIFIER_LOGITS_OUTPUT);
        gan_game_want_by(game, c->classifier, (float)s->share, gan_softmax_cross_entropy_loss(logits, wanted),
                         GAN_WANT(.name = "generated"));
    }
    status = gan_game_build(game);
    if (status == GAN_OK) status = gan_game_feed(game, x, few, "sample");
    return status == GAN_OK ? gan_game_feed(game, y, few, "label") : status;
}

static gan_status write_classifier(void *user)
{
    const contest *c = user;
    char path[PATH_SIZE];
    gan_model *average = NULL;
    gan_status status = gan_player_get_average(c->classifier, 0, &average);
    return status == GAN_OK ? gan_model_save(average, path_in(c->folder, "classifier.safetensors", path)) : status;
}

/* ---- Playing --------------------------------------------------------------------------------------------------- */

/* Writes the paths of the folder of one game of this draw, and of its checkpoint. */
static void find_paths(const contest *c, const char *name, char folder[PATH_SIZE], char checkpoint[PATH_SIZE])
{
    char full[64];
    snprintf(full, sizeof(full), "%s-%lld", name, (long long)c->draw + 1);
    path_in(c->study->settings.output, full, folder);
    path_in(folder, "checkpoint.safetensors", checkpoint);
}

/* Before anything is learned. The first game played tells whether there is something to resume. */
static void prepare_folders(const study *s)
{
    char folder[PATH_SIZE], checkpoint[PATH_SIZE];
    for (int64_t draw = 0; draw < s->draws; draw++) {
        const contest c = {.study = s, .draw = draw};
        find_paths(&c, "generator", folder, checkpoint);
        if (s->settings.resume && draw == 0) require_checkpoint(folder);
        will_write_game(folder, (const char *const[]){"generator.safetensors", "samples.png", NULL});
        for (int i = 0; i < TRAININGS; i++) {
            find_paths(&c, names[i], folder, checkpoint);
            will_write_game(folder, (const char *const[]){"classifier.safetensors", NULL});
        }
    }
}

/* Classifiers of an older generator must not be gone on with. */
static void forget_classifiers(const contest *c)
{
    char folder[PATH_SIZE], checkpoint[PATH_SIZE];
    for (int i = GAN; i <= BOTH; i++) {
        find_paths(c, names[i], folder, checkpoint);
        remove(checkpoint);
    }
}

/* Plays a game until it has taken `steps` in total, if that is not 0, or for some minutes. */
static gan_status play(contest *c, const char *name, gan_game *game, int64_t steps, double minutes,
                       write_results *write)
{
    char checkpoint[PATH_SIZE];
    game_settings part = c->study->settings;
    gan_status status = GAN_OK;
    find_paths(c, name, c->folder, checkpoint);
    part.resume = resumes(&part, c->folder);
    if (part.resume) status = gan_game_load(game, checkpoint);
    if (status != GAN_OK || (steps > 0 && gan_game_rounds(game) >= steps)) return status;
    if (game == c->gan) forget_classifiers(c);
    part.output = c->folder;
    part.steps = steps > 0 ? steps - gan_game_rounds(game) : 0;
    part.minutes = minutes;
    if (!part.quiet) fprintf(stderr, "%s: ", c->folder);
    return play_game(c->study->context, game, &part, write, c);
}

static gan_status train_gan(contest *c, gan_dataset **few)
{
    const study *s = c->study;
    gan_status status = open_few(c, false, few);
    if (status == GAN_OK) status = describe_gan(c, *few);
    if (status == GAN_OK) {
        status =
            play(c, "generator", c->gan, s->settings.steps, s->settings.minutes / (double)s->draws, write_generator);
    }
    return status == GAN_OK ? copy_average(c->generator_player, NULL, &c->average) : status;
}

static gan_status train_classifier(contest *c, int training)
{
    const study *s = c->study;
    gan_model *model = NULL, *average = NULL;
    gan_dataset *few = NULL;
    gan_game *game = NULL;
    const bool generated = training == GAN || training == BOTH;
    gan_status status = classifier_build(s->context, s->image, s->classes, seed_of(c), &model);
    if (status == GAN_OK) status = open_few(c, training == CLASSICAL || training == BOTH, &few);
    if (status == GAN_OK) status = describe_classifier(c, model, generated ? c->average : NULL, few, &game);
    if (status == GAN_OK) status = play(c, names[training], game, s->updates, 0, write_classifier);
    if (status == GAN_OK) status = gan_player_get_average(c->classifier, 0, &average);
    if (status == GAN_OK) status = classifier_test(average, s->test, &c->accuracy[training]);
    if (status == GAN_OK && !s->settings.quiet)
        fprintf(stderr, "%s: accuracy %.4f\n", c->folder, c->accuracy[training]);
    gan_game_destroy(game);
    gan_dataset_destroy(few);
    gan_model_destroy(model);
    return status;
}

/* ---- The comparison -------------------------------------------------------------------------------------------- */

static gan_status learn_draw(const study *s, int64_t draw, double accuracy[TRAININGS])
{
    contest c = {.study = s, .draw = draw};
    gan_dataset *few = NULL;
    gan_status status = draw_images(&c);
    if (status == GAN_OK) status = train_gan(&c, &few);
    for (int i = 0; i < TRAININGS && status == GAN_OK; i++) status = train_classifier(&c, i);
    memcpy(accuracy, c.accuracy, sizeof(c.accuracy));
    gan_game_destroy(c.gan);
    gan_dataset_destroy(few);
    gan_model_destroy(c.average);
    gan_model_destroy(c.discriminator);
    gan_model_destroy(c.generator);
    free(c.few.labels);
    free(c.few.images);
    return status;
}

static void print_line(const char *prefix, const double values[TRAININGS])
{
    printf("%s", prefix);
    for (int i = 0; i < TRAININGS; i++) printf("%s%s=%.4f", i ? " " : "", names[i], values[i]);
    printf("\n");
    fflush(stdout);
}

/* The means over the draws come last; with several draws, their deviations before. */
static void print_results(const study *s, double (*accuracy)[TRAININGS])
{
    double mean[TRAININGS] = {0}, deviation[TRAININGS] = {0};
    for (int i = 0; i < TRAININGS; i++) {
        for (int64_t d = 0; d < s->draws; d++) mean[i] += accuracy[d][i] / (double)s->draws;
        for (int64_t d = 0; d < s->draws && s->draws > 1; d++)
            deviation[i] += pow(accuracy[d][i] - mean[i], 2) / (double)(s->draws - 1);
        deviation[i] = sqrt(deviation[i]);
    }
    if (s->draws > 1) print_line("deviations over the draws: ", deviation);
    print_line("", mean);
}

static gan_status compare(study *s)
{
    double accuracy[MOST_DRAWS][TRAININGS];
    gan_status status = open_context(s->settings.threads, &s->context);
    if (status == GAN_OK) status = open_data(s);
    for (int64_t draw = 0; draw < s->draws && status == GAN_OK; draw++) {
        char prefix[32];
        status = learn_draw(s, draw, accuracy[draw]);
        snprintf(prefix, sizeof(prefix), "draw %lld: ", (long long)draw + 1);
        if (status == GAN_OK && s->draws > 1) print_line(prefix, accuracy[draw]);
    }
    if (status == GAN_OK) print_results(s, accuracy);
    return status;
}

int main(int argc, char **argv)
{
    study s = {.settings = GAME_SETTINGS("augmentation"),
               .data = "/usr/share/datasets/fashion-mnist",
               .per_class = 20,
               .draws = 1,
               .updates = 2000,
               .share = 0.5};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR", "MNIST-format images and labels (default Fashion-MNIST's)"},
        {"--test", OPTION_TEXT, &s.test_folder, 0, 0, "DIR", "test images (default: those in the folder of --data)"},
        {"--per-class", OPTION_INTEGER, &s.per_class, 1, 1e6, "N", "images of each class (default 20)"},
        {"--draws", OPTION_INTEGER, &s.draws, 1, MOST_DRAWS, "N", "repeat with N choices of images (default 1)"},
        {"--updates", OPTION_INTEGER, &s.updates, 1, 1e9, "N",
         "of each classifier, those before --resume included (default 2000)"},
        {"--share", OPTION_NUMBER, &s.share, 0.01, 0.99, "W", "of the loss that generated images have (default 0.5)"},
        {"--no-mirror", OPTION_FLAG, &s.no_mirror, 0, 0, NULL, "only shift images, such as digits"},
        GAME_OUTPUT_OPTION(s.settings, "augmentation"),
        GAME_OPTIONS_AS(s.settings, "train the GANs of all draws for M minutes together; with --resume, for M more",
                        "train the GAN of each draw to its step N, those before --resume included (default 3000)",
                        GAME_RESUME_SEVERAL),
    };
    read_options(argc, argv, 1, "augmentation: a classifier from few images, and from those that a GAN adds.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    if (s.settings.minutes == 0 && s.settings.steps == 0) s.settings.steps = 3000;
    prepare_folders(&s);
    const int result = exit_status(compare(&s));
    gan_dataset_destroy(s.test);
    gan_dataset_destroy(s.training);
    gan_context_destroy(s.context);
    return result;
}
