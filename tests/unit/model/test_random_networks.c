/* Random networks: in float against the same program in double, whose kernels are plain loops, and against what must
 * hold for any network. GAN_RANDOM_NETWORKS says how many, from which number on: "200 1000"; a failure names its
 * number. */
#include "random_network.h"
#include "session.h"

#include "support/splitmix.h"
#include "support/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long first = 1;
static int networks = 60;
static const char *double_program;

/* ---- A network's passes ---------------------------------------------------------------------------------------- */

static gan_context *context;

static int64_t batch_of(uint64_t seed)
{
    return 2 + (int64_t)(seed % 6);
}

/* Numbers in [-1, 1) that are the same in float and in double; released by free. */
static float *numbers(uint64_t seed, int64_t count)
{
    float *values = malloc((size_t)count * sizeof(*values));

    assert_non_null(values);
    for (int64_t i = 0; i < count; i++) {
        values[i] = (float)(test_splitmix((seed << 32) + (uint64_t)i + 1) >> 40) * 0x1p-23f - 1;
    }
    return values;
}

/* To numbers that are the same in float and in double, with biases that are not 0 and scales that are not 1. Buffers
 * begin as they are, but for the vectors of spectral normalisation, which are drawn too. */
static void set_tensors(gan_model *model)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        const bool vector = strstr(tensor->name, "weight_u") || strstr(tensor->name, "weight_v");
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER && !vector) continue;
        const int64_t rows = tensor->plan.shape.dims[0];
        const float size = vector ? 1 : 1.5f / sqrtf((float)(tensor->count / (rows > 0 ? rows : 1)));
        float *values = numbers(100 + (uint64_t)i, tensor->count);
        for (int64_t k = 0; k < tensor->count; k++) values[k] *= size;
        ASSERT_OK(gan_model_set_tensor(model, tensor->name, values, tensor->count));
        free(values);
    }
}

static void set_inputs(gan_session *session, int64_t batch)
{
    float *samples = numbers(1, input_size(session->model, 0, batch));

    ASSERT_OK(gan_session_set_input(session, 0, samples, batch));
    free(samples);
}

static void set_gradient(gan_session *session, float scale)
{
    const int64_t count = output_size(session->model, 0, gan_session_batch(session));
    float *gradient = numbers(2, count);

    for (int64_t i = 0; i < count; i++) gradient[i] *= scale;
    ASSERT_OK(gan_session_set_output_gradient(session, 0, gradient));
    free(gradient);
}

static gan_session *create_session(uint64_t seed)
{
    const random_network network = draw_random_network(context, seed);
    gan_session *session = NULL;
    gan_model *model = NULL;

    ASSERT_OK(build_random_network(context, &network, &model));
    set_tensors(model);
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = batch_of(seed), .seed = seed), &session));
    gan_model_destroy(model);
    set_inputs(session, batch_of(seed));
    return session;
}

/* Outputs and all gradients of a training pass, or a sampling pass after two training passes have moved the
 * statistics.
 */
static results pass(gan_session *session, gan_mode mode)
{
    for (int i = 0; mode == GAN_MODE_SAMPLE && i < 2; i++) ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_forward(session, mode));
    set_gradient(session, 1);
    ASSERT_OK(gan_model_zero_gradients(session->model));
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
    return collect_results(session, true, true);
}

/* ---- In float against double ----------------------------------------------------------------------------------- */

static const gan_mode modes[] = {GAN_MODE_TRAIN, GAN_MODE_SAMPLE};

/* What the other program writes: for each network and mode the number of results, and all of them. */
static void print_results(FILE *to)
{
    for (int i = 0; i < networks; i++) {
        for (int m = 0; m < 2; m++) {
            gan_session *session = create_session(first + (unsigned)i);
            results all = pass(session, modes[m]);
            fwrite(&all.count, sizeof(all.count), 1, to);
            fwrite(all.values, sizeof(*all.values), (size_t)all.count, to);
            free(all.values);
            gan_session_destroy(session);
        }
    }
}

static void show(const gan_model *model)
{
    char text[8192] = "";

    ASSERT_OK(gan_model_describe(model, text, sizeof(text), NULL));
    print_message("%s", text);
}

static double norm(const float *values, const float *subtracted, int64_t count)
{
    double sum = 0;

    for (int64_t i = 0; i < count; i++) {
        const double x = (double)values[i] - (subtracted ? (double)subtracted[i] : 0);
        sum += x * x;
    }
    return sqrt(sum);
}

static void test_as_in_double(void **state)
{
    char command[4200];
    double worst = 0;

    (void)state;
    /* In double there are only plain loops. */
#ifdef _WIN32
    test_skip("the program in double is started by a POSIX shell");
#endif
    assert_true(snprintf(command, sizeof(command), "env -u GAN_TEST_CPU '%s' --print %llu %d", double_program, first,
                         networks) < (int)sizeof(command));
    FILE *from = popen(command, "r");
    assert_non_null(from);
    for (int i = 0; i < networks; i++) {
        for (int m = 0; m < 2; m++) {
            gan_session *session = create_session(first + (unsigned)i);
            results all = pass(session, modes[m]);
            int64_t count = -1;
            float *expected = malloc((size_t)all.count * sizeof(*expected));
            assert_non_null(expected);
            assert_int_equal(fread(&count, sizeof(count), 1, from), 1);
            assert_int_equal(count, all.count);
            assert_int_equal(fread(expected, sizeof(*expected), (size_t)count, from), count);
            const double error = norm(all.values, expected, count) / (1 + norm(expected, NULL, count));
            if (!(error < 1e-4)) {
                show(session->model);
                fail_msg("network %llu, %s: off by %g of its results' norm", first + (unsigned)i,
                         m == 0 ? "training" : "sampling", error);
            }
            if (error > worst) worst = error;
            free(expected);
            free(all.values);
            gan_session_destroy(session);
        }
    }
    assert_int_equal(pclose(from), 0);
    print_message("%d networks from %llu: largest relative error %.2g\n", networks, first, worst);
}

