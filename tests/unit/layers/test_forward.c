/* Forward passes against known answers and against definitions written out as loops over the border's layout. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set(harness_array array, const double *values)
{
    for (int64_t i = 0; i < array.count; i++) array.values[i] = (gan_real)values[i];
}

/* ---- Convolutions --------------------------------------------------------------------------------------------- */

/* One row of pixels and one filter of ones: 'same' is as in TensorFlow, with the odd pad last. */
static void check_row(gan_context *context, gan_layer *layer, int width, const double *x, const double *y)
{
    harness h;
    harness_create(&h, context, layer, 1, &GAN_SHAPE(1, 1, width), 1, 1);
    set(h.x[0], x);
    harness_fill(h.tensors[0], 1);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, y, 0);
    harness_destroy(&h);
}

static void test_same_known_answers(void **state)
{
    const double x[] = {1, 2, 3, 4, 5};
    check_row(*state,
              gan_layer_conv2d(*state, 1, GAN_CONV2D(.kernel = {1, 4}, .padding = GAN_PADDING_SAME, .no_bias = true)),
              5, x, (double[]){6, 10, 14, 12, 9});
    check_row(
        *state,
        gan_layer_conv2d(
            *state, 1, GAN_CONV2D(.kernel = {1, 5}, .stride = {1, 2}, .padding = GAN_PADDING_SAME, .no_bias = true)),
        4, x, (double[]){10, 9});
    /* The adjoint of the last one: pixels 0 and 1 see rows -1 to 3 and 1 to 5 of the output. */
    check_row(*state,
              gan_layer_conv_transpose2d(*state, 1,
                                         GAN_CONV_TRANSPOSE2D(.kernel = {1, 5}, .stride = {1, 2},
                                                              .padding = GAN_PADDING_SAME, .no_bias = true)),
              2, x, (double[]){1, 3, 3, 3});
    /* Kernel below stride: columns that no pixel reaches are just the bias. */
    check_row(*state,
              gan_layer_conv_transpose2d(*state, 1,
                                         GAN_CONV_TRANSPOSE2D(.kernel = {1, 2}, .stride = {1, 3},
                                                              .padding = GAN_PADDING_SAME,
                                                              .bias_initializer = GAN_ZEROS, .no_bias = true)),
              2, x, (double[]){1, 1, 0, 2, 2, 0});
}

typedef struct conv_case {
    gan_shape input;
    int64_t filters;
    gan_conv2d_options conv;
    int64_t pads[4]; /* top, bottom, left, right: what the padding comes to */
} conv_case;

#define OPTIONS(...)                                           \
    {                                                          \
        .struct_size = sizeof(gan_conv2d_options), __VA_ARGS__ \
    }

static const conv_case conv_cases[] = {
    {{3, {2, 5, 7}}, 3, OPTIONS(.kernel = {3, 3}, .stride = {1, 1}), {0, 0, 0, 0}},
    {{3, {1, 7, 5}}, 4, OPTIONS(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME), {2, 2, 2, 2}},
    {{3, {3, 6, 9}}, 2, OPTIONS(.kernel = {5, 4}, .stride = {2, 3}, .padding = GAN_PADDING_SAME), {1, 2, 0, 1}},
    {{3, {2, 4, 5}}, 5, OPTIONS(.kernel = {1, 2}, .stride = {3, 2}), {0, 0, 0, 0}},
    {{3, {3, 5, 3}},
     2,
     OPTIONS(.kernel = {3, 4}, .stride = {1, 2}, .padding = GAN_PADDING_EXPLICIT, .pads = {2, 0, 1, 3}),
     {2, 0, 1, 3}},
};
enum { CONV_CASES = sizeof(conv_cases) / sizeof(conv_cases[0]) };

/* Arrays of a pass in border order. */
typedef struct border {
    gan_real *x, *w, *y;
} border;

static gan_real *border_copy(harness_array stored, gan_shape shape, int64_t batch)
{
    gan_real *copy = malloc((size_t)stored.count * sizeof(*copy));
    assert_non_null(copy);
    assert_int_equal(shape.rank, 3);
    harness_restore(stored.values, copy, batch, shape.dims[0], shape.dims[1], shape.dims[2]);
    return copy;
}

