/* Drawing samples from a generator. What an input is given depends on its role; sample i of an input depends only on
 * the options, the input and i, so that it is the same in any batch. */
#include "model/graph/graph.h"
#include "model/sampling/sampling.h"
#include "model/session/session.h"

#include <math.h>

/* Samples per pass of gan_model_sample: enough to make loading the weights worthwhile, and more while the values of
 * the widest layer stay below 4 MiB, since the products of large batches take less time. */
#define LEAST_BATCH 128
#define MOST_BATCH  512
#define MOST_VALUES ((int64_t)1 << 20)

/* Counters that a number owns which may have to be drawn again and again. At the least truncation, 1 in 125 normal
 * numbers is kept: no number needs even a tenth of them. */
#define REDRAWS          65536
#define LEAST_TRUNCATION 0.01f

/* Where the values of an input come from. */
typedef enum source { SOURCE_GIVEN, SOURCE_NORMAL, SOURCE_UNIFORM, SOURCE_CLASS } source;

/* What is to be drawn, checked. */
typedef struct sampling {
    const gan_model *model;
    gan_sample_options options; /* class_count resolved */
    int64_t count;
    gan_real truncation; /* infinite: none */
    double total;        /* of the proportions */
} sampling;

static const gan_model_node *input_of(const gan_model *model, int32_t index)
{
    return &model->nodes[model->inputs[index]];
}

/* ---- One sample of one input -------------------------------------------------------------------------------- */

typedef struct draw_args {
    const sampling *of;
    const gan_model_node *node;
    int32_t input;
    source source;
    gan_real *out;
    int64_t elements; /* of one sample */
    int64_t first;    /* number of the first sample */
} draw_args;

static gan_random_state stream_of(const draw_args *args, uint64_t counter)
{
    const uint64_t stream = args->input == 0 ? GAN_STREAM_SAMPLE : GAN_STREAM_SAMPLE_INPUT + (uint64_t)args->input;

    return (gan_random_state){.seed = args->of->options.seed, .stream = stream, .counter = counter};
}

/* A normal number within the truncation; `number` counts the values of the input. */
static gan_real draw_again(const draw_args *args, uint64_t number)
{
    gan_random_state state = {.seed = args->of->options.seed,
                              .stream = GAN_STREAM_SAMPLE_AGAIN + (uint64_t)args->input,
                              .counter = number * REDRAWS};

    for (;;) {
        gan_real values[GAN_NORMALS_PER_BLOCK];
        gan_fill_normal(&state, values, GAN_NORMALS_PER_BLOCK, 0, 1);
        for (int i = 0; i < GAN_NORMALS_PER_BLOCK; i++) {
            if (values[i] >= -args->of->truncation && values[i] <= args->of->truncation) return values[i];
        }
    }
}

/* Each sample owns as many counters as it has elements, more than it uses. */
static void draw_normal(const draw_args *args, int64_t sample, gan_real *out)
{
    const uint64_t first = (uint64_t)sample * (uint64_t)args->elements;
    const gan_real most = args->of->truncation;
    gan_random_state state = stream_of(args, first);

    gan_fill_normal(&state, out, args->elements, 0, 1);
    if (isinf(most)) return;
    for (int64_t i = 0; i < args->elements; i++) {
        if (out[i] < -most || out[i] > most) out[i] = draw_again(args, first + (uint64_t)i);
    }
}

static void draw_uniform(const draw_args *args, int64_t sample, gan_real *out)
{
    gan_random_state state = stream_of(args, (uint64_t)sample * (uint64_t)args->elements);

    gan_fill_uniform(&state, out, args->elements, -1, 1);
}

/* A class as often as its share of the proportions. */
static int64_t draw_share(const sampling *of, int64_t classes, gan_random_state *state)
{
    const double bits53 = 9007199254740992.0; /* 2^53 */
    const double target = of->total * ((double)gan_random_below(state, UINT64_C(1) << 53) / bits53);
    int64_t last = 0;
    double sum = 0;

    for (int64_t c = 0; c < classes; c++) {
        if (of->options.proportions[c] <= 0) continue;
        sum += (double)of->options.proportions[c];
        last = c;
        if (target < sum) break;
    }
    return last;
}

static int64_t choose_class(const draw_args *args, int64_t sample)
{
    const gan_sample_options *options = &args->of->options;
    const int64_t classes = args->node->input.classes;
    gan_random_state state = stream_of(args, (uint64_t)sample * REDRAWS);

    if (options->classes) return options->classes[sample % options->class_count];
    if (options->proportions) return draw_share(args->of, classes, &state);
    return (int64_t)gan_random_below(&state, (uint64_t)classes);
}

static void set_class(const draw_args *args, int64_t chosen, gan_real *out)
{
    if (args->elements == 1) {
        out[0] = (gan_real)chosen;
        return;
    }
    for (int64_t c = 0; c < args->elements; c++) out[c] = c == chosen ? 1 : 0;
}

