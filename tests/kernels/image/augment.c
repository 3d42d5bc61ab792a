/* Augmentation of images against the steps of its definition, and noise against the numbers that it adds. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const gan_random_state random_state = {.seed = 0x123456789abcdef0, .stream = 77, .counter = 0xfffffffe};

static const struct {
    int64_t batch, channels, height, width;
} shapes[] = {
    {5, 1, 1, 1}, {4, 3, 1, 2}, {9, 1, 28, 28}, {40, 3, 8, 12}, {3, 3, 33, 31}, {2, 1, 5, 700}, {2, 3, 90, 91},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]), ALL = 7 };

static gan_augment_args args_of(int k, unsigned kinds)
{
    return (gan_augment_args){.kinds = kinds,
                              .channels = shapes[k].channels,
                              .height = shapes[k].height,
                              .width = shapes[k].width,
                              .state = random_state};
}

/* ---- The definition -------------------------------------------------------------------------------------------- */

/* What is drawn for an image. */
typedef struct draws {
    double brightness, saturation, contrast;
    int64_t down, right, cut_row, cut_column;
} draws;

static int64_t half(int64_t side)
{
    return (int64_t)floor((double)side / 2 + 0.5);
}

static draws draw(const gan_augment_args *args, int64_t sample)
{
    gan_random_state at = args->state;
    uint32_t words[8];
    double u[7];
    const int64_t down = (int64_t)floor((double)args->height / 8 + 0.5),
                  right = (int64_t)floor((double)args->width / 8 + 0.5);
    at.counter += 2 * (uint64_t)sample;
    gan_philox(at, words);
    at.counter++;
    gan_philox(at, words + 4);
    for (int i = 0; i < 7; i++) u[i] = (double)words[i] / 4294967296.0;
    return (draws){.brightness = u[0] - 0.5,
                   .saturation = 2 * u[1],
                   .contrast = 0.5 + u[2],
                   .down = (int64_t)floor(u[3] * (double)(2 * down + 1)) - down,
                   .right = (int64_t)floor(u[4] * (double)(2 * right + 1)) - right,
                   .cut_row = (int64_t)floor(u[5] * (double)(args->height + (half(args->height) % 2 == 0))),
                   .cut_column = (int64_t)floor(u[6] * (double)(args->width + (half(args->width) % 2 == 0)))};
}

/* The three steps of colour, one after another. */
static void colour(const gan_augment_args *args, draws of, double *image)
{
    const int64_t plane = args->height * args->width, count = args->channels * plane;
    double mean = 0;
    for (int64_t i = 0; i < count; i++) image[i] += of.brightness;
    for (int64_t p = 0; p < plane; p++) {
        double pixel = 0;
        for (int64_t c = 0; c < args->channels; c++) pixel += image[c * plane + p] / (double)args->channels;
        for (int64_t c = 0; c < args->channels; c++)
            image[c * plane + p] = pixel + of.saturation * (image[c * plane + p] - pixel);
    }
    for (int64_t i = 0; i < count; i++) mean += image[i] / (double)count;
    for (int64_t i = 0; i < count; i++) image[i] = mean + of.contrast * (image[i] - mean);
}

static bool within(int64_t i, int64_t centre, int64_t side)
{
    const int64_t from = centre - half(side) / 2;
    return i >= from && i < from + half(side);
}

static void define(const gan_augment_args *args, int64_t sample, const gan_real *x, double *y)
{
    const int64_t height = args->height, width = args->width, plane = height * width;
    const draws of = draw(args, sample);
    double *image = malloc((size_t)(args->channels * plane) * sizeof(*image));
    assert_non_null(image);
    for (int64_t i = 0; i < args->channels * plane; i++) image[i] = (double)x[i];
    if (args->kinds & GAN_AUGMENT_COLOUR) colour(args, of, image);
    const int64_t down = args->kinds & GAN_AUGMENT_TRANSLATION ? of.down : 0;
    const int64_t right = args->kinds & GAN_AUGMENT_TRANSLATION ? of.right : 0;
    for (int64_t i = 0; i < args->channels * plane; i++) {
        const int64_t row = i % plane / width, column = i % width;
        const bool cut = (args->kinds & GAN_AUGMENT_CUTOUT) && within(row, of.cut_row, height) &&
                         within(column, of.cut_column, width);
        const bool outside = row - down < 0 || row - down >= height || column - right < 0 || column - right >= width;
        y[i] = cut || outside ? 0 : image[i - down * width - right];
    }
    free(image);
}

