/* A pool of earlier samples (Shrivastava et al., 2017). */
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

#include <string.h>

/* ---- The handle ------------------------------------------------------------------------------------------------ */

static gan_status allocate(gan_image_pool *pool)
{
    GAN_TRY(gan_random_create(pool->context, pool->options.seed, GAN_STREAM_IMAGE_POOL, &pool->random));
    pool->images = gan_allocate_array(pool->context, pool->options.size * pool->elements, sizeof(*pool->images));
    return pool->images ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan_image_pool_resolve(const gan_image_pool_options *given, gan_shape shape, const char *what,
                                  gan_image_pool_options *options)
{
    static const gan_option_row rows[] = {
        {.name = "size",
         .offset = offsetof(gan_image_pool_options, size),
         .type = GAN_OPTION_OF_COUNT,
         .most = (INT64_C(1) << 24), /* a float holds every whole number up to here */
         .count = 50},
    };
    char text[GAN_SHAPE_TEXT];
    int64_t values;
    GAN_TRY(gan_options_read(options, sizeof(*options), given, what));
    GAN_TRY(gan_option_rows_resolve(rows, sizeof(rows) / sizeof(*rows), what, options));
    if (gan_checked_multiply(options->size, gan_shape_count(shape), &values)) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld samples %s overflow", what, (long long)options->size,
                    gan_shape_text(shape, text));
}

gan_status gan_image_pool_create(gan_context *context, gan_shape shape, const gan_image_pool_options *given,
                                 gan_image_pool **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_image_pool_options options;
    GAN_TRY(gan_shape_check(shape, "gan_image_pool_create: shape"));
    GAN_TRY(gan_image_pool_resolve(given, shape, "gan_image_pool_options", &options));
    gan_image_pool *pool = gan_allocate(context, sizeof(*pool));
    if (!pool) return GAN_ERROR_MEMORY;
    atomic_init(&pool->references, 1);
    pool->context = gan_context_retain(context);
    pool->options = options;
    pool->elements = gan_shape_count(shape);
    const gan_status status = allocate(pool);
    if (status != GAN_OK) {
        gan_image_pool_destroy(pool);
        return status;
    }
    *out = pool;
    return GAN_OK;
}

gan_image_pool *gan_image_pool_retain(gan_image_pool *pool)
{
    atomic_fetch_add(&pool->references, 1);
    return pool;
}

void gan_image_pool_destroy(gan_image_pool *pool)
{
    if (!pool || atomic_fetch_sub(&pool->references, 1) > 1) return;
    gan_context *context = pool->context;
    gan_random_destroy(pool->random);
    gan_release(context, pool->images, (size_t)(pool->options.size * pool->elements) * sizeof(*pool->images));
    gan_release(context, pool, sizeof(*pool));
    gan_context_release(context);
}

/* ---- Queries --------------------------------------------------------------------------------------------------- */

/* Which image the new one replaces, or -1. */
static gan_status choose(gan_image_pool *pool, int64_t *place)
{
    const int64_t size = pool->options.size;
    float drawn[2];
    *place = -1;
    GAN_TRY(gan_random_uniform(pool->random, drawn, 2));
    if (drawn[0] >= 0.5f) return GAN_OK;
    *place = (int64_t)(drawn[1] * (float)size);
    if (*place == size) *place = size - 1; /* the product was rounded up */
    return GAN_OK;
}

/* A sample that is not finite is shown, so that its loss tells, but would never leave the pool again. */
static gan_status query(gan_image_pool *pool, const float *sample, float *out)
{
    const size_t bytes = (size_t)pool->elements * sizeof(*sample);
    int64_t place = -1;
    if (gan_entry_find_refused(GAN_VALUES_FINITE, sample, pool->elements) < 0) {
        if (pool->count < pool->options.size) {
            memcpy(pool->images + pool->count++ * pool->elements, sample, bytes);
        } else {
            GAN_TRY(choose(pool, &place));
        }
    }
    if (place < 0) {
        if (out != sample) memcpy(out, sample, bytes);
        return GAN_OK;
    }
    float *image = pool->images + place * pool->elements;
    for (int64_t i = 0; i < pool->elements; i++) { /* out may be sample */
        const float stored = image[i];
        image[i] = sample[i];
        out[i] = stored;
    }
    return GAN_OK;
}

gan_status gan_image_pool_query(gan_image_pool *pool, const float *samples, int64_t batch, float *out)
{
    GAN_FLOAT_SCOPE();
    int64_t count;
    GAN_CHECK_NOT_NULL(pool);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_samples_check(__func__, batch, pool->elements, &count));
    for (int64_t i = 0; i < count; i += pool->elements) GAN_TRY(query(pool, samples + i, out + i));
    return GAN_OK;
}

/* ---- Checkpoints ----------------------------------------------------------------------------------------------- */

typedef struct pool_part {
    gan_image_pool *pool;
    int64_t count;
} pool_part;

static gan_status check_count(void *part)
{
    const pool_part *of = part;
    if (of->count <= of->pool->options.size) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "an image pool of %lld holds %lld", (long long)of->pool->options.size,
                    (long long)of->count);
}

static void set_count(void *part)
{
    const pool_part *of = part;
    of->pool->count = of->count;
}

void gan_image_pool_add_entries(gan_image_pool *pool, const char *part, gan_entries *entries)
{
    pool_part *of = gan_entries_allocate(entries, sizeof(*of));
    if (!of) return;
    *of = (pool_part){pool, pool->count};
    gan_entries_add_count(entries, part, "count", &of->count);
    if (entries->status == GAN_OK) entries->rows[entries->count - 1].draft = true;
    gan_entries_add_random(entries, part, pool->random);
    gan_entries_add_array(entries, part, GAN_ENTRY_FLOATS, pool->images, pool->options.size * pool->elements);
    gan_entries_add_hook(entries, (gan_entries_hook){.check = check_count, .loaded = set_count, .part = of});
}
