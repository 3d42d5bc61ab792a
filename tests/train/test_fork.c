/* A child of fork() trains and samples what it inherited, while the parent trains other models of the same context.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "gans.h"
#include "support/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 16, ELEMENTS = 3 * 16 * 16, SAMPLES = 5, STEPS = 3, CHILDREN = 10, SECONDS = 120 };

typedef struct training {
    test_gan gan;
    atomic_bool end;
} training;

static void *train_until_told(void *argument)
{
    static float samples[BATCH * ELEMENTS];
    training *t = argument;

    test_numbers(1, samples, sizeof(samples) / sizeof(*samples));
    while (!atomic_load(&t->end)) {
        assert_int_equal(gan_trainer_step(t->gan.trainer, samples, BATCH, NULL), GAN_OK);
    }
    return NULL;
}

static void train_and_sample(const test_gan *gan, float *samples)
{
    test_gan_steps(gan, TEST_GAN_WIDE, 1, STEPS, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_sample(gan->trainer, NULL, SAMPLES, samples), GAN_OK);
}

static void test_child_trains_beside_training(void **state)
{
    const size_t size = SAMPLES * ELEMENTS * sizeof(float);
    test_gan own = test_gan_create(TEST_GAN_WIDE, 3, GAN_TRAINER(.batch = BATCH));
    training other = {.gan = test_gan_create_in(own.context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH))};
    float *of_children = mmap(NULL, CHILDREN * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static float of_parent[SAMPLES * ELEMENTS];
    pthread_t thread;

    (void)state;
    test_needs_threads_after_fork();
    assert_true(of_children != MAP_FAILED);
    assert_int_equal(test_gan_elements(TEST_GAN_WIDE), ELEMENTS);
    assert_int_equal(pthread_create(&thread, NULL, train_until_told, &other), 0);
    fflush(NULL);
    for (int i = 0; i < CHILDREN; i++) {
        int result = -1;
        const pid_t process = fork();
        assert_true(process >= 0);
        if (process == 0) {
            alarm(SECONDS);
            train_and_sample(&own, of_children + i * SAMPLES * ELEMENTS);
            test_gan_destroy(&own);
            _exit(0);
        }
        assert_int_equal(waitpid(process, &result, 0), process);
        assert_int_equal(result, 0);
    }
    atomic_store(&other.end, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    train_and_sample(&own, of_parent); /* its own copy is as it was */
    for (int i = 0; i < CHILDREN; i++) assert_memory_equal(of_children + i * SAMPLES * ELEMENTS, of_parent, size);
    other.gan.context = NULL; /* own's, too */
    test_gan_destroy(&other.gan);
    test_gan_destroy(&own);
    munmap(of_children, CHILDREN * size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_trains_beside_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
