/* Datasets from IDX files. Values stay as they are in the file: in memory if they fit, else in the file, or, from a
 * gzipped one, in an unnamed temporary file. */
#include "data/dataset/dataset.h"
#include "data/reading/reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { piece_size = 1 << 14, chunk_size = 1 << 20 };

typedef struct idx_source {
    gan_context *context;
    gan_idx_header header; /* of the images */
    bool transposed;
    const char *temporary_folder; /* while the files are opened; NULL: the system's */
    /* All samples, or NULL: one chunk if the file was known to have them, else as many as it turned out to fill. */
    unsigned char **chunks;
    int64_t chunk_count, chunk_capacity;
    int64_t bytes_of_chunk, byte_count; /* of each chunk but the last, of all */
    gan_readable from;                  /* otherwise: where they are */
    int64_t offset;                     /* of the first one in the file */
    float *labels;                      /* or NULL */
    int64_t label_capacity;
    float values[256]; /* of each byte */
    unsigned char piece[piece_size];
} idx_source;

static int64_t chunk_bytes(const idx_source *idx, int64_t i)
{
    const int64_t left = idx->byte_count - i * idx->bytes_of_chunk;

    return left < idx->bytes_of_chunk ? left : idx->bytes_of_chunk;
}

static void idx_destroy(void *state)
{
    idx_source *idx = state;
    gan_context *context = idx->context;

    for (int64_t i = 0; i < idx->chunk_count; i++) gan_release(context, idx->chunks[i], (size_t)chunk_bytes(idx, i));
    gan_release(context, idx->chunks, (size_t)idx->chunk_capacity * sizeof(unsigned char *));
    gan_release(context, idx->labels, (size_t)idx->label_capacity * sizeof(*idx->labels));
    gan_readable_close(&idx->from);
    gan_release(context, idx, sizeof(*idx));
    gan_context_release(context);
}

/* False if a value is beyond the numbers of float32. */
static bool value_at(const idx_source *idx, const unsigned char *bytes, float *out)
{
    if (idx->header.type != GAN_IDX_UINT8) return gan_idx_to_values(idx->header.type, bytes, 1, out);
    *out = idx->values[*bytes];
    return true;
}

/* Values number first, first + 1, ... of a sample to their places in it; false likewise. */
static bool to_values(const idx_source *idx, const unsigned char *bytes, int64_t first, int64_t count, float *out)
{
    const gan_idx_header *header = &idx->header;
    bool fit = true;

    if (idx->transposed) {
        for (int64_t i = 0; i < count; i++) {
            const int64_t row = (first + i) / header->width, column = (first + i) % header->width;
            fit = value_at(idx, bytes + i * header->item_size, &out[column * header->height + row]) && fit;
        }
    } else if (header->type == GAN_IDX_UINT8) {
        for (int64_t i = 0; i < count; i++) out[first + i] = idx->values[bytes[i]];
    } else {
        fit = gan_idx_to_values(header->type, bytes, count, out + first);
    }
    return fit;
}

/* Finds `count` bytes from byte number `start` on; fewer, but whole values, at the end of a chunk or a piece. */
static gan_status find_bytes(idx_source *idx, int64_t start, int64_t *count, const unsigned char **bytes)
{
    const int64_t inside = idx->chunks ? start % idx->bytes_of_chunk : 0;
    const int64_t most = idx->chunks ? idx->bytes_of_chunk - inside : piece_size;

    if (*count > most) *count = most;
    if (!idx->chunks) GAN_TRY(gan_readable_read(&idx->from, idx->offset + start, idx->piece, (size_t)*count));
    *bytes = idx->chunks ? idx->chunks[start / idx->bytes_of_chunk] + inside : idx->piece;
    return GAN_OK;
}

static gan_status read_sample(idx_source *idx, int64_t number, float *out)
{
    const int64_t size = idx->header.item_size, length = idx->header.elements * size;
    const unsigned char *bytes = NULL;

    for (int64_t done = 0, count; done < length; done += count) {
        count = length - done;
        GAN_TRY(find_bytes(idx, number * length + done, &count, &bytes));
        if (to_values(idx, bytes, done / size, count / size, out)) continue;
        return gan_fail(GAN_ERROR_FORMAT, "image %lld has a value beyond the numbers of float32, up to 3.4e38",
                        (long long)number);
    }
    return GAN_OK;
}

static gan_status idx_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    idx_source *idx = state;
    float *images = fields[0], *labels = idx->labels ? fields[1] : NULL;

    for (int64_t i = 0; i < count && images; i++)
        GAN_TRY(read_sample(idx, numbers[i], images + i * idx->header.elements));
    for (int64_t i = 0; i < count && labels; i++) labels[i] = idx->labels[numbers[i]];
    return GAN_OK;
}

static const gan_source_ops idx_ops = {.read = idx_read, .destroy = idx_destroy};

