/* Draws samples from a saved generator: a grid as PNG, or the numbers as NPY. */
#include "options.h"

#include <libgan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Spherical interpolation (Shoemake, 1985): normal noise lies near a sphere, and so should the path.
 * z(t) = (sin((1 - t) w) a + sin(t w) b) / sin(w), where w is the angle between a and b. */
static void interpolate(const float *a, const float *b, int64_t size, int64_t count, float *z)
{
    double aa = 0, bb = 0, ab = 0;
    for (int64_t i = 0; i < size; i++) {
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        ab += (double)a[i] * b[i];
    }
    double cosine = ab / sqrt(aa * bb);
    double angle = acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
    for (int64_t k = 0; k < count; k++) {
        double t = count > 1 ? (double)k / (double)(count - 1) : 0;
        double from = angle > 1e-6 ? sin((1 - t) * angle) / sin(angle) : 1 - t;
        double to = angle > 1e-6 ? sin(t * angle) / sin(angle) : t;
        for (int64_t i = 0; i < size; i++) z[k * size + i] = (float)(from * a[i] + to * b[i]);
    }
}

/* `count` samples on the path between two noise vectors. */
static gan_status sample_path(gan_context *context, gan_model *model, uint64_t seed, int64_t count, float *samples)
{
    gan_shape shape;
    gan_status status = gan_model_get_input_shape(model, 0, &shape);
    if (status != GAN_OK) return status;
    const int64_t size = gan_shape_count(shape);
    float *noise = malloc((size_t)((2 + count) * size) * sizeof(float));
    if (!noise) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    gan_random *random = NULL;
    gan_session *session = NULL;
    status = gan_random_create(context, seed, 0, &random);
    if (status == GAN_OK) status = gan_random_normal(random, noise, 2 * size);
    if (status == GAN_OK) interpolate(noise, noise + size, size, count, noise + 2 * size);
    if (status == GAN_OK)
        status = gan_session_create(model, GAN_SESSION(.batch = count, .forward_only = true), &session);
    if (status == GAN_OK) status = gan_session_set_input(session, 0, noise + 2 * size, count);
    if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_get_output(session, 0, samples);
    gan_session_destroy(session);
    gan_random_destroy(random);
    free(noise);
    return status;
}

int main(int argc, char **argv)
{
    int64_t count = 64, seed = 0, columns = 0, threads = 0;
    const char *output = "samples.png";
    bool path = false;
    const option options[] = {
        {"--count", OPTION_INTEGER, &count, 1, 1e7, "N", "number of samples (default 64)"},
        {"--seed", OPTION_INTEGER, &seed, 0, 1e15, "S", "for the noise (default 0)"},
        {"--output", OPTION_TEXT, &output, 0, 0, "FILE",
         "ends in .png: a grid; in .npy: float32 N,C,H,W (default samples.png)"},
        {"--columns", OPTION_INTEGER, &columns, 0, 1e6, "N", "of the grid (default: about square)"},
        {"--interpolate", OPTION_FLAG, &path, 0, 0, NULL, "interpolate between two noise vectors"},
        {"--threads", OPTION_INTEGER, &threads, 1, 64, "N", "threads (default: one per CPU)"},
    };
    const char *usage = "sample MODEL: draws samples from a generator that gan_model_save() wrote.";
    bool named = argc > 1 && argv[1][0] != '-';
    read_options(argc, argv, named ? 2 : 1, usage, options, (int)(sizeof(options) / sizeof(options[0])));
    if (!named || (!ends_with(output, ".png") && !ends_with(output, ".npy"))) {
        fprintf(stderr,
                !named ? "sample: name a model file (see --help)\n"
                       : "--output %s: expected a name that ends in .png or .npy\n",
                output);
        return 2;
    }

    gan_context *context = NULL;
    gan_model *model = NULL;
    float *samples = NULL;
    gan_shape shape = {0, {0}};
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = (int)threads), &context);
    if (status == GAN_OK) status = gan_model_load(context, argv[1], &model);
    if (status == GAN_OK) status = gan_model_get_output_shape(model, 0, &shape);
    if (status == GAN_OK && !(samples = malloc((size_t)count * (size_t)gan_shape_count(shape) * sizeof(float)))) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    if (status == GAN_OK) {
        status = path ? sample_path(context, model, (uint64_t)seed, count, samples)
                      : gan_model_sample(model, GAN_SAMPLE(.seed = (uint64_t)seed), count, samples);
    }
    if (status == GAN_OK) {
        status = ends_with(output, ".png") ? gan_png_write_grid(context, output, samples, count, shape, columns)
                                           : gan_npy_write(context, output, samples, count, shape);
    }
    if (status != GAN_OK) fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    free(samples);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return status == GAN_OK ? 0 : 1;
}
