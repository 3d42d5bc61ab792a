/* What a libgan without PNG, JPEG, gzip and a BLAS says when it is asked for them. */
#include <libgan.h>

#include <stdio.h>
#include <string.h>

static int failed;

static void expect_unsupported(const char *what, gan_status status, const char *sentence)
{
    if (status == GAN_ERROR_UNSUPPORTED && strstr(gan_last_error(), sentence)) return;
    printf("%s: %s, %s\n", what, gan_status_name(status), gan_last_error());
    failed = 1;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) printf("%s cannot be written\n", path);
}

int main(void)
{
    static const unsigned char gzip[20] = {0x1f, 0x8b, 8}, jpeg[20] = {0xff, 0xd8, 0xff, 0xe0};
    static const float pixels[4] = {-1, 0, 0.5f, 1};
    float read[4];
    gan_context *context = NULL, *other = NULL;
    gan_dataset *dataset = NULL;
    gan_context_info info = GAN_CONTEXT_INFO_INIT;

    if (gan_context_create(NULL, &context) != GAN_OK) return 1;
    if (gan_context_get_info(context, &info) != GAN_OK || info.png) failed = 1;
    write_file("without.gz", gzip, sizeof(gzip));
    write_file("without.jpg", jpeg, sizeof(jpeg));
    expect_unsupported("gzip", gan_dataset_open_idx(context, "without.gz", NULL, NULL, &dataset), "without zlib");
    expect_unsupported("PNG", gan_png_write_grid(context, "without.png", pixels, 1, GAN_SHAPE(1, 2, 2), 1),
                       "without libpng");
    if (gan_dataset_open_folder(context, ".", GAN_FOLDER(.channels = 1, .height = 2, .width = 2), NULL, &dataset) !=
        GAN_OK) {
        printf("%s\n", gan_last_error());
        return 1;
    }
    expect_unsupported("JPEG", gan_dataset_read(dataset, 0, 1, read, NULL), "without libjpeg");
    gan_dataset_destroy(dataset);
    expect_unsupported("BLAS", gan_context_create(GAN_CONTEXT(.multiply = GAN_MULTIPLY_BLAS), &other),
                       "without a BLAS");
    expect_unsupported("a BLAS",
                       gan_context_create(GAN_CONTEXT(.multiply = GAN_MULTIPLY_BLAS, .blas = "libx.so"), &other),
                       "libx.so");
    gan_context_destroy(context);
    return failed;
}
