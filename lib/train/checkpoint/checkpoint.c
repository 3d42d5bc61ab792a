/* Checkpoints: one safetensors file with everything that training goes on from. Tensors are called "generator." or
 * "discriminator." and their name, those of an average "generator_average.", moments "generator_optimizer.", the
 * parameter's name and ".first" or ".second"; numbers and the architectures are in the metadata. Loading reads and
 * checks the whole file before it changes anything. */
#include "train/checkpoint/checkpoint.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_KEY  "libgan.format"
#define FORMAT      1
#define FORMAT_TEXT "1"
#define KIND_KEY    "libgan.kind"
#define KIND        "checkpoint"

#define PLAYERS 2

/* ---- Saving ---------------------------------------------------------------------------------------------------- */

#define PLAYER_TEXTS 2 /* architecture and algorithm of each player */
#define MOST_PAIRS   (2 + PLAYERS * PLAYER_TEXTS + GAN_CHECKPOINT_VALUES) /* format and kind come first */

/* The metadata and the texts in it. */
typedef struct checkpoint_header {
    gan_metadata pairs[MOST_PAIRS];
    size_t count;
    char *architectures[PLAYERS];
    char texts[GAN_CHECKPOINT_VALUES][GAN_NUMBER_TEXT];
} checkpoint_header;

/* The keys of what belongs to a player. */
static const struct {
    const char *architecture, *algorithm;
} player_keys[PLAYERS] = {
    {"libgan.generator", "libgan.generator_optimizer"},
    {"libgan.discriminator", "libgan.discriminator_optimizer"},
};

static void header_add(checkpoint_header *header, const char *key, const char *value)
{
    gan_metadata pair = {key, value};
    header->pairs[header->count++] = pair;
}

static void print_value(const gan_checkpoint_value *value, char text[GAN_NUMBER_TEXT])
{
    switch (value->kind) {
    case GAN_VALUE_COUNT: snprintf(text, GAN_NUMBER_TEXT, "%" PRId64, *(const int64_t *)value->place); break;
    case GAN_VALUE_WORD: snprintf(text, GAN_NUMBER_TEXT, "%" PRIu64, *(const uint64_t *)value->place); break;
    case GAN_VALUE_RATE: gan_number_print(text, *(const float *)value->place); break;
    }
}

static gan_status header_fill(const gan_trainer *trainer, const gan_dataset *dataset, checkpoint_header *header)
{
    const gan_player *players[PLAYERS] = {&trainer->generator, &trainer->discriminator};
    gan_checkpoint_values values = {.count = 0};
    gan_dataset_cursor cursor;
    header_add(header, FORMAT_KEY, FORMAT_TEXT);
    header_add(header, KIND_KEY, KIND);
    for (int i = 0; i < PLAYERS; i++) {
        GAN_TRY(gan_model_write_architecture(players[i]->model, &header->architectures[i]));
        header_add(header, player_keys[i].architecture, header->architectures[i]);
        header_add(header, player_keys[i].algorithm,
                   gan_optimizer_algorithm_name(players[i]->optimizer->options.algorithm));
    }
    gan_checkpoint_list_trainer((gan_trainer *)trainer, &values); /* to read from */
    if (dataset) {
        GAN_TRY(gan_dataset_get_cursor(dataset, &cursor));
        gan_checkpoint_list_cursor(&cursor, &values);
    }
    for (int i = 0; i < values.count; i++) {
        print_value(&values.rows[i], header->texts[i]);
        header_add(header, values.rows[i].key, header->texts[i]);
    }
    return GAN_OK;
}

static gan_status fill_tensor(void *user, size_t index, float *out)
{
    const gan_checkpoint_tensor *tensor = &((const gan_checkpoint_tensors *)user)->tensors[index];
    gan_tensor_export(tensor->plan, tensor->count, tensor->stored, out);
    return GAN_OK;
}

