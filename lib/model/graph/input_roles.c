/* What the inputs of a model stand for: said by callers, kept by files, read by whoever fills the inputs. */
#include "model/graph/graph.h"

#include <string.h>

static const char *const role_names[] = {[GAN_INPUT_ANY] = "any",
                                         [GAN_INPUT_NOISE] = "noise",
                                         [GAN_INPUT_CLASS] = "class",
                                         [GAN_INPUT_IMAGE] = "image",
                                         [GAN_INPUT_CODE] = "code"};
static const char *const noise_names[] = {[GAN_NOISE_NORMAL] = "normal", [GAN_NOISE_UNIFORM] = "uniform"};

enum { ROLES = sizeof(role_names) / sizeof(*role_names), NOISES = sizeof(noise_names) / sizeof(*noise_names) };

const char *gan_input_role_name(gan_input_role role)
{
    return role_names[role];
}

const char *gan_noise_name(gan_noise noise)
{
    return noise_names[noise];
}

/* ---- Calls -------------------------------------------------------------------------------------------------- */

static gan_status check_index(const gan_model *model, const char *call, int64_t index)
{
    if (index >= 0 && index < model->input_count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the model has %d inputs", call, (long long)index,
                    (int)model->input_count);
}

/* The shape is needed before the model infers its shapes; an input's depends on its layer only. */
static gan_status find_shape(const gan_model *model, const gan_model_node *node, gan_shape *out)
{
    gan_layer_plan plan = {0};

    GAN_TRY(node->layer->ops->infer(node->layer, model->context, NULL, 0, 1, &plan));
    *out = plan.output;
    return GAN_OK;
}

static gan_status check_classes(const gan_input_options *options, gan_shape shape, const char *name)
{
    char text[GAN_SHAPE_TEXT];

    if (options->role != GAN_INPUT_CLASS) {
        if (options->classes == 0) return GAN_OK;
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_input_options: classes is %lld, but %s is not a class",
                        (long long)options->classes, name);
    }
    if (options->classes < 1 || options->classes > GAN_MAX_CLASSES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_input_options: classes is %lld for %s, expected 1 to %lld",
                        (long long)options->classes, name, (long long)GAN_MAX_CLASSES);
    }
    if (gan_shape_equal(shape, GAN_SHAPE(1)) || gan_shape_equal(shape, GAN_SHAPE(options->classes))) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE,
                    "gan_input_options: %s has the shape %s, but a class is a number (1) or one-hot (%lld)", name,
                    gan_shape_text(shape, text), (long long)options->classes);
}

static gan_status check_options(const gan_input_options *options, gan_shape shape, const char *name)
{
    if ((unsigned)options->role >= ROLES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_input_options: role is %d, expected a gan_input_role",
                        (int)options->role);
    }
    if ((unsigned)options->noise >= NOISES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_input_options: noise is %d, expected a gan_noise",
                        (int)options->noise);
    }
    if (options->noise != GAN_NOISE_NORMAL && !gan_input_has_noise(options)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_input_options: noise is set, but %s is neither noise nor a code",
                        name);
    }
    return check_classes(options, shape, name);
}

static gan_status set_input(gan_model *model, int64_t index, const gan_input_options *given)
{
    char name[GAN_NODE_TEXT];
    gan_input_options options;
    gan_shape shape;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_input_options"));
    if (model->status != GAN_OK) return gan_fail(model->status, "%s", model->error);
    GAN_TRY(check_index(model, "gan_model_set_input", index));
    gan_model_node *node = &model->nodes[model->inputs[index]];
    GAN_TRY(find_shape(model, node, &shape));
    GAN_TRY(check_options(&options, shape, gan_model_node_text(model, model->inputs[index], name)));
    node->input = options;
    return GAN_OK;
}

gan_status gan_model_set_input(gan_model *model, int64_t index, const gan_input_options *options)
{
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    status = set_input(model, index, options);
    if (status != GAN_OK && !model->built) gan_model_remember_failure(model, status);
    return status;
}

