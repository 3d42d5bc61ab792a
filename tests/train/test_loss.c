/* Losses: known answers, gradients against central differences, extreme logits, and what is rejected. */
#include "gans.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define COUNT      7
#define LOSSES     (GAN_LOSS_RELATIVISTIC_AVERAGE + 1)
#define SUPERVISED 7

static const float real[COUNT] = {0.5f, -1.25f, 2, 0, 3.5f, -0.75f, 1};
static const float fake[COUNT] = {-0.5f, 1.75f, -3, 0.25f, 0, 2.5f, -1};

/* ---- Known answers --------------------------------------------------------------------------------------------- */

static double log_sigmoid(double x)
{
    return -log(1 + exp(-x));
}

static double mean_over(const float *logits, double (*term)(double logit, double target), double target)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += term(logits[i], target);
    return sum / COUNT;
}

static double entropy_term(double logit, double target)
{
    return -target * log_sigmoid(logit) - (1 - target) * log_sigmoid(-logit);
}

static double square_term(double logit, double target)
{
    return (logit - target) * (logit - target) / 2;
}

static double critic_term(double logit, double target)
{
    return target > 0.5 ? -logit : logit;
}

static double hinge_term(double logit, double target)
{
    return fmax(0, target > 0.5 ? 1 - logit : 1 + logit);
}

static double mean_of(const float *logits)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += logits[i];
    return sum / COUNT;
}

/* -log s(a_i - b_i), the mean over i. */
static double pairs_of(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum -= log_sigmoid((double)a[i] - b[i]);
    return sum / COUNT;
}

/* -E log s(a - E b) t - E log(1 - s(a - E b)) (1 - t) - E log(1 - s(b - E a)) */
static double averages_of(const float *a, const float *b, double target)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        sum += entropy_term(a[i] - mean_of(b), target) + entropy_term(b[i] - mean_of(a), 0);
    }
    return sum / COUNT;
}

static void test_discriminator(void **state)
{
    (void)state;
    const float targets[] = {1, 0.9f, 0};
    for (int i = 0; i < 3; i++) {
        const gan_loss losses[] = {GAN_LOSS_NON_SATURATING, GAN_LOSS_SATURATING, GAN_LOSS_LEAST_SQUARES};
        for (int k = 0; k < 3; k++) {
            double (*term)(double, double) = losses[k] == GAN_LOSS_LEAST_SQUARES ? square_term : entropy_term;
            double expected = mean_over(real, term, targets[i]) + mean_over(fake, term, 0), value;
            assert_int_equal(
                gan_loss_discriminator(losses[k], targets[i], real, COUNT, fake, COUNT, &value, NULL, NULL), GAN_OK);
            assert_near(value, expected, 1e-12);
        }
    }
}

static void test_discriminator_without_smoothing(void **state)
{
    (void)state;
    const struct {
        gan_loss loss;
        double expected;
    } cases[] = {
        {GAN_LOSS_WASSERSTEIN, mean_of(fake) - mean_of(real)},
        {GAN_LOSS_HINGE, mean_over(real, hinge_term, 1) + mean_over(fake, hinge_term, 0)},
        {GAN_LOSS_RELATIVISTIC, pairs_of(real, fake)},
        {GAN_LOSS_RELATIVISTIC_AVERAGE, averages_of(real, fake, 1)},
    };
    double value;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(gan_loss_discriminator(cases[i].loss, 1, real, COUNT, fake, COUNT, &value, NULL, NULL),
                         GAN_OK);
        assert_near(value, cases[i].expected, 1e-12);
    }
    assert_int_equal(
        gan_loss_discriminator(GAN_LOSS_RELATIVISTIC_AVERAGE, 0.9f, real, COUNT, fake, COUNT, &value, NULL, NULL),
        GAN_OK);
    assert_near(value, averages_of(real, fake, 0.9f), 1e-12);
}

