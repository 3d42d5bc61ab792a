#include "fuzz/targets.h"
#include "data/data.h"
#include "io/io.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No honest test file is larger; one that claims to be is only partly used. */
enum { most_values = 1 << 16 };

void fuzz_require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "fuzzing found: %s\n", what);
    abort();
}

/* FNV-1a of bytes, going on from a hash. */
static uint64_t hash(uint64_t from, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) from = (from ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return from;
}

/* Reads some batches, whose labels are below the number of classes. The result is a hash of all values. */
static uint64_t use_dataset(gan_dataset *dataset, bool with_labels)
{
    static float samples[most_values];
    static int32_t labels[most_values];
    gan_shape shape;
    uint64_t seen = 14695981039346656037u;

    fuzz_require(gan_dataset_get_shape(dataset, &shape) == GAN_OK, "a dataset without a shape");
    const int64_t elements = gan_shape_count(shape), batch = elements > 0 ? most_values / elements : 0;
    for (int i = 0; i < 3 && batch > 0; i++) {
        int64_t count = 0;
        const gan_status status = gan_dataset_next(dataset, batch, samples, with_labels ? labels : NULL, &count);
        fuzz_require(status == GAN_OK && count >= 1 && count <= batch, "a dataset that opens and cannot be read");
        seen = hash(seen, samples, (size_t)(count * elements) * sizeof(*samples));
        if (!with_labels) continue;
        seen = hash(seen, labels, (size_t)count * sizeof(*labels));
        for (int64_t k = 0; k < count; k++)
            fuzz_require(labels[k] >= 0 && labels[k] < gan_dataset_classes(dataset), "a label without a class");
    }
    return seen;
}

/* In memory, then from disk: both must agree on whether the file is good, and on its values. */
static gan_status open_idx_twice(gan_context *context, const char *images, const char *labels)
{
    static const size_t limits[] = {0, 1};
    gan_status statuses[2];
    uint64_t seen[2] = {0};

    for (int i = 0; i < 2; i++) {
        gan_dataset *dataset = NULL;
        statuses[i] = gan_dataset_open_idx(context, images, labels, GAN_DATASET(.memory_limit = limits[i]), &dataset);
        if (dataset) seen[i] = use_dataset(dataset, labels != NULL);
        gan_dataset_destroy(dataset);
    }
    fuzz_require(statuses[0] == statuses[1] || statuses[0] == GAN_ERROR_MEMORY, "a status that depends on the limit");
    fuzz_require(statuses[0] != statuses[1] || seen[0] == seen[1], "values that depend on the limit");
    return statuses[0];
}

gan_status fuzz_idx_images(gan_context *context, const char *path)
{
    return open_idx_twice(context, path, NULL);
}

