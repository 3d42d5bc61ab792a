/* Trains one GAN for as long as a frame leaves, and shows what there is to see. */
#include "web.h"
#include "web_models.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { JUDGED = 256 /* samples that D judges in one pass */ };

typedef struct web_settings {
    int loss;
    float generator_rate, discriminator_rate, penalty;
} web_settings;

static struct web {
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
    gan_session *judge;
    gan_random *random;
    gan_bytes *saved;
    web_kind kind;
    int64_t size, batch; /* values of a sample; samples of a step */
    web_settings settings;
    int64_t earlier_steps; /* of trainers before this one */
    float *data;           /* real samples, of which each step draws a batch */
    int data_count;
    float *choices, *samples;  /* of a batch */
    float *shown;              /* samples to look at, the page's or the generator's */
    float *logits, *gradients; /* of these */
    int shown_count;           /* that there is room for */
    double report[WEB_REPORT_VALUES];
    char error[512];
} web;

static gan_status fail(gan_status status, const char *sentence)
{
    strncpy(web.error, sentence, sizeof(web.error) - 1);
    return status;
}

static gan_status check(gan_status status)
{
    return status == GAN_OK ? GAN_OK : fail(status, gan_last_error());
}

static double milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* ---- Beginning and settings ------------------------------------------------------------------------------------ */

void web_close(void)
{
    gan_bytes_destroy(web.saved);
    gan_random_destroy(web.random);
    gan_session_destroy(web.judge);
    gan_trainer_destroy(web.trainer);
    gan_model_destroy(web.discriminator);
    gan_model_destroy(web.generator);
    gan_context_destroy(web.context);
    free(web.data);
    free(web.choices);
    free(web.samples);
    free(web.shown);
    free(web.logits);
    free(web.gradients);
    web = (struct web){0};
}

/* A new trainer goes on with the models as they are. */
static gan_status create_trainer(void)
{
    gan_trainer_options options = web_trainer_options(web.kind);

    options.loss = (gan_loss)web.settings.loss;
    options.r1 = options.r2 = web.settings.penalty;
    options.seed = (uint64_t)web.earlier_steps;
    gan_trainer *trainer = NULL;
    const gan_status status = gan_trainer_create(web.context, web.generator, web.discriminator, &options, &trainer);
    if (status != GAN_OK) return check(status);
    gan_trainer_destroy(web.trainer);
    web.trainer = trainer;
    return GAN_OK;
}

static gan_status set_rate(gan_role role, float rate)
{
    gan_optimizer *optimizer = NULL;
    gan_status status = gan_trainer_get_optimizer(web.trainer, role, &optimizer);
    if (status == GAN_OK) status = gan_optimizer_set_learning_rate(optimizer, rate);
    return check(status);
}

/* Loss and penalty belong to a trainer, so changing one makes another; rates change under way. */
gan_status web_set(int loss, float generator_rate, float discriminator_rate, float penalty)
{
    const web_settings settings = {loss, generator_rate, discriminator_rate, penalty};
    const bool other = !web.trainer || settings.loss != web.settings.loss || settings.penalty != web.settings.penalty;
    gan_status status = GAN_OK;

    if (!web.context) return fail(GAN_ERROR_STATE, "web_start() comes first");
    if (other) {
        const web_settings before = web.settings;
        const int64_t steps = gan_trainer_steps(web.trainer);
        web.settings = settings;
        web.earlier_steps += steps;
        status = create_trainer();
        if (status != GAN_OK) { /* the earlier one goes on */
            web.settings = before;
            web.earlier_steps -= steps;
            return status;
        }
    }
    web.settings = settings;
    if (status == GAN_OK) status = set_rate(GAN_ROLE_GENERATOR, generator_rate);
    if (status == GAN_OK) status = set_rate(GAN_ROLE_DISCRIMINATOR, discriminator_rate);
    return status;
}

