/* The list of terms. */
#include "game/terms/terms.h"

#include <stdio.h>
#include <string.h>

static const gan_term_rule rules[] = {
    [GAN_TERM_INPUT] = {.text = "input"},
    [GAN_TERM_NOISE] = {.text = "noise"},
    [GAN_TERM_CLASSES] = {.text = "classes"},
    [GAN_TERM_CONSTANT] = {.text = "constant"},
    [GAN_TERM_APPLICATION] = {.text = "application", .passes_gradients = true},
    [GAN_TERM_OUTPUT] = {.text = "output", .passes_gradients = true},
    [GAN_TERM_SHOWN] = {.text = "shown samples", .passes_gradients = true},
    [GAN_TERM_BETWEEN] = {.text = "samples between"},
    [GAN_TERM_AROUND] = {.text = "samples around"},
    [GAN_TERM_POOLED] = {.text = "pooled samples"},
    [GAN_TERM_LOSS] = {.text = "loss", .passes_gradients = true},
};

const gan_term_rule *gan_term_rule_of(gan_term_kind kind)
{
    return &rules[kind];
}

/* ---- Adding ---------------------------------------------------------------------------------------------------- */

int32_t gan_terms_add(gan_terms *terms, gan_term_kind kind, gan_shape shape, int32_t count, const int32_t *inputs,
                      const char *what)
{
    if (gan_shape_check(shape, what) != GAN_OK) return -1;
    gan_term_node *nodes =
        gan_grow_array(terms->context, terms->nodes, terms->count, &terms->capacity, sizeof(*nodes));
    if (!nodes) return -1;
    terms->nodes = nodes;
    gan_term_node *node = &nodes[terms->count];
    *node = (gan_term_node){.kind = kind, .shape = shape, .divisor = 1};
    if (count > 0) {
        node->inputs = gan_allocate_array(terms->context, count, sizeof(*node->inputs));
        if (!node->inputs) return -1;
        memcpy(node->inputs, inputs, (size_t)count * sizeof(*inputs));
        node->input_count = count;
        node->divisor = nodes[inputs[0]].divisor;
        for (int32_t i = 0; i < count; i++) nodes[inputs[i]].readers++;
    }
    return terms->count++;
}

int32_t gan_terms_add_model(gan_terms *terms, gan_model *model)
{
    for (int32_t i = 0; i < terms->model_count; i++) {
        if (terms->models[i].model == model) return i;
    }
    gan_term_model *models =
        gan_grow_array(terms->context, terms->models, terms->model_count, &terms->model_capacity, sizeof(*models));
    if (!models) return -1;
    terms->models = models;
    models[terms->model_count] = (gan_term_model){.model = gan_model_retain(model), .version = 1};
    return terms->model_count++;
}

/* ---- Looking up ------------------------------------------------------------------------------------------------ */

const char *gan_term_text(const gan_terms *terms, int32_t term, char text[GAN_TERM_TEXT])
{
    const gan_term_node *node = &terms->nodes[term];
    if (node->name) {
        snprintf(text, GAN_TERM_TEXT, "%s '%s'", rules[node->kind].text, node->name);
    } else {
        snprintf(text, GAN_TERM_TEXT, "term %d (%s)", (int)term, rules[node->kind].text);
    }
    return text;
}

int64_t gan_term_elements(const gan_terms *terms, int32_t term)
{
    return gan_shape_count(terms->nodes[term].shape);
}

int64_t gan_term_rows(const gan_terms *terms, int32_t term)
{
    return terms->present / terms->nodes[term].divisor;
}

int32_t gan_term_application(const gan_terms *terms, int32_t term)
{
    const gan_term_node *node = &terms->nodes[term];
    if (node->kind == GAN_TERM_APPLICATION) return term;
    return node->kind == GAN_TERM_OUTPUT ? node->inputs[0] : -1;
}

static int32_t before_shown(const gan_terms *terms, int32_t term)
{
    while (terms->nodes[term].kind == GAN_TERM_SHOWN || terms->nodes[term].kind == GAN_TERM_POOLED) {
        term = terms->nodes[term].inputs[0];
    }
    return term;
}

