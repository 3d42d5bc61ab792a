/* What probabilities, labels and positions of samples say about a set: SciPy's values, and obvious cases. */
#include "reference/metrics.h"
#include "samples.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- Inception-style score ------------------------------------------------------------------------------------- */

static void test_inception_score(void **state)
{
    static float p[TEST_PROBABILITIES * TEST_CLASSES];
    gan_context *context = test_context();

    (void)state;
    test_probabilities(p);
    for (int i = 0; i < 3; i++) {
        double mean = -1, deviation = -1, alone = -1;
        const int64_t splits = (int64_t)inception_scores[i][0];
        test_status(gan_metric_inception_score(context, p, TEST_PROBABILITIES, TEST_CLASSES,
                                               GAN_INCEPTION_SCORE(.splits = splits), &mean, &deviation),
                    GAN_OK, "");
        test_near("mean score", mean, inception_scores[i][1], 1e-12);
        test_near("deviation of scores", deviation, inception_scores[i][2], 1e-12);
        test_status(gan_metric_inception_score(context, p, TEST_PROBABILITIES, TEST_CLASSES,
                                               GAN_INCEPTION_SCORE(.splits = splits), &alone, NULL),
                    GAN_OK, "");
        assert_true(alone == mean);
    }
    gan_context_destroy(context);
}

/* 10 splits, or one for each sample if there are fewer. */
static void test_default_splits(void **state)
{
    static float p[TEST_PROBABILITIES * TEST_CLASSES];
    const int64_t counts[] = {TEST_PROBABILITIES, 4}, splits[] = {10, 4};
    gan_context *context = test_context();

    (void)state;
    test_probabilities(p);
    for (int i = 0; i < 2; i++) {
        double by_default = -1, given = -2;
        test_status(gan_metric_inception_score(context, p, counts[i], TEST_CLASSES, NULL, &by_default, NULL), GAN_OK,
                    "");
        test_status(gan_metric_inception_score(context, p, counts[i], TEST_CLASSES,
                                               GAN_INCEPTION_SCORE(.splits = splits[i]), &given, NULL),
                    GAN_OK, "");
        assert_true(by_default == given);
    }
    gan_context_destroy(context);
}

/* The number of classes if every sample is clear and all classes are equal; 1 if all samples are alike. */
static void test_ends_of_the_score(void **state)
{
    float p[6 * 3] = {0};
    gan_context *context = test_context();
    double score = -1;

    (void)state;
    for (int i = 0; i < 6; i++) p[3 * i + i % 3] = 1;
    test_status(gan_metric_inception_score(context, p, 6, 3, GAN_INCEPTION_SCORE(.splits = 1), &score, NULL), GAN_OK,
                "");
    test_near("score of clear samples", score, 3, 1e-14);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 3; k++) p[3 * i + k] = k == 0 ? 0.5f : 0.25f;
    test_status(gan_metric_inception_score(context, p, 6, 3, GAN_INCEPTION_SCORE(.splits = 1), &score, NULL), GAN_OK,
                "");
    test_near("score of equal samples", score, 1, 1e-14);
    gan_context_destroy(context);
}

/* ---- Modes ----------------------------------------------------------------------------------------------------- */

static void check_coverage(const gan_mode_coverage *coverage, const double expected[4])
{
    assert_int_equal(coverage->struct_size, sizeof(gan_mode_coverage));
    assert_int_equal(coverage->modes, (int64_t)expected[0]);
    test_near("KL", coverage->kl, expected[1], 1e-12);
    test_near("entropy", coverage->entropy, expected[2], 1e-12);
    test_near("smallest share", coverage->smallest_share, expected[3], 1e-15);
}

static void test_coverage(void **state)
{
    static int32_t labels[TEST_LABELS];
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_context *context = test_context();
    float proportions[TEST_MODES];

    (void)state;
    test_labels(labels);
    test_status(gan_metric_mode_coverage(context, labels, TEST_LABELS, TEST_MODES, NULL, &coverage), GAN_OK, "");
    check_coverage(&coverage, uniform_coverage);
    for (int scale = 1; scale <= 3; scale += 2) {
        for (int k = 0; k < TEST_MODES; k++) proportions[k] = (float)(scale * (TEST_MODES - k));
        test_status(gan_metric_mode_coverage(context, labels, TEST_LABELS, TEST_MODES, proportions, &coverage),
                    GAN_OK, "");
        check_coverage(&coverage, proportional_coverage);
    }
    gan_context_destroy(context);
}

