/* The history of a training run, in memory: one row per step. */
#include "io/io.h"

#include <math.h>
#include <string.h>

gan_status gan_history_create(gan_context *context, gan_history **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_history *history = gan_allocate(context, sizeof(*history));
    if (!history) return GAN_ERROR_MEMORY;
    history->context = gan_context_retain(context);
    *out = history;
    return GAN_OK;
}

void gan_history_destroy(gan_history *history)
{
    if (!history) return;
    gan_context *context = history->context;
    gan_release(context, history->rows, (size_t)history->capacity * sizeof(*history->rows));
    gan_release(context, history, sizeof(*history));
    gan_context_release(context);
}

int64_t gan_history_count(const gan_history *history)
{
    return history ? history->count : 0;
}

gan_status gan_history_append(gan_history *history, const gan_history_row *row)
{
    const double step = row->values[GAN_HISTORY_STEP];

    if (history->count > 0 && step <= history->rows[history->count - 1].values[GAN_HISTORY_STEP]) {
        return gan_fail(GAN_ERROR_ARGUMENT, "the history already has step %lld; step %lld cannot follow",
                        (long long)(history->rows[history->count - 1].values[GAN_HISTORY_STEP]), (long long)step);
    }
    gan_history_row *rows =
        gan_grow_array(history->context, history->rows, history->count, &history->capacity, sizeof(*rows));
    if (!rows) return GAN_ERROR_MEMORY;
    history->rows = rows;
    rows[history->count++] = *row;
    return GAN_OK;
}

gan_status gan_history_add(gan_history *history, const gan_step_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_step_report known;
    gan_history_row row;

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
    for (int i = 0; i < GAN_HISTORY_COLUMNS; i++) {
        if (whole[i] < 0 || whole[i] > GAN_HISTORY_LARGEST) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected 0 to %lld", __func__,
                            gan_history_column_name(i), (long long)whole[i], (long long)GAN_HISTORY_LARGEST);
        }
    }
#define ROW_VALUE(name, field, kind) row.values[GAN_HISTORY_##name] = (double)known.field;
    GAN_HISTORY_MAP(ROW_VALUE)
#undef ROW_VALUE
    return gan_history_append(history, &row);
}

gan_status gan_history_truncate(gan_history *history, int64_t last_step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    while (history->count > 0 && history->rows[history->count - 1].values[GAN_HISTORY_STEP] > (double)last_step)
        history->count--;
    return GAN_OK;
}

const char *gan_history_column_name(int column)
{
    static const char *const names[] = {
#define COLUMN_NAME(name, field, kind) #field,
        GAN_HISTORY_MAP(COLUMN_NAME)
#undef COLUMN_NAME
    };

    return names[column];
}

bool gan_history_column_is_whole(int column)
{
    enum { REAL, WHOLE };
    static const bool whole[] = {
#define COLUMN_KIND(name, field, kind) kind,
        GAN_HISTORY_MAP(COLUMN_KIND)
#undef COLUMN_KIND
    };

    return whole[column];
}
