/* The door of onnx: models as ONNX files. Nothing but the public API stands on it. */
#ifndef GAN_ONNX_H
#define GAN_ONNX_H

#include "onnx/read/read.h"
#include "onnx/write/write.h"

#endif
