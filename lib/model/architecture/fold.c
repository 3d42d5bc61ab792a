/* A model without spectral normalisation that samples the same, for programs that know nothing of it. */
#include "model/architecture/architecture.h"
#include "model/graph/graph.h"

static bool is_folded(const gan_model *model, bool no_dropout)
{
    for (int32_t i = 0; i < model->node_count; i++) {
        const gan_layer *layer = model->nodes[i].layer;
        if (gan_layer_is_normalised(layer) || (no_dropout && gan_layer_drops_in_sampling(layer))) return false;
    }
    return true;
}

/* The nodes, with what their inputs stand for. */
static gan_status copy_nodes(const gan_model *model, bool no_dropout, gan_model *to)
{
    for (int32_t i = 0; i < model->node_count; i++) {
        const gan_model_node *node = &model->nodes[i];
        gan_layer *layer = gan_layer_copy_folded(node->layer, no_dropout);
        if (gan_model_add_from(to, layer, node->input_count, node->inputs) == GAN_NODE_NONE) return gan_last_status();
        to->nodes[i].input = node->input;
    }
    GAN_TRY(gan_model_set_outputs(to, model->output_count, model->outputs));
    GAN_TRY(gan_model_infer(to));
    return gan_model_allocate(to);
}

/* Without the buffers of spectral normalisation, which are a layer's last tensors, both have the same parameters in
 * the same places. */
static gan_status copy_tensors(const gan_model *model, gan_model *to)
{
    gan_copy(model->context, model->parameter_size, model->parameters, to->parameters);
    for (int32_t i = 0; i < model->node_count; i++) {
        if (gan_layer_is_normalised(model->nodes[i].layer)) GAN_TRY(gan_model_fold_node(model, i, to->parameters));
        for (int k = 0; k < to->nodes[i].tensor_count; k++) {
            const gan_model_tensor *from = &model->tensors[model->nodes[i].first_tensor + k];
            const gan_model_tensor *tensor = &to->tensors[to->nodes[i].first_tensor + k];
            if (tensor->plan.kind == GAN_TENSOR_PARAMETER) continue;
            gan_copy(model->context, from->count, model->buffers + from->offset, to->buffers + tensor->offset);
        }
    }
    return GAN_OK;
}

gan_status gan_model_fold(const gan_model *model, bool no_dropout, gan_model **out)
{
    gan_model *folded = NULL;

    if (is_folded(model, no_dropout)) {
        *out = gan_model_retain((gan_model *)model);
        return GAN_OK;
    }
    GAN_TRY(gan_model_create(model->context, &folded));
    gan_status status = copy_nodes(model, no_dropout, folded);
    if (status == GAN_OK) status = copy_tensors(model, folded);
    if (status != GAN_OK) {
        gan_model_destroy(folded);
        return status;
    }
    *out = folded;
    return GAN_OK;
}
