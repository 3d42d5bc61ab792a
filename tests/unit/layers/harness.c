#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values after the end of each array, which nobody may write. */
enum { GUARD = 16 };
static const gan_real guard_value = (gan_real)-7777.5;

static harness_array make_array(int64_t count)
{
    harness_array array = {malloc((size_t)(count + GUARD) * sizeof(gan_real)), count};
    assert_non_null(array.values);
    for (int64_t i = 0; i < count; i++) array.values[i] = (gan_real)NAN;
    for (int64_t i = count; i < count + GUARD; i++) array.values[i] = guard_value;
    return array;
}

static void destroy_array(harness_array array)
{
    for (int64_t i = array.count; array.values && i < array.count + GUARD; i++)
        assert_true(array.values[i] == guard_value);
    free(array.values);
}

void harness_fill(harness_array array, gan_real value)
{
    for (int64_t i = 0; i < array.count; i++) array.values[i] = value;
}

static void make_tensors(harness *h, gan_random_state *random)
{
    for (int i = 0; i < h->plan.tensor_count; i++) {
        const gan_tensor_plan *plan = &h->plan.tensors[i];
        int64_t count = gan_shape_count(plan->shape);
        h->tensors[i] = make_array(count);
        h->gradients[i] = make_array(count);
        h->tensor_pointers[i] = h->tensors[i].values;
        if (plan->kind == GAN_TENSOR_PARAMETER) {
            gan_fill_normal(random, h->tensors[i].values, count, 0, 1);
        } else {
            gan_initialize(plan, *random, h->tensors[i].values, count);
        }
    }
}

void harness_create(harness *h, gan_context *context, gan_layer *layer, int inputs, const gan_shape *shapes,
                    int64_t batch, int64_t max_batch)
{
    gan_random_state random = {.seed = 1}, tangents = {.seed = 3};
    *h = (harness){.layer = layer};
    assert_non_null(layer);
    for (int i = 0; i < inputs; i++) h->shapes[i] = shapes[i];
    if (layer->ops->infer(layer, context, shapes, inputs, max_batch, &h->plan) != GAN_OK)
        fail_msg("%s: %s", layer->ops->type, gan_last_error());
    for (int i = 0; i < inputs; i++) {
        h->x[i] = make_array(batch * gan_shape_count(shapes[i]));
        h->dx[i] = make_array(h->x[i].count);
        gan_fill_normal(&random, h->x[i].values, h->x[i].count, 0, 1);
        h->tangent_x[i] = make_array(h->x[i].count);
        h->tangent_dx[i] = make_array(h->x[i].count);
        gan_fill_normal(&tangents, h->tangent_x[i].values, h->x[i].count, 0, 1);
    }
    h->y = make_array(batch * gan_shape_count(h->plan.output));
    h->dy = make_array(h->y.count);
    gan_fill_normal(&random, h->dy.values, h->dy.count, 0, 1);
    h->tangent_y = make_array(h->y.count);
    h->tangent_dy = make_array(h->y.count);
    gan_fill_normal(&tangents, h->tangent_dy.values, h->dy.count, 0, 1);
    h->saved = make_array(h->plan.saved);
    h->scratch = make_array(h->plan.scratch);
    make_tensors(h, &random);
    h->pass = (gan_pass){.context = context,
                         .batch = batch,
                         .training = true,
                         .inputs = inputs,
                         .input_shapes = h->shapes,
                         .output_shape = h->plan.output,
                         .x = (const gan_real *const *)h->x_pointers,
                         .dy = h->dy.values,
                         .dx = h->dx_pointers,
                         .tensors = h->tensor_pointers,
                         .gradients = h->gradient_pointers,
                         .saved = h->saved.values,
                         .scratch = h->scratch.values,
                         .random = {.seed = 2}};
    if (layer->ops->start) assert_int_equal(layer->ops->start(layer, &h->pass), GAN_OK);
}

