/* Operators on constants that move values: what exporters compute shapes and pads with. */
#include "onnx/constants/constants.h"

/* A new tensor of the type of another, with memory for its values. */
static gan_status make_like(gan_import *import, gan_import_tensor *like, int rank, const int64_t *dims,
                            gan_import_tensor **out)
{
    GAN_TRY(gan_import_tensor_create(import->memory, like->name, gan_import_is_float(like->type), rank, dims, out));
    (*out)->is_computed = like->is_computed;
    return GAN_OK;
}

gan_status gan_import_values(gan_import *import, gan_import_tensor *tensor)
{
    const float *floats = NULL;
    const int64_t *ints = NULL;

    if (gan_import_is_float(tensor->type)) return gan_import_tensor_floats(import->memory, tensor, &floats);
    return gan_import_tensor_ints(import->memory, tensor, &ints);
}

static void copy_value(const gan_import_tensor *from, int64_t at, gan_import_tensor *to, int64_t place)
{
    if (to->floats) {
        to->floats[place] = from->floats[at];
    } else {
        to->ints[place] = from->ints[at];
    }
}

static gan_status constant_values(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **out)
{
    GAN_TRY(gan_import_constant(node, k, out));
    return gan_import_values(import, *out);
}

/* ---- Constants ------------------------------------------------------------------------------------------------ */

static gan_status constant_of(gan_import *import, const gan_import_attribute *from, gan_import_tensor **out)
{
    const bool is_list = strcmp(from->name, "value_ints") == 0 || strcmp(from->name, "value_floats") == 0;
    const bool is_float = strncmp(from->name, "value_float", 11) == 0;
    const int64_t count = !is_list ? 1 : is_float ? from->float_count : from->int_count;

    GAN_TRY(gan_import_tensor_create(import->memory, "", is_float, is_list ? 1 : 0, &count, out));
    for (int64_t i = 0; i < count; i++) {
        if (is_float) {
            (*out)->floats[i] = is_list ? from->floats[i] : from->number;
        } else {
            (*out)->ints[i] = is_list ? from->ints[i] : from->integer;
        }
    }
    return GAN_OK;
}

gan_status gan_import_fold_constant(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *made = NULL;

    if (node->attribute_count != 1) {
        return gan_fail(GAN_ERROR_FORMAT, "it has %lld attributes, expected its value",
                        (long long)node->attribute_count);
    }
    const gan_import_attribute *value = &node->attributes[0];
    if (strcmp(value->name, "value") == 0) {
        if (!value->tensor) return gan_fail(GAN_ERROR_FORMAT, "its attribute 'value' is no tensor");
        made = value->tensor;
    } else {
        GAN_TRY(constant_of(import, value, &made));
    }
    gan_import_set_constant(node, made);
    return GAN_OK;
}

gan_status gan_import_fill_value(gan_import *import, const gan_import_node *node, gan_import_tensor **out)
{
    const gan_import_attribute *attribute = gan_import_find(node, "value");

    *out = attribute ? attribute->tensor : NULL;
    if (!*out) {
        GAN_TRY(gan_import_tensor_create(import->memory, "", true, 0, NULL, out));
        (*out)->floats[0] = 0.0f;
    }
    if ((*out)->count == 1) return gan_import_values(import, *out);
    return gan_fail(GAN_ERROR_FORMAT, "its value has %lld elements", (long long)(*out)->count);
}

gan_status gan_import_fold_constant_of_shape(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *shape = NULL, *value = NULL, *made = NULL;
    const int64_t *dims = NULL;

    GAN_TRY(gan_import_ints(import, node, 0, &shape, &dims));
    GAN_TRY(gan_import_fill_value(import, node, &value));
    if (shape->count > GAN_IMPORT_MAX_RANK)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions", (long long)shape->count);
    for (int64_t i = 0; i < shape->count; i++) {
        if (dims[i] < 0) return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of its shape is not known", (int)i);
    }
    GAN_TRY(make_like(import, value, (int)shape->count, dims, &made));
    for (int64_t i = 0; i < made->count; i++) copy_value(value, 0, made, i);
    gan_import_set_constant(node, made);
    return GAN_OK;
}

