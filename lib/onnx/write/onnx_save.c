/* A model as an ONNX file. All but the initializers' values is made in memory before the first byte is written; the
 * values follow one tensor at a time. Fields are in the order of their numbers, so that the bytes are those that
 * protobuf itself would write. */
#include "onnx/write/write.h"

#include <stdio.h>

typedef struct saver {
    const gan_model *model; /* without spectral norm */
    gan_context *context;
    gan_onnx_graph_writer graph;
    gan_wire title;              /* GraphProto.name */
    gan_wire border;             /* GraphProto.input and .output */
    gan_wire head, tail;         /* of ModelProto, around the graph; the tail ends with the fingerprint */
    gan_wire tensor, tensor_key; /* of one initializer: the message up to its values, and its head */
    float *values;               /* of the largest tensor */
    int64_t most;
    gan_writable to;
    uint64_t fingerprint, metadata; /* of the graph and of the entries so far */
} saver;

static gan_wire *wire_at(saver *s, int i)
{
    gan_wire *const wires[] = {&s->graph.nodes, &s->graph.constants, &s->title,     &s->border, &s->head,
                               &s->tail,        &s->tensor,          &s->tensor_key};
    return wires[i];
}
enum { WIRES = 8 };

static void create(saver *s, const gan_model *model, int64_t opset)
{
    *s = (saver){.model = model,
                 .context = model->context,
                 .graph = {.model = model, .opset = opset},
                 .fingerprint = GAN_HASH_START,
                 .metadata = GAN_HASH_START};
    for (int i = 0; i < WIRES; i++) wire_at(s, i)->context = model->context;
}

static void release(saver *s)
{
    for (int i = 0; i < WIRES; i++) gan_wire_release(wire_at(s, i));
    gan_release(s->context, s->values, (size_t)s->most * sizeof(*s->values));
}

static gan_status check_wires(saver *s)
{
    for (int i = 0; i < WIRES; i++) GAN_TRY(wire_at(s, i)->status);
    return GAN_OK;
}

/* ---- Names ---------------------------------------------------------------------------------------------------- */

static const char *tensor_name(const void *of, uint32_t number)
{
    return ((const gan_model_tensor *)of)[number].name;
}

/* Layers and tensors have names of their own, but ONNX has one space for both. */
static gan_status check_border_names(const gan_model *model, const gan_names *names, const gan_node *nodes,
                                     int32_t count)
{
    for (int32_t k = 0; k < count; k++) {
        const gan_model_node *node = &model->nodes[nodes[k]];
        if (gan_names_find(names, node->name) < 0) continue;
        gan_fail(GAN_ERROR_UNSUPPORTED, "a tensor of the model has the same name, and in ONNX names are unique");
        return gan_model_node_fail(model, nodes[k], GAN_ERROR_UNSUPPORTED);
    }
    return GAN_OK;
}

static gan_status check_names(const gan_model *model)
{
    gan_names names = {tensor_name, model->tensors, NULL, 0};
    names.rows = gan_allocate_array(model->context, model->tensor_count, sizeof(*names.rows));
    if (!names.rows) return GAN_ERROR_MEMORY;
    for (int32_t i = 0; i < model->tensor_count; i++) gan_names_add(&names, (uint32_t)i);
    gan_names_sort(&names);
    gan_status status = check_border_names(model, &names, model->inputs, model->input_count);
    if (status == GAN_OK) status = check_border_names(model, &names, model->outputs, model->output_count);
    gan_release(model->context, names.rows, (size_t)model->tensor_count * sizeof(*names.rows));
    return status;
}

/* ---- In memory ------------------------------------------------------------------------------------------------ */

static void write_dimension(gan_wire *wire, int64_t size)
{
    const int64_t begin = gan_wire_begin(wire, GAN_ONNX_SHAPE_DIM);
    if (size > 0) {
        gan_wire_write_int(wire, GAN_ONNX_DIMENSION_VALUE, size);
    } else {
        gan_wire_write_text(wire, GAN_ONNX_DIMENSION_PARAMETER, "batch");
    }
    gan_wire_end(wire, begin);
}

