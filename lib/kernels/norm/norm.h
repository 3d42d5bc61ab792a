/* The door of norm: normalisation, over a batch or within samples, and statistics over a minibatch. */
#ifndef GAN_NORM_H
#define GAN_NORM_H

#include "core/core.h"

/* ---- Over the batch (batch_norm_kernel.c): x is (rows, channels) ---- */

/* Training: mean and inverse deviation of each channel over the rows are written to `mean` and `inverse`; running
 * statistics r become (1 - momentum) r + momentum * (mean, or variance * rows / (rows - 1)).
 * y = scale * (x - mean) * inverse + shift; scale and shift may be NULL (1 and 0). In place.
 * `scratch`: gan_batch_norm_scratch() values. */
typedef struct gan_batch_norm_args {
    int64_t rows, channels;
    gan_real epsilon, momentum;
    const gan_real *scale, *shift;
    gan_real *running_mean, *running_variance;
    gan_real *mean, *inverse; /* of this pass: written by forward, read by backward */
    gan_real *scratch;
} gan_batch_norm_args;
int64_t gan_batch_norm_scratch(int64_t rows, int64_t channels);
void gan_batch_norm_train(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y);
/* Uses the running statistics, from which it also fills mean and inverse. In place. */
void gan_batch_norm_sample(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y);
/* What both do first: fills mean and inverse, in training from the batch, whose statistics also update the running
 * ones, else from these. */
void gan_batch_norm_measure(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x);
/* Backward through gan_batch_norm_train (`training`) or _sample: dscale and dshift are added to (either may be NULL),
 * dx is written (may be NULL). dx may be dy. */
void gan_batch_norm_backward(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx);

/* Over a batch that is divided into parts of `rows` rows, in steps between which numbers of the parts are exchanged.
 * Forward: two numbers a channel of each part; mean and inverse from those of all parts, in their order, which also
 * update the running statistics; y of a part. */
void gan_batch_norm_moments(gan_context *context, const gan_batch_norm_args *args, const gan_real *x,
                            double *moments);
void gan_batch_norm_join(const gan_batch_norm_args *args, int64_t parts, const double *moments);
/* The same two steps of parts that are normalised apart: mean and inverse from the numbers of one part; and the
 * running statistics, by the mean of what each part alone would make of them. */
void gan_batch_norm_take(const gan_batch_norm_args *args, const double *moments);
void gan_batch_norm_follow(const gan_batch_norm_args *args, int64_t parts, const double *moments);
void gan_batch_norm_apply(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y);
/* Backward: two numbers a channel of each part, with its dscale and dshift, which are added to (either may be NULL);
 * dx of a part from those of all parts, in their order. dx may be dy. */
void gan_batch_norm_dots(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, const gan_real *dy,
                         gan_real *dscale, gan_real *dshift, double *dots);
void gan_batch_norm_combine(gan_context *context, const gan_batch_norm_args *args, int64_t parts, const double *dots,
                            const gan_real *x, const gan_real *dy, gan_real *dx);

/* ---- Over the batch, with a scale and shift for each class (class_norm_kernel.c) ---- */

/* x is (batch, pixels, channels). As above, but scale and shift, which must be given, are tables (classes, channels),
 * and a sample takes the row of its class. `scratch` in `norm`: gan_class_norm_scratch() values. */
typedef struct gan_class_norm_args {
    gan_batch_norm_args norm; /* rows: batch * pixels */
    int64_t batch, pixels;
    const gan_real *numbers; /* of the samples' classes: (batch) */
} gan_class_norm_args;
int64_t gan_class_norm_scratch(int64_t batch, int64_t pixels, int64_t channels);
/* In place. */
void gan_class_norm_forward(gan_context *context, const gan_class_norm_args *args, bool training, const gan_real *x,
                            gan_real *y);
/* dscale and dshift, tables too, are added to (either may be NULL), dx is written (may be NULL). dx may be dy. */
void gan_class_norm_backward(gan_context *context, const gan_class_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx);

/* ---- Within samples (group_norm_kernel.c): x is (batch, pixels, channels) ---- */

/* Channels are `groups` runs of neighbours. Each group of each sample is normalised over its pixels and channels:
 * h = (x - mean) * inverse, inverse = 1 / sqrt(mean of (x - mean)^2 + epsilon); y = scale * h + shift.
 * Layer normalisation is one pixel and one group, instance normalisation one channel per group. All outputs may be in
 * place of any input of x's size. `scratch`: gan_group_norm_scratch() values, for backward passes with gradients. */
typedef struct gan_group_norm_args {
    int64_t batch, pixels, channels, groups;
    gan_real epsilon;
    const gan_real *scale, *shift; /* (channels); NULL: 1, 0 */
    /* (batch, groups): written by forward, read by the others. mean NULL: taken as 0, so that h is x divided by its
     * root mean square. */
    gan_real *mean, *inverse;
    gan_real *scratch;
} gan_group_norm_args;
int64_t gan_group_norm_scratch(int64_t batch, int64_t channels);
void gan_group_norm_forward(gan_context *context, const gan_group_norm_args *args, const gan_real *x, gan_real *y);
/* dscale and dshift are added to, dx is written; each may be NULL. */
void gan_group_norm_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx);
/* R{y} of R{x} = tangent_x */
void gan_group_norm_tangent(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                            const gan_real *tangent_x, gan_real *tangent_y);
/* R{} of the backward pass: tangents of dscale and dshift are added to, tangent_dx is written; each may be NULL. dy
 * or tangent_dy, but not both, may be NULL, which is 0. */
void gan_group_norm_tangent_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                                     const gan_real *tangent_x, const gan_real *dy, const gan_real *tangent_dy,
                                     gan_real *dscale, gan_real *dshift, gan_real *tangent_dx);

/* ---- Minibatch standard deviation (minibatch_stddev_kernel.c) ---- */

/* x: (batch, pixels, channels); y: (batch, pixels, channels + 1), x with one more channel, which holds one number for
 * each group of `group` neighbouring samples (the last may have fewer): the mean over all features (a channel of a
 * pixel) of sqrt(variance of the feature over the group + 1e-8). `scratch`: gan_minibatch_stddev_scratch() values. */
typedef struct gan_minibatch_stddev_args {
    int64_t batch, pixels, channels, group;
    gan_real *scratch;
} gan_minibatch_stddev_args;
int64_t gan_minibatch_stddev_scratch(int64_t batch, int64_t features, int64_t group);
void gan_minibatch_stddev_forward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  gan_real *y);
void gan_minibatch_stddev_backward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                   const gan_real *dy, gan_real *dx);
/* R{y} of R{x} = tangent_x; R{} of the backward pass, where dy or tangent_dy may be NULL, which is 0. */
void gan_minibatch_stddev_tangent(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  const gan_real *tangent_x, gan_real *tangent_y);
void gan_minibatch_stddev_tangent_backward(gan_context *context, const gan_minibatch_stddev_args *args,
                                           const gan_real *x, const gan_real *tangent_x, const gan_real *dy,
                                           const gan_real *tangent_dy, gan_real *tangent_dx);

#endif
