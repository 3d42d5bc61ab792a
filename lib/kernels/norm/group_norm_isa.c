/* Loops of normalisation within a sample, over one block of one sample. With n values in a group, a mean E over them,
 * m = E x, r = 1 / sqrt(E (x - m)^2 + epsilon) and h = (x - m) r, the layer is y = s h + t, where s and t belong to
 * the channel. Without a mean, m = 0, and so are all means below except those of products. */
#include "kernels/norm/norm_tables.h"

enum { LANES = 16 };

/* Part of a block: neighbouring rows and channels, few enough to sum in float. */
typedef struct piece {
    gan_column_block block;
    int64_t row, first; /* of the block's rows and channels */
    int64_t offset;     /* of its first value in the sample */
} piece;

/* Moves to the next piece; from a zeroed one, to the first. */
static bool next_piece(const gan_group_block *b, piece *p)
{
    const int64_t width = b->groups * b->run;
    p->first += p->block.columns;
    if (p->first >= width) {
        p->first = 0;
        p->row += p->block.rows;
    }
    if (p->row >= b->pixels) return false;
    const int64_t rows = b->pixels - p->row, columns = width - p->first;
    p->block = (gan_column_block){rows < b->piece_rows ? rows : b->piece_rows,
                                  columns < b->piece_columns ? columns : b->piece_columns, b->channels};
    p->offset = p->row * b->channels + p->first;
    return true;
}

/* A group's channels in a piece: only a block of one group is wider than its pieces. */
static int64_t run_in(const gan_group_block *b, const piece *p)
{
    return b->run < p->block.columns ? b->run : p->block.columns;
}

/* ---- From channels to groups and back ---- */

/* `scaled` is a constant in all callers. */
static inline __attribute__((always_inline)) double sum_lanes(bool scaled, const gan_real *values,
                                                              const gan_real *scale, int64_t count)
{
    double sum = 0;
    int64_t i = 0;
    if (count >= LANES) {
        gan_real lane[LANES] = {0};
        for (; i + LANES <= count; i += LANES)
            for (int64_t j = 0; j < LANES; j++) lane[j] += scaled ? scale[i + j] * values[i + j] : values[i + j];
        for (int j = 0; j < LANES; j++) sum += (double)lane[j];
    }
    for (; i < count; i++) sum += scaled ? (double)scale[i] * (double)values[i] : (double)values[i];
    return sum;
}

/* The sum of at most GAN_BLOCK_COLUMNS values, each times its scale unless that is NULL. */
static double sum_of(const gan_real *values, const gan_real *scale, int64_t count)
{
    return scale ? sum_lanes(true, values, scale, count) : sum_lanes(false, values, NULL, count);
}

/* totals[g] += sum over its channels of scale * values */
static void add_to_groups(const gan_group_block *b, const piece *p, const gan_real *values, const gan_real *scale,
                          double *totals)
{
    const int64_t run = run_in(b, p);
    for (int64_t g = 0, j = 0; j < p->block.columns; g++, j += run)
        totals[g] += sum_of(values + j, scale ? scale + p->first + j : NULL, run);
}

/* out[c] += by_group * values[c]; by_group NULL: 1 */
static void add_to_channels(const gan_group_block *b, const piece *p, const gan_real *by_group,
                            const gan_real *values, gan_real *out)
{
    const int64_t run = run_in(b, p);
    out += p->first;
    for (int64_t g = 0, j = 0; j < p->block.columns; g++) {
        const gan_real factor = by_group ? by_group[g] : 1;
        for (int64_t end = j + run; j < end; j++) out[j] += factor * values[j];
    }
}

/* A coefficient per channel: by_group * by_channel; NULL, for either, is 1. */
typedef struct coefficient {
    const gan_real *by_group, *by_channel;
} coefficient;

/* The coefficients of a piece, repeated to `width`. */
static void expand(const gan_group_block *b, const piece *p, coefficient from, int64_t width, gan_real *to)
{
    const int64_t run = run_in(b, p), columns = p->block.columns;
    for (int64_t g = 0, j = 0; j < columns; g++) {
        const gan_real factor = from.by_group ? from.by_group[g] : 1;
        const int64_t end = j + run;
        if (from.by_channel) {
            for (; j < end; j++) to[j] = factor * from.by_channel[p->first + j];
        } else {
            for (; j < end; j++) to[j] = factor;
        }
    }
    for (int64_t k = columns; k < width; k += columns) memcpy(to + k, to, (size_t)columns * sizeof(gan_real));
}

