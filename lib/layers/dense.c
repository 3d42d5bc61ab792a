/* Dense: y = x W^T + b; x (batch, inputs), W (units, inputs), b (units), y (batch, units). */
#include "layers/shared.h"

typedef struct dense {
    gan_layer layer;
    int64_t units;
    gan_dense_options options;
} dense;

static const gan_layer_option options[] = {
    {GAN_ARGUMENT(dense, units), GAN_POSITIVE_INTS},
    GAN_WEIGHTS_OPTIONS(dense, gan_dense_options),
};

static gan_weights weights_of(const gan_layer *layer)
{
    const dense *self = (const dense *)layer;
    return (gan_weights){GAN_WEIGHTS_OF(self->options), .units = self->units, .area = 1, .groups = 1};
}

/* x W^T, without a weight and its memory. */
static gan_gemm product_of(int64_t batch, int64_t width, int64_t units)
{
    return (gan_gemm){
        .m = batch, .n = units, .k = width, .lda = width, .ldb = width, .transpose_b = true, .ldc = units};
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_weights weights = weights_of(layer);
    const int64_t width = inputs[0].dims[0], units = weights.units;
    (void)count;
    if (inputs[0].rank != 1) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected rank 1: add a flatten layer before it",
                        gan_shape_text(inputs[0], text));
    }
    GAN_TRY(gan_check_extent("the size of the input", width));
    GAN_TRY(gan_check_extent("the batch", batch));
    plan->output = GAN_SHAPE(units);
    GAN_TRY(gan_weights_plan(&weights, GAN_SHAPE(units, width), plan));
    GAN_TRY(gan_check_product("input", (int64_t[]){batch, width}, 2));
    GAN_TRY(gan_check_product("output", (int64_t[]){batch, units}, 2));
    plan->scratch = gan_larger(
        gan_larger(gan_gemm_scratch(context, batch, units, width), gan_gemm_scratch(context, batch, width, units)),
        gan_larger(gan_gemm_scratch(context, units, width, batch), gan_column_sums_scratch(batch, units)));
    if (!weights.spectral_norm) {
        const gan_gemm product = product_of(batch, width, units);
        plan->packed = gan_gemm_packed_size(context, &product);
    }
    return gan_weights_plan_memory(&weights, context, plan);
}

static gan_status start(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_start(&weights, pass);
    return GAN_OK;
}

static gan_status derive(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_derive(&weights, pass);
    return GAN_OK;
}

static gan_status fold(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_fold(&weights, pass);
    return GAN_OK;
}

static void pack(const gan_layer *layer, const gan_pass *pass)
{
    gan_gemm product = product_of(pass->batch, pass->input_shapes[0].dims[0], weights_of(layer).units);
    product.b = pass->tensors[GAN_WEIGHT];
    gan_gemm_pack(pass->context, &product, pass->packed);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    const gan_weight weight = gan_weight_forward(&weights, pass);
    const int64_t width = pass->input_shapes[0].dims[0], units = weights.units;
    gan_gemm product = product_of(pass->batch, width, units);
    product.a = pass->x[0];
    product.b = weight.values;
    product.c = pass->y;
    product.bias = weight.bias;
    product.scratch = weight.scratch;
    product.packed_b = pass->packed;
    gan_gemm_run(pass->context, &product);
    return GAN_OK;
}

/* dW += dy^T x;  db += column sums of dy;  dx = dy W */
static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    const gan_weight weight = gan_weight_backward(&weights, pass);
    const int64_t width = pass->input_shapes[0].dims[0], units = weights.units;
    gan_gemm product = {
        .n = width, .a = pass->dy, .lda = units, .ldb = width, .ldc = width, .scratch = weight.scratch};
    if (weight.gradient) {
        product.m = units;
        product.k = pass->batch;
        product.transpose_a = true;
        product.b = pass->x[0];
        product.c = weight.gradient;
        product.accumulate = weight.accumulate;
        gan_gemm_run(pass->context, &product);
    }
    gan_weight_finish(&weights, pass, &weight, pass->batch);
    if (pass->dx[0]) {
        product.m = pass->batch;
        product.k = units;
        product.transpose_a = false;
        product.b = weight.values;
        product.c = pass->dx[0];
        product.accumulate = false;
        gan_gemm_run(pass->context, &product);
    }
    return GAN_OK;
}

const gan_layer_ops gan_dense_ops = {.type = "dense",
                                     .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_WRITES_GRADIENTS,
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .size = sizeof(dense),
                                     GAN_OPTION_TABLE(options),
                                     GAN_OPTION_STRUCT(gan_dense_options),
                                     .infer = infer,
                                     .start = start,
                                     .derive = derive,
                                     .fold = fold,
                                     .pack = pack,
                                     .forward = forward,
                                     .backward = backward,
                                     .tangent_forward = gan_linear_tangent_forward,
                                     .tangent_backward = gan_weighted_tangent_backward};

gan_layer *gan_layer_dense(gan_context *context, int64_t units, const gan_dense_options *given)
{
    dense *self = gan_layer_create(context, &gan_dense_ops, given);
    if (self) self->units = units;
    return gan_layer_checked(self);
}
