/* The cursor over a source: batches of an epoch, in a new order each time. */
#include "data/dataset/dataset.h"

#include <string.h>

#define DEFAULT_MEMORY_LIMIT ((size_t)256 << 20)

gan_status gan_dataset_options_resolve(const gan_dataset_options *given, int64_t count, gan_dataset_options *resolved)
{
    gan_dataset_options options;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_dataset_options"));
    if (options.transposed)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_dataset_options: only images in IDX files can be transposed");
    if (options.delimiter || options.decimal_comma || options.skip_missing) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_dataset_options: only tables in CSV have %s",
                        options.delimiter       ? "a delimiter"
                        : options.decimal_comma ? "decimal commas"
                                                : "rows that miss something");
    }
    if (options.limit < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_dataset_options: limit is %lld, expected at least 0",
                        (long long)options.limit);
    }
    if (options.limit == 0 || options.limit > count) options.limit = count;
    if (options.memory_limit == 0) options.memory_limit = DEFAULT_MEMORY_LIMIT;
    options.temporary_folder = NULL; /* the caller's */
    *resolved = options;
    return GAN_OK;
}

/* Tells one set of samples from another, as far as that costs nothing. */
static uint64_t fingerprint(const gan_dataset *dataset)
{
    const gan_source *source = dataset->source;
    uint64_t hash = GAN_HASH_START;

    for (int i = 0; i < dataset->shape.rank; i++) hash = gan_hash_add(hash, (uint64_t)dataset->shape.dims[i]);
    for (int64_t i = 0; i < dataset->count && dataset->numbers; i++)
        hash = gan_hash_add(hash, (uint64_t)dataset->numbers[i]);
    for (int64_t f = 0; f < source->field_count && source->ops->class_name; f++) {
        for (int64_t c = 0; c < source->fields[f].classes; c++)
            hash = gan_hash_add_text(hash, source->ops->class_name(source->state, f, c));
    }
    if (source->ops->fingerprint) hash = source->ops->fingerprint(source->state, hash);
    return hash > 0 ? hash : 1;
}

static gan_status allocate_arrays(gan_dataset *dataset, const int64_t *numbers)
{
    gan_context *context = dataset->context;

    if (dataset->options.prefetch) GAN_TRY(gan_ahead_create(dataset->source, &dataset->ahead));
    dataset->places = gan_allocate_array(context, dataset->source->field_count, sizeof(*dataset->places));
    if (!dataset->places) return GAN_ERROR_MEMORY;
    if (!dataset->options.in_order) {
        dataset->order = gan_allocate_array(context, dataset->count, sizeof(*dataset->order));
        if (!dataset->order) return GAN_ERROR_MEMORY;
    }
    if (numbers) {
        dataset->numbers = gan_allocate_array(context, dataset->count, sizeof(*dataset->numbers));
        if (!dataset->numbers) return GAN_ERROR_MEMORY;
        memcpy(dataset->numbers, numbers, (size_t)dataset->count * sizeof(*numbers));
    }
    return GAN_OK;
}

gan_status gan_dataset_over(gan_source *source, const int64_t *numbers, const gan_dataset_options *options,
                            gan_dataset **out)
{
    gan_context *context = source->context;
    gan_dataset *dataset = gan_allocate(context, sizeof(*dataset));

    if (!dataset) return GAN_ERROR_MEMORY;
    *dataset = (gan_dataset){.context = gan_context_retain(context),
                             .source = gan_source_retain(source),
                             .count = options->limit,
                             .shape = source->fields[0].shape,
                             .label = -1,
                             .options = *options,
                             .order_epoch = -1};
    atomic_init(&dataset->references, 1);
    for (int64_t f = source->field_count - 1; f >= 0; f--) {
        if (source->fields[f].classes > 0) dataset->label = f;
    }
    if (dataset->label >= 0) dataset->classes = source->fields[dataset->label].classes;
    const gan_status status = allocate_arrays(dataset, numbers);
    if (status != GAN_OK) {
        gan_dataset_destroy(dataset);
        return status;
    }
    dataset->cursor.seed = options->seed;
    dataset->cursor.count = dataset->count;
    dataset->cursor.fingerprint = fingerprint(dataset);
    *out = dataset;
    return GAN_OK;
}

