/* The list of what a checkpoint holds. */
#include "train/checkpoint/checkpoint.h"

#include <stdio.h>
#include <string.h>

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static void *failed(gan_entries *entries)
{
    entries->status = GAN_ERROR_MEMORY;
    return NULL;
}

void *gan_entries_allocate(gan_entries *entries, size_t size)
{
    if (entries->status != GAN_OK) return NULL;
    gan_entries_draft *draft = gan_allocate(entries->context, sizeof(*draft) + size);
    if (!draft) return failed(entries);
    draft->size = sizeof(*draft) + size;
    draft->next = entries->drafts;
    entries->drafts = draft;
    return draft + 1;
}

const char *gan_entries_join(gan_entries *entries, const char *first, const char *second)
{
    const size_t size = strlen(first) + strlen(second) + 1;
    char *text = gan_entries_allocate(entries, size);
    if (!text) return "";
    snprintf(text, size, "%s%s", first, second);
    return text;
}

/* Makes space for one more element. */
static void *grow(gan_entries *entries, void *array, int64_t count, int64_t *capacity, size_t size)
{
    if (entries->status != GAN_OK) return NULL;
    void *grown = gan_grow_array(entries->context, array, count, capacity, size);
    return grown ? grown : failed(entries);
}

void gan_entries_release(gan_entries *entries)
{
    gan_context *context = entries->context;
    for (int64_t i = 0; i < entries->hook_count; i++) {
        if (entries->hooks[i].release) entries->hooks[i].release(entries->hooks[i].part);
    }
    gan_release(context, entries->rows, (size_t)entries->capacity * sizeof(*entries->rows));
    gan_release(context, entries->hooks, (size_t)entries->hook_capacity * sizeof(*entries->hooks));
    for (gan_entries_draft *draft = entries->drafts, *next; draft; draft = next) {
        next = draft->next;
        gan_release(context, draft, draft->size);
    }
}

/* ---- Entries --------------------------------------------------------------------------------------------------- */

void gan_entries_expect(gan_entries *entries, gan_status missing, const char *without)
{
    entries->missing = missing;
    entries->without = without;
}

/* Appends an entry called `name`, which the list owns from here on. */
static void add(gan_entries *entries, const char *name, gan_entry entry)
{
    gan_entry *rows = grow(entries, entries->rows, entries->count, &entries->capacity, sizeof(*rows));
    if (!rows) return;
    entry.name = name;
    entry.missing = entries->missing;
    entry.without = entries->without;
    gan_entries_expect(entries, GAN_OK, NULL);
    entries->rows = rows;
    rows[entries->count++] = entry;
}

/* "PREFIX" "SCOPE" "PART" "." "FIELD" */
static const char *join_name(gan_entries *entries, const char *prefix, const char *part, const char *field)
{
    const char *scope = entries->scope ? entries->scope : "";
    const size_t size = strlen(prefix) + strlen(scope) + strlen(part) + (field ? strlen(field) + 1 : 0) + 1;
    char *name = gan_entries_allocate(entries, size);
    if (name) snprintf(name, size, "%s%s%s%s%s", prefix, scope, part, field ? "." : "", field ? field : "");
    return name;
}

static void add_value(gan_entries *entries, const char *part, const char *field, gan_entry entry)
{
    add(entries, join_name(entries, GAN_CHECKPOINT_PREFIX, part, field), entry);
}

void gan_entries_add_text(gan_entries *entries, const char *part, const char *text)
{
    add_value(entries, part, NULL, (gan_entry){.kind = GAN_ENTRY_TEXT, .text = gan_entries_join(entries, text, "")});
}

static char *add_note(gan_entries *entries, const char *part, const char *field, const char *text)
{
    char *found = gan_entries_allocate(entries, GAN_NOTE_TEXT);
    if (!found) return NULL;
    add_value(entries, part, field,
              (gan_entry){.kind = GAN_ENTRY_NOTE, .text = gan_entries_join(entries, text, ""), .found = found});
    return found;
}

const char *gan_entries_add_note(gan_entries *entries, const char *part, const char *field, const char *text)
{
    const char *found = add_note(entries, part, field, text);
    return found ? found : "";
}

void gan_entries_add_unusual_note(gan_entries *entries, const char *part, const char *field, const char *text,
                                  const char *usual)
{
    if (!entries->loading && strcmp(text, usual) == 0) return;
    char *found = add_note(entries, part, field, text);
    if (found) snprintf(found, GAN_NOTE_TEXT, "%s", usual);
}

void gan_entries_add_count(gan_entries *entries, const char *part, const char *field, int64_t *place)
{
    add_value(entries, part, field, (gan_entry){.kind = GAN_ENTRY_COUNT, .place = place});
}

void gan_entries_add_integer(gan_entries *entries, const char *part, int64_t *place)
{
    add_value(entries, part, NULL, (gan_entry){.kind = GAN_ENTRY_INTEGER, .place = place});
}

void gan_entries_add_word(gan_entries *entries, const char *part, const char *field, uint64_t *place)
{
    add_value(entries, part, field, (gan_entry){.kind = GAN_ENTRY_WORD, .place = place});
}

void gan_entries_add_rate(gan_entries *entries, const char *part, const char *field, float *place)
{
    add_value(entries, part, field, (gan_entry){.kind = GAN_ENTRY_RATE, .place = place});
}

void gan_entries_add_tensor(gan_entries *entries, const char *part, const char *name, const char *suffix,
                            const gan_tensor_plan *plan, int64_t count, gan_real *stored, const gan_real *otherwise)
{
    const char *whole = join_name(entries, "", part, name);
    if (whole && suffix) whole = gan_entries_join(entries, whole, gan_entries_join(entries, ".", suffix));
    add(entries, whole,
        (gan_entry){
            .kind = GAN_ENTRY_TENSOR, .plan = plan, .count = count, .stored = stored, .otherwise = otherwise});
}

void gan_entries_add_array(gan_entries *entries, const char *part, gan_entry_kind kind, void *values, int64_t count)
{
    add(entries, join_name(entries, "", part, NULL), (gan_entry){.kind = kind, .place = values, .count = count});
}

void gan_entries_add_hook(gan_entries *entries, gan_entries_hook hook)
{
    gan_entries_hook *hooks =
        grow(entries, entries->hooks, entries->hook_count, &entries->hook_capacity, sizeof(*hooks));
    if (!hooks) return;
    entries->hooks = hooks;
    hooks[entries->hook_count++] = hook;
}
