#define _XOPEN_SOURCE 700 /* realpath */
#include "outputs.h"

#include "paths.h"
#include "program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBE_SIZE 65536 /* bytes that must fit */

/* A file by what it is, not by how its path is spelled. */
typedef struct known_file {
    dev_t device;
    ino_t number;
    char *path;
} known_file;

typedef struct file_list {
    known_file *files;
    int64_t count, capacity;
} file_list;

static file_list inputs, outputs;

static void leave(int status, const char *path, const char *what, const char *more)
{
    fprintf(stderr, "%s: %s%s\n", path, what, more);
    exit(status);
}

/* ---- Inputs and outputs ---------------------------------------------------------------------------------------- */

static const known_file *find(const file_list *list, const struct stat *info)
{
    for (int64_t i = 0; i < list->count; i++) {
        if (list->files[i].device == info->st_dev && list->files[i].number == info->st_ino) return &list->files[i];
    }
    return NULL;
}

static void add(file_list *list, const char *path, const struct stat *info)
{
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 16;
        list->files = realloc(list->files, (size_t)list->capacity * sizeof(*list->files));
        if (!list->files) leave(1, path, "out of memory", "");
    }
    char *copy = strdup(path);
    if (!copy) leave(1, path, "out of memory", "");
    list->files[list->count++] = (known_file){info->st_dev, info->st_ino, copy};
}

static void refuse_same(const char *output, const char *input)
{
    fprintf(stderr, "%s: it would replace %s, which is read: choose another output\n", output, input);
    exit(2);
}

static void add_input(const char *path, const struct stat *info)
{
    const known_file *same = find(&outputs, info);
    if (same) refuse_same(same->path, path);
    if (S_ISREG(info->st_mode)) add(&inputs, path, info);
}

/* The files in a folder; of its subfolders, what the function adds, unless it is NULL. */
static void add_folder(const char *path, void (*add_subfolder)(const char *))
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char inside[PATH_SIZE];
        struct stat info;
        if (entry->d_name[0] == '.' || stat(path_in(path, entry->d_name, inside), &info) != 0) continue;
        if (!S_ISDIR(info.st_mode)) {
            add_input(inside, &info);
        } else if (add_subfolder) {
            add_subfolder(inside);
        }
    }
    if (folder) closedir(folder);
}

static void add_files(const char *path)
{
    add_folder(path, NULL);
}

void will_read(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return; /* whoever opens it says so */
    if (S_ISDIR(info.st_mode)) {
        add_folder(path, add_files);
    } else {
        add_input(path, &info);
    }
}

void will_read_file(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        fprintf(stderr, "%s: this is a folder, but a file is to be read\n", path);
        exit(1);
    }
    will_read(path);
}

void require_folder(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        leave(1, path, "this is a file: give the folder that it is in", "");
    if (access(path, R_OK | X_OK) == 0) return;
    perror(path);
    exit(1);
}

void refuse_output_among(const char *output, const char *input)
{
    struct stat one, other;
    if (stat(output, &one) != 0 || stat(input, &other) != 0) return;
    if (one.st_dev != other.st_dev || one.st_ino != other.st_ino) return;
    fprintf(stderr, "--output %s: this is the folder %s, whose pictures are read: choose another\n", output, input);
    exit(2);
}

FILE *open_input(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) leave(1, path, "this is not a regular file", "");
    FILE *file = fopen(path, "rb");
    if (!file) leave(1, path, "", strerror(errno));
    return file;
}

FILE *open_earlier(const char *path)
{
    struct stat info;
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    FILE *file = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) ? fdopen(descriptor, "rb") : NULL;
    if (!file) close(descriptor);
    return file;
}

/* ---- Whether they can be written ------------------------------------------------------------------------------- */

/* Tries with a file of its own, since only writing shows whether a disk is full. */
static void probe(const char *folder)
{
    static const char nothing[PROBE_SIZE];
    char name[64], path[PATH_SIZE];
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* beyond a limit on the size of files, writing then fails as on a full disk */
#endif
    snprintf(name, sizeof(name), ".writable-%ld", (long)getpid());
    FILE *file = fopen(path_in(folder, name, path), "wbx");
    int error = file ? 0 : errno;
    if (file && fwrite(nothing, 1, sizeof(nothing), file) != sizeof(nothing)) error = errno;
    if (file && fclose(file) != 0 && error == 0) error = errno;
    if (file) remove(path);
    if (error != 0) leave(1, folder, "no file can be written there: ", strerror(error));
}

/* Those that were made here, in this order; at the end those that nothing was written to go again. */
static char **made;
static int64_t made_count;

static void remove_empty_folders(void)
{
    while (made_count > 0) {
        rmdir(made[--made_count]); /* fails, as it should, if there is something in it */
        free(made[made_count]);
    }
    free(made);
}

static void note_made(const char *path)
{
    if (made_count == 0) atexit(remove_empty_folders);
    made = realloc(made, (size_t)(made_count + 1) * sizeof(*made));
    if (!made || !(made[made_count] = strdup(path))) leave(1, path, "out of memory", "");
    made_count++;
}

static void make_folder(const char *path)
{
    struct stat info;
    const int error = mkdir(path, 0777) == 0 ? 0 : errno;
    if (error == 0) note_made(path);
    const bool exists = stat(path, &info) == 0;
    if (exists && !S_ISDIR(info.st_mode)) leave(1, path, "this is no folder, so no results can be written there", "");
    if (!exists && error == EEXIST) leave(1, path, "this is a link to what is not there", "");
    if (!exists) leave(1, path, "this folder cannot be made: ", strerror(error));
}

