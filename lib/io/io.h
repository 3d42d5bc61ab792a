/* The door of io: files. Everything here works on float and on names; it knows nothing of models. */
#ifndef GAN_IO_H
#define GAN_IO_H

#include "core/core.h"

/* ---- Atomic replacement of a file (atomic_file.c) ---------------------------------------------------------- */
/* Writes go to a temporary file in the same folder; commit makes them last (fsync), renames it over `path` and syncs
 * the folder. Whatever happens before the rename, the old file is untouched. */
typedef struct gan_atomic_file gan_atomic_file;
gan_status gan_atomic_file_open(gan_context *context, const char *path, gan_atomic_file **out);
gan_status gan_atomic_file_write(gan_atomic_file *file, const void *data, size_t size);
/* Both release the handle. */
gan_status gan_atomic_file_commit(gan_atomic_file *file);
void gan_atomic_file_abandon(gan_atomic_file *file); /* accepts NULL */

/* ---- Safetensors (safetensors_write.c, safetensors_read.c) ------------------------------------------------- */

typedef struct gan_safetensors_entry {
    const char *name;
    int rank; /* 0 to GAN_MAX_RANK + 1 */
    int64_t dims[GAN_MAX_RANK + 1];
    int64_t count;
} gan_safetensors_entry;

#define GAN_SAFETENSORS_METADATA     "__metadata__"
#define GAN_SAFETENSORS_HEADER_LIMIT 100000000 /* bytes; as in the reference implementation */

/* key, value pairs for "__metadata__" */
typedef struct gan_metadata {
    const char *key, *value;
} gan_metadata;

/* Provides the values of entry `index`: `count` floats into out. */
typedef gan_status (*gan_safetensors_fill_fn)(void *user, size_t index, float *out);

gan_status gan_safetensors_write(gan_context *context, const char *path, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user);

/* A file whose header has been checked in full: sizes, offsets without holes or overlap, the file's length. */
typedef struct gan_safetensors gan_safetensors;
gan_status gan_safetensors_open(gan_context *context, const char *path, gan_safetensors **out);
void gan_safetensors_close(gan_safetensors *file); /* accepts NULL */
size_t gan_safetensors_count(const gan_safetensors *file);
/* Entry `index` in the order of the data, and the entry called `name` (*index gets its number), or NULL. Only tensors
 * of type F32 can be read: *is_float tells. */
const gan_safetensors_entry *gan_safetensors_at(const gan_safetensors *file, size_t index, bool *is_float);
const gan_safetensors_entry *gan_safetensors_find(const gan_safetensors *file, const char *name, size_t *index,
                                                  bool *is_float);
/* Reads entry->count floats. */
gan_status gan_safetensors_read(const gan_safetensors *file, size_t index, float *out);
/* The metadata value of a key, or NULL. */
const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key);

/* ---- Byte order (little_endian.c) -------------------------------------------------------------------------- */

/* In place: floats of this machine to the bytes of little-endian files, and back. */
void gan_floats_to_little_endian(float *values, int64_t count);
void gan_floats_from_little_endian(float *values, int64_t count);

#endif