gan_dataset *gan_dataset_retain(gan_dataset *dataset)
{
    atomic_fetch_add(&dataset->references, 1);
    return dataset;
}

gan_status gan_dataset_create(gan_context *context, const gan_source_ops *ops, void *state, const gan_field *fields,
                              int64_t field_count, const gan_dataset_options *options, gan_dataset **out)
{
    gan_source *source = NULL;

    GAN_TRY(gan_source_create(context, ops, state, fields, field_count, &source));
    const gan_status status = gan_dataset_over(source, NULL, options, out);
    gan_source_release(source);
    return status;
}

void gan_dataset_destroy(gan_dataset *dataset)
{
    if (!dataset || atomic_fetch_sub(&dataset->references, 1) > 1) return;
    gan_context *context = dataset->context;
    gan_ahead_destroy(dataset->ahead);
    gan_release(context, dataset->places, (size_t)dataset->source->field_count * sizeof(*dataset->places));
    gan_release(context, dataset->order, (size_t)dataset->count * sizeof(*dataset->order));
    gan_release(context, dataset->numbers, (size_t)dataset->count * sizeof(*dataset->numbers));
    gan_source_release(dataset->source);
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

int64_t gan_dataset_field_count(const gan_dataset *dataset)
{
    return dataset ? dataset->source->field_count : 0;
}

gan_status gan_dataset_get_field(const gan_dataset *dataset, int64_t index, gan_field_info *info)
{
    gan_field_info known = GAN_FIELD_INFO_INIT;

    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(info);
    if (index < 0 || index >= dataset->source->field_count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the dataset has %lld fields", __func__,
                        (long long)index, (long long)dataset->source->field_count);
    }
    const gan_field *field = &dataset->source->fields[index];
    known.name = field->name;
    known.shape = field->shape;
    known.classes = field->classes;
    return gan_report_write(info, &known, sizeof(known), "gan_field_info");
}

int64_t gan_dataset_find_field(const gan_dataset *dataset, const char *name)
{
    for (int64_t f = 0; name && f < gan_dataset_field_count(dataset); f++) {
        if (strcmp(dataset->source->fields[f].name, name) == 0) return f;
    }
    return -1;
}

gan_status gan_dataset_get_class_name(const gan_dataset *dataset, int64_t field, int64_t class_number,
                                      const char **out)
{
    gan_field_info info = GAN_FIELD_INFO_INIT;

    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_dataset_get_field(dataset, field, &info));
    if (info.classes == 0) {
        return gan_fail(GAN_ERROR_STATE, "%s: field '%.64s' is not a class label", __func__, info.name);
    }
    if (class_number < 0 || class_number >= info.classes) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: class_number is %lld, but field '%.64s' has %lld class%s", __func__,
                        (long long)class_number, info.name, (long long)info.classes, info.classes == 1 ? "" : "es");
    }
    const gan_source *source = dataset->source;
    const char *name = source->ops->class_name ? source->ops->class_name(source->state, field, class_number) : NULL;
    if (!name) {
        return gan_fail(GAN_ERROR_NOT_FOUND, "%s: the classes of field '%.64s' have no names", __func__, info.name);
    }
    *out = name;
    return GAN_OK;
}

/* What an epoch's permutation is drawn from: each epoch has its own counters, one draw per sample. */
static gan_random_state shuffling(const gan_dataset *dataset, const gan_dataset_cursor *cursor)
{
    return (gan_random_state){.seed = cursor->seed,
                              .stream = GAN_STREAM_SHUFFLE,
                              .counter = (uint64_t)cursor->epoch * (uint64_t)dataset->count};
}

/* The permutation of the current epoch. It depends only on seed and epoch, so that a restored cursor
 * continues in the same order. */
