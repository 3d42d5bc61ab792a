/* Videos made of images: two move in a frame, each in a straight line, and bounce off its sides. */
#ifndef EXAMPLES_MOVING_IMAGES_H
#define EXAMPLES_MOVING_IMAGES_H

#include <libgan.h>

#define FRAMES     16
#define FRAME_SIDE 32 /* pixels */
#define VIDEO_SIZE (FRAMES * FRAME_SIDE * FRAME_SIDE)

typedef struct moving_images {
    int64_t count, height, width;
    float *images;
    uint64_t seed;
    gan_random *random;
} moving_images;

/* Images of a folder in MNIST's format, at half their size. Those with odd sides, or too large to move, end the
 * program with a sentence and status 1. */
gan_status moving_open(gan_context *context, const char *folder, uint64_t seed, moving_images *out);
void moving_close(moving_images *moving);

/* Video `number` of the seed, any from 0 on: (FRAMES, FRAME_SIDE, FRAME_SIDE), -1 to 1. */
gan_status moving_draw(moving_images *moving, int64_t number, float *video);

#endif
