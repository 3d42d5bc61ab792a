/* The list of all kinds of layers. */
#include "layers/shared.h"

#include <string.h>

#define ADDRESS(kind) &gan_##kind##_ops,
static const gan_layer_ops *const kinds[] = {GAN_LAYER_KINDS(ADDRESS)};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const gan_layer_ops *const *gan_layer_kinds(int *count)
{
    *count = KINDS;
    return kinds;
}

const gan_layer_ops *gan_layer_find_kind(const char *type)
{
    for (int i = 0; i < KINDS; i++) {
        if (!strcmp(kinds[i]->type, type)) return kinds[i];
    }
    return NULL;
}
