/* The door of patterns: layers that exporters write as several operators. */
#ifndef GAN_ONNX_PATTERNS_H
#define GAN_ONNX_PATTERNS_H

#include "onnx/steps/steps.h"

/* True if the node completes a pattern, which has then become a step; *status is that of making it. */
bool gan_import_complete(gan_import *import, const gan_import_node *node, gan_status *status);

#endif
