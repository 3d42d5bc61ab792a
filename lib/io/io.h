/* The door of io: files. Everything here works on float and on names; it knows nothing of models. */
#ifndef GAN_IO_H
#define GAN_IO_H

#include "core/core.h"

/* ---- Temporary files (temporary_name.c, temporary_posix.c; on Windows, replacement_windows.c) ---------------- */

#define GAN_TEMPORARY_NAME 48
/* A name that no other process makes; another one for each attempt. */
void gan_temporary_make_name(char name[GAN_TEMPORARY_NAME], unsigned attempt);
bool gan_is_temporary_name(const char *name);

typedef struct gan_temporary {
    int folder;                    /* POSIX: a descriptor, the caller's */
    int descriptor;                /* open for reading and writing, and locked until it is closed; -1: none */
    char name[GAN_TEMPORARY_NAME]; /* in the folder; empty while it has none */
} gan_temporary;

/* POSIX: creates a file, without a name if possible. Returns 0 or the error number. */
int gan_temporary_create(gan_temporary *file, int folder, mode_t mode);
/* POSIX: gives it a name if it has none. Returns 0 or the error number. */
int gan_temporary_name(gan_temporary *file);
/* POSIX: removes the name that it has, and closes it. */
void gan_temporary_abandon(gan_temporary *file);
/* POSIX: removes the temporary files that killed processes have left in a folder. */
void gan_temporary_clean(gan_context *context, int folder);

/* ---- Atomic replacement of a file (atomic_file.c) -------------------------------------------------------- */
/* Writes go to a temporary file in the same folder; commit makes them durable (fsync), renames the file to `path` and
 * syncs the folder. Whatever happens before the rename, the old file stays untouched. Pipes, character devices and
 * what only a descriptor leads to (/proc/self/fd/N) are written in place, and so is a file that is a mount point. */
typedef struct gan_atomic_file gan_atomic_file;
gan_status gan_atomic_file_open(gan_context *context, const char *path, gan_atomic_file **out);
gan_status gan_atomic_file_write(gan_atomic_file *file, const void *data, size_t size);
/* Both release the handle. */
gan_status gan_atomic_file_commit(gan_atomic_file *file);
void gan_atomic_file_abandon(gan_atomic_file *file); /* accepts NULL */

/* ---- Where bytes go to (streams.c) ----------------------------------------------------------------------- */

/* A file to replace, or a writer of the host. */
typedef struct gan_target {
    const char *path; /* NULL: the writer */
    gan_writer writer;
} gan_target;

/* GAN_ERROR_NULL unless the argument `writer` of a public function has its callback. */
gan_status gan_writer_check(gan_writer writer, const char *function);

/* The writer gets small pieces together. */
typedef struct gan_writable {
    gan_atomic_file *file; /* NULL: the writer */
    gan_writer writer;
    size_t waiting; /* bytes that it has not got yet */
    unsigned char buffer[4096];
} gan_writable;

gan_status gan_writable_open(gan_context *context, gan_target to, gan_writable *out);
gan_status gan_writable_write(gan_writable *writable, const void *data, size_t size);
/* Commits a file, or gives the writer the rest, unless `status` is a failure: then it abandons the file, and returns
 * the status. */
gan_status gan_writable_close(gan_writable *writable, gan_status status);

/* ---- Protocol Buffers (wire_write.c) --------------------------------------------------------------------- */

/* How a field's value is written, as the number behind the field's. */
typedef enum gan_wire_type {
    GAN_WIRE_VARINT = 0,  /* int64, int32, enum */
    GAN_WIRE_FIXED64 = 1, /* double */
    GAN_WIRE_LENGTH = 2,  /* string, bytes, message, packed numbers */
    GAN_WIRE_FIXED32 = 5  /* float */
} gan_wire_type;

/* Fields of messages, one after another. The first failure is remembered, and nothing is written after it. */
typedef struct gan_wire {
    gan_context *context;
    unsigned char *data;
    int64_t size, capacity;
    gan_status status;
} gan_wire;

