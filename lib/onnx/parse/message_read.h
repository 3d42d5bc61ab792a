/* Reading protobuf messages where they lie: varints, fixed values, and runs of bytes with a length, each checked
 * against the end of its message. Messages inside others are runs of bytes; nothing here calls itself. */
#ifndef GAN_MESSAGE_READ_H
#define GAN_MESSAGE_READ_H

#include "io/io.h"

/* What is left of a message. */
typedef struct gan_message {
    const unsigned char *at, *end;
    const unsigned char *file; /* where the file begins, for messages */
} gan_message;

typedef struct gan_message_field {
    uint32_t number;    /* 0: the message has no more fields */
    gan_wire_type wire; /* how it is written */
    uint64_t value;     /* of a varint; the bits of a fixed one */
    gan_message bytes;  /* of GAN_WIRE_LENGTH */
} gan_message_field;

/* Takes the next field. Groups are GAN_ERROR_UNSUPPORTED; what does not fit into its message, GAN_ERROR_TRUNCATED. */
gan_status gan_message_next(gan_message *message, gan_message_field *out);
/* GAN_ERROR_FORMAT unless the field is written so; `what` names it. */
gan_status gan_message_expect(const gan_message_field *field, gan_wire_type wire, const char *what);

/* The fields of one number in a message, of which there may be many. */
gan_status gan_message_count(gan_message message, uint32_t number, int64_t *count);

/* Numbers that are repeated, each a field of its own or many packed in one; `wire` is that of one number. */
gan_status gan_message_count_numbers(gan_message message, uint32_t number, gan_wire_type wire, int64_t *count);
/* Stores their bits: as many as there are. */
gan_status gan_message_read_numbers(gan_message message, uint32_t number, gan_wire_type wire, uint64_t *out);

static inline float gan_message_float(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof(value));
    return value;
}

#endif
