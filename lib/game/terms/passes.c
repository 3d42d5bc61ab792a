/* Bringing terms up to date, and gradients back to weights. */
#include "game/terms/terms.h"

/* ---- What is drawn --------------------------------------------------------------------------------------------- */

void gan_terms_begin_batch(gan_terms *terms, int64_t samples)
{
    terms->present = samples;
    terms->clock++;
    for (int32_t i = 0; i < terms->count; i++) {
        if (terms->nodes[i].kind == GAN_TERM_CONSTANT) terms->nodes[i].version = terms->clock;
    }
    terms->draw++;
}

void gan_terms_end_batch(gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) {
        gan_term_node *node = &terms->nodes[i];
        const bool may_be_callers = node->kind == GAN_TERM_INPUT || node->kind == GAN_TERM_SHOWN;
        if (!may_be_callers || node->stored || node->border == node->room) continue;
        node->border = NULL;
        node->version = 0;
    }
}

void gan_terms_begin_move(gan_terms *terms)
{
    terms->move++;
}

void gan_terms_set_input(gan_terms *terms, int32_t term, const float *samples)
{
    terms->nodes[term].border = samples;
    terms->nodes[term].version = ++terms->clock;
}

/* A term and the values in a row of it. */
typedef struct drawn {
    gan_term_node *node;
    int64_t elements;
} drawn;

static gan_status draw_noise(void *argument, gan_random *random, int64_t first, int64_t rows)
{
    const drawn *to = argument;
    float *room = to->node->room + first * to->elements;
    const int64_t count = rows * to->elements;
    if (to->node->of.noise == GAN_NOISE_NORMAL) return gan_random_normal(random, room, count);
    GAN_TRY(gan_random_uniform(random, room, count));
    for (int64_t i = 0; i < count; i++) room[i] = 2 * room[i] - 1;
    return GAN_OK;
}

/* A float below 1 times the number of classes may still round up to it. */
static gan_status draw_classes(void *argument, gan_random *random, int64_t first, int64_t rows)
{
    const drawn *to = argument;
    float *room = to->node->room + first * to->elements;
    const float classes = (float)to->node->of.classes, last = (float)(to->node->of.classes - 1);
    const int64_t count = rows * to->elements;
    GAN_TRY(gan_random_uniform(random, room, count));
    for (int64_t i = 0; i < count; i++) {
        const float class_number = (float)(int64_t)(room[i] * classes);
        room[i] = class_number > last ? last : class_number;
    }
    return GAN_OK;
}

static gan_status draw(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    const bool is_noise = node->kind == GAN_TERM_NOISE;
    drawn to = {node, gan_term_elements(terms, term)};
    if (node->version != 0 && node->drawn == terms->draw) return GAN_OK;
    GAN_TRY(gan_terms_draw(terms, is_noise ? terms->noise : terms->classes, gan_term_rows(terms, term),
                           is_noise ? draw_noise : draw_classes, &to));
    node->drawn = terms->draw;
    node->version = ++terms->clock;
    return GAN_OK;
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

void gan_terms_need_nothing(gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) terms->nodes[i].needed = false;
}

void gan_terms_need(gan_terms *terms, int32_t term)
{
    terms->nodes[term].needed = true;
}

/* Terms read earlier ones only. */
void gan_terms_spread_needs(gan_terms *terms)
{
    for (int32_t i = terms->count - 1; i >= 0; i--) {
        const gan_term_node *node = &terms->nodes[i];
        if (!node->needed) continue;
        for (int32_t k = 0; k < node->input_count; k++) terms->nodes[node->inputs[k]].needed = true;
    }
}

static gan_status update(gan_terms *terms, int32_t term)
{
    switch (terms->nodes[term].kind) {
    case GAN_TERM_NOISE:
    case GAN_TERM_CLASSES: return draw(terms, term);
    case GAN_TERM_APPLICATION: return gan_application_forward(terms, term);
    case GAN_TERM_SHOWN: return gan_shown_forward(terms, term);
    case GAN_TERM_BETWEEN:
    case GAN_TERM_AROUND: return gan_penalised_forward(terms, term);
    case GAN_TERM_POOLED: return gan_pooled_forward(terms, term);
    case GAN_TERM_INPUT:
    case GAN_TERM_CONSTANT:
    case GAN_TERM_OUTPUT:
    case GAN_TERM_LOSS: break;
    }
    return GAN_OK;
}

gan_status gan_terms_forward(gan_terms *terms)
{
    gan_terms_spread_needs(terms);
    for (int32_t i = 0; i < terms->count; i++) {
        if (terms->nodes[i].needed) GAN_TRY(update(terms, i));
    }
    return GAN_OK;
}

/* ---- Backward -------------------------------------------------------------------------------------------------- */

