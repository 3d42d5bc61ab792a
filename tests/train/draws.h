/* For tests of what draws random numbers: a context for a group of tests, and two generators for each test. */
#ifndef GAN_TESTS_TRAIN_DRAWS_H
#define GAN_TESTS_TRAIN_DRAWS_H

#include "libgan.h"

extern gan_context *context;
extern gan_random *drawn, *expected; /* at the same place of the same stream */

/* Fixtures of cmocka. */
int draws_group_setup(void **state);
int draws_group_teardown(void **state);
int draws_setup(void **state);
int draws_teardown(void **state);

/* Fails the test unless as many numbers were drawn from both. */
void assert_same_draws(void);

#endif
