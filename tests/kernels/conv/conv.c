/* Convolutions against their definition, seven loops in double. */
#include "kernels/contexts.h"
#include "kernels/conv/conv_ways.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void describe(const gan_conv *c, int64_t batch, const char *name, const char *what, char text[250])
{
    snprintf(
        text, 250,
        "%s, %s: %d x (%d, %d, %d) to (%d, %d, %d), kernel %d %d, stride %d %d, pad %d %d, dilation %d %d, groups %d",
        name, what, (int)batch, (int)c->height, (int)c->width, (int)c->channels, (int)c->out_height,
        (int)c->out_width, (int)c->filters, (int)c->kernel_h, (int)c->kernel_w, (int)c->stride_h, (int)c->stride_w,
        (int)c->pad_top, (int)c->pad_left, (int)c->dilation_h, (int)c->dilation_w, (int)c->groups);
}

typedef struct arrays {
    int64_t x_count, y_count, w_count;
    gan_real *x, *y, *w, *dy, *dw, *filter_bias, *channel_bias;
} arrays;

static arrays arrays_create(const gan_conv *c, int64_t batch, uint64_t seed)
{
    arrays a = {.x_count = batch * c->height * c->width * c->channels,
                .y_count = batch * c->out_height * c->out_width * c->filters,
                .w_count = c->filters * c->kernel_h * c->kernel_w * (c->channels / c->groups)};
    a.x = test_random_array(&seed, a.x_count);
    a.w = test_random_array(&seed, a.w_count);
    a.dy = test_random_array(&seed, a.y_count);
    a.dw = test_random_array(&seed, a.w_count);
    a.filter_bias = test_random_array(&seed, c->filters);
    a.channel_bias = test_random_array(&seed, c->channels);
    return a;
}

static void arrays_release(arrays *a)
{
    free(a->x);
    free(a->w);
    free(a->dy);
    free(a->dw);
    free(a->filter_bias);
    free(a->channel_bias);
}

/* What products see of the operands. */
static arrays arrays_rounded(const gan_context *context, const gan_conv *c, int64_t batch, uint64_t seed)
{
    arrays a = arrays_create(c, batch, seed);
    test_operands(context, a.x, a.x_count);
    test_operands(context, a.w, a.w_count);
    test_operands(context, a.dy, a.y_count);
    return a;
}

/* A result of the definition: sums, and the sums of their terms' magnitudes. */
typedef struct sums {
    double *value, *size;
    int64_t count;
} sums;

static sums sums_create(int64_t count)
{
    sums s = {calloc((size_t)count, sizeof(double)), calloc((size_t)count, sizeof(double)), count};
    assert_true(s.value && s.size);
    return s;
}

static void sums_release(sums *s)
{
    free(s->value);
    free(s->size);
}

static void sums_add(sums *s, int64_t at, double term)
{
    s->value[at] += term;
    s->size[at] += fabs(term);
}

/* All three at once. */
static void define(const gan_conv *c, int64_t batch, const arrays *a, sums *y, sums *dx, sums *dw)
{
    const int64_t depth = c->channels / c->groups, group_filters = c->filters / c->groups;
    for (int64_t b = 0; b < batch; b++) {
        for (int64_t oh = 0; oh < c->out_height; oh++) {
            for (int64_t ow = 0; ow < c->out_width; ow++) {
                for (int64_t f = 0; f < c->filters; f++) {
                    for (int64_t kh = 0; kh < c->kernel_h; kh++) {
                        for (int64_t kw = 0; kw < c->kernel_w; kw++) {
                            for (int64_t d = 0; d < depth; d++) {
                                int64_t ih = oh * c->stride_h - c->pad_top + kh * c->dilation_h;
                                int64_t iw = ow * c->stride_w - c->pad_left + kw * c->dilation_w;
                                if (ih < 0 || ih >= c->height || iw < 0 || iw >= c->width) continue;
                                int64_t ch = f / group_filters * depth + d;
                                int64_t at_x = ((b * c->height + ih) * c->width + iw) * c->channels + ch;
                                int64_t at_y = ((b * c->out_height + oh) * c->out_width + ow) * c->filters + f;
                                int64_t at_w = ((f * c->kernel_h + kh) * c->kernel_w + kw) * depth + d;
                                sums_add(y, at_y, (double)a->x[at_x] * (double)a->w[at_w]);
                                sums_add(dx, at_x, (double)a->dy[at_y] * (double)a->w[at_w]);
                                sums_add(dw, at_w, (double)a->dy[at_y] * (double)a->x[at_x]);
                            }
                        }
                    }
                }
            }
        }
    }
}

