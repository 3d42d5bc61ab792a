/* Arithmetic on constants. */
#include "onnx/constants/constants.h"

#include <math.h>

/* ---- Two operands, broadcast ---------------------------------------------------------------------------------- */

/* The steps of an operand along the axes of a result; 0 where it is repeated. */
static void find_steps(const gan_import_tensor *of, int rank, int64_t steps[GAN_IMPORT_MAX_RANK])
{
    int64_t stride = 1;

    for (int i = 0; i < rank; i++) steps[i] = 0;
    for (int i = of->rank; i-- > 0;) {
        if (of->dims[i] != 1) steps[i + rank - of->rank] = stride;
        if (of->dims[i] > 0) stride *= of->dims[i];
    }
}

static gan_status broadcast(const gan_import_tensor *a, const gan_import_tensor *b, gan_import_walk *out)
{
    *out = (gan_import_walk){.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 0; i < out->rank; i++) {
        const int in_a = i - (out->rank - a->rank), in_b = i - (out->rank - b->rank);
        const int64_t x = in_a < 0 ? 1 : a->dims[in_a], y = in_b < 0 ? 1 : b->dims[in_b];
        if (x != y && x != 1 && y != 1) return gan_fail(GAN_ERROR_FORMAT, "its inputs have shapes that do not fit");
        out->dims[i] = x == 1 ? y : x;
    }
    find_steps(a, out->rank, out->steps[0]);
    find_steps(b, out->rank, out->steps[1]);
    return GAN_OK;
}

typedef enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, MODULO } operation;

static operation operation_of(const char *type)
{
    switch (type[0]) {
    case 'A': return ADD;
    case 'S': return SUBTRACT;
    case 'M': return type[1] == 'o' ? MODULO : MULTIPLY;
    case 'D': return DIVIDE;
    default: return POWER;
    }
}

static float float_result(operation what, float a, float b)
{
    switch (what) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MODULO: return fmodf(a, b); /* ONNX allows this kind only */
    default: return powf(a, b);
    }
}

static gan_status int_result(operation what, int64_t a, int64_t b, int64_t *out)
{
    bool overflows = a == GAN_IMPORT_BATCH || b == GAN_IMPORT_BATCH;

    if (overflows) return gan_fail(GAN_ERROR_UNSUPPORTED, "it computes with the size of the batch");
    switch (what) {
    case ADD: overflows = __builtin_add_overflow(a, b, out); break;
    case SUBTRACT: overflows = __builtin_sub_overflow(a, b, out); break;
    case MULTIPLY: overflows = __builtin_mul_overflow(a, b, out); break;
    case DIVIDE:
        overflows = b == 0 || (a == INT64_MIN && b == -1);
        if (!overflows) *out = a / b;
        break;
    case MODULO: /* of the sign of b, as Python's */
        overflows = b == 0 || (a == INT64_MIN && b == -1);
        if (!overflows) *out = a % b != 0 && (a < 0) != (b < 0) ? a % b + b : a % b;
        break;
    default: overflows = true; break;
    }
    return overflows ? gan_fail(GAN_ERROR_UNSUPPORTED, "its result is no integer") : GAN_OK;
}

static gan_status compute(operation what, gan_import_walk *walk, const gan_import_tensor *a,
                          const gan_import_tensor *b, gan_import_tensor *out)
{
    for (int64_t i = 0; i < out->count; i++, gan_import_walk_on(walk)) {
        const int64_t in_a = walk->offsets[0], in_b = walk->offsets[1];
        if (out->floats) {
            out->floats[i] = float_result(what, a->floats[in_a], b->floats[in_b]);
        } else {
            GAN_TRY(int_result(what, a->ints[in_a], b->ints[in_b], &out->ints[i]));
        }
    }
    return GAN_OK;
}

gan_status gan_import_fold_binary(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *a = NULL, *b = NULL, *made = NULL;
    const float *floats = NULL;
    const int64_t *ints = NULL;
    gan_import_walk walk;

    GAN_TRY(gan_import_constant(node, 0, &a));
    GAN_TRY(gan_import_constant(node, 1, &b));
    const bool is_float = gan_import_is_float(a->type);
    if (is_float) {
        GAN_TRY(gan_import_tensor_floats(import->memory, a, &floats));
        GAN_TRY(gan_import_tensor_floats(import->memory, b, &floats));
    } else {
        GAN_TRY(gan_import_tensor_ints(import->memory, a, &ints));
        GAN_TRY(gan_import_tensor_ints(import->memory, b, &ints));
    }
    GAN_TRY(broadcast(a, b, &walk));
    GAN_TRY(gan_import_tensor_create(import->memory, a->count >= b->count ? a->name : b->name, is_float, walk.rank,
                                     walk.dims, &made));
    made->is_computed = true;
    GAN_TRY(compute(operation_of(node->type), &walk, a, b, made));
    gan_import_set_constant(node, made);
    return GAN_OK;
}

gan_status gan_import_fold_mod(gan_import *import, const gan_import_node *node)
{
    const bool is_float = gan_import_is_constant(node, 0) && gan_import_is_float(node->in[0]->tensor->type);
    if (gan_import_integer(node, "fmod", 0) == is_float) return gan_import_fold_binary(import, node);
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its fmod is %d, expected %d for such numbers", (int)!is_float,
                    (int)is_float);
}

