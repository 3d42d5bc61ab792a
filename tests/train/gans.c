#include "gans.h"

#include "support/allocator.h"
#include "support/models.h"
#include "support/splitmix.h"

#include <math.h>
#include <stdlib.h>

#define MOST_VALUES 65536

/* ---- Models ---------------------------------------------------------------------------------------------------- */

static gan_status dense_models(gan_context *context, gan_model **generator, gan_model **discriminator)
{
    gan_model *models[2] = {NULL, NULL};
    const int64_t widths[2][3] = {{3, 8, 4}, {4, 8, 1}};
    gan_status status = GAN_OK;

    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        status = gan_model_create(context, &models[i]);
        if (status != GAN_OK) break;
        gan_model_add(models[i], gan_layer_input(context, GAN_SHAPE(widths[i][0])));
        gan_model_add(models[i], gan_layer_dense(context, widths[i][1], NULL));
        gan_model_add(models[i], gan_layer_leaky_relu(context, NULL));
        gan_model_add(models[i], gan_layer_dense(context, widths[i][2], NULL));
        if (i == 0) gan_model_add(models[i], gan_layer_tanh(context));
        status = gan_model_build(models[i], 1 + (uint64_t)i);
    }
    if (status != GAN_OK) {
        gan_model_destroy(models[0]);
        gan_model_destroy(models[1]);
        return status;
    }
    *generator = models[0];
    *discriminator = models[1];
    return GAN_OK;
}

static gan_status dcgan_models(gan_context *context, test_model_fn build_discriminator, gan_model **generator,
                               gan_model **discriminator)
{
    gan_model *made = NULL;
    gan_status status = test_dcgan_generator(context, 1, &made);

    if (status != GAN_OK) return status;
    status = build_discriminator(context, 2, discriminator);
    if (status == GAN_OK) {
        *generator = made;
    } else {
        gan_model_destroy(made);
    }
    return status;
}

static gan_status smooth_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 8, 8)));
    gan_model_add(model, gan_layer_conv2d(context, 3, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    status = gan_model_build(model, seed);
    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

static gan_layer *up(gan_context *context, int64_t filters)
{
    return gan_layer_conv_transpose2d(
        context, filters, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static gan_layer *down(gan_context *context, int64_t filters)
{
    return gan_layer_conv2d(
        context, filters,
        GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME, .spectral_norm = true));
}

static gan_status wide_models(gan_context *context, gan_model **generator, gan_model **discriminator)
{
    gan_model *g = NULL, *d = NULL;
    gan_status status = gan_model_create(context, &g);

    if (status == GAN_OK) status = gan_model_create(context, &d);
    if (status == GAN_OK) {
        gan_model_add(g, gan_layer_input(context, GAN_SHAPE(20)));
        gan_model_add(g, gan_layer_dense(context, 640, NULL));
        gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_relu(context));
        gan_model_add(g, gan_layer_reshape(context, GAN_SHAPE(40, 4, 4)));
        gan_model_add(g, up(context, 24));
        gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = 0.1f)));
        gan_model_add(g, up(context, 3));
        gan_model_add(g, gan_layer_tanh(context));
        gan_model_add(d, gan_layer_input(context, GAN_SHAPE(3, 16, 16)));
        gan_model_add(d, down(context, 24));
        gan_model_add(d, gan_layer_leaky_relu(context, NULL));
        gan_model_add(d, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
        gan_model_add(d, down(context, 40));
        gan_model_add(d, gan_layer_batch_norm(context, NULL));
        gan_model_add(d, gan_layer_leaky_relu(context, NULL));
        gan_model_add(d, gan_layer_flatten(context));
        gan_model_add(d, gan_layer_dense(context, 1, NULL));
        status = gan_model_build(g, 1);
    }
    if (status == GAN_OK) status = gan_model_build(d, 2);
    if (status != GAN_OK) {
        gan_model_destroy(g);
        gan_model_destroy(d);
        return status;
    }
    *generator = g;
    *discriminator = d;
    return GAN_OK;
}

static gan_status colour_models(gan_context *context, int64_t packing, gan_model **generator,
                                gan_model **discriminator)
{
    gan_model *g = NULL, *d = NULL;
    gan_status status = gan_model_create(context, &g);

    if (status == GAN_OK) status = gan_model_create(context, &d);
    if (status == GAN_OK) {
        gan_model_add(g, gan_layer_input(context, GAN_SHAPE(3)));
        gan_model_add(g, gan_layer_dense(context, 90, NULL));
        gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_reshape(context, GAN_SHAPE(3, 6, 5)));
        gan_model_add(g, gan_layer_tanh(context));
        gan_model_add(d, gan_layer_input(context, GAN_SHAPE(packing * 3, 6, 5)));
        gan_model_add(d, down(context, 4));
        gan_model_add(d, gan_layer_softplus(context));
        gan_model_add(d, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
        gan_model_add(d, gan_layer_flatten(context));
        gan_model_add(d, gan_layer_dense(context, 1, NULL));
        status = gan_model_build(g, 1);
    }
    if (status == GAN_OK) status = gan_model_build(d, 2);
    if (status != GAN_OK) {
        gan_model_destroy(g);
        gan_model_destroy(d);
        return status;
    }
    *generator = g;
    *discriminator = d;
    return GAN_OK;
}

gan_shape test_gan_shape(test_gan_kind kind)
{
    switch (kind) {
    case TEST_GAN_COLOUR:
    case TEST_GAN_PACKED: return GAN_SHAPE(3, 6, 5);
    case TEST_GAN_DCGAN:
    case TEST_GAN_SMOOTH: return GAN_SHAPE(2, 8, 8);
    case TEST_GAN_WIDE: return GAN_SHAPE(3, 16, 16);
    default: return GAN_SHAPE(4);
    }
}

