/* Drawing samples from a generator. */
#include "model/plan.h"

/* Samples per pass of gan_model_sample: enough to make loading the weights worthwhile. */
#define SAMPLE_BATCH 128

typedef struct noise_args {
    gan_real *out;
    int64_t elements; /* of one sample */
    int64_t first;    /* number of the first sample */
    uint64_t seed;
    gan_noise noise;
} noise_args;

/* Each sample owns as many counters as it has elements, more than it uses, so it does not depend on the batch. */
static void draw_noise(void *argument, int64_t index)
{
    const noise_args *args = argument;
    gan_real *out = args->out + index * args->elements;
    gan_random_state state = {.seed = args->seed,
                              .stream = GAN_STREAM_SAMPLE,
                              .counter = (uint64_t)(args->first + index) * (uint64_t)args->elements};

    if (args->noise == GAN_NOISE_UNIFORM) {
        gan_fill_uniform(&state, out, args->elements, -1, 1);
    } else {
        gan_fill_normal(&state, out, args->elements, 0, 1);
    }
}

static gan_status check_generator(const gan_model *model, int64_t count, const char *what)
{
    int64_t total;

    GAN_TRY(gan_model_check_built(model, what));
    if (model->input_count != 1 || model->output_count != 1) {
        return gan_fail(GAN_ERROR_GRAPH, "%s: the model has %d inputs and %d outputs, expected one of each", what,
                        (int)model->input_count, (int)model->output_count);
    }
    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", what, (long long)count);
    }
    if (!gan_checked_multiply(count, gan_shape_count(model->nodes[model->outputs[0]].output), &total) ||
        !gan_checked_multiply(count, gan_shape_count(model->nodes[model->inputs[0]].output), &total)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: the values of %lld samples overflow", what, (long long)count);
    }
    return GAN_OK;
}

gan_status gan_session_draw(gan_session *session, gan_noise noise, uint64_t seed, int64_t count, float *out)
{
    const gan_model *model = session->model;

    GAN_TRY(check_generator(model, count, "gan_session_draw"));
    const int64_t elements = gan_shape_count(model->nodes[model->outputs[0]].output);
    noise_args args = {.out = gan_session_data(session, GAN_SLOT_INPUT, 0),
                       .elements = gan_shape_count(model->nodes[model->inputs[0]].output),
                       .seed = seed,
                       .noise = noise};
    while (args.first < count) {
        const int64_t left = count - args.first;
        const int64_t batch = left < session->max_batch ? left : session->max_batch;
        gan_parallel(model->context, draw_noise, &args, batch);
        gan_session_accept_input(session, 0, batch);
        GAN_TRY(gan_session_forward(session, GAN_MODE_SAMPLE));
        GAN_TRY(gan_session_get_output(session, 0, out + args.first * elements));
        args.first += batch;
    }
    return GAN_OK;
}

gan_status gan_model_sample(gan_model *generator, uint64_t seed, int64_t count, float *out)
{
    gan_session *session = NULL;
    gan_status status;

    GAN_CHECK_NOT_NULL(generator);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(check_generator(generator, count, __func__));
    GAN_TRY(gan_session_create(
        generator, GAN_SESSION(.batch = count < SAMPLE_BATCH ? count : SAMPLE_BATCH, .forward_only = true),
        &session));
    status = gan_session_draw(session, GAN_NOISE_NORMAL, seed, count, out);
    gan_session_destroy(session);
    return status;
}
