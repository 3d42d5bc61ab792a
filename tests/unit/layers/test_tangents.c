/* Every layer's tangents, from which second derivatives are made: against central differences of its forward and
 * backward passes along a direction of x and dy, and in all the ways that a session calls them. */
#include "cases.h"
#include "support/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Balances the error of the difference, about step^2, against the rounding error, about 1e-16 / step. */
static const double step = 1e-5;

/* The layers whose second derivatives are not supported. */
static const char *const without_tangents[] = {"batch_norm", "conditional_batch_norm"};

/* They say why, and all others have both functions; the test is skipped for them, naming the case. */
static void skip_without_tangents(const layer_case *test)
{
    harness h;
    layer_case_create(&h, test);
    const gan_layer_ops *ops = h.layer->ops;
    harness_destroy(&h);
    bool listed = false;
    for (size_t i = 0; i < sizeof(without_tangents) / sizeof(without_tangents[0]); i++)
        listed = listed || !strcmp(without_tangents[i], ops->type);
    assert_true((ops->no_tangent != NULL) == listed);
    assert_true((ops->tangent_forward == NULL) == listed);
    assert_true((ops->tangent_backward == NULL) == listed);
    if (listed) test_skip("second derivatives of %s are not supported", test->name);
}

static void fill_gradients(harness *h, gan_real value)
{
    for (int i = 0; i < h->plan.tensor_count; i++) harness_fill(h->gradients[i], value);
}

/* ---- Results, one after another: y, the gradients of inputs, those of parameters ------------------------------- */

typedef struct results {
    double *values;
    int64_t count, data; /* in all, without those of parameters */
} results;

static void append(results *to, harness_array array)
{
    to->values = realloc(to->values, (size_t)(to->count + array.count) * sizeof(*to->values));
    assert_non_null(to->values);
    memcpy(to->values + to->count, array.values, (size_t)array.count * sizeof(*to->values));
    to->count += array.count;
}

static results collect(const harness *h, harness_array y, const harness_array *dx)
{
    results all = {NULL, 0, 0};
    append(&all, y);
    for (int i = 0; i < h->pass.inputs; i++) append(&all, dx[i]);
    all.data = all.count;
    for (int i = 0; i < h->plan.tensor_count; i++)
        if (h->plan.tensors[i].kind == GAN_TENSOR_PARAMETER) append(&all, h->gradients[i]);
    return all;
}

static void move(harness_array values, harness_array tangent, double by)
{
    for (int64_t i = 0; i < values.count; i++) values.values[i] += by * tangent.values[i];
}

/* The results of forward and backward at x + by R{x} and dy + by R{dy}. */
static results at_distance(const layer_case *test, harness_zero zero, double by)
{
    harness h;
    layer_case_create(&h, test);
    for (int i = 0; i < test->inputs; i++) move(h.x[i], h.tangent_x[i], by);
    if (zero == HARNESS_DY_ZERO) harness_fill(h.dy, 0);
    if (zero != HARNESS_TANGENT_DY_ZERO) move(h.dy, h.tangent_dy, by);
    assert_int_equal(harness_forward(&h), GAN_OK);
    fill_gradients(&h, 0);
    harness_backward(&h, true, true);
    results all = collect(&h, h.y, h.dx);
    harness_destroy(&h);
    return all;
}

static results of_tangents(harness *h, bool data, bool parameters, harness_zero zero, double start)
{
    assert_int_equal(harness_forward(h), GAN_OK);
    harness_tangent_forward(h);
    fill_gradients(h, start);
    harness_tangent_backward(h, data, parameters, zero);
    return collect(h, h->tangent_y, h->tangent_dx);
}

/* ---- Tests -------------------------------------------------------------------------------------------------- */

