/* Loops of logarithms of sums of exponentials. Exponents are taken relative to the row's largest, so that nothing
 * overflows. */
#include "kernels/sums/sums_tables.h"

enum { LANES = 16 };

static gan_real largest(int64_t columns, const gan_real *x)
{
    gan_real m = x[0];
    for (int64_t j = 1; j < columns; j++) m = x[j] > m ? x[j] : m;
    return m;
}

/* The sum over j of exp(x[j] - m) weights[j], in many lanes; weights NULL: 1 */
static double sum_exponentials(int64_t columns, const gan_real *x, gan_real m, const gan_real *weights)
{
    double lane[LANES] = {0}, sum = 0;
    for (int64_t first = 0; first < columns; first += LANES) {
        const int64_t count = columns - first < LANES ? columns - first : LANES;
        for (int64_t j = 0; j < count; j++) {
            const gan_real e = gan_real_exp(x[first + j] - m);
            lane[j] += (double)(weights ? e * weights[first + j] : e);
        }
    }
    for (int j = 0; j < LANES; j++) sum += lane[j];
    return sum;
}

/* What an infinite maximum gives: itself, unless some value is NaN. */
static gan_real of_infinite(int64_t columns, const gan_real *x, gan_real m)
{
    for (int64_t j = 0; j < columns; j++)
        if (isnan(x[j])) return x[j];
    return m;
}

static void forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_log_sum_exp_args *args = arguments;
    const int64_t columns = args->columns;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *x = args->x + i * columns, m = largest(columns, x);
        const double sum = sum_exponentials(columns, x, m, NULL);
        args->kept[2 * i] = m;
        args->kept[2 * i + 1] = (gan_real)(1 / sum);
        args->y[i] = isinf(m) ? of_infinite(columns, x, m) : (gan_real)((double)m + log(sum));
    }
}

static void backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_log_sum_exp_args *args = arguments;
    const int64_t columns = args->columns;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *x = args->x + i * columns, m = args->kept[2 * i], scale = args->dy[i] * args->kept[2 * i + 1];
        gan_real *dx = args->y + i * columns;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++) dx[j] = scale * gan_real_exp(x[j] - m);
    }
}

/* R{y} of row i */
static gan_real tangent_of(const gan_log_sum_exp_args *args, int64_t i)
{
    const int64_t first = i * args->columns;
    return (gan_real)((double)args->kept[2 * i + 1] *
                      sum_exponentials(args->columns, args->x + first, args->kept[2 * i], args->tangent_x + first));
}

static void tangent(const void *arguments, int64_t begin, int64_t end)
{
    const gan_log_sum_exp_args *args = arguments;
    for (int64_t i = begin; i < end; i++) args->y[i] = tangent_of(args, i);
}

static void tangent_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_log_sum_exp_args *args = arguments;
    const int64_t columns = args->columns;
    for (int64_t i = begin; i < end; i++) {
        const gan_real *x = args->x + i * columns, *tangent_x = args->tangent_x + i * columns, m = args->kept[2 * i];
        const gan_real scale = args->kept[2 * i + 1], dy = args->dy ? args->dy[i] : 0;
        const gan_real tangent_dy = args->tangent_dy ? args->tangent_dy[i] : 0, tangent_y = tangent_of(args, i);
        gan_real *tangent_dx = args->y + i * columns;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < columns; j++)
            tangent_dx[j] = scale * gan_real_exp(x[j] - m) * (tangent_dy + dy * (tangent_x[j] - tangent_y));
    }
}

const gan_log_sum_exp_table GAN_ISA_TABLE(gan_log_sum_exp_table) = {
    .forward = forward, .backward = backward, .tangent = tangent, .tangent_backward = tangent_backward};