static const gan_real *mean_of(const gan_group_arrays *a)
{
    return a->mean ? a->mean : gan_zeros;
}

/* Sums down the columns of a piece: of z, and of z (x - centre). */
static void piece_dots(const gan_group_block *b, const piece *p, const gan_real *x, const gan_real *centre,
                       const gan_real *z, gan_real *sums, gan_real *dots)
{
    gan_real middle[GAN_BLOCK_COLUMNS];
    expand(b, p, (coefficient){centre, NULL}, p->block.columns, middle);
    gan_column_block_dots(&p->block, x + p->offset, z + p->offset, middle, sums, dots);
}

/* ---- Sums of terms ---- */

enum { MOST_TERMS = 4 };

/* values * factor; the first term's values less their mean. */
typedef struct term {
    const gan_real *values;
    coefficient factor;
} term;

/* `count` is a constant in all callers. */
static inline __attribute__((always_inline)) void add_terms(int count, int64_t length, const gan_real *middle,
                                                            const gan_real *constant,
                                                            const gan_real *const z[MOST_TERMS],
                                                            gan_real (*f)[GAN_COLUMN_RUN], gan_real *out)
{
    const gan_real *z0 = z[0], *z1 = z[1], *z2 = z[2], *z3 = z[3];
    GAN_INDEPENDENT
    for (int64_t j = 0; j < length; j++) {
        gan_real sum = (z0[j] - middle[j]) * f[0][j] + constant[j];
        if (count > 1) sum += z1[j] * f[1][j];
        if (count > 2) sum += z2[j] * f[2][j];
        if (count > 3) sum += z3[j] * f[3][j];
        out[j] = sum;
    }
}

static void combine(const gan_group_block *b, const gan_group_arrays *a, const term *terms, int count,
                    coefficient constant)
{
    gan_real middle[GAN_COLUMN_RUN], added[GAN_COLUMN_RUN], factor[MOST_TERMS][GAN_COLUMN_RUN];
    const gan_real *z[MOST_TERMS] = {NULL};
    for (piece p = {0}; next_piece(b, &p);) {
        const gan_column_runs r = gan_column_runs_make(&p.block);
        expand(b, &p, (coefficient){mean_of(a), NULL}, r.width, middle);
        expand(b, &p, constant, r.width, added);
        for (int k = 0; k < count; k++) expand(b, &p, terms[k].factor, r.width, factor[k]);
        for (int64_t i = 0; i <= r.rows; i++) {
            const int64_t length = gan_column_runs_length(&r, i), at = p.offset + i * r.stride;
            if (length == 0) continue;
            for (int k = 0; k < count; k++) z[k] = terms[k].values + at;
            switch (count) {
            case 1: add_terms(1, length, middle, added, z, factor, a->out + at); break;
            case 2: add_terms(2, length, middle, added, z, factor, a->out + at); break;
            case 3: add_terms(3, length, middle, added, z, factor, a->out + at); break;
            default: add_terms(4, length, middle, added, z, factor, a->out + at); break;
            }
        }
    }
}

/* ---- Forward ---- */

typedef double totals[GAN_BLOCK_COLUMNS];

static void clear_totals(const gan_group_block *b, double *values)
{
    for (int64_t g = 0; g < b->groups; g++) values[g] = 0;
}

static double count_of(const gan_group_block *b)
{
    return (double)(b->pixels * b->run);
}

