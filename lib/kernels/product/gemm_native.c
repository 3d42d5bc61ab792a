/* Matrix products by the micro-kernels. */
#include "kernels/blocks/blocks.h"
#include "kernels/product/gemm_ways.h"

#include <stdatomic.h>
#include <string.h>

/* The product as the micro-kernels see it: C = A B, or its transpose, with A and B swapped. */
typedef struct gemm_work {
    const gan_micro_kernel_table *table;
    int64_t rows, columns, k;
    const gan_real *a, *b;
    int64_t a_row, a_step; /* from row to row, from k to k + 1 */
    int64_t b_stride;      /* from k to k + 1; if b_transposed, from column to column */
    bool b_transposed, dot;
    gan_real *c;
    const gan_real *packed; /* all panels of B, or NULL: each task packs what it needs */
    int64_t c_row, c_step;
    bool accumulate;
    const gan_real *column_bias, *row_bias;
    int64_t block, blocks, panels;
    int64_t group, groups; /* panels that a task multiplies its rows by, piece after piece of k */
    int64_t span, spans;   /* blocks of a task: more than one where it packs the panel, which then serves them all */
    int64_t length;        /* most values of k at a time with packed rows */
    bool packs_rows, sums_apart, swapped;
    bool whole; /* tasks take one panel of a B that is packed whole, large pieces of which come from the L2 cache */
    bool far;   /* B is read in place, a few rows at a time, since each lies on pages of its own */
    gan_real *pack;       /* where B is packed whole */
    atomic_uchar *states; /* of the panels there, if tasks share them; or NULL */
    bool rows_first;      /* tasks one after another have the same rows, not the same panel */
} gemm_work;

/* An operand more than this many times larger than the other is not packed whole. */
enum { PACK_RATIO = 4 };

/* Of a panel that tasks share. */
enum { UNPACKED, BEING_PACKED, PACKED };

enum {
    ENOUGH_TASKS = 64,             /* tasks to keep all threads busy to the end */
    GROUP_PANELS = 16,             /* most panels of a task */
    LEAST_TILES = 3,               /* of a task that shares its panel with others, */
    LEAST_MULTIPLY_ADDS = 1 << 18, /* and of what it is worth */
    SHARED_PANELS = 128,           /* most panels of a product whose tasks share them */
    PACKED_ROWS = 128,             /* of a panel that are transposed at a time, and stay in the L1 cache */
    THIN_VALUES = 1 << 13,         /* of a block of a thin product */
    LARGE_TILE = 256,              /* values: eight rows of two vectors of AVX-512 */
    WHOLE_ROWS = 256,              /* by which a B whose rows are contiguous is multiplied, if it is packed whole */
    NEAR_VALUES = 1 << 17,         /* of a B that tasks read again and again, since it stays in the L2 cache */
    SPAN_TASKS = 24,               /* tasks that are left if they take several blocks */
    LARGE_BLOCK = 64,              /* rows of a task that packs them, LARGE_LENGTH values of k at a time */
    LARGE_LENGTH = 192,
    OWN = LARGE_BLOCK * LARGE_LENGTH, /* values of a task's own memory: packed rows, or sums, or both: */
    SHORT_LENGTH = 128,
    SUM_COLUMNS = OWN / LARGE_BLOCK - SHORT_LENGTH,
    OWN_PANEL = GAN_PANEL_BYTES / (int)sizeof(gan_real), /* more, for a piece of a panel */
    FAR_STEP = 4096, /* bytes between values of a row, and how many of these are too many to be read in place */
    FAR_LENGTH = 1024,
    FAR_ROWS = 384, /* of B at a time, in tasks of so many columns, of which there should be a few */
    FAR_COLUMNS = 128,
    MOST_FAR_COLUMNS = 512,
    FAR_TASKS = 16
};

static void pack_rows(gemm_work *work, int64_t length)
{
    work->packs_rows = true;
    work->length = length;
    work->block = LARGE_BLOCK;
    work->blocks = (work->rows + LARGE_BLOCK - 1) / LARGE_BLOCK;
}

static bool is_far(const gemm_work *work, int64_t step)
{
    return step * (int64_t)sizeof(gan_real) >= FAR_STEP && work->k > FAR_LENGTH;
}

/* Each row of B lies on pages of its own, and so does each value of a row of a transposed product: tasks read many
 * columns of few rows, so that a page is looked up only once for all of these. */
