#include "text_ngrams.h"

#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL_BITS 9
#define BEGINNING   UINT64_C(256) /* the mark before a line */

/* Of the last n symbols, and one more. */
static uint64_t push(uint64_t key, uint64_t symbol, int n)
{
    return (key << SYMBOL_BITS | symbol) & ((UINT64_C(1) << n * SYMBOL_BITS) - 1);
}

static uint64_t beginning(int n)
{
    uint64_t key = 0;
    for (int i = 0; i < n; i++) key = push(key, BEGINNING, n);
    return key;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

ngrams ngrams_of(const text_line *lines, int64_t count, int64_t length, int n)
{
    ngrams grams = {.n = n, .keys = allocate(count * (length + 1), sizeof(uint64_t))};
    for (int64_t i = 0; i < count; i++) {
        uint64_t key = beginning(n);
        for (int64_t k = 0;; k++) {
            const uint64_t symbol = k < length ? lines[i].symbols[k] : LINE_END;
            key = push(key, symbol, n);
            grams.keys[grams.count++] = key;
            if (symbol == LINE_END) break;
        }
    }
    qsort(grams.keys, (size_t)grams.count, sizeof(*grams.keys), compare);
    return grams;
}

void ngrams_close(ngrams *grams)
{
    free(grams->keys);
    grams->keys = NULL;
}

/* How often the key at *at occurs, if it is `key`; moves behind it. */
static double take(const ngrams *grams, int64_t *at, uint64_t key)
{
    const int64_t first = *at;
    while (*at < grams->count && grams->keys[*at] == key) ++*at;
    return (double)(*at - first) / (double)grams->count;
}

double ngrams_divergence(const ngrams *a, const ngrams *b)
{
    double sum = 0;
    for (int64_t i = 0, k = 0; i < a->count || k < b->count;) {
        const uint64_t x = i < a->count ? a->keys[i] : UINT64_MAX, y = k < b->count ? b->keys[k] : UINT64_MAX;
        const uint64_t key = x < y ? x : y;
        const double p = take(a, &i, key), q = take(b, &k, key), middle = (p + q) / 2;
        if (p > 0) sum += p * log2(p / middle) / 2;
        if (q > 0) sum += q * log2(q / middle) / 2;
    }
    return sum;
}

/* The first of the sorted keys that is not below `key`. */
static int64_t find(const ngrams *grams, uint64_t key)
{
    int64_t low = 0, high = grams->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (grams->keys[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Whether the line ended in time. */
static bool draw(const ngrams *chain, gan_random *random, int64_t length, text_line *line)
{
    const int before = chain->n - 1;
    uint64_t key = beginning(before);
    memset(line, 0, sizeof(*line));
    for (int64_t k = 0; k <= length; k++) {
        const int64_t first = find(chain, key << SYMBOL_BITS), end = find(chain, (key + 1) << SYMBOL_BITS);
        const uint64_t drawn = chain->keys[first + random_below(random, end - first)];
        const uint64_t symbol = drawn & ((UINT64_C(1) << SYMBOL_BITS) - 1);
        if (symbol == LINE_END) return true;
        if (k < length) line->symbols[k] = (uint8_t)symbol;
        key = push(key, symbol, before);
    }
    return false;
}

void markov_draw(const ngrams *chain, gan_random *random, int64_t length, int64_t count, text_line *lines)
{
    for (int64_t i = 0; i < count;) i += draw(chain, random, length, lines + i);
}
