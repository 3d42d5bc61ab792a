/* Elementwise kernels against the functions that they compute, in long double. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SLOPE ((gan_real)0.2)
#define ALPHA ((gan_real)1.5)
#define PI    3.14159265358979323846264338327950288L
#define SCALE ((gan_real)1.7)

/* out = f(a, b): b is dy in backward passes, the old `out` in gan_add(), and otherwise unused. */
typedef struct operation {
    const char *name;
    void (*run)(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out);
    long double (*define)(long double a, long double b);
    bool two;         /* whether b is used */
    double low, high; /* of a */
    double relative;  /* largest error, in multiples of epsilon: of the value, */
    double absolute;  /* and of |b| or 1 */
} operation;

/* run_NAME and run_NAME_backward, of an activation. */
#define ACTIVATION(name, kind, parameter)                                                                            \
    static void run_##name(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out) \
    {                                                                                                                \
        (void)b;                                                                                                     \
        gan_activation_forward(context, GAN_ACTIVATION_##kind, parameter, count, a, out);                            \
    }                                                                                                                \
    static void run_##name##_backward(gan_context *context, int64_t count, const gan_real *a, const gan_real *b,     \
                                      gan_real *out)                                                                 \
    {                                                                                                                \
        gan_activation_backward(context, GAN_ACTIVATION_##kind, parameter, count, a, b, out);                        \
    }

ACTIVATION(leaky_relu, LEAKY_RELU, SLOPE)
ACTIVATION(relu, LEAKY_RELU, 0)
ACTIVATION(tanh, TANH, 0)
ACTIVATION(sigmoid, SIGMOID, 0)
ACTIVATION(softplus, SOFTPLUS, 0)
ACTIVATION(elu, ELU, ALPHA)
ACTIVATION(silu, SILU, 0)
ACTIVATION(gelu, GELU, 0)
ACTIVATION(gelu_tanh, GELU_TANH, 0)

static long double leaky_relu(long double a, long double b)
{
    (void)b;
    return a > 0 ? a : (long double)SLOPE * a;
}

static long double leaky_relu_backward(long double a, long double b)
{
    return b * (a > 0 ? 1 : (long double)SLOPE);
}

static long double tanh_of(long double a, long double b)
{
    (void)b;
    return tanhl(a);
}

static long double tanh_backward(long double a, long double b)
{
    return b * (1 - a * a);
}

static long double sigmoid(long double a, long double b)
{
    (void)b;
    return a < 0 ? expl(a) / (1 + expl(a)) : 1 / (1 + expl(-a));
}

static long double sigmoid_backward(long double a, long double b)
{
    return b * a * (1 - a);
}

static long double softplus(long double a, long double b)
{
    (void)b;
    return (a > 0 ? a : 0) + log1pl(expl(-fabsl(a)));
}

static long double softplus_backward(long double a, long double b)
{
    return -b * expm1l(-a);
}

static long double elu(long double a, long double b)
{
    (void)b;
    return a > 0 ? a : (long double)ALPHA * expm1l(a);
}

static long double elu_backward(long double a, long double b)
{
    return b * (a > 0 ? 1 : a + (long double)ALPHA);
}

static long double silu(long double a, long double b)
{
    return a * sigmoid(a, b);
}

static long double silu_backward(long double a, long double b)
{
    return b * sigmoid(a, b) * (1 + a * sigmoid(-a, b));
}

static long double gelu(long double a, long double b)
{
    (void)b;
    return a * erfcl(-a / sqrtl(2)) / 2;
}

static long double gelu_backward(long double a, long double b)
{
    return b * (erfcl(-a / sqrtl(2)) / 2 + a * expl(-a * a / 2) / sqrtl(2 * PI));
}

/* The argument of tanh, and its derivative. */
static long double inner(long double a)
{
    return sqrtl(2 / PI) * (a + 0.044715L * a * a * a);
}

static long double inner_slope(long double a)
{
    return sqrtl(2 / PI) * (1 + 3 * 0.044715L * a * a);
}

static long double gelu_tanh(long double a, long double b)
{
    (void)b;
    return a * (1 + tanhl(inner(a))) / 2;
}

static long double gelu_tanh_backward(long double a, long double b)
{
    const long double t = tanhl(inner(a));
    return b * (1 + t + a * (1 - t * t) * inner_slope(a)) / 2;
}

static void run_copy(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    (void)b;
    gan_copy(context, count, a, out);
}

static long double identity(long double a, long double b)
{
    (void)b;
    return a;
}

static void run_scale(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    (void)b;
    gan_scale(context, count, SCALE, a, out);
}

static long double scaled(long double a, long double b)
{
    (void)b;
    return (long double)SCALE * a;
}

static void run_clamp(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    (void)b;
    gan_clamp(context, count, SCALE, a, out);
}

static long double clamped(long double a, long double b)
{
    (void)b;
    return fminl(fmaxl(a, -(long double)SCALE), (long double)SCALE);
}

static void run_fill(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    (void)a, (void)b;
    gan_fill(context, count, SCALE, out);
}

static long double filled(long double a, long double b)
{
    (void)a, (void)b;
    return (long double)SCALE;
}

static void run_add(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    if (out != b) memmove(out, b, (size_t)count * sizeof(gan_real));
    gan_add(context, count, a, out);
}

static long double sum(long double a, long double b)
{
    return a + b;
}

static void run_lerp_near(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    gan_lerp(context, count, 0.3, a, b, out);
}

static long double lerp_near(long double a, long double b)
{
    return 0.7L * a + 0.3L * b;
}

static void run_lerp_far(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out)
{
    gan_lerp(context, count, 0.9, a, b, out);
}

static long double lerp_far(long double a, long double b)
{
    return 0.1L * a + 0.9L * b;
}

static const operation operations[] = {
    {"leaky relu", run_leaky_relu, leaky_relu, false, -3, 3, 1, 0},
    {"leaky relu backward", run_leaky_relu_backward, leaky_relu_backward, true, -3, 3, 1, 0},
    {"tanh", run_tanh, tanh_of, false, -12, 12, 2.5, 0},
    {"tanh backward", run_tanh_backward, tanh_backward, true, -1, 1, 1, 1},
    {"sigmoid", run_sigmoid, sigmoid, false, -30, 30, 2.5, 0},
    {"sigmoid backward", run_sigmoid_backward, sigmoid_backward, true, 0, 1, 2, 1},
    {"softplus", run_softplus, softplus, false, -30, 30, 2.5, 0},
    {"softplus backward", run_softplus_backward, softplus_backward, true, 0, 10, 2.5, 0},
    {"elu", run_elu, elu, false, -30, 30, 2.5, 0},
    {"elu backward", run_elu_backward, elu_backward, true, -1.5, 3, 1, 1},
    {"silu", run_silu, silu, false, -30, 30, 3, 0},
    {"silu backward", run_silu_backward, silu_backward, true, -30, 30, 1, 2},
    {"gelu", run_gelu, gelu, false, -12, 12, 2, 1},
    {"gelu backward", run_gelu_backward, gelu_backward, true, -12, 12, 1, 2},
    {"gelu tanh", run_gelu_tanh, gelu_tanh, false, -12, 12, 2, 2},
    {"gelu tanh backward", run_gelu_tanh_backward, gelu_tanh_backward, true, -12, 12, 2, 4},
    {"copy", run_copy, identity, false, -3, 3, 0, 0},
    {"scale", run_scale, scaled, false, -3, 3, 1, 0},
    {"clamp", run_clamp, clamped, false, -3, 3, 0, 0},
    {"fill", run_fill, filled, false, -3, 3, 0, 0},
    {"add", run_add, sum, true, -3, 3, 1, 0},
    {"lerp 0.3", run_lerp_near, lerp_near, true, -3, 3, 2, 1.5},
    {"lerp 0.9", run_lerp_far, lerp_far, true, -3, 3, 2, 1.5},
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void check_values(const operation *op, const char *name, int64_t count, const gan_real *a, const gan_real *b,
                         const gan_real *out)
{
    for (int64_t i = 0; i < count; i++) {
        double expected = (double)op->define((long double)a[i], (long double)b[i]);
        double tolerance = op->relative * fabs(expected) + op->absolute * (op->two ? fabs((double)b[i]) : 1);
        test_close(name, op->name, i, (double)out[i], expected, 1.0001 * TEST_EPSILON * tolerance);
    }
}

static void check_size(gan_context *context, const char *name, const operation *op, int64_t count)
{
    uint64_t seed = (uint64_t)count;
    gan_real *a = test_random_array(&seed, count), *b = test_random_array(&seed, count);
    for (int64_t i = 0; i < count; i++)
        a[i] = (gan_real)(op->low + (op->high - op->low) * (0.5 + 0.5 * (double)a[i]));
    test_guarded out = test_guarded_create(count);
    op->run(context, count, a, b, out.values);
    check_values(op, name, count, a, b, out.values);

    gan_real *in_place = malloc((size_t)count * sizeof(gan_real));
    assert_non_null(in_place);
    if (op->two) {
        memcpy(in_place, b, (size_t)count * sizeof(gan_real));
        op->run(context, count, a, in_place, in_place);
        test_same_bits(name, op->name, out.values, in_place, count);
    }
    if (op->run != run_add) {
        memcpy(in_place, a, (size_t)count * sizeof(gan_real));
        op->run(context, count, in_place, b, in_place);
        test_same_bits(name, op->name, out.values, in_place, count);
    }
    free(in_place);
    test_guarded_check(&out, op->name);
    free(a);
    free(b);
}

static void sizes_on(gan_context *context, const char *name)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (const int64_t *size = test_sizes; *size; size++) check_size(context, name, &operations[i], *size);
        operations[i].run(context, 0, NULL, NULL, NULL);
    }
}

