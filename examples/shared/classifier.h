/* A small convolutional classifier of MNIST-like images, trained with this library, to judge generated images. */
#ifndef EXAMPLES_CLASSIFIER_H
#define EXAMPLES_CLASSIFIER_H

#include <libgan.h>

/* Number of features of an image, from the last hidden layer. */
#define CLASSIFIER_FEATURES 128

enum { CLASSIFIER_FEATURES_OUTPUT, CLASSIFIER_LOGITS_OUTPUT }; /* the outputs of its model */

typedef struct classifier {
    gan_model *model; /* outputs: features, then logits */
    gan_session *session;
    float *logits; /* of a batch */
    gan_shape image;
    int64_t classes;
    double accuracy; /* share of unseen images that it labels correctly */
} classifier;

/* Loads the classifier of a folder's labelled images from `path`, or, if there is no such file, or one of other
 * images, trains it in half a minute and saves it there; Ctrl-C ends that with GAN_ERROR_CANCELLED, and the next call
 * goes on with it. The same data give the same classifier. Its accuracy is that on the test images or, if there are
 * none, on the last eighth of the training images, which are held out. Reports to stderr unless `quiet`. Close `out`
 * in any case. */
gan_status classifier_open(gan_context *context, const char *folder, const char *path, bool quiet, classifier *out);

/* Classifies `count` images. Each result may be NULL: `features` gets CLASSIFIER_FEATURES numbers per image,
 * `probabilities` one for each class, `labels` the most probable class. */
gan_status classifier_run(classifier *judge, const float *images, int64_t count, float *features,
                          float *probabilities, int32_t *labels);

void classifier_close(classifier *judge);

/* The network alone, untrained: two 5x5 convolutions with stride 2 and 32 and 64 filters, a hidden layer and the
 * classes; ReLU. */
gan_status classifier_build(gan_context *context, gan_shape image, int64_t classes, uint64_t seed, gan_model **out);

/* The share of a dataset's labelled images that such a network labels correctly. */
gan_status classifier_test(gan_model *model, gan_dataset *dataset, double *accuracy);

#endif