static border border_of(const harness *h)
{
    gan_shape w = h->plan.tensors[0].shape;
    return (border){border_copy(h->x[0], h->shapes[0], h->pass.batch),
                    border_copy(h->tensors[0], GAN_SHAPE(w.dims[1], w.dims[2], w.dims[3]), w.dims[0]),
                    border_copy(h->y, h->plan.output, h->pass.batch)};
}

static void border_free(border b)
{
    free(b.x);
    free(b.w);
    free(b.y);
}

/* y[n, f, i, j] = b[f] + sum over c, u, v of w[f, c, u, v] x[n, c, i * stride + u - top, j * stride + v - left] */
static double conv_value(const conv_case *test, const harness *h, const border *b, int64_t n, int64_t f, int64_t i,
                         int64_t j)
{
    int64_t channels = test->input.dims[0], height = test->input.dims[1], width = test->input.dims[2];
    const int64_t *kernel = test->conv.kernel, *stride = test->conv.stride;
    double sum = (double)h->tensors[1].values[f];
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t u = 0; u < kernel[0]; u++) {
            for (int64_t v = 0; v < kernel[1]; v++) {
                int64_t row = i * stride[0] + u - test->pads[0], column = j * stride[1] + v - test->pads[2];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                sum += (double)(b->w[((f * channels + c) * kernel[0] + u) * kernel[1] + v] *
                                b->x[((n * channels + c) * height + row) * width + column]);
            }
        }
    }
    return sum;
}

static void test_conv_definition(void **state)
{
    for (int k = 0; k < CONV_CASES; k++) {
        const conv_case *test = &conv_cases[k];
        harness h;
        harness_create(&h, *state, gan_layer_conv2d(*state, test->filters, &test->conv), 1, &test->input, 3, 3);
        assert_int_equal(harness_forward(&h), GAN_OK);
        border b = border_of(&h);
        const int64_t *output = h.plan.output.dims;
        int64_t at = 0;
        for (int64_t n = 0; n < 3; n++) {
            for (int64_t f = 0; f < output[0]; f++) {
                for (int64_t i = 0; i < output[1]; i++) {
                    for (int64_t j = 0; j < output[2]; j++, at++) {
                        if (!harness_near((double)b.y[at], conv_value(test, &h, &b, n, f, i, j), 100)) {
                            fail_msg("case %d: y[%d, %d, %d, %d] is %g", k, (int)n, (int)f, (int)i, (int)j,
                                     (double)b.y[at]);
                        }
                    }
                }
            }
        }
        border_free(b);
        harness_destroy(&h);
    }
}

/* <conv(x), y> = <x, conv_transpose(y)> for the same weight. output_padding makes up for the remainder of the
 * convolution's stride. */
static void test_adjoint(void **state)
{
    for (int k = 0; k < CONV_CASES; k++) {
        const conv_case *test = &conv_cases[k];
        gan_conv2d_options conv_options = test->conv;
        conv_options.no_bias = true;
        gan_conv_transpose2d_options options = {.struct_size = sizeof(options),
                                                .kernel = {test->conv.kernel[0], test->conv.kernel[1]},
                                                .stride = {test->conv.stride[0], test->conv.stride[1]},
                                                .padding = GAN_PADDING_EXPLICIT,
                                                .no_bias = true};
        memcpy(options.pads, test->pads, sizeof(options.pads));
        for (int i = 0; i < 2; i++) {
            options.output_padding[i] =
                (test->input.dims[i + 1] + test->pads[2 * i] + test->pads[2 * i + 1] - test->conv.kernel[i]) %
                test->conv.stride[i];
        }
        harness conv, transpose;
        harness_create(&conv, *state, gan_layer_conv2d(*state, test->filters, &conv_options), 1, &test->input, 3, 3);
        harness_create(&transpose, *state, gan_layer_conv_transpose2d(*state, test->input.dims[0], &options), 1,
                       &conv.plan.output, 3, 3);
        assert_true(gan_shape_equal(transpose.plan.output, test->input));
        assert_true(gan_shape_equal(transpose.plan.tensors[0].shape, conv.plan.tensors[0].shape));
        memcpy(transpose.tensors[0].values, conv.tensors[0].values, (size_t)conv.tensors[0].count * sizeof(gan_real));
        assert_int_equal(harness_forward(&conv), GAN_OK);
        assert_int_equal(harness_forward(&transpose), GAN_OK);
        double left = 0, right = 0;
        for (int64_t i = 0; i < conv.y.count; i++) left += (double)(conv.y.values[i] * transpose.x[0].values[i]);
        for (int64_t i = 0; i < conv.x[0].count; i++) right += (double)(conv.x[0].values[i] * transpose.y.values[i]);
        if (!(fabs(left) > 1e-3 && harness_near(left, right, 100)))
            fail_msg("case %d: %.15g and %.15g", k, left, right);
        harness_destroy(&conv);
        harness_destroy(&transpose);
    }
}

