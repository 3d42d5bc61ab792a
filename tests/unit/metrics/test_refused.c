/* What metrics reject, by name and value, with outputs untouched; lack of memory; and any number of threads. */
#include "metrics/metrics.h"
#include "samples.h"
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { COUNT = 8, SIZE = 3 };

/* The arguments of a call; a test spoils one of them. */
typedef struct call {
    gan_context *context;
    float *real, *fake; /* (count, SIZE) */
    int64_t real_count, fake_count, dimensions;
    int64_t neighbours;
    gan_kernel_distance_options options;
} call;

static call good_call(gan_context *context)
{
    static float values[2][COUNT * SIZE];
    for (int i = 0; i < 2 * COUNT * SIZE; i++) values[i % 2][i / 2] = (float)(i * i % 17) / 4;
    return (call){context, values[0], values[1], COUNT, COUNT, SIZE, 3, *GAN_KERNEL_DISTANCE(.subsets = 4)};
}

/* The three distances, with results that a failure must not touch. */
static gan_status call_frechet(const call *c)
{
    double out = 77;
    gan_status status =
        gan_metric_frechet_distance(c->context, c->real, c->real_count, c->fake, c->fake_count, c->dimensions, &out);
    assert_true((out == 77) == (status != GAN_OK));
    return status;
}

static gan_status call_kernel(const call *c)
{
    double mean = 77, deviation = 77;
    gan_status status = gan_metric_kernel_distance(c->context, c->real, c->real_count, c->fake, c->fake_count,
                                                   c->dimensions, &c->options, &mean, &deviation);
    assert_true((mean == 77) == (status != GAN_OK));
    assert_true((deviation == 77) == (status != GAN_OK));
    return status;
}

static gan_status call_precision_recall(const call *c)
{
    double precision = 77, recall = 77;
    gan_status status =
        gan_metric_precision_recall(c->context, c->real, c->real_count, c->fake, c->fake_count, c->dimensions,
                                    GAN_PRECISION_RECALL(.neighbours = c->neighbours), &precision, &recall);
    assert_true((precision == 77) == (status != GAN_OK));
    assert_true((recall == 77) == (status != GAN_OK));
    return status;
}

static gan_status (*const distances[])(const call *c) = {call_frechet, call_kernel, call_precision_recall};
enum { DISTANCES = sizeof(distances) / sizeof(*distances) };

static void test_features_that_are_none(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int d = 0; d < DISTANCES; d++) {
        call c = good_call(context);
        test_status(distances[d](&c), GAN_OK, "");
        c.context = NULL;
        test_status(distances[d](&c), GAN_ERROR_NULL, "context is NULL");
        c = good_call(context);
        c.real = NULL;
        test_status(distances[d](&c), GAN_ERROR_NULL, "real is NULL");
        c = good_call(context);
        c.fake = NULL;
        test_status(distances[d](&c), GAN_ERROR_NULL, "fake is NULL");
        c = good_call(context);
        c.real_count = 1;
        test_status(distances[d](&c), GAN_ERROR_ARGUMENT, "real has 1 row, expected at least 2");
        c = good_call(context);
        c.fake_count = -1;
        test_status(distances[d](&c), GAN_ERROR_ARGUMENT, "fake has -1 rows, expected at least 2");
        c = good_call(context);
        c.dimensions = 0;
        test_status(distances[d](&c), GAN_ERROR_ARGUMENT, "rows of real have 0 values, expected at least 1");
        c = good_call(context);
        c.fake_count = INT64_MAX / 2;
        test_status(distances[d](&c), GAN_ERROR_OVERFLOW, "fake has 4611686018427387903 rows of 3 values");
        c = good_call(context);
        c.real[2 * SIZE + 1] = NAN;
        test_status(distances[d](&c), GAN_ERROR_NOT_FINITE, "real is nan in row 2, column 1");
        c = good_call(context);
        c.fake[COUNT * SIZE - 1] = -INFINITY;
        test_status(distances[d](&c), GAN_ERROR_NOT_FINITE, "fake is -inf in row 7, column 2");
    }
    gan_context_destroy(context);
}

