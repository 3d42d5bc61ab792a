/* Datasets from NumPy files, one for each field. What fits is kept in memory as it is in the file, the rest is read
 * from there. */
#include "data/dataset/dataset.h"
#include "data/reading/reading.h"

#include <math.h>
#include <string.h>

enum { piece_size = 1 << 14 };

typedef struct npy_column {
    gan_readable from;
    gan_npy_header header;
    bool scaled;
    unsigned char *bytes; /* all samples, or NULL */
    size_t byte_count;
} npy_column;

typedef struct npy_source {
    gan_context *context;
    gan_field *fields; /* their names are the source's, or those that were given */
    npy_column *columns;
    int64_t count;
    unsigned char piece[piece_size];
} npy_source;

static void npy_destroy(void *state)
{
    npy_source *npy = state;
    gan_context *context = npy->context;

    for (int64_t f = 0; f < npy->count; f++) {
        gan_readable_close(&npy->columns[f].from);
        gan_release(context, npy->columns[f].bytes, npy->columns[f].byte_count);
    }
    gan_release(context, npy->columns, (size_t)npy->count * sizeof(*npy->columns));
    gan_release(context, npy->fields, (size_t)npy->count * sizeof(*npy->fields));
    gan_release(context, npy, sizeof(*npy));
    gan_context_release(context);
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

/* How an array's values are stored. */
typedef struct npy_format {
    char kind; /* as in the header */
    int size;
    bool big_endian;
} npy_format;

/* A value's bytes as a number, the least significant last in the file or first. */
static inline __attribute__((always_inline)) uint64_t word_at(const unsigned char *bytes, npy_format of)
{
    uint64_t value = 0;

    for (int i = 0; i < of.size; i++) value = value << 8 | bytes[of.big_endian ? i : of.size - 1 - i];
    return value;
}

static inline __attribute__((always_inline)) double float_value(uint64_t word, int size)
{
    static const gan_float_format half = GAN_FLOAT_HALF;
    const uint32_t single = size == 2 ? gan_float_widen((uint32_t)word, half) : (uint32_t)word;
    float narrow;
    double wide;

    memcpy(&narrow, &single, sizeof(narrow));
    memcpy(&wide, &word, sizeof(wide));
    return size == 8 ? wide : (double)narrow;
}

/* In two's complement. */
static double integer_value(uint64_t word, int size)
{
    const int unused = 64 - 8 * size;
    const int64_t value = (int64_t)(word << unused) / ((int64_t)1 << unused);

    return (double)value;
}

/* False if a value is beyond the numbers of float32; *bad is its place then. Inlined, so that the usual formats have
 * loops of their own. */
static inline __attribute__((always_inline)) bool convert(npy_format of, bool scaled, const unsigned char *bytes,
                                                          int64_t count, float *out, int64_t *bad)
{
    const bool is_wide = of.kind == 'f' && of.size == 8;

    for (int64_t i = 0; i < count; i++, bytes += of.size) {
        const uint64_t word = word_at(bytes, of);
        const double value = of.kind == 'f'   ? float_value(word, of.size)
                             : of.kind == 'i' ? integer_value(word, of.size)
                                              : (double)word;
        out[i] = scaled ? (float)(value / 127.5 - 1.0) : (float)value;
        if (!is_wide || !isinf(out[i]) || isinf(value)) continue;
        *bad = i;
        return false;
    }
    return true;
}

static bool to_values(const npy_column *column, const unsigned char *bytes, int64_t count, float *out, int64_t *bad)
{
    const gan_npy_header *header = &column->header;
    const npy_format of = {header->kind, (int)header->item_size, header->big_endian};

    if (of.kind == 'u' && of.size == 1)
        return convert((npy_format){'u', 1, false}, column->scaled, bytes, count, out, bad);
    if (of.kind == 'f' && of.size == 4 && !of.big_endian)
        return convert((npy_format){'f', 4, false}, false, bytes, count, out, bad);
    return convert(of, false, bytes, count, out, bad);
}

static gan_status value_too_large(const npy_column *column, int64_t place)
{
    return gan_fail(GAN_ERROR_FORMAT, "%s: value %lld of sample %lld is beyond the numbers of float32, up to 3.4e38",
                    column->from.name, (long long)(place % column->header.elements),
                    (long long)(place / column->header.elements));
}

/* A sample of an array in Fortran order, whose values are apart. */
static gan_status gather(const npy_column *column, int64_t number, float *out)
{
    const gan_npy_header *header = &column->header;
    const int rank = header->shape.rank;
    int64_t index[GAN_MAX_RANK] = {0}, bad;

    for (int64_t i = 0; i < header->elements; i++) {
        int64_t place = 0;
        for (int d = rank - 1; d >= 0; d--) place = place * header->shape.dims[d] + index[d];
        place = place * header->count + number;
        if (!to_values(column, column->bytes + place * header->item_size, 1, out + i, &bad))
            return value_too_large(column, number * header->elements + i);
        for (int d = rank - 1; d >= 0 && ++index[d] == header->shape.dims[d]; d--) index[d] = 0;
    }
    return GAN_OK;
}

static bool is_apart(const npy_column *column)
{
    return column->header.fortran && column->header.elements > 1;
}

/* Values of `count` samples that follow each other in the file. */
static gan_status read_run(npy_source *npy, const npy_column *column, int64_t first, int64_t count, float *out)
{
    const int64_t size = column->header.item_size, most = piece_size / size;
    const int64_t start = first * column->header.elements, values = count * column->header.elements;
    int64_t bad;

    if (is_apart(column)) {
        for (int64_t i = 0; i < count; i++) GAN_TRY(gather(column, first + i, out + i * column->header.elements));
        return GAN_OK;
    }
    if (column->bytes) {
        return to_values(column, column->bytes + start * size, values, out, &bad)
                   ? GAN_OK
                   : value_too_large(column, start + bad);
    }
    for (int64_t done = 0; done < values; done += most) {
        const int64_t piece = values - done < most ? values - done : most;
        GAN_TRY(gan_readable_read(&column->from, column->header.offset + (start + done) * size, npy->piece,
                                  (size_t)(piece * size)));
        if (!to_values(column, npy->piece, piece, out + done, &bad))
            return value_too_large(column, start + done + bad);
    }
    return GAN_OK;
}

static gan_status read_column(npy_source *npy, int64_t f, const int64_t *numbers, int64_t count, float *out)
{
    const npy_column *column = &npy->columns[f];

    for (int64_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && numbers[i + run] == numbers[i] + run;) run++;
        GAN_TRY(read_run(npy, column, numbers[i], run, out + i * column->header.elements));
    }
    if (npy->fields[f].classes == 0) return GAN_OK;
    return gan_labels_check(column->from.name, &npy->fields[f], out, count, numbers);
}

