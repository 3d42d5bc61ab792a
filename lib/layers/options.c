/* Options of layers, by their kind's table: defaults, checks, JSON both ways, and texts for people. */
#include "layers/shared.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Values in the layer's struct --------------------------------------------------------------------------- */

static void *at(gan_layer *layer, const gan_layer_option *option)
{
    return (unsigned char *)layer + option->offset;
}

static const void *value_of(const gan_layer *layer, const gan_layer_option *option)
{
    return (const unsigned char *)layer + option->offset;
}

static int count_of(const gan_layer_option *option)
{
    return option->count > 0 ? option->count : 1;
}

/* Integers are int64_t, except for one that is int in the API. */
static bool is_narrow(const gan_layer_option *option)
{
    return option->size / (size_t)count_of(option) == sizeof(int);
}

static int64_t get_int(const gan_layer_option *option, const void *values, int i)
{
    return is_narrow(option) ? ((const int *)values)[i] : ((const int64_t *)values)[i];
}

static void set_int(const gan_layer_option *option, void *values, int i, int64_t value)
{
    if (is_narrow(option)) {
        ((int *)values)[i] = (int)value;
    } else {
        ((int64_t *)values)[i] = value;
    }
}

static const gan_layer_option *find_option(const gan_layer_ops *ops, const char *name)
{
    for (int i = 0; i < ops->option_count; i++) {
        if (!strcmp(ops->options[i].name, name)) return &ops->options[i];
    }
    return NULL;
}

/* One that the kind has. */
static const gan_layer_option *get_option(const gan_layer_ops *ops, const char *name)
{
    const gan_layer_option *option = find_option(ops, name);
    GAN_INVARIANT(option != NULL);
    return option;
}

void gan_layer_get_ints(const gan_layer *layer, const char *name, int64_t *out)
{
    const gan_layer_option *option = get_option(layer->ops, name);

    if (option->kind == GAN_OPTION_SHAPE) {
        const gan_shape *shape = value_of(layer, option);
        memcpy(out, shape->dims, (size_t)shape->rank * sizeof(*out));
        return;
    }
    for (int i = 0; i < count_of(option); i++) out[i] = get_int(option, value_of(layer, option), i);
}

float gan_layer_get_number(const gan_layer *layer, const char *name)
{
    return *(const float *)value_of(layer, get_option(layer->ops, name));
}

bool gan_layer_get_bool(const gan_layer *layer, const char *name)
{
    return *(const bool *)value_of(layer, get_option(layer->ops, name));
}

int gan_layer_get_choice(const gan_layer *layer, const char *name)
{
    return *(const int *)value_of(layer, get_option(layer->ops, name));
}

bool gan_layer_is_normalised(const gan_layer *layer)
{
    return layer->ops->fold && gan_layer_get_bool(layer, "spectral_norm");
}

bool gan_layer_drops_in_sampling(const gan_layer *layer)
{
    return find_option(layer->ops, "in_sampling") && gan_layer_get_bool(layer, "in_sampling");
}

gan_layer *gan_layer_copy_folded(const gan_layer *layer, bool no_dropout)
{
    gan_layer *copy = gan_layer_allocate(layer->context, layer->ops);

    if (!copy) return NULL;
    /* Behind the head there are options only. */
    memcpy(copy + 1, layer + 1, layer->ops->size - sizeof(*layer));
    if (copy->ops->fold) *(bool *)at(copy, get_option(copy->ops, "spectral_norm")) = false;
    if (no_dropout && gan_layer_drops_in_sampling(copy))
        *(bool *)at(copy, get_option(copy->ops, "in_sampling")) = false;
    return layer->name ? gan_layer_named(copy, layer->name) : copy;
}

/* ---- Defaults ----------------------------------------------------------------------------------------------- */

static bool all_zero(const gan_layer_option *option, const void *values)
{
    for (int i = 0; i < count_of(option); i++) {
        if (get_int(option, values, i) != 0) return false;
    }
    return true;
}

/* Writes the default, which may be the value of another option. */
static void set_default(gan_layer *layer, const gan_layer_option *option)
{
    void *value = at(layer, option);

    if (option->like) {
        memcpy(value, at(layer, get_option(layer->ops, option->like)), option->size);
        return;
    }
    switch (option->kind) {
    case GAN_OPTION_INT:
        for (int i = 0; i < count_of(option); i++) set_int(option, value, i, option->integer);
        break;
    case GAN_OPTION_FLOAT: *(float *)value = option->number; break;
    case GAN_OPTION_INITIALIZER: *(gan_initializer *)value = option->initializer; break;
    default: memset(value, 0, option->size); break;
    }
}

/* Replaces 0, or what a program left out, with the default. An array that is only partly 0 is left to
 * the checks, which reject it. */
