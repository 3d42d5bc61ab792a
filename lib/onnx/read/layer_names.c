/* What layers are called: so that gan_model_load_weights() finds the names of PyTorch's state_dict where the file
 * keeps them, and only where the weights are those of the state_dict. Inputs have their own names; a layer that of a
 * tensor, "NAME.weight" as "NAME"; normalisations and PReLU that of their module, also where the exporter has
 * reshaped their tensors; so do layers that the exporter says are PyTorch's own. All others are called as their
 * nodes. */
#include "onnx/read/read.h"

#include <stdio.h>

typedef enum origin { BY_TENSOR, BY_MODULE, BY_NODE, ORIGINS } origin;

/* What a layer may be called: the end of a long name, "/a/b" as "a.b", other characters as '_'. */
static void clean_name(const char *from, size_t length, char out[GAN_NAME_LIMIT + 1])
{
    while (length > 0 && (*from == '/' || *from == '.')) from++, length--;
    if (length > GAN_NAME_LIMIT - 12) {
        from += length - (GAN_NAME_LIMIT - 12);
        length = GAN_NAME_LIMIT - 12;
    }
    for (size_t i = 0; i < length; i++) {
        const char c = from[i];
        out[i] = (char)(c == '/' ? '.' : c > ' ' && c < 127 ? c : '_');
    }
    out[length] = 0;
}

static bool is_vector_layer(const gan_import_step *step)
{
    static const char *const types[] = {"prelu", "batch_norm", "instance_norm", "layer_norm", "group_norm"};

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (strcmp(step->layer->ops->type, types[i]) == 0) return true;
    return false;
}

/* Of a layer that has a matrix this is the one that counts: an exporter may have scaled it, and kept the bias. */
static bool by_tensor(const gan_import_step *step, char out[GAN_NAME_LIMIT + 1])
{
    const int count = is_vector_layer(step) || step->weight_count == 0 ? step->weight_count : 1;

    for (int i = 0; i < count; i++) {
        const gan_import_weight *weight = &step->weights[i];
        const size_t tail = strlen(weight->name), length = strlen(weight->tensor->name);
        const char *end = weight->tensor->name + length;
        if (weight->tensor->is_computed) return false;
        if (length < tail + 2 || end[-(ptrdiff_t)tail - 1] != '.' || strcmp(end - tail, weight->name) != 0) continue;
        clean_name(weight->tensor->name, length - tail - 1, out);
        return out[0] != 0;
    }
    return false;
}

/* The last but one of the texts of a list as Python prints it, ['', 'main.0', 'conv2d']; NULL if it has fewer. */
static const char *last_but_one(const char *list, size_t *length)
{
    const char *at = list, *found[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};

    while ((at = strchr(at, '\''))) {
        const char *end = strchr(++at, '\'');
        if (!end) break;
        found[0] = found[1];
        lengths[0] = lengths[1];
        found[1] = at;
        lengths[1] = (size_t)(end - at);
        at = end + 1;
    }
    *length = lengths[0];
    return found[0];
}

/* Whether the node belongs to one of PyTorch's own modules, which multiply by their weights as they are. */
static bool is_of_pytorch(const gan_import_node *node)
{
    static const char start[] = "torch.nn.modules.";
    size_t length = 0;
    const char *class = last_but_one(node->classes, &length);

    return class && length > sizeof(start) - 1 && strncmp(class, start, sizeof(start) - 1) == 0;
}

/* "/layer1/layer1.0/conv1/Conv", where each part is a module's name in its parent, or that of a sequence and a
 * number: "layer1.0.conv1". */
static bool module_of_path(const char *path, char out[GAN_NAME_LIMIT + 1])
{
    char name[2 * GAN_NAME_LIMIT] = "";
    size_t size = 0, last = 0, last_length = 0;

    if (path[0] != '/') return false;
    for (const char *at = path + 1, *end = strchr(at, '/'); end; at = end + 1, end = strchr(at, '/')) {
        const size_t length = (size_t)(end - at);
        const bool is_number_of =
            size > 0 && length > last_length && strncmp(at, name + last, last_length) == 0 && at[last_length] == '.';
        if (is_number_of) size = last;
        if (length == 0 || size + length + 1 >= sizeof(name)) return false;
        if (size > 0 && !is_number_of) name[size++] = '.';
        last = size;
        last_length = length;
        memcpy(name + size, at, length);
        size += length;
    }
    clean_name(name, size, out);
    return out[0] != 0;
}

