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

/* Draws the augmentation of a batch, or of each shard of it. */
static void draw(gan_terms *terms, gan_shown *shown, int64_t batch)
{
    shown->draws = (gan_random_state){.counter = 0};
    if (!shown->augment) return;
    shown->draws = terms->augmentation->state;
    terms->augmentation->state.counter += GAN_AUGMENT_BLOCKS * (uint64_t)batch;
}

/* Samples to which noise is added. */
typedef struct noisy {
    const gan_terms *terms;
    gan_term_node *node;
    float deviation;
} noisy;

static gan_status add_noise_at_border(void *argument, gan_random *random, int64_t first, int64_t rows)
{
    const noisy *of = argument;
    const int64_t size = gan_shape_count(sample_of(of->terms, of->node)), at = first * size;
    return gan_instance_noise(random, of->deviation, of->node->border + at, rows, size, of->node->room + at);
}

static gan_status show_border(gan_terms *terms, gan_term_node *node, int64_t batch, float deviation)
{
    gan_shown *shown = &node->of.shown;
    const gan_shards *shards = terms->shards;
    const gan_shape sample = sample_of(terms, node);
    node->border = terms->nodes[node->inputs[0]].border;
    if (shown->augment) {
        const int64_t rows = batch / shards->count, values = rows * gan_shape_count(sample);
        draw(terms, shown, rows);
        for (int64_t i = 0; i < shards->count; i++) {
            GAN_TRY(gan_augment(terms->context, shown->augment, sample, gan_shards_random(shards, shown->draws, i),
                                rows, node->border + i * values, node->room + i * values));
        }
        node->border = node->room;
    }
    if (deviation == 0) return GAN_OK;
    noisy of = {terms, node, deviation};
    GAN_TRY(gan_terms_draw(terms, terms->instance_noise, batch, add_noise_at_border, &of));
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
    const gan_shards *shards = terms->shards;
    const gan_shape sample = sample_of(terms, node);
    const int64_t rows = batch / shards->count, values = rows * gan_shape_count(sample);
    if (sample.rank != 3 || (!shown->augment && shown->packing == 1)) {
        gan_copy(terms->context, batch * gan_shape_count(sample), from, to);
        return;
    }
    gan_augment_args args = {.kinds = shown->augment,
                             .channels = sample.dims[0],
                             .height = sample.dims[1],
                             .width = sample.dims[2],
                             .channels_last = true,
                             .packing = shown->packing};
    for (int64_t i = 0; i < shards->count; i++) {
        args.state = gan_shards_random(shards, shown->draws, i);
        way(terms->context, &args, rows, from + i * values, to + i * values);
    }
}

/* gan_instance_noise() on packs as they are stored. */
static gan_status add_noise(void *argument, gan_random *random, int64_t first, int64_t rows)
{
    const noisy *of = argument;
    const gan_shape sample = sample_of(of->terms, of->node);
    const int64_t packing = of->node->of.shown.packing, size = packing * gan_shape_count(sample);
    const int64_t channels = sample.rank == 3 ? packing * sample.dims[0] : 1, count = rows / packing * size;
    gan_add_normal_transposed(of->terms->context, rows / packing, channels, size / channels, of->deviation,
                              random->state, of->node->stored + first / packing * size);
    random->state.counter += (uint64_t)(count - 1) / GAN_NORMALS_PER_BLOCK + 1;
    return GAN_OK;
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
        noisy of = {terms, node, deviation};
        draw(terms, shown, batch / terms->shards->count);
        move(terms, node, gan_augment_images, batch, stored_samples(terms, node), node->stored);
        if (deviation > 0) GAN_TRY(gan_terms_draw(terms, terms->instance_noise, batch, add_noise, &of));
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