static void test_ends_of_coverage(void **state)
{
    static const double all[4] = {4, 0, 1, 0.25};
    const double one[4] = {1, log(4), 0, 0};
    int32_t labels[8] = {0, 1, 2, 3, 3, 2, 1, 0};
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_context *context = test_context();

    (void)state;
    test_status(gan_metric_mode_coverage(context, labels, 8, 4, NULL, &coverage), GAN_OK, "");
    check_coverage(&coverage, all);
    for (int i = 0; i < 8; i++) labels[i] = 2;
    test_status(gan_metric_mode_coverage(context, labels, 8, 4, NULL, &coverage), GAN_OK, "");
    check_coverage(&coverage, one);
    gan_context_destroy(context);
}

/* ---- Mixtures -------------------------------------------------------------------------------------------------- */

static void test_quality(void **state)
{
    static float samples[2 * TEST_MIXTURE], centres[2 * TEST_CENTRES];
    gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT;
    gan_context *context = test_context();
    float deviation;

    (void)state;
    test_mixture(samples, centres, &deviation);
    test_status(
        gan_metric_mixture_quality(context, samples, TEST_MIXTURE, centres, TEST_CENTRES, 2, deviation, &quality),
        GAN_OK, "");
    assert_int_equal(quality.struct_size, sizeof(quality));
    assert_int_equal(quality.modes, (int64_t)mixture[0]);
    test_near("high quality", quality.high_quality, mixture[1], 1e-15);
    test_near("KL of a mixture", quality.kl, mixture[2], 1e-12);
    gan_context_destroy(context);
}

/* What a perfect sampler reaches on the ring of eight: 1 - exp(-9/2) within 3 deviations. */
static void test_a_perfect_sampler(void **state)
{
    enum { COUNT = 20000, MODES = 8 };
    static float samples[2 * COUNT], centres[2 * MODES];
    gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT;
    gan_context *context = test_context();
    gan_random *random = NULL;

    (void)state;
    assert_int_equal(gan_random_create(context, 3, 0, &random), GAN_OK);
    assert_int_equal(gan_random_normal(random, samples, 2 * COUNT), GAN_OK);
    for (int k = 0; k < MODES; k++) {
        centres[2 * k] = cosf((float)k * 0.78539816f);
        centres[2 * k + 1] = sinf((float)k * 0.78539816f);
    }
    for (int i = 0; i < 2 * COUNT; i++) samples[i] = centres[2 * (i / 2 % MODES) + i % 2] + 0.01f * samples[i];
    test_status(gan_metric_mixture_quality(context, samples, COUNT, centres, MODES, 2, 0.01f, &quality), GAN_OK, "");
    assert_int_equal(quality.modes, MODES);
    test_near("high quality", quality.high_quality, 1 - exp(-4.5), 0.003);
    test_near("KL", quality.kl, 0, 1e-12);
    gan_random_destroy(random);
    gan_context_destroy(context);
}

/* A low-quality sample counts only for the KL. */
static void test_far_from_all_modes(void **state)
{
    static const float centres[3] = {0, 1, 2}, samples[4] = {0.25f, 0.375f, 1, -7};
    gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT;
    gan_context *context = test_context();

    (void)state;
    test_status(gan_metric_mixture_quality(context, samples, 4, centres, 3, 1, 0.125f, &quality), GAN_OK, "");
    assert_int_equal(quality.modes, 2);
    test_near("high quality: 0.375 is within 3 * 0.125", quality.high_quality, 0.75, 0);
    test_near("KL", quality.kl, 0.75 * log(2.25) + 0.25 * log(0.75), 1e-14);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inception_score),   cmocka_unit_test(test_default_splits),
        cmocka_unit_test(test_ends_of_the_score), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_ends_of_coverage),  cmocka_unit_test(test_quality),
        cmocka_unit_test(test_a_perfect_sampler), cmocka_unit_test(test_far_from_all_modes),
    };
    return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