static void compare(const sums *expected, const gan_real *got, const gan_real *bias, int64_t columns, int64_t terms,
                    const char *text)
{
    for (int64_t i = 0; i < expected->count; i++) {
        double value = expected->value[i], size = expected->size[i];
        if (bias) {
            value += (double)bias[i % columns];
            size += fabs((double)bias[i % columns]);
        }
        if (!(fabs((double)got[i] - value) <= size * test_sum_error(terms)))
            fail_msg("%s: element %d is %.9g, expected %.9g", text, (int)i, (double)got[i], value);
    }
}

/* The three results of the library, each between guards. */
typedef struct results {
    test_guarded y, dx, dw;
} results;

static results run(gan_context *context, const gan_conv *c, int64_t batch, const arrays *a, const gan_real *forward,
                   const gan_real *backward, bool adds, const char *text)
{
    results r = {test_guarded_create(a->y_count), test_guarded_create(a->x_count), test_guarded_create(a->w_count)};
    /* Scratch for more images serves fewer, whatever an earlier call has left in it. */
    test_guarded scratch = test_guarded_create(gan_conv_scratch(context, c, batch + 1));
    for (int64_t i = 0; i < scratch.count; i++) scratch.values[i] = (gan_real)NAN;
    for (int64_t i = 0; i < a->w_count; i++) r.dw.values[i] = adds ? a->dw[i] : (gan_real)NAN;
    gan_conv_forward(context, c, batch, a->x, a->w, forward, r.y.values, scratch.values);
    gan_conv_backward_data(context, c, batch, a->dy, a->w, backward, r.dx.values, scratch.values);
    gan_conv_backward_weights(context, c, batch, a->x, a->dy, adds, r.dw.values, scratch.values);
    test_guarded_check(&scratch, text);
    return r;
}

static void results_release(results *r, const char *text)
{
    test_guarded_check(&r->y, text);
    test_guarded_check(&r->dx, text);
    test_guarded_check(&r->dw, text);
}

static void check(gan_context *context, const char *name, const gan_conv *c, int64_t batch, uint64_t seed)
{
    char text[250];
    arrays a = arrays_create(c, batch, seed), rounded = arrays_rounded(context, c, batch, seed);
    sums y = sums_create(a.y_count), dx = sums_create(a.x_count), dw = sums_create(a.w_count);
    const gan_real *filter_bias = seed & 1 ? a.filter_bias : NULL, *channel_bias = seed & 2 ? a.channel_bias : NULL;
    define(c, batch, &rounded, &y, &dx, &dw);
    const bool adds = seed % 3 != 0;
    for (int64_t i = 0; adds && i < a.w_count; i++) sums_add(&dw, i, (double)a.dw[i]);

    describe(c, batch, name, "all", text);
    results r = run(context, c, batch, &a, filter_bias, channel_bias, adds, text);
    int64_t taps = c->kernel_h * c->kernel_w;
    describe(c, batch, name, "forward", text);
    compare(&y, r.y.values, filter_bias, c->filters, taps * c->channels / c->groups, text);
    describe(c, batch, name, "backward to the data", text);
    compare(&dx, r.dx.values, channel_bias, c->channels, taps * c->filters / c->groups, text);
    describe(c, batch, name, "backward to the weights", text);
    compare(&dw, r.dw.values, NULL, 1, batch * c->out_height * c->out_width, text);

    results_release(&r, text);
    sums_release(&y);
    sums_release(&dx);
    sums_release(&dw);
    arrays_release(&rounded);
    arrays_release(&a);
}

