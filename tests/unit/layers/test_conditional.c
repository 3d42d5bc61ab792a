/* Known answers of the layers that conditional models are made of. */
#include "harness.h"

#include <string.h>

static void set(harness_array array, const double *values)
{
    for (int64_t i = 0; i < array.count; i++) array.values[i] = (gan_real)values[i];
}

/* ---- Slice ----------------------------------------------------------------------------------------------------- */

/* Values that say where they are: sample, then indices along three axes, in the order of the border. */
static void number(harness_array array, gan_shape shape, int64_t batch)
{
    gan_real values[512];
    assert_true(array.count <= 512);
    for (int64_t i = 0; i < array.count; i++) values[i] = (gan_real)i;
    harness_store(values, array.values, batch, shape.dims[0], shape.dims[1], shape.dims[2]);
}

/* By indices: y[n, i] = x[n, i + start along the axis]. */
static void check_slice(gan_context *context, int axis, int64_t start, int64_t length, int64_t expected)
{
    enum { BATCH = 2 };
    const gan_shape shape = GAN_SHAPE(4, 5, 3);
    gan_real y[512], dx[512];
    harness h;
    gan_layer *layer = gan_layer_slice(context, GAN_SLICE(.start = start, .length = length, .axis = axis));
    harness_create(&h, context, layer, 1, &shape, BATCH, BATCH);
    const gan_shape part = h.plan.output;
    assert_int_equal(part.dims[axis], expected);
    number(h.x[0], shape, BATCH);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_restore(h.y.values, y, BATCH, part.dims[0], part.dims[1], part.dims[2]);
    harness_fill(h.dy, 1);
    harness_backward(&h, true, false);
    harness_restore(h.dx[0].values, dx, BATCH, shape.dims[0], shape.dims[1], shape.dims[2]);
    int64_t next = 0;
    for (int64_t i = 0; i < h.x[0].count; i++) {
        const int64_t index[3] = {i / 15 % 4, i / 3 % 5, i % 3};
        const bool inside = index[axis] >= start && index[axis] < start + expected;
        assert_true(dx[i] == (inside ? 1 : 0));
        if (inside) assert_true(y[next++] == (gan_real)i);
    }
    assert_int_equal(next, h.y.count);
    harness_destroy(&h);
}

static void test_slice(void **state)
{
    check_slice(*state, 0, 0, 0, 4);
    check_slice(*state, 0, 1, 2, 2);
    check_slice(*state, 0, 3, 1, 1);
    check_slice(*state, 1, 0, 2, 2);
    check_slice(*state, 1, 2, 0, 3);
    check_slice(*state, 2, 1, 1, 1);
    check_slice(*state, 2, 2, 0, 1);
}

/* ---- Inner product --------------------------------------------------------------------------------------------- */

static void test_inner_product(void **state)
{
    harness h;
    const gan_shape shapes[] = {GAN_SHAPE(3), GAN_SHAPE(3)};
    harness_create(&h, *state, gan_layer_inner_product(*state), 2, shapes, 2, 2);
    set(h.x[0], (double[]){1, 2, 3, 0, -1, 0.5});
    set(h.x[1], (double[]){4, -5, 6, 7, 8, 9});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (double[]){12, -3.5}, 0);
    set(h.dy, (double[]){2, -1});
    harness_backward(&h, true, false);
    harness_assert_near(h.dx[0], (double[]){8, -10, 12, -7, -8, -9}, 0);
    harness_assert_near(h.dx[1], (double[]){2, 4, 6, 0, 1, -0.5}, 0);
    harness_destroy(&h);
}

/* ---- Constant -------------------------------------------------------------------------------------------------- */