static void shuffle(gan_dataset *dataset)
{
    const gan_dataset_cursor *cursor = &dataset->cursor;
    gan_random_state random = shuffling(dataset, cursor);
    int64_t *order = dataset->order;

    if (!order || dataset->order_epoch == cursor->epoch) return;
    gan_random_permutation(&random, order, dataset->count);
    dataset->order_epoch = cursor->epoch;
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

/* Reads a piece to place `done` of the arrays. Labels that are not wanted as floats pass through `labels`. */
static gan_status read_piece(gan_dataset *dataset, const int64_t *numbers, int64_t count, const gan_destination *to,
                             int64_t done)
{
    gan_source *source = dataset->source;
    float labels[GAN_SOURCE_PIECE], **places = dataset->places;

    for (int64_t f = 0; f < source->field_count; f++) {
        float *array = gan_destination_array(to, f);
        places[f] = array ? array + done * source->fields[f].elements : NULL;
    }
    if (to->labels && !places[to->label]) places[to->label] = labels;
    GAN_TRY(gan_source_read(source, numbers, count, places));
    for (int64_t i = 0; i < count && to->labels; i++) to->labels[done + i] = (int32_t)places[to->label][i];
    return GAN_OK;
}

/* Reads `count` samples from `first` on, of the dataset or of its order; the destination has the first `done`. */
static gan_status read_samples(gan_dataset *dataset, const int64_t *order, int64_t first, int64_t count,
                               const gan_destination *to, int64_t done)
{
    int64_t numbers[GAN_SOURCE_PIECE];

    for (int64_t size; done < count; done += size) {
        size = count - done < GAN_SOURCE_PIECE ? count - done : GAN_SOURCE_PIECE;
        gan_dataset_find_numbers(dataset, order, first + done, size, numbers);
        GAN_TRY(read_piece(dataset, numbers, size, to, done));
    }
    return GAN_OK;
}

static gan_status check_labels(const gan_dataset *dataset, const int32_t *labels, const char *function)
{
    if (!labels || dataset->classes > 0) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: labels were requested, but the dataset has none", function);
}

static gan_status check_batch(const gan_dataset *dataset, int64_t batch, const char *function)
{
    if (batch < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected at least 1", function, (long long)batch);
    }
    if (dataset->options.drop_last && batch > dataset->count) {
        return gan_fail(GAN_ERROR_BATCH,
                        "%s: batch is %lld, but an epoch has %lld sample%s and drop_last requires full batches",
                        function, (long long)batch, (long long)dataset->count, gan_plural(dataset->count));
    }
    return GAN_OK;
}

/* Part of a batch: samples first, first + 1, ... of it. */
typedef struct batch_part {
    int64_t first, count;
} batch_part;

/* The part of the next `size` samples of the epoch: those that have been read ahead, then the others. */
static gan_status read_at_cursor(gan_dataset *dataset, int64_t size, batch_part part, const gan_destination *to)
{
    const int64_t left = size - part.first, count = part.count < left ? part.count : left;
    gan_dataset_cursor at = dataset->cursor;
    int64_t taken = 0;

    at.position += part.first;
    /* Of an empty part, too: what comes next may not meet the thread. */
    if (dataset->ahead) gan_ahead_wait(dataset->ahead, &at);
    if (count < 1) return GAN_OK;
    if (dataset->ahead) GAN_TRY(gan_ahead_take(dataset->ahead, count, to, &taken));
    return read_samples(dataset, dataset->order, at.position, count, to, taken);
}

/* Begins to read what the next batch is likely to need: the same part of it. */
static void read_ahead(gan_dataset *dataset, batch_part part)
{
    const gan_dataset_cursor cursor = dataset->cursor;

    if (!dataset->ahead) return;
    shuffle(dataset);
    if (part.first < dataset->count - cursor.position) dataset->cursor.position += part.first;
    gan_ahead_start(dataset->ahead, dataset);
    dataset->cursor = cursor;
}

static gan_status read_next(gan_dataset *dataset, int64_t batch, batch_part part, const gan_destination *to,
                            int64_t *count)
{
    gan_dataset_cursor *cursor = &dataset->cursor, before = *cursor;
    const bool drop_last = dataset->options.drop_last;

    /* After a restored cursor, or before a larger batch, less than a full batch may be left. */
    if (drop_last && dataset->count - cursor->position < batch) {
        cursor->epoch++;
        cursor->position = 0;
    }
    shuffle(dataset);
    const int64_t left = dataset->count - cursor->position, size = left < batch ? left : batch;
    const gan_status status = read_at_cursor(dataset, size, part, to);
    if (status != GAN_OK) {
        *cursor = before;
        return status;
    }
    cursor->position += size;
    if (dataset->count - cursor->position < (drop_last ? batch : 1)) {
        cursor->epoch++;
        cursor->position = 0;
    }
    read_ahead(dataset, part);
    *count = size;
    return GAN_OK;
}

int64_t gan_dataset_next_size(const gan_dataset *dataset, int64_t batch)
{
    const int64_t left = dataset->count - dataset->cursor.position;

    if (left >= batch) return batch;
    if (!dataset->options.drop_last) return left;
    return dataset->count < batch ? dataset->count : batch;
}

gan_status gan_dataset_next_part(gan_dataset *dataset, int64_t batch, int64_t first, int64_t count,
                                 float *const *fields, int64_t *passed)
{
    GAN_TRY(check_batch(dataset, batch, "gan_dataset_next_fields"));
    return read_next(dataset, batch, (batch_part){first, count}, &(gan_destination){.fields = fields}, passed);
}

gan_status gan_dataset_next_fields(gan_dataset *dataset, int64_t batch, float *const *fields, int64_t *count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(fields);
    GAN_CHECK_NOT_NULL(count);
    GAN_TRY(check_batch(dataset, batch, __func__));
    return read_next(dataset, batch, (batch_part){0, batch}, &(gan_destination){.fields = fields}, count);
}

gan_status gan_dataset_next(gan_dataset *dataset, int64_t batch, float *samples, int32_t *labels, int64_t *count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(count);
    GAN_TRY(check_batch(dataset, batch, __func__));
    GAN_TRY(check_labels(dataset, labels, __func__));
    const gan_destination to = {.samples = samples, .labels = labels, .label = dataset->label};
    return read_next(dataset, batch, (batch_part){0, batch}, &to, count);
}

static gan_status check_range(const gan_dataset *dataset, int64_t first, int64_t count, const char *function)
{
    if (first >= 0 && count >= 1 && first < dataset->count && count <= dataset->count - first) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %lld sample%s from index %lld requested, but the dataset has %lld",
                    function, (long long)count, gan_plural(count), (long long)first, (long long)dataset->count);
}