void gan_wire_release(gan_wire *wire);
/* Keeps the memory for another message. */
void gan_wire_clear(gan_wire *wire);
/* Bytes that are no field. */
void gan_wire_put(gan_wire *wire, const void *bytes, size_t size);
void gan_wire_write_int(gan_wire *wire, int field, int64_t value);
void gan_wire_write_float(gan_wire *wire, int field, float value);
void gan_wire_write_double(gan_wire *wire, int field, double value);
void gan_wire_write_doubles(gan_wire *wire, int field, const double *values, int64_t count); /* packed */
void gan_wire_write_bytes(gan_wire *wire, int field, const void *bytes, size_t size);
void gan_wire_write_text(gan_wire *wire, int field, const char *text);
/* The head of a field whose `size` bytes are written elsewhere. */
void gan_wire_write_length(gan_wire *wire, int field, int64_t size);
/* A message inside: begin returns what end takes. */
int64_t gan_wire_begin(gan_wire *wire, int field);
void gan_wire_end(gan_wire *wire, int64_t begin);

/* ---- Safetensors (safetensors_write.c, safetensors_read.c) ----------------------------------------------- */

/* Only tensors of these types are written and read. */
typedef enum gan_safetensors_type {
    GAN_SAFETENSORS_F32,
    GAN_SAFETENSORS_F64,
    GAN_SAFETENSORS_F16,
    GAN_SAFETENSORS_BF16,
    GAN_SAFETENSORS_OTHER /* in files of others */
} gan_safetensors_type;

typedef struct gan_safetensors_entry {
    const char *name;
    int rank; /* 0 to GAN_MAX_RANK + 1; in files of others any, of which the first are in `dims` */
    int64_t dims[GAN_MAX_RANK + 1];
    int64_t count; /* 0 in files of others if it is empty */
    gan_safetensors_type type;
} gan_safetensors_entry;

#define GAN_SAFETENSORS_METADATA     "__metadata__"
#define GAN_SAFETENSORS_HEADER_LIMIT 100000000 /* bytes; as in the reference implementation */

/* key, value pairs for "__metadata__" */
typedef struct gan_metadata {
    const char *key, *value;
} gan_metadata;

/* Provides the values of entry `index`: `count` doubles if that is its type, else floats, into out. Halves are
 * rounded to nearest, ties to even; a finite value that would become infinite is GAN_ERROR_NOT_FINITE. */
typedef gan_status (*gan_safetensors_fill_fn)(void *user, size_t index, void *out);

gan_status gan_safetensors_write(gan_context *context, gan_target to, const gan_safetensors_entry *entries,
                                 size_t entry_count, const gan_metadata *metadata, size_t metadata_count,
                                 gan_safetensors_fill_fn fill, void *user);

/* A file whose header has been fully checked: sizes, offsets without gaps or overlaps, the file's length. */
typedef struct gan_safetensors gan_safetensors;
gan_status gan_safetensors_open(gan_context *context, gan_origin from, gan_safetensors **out);
void gan_safetensors_close(gan_safetensors *file);             /* accepts NULL */
const char *gan_safetensors_name(const gan_safetensors *file); /* for messages: of its gan_readable */
size_t gan_safetensors_count(const gan_safetensors *file);
/* Entry `index` in the order of the data, and the entry called `name` (*index gets its number), or NULL. */
const gan_safetensors_entry *gan_safetensors_at(const gan_safetensors *file, size_t index);
const gan_safetensors_entry *gan_safetensors_find(const gan_safetensors *file, const char *name, size_t *index);
/* The number of a tensor that the caller needs: GAN_ERROR_ARCHITECTURE if none has this name and shape,
 * GAN_ERROR_UNSUPPORTED if it has another type. */
gan_status gan_safetensors_expect(const gan_safetensors *file, const char *name, gan_shape shape,
                                  gan_safetensors_type type, size_t *index);
/* The same for a tensor of any type that is read. */
gan_status gan_safetensors_expect_floats(const gan_safetensors *file, const char *name, gan_shape shape,
                                         size_t *index);
/* Reads entry->count values: of any type, rounded to floats, or those of doubles. */
gan_status gan_safetensors_read(const gan_safetensors *file, size_t index, float *out);
gan_status gan_safetensors_read_doubles(const gan_safetensors *file, size_t index, double *out);
/* The metadata value of a key, or NULL. */
const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key);
/* The version of the format that libgan wrote, "1" and up, under this key: GAN_ERROR_VERSION if it is above `newest`,
 * GAN_ERROR_FORMAT if it is missing or is not as libgan writes it. */
#define GAN_SAFETENSORS_FORMAT_KEY "libgan.format"
gan_status gan_safetensors_check_format(const gan_safetensors *file, int newest);

