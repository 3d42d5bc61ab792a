/* Kernel distance: Binkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs" (2018). */
#include "metrics/metrics.h"

#include <math.h>

#define DEFAULT_SUBSETS     100
#define DEFAULT_SUBSET_SIZE 1000

/* One of the two sets, and a subset of it. */
typedef struct sampled {
    gan_given given;
    int64_t *order; /* numbers of all samples, the subset's first */
    gan_double_rows subset;
} sampled;

/* Draws numbers without replacement and moves them to the front (Fisher and Yates). */
static void draw_subset(sampled *from, gan_random_state *random)
{
    const int64_t size = from->subset.rows, count = from->given.rows;
    for (int64_t i = 0; i < size && size < count; i++) {
        const int64_t j = i + (int64_t)gan_random_below(random, (uint64_t)(count - i)), moved = from->order[i];
        from->order[i] = from->order[j];
        from->order[j] = moved;
    }
    gan_double_rows_fill(&from->subset, &from->given, from->order, NULL);
}

/* Sums of k(x, y) = (x . y / d + 1)^3, one per row; with `upper`, over the columns right of the diagonal. */
typedef struct kernel_sums {
    int64_t rows, columns;
    bool upper;
    double scale;
    double *sums;
} kernel_sums;

static void add_tile(void *user, int64_t row, int64_t column, const double *tile)
{
    const kernel_sums *of = user;
    for (int64_t i = 0; i < GAN_ROW_TILE && row + i < of->rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < GAN_ROW_TILE && column + j < of->columns; j++) {
            const double base = tile[i * GAN_ROW_TILE + j] * of->scale + 1;
            if (!of->upper || column + j > row + i) sum += base * base * base;
        }
        of->sums[row + i] += sum;
    }
}

static double kernel_sum(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, double *sums)
{
    kernel_sums of = {a->rows, b->rows, a == b, 1 / (double)a->size, sums};
    double sum = 0;
    for (int64_t i = 0; i < a->rows; i++) sums[i] = 0;
    gan_pairwise_dot(context, a, b, of.upper, add_tile, &of);
    for (int64_t i = 0; i < a->rows; i++) sum += sums[i];
    return sum;
}

/* Unbiased: sum over i != j of (k(x_i, x_j) + k(y_i, y_j)) / (n (n - 1)) - 2 sum of k(x_i, y_j) / n^2 */
static double discrepancy(gan_context *context, const gan_double_rows *x, const gan_double_rows *y, double *sums)
{
    const double n = (double)x->rows;
    const double within = kernel_sum(context, x, x, sums) + kernel_sum(context, y, y, sums);
    return 2 * within / (n * (n - 1)) - 2 * kernel_sum(context, x, y, sums) / (n * n);
}

static gan_status resolve(const gan_kernel_distance_options *given, int64_t real_count, int64_t fake_count,
                          gan_kernel_distance_options *options)
{
    static const char *const what = "gan_kernel_distance_options";
    const int64_t fewer = real_count < fake_count ? real_count : fake_count;

    GAN_TRY(gan_options_read(options, sizeof(*options), given, what));
    if (options->subsets == 0) options->subsets = DEFAULT_SUBSETS;
    if (options->subset_size == 0) options->subset_size = fewer < DEFAULT_SUBSET_SIZE ? fewer : DEFAULT_SUBSET_SIZE;
    GAN_TRY(gan_number_check(what, "subsets", options->subsets, 1, INT64_MAX));
    GAN_TRY(gan_number_check(what, "subset_size", options->subset_size, 2, fewer));
    if (options->subset_size == real_count && options->subset_size == fake_count) options->subsets = 1;
    return GAN_OK;
}

static gan_status prepare(gan_context *context, int64_t subset_size, sampled *set)
{
    set->order = gan_allocate_array(context, set->given.rows, sizeof(int64_t));
    if (!set->order) return GAN_ERROR_MEMORY;
    for (int64_t i = 0; i < set->given.rows; i++) set->order[i] = i;
    return gan_double_rows_create(context, subset_size, set->given.columns, &set->subset);
}

static void release(gan_context *context, sampled *set)
{
    gan_release(context, set->order, (size_t)set->given.rows * sizeof(int64_t));
    gan_double_rows_release(context, &set->subset);
}

static gan_spread over_subsets(gan_context *context, const gan_kernel_distance_options *options, sampled set[2],
                               double *sums)
{
    gan_random_state random = {.seed = options->seed, .stream = GAN_STREAM_SUBSET};
    gan_spread spread = {0};
    for (int64_t i = 0; i < options->subsets; i++) {
        for (int k = 0; k < 2; k++) draw_subset(&set[k], &random);
        gan_spread_add(&spread, discrepancy(context, &set[0].subset, &set[1].subset, sums));
    }
    return spread;
}

gan_status gan_metric_kernel_distance(gan_context *context, const float *real, int64_t real_count, const float *fake,
                                      int64_t fake_count, int64_t dimensions,
                                      const gan_kernel_distance_options *options, double *mean, double *deviation)
{
    GAN_FLOAT_SCOPE();
    sampled set[2] = {{.given = {__func__, "real", real, real_count, dimensions}},
                      {.given = {__func__, "fake", fake, fake_count, dimensions}}};
    gan_kernel_distance_options resolved;
    gan_status status = GAN_OK;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(mean);
    for (int i = 0; i < 2; i++) GAN_TRY(gan_given_check(&set[i].given, 2, 1));
    GAN_TRY(resolve(options, real_count, fake_count, &resolved));
    double *sums = gan_allocate_array(context, resolved.subset_size, sizeof(double));
    if (!sums) return GAN_ERROR_MEMORY;
    for (int i = 0; i < 2 && status == GAN_OK; i++) status = prepare(context, resolved.subset_size, &set[i]);
    if (status == GAN_OK) {
        const gan_spread spread = over_subsets(context, &resolved, set, sums);
        *mean = spread.mean;
        if (deviation) *deviation = gan_spread_deviation(&spread);
    }
    for (int i = 0; i < 2; i++) release(context, &set[i]);
    gan_release(context, sums, (size_t)resolved.subset_size * sizeof(double));
    return status;
}