static void test_all_sizes(void **state)
{
    (void)state;
    test_on_level(sizes_on);
}

static gan_real from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return (gan_real)value;
}

/* Every magnitude that a float can have. A result below the normal numbers may be 0, and
 * so may x times a factor that is. */
static void accuracy_on(gan_context *context, const char *name)
{
    enum { COUNT = 1 << 16, STRIDE = 65537 };
    static gan_real a[COUNT], b[COUNT], out[COUNT];
    const bool in_float = sizeof(gan_real) == sizeof(float);
    int64_t count = 0;
    for (uint32_t bits = 0; bits < UINT32_MAX - STRIDE; bits += STRIDE) {
        a[count] = from_bits(bits);
        b[count] = 1;
        if (isfinite((double)a[count])) count++;
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        const operation *op = &operations[i];
        if (op->define != tanh_of && op->define != sigmoid && op->define != softplus &&
            op->define != softplus_backward && op->define != elu && op->define != silu && op->define != gelu)
            continue;
        /* In double, erfc's relative error grows with the square of its rounded argument. */
        const double factor = in_float ? (op->define == gelu ? 4e-7 : 2e-7) : op->define == gelu ? 1e-12 : 1e-15;
        op->run(context, count, a, b, out);
        for (int64_t j = 0; j < count; j++) {
            if (op->low == 0 && a[j] < 0) continue;
            double expected = (double)op->define((long double)a[j], 1);
            double floor = (in_float ? (double)FLT_MIN : DBL_MIN) * fmax(1, fabs((double)a[j]));
            test_close(name, op->name, j, (double)out[j], expected, factor * fabs(expected) + floor);
        }
    }
}

