/* The features, labels and samples of tests/reference/make_metrics.py, made from the same integers. */
#ifndef GAN_TESTS_UNIT_METRICS_SAMPLES_H
#define GAN_TESTS_UNIT_METRICS_SAMPLES_H

#include "libgan.h"

#define TEST_FAKE 64 /* the streams of generated sets begin here */

enum {
    TEST_CLASSES = 10,
    TEST_PROBABILITIES = 105,
    TEST_LABELS = 500,
    TEST_MODES = 12,
    TEST_MIXTURE = 400,
    TEST_CENTRES = 8
};

/* Features of a stream; the last `dead` dimensions do not vary. Released by free(). */
float *test_features(uint64_t stream, int64_t count, int64_t dimensions, int64_t dead);

/* (TEST_PROBABILITIES, TEST_CLASSES) */
void test_probabilities(float *out);
/* TEST_LABELS labels of TEST_MODES modes. */
void test_labels(int32_t *out);
/* (TEST_MIXTURE, 2) samples, (TEST_CENTRES, 2) centres and their deviation. */
void test_mixture(float *samples, float *centres, float *deviation);

/* Fails the test, naming `what`, unless |actual - expected| <= tolerance * max(1, |expected|). */
void test_near(const char *what, double actual, double expected, double tolerance);

#endif
