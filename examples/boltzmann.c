/* A restricted Boltzmann machine of images in MNIST's format, trained by persistent contrastive divergence (PCD:
 * Tieleman, "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient", 2008) or
 * without persistence (CD: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence", 2002). Pixels
 * v and hidden units h are 0 or 1, and
 *
 *     p(v, h) ~ exp(b v + c h + h W v)      p(h = 1 | v) = s(W v + c)      p(v = 1 | h) = s(W^T h + b)
 *
 * where s is the sigmoid. A dense layer does all of it: forward it is W v + c, backward to its input W^T h, and
 * backward to its weights h v^T. It is trained by the difference of what it is driven to by data and by its own
 * fantasies:
 *
 *     dW ~ E p(h | v) v^T - E p(h' | v') v'^T     v' after k steps of Gibbs sampling
 *
 * from v by CD, and by PCD from v' of the step before.
 */
#include "command.h"
#include "energies.h"
#include "game_program.h"
#include "mnist_files.h"
#include "monitor.h"
#include "outputs.h"
#include "program.h"
#include "report.h"
#include "quality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS      100 /* of Gibbs sampling at once; also images measured at once */
#define COLUMNS     10
#define THINNING    20   /* steps of a chain from one of its samples to the next */
#define SAMPLE_SEED 1234 /* of all pictures and figures */
#define MEASURED    1000 /* training and test images whose free energies are compared */
#define INTERVAL    100  /* steps from one row of losses.csv to the next */
#define SLOWING     300  /* steps after which the rate of PCD is halved */

typedef struct machine {
    game_settings settings;
    bool noted; /* the command line */
    const char *data, *test_folder;
    bool persistent;
    int64_t batch, hidden, k, burn_in, samples;
    double rate, momentum;
    gan_context *context;
    gan_dataset *dataset, *test;
    gan_shape image;
    int64_t pixels;
    classifier judge;
    gan_model *model; /* W and c */
    gan_session *session;
    gan_optimizer *optimizer;
    gan_random *random;
    float *bias, *bias_speed; /* b, and the speed that momentum gives it */
    float *chains;            /* v of CHAINS chains that go on from step to step */
    gan_checkpoint *checkpoint;
    int64_t step;
    double recent; /* sum of reconstructions since the last row of losses.csv */
    energies measured;
    float *images, *visible, *logits, *units, *numbers; /* for a batch: data, v, W^T h + b, h, random numbers */
} machine;

/* ---- The machine ----------------------------------------------------------------------------------------------- */

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

/* log(1 + exp(x)) */
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* From `values` in [0, 1], each the probability of 1, to 0 or 1. */
static gan_status draw(machine *m, gan_random *random, float *values, int64_t count)
{
    const gan_status status = gan_random_uniform(random, m->numbers, count);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) values[i] = m->numbers[i] < values[i] ? 1.0f : 0.0f;
    return status;
}

/* The images of a batch as pixels that are 0 or 1, white with their grey as probability. */
static gan_status draw_visible(machine *m, gan_random *random, int64_t count)
{
    for (int64_t i = 0; i < count * m->pixels; i++) m->visible[i] = m->images[i] / 2 + 0.5f;
    return draw(m, random, m->visible, count * m->pixels);
}

/* units = p(h = 1 | visible) */
static gan_status find_hidden(machine *m, int64_t count)
{
    gan_status status = gan_session_set_input(m->session, 0, m->visible, count);
    if (status == GAN_OK) status = gan_session_forward(m->session, GAN_MODE_TRAIN);
    if (status == GAN_OK) status = gan_session_get_output(m->session, 0, m->units);
    for (int64_t i = 0; i < count * m->hidden && status == GAN_OK; i++) m->units[i] = sigmoid(m->units[i]);
    return status;
}

