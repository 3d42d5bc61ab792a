/* Protocol buffers, as TensorBoard and ONNX read them: fields of a number and a type, of which four occur here. What
 * comes from outside is text or bytes, so no message can become another than it should. */
#include "io/io.h"

#include <string.h>

enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

enum { LONGEST_VARINT = 10 };

static void append(gan_protobuf *message, const void *data, size_t size)
{
    if (message->status == GAN_OK && size > 0) message->status = gan_bytes_append(message->bytes, data, size);
}

/* Seven bits a byte, the lowest first; the eighth bit says that more follow. Returns the number of bytes. */
static size_t encode_varint(uint64_t value, unsigned char out[LONGEST_VARINT])
{
    size_t size = 0;

    for (; value > 0x7f; value >>= 7) out[size++] = (unsigned char)(value | 0x80);
    out[size++] = (unsigned char)value;
    return size;
}

static void append_varint(gan_protobuf *message, uint64_t value)
{
    unsigned char bytes[LONGEST_VARINT];
    append(message, bytes, encode_varint(value, bytes));
}

static void append_key(gan_protobuf *message, int field, enum wire_type type)
{
    append_varint(message, (uint64_t)field << 3 | (uint64_t)type);
}

void gan_protobuf_integer(gan_protobuf *message, int field, int64_t value)
{
    append_key(message, field, VARINT);
    append_varint(message, (uint64_t)value);
}

void gan_protobuf_float(gan_protobuf *message, int field, float value)
{
    append_key(message, field, FIXED32);
    gan_floats_to_little_endian(&value, 1);
    append(message, &value, sizeof(value));
}

void gan_protobuf_double(gan_protobuf *message, int field, double value)
{
    append_key(message, field, FIXED64);
    gan_doubles_to_little_endian(&value, 1);
    append(message, &value, sizeof(value));
}

void gan_protobuf_bytes(gan_protobuf *message, int field, const void *data, size_t size)
{
    append_key(message, field, LENGTH);
    append_varint(message, size);
    append(message, data, size);
}

void gan_protobuf_text(gan_protobuf *message, int field, const char *text)
{
    gan_protobuf_bytes(message, field, text, strlen(text));
}

void gan_protobuf_doubles(gan_protobuf *message, int field, const double *values, int64_t count)
{
    append_key(message, field, LENGTH);
    append_varint(message, (uint64_t)count * sizeof(*values));
    for (int64_t i = 0; i < count; i++) {
        double value = values[i];
        gan_doubles_to_little_endian(&value, 1);
        append(message, &value, sizeof(value));
    }
}

size_t gan_protobuf_begin(gan_protobuf *message, int field)
{
    append_key(message, field, LENGTH);
    return gan_bytes_size(message->bytes);
}

void gan_protobuf_end(gan_protobuf *message, size_t begin)
{
    unsigned char length[LONGEST_VARINT];

    if (message->status != GAN_OK) return;
    const size_t size = gan_bytes_size(message->bytes) - begin, shift = encode_varint(size, length);
    append(message, length, shift); /* makes room */
    if (message->status != GAN_OK) return;
    unsigned char *at = message->bytes->data + begin;
    memmove(at + shift, at, size);
    memcpy(at, length, shift);
}
