/* Learns a table of numbers and categories, and writes another like it: a GAN conditional on one column, after CTGAN
 * (Xu et al., "Modeling Tabular Data using Conditional GAN", 2019), with the loss of WGAN-GP (Gulrajani et al.,
 * 2017). Then it says how far the new table is from the old one, column by column and in their correlations.
 */
#include "averages.h"
#include "game_program.h"
#include "lettering.h"
#include "models.h"
#include "monitor.h"
#include "outputs.h"
#include "program.h"
#include "table_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE       64
#define UNITS       256 /* of a hidden layer */
#define RATE        2e-4f
#define SAMPLE_SEED 1234
#define PLOT        128 /* dots of a side of a plot, of */
#define SCALE       2   /* pixels of a side */
#define MARGIN      84  /* pixels for names and numbers on the left of a plot */
#define PLOTTED     4   /* columns of numbers in the picture, at most */

typedef struct job {
    game_settings game; /* its output is the folder */
    const char *data, *output;
    table_choice choice;
    int64_t batch, count, moves;
    double penalty;
    gan_context *context;
    table table;
    float *rows, *classes; /* encoded */
    gan_dataset *dataset;
    gan_model *generator, *discriminator;
    gan_game *play;
    gan_player g;
} job;

/* ---- The networks ---------------------------------------------------------------------------------------------- */

/* Joins the one-hot class to another input. */
static void join_class(job *j, gan_model *m, gan_node input)
{
    gan_model_add(m, gan_layer_input(j->context, GAN_SHAPE(1)));
    const gan_node class = gan_model_add(m, gan_layer_one_hot(j->context, j->table.classes));
    gan_model_add_from(m, gan_layer_concat(j->context, NULL), GAN_NODES(input, class));
}

/* Numbers are the outputs of a dense layer, categories those of sigmoids, of which the largest is taken. */
static gan_status build_generator(job *j, uint64_t seed)
{
    const int64_t numbers = j->table.numbers, others = j->table.width - numbers;
    gan_model *m = NULL;
    gan_status status = gan_model_create(j->context, &m);
    if (status != GAN_OK) return status;
    join_class(j, m, gan_model_add(m, gan_layer_input(j->context, GAN_SHAPE(NOISE))));
    gan_node hidden = GAN_NODE_NONE, first = GAN_NODE_NONE, second = GAN_NODE_NONE;
    for (int i = 0; i < 2; i++) {
        gan_model_add(m, gan_layer_dense(j->context, UNITS, NULL));
        gan_model_add(m, gan_layer_batch_norm(j->context, NULL));
        hidden = gan_model_add(m, gan_layer_relu(j->context));
    }
    if (numbers > 0) first = gan_model_add_from(m, gan_layer_dense(j->context, numbers, NULL), GAN_NODES(hidden));
    if (others > 0) {
        gan_model_add_from(m, gan_layer_dense(j->context, others, NULL), GAN_NODES(hidden));
        second = gan_model_add(m, gan_layer_sigmoid(j->context));
    }
    if (numbers > 0 && others > 0)
        gan_model_add_from(m, gan_layer_concat(j->context, NULL), GAN_NODES(first, second));
    return build_or_destroy(m, seed, &j->generator);
}

static gan_status build_discriminator(job *j, uint64_t seed)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(j->context, &m);
    if (status != GAN_OK) return status;
    join_class(j, m, gan_model_add(m, gan_layer_input(j->context, GAN_SHAPE(j->table.width))));
    for (int i = 0; i < 2; i++) {
        gan_model_add(m, gan_layer_dense(j->context, UNITS, NULL));
        gan_model_add(m, gan_layer_leaky_relu(j->context, NULL));
    }
    gan_model_add(m, gan_layer_dense(j->context, 1, NULL));
    return build_or_destroy(m, seed, &j->discriminator);
}

/* ---- The game -------------------------------------------------------------------------------------------------- */

/* L_D = E D(G(z, c), c) - E D(x, c) + w E (|D'(x', c)| - 1)^2, L_G = -E D(G(z, c), c), with x' between x and G(z, c).
 */
