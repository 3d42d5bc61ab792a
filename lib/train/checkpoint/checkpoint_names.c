/* The names of a list's entries: each only once. */
#include "train/checkpoint/checkpoint.h"

#include <string.h>

/* The metadata and the tensors of a file have names of their own. */
static bool same_name(const gan_entry *a, const gan_entry *b)
{
    return (a->kind >= GAN_ENTRY_TENSOR) == (b->kind >= GAN_ENTRY_TENSOR) && strcmp(a->name, b->name) == 0;
}

/* FNV-1a (Fowler, Noll and Vo). */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash;
}

/* Puts an entry into a table with free places, whose size is a power of 2; false if the table has its name. */
static bool put(const gan_entry **table, int64_t size, const gan_entry *entry)
{
    uint64_t at = hash_of(entry->name) & (uint64_t)(size - 1);
    for (; table[at]; at = (at + 1) & (uint64_t)(size - 1)) {
        if (same_name(table[at], entry)) return false;
    }
    table[at] = entry;
    return true;
}

gan_status gan_entries_check_names(const gan_entries *entries)
{
    const gan_entry own[] = {{.kind = GAN_ENTRY_TEXT, .name = GAN_CHECKPOINT_FORMAT_KEY},
                             {.kind = GAN_ENTRY_TEXT, .name = GAN_CHECKPOINT_KIND_KEY}};
    int64_t size = 8;
    while (size < 2 * (entries->count + 2)) size *= 2;
    const gan_entry **table = gan_allocate_array(entries->context, size, sizeof(const gan_entry *));
    if (!table) return GAN_ERROR_MEMORY;
    gan_status status = GAN_OK;
    for (int i = 0; i < 2; i++) put(table, size, &own[i]);
    for (int64_t i = 0; i < entries->count && status == GAN_OK; i++) {
        if (put(table, size, &entries->rows[i])) continue;
        status =
            gan_fail(GAN_ERROR_ARGUMENT, "a checkpoint cannot have two entries called '%s'", entries->rows[i].name);
    }
    gan_release(entries->context, table, (size_t)size * sizeof(const gan_entry *));
    return status;
}