static void test_constant(void **state)
{
    enum { BATCH = 3, COUNT = 12 };
    harness h;
    harness_create(&h, *state, gan_layer_constant(*state, GAN_SHAPE(2, 3, 2), NULL), 1, &GAN_SHAPE(5), BATCH, 4);
    assert_int_equal(harness_forward(&h), GAN_OK);
    for (int i = 0; i < BATCH * COUNT; i++) assert_true(h.y.values[i] == h.tensors[0].values[i % COUNT]);
    harness_fill(h.dy, 2);
    harness_fill(h.gradients[0], 1);
    harness_backward(&h, true, true);
    for (int i = 0; i < COUNT; i++) assert_true(h.gradients[0].values[i] == 7);
    for (int64_t i = 0; i < h.dx[0].count; i++) assert_true(h.dx[0].values[i] == 0);
    harness_destroy(&h);
}

/* ---- Conditional batch normalisation --------------------------------------------------------------------------- */

enum { CLASSES = 3 };

static void create_conditional(harness *h, gan_context *context, gan_shape shape, int64_t batch)
{
    const gan_shape shapes[] = {shape, GAN_SHAPE(1)};
    harness_create(h, context, gan_layer_conditional_batch_norm(context, CLASSES, NULL), 2, shapes, batch, batch + 2);
    for (int64_t i = 0; i < batch; i++) h->x[1].values[i] = (gan_real)((i * 2 + 2) % CLASSES);
}

/* It is batch normalisation without a scale and shift, and then those of each sample's class. */
static void test_conditional_batch_norm(void **state)
{
    enum { BATCH = 5, CHANNELS = 4, PIXELS = 6 };
    const gan_shape shape = GAN_SHAPE(CHANNELS, 2, 3);
    harness h, plain;
    create_conditional(&h, *state, shape, BATCH);
    harness_create(&plain, *state, gan_layer_batch_norm(*state, GAN_BATCH_NORM(.no_affine = true)), 1, &shape, BATCH,
                   BATCH);
    assert_true(h.plan.tensors[0].shape.rank == 2 && h.plan.tensors[0].shape.dims[0] == CLASSES);
    memcpy(plain.x[0].values, h.x[0].values, (size_t)h.x[0].count * sizeof(gan_real));
    for (int training = 1; training >= 0; training--) {
        double expected[BATCH * CHANNELS * PIXELS];
        h.pass.training = plain.pass.training = training;
        assert_int_equal(harness_forward(&h), GAN_OK);
        assert_int_equal(harness_forward(&plain), GAN_OK);
        for (int i = 0; i < BATCH * CHANNELS * PIXELS; i++) {
            const int at = (int)h.x[1].values[i / (CHANNELS * PIXELS)] * CHANNELS + i % CHANNELS;
            expected[i] =
                (double)h.tensors[0].values[at] * (double)plain.y.values[i] + (double)h.tensors[1].values[at];
        }
        harness_assert_near(h.y, expected, 10);
        harness_assert_equal(h.tensors[2], plain.tensors[0]);
        harness_assert_equal(h.tensors[3], plain.tensors[1]);
    }
    harness_destroy(&h);
    harness_destroy(&plain);
}

static void test_conditional_batch_norm_refused(void **state)
{
    harness h;
    create_conditional(&h, *state, GAN_SHAPE(4), 1);
    assert_int_equal(harness_forward(&h), GAN_ERROR_BATCH_OF_ONE);
    assert_non_null(strstr(gan_last_error(), "a training batch of 1 has 1 value per channel"));
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    h.x[1].values[0] = CLASSES;
    assert_int_equal(harness_forward(&h), GAN_ERROR_ARGUMENT);
    assert_string_equal(gan_last_error(), "sample 0 is of class 3, expected a whole number from 0 to 2");
    /* Numbers that another layer gives are known only now; the statistics stay as they are. */
    h.pass.training = true;
    const gan_real before = h.tensors[2].values[0];
    assert_int_equal(h.layer->ops->forward(h.layer, &h.pass), GAN_ERROR_ARGUMENT);
    assert_true(h.tensors[2].values[0] == before);
    h.x_pointers[1] = NULL;
    h.pass.training = false;
    assert_int_equal(h.layer->ops->check(h.layer, &h.pass), GAN_OK);
    harness_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slice, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_inner_product, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_constant, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conditional_batch_norm, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conditional_batch_norm_refused, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
