/* Panels of a plot: axes with round numbers, a title, a legend, and curves over the range in which they vary. */
#include "io/pictures/pictures.h"

#include <math.h>
#include <stdio.h>

enum { max_ticks = 24, label_size = 64, x_ticks = 9, y_ticks = 5, piece_count = 512 };

static const uint32_t frame_color = 0x9aa0a6, grid_color = 0xe6e9ec, label_color = 0x5f6368, title_color = 0x202124;
static const double label_height = 12, title_height = 15, curve_width = 2.4, band_opacity = 0.18;

typedef struct axis {
    double low, high;  /* of the values */
    double start, end; /* their pixels */
    int tick_count;
    double ticks[max_ticks];
    char labels[max_ticks][label_size];
} axis;

static double place(const axis *along, double value)
{
    return along->start + (value - along->low) / (along->high - along->low) * (along->end - along->start);
}

/* ---- Ticks ----------------------------------------------------------------------------------------------- */

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    while (exponent-- > 0) power *= 10;
    return power;
}

/* The power of ten in whose units a number is shown: 0, 3 (k), 6 (M), or its own, written e12. */
static int unit_of(int64_t number, int exponent)
{
    int leading = exponent - 1; /* the exponent of the first digit */

    if (number == 0) return 0;
    for (; number != 0; number /= 10) leading++;
    return leading > 9 || leading < -4 ? leading : leading >= 6 ? 6 : leading >= 4 ? 3 : 0;
}

/* number * 10^exponent as text, in a unit: 0.25, 1500, 20k, 1.5M, 3e-7. Prints only integers, since the host's locale
 * decides how printf writes a fraction. */
static void print_scaled(char label[label_size], int64_t number, int exponent, int unit)
{
    const char *sign = number < 0 ? "-" : "";
    int64_t magnitude = number < 0 ? -number : number;
    char suffix[8] = "";

    if (unit != 0 && magnitude > 0) {
        snprintf(suffix, sizeof(suffix), unit == 6 ? "M" : unit == 3 ? "k" : "e%d", unit);
        for (; magnitude % 10 == 0; magnitude /= 10) exponent++;
    }
    exponent -= unit;
    if (exponent >= 0 || (unit != 0 && magnitude == 0)) {
        snprintf(label, label_size, "%s%lld%s", sign, (long long)magnitude * power_of_ten(exponent), suffix);
    } else {
        char fraction[20] = "";
        for (int i = -exponent; i-- > 0; magnitude /= 10) fraction[i] = (char)('0' + magnitude % 10);
        snprintf(label, label_size, "%s%lld.%s%s", sign, (long long)magnitude, fraction, suffix);
    }
}

/* A tick at number * 10^exponent, or at its logarithm. */
static void add_tick(axis *along, int64_t number, int exponent, int unit, bool logarithm)
{
    const double value = (double)number * pow(10, exponent), at = logarithm ? log10(value) : value;
    const double slack = 1e-6 * (along->high - along->low);

    if (along->tick_count == max_ticks || !(at >= along->low - slack && at <= along->high + slack)) return;
    along->ticks[along->tick_count] = at;
    print_scaled(along->labels[along->tick_count++], number, exponent, unit);
}

/* About `wanted` ticks, in steps of 1, 2 or 5 times a power of ten, of at least `least`. All have one unit. */
static void add_even_ticks(axis *along, int wanted, double least, bool logarithm)
{
    const double low = logarithm ? pow(10, along->low) : along->low;
    const double high = logarithm ? pow(10, along->high) : along->high;
    const double raw = fmax((high - low) / wanted, least);
    int exponent = (int)floor(log10(raw) + 1e-9);
    const double share = raw / pow(10, exponent);
    int64_t digit = share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10;

    if (digit == 10) {
        digit = 1;
        exponent++;
    }
    const double step = (double)digit * pow(10, exponent);
    const int64_t first = llround(ceil(low / step - 1e-6)), last = llround(floor(high / step + 1e-6));
    const int unit = unit_of((-first > last ? first : last) * digit, exponent);
    for (int64_t n = first; n <= last; n++) add_tick(along, n * digit, exponent, unit, logarithm);
}