static void test_options_of_distances(void **state)
{
    gan_context *context = test_context();
    call c = good_call(context);
    double precision = 77, recall = 77;

    (void)state;
    c.neighbours = -1;
    test_status(call_precision_recall(&c), GAN_ERROR_ARGUMENT, "neighbours is -1, expected 1 to 7");
    c.neighbours = COUNT;
    test_status(call_precision_recall(&c), GAN_ERROR_ARGUMENT, "neighbours is 8, expected 1 to 7");
    c.fake_count = 5;
    c.neighbours = 5;
    test_status(call_precision_recall(&c), GAN_ERROR_ARGUMENT, "neighbours is 5, expected 1 to 4");
    c.options.subset_size = 6;
    test_status(call_kernel(&c), GAN_ERROR_ARGUMENT, "subset_size is 6, expected 2 to 5");
    c.options.subset_size = 1;
    test_status(call_kernel(&c), GAN_ERROR_ARGUMENT, "subset_size is 1, expected 2 to 5");
    c.options.subset_size = 5;
    c.options.subsets = -4;
    test_status(call_kernel(&c), GAN_ERROR_ARGUMENT, "subsets is -4, expected at least 1");
    c.options.subsets = 2;
    test_status(call_kernel(&c), GAN_OK, "");
    c.options.struct_size = 3;
    test_status(call_kernel(&c), GAN_ERROR_ARGUMENT, "gan_kernel_distance_options");
    c = good_call(context);
    test_status(gan_metric_precision_recall(context, c.real, COUNT, c.fake, COUNT, SIZE,
                                            &(gan_precision_recall_options){.struct_size = 3}, &precision, &recall),
                GAN_ERROR_ARGUMENT, "gan_precision_recall_options: struct_size is 3");
    assert_true(precision == 77 && recall == 77);
    gan_context_destroy(context);
}

static void test_nowhere_to_write(void **state)
{
    gan_context *context = test_context();
    call c = good_call(context);
    double out = 77;

    (void)state;
    test_status(gan_metric_frechet_distance(context, c.real, COUNT, c.fake, COUNT, SIZE, NULL), GAN_ERROR_NULL,
                "out is NULL");
    test_status(gan_metric_kernel_distance(context, c.real, COUNT, c.fake, COUNT, SIZE, NULL, NULL, &out),
                GAN_ERROR_NULL, "mean is NULL");
    test_status(gan_metric_precision_recall(context, c.real, COUNT, c.fake, COUNT, SIZE,
                                            GAN_PRECISION_RECALL(.neighbours = 3), NULL, &out),
                GAN_ERROR_NULL, "precision is NULL");
    test_status(gan_metric_precision_recall(context, c.real, COUNT, c.fake, COUNT, SIZE,
                                            GAN_PRECISION_RECALL(.neighbours = 3), &out, NULL),
                GAN_ERROR_NULL, "recall is NULL");
    assert_true(out == 77);
    gan_context_destroy(context);
}

static void test_inception_score(void **state)
{
    gan_context *context = test_context();
    float p[6] = {0.5f, 0.5f, 1, 0, 0.25f, 0.75f};
    double mean = 77, deviation = 77;

    (void)state;
    test_status(gan_metric_inception_score(NULL, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, NULL),
                GAN_ERROR_NULL, "context is NULL");
    test_status(gan_metric_inception_score(context, NULL, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, NULL),
                GAN_ERROR_NULL, "probabilities is NULL");
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), NULL, &deviation),
                GAN_ERROR_NULL, "mean is NULL");
    test_status(gan_metric_inception_score(context, p, 0, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, NULL),
                GAN_ERROR_ARGUMENT, "probabilities has 0 rows, expected at least 1");
    test_status(gan_metric_inception_score(context, p, 6, 1, GAN_INCEPTION_SCORE(.splits = 1), &mean, NULL),
                GAN_ERROR_ARGUMENT, "rows of probabilities have 1 value, expected at least 2");
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = -1), &mean, NULL),
                GAN_ERROR_ARGUMENT, "splits is -1, expected 1 to 3");
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 4), &mean, NULL),
                GAN_ERROR_ARGUMENT, "splits is 4, expected 1 to 3");
    test_status(
        gan_metric_inception_score(context, p, 3, 2, &(gan_inception_score_options){.struct_size = 3}, &mean, NULL),
        GAN_ERROR_ARGUMENT, "gan_inception_score_options: struct_size is 3");
    p[3] = 0.5f;
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, &deviation),
                GAN_ERROR_ARGUMENT, "row 1 of probabilities sums to 1.5, expected 1");
    p[2] = -0.5f;
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, &deviation),
                GAN_ERROR_ARGUMENT, "probabilities is -0.5 in row 1, column 0, expected a number in [0, 1]");
    p[4] = NAN;
    test_status(gan_metric_inception_score(context, p, 3, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, &deviation),
                GAN_ERROR_NOT_FINITE, "probabilities is nan in row 2, column 0");
    assert_true(mean == 77 && deviation == 77);
    gan_context_destroy(context);
}

