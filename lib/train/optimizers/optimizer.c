/* Optimizers: one pass over the flat arrays of each model. */
#include "train/optimizers/optimizers.h"
#include "train/options/options.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#ifdef GAN_REAL_IS_DOUBLE
#define REAL_MAX DBL_MAX
#else
#define REAL_MAX FLT_MAX
#endif

/* ---- Algorithms ------------------------------------------------------------------------------------------------ */

/* What a step moves: parameters of a model one after the other, from `w` to `w_out`, which may be the same. */
typedef struct step_range {
    int64_t count;
    const gan_real *g, *w;
    gan_real *moments[GAN_MOMENTS], *w_out;
    double rate, scale;
} step_range;

typedef void (*step_fn)(const gan_optimizer *optimizer, const step_range *of);

static void adam_step(const gan_optimizer *optimizer, const step_range *of)
{
    const gan_optimizer_options *options = &optimizer->options;
    double t = (double)(optimizer->steps + 1);
    gan_adam_args args = {.rate = (gan_real)of->rate,
                          .beta1 = options->beta1,
                          .beta2 = options->beta2,
                          .epsilon = options->epsilon,
                          .gradient_scale = (gan_real)of->scale,
                          .correction1 = 1 - pow(options->beta1, t),
                          .correction2 = 1 - pow(options->beta2, t)};
    gan_adam_step(optimizer->context, of->count, &args, of->g, of->moments[GAN_MOMENT_FIRST],
                  of->moments[GAN_MOMENT_SECOND], of->w, of->w_out);
}

static void rmsprop_step(const gan_optimizer *optimizer, const step_range *of)
{
    gan_rmsprop_step(optimizer->context, of->count, (gan_real)of->rate, optimizer->options.decay,
                     optimizer->options.epsilon, (gan_real)of->scale, of->g, of->moments[GAN_MOMENT_SECOND], of->w,
                     of->w_out);
}

static void sgd_step(const gan_optimizer *optimizer, const step_range *of)
{
    gan_sgd_step(optimizer->context, of->count, (gan_real)of->rate, optimizer->options.momentum, (gan_real)of->scale,
                 of->g, of->moments[GAN_MOMENT_FIRST], of->w, of->w_out);
}

static const struct {
    const char *name;
    bool moments[GAN_MOMENTS]; /* which it has */
    step_fn step;
} algorithms[] = {
    [GAN_OPTIMIZER_ADAM] = {"adam", {true, true}, adam_step},
    [GAN_OPTIMIZER_RMSPROP] = {"rmsprop", {false, true}, rmsprop_step},
    [GAN_OPTIMIZER_SGD] = {"sgd", {true, false}, sgd_step},
};

/* The largest gradient norm for which moments stay finite. Beyond it they would be infinite from then on, and the
 * weights stuck. */
static double largest_norm(const gan_optimizer_options *options)
{
    if (options->algorithm == GAN_OPTIMIZER_SGD) return REAL_MAX * (1 - (double)options->momentum);
    return sqrt((double)REAL_MAX);
}

/* ---- Options --------------------------------------------------------------------------------------------------- */

#define FLOAT(field, of_range, by_default)                                                             \
    {                                                                                                  \
        .name = #field, .offset = offsetof(gan_optimizer_options, field), .type = GAN_OPTION_OF_FLOAT, \
        .range = of_range, .number = by_default                                                        \
    }