static void test_generator(void **state)
{
    (void)state;
    const struct {
        gan_loss loss;
        double expected;
    } cases[] = {
        {GAN_LOSS_WASSERSTEIN, mean_over(fake, critic_term, 1)},
        {GAN_LOSS_HINGE, mean_over(fake, critic_term, 1)},
        {GAN_LOSS_NON_SATURATING, mean_over(fake, entropy_term, 1)},
        {GAN_LOSS_SATURATING, -mean_over(fake, entropy_term, 0)},
        {GAN_LOSS_LEAST_SQUARES, mean_over(fake, square_term, 1)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double value;
        assert_int_equal(gan_loss_generator(cases[i].loss, NULL, 0, fake, COUNT, &value, NULL), GAN_OK);
        assert_near(value, cases[i].expected, 1e-12);
        assert_int_equal(gan_loss_generator(cases[i].loss, real, COUNT, fake, COUNT, &value, NULL), GAN_OK);
        assert_near(value, cases[i].expected, 1e-12);
    }
}

/* The generator plays the discriminator's game with the roles swapped. */
static void test_relativistic_generator(void **state)
{
    (void)state;
    double value;
    assert_int_equal(gan_loss_generator(GAN_LOSS_RELATIVISTIC, real, COUNT, fake, COUNT, &value, NULL), GAN_OK);
    assert_near(value, pairs_of(fake, real), 1e-12);
    assert_int_equal(gan_loss_generator(GAN_LOSS_RELATIVISTIC_AVERAGE, real, COUNT, fake, COUNT, &value, NULL),
                     GAN_OK);
    assert_near(value, averages_of(fake, real, 1), 1e-12);
}

/* Hinge losses ignore samples beyond the margin. */
static void test_hinge_margin(void **state)
{
    (void)state;
    const float sure[2] = {1, 2}, sorted_out[2] = {-1, -5};
    float real_gradient[2], fake_gradient[2];
    double value;
    assert_int_equal(
        gan_loss_discriminator(GAN_LOSS_HINGE, 1, sure, 2, sorted_out, 2, &value, real_gradient, fake_gradient),
        GAN_OK);
    assert_true(value == 0);
    for (int i = 0; i < 2; i++) assert_true(real_gradient[i] == 0 && fake_gradient[i] == 0);
}

/* At logits 0 D is undecided: L_D = 2 log 2, and the gradients are -1/2 and 1/2 of a sample's share. */
static void test_undecided(void **state)
{
    (void)state;
    const float zeros[2] = {0, 0};
    float real_gradient[2], fake_gradient[2];
    double value;
    assert_int_equal(
        gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, zeros, 2, zeros, 2, &value, real_gradient, fake_gradient),
        GAN_OK);
    assert_near(value, 2 * log(2), 1e-15);
    for (int i = 0; i < 2; i++) {
        assert_true(real_gradient[i] == -0.25f);
        assert_true(fake_gradient[i] == 0.25f);
    }
}

static void test_supervised(void **state)
{
    (void)state;
    const float labels[COUNT] = {1, 0, 0.25f, 1, 0.5f, 0, 0.75f};
    double value, expected = 0;
    assert_int_equal(gan_loss_binary_cross_entropy(real, labels, COUNT, &value, NULL), GAN_OK);
    for (int i = 0; i < COUNT; i++) expected += entropy_term(real[i], labels[i]) / COUNT;
    assert_near(value, expected, 1e-12);

    assert_int_equal(gan_loss_l1(real, fake, COUNT, &value, NULL), GAN_OK);
    expected = 0;
    for (int i = 0; i < COUNT; i++) expected += fabs((double)real[i] - fake[i]) / COUNT;
    assert_near(value, expected, 1e-12);

    assert_int_equal(gan_loss_l2(real, fake, COUNT, &value, NULL), GAN_OK);
    expected = 0;
    for (int i = 0; i < COUNT; i++) expected += ((double)real[i] - fake[i]) * ((double)real[i] - fake[i]) / COUNT;
    assert_near(value, expected, 1e-12);
}

