/* How each layer took the last update of its model. */
#include "train/train.h"

static const gan_model *model_of(const gan_trainer *trainer, gan_role role)
{
    if (role == GAN_ROLE_GENERATOR) return trainer->generator.model;
    return role == GAN_ROLE_DISCRIMINATOR ? trainer->discriminator.model : NULL;
}

static bool has_parameters(const gan_model *model, const gan_model_node *node)
{
    for (int i = 0; i < node->tensor_count; i++) {
        if (model->tensors[node->first_tensor + i].plan.kind == GAN_TENSOR_PARAMETER) return true;
    }
    return false;
}

/* Layer `index` of those with parameters, or NULL; *count gets how many there are up to it. */
static const gan_model_node *find_layer(const gan_model *model, int64_t index, int64_t *count)
{
    *count = 0;
    for (int32_t i = 0; i < model->node_count; i++) {
        if (!has_parameters(model, &model->nodes[i])) continue;
        if ((*count)++ == index) return &model->nodes[i];
    }
    return NULL;
}

int64_t gan_trainer_layer_count(const gan_trainer *trainer, gan_role role)
{
    int64_t count = 0;
    if (trainer && model_of(trainer, role)) find_layer(model_of(trainer, role), -1, &count);
    return count;
}

static gan_layer_report measure_layer(const gan_model *model, const gan_model_node *node)
{
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

gan_status gan_trainer_get_layer_report(const gan_trainer *trainer, gan_role role, int64_t index,
                                        gan_layer_report *out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = model_of(trainer, role);
    int64_t count;
    if (!model) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: role is %d, expected a gan_role", __func__, (int)role);
    }
    const gan_model_node *node = find_layer(model, index, &count);
    if (!node) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the %s has %lld layers with parameters", __func__,
                        (long long)index, role == GAN_ROLE_GENERATOR ? "generator" : "discriminator",
                        (long long)count);
    }
    if (!trainer->monitor.stepped) {
        return gan_fail(GAN_ERROR_STATE, "%s: the trainer has made no step yet", __func__);
    }
    const gan_layer_report report = measure_layer(model, node);
    return gan_report_write(out, &report, sizeof(report), "gan_layer_report");
}
