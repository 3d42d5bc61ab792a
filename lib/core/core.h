/* The door of core: status, memory, random numbers and threads. No mathematics of networks here. */
#ifndef GAN_CORE_H
#define GAN_CORE_H

#include "core/blas/blas.h"
#include "core/context/context.h"
#include "core/files/files.h"
#include "core/lookup/lookup.h"
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/platform/platform.h"
#include "core/random/random.h"
#include "core/shards/shards.h"
#include "core/status/status.h"
#include "core/text/text.h"
#include "core/threads/threads.h"

#endif
