/* Values that an argument or a field should not have. */
#ifndef GAN_TESTS_TORTURE_WRONG_H
#define GAN_TESTS_TORTURE_WRONG_H

#include "torture/arguments.h"

/* How many there are for a parameter or a field. */
int wrong_count(const parameter *p);
int wrong_field_count(const field *f);

/* Makes an argument wrong: number 0, ... Handles are those of `foreign`, another context's, if they are not NULL. */
void make_wrong(argument *a, const parameter *p, int number, const argument *foreign);
/* Writes a wrong value into a field of a struct. */
void make_wrong_field(void *of, const field *f, int number);

/* Whether the value is wrong for every function. */
bool is_wrong_for_all(const function *f, const parameter *p, int number);
/* Whether a number is NaN or infinite. */
bool is_wrong_number(int number);

#endif