static gan_status describe(job *j)
{
    const uint64_t seed = (uint64_t)j->game.seed;
    const int64_t batch = j->batch < j->table.rows ? j->batch : j->table.rows;
    gan_status status = build_generator(j, 2 * seed);
    if (status == GAN_OK) status = build_discriminator(j, 2 * seed + 1);
    if (status == GAN_OK) status = gan_game_create(j->context, GAN_GAME(.batch = batch, .seed = seed), &j->play);
    if (status != GAN_OK) return status;
    gan_game *game = j->play;
    const gan_term x = gan_game_input(game, "row", GAN_SHAPE(j->table.width));
    const gan_term c = gan_game_input(game, "class", GAN_SHAPE(1));
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(game, j->generator, GAN_TERMS(z, c));
    const gan_term real_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(x, c));
    const gan_term fake_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(fake, c));
    const gan_term between = gan_game_apply(game, j->discriminator, GAN_TERMS(gan_game_between(x, fake), c));
    const gan_player d = gan_game_player(game, "discriminator", j->discriminator,
                                         GAN_PLAYER(.learning_rate = RATE, .moves = j->moves));
    j->g = gan_game_player(game, "generator", j->generator,
                           GAN_PLAYER(.learning_rate = RATE, .ema_half_life = 50000, .ema_ramp = 0.05f));
    gan_game_want(game, d, 1, gan_discriminator_loss(GAN_LOSS_WASSERSTEIN, real_logits, fake_logits, NULL));
    gan_game_want(game, d, (float)j->penalty, gan_gradient_penalty_loss(between, GAN_PENALTY_ONE_CENTERED));
    gan_game_want(game, j->g, 1, gan_generator_loss(GAN_LOSS_WASSERSTEIN, real_logits, fake_logits));
    status = gan_game_build(game);
    if (status == GAN_OK) status = gan_game_feed(game, x, j->dataset, "row");
    return status == GAN_OK ? gan_game_feed(game, c, j->dataset, "class") : status;
}

static gan_status open_data(job *j)
{
    table *t = &j->table;
    gan_status status = table_open(j->context, j->data, &j->choice, t);
    if (status != GAN_OK) return status;
    j->rows = allocate(t->rows * t->width, sizeof(float));
    j->classes = allocate(t->rows, sizeof(float));
    table_encode(t, j->rows, j->classes);
    if (j->count == 0) j->count = t->rows;
    const gan_array_field fields[] = {{"row", j->rows, GAN_SHAPE(t->width), 0},
                                      {"class", j->classes, GAN_SHAPE(1), t->classes}};
    return gan_dataset_from_arrays(
        j->context, t->rows, 2, fields,
        GAN_DATASET(.seed = (uint64_t)j->game.seed, .drop_last = true, .restart_if_changed = j->game.restart),
        &j->dataset);
}

/* ---- Results --------------------------------------------------------------------------------------------------- */

/* Of the generator, with classes drawn as often as the data have them. */
static gan_status copy_average_of(const job *j, gan_model **out)
{
    float *rows_of_class = allocate(j->table.classes, sizeof(*rows_of_class));
    for (int64_t i = 0; i < j->table.rows; i++) rows_of_class[(int64_t)j->classes[i]]++;
    const gan_status status = copy_average(j->g, rows_of_class, out);
    free(rows_of_class);
    return status;
}

/* The cells of new rows, one for a row of the data with its class, again from the first one if there are more. */
static gan_status generate(const job *j, gan_model *average, float *cells)
{
    float *rows = allocate(j->count * j->table.width, sizeof(*rows));
    int32_t *classes = allocate(j->count, sizeof(*classes));
    for (int64_t i = 0; i < j->count; i++) classes[i] = (int32_t)j->classes[i % j->table.rows];
    gan_status status = gan_model_sample(
        average, GAN_SAMPLE(.seed = SAMPLE_SEED, .classes = classes, .class_count = j->count), j->count, rows);
    if (status == GAN_OK) table_decode(&j->table, rows, classes, j->count, cells);
    free(classes);
    free(rows);
    return status;
}

/* Where a value of a column is in a plot. */
static int64_t pixel(const table_column *column, float value)
{
    const double share = (value - column->least) / (column->most - column->least);
    return (int64_t)(share * (PLOT - 1) + 0.5);
}

/* Ends at `right`, or begins there if `after`. */
static void write_number(const picture *to, double value, int64_t right, int64_t top, bool after)
{
    char text[32];
    snprintf(text, sizeof(text), "%.4g", value);
    write_letters(to, after ? right : right - width_of_letters(text), top, text);
}

/* As many of its letters as there is room for. */
static const char *short_name(const table_column *column, char name[MARGIN])
{
    snprintf(name, MARGIN, "%.*s", MARGIN / LETTER_WIDTH - 1, column->name);
    return name;
}

