/* The gradient of the weights of few filters of stride 1, as in a generator's last layer:
 *
 *     dw[(f, kh, kw), c] += sum over pixels q of dy[q - (kh, kw) + padding, f] * x[q, c]
 *
 * This multiplies an image in place, by one row per filter and tap, where conv_weights.c would use one row per filter
 * and pack every window. The rows are read from a copy of dy with a border of zeros. */
#include "kernels/conv/conv_ways.h"

#include <string.h>

enum {
    PARTS = 24,                                        /* most parts, whose sums are added in order */
    BORDERED = GAN_PANEL_BYTES / (int)sizeof(gan_real) /* values of an image of dy with its border */
};

typedef struct few_filters_work {
    const gan_micro_kernel_table *table;
    const gan_conv *conv;
    int64_t batch, rows, parts;
    int64_t line; /* values in a line with its border */
    const gan_real *x, *dy;
    gan_real *sums; /* of the parts */
} few_filters_work;

static int64_t line_values(const gan_conv *c)
{
    return (c->width + c->kernel_w - 1) * c->filters;
}

bool gan_conv_has_few_filters(const gan_micro_kernel_table *table, const gan_conv *conv)
{
    const int64_t lines = conv->height + conv->kernel_h - 1;
    return conv->stride_h == 1 && conv->stride_w == 1 && conv->filters < table->rows &&
           conv->filters * conv->kernel_h * conv->kernel_w <= GAN_ROW_BLOCK && conv->height <= GAN_SEGMENTS &&
           conv->channels > 0 && gan_panel_total(table, conv->channels) == conv->channels && lines <= BORDERED &&
           line_values(conv) <= BORDERED / lines;
}

/* Copies an image of dy: line y of the copy is line y - (kernel_h - 1) + pad_top of dy; columns likewise. */
static void add_border(const gan_conv *c, int64_t line, const gan_real *dy, gan_real *to)
{
    const int64_t top = c->kernel_h - 1 - c->pad_top, left = c->kernel_w - 1 - c->pad_left;
    const int64_t lines = c->height + c->kernel_h - 1, columns = c->width + c->kernel_w - 1;
    const int64_t skipped = left < 0 ? -left : 0, begin = left < 0 ? 0 : left;
    const int64_t count = gan_least(c->out_width - skipped, columns - begin);
    memset(to, 0, (size_t)(lines * line) * sizeof(*to));
    for (int64_t y = 0; y < c->out_height && count > 0; y++) {
        if (y + top < 0 || y + top >= lines) continue;
        memcpy(to + (y + top) * line + begin * c->filters, dy + (y * c->out_width + skipped) * c->filters,
               (size_t)(count * c->filters) * sizeof(*to));
    }
}

/* Finds the rows in the copy, and makes the lines of an image segments. */
static void place_rows(const few_filters_work *work, gan_real *bordered, gan_row_block *block, gan_segment *segments)
{
    const gan_conv *c = work->conv;
    block->rows = work->rows;
    for (int64_t r = 0; r < work->rows; r++) {
        const int64_t kw = r % c->kernel_w, kh = r / c->kernel_w % c->kernel_h, f = r / c->kernel_w / c->kernel_h;
        block->a[r] = bordered + (c->kernel_h - 1 - kh) * work->line + (c->kernel_w - 1 - kw) * c->filters + f;
    }
    for (int64_t y = 0; y < c->height; y++) segments[y] = (gan_segment){y * work->line, y * c->width, c->width};
}

static void few_filters_task(void *argument, int64_t part)
{
    const few_filters_work *work = argument;
    const gan_conv *c = work->conv;
    _Alignas(64) gan_real bordered[BORDERED];
    gan_segment segments[GAN_SEGMENTS];
    gan_row_block block;
    gan_real *sums = work->sums + part * work->rows * c->channels;
    gan_tile tile = {
        .a_step = c->filters, .b_step = c->channels, .segments = segments, .segment_count = c->height, .c_step = 1};
    place_rows(work, bordered, &block, segments);
    for (int64_t image = part * work->batch / work->parts; image < (part + 1) * work->batch / work->parts; image++) {
        add_border(c, work->line, work->dy + image * c->out_height * c->out_width * c->filters, bordered);
        for (int64_t p = 0; p < gan_panel_count(work->table, c->channels); p++) {
            const gan_panel panel = gan_panel_at(work->table, c->channels, p);
            tile.b = work->x + image * c->height * c->width * c->channels + panel.first;
            tile.width = tile.columns = panel.width;
            for (int64_t r = 0; r < work->rows; r++) block.c[r] = sums + r * c->channels + panel.first;
            gan_row_block_run(work->table, &tile, &block, false);
        }
        tile.accumulate = true;
    }
}

static few_filters_work few_filters_work_make(const gan_micro_kernel_table *table, const gan_conv *conv,
                                              int64_t batch)
{
    return (few_filters_work){.table = table,
                              .conv = conv,
                              .batch = batch,
                              .rows = conv->filters * conv->kernel_h * conv->kernel_w,
                              .parts = gan_least(batch, PARTS),
                              .line = line_values(conv)};
}

int64_t gan_conv_few_filters_scratch(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch)
{
    const few_filters_work work = few_filters_work_make(table, conv, batch);
    return work.parts * work.rows * conv->channels + GAN_SCRATCH_SLACK;
}

void gan_conv_few_filters_backward_weights(gan_context *context, const gan_micro_kernel_table *table,
                                           const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *dy,
                                           gan_real *dw, gan_real *scratch)
{
    few_filters_work work = few_filters_work_make(table, conv, batch);
    work.x = x;
    work.dy = dy;
    work.sums = gan_scratch_align(scratch);
    gan_multiply_parallel(context, few_filters_task, &work, work.parts,
                          (double)(batch * conv->height * conv->width) * (double)(work.rows * conv->channels));
    gan_parts_add(context, work.parts, work.rows, conv->channels, work.sums, dw);
}
