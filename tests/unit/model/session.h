/* Passes through a session for tests: random inputs and output gradients, and all results in one place. */
#ifndef GAN_TESTS_MODEL_SESSION_H
#define GAN_TESTS_MODEL_SESSION_H

#include "model/model.h"

#include "support/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* assert_int_equal(status, GAN_OK), with the sentence. */
#define ASSERT_OK(expression)                                                          \
    do {                                                                               \
        if ((expression) != GAN_OK) fail_msg("%s: %s", #expression, gan_last_error()); \
    } while (0)
/* Fails with the status, and with a sentence that contains the text. */
#define ASSERT_FAILS(expression, expected_status, text)                                              \
    do {                                                                                             \
        assert_int_equal(expression, expected_status);                                               \
        if (!strstr(gan_last_error(), text)) fail_msg("'%s' is not in: %s", text, gan_last_error()); \
    } while (0)

/* Normal numbers from a seed; released by free. */
float *random_floats(uint64_t seed, int64_t count);

/* A model from seed 5. */
gan_model *build_test_model(gan_context *context, test_model_fn make);
/* A session that alone keeps the model: the caller's reference is released. */
gan_session *create_test_session(int64_t batch, gan_model *model, bool forward_only);

int64_t input_size(const gan_model *model, size_t index, int64_t batch);
int64_t output_size(const gan_model *model, size_t index, int64_t batch);

/* A batch for an input of a test model: numbers from a seed, or classes if it is a label; released by free. */
float *random_input(const gan_model *model, size_t index, int64_t batch, uint64_t seed);
/* Sets all inputs that way, or all output gradients to numbers from a seed. */
void set_random_inputs(gan_session *session, int64_t batch, uint64_t seed);
void set_random_gradients(gan_session *session, uint64_t seed);

/* Everything that a pass computes: outputs and, after a backward pass, gradients of inputs and parameters. */
typedef struct results {
    int64_t count;
    float *values; /* released by free */
} results;
results collect_results(const gan_session *session, bool inputs, bool parameters);
void assert_same_results(results a, results b, const char *what);

/* Sets weights and buffers to numbers from a seed, as no initializer does. */
void randomise_tensors(gan_model *model, uint64_t seed);
/* Fails the test unless both have the same architecture and the same bits in all tensors. */
void assert_same_models(const gan_model *a, const gan_model *b);
/* Also unless forward and backward passes through each give the same bits; adds to their gradients. */
void assert_same_passes(gan_model *a, gan_model *b, const char *what);

#endif
