/* Looking at parsed JSON. */
#include "core/lookup/lookup.h"
#include "core/memory/memory.h"
#include "core/text/json_values.h"
#include "core/text/text.h"

#include <stddef.h>
#include <string.h>

void gan_json_release(gan_json *whole)
{
    if (!whole) return;
    gan_json_whole *block = (gan_json_whole *)(void *)((unsigned char *)whole - offsetof(gan_json_whole, values));
    gan_release(block->context, block, block->size);
}

static bool is_kind(const gan_json *value, gan_json_kind kind)
{
    return value && value->kind == kind;
}

static const char *text_of(const gan_json *value)
{
    return (const char *)value + value->is.text;
}

bool gan_json_is_object(const gan_json *value)
{
    return is_kind(value, GAN_JSON_OBJECT);
}

bool gan_json_is_array(const gan_json *value)
{
    return is_kind(value, GAN_JSON_ARRAY);
}

int64_t gan_json_size(const gan_json *value)
{
    return value && value->kind >= GAN_JSON_ARRAY ? value->count : 0;
}

const gan_json *gan_json_next(const gan_json *in, const gan_json *last)
{
    if (!in || in->kind < GAN_JSON_ARRAY) return NULL;
    const gan_json *at = in + 1;
    if (last) at = last + 1 + (last->kind >= GAN_JSON_ARRAY ? last->is.inside.values : 0);
    if (at == in + 1 + in->is.inside.values) return NULL;
    return in->kind == GAN_JSON_OBJECT ? at + 1 : at;
}

const char *gan_json_name(const gan_json *member)
{
    return text_of(member - 1);
}

/* Member names are numbered by the place of their values. */
static const char *name_at(const void *object, uint32_t number)
{
    return gan_json_name((const gan_json *)object + number);
}

gan_names gan_json_names(const gan_json *object)
{
    const unsigned char *rows = (const unsigned char *)object + object->is.inside.index * GAN_JSON_STEP;
    return (gan_names){name_at, object, (gan_name *)(uintptr_t)rows, object->count};
}

const gan_json *gan_json_get(const gan_json *object, const char *key)
{
    if (!gan_json_is_object(object)) return NULL;
    if (object->count > GAN_JSON_SMALL) {
        const gan_names names = gan_json_names(object);
        const int64_t found = gan_names_find(&names, key);
        return found < 0 ? NULL : object + found;
    }
    for (const gan_json *member = NULL; (member = gan_json_next(object, member));) {
        if (strcmp(gan_json_name(member), key) == 0) return member;
    }
    return NULL;
}

bool gan_json_get_int(const gan_json *value, int64_t *out)
{
    if (!is_kind(value, GAN_JSON_INTEGER)) return false;
    *out = value->is.integer;
    return true;
}

bool gan_json_get_number(const gan_json *value, double *out)
{
    const bool whole = is_kind(value, GAN_JSON_INTEGER);

    if (!whole && !is_kind(value, GAN_JSON_NUMBER)) return false;
    *out = whole ? (double)value->is.integer : value->is.number;
    return true;
}

bool gan_json_get_bool(const gan_json *value, bool *out)
{
    if (!is_kind(value, GAN_JSON_TRUE) && !is_kind(value, GAN_JSON_FALSE)) return false;
    *out = value->kind == GAN_JSON_TRUE;
    return true;
}

const char *gan_json_get_text(const gan_json *value)
{
    return is_kind(value, GAN_JSON_TEXT) ? text_of(value) : NULL;
}

bool gan_json_get_ints(const gan_json *value, int64_t *out, int64_t count)
{
    int64_t read = 0, one;

    if (!gan_json_is_array(value) || gan_json_size(value) != count) return false;
    for (const gan_json *at = NULL; (at = gan_json_next(value, at));) {
        if (!gan_json_get_int(at, &one)) return false;
        out[read++] = one;
    }
    return true;
}