int64_t test_gan_elements(test_gan_kind kind)
{
    return gan_shape_count(test_gan_shape(kind));
}

gan_status test_gan_models(gan_context *context, test_gan_kind kind, gan_model **generator, gan_model **discriminator)
{
    switch (kind) {
    case TEST_GAN_DCGAN: return dcgan_models(context, test_dcgan_discriminator, generator, discriminator);
    case TEST_GAN_SMOOTH: return dcgan_models(context, smooth_discriminator, generator, discriminator);
    case TEST_GAN_COLOUR: return colour_models(context, 1, generator, discriminator);
    case TEST_GAN_PACKED: return colour_models(context, 2, generator, discriminator);
    case TEST_GAN_WIDE: return wide_models(context, generator, discriminator);
    default: return dense_models(context, generator, discriminator);
    }
}

/* ---- Trainers -------------------------------------------------------------------------------------------------- */

test_gan test_gan_create(test_gan_kind kind, int threads, const gan_trainer_options *options)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = threads), &context), GAN_OK);
    return test_gan_create_in(context, kind, options);
}

test_gan test_gan_create_in(gan_context *context, test_gan_kind kind, const gan_trainer_options *options)
{
    test_gan gan = {.context = context};

    assert_int_equal(test_gan_models(gan.context, kind, &gan.generator, &gan.discriminator), GAN_OK);
    assert_int_equal(gan_trainer_create(gan.context, gan.generator, gan.discriminator, options, &gan.trainer),
                     GAN_OK);
    return gan;
}

void test_gan_destroy(test_gan *gan)
{
    gan_trainer_destroy(gan->trainer);
    gan_model_destroy(gan->generator);
    gan_model_destroy(gan->discriminator);
    gan_context_destroy(gan->context);
}

void test_numbers(uint64_t seed, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = (float)(test_splitmix(seed + i + 1) >> 40) * 0x1p-23f - 1;
}

void test_gan_steps(const test_gan *gan, test_gan_kind kind, int first, int last, int64_t batch, int updates,
                    gan_step_report *report)
{
    static float samples[MOST_VALUES];
    const size_t count = (size_t)(batch * updates * test_gan_elements(kind));

    assert_true(count <= MOST_VALUES);
    for (int step = first; step <= last; step++) {
        test_numbers(1000 + (uint64_t)step, samples, count);
        assert_int_equal(gan_trainer_step(gan->trainer, samples, batch, report), GAN_OK);
    }
}

/* ---- Weights --------------------------------------------------------------------------------------------------- */

float *test_weights(const gan_model *model, size_t *count)
{
    size_t total = 0, done = 0;
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;

    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        total += (size_t)info.count;
    }
    float *values = malloc(total * sizeof(*values));
    assert_non_null(values);
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        assert_int_equal(gan_model_get_tensor(model, info.name, values + done, (size_t)info.count), GAN_OK);
        done += (size_t)info.count;
    }
    *count = total;
    return values;
}

void test_assert_weights(const gan_model *model, const float *expected)
{
    size_t count;
    float *values = test_weights(model, &count);

    assert_memory_equal(values, expected, count * sizeof(*values));
    free(values);
}

void test_assert_same_weights(const gan_model *a, const gan_model *b)
{
    size_t count;
    float *values = test_weights(b, &count);

    assert_int_equal(gan_model_tensor_count(a), gan_model_tensor_count(b));
    test_assert_weights(a, values);
    free(values);
}

bool test_weights_finite(const gan_model *model)
{
    size_t count;
    float *values = test_weights(model, &count);
    bool finite = true;

    for (size_t i = 0; i < count; i++) finite = finite && isfinite(values[i]);
    free(values);
    return finite;
}

void assert_near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", actual, tolerance, expected);
}

/* ---- Trainers -------------------------------------------------------------------------------------------------- */

void test_options_are_refused(const test_gan *gan, const refused_options *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gan_trainer *trainer = NULL;
        test_status(gan_trainer_create(gan->context, gan->generator, gan->discriminator, cases[i].options, &trainer),
                    cases[i].status, cases[i].part);
        assert_null(trainer);
    }
}

typedef struct creation {
    test_gan_kind kind;
    const gan_trainer_options *options;
} creation;

static gan_status create_trainer(gan_context *context, void *user)
{
    const creation *of = user;
    gan_model *generator, *discriminator;
    gan_trainer *trainer = NULL;
    gan_status status = test_gan_models(context, of->kind, &generator, &discriminator);
    if (status != GAN_OK) return status;
    status = gan_trainer_create(context, generator, discriminator, of->options, &trainer);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    return status;
}

size_t test_trainer_allocations_fail(test_gan_kind kind, const gan_trainer_options *options)
{
    creation of = {kind, options};
    return test_every_allocation_fails(create_trainer, &of);
}

static gan_context_info info_of(const gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    return info;
}

void test_steps_allocate_nothing(test_gan_kind kind, const gan_trainer_options *options, int steps, int64_t batch)
{
    test_gan gan = test_gan_create(kind, 1, options);
    const gan_context_info before = info_of(gan.context);
    test_gan_steps(&gan, kind, 1, steps, batch, 1, NULL);
    const gan_context_info after = info_of(gan.context);
    assert_int_equal(after.allocations, before.allocations);
    assert_int_equal(after.bytes, before.bytes);
    assert_int_equal(after.peak_bytes, before.peak_bytes);
    test_gan_destroy(&gan);
}

void test_each_holds_more(test_gan_kind kind, const gan_trainer_options *const *options, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        test_gan gan = test_gan_create(kind, 1, options[i]);
        const gan_context_info info = info_of(gan.context);
        assert_true(info.bytes > bytes);
        bytes = info.bytes;
        test_gan_destroy(&gan);
    }
}
