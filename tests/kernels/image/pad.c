/* Padding and its adjoint, and pixel shuffle and its inverse, pixel by pixel. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Runs `make` on contexts of 1, 2 and 3 threads, and compares with what is expected. */
typedef void (*make_fn)(gan_context *context, const void *by, int64_t batch, const gan_real *x, gan_real *y);

static void check(gan_context *const contexts[3], const char *name, make_fn make, const void *by, int64_t batch,
                  const gan_real *x, const gan_real *expected, int64_t count)
{
    for (int t = 0; t < 3; t++) {
        test_guarded y = test_guarded_create(count);
        make(contexts[t], by, batch, x, y.values);
        test_same_bits(name, "pixels", expected, y.values, count);
        test_guarded_check(&y, "pixels");
    }
}

/* ---- Padding --------------------------------------------------------------------------------------------------- */

/* Sides: input, before, after. */
static const struct {
    int64_t batch;
    gan_image_padding by;
} paddings[] = {
    {1, {GAN_PAD_ZERO, 1, {1, 0, 0}, {1, 0, 0}}},
    {2, {GAN_PAD_ZERO, 3, {4, 2, 1}, {5, 0, 3}}},
    {3, {GAN_PAD_ZERO, 130, {9, 1, 1}, {8, 40, 50}}},
    {1, {GAN_PAD_REFLECTION, 1, {2, 1, 1}, {3, 2, 2}}},
    {2, {GAN_PAD_REFLECTION, 5, {7, 6, 3}, {4, 0, 3}}},
    {3, {GAN_PAD_REFLECTION, 1, {1, 0, 0}, {5, 4, 1}}},
    {4, {GAN_PAD_REFLECTION, 64, {28, 3, 3}, {28, 3, 3}}},
    {1, {GAN_PAD_REPLICATION, 2, {1, 3, 2}, {1, 5, 4}}},
    {3, {GAN_PAD_REPLICATION, 7, {3, 8, 0}, {2, 0, 9}}},
    {2, {GAN_PAD_REPLICATION, 33, {16, 1, 2}, {15, 3, 1}}},
    {130, {GAN_PAD_REPLICATION, 1, {3, 1, 1}, {300, 2, 2}}},
};
enum { PADDINGS = sizeof(paddings) / sizeof(paddings[0]) };

static int64_t all(const gan_pad_side *side)
{
    return side->before + side->input + side->after;
}

/* The pixel of a side seen at `at`, which counts from the first pixel of x; -1: none. */
static int64_t seen(gan_pad_mode mode, int64_t input, int64_t at)
{
    if (at >= 0 && at < input) return at;
    if (mode == GAN_PAD_ZERO) return -1;
    if (mode == GAN_PAD_REPLICATION) return at < 0 ? 0 : input - 1;
    return at < 0 ? -at : 2 * (input - 1) - at;
}

/* y padded from x, and dx, to which dy is added: both in one go over the padded pixels. */
static void define_padding(const gan_image_padding *by, int64_t batch, const gan_real *x, gan_real *y,
                           const gan_real *dy, gan_real *dx)
{
    const int64_t height = all(&by->rows), width = all(&by->columns);
    memset(dx, 0, (size_t)(batch * by->rows.input * by->columns.input * by->channels) * sizeof(gan_real));
    for (int64_t k = 0; k < batch * height * width; k++) {
        const int64_t row = seen(by->mode, by->rows.input, k / width % height - by->rows.before);
        const int64_t column = seen(by->mode, by->columns.input, k % width - by->columns.before);
        const int64_t pixel =
            row < 0 || column < 0 ? -1 : (k / width / height * by->rows.input + row) * by->columns.input + column;
        for (int64_t c = 0; c < by->channels; c++) {
            y[k * by->channels + c] = pixel < 0 ? 0 : x[pixel * by->channels + c];
            if (pixel >= 0) dx[pixel * by->channels + c] += dy[k * by->channels + c];
        }
    }
}

static void make_padding(gan_context *context, const void *by, int64_t batch, const gan_real *x, gan_real *y)
{
    gan_pad_images(context, by, batch, x, y);
}

static void make_adjoint(gan_context *context, const void *by, int64_t batch, const gan_real *x, gan_real *y)
{
    gan_fold_padding(context, by, batch, x, y);
}