static gan_status write_file(const gan_trainer *trainer, gan_checkpoint_tensors *table,
                             const checkpoint_header *header, const char *path)
{
    gan_safetensors_entry *entries = gan_allocate(trainer->context, table->count * sizeof(*entries));
    if (!entries) return GAN_ERROR_MEMORY;
    for (size_t i = 0; i < table->count; i++) {
        const gan_checkpoint_tensor *tensor = &table->tensors[i];
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
    gan_checkpoint_tensors table = {0};
    checkpoint_header header = {0};
    gan_status status = gan_checkpoint_list_tensors(trainer, &table);
    if (status == GAN_OK) status = header_fill(trainer, dataset, &header);
    if (status == GAN_OK) status = write_file(trainer, &table, &header, path);
    for (int i = 0; i < PLAYERS; i++) gan_release_text(trainer->context, header.architectures[i]);
    gan_checkpoint_release_tensors(&table);
    return status;
}

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* The metadata value of a key that every checkpoint has. */
static gan_status require(const gan_safetensors *file, const char *path, const char *key, const char **value)
{
    *value = gan_safetensors_metadata(file, key);
    return *value ? GAN_OK : gan_fail(GAN_ERROR_FORMAT, "'%s' has no %s in its metadata", path, key);
}

static bool parse_whole(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0 && *out <= most;
}

static gan_status check_kind(const gan_safetensors *file, const char *path)
{
    const char *kind = gan_safetensors_metadata(file, KIND_KEY), *format = NULL;
    uint64_t version = 0;
    if (!kind || strcmp(kind, KIND) != 0) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s' is not a checkpoint of a trainer%s", path,
                        gan_safetensors_metadata(file, "libgan.architecture") ? ", but a model" : "");
    }
    GAN_TRY(require(file, path, FORMAT_KEY, &format));
    if (!parse_whole(format, UINT64_MAX, &version)) {
        return gan_fail(GAN_ERROR_FORMAT, "'%s': " FORMAT_KEY " is '%.32s', expected a number", path, format);
    }
    if (version > FORMAT) {
        return gan_fail(GAN_ERROR_VERSION, "'%s' has the format %" PRIu64 "; libgan %s reads formats up to %d", path,
                        version, gan_version_text(), FORMAT);
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
        return gan_fail(GAN_ERROR_ARCHITECTURE, "'%s': its %s was trained by the optimizer %.32s, expected %s", path,
                        player->name, algorithm, expected);
    }
    return GAN_OK;
}

/* What was read for a gan_checkpoint_value, before it goes to its place. */
typedef union parsed_value {
    uint64_t whole;
    float rate;
} parsed_value;

static gan_status read_value(const gan_safetensors *file, const char *path, const gan_checkpoint_value *value,
                             parsed_value *out)
{
    const char *text;
    GAN_TRY(require(file, path, value->key, &text));
    if (value->kind == GAN_VALUE_RATE) {
        double rate = 0;
        if (gan_number_parse(text, strlen(text), &rate) && rate >= 0 && rate <= FLT_MAX) {
            out->rate = (float)rate;
            return GAN_OK;
        }
    } else if (parse_whole(text, value->kind == GAN_VALUE_COUNT ? INT64_MAX : UINT64_MAX, &out->whole)) {
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "'%s': %s is '%.32s', expected a %snumber from 0", path, value->key, text,
                    value->kind == GAN_VALUE_RATE ? "" : "whole ");
}

static gan_status read_values(const gan_safetensors *file, const char *path, const gan_checkpoint_values *values,
                              parsed_value out[GAN_CHECKPOINT_VALUES])
{
    for (int i = 0; i < values->count; i++) GAN_TRY(read_value(file, path, &values->rows[i], &out[i]));
    return GAN_OK;
}

static size_t value_size(gan_value_kind kind)
{
    return kind == GAN_VALUE_RATE ? sizeof(float) : sizeof(uint64_t);
}

static void place_values(const gan_checkpoint_values *values, const parsed_value *parsed)
{
    for (int i = 0; i < values->count; i++) {
        memcpy(values->rows[i].place, &parsed[i], value_size(values->rows[i].kind));
    }
}