int32_t gan_term_judged(const gan_terms *terms, int32_t logits)
{
    const int32_t application = gan_term_application(terms, logits);
    return before_shown(terms, application < 0 ? logits : terms->nodes[application].inputs[0]);
}

bool gan_terms_judge_alike(const gan_terms *terms, int32_t a, int32_t b)
{
    if (a == b) return true;
    if (gan_term_output(&terms->nodes[a]) != gan_term_output(&terms->nodes[b])) return false;
    const int32_t first = gan_term_application(terms, a), second = gan_term_application(terms, b);
    if (first < 0 || second < 0) return false;
    const gan_term_node *of_first = &terms->nodes[first], *of_second = &terms->nodes[second];
    if (of_first->of.application.model != of_second->of.application.model) return false;
    for (int32_t k = 0; k < of_first->input_count; k++) {
        if (before_shown(terms, of_first->inputs[k]) != before_shown(terms, of_second->inputs[k])) return false;
    }
    return true;
}

gan_session *gan_application_session(const gan_terms *terms, int32_t application)
{
    const gan_application *at = &terms->nodes[application].of.application;
    return at->shares < 0 ? at->session : terms->nodes[at->shares].of.application.session;
}

int64_t gan_term_output(const gan_term_node *node)
{
    return node->kind == GAN_TERM_OUTPUT ? node->of.output : 0;
}

gan_status gan_term_export(const gan_terms *terms, int32_t term, float *room, const float **value)
{
    const gan_term_node *node = &terms->nodes[term];
    const int32_t application = gan_term_application(terms, term);
    *value = room;
    if (application >= 0) {
        return gan_session_get_output(gan_application_session(terms, application), gan_term_output(node), room);
    }
    if (node->stored) {
        gan_samples_export(terms->context, node->shape, gan_term_rows(terms, term), node->stored, room);
    } else {
        *value = node->border;
    }
    return GAN_OK;
}

/* ---- Releasing ------------------------------------------------------------------------------------------------- */

/* Values of a term in the largest batch: if these are too many, nothing was allocated for them. */
static size_t most_values(const gan_terms *terms, int32_t term)
{
    return (size_t)(terms->batch / terms->nodes[term].divisor) * (size_t)gan_term_elements(terms, term);
}

static void release_node(const gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    const size_t values = most_values(terms, term);
    if (node->kind == GAN_TERM_APPLICATION) {
        gan_application *application = &node->of.application;
        if (application->shares < 0) gan_session_destroy(application->session);
        gan_release(terms->context, application->input_versions,
                    (size_t)node->input_count * sizeof(*application->input_versions));
    }
    if (node->kind == GAN_TERM_POOLED) gan_image_pool_destroy(node->of.pooled.pool);
    gan_release_text(terms->context, node->name);
    gan_release(terms->context, node->inputs, (size_t)node->input_count * sizeof(*node->inputs));
    gan_release(terms->context, node->room, values * sizeof(*node->room));
    gan_release(terms->context, node->stored, values * sizeof(*node->stored));
    gan_release(terms->context, node->gradient, values * sizeof(*node->gradient));
}

void gan_terms_release(gan_terms *terms)
{
    gan_context *context = terms->context;
    for (int32_t i = 0; i < terms->count; i++) release_node(terms, i);
    for (int32_t i = 0; i < terms->model_count; i++) {
        const gan_term_model *model = &terms->models[i];
        gan_release(context, model->gradients,
                    (size_t)model->model->parameter_size * (size_t)terms->shards->count * sizeof(*model->gradients));
        gan_model_destroy(model->model);
    }
    gan_release(context, terms->nodes, (size_t)terms->capacity * sizeof(*terms->nodes));
    gan_release(context, terms->models, (size_t)terms->model_capacity * sizeof(*terms->models));
    gan_random_destroy(terms->noise);
    gan_random_destroy(terms->classes);
    gan_random_destroy(terms->augmentation);
    gan_random_destroy(terms->instance_noise);
    gan_random_destroy(terms->penalty);
    gan_release(context, terms->values, (size_t)terms->loss_size * sizeof(*terms->values));
    gan_release(context, terms->gradients, (size_t)terms->loss_size * sizeof(*terms->gradients));
    gan_release(context, terms->addend, (size_t)terms->addend_size * sizeof(*terms->addend));
}
