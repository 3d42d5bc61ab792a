/* Trains a small GAN at each level of the CPU and prints checksums of its samples and of its files: two builds of the
 * library by one compiler are the same if these lines are. */
#include <libgan.h>

#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                            \
    do {                                                                                       \
        if ((call) != GAN_OK) {                                                                \
            fprintf(stderr, "%s: %s\n", gan_status_name(gan_last_status()), gan_last_error()); \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

enum { BATCH = 8, PIXELS = 12 * 12, COUNT = 40 };

static gan_model *make_generator(gan_context *context)
{
    gan_model *model = NULL;

    CHECK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(10)));
    gan_model_add(model, gan_layer_dense(context, 6 * 6 * 6, NULL));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_gelu(context, NULL));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(6, 6, 6)));
    gan_model_add(model,
                  gan_layer_conv_transpose2d(context, 7, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2})));
    gan_model_add(model, gan_layer_group_norm(context, 7, NULL));
    gan_model_add(model, gan_layer_silu(context));
    gan_model_add(model, gan_layer_conv2d(context, 1, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_tanh(context));
    CHECK(gan_model_build(model, 1));
    return model;
}

static gan_model *make_discriminator(gan_context *context, gan_shape shape)
{
    gan_model *model = NULL;

    CHECK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, shape));
    gan_model_add(model, gan_layer_conv2d(context, 5, GAN_CONV2D(.stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.25f)));
    gan_model_add(model, gan_layer_max_pool2d(context, NULL));
    gan_model_add(model, gan_layer_minibatch_stddev(context, NULL));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 33, NULL));
    gan_model_add(model, gan_layer_elu(context, NULL));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    CHECK(gan_model_build(model, 2));
    return model;
}

static uint64_t checksum(const void *values, size_t size)
{
    const unsigned char *bytes = values;
    uint64_t sum = 14695981039346656037u;

    for (size_t i = 0; i < size; i++) sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/* What is saved, names of layers and options included; it loads again. */
static uint64_t checksum_of_file(gan_context *context, const gan_model *model)
{
    gan_bytes *bytes = NULL;
    gan_model *loaded = NULL;

    CHECK(gan_bytes_create(context, &bytes));
    CHECK(gan_model_save_to(model, gan_bytes_writer(bytes), NULL));
    CHECK(
        gan_model_load_from(context, gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes)), &loaded));
    const uint64_t sum = checksum(gan_bytes_data(bytes), gan_bytes_size(bytes));
    gan_model_destroy(loaded);
    gan_bytes_destroy(bytes);
    return sum;
}

static void train(gan_cpu cpu, gan_precision precision)
{
    static float data[COUNT * 4 * PIXELS];
    static float samples[BATCH * 4 * PIXELS];
    gan_context *context = NULL;
    gan_trainer *trainer = NULL;

    if (gan_context_create(
            GAN_CONTEXT(.cpu = cpu, .precision = precision, .multiply = GAN_MULTIPLY_NATIVE, .threads = 2),
            &context) != GAN_OK) {
        printf("cpu %d precision %d: %s\n", (int)cpu, (int)precision, gan_status_name(gan_last_status()));
        return;
    }
    gan_model *generator = make_generator(context);
    gan_shape shape;
    CHECK(gan_model_get_output_shape(generator, 0, &shape));
    const int64_t values = shape.dims[0] * shape.dims[1] * shape.dims[2];
    gan_model *discriminator = make_discriminator(context, shape);

    for (int64_t i = 0; i < COUNT * values; i++) data[i] = (float)((i * 2654435761u >> 7) % 255) / 127.0f - 1;
    CHECK(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = BATCH), &trainer));
    for (int64_t step = 0; step < 5; step++)
        CHECK(gan_trainer_step(trainer, data + step * BATCH * values, BATCH, NULL));
    CHECK(gan_model_sample(generator, GAN_SAMPLE(.seed = 1), BATCH, samples));
    printf("cpu %d precision %d: samples %016llx, files %016llx %016llx\n", (int)cpu, (int)precision,
           (unsigned long long)checksum(samples, sizeof(float) * BATCH * (size_t)values),
           (unsigned long long)checksum_of_file(context, generator),
           (unsigned long long)checksum_of_file(context, discriminator));
    gan_trainer_destroy(trainer);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
    gan_context_destroy(context);
}

int main(void)
{
    for (int cpu = GAN_CPU_BASELINE; cpu <= GAN_CPU_AVX512; cpu++) {
        train((gan_cpu)cpu, GAN_PRECISION_FLOAT32);
        train((gan_cpu)cpu, GAN_PRECISION_BFLOAT16);
    }
    return 0;
}
