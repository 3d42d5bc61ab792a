#include "picture_files.h"

#include "outputs.h"
#include "picture_folder.h"
#include "program.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void refuse(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

bool has_folder(const char *folder, const char *name, char *path)
{
    struct stat info;
    return stat(path_in(folder, name, path), &info) == 0 && S_ISDIR(info.st_mode);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(picture_list *list, const char *name)
{
    if ((list->count & (list->count - 1)) == 0) { /* as many as there is room for */
        list->names = realloc(list->names, (size_t)(list->count ? 2 * list->count : 1) * sizeof(*list->names));
        if (!list->names) refuse(list->folder, "out of memory");
    }
    list->names[list->count] = strdup(name);
    if (!list->names[list->count]) refuse(list->folder, "out of memory");
    list->count++;
}

picture_list list_pictures(const char *folder)
{
    picture_list list = {folder, NULL, 0};
    DIR *directory = opendir(folder);
    if (!directory && errno == ENOTDIR) refuse(folder, "this is a file, but a folder of pictures is to be read");
    if (!directory) refuse(folder, strerror(errno));
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.') continue;
        if (has_folder(folder, entry->d_name, path)) refuse(path, "a folder, where pictures are expected");
        if (is_picture(entry->d_name)) add_name(&list, entry->d_name);
    }
    closedir(directory);
    if (list.count == 0) refuse(folder, "there are no pictures (*.png, *.jpg, *.jpeg)");
    qsort(list.names, (size_t)list.count, sizeof(*list.names), compare);
    return list;
}

void release_pictures(picture_list *list)
{
    for (int64_t i = 0; i < list->count; i++) free(list->names[i]);
    free(list->names);
    *list = (picture_list){NULL, NULL, 0};
}

int64_t find_picture(const picture_list *list, const char *name)
{
    int64_t first = 0, end = list->count;
    while (first < end) {
        const int64_t middle = first + (end - first) / 2;
        const int order = strcmp(list->names[middle], name);
        if (order == 0) return middle;
        if (order < 0) first = middle + 1;
        if (order > 0) end = middle;
    }
    return -1;
}

/* ---- Sizes ----------------------------------------------------------------------------------------------------- */

/* A big-endian number; -1 at the end of the file. */
static int64_t read_number(FILE *file, int bytes)
{
    int64_t number = 0;
    for (int i = 0; i < bytes; i++) {
        const int byte = fgetc(file);
        if (byte == EOF) return -1;
        number = number << 8 | byte;
    }
    return number;
}

/* The chunks up to the pixels: IHDR is first, and acTL is that of an animation. */
static bool read_png_size(FILE *file, const char *path, int64_t *width, int64_t *height)
{
    char kind[4];
    *width = *height = 0;
    for (;;) {
        const int64_t length = read_number(file, 4);
        if (length < 0 || fread(kind, 1, 4, file) != 4 || memcmp(kind, "IDAT", 4) == 0) break;
        if (memcmp(kind, "acTL", 4) == 0)
            refuse(path, "an animation, of which only the first picture would be used; save its pictures as files");
        int64_t skipped = length + 4;
        if (memcmp(kind, "IHDR", 4) == 0) {
            *width = read_number(file, 4);
            *height = read_number(file, 4);
            skipped -= 8;
        }
        if (skipped < 0 || fseek(file, (long)skipped, SEEK_CUR) != 0) break;
    }
    return *width > 0 && *height > 0;
}

/* Whether EXIF data, at most `size` bytes from here on, say that the picture is stored lying on its side: the
 * orientation, tag 0x112, is then 5 or more (JEITA CP-3451). */
static bool lies(FILE *file, int64_t size)
{
    unsigned char exif[65536] = {0};
    const int64_t read = (int64_t)fread(exif, 1, (size_t)size, file), head = 6; /* before the TIFF data */
    if (read < head + 8 || memcmp(exif, "Exif\0", (size_t)head) != 0) return false;
    const int low = exif[head] == 'I' ? 0 : 1; /* place of the lower byte of two; offsets are small */
    const int64_t high = 1 - low,
                  start = head + (low ? exif[head + 6] << 8 | exif[head + 7] : exif[head + 5] << 8 | exif[head + 4]);
    const int64_t count = start + 2 <= read ? exif[start + high] << 8 | exif[start + low] : 0;
    for (int64_t i = 0, at = start + 2; i < count && at + 12 <= read; i++, at += 12)
        if (exif[at + high] == 1 && exif[at + low] == 0x12) return exif[at + 8 + low] >= 5 && exif[at + 8 + low] <= 8;
    return false;
}

/* The segments up to the first start of frame, SOF0 to SOF15, except the four other markers among these. */
static bool read_jpeg_size(FILE *file, int64_t *width, int64_t *height)
{
    bool lying = false;
    for (;;) {
        int64_t marker = read_number(file, 1);
        if (marker != 0xff) return false;
        while (marker == 0xff) marker = read_number(file, 1);
        const int64_t length = read_number(file, 2);
        const long next = ftell(file) + (long)length - 2;
        if (marker < 0 || length < 2) return false;
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            read_number(file, 1);
            const int64_t rows = read_number(file, 2), columns = read_number(file, 2);
            *height = lying ? columns : rows;
            *width = lying ? rows : columns;
            return *width > 0 && *height > 0;
        }
        if (marker == 0xe1 && !lying) lying = lies(file, length - 2); /* XMP data follow in such a segment, too */
        if (fseek(file, next, SEEK_SET) != 0) return false;
    }
}

bool read_picture_size(const picture_list *list, int64_t number, int64_t *width, int64_t *height)
{
    static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[] = {0xff, 0xd8};
    unsigned char magic[8] = {0};
    char path[PATH_SIZE];
    FILE *file = open_input(path_in(list->folder, list->names[number], path));
    bool known = fread(magic, 1, 8, file) == 8;
    if (known && memcmp(magic, png, 8) == 0) {
        known = read_png_size(file, path, width, height);
    } else {
        known = known && memcmp(magic, jpeg, 2) == 0 && fseek(file, 2, SEEK_SET) == 0 &&
                read_jpeg_size(file, width, height);
    }
    fclose(file);
    return known;
}

/* ---- Pixels ---------------------------------------------------------------------------------------------------- */

gan_status decode_pictures(gan_dataset *pictures)
{
    gan_shape shape = {0, {0}};
    gan_status status = gan_dataset_get_shape(pictures, &shape);
    float *values = allocate(gan_shape_count(shape), sizeof(float));
    for (int64_t i = 0; i < gan_dataset_count(pictures) && status == GAN_OK; i++)
        status = gan_dataset_read(pictures, i, 1, values, NULL);
    free(values);
    return status;
}