/* How often two columns have values, the more often the darker, with their names and ranges at the sides. */
static void plot(const table *t, int64_t a, int64_t b, const float *cells, int64_t count, const picture *to,
                 int64_t left, int64_t top)
{
    const table_column *across = &t->columns[a], *up = &t->columns[b];
    const int64_t side = SCALE * PLOT, below = top + side + 4;
    float *dots = allocate(PLOT * PLOT, sizeof(*dots)), most = 0;
    char name[MARGIN];
    for (int64_t row = 0; row < count; row++) {
        const float *cell = cells + row * t->column_count;
        const int64_t x = pixel(across, cell[a]), y = PLOT - 1 - pixel(up, cell[b]);
        most = fmaxf(most, ++dots[y * PLOT + x]);
    }
    for (int64_t y = -1; y <= side; y++) {
        for (int64_t x = -1; x <= side; x++) {
            const bool inside = x >= 0 && y >= 0 && x < side && y < side;
            const float many = inside ? log1pf(dots[y / SCALE * PLOT + x / SCALE]) / log1pf(most) : 0.5f;
            to->image[(top + y) * to->width + left + x] = many > 0 ? 0.5f - 1.5f * many : 1;
        }
    }
    free(dots);
    short_name(across, name);
    write_letters(to, left + (side - width_of_letters(name)) / 2, below, name);
    write_number(to, across->least, left, below, true);
    write_number(to, across->most, left + side, below, false);
    write_number(to, up->most, left - 4, top, false);
    write_number(to, up->least, left - 4, top + side - LETTER_HEIGHT, false);
    short_name(up, name);
    write_letters(to, left - 4 - width_of_letters(name), top + side / 2, name);
}

/* A row for every two columns of numbers, of the first ones: the data, and what was generated. */
static gan_status write_picture(const job *j, const float *cells)
{
    const table *t = &j->table;
    int64_t shown[PLOTTED], columns = 0, row = 0;
    char path[PATH_SIZE];
    for (int64_t i = 0; i < t->column_count && columns < PLOTTED; i++)
        if (t->columns[i].categories == 0) shown[columns++] = i;
    if (columns < 2 || !has_pictures(j->context)) return GAN_OK;
    const int64_t across = MARGIN + SCALE * PLOT, down = SCALE * PLOT + 3 * LETTER_HEIGHT;
    picture to = {.height = columns * (columns - 1) / 2 * down + 2 * LETTER_HEIGHT,
                  .width = 2 * across + LETTER_WIDTH};
    to.image = allocate(to.height * to.width, sizeof(float));
    for (int64_t i = 0; i < to.height * to.width; i++) to.image[i] = 1;
    write_letters(&to, MARGIN, 2, "data");
    write_letters(&to, across + MARGIN, 2, "generated");
    for (int64_t a = 0; a < columns; a++) {
        for (int64_t b = a + 1; b < columns; b++) {
            const int64_t top = row++ * down + 2 * LETTER_HEIGHT;
            plot(t, shown[a], shown[b], t->cells, t->rows, &to, MARGIN, top);
            plot(t, shown[a], shown[b], cells, j->count, &to, across + MARGIN, top);
        }
    }
    gan_status status = draw_picture(j->context, path_in(j->game.output, "pairs.png", path), to.image, 1,
                                     GAN_SHAPE(1, to.height, to.width), 1);
    free(to.image);
    return status;
}

static gan_status write_files(void *user)
{
    job *j = user;
    char path[PATH_SIZE];
    gan_model *average = NULL;
    float *cells = allocate(j->count * j->table.column_count, sizeof(*cells));
    gan_status status = copy_average_of(j, &average);
    if (status == GAN_OK) status = gan_model_save(average, path_in(j->game.output, "generator.safetensors", path));
    if (status == GAN_OK) status = generate(j, average, cells);
    if (status == GAN_OK) table_write(&j->table, j->output, cells, j->count);
    if (status == GAN_OK) status = write_picture(j, cells);
    gan_model_destroy(average);
    free(cells);
    return status;
}

/* Mean over the columns that are learned. */
static double mean_distance(const table *t, const float *cells, int64_t count)
{
    double sum = 0, columns = 0;
    for (int64_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].place < 0) continue;
        sum += table_distance(t, i, cells, count);
        columns++;
    }
    return sum / columns;
}

/* Rows drawn from the data, with replacement: whole, or each cell from another row. */
static gan_status resample(const job *j, bool whole, float *cells)
{
    const table *t = &j->table;
    gan_random *random = NULL;
    float *u = allocate(t->column_count, sizeof(*u));
    gan_status status = gan_random_create(j->context, SAMPLE_SEED, 0, &random);
    for (int64_t row = 0; row < j->count && status == GAN_OK; row++) {
        status = gan_random_uniform(random, u, t->column_count);
        for (int64_t i = 0; i < t->column_count; i++) {
            const int64_t from = (int64_t)((double)u[whole ? 0 : i] * (double)t->rows);
            cells[row * t->column_count + i] = t->cells[from * t->column_count + i];
        }
    }
    gan_random_destroy(random);
    free(u);
    return status;
}

static void print_distances(const job *j, const char *prefix, const float *cells)
{
    printf("%smarginal=%.4f correlation=%.4f\n", prefix, mean_distance(&j->table, cells, j->count),
           table_correlation_difference(&j->table, cells, j->count));
}

/* Every column; the best and the worst to expect: other rows of the data, and columns that know nothing of another.
 */
