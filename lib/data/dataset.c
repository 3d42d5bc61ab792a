/* The cursor over a source: batches of an epoch, in a new order each time. */
#include "data/data.h"

#define DEFAULT_MEMORY_LIMIT ((size_t)256 << 20)

gan_status gan_dataset_options_resolve(const gan_dataset_options *given, int64_t count, gan_dataset_options *resolved)
{
    gan_dataset_options options;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_dataset_options"));
    if (options.limit < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_dataset_options: limit is %lld, expected at least 0",
                        (long long)options.limit);
    }
    if (options.limit == 0 || options.limit > count) options.limit = count;
    if (options.memory_limit == 0) options.memory_limit = DEFAULT_MEMORY_LIMIT;
    *resolved = options;
    return GAN_OK;
}

gan_status gan_dataset_create(gan_context *context, const gan_source_ops *ops, void *source, gan_shape shape,
                              int64_t classes, const gan_dataset_options *options, gan_dataset **out)
{
    gan_dataset *dataset = gan_allocate(context, sizeof(*dataset));

    if (!dataset) {
        ops->destroy(source);
        return GAN_ERROR_MEMORY;
    }
    *dataset = (gan_dataset){.context = gan_context_retain(context),
                             .ops = ops,
                             .source = source,
                             .shape = shape,
                             .count = options->limit,
                             .classes = classes,
                             .options = *options,
                             .order_epoch = -1};
    atomic_init(&dataset->references, 1);
    dataset->cursor.seed = options->seed;
    if (!options->in_order) {
        dataset->order = gan_allocate_array(context, dataset->count, sizeof(*dataset->order));
        if (!dataset->order) {
            gan_dataset_destroy(dataset);
            return GAN_ERROR_MEMORY;
        }
    }
    *out = dataset;
    return GAN_OK;
}

gan_dataset *gan_dataset_retain(gan_dataset *dataset)
{
    atomic_fetch_add(&dataset->references, 1);
    return dataset;
}

void gan_dataset_destroy(gan_dataset *dataset)
{
    if (!dataset || atomic_fetch_sub(&dataset->references, 1) > 1) return;
    gan_context *context = dataset->context;
    dataset->ops->destroy(dataset->source);
    gan_release(context, dataset->order, (size_t)dataset->count * sizeof(*dataset->order));
    gan_release(context, dataset, sizeof(*dataset));
    gan_context_release(context);
}

int64_t gan_dataset_count(const gan_dataset *dataset)
{
    return dataset ? dataset->count : 0;
}

gan_status gan_dataset_get_shape(const gan_dataset *dataset, gan_shape *out)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(out);
    *out = dataset->shape;
    return GAN_OK;
}

int64_t gan_dataset_classes(const gan_dataset *dataset)
{
    return dataset ? dataset->classes : 0;
}

/* The Fisher-Yates permutation of the current epoch. It depends only on seed and epoch, so that a restored cursor
 * continues in the same order. Each epoch has its own counters: one draw per sample. */
