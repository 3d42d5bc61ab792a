/* Protocol Buffers' wire format, as far as ONNX files need it: a message is written into memory of the context, its
 * length in front of it once it is known. The large part of a file, the initializers' values, never comes here. */
#include "onnx/onnx.h"

enum { VARINT = 10 }; /* bytes of the longest */

void gan_wire_release(gan_wire *wire)
{
    gan_release(wire->context, wire->data, (size_t)wire->capacity);
    *wire = (gan_wire){.context = wire->context};
}

static void put(gan_wire *wire, unsigned char byte)
{
    if (wire->status != GAN_OK) return;
    unsigned char *data = gan_grow_array(wire->context, wire->data, wire->size, &wire->capacity, 1);
    if (!data) {
        wire->status = gan_last_status();
        return;
    }
    wire->data = data;
    data[wire->size++] = byte;
}

static void put_bytes(gan_wire *wire, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) put(wire, ((const unsigned char *)bytes)[i]);
}

/* Returns its bytes. */
static int to_varint(uint64_t value, unsigned char out[VARINT])
{
    int size = 0;
    for (; value > 0x7f; value >>= 7) out[size++] = (unsigned char)(0x80 | (value & 0x7f));
    out[size++] = (unsigned char)value;
    return size;
}

static void put_varint(gan_wire *wire, uint64_t value)
{
    unsigned char bytes[VARINT];
    put_bytes(wire, bytes, (size_t)to_varint(value, bytes));
}

static void put_key(gan_wire *wire, int field, gan_onnx_wire type)
{
    put_varint(wire, (uint64_t)field << 3 | (uint64_t)type);
}

void gan_wire_write_int(gan_wire *wire, int field, int64_t value)
{
    put_key(wire, field, GAN_ONNX_VARINT);
    put_varint(wire, (uint64_t)value);
}

void gan_wire_write_float(gan_wire *wire, int field, float value)
{
    put_key(wire, field, GAN_ONNX_FIXED32);
    gan_floats_to_little_endian(&value, 1);
    put_bytes(wire, &value, sizeof(value));
}

void gan_wire_write_length(gan_wire *wire, int field, int64_t size)
{
    put_key(wire, field, GAN_ONNX_LENGTH);
    put_varint(wire, (uint64_t)size);
}

void gan_wire_write_bytes(gan_wire *wire, int field, const void *bytes, size_t size)
{
    gan_wire_write_length(wire, field, (int64_t)size);
    put_bytes(wire, bytes, size);
}

void gan_wire_write_text(gan_wire *wire, int field, const char *text)
{
    gan_wire_write_bytes(wire, field, text, strlen(text));
}

int64_t gan_wire_begin(gan_wire *wire, int field)
{
    put_key(wire, field, GAN_ONNX_LENGTH);
    return wire->size;
}

void gan_wire_end(gan_wire *wire, int64_t begin)
{
    unsigned char length[VARINT];
    const int64_t size = wire->size - begin;
    const int bytes = to_varint((uint64_t)size, length);
    put_bytes(wire, length, (size_t)bytes);
    if (wire->status != GAN_OK) return;
    memmove(wire->data + begin + bytes, wire->data + begin, (size_t)size);
    memcpy(wire->data + begin, length, (size_t)bytes);
}
