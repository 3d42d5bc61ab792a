/* The door of io: files. Everything here works on float and on names; it knows nothing of models. */
#ifndef GAN_IO_H
#define GAN_IO_H

#include "io/arrays/arrays.h"
#include "io/atomic/atomic.h"
#include "io/events/events.h"
#include "io/history/history.h"
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#endif