static void test_mode_coverage(void **state)
{
    gan_context *context = test_context();
    gan_mode_coverage out = GAN_MODE_COVERAGE_INIT;
    int32_t labels[4] = {0, 2, 1, 0};
    float proportions[3] = {1, 2, 3};

    (void)state;
    out.modes = 77;
    test_status(gan_metric_mode_coverage(NULL, labels, 4, 3, NULL, &out), GAN_ERROR_NULL, "context is NULL");
    test_status(gan_metric_mode_coverage(context, NULL, 4, 3, NULL, &out), GAN_ERROR_NULL, "labels is NULL");
    test_status(gan_metric_mode_coverage(context, labels, 4, 3, NULL, NULL), GAN_ERROR_NULL, "out is NULL");
    test_status(gan_metric_mode_coverage(context, labels, 0, 3, NULL, &out), GAN_ERROR_ARGUMENT,
                "count is 0, expected at least 1");
    test_status(gan_metric_mode_coverage(context, labels, 4, 1, NULL, &out), GAN_ERROR_ARGUMENT,
                "modes is 1, expected at least 2");
    test_status(gan_metric_mode_coverage(context, labels, 4, 2, NULL, &out), GAN_ERROR_ARGUMENT,
                "labels[1] is 2, expected a mode in [0, 2)");
    test_status(gan_metric_mode_coverage(context, labels, 4, INT64_MAX / 4, NULL, &out), GAN_ERROR_OVERFLOW,
                "modes is ");
    labels[3] = -1;
    test_status(gan_metric_mode_coverage(context, labels, 4, 3, NULL, &out), GAN_ERROR_ARGUMENT,
                "labels[3] is -1, expected a mode in [0, 3)");
    proportions[1] = 0;
    test_status(gan_metric_mode_coverage(context, labels, 3, 3, proportions, &out), GAN_ERROR_ARGUMENT,
                "proportions[1] is 0, expected > 0");
    proportions[2] = NAN;
    test_status(gan_metric_mode_coverage(context, labels, 3, 3, proportions, &out), GAN_ERROR_NOT_FINITE,
                "proportions is nan in row 2");
    out.struct_size = 1;
    test_status(gan_metric_mode_coverage(context, labels, 3, 3, NULL, &out), GAN_ERROR_ARGUMENT, "gan_mode_coverage");
    assert_int_equal(out.modes, 77);
    gan_context_destroy(context);
}

