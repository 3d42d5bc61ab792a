/* A generator that is linked into the program as an array, and samples without touching a file: as in a game, on a
 * device without a file system, or in one executable that is all there is to install. It prints what it sampled,
 * points on a circle of radius 1.
 *
 * Any file of gan_model_save() becomes such an array by `xxd -i generator.safetensors` or, in C23, where it is used:
 *
 *     static const unsigned char generator[] = {
 *     #embed "generator.safetensors"
 *     };
 *
 * The library reads the array where it is: read-only memory will do. */
#include "circle_generator.h"

#include <libgan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 1000 };

static void check(gan_status status)
{
    if (status != GAN_OK) {
        fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
        exit(1);
    }
}

int main(int count, char **arguments)
{
    if (count > 1) return fprintf(stderr, "%s: no arguments\n", arguments[0]), 2;
    static float points[COUNT][2];
    gan_context *context = NULL;
    gan_model *generator = NULL;
    check(gan_context_create(NULL, &context));
    check(gan_model_load_from(context, gan_reader_from_memory(circle_generator, circle_generator_size), &generator));
    check(gan_model_sample(generator, GAN_SAMPLE(.seed = 7), COUNT, points[0]));

    double radius = 0;
    int near = 0;
    for (int i = 0; i < COUNT; i++) {
        const double from_centre = hypot((double)points[i][0], (double)points[i][1]);
        radius += from_centre / COUNT;
        near += fabs(from_centre - 1) < 0.1;
    }
    printf("bytes=%zu samples=%d radius=%.2f on_circle=%.2f\n", circle_generator_size, COUNT, radius,
           (double)near / COUNT);
    gan_model_destroy(generator);
    gan_context_destroy(context);
    return 0;
}
