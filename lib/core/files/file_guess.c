/* What a file is that was taken for another: most kinds begin with bytes of their own. */
#include "core/files/files.h"

#include <stdbool.h>
#include <string.h>

#define GAN_FILE_KIND(start, what)                      \
    {                                                   \
        start, sizeof(start) - 1, what, "; it is " what \
    }

typedef struct file_kind {
    const char *start; /* its first bytes, */
    size_t length;     /* so many */
    const char *what, *hint;
} file_kind;

static const file_kind kinds[] = {
    GAN_FILE_KIND("PK\003\004", "a ZIP archive, such as torch.save() and numpy.savez() write"),
    GAN_FILE_KIND("\200\002", "a Python pickle, such as torch.save() writes"),
    GAN_FILE_KIND("\200\003", "a Python pickle, such as pickle.dump() writes"),
    GAN_FILE_KIND("\200\004", "a Python pickle, such as pickle.dump() writes"),
    GAN_FILE_KIND("\200\005", "a Python pickle, such as pickle.dump() writes"),
    GAN_FILE_KIND("\037\213", "compressed by gzip"),
    GAN_FILE_KIND("BZh", "compressed by bzip2"),
    GAN_FILE_KIND("\375"
                  "7zXZ",
                  "compressed by xz"),
    GAN_FILE_KIND("\050\265\057\375", "compressed by zstd"),
    GAN_FILE_KIND("version https://git-lfs", "the pointer of a file in Git LFS, which git lfs pull fetches"),
    GAN_FILE_KIND("\211HDF", "an HDF5 file"),
    GAN_FILE_KIND("\223NUMPY", "a NumPy file, which gan_dataset_open_npy() reads"),
    GAN_FILE_KIND("\211PNG", "a PNG picture"),
    GAN_FILE_KIND("\377\330\377", "a JPEG picture"),
    GAN_FILE_KIND("GIF8", "a GIF picture"),
    GAN_FILE_KIND("II*\0", "a TIFF picture"),
    GAN_FILE_KIND("MM\0*", "a TIFF picture"),
    GAN_FILE_KIND("\0\0\0\014jP  ", "a JPEG 2000 picture"),
    GAN_FILE_KIND("\0\0\0\014JXL ", "a JPEG XL picture"),
    GAN_FILE_KIND("GGUF", "a GGUF file"),
    GAN_FILE_KIND("PAR1", "a Parquet file"),
    GAN_FILE_KIND("%PDF", "a PDF file"),
    GAN_FILE_KIND("\0\0\010\001", "an IDX file of labels"),
    GAN_FILE_KIND("\0\0\010\003", "an IDX file of images"),
    GAN_FILE_KIND("\377\376", "a text in UTF-16; save it as UTF-8"),
    GAN_FILE_KIND("\376\377", "a text in UTF-16; save it as UTF-8"),
};

/* Those that more than their first bytes tell. */
static const file_kind webp = GAN_FILE_KIND("RIFF", "a WebP picture");
static const file_kind media = GAN_FILE_KIND("", "a picture or film of the ISO format, such as HEIC, AVIF or MP4");
static const file_kind bitmap = GAN_FILE_KIND("BM", "a BMP picture");
static const file_kind onnx = GAN_FILE_KIND("\010", "an ONNX file, which gan_model_load_onnx() reads");
static const file_kind safetensors =
    GAN_FILE_KIND("", "a safetensors file, which gan_model_load() and gan_model_load_weights() read");
static const file_kind page = GAN_FILE_KIND("<", "HTML or XML text, perhaps a server's message in place of the file");

static bool starts_as(const file_kind *kind, const unsigned char *at, size_t size)
{
    return size >= kind->length && memcmp(at, kind->start, kind->length) == 0;
}

static bool is_page(const unsigned char *at, size_t size)
{
    const unsigned char *end = at + size;

    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
    if (end - at < 2 || *at != '<') return false;
    return at[1] == '!' || at[1] == '?' || (at[1] >= 'A' && at[1] <= 'Z') || (at[1] >= 'a' && at[1] <= 'z');
}

static const file_kind *find_kind(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (starts_as(&kinds[i], at, size)) return &kinds[i];
    }
    /* The version of ONNX, a small number as field 1, and field 2, the name of a program. */
    if (size >= 3 && at[0] == 0x08 && at[1] < 64 && at[2] == 0x12) return &onnx;
    /* The length of the header, which begins after it. */
    if (size >= 9 && at[6] == 0 && at[7] == 0 && at[8] == '{') return &safetensors;
    if (size >= 12 && starts_as(&webp, at, size) && memcmp(at + 8, "WEBP", 4) == 0) return &webp;
    if (size >= 8 && memcmp(at + 4, "ftyp", 4) == 0) return &media;
    if (size >= 10 && starts_as(&bitmap, at, size) && memcmp(at + 6, "\0\0\0\0", 4) == 0) return &bitmap;
    return is_page(at, size) ? &page : NULL;
}

const char *gan_file_guess(const void *start, size_t size)
{
    const file_kind *kind = find_kind(start, size);

    return kind ? kind->what : NULL;
}

const char *gan_file_hint(const void *start, size_t size)
{
    const file_kind *kind = find_kind(start, size);

    return kind ? kind->hint : "";
}

const char *gan_readable_hint(const gan_readable *readable)
{
    unsigned char start[GAN_FILE_START];
    const size_t size = readable->size < GAN_FILE_START ? (size_t)readable->size : GAN_FILE_START;

    return gan_readable_read(readable, 0, start, size) == GAN_OK ? gan_file_hint(start, size) : "";
}
