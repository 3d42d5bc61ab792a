/* Mistakes that train without an error, and are told by the log: bounded logits, data that the generator cannot make,
 * values that are not finite, and the default learning rate. */
#include "gans.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { MOST = 16, SIZE = 16, BATCH = 8, COUNT = 24 };

typedef struct messages {
    int count;
    gan_log_level levels[MOST];
    char text[MOST][512];
} messages;

static void remember(void *user, gan_log_level level, const char *message)
{
    messages *m = user;
    assert_true(m->count < MOST);
    m->levels[m->count] = level;
    snprintf(m->text[m->count++], sizeof(m->text[0]), "%s", message);
}

static int count_of(const messages *m, gan_log_level level, const char *part)
{
    int count = 0;
    for (int i = 0; i < m->count; i++) count += m->levels[i] == level && strstr(m->text[i], part);
    return count;
}

static int warnings(const messages *m)
{
    return count_of(m, GAN_LOG_WARNING, "");
}

typedef gan_layer *last_layer(gan_context *context);

/* A trainer whose models end in these layers, reshaped; NULL: in a dense one. */
typedef struct misused {
    messages messages;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
} misused;

static gan_model *make(gan_context *context, int64_t from, int64_t to, last_layer *last)
{
    gan_model *model;
    OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(from)));
    gan_model_add(model, gan_layer_dense(context, to, NULL));
    if (last) gan_model_add(model, last(context));
    gan_model_add(model, gan_layer_flatten(context));
    OK(gan_model_build(model, 1));
    return model;
}

static void create(misused *m, last_layer *of_generator, last_layer *of_discriminator, gan_loss loss)
{
    m->messages.count = 0;
    OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = remember, .log_user = &m->messages), &m->context));
    m->messages.count = 0;
    m->generator = make(m->context, 3, SIZE, of_generator);
    m->discriminator = make(m->context, SIZE, 1, of_discriminator);
    OK(gan_trainer_create(m->context, m->generator, m->discriminator,
                          GAN_TRAINER(.batch = BATCH, .learning_rate = 1e-3f, .loss = loss), &m->trainer));
}

static void destroy(misused *m)
{
    gan_trainer_destroy(m->trainer);
    gan_model_destroy(m->generator);
    gan_model_destroy(m->discriminator);
    gan_context_destroy(m->context);
}

/* ---- Logits ---------------------------------------------------------------------------------------------------- */

static void check_logits(last_layer *last, gan_loss loss, const char *expected)
{
    misused m;
    create(&m, gan_layer_tanh, last, loss);
    assert_int_equal(warnings(&m.messages), expected ? 1 : 0);
    if (expected) assert_int_equal(count_of(&m.messages, GAN_LOG_WARNING, expected), 1);
    destroy(&m);
}

