/* The door of data: datasets, behind one table of functions. */
#ifndef GAN_DATA_H
#define GAN_DATA_H

#include "core/core.h"

/* ---- Datasets (dataset.c) -------------------------------------------------------------------------------- */

/* A kind of source, which gives samples by number. */
typedef struct gan_source_ops {
    /* Writes samples numbers[0..count) to `samples` (N,C,H,W) and, unless NULL, their labels. Allocates nothing. */
    gan_status (*read)(void *source, const int64_t *numbers, int64_t count, float *samples, int32_t *labels);
    void (*destroy)(void *source);
} gan_source_ops;

struct gan_dataset {
    atomic_int references;
    gan_context *context;
    const gan_source_ops *ops;
    void *source;
    int64_t count; /* samples in an epoch */
    gan_shape shape;
    int64_t classes;             /* 0 without labels */
    gan_dataset_options options; /* resolved: no defaults left */
    gan_dataset_cursor cursor;   /* position < count */
    int64_t *order;              /* a permutation of the samples; NULL when in order */
    int64_t order_epoch;         /* the epoch of `order`; -1: none */
};

/* Checks options and fills in defaults for a source of `count` samples; `limit` becomes the samples in an epoch. */
gan_status gan_dataset_options_resolve(const gan_dataset_options *given, int64_t count,
                                       gan_dataset_options *resolved);

/* Wraps a source, which the dataset owns from here on, even on failure. `options` are resolved. */
gan_status gan_dataset_create(gan_context *context, const gan_source_ops *ops, void *source, gan_shape shape,
                              int64_t classes, const gan_dataset_options *options, gan_dataset **out);

gan_dataset *gan_dataset_retain(gan_dataset *dataset);
/* GAN_ERROR_ARGUMENT unless gan_dataset_set_cursor() accepts the cursor. */
gan_status gan_dataset_check_cursor(const gan_dataset *dataset, const gan_dataset_cursor *cursor);

/* ---- Files read from start to end, gzipped or not (byte_reader.c) ---------------------------------------- */

typedef struct gan_byte_reader gan_byte_reader;

gan_status gan_byte_reader_open(gan_context *context, const char *path, gan_byte_reader **out);
/* The size of the content in bytes, or -1 when only unpacking would tell. */
int64_t gan_byte_reader_size(const gan_byte_reader *reader);
/* The next `size` bytes of the content; GAN_ERROR_TRUNCATED when it ends early. Unpacks no further. */
gan_status gan_byte_reader_read(gan_byte_reader *reader, void *out, size_t size);
/* GAN_ERROR_TRAILING_DATA unless the content ends here, checksum included. */
gan_status gan_byte_reader_finish(gan_byte_reader *reader);
void gan_byte_reader_close(gan_byte_reader *reader); /* accepts NULL */

/* ---- IDX files (idx_file.c) ------------------------------------------------------------------------------ */

/* The format of MNIST: a magic number, the dimensions, then one byte per value; numbers are big-endian. */
typedef enum gan_idx_kind { GAN_IDX_LABELS = 1, GAN_IDX_IMAGES = 3 } gan_idx_kind; /* how many dimensions */

typedef struct gan_idx_header {
    int64_t count;           /* images or labels */
    int64_t height, width;   /* 1 for labels */
    int64_t elements, bytes; /* of one image, of all */
} gan_idx_header;

/* Reads and checks the header and, if it is known, the length of the file. */
gan_status gan_idx_read_header(gan_byte_reader *reader, const char *path, gan_idx_kind kind, gan_idx_header *out);

#endif
