/* ONNX files as models: those that libgan wrote as they were, all others by their operators. */
#include "onnx/read/read.h"
#include "onnx/operators/operators.h"

/* ---- Names ---------------------------------------------------------------------------------------------------- */

static const char *name_of(const void *values, uint32_t number)
{
    return ((const gan_import_value *)values)[number].name;
}

static bool is_initializer(const gan_import_file *file, const gan_names *names, const char *name)
{
    const int64_t found = gan_names_find(names, name);
    return found >= 0 && found < file->initializer_count;
}

static void add_value(gan_import *import, const char *name)
{
    import->values[import->value_count].name = name;
    gan_names_add(&import->names, (uint32_t)import->value_count++);
}

/* Inputs that are not initializers too, as they may be up to IR version 3. */
static void add_inputs(gan_import *import)
{
    gan_names initializers = import->names;

    gan_names_sort(&initializers);
    for (int64_t i = 0; i < import->file->input_count; i++) {
        if (!is_initializer(import->file, &initializers, import->file->inputs[i].name))
            add_value(import, import->file->inputs[i].name);
    }
}

static gan_status list_values(gan_import *import)
{
    const gan_import_file *file = import->file;
    int64_t most = file->initializer_count + file->input_count;

    for (int64_t i = 0; i < file->node_count; i++) most += file->nodes[i].output_count;
    if (most > UINT32_MAX) return gan_fail(GAN_ERROR_OVERFLOW, "the graph has too many values");
    import->values = gan_import_allocate(import->memory, most, sizeof(*import->values));
    gan_name *rows = gan_import_allocate(import->memory, most, sizeof(*rows));
    if (!import->values || !rows) return gan_last_status();
    import->names = (gan_names){name_of, import->values, rows, 0};
    for (int64_t i = 0; i < file->initializer_count; i++) {
        import->values[i].kind = GAN_IMPORT_CONSTANT;
        import->values[i].tensor = &file->initializers[i];
        add_value(import, file->initializers[i].name);
    }
    add_inputs(import);
    for (int64_t i = 0; i < file->node_count; i++) {
        for (int64_t k = 0; k < file->nodes[i].output_count; k++) {
            if (file->nodes[i].output_names[k][0]) add_value(import, file->nodes[i].output_names[k]);
        }
    }
    const char *twice = gan_names_sort(&import->names);
    if (twice) return gan_fail(GAN_ERROR_FORMAT, "two values of the graph are called '%.64s'", twice);
    return GAN_OK;
}

/* ---- Inputs --------------------------------------------------------------------------------------------------- */

static const gan_named_shape *given_input(const gan_import *import, const char *name)
{
    for (int64_t i = 0; i < import->options->input_count; i++) {
        if (strcmp(import->options->inputs[i].name, name) == 0) return &import->options->inputs[i];
    }
    return NULL;
}

/* The batch is the first dimension: free, or of one size in all inputs. */
static gan_status read_batch(gan_import *import, const gan_import_port *port)
{
    const int64_t batch = port->dims[0];

    if (!port->has_shape || port->rank == 0 || batch == 0) return GAN_OK;
    if (import->batch != 0 && import->batch != batch) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "input '%.64s' has a batch of %lld, another one %lld", port->name,
                        (long long)batch, (long long)import->batch);
    }
    import->batch = batch;
    return GAN_OK;
}

static gan_status input_shape(const gan_import *import, const gan_import_port *port, gan_shape *out)
{
    const gan_named_shape *given = given_input(import, port->name);

    *out = (gan_shape){.rank = 0};
    if (given) {
        *out = given->shape;
        return gan_shape_check(given->shape, "an input");
    }
    if (!port->has_shape || port->rank == 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "input '%.64s' has no shape with a batch; give that of a sample in the "
                        "options",
                        port->name);
    }
    if (port->rank - 1 > GAN_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "input '%.64s' has %d dimensions, expected at most %d", port->name,
                        port->rank, GAN_MAX_RANK + 1);
    }
    for (int i = 1; i < port->rank; i++) {
        if (port->dims[i] == 0) {
            return gan_fail(GAN_ERROR_UNSUPPORTED,
                            "dimension %d of input '%.64s' is free or 0; give the shape of a "
                            "sample in the options",
                            i, port->name);
        }
        if (port->dims[i] > INT32_MAX) {
            return gan_fail(GAN_ERROR_UNSUPPORTED, "dimension %d of input '%.64s' is %lld", i, port->name,
                            (long long)port->dims[i]);
        }
        out->dims[out->rank++] = port->dims[i];
    }
    return GAN_OK;
}

