/* Finds classes and other causes of variety in images without labels (InfoGAN: Chen et al., "Interpretable
 * Representation Learning by Information Maximizing Generative Adversarial Nets", 2016). Part of what the generator
 * is given is a code, a class and two numbers, and a recogniser reads it from the images; generator and recogniser
 * both want it found. Here the recogniser is a network of its own.
 *
 * A classifier that saw labels then says how often the images of a class code are of one kind.
 */
#include "classifier.h"
#include "conditional_models.h"
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH   32
#define CODES   2   /* numbers in the code: the first values of the noise */
#define COLUMNS 10  /* of the pictures, which have a row a class code */
#define JUDGED  100 /* images of each class code */

typedef struct infogan {
    game_settings settings;
    const char *data;
    int64_t classes; /* of the code */
    double weight;
    gan_context *context;
    gan_dataset *dataset;
    gan_shape image;
    classifier judge;
    gan_model *generator, *discriminator, *recogniser, *first_values;
    gan_game *game;
    gan_player g;
} infogan;

/* ---- The game -------------------------------------------------------------------------------------------------- */

static void add_conv(gan_context *context, gan_model *m, int64_t filters)
{
    gan_model_add(m, gan_layer_conv2d(context, filters,
                                      GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(m, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)));
    gan_model_add(m, gan_layer_leaky_relu(context, NULL));
}

/* From an image to the logits of its class code, and to the numbers. */
static gan_status build_recogniser(infogan *job, uint64_t seed)
{
    gan_context *context = job->context;
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, job->image));
    add_conv(context, m, 32);
    add_conv(context, m, 64);
    const gan_node features = gan_model_add(m, gan_layer_flatten(context));
    const gan_node logits = gan_model_add(m, gan_layer_dense(context, job->classes, NULL));
    const gan_node numbers = gan_model_add_from(m, gan_layer_dense(context, CODES, NULL), GAN_NODES(features));
    gan_model_set_outputs(m, GAN_NODES(logits, numbers));
    return build_or_destroy(m, seed, &job->recogniser);
}

static gan_status build_first_values(infogan *job)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(job->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(job->context, GAN_SHAPE(NOISE_SIZE)));
    gan_model_add(m, gan_layer_slice(job->context, GAN_SLICE(.length = CODES)));
    return build_or_destroy(m, 0, &job->first_values);
}

static gan_status build_models(infogan *job)
{
    const uint64_t seed = 3 * (uint64_t)job->settings.seed;
    gan_status status = build_conditional_generator(job->context, job->image, job->classes, seed, &job->generator);
    if (status == GAN_OK) {
        status = build_dcgan_discriminator(job->context, job->image, NORMALISATION_SPECTRAL, seed + 1,
                                           &job->discriminator);
    }
    if (status == GAN_OK) status = build_recogniser(job, seed + 2);
    return status == GAN_OK ? build_first_values(job) : status;
}

/* L_D = -E log D(x) - E log(1 - D(G(z, c))), L_G,Q = -E log D(G(z, c)) + w (-E log Q(c | G(z, c)) + E |Q(G) - z'|^2),
 * for a class code c and the first values z' of the noise. */
static gan_status describe(infogan *job)
{
    gan_status status =
        gan_game_create(job->context, GAN_GAME(.batch = BATCH, .seed = (uint64_t)job->settings.seed), &job->game);
    if (status != GAN_OK) return status;
    gan_game *game = job->game;
    const gan_term x = gan_game_input(game, "image", job->image);
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
    const gan_term c = gan_game_classes(game, "class", job->classes);
    const gan_term fake = gan_game_apply(game, job->generator, GAN_TERMS(z, c));
    const gan_term real_logits = gan_game_apply(game, job->discriminator, GAN_TERMS(x));
    const gan_term fake_logits = gan_game_apply(game, job->discriminator, GAN_TERMS(fake));
    const gan_term read = gan_game_apply(game, job->recogniser, GAN_TERMS(fake));
    const gan_term numbers = gan_game_apply(game, job->first_values, GAN_TERMS(z));

    const gan_player d = gan_game_player(game, "discriminator", job->discriminator, NULL);
    job->g = gan_game_player(game, "generator", job->generator, GAN_PLAYER(.ema_half_life = 10000, .ema_ramp = 0.1f));
    gan_player_add_model(job->g, "recogniser", job->recogniser);
    gan_game_want(game, d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL));
    gan_game_want(game, job->g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits));
    gan_game_want_by(game, job->g, (float)job->weight, gan_softmax_cross_entropy_loss(read, c),
                     GAN_WANT(.name = "class code"));
    gan_game_want_by(game, job->g, (float)job->weight, gan_l2_loss(gan_game_output(read, 1), numbers),
                     GAN_WANT(.name = "number codes"));
    status = gan_game_build(game);
    return status == GAN_OK ? gan_game_feed(game, x, job->dataset, "image") : status;
}

/* ---- Results --------------------------------------------------------------------------------------------------- */

/* A row a class code, on one noise, with number `varied` going from -2 to 2. */
static gan_status write_codes(const infogan *job, gan_model *average, int varied, const char *name)
{
    const int64_t count = job->classes * COLUMNS;
    char path[PATH_SIZE];
    float *noise = allocate(count * NOISE_SIZE, sizeof(float)), *codes = allocate(count, sizeof(float));
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    gan_random *random = NULL;
    gan_status status = gan_random_create(job->context, 1234, 0, &random);
    if (status == GAN_OK) status = gan_random_normal(random, noise, NOISE_SIZE);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < NOISE_SIZE; k++) noise[i * NOISE_SIZE + k] = noise[k];
        noise[i * NOISE_SIZE + varied] = -2 + 4 * (float)(i % COLUMNS) / (COLUMNS - 1);
        const int64_t row = i / COLUMNS;
        codes[i] = (float)row;
    }
    if (status == GAN_OK)
        status = gan_model_sample(average, GAN_SAMPLE(.inputs = (const float *const[]){noise, codes}), count, images);
    if (status == GAN_OK && has_pictures(job->context)) {
        status = gan_png_write_grid(job->context, path_in(job->settings.output, name, path), images, count,
                                    job->image, COLUMNS);
    }
    gan_random_destroy(random);
    free(images);
    free(codes);
    free(noise);
    return status;
}

