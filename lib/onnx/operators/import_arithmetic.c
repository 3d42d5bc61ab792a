/* Add, Sub, Mul and Div, of two values of the graph or of one and a constant; means; and what depends on them. */
#include "onnx/operators/operators.h"
#include "onnx/patterns/patterns.h"

/* ---- Constants ------------------------------------------------------------------------------------------------ */

/* The bias of a dense layer that had none; false if the value is no such layer's. */
static bool dense_bias(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                       gan_import_tensor *constant, gan_status *status)
{
    const gan_import_step old = import->steps[x->step];
    gan_import_tensor *bias = NULL;

    if (strcmp(old.layer->ops->type, "dense") != 0 || old.weight_count != 1 || x->shape.rank != 1) return false;
    *status = gan_import_spread(import, constant, x->shape, 1.0f, &bias);
    if (*status != GAN_OK) return true;
    const gan_import_value source = {
        .kind = GAN_IMPORT_STEP, .step = old.inputs[0], .shape = import->steps[old.inputs[0]].output};
    *status = gan_import_emit_one(import, node, gan_layer_dense(import->context, x->shape.dims[0], NULL), &source);
    if (*status != GAN_OK) return true;
    gan_import_add_weight(import, "weight", old.weights[0].tensor);
    gan_import_add_weight(import, "bias", bias);
    return true;
}

gan_status gan_import_add_constant(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                   gan_import_tensor *constant, float factor)
{
    const gan_import_value read = *x;
    const gan_shape shape = read.shape.rank > 0 ? read.shape : GAN_SHAPE(1);
    gan_import_tensor *values = NULL;
    gan_import_value other;
    gan_status status = GAN_OK;

    if (factor == 1.0f && (gan_import_absorb(import, node, &read, constant, false, &status) ||
                           dense_bias(import, node, &read, constant, &status)))
        return status;
    GAN_TRY(gan_import_spread(import, constant, shape, factor, &values));
    GAN_TRY(gan_import_constant_step(import, node, &read, values, shape, &other));
    GAN_TRY(gan_import_emit(import, node, gan_layer_add(import->context), 2,
                            (const gan_import_value *[]){&read, &other}, node->out[0]));
    node->out[0]->shape = read.shape;
    return GAN_OK;
}

/* What `multiply` takes: one value, one for each channel, or all. */
static gan_shape factor_shape(const gan_import_tensor *constant, gan_shape sample)
{
    const int lead = constant->rank - sample.rank;

    if (constant->count == 1) return GAN_SHAPE(1);
    if (sample.rank == 3 && lead >= 0 && constant->count == constant->dims[lead]) return GAN_SHAPE(sample.dims[0]);
    return sample;
}

gan_status gan_import_multiply_constant(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                        gan_import_tensor *constant, bool is_quotient)
{
    const gan_import_value read = *x;
    const gan_shape sample = read.shape.rank > 0 ? read.shape : GAN_SHAPE(1);
    gan_import_tensor *values = NULL;
    gan_import_value other;
    gan_status status = GAN_OK;
    int64_t steps[GAN_MAX_RANK];

    if (!is_quotient && gan_import_absorb(import, node, &read, constant, true, &status)) return status;
    GAN_TRY(gan_import_broadcast_to(constant, sample, steps));
    const gan_shape shape = factor_shape(constant, sample);
    if (shape.rank == 1 && shape.dims[0] == constant->count) {
        const float *given = NULL;
        GAN_TRY(gan_import_tensor_floats(import->memory, constant, &given));
        GAN_TRY(gan_import_tensor_create(import->memory, constant->name, true, 1, &constant->count, &values));
        memcpy(values->floats, given, (size_t)constant->count * sizeof(*given));
    } else {
        GAN_TRY(gan_import_spread(import, constant, shape, 1.0f, &values));
    }
    values->is_computed = constant->is_computed || is_quotient;
    for (int64_t i = 0; is_quotient && i < values->count; i++) values->floats[i] = 1.0f / values->floats[i];
    GAN_TRY(gan_import_constant_step(import, node, &read, values, shape, &other));
    GAN_TRY(gan_import_emit(import, node, gan_layer_multiply(import->context), 2,
                            (const gan_import_value *[]){&read, &other}, node->out[0]));
    node->out[0]->shape = read.shape;
    return GAN_OK;
}

static gan_status scalar_tensor(gan_import *import, float value, gan_import_tensor **out)
{
    GAN_TRY(gan_import_tensor_create(import->memory, "", true, 0, NULL, out));
    (*out)->floats[0] = value;
    return GAN_OK;
}

/* ---- A value and a constant ----------------------------------------------------------------------------------- */

static gan_status with_constant(gan_import *import, const gan_import_node *node, int constant_at)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *constant = NULL, *minus = NULL;
    const float *values = NULL;

    GAN_TRY(gan_import_operand(node, 1 - constant_at, &x));
    GAN_TRY(gan_import_floats(import, node, constant_at, &constant, &values));
    switch (node->type[0]) {
    case 'A': return gan_import_add_constant(import, node, x, constant, 1.0f);
    case 'M': return gan_import_multiply_constant(import, node, x, constant, false);
    case 'D':
        if (constant_at == 1) return gan_import_multiply_constant(import, node, x, constant, true);
        gan_import_set_pending(node);
        return GAN_OK;
    default: break;
    }
    if (constant_at == 1) return gan_import_add_constant(import, node, x, constant, -1.0f);
    /* c - x = -1 x + c */
    GAN_TRY(scalar_tensor(import, -1.0f, &minus));
    GAN_TRY(gan_import_multiply_constant(import, node, x, minus, false));
    const gan_import_value negative = *node->out[0];
    return gan_import_add_constant(import, node, &negative, constant, 1.0f);
}

