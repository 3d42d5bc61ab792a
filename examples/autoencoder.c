/* A variational autoencoder (VAE: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014) of images in MNIST's
 * format: an encoder gives each image a normally distributed code, from which a decoder makes it again, and which is
 * kept so near to N(0, 1) that the decoder makes images of pure noise too. Or a VAE/GAN (Larsen et al., "Autoencoding
 * beyond pixels using a learned similarity metric", 2016), which compares images by a discriminator's features.
 *
 * In the end it says how well test images are made again, and how close samples are to the data. */
#include "autoencoder_models.h"
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "monitor.h"
#include "program.h"
#include "quality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS     10
#define PAIRS       4    /* of rows in reconstructions.png, originals above what was made of their codes */
#define SAMPLE_SEED 1234 /* of the noise behind every picture and all figures */
#define TESTED      100  /* test images at once */

typedef struct autoencoder {
    game_settings settings;
    const char *data, *test_folder, *model_name;
    int64_t batch, codes, samples;
    double gamma;
    bool with_gan;
    gan_context *context;
    gan_dataset *dataset, *test;
    gan_shape image;
    classifier judge;
    gan_model *encoder, *decoder, *discriminator, *to_probability;
    gan_game *game;
} autoencoder;

/* ---- The games ------------------------------------------------------------------------------------------------- */

/* The evidence lower bound of log p(x), which encoder q and decoder p make large together, for white pixels with
 * probability x:
 *
 *     ELBO = E log p(x | z) - KL(q(z | x) || N(0, 1))      z ~ q(z | x)
 *
 * So -log p(x | z) is the sum of the pixels' cross-entropies. */
static void describe_vae(const autoencoder *job, gan_term x, gan_term made, gan_term kl)
{
    gan_game *game = job->game;
    const gan_term half = gan_game_constant(game, job->image, 0.5f);
    const gan_term white = gan_game_apply(game, job->to_probability, GAN_TERMS(x, half));
    const gan_term pixels = gan_binary_cross_entropy_loss(gan_game_output(made, DECODER_LOGITS), white);
    const gan_player player =
        gan_game_player(game, "encoder", job->encoder, GAN_PLAYER(.learning_rate = 1e-3f, .beta1 = 0.9f));
    gan_player_add_model(player, "decoder", job->decoder);
    gan_game_want_by(game, player, (float)gan_shape_count(job->image), pixels, GAN_WANT(.name = "pixels"));
    gan_game_want_by(game, player, 1, kl, GAN_WANT(.name = "kl"));
}

/* x is compared with what is made of its code, D_l, the discriminator's features, being normally distributed around
 * those of x: -log p(D_l(x) | z) = |D_l(x) - D_l(x~)|^2 / 2. The discriminator has the decoder's images from codes
 * and from noise z to judge, half of its generated samples each:
 *
 *     L_encoder = KL - E log p(D_l(x) | z)     L_decoder = -gamma E log p(D_l(x) | z) - E log D(x~) - E log D(G(z))
 */
static void describe_vae_gan(const autoencoder *job, gan_term x, gan_term made, gan_term kl)
{
    gan_game *game = job->game;
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(job->codes), GAN_NOISE_NORMAL);
    const gan_term drawn = gan_game_apply(game, job->decoder, GAN_TERMS(z));
    const gan_term of_real = gan_game_apply(game, job->discriminator, GAN_TERMS(x));
    const gan_term of_made = gan_game_apply(game, job->discriminator, GAN_TERMS(made));
    const gan_term of_drawn = gan_game_apply(game, job->discriminator, GAN_TERMS(drawn));
    const gan_term features = gan_l2_loss(gan_game_output(of_made, DISCRIMINATOR_FEATURES),
                                          gan_game_output(of_real, DISCRIMINATOR_FEATURES));
    gan_shape of_features = {0, {0}};
    gan_model_get_output_shape(job->discriminator, DISCRIMINATOR_FEATURES, &of_features);
    const double weight = (double)gan_shape_count(of_features) / 2;
    const gan_loss loss = GAN_LOSS_NON_SATURATING;

    const gan_player d = gan_game_player(game, "discriminator", job->discriminator, NULL);
    const gan_player e = gan_game_player(game, "encoder", job->encoder, NULL);
    const gan_player g = gan_game_player(game, "decoder", job->decoder, NULL);
    gan_game_want_by(game, d, 0.5f, gan_discriminator_loss(loss, of_real, of_drawn, NULL), GAN_WANT(.name = "D"));
    gan_game_want_by(game, d, 0.5f, gan_discriminator_loss(loss, of_real, of_made, NULL),
                     GAN_WANT(.name = "D(made again)"));
    gan_game_want_by(game, e, 1, kl, GAN_WANT(.name = "kl"));
    gan_game_want_by(game, e, (float)weight, features, GAN_WANT(.name = "encoder's features"));
    gan_game_want_by(game, g, (float)(job->gamma * weight), features, GAN_WANT(.name = "decoder's features"));
    gan_game_want_by(game, g, 1, gan_generator_loss(loss, of_real, of_drawn), GAN_WANT(.name = "G"));
    gan_game_want_by(game, g, 1, gan_generator_loss(loss, of_real, of_made), GAN_WANT(.name = "G(made again)"));
}

