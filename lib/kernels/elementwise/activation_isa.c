/* Loops of activations over one block. */
#include "kernels/elementwise/elementwise_tables.h"

/* ---- Kinds whose derivatives are functions of y ---- */

/* A slope of 0 makes 0 of all that is not above 0, also of infinity, whose product with 0 is NaN, and never -0; NaN
 * stays. */
static void relu_forward(const gan_real *x, gan_real *y, int64_t begin, int64_t end)
{
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}

static void relu_backward(const gan_real *y, const gan_real *dy, gan_real *dx, int64_t begin, int64_t end)
{
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

static void leaky_relu_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, slope = args->parameter;
    if (slope == 0) {
        relu_forward(x, y, begin, end);
        return;
    }
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void leaky_relu_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y, slope = args->parameter;
    if (slope == 0) {
        relu_backward(y, dy, dx, begin, end);
        return;
    }
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (y[i] > 0 ? 1 : slope);
}

static void tanh_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_tanh(x[i]);
}

static void tanh_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void sigmoid_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_sigmoid(x[i]);
}

static void sigmoid_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

static void softplus_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_softplus(x[i]);
}

static void softplus_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = -(dy[i] * gan_real_expm1(-y[i]));
}

static void tanh_tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy, *tangent_y = args->tangent_x, *tangent_dy = args->tangent_dy;
    gan_real *tangent_dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++)
        tangent_dx[i] = tangent_dy[i] * (1 - y[i] * y[i]) - 2 * y[i] * tangent_y[i] * dy[i];
}

static void sigmoid_tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy, *tangent_y = args->tangent_x, *tangent_dy = args->tangent_dy;
    gan_real *tangent_dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++)
        tangent_dx[i] = tangent_dy[i] * (y[i] * (1 - y[i])) + (1 - 2 * y[i]) * tangent_y[i] * dy[i];
}

static void softplus_tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy, *tangent_y = args->tangent_x, *tangent_dy = args->tangent_dy;
    gan_real *tangent_dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++)
        tangent_dx[i] = gan_real_exp(-y[i]) * tangent_y[i] * dy[i] - tangent_dy[i] * gan_real_expm1(-y[i]);
}

static void elu_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, alpha = args->parameter;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        const gan_real below = alpha * gan_real_expm1(x[i] > 0 ? 0 : x[i]);
        y[i] = x[i] > 0 ? x[i] : below;
    }
}

static void elu_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y, alpha = args->parameter;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (y[i] > 0 ? 1 : y[i] + alpha);
}

static void elu_tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_activation_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy, *tangent_y = args->tangent_x, *tangent_dy = args->tangent_dy;
    gan_real *tangent_dx = args->y, alpha = args->parameter;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        const gan_real below = tangent_dy[i] * (y[i] + alpha) + tangent_y[i] * dy[i];
        tangent_dx[i] = y[i] > 0 ? tangent_dy[i] : below;
    }
}

/* ---- Kinds x g(x), where g is a distribution function -------------------------------------------------------- */

/* g(x) and its derivatives. */
typedef struct gate {
    gan_real value, first, second;
} gate;

/* g(x) = 1 / (1 + exp(-v)) with v = v(x), first = v'(x), second = v''(x). g and 1 - g are computed each by itself, so
 * that neither is rounded to 0 or 1 early. */
static inline gate logistic_gate(gan_real v, gan_real first, gan_real second)
{
    const gan_real e = gan_real_exp(v < 0 ? v : -v), nearer = 1 / (1 + e), farther = e * nearer;
    const gan_real above = v < 0 ? farther : nearer, below = v < 0 ? nearer : farther, slope = farther * nearer;
    return (gate){above, slope * first, slope * ((below - above) * first * first + second)};
}

static inline gate silu_gate(gan_real x)
{
    return logistic_gate(x, 1, 0);
}

static inline gate gelu_tanh_gate(gan_real x)
{
    /* (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)) */
    const gan_real a = (gan_real)1.5957691216057308, b = (gan_real)0.044715, ab = a * b; /* a = 2 sqrt(2 / pi) */
    return logistic_gate(a * x * (1 + b * x * x), a + 3 * ab * x * x, 6 * ab * x);
}

static inline gate gelu_gate(gan_real x)
{
    gan_real density;
    const gan_real value = gan_real_normal(x, &density);
    return (gate){value, density, -x * density};
}

/* Beyond this, gates are 0 or 1. They are taken there, lest 0 times infinity gives NaN. */
#define GATE_END (sizeof(gan_real) == sizeof(float) ? (gan_real)128 : (gan_real)1024)

