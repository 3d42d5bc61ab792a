/* Dot-product attention: y = P v, P = softmax(scale q k^T) by rows, where q, k and v of a sample are matrices with a
 * row for each pixel. A pass keeps P. With S = scale q k^T and J(t) = P (t - the sum over the row of P t), which is
 * the derivative of P by S in the direction t, and symmetric:
 *     dv = P^T dy;  dS = J(dP), dP = dy v^T;  dq = scale dS k;  dk = scale dS^T q. */
#include "layers/shared.h"

typedef struct attention {
    gan_layer layer;
    gan_attention_options options;
} attention;

static const gan_layer_option options[] = {
    {GAN_OPTION(attention, gan_attention_options, scale), GAN_NUMBER_OVER_0, .number = 1},
};

enum { QUERY, KEY, VALUE };

/* ---- Shapes ---------------------------------------------------------------------------------------------------- */

static bool is_image(gan_shape shape)
{
    return shape.rank == 3;
}

static int64_t channels_of(gan_shape shape)
{
    return is_image(shape) ? shape.dims[0] : shape.dims[1];
}

static int64_t rows_of(gan_shape shape)
{
    return is_image(shape) ? shape.dims[1] * shape.dims[2] : shape.dims[0];
}

static gan_status mismatch(const gan_shape *inputs, int i, int other, const char *what)
{
    char text[GAN_SHAPE_TEXT], other_text[GAN_SHAPE_TEXT];
    return gan_fail(GAN_ERROR_SHAPE, "input %d is %s, expected the %s of input %d, %s", i,
                    gan_shape_text(inputs[i], text), what, other, gan_shape_text(inputs[other], other_text));
}

static gan_status check_inputs(const gan_shape *inputs)
{
    char text[GAN_SHAPE_TEXT];
    for (int i = 0; i < 3; i++) {
        if (inputs[i].rank != 2 && !is_image(inputs[i])) {
            return gan_fail(GAN_ERROR_SHAPE, "input %d is %s, expected an image (channels, height, width) or rank 2",
                            i, gan_shape_text(inputs[i], text));
        }
        if (inputs[i].rank != inputs[QUERY].rank) return mismatch(inputs, i, QUERY, "rank");
        for (int k = 0; k < inputs[i].rank; k++) GAN_TRY(gan_check_extent("a side of an input", inputs[i].dims[k]));
        GAN_TRY(gan_check_extent("the number of pixels", rows_of(inputs[i])));
    }
    if (channels_of(inputs[KEY]) != channels_of(inputs[QUERY])) return mismatch(inputs, KEY, QUERY, "channels");
    for (int k = 0; k < inputs[KEY].rank; k++) {
        const bool is_channels = k == (is_image(inputs[KEY]) ? 0 : 1);
        if (is_channels || inputs[VALUE].dims[k] == inputs[KEY].dims[k]) continue;
        return mismatch(inputs, VALUE, KEY, is_image(inputs[KEY]) ? "height and width" : "rows");
    }
    return GAN_OK;
}

static int64_t product_scratch(gan_context *context, const gan_shape *inputs)
{
    const int64_t m = rows_of(inputs[QUERY]), n = rows_of(inputs[KEY]);
    const int64_t channels[2] = {channels_of(inputs[KEY]), channels_of(inputs[VALUE])};
    int64_t most = 0;
    for (int i = 0; i < 2; i++) {
        most = gan_larger(most, gan_gemm_scratch(context, m, n, channels[i]));
        most = gan_larger(most, gan_gemm_scratch(context, m, channels[i], n));
        most = gan_larger(most, gan_gemm_scratch(context, n, channels[i], m));
    }
    return most;
}

/* Scratch: that of products, and then up to 3 matrices of the size of P. */
static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)count;
    GAN_TRY(check_inputs(inputs));
    const int64_t m = rows_of(inputs[QUERY]), n = rows_of(inputs[KEY]);
    GAN_TRY(gan_check_product("the weights", (int64_t[]){4, batch, m, n}, 4));
    for (int i = 0; i < 3; i++)
        GAN_TRY(gan_check_product("an input", (int64_t[]){batch, gan_shape_count(inputs[i])}, 2));
    plan->output = inputs[QUERY];
    plan->output.dims[is_image(inputs[QUERY]) ? 0 : 1] = channels_of(inputs[VALUE]);
    GAN_TRY(gan_shape_check(plan->output, "output"));
    plan->saved = batch * m * n;
    plan->scratch = product_scratch(context, inputs) + 3 * m * n;
    return GAN_OK;
}

/* ---- One sample ------------------------------------------------------------------------------------------------ */

typedef struct matrix {
    const gan_real *values; /* NULL: none */
    int64_t rows, columns;  /* as stored */
    bool transposed;
} matrix;

