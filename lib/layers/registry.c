/* The list of all kinds of layers. */
#include "layers/shared.h"

#include <string.h>

#define ADDRESS(kind) &gan_##kind##_ops,
static const gan_layer_ops *const kinds[] = {GAN_LAYER_KINDS(ADDRESS)};

const gan_layer_ops *const *gan_layer_kinds(int *count)
{
    *count = sizeof(kinds) / sizeof(kinds[0]);
    return kinds;
}

const gan_layer_ops *gan_layer_find_kind(const char *type)
{
    int count;
    const gan_layer_ops *const *all = gan_layer_kinds(&count);

    for (int i = 0; i < count; i++) {
        if (!strcmp(all[i]->type, type)) return all[i];
    }
    return NULL;
}
