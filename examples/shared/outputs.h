/* What a program reads and what it writes, checked before it works: that its outputs can be written, and that none of
 * them replaces what it reads, or another output. A check that fails ends the program with a sentence: with status 2
 * if an output is an input, else with status 1. */
#ifndef EXAMPLES_OUTPUTS_H
#define EXAMPLES_OUTPUTS_H

#include <libgan.h>

#include <stdio.h>

/* The program reads this file, or the files in this folder and its subfolders: no output may replace them, however
 * its path is spelled. */
void will_read(const char *path);
/* Refuses a folder for results that is a folder of pictures to read: they would be taken for pictures the next time.
 */
void refuse_output_among(const char *output, const char *input);
/* The same for a path that must not be a folder. */
void will_read_file(const char *path);
/* Ends the program with a sentence unless there is such a folder, which may be read. */
void require_folder(const char *path);
/* Opens a regular file to read bytes. Anything else, such as a pipe, that could make the program wait or read for
 * ever, ends it with a sentence and status 1. */
FILE *open_input(const char *path);

/* Opens a regular file of an earlier run; NULL if there is none, whatever lies there. */
FILE *open_earlier(const char *path);

/* The program is going to write this file. Its folder is made if missing, with those above it, and removed at the
 * end if nothing was written to it. */
void will_write(const char *path);

/* The same for several files, the last of which is NULL, in a folder for results. */
void will_write_in(const char *folder, const char *const *names);

/* Opens a file to be written beside `path`, whose place it takes when it is closed: a program that is ended before
 * that leaves no half of it under that name. Both say why not, and exit with status 1. */
FILE *open_output(const char *path);
void close_output(FILE *file, const char *path);

/* A PNG file of one image, the same way. Unlike gan_png_write_grid() it does not wait until the disk has it, which
 * takes most of the time where there are thousands. */
gan_status write_picture_file(gan_context *context, const char *path, const float *image, gan_shape shape);

#endif
