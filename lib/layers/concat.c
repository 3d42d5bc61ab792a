/* Concat: joins inputs along an axis. Each tensor's batch is stored as (rows, run), a run being the axis and all that
 * is stored after it; the output's run is the inputs' runs one after another. */
#include "layers/shared.h"

#include <limits.h>

typedef struct concat {
    gan_layer layer;
    gan_concat_options options;
} concat;

static const gan_layer_option options[] = {
    {GAN_OPTION(concat, gan_concat_options, axis), .kind = GAN_OPTION_INT, .most = GAN_MAX_RANK - 1},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const int axis = ((const concat *)layer)->options.axis;
    char first[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
    (void)context, (void)batch;
    if (axis >= inputs[0].rank) {
        return gan_fail(GAN_ERROR_SHAPE, "input 0 is %s, which has no axis %d", gan_shape_text(inputs[0], first),
                        axis);
    }
    plan->output = inputs[0];
    for (int i = 1; i < count; i++) {
        gan_shape same = inputs[i];
        if (same.rank == inputs[0].rank) same.dims[axis] = inputs[0].dims[axis];
        if (!gan_shape_equal(same, inputs[0])) {
            return gan_fail(GAN_ERROR_SHAPE,
                            "input %d is %s, which differs from input 0, %s, along more than axis %d", i,
                            gan_shape_text(inputs[i], other), gan_shape_text(inputs[0], first), axis);
        }
        if (inputs[i].dims[axis] > INT64_MAX - plan->output.dims[axis])
            return gan_fail(GAN_ERROR_OVERFLOW, "the joined size along axis %d overflows", axis);
        plan->output.dims[axis] += inputs[i].dims[axis];
    }
    return gan_shape_check(plan->output, "output");
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    int64_t rows, run, output_run;
    gan_real *y = pass->y;
    gan_cut_at_axis(pass->output_shape, ((const concat *)layer)->options.axis, &rows, &output_run);
    for (int i = 0; i < pass->inputs; i++) {
        gan_cut_at_axis(pass->input_shapes[i], ((const concat *)layer)->options.axis, &rows, &run);
        gan_copy_rows(pass->context, pass->batch * rows, run, pass->x[i], run, y, output_run);
        y += run;
    }
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    int64_t rows, run, output_run;
    const gan_real *dy = pass->dy;
    gan_cut_at_axis(pass->output_shape, ((const concat *)layer)->options.axis, &rows, &output_run);
    for (int i = 0; i < pass->inputs; i++) {
        gan_cut_at_axis(pass->input_shapes[i], ((const concat *)layer)->options.axis, &rows, &run);
        if (pass->dx[i]) gan_copy_rows(pass->context, pass->batch * rows, run, dy, output_run, pass->dx[i], run);
        dy += run;
    }
    return GAN_OK;
}

const gan_layer_ops gan_concat_ops = {.type = "concat",
                                      .min_inputs = 2,
                                      .max_inputs = INT_MAX,
                                      .size = sizeof(concat),
                                      GAN_OPTION_TABLE(options),
                                      GAN_OPTION_STRUCT(gan_concat_options),
                                      .infer = infer,
                                      .forward = forward,
                                      .backward = backward,
                                      .tangent_forward = gan_linear_tangent_forward,
                                      .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_concat(gan_context *context, const gan_concat_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_concat_ops, given));
}
