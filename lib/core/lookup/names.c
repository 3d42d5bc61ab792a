/* An index of names: sorted by hash, then by text, so that no choice of names makes it slow. */
#include "core/lookup/lookup.h"

#include <string.h>

/* FNV-1a (Fowler, Noll and Vo). */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Below, at or above 0 as the row comes before, is, or comes after the name. */
static int compare(const gan_names *names, const gan_name *row, uint32_t hash, const char *name)
{
    if (row->hash != hash) return row->hash < hash ? -1 : 1;
    return strcmp(names->name_of(names->of, row->number), name);
}

static bool comes_before(const void *user, int64_t a, int64_t b)
{
    const gan_names *names = user;
    const gan_name *first = &names->rows[a], *second = &names->rows[b];

    if (first->hash != second->hash) return first->hash < second->hash;
    return compare(names, first, second->hash, names->name_of(names->of, second->number)) < 0;
}

static void swap(void *user, int64_t a, int64_t b)
{
    gan_name *rows = ((const gan_names *)user)->rows, moved = rows[a];

    rows[a] = rows[b];
    rows[b] = moved;
}

void gan_names_add(gan_names *names, uint32_t number)
{
    names->rows[names->count++] = (gan_name){hash_of(names->name_of(names->of, number)), number};
}

const char *gan_names_sort(gan_names *names)
{
    gan_sort(&(gan_sortable){names, comes_before, swap}, names->count);
    for (int64_t i = 1; i < names->count; i++) {
        const char *name = names->name_of(names->of, names->rows[i].number);
        if (compare(names, &names->rows[i - 1], names->rows[i].hash, name) == 0) return name;
    }
    return NULL;
}

int64_t gan_names_find(const gan_names *names, const char *name)
{
    const uint32_t hash = hash_of(name);
    int64_t begin = 0, end = names->count;

    while (begin < end) {
        const int64_t middle = begin + (end - begin) / 2;
        const int order = compare(names, &names->rows[middle], hash, name);
        if (order == 0) return names->rows[middle].number;
        if (order < 0) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return -1;
}
