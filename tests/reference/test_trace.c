/* 100 alternating steps of the seed GAN against PyTorch: the same initial weights, samples and noise, by the formulas
 * of make_trace.py, and the results in its trace.safetensors. */
#include "fixture.h"
#include "support/splitmix.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define STEPS   100
#define BATCH   8
#define NOISE   100
#define PIXELS  784
#define TENSORS 14

/* Streams of numbers; a tensor's stream is its number. */
#define SAMPLE_STREAM    100
#define NOISE_STREAM     101
#define DIRECTION_STREAM 200
#define STREAMS_A_STEP   1000

/* ---- Numbers that both sides make ------------------------------------------------------------------------------ */

/* Number i of a stream. */
static uint64_t hash(uint64_t stream, uint64_t i)
{
    return test_splitmix((stream << 32) + i + 1);
}

/* In [-1, 1). */
static float uniform(uint64_t stream, uint64_t i)
{
    return (float)((double)(hash(stream, i) >> 40) * 0x1p-23 - 1);
}

/* Sum of the four 16-bit parts, with mean 0 and variance 1. */
static float nearly_normal(uint64_t stream, uint64_t i)
{
    uint64_t x = hash(stream, i);
    int64_t total = (int64_t)((x & 0xFFFF) + (x >> 16 & 0xFFFF) + (x >> 32 & 0xFFFF) + (x >> 48));
    return (float)((double)(total - 131070) / 37837.2);
}

/* 4 x 4 squares of one grey each, with noise on every pixel. */
static void make_samples(int step, float samples[BATCH * PIXELS])
{
    const uint64_t stream = SAMPLE_STREAM + STREAMS_A_STEP * ((uint64_t)step + 1);
    for (uint64_t i = 0; i < BATCH * PIXELS; i++) {
        uint64_t sample = i / PIXELS, row = i % PIXELS / 28, column = i % 28;
        float square = uniform(stream, sample * 16 + row / 7 * 4 + column / 7);
        float shade = 0.75f * square, grain = 0.25f * uniform(stream + 1, i);
        samples[i] = shade + grain;
    }
}

static void make_noise(int step, float noise[BATCH * NOISE])
{
    const uint64_t stream = NOISE_STREAM + STREAMS_A_STEP * ((uint64_t)step + 1);
    for (uint64_t i = 0; i < BATCH * NOISE; i++) noise[i] = nearly_normal(stream, i);
}

/* ---- The models ------------------------------------------------------------------------------------------------ */