/* logits = W^T units + b, visible = p(v = 1 | units); after find_hidden() for as many. */
static gan_status find_visible(machine *m, int64_t count)
{
    gan_status status = gan_session_set_output_gradient(m->session, 0, m->units);
    if (status == GAN_OK) status = gan_session_backward(m->session, GAN_BACKWARD_INPUTS);
    if (status == GAN_OK) status = gan_session_get_input_gradient(m->session, 0, m->logits);
    for (int64_t i = 0; i < count * m->pixels && status == GAN_OK; i++) {
        m->logits[i] += m->bias[i % m->pixels];
        m->visible[i] = sigmoid(m->logits[i]);
    }
    return status;
}

/* One step of Gibbs sampling: from p(h | v) in `units` to h, to v, and to p(h | v) of that. `visible` gets v, and
 * `logits` those that it was drawn by. */
static gan_status sample_once(machine *m, gan_random *random, int64_t count)
{
    gan_status status = draw(m, random, m->units, count * m->hidden);
    if (status == GAN_OK) status = find_visible(m, count);
    if (status == GAN_OK) status = draw(m, random, m->visible, count * m->pixels);
    return status == GAN_OK ? find_hidden(m, count) : status;
}

/* How surprising the batch's images are where they are made again by `logits`: the cross-entropy, summed over the
 * pixels of an image, in nats. */
static gan_status measure_logits(const machine *m, int64_t count, double *out)
{
    float *white = allocate(count * m->pixels, sizeof(float));
    for (int64_t i = 0; i < count * m->pixels; i++) white[i] = m->images[i] / 2 + 0.5f;
    const gan_status status = gan_loss_binary_cross_entropy(m->logits, white, count * m->pixels, out, NULL);
    *out *= (double)m->pixels;
    free(white);
    return status;
}

/* ---- Learning -------------------------------------------------------------------------------------------------- */

/* Adds sign p(h | v) v^T, sign p(h | v) and sign v, means over the batch, to the gradients of W, c and b. */
static gan_status add_gradients(machine *m, int64_t count, float sign, float *bias_gradient)
{
    const float share = sign / (float)count;
    for (int64_t i = 0; i < count * m->hidden; i++) m->numbers[i] = share * m->units[i];
    for (int64_t i = 0; i < count * m->pixels; i++) bias_gradient[i % m->pixels] += share * m->visible[i];
    const gan_status status = gan_session_set_output_gradient(m->session, 0, m->numbers);
    return status == GAN_OK ? gan_session_backward(m->session, GAN_BACKWARD_PARAMETERS) : status;
}

/* What moves while chains follow it must move ever slower for them to keep up (Younes, "On the convergence of
 * markovian stochastic algorithms with rapidly decreasing ergodicity rates", 1999). */
static float rate_of_step(const machine *m)
{
    return (float)(m->persistent ? m->rate / (1 + (double)m->step / SLOWING) : m->rate);
}

static gan_status move(machine *m, const float *bias_gradient)
{
    const float momentum = (float)m->momentum, rate = rate_of_step(m);
    gan_status status = gan_optimizer_set_learning_rate(m->optimizer, rate);
    if (status == GAN_OK) status = gan_optimizer_step(m->optimizer, NULL);
    for (int64_t i = 0; i < m->pixels && status == GAN_OK; i++) {
        m->bias_speed[i] = momentum * m->bias_speed[i] + bias_gradient[i];
        m->bias[i] -= rate * m->bias_speed[i];
    }
    return status;
}

/* To where the chains are, with p(h | v) of that in `units`. */
static gan_status find_chains(machine *m)
{
    memcpy(m->visible, m->chains, (size_t)(CHAINS * m->pixels) * sizeof(float));
    return find_hidden(m, CHAINS);
}

