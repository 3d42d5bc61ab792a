/* How far sets of pictures are from each other where no classifier knows them. */
#ifndef EXAMPLES_RANDOM_FEATURES_H
#define EXAMPLES_RANDOM_FEATURES_H

#include <libgan.h>

/* The Frechet distance between two sets of as many pictures, in the features of random convolutional networks,
 * which nobody trains: the mean over eight of them, always the same, since one may miss what differs. */
gan_status feature_distance(gan_context *context, gan_shape image, const float *real, const float *fake,
                            int64_t count, double *out);

#endif