gan_status web_start(int kind, int seed)
{
    web_close();
    web.kind = kind == WEB_PICTURES ? WEB_PICTURES : WEB_PLANE;
    web.size = web.kind == WEB_PICTURES ? 28 * 28 : 2;
    web.batch = web_trainer_options(web.kind).batch;
    gan_status status = gan_context_create(NULL, &web.context);
    if (status == GAN_OK)
        status = build_web_models(web.context, web.kind, (uint64_t)seed, &web.generator, &web.discriminator);
    if (status == GAN_OK) status = gan_session_create(web.discriminator, GAN_SESSION(.batch = JUDGED), &web.judge);
    if (status == GAN_OK) status = gan_random_create(web.context, (uint64_t)seed, 100, &web.random);
    if (status == GAN_OK) status = gan_bytes_create(web.context, &web.saved);
    check(status);
    web.choices = calloc((size_t)web.batch, sizeof(float));
    web.samples = calloc((size_t)(web.batch * web.size), sizeof(float));
    if (status == GAN_OK && (!web.choices || !web.samples)) status = fail(GAN_ERROR_MEMORY, "a batch does not fit");
    return status;
}

const char *web_error(void)
{
    return web.error;
}

int web_cpu(void)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    return gan_context_get_info(web.context, &info) == GAN_OK ? (int)info.cpu : -1;
}

/* ---- Training
 * ------------------------------------------------------------------------------------------------------ */

float *web_data(int count)
{
    float *data = count > 0 ? realloc(web.data, (size_t)count * (size_t)web.size * sizeof(float)) : NULL;

    if (!data) return fail(GAN_ERROR_MEMORY, "the data do not fit"), NULL;
    web.data = data;
    web.data_count = count;
    return data;
}

static gan_status draw_batch(void)
{
    const gan_status status = gan_random_uniform(web.random, web.choices, web.batch);

    for (int64_t i = 0; status == GAN_OK && i < web.batch; i++) {
        const int64_t chosen = (int64_t)(web.choices[i] * (float)web.data_count);
        const int64_t last = web.data_count - 1;
        memcpy(web.samples + i * web.size, web.data + (chosen < last ? chosen : last) * web.size,
               (size_t)web.size * sizeof(float));
    }
    return status;
}