gan_status gan_import_fold_cast(gan_import *import, const gan_import_node *node)
{
    const int64_t to = gan_import_integer(node, "to", 0);
    gan_import_tensor *given = NULL, *made = NULL;

    GAN_TRY(constant_values(import, node, 0, &given));
    const bool was_float = gan_import_is_float(given->type), is_float = gan_import_is_float(to);
    if ((to == GAN_ONNX_BOOL && given->type != to) || (!is_float && !gan_import_is_integer(to)))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'to' is %s", gan_import_type_name(to));
    if (was_float == is_float) return gan_import_alias(node, node->in[0]), GAN_OK;
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, is_float, given->rank, given->dims, &made));
    for (int64_t i = 0; i < made->count; i++) {
        if (is_float) {
            if (given->ints[i] == GAN_IMPORT_BATCH)
                return gan_fail(GAN_ERROR_UNSUPPORTED, "it computes with the size of the batch");
            made->floats[i] = (float)given->ints[i];
        } else {
            const float value = given->floats[i];
            if (!(value > -9e18f && value < 9e18f))
                return gan_fail(GAN_ERROR_UNSUPPORTED, "%g is no integer", (double)value);
            made->ints[i] = (int64_t)value;
        }
    }
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* ---- Shapes --------------------------------------------------------------------------------------------------- */

/* The same values in another shape. */
static gan_status reshaped(gan_import *import, const gan_import_node *node, gan_import_tensor *given, int rank,
                           const int64_t *dims)
{
    gan_import_tensor *made = gan_import_tensor_new(import->memory, given->name, given->type, rank, dims);

    if (!made) return gan_last_status();
    if (made->count != given->count) {
        return gan_fail(GAN_ERROR_FORMAT, "its shape has %lld values for %lld", (long long)made->count,
                        (long long)given->count);
    }
    made->floats = given->floats;
    made->ints = given->ints;
    made->is_computed = given->is_computed;
    gan_import_set_constant(node, made);
    return GAN_OK;
}

gan_status gan_import_fold_reshape(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *shape = NULL;
    const int64_t *sizes = NULL;
    int64_t dims[GAN_IMPORT_MAX_RANK], known = 1;
    int unknown = -1;

    GAN_TRY(constant_values(import, node, 0, &given));
    GAN_TRY(gan_import_ints(import, node, 1, &shape, &sizes));
    if (shape->count > GAN_IMPORT_MAX_RANK)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions", (long long)shape->count);
    for (int i = 0; i < (int)shape->count; i++) {
        dims[i] =
            sizes[i] == 0 && i < given->rank && !gan_import_integer(node, "allowzero", 0) ? given->dims[i] : sizes[i];
        if (dims[i] == -1 && unknown < 0) {
            unknown = i;
        } else if (dims[i] < 0 || !gan_checked_multiply(known, dims[i], &known)) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of its shape is not that of a constant", i);
        }
    }
    if (unknown >= 0) dims[unknown] = known > 0 ? given->count / known : 0;
    return reshaped(import, node, given, (int)shape->count, dims);
}

gan_status gan_import_fold_squeeze(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL;
    const int64_t *axes = NULL;
    int64_t count = 0, dims[GAN_IMPORT_MAX_RANK];
    bool goes[GAN_IMPORT_MAX_RANK] = {false};
    int rank = 0;

    GAN_TRY(constant_values(import, node, 0, &given));
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + given->rank : axes[i];
        if (axis < 0 || axis >= given->rank)
            return gan_fail(GAN_ERROR_FORMAT, "axis %lld is none", (long long)axes[i]);
        goes[axis] = true;
    }
    for (int i = 0; i < given->rank; i++) {
        if (!(count > 0 ? goes[i] : given->dims[i] == 1)) dims[rank++] = given->dims[i];
    }
    return reshaped(import, node, given, rank, dims);
}

gan_status gan_import_fold_unsqueeze(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL;
    const int64_t *axes = NULL;
    int64_t count = 0, dims[GAN_IMPORT_MAX_RANK];
    bool comes[GAN_IMPORT_MAX_RANK] = {false};

    GAN_TRY(constant_values(import, node, 0, &given));
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    const int64_t rank = given->rank + count;
    if (rank > GAN_IMPORT_MAX_RANK)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its output has %lld dimensions", (long long)rank);
    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || comes[axis])
            return gan_fail(GAN_ERROR_FORMAT, "axis %lld is none, or there twice", (long long)axes[i]);
        comes[axis] = true;
    }
    for (int i = 0, k = 0; i < (int)rank; i++) dims[i] = comes[i] ? 1 : given->dims[k++];
    return reshaped(import, node, given, (int)rank, dims);
}