static void test_accuracy(void **state)
{
    (void)state;
    test_on_level(accuracy_on);
}

/* Exact values: the same for every precision, and for every place in a vector. */
static void extremes_on(gan_context *context, const char *name)
{
    static const struct {
        const char *what;
        void (*run)(gan_context *context, int64_t count, const gan_real *a, const gan_real *b, gan_real *out);
        double a, out;
    } known[] = {
        {"tanh", run_tanh, 0.0, 0.0},
        {"tanh", run_tanh, -0.0, -0.0},
        {"tanh", run_tanh, 20, 1},
        {"tanh", run_tanh, -20, -1},
        {"tanh", run_tanh, 1e4, 1},
        {"tanh", run_tanh, -1e4, -1},
        {"tanh", run_tanh, INFINITY, 1},
        {"tanh", run_tanh, -INFINITY, -1},
        {"tanh", run_tanh, NAN, NAN}, /* with its sign */
        {"tanh", run_tanh, 1e-30, 1e-30},
        {"sigmoid", run_sigmoid, 0, 0.5},
        {"sigmoid", run_sigmoid, 1e4, 1},
        {"sigmoid", run_sigmoid, -1e4, 0},
        {"sigmoid", run_sigmoid, INFINITY, 1},
        {"sigmoid", run_sigmoid, -INFINITY, 0},
        {"sigmoid", run_sigmoid, NAN, NAN},
        {"softplus", run_softplus, 1e4, 1e4},
        {"softplus", run_softplus, -1e4, 0},
        {"softplus", run_softplus, INFINITY, INFINITY},
        {"softplus", run_softplus, -INFINITY, 0},
        {"softplus", run_softplus, NAN, NAN},
        {"softplus backward", run_softplus_backward, 0, 0},
        {"softplus backward", run_softplus_backward, 1e4, 1},
        {"softplus backward", run_softplus_backward, INFINITY, 1},
        {"softplus backward", run_softplus_backward, NAN, NAN},
        {"elu", run_elu, 1e4, 1e4},
        {"elu", run_elu, -1e4, -1.5},
        {"elu", run_elu, -INFINITY, -1.5},
        {"elu", run_elu, NAN, NAN},
        {"silu", run_silu, -1e4, 0},
        {"silu", run_silu, INFINITY, INFINITY},
        {"silu", run_silu, -INFINITY, 0},
        {"gelu", run_gelu, -1e4, 0},
        {"gelu", run_gelu, INFINITY, INFINITY},
        {"gelu", run_gelu, -INFINITY, 0},
        {"gelu tanh", run_gelu_tanh, 1e30, 1e30},
        {"gelu tanh", run_gelu_tanh, INFINITY, INFINITY},
        {"gelu tanh", run_gelu_tanh, -INFINITY, 0},
        {"elu backward", run_elu_backward, -1.5, 0},
        {"silu backward", run_silu_backward, INFINITY, 1},
        {"silu backward", run_silu_backward, -INFINITY, 0},
        {"gelu backward", run_gelu_backward, 1e30, 1},
        {"gelu backward", run_gelu_backward, -INFINITY, 0},
        {"gelu tanh backward", run_gelu_tanh_backward, 1e30, 1},
        {"gelu tanh backward", run_gelu_tanh_backward, -INFINITY, 0},
        {"leaky relu", run_leaky_relu, 0, 0},
        {"leaky relu", run_leaky_relu, INFINITY, INFINITY},
        {"leaky relu", run_leaky_relu, -INFINITY, -INFINITY},
        {"leaky relu", run_leaky_relu, NAN, NAN},
        {"relu", run_relu, 3, 3},
        {"relu", run_relu, -3, 0.0},
        {"relu", run_relu, 0.0, 0.0},
        {"relu", run_relu, -0.0, 0.0},
        {"relu", run_relu, INFINITY, INFINITY},
        {"relu", run_relu, -INFINITY, 0.0},
        {"relu", run_relu, NAN, NAN},
        {"relu backward", run_relu_backward, 3, 1},
        {"relu backward", run_relu_backward, 0, 0},
        {"tanh backward", run_tanh_backward, 1, 0},
        {"tanh backward", run_tanh_backward, -1, 0},
        {"tanh backward", run_tanh_backward, NAN, NAN},
        {"sigmoid backward", run_sigmoid_backward, 1, 0},
        {"sigmoid backward", run_sigmoid_backward, 0, 0},
        {"sigmoid backward", run_sigmoid_backward, NAN, NAN},
    };
    enum { COUNT = 37 };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        gan_real a[COUNT], b[COUNT], out[COUNT], expected = (gan_real)known[i].out;
        for (int j = 0; j < COUNT; j++) {
            a[j] = (gan_real)known[i].a;
            b[j] = 1;
        }
        known[i].run(context, COUNT, a, b, out);
        for (int j = 0; j < COUNT; j++) {
            bool same = isnan((double)expected) ? isnan((double)out[j]) : out[j] == expected;
            if (known[i].run == run_tanh && !signbit((double)out[j]) != !signbit(known[i].a)) same = false;
            if (known[i].run == run_relu && out[j] == 0 && signbit((double)out[j])) same = false;
            if (!same) {
                fail_msg("%s: %s of %g is %g, expected %g", name, known[i].what, known[i].a, (double)out[j],
                         (double)expected);
            }
        }
    }
}

