/* The door of data: datasets, behind one table of functions. */
#ifndef GAN_DATA_H
#define GAN_DATA_H

#include "data/dataset/dataset.h"
#include "data/images/images.h"
#include "data/reading/reading.h"

#endif
