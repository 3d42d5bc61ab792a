/* A generator that is part of the program. */
#ifndef CIRCLE_GENERATOR_H
#define CIRCLE_GENERATOR_H

#include <stddef.h>

extern const unsigned char circle_generator[]; /* the bytes of a model's file */
extern const size_t circle_generator_size;

#endif