static void test_extremes(void **state)
{
    (void)state;
    test_on_level(extremes_on);
}

/* A gradient that is not passed on is 0, whatever it was. */
static void relu_passes_nothing_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    const gan_real gradients[] = {(gan_real)INFINITY, (gan_real)-INFINITY, (gan_real)NAN, -1};
    for (size_t i = 0; i < sizeof(gradients) / sizeof(*gradients); i++) {
        gan_real y[COUNT] = {0}, dy[COUNT], dx[COUNT];
        for (int j = 0; j < COUNT; j++) dy[j] = gradients[i];
        run_relu_backward(context, COUNT, y, dy, dx);
        for (int j = 0; j < COUNT; j++) {
            if (dx[j] != 0 || signbit((double)dx[j])) fail_msg("%s: relu passes %g on", name, (double)dx[j]);
        }
    }
}

static void test_relu_passes_nothing(void **state)
{
    (void)state;
    test_on_level(relu_passes_nothing_on);
}

/* A NaN in a or b appears at its place in the result, and nowhere else. */
static void nan_stays_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    for (size_t i = 0; i < OPERATIONS; i++) {
        const operation *op = &operations[i];
        for (int place = 0; place < COUNT; place++) {
            for (int second = 0; second < 2; second++) {
                /* NaN is neither sign: leaky ReLU's backward pass takes it as <= 0. */
                if (op->run == run_fill || (second && !op->two) || (!second && op->run == run_leaky_relu_backward))
                    continue;
                gan_real a[COUNT], b[COUNT], out[COUNT];
                for (int j = 0; j < COUNT; j++) a[j] = b[j] = (gan_real)0.5;
                (second ? b : a)[place] = (gan_real)NAN;
                op->run(context, COUNT, a, b, out);
                for (int j = 0; j < COUNT; j++) {
                    if (!isnan((double)out[j]) != (j != place))
                        fail_msg("%s, %s: NaN at %d, result %g at %d", name, op->name, place, (double)out[j], j);
                }
            }
        }
    }
}