typedef struct sample {
    const gan_pass *pass;
    int64_t index;
    gan_real scale;
    matrix weights;       /* P */
    gan_real *scratch[3]; /* as large */
} sample;

static matrix transposed(matrix of)
{
    of.transposed = !of.transposed;
    return of;
}

/* The sample's matrix in an array of the batch, which may be NULL. */
static matrix part_of(const sample *at, gan_shape shape, const gan_real *batch)
{
    const int64_t size = gan_shape_count(shape);
    return (matrix){batch ? batch + at->index * size : NULL, rows_of(shape), channels_of(shape), false};
}

static matrix input_of(const sample *at, const gan_real *const *arrays, int i)
{
    return part_of(at, at->pass->input_shapes[i], arrays[i]);
}

static matrix output_of(const sample *at, const gan_real *batch)
{
    return part_of(at, at->pass->output_shape, batch);
}

/* Where the sample's result goes in an array of the batch. */
static gan_real *place_in(const sample *at, gan_shape shape, gan_real *batch)
{
    return batch + at->index * gan_shape_count(shape);
}

static gan_real *place_of_input(const sample *at, gan_real *const *arrays, int i)
{
    return place_in(at, at->pass->input_shapes[i], arrays[i]);
}

static matrix like_weights(const sample *at, const gan_real *values)
{
    matrix of = at->weights;
    of.values = values;
    return of;
}

static sample sample_of(const gan_layer *layer, const gan_pass *pass, int64_t i)
{
    const int64_t m = rows_of(pass->input_shapes[QUERY]), n = rows_of(pass->input_shapes[KEY]);
    gan_real *scratch = pass->scratch + product_scratch(pass->context, pass->input_shapes);
    return (sample){.pass = pass,
                    .index = i,
                    .scale = (gan_real)((const attention *)layer)->options.scale,
                    .weights = {pass->saved + i * m * n, m, n, false},
                    .scratch = {scratch, scratch + m * n, scratch + 2 * m * n}};
}

/* c = a b, or added to c */
static void multiply(const sample *at, matrix a, matrix b, bool accumulate, gan_real *c)
{
    const int64_t n = b.transposed ? b.rows : b.columns;
    const gan_gemm product = {.m = a.transposed ? a.columns : a.rows,
                              .n = n,
                              .k = a.transposed ? a.rows : a.columns,
                              .a = a.values,
                              .lda = a.columns,
                              .transpose_a = a.transposed,
                              .b = b.values,
                              .ldb = b.columns,
                              .transpose_b = b.transposed,
                              .c = c,
                              .ldc = n,
                              .accumulate = accumulate,
                              .scratch = at->pass->scratch};
    gan_gemm_run(at->pass->context, &product);
}

/* y = scale J(t); y may be t */
static void derive(const sample *at, const gan_real *t, gan_real *y)
{
    gan_softmax_derivative(at->pass->context, at->weights.rows, at->weights.columns, at->scale, at->weights.values, t,
                           y);
}

/* ---- Passes ---------------------------------------------------------------------------------------------------- */

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    for (int64_t i = 0; i < pass->batch; i++) {
        const sample at = sample_of(layer, pass, i);
        gan_real *weights = pass->saved + i * at.weights.rows * at.weights.columns;
        multiply(&at, input_of(&at, pass->x, QUERY), transposed(input_of(&at, pass->x, KEY)), false, weights);
        gan_softmax(pass->context, at.weights.rows, at.weights.columns, at.scale, weights, weights);
        multiply(&at, at.weights, input_of(&at, pass->x, VALUE), false, place_in(&at, pass->output_shape, pass->y));
    }
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_real *const *dx = pass->dx;
    for (int64_t i = 0; i < pass->batch; i++) {
        const sample at = sample_of(layer, pass, i);
        const matrix dy = output_of(&at, pass->dy), ds = like_weights(&at, at.scratch[0]);
        if (dx[VALUE]) multiply(&at, transposed(at.weights), dy, false, place_of_input(&at, dx, VALUE));
        if (!dx[QUERY] && !dx[KEY]) continue;
        multiply(&at, dy, transposed(input_of(&at, pass->x, VALUE)), false, at.scratch[0]);
        derive(&at, at.scratch[0], at.scratch[0]);
        if (dx[QUERY]) multiply(&at, ds, input_of(&at, pass->x, KEY), false, place_of_input(&at, dx, QUERY));
        if (dx[KEY])
            multiply(&at, transposed(ds), input_of(&at, pass->x, QUERY), false, place_of_input(&at, dx, KEY));
    }
    return GAN_OK;
}