gan_status gan_dataset_read_fields(gan_dataset *dataset, int64_t first, int64_t count, float *const *fields)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(fields);
    GAN_TRY(check_range(dataset, first, count, __func__));
    return read_samples(dataset, NULL, first, count, &(gan_destination){.fields = fields}, 0);
}

gan_status gan_dataset_read(gan_dataset *dataset, int64_t first, int64_t count, float *samples, int32_t *labels)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(samples);
    GAN_TRY(check_range(dataset, first, count, __func__));
    GAN_TRY(check_labels(dataset, labels, __func__));
    const gan_destination to = {.samples = samples, .labels = labels, .label = dataset->label};
    return read_samples(dataset, NULL, first, count, &to, 0);
}

gan_status gan_dataset_read_labels(gan_dataset *dataset, int64_t first, int64_t count, int32_t *labels)
{
    const gan_destination to = {.labels = labels, .label = dataset->label};
    return read_samples(dataset, NULL, first, count, &to, 0);
}

gan_status gan_dataset_get_numbers(const gan_dataset *dataset, int64_t first, int64_t count, int64_t *numbers)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(numbers);
    GAN_TRY(check_range(dataset, first, count, __func__));
    for (int64_t i = 0; i < count; i++) numbers[i] = dataset->numbers ? dataset->numbers[first + i] : first + i;
    return GAN_OK;
}

