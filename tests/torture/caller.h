/* Calls of any public function, with the checks that hold for all. */
#ifndef GAN_TESTS_TORTURE_CALLER_H
#define GAN_TESTS_TORTURE_CALLER_H

#include "torture/faults.h"
#include "torture/world.h"

/* Good arguments for a call. */
void make_arguments(world *w, const function *f, argument *a);

/* Calls, while the system fails as wanted unless that is NULL, and releases what the call made. Returns its status,
 * and GAN_OK if it cannot fail. *complaint becomes the rule that it broke, or NULL. */
gan_status call_function(world *w, const function *f, const argument *a, const fault *wanted, const char **complaint);

/* Whether the function takes or releases this argument. */
bool function_takes(const function *f, int index);
bool function_can_fail(const function *f);
/* Whether it can be called again after it failed: failures of descriptions are remembered. */
bool function_is_repeatable(const function *f);

#endif
