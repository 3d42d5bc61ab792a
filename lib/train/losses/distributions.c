/* Losses of distributions: of a normal one given by its parameters, of features over a batch, of predicted classes.
 */
#include "train/losses/loss_terms.h"

/* ---- Normal distributions -------------------------------------------------------------------------------------- */

/* (m^2 + e^v - 1 - v) / 2 is never negative: expm1 keeps what is left where v is near 0. */
gan_status gan_loss_gaussian_kl(const float *mean, const float *log_variance, int64_t rows, int64_t size,
                                double *value, float *mean_gradient, float *log_variance_gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(mean);
    GAN_CHECK_NOT_NULL(log_variance);
    GAN_TRY(gan_loss_check_rows(rows, "rows", size, "size", __func__));
    double sum = 0, scale = 1 / (double)rows;
    for (int64_t i = 0; i < rows * size; i++) {
        const double m = mean[i], v = log_variance[i], excess = expm1(v);
        sum += (m * m + (excess - v)) / 2;
        if (mean_gradient) mean_gradient[i] = (float)(m * scale);
        if (log_variance_gradient) log_variance_gradient[i] = (float)(excess / 2 * scale);
    }
    if (value) *value = sum * scale;
    return GAN_OK;
}

/* ---- Features -------------------------------------------------------------------------------------------------- */

enum { COLUMNS = 64 }; /* taken at a time, so that rows are read in pieces and nothing is allocated */

/* means[k] = the mean of column first + k */
static void column_means(const float *features, int64_t rows, int64_t size, int64_t first, int64_t columns,
                         double means[COLUMNS])
{
    for (int64_t k = 0; k < columns; k++) means[k] = 0;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t k = 0; k < columns; k++) means[k] += features[i * size + first + k];
    }
    for (int64_t k = 0; k < columns; k++) means[k] /= (double)rows;
}

/* Each row's gradient is scale * differences. */
static void fill_columns(const double differences[COLUMNS], double scale, int64_t rows, int64_t size, int64_t first,
                         int64_t columns, float *gradient)
{
    for (int64_t i = 0; gradient && i < rows; i++) {
        for (int64_t k = 0; k < columns; k++) gradient[i * size + first + k] = (float)(scale * differences[k]);
    }
}

gan_status gan_loss_feature_matching(const float *real, const float *fake, int64_t real_rows, int64_t fake_rows,
                                     int64_t size, double *value, float *real_gradient, float *fake_gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(real);
    GAN_CHECK_NOT_NULL(fake);
    GAN_TRY(gan_loss_check_rows(real_rows, "real_rows", size, "size", __func__));
    GAN_TRY(gan_loss_check_rows(fake_rows, "fake_rows", size, "size", __func__));
    double sum = 0;
    for (int64_t first = 0; first < size; first += COLUMNS) {
        const int64_t columns = size - first < COLUMNS ? size - first : COLUMNS;
        double differences[COLUMNS], fake_means[COLUMNS];
        column_means(real, real_rows, size, first, columns, differences);
        column_means(fake, fake_rows, size, first, columns, fake_means);
        for (int64_t k = 0; k < columns; k++) {
            differences[k] -= fake_means[k];
            sum += differences[k] * differences[k];
        }
        fill_columns(differences, 2 / (double)real_rows, real_rows, size, first, columns, real_gradient);
        fill_columns(differences, -2 / (double)fake_rows, fake_rows, size, first, columns, fake_gradient);
    }
    if (value) *value = sum;
    return GAN_OK;
}

/* ---- Predicted classes ----------------------------------------------------------------------------------------- */

/* H = -sum p log p, with log p = l - largest - log sum, and dH/dl = -p (log p + H): a class whose p rounds to 0 adds
 * 0 to both. */
static double entropy_row(const float *logits, int64_t classes, double scale, float *gradient)
{
    const gan_softmax_parts softmax = gan_softmax_parts_of(logits, classes);
    const double log_sum = log(softmax.sum);
    double entropy = 0;
    for (int64_t k = 0; k < classes; k++) {
        const double distance = logits[k] - softmax.largest;
        entropy -= exp(distance) / softmax.sum * (distance - log_sum);
    }
    for (int64_t k = 0; gradient && k < classes; k++) {
        const double distance = logits[k] - softmax.largest;
        gradient[k] = (float)(-exp(distance) / softmax.sum * (distance - log_sum + entropy) * scale);
    }
    return entropy;
}

gan_status gan_loss_entropy(const float *logits, int64_t rows, int64_t classes, double *value, float *gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(logits);
    GAN_TRY(gan_loss_check_rows(rows, "rows", classes, "classes", __func__));
    double sum = 0, scale = 1 / (double)rows;
    for (int64_t i = 0; i < rows; i++) {
        sum += entropy_row(logits + i * classes, classes, scale, gradient ? gradient + i * classes : NULL);
    }
    if (value) *value = sum * scale;
    return GAN_OK;
}
