/* Penalties on the gradient of a discriminator with respect to its samples: each by itself, the samples on which some
 * are taken, and all those of a discriminator's update. */
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

#include <math.h>

/* ---- One penalty ----------------------------------------------------------------------------------------------- */

/* Passes of tangents differentiate them exactly: with g = dD/dx and v = dP/dg, the gradient of P with respect to the
 * weights is R{dD/dweights} in the direction R{x} = v. */

/* A gradient this small has no direction. */
static const double least_norm = 1e-30;

/* What a sample adds to the penalty, with coefficient 1 and before the mean is taken, and dP/dg = factor * g. */
typedef struct penalty_term {
    double value, factor;
} penalty_term;

typedef penalty_term (*penalty_term_fn)(double norm);

/* |g|^2 / 2 */
static penalty_term zero_centered(double norm)
{
    penalty_term term = {norm * norm / 2, 1};
    return term;
}

/* (|g| - 1)^2 */
static penalty_term one_centered(double norm)
{
    penalty_term term = {(norm - 1) * (norm - 1), norm < least_norm ? 0 : 2 * (1 - 1 / norm)};
    return term;
}

static const penalty_term_fn terms[] = {
    [GAN_PENALTY_ZERO_CENTERED] = zero_centered,
    [GAN_PENALTY_ONE_CENTERED] = one_centered,
};

static gan_status check_penalty(gan_penalty penalty, float coefficient)
{
    size_t count = sizeof(terms) / sizeof(*terms);
    if ((unsigned)penalty >= count) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_gradient_penalty: penalty is %d, expected one of the %zu penalties of gan_penalty",
                        (int)penalty, count);
    }
    return gan_range_check(GAN_RANGE_NOT_NEGATIVE, coefficient, "gan_gradient_penalty: coefficient");
}

/* Computes g and its norm for each sample. */
static gan_status find_norms(gan_session *session, gan_real *norms)
{
    const gan_model *model = session->model;
    gan_session_forget_border(session);
    GAN_TRY(gan_session_fill_output_gradient(session, 0, 1));
    GAN_TRY(gan_session_backward(session, GAN_BACKWARD_INPUTS));
    gan_row_norms(model->context, session->batch, gan_shape_count(model->nodes[model->inputs[0]].output),
                  gan_session_data(session, GAN_SLOT_INPUT_GRADIENT, 0), norms);
    return GAN_OK;
}

gan_status gan_gradient_penalty(gan_session *discriminator, gan_penalty penalty, float coefficient, double *value)
{
    GAN_CHECK_NOT_NULL(discriminator);
    GAN_CHECK_NOT_NULL(value);
    GAN_TRY(check_penalty(penalty, coefficient));
    if (!discriminator->second_order) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created without second_order", __func__);
    }
    if (!(discriminator->holds & GAN_HOLDS_OUTPUTS)) GAN_TRY(gan_session_forward(discriminator, GAN_MODE_TRAIN));
    gan_real *factors = gan_session_sample_values(discriminator);
    GAN_TRY(find_norms(discriminator, factors)); /* where the factors go */
    double sum = 0, weight = (double)coefficient / (double)discriminator->batch;
    for (int64_t i = 0; i < discriminator->batch; i++) {
        penalty_term term = terms[penalty]((double)factors[i]);
        sum += term.value;
        factors[i] = (gan_real)(weight * term.factor);
    }
    GAN_TRY(gan_session_scale_input_tangent(discriminator, 0, factors));
    GAN_TRY(gan_session_tangent_forward(discriminator));
    GAN_TRY(gan_session_tangent_backward(discriminator, GAN_BACKWARD_PARAMETERS));
    *value = weight * sum;
    return GAN_OK;
}

/* ---- Samples between and around others ------------------------------------------------------------------------- */

/* Random numbers are drawn in pieces of whole blocks, so that they are the same as in one call. */
enum { PIECE = 256 };

/* x = u r + (1 - u) f */
gan_status gan_penalty_interpolate(gan_random *random, const float *real, const float *fake, int64_t batch,
                                   int64_t size, float *out)
{
    float shares[PIECE];
    int64_t count;
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(real);
    GAN_CHECK_NOT_NULL(fake);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_samples_check(__func__, batch, size, &count));
    for (int64_t i = 0; i < batch; i++) {
        const int64_t left = batch - i;
        if (i % PIECE == 0) GAN_TRY(gan_random_uniform(random, shares, left < PIECE ? left : PIECE));
        const float u = shares[i % PIECE];
        for (int64_t k = i * size; k < (i + 1) * size; k++) out[k] = u * real[k] + (1 - u) * fake[k];
    }
    return GAN_OK;
}

static double deviation_of(const float *values, int64_t count)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += values[i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)count);
}

