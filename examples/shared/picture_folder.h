/* Folders of PNG and JPEG files as data, with a subfolder for each class or none. */
#ifndef EXAMPLES_PICTURE_FOLDER_H
#define EXAMPLES_PICTURE_FOLDER_H

#include <libgan.h>

/* Whether a file's name is that of a picture. */
bool is_picture(const char *name);

/* Whether there are pictures in a folder, or in its subfolders. */
bool has_picture_files(const char *folder);

/* Opens them, scaled and cropped to a square: in colour, or grey if those that are looked at first are. */
gan_status open_picture_folder(gan_context *context, const char *folder, int64_t side,
                               const gan_dataset_options *options, gan_dataset **out);

#endif
