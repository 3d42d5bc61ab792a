/* The door of kernels: every pass over data. Each function here cuts its work into blocks that depend on shapes only,
 * runs them on the context's threads, and takes sums in a fixed order: results do not depend on how many these are.
 * Inner loops come from tables of functions, one per family, compiled from one source for each instruction set.
 *
 * Images are stored channels last, (batch, height, width, channels), whatever the order at the border; all other
 * tensors are rows first. Outputs may be the same array as an input only where "in place" is said. */
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
