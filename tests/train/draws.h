/* For tests of random draws: a context for a group of tests, and two generators for each test. */
#ifndef GAN_TESTS_TRAIN_DRAWS_H
#define GAN_TESTS_TRAIN_DRAWS_H

#include "libgan.h"

extern gan_context *context;
extern gan_random *drawn, *expected; /* at the same place in the same stream */

/* Fixtures for cmocka. */
int draws_group_setup(void **state);
int draws_group_teardown(void **state);
int draws_setup(void **state);
int draws_teardown(void **state);

/* Fails the test unless the same number of draws was made from both. */
void assert_same_draws(void);

#endif