/* Bytes of a value (value_types.c). */
size_t gan_safetensors_bytes(gan_safetensors_type type);
/* Values of a type, but F32, from little-endian bytes. */
void gan_floats_from_bytes(gan_safetensors_type type, const unsigned char *bytes, int64_t count, float *out);
/* Floats to such bytes of F16 or BF16, in place. Returns the index of the first finite value that would become
 * infinite, where it stops, or -1. */
int64_t gan_floats_to_bytes(gan_safetensors_type type, float *values, int64_t count);

/* ---- Pictures (png.c, canvas.c, font.c) ------------------------------------------------------------------ */

/* Fills a row of a picture: width * channels bytes, from left to right. */
typedef void (*gan_png_row_fn)(void *user, int64_t row, unsigned char *pixels);

/* 1 (grey) or 3 (RGB) channels. GAN_ERROR_UNSUPPORTED when built without libpng. */
gan_status gan_png_write(gan_context *context, gan_target to, int64_t width, int64_t height, int channels,
                         gan_png_row_fn row, void *user);

typedef struct gan_picture_size {
    int64_t width, height;
} gan_picture_size;

/* gan_png_write_grid() to anywhere; `function` names the caller in messages. *size, unless it is NULL, becomes the
 * size of the picture. */
gan_status gan_png_write_grid_at(gan_context *context, gan_target to, const float *images, int64_t count,
                                 gan_shape shape, int64_t columns, const char *function, gan_picture_size *size);

/* An RGB picture to draw on. Coordinates are pixels from the top left corner, fractions included; anything outside is
 * not drawn. Edges are smooth. */
typedef struct gan_canvas {
    gan_context *context;
    int width, height;
    unsigned char *pixels;
    unsigned char *coverage; /* of each pixel by the shape being drawn; 0 between shapes */
} gan_canvas;

typedef struct gan_point {
    double x, y;
} gan_point;

typedef struct gan_box {
    double left, top, right, bottom;
} gan_box;

typedef enum gan_align { GAN_ALIGN_LEFT, GAN_ALIGN_CENTRE, GAN_ALIGN_RIGHT } gan_align;

/* Starts white. */
gan_status gan_canvas_create(gan_context *context, int width, int height, gan_canvas *out);
void gan_canvas_release(gan_canvas *canvas); /* accepts a zeroed one */
gan_status gan_canvas_write_png(const gan_canvas *canvas, gan_target to);
/* Colors are 0xRRGGBB; opacity is 0 to 1. */
void gan_canvas_fill(gan_canvas *canvas, gan_box box, uint32_t color, double opacity);
/* Fills between two lines of the same, increasing, x. */
void gan_canvas_band(gan_canvas *canvas, const gan_point *upper, const gan_point *lower, int64_t count, gan_box clip,
                     uint32_t color, double opacity);
/* A line through points, with round ends; a point that is not finite interrupts it. */
void gan_canvas_line(gan_canvas *canvas, const gan_point *points, int64_t count, double width, gan_box clip,
                     uint32_t color);
/* Text on a baseline; `size` is the height of a capital. */
void gan_canvas_text(gan_canvas *canvas, double x, double y, double size, gan_align align, uint32_t color,
                     const char *text);
double gan_canvas_text_width(double size, const char *text);

/* The dots of a printable ASCII character, or of '?': rows from the top, the leftmost of five dots is 16. */
#define GAN_GLYPH_WIDTH   5
#define GAN_GLYPH_HEIGHT  9
#define GAN_GLYPH_CAPITAL 7 /* rows of a capital: the baseline is below them */
const unsigned char *gan_glyph(char character);

/* ---- Plots (plot.c) -------------------------------------------------------------------------------------- */

/* A curve over the panel's x values, smoothed, and the range it stays within. NaN leaves a gap. */
typedef struct gan_curve {
    const char *name;
    uint32_t color;
    const double *smooth, *low, *high;
} gan_curve;

typedef struct gan_plot_panel {
    gan_box box; /* of the axes; labels and title lie around it */
    const char *title, *x_label;
    const double *x; /* increasing */
    int64_t count;
    const gan_curve *curves;
    int curve_count;
    double low, high; /* of y; both 0: from the curves */
    bool logarithmic; /* curves hold log10 of the values */
} gan_plot_panel;

void gan_plot_panel_draw(gan_canvas *canvas, const gan_plot_panel *panel);
/* How much room above the axes the legend needs beyond its first line. */
double gan_plot_panel_more_legend(const gan_plot_panel *panel);

