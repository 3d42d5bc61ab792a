/* How each layer took its model's last update. */
#include "train/diagnosis/diagnosis.h"

static bool has_parameters(const gan_model *model, const gan_model_node *node)
{
    for (int i = 0; i < node->tensor_count; i++) {
        if (model->tensors[node->first_tensor + i].plan.kind == GAN_TENSOR_PARAMETER) return true;
    }
    return false;
}

/* Number `index` of the layers with parameters, or NULL; *count gets their number up to it. */
static const gan_model_node *find_layer(const gan_model *model, int64_t index, int64_t *count)
{
    *count = 0;
    for (int32_t i = 0; i < model->node_count; i++) {
        if (!has_parameters(model, &model->nodes[i])) continue;
        if ((*count)++ == index) return &model->nodes[i];
    }
    return NULL;
}

int64_t gan_layer_report_count(const gan_model *model)
{
    int64_t count;
    find_layer(model, -1, &count);
    return count;
}

gan_layer_report gan_layer_report_measure(const gan_model *model, int64_t index)
{
    int64_t count;
    const gan_model_node *node = find_layer(model, index, &count);
    GAN_INVARIANT(node != NULL); /* the callers check the index */
    double weight = 0, gradient = 0, change = 0;
    for (int i = 0; i < node->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[node->first_tensor + i];
        const int64_t at = tensor->offset;
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
        weight += gan_sum_of_squares(model->context, tensor->count, model->parameters + at);
        gradient += gan_sum_of_squares(model->context, tensor->count, model->gradients + at);
        change += gan_squared_distance(model->context, tensor->count, model->parameters + at, model->previous + at);
    }
    gan_layer_report report = GAN_LAYER_REPORT_INIT;
    report.name = node->name;
    report.weight_norm = sqrt(weight);
    report.gradient_norm = sqrt(gradient);
    report.update_ratio = change > 0 ? sqrt(change / weight) : 0;
    return report;
}
