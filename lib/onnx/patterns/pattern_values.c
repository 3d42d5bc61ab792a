#include "onnx/patterns/pattern_values.h"

#include <math.h>

bool gan_pattern_made_by(const gan_import_value *value, const char *type)
{
    return value && value->from && value->kind != GAN_IMPORT_CONSTANT && strcmp(value->from->type, type) == 0 &&
           gan_import_has(value->from, 0);
}

bool gan_pattern_same(const gan_import_value *a, const gan_import_value *b)
{
    if (!a || !b || a->kind != b->kind) return false;
    if (a->kind == GAN_IMPORT_STEP) return a->step == b->step && a->shape.rank == b->shape.rank;
    return a->kind == GAN_IMPORT_PENDING && a->from == b->from;
}

bool gan_pattern_is_scalar(gan_import *import, const gan_import_value *value, double expected)
{
    float found = 0.0f;

    return gan_import_scalar(import, value, &found) && fabs((double)found - expected) <= 1e-5 * fabs(expected);
}

const gan_import_value *gan_pattern_input(const gan_import_value *value, int64_t k)
{
    return gan_import_has(value->from, k) ? value->from->in[k] : NULL;
}

const gan_import_value *gan_pattern_squared(gan_import *import, const gan_import_value *value)
{
    if (gan_pattern_made_by(value, "Mul")) {
        const gan_import_value *x = gan_pattern_input(value, 0);
        return gan_pattern_same(x, gan_pattern_input(value, 1)) ? x : NULL;
    }
    if (!gan_pattern_made_by(value, "Pow")) return NULL;
    return gan_pattern_is_scalar(import, gan_pattern_input(value, 1), 2.0) ? gan_pattern_input(value, 0) : NULL;
}

bool gan_pattern_find_sum(gan_import *import, const gan_import_value *value, gan_pattern_sum *out)
{
    float epsilon = 0.0f;

    *out = (gan_pattern_sum){value, 0.0f};
    if (!gan_pattern_made_by(value, "Add")) return value != NULL;
    for (int k = 0; k < 2; k++) {
        if (!gan_import_scalar(import, gan_pattern_input(value, k), &epsilon)) continue;
        *out = (gan_pattern_sum){gan_pattern_input(value, 1 - k), epsilon};
        return epsilon >= 0.0f && out->mean;
    }
    return false;
}

bool gan_pattern_find_root(gan_import *import, const gan_import_value *value, gan_pattern_sum *out)
{
    if (gan_pattern_made_by(value, "Sqrt")) return gan_pattern_find_sum(import, gan_pattern_input(value, 0), out);
    return gan_pattern_made_by(value, "Pow") && gan_pattern_is_scalar(import, gan_pattern_input(value, 1), 0.5) &&
           gan_pattern_find_sum(import, gan_pattern_input(value, 0), out);
}
