/* Reads an ONNX file into memory, and its messages into arrays. Each message is read once; what it holds lies in the
 * file's memory. */
#include "onnx/parse/parse.h"

/* Calls `read` for each field of a message. */
typedef gan_status (*field_fn)(gan_import_memory *memory, const gan_message_field *field, void *out);

static gan_status read_message(gan_import_memory *memory, gan_message message, field_fn read, void *out)
{
    gan_message_field field;
    for (;;) {
        GAN_TRY(gan_message_next(&message, &field));
        if (field.number == 0) return GAN_OK;
        GAN_TRY(read(memory, &field, out));
    }
}

/* A field that is a message. */
static gan_status read_inner(gan_import_memory *memory, const gan_message_field *field, const char *what,
                             field_fn read, void *out)
{
    GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, what));
    return read_message(memory, field->bytes, read, out);
}

static gan_status read_entry(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_metadata *out = user;
    if (field->number == GAN_ONNX_ENTRY_KEY)
        return gan_import_text(memory, field, "a key of the metadata", &out->key);
    if (field->number != GAN_ONNX_ENTRY_VALUE) return GAN_OK;
    return gan_import_text(memory, field, "a value of the metadata", &out->value);
}

/* ---- Attributes ------------------------------------------------------------------------------------------------ */

static gan_status read_attribute_field(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_attribute *out = user;

    switch (field->number) {
    case GAN_ONNX_ATTRIBUTE_NAME: return gan_import_text(memory, field, "the name of an attribute", &out->name);
    case GAN_ONNX_ATTRIBUTE_S: return gan_import_text(memory, field, "the text of an attribute", &out->text);
    case GAN_ONNX_ATTRIBUTE_F:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_FIXED32, "the number of an attribute"));
        out->number = gan_message_float(field->value);
        return GAN_OK;
    case GAN_ONNX_ATTRIBUTE_I:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_VARINT, "the integer of an attribute"));
        out->integer = (int64_t)field->value;
        return GAN_OK;
    case GAN_ONNX_ATTRIBUTE_T:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "the tensor of an attribute"));
        out->tensor = gan_import_allocate(memory, 1, sizeof(*out->tensor));
        if (!out->tensor) return gan_last_status();
        return gan_import_tensor_parse(memory, field->bytes, out->tensor);
    default: return GAN_OK;
    }
}

static gan_status read_attribute(gan_import_memory *memory, gan_message message, gan_import_attribute *out)
{
    uint64_t *bits;

    out->name = "";
    GAN_TRY(read_message(memory, message, read_attribute_field, out));
    GAN_TRY(gan_message_count_numbers(message, GAN_ONNX_ATTRIBUTE_INTS, GAN_WIRE_VARINT, &out->int_count));
    GAN_TRY(gan_message_count_numbers(message, GAN_ONNX_ATTRIBUTE_FLOATS, GAN_WIRE_FIXED32, &out->float_count));
    bits = gan_import_allocate(memory, out->int_count + out->float_count, sizeof(*bits));
    out->ints = gan_import_allocate(memory, out->int_count, sizeof(*out->ints));
    out->floats = gan_import_allocate(memory, out->float_count, sizeof(*out->floats));
    if (!bits || !out->ints || !out->floats) return gan_last_status();
    GAN_TRY(gan_message_read_numbers(message, GAN_ONNX_ATTRIBUTE_INTS, GAN_WIRE_VARINT, bits));
    for (int64_t i = 0; i < out->int_count; i++) out->ints[i] = (int64_t)bits[i];
    GAN_TRY(gan_message_read_numbers(message, GAN_ONNX_ATTRIBUTE_FLOATS, GAN_WIRE_FIXED32, bits));
    for (int64_t i = 0; i < out->float_count; i++) out->floats[i] = gan_message_float(bits[i]);
    return GAN_OK;
}

/* ---- Nodes ----------------------------------------------------------------------------------------------------- */

/* The next free places while a node is read. */
typedef struct node_reader {
    gan_import_node *node;
    int64_t inputs, outputs, attributes;
} node_reader;

