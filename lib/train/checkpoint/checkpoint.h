/* The door of checkpoint: lists of what a file holds. Each part with a state adds its entries, which have a name, a
 * kind and a place in memory; saving and loading walk the list. So whatever adds itself is saved and loaded. Loading
 * reads and checks the whole file before it changes anything. */
#ifndef GAN_CHECKPOINT_H
#define GAN_CHECKPOINT_H

#include "data/data.h"
#include "model/model.h"

/* Whole numbers are decimal text in the file, since JSON has no 64-bit integers. */
typedef enum gan_entry_kind {
    GAN_ENTRY_ARCHITECTURE, /* text that must be the same */
    GAN_ENTRY_TEXT,         /* the same, short enough for messages */
    GAN_ENTRY_COUNT,        /* int64_t, >= 0 */
    GAN_ENTRY_WORD,         /* uint64_t */
    GAN_ENTRY_RATE,         /* float, >= 0 and finite */
    GAN_ENTRY_TENSOR        /* the only kind that is not metadata */
} gan_entry_kind;

typedef struct gan_entry {
    gan_entry_kind kind;
    const char *name;
    const char *text; /* of an architecture or a text */
    void *place;      /* of a value */
    bool draft;       /* the list owns the place, which may be written before the file is known to be good */
    /* What a missing entry means. Unless `without` is NULL, loading fails with the status: the file "was saved
     * `without`". */
    const char *without;
    gan_status missing;
    /* Of tensors: */
    const gan_tensor_plan *plan;
    int64_t count;
    gan_real *stored;
    const gan_real *otherwise; /* its value if the file lacks it; NULL: no file may */
} gan_entry;

/* What a part does during a load, besides having its entries set. Either may be NULL. */
typedef struct gan_entries_hook {
    gan_status (*check)(void *part); /* may reject what its drafts hold, before anything else changes */
    void (*loaded)(void *part);      /* everything has changed */
    void *part;
} gan_entries_hook;

/* Memory owned by the list. */
typedef struct gan_entries_draft {
    struct gan_entries_draft *next;
    size_t size;
} gan_entries_draft;

/* A list starts as {.context = context}. It remembers a failure: later additions are ignored, and saving and loading
 * return it. */
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

/* Values called PART.FIELD, or PART if `field` is NULL; in the file after the prefix "libgan.". Texts are copied. */
void gan_entries_add_text(gan_entries *entries, const char *part, const char *text);
void gan_entries_add_count(gan_entries *entries, const char *part, const char *field, int64_t *place);
void gan_entries_add_word(gan_entries *entries, const char *part, const char *field, uint64_t *place);
void gan_entries_add_rate(gan_entries *entries, const char *part, const char *field, float *place);
/* A tensor called PART.NAME.SUFFIX; NULL omits either of the last two. */
void gan_entries_add_tensor(gan_entries *entries, const char *part, const char *name, const char *suffix,
                            const gan_tensor_plan *plan, int64_t count, gan_real *stored, const gan_real *otherwise);
void gan_entries_add_hook(gan_entries *entries, gan_status (*check)(void *part), void (*loaded)(void *part),
                          void *part);

/* The next entry shows whether a file has an optional state: loading a file that "was saved `without`" it fails with
 * the status. */
void gan_entries_expect(gan_entries *entries, gan_status missing, const char *without);
/* Zeroed memory, released with the list; NULL after a failure. */
void *gan_entries_allocate(gan_entries *entries, size_t size);
/* The two texts one after the other, in such memory; "" after a failure. */
const char *gan_entries_join(gan_entries *entries, const char *first, const char *second);

/* ---- State of the lower folders (checkpoint_parts.c) ----------------------------------------------------------- */

/* The model's architecture, so that a file with another one is rejected. */
void gan_entries_add_architecture(gan_entries *entries, const char *part, const gan_model *model);
/* All tensors of the model. */
void gan_entries_add_tensors(gan_entries *entries, const char *part, const gan_model *model);
/* An array laid out like its parameters, each called PART.NAME.SUFFIX. */
void gan_entries_add_parameters(gan_entries *entries, const char *part, const gan_model *model, const char *suffix,
                                gan_real *values);
void gan_entries_add_random(gan_entries *entries, const char *part, gan_random *random);
void gan_entries_add_session(gan_entries *entries, const char *part, gan_session *session);
/* Its cursor. */
void gan_entries_add_dataset(gan_entries *entries, const char *part, gan_dataset *dataset);

/* ---- Files (checkpoint_save.c, checkpoint_load.c) -------------------------------------------------------------- */

gan_status gan_entries_save(gan_entries *entries, const char *path);
/* On failure only drafts have changed. Whatever else the file has is ignored. */
gan_status gan_entries_load(gan_entries *entries, const char *path);

/* Metadata that every checkpoint begins with. */
#define GAN_CHECKPOINT_FORMAT_KEY  "libgan.format"
#define GAN_CHECKPOINT_FORMAT      1
#define GAN_CHECKPOINT_FORMAT_TEXT "1"
#define GAN_CHECKPOINT_KIND_KEY    "libgan.kind"
#define GAN_CHECKPOINT_KIND        "checkpoint"
#define GAN_CHECKPOINT_PREFIX      "libgan." /* of all names in the metadata */

#endif