/* Copies `size` bytes from a reader to a descriptor, or nowhere if it is negative. */
static gan_status copy_bytes(idx_source *idx, gan_byte_reader *reader, int64_t size, int to)
{
    for (int64_t left = size; left > 0; left -= piece_size) {
        const size_t piece = left < piece_size ? (size_t)left : piece_size;
        GAN_TRY(gan_byte_reader_read(reader, idx->piece, piece));
        const int error = to < 0 ? 0 : gan_write_all(to, idx->piece, piece, NULL);
        if (error) return gan_fail_errno(error, "cannot write a temporary file of %lld bytes", (long long)size);
    }
    return GAN_OK;
}

/* Reads `size` bytes into chunks. What a gzipped file claims is allocated only as it is read; the length of a plain
 * one has been checked. */
static gan_status read_chunks(idx_source *idx, gan_byte_reader *reader, int64_t size)
{
    const bool is_known = gan_byte_reader_size(reader) >= 0;

    idx->byte_count = size;
    idx->bytes_of_chunk = is_known || size < chunk_size ? size : chunk_size;
    for (int64_t i = 0; i * idx->bytes_of_chunk < size; i++) {
        unsigned char **chunks =
            gan_grow_array(idx->context, idx->chunks, i, &idx->chunk_capacity, sizeof(unsigned char *));
        if (!chunks) return GAN_ERROR_MEMORY;
        idx->chunks = chunks;
        chunks[i] = gan_allocate_array(idx->context, chunk_bytes(idx, i), 1);
        if (!chunks[i]) return GAN_ERROR_MEMORY;
        idx->chunk_count++;
        GAN_TRY(gan_byte_reader_read(reader, chunks[i], (size_t)chunk_bytes(idx, i)));
    }
    return GAN_OK;
}

static gan_status unpack_to_disk(idx_source *idx, gan_byte_reader *reader, int64_t size)
{
    const char *folder = idx->temporary_folder;
    char name[GAN_SENTENCE], usual[GAN_SENTENCE];

    gan_temporary_folder(usual, sizeof(usual));
    if (!folder) folder = usual;
    snprintf(name, sizeof(name), "the temporary file of %s", gan_byte_reader_name(reader));
    char *copy = gan_copy_text(idx->context, name);
    if (!copy) return GAN_ERROR_MEMORY;
    const int descriptor = gan_open_unnamed(folder);
    if (descriptor < 0) {
        const gan_status status = gan_fail_errno(errno, "cannot create a temporary file in %s", folder);
        gan_release_text(idx->context, copy);
        return status;
    }
    idx->from.file = (gan_file){gan_context_retain(idx->context), copy, descriptor, size};
    return copy_bytes(idx, reader, size, descriptor);
}

/* Keeps the first `size` bytes of the images wherever they fit, and makes sure that the others exist. */
static gan_status load_images(idx_source *idx, gan_byte_reader *reader, gan_origin from, const gan_idx_header *header,
                              int64_t size, size_t memory_limit)
{
    const int64_t in_file = gan_byte_reader_size(reader);

    if ((uint64_t)size <= memory_limit) {
        GAN_TRY(read_chunks(idx, reader, size));
    } else if (in_file >= 0) {
        idx->offset = in_file - header->bytes;
        return gan_readable_open(idx->context, from, &idx->from);
    } else {
        GAN_TRY(unpack_to_disk(idx, reader, size));
    }
    if (in_file >= 0) return GAN_OK; /* its length has been checked */
    GAN_TRY(copy_bytes(idx, reader, header->bytes - size, -1));
    return gan_byte_reader_finish(reader);
}

/* Reads the first column of labels, and finds the number of classes. Keeps the first `kept`; all decide on the number
 * of classes. */
static gan_status read_labels(idx_source *idx, gan_byte_reader *reader, const gan_idx_header *header, int64_t kept,
                              int64_t *classes)
{
    enum { at_once = 256 };
    const gan_field field = {.name = "label", .classes = GAN_MAX_CLASSES};
    const int64_t row = header->elements * header->item_size;
    const int64_t most = piece_size / row < at_once ? piece_size / row : at_once;
    float values[at_once], largest = 0;

    if (most == 0) {
        return gan_fail(GAN_ERROR_SHAPE, "%s has %lld columns, too many for labels", gan_byte_reader_name(reader),
                        (long long)header->elements);
    }
    if (gan_byte_reader_size(reader) >= 0) { /* the file has what its header claims */
        idx->labels = gan_allocate_array(idx->context, kept, sizeof(*idx->labels));
        if (!idx->labels) return GAN_ERROR_MEMORY;
        idx->label_capacity = kept;
    }
    for (int64_t done = 0, size; done < header->count; done += size) {
        size = header->count - done < most ? header->count - done : most;
        GAN_TRY(gan_byte_reader_read(reader, idx->piece, (size_t)(size * row)));
        for (int64_t i = 0; i < size; i++) gan_idx_to_values(header->type, idx->piece + i * row, 1, &values[i]);
        GAN_TRY(gan_labels_check(gan_byte_reader_name(reader), &field, values, size, NULL));
        for (int64_t i = 0; i < size; i++) {
            largest = values[i] > largest ? values[i] : largest;
            if (done + i >= kept) continue;
            float *labels =
                gan_grow_array(idx->context, idx->labels, done + i, &idx->label_capacity, sizeof(*labels));
            if (!labels) return GAN_ERROR_MEMORY;
            idx->labels = labels;
            labels[done + i] = values[i];
        }
    }
    *classes = (int64_t)largest + 1;
    return gan_byte_reader_finish(reader);
}