static void resolve(gan_layer *layer, const gan_layer_option *option)
{
    void *value = at(layer, option);

    switch (option->kind) {
    case GAN_OPTION_INT:
        if (all_zero(option, value)) set_default(layer, option);
        break;
    case GAN_OPTION_FLOAT: *(float *)value = gan_option(*(float *)value, option->number); break;
    case GAN_OPTION_INITIALIZER:
        *(gan_initializer *)value = gan_initializer_or(*(gan_initializer *)value, option->initializer);
        break;
    default: break; /* 0 is false, or the first name */
    }
}

static gan_status read_given(gan_layer *layer, const void *options)
{
    const gan_layer_ops *ops = layer->ops;
    const gan_options_struct *known = &ops->options_struct;
    _Alignas(max_align_t) unsigned char given[GAN_OPTIONS_SIZE];

    if (!known->name) return GAN_OK;
    GAN_TRY(gan_options_read(given, known->size, options, known->name));
    GAN_TRY(gan_check_reserved(known->name, given + known->reserved, known->reserved_size));
    for (int i = 0; i < ops->option_count; i++) {
        const gan_layer_option *option = &ops->options[i];
        if (option->given == 0) continue;
        memcpy(at(layer, option), given + option->given, option->size);
        resolve(layer, option);
    }
    return GAN_OK;
}

void *gan_layer_create(gan_context *context, const gan_layer_ops *ops, const void *options)
{
    GAN_FLOAT_SCOPE();
    gan_layer *layer = gan_layer_allocate(context, ops);

    if (!layer || read_given(layer, options) == GAN_OK) return layer;
    return gan_layer_fail(layer);
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

#define WHAT_SIZE 64 /* of "conv2d: kernel[0]" */

const char *gan_option_range(const gan_layer_option *option, char text[GAN_OPTION_TEXT])
{
    if (option->range) return option->range;
    if (option->kind == GAN_OPTION_INT) {
        snprintf(text, GAN_OPTION_TEXT, "%lld to %lld", (long long)option->least, (long long)option->most);
    } else if (option->most < (double)FLT_MAX) {
        snprintf(text, GAN_OPTION_TEXT, "in %c%g, %g%c", option->over ? '(' : '[', option->least, option->most,
                 option->below ? ')' : ']');
    } else {
        snprintf(text, GAN_OPTION_TEXT, "%s %g", option->over ? "over" : "of at least", option->least);
    }
    return text;
}

static gan_status check_int(const gan_layer_ops *ops, const gan_layer_option *option, int i, int64_t value)
{
    char index[16] = "", range[GAN_OPTION_TEXT];

    if (option->range || (value >= (int64_t)option->least && value <= (int64_t)option->most)) return GAN_OK;
    if (option->count > 0) snprintf(index, sizeof(index), "[%d]", i);
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s%s is %lld, expected %s", ops->type, option->name, index,
                    (long long)value, gan_option_range(option, range));
}

static gan_status check_float(const gan_layer_ops *ops, const gan_layer_option *option, float value)
{
    const double v = (double)value;
    const bool high_enough = option->over ? v > option->least : v >= option->least;
    const bool low_enough = option->below ? v < option->most : v <= option->most;
    char range[GAN_OPTION_TEXT];

    if (isfinite(value) && high_enough && low_enough) return GAN_OK;
    return gan_fail(isfinite(value) ? GAN_ERROR_ARGUMENT : GAN_ERROR_NOT_FINITE, "%s: %s is %g, expected a number %s",
                    ops->type, option->name, v, gan_option_range(option, range));
}

static gan_status check_choice(const gan_layer_ops *ops, const gan_layer_option *option, int value)
{
    const int last = option->name_count - 1;

    if (value >= 0 && value <= last) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %d, expected 0 to %d", ops->type, option->name, value, last);
}

static gan_status check_option(const gan_layer *layer, const gan_layer_option *option)
{
    const gan_layer_ops *ops = layer->ops;
    const void *value = value_of(layer, option);
    char what[WHAT_SIZE];

    snprintf(what, sizeof(what), "%s: %s", ops->type, option->name);
    switch (option->kind) {
    case GAN_OPTION_INT:
        for (int i = 0; i < count_of(option); i++) GAN_TRY(check_int(ops, option, i, get_int(option, value, i)));
        return GAN_OK;
    case GAN_OPTION_FLOAT: return check_float(ops, option, *(const float *)value);
    case GAN_OPTION_BOOL: return GAN_OK;
    case GAN_OPTION_CHOICE: return check_choice(ops, option, *(const int *)value);
    case GAN_OPTION_INITIALIZER: return gan_initializer_check(*(const gan_initializer *)value, what);
    case GAN_OPTION_SHAPE: return gan_shape_check(*(const gan_shape *)value, what);
    }
    return GAN_OK;
}