static gan_model *make_generator(gan_context *context)
{
    const int64_t widths[] = {256, 512, 1024};
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(NOISE)));
    for (int i = 0; i < 3; i++) {
        gan_model_add(model, gan_layer_dense(context, widths[i], NULL));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_dense(context, PIXELS, NULL));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(1, 28, 28)));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static gan_model *make_discriminator(gan_context *context)
{
    const int64_t filters[] = {64, 128};
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1, 28, 28)));
    for (int i = 0; i < 2; i++) {
        gan_model_add(model,
                      gan_layer_conv2d(context, filters[i],
                                       GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

/* A tensor of either model: G's first, in order. */
typedef struct tensor {
    gan_model *model;
    const char *name;
    size_t count;
    float bias; /* biases start alternately at + and - this */
    float *initial;
} tensor;

/* sqrt(6 / (fan_in + fan_out)) of a weight (out, in, receptive field). */
static float glorot_limit(gan_shape shape)
{
    int64_t receptive = 1;
    for (int i = 2; i < shape.rank; i++) receptive *= shape.dims[i];
    return (float)sqrt(6.0 / (double)((shape.dims[0] + shape.dims[1]) * receptive));
}

static void fill_tensor(tensor *t, uint64_t number, gan_shape shape)
{
    t->initial = malloc(t->count * sizeof(float));
    assert_non_null(t->initial);
    const float limit = shape.rank > 1 ? glorot_limit(shape) : 0;
    for (size_t i = 0; i < t->count; i++) {
        t->initial[i] = shape.rank > 1 ? limit * uniform(number, i) : i % 2 ? -t->bias : t->bias;
    }
    assert_int_equal(gan_model_set_tensor(t->model, t->name, t->initial, t->count), GAN_OK);
}

static void fill_tensors(gan_model *generator, gan_model *discriminator, tensor tensors[TENSORS])
{
    const size_t of_generator = gan_model_tensor_count(generator);
    assert_int_equal(of_generator + gan_model_tensor_count(discriminator), TENSORS);
    for (size_t i = 0; i < TENSORS; i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        gan_model *model = i < of_generator ? generator : discriminator;
        assert_int_equal(gan_model_get_tensor_info(model, i < of_generator ? i : i - of_generator, &info), GAN_OK);
        tensors[i] = (tensor){.model = model, .name = info.name, .count = (size_t)info.count};
        if (model == discriminator && strcmp(info.name, "0.bias") == 0) tensors[i].bias = 2;
        if (model == discriminator && strcmp(info.name, "2.bias") == 0) tensors[i].bias = 6;
        fill_tensor(&tensors[i], i, info.shape);
    }
}

/* ---- What is compared ------------------------------------------------------------------------------------------ */

static void compare(const char *what, int number, double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        fail_msg("%s %d is %.9g, expected %.9g", what, number, actual, expected);
    }
}

/* Norm and projection of each tensor's values (minus initial ones) against stored ones, on the scale of the norm. */
static void compare_summaries(gan_context *context, const char *name, const tensor tensors[TENSORS],
                              float *const values[TENSORS], bool minus_initial, double of_norm, double of_projection)
{
    float expected[TENSORS][2];
    fixture_read(context, name, expected[0], 2 * TENSORS);
    for (int i = 0; i < TENSORS; i++) {
        double squares = 0, projection = 0;
        for (size_t k = 0; k < tensors[i].count; k++) {
            double value = values[i][k] - (minus_initial ? (double)tensors[i].initial[k] : 0);
            squares += value * value;
            projection += value * uniform(DIRECTION_STREAM + (uint64_t)i, k);
        }
        compare(name, i, sqrt(squares), expected[i][0], of_norm * expected[i][0]);
        compare(name, i, projection, expected[i][1], of_projection * expected[i][0]);
    }
}

/* ---- The loop -------------------------------------------------------------------------------------------------- */

typedef struct loop {
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_session *generate, *real, *fake;
    gan_optimizer *generator_optimizer, *discriminator_optimizer;
    tensor tensors[TENSORS];
} loop;

static loop create_loop(void)
{
    loop l = {0};
    const gan_optimizer_options *adam = GAN_OPTIMIZER(.learning_rate = 2e-4f, .beta1 = 0.5f);
    const gan_session_options *options = GAN_SESSION(.batch = BATCH);
    assert_int_equal(gan_context_create(NULL, &l.context), GAN_OK);
    l.generator = make_generator(l.context);
    l.discriminator = make_discriminator(l.context);
    fill_tensors(l.generator, l.discriminator, l.tensors);
    assert_int_equal(gan_session_create(l.generator, options, &l.generate), GAN_OK);
    assert_int_equal(gan_session_create(l.discriminator, options, &l.real), GAN_OK);
    assert_int_equal(gan_session_create(l.discriminator, options, &l.fake), GAN_OK);
    assert_int_equal(gan_optimizer_create(l.generator, adam, &l.generator_optimizer), GAN_OK);
    assert_int_equal(gan_optimizer_create(l.discriminator, adam, &l.discriminator_optimizer), GAN_OK);
    return l;
}

static void destroy_loop(loop *l)
{
    for (int i = 0; i < TENSORS; i++) free(l->tensors[i].initial);
    gan_session_destroy(l->generate);
    gan_session_destroy(l->real);
    gan_session_destroy(l->fake);
    gan_optimizer_destroy(l->generator_optimizer);
    gan_optimizer_destroy(l->discriminator_optimizer);
    gan_model_destroy(l->generator);
    gan_model_destroy(l->discriminator);
    gan_context_destroy(l->context);
}

static void judge(gan_session *session, float logits[BATCH])
{
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, logits), GAN_OK);
}