static void draw(void *argument, int64_t index)
{
    const draw_args *args = argument;
    const int64_t sample = args->first + index;
    gan_real *out = args->out + index * args->elements;

    switch (args->source) {
    case SOURCE_NORMAL: draw_normal(args, sample, out); break;
    case SOURCE_UNIFORM: draw_uniform(args, sample, out); break;
    case SOURCE_CLASS: set_class(args, choose_class(args, sample), out); break;
    case SOURCE_GIVEN: break; /* not drawn */
    }
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static gan_status find_source(const sampling *of, int32_t index, const char *what, source *out)
{
    const gan_model *model = of->model;
    const gan_input_options *input = &input_of(model, index)->input;
    char text[GAN_NODE_TEXT];

    if (of->options.inputs && of->options.inputs[index]) {
        *out = SOURCE_GIVEN;
    } else if (gan_input_has_noise(input)) {
        *out = input->noise == GAN_NOISE_UNIFORM ? SOURCE_UNIFORM : SOURCE_NORMAL;
    } else if (input->role == GAN_INPUT_CLASS) {
        *out = SOURCE_CLASS;
    } else if (input->role == GAN_INPUT_ANY && model->input_count == 1) {
        *out = SOURCE_NORMAL;
    } else {
        const bool is_image = input->role == GAN_INPUT_IMAGE;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s %s: give it by .inputs%s", what,
                        gan_model_node_text(model, model->inputs[index], text),
                        is_image ? "is an image" : "has no role",
                        is_image ? "" : ", or its role by gan_model_set_input()");
    }
    return GAN_OK;
}

static gan_status check_sizes(const sampling *of, const char *what)
{
    const gan_model *model = of->model;
    const int64_t count = of->count, output = of->options.output;
    int64_t total;

    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", what, (long long)count);
    }
    if (output < 0 || output >= model->output_count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: output is %lld, expected 0 to %d", (long long)output,
                        (int)model->output_count - 1);
    }
    bool fits = gan_checked_multiply(count, gan_shape_count(model->nodes[model->outputs[output]].output), &total);
    for (int32_t k = 0; fits && k < model->input_count; k++) {
        fits = gan_checked_multiply(count, gan_shape_count(input_of(model, k)->output), &total);
    }
    if (fits) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "%s: the values of %lld samples overflow", what, (long long)count);
}

static gan_status check_truncation(sampling *of, int32_t normal_inputs)
{
    const float given = of->options.truncation;

    of->truncation = (gan_real)INFINITY;
    if (given == 0) return GAN_OK;
    if (!isfinite(given)) {
        return gan_fail(GAN_ERROR_NOT_FINITE, "gan_sample_options: truncation is %g", (double)given);
    }
    if (given < LEAST_TRUNCATION) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: truncation is %g, expected at least %g",
                        (double)given, (double)LEAST_TRUNCATION);
    }
    if (normal_inputs == 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: truncation is %g, but no normal noise is drawn",
                        (double)given);
    }
    of->truncation = (gan_real)given;
    return GAN_OK;
}

static gan_status check_given_classes(sampling *of, int64_t classes)
{
    gan_sample_options *options = &of->options;

    if (options->class_count < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: class_count is %lld, expected at least 1",
                        (long long)options->class_count);
    }
    if (options->class_count == 0) options->class_count = of->count;
    for (int64_t i = 0; i < options->class_count; i++) {
        if (options->classes[i] >= 0 && options->classes[i] < classes) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: classes[%lld] is %d, expected 0 to %lld",
                        (long long)i, (int)options->classes[i], (long long)(classes - 1));
    }
    return GAN_OK;
}

static gan_status check_proportions(sampling *of, int64_t classes)
{
    const float *proportions = of->options.proportions;

    for (int64_t c = 0; c < classes; c++) {
        if (!isfinite(proportions[c])) {
            return gan_fail(GAN_ERROR_NOT_FINITE, "gan_sample_options: proportions[%lld] is %g", (long long)c,
                            (double)proportions[c]);
        }
        if (proportions[c] < 0) {
            return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: proportions[%lld] is %g, expected at least 0",
                            (long long)c, (double)proportions[c]);
        }
        of->total += (double)proportions[c];
    }
    if (of->total > 0) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: all %lld proportions are 0", (long long)classes);
}

/* `inputs` are classes to draw; one of them is `input`. */
static gan_status check_classes(sampling *of, int32_t inputs, const gan_input_options *input)
{
    const gan_sample_options *options = &of->options;
    const char *given = options->classes ? "classes" : "proportions";

    if (options->class_count != 0 && !options->classes) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: class_count is %lld, but classes is NULL",
                        (long long)options->class_count);
    }
    if (!options->classes && !options->proportions) return GAN_OK;
    if (options->classes && options->proportions) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_sample_options: both classes and proportions are set");
    }
    if (inputs != 1) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_sample_options: %s is set, but %d inputs are classes to draw, expected 1", given,
                        (int)inputs);
    }
    return options->classes ? check_given_classes(of, input->classes) : check_proportions(of, input->classes);
}

