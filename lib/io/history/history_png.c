/* The picture of a history: losses, probabilities, gradient norms and measures of the samples over the steps or
 * rounds. Rows are collected into as many bins as the picture can show; a curve is their smoothed mean, in front of a
 * band of their range. */
#include "io/history/history.h"
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#include <math.h>
#include <stdio.h>

enum {
    width = 1200,
    margin_left = 84,
    margin_right = 36,
    margin_top = 64,
    panel_height = 252,
    panel_pitch = 324,
    margin_bottom = 44, /* below the last panel's pitch */
    max_bins = 360,
    panel_count = 4, /* those without a curve are left out */
    name_bytes = 64
};

static const double bins_per_deviation = 80; /* the width of smoothing */

typedef struct curve_data {
    double smooth[max_bins], low[max_bins], high[max_bins]; /* as drawn */
    double bin_mean[max_bins], bin_low[max_bins], bin_high[max_bins], widest[max_bins];
    char name[name_bytes];
} curve_data;

typedef struct picture {
    int bins, panels;
    double steps[max_bins];
    gan_curve *curves; /* those of the first panel first */
    curve_data *data;  /* of each */
    int64_t capacity, counts[panel_count];
} picture;

/* What is shown, where, and as what beside its subject. */
static const struct {
    gan_history_measure measure;
    int panel;
    const char *name;
} shown[] = {{GAN_HISTORY_DISCRIMINATOR_LOSS, 0, "discriminator"},
             {GAN_HISTORY_GENERATOR_LOSS, 0, "generator"},
             {GAN_HISTORY_LOSS, 0, NULL},
             {GAN_HISTORY_REAL_PROBABILITY, 1, "real"},
             {GAN_HISTORY_FAKE_PROBABILITY, 1, "generated"},
             {GAN_HISTORY_DISCRIMINATOR_GRADIENT_NORM, 2, "discriminator"},
             {GAN_HISTORY_GENERATOR_GRADIENT_NORM, 2, "generator"},
             {GAN_HISTORY_GRADIENT_NORM, 2, NULL},
             {GAN_HISTORY_DIVERSITY, 3, "diversity (data: 1)"},
             {GAN_HISTORY_SATURATION, 3, "saturation"}};
enum { shown_count = sizeof(shown) / sizeof(shown[0]) };

static const struct {
    const char *title;
    double low, high;
    bool logarithmic;
    int first_color;
} panels[panel_count] = {{"Loss", 0, 0, false, 0},
                         {"Mean sigmoid of the discriminator's logits", 0, 1, false, 2},
                         {"Gradient norm", 0, 0, true, 0},
                         {"Generated samples", 0, 0, false, 4}};

static const uint32_t palette[] = {0x1a6fc4, 0xe07b1f, 0x2a8c5a, 0xc2417c, 0x7a52b3,
                                   0x8a6d3b, 0x3aa6b9, 0x9a9a1e, 0x5b5b5b, 0xd6453d};

static int64_t bin_start(const gan_history *history, int bins, int bin)
{
    return (int64_t)((double)history->count * bin / bins);
}

/* Mean, lowest and highest of each bin's drawable values: from 1e-30 to 1e30 for a logarithmic panel, from -1e30 to
 * 1e30 otherwise; NaN for a bin without any. */
static void gather(const gan_history *history, int bins, int64_t column, bool logarithmic, curve_data *out)
{
    for (int bin = 0; bin < bins; bin++) {
        double sum = 0, low = NAN, high = NAN;
        int64_t finite = 0;
        for (int64_t i = bin_start(history, bins, bin); i < bin_start(history, bins, bin + 1); i++) {
            const double raw = gan_history_row(history, i)[column], value = logarithmic ? log10(raw) : raw;
            if (!(fabs(value) <= (logarithmic ? 30 : 1e30))) continue;
            sum += value;
            low = fmin(low, value);
            high = fmax(high, value);
            finite++;
        }
        out->bin_mean[bin] = finite > 0 ? sum / (double)finite : NAN;
        out->bin_low[bin] = low;
        out->bin_high[bin] = high;
    }
}

/* Weights exp(-(i - j)^2 / (2 s^2)), over bins that have a value. */
static void smooth(const double *values, int bins, double *out)
{
    const double deviation = bins / bins_per_deviation;
    const int reach = (int)(3 * deviation);

    for (int i = 0; i < bins; i++) {
        double sum = 0, weights = 0;
        for (int j = i - reach; j <= i + reach; j++) {
            if (j < 0 || j >= bins || isnan(values[j])) continue;
            const double away = (i - j) / deviation, weight = exp(-away * away / 2);
            sum += weight * values[j];
            weights += weight;
        }
        out[i] = isnan(values[i]) ? NAN : sum / weights;
    }
}

/* The lowest, or highest, of the nearby bins. */
static void widen(const double *values, int bins, double (*extreme)(double, double), double *out)
{
    const int reach = (int)(bins / bins_per_deviation);

    for (int i = 0; i < bins; i++) {
        out[i] = values[i];
        for (int j = i - reach; j <= i + reach && !isnan(values[i]); j++)
            if (j >= 0 && j < bins) out[i] = extreme(out[i], values[j]);
    }
}

static void smooth_curve(curve_data *curve, int bins)
{
    smooth(curve->bin_mean, bins, curve->smooth);
    widen(curve->bin_low, bins, fmin, curve->widest);
    smooth(curve->widest, bins, curve->low);
    widen(curve->bin_high, bins, fmax, curve->widest);
    smooth(curve->widest, bins, curve->high);
}

static bool has_values(const curve_data *curve, int bins)
{
    for (int bin = 0; bin < bins; bin++) {
        if (!isnan(curve->bin_mean[bin])) return true;
    }
    return false;
}

