/* State of the lower folders: models, random numbers, sessions and datasets. */
#include "train/checkpoint/checkpoint.h"

/* ---- Models ---------------------------------------------------------------------------------------------------- */

void gan_entries_add_architecture(gan_entries *entries, const char *part, const gan_model *model)
{
    char *text;
    if (entries->status != GAN_OK) return;
    entries->status = gan_model_write_graph(model, &text);
    if (entries->status != GAN_OK) return;
    gan_entries_add_text(entries, part, text);
    if (entries->status == GAN_OK) entries->rows[entries->count - 1].kind = GAN_ENTRY_ARCHITECTURE;
    gan_release_text(model->context, text);
}

/* Of the last entry. */
static void allow(gan_entries *entries, gan_entry_values allowed)
{
    if (entries->status == GAN_OK) entries->rows[entries->count - 1].values = allowed;
}

static void count_change(void *part)
{
    gan_model_count_change(part);
}

void gan_entries_add_tensors(gan_entries *entries, const char *part, const gan_model *model)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        gan_entries_add_tensor(entries, part, tensor->name, NULL, &tensor->plan, tensor->count,
                               gan_model_tensor_data(model, tensor), NULL);
        allow(entries, tensor->plan.not_negative ? GAN_VALUES_NOT_NEGATIVE : GAN_VALUES_FINITE);
    }
    gan_entries_add_hook(entries, (gan_entries_hook){.loaded = count_change, .part = (gan_model *)model});
}

void gan_entries_add_model(gan_entries *entries, const char *part, const gan_model *model)
{
    gan_entries_add_architecture(entries, part, model);
    gan_entries_add_tensors(entries, part, model);
}

void gan_entries_add_parameters(gan_entries *entries, const char *part, const gan_model *model, const char *suffix,
                                gan_entry_values allowed, gan_real *values)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
        gan_entries_add_tensor(entries, part, tensor->name, suffix, &tensor->plan, tensor->count,
                               values + tensor->offset, NULL);
        allow(entries, allowed);
    }
}

/* ---- Random numbers -------------------------------------------------------------------------------------------- */

void gan_entries_add_random(gan_entries *entries, const char *part, gan_random *random)
{
    gan_entries_add_word(entries, part, "seed", &random->state.seed);
    gan_entries_add_word(entries, part, "stream", &random->state.stream);
    gan_entries_add_word(entries, part, "counter", &random->state.counter);
}

/* The random numbers of dropout. */
void gan_entries_add_session(gan_entries *entries, const char *part, gan_session *session)
{
    gan_entries_add_word(entries, part, "seed", &session->seed);
    gan_entries_add_word(entries, part, "passes", &session->passes);
}

/* ---- Datasets -------------------------------------------------------------------------------------------------- */

/* Read into a draft, since the dataset decides whether a cursor is valid. */
typedef struct dataset_part {
    gan_dataset *dataset;
    gan_dataset_cursor cursor;
} dataset_part;

static gan_status check_cursor(void *part)
{
    const dataset_part *of = part;
    return gan_dataset_check_cursor(of->dataset, &of->cursor);
}

static void set_cursor(void *part)
{
    const dataset_part *of = part;
    gan_dataset_set_cursor(of->dataset, of->cursor); /* cannot fail: it has been checked */
}

/* Adds a cursor's entries; version 0.1 did not save the last two. */
static void add_cursor(gan_entries *entries, const char *part, gan_dataset_cursor *cursor, bool optional)
{
    const int64_t first = entries->count;
    gan_entries_add_count(entries, part, "epoch", &cursor->epoch);
    gan_entries_add_count(entries, part, "position", &cursor->position);
    gan_entries_add_word(entries, part, "seed", &cursor->seed);
    const int64_t later = entries->count;
    gan_entries_add_count(entries, part, "count", &cursor->count);
    gan_entries_add_word(entries, part, "fingerprint", &cursor->fingerprint);
    for (int64_t i = first; i < entries->count; i++) {
        entries->rows[i].draft = true;
        entries->rows[i].optional = optional || i >= later;
    }
}

void gan_entries_add_cursor(gan_entries *entries, const char *part, gan_dataset_cursor *cursor)
{
    add_cursor(entries, part, cursor, true);
}

void gan_entries_add_dataset(gan_entries *entries, const char *part, gan_dataset *dataset)
{
    dataset_part *of = gan_entries_allocate(entries, sizeof(*of));
    if (!of) return;
    of->dataset = dataset;
    gan_dataset_get_cursor(dataset, &of->cursor);
    if (!entries->without) gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, "without a dataset: it has no cursor");
    add_cursor(entries, part, &of->cursor, false);
    gan_entries_add_hook(entries, (gan_entries_hook){.check = check_cursor, .loaded = set_cursor, .part = of});
}