static void check_differences(const layer_case *test, harness_zero zero)
{
    harness h;
    layer_case_create(&h, test);
    results tangents = of_tangents(&h, true, true, zero, 0);
    results above = at_distance(test, zero, step), below = at_distance(test, zero, -step);
    double largest = 1;
    assert_int_equal(tangents.count, above.count);
    for (int64_t i = 0; i < tangents.count; i++) largest = fmax(largest, fabs(tangents.values[i]));
    for (int64_t i = 0; i < tangents.count; i++) {
        double difference = (above.values[i] - below.values[i]) / (2 * step);
        if (!(fabs(difference - tangents.values[i]) <= 1e-8 * largest)) {
            fail_msg("%s, case %d: tangent %lld of %lld is %.12g, but central differences give %.12g", test->name,
                     (int)zero, (long long)i, (long long)tangents.count, tangents.values[i], difference);
        }
    }
    free(tangents.values);
    free(above.values);
    free(below.values);
    harness_destroy(&h);
}

static void test_central_differences(void **state)
{
    const layer_case *test = *state;
    skip_without_tangents(test);
    for (int zero = HARNESS_NONE_ZERO; zero <= HARNESS_TANGENT_DY_ZERO; zero++)
        check_differences(test, (harness_zero)zero);
}

/* Parameter gradients are added; what nobody wants is left out, without changing the rest. */
static void test_wanted_tangents(void **state)
{
    const layer_case *test = *state;
    harness both, data, parameters;
    skip_without_tangents(test);
    layer_case_create(&both, test);
    layer_case_create(&data, test);
    layer_case_create(&parameters, test);
    results expected = of_tangents(&both, true, true, HARNESS_NONE_ZERO, 0);
    results of_data = of_tangents(&data, true, false, HARNESS_NONE_ZERO, 3);
    results of_parameters = of_tangents(&parameters, false, true, HARNESS_NONE_ZERO, 3);
    assert_memory_equal(expected.values, of_data.values, (size_t)expected.data * sizeof(double));
    for (int64_t i = expected.data; i < expected.count; i++) {
        assert_true(of_data.values[i] == 3);
        assert_true(harness_near(of_parameters.values[i], expected.values[i] + 3, 10));
    }
    free(expected.values);
    free(of_data.values);
    free(of_parameters.values);
    harness_destroy(&both);
    harness_destroy(&data);
    harness_destroy(&parameters);
}

static void check_shared_memory(const layer_case *test, harness_zero zero)
{
    harness apart, in_place;
    layer_case_create(&apart, test);
    layer_case_create(&in_place, test);
    in_place.in_place = test->shares;
    if (test->shares && !(in_place.layer->ops->flags & GAN_LAYER_CURVED)) harness_fill(in_place.dy, (gan_real)NAN);
    results expected = of_tangents(&apart, true, true, zero, 0);
    results actual = of_tangents(&in_place, true, true, zero, 0);
    assert_int_equal(expected.count, actual.count);
    for (int64_t i = 0; i < expected.count; i++) {
        if (expected.values[i] == actual.values[i]) continue;
        fail_msg("%s, case %d: value %lld is %.12g apart, but %.12g in place", test->name, (int)zero, (long long)i,
                 expected.values[i], actual.values[i]);
    }
    free(expected.values);
    free(actual.values);
    harness_destroy(&apart);
    harness_destroy(&in_place);
}

/* Tangents of outputs in place of those of inputs, and of dx of those of dy, give the same where values may; and a
 * layer without curvature whose dx may overwrite dy does not read dy. */
static void test_shared_memory(void **state)
{
    const layer_case *test = *state;
    skip_without_tangents(test);
    for (int zero = HARNESS_NONE_ZERO; zero <= HARNESS_TANGENT_DY_ZERO; zero++)
        check_shared_memory(test, (harness_zero)zero);
}

int main(void)
{
    static const layer_test tests[] = {{"central differences", test_central_differences},
                                       {"wanted tangents", test_wanted_tangents},
                                       {"shared memory", test_shared_memory}};
    return layer_cases_run(tests, sizeof(tests) / sizeof(tests[0]));
}
