/* What a checkpoint holds, and where it lies in a trainer. */
#include "train/checkpoint/checkpoint.h"

#include <stdio.h>
#include <string.h>

static const char *const moment_names[GAN_MOMENTS] = {"first", "second"};

/* ---- Values of the metadata ------------------------------------------------------------------------------------ */

static void list_values(gan_checkpoint_values *values, const gan_checkpoint_value *rows, size_t count)
{
    memcpy(values->rows + values->count, rows, count * sizeof(*rows));
    values->count += (int)count;
}

/* What a trainer has only with gradient_penalty or dragan. */
static void list_penalty(gan_trainer *trainer, gan_checkpoint_values *values)
{
    gan_random_state *random = &trainer->penalty_random->state;
    const gan_checkpoint_value rows[] = {
        {GAN_CHECKPOINT_PENALTY_KEY, GAN_VALUE_WORD, &random->seed},
        {"libgan.penalty.stream", GAN_VALUE_WORD, &random->stream},
        {"libgan.penalty.counter", GAN_VALUE_WORD, &random->counter},
        {"libgan.penalised.seed", GAN_VALUE_WORD, &trainer->penalised->seed},
        {"libgan.penalised.passes", GAN_VALUE_WORD, &trainer->penalised->passes},
    };
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
}

/* With augment. */
static void list_augmentation(gan_random_state *random, gan_checkpoint_values *values)
{
    const gan_checkpoint_value rows[] = {
        {GAN_CHECKPOINT_AUGMENT_KEY, GAN_VALUE_WORD, &random->seed},
        {"libgan.augment.stream", GAN_VALUE_WORD, &random->stream},
        {"libgan.augment.counter", GAN_VALUE_WORD, &random->counter},
    };
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
}

/* With instance_noise. */
static void list_instance_noise(gan_random_state *random, gan_checkpoint_values *values)
{
    const gan_checkpoint_value rows[] = {
        {GAN_CHECKPOINT_INSTANCE_NOISE_KEY, GAN_VALUE_WORD, &random->seed},
        {"libgan.instance_noise.stream", GAN_VALUE_WORD, &random->stream},
        {"libgan.instance_noise.counter", GAN_VALUE_WORD, &random->counter},
    };
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
}

/* With an average. */
static void list_average(gan_trainer *trainer, gan_checkpoint_values *values)
{
    const gan_checkpoint_value rows[] = {{GAN_CHECKPOINT_AVERAGE_KEY, GAN_VALUE_WORD, &trainer->seen}};
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
}

void gan_checkpoint_list_trainer(gan_trainer *trainer, gan_checkpoint_values *values)
{
    gan_random_state *noise = &trainer->noise->state;
    gan_optimizer *of_generator = trainer->generator.optimizer, *of_discriminator = trainer->discriminator.optimizer;
    const gan_checkpoint_value rows[] = {
        {"libgan.steps", GAN_VALUE_COUNT, &trainer->steps},
        {"libgan.epochs", GAN_VALUE_COUNT, &trainer->epochs},
        {"libgan.generator_optimizer.steps", GAN_VALUE_COUNT, &of_generator->steps},
        {"libgan.generator_optimizer.learning_rate", GAN_VALUE_RATE, &of_generator->options.learning_rate},
        {"libgan.discriminator_optimizer.steps", GAN_VALUE_COUNT, &of_discriminator->steps},
        {"libgan.discriminator_optimizer.learning_rate", GAN_VALUE_RATE, &of_discriminator->options.learning_rate},
        {"libgan.noise.seed", GAN_VALUE_WORD, &noise->seed},
        {"libgan.noise.stream", GAN_VALUE_WORD, &noise->stream},
        {"libgan.noise.counter", GAN_VALUE_WORD, &noise->counter},
        {"libgan.generate.seed", GAN_VALUE_WORD, &trainer->generate->seed},
        {"libgan.generate.passes", GAN_VALUE_WORD, &trainer->generate->passes},
        {"libgan.real.seed", GAN_VALUE_WORD, &trainer->real->seed},
        {"libgan.real.passes", GAN_VALUE_WORD, &trainer->real->passes},
        {"libgan.fake.seed", GAN_VALUE_WORD, &trainer->fake->seed},
        {"libgan.fake.passes", GAN_VALUE_WORD, &trainer->fake->passes},
    };
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
    if (trainer->penalised) list_penalty(trainer, values);
    if (trainer->view.augmentation) list_augmentation(&trainer->view.augmentation->state, values);
    if (trainer->view.noise) list_instance_noise(&trainer->view.noise->state, values);
    if (trainer->average.model) list_average(trainer, values);
}