/* ---- Histories (history.c, history_csv.c, history_png.c) ------------------------------------------------- */

/* A column holds a measure, such as "loss"; in the rows of rounds, of a subject: a want, a player or a pair. The
 * columns of steps are fields of gan_step_report, whole numbers or not. New ones come last: a file has its version's
 * columns, at least the first GAN_HISTORY_FIRST_COLUMNS. */
#define GAN_HISTORY_MAP(X)                                            \
    X(STEP, step, WHOLE)                                              \
    X(EPOCH, epoch, WHOLE)                                            \
    X(BATCH, batch, WHOLE)                                            \
    X(DISCRIMINATOR_LOSS, discriminator_loss, REAL)                   \
    X(GENERATOR_LOSS, generator_loss, REAL)                           \
    X(REAL_PROBABILITY, real_probability, REAL)                       \
    X(FAKE_PROBABILITY, fake_probability, REAL)                       \
    X(DISCRIMINATOR_GRADIENT_NORM, discriminator_gradient_norm, REAL) \
    X(GENERATOR_GRADIENT_NORM, generator_gradient_norm, REAL)         \
    X(SAMPLES_PER_SECOND, samples_per_second, REAL)                   \
    X(SECONDS, seconds, REAL)                                         \
    X(PENALTY, penalty, REAL)                                         \
    X(REAL_ACCURACY, real_accuracy, REAL)                             \
    X(FAKE_ACCURACY, fake_accuracy, REAL)                             \
    X(DIVERSITY, diversity, REAL)                                     \
    X(SATURATION, saturation, REAL)                                   \
    X(GENERATOR_UPDATE_RATIO, generator_update_ratio, REAL)           \
    X(DISCRIMINATOR_UPDATE_RATIO, discriminator_update_ratio, REAL)   \
    X(DIAGNOSES, diagnoses, WHOLE)

/* Columns of rounds: fields of gan_round_report, then a loss of each want, a gradient norm of each player, and the
 * fields of gan_pair_report of each pair. */
#define GAN_HISTORY_ROUND_MAP(X)                    \
    X(ROUND, round, WHOLE)                          \
    X(EPOCH, epoch, WHOLE)                          \
    X(BATCH, batch, WHOLE)                          \
    X(SAMPLES_PER_SECOND, samples_per_second, REAL) \
    X(SECONDS, seconds, REAL)                       \
    X(DIAGNOSES, diagnoses, WHOLE)
#define GAN_HISTORY_PAIR_MAP(X)                                     \
    X(REAL_PROBABILITY, real_probability, REAL)                     \
    X(FAKE_PROBABILITY, fake_probability, REAL)                     \
    X(REAL_ACCURACY, real_accuracy, REAL)                           \
    X(FAKE_ACCURACY, fake_accuracy, REAL)                           \
    X(DIVERSITY, diversity, REAL)                                   \
    X(SATURATION, saturation, REAL)                                 \
    X(GENERATOR_UPDATE_RATIO, generator_update_ratio, REAL)         \
    X(DISCRIMINATOR_UPDATE_RATIO, discriminator_update_ratio, REAL) \
    X(DIAGNOSES, diagnoses, WHOLE)

typedef enum gan_history_measure {
#define GAN_HISTORY_ENUM(name, field, kind) GAN_HISTORY_##name,
    GAN_HISTORY_MAP(GAN_HISTORY_ENUM)
#undef GAN_HISTORY_ENUM
        GAN_HISTORY_STEP_COLUMNS,
    GAN_HISTORY_ROUND = GAN_HISTORY_STEP_COLUMNS,
    GAN_HISTORY_LOSS,
    GAN_HISTORY_GRADIENT_NORM,
    GAN_HISTORY_MEASURES,
    GAN_HISTORY_FIRST_COLUMNS = GAN_HISTORY_SECONDS + 1
} gan_history_measure;

typedef struct gan_history_column {
    gan_history_measure measure;
    const char *subject; /* NULL: without */
} gan_history_column;

struct gan_history {
    atomic_int references;
    gan_context *context;
    gan_history_column *columns; /* the first has increasing values: the step or the round */
    int64_t column_count, column_capacity;
    double *values; /* row after row */
    int64_t count, capacity;
};

#define GAN_HISTORY_LARGEST INT64_C(9007199254740992) /* 2^53: the whole numbers that a double holds exactly */
#define GAN_HISTORY_SUBJECT 200                       /* most bytes of a subject */
#define GAN_HISTORY_NAME    256

