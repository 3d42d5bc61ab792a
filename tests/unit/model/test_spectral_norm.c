/* Spectral normalisation: a known answer, what training and sampling do to its vectors, and interleaved passes. */
#include "session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 3, REST = 4, WEIGHTS = UNITS * REST, BATCH = 2, PASSES = 40 };

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

static gan_session *make_session(gan_shape input, gan_layer *layer)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, input));
    gan_model_add(model, layer);
    ASSERT_OK(gan_model_build(model, 3));
    return create_test_session(BATCH, model, false);
}

static gan_session *make_dense(void)
{
    return make_session(GAN_SHAPE(REST), gan_layer_dense(context, UNITS, GAN_DENSE(.spectral_norm = true)));
}

static void get(const gan_session *session, const char *name, float *out, size_t count)
{
    ASSERT_OK(gan_model_get_tensor(session->model, name, out, count));
}

static void set(gan_session *session, const char *name, const float *values, size_t count)
{
    ASSERT_OK(gan_model_set_tensor(session->model, name, values, count));
}

static double dot(const float *a, const float *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

static void assert_near(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 2e-6 * fmax(1, fabs(expected))))
        fail_msg("%.9g, expected %.9g", actual, expected);
}

/* u^T W v with W as a matrix (UNITS, REST). */
static double form(const float *weight, const float *u, const float *v)
{
    double sum = 0;
    for (int i = 0; i < UNITS; i++) sum += (double)u[i] * dot(weight + i * REST, v, REST);
    return sum;
}

/* ---- A matrix whose singular values are known ------------------------------------------------------------------ */

static const float left[UNITS] = {2.0f / 3, -1.0f / 3, 2.0f / 3}, right[REST] = {0.2f, 0.4f, 0.8f, 0.4f};

/* 5 left right^T + 2 c d^T, where c and d are unit vectors at right angles to left and right. */
static void known_matrix(float weight[WEIGHTS])
{
    const double c[UNITS] = {1 / sqrt(5), 2 / sqrt(5), 0}, d[REST] = {0.4, -0.2, 0.4, -0.8};
    for (int i = 0; i < UNITS; i++) {
        for (int j = 0; j < REST; j++)
            weight[i * REST + j] = (float)(5 * (double)left[i] * (double)right[j] + 2 * c[i] * d[j]);
    }
}

/* Runs training passes without changing the weights until the vectors have settled. */
static void check_known(gan_session *session, const float weight[WEIGHTS])
{
    float u[UNITS], v[REST], sigma;
    set(session, "0.weight", weight, WEIGHTS);
    set_random_inputs(session, BATCH, 1);
    for (int i = 0; i < PASSES; i++) ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    get(session, "0.weight_u", u, UNITS);
    get(session, "0.weight_v", v, REST);
    get(session, "0.weight_sigma", &sigma, 1);
    assert_near((double)sigma, 5);
    const float sign = u[0] < 0 ? -1.0f : 1.0f;
    for (int i = 0; i < UNITS; i++) assert_near((double)(sign * u[i]), (double)left[i]);
    for (int j = 0; j < REST; j++) assert_near((double)(sign * v[j]), (double)right[j]);
    gan_session_destroy(session);
}

static void test_largest_singular_value(void **state)
{
    float weight[WEIGHTS], transposed[WEIGHTS];
    (void)state;

    known_matrix(weight);
    check_known(make_dense(), weight);
    check_known(make_session(GAN_SHAPE(2, 3, 5),
                             gan_layer_conv2d(context, UNITS, GAN_CONV2D(.kernel = {2, 1}, .spectral_norm = true))),
                weight);
    /* (channels, filters, pixels) instead of (filters, channels, pixels) */
    for (int i = 0; i < UNITS; i++)
        for (int j = 0; j < REST; j++) transposed[(j / 2 * UNITS + i) * 2 + j % 2] = weight[i * REST + j];
    check_known(make_session(GAN_SHAPE(2, 3, 5),
                             gan_layer_conv_transpose2d(
                                 context, UNITS, GAN_CONV_TRANSPOSE2D(.kernel = {1, 2}, .spectral_norm = true))),
                transposed);
}

