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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slice, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_inner_product, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
