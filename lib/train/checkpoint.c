/* Checkpoints: one safetensors file with everything that training goes on from. Tensors are called "generator." or
 * "discriminator." and their name, moments "generator_optimizer.", the parameter's name and ".first" or ".second";
 * numbers and the architectures are in the metadata. Loading reads and checks the whole file before it changes
 * anything. */
#include "train/train.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_KEY "libgan.format"
#define FORMAT     1
#define KIND_KEY   "libgan.kind"
#define KIND       "checkpoint"
#define PLAYERS    2

static const char *const moment_names[GAN_MOMENTS] = {"first", "second"};

static gan_player *player_at(gan_trainer *trainer, int index)
{
    return index == 0 ? &trainer->generator : &trainer->discriminator;
}

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

/* Whole numbers of the metadata, as decimal text, since JSON has no integers of 64 bits. */
enum {
    STATE_STEPS,
    STATE_EPOCHS,
    STATE_GENERATOR_STEPS,
    STATE_DISCRIMINATOR_STEPS,
    STATE_DATASET_EPOCH,
    STATE_DATASET_POSITION,
    STATE_SIGNED, /* those above are int64_t */
    STATE_NOISE_SEED = STATE_SIGNED,
    STATE_NOISE_STREAM,
    STATE_NOISE_COUNTER,
    STATE_GENERATE_SEED,
    STATE_GENERATE_PASSES,
    STATE_REAL_SEED,
    STATE_REAL_PASSES,
    STATE_FAKE_SEED,
    STATE_FAKE_PASSES,
    STATE_DATASET_SEED,
    STATE_NUMBERS
};

static const char *const state_keys[STATE_NUMBERS] = {
    [STATE_STEPS] = "libgan.steps",
    [STATE_EPOCHS] = "libgan.epochs",
    [STATE_GENERATOR_STEPS] = "libgan.generator_optimizer.steps",
    [STATE_DISCRIMINATOR_STEPS] = "libgan.discriminator_optimizer.steps",
    [STATE_DATASET_EPOCH] = "libgan.dataset.epoch",
    [STATE_DATASET_POSITION] = "libgan.dataset.position",
    [STATE_NOISE_SEED] = "libgan.noise.seed",
    [STATE_NOISE_STREAM] = "libgan.noise.stream",
    [STATE_NOISE_COUNTER] = "libgan.noise.counter",
    [STATE_GENERATE_SEED] = "libgan.generate.seed",
    [STATE_GENERATE_PASSES] = "libgan.generate.passes",
    [STATE_REAL_SEED] = "libgan.real.seed",
    [STATE_REAL_PASSES] = "libgan.real.passes",
    [STATE_FAKE_SEED] = "libgan.fake.seed",
    [STATE_FAKE_PASSES] = "libgan.fake.passes",
    [STATE_DATASET_SEED] = "libgan.dataset.seed",
};

static bool is_of_dataset(int number)
{
    return number == STATE_DATASET_EPOCH || number == STATE_DATASET_POSITION || number == STATE_DATASET_SEED;
}

/* All that a checkpoint holds beside tensors and architectures. */
typedef struct checkpoint_state {
    uint64_t numbers[STATE_NUMBERS];
    float learning_rates[PLAYERS];
} checkpoint_state;

