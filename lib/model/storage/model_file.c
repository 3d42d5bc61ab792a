/* A model as a safetensors file: its tensors by name, and the architecture in the metadata. */
#include "io/io.h"
#include "model/architecture/architecture.h"
#include "model/graph/graph.h"
#include "model/storage/weight_names.h"

#include <stdio.h>
#include <string.h>

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

static void describe_entry(const gan_model_tensor *tensor, gan_safetensors_type type, gan_safetensors_entry *entry)
{
    *entry = (gan_safetensors_entry){
        .name = tensor->name, .rank = tensor->plan.shape.rank, .count = tensor->count, .type = type};
    for (int i = 0; i < entry->rank; i++) entry->dims[i] = tensor->plan.shape.dims[i];
}

static gan_status storage_read(const gan_save_options *given, const char *function, gan_safetensors_type *out)
{
    gan_save_options options;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_save_options"));
    switch (options.storage) {
    case GAN_STORAGE_FLOAT32: *out = GAN_SAFETENSORS_F32; return GAN_OK;
    case GAN_STORAGE_FLOAT16: *out = GAN_SAFETENSORS_F16; return GAN_OK;
    case GAN_STORAGE_BFLOAT16: *out = GAN_SAFETENSORS_BF16; return GAN_OK;
    }
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: storage is %d, expected a gan_storage", function, (int)options.storage);
}

static gan_status save(const gan_model *model, gan_target to, gan_safetensors_type type)
{
    gan_safetensors_entry *entries;
    char *architecture = NULL;
    gan_status status;

    entries = gan_allocate_array(model->context, model->tensor_count, sizeof(*entries));
    if (!entries) return GAN_ERROR_MEMORY;
    for (int32_t i = 0; i < model->tensor_count; i++) describe_entry(&model->tensors[i], type, &entries[i]);
    status = gan_model_write_architecture(model, &architecture);
    if (status == GAN_OK) {
        const gan_metadata metadata[] = {{FORMAT_KEY, FORMAT_TEXT}, {ARCHITECTURE_KEY, architecture}};
        status = gan_safetensors_write(model->context, to, entries, (size_t)model->tensor_count, metadata, 2,
                                       fill_entry, (void *)model);
    }
    gan_release_text(model->context, architecture);
    gan_release(model->context, entries, (size_t)model->tensor_count * sizeof(*entries));
    return status;
}

gan_status gan_model_save(const gan_model *model, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_model_check_built(model, __func__));
    return save(model, (gan_target){.path = path}, GAN_SAFETENSORS_F32);
}

gan_status gan_model_save_as(const gan_model *model, const char *path, const gan_save_options *options)
{
    GAN_FLOAT_SCOPE();
    gan_safetensors_type type = GAN_SAFETENSORS_F32;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(storage_read(options, __func__, &type));
    GAN_TRY(gan_model_check_built(model, __func__));
    return save(model, (gan_target){.path = path}, type);
}

gan_status gan_model_save_to(const gan_model *model, gan_writer writer, const gan_save_options *options)
{
    GAN_FLOAT_SCOPE();
    gan_safetensors_type type = GAN_SAFETENSORS_F32;

    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_writer_check(writer, __func__));
    GAN_TRY(storage_read(options, __func__, &type));
    GAN_TRY(gan_model_check_built(model, __func__));
    return save(model, (gan_target){.writer = writer}, type);
}

/* ---- Loading ------------------------------------------------------------------------------------------------ */

/* Where a file has the tensors of a model. */
typedef struct source {
    const gan_safetensors *file;
    const gan_model *model;
    const gan_weights_options *options; /* how its tensors are renamed */
    int64_t *entries;                   /* of each tensor, its number; -1: it is derived, and the file lacks it */
    bool *used;                         /* of each entry */
} source;

static void release_source(const source *from)
{
    gan_context *context = from->model->context;

    gan_release(context, from->entries, (size_t)from->model->tensor_count * sizeof(*from->entries));
    gan_release(context, from->used, gan_safetensors_count(from->file) * sizeof(*from->used));
}

/* "NODE." and the tensor's own name come to fewer bytes. */
#define TENSOR_NAME 320

/* The name by which the file has a tensor, or NULL. */
static gan_status name_in_file(const source *from, const gan_model_tensor *tensor, const char **found)
{
    const int node = (int)(strlen(tensor->name) - strlen(tensor->plan.name));
    char name[TENSOR_NAME];

    for (const char *const *alias = tensor->plan.aliases; alias && *alias; alias++) {
        snprintf(name, TENSOR_NAME, "%.*s%s", node, tensor->name, *alias);
        GAN_TRY(gan_weight_names_find(from->file, from->options, name, found));
        if (*found) return GAN_OK;
    }
    return gan_weight_names_find(from->file, from->options, tensor->name, found);
}

