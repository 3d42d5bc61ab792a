/* The history of a training run, in memory: one row per step or round. */
#include "io/history/history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gan_status gan_history_create(gan_context *context, gan_history **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_history *history = gan_allocate(context, sizeof(*history));
    if (!history) return GAN_ERROR_MEMORY;
    atomic_init(&history->references, 1);
    history->context = gan_context_retain(context);
    *out = history;
    return GAN_OK;
}

void gan_history_clear(gan_history *history)
{
    gan_context *context = history->context;
    const size_t row = (size_t)history->column_count * sizeof(*history->values);

    gan_release(context, history->values, (size_t)history->capacity * row);
    for (int64_t c = 0; c < history->column_count; c++)
        gan_release_text(context, (char *)history->columns[c].subject);
    gan_release(context, history->columns, (size_t)history->column_capacity * sizeof(*history->columns));
    history->columns = NULL;
    history->values = NULL;
    history->column_count = history->column_capacity = history->count = history->capacity = 0;
}

void gan_history_swap(gan_history *a, gan_history *b)
{
    const gan_history was = {.columns = a->columns,
                             .column_count = a->column_count,
                             .column_capacity = a->column_capacity,
                             .values = a->values,
                             .count = a->count,
                             .capacity = a->capacity};

    a->columns = b->columns, b->columns = was.columns;
    a->column_count = b->column_count, b->column_count = was.column_count;
    a->column_capacity = b->column_capacity, b->column_capacity = was.column_capacity;
    a->values = b->values, b->values = was.values;
    a->count = b->count, b->count = was.count;
    a->capacity = b->capacity, b->capacity = was.capacity;
}

gan_history *gan_history_retain(gan_history *history)
{
    atomic_fetch_add(&history->references, 1);
    return history;
}

void gan_history_destroy(gan_history *history)
{
    if (!history || atomic_fetch_sub(&history->references, 1) > 1) return;
    gan_context *context = history->context;
    gan_history_clear(history);
    gan_release(context, history, sizeof(*history));
    gan_context_release(context);
}

int64_t gan_history_count(const gan_history *history)
{
    return history ? history->count : 0;
}

/* ---- Columns --------------------------------------------------------------------------------------------------- */

const char *gan_history_measure_name(gan_history_measure measure)
{
    static const char *const names[] = {
#define MEASURE_NAME(name, field, kind) #field,
        GAN_HISTORY_MAP(MEASURE_NAME)
#undef MEASURE_NAME
            [GAN_HISTORY_ROUND] = "round",
        [GAN_HISTORY_LOSS] = "loss",
        [GAN_HISTORY_GRADIENT_NORM] = "gradient_norm",
    };

    return names[measure];
}

bool gan_history_is_whole(gan_history_measure measure)
{
    enum { REAL, WHOLE };
    static const bool whole[GAN_HISTORY_MEASURES] = {
#define MEASURE_KIND(name, field, kind) kind,
        GAN_HISTORY_MAP(MEASURE_KIND)
#undef MEASURE_KIND
            [GAN_HISTORY_ROUND] = WHOLE,
    };

    return whole[measure];
}

const char *gan_history_column_name(gan_history_column column, char name[GAN_HISTORY_NAME])
{
    snprintf(name, GAN_HISTORY_NAME, "%s%s%s", gan_history_measure_name(column.measure), column.subject ? ":" : "",
             column.subject ? column.subject : "");
    return name;
}

gan_status gan_history_add_column(gan_history *history, gan_history_column column)
{
    gan_history_column *columns = gan_grow_array(history->context, history->columns, history->column_count,
                                                 &history->column_capacity, sizeof(*columns));

    if (!columns) return GAN_ERROR_MEMORY;
    history->columns = columns;
    if (column.subject) {
        column.subject = gan_copy_text(history->context, column.subject);
        if (!column.subject) return GAN_ERROR_MEMORY;
    }
    columns[history->column_count++] = column;
    return GAN_OK;
}

bool gan_history_is_same(gan_history_column a, gan_history_column b)
{
    if (a.measure != b.measure || !a.subject != !b.subject) return false;
    return !a.subject || strcmp(a.subject, b.subject) == 0;
}

