/* The floating-point environment: the library computes in its own, whatever the host's, and gives the host's back. */
#define _GNU_SOURCE /* feenableexcept */
#include "gans.h"
#include "support/run.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, STEPS = 3, ELEMENTS = 3 * 16 * 16, SAMPLES = 5 };

/* What a host may have set. */
static void set_default(void)
{
    fesetenv(FE_DFL_ENV);
}

static void set_upward(void)
{
    fesetround(FE_UPWARD);
}

static void set_towards_zero(void)
{
    fesetround(FE_TOWARDZERO);
}

static void set_flush(void)
{
#ifdef __SSE2__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#endif
}

static void set_exceptions_raised(void)
{
    feraiseexcept(FE_OVERFLOW | FE_INVALID);
}

/* What programs for Windows may find: x87 rounds to double, and has met something that is not exact. */
static void set_x87(void)
{
#ifdef __SSE2__
    const uint16_t control = 0x027f;
    volatile long double third = 1;

    __asm__ volatile("fldcw %0" : : "m"(control));
    third /= 3;
    (void)third;
#endif
}

#ifdef __GLIBC__
static void set_traps(void)
{
    feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW);
}
#endif

typedef void (*set_fn)(void);
static const set_fn environments[] = {
    set_default, set_upward, set_towards_zero, set_flush, set_exceptions_raised, set_x87,
#ifdef __GLIBC__
    set_traps,
#endif
};
enum { ENVIRONMENTS = sizeof(environments) / sizeof(*environments) };

/* What the host sees of its environment. */
typedef struct host_view {
    int rounding, exceptions, traps;
    unsigned control, x87_control, x87_exceptions;
} host_view;

static host_view view(void)
{
    host_view now = {.rounding = fegetround(), .exceptions = fetestexcept(FE_ALL_EXCEPT)};

#ifdef __GLIBC__
    now.traps = fegetexcept();
#endif
#ifdef __SSE2__
    uint16_t control, status;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    __asm__ volatile("fnstsw %0" : "=m"(status));
    now.control = __builtin_ia32_stmxcsr();
    now.x87_control = control;
    now.x87_exceptions = status & 0x7f;
#endif
    return now;
}

/* ---- The same bits in every environment ----------------------------------------------------------------------- */

/* Host's threads whose environment is another one than the caller's. */
typedef struct host_work {
    gan_task_fn task;
    void *argument;
    int64_t count;
} host_work;

static void *run_odd(void *argument)
{
    const host_work *work = argument;

    fesetround(FE_DOWNWARD);
    set_flush();
    for (int64_t i = 1; i < work->count; i += 2) work->task(work->argument, i);
    assert_int_equal(fegetround(), FE_DOWNWARD);
    return NULL;
}

static void run_on_two(void *user, gan_task_fn task, void *argument, int64_t count)
{
    host_work work = {task, argument, count};
    pthread_t other;

    (void)user;
    assert_int_equal(pthread_create(&other, NULL, run_odd, &work), 0);
    for (int64_t i = 0; i < count; i += 2) task(argument, i);
    assert_int_equal(pthread_join(other, NULL), 0);
}

/* What a host does, between calls that leave its environment as it was. */
static void train_and_sample(int64_t threads, set_fn set, gan_step_report *report, float *samples)
{
    gan_context *context = NULL;

    set_default();
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.threads = threads, .parallel = threads == 0 ? run_on_two : NULL), &context),
        GAN_OK);
    test_gan gan = test_gan_create_in(context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
    static float data[BATCH * ELEMENTS];
    test_numbers(1, data, BATCH * ELEMENTS);
    set();
    const host_view before = view();
    for (int step = 0; step < STEPS; step++) {
        const gan_status status = gan_trainer_step(gan.trainer, data, BATCH, report);
        const host_view after = view();
        assert_memory_equal(&after, &before, sizeof(before));
        assert_int_equal(status, GAN_OK);
    }
    const gan_status status = gan_trainer_sample(gan.trainer, NULL, SAMPLES, samples);
    const host_view after = view();
    set_default();
    assert_memory_equal(&after, &before, sizeof(before));
    assert_int_equal(status, GAN_OK);
    test_gan_destroy(&gan);
}

static void test_same_bits_in_every_environment(void **state)
{
    static float expected[SAMPLES * ELEMENTS], samples[SAMPLES * ELEMENTS];
    gan_step_report first = GAN_STEP_REPORT_INIT;

    (void)state;
    train_and_sample(1, set_default, &first, expected);
    for (int e = 0; e < ENVIRONMENTS; e++) {
        for (int threads = 0; threads <= 3; threads++) {
            gan_step_report report = GAN_STEP_REPORT_INIT;
            train_and_sample(threads, environments[e], &report, samples);
            assert_memory_equal(samples, expected, sizeof(expected));
            assert_memory_equal(&report, &first, sizeof(first));
        }
    }
}

/* ---- Traps ---------------------------------------------------------------------------------------------------- */

