/* Every layer, in all the ways in which gradients and tangents are tested. */
#ifndef GAN_TESTS_LAYERS_CASES_H
#define GAN_TESTS_LAYERS_CASES_H

#include "harness.h"

typedef struct layer_case {
    const char *name;
    gan_layer *(*make)(gan_context *context);
    int inputs;
    gan_shape shapes[HARNESS_INPUTS];
    bool sampling;
    bool shares; /* memory: works in place or is a view */
} layer_case;

/* A case's harness, in a context of one thread that all tests in a program share. */
void layer_case_create(harness *h, const layer_case *test);

/* Whether the layer's output does not change with an input, or only in steps, so that its gradient is 0. */
bool layer_case_is_flat(const harness *h, int input);

/* A test of every case; *state is the case. */
typedef struct layer_test {
    const char *name;
    CMUnitTestFunction run;
} layer_test;

/* The end of main(): runs each test on every case. */
int layer_cases_run(const layer_test *tests, size_t count);

#endif
