/* Datasets from folders of pictures, in the order of their names. Each is decoded when it is read; as bytes of the
 * wanted size, as many as fit stay in memory. */
#include "data/dataset/dataset.h"
#include "data/images/images.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { shown_bytes = 64 };

/* Names, sorted by their bytes. */
typedef struct name_list {
    gan_context *context;
    char **names;
    int64_t count, capacity;
} name_list;

/* What is not read though it looks like data. */
typedef struct left_out {
    int64_t pictures, folders;     /* of other formats; within those of classes */
    char picture[shown_bytes + 1]; /* the name of the first, or its start */
    char folder[shown_bytes + 1];
} left_out;

typedef struct folder_file {
    char *path;
    int64_t label;
} folder_file;

typedef struct folder_source {
    gan_context *context;
    gan_fit fit;
    bool skip_broken;
    name_list classes;
    left_out left_out;
    folder_file *files;
    int64_t count, capacity;
    unsigned char *kept; /* the first pictures that were asked for, as many as fit */
    int64_t *place;      /* of each picture in `kept`, or -1 */
    int64_t kept_count, kept_capacity;
    unsigned process;       /* that has read what is kept */
    unsigned char *current; /* a picture that is not kept */
    int64_t size;           /* bytes of a picture */
    float values[256];      /* of each byte */
} folder_source;

/* ---- Lists of names ----------------------------------------------------------------------------------------- */

static void release_names(name_list *list)
{
    for (int64_t i = 0; i < list->count; i++) gan_release_text(list->context, list->names[i]);
    gan_release(list->context, list->names, (size_t)list->capacity * sizeof(*list->names));
    list->names = NULL;
    list->count = list->capacity = 0;
}

static bool name_before(const void *user, int64_t a, int64_t b)
{
    const name_list *list = user;
    return strcmp(list->names[a], list->names[b]) < 0;
}

static void swap_names(void *user, int64_t a, int64_t b)
{
    name_list *list = user;
    char *moved = list->names[a];

    list->names[a] = list->names[b];
    list->names[b] = moved;
}

static gan_status add_name(name_list *list, const char *name)
{
    char **names = gan_grow_array(list->context, list->names, list->count, &list->capacity, sizeof(*names));

    if (!names) return GAN_ERROR_MEMORY;
    list->names = names;
    names[list->count] = gan_copy_text(list->context, name);
    if (!names[list->count]) return GAN_ERROR_MEMORY;
    list->count++;
    return GAN_OK;
}

static char *join_path(gan_context *context, const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = gan_allocate(context, size);

    if (path) snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool ends_in(const char *name, const char *const *endings, size_t count)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < count; i++) {
        if (strcasecmp(dot, endings[i]) == 0) return true;
    }
    return false;
}

static void note(int64_t *count, char first[shown_bytes + 1], const char *name)
{
    if ((*count)++ == 0) snprintf(first, shown_bytes + 1, "%.*s", shown_bytes, name);
}

/* Adds a file that is not hidden to the pictures, or leaves it out. */
static gan_status add_picture(const char *name, name_list *pictures, left_out *left)
{
    static const char *const read[] = {".png", ".jpg", ".jpeg"};
    static const char *const unread[] = {".webp", ".bmp",  ".gif", ".tif", ".tiff", ".avif", ".heic", ".jp2",
                                         ".jxl",  ".jfif", ".pgm", ".ppm", ".pnm",  ".tga",  ".exr"};

    if (ends_in(name, read, sizeof(read) / sizeof(*read))) return add_name(pictures, name);
    if (ends_in(name, unread, sizeof(unread) / sizeof(*unread))) note(&left->pictures, left->picture, name);
    return GAN_OK;
}

/* Adds an entry of a folder to the pictures or to the folders. Hidden ones, and all others, are left out; with
 * skip_broken those, too, that cannot be examined. */