/* Shuffled samples are found in the permutation of the cursor's epoch, which may not be the present one. */
gan_status gan_dataset_number_at(const gan_dataset *dataset, const gan_dataset_cursor *cursor, int64_t *number)
{
    int64_t *order = NULL;

    if (!dataset->options.in_order) {
        order = gan_allocate_array(dataset->context, dataset->count, sizeof(*order));
        if (!order) return GAN_ERROR_MEMORY;
        gan_random_state random = shuffling(dataset, cursor);
        gan_random_permutation(&random, order, dataset->count);
    }
    gan_dataset_find_numbers(dataset, order, cursor->position, 1, number);
    gan_release(dataset->context, order, (size_t)dataset->count * sizeof(*order));
    return GAN_OK;
}

/* ---- Cursors ------------------------------------------------------------------------------------------------ */

gan_status gan_dataset_get_cursor(const gan_dataset *dataset, gan_dataset_cursor *out)
{
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(out);
    *out = dataset->cursor;
    return GAN_OK;
}

/* GAN_ERROR_STATE if the cursor is known to be of other samples. */
static gan_status check_same_data(const gan_dataset *dataset, const gan_dataset_cursor *cursor)
{
    const int64_t count = dataset->count;

    if (cursor->count != 0 && cursor->count != count) {
        return gan_fail(GAN_ERROR_STATE,
                        "the dataset has %lld sample%s, but had %lld when the cursor was taken: "
                        "it has %s since",
                        (long long)count, gan_plural(count), (long long)cursor->count,
                        count > cursor->count ? "grown" : "shrunk");
    }
    if (cursor->fingerprint != 0 && cursor->fingerprint != dataset->cursor.fingerprint) {
        return gan_fail(GAN_ERROR_STATE,
                        "the cursor was taken in another dataset of %lld samples: "
                        "its samples have another shape, its files, columns or classes other names, or, in a subset, "
                        "its samples other numbers",
                        (long long)count);
    }
    return GAN_OK;
}

gan_status gan_dataset_check_cursor(const gan_dataset *dataset, const gan_dataset_cursor *cursor)
{
    if (cursor->epoch < 0 || cursor->epoch > INT64_MAX / 2) {
        return gan_fail(GAN_ERROR_ARGUMENT, "the cursor's epoch is %lld, expected 0 to %lld",
                        (long long)cursor->epoch, (long long)(INT64_MAX / 2));
    }
    const gan_status status = check_same_data(dataset, cursor);
    if (status != GAN_OK) return dataset->options.restart_if_changed ? GAN_OK : status;
    if (cursor->position < 0 || cursor->position > dataset->count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "the cursor's position is %lld, but the dataset has %lld sample%s",
                        (long long)cursor->position, (long long)dataset->count, gan_plural(dataset->count));
    }
    return GAN_OK;
}

gan_status gan_dataset_set_cursor(gan_dataset *dataset, gan_dataset_cursor cursor)
{
    GAN_CHECK_NOT_NULL(dataset);
    const gan_status status = gan_dataset_check_cursor(dataset, &cursor);
    if (status != GAN_OK) return gan_fail(status, "%s: %s", __func__, gan_last_error());
    if (check_same_data(dataset, &cursor) != GAN_OK) {
        gan_log(dataset->context, GAN_LOG_WARNING, "%s; the epoch starts anew", gan_last_error());
        cursor.position = 0;
    }
    if (cursor.position == dataset->count) {
        cursor.epoch++;
        cursor.position = 0;
    }
    cursor.count = dataset->count;
    cursor.fingerprint = dataset->cursor.fingerprint;
    if (cursor.seed != dataset->cursor.seed) dataset->order_epoch = -1;
    dataset->cursor = cursor;
    return GAN_OK;
}
