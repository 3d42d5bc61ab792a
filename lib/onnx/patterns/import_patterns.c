/* Layers that exporters write as several operators. Each is found from the node that completes it, backwards. */
#include "onnx/patterns/pattern_values.h"

#include <math.h>

/* The other operand of a commutative operator with a scalar; NULL if it has none. */
static const gan_import_value *beside(gan_import *import, const gan_import_value *value, const char *type,
                                      double scalar)
{
    if (!gan_pattern_made_by(value, type)) return NULL;
    if (gan_pattern_is_scalar(import, gan_pattern_input(value, 1), scalar)) return gan_pattern_input(value, 0);
    return gan_pattern_is_scalar(import, gan_pattern_input(value, 0), scalar) ? gan_pattern_input(value, 1) : NULL;
}

/* ---- Roots of mean squares ------------------------------------------------------------------------------------ */

/* Whether a ReduceMean that keeps its dimensions goes over axis 1; or over all but the batch, of this rank. */
static bool reduces(gan_import *import, const gan_import_node *node, int rank, bool is_all)
{
    const int64_t *axes = NULL;
    int64_t count = 0;
    unsigned seen = 0;

    if (gan_import_integer(node, "keepdims", 1) != 1) return false;
    if (gan_import_int_list(import, node, "axes", 1, &axes, &count) != GAN_OK) return false;
    if (count != (is_all ? rank : 1)) return false;
    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank + 1 : axes[i];
        if (axis < 1 || axis > rank) return false;
        seen |= 1u << axis;
    }
    return seen == (is_all ? (2u << rank) - 2u : 2u);
}

static bool find_inverse_root(gan_import *import, const gan_import_value *value, gan_pattern_sum *out)
{
    if (gan_pattern_made_by(value, "Reciprocal"))
        return gan_pattern_find_root(import, gan_pattern_input(value, 0), out);
    if (gan_pattern_made_by(value, "Div")) {
        return gan_pattern_is_scalar(import, gan_pattern_input(value, 0), 1.0) &&
               gan_pattern_find_root(import, gan_pattern_input(value, 1), out);
    }
    return gan_pattern_made_by(value, "Pow") && gan_pattern_is_scalar(import, gan_pattern_input(value, 1), -0.5) &&
           gan_pattern_find_sum(import, gan_pattern_input(value, 0), out);
}

/* No epsilon, or one that an exporter took for nothing: the least that there is. */
static float epsilon_of(const gan_pattern_sum *r)
{
    return r->epsilon > GAN_IMPORT_LEAST_EPSILON ? r->epsilon : GAN_IMPORT_LEAST_EPSILON;
}

/* The mean of squares of x over its channels, or over all of it. */
static bool is_mean_square(gan_import *import, const gan_import_value *mean, const gan_import_value *x, int rank,
                           bool is_all)
{
    return gan_pattern_made_by(mean, "ReduceMean") &&
           gan_pattern_same(gan_pattern_squared(import, gan_pattern_input(mean, 0)), x) &&
           reduces(import, mean->from, rank, is_all);
}

/* x / sqrt(mean of x^2 + e), as a product or a quotient. */
static bool pixel_norm(gan_import *import, const gan_import_node *node, gan_status *status)
{
    gan_pattern_sum r;

    for (int k = 0; k < 2; k++) {
        const gan_import_value *x = node->in[k], *other = node->in[1 - k];
        const bool found = node->type[0] == 'M' ? find_inverse_root(import, other, &r)
                                                : k == 0 && gan_pattern_find_root(import, other, &r);
        if (!found || x->kind != GAN_IMPORT_STEP || !is_mean_square(import, r.mean, x, x->shape.rank, false))
            continue;
        *status = gan_import_emit_one(
            import, node, gan_layer_pixel_norm(import->context, GAN_PIXEL_NORM(.epsilon = epsilon_of(&r))), x);
        return true;
    }
    return false;
}

/* (x - mean) / sqrt(mean of (x - mean)^2 + e). */
static bool layer_norm(gan_import *import, const gan_import_node *node, gan_status *status)
{
    const gan_import_value *centred = node->in[0];
    gan_pattern_sum r;

    if (node->type[0] != 'D' || !gan_pattern_made_by(centred, "Sub") ||
        !gan_pattern_find_root(import, node->in[1], &r))
        return false;
    const gan_import_value *x = gan_pattern_input(centred, 0), *mean = gan_pattern_input(centred, 1);
    if (!x || x->kind != GAN_IMPORT_STEP || !gan_pattern_made_by(mean, "ReduceMean") ||
        !gan_pattern_same(gan_pattern_input(mean, 0), x))
        return false;
    if (!reduces(import, mean->from, x->shape.rank, true)) return false;
    if (!is_mean_square(import, r.mean, centred, x->shape.rank, true)) return false;
    const float epsilon = epsilon_of(&r);
    *status = gan_import_emit_one(
        import, node, gan_layer_layer_norm(import->context, GAN_LAYER_NORM(.epsilon = epsilon, .no_affine = true)),
        x);
    if (*status == GAN_OK) import->steps[import->step_count - 1].epsilon = epsilon;
    return true;
}

