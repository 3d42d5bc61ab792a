/* The table of what writes each kind of layer. */
#include "onnx/write/write.h"

/* The build fails if a kind has no function. */
#define ROW(kind) {#kind, gan_onnx_write_##kind},
static const struct {
    const char *type;
    gan_status (*write)(gan_onnx_graph_writer *w);
} rows[] = {GAN_LAYER_KINDS(ROW)};

/* Kinds whose operators came after the oldest opset. */
static const struct {
    const char *type;
    int64_t opset;
} newer[] = {{"gelu", 20}};

int64_t gan_onnx_least_opset(const gan_model *model, gan_node *of)
{
    int64_t least = GAN_ONNX_OLDEST_OPSET;
    *of = GAN_NODE_NONE;
    for (gan_node n = 0; n < model->node_count; n++) {
        for (size_t i = 0; i < sizeof(newer) / sizeof(*newer); i++) {
            if (newer[i].opset <= least || strcmp(newer[i].type, model->nodes[n].layer->ops->type) != 0) continue;
            least = newer[i].opset;
            *of = n;
        }
    }
    return least;
}

static gan_status write_layer(gan_onnx_graph_writer *w)
{
    const char *type = gan_onnx_layer(w)->layer->ops->type;
    size_t i = 0;
    while (strcmp(rows[i].type, type) != 0) i++;
    GAN_TRY(rows[i].write(w));
    return w->nodes.status != GAN_OK ? w->nodes.status : w->constants.status;
}

gan_status gan_onnx_write_layers(gan_onnx_graph_writer *w)
{
    for (w->node = 0; w->node < w->model->node_count; w->node++) {
        w->values = 0;
        const gan_status status = write_layer(w);
        if (status != GAN_OK) return gan_model_node_fail(w->model, w->node, status);
    }
    return GAN_OK;
}