static gan_status add_input(gan_import *import, const gan_import_port *port)
{
    gan_import_value *value = &import->values[gan_names_find(&import->names, port->name)];
    gan_shape shape;

    if (value->kind == GAN_IMPORT_CONSTANT) return GAN_OK;
    GAN_TRY(read_batch(import, port));
    GAN_TRY(input_shape(import, port, &shape));
    if (!gan_import_is_float(port->type) && !gan_import_is_integer(port->type)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "input '%.64s' has the data type %s, expected floats or classes",
                        port->name, gan_import_type_name(port->type));
    }
    GAN_TRY(gan_import_emit(import, NULL, gan_layer_input(import->context, shape.rank > 0 ? shape : GAN_SHAPE(1)), 0,
                            NULL, value));
    value->shape = shape;
    gan_import_step *step = &import->steps[import->step_count - 1];
    step->name = port->name;
    step->type = port->type;
    step->role = gan_import_role(import->file, port->name, shape);
    return GAN_OK;
}

/* Whether the file has the inputs that the options name, with their shapes where it says any. */
static gan_status check_options(const gan_import_file *file, const gan_load_onnx_options *options)
{
    for (int64_t i = 0; i < options->input_count; i++) {
        const gan_named_shape *wanted = &options->inputs[i];
        const gan_import_port *port = NULL;
        char text[GAN_SHAPE_TEXT];
        for (int64_t k = 0; k < file->input_count && !port; k++)
            if (strcmp(file->inputs[k].name, wanted->name) == 0) port = &file->inputs[k];
        if (!port) {
            return gan_fail(GAN_ERROR_NOT_FOUND, "the graph has no input '%.64s', which the options name",
                            wanted->name);
        }
        bool fits = !port->has_shape || port->rank == 0 || port->rank == wanted->shape.rank + 1;
        for (int d = 1; fits && port->has_shape && d < port->rank; d++)
            fits = port->dims[d] == 0 || port->dims[d] == wanted->shape.dims[d - 1];
        if (!fits) {
            return gan_fail(GAN_ERROR_SHAPE, "input '%.64s' has another shape than %s, which the options give",
                            wanted->name, gan_shape_text(wanted->shape, text));
        }
    }
    return GAN_OK;
}

static gan_status add_all_inputs(gan_import *import)
{
    for (int64_t i = 0; i < import->file->input_count; i++) GAN_TRY(add_input(import, &import->file->inputs[i]));
    return GAN_OK;
}

/* ---- Nodes ---------------------------------------------------------------------------------------------------- */

/* Whether a text has a word, among others with spaces between. */
static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = words; length > 0 && (at = strstr(at, word)); at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == 0 || at[length] == ' ')) return true;
    }
    return false;
}

static gan_status check_attributes(const gan_import_node *node, const gan_import_operator *row)
{
    for (int64_t i = 0; i < node->attribute_count; i++) {
        if (has_word(row->attributes, node->attributes[i].name)) continue;
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute '%.64s' is not supported", node->attributes[i].name);
    }
    return GAN_OK;
}

/* Finds the values that a node reads and writes. */
static gan_status connect(gan_import *import, gan_import_node *node, bool *is_constant)
{
    *is_constant = true;
    for (int64_t k = 0; k < node->input_count; k++) {
        if (!node->input_names[k][0]) continue;
        const int64_t found = gan_names_find(&import->names, node->input_names[k]);
        if (found < 0 || import->values[found].kind == GAN_IMPORT_UNKNOWN) {
            return gan_fail(GAN_ERROR_FORMAT, "its input '%.64s' is computed by no node before it",
                            node->input_names[k]);
        }
        node->in[k] = &import->values[found];
        if (node->in[k]->kind != GAN_IMPORT_CONSTANT) *is_constant = false;
    }
    for (int64_t k = 0; k < node->output_count; k++) {
        if (node->output_names[k][0])
            node->out[k] = &import->values[gan_names_find(&import->names, node->output_names[k])];
    }
    if (node->output_count > 0 && node->out[0]) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "it has no output");
}

static gan_status import_node(gan_import *import, gan_import_node *node)
{
    bool is_constant = false;

    if (node->domain[0] && strcmp(node->domain, "ai.onnx") != 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its operator is of the domain '%.64s', expected ONNX's own",
                        node->domain);
    }
    const gan_import_operator *row = gan_import_operator_find(node->type);
    if (!row) return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan has no layer for this operator");
    GAN_TRY(check_attributes(node, row));
    GAN_TRY(connect(import, node, &is_constant));
    for (int64_t k = 0; k < node->input_count && !row->moves_only; k++) {
        if (node->in[k]) GAN_TRY(gan_import_no_rounding(node->in[k]));
    }
    if (is_constant && row->fold) return row->fold(import, node);
    if (row->apply) return row->apply(import, node);
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its inputs are computed, expected constants");
}

