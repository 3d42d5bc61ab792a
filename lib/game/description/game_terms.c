/* Describing what comes in and what is made of it. */
#include "game/description/description.h"

#include <string.h>

static const gan_shape one_number = {1, {1}};

/* ---- What comes in --------------------------------------------------------------------------------------------- */

static bool is_taken(const gan_terms *terms, const char *name)
{
    for (int32_t i = 0; i < terms->count; i++) {
        if (terms->nodes[i].name && strcmp(terms->nodes[i].name, name) == 0) return true;
    }
    return false;
}

static gan_status set_name(gan_game *game, int32_t term, const char *name, const char *what)
{
    char *copy = gan_game_copy_name(game, name, what);
    if (!copy) return gan_last_status();
    if (is_taken(&game->terms, copy)) {
        gan_release_text(game->context, copy);
        return gan_fail(GAN_ERROR_GRAPH, "%s: two terms are called '%s'", what, name);
    }
    gan_release_text(game->context, game->terms.nodes[term].name);
    game->terms.nodes[term].name = copy;
    return GAN_OK;
}

/* A term that reads none. */
static int32_t add_source(gan_game *game, gan_term_kind kind, const char *name, gan_shape shape, const char *what)
{
    if (gan_game_check_open(game, what) != GAN_OK) return -1;
    const int32_t term = gan_terms_add(&game->terms, kind, shape, 0, NULL, what);
    if (term < 0 || !name) return term;
    return set_name(game, term, name, what) == GAN_OK ? term : -1;
}

/* A name is required. */
static int32_t add_named_source(gan_game *game, gan_term_kind kind, const char *name, gan_shape shape,
                                const char *what)
{
    if (name) return add_source(game, kind, name, shape, what);
    gan_fail(GAN_ERROR_NULL, "%s: name is NULL", what);
    return -1;
}

static gan_term no_game(const char *what)
{
    gan_fail(GAN_ERROR_NULL, "%s: game is NULL", what);
    return (gan_term){.game = NULL, .index = -1};
}

static gan_status add_feeder(gan_game *game, int32_t term)
{
    gan_feeder *feeders =
        gan_grow_array(game->context, game->feeders, game->feeder_count, &game->feeder_capacity, sizeof(*feeders));
    if (!feeders) return GAN_ERROR_MEMORY;
    game->feeders = feeders;
    feeders[game->feeder_count++] = (gan_feeder){.term = term};
    return GAN_OK;
}

gan_term gan_game_input(gan_game *game, const char *name, gan_shape shape)
{
    if (!game) return no_game(__func__);
    int32_t term = add_named_source(game, GAN_TERM_INPUT, name, shape, __func__);
    if (term >= 0 && add_feeder(game, term) != GAN_OK) term = -1;
    return gan_game_term(game, term);
}

gan_term gan_game_noise(gan_game *game, const char *name, gan_shape shape, gan_noise noise)
{
    if (!game) return no_game(__func__);
    if ((unsigned)noise > GAN_NOISE_UNIFORM) {
        gan_fail(GAN_ERROR_ARGUMENT, "%s: noise is %d, expected a gan_noise", __func__, (int)noise);
        return gan_game_term(game, -1);
    }
    const int32_t term = add_named_source(game, GAN_TERM_NOISE, name, shape, __func__);
    if (term >= 0) game->terms.nodes[term].of.noise = noise;
    return gan_game_term(game, term);
}

gan_term gan_game_classes(gan_game *game, const char *name, int64_t classes)
{
    enum { MOST = 1 << 24 }; /* whole numbers up to here are floats */
    if (!game) return no_game(__func__);
    if (classes < 1 || classes > MOST) {
        gan_fail(GAN_ERROR_ARGUMENT, "%s: classes is %lld, expected 1 to %d", __func__, (long long)classes, MOST);
        return gan_game_term(game, -1);
    }
    const int32_t term = add_named_source(game, GAN_TERM_CLASSES, name, one_number, __func__);
    if (term >= 0) game->terms.nodes[term].of.classes = classes;
    return gan_game_term(game, term);
}

