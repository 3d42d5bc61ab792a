/* Random numbers from counters, and the generators that keep track of the counter. */
#include "core/context/context.h"
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/random/random.h"
#include "core/status/status.h"

#include <math.h>
#include <string.h>

/* Blocks are made in groups, word by word, so that compilers turn the loops over blocks into vector instructions. */
#define GROUP 8

#ifdef GAN_REAL_IS_DOUBLE
#define UNIFORMS_PER_BLOCK 2
#define real_nextafter     nextafter
#define real_log           log
#define real_sqrt          sqrt
#define real_cos           cos
#define real_sin           sin
#else
#define UNIFORMS_PER_BLOCK 4
#define real_nextafter     nextafterf
#define real_log           logf
#define real_sqrt          sqrtf
#define real_cos           cosf
#define real_sin           sinf
#endif

void gan_philox(gan_random_state at, uint32_t words[4])
{
    gan_philox_blocks(at, words, 1);
}

typedef struct distribution distribution;

struct distribution {
    /* Turns the words of a group into per_block values for each of its blocks, in their order. */
    void (*transform)(const distribution *from, uint32_t words[GAN_PHILOX_WORDS][GROUP], gan_real *values);
    int per_block;
    gan_real a, b; /* low and high, or mean and deviation */
    gan_real most; /* the largest value below high */
};

static void fill(gan_random_state *state, gan_real *out, int64_t count, const distribution *from)
{
    const int64_t per_group = GROUP * from->per_block;
    uint32_t words[GAN_PHILOX_WORDS][GROUP];
    gan_real values[GROUP * GAN_PHILOX_WORDS];

    while (count >= per_group) {
        gan_philox_blocks(*state, &words[0][0], GROUP);
        from->transform(from, words, out);
        state->counter += GROUP;
        out += per_group;
        count -= per_group;
    }
    if (count > 0) {
        gan_philox_blocks(*state, &words[0][0], GROUP);
        from->transform(from, words, values);
        memcpy(out, values, (size_t)count * sizeof(*out));
        state->counter += (uint64_t)((count + from->per_block - 1) / from->per_block);
    }
}

/* u = the upper bits of the words as a fraction, in [0, 1);  x = low + (high - low) u */
static void to_uniform(const distribution *uniform, uint32_t words[GAN_PHILOX_WORDS][GROUP], gan_real *values)
{
    const gan_real low = uniform->a, range = uniform->b - uniform->a, most = uniform->most;

    for (int i = 0; i < GROUP; i++) {
        for (int j = 0; j < UNIFORMS_PER_BLOCK; j++) {
#ifdef GAN_REAL_IS_DOUBLE
            const uint64_t bits = (uint64_t)words[2 * j][i] << 32 | words[2 * j + 1][i];
            const double u = (double)(bits >> 11) * 0x1p-53;
#else
            const float u = (float)(int32_t)(words[j][i] >> 8) * 0x1p-24f; /* signed: faster to convert */
#endif
            const gan_real x = low + range * u;
            *values++ = x < most ? x : most; /* rounding may have reached high */
        }
    }
}

void gan_fill_uniform(gan_random_state *state, gan_real *out, int64_t count, gan_real low, gan_real high)
{
    const distribution uniform = {to_uniform, UNIFORMS_PER_BLOCK, low, high, real_nextafter(high, low)};
    fill(state, out, count, &uniform);
}

/* Box-Muller:  r = sqrt(-2 log u), u in (0, 1];  x = mean + deviation r cos(2 pi v) and the same with sin */
static void to_normal(const distribution *normal, uint32_t words[GAN_PHILOX_WORDS][GROUP], gan_real *values)
{
    for (int i = 0; i < GROUP; i++) {
        for (int j = 0; j < GAN_PHILOX_WORDS; j += 2) {
            const gan_real u = (gan_real)(((double)words[j][i] + 1.0) * 0x1p-32);
            const gan_real angle = (gan_real)((double)words[j + 1][i] * (0x1p-32 * 6.283185307179586));
            const gan_real radius = normal->b * real_sqrt((gan_real)-2 * real_log(u));
            *values++ = normal->a + radius * real_cos(angle);
            *values++ = normal->a + radius * real_sin(angle);
        }
    }
}

void gan_fill_normal(gan_random_state *state, gan_real *out, int64_t count, gan_real mean, gan_real deviation)
{
    const distribution normal = {to_normal, GAN_NORMALS_PER_BLOCK, mean, deviation, 0};
    fill(state, out, count, &normal);
}

/* A 64-bit word r lies in the run of `bound` values that begins at r - r % bound. The end of the range may cut the
 * last run short: a word in it is drawn again. */
uint64_t gan_random_below(gan_random_state *state, uint64_t bound)
{
    for (;;) {
        uint32_t words[GAN_PHILOX_WORDS];
        gan_philox(*state, words);
        state->counter++;
        const uint64_t word = (uint64_t)words[0] << 32 | words[1];
        const uint64_t value = word % bound;
        if (word - value <= UINT64_MAX - (bound - 1)) return value;
    }
}

void gan_random_permutation(gan_random_state *state, int64_t *order, int64_t count)
{
    for (int64_t i = 0; i < count; i++) order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t j = (int64_t)gan_random_below(state, (uint64_t)i + 1), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

gan_status gan_random_create(gan_context *context, uint64_t seed, uint64_t stream, gan_random **out)
{
    gan_random *random;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    random = gan_allocate(context, sizeof(*random));
    if (!random) return GAN_ERROR_MEMORY;
    atomic_init(&random->references, 1);
    random->context = gan_context_retain(context);
    random->state = (gan_random_state){.seed = seed, .stream = stream};
    *out = random;
    return GAN_OK;
}

gan_random *gan_random_retain(gan_random *random)
{
    atomic_fetch_add(&random->references, 1);
    return random;
}

void gan_random_destroy(gan_random *random)
{
    if (!random || atomic_fetch_sub(&random->references, 1) > 1) return;
    gan_context *context = random->context;
    gan_release(context, random, sizeof(*random));
    gan_context_release(context);
}

typedef void (*fill_fn)(gan_random_state *state, gan_real *out, int64_t count, gan_real a, gan_real b);

/* Pieces are whole numbers of blocks, so that the numbers are the same as in one piece. */
static gan_status fill_floats(gan_random *random, float *out, int64_t count, fill_fn function, gan_real a, gan_real b,
                              const char *caller)
{
    gan_real piece[256];

    if (count < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 0", caller, (long long)count);
    }
    GAN_TRY(gan_array_check(count, sizeof(*out), caller, "count"));
    for (int64_t done = 0; done < count;) {
        const int64_t left = count - done;
        const int64_t size = left < 256 ? left : 256;
        function(&random->state, piece, size, a, b);
        for (int64_t i = 0; i < size; i++) out[done + i] = (float)piece[i];
        done += size;
    }
    return GAN_OK;
}

gan_status gan_random_normal(gan_random *random, float *out, int64_t count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(out);
    return fill_floats(random, out, count, gan_fill_normal, 0, 1, __func__);
}

gan_status gan_random_uniform(gan_random *random, float *out, int64_t count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(out);
    return fill_floats(random, out, count, gan_fill_uniform, 0, 1, __func__);
}

gan_status gan_random_get_state(const gan_random *random, gan_random_state *out)
{
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(out);
    *out = random->state;
    return GAN_OK;
}

gan_status gan_random_set_state(gan_random *random, gan_random_state state)
{
    GAN_CHECK_NOT_NULL(random);
    random->state = state;
    return GAN_OK;
}