/* Two passes: squared deviations, even from a mean that is only approximate, lose no digits. */
static void find_moments(const gan_group_block *b, const gan_group_arrays *a)
{
    gan_real sum[GAN_BLOCK_COLUMNS], square[GAN_BLOCK_COLUMNS], middle[GAN_BLOCK_COLUMNS];
    totals sums, squares;
    const double share = 1 / count_of(b);
    clear_totals(b, sums);
    for (piece p = {0}; a->mean && next_piece(b, &p);) {
        gan_column_block_sums(&p.block, a->x + p.offset, sum);
        add_to_groups(b, &p, sum, NULL, sums);
    }
    for (int64_t g = 0; a->mean && g < b->groups; g++) a->mean[g] = (gan_real)(sums[g] * share);
    clear_totals(b, sums);
    clear_totals(b, squares);
    for (piece p = {0}; next_piece(b, &p);) {
        expand(b, &p, (coefficient){mean_of(a), NULL}, p.block.columns, middle);
        gan_column_block_deviations(&p.block, a->x + p.offset, middle, sum, square);
        add_to_groups(b, &p, sum, NULL, sums);
        add_to_groups(b, &p, square, NULL, squares);
    }
    for (int64_t g = 0; g < b->groups; g++) {
        double rest = a->mean ? sums[g] * share : 0, variance = squares[g] * share - rest * rest;
        if (a->mean) a->mean[g] = (gan_real)((double)a->mean[g] + rest);
        if (variance < 0) variance = 0; /* rounding; a NaN stays */
        a->inverse[g] = (gan_real)(1 / sqrt(variance + (double)a->epsilon));
    }
}

static void forward(const gan_group_block *b, const gan_group_arrays *a)
{
    find_moments(b, a);
    const term x = {a->x, {a->inverse, a->scale}};
    combine(b, a, &x, 1, a->shift ? (coefficient){NULL, a->shift} : (coefficient){gan_zeros, NULL});
}

/* ---- Backward and tangents ---- */

/* out = r (z - E z - h E(z h)), which takes gradients back through h and, being symmetric, tangents forward.
 * Backward, z = s dy, and dt += sum of dy, ds += sum of dy h; forward, z is a tangent of x, and the result is scaled
 * by s. */
static void project(const gan_group_block *b, const gan_group_arrays *a, const gan_real *z, bool is_backward)
{
    gan_real sum[GAN_BLOCK_COLUMNS], dot[GAN_BLOCK_COLUMNS];
    gan_real of_x[GAN_BLOCK_COLUMNS], constant[GAN_BLOCK_COLUMNS];
    totals sums, dots;
    const gan_real *before = is_backward ? a->scale : NULL, *after = is_backward ? NULL : a->scale;
    const double share = 1 / count_of(b);
    clear_totals(b, sums);
    clear_totals(b, dots);
    for (piece p = {0}; next_piece(b, &p);) {
        piece_dots(b, &p, a->x, mean_of(a), z, sum, dot);
        add_to_groups(b, &p, sum, before, sums);
        add_to_groups(b, &p, dot, before, dots);
        if (is_backward && a->dshift) add_to_channels(b, &p, NULL, sum, a->dshift);
        if (is_backward && a->dscale) add_to_channels(b, &p, a->inverse, dot, a->dscale);
    }
    if (!a->out) return;
    for (int64_t g = 0; g < b->groups; g++) {
        const double r = (double)a->inverse[g];
        of_x[g] = (gan_real)(-r * r * r * dots[g] * share);
        constant[g] = (gan_real)(a->mean ? -r * sums[g] * share : 0);
    }
    const term terms[2] = {{a->x, {of_x, after}}, {z, {a->inverse, a->scale}}};
    combine(b, a, terms, 2, (coefficient){constant, after});
}

static void backward(const gan_group_block *b, const gan_group_arrays *a)
{
    project(b, a, a->dy, true);
}

static void tangent(const gan_group_block *b, const gan_group_arrays *a)
{
    project(b, a, a->tangent_x, false);
}

/* The parts of R{dx} for each group: with u = R{x}, g = s dy and g' = s R{dy}, sums of u, u (x - m), g, g (x -
 * m), g u, g' and g' (x - m). */
typedef struct second_sums {
    totals u, ux, g, gx, gu, other_g, other_gx;
} second_sums;

static void add_first_sums(const gan_group_block *b, const gan_group_arrays *a, second_sums *s)
{
    gan_real sum[GAN_BLOCK_COLUMNS], dot[GAN_BLOCK_COLUMNS];
    clear_totals(b, s->u);
    clear_totals(b, s->ux);
    for (piece p = {0}; next_piece(b, &p);) {
        piece_dots(b, &p, a->x, mean_of(a), a->tangent_x, sum, dot);
        add_to_groups(b, &p, sum, NULL, s->u);
        add_to_groups(b, &p, dot, NULL, s->ux);
    }
}

/* After the sums of u: also R{dt} += sum of R{dy}, and with R{h} = r (u - E u - h E(u h)),
 * R{ds} += sum of R{dy} h + dy R{h}. */