static void test_conv_transpose_known_answer(void **state)
{
    harness h;
    gan_conv_transpose2d_options options = {.struct_size = sizeof(options), .kernel = {2, 2}, .stride = {2, 1}};
    harness_create(&h, *state, gan_layer_conv_transpose2d(*state, 2, &options), 1, &GAN_SHAPE(1, 2, 2), 1, 1);
    set(h.x[0], (double[]){1, 2, 3, 4});
    /* weight (1, 2, 2, 2), filters {1, 2; 3, 4} and {5, 6; 7, 8}, stored channels last */
    set(h.tensors[0], (double[]){1, 5, 2, 6, 3, 7, 4, 8});
    set(h.tensors[1], (double[]){0.5, -1});
    assert_int_equal(harness_forward(&h), GAN_OK);
    gan_real y[24];
    harness_restore(h.y.values, y, 1, 2, 4, 3);
    harness_array actual = {y, 24};
    harness_assert_near(actual, (double[]){1.5, 4.5, 4.5, 3.5, 10.5, 8.5, 3.5, 10.5, 8.5, 9.5, 24.5, 16.5,
                                           4,   15,  11,  6,   21,   15,  14,  37,   23,  20,  51,   31},
                        0);
    harness_destroy(&h);
}

/* ---- Smaller batches ------------------------------------------------------------------------------------------- */

/* A plan for a large batch serves every smaller one: the guards after saved values and scratch hold, and a sample
 * does not depend on its batch. */
static void check_batches(gan_context *context, gan_layer *(*make)(gan_context *), gan_shape input, int64_t most)
{
    harness whole;
    harness_create(&whole, context, make(context), 1, &input, most, most);
    assert_int_equal(harness_forward(&whole), GAN_OK);
    for (int64_t batch = 1; batch <= most; batch++) {
        harness part;
        harness_create(&part, context, make(context), 1, &input, batch, most);
        memcpy(part.x[0].values, whole.x[0].values, (size_t)part.x[0].count * sizeof(gan_real));
        for (int i = 0; i < whole.plan.tensor_count; i++) {
            memcpy(part.tensors[i].values, whole.tensors[i].values,
                   (size_t)whole.tensors[i].count * sizeof(gan_real));
        }
        assert_int_equal(harness_forward(&part), GAN_OK);
        for (int64_t i = 0; i < part.y.count; i++) {
            if (!harness_near((double)part.y.values[i], (double)whole.y.values[i], 100))
                fail_msg("batch %d of %d: element %d is %g", (int)batch, (int)most, (int)i, (double)part.y.values[i]);
        }
        for (int i = 0; i < part.plan.tensor_count; i++) harness_fill(part.gradients[i], 0);
        harness_backward(&part, true, true);
        harness_destroy(&part);
    }
    harness_destroy(&whole);
}

static gan_layer *dense_1(gan_context *context)
{
    return gan_layer_dense(context, 1, NULL);
}

static gan_layer *dense_10(gan_context *context)
{
    return gan_layer_dense(context, 10, NULL);
}

