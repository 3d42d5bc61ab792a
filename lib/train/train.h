/* The door of train: losses, optimizers, stabilisers, diagnoses, checkpoints and the trainer, each a room with a door
 * of its own. */
#ifndef GAN_TRAIN_H
#define GAN_TRAIN_H

#include "train/diagnosis/diagnosis.h"
#include "train/losses/losses.h"
#include "train/optimizers/optimizers.h"
#include "train/stabilisers/stabilisers.h"
#include "train/trainer/trainer.h"

#endif