static void take_far_rows(gemm_work *work)
{
    const int64_t width = work->table->width;
    work->far = true;
    work->block = gan_least(work->rows, GAN_ROW_BLOCK);
    work->blocks = (work->rows + work->block - 1) / work->block;
    work->group = gan_least(work->panels * work->blocks / FAR_TASKS, MOST_FAR_COLUMNS / width);
    if (work->group < FAR_COLUMNS / width) work->group = FAR_COLUMNS / width;
}

/* Large products: tasks take several panels, so that the rows come from the L2 cache for all but the first. Of a
 * transposed C they add the pieces up where rows are contiguous: in C, columns that are a power of two apart would
 * drive each other out of the cache. Otherwise they take more rows, so that a panel is packed less often, and pack
 * them too if that pays off. */
static void enlarge_tasks(gemm_work *work)
{
    const int64_t blocks = (work->rows + LARGE_BLOCK - 1) / LARGE_BLOCK;
    const int64_t group = blocks * work->panels / ENOUGH_TASKS;
    const bool transposed = work->c_step != 1 && work->c_row == 1;
    if (is_far(work, work->a_step)) {
        work->sums_apart = transposed;
        work->group = gan_least(work->panels, SUM_COLUMNS / work->table->width);
        pack_rows(work, SHORT_LENGTH);
        return;
    }
    if (!work->b_transposed && is_far(work, work->b_stride)) {
        take_far_rows(work);
        return;
    }
    if (group < 1) return;
    work->group = gan_least(group, GROUP_PANELS);
    work->sums_apart = transposed && work->b_transposed;
    if (work->sums_apart) {
        work->group = gan_least(work->group, OWN / (work->block * work->table->width));
    } else if (group >= GROUP_PANELS / 2) {
        pack_rows(work, LARGE_LENGTH);
    }
}

/* Whether a task takes rows in place and one panel of a B that is packed whole: where enough rows are multiplied by
 * it, and their values are not on many pages. */
static bool takes_whole_panels(const gemm_work *work)
{
    if (work->blocks < 2 || work->columns > PACK_RATIO * work->rows) return false;
    if (work->a_step * (int64_t)sizeof(gan_real) > FAR_STEP || is_far(work, work->a_step)) return false;
    /* Small tiles read rows again too often, if these are not contiguous or do not stay in the L2 cache. */
    const bool small = work->table->rows * work->table->width < LARGE_TILE;
    if (small && (work->a_step != 1 || work->k > FAR_LENGTH)) return false;
    return work->b_transposed || (work->rows >= WHOLE_ROWS && work->k > OWN_PANEL / work->table->width);
}

/* As few blocks of rows as possible, but tasks enough, of a few tiles each, for all threads to end at the same time.
 */
static void divide_rows(gemm_work *work)
{
    const int64_t tiles = work->rows / (LEAST_TILES * work->table->rows);
    const int64_t worth = work->rows * work->table->width * work->k / LEAST_MULTIPLY_ADDS;
    const int64_t most = gan_least(ENOUGH_TASKS / work->panels, gan_least(tiles, worth));
    const int64_t least = (work->rows + GAN_ROW_BLOCK - 1) / GAN_ROW_BLOCK;
    work->blocks = most > least ? most : least;
    work->block = (work->rows + work->blocks - 1) / work->blocks;
    work->blocks = (work->rows + work->block - 1) / work->block;
}

static gemm_work gemm_work_make(const gan_micro_kernel_table *table, const gan_gemm *gemm, bool swap)
{
    gemm_work work = {.table = table, .k = gemm->k, .c = gemm->c, .accumulate = gemm->accumulate, .swapped = swap};
    const gan_real *bias = gemm->bias;
    work.rows = swap ? gemm->n : gemm->m;
    work.columns = swap ? gemm->m : gemm->n;
    work.a = swap ? gemm->b : gemm->a;
    work.b = swap ? gemm->a : gemm->b;
    const int64_t lda = swap ? gemm->ldb : gemm->lda;
    /* Whether the values of a row of A, or of a column of B, are contiguous along k. */
    const bool a_along = swap ? gemm->transpose_b : !gemm->transpose_a;
    const bool b_along = swap ? !gemm->transpose_a : gemm->transpose_b;
    work.a_row = a_along ? lda : 1;
    work.a_step = a_along ? 1 : lda;
    work.b_stride = swap ? gemm->lda : gemm->ldb;
    work.b_transposed = b_along;
    work.c_row = swap ? 1 : gemm->ldc;
    work.c_step = swap ? gemm->ldc : 1;
    work.column_bias = swap ? NULL : bias;
    work.row_bias = swap ? bias : NULL;
    work.dot = a_along && b_along && work.columns <= 4 && work.k >= table->vector;
    work.panels = work.dot ? 1 : gan_panel_count(table, work.columns);
    work.block = gan_block_rows(table, work.rows, work.columns, work.k);
    work.blocks = (work.rows + work.block - 1) / work.block;
    if (!work.dot && work.blocks > 0) work.block = (work.rows + work.blocks - 1) / work.blocks;
    work.group = 1;
    if (!work.dot && takes_whole_panels(&work)) {
        work.whole = true;
        divide_rows(&work);
    } else if (!work.dot) {
        enlarge_tasks(&work);
    }
    work.groups = (work.panels + work.group - 1) / work.group;
    work.span = 1;
    work.spans = work.blocks;
    return work;
}