static gan_layer *dense_100(gan_context *context)
{
    return gan_layer_dense(context, 100, NULL);
}

static gan_layer *conv_same(gan_context *context)
{
    return gan_layer_conv2d(context, 5, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static gan_layer *transpose_same(gan_context *context)
{
    return gan_layer_conv_transpose2d(context, 5,
                                      GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static void test_smaller_batches(void **state)
{
    check_batches(*state, dense_1, GAN_SHAPE(300), 70);
    check_batches(*state, dense_10, GAN_SHAPE(37), 130);
    check_batches(*state, dense_100, GAN_SHAPE(9), 40);
    check_batches(*state, dense_100, GAN_SHAPE(300), 9);
    check_batches(*state, conv_same, GAN_SHAPE(3, 9, 7), 40);
    check_batches(*state, transpose_same, GAN_SHAPE(7, 3, 5), 40);
}

/* ---- Dense, add ------------------------------------------------------------------------------------------------ */

static void test_dense_known_answer(void **state)
{
    harness h;
    harness_create(&h, *state, gan_layer_dense(*state, 2, NULL), 1, &GAN_SHAPE(3), 2, 2);
    set(h.x[0], (double[]){1, 2, 3, -1, 0, 1});
    set(h.tensors[0], (double[]){1, 0, 2, -1, 3, 1});
    set(h.tensors[1], (double[]){10, 20});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (double[]){17, 28, 11, 22}, 0);
    harness_destroy(&h);
}

static void test_add_known_answer(void **state)
{
    harness h;
    gan_shape shape = GAN_SHAPE(2), shapes[] = {shape, shape, shape};
    harness_create(&h, *state, gan_layer_add(*state), 3, shapes, 1, 1);
    set(h.x[0], (double[]){1, 2});
    set(h.x[1], (double[]){10, 20});
    set(h.x[2], (double[]){100, 200});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (double[]){111, 222}, 0);
    harness_destroy(&h);
}

/* ---- Order of values ------------------------------------------------------------------------------------------- */

/* Values count up from `from`, in the order of the border. */
static void number(harness_array array, gan_shape shape, int64_t batch, int from)
{
    gan_real *values = malloc((size_t)array.count * sizeof(*values));
    assert_non_null(values);
    for (int64_t i = 0; i < array.count; i++) values[i] = (gan_real)(from + (int)i);
    if (shape.rank == 3) {
        harness_store(values, array.values, batch, shape.dims[0], shape.dims[1], shape.dims[2]);
    } else {
        memcpy(array.values, values, (size_t)array.count * sizeof(*values));
    }
    free(values);
}

static gan_real *in_order(harness_array array, gan_shape shape, int64_t batch)
{
    if (shape.rank == 3) return border_copy(array, shape, batch);
    return border_copy(array, GAN_SHAPE(1, 1, array.count / batch), batch);
}

static void test_reshape_keeps_order(void **state)
{
    gan_shape shapes[] = {GAN_SHAPE(30),      GAN_SHAPE(2, 3, 5),    GAN_SHAPE(5, 2, 3),
                          GAN_SHAPE(2, 5, 3), GAN_SHAPE(1, 6, 5),    GAN_SHAPE(30, 1, 1),
                          GAN_SHAPE(6, 5),    GAN_SHAPE(3, 1, 2, 5), GAN_SHAPE(3, 1, 10)};
    enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };
    for (int k = 0; k < SHAPES * (SHAPES + 1); k++) {
        gan_shape from = shapes[k % SHAPES], *to = k / SHAPES < SHAPES ? &shapes[k / SHAPES] : NULL;
        harness h;
        harness_create(&h, *state, to ? gan_layer_reshape(*state, *to) : gan_layer_flatten(*state), 1, &from, 2, 3);
        number(h.x[0], from, 2, 0);
        assert_int_equal(harness_forward(&h), GAN_OK);
        gan_real *y = in_order(h.y, h.plan.output, 2);
        for (int i = 0; i < 60; i++)
            if (y[i] != i) fail_msg("shape %d to %d: element %d is %g", k % SHAPES, k / SHAPES, i, (double)y[i]);
        free(y);
        harness_destroy(&h);
    }
}

/* Two samples of two inputs, joined as defined: coordinate `axis` of the output runs over both. */
static void check_concat(gan_context *context, int axis, gan_shape a, gan_shape b)
{
    harness h;
    harness_create(&h, context, gan_layer_concat(context, GAN_CONCAT(.axis = axis)), 2, (gan_shape[]){a, b}, 2, 4);
    number(h.x[0], a, 2, 0);
    number(h.x[1], b, 2, 1000);
    assert_int_equal(harness_forward(&h), GAN_OK);
    int64_t outer = 2, inner = 1, joined = a.dims[axis] + b.dims[axis], at = 0;
    for (int i = 0; i < axis; i++) outer *= a.dims[i];
    for (int i = axis + 1; i < a.rank; i++) inner *= a.dims[i];
    gan_real *y = in_order(h.y, h.plan.output, 2);
    for (int64_t i = 0; i < outer; i++) {
        for (int64_t j = 0; j < joined; j++) {
            for (int64_t k = 0; k < inner; k++, at++) {
                bool first = j < a.dims[axis];
                int64_t place = first ? (i * a.dims[axis] + j) * inner + k
                                      : 1000 + (i * b.dims[axis] + j - a.dims[axis]) * inner + k;
                assert_true(y[at] == (gan_real)place);
            }
        }
    }
    assert_int_equal(at, h.y.count);
    free(y);
    harness_destroy(&h);
}

static void test_concat_definition(void **state)
{
    check_concat(*state, 0, GAN_SHAPE(3), GAN_SHAPE(5));
    check_concat(*state, 0, GAN_SHAPE(3, 2), GAN_SHAPE(1, 2));
    check_concat(*state, 1, GAN_SHAPE(3, 2), GAN_SHAPE(3, 4));
    check_concat(*state, 0, GAN_SHAPE(2, 3, 5), GAN_SHAPE(4, 3, 5));
    check_concat(*state, 1, GAN_SHAPE(2, 3, 5), GAN_SHAPE(2, 1, 5));
    check_concat(*state, 2, GAN_SHAPE(2, 3, 5), GAN_SHAPE(2, 3, 7));
    check_concat(*state, 2, GAN_SHAPE(2, 3, 1, 2), GAN_SHAPE(2, 3, 4, 2));
}

/* ---- Activations ----------------------------------------------------------------------------------------------- */

static void check_activation(gan_context *context, gan_layer *layer, double (*definition)(double))
{
    harness h;
    const double x[] = {-800, -30, -2, -0.5, 0, 1e-3, 0.5, 2, 30, 800, -1e-3};
    double y[11];
    harness_create(&h, context, layer, 1, &GAN_SHAPE(11), 1, 1);
    set(h.x[0], x);
    for (int i = 0; i < 11; i++) y[i] = definition(x[i]);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, y, 10);
    harness_destroy(&h);
}