gan_term gan_game_constant(gan_game *game, gan_shape shape, float value)
{
    GAN_FLOAT_SCOPE();
    if (!game) return no_game(__func__);
    if (!isfinite(value)) {
        gan_fail(GAN_ERROR_NOT_FINITE, "%s: value is %g, expected a finite number", __func__, (double)value);
        return gan_game_term(game, -1);
    }
    const int32_t term = add_source(game, GAN_TERM_CONSTANT, NULL, shape, __func__);
    if (term >= 0) game->terms.nodes[term].of.constant = value;
    return gan_game_term(game, term);
}

gan_term gan_term_named(gan_term term, const char *name)
{
    gan_game *game = term.game;
    if (!game || term.index < 0) return term; /* keeps the error of its description */
    const int32_t at = gan_game_find_term(game, term, __func__, "term");
    if (at >= 0 && gan_game_check_open(game, __func__) == GAN_OK && set_name(game, at, name, __func__) == GAN_OK) {
        return term;
    }
    return gan_game_term(game, -1);
}

/* ---- Models applied -------------------------------------------------------------------------------------------- */

static gan_status check_model(const gan_game *game, const gan_model *model, int64_t count)
{
    GAN_TRY(gan_model_check_built(model, "gan_game_apply"));
    if (model->context != game->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_game_apply: the model belongs to another context");
    }
    if (count == gan_model_input_count(model)) return GAN_OK;
    const int64_t inputs = gan_model_input_count(model);
    return gan_fail(GAN_ERROR_SHAPE, "gan_game_apply: %lld term%s %s given, but the model has %lld input%s",
                    (long long)count, gan_plural(count), count == 1 ? "is" : "are", (long long)inputs,
                    gan_plural(inputs));
}

static gan_status check_input(const gan_game *game, const gan_model *model, int64_t index, int32_t term,
                              int32_t first)
{
    char text[GAN_TERM_TEXT], other[GAN_TERM_TEXT], given[GAN_SHAPE_TEXT], expected[GAN_SHAPE_TEXT];
    const gan_terms *terms = &game->terms;
    const gan_term_node *node = &terms->nodes[term];
    gan_shape shape;
    GAN_TRY(gan_model_get_input_shape(model, index, &shape));
    if (node->kind == GAN_TERM_LOSS) {
        return gan_fail(GAN_ERROR_GRAPH, "gan_game_apply: %s cannot be an input of a model",
                        gan_term_text(terms, term, text));
    }
    if (!gan_shape_equal(shape, node->shape)) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_game_apply: %s has the shape %s, but input %lld of the model %s",
                        gan_term_text(terms, term, text), gan_shape_text(node->shape, given), (long long)index,
                        gan_shape_text(shape, expected));
    }
    if (node->divisor == terms->nodes[first].divisor) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "gan_game_apply: %s packs %lld sample%s, but %s %lld",
                    gan_term_text(terms, term, text), (long long)node->divisor, gan_plural(node->divisor),
                    gan_term_text(terms, first, other), (long long)terms->nodes[first].divisor);
}

static int32_t apply(gan_game *game, gan_model *model, int64_t count, const gan_term *inputs)
{
    if (gan_game_check_open(game, "gan_game_apply") != GAN_OK) return -1;
    if (!model || (!inputs && count > 0)) {
        gan_fail(GAN_ERROR_NULL, "gan_game_apply: %s is NULL", model ? "terms" : "model");
        return -1;
    }
    if (check_model(game, model, count) != GAN_OK) return -1;
    int32_t *at = gan_allocate_array(game->context, count, sizeof(*at)), term = -1;
    if (!at) return -1;
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        at[i] = gan_game_find_term(game, inputs[i], "gan_game_apply", "a term");
        status = at[i] < 0 ? gan_last_status() : check_input(game, model, i, at[i], at[0]);
    }
    if (status == GAN_OK) term = gan_terms_apply(&game->terms, model, count, at, -1);
    gan_release(game->context, at, (size_t)count * sizeof(*at));
    return term;
}

gan_term gan_game_apply(gan_game *game, gan_model *model, int64_t count, const gan_term *terms)
{
    if (!game) return no_game(__func__);
    return gan_game_term(game, apply(game, model, count, terms));
}

