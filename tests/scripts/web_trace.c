/* Trains as the page does, and prints what web_trace.mjs prints of the same, computed by WebAssembly. */
#include "web.h"

#include <stdio.h>

enum { SAMPLES = 1000, SHOWN = 8 };

static int fail(void)
{
    fprintf(stderr, "%s\n", web_error());
    return 1;
}

/* Exact numbers, so that both have the same. */
static void fill(float *data, int count)
{
    for (int i = 0; i < count; i++) data[i] = (float)(i % 97 * 37 % 61) / 32.0f - 1.0f;
}

static int trace(int kind, int size, int steps, int loss)
{
    if (web_start(kind, 3) != GAN_OK || web_set(loss, 1e-3f, 1e-3f, 0.25f) != GAN_OK) return fail();
    float *data = web_data(SAMPLES);
    if (!data) return fail();
    fill(data, SAMPLES * size);
    for (int step = 0; step < steps; step++) {
        if (web_train(1e9, 1) != GAN_OK) return fail();
        const double *report = web_report();
        printf("%.9g %.9g\n", report[WEB_DISCRIMINATOR_LOSS], report[WEB_GENERATOR_LOSS]);
    }
    if (web_sample(SHOWN, 0) != GAN_OK || web_judge(SHOWN, 1) != GAN_OK) return fail();
    for (int i = 0; i < SHOWN; i++)
        printf("%.9g %.9g %.9g\n", (double)web_shown(SHOWN)[i * size], (double)web_logits()[i],
               (double)web_gradients()[i * size]);
    web_close();
    return 0;
}

int main(void)
{
    return trace(0, 2, 12, GAN_LOSS_RELATIVISTIC) || trace(1, 28 * 28, 3, GAN_LOSS_NON_SATURATING);
}
