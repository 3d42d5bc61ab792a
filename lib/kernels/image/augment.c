/* Differentiable augmentation of images, each by its own random numbers. An affine map, whose linear part is its own
 * adjoint, changes the colours of an image; then pixels move, and some become 0. So forward is colour, move, cut, and
 * backward is cut, move back, colour without the constant. */
#include "kernels/blocks/blocks.h"
#include "kernels/image/image_tables.h"

#include <string.h>

/* ---- Draws ----------------------------------------------------------------------------------------------------- */

/* Rows top <= i < bottom and columns left <= j < right. */
typedef struct rectangle {
    int64_t top, bottom, left, right;
} rectangle;

/* What happens to one image. */
typedef struct augmentation {
    bool coloured;
    gan_real scale, pixel_share, image_share, brightness; /* see colour_pixels() */
    int64_t down, right;                                  /* how far pixels move */
    rectangle seen;                                       /* where they end up */
    rectangle cut;                                        /* cut after that; may lie partly outside the image */
} augmentation;

/* u in [0, 1) */
static double fraction(uint32_t word)
{
    return (double)word * 0x1p-32;
}

/* A whole number in [0, bound). */
static int64_t draw_below(uint32_t word, int64_t bound)
{
    return (int64_t)(fraction(word) * (double)bound);
}

/* x1 = x + b;  x2 = p + s (x1 - p) with p the pixel's mean in x1;  y = m + c (x2 - m) with m the image's mean in x2,
 * the same as in x1. Together: y = c s x + c (1 - s) p(x) + (1 - c) m(x) + b. */
static void draw_colour(const uint32_t words[3], augmentation *out)
{
    const double saturation = 2 * fraction(words[1]), contrast = 0.5 + fraction(words[2]);
    out->coloured = true;
    out->brightness = (gan_real)(fraction(words[0]) - 0.5);
    out->scale = (gan_real)(contrast * saturation);
    out->pixel_share = (gan_real)(contrast * (1 - saturation));
    out->image_share = (gan_real)(1 - contrast);
}

static int64_t draw_move(uint32_t word, int64_t side)
{
    const int64_t most = (int64_t)((double)side * 0.125 + 0.5);
    return draw_below(word, 2 * most + 1) - most;
}

/* Half a side, around a centre on it; an even half may also be centred on the last pixel's far edge. */
static void draw_cut(uint32_t word, int64_t side, int64_t *begin, int64_t *end)
{
    const int64_t size = side - side / 2;
    *begin = draw_below(word, side + 1 - size % 2) - size / 2;
    *end = *begin + size;
}

static int64_t clip(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value < most ? value : most;
}

/* Each word has a fixed use, so that asking for one kind does not change what another draws. */
static augmentation draw(const gan_augment_args *args, int64_t sample)
{
    augmentation drawn = {.coloured = false};
    gan_random_state at = args->state;
    uint32_t words[8];
    at.counter += GAN_AUGMENT_BLOCKS * (uint64_t)sample;
    gan_philox(at, words);
    at.counter++;
    gan_philox(at, words + 4);
    if (args->kinds & GAN_AUGMENT_COLOUR) draw_colour(words, &drawn);
    if (args->kinds & GAN_AUGMENT_TRANSLATION) {
        drawn.down = draw_move(words[3], args->height);
        drawn.right = draw_move(words[4], args->width);
    }
    if (args->kinds & GAN_AUGMENT_CUTOUT) {
        draw_cut(words[5], args->height, &drawn.cut.top, &drawn.cut.bottom);
        draw_cut(words[6], args->width, &drawn.cut.left, &drawn.cut.right);
    }
    drawn.seen.top = clip(drawn.down, args->height);
    drawn.seen.bottom = clip(args->height + drawn.down, args->height);
    drawn.seen.left = clip(drawn.right, args->width);
    drawn.seen.right = clip(args->width + drawn.right, args->width);
    return drawn;
}

/* ---- Pixels ---------------------------------------------------------------------------------------------------- */

/* Strides of an image, in values, from pixel to pixel and from channel to channel. */
typedef struct places {
    int64_t pixel, channel;
} places;

/* One image, from `x` to `y` or, backward, from the gradient of y to that of x. */
typedef struct image {
    const gan_augment_args *args;
    const gan_augment_table *table;
    augmentation drawn;
    places of_x, of_y; /* of_y: of what the discriminator reads, which backward is the input */
} image;

