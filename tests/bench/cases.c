#include "cases.h"
#include "games.h"
#include "models.h"
#include "step.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- Models
 * -------------------------------------------------------------------------------------------------------- */

#define IMAGE GAN_SHAPE(1, 28, 28)

static gan_status seed_generator(gan_context *context, gan_model **out)
{
    return build_dense_generator(context, IMAGE, NORMALISATION_NONE, MODEL_FILTERS, 1, out);
}

static gan_status seed_discriminator(gan_context *context, gan_model **out)
{
    return build_conv_discriminator(context, IMAGE, NORMALISATION_NONE, MODEL_FILTERS, 1, out);
}

static gan_status dcgan_generator(gan_context *context, gan_model **out)
{
    static const int64_t filters[] = {128, 64};
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    gan_model_add(g, gan_layer_dense(context, 256 * 49, NULL));
    gan_model_add(g, gan_layer_reshape(context, GAN_SHAPE(256, 7, 7)));
    gan_model_add(g, gan_layer_batch_norm(context, NULL));
    gan_model_add(g, gan_layer_relu(context));
    for (int i = 0; i < 2; i++) {
        gan_model_add(g, gan_layer_conv_transpose2d(
                             context, filters[i],
                             GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_relu(context));
    }
    gan_model_add(g, gan_layer_conv2d(context, 1, GAN_CONV2D(.kernel = {3, 3}, .padding = GAN_PADDING_SAME)));
    gan_model_add(g, gan_layer_tanh(context));
    return build_or_destroy(g, 1, out);
}

static gan_status dcgan_discriminator(gan_context *context, gan_model **out)
{
    gan_model *d = NULL;
    gan_status status = gan_model_create(context, &d);
    if (status != GAN_OK) return status;
    const gan_conv2d_options *halve = GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME);
    gan_model_add(d, gan_layer_input(context, IMAGE));
    gan_model_add(d, gan_layer_conv2d(context, 64, halve));
    gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    gan_model_add(d, gan_layer_conv2d(context, 128, halve));
    gan_model_add(d, gan_layer_batch_norm(context, NULL));
    gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    gan_model_add(d, gan_layer_flatten(context));
    gan_model_add(d, gan_layer_dense(context, 1, NULL));
    return build_or_destroy(d, 1, out);
}

/* The networks of dcgan --size 64. */
#define PICTURE GAN_SHAPE(3, 64, 64)

static gan_status dcgan64_generator(gan_context *context, gan_model **out)
{
    return build_dcgan_generator(context, PICTURE, NORMALISATION_BATCH, MODEL_FILTERS, 1, out);
}

static gan_status dcgan64_discriminator(gan_context *context, gan_model **out)
{
    return build_dcgan_discriminator(context, PICTURE, NORMALISATION_BATCH, MODEL_FILTERS, 1, out);
}

/* 2-400-400-outputs */
static gan_status mixture_model(gan_context *context, int64_t outputs, gan_model **out)
{
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);
    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    for (int i = 0; i < 2; i++) {
        gan_model_add(model, gan_layer_dense(context, 400, NULL));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_dense(context, outputs, NULL));
    return build_or_destroy(model, 1, out);
}

static gan_status mixture_generator(gan_context *context, gan_model **out)
{
    return mixture_model(context, 2, out);
}

static gan_status mixture_discriminator(gan_context *context, gan_model **out)
{
    return mixture_model(context, 1, out);
}

/* ---- A training step
 * ------------------------------------------------------------------------------------------------ */

typedef gan_status (*build_fn)(gan_context *, gan_model **);

static gan_status prepare_step(gan_context *context, int64_t batch, float r1, build_fn build_g, build_fn build_d,
                               void **state)
{
    gan_model *g = NULL, *d = NULL;
    gan_status status = build_g(context, &g);
    if (status == GAN_OK) status = build_d(context, &d);
    if (status == GAN_OK) status = step_create(context, batch, r1, g, d, state);
    gan_model_destroy(g); /* the step keeps both */
    gan_model_destroy(d);
    return status;
}

static gan_status prepare_seed_step(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    return prepare_step(context, self->batch, 0, seed_generator, seed_discriminator, state);
}