static gan_status add_entry(folder_source *source, const char *folder, const char *name, name_list *pictures,
                            name_list *folders)
{
    gan_file_facts facts;

    if (name[0] == '.') return GAN_OK;
    char *path = join_path(pictures->context, folder, name);
    if (!path) return GAN_ERROR_MEMORY;
    const int failed = gan_examine(path, &facts);
    const int error = errno;
    gan_release_text(pictures->context, path);
    if (failed) {
        const gan_status status = gan_fail_errno(error, "cannot examine '%s/%s'", folder, name);
        if (!source->skip_broken) return status;
        gan_log(source->context, GAN_LOG_WARNING, "skipped: %s", gan_last_error());
        return GAN_OK;
    }
    if (facts.kind != GAN_FILE_FOLDER) return add_picture(name, pictures, &source->left_out);
    if (folders) return add_name(folders, name);
    note(&source->left_out.folders, source->left_out.folder, name);
    return GAN_OK;
}

static gan_status list_folder(folder_source *source, const char *path, name_list *pictures, name_list *folders)
{
    gan_listing listing;
    gan_status status = GAN_OK;

    if (gan_listing_open(path, &listing) != 0) return gan_fail_errno(errno, "cannot open the folder '%s'", path);
    while (status == GAN_OK) {
        const char *name = gan_listing_next(&listing);
        if (!name && errno != 0) status = gan_fail_errno(errno, "cannot read the folder '%s'", path);
        if (!name) break;
        status = add_entry(source, path, name, pictures, folders);
    }
    gan_listing_close(&listing);
    gan_sort(&(gan_sortable){pictures, name_before, swap_names}, pictures->count);
    if (folders) gan_sort(&(gan_sortable){folders, name_before, swap_names}, folders->count);
    return status;
}

/* ---- The source --------------------------------------------------------------------------------------------- */

static void folder_destroy(void *state)
{
    folder_source *folder = state;
    gan_context *context = folder->context;

    release_names(&folder->classes);
    for (int64_t i = 0; i < folder->count; i++) gan_release_text(context, folder->files[i].path);
    gan_release(context, folder->files, (size_t)folder->capacity * sizeof(*folder->files));
    gan_release(context, folder->place, (size_t)folder->count * sizeof(*folder->place));
    gan_release(context, folder->kept, (size_t)(folder->kept_capacity * folder->size));
    gan_release(context, folder->current, (size_t)folder->size);
    gan_release(context, folder, sizeof(*folder));
    gan_context_release(context);
}

static gan_status decode_file(const folder_source *folder, const char *path, unsigned char *out)
{
    gan_image image;

    GAN_TRY(gan_image_read(folder->context, path, &image));
    const gan_status status = gan_image_fit(folder->context, &image, folder->fit, out);
    gan_image_release(folder->context, &image);
    return status;
}

/* The bytes of a picture, from memory if they are there. */
static gan_status picture_at(folder_source *folder, int64_t number, const unsigned char **out)
{
    int64_t *place = &folder->place[number];
    unsigned char *to = folder->current;

    if (*place < 0) {
        const bool keep = folder->kept_count < folder->kept_capacity;
        if (keep) to = folder->kept + folder->kept_count * folder->size;
        GAN_TRY(decode_file(folder, folder->files[number].path, to));
        if (keep) *place = folder->kept_count++;
    } else {
        to = folder->kept + *place * folder->size;
    }
    *out = to;
    return GAN_OK;
}

/* A child of fork() may have copied what another thread was just keeping. */
static void forget_inherited(folder_source *folder)
{
    const unsigned process = gan_process_number();

    if (folder->process == process) return;
    for (int64_t i = 0; i < folder->count; i++) folder->place[i] = -1;
    folder->kept_count = 0;
    folder->process = process;
}

static gan_status folder_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    folder_source *folder = state;
    float *images = fields[0], *labels = folder->classes.count > 0 ? fields[1] : NULL;

    forget_inherited(folder);
    for (int64_t i = 0; i < count && images; i++) {
        const unsigned char *bytes;
        GAN_TRY(picture_at(folder, numbers[i], &bytes));
        for (int64_t b = 0; b < folder->size; b++) images[i * folder->size + b] = folder->values[bytes[b]];
    }
    for (int64_t i = 0; i < count && labels; i++) labels[i] = (float)folder->files[numbers[i]].label;
    return GAN_OK;
}

