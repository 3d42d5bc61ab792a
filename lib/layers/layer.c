/* What all layers have in common: creation, name, destruction. */
#include "layers/shared.h"

#include <string.h>

/* The thread's number of failures when a layer last failed; 0 before that. */
static _Thread_local uint64_t failure_of_layer;

gan_layer *gan_layer_fail(gan_layer *layer)
{
    gan_layer_destroy(layer);
    failure_of_layer = gan_failure_count();
    return NULL;
}

bool gan_layer_failed_last(void)
{
    return failure_of_layer != 0 && failure_of_layer == gan_failure_count();
}

gan_layer *gan_layer_allocate(gan_context *context, const gan_layer_ops *ops)
{
    if (!context) {
        gan_fail(GAN_ERROR_NULL, "%s: context is NULL", ops->type);
        return gan_layer_fail(NULL);
    }
    gan_layer *layer = gan_allocate(context, ops->size);
    if (!layer) return gan_layer_fail(NULL);
    layer->ops = ops;
    layer->context = gan_context_retain(context);
    return layer;
}

void gan_layer_destroy(gan_layer *layer)
{
    if (!layer) return;
    gan_context *context = layer->context;
    gan_release_text(context, layer->name);
    gan_release(context, layer, layer->ops->size);
    gan_context_release(context);
}

gan_layer *gan_layer_named(gan_layer *layer, const char *name)
{
    if (!layer) return NULL; /* keeps the error of its creation */
    char *copy = gan_name_check(name, __func__) == GAN_OK ? gan_copy_text(layer->context, name) : NULL;
    if (!copy) return gan_layer_fail(layer);
    gan_release_text(layer->context, layer->name);
    layer->name = copy;
    return layer;
}
