/* The door of onnx: models as ONNX files. Nothing but the public API stands on it. */
#ifndef GAN_ONNX_H
#define GAN_ONNX_H

#include "io/io.h"
#include "model/model.h"
#include "onnx/onnx_format.h"

#endif
