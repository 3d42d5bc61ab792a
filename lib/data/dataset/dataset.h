/* Datasets: cursors over sources of samples. */
#ifndef GAN_DATA_DATASET_H
#define GAN_DATA_DATASET_H

#include "core/core.h"

/* ---- Sources (source.c) ---------------------------------------------------------------------------------- */

/* What every sample of a source has by this name. */
typedef struct gan_field {
    const char *name;
    gan_shape shape;
    int64_t elements; /* of the shape */
    int64_t classes;  /* of a class label, whose shape is (1); else 0 */
} gan_field;

#define GAN_SOURCE_PIECE 256 /* most samples that are read at once */

/* A kind of source, which gives samples by number. */
typedef struct gan_source_ops {
    /* Writes up to GAN_SOURCE_PIECE samples to fields[f], an array for each field or NULL. */
    gan_status (*read)(void *state, const int64_t *numbers, int64_t count, float *const *fields);
    void (*destroy)(void *state);
    /* The name of a class of a class label; NULL: classes have none. */
    const char *(*class_name)(void *state, int64_t field, int64_t class_number);
    /* Adds names, besides those of classes, that tell its samples from others; NULL: there are none. */
    uint64_t (*fingerprint)(void *state, uint64_t hash);
} gan_source_ops;

/* What all datasets over the same samples share. */
typedef struct gan_source {
    atomic_int references;
    gan_context *context;
    const gan_source_ops *ops;
    void *state;
    int64_t field_count;
    gan_field *fields; /* with their names */
    gan_lock reading;
} gan_source;

/* GAN_ERROR_ARGUMENT, _SHAPE or _OVERFLOW unless this many samples can have these fields; fills in `elements`. */
gan_status gan_fields_check(const char *function, int64_t count, gan_field *fields, int64_t field_count);

gan_status gan_count_check(const char *function, int64_t count);             /* of samples, at least 1 */
gan_status gan_field_count_check(const char *function, int64_t field_count); /* at least 1 */

/* GAN_ERROR_ARGUMENT unless all `count` values are classes of the field. `numbers` are those of the samples, or NULL
 * if they count from 0. */
gan_status gan_labels_check(const char *what, const gan_field *field, const float *values, int64_t count,
                            const int64_t *numbers);

/* Copies the fields. Owns `state` from here on, even on failure. */
gan_status gan_source_create(gan_context *context, const gan_source_ops *ops, void *state, const gan_field *fields,
                             int64_t field_count, gan_source **out);
/* Where samples go: to an array per field, or to the two that most datasets have. Any may be NULL. */
typedef struct gan_destination {
    float *const *fields;
    float *samples;
    int32_t *labels;
    int64_t label; /* the field of `labels` */
} gan_destination;

/* The array of a field; NULL: not wanted as floats. */
float *gan_destination_array(const gan_destination *to, int64_t field);

/* Reads by ops->read, from any thread. */
gan_status gan_source_read(gan_source *source, const int64_t *numbers, int64_t count, float *const *fields);
gan_source *gan_source_retain(gan_source *source);
void gan_source_release(gan_source *source);

/* ---- Reading ahead (ahead.c) ------------------------------------------------------------------------------ */

/* The samples from a cursor on, read on a thread of its own. */
typedef struct gan_ahead gan_ahead;

/* The source outlives it. */
gan_status gan_ahead_create(gan_source *source, gan_ahead **out);
/* Waits for the samples that are being read, and forgets them unless they are those from a cursor on: comes before
 * all else. */
void gan_ahead_wait(gan_ahead *ahead, const gan_dataset_cursor *at);
/* Makes room to read `count` samples ahead, and copies the first *taken of those that have been read to the
 * destination, `count` at most. If they could not be read, this is the status. */
gan_status gan_ahead_take(gan_ahead *ahead, int64_t count, const gan_destination *to, int64_t *taken);
/* Begins to read the fields that have been wanted of the dataset's next samples, whose order is that of its cursor.
 */
void gan_ahead_start(gan_ahead *ahead, const gan_dataset *dataset);
void gan_ahead_destroy(gan_ahead *ahead); /* ends reading; accepts NULL */

/* ---- Datasets (dataset.c) -------------------------------------------------------------------------------- */

struct gan_dataset {
    atomic_int references;
    gan_context *context;
    gan_source *source;
    int64_t count;               /* samples in an epoch */
    gan_shape shape;             /* of the first field */
    int64_t classes;             /* of the first class label; 0 without one */
    int64_t label;               /* its field; -1: none */
    int64_t *numbers;            /* of a subset: its samples' numbers in the source; NULL: from 0 */
    gan_dataset_options options; /* resolved: no defaults left */
    gan_dataset_cursor cursor;   /* position < count */
    int64_t *order;              /* a permutation of the samples; NULL when in order */
    int64_t order_epoch;         /* the epoch of `order`; -1: none */
    float **places;              /* of a piece, in each field */
    gan_ahead *ahead;            /* NULL: without prefetch */
};

/* The numbers in the source of samples first, first + 1, ... of the dataset, or of its order. */
static inline void gan_dataset_find_numbers(const gan_dataset *dataset, const int64_t *order, int64_t first,
                                            int64_t count, int64_t *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = order ? order[first + i] : first + i;
        numbers[i] = dataset->numbers ? dataset->numbers[at] : at;
    }
}

/* Checks options and fills in defaults for a source of `count` samples; `limit` becomes the samples in an epoch. */
gan_status gan_dataset_options_resolve(const gan_dataset_options *given, int64_t count,
                                       gan_dataset_options *resolved);

/* A dataset over a source, which it retains, or with `numbers`, which are copied, over a part of it. `options` are
 * resolved. */
gan_status gan_dataset_over(gan_source *source, const int64_t *numbers, const gan_dataset_options *options,
                            gan_dataset **out);

/* The same over a new source, whose state it owns from here on, even on failure. */
gan_status gan_dataset_create(gan_context *context, const gan_source_ops *ops, void *state, const gan_field *fields,
                              int64_t field_count, const gan_dataset_options *options, gan_dataset **out);

/* Labels of samples first, first + 1, ... of a dataset that has them. */
gan_status gan_dataset_read_labels(gan_dataset *dataset, int64_t first, int64_t count, int32_t *labels);

/* The number in the source of the sample that a cursor is at. */
gan_status gan_dataset_number_at(const gan_dataset *dataset, const gan_dataset_cursor *cursor, int64_t *number);

/* How many samples gan_dataset_next_fields() would give; and the same call, with the same effect, which reads only a
 * part of them: `count` at most from number `first` on. */
int64_t gan_dataset_next_size(const gan_dataset *dataset, int64_t batch);
gan_status gan_dataset_next_part(gan_dataset *dataset, int64_t batch, int64_t first, int64_t count,
                                 float *const *fields, int64_t *passed);

gan_dataset *gan_dataset_retain(gan_dataset *dataset);
/* An error unless gan_dataset_set_cursor() accepts the cursor. */
gan_status gan_dataset_check_cursor(const gan_dataset *dataset, const gan_dataset_cursor *cursor);

#endif
