/* How the patterns look at a value: from the node that made it, backwards. */
#ifndef GAN_PATTERN_VALUES_H
#define GAN_PATTERN_VALUES_H

#include "onnx/patterns/patterns.h"

/* Whether it was computed by a node of this type, which has an input. */
bool gan_pattern_made_by(const gan_import_value *value, const char *type);
bool gan_pattern_same(const gan_import_value *a, const gan_import_value *b);
/* Whether it is a constant of one value, near this one. */
bool gan_pattern_is_scalar(gan_import *import, const gan_import_value *value, double expected);
/* Input k of the node that made it, or NULL. */
const gan_import_value *gan_pattern_input(const gan_import_value *value, int64_t k);
/* x of x^2, or NULL. */
const gan_import_value *gan_pattern_squared(gan_import *import, const gan_import_value *value);
/* m and e of m + e, where e may be missing. */
typedef struct gan_pattern_sum {
    const gan_import_value *mean;
    float epsilon;
} gan_pattern_sum;

bool gan_pattern_find_sum(gan_import *import, const gan_import_value *value, gan_pattern_sum *out);
/* Of sqrt(m + e). */
bool gan_pattern_find_root(gan_import *import, const gan_import_value *value, gan_pattern_sum *out);

/* The patterns in files of their own (import_attention.c, import_stddev.c). */
bool gan_pattern_attention(gan_import *import, const gan_import_node *node, gan_status *status);
bool gan_pattern_stddev(gan_import *import, const gan_import_node *node, gan_status *status);

#endif
