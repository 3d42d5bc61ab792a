/* What datasets over the same samples share: where they come from, and their fields. */
#include "data/dataset/dataset.h"

#include <stdio.h>
#include <string.h>

static gan_status check_field(const char *function, const gan_field *field, int64_t index)
{
    char what[GAN_SENTENCE / 2], text[GAN_SHAPE_TEXT];

    if (!field->name) return gan_fail(GAN_ERROR_NULL, "%s: field %lld has no name", function, (long long)index);
    if (!field->name[0] || !gan_is_utf8(field->name)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the name of field %lld is %s, expected UTF-8 text", function,
                        (long long)index, field->name[0] ? "malformed" : "empty");
    }
    snprintf(what, sizeof(what), "%s: field '%.64s'", function, field->name);
    GAN_TRY(gan_shape_check(field->shape, what));
    if (field->classes < 0 || field->classes > GAN_MAX_CLASSES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s has %lld classes, expected 0 to %d", what, (long long)field->classes,
                        GAN_MAX_CLASSES);
    }
    if (field->classes > 0 && !gan_shape_equal(field->shape, GAN_SHAPE(1))) {
        return gan_fail(GAN_ERROR_SHAPE, "%s is a class label with the shape %s, expected (1)", what,
                        gan_shape_text(field->shape, text));
    }
    return GAN_OK;
}

gan_status gan_fields_check(const char *function, int64_t count, gan_field *fields, int64_t field_count)
{
    for (int64_t f = 0; f < field_count; f++) {
        gan_field *field = &fields[f];
        int64_t size;
        GAN_TRY(check_field(function, field, f));
        for (int64_t other = 0; other < f; other++) {
            if (strcmp(fields[other].name, field->name) != 0) continue;
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: fields %lld and %lld have the same name, '%.64s'", function,
                            (long long)other, (long long)f, field->name);
        }
        field->elements = gan_shape_count(field->shape);
        if (!gan_checked_multiply(field->elements, count, &size) || !gan_array_fits(size, sizeof(float))) {
            return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of %lld samples overflows in field '%.64s'", function,
                            (long long)count, field->name);
        }
    }
    return GAN_OK;
}

gan_status gan_count_check(const char *function, int64_t count)
{
    if (count >= 1) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", function, (long long)count);
}

gan_status gan_field_count_check(const char *function, int64_t field_count)
{
    if (field_count >= 1) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: field_count is %lld, expected at least 1", function,
                    (long long)field_count);
}

gan_status gan_labels_check(const char *what, const gan_field *field, const float *values, int64_t count,
                            const int64_t *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        const float value = values[i];
        /* NaN fails every comparison. */
        if (value >= 0 && value < (float)field->classes && value == (float)(int32_t)value) continue;
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: '%.64s' of sample %lld is %g, expected a whole number from 0 to %lld", what, field->name,
                        (long long)(numbers ? numbers[i] : i), (double)value, (long long)(field->classes - 1));
    }
    return GAN_OK;
}

static gan_status copy_fields(gan_source *source, const gan_field *fields, int64_t field_count)
{
    source->fields = gan_allocate_array(source->context, field_count, sizeof(*source->fields));
    if (!source->fields) return GAN_ERROR_MEMORY;
    source->field_count = field_count;
    for (int64_t f = 0; f < field_count; f++) {
        gan_field *field = &source->fields[f];
        *field = fields[f];
        field->elements = gan_shape_count(field->shape);
        field->name = gan_copy_text(source->context, fields[f].name);
        if (!field->name) return GAN_ERROR_MEMORY;
    }
    return GAN_OK;
}

gan_status gan_source_create(gan_context *context, const gan_source_ops *ops, void *state, const gan_field *fields,
                             int64_t field_count, gan_source **out)
{
    gan_source *source = gan_allocate(context, sizeof(*source));

    if (!source) {
        ops->destroy(state);
        return GAN_ERROR_MEMORY;
    }
    source->context = gan_context_retain(context);
    source->ops = ops;
    source->state = state;
    atomic_init(&source->references, 1);
    gan_status status = gan_lock_create(&source->reading);
    if (status != GAN_OK) {
        ops->destroy(state);
        gan_release(context, source, sizeof(*source));
        gan_context_release(context);
        return status;
    }
    status = copy_fields(source, fields, field_count);
    if (status != GAN_OK) {
        gan_source_release(source);
        return status;
    }
    *out = source;
    return GAN_OK;
}

float *gan_destination_array(const gan_destination *to, int64_t field)
{
    return to->fields ? to->fields[field] : field == 0 ? to->samples : NULL;
}

gan_status gan_source_read(gan_source *source, const int64_t *numbers, int64_t count, float *const *fields)
{
    gan_lock_acquire(&source->reading);
    const gan_status status = source->ops->read(source->state, numbers, count, fields);
    gan_lock_release(&source->reading);
    return status;
}

gan_source *gan_source_retain(gan_source *source)
{
    atomic_fetch_add(&source->references, 1);
    return source;
}

void gan_source_release(gan_source *source)
{
    if (!source || atomic_fetch_sub(&source->references, 1) > 1) return;
    gan_context *context = source->context;
    gan_lock_destroy(&source->reading);
    source->ops->destroy(source->state);
    for (int64_t f = 0; f < source->field_count; f++) gan_release_text(context, (char *)source->fields[f].name);
    gan_release(context, source->fields, (size_t)source->field_count * sizeof(*source->fields));
    gan_release(context, source, sizeof(*source));
    gan_context_release(context);
}
