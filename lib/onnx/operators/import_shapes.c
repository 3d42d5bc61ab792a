/* What changes shapes, joins and cuts samples. The batch stays the first dimension. */
#include "onnx/operators/operators.h"
#include "onnx/patterns/patterns.h"

/* Identity. */
gan_status gan_import_same(gan_import *import, const gan_import_node *node)
{
    (void)import;
    if (!gan_import_has(node, 0)) return gan_fail(GAN_ERROR_FORMAT, "its input 0 is missing");
    gan_import_alias(node, node->in[0]);
    return GAN_OK;
}

/* Nothing, unless the graph says that it drops values outside of training too. */
gan_status gan_import_dropout(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *tensor = NULL;
    const int64_t *is_training = NULL;

    if (gan_import_has(node, 2)) {
        GAN_TRY(gan_import_ints(import, node, 2, &tensor, &is_training));
        if (tensor->count != 1)
            return gan_fail(GAN_ERROR_FORMAT, "its training_mode has %lld values", (long long)tensor->count);
        if (is_training[0]) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its training_mode is true; export the model in evaluation mode");
        }
    }
    return gan_import_same(import, node);
}

/* Floats of any precision are the same to layers, and so are whole numbers of an input, such as classes. Floats that
 * are rounded may only choose rows of an embedding. */
gan_status gan_import_cast(gan_import *import, const gan_import_node *node)
{
    const int64_t to = gan_import_integer(node, "to", 0);
    const gan_import_value *x = NULL;

    if (!gan_import_is_float(to) && !gan_import_is_integer(to))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'to' is %s", gan_import_type_name(to));
    if (gan_import_is_float(to) && gan_import_has(node, 0) && node->in[0]->kind == GAN_IMPORT_PENDING)
        return gan_import_same(import, node);
    GAN_TRY(gan_import_operand(node, 0, &x));
    if (gan_import_is_float(to)) {
        GAN_TRY(gan_import_no_rounding(x));
        return gan_import_same(import, node);
    }
    const gan_import_step *step = &import->steps[x->step];
    const bool is_one_hot = strcmp(step->layer->ops->type, "one_hot") == 0;
    const bool is_bool = step->type == GAN_ONNX_BOOL;
    const bool is_whole = is_bool || gan_import_is_integer(step->type) || step->role.classes > 0 || is_one_hot;
    if (to == GAN_ONNX_BOOL && !is_bool && !is_one_hot)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'to' is %s", gan_import_type_name(to));
    if (step->input_count > 0 && !is_one_hot)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it rounds to integers, which no layer does");
    gan_import_alias(node, x);
    node->out[0]->is_rounded = x->is_rounded || !is_whole;
    return GAN_OK;
}

/* The shape as integers, in which a free batch has its own mark. */
gan_status gan_import_shape_of(gan_import *import, const gan_import_node *node)
{
    int64_t dims[GAN_IMPORT_MAX_RANK + 1], rank = 0;

    if (!gan_import_has(node, 0)) return gan_fail(GAN_ERROR_FORMAT, "its input 0 is missing");
    if (gan_import_is_constant(node, 0)) {
        const gan_import_tensor *of = node->in[0]->tensor;
        for (; rank < of->rank; rank++) dims[rank] = of->dims[rank];
    } else {
        const gan_import_value *x = NULL;
        GAN_TRY(gan_import_operand(node, 0, &x));
        import->batch_from = x->step;
        dims[rank++] = import->batch > 0 ? import->batch : GAN_IMPORT_BATCH;
        for (int i = 0; i < x->shape.rank; i++) dims[rank++] = x->shape.dims[i];
    }
    int64_t start = gan_import_integer(node, "start", 0), end = gan_import_integer(node, "end", rank);
    start = start < 0 ? start + rank : start;
    end = end < 0 ? end + rank : end;
    start = start < 0 ? 0 : start > rank ? rank : start;
    end = end < start ? start : end > rank ? rank : end;
    const int64_t count = end - start;
    gan_import_tensor *shape = NULL;
    GAN_TRY(gan_import_tensor_create(import->memory, "", false, 1, &count, &shape));
    for (int64_t i = 0; i < count; i++) shape->ints[i] = dims[start + i];
    gan_import_set_constant(node, shape);
    return GAN_OK;
}

/* ---- Reshape -------------------------------------------------------------------------------------------------- */

/* Of a sample; where the graph has only the batch, one. */
static int64_t values_of(gan_shape shape)
{
    return shape.rank > 0 ? gan_shape_count(shape) : 1;
}