static gan_status evaluate(job *j)
{
    const table *t = &j->table;
    gan_model *average = NULL;
    float *cells = allocate(j->count * t->column_count, sizeof(*cells));
    gan_status status = resample(j, true, cells);
    if (status == GAN_OK) print_distances(j, "rows drawn from the data: ", cells);
    if (status == GAN_OK) status = resample(j, false, cells);
    if (status == GAN_OK) print_distances(j, "columns drawn one by one: ", cells);
    if (status == GAN_OK) status = copy_average_of(j, &average);
    if (status == GAN_OK) status = generate(j, average, cells);
    for (int64_t i = 0; i < t->column_count && status == GAN_OK; i++) {
        if (t->columns[i].place < 0) continue;
        printf("column '%s': %.4f\n", t->columns[i].name, table_distance(t, i, cells, j->count));
    }
    if (status == GAN_OK) print_distances(j, "", cells);
    gan_model_destroy(average);
    free(cells);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status run(job *j)
{
    gan_status status = open_context(j->game.threads, &j->context);
    if (status == GAN_OK) status = open_data(j);
    if (status == GAN_OK && !j->game.quiet) {
        fprintf(stderr, "%s: %lld rows, %lld columns; a row for each %s\n", j->data, (long long)j->table.rows,
                (long long)j->table.column_count,
                j->table.condition < 0 ? "noise" : j->table.columns[j->table.condition].name);
    }
    if (status == GAN_OK) status = describe(j);
    j->game.fed = j->dataset;
    if (status == GAN_OK) status = play_game(j->context, j->play, &j->game, write_files, j);
    return status == GAN_OK ? evaluate(j) : status;
}

int main(int argc, char **argv)
{
    job j = {
        .game = GAME_SETTINGS("table"), .choice = {.most_distinct = 10}, .batch = 128, .moves = 5, .penalty = 10};
    const option options[] = {
        {"--data", OPTION_TEXT, &j.data, 0, 0, "FILE", "CSV file with a header line"},
        {"--delimiter", OPTION_TEXT, &j.choice.delimiter, 0, 0, "C",
         "what is between cells, such as ';' (default a comma)"},
        {"--decimal-comma", OPTION_FLAG, &j.choice.decimal_comma, 0, 0, NULL, "numbers have a comma for a point"},
        {"--skip-missing", OPTION_FLAG, &j.choice.skip_missing, 0, 0, NULL, "leave out rows with empty or NA cells"},
        {"--output", OPTION_TEXT, &j.output, 0, 0, "FILE", "CSV file to write"},
        {"--folder", OPTION_TEXT, &j.game.output, 0, 0, "DIR",
         "for checkpoint, generator and picture (default table)"},
        {"--condition", OPTION_TEXT, &j.choice.condition, 0, 0, "NAME", "a column of categories (default the first)"},
        {"--categorical", OPTION_TEXT, &j.choice.categorical, 0, 0, "NAMES",
         "columns with numbers as categories: a,b,\"c, with a comma\""},
        {"--distinct", OPTION_INTEGER, &j.choice.most_distinct, 0, MOST_CATEGORIES, "N",
         "so are those with at most N different ones (default 10)"},
        {"--rows", OPTION_INTEGER, &j.count, 2, 1e9, "N", "to write (default as many as in the data)"},
        {"--batch", OPTION_INTEGER, &j.batch, 1, 65536, "N", "rows per step (default 128)"},
        {"--d-moves", OPTION_INTEGER, &j.moves, 1, 100, "N", "moves of D in a step (default 5)"},
        {"--penalty", OPTION_NUMBER, &j.penalty, 0, 1e6, "W", "of the gradient (default 10)"},
        GAME_RUN_OPTIONS(j.game),
    };
    read_options(argc, argv, 1, "table: learns a table, and writes another like it. Default --minutes 5.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (!j.data || !j.output) {
        fprintf(stderr, "--data and --output are needed; --help explains them\n");
        return 2;
    }
    if (j.game.minutes == 0 && j.game.steps == 0) j.game.minutes = 5;
    if (j.choice.delimiter && strlen(j.choice.delimiter) != 1) {
        fprintf(stderr, "--delimiter is '%s', expected one character\n", j.choice.delimiter);
        return 2;
    }
    will_read_file(j.data);
    will_write_game(j.game.output, (const char *const[]){"generator.safetensors", "pairs.png", NULL});
    will_write(j.output);
    if (j.game.resume) require_checkpoint(j.game.output);
    const int result = exit_status(run(&j));
    gan_game_destroy(j.play);
    gan_model_destroy(j.generator);
    gan_model_destroy(j.discriminator);
    gan_dataset_destroy(j.dataset);
    table_close(&j.table);
    free(j.rows);
    free(j.classes);
    gan_context_destroy(j.context);
    return result;
}
