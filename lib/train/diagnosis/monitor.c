/* Seeing trouble: what is measured during training, and remembered from step to step. */
#include "train/diagnosis/diagnosis.h"

#include <string.h>

/* Before the first step. */
static const gan_diagnosis_memory nothing = {.real_accuracy = (gan_real)NAN,
                                             .fake_accuracy = (gan_real)NAN,
                                             .diversity = (gan_real)NAN,
                                             .saturation = (gan_real)NAN,
                                             .update_ratio = {(gan_real)NAN, (gan_real)NAN}};

/* ---- Observations ---------------------------------------------------------------------------------------------- */

/* Whether step number `step` makes diagnoses. */
static bool is_due(const gan_monitor *monitor, int64_t step)
{
    return step % monitor->of.interval == 0;
}

void gan_monitor_observe_logits(const gan_monitor *monitor, const float *real_logits, const float *fake_logits,
                                int64_t count, gan_observation *observation)
{
    if (monitor->of.interval == GAN_DIAGNOSIS_OFF) return;
    gan_observe_logits(observation, gan_loss_find(monitor->of.loss), real_logits, fake_logits, count);
}

void gan_monitor_observe_samples(const gan_monitor *monitor, int64_t step, int64_t batch, const float *samples,
                                 const gan_session *generator, gan_observation *observation)
{
    const int64_t rows = batch < monitor->rows ? batch : monitor->rows;
    if (monitor->of.interval == GAN_DIAGNOSIS_OFF || !is_due(monitor, step)) return;
    if (rows > 1) gan_samples_import(monitor->context, monitor->sample, rows, samples, monitor->samples);
    gan_observe_samples(observation, monitor->context, monitor->ends, gan_shape_count(monitor->sample), batch,
                        gan_session_data(generator, GAN_SLOT_OUTPUT, 0), rows, monitor->samples);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

/* A gradient of 0 has no logarithm. */
static const double least_norm = 1e-30;

static void remember_step(gan_monitor *monitor, const double norms[GAN_PLAYERS])
{
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

/* The median of earlier levels, the lower middle one if their number is even; NaN if they are too few. */
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

/* Measures a player's last update. */
static void measure_player(gan_monitor *monitor, int i, gan_findings *now)
{
    const gan_model *model = monitor->of.models[i];
    gan_diagnosis_memory *memory = &monitor->memory;
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

static void diagnose(gan_monitor *monitor)
{
    const gan_observation *observation = &monitor->observation;
    gan_diagnosis_memory *memory = &monitor->memory;
    gan_findings now = {.scaled = gan_loss_find(monitor->of.loss)->scaled};
    for (int i = 0; i < GAN_PLAYERS; i++) measure_player(monitor, i, &now);
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

/* Warns of diagnoses that were not made the previous time. */
static void log_new(const gan_monitor *monitor, int64_t step, uint64_t before, uint64_t now)
{
    for (uint64_t bit = 1; bit <= now; bit <<= 1) {
        if (!(now & ~before & bit)) continue;
        gan_log_warning_of(monitor->context, GAN_LOG_TOPIC_TRAINING, "%s %lld: %s. %s", monitor->of.step,
                           (long long)step, gan_diagnosis_name((gan_diagnosis)bit),
                           gan_diagnosis_advice((gan_diagnosis)bit));
    }
}

static void forget_observation(gan_monitor *monitor)
{
    monitor->observation = (gan_observation){.diversity = NAN, .saturation = NAN};
}

void gan_monitor_report(const gan_monitor *monitor, gan_pair_report *report)
{
    const gan_diagnosis_memory *memory = &monitor->memory;
    report->real_accuracy = (double)memory->real_accuracy;
    report->fake_accuracy = (double)memory->fake_accuracy;
    report->diversity = (double)memory->diversity;
    report->saturation = (double)memory->saturation;
    report->generator_update_ratio = (double)memory->update_ratio[GAN_ROLE_GENERATOR];
    report->discriminator_update_ratio = (double)memory->update_ratio[GAN_ROLE_DISCRIMINATOR];
}

uint64_t gan_monitor_diagnoses(const gan_monitor *monitor)
{
    return gan_rules_diagnoses(monitor->memory.held) | (monitor->diverged ? GAN_DIAGNOSIS_NOT_FINITE : 0);
}

void gan_monitor_step(gan_monitor *monitor, int64_t step, const double norms[GAN_PLAYERS], gan_pair_report *report)
{
    monitor->stepped = true;
    monitor->diverged = false;
    report->diagnoses = 0;
    if (monitor->of.interval != GAN_DIAGNOSIS_OFF) {
        remember_step(monitor, norms);
        if (is_due(monitor, step)) {
            const uint64_t before = gan_monitor_diagnoses(monitor);
            diagnose(monitor);
            report->diagnoses = gan_monitor_diagnoses(monitor);
            log_new(monitor, step, before, report->diagnoses);
        }
    }
    forget_observation(monitor);
    gan_monitor_report(monitor, report);
}

void gan_monitor_fail(gan_monitor *monitor, gan_status status)
{
    monitor->diverged = status == GAN_ERROR_DIVERGED;
    forget_observation(monitor);
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_monitor_create(gan_monitor *monitor, gan_context *context, const gan_monitored *of)
{
    const gan_model *generator = of->generator;
    monitor->context = context;
    monitor->of = *of;
    monitor->memory = nothing;
    forget_observation(monitor);
    if (!generator) return GAN_OK;
    monitor->ends = gan_saturation_of(generator);
    monitor->sample = generator->nodes[generator->outputs[0]].output;
    if (of->interval == GAN_DIAGNOSIS_OFF) return GAN_OK;
    monitor->rows = of->batch < GAN_DIAGNOSIS_SAMPLES ? of->batch : GAN_DIAGNOSIS_SAMPLES;
    monitor->samples =
        gan_allocate_array(context, monitor->rows * gan_shape_count(monitor->sample), sizeof(*monitor->samples));
    return monitor->samples ? GAN_OK : GAN_ERROR_MEMORY;
}

void gan_monitor_destroy(gan_monitor *monitor)
{
    if (!monitor->samples) return;
    gan_release(monitor->context, monitor->samples,
                (size_t)(monitor->rows * gan_shape_count(monitor->sample)) * sizeof(*monitor->samples));
}

static void loaded(void *part)
{
    gan_monitor *monitor = part;
    monitor->stepped = monitor->diverged = false;
}

/* Files of trainings without diagnoses lack the memory. */
void gan_monitor_add_entries(gan_monitor *monitor, const char *name, gan_entries *entries)
{
    static const gan_tensor_plan plan = {.kind = GAN_TENSOR_BUFFER, .shape = {1, {GAN_DIAGNOSIS_VALUES}}};
    gan_entries_add_hook(entries, (gan_entries_hook){.loaded = loaded, .part = monitor});
    if (monitor->of.interval == GAN_DIAGNOSIS_OFF) return;
    gan_entries_add_tensor(entries, name, NULL, NULL, &plan, GAN_DIAGNOSIS_VALUES, &monitor->memory.real_accuracy,
                           &nothing.real_accuracy);
}

gan_status gan_diagnosis_interval_resolve(int64_t *interval, const char *what)
{
    if (*interval == 0) *interval = 100;
    if (*interval > 0 || *interval == GAN_DIAGNOSIS_OFF) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: diagnosis_interval is %lld, expected at least 1 or GAN_DIAGNOSIS_OFF",
                    what, (long long)*interval);
}
