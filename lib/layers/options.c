/* Options of layers: checks of their ranges, and JSON. */
#include "layers/shared.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gan_status gan_check_int(const char *what, int64_t value, int64_t minimum)
{
    if (value >= minimum && value <= INT32_MAX) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s is %lld, expected %lld to %d", what, (long long)value, (long long)minimum,
                    INT32_MAX);
}

gan_status gan_check_pair(const char *type, const char *option, const int64_t pair[2])
{
    char what[64];
    for (int i = 0; i < 2; i++) {
        snprintf(what, sizeof what, "%s: %s[%d]", type, option, i);
        GAN_TRY(gan_check_int(what, pair[i], 1));
    }
    return GAN_OK;
}

gan_status gan_check_float(const char *what, float value, bool valid, const char *range)
{
    if (isfinite(value) && valid) return GAN_OK;
    return gan_fail(isfinite(value) ? GAN_ERROR_ARGUMENT : GAN_ERROR_NOT_FINITE, "%s is %g, expected a number %s",
                    what, (double)value, range);
}

gan_status gan_check_extent(const char *what, int64_t value)
{
    if (value <= INT32_MAX) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "%s is %lld, expected at most %d", what, (long long)value, INT32_MAX);
}

gan_status gan_check_channels(gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    if (input.rank == 1 || input.rank == 3) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected rank 1 or an image (channels, height, width)",
                    gan_shape_text(input, text));
}

gan_status gan_check_product(const char *what, const int64_t *factors, int count)
{
    int64_t product = 1;
    for (int i = 0; i < count; i++)
        if (!gan_checked_multiply(product, factors[i], &product))
            return gan_fail(GAN_ERROR_OVERFLOW, "%s: the number of values overflows", what);
    return GAN_OK;
}

void gan_pair_or(const int64_t given[2], const int64_t fallback[2], int64_t pair[2])
{
    const int64_t *chosen = given[0] == 0 && given[1] == 0 ? fallback : given;
    for (int i = 0; i < 2; i++) pair[i] = chosen[i];
}

/* jansson fails to set only for want of memory, since keys and texts are valid UTF-8. */
static gan_status set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value)) return gan_fail(GAN_ERROR_MEMORY, "no memory for option %s", key);
    return GAN_OK;
}

gan_status gan_json_set_int(json_t *object, const char *key, int64_t value)
{
    return set(object, key, json_integer(value));
}

gan_status gan_json_set_ints(json_t *object, const char *key, const int64_t *values, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++) {
        if (json_array_append_new(array, json_integer(values[i]))) {
            json_decref(array);
            return set(object, key, NULL);
        }
    }
    return set(object, key, array);
}

gan_status gan_json_set_float(json_t *object, const char *key, double value)
{
    return set(object, key, json_real(value));
}

gan_status gan_json_set_bool(json_t *object, const char *key, bool value)
{
    return set(object, key, json_boolean(value));
}

gan_status gan_json_set_added_bool(json_t *object, const char *key, bool value)
{
    return value ? gan_json_set_bool(object, key, true) : GAN_OK;
}

gan_status gan_json_set_text(json_t *object, const char *key, const char *value)
{
    return set(object, key, json_string(value));
}

gan_status gan_save_no_options(const gan_layer *layer, json_t *options)
{
    (void)layer, (void)options;
    return GAN_OK;
}

static gan_status check_keys(const gan_layer *layer, json_t *given)
{
    json_t *known = json_object();
    gan_status status = layer->ops->save(layer, known);
    for (void *at = json_object_iter(given); status == GAN_OK && at; at = json_object_iter_next(given, at)) {
        const char *key = json_object_iter_key(at);
        if (!json_object_get(known, key))
            status = gan_fail(GAN_ERROR_UNSUPPORTED, "libgan %s has no option %.64s of %s", gan_version_text(), key,
                              layer->ops->type);
    }
    json_decref(known);
    return status;
}

gan_layer *gan_layer_loaded(gan_layer *layer, const json_t *options)
{
    /* jansson reads through pointers that are not const. */
    if (!layer || check_keys(layer, (json_t *)options) == GAN_OK) return layer;
    gan_layer_destroy(layer);
    return NULL;
}

static gan_status malformed(const char *key, const char *expected)
{
    return gan_fail(GAN_ERROR_FORMAT, "option %s is missing or not %s", key, expected);
}

gan_status gan_json_get_int(const json_t *object, const char *key, int64_t *value)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_integer(item)) return malformed(key, "an integer");
    *value = json_integer_value(item);
    return GAN_OK;
}

gan_status gan_json_get_ints(const json_t *object, const char *key, int64_t *values, int count, int *count_out)
{
    const json_t *array = json_object_get(object, key);
    size_t size = json_array_size(array);
    if (!json_is_array(array) || size > (size_t)count || (!count_out && size < (size_t)count))
        return gan_fail(GAN_ERROR_FORMAT, "option %s is missing or not a list of %s%d integers", key,
                        count_out ? "at most " : "", count);
    for (size_t i = 0; i < size; i++)
        if (!json_is_integer(json_array_get(array, i))) return malformed(key, "a list of integers");
    for (size_t i = 0; i < size; i++) values[i] = json_integer_value(json_array_get(array, i));
    if (count_out) *count_out = (int)size;
    return GAN_OK;
}

gan_status gan_json_get_float(const json_t *object, const char *key, float *value)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_number(item)) return malformed(key, "a number");
    *value = (float)json_number_value(item);
    return GAN_OK;
}

gan_status gan_json_get_bool(const json_t *object, const char *key, bool *value)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_boolean(item)) return malformed(key, "true or false");
    *value = json_is_true(item);
    return GAN_OK;
}

gan_status gan_json_get_added_bool(const json_t *object, const char *key, bool *value)
{
    const json_t *item = json_object_get(object, key);
    if (item && !json_is_true(item))
        return gan_fail(GAN_ERROR_FORMAT, "option %s is not true, and is left out otherwise", key);
    *value = item;
    return GAN_OK;
}

gan_status gan_json_get_text(const json_t *object, const char *key, const char **value)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_string(item)) return malformed(key, "a text");
    *value = json_string_value(item);
    return GAN_OK;
}

gan_status gan_json_get_choice(const json_t *object, const char *key, const char *const *names, int count,
                               int *choice)
{
    const char *name = NULL;
    GAN_TRY(gan_json_get_text(object, key, &name));
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name)) continue;
        *choice = i;
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "option %s is \"%s\", which is unknown", key, name);
}