static bool is_batch(const gan_import *import, int64_t size)
{
    return size == GAN_IMPORT_BATCH || (import->batch > 0 && size == import->batch);
}

/* The sizes after the batch, of which one may be -1, for a sample of `count` values. */
static gan_status resolve(const int64_t *sizes, int64_t rank, int64_t count, gan_shape *out)
{
    int64_t known = 1;
    int unknown = -1;

    if (rank > GAN_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions after the batch, expected at most %d",
                        (long long)rank, GAN_MAX_RANK);
    }
    *out = (gan_shape){.rank = (int)rank};
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = sizes[i];
        if (sizes[i] == -1 && unknown < 0) {
            unknown = i;
        } else if (sizes[i] < 1 || !gan_checked_multiply(known, sizes[i], &known)) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of its shape is %s%lld", i + 1,
                            sizes[i] == GAN_IMPORT_BATCH ? "the batch's, not " : "", (long long)sizes[i]);
        }
    }
    if (unknown >= 0 && count % known == 0) {
        out->dims[unknown] = count / known;
        known = count;
    }
    if (known == count) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "its shape has %lld values for a sample, which has %lld: it would change "
                    "the number of samples",
                    (long long)known, (long long)count);
}

gan_status gan_import_reshape_to(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *tensor = NULL;
    const int64_t *sizes = NULL;
    int64_t after[GAN_IMPORT_MAX_RANK];
    gan_shape shape;

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_ints(import, node, 1, &tensor, &sizes));
    if (tensor->count < 1 || tensor->count > GAN_IMPORT_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions, expected 1 to %d",
                        (long long)tensor->count, GAN_IMPORT_MAX_RANK);
    }
    const bool keeps_zero = gan_import_integer(node, "allowzero", 0) != 0;
    for (int64_t i = 1; i < tensor->count; i++) {
        after[i - 1] = sizes[i];
        if (sizes[i] == 0 && !keeps_zero && i <= x->shape.rank) after[i - 1] = x->shape.dims[i - 1];
    }
    const bool is_first = is_batch(import, sizes[0]) || sizes[0] == -1 || (sizes[0] == 0 && !keeps_zero);
    if (!is_first) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "the first dimension of its shape is %lld, not that of the batch; "
                        "export with a free batch",
                        (long long)sizes[0]);
    }
    GAN_TRY(resolve(after, tensor->count - 1, values_of(x->shape), &shape));
    return gan_import_reshape(import, node, x, shape, node->out[0]);
}

gan_status gan_import_flatten(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const int64_t axis = gan_import_integer(node, "axis", 1);

    GAN_TRY(gan_import_operand(node, 0, &x));
    if (axis != 1 && (x->shape.rank == 0 || axis != -x->shape.rank)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'axis' is %lld; only 1, after the batch, is supported",
                        (long long)axis);
    }
    return gan_import_reshape(import, node, x, GAN_SHAPE(values_of(x->shape)), node->out[0]);
}

/* Marks the given axes of a full rank, the batch's included. */
static gan_status mark_axes(const int64_t *axes, int64_t count, int rank, bool marks[2 * GAN_IMPORT_MAX_RANK])
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank)
            return gan_fail(GAN_ERROR_FORMAT, "axis %lld is not of %d dimensions", (long long)axes[i], rank);
        marks[axis] = true;
    }
    return GAN_OK;
}

gan_status gan_import_squeeze(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const int64_t *axes = NULL;
    int64_t count = 0;
    bool marks[2 * GAN_IMPORT_MAX_RANK] = {false};
    gan_shape shape = {.rank = 0};

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    GAN_TRY(mark_axes(axes, count, x->shape.rank + 1, marks));
    if (marks[0]) return gan_fail(GAN_ERROR_UNSUPPORTED, "it removes the batch");
    for (int i = 0; i < x->shape.rank; i++) {
        const bool goes = count > 0 ? marks[i + 1] : x->shape.dims[i] == 1;
        if (goes && x->shape.dims[i] != 1)
            return gan_fail(GAN_ERROR_FORMAT, "it removes a dimension of %lld", (long long)x->shape.dims[i]);
        if (!goes) shape.dims[shape.rank++] = x->shape.dims[i];
    }
    return gan_import_reshape(import, node, x, shape, node->out[0]);
}