void harness_destroy(harness *h)
{
    for (int i = 0; i < HARNESS_INPUTS; i++) {
        destroy_array(h->x[i]);
        destroy_array(h->dx[i]);
        destroy_array(h->tangent_x[i]);
        destroy_array(h->tangent_dx[i]);
    }
    for (int i = 0; i < GAN_LAYER_TENSORS; i++) {
        destroy_array(h->tensors[i]);
        destroy_array(h->gradients[i]);
    }
    destroy_array(h->y);
    destroy_array(h->dy);
    destroy_array(h->tangent_y);
    destroy_array(h->tangent_dy);
    destroy_array(h->saved);
    destroy_array(h->scratch);
    gan_layer_destroy(h->layer);
}

gan_status harness_infer(const gan_layer *layer, gan_shape input, gan_layer_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    return layer->ops->infer(layer, layer->context, &input, 1, 1, plan);
}

static bool keeps(const harness *h, unsigned flag)
{
    return h->layer->ops->flags & flag;
}

/* A layer that works in place overwrites its input. What it may read again is kept elsewhere, and given back. */
static gan_real *keep_input(const harness *h, harness_array input)
{
    if (!h->in_place || !keeps(h, GAN_LAYER_KEEPS_INPUT)) return NULL;
    gan_real *kept = malloc((size_t)input.count * sizeof(*kept));
    assert_non_null(kept);
    return memcpy(kept, input.values, (size_t)input.count * sizeof(*kept));
}

static void give_input_back(gan_real *kept, harness_array input)
{
    if (kept) memcpy(input.values, kept, (size_t)input.count * sizeof(*kept));
    free(kept);
}

gan_status harness_forward(harness *h)
{
    gan_real *kept = keep_input(h, h->x[0]);

    harness_fill(h->scratch, (gan_real)NAN);
    harness_fill(h->saved, (gan_real)NAN);
    harness_fill(h->y, (gan_real)NAN);
    for (int i = 0; i < h->pass.inputs; i++) h->x_pointers[i] = h->x[i].values;
    h->pass.y = h->in_place ? h->x[0].values : h->y.values;
    gan_status status = h->layer->ops->check ? h->layer->ops->check(h->layer, &h->pass) : GAN_OK;
    if (status == GAN_OK) status = h->layer->ops->forward(h->layer, &h->pass);
    if (status == GAN_OK && h->in_place) memcpy(h->y.values, h->x[0].values, (size_t)h->y.count * sizeof(gan_real));
    give_input_back(kept, h->x[0]);
    return status;
}

/* What a layer may read after its forward pass. */
static void prepare_return(harness *h, bool parameters)
{
    harness_fill(h->scratch, (gan_real)NAN);
    for (int i = 0; i < h->pass.inputs; i++)
        h->x_pointers[i] = keeps(h, GAN_LAYER_KEEPS_INPUT) ? h->x[i].values : NULL;
    h->pass.y = keeps(h, GAN_LAYER_KEEPS_OUTPUT) ? h->y.values : NULL;
    for (int i = 0; i < h->plan.tensor_count; i++) {
        bool wanted = parameters && h->plan.tensors[i].kind == GAN_TENSOR_PARAMETER;
        h->gradient_pointers[i] = wanted ? h->gradients[i].values : NULL;
    }
}

void harness_backward(harness *h, bool data, bool parameters)
{
    prepare_return(h, parameters);
    for (int i = 0; i < h->pass.inputs; i++) {
        harness_fill(h->dx[i], (gan_real)NAN);
        h->dx_pointers[i] = !data ? NULL : i == 0 && h->in_place ? h->dy.values : h->dx[i].values;
    }
    assert_int_equal(h->layer->ops->backward(h->layer, &h->pass), GAN_OK);
    if (data && h->in_place) memcpy(h->dx[0].values, h->dy.values, (size_t)h->dx[0].count * sizeof(gan_real));
}

static gan_pass tangent_pass(harness *h)
{
    gan_pass pass = h->pass;
    pass.dx = NULL;
    pass.dy = NULL;
    pass.tangent_x = (const gan_real *const *)h->tangent_x_pointers;
    return pass;
}