static gan_status state_collect(const gan_trainer *trainer, const gan_dataset *dataset, checkpoint_state *state)
{
    uint64_t *numbers = state->numbers;
    gan_random_state noise;
    gan_dataset_cursor cursor = {0};
    GAN_TRY(gan_random_get_state(trainer->noise, &noise));
    if (dataset) GAN_TRY(gan_dataset_get_cursor(dataset, &cursor));
    numbers[STATE_STEPS] = (uint64_t)trainer->steps;
    numbers[STATE_EPOCHS] = (uint64_t)trainer->epochs;
    numbers[STATE_GENERATOR_STEPS] = (uint64_t)trainer->generator.optimizer->steps;
    numbers[STATE_DISCRIMINATOR_STEPS] = (uint64_t)trainer->discriminator.optimizer->steps;
    numbers[STATE_DATASET_EPOCH] = (uint64_t)cursor.epoch;
    numbers[STATE_DATASET_POSITION] = (uint64_t)cursor.position;
    numbers[STATE_DATASET_SEED] = cursor.seed;
    numbers[STATE_NOISE_SEED] = noise.seed;
    numbers[STATE_NOISE_STREAM] = noise.stream;
    numbers[STATE_NOISE_COUNTER] = noise.counter;
    numbers[STATE_GENERATE_SEED] = trainer->generate->seed;
    numbers[STATE_GENERATE_PASSES] = trainer->generate->passes;
    numbers[STATE_REAL_SEED] = trainer->real->seed;
    numbers[STATE_REAL_PASSES] = trainer->real->passes;
    numbers[STATE_FAKE_SEED] = trainer->fake->seed;
    numbers[STATE_FAKE_PASSES] = trainer->fake->passes;
    state->learning_rates[0] = trainer->generator.optimizer->options.learning_rate;
    state->learning_rates[1] = trainer->discriminator.optimizer->options.learning_rate;
    return GAN_OK;
}

/* Cannot fail, except for the cursor, which the dataset may refuse: it comes first. */
static gan_status state_commit(gan_trainer *trainer, gan_dataset *dataset, const checkpoint_state *state)
{
    const uint64_t *numbers = state->numbers;
    gan_dataset_cursor cursor = {numbers[STATE_DATASET_SEED], (int64_t)numbers[STATE_DATASET_EPOCH],
                                 (int64_t)numbers[STATE_DATASET_POSITION]};
    gan_random_state noise = {numbers[STATE_NOISE_SEED], numbers[STATE_NOISE_STREAM], numbers[STATE_NOISE_COUNTER]};
    if (dataset) GAN_TRY(gan_dataset_set_cursor(dataset, cursor));
    GAN_TRY(gan_random_set_state(trainer->noise, noise));
    trainer->steps = (int64_t)numbers[STATE_STEPS];
    trainer->epochs = (int64_t)numbers[STATE_EPOCHS];
    trainer->generator.optimizer->steps = (int64_t)numbers[STATE_GENERATOR_STEPS];
    trainer->discriminator.optimizer->steps = (int64_t)numbers[STATE_DISCRIMINATOR_STEPS];
    trainer->generate->seed = numbers[STATE_GENERATE_SEED];
    trainer->generate->passes = numbers[STATE_GENERATE_PASSES];
    trainer->real->seed = numbers[STATE_REAL_SEED];
    trainer->real->passes = numbers[STATE_REAL_PASSES];
    trainer->fake->seed = numbers[STATE_FAKE_SEED];
    trainer->fake->passes = numbers[STATE_FAKE_PASSES];
    trainer->generator.optimizer->options.learning_rate = state->learning_rates[0];
    trainer->discriminator.optimizer->options.learning_rate = state->learning_rates[1];
    return GAN_OK;
}

/* ---- Tensors --------------------------------------------------------------------------------------------------- */

/* A tensor of the checkpoint and where its values lie. */
typedef struct checkpoint_tensor {
    char *name;
    const gan_tensor_plan *plan;
    int64_t count;
    gan_real *stored;
} checkpoint_tensor;

typedef struct checkpoint_table {
    gan_context *context;
    checkpoint_tensor *tensors;
    size_t count, capacity;
} checkpoint_table;

static void table_release(checkpoint_table *table)
{
    for (size_t i = 0; i < table->count; i++) gan_release_text(table->context, table->tensors[i].name);
    gan_release(table->context, table->tensors, table->capacity * sizeof(*table->tensors));
}

/* Adds "PREFIX.NAME" or "PREFIX.NAME.SUFFIX". */
static gan_status table_add(checkpoint_table *table, const char *prefix, const char *suffix,
                            const gan_model_tensor *tensor, gan_real *stored)
{
    const char *dot = suffix[0] ? "." : "";
    size_t size = strlen(prefix) + strlen(tensor->name) + strlen(suffix) + 3;
    char *name = gan_allocate(table->context, size);
    if (!name) return GAN_ERROR_MEMORY;
    snprintf(name, size, "%s.%s%s%s", prefix, tensor->name, dot, suffix);
    checkpoint_tensor row = {gan_copy_text(table->context, name), &tensor->plan, tensor->count, stored};
    gan_release(table->context, name, size);
    if (!row.name) return GAN_ERROR_MEMORY;
    table->tensors[table->count++] = row;
    return GAN_OK;
}

