/* Convolutions as explicit matrix products, for the BLAS, and for dilation and groups: the patches that the kernel
 * sees are written out as the rows of a matrix (im2col), a few images at a time, and multiplied, a product for each
 * group.
 *
 *     patches: (images * out_height * out_width, groups * kernel_h * kernel_w * channels / groups) */
#include "kernels/conv/conv_ways.h"

#include <string.h>

/* Images are taken together as long as their patches are at most this many values. */
#define CHUNK_VALUES ((int64_t)1 << 21)

typedef struct im2col_work {
    const gan_conv *conv;
    int64_t row_values;                  /* kernel_w * channels */
    int64_t patch_values;                /* kernel_h * row_values */
    int64_t positions;                   /* out_height * out_width */
    int64_t group_values, group_filters; /* of a patch and of the filters: one group's */
    const gan_real *bias;                /* or NULL */
    const gan_real *from;
    gan_real *to;
} im2col_work;

static im2col_work im2col_work_make(const gan_conv *conv)
{
    im2col_work work = {.conv = conv, .row_values = conv->kernel_w * conv->channels};
    work.patch_values = conv->kernel_h * work.row_values;
    work.positions = conv->out_height * conv->out_width;
    work.group_values = work.patch_values / conv->groups;
    work.group_filters = conv->filters / conv->groups;
    return work;
}

static int64_t chunk_images(const im2col_work *work, int64_t batch)
{
    int64_t images = CHUNK_VALUES / (work->positions * work->patch_values);
    if (images < 1) images = 1;
    return images < batch ? images : batch;
}

/* Where a row of the kernel at an output column overlaps the image: values [begin, end) of the kernel's row, the
 * first at value `at` of the image's row; empty if begin == end. */
typedef struct overlap {
    int64_t begin, end, at;
} overlap;

static overlap row_overlap(const im2col_work *work, int64_t out_column)
{
    const gan_conv *conv = work->conv;
    int64_t first = out_column * conv->stride_w - conv->pad_left; /* image column under the kernel's first column */
    int64_t begin = first < 0 ? -first : 0;
    int64_t end = conv->width - first < conv->kernel_w ? conv->width - first : conv->kernel_w;
    if (end <= begin) return (overlap){0, 0, 0};
    return (overlap){begin * conv->channels, end * conv->channels, (first + begin) * conv->channels};
}

/* The patches of one image; index: the image. */
static void fill_patches(void *argument, int64_t index)
{
    const im2col_work *work = argument;
    const gan_conv *conv = work->conv;
    const gan_real *image = work->from + index * conv->height * conv->width * conv->channels;
    gan_real *patch = work->to + index * work->positions * work->patch_values;
    for (int64_t oh = 0; oh < conv->out_height; oh++) {
        for (int64_t ow = 0; ow < conv->out_width; ow++) {
            overlap part = row_overlap(work, ow);
            for (int64_t kh = 0; kh < conv->kernel_h; kh++, patch += work->row_values) {
                int64_t ih = oh * conv->stride_h - conv->pad_top + kh;
                overlap seen = ih < 0 || ih >= conv->height ? (overlap){0, 0, 0} : part;
                memset(patch, 0, (size_t)seen.begin * sizeof(gan_real));
                if (seen.end > seen.begin) {
                    memcpy(patch + seen.begin, image + ih * conv->width * conv->channels + seen.at,
                           (size_t)(seen.end - seen.begin) * sizeof(gan_real));
                }
                memset(patch + seen.end, 0, (size_t)(work->row_values - seen.end) * sizeof(gan_real));
            }
        }
    }
}

