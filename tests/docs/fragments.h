/* What the guide's fragments assume. */
#include <libgan.h>

#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                    \
    do {                               \
        if ((call) != GAN_OK) exit(1); \
    } while (0)

extern gan_context *context;
extern gan_model *model, *generator, *discriminator, *translator, *m;
extern gan_dataset *dataset;
extern gan_session *generate, *real, *fake;
extern gan_optimizer *generator_optimizer, *discriminator_optimizer;
extern gan_trainer *trainer;
extern gan_random *random_noise;
extern gan_checkpoint *checkpoint;
extern const float *noise, *samples, *real_logits, *fake_logits;
extern float *real_gradient, *fake_gradient, *images, *labels;
extern const unsigned char generator_bytes[1000];
extern const float *shares, *photos;
extern float *out;
extern const char *path;
extern bool resume;
extern int64_t n, step;
extern uint64_t seed;
extern double loss;