static gan_status load_labels(idx_source *idx, gan_origin from, int64_t images, int64_t kept, int64_t *classes)
{
    gan_byte_reader *reader = NULL;
    gan_idx_header header;

    GAN_TRY(gan_byte_reader_open(idx->context, from, &reader));
    gan_status status = gan_idx_read_header(reader, GAN_IDX_LABELS, &header);
    if (status == GAN_OK && header.count != images) {
        status = gan_fail(GAN_ERROR_SHAPE, "%s has %lld label%s for %lld image%s", gan_byte_reader_name(reader),
                          (long long)header.count, gan_plural(header.count), (long long)images, gan_plural(images));
    }
    if (status == GAN_OK) status = read_labels(idx, reader, &header, kept, classes);
    gan_byte_reader_close(reader);
    return status;
}

/* The options that only IDX files have, and the others. */
static gan_status read_options(idx_source *idx, const gan_dataset_options *given, int64_t count,
                               gan_dataset_options *options)
{
    gan_dataset_options common;

    GAN_TRY(gan_options_read(&common, sizeof(common), given, "gan_dataset_options"));
    idx->transposed = common.transposed;
    idx->temporary_folder = common.temporary_folder;
    common.struct_size = sizeof(common);
    common.transposed = false;
    return gan_dataset_options_resolve(&common, count, options);
}

/* Opens both files into `idx`, which the caller destroys on failure. */
static gan_status open_files(idx_source *idx, gan_origin images, const gan_origin *labels,
                             const gan_dataset_options *given, gan_dataset_options *options, gan_field fields[2])
{
    gan_byte_reader *reader = NULL;
    gan_idx_header header;

    GAN_TRY(gan_byte_reader_open(idx->context, images, &reader));
    gan_status status = gan_idx_read_header(reader, GAN_IDX_IMAGES, &header);
    if (status == GAN_OK) status = read_options(idx, given, header.count, options);
    if (status == GAN_OK && labels) {
        status = load_labels(idx, *labels, header.count, options->limit, &fields[1].classes);
    }
    if (status == GAN_OK) {
        const int64_t size = options->limit * header.elements * header.item_size;
        idx->header = header;
        fields[0].shape =
            idx->transposed ? GAN_SHAPE(1, header.width, header.height) : GAN_SHAPE(1, header.height, header.width);
        status = load_images(idx, reader, images, &header, size, options->memory_limit);
    }
    gan_byte_reader_close(reader);
    return status;
}

/* Without labels, these are NULL. */
static gan_status open_idx(gan_context *context, gan_origin images, const gan_origin *labels,
                           const gan_dataset_options *options, gan_dataset **out)
{
    gan_field fields[2] = {{.name = "image"}, {.name = "label", .shape = GAN_SHAPE(1)}};
    gan_dataset_options resolved;

    idx_source *idx = gan_allocate(context, sizeof(*idx));
    if (!idx) return GAN_ERROR_MEMORY;
    idx->context = gan_context_retain(context);
    for (int b = 0; b < 256; b++) idx->values[b] = (float)(b / 127.5 - 1.0);
    const gan_status status = open_files(idx, images, labels, options, &resolved, fields);
    if (status != GAN_OK) {
        idx_destroy(idx);
        return status;
    }
    return gan_dataset_create(context, &idx_ops, idx, fields, labels ? 2 : 1, &resolved, out);
}

gan_status gan_dataset_open_idx(gan_context *context, const char *images_path, const char *labels_path,
                                const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    const gan_origin labels = {.path = labels_path};

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(images_path);
    GAN_CHECK_NOT_NULL(out);
    return open_idx(context, (gan_origin){.path = images_path}, labels_path ? &labels : NULL, options, out);
}

gan_status gan_dataset_open_idx_from(gan_context *context, gan_reader images, const gan_reader *labels,
                                     const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    const gan_origin from = {.reader = labels ? *labels : images};

    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_reader_check(images, __func__));
    GAN_TRY(gan_reader_check(from.reader, __func__));
    GAN_CHECK_NOT_NULL(out);
    return open_idx(context, (gan_origin){.reader = images}, labels ? &from : NULL, options, out);
}