static const char *folder_class_name(void *state, int64_t field, int64_t class_number)
{
    const folder_source *folder = state;

    (void)field;
    return folder->classes.names[class_number];
}

/* Names of files, without their folder, which may have been moved. */
static uint64_t folder_fingerprint(void *state, uint64_t hash)
{
    const folder_source *folder = state;

    for (int64_t i = 0; i < folder->count; i++) {
        const char *path = folder->files[i].path, *name = path + strlen(path);
        while (name > path && !gan_is_separator(name[-1])) name--;
        hash = gan_hash_add_text(hash, name);
    }
    return hash;
}

static const gan_source_ops folder_ops = {.read = folder_read,
                                          .destroy = folder_destroy,
                                          .class_name = folder_class_name,
                                          .fingerprint = folder_fingerprint};

/* ---- Opening ------------------------------------------------------------------------------------------------ */

/* Every file is decoded once when it is opened, if broken ones are to be skipped: their numbers are then known. */
static gan_status add_file(folder_source *folder, const char *folder_path, const char *name, int64_t label)
{
    char *path = join_path(folder->context, folder_path, name);

    if (!path) return GAN_ERROR_MEMORY;
    if (folder->skip_broken) {
        const gan_status status = decode_file(folder, path, folder->current);
        if (status != GAN_OK) {
            gan_release_text(folder->context, path);
            if (status == GAN_ERROR_MEMORY) return status;
            gan_log(folder->context, GAN_LOG_WARNING, "skipped: %s", gan_last_error());
            return GAN_OK;
        }
    }
    folder_file *files =
        gan_grow_array(folder->context, folder->files, folder->count, &folder->capacity, sizeof(*files));
    if (!files) {
        gan_release_text(folder->context, path);
        return GAN_ERROR_MEMORY;
    }
    folder->files = files;
    files[folder->count++] = (folder_file){path, label};
    return GAN_OK;
}

static gan_status add_files(folder_source *folder, const char *path, const name_list *pictures, int64_t label)
{
    for (int64_t i = 0; i < pictures->count; i++) GAN_TRY(add_file(folder, path, pictures->names[i], label));
    return GAN_OK;
}

static gan_status no_pictures(const folder_source *folder, const char *path, const char *which)
{
    const left_out *left = &folder->left_out;

    if (left->pictures == 0) return gan_fail(GAN_ERROR_EMPTY, "'%s' has no pictures%s", path, which);
    return gan_fail(GAN_ERROR_EMPTY, "'%s' has no PNG or JPEG pictures%s, but others, such as '%s'", path, which,
                    left->picture);
}

static void warn_of_left_out(const folder_source *folder, const char *path)
{
    const left_out *left = &folder->left_out;

    if (left->pictures > 0) {
        gan_log(folder->context, GAN_LOG_WARNING,
                "'%s': pictures that are neither PNG nor JPEG are left out: %lld, such as '%s'", path,
                (long long)left->pictures, left->picture);
    }
    if (left->folders > 0) {
        gan_log(folder->context, GAN_LOG_WARNING,
                "'%s': folders within those of classes are left out: %lld, such as '%s'", path,
                (long long)left->folders, left->folder);
    }
}

/* The pictures of a class's folder. */
static gan_status add_class(folder_source *folder, const char *path, int64_t label)
{
    name_list pictures = {.context = folder->context};
    char *inner = join_path(folder->context, path, folder->classes.names[label]);
    gan_status status = inner ? list_folder(folder, inner, &pictures, NULL) : GAN_ERROR_MEMORY;

    if (status == GAN_OK && pictures.count == 0) status = no_pictures(folder, inner, "");
    if (status == GAN_OK) status = add_files(folder, inner, &pictures, label);
    release_names(&pictures);
    gan_release_text(folder->context, inner);
    return status;
}

