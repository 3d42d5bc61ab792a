/* Minibatch standard deviation over the whole batch (Karras et al., "Progressive Growing of GANs", 2018): one more
 * channel, the mean over all features of sqrt(variance over the batch + 1e-8). */
#include "onnx/patterns/pattern_values.h"

/* The layer's is 1e-8; some exporters take it for nothing. */
#define MOST_EPSILON 1e-7f

/* A group of all samples, whatever their number. */
#define WHOLE_BATCH (INT64_C(1) << 24)

static const gan_import_value *without(const gan_import_value *value, const char *type)
{
    return gan_pattern_made_by(value, type) ? gan_pattern_input(value, 0) : value;
}

/* Whether a ReduceMean goes over the batch alone; or over all that it reads, of this rank. */
static bool is_mean(gan_import *import, const gan_import_value *value, int rank, bool is_batch)
{
    const int64_t *axes = NULL;
    int64_t count = 0;

    if (!gan_pattern_made_by(value, "ReduceMean") || value->kind != GAN_IMPORT_PENDING) return false;
    if (gan_import_int_list(import, value->from, "axes", 1, &axes, &count) != GAN_OK) return false;
    if (is_batch) return count == 1 && axes[0] == 0;
    return count == rank || (count == 0 && gan_import_integer(value->from, "noop_with_empty_axes", 0) == 0);
}

/* Whether sizes end with one channel of the pixels of x, or one value. */
static bool is_channel(gan_import *import, const gan_import_value *sizes, gan_shape x)
{
    const int64_t *values = NULL;

    if (!sizes || sizes->kind != GAN_IMPORT_CONSTANT || sizes->tensor->count != x.rank + 1) return false;
    if (gan_import_tensor_ints(import->memory, sizes->tensor, &values) != GAN_OK || values[1] != 1) return false;
    for (int i = 1; i < x.rank; i++) {
        if (values[i + 1] != x.dims[i]) return false;
    }
    return true;
}

bool gan_pattern_stddev(gan_import *import, const gan_import_node *node, gan_status *status)
{
    gan_pattern_sum variance;

    if (node->input_count != 2 || !node->in[0] || !node->in[1] || node->in[0]->kind != GAN_IMPORT_STEP) return false;
    const gan_import_value *x = node->in[0], *channel = node->in[1];
    if (channel->kind != GAN_IMPORT_PENDING || gan_import_integer(node, "axis", 1) != 1) return false;
    if (!gan_pattern_made_by(channel, "Expand") && !gan_pattern_made_by(channel, "Tile")) return false;
    if (!is_channel(import, gan_pattern_input(channel, 1), x->shape)) return false;
    const gan_import_value *mean = gan_pattern_input(channel, 0);
    for (int i = 0; i < 3; i++) mean = without(without(without(mean, "Reshape"), "Squeeze"), "Unsqueeze");
    if (!is_mean(import, mean, x->shape.rank, false)) return false;
    if (!gan_pattern_find_root(import, gan_pattern_input(mean, 0), &variance)) return false;
    if (variance.epsilon > MOST_EPSILON || !is_mean(import, variance.mean, 0, true)) return false;
    const gan_import_value *centred = gan_pattern_squared(import, gan_pattern_input(variance.mean, 0));
    if (!gan_pattern_made_by(centred, "Sub") || !gan_pattern_same(gan_pattern_input(centred, 0), x)) return false;
    const gan_import_value *centre = gan_pattern_input(centred, 1);
    if (!is_mean(import, centre, 0, true) || !gan_pattern_same(gan_pattern_input(centre, 0), x)) return false;
    *status = gan_import_emit_one(
        import, node, gan_layer_minibatch_stddev(import->context, GAN_MINIBATCH_STDDEV(.group = WHOLE_BATCH)), x);
    return true;
}