static gan_status import_all(gan_import *import)
{
    const int64_t opset = import->file->opset;

    if (opset < GAN_IMPORT_OLDEST_OPSET || opset > GAN_IMPORT_NEWEST_OPSET) {
        return gan_fail(opset > GAN_IMPORT_NEWEST_OPSET ? GAN_ERROR_VERSION : GAN_ERROR_UNSUPPORTED,
                        "its operators are of opset %lld; libgan %s imports opsets %d to %d", (long long)opset,
                        gan_version_text(), GAN_IMPORT_OLDEST_OPSET, GAN_IMPORT_NEWEST_OPSET);
    }
    GAN_TRY(list_values(import));
    GAN_TRY(add_all_inputs(import));
    for (int64_t i = 0; i < import->file->node_count; i++) {
        gan_import_node *node = &import->file->nodes[i];
        gan_status status = import_node(import, node);
        /* What found no memory may have been taken for a constant that is not as expected. */
        if (import->memory->failed != GAN_OK) status = gan_import_memory_status(import->memory);
        if (status == GAN_OK) continue;
        return gan_import_node_fail(node, status);
    }
    return GAN_OK;
}

static gan_status import_graph(gan_context *context, gan_import_file *file, const gan_load_onnx_options *options,
                               gan_model **out)
{
    gan_import import = {.context = context, .memory = &file->memory, .file = file, .options = options};

    gan_status status = import_all(&import);
    if (status == GAN_OK) status = gan_import_build(&import, out);
    for (int64_t i = 0; i < import.step_count; i++) gan_layer_destroy(import.steps[i].layer);
    gan_release(context, import.steps, (size_t)import.step_capacity * sizeof(*import.steps));
    return status;
}

/* ---- The API -------------------------------------------------------------------------------------------------- */

/* What would be a caller's error in a description is the file's fault here. */
static gan_status status_of_file(gan_status status)
{
    switch (status) {
    case GAN_ERROR_NULL:
    case GAN_ERROR_ARGUMENT:
    case GAN_ERROR_SHAPE:
    case GAN_ERROR_NOT_FINITE:
    case GAN_ERROR_GRAPH: return GAN_ERROR_UNSUPPORTED;
    default: return status;
    }
}

static gan_status load(gan_context *context, gan_origin from, const gan_load_onnx_options *options, gan_model **out)
{
    gan_import_file file;

    GAN_TRY(gan_import_file_open(context, from, &file));
    gan_model *model = NULL;
    gan_status status = check_options(&file, options);
    if (status == GAN_OK) status = gan_import_own(context, &file, &model);
    if (status == GAN_OK && !model) status = import_graph(context, &file, options, &model);
    if (status == GAN_OK) {
        *out = model;
    } else {
        status = status_of_file(status);
        gan_fail(status, "%.200s: %s", file.from.name, gan_last_error());
    }
    gan_import_file_close(&file);
    return status;
}

static gan_status options_read(const gan_load_onnx_options *given, const char *function, gan_load_onnx_options *out)
{
    GAN_TRY(gan_options_read(out, sizeof(*out), given, "gan_load_onnx_options"));
    if (out->input_count < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: input_count is %lld, expected at least 0", function,
                        (long long)out->input_count);
    }
    if (out->input_count > 0 && !out->inputs) return gan_fail(GAN_ERROR_NULL, "%s: inputs is NULL", function);
    for (int64_t i = 0; i < out->input_count; i++) {
        if (!out->inputs[i].name)
            return gan_fail(GAN_ERROR_NULL, "%s: inputs[%lld].name is NULL", function, (long long)i);
        GAN_TRY(gan_shape_check(out->inputs[i].shape, "the shape of an input"));
    }
    return GAN_OK;
}

gan_status gan_model_load_onnx(gan_context *context, const char *path, const gan_load_onnx_options *given,
                               gan_model **out)
{
    GAN_FLOAT_SCOPE();
    gan_load_onnx_options options;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(options_read(given, __func__, &options));
    return load(context, (gan_origin){.path = path}, &options, out);
}

gan_status gan_model_load_onnx_from(gan_context *context, gan_reader reader, const gan_load_onnx_options *given,
                                    gan_model **out)
{
    GAN_FLOAT_SCOPE();
    gan_load_onnx_options options;

    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_reader_check(reader, __func__));
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(options_read(given, __func__, &options));
    return load(context, (gan_origin){.reader = reader}, &options, out);
}