static gan_status find_files(folder_source *folder, const char *path)
{
    name_list pictures = {.context = folder->context};
    gan_status status = list_folder(folder, path, &pictures, &folder->classes);

    if (status == GAN_OK && pictures.count > 0 && folder->classes.count > 0) {
        status = gan_fail(GAN_ERROR_FORMAT, "'%s' has pictures, such as '%.64s', beside folders, such as '%.64s'",
                          path, pictures.names[0], folder->classes.names[0]);
    }
    if (status == GAN_OK) status = add_files(folder, path, &pictures, 0);
    release_names(&pictures);
    for (int64_t c = 0; c < folder->classes.count && status == GAN_OK; c++) status = add_class(folder, path, c);
    if (status == GAN_OK && folder->count == 0)
        status = no_pictures(folder, path, folder->skip_broken ? " that are good" : "");
    if (status == GAN_OK) warn_of_left_out(folder, path);
    return status;
}

static gan_status read_options(const gan_folder_options *given, folder_source *folder)
{
    gan_folder_options options;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_folder_options"));
    const int64_t sides[] = {options.height, options.width};
    for (int i = 0; i < 2; i++) {
        if (sides[i] >= 1 && sides[i] <= GAN_IMAGE_SIDE) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_folder_options: %s is %lld, expected 1 to %d",
                        i == 0 ? "height" : "width", (long long)sides[i], GAN_IMAGE_SIDE);
    }
    if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_folder_options: channels is %lld, expected 1 or 3",
                        (long long)options.channels);
    }
    GAN_TRY(gan_check_reserved("gan_folder_options", options.reserved, sizeof(options.reserved)));
    folder->fit = (gan_fit){options.height, options.width, options.channels == 1 ? 1 : 3};
    folder->skip_broken = options.skip_broken;
    folder->size = folder->fit.channels * options.height * options.width;
    return GAN_OK;
}

/* Finds the files and makes room for pictures. */
static gan_status open_folder(folder_source *folder, const char *path, const gan_dataset_options *given,
                              gan_dataset_options *options)
{
    folder->current = gan_allocate_array(folder->context, folder->size, 1);
    if (!folder->current) return GAN_ERROR_MEMORY;
    GAN_TRY(find_files(folder, path));
    GAN_TRY(gan_dataset_options_resolve(given, folder->count, options));
    folder->place = gan_allocate_array(folder->context, folder->count, sizeof(*folder->place));
    if (!folder->place) return GAN_ERROR_MEMORY;
    forget_inherited(folder);
    const uint64_t fit = options->memory_limit / (uint64_t)folder->size;
    const int64_t most = fit < (uint64_t)options->limit ? (int64_t)fit : options->limit;
    if (most == 0) return GAN_OK;
    folder->kept = gan_allocate_array(folder->context, most * folder->size, 1);
    if (!folder->kept) return GAN_ERROR_MEMORY;
    folder->kept_capacity = most;
    return GAN_OK;
}

gan_status gan_dataset_open_folder(gan_context *context, const char *path, const gan_folder_options *folder,
                                   const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    gan_field fields[2] = {{.name = "image"}, {.name = "label", .shape = GAN_SHAPE(1)}};
    gan_dataset_options resolved;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(folder);
    GAN_CHECK_NOT_NULL(out);
    folder_source *source = gan_allocate(context, sizeof(*source));
    if (!source) return GAN_ERROR_MEMORY;
    source->context = source->classes.context = gan_context_retain(context);
    for (int b = 0; b < 256; b++) source->values[b] = (float)(b / 127.5 - 1.0);
    gan_status status = read_options(folder, source);
    if (status == GAN_OK) status = open_folder(source, path, options, &resolved);
    if (status != GAN_OK) {
        folder_destroy(source);
        return status;
    }
    fields[0].shape = GAN_SHAPE(source->fit.channels, source->fit.height, source->fit.width);
    fields[1].classes = source->classes.count;
    return gan_dataset_create(context, &folder_ops, source, fields, source->classes.count > 0 ? 2 : 1, &resolved,
                              out);
}
