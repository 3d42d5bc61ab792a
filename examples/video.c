/* Learns to make short videos of two garments, or digits, that move and bounce: a GAN of two-dimensional convolutions
 * whose images have the frames as channels, with spectral normalisation. Then it says how well the samples move: the
 * distance between how far they go from frame to frame and how far the data do, beside that of still and of shuffled
 * videos. */
#include "animation.h"
#include "averages.h"
#include "game_program.h"
#include "models.h"
#include "monitor.h"
#include "moving_images.h"
#include "outputs.h"
#include "program.h"
#include "random_features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SEED 1234
#define ROWS        4 /* of the animation: samples on the left, data on the right */
#define COLUMNS     4 /* of each */
#define BORDER      2 /* pixels between videos */
#define SHOWN       4 /* samples and as many of the data in the picture of frames, a row each */
#define DELAY       8 /* hundredths of a second */
#define FRAME_SIZE  (FRAME_SIDE * FRAME_SIDE)

typedef struct job {
    game_settings game;
    const char *data;
    int64_t batch, videos, samples;
    gan_context *context;
    moving_images moving;
    gan_dataset *dataset;
    gan_model *generator, *discriminator;
    gan_model *average; /* a copy of the generator's, to sample and save */
    gan_game *play;
    gan_player g;
} job;

/* ---- The game -------------------------------------------------------------------------------------------------- */

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    job *j = user;
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && fields[0] && status == GAN_OK; i++)
        status = moving_draw(&j->moving, numbers[i], fields[0] + i * VIDEO_SIZE);
    return status;
}

static gan_status open_data(job *j)
{
    const uint64_t seed = (uint64_t)j->game.seed;
    const gan_callback_field field = {"video", GAN_SHAPE(FRAMES, FRAME_SIDE, FRAME_SIDE), 0};
    gan_status status = moving_open(j->context, j->data, seed, &j->moving);
    if (status != GAN_OK) return status;
    return gan_dataset_from_callback(
        j->context, j->videos, 1, &field, fill, j,
        GAN_DATASET(.seed = seed, .drop_last = true, .restart_if_changed = j->game.restart), &j->dataset);
}

static gan_status describe(job *j)
{
    const uint64_t seed = (uint64_t)j->game.seed;
    const gan_shape video = GAN_SHAPE(FRAMES, FRAME_SIDE, FRAME_SIDE);
    gan_status status =
        build_dcgan_generator(j->context, video, NORMALISATION_BATCH, MODEL_FILTERS, 2 * seed, &j->generator);
    if (status == GAN_OK) {
        status = build_dcgan_discriminator(j->context, video, NORMALISATION_SPECTRAL, MODEL_FILTERS, 2 * seed + 1,
                                           &j->discriminator);
    }
    if (status == GAN_OK) status = gan_game_create(j->context, GAN_GAME(.batch = j->batch, .seed = seed), &j->play);
    if (status != GAN_OK) return status;
    gan_game *game = j->play;
    const gan_term x = gan_game_input(game, "video", video);
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(game, j->generator, GAN_TERMS(z));
    const gan_term real_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(x));
    const gan_term fake_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(fake));
    const gan_player d = gan_game_player(game, "discriminator", j->discriminator, GAN_PLAYER(.learning_rate = 4e-4f));
    j->g = gan_game_player(game, "generator", j->generator, GAN_PLAYER(.ema_half_life = 10000, .ema_ramp = 0.05f));
    gan_game_want_by(game, d, 1, gan_discriminator_loss(GAN_LOSS_HINGE, real_logits, fake_logits, NULL),
                     GAN_WANT(.name = "D"));
    gan_game_want_by(game, j->g, 1, gan_generator_loss(GAN_LOSS_HINGE, real_logits, fake_logits),
                     GAN_WANT(.name = "G"));
    status = gan_game_build(game);
    return status == GAN_OK ? gan_game_feed(game, x, j->dataset, "video") : status;
}

/* ---- Videos ---------------------------------------------------------------------------------------------------- */

static gan_status generate(const job *j, int64_t count, float *videos)
{
    return gan_model_sample(j->average, GAN_SAMPLE(.seed = SAMPLE_SEED), count, videos);
}

/* Videos that are not trained on: those after the last one that is. */
static gan_status draw_unseen(job *j, int64_t first, int64_t count, float *videos)
{
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++)
        status = moving_draw(&j->moving, j->videos + first + i, videos + i * VIDEO_SIZE);
    return status;
}

/* Puts frame t of a video into a row and column of a larger frame. */
static void place(const float *video, int64_t t, int64_t row, int64_t column, int64_t width, float *frame)
{
    float *to = frame + row * (FRAME_SIDE + BORDER) * width + column * (FRAME_SIDE + BORDER);
    for (int64_t y = 0; y < FRAME_SIDE; y++)
        memcpy(to + y * width, video + t * FRAME_SIZE + y * FRAME_SIDE, FRAME_SIDE * sizeof(*to));
}

