/* Writes small generators whose samples show what went in: the noise, then the class if there is one. */
#include <libgan.h>

#include <stdio.h>

/* Noise (2) of the distribution and, with classes, a label; of the shape. */
static gan_status save(gan_context *context, const char *path, gan_noise noise, int64_t classes, gan_shape shape)
{
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);
    if (status != GAN_OK) return status;
    const gan_node z = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = noise));
    if (classes > 0) {
        const gan_node label = gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(1)), "label"));
        gan_model_set_input(model, 1, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = classes));
        gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(z, label));
    }
    gan_model_add(model, gan_layer_reshape(context, shape));
    status = gan_model_build(model, 1);
    if (status == GAN_OK) status = gan_model_save(model, path);
    gan_model_destroy(model);
    return status;
}

int main(void)
{
    gan_context *context = NULL;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = 1), &context);
    if (status == GAN_OK) status = save(context, "uniform.safetensors", GAN_NOISE_UNIFORM, 0, GAN_SHAPE(2));
    if (status == GAN_OK) status = save(context, "labelled.safetensors", GAN_NOISE_NORMAL, 4, GAN_SHAPE(3));
    if (status == GAN_OK) status = save(context, "images.safetensors", GAN_NOISE_NORMAL, 4, GAN_SHAPE(1, 1, 3));
    if (status != GAN_OK) fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    gan_context_destroy(context);
    return status != GAN_OK;
}
