/* Targets that open any bytes as a model, its weights, a checkpoint, JSON or an architecture. What loads is saved,
 * and what is saved loads again and is saved to the same bytes. */
#include "fuzz/targets.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 1024, BATCH = 2, SAMPLE = 4, NOISE = 3, MOST_BYTES = 1 << 20 };

/* ---- Whole files ----------------------------------------------------------------------------------------------- */

/* The bytes of a file, with a 0 after them; the caller frees them. */
static char *read_all(const char *path, size_t *size)
{
    char *bytes = malloc(MOST_BYTES + 1);
    FILE *file = fopen(path, "rb");
    fuzz_require(bytes && file, "a file that is gone");
    *size = fread(bytes, 1, MOST_BYTES, file);
    fclose(file);
    bytes[*size] = 0;
    return bytes;
}

static void require_same_files(const char *a, const char *b)
{
    size_t first, second;
    char *bytes = read_all(a, &first), *others = read_all(b, &second);
    fuzz_require(first == second && memcmp(bytes, others, first) == 0, "what was loaded is saved to other bytes");
    free(bytes);
    free(others);
}

/* The path and two more, for what is saved. */
typedef struct places {
    char first[NAME_SIZE], second[NAME_SIZE];
} places;

static places beside(const char *path)
{
    places p;
    snprintf(p.first, sizeof(p.first), "%s.first", path);
    snprintf(p.second, sizeof(p.second), "%s.second", path);
    return p;
}

static void remove_places(const places *p)
{
    remove(p->first);
    remove(p->second);
}

/* ---- Models ---------------------------------------------------------------------------------------------------- */

/* Weights that are not finite may load, but are not saved. */
static void save_and_load(gan_context *context, gan_model *model, const places *p)
{
    gan_model *again = NULL;
    const gan_status status = gan_model_save(model, p->first);
    fuzz_require(status == GAN_OK || status == GAN_ERROR_MEMORY || status == GAN_ERROR_NOT_FINITE,
                 "a model that loads and cannot be saved");
    if (status != GAN_OK) return;
    const gan_status loaded = gan_model_load(context, p->first, &again);
    fuzz_require(loaded == GAN_OK || loaded == GAN_ERROR_MEMORY, "a saved model that does not load");
    if (loaded == GAN_OK && gan_model_save(again, p->second) == GAN_OK) require_same_files(p->first, p->second);
    gan_model_destroy(again);
}

gan_status fuzz_model(gan_context *context, const char *path)
{
    const places p = beside(path);
    gan_model *model = NULL;
    const gan_status status = gan_model_load(context, path, &model);
    if (status == GAN_OK) save_and_load(context, model, &p);
    gan_model_destroy(model);
    remove_places(&p);
    return status;
}

gan_status fuzz_onnx(gan_context *context, const char *path)
{
    const places p = beside(path);
    gan_model *model = NULL;
    const gan_status status = gan_model_load_onnx(context, path, NULL, &model);
    if (status == GAN_OK) save_and_load(context, model, &p);
    gan_model_destroy(model);
    remove_places(&p);
    return status;
}

/* NOISE numbers to SAMPLE, or SAMPLE to a logit, with tensors of all kinds. */
static gan_model *build(gan_context *context, int64_t inputs, int64_t outputs, bool spectral)
{
    gan_model *model = NULL;
    if (gan_model_create(context, &model) != GAN_OK) return NULL;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(inputs)));
    gan_model_add(model, gan_layer_dense(context, 5, GAN_DENSE(.spectral_norm = spectral)));
    if (!spectral) gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, outputs, NULL));
    if (gan_model_build(model, 1) == GAN_OK) return model;
    gan_model_destroy(model);
    return NULL;
}

gan_status fuzz_weights(gan_context *context, const char *path)
{
    const places p = beside(path);
    gan_model *model = build(context, NOISE, SAMPLE, false);
    if (!model) return GAN_ERROR_MEMORY;
    const gan_status status = gan_model_load_weights(model, path, NULL);
    if (status == GAN_OK) save_and_load(context, model, &p);
    gan_model_destroy(model);
    remove_places(&p);
    return status;
}

gan_status fuzz_write_weights(gan_context *context, const char *path)
{
    gan_model *model = build(context, NOISE, SAMPLE, false);
    const gan_status status = gan_model_save(model, path);
    gan_model_destroy(model);
    return status;
}

/* ---- Checkpoints ----------------------------------------------------------------------------------------------- */

