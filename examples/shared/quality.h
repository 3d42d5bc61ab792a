/* How close generated images are to data, in the features of a classifier. */
#ifndef EXAMPLES_QUALITY_H
#define EXAMPLES_QUALITY_H

#include "classifier.h"

typedef struct quality {
    double frechet, precision, recall; /* docs/metrics.md explains them */
} quality;

/* Ends the program with a sentence and status 1 if there are too few images in a folder to compare with. */
void check_comparable(const gan_dataset *images, const char *folder);

/* Compares `count` generated images with as many of a dataset, the first ones, or with all if there are fewer.
 * `labels` gets what the classifier takes each generated image for, or is NULL. */
gan_status measure_quality(gan_context *context, classifier *judge, gan_dataset *dataset, const float *images,
                           int64_t count, int32_t *labels, quality *out);

#endif
