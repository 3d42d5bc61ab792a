/* Random numbers of batches that are divided: each shard draws its own. */
#include "game/terms/terms.h"

gan_status gan_terms_draw(const gan_terms *terms, gan_random *random, int64_t rows, gan_draw_fn draw, void *argument)
{
    const gan_random_state begin = random->state;
    const int64_t count = rows / terms->shards->count;
    for (int64_t i = 0; i < terms->shards->count; i++) {
        random->state = gan_shards_random(terms->shards, begin, i);
        GAN_TRY(draw(argument, random, i * count, count));
    }
    random->state.stream = begin.stream;
    return GAN_OK;
}
