/* Seeing trouble: what a trainer measures while it trains, and remembers from step to step. */
#include "train/train.h"

#include <string.h>

const gan_diagnosis_memory gan_diagnosis_nothing = {.real_accuracy = (gan_real)NAN,
                                                    .fake_accuracy = (gan_real)NAN,
                                                    .diversity = (gan_real)NAN,
                                                    .saturation = (gan_real)NAN,
                                                    .update_ratio = {(gan_real)NAN, (gan_real)NAN}};

/* ---- What D says of samples ------------------------------------------------------------------------------------ */

static double mean(const float *values, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)values[i];
    return sum / (double)count;
}

static void observe_scores(const gan_trainer *trainer, int64_t count, gan_observation *out)
{
    const gan_adversarial_loss *loss = gan_loss_find(trainer->options.loss);
    const float *real = trainer->real_logits, *fake = trainer->fake_logits;
    const bool in_pairs = loss->compared == GAN_COMPARED_IN_PAIRS,
               with_mean = loss->compared == GAN_COMPARED_WITH_MEAN;
    const double real_mean = with_mean ? mean(real, count) : 0, fake_mean = with_mean ? mean(fake, count) : 0;
    for (int64_t i = 0; i < count; i++) {
        double real_score = (double)real[i] - (in_pairs ? (double)fake[i] : fake_mean);
        double fake_score = (double)fake[i] - (in_pairs ? (double)real[i] : real_mean);
        out->real_right += real_score > loss->boundary;
        out->fake_right += fake_score < loss->boundary;
        out->belief += loss->belief(fake_score);
    }
    out->judged += (double)count;
}

/* ---- What samples are like ------------------------------------------------------------------------------------- */

/* The layer that makes G's output, but for its shape. */
static const char *output_type(const gan_model *model)
{
    const gan_model_node *node = &model->nodes[model->outputs[0]];
    while (strcmp(node->layer->ops->type, "reshape") == 0 || strcmp(node->layer->ops->type, "flatten") == 0) {
        node = &model->nodes[node->inputs[0]];
    }
    return node->layer->ops->type;
}

/* Both ends of tanh and sigmoid, where a unit passes on less than a fiftieth of the gradient that it could: 1 - y^2
 * and 4 y (1 - y). */
static void find_saturation(const gan_model *generator, gan_monitor *monitor)
{
    const char *type = output_type(generator);
    if (strcmp(type, "tanh") == 0) {
        monitor->low = (gan_real)-0.99;
        monitor->high = (gan_real)0.99;
    } else if (strcmp(type, "sigmoid") == 0) {
        monitor->low = (gan_real)0.005;
        monitor->high = (gan_real)0.995;
    }
}

static void observe_samples(const gan_trainer *trainer, const float *samples, int64_t batch, gan_observation *out)
{
    const gan_monitor *monitor = &trainer->monitor;
    const gan_model *generator = trainer->generator.model;
    const gan_real *made = gan_session_data(trainer->generate, GAN_SLOT_OUTPUT, 0);
    const int64_t rows = batch < monitor->rows ? batch : monitor->rows, size = trainer->sample_size;
    if (monitor->low < monitor->high) {
        int64_t outside = gan_count_outside(trainer->context, batch * size, monitor->low, monitor->high, made);
        out->saturation = (double)outside / (double)(batch * size);
    }
    if (rows < 2) return;
    gan_samples_import(trainer->context, generator->nodes[generator->outputs[0]].output, rows, samples,
                       monitor->samples);
    out->diversity = gan_mean_distance(trainer->context, rows, size, made) /
                     gan_mean_distance(trainer->context, rows, size, monitor->samples);
}

/* Whether step number `step` makes diagnoses. */
static bool is_due(const gan_trainer *trainer, int64_t step)
{
    return step % trainer->options.diagnosis_interval == 0;
}

void gan_monitor_observe(gan_trainer *trainer, const float *samples, int64_t batch)
{
    if (trainer->options.diagnosis_interval == GAN_DIAGNOSIS_OFF) return;
    observe_scores(trainer, gan_view_count(trainer, batch), &trainer->monitor.observation);
    if (is_due(trainer, trainer->steps + 1)) {
        observe_samples(trainer, samples, batch, &trainer->monitor.observation);
    }
}

/* ---- From step to step ----------------------------------------------------------------------------------------- */

/* A gradient of 0 has no logarithm. */
static const double least_norm = 1e-30;

static void remember_step(gan_monitor *monitor, const gan_step_report *report)
{
    const double norms[GAN_PLAYERS] = {report->generator_gradient_norm, report->discriminator_gradient_norm};
    const gan_observation *observation = &monitor->observation;
    gan_diagnosis_memory *memory = &monitor->memory;
    memory->judged += (gan_real)observation->judged;
    memory->real_right += (gan_real)observation->real_right;
    memory->fake_right += (gan_real)observation->fake_right;
    memory->belief += (gan_real)observation->belief;
    memory->steps += 1;
    for (int i = 0; i < GAN_PLAYERS; i++) memory->log_norm[i] += (gan_real)log(fmax(norms[i], least_norm));
}

static int level_count(const gan_diagnosis_memory *memory)
{
    if (!(memory->level_count >= 0)) return 0;
    return memory->level_count < GAN_DIAGNOSIS_LEVELS ? (int)memory->level_count : GAN_DIAGNOSIS_LEVELS;
}