/* ---- What holds for any network -------------------------------------------------------------------------------- */

/* A backward pass is linear in the output's gradient: twice that gives exactly twice the gradients, and so does a
 * second pass that adds to the first. */
static void test_backward_is_linear(void **state)
{
    (void)state;
    for (int i = 0; i < networks; i++) {
        gan_session *session = create_session(first + (unsigned)i);
        const int64_t size = output_size(session->model, 0, batch_of(first + (unsigned)i));
        results all[2];
        char text[64];
        ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
        for (int twice = 0; twice < 2; twice++) {
            set_gradient(session, twice ? 2 : 1);
            ASSERT_OK(gan_model_zero_gradients(session->model));
            ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
            all[twice] = collect_results(session, true, true);
        }
        for (int64_t k = size; k < all[0].count; k++) all[0].values[k] *= 2;
        snprintf(text, sizeof(text), "network %llu, twice the gradient", first + (unsigned)i);
        assert_same_results(all[0], all[1], text);
        free(all[0].values);
        free(all[1].values);
        gan_session_destroy(session);
    }
}

/* Fewer multiplications are chosen for some networks, and change their results by rounding only. */
static void test_fewer_multiplications(void **state)
{
    gan_context *const usual = context;
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    int changed = 0;

    (void)state;
    ASSERT_OK(gan_context_get_info(context, &info));
    if (info.multiply != GAN_MULTIPLY_NATIVE) test_skip("the BLAS multiplies");
    for (int i = 0; i < networks; i++) {
        const unsigned long long seed = first + (unsigned)i;
        results all[2];
        for (int without = 0; without < 2; without++) {
            ASSERT_OK(gan_context_create(GAN_CONTEXT(.no_winograd = without == 1), &context));
            gan_session *session = create_session(seed);
            all[without] = pass(session, GAN_MODE_TRAIN);
            gan_session_destroy(session);
            gan_context_destroy(context);
            context = usual; /* which a failure leaves to be destroyed */
        }
        const double error = norm(all[0].values, all[1].values, all[0].count);
        if (error > 0) changed++;
        if (!(error <= 1e-4 * (1 + norm(all[1].values, NULL, all[1].count))))
            fail_msg("network %llu: off by %g with fewer multiplications", seed, error);
        free(all[0].values);
        free(all[1].values);
    }
    print_message("fewer multiplications in %d networks\n", changed);
    assert_true(changed > 0 || networks < 60);
}

/* Whether what a sample becomes depends on the others of its batch even when sampling. */
static bool mixes_samples(const gan_model *model)
{
    char *text = NULL;

    ASSERT_OK(gan_model_write_architecture(model, &text));
    const bool mixes = strstr(text, "minibatch_stddev") != NULL;
    gan_release_text(model->context, text);
    return mixes;
}

/* In sampling, a sample's output is the same wherever in a batch it is, up to rounding. */
static void test_samples_are_independent(void **state)
{
    (void)state;
    for (int i = 0; i < networks; i++) {
        const unsigned long long seed = first + (unsigned)i;
        const int64_t batch = batch_of(seed);
        gan_session *session = create_session(seed);
        if (!mixes_samples(session->model)) {
            const int64_t in = input_size(session->model, 0, 1), out = output_size(session->model, 0, 1);
            float *samples = numbers(1, batch * in), *moved = numbers(1, batch * in);
            results all[2];
            for (int64_t k = 0; k < batch; k++) {
                memcpy(moved + (batch - 1 - k) * in, samples + k * in, (size_t)in * sizeof(*moved));
            }
            for (int reversed = 0; reversed < 2; reversed++) {
                ASSERT_OK(gan_session_set_input(session, 0, reversed ? moved : samples, batch));
                ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
                all[reversed] = collect_results(session, false, false);
            }
            for (int64_t k = 0; k < batch; k++) {
                const float *one = all[0].values + k * out, *other = all[1].values + (batch - 1 - k) * out;
                if (!(norm(one, other, out) <= 1e-5 * (1 + norm(one, NULL, out)))) {
                    show(session->model);
                    fail_msg("network %llu: sample %lld differs in another place", seed, (long long)k);
                }
            }
            free(all[0].values);
            free(all[1].values);
            free(samples);
            free(moved);
        }
        gan_session_destroy(session);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_in_double),
        cmocka_unit_test(test_backward_is_linear),
        cmocka_unit_test(test_samples_are_independent),
        cmocka_unit_test(test_fewer_multiplications),
    };
    const char *wanted = getenv("GAN_RANDOM_NETWORKS");
    int failed = 0;

    if (wanted) sscanf(wanted, "%d %llu", &networks, &first);
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    if (argc == 4 && strcmp(argv[1], "--print") == 0) {
        first = strtoull(argv[2], NULL, 10);
        networks = atoi(argv[3]);
        print_results(stdout);
    } else {
        double_program = argc > 1 ? argv[1] : "";
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    }
    gan_context_destroy(context);
    return failed;
}
