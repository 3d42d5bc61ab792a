/* Inputs of sessions in double, for tests of gradients. */
#ifndef GAN_TESTS_GRAD_INPUTS_H
#define GAN_TESTS_GRAD_INPUTS_H

#include "model/model.h"

/* Whether input k is a label, on which nothing depends smoothly. */
bool input_is_label(const gan_model *model, int32_t k);

/* Sets all inputs to normal numbers, the same each time, with all their digits; labels to classes. */
void set_inputs(gan_session *session, int64_t batch);

#endif