gan_status gan_import_unsqueeze(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const int64_t *axes = NULL;
    int64_t count = 0;
    bool marks[2 * GAN_IMPORT_MAX_RANK] = {false};
    gan_shape shape = {.rank = 0};

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    const int64_t rank = x->shape.rank + count;
    if (rank > GAN_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its output has %lld dimensions after the batch, expected at most %d",
                        (long long)rank, GAN_MAX_RANK);
    }
    GAN_TRY(mark_axes(axes, count, (int)rank + 1, marks));
    if (marks[0]) return gan_fail(GAN_ERROR_UNSUPPORTED, "it puts a dimension in front of the batch");
    for (int i = 0, k = 0; i < (int)rank; i++) {
        if (!marks[i + 1] && k == x->shape.rank) return gan_fail(GAN_ERROR_FORMAT, "it has an axis twice");
        shape.dims[shape.rank++] = marks[i + 1] ? 1 : x->shape.dims[k++];
    }
    return gan_import_reshape(import, node, x, shape, node->out[0]);
}

/* Whether two transpositions, one after the other, leave all as it was. */
static bool cancels(const gan_import_attribute *first, const gan_import_attribute *second)
{
    if (!first || first->int_count != second->int_count) return false;
    for (int64_t i = 0; i < first->int_count; i++) {
        const int64_t from = second->ints[i];
        if (from < 0 || from >= first->int_count || first->ints[from] != i) return false;
    }
    return true;
}

/* Of a value that waits for its pattern: the step that it is the transposed of, or what was transposed before. */
static gan_status transpose_pending(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = node->in[0];
    const gan_import_attribute *perm = gan_import_find(node, "perm");

    if (perm && x->is_transposed && perm->int_count == 3 && perm->ints[1] == 2 && perm->ints[2] == 1) {
        gan_import_value step = *x;
        step.kind = GAN_IMPORT_STEP;
        step.is_transposed = false;
        gan_import_alias(node, &step);
    } else if (perm && strcmp(x->from->type, "Transpose") == 0 && cancels(gan_import_find(x->from, "perm"), perm)) {
        gan_import_alias(node, x->from->in[0]);
    } else {
        gan_import_set_pending(node);
    }
    (void)import;
    return GAN_OK;
}

/* One that only moves dimensions of 1 leaves all values where they are. */
gan_status gan_import_transpose(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const gan_import_attribute *perm = gan_import_find(node, "perm");
    gan_shape shape = {.rank = 0};
    int64_t last = 0;
    bool seen[GAN_IMPORT_MAX_RANK + 1] = {false}, moves = false;

    if (gan_import_has(node, 0) && node->in[0]->kind == GAN_IMPORT_PENDING) return transpose_pending(import, node);
    GAN_TRY(gan_import_operand(node, 0, &x));
    if (!perm || perm->int_count != x->shape.rank + 1 || perm->ints[0] != 0)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'perm' moves the batch");
    for (int64_t i = 1; i < perm->int_count; i++) {
        const int64_t from = perm->ints[i];
        if (from < 1 || from > x->shape.rank || seen[from])
            return gan_fail(GAN_ERROR_FORMAT, "its attribute 'perm' is no permutation");
        seen[from] = true;
        shape.dims[shape.rank++] = x->shape.dims[from - 1];
        if (x->shape.dims[from - 1] == 1) continue;
        if (from < last) moves = true;
        last = from;
    }
    if (moves) return gan_import_set_pending(node), GAN_OK;
    return gan_import_reshape(import, node, x, shape, node->out[0]);
}

/* ---- Joining and cutting -------------------------------------------------------------------------------------- */

gan_status gan_import_concat(gan_import *import, const gan_import_node *node)
{
    const gan_import_value **inputs, *first = NULL;
    gan_status status = GAN_OK;
    int axis = 0;

    if (gan_import_complete(import, node, &status)) return status;
    GAN_TRY(gan_import_operand(node, 0, &first));
    GAN_TRY(gan_import_axis(gan_import_integer(node, "axis", 0), first->shape.rank, &axis));
    inputs = gan_import_allocate(import->memory, node->input_count, sizeof(void *));
    if (!inputs) return gan_last_status();
    for (int64_t k = 0; k < node->input_count; k++) GAN_TRY(gan_import_operand(node, k, &inputs[k]));
    if (node->input_count == 1) return gan_import_alias(node, first), GAN_OK;
    return gan_import_emit(import, node, gan_layer_concat(import->context, GAN_CONCAT(.axis = axis)),
                           node->input_count, inputs, node->out[0]);
}

