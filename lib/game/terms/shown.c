/* What a discriminator is shown of samples. At the border, packing only changes the shape: `packing` consecutive
 * samples (c, h, w) are one (packing * c, h, w) in the same memory. Samples of a model stay as sessions store them.
 */
#include "game/terms/terms.h"

#include <stdio.h>

gan_status gan_shown_check(const gan_shown *shown, gan_shape sample, const char *what)
{
    char text[GAN_SHAPE_TEXT];
    gan_shape pack = sample;
    if (!gan_checked_multiply(sample.dims[0], shown->packing, &pack.dims[0]) || gan_shape_count(pack) == 0) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: packing is %lld, and that many samples %s overflow", what,
                        (long long)shown->packing, gan_shape_text(sample, text));
    }
    if (!shown->augment) return GAN_OK;
    char place[64];
    snprintf(place, sizeof(place), "%s: augment", what);
    return gan_augment_check(shown->augment, sample, place);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

/* The samples themselves: a row of what they are read from. */
static gan_shape sample_of(const gan_terms *terms, const gan_term_node *node)
{
    return terms->nodes[node->inputs[0]].shape;
}

static bool is_stored(const gan_terms *terms, const gan_term_node *node)
{
    const gan_term_node *input = &terms->nodes[node->inputs[0]];
    return gan_term_application(terms, node->inputs[0]) >= 0 || input->stored;
}

static bool is_drawn(const gan_shown *shown)
{
    return shown->augment || shown->noise > 0;
}

gan_status gan_shown_plan(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    const gan_shown *shown = &node->of.shown;
    const int64_t values = terms->batch / node->divisor * gan_term_elements(terms, term);
    gan_context *context = terms->context;
    if (shown->augment && !terms->augmentation) {
        GAN_TRY(gan_random_create(context, terms->seed, GAN_STREAM_AUGMENT, &terms->augmentation));
    }
    if (shown->noise > 0 && !terms->instance_noise) {
        GAN_TRY(gan_random_create(context, terms->seed, GAN_STREAM_INSTANCE_NOISE, &terms->instance_noise));
    }
    if (is_stored(terms, node)) {
        node->stored = gan_allocate_array(context, values, sizeof(*node->stored));
        node->gradient = gan_allocate_array(context, values, sizeof(*node->gradient));
        return node->stored && node->gradient ? GAN_OK : GAN_ERROR_MEMORY;
    }
    if (!is_drawn(shown)) return GAN_OK;
    node->room = gan_allocate_array(context, values, sizeof(*node->room));
    return node->room ? GAN_OK : GAN_ERROR_MEMORY;
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

/* The noise's deviation in the present round. */
static float noise_deviation(const gan_terms *terms, const gan_shown *shown)
{
    const gan_schedule schedule = shown->noise_steps ? GAN_SCHEDULE_LINEAR : GAN_SCHEDULE_CONSTANT;
    return (float)gan_schedule_value(schedule, shown->noise, 0, terms->round, shown->noise_steps);
}

/* Draws the augmentation of a batch. */
static void draw(gan_terms *terms, gan_shown *shown, int64_t batch)
{
    shown->draws = (gan_random_state){.counter = 0};
    if (!shown->augment) return;
    shown->draws = terms->augmentation->state;
    terms->augmentation->state.counter += GAN_AUGMENT_BLOCKS * (uint64_t)batch;
}

static gan_status show_border(gan_terms *terms, gan_term_node *node, int64_t batch, float deviation)
{
    gan_shown *shown = &node->of.shown;
    const gan_shape sample = sample_of(terms, node);
    node->border = terms->nodes[node->inputs[0]].border;
    if (shown->augment) {
        draw(terms, shown, batch);
        GAN_TRY(gan_augment(terms->context, shown->augment, sample, shown->draws, batch, node->border, node->room));
        node->border = node->room;
    }
    if (deviation == 0) return GAN_OK;
    GAN_TRY(gan_instance_noise(terms->instance_noise, deviation, node->border, batch, gan_shape_count(sample),
                               node->room));
    node->border = node->room;
    return GAN_OK;
}

typedef void (*augment_fn)(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                           gan_real *y);

/* From samples as a model stores them to packs as the discriminator stores them, or back. */
static void move(const gan_terms *terms, const gan_term_node *node, augment_fn way, int64_t batch,
                 const gan_real *from, gan_real *to)
{
    const gan_shown *shown = &node->of.shown;
    const gan_shape sample = sample_of(terms, node);
    if (sample.rank != 3 || (!shown->augment && shown->packing == 1)) {
        gan_copy(terms->context, batch * gan_shape_count(sample), from, to);
        return;
    }
    const gan_augment_args args = {.kinds = shown->augment,
                                   .channels = sample.dims[0],
                                   .height = sample.dims[1],
                                   .width = sample.dims[2],
                                   .state = shown->draws,
                                   .channels_last = true,
                                   .packing = shown->packing};
    way(terms->context, &args, batch, from, to);
}

/* gan_instance_noise() on packs as they are stored. */
static void add_noise(const gan_terms *terms, const gan_term_node *node, float deviation, int64_t batch)
{
    const gan_shape sample = sample_of(terms, node);
    const int64_t packing = node->of.shown.packing, size = packing * gan_shape_count(sample);
    const int64_t channels = sample.rank == 3 ? packing * sample.dims[0] : 1, count = batch / packing * size;
    gan_add_normal_transposed(terms->context, batch / packing, channels, size / channels, deviation,
                              terms->instance_noise->state, node->stored);
    terms->instance_noise->state.counter += (uint64_t)(count - 1) / GAN_NORMALS_PER_BLOCK + 1;
}

/* The samples, as they are stored. */
static const gan_real *stored_samples(const gan_terms *terms, const gan_term_node *node)
{
    const int32_t input = node->inputs[0], application = gan_term_application(terms, input);
    if (application < 0) return terms->nodes[input].stored;
    return gan_session_data(gan_application_session(terms, application), GAN_SLOT_OUTPUT,
                            gan_term_output(&terms->nodes[input]));
}

gan_status gan_shown_forward(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    gan_shown *shown = &node->of.shown;
    const int64_t batch = gan_term_rows(terms, node->inputs[0]);
    const float deviation = noise_deviation(terms, shown);
    if (node->version != 0 && node->drawn == terms->move) return GAN_OK;
    if (is_stored(terms, node)) {
        draw(terms, shown, batch);
        move(terms, node, gan_augment_images, batch, stored_samples(terms, node), node->stored);
        if (deviation > 0) add_noise(terms, node, deviation, batch);
    } else {
        GAN_TRY(show_border(terms, node, batch, deviation));
    }
    node->drawn = terms->move;
    node->version = ++terms->clock;
    return GAN_OK;
}

/* ---- Backward -------------------------------------------------------------------------------------------------- */

gan_status gan_shown_backward(gan_terms *terms, int32_t term)
{
    const gan_term_node *node = &terms->nodes[term];
    const int64_t batch = gan_term_rows(terms, node->inputs[0]);
    gan_real *place;
    GAN_TRY(gan_term_open_gradient(terms, node->inputs[0], &place));
    move(terms, node, gan_augment_images_backward, batch, node->gradient, place);
    gan_term_close_gradient(terms, node->inputs[0], place);
    return GAN_OK;
}
