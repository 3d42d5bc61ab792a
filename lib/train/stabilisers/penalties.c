/* Penalties on the gradient of a discriminator with respect to its samples, and the samples on which some are taken.
 */
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
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(discriminator);
    GAN_CHECK_NOT_NULL(value);
    GAN_TRY(check_penalty(penalty, coefficient));
    if (!discriminator->second_order) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created without second_order", __func__);
    }
    double computed;
    GAN_TRY(gan_penalty_compute(discriminator, penalty, coefficient, &computed));
    *value = computed;
    return GAN_OK;
}

gan_status gan_penalty_compute(gan_session *discriminator, gan_penalty penalty, float coefficient, double *values)
{
    if (!(discriminator->holds & GAN_HOLDS_OUTPUTS)) GAN_TRY(gan_session_forward(discriminator, GAN_MODE_TRAIN));
    gan_real *factors = gan_session_sample_values(discriminator);
    GAN_TRY(find_norms(discriminator, factors)); /* where the factors go */
    const int64_t shards = gan_session_shard_count(discriminator), rows = discriminator->batch / shards;
    const double weight = (double)coefficient / (double)gan_session_whole_batch(discriminator);
    for (int64_t shard = 0; shard < shards; shard++) {
        double sum = 0;
        for (int64_t i = shard * rows; i < (shard + 1) * rows; i++) {
            penalty_term term = terms[penalty]((double)factors[i]);
            sum += term.value;
            factors[i] = (gan_real)(weight * term.factor);
        }
        values[shard] = weight * sum;
    }
    GAN_TRY(gan_session_scale_input_tangent(discriminator, 0, factors));
    GAN_TRY(gan_session_tangent_forward(discriminator));
    return gan_session_tangent_backward(discriminator, GAN_BACKWARD_PARAMETERS);
}

/* ---- Samples between and around others ------------------------------------------------------------------------- */

/* Random numbers are drawn in pieces of whole blocks, so that they are the same as in one call. */
enum { PIECE = 256 };

/* x = u r + (1 - u) f */
gan_status gan_penalty_interpolate(gan_random *random, const float *real, const float *fake, int64_t batch,
                                   int64_t size, float *out)
{
    GAN_FLOAT_SCOPE();
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
    GAN_FLOAT_SCOPE();
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
