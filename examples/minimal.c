/* The whole life of a GAN: describe, train, save, load, sample. It learns points on a circle of radius 1. */
#include <libgan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define POINTS 1024

static void check(gan_status status)
{
    if (status != GAN_OK) {
        fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
        exit(1);
    }
}

/* inputs -> 64 -> 64 -> outputs */
static gan_model *make_model(gan_context *context, int64_t inputs, int64_t outputs, uint64_t seed)
{
    gan_model *model = NULL;
    check(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(inputs)));
    gan_model_add(model, gan_layer_dense(context, 64, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, 64, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, outputs, NULL));
    check(gan_model_build(model, seed)); /* reports the first failure above */
    return model;
}

int main(int count, char **arguments)
{
    if (count > 1) return fprintf(stderr, "%s: no arguments; writes circle.safetensors\n", arguments[0]), 2;
    static float circle[POINTS][2], samples[POINTS][2];
    for (int i = 0; i < POINTS; i++) {
        float angle = 6.2831853f * (float)i / POINTS;
        circle[i][0] = cosf(angle);
        circle[i][1] = sinf(angle);
    }

    gan_context *context = NULL;
    check(gan_context_create(NULL, &context));
    gan_model *generator = make_model(context, 4, 2, 1);
    gan_model *discriminator = make_model(context, 2, 1, 2);

    check(gan_model_save(generator, "circle.safetensors")); /* untrained: better to fail now than after training */
    gan_dataset *dataset = NULL;
    check(gan_dataset_from_array(context, circle[0], NULL, POINTS, GAN_SHAPE(2), NULL, &dataset));
    gan_trainer *trainer = NULL;
    check(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = 128, .learning_rate = 1e-3f),
                             &trainer));
    check(gan_trainer_run(trainer, dataset, GAN_RUN(.epochs = 200)));

    check(gan_model_save(generator, "circle.safetensors"));
    gan_model *loaded = NULL;
    check(gan_model_load(context, "circle.safetensors", &loaded));
    check(gan_model_sample(loaded, GAN_SAMPLE(.seed = 7), POINTS, samples[0]));

    double radius = 0, deviation = 0;
    for (int i = 0; i < POINTS; i++) radius += hypot((double)samples[i][0], (double)samples[i][1]) / POINTS;
    for (int i = 0; i < POINTS; i++)
        deviation += pow(hypot((double)samples[i][0], (double)samples[i][1]) - radius, 2) / POINTS;
    printf("%lld steps; radius of the samples %.3f +- %.3f, of the data 1\n", (long long)gan_trainer_steps(trainer),
           radius, sqrt(deviation));

    gan_trainer_destroy(trainer);
    gan_dataset_destroy(dataset);
    gan_model_destroy(loaded);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
    gan_context_destroy(context);
    return 0;
}