static inline gan_real not_below(gan_real x)
{
    return x < -GATE_END ? -GATE_END : x;
}

static inline gan_real within(gan_real x)
{
    return not_below(x > GATE_END ? GATE_END : x);
}

/* f = x g,  f' = g + x g',  f'' = 2 g' + x g'' */
#define DEFINE_GATED(name)                                                                                       \
    static void name##_forward(const void *arguments, int64_t begin, int64_t end)                                \
    {                                                                                                            \
        const gan_activation_args *args = arguments;                                                             \
        const gan_real *x = args->x;                                                                             \
        gan_real *y = args->y;                                                                                   \
        GAN_INDEPENDENT                                                                                          \
        for (int64_t i = begin; i < end; i++) y[i] = not_below(x[i]) * name##_gate(within(x[i])).value;          \
    }                                                                                                            \
    static void name##_backward(const void *arguments, int64_t begin, int64_t end)                               \
    {                                                                                                            \
        const gan_activation_args *args = arguments;                                                             \
        const gan_real *x = args->x, *dy = args->dy;                                                             \
        gan_real *dx = args->y;                                                                                  \
        GAN_INDEPENDENT                                                                                          \
        for (int64_t i = begin; i < end; i++) {                                                                  \
            const gan_real at = within(x[i]);                                                                    \
            const gate g = name##_gate(at);                                                                      \
            dx[i] = dy[i] * (g.value + at * g.first);                                                            \
        }                                                                                                        \
    }                                                                                                            \
    static void name##_tangent(const void *arguments, int64_t begin, int64_t end)                                \
    {                                                                                                            \
        const gan_activation_args *args = arguments;                                                             \
        const gan_real *x = args->x, *dy = args->dy, *tangent_x = args->tangent_x;                               \
        const gan_real *tangent_dy = args->tangent_dy;                                                           \
        gan_real *tangent_dx = args->y;                                                                          \
        GAN_INDEPENDENT                                                                                          \
        for (int64_t i = begin; i < end; i++) {                                                                  \
            const gan_real at = within(x[i]);                                                                    \
            const gate g = name##_gate(at);                                                                      \
            tangent_dx[i] =                                                                                      \
                tangent_dy[i] * (g.value + at * g.first) + tangent_x[i] * dy[i] * (2 * g.first + at * g.second); \
        }                                                                                                        \
    }

DEFINE_GATED(silu)
DEFINE_GATED(gelu)
DEFINE_GATED(gelu_tanh)

/* ---- A slope for each column -------------------------------------------------------------------------------- */

static void prelu_rows(const void *arguments, int64_t begin, int64_t end)
{
    const gan_prelu_args *args = arguments;
    const int64_t columns = args->columns;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *x = args->x + i * columns, *v = args->a + i * columns, *slopes = args->slopes;
        gan_real *y = args->y + i * columns;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++) {
            const gan_real slope = x[j] > 0 ? 1 : slopes[j], product = v[j] * slope;
            y[j] = slope == 0 && v[j] == v[j] ? 0 : product; /* 0 times infinity is 0 here, as it is nearby */
        }
    }
}

static void prelu_products(const void *arguments, int64_t begin, int64_t end)
{
    const gan_prelu_args *args = arguments;
    const gan_real *x = args->x, *a = args->a, *b = args->b;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        const gan_real product = a[i] * b[i];
        y[i] = x[i] > 0 ? 0 : product;
    }
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

#define KIND(name)                                      \
    {                                                   \
        name##_forward, name##_backward, name##_tangent \
    }

const gan_activation_table GAN_ISA_TABLE(gan_activation_table) = {
    .kinds =
        {
            [GAN_ACTIVATION_LEAKY_RELU] = {leaky_relu_forward, leaky_relu_backward, NULL},
            [GAN_ACTIVATION_TANH] = KIND(tanh),
            [GAN_ACTIVATION_SIGMOID] = KIND(sigmoid),
            [GAN_ACTIVATION_SOFTPLUS] = KIND(softplus),
            [GAN_ACTIVATION_ELU] = KIND(elu),
            [GAN_ACTIVATION_SILU] = KIND(silu),
            [GAN_ACTIVATION_GELU] = KIND(gelu),
            [GAN_ACTIVATION_GELU_TANH] = KIND(gelu_tanh),
        },
    .prelu_rows = prelu_rows,
    .prelu_products = prelu_products,
};
