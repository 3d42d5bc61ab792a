/* Writes a file of each kind to a folder, or reads those of a folder and writes them again to another: files FROM TO,
 * where FROM is "-" to make them. What is written is the same on every machine, bit for bit: random numbers and
 * copies, and nothing that a CPU rounds in its own way. */
#include <libgan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 12, SIDE = 8, PIXELS = SIDE * SIDE };

static const char *from, *to;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    exit(1);
}

/* Paths of files to read and to write. */
static const char *path_in(const char *folder, const char *name)
{
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_in(to, name), "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(name);
        exit(1);
    }
}

/* ---- Models and checkpoints ------------------------------------------------------------------------------------ */

static gan_model *make_generator(gan_context *context)
{
    gan_model *model = NULL;

    check(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(5)));
    gan_model_add(model, gan_layer_dense(context, 4 * 16, GAN_DENSE(.weight_initializer = GAN_UNIFORM(0.5f))));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(4, 4, 4)));
    gan_model_add(model, gan_layer_conv_transpose2d(context, 1,
                                                    GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                                         .padding = GAN_PADDING_SAME,
                                                                         .weight_initializer = GAN_UNIFORM(0.5f))));
    gan_model_add(model, gan_layer_tanh(context));
    check(gan_model_build(model, 1));
    return model;
}

static gan_model *make_discriminator(gan_context *context)
{
    gan_model *model = NULL;

    check(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1, SIDE, SIDE)));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.weight_initializer = GAN_UNIFORM(0.5f))));
    check(gan_model_build(model, 2));
    return model;
}

static void do_models(gan_context *context)
{
    gan_model *model = NULL, *onnx = NULL;

    if (from) {
        check(gan_model_load(context, path_in(from, "model.safetensors"), &model));
        check(gan_model_load_onnx(context, path_in(from, "model.onnx"), NULL, &onnx));
    } else {
        model = make_generator(context);
        onnx = make_generator(context);
    }
    check(gan_model_save(model, path_in(to, "model.safetensors")));
    check(gan_model_save_as(model, path_in(to, "half.safetensors"), GAN_SAVE(.storage = GAN_STORAGE_FLOAT16)));
    check(gan_model_save_as(model, path_in(to, "bfloat16.safetensors"), GAN_SAVE(.storage = GAN_STORAGE_BFLOAT16)));
    check(gan_model_save_onnx(onnx, path_in(to, "model.onnx"), NULL));
    gan_model_destroy(onnx);
    gan_model_destroy(model);
}

/* Random states, moments and a cursor in its second epoch. */
static void do_checkpoint(gan_context *context, const float *samples)
{
    gan_model *generator = make_generator(context), *discriminator = make_discriminator(context);
    gan_trainer *trainer = NULL;
    gan_dataset *dataset = NULL;
    float batch[5 * PIXELS];

    check(gan_dataset_from_array(context, samples, NULL, SAMPLES, GAN_SHAPE(1, SIDE, SIDE), GAN_DATASET(.seed = 3),
                                 &dataset));
    check(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = 4, .seed = 9), &trainer));
    for (int i = 0; i < 3 && !from; i++) {
        int64_t count = 0;
        check(gan_dataset_next(dataset, 5, batch, NULL, &count));
    }
    if (from) check(gan_trainer_load(trainer, dataset, path_in(from, "checkpoint.safetensors")));
    check(gan_trainer_save(trainer, dataset, path_in(to, "checkpoint.safetensors")));
    gan_trainer_destroy(trainer);
    gan_dataset_destroy(dataset);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

static void do_array(gan_context *context, const float *samples)
{
    const gan_npy_field field = {.name = "image", .path = path_in(from ? from : to, "array.npy")};
    gan_dataset *dataset = NULL;
    float values[SAMPLES * PIXELS];

    if (!from) {
        check(gan_npy_write(context, field.path, samples, SAMPLES, GAN_SHAPE(1, SIDE, SIDE)));
        return;
    }
    check(gan_dataset_open_npy(context, 1, &field, NULL, &dataset));
    check(gan_dataset_read(dataset, 0, SAMPLES, values, NULL));
    check(gan_npy_write(context, path_in(to, "array.npy"), values, SAMPLES, GAN_SHAPE(1, SIDE, SIDE)));
    gan_dataset_destroy(dataset);
}

/* IDX files are big-endian, and only read: of 16-bit integers, since bytes have no order. */
static void do_idx(gan_context *context)
{
    unsigned char bytes[16 + 2 * SAMPLES * PIXELS] = {0, 0, 0x0b, 3, 0, 0, 0, SAMPLES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    gan_dataset *dataset = NULL;
    float values[SAMPLES * PIXELS];

    for (size_t i = 16; i < sizeof(bytes); i++) bytes[i] = (unsigned char)(i * 37);
    write_bytes("images.idx", bytes, sizeof(bytes));
    check(gan_dataset_open_idx(context, path_in(from ? from : to, "images.idx"), NULL, NULL, &dataset));
    check(gan_dataset_read(dataset, 0, SAMPLES, values, NULL));
    check(gan_npy_write(context, path_in(to, "images.npy"), values, SAMPLES, GAN_SHAPE(1, SIDE, SIDE)));
    gan_dataset_destroy(dataset);
}

static void do_history(gan_context *context)
{
    gan_history *history = NULL;

    check(gan_history_create(context, &history));
    if (from) {
        check(gan_history_read_csv(history, path_in(from, "history.csv")));
    } else {
        for (int64_t step = 1; step <= 3; step++) {
            gan_step_report report = GAN_STEP_REPORT_INIT;
            report.step = step;
            report.discriminator_loss = 1.0f / (float)(step + 2);
            check(gan_history_add(history, &report));
        }
    }
    check(gan_history_write_csv(history, path_in(to, "history.csv")));
    gan_history_destroy(history);
}

int main(int count, char **arguments)
{
    static float samples[SAMPLES * PIXELS];
    gan_context *context = NULL;
    gan_random *random = NULL;

    if (count != 3) return fprintf(stderr, "usage: %s FROM|- TO\n", arguments[0]), 2;
    from = strcmp(arguments[1], "-") == 0 ? NULL : arguments[1];
    to = arguments[2];
    check(gan_context_create(GAN_CONTEXT(.threads = 1, .multiply = GAN_MULTIPLY_NATIVE), &context));
    check(gan_random_create(context, 4, 0, &random));
    check(gan_random_uniform(random, samples, SAMPLES * PIXELS));
    do_models(context);
    do_checkpoint(context, samples);
    do_array(context, samples);
    do_idx(context);
    do_history(context);
    gan_random_destroy(random);
    gan_context_destroy(context);
    return 0;
}
