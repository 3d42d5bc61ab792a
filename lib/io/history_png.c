/* The picture of a history: losses, probabilities, gradient norms and measures of the samples over the steps. Rows
 * are collected into as many bins as the picture can show; a curve is their smoothed mean, in front of a band of
 * their range. */
#include "io/io.h"

#include <math.h>

enum {
    width = 1200,
    margin_left = 84,
    margin_right = 36,
    margin_top = 64,
    panel_height = 252,
    panel_pitch = 324,
    margin_bottom = 44, /* below the last panel's pitch */
    max_bins = 360,
    panel_count = 4,
    samples_panel = 3, /* left out if nothing was measured */
    curve_count = 2 * panel_count
};

static const double bins_per_deviation = 80; /* the width of smoothing */

typedef struct curve_data {
    double smooth[max_bins], low[max_bins], high[max_bins]; /* as drawn */
    double bin_mean[max_bins], bin_low[max_bins], bin_high[max_bins], widest[max_bins];
} curve_data;

typedef struct picture {
    int bins, panels;
    double steps[max_bins];
    curve_data curves[curve_count];
} picture;

static const struct {
    gan_history_column column;
    const char *name;
    uint32_t color;
} shown[curve_count] = {{GAN_HISTORY_DISCRIMINATOR_LOSS, "discriminator", 0x1a6fc4},
                        {GAN_HISTORY_GENERATOR_LOSS, "generator", 0xe07b1f},
                        {GAN_HISTORY_REAL_PROBABILITY, "D(x), real", 0x2a8c5a},
                        {GAN_HISTORY_FAKE_PROBABILITY, "D(G(z)), generated", 0xc2417c},
                        {GAN_HISTORY_DISCRIMINATOR_GRADIENT_NORM, "discriminator", 0x1a6fc4},
                        {GAN_HISTORY_GENERATOR_GRADIENT_NORM, "generator", 0xe07b1f},
                        {GAN_HISTORY_DIVERSITY, "diversity (data: 1)", 0x7a52b3},
                        {GAN_HISTORY_SATURATION, "saturation", 0x8a6d3b}};

/* Two curves per panel. */
static const struct {
    const char *title;
    double low, high;
    bool logarithmic;
} panels[panel_count] = {{"Loss", 0, 0, false},
                         {"Mean output of the discriminator", 0, 1, false},
                         {"Gradient norm", 0, 0, true},
                         {"Generated samples", 0, 0, false}};

static int64_t bin_start(const gan_history *history, int bins, int bin)
{
    return (int64_t)((double)history->count * bin / bins);
}

/* Mean, lowest and highest of each bin's drawable values: from 1e-30 to 1e30 for a logarithmic panel, from -1e30 to
 * 1e30 otherwise; NaN for a bin without any. */
static void gather(const gan_history *history, int bins, gan_history_column column, bool logarithmic, curve_data *out)
{
    for (int bin = 0; bin < bins; bin++) {
        double sum = 0, low = NAN, high = NAN;
        int64_t finite = 0;
        for (int64_t i = bin_start(history, bins, bin); i < bin_start(history, bins, bin + 1); i++) {
            const double raw = history->rows[i].values[column], value = logarithmic ? log10(raw) : raw;
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

static void fill_picture(const gan_history *history, picture *out)
{
    out->bins = history->count < max_bins ? (int)history->count : max_bins;
    for (int bin = 0; bin < out->bins; bin++) {
        const int64_t first = bin_start(history, out->bins, bin), last = bin_start(history, out->bins, bin + 1) - 1;
        out->steps[bin] =
            (history->rows[first].values[GAN_HISTORY_STEP] + history->rows[last].values[GAN_HISTORY_STEP]) / 2;
    }
    for (int i = 0; i < curve_count; i++) {
        gather(history, out->bins, shown[i].column, panels[i / 2].logarithmic, &out->curves[i]);
        smooth_curve(&out->curves[i], out->bins);
    }
    const curve_data *of_samples = &out->curves[2 * samples_panel];
    const bool shows_samples = has_values(&of_samples[0], out->bins) || has_values(&of_samples[1], out->bins);
    out->panels = shows_samples ? panel_count : samples_panel;
}

static void draw(gan_canvas *canvas, const picture *from)
{
    for (int i = 0; i < from->panels; i++) {
        gan_curve curves[2];
        for (int c = 0; c < 2; c++) {
            const curve_data *data = &from->curves[2 * i + c];
            curves[c] =
                (gan_curve){shown[2 * i + c].name, shown[2 * i + c].color, data->smooth, data->low, data->high};
        }
        const double top = margin_top + i * panel_pitch;
        const gan_panel panel = {.box = {margin_left, top, width - margin_right, top + panel_height},
                                 .title = panels[i].title,
                                 .x_label = i == from->panels - 1 ? "step" : NULL,
                                 .x = from->steps,
                                 .count = from->bins,
                                 .curves = curves,
                                 .curve_count = 2,
                                 .low = panels[i].low,
                                 .high = panels[i].high,
                                 .logarithmic = panels[i].logarithmic};
        gan_panel_draw(canvas, &panel);
    }
}

gan_status gan_history_write_png(const gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    gan_canvas canvas;

    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    if (history->count == 0) return gan_fail(GAN_ERROR_STATE, "%s: the history has no rows yet", __func__);
    picture *data = gan_allocate(history->context, sizeof(*data));
    if (!data) return GAN_ERROR_MEMORY;
    fill_picture(history, data);
    const int height = margin_top + data->panels * panel_pitch + margin_bottom;
    gan_status status = gan_canvas_create(history->context, width, height, &canvas);
    if (status == GAN_OK) {
        draw(&canvas, data);
        status = gan_canvas_write_png(&canvas, path);
        gan_canvas_release(&canvas);
    }
    gan_release(history->context, data, sizeof(*data));
    return status;
}
