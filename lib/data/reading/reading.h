/* Files with samples, read and checked. */
#ifndef GAN_DATA_READING_H
#define GAN_DATA_READING_H

#include "core/core.h"

/* ---- What gzip has packed (gunzip.c) -------------------------------------------------------------------- */

typedef struct gan_gunzip gan_gunzip;

/* Reads what must outlive it. GAN_ERROR_UNSUPPORTED when built without zlib. */
gan_status gan_gunzip_open(gan_context *context, const gan_readable *from, gan_gunzip **out);
/* Unpacks `size` bytes; fewer only at the end. */
gan_status gan_gunzip_read(gan_gunzip *reader, void *out, size_t size, size_t *got);
void gan_gunzip_close(gan_gunzip *reader); /* accepts NULL */

/* ---- Files read from start to end, gzipped or not (byte_reader.c) ---------------------------------------- */

typedef struct gan_byte_reader gan_byte_reader;

gan_status gan_byte_reader_open(gan_context *context, gan_origin from, gan_byte_reader **out);
const char *gan_byte_reader_name(const gan_byte_reader *reader); /* for messages: of its gan_readable */
/* The size of the content in bytes, or -1 when only unpacking would tell. */
int64_t gan_byte_reader_size(const gan_byte_reader *reader);
/* The next `size` bytes of the content; GAN_ERROR_TRUNCATED when it ends early. Unpacks no further. */
gan_status gan_byte_reader_read(gan_byte_reader *reader, void *out, size_t size);
/* gan_file_hint() of the content, of which `size` bytes at its start have been read. */
const char *gan_byte_reader_hint(const gan_byte_reader *reader, const void *start, size_t size);
/* GAN_ERROR_TRAILING_DATA unless the content ends here, checksum included. */
gan_status gan_byte_reader_finish(gan_byte_reader *reader);
void gan_byte_reader_close(gan_byte_reader *reader); /* accepts NULL */

/* ---- IDX files (idx_file.c) ------------------------------------------------------------------------------ */

/* The format of MNIST: a magic number, the dimensions, then the values; all numbers are big-endian. */
typedef enum gan_idx_kind { GAN_IDX_LABELS, GAN_IDX_IMAGES } gan_idx_kind;

/* The third byte of a file. */
typedef enum gan_idx_type {
    GAN_IDX_UINT8 = 0x08,
    GAN_IDX_INT8 = 0x09,
    GAN_IDX_INT16 = 0x0b,
    GAN_IDX_INT32 = 0x0c,
    GAN_IDX_FLOAT32 = 0x0d,
    GAN_IDX_FLOAT64 = 0x0e
} gan_idx_type;

typedef struct gan_idx_header {
    gan_idx_type type;
    int64_t item_size;     /* bytes of a value */
    int64_t count;         /* images or labels */
    int64_t height, width; /* of labels: 1 and the number of columns */
    int64_t elements;      /* values of one sample */
    int64_t bytes;         /* of all values */
} gan_idx_header;

/* Reads and checks the header and, if it is known, the length of the file. */
gan_status gan_idx_read_header(gan_byte_reader *reader, gan_idx_kind kind, gan_idx_header *out);
/* Values as they are in the file, unscaled. False if a double is beyond the numbers of float32. */
bool gan_idx_to_values(gan_idx_type type, const unsigned char *bytes, int64_t count, float *out);

/* ---- NumPy files (npy_file.c) ---------------------------------------------------------------------------- */

typedef struct gan_npy_header {
    char kind;         /* of the values: 'f'loats, 'i'ntegers, 'u'nsigned ones, 'b'ooleans */
    bool big_endian;   /* most significant byte first */
    bool fortran;      /* the first index changes fastest */
    int64_t item_size; /* bytes of a value */
    int64_t count;     /* samples: the first dimension */
    gan_shape shape;   /* of a sample: the others, or (1) */
    int64_t elements;  /* of a sample */
    int64_t offset;    /* of the values in the file */
    int64_t bytes;     /* of all values */
} gan_npy_header;

/* Reads and checks the header and the length of the file. */
gan_status gan_npy_read_header(const gan_readable *from, gan_npy_header *out);

#endif
