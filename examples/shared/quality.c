#include "quality.h"

#include "mnist_files.h"
#include "program.h"

#include <stdlib.h>

#define READ 100 /* images at once */

static gan_status read_features(classifier *judge, gan_dataset *dataset, int64_t count, float *features)
{
    float *images = allocate(READ * gan_shape_count(judge->image), sizeof(float));
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i += READ) {
        const int64_t read = count - i < READ ? count - i : READ;
        status = gan_dataset_read(dataset, i, read, images, NULL);
        if (status == GAN_OK)
            status = classifier_run(judge, images, read, features + i * CLASSIFIER_FEATURES, NULL, NULL);
    }
    free(images);
    return status;
}

void check_comparable(const gan_dataset *images, const char *folder)
{
    check_enough(images, folder, "to compare samples with them takes", 2);
}

gan_status measure_quality(gan_context *context, classifier *judge, gan_dataset *dataset, const float *images,
                           int64_t count, int32_t *labels, quality *out)
{
    const int64_t all = gan_dataset_count(dataset), real_count = count < all ? count : all;
    float *real = allocate(real_count * CLASSIFIER_FEATURES, sizeof(float));
    float *fake = allocate(count * CLASSIFIER_FEATURES, sizeof(float));
    gan_status status = read_features(judge, dataset, real_count, real);
    if (status == GAN_OK) status = classifier_run(judge, images, count, fake, NULL, labels);
    if (status == GAN_OK) {
        status =
            gan_metric_frechet_distance(context, real, real_count, fake, count, CLASSIFIER_FEATURES, &out->frechet);
    }
    if (status == GAN_OK) {
        status = gan_metric_precision_recall(context, real, real_count, fake, count, CLASSIFIER_FEATURES, NULL,
                                             &out->precision, &out->recall);
    }
    free(fake);
    free(real);
    return status;
}