static gan_status npy_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    npy_source *npy = state;

    for (int64_t f = 0; f < npy->count; f++) {
        if (fields[f]) GAN_TRY(read_column(npy, f, numbers, count, fields[f]));
    }
    return GAN_OK;
}

static const gan_source_ops npy_ops = {.read = npy_read, .destroy = npy_destroy};

/* ---- Opening ------------------------------------------------------------------------------------------------ */

/* The classes of a label: the largest + 1. */
static gan_status count_classes(npy_source *npy, int64_t f)
{
    const npy_column *column = &npy->columns[f];
    gan_field *field = &npy->fields[f];
    float values[GAN_SOURCE_PIECE], largest = 0;
    const gan_field any = {.name = field->name, .classes = GAN_MAX_CLASSES};

    for (int64_t done = 0, size; done < column->header.count; done += size) {
        int64_t numbers[GAN_SOURCE_PIECE];
        size = column->header.count - done < GAN_SOURCE_PIECE ? column->header.count - done : GAN_SOURCE_PIECE;
        for (int64_t i = 0; i < size; i++) numbers[i] = done + i;
        GAN_TRY(read_run(npy, column, done, size, values));
        GAN_TRY(gan_labels_check(column->from.name, &any, values, size, numbers));
        for (int64_t i = 0; i < size; i++) largest = values[i] > largest ? values[i] : largest;
    }
    field->classes = (int64_t)largest + 1;
    return GAN_OK;
}

/* Where a field is read, by its path or, unless `readers` is NULL, by its reader. */
static gan_status find_origin(const char *function, int64_t f, const gan_npy_field *given, const gan_reader *readers,
                              gan_origin *out)
{
    if (!readers && !given->path) {
        return gan_fail(GAN_ERROR_NULL, "%s: the path of field %lld is NULL", function, (long long)f);
    }
    if (readers && given->path) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the path of field %lld is not NULL, but it has a reader", function,
                        (long long)f);
    }
    if (readers) GAN_TRY(gan_reader_check(readers[f], function));
    *out = readers ? (gan_origin){.reader = readers[f]} : (gan_origin){.path = given->path};
    return GAN_OK;
}

static gan_status open_column(const char *function, npy_source *npy, int64_t f, const gan_npy_field *given,
                              gan_origin from)
{
    npy_column *column = &npy->columns[f];
    gan_field *field = &npy->fields[f];
    char text[GAN_SHAPE_TEXT];

    if (given->flags & ~(uint64_t)(GAN_NPY_LABEL | GAN_NPY_SCALE_BYTES)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the flags of field %lld are 0x%llx, expected bits of gan_npy_flag",
                        function, (long long)f, (unsigned long long)given->flags);
    }
    GAN_TRY(gan_readable_open(npy->context, from, &column->from));
    GAN_TRY(gan_npy_read_header(&column->from, &column->header));
    column->scaled = given->flags & GAN_NPY_SCALE_BYTES;
    if (column->scaled && (column->header.kind != 'u' || column->header.item_size != 1)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "%s has no bytes to scale: its values are of another type",
                        column->from.name);
    }
    if (column->header.count != npy->columns[0].header.count) {
        return gan_fail(GAN_ERROR_SHAPE, "%s has %lld sample%s, but %s has %lld", column->from.name,
                        (long long)column->header.count, gan_plural(column->header.count), npy->columns[0].from.name,
                        (long long)npy->columns[0].header.count);
    }
    *field = (gan_field){.name = given->name, .shape = column->header.shape};
    if ((given->flags & GAN_NPY_LABEL) && column->header.elements > 1) {
        return gan_fail(GAN_ERROR_SHAPE, "%s has samples %s, expected class labels, single numbers",
                        column->from.name, gan_shape_text(field->shape, text));
    }
    return GAN_OK;
}

