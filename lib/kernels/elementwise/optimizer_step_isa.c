/* Loops of optimizer steps over one block. */
#include "kernels/elementwise/elementwise_tables.h"

static void adam(const void *arguments, int64_t begin, int64_t end)
{
    const gan_step_args a = *(const gan_step_args *)arguments;
    gan_real rest1 = 1 - a.beta1, rest2 = 1 - a.beta2;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        gan_real g = a.gradient_scale * a.g[i];
        gan_real m = a.beta1 * a.m[i] + rest1 * g;
        gan_real v = a.beta2 * a.v[i] + rest2 * (g * g);
        a.m[i] = m;
        a.v[i] = v;
        a.w_out[i] = a.w_in[i] - a.rate * m / (gan_real_sqrt(v) * a.root_scale + a.epsilon);
    }
}

static void rmsprop(const void *arguments, int64_t begin, int64_t end)
{
    const gan_step_args a = *(const gan_step_args *)arguments;
    gan_real rest = 1 - a.beta2;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        gan_real g = a.gradient_scale * a.g[i];
        gan_real v = a.beta2 * a.v[i] + rest * (g * g);
        a.v[i] = v;
        a.w_out[i] = a.w_in[i] - a.rate * g / (gan_real_sqrt(v) + a.epsilon);
    }
}

static void sgd(const void *arguments, int64_t begin, int64_t end)
{
    const gan_step_args a = *(const gan_step_args *)arguments;
    GAN_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        gan_real v = a.beta1 * a.v[i] + a.gradient_scale * a.g[i];
        a.v[i] = v;
        a.w_out[i] = a.w_in[i] - a.rate * v;
    }
}

const gan_step_table GAN_ISA_TABLE(gan_step_table) = {.adam = adam, .rmsprop = rmsprop, .sgd = sgd};