/* ---- Activations ---------------------------------------------------------------------------------------------- */

static bool silu(gan_import *import, const gan_import_node *node, gan_status *status)
{
    for (int k = 0; k < 2; k++) {
        const gan_import_value *x = node->in[k], *gate = node->in[1 - k];
        if (x->kind != GAN_IMPORT_STEP || !gan_pattern_made_by(gate, "Sigmoid") ||
            !gan_pattern_same(gan_pattern_input(gate, 0), x))
            continue;
        *status = gan_import_emit_one(import, node, gan_layer_silu(import->context), x);
        return true;
    }
    return false;
}

/* Whether a value is 1 + erf(x / sqrt(2)). */
static bool is_erf_gate(gan_import *import, const gan_import_value *gate, const gan_import_value *x)
{
    const gan_import_value *erf = beside(import, gate, "Add", 1.0);

    if (!gan_pattern_made_by(erf, "Erf")) return false;
    const gan_import_value *scaled = gan_pattern_input(erf, 0);
    if (gan_pattern_made_by(scaled, "Div")) {
        return gan_pattern_is_scalar(import, gan_pattern_input(scaled, 1), sqrt(2.0)) &&
               gan_pattern_same(gan_pattern_input(scaled, 0), x);
    }
    return gan_pattern_same(beside(import, scaled, "Mul", sqrt(0.5)), x);
}

/* Whether it is 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)). */
static bool is_tanh_gate(gan_import *import, const gan_import_value *gate, const gan_import_value *x)
{
    const gan_import_value *tangent = beside(import, gate, "Add", 1.0);

    if (!gan_pattern_made_by(tangent, "Tanh")) return false;
    const gan_import_value *sum =
        beside(import, gan_pattern_input(tangent, 0), "Mul", sqrt(2.0 / 3.14159265358979323846));
    if (!gan_pattern_made_by(sum, "Add")) return false;
    for (int k = 0; k < 2; k++) {
        const gan_import_value *cube = beside(import, gan_pattern_input(sum, 1 - k), "Mul", 0.044715);
        if (!gan_pattern_same(gan_pattern_input(sum, k), x) || !gan_pattern_made_by(cube, "Pow")) continue;
        if (gan_pattern_same(gan_pattern_input(cube, 0), x) &&
            gan_pattern_is_scalar(import, gan_pattern_input(cube, 1), 3.0))
            return true;
    }
    return false;
}

/* x, a gate and 1/2, multiplied in any order. */
static bool gelu(gan_import *import, const gan_import_node *node, gan_status *status)
{
    for (int k = 0; k < 2; k++) {
        if (!gan_pattern_made_by(node->in[k], "Mul")) continue;
        const gan_import_value *factors[3] = {gan_pattern_input(node->in[k], 0), gan_pattern_input(node->in[k], 1),
                                              node->in[1 - k]};
        for (int i = 0; i < 9; i++) {
            const gan_import_value *x = factors[i / 3], *gate = factors[i % 3];
            if (i / 3 == i % 3 || !x || !gate || x->kind != GAN_IMPORT_STEP) continue;
            if (!gan_pattern_is_scalar(import, factors[3 - i / 3 - i % 3], 0.5)) continue;
            const bool is_tanh = is_tanh_gate(import, gate, x);
            if (!is_tanh && !is_erf_gate(import, gate, x)) continue;
            *status = gan_import_emit_one(
                import, node, gan_layer_gelu(import->context, GAN_GELU(.tanh_approximation = is_tanh)), x);
            return true;
        }
    }
    return false;
}

/* Where x is large, softplus is x: PyTorch says so with a threshold. */
static bool softplus(gan_import *import, const gan_import_node *node, gan_status *status)
{
    float threshold = 0.0f;

    if (node->input_count != 3 || !gan_pattern_made_by(node->in[0], "Greater") ||
        !gan_pattern_made_by(node->in[2], "Softplus"))
        return false;
    const gan_import_value *x = gan_pattern_input(node->in[2], 0);
    if (!gan_pattern_same(node->in[1], x) || !gan_pattern_same(gan_pattern_input(node->in[0], 0), x)) return false;
    if (!gan_import_scalar(import, gan_pattern_input(node->in[0], 1), &threshold) || threshold < 17.0f) return false;
    gan_import_alias(node, node->in[2]);
    *status = GAN_OK;
    return true;
}

bool gan_import_complete(gan_import *import, const gan_import_node *node, gan_status *status)
{
    if (strcmp(node->type, "MatMul") == 0) return gan_pattern_attention(import, node, status);
    if (strcmp(node->type, "Concat") == 0) return gan_pattern_stddev(import, node, status);
    if (strcmp(node->type, "Where") == 0) return softplus(import, node, status);
    if (node->input_count != 2 || !node->in[0] || !node->in[1]) return false;
    if (strcmp(node->type, "Mul") == 0)
        return silu(import, node, status) || gelu(import, node, status) || pixel_norm(import, node, status);
    if (strcmp(node->type, "Div") == 0) return pixel_norm(import, node, status) || layer_norm(import, node, status);
    return false;
}
