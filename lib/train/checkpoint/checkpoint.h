/* The door of checkpoint: lists of what a file holds. Each part with a state adds its entries, which have a name, a
 * kind and a place in memory; saving and loading walk the list. So whatever adds itself is saved and loaded. Loading
 * reads and checks the whole file before it changes anything. Saving refuses what loading would refuse. */
#ifndef GAN_CHECKPOINT_H
#define GAN_CHECKPOINT_H

#include "data/data.h"
#include "io/io.h"
#include "model/model.h"

/* Whole numbers are decimal text in the file, since JSON has no 64-bit integers. */
typedef enum gan_entry_kind {
    GAN_ENTRY_ARCHITECTURE, /* text that must mean the same */
    GAN_ENTRY_TEXT,         /* text that must be the same, short enough for messages */
    GAN_ENTRY_NOTE,         /* text that may be another, or missing in the file */
    GAN_ENTRY_COUNT,        /* int64_t, 0 to GAN_ENTRY_MOST_COUNT */
    GAN_ENTRY_INTEGER,      /* int64_t */
    GAN_ENTRY_WORD,         /* uint64_t */
    GAN_ENTRY_RATE,         /* float, >= 0 and finite */
    GAN_ENTRY_TENSOR,       /* of a model or like one; from here on, entries are tensors of the file, not metadata */
    GAN_ENTRY_FLOATS,       /* an array of any floats */
    GAN_ENTRY_DOUBLES       /* and of any doubles */
} gan_entry_kind;

/* What is left above it cannot be counted through, so that no counter from a file overflows. */
#define GAN_ENTRY_MOST_COUNT (INT64_MAX / 2)

/* What the values of a tensor may be. */
typedef enum gan_entry_values {
    GAN_VALUES_ANY,
    GAN_VALUES_FINITE,
    GAN_VALUES_NOT_NEGATIVE /* and finite */
} gan_entry_values;

typedef struct gan_entry {
    gan_entry_kind kind;
    const char *name;
    const char *text; /* of an architecture, a text or a note */
    char *found;      /* of a note: a draft of GAN_NOTE_TEXT bytes, for the file's text; if the file has none, it
                         stays what it is usually, or empty */
    void *place;      /* of a number, or of an array's values */
    bool draft;       /* the list owns the place, which may be written before the file is known to be good */
    bool optional;    /* a number, 0 if the file lacks it */
    /* What a missing entry means. Unless `without` is NULL, loading fails with the status: the file "was saved
     * `without`". */
    const char *without;
    gan_status missing;
    int64_t count; /* of a tensor's values */
    /* Of GAN_ENTRY_TENSOR: */
    const gan_tensor_plan *plan;
    gan_entry_values values;
    gan_real *stored;
    const gan_real *otherwise; /* its value if the file lacks it; NULL: no file may */
} gan_entry;

/* What a part does during a load, besides having its entries set. Each may be NULL. */
typedef struct gan_entries_hook {
    gan_status (*read)(void *part, const gan_safetensors *file); /* reads what has a size of its own to a draft, which
                                                                    `release` lets go with the list */
    gan_status (*check)(void *part); /* may reject what its drafts hold, before anything else changes; then the file
                                        is malformed, for the reason that it gave */
    void (*enter)(void *part);       /* from here to `leave`, while values change, other threads must wait; */
    void (*loaded)(void *part);      /* everything has changed */
    void (*leave)(void *part);
    void (*tell)(void *part, const char *from); /* all is done: it may log, and call the file `from` */
    void (*release)(void *part);
    void *part;
} gan_entries_hook;

/* Memory owned by the list. */
typedef struct gan_entries_draft {
    struct gan_entries_draft *next;
    size_t size;
} gan_entries_draft;

/* A list starts as {.context = context}, with `loading` for a load. It remembers a failure: later additions are
 * ignored, and saving and loading return it. There may be any number of parts, each declared by one call with its
 * name; two entries of one name are GAN_ERROR_ARGUMENT. */