static void test_nan_stays(void **state)
{
    (void)state;
    test_on_level(nan_stays_on);
}

/* At both ends, and between equal numbers, there is no rounding. */
static void lerp_exact_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    static const double weights[] = {0, 1e-9, 0.001, 0.3, 0.5, 0.7, 0.9999, 1};
    uint64_t seed = 1;
    gan_real *a = test_random_array(&seed, COUNT), *b = test_random_array(&seed, COUNT), out[COUNT];
    for (int i = 0; i < COUNT; i++) b[i] *= (gan_real)1e6;
    gan_lerp(context, COUNT, 0, a, b, out);
    test_same_bits(name, "lerp", out, a, COUNT);
    gan_lerp(context, COUNT, 1, a, b, out);
    test_same_bits(name, "lerp", out, b, COUNT);
    for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++) {
        gan_lerp(context, COUNT, weights[i], a, a, out);
        test_same_bits(name, "lerp", out, a, COUNT);
    }
    free(a);
    free(b);
}

static void test_lerp_exact(void **state)
{
    (void)state;
    test_on_level(lerp_exact_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    static const int64_t counts[] = {32768, 100003};
    for (size_t i = 0; i < 2 * OPERATIONS; i++) {
        const operation *op = &operations[i / 2];
        int64_t count = counts[i % 2];
        uint64_t seed = i;
        gan_real *a = test_random_array(&seed, count), *b = test_random_array(&seed, count), *out[3];
        for (int t = 0; t < 3; t++) {
            out[t] = malloc((size_t)count * sizeof(gan_real));
            assert_non_null(out[t]);
            op->run(contexts[t], count, a, b, out[t]);
            test_same_bits(name, op->name, out[0], out[t], count);
        }
        for (int t = 0; t < 3; t++) free(out[t]);
        free(a);
        free(b);
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
        cmocka_unit_test(test_all_sizes),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_nan_stays),
        cmocka_unit_test(test_relu_passes_nothing),
        cmocka_unit_test(test_lerp_exact),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("elementwise", tests, NULL, NULL);
}
