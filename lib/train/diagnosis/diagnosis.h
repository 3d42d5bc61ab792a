/* The door of diagnosis: what is measured of an adversarial pair while it is trained, and what is concluded from it.
 */
#ifndef GAN_DIAGNOSIS_H
#define GAN_DIAGNOSIS_H

#include "train/checkpoint/checkpoint.h"
#include "train/losses/losses.h"

enum {
    GAN_PLAYERS = 2,            /* gan_role tells them apart */
    GAN_DIAGNOSIS_RULES = 4,    /* diagnoses that are made of measurements */
    GAN_DIAGNOSIS_LEVELS = 15,  /* earlier gradient norms that the present one is held against */
    GAN_DIAGNOSIS_SAMPLES = 64, /* most samples whose distances are taken */
};

/* What a monitor remembers from step to step to make diagnoses. Training never reads it. A checkpoint holds it as one
 * tensor, so that a training that goes on reports the same: every field is a gan_real, and none is trusted. */
typedef struct gan_diagnosis_memory {
    /* As measured last; NaN: not yet. */
    gan_real real_accuracy, fake_accuracy, diversity, saturation, update_ratio[GAN_PLAYERS];
    /* Sums since then, over samples that D judged and over steps. */
    gan_real judged, real_right, fake_right, belief;
    gan_real steps, log_norm[GAN_PLAYERS];
    /* Logarithms of gradient norms, each a mean from one diagnosis to the next; the newest first. */
    gan_real level_count, levels[GAN_PLAYERS][GAN_DIAGNOSIS_LEVELS];
    /* How long each rule has held, up to its patience. */
    gan_real held[GAN_DIAGNOSIS_RULES];
} gan_diagnosis_memory;

#define GAN_DIAGNOSIS_VALUES ((int64_t)(sizeof(gan_diagnosis_memory) / sizeof(gan_real)))

/* What the present step shows, until it is known to count. */
typedef struct gan_observation {
    double judged, real_right, fake_right, belief; /* sums over samples that D judged */
    double diversity, saturation;                  /* NaN: not measured */
} gan_observation;

/* ---- What one step shows (observation.c) ----------------------------------------------------------------------- */

/* Outputs of a model beyond these ends are saturated; equal when there are no such ends. */
typedef struct gan_saturation {
    gan_real low, high;
} gan_saturation;
gan_saturation gan_saturation_of(const gan_model *generator);

/* Adds what D said of `count` inputs, real and generated ones. */
void gan_observe_logits(gan_observation *observation, const gan_adversarial_loss *loss, const float *real,
                        const float *fake, int64_t count);
/* Takes in `batch` samples of G, as stored, of which the first `rows` are compared with as many real ones. */
void gan_observe_samples(gan_observation *observation, gan_context *context, gan_saturation ends, int64_t size,
                         int64_t batch, const gan_real *made, int64_t rows, const gan_real *real);

/* ---- Rules (diagnosis_rules.c) --------------------------------------------------------------------------------- */

/* What the rules are made of; gradients are geometric means since the diagnosis before, which one wild step does not
 * move far. */
typedef struct gan_findings {
    double real_accuracy, fake_accuracy;
    double belief; /* mean of D's belief in generated samples */
    double diversity;
    double gradient[GAN_PLAYERS];
    double usual[GAN_PLAYERS]; /* median of the gradients at earlier diagnoses; NaN while they are few */
    double weight[GAN_PLAYERS];
    bool scaled; /* of the game */
} gan_findings;

/* Counts how long each rule has held, and gives the diagnoses that follow from it. */
void gan_rules_apply(const gan_findings *now, gan_real held[GAN_DIAGNOSIS_RULES]);
uint64_t gan_rules_diagnoses(const gan_real held[GAN_DIAGNOSIS_RULES]);

/* ---- From step to step (monitor.c) ----------------------------------------------------------------------------- */

/* Whom a monitor watches. */
typedef struct gan_monitored {
    gan_loss loss;
    int64_t interval; /* steps from one diagnosis to the next, or GAN_DIAGNOSIS_OFF */
    int64_t batch;    /* most samples of a step */
    const gan_model *models[GAN_PLAYERS];
} gan_monitored;

typedef struct gan_monitor {
    gan_context *context;
    gan_monitored of;
    gan_diagnosis_memory memory;
    gan_observation observation;
    bool stepped;  /* gradients and previous weights are those of a step */
    bool diverged; /* in the last step */
    gan_saturation ends;
    gan_shape sample;
    int64_t rows;      /* samples that `samples` has room for */
    gan_real *samples; /* real ones, as stored; NULL without diagnoses */
} gan_monitor;

/* It is destroyed also after a failure. */
gan_status gan_monitor_create(gan_monitor *monitor, gan_context *context, const gan_monitored *of);
void gan_monitor_destroy(gan_monitor *monitor);
/* Observes the last judgement of D on `count` inputs in step number `step`, from 1: its logits, and the `batch` real
 * samples and those of G's pass. */
void gan_monitor_observe(gan_monitor *monitor, int64_t step, const float *real_logits, const float *fake_logits,
                         int64_t count, const float *samples, const gan_session *generator);
/* Ends a step that counts and fills in the report, which has the gradients' norms; or one that failed with a status.
 * A diagnosis that was not made the time before is logged. */
void gan_monitor_step(gan_monitor *monitor, int64_t step, gan_step_report *report);
void gan_monitor_fail(gan_monitor *monitor, gan_status status);
/* Fills in what a report has of the last diagnosis, but for the diagnoses. */
void gan_monitor_report(const gan_monitor *monitor, gan_step_report *report);
/* Those that were made last, and GAN_DIAGNOSIS_NOT_FINITE after a step that diverged. */
uint64_t gan_monitor_diagnoses(const gan_monitor *monitor);
void gan_monitor_add_entries(gan_monitor *monitor, gan_entries *entries);

/* ---- Layers (layer_report.c) ----------------------------------------------------------------------------------- */

/* How many layers with parameters a model has, and how one of them took the last update. */
int64_t gan_layer_report_count(const gan_model *model);
gan_layer_report gan_layer_report_measure(const gan_model *model, int64_t index);

#endif