static gan_status table_add_player(checkpoint_table *table, const gan_player *player)
{
    const gan_model *model = player->model;
    char prefix[64];
    for (int i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        GAN_TRY(table_add(table, player->name, "", tensor, gan_model_tensor_data(model, tensor)));
    }
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

/* Lists every tensor of the trainer. The table is released also after a failure. */
static gan_status table_create(const gan_trainer *trainer, checkpoint_table *table)
{
    size_t tensors =
        (size_t)trainer->generator.model->tensor_count + (size_t)trainer->discriminator.model->tensor_count;
    table->context = trainer->context;
    table->capacity = tensors * (1 + GAN_MOMENTS);
    table->tensors = gan_allocate(table->context, table->capacity * sizeof(*table->tensors));
    if (!table->tensors) {
        table->capacity = 0;
        return GAN_ERROR_MEMORY;
    }
    GAN_TRY(table_add_player(table, &trainer->generator));
    return table_add_player(table, &trainer->discriminator);
}

/* ---- Saving ---------------------------------------------------------------------------------------------------- */

#define NUMBER_TEXT 32
#define METADATA_TEXTS \
    (2 + 3 * PLAYERS) /* format and kind; architecture, algorithm and learning rate of each player */

/* The metadata and the texts in it. */
typedef struct checkpoint_header {
    gan_metadata pairs[METADATA_TEXTS + STATE_NUMBERS];
    size_t count;
    char format[NUMBER_TEXT], numbers[STATE_NUMBERS][NUMBER_TEXT], rates[PLAYERS][NUMBER_TEXT];
    char *architectures[PLAYERS];
} checkpoint_header;

/* The keys of what belongs to a player. */
static const struct {
    const char *architecture, *algorithm, *learning_rate;
} player_keys[PLAYERS] = {
    {"libgan.generator", "libgan.generator_optimizer", "libgan.generator_optimizer.learning_rate"},
    {"libgan.discriminator", "libgan.discriminator_optimizer", "libgan.discriminator_optimizer.learning_rate"},
};

static void header_add(checkpoint_header *header, const char *key, const char *value)
{
    gan_metadata pair = {key, value};
    header->pairs[header->count++] = pair;
}

static gan_status header_fill(const gan_trainer *trainer, const gan_dataset *dataset, checkpoint_header *header)
{
    checkpoint_state state = {0};
    GAN_TRY(state_collect(trainer, dataset, &state));
    snprintf(header->format, NUMBER_TEXT, "%d", FORMAT);
    header_add(header, FORMAT_KEY, header->format);
    header_add(header, KIND_KEY, KIND);
    for (int i = 0; i < PLAYERS; i++) {
        const gan_player *player = player_at((gan_trainer *)trainer, i);
        GAN_TRY(gan_model_write_architecture(player->model, &header->architectures[i]));
        snprintf(header->rates[i], NUMBER_TEXT, "%.9g", (double)state.learning_rates[i]);
        header_add(header, player_keys[i].architecture, header->architectures[i]);
        header_add(header, player_keys[i].algorithm,
                   gan_optimizer_algorithm_name(player->optimizer->options.algorithm));
        header_add(header, player_keys[i].learning_rate, header->rates[i]);
    }
    for (int i = 0; i < STATE_NUMBERS; i++) {
        if (is_of_dataset(i) && !dataset) continue;
        snprintf(header->numbers[i], NUMBER_TEXT, "%" PRIu64, state.numbers[i]);
        header_add(header, state_keys[i], header->numbers[i]);
    }
    return GAN_OK;
}

static gan_status fill_tensor(void *user, size_t index, float *out)
{
    const checkpoint_tensor *tensor = &((const checkpoint_table *)user)->tensors[index];
    gan_tensor_export(tensor->plan, tensor->count, tensor->stored, out);
    return GAN_OK;
}

static gan_status write_file(const gan_trainer *trainer, checkpoint_table *table, const checkpoint_header *header,
                             const char *path)
{
    gan_safetensors_entry *entries = gan_allocate(trainer->context, table->count * sizeof(*entries));
    if (!entries) return GAN_ERROR_MEMORY;
    for (size_t i = 0; i < table->count; i++) {
        const checkpoint_tensor *tensor = &table->tensors[i];
        entries[i].name = tensor->name;
        entries[i].count = tensor->count;
        entries[i].rank = tensor->plan->shape.rank;
        for (int k = 0; k < entries[i].rank; k++) entries[i].dims[k] = tensor->plan->shape.dims[k];
    }
    gan_status status = gan_safetensors_write(trainer->context, path, entries, table->count, header->pairs,
                                              header->count, fill_tensor, table);
    gan_release(trainer->context, entries, table->count * sizeof(*entries));
    return status;
}

gan_status gan_trainer_save(const gan_trainer *trainer, const gan_dataset *dataset, const char *path)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    checkpoint_table table = {0};
    checkpoint_header header = {0};
    gan_status status = table_create(trainer, &table);
    if (status == GAN_OK) status = header_fill(trainer, dataset, &header);
    if (status == GAN_OK) status = write_file(trainer, &table, &header, path);
    for (int i = 0; i < PLAYERS; i++) gan_release_text(trainer->context, header.architectures[i]);
    table_release(&table);
    return status;
}

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* The metadata value of a key that every checkpoint has. */
static gan_status require(const gan_safetensors *file, const char *path, const char *key, const char **value)
{
    *value = gan_safetensors_metadata(file, key);
    return *value ? GAN_OK : gan_fail(GAN_ERROR_FORMAT, "'%s' has no %s in its metadata", path, key);
}