static double leaky(double x)
{
    return x > 0 ? x : (double)0.2f * x;
}

static double rectified(double x)
{
    return x > 0 ? x : 0;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double soft(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double exponential(double x)
{
    return x > 0 ? x : (double)0.3f * expm1(x);
}

static double swish(double x)
{
    return x / (1 + exp(-x));
}

static double gaussian(double x)
{
    return x * (1 + erf(x / sqrt(2))) / 2;
}

static double nearly_gaussian(double x)
{
    return x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))) / 2;
}

static void test_activations(void **state)
{
    check_activation(*state, gan_layer_leaky_relu(*state, NULL), leaky);
    check_activation(*state, gan_layer_relu(*state), rectified);
    check_activation(*state, gan_layer_leaky_relu(*state, GAN_LEAKY_RELU(.slope = GAN_ZERO)), rectified);
    check_activation(*state, gan_layer_tanh(*state), tanh);
    check_activation(*state, gan_layer_sigmoid(*state), logistic);
    check_activation(*state, gan_layer_softplus(*state), soft);
    check_activation(*state, gan_layer_elu(*state, GAN_ELU(.alpha = 0.3f)), exponential);
    check_activation(*state, gan_layer_silu(*state), swish);
    check_activation(*state, gan_layer_gelu(*state, NULL), gaussian);
    check_activation(*state, gan_layer_gelu(*state, GAN_GELU(.tanh_approximation = true)), nearly_gaussian);
}

