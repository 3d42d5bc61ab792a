/* Files that libgan wrote: while the graph is as it was written, the architecture and the initializers are the whole
 * model, bit for bit. And what any file says of its inputs in libgan's words. */
#include "onnx/read/read.h"

#include <stdio.h>

static const char *metadata(const gan_import_file *file, const char *key)
{
    for (int64_t i = 0; i < file->metadata_count; i++) {
        if (strcmp(file->metadata[i].key, key) == 0) return file->metadata[i].value;
    }
    return NULL;
}

static bool is_fingerprint(const gan_import_file *file, const char *key, uint64_t fingerprint)
{
    char actual[GAN_ONNX_FINGERPRINT_TEXT];
    const char *expected = metadata(file, key);

    snprintf(actual, sizeof(actual), "%016llx", (unsigned long long)fingerprint);
    return expected && strcmp(actual, expected) == 0;
}

static uint64_t metadata_fingerprint(const gan_import_file *file)
{
    uint64_t fingerprint = GAN_HASH_START;

    for (int64_t i = 0; i < file->metadata_count; i++) {
        const gan_metadata *entry = &file->metadata[i];
        if (strncmp(entry->key, GAN_ONNX_PREFIX, strlen(GAN_ONNX_PREFIX)) != 0) continue;
        if (strcmp(entry->key, GAN_ONNX_FINGERPRINT_KEY) == 0 || strcmp(entry->key, GAN_ONNX_METADATA_KEY) == 0)
            continue;
        fingerprint = gan_onnx_fingerprint_entry(fingerprint, entry->key, entry->value);
    }
    return fingerprint;
}

/* Whether the file has an architecture, of this format, and the graph that it belongs to. */
static bool is_own(const gan_import_file *file)
{
    const char *format = metadata(file, GAN_ONNX_FORMAT_KEY);

    if (!format || strcmp(format, GAN_ONNX_FORMAT) != 0 || !metadata(file, GAN_ONNX_ARCHITECTURE_KEY)) return false;
    const uint64_t graph =
        gan_onnx_fingerprint(GAN_HASH_START, file->graph.at, (size_t)(file->graph.end - file->graph.at));
    if (is_fingerprint(file, GAN_ONNX_FINGERPRINT_KEY, graph) &&
        is_fingerprint(file, GAN_ONNX_METADATA_KEY, metadata_fingerprint(file)))
        return true;
    gan_log(file->memory.context, GAN_LOG_WARNING,
            "%.200s: its graph or metadata have changed since libgan wrote it; the model is read from the operators",
            file->from.name);
    return false;
}

static const char *name_of(const void *tensors, uint32_t number)
{
    return ((const gan_import_tensor *)tensors)[number].name;
}

static gan_status sort_initializers(gan_import_file *file, gan_names *out)
{
    if (file->initializer_count > UINT32_MAX) return gan_fail(GAN_ERROR_OVERFLOW, "it has too many initializers");
    gan_name *rows = gan_import_allocate(&file->memory, file->initializer_count, sizeof(*rows));
    if (!rows) return gan_last_status();
    *out = (gan_names){name_of, file->initializers, rows, 0};
    for (int64_t i = 0; i < file->initializer_count; i++) gan_names_add(out, (uint32_t)i);
    gan_names_sort(out);
    return GAN_OK;
}

/* The initializer that is a tensor of the model. */
static gan_status find_tensor(const gan_import_file *file, const gan_names *names, const gan_model_tensor *tensor,
                              gan_import_tensor **out)
{
    const int64_t found = gan_names_find(names, tensor->name);
    const gan_shape shape = tensor->plan.shape;

    if (found < 0)
        return gan_fail(GAN_ERROR_FORMAT, "its architecture has a tensor '%s', its graph none", tensor->name);
    gan_import_tensor *has = &file->initializers[found];
    bool fits = has->rank == shape.rank && has->type == GAN_ONNX_FLOAT;
    for (int i = 0; fits && i < shape.rank; i++) fits = has->dims[i] == shape.dims[i];
    if (!fits)
        return gan_fail(GAN_ERROR_FORMAT, "its initializer '%s' is not as its architecture says", tensor->name);
    *out = has;
    return GAN_OK;
}

static gan_status read_tensors(gan_import_file *file, gan_model *model)
{
    gan_names names;
    gan_import_tensor *from = NULL;
    const float *values = NULL;

    GAN_TRY(sort_initializers(file, &names));
    /* What the architecture claims is allocated only once the file is known to hold it. */
    for (int32_t i = 0; i < model->tensor_count; i++) {
        GAN_TRY(find_tensor(file, &names, &model->tensors[i], &from));
        GAN_TRY(gan_import_tensor_floats(&file->memory, from, &values));
    }
    GAN_TRY(gan_model_allocate(model));
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        GAN_TRY(find_tensor(file, &names, tensor, &from));
        GAN_TRY(gan_import_tensor_floats(&file->memory, from, &values));
        gan_tensor_import(&tensor->plan, tensor->count, values, gan_model_tensor_data(model, tensor));
    }
    return GAN_OK;
}

gan_status gan_import_own(gan_context *context, gan_import_file *file, gan_model **out)
{
    gan_model *model = NULL;

    if (!is_own(file)) return GAN_OK;
    GAN_TRY(gan_model_read_architecture(context, metadata(file, GAN_ONNX_ARCHITECTURE_KEY), &model));
    const gan_status status = read_tensors(file, model);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}

gan_input_options gan_import_role(const gan_import_file *file, const char *name, gan_shape shape)
{
    static const struct {
        const char *text;
        gan_input_role role;
        gan_noise noise;
    } roles[] = {{"noise normal", GAN_INPUT_NOISE, GAN_NOISE_NORMAL},
                 {"noise uniform", GAN_INPUT_NOISE, GAN_NOISE_UNIFORM},
                 {"code normal", GAN_INPUT_CODE, GAN_NOISE_NORMAL},
                 {"code uniform", GAN_INPUT_CODE, GAN_NOISE_UNIFORM},
                 {"image", GAN_INPUT_IMAGE, GAN_NOISE_NORMAL}};
    const size_t start = strlen(GAN_ONNX_ROLE_KEY);

    for (int64_t i = 0; i < file->metadata_count; i++) {
        const gan_metadata *entry = &file->metadata[i];
        if (strncmp(entry->key, GAN_ONNX_ROLE_KEY, start) != 0 || strcmp(entry->key + start, name) != 0) continue;
        for (size_t k = 0; k < sizeof(roles) / sizeof(*roles); k++) {
            if (strcmp(entry->value, roles[k].text) == 0)
                return (gan_input_options){.role = roles[k].role, .noise = roles[k].noise};
        }
        if (strcmp(entry->value, "class") == 0 && shape.rank == 1 && shape.dims[0] > 1 &&
            shape.dims[0] <= GAN_MAX_CLASSES)
            return (gan_input_options){.role = GAN_INPUT_CLASS, .classes = shape.dims[0]};
    }
    return (gan_input_options){.role = GAN_INPUT_ANY};
}
