/* Events of TensorBoard: messages of TensorFlow's event.proto and summary.proto, of which these fields are written.
 *
 *     Event          1 double wall_time   2 int64 step   3 string file_version   5 Summary   7 SessionLog
 *     SessionLog     1 status (1: the run starts, and hides what older files have from this step on)
 *     Summary        1 Value, several
 *     Value          1 string tag   2 float simple_value   4 Image   5 HistogramProto
 *     Image          1 height   2 width   3 colorspace (channels)   4 bytes (PNG)
 *     HistogramProto 1 min   2 max   3 num   4 sum   5 sum_squares   6 double bucket_limit[]   7 double bucket[] */
#include "io/events/events.h"
#include "io/history/history.h"
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum event_field { WALL_TIME = 1, STEP = 2, FILE_VERSION = 3, SUMMARY = 5, SESSION_LOG = 7 };
enum value_field { TAG = 1, SIMPLE_VALUE = 2, IMAGE = 4, HISTOGRAM = 5 };

enum { SUMMARY_VALUE = 1, STATUS = 1, STATUS_START = 1, BUCKETS = 30 };

/* ---- The handle ------------------------------------------------------------------------------------------------ */

/* Starts an event in the record. */
static void begin_event(gan_summary_writer *writer)
{
    const unsigned char header[GAN_EVENT_HEADER] = {0};
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_REALTIME, &now);
    gan_wire_clear(&writer->event);
    gan_wire_put(&writer->event, header, sizeof(header));
    gan_wire_write_double(&writer->event, WALL_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
}

static gan_status write_event(gan_summary_writer *writer)
{
    return gan_event_file_append(&writer->file, &writer->event);
}

/* What each file begins with: the version of the format, then what older files in the folder are worth. */
static gan_status write_start(gan_summary_writer *writer, int64_t first_step)
{
    begin_event(writer);
    gan_wire_write_text(&writer->event, FILE_VERSION, "brain.Event:2");
    GAN_TRY(write_event(writer));
    if (first_step == 0) return GAN_OK;
    begin_event(writer);
    gan_wire_write_int(&writer->event, STEP, first_step);
    const int64_t log = gan_wire_begin(&writer->event, SESSION_LOG);
    gan_wire_write_int(&writer->event, STATUS, STATUS_START);
    gan_wire_end(&writer->event, log);
    return write_event(writer);
}

static gan_status open_writer(gan_summary_writer *writer, const char *folder, int64_t first_step)
{
    GAN_TRY(gan_bytes_create(writer->context, &writer->picture));
    GAN_TRY(gan_event_file_create(writer->context, folder, &writer->file));
    const gan_status status = write_start(writer, first_step);
    if (status != GAN_OK) gan_event_file_remove(writer->context, &writer->file);
    return status;
}

gan_status gan_summary_writer_create(gan_context *context, const char *folder,
                                     const gan_summary_writer_options *options, gan_summary_writer **out)
{
    GAN_FLOAT_SCOPE();
    gan_summary_writer_options known;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(folder);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_options_read(&known, sizeof(known), options, "gan_summary_writer_options"));
    if (known.first_step < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: first_step is %lld, expected at least 0", __func__,
                        (long long)known.first_step);
    }
    gan_summary_writer *writer = gan_allocate(context, sizeof(*writer));
    if (!writer) return GAN_ERROR_MEMORY;
    writer->context = gan_context_retain(context);
    writer->event.context = context;
    writer->file.descriptor = -1;
    const gan_status status = open_writer(writer, folder, known.first_step);
    if (status != GAN_OK) {
        gan_summary_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return GAN_OK;
}

void gan_summary_writer_destroy(gan_summary_writer *writer)
{
    if (!writer) return;
    gan_context *context = writer->context;
    gan_event_file_close(context, &writer->file);
    gan_wire_release(&writer->event);
    gan_bytes_destroy(writer->picture);
    gan_release(context, writer, sizeof(*writer));
    gan_context_release(context);
}

const char *gan_summary_writer_path(const gan_summary_writer *writer)
{
    return writer ? writer->file.path : "";
}

/* ---- Events ---------------------------------------------------------------------------------------------------- */

gan_status gan_tag_check(const char *tag, const char *function, const char *name)
{
    if (!tag) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", function, name);
    const size_t length = strlen(tag);
    if (length > 0 && length <= GAN_TAG_LIMIT && gan_is_utf8(tag)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s has %zu bytes, expected 1 to %d in UTF-8", function, name, length,
                    GAN_TAG_LIMIT);
}

gan_status gan_summary_begin(gan_summary_writer *writer, int64_t step, const char *function)
{
    if (step < 0)
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: step is %lld, expected at least 0", function, (long long)step);
    begin_event(writer);
    gan_wire_write_int(&writer->event, STEP, step);
    writer->summary = gan_wire_begin(&writer->event, SUMMARY);
    return GAN_OK;
}

gan_status gan_summary_end(gan_summary_writer *writer)
{
    if (writer->event.status == GAN_OK && writer->event.size == writer->summary) return GAN_OK;
    gan_wire_end(&writer->event, writer->summary);
    return write_event(writer);
}

static int64_t begin_value(gan_summary_writer *writer, const char *tag)
{
    const int64_t value = gan_wire_begin(&writer->event, SUMMARY_VALUE);
    gan_wire_write_text(&writer->event, TAG, tag);
    return value;
}

