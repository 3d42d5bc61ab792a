/* The door of data: datasets behind one table of functions. */
#ifndef GAN_DATA_H
#define GAN_DATA_H

#include "core/core.h"

/* A kind of source: gives samples by number. */
typedef struct gan_source_ops {
    /* Writes samples numbers[0..count) to `samples` (N,C,H,W) and, unless NULL, their labels. */
    gan_status (*read)(void *source, const int64_t *numbers, int64_t count, float *samples, int32_t *labels);
    void (*destroy)(void *source);
} gan_source_ops;

struct gan_dataset {
    gan_context *context;
    const gan_source_ops *ops;
    void *source;
    int64_t count; /* samples in an epoch */
    gan_shape shape;
    int32_t classes; /* 0 without labels */
    gan_dataset_options options;
    gan_dataset_cursor cursor;
    int64_t *order;      /* the present epoch's permutation; NULL when in order */
    int64_t order_epoch; /* the epoch that `order` is of; -1 before the first */
};

/* Wraps a source, which the dataset owns from here, also on failure (dataset.c). */
gan_status gan_dataset_create(gan_context *context, const gan_source_ops *ops, void *source, int64_t count,
                              gan_shape shape, int32_t classes, const gan_dataset_options *options,
                              gan_dataset **out);

#endif
