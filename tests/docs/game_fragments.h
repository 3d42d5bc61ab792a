/* What the fragments in docs/games.md assume. */
#include <libgan.h>

#include <stdlib.h>

#define CHECK(call)                    \
    do {                               \
        if ((call) != GAN_OK) exit(1); \
    } while (0)

extern gan_game *game;
extern gan_history *history;
extern gan_model *generator, *discriminator, *q, *features, *domains, *there, *back, *judge_y, *classifier;
extern gan_model *encoder, *decoder;
extern gan_term x, y, z, c, u, code, source, target, label, logits, fake, real_logits, fake_logits;
extern gan_player d, g, task, domain;
