/* The door of diagnosis: what is measured of an adversarial pair during training, and what follows from it. */
#ifndef GAN_DIAGNOSIS_H
#define GAN_DIAGNOSIS_H

#include "train/checkpoint/checkpoint.h"
#include "train/losses/losses.h"

enum {
    GAN_PLAYERS = 2,            /* gan_role tells them apart */
    GAN_DIAGNOSIS_RULES = 4,    /* diagnoses made from measurements */
    GAN_DIAGNOSIS_LEVELS = 15,  /* earlier gradient norms to compare the current one with */
    GAN_DIAGNOSIS_SAMPLES = 64, /* most samples whose distances are measured */
};

/* What a monitor remembers from step to step to make diagnoses. Training never reads it. A checkpoint holds it as one
 * tensor, so that a resumed training reports the same: every field is a gan_real, and none is trusted. */
typedef struct gan_diagnosis_memory {
    /* As last measured; NaN: not yet. */
    gan_real real_accuracy, fake_accuracy, diversity, saturation, update_ratio[GAN_PLAYERS];
    /* Sums since then, over samples that D judged and over steps. */
    gan_real judged, real_right, fake_right, belief;
    gan_real steps, log_norm[GAN_PLAYERS];
    /* Logarithms of gradient norms, each a mean from one diagnosis to the next; newest first. */
    gan_real level_count, levels[GAN_PLAYERS][GAN_DIAGNOSIS_LEVELS];
    /* How long each rule has held, up to its patience. */
    gan_real held[GAN_DIAGNOSIS_RULES];
} gan_diagnosis_memory;

#define GAN_DIAGNOSIS_VALUES ((int64_t)(sizeof(gan_diagnosis_memory) / sizeof(gan_real)))

/* What the current step shows, until it is known to count. */
typedef struct gan_observation {
    double judged, real_right, fake_right, belief; /* sums over samples that D judged */
    double diversity, saturation;                  /* NaN: not measured */
} gan_observation;

/* ---- What one step shows (observation.c) ----------------------------------------------------------------------- */

/* A model's outputs beyond these ends are saturated; equal if there are none. */
typedef struct gan_saturation {
    gan_real low, high;
} gan_saturation;
gan_saturation gan_saturation_of(const gan_model *generator);

/* Adds D's logits of `count` real and `count` generated inputs. */
void gan_observe_logits(gan_observation *observation, const gan_adversarial_loss *loss, const float *real,
                        const float *fake, int64_t count);
/* Measures `batch` samples of G, as stored; the first `rows` are compared with as many real ones. */
void gan_observe_samples(gan_observation *observation, gan_context *context, gan_saturation ends, int64_t size,
                         int64_t batch, const gan_real *made, int64_t rows, const gan_real *real);

/* ---- Rules (diagnosis_rules.c) --------------------------------------------------------------------------------- */

/* What the rules are applied to; gradients are geometric means since the previous diagnosis, which one wild step does
 * not move far. */
typedef struct gan_findings {
    double real_accuracy, fake_accuracy;
    double belief; /* mean of D's belief in generated samples */
    double diversity;
    double gradient[GAN_PLAYERS];
    double usual[GAN_PLAYERS]; /* median gradient at earlier diagnoses; NaN while there are few */
    double weight[GAN_PLAYERS];
    bool scaled; /* of the game */
} gan_findings;

/* Count how long each rule has held, and give the diagnoses that follow. */
void gan_rules_apply(const gan_findings *now, gan_real held[GAN_DIAGNOSIS_RULES]);
uint64_t gan_rules_diagnoses(const gan_real held[GAN_DIAGNOSIS_RULES]);

/* ---- From step to step (monitor.c) ----------------------------------------------------------------------------- */

/* What a monitor watches. */
typedef struct gan_monitored {
    gan_loss loss;
    int64_t interval;           /* steps from one diagnosis to the next, or GAN_DIAGNOSIS_OFF */
    int64_t batch;              /* most samples of a step */
    const char *step;           /* what a step is called in messages */
    const gan_model *generator; /* whose first output D judges beside data; NULL: samples are not observed */
    const gan_model *models[GAN_PLAYERS]; /* whose updates are measured */
} gan_monitored;

typedef struct gan_monitor {
    gan_context *context;
    gan_monitored of;
    gan_diagnosis_memory memory;
    gan_observation observation;
    bool stepped;  /* gradients and previous weights are a step's */
    bool diverged; /* in the last step */
    gan_saturation ends;
    gan_shape sample;
    int64_t rows;      /* capacity of `samples`, in samples */
    gan_real *samples; /* real ones, as stored; NULL without diagnoses */
} gan_monitor;

/* Must be destroyed even after a failure. */
gan_status gan_monitor_create(gan_monitor *monitor, gan_context *context, const gan_monitored *of);
void gan_monitor_destroy(gan_monitor *monitor);
/* Adds D's last judgement to an observation, which may be the monitor's: `count` logits of either kind. */
void gan_monitor_observe_logits(const gan_monitor *monitor, const float *real_logits, const float *fake_logits,
                                int64_t count, gan_observation *observation);
/* The same of what it judged in step number `step`, from 1: `batch` real samples, and as many, the first, of the
 * generator's pass. */
void gan_monitor_observe_samples(const gan_monitor *monitor, int64_t step, int64_t batch, const float *samples,
                                 const gan_session *generator, gan_observation *observation);
/* Ends a step that counts, with the players' gradient norms, and completes the report; or ends one that failed with a
 * status. Logs diagnoses that were not made the previous time. */
void gan_monitor_step(gan_monitor *monitor, int64_t step, const double norms[GAN_PLAYERS], gan_pair_report *report);
void gan_monitor_fail(gan_monitor *monitor, gan_status status);
/* Fills in a report's fields of the last diagnosis, except the diagnoses. */
void gan_monitor_report(const gan_monitor *monitor, gan_pair_report *report);
/* The last diagnoses made, and GAN_DIAGNOSIS_NOT_FINITE after a step that diverged. */
uint64_t gan_monitor_diagnoses(const gan_monitor *monitor);
/* Its memory, called NAME. */
void gan_monitor_add_entries(gan_monitor *monitor, const char *name, gan_entries *entries);
/* GAN_ERROR_ARGUMENT unless it can be an interval; fills in its default. `what` names the options. */
gan_status gan_diagnosis_interval_resolve(int64_t *interval, const char *what);

/* ---- Layers (layer_report.c) ----------------------------------------------------------------------------------- */

/* The number of a model's layers with parameters, and how one of them took the last update. */
int64_t gan_layer_report_count(const gan_model *model);
gan_layer_report gan_layer_report_measure(const gan_model *model, int64_t index);

#endif
