/* The header of a NumPy file: magic, version, length, and a Python dictionary with three keys. It may say anything,
 * so it is checked before anything is allocated. */
#include "data/reading/reading.h"

#include <string.h>

enum { magic_size = 8, header_limit = 1 << 14 };

/* What follows the order of bytes in a type. */
static const char *const types[] = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};

/* What is left of the dictionary. */
typedef struct dictionary {
    const char *name; /* of the file */
    const char *at, *end;
    bool has_descr, has_order, has_shape;
} dictionary;

static gan_status malformed(const dictionary *d)
{
    return gan_fail(GAN_ERROR_FORMAT, "%s: the dictionary in its header is malformed", d->name);
}

static void skip_space(dictionary *d)
{
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\n' || *d->at == '\t' || *d->at == '\r')) d->at++;
}

static bool accept(dictionary *d, const char *token)
{
    const size_t length = strlen(token);

    skip_space(d);
    if ((size_t)(d->end - d->at) < length || memcmp(d->at, token, length) != 0) return false;
    d->at += length;
    return true;
}

/* A text in either kind of quotes, without escapes. */
static gan_status read_text(dictionary *d, char *out, size_t capacity)
{
    const bool single = accept(d, "'"), quoted = single || accept(d, "\"");
    const char *close = quoted ? memchr(d->at, single ? '\'' : '"', (size_t)(d->end - d->at)) : NULL;

    if (!close || (size_t)(close - d->at) >= capacity) return malformed(d);
    const size_t length = (size_t)(close - d->at);
    memcpy(out, d->at, length);
    out[length] = 0;
    d->at = close + 1;
    return GAN_OK;
}

static gan_status read_type(dictionary *d, gan_npy_header *header)
{
    char descr[32];

    if (accept(d, "[")) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "%s has values of several fields, expected single numbers", d->name);
    }
    GAN_TRY(read_text(d, descr, sizeof(descr)));
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        const int64_t size = types[i][1] - '0';
        if (descr[0] == 0 || strcmp(descr + 1, types[i]) != 0 || !strchr(size == 1 ? "<>|=" : "<>", descr[0]))
            continue;
        header->kind = types[i][0];
        header->item_size = size;
        header->big_endian = descr[0] == '>';
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "%s has values of type '%s', expected floats of 16 to 64 bits, integers of 8 to 64, or booleans",
                    d->name, gan_is_utf8(descr) ? descr : "?");
}

static gan_status read_order(dictionary *d, gan_npy_header *header)
{
    header->fortran = accept(d, "True");
    return header->fortran || accept(d, "False") ? GAN_OK : malformed(d);
}

static gan_status read_size(dictionary *d, int64_t *out)
{
    const char *start;

    skip_space(d);
    start = d->at;
    *out = 0;
    for (; d->at < d->end && *d->at >= '0' && *d->at <= '9'; d->at++) {
        const int64_t digit = *d->at - '0';
        if (*out > (INT64_MAX - digit) / 10) {
            return gan_fail(GAN_ERROR_OVERFLOW, "%s: a dimension in its header overflows", d->name);
        }
        *out = *out * 10 + digit;
    }
    return d->at > start ? GAN_OK : malformed(d);
}

/* The first size is the number of samples; those of a one-dimensional array are single values. */
static gan_status read_shape(dictionary *d, gan_npy_header *header)
{
    int64_t sizes[1 + GAN_MAX_RANK];
    int rank = 0;

    if (!accept(d, "(")) return malformed(d);
    while (!accept(d, ")")) {
        if (rank == 1 + GAN_MAX_RANK) {
            return gan_fail(GAN_ERROR_SHAPE, "%s has more than %d dimensions", d->name, 1 + GAN_MAX_RANK);
        }
        GAN_TRY(read_size(d, &sizes[rank]));
        if (sizes[rank] == 0) return gan_fail(GAN_ERROR_EMPTY, "%s: dimension %d is 0", d->name, rank);
        rank++;
        if (accept(d, ",")) continue;
        if (!accept(d, ")")) return malformed(d);
        break;
    }
    if (rank == 0) return gan_fail(GAN_ERROR_SHAPE, "%s has a single value, expected an array", d->name);
    header->count = sizes[0];
    header->shape = GAN_SHAPE(1);
    if (rank > 1) header->shape.rank = rank - 1;
    for (int i = 1; i < rank; i++) header->shape.dims[i - 1] = sizes[i];
    return GAN_OK;
}