gan_status gan_import_fold_transpose(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *made = NULL;
    const gan_import_attribute *perm = gan_import_find(node, "perm");
    int64_t strides[GAN_IMPORT_MAX_RANK];
    gan_import_walk walk = {.rank = 0};
    bool seen[GAN_IMPORT_MAX_RANK] = {false};

    GAN_TRY(constant_values(import, node, 0, &given));
    const int rank = given->rank;
    if (perm && perm->int_count != rank) return gan_fail(GAN_ERROR_FORMAT, "its attribute 'perm' is of another rank");
    int64_t stride = 1;
    for (int i = rank; i-- > 0;) {
        strides[i] = stride;
        stride *= given->dims[i] > 0 ? given->dims[i] : 1;
    }
    for (int i = 0; i < rank; i++) {
        const int64_t from = perm ? perm->ints[i] : rank - 1 - i;
        if (from < 0 || from >= rank || seen[from])
            return gan_fail(GAN_ERROR_FORMAT, "its attribute 'perm' is no permutation");
        seen[from] = true;
        walk.dims[i] = given->dims[from];
        walk.steps[0][i] = strides[from];
    }
    walk.rank = rank;
    GAN_TRY(make_like(import, given, rank, walk.dims, &made));
    for (int64_t i = 0; i < made->count; i++, gan_import_walk_on(&walk)) copy_value(given, walk.offsets[0], made, i);
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* ---- Parts ---------------------------------------------------------------------------------------------------- */

/* A tensor as (outer, size, inner) around an axis. */
typedef struct around {
    int64_t outer, size, inner;
} around;

static gan_status split_at(const gan_import_tensor *tensor, int64_t axis, int *index, around *out)
{
    const int64_t from_start = axis < 0 ? axis + tensor->rank : axis;

    if (from_start < 0 || from_start >= tensor->rank)
        return gan_fail(GAN_ERROR_FORMAT, "axis %lld is not of %d dimensions", (long long)axis, tensor->rank);
    *index = (int)from_start;
    *out = (around){1, tensor->dims[from_start], 1};
    for (int i = 0; i < tensor->rank; i++) {
        if (i < from_start) out->outer *= tensor->dims[i];
        if (i > from_start) out->inner *= tensor->dims[i];
    }
    return GAN_OK;
}

gan_status gan_import_fold_concat(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *first = NULL, *part = NULL, *made = NULL;
    int64_t dims[GAN_IMPORT_MAX_RANK], total = 0, start = 0;
    int axis = 0;
    around a = {0};

    GAN_TRY(constant_values(import, node, 0, &first));
    GAN_TRY(split_at(first, gan_import_integer(node, "axis", 0), &axis, &a));
    memcpy(dims, first->dims, sizeof(dims));
    for (int64_t k = 0; k < node->input_count; k++) {
        GAN_TRY(constant_values(import, node, k, &part));
        bool fits = part->rank == first->rank && gan_import_is_float(part->type) == gan_import_is_float(first->type);
        for (int i = 0; fits && i < first->rank; i++) fits = i == axis || part->dims[i] == first->dims[i];
        if (!fits || total > INT64_MAX - part->dims[axis])
            return gan_fail(GAN_ERROR_FORMAT, "its inputs are of different shapes or types");
        total += part->dims[axis];
    }
    dims[axis] = total;
    GAN_TRY(make_like(import, first, first->rank, dims, &made));
    for (int64_t k = 0; k < node->input_count && made->count > 0; k++) {
        part = node->in[k]->tensor;
        const int64_t run = part->dims[axis] * a.inner;
        if (run == 0) continue;
        for (int64_t o = 0; o < a.outer; o++) {
            for (int64_t i = 0; i < run; i++)
                copy_value(part, o * run + i, made, o * total * a.inner + start * a.inner + i);
        }
        start += part->dims[axis];
    }
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* Takes `count` places of an axis, from `start` on, in steps. */
static gan_status take_places(gan_import *import, gan_import_tensor *given, int64_t axis, int64_t start, int64_t step,
                              int64_t count, gan_import_tensor **out)
{
    int64_t dims[GAN_IMPORT_MAX_RANK];
    int index = 0;
    around a = {0};

    GAN_TRY(split_at(given, axis, &index, &a));
    memcpy(dims, given->dims, sizeof(dims));
    dims[index] = count;
    GAN_TRY(make_like(import, given, given->rank, dims, out));
    for (int64_t o = 0; o < a.outer && (*out)->count > 0; o++) {
        for (int64_t k = 0; k < count; k++) {
            for (int64_t i = 0; i < a.inner; i++)
                copy_value(given, (o * a.size + start + k * step) * a.inner + i, *out, (o * count + k) * a.inner + i);
        }
    }
    return GAN_OK;
}

/* A place within [low, high], counted from the end if it is negative. */
static int64_t clamp(int64_t place, int64_t size, int64_t low, int64_t high)
{
    if (place < 0) place = place < -size ? -1 : place + size;
    return place < low ? low : place > high ? high : place;
}

gan_status gan_import_fold_slice(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *part = NULL;
    const int64_t *starts, *ends, *axes, *steps;
    int64_t count, ends_count, axes_count, steps_count;
    int index = 0;
    around a = {0};

    GAN_TRY(constant_values(import, node, 0, &part));
    GAN_TRY(gan_import_int_list(import, node, "starts", 1, &starts, &count));
    GAN_TRY(gan_import_int_list(import, node, "ends", 2, &ends, &ends_count));
    GAN_TRY(gan_import_int_list(import, node, "axes", 3, &axes, &axes_count));
    GAN_TRY(gan_import_int_list(import, node, "steps", 4, &steps, &steps_count));
    if (ends_count != count || (axes && axes_count != count) || (steps && steps_count != count))
        return gan_fail(GAN_ERROR_FORMAT, "its starts, ends, axes and steps are of different lengths");
    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes ? axes[i] : i, step = steps ? steps[i] : 1;
        if (starts[i] == GAN_IMPORT_BATCH || ends[i] == GAN_IMPORT_BATCH)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it cuts at the size of the batch");
        GAN_TRY(split_at(part, axis, &index, &a));
        if (step != 1 && step != -1)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "it takes steps of %lld", (long long)step);
        const int64_t start =
            step > 0 ? clamp(starts[i], a.size, 0, a.size) : clamp(starts[i], a.size, -1, a.size - 1);
        const int64_t end = step > 0 ? clamp(ends[i], a.size, 0, a.size) : clamp(ends[i], a.size, -1, a.size - 1);
        const int64_t length = step > 0 ? end - start : start - end;
        GAN_TRY(take_places(import, part, axis, start, step, length > 0 ? length : 0, &part));
    }
    gan_import_set_constant(node, part);
    return GAN_OK;
}

