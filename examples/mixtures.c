/* Learns mixtures of normal distributions in the plane, the usual test of whether a GAN loses modes: a ring of 8
 * (radius 1, deviation 0.01) and a grid of 5 x 5 (spacing 2, deviation 0.05), judged on 2,500 samples as in VEEGAN
 * (Srivastava et al., 2017) and PacGAN (Lin et al., 2018): a sample is of high quality within 3 deviations of a
 * centre, and a mode is captured by one such sample.
 *
 *     mixtures ring            trains, and draws what it has learned as it learns; --resume goes on
 *     mixtures table --steps N trains on the grid by every loss with every regulariser, N steps each */
#include "command.h"
#include "losses.h"
#include "monitor.h"
#include "options.h"
#include "outputs.h"
#include "program.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOISE = 2,
    UNITS = 128,
    GENERATOR_HIDDEN = 4, /* layers */
    DISCRIMINATOR_HIDDEN = 3,
    STEPS = 40000,      /* of a run, by default */
    TABLE_STEPS = 5000, /* of each run of a table */
    JUDGED = 2500,      /* samples */
    MOST_MODES = 25,
    SIDE = 400 /* pixels of a picture */
};

#define JUDGE_SEED 1234 /* of the noise that is judged and drawn */

typedef struct mixture {
    const char *name;
    int modes;
    float centres[MOST_MODES][2];
    float deviation;
    float scale;  /* multiplies positions for the networks: makes both mixtures about as wide and as fine */
    float extent; /* of the picture, from the origin */
} mixture;

typedef struct settings {
    int64_t steps, seed, threads, batch;
    double learning_rate, save_minutes;
    const char *output, *loss, *regulariser;
    bool resume, quiet;
} settings;

/* ---- The mixtures ---------------------------------------------------------------------------------------------- */

static mixture make_ring(void)
{
    const double pi = 3.14159265358979323846;
    mixture m = {.name = "ring", .modes = 8, .deviation = 0.01f, .scale = 4, .extent = 1.3f};
    for (int i = 0; i < m.modes; i++) {
        m.centres[i][0] = (float)cos(2 * pi * i / m.modes);
        m.centres[i][1] = (float)sin(2 * pi * i / m.modes);
    }
    return m;
}

static mixture make_grid(void)
{
    mixture m = {.name = "grid", .modes = 25, .deviation = 0.05f, .scale = 1, .extent = 5};
    for (int i = 0; i < m.modes; i++) {
        const int column = i % 5, row = i / 5;
        m.centres[i][0] = 2.0f * (float)(column - 2);
        m.centres[i][1] = 2.0f * (float)(row - 2);
    }
    return m;
}

/* `count` points as the networks see them; `scratch` has room for 3 numbers per point. */
static gan_status draw_points(const mixture *m, gan_random *random, int64_t count, float *scratch, float *points)
{
    float *choices = scratch, *normal = scratch + count;
    gan_status status = gan_random_uniform(random, choices, count);
    if (status == GAN_OK) status = gan_random_normal(random, normal, 2 * count);
    for (int64_t i = 0; status == GAN_OK && i < count; i++) {
        const float *centre = m->centres[(int)(choices[i] * (float)m->modes)];
        for (int k = 0; k < 2; k++) points[2 * i + k] = m->scale * (centre[k] + m->deviation * normal[2 * i + k]);
    }
    return status;
}

/* ---- Training -------------------------------------------------------------------------------------------------- */

/* The first of these is what a run uses by default. */
static const struct {
    const char *name;
    gan_trainer_options options;
    bool spectral_norm;
} regularisers[] = {
    {.name = "r1-r2", .options = {.r1 = 0.3f, .r2 = 0.3f}},
    {.name = "r1", .options = {.r1 = 0.3f}},
    {.name = "gradient-penalty", .options = {.gradient_penalty = 10}},
    {.name = "dragan", .options = {.dragan = 10}},
    {.name = "spectral-norm", .spectral_norm = true},
    {.name = "packing-2", .options = {.packing = 2}},
    {.name = "instance-noise", .options = {.instance_noise = 0.1f}},
    {.name = "none"},
};

enum { REGULARISERS = sizeof(regularisers) / sizeof(regularisers[0]) };

