/* Bytes to read, from files and from readers of the host, and tables of comma-separated values. */
#ifndef GAN_CORE_FILES_H
#define GAN_CORE_FILES_H

#include "core/memory/memory.h"
#include "libgan.h"

/* ---- Files to read (file.c) ---------------------------------------------------------------------------------- */

typedef struct gan_file {
    gan_context *context; /* NULL: not open */
    char *name;           /* for messages: "'PATH'", or what it is */
    int descriptor;
    int64_t size; /* when it was opened */
} gan_file;

/* Opens a regular file. */
gan_status gan_file_open(gan_context *context, const char *path, gan_file *out);
/* Reads all `size` bytes at an offset, from any thread; GAN_ERROR_TRUNCATED when the file ends early. */
gan_status gan_file_read(const gan_file *file, int64_t offset, void *out, size_t size);
void gan_file_close(gan_file *file); /* accepts a zeroed one */
/* Writes all bytes to a descriptor, as gan_write_some() does some. Returns 0 or the error number; *written, unless it
 * is NULL, is how many bytes were written, in either case. */
int gan_write_all(int descriptor, const void *data, size_t size, size_t *written);

/* ---- Where bytes come from (readable.c) ----------------------------------------------------------------------- */

/* A file to read, or a reader of the host. */
typedef struct gan_origin {
    const char *path; /* NULL: the reader */
    gan_reader reader;
} gan_origin;

/* Unless the argument `reader` of a public function has its callback: GAN_ERROR_NULL, and GAN_ERROR_ARGUMENT for a
 * negative size. */
gan_status gan_reader_check(gan_reader reader, const char *function);

typedef struct gan_readable {
    gan_file file; /* zeroed: the reader */
    gan_reader reader;
    int64_t size;
    char name[GAN_SENTENCE]; /* for messages: "'PATH'", or "the reader's data" */
} gan_readable;

gan_status gan_readable_open(gan_context *context, gan_origin from, gan_readable *out);
/* Reads all `size` bytes at an offset; GAN_ERROR_TRUNCATED if they are not there. */
gan_status gan_readable_read(const gan_readable *readable, int64_t offset, void *out, size_t size);
void gan_readable_close(gan_readable *readable); /* accepts a zeroed one */

/* ---- What a file is that was taken for another (file_guess.c) -------------------------------------------------- */

#define GAN_FILE_START 64 /* bytes of a file that tell */
/* What a file that starts so seems to be, such as "a PNG picture"; NULL: who knows. */
const char *gan_file_guess(const void *start, size_t size);
/* The same to add to a message about a file of the wrong kind: "; it is ", and what; or "". */
const char *gan_file_hint(const void *start, size_t size);
const char *gan_readable_hint(const gan_readable *readable);

/* ---- Floats in files (float_formats.c) ------------------------------------------------------------------------- */

/* Bits of a format of IEEE 754's kind, beside a sign. */
typedef struct gan_float_format {
    int exponent, mantissa;
} gan_float_format;

/* As initializers: */
#define GAN_FLOAT_SINGLE \
    {                    \
        8, 23            \
    }
#define GAN_FLOAT_HALF \
    {                  \
        5, 10          \
    }

/* That of infinities and NaN. */
static inline uint64_t gan_float_largest_exponent(gan_float_format of)
{
    return (UINT64_C(1) << of.exponent) - 1;
}

/* To a format with no more bits in exponent and mantissa: to nearest, ties to even; what is too large is infinite. */
uint64_t gan_float_narrow(uint64_t bits, gan_float_format from, gan_float_format to);
/* To the bits of a float, exactly, from a format with fewer bits. */
uint32_t gan_float_widen(uint32_t bits, gan_float_format from);

/* ---- Tables of comma-separated values (csv_reader.c) --------------------------------------------------------- */

#define GAN_CSV_CELL 4096 /* most bytes in a cell */

typedef struct gan_csv_reader {
    gan_readable from;
    int64_t offset; /* of the next byte to read from it */
    size_t used, size;
    int64_t next_line;
    char delimiter; /* between cells: ',' unless it is changed after opening */
    /* The cell that was read last, a text: */
    int64_t line; /* where it begins, from 1 */
    size_t length;
    bool ends_line, ends_file, quoted;
    bool nothing; /* the file had ended before it */
    char cell[GAN_CSV_CELL + 1];
    unsigned char buffer[1 << 16];
} gan_csv_reader;

/* Reads cell by cell, past a byte-order mark; spaces around a cell do not belong to it. A line ends with LF, CRLF or
 * CR. */
gan_status gan_csv_open(gan_context *context, gan_origin from, gan_csv_reader *out);
gan_status gan_csv_next(gan_csv_reader *reader);
void gan_csv_close(gan_csv_reader *reader); /* accepts a zeroed one */

#endif