/* Samples on the left, data on the right, a bar between them. */
static void write_moving(const job *j, const float *samples, const float *data)
{
    char path[PATH_SIZE];
    const int64_t height = ROWS * (FRAME_SIDE + BORDER) - BORDER;
    const int64_t half = COLUMNS * (FRAME_SIDE + BORDER), width = 2 * half;
    float *frames = allocate(FRAMES * height * width, sizeof(*frames));
    for (int64_t i = 0; i < FRAMES * height * width; i++) frames[i] = 0;
    for (int64_t t = 0; t < FRAMES; t++) {
        float *frame = frames + t * height * width;
        for (int64_t i = 0; i < ROWS * COLUMNS; i++) {
            place(samples + i * VIDEO_SIZE, t, i / COLUMNS, i % COLUMNS, width, frame);
            place(data + i * VIDEO_SIZE, t, i / COLUMNS, i % COLUMNS, width, frame + half + BORDER);
        }
    }
    write_animation(path_in(j->game.output, "samples.png", path), frames, FRAMES, height, width, DELAY);
    free(frames);
}

/* A row a video, samples above the data: a video is its frames, one after the other. */
static gan_status write_frames(const job *j, const float *samples, const float *data)
{
    char path[PATH_SIZE];
    if (!has_pictures(j->context)) return GAN_OK;
    float *rows = allocate(2 * SHOWN * VIDEO_SIZE, sizeof(*rows));
    memcpy(rows, samples, SHOWN * VIDEO_SIZE * sizeof(*rows));
    memcpy(rows + SHOWN * VIDEO_SIZE, data, SHOWN * VIDEO_SIZE * sizeof(*rows));
    const gan_status status = draw_picture(j->context, path_in(j->game.output, "frames.png", path), rows,
                                           2 * SHOWN * FRAMES, GAN_SHAPE(1, FRAME_SIDE, FRAME_SIDE), FRAMES);
    free(rows);
    return status;
}

static gan_status write_files(void *user)
{
    job *j = user;
    char path[PATH_SIZE];
    float *videos = allocate(2 * ROWS * COLUMNS * VIDEO_SIZE, sizeof(*videos));
    float *data = videos + ROWS * COLUMNS * VIDEO_SIZE;
    gan_status status = copy_average(j->g, NULL, &j->average);
    if (status == GAN_OK) status = gan_model_save(j->average, path_in(j->game.output, "generator.safetensors", path));
    if (status == GAN_OK) status = generate(j, ROWS * COLUMNS, videos);
    if (status == GAN_OK) status = draw_unseen(j, 0, ROWS * COLUMNS, data);
    if (status == GAN_OK) status = write_frames(j, videos, data);
    if (status == GAN_OK) write_moving(j, videos, data);
    free(videos);
    return status;
}

/* ---- Motion ---------------------------------------------------------------------------------------------------- */

