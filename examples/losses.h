/* The losses by the names that command lines call them by. */
#ifndef EXAMPLES_LOSSES_H
#define EXAMPLES_LOSSES_H

#include <libgan.h>

/* NULL after the last one. */
const char *loss_name(int loss);

/* A name that no loss has: says so and leaves with status 2. */
gan_loss find_loss(const char *name);

#endif