/* Powers of ten, with 2 and 5 times them when there are few; even steps over less than one power. */
static void add_logarithmic_ticks(axis *along)
{
    const double span = along->high - along->low;
    const int every = (int)ceil(span / (y_ticks + 1));

    if (span < 1) {
        add_even_ticks(along, y_ticks, 0, true);
        return;
    }
    for (int exponent = (int)floor(along->low); exponent <= along->high; exponent += every) {
        add_tick(along, 1, exponent, unit_of(1, exponent), true);
        if (span >= 2) continue;
        add_tick(along, 2, exponent, unit_of(2, exponent), true);
        add_tick(along, 5, exponent, unit_of(5, exponent), true);
    }
}

/* ---- Range ----------------------------------------------------------------------------------------------- */

static const double most_enlarged = 3; /* for the sake of a band's peaks, in terms of what is typical */

typedef struct range {
    double low, high;
} range;

static void extend(range *over, double low, double high)
{
    if (isfinite(low) && low < over->low) over->low = low;
    if (isfinite(high) && high > over->high) over->high = high;
}

/* The range of a smooth curve, extended by what is typical of its band; and that of the whole band. */
static void extend_by_curve(range *typical, range *whole, const gan_curve *curve, int64_t count)
{
    range smooth = {INFINITY, -INFINITY};
    double below = 0, above = 0;
    int64_t finite = 0;

    for (int64_t i = 0; i < count; i++) {
        extend(&smooth, curve->smooth[i], curve->smooth[i]);
        extend(whole, curve->low[i], curve->high[i]);
        if (!isfinite(curve->smooth[i] + curve->low[i] + curve->high[i])) continue;
        below += curve->smooth[i] - curve->low[i];
        above += curve->high[i] - curve->smooth[i];
        finite++;
    }
    if (finite > 0)
        extend(typical, smooth.low - 1.2 * below / (double)finite, smooth.high + 1.2 * above / (double)finite);
}

/* The bands are shown whole, unless their peaks make curves small: then those are cut off. */
static range find_range(const gan_plot_panel *panel)
{
    range over = {panel->low, panel->high}, whole = {INFINITY, -INFINITY};

    if (panel->low < panel->high) return over;
    over = whole;
    for (int i = 0; i < panel->curve_count; i++) extend_by_curve(&over, &whole, &panel->curves[i], panel->count);
    if (over.low > over.high) return (range){0, 1};
    if (whole.high - whole.low <= most_enlarged * (over.high - over.low)) extend(&over, whole.low, whole.high);
    const double size = over.high - over.low, most = fmax(fabs(over.low), fabs(over.high));
    const double margin = size > 1e-3 * most ? 0.05 * size : most > 0 ? 0.05 * most : 1;
    return (range){over.low - margin, over.high + margin};
}

/* ---- Drawing --------------------------------------------------------------------------------------------- */

static void draw_axes(gan_canvas *canvas, const gan_plot_panel *panel, const axis *x, const axis *y)
{
    const gan_box box = panel->box;

    for (int i = 0; i < x->tick_count; i++) {
        const double at = round(place(x, x->ticks[i]));
        gan_canvas_fill(canvas, (gan_box){at, box.top, at + 1, box.bottom}, grid_color, 1);
        gan_canvas_text(canvas, at + 0.5, box.bottom + 11 + label_height, label_height, GAN_ALIGN_CENTRE, label_color,
                        x->labels[i]);
    }
    for (int i = 0; i < y->tick_count; i++) {
        const double at = round(place(y, y->ticks[i]));
        gan_canvas_fill(canvas, (gan_box){box.left, at, box.right, at + 1}, grid_color, 1);
        gan_canvas_text(canvas, box.left - 10, at + 0.5 + label_height / 2, label_height, GAN_ALIGN_RIGHT,
                        label_color, y->labels[i]);
    }
    gan_canvas_fill(canvas, (gan_box){box.left, box.top, box.left + 1, box.bottom + 1}, frame_color, 1);
    gan_canvas_fill(canvas, (gan_box){box.left, box.bottom, box.right, box.bottom + 1}, frame_color, 1);
    gan_canvas_text(canvas, box.left, box.top - 14, title_height, GAN_ALIGN_LEFT, title_color, panel->title);
    if (panel->x_label) {
        gan_canvas_text(canvas, (box.left + box.right) / 2, box.bottom + 20 + 2 * label_height + 4, label_height,
                        GAN_ALIGN_CENTRE, label_color, panel->x_label);
    }
}

