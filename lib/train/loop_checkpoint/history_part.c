/* A history as a part of a checkpoint: the line of names that its CSV file begins with, and its rows as doubles. How
 * many there are, the file says. */
#include "train/loop_checkpoint/loop_checkpoint.h"

#include <string.h>

#define COLUMNS "columns"
#define ROWS    "rows"

/* ---- Saving ---------------------------------------------------------------------------------------------------- */

static gan_status write_columns(const gan_history *history, gan_bytes *line)
{
    gan_writable writable;
    GAN_TRY(gan_writable_open(history->context, (gan_target){.writer = gan_bytes_writer(line)}, &writable));
    gan_status status = gan_history_write_names(history, &writable);
    if (status == GAN_OK) status = gan_writable_write(&writable, "", 1); /* ends the text */
    return gan_writable_close(&writable, status);
}

static void list_columns(const gan_history *history, gan_entries *entries)
{
    gan_bytes *line = NULL;
    gan_status status = gan_bytes_create(history->context, &line);
    if (status == GAN_OK) status = write_columns(history, line);
    if (status == GAN_OK) {
        gan_entries_add_text(entries, COLUMNS, gan_bytes_data(line));
    } else {
        entries->status = status;
    }
    gan_bytes_destroy(line);
}

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* The history that a file has. */
typedef struct history_draft {
    gan_history *into;
    gan_history found;          /* it has no handle */
    const char *columns, *rows; /* their names in the file */
} history_draft;

static gan_status read_columns(history_draft *draft, const gan_safetensors *file, int64_t *in_file)
{
    const char *line = gan_safetensors_metadata(file, draft->columns);
    if (!line) {
        return gan_fail(GAN_ERROR_FORMAT, "%s has no %s in its metadata", gan_safetensors_name(file), draft->columns);
    }
    const gan_origin from = {.reader = gan_reader_from_memory(line, strlen(line))};
    const gan_status status = gan_history_read_names(&draft->found, from, in_file);
    if (status == GAN_OK || status == GAN_ERROR_MEMORY) return status;
    return gan_fail(GAN_ERROR_FORMAT, "%s: its %s: %s", gan_safetensors_name(file), draft->columns, gan_last_error());
}

static gan_status read_rows(history_draft *draft, const gan_safetensors *file, int64_t in_file)
{
    size_t index = 0;
    const gan_safetensors_entry *entry = gan_safetensors_find(file, draft->rows, &index);
    if (!entry) return GAN_OK;
    const gan_shape shape = {.rank = 1, .dims = {entry->count}};
    GAN_TRY(gan_safetensors_expect(file, draft->rows, shape, GAN_SAFETENSORS_F64, &index));
    if (entry->count % in_file != 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s: tensor '%s' has %lld values, which are no rows of %lld columns",
                        gan_safetensors_name(file), draft->rows, (long long)entry->count, (long long)in_file);
    }
    gan_context *context = draft->into->context;
    double *values = gan_allocate_array(context, entry->count, sizeof(*values));
    if (!values) return GAN_ERROR_MEMORY;
    gan_status status = gan_safetensors_read_doubles(file, index, values);
    if (status == GAN_OK) {
        status = gan_history_append_rows(&draft->found, values, entry->count / in_file, in_file);
        if (status == GAN_ERROR_FORMAT) {
            status =
                gan_fail(status, "%s: tensor '%s': %s", gan_safetensors_name(file), draft->rows, gan_last_error());
        }
    }
    gan_release(context, values, (size_t)entry->count * sizeof(*values));
    return status;
}

static gan_status read_history(void *part, const gan_safetensors *file)
{
    int64_t in_file = 0;
    GAN_TRY(read_columns(part, file, &in_file));
    return read_rows(part, file, in_file);
}

static void set_history(void *part)
{
    history_draft *draft = part;
    gan_history_swap(draft->into, &draft->found);
}

static void release_draft(void *part)
{
    gan_history_clear(&((history_draft *)part)->found);
}

static void expect_history(gan_history *history, gan_entries *entries)
{
    history_draft *draft = gan_entries_allocate(entries, sizeof(*draft));
    if (!draft) return;
    draft->into = history;
    draft->found.context = history->context;
    draft->columns =
        gan_entries_join(entries, GAN_CHECKPOINT_PREFIX, gan_entries_join(entries, entries->scope, COLUMNS));
    draft->rows = gan_entries_join(entries, entries->scope, ROWS);
    gan_entries_add_hook(
        entries,
        (gan_entries_hook){.read = read_history, .loaded = set_history, .release = release_draft, .part = draft});
}

/* ---- The part -------------------------------------------------------------------------------------------------- */

static void add_history(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_history *history = part->object;
    gan_checkpoint_open_scope(part, "history", entries);
    if (entries->status != GAN_OK) return;
    if (entries->loading) {
        expect_history(history, entries);
        return;
    }
    list_columns(history, entries);
    if (history->count == 0) return;
    gan_entries_add_array(entries, ROWS, GAN_ENTRY_DOUBLES, history->values, history->count * history->column_count);
}

static void retain_history(void *object)
{
    gan_history_retain(object);
}

static void destroy_history(void *object)
{
    gan_history_destroy(object);
}

gan_status gan_checkpoint_add_history(gan_checkpoint *checkpoint, const char *name, gan_history *history)
{
    static const gan_part_kind kind = {"a history", add_history, retain_history, destroy_history};
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(history);
    return gan_checkpoint_add_handle(checkpoint, name, &kind, history, history->context, __func__);
}
