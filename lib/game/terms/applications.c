/* Models applied to terms: their passes, and the gradients of their outputs. */
#include "game/terms/terms.h"

int32_t gan_terms_apply(gan_terms *terms, gan_model *model, int64_t count, const int32_t *inputs, int32_t shares)
{
    gan_shape shape;
    const int32_t at = gan_terms_add_model(terms, model);
    if (at < 0 || gan_model_get_output_shape(model, 0, &shape) != GAN_OK) return -1;
    const int32_t first =
        gan_terms_add(terms, GAN_TERM_APPLICATION, shape, (int32_t)count, inputs, "gan_game_apply: output");
    if (first < 0) return -1;
    terms->nodes[first].of.application =
        (gan_application){.model = at, .number = terms->application_count++, .shares = shares, .holder = -1};
    for (int64_t i = 1; i < gan_model_output_count(model); i++) {
        if (gan_model_get_output_shape(model, i, &shape) != GAN_OK) return -1;
        const int32_t output = gan_terms_add(terms, GAN_TERM_OUTPUT, shape, 1, &first, "gan_game_apply: output");
        if (output < 0) return -1;
        terms->nodes[output].of.output = i;
    }
    return first;
}

/* Memory for the gradients of each shard. */
static gan_status plan_gradients(const gan_terms *terms, gan_term_model *model)
{
    int64_t values;
    if (!model->moved || model->gradients) return GAN_OK;
    if (!gan_checked_multiply(model->model->parameter_size, terms->shards->count, &values)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "gan_game_build: the gradients of %lld shards overflow",
                        (long long)terms->shards->count);
    }
    model->gradients = gan_allocate_array(terms->context, values, sizeof(*model->gradients));
    return model->gradients ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan_application_plan(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    gan_application *application = &node->of.application;
    application->input_versions =
        gan_allocate_array(terms->context, node->input_count, sizeof(*application->input_versions));
    if (!application->input_versions) return GAN_ERROR_MEMORY;
    if (application->shares >= 0) return GAN_OK;
    const gan_session_options *options =
        GAN_SESSION(.batch = terms->batch / node->divisor, .seed = terms->seed + (uint64_t)application->number,
                    .forward_only = !application->backward && !application->penalised,
                    .second_order = application->penalised);
    gan_term_model *model = &terms->models[application->model];
    if (terms->shards->total == 1)
        return gan_session_create_planned(model->model, options, true, &application->session);
    GAN_TRY(plan_gradients(terms, model));
    return gan_session_create_sharded(model->model, options, terms->shards, model->gradients, &application->session);
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

/* The application whose session this one uses: itself, or the one it shares with. */
static gan_application *owner_of(const gan_terms *terms, int32_t term)
{
    gan_application *application = &terms->nodes[term].of.application;
    return application->shares < 0 ? application : &terms->nodes[application->shares].of.application;
}

static uint64_t version_of(const gan_terms *terms, int32_t term)
{
    const int32_t application = gan_term_application(terms, term);
    return terms->nodes[application < 0 ? term : application].version;
}

static bool is_fresh(const gan_terms *terms, int32_t term)
{
    const gan_term_node *node = &terms->nodes[term];
    const gan_application *application = &node->of.application;
    if (owner_of(terms, term)->holder != term) return false;
    if (application->model_version != terms->models[application->model].version) return false;
    for (int32_t k = 0; k < node->input_count; k++) {
        if (application->input_versions[k] != version_of(terms, node->inputs[k])) return false;
    }
    return true;
}

static gan_status set_input(const gan_terms *terms, gan_session *session, int32_t index, int32_t input)
{
    const gan_term_node *node = &terms->nodes[input];
    const int64_t rows = gan_term_rows(terms, input);
    const int32_t application = gan_term_application(terms, input);
    gan_real *place;
    if (application >= 0) {
        return gan_session_set_input_from(session, index, gan_application_session(terms, application),
                                          gan_term_output(node));
    }
    if (!node->stored) return gan_session_set_input(session, index, node->border, rows);
    GAN_TRY(gan_session_write_input(session, index, rows, &place));
    gan_copy(terms->context, rows * gan_term_elements(terms, input), node->stored, place);
    return GAN_OK;
}

gan_status gan_application_forward(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    gan_application *application = &node->of.application, *owner = owner_of(terms, term);
    const gan_term_model *model = &terms->models[application->model];
    gan_session *session = owner->session;
    if (is_fresh(terms, term)) return GAN_OK;
    owner->holder = -1;
    for (int32_t k = 0; k < node->input_count; k++) GAN_TRY(set_input(terms, session, k, node->inputs[k]));
    GAN_TRY(gan_session_forward(session, model->moved ? GAN_MODE_TRAIN : GAN_MODE_SAMPLE));
    for (int32_t k = 0; k < node->input_count; k++) {
        application->input_versions[k] = version_of(terms, node->inputs[k]);
    }
    application->model_version = model->version;
    owner->holder = term;
    node->version = ++terms->clock;
    return GAN_OK;
}

/* ---- Gradients of outputs -------------------------------------------------------------------------------------- */

/* Where the gradient of a term is, as stored, once something was delivered. */
static gan_real *gradient_of(const gan_terms *terms, int32_t term)
{
    const gan_term_node *node = &terms->nodes[term];
    const int32_t application = gan_term_application(terms, term);
    if (application < 0) return node->gradient;
    return gan_session_data(gan_application_session(terms, application), GAN_SLOT_OUTPUT_GRADIENT,
                            gan_term_output(node));
}

/* The first gradient is written in place, the others beside it. */
gan_status gan_term_open_gradient(gan_terms *terms, int32_t term, gan_real **place)
{
    const gan_term_node *node = &terms->nodes[term];
    const int32_t application = gan_term_application(terms, term);
    *place = node->delivered ? terms->addend : node->gradient;
    if (application < 0 || node->delivered) return GAN_OK;
    return gan_session_write_output_gradient(gan_application_session(terms, application), gan_term_output(node),
                                             place);
}

void gan_term_close_gradient(gan_terms *terms, int32_t term, const gan_real *place)
{
    gan_term_node *node = &terms->nodes[term];
    if (node->delivered) {
        gan_add(terms->context, gan_term_rows(terms, term) * gan_term_elements(terms, term), place,
                gradient_of(terms, term));
    }
    node->delivered = true;
}

gan_status gan_term_deliver(gan_terms *terms, int32_t term, const float *gradient)
{
    gan_real *place;
    GAN_TRY(gan_term_open_gradient(terms, term, &place));
    gan_samples_import(terms->context, terms->nodes[term].shape, gan_term_rows(terms, term), gradient, place);
    gan_term_close_gradient(terms, term, place);
    return GAN_OK;
}

gan_status gan_term_deliver_from(gan_terms *terms, int32_t term, int32_t application, int64_t index)
{
    const gan_real *gradient =
        gan_session_data(gan_application_session(terms, application), GAN_SLOT_INPUT_GRADIENT, index);
    if (terms->nodes[term].delivered) {
        gan_term_close_gradient(terms, term, gradient);
        return GAN_OK;
    }
    gan_real *place;
    GAN_TRY(gan_term_open_gradient(terms, term, &place));
    gan_copy(terms->context, gan_term_rows(terms, term) * gan_term_elements(terms, term), gradient, place);
    gan_term_close_gradient(terms, term, place);
    return GAN_OK;
}
