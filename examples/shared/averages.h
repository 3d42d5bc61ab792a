/* Copies of trained generators, to sample and save. A copy of an average gets running statistics of its own: those
 * that it has are those of the weights that were averaged, and batch normalisation would sample with them. */
#ifndef EXAMPLES_AVERAGES_H
#define EXAMPLES_AVERAGES_H

#include <libgan.h>

/* Of the average of a player's first model. `out` must be NULL or an earlier copy, which is destroyed.
 * `proportions`: how often each class is drawn, or NULL for all equally often; see gan_sample_options. */
gan_status copy_average(gan_player player, const float *proportions, gan_model **out);

/* Of the trainer's average of its generator or, if it keeps none, of the generator, as it is. */
gan_status copy_generator(gan_trainer *trainer, gan_model **out);

#endif
