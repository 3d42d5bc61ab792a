/* A small convolutional classifier of MNIST-like images, trained by this library: the judge of generated images. */
#ifndef EXAMPLES_CLASSIFIER_H
#define EXAMPLES_CLASSIFIER_H

#include <libgan.h>

/* What it makes of an image in its last hidden layer. */
#define CLASSIFIER_FEATURES 128

typedef struct classifier {
    gan_model *model; /* outputs: features, then logits */
    gan_session *session;
    float *logits; /* of a batch */
    gan_shape image;
    int64_t classes;
    double accuracy; /* share of images that it labels right, of those that it has not seen */
} classifier;

/* Loads the classifier of a folder's labelled images from `path`, or, when there is no such file, trains it, which
 * takes half a minute, and saves it there. The same data give the same classifier. Its accuracy is that on the test
 * images or, where there are none, on the last eighth of the training images, which are left out of training. Tells
 * on stderr what it does, unless `quiet`. `out` is to be closed in any case. */
gan_status classifier_open(gan_context *context, const char *folder, const char *path, bool quiet, classifier *out);

/* Looks at `count` images. Each result may be NULL: `features` gets CLASSIFIER_FEATURES numbers an image,
 * `probabilities` one for each class, `labels` the most probable class. */
gan_status classifier_run(classifier *judge, const float *images, int64_t count, float *features,
                          float *probabilities, int32_t *labels);

void classifier_close(classifier *judge);

#endif