gan_status gan_import_fold_gather(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *places = NULL, *made = NULL;
    const int64_t *index = NULL;
    int64_t dims[2 * GAN_IMPORT_MAX_RANK];
    int axis = 0, rank = 0;
    around a = {0};

    GAN_TRY(constant_values(import, node, 0, &given));
    GAN_TRY(gan_import_ints(import, node, 1, &places, &index));
    GAN_TRY(split_at(given, gan_import_integer(node, "axis", 0), &axis, &a));
    for (int i = 0; i < given->rank; i++) {
        if (i != axis) dims[rank++] = given->dims[i];
        for (int k = 0; i == axis && k < places->rank; k++) dims[rank++] = places->dims[k];
    }
    if (rank > GAN_IMPORT_MAX_RANK) return gan_fail(GAN_ERROR_UNSUPPORTED, "its output has %d dimensions", rank);
    GAN_TRY(make_like(import, given, rank, dims, &made));
    for (int64_t o = 0, to = 0; o < a.outer && made->count > 0; o++) {
        for (int64_t k = 0; k < places->count; k++) {
            const int64_t at = index[k] < 0 ? index[k] + a.size : index[k];
            if (at < 0 || at >= a.size) {
                return gan_fail(GAN_ERROR_FORMAT, "it picks place %lld of %lld", (long long)index[k],
                                (long long)a.size);
            }
            for (int64_t i = 0; i < a.inner; i++) copy_value(given, (o * a.size + at) * a.inner + i, made, to++);
        }
    }
    gan_import_set_constant(node, made);
    return GAN_OK;
}
