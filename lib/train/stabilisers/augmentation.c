/* What is done to samples before a discriminator sees them: augmentation and noise. */
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

#include <stdio.h>

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

gan_status gan_samples_check(const char *function, int64_t batch, int64_t size, int64_t *count)
{
    if (batch < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected at least 1", function, (long long)batch);
    }
    if (size < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: size is %lld, expected at least 1", function, (long long)size);
    }
    if (!gan_checked_multiply(batch, size, count)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld samples of %lld values overflow", function, (long long)batch,
                        (long long)size);
    }
    return GAN_OK;
}

/* ---- Between the border and kernels ---------------------------------------------------------------------------- */

typedef void (*samples_fn)(gan_context *context, const void *args, const gan_real *x, gan_real *y);

/* Runs a kernel on `count` values at the border. Only the library that computes in double needs copies. */
static gan_status run_on_floats(gan_context *context, samples_fn function, const void *args, int64_t count,
                                const float *x, float *y)
{
    if (sizeof(gan_real) == sizeof(float)) {
        function(context, args, (const gan_real *)(const void *)x, (gan_real *)(void *)y);
        return GAN_OK;
    }
    const gan_shape all = {1, {count}};
    gan_real *from = gan_allocate_array(context, count, sizeof(*from)),
             *to = from ? gan_allocate_array(context, count, sizeof(*to)) : NULL;
    if (to) {
        gan_samples_import(context, all, 1, x, from);
        function(context, args, from, to);
        gan_samples_export(context, all, 1, to, y);
    }
    gan_release(context, from, (size_t)count * sizeof(*from));
    gan_release(context, to, (size_t)count * sizeof(*to));
    return to ? GAN_OK : GAN_ERROR_MEMORY;
}

/* ---- Augmentation ---------------------------------------------------------------------------------------------- */

gan_status gan_augment_check(uint64_t kinds, gan_shape image, const char *what)
{
    const uint64_t all = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT;
    char text[GAN_SHAPE_TEXT];
    if (kinds & ~all) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %llu, expected a combination of gan_augmentation bits", what,
                        (unsigned long long)kinds);
    }
    if (image.rank != 3) {
        return gan_fail(GAN_ERROR_SHAPE, "%s is %llu, but samples %s are not images (channels, height, width)", what,
                        (unsigned long long)kinds, gan_shape_text(image, text));
    }
    if ((kinds & GAN_AUGMENT_COLOUR) && image.dims[0] != 1 && image.dims[0] != 3) {
        return gan_fail(GAN_ERROR_SHAPE, "%s is %llu, but images %s have no colours: expected 1 or 3 channels", what,
                        (unsigned long long)kinds, gan_shape_text(image, text));
    }
    return GAN_OK;
}

typedef void (*augment_fn)(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                           gan_real *y);

typedef struct augment_call {
    augment_fn kernel;
    gan_augment_args args;
    int64_t batch;
} augment_call;

static void run_augment(gan_context *context, const void *argument, const gan_real *x, gan_real *y)
{
    const augment_call *call = argument;
    call->kernel(context, &call->args, call->batch, x, y);
}

/* Checks what both directions share, and runs the kernel of one. */
static gan_status augment(const char *function, augment_fn kernel, gan_context *context, uint64_t kinds,
                          gan_shape image, gan_random_state state, int64_t batch, const float *x, float *y)
{
    char what[64];
    int64_t count;
    snprintf(what, sizeof(what), "%s: kinds", function);
    GAN_TRY(gan_shape_check(image, function));
    GAN_TRY(gan_augment_check(kinds, image, what));
    GAN_TRY(gan_samples_check(function, batch, gan_shape_count(image), &count));
    const augment_call call = {.kernel = kernel,
                               .args = {.kinds = kinds,
                                        .channels = image.dims[0],
                                        .height = image.dims[1],
                                        .width = image.dims[2],
                                        .state = state},
                               .batch = batch};
    return run_on_floats(context, run_augment, &call, count, x, y);
}

gan_status gan_augment(gan_context *context, uint64_t kinds, gan_shape image, gan_random_state state, int64_t batch,
                       const float *x, float *y)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(x);
    GAN_CHECK_NOT_NULL(y);
    return augment(__func__, gan_augment_images, context, kinds, image, state, batch, x, y);
}

gan_status gan_augment_backward(gan_context *context, uint64_t kinds, gan_shape image, gan_random_state state,
                                int64_t batch, const float *dy, float *dx)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(dy);
    GAN_CHECK_NOT_NULL(dx);
    return augment(__func__, gan_augment_images_backward, context, kinds, image, state, batch, dy, dx);
}

/* ---- Noise ----------------------------------------------------------------------------------------------------- */

typedef struct noise_call {
    int64_t count;
    gan_real deviation;
    gan_random_state state;
} noise_call;

static void run_noise(gan_context *context, const void *argument, const gan_real *x, gan_real *y)
{
    const noise_call *call = argument;
    gan_add_normal(context, call->count, call->deviation, call->state, x, y);
}

gan_status gan_instance_noise(gan_random *random, float deviation, const float *samples, int64_t batch, int64_t size,
                              float *out)
{
    GAN_FLOAT_SCOPE();
    int64_t count;
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_range_check(GAN_RANGE_NOT_NEGATIVE, deviation, "gan_instance_noise: deviation"));
    GAN_TRY(gan_samples_check(__func__, batch, size, &count));
    const noise_call call = {count, deviation, random->state};
    GAN_TRY(run_on_floats(random->context, run_noise, &call, count, samples, out));
    random->state.counter += (uint64_t)(count - 1) / GAN_NORMALS_PER_BLOCK + 1;
    return GAN_OK;
}