/* ---- Batch normalisation --------------------------------------------------------------------------------------- */

static void test_batch_norm_known_answer(void **state)
{
    harness h;
    gan_batch_norm_options options = {.struct_size = sizeof(options), .momentum = 0.25f, .epsilon = 0.5f};
    harness_create(&h, *state, gan_layer_batch_norm(*state, &options), 1, &GAN_SHAPE(2), 3, 3);
    set(h.x[0], (double[]){1, 10, 2, 20, 6, 60});
    set(h.tensors[0], (double[]){2, 1});
    set(h.tensors[1], (double[]){-1, 5});
    assert_int_equal(harness_forward(&h), GAN_OK);
    /* Means 3 and 30; variances 14 / 3 and 1400 / 3, unbiased 7 and 700. */
    double a = 2 / sqrt(14.0 / 3 + 0.5), b = 1 / sqrt(1400.0 / 3 + 0.5);
    harness_assert_near(h.y, (double[]){-2 * a - 1, -20 * b + 5, -a - 1, -10 * b + 5, 3 * a - 1, 30 * b + 5}, 10);
    harness_assert_near(h.tensors[2], (double[]){0.75, 7.5}, 10);
    harness_assert_near(h.tensors[3], (double[]){0.75 + 0.25 * 7, 0.75 + 0.25 * 700}, 10);

    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    a = 2 / sqrt(2.5 + 0.5), b = 1 / sqrt(175.75 + 0.5);
    harness_assert_near(
        h.y, (double[]){0.25 * a - 1, 2.5 * b + 5, 1.25 * a - 1, 12.5 * b + 5, 5.25 * a - 1, 52.5 * b + 5}, 10);
    harness_assert_near(h.tensors[2], (double[]){0.75, 7.5}, 10);
    harness_destroy(&h);
}

static void test_batch_norm_of_images(void **state)
{
    harness h;
    harness_create(&h, *state, gan_layer_batch_norm(*state, GAN_BATCH_NORM(.no_affine = true)), 1,
                   &GAN_SHAPE(3, 5, 7), 2, 2);
    assert_int_equal(h.plan.tensor_count, 2);
    assert_string_equal(h.plan.tensors[0].name, "running_mean");
    assert_int_equal(harness_forward(&h), GAN_OK);
    gan_real *y = border_copy(h.y, h.plan.output, 2);
    for (int c = 0; c < 3; c++) {
        double sum = 0, squares = 0;
        for (int n = 0; n < 2; n++) {
            for (int i = 0; i < 35; i++) {
                double value = (double)y[(n * 3 + c) * 35 + i];
                sum += value;
                squares += value * value;
            }
        }
        assert_true(harness_near(sum / 70, 0, 10) && fabs(squares / 70 - 1) < 1e-4);
    }
    free(y);
    harness_destroy(&h);
}

static void test_batch_of_one(void **state)
{
    harness h;
    harness_create(&h, *state, gan_layer_batch_norm(*state, NULL), 1, &GAN_SHAPE(4), 1, 8);
    assert_int_equal(harness_forward(&h), GAN_ERROR_BATCH_OF_ONE);
    assert_non_null(strstr(gan_last_error(), "batch of 1"));
    harness_assert_near(h.tensors[2], (double[]){0, 0, 0, 0}, 0);
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_destroy(&h);
    /* One image has as many values per channel as it has pixels. */
    harness_create(&h, *state, gan_layer_batch_norm(*state, NULL), 1, &GAN_SHAPE(4, 1, 2), 1, 8);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_known_answers, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conv_definition, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_adjoint, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conv_transpose_known_answer, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_smaller_batches, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_dense_known_answer, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_add_known_answer, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_reshape_keeps_order, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_concat_definition, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_activations, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_batch_norm_known_answer, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_batch_norm_of_images, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_batch_of_one, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