/* The approximate time, in multiply-adds of a vector. */
static double cost(const gemm_work *work)
{
    const gan_micro_kernel_table *table = work->table;
    double rows = (double)work->rows, columns = (double)work->columns, k = (double)work->k;
    if (work->dot) return rows * columns * (k / (double)table->vector + 8);
    double total = rows * k * (double)gan_panel_total(table, work->columns) / (double)table->vector;
    const double times = work->whole || work->packs_rows ? 1 : (double)work->blocks; /* that B is packed */
    if (!work->far) total += columns * k * (work->b_transposed ? 0.2 : 0.1 * times);
    if (work->packs_rows && work->a_step != 1) total += rows * k;
    if (work->c_step != 1) total += 0.8 * rows * columns;
    return total;
}

static gemm_work gemm_plan(const gan_micro_kernel_table *table, const gan_gemm *gemm)
{
    gemm_work straight = gemm_work_make(table, gemm, false), swapped = gemm_work_make(table, gemm, true);
    if (!straight.dot && gemm->n > PACK_RATIO * gemm->m && straight.b_transposed) return swapped;
    if (!swapped.dot && gemm->m > PACK_RATIO * gemm->n && swapped.b_transposed) return straight;
    return cost(&straight) <= cost(&swapped) ? straight : swapped;
}

/* Packs the part of the panel from row k on. */
static void pack_piece(const gemm_work *work, const gan_panel *panel, int64_t k, int64_t count, gan_real *to)
{
    if (work->b_transposed) {
        const gan_real *from = work->b + panel->first * work->b_stride + k;
        for (int64_t i = 0; i < count; i += PACKED_ROWS) {
            work->table->transpose(panel->columns, gan_least(count - i, PACKED_ROWS), panel->width, from + i,
                                   work->b_stride, to + i * panel->width, panel->width);
        }
    } else {
        work->table->copy(count, panel->columns, panel->width, work->b + k * work->b_stride + panel->first,
                          work->b_stride, to, panel->width);
    }
}

static void pack_task(void *argument, int64_t index)
{
    const gemm_work *work = argument;
    const gan_panel panel = gan_panel_at(work->table, work->columns, index);
    pack_piece(work, &panel, 0, work->k, work->pack + panel.first * work->k);
}

static void pack_whole(gan_context *context, gemm_work *work, gan_real *to)
{
    work->pack = to;
    gan_multiply_parallel(context, pack_task, work, work->panels, (double)work->k * (double)work->columns);
}

/* Too few rows for packing to pay off. */
static bool is_in_place(const gemm_work *work, const gan_panel *panel)
{
    return work->dot ||
           (!work->b_transposed && (work->far || work->rows <= work->table->rows) && panel->columns == panel->width);
}

/* The values of A that a task multiplies at a time: rows of its blocks, a few values of k. */
typedef struct row_piece {
    int64_t first, rows, k, length;
    const gan_real *a;
    int64_t a_row, a_step;
    /* Where its part of C is: of its first row and the task's first column. */
    gan_real *c;
    int64_t c_row, c_step, column;
} row_piece;

