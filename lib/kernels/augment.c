/* Differentiable augmentation of images (channels, height, width), each by numbers of its own. The colours of an
 * image change by an affine map whose linear part is its own adjoint; pixels then move, and some become 0. So forward
 * is colour, move, cut, and backward is cut, move back, colour without what is constant. */
#include "kernels/blocks.h"

#include <string.h>

/* ---- Draws ----------------------------------------------------------------------------------------------------- */

/* A rectangle of rows and columns: from `top` and `left` to before `bottom` and `right`. */
typedef struct rectangle {
    int64_t top, bottom, left, right;
} rectangle;

/* What happens to one image. */
typedef struct augmentation {
    bool coloured;
    gan_real scale, pixel_share, image_share, brightness; /* see colour_pixels() */
    int64_t down, right;                                  /* how far pixels move */
    rectangle seen;                                       /* where they come to lie */
    rectangle cut;                                        /* after that; may lie outside of the image in part */
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

/* x1 = x + b;  x2 = p + s (x1 - p) with the mean p of the pixel in x1;  y = m + c (x2 - m) with the mean m of the
 * image in x2, which is that of x1. Together: y = c s x + c (1 - s) p(x) + (1 - c) m(x) + b. */
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

/* Half a side, around a centre in it; an even half may also lie around the last pixel's far edge. */
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

/* All words have their use, whatever is asked for: one kind does not change what another draws. */
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

enum { PIECE = 256 }; /* pixels whose means lie on the stack */

/* `count` pixels of all channels, with p the mean over a pixel's channels; in place:
 * y = scale x + pixel_share p + offset */
static void colour_pixels(const gan_augment_args *args, const augmentation *drawn, gan_real offset, int64_t count,
                          const gan_real *x, gan_real *y)
{
    const int64_t channels = args->channels, plane = args->height * args->width;
    const gan_real share = drawn->pixel_share / (gan_real)channels, scale = drawn->scale;
    gan_real added[PIECE];
    for (int64_t first = 0; first < count; first += PIECE, x += PIECE, y += PIECE) {
        const int64_t piece = count - first < PIECE ? count - first : PIECE;
        for (int64_t j = 0; j < piece; j++) added[j] = x[j];
        for (int64_t c = 1; c < channels; c++)
            for (int64_t j = 0; j < piece; j++) added[j] += x[c * plane + j];
        for (int64_t j = 0; j < piece; j++) added[j] = share * added[j] + offset;
        for (int64_t c = 0; c < channels; c++)
            for (int64_t j = 0; j < piece; j++) y[c * plane + j] = scale * x[c * plane + j] + added[j];
    }
}

static void copy_pixels(const gan_augment_args *args, int64_t count, const gan_real *x, gan_real *y)
{
    const int64_t plane = args->height * args->width;
    for (int64_t c = 0; c < args->channels; c++)
        memcpy(y + c * plane, x + c * plane, (size_t)count * sizeof(gan_real));
}

/* image_share times the mean of an image. */
static gan_real share_of_mean(const gan_augment_args *args, const augmentation *drawn, gan_reduce_fn sum,
                              const gan_real *x)
{
    const int64_t count = args->channels * args->height * args->width;
    const gan_reduce_args all = {.x = x};
    return (gan_real)((double)drawn->image_share * (sum(&all, 0, count) / (double)count));
}

/* Writes 0 to what of the rectangle lies in the image. */
static void erase(const gan_augment_args *args, rectangle at, gan_real *x)
{
    const int64_t height = args->height, width = args->width, left = clip(at.left, width);
    const size_t bytes = (size_t)(clip(at.right, width) - left) * sizeof(gan_real);
    for (int64_t c = 0; c < args->channels; c++)
        for (int64_t i = clip(at.top, height); i < clip(at.bottom, height); i++)
            memset(x + (c * height + i) * width + left, 0, bytes);
}

static void erase_all(const gan_augment_args *args, gan_real *x)
{
    erase(args, (rectangle){0, args->height, 0, args->width}, x);
}

/* ---- Images ---------------------------------------------------------------------------------------------------- */

typedef void (*image_fn)(const gan_augment_args *args, const augmentation *drawn, gan_reduce_fn sum,
                         const gan_real *x, gan_real *y);

/* y[c, i, j] = colour(x)[c, i - down, j - right], and 0 where that is outside of x; then the cut. */
static void forward_image(const gan_augment_args *args, const augmentation *drawn, gan_reduce_fn sum,
                          const gan_real *x, gan_real *y)
{
    const rectangle seen = drawn->seen;
    const int64_t count = seen.right - seen.left, moved = drawn->down * args->width + drawn->right;
    const gan_real offset = drawn->coloured ? share_of_mean(args, drawn, sum, x) + drawn->brightness : 0;
    erase_all(args, y);
    for (int64_t i = seen.top; i < seen.bottom; i++) {
        const int64_t at = i * args->width + seen.left;
        if (drawn->coloured)
            colour_pixels(args, drawn, offset, count, x + at - moved, y + at);
        else
            copy_pixels(args, count, x + at - moved, y + at);
    }
    erase(args, drawn->cut, y);
}

/* dx gets what y has of each pixel, nothing where y is cut or the pixel moved out of sight; then the colour. */
static void backward_image(const gan_augment_args *args, const augmentation *drawn, gan_reduce_fn sum,
                           const gan_real *dy, gan_real *dx)
{
    const rectangle seen = drawn->seen, cut = drawn->cut;
    const int64_t down = drawn->down, right = drawn->right, moved = down * args->width + right;
    erase_all(args, dx);
    for (int64_t i = seen.top; i < seen.bottom; i++) {
        const int64_t at = i * args->width + seen.left;
        copy_pixels(args, seen.right - seen.left, dy + at, dx + at - moved);
    }
    erase(args, (rectangle){cut.top - down, cut.bottom - down, cut.left - right, cut.right - right}, dx);
    if (!drawn->coloured) return;
    colour_pixels(args, drawn, share_of_mean(args, drawn, sum, dx), args->height * args->width, dx, dx);
}

typedef struct augment_work {
    const gan_augment_args *args;
    image_fn image;
    gan_reduce_fn sum;
    const gan_real *x;
    gan_real *y;
} augment_work;

static void augment_range(const void *argument, int64_t begin, int64_t end)
{
    const augment_work *work = argument;
    const int64_t size = work->args->channels * work->args->height * work->args->width;
    for (int64_t i = begin; i < end; i++) {
        const augmentation drawn = draw(work->args, i);
        work->image(work->args, &drawn, work->sum, work->x + i * size, work->y + i * size);
    }
}

static void run(gan_context *context, image_fn image, const gan_augment_args *args, int64_t batch, const gan_real *x,
                gan_real *y)
{
    const augment_work work = {args, image, GAN_ISA_SELECT(gan_reduce_table, context)->values, x, y};
    const int64_t size = args->channels * args->height * args->width;
    gan_range_run(context, augment_range, &work, batch, size < GAN_BLOCK ? GAN_BLOCK / size : 1);
}

void gan_augment_images(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                        gan_real *y)
{
    run(context, forward_image, args, batch, x, y);
}

void gan_augment_images_backward(gan_context *context, const gan_augment_args *args, int64_t batch,
                                 const gan_real *dy, gan_real *dx)
{
    run(context, backward_image, args, batch, dy, dx);
}