static gan_status read_node_entry(gan_import_memory *memory, const gan_message_field *field, gan_import_node *out)
{
    gan_metadata entry = {"", ""};

    GAN_TRY(read_inner(memory, field, "an entry of a node's metadata", read_entry, &entry));
    if (strcmp(entry.key, GAN_ONNX_SCOPES_KEY) == 0) out->scopes = entry.value;
    if (strcmp(entry.key, GAN_ONNX_CLASSES_KEY) == 0) out->classes = entry.value;
    return GAN_OK;
}

static gan_status read_node_field(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    node_reader *to = user;

    switch (field->number) {
    case GAN_ONNX_NODE_INPUT:
        return gan_import_text(memory, field, "an input of a node", &to->node->input_names[to->inputs++]);
    case GAN_ONNX_NODE_OUTPUT:
        return gan_import_text(memory, field, "an output of a node", &to->node->output_names[to->outputs++]);
    case GAN_ONNX_NODE_NAME: return gan_import_text(memory, field, "the name of a node", &to->node->name);
    case GAN_ONNX_NODE_OP_TYPE: return gan_import_text(memory, field, "the operator of a node", &to->node->type);
    case GAN_ONNX_NODE_DOMAIN: return gan_import_text(memory, field, "the domain of a node", &to->node->domain);
    case GAN_ONNX_NODE_ATTRIBUTE:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "an attribute of a node"));
        return read_attribute(memory, field->bytes, &to->node->attributes[to->attributes++]);
    case GAN_ONNX_NODE_METADATA_PROPS: return read_node_entry(memory, field, to->node);
    default: return GAN_OK;
    }
}

static gan_status read_node(gan_import_memory *memory, gan_message message, gan_import_node *out)
{
    node_reader reader = {.node = out};

    out->name = out->type = out->domain = out->scopes = out->classes = "";
    GAN_TRY(gan_message_count(message, GAN_ONNX_NODE_INPUT, &out->input_count));
    GAN_TRY(gan_message_count(message, GAN_ONNX_NODE_OUTPUT, &out->output_count));
    GAN_TRY(gan_message_count(message, GAN_ONNX_NODE_ATTRIBUTE, &out->attribute_count));
    out->input_names = gan_import_allocate(memory, out->input_count, sizeof(*out->input_names));
    out->output_names = gan_import_allocate(memory, out->output_count, sizeof(*out->output_names));
    out->attributes = gan_import_allocate(memory, out->attribute_count, sizeof(*out->attributes));
    out->in = gan_import_allocate(memory, out->input_count, sizeof(void *));
    out->out = gan_import_allocate(memory, out->output_count, sizeof(void *));
    if (!out->input_names || !out->output_names || !out->attributes || !out->in || !out->out)
        return gan_last_status();
    return read_message(memory, message, read_node_field, &reader);
}

/* ---- Inputs and outputs ---------------------------------------------------------------------------------------- */

static gan_status read_dimension(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    (void)memory;
    if (field->number != GAN_ONNX_DIMENSION_VALUE) return GAN_OK;
    GAN_TRY(gan_message_expect(field, GAN_WIRE_VARINT, "a dimension"));
    *(int64_t *)user = (int64_t)field->value;
    return (int64_t)field->value >= 0 ? GAN_OK : gan_fail(GAN_ERROR_FORMAT, "a dimension is negative");
}

static gan_status read_shape(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_port *out = user;
    if (field->number != GAN_ONNX_SHAPE_DIM) return GAN_OK;
    if (out->rank == GAN_IMPORT_MAX_RANK) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "'%.64s' has more than %d dimensions", out->name, GAN_IMPORT_MAX_RANK);
    }
    return read_inner(memory, field, "a dimension", read_dimension, &out->dims[out->rank++]);
}

static gan_status read_tensor_type(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_port *out = user;
    if (field->number == GAN_ONNX_TENSOR_TYPE_ELEMENT) {
        GAN_TRY(gan_message_expect(field, GAN_WIRE_VARINT, "the type of elements"));
        out->type = (int64_t)field->value;
    }
    if (field->number != GAN_ONNX_TENSOR_TYPE_SHAPE) return GAN_OK;
    out->has_shape = true;
    return read_inner(memory, field, "a shape", read_shape, out);
}

