/* A C program outside the project: trains a tiny GAN and draws a sample, so that all the library depends on is linked
 * and used. */
#include <libgan.h>

#include <stdio.h>
#include <string.h>

static gan_model *dense_model(gan_context *context, int64_t inputs, int64_t outputs)
{
    gan_model *model = NULL;
    if (gan_model_create(context, &model) != GAN_OK) return NULL;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(inputs)));
    gan_model_add(model, gan_layer_dense(context, 8, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, outputs, NULL));
    gan_model_build(model, 1);
    return model;
}

int main(void)
{
    static const float data[4][2] = {{-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    char header[32];
    float sample[2] = {0, 0};
    gan_context *context = NULL;
    gan_model *generator, *discriminator;
    gan_trainer *trainer = NULL;
    gan_status status;

    gan_context_create(GAN_CONTEXT(.threads = 2), &context);
    generator = dense_model(context, 2, 2);
    discriminator = dense_model(context, 2, 1);
    status = gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = 4), &trainer);
    if (status == GAN_OK) status = gan_trainer_step(trainer, data[0], 4, NULL);
    if (status == GAN_OK) status = gan_model_sample(generator, GAN_SAMPLE(.seed = 1), 1, sample);
    if (status != GAN_OK) fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    gan_trainer_destroy(trainer);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
    gan_context_destroy(context);

    snprintf(header, sizeof(header), "%d.%d.%d", GAN_VERSION_MAJOR, GAN_VERSION_MINOR, GAN_VERSION_PATCH);
    printf("libgan %s: %g %g\n", gan_version_text(), sample[0], sample[1]);
    return status != GAN_OK || strcmp(header, gan_version_text()) != 0 || sample[0] == 0;
}