static gan_status plan_sampling(const gan_model *model, const gan_sample_options *given, int64_t count,
                                const char *what, sampling *out)
{
    const gan_input_options *class_input = NULL;
    int32_t uses[SOURCE_CLASS + 1] = {0};

    *out = (sampling){.model = model, .count = count};
    GAN_TRY(gan_options_read(&out->options, sizeof(out->options), given, "gan_sample_options"));
    GAN_TRY(gan_check_reserved("gan_sample_options", &out->options.reserved, sizeof(out->options.reserved)));
    GAN_TRY(gan_model_check_built(model, what));
    GAN_TRY(check_sizes(out, what));
    for (int32_t k = 0; k < model->input_count; k++) {
        source from = SOURCE_GIVEN;
        GAN_TRY(find_source(out, k, what, &from));
        uses[from]++;
        if (from == SOURCE_CLASS) class_input = &input_of(model, k)->input;
    }
    GAN_TRY(check_truncation(out, uses[SOURCE_NORMAL]));
    return check_classes(out, uses[SOURCE_CLASS], class_input);
}

/* ---- Passes ------------------------------------------------------------------------------------------------- */

static gan_status fill_input(gan_session *session, const sampling *of, int32_t index, int64_t first, int64_t batch,
                             const char *what)
{
    const gan_model_node *node = input_of(of->model, index);
    draw_args args = {.of = of, .node = node, .input = index, .first = first};

    args.elements = gan_shape_count(node->output);
    GAN_TRY(find_source(of, index, what, &args.source));
    if (args.source == SOURCE_GIVEN) {
        return gan_session_set_input(session, index, of->options.inputs[index] + first * args.elements, batch);
    }
    GAN_TRY(gan_session_write_input(session, index, batch, &args.out));
    gan_parallel(of->model->context, draw, &args, batch);
    return GAN_OK;
}

static gan_status fill_inputs(gan_session *session, const sampling *of, int64_t first, int64_t batch,
                              const char *what)
{
    for (int32_t k = 0; k < of->model->input_count; k++) GAN_TRY(fill_input(session, of, k, first, batch, what));
    return GAN_OK;
}

static gan_status run(gan_session *session, const sampling *of, const char *what, float *out)
{
    const gan_model *model = of->model;
    const int64_t output = of->options.output;
    const int64_t elements = gan_shape_count(model->nodes[model->outputs[output]].output);

    for (int64_t first = 0; first < of->count;) {
        const int64_t left = of->count - first;
        const int64_t batch = left < session->max_batch ? left : session->max_batch;
        GAN_TRY(fill_inputs(session, of, first, batch, what));
        session->seed = of->options.seed;
        session->passes = (uint64_t)first;
        GAN_TRY(gan_session_forward(session, GAN_MODE_SAMPLE));
        GAN_TRY(gan_session_get_output(session, output, out + first * elements));
        first += batch;
    }
    return GAN_OK;
}

gan_status gan_session_draw(gan_session *session, const gan_sample_options *options, int64_t count, float *out,
                            const char *what)
{
    sampling of;

    GAN_TRY(plan_sampling(session->model, options, count, what, &of));
    return run(session, &of, what, out);
}

gan_status gan_sample_check(const gan_model *model, const gan_sample_options *options, int64_t count,
                            const char *what)
{
    sampling of;

    return plan_sampling(model, options, count, what, &of);
}

gan_status gan_session_draw_inputs(gan_session *session, const gan_sample_options *options, int64_t count,
                                   int64_t first, int64_t batch, const char *what)
{
    sampling of;

    GAN_TRY(plan_sampling(session->model, options, count, what, &of));
    return fill_inputs(session, &of, first, batch, what);
}

static int64_t batch_of(const gan_model *model, int64_t count)
{
    int64_t widest = 1;

    for (int32_t i = 0; i < model->node_count; i++) {
        const int64_t width = gan_shape_count(model->nodes[i].output);
        if (width > widest) widest = width;
    }
    int64_t batch = MOST_VALUES / widest;
    if (batch < LEAST_BATCH) batch = LEAST_BATCH;
    if (batch > MOST_BATCH) batch = MOST_BATCH;
    return count < batch ? count : batch;
}

gan_status gan_model_sample(gan_model *generator, const gan_sample_options *options, int64_t count, float *out)
{
    GAN_FLOAT_SCOPE();
    gan_session *session = NULL;
    sampling of;

    GAN_CHECK_NOT_NULL(generator);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(plan_sampling(generator, options, count, __func__, &of));
    const gan_session_options *wanted = GAN_SESSION(.batch = batch_of(generator, count), .forward_only = true);
    /* Weights are packed in the second pass, which pays from the third on. */
    GAN_TRY(count > 2 * wanted->batch ? gan_session_create(generator, wanted, &session)
                                      : gan_session_create_planned(generator, wanted, true, &session));
    const gan_status status = run(session, &of, __func__, out);
    gan_session_destroy(session);
    return status;
}
