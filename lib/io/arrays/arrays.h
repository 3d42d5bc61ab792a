/* Arrays of numbers in files: safetensors, NPY. */
#ifndef GAN_IO_ARRAYS_H
#define GAN_IO_ARRAYS_H

#include "io/writing/writing.h"

/* ---- Safetensors (safetensors_write.c, safetensors_read.c) ----------------------------------------------- */

/* Only tensors of these types are written and read. */
typedef enum gan_safetensors_type {
    GAN_SAFETENSORS_F32,
    GAN_SAFETENSORS_F64,
    GAN_SAFETENSORS_F16,
    GAN_SAFETENSORS_BF16,
    GAN_SAFETENSORS_OTHER /* in files of others */
} gan_safetensors_type;

typedef struct gan_safetensors_entry {
    const char *name;
    int rank; /* 0 to GAN_MAX_RANK + 1; in files of others any, of which the first are in `dims` */
    int64_t dims[GAN_MAX_RANK + 1];
    int64_t count; /* 0 in files of others if it is empty */
    gan_safetensors_type type;
} gan_safetensors_entry;

#define GAN_SAFETENSORS_METADATA     "__metadata__"
#define GAN_SAFETENSORS_HEADER_LIMIT 100000000 /* bytes; as in the reference implementation */

/* key, value pairs for "__metadata__" */
typedef struct gan_metadata {
    const char *key, *value;
} gan_metadata;

/* Provides the values of entry `index`: `count` doubles if that is its type, else floats, into out. Halves are
 * rounded to nearest, ties to even; a finite value that would become infinite is GAN_ERROR_NOT_FINITE. */
typedef gan_status (*gan_safetensors_fill_fn)(void *user, size_t index, void *out);

gan_status gan_safetensors_write(gan_context *context, gan_target to, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user);

/* A file whose header has been fully checked: sizes, offsets without gaps or overlaps, the file's length. */
typedef struct gan_safetensors gan_safetensors;
gan_status gan_safetensors_open(gan_context *context, gan_origin from, gan_safetensors **out);
void gan_safetensors_close(gan_safetensors *file);             /* accepts NULL */
const char *gan_safetensors_name(const gan_safetensors *file); /* for messages: of its gan_readable */
size_t gan_safetensors_count(const gan_safetensors *file);
/* Entry `index` in the order of the data, and the entry called `name` (*index gets its number), or NULL. */
const gan_safetensors_entry *gan_safetensors_at(const gan_safetensors *file, size_t index);
const gan_safetensors_entry *gan_safetensors_find(const gan_safetensors *file, const char *name, size_t *index);
/* The number of a tensor that the caller needs: GAN_ERROR_ARCHITECTURE if none has this name and shape,
 * GAN_ERROR_UNSUPPORTED if it has another type. */
gan_status gan_safetensors_expect(const gan_safetensors *file, const char *name, gan_shape shape,
                                  gan_safetensors_type type, size_t *index);
/* The same for a tensor of any type that is read. */
gan_status gan_safetensors_expect_floats(const gan_safetensors *file, const char *name, gan_shape shape,
                                         size_t *index);
/* Reads entry->count values: of any type, rounded to floats, or those of doubles. */
gan_status gan_safetensors_read(const gan_safetensors *file, size_t index, float *out);
gan_status gan_safetensors_read_doubles(const gan_safetensors *file, size_t index, double *out);
/* The metadata value of a key, or NULL. */
const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key);
/* The version of the format that libgan wrote, "1" and up, under this key: GAN_ERROR_VERSION if it is above `newest`,
 * GAN_ERROR_FORMAT if it is missing or is not as libgan writes it. */
#define GAN_SAFETENSORS_FORMAT_KEY "libgan.format"
gan_status gan_safetensors_check_format(const gan_safetensors *file, int newest);

/* Bytes of a value (value_types.c). */
size_t gan_safetensors_bytes(gan_safetensors_type type);
/* Values of a type, but F32, from little-endian bytes. Returns the index of the first finite value that became
 * infinite, or -1. */
int64_t gan_floats_from_bytes(gan_safetensors_type type, const unsigned char *bytes, int64_t count, float *out);
/* Floats to such bytes of F16 or BF16, in place. Returns the index of the first finite value that would become
 * infinite, where it stops, or -1. */
int64_t gan_floats_to_bytes(gan_safetensors_type type, float *values, int64_t count);

#endif
