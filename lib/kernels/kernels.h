/* The door of kernels: every pass over data. Each function cuts its work into blocks that depend only on shapes, runs
 * them on the context's threads, and sums in a fixed order, so that results do not depend on the number of threads.
 * Inner loops come from tables of functions, one per family, compiled from one source for each instruction set.
 *
 * Images are stored channels last, (batch, height, width, channels), whatever the order at the border; all other
 * tensors are rows first. An output may be the same array as an input only if "in place" is stated. */
#ifndef GAN_KERNELS_H
#define GAN_KERNELS_H

#include "kernels/conv/conv.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/image/image.h"
#include "kernels/norm/norm.h"
#include "kernels/product/product.h"
#include "kernels/rows/rows.h"
#include "kernels/sums/sums.h"

#endif