/* The median of earlier levels, of an even number the lower of the two in the middle; NaN where they are too few. */
static double usual_level(const gan_diagnosis_memory *memory, int player)
{
    enum { FEWEST = 5 };
    const int count = level_count(memory);
    double sorted[GAN_DIAGNOSIS_LEVELS];
    if (count < FEWEST) return NAN;
    for (int i = 0; i < count; i++) {
        const double level = (double)memory->levels[player][i];
        int place = i;
        for (; place > 0 && sorted[place - 1] > level; place--) sorted[place] = sorted[place - 1];
        sorted[place] = level;
    }
    return sorted[(count - 1) / 2];
}

static void remember_level(gan_diagnosis_memory *memory, int player, double level)
{
    gan_real *levels = memory->levels[player];
    memmove(levels + 1, levels, (GAN_DIAGNOSIS_LEVELS - 1) * sizeof(*levels));
    levels[0] = (gan_real)level;
}

/* Takes the measurements of a player's last update. */
static void measure_player(const gan_trainer *trainer, int i, gan_diagnosis_memory *memory, gan_findings *now)
{
    const gan_model *model = i == GAN_ROLE_GENERATOR ? trainer->generator.model : trainer->discriminator.model;
    const double level = (double)memory->log_norm[i] / (double)memory->steps;
    const double weight = sqrt(gan_sum_of_squares(model->context, model->parameter_size, model->parameters));
    const double change =
        sqrt(gan_squared_distance(model->context, model->parameter_size, model->parameters, model->previous));
    memory->update_ratio[i] = (gan_real)(change > 0 ? change / weight : 0);
    now->weight[i] = weight;
    now->gradient[i] = exp(level);
    now->usual[i] = exp(usual_level(memory, i));
    remember_level(memory, i, level);
}

static void diagnose(gan_trainer *trainer)
{
    const gan_observation *observation = &trainer->monitor.observation;
    gan_diagnosis_memory *memory = &trainer->monitor.memory;
    gan_findings now = {.scaled = gan_loss_find(trainer->options.loss)->scaled};
    for (int i = 0; i < GAN_PLAYERS; i++) measure_player(trainer, i, memory, &now);
    memory->level_count = (gan_real)(level_count(memory) + 1);
    memory->real_accuracy = memory->real_right / memory->judged;
    memory->fake_accuracy = memory->fake_right / memory->judged;
    memory->diversity = (gan_real)observation->diversity;
    memory->saturation = (gan_real)observation->saturation;
    now.real_accuracy = (double)memory->real_accuracy;
    now.fake_accuracy = (double)memory->fake_accuracy;
    now.belief = (double)(memory->belief / memory->judged);
    now.diversity = observation->diversity;
    gan_rules_apply(&now, memory->held);
    memory->judged = memory->real_right = memory->fake_right = memory->belief = memory->steps = 0;
    for (int i = 0; i < GAN_PLAYERS; i++) memory->log_norm[i] = 0;
}

static void forget_observation(gan_monitor *monitor)
{
    monitor->observation = (gan_observation){.diversity = NAN, .saturation = NAN};
}

void gan_monitor_report(const gan_monitor *monitor, gan_step_report *report)
{
    const gan_diagnosis_memory *memory = &monitor->memory;
    report->real_accuracy = (double)memory->real_accuracy;
    report->fake_accuracy = (double)memory->fake_accuracy;
    report->diversity = (double)memory->diversity;
    report->saturation = (double)memory->saturation;
    report->generator_update_ratio = (double)memory->update_ratio[GAN_ROLE_GENERATOR];
    report->discriminator_update_ratio = (double)memory->update_ratio[GAN_ROLE_DISCRIMINATOR];
}

static uint64_t present_diagnoses(const gan_monitor *monitor)
{
    return gan_rules_diagnoses(monitor->memory.held) | (monitor->diverged ? GAN_DIAGNOSIS_NOT_FINITE : 0);
}

void gan_monitor_step(gan_trainer *trainer, gan_step_report *report)
{
    gan_monitor *monitor = &trainer->monitor;
    monitor->stepped = true;
    monitor->diverged = false;
    if (trainer->options.diagnosis_interval != GAN_DIAGNOSIS_OFF) {
        remember_step(monitor, report);
        if (is_due(trainer, trainer->steps)) {
            diagnose(trainer);
            report->diagnoses = present_diagnoses(monitor);
        }
    }
    forget_observation(monitor);
    gan_monitor_report(monitor, report);
}

void gan_monitor_fail(gan_trainer *trainer, gan_status status)
{
    trainer->monitor.diverged = status == GAN_ERROR_DIVERGED;
    forget_observation(&trainer->monitor);
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_monitor_create(gan_trainer *trainer)
{
    const int64_t batch = trainer->options.batch;
    gan_monitor *monitor = &trainer->monitor;
    monitor->memory = gan_diagnosis_nothing;
    forget_observation(monitor);
    find_saturation(trainer->generator.model, monitor);
    if (trainer->options.diagnosis_interval == GAN_DIAGNOSIS_OFF) return GAN_OK;
    monitor->rows = batch < GAN_DIAGNOSIS_SAMPLES ? batch : GAN_DIAGNOSIS_SAMPLES;
    monitor->samples =
        gan_allocate_array(trainer->context, monitor->rows * trainer->sample_size, sizeof(*monitor->samples));
    return monitor->samples ? GAN_OK : GAN_ERROR_MEMORY;
}

void gan_monitor_destroy(gan_trainer *trainer)
{
    const gan_monitor *monitor = &trainer->monitor;
    gan_release(trainer->context, monitor->samples,
                (size_t)(monitor->rows * trainer->sample_size) * sizeof(*monitor->samples));
}

uint64_t gan_trainer_diagnoses(const gan_trainer *trainer)
{
    return trainer ? present_diagnoses(&trainer->monitor) : 0;
}