static void test_output(void **state)
{
    gan_session *session = make_dense();
    float weight[WEIGHTS], bias[UNITS], u[UNITS], v[REST], x[BATCH * REST], y[BATCH * UNITS];
    (void)state;

    for (int i = 0; i < BATCH * REST; i++) x[i] = (float)(i - 3);
    for (int i = 0; i < UNITS; i++) bias[i] = (float)i;
    set(session, "0.bias", bias, UNITS);
    get(session, "0.weight", weight, WEIGHTS);
    ASSERT_OK(gan_session_set_input(session, 0, x, BATCH));
    for (int mode = GAN_MODE_SAMPLE; mode <= GAN_MODE_TRAIN; mode++) {
        ASSERT_OK(gan_session_forward(session, (gan_mode)mode));
        ASSERT_OK(gan_session_get_output(session, 0, y));
        get(session, "0.weight_u", u, UNITS);
        get(session, "0.weight_v", v, REST);
        for (int b = 0; b < BATCH; b++) {
            for (int i = 0; i < UNITS; i++) {
                assert_near((double)y[b * UNITS + i],
                            dot(weight + i * REST, x + b * REST, REST) / form(weight, u, v) + (double)bias[i]);
            }
        }
    }
    gan_session_destroy(session);
}

/* ---- The vectors ----------------------------------------------------------------------------------------------- */

/* v = W^T u / |W^T u| */
static void assert_iterated(const float *weight, const float *u, const float *v)
{
    double product[REST] = {0}, square = 0;
    for (int i = 0; i < UNITS; i++)
        for (int j = 0; j < REST; j++) product[j] += (double)weight[i * REST + j] * (double)u[i];
    for (int j = 0; j < REST; j++) square += product[j] * product[j];
    for (int j = 0; j < REST; j++) assert_near((double)v[j], product[j] / sqrt(square));
}

static void test_start_and_training(void **state)
{
    gan_session *session = make_dense();
    float weight[WEIGHTS], u[UNITS], v[REST], sigma, next_u[UNITS], next_v[REST];
    (void)state;

    get(session, "0.weight", weight, WEIGHTS);
    get(session, "0.weight_u", u, UNITS);
    get(session, "0.weight_v", v, REST);
    get(session, "0.weight_sigma", &sigma, 1);
    assert_near(dot(u, u, UNITS), 1);
    assert_iterated(weight, u, v);
    assert_near((double)sigma, form(weight, u, v));

    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    get(session, "0.weight_u", next_u, UNITS);
    get(session, "0.weight_v", next_v, REST);
    get(session, "0.weight_sigma", &sigma, 1);
    assert_iterated(weight, u, next_v);
    double square = 0;
    for (int i = 0; i < UNITS; i++) square += pow(dot(weight + i * REST, next_v, REST), 2);
    for (int i = 0; i < UNITS; i++)
        assert_near((double)next_u[i], dot(weight + i * REST, next_v, REST) / sqrt(square));
    assert_near((double)sigma, form(weight, next_u, next_v));
    gan_session_destroy(session);
}

static gan_real *copy_buffers(const gan_model *model)
{
    const size_t size = (size_t)model->buffer_size * sizeof(gan_real);
    gan_real *buffers = malloc(size);
    assert_non_null(buffers);
    return memcpy(buffers, model->buffers, size);
}

