/* Improved precision and recall: Kynkaanniemi, Karras, Laine, Lehtinen and Aila, "Improved Precision and Recall
 * Metric for Assessing Generative Models" (2019). */
#include "metrics/metrics.h"

#include <math.h>

#define DEFAULT_NEIGHBOURS 3

/* A set of features as a union of balls: each sample is the centre of one that reaches its `neighbours`-th nearest
 * neighbour. Distances are squared. */
typedef struct manifold {
    gan_given given;
    gan_double_rows rows;
    double *norms;   /* |row|^2, (count) */
    double *nearest; /* (count, neighbours), nearest first */
    int64_t neighbours, nearest_count;
    bool *covered; /* whether a sample lies in a ball of the other set */
} manifold;

/* The rows, padded to fill the last tile. */
static int64_t filled_up(int64_t rows)
{
    return (rows + GAN_ROW_TILE - 1) / GAN_ROW_TILE * GAN_ROW_TILE;
}

static double radius(const manifold *of, int64_t row)
{
    return of->nearest[row * of->neighbours + of->neighbours - 1];
}

static void release_manifold(gan_context *context, manifold *of)
{
    gan_double_rows_release(context, &of->rows);
    gan_release(context, of->norms, (size_t)filled_up(of->given.rows) * sizeof(double));
    gan_release(context, of->nearest, (size_t)of->nearest_count * sizeof(double));
    gan_release(context, of->covered, (size_t)of->given.rows * sizeof(bool));
}

/* ---- Distances ------------------------------------------------------------------------------------------------- */

/* Two sets, all of whose pairs of samples are visited. */
typedef struct pairs {
    manifold *a, *b;
    void (*visit)(const struct pairs *of, int64_t i, int64_t j, double distance);
} pairs;

/* |x - y|^2 = |x|^2 + |y|^2 - 2 x . y, exactly 0 for equal rows, whose three products have the same bits. */
static void visit_tile(void *user, int64_t row, int64_t column, const double *tile)
{
    const pairs *of = user;
    for (int64_t i = row; i < row + GAN_ROW_TILE && i < of->a->rows.rows; i++) {
        for (int64_t j = column; j < column + GAN_ROW_TILE && j < of->b->rows.rows; j++) {
            const double product = tile[(i - row) * GAN_ROW_TILE + j - column];
            of->visit(of, i, j, fmax(of->a->norms[i] + of->b->norms[j] - 2 * product, 0));
        }
    }
}

static void visit_pairs(gan_context *context, manifold *a, manifold *b,
                        void (*visit)(const pairs *of, int64_t i, int64_t j, double distance))
{
    pairs of = {a, b, visit};
    gan_pairwise_dot(context, &a->rows, &b->rows, false, visit_tile, &of);
}

/* ---- Manifolds ------------------------------------------------------------------------------------------------- */

static void store_norms(void *user, int64_t row, int64_t column, const double *tile)
{
    double *norms = user;
    (void)row;
    (void)column;
    for (int64_t i = 0; i < GAN_ROW_TILE; i++) norms[i] = tile[i * (GAN_ROW_TILE + 1)];
}

/* The norms are the diagonal of the product of the rows with themselves, one tile at a time. */
static void fill_norms(gan_context *context, manifold *of)
{
    for (int64_t i = 0; i < of->rows.rows; i += GAN_ROW_TILE) {
        const gan_double_rows tile = {GAN_ROW_TILE, of->rows.size, of->rows.values + i * of->rows.size};
        gan_pairwise_dot(context, &tile, &tile, false, store_norms, of->norms + i);
    }
}

static void insert_neighbour(const pairs *of, int64_t i, int64_t j, double distance)
{
    double *nearest = of->a->nearest + i * of->a->neighbours;
    int64_t place = of->a->neighbours - 1;
    if (i == j || distance >= nearest[place]) return;
    for (; place > 0 && nearest[place - 1] > distance; place--) nearest[place] = nearest[place - 1];
    nearest[place] = distance;
}

/* Distances do not depend on the origin; one near the data loses the fewest digits. Rounded to the power of two below
 * the column's spread, it is a multiple of whatever power of two all its values are: so whole numbers stay whole, and
 * their distances are exact, also where they tie with a radius. */