/* What the file has to hold for the trainer's options. */
static gan_status check_options(const gan_safetensors *file, const char *path, const gan_trainer *trainer)
{
    const struct {
        bool needed;
        const char *key;
        gan_status status;
        const char *missing;
    } rows[] = {
        {trainer->penalised, GAN_CHECKPOINT_PENALTY_KEY, GAN_ERROR_NOT_FOUND, "gradient_penalty and dragan"},
        {trainer->view.augmentation, GAN_CHECKPOINT_AUGMENT_KEY, GAN_ERROR_NOT_FOUND, "augment"},
        {trainer->view.noise, GAN_CHECKPOINT_INSTANCE_NOISE_KEY, GAN_ERROR_NOT_FOUND, "instance_noise"},
        {trainer->average.model, GAN_CHECKPOINT_AVERAGE_KEY, GAN_ERROR_ARCHITECTURE,
         "an average of the generator, which this trainer keeps: make it without ema_decay and ema_half_life to load "
         "the file"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (!rows[i].needed || gan_safetensors_metadata(file, rows[i].key)) continue;
        return gan_fail(rows[i].status, "'%s' was saved by a trainer without %s", path, rows[i].missing);
    }
    return GAN_OK;
}

static gan_status read_cursor(const gan_safetensors *file, const char *path, gan_dataset_cursor *cursor)
{
    gan_checkpoint_values values = {.count = 0};
    parsed_value parsed[GAN_CHECKPOINT_VALUES];
    gan_checkpoint_list_cursor(cursor, &values);
    if (!gan_safetensors_metadata(file, values.rows[0].key)) {
        return gan_fail(GAN_ERROR_NOT_FOUND, "'%s' was saved without a dataset: it has no cursor", path);
    }
    GAN_TRY(read_values(file, path, &values, parsed));
    place_values(&values, parsed);
    return GAN_OK;
}

static gan_status read_tensor(const gan_safetensors *file, const gan_checkpoint_tensor *tensor, float *out)
{
    size_t index = 0;
    bool is_float;
    if (tensor->otherwise && !gan_safetensors_find(file, tensor->name, &index, &is_float)) {
        gan_tensor_export(tensor->plan, tensor->count, tensor->otherwise, out);
        return GAN_OK;
    }
    GAN_TRY(gan_safetensors_expect(file, tensor->name, tensor->plan->shape, &index));
    return gan_safetensors_read(file, index, out);
}

/* Reads everything, tensors into `values`; then changes the dataset, which may refuse, and the trainer. */
static gan_status load_checked(gan_trainer *trainer, gan_dataset *dataset, const gan_safetensors *file,
                               const char *path, const gan_checkpoint_tensors *table, float *values)
{
    gan_checkpoint_values of_trainer = {.count = 0};
    parsed_value parsed[GAN_CHECKPOINT_VALUES];
    gan_dataset_cursor cursor = {0};
    float *next = values;
    gan_checkpoint_list_trainer(trainer, &of_trainer);
    GAN_TRY(check_options(file, path, trainer));
    GAN_TRY(read_values(file, path, &of_trainer, parsed));
    for (size_t i = 0; i < table->count; next += table->tensors[i++].count) {
        GAN_TRY(read_tensor(file, &table->tensors[i], next));
    }
    if (dataset) {
        GAN_TRY(read_cursor(file, path, &cursor));
        GAN_TRY(gan_dataset_set_cursor(dataset, cursor));
    }
    place_values(&of_trainer, parsed);
    next = values;
    for (size_t i = 0; i < table->count; next += table->tensors[i++].count) {
        gan_tensor_import(table->tensors[i].plan, table->tensors[i].count, next, table->tensors[i].stored);
    }
    trainer->generator.proved = trainer->discriminator.proved = trainer->average.proved = true;
    trainer->monitor.stepped = trainer->monitor.diverged = false;
    return GAN_OK;
}

static gan_status load_file(gan_trainer *trainer, gan_dataset *dataset, const gan_safetensors *file, const char *path)
{
    gan_checkpoint_tensors table = {0};
    float *values = NULL;
    int64_t count = 0;
    const gan_player *players[PLAYERS] = {&trainer->generator, &trainer->discriminator};
    GAN_TRY(check_kind(file, path));
    for (int i = 0; i < PLAYERS; i++) GAN_TRY(check_player(file, path, players[i], i));
    gan_status status = gan_checkpoint_list_tensors(trainer, &table);
    for (size_t i = 0; i < table.count; i++) count += table.tensors[i].count;
    if (status == GAN_OK) {
        values = gan_allocate_array(trainer->context, count, sizeof(float));
        status = values ? load_checked(trainer, dataset, file, path, &table, values) : GAN_ERROR_MEMORY;
    }
    gan_release(trainer->context, values, (size_t)count * sizeof(float));
    gan_checkpoint_release_tensors(&table);
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