/* Only least squares are content with a sigmoid, whose ends are the labels. */
static void test_bounded_logits(void **state)
{
    (void)state;
    check_logits(gan_layer_sigmoid, GAN_LOSS_NON_SATURATING, "layer 1 (sigmoid) gives only values from 0 to 1");
    check_logits(gan_layer_sigmoid, GAN_LOSS_WASSERSTEIN, "reads its model's output as logits");
    check_logits(gan_layer_sigmoid, GAN_LOSS_HINGE, "(sigmoid)");
    check_logits(gan_layer_sigmoid, GAN_LOSS_RELATIVISTIC, "(sigmoid)");
    check_logits(gan_layer_tanh, GAN_LOSS_SATURATING, "layer 1 (tanh) gives only values from -1 to 1");
    check_logits(gan_layer_relu, GAN_LOSS_NON_SATURATING, "layer 1 (relu) gives only values from 0 to inf");
    check_logits(gan_layer_softplus, GAN_LOSS_HINGE, "(softplus)");
    check_logits(gan_layer_sigmoid, GAN_LOSS_LEAST_SQUARES, NULL);
    check_logits(gan_layer_relu, GAN_LOSS_LEAST_SQUARES, NULL);
    check_logits(gan_layer_silu, GAN_LOSS_NON_SATURATING, NULL);
    check_logits(NULL, GAN_LOSS_NON_SATURATING, NULL);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

static void fill(float *data, float low, float high)
{
    test_numbers(5, data, COUNT * SIZE);
    for (int i = 0; i < COUNT * SIZE; i++) data[i] = low + (high - low) * (data[i] + 1) / 2;
}

/* One step, and another, on these data. */
static void check_data(last_layer *last, const float *data, const char *expected)
{
    misused m;
    create(&m, last, NULL, GAN_LOSS_NON_SATURATING);
    m.messages.count = 0;
    for (int i = 0; i < 2; i++) OK(gan_trainer_step(m.trainer, data + i * BATCH * SIZE, BATCH, NULL));
    assert_int_equal(warnings(&m.messages), expected ? 1 : 0);
    if (expected) assert_int_equal(count_of(&m.messages, GAN_LOG_WARNING, expected), 1);
    destroy(&m);
}

static void test_range(void **state)
{
    (void)state;
    float data[COUNT * SIZE];
    fill(data, 0, 255);
    check_data(gan_layer_tanh, data, "layer 1 (tanh), which is to make such samples, gives only values from -1 to 1");
    check_data(NULL, data, NULL);
    check_data(gan_layer_relu, data, NULL);
    fill(data, 0, 1);
    check_data(gan_layer_tanh, data, "scale the data to all of this range");
    check_data(gan_layer_sigmoid, data, NULL);
    fill(data, -1, 1);
    check_data(gan_layer_tanh, data, NULL);
    check_data(gan_layer_sigmoid, data, "layer 1 (sigmoid)");
    check_data(gan_layer_relu, data, "layer 1 (relu)");
    fill(data, -1.0005f, 1.0005f); /* scaled, and rounded */
    check_data(gan_layer_tanh, data, NULL);
}

static void test_equal_samples(void **state)
{
    (void)state;
    float data[COUNT * SIZE];
    for (int i = 0; i < COUNT * SIZE; i++) data[i] = (float)(i % SIZE) / SIZE - 0.5f;
    check_data(gan_layer_tanh, data, "all 8 samples of input 'samples' in the first round are equal");
    data[BATCH * SIZE - 1] = 0.1f;
    check_data(gan_layer_tanh, data, NULL);
}

/* Data are checked once for each dataset that feeds a trainer. */
static void test_each_dataset(void **state)
{
    (void)state;
    float data[COUNT * SIZE];
    misused m;
    gan_dataset *dataset[2];
    fill(data, 0, 255);
    create(&m, gan_layer_tanh, NULL, GAN_LOSS_NON_SATURATING);
    m.messages.count = 0;
    for (int i = 0; i < 2; i++) {
        OK(gan_dataset_from_array(m.context, data, NULL, COUNT, GAN_SHAPE(SIZE), NULL, &dataset[i]));
        for (int k = 0; k < 3; k++) OK(gan_trainer_run(m.trainer, dataset[i], GAN_RUN(.steps = 1)));
        assert_int_equal(count_of(&m.messages, GAN_LOG_WARNING, "scale the data to this range"), i + 1);
    }
    for (int i = 0; i < 2; i++) gan_dataset_destroy(dataset[i]);
    destroy(&m);
}

/* ---- Values that are not finite -------------------------------------------------------------------------------- */

/* The sentence names the sample by its number in the source: here 7 + 2 k for sample k of the subset. */
static void check_number(bool in_order, bool drop_last, int64_t bad, const char *expected)
{
    misused m;
    float data[64 * SIZE];
    int64_t numbers[COUNT - 1];
    gan_dataset *all, *part;
    gan_status status = GAN_OK;
    test_numbers(5, data, 64 * SIZE);
    data[bad * SIZE + 3] = NAN;
    for (int i = 0; i < COUNT - 1; i++) numbers[i] = 7 + 2 * i;
    create(&m, gan_layer_tanh, NULL, GAN_LOSS_NON_SATURATING);
    OK(gan_dataset_from_array(m.context, data, NULL, 64, GAN_SHAPE(SIZE), NULL, &all));
    OK(gan_dataset_subset(all, COUNT - 1, numbers,
                          GAN_DATASET(.seed = 3, .in_order = in_order, .drop_last = drop_last), &part));
    for (int epoch = 0; epoch < 20 && status == GAN_OK; epoch++) status = gan_trainer_run(m.trainer, part, NULL);
    test_status(status, GAN_ERROR_DIVERGED, expected);
    assert_non_null(strstr(gan_last_error(), "value 3 of sample "));
    assert_non_null(strstr(gan_last_error(), " of input 'samples'"));
    assert_int_equal(count_of(&m.messages, GAN_LOG_WARNING, expected), 1);
    gan_dataset_destroy(all);
    gan_dataset_destroy(part);
    destroy(&m);
}

static void test_not_finite(void **state)
{
    (void)state;
    check_number(true, false, 7, "number 7 of its dataset, is nan");
    check_number(true, false, 7 + 2 * 22, "number 51 of its dataset, is nan");
    check_number(false, false, 27, "number 27 of its dataset, is nan");
    check_number(false, true, 27, "number 27 of its dataset, is nan");
    check_number(false, true, 51, "number 51 of its dataset, is nan");
}

/* Samples that come by hand have no numbers. */
static void test_not_finite_by_hand(void **state)
{
    (void)state;
    misused m;
    float data[BATCH * SIZE];
    test_numbers(5, data, BATCH * SIZE);
    data[2 * SIZE + 5] = -INFINITY;
    create(&m, gan_layer_tanh, NULL, GAN_LOSS_NON_SATURATING);
    test_status(gan_trainer_step(m.trainer, data, BATCH, NULL), GAN_ERROR_DIVERGED,
                "; in the data, value 5 of sample 2 of input 'samples' is -inf");
    destroy(&m);
}

/* ---- Rates ----------------------------------------------------------------------------------------------------- */

static void test_default_rate(void **state)
{
    (void)state;
    const struct {
        float rate;
        int told;
    } cases[] = {{0, 1}, {1e-3f, 0}, {GAN_ZERO, 0}};
    misused m;
    create(&m, NULL, NULL, GAN_LOSS_NON_SATURATING);
    for (int i = 0; i < 3; i++) {
        gan_optimizer *optimizer;
        m.messages.count = 0;
        OK(gan_optimizer_create(m.generator, GAN_OPTIMIZER(.learning_rate = cases[i].rate), &optimizer));
        assert_int_equal(count_of(&m.messages, GAN_LOG_INFO, "the default learning rate, 0.0002"), cases[i].told);
        assert_int_equal(m.messages.count, cases[i].told);
        gan_optimizer_destroy(optimizer);
    }
    destroy(&m);
}

/* ---- Counts that no array has ---------------------------------------------------------------------------------- */

#define OVERFLOWS(call) test_status(call, GAN_ERROR_OVERFLOW, "overflows")

static void test_impossible_counts(void **state)
{
    (void)state;
    const int64_t counts[] = {INT64_MAX, INT64_MAX / 4 + 1};
    const float x[4] = {0};
    const int32_t labels[4] = {0};
    float out[4];
    double value = 7;
    gan_context *context = NULL;
    gan_random *random = NULL;
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    OK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    OK(gan_random_create(context, 1, 2, &random));
    for (int i = 0; i < 2; i++) {
        const int64_t n = counts[i];
        OVERFLOWS(gan_random_normal(random, out, n));
        OVERFLOWS(gan_random_uniform(random, out, n));
        OVERFLOWS(gan_loss_discriminator(GAN_LOSS_HINGE, 1, x, n, x, 4, &value, NULL, NULL));
        OVERFLOWS(gan_loss_discriminator(GAN_LOSS_HINGE, 1, x, 4, x, n, &value, NULL, NULL));
        OVERFLOWS(gan_loss_generator(GAN_LOSS_HINGE, NULL, 0, x, n, &value, out));
        OVERFLOWS(gan_loss_generator(GAN_LOSS_RELATIVISTIC_AVERAGE, x, n, x, 4, &value, out));
        OVERFLOWS(gan_loss_binary_cross_entropy(x, x, n, &value, out));
        OVERFLOWS(gan_loss_softmax_cross_entropy(x, labels, n, 1, &value, out));
        OVERFLOWS(gan_loss_softmax_cross_entropy(x, labels, 2, n, &value, out));
        OVERFLOWS(gan_loss_l1(x, x, n, &value, out));
        OVERFLOWS(gan_loss_l2(x, x, n, &value, out));
        OVERFLOWS(gan_loss_smooth_l1(x, x, n, NULL, &value, out));
        OVERFLOWS(gan_loss_gaussian_kl(x, x, n, 1, &value, out, NULL));
        OVERFLOWS(gan_loss_feature_matching(x, x, 4, n, 1, &value, out, NULL));
        OVERFLOWS(gan_loss_entropy(x, n, 1, &value, out));
        OVERFLOWS(gan_metric_mode_coverage(context, labels, n, 2, NULL, &coverage));
        OVERFLOWS(gan_metric_mode_coverage(context, labels, 4, n, NULL, &coverage));
    }
    assert_true(value == 7 && coverage.modes == 0);
    gan_random_destroy(random);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded_logits), cmocka_unit_test(test_range),
        cmocka_unit_test(test_equal_samples),  cmocka_unit_test(test_each_dataset),
        cmocka_unit_test(test_not_finite),     cmocka_unit_test(test_not_finite_by_hand),
        cmocka_unit_test(test_default_rate),   cmocka_unit_test(test_impossible_counts),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
