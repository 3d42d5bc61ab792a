/* Gradients against central differences, in double: for single layers, losses and whole models alike. */
#ifndef GAN_TESTS_SUPPORT_GRADIENT_H
#define GAN_TESTS_SUPPORT_GRADIENT_H

#include <stddef.h>

/* The function whose gradient is tested. It reads the values, which change between calls, in place. */
typedef double (*test_scalar_fn)(void *user);

/* Fails the test, naming `what` and the element, unless for each of the `count` values x_i
 *     |(f(x + h e_i) - f(x - h e_i)) / (2 h) - gradient_i| <= tolerance * max(1, max_j |gradient_j|).
 * Restores the values afterwards. */
void test_gradient(const char *what, test_scalar_fn function, void *user, double *values, const double *gradient,
                   size_t count, double tolerance);

#endif