static gan_status find_entry(source *from, int32_t i)
{
    const gan_model_tensor *tensor = &from->model->tensors[i];
    const char *name;
    size_t index = 0;

    from->entries[i] = -1;
    GAN_TRY(name_in_file(from, tensor, &name));
    if (!name && (tensor->plan.derived || from->options->partial)) return GAN_OK;
    if (!name) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "%s has no tensor '%s'%s", gan_safetensors_name(from->file),
                        tensor->name, from->options->rename_count > 0 ? " after renaming" : "");
    }
    GAN_TRY(gan_safetensors_expect_floats(from->file, name, tensor->plan.shape, &index));
    from->entries[i] = (int64_t)index;
    from->used[index] = true;
    return GAN_OK;
}

static gan_status find_entries(source *from)
{
    for (int32_t i = 0; i < from->model->tensor_count; i++) GAN_TRY(find_entry(from, i));
    return GAN_OK;
}

/* GAN_ERROR_ARCHITECTURE or GAN_ERROR_UNSUPPORTED unless the file has every tensor of the model. The caller releases
 * the source unless this fails. */
static gan_status find_tensors(const gan_safetensors *file, const gan_model *model,
                               const gan_weights_options *options, source *out)
{
    source from = {.file = file, .model = model, .options = options};
    gan_status status = GAN_ERROR_MEMORY;

    from.entries = gan_allocate_array(model->context, model->tensor_count, sizeof(*from.entries));
    if (from.entries) {
        from.used = gan_allocate_array(model->context, (int64_t)gan_safetensors_count(file), sizeof(*from.used));
    }
    if (from.used) status = find_entries(&from);
    if (status != GAN_OK) {
        release_source(&from);
        return status;
    }
    *out = from;
    return GAN_OK;
}

/* Reads the tensors of a node that the file has, and derives the others. */
static gan_status read_node(const source *from, gan_node n, float *values, gan_real *parameters, gan_real *buffers)
{
    const gan_model_node *node = &from->model->nodes[n];
    bool derive = false;

    for (int32_t i = node->first_tensor; i < node->first_tensor + node->tensor_count; i++) {
        const gan_model_tensor *tensor = &from->model->tensors[i];
        gan_real *array = tensor->plan.kind == GAN_TENSOR_PARAMETER ? parameters : buffers;
        if (from->entries[i] < 0) {
            derive = derive || tensor->plan.derived;
            continue;
        }
        GAN_TRY(gan_safetensors_read(from->file, (size_t)from->entries[i], values));
        gan_tensor_import(&tensor->plan, tensor->count, values, array + tensor->offset);
    }
    return derive ? gan_model_derive(from->model, n, parameters, buffers) : GAN_OK;
}

/* Reads every tensor of the model into arrays laid out as the model's. */
static gan_status read_tensors(const source *from, gan_real *parameters, gan_real *buffers)
{
    const gan_model *model = from->model;
    int64_t largest = 0;
    gan_status status = GAN_OK;

    for (int32_t i = 0; i < model->tensor_count; i++) {
        if (model->tensors[i].count > largest) largest = model->tensors[i].count;
    }
    float *values = gan_allocate_array(model->context, largest, sizeof(*values));
    if (!values) return GAN_ERROR_MEMORY;
    for (gan_node n = 0; status == GAN_OK && n < model->node_count; n++)
        status = read_node(from, n, values, parameters, buffers);
    gan_release(model->context, values, (size_t)largest * sizeof(*values));
    return status;
}

static gan_status check_format(const gan_safetensors *file)
{
    const char *format = gan_safetensors_metadata(file, FORMAT_KEY), *from = gan_safetensors_name(file);
    const char *kind = gan_safetensors_metadata(file, KIND_KEY);

    if (kind) return gan_fail(GAN_ERROR_FORMAT, "%s is a libgan %.32s, expected a model", from, kind);
    if (!format || !gan_safetensors_metadata(file, ARCHITECTURE_KEY)) {
        return gan_fail(GAN_ERROR_FORMAT,
                        "%s holds tensors but no libgan architecture; gan_model_load_weights() reads such a file "
                        "into a built model",
                        from);
    }
    return gan_safetensors_check_format(file, FORMAT_VERSION);
}

static gan_status read_model(gan_context *context, const gan_safetensors *file, gan_model **out)
{
    const gan_weights_options as_named = {.rename_count = 0};
    source from;

    GAN_TRY(check_format(file));
    gan_status status = gan_model_read_architecture(context, gan_safetensors_metadata(file, ARCHITECTURE_KEY), out);
    if (status != GAN_OK) return gan_fail(status, "%s: %s", gan_safetensors_name(file), gan_last_error());
    /* Nothing is allocated for weights that the file does not have. */
    GAN_TRY(find_tensors(file, *out, &as_named, &from));
    status = gan_model_allocate(*out);
    if (status == GAN_OK) status = read_tensors(&from, (*out)->parameters, (*out)->buffers);
    release_source(&from);
    return status;
}

