/* Attributes of nodes. */
#include "onnx/steps/steps.h"

const gan_import_attribute *gan_import_find(const gan_import_node *node, const char *name)
{
    for (int64_t i = 0; i < node->attribute_count; i++) {
        if (strcmp(node->attributes[i].name, name) == 0) return &node->attributes[i];
    }
    return NULL;
}

int64_t gan_import_integer(const gan_import_node *node, const char *name, int64_t otherwise)
{
    const gan_import_attribute *found = gan_import_find(node, name);
    return found ? found->integer : otherwise;
}

float gan_import_number(const gan_import_node *node, const char *name, float otherwise)
{
    const gan_import_attribute *found = gan_import_find(node, name);
    return found ? found->number : otherwise;
}

const char *gan_import_word(const gan_import_node *node, const char *name, const char *otherwise)
{
    const gan_import_attribute *found = gan_import_find(node, name);
    if (!found) return otherwise;
    return found->text ? found->text : "";
}

gan_status gan_import_list(const gan_import_node *node, const char *name, int count, int64_t otherwise, int64_t *out)
{
    const gan_import_attribute *found = gan_import_find(node, name);

    if (found && found->int_count != count) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute '%s' has %lld values, expected %d", name,
                        (long long)found->int_count, count);
    }
    for (int i = 0; i < count; i++) out[i] = found ? found->ints[i] : otherwise;
    return GAN_OK;
}

gan_status gan_import_sizes(const gan_import_node *node, const char *name, int count, int64_t otherwise, int64_t *out)
{
    GAN_TRY(gan_import_list(node, name, count, otherwise, out));
    for (int i = 0; i < count; i++) {
        if (out[i] >= 1 && out[i] <= INT32_MAX) continue;
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute '%s' has %lld, expected 1 to 2^31 - 1", name,
                        (long long)out[i]);
    }
    return GAN_OK;
}

float gan_import_epsilon(const gan_import_node *node)
{
    const float epsilon = gan_import_number(node, "epsilon", 1e-5f);
    return epsilon < GAN_IMPORT_LEAST_EPSILON ? GAN_IMPORT_LEAST_EPSILON : epsilon;
}

gan_status gan_import_want_integer(const gan_import_node *node, const char *name, int64_t otherwise, int64_t expected)
{
    const int64_t value = gan_import_integer(node, name, otherwise);

    if (value == expected) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute '%s' is %lld; only %lld is supported", name,
                    (long long)value, (long long)expected);
}

gan_status gan_import_want_word(const gan_import_node *node, const char *name, const char *otherwise,
                                const char *expected)
{
    const char *value = gan_import_word(node, name, otherwise);

    if (strcmp(value, expected) == 0) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute '%s' is '%.32s'; only '%s' is supported", name, value,
                    expected);
}

gan_status gan_import_axis(int64_t axis, int rank, int *out)
{
    const int64_t from_start = axis < 0 ? axis + rank + 1 : axis;

    if (from_start < 1 || from_start > rank) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its axis is %lld, expected one of the %d of a sample, after the batch", (long long)axis,
                        rank);
    }
    *out = (int)from_start - 1;
    return GAN_OK;
}

gan_status gan_import_int_list(gan_import *import, const gan_import_node *node, const char *name, int64_t k,
                               const int64_t **out, int64_t *count)
{
    const gan_import_attribute *found = gan_import_find(node, name);
    gan_import_tensor *tensor = NULL;

    *out = NULL;
    *count = 0;
    if (found) {
        *out = found->ints;
        *count = found->int_count;
    } else if (gan_import_has(node, k)) {
        GAN_TRY(gan_import_ints(import, node, k, &tensor, out));
        *count = tensor->count;
    }
    return GAN_OK;
}