void harness_tangent_forward(harness *h)
{
    prepare_return(h, false);
    gan_real *kept = keep_input(h, h->tangent_x[0]);

    harness_fill(h->tangent_y, (gan_real)NAN);
    for (int i = 0; i < h->pass.inputs; i++) h->tangent_x_pointers[i] = h->tangent_x[i].values;
    gan_pass pass = tangent_pass(h);
    pass.tangent_y = h->in_place ? h->tangent_x[0].values : h->tangent_y.values;
    assert_int_equal(h->layer->ops->tangent_forward(h->layer, &pass), GAN_OK);
    if (h->in_place) memcpy(h->tangent_y.values, h->tangent_x[0].values, (size_t)h->y.count * sizeof(gan_real));
    give_input_back(kept, h->tangent_x[0]);
}

void harness_tangent_backward(harness *h, bool data, bool parameters, harness_zero zero)
{
    const bool vanishes = zero == HARNESS_TANGENT_DY_ZERO && !keeps(h, GAN_LAYER_CURVED);
    prepare_return(h, parameters);
    for (int i = 0; i < h->pass.inputs; i++) {
        harness_fill(h->tangent_dx[i], (gan_real)(vanishes ? 0 : NAN));
        h->tangent_x_pointers[i] = keeps(h, GAN_LAYER_KEEPS_INPUT) ? h->tangent_x[i].values : NULL;
        gan_real *place = i == 0 && h->in_place ? h->tangent_dy.values : h->tangent_dx[i].values;
        h->tangent_dx_pointers[i] = !data || vanishes ? NULL : place;
    }
    gan_pass pass = tangent_pass(h);
    pass.dy = zero == HARNESS_DY_ZERO ? NULL : h->dy.values;
    pass.tangent_y = keeps(h, GAN_LAYER_KEEPS_OUTPUT) ? h->tangent_y.values : NULL;
    pass.tangent_dy = zero == HARNESS_TANGENT_DY_ZERO ? NULL : h->tangent_dy.values;
    pass.tangent_dx = h->tangent_dx_pointers;
    assert_int_equal(h->layer->ops->tangent_backward(h->layer, &pass), GAN_OK);
    if (data && !vanishes && h->in_place)
        memcpy(h->tangent_dx[0].values, h->tangent_dy.values, (size_t)h->y.count * sizeof(gan_real));
}

void harness_assert_equal(harness_array a, harness_array b)
{
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.values, b.values, (size_t)a.count * sizeof(gan_real));
}

bool harness_near(double actual, double expected, double tolerance)
{
    const double precision = sizeof(gan_real) == sizeof(double) ? 1e-14 : 1e-6;
    return fabs(actual - expected) <= tolerance * precision * fmax(1, fabs(expected));
}

void harness_assert_near(harness_array actual, const double *expected, double tolerance)
{
    for (int64_t i = 0; i < actual.count; i++) {
        if (!harness_near((double)actual.values[i], expected[i], tolerance))
            fail_msg("element %lld is %.12g, expected %.12g", (long long)i, (double)actual.values[i], expected[i]);
    }
}

static int64_t stored_place(int64_t border, int64_t c, int64_t pixels)
{
    int64_t plane = border / pixels, pixel = border % pixels;
    return (plane / c * pixels + pixel) * c + plane % c;
}

void harness_store(const gan_real *border, gan_real *stored, int64_t a, int64_t c, int64_t h, int64_t w)
{
    for (int64_t i = 0; i < a * c * h * w; i++) stored[stored_place(i, c, h * w)] = border[i];
}

void harness_restore(const gan_real *stored, gan_real *border, int64_t a, int64_t c, int64_t h, int64_t w)
{
    for (int64_t i = 0; i < a * c * h * w; i++) border[i] = stored[stored_place(i, c, h * w)];
}

int harness_setup(void **state)
{
    gan_context *context = NULL;
    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return -1;
    *state = context;
    return 0;
}

int harness_teardown(void **state)
{
    gan_context_destroy(*state);
    return 0;
}
