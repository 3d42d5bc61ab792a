/* Frechet distance between normal distributions: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule
 * Converge to a Local Nash Equilibrium" (2017). */
#include "metrics/metrics.h"

#include <math.h>

/* What the distance needs to know of a set of features and its covariance C. */
typedef struct moments {
    double *mean;           /* (dimensions) */
    double trace;           /* of C */
    gan_double_rows factor; /* columns of L, C = L L^T */
    int64_t rank;           /* how many columns are not 0 */
} moments;

static void release_moments(gan_context *context, int64_t dimensions, moments *of)
{
    gan_release(context, of->mean, (size_t)dimensions * sizeof(double));
    gan_double_rows_release(context, &of->factor);
}

/* C = sum of (x - m) (x - m)^T / (count - 1); the upper half is computed and copied to the lower. */
static gan_status covariance(gan_context *context, const gan_given *given, const double *mean, double *c)
{
    const int64_t size = given->columns;
    const double scale = 1 / (double)(given->rows - 1);
    gan_double_rows columns = {0};

    GAN_TRY(gan_double_rows_create(context, size, given->rows, &columns));
    gan_double_rows_fill_columns(&columns, given, mean);
    gan_double_rows_multiply(context, &columns, &columns, true, c);
    gan_double_rows_release(context, &columns);
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = i; j < size; j++) c[j * size + i] = c[i * size + j] *= scale;
    }
    return GAN_OK;
}

/* `c`: scratch of (dimensions + 1, dimensions). */
static gan_status measure(gan_context *context, const gan_given *given, double *c, moments *out)
{
    const int64_t size = given->columns;

    out->mean = gan_allocate_array(context, size, sizeof(double));
    if (!out->mean) return GAN_ERROR_MEMORY;
    gan_given_means(given, out->mean);
    GAN_TRY(covariance(context, given, out->mean, c));
    for (int64_t i = 0; i < size; i++) out->trace += c[i * (size + 1)];
    GAN_TRY(gan_double_rows_create(context, size, size, &out->factor));
    out->rank = gan_cholesky(c, size, c + size * size, &out->factor);
    return GAN_OK;
}

/* tr (C_a C_b)^(1/2), the sum of the singular values of L_a^T L_b: its square is similar to C_a C_b. */
static double root_trace(gan_context *context, const moments *a, const moments *b, double *product)
{
    const moments *fewer = a->rank <= b->rank ? a : b, *more = fewer == a ? b : a;
    const gan_double_rows left = {fewer->rank, fewer->factor.size, fewer->factor.values};
    const gan_double_rows right = {more->rank, more->factor.size, more->factor.values};
    gan_double_rows_multiply(context, &left, &right, false, product);
    return gan_singular_value_sum(context, product, left.rows, right.rows);
}

gan_status gan_metric_frechet_distance(gan_context *context, const float *real, int64_t real_count, const float *fake,
                                       int64_t fake_count, int64_t dimensions, double *out)
{
    GAN_FLOAT_SCOPE();
    const gan_given given[2] = {{__func__, "real", real, real_count, dimensions},
                                {__func__, "fake", fake, fake_count, dimensions}};
    moments of[2] = {{0}};
    double *square = NULL, mean = 0;
    gan_status status = GAN_OK;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    for (int i = 0; i < 2; i++) GAN_TRY(gan_given_check(&given[i], 2, 1));
    square = gan_allocate_array(context, dimensions + 1, (size_t)dimensions * sizeof(double));
    if (!square) return GAN_ERROR_MEMORY;
    for (int i = 0; i < 2 && status == GAN_OK; i++) status = measure(context, &given[i], square, &of[i]);
    if (status == GAN_OK) {
        for (int64_t j = 0; j < dimensions; j++) {
            mean += (of[0].mean[j] - of[1].mean[j]) * (of[0].mean[j] - of[1].mean[j]);
        }
        /* Only rounding can make it negative. */
        *out = fmax(mean + of[0].trace + of[1].trace - 2 * root_trace(context, &of[0], &of[1], square), 0);
    }
    for (int i = 0; i < 2; i++) release_moments(context, dimensions, &of[i]);
    gan_release(context, square, (size_t)(dimensions + 1) * (size_t)dimensions * sizeof(double));
    return status;
}
