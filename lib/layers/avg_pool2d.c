/* Average pooling of images: y is the mean of x under a window, which does not reach over the border. */
#include "layers/shared.h"

typedef struct avg_pool2d {
    gan_layer layer;
    gan_window window;
} avg_pool2d;

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    int64_t output[2], pads[4];
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_window_check_input(inputs[0]));
    GAN_TRY(gan_window_convolve(&((const avg_pool2d *)layer)->window, inputs[0], output, pads));
    plan->output = GAN_SHAPE(inputs[0].dims[0], output[0], output[1]);
    return GAN_OK;
}

static gan_resampling resampling(const gan_layer *layer, const gan_pass *pass)
{
    const gan_window *window = &((const avg_pool2d *)layer)->window;
    const int64_t *small = pass->output_shape.dims, *large = pass->input_shapes[0].dims;
    gan_resample_side sides[2];
    for (int i = 0; i < 2; i++)
        sides[i] = (gan_resample_side){.small = small[i + 1],
                                       .large = large[i + 1],
                                       .window = window->kernel[i],
                                       .stride = window->stride[i],
                                       .weight = 1 / (gan_real)window->kernel[i]};
    return (gan_resampling){.channels = small[0], .rows = sides[0], .columns = sides[1]};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_resampling by = resampling(layer, pass);
    gan_reduce(pass->context, &by, pass->batch, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_resampling by = resampling(layer, pass);
    if (pass->dx[0]) gan_enlarge(pass->context, &by, pass->batch, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, const gan_window *window)
{
    if (gan_window_check(window, "avg_pool2d") != GAN_OK) return NULL;
    avg_pool2d *self = (avg_pool2d *)gan_layer_allocate(context, &gan_avg_pool2d_ops);
    if (!self) return NULL;
    self->window = *window;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    const gan_window *window = &((const avg_pool2d *)layer)->window;
    GAN_TRY(gan_json_set_ints(options, "kernel", window->kernel, 2));
    return gan_json_set_ints(options, "stride", window->stride, 2);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    gan_window window = {.padding = GAN_PADDING_VALID};
    if (gan_json_get_ints(options, "kernel", window.kernel, 2, NULL) != GAN_OK ||
        gan_json_get_ints(options, "stride", window.stride, 2, NULL) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, &window), options);
}

const gan_layer_ops gan_avg_pool2d_ops = {.type = "avg_pool2d",
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .size = sizeof(avg_pool2d),
                                          .infer = infer,
                                          .forward = forward,
                                          .backward = backward,
                                          .tangent_forward = gan_linear_tangent_forward,
                                          .tangent_backward = gan_linear_tangent_backward,
                                          .save = save,
                                          .load = load};

gan_layer *gan_layer_avg_pool2d(gan_context *context, const gan_avg_pool2d_options *options)
{
    gan_avg_pool2d_options given;
    gan_window window = {.padding = GAN_PADDING_VALID};
    if (gan_options_read(&given, sizeof given, options, "gan_avg_pool2d_options") != GAN_OK) return NULL;
    gan_pair_or(given.kernel, (const int64_t[]){2, 2}, window.kernel);
    gan_pair_or(given.stride, window.kernel, window.stride);
    return create(context, &window);
}
