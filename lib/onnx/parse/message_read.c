#include "onnx/parse/message_read.h"

static gan_status malformed(const gan_message *message, const char *what)
{
    return gan_fail(GAN_ERROR_FORMAT, "byte %lld: %s", (long long)(message->at - message->file), what);
}

static gan_status ends_early(const gan_message *message, const char *what)
{
    return gan_fail(GAN_ERROR_TRUNCATED, "byte %lld: the message ends within %s",
                    (long long)(message->at - message->file), what);
}

static gan_status read_varint(gan_message *message, uint64_t *out)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (message->at == message->end) return ends_early(message, "a number");
        const unsigned char byte = *message->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *out = value;
            return GAN_OK;
        }
    }
    return malformed(message, "a number has more than 10 bytes");
}

static gan_status read_fixed(gan_message *message, int size, uint64_t *out)
{
    uint64_t value = 0;
    if (message->end - message->at < size) return ends_early(message, "a number");
    for (int i = 0; i < size; i++) value |= (uint64_t)message->at[i] << (8 * i);
    message->at += size;
    *out = value;
    return GAN_OK;
}

static gan_status read_number(gan_message *message, gan_wire_type wire, uint64_t *out)
{
    if (wire == GAN_WIRE_VARINT) return read_varint(message, out);
    return read_fixed(message, wire == GAN_WIRE_FIXED64 ? 8 : 4, out);
}

static gan_status read_bytes(gan_message *message, gan_message *out)
{
    uint64_t size = 0;
    GAN_TRY(read_varint(message, &size));
    if (size > (uint64_t)(message->end - message->at)) {
        return gan_fail(GAN_ERROR_TRUNCATED, "byte %lld: a field of %llu bytes is longer than what is left, %lld",
                        (long long)(message->at - message->file), (unsigned long long)size,
                        (long long)(message->end - message->at));
    }
    *out = (gan_message){message->at, message->at + size, message->file};
    message->at += size;
    return GAN_OK;
}

gan_status gan_message_next(gan_message *message, gan_message_field *out)
{
    uint64_t key = 0;
    *out = (gan_message_field){.number = 0};
    if (message->at == message->end) return GAN_OK;
    GAN_TRY(read_varint(message, &key));
    if (key >> 3 == 0 || key >> 3 > 536870911)
        return malformed(message, "a field has no number that fields may have");
    const unsigned wire = key & 7;
    if (wire == 3 || wire == 4) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "byte %lld: field %llu is a group, which ONNX files have none of",
                        (long long)(message->at - message->file), (unsigned long long)(key >> 3));
    }
    if (wire > 5) return malformed(message, "a field is written in no way that there is");
    out->wire = (gan_wire_type)wire;
    GAN_TRY(out->wire == GAN_WIRE_LENGTH ? read_bytes(message, &out->bytes)
                                         : read_number(message, out->wire, &out->value));
    out->number = (uint32_t)(key >> 3);
    return GAN_OK;
}

gan_status gan_message_expect(const gan_message_field *field, gan_wire_type wire, const char *what)
{
    if (field->wire == wire) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s, field %u, is written as wire type %d, expected %d", what, field->number,
                    (int)field->wire, (int)wire);
}

gan_status gan_message_count(gan_message message, uint32_t number, int64_t *count)
{
    gan_message_field field;
    *count = 0;
    for (;;) {
        GAN_TRY(gan_message_next(&message, &field));
        if (field.number == 0) return GAN_OK;
        if (field.number == number) ++*count;
    }
}

/* Visits each number: counts it, and stores it unless `out` is NULL. */
static gan_status visit_numbers(gan_message message, uint32_t number, gan_wire_type wire, int64_t *count,
                                uint64_t *out)
{
    gan_message_field field;
    uint64_t value = 0;
    *count = 0;
    for (;;) {
        GAN_TRY(gan_message_next(&message, &field));
        if (field.number == 0) return GAN_OK;
        if (field.number != number) continue;
        if (field.wire == wire) {
            if (out) out[*count] = field.value;
            ++*count;
            continue;
        }
        GAN_TRY(gan_message_expect(&field, GAN_WIRE_LENGTH, "a list of numbers"));
        while (field.bytes.at < field.bytes.end) {
            GAN_TRY(read_number(&field.bytes, wire, &value));
            if (out) out[*count] = value;
            ++*count;
        }
    }
}

gan_status gan_message_count_numbers(gan_message message, uint32_t number, gan_wire_type wire, int64_t *count)
{
    return visit_numbers(message, number, wire, count, NULL);
}

gan_status gan_message_read_numbers(gan_message message, uint32_t number, gan_wire_type wire, uint64_t *out)
{
    int64_t count;
    return visit_numbers(message, number, wire, &count, out);
}