static void add_scalar(gan_summary_writer *writer, const char *tag, double value)
{
    const int64_t begin = begin_value(writer, tag);
    gan_wire_write_float(&writer->event, SIMPLE_VALUE, (float)value);
    gan_wire_end(&writer->event, begin);
}

gan_status gan_summary_writer_add_scalar(gan_summary_writer *writer, const char *tag, double value, int64_t step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(writer);
    GAN_TRY(gan_tag_check(tag, __func__, "tag"));
    GAN_TRY(gan_summary_begin(writer, step, __func__));
    add_scalar(writer, tag, value);
    return gan_summary_end(writer);
}

/* A tag before its first '/' is the group in which TensorBoard shows it. */
gan_status gan_summary_writer_add_history(gan_summary_writer *writer, const gan_history *history, int64_t index)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(writer);
    GAN_CHECK_NOT_NULL(history);
    if (index < 0 || index >= history->count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the history has %lld rows", __func__,
                        (long long)index, (long long)history->count);
    }
    const double *row = gan_history_row(history, index);
    GAN_TRY(gan_summary_begin(writer, (int64_t)row[0], __func__));
    for (int64_t c = 1; c < history->column_count; c++) {
        char tag[GAN_HISTORY_NAME + 16];
        const gan_history_column column = history->columns[c];
        const char *measure = gan_history_measure_name(column.measure);
        if (isnan(row[c])) continue;
        snprintf(tag, sizeof(tag), "%s/%s", column.subject ? measure : "training",
                 column.subject ? column.subject : measure);
        add_scalar(writer, tag, row[c]);
    }
    return gan_summary_end(writer);
}

/* ---- Histograms ------------------------------------------------------------------------------------------------ */

typedef struct histogram {
    double least, most, sum, squares;
    int64_t count;
    double limits[BUCKETS], counts[BUCKETS]; /* a bucket ends at its limit */
} histogram;

/* Equal buckets from the least to the most finite value. */
static void measure(histogram *h, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const double x = (double)values[i];
        if (!isfinite(x)) continue;
        if (h->count == 0 || x < h->least) h->least = x;
        if (h->count == 0 || x > h->most) h->most = x;
        h->sum += x;
        h->squares += x * x;
        h->count++;
    }
    const double width = (h->most - h->least) / BUCKETS;
    for (int b = 0; b < BUCKETS; b++) h->limits[b] = b + 1 < BUCKETS ? h->least + width * (b + 1) : h->most;
    for (int64_t i = 0; i < count; i++) {
        const double x = (double)values[i];
        if (!isfinite(x)) continue;
        const int bucket = width > 0 ? (int)((x - h->least) / width) : 0;
        h->counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    }
}

void gan_summary_add_histogram(gan_summary_writer *writer, const char *tag, const float *values, int64_t count)
{
    gan_wire *event = &writer->event;
    histogram h = {.count = 0};

    measure(&h, values, count);
    if (h.count == 0) return;
    const int buckets = h.most > h.least ? BUCKETS : 1;
    const int64_t value = begin_value(writer, tag), begin = gan_wire_begin(event, HISTOGRAM);
    gan_wire_write_double(event, 1, h.least);
    gan_wire_write_double(event, 2, h.most);
    gan_wire_write_double(event, 3, (double)h.count);
    gan_wire_write_double(event, 4, h.sum);
    gan_wire_write_double(event, 5, h.squares);
    gan_wire_write_doubles(event, 6, h.limits, buckets);
    gan_wire_write_doubles(event, 7, h.counts, buckets);
    gan_wire_end(event, begin);
    gan_wire_end(event, value);
}

gan_status gan_summary_writer_add_histogram(gan_summary_writer *writer, const char *tag, const float *values,
                                            int64_t count, int64_t step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(writer);
    GAN_TRY(gan_tag_check(tag, __func__, "tag"));
    GAN_CHECK_NOT_NULL(values);
    GAN_TRY(gan_array_check(count, sizeof(*values), __func__, "count"));
    GAN_TRY(gan_summary_begin(writer, step, __func__));
    gan_summary_add_histogram(writer, tag, values, count);
    return gan_summary_end(writer);
}

/* ---- Images ---------------------------------------------------------------------------------------------------- */

gan_status gan_summary_writer_add_images(gan_summary_writer *writer, const char *tag, const float *images,
                                         int64_t count, gan_shape shape, int64_t columns, int64_t step)
{
    GAN_FLOAT_SCOPE();
    gan_picture_size size;

    GAN_CHECK_NOT_NULL(writer);
    GAN_TRY(gan_tag_check(tag, __func__, "tag"));
    GAN_CHECK_NOT_NULL(images);
    gan_bytes_clear(writer->picture);
    GAN_TRY(gan_png_write_grid_at(writer->context, (gan_target){.writer = gan_bytes_writer(writer->picture)}, images,
                                  count, shape, columns, __func__, &size));
    GAN_TRY(gan_summary_begin(writer, step, __func__));
    const int64_t value = begin_value(writer, tag), image = gan_wire_begin(&writer->event, IMAGE);
    gan_wire_write_int(&writer->event, 1, size.height);
    gan_wire_write_int(&writer->event, 2, size.width);
    gan_wire_write_int(&writer->event, 3, shape.dims[0]);
    gan_wire_write_bytes(&writer->event, 4, gan_bytes_data(writer->picture), gan_bytes_size(writer->picture));
    gan_wire_end(&writer->event, image);
    gan_wire_end(&writer->event, value);
    return gan_summary_end(writer);
}
