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