static const gan_option_row rows[] = {
    {.name = "algorithm",
     .offset = offsetof(gan_optimizer_options, algorithm),
     .type = GAN_OPTION_OF_ENUM,
     .last = GAN_OPTIMIZER_SGD,
     .enum_name = "gan_optimizer_algorithm"},
    FLOAT(learning_rate, GAN_RANGE_NOT_NEGATIVE, GAN_DEFAULT_LEARNING_RATE),
    FLOAT(beta1, GAN_RANGE_BELOW_ONE, GAN_DEFAULT_BETA1),
    FLOAT(beta2, GAN_RANGE_BELOW_ONE, GAN_DEFAULT_BETA2),
    FLOAT(epsilon, GAN_RANGE_POSITIVE, 1e-8f),
    FLOAT(decay, GAN_RANGE_BELOW_ONE, 0.99f),
    FLOAT(momentum, GAN_RANGE_BELOW_ONE, 0),
    {.name = "clip_norm",
     .offset = offsetof(gan_optimizer_options, clip_norm),
     .type = GAN_OPTION_OF_FLOAT,
     .range = GAN_RANGE_POSITIVE,
     .may_lack = true},
    {.name = "schedule",
     .offset = offsetof(gan_optimizer_options, schedule),
     .type = GAN_OPTION_OF_ENUM,
     .last = GAN_SCHEDULE_EXPONENTIAL,
     .enum_name = "gan_schedule"},
    {.name = "schedule_steps",
     .offset = offsetof(gan_optimizer_options, schedule_steps),
     .type = GAN_OPTION_OF_COUNT,
     .most = INT64_MAX},
    FLOAT(final_learning_rate, GAN_RANGE_NOT_NEGATIVE, 0),
    FLOAT(schedule_factor, GAN_RANGE_UP_TO_ONE, 0.1f),
    FLOAT(weight_decay, GAN_RANGE_NOT_NEGATIVE, 0),
};

gan_status gan_optimizer_options_resolve(const gan_optimizer_options *given, const char *what,
                                         gan_optimizer_options *resolved)
{
    gan_optimizer_options options;
    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    GAN_TRY(gan_check_reserved(what, &options.reserved, sizeof(options.reserved)));
    GAN_TRY(gan_option_rows_resolve(rows, sizeof(rows) / sizeof(*rows), what, &options));
    GAN_TRY(gan_schedule_check(options.schedule, options.schedule_steps, what, "schedule_steps"));
    if (options.schedule_start < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: schedule_start is %lld, expected at least 0", what,
                        (long long)options.schedule_start);
    }
    *resolved = options;
    return GAN_OK;
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_optimizer_create(gan_model *model, const gan_optimizer_options *options, gan_optimizer **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    gan_optimizer_options resolved;
    GAN_TRY(gan_optimizer_options_resolve(options, "gan_optimizer_options", &resolved));
    return gan_optimizer_create_resolved(model, &resolved, out);
}

gan_status gan_optimizer_create_resolved(gan_model *model, const gan_optimizer_options *options, gan_optimizer **out)
{
    gan_optimizer *optimizer = gan_allocate(model->context, sizeof(*optimizer));
    if (!optimizer) return GAN_ERROR_MEMORY;
    atomic_init(&optimizer->references, 1);
    optimizer->context = gan_context_retain(model->context);
    optimizer->options = *options;
    gan_status status = gan_optimizer_add_model(optimizer, model);
    if (status != GAN_OK) {
        gan_optimizer_destroy(optimizer);
        return status;
    }
    if (options->learning_rate == GAN_DEFAULT_LEARNING_RATE) {
        gan_log(model->context, GAN_LOG_INFO,
                "an optimizer has the default learning rate, %g: 0 stands for it, and GAN_ZERO for a rate of 0",
                (double)GAN_DEFAULT_LEARNING_RATE);
    }
    *out = optimizer;
    return GAN_OK;
}

static void release_moments(gan_context *context, int64_t count, gan_real *moments[GAN_MOMENTS])
{
    for (int k = 0; k < GAN_MOMENTS; k++) gan_release(context, moments[k], (size_t)count * sizeof(gan_real));
}

