/* What programs do with libgan, as calls that can be repeated while the system fails. Together the scenarios make
 * every public call that can allocate or use a file. */
#ifndef GAN_TESTS_TORTURE_SCENARIOS_H
#define GAN_TESTS_TORTURE_SCENARIOS_H

#include "libgan.h"

enum { STAGE_FILES = 3 };

/* What a scenario runs on. */
typedef struct stage {
    gan_context *context;
    bool retries;                         /* the first call that fails is made again */
    bool retried;                         /* it has been */
    uint64_t digest;                      /* of all results of a run */
    gan_status failure;                   /* of the last call that failed, or GAN_OK */
    char sentence[512];                   /* its reason */
    const char *complaint;                /* NULL, or the rule that a call broke */
    void (*check_files)(struct stage *s); /* called when a call has failed */
    const void *user;
} stage;

/* Adds to the digest. */
void stage_add(stage *s, const void *bytes, size_t size);
/* The same with all tensors of a model. */
void stage_add_model(stage *s, const gan_model *model);
/* Whether a call that failed is to be made again. `out` is its result, NULL if it has none or is untouched. */
bool stage_retries(stage *s, gan_status failure, const void *out);

/* Makes a call unless an earlier one failed, and again if it is the first to fail on a stage that retries. */
#define STEP(stage, call)                                                                \
    do {                                                                                 \
        if (status == GAN_OK) {                                                          \
            status = (call);                                                             \
            if (status != GAN_OK && stage_retries(stage, status, NULL)) status = (call); \
        }                                                                                \
    } while (0)

/* The same with a call that makes a handle. */
#define MAKE(stage, handle, call)                                                          \
    do {                                                                                   \
        if (status == GAN_OK) {                                                            \
            status = (call);                                                               \
            if (status != GAN_OK && stage_retries(stage, status, handle)) status = (call); \
        }                                                                                  \
    } while (0)

typedef struct scenario {
    const char *name;
    gan_status (*run)(stage *s);    /* releases all that it makes */
    const char *files[STAGE_FILES]; /* that it replaces, once each; NULL: no more */
    bool is_slow;
} scenario;

extern const scenario model_scenarios[], data_scenarios[], training_scenarios[]; /* the last has no name */

/* Writes the files that the scenarios of data read. */
void scenario_files_create(void);

#endif
