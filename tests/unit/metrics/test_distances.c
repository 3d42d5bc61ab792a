/* Distances between sets of features: SciPy's values, and what must hold for any set. */
#include "metrics/metrics.h"
#include "reference/metrics.h"
#include "samples.h"
#include "support/files.h"
#include "support/splitmix.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The two sets of a row in the reference's table. */
typedef struct pair {
    int64_t real_count, fake_count, fewer, dimensions;
    float *real, *fake;
} pair;

static pair pair_of(int s)
{
    pair p = {.real_count = sets[s][0], .fake_count = sets[s][1], .dimensions = sets[s][2]};
    p.fewer = p.real_count < p.fake_count ? p.real_count : p.fake_count;
    p.real = test_features((uint64_t)(2 * s), p.real_count, p.dimensions, sets[s][3]);
    p.fake = test_features((uint64_t)(TEST_FAKE + 2 * s), p.fake_count, p.dimensions, sets[s][3]);
    return p;
}

static void pair_release(pair *p)
{
    free(p->real);
    free(p->fake);
}

static double frechet(gan_context *context, const float *a, int64_t a_count, const float *b, int64_t b_count,
                      int64_t dimensions)
{
    double out = -1;
    test_status(gan_metric_frechet_distance(context, a, a_count, b, b_count, dimensions, &out), GAN_OK, "");
    return out;
}

static double kernel(gan_context *context, const float *a, int64_t a_count, const float *b, int64_t b_count,
                     int64_t dimensions, const gan_kernel_distance_options *options, double *deviation)
{
    double out = NAN;
    test_status(gan_metric_kernel_distance(context, a, a_count, b, b_count, dimensions, options, &out, deviation),
                GAN_OK, "");
    return out;
}

/* ---- Known values ------------------------------------------------------------------------------------------- */

static void test_frechet(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        double distance = frechet(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions);
        test_near("Frechet distance", distance, frechet_distances[s], 1e-11);
        test_near("the same, sets exchanged",
                  frechet(context, p.fake, p.fake_count, p.real, p.real_count, p.dimensions), distance, 1e-11);
        pair_release(&p);
    }
    gan_context_destroy(context);
}

static void test_kernel_of_all(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        double deviation = -1;
        double distance = kernel(context, p.real, p.fewer, p.fake, p.fewer, p.dimensions, NULL, &deviation);
        test_near("kernel distance", distance, kernel_distances[s], 1e-11);
        assert_true(deviation == 0);
        test_near("the same, sets exchanged",
                  kernel(context, p.fake, p.fewer, p.real, p.fewer, p.dimensions, NULL, NULL), distance, 1e-12);
        pair_release(&p);
    }
    gan_context_destroy(context);
}

static void test_kernel_of_subsets(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        double deviation = -1, distance;
        if (p.fewer >= 20) {
            distance = kernel(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions,
                              GAN_KERNEL_DISTANCE(.subsets = 7, .subset_size = 20, .seed = 11), &deviation);
            test_near("kernel distance", distance, kernel_distances_of_subsets[s][0], 1e-11);
            test_near("its deviation", deviation, kernel_distances_of_subsets[s][1], 1e-11);
        }
        pair_release(&p);
    }
    gan_context_destroy(context);
}

/* By default, 100 subsets of as many samples as the smaller set has. */
static void test_kernel_defaults(void **state)
{
    gan_context *context = test_context();
    pair p = pair_of(0);
    double deviations[2], distances[2];

    (void)state;
    distances[0] = kernel(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions, NULL, &deviations[0]);
    distances[1] = kernel(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions,
                          GAN_KERNEL_DISTANCE(.subsets = 100, .subset_size = 50), &deviations[1]);
    assert_memory_equal(&distances[0], &distances[1], sizeof(double));
    assert_memory_equal(&deviations[0], &deviations[1], sizeof(double));
    assert_true(deviations[0] > 0);
    pair_release(&p);
    gan_context_destroy(context);
}

static void test_precision_recall(void **state)
{
    gan_context *context = test_context();
    int tried = 0;

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        for (int k = 0; k < NEIGHBOURS; k++) {
            double precision = -1, recall = -1;
            if (neighbours_of[k] >= p.fewer) continue;
            test_status(gan_metric_precision_recall(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions,
                                                    GAN_PRECISION_RECALL(.neighbours = neighbours_of[k]), &precision,
                                                    &recall),
                        GAN_OK, "");
            test_near("precision", precision, precisions_and_recalls[s][2 * k], 1e-14);
            test_near("recall", recall, precisions_and_recalls[s][2 * k + 1], 1e-14);
            tried++;
        }
        pair_release(&p);
    }
    assert_int_equal(tried, 16);
    gan_context_destroy(context);
}