enum { PIECE = 256 }; /* pixels whose means are on the stack */

/* `count` pixels of all channels, with p the mean over a pixel's channels; in place:
 * y = scale x + pixel_share p + offset */
static void colour_planes(const image *of, gan_real offset, int64_t count, places from, const gan_real *x, places to,
                          gan_real *y)
{
    const int64_t channels = of->args->channels, x_plane = from.channel, y_plane = to.channel;
    const gan_real share = of->drawn.pixel_share / (gan_real)channels, scale = of->drawn.scale;
    gan_real added[PIECE];
    for (int64_t first = 0; first < count; first += PIECE, x += PIECE, y += PIECE) {
        const int64_t piece = count - first < PIECE ? count - first : PIECE;
        for (int64_t j = 0; j < piece; j++) added[j] = x[j];
        for (int64_t c = 1; c < channels; c++)
            for (int64_t j = 0; j < piece; j++) added[j] += x[c * x_plane + j];
        for (int64_t j = 0; j < piece; j++) added[j] = share * added[j] + offset;
        for (int64_t c = 0; c < channels; c++)
            for (int64_t j = 0; j < piece; j++) y[c * y_plane + j] = scale * x[c * x_plane + j] + added[j];
    }
}

/* The same, to the same bits, if a pixel's channels are contiguous. */
static void colour_pixels(const image *of, gan_real offset, int64_t count, places from, const gan_real *x, places to,
                          gan_real *y)
{
    const int64_t channels = of->args->channels;
    const gan_real share = of->drawn.pixel_share / (gan_real)channels, scale = of->drawn.scale;
    for (int64_t i = 0; i < count; i++, x += from.pixel, y += to.pixel) {
        gan_real added = x[0];
        for (int64_t c = 1; c < channels; c++) added += x[c];
        added = share * added + offset;
        for (int64_t c = 0; c < channels; c++) y[c] = scale * x[c] + added;
    }
}

static bool in_planes(places from, places to)
{
    return from.pixel == 1 && to.pixel == 1;
}

static void colour(const image *of, gan_real offset, int64_t count, places from, const gan_real *x, places to,
                   gan_real *y)
{
    (in_planes(from, to) ? colour_planes : colour_pixels)(of, offset, count, from, x, to, y);
}

static void copy(const image *of, int64_t count, places from, const gan_real *x, places to, gan_real *y)
{
    const int64_t channels = of->args->channels;
    if (in_planes(from, to)) {
        for (int64_t c = 0; c < channels; c++)
            memcpy(y + c * to.channel, x + c * from.channel, (size_t)count * sizeof(gan_real));
    } else if (from.pixel == channels && to.pixel == channels) {
        memcpy(y, x, (size_t)(count * channels) * sizeof(gan_real));
    } else {
        for (int64_t i = 0; i < count; i++)
            for (int64_t c = 0; c < channels; c++) y[i * to.pixel + c] = x[i * from.pixel + c];
    }
}

/* image_share times the mean of an image, whose values are added plane by plane in either layout. */
static gan_real share_of_mean(const image *of, places from, const gan_real *x)
{
    const int64_t channels = of->args->channels, plane = of->args->height * of->args->width, count = channels * plane;
    const double sum =
        from.pixel == 1 ? of->table->sum(x, count) : of->table->sum_of_planes(x, plane, channels, from.pixel);
    return (gan_real)((double)of->drawn.image_share * (sum / (double)count));
}

/* Writes 0 to the part of the rectangle inside the image. */
static void erase(const image *of, rectangle at, places to, gan_real *x)
{
    const int64_t height = of->args->height, width = of->args->width, channels = of->args->channels;
    const int64_t left = clip(at.left, width), count = clip(at.right, width) - left;
    for (int64_t i = clip(at.top, height); i < clip(at.bottom, height); i++) {
        gan_real *row = x + (i * width + left) * to.pixel;
        if (to.pixel == 1) {
            for (int64_t c = 0; c < channels; c++) memset(row + c * to.channel, 0, (size_t)count * sizeof(*row));
        } else {
            for (int64_t j = 0; j < count; j++) memset(row + j * to.pixel, 0, (size_t)channels * sizeof(*row));
        }
    }
}