static gan_status parse_number(const char *text, uint64_t most, const char *key, const char *path, uint64_t *out)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || value > most) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s': %s is '%.32s', expected a whole number up to %" PRIu64, path, key,
                        text, most);
    }
    *out = value;
    return GAN_OK;
}

static gan_status check_kind(const gan_safetensors *file, const char *path)
{
    const char *kind = gan_safetensors_metadata(file, KIND_KEY), *format = NULL;
    uint64_t version = 0;
    if (!kind || strcmp(kind, KIND) != 0) {
        return gan_fail(
            GAN_ERROR_FORMAT, "'%s' is not a checkpoint of a trainer%s", path,
            gan_safetensors_metadata(file, "libgan.architecture") ? ", but a model: gan_model_load() reads it" : "");
    }
    GAN_TRY(require(file, path, FORMAT_KEY, &format));
    GAN_TRY(parse_number(format, UINT64_MAX, FORMAT_KEY, path, &version));
    if (version > FORMAT) {
        return gan_fail(GAN_ERROR_VERSION,
                        "'%s' has the checkpoint format %" PRIu64 "; libgan %s reads formats up to %d", path, version,
                        gan_version_text(), FORMAT);
    }
    return GAN_OK;
}

static gan_status check_player(const gan_safetensors *file, const char *path, const gan_player *player, int index)
{
    const char *architecture, *algorithm;
    const char *expected = gan_optimizer_algorithm_name(player->optimizer->options.algorithm);
    char *own;
    GAN_TRY(require(file, path, player_keys[index].architecture, &architecture));
    GAN_TRY(require(file, path, player_keys[index].algorithm, &algorithm));
    GAN_TRY(gan_model_write_architecture(player->model, &own));
    bool same = strcmp(own, architecture) == 0;
    gan_release_text(player->model->context, own);
    if (!same) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "'%s': its %s has another architecture than the trainer's", path,
                        player->name);
    }
    if (strcmp(algorithm, expected) != 0) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "'%s': its %s was trained by the optimizer %s, expected %s", path,
                        player->name, algorithm, expected);
    }
    return GAN_OK;
}

static gan_status read_number(const gan_safetensors *file, const char *path, int number, uint64_t *out)
{
    const char *text;
    GAN_TRY(require(file, path, state_keys[number], &text));
    return parse_number(text, number < STATE_SIGNED ? INT64_MAX : UINT64_MAX, state_keys[number], path, out);
}