typedef struct gan_entries {
    gan_context *context;
    bool loading;      /* not for saving: parts may list other entries then */
    const char *scope; /* of the next entries: their names begin with it; NULL: "" */
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

/* Values called PART.FIELD, or PART if `field` is NULL, after the scope; in the file after the prefix "libgan.".
 * Texts are copied. */
void gan_entries_add_text(gan_entries *entries, const char *part, const char *text);
/* A note; returns where to look for the file's text once it was read, in memory of the list. Longer texts are cut. */
#define GAN_NOTE_TEXT 256
const char *gan_entries_add_note(gan_entries *entries, const char *part, const char *field, const char *text);
/* One that files have only if it is not as usual. */
void gan_entries_add_unusual_note(gan_entries *entries, const char *part, const char *field, const char *text,
                                  const char *usual);
void gan_entries_add_count(gan_entries *entries, const char *part, const char *field, int64_t *place);
void gan_entries_add_integer(gan_entries *entries, const char *part, int64_t *place);
void gan_entries_add_word(gan_entries *entries, const char *part, const char *field, uint64_t *place);
void gan_entries_add_rate(gan_entries *entries, const char *part, const char *field, float *place);
/* A tensor called PART.NAME.SUFFIX; NULL omits either of the last two. */
void gan_entries_add_tensor(gan_entries *entries, const char *part, const char *name, const char *suffix,
                            const gan_tensor_plan *plan, int64_t count, gan_real *stored, const gan_real *otherwise);
/* An array of the caller, called PART: a tensor of rank 1 in the file. */
void gan_entries_add_array(gan_entries *entries, const char *part, gan_entry_kind kind, void *values, int64_t count);
void gan_entries_add_hook(gan_entries *entries, gan_entries_hook hook);

/* The next entry shows whether a file has an optional state: loading a file that "was saved `without`" it fails with
 * the status. */
void gan_entries_expect(gan_entries *entries, gan_status missing, const char *without);
/* Zeroed memory, released with the list; NULL after a failure. */
void *gan_entries_allocate(gan_entries *entries, size_t size);
/* GAN_ERROR_ARGUMENT if two entries of a list have one name (checkpoint_names.c). */
gan_status gan_entries_check_names(const gan_entries *entries);
/* The two texts one after the other, in such memory; "" after a failure. */
const char *gan_entries_join(gan_entries *entries, const char *first, const char *second);

/* ---- State of the lower folders (checkpoint_parts.c) ----------------------------------------------------------- */

/* The model's graph, so that a file with another one is rejected. What its inputs stand for is not compared. */
void gan_entries_add_architecture(gan_entries *entries, const char *part, const gan_model *model);
/* All tensors of the model; their values must be finite. */
void gan_entries_add_tensors(gan_entries *entries, const char *part, const gan_model *model);
/* Both of the above. */
void gan_entries_add_model(gan_entries *entries, const char *part, const gan_model *model);
/* An array laid out like its parameters, each called PART.NAME.SUFFIX. */
void gan_entries_add_parameters(gan_entries *entries, const char *part, const gan_model *model, const char *suffix,
                                gan_entry_values allowed, gan_real *values);
void gan_entries_add_random(gan_entries *entries, const char *part, gan_random *random);
void gan_entries_add_session(gan_entries *entries, const char *part, gan_session *session);
/* Its cursor. */
void gan_entries_add_dataset(gan_entries *entries, const char *part, gan_dataset *dataset);
/* A cursor that any part may have: a draft, with a count of 0 if the file has none. */
void gan_entries_add_cursor(gan_entries *entries, const char *part, gan_dataset_cursor *cursor);

/* ---- Files (checkpoint_save.c, checkpoint_load.c) -------------------------------------------------------------- */

gan_status gan_entries_save(gan_entries *entries, gan_target to);
/* The index of the first value that is not allowed, or -1. */
int64_t gan_entry_find_refused(gan_entry_values allowed, const float *values, int64_t count);
/* On failure only drafts have changed. Whatever else the file has is ignored. */
gan_status gan_entries_load(gan_entries *entries, gan_origin from);
/* "resumed from 'PATH'": what a part tells that has nothing else to say. */
void gan_entries_tell_resumed(void *context, const char *from);

/* Metadata that every checkpoint begins with. */
#define GAN_CHECKPOINT_FORMAT_KEY  "libgan.format"
#define GAN_CHECKPOINT_FORMAT      1
#define GAN_CHECKPOINT_FORMAT_TEXT "1"
#define GAN_CHECKPOINT_KIND_KEY    "libgan.kind"
#define GAN_CHECKPOINT_KIND        "checkpoint"
#define GAN_CHECKPOINT_PREFIX      "libgan." /* of all names in the metadata */

#endif
