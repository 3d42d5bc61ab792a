/* How close generated images are to data, in the features of a classifier. */
#ifndef EXAMPLES_QUALITY_H
#define EXAMPLES_QUALITY_H

#include "classifier.h"

typedef struct quality {
    double frechet, precision, recall; /* docs/metrics.md explains them */
} quality;

/* Compares `count` generated images with as many of a dataset, the first ones, or with all if there are fewer.
 * `labels` gets what the classifier takes each generated image for, or is NULL. */
gan_status measure_quality(gan_context *context, classifier *judge, gan_dataset *dataset, const float *images,
                           int64_t count, int32_t *labels, quality *out);

#endif