static int find_regulariser(const char *name)
{
    for (int i = 0; i < REGULARISERS; i++)
        if (strcmp(regularisers[i].name, name) == 0) return i;
    fprintf(stderr, "--regulariser %s: expected one of", name);
    for (int i = 0; i < REGULARISERS; i++) fprintf(stderr, " %s", regularisers[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

typedef struct network {
    int64_t inputs, outputs;
    int hidden;  /* layers of UNITS */
    float slope; /* of their leaky ReLU; 0 makes it ReLU */
    bool spectral_norm;
} network;

static gan_status build_network(gan_context *context, network n, uint64_t seed, gan_model **out)
{
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);
    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(n.inputs)));
    for (int i = 0; i < n.hidden; i++) {
        gan_model_add(
            model, gan_layer_dense(context, UNITS,
                                   GAN_DENSE(.weight_initializer = GAN_HE_NORMAL, .spectral_norm = n.spectral_norm)));
        gan_model_add(model,
                      gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = n.slope > 0 ? n.slope : GAN_ZERO)));
    }
    gan_model_add(model, gan_layer_dense(context, n.outputs, GAN_DENSE(.spectral_norm = n.spectral_norm)));
    status = gan_model_build(model, seed);
    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

/* A continuous generator draws some samples between the modes, and fewer the steeper it is there: hence its depth,
 * and ReLU, whose flat half lets it be flat within a mode and steep beside it. */
static gan_status build_generator(gan_context *context, uint64_t seed, gan_model **out)
{
    return build_network(context, (network){.inputs = NOISE, .outputs = 2, .hidden = GENERATOR_HIDDEN}, seed, out);
}

static gan_status build_discriminator(gan_context *context, int regulariser, uint64_t seed, gan_model **out)
{
    const int64_t packing = regularisers[regulariser].options.packing;
    return build_network(context,
                         (network){.inputs = packing > 1 ? 2 * packing : 2,
                                   .outputs = 1,
                                   .hidden = DISCRIMINATOR_HIDDEN,
                                   .slope = 0.2f,
                                   .spectral_norm = regularisers[regulariser].spectral_norm},
                         seed, out);
}

typedef struct run {
    const mixture *mixture;
    const settings *settings;
    gan_loss loss;
    int regulariser;
    int64_t steps, begun_for, taken; /* begun_for: the steps over which the rates of a resumed run fall */
    gan_context *context;
    gan_model *generator, *discriminator, *average;
    gan_trainer *trainer;
    gan_random *random;
    gan_checkpoint *checkpoint;
    bool noted;              /* the command line */
    float *points, *scratch; /* of a batch: 2 and 3 numbers per point */
    float *judged;           /* JUDGED points, as they are */
    float *picture;
    gan_mixture_quality quality; /* of the last judgement */
} run;

/* R3GAN's recipe (Huang et al., 2024) in miniature: a pairing loss, penalties on both sides, no momentum in the first
 * moment, rates and penalties that decay, and the average of the generator. */
static gan_status create_trainer(run *r)
{
    const settings *s = r->settings;
    const gan_optimizer_options optimizer = {.struct_size = sizeof(optimizer),
                                             .learning_rate = (float)s->learning_rate,
                                             .beta1 = GAN_ZERO,
                                             .beta2 = 0.99f,
                                             .schedule = GAN_SCHEDULE_COSINE,
                                             .schedule_steps = r->steps};
    gan_trainer_options options = regularisers[r->regulariser].options;
    options.struct_size = sizeof(options);
    options.batch = s->batch;
    options.loss = r->loss;
    options.seed = (uint64_t)s->seed;
    options.generator_optimizer = options.discriminator_optimizer = &optimizer;
    options.ema_half_life = 500 * (float)s->batch;
    options.ema_ramp = 0.05f;
    if (options.r1 > 0) {
        options.penalty_schedule = GAN_SCHEDULE_COSINE;
        options.final_penalty_factor = 0.1f;
        options.penalty_schedule_steps = r->steps;
    }
    gan_status status = gan_trainer_create(r->context, r->generator, r->discriminator, &options, &r->trainer);
    return status == GAN_OK ? gan_trainer_get_average(r->trainer, &r->average) : status;
}