static void find_origin(const gan_given *given, double *origin)
{
    gan_given_means(given, origin);
    for (int64_t j = 0; j < given->columns; j++) {
        float least = given->values[j], most = least;
        int exponent;
        for (int64_t i = 1; i < given->rows; i++) {
            least = fminf(least, given->values[i * given->columns + j]);
            most = fmaxf(most, given->values[i * given->columns + j]);
        }
        frexp((double)most - (double)least, &exponent);
        const double unit = ldexp(1, exponent - 1);
        origin[j] = most > least ? rint(origin[j] / unit) * unit : (double)least;
    }
}

static gan_status measure(gan_context *context, const double *origin, manifold *of)
{
    const int64_t count = of->given.rows;

    if (!gan_checked_multiply(count, of->neighbours, &of->nearest_count)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: neighbours of all samples overflow", of->given.function);
    }
    GAN_TRY(gan_double_rows_create(context, count, of->given.columns, &of->rows));
    of->norms = gan_allocate_array(context, filled_up(count), sizeof(double));
    if (!of->norms) return GAN_ERROR_MEMORY;
    of->nearest = gan_allocate_array(context, of->nearest_count, sizeof(double));
    if (!of->nearest) return GAN_ERROR_MEMORY;
    of->covered = gan_allocate_array(context, count, sizeof(bool));
    if (!of->covered) return GAN_ERROR_MEMORY;
    gan_double_rows_fill(&of->rows, &of->given, NULL, origin);
    fill_norms(context, of);
    for (int64_t i = 0; i < of->nearest_count; i++) of->nearest[i] = INFINITY;
    visit_pairs(context, of, of, insert_neighbour);
    return GAN_OK;
}

/* ---- Precision and recall -------------------------------------------------------------------------------------- */

static void cover(const pairs *of, int64_t i, int64_t j, double distance)
{
    if (distance <= radius(of->b, j)) of->a->covered[i] = true;
}

/* The share of samples of `a` in a ball of `b`. */
static double covered_share(gan_context *context, manifold *a, manifold *b)
{
    int64_t count = 0;
    visit_pairs(context, a, b, cover);
    for (int64_t i = 0; i < a->given.rows; i++) count += a->covered[i];
    return (double)count / (double)a->given.rows;
}

static gan_status resolve(const gan_precision_recall_options *given, manifold of[2])
{
    const int64_t most = (of[0].given.rows < of[1].given.rows ? of[0].given.rows : of[1].given.rows) - 1;
    static const char *const what = "gan_precision_recall_options";
    gan_precision_recall_options options;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    if (options.neighbours == 0) options.neighbours = most < DEFAULT_NEIGHBOURS ? most : DEFAULT_NEIGHBOURS;
    GAN_TRY(gan_number_check(what, "neighbours", options.neighbours, 1, most));
    for (int i = 0; i < 2; i++) of[i].neighbours = options.neighbours;
    return GAN_OK;
}

gan_status gan_metric_precision_recall(gan_context *context, const float *real, int64_t real_count, const float *fake,
                                       int64_t fake_count, int64_t dimensions,
                                       const gan_precision_recall_options *options, double *precision, double *recall)
{
    GAN_FLOAT_SCOPE();
    manifold of[2] = {
        {.given = {__func__, "real", real, real_count, dimensions}},
        {.given = {__func__, "fake", fake, fake_count, dimensions}},
    };
    gan_status status = GAN_OK;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(precision);
    GAN_CHECK_NOT_NULL(recall);
    for (int i = 0; i < 2; i++) GAN_TRY(gan_given_check(&of[i].given, 2, 1));
    GAN_TRY(resolve(options, of));
    double *origin = gan_allocate_array(context, dimensions, sizeof(double));
    if (!origin) return GAN_ERROR_MEMORY;
    find_origin(&of[0].given, origin);
    for (int i = 0; i < 2 && status == GAN_OK; i++) status = measure(context, origin, &of[i]);
    if (status == GAN_OK) {
        *precision = covered_share(context, &of[1], &of[0]);
        *recall = covered_share(context, &of[0], &of[1]);
    }
    for (int i = 0; i < 2; i++) release_manifold(context, &of[i]);
    gan_release(context, origin, (size_t)dimensions * sizeof(double));
    return status;
}
