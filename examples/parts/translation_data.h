/* Pictures to learn translations from: pairs side by side, two folders with the same names, or two folders of which
 * nobody knows what belongs together. Everything is decoded before training, and what cannot be used ends the program
 * with the file's name and status 1. */
#ifndef EXAMPLES_TRANSLATION_DATA_H
#define EXAMPLES_TRANSLATION_DATA_H

#include <libgan.h>

typedef struct translation_files {
    const char *data;      /* a folder of pairs side by side, or NULL: */
    const char *from, *to; /* two folders. Each of the three may have train/ and test/ or val/ */
    bool paired;           /* every name must be in both folders, and their pictures must have the same size */
    bool backward;         /* translate from the right halves to the left, from `to` to `from` */
    int64_t size;          /* pictures are scaled until they cover size x size, and cropped */
    int64_t channels;      /* 1, grey, or 3 */
    int64_t most_held_out; /* pairs to judge by */
    uint64_t seed;         /* of the order of pictures */
    bool restart_if_changed;
} translation_files;

/* Pictures of the two folders, as one part of the data, train or test. */
typedef struct picture_pairs picture_pairs;

typedef struct translation_data {
    gan_shape image;
    gan_dataset *from, *to;     /* pictures to train on; NULL if they are side by side */
    gan_dataset *pairs;         /* fields "from" and "to"; NULL if no names pair pictures */
    int64_t held_out;           /* pairs that are not trained on: those of test/ or val/, or a tenth; 0 if none */
    float *held_from, *held_to; /* their pictures */
    picture_pairs *parts[2];    /* train, test */
} translation_data;

/* Close `out` in any case. */
gan_status open_translation_data(gan_context *context, const translation_files *files, translation_data *out);
void close_translation_data(translation_data *data);

#endif
