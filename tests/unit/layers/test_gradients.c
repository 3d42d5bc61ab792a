/* Every layer's backward pass: against central differences, and in all the ways in which a session calls it. */
#include "harness.h"
#include "support/gradient.h"

#include <stdio.h>
#include <string.h>

/* Sizes are odd, the batch is 3, and the plan was made for a larger one. */
enum { BATCH = 3, MAX_BATCH = 5 };

#define LAYER(name, ...)                         \
    static gan_layer *name(gan_context *context) \
    {                                            \
        return __VA_ARGS__;                      \
    }

LAYER(dense, gan_layer_dense(context, 7, NULL))
LAYER(dense_without_bias, gan_layer_dense(context, 1, GAN_DENSE(.no_bias = true)))
LAYER(conv_default, gan_layer_conv2d(context, 3, NULL))
LAYER(conv_same, gan_layer_conv2d(context, 3, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)))
LAYER(conv_same_5x4,
      gan_layer_conv2d(context, 5, GAN_CONV2D(.kernel = {5, 4}, .stride = {2, 3}, .padding = GAN_PADDING_SAME)))
LAYER(conv_explicit, gan_layer_conv2d(context, 2,
                                      GAN_CONV2D(.kernel = {3, 4}, .stride = {1, 2}, .padding = GAN_PADDING_EXPLICIT,
                                                 .pads = {2, 0, 1, 3})))
LAYER(conv_gaps, gan_layer_conv2d(context, 2, GAN_CONV2D(.kernel = {1, 2}, .stride = {3, 3}, .no_bias = true)))
LAYER(transpose_default, gan_layer_conv_transpose2d(context, 3, NULL))
LAYER(transpose_same, gan_layer_conv_transpose2d(context, 3,
                                                 GAN_CONV_TRANSPOSE2D(.kernel = {5, 5}, .stride = {2, 2},
                                                                      .padding = GAN_PADDING_SAME)))
LAYER(transpose_same_gaps, gan_layer_conv_transpose2d(context, 2,
                                                      GAN_CONV_TRANSPOSE2D(.kernel = {1, 2}, .stride = {3, 2},
                                                                           .padding = GAN_PADDING_SAME)))
LAYER(transpose_explicit,
      gan_layer_conv_transpose2d(context, 2,
                                 GAN_CONV_TRANSPOSE2D(.kernel = {4, 3}, .stride = {3, 2},
                                                      .padding = GAN_PADDING_EXPLICIT, .pads = {1, 2, 0, 1},
                                                      .output_padding = {2, 1}, .no_bias = true)))
LAYER(flatten, gan_layer_flatten(context))
LAYER(to_image, gan_layer_reshape(context, GAN_SHAPE(2, 3, 5)))
LAYER(to_other_channels, gan_layer_reshape(context, GAN_SHAPE(5, 2, 3)))
LAYER(to_other_sides, gan_layer_reshape(context, GAN_SHAPE(2, 5, 3)))
LAYER(to_matrix, gan_layer_reshape(context, GAN_SHAPE(6, 5)))
LAYER(concat_0, gan_layer_concat(context, 0))
LAYER(concat_1, gan_layer_concat(context, 1))
LAYER(concat_2, gan_layer_concat(context, 2))
LAYER(add, gan_layer_add(context))
LAYER(leaky_relu, gan_layer_leaky_relu(context, 0.2f))
LAYER(relu, gan_layer_relu(context))
LAYER(tanh_, gan_layer_tanh(context))
LAYER(sigmoid, gan_layer_sigmoid(context))
LAYER(softplus, gan_layer_softplus(context))
LAYER(dropout, gan_layer_dropout(context, 0.4f))
LAYER(batch_norm, gan_layer_batch_norm(context, GAN_BATCH_NORM(.epsilon = 1e-3f)))
LAYER(batch_norm_plain, gan_layer_batch_norm(context, GAN_BATCH_NORM(.no_affine = true)))

