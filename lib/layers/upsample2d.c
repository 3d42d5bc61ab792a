/* Upsampling of images by whole factors: y repeats the pixels of x, or is interpolated between them. */
#include "layers/shared.h"

#include <string.h>

typedef struct upsample2d {
    gan_layer layer;
    int64_t factor[2]; /* height, width */
    gan_interpolation interpolation;
} upsample2d;

static const char *const interpolation_names[] = {"nearest", "bilinear"};
enum { INTERPOLATIONS = sizeof interpolation_names / sizeof interpolation_names[0] };

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const upsample2d *self = (const upsample2d *)layer;
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_window_check_input(inputs[0]));
    plan->output = inputs[0];
    for (int i = 0; i < 2; i++) plan->output.dims[i + 1] *= self->factor[i];
    GAN_TRY(gan_check_extent("the height of the output", plan->output.dims[1]));
    GAN_TRY(gan_check_extent("the width of the output", plan->output.dims[2]));
    return gan_shape_check(plan->output, "output");
}

static gan_resampling resampling(const gan_layer *layer, const gan_pass *pass)
{
    const upsample2d *self = (const upsample2d *)layer;
    const int64_t *small = pass->input_shapes[0].dims, *large = pass->output_shape.dims;
    gan_resample_side sides[2];
    for (int i = 0; i < 2; i++)
        sides[i] = (gan_resample_side){.small = small[i + 1],
                                       .large = large[i + 1],
                                       .window = self->factor[i],
                                       .stride = self->factor[i],
                                       .interpolated = self->interpolation == GAN_INTERPOLATION_BILINEAR,
                                       .weight = 1};
    return (gan_resampling){.channels = small[0], .rows = sides[0], .columns = sides[1]};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_resampling by = resampling(layer, pass);
    gan_enlarge(pass->context, &by, pass->batch, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_resampling by = resampling(layer, pass);
    if (pass->dx[0]) gan_reduce(pass->context, &by, pass->batch, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, const int64_t factor[2], gan_interpolation interpolation)
{
    if (gan_check_pair("upsample2d", "factor", factor) != GAN_OK) return NULL;
    if ((int)interpolation < 0 || (int)interpolation >= INTERPOLATIONS) {
        gan_fail(GAN_ERROR_ARGUMENT, "upsample2d: interpolation is %d, expected 0 to %d", (int)interpolation,
                 INTERPOLATIONS - 1);
        return NULL;
    }
    upsample2d *self = (upsample2d *)gan_layer_allocate(context, &gan_upsample2d_ops);
    if (!self) return NULL;
    memcpy(self->factor, factor, sizeof self->factor);
    self->interpolation = interpolation;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    const upsample2d *self = (const upsample2d *)layer;
    GAN_TRY(gan_json_set_ints(options, "factor", self->factor, 2));
    return gan_json_set_text(options, "interpolation", interpolation_names[self->interpolation]);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t factor[2];
    int interpolation;
    if (gan_json_get_ints(options, "factor", factor, 2, NULL) != GAN_OK ||
        gan_json_get_choice(options, "interpolation", interpolation_names, INTERPOLATIONS, &interpolation) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, factor, (gan_interpolation)interpolation), options);
}

const gan_layer_ops gan_upsample2d_ops = {.type = "upsample2d",
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .size = sizeof(upsample2d),
                                          .infer = infer,
                                          .forward = forward,
                                          .backward = backward,
                                          .tangent_forward = gan_linear_tangent_forward,
                                          .tangent_backward = gan_linear_tangent_backward,
                                          .save = save,
                                          .load = load};

gan_layer *gan_layer_upsample2d(gan_context *context, const gan_upsample2d_options *options)
{
    gan_upsample2d_options given;
    int64_t factor[2];
    if (gan_options_read(&given, sizeof given, options, "gan_upsample2d_options") != GAN_OK ||
        gan_check_reserved("gan_upsample2d_options", given.reserved) != GAN_OK)
        return NULL;
    gan_pair_or(given.factor, (const int64_t[]){2, 2}, factor);
    return create(context, factor, given.interpolation);
}