gan_status gan_model_get_input_info(const gan_model *model, int64_t index, gan_input_info *info)
{
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(info);
    GAN_TRY(check_index(model, __func__, index));
    const gan_model_node *node = &model->nodes[model->inputs[index]];
    gan_input_info known = {
        .name = node->name, .classes = node->input.classes, .role = node->input.role, .noise = node->input.noise};
    GAN_TRY(find_shape(model, node, &known.shape));
    return gan_report_write(info, &known, sizeof(known), "gan_input_info");
}

/* ---- Files -------------------------------------------------------------------------------------------------- */

/* Keys are sorted, here too. */
static void write_role(const gan_input_options *input, gan_json_writer *json)
{
    gan_json_begin_object(json, NULL);
    if (input->role == GAN_INPUT_CLASS) gan_json_write_int(json, "classes", input->classes);
    if (gan_input_has_noise(input)) gan_json_write_text(json, "noise", gan_noise_name(input->noise));
    if (input->role != GAN_INPUT_ANY) gan_json_write_text(json, "role", gan_input_role_name(input->role));
    gan_json_end_object(json);
}

static bool has_roles(const gan_model *model)
{
    for (int32_t k = 0; k < model->input_count; k++) {
        if (model->nodes[model->inputs[k]].input.role != GAN_INPUT_ANY) return true;
    }
    return false;
}

void gan_model_write_roles(const gan_model *model, gan_json_writer *json)
{
    if (!has_roles(model)) return;
    gan_json_begin_array(json, "inputs");
    for (int32_t k = 0; k < model->input_count; k++) write_role(&model->nodes[model->inputs[k]].input, json);
    gan_json_end_array(json);
}

/* The number of the name that a member has. */
static gan_status read_name(const gan_json *json, const char *key, const char *const *names, int count, int *out)
{
    const char *text = gan_json_get_text(gan_json_get(json, key));

    if (!text) return gan_fail(GAN_ERROR_FORMAT, "it needs a string '%s'", key);
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *out = i;
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan %s has no %s '%.64s'", gan_version_text(), key, text);
}

static gan_status read_role(gan_model *model, int64_t index, const gan_json *json)
{
    gan_input_options options = {.struct_size = sizeof(options)};
    int role = GAN_INPUT_ANY, noise = GAN_NOISE_NORMAL;

    if (!gan_json_is_object(json)) return gan_fail(GAN_ERROR_FORMAT, "it is not an object");
    if (gan_json_get(json, "role")) GAN_TRY(read_name(json, "role", role_names, ROLES, &role));
    options.role = (gan_input_role)role;
    if (gan_input_has_noise(&options)) GAN_TRY(read_name(json, "noise", noise_names, NOISES, &noise));
    options.noise = (gan_noise)noise;
    if (role == GAN_INPUT_CLASS && !gan_json_get_int(gan_json_get(json, "classes"), &options.classes)) {
        return gan_fail(GAN_ERROR_FORMAT, "it needs a whole number 'classes'");
    }
    return gan_model_set_input(model, index, &options);
}

gan_status gan_model_read_roles(gan_model *model, const gan_json *root)
{
    const gan_json *list = gan_json_get(root, "inputs");

    if (!list) return GAN_OK;
    if (!gan_json_is_array(list) || gan_json_size(list) != model->input_count) {
        return gan_fail(GAN_ERROR_FORMAT, "its 'inputs' are not a list of %d object%s, one for each input",
                        (int)model->input_count, gan_plural(model->input_count));
    }
    const gan_json *role = NULL;
    for (int32_t k = 0; k < model->input_count; k++) {
        role = gan_json_next(list, role);
        gan_status status = read_role(model, k, role);
        if (status != GAN_OK) return gan_fail(status, "input %d: %s", (int)k, gan_last_error());
    }
    return GAN_OK;
}