/* R1 differentiates the gradient of the samples, which takes three more passes through the discriminator. */
static gan_status prepare_seed_r1(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    return prepare_step(context, self->batch, 1, seed_generator, seed_discriminator, state);
}

static gan_status prepare_dcgan_step(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    return prepare_step(context, self->batch, 0, dcgan_generator, dcgan_discriminator, state);
}

static gan_status prepare_dcgan64_step(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    return prepare_step(context, self->batch, 0, dcgan64_generator, dcgan64_discriminator, state);
}

static gan_status prepare_mixture_step(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    return prepare_step(context, self->batch, 0, mixture_generator, mixture_discriminator, state);
}

/* ---- Sampling
 * -------------------------------------------------------------------------------------------------------- */

typedef struct sample_state {
    gan_session *session;
    float *noise, *images;
    int64_t count, chunk;
} sample_state;

static gan_status prepare_sample(const bench_case *self, gan_context *context, const char *file, void **state)
{
    (void)file;
    sample_state *s = calloc(1, sizeof(*s));
    gan_model *g = NULL;
    gan_random *random = NULL;
    if (!s) return GAN_ERROR_MEMORY;
    *state = s;
    s->count = self->batch;
    s->chunk = s->count < 500 ? s->count : 500;
    s->noise = malloc((size_t)s->count * NOISE_SIZE * sizeof(float));
    s->images = malloc((size_t)s->count * 784 * sizeof(float));
    if (!s->noise || !s->images) return GAN_ERROR_MEMORY;
    gan_status status = seed_generator(context, &g);
    if (status == GAN_OK)
        status = gan_session_create(g, GAN_SESSION(.batch = s->chunk, .forward_only = true), &s->session);
    if (status == GAN_OK) status = gan_random_create(context, 1, 0, &random);
    if (status == GAN_OK) status = gan_random_normal(random, s->noise, (size_t)s->count * NOISE_SIZE);
    gan_random_destroy(random);
    gan_model_destroy(g);
    return status;
}