/* Of integers, such as sizes, to 0 and 1. */
gan_status gan_import_fold_equal(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *a = NULL, *b = NULL, *made = NULL;
    const int64_t *x = NULL, *y = NULL;
    gan_import_walk walk;

    GAN_TRY(gan_import_ints(import, node, 0, &a, &x));
    GAN_TRY(gan_import_ints(import, node, 1, &b, &y));
    GAN_TRY(broadcast(a, b, &walk));
    GAN_TRY(gan_import_tensor_create(import->memory, "", false, walk.rank, walk.dims, &made));
    for (int64_t i = 0; i < made->count; i++, gan_import_walk_on(&walk))
        made->ints[i] = x[walk.offsets[0]] == y[walk.offsets[1]];
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* Of integers of one shape. */
gan_status gan_import_fold_where(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *condition = NULL, *a = NULL, *b = NULL, *made = NULL;
    const int64_t *is_first = NULL, *x = NULL, *y = NULL;

    GAN_TRY(gan_import_ints(import, node, 0, &condition, &is_first));
    GAN_TRY(gan_import_ints(import, node, 1, &a, &x));
    GAN_TRY(gan_import_ints(import, node, 2, &b, &y));
    if (a->count != condition->count || b->count != condition->count || a->rank != b->rank)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its constants are of different shapes");
    GAN_TRY(gan_import_tensor_create(import->memory, "", false, a->rank, a->dims, &made));
    for (int64_t i = 0; i < made->count; i++) made->ints[i] = is_first[i] ? x[i] : y[i];
    gan_import_set_constant(node, made);
    return GAN_OK;
}

gan_status gan_import_fold_expand(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *shape = NULL, *made = NULL;
    const int64_t *sizes = NULL;
    gan_import_tensor like = {.name = ""};
    gan_import_walk walk;

    GAN_TRY(gan_import_constant(node, 0, &given));
    GAN_TRY(gan_import_values(import, given));
    GAN_TRY(gan_import_ints(import, node, 1, &shape, &sizes));
    if (shape->count > GAN_IMPORT_MAX_RANK)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its shape has %lld dimensions", (long long)shape->count);
    like.rank = (int)shape->count;
    int64_t size = 1;
    for (int i = 0; i < like.rank; i++) {
        if (sizes[i] < 1) return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of its shape is not known", i);
        if (!gan_checked_multiply(size, sizes[i], &size))
            return gan_fail(GAN_ERROR_OVERFLOW, "its shape has more values than 63 bits can count");
        like.dims[i] = sizes[i];
    }
    GAN_TRY(broadcast(given, &like, &walk));
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, gan_import_is_float(given->type), walk.rank,
                                     walk.dims, &made));
    const gan_import_tensor nothing = {.floats = (float[]){0.0f}, .ints = (int64_t[]){0}};
    memset(walk.steps[1], 0, sizeof(walk.steps[1]));
    made->is_computed = given->is_computed;
    GAN_TRY(compute(ADD, &walk, given, &nothing, made));
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* ---- One operand ---------------------------------------------------------------------------------------------- */

static float unary(const char *type, float x)
{
    switch (type[0]) {
    case 'S': return sqrtf(x);
    case 'R': return 1.0f / x;
    case 'E': return expf(x);
    default: return -x;
    }
}

/* Sqrt, Reciprocal, Exp and Neg. */
gan_status gan_import_fold_unary(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *given = NULL, *made = NULL;
    const float *values = NULL;

    GAN_TRY(gan_import_floats(import, node, 0, &given, &values));
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, true, given->rank, given->dims, &made));
    made->is_computed = true;
    for (int64_t i = 0; i < made->count; i++) made->floats[i] = unary(node->type, values[i]);
    gan_import_set_constant(node, made);
    return GAN_OK;
}

/* ---- Products ------------------------------------------------------------------------------------------------- */

/* Of matrices and vectors, in double: exporters leave spectral normalisation's u^T W v to the reader. */
gan_status gan_import_fold_matmul(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *a = NULL, *b = NULL, *made = NULL;
    const float *x = NULL, *y = NULL;

    GAN_TRY(gan_import_floats(import, node, 0, &a, &x));
    GAN_TRY(gan_import_floats(import, node, 1, &b, &y));
    if (a->rank < 1 || a->rank > 2 || b->rank < 1 || b->rank > 2)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it multiplies constants of more than 2 dimensions");
    const int64_t rows = a->rank == 2 ? a->dims[0] : 1, inner = a->dims[a->rank - 1];
    const int64_t columns = b->rank == 2 ? b->dims[1] : 1;
    if (b->dims[0] != inner) return gan_fail(GAN_ERROR_FORMAT, "its inputs have shapes that do not fit");
    int64_t dims[2];
    int rank = 0;
    if (a->rank == 2) dims[rank++] = rows;
    if (b->rank == 2) dims[rank++] = columns;
    GAN_TRY(gan_import_tensor_create(import->memory, a->name, true, rank, dims, &made));
    made->is_computed = true;
    int64_t multiply_adds = 0;
    if (!gan_checked_multiply(made->count, inner, &multiply_adds)) multiply_adds = INT64_MAX;
    GAN_TRY(gan_import_spend(import, multiply_adds));
    for (int64_t i = 0; i < rows && made->count > 0; i++) {
        for (int64_t j = 0; j < columns; j++) {
            double sum = 0.0;
            for (int64_t k = 0; k < inner; k++) sum += (double)x[i * inner + k] * (double)y[k * columns + j];
            made->floats[i * columns + j] = (float)sum;
        }
    }
    gan_import_set_constant(node, made);
    return GAN_OK;
}
