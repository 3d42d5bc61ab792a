/* Callbacks that do not return but jump over the frames of the call: what must stay usable does. */
#include "gans.h"

#include <fenv.h>
#include <setjmp.h>
#include <string.h>

enum { BATCH = 16, ELEMENTS = 3 * 16 * 16, COUNT = 4 * BATCH };

static jmp_buf outside;
static int calls, jump_at; /* the call, from 1, that jumps; 0: none */

static void jump_if_it_is_time(void)
{
    if (++calls == jump_at) longjmp(outside, 1);
}

static void run_in_caller(void *user, gan_task_fn task, void *argument, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) task(argument, i);
    jump_if_it_is_time();
}

static int progress(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)user;
    (void)trainer;
    (void)report;
    jump_if_it_is_time();
    return 0;
}

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    (void)user;
    jump_if_it_is_time();
    for (int64_t i = 0; i < count; i++) {
        test_numbers(1 + (uint64_t)numbers[i], fields[0] + i * ELEMENTS, ELEMENTS);
    }
    return GAN_OK;
}

static gan_dataset *create_dataset(gan_context *context)
{
    gan_dataset *dataset = NULL;

    assert_int_equal(gan_dataset_from_callback(context, COUNT, 1,
                                               (const gan_callback_field[]){{"x", GAN_SHAPE(3, 16, 16), 0}}, fill,
                                               NULL, NULL, &dataset),
                     GAN_OK);
    return dataset;
}

static test_gan create_gan(gan_parallel_fn parallel)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 2, .parallel = parallel), &context), GAN_OK);
    return test_gan_create_in(context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
}

static void run(test_gan *gan, gan_dataset *dataset, int64_t steps, gan_progress_fn told)
{
    assert_int_equal(gan_trainer_run(gan->trainer, dataset, GAN_RUN(.steps = steps, .progress = told)), GAN_OK);
}

/* A run that is left by the callback, and then continued, trains what one run does. */
static void check_run(gan_progress_fn told, int at, int64_t left)
{
    test_gan whole = create_gan(NULL), jumped = create_gan(NULL);
    gan_dataset *dataset = create_dataset(whole.context), *other = create_dataset(jumped.context);

    calls = jump_at = 0;
    run(&whole, dataset, 5, NULL);
    fesetround(FE_UPWARD);
    calls = 0;
    jump_at = at;
    if (setjmp(outside) == 0) {
        run(&jumped, other, 5, told);
        fail();
    }
    jump_at = 0;
    assert_int_equal(fegetround(), FE_UPWARD);
    run(&jumped, other, left, told);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    assert_int_equal(gan_trainer_steps(jumped.trainer), 5);
    test_assert_same_weights(jumped.generator, whole.generator);
    test_assert_same_weights(jumped.discriminator, whole.discriminator);
    gan_dataset_destroy(dataset);
    gan_dataset_destroy(other);
    test_gan_destroy(&whole);
    test_gan_destroy(&jumped);
}

static void test_jump_out_of_progress(void **state)
{
    (void)state;
    check_run(progress, 2 + 2, 3); /* calls count for fill() too */
}

static void test_jump_out_of_fill(void **state)
{
    (void)state;
    check_run(NULL, 3, 3);
}

/* The context's other handles still have the host's threads. */
static void test_jump_out_of_parallel(void **state)
{
    test_gan left = create_gan(run_in_caller),
             other = test_gan_create_in(left.context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
    test_gan expected = create_gan(run_in_caller);

    (void)state;
    calls = jump_at = 0;
    test_gan_steps(&expected, TEST_GAN_WIDE, 1, 2, BATCH, 1, NULL);
    const int calls_expected = calls;
    assert_true(calls_expected > 10);
    calls = 0;
    jump_at = 10;
    if (setjmp(outside) == 0) {
        test_gan_steps(&left, TEST_GAN_WIDE, 1, 1, BATCH, 1, NULL);
        fail();
    }
    calls = jump_at = 0;
    test_gan_steps(&other, TEST_GAN_WIDE, 1, 2, BATCH, 1, NULL);
    assert_int_equal(calls, calls_expected);
    test_assert_same_weights(other.generator, expected.generator);
    left.context = NULL; /* also the other's */
    test_gan_destroy(&left);
    test_gan_destroy(&other);
    test_gan_destroy(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jump_out_of_progress),
        cmocka_unit_test(test_jump_out_of_fill),
        cmocka_unit_test(test_jump_out_of_parallel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
