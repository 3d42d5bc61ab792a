/* Kernels of second derivatives and gradient penalties: tangents of backward passes against the second derivatives
 * that they stand for, in long double; norms and scaling of rows, row by row. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- Tangents ----------------------------------------------------------------------------------------------- */

/* The arrays of a call, in the order of its arguments. */
enum { KEPT, TANGENT_KEPT, DY, TANGENT_DY, ARRAYS };

typedef struct tangent {
    const char *name;
    gan_activation kind;
    gan_real parameter;
    /* f'(x), and f''(x) R{x} / R{kept}, by what is kept of x and y: f''(x) / f'(x) for y, f''(x) for x */
    long double (*first)(long double kept);
    long double (*second)(long double kept);
    double low, high; /* of it */
    double saturated; /* where both are 0 */
} tangent;

static long double tanh_first(long double y)
{
    return 1 - y * y;
}

static long double tanh_second(long double y)
{
    return -2 * y;
}

static long double sigmoid_first(long double y)
{
    return y * (1 - y);
}

static long double sigmoid_second(long double y)
{
    return 1 - 2 * y;
}

static long double softplus_first(long double y)
{
    return -expm1l(-y);
}

static long double softplus_second(long double y)
{
    return expl(-y);
}

static long double elu_first(long double y)
{
    return y > 0 ? 1 : y + 1.5L;
}

static long double elu_second(long double y)
{
    return y > 0 ? 0 : 1;
}

/* x / (1 + exp(-v)), v = a x + b x^3: s' = s (1 - s) v', s'' = s (1 - s) ((1 - 2 s) v'^2 + v'') */
static long double logistic_first(long double x, long double a, long double b)
{
    const long double s = 1 / (1 + expl(-(a * x + b * x * x * x))), v1 = a + 3 * b * x * x;
    return s + x * s * (1 - s) * v1;
}

static long double logistic_second(long double x, long double a, long double b)
{
    const long double s = 1 / (1 + expl(-(a * x + b * x * x * x))), v1 = a + 3 * b * x * x;
    return s * (1 - s) * (2 * v1 + x * ((1 - 2 * s) * v1 * v1 + 6 * b * x));
}

static long double silu_first(long double x)
{
    return logistic_first(x, 1, 0);
}

static long double silu_second(long double x)
{
    return logistic_second(x, 1, 0);
}

#define PI 3.14159265358979323846264338327950288L

static long double gelu_tanh_first(long double x)
{
    return logistic_first(x, 2 * sqrtl(2 / PI), 0.08943L * sqrtl(2 / PI));
}

static long double gelu_tanh_second(long double x)
{
    return logistic_second(x, 2 * sqrtl(2 / PI), 0.08943L * sqrtl(2 / PI));
}

static long double gelu_first(long double x)
{
    return erfcl(-x / sqrtl(2)) / 2 + x * expl(-x * x / 2) / sqrtl(2 * PI);
}

static long double gelu_second(long double x)
{
    return (2 - x * x) * expl(-x * x / 2) / sqrtl(2 * PI);
}

static const tangent tangents[] = {
    {"tanh", GAN_ACTIVATION_TANH, 0, tanh_first, tanh_second, -1, 1, 1},
    {"sigmoid", GAN_ACTIVATION_SIGMOID, 0, sigmoid_first, sigmoid_second, 0, 1, 0},
    {"softplus", GAN_ACTIVATION_SOFTPLUS, 0, softplus_first, softplus_second, 0, 10, 0},
    {"elu", GAN_ACTIVATION_ELU, (gan_real)1.5, elu_first, elu_second, -1.5, 3, -1.5},
    {"silu", GAN_ACTIVATION_SILU, 0, silu_first, silu_second, -20, 20, -1e4},
    {"gelu", GAN_ACTIVATION_GELU, 0, gelu_first, gelu_second, -8, 8, -1e30},
    {"gelu tanh", GAN_ACTIVATION_GELU_TANH, 0, gelu_tanh_first, gelu_tanh_second, -8, 8, -1e30},
};
enum { TANGENTS = sizeof(tangents) / sizeof(tangents[0]) };

static void make_arrays(const tangent *t, uint64_t seed, int64_t count, gan_real *arrays[ARRAYS])
{
    for (int k = 0; k < ARRAYS; k++) arrays[k] = test_random_array(&seed, count);
    for (int64_t i = 0; i < count; i++)
        arrays[KEPT][i] = (gan_real)(t->low + (t->high - t->low) * (0.5 + 0.5 * (double)arrays[KEPT][i]));
}

