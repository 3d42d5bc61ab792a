/* Inputs of sessions in double, and a model, for tests of gradients. */
#ifndef GAN_TESTS_GRAD_INPUTS_H
#define GAN_TESTS_GRAD_INPUTS_H

#include "model/model.h"
#include "support/models.h"

/* Whether input k is a label, in which nothing is smooth. */
bool input_is_label(const gan_model *model, int32_t k);

/* Sets all inputs to normal numbers in full precision, labels to classes; the same each time. */
void set_inputs(gan_session *session, int64_t batch);

/* All curved activations, two paths joined by a sum and by a concatenation, and samples that are judged in groups:
 * the penalty is on the gradient of all logits together. */
gan_status curved_discriminator(gan_context *context, uint64_t seed, gan_model **out);

/* Fails unless each kind of layer is in one of the models, or has no second derivatives if `with_tangents` is set. */
void assert_every_kind(gan_context *context, const test_model_fn *models, int count, bool with_tangents);

#endif
