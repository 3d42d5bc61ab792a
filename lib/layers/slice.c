/* Slice: part of a sample along an axis. A batch is stored as (rows, run) at that axis; the output's runs are parts
 * of the input's. */
#include "layers/shared.h"

typedef struct slice {
    gan_layer layer;
    gan_slice_options options;
} slice;

static const gan_layer_option options[] = {
    {GAN_OPTION(slice, gan_slice_options, start), .kind = GAN_OPTION_INT, .most = INT32_MAX},
    {GAN_OPTION(slice, gan_slice_options, length), .kind = GAN_OPTION_INT, .most = INT32_MAX},
    {GAN_OPTION(slice, gan_slice_options, axis), .kind = GAN_OPTION_INT, .most = GAN_MAX_RANK - 1},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_slice_options *o = &((const slice *)layer)->options;
    char text[GAN_SHAPE_TEXT];
    (void)context, (void)count, (void)batch;
    gan_shape_text(inputs[0], text);
    if (o->axis >= inputs[0].rank)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, which has no axis %d", text, o->axis);
    const int64_t size = inputs[0].dims[o->axis], end = o->length > 0 ? o->start + o->length : size;
    if (o->start >= size) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, but the slice starts at %lld along axis %d", text,
                        (long long)o->start, o->axis);
    }
    if (end > size) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, but the slice ends at %lld along axis %d", text,
                        (long long)end, o->axis);
    }
    plan->output = inputs[0];
    plan->output.dims[o->axis] = end - o->start;
    return GAN_OK;
}

/* The matrices that the input and the output are stored as, and where the output's run begins in the input's. */
typedef struct cut {
    int64_t rows, run, output_run, begin;
} cut;

static cut make_cut(const gan_layer *layer, const gan_pass *pass)
{
    const gan_slice_options *o = &((const slice *)layer)->options;
    cut at;
    gan_cut_at_axis(pass->output_shape, o->axis, &at.rows, &at.output_run);
    gan_cut_at_axis(pass->input_shapes[0], o->axis, &at.rows, &at.run);
    at.rows *= pass->batch;
    at.begin = o->start * (at.run / pass->input_shapes[0].dims[o->axis]);
    return at;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const cut at = make_cut(layer, pass);
    gan_copy_rows(pass->context, at.rows, at.output_run, pass->x[0] + at.begin, at.run, pass->y, at.output_run);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const cut at = make_cut(layer, pass);
    gan_real *dx = pass->dx[0];
    if (!dx) return GAN_OK;
    gan_fill(pass->context, at.rows * at.run, 0, dx);
    gan_copy_rows(pass->context, at.rows, at.output_run, pass->dy, at.output_run, dx + at.begin, at.run);
    return GAN_OK;
}

const gan_layer_ops gan_slice_ops = {.type = "slice",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .size = sizeof(slice),
                                     GAN_OPTION_TABLE(options),
                                     GAN_OPTION_STRUCT(gan_slice_options),
                                     .infer = infer,
                                     .forward = forward,
                                     .backward = backward,
                                     .tangent_forward = gan_linear_tangent_forward,
                                     .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_slice(gan_context *context, const gan_slice_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_slice_ops, given));
}