static void add_to_report(const gan_step_report *step, int steps)
{
    const double values[WEB_REPORT_VALUES] = {0, step->discriminator_loss, step->generator_loss,
                                              step->real_probability, step->fake_probability};
    for (int i = WEB_DISCRIMINATOR_LOSS; i <= WEB_FAKE_PROBABILITY; i++)
        web.report[i] += (values[i] - web.report[i]) / steps;
    if (!isnan(step->diversity)) web.report[WEB_DIVERSITY] = step->diversity;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

gan_status web_train(double milliseconds, int most)
{
    const double start = milliseconds_now();
    double now = start, *one = &web.report[WEB_STEP_MILLISECONDS];
    gan_status status = web.data_count > 0 && web.trainer ? GAN_OK : fail(GAN_ERROR_STATE, "there are no data yet");

    for (int i = WEB_DISCRIMINATOR_LOSS; i <= WEB_FAKE_PROBABILITY; i++) web.report[i] = 0;
    for (int steps = 1; status == GAN_OK; steps++) {
        gan_step_report step = GAN_STEP_REPORT_INIT;
        status = draw_batch();
        if (status == GAN_OK) status = gan_trainer_step(web.trainer, web.samples, web.batch, &step);
        if (check(status) != GAN_OK) break;
        add_to_report(&step, steps);
        const double after = milliseconds_now();
        *one += (after - now - *one) * (*one > 0 ? 0.1 : 1);
        now = after;
        if (steps >= most || now - start + least(*one, milliseconds) > milliseconds) break;
    }
    web.report[WEB_STEPS] = (double)(web.earlier_steps + gan_trainer_steps(web.trainer));
    web.report[WEB_DIAGNOSES] = (double)gan_trainer_diagnoses(web.trainer);
    return status;
}

const double *web_report(void)
{
    return web.report;
}

const char *web_diagnosis_name(int diagnosis)
{
    return gan_diagnosis_name((gan_diagnosis)diagnosis);
}

const char *web_diagnosis_advice(int diagnosis)
{
    return gan_diagnosis_advice((gan_diagnosis)diagnosis);
}

/* ---- Looking --------------------------------------------------------------------------------------------------- */

float *web_shown(int count)
{
    if (count > web.shown_count) {
        const size_t bytes = (size_t)count * sizeof(float);
        free(web.shown);
        free(web.logits);
        free(web.gradients);
        web.shown = malloc(bytes * (size_t)web.size);
        web.logits = malloc(bytes);
        web.gradients = malloc(bytes * (size_t)web.size);
        web.shown_count = web.shown && web.logits && web.gradients ? count : 0;
        if (web.shown_count == 0) return fail(GAN_ERROR_MEMORY, "the samples do not fit"), NULL;
    }
    return web.shown;
}

gan_status web_sample(int count, int average)
{
    float *out = web_shown(count);

    if (!out) return GAN_ERROR_MEMORY;
    const gan_sample_options *options = GAN_SAMPLE(.seed = 7);
    return check(average ? gan_trainer_sample(web.trainer, options, count, out)
                         : gan_model_sample(web.generator, options, count, out));
}

gan_status web_judge(int count, int gradients)
{
    static float ones[JUDGED];
    gan_status status = count <= web.shown_count ? GAN_OK : fail(GAN_ERROR_STATE, "web_shown() comes first");

    for (int i = 0; i < JUDGED; i++) ones[i] = 1;
    for (int64_t first = 0; status == GAN_OK && first < count; first += JUDGED) {
        const int64_t batch = count - first < JUDGED ? count - first : JUDGED;
        status = gan_session_set_input(web.judge, 0, web.shown + first * web.size, batch);
        if (status == GAN_OK) status = gan_session_forward(web.judge, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(web.judge, 0, web.logits + first);
        if (status == GAN_OK && gradients) {
            status = gan_session_set_output_gradient(web.judge, 0, ones);
            if (status == GAN_OK) status = gan_session_backward(web.judge, GAN_BACKWARD_INPUTS);
            if (status == GAN_OK)
                status = gan_session_get_input_gradient(web.judge, 0, web.gradients + first * web.size);
        }
        check(status);
    }
    return status;
}

const float *web_logits(void)
{
    return web.logits;
}

const float *web_gradients(void)
{
    return web.gradients;
}

/* ---- Files, in memory
 * ---------------------------------------------------------------------------------------------- */

gan_status web_save_generator(void)
{
    gan_model *generator = NULL;
    gan_status status = gan_trainer_snapshot(web.trainer, &generator);

    gan_bytes_clear(web.saved);
    if (status == GAN_OK) status = gan_model_save_to(generator, gan_bytes_writer(web.saved), NULL);
    gan_model_destroy(generator);
    return check(status);
}

gan_status web_save(void)
{
    gan_bytes_clear(web.saved);
    return check(gan_trainer_save_to(web.trainer, NULL, gan_bytes_writer(web.saved)));
}

gan_status web_load(const unsigned char *bytes, int size)
{
    const gan_status status =
        gan_trainer_load_from(web.trainer, NULL, gan_reader_from_memory(bytes, size > 0 ? (size_t)size : 0));
    if (status == GAN_OK) {
        web.earlier_steps = 0;
        web.report[WEB_STEPS] = (double)gan_trainer_steps(web.trainer);
    }
    return check(status);
}

const void *web_saved(void)
{
    return gan_bytes_data(web.saved);
}

int web_saved_size(void)
{
    return (int)gan_bytes_size(web.saved);
}

void *web_allocate(int size)
{
    return malloc(size > 0 ? (size_t)size : 1);
}

void web_release(void *memory)
{
    free(memory);
}