static void pad_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < PADDINGS; k++) {
        const gan_image_padding *by = &paddings[k].by;
        const int64_t batch = paddings[k].batch, inputs = batch * by->rows.input * by->columns.input * by->channels;
        const int64_t outputs = batch * all(&by->rows) * all(&by->columns) * by->channels;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, inputs), *dy = test_random_array(&seed, outputs);
        gan_real *y = test_random_array(&seed, outputs), *dx = test_random_array(&seed, inputs);
        /* Sums of multiples of 1/8 are exact in any order; + 0.0 leaves no -0, which a sum from 0 never is. */
        for (int64_t i = 0; i < outputs; i++) dy[i] = (gan_real)(floor((double)dy[i] * 8) / 8 + 0.0);
        define_padding(by, batch, x, y, dy, dx);
        check(contexts, name, make_padding, by, batch, x, y, outputs);
        check(contexts, name, make_adjoint, by, batch, dy, dx, inputs);
        free(x);
        free(y);
        free(dx);
        free(dy);
    }
}

static void test_padding(void **state)
{
    (void)state;
    test_on_threads(pad_on);
}

/* A NaN or infinite gradient beyond the border of zeros reaches no pixel. */
static void zeros_on(gan_context *context, const char *name)
{
    static const gan_image_padding by = {GAN_PAD_ZERO, 1, {1, 1, 1}, {2, 1, 0}};
    const gan_real dy[9] = {NAN, NAN, NAN, NAN, 3, 4, INFINITY, NAN, NAN}, expected[2] = {3, 4};
    gan_real dx[2];
    gan_fold_padding(context, &by, 1, dy, dx);
    test_same_bits(name, "zeros", expected, dx, 2);
}

static void test_zeros(void **state)
{
    (void)state;
    test_on_level(zeros_on);
}

/* ---- Pixel shuffle --------------------------------------------------------------------------------------------- */

static const struct {
    int64_t batch;
    gan_pixel_shuffle by; /* factor, channels, rows, columns */
} shuffles[] = {{1, {1, 1, 1, 1}}, {2, {1, 5, 3, 4}}, {3, {2, 1, 3, 5}},     {2, {3, 4, 2, 3}},
                {1, {5, 7, 1, 2}}, {2, {2, 3, 9, 7}}, {20, {2, 16, 14, 14}}, {1, {4, 130, 3, 9}}};
enum { SHUFFLES = sizeof(shuffles) / sizeof(shuffles[0]) };

/* As PyTorch defines it, of channel, row and column, here channels last. */
static void define_shuffle(const gan_pixel_shuffle *by, int64_t batch, const gan_real *x, gan_real *y)
{
    const int64_t f = by->factor, height = f * by->rows, width = f * by->columns;
    for (int64_t k = 0; k < batch * height * width; k++) {
        const int64_t n = k / width / height, row = k / width % height, column = k % width;
        const int64_t pixel = (n * by->rows + row / f) * by->columns + column / f;
        for (int64_t c = 0; c < by->channels; c++) {
            const int64_t channel = c * f * f + row % f * f + column % f;
            y[k * by->channels + c] = x[pixel * by->channels * f * f + channel];
        }
    }
}

static void make_shuffle(gan_context *context, const void *by, int64_t batch, const gan_real *x, gan_real *y)
{
    gan_shuffle_pixels(context, by, batch, x, y);
}

static void make_unshuffle(gan_context *context, const void *by, int64_t batch, const gan_real *x, gan_real *y)
{
    gan_unshuffle_pixels(context, by, batch, x, y);
}

static void shuffle_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHUFFLES; k++) {
        const gan_pixel_shuffle *by = &shuffles[k].by;
        const int64_t batch = shuffles[k].batch,
                      count = batch * by->rows * by->columns * by->channels * by->factor * by->factor;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *y = test_random_array(&seed, count);
        define_shuffle(by, batch, x, y);
        check(contexts, name, make_shuffle, by, batch, x, y, count);
        check(contexts, name, make_unshuffle, by, batch, y, x, count);
        free(x);
        free(y);
    }
}

static void test_pixel_shuffle(void **state)
{
    (void)state;
    test_on_threads(shuffle_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_padding), cmocka_unit_test(test_zeros),
                                       cmocka_unit_test(test_pixel_shuffle)};
    return cmocka_run_group_tests_name("padding and pixel shuffle", tests, NULL, NULL);
}