void gan_checkpoint_list_cursor(gan_dataset_cursor *cursor, gan_checkpoint_values *values)
{
    const gan_checkpoint_value rows[] = {
        {"libgan.dataset.epoch", GAN_VALUE_COUNT, &cursor->epoch},
        {"libgan.dataset.position", GAN_VALUE_COUNT, &cursor->position},
        {"libgan.dataset.seed", GAN_VALUE_WORD, &cursor->seed},
    };
    list_values(values, rows, sizeof(rows) / sizeof(*rows));
}

/* ---- Tensors --------------------------------------------------------------------------------------------------- */

void gan_checkpoint_release_tensors(gan_checkpoint_tensors *table)
{
    for (size_t i = 0; i < table->count; i++) gan_release_text(table->context, table->tensors[i].name);
    gan_release(table->context, table->tensors, table->capacity * sizeof(*table->tensors));
}

/* Adds "PREFIX.NAME" or "PREFIX.NAME.SUFFIX". */
static gan_status table_add(gan_checkpoint_tensors *table, const char *prefix, const char *suffix,
                            const gan_model_tensor *tensor, gan_real *stored)
{
    const char *dot = suffix[0] ? "." : "";
    size_t size = strlen(prefix) + strlen(tensor->name) + strlen(suffix) + 3;
    char *name = gan_allocate(table->context, size);
    if (!name) return GAN_ERROR_MEMORY;
    snprintf(name, size, "%s.%s%s%s", prefix, tensor->name, dot, suffix);
    gan_checkpoint_tensor row = {gan_copy_text(table->context, name), &tensor->plan, tensor->count, stored, NULL};
    gan_release(table->context, name, size);
    if (!row.name) return GAN_ERROR_MEMORY;
    table->tensors[table->count++] = row;
    return GAN_OK;
}

static gan_status table_add_model(gan_checkpoint_tensors *table, const gan_player *player)
{
    const gan_model *model = player->model;
    for (int i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        GAN_TRY(table_add(table, player->name, "", tensor, gan_model_tensor_data(model, tensor)));
    }
    return GAN_OK;
}

static gan_status table_add_player(gan_checkpoint_tensors *table, const gan_player *player)
{
    const gan_model *model = player->model;
    char prefix[64];
    GAN_TRY(table_add_model(table, player));
    snprintf(prefix, sizeof(prefix), "%s_optimizer", player->name);
    for (int k = 0; k < GAN_MOMENTS; k++) {
        gan_real *moments = player->optimizer->moments[0][k];
        for (int i = 0; moments && i < model->tensor_count; i++) {
            const gan_model_tensor *tensor = &model->tensors[i];
            if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
            GAN_TRY(table_add(table, prefix, moment_names[k], tensor, moments + tensor->offset));
        }
    }
    return GAN_OK;
}

/* Files of trainers that make no diagnoses lack it. */
static gan_status table_add_diagnosis(gan_checkpoint_tensors *table, gan_monitor *monitor)
{
    static const gan_tensor_plan plan = {.kind = GAN_TENSOR_BUFFER, .shape = {1, {GAN_DIAGNOSIS_VALUES}}};
    gan_checkpoint_tensor row = {gan_copy_text(table->context, "diagnosis"), &plan, GAN_DIAGNOSIS_VALUES,
                                 &monitor->memory.real_accuracy, &gan_diagnosis_nothing.real_accuracy};
    if (!row.name) return GAN_ERROR_MEMORY;
    table->tensors[table->count++] = row;
    return GAN_OK;
}

gan_status gan_checkpoint_list_tensors(const gan_trainer *trainer, gan_checkpoint_tensors *table)
{
    const gan_model *generator = trainer->generator.model, *discriminator = trainer->discriminator.model;
    table->context = trainer->context;
    table->capacity = (size_t)generator->tensor_count * (2 + GAN_MOMENTS) + /* with the average */
                      (size_t)discriminator->tensor_count * (1 + GAN_MOMENTS) + 1;
    table->tensors = gan_allocate(table->context, table->capacity * sizeof(*table->tensors));
    if (!table->tensors) {
        table->capacity = 0;
        return GAN_ERROR_MEMORY;
    }
    GAN_TRY(table_add_player(table, &trainer->generator));
    GAN_TRY(table_add_player(table, &trainer->discriminator));
    if (trainer->average.model) GAN_TRY(table_add_model(table, &trainer->average));
    if (trainer->options.diagnosis_interval == GAN_DIAGNOSIS_OFF) return GAN_OK;
    return table_add_diagnosis(table, (gan_monitor *)&trainer->monitor);
}