gan_status gan_optimizer_add_model(gan_optimizer *optimizer, gan_model *model)
{
    GAN_CHECK_NOT_NULL(optimizer);
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    if (optimizer->steps > 0) {
        return gan_fail(GAN_ERROR_STATE, "%s: the optimizer has taken %lld step%s; models are added before the first",
                        __func__, (long long)optimizer->steps, gan_plural(optimizer->steps));
    }
    if (model->context != optimizer->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the model belongs to another context", __func__);
    }
    if (optimizer->model_count == GAN_OPTIMIZER_MODELS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the optimizer already has %d models, the most it can have", __func__,
                        GAN_OPTIMIZER_MODELS);
    }
    for (int i = 0; i < optimizer->model_count; i++) {
        if (optimizer->models[i] == model) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: the optimizer already has this model", __func__);
        }
    }
    gan_real *moments[GAN_MOMENTS] = {NULL};
    for (int k = 0; k < GAN_MOMENTS; k++) {
        if (!algorithms[optimizer->options.algorithm].moments[k]) continue;
        moments[k] = gan_allocate_array(optimizer->context, model->parameter_size, sizeof(gan_real));
        if (!moments[k]) {
            release_moments(optimizer->context, model->parameter_size, moments);
            return GAN_ERROR_MEMORY;
        }
    }
    int index = optimizer->model_count++;
    optimizer->models[index] = gan_model_retain(model);
    for (int k = 0; k < GAN_MOMENTS; k++) optimizer->moments[index][k] = moments[k];
    return GAN_OK;
}

gan_optimizer *gan_optimizer_retain(gan_optimizer *optimizer)
{
    atomic_fetch_add(&optimizer->references, 1);
    return optimizer;
}

void gan_optimizer_destroy(gan_optimizer *optimizer)
{
    if (!optimizer || atomic_fetch_sub(&optimizer->references, 1) > 1) return;
    gan_context *context = optimizer->context;
    for (int i = 0; i < optimizer->model_count; i++) {
        release_moments(context, optimizer->models[i]->parameter_size, optimizer->moments[i]);
        gan_model_destroy(optimizer->models[i]);
    }
    gan_release(context, optimizer, sizeof(*optimizer));
    gan_context_release(context);
}

/* Of all parameters that are moved. */
static double gradient_norm_of(const gan_optimizer *optimizer)
{
    double squares = 0;
    for (int i = 0; i < optimizer->model_count; i++) {
        const gan_model *model = optimizer->models[i];
        for (gan_model_range of = {0}; gan_model_next_range(model, false, &of);)
            squares += gan_sum_of_squares(optimizer->context, of.count, model->gradients + of.begin);
    }
    return sqrt(squares);
}

static void move_range(const gan_optimizer *optimizer, int index, gan_model_range range, double rate, double scale,
                       gan_real *next)
{
    const gan_model *model = optimizer->models[index];
    const double kept = 1 - rate * (double)optimizer->options.weight_decay;
    step_range of = {.count = range.count,
                     .g = model->gradients + range.begin,
                     .w = model->parameters + range.begin,
                     .w_out = next + range.begin,
                     .rate = rate,
                     .scale = scale};
    for (int k = 0; k < GAN_MOMENTS; k++) {
        gan_real *moments = optimizer->moments[index][k];
        of.moments[k] = moments ? moments + range.begin : NULL;
    }
    if (optimizer->options.weight_decay > 0) {
        gan_scale(optimizer->context, of.count, (gan_real)kept, of.w, of.w_out);
        of.w = of.w_out;
    }
    algorithms[optimizer->options.algorithm].step(optimizer, &of);
}

static void move_model(const gan_optimizer *optimizer, int index, double rate, double scale)
{
    gan_model *model = optimizer->models[index];
    gan_real *next = gan_model_next_parameters(model);
    for (gan_model_range of = {0}; gan_model_next_range(model, false, &of);)
        move_range(optimizer, index, of, rate, scale, next);
    for (gan_model_range of = {0}; next != model->parameters && gan_model_next_range(model, true, &of);)
        gan_copy(optimizer->context, of.count, model->parameters + of.begin, next + of.begin);
    gan_model_take_next_parameters(model);
}

