/* Architectures as JSON, and models made from those of others. */
#ifndef GAN_MODEL_ARCHITECTURE_H
#define GAN_MODEL_ARCHITECTURE_H

#include "model/graph/graph.h"

/* ---- Architecture (architecture.c) -------------------------------------------------------------------------- */

/* The architecture as JSON text, equal for equal models. Released with gan_release_text. */
gan_status gan_model_write_architecture(const gan_model *model, char **text);
/* The same without the roles of inputs: equal for models that can hold each other's weights. */
gan_status gan_model_write_graph(const gan_model *model, char **text);
/* The same of an architecture from a file, so that it can be compared however it is printed. */
gan_status gan_model_read_graph(gan_context *context, const char *architecture, char **text);
/* The first difference between two architectures, of a file and of a model here, as the end of a sentence
 * (difference.c): "units of layer 1 (dense) is 64 there, and 128 here". */
gan_status gan_model_tell_difference(gan_context *context, const char *in_file, const char *here,
                                     char out[GAN_SENTENCE]);
/* The model that the text describes, with shapes and the table of tensors, but not built: gan_model_allocate does
 * that, once the table is known to be as wanted. */
gan_status gan_model_read_architecture(gan_context *context, const char *text, gan_model **out);

/* A model that samples the same, bit for bit, without spectral normalisation: its weights are what the other
 * multiplies by in sampling. With `no_dropout` it also does without dropout in sampling. Released by
 * gan_model_destroy(); the same model if it has none of these (fold.c). */
gan_status gan_model_fold(const gan_model *model, bool no_dropout, gan_model **out);

#endif
