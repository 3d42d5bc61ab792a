/* JSON by jansson, whose values are the only memory that no context allocates. */
#include "core/core.h"

#include <jansson.h>
#include <string.h>

/* jansson reads through pointers that are not const, but changes only reference counts. */
static json_t *own(const gan_json *value)
{
    return (json_t *)(uintptr_t)value;
}

static gan_json *made(json_t *value)
{
    if (!value) gan_fail(GAN_ERROR_MEMORY, "memory for JSON could not be allocated");
    return (gan_json *)value;
}

static gan_status no_memory(void)
{
    return gan_fail(GAN_ERROR_MEMORY, "memory for JSON could not be allocated");
}

/* ---- Making ------------------------------------------------------------------------------------------------- */

gan_json *gan_json_object(void)
{
    return made(json_object());
}

gan_json *gan_json_array(void)
{
    return made(json_array());
}

void gan_json_release(gan_json *value)
{
    json_decref(own(value));
}

static gan_status check_text(const char *text)
{
    if (gan_is_utf8(text)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "a string for JSON is not valid UTF-8: '%s'", text);
}

gan_status gan_json_set(gan_json *object, const char *key, gan_json *value)
{
    gan_status status = value ? check_text(key) : gan_last_status();

    if (status != GAN_OK) {
        gan_json_release(value);
        return status;
    }
    return json_object_set_new(own(object), key, own(value)) == 0 ? GAN_OK : no_memory();
}

gan_status gan_json_set_int(gan_json *object, const char *key, int64_t value)
{
    return gan_json_set(object, key, made(json_integer(value)));
}

gan_status gan_json_set_number(gan_json *object, const char *key, double value)
{
    return gan_json_set(object, key, made(json_real(value)));
}

gan_status gan_json_set_bool(gan_json *object, const char *key, bool value)
{
    return gan_json_set(object, key, made(json_boolean(value)));
}

gan_status gan_json_set_text(gan_json *object, const char *key, const char *value)
{
    GAN_TRY(check_text(value));
    return gan_json_set(object, key, made(json_string(value)));
}

gan_status gan_json_append(gan_json *array, gan_json *value)
{
    if (!value) return gan_last_status();
    return json_array_append_new(own(array), own(value)) == 0 ? GAN_OK : no_memory();
}

gan_status gan_json_append_int(gan_json *array, int64_t value)
{
    return gan_json_append(array, made(json_integer(value)));
}

gan_status gan_json_write(const gan_json *value, unsigned flags, gan_context *context, char **text)
{
    const size_t format = JSON_COMPACT | (flags & GAN_JSON_SORTED ? JSON_SORT_KEYS : 0) |
                          (flags & GAN_JSON_ASCII ? JSON_ENSURE_ASCII : 0);
    const size_t size = json_dumpb(own(value), NULL, 0, format);

    if (size == 0) return no_memory();
    char *written = gan_allocate(context, size + 1);
    if (!written) return GAN_ERROR_MEMORY;
    if (json_dumpb(own(value), written, size, format) != size) {
        gan_release(context, written, size + 1);
        return no_memory();
    }
    *text = written;
    return GAN_OK;
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

gan_status gan_json_parse(const char *text, size_t size, gan_json **out)
{
    json_error_t error;
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    if (!value && json_error_code(&error) == json_error_out_of_memory) return no_memory();
    if (!value) return gan_fail(GAN_ERROR_FORMAT, "malformed at byte %d: %s", error.position, error.text);
    *out = (gan_json *)value;
    return GAN_OK;
}

bool gan_json_is_object(const gan_json *value)
{
    return json_is_object(own(value));
}

bool gan_json_is_array(const gan_json *value)
{
    return json_is_array(own(value));
}

int64_t gan_json_size(const gan_json *value)
{
    return (int64_t)(json_is_object(own(value)) ? json_object_size(own(value)) : json_array_size(own(value)));
}

const gan_json *gan_json_get(const gan_json *object, const char *key)
{
    return (const gan_json *)json_object_get(own(object), key);
}

const gan_json *gan_json_at(const gan_json *array, int64_t index)
{
    return (const gan_json *)json_array_get(own(array), (size_t)index);
}

const gan_json *gan_json_next(const gan_json *object, const char **key)
{
    json_t *all = own(object);
    void *at = *key ? json_object_iter_next(all, json_object_key_to_iter(*key)) : json_object_iter(all);

    if (!at) return NULL;
    *key = json_object_iter_key(at);
    return (const gan_json *)json_object_iter_value(at);
}

bool gan_json_get_int(const gan_json *value, int64_t *out)
{
    if (!json_is_integer(own(value))) return false;
    *out = json_integer_value(own(value));
    return true;
}

bool gan_json_get_number(const gan_json *value, double *out)
{
    if (!json_is_number(own(value))) return false;
    *out = json_number_value(own(value));
    return true;
}

bool gan_json_get_bool(const gan_json *value, bool *out)
{
    if (!json_is_boolean(own(value))) return false;
    *out = json_is_true(own(value));
    return true;
}

const char *gan_json_get_text(const gan_json *value)
{
    return json_string_value(own(value));
}