/* An input or an output: floats, of which the batch is free. */
static void write_border(saver *s, int field, gan_node node)
{
    gan_wire *wire = &s->border;
    const gan_shape shape = s->model->nodes[node].output;
    const int64_t info = gan_wire_begin(wire, field);
    gan_wire_write_text(wire, GAN_ONNX_VALUE_INFO_NAME, gan_onnx_output_of(s->model, node).name);
    const int64_t type = gan_wire_begin(wire, GAN_ONNX_VALUE_INFO_TYPE);
    const int64_t tensor = gan_wire_begin(wire, GAN_ONNX_TYPE_TENSOR_TYPE);
    gan_wire_write_int(wire, GAN_ONNX_TENSOR_TYPE_ELEMENT, GAN_ONNX_FLOAT);
    const int64_t dims = gan_wire_begin(wire, GAN_ONNX_TENSOR_TYPE_SHAPE);
    write_dimension(wire, 0);
    for (int i = 0; i < shape.rank; i++) write_dimension(wire, shape.dims[i]);
    gan_wire_end(wire, dims);
    gan_wire_end(wire, tensor);
    gan_wire_end(wire, type);
    gan_wire_end(wire, info);
}

static void write_entry(saver *s, const char *key, const char *value)
{
    gan_wire *wire = &s->tail;
    const int64_t begin = gan_wire_begin(wire, GAN_ONNX_MODEL_METADATA_PROPS);
    gan_wire_write_text(wire, GAN_ONNX_ENTRY_KEY, key);
    gan_wire_write_text(wire, GAN_ONNX_ENTRY_VALUE, value);
    gan_wire_end(wire, begin);
    s->metadata = gan_onnx_fingerprint_entry(s->metadata, key, value);
}

static void write_roles(saver *s)
{
    char key[GAN_ONNX_NAME], value[64];
    for (int32_t k = 0; k < s->model->input_count; k++) {
        const gan_model_node *node = &s->model->nodes[s->model->inputs[k]];
        const bool has_noise = gan_input_has_noise(&node->input);
        if (node->input.role == GAN_INPUT_ANY) continue;
        snprintf(key, sizeof(key), GAN_ONNX_ROLE_KEY "%s", node->name);
        snprintf(value, sizeof(value), "%s%s%s", gan_input_role_name(node->input.role), has_noise ? " " : "",
                 has_noise ? gan_noise_name(node->input.noise) : "");
        write_entry(s, key, value);
    }
}

/* After the graph: the operators' version, and what libgan adds. */
static gan_status write_tail(saver *s)
{
    char *architecture = NULL, fingerprint[GAN_ONNX_FINGERPRINT_TEXT];
    GAN_TRY(gan_model_write_architecture(s->model, &architecture));
    const int64_t set = gan_wire_begin(&s->tail, GAN_ONNX_MODEL_OPSET_IMPORT);
    gan_wire_write_text(&s->tail, GAN_ONNX_OPERATOR_SET_DOMAIN, "");
    gan_wire_write_int(&s->tail, GAN_ONNX_OPERATOR_SET_VERSION, s->graph.opset);
    gan_wire_end(&s->tail, set);
    write_entry(s, GAN_ONNX_FORMAT_KEY, GAN_ONNX_FORMAT);
    write_entry(s, GAN_ONNX_ARCHITECTURE_KEY, architecture);
    write_roles(s);
    snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long)s->metadata);
    write_entry(s, GAN_ONNX_METADATA_KEY, fingerprint);
    write_entry(s, GAN_ONNX_FINGERPRINT_KEY, "0000000000000000");
    gan_release_text(s->context, architecture);
    return GAN_OK;
}

/* The version of the format in which an opset appeared. */
static int64_t ir_version(int64_t opset)
{
    return opset < 19 ? 8 : opset < 21 ? 9 : 10;
}

