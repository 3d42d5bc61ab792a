/* What makes two architectures different, for messages. */
#include "model/architecture/architecture.h"
#include "model/graph/graph.h"

#include <stdio.h>
#include <string.h>

/* Whether two layers of one kind have an option with different values, which is told. */
static bool tell_option(const gan_model *model, gan_node i, const gan_layer *in_file, const gan_layer *here,
                        char text[GAN_SENTENCE])
{
    char node[GAN_NODE_TEXT], first[GAN_OPTION_TEXT], second[GAN_OPTION_TEXT];
    for (int k = 0; k < here->ops->option_count; k++) {
        const gan_layer_option *option = &here->ops->options[k];
        const char *a = gan_option_text(in_file, option, first), *b = gan_option_text(here, option, second);
        if (strcmp(a, b) == 0) continue;
        snprintf(text, GAN_SENTENCE, "%s of %s is %s there, and %s here", option->name,
                 gan_model_node_text(model, i, node), a, b);
        return true;
    }
    return false;
}

static bool tell_node(const gan_model *in_file, const gan_model *here, gan_node i, char text[GAN_SENTENCE])
{
    const gan_model_node *a = &in_file->nodes[i], *b = &here->nodes[i];
    const char *a_name = a->layer->name ? a->layer->name : "", *b_name = b->layer->name ? b->layer->name : "";
    char node[GAN_NODE_TEXT];
    if (a->layer->ops != b->layer->ops) {
        snprintf(text, GAN_SENTENCE, "%s is %s there", gan_model_node_text(here, i, node), a->layer->ops->type);
        return true;
    }
    if (tell_option(here, i, a->layer, b->layer, text)) return true;
    if (strcmp(a_name, b_name) != 0) {
        snprintf(text, GAN_SENTENCE, "%s is called '%s' there", gan_model_node_text(here, i, node), a->name);
        return true;
    }
    int same = 0;
    while (same < a->input_count && same < b->input_count && a->inputs[same] == b->inputs[same]) same++;
    if (same == a->input_count && same == b->input_count) return false;
    snprintf(text, GAN_SENTENCE, "%s reads other layers there", gan_model_node_text(here, i, node));
    return true;
}

static void tell(const gan_model *in_file, const gan_model *here, char text[GAN_SENTENCE])
{
    for (gan_node i = 0; i < in_file->node_count && i < here->node_count; i++) {
        if (tell_node(in_file, here, i, text)) return;
    }
    if (in_file->node_count != here->node_count) {
        snprintf(text, GAN_SENTENCE, "it has %d layers, inputs included, and %d here", (int)in_file->node_count,
                 (int)here->node_count);
    } else {
        snprintf(text, GAN_SENTENCE, "its outputs are others");
    }
}

gan_status gan_model_tell_difference(gan_context *context, const char *in_file, const char *here,
                                     char out[GAN_SENTENCE])
{
    gan_model *a = NULL, *b = NULL;
    gan_status status = gan_model_read_architecture(context, in_file, &a);
    if (status == GAN_OK) status = gan_model_read_architecture(context, here, &b);
    if (status == GAN_OK) tell(a, b, out);
    gan_model_destroy(a);
    gan_model_destroy(b);
    return status;
}
