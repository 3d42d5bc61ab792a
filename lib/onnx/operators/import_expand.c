/* Constants in the shape of samples, as layers where the graph repeats them for each of the batch. */
#include "onnx/operators/operators.h"
#include "onnx/constants/constants.h"

gan_status gan_import_constant_step(gan_import *import, const gan_import_node *node, const gan_import_value *like,
                                    gan_import_tensor *values, gan_shape shape, gan_import_value *out)
{
    *out = (gan_import_value){.name = node->out[0]->name};
    GAN_TRY(gan_import_emit(import, node, gan_layer_constant(import->context, shape, NULL), 1, &like, out));
    gan_import_add_weight(import, "weight", values);
    return GAN_OK;
}

gan_status gan_import_broadcast_to(const gan_import_tensor *constant, gan_shape sample, int64_t steps[GAN_MAX_RANK])
{
    const int lead = constant->rank - sample.rank;
    int64_t stride = 1;

    for (int i = 0; i < sample.rank; i++) steps[i] = 0;
    for (int k = constant->rank; k-- > 0;) {
        const int64_t size = constant->dims[k];
        const int axis = k - lead;
        if (size != 1 && (axis < 0 || sample.dims[axis] != size)) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its constant '%.64s' does not fit a sample of the other input",
                            constant->name);
        }
        if (size != 1) steps[axis] = stride;
        stride *= size;
    }
    return GAN_OK;
}

gan_status gan_import_spread(gan_import *import, gan_import_tensor *constant, gan_shape sample, float factor,
                             gan_import_tensor **out)
{
    const float *values = NULL;
    gan_import_walk walk = {.rank = sample.rank};

    GAN_TRY(gan_import_tensor_floats(import->memory, constant, &values));
    GAN_TRY(gan_import_broadcast_to(constant, sample, walk.steps[0]));
    for (int i = 0; i < sample.rank; i++) walk.dims[i] = sample.dims[i];
    GAN_TRY(gan_import_tensor_create(import->memory, constant->name, true, sample.rank, sample.dims, out));
    (*out)->is_computed = constant->is_computed || factor != 1.0f;
    for (int64_t i = 0; i < (*out)->count; i++, gan_import_walk_on(&walk))
        (*out)->floats[i] = factor * values[walk.offsets[0]];
    return GAN_OK;
}

/* A constant that is expanded to `count` sizes, of which the first is that of the batch: a layer. */
static gan_status for_each_sample(gan_import *import, const gan_import_node *node, gan_import_tensor *constant,
                                  int64_t count, const int64_t *sizes)
{
    const gan_import_value like = {.kind = GAN_IMPORT_STEP, .step = import->batch_from};
    gan_shape sample = {.rank = (int)count - 1};
    gan_import_tensor *values = NULL;

    if (count - 1 > GAN_MAX_RANK || constant->rank > count)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions", (long long)count);
    if (import->step_count == 0) return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape needs the batch of an input");
    for (int i = 0; i < sample.rank; i++) {
        const int axis = constant->rank - sample.rank + i; /* dimensions that stay may be 1 in the sizes */
        sample.dims[i] = sizes[i + 1] == 1 && axis >= 0 ? constant->dims[axis] : sizes[i + 1];
        if (sample.dims[i] < 1)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of its shape is not known", i + 1);
    }
    const gan_shape shape = sample.rank > 0 ? sample : GAN_SHAPE(1);
    GAN_TRY(gan_shape_check(shape, "a constant"));
    GAN_TRY(gan_import_spread(import, constant, shape, 1.0f, &values));
    GAN_TRY(gan_import_constant_step(import, node, &like, values, shape, node->out[0]));
    node->out[0]->shape = sample;
    return GAN_OK;
}

/* Whether the sizes that input k gives begin with that of a free batch. */
static bool is_of_batch(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **shape,
                        const int64_t **sizes, gan_status *status)
{
    *status = gan_import_ints(import, node, k, shape, sizes);
    return *status == GAN_OK && (*shape)->count > 0 && (*sizes)[0] == GAN_IMPORT_BATCH;
}

gan_status gan_import_expand(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *shape = NULL;
    const int64_t *sizes = NULL;
    gan_status status = GAN_OK;

    GAN_TRY(gan_import_constant(node, 0, &given));
    if (is_of_batch(import, node, 1, &shape, &sizes, &status))
        return for_each_sample(import, node, given, shape->count, sizes);
    return status == GAN_OK ? gan_import_fold_expand(import, node) : status;
}

