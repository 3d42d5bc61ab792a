/* Datasets over samples in the caller's memory. */
#include "data/dataset/dataset.h"

#include <string.h>

/* A field: either values or labels. */
typedef struct array_column {
    const float *values;
    const int32_t *labels;
    int64_t elements;
} array_column;

typedef struct array_source {
    gan_context *context;
    array_column *columns;
    int64_t count;
} array_source;

static void array_destroy(void *state)
{
    array_source *array = state;
    gan_context *context = array->context;

    gan_release(context, array->columns, (size_t)array->count * sizeof(*array->columns));
    gan_release(context, array, sizeof(*array));
    gan_context_release(context);
}

static void read_column(const array_column *column, const int64_t *numbers, int64_t count, float *out)
{
    const int64_t elements = column->elements;

    for (int64_t i = 0; i < count; i++) {
        if (column->labels) {
            out[i] = (float)column->labels[numbers[i]];
        } else {
            memcpy(out + i * elements, column->values + numbers[i] * elements, (size_t)elements * sizeof(float));
        }
    }
}

static gan_status array_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    const array_source *array = state;

    for (int64_t f = 0; f < array->count; f++) {
        if (fields[f]) read_column(&array->columns[f], numbers, count, fields[f]);
    }
    return GAN_OK;
}

static const gan_source_ops array_ops = {.read = array_read, .destroy = array_destroy};

/* A source of such fields, whose columns the caller fills in. */
static gan_status create_array(gan_context *context, int64_t field_count, array_source **out)
{
    array_source *array = gan_allocate(context, sizeof(*array));

    if (!array) return GAN_ERROR_MEMORY;
    array->context = gan_context_retain(context);
    array->columns = gan_allocate_array(context, field_count, sizeof(*array->columns));
    if (!array->columns) {
        array_destroy(array);
        return GAN_ERROR_MEMORY;
    }
    array->count = field_count;
    *out = array;
    return GAN_OK;
}

/* ---- Samples and labels ------------------------------------------------------------------------------------- */

static gan_status count_classes(const int32_t *labels, int64_t count, int64_t *classes)
{
    int32_t largest = -1;

    for (int64_t i = 0; i < count && labels; i++) {
        if (labels[i] < 0 || labels[i] >= GAN_MAX_CLASSES) {
            return gan_fail(GAN_ERROR_ARGUMENT, "gan_dataset_from_array: label %lld is %d, expected 0 to %d",
                            (long long)i, (int)labels[i], GAN_MAX_CLASSES - 1);
        }
        if (labels[i] > largest) largest = labels[i];
    }
    *classes = (int64_t)largest + 1;
    return GAN_OK;
}

gan_status gan_dataset_from_array(gan_context *context, const float *samples, const int32_t *labels, int64_t count,
                                  gan_shape shape, const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    gan_field fields[2] = {{.name = "sample", .shape = shape}, {.name = "label", .shape = GAN_SHAPE(1)}};
    const int64_t field_count = labels ? 2 : 1;
    gan_dataset_options resolved;
    array_source *array;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_count_check(__func__, count));
    GAN_TRY(gan_fields_check(__func__, count, fields, field_count));
    GAN_TRY(count_classes(labels, count, &fields[1].classes));
    GAN_TRY(gan_dataset_options_resolve(options, count, &resolved));
    GAN_TRY(create_array(context, field_count, &array));
    array->columns[0] = (array_column){.values = samples, .elements = fields[0].elements};
    if (labels) array->columns[1] = (array_column){.labels = labels, .elements = 1};
    return gan_dataset_create(context, &array_ops, array, fields, field_count, &resolved, out);
}

/* ---- Any fields --------------------------------------------------------------------------------------------- */

/* Checks the fields and describes them in `to`. */
static gan_status read_fields(int64_t count, int64_t field_count, const gan_array_field *given, gan_field *to)
{
    for (int64_t f = 0; f < field_count; f++)
        to[f] = (gan_field){.name = given[f].name, .shape = given[f].shape, .classes = given[f].classes};
    GAN_TRY(gan_fields_check("gan_dataset_from_arrays", count, to, field_count));
    for (int64_t f = 0; f < field_count; f++) {
        if (!given[f].values) {
            return gan_fail(GAN_ERROR_NULL, "gan_dataset_from_arrays: the values of field '%.64s' are NULL",
                            given[f].name);
        }
        if (to[f].classes > 0) {
            GAN_TRY(gan_labels_check("gan_dataset_from_arrays", &to[f], given[f].values, count, NULL));
        }
    }
    return GAN_OK;
}

static gan_status create_from_fields(gan_context *context, int64_t count, int64_t field_count,
                                     const gan_array_field *given, const gan_dataset_options *options,
                                     gan_field *fields, gan_dataset **out)
{
    array_source *array;

    GAN_TRY(read_fields(count, field_count, given, fields));
    GAN_TRY(create_array(context, field_count, &array));
    for (int64_t f = 0; f < field_count; f++)
        array->columns[f] = (array_column){.values = given[f].values, .elements = fields[f].elements};
    return gan_dataset_create(context, &array_ops, array, fields, field_count, options, out);
}

gan_status gan_dataset_from_arrays(gan_context *context, int64_t count, int64_t field_count,
                                   const gan_array_field *fields, const gan_dataset_options *options,
                                   gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    gan_dataset_options resolved;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(fields);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_count_check(__func__, count));
    GAN_TRY(gan_field_count_check(__func__, field_count));
    GAN_TRY(gan_dataset_options_resolve(options, count, &resolved));
    gan_field *described = gan_allocate_array(context, field_count, sizeof(*described));
    if (!described) return GAN_ERROR_MEMORY;
    const gan_status status = create_from_fields(context, count, field_count, fields, &resolved, described, out);
    gan_release(context, described, (size_t)field_count * sizeof(*described));
    return status;
}
