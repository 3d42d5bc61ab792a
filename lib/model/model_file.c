/* A model as a safetensors file: its tensors by name, and the architecture in the metadata. */
#include "io/io.h"
#include "model/model.h"

#define FORMAT_KEY       GAN_SAFETENSORS_FORMAT_KEY
#define ARCHITECTURE_KEY "libgan.architecture"
#define KIND_KEY         "libgan.kind" /* in files that are not models, such as checkpoints */
#define FORMAT_VERSION   1
#define FORMAT_TEXT      "1"

/* ---- Saving ------------------------------------------------------------------------------------------------- */

static gan_status fill_entry(void *user, size_t index, void *out)
{
    const gan_model *model = user;
    const gan_model_tensor *tensor = &model->tensors[index];

    gan_tensor_export(&tensor->plan, tensor->count, gan_model_tensor_data(model, tensor), out);
    return GAN_OK;
}

static void describe_entry(const gan_model_tensor *tensor, gan_safetensors_entry *entry)
{
    *entry = (gan_safetensors_entry){.name = tensor->name, .rank = tensor->plan.shape.rank, .count = tensor->count};
    for (int i = 0; i < entry->rank; i++) entry->dims[i] = tensor->plan.shape.dims[i];
}

gan_status gan_model_save(const gan_model *model, const char *path)
{
    GAN_FLOAT_SCOPE();
    gan_safetensors_entry *entries;
    char *architecture = NULL;
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_model_check_built(model, __func__));
    entries = gan_allocate_array(model->context, model->tensor_count, sizeof(*entries));
    if (!entries) return GAN_ERROR_MEMORY;
    for (int32_t i = 0; i < model->tensor_count; i++) describe_entry(&model->tensors[i], &entries[i]);
    status = gan_model_write_architecture(model, &architecture);
    if (status == GAN_OK) {
        const gan_metadata metadata[] = {{FORMAT_KEY, FORMAT_TEXT}, {ARCHITECTURE_KEY, architecture}};
        status = gan_safetensors_write(model->context, path, entries, (size_t)model->tensor_count, metadata, 2,
                                       fill_entry, (void *)model);
    }
    gan_release_text(model->context, architecture);
    gan_release(model->context, entries, (size_t)model->tensor_count * sizeof(*entries));
    return status;
}

/* ---- Loading ------------------------------------------------------------------------------------------------ */

static gan_status check_entries(const gan_safetensors *file, const gan_model *model)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        size_t index;
        GAN_TRY(gan_safetensors_expect(file, tensor->name, tensor->plan.shape, GAN_SAFETENSORS_F32, &index));
    }
    return GAN_OK;
}

/* Reads every tensor of the model, all found by check_entries, into arrays laid out as the model's. */
static gan_status read_tensors(const gan_safetensors *file, const gan_model *model, gan_real *parameters,
                               gan_real *buffers)
{
    int64_t largest = 0;
    gan_status status = GAN_OK;
    float *values;

    for (int32_t i = 0; i < model->tensor_count; i++) {
        if (model->tensors[i].count > largest) largest = model->tensors[i].count;
    }
    values = gan_allocate_array(model->context, largest, sizeof(*values));
    if (!values) return GAN_ERROR_MEMORY;
    for (int32_t i = 0; status == GAN_OK && i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        gan_real *array = tensor->plan.kind == GAN_TENSOR_PARAMETER ? parameters : buffers;
        size_t index = 0;
        status = gan_safetensors_expect(file, tensor->name, tensor->plan.shape, GAN_SAFETENSORS_F32, &index);
        if (status == GAN_OK) status = gan_safetensors_read(file, index, values);
        if (status == GAN_OK) gan_tensor_import(&tensor->plan, tensor->count, values, array + tensor->offset);
    }
    gan_release(model->context, values, (size_t)largest * sizeof(*values));
    return status;
}

static gan_status check_format(const gan_safetensors *file, const char *path)
{
    const char *format = gan_safetensors_metadata(file, FORMAT_KEY);
    const char *kind = gan_safetensors_metadata(file, KIND_KEY);

    if (kind) return gan_fail(GAN_ERROR_FORMAT, "'%s' is a libgan %.32s, expected a model", path, kind);
    if (!format || !gan_safetensors_metadata(file, ARCHITECTURE_KEY)) {
        return gan_fail(GAN_ERROR_FORMAT,
                        "'%s' holds tensors but no libgan architecture; gan_model_load_weights() reads such a file "
                        "into a built model",
                        path);
    }
    return gan_safetensors_check_format(file, FORMAT_VERSION);
}

static gan_status load_model(gan_context *context, const gan_safetensors *file, const char *path, gan_model **out)
{
    gan_status status;

    GAN_TRY(check_format(file, path));
    status = gan_model_read_architecture(context, gan_safetensors_metadata(file, ARCHITECTURE_KEY), out);
    if (status != GAN_OK) return gan_fail(status, "'%s': %s", path, gan_last_error());
    /* Nothing is allocated for weights that the file does not have. */
    GAN_TRY(check_entries(file, *out));
    GAN_TRY(gan_model_allocate(*out));
    return read_tensors(file, *out, (*out)->parameters, (*out)->buffers);
}

gan_status gan_model_load(gan_context *context, const char *path, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    gan_safetensors *file = NULL;
    gan_model *model = NULL;
    gan_status status;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_safetensors_open(context, path, &file));
    status = load_model(context, file, path, &model);
    gan_safetensors_close(file);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}

/* All values are read before any of the model's change. */
static gan_status load_weights(gan_model *model, const gan_safetensors *file)
{
    gan_arena arena = {0};
    const size_t parameters = gan_arena_reserve(&arena, model->parameter_size);
    const size_t buffers = gan_arena_reserve(&arena, model->buffer_size);
    gan_status status;

    GAN_TRY(check_entries(file, model));
    GAN_TRY(gan_arena_allocate(&arena, model->context));
    status = read_tensors(file, model, gan_arena_at(&arena, parameters), gan_arena_at(&arena, buffers));
    if (status == GAN_OK) {
        gan_copy(model->context, model->parameter_size, gan_arena_at(&arena, parameters), model->parameters);
        gan_copy(model->context, model->buffer_size, gan_arena_at(&arena, buffers), model->buffers);
    }
    gan_arena_release(&arena);
    return status;
}

/* The file has all tensors of the model. */
static void log_skipped(const gan_model *model, const gan_safetensors *file, const char *path)
{
    const size_t count = gan_safetensors_count(file), skipped = count - (size_t)model->tensor_count;

    for (size_t i = 0; skipped > 0 && i < count; i++) {
        const char *name = gan_safetensors_at(file, i)->name;
        if (gan_model_find_tensor(model, name)) continue;
        gan_log(model->context, GAN_LOG_INFO, "'%s': skipped tensors that the model does not have: %zu, such as '%s'",
                path, skipped, name);
        return;
    }
}

gan_status gan_model_load_weights(gan_model *model, const char *path)
{
    GAN_FLOAT_SCOPE();
    gan_safetensors *file = NULL;
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_model_check_built(model, __func__));
    GAN_TRY(gan_safetensors_open(model->context, path, &file));
    status = load_weights(model, file);
    if (status == GAN_OK) log_skipped(model, file, path);
    gan_safetensors_close(file);
    return status;
}