/* The message of a tensor up to its values, and what stands in front of it. */
static void describe_tensor(saver *s, const gan_model_tensor *tensor)
{
    const int64_t bytes = 4 * tensor->count;
    s->tensor.size = s->tensor_key.size = 0;
    for (int i = 0; i < tensor->plan.shape.rank; i++)
        gan_wire_write_int(&s->tensor, GAN_ONNX_TENSOR_DIMS, tensor->plan.shape.dims[i]);
    gan_wire_write_int(&s->tensor, GAN_ONNX_TENSOR_DATA_TYPE, GAN_ONNX_FLOAT);
    gan_wire_write_text(&s->tensor, GAN_ONNX_TENSOR_NAME, tensor->name);
    gan_wire_write_length(&s->tensor, GAN_ONNX_TENSOR_RAW_DATA, bytes);
    gan_wire_write_length(&s->tensor_key, GAN_ONNX_GRAPH_INITIALIZER, s->tensor.size + bytes);
}

static gan_status add_size(int64_t bytes, int64_t *size)
{
    if (bytes <= GAN_ONNX_SIZE_LIMIT - *size) {
        *size += bytes;
        return GAN_OK;
    }
    return gan_fail(
        GAN_ERROR_OVERFLOW,
        "the model has more than the 2 GiB that an ONNX file can hold; gan_model_save() has no such limit");
}

/* The bytes of the graph, and the values of its largest tensor. */
static gan_status measure(saver *s, int64_t *size)
{
    *size = s->graph.nodes.size + s->title.size + s->border.size;
    GAN_TRY(add_size(s->graph.constants.size, size));
    for (int32_t i = 0; i < s->model->tensor_count; i++) {
        const gan_model_tensor *tensor = &s->model->tensors[i];
        GAN_TRY(add_size(tensor->count <= GAN_ONNX_SIZE_LIMIT / 4 ? 4 * tensor->count : GAN_ONNX_SIZE_LIMIT, size));
        describe_tensor(s, tensor);
        GAN_TRY(add_size(s->tensor.size + s->tensor_key.size, size));
        if (tensor->count > s->most) s->most = tensor->count;
    }
    return GAN_OK;
}

static gan_status prepare(saver *s)
{
    int64_t size = 0;
    GAN_TRY(check_names(s->model));
    GAN_TRY(gan_onnx_write_layers(&s->graph));
    gan_wire_write_text(&s->title, GAN_ONNX_GRAPH_NAME, "libgan");
    for (int32_t k = 0; k < s->model->input_count; k++) write_border(s, GAN_ONNX_GRAPH_INPUT, s->model->inputs[k]);
    for (int32_t k = 0; k < s->model->output_count; k++) write_border(s, GAN_ONNX_GRAPH_OUTPUT, s->model->outputs[k]);
    GAN_TRY(write_tail(s));
    GAN_TRY(measure(s, &size));
    gan_wire_write_int(&s->head, GAN_ONNX_MODEL_IR_VERSION, ir_version(s->graph.opset));
    gan_wire_write_text(&s->head, GAN_ONNX_MODEL_PRODUCER_NAME, "libgan");
    gan_wire_write_text(&s->head, GAN_ONNX_MODEL_PRODUCER_VERSION, gan_version_text());
    gan_wire_write_length(&s->head, GAN_ONNX_MODEL_GRAPH, size);
    GAN_TRY(add_size(s->head.size + s->tail.size, &size));
    s->values = gan_allocate_array(s->context, s->most, sizeof(*s->values));
    return s->values ? check_wires(s) : GAN_ERROR_MEMORY;
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

static gan_status write_graph_bytes(saver *s, const void *bytes, int64_t size)
{
    if (size == 0) return GAN_OK;
    s->fingerprint = gan_onnx_fingerprint(s->fingerprint, bytes, (size_t)size);
    return gan_writable_write(&s->to, bytes, (size_t)size);
}

static gan_status write_wire(saver *s, const gan_wire *wire)
{
    return write_graph_bytes(s, wire->data, wire->size);
}

static gan_status write_tensor(saver *s, const gan_model_tensor *tensor)
{
    describe_tensor(s, tensor);
    GAN_TRY(check_wires(s));
    gan_tensor_export(&tensor->plan, tensor->count, gan_model_tensor_data(s->model, tensor), s->values);
    gan_floats_to_little_endian(s->values, tensor->count);
    GAN_TRY(write_wire(s, &s->tensor_key));
    GAN_TRY(write_wire(s, &s->tensor));
    return write_graph_bytes(s, s->values, 4 * tensor->count);
}

static gan_status write_file(saver *s)
{
    char fingerprint[GAN_ONNX_FINGERPRINT_TEXT];
    GAN_TRY(gan_writable_write(&s->to, s->head.data, (size_t)s->head.size));
    GAN_TRY(write_wire(s, &s->graph.nodes));
    GAN_TRY(write_wire(s, &s->title));
    GAN_TRY(write_wire(s, &s->graph.constants));
    for (int32_t i = 0; i < s->model->tensor_count; i++) GAN_TRY(write_tensor(s, &s->model->tensors[i]));
    GAN_TRY(write_wire(s, &s->border));
    const int length = snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long)s->fingerprint);
    memcpy(s->tail.data + s->tail.size - length, fingerprint, (size_t)length);
    return gan_writable_write(&s->to, s->tail.data, (size_t)s->tail.size);
}