/* Divergence, its report, numbers as text and the plot meet NaN, infinity and overflow: none of them traps. */
static void test_no_traps(void **state)
{
    (void)state;
#ifndef __GLIBC__
    test_skip("feenableexcept() is glibc's");
#else
    static float data[BATCH * ELEMENTS];
    test_gan gan = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH, .ema_half_life = 10));
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_history *history = NULL;
    assert_int_equal(gan_history_create(gan.context, &history), GAN_OK);
    for (int i = 0; i < BATCH * ELEMENTS; i++) data[i] = i % 7 == 0 ? NAN : i % 5 == 0 ? FLT_MAX : 1e-40f;
    set_default();
    set_traps();
    const int traps = fegetexcept();
    assert_int_equal(gan_trainer_step(gan.trainer, data, BATCH, &report), GAN_ERROR_DIVERGED);
    for (int64_t step = 1; step <= 5; step++) {
        report.step = step;
        assert_int_equal(gan_history_add(history, &report), GAN_OK);
    }
    assert_int_equal(gan_history_write_csv(history, test_path("history")), GAN_OK);
    assert_int_equal(gan_history_write_png(history, test_path("plot")), GAN_OK);
    assert_int_equal(gan_history_read_csv(history, test_path("history")), GAN_OK);
    assert_null(gan_layer_leaky_relu(gan.context, GAN_LEAKY_RELU(.slope = NAN)));
    assert_int_equal(gan_model_clip_weights(gan.generator, NAN), GAN_ERROR_NOT_FINITE);
    double found = 0;
    assert_int_equal(gan_loss_l2(data, data + 1, 100, &found, NULL), GAN_OK);
    assert_int_equal(fegetexcept(), traps);
    assert_int_equal(fetestexcept(FE_ALL_EXCEPT), 0);
    set_default();
    gan_history_destroy(history);
    test_gan_destroy(&gan);
#endif
}

/* ---- Callbacks are the host's --------------------------------------------------------------------------------- */

typedef struct calls {
    int log, memory, fill, progress;
} calls;

static void count_log(void *user, gan_log_level level, const char *message)
{
    (void)level;
    (void)message;
    ((calls *)user)->log++;
    assert_int_equal(fegetround(), FE_UPWARD);
}

static void *count_allocation(void *user, size_t size)
{
    ((calls *)user)->memory++;
    assert_int_equal(fegetround(), FE_UPWARD);
    return malloc(size);
}

static void count_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    assert_int_equal(fegetround(), FE_UPWARD);
    free(memory);
}

static gan_status count_fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    (void)numbers;
    ((calls *)user)->fill++;
    assert_int_equal(fegetround(), FE_UPWARD);
    test_numbers(1, fields[0], (size_t)(count * ELEMENTS));
    return GAN_OK;
}

/* What a callback changes stays changed. */
static int count_progress(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    float value = 0;

    (void)report;
    (void)info;
    assert_int_equal(fegetround(), FE_UPWARD);
    assert_int_equal(gan_loss_l2(&value, &value, 1, NULL, NULL), GAN_OK); /* a call inside a call */
    assert_int_equal(fegetround(), FE_UPWARD);
    assert_true(gan_trainer_steps(trainer) > 0);
    if (++((calls *)user)->progress == STEPS) feraiseexcept(FE_OVERFLOW);
    return 0;
}

static void test_callbacks_have_the_hosts_environment(void **state)
{
    calls seen = {0};
    gan_context *context = NULL;
    gan_dataset *dataset = NULL;

    (void)state;
    set_upward();
    assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = {count_allocation, count_release, &seen},
                                                    .log = count_log, .log_user = &seen, .threads = 2),
                                        &context),
                     GAN_OK);
    test_gan gan = test_gan_create_in(context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
    assert_int_equal(gan_dataset_from_callback(context, 4 * BATCH, 1,
                                               (const gan_callback_field[]){{"x", GAN_SHAPE(3, 16, 16), 0}},
                                               count_fill, &seen, NULL, &dataset),
                     GAN_OK);
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = STEPS, .progress = count_progress, .user = &seen)),
        GAN_OK);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
    assert_int_equal(fegetround(), FE_UPWARD);
    assert_true(fetestexcept(FE_OVERFLOW));
    set_default();
    assert_true(seen.log > 0 && seen.memory > 0 && seen.fill > 0);
    assert_int_equal(seen.progress, STEPS);
}

/* ---- Denormals ------------------------------------------------------------------------------------------------ */

/* One weight, one input: their product. */
static float product(float weight, float input)
{
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_session *session = NULL;
    float out = -1;

    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.no_bias = true)));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_set_tensor(model, "0.weight", &weight, 1), GAN_OK);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = 1), &session), GAN_OK);
    assert_int_equal(gan_session_set_input(session, 0, &input, 1), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, &out), GAN_OK);
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return out;
}

static void test_denormals(void **state)
{
    (void)state;
#if !defined(__SSE2__) && !defined(__aarch64__)
    test_skip("denormals are kept on this CPU");
#endif
    assert_true(product(0x1p-63f, 0x1p-63f) == 0x1p-126f); /* the least normal number */
    assert_true(product(-0x1p-126f, 1) == -0x1p-126f);
    assert_true(product(0x1p-64f, 0x1p-63f) == 0);
    assert_true(product(0x1p-127f, 0x1p10f) == 0);
    assert_true(product(0x1p10f, -0x1p-149f) == 0);
}

/* Options closer to 0 than GAN_ZERO are 0, not left out. */
static void test_denormal_options(void **state)
{
    gan_context *context = test_context();
    char text[2][4096];

    (void)state;
    for (int i = 0; i < 2; i++) {
        gan_model *model = NULL;
        assert_int_equal(gan_model_create(context, &model), GAN_OK);
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
        gan_model_add(model, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = i == 0 ? GAN_ZERO : 1e-40f)));
        assert_int_equal(gan_model_build(model, 1), GAN_OK);
        assert_int_equal(gan_model_describe(model, text[i], sizeof(text[i]), NULL), GAN_OK);
        gan_model_destroy(model);
    }
    assert_string_equal(text[0], text[1]);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits_in_every_environment),
        cmocka_unit_test(test_no_traps),
        cmocka_unit_test(test_callbacks_have_the_hosts_environment),
        cmocka_unit_test(test_denormals),
        cmocka_unit_test(test_denormal_options),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
