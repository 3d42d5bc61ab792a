/* The door of train: losses, optimizers, stabilisers, diagnoses and checkpoints, each a room with its own door. They
 * are made of the lower folders' public calls. */
#ifndef GAN_TRAIN_H
#define GAN_TRAIN_H

#include "train/checkpoint/checkpoint.h"
#include "train/diagnosis/diagnosis.h"
#include "train/loop_checkpoint/loop_checkpoint.h"
#include "train/losses/losses.h"
#include "train/optimizers/optimizers.h"
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

#endif
