/* Datasets from every source, in memory and on disk, read when wanted or ahead. */
#include "support/files.h"
#include "support/onnx.h"
#include "torture/scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#ifdef GAN_HAVE_JPEG
#include <jpeglib.h>
#endif

enum { COUNT = 12, SIDE = 8, PIXELS = SIDE * SIDE };

static float samples[COUNT * PIXELS];
static int32_t labels[COUNT];

/* ---- Files --------------------------------------------------------------------------------------------------- */

static void put_big_endian(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void write_idx(void)
{
    unsigned char images[16 + COUNT * PIXELS], classes[8 + COUNT];

    put_big_endian(images, 0x803);
    put_big_endian(images + 4, COUNT);
    put_big_endian(images + 8, SIDE);
    put_big_endian(images + 12, SIDE);
    for (int i = 0; i < COUNT * PIXELS; i++) images[16 + i] = (unsigned char)(i * 7 % 251);
    put_big_endian(classes, 0x801);
    put_big_endian(classes + 4, COUNT);
    for (int i = 0; i < COUNT; i++) classes[8 + i] = (unsigned char)(i % 3);
    test_file_write(test_path("images"), images, sizeof(images));
    test_file_write(test_path("labels"), classes, sizeof(classes));
    test_file_write_gzip(test_path("images.gz"), images, sizeof(images));
    test_file_write_gzip(test_path("labels.gz"), classes, sizeof(classes));
}

static void write_jpeg(const char *path)
{
#ifdef GAN_HAVE_JPEG
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg;
    unsigned char row[3 * SIDE];
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int i = 0; i < 3 * SIDE; i++) row[i] = (unsigned char)(i * 9);
    for (int y = 0; y < SIDE; y++) {
        JSAMPROW at = row;
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
#else
    (void)path;
#endif
}

static void write_pictures(gan_context *context)
{
#ifdef GAN_HAVE_PNG
    assert_int_equal(mkdir(test_path("pictures"), 0700), 0);
    assert_int_equal(mkdir(test_path("pictures/a"), 0700), 0);
    assert_int_equal(mkdir(test_path("pictures/b"), 0700), 0);
    assert_int_equal(gan_png_write_grid(context, test_path("pictures/a/1.png"), samples, 1, GAN_SHAPE(1, 8, 8), 1),
                     0);
    assert_int_equal(gan_png_write_grid(context, test_path("pictures/b/2.png"), samples, 1, GAN_SHAPE(3, 5, 4), 1),
                     0);
    write_jpeg(test_path("pictures/b/3.jpg"));
#else
    (void)context;
#endif
}

void scenario_files_create(void)
{
    static const char table[] = "width,kind,height\n1.5,\"a, b\",2\n-2,c,3e2\n4,c,0\n0.25,d,7\n";
    static test_onnx network;
    gan_context *context = test_context();

    for (int i = 0; i < COUNT * PIXELS; i++) samples[i] = (float)(i * 7 % 251) / 125.0f - 1.0f;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 3;
    write_idx();
    test_file_write(test_path("table.csv"), table, strlen(table));
    test_onnx_network(&network);
    test_file_write(test_path("network.onnx"), network.bytes, network.size);
    assert_int_equal(gan_npy_write(context, test_path("field.npy"), samples, COUNT, GAN_SHAPE(8, 8)), GAN_OK);
    write_pictures(context);
    gan_context_destroy(context);
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

/* Reads more than an epoch, and adds all to the digest. */
static gan_status read_all(stage *s, gan_dataset *dataset)
{
    static float fields[4][5 * 3 * PIXELS];
    float *const to[4] = {fields[0], fields[1], fields[2], fields[3]};
    int64_t count = 0;
    gan_status status = GAN_OK;

    for (int batch = 0; batch < 4; batch++) {
        STEP(s, gan_dataset_next_fields(dataset, 5, to, &count));
        for (int64_t f = 0; f < gan_dataset_field_count(dataset) && status == GAN_OK; f++) {
            gan_field_info info = GAN_FIELD_INFO_INIT;
            gan_dataset_get_field(dataset, f, &info);
            stage_add(s, fields[f], (size_t)(count * gan_shape_count(info.shape)) * sizeof(float));
        }
    }
    return status;
}

/* Reads a dataset that has been opened, and releases it. */
static gan_status use(stage *s, gan_status status, gan_dataset *dataset)
{
    if (status == GAN_OK) status = read_all(s, dataset);
    gan_dataset_destroy(dataset);
    return status;
}

static gan_status open_idx(stage *s, const char *images, const char *classes, size_t limit)
{
    gan_dataset *dataset = NULL;
    gan_status status = GAN_OK;

    MAKE(s, dataset,
         gan_dataset_open_idx(s->context, test_path(images), test_path(classes),
                              GAN_DATASET(.memory_limit = limit, .seed = 3), &dataset));
    return use(s, status, dataset);
}

static gan_status run_idx(stage *s)
{
    gan_status status = open_idx(s, "images", "labels", 0);

    if (status == GAN_OK) status = open_idx(s, "images", "labels", 1);
    if (status == GAN_OK) status = open_idx(s, "images.gz", "labels.gz", 0);
    return status == GAN_OK ? open_idx(s, "images.gz", "labels.gz", 1) : status;
}

static gan_status run_unpacked(stage *s)
{
    gan_dataset *dataset = NULL;
    gan_status status = GAN_OK;

    MAKE(s, dataset,
         gan_dataset_open_idx(s->context, test_path("images.gz"), NULL,
                              GAN_DATASET(.memory_limit = 1, .temporary_folder = test_path("")), &dataset));
    return use(s, status, dataset);
}

static gan_status run_folder(stage *s)
{
    gan_status status = GAN_OK;

#ifdef GAN_HAVE_PNG
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        gan_dataset *dataset = NULL;
        MAKE(s, dataset,
             gan_dataset_open_folder(s->context, test_path("pictures"), GAN_FOLDER(.height = 6, .width = 6),
                                     GAN_DATASET(.memory_limit = (size_t)i, .in_order = true), &dataset));
        status = use(s, status, dataset);
    }
#else
    (void)s;
#endif
    return status;
}

static gan_status run_npy(stage *s)
{
    const gan_npy_field fields[] = {{"a", test_path("field.npy"), 0}, {"b", test_path("field.npy"), 0}};
    gan_status status = GAN_OK;

    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        gan_dataset *dataset = NULL;
        MAKE(s, dataset,
             gan_dataset_open_npy(s->context, 2, fields, GAN_DATASET(.memory_limit = (size_t)i), &dataset));
        status = use(s, status, dataset);
    }
    return status;
}

