#define _XOPEN_SOURCE 700 /* realpath */
#include "monitor.h"

#include "paths.h"
#include "program.h"
#include "report.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_EVERY 10   /* steps */
#define MOST_SIDE  1000 /* pixels of a picture in the report, which has many of them */

monitor_choice monitor_chosen;

/* The training that is being shown. */
static struct {
    gan_context *context;       /* NULL: there is none */
    gan_summary_writer *events; /* NULL: none */
    const gan_history *history;
    int64_t step;
    int64_t row_written; /* the step of the last one */
} shown;

/* Results matter more than watching them. */
static void check_shown(gan_status status)
{
    if (status == GAN_OK || !shown.events) return;
    fprintf(stderr, "warning: --tensorboard: %s; nothing more is written there\n", gan_last_error());
    gan_summary_writer_destroy(shown.events);
    shown.events = NULL;
}

/* The last part of a path, whether it ends with '/' or is one such as "..". */
static const char *name_of(const char *folder, char path[PATH_SIZE])
{
    char *whole = realpath(folder, NULL);
    snprintf(path, PATH_SIZE, "%s", whole ? whole : folder);
    free(whole);
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : "run";
}

void monitor_begin(gan_context *context, const char *folder, int64_t steps)
{
    char path[PATH_SIZE], name[PATH_SIZE];
    shown.context = context;
    shown.step = shown.row_written = steps;
    report_begin(folder, steps);
    if (monitor_chosen.sixel) monitor_chosen.show = true;
    if (monitor_chosen.show && !terminal_has_colours()) {
        fprintf(stderr, "%s: standard error is no terminal with colours, so nothing is drawn there\n",
                monitor_chosen.sixel ? "--sixel" : "--show");
        monitor_chosen.show = false;
    }
    if (!monitor_chosen.tensorboard) return;
    path_in(monitor_chosen.tensorboard, name_of(folder, name), path);
    if (gan_summary_writer_create(context, path, GAN_SUMMARY_WRITER(.first_step = steps > 0 ? steps + 1 : 0),
                                  &shown.events) != GAN_OK) {
        fprintf(stderr, "warning: --tensorboard: %s; nothing is written there\n", gan_last_error());
    }
}

static void write_row(void)
{
    if (!shown.events || !shown.history || shown.row_written == shown.step) return;
    shown.row_written = shown.step;
    check_shown(gan_summary_writer_add_history(shown.events, shown.history, gan_history_count(shown.history) - 1));
}

void monitor_step(int64_t step, const gan_history *history)
{
    shown.step = step;
    shown.history = history;
    if (step % ROWS_EVERY == 0) write_row();
}

void monitor_game(const gan_game *game)
{
    if (shown.events) check_shown(gan_summary_writer_add_game(shown.events, game, shown.step));
}

void monitor_model(const char *name, const gan_model *model)
{
    if (shown.events) check_shown(gan_summary_writer_add_model(shown.events, name, model, shown.step));
}

void monitor_value(const char *name, double value)
{
    char tag[64];
    snprintf(tag, sizeof(tag), "training/%s", name);
    if (shown.events) check_shown(gan_summary_writer_add_scalar(shown.events, tag, value, shown.step));
}

void monitor_saved(void)
{
    if (shown.context) report_write(shown.context, shown.step);
}

void monitor_end(void)
{
    write_row();
    report_end();
    gan_summary_writer_destroy(shown.events);
    shown.events = NULL;
    shown.history = NULL;
    shown.context = NULL;
}

/* ---- Pictures -------------------------------------------------------------------------------------------------- */

/* How many pixels of a grid's images, across and down, become one, so that its sides are at most MOST_SIDE. */
static int64_t choose_factor(int64_t count, gan_shape shape, int64_t columns)
{
    int64_t factor = 1, smaller = shape.dims[1] < shape.dims[2] ? shape.dims[1] : shape.dims[2];
    if (columns == 0) columns = (int64_t)ceil(sqrt((double)count));
    const int64_t width = columns * shape.dims[2], height = (count + columns - 1) / columns * shape.dims[1];
    while ((width > height ? width : height) / factor > MOST_SIDE && factor < smaller) factor++;
    return factor;
}

/* The mean of each `factor` x `factor` pixels; what is left over on the right and below is dropped. */
static float *shrink(const float *images, int64_t planes, int64_t height, int64_t width, int64_t factor)
{
    const int64_t rows = height / factor, columns = width / factor;
    float *small = allocate(planes * rows * columns, sizeof(float));
    for (int64_t i = 0; i < planes * rows * columns; i++) {
        const float *from =
            images + (i / (rows * columns) * height + i / columns % rows * factor) * width + i % columns * factor;
        float sum = 0;
        for (int64_t k = 0; k < factor * factor; k++) sum += from[k / factor * width + k % factor];
        small[i] = sum / (float)(factor * factor);
    }
    return small;
}

/* Keeps a copy for the report, unless it has it. Large images are made smaller. */
static gan_status report_images(const char *series, const float *images, int64_t count, gan_shape shape,
                                int64_t columns, bool *is_new)
{
    gan_bytes *png = NULL;
    const int64_t factor = choose_factor(count, shape, columns);
    float *small = factor > 1 ? shrink(images, count * shape.dims[0], shape.dims[1], shape.dims[2], factor) : NULL;
    const gan_shape reported = GAN_SHAPE(shape.dims[0], shape.dims[1] / factor, shape.dims[2] / factor);
    gan_status status = gan_bytes_create(shown.context, &png);
    if (status == GAN_OK) {
        status = gan_png_write_grid_to(shown.context, gan_bytes_writer(png), small ? small : images, count, reported,
                                       columns);
    }
    if (status == GAN_OK) *is_new = report_picture(series, shown.step, gan_bytes_data(png), gan_bytes_size(png));
    gan_bytes_destroy(png);
    free(small);
    return status;
}

gan_status draw_picture_of(const char *series, gan_context *context, const char *path, const float *images,
                           int64_t count, gan_shape shape, int64_t columns)
{
    if (!has_pictures(context)) return GAN_OK;
    gan_status status = gan_png_write_grid(context, path, images, count, shape, columns);
    bool is_new = false;
    if (status == GAN_OK && shown.context) {
        status = report_images(series, images, count, shape, columns, &is_new);
    }
    if (is_new && monitor_chosen.show) {
        fprintf(stderr, "\r\033[K%s after step %lld:\n", series, (long long)shown.step);
        (monitor_chosen.sixel ? terminal_draw_sixels : terminal_draw)(images, count, shape, columns);
    }
    if (is_new && shown.events) {
        check_shown(gan_summary_writer_add_images(shown.events, series, images, count, shape, columns, shown.step));
    }
    return status;
}

gan_status draw_picture(gan_context *context, const char *path, const float *images, int64_t count, gan_shape shape,
                        int64_t columns)
{
    char series[64];
    const char *slash = last_separator(path), *name = slash ? slash + 1 : path;
    snprintf(series, sizeof(series), "%.*s", (int)strcspn(name, "."), name);
    return draw_picture_of(series, context, path, images, count, shape, columns);
}