static void take_rows(const gemm_work *work, row_piece *piece, gan_real *to)
{
    const gan_real *a = work->a + piece->first * work->a_row + piece->k * work->a_step;
    piece->a = work->packs_rows ? to : a;
    piece->a_row = work->packs_rows ? piece->length : work->a_row;
    piece->a_step = work->packs_rows ? 1 : work->a_step;
    if (!work->packs_rows) return;
    if (work->a_step != 1) {
        work->table->transpose(piece->length, piece->rows, piece->length, a, work->a_step, to, piece->length);
        return;
    }
    for (int64_t i = 0; i < piece->rows; i++)
        memcpy(to + i * piece->length, a + i * work->a_row, (size_t)piece->length * sizeof(*to));
}

/* Computes the piece's part of C[rows of a block, panel], with what the tile has of B. */
static void multiply_block(const gemm_work *work, const gan_panel *panel, const row_piece *piece, int64_t from,
                           gan_tile *tile)
{
    const bool last = piece->k + piece->length == work->k;
    gan_row_block block = {.rows = gan_least(work->block, piece->rows - from)};
    for (int64_t i = 0; i < block.rows; i++) {
        block.a[i] = piece->a + (from + i) * piece->a_row;
        block.c[i] = piece->c + (from + i) * piece->c_row + (panel->first - piece->column) * piece->c_step;
    }
    tile->row_bias = last && work->row_bias ? work->row_bias + piece->first + from : NULL;
    gan_row_block_run(work->table, tile, &block, work->dot);
}

/* The panel, packed for all tasks; or only for this one, if another is just packing it. */
static const gan_real *shared_panel(const gemm_work *work, int64_t p, const gan_panel *panel, gan_real *own)
{
    gan_real *shared = work->pack + panel->first * work->k;
    unsigned char state = UNPACKED;
    if (atomic_load_explicit(&work->states[p], memory_order_acquire) == PACKED) return shared;
    if (atomic_compare_exchange_strong(&work->states[p], &state, BEING_PACKED)) {
        pack_piece(work, panel, 0, work->k, shared);
        atomic_store_explicit(&work->states[p], PACKED, memory_order_release);
        return shared;
    }
    if (state == PACKED) return shared;
    pack_piece(work, panel, 0, work->k, own);
    return own;
}

/* `own`: memory for panel p, or the piece of it. */
static void multiply_piece(const gemm_work *work, const gan_panel *panel, const row_piece *piece, int64_t p,
                           gan_real *own)
{
    gan_segment segment = {0, piece->k, piece->length};
    const bool in_place = is_in_place(work, panel), last = piece->k + piece->length == work->k;
    gan_tile tile = {.a_step = piece->a_step,
                     .b_step = in_place ? work->b_stride : panel->width,
                     .width = panel->width,
                     .columns = panel->columns,
                     .segments = &segment,
                     .segment_count = 1,
                     .c_step = piece->c_step,
                     .accumulate = work->accumulate || piece->k > 0,
                     .column_bias = last && work->column_bias ? work->column_bias + panel->first : NULL};
    if (in_place) {
        tile.b = work->b + panel->first;
    } else if (work->packed) {
        tile.b = work->packed + panel->first * work->k;
    } else if (work->states) {
        tile.b = shared_panel(work, p, panel, own);
    } else {
        pack_piece(work, panel, piece->k, piece->length, own);
        tile.b = own; /* begins with the piece's first row */
        segment.k = 0;
    }
    for (int64_t from = 0; from < piece->rows; from += work->block) multiply_block(work, panel, piece, from, &tile);
}

/* Most values of k at a time: what is packed stays in the L1 cache, the rest in L2. */
static int64_t most_length(const gemm_work *work, const gan_panel *panel)
{
    const int64_t value = (int64_t)sizeof(gan_real);
    if (work->dot) return work->k;
    const int64_t width = work->table->width;
    if (work->far && work->columns % width == 0) return FAR_ROWS;
    const bool large = work->group == 1 && (work->packed || work->states || is_in_place(work, panel));
    const int64_t most = (large ? GAN_PIECE_BYTES : GAN_PANEL_BYTES) / value / width;
    if (work->far) return gan_least(most, FAR_ROWS);
    return work->packs_rows ? gan_least(most, work->length) : most;
}

/* As few pieces as possible, about as long as one another. */
static int64_t even_length(int64_t k, int64_t most)
{
    const int64_t pieces = (k + most - 1) / most;
    return pieces < 2 ? most : ((k + pieces - 1) / pieces + 3) / 4 * 4;
}