static void add_second_sums(const gan_group_block *b, const gan_group_arrays *a, second_sums *s)
{
    gan_real sum[GAN_BLOCK_COLUMNS], dot[GAN_BLOCK_COLUMNS];
    gan_real of_sum[GAN_BLOCK_COLUMNS], of_dot[GAN_BLOCK_COLUMNS];
    const double share = 1 / count_of(b);
    for (int64_t g = 0; g < b->groups; g++) {
        const double r = (double)a->inverse[g];
        of_sum[g] = (gan_real)(a->mean ? -r * s->u[g] * share : 0);
        of_dot[g] = (gan_real)(-r * r * r * s->ux[g] * share);
    }
    double *cleared[] = {s->g, s->gx, s->gu, s->other_g, s->other_gx};
    for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++) clear_totals(b, cleared[i]);
    for (piece p = {0}; next_piece(b, &p);) {
        piece_dots(b, &p, a->x, mean_of(a), a->dy, sum, dot);
        add_to_groups(b, &p, sum, a->scale, s->g);
        add_to_groups(b, &p, dot, a->scale, s->gx);
        if (a->dscale) add_to_channels(b, &p, of_sum, sum, a->dscale);
        if (a->dscale) add_to_channels(b, &p, of_dot, dot, a->dscale);
        piece_dots(b, &p, a->tangent_x, gan_zeros, a->dy, sum, dot);
        add_to_groups(b, &p, dot, a->scale, s->gu);
        if (a->dscale) add_to_channels(b, &p, a->inverse, dot, a->dscale);
        if (!a->tangent_dy) continue;
        piece_dots(b, &p, a->x, mean_of(a), a->tangent_dy, sum, dot);
        add_to_groups(b, &p, sum, a->scale, s->other_g);
        add_to_groups(b, &p, dot, a->scale, s->other_gx);
        if (a->dshift) add_to_channels(b, &p, NULL, sum, a->dshift);
        if (a->dscale) add_to_channels(b, &p, a->inverse, dot, a->dscale);
    }
}

/* R{dx} = r (g' - E g' - h E(g' h)) - r^2 (E(u h) (g - E g) + E(g h) (u - E u)
 *         - h (3 E(u h) E(g h) + E u E g - E(g u))) */
static void tangent_backward(const gan_group_block *b, const gan_group_arrays *a)
{
    second_sums s;
    gan_real of_x[GAN_BLOCK_COLUMNS], of_dy[GAN_BLOCK_COLUMNS], of_u[GAN_BLOCK_COLUMNS], constant[GAN_BLOCK_COLUMNS];
    const double share = 1 / count_of(b), centred = a->mean ? 1 : 0;
    if (!a->dy) {
        project(b, a, a->tangent_dy, true);
        return;
    }
    add_first_sums(b, a, &s);
    add_second_sums(b, a, &s);
    if (!a->out) return;
    for (int64_t g = 0; g < b->groups; g++) {
        const double r = (double)a->inverse[g], mean_u = centred * s.u[g] * share, mean_uh = r * s.ux[g] * share;
        const double mean_g = centred * s.g[g] * share, mean_gh = r * s.gx[g] * share, mean_gu = s.gu[g] * share;
        const double other_g = centred * s.other_g[g] * share, other_gh = r * s.other_gx[g] * share;
        of_x[g] = (gan_real)(r * r * (r * (3 * mean_uh * mean_gh + mean_u * mean_g - mean_gu) - other_gh));
        of_dy[g] = (gan_real)(-r * r * mean_uh);
        of_u[g] = (gan_real)(-r * r * mean_gh);
        constant[g] = (gan_real)(r * r * (mean_uh * mean_g + mean_gh * mean_u) - r * other_g);
    }
    const term terms[MOST_TERMS] = {{a->x, {of_x, NULL}},
                                    {a->dy, {of_dy, a->scale}},
                                    {a->tangent_x, {of_u, NULL}},
                                    {a->tangent_dy, {a->inverse, a->scale}}};
    combine(b, a, terms, a->tangent_dy ? 4 : 3, (coefficient){constant, NULL});
}

const gan_groups_table GAN_ISA_TABLE(gan_groups_table) = {
    .forward = forward, .backward = backward, .tangent = tangent, .tangent_backward = tangent_backward};