gan_term gan_game_output(gan_term application, int64_t index)
{
    gan_game *game = application.game;
    char text[GAN_TERM_TEXT];
    if (!game) return application;
    const int32_t term = gan_game_find_term(game, application, __func__, "application");
    if (term < 0) return gan_game_term(game, -1);
    const gan_terms *terms = &game->terms;
    const gan_term_node *node = &terms->nodes[term];
    const int64_t count = node->kind == GAN_TERM_APPLICATION
                              ? gan_model_output_count(terms->models[node->of.application.model].model)
                              : 0;
    if (index >= 0 && index < count) return gan_game_term(game, term + (int32_t)index);
    gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but %s has %lld output%s", __func__, (long long)index,
             gan_term_text(terms, term, text), (long long)count, gan_plural(count));
    return gan_game_term(game, -1);
}

/* ---- Samples shown to a discriminator, and those of penalties -------------------------------------------------- */

static gan_status resolve_show(const gan_show_options *given, gan_shown *shown)
{
    static const char what[] = "gan_show_options";
    static const gan_option_row rows[] = {
        {.name = "instance_noise", .offset = offsetof(gan_show_options, instance_noise), .type = GAN_OPTION_OF_FLOAT},
        {.name = "packing",
         .offset = offsetof(gan_show_options, packing),
         .type = GAN_OPTION_OF_COUNT,
         .most = GAN_OPTION_MOST_TIMES,
         .count = 1},
    };
    gan_show_options options;
    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    GAN_TRY(gan_check_reserved(what, &options.reserved, sizeof(options.reserved)));
    GAN_TRY(gan_option_rows_resolve(rows, sizeof(rows) / sizeof(*rows), what, &options));
    if (options.instance_noise_steps < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: instance_noise_steps is %lld, expected at least 1, or 0 for constant noise", what,
                        (long long)options.instance_noise_steps);
    }
    *shown = (gan_shown){.augment = options.augment,
                         .noise = options.instance_noise,
                         .noise_steps = options.instance_noise_steps,
                         .packing = options.packing};
    return GAN_OK;
}

static int32_t show(gan_game *game, int32_t samples, const gan_show_options *given)
{
    gan_terms *terms = &game->terms;
    gan_shown shown;
    if (gan_game_check_open(game, "gan_game_show") != GAN_OK || resolve_show(given, &shown) != GAN_OK) return -1;
    gan_shape shape = terms->nodes[samples].shape;
    if (gan_shown_check(&shown, shape, "gan_show_options") != GAN_OK) return -1;
    if (terms->nodes[samples].kind == GAN_TERM_LOSS) {
        gan_fail(GAN_ERROR_GRAPH, "gan_game_show: a loss cannot be shown");
        return -1;
    }
    if (!shown.augment && shown.noise == 0 && shown.packing == 1) return samples;
    shape.dims[0] *= shown.packing;
    int64_t divisor;
    if (!gan_checked_multiply(terms->nodes[samples].divisor, shown.packing, &divisor) ||
        game->options.batch % divisor != 0) {
        gan_fail(GAN_ERROR_BATCH, "gan_show_options: packing is %lld, but the batch of the game is %lld",
                 (long long)shown.packing, (long long)game->options.batch);
        return -1;
    }
    const int32_t term = gan_terms_add(terms, GAN_TERM_SHOWN, shape, 1, &samples, "gan_game_show");
    if (term < 0) return -1;
    terms->nodes[term].of.shown = shown;
    terms->nodes[term].divisor = divisor;
    if (divisor > game->packing) game->packing = divisor;
    return term;
}

gan_term gan_game_show(gan_term samples, const gan_show_options *options)
{
    GAN_FLOAT_SCOPE();
    gan_game *game = samples.game;
    if (!game) return samples;
    const int32_t term = gan_game_find_term(game, samples, __func__, "samples");
    return gan_game_term(game, term < 0 ? -1 : show(game, term, options));
}

