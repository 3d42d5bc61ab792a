/* Calls one layer as a session would, on its own arrays: everything that a layer must not read is NULL or NaN,
 * everything that it must not write is guarded. Works in float and in double. */
#ifndef GAN_TESTS_LAYERS_HARNESS_H
#define GAN_TESTS_LAYERS_HARNESS_H

#include "layers/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HARNESS_INPUTS = 3 };

typedef struct harness_array {
    gan_real *values;
    int64_t count;
} harness_array;

typedef struct harness {
    gan_layer *layer;
    gan_layer_plan plan;
    gan_pass pass;
    /* y is the array x[0] and dx[0] the array dy, for layers in place and views; so are their tangents. */
    bool in_place;
    gan_shape shapes[HARNESS_INPUTS];
    harness_array x[HARNESS_INPUTS], dx[HARNESS_INPUTS], y, dy, saved, scratch;
    harness_array tangent_x[HARNESS_INPUTS], tangent_dx[HARNESS_INPUTS], tangent_y, tangent_dy;
    harness_array tensors[GAN_LAYER_TENSORS], gradients[GAN_LAYER_TENSORS];
    gan_real *x_pointers[HARNESS_INPUTS], *dx_pointers[HARNESS_INPUTS];
    gan_real *tangent_x_pointers[HARNESS_INPUTS], *tangent_dx_pointers[HARNESS_INPUTS];
    gan_real *tensor_pointers[GAN_LAYER_TENSORS], *gradient_pointers[GAN_LAYER_TENSORS];
} harness;

/* Takes over the layer and plans it for `max_batch`; passes have `batch`. Inputs, dy, their tangents, and parameters
 * are normal random numbers from the same seed each time; buffers have their initial values. */
void harness_create(harness *h, gan_context *context, gan_layer *layer, int inputs, const gan_shape *shapes,
                    int64_t batch, int64_t max_batch);
/* Also checks the guards. */
void harness_destroy(harness *h);

/* The plan of a layer for one input, or the failure. Keeps the layer. */
gan_status harness_infer(const gan_layer *layer, gan_shape input, gan_layer_plan *plan);

gan_status harness_forward(harness *h);
/* Gradients are added to what `gradients` holds. Without `data` or `parameters`, those pointers are NULL. */
void harness_backward(harness *h, bool data, bool parameters);
/* After harness_forward. */
void harness_tangent_forward(harness *h);
/* After that. Either dy or its tangent may be 0, and is then NULL. */
typedef enum harness_zero { HARNESS_NONE_ZERO, HARNESS_DY_ZERO, HARNESS_TANGENT_DY_ZERO } harness_zero;
void harness_tangent_backward(harness *h, bool data, bool parameters, harness_zero zero);

void harness_fill(harness_array array, gan_real value);
void harness_assert_equal(harness_array a, harness_array b);
/* Within `tolerance` times the precision of gan_real, 1e-14 or 1e-6, relative to numbers over 1. */
void harness_assert_near(harness_array actual, const double *expected, double tolerance);
bool harness_near(double actual, double expected, double tolerance);

/* Copies samples or a tensor between border order (a, c, h, w) and stored order (a, h, w, c). */
void harness_store(const gan_real *border, gan_real *stored, int64_t a, int64_t c, int64_t h, int64_t w);
void harness_restore(const gan_real *stored, gan_real *border, int64_t a, int64_t c, int64_t h, int64_t w);

/* cmocka's setup and teardown: *state is a context of one thread. */
int harness_setup(void **state);
int harness_teardown(void **state);

#endif
