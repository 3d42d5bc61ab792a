/* The door of checkpoint: lists of what a file holds. Each part that has a state adds its entries, which say what
 * they are called, of which kind they are and where they lie; saving and loading walk the list. So whatever adds
 * itself is saved and loaded. Loading reads and checks the whole file before it changes anything. */
#ifndef GAN_CHECKPOINT_H
#define GAN_CHECKPOINT_H

#include "data/data.h"
#include "model/model.h"

/* Whole numbers are decimal text in the file, since JSON has no integers of 64 bits. */
typedef enum gan_entry_kind {
    GAN_ENTRY_ARCHITECTURE, /* text that has to be the same */
    GAN_ENTRY_TEXT,         /* the same, short enough for messages */
    GAN_ENTRY_COUNT,        /* int64_t, >= 0 */
    GAN_ENTRY_WORD,         /* uint64_t */
    GAN_ENTRY_RATE,         /* float, >= 0 and finite */
    GAN_ENTRY_TENSOR        /* all others are metadata */
} gan_entry_kind;

typedef struct gan_entry {
    gan_entry_kind kind;
    const char *name;
    const char *text; /* of an architecture or a text */
    void *place;      /* of a value */
    bool draft;       /* the place belongs to the list, and may be written before the file is known to be good */
    /* What it means that a file lacks the entry. Unless `without` is NULL: the file "was saved `without`", and that
     * is what loading fails with. */
    const char *without;
    gan_status missing;
    /* Of tensors: */
    const gan_tensor_plan *plan;
    int64_t count;
    gan_real *stored;
    const gan_real *otherwise; /* what it is in a file that lacks it; NULL: no file does */
} gan_entry;

/* What a part does with a load beside having its entries set. Either may be NULL. */
typedef struct gan_entries_hook {
    gan_status (*check)(void *part); /* may refuse what its drafts hold, before anything else has changed */
    void (*loaded)(void *part);      /* everything has changed */
    void *part;
} gan_entries_hook;

/* Memory of the list's. */
typedef struct gan_entries_draft {
    struct gan_entries_draft *next;
    size_t size;
} gan_entries_draft;

/* A list starts as {.context = context}. A failure is remembered: what is added after it is not, and saving and
 * loading give it back. */
typedef struct gan_entries {
    gan_context *context;
    gan_status status;
    gan_entry *rows;
    int64_t count, capacity;
    gan_entries_hook *hooks;
    int64_t hook_count, hook_capacity;
    gan_entries_draft *drafts;
    const char *without; /* of the next entry */
    gan_status missing;
} gan_entries;

/* ---- Lists (checkpoint_entries.c) ------------------------------------------------------------------------------ */

void gan_entries_release(gan_entries *entries);

/* Values, called PART.FIELD, or PART where `field` is NULL; in the file with "libgan." before it. Texts are copied.
 */
void gan_entries_add_text(gan_entries *entries, const char *part, const char *text);
void gan_entries_add_count(gan_entries *entries, const char *part, const char *field, int64_t *place);
void gan_entries_add_word(gan_entries *entries, const char *part, const char *field, uint64_t *place);
void gan_entries_add_rate(gan_entries *entries, const char *part, const char *field, float *place);
/* A tensor called PART.NAME.SUFFIX; NULL leaves either of the last two out. */
void gan_entries_add_tensor(gan_entries *entries, const char *part, const char *name, const char *suffix,
                            const gan_tensor_plan *plan, int64_t count, gan_real *stored, const gan_real *otherwise);
void gan_entries_add_hook(gan_entries *entries, gan_status (*check)(void *part), void (*loaded)(void *part),
                          void *part);

/* The next entry shows whether a file has a state that not every one has: loading one that "was saved `without`" it
 * fails with the status. */
void gan_entries_expect(gan_entries *entries, gan_status missing, const char *without);
/* Zeroed memory that is released with the list; NULL after a failure. */
void *gan_entries_allocate(gan_entries *entries, size_t size);
/* The two texts after each other, in such memory; "" after a failure. */
const char *gan_entries_join(gan_entries *entries, const char *first, const char *second);

/* ---- What the folders below have of state (checkpoint_parts.c) ------------------------------------------------- */

/* What the model is, so that a file with another one is refused. */
void gan_entries_add_architecture(gan_entries *entries, const char *part, const gan_model *model);
/* All of its tensors. */
void gan_entries_add_tensors(gan_entries *entries, const char *part, const gan_model *model);
/* An array that is laid out as its parameters are, each called PART.NAME.SUFFIX. */
void gan_entries_add_parameters(gan_entries *entries, const char *part, const gan_model *model, const char *suffix,
                                gan_real *values);
void gan_entries_add_random(gan_entries *entries, const char *part, gan_random *random);
void gan_entries_add_session(gan_entries *entries, const char *part, gan_session *session);
/* Its cursor. */
void gan_entries_add_dataset(gan_entries *entries, const char *part, gan_dataset *dataset);

/* ---- Files (checkpoint_save.c, checkpoint_load.c) -------------------------------------------------------------- */

gan_status gan_entries_save(gan_entries *entries, const char *path);
/* On failure nothing has changed but drafts. What the file has beside the entries is left out. */
gan_status gan_entries_load(gan_entries *entries, const char *path);

/* Metadata that every checkpoint begins with. */
#define GAN_CHECKPOINT_FORMAT_KEY  "libgan.format"
#define GAN_CHECKPOINT_FORMAT      1
#define GAN_CHECKPOINT_FORMAT_TEXT "1"
#define GAN_CHECKPOINT_KIND_KEY    "libgan.kind"
#define GAN_CHECKPOINT_KIND        "checkpoint"
#define GAN_CHECKPOINT_PREFIX      "libgan." /* of all names in the metadata */

#endif
