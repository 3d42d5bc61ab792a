/* What a checkpoint holds: values in the metadata, and tensors. Used by checkpoint*.c only. */
#ifndef GAN_CHECKPOINT_H
#define GAN_CHECKPOINT_H

#include "train/train.h"

/* Whole numbers are decimal text, since JSON has no integers of 64 bits. */
typedef enum gan_value_kind {
    GAN_VALUE_COUNT, /* int64_t, >= 0 */
    GAN_VALUE_WORD,  /* uint64_t */
    GAN_VALUE_RATE   /* float, >= 0 and finite */
} gan_value_kind;

/* A value that is saved, and where it lies in a trainer or cursor. */
typedef struct gan_checkpoint_value {
    const char *key;
    gan_value_kind kind;
    void *place;
} gan_checkpoint_value;

#define GAN_CHECKPOINT_VALUES 64 /* more than are listed */

typedef struct gan_checkpoint_values {
    gan_checkpoint_value rows[GAN_CHECKPOINT_VALUES];
    int count;
} gan_checkpoint_values;

/* Keys that tell files of trainers with gradient_penalty or dragan, with augment, with instance_noise and with an
 * average. */
#define GAN_CHECKPOINT_PENALTY_KEY        "libgan.penalty.seed"
#define GAN_CHECKPOINT_AUGMENT_KEY        "libgan.augment.seed"
#define GAN_CHECKPOINT_INSTANCE_NOISE_KEY "libgan.instance_noise.seed"
#define GAN_CHECKPOINT_AVERAGE_KEY        "libgan.average.samples"

/* Each adds its values to the list. */
void gan_checkpoint_list_trainer(gan_trainer *trainer, gan_checkpoint_values *values);
void gan_checkpoint_list_cursor(gan_dataset_cursor *cursor, gan_checkpoint_values *values);

/* A tensor of the checkpoint and where its values lie. */
typedef struct gan_checkpoint_tensor {
    char *name;
    const gan_tensor_plan *plan;
    int64_t count;
    gan_real *stored;
    const gan_real *otherwise; /* what it is in a file without it; NULL: there is no such file */
} gan_checkpoint_tensor;

typedef struct gan_checkpoint_tensors {
    gan_context *context;
    gan_checkpoint_tensor *tensors;
    size_t count, capacity;
} gan_checkpoint_tensors;

/* Lists every tensor of the trainer. The table is released also after a failure. */
gan_status gan_checkpoint_list_tensors(const gan_trainer *trainer, gan_checkpoint_tensors *table);
void gan_checkpoint_release_tensors(gan_checkpoint_tensors *table);

#endif
