/* Dense: y = x W^T + b; x (batch, inputs), W (units, inputs), b (units), y (batch, units). */
#include "layers/shared.h"

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    (void)count;
    if (inputs[0].rank != 1) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected rank 1: flatten comes before it",
                        gan_shape_text(inputs[0], text));
    }
    int64_t width = inputs[0].dims[0], units = self->units;
    GAN_TRY(gan_check_extent("the size of the input", width));
    GAN_TRY(gan_check_extent("the batch", batch));
    plan->output = GAN_SHAPE(units);
    GAN_TRY(gan_weights_plan(&self->weights, GAN_SHAPE(units, width), units, plan));
    GAN_TRY(gan_check_product("input", (int64_t[]){batch, width}, 2));
    GAN_TRY(gan_check_product("output", (int64_t[]){batch, units}, 2));
    plan->scratch = gan_larger(
        gan_larger(gan_gemm_scratch(context, batch, units, width), gan_gemm_scratch(context, batch, width, units)),
        gan_larger(gan_gemm_scratch(context, units, width, batch), gan_column_sums_scratch(batch, units)));
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    int64_t width = pass->input_shapes[0].dims[0], units = self->units;
    gan_epilogue epilogue = gan_weights_epilogue(&self->weights, pass);
    gan_gemm product = {.m = pass->batch,
                        .n = units,
                        .k = width,
                        .a = pass->x[0],
                        .lda = width,
                        .b = pass->tensors[GAN_WEIGHT],
                        .ldb = width,
                        .transpose_b = true,
                        .c = pass->y,
                        .ldc = units,
                        .epilogue = &epilogue,
                        .scratch = pass->scratch};
    gan_gemm_run(pass->context, &product);
    return GAN_OK;
}

/* dW += dy^T x;  db += column sums of dy;  dx = dy W */
static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    int64_t width = pass->input_shapes[0].dims[0], units = self->units;
    gan_gemm product = {
        .n = width, .a = pass->dy, .lda = units, .ldb = width, .ldc = width, .scratch = pass->scratch};
    if (pass->gradients[GAN_WEIGHT]) {
        product.m = units;
        product.k = pass->batch;
        product.transpose_a = true;
        product.b = pass->x[0];
        product.c = pass->gradients[GAN_WEIGHT];
        product.accumulate = true;
        gan_gemm_run(pass->context, &product);
    }
    gan_weights_bias_backward(&self->weights, pass, pass->batch, units);
    if (pass->dx[0]) {
        product.m = pass->batch;
        product.k = units;
        product.transpose_a = false;
        product.b = pass->tensors[GAN_WEIGHT];
        product.c = pass->dx[0];
        product.accumulate = false;
        gan_gemm_run(pass->context, &product);
    }
    return GAN_OK;
}

static const gan_weighted_ops products = {.units = "units", .infer = infer, .forward = forward, .backward = backward};

static gan_layer *create(gan_context *context, int64_t units, const gan_weights *weights)
{
    return (gan_layer *)gan_weighted_create(context, &gan_dense_ops, &products, units, 1, weights);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t units;
    gan_weights weights;
    if (gan_weighted_load(&products, options, &units, &weights) != GAN_OK) return NULL;
    return gan_layer_loaded(create(context, units, &weights), options);
}

const gan_layer_ops gan_dense_ops = {.type = "dense",
                                     .flags = GAN_LAYER_KEEPS_INPUT,
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .size = sizeof(gan_weighted_layer),
                                     .infer = gan_weighted_infer,
                                     .start = gan_weighted_start,
                                     .forward = gan_weighted_forward,
                                     .backward = gan_weighted_backward,
                                     .tangent_forward = gan_linear_tangent_forward,
                                     .tangent_backward = gan_weighted_tangent_backward,
                                     .save = gan_weighted_save,
                                     .load = load};

gan_layer *gan_layer_dense(gan_context *context, int64_t units, const gan_dense_options *options)
{
    gan_dense_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_dense_options") != GAN_OK ||
        gan_check_reserved("gan_dense_options", given.reserved[0] | given.reserved[1] | given.reserved[2]) != GAN_OK)
        return NULL;
    gan_weights weights =
        gan_weights_of(given.no_bias, given.spectral_norm, given.weight_initializer, given.bias_initializer);
    return create(context, units, &weights);
}
