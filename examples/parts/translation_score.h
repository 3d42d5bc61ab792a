/* How good translations are, and pictures of them. */
#ifndef EXAMPLES_TRANSLATION_SCORE_H
#define EXAMPLES_TRANSLATION_SCORE_H

#include <libgan.h>

/* Translates `count` pictures, always with the same dropout. */
gan_status translate_pictures(gan_model *generator, const float *pictures, int64_t count, float *out);

/* The mean of |a - b| over `count` values. */
double mean_difference(const float *a, const float *b, int64_t count);

/* How many translations have their own partner as the nearest of all, by Euclidean distance of pixels. */
int64_t count_matches(const float *translated, const float *partners, int64_t count, int64_t size);

/* A row for each of the first 16 of `count` pictures, or two rows in one: what each of the series has of it. */
gan_status write_series(gan_context *context, const char *path, gan_shape image, int64_t count, int64_t series,
                        const float *const *pictures);

#endif
