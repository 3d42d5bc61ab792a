/* Small GANs with trainers, their weights and their data. All calls are public. */
#ifndef GAN_TESTS_TRAIN_GANS_H
#define GAN_TESTS_TRAIN_GANS_H

#include "libgan.h"
#include "support/files.h"

/* Groups of tests start with these, in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

typedef enum test_gan_kind {
    TEST_GAN_DENSE,  /* noise (3), samples (4) */
    TEST_GAN_DCGAN,  /* noise (3), samples (2, 8, 8), batch normalisation in both, dropout in D */
    TEST_GAN_SMOOTH, /* noise (3), samples (2, 8, 8), spectral instead of batch normalisation, and dropout in D */
    TEST_GAN_WIDE,   /* noise (20), samples (3, 16, 16), all normalisations, enough channels for several threads */
    TEST_GAN_COLOUR, /* noise (3), samples (3, 6, 5), batch normalisation in G, dropout in D */
    TEST_GAN_PACKED  /* the same for packing = 2 */
} test_gan_kind;

/* A sample's shape and number of values. */
gan_shape test_gan_shape(test_gan_kind kind);
int64_t test_gan_elements(test_gan_kind kind);

/* Builds the two models. */
gan_status test_gan_models(gan_context *context, test_gan_kind kind, gan_model **generator,
                           gan_model **discriminator);

typedef struct test_gan {
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
} test_gan;

/* In its own context with `threads` threads; a failure fails the test. */
test_gan test_gan_create(test_gan_kind kind, int threads, const gan_trainer_options *options);
/* The same in a context created for it, which it takes over. */
test_gan test_gan_create_in(gan_context *context, test_gan_kind kind, const gan_trainer_options *options);
void test_gan_destroy(test_gan *gan);

/* Options that gan_trainer_create() rejects, with the status and part of the sentence. */
typedef struct refused_options {
    const gan_trainer_options *options;
    gan_status status;
    const char *part;
} refused_options;

void test_options_are_refused(const test_gan *gan, const refused_options *cases, size_t count);
/* Makes each allocation of a trainer's creation fail, and returns their number. */
size_t test_trainer_allocations_fail(test_gan_kind kind, const gan_trainer_options *options);
/* Fails the test if `steps` steps allocate anything. */
void test_steps_allocate_nothing(test_gan_kind kind, const gan_trainer_options *options, int steps, int64_t batch);
/* Fails the test unless a trainer holds more memory with each of the options than with the one before. */
void test_each_holds_more(test_gan_kind kind, const gan_trainer_options *const *options, size_t count);

/* Numbers in [-1, 1) that depend only on the seed. */
void test_numbers(uint64_t seed, float *out, size_t count);

/* Steps `first` to `last`, each on `batch` samples that depend only on its number. */
void test_gan_steps(const test_gan *gan, test_gan_kind kind, int first, int last, int64_t batch, int updates,
                    gan_step_report *report);

/* All tensors of a model, including buffers; released by free(). */
float *test_weights(const gan_model *model, size_t *count);
/* Fails the test unless all tensors have the same bits. */
void test_assert_same_weights(const gan_model *a, const gan_model *b);
void test_assert_weights(const gan_model *model, const float *expected);
bool test_weights_finite(const gan_model *model);

/* Fails the test unless |actual - expected| <= tolerance. */
void assert_near(double actual, double expected, double tolerance);

#endif
