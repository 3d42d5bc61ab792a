/* Learns to write words, or short lines of a text: WGAN-GP on one-hot characters, with residual convolutions along
 * the line (Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, section 5.4). Then it says how far the
 * runs of three and four characters are from those of words that were held out, beside a Markov chain's, and how many
 * of its words exist. */
#include "game_program.h"
#include "models.h"
#include "outputs.h"
#include "program.h"
#include "text_ngrams.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE        64
#define KERNEL       5    /* characters that a convolution sees */
#define BRANCH       0.3  /* how much a residual block adds at first */
#define SAMPLE_SEED  1234 /* of all lines that are measured or written */
#define LEAST_LINES  8    /* to split */
#define MEASURE_FILE "ngrams.csv"

/* One row of MEASURE_FILE. */
typedef struct measurement {
    int64_t step;
    double js3, js4, real, new; /* real: the share that are lines of the text; new: of its half held out */
} measurement;

typedef struct job {
    game_settings game;
    const char *data, *text;
    int64_t length, batch, moves, width, blocks, samples;
    double rate;
    gan_context *context;
    text_lines lines;
    gan_dataset *dataset;
    gan_model *generator, *discriminator;
    gan_game *play;
    gan_player d, g;
    ngrams held_out[MOST_RUN + 1]; /* by n */
    measurement *history;
    int64_t measurements;
} job;

/* ---- The networks ---------------------------------------------------------------------------------------------- */

/* A convolution along lines, which are images of one row: (channels, 1, length). */
static gan_layer *convolution(const job *j, int64_t channels, int64_t kernel, double scale)
{
    const double limit = scale * sqrt(6.0 / (double)(kernel * (channels + j->width)));
    return gan_layer_conv2d(j->context, channels,
                            GAN_CONV2D(.kernel = {1, kernel}, .padding = GAN_PADDING_SAME,
                                       .weight_initializer = GAN_UNIFORM((float)limit)));
}

/* x + conv(relu(conv(relu(x)))). The paper multiplies what is added by 0.3; here the second convolution begins that
 * much smaller. */
static gan_node add_blocks(const job *j, gan_model *m, gan_node x)
{
    for (int64_t i = 0; i < j->blocks; i++) {
        gan_model_add_from(m, gan_layer_relu(j->context), GAN_NODES(x));
        gan_model_add(m, convolution(j, j->width, KERNEL, 1));
        gan_model_add(m, gan_layer_relu(j->context));
        const gan_node branch = gan_model_add(m, convolution(j, j->width, KERNEL, BRANCH));
        x = gan_model_add_from(m, gan_layer_add(j->context), GAN_NODES(x, branch));
    }
    return x;
}

/* Noise to a probability of each symbol at each place. */
static gan_status build_generator(job *j, uint64_t seed)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(j->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(j->context, GAN_SHAPE(NOISE)));
    gan_model_add(m, gan_layer_dense(j->context, j->width * j->lines.length, NULL));
    add_blocks(j, m, gan_model_add(m, gan_layer_reshape(j->context, GAN_SHAPE(j->width, 1, j->lines.length))));
    gan_model_add(m, convolution(j, j->lines.symbols, 1, 1));
    gan_model_add(m, gan_layer_softmax(j->context));
    return build_or_destroy(m, seed, &j->generator);
}

static gan_status build_discriminator(job *j, uint64_t seed)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(j->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(j->context, GAN_SHAPE(j->lines.symbols, 1, j->lines.length)));
    add_blocks(j, m, gan_model_add(m, gan_layer_conv2d(j->context, j->width, GAN_CONV2D(.kernel = {1, 1}))));
    gan_model_add(m, gan_layer_flatten(j->context));
    gan_model_add(m, gan_layer_dense(j->context, 1, NULL));
    return build_or_destroy(m, seed, &j->discriminator);
}

/* ---- The game -------------------------------------------------------------------------------------------------- */

/* The lines to train on, one-hot: (symbols, 1, length). */
static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    const job *j = user;
    const int64_t length = j->lines.length, size = j->lines.symbols * length;
    if (!fields[0]) return GAN_OK;
    memset(fields[0], 0, (size_t)(count * size) * sizeof(float));
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *symbols = j->lines.lines[numbers[i]].symbols;
        for (int64_t k = 0; k < length; k++) fields[0][i * size + symbols[k] * length + k] = 1;
    }
    return GAN_OK;
}