/* All that changes from step to step, and what the rates depend on. */
static gan_status describe_checkpoint(run *r)
{
    r->begun_for = r->steps;
    gan_status status = gan_checkpoint_create(r->context, &r->checkpoint);
    if (status == GAN_OK) status = gan_checkpoint_add_trainer(r->checkpoint, "trainer", r->trainer);
    if (status == GAN_OK) status = gan_checkpoint_add_random(r->checkpoint, "random", r->random);
    return status == GAN_OK ? gan_checkpoint_add_integer(r->checkpoint, "steps", &r->begun_for) : status;
}

static gan_status create_run(run *r)
{
    const settings *s = r->settings;
    uint64_t seed = (uint64_t)s->seed;
    gan_status status = open_context(s->threads, &r->context);
    if (status == GAN_OK) status = build_generator(r->context, 2 * seed, &r->generator);
    if (status == GAN_OK) status = build_discriminator(r->context, r->regulariser, 2 * seed + 1, &r->discriminator);
    if (status == GAN_OK) status = create_trainer(r);
    if (status == GAN_OK) status = gan_random_create(r->context, seed, 100, &r->random);
    if (status == GAN_OK) status = describe_checkpoint(r);
    r->points = allocate(2 * s->batch, sizeof(float));
    r->scratch = allocate(3 * s->batch, sizeof(float));
    r->judged = allocate(2 * JUDGED, sizeof(float));
    r->picture = allocate(3 * SIDE * SIDE, sizeof(float));
    return status;
}

static void release_run(run *r)
{
    free(r->points);
    free(r->scratch);
    free(r->judged);
    free(r->picture);
    gan_checkpoint_destroy(r->checkpoint);
    gan_random_destroy(r->random);
    gan_trainer_destroy(r->trainer);
    gan_model_destroy(r->discriminator);
    gan_model_destroy(r->generator);
    gan_context_destroy(r->context);
}

/* ---- Judging --------------------------------------------------------------------------------------------------- */

static gan_status judge(run *r)
{
    const mixture *m = r->mixture;
    gan_status status = gan_model_sample(r->average, GAN_SAMPLE(.seed = JUDGE_SEED), JUDGED, r->judged);
    for (int i = 0; i < 2 * JUDGED; i++) r->judged[i] /= m->scale;
    r->quality = (gan_mixture_quality)GAN_MIXTURE_QUALITY_INIT;
    if (status != GAN_OK) return status;
    return gan_metric_mixture_quality(r->context, r->judged, JUDGED, m->centres[0], m->modes, 2, m->deviation,
                                      &r->quality);
}

/* Paints one dot of 3 x 3 pixels. */
static void paint(run *r, const float point[2], const float colour[3])
{
    int x = (int)lrintf((point[0] / r->mixture->extent + 1) * SIDE / 2);
    int y = (int)lrintf((1 - point[1] / r->mixture->extent) * SIDE / 2);
    for (int i = y - 1; i <= y + 1; i++) {
        for (int j = x - 1; j <= x + 1; j++) {
            for (int c = 0; c < 3 && i >= 0 && i < SIDE && j >= 0 && j < SIDE; c++)
                r->picture[(c * SIDE + i) * SIDE + j] = colour[c];
        }
    }
}

/* The judged points in blue over the centres in orange, on white. */
static gan_status draw(run *r, const char *name)
{
    static const float orange[3] = {1.0f, 0.2f, -0.8f}, blue[3] = {-0.8f, -0.4f, 0.6f};
    char path[PATH_SIZE];
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_status status = gan_context_get_info(r->context, &info);
    if (status != GAN_OK || !info.png) return status;
    for (int i = 0; i < 3 * SIDE * SIDE; i++) r->picture[i] = 1;
    for (int i = 0; i < r->mixture->modes; i++) paint(r, r->mixture->centres[i], orange);
    for (int i = 0; i < JUDGED; i++) paint(r, r->judged + 2 * i, blue);
    return draw_picture(r->context, path_in(r->settings->output, name, path), r->picture, 1, GAN_SHAPE(3, SIDE, SIDE),
                        1);
}

/* ---- Runs ------------------------------------------------------------------------------------------------------ */