static gan_status read_entry(dictionary *d, gan_npy_header *header)
{
    char key[32];

    GAN_TRY(read_text(d, key, sizeof(key)));
    if (!accept(d, ":")) return malformed(d);
    bool *const has = strcmp(key, "descr") == 0           ? &d->has_descr
                      : strcmp(key, "fortran_order") == 0 ? &d->has_order
                      : strcmp(key, "shape") == 0         ? &d->has_shape
                                                          : NULL;
    if (!has || *has) return malformed(d);
    *has = true;
    return has == &d->has_descr   ? read_type(d, header)
           : has == &d->has_order ? read_order(d, header)
                                  : read_shape(d, header);
}

static gan_status read_dictionary(dictionary *d, gan_npy_header *header)
{
    if (!accept(d, "{")) return malformed(d);
    while (!accept(d, "}")) {
        GAN_TRY(read_entry(d, header));
        if (accept(d, ",")) continue;
        if (!accept(d, "}")) return malformed(d);
        break;
    }
    skip_space(d);
    return d->has_descr && d->has_order && d->has_shape && d->at == d->end ? GAN_OK : malformed(d);
}

/* The sizes, and the length of the file, which must end where its header says. */
static gan_status check_sizes(const gan_readable *from, gan_npy_header *header)
{
    char text[GAN_SHAPE_TEXT];
    int64_t values, expected;

    header->elements = gan_shape_count(header->shape);
    if (header->elements == 0 || !gan_checked_multiply(header->elements, header->count, &values) ||
        !gan_checked_multiply(values, header->item_size, &header->bytes) || header->bytes > INT64_MAX - from->size ||
        !gan_array_fits(values, sizeof(float))) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of %lld samples %s overflows", from->name,
                        (long long)header->count, gan_shape_text(header->shape, text));
    }
    expected = header->offset + header->bytes;
    if (from->size == expected) return GAN_OK;
    return gan_fail(from->size < expected ? GAN_ERROR_TRUNCATED : GAN_ERROR_TRAILING_DATA,
                    "%s has %lld bytes; its header says %lld", from->name, (long long)from->size,
                    (long long)expected);
}

gan_status gan_npy_read_header(const gan_readable *from, gan_npy_header *out)
{
    unsigned char start[magic_size + 4] = {0};
    char text[header_limit];
    gan_npy_header header = {.count = 0};

    GAN_TRY(gan_readable_read(from, 0, start, magic_size));
    if (memcmp(start, "\x93NUMPY", 6) != 0) {
        return gan_fail(GAN_ERROR_MAGIC, "%s is not a NumPy file%s", from->name, gan_readable_hint(from));
    }
    if (start[6] < 1 || start[6] > 3) {
        return gan_fail(GAN_ERROR_VERSION, "%s has NumPy's format %d.%d, expected 1.0, 2.0 or 3.0", from->name,
                        start[6], start[7]);
    }
    const int length_size = start[6] == 1 ? 2 : 4;
    GAN_TRY(gan_readable_read(from, magic_size, start + magic_size, (size_t)length_size));
    size_t length = 0;
    for (int i = length_size - 1; i >= 0; i--) length = length << 8 | start[magic_size + i];
    if (length > header_limit) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s has a header of %zu bytes, expected at most %d", from->name, length,
                        header_limit);
    }
    header.offset = magic_size + length_size;
    GAN_TRY(gan_readable_read(from, header.offset, text, length));
    header.offset += (int64_t)length;
    dictionary d = {.name = from->name, .at = text, .end = text + length};
    GAN_TRY(read_dictionary(&d, &header));
    GAN_TRY(check_sizes(from, &header));
    *out = header;
    return GAN_OK;
}