static gan_status open_data(job *j)
{
    const uint64_t seed = (uint64_t)j->game.seed;
    lines_open(j->context, j->text ? j->text : j->data, !j->text, j->length, LEAST_LINES, seed, &j->lines);
    const int64_t held_out = j->lines.count - j->lines.training;
    if (j->samples == 0) j->samples = held_out < 10000 ? held_out : 10000;
    for (int n = 3; n <= MOST_RUN; n++)
        j->held_out[n] = ngrams_of(j->lines.lines + j->lines.training, held_out, j->lines.length, n);
    const gan_callback_field field = {"line", GAN_SHAPE(j->lines.symbols, 1, j->lines.length), 0};
    return gan_dataset_from_callback(
        j->context, j->lines.training, 1, &field, fill, j,
        GAN_DATASET(.seed = seed, .drop_last = true, .restart_if_changed = j->game.restart), &j->dataset);
}

/* L_D = E D(G(z)) - E D(x) + 10 E (|D'(x')| - 1)^2, L_G = -E D(G(z)), with x' between x and G(z). */
static gan_status describe(job *j)
{
    const uint64_t seed = (uint64_t)j->game.seed;
    const float rate = (float)j->rate;
    const int64_t batch = j->batch < j->lines.training ? j->batch : j->lines.training;
    gan_status status = build_generator(j, 2 * seed);
    if (status == GAN_OK) status = build_discriminator(j, 2 * seed + 1);
    if (status == GAN_OK) status = gan_game_create(j->context, GAN_GAME(.batch = batch, .seed = seed), &j->play);
    if (status != GAN_OK) return status;
    gan_game *game = j->play;
    const gan_term x = gan_game_input(game, "line", GAN_SHAPE(j->lines.symbols, 1, j->lines.length));
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE), GAN_NOISE_NORMAL);
    const gan_term fake = gan_game_apply(game, j->generator, GAN_TERMS(z));
    const gan_term real_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(x));
    const gan_term fake_logits = gan_game_apply(game, j->discriminator, GAN_TERMS(fake));
    const gan_term between = gan_game_apply(game, j->discriminator, GAN_TERMS(gan_game_between(x, fake)));
    j->d = gan_game_player(game, "discriminator", j->discriminator,
                           GAN_PLAYER(.learning_rate = rate, .beta2 = 0.9f, .moves = j->moves));
    j->g =
        gan_game_player(game, "generator", j->generator,
                        GAN_PLAYER(.learning_rate = rate, .beta2 = 0.9f, .ema_half_life = 10000, .ema_ramp = 0.05f));
    gan_game_want_by(game, j->d, 1, gan_discriminator_loss(GAN_LOSS_WASSERSTEIN, real_logits, fake_logits, NULL),
                     GAN_WANT(.name = "D"));
    gan_game_want_by(game, j->d, 10, gan_gradient_penalty_loss(between, GAN_PENALTY_ONE_CENTERED),
                     GAN_WANT(.name = "penalty"));
    gan_game_want_by(game, j->g, 1, gan_generator_loss(GAN_LOSS_WASSERSTEIN, real_logits, fake_logits),
                     GAN_WANT(.name = "G"));
    status = gan_game_build(game);
    return status == GAN_OK ? gan_game_feed(game, x, j->dataset, "line") : status;
}

/* ---- Measures -------------------------------------------------------------------------------------------------- */

/* At each place the most probable symbol, up to the first end. */
static gan_status generate(const job *j, text_line *lines)
{
    const int64_t symbols = j->lines.symbols, length = j->lines.length, size = symbols * length;
    float *values = allocate(j->samples * size, sizeof(*values));
    gan_model *average = NULL;
    gan_status status = gan_player_get_average(j->g, 0, &average);
    if (status == GAN_OK) status = gan_model_sample(average, GAN_SAMPLE(.seed = SAMPLE_SEED), j->samples, values);
    memset(lines, 0, (size_t)j->samples * sizeof(*lines));
    for (int64_t i = 0; i < j->samples && status == GAN_OK; i++) {
        for (int64_t k = 0; k < length; k++) {
            const float *place = values + i * size + k;
            int64_t best = 0;
            for (int64_t s = 1; s < symbols; s++)
                if (place[s * length] > place[best * length]) best = s;
            if (best == LINE_END) break;
            lines[i].symbols[k] = (uint8_t)best;
        }
    }
    free(values);
    return status;
}

static measurement measure_lines(const job *j, const text_line *lines, int64_t count)
{
    double distance[MOST_RUN + 1];
    int64_t known = 0, new = 0;
    for (int n = 3; n <= MOST_RUN; n++) {
        ngrams grams = ngrams_of(lines, count, j->lines.length, n);
        distance[n] = ngrams_divergence(&grams, &j->held_out[n]);
        ngrams_close(&grams);
    }
    for (int64_t i = 0; i < count; i++) {
        known += lines_have(&j->lines, lines + i, true);
        new += lines_have(&j->lines, lines + i, false);
    }
    return (measurement){0, distance[3], distance[4], (double)(known + new) / (double)count,
                         (double)new / (double)count};
}

