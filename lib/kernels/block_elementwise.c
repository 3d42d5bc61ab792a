/* Loops of element-by-element kernels over one block. */
#include "kernels/blocks.h"
#include "kernels/vector_math.h"

static void leaky_relu_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, slope = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void leaky_relu_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y, slope = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (y[i] > 0 ? 1 : slope);
}

static void tanh_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_tanh(x[i]);
}

static void tanh_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void sigmoid_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_sigmoid(x[i]);
}

static void sigmoid_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

static void softplus_forward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = gan_real_softplus(x[i]);
}

static void softplus_backward(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *y = args->x, *dy = args->dy;
    gan_real *dx = args->y;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) dx[i] = -(dy[i] * gan_real_expm1(-y[i]));
}

/* Philox 4x32-10 on LANES counters at once, so that each step is one vector instruction or two. */
enum { LANES = 16, GROUP = 4 * LANES };

static void philox_lanes(gan_random_state state, uint32_t words[GROUP])
{
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    for (uint32_t lane = 0; lane < LANES; lane++) {
        uint64_t counter = state.counter + lane;
        c0[lane] = (uint32_t)counter;
        c1[lane] = (uint32_t)(counter >> 32);
        c2[lane] = (uint32_t)state.stream;
        c3[lane] = (uint32_t)(state.stream >> 32);
    }
    uint32_t k0 = (uint32_t)state.seed, k1 = (uint32_t)(state.seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t product0 = (uint64_t)c0[lane] * 0xD2511F53u, product1 = (uint64_t)c2[lane] * 0xCD9E8D57u;
            c0[lane] = (uint32_t)(product1 >> 32) ^ c1[lane] ^ k0;
            c1[lane] = (uint32_t)product1;
            c2[lane] = (uint32_t)(product0 >> 32) ^ c3[lane] ^ k1;
            c3[lane] = (uint32_t)product0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int lane = 0; lane < LANES; lane++) {
        words[4 * lane] = c0[lane];
        words[4 * lane + 1] = c1[lane];
        words[4 * lane + 2] = c2[lane];
        words[4 * lane + 3] = c3[lane];
    }
}

/* Value i is kept when word i % 4 of counter + i / 4 is at least rate * 2^32. */
static void dropout(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, scale = 1 / (1 - args->value);
    uint32_t threshold = (uint32_t)((double)args->value * 4294967296.0);
    gan_random_state state = args->state;
    state.counter += (uint64_t)begin / 4;
    for (int64_t i = begin; i < end; i += GROUP, state.counter += LANES) {
        uint32_t words[GROUP];
        philox_lanes(state, words);
        int64_t count = end - i < GROUP ? end - i : GROUP;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) y[i + j] = words[j] >= threshold ? scale * x[i + j] : 0;
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

static void scale(const void *arguments, int64_t begin, int64_t end)
{
    const gan_elementwise_args *args = arguments;
    const gan_real *x = args->x;
    gan_real *y = args->y, value = args->value;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = value * x[i];
}

const gan_elementwise_table GAN_ISA_TABLE(gan_elementwise_table) = {
    .leaky_relu_forward = leaky_relu_forward,
    .leaky_relu_backward = leaky_relu_backward,
    .tanh_forward = tanh_forward,
    .tanh_backward = tanh_backward,
    .sigmoid_forward = sigmoid_forward,
    .sigmoid_backward = sigmoid_backward,
    .softplus_forward = softplus_forward,
    .softplus_backward = softplus_backward,
    .dropout = dropout,
    .fill = fill,
    .add = add,
    .scale = scale,
};
