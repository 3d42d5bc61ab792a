/* Where bytes go to, and how numbers become bytes. */
#ifndef GAN_IO_WRITING_H
#define GAN_IO_WRITING_H

#include "io/atomic/atomic.h"

/* ---- Where bytes go to (streams.c) ----------------------------------------------------------------------- */

/* A file to replace, or a writer of the host. */
typedef struct gan_target {
    const char *path; /* NULL: the writer */
    gan_writer writer;
} gan_target;

/* GAN_ERROR_NULL unless the argument `writer` of a public function has its callback. */
gan_status gan_writer_check(gan_writer writer, const char *function);

/* The writer gets small pieces together. */
typedef struct gan_writable {
    gan_atomic_file *file; /* NULL: the writer */
    gan_writer writer;
    size_t waiting; /* bytes that it has not got yet */
    unsigned char buffer[4096];
} gan_writable;

gan_status gan_writable_open(gan_context *context, gan_target to, gan_writable *out);
gan_status gan_writable_write(gan_writable *writable, const void *data, size_t size);
/* Commits a file, or gives the writer the rest, unless `status` is a failure: then it abandons the file, and returns
 * the status. */
gan_status gan_writable_close(gan_writable *writable, gan_status status);

/* ---- Byte order (little_endian.c) ------------------------------------------------------------------------ */

/* In place: the machine's floats and doubles to the bytes of little-endian files, and back. */
void gan_floats_to_little_endian(float *values, int64_t count);
void gan_floats_from_little_endian(float *values, int64_t count);
void gan_doubles_to_little_endian(double *values, int64_t count);
void gan_doubles_from_little_endian(double *values, int64_t count);
/* ---- Protocol Buffers (wire_write.c) --------------------------------------------------------------------- */

/* How a field's value is written, as the number behind the field's. */
typedef enum gan_wire_type {
    GAN_WIRE_VARINT = 0,  /* int64, int32, enum */
    GAN_WIRE_FIXED64 = 1, /* double */
    GAN_WIRE_LENGTH = 2,  /* string, bytes, message, packed numbers */
    GAN_WIRE_FIXED32 = 5  /* float */
} gan_wire_type;

/* Fields of messages, one after another. The first failure is remembered, and nothing is written after it. */
typedef struct gan_wire {
    gan_context *context;
    unsigned char *data;
    int64_t size, capacity;
    gan_status status;
} gan_wire;

void gan_wire_release(gan_wire *wire);
/* Keeps the memory for another message. */
void gan_wire_clear(gan_wire *wire);
/* Bytes that are no field. */
void gan_wire_put(gan_wire *wire, const void *bytes, size_t size);
void gan_wire_write_int(gan_wire *wire, int field, int64_t value);
void gan_wire_write_float(gan_wire *wire, int field, float value);
void gan_wire_write_double(gan_wire *wire, int field, double value);
void gan_wire_write_doubles(gan_wire *wire, int field, const double *values, int64_t count); /* packed */
void gan_wire_write_bytes(gan_wire *wire, int field, const void *bytes, size_t size);
void gan_wire_write_text(gan_wire *wire, int field, const char *text);
/* The head of a field whose `size` bytes are written elsewhere. */
void gan_wire_write_length(gan_wire *wire, int field, int64_t size);
/* A message inside: begin returns what end takes. */
int64_t gan_wire_begin(gan_wire *wire, int field);
void gan_wire_end(gan_wire *wire, int64_t begin);

#endif