gan_status gan_optimizer_step(gan_optimizer *optimizer, double *gradient_norm)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(optimizer);
    const gan_optimizer_options *options = &optimizer->options;
    const double norm = gradient_norm_of(optimizer);
    double scale = options->clip_norm > 0 && norm > options->clip_norm ? options->clip_norm / norm : 1;
    if (!isfinite(norm) || norm * scale > largest_norm(options)) {
        return gan_fail(GAN_ERROR_DIVERGED, "%s: the gradient norm is %g", __func__, norm);
    }
    const double rate = gan_schedule_rate(options, optimizer->steps);
    for (int i = 0; i < optimizer->model_count; i++) move_model(optimizer, i, rate, scale);
    optimizer->steps++;
    if (gradient_norm) *gradient_norm = norm;
    return GAN_OK;
}

int64_t gan_optimizer_steps(const gan_optimizer *optimizer)
{
    return optimizer ? optimizer->steps : 0;
}

double gan_optimizer_learning_rate(const gan_optimizer *optimizer)
{
    GAN_FLOAT_SCOPE();
    return optimizer ? gan_schedule_rate(&optimizer->options, optimizer->steps) : 0;
}

gan_status gan_optimizer_set_learning_rate(gan_optimizer *optimizer, float learning_rate)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(optimizer);
    GAN_TRY(gan_range_check(GAN_RANGE_NOT_NEGATIVE, learning_rate, "gan_optimizer_set_learning_rate: learning_rate"));
    optimizer->options.learning_rate = learning_rate;
    return GAN_OK;
}

/* ---- Checkpoints ----------------------------------------------------------------------------------------------- */

/* The base rate before a load, which gives way to that of the file. */
typedef struct former_rate {
    const gan_optimizer *optimizer;
    const char *name;
    float rate;
} former_rate;

static void tell_rate(void *part, const char *from)
{
    const former_rate *former = part;
    const double rate = (double)former->optimizer->options.learning_rate;
    if (former->rate == former->optimizer->options.learning_rate) return;
    gan_log(former->optimizer->context, GAN_LOG_INFO,
            "the learning rate of %s is that of %s, %g, no longer %g; gan_optimizer_set_learning_rate() sets another",
            former->name, from, rate, (double)former->rate);
}

static void remember_rate(const gan_optimizer *optimizer, const char *name, gan_entries *entries)
{
    former_rate *former = gan_entries_allocate(entries, sizeof(*former));
    if (!former) return;
    *former = (former_rate){optimizer, name, optimizer->options.learning_rate};
    gan_entries_add_hook(entries, (gan_entries_hook){.tell = tell_rate, .part = former});
}

void gan_optimizer_add_entries(gan_optimizer *optimizer, const char *name, gan_entries *entries)
{
    static const char *const moment_names[GAN_MOMENTS] = {"first", "second"};
    if (entries->loading) remember_rate(optimizer, name, entries);
    gan_entries_add_text(entries, name, algorithms[optimizer->options.algorithm].name);
    gan_entries_add_count(entries, name, "steps", &optimizer->steps);
    gan_entries_add_rate(entries, name, "learning_rate", &optimizer->options.learning_rate);
    for (int i = 0; i < optimizer->model_count; i++) {
        char number[16] = ""; /* a '/' is in no name of a part or layer, so that none has these names */
        if (i > 0) snprintf(number, sizeof(number), "/%d", i);
        const char *part = gan_entries_join(entries, name, number);
        for (int k = 0; k < GAN_MOMENTS; k++) {
            if (!optimizer->moments[i][k]) continue;
            const gan_entry_values allowed = k == GAN_MOMENT_SECOND ? GAN_VALUES_NOT_NEGATIVE : GAN_VALUES_FINITE;
            gan_entries_add_parameters(entries, part, optimizer->models[i], moment_names[k], allowed,
                                       optimizer->moments[i][k]);
        }
    }
}