static gan_status run_sample(void *state)
{
    sample_state *s = state;
    gan_status status = GAN_OK;
    for (int64_t i = 0; status == GAN_OK && i < s->count; i += s->chunk) {
        int64_t n = s->count - i < s->chunk ? s->count - i : s->chunk;
        status = gan_session_set_input(s->session, 0, s->noise + i * NOISE_SIZE, n);
        if (status == GAN_OK) status = gan_session_forward(s->session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(s->session, 0, s->images + i * 784);
    }
    return status;
}

/* ---- Start-up: a saved model and its first sample
 * --------------------------------------------------------------------- */

static gan_status prepare_start(const bench_case *self, gan_context *context, const char *file, void **state)
{
    gan_model *g = NULL;
    (void)self;
    gan_status status = GAN_OK;
    if (access(file, F_OK) != 0) {
        status = seed_generator(context, &g);
        if (status == GAN_OK) status = gan_model_save(g, file);
        gan_model_destroy(g);
        g = NULL;
    }
    if (status == GAN_OK) status = gan_model_load(context, file, &g);
    *state = g;
    return status;
}

static gan_status run_start(void *state)
{
    static float image[784];
    return gan_model_sample(state, GAN_SAMPLE(.seed = 1), 1, image);
}

/* ---- The list
 * ----------------------------------------------------------------------------------------------------------- */

#define SEED_G         (100.0 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784)
#define SEED_D         (196.0 * 64 * 25 + 49.0 * 128 * 25 * 64 + 6272)
#define DCGAN_G        (100.0 * 12544 + 49.0 * 256 * 16 * 128 + 196.0 * 128 * 16 * 64 + 784.0 * 64 * 9)
#define DCGAN_D        (196.0 * 64 * 16 + 49.0 * 128 * 16 * 64 + 6272)
#define DCGAN64_MIDDLE (16.0 * 512 * 16 * 256 + 64.0 * 256 * 16 * 128 + 256.0 * 128 * 16 * 64 + 1024.0 * 64 * 16 * 3)
#define DCGAN64_G      (100.0 * 8192 + DCGAN64_MIDDLE)
#define DCGAN64_D      (DCGAN64_MIDDLE + 8192)
/* Classifier C: forward and backward on three batches for its own move; for the generator's, forward on two and
 * backward to the input on one. The first layer has no gradient of its input but for the last. */
#define SEMI_C1   (196.0 * 64 * 25)
#define SEMI_C    (SEMI_C1 + 49.0 * 128 * 25 * 64 + 6272.0 * 256 + 256.0 * 10)
#define SEMI_WORK (3 * SEED_G + 3 * (3 * SEMI_C - SEMI_C1) + 3 * SEMI_C)
/* The U-Net by its levels, from 32 x 32 pixels to one and back; the judge of pairs. All kernels are 4x4. */
#define PIX2PIX_DOWN \
    (1024.0 * 3 * 64 + 256.0 * 64 * 128 + 64.0 * 128 * 256 + 16.0 * 256 * 512 + 4.0 * 512 * 512 + 512.0 * 512)
#define PIX2PIX_UP \
    (512.0 * 512 + 4.0 * 1024 * 512 + 16.0 * 1024 * 256 + 64.0 * 512 * 128 + 256.0 * 256 * 64 + 1024.0 * 128 * 3)
#define PIX2PIX_G (16 * (PIX2PIX_DOWN + PIX2PIX_UP))
#define PIX2PIX_D (16 * (1024.0 * 6 * 64 + 256.0 * 64 * 128 + 225.0 * 128 * 256 + 196.0 * 256))
#define MIXTURE_G (2.0 * 400 + 400 * 400 + 400 * 2)
#define MIXTURE_D (2.0 * 400 + 400 * 400 + 400)

#define STEP_CASE(model, upper, n)                                                                                  \
    {                                                                                                               \
#model "-step-" #n, "one training step, batch " #n, n, FLOOR_MULTIPLY, (n)*STEP_WORK(upper##_G, upper##_D), \
            prepare_##model##_step, step_run, false                                                                 \
    }

const bench_case bench_cases[] = {
    STEP_CASE(seed, SEED, 32),
    STEP_CASE(seed, SEED, 128),
    STEP_CASE(dcgan, DCGAN, 32),
    STEP_CASE(dcgan, DCGAN, 128),
    STEP_CASE(dcgan64, DCGAN64, 16),
    STEP_CASE(mixture, MIXTURE, 100),
    {"seed-r1-32", "one training step with R1, batch 32", 32, FLOOR_MULTIPLY,
     32 * (STEP_WORK(SEED_G, SEED_D) + 3 * SEED_D), prepare_seed_r1, step_run, false},
    {"sample-1", "one 28x28 image from the seed's generator", 1, FLOOR_READ, 4 * SEED_G, prepare_sample, run_sample,
     false},
    {"sample-10000", "10,000 images from the seed's generator", 10000, FLOOR_MULTIPLY, 10000 * SEED_G, prepare_sample,
     run_sample, false},
    {"game-conditional-32", "a round of a class-conditional game, batch 32", 32, FLOOR_MULTIPLY,
     32 * STEP_WORK(SEED_G, SEED_D), prepare_conditional_game, run_conditional_game, false},
    {"sessions-conditional-32", "the same round, written by hand in sessions", 32, FLOOR_MULTIPLY,
     32 * STEP_WORK(SEED_G, SEED_D), prepare_conditional_sessions, run_conditional_sessions, false},
    {"game-semi-32", "a round of a semi-supervised game, batches of 32", 32, FLOOR_MULTIPLY, 32 * SEMI_WORK,
     prepare_semi_game, run_semi_game, false},
    {"sessions-semi-32", "the same round, written by hand in sessions", 32, FLOOR_MULTIPLY, 32 * SEMI_WORK,
     prepare_semi_sessions, run_semi_sessions, false},
    {"pix2pix-64", "a round of pix2pix, 64x64, U-Net with 64 filters, batch 4", 4, FLOOR_MULTIPLY,
     4 * STEP_WORK(PIX2PIX_G, PIX2PIX_D), prepare_pix2pix, run_picture_game, false},
    {"cyclegan-64", "a round of CycleGAN, 64x64, 6 residual blocks, 32 filters, batch 1", 1, FLOOR_NONE, 0,
     prepare_cyclegan, run_picture_game, false},
    {"start-up", "from a process's start to the first image of a saved generator", 1, FLOOR_NONE, 0, prepare_start,
     run_start, true},
};
const int bench_case_count = sizeof(bench_cases) / sizeof(bench_cases[0]);
