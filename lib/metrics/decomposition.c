/* Decompositions of matrices with some hundreds of rows. */
#include "metrics/metrics.h"

#include <float.h>
#include <math.h>

/* ---- Cholesky with pivots -------------------------------------------------------------------------------------- */

static int64_t largest_on_diagonal(const double *c, int64_t size)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < size; i++)
        if (c[i * (size + 1)] > c[largest * (size + 1)]) largest = i;
    return largest;
}

/* c -= column column^T */
static void subtract_outer(double *c, int64_t size, const double *column)
{
    for (int64_t i = 0; i < size; i++) {
        const double factor = column[i];
        double *row = c + i * size;
        if (factor == 0) continue;
        for (int64_t j = 0; j < size; j++) row[j] -= factor * column[j];
    }
}

/* Each column of L is the column of the largest remaining diagonal element, over that element's root. Once it is as
 * small as the rounding errors of the first, the rest is no direction of the data. */
int64_t gan_cholesky(double *c, int64_t size, double *scratch, gan_double_rows *out)
{
    const double least = c[largest_on_diagonal(c, size) * (size + 1)] * (double)size * DBL_EPSILON;

    for (int64_t rank = 0; rank < size; rank++) {
        const int64_t pivot = largest_on_diagonal(c, size);
        const double element = c[pivot * (size + 1)];
        if (!(element > least)) return rank;
        for (int64_t j = 0; j < size; j++) {
            scratch[j] = c[pivot * size + j] / sqrt(element);
            *gan_double_rows_at(out, rank, j) = scratch[j];
        }
        subtract_outer(c, size, scratch);
        c[pivot * (size + 1)] = 0;
    }
    return size;
}

/* ---- Singular values: Hestenes' one-sided Jacobi method -------------------------------------------------------- */

/* Rows are rotated in pairs until all are orthogonal; their norms are then the singular values. Unlike the roots of
 * the eigenvalues of A A^T, which lose half of their digits, even small ones come out right.
 *
 * A sweep visits every pair once, in rounds of pairs without a common row, like a round-robin tournament by the
 * circle method. The norms' error is the square of the largest remaining cosine. Six to ten sweeps are usual. */
#define MOST_COSINE 1e-10
enum { MOST_SWEEPS = 60, PAIRS_VALUES = 16384, LANES = 8 };

typedef struct sweep {
    double *a;
    int64_t rows, columns;
    int64_t players; /* the rows, rounded up to an even number */
    int64_t round;
    int64_t task_pairs;
    double negligible;  /* a squared norm too small to change the sum */
    atomic_bool turned; /* a pair was not orthogonal */
} sweep;

static double dot(const double *a, const double *b, int64_t count)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += a[i + j] * b[i + j];
    for (int j = 0; j < LANES; j++) sum += lane[j];
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/* (a, b) = (c a - s b, s a + c b), by the smaller of the two angles that make them orthogonal. */
static bool make_orthogonal(double *restrict a, double *restrict b, int64_t count, double negligible)
{
    const double aa = dot(a, a, count), bb = dot(b, b, count), ab = dot(a, b, count);
    if (aa <= negligible || bb <= negligible || fabs(ab) <= MOST_COSINE * sqrt(aa) * sqrt(bb)) return false;
    const double cotangent = (bb - aa) / (2 * ab); /* of twice the angle */
    const double tangent = copysign(1, cotangent) / (fabs(cotangent) + sqrt(1 + cotangent * cotangent));
    const double cosine = 1 / sqrt(1 + tangent * tangent), sine = cosine * tangent;
    for (int64_t i = 0; i < count; i++) {
        const double x = a[i], y = b[i];
        a[i] = cosine * x - sine * y;
        b[i] = sine * x + cosine * y;
    }
    return true;
}

static void round_task(void *argument, int64_t index)
{
    sweep *work = argument;
    const int64_t circle = work->players - 1, pairs = work->players / 2;
    const int64_t begin = index * work->task_pairs, end = begin + work->task_pairs;
    for (int64_t pair = begin; pair < end && pair < pairs; pair++) {
        const int64_t first = (work->round + pair) % circle;
        const int64_t second = pair == 0 ? circle : (work->round + circle - pair) % circle;
        if (first >= work->rows || second >= work->rows) continue; /* the odd one rests */
        if (make_orthogonal(work->a + first * work->columns, work->a + second * work->columns, work->columns,
                            work->negligible))
            atomic_store_explicit(&work->turned, true, memory_order_relaxed);
    }
}

double gan_singular_value_sum(gan_context *context, double *a, int64_t rows, int64_t columns)
{
    sweep work = {.a = a, .rows = rows, .columns = columns, .players = rows + rows % 2};
    const int64_t pairs = work.players / 2;
    const double square = dot(a, a, rows * columns);
    double sum = 0;

    work.negligible = square * DBL_EPSILON * DBL_EPSILON;
    work.task_pairs = columns < PAIRS_VALUES ? PAIRS_VALUES / (columns > 0 ? columns : 1) : 1;
    atomic_init(&work.turned, true);
    for (int i = 0; i < MOST_SWEEPS && atomic_load(&work.turned); i++) {
        atomic_store(&work.turned, false);
        for (work.round = 0; work.round < work.players - 1; work.round++) {
            gan_parallel(context, round_task, &work, (pairs + work.task_pairs - 1) / work.task_pairs);
        }
    }
    for (int64_t i = 0; i < rows; i++) sum += sqrt(dot(a + i * columns, a + i * columns, columns));
    return sum;
}
