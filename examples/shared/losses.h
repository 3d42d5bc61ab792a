/* The losses by their command-line names. */
#ifndef EXAMPLES_LOSSES_H
#define EXAMPLES_LOSSES_H

#include <libgan.h>

/* NULL after the last one. */
const char *loss_name(int loss);

/* For an unknown name, says so and exits with status 2. */
gan_loss find_loss(const char *name);

#endif