static gan_status describe(autoencoder *job)
{
    gan_status status = gan_game_create(
        job->context, GAN_GAME(.batch = job->batch, .seed = (uint64_t)job->settings.seed), &job->game);
    if (status != GAN_OK) return status;
    const gan_term x = gan_game_input(job->game, "image", job->image);
    const gan_term code = gan_game_apply(job->game, job->encoder, GAN_TERMS(x));
    const gan_term made = gan_game_apply(job->game, job->decoder, GAN_TERMS(code));
    const gan_term kl =
        gan_gaussian_kl_loss(gan_game_output(code, ENCODER_MEAN), gan_game_output(code, ENCODER_LOG_VARIANCE));
    if (job->with_gan) {
        describe_vae_gan(job, x, made, kl);
    } else {
        describe_vae(job, x, made, kl);
    }
    status = gan_game_build(job->game);
    return status == GAN_OK ? gan_game_feed(job->game, x, job->dataset, "image") : status;
}

/* ---- Making images again --------------------------------------------------------------------------------------- */

/* What became of test images. */
typedef struct remade {
    int64_t count;
    float *images, *mean, *log_variance, *codes, *logits, *made;
} remade;

static remade make_room(const autoencoder *job, int64_t count)
{
    const int64_t pixels = count * gan_shape_count(job->image), codes = count * job->codes;
    return (remade){.count = count,
                    .images = allocate(pixels, sizeof(float)),
                    .mean = allocate(codes, sizeof(float)),
                    .log_variance = allocate(codes, sizeof(float)),
                    .codes = allocate(codes, sizeof(float)),
                    .logits = allocate(pixels, sizeof(float)),
                    .made = allocate(pixels, sizeof(float))};
}

static void leave_room(remade *r)
{
    free(r->images);
    free(r->mean);
    free(r->log_variance);
    free(r->codes);
    free(r->logits);
    free(r->made);
}