typedef struct gradient_case {
    const char *name;
    gan_layer *(*make)(gan_context *context);
    int inputs;
    gan_shape shapes[HARNESS_INPUTS];
    bool sampling;
    bool shares; /* memory: works in place, or is a view */
} gradient_case;

#define SHAPE(...)                                                 \
    {                                                              \
        (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
        {                                                          \
            __VA_ARGS__                                            \
        }                                                          \
    }

static const gradient_case cases[] = {
    {"dense", dense, 1, {SHAPE(5)}, false, false},
    {"dense without bias", dense_without_bias, 1, {SHAPE(9)}, false, false},
    {"conv2d", conv_default, 1, {SHAPE(2, 5, 7)}, false, false},
    {"conv2d, kernel as large as the image", conv_default, 1, {SHAPE(3, 3, 3)}, false, false},
    {"conv2d same", conv_same, 1, {SHAPE(1, 7, 5)}, false, false},
    {"conv2d same, kernel over the image", conv_same_5x4, 1, {SHAPE(3, 2, 3)}, false, false},
    {"conv2d same 5x4", conv_same_5x4, 1, {SHAPE(3, 7, 9)}, false, false},
    {"conv2d explicit", conv_explicit, 1, {SHAPE(3, 5, 3)}, false, false},
    {"conv2d with gaps", conv_gaps, 1, {SHAPE(3, 5, 6)}, false, false},
    {"conv_transpose2d", transpose_default, 1, {SHAPE(2, 3, 5)}, false, false},
    {"conv_transpose2d of one pixel", transpose_default, 1, {SHAPE(5, 1, 1)}, false, false},
    {"conv_transpose2d same", transpose_same, 1, {SHAPE(2, 3, 4)}, false, false},
    {"conv_transpose2d same with gaps", transpose_same_gaps, 1, {SHAPE(3, 2, 3)}, false, false},
    {"conv_transpose2d explicit", transpose_explicit, 1, {SHAPE(3, 3, 2)}, false, false},
    {"flatten", flatten, 1, {SHAPE(2, 3, 5)}, false, false},
    {"flatten of one channel", flatten, 1, {SHAPE(1, 3, 5)}, false, true},
    {"flatten of one pixel", flatten, 1, {SHAPE(7, 1, 1)}, false, true},
    {"flatten of a matrix", flatten, 1, {SHAPE(3, 5)}, false, true},
    {"reshape to an image", to_image, 1, {SHAPE(30)}, false, false},
    {"reshape of one channel", to_image, 1, {SHAPE(1, 6, 5)}, false, false},
    {"reshape to other channels", to_other_channels, 1, {SHAPE(2, 3, 5)}, false, false},
    {"reshape to other sides", to_other_sides, 1, {SHAPE(2, 3, 5)}, false, true},
    {"reshape to a matrix", to_matrix, 1, {SHAPE(2, 3, 5)}, false, false},
    {"concat", concat_0, 2, {SHAPE(3), SHAPE(5)}, false, false},
    {"concat of channels", concat_0, 3, {SHAPE(2, 3, 5), SHAPE(1, 3, 5), SHAPE(3, 3, 5)}, false, false},
    {"concat of rows", concat_1, 2, {SHAPE(2, 3, 5), SHAPE(2, 1, 5)}, false, false},
    {"concat of columns", concat_2, 3, {SHAPE(2, 3, 5), SHAPE(2, 3, 1), SHAPE(2, 3, 2)}, false, false},
    {"concat of matrices", concat_1, 2, {SHAPE(3, 5), SHAPE(3, 2)}, false, false},
    {"concat of rank 4", concat_2, 2, {SHAPE(3, 2, 5, 2), SHAPE(3, 2, 1, 2)}, false, false},
    {"add", add, 2, {SHAPE(2, 3, 5), SHAPE(2, 3, 5)}, false, true},
    {"add of three", add, 3, {SHAPE(7), SHAPE(7), SHAPE(7)}, false, true},
    {"leaky_relu", leaky_relu, 1, {SHAPE(11)}, false, true},
    {"relu", relu, 1, {SHAPE(11)}, false, true},
    {"tanh", tanh_, 1, {SHAPE(2, 3, 5)}, false, true},
    {"sigmoid", sigmoid, 1, {SHAPE(11)}, false, true},
    {"softplus", softplus, 1, {SHAPE(11)}, false, true},
    {"dropout", dropout, 1, {SHAPE(2, 3, 5)}, false, true},
    {"dropout, sampling", dropout, 1, {SHAPE(11)}, true, true},
    {"batch_norm", batch_norm, 1, {SHAPE(7)}, false, false},
    {"batch_norm, sampling", batch_norm, 1, {SHAPE(7)}, true, false},
    {"batch_norm of images", batch_norm, 1, {SHAPE(5, 3, 1)}, false, false},
    {"batch_norm of images, sampling", batch_norm, 1, {SHAPE(5, 3, 1)}, true, false},
    {"batch_norm without affine", batch_norm_plain, 1, {SHAPE(3, 2, 5)}, false, false},
    {"batch_norm without affine, sampling", batch_norm_plain, 1, {SHAPE(7)}, true, false},
};

enum { CASES = sizeof cases / sizeof cases[0] };

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

static void create(harness *h, const gradient_case *test)
{
    harness_create(h, context, test->make(context), test->inputs, test->shapes, BATCH, MAX_BATCH);
    h->pass.training = !test->sampling;
}

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

static void check_gradient(const gradient_case *test, harness *h, const char *what, harness_array values,
                           harness_array gradient)
{
    char name[128];
    double squares = 0;
    snprintf(name, sizeof name, "%s: %s", test->name, what);
    for (int64_t i = 0; i < gradient.count; i++) squares += gradient.values[i] * gradient.values[i];
    if (!(squares > 0)) fail_msg("%s: all gradients are 0", name);
    test_gradient(name, weighted_sum, h, values.values, gradient.values, (size_t)values.count, 1e-8);
}

static void test_central_differences(void **state)
{
    const gradient_case *test = *state;
    harness h;
    create(&h, test);
    assert_int_equal(harness_forward(&h), GAN_OK);
    fill_gradients(&h, 0);
    harness_backward(&h, true, true);
    for (int i = 0; i < test->inputs; i++) check_gradient(test, &h, "input", h.x[i], h.dx[i]);
    for (int i = 0; i < h.plan.tensor_count; i++)
        if (h.plan.tensors[i].kind == GAN_TENSOR_PARAMETER)
            check_gradient(test, &h, h.plan.tensors[i].name, h.tensors[i], h.gradients[i]);
    harness_destroy(&h);
}

/* Parameter gradients are added; what nobody wants is left out, without a change to the rest. */
static void test_wanted_gradients(void **state)
{
    const gradient_case *test = *state;
    harness both, data, parameters;
    create(&both, test);
    create(&data, test);
    create(&parameters, test);
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

/* Output over input and dx over dy give the same, where a layer says that they may. */
static void test_shared_memory(void **state)
{
    const gradient_case *test = *state;
    harness apart, in_place;
    create(&apart, test);
    create(&in_place, test);
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

int main(void)
{
    static const CMUnitTestFunction functions[] = {test_central_differences, test_wanted_gradients,
                                                   test_shared_memory};
    enum { FUNCTIONS = sizeof functions / sizeof functions[0] };
    static struct CMUnitTest tests[CASES * FUNCTIONS];
    static char names[CASES * FUNCTIONS][128];
    static const char *const whats[FUNCTIONS] = {"central differences", "wanted gradients", "shared memory"};
    for (size_t i = 0; i < CASES * FUNCTIONS; i++) {
        const gradient_case *test = &cases[i / FUNCTIONS];
        snprintf(names[i], sizeof names[i], "%s: %s", test->name, whats[i % FUNCTIONS]);
        tests[i] = (struct CMUnitTest){names[i], functions[i % FUNCTIONS], NULL, NULL, (void *)(uintptr_t)test};
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