static gan_status read_type(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    if (field->number != GAN_ONNX_TYPE_TENSOR_TYPE) return GAN_OK;
    return read_inner(memory, field, "the type of a tensor", read_tensor_type, user);
}

static gan_status read_port(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_port *out = user;
    if (field->number == GAN_ONNX_VALUE_INFO_NAME)
        return gan_import_text(memory, field, "the name of a value", &out->name);
    if (field->number != GAN_ONNX_VALUE_INFO_TYPE) return GAN_OK;
    return read_inner(memory, field, "the type of a value", read_type, out);
}

/* ---- The graph ------------------------------------------------------------------------------------------------- */

static gan_status read_graph_field(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_file *file = user;

    switch (field->number) {
    case GAN_ONNX_GRAPH_NODE:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "a node"));
        return read_node(memory, field->bytes, &file->nodes[file->node_count++]);
    case GAN_ONNX_GRAPH_INITIALIZER:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "an initializer"));
        return gan_import_tensor_parse(memory, field->bytes, &file->initializers[file->initializer_count++]);
    case GAN_ONNX_GRAPH_INPUT:
        file->inputs[file->input_count].name = "";
        return read_inner(memory, field, "an input", read_port, &file->inputs[file->input_count++]);
    case GAN_ONNX_GRAPH_OUTPUT:
        file->outputs[file->output_count].name = "";
        return read_inner(memory, field, "an output", read_port, &file->outputs[file->output_count++]);
    case GAN_ONNX_GRAPH_SPARSE_INITIALIZER:
        return gan_fail(GAN_ERROR_UNSUPPORTED, "the graph has sparse initializers, which libgan does not read");
    default: return GAN_OK;
    }
}

static gan_status read_graph(gan_import_file *file)
{
    gan_import_memory *memory = &file->memory;
    int64_t nodes, initializers, inputs, outputs;

    GAN_TRY(gan_message_count(file->graph, GAN_ONNX_GRAPH_NODE, &nodes));
    GAN_TRY(gan_message_count(file->graph, GAN_ONNX_GRAPH_INITIALIZER, &initializers));
    GAN_TRY(gan_message_count(file->graph, GAN_ONNX_GRAPH_INPUT, &inputs));
    GAN_TRY(gan_message_count(file->graph, GAN_ONNX_GRAPH_OUTPUT, &outputs));
    file->nodes = gan_import_allocate(memory, nodes, sizeof(*file->nodes));
    file->initializers = gan_import_allocate(memory, initializers, sizeof(*file->initializers));
    file->inputs = gan_import_allocate(memory, inputs, sizeof(*file->inputs));
    file->outputs = gan_import_allocate(memory, outputs, sizeof(*file->outputs));
    if (!file->nodes || !file->initializers || !file->inputs || !file->outputs) return gan_last_status();
    return read_message(memory, file->graph, read_graph_field, file);
}

/* ---- The model ------------------------------------------------------------------------------------------------- */

typedef struct operator_set {
    const char *domain;
    int64_t version;
} operator_set;

static gan_status read_operator_set(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    operator_set *out = user;
    if (field->number == GAN_ONNX_OPERATOR_SET_DOMAIN)
        return gan_import_text(memory, field, "the domain of operators", &out->domain);
    if (field->number != GAN_ONNX_OPERATOR_SET_VERSION) return GAN_OK;
    GAN_TRY(gan_message_expect(field, GAN_WIRE_VARINT, "the version of operators"));
    out->version = (int64_t)field->value;
    return GAN_OK;
}

