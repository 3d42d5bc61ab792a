/* Loops of softmax over rows. Sums are taken in many lanes, in double. */
#include "kernels/rows/rows_tables.h"

enum { LANES = 16 };

static gan_real largest(int64_t columns, const gan_real *x)
{
    gan_real lane[LANES], most = (gan_real)-INFINITY;
    for (int j = 0; j < LANES; j++) lane[j] = (gan_real)-INFINITY;
    for (int64_t first = 0; first < columns; first += LANES) {
        const int64_t count = columns - first < LANES ? columns - first : LANES;
        for (int64_t j = 0; j < count; j++) lane[j] = x[first + j] > lane[j] ? x[first + j] : lane[j];
    }
    for (int j = 0; j < LANES; j++) most = lane[j] > most ? lane[j] : most;
    return most;
}

static double sum(int64_t columns, const gan_real *x)
{
    double lane[LANES] = {0}, total = 0;
    for (int64_t first = 0; first < columns; first += LANES) {
        const int64_t count = columns - first < LANES ? columns - first : LANES;
        for (int64_t j = 0; j < count; j++) lane[j] += (double)x[first + j];
    }
    for (int j = 0; j < LANES; j++) total += lane[j];
    return total;
}

static double dot(int64_t columns, const gan_real *x, const gan_real *y)
{
    double lane[LANES] = {0}, total = 0;
    for (int64_t first = 0; first < columns; first += LANES) {
        const int64_t count = columns - first < LANES ? columns - first : LANES;
        for (int64_t j = 0; j < count; j++) lane[j] += (double)x[first + j] * (double)y[first + j];
    }
    for (int j = 0; j < LANES; j++) total += lane[j];
    return total;
}

/* Exponents are taken relative to the largest, so that none overflows. */
static void forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_softmax_args *args = arguments;
    const int64_t columns = args->columns;
    const gan_real scale = args->scale;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *x = args->t + i * columns, most = largest(columns, x);
        gan_real *y = args->y + i * columns;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++) y[j] = gan_real_exp(scale * (x[j] - most));
        const gan_real share = (gan_real)(1 / sum(columns, y));
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++) y[j] *= share;
    }
}

static void derivative(const void *arguments, int64_t begin, int64_t end)
{
    const gan_softmax_args *args = arguments;
    const int64_t columns = args->columns;
    const gan_real scale = args->scale;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *p = args->p + i * columns, *t = args->t + i * columns;
        const gan_real mean = (gan_real)dot(columns, p, t);
        gan_real *y = args->y + i * columns;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++) y[j] = scale * p[j] * (t[j] - mean);
    }
}

static void derivative_tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_softmax_args *args = arguments;
    const int64_t columns = args->columns;
    const gan_real scale = args->scale;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i * columns;
        const gan_real *p = args->p + first, *tangent_p = args->tangent_p + first;
        const gan_real *t = args->t + first, *tangent_t = args->tangent_t + first;
        const gan_real mean = (gan_real)dot(columns, p, t);
        const gan_real tangent_mean = (gan_real)(dot(columns, tangent_p, t) + dot(columns, p, tangent_t));
        gan_real *y = args->y + first;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++)
            y[j] = scale * (tangent_p[j] * (t[j] - mean) + p[j] * (tangent_t[j] - tangent_mean));
    }
}

const gan_softmax_table GAN_ISA_TABLE(gan_softmax_table) = {
    .forward = forward, .derivative = derivative, .derivative_tangent = derivative_tangent};