/* Any geometry whose padding below and right is at most the kernel, or negative, when no window reaches some rows. */
static void draw_axis(uint64_t *seed, int64_t *inputs, int64_t *outputs, int64_t *kernel, int64_t *stride,
                      int64_t *pad, int64_t dilation)
{
    *kernel = test_integer(seed, 1, 7);
    *stride = test_integer(seed, 1, 3);
    *inputs = test_integer(seed, 1, 11);
    *pad = test_integer(seed, 0, (*kernel - 1) * dilation);
    int64_t most = (*inputs + *pad - 1) / *stride + 1;
    *outputs = test_integer(seed, most > 2 ? most - 2 : 1, most);
}

static int64_t draw_channels(uint64_t *seed)
{
    static const int64_t channels[] = {1, 1, 2, 3, 4, 5, 7, 8, 16, 17, 24, 32, 33, 40, 64, 67};
    return channels[test_integer(seed, 0, sizeof(channels) / sizeof(channels[0]) - 1)];
}

static void odd_shapes_on(gan_context *context, const char *name)
{
    uint64_t seed = 7;
    for (int i = 0; i < 200; i++) {
        gan_conv c = {.channels = draw_channels(&seed),
                      .filters = draw_channels(&seed),
                      .dilation_h = 1,
                      .dilation_w = 1,
                      .groups = 1};
        draw_axis(&seed, &c.height, &c.out_height, &c.kernel_h, &c.stride_h, &c.pad_top, 1);
        draw_axis(&seed, &c.width, &c.out_width, &c.kernel_w, &c.stride_w, &c.pad_left, 1);
        check(context, name, &c, test_integer(&seed, 1, c.channels * c.filters > 1000 ? 2 : 5), (uint64_t)i);
    }
}

static void test_odd_shapes(void **state)
{
    (void)state;
    test_on_level(odd_shapes_on);
}

/* A third of the convolutions are depthwise. */
static void dilation_and_groups_on(gan_context *context, const char *name)
{
    uint64_t seed = 8;
    for (int i = 0; i < 200; i++) {
        gan_conv c = {.dilation_h = test_integer(&seed, 1, 4), .dilation_w = test_integer(&seed, 1, 4)};
        c.groups = i % 3 ? test_integer(&seed, 1, 5) : draw_channels(&seed);
        c.channels = c.groups * (i % 3 ? test_integer(&seed, 1, 9) : 1);
        c.filters = c.groups * (i % 3 ? test_integer(&seed, 1, 9) : 1);
        draw_axis(&seed, &c.height, &c.out_height, &c.kernel_h, &c.stride_h, &c.pad_top, c.dilation_h);
        draw_axis(&seed, &c.width, &c.out_width, &c.kernel_w, &c.stride_w, &c.pad_left, c.dilation_w);
        check(context, name, &c, test_integer(&seed, 1, 5), (uint64_t)i);
    }
}

static void test_dilation_and_groups(void **state)
{
    (void)state;
    test_on_level(dilation_and_groups_on);
}