static bool by_module(const gan_import_step *step, char out[GAN_NAME_LIMIT + 1])
{
    size_t length = 0;

    for (int i = 0; i < step->weight_count; i++)
        if (step->weights[i].tensor->is_computed) return false;
    if (step->weight_count == 0 || strcmp(step->layer->ops->type, "constant") == 0) return false;
    if (!is_of_pytorch(step->from))
        return is_vector_layer(step) && !step->from->classes[0] && module_of_path(step->from->name, out);
    const char *scope = last_but_one(step->from->scopes, &length);
    if (!scope) return false;
    clean_name(scope, length, out);
    return out[0] != 0;
}

/* A constant is called as it is in the file, if it has a name that somebody gave it. */
static void by_node(const gan_import_step *step, char out[GAN_NAME_LIMIT + 1])
{
    const gan_import_tensor *constant =
        strcmp(step->layer->ops->type, "constant") == 0 && step->weight_count > 0 ? step->weights[0].tensor : NULL;
    const char *name = step->from->name[0] ? step->from->name : step->from->output_names[0];

    if (constant && constant->name[0] && !constant->is_computed && !strpbrk(constant->name, "/:"))
        name = constant->name;

    clean_name(name, strlen(name), out);
    if (out[0] == 0) snprintf(out, GAN_NAME_LIMIT + 1, "layer");
}

/* Whether "LAYER.TENSOR" of a step is a name. */
static bool is_tensor_name(const gan_import_step *step, const char *layer, const char *name)
{
    const size_t length = strlen(layer);

    if (strncmp(name, layer, length) != 0 || name[length] != '.') return false;
    for (int i = 0; i < step->weight_count; i++)
        if (strcmp(name + length + 1, step->weights[i].name) == 0) return true;
    return false;
}

/* Layers and their tensors have names in one space, as ONNX wants it. */
static bool is_taken(const gan_import *import, const gan_import_step *step, const char *name)
{
    for (int64_t i = 0; i < import->step_count; i++) {
        const gan_import_step *other = &import->steps[i];
        if (!other->layer_name) continue;
        if (strcmp(other->layer_name, name) == 0 || is_tensor_name(other, other->layer_name, name) ||
            is_tensor_name(step, name, other->layer_name))
            return true;
    }
    return false;
}

/* A name that is taken gets the step's number behind it, or the next one that none has. */
static gan_status give_name(gan_import *import, int64_t number, const char *wish)
{
    gan_import_step *step = &import->steps[number];
    char *name = gan_import_allocate(import->memory, GAN_NAME_LIMIT + 1, 1);

    if (!name) return gan_last_status();
    snprintf(name, GAN_NAME_LIMIT + 1, "%s", wish);
    while (is_taken(import, step, name)) {
        if (import->next_suffix < number) import->next_suffix = number;
        snprintf(name, GAN_NAME_LIMIT + 1, "%.50s_%d", wish, (int)import->next_suffix++);
    }
    step->layer_name = name;
    return GAN_OK;
}

static gan_status name_by(gan_import *import, origin by, int64_t number)
{
    const gan_import_step *step = &import->steps[number];
    char wish[GAN_NAME_LIMIT + 1] = "";

    if (!step->from) {
        clean_name(step->name, strlen(step->name), wish);
        return give_name(import, number, wish[0] ? wish : "layer");
    }
    if (by == BY_TENSOR && !by_tensor(step, wish)) return GAN_OK;
    if (by == BY_MODULE && (!by_module(step, wish) || is_taken(import, step, wish))) return GAN_OK;
    if (by == BY_NODE) by_node(step, wish);
    return give_name(import, number, wish);
}

gan_status gan_import_name_layers(gan_import *import)
{
    int64_t count = 0;

    for (int64_t i = 0; i < import->step_count; i++) count += import->steps[i].is_needed;
    if (count > GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_OVERFLOW, "the graph needs %lld layers; the limit is %d", (long long)count,
                        GAN_MODEL_NODES);
    }
    for (origin by = 0; by < ORIGINS; by++) {
        for (int64_t i = 0; i < import->step_count; i++) {
            const gan_import_step *step = &import->steps[i];
            if (step->is_needed && !step->layer_name) GAN_TRY(name_by(import, by, i));
        }
    }
    return GAN_OK;
}
