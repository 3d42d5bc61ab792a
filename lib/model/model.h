/* The door of model: the graph of layers, its tensors in flat arrays, and sessions. */
#ifndef GAN_MODEL_H
#define GAN_MODEL_H

#include "model/architecture/architecture.h"
#include "model/graph/graph.h"
#include "model/sampling/sampling.h"
#include "model/session/session.h"

#endif