/* PyTorch's SmoothL1Loss: a parabola up to beta, a line of slope 1 beyond it. */
static void test_smooth_l1(void **state)
{
    (void)state;
    const float a[4] = {0.5f, -0.5f, 1, -3}, b[4] = {0, 0, 0, 0};
    float gradient[4], same[COUNT];
    double value, other;
    assert_int_equal(gan_loss_smooth_l1(a, b, 4, NULL, &value, gradient), GAN_OK);
    assert_near(value, (0.125 + 0.125 + 0.5 + 2.5) / 4, 1e-15);
    const float expected[4] = {0.125f, -0.125f, 0.25f, -0.25f};
    for (int i = 0; i < 4; i++) assert_true(gradient[i] == expected[i]);
    assert_int_equal(gan_loss_smooth_l1(a, b, 4, GAN_SMOOTH_L1(.beta = 2), &value, gradient), GAN_OK);
    assert_near(value, (0.0625 + 0.0625 + 0.25 + 2) / 4, 1e-15);
    assert_true(gradient[0] == 0.0625f && gradient[2] == 0.125f && gradient[3] == -0.25f);

    assert_int_equal(gan_loss_smooth_l1(real, fake, COUNT, GAN_SMOOTH_L1(.beta = GAN_ZERO), &value, same), GAN_OK);
    assert_int_equal(gan_loss_l1(real, fake, COUNT, &other, NULL), GAN_OK);
    assert_true(value == other);
    assert_int_equal(gan_loss_smooth_l1(real, real, COUNT, GAN_SMOOTH_L1(.beta = GAN_ZERO), &value, same), GAN_OK);
    assert_true(value == 0 && same[0] == 0);
}

static void test_softmax(void **state)
{
    (void)state;
    const float logits[2][3] = {{1, 2, 3}, {-1, 0, 0.5f}};
    const int32_t labels[2] = {2, 0};
    double value, expected = 0;
    float gradient[6];
    assert_int_equal(gan_loss_softmax_cross_entropy(logits[0], labels, 2, 3, &value, gradient), GAN_OK);
    for (int i = 0; i < 2; i++) {
        double sum = exp(logits[i][0]) + exp(logits[i][1]) + exp(logits[i][2]);
        expected -= log(exp(logits[i][labels[i]]) / sum) / 2;
        for (int k = 0; k < 3; k++) {
            assert_near(gradient[3 * i + k], (exp(logits[i][k]) / sum - (k == labels[i])) / 2, 1e-7);
        }
    }
    assert_near(value, expected, 1e-12);
}

/* ---- Gradients ------------------------------------------------------------------------------------------------- */

/* A loss as a function of one array of logits: the first COUNT are real, the others fake. */
typedef gan_status (*loss_fn)(int which, const float logits[2 * COUNT], double *value, float *gradient);

static gan_status discriminator_loss(int which, const float logits[2 * COUNT], double *value, float *gradient)
{
    const gan_loss loss = (gan_loss)which;
    const bool hard = loss == GAN_LOSS_WASSERSTEIN || loss == GAN_LOSS_HINGE || loss == GAN_LOSS_RELATIVISTIC;
    return gan_loss_discriminator(loss, hard ? 1 : 0.8f, logits, COUNT, logits + COUNT, COUNT, value, gradient,
                                  gradient ? gradient + COUNT : NULL);
}

static gan_status generator_loss(int which, const float logits[2 * COUNT], double *value, float *gradient)
{
    float others[2 * COUNT];
    memcpy(others, fake, sizeof(fake));
    memcpy(others + COUNT, real, sizeof(real));
    return gan_loss_generator((gan_loss)which, others, 2 * COUNT, logits, 2 * COUNT, value, gradient);
}

static gan_status supervised_loss(int which, const float logits[2 * COUNT], double *value, float *gradient)
{
    static const float targets[2 * COUNT] = {0, 1, 0.5f, 0.25f, 1, 1, 0, 0.125f, 0, 0.75f, 1, 1, 0, 0.5f};
    static const int32_t labels[COUNT] = {1, 0, 0, 1, 1, 0, 1};
    switch (which) {
    case 0: return gan_loss_binary_cross_entropy(logits, targets, 2 * COUNT, value, gradient);
    case 1: return gan_loss_l1(logits, targets, 2 * COUNT, value, gradient);
    case 2: return gan_loss_l2(logits, targets, 2 * COUNT, value, gradient);
    case 3: return gan_loss_smooth_l1(logits, targets, 2 * COUNT, NULL, value, gradient);
    case 4: return gan_loss_smooth_l1(logits, targets, 2 * COUNT, GAN_SMOOTH_L1(.beta = 0.25f), value, gradient);
    case 5: return gan_loss_smooth_l1(logits, targets, 2 * COUNT, GAN_SMOOTH_L1(.beta = GAN_ZERO), value, gradient);
    default: return gan_loss_softmax_cross_entropy(logits, labels, COUNT, 2, value, gradient);
    }
}