/* Samples made of one or two terms of one shape. */
static int32_t make_penalised(gan_game *game, gan_term_kind kind, int32_t count, const gan_term *from,
                              const char *what)
{
    static const char *const arguments[] = {"real", "fake"};
    const gan_terms *terms = &game->terms;
    char given[GAN_SHAPE_TEXT], expected[GAN_SHAPE_TEXT];
    int32_t at[2] = {-1, -1};
    if (gan_game_check_open(game, what) != GAN_OK) return -1;
    for (int32_t i = 0; i < count; i++) {
        at[i] = gan_game_find_term(game, from[i], what, arguments[i]);
        if (at[i] < 0) return -1;
        const gan_term_node *node = &terms->nodes[at[i]], *first = &terms->nodes[at[0]];
        if (gan_shape_equal(node->shape, first->shape) && node->divisor == first->divisor) continue;
        gan_fail(GAN_ERROR_SHAPE, "%s: real has the shape %s, but fake %s", what,
                 gan_shape_text(first->shape, expected), gan_shape_text(node->shape, given));
        return -1;
    }
    return gan_terms_add(&game->terms, kind, terms->nodes[at[0]].shape, count, at, what);
}

gan_term gan_game_between(gan_term real, gan_term fake)
{
    gan_game *game = real.game ? real.game : fake.game;
    if (!game) return real;
    return gan_game_term(game, make_penalised(game, GAN_TERM_BETWEEN, 2, (const gan_term[]){real, fake}, __func__));
}

gan_term gan_game_around(gan_term real)
{
    gan_game *game = real.game;
    if (!game) return real;
    return gan_game_term(game, make_penalised(game, GAN_TERM_AROUND, 1, &real, __func__));
}

static int32_t make_pooled(gan_game *game, int32_t samples, int64_t size)
{
    gan_terms *terms = &game->terms;
    const gan_shape shape = terms->nodes[samples].shape;
    gan_image_pool_options options;
    if (gan_game_check_open(game, "gan_game_pool") != GAN_OK) return -1;
    if (terms->nodes[samples].kind == GAN_TERM_LOSS) {
        gan_fail(GAN_ERROR_GRAPH, "gan_game_pool: a loss cannot be pooled");
        return -1;
    }
    const uint64_t seed = terms->seed + (uint64_t)terms->pool_count;
    if (gan_image_pool_resolve(GAN_IMAGE_POOL(.size = size, .seed = seed), shape, "gan_game_pool", &options) !=
        GAN_OK)
        return -1;
    const int32_t term = gan_terms_add(terms, GAN_TERM_POOLED, shape, 1, &samples, "gan_game_pool");
    if (term >= 0) terms->nodes[term].of.pooled = (gan_pooled){.options = options, .number = terms->pool_count++};
    return term;
}

gan_term gan_game_pool(gan_term samples, int64_t size)
{
    GAN_FLOAT_SCOPE();
    gan_game *game = samples.game;
    if (!game) return samples;
    const int32_t term = gan_game_find_term(game, samples, __func__, "samples");
    return gan_game_term(game, term < 0 ? -1 : make_pooled(game, term, size));
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

gan_status gan_term_get_value(gan_term term, float *out, int64_t count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(out);
    if (!term.game) return gan_fail(GAN_ERROR_NULL, "%s: term is no term", __func__);
    char text[GAN_TERM_TEXT];
    const gan_terms *terms = &term.game->terms;
    GAN_TRY(gan_game_finish_round(term.game));
    const int32_t at = gan_game_find_term(term.game, term, __func__, "term");
    if (at < 0) return gan_last_status();
    const gan_term_node *node = &terms->nodes[at];
    const int32_t application = gan_term_application(terms, at);
    if (terms->nodes[application < 0 ? at : application].version == 0) {
        return gan_fail(GAN_ERROR_STATE, "%s: %s has not been computed yet", __func__,
                        gan_term_text(terms, at, text));
    }
    const bool is_loss = node->kind == GAN_TERM_LOSS;
    const int64_t expected = is_loss ? 1 : gan_term_rows(terms, at) * gan_term_elements(terms, at);
    if (count != expected) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: count is %lld, but %s has %lld value%s", __func__, (long long)count,
                        gan_term_text(terms, at, text), (long long)expected, gan_plural(expected));
    }
    if (is_loss) {
        *out = (float)node->of.loss.value;
        return GAN_OK;
    }
    const float *value;
    GAN_TRY(gan_term_export(terms, at, out, &value));
    if (value != out) memcpy(out, value, (size_t)count * sizeof(*out));
    return GAN_OK;
}
