/* What the page calls: one GAN at a time. Samples, judgements and files lie in the module's memory, where the page
 * reads and writes them. A call that can fail returns its gan_status or, where it gives memory, NULL; web_error() has
 * the sentence. */
#ifndef WEB_H
#define WEB_H

#include <libgan.h>

#ifdef __wasm__
#define WEB_EXPORT(name) __attribute__((export_name(#name)))
#else
#define WEB_EXPORT(name)
#endif

/* Begins anew, with points of the plane (kind 0) or pictures (1). web_set() and web_data() have to follow. */
WEB_EXPORT(web_start) gan_status web_start(int kind, int seed);
/* A gan_loss, rates, and the gamma of both R1 and R2. The networks stay, so it may be called at any time. */
WEB_EXPORT(web_set) gan_status web_set(int loss, float generator_rate, float discriminator_rate, float penalty);
/* Room for real samples, which the page fills in. */
WEB_EXPORT(web_data) float *web_data(int count);
WEB_EXPORT(web_close) void web_close(void);

WEB_EXPORT(web_error) const char *web_error(void);
/* The instruction set in use: a gan_cpu. */
WEB_EXPORT(web_cpu) int web_cpu(void);

/* As many steps as the time is enough for, judged by those before, but at least one and at most `most`. */
WEB_EXPORT(web_train) gan_status web_train(double milliseconds, int most);

/* What web_report() gives of the last web_train(): means over its steps, and the last diagnosis. */
enum {
    WEB_STEPS, /* taken since the beginning */
    WEB_DISCRIMINATOR_LOSS,
    WEB_GENERATOR_LOSS,
    WEB_REAL_PROBABILITY,
    WEB_FAKE_PROBABILITY,
    WEB_DIVERSITY,
    WEB_DIAGNOSES,         /* gan_diagnosis bits */
    WEB_STEP_MILLISECONDS, /* of one step, lately */
    WEB_REPORT_VALUES
};
WEB_EXPORT(web_report) const double *web_report(void);
WEB_EXPORT(web_diagnosis_name) const char *web_diagnosis_name(int diagnosis);
WEB_EXPORT(web_diagnosis_advice) const char *web_diagnosis_advice(int diagnosis);

/* Room for samples to look at, which the page may fill in. */
WEB_EXPORT(web_shown) float *web_shown(int count);
/* Draws samples to look at, always of the same noise: of the generator as it is, or of the average of its weights. */
WEB_EXPORT(web_sample) gan_status web_sample(int count, int average);
/* D's logits of the samples to look at and, if wanted, their gradients: how each sample would look more real. */
WEB_EXPORT(web_judge) gan_status web_judge(int count, int gradients);
WEB_EXPORT(web_logits) const float *web_logits(void);
WEB_EXPORT(web_gradients) const float *web_gradients(void);

/* The generator that is sampled as a file, which libgan's other programs and PyTorch read too. */
WEB_EXPORT(web_save_generator) gan_status web_save_generator(void);
/* All that training goes on from. */
WEB_EXPORT(web_save) gan_status web_save(void);
WEB_EXPORT(web_saved) const void *web_saved(void);
WEB_EXPORT(web_saved_size) int web_saved_size(void);
/* Takes what web_save() gave. */
WEB_EXPORT(web_load) gan_status web_load(const unsigned char *bytes, int size);
/* Room for a file that the page hands over. */
WEB_EXPORT(web_allocate) void *web_allocate(int size);
WEB_EXPORT(web_release) void web_release(void *memory);

#endif
