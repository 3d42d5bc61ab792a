/* The door of read: from the steps of a graph, or from what libgan wrote of it, to a model. */
#ifndef GAN_ONNX_READ_H
#define GAN_ONNX_READ_H

#include "onnx/steps/steps.h"

/* ---- What libgan wrote (own_file.c) --------------------------------------------------------------------------- */

/* The model of a file that libgan wrote, if its graph is still the same; else *out stays as it is. */
gan_status gan_import_own(gan_context *context, gan_import_file *file, gan_model **out);
/* The role of an input, as the file's metadata say. */
gan_input_options gan_import_role(const gan_import_file *file, const char *name, gan_shape shape);

/* ---- Names (layer_names.c) ------------------------------------------------------------------------------------ */

/* Names the steps that are needed. */
gan_status gan_import_name_layers(gan_import *import);

/* ---- The model (import_build.c) ------------------------------------------------------------------------------- */

/* The model that the steps are, with its weights. */
gan_status gan_import_build(gan_import *import, gan_model **out);

#endif
