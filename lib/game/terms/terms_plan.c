/* Memory for all terms, known once the list is complete. */
#include "game/terms/terms.h"

/* Values drawn or constant: as at the border. */
static gan_status plan_room(gan_terms *terms, gan_term_node *node, int64_t values)
{
    node->room = gan_allocate_array(terms->context, values, sizeof(*node->room));
    if (!node->room) return GAN_ERROR_MEMORY;
    node->border = node->room;
    if (node->kind == GAN_TERM_CONSTANT) {
        for (int64_t i = 0; i < values; i++) node->room[i] = node->of.constant;
    }
    if (node->kind == GAN_TERM_NOISE && !terms->noise) {
        return gan_random_create(terms->context, terms->seed, GAN_STREAM_NOISE, &terms->noise);
    }
    if (node->kind == GAN_TERM_CLASSES && !terms->classes) {
        return gan_random_create(terms->context, terms->seed, GAN_STREAM_CLASSES, &terms->classes);
    }
    return GAN_OK;
}

static gan_status plan_term(gan_terms *terms, int32_t term, int64_t values)
{
    gan_term_node *node = &terms->nodes[term];
    switch (node->kind) {
    case GAN_TERM_NOISE:
    case GAN_TERM_CLASSES:
    case GAN_TERM_CONSTANT: return plan_room(terms, node, values);
    case GAN_TERM_APPLICATION: return gan_application_plan(terms, term);
    case GAN_TERM_SHOWN: return gan_shown_plan(terms, term);
    case GAN_TERM_BETWEEN:
    case GAN_TERM_AROUND: return gan_penalised_plan(terms, term);
    case GAN_TERM_POOLED: return gan_pooled_plan(terms, term);
    case GAN_TERM_INPUT:
    case GAN_TERM_OUTPUT:
    case GAN_TERM_LOSS: break;
    }
    return GAN_OK;
}

/* Values of a term in the largest batch. */
static gan_status count_values(const gan_terms *terms, int32_t term, int64_t *values)
{
    char text[GAN_TERM_TEXT];
    if (gan_checked_multiply(terms->batch / terms->nodes[term].divisor, gan_term_elements(terms, term), values)) {
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_OVERFLOW, "gan_game_build: the size of %lld samples of %s overflows",
                    (long long)terms->batch, gan_term_text(terms, term, text));
}

/* The memory that the largest loss needs, for all that it reads; and a penalty's samples. */
static gan_status plan_losses(gan_terms *terms)
{
    gan_context *context = terms->context;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        int64_t sum = 0, values;
        const bool computed = node->kind == GAN_TERM_LOSS && node->of.loss.rule->compute;
        const bool exported = gan_term_application(terms, node->input_count > 0 ? node->inputs[0] : i) >= 0;
        const bool drawn = (node->kind == GAN_TERM_BETWEEN || node->kind == GAN_TERM_AROUND) && exported;
        for (int32_t k = 0; (computed || drawn) && k < node->input_count; k++) {
            GAN_TRY(count_values(terms, node->inputs[k], &values));
            if (sum > INT64_MAX - values) return count_values(terms, node->inputs[k], &values);
            sum += values;
        }
        if (sum > terms->loss_size) terms->loss_size = sum;
    }
    if (terms->loss_size == 0) return GAN_OK;
    terms->values = gan_allocate_array(context, terms->loss_size, sizeof(*terms->values));
    terms->gradients = gan_allocate_array(context, terms->loss_size, sizeof(*terms->gradients));
    return terms->values && terms->gradients ? GAN_OK : GAN_ERROR_MEMORY;
}

/* A term that several others read may get several gradients, which are added up. */
static gan_status plan_addend(gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) {
        int64_t values;
        if (terms->nodes[i].readers < 2 || !gan_term_rule_of(terms->nodes[i].kind)->passes_gradients) continue;
        GAN_TRY(count_values(terms, i, &values));
        if (values > terms->addend_size) terms->addend_size = values;
    }
    if (terms->addend_size == 0) return GAN_OK;
    terms->addend = gan_allocate_array(terms->context, terms->addend_size, sizeof(*terms->addend));
    return terms->addend ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan_terms_plan(gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) {
        int64_t values;
        GAN_TRY(count_values(terms, i, &values));
        GAN_TRY(plan_term(terms, i, values));
    }
    GAN_TRY(plan_losses(terms));
    return plan_addend(terms);
}