void gan_terms_reach(gan_terms *terms, const bool *models)
{
    for (int32_t i = 0; i < terms->count; i++) {
        gan_term_node *node = &terms->nodes[i];
        node->reached = node->kind == GAN_TERM_APPLICATION && models[node->of.application.model];
        if (!gan_term_rule_of(node->kind)->passes_gradients) continue;
        for (int32_t k = 0; k < node->input_count; k++) {
            const bool passes = node->kind != GAN_TERM_LOSS || gan_loss_has_gradient(node->of.loss.rule, k);
            node->reached |= passes && terms->nodes[node->inputs[k]].reached;
        }
    }
}

/* What gradients of a term go through: its application, or itself. */
static gan_term_node *unit_of(const gan_terms *terms, int32_t term)
{
    const int32_t application = gan_term_application(terms, term);
    return &terms->nodes[application < 0 ? term : application];
}

static void activate_inputs(const gan_terms *terms, const gan_term_node *node)
{
    const bool of_loss = node->kind == GAN_TERM_LOSS;
    for (int32_t k = 0; k < node->input_count; k++) {
        if (!terms->nodes[node->inputs[k]].reached) continue;
        if (of_loss && !gan_loss_has_gradient(node->of.loss.rule, k)) continue;
        gan_term_node *unit = unit_of(terms, node->inputs[k]);
        unit->active = true;
        unit->pending += !of_loss; /* losses deliver before the pass */
    }
}

void gan_terms_begin_backward(gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) {
        terms->nodes[i].active = terms->nodes[i].delivered = false;
        terms->nodes[i].pending = 0;
    }
    for (int32_t i = terms->count - 1; i >= 0; i--) {
        const gan_term_node *node = &terms->nodes[i];
        const bool is_loss = node->kind == GAN_TERM_LOSS;
        if (is_loss ? node->needed && node->of.loss.rule->compute : node->active) activate_inputs(terms, node);
        if (node->kind != GAN_TERM_APPLICATION || !node->active) continue;
        gan_session *session = gan_application_session(terms, i);
        if (session) gan_session_forget_border(session); /* before the terms are planned, there is none */
    }
}

/* The unit whose gradient is complete that was described first, or -1. */
static int32_t find_ready(const gan_terms *terms)
{
    for (int32_t i = 0; i < terms->count; i++) {
        if (terms->nodes[i].active && terms->nodes[i].pending == 0) return i;
    }
    return -1;
}

static bool reaches_inputs(const gan_terms *terms, const gan_term_node *node)
{
    for (int32_t k = 0; k < node->input_count; k++) {
        if (terms->nodes[node->inputs[k]].reached) return true;
    }
    return false;
}

/* Whether gradients of the model are complete once this application, which is active no more, has added to them. */
static bool is_last_of(const gan_terms *terms, const gan_term_node *node, int32_t model)
{
    if (node->of.application.model != model) return false;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *other = &terms->nodes[i];
        if (other->kind != GAN_TERM_APPLICATION || !other->active) continue;
        if (other->of.application.model == model) return false;
    }
    return true;
}

static gan_status run_backward(const gan_terms *terms, const gan_term_node *node, gan_session *session,
                               const gan_backward_pass *pass, uint64_t what)
{
    if (pass->passed && is_last_of(terms, node, pass->followed)) {
        session->passed = pass->passed;
        session->passed_argument = pass->argument;
    }
    gan_term_model *model = &terms->models[node->of.application.model];
    session->writes_gradients = model->unwritten && (what & GAN_BACKWARD_PARAMETERS);
    if (session->writes_gradients) model->unwritten = false;
    const gan_status status = gan_session_backward(session, what);
    session->passed = NULL;
    session->writes_gradients = false;
    return status;
}

static gan_status back_through_application(gan_terms *terms, int32_t term, const gan_backward_pass *pass)
{
    const gan_term_node *node = &terms->nodes[term];
    gan_session *session = gan_application_session(terms, term);
    uint64_t what = pass->models[node->of.application.model] ? GAN_BACKWARD_PARAMETERS : 0;
    if (reaches_inputs(terms, node) || term == pass->with_inputs) what |= GAN_BACKWARD_INPUTS;
    if (term == pass->scaled) {
        gan_session_scale_output_gradient(session, 0, pass->parts, pass->scales);
    }
    if (term != pass->done) GAN_TRY(run_backward(terms, node, session, pass, what));
    for (int32_t k = 0; k < node->input_count; k++) {
        if (!terms->nodes[node->inputs[k]].reached) continue;
        GAN_TRY(gan_term_deliver_from(terms, node->inputs[k], term, k));
        unit_of(terms, node->inputs[k])->pending--;
    }
    return GAN_OK;
}

gan_status gan_terms_backward(gan_terms *terms, const gan_backward_pass *pass)
{
    for (int32_t i = find_ready(terms); i >= 0; i = find_ready(terms)) {
        gan_term_node *node = &terms->nodes[i];
        node->active = false;
        if (node->kind == GAN_TERM_APPLICATION) {
            GAN_TRY(back_through_application(terms, i, pass));
            continue;
        }
        GAN_TRY(gan_shown_backward(terms, i));
        unit_of(terms, node->inputs[0])->pending--;
    }
    return GAN_OK;
}
