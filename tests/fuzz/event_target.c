/* Event files, which libgan only writes: of any input, what it writes must be whole records for a reader of the
 * test's own, by lengths and checksums, and whole messages in them. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_bytes = 1 << 12, most_written = 1 << 16, tag_size = 256 };

typedef struct span {
    const unsigned char *at, *end;
} span;

static uint64_t little_endian(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* CRC-32C, bit by bit, as the format masks it. */
static uint32_t masked_checksum(span of)
{
    uint32_t crc = 0xffffffff;
    for (const unsigned char *at = of.at; at < of.end; at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static uint64_t read_varint(span *from)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        fuzz_require(from->at < from->end, "a number that ends early");
        value |= (uint64_t)(*from->at & 0x7f) << shift;
        if (!(*from->at++ & 0x80)) return value;
    }
    fuzz_require(false, "a number of more than ten bytes");
    return 0;
}

/* The fields of a message, one after the other, up to its end. */
static void check_message(span message)
{
    while (message.at < message.end) {
        const uint64_t key = read_varint(&message), left = (uint64_t)(message.end - message.at);
        uint64_t size = 0;
        fuzz_require(key >> 3 > 0, "a field without a number");
        switch (key & 7) {
        case 0: read_varint(&message); break;
        case 1: size = 8; break;
        case 2: size = read_varint(&message); break;
        case 5: size = 4; break;
        default: fuzz_require(false, "a field of no type");
        }
        fuzz_require(size <= left && size <= (uint64_t)(message.end - message.at), "a field that ends late");
        message.at += size;
    }
}

/* Returns how many records there are. */
static int check_file(const char *path)
{
    static unsigned char bytes[most_written];
    FILE *file = fopen(path, "rb");
    fuzz_require(file != NULL, "no event file");
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    fuzz_require(fclose(file) == 0 && size < sizeof(bytes), "an event file that is too large");
    int count = 0;
    for (size_t at = 0; at < size; count++) {
        fuzz_require(size - at >= 16, "a record that ends early");
        const uint64_t length = little_endian(bytes + at, 8);
        fuzz_require(length <= size - at - 16, "a record that ends late");
        const span head = {bytes + at, bytes + at + 8}, body = {bytes + at + 12, bytes + at + 12 + length};
        fuzz_require(little_endian(bytes + at + 8, 4) == masked_checksum(head), "a wrong checksum of a length");
        fuzz_require(little_endian(body.end, 4) == masked_checksum(body), "a wrong checksum of a record");
        check_message(body);
        at += 16 + (size_t)length;
    }
    return count;
}

/* The file's first line is a tag; what follows are a step, and values. */
gan_status fuzz_events(gan_context *context, const char *path)
{
    static unsigned char bytes[most_bytes];
    static float values[most_bytes / 4];
    char folder[1024], name[1100], tag[tag_size] = "";
    gan_summary_writer *writer = NULL;
    FILE *file = fopen(path, "rb");

    fuzz_require(file != NULL, "no file");
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    size_t at = 0;
    while (at < size && at + 1 < tag_size && bytes[at] != '\n') at++;
    memcpy(tag, bytes, at);
    const int64_t step = size - at >= 9 ? (int64_t)little_endian(bytes + at + 1, 8) : 0;
    at = size - at >= 9 ? at + 9 : size;
    const int64_t count = (int64_t)((size - at) / sizeof(*values));
    memcpy(values, bytes + at, (size_t)count * sizeof(*values));
    snprintf(folder, sizeof(folder), "%s.events", path);
    const gan_status status = gan_summary_writer_create(context, folder, NULL, &writer);
    if (status != GAN_OK) return status;
    const gan_status scalar = gan_summary_writer_add_scalar(writer, tag, count > 0 ? (double)values[0] : 0.5, step);
    const gan_status histogram = gan_summary_writer_add_histogram(writer, tag, values, count, step);
    const gan_status images =
        count < 12 ? GAN_ERROR_EMPTY
                   : gan_summary_writer_add_images(writer, tag, values, 1, GAN_SHAPE(3, 2, 2), 0, step);
    snprintf(name, sizeof(name), "%s", gan_summary_writer_path(writer));
    gan_summary_writer_destroy(writer);
    const int records = check_file(name), written = 1 + (scalar == GAN_OK) + (images == GAN_OK);
    /* A histogram of no number is not written. */
    fuzz_require(records == written || (histogram == GAN_OK && records == written + 1), "a record too many or few");
    remove(name);
    rmdir(folder);
    return scalar;
}