/* ---- Two values ----------------------------------------------------------------------------------------------- */

/* Whether y, (channels, 1, 1) or one value, is repeated over the pixels of x. */
static bool is_repeated(gan_shape x, gan_shape y)
{
    return x.rank == y.rank &&
           (gan_shape_count(y) == 1 || (x.rank == 3 && y.dims[0] == x.dims[0] && y.dims[1] == 1 && y.dims[2] == 1));
}

static gan_status no_broadcast(gan_shape x, gan_shape y)
{
    char a[GAN_SHAPE_TEXT] = "()", b[GAN_SHAPE_TEXT] = "()";

    if (x.rank > 0) gan_shape_text(x, a);
    if (y.rank > 0) gan_shape_text(y, b);
    return gan_fail(GAN_ERROR_UNSUPPORTED, "samples of its inputs have the shapes %s and %s, which it would repeat",
                    a, b);
}

/* Makes `b` the one that is repeated. */
static gan_status order(gan_import_value *a, gan_import_value *b)
{
    const gan_import_value first = *a;

    if (is_repeated(a->shape, b->shape)) return GAN_OK;
    if (!is_repeated(b->shape, a->shape)) return no_broadcast(a->shape, b->shape);
    *a = *b;
    *b = first;
    return GAN_OK;
}

static gan_status multiply_values(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                  const gan_import_value *y)
{
    gan_import_value a = *x, b = *y;

    if (!gan_shape_equal(a.shape, b.shape)) {
        GAN_TRY(order(&a, &b));
        GAN_TRY(gan_import_reshape(import, node, &b, GAN_SHAPE(gan_shape_count(b.shape)), &b));
    }
    GAN_TRY(gan_import_emit(import, node, gan_layer_multiply(import->context), 2,
                            (const gan_import_value *[]){&a, &b}, node->out[0]));
    node->out[0]->shape = a.shape;
    return GAN_OK;
}

/* One value for each channel is repeated as nearest upsampling does. */
static gan_status add_values(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                             const gan_import_value *y)
{
    gan_import_value a = *x, b = *y;

    if (!gan_shape_equal(a.shape, b.shape)) {
        GAN_TRY(order(&a, &b));
        if (a.shape.rank != 3 || a.shape.dims[0] != b.shape.dims[0]) return no_broadcast(a.shape, b.shape);
        const gan_import_value small = b;
        GAN_TRY(gan_import_emit(
            import, node,
            gan_layer_upsample2d(import->context, GAN_UPSAMPLE2D(.factor = {a.shape.dims[1], a.shape.dims[2]})), 1,
            (const gan_import_value *[]){&small}, &b));
    }
    GAN_TRY(gan_import_emit(import, node, gan_layer_add(import->context), 2, (const gan_import_value *[]){&a, &b},
                            node->out[0]));
    node->out[0]->shape = a.shape;
    return GAN_OK;
}

static gan_status of_values(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL, *y = NULL;
    gan_import_tensor *minus = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_operand(node, 1, &y));
    if (node->type[0] == 'A') return add_values(import, node, x, y);
    if (node->type[0] == 'M') return multiply_values(import, node, x, y);
    if (node->type[0] == 'D') {
        gan_import_set_pending(node);
        return GAN_OK;
    }
    const gan_import_value first = *x;
    GAN_TRY(scalar_tensor(import, -1.0f, &minus));
    GAN_TRY(gan_import_multiply_constant(import, node, y, minus, false));
    const gan_import_value negative = *node->out[0];
    return add_values(import, node, &first, &negative);
}

gan_status gan_import_arithmetic(gan_import *import, const gan_import_node *node)
{
    gan_status status = GAN_OK;

    if (!gan_import_has(node, 0) || !gan_import_has(node, 1) || node->input_count != 2)
        return gan_fail(GAN_ERROR_FORMAT, "it has not two inputs");
    if (gan_import_complete(import, node, &status)) return status;
    if (node->in[0]->kind == GAN_IMPORT_PENDING || node->in[1]->kind == GAN_IMPORT_PENDING) {
        gan_import_set_pending(node);
        return GAN_OK;
    }
    for (int k = 0; k < 2; k++) {
        if (gan_import_is_constant(node, k)) return with_constant(import, node, k);
    }
    return of_values(import, node);
}

gan_status gan_import_negate(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *minus = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(scalar_tensor(import, -1.0f, &minus));
    return gan_import_multiply_constant(import, node, x, minus, false);
}

gan_status gan_import_where(gan_import *import, const gan_import_node *node)
{
    gan_status status = GAN_OK;

    if (gan_import_complete(import, node, &status)) return status;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "it is known only in PyTorch's softplus");
}
