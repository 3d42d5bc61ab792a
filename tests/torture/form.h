/* The two forms of these tests: GAN_TORTURE=long tries all; normally some, chosen by a seed that is printed, are
 * tried. GAN_TORTURE_SEED repeats a choice. */
#ifndef GAN_TESTS_TORTURE_FORM_H
#define GAN_TESTS_TORTURE_FORM_H

#include <stdbool.h>
#include <stdint.h>

bool torture_is_long(void);
uint64_t torture_seed(void);
/* Says both. */
void torture_print_form(void);

#endif