void fuzz_write_images(const char *path)
{
    enum { IMAGES = 20, SIDE = 2 };
    unsigned char bytes[16 + IMAGES * SIDE * SIDE] = {0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    char images[1024];
    snprintf(images, sizeof(images), "%s.images", path);
    FILE *file = fopen(images, "wb");
    fuzz_require(file && fwrite(bytes, 1, sizeof(bytes), file) == sizeof(bytes) && fclose(file) == 0, "no images");
}

gan_status fuzz_idx_labels(gan_context *context, const char *path)
{
    char images[1024];

    snprintf(images, sizeof(images), "%s.images", path);
    return open_idx_twice(context, images, path);
}

/* Reads all samples, one by one and together: labels are classes, and both give the same bits. */
static void use_fields(gan_dataset *dataset)
{
    static float one[most_values], all[most_values];
    gan_field_info info = GAN_FIELD_INFO_INIT;
    const int64_t samples = gan_dataset_count(dataset);

    for (int64_t f = 0; f < gan_dataset_field_count(dataset); f++) {
        float *to[64] = {NULL};
        fuzz_require(gan_dataset_get_field(dataset, f, &info) == GAN_OK, "a field without a description");
        const int64_t elements = gan_shape_count(info.shape);
        if (f >= 64 || elements > most_values / samples) continue;
        to[f] = all;
        fuzz_require(gan_dataset_field_count(dataset) > 64 ||
                         gan_dataset_read_fields(dataset, 0, samples, to) == GAN_OK,
                     "a dataset that opens and cannot be read");
        to[f] = one;
        for (int64_t i = 0; i < samples && gan_dataset_field_count(dataset) <= 64; i++) {
            fuzz_require(gan_dataset_read_fields(dataset, i, 1, to) == GAN_OK, "a sample that cannot be read");
            fuzz_require(memcmp(one, all + i * elements, (size_t)elements * sizeof(float)) == 0, "another sample");
            fuzz_require(info.classes == 0 || (one[0] >= 0 && one[0] < (float)info.classes),
                         "a label without a class");
        }
    }
}

/* PNG or JPEG, fitted into a size that it does not have. */
gan_status fuzz_image(gan_context *context, const char *path)
{
    unsigned char fitted[3 * 5 * 7];
    gan_image image;
    gan_status status = gan_image_read(context, path, &image);

    if (status != GAN_OK) return status;
    fuzz_require(image.width >= 1 && image.height >= 1 && image.channels >= 1 && image.channels <= 4,
                 "a strange size");
    status = gan_image_fit(context, &image, (gan_fit){5, 7, 3}, fitted);
    gan_image_release(context, &image);
    return status;
}

/* As values and as labels, in memory and from disk. */
gan_status fuzz_npy(gan_context *context, const char *path)
{
    gan_status statuses[4];

    for (int i = 0; i < 4; i++) {
        const gan_npy_field field = {"field", path, i < 2 ? 0 : GAN_NPY_LABEL};
        gan_dataset *dataset = NULL;
        statuses[i] = gan_dataset_open_npy(context, 1, &field, GAN_DATASET(.memory_limit = i % 2), &dataset);
        if (dataset) use_fields(dataset);
        gan_dataset_destroy(dataset);
    }
    fuzz_require(statuses[0] == statuses[1] && statuses[2] == statuses[3], "a status that depends on the limit");
    return statuses[0];
}

gan_status fuzz_csv(gan_context *context, const char *path)
{
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_csv(context, path, NULL, &dataset);

    if (dataset) use_fields(dataset);
    for (int64_t f = 0; f < gan_dataset_field_count(dataset); f++) {
        gan_field_info info = GAN_FIELD_INFO_INIT;
        const char *before = "", *name;
        gan_dataset_get_field(dataset, f, &info);
        for (int64_t c = 0; c < info.classes; c++, before = name) {
            fuzz_require(gan_dataset_get_class_name(dataset, f, c, &name) == GAN_OK, "a class without a name");
            fuzz_require(strcmp(before, name) < 0, "classes out of order");
        }
    }
    gan_dataset_destroy(dataset);
    return status;
}

gan_status fuzz_safetensors(gan_context *context, const char *path)
{
    static double values[most_values];
    gan_safetensors *file = NULL;
    const gan_status status = gan_safetensors_open(context, (gan_origin){.path = path}, &file);

    for (size_t i = 0; status == GAN_OK && i < gan_safetensors_count(file); i++) {
        size_t found;
        const gan_safetensors_entry *entry = gan_safetensors_at(file, i);
        fuzz_require(gan_safetensors_find(file, entry->name, &found) == entry && found == i,
                     "a tensor that its name does not find");
        fuzz_require(entry->count >= 0, "a negative count");
        if (entry->count > most_values) continue;
        fuzz_require(gan_safetensors_read(file, i, (float *)values) ==
                         (entry->type == GAN_SAFETENSORS_OTHER ? GAN_ERROR_UNSUPPORTED : GAN_OK),
                     "a tensor of floats that cannot be read");
        fuzz_require(gan_safetensors_read_doubles(file, i, values) ==
                         (entry->type == GAN_SAFETENSORS_F64 ? GAN_OK : GAN_ERROR_UNSUPPORTED),
                     "a tensor of doubles that cannot be read");
    }
    gan_safetensors_close(file);
    return status;
}

gan_status fuzz_history(gan_context *context, const char *path)
{
    gan_history *history = NULL;

    fuzz_require(gan_history_create(context, &history) == GAN_OK, "no history");
    const gan_status status = gan_history_read_csv(history, path);
    for (int64_t i = 1; i < gan_history_count(history); i++) {
        fuzz_require(gan_history_row(history, i)[0] > gan_history_row(history, i - 1)[0],
                     "steps that do not increase");
    }
    gan_history_destroy(history);
    return status;
}

/* ---- The list -------------------------------------------------------------------------------------------------- */

const fuzz_target fuzz_targets[] = {
    {"idx_images", fuzz_idx_images},
    {"idx_labels", fuzz_idx_labels},
    {"image", fuzz_image},
    {"npy", fuzz_npy},
    {"csv", fuzz_csv},
    {"safetensors", fuzz_safetensors},
    {"history", fuzz_history},
    {"model", fuzz_model},
    {"onnx", fuzz_onnx},
    {"weights", fuzz_weights},
    {"checkpoint", fuzz_checkpoint},
    {"json", fuzz_json},
    {"architecture", fuzz_architecture},
    {"events", fuzz_events},
    {NULL, NULL},
};