static double update_discriminator(loop *l, int step)
{
    float samples[BATCH * PIXELS], noise[BATCH * NOISE], real[BATCH], fake[BATCH], gradients[2][BATCH];
    double loss;
    make_samples(step, samples);
    make_noise(step, noise);
    assert_int_equal(gan_session_set_input(l->generate, 0, noise, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(l->generate, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_set_input(l->real, 0, samples, BATCH), GAN_OK);
    judge(l->real, real);
    assert_int_equal(gan_session_set_input_from(l->fake, 0, l->generate, 0), GAN_OK);
    judge(l->fake, fake);
    assert_int_equal(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, real, BATCH, fake, BATCH, &loss, gradients[0],
                                            gradients[1]),
                     GAN_OK);
    assert_int_equal(gan_model_zero_gradients(l->discriminator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->real, 0, gradients[0]), GAN_OK);
    assert_int_equal(gan_session_backward(l->real, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->fake, 0, gradients[1]), GAN_OK);
    assert_int_equal(gan_session_backward(l->fake, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_optimizer_step(l->discriminator_optimizer, NULL), GAN_OK);
    return loss;
}

static double update_generator(loop *l)
{
    float fake[BATCH], gradient[BATCH];
    double loss;
    assert_int_equal(gan_session_set_input_from(l->fake, 0, l->generate, 0), GAN_OK);
    judge(l->fake, fake);
    assert_int_equal(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, fake, BATCH, &loss, gradient), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(l->fake, 0, gradient), GAN_OK);
    assert_int_equal(gan_session_backward(l->fake, GAN_BACKWARD_INPUTS), GAN_OK);
    assert_int_equal(gan_model_zero_gradients(l->generator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient_from(l->generate, 0, l->fake, 0), GAN_OK);
    assert_int_equal(gan_session_backward(l->generate, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_optimizer_step(l->generator_optimizer, NULL), GAN_OK);
    return loss;
}

/* Copies every tensor's gradient, or value, into arrays of one block, which is returned. */
static float *collect(const tensor tensors[TENSORS], bool gradients, float *values[TENSORS])
{
    size_t total = 0, done = 0;
    for (int i = 0; i < TENSORS; i++) total += tensors[i].count;
    float *block = malloc(total * sizeof(*block));
    assert_non_null(block);
    for (int i = 0; i < TENSORS; i++) {
        const tensor *t = &tensors[i];
        values[i] = block + done;
        done += t->count;
        assert_int_equal(gradients ? gan_model_get_gradient(t->model, t->name, values[i], t->count)
                                   : gan_model_get_tensor(t->model, t->name, values[i], t->count),
                         GAN_OK);
    }
    return block;
}

static void test_trace(void **state)
{
    (void)state;
    loop l = create_loop();
    float discriminator_loss[STEPS], generator_loss[STEPS], *values[TENSORS];
    fixture_read(l.context, "discriminator_loss", discriminator_loss, STEPS);
    fixture_read(l.context, "generator_loss", generator_loss, STEPS);
    for (int step = 0; step < STEPS; step++) {
        double of_discriminator = update_discriminator(&l, step), of_generator = update_generator(&l);
        compare("discriminator loss", step, of_discriminator, discriminator_loss[step],
                1e-3 * discriminator_loss[step]);
        compare("generator loss", step, of_generator, generator_loss[step], 1e-3 * generator_loss[step]);
        if (step == 0) {
            float *block = collect(l.tensors, true, values);
            compare_summaries(l.context, "first_gradients", l.tensors, values, false, 1e-4, 1e-4);
            free(block);
        }
    }
    float *block = collect(l.tensors, false, values);
    /* Rounding decides the sign of the smallest gradients, and so where Adam moves weights: PyTorch's own float32 and
     * float64 end 4 * 10^-3 apart in the projections. */
    compare_summaries(l.context, "changes", l.tensors, values, true, 1e-3, 2e-2);
    free(block);
    destroy_loop(&l);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trace)};
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("reference trace", tests, NULL, NULL);
}