/* Judges, and draws if there is an output folder. */
static gan_status look(run *r)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.png", r->mixture->name);
    gan_status status = judge(r);
    monitor_value("modes", (double)r->quality.modes);
    monitor_value("high_quality", r->quality.high_quality);
    monitor_model("generator", r->generator);
    monitor_model("discriminator", r->discriminator);
    if (status == GAN_OK && r->settings->output) status = draw(r, name);
    if (status == GAN_OK) monitor_saved();
    return status;
}

/* Runs of a table are not saved. */
static gan_status save(run *r)
{
    char path[PATH_SIZE];
    if (!r->settings->output || r->taken == 0) return GAN_OK;
    const gan_status status =
        gan_checkpoint_save(r->checkpoint, path_in(r->settings->output, "checkpoint.safetensors", path));
    if (status == GAN_OK && !r->noted) write_command(r->settings->output, r->settings->resume);
    r->noted = true;
    return status;
}

static gan_status resume(run *r)
{
    char path[PATH_SIZE];
    gan_random_state before, after;
    gan_status status = gan_random_get_state(r->random, &before);
    if (status == GAN_OK) {
        status = gan_checkpoint_load(r->checkpoint, path_in(r->settings->output, "checkpoint.safetensors", path));
    }
    if (status == GAN_OK) status = gan_random_get_state(r->random, &after);
    if (status != GAN_OK) return status;
    if (before.seed != after.seed) refuse_seed(after.seed);
    if (r->begun_for != r->steps) {
        fprintf(stderr, "--steps %lld: this training began with --steps %lld, over which its rates fall\n",
                (long long)r->steps, (long long)r->begun_for);
        exit(2);
    }
    r->taken = gan_trainer_steps(r->trainer);
    if (!r->settings->quiet) say_resumed(r->taken);
    return GAN_OK;
}

/* Ctrl-C ends it as its last step does, with what has been learned. */
static gan_status train(run *r)
{
    enum { LOOKS = 20 };
    gan_status status = GAN_OK;
    double saved = seconds_now();
    for (int64_t step = r->taken + 1; step <= r->steps && status == GAN_OK; step++) {
        status = draw_points(r->mixture, r->random, r->settings->batch, r->scratch, r->points);
        if (status == GAN_OK) status = gan_trainer_step(r->trainer, r->points, r->settings->batch, NULL);
        r->taken = step;
        monitor_step(step, NULL);
        if (status == GAN_OK && interrupted()) break;
        if (status == GAN_OK && seconds_now() > saved + 60 * r->settings->save_minutes) {
            status = save(r);
            saved = seconds_now();
        }
        if (status != GAN_OK || r->settings->quiet || (step * LOOKS) % r->steps >= LOOKS) continue;
        status = look(r);
        fprintf(stderr, "step %lld of %lld: modes=%lld high_quality=%.3f\n", (long long)step, (long long)r->steps,
                (long long)r->quality.modes, r->quality.high_quality);
    }
    if (status == GAN_OK) status = save(r);
    return status == GAN_OK ? look(r) : status;
}

static int train_one(const mixture *m, const settings *s)
{
    run r = {.mixture = m,
             .settings = s,
             .steps = s->steps > 0 ? s->steps : STEPS,
             .loss = find_loss(s->loss),
             .regulariser = find_regulariser(s->regulariser)};
    char picture[64];
    double start = seconds_now();
    snprintf(picture, sizeof(picture), "%s.png", m->name);
    will_write_in(s->output,
                  (const char *const[]){"checkpoint.safetensors", COMMAND_FILE, picture, REPORT_FILE, NULL});
    if (s->resume) require_checkpoint(s->output);
    catch_interrupts();
    gan_status status = create_run(&r);
    if (status == GAN_OK && s->resume) status = resume(&r);
    if (status == GAN_OK) monitor_begin(r.context, s->output, r.taken);
    if (status == GAN_OK) status = train(&r);
    monitor_end();
    if (status == GAN_OK) {
        printf("steps=%lld modes=%lld high_quality=%.3f seconds=%.0f\n", (long long)r.taken,
               (long long)r.quality.modes, r.quality.high_quality, seconds_now() - start);
    }
    if (status == GAN_OK && r.taken < r.steps) {
        fprintf(stderr, "stopped and saved after %lld of %lld steps; --resume continues from here\n",
                (long long)r.taken, (long long)r.steps);
        status = GAN_ERROR_CANCELLED;
    }
    int result = exit_status(status);
    release_run(&r);
    return result;
}