static void test_mixture_quality(void **state)
{
    gan_context *context = test_context();
    gan_mixture_quality out = GAN_MIXTURE_QUALITY_INIT;
    float samples[4] = {0, 1, 2, 3}, centres[4] = {0, 0, 1, 1};

    (void)state;
    out.modes = 77;
    test_status(gan_metric_mixture_quality(NULL, samples, 2, centres, 2, 2, 1, &out), GAN_ERROR_NULL,
                "context is NULL");
    test_status(gan_metric_mixture_quality(context, NULL, 2, centres, 2, 2, 1, &out), GAN_ERROR_NULL,
                "samples is NULL");
    test_status(gan_metric_mixture_quality(context, samples, 2, NULL, 2, 2, 1, &out), GAN_ERROR_NULL,
                "centres is NULL");
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 2, 2, 1, NULL), GAN_ERROR_NULL,
                "out is NULL");
    test_status(gan_metric_mixture_quality(context, samples, 0, centres, 2, 2, 1, &out), GAN_ERROR_ARGUMENT,
                "samples has 0 rows, expected at least 1");
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 1, 2, 1, &out), GAN_ERROR_ARGUMENT,
                "centres has 1 row, expected at least 2");
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 2, 0, 1, &out), GAN_ERROR_ARGUMENT,
                "rows of samples have 0 values, expected at least 1");
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 2, 2, 0, &out), GAN_ERROR_ARGUMENT,
                "deviation is 0, expected > 0");
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 2, 2, INFINITY, &out), GAN_ERROR_NOT_FINITE,
                "deviation is inf");
    centres[3] = NAN;
    test_status(gan_metric_mixture_quality(context, samples, 2, centres, 2, 2, 1, &out), GAN_ERROR_NOT_FINITE,
                "centres is nan in row 1, column 1");
    assert_int_equal(out.modes, 77);
    gan_context_destroy(context);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static gan_status distance_of(gan_context *context, void *user)
{
    const call c = good_call(context);
    return distances[*(int *)user](&c);
}

static gan_status all_of_labels(gan_context *context, void *user)
{
    static const float p[4] = {0.5f, 0.5f, 1, 0}, samples[4] = {0, 1, 2, 3}, centres[4] = {0, 0, 1, 1};
    static const int32_t labels[3] = {0, 1, 1};
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT;
    double mean;

    (void)user;
    GAN_TRY(gan_metric_inception_score(context, p, 2, 2, GAN_INCEPTION_SCORE(.splits = 1), &mean, NULL));
    GAN_TRY(gan_metric_mode_coverage(context, labels, 3, 2, NULL, &coverage));
    return gan_metric_mixture_quality(context, samples, 2, centres, 2, 2, 1, &quality);
}

static void test_memory(void **state)
{
    (void)state;
    for (int d = 0; d < DISTANCES; d++) assert_true(test_every_allocation_fails(distance_of, &d) >= 5);
    assert_true(test_every_allocation_fails(all_of_labels, NULL) >= 3);
}

/* ---- Threads --------------------------------------------------------------------------------------------------- */

/* Finding the singular values of so large a product takes several tasks per round. */
static void test_threads(void **state)
{
    enum { SAMPLES = 300, DIMENSIONS = 200 };
    float *real = test_features(40, SAMPLES, DIMENSIONS, 0);
    float *fake = test_features(TEST_FAKE + 40, SAMPLES, DIMENSIONS, 0);
    double results[3][5];

    (void)state;
    for (int t = 0; t < 3; t++) {
        gan_context *context = NULL;
        assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = t + 1), &context), GAN_OK);
        assert_int_equal(
            gan_metric_frechet_distance(context, real, SAMPLES, fake, SAMPLES, DIMENSIONS, &results[t][0]), GAN_OK);
        assert_int_equal(gan_metric_kernel_distance(context, real, SAMPLES, fake, SAMPLES, DIMENSIONS,
                                                    GAN_KERNEL_DISTANCE(.subsets = 3, .subset_size = 150),
                                                    &results[t][1], &results[t][2]),
                         GAN_OK);
        assert_int_equal(gan_metric_precision_recall(context, real, SAMPLES, fake, SAMPLES, DIMENSIONS,
                                                     GAN_PRECISION_RECALL(.neighbours = 3), &results[t][3],
                                                     &results[t][4]),
                         GAN_OK);
        assert_memory_equal(results[t], results[0], sizeof(results[0]));
        gan_context_destroy(context);
    }
    free(real);
    free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features_that_are_none),
        cmocka_unit_test(test_options_of_distances),
        cmocka_unit_test(test_nowhere_to_write),
        cmocka_unit_test(test_inception_score),
        cmocka_unit_test(test_mode_coverage),
        cmocka_unit_test(test_mixture_quality),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("what metrics refuse", tests, NULL, NULL);
}
