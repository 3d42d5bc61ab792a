/* How weights start. A rule is a distribution with a chosen deviation, or with the variance that preserves that of
 * activations: gain / fan. A uniform distribution U(-a, a) has the variance a^2 / 3. */
#include "layers/shared.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct initializer_rule {
    const char *name;
    enum { CONSTANT, NORMAL, UNIFORM } distribution;
    bool takes_value;
    double gain; /* variance = gain / fan; 0: the value decides */
    bool both;   /* fan = fan_in + fan_out, else fan_in */
} initializer_rule;

static const initializer_rule rules[] = {
    [GAN_INITIALIZER_ZEROS] = {"zeros", CONSTANT, false, 0, false},
    [GAN_INITIALIZER_CONSTANT] = {"constant", CONSTANT, true, 0, false},
    [GAN_INITIALIZER_NORMAL] = {"normal", NORMAL, true, 0, false},
    [GAN_INITIALIZER_UNIFORM] = {"uniform", UNIFORM, true, 0, false},
    [GAN_INITIALIZER_GLOROT_UNIFORM] = {"glorot_uniform", UNIFORM, false, 2, true},
    [GAN_INITIALIZER_GLOROT_NORMAL] = {"glorot_normal", NORMAL, false, 2, true},
    [GAN_INITIALIZER_HE_UNIFORM] = {"he_uniform", UNIFORM, false, 2, false},
    [GAN_INITIALIZER_HE_NORMAL] = {"he_normal", NORMAL, false, 2, false},
    [GAN_INITIALIZER_LECUN_UNIFORM] = {"lecun_uniform", UNIFORM, false, 1, false},
    [GAN_INITIALIZER_LECUN_NORMAL] = {"lecun_normal", NORMAL, false, 1, false},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

gan_initializer gan_initializer_or(gan_initializer given, gan_initializer fallback)
{
    if (given.kind == GAN_INITIALIZER_DEFAULT && given.value == 0.0f) return fallback;
    given.value = gan_option(given.value, 0.0f);
    return given;
}

gan_status gan_initializer_check(gan_initializer initializer, const char *what)
{
    int kind = (int)initializer.kind;
    if (kind < 0 || kind >= RULES)
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is of kind %d, expected 0 to %d", what, kind, RULES - 1);
    if (kind == GAN_INITIALIZER_DEFAULT) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s has the value %g but no kind", what, (double)initializer.value);
    }
    const initializer_rule *rule = &rules[kind];
    bool valid =
        rule->takes_value ? rule->distribution == CONSTANT || initializer.value >= 0 : initializer.value == 0;
    if (isfinite(initializer.value) && valid) return GAN_OK;
    return gan_fail(isfinite(initializer.value) ? GAN_ERROR_ARGUMENT : GAN_ERROR_NOT_FINITE,
                    "%s, %s, has the value %g, expected %s", what, rule->name, (double)initializer.value,
                    !rule->takes_value               ? "none"
                    : rule->distribution == CONSTANT ? "a finite value"
                                                     : "one of at least 0");
}

/* The next values, in the order of the border; count is at most BLOCK unless all are drawn at once. BLOCK is a
 * multiple of the numbers in a block of the generator, so that both ways give the same values. */
enum { BLOCK = 256 };

static void draw(const gan_tensor_plan *plan, gan_random_state *state, gan_real *out, int64_t count)
{
    const initializer_rule *rule = &rules[plan->initializer.kind];
    double fan = (double)plan->fan_in + (rule->both ? (double)plan->fan_out : 0);
    double value = plan->initializer.value;
    if (rule->gain > 0) value = sqrt(rule->gain / fan * (rule->distribution == UNIFORM ? 3 : 1));
    switch (rule->distribution) {
    case CONSTANT:
        for (int64_t i = 0; i < count; i++) out[i] = (gan_real)value;
        break;
    case NORMAL: gan_fill_normal(state, out, count, 0, (gan_real)value); break;
    case UNIFORM: gan_fill_uniform(state, out, count, (gan_real)-value, (gan_real)value); break;
    }
}

/* Values are drawn in the order of the border, so that a seed gives the same model however tensors are stored. */
void gan_initialize(const gan_tensor_plan *plan, gan_random_state state, gan_real *out, int64_t count)
{
    if (plan->channels == 0) {
        draw(plan, &state, out, count);
        return;
    }
    int64_t channels = plan->channels, pixels = plan->pixels;
    gan_real block[BLOCK];
    for (int64_t begin = 0; begin < count; begin += BLOCK) {
        int64_t size = count - begin < BLOCK ? count - begin : BLOCK;
        draw(plan, &state, block, size);
        for (int64_t i = 0; i < size; i++) {
            int64_t plane = (begin + i) / pixels, pixel = (begin + i) % pixels;
            int64_t filter = plane / channels, channel = plane % channels;
            out[(filter * pixels + pixel) * channels + channel] = block[i];
        }
    }
}

/* ---- As an option ------------------------------------------------------------------------------------------- */

bool gan_initializer_equal(gan_initializer a, gan_initializer b)
{
    return a.kind == b.kind && a.value == b.value;
}

const char *gan_initializer_text(gan_initializer initializer, char text[GAN_OPTION_TEXT])
{
    const initializer_rule *rule = &rules[initializer.kind];
    if (!rule->takes_value) return rule->name;
    snprintf(text, GAN_OPTION_TEXT, "%s(%g)", rule->name, (double)initializer.value);
    return text;
}

void gan_initializer_save(gan_initializer initializer, gan_json_writer *json, const char *key)
{
    const initializer_rule *rule = &rules[initializer.kind];
    gan_json_begin_object(json, key);
    gan_json_write_text(json, "kind", rule->name);
    if (rule->takes_value) gan_json_write_number(json, "value", (double)initializer.value);
    gan_json_end_object(json);
}

gan_status gan_initializer_load(const gan_json *json, const char *key, gan_initializer *out)
{
    const char *name = gan_json_get_text(gan_json_get(json, "kind"));
    double value = 0;
    if (!gan_json_is_object(json)) return gan_fail(GAN_ERROR_FORMAT, "option %s is missing or not an object", key);
    if (!name) return gan_fail(GAN_ERROR_FORMAT, "the kind of option %s is missing or not a string", key);
    for (int kind = GAN_INITIALIZER_DEFAULT + 1; kind < RULES; kind++) {
        if (strcmp(rules[kind].name, name) != 0) continue;
        if (rules[kind].takes_value && !gan_json_get_number(gan_json_get(json, "value"), &value))
            return gan_fail(GAN_ERROR_FORMAT, "the value of option %s is missing or not a number", key);
        *out = (gan_initializer){(gan_initializer_kind)kind, (float)value};
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "option %s is of the unknown kind \"%.64s\"", key, name);
}