/* R{P} = scale J(R{q} k^T + q R{k}^T), into scratch[0] */
static matrix tangent_weights(const sample *at)
{
    const gan_pass *pass = at->pass;
    multiply(at, input_of(at, pass->tangent_x, QUERY), transposed(input_of(at, pass->x, KEY)), false, at->scratch[0]);
    multiply(at, input_of(at, pass->x, QUERY), transposed(input_of(at, pass->tangent_x, KEY)), true, at->scratch[0]);
    derive(at, at->scratch[0], at->scratch[0]);
    return like_weights(at, at->scratch[0]);
}

/* R{y} = R{P} v + P R{v} */
static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    for (int64_t i = 0; i < pass->batch; i++) {
        const sample at = sample_of(layer, pass, i);
        gan_real *tangent_y = place_in(&at, pass->output_shape, pass->tangent_y);
        multiply(&at, tangent_weights(&at), input_of(&at, pass->x, VALUE), false, tangent_y);
        multiply(&at, at.weights, input_of(&at, pass->tangent_x, VALUE), true, tangent_y);
    }
    return GAN_OK;
}

/* scale dS into scratch[1], none if dy is NULL, and scale R{dS} into scratch[2]:
 * R{dP} = R{dy} v^T + dy R{v}^T, and R{J(dP)} is linear in R{P} and R{dP}. */
static void tangent_scores(const sample *at, matrix tangent_p, matrix *ds, matrix *tangent_ds)
{
    const gan_pass *pass = at->pass;
    const matrix v = input_of(at, pass->x, VALUE), tangent_v = input_of(at, pass->tangent_x, VALUE);
    const matrix dy = output_of(at, pass->dy), tangent_dy = output_of(at, pass->tangent_dy), p = at->weights;
    *ds = like_weights(at, dy.values ? at->scratch[1] : NULL);
    *tangent_ds = like_weights(at, at->scratch[2]);
    if (tangent_dy.values) multiply(at, tangent_dy, transposed(v), false, at->scratch[2]);
    if (!dy.values) {
        derive(at, at->scratch[2], at->scratch[2]);
        return;
    }
    multiply(at, dy, transposed(tangent_v), tangent_dy.values, at->scratch[2]);
    multiply(at, dy, transposed(v), false, at->scratch[1]);
    gan_softmax_derivative_tangent(pass->context, p.rows, p.columns, at->scale, p.values, tangent_p.values,
                                   at->scratch[1], at->scratch[2], at->scratch[2]);
    derive(at, at->scratch[1], at->scratch[1]);
}

/* y = a b + c d, of which c d is 0 if one of them has no values, and a b likewise */
static void multiply_both(const sample *at, matrix a, matrix b, matrix c, matrix d, gan_real *y)
{
    const bool first = a.values && b.values;
    if (first) multiply(at, a, b, false, y);
    if (c.values && d.values) multiply(at, c, d, first, y);
}

/* R{dv} = R{P}^T dy + P^T R{dy};  R{dq} = R{scale dS} k + scale dS R{k};  R{dk} likewise */
static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_real *const *dx = pass->tangent_dx;
    for (int64_t i = 0; i < pass->batch; i++) {
        const sample at = sample_of(layer, pass, i);
        const matrix tangent_p = tangent_weights(&at);
        matrix ds, tangent_ds;
        if (dx[VALUE]) {
            multiply_both(&at, transposed(tangent_p), output_of(&at, pass->dy), transposed(at.weights),
                          output_of(&at, pass->tangent_dy), place_of_input(&at, dx, VALUE));
        }
        if (!dx[QUERY] && !dx[KEY]) continue;
        tangent_scores(&at, tangent_p, &ds, &tangent_ds);
        if (dx[QUERY]) {
            multiply_both(&at, tangent_ds, input_of(&at, pass->x, KEY), ds, input_of(&at, pass->tangent_x, KEY),
                          place_of_input(&at, dx, QUERY));
        }
        if (dx[KEY]) {
            multiply_both(&at, transposed(tangent_ds), input_of(&at, pass->x, QUERY), transposed(ds),
                          input_of(&at, pass->tangent_x, QUERY), place_of_input(&at, dx, KEY));
        }
    }
    return GAN_OK;
}

const gan_layer_ops gan_attention_ops = {.type = "attention",
                                         .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                         .min_inputs = 3,
                                         .max_inputs = 3,
                                         .size = sizeof(attention),
                                         GAN_OPTION_TABLE(options),
                                         GAN_OPTION_STRUCT(gan_attention_options),
                                         .infer = infer,
                                         .forward = forward,
                                         .backward = backward,
                                         .tangent_forward = tangent_forward,
                                         .tangent_backward = tangent_backward};

gan_layer *gan_layer_attention(gan_context *context, const gan_attention_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_attention_ops, given));
}