/* (f(x + h) - f(x - h)) / 2h with h a power of 2, so that x + h is exact in float. */
static void check_gradient(loss_fn loss, int which)
{
    const float h = 0x1p-9f;
    float logits[2 * COUNT], gradient[2 * COUNT];
    double value, above, below;
    memcpy(logits, real, sizeof(real));
    memcpy(logits + COUNT, fake, sizeof(fake));
    for (int i = 0; i < 2 * COUNT; i++) logits[i] += 0.3f; /* away from where l1 and hinge have no derivative */
    assert_int_equal(loss(which, logits, &value, gradient), GAN_OK);
    for (int i = 0; i < 2 * COUNT; i++) {
        float x = logits[i];
        logits[i] = x + h;
        assert_int_equal(loss(which, logits, &above, NULL), GAN_OK);
        logits[i] = x - h;
        assert_int_equal(loss(which, logits, &below, NULL), GAN_OK);
        logits[i] = x;
        assert_near(gradient[i], (above - below) / (2 * (double)h), 1e-7);
    }
}

static void test_gradients(void **state)
{
    (void)state;
    for (int which = 0; which < LOSSES; which++) check_gradient(discriminator_loss, which);
    for (int which = 0; which < LOSSES; which++) check_gradient(generator_loss, which);
    for (int which = 0; which < SUPERVISED; which++) check_gradient(supervised_loss, which);
}

static void test_l1_at_equality(void **state)
{
    (void)state;
    float gradient[COUNT];
    double value;
    assert_int_equal(gan_loss_l1(real, real, COUNT, &value, gradient), GAN_OK);
    assert_true(value == 0);
    for (int i = 0; i < COUNT; i++) assert_true(gradient[i] == 0);
}

/* ---- Extremes -------------------------------------------------------------------------------------------------- */

static void test_extremes(void **state)
{
    (void)state;
    const float extremes[] = {-FLT_MAX, -1e4f, -100, 100, 1e4f, FLT_MAX};
    for (size_t i = 0; i < sizeof(extremes) / sizeof(*extremes); i++) {
        const float l = extremes[i];
        float gradient, other;
        double value;
        assert_int_equal(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, &l, 1, &l, 1, &value, &gradient, &other),
                         GAN_OK);
        assert_near(value, fabs((double)l), 1e-12);
        assert_near(gradient, l < 0 ? -1 : 0, 1e-12);
        assert_near(other, l > 0 ? 1 : 0, 1e-12);
        assert_int_equal(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, &l, 1, &value, &gradient), GAN_OK);
        assert_near(value, l < 0 ? -(double)l : 0, 1e-12);
        assert_near(gradient, l < 0 ? -1 : 0, 1e-12);
        assert_int_equal(gan_loss_generator(GAN_LOSS_SATURATING, NULL, 0, &l, 1, &value, &gradient), GAN_OK);
        assert_near(value, l > 0 ? -(double)l : 0, 1e-12);
        assert_near(gradient, l > 0 ? -1 : 0, 1e-12);
        assert_int_equal(gan_loss_generator(GAN_LOSS_LEAST_SQUARES, NULL, 0, &l, 1, &value, &gradient), GAN_OK);
        assert_true(isfinite(value) && isfinite(gradient));
        for (int which = GAN_LOSS_WASSERSTEIN; which < LOSSES; which++) {
            const float m = -l;
            assert_int_equal(gan_loss_discriminator((gan_loss)which, 1, &l, 1, &m, 1, &value, &gradient, &other),
                             GAN_OK);
            assert_true(isfinite(value) && isfinite(gradient) && isfinite(other));
            assert_int_equal(gan_loss_generator((gan_loss)which, &l, 1, &m, 1, &value, &gradient), GAN_OK);
            assert_true(isfinite(value) && isfinite(gradient));
        }
        const float row[2] = {l, -l};
        const int32_t label = l < 0;
        float row_gradient[2];
        assert_int_equal(gan_loss_softmax_cross_entropy(row, &label, 1, 2, &value, row_gradient), GAN_OK);
        assert_near(value, 0, 1e-12);
        assert_true(isfinite(row_gradient[0]) && isfinite(row_gradient[1]));
    }
}

