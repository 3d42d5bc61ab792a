/* Protocol Buffers' wire format, as far as ONNX and event files need it: a message is written into memory of the
 * context, its length in front of it once it is known. */
#include "io/writing/writing.h"

#include <string.h>

enum { VARINT_BYTES = 10 }; /* of the longest */

void gan_wire_release(gan_wire *wire)
{
    gan_release(wire->context, wire->data, (size_t)wire->capacity);
    *wire = (gan_wire){.context = wire->context};
}

void gan_wire_clear(gan_wire *wire)
{
    wire->size = 0;
    wire->status = GAN_OK;
}

/* Makes room for more bytes. */
static bool reserve(gan_wire *wire, int64_t size)
{
    if (wire->status != GAN_OK) return false;
    if (size <= wire->capacity - wire->size) return true;
    if (size > INT64_MAX / 4 - wire->size) {
        wire->status = gan_fail(GAN_ERROR_OVERFLOW, "a message of %lld and %lld bytes is too large",
                                (long long)wire->size, (long long)size);
        return false;
    }
    const int64_t needed = wire->size + size;
    const int64_t capacity = needed > 2 * wire->capacity ? needed : 2 * wire->capacity;
    unsigned char *data = gan_allocate_array(wire->context, capacity, 1);
    if (!data) {
        wire->status = gan_last_status();
        return false;
    }
    if (wire->size > 0) memcpy(data, wire->data, (size_t)wire->size);
    gan_release(wire->context, wire->data, (size_t)wire->capacity);
    wire->data = data;
    wire->capacity = capacity;
    return true;
}

void gan_wire_put(gan_wire *wire, const void *bytes, size_t size)
{
    const uint64_t wanted = size; /* what no memory has is refused */

    if (size == 0 || !reserve(wire, wanted < INT64_MAX ? (int64_t)wanted : INT64_MAX)) return;
    memcpy(wire->data + wire->size, bytes, size);
    wire->size += (int64_t)size;
}

/* Seven bits a byte, the lowest first; the eighth says that more follow. Returns the bytes. */
static size_t to_varint(uint64_t value, unsigned char out[VARINT_BYTES])
{
    size_t size = 0;

    for (; value > 0x7f; value >>= 7) out[size++] = (unsigned char)(0x80 | (value & 0x7f));
    out[size++] = (unsigned char)value;
    return size;
}

static void put_varint(gan_wire *wire, uint64_t value)
{
    unsigned char bytes[VARINT_BYTES];
    gan_wire_put(wire, bytes, to_varint(value, bytes));
}

static void put_key(gan_wire *wire, int field, gan_wire_type type)
{
    put_varint(wire, (uint64_t)field << 3 | (uint64_t)type);
}

void gan_wire_write_int(gan_wire *wire, int field, int64_t value)
{
    put_key(wire, field, GAN_WIRE_VARINT);
    put_varint(wire, (uint64_t)value);
}

void gan_wire_write_float(gan_wire *wire, int field, float value)
{
    put_key(wire, field, GAN_WIRE_FIXED32);
    gan_floats_to_little_endian(&value, 1);
    gan_wire_put(wire, &value, sizeof(value));
}

static void put_double(gan_wire *wire, double value)
{
    gan_doubles_to_little_endian(&value, 1);
    gan_wire_put(wire, &value, sizeof(value));
}

void gan_wire_write_double(gan_wire *wire, int field, double value)
{
    put_key(wire, field, GAN_WIRE_FIXED64);
    put_double(wire, value);
}

void gan_wire_write_doubles(gan_wire *wire, int field, const double *values, int64_t count)
{
    gan_wire_write_length(wire, field, count * (int64_t)sizeof(*values));
    for (int64_t i = 0; i < count; i++) put_double(wire, values[i]);
}

void gan_wire_write_length(gan_wire *wire, int field, int64_t size)
{
    put_key(wire, field, GAN_WIRE_LENGTH);
    put_varint(wire, (uint64_t)size);
}

void gan_wire_write_bytes(gan_wire *wire, int field, const void *bytes, size_t size)
{
    gan_wire_write_length(wire, field, (int64_t)size);
    gan_wire_put(wire, bytes, size);
}

void gan_wire_write_text(gan_wire *wire, int field, const char *text)
{
    gan_wire_write_bytes(wire, field, text, strlen(text));
}

int64_t gan_wire_begin(gan_wire *wire, int field)
{
    put_key(wire, field, GAN_WIRE_LENGTH);
    return wire->size;
}

void gan_wire_end(gan_wire *wire, int64_t begin)
{
    unsigned char length[VARINT_BYTES];
    const int64_t size = wire->size - begin;
    const size_t bytes = to_varint((uint64_t)size, length);

    gan_wire_put(wire, length, bytes); /* makes room */
    if (wire->status != GAN_OK) return;
    memmove(wire->data + begin + bytes, wire->data + begin, (size_t)size);
    memcpy(wire->data + begin, length, bytes);
}
