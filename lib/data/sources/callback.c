/* Datasets that a callback of the host fills. */
#include "data/dataset/dataset.h"

typedef struct callback_source {
    gan_context *context;
    gan_fill_fn fill;
    void *user;
    gan_field *fields; /* their names are the source's */
    int64_t field_count;
} callback_source;

static void callback_destroy(void *state)
{
    callback_source *callback = state;
    gan_context *context = callback->context;

    gan_release(context, callback->fields, (size_t)callback->field_count * sizeof(*callback->fields));
    gan_release(context, callback, sizeof(*callback));
    gan_context_release(context);
}

static gan_status call_host(const callback_source *callback, const int64_t *numbers, int64_t count,
                            float *const *fields)
{
    GAN_HOST_SCOPE();
    return callback->fill(callback->user, numbers, count, fields);
}

static gan_status callback_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    const callback_source *callback = state;
    const gan_status status = call_host(callback, numbers, count, fields);

    if (status != GAN_OK) {
        return gan_fail(status,
                        "the callback of a dataset returned %s for %lld samples, the first of them number %lld",
                        gan_status_name(status), (long long)count, (long long)numbers[0]);
    }
    for (int64_t f = 0; f < callback->field_count; f++) {
        const gan_field *field = &callback->fields[f];
        if (!fields[f] || field->classes == 0) continue;
        GAN_TRY(gan_labels_check("the callback of a dataset", field, fields[f], count, numbers));
    }
    return GAN_OK;
}

static const gan_source_ops callback_ops = {.read = callback_read, .destroy = callback_destroy};

static gan_status create_callback(gan_context *context, int64_t field_count, const gan_callback_field *fields,
                                  callback_source **out)
{
    callback_source *callback = gan_allocate(context, sizeof(*callback));

    if (!callback) return GAN_ERROR_MEMORY;
    callback->context = gan_context_retain(context);
    callback->fields = gan_allocate_array(context, field_count, sizeof(*callback->fields));
    if (!callback->fields) {
        callback_destroy(callback);
        return GAN_ERROR_MEMORY;
    }
    callback->field_count = field_count;
    for (int64_t f = 0; f < field_count; f++) {
        callback->fields[f] =
            (gan_field){.name = fields[f].name, .shape = fields[f].shape, .classes = fields[f].classes};
    }
    *out = callback;
    return GAN_OK;
}

gan_status gan_dataset_from_callback(gan_context *context, int64_t count, int64_t field_count,
                                     const gan_callback_field *fields, gan_fill_fn fill, void *user,
                                     const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    gan_dataset_options resolved;
    callback_source *callback;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(fields);
    GAN_CHECK_NOT_NULL(fill);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_count_check(__func__, count));
    GAN_TRY(gan_field_count_check(__func__, field_count));
    GAN_TRY(gan_dataset_options_resolve(options, count, &resolved));
    GAN_TRY(create_callback(context, field_count, fields, &callback));
    callback->fill = fill;
    callback->user = user;
    const gan_status status = gan_fields_check(__func__, count, callback->fields, field_count);
    if (status != GAN_OK) {
        callback_destroy(callback);
        return status;
    }
    GAN_TRY(gan_dataset_create(context, &callback_ops, callback, callback->fields, field_count, &resolved, out));
    for (int64_t f = 0; f < field_count; f++) callback->fields[f].name = (*out)->source->fields[f].name;
    return GAN_OK;
}