static void shuffle(gan_dataset *dataset)
{
    const gan_dataset_cursor *cursor = &dataset->cursor;
    gan_random_state random = {.seed = cursor->seed,
                               .stream = GAN_STREAM_SHUFFLE,
                               .counter = (uint64_t)cursor->epoch * (uint64_t)dataset->count};
    int64_t *order = dataset->order;

    if (!order || dataset->order_epoch == cursor->epoch) return;
    for (int64_t i = 0; i < dataset->count; i++) order[i] = i;
    for (int64_t i = dataset->count - 1; i > 0; i--) {
        const int64_t j = (int64_t)gan_random_below(&random, (uint64_t)i + 1), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
    dataset->order_epoch = cursor->epoch;
}

/* Samples first, first + 1, ... of the source. */
static gan_status read_range(gan_dataset *dataset, int64_t first, int64_t count, float *samples, int32_t *labels)
{
    const int64_t elements = gan_shape_count(dataset->shape);
    int64_t numbers[64];

    for (int64_t done = 0, size; done < count; done += size) {
        size = count - done < 64 ? count - done : 64;
        for (int64_t i = 0; i < size; i++) numbers[i] = first + done + i;
        GAN_TRY(dataset->ops->read(dataset->source, numbers, size, samples + done * elements,
                                   labels ? labels + done : NULL));
    }
    return GAN_OK;
}

static gan_status check_labels(const gan_dataset *dataset, const int32_t *labels, const char *function)
{
    if (!labels || dataset->classes > 0) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: labels were requested, but the dataset has none", function);
}

gan_status gan_dataset_next(gan_dataset *dataset, int64_t batch, float *samples, int32_t *labels, int64_t *count)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(count);
    gan_dataset_cursor *cursor = &dataset->cursor, before = *cursor;
    const bool drop_last = dataset->options.drop_last;

    if (batch < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected at least 1", __func__, (long long)batch);
    }
    if (drop_last && batch > dataset->count) {
        return gan_fail(GAN_ERROR_BATCH,
                        "%s: batch is %lld, but an epoch has %lld samples and drop_last requires full batches",
                        __func__, (long long)batch, (long long)dataset->count);
    }
    GAN_TRY(check_labels(dataset, labels, "gan_dataset_next"));

    /* After a restored cursor, or before a larger batch, less than a full batch may be left. */
    if (drop_last && dataset->count - cursor->position < batch) {
        cursor->epoch++;
        cursor->position = 0;
    }
    shuffle(dataset);
    const int64_t left = dataset->count - cursor->position, size = left < batch ? left : batch;
    const gan_status status =
        dataset->order ? dataset->ops->read(dataset->source, dataset->order + cursor->position, size, samples, labels)
                       : read_range(dataset, cursor->position, size, samples, labels);
    if (status != GAN_OK) {
        *cursor = before;
        return status;
    }
    cursor->position += size;
    if (dataset->count - cursor->position < (drop_last ? batch : 1)) {
        cursor->epoch++;
        cursor->position = 0;
    }
    *count = size;
    return GAN_OK;
}

gan_status gan_dataset_read(gan_dataset *dataset, int64_t first, int64_t count, float *samples, int32_t *labels)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(samples);
    if (first < 0 || count < 1 || first >= dataset->count || count > dataset->count - first) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: %lld samples from index %lld were requested, but the dataset has %lld", __func__,
                        (long long)count, (long long)first, (long long)dataset->count);
    }
    GAN_TRY(check_labels(dataset, labels, "gan_dataset_read"));
    return read_range(dataset, first, count, samples, labels);
}

gan_status gan_dataset_get_cursor(const gan_dataset *dataset, gan_dataset_cursor *out)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(out);
    *out = dataset->cursor;
    return GAN_OK;
}

gan_status gan_dataset_check_cursor(const gan_dataset *dataset, const gan_dataset_cursor *cursor)
{
    if (cursor->epoch < 0 || cursor->epoch > INT64_MAX / 2) {
        return gan_fail(GAN_ERROR_ARGUMENT, "the cursor's epoch is %lld, expected 0 to %lld",
                        (long long)cursor->epoch, (long long)(INT64_MAX / 2));
    }
    if (cursor->position < 0 || cursor->position > dataset->count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "the cursor's position is %lld, but the dataset has %lld samples",
                        (long long)cursor->position, (long long)dataset->count);
    }
    return GAN_OK;
}

gan_status gan_dataset_set_cursor(gan_dataset *dataset, gan_dataset_cursor cursor)
{
    GAN_CHECK_NOT_NULL(dataset);
    const gan_status status = gan_dataset_check_cursor(dataset, &cursor);
    if (status != GAN_OK) return gan_fail(status, "%s: %s", __func__, gan_last_error());
    if (cursor.position == dataset->count) {
        cursor.epoch++;
        cursor.position = 0;
    }
    if (cursor.seed != dataset->cursor.seed) dataset->order_epoch = -1;
    dataset->cursor = cursor;
    return GAN_OK;
}
