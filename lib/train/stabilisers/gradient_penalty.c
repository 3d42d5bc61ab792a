/* Penalties on the gradient of a discriminator with respect to its samples, trained through exactly by passes of
 * tangents: with g = dD/dx and v = dP/dg, the gradient of P with respect to the weights is R{dD/dweights} in the
 * direction R{x} = v. */
#include "train/train.h"

#include <math.h>

/* A gradient as small as this has no direction. */
static const double least_norm = 1e-30;

/* What a sample adds to the penalty, of coefficient 1 and before the mean is taken, and dP/dg = factor * g. */
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

/* g, and the norm of each sample's. */
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
    GAN_TRY(find_norms(discriminator, factors)); /* in the places of the factors */
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
