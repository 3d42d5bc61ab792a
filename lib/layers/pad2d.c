/* Padding of images, by zeros or by what is next to the border. */
#include "layers/shared.h"

typedef struct pad2d {
    gan_layer layer;
    gan_pad2d_options options;
} pad2d;

static const char *const modes[] = {"zero", "reflection", "replication"};

static const gan_layer_option options[] = {
    {GAN_OPTION(pad2d, gan_pad2d_options, pads), .kind = GAN_OPTION_INT, .count = 4, .least = 0, .most = INT32_MAX},
    {GAN_OPTION(pad2d, gan_pad2d_options, mode), GAN_CHOICE(modes)},
};

/* A reflected pixel has another within the image. */
static gan_status check_reflection(const gan_pad2d_options *o, gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    for (int i = 0; i < 4; i++) {
        if (o->mode != GAN_PAD_REFLECTION || o->pads[i] < input.dims[1 + i / 2]) continue;
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, but pads[%d] is %lld, expected less than the %s by reflection",
                        gan_shape_text(input, text), i, (long long)o->pads[i], i < 2 ? "height" : "width");
    }
    return GAN_OK;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_pad2d_options *o = &((const pad2d *)layer)->options;
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_image(inputs[0]));
    GAN_TRY(check_reflection(o, inputs[0]));
    plan->output = inputs[0];
    for (int i = 0; i < 2; i++) plan->output.dims[i + 1] += o->pads[2 * i] + o->pads[2 * i + 1];
    GAN_TRY(gan_check_extent("the height of the output", plan->output.dims[1]));
    GAN_TRY(gan_check_extent("the width of the output", plan->output.dims[2]));
    return gan_shape_check(plan->output, "output");
}

static gan_image_padding padding_of(const gan_layer *layer, const gan_pass *pass)
{
    const gan_pad2d_options *o = &((const pad2d *)layer)->options;
    const int64_t *input = pass->input_shapes[0].dims;
    return (gan_image_padding){.mode = o->mode,
                               .channels = input[0],
                               .rows = {input[1], o->pads[0], o->pads[1]},
                               .columns = {input[2], o->pads[2], o->pads[3]}};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_image_padding by = padding_of(layer, pass);
    gan_pad_images(pass->context, &by, pass->batch, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_image_padding by = padding_of(layer, pass);
    if (pass->dx[0]) gan_fold_padding(pass->context, &by, pass->batch, pass->dy, pass->dx[0]);
    return GAN_OK;
}

const gan_layer_ops gan_pad2d_ops = {.type = "pad2d",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .size = sizeof(pad2d),
                                     GAN_OPTION_TABLE(options),
                                     GAN_OPTION_STRUCT(gan_pad2d_options),
                                     .infer = infer,
                                     .forward = forward,
                                     .backward = backward,
                                     .tangent_forward = gan_linear_tangent_forward,
                                     .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_pad2d(gan_context *context, const gan_pad2d_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_pad2d_ops, given));
}