/* One cell of the table: modes and share of high quality, or the reason why not. */
static void print_cell(const mixture *m, const settings *s, gan_loss loss, int regulariser)
{
    run r = {.mixture = m,
             .settings = s,
             .steps = s->steps > 0 ? s->steps : TABLE_STEPS,
             .loss = loss,
             .regulariser = regulariser};
    gan_status status = create_run(&r);
    if (status == GAN_OK) status = train(&r);
    if (status == GAN_OK && r.taken < r.steps) {
        printf(" stopped |");
    } else if (status == GAN_OK) {
        printf(" %lld / %.1f %% |", (long long)r.quality.modes, 100 * r.quality.high_quality);
    } else {
        printf(" %s |", status == GAN_ERROR_DIVERGED ? "diverged" : gan_status_name(status));
    }
    fflush(stdout);
    release_run(&r);
}

/* Every loss with every regulariser, as a table in Markdown. */
static int print_table(const mixture *m, const settings *s)
{
    catch_interrupts();
    printf("| loss |");
    for (int j = 0; j < REGULARISERS; j++) printf(" %s |", regularisers[j].name);
    printf("\n|");
    for (int j = 0; j <= REGULARISERS; j++) printf(" --- |");
    for (int i = 0; loss_name(i); i++) {
        printf("\n| %s |", loss_name(i));
        for (int j = 0; j < REGULARISERS && !interrupted(); j++) print_cell(m, s, (gan_loss)i, j);
    }
    printf("\n");
    return interrupted() ? 130 : 0;
}

int main(int argc, char **argv)
{
    settings s = {.output = "out",
                  .loss = loss_name(GAN_LOSS_RELATIVISTIC),
                  .regulariser = regularisers[0].name,
                  .batch = 128,
                  .learning_rate = 2e-3,
                  .save_minutes = 1};
    const option options[] = {
        {"--steps", OPTION_INTEGER, &s.steps, 1, 1e9, "N",
         "of training, those before --resume included (default 40000; 5000 for a table)"},
        {"--save-minutes", OPTION_NUMBER, &s.save_minutes, 1e-4, 1e6, "M", SAVE_HELP},
        {"--resume", OPTION_FLAG, &s.resume, 0, 0, NULL,
         "continue from the checkpoint that the output folder must have"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "for weights, noise and data (default 0)"},
        {"--batch", OPTION_INTEGER, &s.batch, 2, 65536, "N", "samples per step (default 128)"},
        {"--learning-rate", OPTION_NUMBER, &s.learning_rate, 1e-9, 1, "R",
         "initial rate, which falls to 0 (default 0.002)"},
        {"--loss", OPTION_TEXT, &s.loss, 0, 0, "NAME", "default: relativistic"},
        {"--regulariser", OPTION_TEXT, &s.regulariser, 0, 0, "NAME", "default: r1-r2"},
        {"--output", OPTION_TEXT, &s.output, 0, 0, "DIR", "folder for picture and checkpoint (default out)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "print only the last line"},
        MONITOR_OPTIONS,
    };
    const char *usage = "mixtures ring|grid|table [OPTION]...: learns a mixture of 8 or 25 normal distributions.";
    const bool named = argc > 1 && argv[1][0] != '-';
    read_options(argc, argv, named ? 2 : 1, usage, options, (int)(sizeof(options) / sizeof(options[0])));
    mixture ring = make_ring(), grid = make_grid();
    if (argc > 1 && strcmp(argv[1], "ring") == 0) return train_one(&ring, &s);
    if (argc > 1 && strcmp(argv[1], "grid") == 0) return train_one(&grid, &s);
    if (argc > 1 && strcmp(argv[1], "table") == 0) {
        refuse_options("in a table", (const char *const[]){"--output", "--loss", "--regulariser", "--quiet",
                                                           "--resume", "--save-minutes", "--tensorboard", NULL});
        s.output = NULL;
        s.quiet = true;
        return print_table(&grid, &s);
    }
    fprintf(stderr, "%s%sname ring, grid or table first (--help lists the options)\n", named ? argv[1] : "",
            named ? ": no such mixture; " : "");
    return 2;
}