static gan_status read_rate(const gan_safetensors *file, const char *path, const char *key, float *out)
{
    const char *text;
    char *end;
    GAN_TRY(require(file, path, key, &text));
    float value = strtof(text, &end);
    if (end == text || *end != 0 || !isfinite(value) || value < 0) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s': %s is '%.32s', expected a number >= 0", path, key, text);
    }
    *out = value;
    return GAN_OK;
}

static gan_status read_state(const gan_safetensors *file, const char *path, const gan_dataset *dataset,
                             checkpoint_state *state)
{
    for (int i = 0; i < STATE_NUMBERS; i++) {
        if (is_of_dataset(i)) {
            if (!dataset) continue;
            if (!gan_safetensors_metadata(file, state_keys[i])) {
                return gan_fail(GAN_ERROR_NOT_FOUND, "'%s' was saved without a dataset: it has no cursor", path);
            }
        }
        GAN_TRY(read_number(file, path, i, &state->numbers[i]));
    }
    for (int i = 0; i < PLAYERS; i++) {
        GAN_TRY(read_rate(file, path, player_keys[i].learning_rate, &state->learning_rates[i]));
    }
    return GAN_OK;
}

static gan_status read_tensor(const gan_safetensors *file, const char *path, const checkpoint_tensor *tensor,
                              float *out)
{
    size_t index;
    bool is_float;
    const gan_shape *shape = &tensor->plan->shape;
    const gan_safetensors_entry *entry = gan_safetensors_find(file, tensor->name, &index, &is_float);
    if (!entry) return gan_fail(GAN_ERROR_FORMAT, "'%s' has no tensor '%s'", path, tensor->name);
    bool same = is_float && entry->rank == shape->rank;
    for (int k = 0; same && k < shape->rank; k++) same = entry->dims[k] == shape->dims[k];
    if (!same) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_FORMAT, "'%s': tensor '%s' is not of type F32 and shape %s", path, tensor->name,
                        gan_shape_text(*shape, text));
    }
    return gan_safetensors_read(file, index, out);
}

/* Reads everything into `values`, then changes the trainer and the dataset. */
static gan_status load_checked(gan_trainer *trainer, gan_dataset *dataset, const gan_safetensors *file,
                               const char *path, const checkpoint_table *table, float *values)
{
    checkpoint_state state = {0};
    float *next = values;
    GAN_TRY(read_state(file, path, dataset, &state));
    for (size_t i = 0; i < table->count; next += table->tensors[i++].count) {
        GAN_TRY(read_tensor(file, path, &table->tensors[i], next));
    }
    GAN_TRY(state_commit(trainer, dataset, &state));
    next = values;
    for (size_t i = 0; i < table->count; next += table->tensors[i++].count) {
        gan_tensor_import(table->tensors[i].plan, table->tensors[i].count, next, table->tensors[i].stored);
    }
    trainer->generator.proved = trainer->discriminator.proved = true;
    return GAN_OK;
}

static gan_status load_file(gan_trainer *trainer, gan_dataset *dataset, const gan_safetensors *file, const char *path)
{
    checkpoint_table table = {0};
    float *values = NULL;
    int64_t count = 0;
    GAN_TRY(check_kind(file, path));
    for (int i = 0; i < PLAYERS; i++) GAN_TRY(check_player(file, path, player_at(trainer, i), i));
    gan_status status = table_create(trainer, &table);
    for (size_t i = 0; i < table.count; i++) count += table.tensors[i].count;
    if (status == GAN_OK) {
        values = gan_allocate_array(trainer->context, count, sizeof(float));
        status = values ? load_checked(trainer, dataset, file, path, &table, values) : GAN_ERROR_MEMORY;
    }
    gan_release(trainer->context, values, (size_t)count * sizeof(float));
    table_release(&table);
    return status;
}

gan_status gan_trainer_load(gan_trainer *trainer, gan_dataset *dataset, const char *path)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    gan_safetensors *file;
    GAN_TRY(gan_safetensors_open(trainer->context, path, &file));
    gan_status status = load_file(trainer, dataset, file, path);
    gan_safetensors_close(file);
    return status;
}