/* Those after the palette's are darker. */
static uint32_t color_at(int64_t index)
{
    const int64_t colors = sizeof(palette) / sizeof(palette[0]);
    const uint32_t color = palette[index % colors];

    return index / colors % 2 == 0 ? color : color >> 1 & 0x7f7f7f;
}

/* The place of a column among what is shown, or -1. */
static int find_shown(const gan_history *history, int64_t column)
{
    for (int i = 0; i < shown_count; i++) {
        if (shown[i].measure == history->columns[column].measure) return i;
    }
    return -1;
}

static int64_t count_subjects(const gan_history *history, gan_history_measure measure)
{
    int64_t count = 0;

    for (int64_t c = 0; c < history->column_count; c++) count += history->columns[c].measure == measure;
    return count;
}

/* Long names are cut off. */
static void name_curve(const gan_history *history, int64_t column, int of, char name[name_bytes])
{
    const gan_history_column *from = &history->columns[column];
    const bool is_only = shown[of].name && count_subjects(history, from->measure) == 1;
    const char *subject = from->subject && !is_only ? from->subject : "";
    const int length = snprintf(name, name_bytes, "%s%s%s", subject, *subject && shown[of].name ? ": " : "",
                                shown[of].name ? shown[of].name : "");

    if (length >= name_bytes) snprintf(name + name_bytes - 4, 4, "...");
}

/* A column without a value, such as the saturation of a generator that cannot saturate, is no curve. */
static void fill_panel(const gan_history *history, int panel, int64_t first, picture *out)
{
    int64_t count = 0, columns = 0;

    for (int64_t c = 0; c < history->column_count; c++) {
        const int of = find_shown(history, c);
        if (of < 0 || shown[of].panel != panel) continue;
        curve_data *data = &out->data[first + count];
        const uint32_t color = color_at(panels[panel].first_color + columns++);
        gather(history, out->bins, c, panels[panel].logarithmic, data);
        if (!has_values(data, out->bins)) continue;
        smooth_curve(data, out->bins);
        name_curve(history, c, of, data->name);
        out->curves[first + count++] = (gan_curve){data->name, color, data->smooth, data->low, data->high};
    }
    out->counts[panel] = count;
    out->panels += count > 0;
}

static void fill_picture(const gan_history *history, picture *out)
{
    int64_t first = 0;

    out->bins = history->count < max_bins ? (int)history->count : max_bins;
    for (int bin = 0; bin < out->bins; bin++) {
        const int64_t start = bin_start(history, out->bins, bin), last = bin_start(history, out->bins, bin + 1) - 1;
        out->steps[bin] = (gan_history_row(history, start)[0] + gan_history_row(history, last)[0]) / 2;
    }
    for (int i = 0; i < panel_count; i++) {
        fill_panel(history, i, first, out);
        first += out->counts[i];
    }
}

/* Draws the picture from the top; without a canvas, only returns its height. */
static double draw(const gan_history *history, gan_canvas *canvas, const picture *from)
{
    const gan_curve *curves = from->curves;
    double top = margin_top;
    int left = from->panels;

    for (int i = 0; i < panel_count; i++) {
        if (from->counts[i] == 0) continue;
        gan_plot_panel panel = {.box = {margin_left, top, width - margin_right, top + panel_height},
                                .title = panels[i].title,
                                .x_label = --left == 0 ? gan_history_measure_name(history->columns[0].measure) : NULL,
                                .x = from->steps,
                                .count = from->bins,
                                .curves = curves,
                                .curve_count = (int)from->counts[i],
                                .low = panels[i].low,
                                .high = panels[i].high,
                                .logarithmic = panels[i].logarithmic};
        const double more = gan_plot_panel_more_legend(&panel);
        panel.box.top += more;
        panel.box.bottom += more;
        if (canvas) gan_plot_panel_draw(canvas, &panel);
        curves += from->counts[i];
        top += panel_pitch + more;
    }
    return top + margin_bottom;
}

static gan_status write_picture(const gan_history *history, const picture *data, gan_target to)
{
    gan_canvas canvas;

    GAN_TRY(gan_canvas_create(history->context, width, (int)draw(history, NULL, data), &canvas));
    draw(history, &canvas, data);
    const gan_status status = gan_canvas_write_png(&canvas, to);
    gan_canvas_release(&canvas);
    return status;
}

static gan_status write_png(const gan_history *history, gan_target to, const char *function)
{
    picture data = {0};

    if (history->count == 0) return gan_fail(GAN_ERROR_STATE, "%s: the history has no rows yet", function);
    for (int64_t c = 0; c < history->column_count; c++) data.capacity += find_shown(history, c) >= 0;
    if (data.capacity == 0) return gan_fail(GAN_ERROR_STATE, "%s: the history has no column to plot", function);
    data.curves = gan_allocate_array(history->context, data.capacity, sizeof(*data.curves));
    data.data = gan_allocate_array(history->context, data.capacity, sizeof(*data.data));
    gan_status status = data.curves && data.data ? GAN_OK : GAN_ERROR_MEMORY;
    if (status == GAN_OK) {
        fill_picture(history, &data);
        status = write_picture(history, &data, to);
    }
    gan_release(history->context, data.data, (size_t)data.capacity * sizeof(*data.data));
    gan_release(history->context, data.curves, (size_t)data.capacity * sizeof(*data.curves));
    return status;
}

gan_status gan_history_write_png(const gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    return write_png(history, (gan_target){.path = path}, __func__);
}

gan_status gan_history_write_png_to(const gan_history *history, gan_writer writer)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_TRY(gan_writer_check(writer, __func__));
    return write_png(history, (gan_target){.writer = writer}, __func__);
}