/* Part of a value along an axis, as output `out`; all of it is the value itself. */
static gan_status cut(gan_import *import, const gan_import_node *node, const gan_import_value *x, int axis,
                      int64_t start, int64_t length, gan_import_value *out)
{
    const gan_import_value whole = *x;
    const char *name = out->name;

    if (length < 1) return gan_fail(GAN_ERROR_UNSUPPORTED, "it keeps nothing of an axis");
    if (start == 0 && length == whole.shape.dims[axis]) {
        *out = whole;
        out->name = name;
        return GAN_OK;
    }
    return gan_import_emit(
        import, node, gan_layer_slice(import->context, GAN_SLICE(.start = start, .length = length, .axis = axis)), 1,
        (const gan_import_value *[]){&whole}, out);
}

static int64_t clamp(int64_t place, int64_t size)
{
    if (place < 0) place = place < -size ? 0 : place + size;
    return place > size ? size : place;
}

gan_status gan_import_slice(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const int64_t *starts, *ends, *axes, *steps;
    int64_t count, end_count, axis_count, step_count;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_int_list(import, node, "starts", 1, &starts, &count));
    GAN_TRY(gan_import_int_list(import, node, "ends", 2, &ends, &end_count));
    GAN_TRY(gan_import_int_list(import, node, "axes", 3, &axes, &axis_count));
    GAN_TRY(gan_import_int_list(import, node, "steps", 4, &steps, &step_count));
    if (end_count != count || (axes && axis_count != count) || (steps && step_count != count) || count < 1)
        return gan_fail(GAN_ERROR_FORMAT, "its starts, ends, axes and steps are of different lengths");
    gan_import_value part = *x;
    for (int64_t i = 0; i < count; i++) {
        int axis = 0;
        if (starts[i] == GAN_IMPORT_BATCH || ends[i] == GAN_IMPORT_BATCH)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it cuts at the size of the batch");
        if (steps && steps[i] != 1) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it takes steps of %lld; only 1 is supported",
                            (long long)steps[i]);
        }
        GAN_TRY(gan_import_axis(axes ? axes[i] : i, part.shape.rank, &axis));
        const int64_t size = part.shape.dims[axis], start = clamp(starts[i], size), end = clamp(ends[i], size);
        GAN_TRY(cut(import, node, &part, axis, start, end - start, &part));
    }
    gan_import_alias(node, &part);
    return GAN_OK;
}

gan_status gan_import_split(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const int64_t *sizes = NULL;
    int64_t count = 0, start = 0;
    int axis = 0;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_axis(gan_import_integer(node, "axis", 0), x->shape.rank, &axis));
    GAN_TRY(gan_import_int_list(import, node, "split", 1, &sizes, &count));
    const int64_t size = x->shape.dims[axis], parts = node->output_count;
    if (sizes && count != parts)
        return gan_fail(GAN_ERROR_FORMAT, "it has %lld outputs for %lld sizes", (long long)parts, (long long)count);
    const int64_t each = size / parts + (size % parts > 0); /* the last may be smaller */
    for (int64_t k = 0; k < parts; k++) {
        const int64_t left = size - start, length = sizes ? sizes[k] : each < left ? each : left;
        if (length < 1 || length > left)
            return gan_fail(GAN_ERROR_FORMAT, "its parts do not add up to the %lld of its axis", (long long)size);
        if (node->out[k]) GAN_TRY(cut(import, node, x, axis, start, length, node->out[k]));
        start += length;
    }
    return GAN_OK;
}