static void free_arrays(gan_real *arrays[ARRAYS])
{
    for (int k = 0; k < ARRAYS; k++) free(arrays[k]);
}

static void run(const tangent *t, gan_context *context, int64_t count, gan_real *const arrays[ARRAYS], gan_real *out)
{
    gan_activation_tangent(context, t->kind, t->parameter, count, arrays[KEPT], arrays[TANGENT_KEPT], arrays[DY],
                           arrays[TANGENT_DY], out);
}

static void check_size(gan_context *context, const char *name, const tangent *t, int64_t count)
{
    gan_real *arrays[ARRAYS];
    test_guarded out = test_guarded_create(count);
    make_arrays(t, (uint64_t)count, count, arrays);
    run(t, context, count, arrays, out.values);
    for (int64_t i = 0; i < count; i++) {
        long double kept = (long double)arrays[KEPT][i];
        long double by_dy = t->first(kept) * (long double)arrays[TANGENT_DY][i];
        long double by_x = t->second(kept) * (long double)arrays[TANGENT_KEPT][i] * (long double)arrays[DY][i];
        test_close(name, t->name, i, (double)out.values[i], (double)(by_dy + by_x), 4 * TEST_EPSILON);
    }
    /* In place of any of the inputs. */
    for (int k = 0; k < ARRAYS; k++) {
        gan_real *before = arrays[k], *in_place = malloc((size_t)count * sizeof(gan_real));
        assert_non_null(in_place);
        memcpy(in_place, before, (size_t)count * sizeof(gan_real));
        arrays[k] = in_place;
        run(t, context, count, arrays, in_place);
        test_same_bits(name, t->name, out.values, in_place, count);
        arrays[k] = before;
        free(in_place);
    }
    test_guarded_check(&out, t->name);
    free_arrays(arrays);
}

static void tangent_sizes_on(gan_context *context, const char *name)
{
    for (size_t i = 0; i < TANGENTS; i++)
        for (const int64_t *size = test_sizes; *size; size++) check_size(context, name, &tangents[i], *size);
}

static void test_tangent_sizes(void **state)
{
    (void)state;
    test_on_level(tangent_sizes_on);
}

/* Saturation, where both derivatives are 0, and NaN, which appears at its place and nowhere else. */
static void tangent_extremes_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    for (size_t i = 0; i < TANGENTS; i++) {
        gan_real arrays[ARRAYS][COUNT], out[COUNT], *pointers[ARRAYS];
        for (int k = 0; k < ARRAYS; k++) {
            pointers[k] = arrays[k];
            for (int j = 0; j < COUNT; j++)
                arrays[k][j] = (gan_real)(k == KEPT ? tangents[i].saturated : k == TANGENT_KEPT ? 0 : 3);
        }
        run(&tangents[i], context, COUNT, pointers, out);
        for (int j = 0; j < COUNT; j++) assert_true(out[j] == 0);
        for (int k = 0; k < ARRAYS; k++) {
            for (int place = 0; place < COUNT; place++) {
                gan_real before = arrays[k][place];
                arrays[k][place] = (gan_real)NAN;
                run(&tangents[i], context, COUNT, pointers, out);
                arrays[k][place] = before;
                for (int j = 0; j < COUNT; j++) {
                    if (!isnan((double)out[j]) != (j != place)) {
                        fail_msg("%s, %s: NaN at %d of array %d, result %g at %d", name, tangents[i].name, place, k,
                                 (double)out[j], j);
                    }
                }
            }
        }
    }
    /* log(1 + exp(1e4)) = 1e4, where softplus is x. */
    gan_real y = 1e4, tangent_y = 2, dy = 3, tangent_dy = 5, out = 0;
    gan_activation_tangent(context, GAN_ACTIVATION_SOFTPLUS, 0, 1, &y, &tangent_y, &dy, &tangent_dy, &out);
    assert_true(out == 5);
}

static void test_tangent_extremes(void **state)
{
    (void)state;
    test_on_level(tangent_extremes_on);
}

/* ---- Rows --------------------------------------------------------------------------------------------------- */