/* The first five are from the models by which the library is measured. */
static const struct {
    gan_conv conv;
    int64_t batch;
} shapes[] = {
    {{1, 28, 28, 64, 14, 14, 5, 5, 2, 2, 1, 1, 1, 1, 1}, 9},
    {{64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1, 1, 1, 1}, 2},
    {{64, 14, 14, 32, 7, 7, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 3},
    {{64, 28, 28, 1, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 2},
    /* Few filters of stride 1: other kernels and borders, a window that begins outside, more images. */
    {{32, 7, 5, 3, 8, 4, 4, 2, 1, 1, 2, 0, 1, 1, 1}, 3},
    {{32, 5, 6, 2, 4, 9, 2, 3, 1, 1, 0, 3, 1, 1, 1}, 1},
    {{48, 6, 6, 1, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 30},
    {{1, 28, 28, 64, 14, 14, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 3},
    {{3, 9, 9, 5, 9, 9, 9, 9, 1, 1, 4, 4, 1, 1, 1}, 2},     /* a kernel as large as the image */
    {{2, 3, 80, 3, 3, 80, 2, 3, 1, 1, 1, 1, 1, 1, 1}, 2},   /* long lines */
    {{1, 1, 700, 2, 1, 700, 1, 3, 1, 1, 0, 1, 1, 1, 1}, 1}, /* longer than what is packed at a time */
    {{8, 6, 6, 8, 2, 2, 2, 2, 4, 4, 0, 0, 1, 1, 1}, 3},     /* a stride longer than the kernel */
    {{5, 70, 2, 3, 70, 2, 67, 1, 1, 1, 33, 0, 1, 1, 1}, 1}, /* more rows of the kernel than segments in a call */
    {{40, 5, 5, 150, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 2},  /* more filters than rows in a block */
    {{1, 30, 5, 2000, 30, 5, 1, 2, 1, 1, 0, 0, 1, 1, 1},
     1},                                                    /* more of dy than all panels of weights take at a time */
    {{520, 3, 3, 6, 2, 2, 3, 3, 1, 1, 0, 0, 1, 1, 1}, 2},   /* more values of k than are multiplied at a time */
    {{257, 4, 4, 260, 2, 2, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 3}, /* tap by tap, since the weights are many */
    {{300, 2, 2, 256, 1, 1, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 5}, /* likewise; most taps see no pixel */
    /* Dilation, groups and both; depthwise; two filters on each channel. */
    {{6, 9, 8, 4, 5, 4, 3, 3, 1, 1, 0, 0, 2, 2, 1}, 3},
    {{64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1, 1, 1, 2}, 2},
    {{6, 11, 7, 9, 6, 7, 3, 2, 2, 1, 2, 1, 2, 3, 3}, 5},
    {{32, 14, 14, 32, 14, 14, 3, 3, 1, 1, 1, 1, 1, 1, 32}, 9},
    {{67, 9, 13, 67, 5, 7, 3, 5, 2, 2, 2, 6, 2, 3, 67}, 3},
    {{5, 7, 5, 10, 7, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5}, 4},
    {{4, 5, 3, 4, 5, 3, 3, 3, 1, 1, 4, 4, 4, 4, 4}, 3}, /* only the middle of the kernel ever sees some pixels */
};

static void fixed_shapes_on(gan_context *context, const char *name)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        check(context, name, &shapes[i].conv, shapes[i].batch, i * 5);
}

static void test_fixed_shapes(void **state)
{
    (void)state;
    test_on_level(fixed_shapes_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        char text[250];
        const gan_conv *c = &shapes[i].conv;
        arrays a = arrays_create(c, shapes[i].batch, i);
        results r[3];
        describe(c, shapes[i].batch, name, "threads", text);
        for (int t = 0; t < 3; t++) {
            r[t] = run(contexts[t], c, shapes[i].batch, &a, a.filter_bias, a.channel_bias, true, text);
            assert_memory_equal(r[0].y.values, r[t].y.values, (size_t)a.y_count * sizeof(gan_real));
            assert_memory_equal(r[0].dx.values, r[t].dx.values, (size_t)a.x_count * sizeof(gan_real));
            assert_memory_equal(r[0].dw.values, r[t].dw.values, (size_t)a.w_count * sizeof(gan_real));
        }
        for (int t = 0; t < 3; t++) results_release(&r[t], text);
        arrays_release(&a);
    }
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

/* ---- Tap by tap ------------------------------------------------------------------------------------------------ */

static void check_taps(gan_context *context, const char *name, const gan_conv *c, int64_t batch, uint64_t seed)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    char text[250];
    arrays a = arrays_create(c, batch, seed);
    sums y = sums_create(a.y_count), dx = sums_create(a.x_count), dw = sums_create(a.w_count);
    const gan_real *filter_bias = seed & 1 ? a.filter_bias : NULL, *channel_bias = seed & 2 ? a.channel_bias : NULL;
    results r = {test_guarded_create(a.y_count), test_guarded_create(a.x_count), test_guarded_create(a.w_count)};
    test_guarded scratch = test_guarded_create(gan_conv_taps_scratch(table, c, batch));
    define(c, batch, &a, &y, &dx, &dw);
    const bool adds = seed % 3 != 0;
    for (int64_t i = 0; adds && i < a.w_count; i++) sums_add(&dw, i, (double)a.dw[i]);
    for (int64_t i = 0; i < scratch.count; i++) scratch.values[i] = (gan_real)NAN;
    for (int64_t i = 0; i < a.w_count; i++) r.dw.values[i] = adds ? a.dw[i] : (gan_real)NAN;
    describe(c, batch, name, "tap by tap", text);
    gan_conv_taps_forward(context, table, c, batch, a.x, a.w, filter_bias, r.y.values, scratch.values);
    gan_conv_taps_backward_data(context, table, c, batch, a.dy, a.w, channel_bias, r.dx.values);
    gan_conv_taps_backward_weights(context, table, c, batch, a.x, a.dy, adds, r.dw.values);
    test_guarded_check(&scratch, text);
    compare(&y, r.y.values, filter_bias, c->filters, c->kernel_h * c->kernel_w * c->channels, text);
    compare(&dx, r.dx.values, channel_bias, c->channels, c->kernel_h * c->kernel_w * c->filters, text);
    compare(&dw, r.dw.values, NULL, 1, batch * c->out_height * c->out_width, text);
    results_release(&r, text);
    sums_release(&y);
    sums_release(&dx);
    sums_release(&dw);
    arrays_release(&a);
}

static bool multiplies_natively(const gan_context *context)
{
    return context->multiply == GAN_MULTIPLY_NATIVE && context->precision == GAN_PRECISION_FLOAT32;
}

static void taps_on(gan_context *context, const char *name)
{
    /* More channels and filters than a task has, most taps on padding; and as many pairs as there may be. */
    static const gan_conv deep = {150, 2, 2, 140, 1, 1, 4, 4, 2, 2, 1, 1, 1, 1, 1};
    static const gan_conv full = {257, 8, 8, 260, 4, 4, 4, 4, 2, 2, 1, 1, 1, 1, 1};
    uint64_t seed = 11;
    if (!multiplies_natively(context)) return;
    for (int i = 0, checked = 0; checked < 60; i++) {
        gan_conv c = {.channels = draw_channels(&seed),
                      .filters = draw_channels(&seed),
                      .dilation_h = 1,
                      .dilation_w = 1,
                      .groups = 1};
        draw_axis(&seed, &c.height, &c.out_height, &c.kernel_h, &c.stride_h, &c.pad_top, 1);
        draw_axis(&seed, &c.width, &c.out_width, &c.kernel_w, &c.stride_w, &c.pad_left, 1);
        const int64_t batch = test_integer(&seed, 1, 5);
        if (batch * c.out_height * c.out_width > GAN_ROW_BLOCK) continue;
        check_taps(context, name, &c, batch, (uint64_t)i);
        checked++;
    }
    assert_true(gan_conv_taps_pay(&full, 8) && !gan_conv_taps_pay(&full, 9) && !gan_conv_taps_pay(&deep, 70));
    check_taps(context, name, &deep, 70, 1);
    check_taps(context, name, &full, 8, 2);
    /* As many channels as a task has, or a few less: the last panels of all may be two in place of one. */
    for (gan_conv c = {110, 3, 3, 9, 2, 2, 3, 3, 1, 1, 0, 0, 1, 1, 1}; c.channels <= 128; c.channels++)
        check_taps(context, name, &c, 2, (uint64_t)c.channels);
}

static void test_taps(void **state)
{
    (void)state;
    test_on_level(taps_on);
}

/* ---- Winograd -------------------------------------------------------------------------------------------------- */

/* Errors are of the size of a tile's largest sums, so all sums are taken to be as large as the largest. */
static void level_sizes(sums *s)
{
    double most = 0;
    for (int64_t i = 0; i < s->count; i++) most = s->size[i] > most ? s->size[i] : most;
    for (int64_t i = 0; i < s->count; i++) s->size[i] = most;
}

static test_guarded run_winograd(gan_context *context, const gan_conv *c, int64_t batch, bool backward,
                                 const arrays *a, const gan_real *bias, const char *text)
{
    test_guarded result = test_guarded_create(backward ? a->x_count : a->y_count);
    test_guarded scratch = test_guarded_create(gan_conv_winograd_scratch(context, c, batch + 1, backward));
    for (int64_t i = 0; i < scratch.count; i++) scratch.values[i] = (gan_real)NAN;
    if (backward) {
        gan_conv_winograd_backward_data(context, c, batch, a->dy, a->w, bias, result.values, scratch.values);
    } else {
        gan_conv_winograd_forward(context, c, batch, a->x, a->w, bias, result.values, scratch.values);
    }
    test_guarded_check(&scratch, text);
    return result;
}

static test_guarded run_winograd_weights(gan_context *context, const gan_conv *c, int64_t batch, const arrays *a,
                                         bool adds, const char *text)
{
    test_guarded result = test_guarded_create(a->w_count);
    test_guarded scratch = test_guarded_create(gan_conv_winograd_weights_scratch(context, c, batch + 1));
    for (int64_t i = 0; i < a->w_count; i++) result.values[i] = adds ? a->dw[i] : (gan_real)NAN;
    for (int64_t i = 0; i < scratch.count; i++) scratch.values[i] = (gan_real)NAN;
    gan_conv_winograd_backward_weights(context, c, batch, a->x, a->dy, adds, result.values, scratch.values);
    test_guarded_check(&scratch, text);
    return result;
}

/* Where it does not pay, too. */
static void check_winograd(gan_context *context, const char *name, const gan_conv *c, int64_t batch, uint64_t seed)
{
    char text[250];
    arrays a = arrays_create(c, batch, seed);
    sums y = sums_create(a.y_count), dx = sums_create(a.x_count), dw = sums_create(a.w_count);
    define(c, batch, &a, &y, &dx, &dw);
    for (int backward = 0; backward < 2; backward++) {
        const int64_t columns = backward ? c->channels : c->filters, terms = backward ? c->filters : c->channels;
        const gan_real *bias = seed & 1 ? NULL : backward ? a.channel_bias : a.filter_bias;
        sums *expected = backward ? &dx : &y;
        if (!gan_conv_winograd_fits(c, backward)) continue;
        describe(c, batch, name, backward ? "Winograd, backward to the data" : "Winograd, forward", text);
        level_sizes(expected);
        test_guarded result = run_winograd(context, c, batch, backward, &a, bias, text);
        compare(expected, result.values, bias, columns, c->kernel_h * c->kernel_w * terms, text);
        test_guarded_check(&result, text);
    }
    if (gan_conv_winograd_fits(c, false)) {
        describe(c, batch, name, "Winograd, backward to the weights", text);
        const bool adds = seed % 3 != 0;
        for (int64_t i = 0; adds && i < a.w_count; i++) sums_add(&dw, i, (double)a.dw[i]);
        level_sizes(&dw);
        test_guarded result = run_winograd_weights(context, c, batch, &a, adds, text);
        compare(&dw, result.values, NULL, 1, batch * c->out_height * c->out_width, text);
        test_guarded_check(&result, text);
    }
    sums_release(&y);
    sums_release(&dx);
    sums_release(&dw);
    arrays_release(&a);
}

static void winograd_shapes_on(gan_context *context, const char *name)
{
    static const gan_conv large = {130, 9, 7, 160, 5, 4, 4, 5, 2, 2, 1, 2, 1, 1, 1};
    uint64_t seed = 9;
    if (!multiplies_natively(context)) return;
    for (int i = 0; i < 200; i++) {
        gan_conv c = {.channels = draw_channels(&seed),
                      .filters = draw_channels(&seed),
                      .dilation_h = 1,
                      .dilation_w = 1,
                      .groups = 1};
        draw_axis(&seed, &c.height, &c.out_height, &c.kernel_h, &c.stride_h, &c.pad_top, 1);
        draw_axis(&seed, &c.width, &c.out_width, &c.kernel_w, &c.stride_w, &c.pad_left, 1);
        if (!gan_conv_winograd_fits(&c, true) && !gan_conv_winograd_fits(&c, false)) continue;
        check_winograd(context, name, &c, test_integer(&seed, 1, c.channels * c.filters > 1000 ? 2 : 5), (uint64_t)i);
    }
    check_winograd(context, name, &large, 20, 0);
}

static void test_winograd_shapes(void **state)
{
    (void)state;
    test_on_level(winograd_shapes_on);
}

/* What pays at every level, and what at none. */
static const struct {
    gan_conv conv;
    int64_t batch;
    bool pays;
} chosen[] = {
    {{64, 14, 14, 64, 14, 14, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 16, true},
    {{64, 32, 32, 128, 16, 16, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 16, true},
    {{1, 28, 28, 64, 14, 14, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 32, false},
    {{256, 8, 8, 512, 4, 4, 4, 4, 2, 2, 1, 1, 1, 1, 1}, 1, false},
    {{64, 14, 14, 64, 14, 14, 1, 1, 1, 1, 0, 0, 1, 1, 1}, 32, false},
};

/* One image alone does not pay: so the option gives its bits to all. */
static void option_on(gan_context *alone, const char *name)
{
    static const gan_conv c = {64, 6, 6, 64, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    enum { BATCH = 128, VALUES = 64 * 6 * 6 };
    char text[250];
    gan_context *context;
    if (!multiplies_natively(alone)) return;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 2, .cpu = alone->cpu, .multiply = GAN_MULTIPLY_NATIVE,
                                                    .no_winograd = true),
                                        &context),
                     GAN_OK);
    describe(&c, BATCH, name, "the option", text);
    arrays a = arrays_create(&c, BATCH, 3);
    results all = run(context, &c, BATCH, &a, a.filter_bias, a.channel_bias, true, text);
    for (int backward = 0; backward < 2; backward++) {
        assert_true(gan_conv_winograd_pays(alone, &c, BATCH, backward));
        assert_false(gan_conv_winograd_pays(alone, &c, 1, backward));
        assert_false(gan_conv_winograd_pays(context, &c, BATCH, backward));
    }
    assert_true(gan_conv_winograd_weights_pay(alone, &c, BATCH));
    assert_false(gan_conv_winograd_weights_pay(context, &c, BATCH));
    for (int64_t image = 0; image < BATCH; image += 25) {
        arrays one = a;
        one.x_count = one.y_count = VALUES;
        one.x += image * VALUES;
        one.dy += image * VALUES;
        results r = run(alone, &c, 1, &one, a.filter_bias, a.channel_bias, true, text);
        assert_memory_equal(all.y.values + image * VALUES, r.y.values, VALUES * sizeof(gan_real));
        assert_memory_equal(all.dx.values + image * VALUES, r.dx.values, VALUES * sizeof(gan_real));
        results_release(&r, text);
    }
    results_release(&all, text);
    arrays_release(&a);
    gan_context_destroy(context);
}

static void test_winograd_option(void **state)
{
    (void)state;
    test_on_level(option_on);
}

static void winograd_chosen_on(gan_context *const contexts[3], const char *name)
{
    if (!multiplies_natively(contexts[0])) return;
    for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
        char text[250];
        const gan_conv *c = &chosen[i].conv;
        const int64_t batch = chosen[i].batch;
        describe(c, batch, name, "choice", text);
        for (int t = 0; t < 3; t++) {
            const bool taken =
                gan_conv_winograd_fits(c, false) && gan_conv_winograd_weights_pay(contexts[t], c, batch);
            if (taken != chosen[i].pays) fail_msg("%s, backward to the weights", text);
            for (int backward = 0; backward < 2; backward++) {
                const bool fits = gan_conv_winograd_fits(c, backward);
                if ((fits && gan_conv_winograd_pays(contexts[t], c, batch, backward)) != chosen[i].pays)
                    fail_msg("%s, backward: %d", text, backward);
            }
        }
        if (!chosen[i].pays) continue;
        arrays a = arrays_create(c, batch, i);
        results first = run(contexts[0], c, batch, &a, a.filter_bias, a.channel_bias, true, text);
        for (int t = 1; t < 3; t++) {
            results r = run(contexts[t], c, batch, &a, a.filter_bias, a.channel_bias, true, text);
            assert_memory_equal(first.y.values, r.y.values, (size_t)a.y_count * sizeof(gan_real));
            assert_memory_equal(first.dx.values, r.dx.values, (size_t)a.x_count * sizeof(gan_real));
            assert_memory_equal(first.dw.values, r.dw.values, (size_t)a.w_count * sizeof(gan_real));
            results_release(&r, text);
        }
        results_release(&first, text);
        arrays_release(&a);
    }
}

static void test_winograd_chosen(void **state)
{
    (void)state;
    test_on_threads(winograd_chosen_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_shapes),      cmocka_unit_test(test_dilation_and_groups),
        cmocka_unit_test(test_fixed_shapes),    cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_winograd_shapes), cmocka_unit_test(test_winograd_chosen),
        cmocka_unit_test(test_winograd_option), cmocka_unit_test(test_taps),
    };
    return cmocka_run_group_tests_name("conv", tests, NULL, NULL);
}