static gan_status write_files(void *user)
{
    static const char *const names[] = {"generator.safetensors", "recogniser.safetensors"};
    const infogan *job = user;
    gan_model *averages[2] = {NULL, NULL};
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        char path[PATH_SIZE];
        status = gan_player_get_average(job->g, i, &averages[i]);
        if (status == GAN_OK) status = gan_model_save(averages[i], path_in(job->settings.output, names[i], path));
    }
    if (status == GAN_OK) status = write_codes(job, averages[0], 0, "first-code.png");
    return status == GAN_OK ? write_codes(job, averages[0], 1, "second-code.png") : status;
}

/* The greatest share of one label among some, which is stored. */
static double largest_share(const int32_t *labels, int64_t count, int64_t kinds, int32_t *label)
{
    int64_t most = -1;
    for (int32_t kind = 0; kind < kinds; kind++) {
        int64_t found = 0;
        for (int64_t i = 0; i < count; i++) found += labels[i] == kind;
        if (found <= most) continue;
        most = found;
        *label = kind;
    }
    return (double)most / (double)count;
}

/* How often images of a class code are of its commonest label, over all codes; and how many labels that are. */
static gan_status judge_codes(infogan *job, double *agreement, int64_t *kinds)
{
    float *images = allocate(JUDGED * gan_shape_count(job->image), sizeof(float));
    bool *seen = allocate(job->judge.classes, sizeof(*seen));
    int32_t labels[JUDGED], label = 0;
    gan_model *average = NULL;
    gan_status status = gan_player_get_average(job->g, 0, &average);
    *agreement = 0;
    for (int32_t code = 0; code < job->classes && status == GAN_OK; code++) {
        status = gan_model_sample(average, GAN_SAMPLE(.seed = 5, .classes = &code, .class_count = 1), JUDGED, images);
        if (status == GAN_OK) status = classifier_run(&job->judge, images, JUDGED, NULL, NULL, labels);
        if (status != GAN_OK) break;
        *agreement += largest_share(labels, JUDGED, job->judge.classes, &label) / (double)job->classes;
        seen[label] = true;
    }
    *kinds = 0;
    for (int64_t i = 0; i < job->judge.classes; i++) *kinds += seen[i];
    free(seen);
    free(images);
    return status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

static gan_status run(infogan *job)
{
    char path[PATH_SIZE];
    double agreement;
    int64_t kinds;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = job->settings.threads), &job->context);
    if (status == GAN_OK) {
        status = open_mnist(job->context, job->data, MNIST_TRAINING, true,
                            GAN_DATASET(.seed = (uint64_t)job->settings.seed, .drop_last = true,
                                        .restart_if_changed = job->settings.restart),
                            &job->dataset);
    }
    if (status == GAN_OK) status = gan_dataset_get_shape(job->dataset, &job->image);
    if (status == GAN_OK) {
        check_sides(job->image, job->data, 4);
        check_fills_batch(job->dataset, job->data, BATCH);
        status =
            classifier_open(job->context, job->data, path_in(job->settings.output, "classifier.safetensors", path),
                            job->settings.quiet, &job->judge);
    }
    if (status == GAN_OK) status = build_models(job);
    if (status == GAN_OK) status = describe(job);
    job->settings.fed = job->dataset;
    if (status == GAN_OK) status = play_game(job->context, job->game, &job->settings, write_files, job);
    if (status == GAN_OK) status = judge_codes(job, &agreement, &kinds);
    if (status == GAN_OK) {
        printf("agreement=%.4f labels=%lld of=%lld steps=%lld\n", agreement, (long long)kinds,
               (long long)job->judge.classes, (long long)gan_game_rounds(job->game));
    }
    return status;
}

int main(int argc, char **argv)
{
    infogan job = {.settings = GAME_SETTINGS("infogan"),
                   .data = "/usr/share/datasets/fashion-mnist",
                   .classes = 10,
                   .weight = 1};
    const option options[] = {
        {"--data", OPTION_TEXT, &job.data, 0, 0, "DIR", "MNIST-format images; their labels serve only to judge"},
        {"--classes", OPTION_INTEGER, &job.classes, 2, 1000, "N", "values of the class code (default 10)"},
        {"--weight", OPTION_NUMBER, &job.weight, 0, 100, "W", "of the codes (default 1)"},
        GAME_OPTIONS(job.settings, "infogan"),
    };
    read_options(argc, argv, 1,
                 "infogan: classes and other codes, found in images without labels. Default --minutes 8.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (job.settings.minutes == 0 && job.settings.steps == 0) job.settings.minutes = 8;
    will_write_game(job.settings.output, (const char *const[]){"generator.safetensors", "recogniser.safetensors",
                                                               "first-code.png", "second-code.png", NULL});
    if (job.settings.resume) require_checkpoint(job.settings.output);
    const int result = exit_status(run(&job));
    gan_game_destroy(job.game);
    gan_model_destroy(job.generator);
    gan_model_destroy(job.discriminator);
    gan_model_destroy(job.recogniser);
    gan_model_destroy(job.first_values);
    classifier_close(&job.judge);
    gan_dataset_destroy(job.dataset);
    gan_context_destroy(job.context);
    return result;
}