/* x = r + deviation / 2 * u */
gan_status gan_penalty_perturb(gan_random *random, const float *real, int64_t batch, int64_t size, float *out)
{
    float numbers[PIECE];
    int64_t count;
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(real);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_samples_check(__func__, batch, size, &count));
    const float half = (float)(deviation_of(real, count) / 2);
    for (int64_t first = 0; first < count; first += PIECE) {
        const int64_t piece = count - first < PIECE ? count - first : PIECE;
        GAN_TRY(gan_random_uniform(random, numbers, piece));
        for (int64_t i = 0; i < piece; i++) out[first + i] = real[first + i] + half * numbers[i];
    }
    return GAN_OK;
}

/* ---- All penalties of an update -------------------------------------------------------------------------------- */

bool gan_penalties_are_drawn(const gan_penalty_options *options)
{
    return options->gradient_penalty > 0 || options->dragan > 0;
}

gan_status gan_penalties_create(gan_penalties *penalties, gan_context *context, const gan_penalty_options *options,
                                int64_t values)
{
    penalties->options = *options;
    penalties->context = context;
    if (!gan_penalties_are_drawn(options)) return GAN_OK;
    penalties->samples = gan_allocate_array(context, values, sizeof(*penalties->samples));
    if (!penalties->samples) return GAN_ERROR_MEMORY;
    penalties->values = values;
    return gan_random_create(context, options->seed, GAN_STREAM_PENALTY, &penalties->random);
}

void gan_penalties_destroy(gan_penalties *penalties)
{
    gan_session_destroy(penalties->session);
    gan_random_destroy(penalties->random);
    if (!penalties->samples) return;
    gan_release(penalties->context, penalties->samples, (size_t)penalties->values * sizeof(*penalties->samples));
}

void gan_penalties_add_entries(gan_penalties *penalties, gan_entries *entries)
{
    if (!penalties->session) return;
    gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, "by a trainer without gradient_penalty and dragan");
    gan_entries_add_random(entries, "penalty", penalties->random);
    gan_entries_add_session(entries, "penalised", penalties->session);
}

/* Lazy regularisation: every penalty_interval-th update, with the coefficient times that (Karras et al., 2020). */
static bool has_penalties(const gan_penalties *penalties, int64_t update)
{
    return update % penalties->options.interval == 0;
}

float *gan_penalties_fake_place(const gan_penalties *penalties, int64_t update)
{
    const bool wanted = penalties->options.gradient_penalty > 0 && has_penalties(penalties, update);
    return wanted ? penalties->samples : NULL;
}

static gan_status add_penalty(gan_session *session, gan_penalty penalty, double coefficient, double *sum)
{
    double value;
    GAN_TRY(gan_gradient_penalty(session, penalty, (float)coefficient, &value));
    *sum += value;
    return GAN_OK;
}

/* WGAN-GP's and DRAGAN's, on the samples drawn. */
static gan_status add_one_centered(const gan_penalties *penalties, int64_t count, double coefficient, double *sum)
{
    GAN_TRY(gan_session_set_input(penalties->session, 0, penalties->samples, count));
    return add_penalty(penalties->session, GAN_PENALTY_ONE_CENTERED, coefficient, sum);
}

/* In the order of the options. */
static gan_status add_all(const gan_penalties *penalties, const gan_penalised_passes *passes, double factor,
                          double *sum)
{
    const gan_penalty_options *options = &penalties->options;
    const int64_t count = passes->count, size = passes->size;
    float *samples = penalties->samples;
    if (options->r1 > 0) {
        GAN_TRY(add_penalty(passes->real, GAN_PENALTY_ZERO_CENTERED, factor * options->r1, sum));
    }
    if (options->r2 > 0) {
        GAN_TRY(add_penalty(passes->fake, GAN_PENALTY_ZERO_CENTERED, factor * options->r2, sum));
    }
    if (options->gradient_penalty > 0) {
        GAN_TRY(gan_penalty_interpolate(penalties->random, passes->real_samples, samples, count, size, samples));
        GAN_TRY(add_one_centered(penalties, count, factor * options->gradient_penalty, sum));
    }
    if (options->dragan > 0) {
        GAN_TRY(gan_penalty_perturb(penalties->random, passes->real_samples, count, size, samples));
        GAN_TRY(add_one_centered(penalties, count, factor * options->dragan, sum));
    }
    return GAN_OK;
}

gan_status gan_penalties_add(const gan_penalties *penalties, const gan_penalised_passes *passes, int64_t update,
                             int64_t step, double *sum)
{
    const gan_penalty_options *options = &penalties->options;
    *sum = 0;
    if (!has_penalties(penalties, update)) return GAN_OK;
    const double factor = (double)options->interval * gan_schedule_value(options->schedule, 1, options->final_factor,
                                                                         step, options->schedule_steps);
    return factor == 0 ? GAN_OK : add_all(penalties, passes, factor, sum);
}
