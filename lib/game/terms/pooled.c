/* Samples mixed with those of earlier batches, as at the border. */
#include "game/terms/terms.h"

gan_status gan_pooled_plan(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    gan_pooled *pooled = &node->of.pooled;
    if (terms->shards->total > 1) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "gan_game_build: a pool mixes the samples of all batches, which %lld shards cannot share",
                        (long long)terms->shards->total);
    }
    node->room = gan_allocate_array(terms->context, terms->batch / node->divisor * gan_term_elements(terms, term),
                                    sizeof(*node->room));
    if (!node->room) return GAN_ERROR_MEMORY;
    node->border = node->room;
    return gan_image_pool_create(terms->context, node->shape, &pooled->options, &pooled->pool);
}

/* Once for each value that the samples have in a batch, however many moves read it. */
gan_status gan_pooled_forward(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    gan_pooled *pooled = &node->of.pooled;
    const int32_t samples = node->inputs[0], application = gan_term_application(terms, samples);
    const uint64_t version = terms->nodes[application < 0 ? samples : application].version;
    const float *values;
    if (node->version != 0 && node->drawn == terms->draw && pooled->version == version) return GAN_OK;
    GAN_TRY(gan_term_export(terms, samples, node->room, &values));
    GAN_TRY(gan_image_pool_query(pooled->pool, values, gan_term_rows(terms, term), node->room));
    node->drawn = terms->draw;
    pooled->version = version;
    node->version = ++terms->clock;
    return GAN_OK;
}