gan_status gan_import_constant_of_shape(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *shape = NULL;
    const int64_t *sizes = NULL;
    gan_status status = GAN_OK;

    if (!is_of_batch(import, node, 0, &shape, &sizes, &status))
        return status == GAN_OK ? gan_import_fold_constant_of_shape(import, node) : status;
    GAN_TRY(gan_import_fill_value(import, node, &given));
    return for_each_sample(import, node, given, shape->count, sizes);
}

/* One value for each channel, repeated over an image's pixels as nearest upsampling does. */
static gan_status repeat_pixels(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                int64_t height, int64_t width)
{
    gan_layer *layer = gan_layer_upsample2d(import->context, GAN_UPSAMPLE2D(.factor = {height, width}));
    return gan_import_emit_one(import, node, layer, x);
}

static gan_status no_repetition(gan_shape shape)
{
    char text[GAN_SHAPE_TEXT] = "()";

    if (shape.rank > 0) gan_shape_text(shape, text);
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "it repeats samples of the shape %s; only one value for each channel is repeated, over pixels",
                    text);
}

/* A value that is expanded to sizes; 1 leaves a dimension as it is. */
gan_status gan_import_expand_value(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *shape = NULL;
    const int64_t *sizes = NULL;
    int64_t factor[GAN_MAX_RANK];
    bool is_same = true;

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_ints(import, node, 1, &shape, &sizes));
    const int rank = x->shape.rank, lead = rank + 1 - (int)(shape->count <= rank + 1 ? shape->count : rank + 2);
    if (lead < 0) return gan_fail(GAN_ERROR_UNSUPPORTED, "it adds dimensions in front of the batch");
    if (lead == 0 && sizes[0] != 1 && sizes[0] != GAN_IMPORT_BATCH &&
        (import->batch == 0 || sizes[0] != import->batch))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it changes the number of samples");
    for (int i = 0; i < rank; i++) {
        const int64_t size = i + 1 < lead ? 1 : sizes[i + 1 - lead], has = x->shape.dims[i];
        if (size < 1 || (size != 1 && has != 1 && size != has))
            return gan_fail(GAN_ERROR_FORMAT, "dimension %d of its shape does not fit", i + 1);
        factor[i] = has == 1 ? size : 1;
        if (factor[i] != 1) is_same = false;
    }
    if (is_same) return gan_import_alias(node, x), GAN_OK;
    if (rank != 3 || factor[0] != 1 || x->shape.dims[1] != 1 || x->shape.dims[2] != 1) return no_repetition(x->shape);
    return repeat_pixels(import, node, x, factor[1], factor[2]);
}

/* Repetition of whole samples' parts, which for dimensions of 1 is the same as expanding them. */
gan_status gan_import_tile(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *tensor = NULL, *given = NULL;
    const int64_t *times = NULL;
    int64_t sizes[GAN_IMPORT_MAX_RANK];

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_ints(import, node, 1, &tensor, &times));
    const int64_t count = tensor->count;
    if (gan_import_is_constant(node, 0)) {
        GAN_TRY(gan_import_constant(node, 0, &given));
        if (count != given->rank || count == 0 || given->dims[0] != 1 || times[0] != GAN_IMPORT_BATCH)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it repeats a constant other than for each sample");
        for (int64_t i = 0; i < count; i++) {
            if (i > 0 && times[i] != 1 && given->dims[i] != 1)
                return gan_fail(GAN_ERROR_UNSUPPORTED, "it repeats dimension %d, which is not 1", (int)i);
            sizes[i] = times[i] == 1 ? given->dims[i] : times[i];
        }
        return for_each_sample(import, node, given, count, sizes);
    }
    GAN_TRY(gan_import_operand(node, 0, &x));
    const gan_shape shape = x->shape;
    bool is_same = count == shape.rank + 1 && times[0] == 1;
    if (!is_same) return gan_fail(GAN_ERROR_UNSUPPORTED, "it changes the number of samples");
    for (int i = 0; i < shape.rank; i++) is_same = is_same && times[i + 1] == 1;
    if (is_same) return gan_import_alias(node, x), GAN_OK;
    if (shape.rank != 3 || times[1] != 1 || shape.dims[1] != 1 || shape.dims[2] != 1) return no_repetition(shape);
    return repeat_pixels(import, node, x, times[2], times[3]);
}