/* A row of a constant for each class number, which is an embedding; or one place along an axis. */
gan_status gan_import_gather(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *tensor = NULL;
    const int64_t *index = NULL;
    const float *values = NULL;
    int axis = 0;

    if (gan_import_is_constant(node, 0)) {
        GAN_TRY(gan_import_operand(node, 1, &x));
        GAN_TRY(gan_import_floats(import, node, 0, &tensor, &values));
        if (tensor->rank != 2 || gan_import_integer(node, "axis", 0) != 0 || gan_shape_count(x->shape) > 1)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it looks up more than a row of a matrix for each sample");
        gan_import_step *numbers = &import->steps[x->step];
        if (numbers->input_count > 0)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it looks up numbers that are not an input of the graph");
        numbers->role = (gan_input_options){.role = GAN_INPUT_CLASS, .classes = tensor->dims[0]};
        GAN_TRY(gan_import_emit(import, node,
                                gan_layer_embedding(import->context, tensor->dims[0], tensor->dims[1], NULL), 1, &x,
                                node->out[0]));
        gan_import_add_weight(import, "weight", tensor);
        return GAN_OK;
    }
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_no_rounding(x));
    GAN_TRY(gan_import_ints(import, node, 1, &tensor, &index));
    GAN_TRY(gan_import_axis(gan_import_integer(node, "axis", 0), x->shape.rank, &axis));
    if (tensor->count != 1 || tensor->rank > 1) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it picks %lld places of an axis; only one is supported",
                        (long long)tensor->count);
    }
    const int64_t size = x->shape.dims[axis], at = index[0] < 0 ? index[0] + size : index[0];
    if (at < 0 || at >= size)
        return gan_fail(GAN_ERROR_FORMAT, "it picks place %lld of %lld", (long long)index[0], (long long)size);
    gan_import_value part = *x;
    GAN_TRY(cut(import, node, x, axis, at, 1, &part));
    if (tensor->rank == 1) return gan_import_alias(node, &part), GAN_OK;
    gan_shape shape = {.rank = 0};
    for (int i = 0; i < part.shape.rank; i++) {
        if (i != axis) shape.dims[shape.rank++] = part.shape.dims[i];
    }
    return gan_import_reshape(import, node, &part, shape, node->out[0]);
}

/* ---- Classes as vectors --------------------------------------------------------------------------------------- */

/* The number of a class, an input of the graph, as a vector of so many. */
static gan_status class_vector(gan_import *import, const gan_import_node *node, const gan_import_value *numbers,
                               int64_t classes)
{
    gan_import_step *input = &import->steps[numbers->step];

    if (input->input_count > 0 || gan_shape_count(input->output) != 1)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its numbers are not an input of the graph, one for each sample");
    if (classes < 1 || classes > GAN_MAX_CLASSES)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it has %lld classes", (long long)classes);
    input->role = (gan_input_options){.role = GAN_INPUT_CLASS, .classes = classes};
    const gan_import_value source = *numbers;
    return gan_import_emit(import, node, gan_layer_one_hot(import->context, classes), 1,
                           (const gan_import_value *[]){&source}, node->out[0]);
}

/* Of numbers (batch), 1 at the number's place of the last axis and 0 elsewhere. */
gan_status gan_import_one_hot(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *tensor = NULL, *pair = NULL;
    const int64_t *depth = NULL, *whole = NULL;
    const float *floats = NULL;
    bool fits = false;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_ints(import, node, 1, &tensor, &depth));
    GAN_TRY(gan_import_constant(node, 2, &pair));
    if (tensor->count != 1 || pair->count != 2) return gan_fail(GAN_ERROR_FORMAT, "its depth or values are too many");
    if (gan_import_is_float(pair->type)) {
        GAN_TRY(gan_import_tensor_floats(import->memory, pair, &floats));
        fits = floats[0] == 0.0f && floats[1] == 1.0f;
    } else {
        GAN_TRY(gan_import_tensor_ints(import->memory, pair, &whole));
        fits = whole[0] == 0 && whole[1] == 1;
    }
    if (!fits) return gan_fail(GAN_ERROR_UNSUPPORTED, "its values are not 0 and 1");
    const int64_t axis = gan_import_integer(node, "axis", -1);
    if (x->shape.rank != 0 || (axis != -1 && axis != 1)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its numbers are not one for each sample, or its axis is not the last");
    }
    return class_vector(import, node, x, depth[0]);
}

/* As PyTorch writes one_hot: the number, (batch, 1), compared with 0, 1, 2 and so on. */
gan_status gan_import_equal(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *numbers = NULL;
    const int64_t *values = NULL;
    const int at = gan_import_is_constant(node, 0) ? 0 : 1;

    GAN_TRY(gan_import_operand(node, 1 - at, &x));
    GAN_TRY(gan_import_ints(import, node, at, &numbers, &values));
    bool fits = x->shape.rank == 1 && x->shape.dims[0] == 1 && numbers->rank >= 1 && numbers->rank <= 2 &&
                numbers->dims[numbers->rank - 1] == numbers->count;
    for (int64_t i = 0; fits && i < numbers->count; i++) fits = values[i] == i;
    if (!fits) return gan_fail(GAN_ERROR_UNSUPPORTED, "it is known only in PyTorch's one_hot");
    return class_vector(import, node, x, numbers->count);
}