static void place_result(const gemm_work *work, row_piece *piece, int64_t columns, gan_real *own)
{
    gan_real *c = work->c + piece->first * work->c_row + piece->column * work->c_step;
    const bool apart = work->sums_apart && piece->length < work->k;
    piece->c = apart ? own : c;
    piece->c_row = apart ? columns : work->c_row;
    piece->c_step = apart ? 1 : work->c_step;
    if (apart && work->accumulate) work->table->transpose(columns, piece->rows, 0, c, work->c_step, own, columns);
}

/* Those of a task's panels, of which the last two of all may be narrower than the others. */
static int64_t columns_of(const gemm_work *work, int64_t begin, int64_t end)
{
    const gan_panel last = gan_panel_at(work->table, work->columns, end - 1);

    return last.first + last.columns - gan_panel_at(work->table, work->columns, begin).first;
}

static void gemm_task(void *argument, int64_t index)
{
    const gemm_work *work = argument;
    _Alignas(64) gan_real own[OWN + OWN_PANEL];
    gan_real *sums = work->packs_rows ? own + OWN - LARGE_BLOCK * SUM_COLUMNS : own;
    const int64_t rows = work->span * work->block;
    const int64_t first = (work->rows_first ? index / work->groups : index % work->spans) * rows;
    const int64_t begin = (work->rows_first ? index % work->groups : index / work->spans) * work->group;
    const int64_t end = begin + work->group < work->panels ? begin + work->group : work->panels;
    row_piece piece = {.first = first, .rows = gan_least(rows, work->rows - first)};
    int64_t columns = 0, length = 0;
    do {
        for (int64_t p = begin; p < end; p++) {
            const gan_panel panel =
                work->dot ? (gan_panel){0, work->columns, 1} : gan_panel_at(work->table, work->columns, p);
            if (p == begin) {
                if (piece.k == 0) length = even_length(work->k, most_length(work, &panel));
                piece.length = gan_least(work->k - piece.k, length);
                take_rows(work, &piece, own);
                if (piece.k == 0) {
                    piece.column = panel.first;
                    columns = work->dot ? work->columns : columns_of(work, begin, end);
                    place_result(work, &piece, columns, sums);
                }
            }
            multiply_piece(work, &panel, &piece, p, work->states ? own : own + OWN);
        }
        piece.k += piece.length;
    } while (piece.k < work->k);
    if (piece.c == sums) {
        gan_real *c = work->c + first * work->c_row + piece.column * work->c_step;
        work->table->transpose(piece.rows, columns, 0, sums, columns, c, work->c_step);
    }
}

/* Whether B is packed before the tasks start, into the scratch, which has room for what PACK_RATIO allows. */
static bool is_packed_whole(const gemm_work *work)
{
    const bool serves_many = work->blocks > 1 && work->columns <= PACK_RATIO * work->rows;
    return work->whole || (!work->dot && serves_many && (work->b_transposed || work->packs_rows));
}

/* If tasks pack their panels, and there are more of them than are needed. */
static void choose_span(gemm_work *work)
{
    const int64_t span = gan_least(work->blocks, work->groups * work->blocks / SPAN_TASKS);
    if (span < 2 || work->dot || work->packed || work->packs_rows || work->sums_apart || work->far) return;
    work->spans = (work->blocks + span - 1) / span;
    work->span = (work->blocks + work->spans - 1) / work->spans;
}

/* Whether the first task that needs a panel packs it for all, into the scratch. It must fit into a task's own memory
 * too. Then there are enough tasks, of a few tiles each, for all threads to end at the same time. */
static bool shares_panels(const gemm_work *work)
{
    return !work->dot && !work->packs_rows && !work->sums_apart && !work->far && work->group == 1 &&
           work->a_step == 1 && work->columns <= PACK_RATIO * work->rows && work->panels <= SHARED_PANELS &&
           work->table->width * work->k <= OWN + OWN_PANEL;
}

static void share_panels(gemm_work *work, atomic_uchar *states, gan_real *to)
{
    divide_rows(work);
    work->spans = work->blocks;
    if (work->blocks < 2) return;
    for (int64_t p = 0; p < work->panels; p++) atomic_init(&states[p], UNPACKED);
    work->states = states;
    work->pack = to;
}

/* Gradients of weights: a thread computes rows of C, as the optimizer's pass over them will need them. */
static bool takes_rows_first(const gemm_work *work)
{
    return work->a_step != 1 && work->c_step == 1 && work->columns * work->k <= NEAR_VALUES;
}

/* ---- Thin products --------------------------------------------------------------------------------------------- */

