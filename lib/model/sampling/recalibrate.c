/* Running statistics made anew: what batch normalisation samples with, measured for the weights that a model has. */
#include "model/graph/graph.h"
#include "model/sampling/sampling.h"
#include "model/session/session.h"

#include <math.h>
#include <string.h>

/* Samples of a training pass, at most. */
#define BATCH 128

/* The statistics of all passes so far. */
typedef struct statistics {
    gan_model *model;
    gan_real *before; /* all buffers, to restore */
    double *sums;     /* like the buffers, of batches times their samples */
} statistics;

static bool has_statistics(const gan_model *model)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        if (model->tensors[i].plan.momentum > 0) return true;
    }
    return false;
}

/* From 0, a pass makes them momentum times those of its batch. */
static void clear(const statistics *of)
{
    gan_model *model = of->model;
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        if (tensor->plan.momentum > 0) gan_fill(model->context, tensor->count, 0, model->buffers + tensor->offset);
    }
}

static void add(const statistics *of, int64_t batch)
{
    const gan_model *model = of->model;
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        const double scale = tensor->plan.momentum > 0 ? (double)batch / tensor->plan.momentum : 0;
        for (int64_t k = tensor->offset; scale > 0 && k < tensor->offset + tensor->count; k++) {
            of->sums[k] += scale * (double)model->buffers[k];
        }
    }
}

/* The means over all samples; GAN_ERROR_NOT_FINITE if one is not finite. */
static gan_status take(const statistics *of, int64_t count)
{
    gan_model *model = of->model;
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        for (int64_t k = tensor->offset; tensor->plan.momentum > 0 && k < tensor->offset + tensor->count; k++) {
            model->buffers[k] = (gan_real)(of->sums[k] / (double)count);
            if (isfinite(model->buffers[k])) continue;
            return gan_fail(GAN_ERROR_NOT_FINITE, "gan_model_recalibrate: '%s' becomes %g", tensor->name,
                            (double)model->buffers[k]);
        }
    }
    return GAN_OK;
}

/* Batches of nearly the same size, so that none is of one sample. */
static gan_status measure(const statistics *of, gan_session *session, const gan_sample_options *options,
                          int64_t count)
{
    const int64_t batches = count / BATCH + (count % BATCH != 0);
    for (int64_t i = 0, first = 0; i < batches; i++) {
        const int64_t batch = count / batches + (i < count % batches);
        clear(of);
        GAN_TRY(gan_session_draw_inputs(session, options, count, first, batch, "gan_model_recalibrate"));
        GAN_TRY(gan_session_forward(session, GAN_MODE_TRAIN));
        add(of, batch);
        first += batch;
    }
    return take(of, count);
}

static gan_status recalibrate(statistics *of, const gan_sample_options *options, int64_t count)
{
    gan_model *model = of->model;
    gan_session *session;
    of->before = gan_allocate_array(model->context, model->buffer_size, sizeof(*of->before));
    of->sums = gan_allocate_array(model->context, model->buffer_size, sizeof(*of->sums));
    if (!of->before || !of->sums) return GAN_ERROR_MEMORY;
    memcpy(of->before, model->buffers, (size_t)model->buffer_size * sizeof(*of->before));
    GAN_TRY(gan_session_create(model,
                               GAN_SESSION(.batch = count < BATCH ? count : BATCH, .forward_only = true,
                                           .seed = options ? options->seed : 0),
                               &session));
    const gan_status status = measure(of, session, options, count);
    gan_session_destroy(session);
    if (status != GAN_OK) memcpy(model->buffers, of->before, (size_t)model->buffer_size * sizeof(*of->before));
    return status;
}

gan_status gan_model_recalibrate(gan_model *model, const gan_sample_options *options, int64_t count)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_sample_check(model, options, count, __func__));
    if (!has_statistics(model)) return GAN_OK;
    statistics of = {.model = model};
    const gan_status status = recalibrate(&of, options, count);
    gan_release(model->context, of.before, (size_t)model->buffer_size * sizeof(*of.before));
    gan_release(model->context, of.sums, (size_t)model->buffer_size * sizeof(*of.sums));
    return status;
}
