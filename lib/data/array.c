/* Datasets over samples in the caller's memory. */
#include "data/data.h"

#include <string.h>

typedef struct array_source {
    gan_context *context;
    const float *samples;
    const int32_t *labels; /* or NULL */
    int64_t elements;      /* of a sample */
} array_source;

static void array_destroy(void *source)
{
    array_source *array = source;
    gan_context *context = array->context;

    gan_release(context, array, sizeof(*array));
    gan_context_release(context);
}

static gan_status array_read(void *source, const int64_t *numbers, int64_t count, float *samples, int32_t *labels)
{
    const array_source *array = source;
    const size_t size = (size_t)array->elements * sizeof(float);

    for (int64_t i = 0; i < count; i++) {
        memcpy(samples + i * array->elements, array->samples + numbers[i] * array->elements, size);
        if (labels) labels[i] = array->labels[numbers[i]];
    }
    return GAN_OK;
}

static const gan_source_ops array_ops = {array_read, array_destroy};

static gan_status count_classes(const int32_t *labels, int64_t count, int64_t *classes)
{
    int32_t largest = -1;

    for (int64_t i = 0; i < count && labels; i++) {
        if (labels[i] < 0) {
            return gan_fail(GAN_ERROR_ARGUMENT, "gan_dataset_from_array: label %lld is %d, expected at least 0",
                            (long long)i, (int)labels[i]);
        }
        if (labels[i] > largest) largest = labels[i];
    }
    *classes = (int64_t)largest + 1;
    return GAN_OK;
}

gan_status gan_dataset_from_array(gan_context *context, const float *samples, const int32_t *labels, int64_t count,
                                  gan_shape shape, const gan_dataset_options *options, gan_dataset **out)
{
    gan_dataset_options resolved;
    int64_t classes = 0;
    int64_t size;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(out);
    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", __func__, (long long)count);
    }
    GAN_TRY(gan_shape_check(shape, "gan_dataset_from_array: shape"));
    if (!gan_checked_multiply(gan_shape_count(shape), count, &size) || size > PTRDIFF_MAX / (int64_t)sizeof(float)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of %lld samples overflows", __func__, (long long)count);
    }
    GAN_TRY(count_classes(labels, count, &classes));
    GAN_TRY(gan_dataset_options_resolve(options, count, &resolved));

    array_source *array = gan_allocate(context, sizeof(*array));
    if (!array) return GAN_ERROR_MEMORY;
    *array = (array_source){gan_context_retain(context), samples, labels, gan_shape_count(shape)};
    return gan_dataset_create(context, &array_ops, array, shape, classes, &resolved, out);
}