static void definition_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t size = shapes[k].channels * shapes[k].height * shapes[k].width, count = shapes[k].batch * size;
        double *expected = malloc((size_t)size * sizeof(*expected));
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *first = test_random_array(&seed, count);
        assert_non_null(expected);
        for (unsigned kinds = 0; kinds <= ALL; kinds++) {
            const gan_augment_args args = args_of(k, kinds);
            gan_augment_images(contexts[0], &args, shapes[k].batch, x, first);
            for (int64_t i = 0; i < count; i++) {
                if (i % size == 0) define(&args, i / size, x + i, expected);
                test_close(name, "augmented", i, (double)first[i], expected[i % size], 16 * TEST_EPSILON);
            }
            for (int t = 0; t < 3; t++) {
                test_guarded y = test_guarded_create(count);
                gan_augment_images(contexts[t], &args, shapes[k].batch, x, y.values);
                test_same_bits(name, "augmented", first, y.values, count);
                test_guarded_check(&y, "augment");
            }
        }
        free(x);
        free(first);
        free(expected);
    }
}

static void test_definition(void **state)
{
    (void)state;
    test_on_threads(definition_on);
}

/* <w, A(x) - A(0)> = <A^T w, x> */
static void adjoint_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t count = shapes[k].batch * shapes[k].channels * shapes[k].height * shapes[k].width;
        uint64_t seed = 100 + (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *w = test_random_array(&seed, count);
        gan_real *zero = calloc((size_t)count, sizeof(*zero)), *y = test_random_array(&seed, count);
        gan_real *dx = test_random_array(&seed, count), *at_zero = test_random_array(&seed, count);
        assert_non_null(zero);
        for (unsigned kinds = 0; kinds <= ALL; kinds++) {
            const gan_augment_args args = args_of(k, kinds);
            double forward = 0, backward = 0, magnitude = 0;
            gan_augment_images(contexts[0], &args, shapes[k].batch, x, y);
            gan_augment_images(contexts[0], &args, shapes[k].batch, zero, at_zero);
            gan_augment_images_backward(contexts[0], &args, shapes[k].batch, w, dx);
            for (int64_t i = 0; i < count; i++) {
                forward += (double)w[i] * ((double)y[i] - (double)at_zero[i]);
                backward += (double)dx[i] * (double)x[i];
                magnitude += fabs((double)dx[i] * (double)x[i]) + fabs((double)w[i]);
            }
            test_close(name, "adjoint", k, backward, forward, 8 * TEST_EPSILON * magnitude);
            for (int t = 0; t < 3; t++) {
                test_guarded other = test_guarded_create(count);
                gan_augment_images_backward(contexts[t], &args, shapes[k].batch, w, other.values);
                test_same_bits(name, "taken back", dx, other.values, count);
                test_guarded_check(&other, "augment backward");
            }
        }
        free(x);
        free(w);
        free(zero);
        free(y);
        free(dx);
        free(at_zero);
    }
}

static void test_adjoint(void **state)
{
    (void)state;
    test_on_threads(adjoint_on);
}

/* ---- The stored layout ----------------------------------------------------------------------------------------- */

/* Between (batch, channels, pixels) and (batch / packing, pixels, packing, channels). */
static void store(int64_t batch, int64_t channels, int64_t pixels, int64_t packing, const gan_real *images,
                  gan_real *stored)
{
    for (int64_t i = 0; i < batch; i++) {
        for (int64_t c = 0; c < channels; c++) {
            for (int64_t p = 0; p < pixels; p++) {
                stored[((i / packing * pixels + p) * packing + i % packing) * channels + c] =
                    images[(i * channels + c) * pixels + p];
            }
        }
    }
}