/* 3, or the most that the smaller set allows. */
static void test_default_neighbours(void **state)
{
    gan_context *context = test_context();
    int fewer_than_three = 0;

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        const int64_t neighbours = p.fewer > 3 ? 3 : p.fewer - 1;
        double by_default[2] = {-1, -1}, given[2] = {-2, -2};
        test_status(gan_metric_precision_recall(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions,
                                                NULL, &by_default[0], &by_default[1]),
                    GAN_OK, "");
        test_status(gan_metric_precision_recall(context, p.real, p.real_count, p.fake, p.fake_count, p.dimensions,
                                                GAN_PRECISION_RECALL(.neighbours = neighbours), &given[0], &given[1]),
                    GAN_OK, "");
        assert_true(by_default[0] == given[0] && by_default[1] == given[1]);
        if (neighbours < 3) fewer_than_three++;
        pair_release(&p);
    }
    assert_true(fewer_than_three > 0 && fewer_than_three < SETS);
    gan_context_destroy(context);
}

/* A sample at the radius is covered. Among whole numbers, and their multiples by powers of two, that is common. */
static void test_ties(void **state)
{
    static const float scales[] = {1, 1024, 0.00390625f}, offsets[] = {0, 1, -7, 40000};
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < 3; s++) {
        for (int o = 0; o < 4; o++) {
            float real[] = {5, 3, -3}, fake[] = {4, 5};
            double precision, recall;
            for (int i = 0; i < 3; i++) real[i] = scales[s] * (real[i] + offsets[o]);
            for (int i = 0; i < 2; i++) fake[i] = scales[s] * (fake[i] + offsets[o]);
            test_status(gan_metric_precision_recall(context, real, 3, fake, 2, 1,
                                                    GAN_PRECISION_RECALL(.neighbours = 1), &precision, &recall),
                        GAN_OK, "");
            test_near("precision", precision, 1, 0);
            test_near("recall", recall, 2.0 / 3, 0);
        }
    }
    gan_context_destroy(context);
}

enum { TIED = 40, TIED_SIZE = 5 };

static int64_t whole_distance(const float *a, const float *b)
{
    int64_t sum = 0;
    for (int j = 0; j < TIED_SIZE; j++) sum += (int64_t)(a[j] - b[j]) * (int64_t)(a[j] - b[j]);
    return sum;
}

/* The share of `a` within the radius, the distance of the nearest neighbour, of some sample of `b`, in integers. */
static double whole_share(const float *a, const float *b)
{
    int64_t covered = 0;
    for (int i = 0; i < TIED; i++) {
        bool inside = false;
        for (int j = 0; j < TIED; j++) {
            int64_t radius = INT64_MAX;
            for (int k = 0; k < TIED; k++) {
                const int64_t distance = whole_distance(b + j * TIED_SIZE, b + k * TIED_SIZE);
                if (k != j && distance < radius) radius = distance;
            }
            inside = inside || whole_distance(a + i * TIED_SIZE, b + j * TIED_SIZE) <= radius;
        }
        covered += inside;
    }
    return (double)covered / TIED;
}

/* Against the definition in integers. */
static void test_ties_in_many_dimensions(void **state)
{
    gan_context *context = test_context();
    uint64_t number = 0;

    (void)state;
    for (int times = 0; times < 30; times++) {
        float real[TIED * TIED_SIZE], fake[TIED * TIED_SIZE];
        double precision, recall;
        for (int i = 0; i < TIED * TIED_SIZE; i++) real[i] = (float)(test_splitmix(++number) % 9);
        for (int i = 0; i < TIED * TIED_SIZE; i++) fake[i] = (float)(test_splitmix(++number) % 9);
        test_status(gan_metric_precision_recall(context, real, TIED, fake, TIED, TIED_SIZE,
                                                GAN_PRECISION_RECALL(.neighbours = 1), &precision, &recall),
                    GAN_OK, "");
        test_near("precision", precision, whole_share(fake, real), 0);
        test_near("recall", recall, whole_share(real, fake), 0);
    }
    gan_context_destroy(context);
}

/* ---- What holds for every set ---------------------------------------------------------------------------------- */

/* Also with duplicates, whose balls are points, and with features that never change. */
static void test_a_set_and_itself(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int s = 0; s < SETS; s++) {
        pair p = pair_of(s);
        double precision = -1, recall = -1;
        if (p.real_count >= 4) {
            for (int i = 1; i < 4; i++)
                memcpy(p.real + i * p.dimensions, p.real, (size_t)p.dimensions * sizeof(float));
        }
        test_near("Frechet distance of a set to itself",
                  frechet(context, p.real, p.real_count, p.real, p.real_count, p.dimensions), 0, 1e-11);
        test_status(gan_metric_precision_recall(context, p.real, p.real_count, p.real, p.real_count, p.dimensions,
                                                GAN_PRECISION_RECALL(.neighbours = 1), &precision, &recall),
                    GAN_OK, "");
        assert_true(precision == 1 && recall == 1);
        pair_release(&p);
    }
    gan_context_destroy(context);
}