static void make_folders(const char *path)
{
    char above[PATH_SIZE];
    if (snprintf(above, sizeof(above), "%s", path) >= PATH_SIZE) leave(1, path, "the path is too long", "");
    for (char *c = above + 1; *c; c++) {
        const char separator = *c;
        if (!is_separator(separator)) continue;
        *c = '\0';
        make_folder(above);
        *c = separator;
    }
    make_folder(path);
}

/* A file that is there may be replaced, unless it is an input. */
static void check_target(const char *path)
{
    struct stat info;
    const size_t length = strlen(path);
    if (length == 0 || is_separator(path[length - 1])) leave(1, path, "this is no name of a file to write", "");
    if (stat(path, &info) != 0) {
        /* with ENOTDIR, what should be its folder is none, which is found out next */
        if (errno != ENOENT && errno != ENOTDIR) leave(1, path, "it cannot be written: ", strerror(errno));
        return;
    }
    if (S_ISDIR(info.st_mode)) leave(1, path, "this is a folder, but a file is to be written there", "");
    const known_file *same = find(&inputs, &info);
    if (same) refuse_same(path, same->path);
    if (S_ISREG(info.st_mode)) add(&outputs, path, &info);
}

/* Two outputs of one name in one folder, as the file system knows it, would replace each other. */
static void claim(const char *folder, const char *name)
{
    static file_list claimed;
    char path[PATH_SIZE];
    struct stat info;
    path_in(folder, name, path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) check_target(path);
    if (stat(folder, &info) != 0) leave(1, folder, "", strerror(errno));
    for (int64_t i = 0; i < claimed.count; i++) {
        const known_file *other = &claimed.files[i];
        if (other->device != info.st_dev || other->number != info.st_ino || strcmp(other->path, name) != 0) continue;
        fprintf(stderr, "%s: two outputs would be written there: choose another name for one\n", path);
        exit(2);
    }
    add(&claimed, name, &info);
}

/* Devices and pipes are written as they are. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

void will_write(const char *path)
{
    char folder[PATH_SIZE];
    const char *slash = last_separator(path);
    check_target(path);
    if (is_special(path)) return;
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path) snprintf(folder, sizeof(folder), "/");
    make_folders(folder);
    probe(folder);
    claim(folder, slash ? slash + 1 : path);
}

void will_write_in(const char *folder, const char *const *names)
{
    char path[PATH_SIZE];
    for (int i = 0; names[i]; i++) check_target(path_in(folder, names[i], path));
    make_folders(folder);
    probe(folder);
    for (int i = 0; names[i]; i++) claim(folder, names[i]);
}

/* ---- Writing --------------------------------------------------------------------------------------------------- */

/* What a link leads to is replaced, not the link. */
static const char *target_of(const char *path, char target[PATH_SIZE])
{
    char *found = realpath(path, NULL);
    if (snprintf(target, PATH_SIZE, "%s", found ? found : path) >= PATH_SIZE)
        leave(1, path, "the path is too long", "");
    free(found);
    return target;
}

static const char *part_of(const char *path, char part[PATH_SIZE])
{
    char target[PATH_SIZE];
    if (snprintf(part, PATH_SIZE, "%s.part", target_of(path, target)) >= PATH_SIZE)
        leave(1, path, "the path is too long", "");
    return part;
}

/* A file that replaces another has its mode. */
static void keep_mode(FILE *file, const char *path)
{
#ifdef _WIN32 /* where files have none */
    (void)file, (void)path;
#else
    struct stat old;
    if (stat(path, &old) == 0) (void)!fchmod(fileno(file), old.st_mode & 0777);
#endif
}

/* Pipes and devices. Nobody may ever read a pipe: opening it does not wait for that, only writing does. */
static FILE *open_special(const char *path)
{
    const int descriptor = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    const int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0 && fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0) return fdopen(descriptor, "wb");
    close(descriptor);
    return NULL;
}

FILE *open_output(const char *path)
{
    char part[PATH_SIZE];
    const bool special = is_special(path);
    FILE *file = special ? open_special(path) : fopen(part_of(path, part), "wb");
    if (!file && special && errno == ENXIO) leave(1, path, "it cannot be written: ", "nobody reads it");
    if (!file) leave(1, path, "it cannot be written: ", strerror(errno));
    if (!special) keep_mode(file, path);
    return file;
}

void close_output(FILE *file, const char *path)
{
    char part[PATH_SIZE], target[PATH_SIZE];
    const bool failed = ferror(file) != 0, special = is_special(path);
    const bool closed = fclose(file) == 0;
    if (closed && !failed && (special || rename(part_of(path, part), target_of(path, target)) == 0)) return;
    const int error = errno;
    if (!special) remove(part_of(path, part));
    leave(1, path, "it cannot be written: ", strerror(error));
}

gan_status write_picture_file(gan_context *context, const char *path, const float *image, gan_shape shape)
{
    gan_bytes *png = NULL;
    gan_status status = gan_bytes_create(context, &png);
    if (status == GAN_OK) status = gan_png_write_grid_to(context, gan_bytes_writer(png), image, 1, shape, 1);
    if (status == GAN_OK) {
        FILE *file = open_output(path);
        fwrite(gan_bytes_data(png), 1, gan_bytes_size(png), file);
        close_output(file, path);
    }
    gan_bytes_destroy(png);
    return status;
}