/* The adjoint: adds the patches of one image back to where they came from, and then the bias. */
static void add_patches(void *argument, int64_t index)
{
    const im2col_work *work = argument;
    const gan_conv *conv = work->conv;
    int64_t image_values = conv->height * conv->width * conv->channels;
    const gan_real *patch = work->from + index * work->positions * work->patch_values;
    gan_real *image = work->to + index * image_values;
    memset(image, 0, (size_t)image_values * sizeof(gan_real));
    for (int64_t oh = 0; oh < conv->out_height; oh++) {
        for (int64_t ow = 0; ow < conv->out_width; ow++) {
            overlap part = row_overlap(work, ow);
            for (int64_t kh = 0; kh < conv->kernel_h; kh++, patch += work->row_values) {
                int64_t ih = oh * conv->stride_h - conv->pad_top + kh;
                if (ih < 0 || ih >= conv->height) continue;
                gan_real *restrict to = image + ih * conv->width * conv->channels + part.at - part.begin;
                for (int64_t i = part.begin; i < part.end; i++) to[i] += patch[i];
            }
        }
    }
    gan_bias_add(work->bias, conv->height * conv->width, conv->channels, image, conv->channels);
}

/* ---- With dilation or groups: one value of the kernel after another ---------------------------------------- */

/* The pixel of the image under a value of the kernel, or -1 outside. */
static int64_t pixel_under(const gan_conv *conv, int64_t position, int64_t kh, int64_t kw)
{
    int64_t row = position / conv->out_width * conv->stride_h - conv->pad_top + kh * conv->dilation_h;
    int64_t column = position % conv->out_width * conv->stride_w - conv->pad_left + kw * conv->dilation_w;
    bool inside = row >= 0 && row < conv->height && column >= 0 && column < conv->width;
    return inside ? row * conv->width + column : -1;
}

static void fill_grouped_patches(void *argument, int64_t index)
{
    const im2col_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t depth = conv->channels / conv->groups;
    const gan_real *image = work->from + index * conv->height * conv->width * conv->channels;
    gan_real *patches = work->to + index * work->positions * work->patch_values;
    for (int64_t position = 0; position < work->positions; position++) {
        for (int64_t kh = 0; kh < conv->kernel_h; kh++) {
            for (int64_t kw = 0; kw < conv->kernel_w; kw++) {
                int64_t pixel = pixel_under(conv, position, kh, kw);
                gan_real *to = patches + position * work->patch_values + (kh * conv->kernel_w + kw) * depth;
                for (int64_t g = 0; g < conv->groups; g++, to += work->group_values) {
                    if (pixel < 0) {
                        memset(to, 0, (size_t)depth * sizeof(gan_real));
                    } else {
                        memcpy(to, image + pixel * conv->channels + g * depth, (size_t)depth * sizeof(gan_real));
                    }
                }
            }
        }
    }
}

static void add_grouped_patches(void *argument, int64_t index)
{
    const im2col_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t depth = conv->channels / conv->groups, pixels = conv->height * conv->width;
    const gan_real *patches = work->from + index * work->positions * work->patch_values;
    gan_real *image = work->to + index * pixels * conv->channels;
    memset(image, 0, (size_t)(pixels * conv->channels) * sizeof(gan_real));
    for (int64_t position = 0; position < work->positions; position++) {
        for (int64_t kh = 0; kh < conv->kernel_h; kh++) {
            for (int64_t kw = 0; kw < conv->kernel_w; kw++) {
                int64_t pixel = pixel_under(conv, position, kh, kw);
                if (pixel < 0) continue;
                const gan_real *from = patches + position * work->patch_values + (kh * conv->kernel_w + kw) * depth;
                gan_real *restrict to = image + pixel * conv->channels;
                for (int64_t g = 0; g < conv->groups; g++, from += work->group_values, to += depth)
                    for (int64_t i = 0; i < depth; i++) to[i] += from[i];
            }
        }
    }
    gan_bias_add(work->bias, pixels, conv->channels, image, conv->channels);
}

static gan_task_fn task_of(const gan_conv *conv, gan_task_fn plain, gan_task_fn grouped)
{
    return gan_conv_is_plain(conv) ? plain : grouped;
}

/* ---- Products ------------------------------------------------------------------------------------------------ */

