/* Winograd's transforms against correlations. */
#include "kernels/contexts.h"
#include "kernels/winograd/winograd.h"

#include <math.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void draw_numbers(uint64_t *seed, int64_t count, gan_real *to)
{
    for (int64_t i = 0; i < count; i++) to[i] = (gan_real)test_number(seed);
}

/* Tiles and kernels of a few channels at all points, multiplied, are tiles of the correlation. */
static void transforms_on(gan_context *context, const char *name)
{
    enum { COUNT = 7, MOST = GAN_WINOGRAD_SQUARE };
    const gan_winograd_table *table = gan_winograd_transforms(context);
    uint64_t seed = 5;
    for (int i = 0; i < 100; i++) {
        const int64_t taps[2] = {test_integer(&seed, 2, 4), test_integer(&seed, 2, 4)};
        const int64_t outputs[2] = {test_integer(&seed, 2, 7 - taps[0]), test_integer(&seed, 2, 7 - taps[1])};
        const int64_t points[2] = {outputs[0] + taps[0] - 1, outputs[1] + taps[1] - 1};
        gan_real tile[MOST][COUNT], kernel[MOST][COUNT], inputs[MOST][COUNT], weights[MOST][COUNT], y[MOST][COUNT];
        const gan_real *from_tile[MOST], *from_kernel[MOST];
        gan_real *to[MOST], bias[COUNT];
        draw_numbers(&seed, MOST * COUNT, tile[0]);
        draw_numbers(&seed, MOST * COUNT, kernel[0]);
        draw_numbers(&seed, COUNT, bias);
        for (int64_t p = 0; p < MOST; p++) {
            from_tile[p] = tile[p];
            from_kernel[p] = kernel[p];
            to[p] = y[p];
        }
        table->input(points, COUNT, from_tile, inputs[0], COUNT);
        table->weights(points, taps, COUNT, from_kernel, weights[0], COUNT);
        for (int64_t p = 0; p < points[0] * points[1]; p++)
            for (int64_t c = 0; c < COUNT; c++) inputs[p][c] *= weights[p][c];
        table->output(points, outputs, COUNT, inputs[0], COUNT, i % 2 ? bias : NULL, to);
        for (int64_t at = 0; at < outputs[0] * outputs[1] * COUNT; at++) {
            const int64_t c = at % COUNT, right = at / COUNT % outputs[1], down = at / COUNT / outputs[1];
            double expected = i % 2 ? (double)bias[c] : 0;
            for (int64_t tap = 0; tap < taps[0] * taps[1]; tap++) {
                const int64_t pixel = (down + tap / taps[1]) * points[1] + right + tap % taps[1];
                expected += (double)tile[pixel][c] * (double)kernel[tap][c];
            }
            if (!(fabs((double)y[at / COUNT][c] - expected) <= 10 * test_sum_error(16)))
                fail_msg("%s: %d %d outputs of %d %d taps: %.9g, expected %.9g", name, (int)outputs[0],
                         (int)outputs[1], (int)taps[0], (int)taps[1], (double)y[at / COUNT][c], expected);
        }
    }
}

/* The gradient of a kernel from that of the outputs, at all points, is the correlation of both. */
static void adjoints_on(gan_context *context, const char *name)
{
    enum { COUNT = 7, MOST = GAN_WINOGRAD_SQUARE };
    const gan_winograd_table *table = gan_winograd_transforms(context);
    uint64_t seed = 6;
    for (int i = 0; i < 100; i++) {
        const int64_t taps[2] = {test_integer(&seed, 2, 4), test_integer(&seed, 2, 4)};
        const int64_t outputs[2] = {test_integer(&seed, 2, 7 - taps[0]), test_integer(&seed, 2, 7 - taps[1])};
        const int64_t points[2] = {outputs[0] + taps[0] - 1, outputs[1] + taps[1] - 1};
        gan_real tile[MOST][COUNT], dy[MOST][COUNT], inputs[MOST][COUNT], products[MOST][COUNT], dw[MOST][COUNT];
        const gan_real *from_tile[MOST], *from_dy[MOST];
        gan_real *to[MOST];
        draw_numbers(&seed, MOST * COUNT, tile[0]);
        draw_numbers(&seed, MOST * COUNT, dy[0]);
        for (int64_t p = 0; p < MOST; p++) {
            from_tile[p] = tile[p];
            from_dy[p] = dy[p];
            to[p] = dw[p];
        }
        table->input(points, COUNT, from_tile, inputs[0], COUNT);
        table->gradients(points, outputs, COUNT, from_dy, products[0], COUNT);
        for (int64_t p = 0; p < points[0] * points[1]; p++)
            for (int64_t c = 0; c < COUNT; c++) products[p][c] *= inputs[p][c];
        table->taps(points, taps, COUNT, products[0], COUNT, to);
        for (int64_t at = 0; at < taps[0] * taps[1] * COUNT; at++) {
            const int64_t c = at % COUNT, right = at / COUNT % taps[1], down = at / COUNT / taps[1];
            double expected = 0;
            for (int64_t output = 0; output < outputs[0] * outputs[1]; output++) {
                const int64_t pixel = (down + output / outputs[1]) * points[1] + right + output % outputs[1];
                expected += (double)tile[pixel][c] * (double)dy[output][c];
            }
            if (!(fabs((double)dw[at / COUNT][c] - expected) <= 10 * test_sum_error(25)))
                fail_msg("%s: %d %d taps of %d %d outputs: %.9g, expected %.9g", name, (int)taps[0], (int)taps[1],
                         (int)outputs[0], (int)outputs[1], (double)dw[at / COUNT][c], expected);
        }
    }
}

static void test_transforms(void **state)
{
    (void)state;
    test_on_level(transforms_on);
}

static void test_adjoints(void **state)
{
    (void)state;
    test_on_level(adjoints_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transforms),
        cmocka_unit_test(test_adjoints),
    };
    return cmocka_run_group_tests_name("transforms", tests, NULL, NULL);
}