/* Images stored channels last give the same bits as at the border, in both directions and in packs. */
static void stored_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t batch = shapes[k].batch / 2 * 2, channels = shapes[k].channels;
        const int64_t pixels = shapes[k].height * shapes[k].width, count = batch * channels * pixels;
        uint64_t seed = 200 + (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *y = test_random_array(&seed, count);
        gan_real *from = test_random_array(&seed, count), *expected = test_random_array(&seed, count);
        for (unsigned kinds = 0; kinds <= ALL; kinds++) {
            for (int64_t packing = 1; packing <= 2; packing++) {
                gan_augment_args args = args_of(k, kinds);
                for (int backward = 0; backward < 2; backward++) {
                    test_guarded to = test_guarded_create(count);
                    args.channels_last = false;
                    (backward ? gan_augment_images_backward : gan_augment_images)(contexts[0], &args, batch, x, y);
                    store(batch, channels, pixels, backward ? packing : 1, x, from);
                    store(batch, channels, pixels, backward ? 1 : packing, y, expected);
                    args.channels_last = true;
                    args.packing = packing;
                    (backward ? gan_augment_images_backward : gan_augment_images)(contexts[2], &args, batch, from,
                                                                                  to.values);
                    test_same_bits(name, backward ? "stored, taken back" : "stored", expected, to.values, count);
                    test_guarded_check(&to, "stored");
                }
            }
        }
        free(x);
        free(y);
        free(from);
        free(expected);
    }
}

static void test_stored(void **state)
{
    (void)state;
    test_on_threads(stored_on);
}

/* ---- What is drawn, over many images --------------------------------------------------------------------------- */

enum { IMAGES = 20000, SIDE = 8, PIXELS = SIDE * SIDE };

static void augment_many(unsigned kinds, const gan_real *x, gan_real *y)
{
    gan_context *context = NULL;
    const gan_augment_args args = {
        .kinds = kinds, .channels = 1, .height = SIDE, .width = SIDE, .state = random_state};
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 2), &context), GAN_OK);
    gan_augment_images(context, &args, IMAGES, x, y);
    gan_context_destroy(context);
}

/* If the first pixel is 1 and the last -1, their distance and mean tell contrast and brightness. */
static void test_colours_drawn(void **state)
{
    (void)state;
    static gan_real x[IMAGES * PIXELS], y[IMAGES * PIXELS];
    double contrast = 0, brightness = 0, least[2] = {9, 9}, most[2] = {-9, -9};
    for (int i = 0; i < IMAGES; i++) {
        x[i * PIXELS] = 1;
        x[(i + 1) * PIXELS - 1] = -1;
    }
    augment_many(GAN_AUGMENT_COLOUR, x, y);
    for (int i = 0; i < IMAGES; i++) {
        const double first = (double)y[i * PIXELS], last = (double)y[(i + 1) * PIXELS - 1];
        const double drawn[2] = {(first - last) / 2, (first + last) / 2};
        contrast += drawn[0] / IMAGES;
        brightness += drawn[1] / IMAGES;
        for (int k = 0; k < 2; k++) {
            least[k] = fmin(least[k], drawn[k]);
            most[k] = fmax(most[k], drawn[k]);
        }
    }
    const double deviation = sqrt(1.0 / 12 / IMAGES);
    test_close("draws", "mean contrast", 0, contrast, 1, 5 * deviation);
    test_close("draws", "mean brightness", 0, brightness, 0, 5 * deviation);
    test_close("draws", "least contrast", 0, least[0], 0.501, 0.001001);
    test_close("draws", "most contrast", 0, most[0], 1.499, 0.001001);
    test_close("draws", "least brightness", 0, least[1], -0.499, 0.001001);
    test_close("draws", "most brightness", 0, most[1], 0.499, 0.001001);
}

/* The share of images in which each pixel is kept: a side of 8 moves by -1, 0 and 1 equally often, and 4 rows around
 * one of 9 lines between rows are cut. */