static const struct {
    int64_t rows, columns;
} shapes[] = {{1, 1}, {3, 1}, {2, 17}, {32, 784}, {5, 16384}, {3, 16385}, {1000, 33}, {7, 40000}, {70000, 1}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void rows_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        int64_t rows = shapes[k].rows, columns = shapes[k].columns;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, rows * columns), *scales = test_random_array(&seed, rows);
        test_guarded norms = test_guarded_create(rows), scaled = test_guarded_create(rows * columns);
        gan_row_norms(context, rows, columns, x, norms.values);
        gan_scale_rows(context, rows, columns, scales, x, scaled.values);
        for (int64_t i = 0; i < rows; i++) {
            long double squares = 0;
            for (int64_t j = 0; j < columns; j++) {
                gan_real value = x[i * columns + j];
                squares += (long double)value * (long double)value;
                assert_true(scaled.values[i * columns + j] == scales[i] * value);
            }
            double norm = (double)sqrtl(squares);
            test_close(name, "norm of a row", i, (double)norms.values[i], norm, (TEST_EPSILON + 1e-13) * norm);
        }
        test_guarded added = test_guarded_create(rows * columns);
        for (int64_t i = 0; i < rows * columns; i++) added.values[i] = (gan_real)(i % 7 - 3);
        gan_add_scaled_rows(context, rows, columns, scales, x, added.values);
        for (int64_t i = 0; i < rows * columns; i++) {
            const double expected = (double)(i % 7 - 3) + (double)scales[i / columns] * (double)x[i];
            test_close(name, "row added", i, (double)added.values[i], expected, 4 * TEST_EPSILON);
        }
        test_guarded_check(&added, "rows added");
        gan_scale_rows(context, rows, columns, scales, x, x);
        test_same_bits(name, "rows scaled in place", scaled.values, x, rows * columns);
        test_guarded_check(&norms, "norms of rows");
        test_guarded_check(&scaled, "scaled rows");
        free(x);
        free(scales);
    }
}

static void test_rows(void **state)
{
    (void)state;
    test_on_level(rows_on);
}

/* Squares that a float cannot hold; and what is not finite appears only in the norm of its row. */
static void row_extremes_on(gan_context *context, const char *name)
{
    gan_real x[5][2] = {
        {(gan_real)3e30, (gan_real)4e30}, {(gan_real)3e-30, (gan_real)-4e-30}, {0, 0}, {NAN, 1}, {-INFINITY, 1}};
    gan_real norms[5];
    gan_row_norms(context, 5, 2, x[0], norms);
    test_close(name, "norm of a large row", 0, (double)norms[0], 5e30, 4e30 * TEST_EPSILON + 1e23);
    test_close(name, "norm of a small row", 1, (double)norms[1], 5e-30, 1e-36);
    assert_true(norms[2] == 0);
    assert_true(isnan((double)norms[3]));
    assert_true(isinf((double)norms[4]));
}

static void test_row_extremes(void **state)
{
    (void)state;
    test_on_level(row_extremes_on);
}

/* ---- Threads ------------------------------------------------------------------------------------------------ */

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    enum { ROWS = 301, COLUMNS = 333, COUNT = ROWS * COLUMNS };
    for (size_t i = 0; i < TANGENTS; i++) {
        gan_real *arrays[ARRAYS], *out[3], *norms[3];
        make_arrays(&tangents[i], i, COUNT, arrays);
        for (int t = 0; t < 3; t++) {
            out[t] = malloc(COUNT * sizeof(gan_real));
            norms[t] = malloc(ROWS * sizeof(gan_real));
            assert_non_null(out[t]);
            assert_non_null(norms[t]);
            run(&tangents[i], contexts[t], COUNT, arrays, out[t]);
            gan_row_norms(contexts[t], ROWS, COLUMNS, out[t], norms[t]);
            gan_scale_rows(contexts[t], ROWS, COLUMNS, norms[t], out[t], out[t]);
            test_same_bits(name, "norms of rows", norms[0], norms[t], ROWS);
            test_same_bits(name, tangents[i].name, out[0], out[t], COUNT);
        }
        for (int t = 0; t < 3; t++) {
            free(out[t]);
            free(norms[t]);
        }
        free_arrays(arrays);
    }
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tangent_sizes),
        cmocka_unit_test(test_tangent_extremes),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_row_extremes),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("tangents", tests, NULL, NULL);
}