/* Those of a Markov chain that knows the lines to train on. */
static gan_status measure_markov(const job *j, measurement *out)
{
    gan_random *random = NULL;
    gan_status status = gan_random_create(j->context, SAMPLE_SEED, 0, &random);
    if (status != GAN_OK) return status;
    ngrams chain = ngrams_of(j->lines.lines, j->lines.training, j->lines.length, MOST_RUN);
    text_line *lines = allocate(j->samples, sizeof(*lines));
    markov_draw(&chain, random, j->lines.length, j->samples, lines);
    *out = measure_lines(j, lines, j->samples);
    free(lines);
    ngrams_close(&chain);
    gan_random_destroy(random);
    return GAN_OK;
}

/* Leaves those out that a resumed training is going to make again. */
static void forget(job *j, int64_t from)
{
    while (j->measurements > 0 && j->history[j->measurements - 1].step >= from) j->measurements--;
}

static void remember(job *j, measurement m)
{
    forget(j, m.step);
    j->history = realloc(j->history, (size_t)(j->measurements + 1) * sizeof(*j->history));
    if (!j->history) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    j->history[j->measurements++] = m;
}

static gan_status measure(void *user)
{
    job *j = user;
    text_line *lines = allocate(j->samples, sizeof(*lines));
    gan_status status = generate(j, lines);
    if (status == GAN_OK) {
        measurement m = measure_lines(j, lines, j->samples);
        m.step = gan_game_rounds(j->play);
        remember(j, m);
        if (!j->game.quiet) {
            fprintf(stderr, "step %lld: js3 %.4f, js4 %.4f, real %.4f, new %.4f\n", (long long)m.step, m.js3, m.js4,
                    m.real, m.new);
        }
    }
    free(lines);
    return status;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* False for the line of names. */
static bool read_row(const char *line, measurement *m)
{
    char *at = NULL;
    double *const values[] = {&m->js3, &m->js4, &m->real, &m->new};
    m->step = strtoll(line, &at, 10);
    for (int i = 0; i < 4; i++) {
        if (*at != ',') return false;
        *values[i] = strtod(at + 1, &at);
    }
    return *at == '\n';
}

static void read_measurements(job *j)
{
    char path[PATH_SIZE], line[256];
    FILE *file = open_earlier(path_in(j->game.output, MEASURE_FILE, path));
    while (file && fgets(line, sizeof(line), file)) {
        measurement m;
        if (read_row(line, &m)) remember(j, m);
    }
    if (file) fclose(file);
}

static void write_measurements(job *j)
{
    char path[PATH_SIZE];
    FILE *file = open_output(path_in(j->game.output, MEASURE_FILE, path));
    forget(j, gan_game_rounds(j->play) + 1);
    fprintf(file, "step,js3,js4,real,new\n");
    for (int64_t i = 0; i < j->measurements; i++) {
        const measurement *m = j->history + i;
        fprintf(file, "%lld,%.6f,%.6f,%.6f,%.6f\n", (long long)m->step, m->js3, m->js4, m->real, m->new);
    }
    close_output(file, path);
}

static gan_status write_samples(const job *j)
{
    char path[PATH_SIZE], text[LINE_TEXT];
    text_line *lines = allocate(j->samples, sizeof(*lines));
    gan_status status = generate(j, lines);
    if (status == GAN_OK) {
        FILE *file = open_output(path_in(j->game.output, "samples.txt", path));
        for (int64_t i = 0; i < j->samples; i++) fprintf(file, "%s\n", line_text(&j->lines, lines + i, text));
        close_output(file, path);
    }
    free(lines);
    return status;
}

static gan_status write_files(void *user)
{
    job *j = user;
    char path[PATH_SIZE];
    gan_model *average = NULL;
    gan_status status = gan_player_get_average(j->g, 0, &average);
    if (status == GAN_OK) status = gan_model_save(average, path_in(j->game.output, "generator.safetensors", path));
    if (status == GAN_OK) status = write_samples(j);
    if (status == GAN_OK) write_measurements(j);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static gan_status evaluate(job *j)
{
    measurement markov = {0};
    text_line *lines = allocate(j->samples, sizeof(*lines));
    gan_status status = generate(j, lines);
    if (status == GAN_OK) status = measure_markov(j, &markov);
    if (status == GAN_OK) {
        const measurement all = measure_lines(j, j->lines.lines, j->lines.training);
        const measurement m = measure_lines(j, lines, j->samples);
        printf("lines=%lld held_out=%lld characters=%lld training_js3=%.4f training_js4=%.4f\n",
               (long long)j->lines.training, (long long)(j->lines.count - j->lines.training),
               (long long)j->lines.symbols - 1, all.js3, all.js4);
        printf("js3=%.4f js4=%.4f markov_js3=%.4f markov_js4=%.4f real=%.4f new=%.4f markov_real=%.4f "
               "markov_new=%.4f steps=%lld\n",
               m.js3, m.js4, markov.js3, markov.js4, m.real, m.new, markov.real, markov.new,
               (long long)gan_game_rounds(j->play));
    }
    free(lines);
    return status;
}

/* A checkpoint has the rate of before. */
static gan_status set_rates(void *user)
{
    const job *j = user;
    const gan_player players[] = {j->d, j->g};
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && option_given("--learning-rate") && status == GAN_OK; i++) {
        gan_optimizer *optimizer = NULL;
        status = gan_player_get_optimizer(players[i], &optimizer);
        if (status == GAN_OK) status = gan_optimizer_set_learning_rate(optimizer, (float)j->rate);
    }
    return status;
}

static gan_status run(job *j)
{
    gan_status status = open_context(j->game.threads, &j->context);
    if (status == GAN_OK) status = open_data(j);
    if (status == GAN_OK) status = describe(j);
    if (status == GAN_OK && j->game.resume) read_measurements(j);
    j->game.fed = j->dataset;
    j->game.measure = measure;
    j->game.resumed = set_rates;
    if (status == GAN_OK) status = play_game(j->context, j->play, &j->game, write_files, j);
    return status == GAN_OK ? evaluate(j) : status;
}

static void release(job *j)
{
    gan_game_destroy(j->play);
    gan_model_destroy(j->generator);
    gan_model_destroy(j->discriminator);
    gan_dataset_destroy(j->dataset);
    for (int n = 3; n <= MOST_RUN; n++) ngrams_close(&j->held_out[n]);
    lines_close(&j->lines);
    free(j->history);
    gan_context_destroy(j->context);
}

int main(int argc, char **argv)
{
    job j = {.game = GAME_SETTINGS("text"),
             .data = "/usr/share/dict/american-english",
             .length = 12,
             .batch = 64,
             .moves = 5,
             .width = 64,
             .blocks = 2,
             .rate = 2e-4};
    j.game.measure_every = 500;
    const option options[] = {
        {"--words", OPTION_TEXT, &j.data, 0, 0, "FILE",
         "words, one a line; those with other characters than a to z do not count\n"
         "                               (default /usr/share/dict/american-english)"},
        {"--lines", OPTION_TEXT, &j.text, 0, 0, "FILE", "instead: all lines of a UTF-8 text, with their characters"},
        {"--length", OPTION_INTEGER, &j.length, 2, MOST_LENGTH, "N",
         "longer words do not count, longer lines are cut (default 12)"},
        {"--batch", OPTION_INTEGER, &j.batch, 1, 65536, "N", "lines per move (default 64)"},
        {"--d-moves", OPTION_INTEGER, &j.moves, 1, 100, "N", "moves of D in a step (default 5)"},
        {"--width", OPTION_INTEGER, &j.width, 1, 4096, "N", "channels of the convolutions (default 64)"},
        {"--blocks", OPTION_INTEGER, &j.blocks, 1, 100, "N", "residual blocks (default 2)"},
        {"--learning-rate", OPTION_NUMBER, &j.rate, 1e-9, 1, "R", "of Adam (default 0.0002)"},
        {"--samples", OPTION_INTEGER, &j.samples, 1, 1e8, "N",
         "to measure and write (default as many as are held out, up to 10000)"},
        {"--measure-every", OPTION_INTEGER, &j.game.measure_every, 1, 1e15, "N",
         "steps between measurements (default 500)"},
        GAME_OPTIONS(j.game, "text"),
    };
    read_options(argc, argv, 1, "text: learns to write words, or lines of a text. Default --minutes 10.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (j.text) refuse_options("with --lines", (const char *const[]){"--words", NULL});
    if (j.game.minutes == 0 && j.game.steps == 0) j.game.minutes = 10;
    will_read(j.text ? j.text : j.data);
    will_write_game(j.game.output, (const char *const[]){"generator.safetensors", "samples.txt", MEASURE_FILE, NULL});
    if (j.game.resume) require_checkpoint(j.game.output);
    const int result = exit_status(run(&j));
    release(&j);
    return result;
}