/* Small losses are not rounded to 0: -log s(l) = exp(-l) for large l. */
static void test_small_losses(void **state)
{
    (void)state;
    const float l = 50;
    float gradient;
    double value;
    assert_int_equal(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, &l, 1, &value, &gradient), GAN_OK);
    assert_near(value / exp(-50), 1, 1e-12);
    assert_near(gradient / -exp(-50), 1, 1e-6);
}

static void test_not_a_number(void **state)
{
    (void)state;
    float logits[2 * COUNT], gradient[2 * COUNT];
    for (int which = 0; which < LOSSES; which++) {
        /* The slope of a Wasserstein loss is constant; a mean passes NaN on to all. */
        const bool slope = which != GAN_LOSS_WASSERSTEIN && which != GAN_LOSS_HINGE;
        double value = 0;
        memcpy(logits, real, sizeof(real));
        memcpy(logits + COUNT, fake, sizeof(fake));
        logits[3] = NAN;
        assert_int_equal(discriminator_loss(which, logits, &value, gradient), GAN_OK);
        assert_true(isnan(value));
        assert_true(!isnan(gradient[3]) != (which != GAN_LOSS_WASSERSTEIN));
        assert_true(!isnan(gradient[2]) != (which == GAN_LOSS_RELATIVISTIC_AVERAGE));
        assert_int_equal(generator_loss(which, logits, &value, gradient), GAN_OK);
        assert_true(isnan(value));
        assert_true(!isnan(gradient[3]) != slope);
    }
    for (int which = 0; which < SUPERVISED; which++) {
        double value = 0;
        assert_int_equal(supervised_loss(which, logits, &value, gradient), GAN_OK);
        assert_true(isnan(value) && isnan(gradient[3]));
    }
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    const float labels[COUNT] = {0, 1, 0, 1, 1.5f, 0, 1};
    const int32_t classes[2] = {1, -1};
    double value = 7;
    float gradient[COUNT] = {7, 7, 7, 7, 7, 7, 7};
    test_status(gan_loss_discriminator((gan_loss)99, 1, real, COUNT, fake, COUNT, &value, gradient, NULL),
                GAN_ERROR_ARGUMENT, "loss is 99");
    /* All that are not rejected are among those tested. */
    assert_int_equal(gan_loss_generator((gan_loss)LOSSES, real, COUNT, fake, COUNT, &value, gradient),
                     GAN_ERROR_ARGUMENT);
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, 1.5f, real, COUNT, fake, COUNT, &value, gradient, NULL),
                GAN_ERROR_ARGUMENT, "real_target is 1.5");
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, NAN, real, COUNT, fake, COUNT, &value, gradient, NULL),
                GAN_ERROR_NOT_FINITE, "real_target is nan");
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, 1, NULL, COUNT, fake, COUNT, &value, gradient, NULL),
                GAN_ERROR_NULL, "real_logits");
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, 1, real, COUNT, NULL, COUNT, &value, gradient, NULL),
                GAN_ERROR_NULL, "fake_logits");
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, 1, real, 0, fake, COUNT, &value, gradient, NULL),
                GAN_ERROR_BATCH, "real_count is 0");
    test_status(gan_loss_discriminator(GAN_LOSS_SATURATING, 1, real, COUNT, fake, 0, &value, gradient, NULL),
                GAN_ERROR_BATCH, "fake_count is 0");
    const gan_loss hard[] = {GAN_LOSS_WASSERSTEIN, GAN_LOSS_HINGE, GAN_LOSS_RELATIVISTIC};
    for (int i = 0; i < 3; i++) {
        test_status(gan_loss_discriminator(hard[i], 0.9f, real, COUNT, fake, COUNT, &value, gradient, NULL),
                    GAN_ERROR_ARGUMENT, "real_target is 0.9, but the");
    }
    test_status(
        gan_loss_discriminator(GAN_LOSS_RELATIVISTIC, 1, real, COUNT, fake, COUNT - 1, &value, gradient, NULL),
        GAN_ERROR_BATCH, "real_count is 7 and fake_count 6");
    test_status(gan_loss_generator(GAN_LOSS_RELATIVISTIC, real, 3, fake, COUNT, &value, gradient), GAN_ERROR_BATCH,
                "real_count is 3 and fake_count 7");
    test_status(gan_loss_generator(GAN_LOSS_RELATIVISTIC, NULL, COUNT, fake, COUNT, &value, gradient), GAN_ERROR_NULL,
                "real_logits is NULL");
    test_status(gan_loss_generator(GAN_LOSS_RELATIVISTIC_AVERAGE, NULL, COUNT, fake, COUNT, &value, gradient),
                GAN_ERROR_NULL, "relativistic average");
    test_status(gan_loss_generator((gan_loss)-1, NULL, 0, fake, COUNT, &value, gradient), GAN_ERROR_ARGUMENT,
                "loss is -1");
    test_status(gan_loss_generator(GAN_LOSS_SATURATING, NULL, 0, NULL, COUNT, &value, gradient), GAN_ERROR_NULL,
                "fake_logits");
    test_status(gan_loss_generator(GAN_LOSS_SATURATING, real, 0, fake, COUNT, &value, gradient), GAN_ERROR_BATCH,
                "real_count is 0");
    test_status(gan_loss_binary_cross_entropy(real, labels, COUNT, &value, gradient), GAN_ERROR_ARGUMENT,
                "labels[4] is 1.5");
    test_status(gan_loss_binary_cross_entropy(real, labels, 0, &value, gradient), GAN_ERROR_BATCH, "count is 0");
    test_status(gan_loss_softmax_cross_entropy(real, classes, 2, 3, &value, gradient), GAN_ERROR_ARGUMENT,
                "labels[1] is -1");
    test_status(gan_loss_softmax_cross_entropy(real, classes, 2, 1, &value, gradient), GAN_ERROR_ARGUMENT,
                "labels[0] is 1");
    test_status(gan_loss_softmax_cross_entropy(real, classes, 2, 0, &value, gradient), GAN_ERROR_ARGUMENT,
                "classes is 0");
    test_status(gan_loss_softmax_cross_entropy(real, classes, SIZE_MAX / 8, 4, &value, gradient), GAN_ERROR_OVERFLOW,
                "overflow");
    test_status(gan_loss_l1(real, NULL, COUNT, &value, gradient), GAN_ERROR_NULL, "gan_loss_l1: b");
    test_status(gan_loss_l2(NULL, fake, COUNT, &value, gradient), GAN_ERROR_NULL, "gan_loss_l2: a");
    test_status(gan_loss_l2(real, fake, 0, &value, gradient), GAN_ERROR_BATCH, "count is 0");
    test_status(gan_loss_smooth_l1(real, NULL, COUNT, NULL, &value, gradient), GAN_ERROR_NULL,
                "gan_loss_smooth_l1: b");
    test_status(gan_loss_smooth_l1(real, fake, 0, NULL, &value, gradient), GAN_ERROR_BATCH, "count is 0");
    test_status(gan_loss_smooth_l1(real, fake, COUNT, GAN_SMOOTH_L1(.beta = -1), &value, gradient),
                GAN_ERROR_ARGUMENT, "beta is -1");
    test_status(gan_loss_smooth_l1(real, fake, COUNT, GAN_SMOOTH_L1(.beta = NAN), &value, gradient),
                GAN_ERROR_NOT_FINITE, "beta is nan");
    test_status(gan_loss_smooth_l1(real, fake, COUNT, GAN_SMOOTH_L1(.reserved = 1), &value, gradient),
                GAN_ERROR_VERSION, "gan_smooth_l1_options");
    assert_true(value == 7);
    for (int i = 0; i < COUNT; i++) assert_true(gradient[i] == 7);
}

static void test_nothing_wanted(void **state)
{
    (void)state;
    const int32_t label = 0;
    assert_int_equal(gan_loss_discriminator(GAN_LOSS_SATURATING, 1, real, COUNT, fake, 1, NULL, NULL, NULL), GAN_OK);
    assert_int_equal(gan_loss_generator(GAN_LOSS_SATURATING, NULL, 0, fake, 1, NULL, NULL), GAN_OK);
    assert_int_equal(gan_loss_softmax_cross_entropy(real, &label, 1, 3, NULL, NULL), GAN_OK);
    assert_int_equal(gan_loss_l2(real, fake, COUNT, NULL, NULL), GAN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discriminator),  cmocka_unit_test(test_discriminator_without_smoothing),
        cmocka_unit_test(test_generator),      cmocka_unit_test(test_relativistic_generator),
        cmocka_unit_test(test_hinge_margin),   cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_supervised),     cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_smooth_l1),      cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_l1_at_equality), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_small_losses),   cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_nothing_wanted),
    };
    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
