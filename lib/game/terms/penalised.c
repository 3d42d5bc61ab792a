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

/* Samples to draw around, or between two kinds, which may lie in the room. */
typedef struct penalised {
    const float *real, *fake; /* fake: NULL around */
    int64_t size;
    float *room;
} penalised;

static gan_status draw(void *argument, gan_random *random, int64_t first, int64_t rows)
{
    const penalised *of = argument;
    const int64_t at = first * of->size;
    if (!of->fake) return gan_penalty_perturb(random, of->real + at, rows, of->size, of->room + at);
    return gan_penalty_interpolate(random, of->real + at, of->fake + at, rows, of->size, of->room + at);
}

/* Samples between need both kinds at the border. Memory for one of them is lent by losses, which are not computed
 * now. */
gan_status gan_penalised_forward(gan_terms *terms, int32_t term)
{
    gan_term_node *node = &terms->nodes[term];
    penalised of = {.size = gan_term_elements(terms, term), .room = node->room};
    if (node->version != 0 && node->drawn == terms->move) return GAN_OK;
    GAN_TRY(gan_term_export(terms, node->inputs[0], terms->values, &of.real));
    if (node->kind == GAN_TERM_BETWEEN) GAN_TRY(gan_term_export(terms, node->inputs[1], node->room, &of.fake));
    GAN_TRY(gan_terms_draw(terms, terms->penalty, gan_term_rows(terms, term), draw, &of));
    node->drawn = terms->move;
    node->version = ++terms->clock;
    return GAN_OK;
}