/* The centre of a frame's brightness, down and to the right, in pixels; the middle of a black frame. */
static void find_centre(const float *frame, double centre[2])
{
    double sum = 0, down = 0, right = 0;
    for (int64_t y = 0; y < FRAME_SIDE; y++) {
        for (int64_t x = 0; x < FRAME_SIDE; x++) {
            const double weight = ((double)frame[y * FRAME_SIDE + x] + 1) / 2;
            sum += weight;
            down += weight * (double)y;
            right += weight * (double)x;
        }
    }
    centre[0] = sum > 1e-3 ? down / sum : (FRAME_SIDE - 1) / 2.0;
    centre[1] = sum > 1e-3 ? right / sum : (FRAME_SIDE - 1) / 2.0;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* How far the centre goes from each frame to the next, sorted. */
static void find_ways(const float *videos, int64_t count, double *ways)
{
    for (int64_t i = 0; i < count; i++) {
        double before[2], now[2];
        find_centre(videos + i * VIDEO_SIZE, before);
        for (int64_t t = 1; t < FRAMES; t++) {
            find_centre(videos + i * VIDEO_SIZE + t * FRAME_SIZE, now);
            ways[i * (FRAMES - 1) + t - 1] = hypot(now[0] - before[0], now[1] - before[1]);
            memcpy(before, now, sizeof(now));
        }
    }
    qsort(ways, (size_t)(count * (FRAMES - 1)), sizeof(*ways), compare);
}

/* The Wasserstein-1 distance between two distributions of as many ways, in pixels; `videos` NULL: of still ones. */
static double motion_distance(const float *videos, int64_t count, const double *reference)
{
    const int64_t ways = count * (FRAMES - 1);
    double *own = allocate(ways, sizeof(*own)), sum = 0;
    if (videos) find_ways(videos, count, own);
    for (int64_t i = 0; i < ways; i++) sum += fabs(own[i] - reference[i]);
    free(own);
    return sum / (double)ways;
}

/* Puts the frames of each video in random order. */
static gan_status shuffle(const job *j, float *videos)
{
    gan_random *random = NULL;
    float frame[FRAME_SIZE];
    const gan_status status = gan_random_create(j->context, SAMPLE_SEED, 0, &random);
    for (int64_t i = 0; i < j->samples && status == GAN_OK; i++) {
        float *video = videos + i * VIDEO_SIZE;
        for (int64_t t = FRAMES - 1; t > 0; t--) {
            float *other = video + random_below(random, t + 1) * FRAME_SIZE, *last = video + t * FRAME_SIZE;
            memcpy(frame, last, sizeof(frame));
            memmove(last, other, sizeof(frame));
            memcpy(other, frame, sizeof(frame));
        }
    }
    gan_random_destroy(random);
    return status;
}

/* Against unseen videos: samples, and the best and worst to expect: other videos of the data, still ones, and those
 * whose frames are shuffled. */
static gan_status evaluate(job *j)
{
    const gan_shape video = GAN_SHAPE(FRAMES, FRAME_SIDE, FRAME_SIDE);
    const int64_t count = j->samples;
    float *reference = allocate(2 * count * VIDEO_SIZE, sizeof(*reference));
    float *videos = reference + count * VIDEO_SIZE;
    double *ways = allocate(count * (FRAMES - 1), sizeof(*ways));
    double motion = 0, of_data = 0, shuffled = 0, frechet = 0, frechet_of_data = 0;
    gan_status status = draw_unseen(j, 0, count, reference);
    if (status == GAN_OK) status = draw_unseen(j, count, count, videos);
    if (status == GAN_OK) {
        find_ways(reference, count, ways);
        of_data = motion_distance(videos, count, ways);
        status = feature_distance(j->context, video, reference, videos, count, &frechet_of_data);
    }
    if (status == GAN_OK) status = shuffle(j, videos);
    if (status == GAN_OK) shuffled = motion_distance(videos, count, ways);
    if (status == GAN_OK) status = generate(j, count, videos);
    if (status == GAN_OK) {
        motion = motion_distance(videos, count, ways);
        status = feature_distance(j->context, video, reference, videos, count, &frechet);
    }
    if (status == GAN_OK) {
        printf("motion=%.4f motion_of_data=%.4f motion_still=%.4f motion_shuffled=%.4f frechet=%.4g "
               "frechet_of_data=%.4g steps=%lld\n",
               motion, of_data, motion_distance(NULL, count, ways), shuffled, frechet, frechet_of_data,
               (long long)gan_game_rounds(j->play));
    }
    free(ways);
    free(reference);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status run(job *j)
{
    gan_status status = open_context(j->game.threads, &j->context);
    if (status == GAN_OK) status = open_data(j);
    if (status == GAN_OK) status = describe(j);
    j->game.fed = j->dataset;
    if (status == GAN_OK) status = play_game(j->context, j->play, &j->game, write_files, j);
    return status == GAN_OK ? evaluate(j) : status;
}

static void release(job *j)
{
    gan_game_destroy(j->play);
    gan_model_destroy(j->average);
    gan_model_destroy(j->generator);
    gan_model_destroy(j->discriminator);
    gan_dataset_destroy(j->dataset);
    moving_close(&j->moving);
    gan_context_destroy(j->context);
}

int main(int argc, char **argv)
{
    job j = {.game = GAME_SETTINGS("video"),
             .data = "/usr/share/datasets/fashion-mnist",
             .batch = 32,
             .videos = 20000,
             .samples = 1000};
    const option options[] = {
        {"--data", OPTION_TEXT, &j.data, 0, 0, "DIR", "MNIST-format files, .gz or not (default Fashion-MNIST's)"},
        {"--batch", OPTION_INTEGER, &j.batch, 1, 65536, "N", "videos per step (default 32)"},
        {"--videos", OPTION_INTEGER, &j.videos, 1, 1e12, "N", "different ones to train on (default 20000)"},
        {"--samples", OPTION_INTEGER, &j.samples, 2, 1e6, "N", "to measure (default 1000)"},
        GAME_OPTIONS(j.game, "video"),
    };
    read_options(argc, argv, 1,
                 "video: learns to make videos of two images that move and bounce. Default --minutes 15.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (j.game.minutes == 0 && j.game.steps == 0) j.game.minutes = 15;
    if (j.batch > j.videos) {
        fprintf(stderr, "--batch %lld: there are only %lld videos\n", (long long)j.batch, (long long)j.videos);
        return 2;
    }
    will_write_game(j.game.output, (const char *const[]){"generator.safetensors", "samples.png", "frames.png", NULL});
    if (j.game.resume) require_checkpoint(j.game.output);
    const int result = exit_status(run(&j));
    release(&j);
    return result;
}