/* Test images from `first` on, by codes drawn from their distributions or, without random numbers, by the means. */
static gan_status make_again(const autoencoder *job, gan_session *encode, gan_session *decode, int64_t first,
                             gan_random *random, remade *r)
{
    const int64_t codes = r->count * job->codes;
    gan_status status = gan_dataset_read(job->test, first, r->count, r->images, NULL);
    if (status == GAN_OK) status = gan_session_set_input(encode, 0, r->images, r->count);
    if (status == GAN_OK) status = gan_session_forward(encode, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_get_output(encode, ENCODER_MEAN, r->mean);
    if (status == GAN_OK) status = gan_session_get_output(encode, ENCODER_LOG_VARIANCE, r->log_variance);
    if (status == GAN_OK && random) status = gan_random_normal(random, r->codes, codes);
    for (int64_t i = 0; i < codes; i++)
        r->codes[i] = r->mean[i] + (random ? expf(r->log_variance[i] / 2) * r->codes[i] : 0);
    if (status == GAN_OK) status = gan_session_set_input(decode, 0, r->codes, r->count);
    if (status == GAN_OK) status = gan_session_forward(decode, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_get_output(decode, DECODER_LOGITS, r->logits);
    return status == GAN_OK ? gan_session_get_output(decode, DECODER_IMAGE, r->made) : status;
}

static gan_status open_sessions(const autoencoder *job, int64_t count, gan_session **encode, gan_session **decode)
{
    const gan_session_options *options = GAN_SESSION(.batch = count, .forward_only = true);
    gan_status status = gan_session_create(job->encoder, options, encode);
    return status == GAN_OK ? gan_session_create(job->decoder, options, decode) : status;
}

/* The two terms of -ELBO, in nats, mean over the test images: each has one code drawn. */
static gan_status measure_bound(autoencoder *job, double *reconstruction, double *kl)
{
    const int64_t all = gan_dataset_count(job->test), size = gan_shape_count(job->image);
    gan_session *encode = NULL, *decode = NULL;
    gan_random *random = NULL;
    remade r = make_room(job, TESTED);
    gan_status status = open_sessions(job, TESTED, &encode, &decode);
    if (status == GAN_OK) status = gan_random_create(job->context, SAMPLE_SEED, 0, &random);
    for (int64_t i = 0; i < all && status == GAN_OK; i += r.count) {
        double pixels = 0, code = 0;
        r.count = all - i < TESTED ? all - i : TESTED;
        status = make_again(job, encode, decode, i, random, &r);
        for (int64_t k = 0; k < r.count * size; k++) r.images[k] = r.images[k] / 2 + 0.5f;
        if (status == GAN_OK)
            status = gan_loss_binary_cross_entropy(r.logits, r.images, r.count * size, &pixels, NULL);
        if (status == GAN_OK)
            status = gan_loss_gaussian_kl(r.mean, r.log_variance, r.count, job->codes, &code, NULL, NULL);
        *reconstruction += pixels * (double)(size * r.count) / (double)all;
        *kl += code * (double)r.count / (double)all;
    }
    leave_room(&r);
    gan_random_destroy(random);
    gan_session_destroy(decode);
    gan_session_destroy(encode);
    return status;
}

/* ---- Pictures and models --------------------------------------------------------------------------------------- */

static gan_status write_grid(const autoencoder *job, const char *name, const float *images, int64_t count)
{
    char path[PATH_SIZE];
    return draw_picture(job->context, path_in(job->settings.output, name, path), images, count, job->image, COLUMNS);
}

/* Rows of test images, each above a row of what their codes' means were made to. */
static gan_status write_reconstructions(const autoencoder *job)
{
    const int64_t size = gan_shape_count(job->image), row = COLUMNS * size, all = gan_dataset_count(job->test);
    float *rows = allocate(2 * PAIRS * row, sizeof(float));
    gan_session *encode = NULL, *decode = NULL;
    remade r = make_room(job, COLUMNS);
    int64_t pairs = 0;
    gan_status status = open_sessions(job, COLUMNS, &encode, &decode);
    for (; pairs < PAIRS && (pairs + 1) * COLUMNS <= all && status == GAN_OK; pairs++) {
        status = make_again(job, encode, decode, pairs * COLUMNS, NULL, &r);
        memcpy(rows + 2 * pairs * row, r.images, (size_t)row * sizeof(float));
        memcpy(rows + (2 * pairs + 1) * row, r.made, (size_t)row * sizeof(float));
    }
    if (status == GAN_OK && pairs > 0) status = write_grid(job, "reconstructions.png", rows, 2 * pairs * COLUMNS);
    leave_room(&r);
    gan_session_destroy(decode);
    gan_session_destroy(encode);
    free(rows);
    return status;
}

static gan_status write_pictures(const autoencoder *job)
{
    const int64_t count = COLUMNS * COLUMNS;
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    gan_status status = gan_model_sample(job->decoder, GAN_SAMPLE(.seed = SAMPLE_SEED), count, images);
    if (status == GAN_OK) status = write_grid(job, "samples.png", images, count);
    if (status == GAN_OK) status = write_reconstructions(job);
    free(images);
    return status;
}

static gan_status write_files(void *user)
{
    const autoencoder *job = user;
    const char *folder = job->settings.output;
    char path[PATH_SIZE];
    gan_status status = gan_model_save(job->decoder, path_in(folder, "generator.safetensors", path));
    if (status == GAN_OK) status = gan_model_save(job->encoder, path_in(folder, "encoder.safetensors", path));
    return status == GAN_OK && has_pictures(job->context) ? write_pictures(job) : status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

static gan_status evaluate(autoencoder *job)
{
    float *images = allocate(job->samples * gan_shape_count(job->image), sizeof(float));
    double reconstruction = 0, kl = 0;
    quality measured = {0, 0, 0};
    gan_status status = measure_bound(job, &reconstruction, &kl);
    if (status == GAN_OK)
        status = gan_model_sample(job->decoder, GAN_SAMPLE(.seed = SAMPLE_SEED), job->samples, images);
    if (status == GAN_OK)
        status = measure_quality(job->context, &job->judge, job->dataset, images, job->samples, NULL, &measured);
    if (status == GAN_OK) {
        printf("elbo=%.2f reconstruction=%.2f kl=%.2f frechet=%.2f precision=%.3f recall=%.3f steps=%lld\n",
               -(reconstruction + kl), reconstruction, kl, measured.frechet, measured.precision, measured.recall,
               (long long)gan_game_rounds(job->game));
    }
    free(images);
    return status;
}

static gan_status prepare(autoencoder *job)
{
    const game_settings *s = &job->settings;
    const uint64_t seed = 4 * (uint64_t)s->seed;
    char path[PATH_SIZE];
    gan_status status = open_context(s->threads, &job->context);
    if (status == GAN_OK) {
        status = open_mnist(job->context, job->data, MNIST_TRAINING, true,
                            GAN_DATASET(.seed = (uint64_t)s->seed, .restart_if_changed = s->restart), &job->dataset);
    }
    if (status == GAN_OK) status = gan_dataset_get_shape(job->dataset, &job->image);
    if (status == GAN_OK)
        status = open_test_images(job->context, job->data, job->test_folder, job->image, &job->test);
    if (status != GAN_OK) return status;
    check_sides(job->image, job->data, 4);
    check_comparable(job->dataset, job->data);
    status = classifier_open(job->context, job->data, path_in(s->output, "classifier.safetensors", path), s->quiet,
                             &job->judge);
    if (status == GAN_OK)
        status = build_encoder(job->context, job->image, job->codes, job->with_gan, seed, &job->encoder);
    if (status == GAN_OK)
        status = build_decoder(job->context, job->image, job->codes, job->with_gan, seed + 1, &job->decoder);
    if (status == GAN_OK && job->with_gan)
        status = build_judge(job->context, job->image, seed + 2, &job->discriminator);
    if (status == GAN_OK && !job->with_gan)
        status = build_to_probability(job->context, job->image, &job->to_probability);
    return status == GAN_OK ? describe(job) : status;
}

static void release(autoencoder *job)
{
    gan_game_destroy(job->game);
    gan_model_destroy(job->to_probability);
    gan_model_destroy(job->discriminator);
    gan_model_destroy(job->decoder);
    gan_model_destroy(job->encoder);
    classifier_close(&job->judge);
    gan_dataset_destroy(job->test);
    gan_dataset_destroy(job->dataset);
    gan_context_destroy(job->context);
}

static void read_settings(int argc, char **argv, autoencoder *job)
{
    const option options[] = {
        {"--data", OPTION_TEXT, &job->data, 0, 0, "DIR", "MNIST-format files, .gz or not (default Fashion-MNIST's)"},
        {"--test", OPTION_TEXT, &job->test_folder, 0, 0, "DIR",
         "test images (default: those in the folder of --data)"},
        {"--model", OPTION_TEXT, &job->model_name, 0, 0, "NAME", "vae (default) or vae-gan"},
        {"--codes", OPTION_INTEGER, &job->codes, 1, 65536, "N", "numbers in a code (default 20)"},
        {"--batch", OPTION_INTEGER, &job->batch, 1, 65536, "N", "images per step (default 64)"},
        {"--gamma", OPTION_NUMBER, &job->gamma, 0, 1e6, "G",
         "vae-gan: weight of the features beside the judgement in what the decoder wants (default 0.01)"},
        {"--samples", OPTION_INTEGER, &job->samples, 8, 1e7, "N", "to judge (default 10000)"},
        GAME_OPTIONS(job->settings, "autoencoder"),
    };
    read_options(
        argc, argv, 1,
        "autoencoder: a variational autoencoder of images in MNIST's format, trained for --minutes (default 8\n"
        "without --steps), with or without a discriminator.",
        options, (int)(sizeof(options) / sizeof(options[0])));
    if (strcmp(job->model_name, "vae") == 0) refuse_options_of("vae-gan", "with --model vae");
    job->with_gan = strcmp(job->model_name, "vae-gan") == 0;
    if (!job->with_gan && strcmp(job->model_name, "vae") != 0) {
        fprintf(stderr, "--model %s: expected vae or vae-gan\n", job->model_name);
        exit(2);
    }
    if (job->settings.minutes == 0 && job->settings.steps == 0) job->settings.minutes = 8;
}

int main(int argc, char **argv)
{
    autoencoder job = {.settings = GAME_SETTINGS("autoencoder"),
                       .data = "/usr/share/datasets/fashion-mnist",
                       .model_name = "vae",
                       .batch = 64,
                       .codes = 20,
                       .samples = 10000,
                       .gamma = 0.01};
    read_settings(argc, argv, &job);
    will_write_game(job.settings.output, (const char *const[]){"generator.safetensors", "encoder.safetensors",
                                                               "samples.png", "reconstructions.png", NULL});
    if (job.settings.resume) require_checkpoint(job.settings.output);
    gan_status status = prepare(&job);
    job.settings.fed = job.dataset;
    if (status == GAN_OK) status = play_game(job.context, job.game, &job.settings, write_files, &job);
    if (status == GAN_OK) status = evaluate(&job);
    const int result = exit_status(status);
    release(&job);
    return result;
}
