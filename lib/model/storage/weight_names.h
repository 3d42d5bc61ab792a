/* Tensors in files of others, under the names that options give them. */
#ifndef GAN_WEIGHT_NAMES_H
#define GAN_WEIGHT_NAMES_H

#include "io/io.h"

/* Reads and checks options; `function` is for messages. */
gan_status gan_weights_options_read(const gan_weights_options *given, const char *function, gan_weights_options *out);
/* The name in the file of the tensor that is called `name` once all are renamed, in *found; NULL if there is none.
 * GAN_ERROR_ARGUMENT if there are two. */
gan_status gan_weight_names_find(const gan_safetensors *file, const gan_weights_options *options, const char *name,
                                 const char **found);

/* GAN_ERROR_ARCHITECTURE if the file has running statistics for this model that it does not take (lost_statistics.c);
 * `used` says which tensors it does. */
gan_status gan_weights_check_statistics(gan_context *context, const gan_safetensors *file, const bool *used);

#endif