/* The unbiased distance of two sets from one distribution is about 0: half of the values are negative. */
static void test_kernel_without_bias(void **state)
{
    enum { COUNT = 2000, DIMENSIONS = 4 };
    gan_context *context = test_context();
    float *features = test_features(20, COUNT, DIMENSIONS, 0);
    double mean, deviation;

    (void)state;
    mean = kernel(context, features, COUNT / 2, features + COUNT / 2 * DIMENSIONS, COUNT / 2, DIMENSIONS,
                  GAN_KERNEL_DISTANCE(.subsets = 400, .subset_size = 50), &deviation);
    assert_true(deviation > 0);
    assert_true(fabs(mean) < deviation / 5);
    free(features);
    gan_context_destroy(context);
}

/* Moving both sets, and turning both by the same angle, changes no distance; moving one of two equal sets adds the
 * square of the move to their Frechet distance. */
static void test_moved_and_turned(void **state)
{
    enum { COUNT = 200, DIMENSIONS = 6 };
    gan_context *context = test_context();
    float *a = test_features(22, COUNT, DIMENSIONS, 0), *b = test_features(TEST_FAKE + 22, COUNT, DIMENSIONS, 0);
    float *moved = malloc(COUNT * DIMENSIONS * sizeof(float));
    double before, precision[2], recall[2];

    (void)state;
    assert_non_null(moved);
    for (int i = 0; i < COUNT * DIMENSIONS; i++) moved[i] = a[i] + (i % DIMENSIONS == 2 ? 3 : 0);
    test_near("moved", frechet(context, a, COUNT, moved, COUNT, DIMENSIONS), 9, 1e-12);

    before = frechet(context, a, COUNT, b, COUNT, DIMENSIONS);
    test_status(gan_metric_precision_recall(context, a, COUNT, b, COUNT, DIMENSIONS,
                                            GAN_PRECISION_RECALL(.neighbours = 3), &precision[0], &recall[0]),
                GAN_OK, "");
    for (int i = 0; i < 2 * COUNT; i++) {
        float *row = (i < COUNT ? a : b) + i % COUNT * DIMENSIONS, x = row[0];
        row[0] = 4 - row[1]; /* a right angle: exact */
        row[1] = x + 4;
    }
    test_near("moved and turned", frechet(context, a, COUNT, b, COUNT, DIMENSIONS), before, 1e-12);
    test_status(gan_metric_precision_recall(context, a, COUNT, b, COUNT, DIMENSIONS,
                                            GAN_PRECISION_RECALL(.neighbours = 3), &precision[1], &recall[1]),
                GAN_OK, "");
    assert_true(precision[0] == precision[1] && recall[0] == recall[1]);
    free(a);
    free(b);
    free(moved);
    gan_context_destroy(context);
}

/* Two clusters, of which the second set has one: all of it is in the first's manifold, but less than half of the
 * first is in the second's. */
static void test_a_lost_mode(void **state)
{
    enum { COUNT = 200, DIMENSIONS = 3 };
    gan_context *context = test_context();
    float *a = test_features(24, COUNT, DIMENSIONS, 0);
    double precision, recall;

    (void)state;
    for (int i = 0; i < COUNT / 2 * DIMENSIONS; i++) a[i] += 100;
    test_status(gan_metric_precision_recall(context, a, COUNT, a + COUNT / 2 * DIMENSIONS, COUNT / 2, DIMENSIONS,
                                            GAN_PRECISION_RECALL(.neighbours = 3), &precision, &recall),
                GAN_OK, "");
    assert_true(precision == 1);
    assert_true(recall == 0.5);
    free(a);
    gan_context_destroy(context);
}

/* ---- Decompositions -------------------------------------------------------------------------------------------- */

/* Singular values 1, 1/2, 1/4 ... down to 2^-60, hidden by rotations: their sum is accurate to the last digits. */
static void test_singular_values(void **state)
{
    enum { ROWS = 61, COLUMNS = 80 };
    static double a[ROWS * COLUMNS];
    gan_context *context = test_context();

    (void)state;
    for (int i = 0; i < ROWS; i++) a[i * COLUMNS + i] = ldexp(1, -i);
    for (int i = 1; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
            const double x = a[(i - 1) * COLUMNS + j], y = a[i * COLUMNS + j];
            a[(i - 1) * COLUMNS + j] = 0.6 * x - 0.8 * y;
            a[i * COLUMNS + j] = 0.8 * x + 0.6 * y;
        }
    }
    test_near("sum of singular values", gan_singular_value_sum(context, a, ROWS, COLUMNS), 2, 1e-14);
    assert_true(gan_singular_value_sum(context, a, 0, 0) == 0);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frechet),
        cmocka_unit_test(test_kernel_of_all),
        cmocka_unit_test(test_kernel_of_subsets),
        cmocka_unit_test(test_kernel_defaults),
        cmocka_unit_test(test_precision_recall),
        cmocka_unit_test(test_default_neighbours),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_ties_in_many_dimensions),
        cmocka_unit_test(test_a_set_and_itself),
        cmocka_unit_test(test_kernel_without_bias),
        cmocka_unit_test(test_moved_and_turned),
        cmocka_unit_test(test_a_lost_mode),
        cmocka_unit_test(test_singular_values),
    };
    return cmocka_run_group_tests_name("distances", tests, NULL, NULL);
}
