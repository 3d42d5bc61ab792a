/* Pixel shuffle: (c f^2, h, w) to (c, h f, w f), y[c, h f + i, w f + j] = x[(c f + i) f + j, h, w] with i, j < f. */
#include "layers/shared.h"

typedef struct pixel_shuffle {
    gan_layer layer;
    int64_t factor;
} pixel_shuffle;

static const gan_layer_option options[] = {{GAN_ARGUMENT(pixel_shuffle, factor), GAN_POSITIVE_INTS}};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const int64_t factor = ((const pixel_shuffle *)layer)->factor;
    char text[GAN_SHAPE_TEXT];
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_image(inputs[0]));
    if (inputs[0].dims[0] % (factor * factor) != 0) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected a multiple of %lld x %lld channels",
                        gan_shape_text(inputs[0], text), (long long)factor, (long long)factor);
    }
    plan->output =
        GAN_SHAPE(inputs[0].dims[0] / (factor * factor), inputs[0].dims[1] * factor, inputs[0].dims[2] * factor);
    GAN_TRY(gan_check_extent("the height of the output", plan->output.dims[1]));
    return gan_check_extent("the width of the output", plan->output.dims[2]);
}

static gan_pixel_shuffle shuffle_of(const gan_layer *layer, const gan_pass *pass)
{
    return (gan_pixel_shuffle){.factor = ((const pixel_shuffle *)layer)->factor,
                               .channels = pass->output_shape.dims[0],
                               .rows = pass->input_shapes[0].dims[1],
                               .columns = pass->input_shapes[0].dims[2]};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_pixel_shuffle by = shuffle_of(layer, pass);
    gan_shuffle_pixels(pass->context, &by, pass->batch, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_pixel_shuffle by = shuffle_of(layer, pass);
    if (pass->dx[0]) gan_unshuffle_pixels(pass->context, &by, pass->batch, pass->dy, pass->dx[0]);
    return GAN_OK;
}

const gan_layer_ops gan_pixel_shuffle_ops = {.type = "pixel_shuffle",
                                             .min_inputs = 1,
                                             .max_inputs = 1,
                                             .size = sizeof(pixel_shuffle),
                                             GAN_OPTION_TABLE(options),
                                             .infer = infer,
                                             .forward = forward,
                                             .backward = backward,
                                             .tangent_forward = gan_linear_tangent_forward,
                                             .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_pixel_shuffle(gan_context *context, int64_t factor)
{
    pixel_shuffle *self = gan_layer_create(context, &gan_pixel_shuffle_ops, NULL);
    if (self) self->factor = factor;
    return gan_layer_checked(self);
}
