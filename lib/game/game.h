/* The door of game: terms, their description as a game, playing it, and the trainer, which is one. */
#ifndef GAN_GAME_H
#define GAN_GAME_H

#include "game/description/description.h"
#include "game/play/play.h"
#include "game/terms/terms.h"
#include "game/trainer/trainer.h"

#endif