/* What was loaded is saved and loaded again, and training goes on from it. */
static void resume(gan_trainer *trainer, const places *p)
{
    static const float samples[BATCH * SAMPLE] = {0.5f, -0.5f, 0.25f};
    fuzz_require(gan_trainer_save(trainer, NULL, p->first) == GAN_OK, "a checkpoint that loads and cannot be saved");
    fuzz_require(gan_trainer_load(trainer, NULL, p->first) == GAN_OK, "a saved checkpoint that does not load");
    fuzz_require(gan_trainer_save(trainer, NULL, p->second) == GAN_OK, "a checkpoint that cannot be saved again");
    require_same_files(p->first, p->second);
    const gan_status status = gan_trainer_step(trainer, samples, BATCH, NULL);
    fuzz_require(status == GAN_OK || status == GAN_ERROR_DIVERGED, "a step that fails after a load");
    fuzz_require(gan_trainer_save(trainer, NULL, p->first) == GAN_OK, "no checkpoint after a step");
    fuzz_require(gan_trainer_load(trainer, NULL, p->first) == GAN_OK, "no load after a step");
}

gan_status fuzz_checkpoint(gan_context *context, const char *path)
{
    const places p = beside(path);
    gan_model *generator = build(context, NOISE, SAMPLE, false), *discriminator = build(context, SAMPLE, 1, true);
    gan_trainer *trainer = NULL;
    gan_status status = generator && discriminator ? GAN_OK : GAN_ERROR_MEMORY;
    if (status == GAN_OK) {
        status = gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f),
                                    &trainer);
    }
    if (status == GAN_OK) status = gan_trainer_load(trainer, NULL, path);
    if (status == GAN_OK) resume(trainer, &p);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    remove_places(&p);
    return status;
}

gan_status fuzz_write_checkpoint(gan_context *context, const char *path)
{
    static const float samples[BATCH * SAMPLE] = {1, -1, 0.5f, 0, -0.5f};
    gan_model *generator = build(context, NOISE, SAMPLE, false), *discriminator = build(context, SAMPLE, 1, true);
    gan_trainer *trainer = NULL;
    gan_status status = gan_trainer_create(context, generator, discriminator,
                                           GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f), &trainer);
    if (status == GAN_OK) status = gan_trainer_step(trainer, samples, BATCH, NULL);
    if (status == GAN_OK) status = gan_trainer_save(trainer, NULL, path);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    return status;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static void write_value(gan_json_writer *writer, const char *key, const gan_json *value)
{
    int64_t integer;
    double number;
    bool truth;
    const char *text = gan_json_get_text(value);
    if (gan_json_is_object(value) || gan_json_is_array(value)) {
        const bool is_object = gan_json_is_object(value);
        (is_object ? gan_json_begin_object : gan_json_begin_array)(writer, key);
        for (const gan_json *in = gan_json_next(value, NULL); in; in = gan_json_next(value, in)) {
            fuzz_require(!is_object || gan_json_get(value, gan_json_name(in)) == in, "a member not found by name");
            write_value(writer, is_object ? gan_json_name(in) : NULL, in);
        }
        (is_object ? gan_json_end_object : gan_json_end_array)(writer);
    } else if (text) {
        gan_json_write_text(writer, key, text);
    } else if (gan_json_get_int(value, &integer)) {
        gan_json_write_int(writer, key, integer);
    } else if (gan_json_get_number(value, &number)) {
        gan_json_write_number(writer, key, number);
    } else {
        gan_json_write_bool(writer, key, gan_json_get_bool(value, &truth) && truth); /* null becomes false */
    }
}

static char *write_again(gan_context *context, const gan_json *whole)
{
    gan_json_writer writer = {.context = context};
    char *text = NULL;
    write_value(&writer, NULL, whole);
    const gan_status status = gan_json_finish(&writer, &text);
    fuzz_require(status == GAN_OK || status == GAN_ERROR_MEMORY, "JSON that was read and cannot be written");
    return text;
}

gan_status fuzz_json(gan_context *context, const char *path)
{
    size_t size;
    char *bytes = read_all(path, &size);
    gan_json *whole = NULL, *again = NULL;
    const gan_status status = gan_json_parse(context, bytes, size, &whole);
    char *text = status == GAN_OK ? write_again(context, whole) : NULL;
    if (text && gan_json_parse(context, text, strlen(text), &again) == GAN_OK) {
        char *second = write_again(context, again);
        fuzz_require(!second || strcmp(text, second) == 0, "JSON that changes when it is written again");
        gan_release_text(context, second);
    }
    gan_release_text(context, text);
    gan_json_release(again);
    gan_json_release(whole);
    free(bytes);
    return status;
}

gan_status fuzz_architecture(gan_context *context, const char *path)
{
    size_t size;
    char *bytes = read_all(path, &size), *text = NULL, *again = NULL;
    const gan_status status = gan_model_read_graph(context, bytes, &text);
    if (status == GAN_OK && gan_model_read_graph(context, text, &again) == GAN_OK) {
        fuzz_require(strcmp(text, again) == 0, "an architecture that changes when it is read again");
    }
    gan_release_text(context, text);
    gan_release_text(context, again);
    free(bytes);
    return status;
}