static void test_places_drawn(void **state)
{
    (void)state;
    static const double shown[SIDE] = {2, 3, 3, 3, 3, 3, 3, 2}, cut[SIDE] = {3, 4, 4, 4, 4, 4, 4, 3};
    static gan_real x[IMAGES * PIXELS], y[IMAGES * PIXELS];
    for (int i = 0; i < IMAGES * PIXELS; i++) x[i] = 1;
    for (int kind = 0; kind < 2; kind++) {
        augment_many(kind ? GAN_AUGMENT_CUTOUT : GAN_AUGMENT_TRANSLATION, x, y);
        for (int p = 0; p < PIXELS; p++) {
            const int row = p / SIDE, column = p % SIDE;
            const double expected = kind ? 1 - cut[row] / 9 * cut[column] / 9 : shown[row] / 3 * shown[column] / 3;
            double kept = 0;
            for (int i = 0; i < IMAGES; i++) kept += (double)y[i * PIXELS + p] / IMAGES;
            test_close("draws", kind ? "cut" : "moved", p, kept, expected,
                       1e-12 + 5 * sqrt(expected * (1 - expected) / IMAGES));
        }
    }
}

/* ---- Noise ----------------------------------------------------------------------------------------------------- */

static void noise_on(gan_context *const contexts[3], const char *name)
{
    const gan_real deviation = (gan_real)0.3;
    for (const int64_t *size = test_sizes; *size; size++) {
        const int64_t count = *size;
        gan_random_state at = random_state;
        uint64_t seed = (uint64_t)count;
        gan_real *x = test_random_array(&seed, count), *numbers = test_random_array(&seed, count);
        gan_fill_normal(&at, numbers, count, 0, 1);
        for (int t = 0; t < 3; t++) {
            test_guarded y = test_guarded_create(count);
            gan_add_normal(contexts[t], count, deviation, random_state, x, y.values);
            for (int64_t i = 0; i < count; i++) {
                const double expected = (double)x[i] + (double)deviation * (double)numbers[i];
                test_close(name, "noise", i, (double)y.values[i], expected, 4 * TEST_EPSILON);
            }
            if (t == 2) {
                gan_add_normal(contexts[t], count, deviation, random_state, x, x);
                test_same_bits(name, "noise in place", x, y.values, count);
            }
            test_guarded_check(&y, "noise");
        }
        free(x);
        free(numbers);
    }
}

/* y[i, c, r] gets the number that [i, r, c] has in the other call. */
static void transposed_noise_on(gan_context *const contexts[3], const char *name)
{
    enum { BATCH = 3, ROWS = 6, COLUMNS = 1237, COUNT = BATCH * ROWS * COLUMNS };
    const gan_real deviation = (gan_real)0.3;
    uint64_t seed = 7;
    gan_real *x = test_random_array(&seed, COUNT), *noisy = test_random_array(&seed, COUNT);
    gan_real *expected = test_random_array(&seed, COUNT), *from = test_random_array(&seed, COUNT);
    gan_add_normal(contexts[0], COUNT, deviation, random_state, x, noisy);
    store(BATCH, ROWS, COLUMNS, 1, x, from);
    store(BATCH, ROWS, COLUMNS, 1, noisy, expected);
    for (int t = 0; t < 3; t++) {
        test_guarded y = test_guarded_create(COUNT);
        memcpy(y.values, from, COUNT * sizeof(*from));
        gan_add_normal_transposed(contexts[t], BATCH, ROWS, COLUMNS, deviation, random_state, y.values);
        test_same_bits(name, "transposed noise", expected, y.values, COUNT);
        test_guarded_check(&y, "transposed noise");
    }
    free(x);
    free(noisy);
    free(expected);
    free(from);
}

static void test_transposed_noise(void **state)
{
    (void)state;
    test_on_threads(transposed_noise_on);
}

static void test_noise(void **state)
{
    (void)state;
    test_on_threads(noise_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),       cmocka_unit_test(test_adjoint),      cmocka_unit_test(test_stored),
        cmocka_unit_test(test_colours_drawn),    cmocka_unit_test(test_places_drawn), cmocka_unit_test(test_noise),
        cmocka_unit_test(test_transposed_noise),
    };
    return cmocka_run_group_tests_name("augmentation", tests, NULL, NULL);
}