static const double swatch = 26, gap = 9, between = 28, legend_pitch = 22;

/* Where the line of legend that begins with curve `first` ends: before the returned curve. Beside the title. */
static int legend_line(const gan_plot_panel *panel, int first)
{
    double left = panel->box.right - panel->box.left - gan_canvas_text_width(title_height, panel->title);
    int i = first;

    for (; i < panel->curve_count; i++) {
        left -= between + swatch + gap + gan_canvas_text_width(label_height, panel->curves[i].name);
        if (left < 0 && i > first) break;
    }
    return i;
}

double gan_plot_panel_more_legend(const gan_plot_panel *panel)
{
    int lines = 0;

    for (int i = 0; i < panel->curve_count; i = legend_line(panel, i)) lines++;
    return lines > 1 ? (lines - 1) * legend_pitch : 0;
}

/* Above the right end of the axes. */
static void draw_legend(gan_canvas *canvas, const gan_plot_panel *panel)
{
    double y = panel->box.top - 14 - gan_plot_panel_more_legend(panel);
    int end = 0;

    while (end < panel->curve_count) {
        const int first = end;
        double right = panel->box.right;
        end = legend_line(panel, first);
        for (int i = end; i-- > first;) {
            const gan_curve *curve = &panel->curves[i];
            gan_canvas_text(canvas, right, y, label_height, GAN_ALIGN_RIGHT, label_color, curve->name);
            right -= gan_canvas_text_width(label_height, curve->name) + gap;
            const gan_point line[2] = {{right - swatch, y - label_height / 2}, {right, y - label_height / 2}};
            gan_canvas_line(canvas, line, 2, curve_width + 0.6, (gan_box){0, 0, canvas->width, canvas->height},
                            curve->color);
            right -= swatch + between;
        }
        y += legend_pitch;
    }
}

static void place_points(const gan_plot_panel *panel, const axis *x, const axis *y, const double *values,
                         int64_t first, int64_t count, gan_point *out)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = (gan_point){place(x, panel->x[first + i]), place(y, values[first + i])};
}

/* In pieces that share their ends, so that the points need no allocation, which could fail. */
static void draw_curve(gan_canvas *canvas, const gan_plot_panel *panel, const axis *x, const axis *y,
                       const gan_curve *curve, bool band)
{
    gan_point upper[piece_count], lower[piece_count];

    for (int64_t first = 0; first < panel->count; first += piece_count - 1) {
        const int64_t left = panel->count - first, count = left < piece_count ? left : piece_count;
        place_points(panel, x, y, band ? curve->high : curve->smooth, first, count, upper);
        if (band) {
            place_points(panel, x, y, curve->low, first, count, lower);
            gan_canvas_band(canvas, upper, lower, count, panel->box, curve->color, band_opacity);
        } else {
            gan_canvas_line(canvas, upper, count, curve_width, panel->box, curve->color);
        }
    }
}

void gan_plot_panel_draw(gan_canvas *canvas, const gan_plot_panel *panel)
{
    const gan_box box = panel->box;
    const range values = find_range(panel);
    axis x = {.low = panel->x[0], .high = panel->x[panel->count - 1], .start = box.left, .end = box.right};
    axis y = {.low = values.low, .high = values.high, .start = box.bottom, .end = box.top};

    if (x.high <= x.low) {
        x.low -= 0.5;
        x.high += 0.5;
    }
    add_even_ticks(&x, x_ticks, 1, false);
    if (panel->logarithmic) {
        add_logarithmic_ticks(&y);
    } else {
        add_even_ticks(&y, y_ticks, 0, false);
    }
    draw_axes(canvas, panel, &x, &y);
    draw_legend(canvas, panel);
    for (int i = 0; i < panel->curve_count; i++) draw_curve(canvas, panel, &x, &y, &panel->curves[i], true);
    for (int i = 0; i < panel->curve_count; i++) draw_curve(canvas, panel, &x, &y, &panel->curves[i], false);
}