/* The columns as they are, against those of a report. */
static gan_status compare_columns(const gan_history *history, const char *what, gan_history_column_fn at,
                                  const void *from, int64_t count)
{
    const int64_t most = count > history->column_count ? count : history->column_count;
    char has[GAN_HISTORY_NAME] = "missing", wanted[GAN_HISTORY_NAME] = "nothing";

    for (int64_t c = 0; c < most; c++) {
        const bool both = c < count && c < history->column_count;
        if (both && gan_history_is_same(history->columns[c], at(from, c))) continue;
        if (c < history->column_count) gan_history_column_name(history->columns[c], has);
        if (c < count) gan_history_column_name(at(from, c), wanted);
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: the history's rows have other columns: column %lld is '%.160s', but the report has "
                        "'%.160s'",
                        what, (long long)c + 1, has, wanted);
    }
    return GAN_OK;
}

gan_status gan_history_expect(gan_history *history, const char *what, gan_history_column_fn at, const void *from,
                              int64_t count)
{
    gan_history fresh = {.context = history->context};
    gan_status status = GAN_OK;

    if (history->count > 0) return compare_columns(history, what, at, from, count);
    for (int64_t c = 0; c < count && status == GAN_OK; c++) status = gan_history_add_column(&fresh, at(from, c));
    if (status != GAN_OK) {
        gan_history_clear(&fresh);
        return status;
    }
    gan_history_swap(history, &fresh);
    gan_history_clear(&fresh);
    return GAN_OK;
}

gan_history_column gan_history_step_column(const void *from, int64_t index)
{
    (void)from;
    return (gan_history_column){.measure = (gan_history_measure)index, .subject = NULL};
}

gan_status gan_history_check_whole(gan_history_column column, int64_t value, const char *what)
{
    char name[GAN_HISTORY_NAME];

    if (value >= 0 && value <= GAN_HISTORY_LARGEST) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected 0 to %lld", what,
                    gan_history_column_name(column, name), (long long)value, (long long)GAN_HISTORY_LARGEST);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

const double *gan_history_row(const gan_history *history, int64_t index)
{
    return history->values + index * history->column_count;
}

double *gan_history_next_row(gan_history *history)
{
    double *values = gan_grow_array(history->context, history->values, history->count, &history->capacity,
                                    (size_t)history->column_count * sizeof(*values));

    if (!values) return NULL;
    history->values = values;
    return values + history->count * history->column_count;
}

gan_status gan_history_append(gan_history *history)
{
    const double number = gan_history_row(history, history->count)[0];

    if (history->count > 0 && number <= gan_history_row(history, history->count - 1)[0]) {
        const char *unit = gan_history_measure_name(history->columns[0].measure);
        return gan_fail(GAN_ERROR_ARGUMENT, "the history already has %s %lld; %s %lld cannot follow", unit,
                        (long long)gan_history_row(history, history->count - 1)[0], unit, (long long)number);
    }
    history->count++;
    return GAN_OK;
}

gan_status gan_history_add(gan_history *history, const gan_step_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_step_report known;

    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(report);
    GAN_TRY(gan_options_read(&known, sizeof(known), report, "gan_step_report"));
    /* What an older program's report lacks was not measured. */
#define SET_NAN_REAL(field) \
    if (FIELD_END(field) > report->struct_size) known.field = NAN;
#define SET_NAN_WHOLE(field)
#define FIELD_END(field)               offsetof(gan_step_report, field) + sizeof(known.field)
#define SET_MISSING(name, field, kind) SET_NAN_##kind(field)
    GAN_HISTORY_MAP(SET_MISSING)
#undef SET_MISSING
#undef FIELD_END
#undef SET_NAN_WHOLE
#undef SET_NAN_REAL
#define WHOLE_VALUE(field)           (int64_t) known.field
#define REAL_VALUE(field)            0
#define ANY_VALUE(name, field, kind) kind##_VALUE(field),
    const int64_t whole[] = {GAN_HISTORY_MAP(ANY_VALUE)};
#undef ANY_VALUE
#undef REAL_VALUE
#undef WHOLE_VALUE
    for (int i = 0; i < GAN_HISTORY_STEP_COLUMNS; i++)
        GAN_TRY(gan_history_check_whole(gan_history_step_column(NULL, i), whole[i], __func__));
    GAN_TRY(gan_history_expect(history, __func__, gan_history_step_column, NULL, GAN_HISTORY_STEP_COLUMNS));
    double *row = gan_history_next_row(history);
    if (!row) return GAN_ERROR_MEMORY;
#define ROW_VALUE(name, field, kind) row[GAN_HISTORY_##name] = (double)known.field;
    GAN_HISTORY_MAP(ROW_VALUE)
#undef ROW_VALUE
    return gan_history_append(history);
}

gan_status gan_history_truncate(gan_history *history, int64_t last_step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    while (history->count > 0 && gan_history_row(history, history->count - 1)[0] > (double)last_step)
        history->count--;
    return GAN_OK;
}
