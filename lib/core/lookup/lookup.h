/* Sorting, indexes of names, fingerprints. */
#ifndef GAN_CORE_LOOKUP_H
#define GAN_CORE_LOOKUP_H

#include "libgan.h"

/* ---- Fingerprints ---------------------------------------------------------------------------------------------- */

/* FNV-1a, value after value: of bytes as it is defined, or of whole words, which is faster. */
#define GAN_HASH_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t gan_hash_add(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

/* Of a text, with what ends it. */
static inline uint64_t gan_hash_add_text(uint64_t hash, const char *text)
{
    do hash = gan_hash_add(hash, (unsigned char)*text);
    while (*text++ != '\0');
    return hash;
}

/* ---- Sorting (sort.c) -------------------------------------------------------------------------------------- */

/* Elements known by their index: whether one goes before another, and how two change places. */
typedef struct gan_sortable {
    void *user;
    bool (*before)(const void *user, int64_t a, int64_t b);
    void (*swap)(void *user, int64_t a, int64_t b);
} gan_sortable;
/* Sorts elements [0, count). Never allocates. */
void gan_sort(const gan_sortable *of, int64_t count);

/* ---- Indexes of names (names.c) ---------------------------------------------------------------------------- */

/* Which of many things has a name: found in a time that grows with the logarithm of their number, whatever the names
 * are. The memory of the rows is the caller's. */
typedef struct gan_name {
    uint32_t hash, number;
} gan_name;

typedef struct gan_names {
    const char *(*name_of)(const void *of, uint32_t number);
    const void *of;
    gan_name *rows;
    int64_t count;
} gan_names;

/* Appends the thing of this number; the index must then be sorted before it is used. */
void gan_names_add(gan_names *names, uint32_t number);
/* NULL, or a name that two things have. */
const char *gan_names_sort(gan_names *names);
/* The number of the thing of this name, or -1. */
int64_t gan_names_find(const gan_names *names, const char *name);

#endif