bool gan_history_is_whole(gan_history_measure measure);
const char *gan_history_measure_name(gan_history_measure measure);
/* "loss:generator": the measure's name and the subject. */
const char *gan_history_column_name(gan_history_column column, char name[GAN_HISTORY_NAME]);
bool gan_history_is_same(gan_history_column a, gan_history_column b);
gan_status gan_history_add_column(gan_history *history, gan_history_column column);
gan_history *gan_history_retain(gan_history *history);
/* Releases all but the handle. */
void gan_history_clear(gan_history *history);
/* Exchanges columns and rows. */
void gan_history_swap(gan_history *a, gan_history *b);
/* Takes the columns, which `at` gives by index, unless there are rows: then GAN_ERROR_ARGUMENT if these have others.
 */
typedef gan_history_column (*gan_history_column_fn)(const void *from, int64_t index);
gan_status gan_history_expect(gan_history *history, const char *what, gan_history_column_fn at, const void *from,
                              int64_t count);
gan_history_column gan_history_step_column(const void *from, int64_t index);
/* A whole number that a column can hold, or GAN_ERROR_ARGUMENT. */
gan_status gan_history_check_whole(gan_history_column column, int64_t value, const char *what);
const double *gan_history_row(const gan_history *history, int64_t index);
/* Where the next row's values go, or NULL; it is appended by the second call, which is GAN_ERROR_ARGUMENT unless its
 * first value is above the last row's. */
double *gan_history_next_row(gan_history *history);
gan_status gan_history_append(gan_history *history);
/* The first line of its CSV file, without the end of the line. */
gan_status gan_history_write_names(const gan_history *history, gan_writable *to);
/* Gives a history without columns those of such a line; *in_file gets how many the line has, the first ones. */
gan_status gan_history_read_names(gan_history *into, gan_origin from, int64_t *in_file);
/* Appends rows of that many columns; GAN_ERROR_FORMAT if their values cannot be those of a history. */
gan_status gan_history_append_rows(gan_history *into, const double *values, int64_t rows, int64_t in_file);

/* ---- Event files (event_file.c, summary_writer.c) -------------------------------------------------------- */

/* A file of records, each a message "Event" of TensorFlow. */
typedef struct gan_event_file {
    char *path;
    size_t path_capacity;
    int descriptor;
    bool torn; /* the last record is not whole, and could not be removed: nothing can follow it */
} gan_event_file;

/* Creates a file with a new name in a folder, which is made if missing. `file` starts zeroed but for a descriptor of
 * -1; gan_event_file_close() releases it whatever happened. */
gan_status gan_event_file_create(gan_context *context, const char *folder, gan_event_file *file);
void gan_event_file_close(gan_context *context, gan_event_file *file);
/* Closes a new one, and takes it away again. */
void gan_event_file_remove(gan_context *context, gan_event_file *file);
/* `record` is the room of the frame's header, then the message: it gets its header and its end, and is written. */
#define GAN_EVENT_HEADER 12
gan_status gan_event_file_append(gan_event_file *file, gan_wire *record);

struct gan_summary_writer {
    gan_context *context;
    gan_event_file file;
    gan_wire event;  /* as a record */
    int64_t summary; /* where it begins */
    gan_bytes *picture;
};

/* One event: begun, filled with values, and written as a whole, unless there are none. A value that fails makes the
 * end fail. */
gan_status gan_summary_begin(gan_summary_writer *writer, int64_t step, const char *function);
gan_status gan_summary_end(gan_summary_writer *writer);
/* A value under a tag; none if no value is finite. */
void gan_summary_add_histogram(gan_summary_writer *writer, const char *tag, const float *values, int64_t count);

/* A tag is UTF-8 of 1 to this many bytes; else GAN_ERROR_ARGUMENT. */
#define GAN_TAG_LIMIT 255
gan_status gan_tag_check(const char *tag, const char *function, const char *name);

/* ---- Byte order (little_endian.c) ------------------------------------------------------------------------ */

/* In place: the machine's floats and doubles to the bytes of little-endian files, and back. */
void gan_floats_to_little_endian(float *values, int64_t count);
void gan_floats_from_little_endian(float *values, int64_t count);
void gan_doubles_to_little_endian(double *values, int64_t count);
void gan_doubles_from_little_endian(double *values, int64_t count);

#endif