/* Sampling takes sigma of the current weights, and moves nothing. */
static void test_sampling(void **state)
{
    gan_session *session = make_dense();
    float weight[WEIGHTS], y[BATCH * UNITS], again[BATCH * UNITS];
    gan_real *before = copy_buffers(session->model);
    (void)state;

    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, y));
    get(session, "0.weight", weight, WEIGHTS);
    for (int i = 0; i < WEIGHTS; i++) weight[i] *= 4;
    set(session, "0.weight", weight, WEIGHTS);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, again));
    assert_memory_equal(y, again, sizeof(y));
    assert_memory_equal(before, session->model->buffers, (size_t)session->model->buffer_size * sizeof(gan_real));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    assert_memory_not_equal(before, session->model->buffers, (size_t)session->model->buffer_size * sizeof(gan_real));
    free(before);
    gan_session_destroy(session);
}

/* A forward-only session gives what any other gives. */
static void test_forward_only(void **state)
{
    gan_session *sessions[2];
    results all[2];
    (void)state;

    for (int i = 0; i < 2; i++) {
        gan_model *model = build_test_model(context, test_spectral_discriminator);
        sessions[i] = create_test_session(BATCH, model, i == 1);
        set_random_inputs(sessions[i], BATCH, 1);
        ASSERT_OK(gan_session_forward(sessions[i], GAN_MODE_SAMPLE));
        all[i] = collect_results(sessions[i], false, false);
    }
    assert_same_results(all[0], all[1], "forward only");
    for (int i = 0; i < 2; i++) {
        free(all[i].values);
        gan_session_destroy(sessions[i]);
    }
}

static void test_weight_of_zeros(void **state)
{
    gan_session *session = make_dense();
    const float zeros[WEIGHTS] = {0};
    float y[BATCH * UNITS], u[UNITS];
    (void)state;

    set(session, "0.weight", zeros, WEIGHTS);
    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, y));
    get(session, "0.weight_u", u, UNITS);
    for (int i = 0; i < UNITS; i++) {
        assert_true(isnan(y[i]));
        assert_true(u[i] == 0);
    }
    gan_session_destroy(session);
}

/* ---- Several sessions ------------------------------------------------------------------------------------------ */

/* Between a pass and its backward pass, others train the vectors and an optimizer the weights; or nobody does. */
static results pass(bool disturbed)
{
    gan_model *model = build_test_model(context, test_spectral_discriminator);
    gan_session *other = NULL;
    float values[64];

    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = BATCH, .second_order = true), &other));
    gan_session *session = create_test_session(BATCH, model, false);
    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    if (disturbed) {
        double penalty;
        gan_real *buffers = copy_buffers(model);
        set_random_inputs(other, BATCH, 2);
        for (int i = 0; i < 3; i++) {
            ASSERT_OK(gan_session_forward(other, GAN_MODE_TRAIN));
            ASSERT_OK(gan_gradient_penalty(other, GAN_PENALTY_ZERO_CENTERED, 1, &penalty));
        }
        assert_memory_not_equal(buffers, model->buffers, (size_t)model->buffer_size * sizeof(gan_real));
        ASSERT_OK(gan_model_get_tensor(model, "0.weight", values, 36));
        for (int i = 0; i < 36; i++) values[i] += 1;
        ASSERT_OK(gan_model_set_tensor(model, "0.weight", values, 36));
        free(buffers);
    }
    ASSERT_OK(gan_model_zero_gradients(model));
    set_random_gradients(session, 3);
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
    results all = collect_results(session, true, true);
    gan_session_destroy(session);
    gan_session_destroy(other);
    return all;
}

static void test_several_sessions(void **state)
{
    results alone = pass(false), among_others = pass(true);
    (void)state;

    assert_same_results(alone, among_others, "a pass among others");
    free(alone.values);
    free(among_others.values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_singular_value), cmocka_unit_test(test_output),
        cmocka_unit_test(test_start_and_training),     cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_forward_only),           cmocka_unit_test(test_weight_of_zeros),
        cmocka_unit_test(test_several_sessions),
    };
    return cmocka_run_group_tests_name("spectral normalisation", tests, setup, teardown);
}
