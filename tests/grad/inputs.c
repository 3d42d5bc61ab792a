#include "inputs.h"

#include "support/files.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

bool input_is_label(const gan_model *model, int32_t k)
{
    return gan_shape_count(model->nodes[model->inputs[k]].output) == 1;
}

void set_inputs(gan_session *session, int64_t batch)
{
    for (int32_t k = 0; k < session->model->input_count; k++) {
        const int64_t count = batch * gan_shape_count(session->model->nodes[session->model->inputs[k]].output);
        float *values = calloc((size_t)count, sizeof(*values));
        gan_random_state state = {.seed = 77, .stream = (uint64_t)k};
        const bool label = input_is_label(session->model, k);
        assert_non_null(values);
        for (int64_t i = 0; label && i < batch; i++) values[i] = (float)(i % TEST_CLASSES);
        test_status(gan_session_set_input(session, (size_t)k, values, batch), GAN_OK, "");
        if (!label) gan_fill_normal(&state, gan_session_data(session, GAN_SLOT_INPUT, k), count, 0, 1);
        free(values);
    }
}

gan_status curved_discriminator(gan_context *in, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    GAN_TRY(gan_model_create(in, &m));
    gan_node x = gan_model_add(m, gan_layer_input(in, GAN_SHAPE(2, 3, 3)));
    gan_node a = gan_model_add(m, gan_layer_conv_transpose2d(in, 2, GAN_CONV_TRANSPOSE2D(.stride = {2, 2})));
    a = gan_model_add(m, gan_layer_tanh(in));
    a = gan_model_add(m, gan_layer_conv2d(in, 2, GAN_CONV2D(.kernel = {3, 3}, .stride = {2, 2})));
    gan_node sum = gan_model_add_from(m, gan_layer_add(in), GAN_NODES(a, x));
    gan_model_add_from(m, gan_layer_concat(in, NULL), GAN_NODES(sum, x));
    gan_model_add(m, gan_layer_softplus(in));
    gan_model_add(m, gan_layer_minibatch_stddev(in, GAN_MINIBATCH_STDDEV(.group = 2)));
    gan_model_add(m, gan_layer_flatten(in));
    gan_model_add(m, gan_layer_dense(in, 4, NULL));
    gan_model_add(m, gan_layer_sigmoid(in));
    gan_model_add(m, gan_layer_dense(in, 5, NULL));
    gan_model_add(m, gan_layer_relu(in));
    gan_model_add(m, gan_layer_dropout(in, GAN_DROPOUT(.rate = 0.3f)));
    gan_model_add(m, gan_layer_dense(in, 1, NULL));
    gan_status status = gan_model_build(m, seed);
    if (status == GAN_OK) {
        *out = m;
    } else {
        gan_model_destroy(m);
    }
    return status;
}

static bool has_kind(const gan_model *model, const gan_layer_ops *kind)
{
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].layer->ops == kind) return true;
    }
    return false;
}

void assert_every_kind(gan_context *context, const test_model_fn *models, int count, bool with_tangents)
{
    int kinds;
    const gan_layer_ops *const *list = gan_layer_kinds(&kinds);

    for (int k = 0; k < kinds; k++) {
        bool found = (with_tangents && list[k]->no_tangent) || list[k] == gan_layer_find_kind("gradient_reversal");
        for (int i = 0; i < count && !found; i++) {
            gan_model *model = NULL;
            test_status(models[i](context, 1, &model), GAN_OK, "");
            found = has_kind(model, list[k]);
            gan_model_destroy(model);
        }
        if (!found) fail_msg("no model here has the layer %s", list[k]->type);
    }
}