typedef struct thin_work {
    const gan_micro_kernel_table *table;
    gan_thin_product product;
} thin_work;

static void thin_range(const void *arguments, int64_t begin, int64_t end)
{
    const thin_work *work = arguments;
    gan_thin_product part = work->product;
    part.rows = end - begin;
    part.a += begin * part.a_row;
    part.c += begin * part.c_row;
    work->table->thin(&part);
}

/* Whether the rows of B are not contiguous. */
static bool packs_thin(const gan_gemm *gemm)
{
    return gemm->transpose_b && (gemm->k > 1 || gemm->ldb > 1);
}

/* Writing C takes most of the time: tiles, which write 8 rows at a time, would take several times as long. */
static bool is_thin(const gan_micro_kernel_table *table, const gan_gemm *gemm)
{
    if (gemm->k < 1 || gemm->k > GAN_THIN || gemm->n < table->width) return false;
    return !packs_thin(gemm) || (gemm->scratch && gemm->n <= PACK_RATIO * gemm->m);
}

static void run_thin(gan_context *context, const gan_micro_kernel_table *table, const gan_gemm *gemm)
{
    const int64_t blocks = gemm->m * gemm->n / THIN_VALUES + 1;
    thin_work work = {.table = table,
                      .product = {.columns = gemm->n,
                                  .k = gemm->k,
                                  .a = gemm->a,
                                  .a_row = gemm->transpose_a ? 1 : gemm->lda,
                                  .a_step = gemm->transpose_a ? gemm->lda : 1,
                                  .b = gemm->b,
                                  .b_step = gemm->ldb,
                                  .c = gemm->c,
                                  .c_row = gemm->ldc,
                                  .accumulate = gemm->accumulate,
                                  .bias = gemm->bias}};
    if (packs_thin(gemm)) {
        gan_real *to = gan_scratch_align(gemm->scratch);
        table->transpose(gemm->n, gemm->k, gemm->n, gemm->b, gemm->ldb, to, gemm->n);
        work.product.b = to;
        work.product.b_step = gemm->n;
    }
    gan_range_run(context, thin_range, &work, gemm->m, (gemm->m + blocks - 1) / blocks);
}

/* ---- All products ---------------------------------------------------------------------------------------------- */

void gan_gemm_native_run(gan_context *context, const gan_micro_kernel_table *table, const gan_gemm *gemm)
{
    if (is_thin(table, gemm)) {
        run_thin(context, table, gemm);
        return;
    }
    gemm_work work = gemm_plan(table, gemm);
    const double k = (double)work.k, rows = (double)work.rows, columns = (double)work.columns;
    gan_real *scratch = gemm->scratch ? gan_scratch_align(gemm->scratch) : NULL;
    atomic_uchar states[SHARED_PANELS];
    if (gemm->packed_b && is_packed_whole(&work) && !work.swapped) {
        work.packed = gemm->packed_b;
    } else if (scratch && shares_panels(&work)) {
        share_panels(&work, states, scratch);
    } else if (scratch && is_packed_whole(&work)) {
        pack_whole(context, &work, scratch);
        work.packed = scratch;
    }
    if (!work.states) choose_span(&work);
    work.rows_first = takes_rows_first(&work);
    gan_multiply_parallel(context, gemm_task, &work, work.groups * work.spans, k * rows * columns);
}

int64_t gan_gemm_native_packed_size(const gan_micro_kernel_table *table, const gan_gemm *gemm)
{
    const gemm_work work = gemm_plan(table, gemm);
    return is_packed_whole(&work) && !work.swapped ? work.k * gan_panel_total(table, work.columns) : 0;
}

void gan_gemm_native_pack(gan_context *context, const gan_micro_kernel_table *table, const gan_gemm *gemm,
                          gan_real *packed)
{
    gemm_work work = gemm_work_make(table, gemm, false);
    pack_whole(context, &work, packed);
}

int64_t gan_gemm_native_scratch(const gan_micro_kernel_table *table, int64_t m, int64_t n, int64_t k)
{
    int64_t straight = n <= PACK_RATIO * m ? gan_panel_total(table, n) : 0;
    /* Where m rows are too many to be packed, fewer may be. */
    int64_t swapped = gan_panel_total(table, gan_least(m, PACK_RATIO * n));
    return k * (straight > swapped ? straight : swapped) + GAN_SCRATCH_SLACK;
}
