/* Renaming the tensors of a file. The model asks by the new name, so pairs are followed backwards: from the name that
 * a pair gives to the one that it had, which must be in the file and have no earlier pair. */
#include "model/storage/weight_names.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT = 255, NAME = 1024 };

static gan_status text_check(const char *text, const char *function, const char *field, int64_t index)
{
    if (!text) return gan_fail(GAN_ERROR_NULL, "%s: renames[%lld].%s is NULL", function, (long long)index, field);
    if (memchr(text, 0, LIMIT + 1)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: renames[%lld].%s has more than %d bytes", function, (long long)index,
                    field, LIMIT);
}

gan_status gan_weights_options_read(const gan_weights_options *given, const char *function, gan_weights_options *out)
{
    GAN_TRY(gan_options_read(out, sizeof(*out), given, "gan_weights_options"));
    GAN_TRY(gan_check_reserved("gan_weights_options", out->reserved, sizeof(out->reserved)));
    if (out->rename_count < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: rename_count is %lld, expected at least 0", function,
                        (long long)out->rename_count);
    }
    if (out->rename_count > 0 && !out->renames)
        return gan_fail(GAN_ERROR_NULL, "%s: renames is NULL, and rename_count is not 0", function);
    for (int64_t i = 0; i < out->rename_count; i++) {
        GAN_TRY(text_check(out->renames[i].from, function, "from", i));
        GAN_TRY(text_check(out->renames[i].to, function, "to", i));
    }
    return GAN_OK;
}

static bool begins(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

/* The number of the pair that renames a tensor of the file; rename_count: none. */
static int64_t pair_of(const gan_weights_options *options, const char *name)
{
    int64_t i = 0;
    while (i < options->rename_count && !begins(name, options->renames[i].from)) i++;
    return i;
}

/* Notes that a tensor of the file gets the name, if it is there and pair number `pair` is the one that renames it. */
static gan_status try_name(const gan_safetensors *file, const gan_weights_options *options, const char *old,
                           int64_t pair, const char *name, const char **found)
{
    size_t index;
    const gan_safetensors_entry *entry = gan_safetensors_find(file, old, &index);
    if (!entry || pair_of(options, old) != pair) return GAN_OK;
    if (*found && strcmp(*found, entry->name) != 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the tensors '%s' and '%s' are both renamed to '%s'",
                        gan_safetensors_name(file), *found, entry->name, name);
    }
    *found = entry->name;
    return GAN_OK;
}

gan_status gan_weight_names_find(const gan_safetensors *file, const gan_weights_options *options, const char *name,
                                 const char **found)
{
    char old[NAME];
    *found = NULL;
    for (int64_t i = 0; i < options->rename_count; i++) {
        const gan_rename *pair = &options->renames[i];
        if (!begins(name, pair->to)) continue;
        snprintf(old, sizeof(old), "%s%s", pair->from, name + strlen(pair->to));
        GAN_TRY(try_name(file, options, old, i, name, found));
    }
    return try_name(file, options, name, options->rename_count, name, found);
}