static gan_status run_csv(stage *s)
{
    gan_dataset *dataset = NULL;
    gan_status status = GAN_OK;

    MAKE(s, dataset, gan_dataset_open_csv(s->context, test_path("table.csv"), NULL, &dataset));
    return use(s, status, dataset);
}

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    (void)user;
    for (int64_t i = 0; i < count && fields[0]; i++) fields[0][i] = (float)numbers[i];
    return GAN_OK;
}

static gan_status run_arrays(stage *s)
{
    const gan_array_field fields[] = {{"a", samples, GAN_SHAPE(1, 8, 8), 0}, {"b", samples + 9, GAN_SHAPE(2), 0}};
    const gan_callback_field field = {"c", GAN_SHAPE(1), 12};
    gan_dataset *made[3] = {NULL, NULL, NULL};
    gan_status status = GAN_OK;

    MAKE(s, made[0], gan_dataset_from_array(s->context, samples, labels, COUNT, GAN_SHAPE(1, 8, 8), NULL, &made[0]));
    status = use(s, status, made[0]);
    MAKE(s, made[1], gan_dataset_from_arrays(s->context, COUNT, 2, fields, NULL, &made[1]));
    status = use(s, status, made[1]);
    MAKE(s, made[2], gan_dataset_from_callback(s->context, COUNT, 1, &field, fill, NULL, NULL, &made[2]));
    return use(s, status, made[2]);
}

static gan_status run_subsets(stage *s)
{
    static const int64_t numbers[] = {3, 3, 0, 11, 5, 8};
    gan_dataset *dataset = NULL, *subset = NULL, *chosen = NULL, *rest = NULL;
    gan_status status = GAN_OK;

    MAKE(s, dataset, gan_dataset_from_array(s->context, samples, labels, COUNT, GAN_SHAPE(1, 8, 8), NULL, &dataset));
    MAKE(s, subset, gan_dataset_subset(dataset, 6, numbers, GAN_DATASET(.seed = 2), &subset));
    MAKE(s, chosen, gan_dataset_split(dataset, GAN_SPLIT(.per_class = 2), &chosen, &rest));
    if (status != GAN_OK && rest) s->complaint = "a call that failed has changed its result";
    if (status == GAN_OK) status = read_all(s, subset);
    if (status == GAN_OK) status = read_all(s, chosen);
    if (status == GAN_OK) status = read_all(s, rest);
    gan_dataset_destroy(dataset);
    gan_dataset_destroy(subset);
    gan_dataset_destroy(chosen);
    gan_dataset_destroy(rest);
    return status;
}

/* A thread reads ahead, from disk. */
static gan_status run_prefetch(stage *s)
{
    gan_dataset *dataset = NULL;
    gan_status status = GAN_OK;

    MAKE(s, dataset,
         gan_dataset_open_idx(s->context, test_path("images"), test_path("labels"),
                              GAN_DATASET(.memory_limit = 1, .prefetch = true), &dataset));
    return use(s, status, dataset);
}

const scenario data_scenarios[] = {
    {"idx", run_idx, {NULL}, false},
    {"unpacked", run_unpacked, {NULL}, false},
    {"folder", run_folder, {NULL}, false},
    {"npy", run_npy, {NULL}, false},
    {"csv", run_csv, {NULL}, false},
    {"arrays", run_arrays, {NULL}, false},
    {"subsets", run_subsets, {NULL}, false},
    {"prefetch", run_prefetch, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};