static gan_status save_folded(const gan_model *model, gan_target to, int64_t opset)
{
    saver s;
    create(&s, model, opset);
    gan_status status = prepare(&s);
    if (status == GAN_OK) status = gan_writable_open(model->context, to, &s.to);
    if (status == GAN_OK) status = gan_writable_close(&s.to, write_file(&s));
    release(&s);
    return status;
}

/* ---- Calls
 * -----------------------------------------------------------------------------------------------------------------
 */

static gan_status read_options(const gan_model *model, const gan_save_onnx_options *given, gan_save_onnx_options *out)
{
    gan_node node;
    GAN_TRY(gan_options_read(out, sizeof(*out), given, "gan_save_onnx_options"));
    GAN_TRY(gan_check_reserved("gan_save_onnx_options", out->reserved, sizeof(out->reserved)));
    const int64_t least = gan_onnx_least_opset(model, &node);
    if (out->opset == 0) out->opset = least;
    if (out->opset < GAN_ONNX_OLDEST_OPSET || out->opset > GAN_ONNX_NEWEST_OPSET) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_save_onnx_options: opset is %lld, expected %d to %d",
                        (long long)out->opset, GAN_ONNX_OLDEST_OPSET, GAN_ONNX_NEWEST_OPSET);
    }
    if (out->opset >= least) return GAN_OK;
    gan_fail(GAN_ERROR_UNSUPPORTED, "gan_save_onnx_options: opset is %lld, but this layer's operator came with %lld",
             (long long)out->opset, (long long)least);
    return gan_model_node_fail(model, node, GAN_ERROR_UNSUPPORTED);
}

static gan_status save(const gan_model *model, gan_target to, const gan_save_onnx_options *given,
                       const char *function)
{
    gan_save_onnx_options options;
    gan_model *folded;
    GAN_TRY(gan_model_check_built(model, function));
    GAN_TRY(read_options(model, given, &options));
    GAN_TRY(gan_model_fold(model, options.no_dropout, &folded));
    const gan_status status = save_folded(folded, to, options.opset);
    gan_model_destroy(folded);
    return status;
}

gan_status gan_model_save_onnx(const gan_model *model, const char *path, const gan_save_onnx_options *options)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    return save(model, (gan_target){.path = path}, options, __func__);
}

gan_status gan_model_save_onnx_to(const gan_model *model, gan_writer writer, const gan_save_onnx_options *options)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_writer_check(writer, __func__));
    return save(model, (gan_target){.writer = writer}, options, __func__);
}