static void erase_all(const image *of, places to, gan_real *x)
{
    erase(of, (rectangle){0, of->args->height, 0, of->args->width}, to, x);
}

/* ---- Images ---------------------------------------------------------------------------------------------------- */

/* From the image that is read to the one that is written. */
typedef void (*image_fn)(const image *of, const gan_real *from, gan_real *to);

/* y[c, i, j] = colour(x)[c, i - down, j - right], and 0 outside x; then the cut. */
static void forward_image(const image *of, const gan_real *x, gan_real *y)
{
    const augmentation *drawn = &of->drawn;
    const rectangle seen = drawn->seen;
    const int64_t width = of->args->width, count = seen.right - seen.left, moved = drawn->down * width + drawn->right;
    const gan_real offset = drawn->coloured ? share_of_mean(of, of->of_x, x) + drawn->brightness : 0;
    erase_all(of, of->of_y, y);
    for (int64_t i = seen.top; i < seen.bottom; i++) {
        const int64_t at = i * width + seen.left;
        const gan_real *row = x + (at - moved) * of->of_x.pixel;
        if (drawn->coloured) {
            colour(of, offset, count, of->of_x, row, of->of_y, y + at * of->of_y.pixel);
        } else {
            copy(of, count, of->of_x, row, of->of_y, y + at * of->of_y.pixel);
        }
    }
    erase(of, drawn->cut, of->of_y, y);
}

/* Each pixel of dx gets dy where it moved to, or 0 if it was cut or moved out of sight; then the colour. */
static void backward_image(const image *of, const gan_real *dy, gan_real *dx)
{
    const rectangle seen = of->drawn.seen, cut = of->drawn.cut;
    const int64_t width = of->args->width, down = of->drawn.down, right = of->drawn.right;
    erase_all(of, of->of_x, dx);
    for (int64_t i = seen.top; i < seen.bottom; i++) {
        const int64_t at = i * width + seen.left, moved = down * width + right;
        copy(of, seen.right - seen.left, of->of_y, dy + at * of->of_y.pixel, of->of_x,
             dx + (at - moved) * of->of_x.pixel);
    }
    erase(of, (rectangle){cut.top - down, cut.bottom - down, cut.left - right, cut.right - right}, of->of_x, dx);
    if (!of->drawn.coloured) return;
    colour(of, share_of_mean(of, of->of_x, dx), of->args->height * width, of->of_x, dx, of->of_x, dx);
}

typedef struct augment_work {
    image of; /* any image, except for what is drawn */
    image_fn function;
    bool backward;
    const gan_real *from;
    gan_real *to;
} augment_work;

static void augment_range(const void *argument, int64_t begin, int64_t end)
{
    const augment_work *work = argument;
    const gan_augment_args *args = work->of.args;
    const int64_t size = args->channels * args->height * args->width, packing = args->packing;
    image of = work->of;
    for (int64_t i = begin; i < end; i++) {
        const int64_t x = i * size,
                      y = args->channels_last ? i / packing * packing * size + i % packing * args->channels : x;
        of.drawn = draw(args, i);
        work->function(&of, work->from + (work->backward ? y : x), work->to + (work->backward ? x : y));
    }
}

static void run(gan_context *context, augment_work work, const gan_augment_args *args, int64_t batch)
{
    const int64_t plane = args->height * args->width, size = args->channels * plane;
    work.of.args = args;
    work.of.table = GAN_ISA_SELECT(gan_augment_table, context);
    work.of.of_x = args->channels_last ? (places){args->channels, 1} : (places){1, plane};
    work.of.of_y = args->channels_last ? (places){args->channels * args->packing, 1} : (places){1, plane};
    gan_range_run(context, augment_range, &work, batch, size < GAN_BLOCK ? GAN_BLOCK / size : 1);
}

void gan_augment_images(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                        gan_real *y)
{
    run(context, (augment_work){.function = forward_image, .from = x, .to = y}, args, batch);
}

void gan_augment_images_backward(gan_context *context, const gan_augment_args *args, int64_t batch,
                                 const gan_real *dy, gan_real *dx)
{
    run(context, (augment_work){.function = backward_image, .backward = true, .from = dy, .to = dx}, args, batch);
}
