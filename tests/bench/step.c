#include "step.h"

#include <stdlib.h>

typedef struct step_state {
    gan_trainer *trainer;
    float *samples;
    int64_t batch;
} step_state;

static gan_status make_samples(gan_context *context, float **out, size_t count)
{
    gan_random *random = NULL;
    gan_status status = gan_random_create(context, 1, 0, &random);
    float *samples = malloc(count * sizeof(*samples));
    if (status == GAN_OK) status = samples ? gan_random_uniform(random, samples, count) : GAN_ERROR_MEMORY;
    for (size_t i = 0; status == GAN_OK && i < count; i++) samples[i] = 2 * samples[i] - 1;
    gan_random_destroy(random);
    *out = samples;
    return status;
}

gan_status step_create(gan_context *context, int64_t batch, float r1, gan_model *g, gan_model *d, void **state)
{
    step_state *s = calloc(1, sizeof(*s));
    gan_shape shape;
    if (!s) return GAN_ERROR_MEMORY;
    *state = s;
    s->batch = batch;
    gan_status status = gan_trainer_create(context, g, d, GAN_TRAINER(.batch = batch, .r1 = r1), &s->trainer);
    if (status == GAN_OK) status = gan_model_get_input_shape(d, 0, &shape);
    if (status == GAN_OK) status = make_samples(context, &s->samples, (size_t)(batch * gan_shape_count(shape)));
    return status;
}

gan_status step_run(void *state)
{
    step_state *s = state;
    return gan_trainer_step(s->trainer, s->samples, s->batch, NULL);
}

gan_status step_run_some(void *state, int64_t microseconds, bool *done)
{
    step_state *s = state;
    return gan_trainer_step_some(s->trainer, s->samples, s->batch, microseconds, done, NULL);
}

void step_destroy(void *state)
{
    step_state *s = state;
    if (!s) return;
    gan_trainer_destroy(s->trainer);
    free(s->samples);
    free(s);
}