static gan_status read_model_field(gan_import_memory *memory, const gan_message_field *field, void *user)
{
    gan_import_file *file = user;
    operator_set set = {"", 0};

    switch (field->number) {
    case GAN_ONNX_MODEL_GRAPH:
        GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, "the graph"));
        if (file->graph.at) return gan_fail(GAN_ERROR_FORMAT, "the file has two graphs");
        file->graph = field->bytes;
        return GAN_OK;
    case GAN_ONNX_MODEL_OPSET_IMPORT:
        GAN_TRY(read_inner(memory, field, "a set of operators", read_operator_set, &set));
        if (set.domain[0] == 0 || strcmp(set.domain, "ai.onnx") == 0) file->opset = set.version;
        return GAN_OK;
    case GAN_ONNX_MODEL_METADATA_PROPS:
        file->metadata[file->metadata_count] = (gan_metadata){"", ""};
        return read_inner(memory, field, "an entry of the metadata", read_entry,
                          &file->metadata[file->metadata_count++]);
    default: return GAN_OK;
    }
}

static gan_status read_model(gan_import_file *file)
{
    const gan_message whole = {file->bytes, file->bytes + file->from.size, file->bytes};
    int64_t entries;

    GAN_TRY(gan_message_count(whole, GAN_ONNX_MODEL_METADATA_PROPS, &entries));
    if (entries > GAN_IMPORT_METADATA) {
        return gan_fail(GAN_ERROR_OVERFLOW, "it has %lld entries of metadata; the limit is %d", (long long)entries,
                        GAN_IMPORT_METADATA);
    }
    file->metadata = gan_import_allocate(&file->memory, entries, sizeof(*file->metadata));
    if (!file->metadata) return gan_last_status();
    GAN_TRY(read_message(&file->memory, whole, read_model_field, file));
    if (!file->graph.at) return gan_fail(GAN_ERROR_MAGIC, "it has no graph: it is not an ONNX file");
    return read_graph(file);
}

static gan_status read_file(gan_import_file *file)
{
    const uint64_t size = (uint64_t)file->from.size;

    if (size == 0) return gan_fail(GAN_ERROR_TRUNCATED, "it has 0 bytes");
    if (size > (SIZE_MAX - GAN_IMPORT_MEMORY_LEAST) / GAN_IMPORT_MEMORY_FACTOR)
        return gan_fail(GAN_ERROR_OVERFLOW, "it has %llu bytes: too many", (unsigned long long)size);
    file->memory.limit = (size_t)size * GAN_IMPORT_MEMORY_FACTOR + GAN_IMPORT_MEMORY_LEAST;
    file->bytes = gan_import_allocate(&file->memory, (int64_t)size, 1);
    if (!file->bytes) return gan_last_status();
    GAN_TRY(gan_readable_read(&file->from, 0, file->bytes, (size_t)size));
    return read_model(file);
}

/* What a file is that was taken for ONNX; NULL: who knows. */
static const char *other_kind(const unsigned char *bytes, size_t size)
{
    const char *guess =
        bytes[0] == 0x08 ? NULL : gan_file_guess(bytes, size); /* a damaged one starts like a good one */
    size_t text = 0;

    if (guess) return guess;
    if (size > 1 && bytes[0] == '{') return "JSON";
    while (text < size && text < 64 &&
           (bytes[text] >= ' ' ? bytes[text] < 127 : strchr("\t\r\n", bytes[text]) && bytes[text]))
        text++;
    return text == size || text == 64 ? "a text" : NULL;
}

gan_status gan_import_file_open(gan_context *context, gan_origin from, gan_import_file *out)
{
    *out = (gan_import_file){.memory = {.context = context}};
    GAN_TRY(gan_readable_open(context, from, &out->from));
    gan_status status = read_file(out);
    if (status == GAN_OK) return GAN_OK;
    const char *kind =
        status != GAN_ERROR_MEMORY && out->bytes ? other_kind(out->bytes, (size_t)out->from.size) : NULL;
    if (kind) status = gan_fail(GAN_ERROR_MAGIC, "it is not an ONNX file but %s", kind);
    gan_fail(status, "%.200s: %s", out->from.name, gan_last_error());
    gan_import_file_close(out);
    return status;
}

void gan_import_file_close(gan_import_file *file)
{
    gan_import_release(&file->memory);
    gan_readable_close(&file->from);
    *file = (gan_import_file){.opset = 0};
}
