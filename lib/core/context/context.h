/* The life of a context. */
#ifndef GAN_CORE_CONTEXT_H
#define GAN_CORE_CONTEXT_H

#include "core/memory/memory.h"
#include "libgan.h"

gan_context *gan_context_retain(gan_context *context);
void gan_context_release(gan_context *context);

#endif
