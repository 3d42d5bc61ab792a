/* The pictures in a folder: their names and sizes. What cannot be used ends the program with the file's name and
 * status 1. */
#ifndef EXAMPLES_PICTURE_FILES_H
#define EXAMPLES_PICTURE_FILES_H

#include <libgan.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct picture_list {
    const char *folder;
    char **names; /* sorted by their bytes, the order of gan_dataset_open_folder() */
    int64_t count;
} picture_list;

/* Whether there is such a folder, folder/name, whose path is then written. */
bool has_folder(const char *folder, const char *name, char *path);

/* The *.png, *.jpg and *.jpeg of a folder, which has at least one and no subfolders. `folder` must live as long. */
picture_list list_pictures(const char *folder);
void release_pictures(picture_list *list);

/* The number of a name, or -1. */
int64_t find_picture(const picture_list *list, const char *name);

/* Width and height of the upright picture as the head of the PNG or JPEG file says; false if it does not, and the
 * file is broken. An animated PNG is refused here: only its first picture would be seen. */
bool read_picture_size(const picture_list *list, int64_t number, int64_t *width, int64_t *height);

/* Reads every picture of a folder once, so that a broken one is found before anything is made of the others. */
gan_status decode_pictures(gan_dataset *pictures);

#endif