static gan_status check_layer(const gan_layer *layer)
{
    const gan_layer_ops *ops = layer->ops;

    for (int i = 0; i < ops->option_count; i++) GAN_TRY(check_option(layer, &ops->options[i]));
    return ops->check_options ? ops->check_options(layer) : GAN_OK;
}

gan_layer *gan_layer_checked(void *layer)
{
    GAN_FLOAT_SCOPE();
    if (!layer || check_layer(layer) == GAN_OK) return layer;
    return gan_layer_fail(layer);
}

/* ---- Saving ------------------------------------------------------------------------------------------------- */

bool gan_option_is_default(const gan_layer *layer, const gan_layer_option *option)
{
    const void *value = value_of(layer, option);

    if (option->given == 0) return false;
    if (option->like) return !memcmp(value, value_of(layer, get_option(layer->ops, option->like)), option->size);
    switch (option->kind) {
    case GAN_OPTION_INT:
        for (int i = 0; i < count_of(option); i++) {
            if (get_int(option, value, i) != option->integer) return false;
        }
        return true;
    case GAN_OPTION_FLOAT: return *(const float *)value == option->number;
    case GAN_OPTION_BOOL: return !*(const bool *)value;
    case GAN_OPTION_CHOICE: return *(const int *)value == 0;
    case GAN_OPTION_INITIALIZER: return gan_initializer_equal(*(const gan_initializer *)value, option->initializer);
    case GAN_OPTION_SHAPE: return false;
    }
    return false;
}

static void save_option(const gan_layer *layer, const gan_layer_option *option, gan_json_writer *json)
{
    const void *value = value_of(layer, option);
    const char *key = option->name;

    switch (option->kind) {
    case GAN_OPTION_INT:
        if (option->count > 0) {
            gan_json_write_ints(json, key, value, option->count);
        } else {
            gan_json_write_int(json, key, get_int(option, value, 0));
        }
        break;
    case GAN_OPTION_FLOAT: gan_json_write_number(json, key, (double)*(const float *)value); break;
    case GAN_OPTION_BOOL: gan_json_write_bool(json, key, *(const bool *)value); break;
    case GAN_OPTION_CHOICE: gan_json_write_text(json, key, option->names[*(const int *)value]); break;
    case GAN_OPTION_INITIALIZER: gan_initializer_save(*(const gan_initializer *)value, json, key); break;
    case GAN_OPTION_SHAPE: {
        const gan_shape *shape = value;
        gan_json_write_ints(json, key, shape->dims, shape->rank);
    }
    }
}

/* The option whose name comes next in the alphabet, or first if `last` is NULL. */
static const gan_layer_option *next_option(const gan_layer_ops *ops, const gan_layer_option *last)
{
    const gan_layer_option *next = NULL;

    for (int i = 0; i < ops->option_count; i++) {
        const gan_layer_option *option = &ops->options[i];
        if (last && strcmp(option->name, last->name) <= 0) continue;
        if (!next || strcmp(option->name, next->name) < 0) next = option;
    }
    return next;
}

void gan_layer_save(const gan_layer *layer, gan_json_writer *json, const char *key)
{
    gan_json_begin_object(json, key);
    for (const gan_layer_option *option = NULL; (option = next_option(layer->ops, option));) {
        if (!option->added || !gan_option_is_default(layer, option)) save_option(layer, option, json);
    }
    gan_json_end_object(json);
}

/* ---- Loading ------------------------------------------------------------------------------------------------ */

static gan_status malformed(const gan_layer_option *option, const char *expected)
{
    return gan_fail(GAN_ERROR_FORMAT, "option %s is missing or not %s", option->name, expected);
}

/* Reads up to `most` integers, and their number. */
static gan_status load_list(const gan_layer_option *option, const gan_json *json, int most, int64_t *values,
                            int *count)
{
    const int64_t size = gan_json_size(json);

    if (!gan_json_is_array(json) || size > most) {
        return gan_fail(GAN_ERROR_FORMAT, "option %s is missing or not a list of %s%d integers", option->name,
                        option->kind == GAN_OPTION_SHAPE ? "at most " : "", most);
    }
    if (!gan_json_get_ints(json, values, size)) return malformed(option, "a list of integers");
    *count = (int)size;
    return GAN_OK;
}

