/* Every layer's backward pass: against central differences, and in all the ways that a session calls it. */
#include "cases.h"
#include "support/gradient.h"

#include <stdio.h>
#include <string.h>

/* The gradient of sum_i dy_i y_i with respect to y is dy. */
static double weighted_sum(void *user)
{
    harness *h = user;
    double sum = 0;
    assert_int_equal(harness_forward(h), GAN_OK);
    for (int64_t i = 0; i < h->y.count; i++) sum += (double)(h->dy.values[i] * h->y.values[i]);
    return sum;
}

static void fill_gradients(harness *h, gan_real value)
{
    for (int i = 0; i < h->plan.tensor_count; i++) harness_fill(h->gradients[i], value);
}

static void check_gradient(const layer_case *test, harness *h, const char *what, harness_array values,
                           harness_array gradient)
{
    char name[128];
    double squares = 0;
    snprintf(name, sizeof(name), "%s: %s", test->name, what);
    for (int64_t i = 0; i < gradient.count; i++) squares += gradient.values[i] * gradient.values[i];
    if (!(squares > 0)) fail_msg("%s: all gradients are 0", name);
    test_gradient(name, weighted_sum, h, values.values, gradient.values, (size_t)values.count, 1e-8);
}

static void test_central_differences(void **state)
{
    const layer_case *test = *state;
    harness h;
    layer_case_create(&h, test);
    assert_int_equal(harness_forward(&h), GAN_OK);
    fill_gradients(&h, 0);
    harness_backward(&h, true, true);
    for (int i = 0; i < test->inputs; i++) {
        if (!layer_case_is_flat(&h, i)) {
            check_gradient(test, &h, "input", h.x[i], h.dx[i]);
            continue;
        }
        for (int64_t j = 0; j < h.dx[i].count; j++) assert_true(h.dx[i].values[j] == 0);
    }
    for (int i = 0; i < h.plan.tensor_count; i++) {
        if (h.plan.tensors[i].kind == GAN_TENSOR_PARAMETER)
            check_gradient(test, &h, h.plan.tensors[i].name, h.tensors[i], h.gradients[i]);
    }
    harness_destroy(&h);
}

/* Parameter gradients are added; what nobody wants is left out, without changing the rest. */
static void test_wanted_gradients(void **state)
{
    const layer_case *test = *state;
    harness both, data, parameters;
    layer_case_create(&both, test);
    layer_case_create(&data, test);
    layer_case_create(&parameters, test);
    assert_int_equal(harness_forward(&both), GAN_OK);
    assert_int_equal(harness_forward(&data), GAN_OK);
    assert_int_equal(harness_forward(&parameters), GAN_OK);
    harness_assert_equal(both.y, data.y);
    fill_gradients(&both, 0);
    fill_gradients(&data, 3);
    fill_gradients(&parameters, 3);
    harness_backward(&both, true, true);
    harness_backward(&data, true, false);
    harness_backward(&parameters, false, true);
    for (int i = 0; i < test->inputs; i++) harness_assert_equal(both.dx[i], data.dx[i]);
    for (int i = 0; i < both.plan.tensor_count; i++) {
        if (both.plan.tensors[i].kind != GAN_TENSOR_PARAMETER) continue;
        for (int64_t j = 0; j < both.gradients[i].count; j++) {
            assert_true(data.gradients[i].values[j] == 3);
            both.gradients[i].values[j] += 3;
        }
        harness_assert_near(parameters.gradients[i], both.gradients[i].values, 10);
    }
    harness_destroy(&both);
    harness_destroy(&data);
    harness_destroy(&parameters);
}

/* Output in place of input, and dx of dy, give the same, where a layer allows it. */
static void test_shared_memory(void **state)
{
    const layer_case *test = *state;
    harness apart, in_place;
    layer_case_create(&apart, test);
    layer_case_create(&in_place, test);
    in_place.in_place = apart.plan.view || apart.layer->ops->flags & GAN_LAYER_IN_PLACE;
    assert_int_equal(in_place.in_place, test->shares);
    assert_int_equal(harness_forward(&apart), GAN_OK);
    assert_int_equal(harness_forward(&in_place), GAN_OK);
    harness_assert_equal(apart.y, in_place.y);
    if (apart.plan.view) harness_assert_equal(apart.y, apart.x[0]);
    harness_backward(&apart, true, false);
    harness_backward(&in_place, true, false);
    for (int i = 0; i < test->inputs; i++) harness_assert_equal(apart.dx[i], in_place.dx[i]);
    harness_destroy(&apart);
    harness_destroy(&in_place);
}

/* Changing the first sample does not change the others' results, unless the layer says that it mixes samples. */
static void test_samples_apart(void **state)
{
    const layer_case *test = *state;
    harness a, b;
    layer_case_create(&a, test);
    layer_case_create(&b, test);
    for (int i = 0; i < test->inputs; i++) {
        if (layer_case_is_flat(&b, i)) continue;
        for (int64_t j = 0; j < b.x[i].count / b.pass.batch; j++) b.x[i].values[j] = 3 - 2 * b.x[i].values[j];
    }
    assert_int_equal(harness_forward(&a), GAN_OK);
    assert_int_equal(harness_forward(&b), GAN_OK);
    const int64_t one = a.y.count / a.pass.batch;
    const bool mixes = a.layer->ops->flags & GAN_LAYER_MIXES_SAMPLES;
    const bool same = memcmp(a.y.values + one, b.y.values + one, (size_t)(a.y.count - one) * sizeof(gan_real)) == 0;
    if (!same && !mixes) fail_msg("%s: samples are mixed", test->name);
    if (same && mixes && !test->sampling) fail_msg("%s: samples are not mixed", test->name);
    harness_destroy(&a);
    harness_destroy(&b);
}

int main(void)
{
    static const layer_test tests[] = {{"central differences", test_central_differences},
                                       {"wanted gradients", test_wanted_gradients},
                                       {"shared memory", test_shared_memory},
                                       {"samples apart", test_samples_apart}};
    return layer_cases_run(tests, sizeof(tests) / sizeof(tests[0]));
}