/* A step of CD-k or PCD-k on the images of the batch. Gradients point uphill: those of data count negative. */
static gan_status learn(machine *m, int64_t count, double *reconstruction)
{
    const int64_t fantasies = m->persistent ? CHAINS : count;
    float *bias_gradient = allocate(m->pixels, sizeof(float));
    gan_status status = gan_model_zero_gradients(m->model);
    if (status == GAN_OK) status = draw_visible(m, m->random, count);
    if (status == GAN_OK) status = find_hidden(m, count);
    if (status == GAN_OK) status = add_gradients(m, count, -1, bias_gradient);
    if (status == GAN_OK) status = sample_once(m, m->random, count);
    if (status == GAN_OK) status = measure_logits(m, count, reconstruction);
    if (status == GAN_OK && m->persistent) status = find_chains(m);
    for (int64_t i = m->persistent ? 0 : 1; i < m->k && status == GAN_OK; i++)
        status = sample_once(m, m->random, fantasies);
    if (status == GAN_OK) status = add_gradients(m, fantasies, 1, bias_gradient);
    if (status == GAN_OK && m->persistent)
        memcpy(m->chains, m->visible, (size_t)(CHAINS * m->pixels) * sizeof(float));
    if (status == GAN_OK) status = move(m, bias_gradient);
    free(bias_gradient);
    return status;
}

/* The biases that would make each pixel white as often as in the data, if there were no hidden units (Hinton, 2010);
 * chains begin with such pixels. */
static gan_status begin(machine *m)
{
    const int64_t all = gan_dataset_count(m->dataset);
    gan_status status = GAN_OK;
    for (int64_t i = 0, count; i < all && status == GAN_OK; i += count) {
        count = all - i < CHAINS ? all - i : CHAINS;
        status = gan_dataset_read(m->dataset, i, count, m->images, NULL);
        for (int64_t k = 0; k < count * m->pixels; k++) m->bias[k % m->pixels] += m->images[k] / 2 + 0.5f;
    }
    for (int64_t i = 0; i < m->pixels; i++) {
        const float white = (m->bias[i] + 1) / ((float)all + 2);
        m->bias[i] = logf(white / (1 - white));
        for (int64_t k = 0; k < CHAINS; k++) m->visible[k * m->pixels + i] = white;
    }
    if (status == GAN_OK) status = draw(m, m->random, m->visible, CHAINS * m->pixels);
    memcpy(m->chains, m->visible, (size_t)(CHAINS * m->pixels) * sizeof(float));
    return status;
}

/* ---- Figures --------------------------------------------------------------------------------------------------- */

/* Mean over the first images of F(v) = -log sum_h exp(b v + c h + h W v) = -b v - sum log(1 + exp(W v + c)), which is
 * -log p(v) but for a constant. Unlike that constant, the difference between two sets of images can be computed:
 * while it grows, the machine learns the training images by heart (Hinton, "A Practical Guide to Training Restricted
 * Boltzmann Machines", 2010). Pixels are white from a half on. */
