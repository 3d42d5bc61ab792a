#include "picture_folder.h"

#include "outputs.h"
#include "program.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOOKED_AT 256 /* pictures, from all of the folder */

bool is_picture(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot &&
           (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static bool has_files(const char *folder)
{
    bool found = false;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = is_picture(entry->d_name);
    if (directory) closedir(directory);
    return found;
}

bool has_picture_files(const char *folder)
{
    bool found = has_files(folder);
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));) {
        char path[PATH_SIZE];
        found = entry->d_name[0] != '.' && has_files(path_in(folder, entry->d_name, path));
    }
    if (directory) closedir(directory);
    return found;
}

static bool has_colour(const float *image, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++)
        if (image[i] != image[pixels + i] || image[i] != image[2 * pixels + i]) return true;
    return false;
}

static gan_status find_colour(gan_dataset *pictures, int64_t pixels, bool *found)
{
    const int64_t count = gan_dataset_count(pictures), looked_at = count < LOOKED_AT ? count : LOOKED_AT;
    float *image = allocate(3 * pixels, sizeof(float));
    gan_status status = GAN_OK;
    *found = false;
    for (int64_t i = 0; i < looked_at && !*found && status == GAN_OK; i++) {
        status = gan_dataset_read(pictures, i * count / looked_at, 1, image, NULL);
        *found = status == GAN_OK && has_colour(image, pixels);
    }
    free(image);
    return status;
}

gan_status open_picture_folder(gan_context *context, const char *folder, int64_t side,
                               const gan_dataset_options *options, gan_dataset **out)
{
    bool colour = false;
    gan_dataset *pictures = NULL;
    will_read(folder);
    gan_status status =
        gan_dataset_open_folder(context, folder, GAN_FOLDER(.height = side, .width = side), options, &pictures);
    if (status == GAN_OK) status = find_colour(pictures, side * side, &colour);
    if (status == GAN_OK && !colour) {
        gan_dataset_destroy(pictures);
        pictures = NULL;
        status = gan_dataset_open_folder(context, folder, GAN_FOLDER(.height = side, .width = side, .channels = 1),
                                         options, &pictures);
    }
    if (status == GAN_OK) {
        *out = pictures;
    } else {
        gan_dataset_destroy(pictures);
    }
    return status;
}
