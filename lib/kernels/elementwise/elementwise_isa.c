/* Loops of elementwise kernels over one block. */
#include "kernels/elementwise/elementwise_tables.h"

/* Blocks of Philox made at once, and their words. */
enum { LANES = 64, GROUP = 4 * LANES };

/* A value is kept if the upper 31 bits of its word are at least rate * 2^31. In a group of 4 LANES values, LANES
 * consecutive ones take the same word of consecutive counters. */
static void dropout(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, scale = 1 / (1 - args->value);
    int32_t threshold = (int32_t)((double)args->value * 2147483648.0); /* signed: SSE2 cannot compare others */
    gan_random_state state = args->state;
    state.counter += (uint64_t)begin / 4;
    for (int64_t i = begin; i < end; i += GROUP, state.counter += LANES) {
        uint32_t words[GROUP];
        gan_philox_blocks(state, words, LANES);
        int64_t count = end - i < GROUP ? end - i : GROUP;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real kept = scale * x[i + j];
            y[i + j] = (int32_t)(words[j] >> 1) >= threshold ? kept : 0;
        }
    }
}

static void fill(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    gan_real *y = args->y, value = args->value;
    for (int64_t i = begin; i < end; i++) y[i] = value;
}

static void add(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] += x[i];
}

static void lerp(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x, *other = args->other;
    gan_real *y = args->y, share = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = x[i] + share * (other[i] - x[i]);
}

static void scale(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, value = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = value * x[i];
}

/* y += value x */
static void add_scaled(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, value = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] += value * x[i];
}

/* exp(x) of any x. In float, gan_real_exp() is right up to 88.25 and infinite at 89, and the largest number has the
 * logarithm 88.7. */
static inline gan_real exp_of_any(gan_real x)
{
    if (sizeof(gan_real) == sizeof(float)) x = x > (gan_real)88.25 ? 89 : x;
    return gan_real_exp(x);
}

/* kept = exp(log_variance / 2) n / 2;  y = mean + 2 kept, where halving and doubling are exact */
static void sample_gaussian(const void *arguments, int64_t begin, int64_t end)
{
    const gan_gaussian_args *args = arguments;
    const gan_real *mean = args->mean, *log_variance = args->log_variance;
    gan_real *y = args->y, *kept = args->kept;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        const gan_real half = (gan_real)0.5 * exp_of_any((gan_real)0.5 * log_variance[i]) * kept[i];
        kept[i] = half;
        y[i] = mean[i] + 2 * half;
    }
}

static void clamp(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, limit = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        const gan_real below = x[i] > limit ? limit : x[i];
        y[i] = below < -limit ? -limit : below;
    }
}

typedef uint16_t half __attribute__((may_alias));
typedef union word {
    float value;
    uint32_t bits;
} word;

static void store(const void *arguments, int64_t begin, int64_t end)
{
    const gan_bfloat16_args *args = arguments;
    const gan_real *x = args->values;
    half *y = args->halves;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = (half)gan_bfloat16_of((word){.value = (float)x[i]}.bits);
}

static void load(const void *arguments, int64_t begin, int64_t end)
{
    const gan_bfloat16_args *args = arguments;
    const half *x = args->halves;
    gan_real *y = args->values;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = (gan_real)(word){.bits = (uint32_t)x[i] << 16}.value;
}

const gan_elementwise_table GAN_ISA_TABLE(gan_elementwise_table) = {
    .dropout = dropout,
    .fill = fill,
    .add = add,
    .lerp = lerp,
    .scale = scale,
    .add_scaled = add_scaled,
    .clamp = clamp,
    .sample_gaussian = sample_gaussian,
    .store = store,
    .load = load,
};