static gan_status load(gan_context *context, gan_origin from, gan_model **out)
{
    gan_safetensors *file = NULL;
    gan_model *model = NULL;

    GAN_TRY(gan_safetensors_open(context, from, &file));
    const gan_status status = read_model(context, file, &model);
    gan_safetensors_close(file);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}

gan_status gan_model_load(gan_context *context, const char *path, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(out);
    return load(context, (gan_origin){.path = path}, out);
}

gan_status gan_model_load_from(gan_context *context, gan_reader reader, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_reader_check(reader, __func__));
    GAN_CHECK_NOT_NULL(out);
    return load(context, (gan_origin){.reader = reader}, out);
}

/* ---- Weights ------------------------------------------------------------------------------------------------ */

/* GAN_ERROR_ARCHITECTURE if the file has nothing of the model's. */
static gan_status check_any(const source *from)
{
    int32_t found = 0;

    for (int32_t i = 0; i < from->model->tensor_count; i++) found += from->entries[i] >= 0;
    if (found > 0 || from->model->tensor_count == 0) {
        if (found < from->model->tensor_count) {
            gan_log(from->model->context, GAN_LOG_INFO, "%s: %d of the model's %d tensors are in the file",
                    gan_safetensors_name(from->file), (int)found, (int)from->model->tensor_count);
        }
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_ARCHITECTURE, "%s has none of the model's tensors, such as '%s'",
                    gan_safetensors_name(from->file), from->model->tensors[0].name);
}

static void log_skipped(const source *from)
{
    const size_t count = gan_safetensors_count(from->file);
    size_t skipped = 0, first = 0;

    for (size_t i = count; i-- > 0;) {
        if (from->used[i]) continue;
        skipped++;
        first = i;
    }
    if (skipped == 0) return;
    gan_log(from->model->context, GAN_LOG_INFO, "%s: skipped tensors that the model does not have: %zu, such as '%s'",
            gan_safetensors_name(from->file), skipped, gan_safetensors_at(from->file, first)->name);
}

/* All values are read before any of the model's change. */
static gan_status read_weights(const source *from, gan_model *model)
{
    gan_arena arena = {0};
    const size_t parameters = gan_arena_reserve(&arena, model->parameter_size);
    const size_t buffers = gan_arena_reserve(&arena, model->buffer_size);

    GAN_TRY(gan_arena_allocate(&arena, model->context));
    /* What the file lacks stays as it is. */
    gan_copy(model->context, model->parameter_size, model->parameters, gan_arena_at(&arena, parameters));
    gan_copy(model->context, model->buffer_size, model->buffers, gan_arena_at(&arena, buffers));
    const gan_status status = read_tensors(from, gan_arena_at(&arena, parameters), gan_arena_at(&arena, buffers));
    if (status == GAN_OK) {
        gan_copy(model->context, model->parameter_size, gan_arena_at(&arena, parameters), model->parameters);
        gan_model_count_change(model);
        gan_copy(model->context, model->buffer_size, gan_arena_at(&arena, buffers), model->buffers);
    }
    gan_arena_release(&arena);
    return status;
}

static gan_status load_weights(gan_model *model, gan_origin origin, const gan_weights_options *options)
{
    gan_safetensors *file = NULL;
    source from;

    GAN_TRY(gan_safetensors_open(model->context, origin, &file));
    gan_status status = find_tensors(file, model, options, &from);
    if (status == GAN_OK) {
        status = options->partial ? check_any(&from) : gan_weights_check_statistics(model->context, file, from.used);
        if (status == GAN_OK) status = read_weights(&from, model);
        if (status == GAN_OK) log_skipped(&from);
        release_source(&from);
    }
    gan_safetensors_close(file);
    return status;
}

gan_status gan_model_load_weights(gan_model *model, const char *path, const gan_weights_options *given)
{
    GAN_FLOAT_SCOPE();
    gan_weights_options options;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_weights_options_read(given, __func__, &options));
    GAN_TRY(gan_model_check_built(model, __func__));
    return load_weights(model, (gan_origin){.path = path}, &options);
}

gan_status gan_model_load_weights_from(gan_model *model, gan_reader reader, const gan_weights_options *given)
{
    GAN_FLOAT_SCOPE();
    gan_weights_options options;

    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_reader_check(reader, __func__));
    GAN_TRY(gan_weights_options_read(given, __func__, &options));
    GAN_TRY(gan_model_check_built(model, __func__));
    return load_weights(model, (gan_origin){.reader = reader}, &options);
}
