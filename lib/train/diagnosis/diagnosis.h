/* The door of diagnosis: what is measured while a trainer trains, and what is concluded from it. */
#ifndef GAN_DIAGNOSIS_H
#define GAN_DIAGNOSIS_H

#include "model/model.h"

enum {
    GAN_PLAYERS = 2,            /* gan_role tells them apart */
    GAN_DIAGNOSIS_RULES = 4,    /* diagnoses that are made of measurements */
    GAN_DIAGNOSIS_LEVELS = 15,  /* earlier gradient norms that the present one is held against */
    GAN_DIAGNOSIS_SAMPLES = 64, /* most samples whose distances are taken */
};

/* What a trainer remembers from step to step to make diagnoses. Training never reads it. A checkpoint holds it as one
 * tensor, so that a trainer that goes on reports the same: every field is a gan_real, and none is trusted. */
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
extern const gan_diagnosis_memory gan_diagnosis_nothing; /* of a trainer that has done no step */

/* What the present step shows, until it is known to count. */
typedef struct gan_observation {
    double judged, real_right, fake_right, belief; /* sums over samples that D judged */
    double diversity, saturation;                  /* NaN: not measured */
} gan_observation;

typedef struct gan_monitor {
    gan_diagnosis_memory memory;
    gan_observation observation;
    bool stepped;       /* gradients and previous weights are those of a step */
    bool diverged;      /* in the last step */
    gan_real low, high; /* G's outputs beyond these are saturated; equal when there is no such end */
    int64_t rows;       /* samples that `samples` has room for */
    gan_real *samples;  /* real ones, as stored; NULL without diagnoses */
} gan_monitor;

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

/* Counts how long each rule has held, and gives the diagnoses that follow from it (diagnosis.c). */
void gan_rules_apply(const gan_findings *now, gan_real held[GAN_DIAGNOSIS_RULES]);
uint64_t gan_rules_diagnoses(const gan_real held[GAN_DIAGNOSIS_RULES]);

/* Seeing trouble (monitor.c). Observes the last judgement of D, of samples and of those that G made of noise; ends
 * a step that counts, and fills in the report, or one that failed with a status. */
gan_status gan_monitor_create(gan_trainer *trainer);
void gan_monitor_destroy(gan_trainer *trainer);
void gan_monitor_observe(gan_trainer *trainer, const float *samples, int64_t batch);
void gan_monitor_step(gan_trainer *trainer, gan_step_report *report);
void gan_monitor_fail(gan_trainer *trainer, gan_status status);
/* Fills in what a report has of the last diagnosis, but for the diagnoses. */
void gan_monitor_report(const gan_monitor *monitor, gan_step_report *report);

#endif