int64_t gan_conv_im2col_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    im2col_work work = im2col_work_make(conv);
    int64_t rows = chunk_images(&work, batch) * work.positions;
    int64_t forward = gan_gemm_scratch(context, rows, work.group_filters, work.group_values);
    int64_t data = gan_gemm_scratch(context, rows, work.group_values, work.group_filters);
    int64_t weights = gan_gemm_scratch(context, work.group_filters, work.group_values, rows);
    int64_t most = forward > data ? forward : data;
    return rows * work.patch_values + (most > weights ? most : weights);
}

void gan_conv_im2col_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                             const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch)
{
    im2col_work work = im2col_work_make(conv);
    int64_t chunk = chunk_images(&work, batch), k = work.group_values, n = work.group_filters;
    work.to = scratch;
    for (int64_t first = 0; first < batch; first += chunk) {
        int64_t images = batch - first < chunk ? batch - first : chunk;
        work.from = x + first * conv->height * conv->width * conv->channels;
        gan_parallel(context, task_of(conv, fill_patches, fill_grouped_patches), &work, images);
        for (int64_t g = 0; g < conv->groups; g++) {
            gan_gemm_run(context, &(gan_gemm){.m = images * work.positions,
                                              .n = n,
                                              .k = k,
                                              .a = scratch + g * k,
                                              .lda = work.patch_values,
                                              .b = w + g * n * k,
                                              .ldb = k,
                                              .transpose_b = true,
                                              .c = y + first * work.positions * conv->filters + g * n,
                                              .ldc = conv->filters,
                                              .bias = bias ? bias + g * n : NULL,
                                              .scratch = scratch + chunk * work.positions * work.patch_values});
        }
    }
}

void gan_conv_im2col_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                   const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch)
{
    im2col_work work = im2col_work_make(conv);
    int64_t chunk = chunk_images(&work, batch), n = work.group_values, k = work.group_filters;
    work.from = scratch;
    work.bias = bias;
    for (int64_t first = 0; first < batch; first += chunk) {
        int64_t images = batch - first < chunk ? batch - first : chunk;
        for (int64_t g = 0; g < conv->groups; g++) {
            gan_gemm_run(context, &(gan_gemm){.m = images * work.positions,
                                              .n = n,
                                              .k = k,
                                              .a = dy + first * work.positions * conv->filters + g * k,
                                              .lda = conv->filters,
                                              .b = w + g * k * n,
                                              .ldb = n,
                                              .c = scratch + g * n,
                                              .ldc = work.patch_values,
                                              .scratch = scratch + chunk * work.positions * work.patch_values});
        }
        work.to = dx + first * conv->height * conv->width * conv->channels;
        gan_parallel(context, task_of(conv, add_patches, add_grouped_patches), &work, images);
    }
}

void gan_conv_im2col_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                      const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch)
{
    im2col_work work = im2col_work_make(conv);
    int64_t chunk = chunk_images(&work, batch), n = work.group_values, m = work.group_filters;
    work.to = scratch;
    for (int64_t first = 0; first < batch; first += chunk) {
        int64_t images = batch - first < chunk ? batch - first : chunk;
        work.from = x + first * conv->height * conv->width * conv->channels;
        gan_parallel(context, task_of(conv, fill_patches, fill_grouped_patches), &work, images);
        for (int64_t g = 0; g < conv->groups; g++) {
            gan_gemm_run(context, &(gan_gemm){.m = m,
                                              .n = n,
                                              .k = images * work.positions,
                                              .a = dy + first * work.positions * conv->filters + g * m,
                                              .lda = conv->filters,
                                              .transpose_a = true,
                                              .b = scratch + g * n,
                                              .ldb = work.patch_values,
                                              .c = dw + g * m * n,
                                              .ldc = n,
                                              .accumulate = accumulate || first > 0,
                                              .scratch = scratch + chunk * work.positions * work.patch_values});
        }
    }
}
