/* Histories of training, as CSV and as pictures. */
#ifndef GAN_IO_HISTORY_H
#define GAN_IO_HISTORY_H

#include "io/writing/writing.h"

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

#endif
