/* What follows what in lines of text: runs of n symbols, how far those of two texts are apart, and a Markov chain
 * that draws from them. */
#ifndef EXAMPLES_TEXT_NGRAMS_H
#define EXAMPLES_TEXT_NGRAMS_H

#include "text_lines.h"

#define MOST_RUN 4 /* n at most */

/* All runs of n symbols, sorted: a line has n - 1 marks of its beginning before it, and LINE_END after it. */
typedef struct ngrams {
    int n;
    int64_t count;
    uint64_t *keys;
} ngrams;

ngrams ngrams_of(const text_line *lines, int64_t count, int64_t length, int n);
void ngrams_close(ngrams *grams);

/* Jensen-Shannon divergence of how often each run occurs, in bits: 0 if equally often in both, 1 if none is in both.
 */
double ngrams_divergence(const ngrams *a, const ngrams *b);

/* Draws lines of at most `length` symbols: each symbol as often as it follows the n - 1 before it. */
void markov_draw(const ngrams *chain, gan_random *random, int64_t length, int64_t count, text_line *lines);

#endif