static gan_status load_ints(gan_layer *layer, const gan_layer_option *option, const gan_json *json)
{
    int64_t values[GAN_MAX_RANK];
    int count = 1;

    if (option->count > 0) {
        GAN_TRY(load_list(option, json, option->count, values, &count));
        if (count != option->count) {
            return gan_fail(GAN_ERROR_FORMAT, "option %s is a list of %d integers, expected %d", option->name, count,
                            option->count);
        }
    } else if (!gan_json_get_int(json, &values[0])) {
        return malformed(option, "an integer");
    }
    for (int i = 0; i < count; i++) {
        GAN_TRY(check_int(layer->ops, option, i, values[i])); /* before it is narrowed */
        set_int(option, at(layer, option), i, values[i]);
    }
    return GAN_OK;
}

static gan_status load_choice(const gan_layer_option *option, const gan_json *json, int *value)
{
    const char *name = gan_json_get_text(json);

    if (!name) return malformed(option, "a string");
    for (int i = 0; i < option->name_count; i++) {
        if (strcmp(option->names[i], name) != 0) continue;
        *value = i;
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "option %s is \"%.64s\", which is unknown", option->name, name);
}

static gan_status load_option(gan_layer *layer, const gan_layer_option *option, const gan_json *options)
{
    const gan_json *json = gan_json_get(options, option->name);
    void *value = at(layer, option);
    double number;

    switch (option->kind) {
    case GAN_OPTION_INT: return load_ints(layer, option, json);
    case GAN_OPTION_FLOAT:
        if (!gan_json_get_number(json, &number)) return malformed(option, "a number");
        *(float *)value = (float)number;
        return GAN_OK;
    case GAN_OPTION_BOOL: return gan_json_get_bool(json, value) ? GAN_OK : malformed(option, "true or false");
    case GAN_OPTION_CHOICE: return load_choice(option, json, value);
    case GAN_OPTION_INITIALIZER: return gan_initializer_load(json, option->name, value);
    case GAN_OPTION_SHAPE: {
        gan_shape *shape = value;
        return load_list(option, json, GAN_MAX_RANK, shape->dims, &shape->rank);
    }
    }
    return GAN_OK;
}

/* An added option is written only if it is not the default: else equal layers would have two texts. */
static gan_status load_added(gan_layer *layer, const gan_layer_option *option, const gan_json *options)
{
    set_default(layer, option);
    if (!gan_json_get(options, option->name)) return GAN_OK;
    GAN_TRY(load_option(layer, option, options));
    if (!gan_option_is_default(layer, option)) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "option %s has its default value and must be omitted", option->name);
}

static gan_status load_all(gan_layer *layer, const gan_json *options)
{
    const gan_layer_ops *ops = layer->ops;

    for (int i = 0; i < ops->option_count; i++) {
        const gan_layer_option *option = &ops->options[i];
        GAN_TRY(option->added ? load_added(layer, option, options) : load_option(layer, option, options));
    }
    for (const gan_json *member = NULL; (member = gan_json_next(options, member));) {
        if (!find_option(ops, gan_json_name(member))) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan %s has no option %.64s of %s", gan_version_text(),
                            gan_json_name(member), ops->type);
        }
    }
    return check_layer(layer);
}

gan_layer *gan_layer_load(gan_context *context, const gan_layer_ops *ops, const gan_json *options)
{
    gan_layer *layer = gan_layer_allocate(context, ops);

    if (!layer || load_all(layer, options) == GAN_OK) return layer;
    return gan_layer_fail(layer);
}

/* ---- Texts for people --------------------------------------------------------------------------------------- */

static void write_ints(const gan_layer_option *option, const void *values, char text[GAN_OPTION_TEXT])
{
    const char *close = option->count > 0 ? ")" : "";
    size_t length = 0;

    for (int i = 0; i < count_of(option); i++) {
        length += (size_t)snprintf(text + length, GAN_OPTION_TEXT - length, "%s%lld%s",
                                   i > 0               ? ", "
                                   : option->count > 0 ? "("
                                                       : "",
                                   (long long)get_int(option, values, i), i == count_of(option) - 1 ? close : "");
    }
}

const char *gan_option_text(const gan_layer *layer, const gan_layer_option *option, char text[GAN_OPTION_TEXT])
{
    const void *value = value_of(layer, option);

    switch (option->kind) {
    case GAN_OPTION_INT: write_ints(option, value, text); break;
    case GAN_OPTION_FLOAT: snprintf(text, GAN_OPTION_TEXT, "%g", (double)*(const float *)value); break;
    case GAN_OPTION_BOOL: return *(const bool *)value ? "true" : "false";
    case GAN_OPTION_CHOICE: return option->names[*(const int *)value];
    case GAN_OPTION_INITIALIZER: return gan_initializer_text(*(const gan_initializer *)value, text);
    case GAN_OPTION_SHAPE: return gan_shape_text(*(const gan_shape *)value, text);
    }
    return text;
}