/* Keeps the first samples in memory if they fit into what is left of the limit; in Fortran order all of them. */
static gan_status load_column(npy_source *npy, npy_column *column, int64_t count, size_t *left)
{
    const int64_t values = is_apart(column) ? column->header.count : count;
    const int64_t size = values * column->header.elements * column->header.item_size;

    if ((uint64_t)size > *left) {
        if (!is_apart(column)) return GAN_OK;
        return gan_fail(GAN_ERROR_OVERFLOW,
                        "%s is in Fortran order and needs %lld bytes of memory_limit, of which %zu are left",
                        column->from.name, (long long)size, *left);
    }
    unsigned char *bytes = gan_allocate_array(npy->context, size, 1);
    if (!bytes) return GAN_ERROR_MEMORY;
    column->bytes = bytes;
    column->byte_count = (size_t)size;
    *left -= column->byte_count;
    return gan_readable_read(&column->from, column->header.offset, bytes, column->byte_count);
}

static gan_status open_columns(const char *function, npy_source *npy, int64_t field_count, const gan_npy_field *given,
                               const gan_reader *readers, const gan_dataset_options *given_options,
                               gan_dataset_options *options)
{
    npy->columns = gan_allocate_array(npy->context, field_count, sizeof(*npy->columns));
    if (!npy->columns) return GAN_ERROR_MEMORY;
    npy->fields = gan_allocate_array(npy->context, field_count, sizeof(*npy->fields));
    if (!npy->fields) {
        gan_release(npy->context, npy->columns, (size_t)field_count * sizeof(*npy->columns));
        npy->columns = NULL;
        return GAN_ERROR_MEMORY;
    }
    npy->count = field_count;
    for (int64_t f = 0; f < field_count; f++) {
        gan_origin from;
        GAN_TRY(find_origin(function, f, &given[f], readers, &from));
        GAN_TRY(open_column(function, npy, f, &given[f], from));
    }
    const int64_t count = npy->columns[0].header.count;
    GAN_TRY(gan_dataset_options_resolve(given_options, count, options));
    GAN_TRY(gan_fields_check(function, count, npy->fields, field_count));
    for (int64_t f = 0; f < field_count; f++) {
        if (!(given[f].flags & GAN_NPY_LABEL)) continue;
        npy->fields[f].shape = GAN_SHAPE(1);
        GAN_TRY(count_classes(npy, f));
    }
    size_t left = options->memory_limit;
    for (int64_t f = 0; f < field_count; f++) GAN_TRY(load_column(npy, &npy->columns[f], options->limit, &left));
    return GAN_OK;
}

/* Without readers, these are NULL. */
static gan_status open_npy(gan_context *context, int64_t field_count, const gan_npy_field *fields,
                           const gan_reader *readers, const gan_dataset_options *options, const char *function,
                           gan_dataset **out)
{
    gan_dataset_options resolved;

    GAN_TRY(gan_field_count_check(function, field_count));
    npy_source *npy = gan_allocate(context, sizeof(*npy));
    if (!npy) return GAN_ERROR_MEMORY;
    npy->context = gan_context_retain(context);
    const gan_status status = open_columns(function, npy, field_count, fields, readers, options, &resolved);
    if (status != GAN_OK) {
        npy_destroy(npy);
        return status;
    }
    GAN_TRY(gan_dataset_create(context, &npy_ops, npy, npy->fields, field_count, &resolved, out));
    for (int64_t f = 0; f < field_count; f++) npy->fields[f].name = (*out)->source->fields[f].name;
    return GAN_OK;
}

gan_status gan_dataset_open_npy(gan_context *context, int64_t field_count, const gan_npy_field *fields,
                                const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(fields);
    GAN_CHECK_NOT_NULL(out);
    return open_npy(context, field_count, fields, NULL, options, __func__, out);
}

gan_status gan_dataset_open_npy_from(gan_context *context, int64_t field_count, const gan_npy_field *fields,
                                     const gan_reader *readers, const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(fields);
    GAN_CHECK_NOT_NULL(readers);
    GAN_CHECK_NOT_NULL(out);
    return open_npy(context, field_count, fields, readers, options, __func__, out);
}
