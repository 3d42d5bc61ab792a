/* Samples that penalties on gradients are taken on: between real and generated ones, and around real ones. They are
 * held as at the border, where their numbers are drawn. */
#include "game/terms/terms.h"

#include <string.h>

gan_status gan_penalised_plan(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    if (!terms->penalty) {
        GAN_TRY(gan_random_create(terms->context, terms->seed, GAN_STREAM_PENALTY, &terms->penalty));
    }
    node->room = gan_allocate_array(terms->context, terms->batch / node->divisor * gan_term_elements(terms, term),
                                    sizeof(*node->room));
    if (!node->room) return GAN_ERROR_MEMORY;
    node->border = node->room;
    return GAN_OK;
}

/* Samples between need both kinds at the border. Memory for one of them is lent by losses, which are not computed
 * now. */
gan_status gan_penalised_forward(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    const int64_t rows = gan_term_rows(terms, term), size = gan_term_elements(terms, term);
    const float *real, *fake;
    if (node->version != 0 && node->drawn == terms->move) return GAN_OK;
    GAN_TRY(gan_term_export(terms, node->inputs[0], terms->values, &real));
    if (node->kind == GAN_TERM_AROUND) {
        GAN_TRY(gan_penalty_perturb(terms->penalty, real, rows, size, node->room));
    } else {
        GAN_TRY(gan_term_export(terms, node->inputs[1], node->room, &fake));
        GAN_TRY(gan_penalty_interpolate(terms->penalty, real, fake, rows, size, node->room));
    }
    node->drawn = terms->move;
    node->version = ++terms->clock;
    return GAN_OK;
}
