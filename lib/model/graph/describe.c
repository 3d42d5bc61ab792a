/* A table of a model for people to read. */
#include "model/graph/graph.h"

#include <stdio.h>

/* Text that is cut off at the end of the caller's buffer, but counted in full. */
typedef struct writer {
    char *text;
    size_t size, length;
} writer;

static void __attribute__((format(printf, 2, 3))) write_text(writer *to, const char *format, ...)
{
    const bool has_room = to->length < to->size;
    va_list arguments;
    int written;

    va_start(arguments, format);
    written =
        vsnprintf(has_room ? to->text + to->length : NULL, has_room ? to->size - to->length : 0, format, arguments);
    va_end(arguments);
    if (written > 0) to->length += (size_t)written;
}

static int64_t count_parameters(const gan_model *model, const gan_model_node *node)
{
    int64_t count = 0;

    for (int k = 0; k < node->tensor_count; k++) {
        const gan_model_tensor *tensor = &model->tensors[node->first_tensor + k];
        if (tensor->plan.kind == GAN_TENSOR_PARAMETER) count += tensor->count;
    }
    return count;
}

/* Options that the shape of the output does not show and that are not defaults. */
static void write_options(writer *to, const gan_layer *layer)
{
    const gan_layer_ops *ops = layer->ops;
    char text[GAN_OPTION_TEXT];

    for (int i = 0; i < ops->option_count; i++) {
        const gan_layer_option *option = &ops->options[i];
        if (option->kind == GAN_OPTION_SHAPE || gan_option_is_default(layer, option)) continue;
        write_text(to, "  %s=%s", option->name, gan_option_text(layer, option, text));
    }
}

static void write_role(writer *to, const gan_input_options *input)
{
    if (input->role == GAN_INPUT_ANY) return;
    write_text(to, "  role=%s", gan_input_role_name(input->role));
    if (gan_input_has_noise(input)) write_text(to, "  noise=%s", gan_noise_name(input->noise));
    if (input->classes > 0) write_text(to, "  classes=%lld", (long long)input->classes);
}

static void write_node(writer *to, const gan_model *model, gan_node at)
{
    const gan_model_node *node = &model->nodes[at];
    char shape[GAN_SHAPE_TEXT];

    write_text(to, "%-16s %-18s %-20s %12lld", node->name, node->layer->ops->type,
               gan_shape_text(node->output, shape), (long long)count_parameters(model, node));
    write_options(to, node->layer);
    write_role(to, &node->input);
    /* Inputs are worth mentioning only if they are not the line above. */
    if (node->input_count > 1 || (node->input_count == 1 && node->inputs[0] != at - 1)) {
        for (int k = 0; k < node->input_count; k++) {
            write_text(to, "%s%s", k == 0 ? "  from " : ", ", model->nodes[node->inputs[k]].name);
        }
    }
    write_text(to, "\n");
}

gan_status gan_model_describe(const gan_model *model, char *text, size_t size, size_t *length)
{
    GAN_FLOAT_SCOPE();
    writer to = {text, size, 0};

    GAN_CHECK_NOT_NULL(model);
    if (size > 0) GAN_CHECK_NOT_NULL(text);
    GAN_TRY(gan_model_check_built(model, __func__));
    write_text(&to, "%-16s %-18s %-20s %12s\n", "name", "layer", "output", "parameters");
    for (int32_t i = 0; i < model->node_count; i++) write_node(&to, model, i);
    write_text(&to, "%-16s %-18s %-20s %12lld\n", "total", "", "", (long long)model->parameter_count);
    if (length) *length = to.length;
    return GAN_OK;
}
