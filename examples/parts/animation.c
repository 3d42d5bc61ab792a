/* https://www.w3.org/TR/png-3/: each frame is a chunk of control data and one of compressed rows. */
#include "animation.h"

#include "outputs.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { GREY = 0, BITS = 8, NO_FILTER = 0, SEQUENCE_SIZE = 4 };

typedef struct animation {
    FILE *file;
    uint32_t height, width, sequence; /* sequence: of frames' chunks but the first frame's rows */
} animation;

static unsigned char *put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) *to++ = (unsigned char)(value >> 8 * i);
    return to;
}

static void write_chunk(FILE *file, const char *type, const unsigned char *data, size_t size)
{
    unsigned char number[4];
    uLong sum = crc32(crc32(0, Z_NULL, 0), (const Bytef *)type, 4);
    if (size > 0) sum = crc32(sum, data, (uInt)size);
    put(number, (uint32_t)size, 4);
    fwrite(number, 1, 4, file);
    fwrite(type, 1, 4, file);
    if (size > 0) fwrite(data, 1, size, file);
    put(number, (uint32_t)sum, 4);
    fwrite(number, 1, 4, file);
}

static void write_control(animation *a, int delay)
{
    unsigned char data[26] = {0}, *to = data; /* the last two: as they are, over what was there */
    to = put(to, a->sequence++, 4);
    to = put(to, a->width, 4);
    to = put(to, a->height, 4);
    to = put(to, 0, 4);
    to = put(to, 0, 4);
    to = put(to, (uint32_t)delay, 2);
    put(to, 100, 2);
    write_chunk(a->file, "fcTL", data, sizeof(data));
}

static unsigned char to_byte(float value)
{
    const float scaled = (value + 1) * 127.5f + 0.5f;
    return (unsigned char)(scaled > 0 ? scaled < 255 ? scaled : 255 : 0);
}

static void write_rows(animation *a, const float *frame, bool first)
{
    const size_t row = (size_t)a->width + 1, size = row * a->height;
    uLongf packed_size = compressBound((uLong)size);
    unsigned char *rows = allocate((int64_t)size, 1);
    unsigned char *packed = allocate((int64_t)packed_size + SEQUENCE_SIZE, 1);
    for (uint32_t y = 0; y < a->height; y++) {
        rows[y * row] = NO_FILTER;
        for (uint32_t x = 0; x < a->width; x++) rows[y * row + 1 + x] = to_byte(frame[(size_t)y * a->width + x]);
    }
    if (compress2(packed + SEQUENCE_SIZE, &packed_size, rows, (uLong)size, Z_BEST_COMPRESSION) != Z_OK) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    if (first) {
        write_chunk(a->file, "IDAT", packed + SEQUENCE_SIZE, packed_size);
    } else {
        put(packed, a->sequence++, SEQUENCE_SIZE);
        write_chunk(a->file, "fdAT", packed, packed_size + SEQUENCE_SIZE);
    }
    free(packed);
    free(rows);
}

void write_animation(const char *path, const float *frames, int64_t count, int64_t height, int64_t width, int delay)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    animation a = {.file = open_output(path), .height = (uint32_t)height, .width = (uint32_t)width};
    unsigned char header[13] = {0}, control[8] = {0}; /* control: its last number 0 is without end */
    put(put(header, a.width, 4), a.height, 4);
    header[8] = BITS;
    header[9] = GREY;
    put(control, (uint32_t)count, 4);
    fwrite(signature, 1, sizeof(signature), a.file);
    write_chunk(a.file, "IHDR", header, sizeof(header));
    write_chunk(a.file, "acTL", control, sizeof(control));
    for (int64_t i = 0; i < count; i++) {
        write_control(&a, delay);
        write_rows(&a, frames + i * height * width, i == 0);
    }
    write_chunk(a.file, "IEND", NULL, 0);
    close_output(a.file, path);
}
