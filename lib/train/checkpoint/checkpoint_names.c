/* The names of a list's entries: each only once. */
#include "train/checkpoint/checkpoint.h"

/* The metadata and the tensors of a file have names of their own: these two come after the entries of the list. */
static const char *const own_names[] = {GAN_CHECKPOINT_FORMAT_KEY, GAN_CHECKPOINT_KIND_KEY};
enum { OWN_NAMES = sizeof(own_names) / sizeof(*own_names) };

static const char *name_at(const void *entries, uint32_t number)
{
    const gan_entries *of = entries;
    return number < of->count ? of->rows[number].name : own_names[number - of->count];
}

static const char *find_twice(const gan_entries *entries, gan_name *rows, bool tensors)
{
    gan_names names = {name_at, entries, rows, 0};
    for (int64_t i = 0; i < entries->count; i++) {
        if ((entries->rows[i].kind >= GAN_ENTRY_TENSOR) == tensors) gan_names_add(&names, (uint32_t)i);
    }
    for (int64_t i = 0; i < OWN_NAMES && !tensors; i++) gan_names_add(&names, (uint32_t)(entries->count + i));
    return gan_names_sort(&names);
}

gan_status gan_entries_check_names(const gan_entries *entries)
{
    const int64_t count = entries->count + OWN_NAMES;
    gan_name *rows = gan_allocate_array(entries->context, count, sizeof(*rows));
    if (!rows) return GAN_ERROR_MEMORY;
    const char *twice = find_twice(entries, rows, false);
    if (!twice) twice = find_twice(entries, rows, true);
    gan_release(entries->context, rows, (size_t)count * sizeof(*rows));
    if (!twice) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "a checkpoint cannot have two entries called '%s'", twice);
}