static gan_status measure_free_energy(machine *m, gan_dataset *dataset, double *out)
{
    const int64_t all = gan_dataset_count(dataset), total = all < MEASURED ? all : MEASURED;
    gan_status status = GAN_OK;
    double sum = 0;
    for (int64_t i = 0, count; i < total && status == GAN_OK; i += count) {
        count = total - i < CHAINS ? total - i : CHAINS;
        status = gan_dataset_read(dataset, i, count, m->images, NULL);
        for (int64_t k = 0; k < count * m->pixels; k++) {
            m->visible[k] = m->images[k] >= 0 ? 1.0f : 0.0f;
            sum -= (double)(m->visible[k] * m->bias[k % m->pixels]);
        }
        if (status == GAN_OK) status = gan_session_set_input(m->session, 0, m->visible, count);
        if (status == GAN_OK) status = gan_session_forward(m->session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(m->session, 0, m->units);
        for (int64_t k = 0; k < count * m->hidden; k++) sum -= softplus((double)m->units[k]);
    }
    *out = sum / (double)total;
    return status;
}

/* Of all test images, made again by hidden units that were drawn once. */
static gan_status measure_reconstruction(machine *m, double *out)
{
    const int64_t total = gan_dataset_count(m->test);
    gan_random *random = NULL;
    gan_status status = gan_random_create(m->context, SAMPLE_SEED, 0, &random);
    *out = 0;
    for (int64_t i = 0, count; i < total && status == GAN_OK; i += count) {
        double sum = 0;
        count = total - i < CHAINS ? total - i : CHAINS;
        status = gan_dataset_read(m->test, i, count, m->images, NULL);
        if (status == GAN_OK) status = draw_visible(m, random, count);
        if (status == GAN_OK) status = find_hidden(m, count);
        if (status == GAN_OK) status = sample_once(m, random, count);
        if (status == GAN_OK) status = measure_logits(m, count, &sum);
        *out += sum * (double)count / (double)total;
    }
    gan_random_destroy(random);
    return status;
}

/* Samples of chains that begin with noise, or go on from where the last step of training left them: after burn_in
 * steps, every chain gives one, and then another after each THINNING steps. A sample is shown by the pixels'
 * probabilities. */
static gan_status draw_samples(machine *m, int64_t count, float *out)
{
    gan_random *random = NULL;
    gan_status status = gan_random_create(m->context, SAMPLE_SEED, 1, &random);
    for (int64_t i = 0; i < CHAINS * m->pixels; i++) m->visible[i] = 0.5f;
    if (status == GAN_OK) status = draw(m, random, m->visible, CHAINS * m->pixels);
    if (status == GAN_OK) status = m->persistent ? find_chains(m) : find_hidden(m, CHAINS);
    for (int64_t done = 0; done < count && status == GAN_OK; done += CHAINS) {
        const int64_t given = count - done < CHAINS ? count - done : CHAINS, steps = done > 0 ? THINNING : m->burn_in;
        for (int64_t i = 0; i < steps && status == GAN_OK; i++) status = sample_once(m, random, CHAINS);
        for (int64_t i = 0; i < given * m->pixels && status == GAN_OK; i++)
            out[done * m->pixels + i] = 2 * sigmoid(m->logits[i]) - 1;
        if (interrupted()) break;
    }
    gan_random_destroy(random);
    return status;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static gan_status write_grid(const machine *m, const char *name, const float *images, int64_t count)
{
    char path[PATH_SIZE];
    return draw_picture(m->context, path_in(m->settings.output, name, path), images, count, m->image, COLUMNS);
}

/* The weights of hidden units, each divided by its largest. */
static gan_status write_filters(const machine *m)
{
    const int64_t most = COLUMNS * COLUMNS, count = m->hidden < most ? m->hidden : most;
    float *weights = allocate(m->hidden * m->pixels, sizeof(float));
    gan_status status = gan_model_get_tensor(m->model, "hidden.weight", weights, m->hidden * m->pixels);
    for (int64_t unit = 0; unit < count; unit++) {
        float *weight = weights + unit * m->pixels, largest = 0;
        for (int64_t i = 0; i < m->pixels; i++) largest = fmaxf(largest, fabsf(weight[i]));
        for (int64_t i = 0; i < m->pixels && largest > 0; i++) weight[i] /= largest;
    }
    if (status == GAN_OK) status = write_grid(m, "filters.png", weights, count);
    free(weights);
    return status;
}

static gan_status write_pictures(machine *m)
{
    float *images = allocate(COLUMNS * COLUMNS * m->pixels, sizeof(float));
    gan_status status = draw_samples(m, COLUMNS * COLUMNS, images);
    if (status == GAN_OK) status = write_grid(m, "samples.png", images, COLUMNS * COLUMNS);
    if (status == GAN_OK) status = write_filters(m);
    free(images);
    return status;
}

static gan_status save(machine *m)
{
    char path[PATH_SIZE];
    energies_write(&m->measured, path_in(m->settings.output, "losses.csv", path));
    gan_status status =
        gan_checkpoint_save(m->checkpoint, path_in(m->settings.output, "checkpoint.safetensors", path));
    if (status == GAN_OK && !m->noted) write_command(m->settings.output, m->settings.resume);
    m->noted = true;
    if (status == GAN_OK && has_pictures(m->context)) status = write_pictures(m);
    if (status != GAN_OK) return status;
    monitor_model("machine", m->model);
    monitor_saved();
    return GAN_OK;
}

static gan_status resume(machine *m)
{
    char path[PATH_SIZE];
    gan_dataset_cursor before, after;
    gan_status status = gan_dataset_get_cursor(m->dataset, &before);
    if (status == GAN_OK)
        status = gan_checkpoint_load(m->checkpoint, path_in(m->settings.output, "checkpoint.safetensors", path));
    if (status == GAN_OK) status = gan_dataset_get_cursor(m->dataset, &after);
    if (status == GAN_OK && before.seed != after.seed) refuse_seed(after.seed);
    if (status == GAN_OK) energies_read(&m->measured, path_in(m->settings.output, "losses.csv", path), m->step);
    if (status == GAN_OK && !m->settings.quiet) say_resumed(m->step);
    return status;
}

/* ---- Training -------------------------------------------------------------------------------------------------- */

/* A row of losses.csv, and a line for whoever watches. */
static gan_status measure(machine *m)
{
    measurement row = {.step = m->step, .reconstruction = m->recent / INTERVAL};
    m->recent = 0;
    gan_status status = measure_free_energy(m, m->dataset, &row.training_energy);
    if (status == GAN_OK) status = measure_free_energy(m, m->test, &row.test_energy);
    if (status != GAN_OK) return status;
    energies_add(&m->measured, row);
    monitor_value("reconstruction", row.reconstruction);
    monitor_value("training_free_energy", row.training_energy);
    monitor_value("test_free_energy", row.test_energy);
    if (!m->settings.quiet) {
        fprintf(stderr, "step %lld  reconstruction %.2f  free energy %.2f, of test images %.2f\n", (long long)m->step,
                row.reconstruction, row.training_energy, row.test_energy);
    }
    return GAN_OK;
}

static gan_status train(machine *m)
{
    const game_settings *s = &m->settings;
    const int64_t last = s->steps > 0 ? m->step + s->steps : INT64_MAX;
    const double start = seconds_now(), end = s->minutes > 0 ? start + 60 * s->minutes : INFINITY;
    double saved = start;
    gan_status status = GAN_OK;
    catch_interrupts();
    monitor_begin(m->context, s->output, m->step);
    if (!s->quiet) fprintf(stderr, "training; Ctrl-C saves and stops\n");
    while (status == GAN_OK && m->step < last && seconds_now() < end && !interrupted()) {
        int64_t count = 0;
        double reconstruction = 0;
        status = gan_dataset_next(m->dataset, m->batch, m->images, NULL, &count);
        if (status == GAN_OK) status = learn(m, count, &reconstruction);
        if (status != GAN_OK) break;
        m->step++;
        monitor_step(m->step, NULL);
        m->recent += reconstruction;
        if (m->step % INTERVAL == 0) status = measure(m);
        if (status == GAN_OK && seconds_now() - saved > 60 * s->save_minutes) {
            status = save(m);
            saved = seconds_now();
        }
    }
    if (status == GAN_OK) status = save(m);
    monitor_end();
    if (status != GAN_OK || !interrupted()) return status;
    fprintf(stderr, "stopped and saved; --resume continues from here\n");
    return GAN_ERROR_CANCELLED;
}

static gan_status evaluate(machine *m)
{
    float *images = allocate(m->samples * m->pixels, sizeof(float));
    double reconstruction = 0, training_energy = 0, test_energy = 0;
    quality measured = {0, 0, 0};
    gan_status status = measure_reconstruction(m, &reconstruction);
    if (status == GAN_OK) status = measure_free_energy(m, m->dataset, &training_energy);
    if (status == GAN_OK) status = measure_free_energy(m, m->test, &test_energy);
    if (status == GAN_OK) status = draw_samples(m, m->samples, images);
    if (status == GAN_OK)
        status = measure_quality(m->context, &m->judge, m->dataset, images, m->samples, NULL, &measured);
    if (status == GAN_OK) {
        printf("reconstruction=%.2f frechet=%.2f precision=%.3f recall=%.3f free_energy_gap=%.2f steps=%lld\n",
               reconstruction, measured.frechet, measured.precision, measured.recall, test_energy - training_energy,
               (long long)m->step);
    }
    free(images);
    return status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

/* Small random weights, and biases of hidden units of 0. */
static gan_status build(machine *m)
{
    const uint64_t seed = (uint64_t)m->settings.seed;
    const int64_t most = m->batch > CHAINS ? m->batch : CHAINS,
                  widest = m->pixels > m->hidden ? m->pixels : m->hidden;
    m->images = allocate(most * m->pixels, sizeof(float));
    m->visible = allocate(most * m->pixels, sizeof(float));
    m->logits = allocate(most * m->pixels, sizeof(float));
    m->units = allocate(most * m->hidden, sizeof(float));
    m->numbers = allocate(most * widest, sizeof(float));
    m->bias = allocate(m->pixels, sizeof(float));
    m->bias_speed = allocate(m->pixels, sizeof(float));
    m->chains = allocate(CHAINS * m->pixels, sizeof(float));
    gan_status status = gan_model_create(m->context, &m->model);
    if (status != GAN_OK) return status;
    gan_layer *dense = gan_layer_dense(m->context, m->hidden, GAN_DENSE(.weight_initializer = GAN_NORMAL(0.01f)));
    gan_model_add(m->model, gan_layer_input(m->context, GAN_SHAPE(m->pixels)));
    gan_model_add(m->model, gan_layer_named(dense, "hidden"));
    status = gan_model_build(m->model, seed);
    if (status == GAN_OK) status = gan_session_create(m->model, GAN_SESSION(.batch = most), &m->session);
    if (status == GAN_OK) status = gan_random_create(m->context, seed, 0, &m->random);
    if (status == GAN_OK) status = begin(m);
    if (status != GAN_OK) return status;
    return gan_optimizer_create(m->model,
                                GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = (float)m->rate,
                                              .momentum = (float)m->momentum),
                                &m->optimizer);
}

/* All that changes from step to step. */
static gan_status describe_checkpoint(machine *m)
{
    gan_status status = gan_checkpoint_create(m->context, &m->checkpoint);
    gan_checkpoint *c = m->checkpoint;
    if (status == GAN_OK) status = gan_checkpoint_add_model(c, "machine", m->model);
    if (status == GAN_OK) status = gan_checkpoint_add_optimizer(c, "optimizer", m->optimizer);
    if (status == GAN_OK) status = gan_checkpoint_add_values(c, "bias", m->bias, m->pixels);
    if (status == GAN_OK) status = gan_checkpoint_add_values(c, "bias_speed", m->bias_speed, m->pixels);
    if (status == GAN_OK && m->persistent)
        status = gan_checkpoint_add_values(c, "chains", m->chains, CHAINS * m->pixels);
    if (status == GAN_OK) status = gan_checkpoint_add_random(c, "random", m->random);
    if (status == GAN_OK) status = gan_checkpoint_add_dataset(c, "dataset", m->dataset);
    if (status == GAN_OK) status = gan_checkpoint_add_doubles(c, "recent", &m->recent, 1);
    return status == GAN_OK ? gan_checkpoint_add_integer(c, "step", &m->step) : status;
}

static gan_status prepare(machine *m)
{
    const game_settings *s = &m->settings;
    char path[PATH_SIZE];
    gan_status status = open_context(s->threads, &m->context);
    if (status == GAN_OK) {
        status = open_mnist(m->context, m->data, MNIST_TRAINING, true,
                            GAN_DATASET(.seed = (uint64_t)s->seed, .restart_if_changed = s->restart), &m->dataset);
    }
    if (status == GAN_OK) status = gan_dataset_get_shape(m->dataset, &m->image);
    if (status == GAN_OK) status = open_test_images(m->context, m->data, m->test_folder, m->image, &m->test);
    if (status != GAN_OK) return status;
    m->pixels = gan_shape_count(m->image);
    check_comparable(m->dataset, m->data);
    status =
        classifier_open(m->context, m->data, path_in(s->output, "classifier.safetensors", path), s->quiet, &m->judge);
    if (status == GAN_OK) status = build(m);
    if (status == GAN_OK) status = describe_checkpoint(m);
    return status == GAN_OK && s->resume ? resume(m) : status;
}

static void release(machine *m)
{
    float *const arrays[] = {m->images,  m->visible, m->logits,     m->units,
                             m->numbers, m->bias,    m->bias_speed, m->chains};
    gan_checkpoint_destroy(m->checkpoint);
    gan_random_destroy(m->random);
    gan_optimizer_destroy(m->optimizer);
    gan_session_destroy(m->session);
    gan_model_destroy(m->model);
    classifier_close(&m->judge);
    gan_dataset_destroy(m->test);
    gan_dataset_destroy(m->dataset);
    gan_context_destroy(m->context);
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) free(arrays[i]);
    free(m->measured.rows);
}

static void read_settings(int argc, char **argv, machine *m)
{
    const char *method = "pcd";
    const option options[] = {
        {"--data", OPTION_TEXT, &m->data, 0, 0, "DIR", "MNIST-format files, .gz or not (default Fashion-MNIST's)"},
        {"--test", OPTION_TEXT, &m->test_folder, 0, 0, "DIR", "test images (default: those in the folder of --data)"},
        {"--method", OPTION_TEXT, &method, 0, 0, "NAME",
         "pcd (default): chains of Gibbs sampling go on from step to step; or cd: they begin at each step's images"},
        {"--hidden", OPTION_INTEGER, &m->hidden, 1, 1e6, "N", "hidden units (default 500)"},
        {"--k", OPTION_INTEGER, &m->k, 1, 1e6, "K", "steps of Gibbs sampling in contrastive divergence (default 1)"},
        {"--batch", OPTION_INTEGER, &m->batch, 1, 65536, "N", "images per step (default 64)"},
        {"--rate", OPTION_NUMBER, &m->rate, 1e-9, 1e3, "R",
         "learning rate (default 0.1, half of that after 300 steps, a third after 600 and so on; with cd 0.05)"},
        {"--momentum", OPTION_NUMBER, &m->momentum, 0, 0.999, "M",
         "of the weights' changes (default 0, with cd 0.9)"},
        {"--burn-in", OPTION_INTEGER, &m->burn_in, 1, 1e9, "N",
         "steps of Gibbs sampling before the first samples (default 500)"},
        {"--samples", OPTION_INTEGER, &m->samples, 8, 1e7, "N", "to judge (default 10000)"},
        GAME_OPTIONS(m->settings, "boltzmann"),
    };
    read_options(argc, argv, 1,
                 "boltzmann: a restricted Boltzmann machine of images in MNIST's format, trained by contrastive\n"
                 "divergence for --minutes (default 4 without --steps).",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    m->persistent = strcmp(method, "pcd") == 0;
    if (!m->persistent && strcmp(method, "cd") != 0) {
        fprintf(stderr, "--method %s: expected pcd or cd\n", method);
        exit(2);
    }
    if (m->rate < 0) m->rate = m->persistent ? 0.1 : 0.05;
    if (m->momentum < 0) m->momentum = m->persistent ? 0 : 0.9;
    if (m->settings.minutes == 0 && m->settings.steps == 0) m->settings.minutes = 4;
}

int main(int argc, char **argv)
{
    machine m = {.settings = GAME_SETTINGS("boltzmann"),
                 .data = "/usr/share/datasets/fashion-mnist",
                 .hidden = 500,
                 .k = 1,
                 .batch = 64,
                 .rate = -1,
                 .momentum = -1,
                 .burn_in = 500,
                 .samples = 10000};
    read_settings(argc, argv, &m);
    will_write_in(m.settings.output, (const char *const[]){"checkpoint.safetensors", COMMAND_FILE, "losses.csv",
                                                           "samples.png", "filters.png", REPORT_FILE, NULL});
    if (m.settings.resume) require_checkpoint(m.settings.output);
    gan_status status = prepare(&m);
    if (status == GAN_OK) status = train(&m);
    if (status == GAN_OK) status = evaluate(&m);
    const int result = exit_status(status);
    release(&m);
    return result;
}
