/* Processes that are killed while they train and save, and several that save to one path. What is there afterwards is
 * a file that one of them saved, whole, and training goes on from it as if it had never stopped. */
#include "support/run.h"
#include "support/splitmix.h"
#include "torture/form.h"
#include "train/gans.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 4, COUNT = 10, LONG_KILLS = 200, SHORT_KILLS = 20, MOST_MICROSECONDS = 30000, MOST_BYTES = 1 << 16 };

/* ---- Training ------------------------------------------------------------------------------------------------ */

typedef struct training {
    test_gan gan;
    gan_dataset *dataset;
    float samples[COUNT * 128];
} training;

static void start(training *t)
{
    test_numbers(3, t->samples, COUNT * 128);
    t->gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH, .ema_half_life = 30));
    assert_int_equal(gan_dataset_from_array(t->gan.context, t->samples, NULL, COUNT, GAN_SHAPE(2, 8, 8),
                                            GAN_DATASET(.seed = 3), &t->dataset),
                     GAN_OK);
}

static void stop(training *t)
{
    gan_dataset_destroy(t->dataset);
    test_gan_destroy(&t->gan);
}

static gan_status take_step(training *t)
{
    return gan_trainer_run(t->gan.trainer, t->dataset, GAN_RUN(.steps = 1));
}

static int resume(training *t, const char *path)
{
    if (!test_file_exists(path)) return 0;
    const gan_status status = gan_trainer_load(t->gan.trainer, t->dataset, path);
    if (status != GAN_OK) fail_msg("what a killed process left: %s", gan_last_error());
    return (int)gan_trainer_steps(t->gan.trainer);
}

/* A process that trains from where the file says, saves after each step, and never ends by itself. */
static void train_until_killed(const char *path)
{
    static training t;

    alarm(60);
    start(&t);
    resume(&t, path);
    for (;;) {
        if (take_step(&t) != GAN_OK || gan_trainer_save(t.gan.trainer, t.dataset, path) != GAN_OK) _exit(1);
    }
}

static void sleep_microseconds(uint64_t duration)
{
    const struct timespec time = {.tv_nsec = (long)duration * 1000};
    nanosleep(&time, NULL);
}

static void kill_a_training(const char *path, uint64_t after)
{
    int result = 0;

    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) train_until_killed(path);
    sleep_microseconds(after);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &result, 0), child);
    if (!WIFSIGNALED(result) || WTERMSIG(result) != SIGKILL) fail_msg("training ended with %d", result);
}

/* ---- Kills --------------------------------------------------------------------------------------------------- */

/* Whether two files have the same bytes. */
static bool are_same(const char *a, const char *b)
{
    static unsigned char bytes[2][MOST_BYTES];
    const size_t size = test_file_read(a, bytes[0], MOST_BYTES);
    return test_file_read(b, bytes[1], MOST_BYTES) == size && memcmp(bytes[0], bytes[1], size) == 0;
}

static void test_kills(void **state)
{
    static training undisturbed, resumed;
    const int kills = torture_is_long() ? LONG_KILLS : SHORT_KILLS;
    const char *path = test_path("kills/checkpoint"), *expected = test_path("expected");
    int step = 0;

    (void)state;
    assert_int_equal(mkdir(test_path("kills"), 0700), 0);
    start(&undisturbed);
    start(&resumed);
    for (int i = 0; i < kills; i++) {
        kill_a_training(path, test_splitmix(torture_seed() + (uint64_t)i) % MOST_MICROSECONDS);
        const int reached = resume(&resumed, path);
        if (reached < step) fail_msg("kill %d: step %d was saved, and now it is %d", i, step, reached);
        if (reached == step) continue;
        for (; step < reached; step++) assert_int_equal(take_step(&undisturbed), GAN_OK);
        assert_int_equal(gan_trainer_save(undisturbed.gan.trainer, undisturbed.dataset, expected), GAN_OK);
        if (!are_same(path, expected)) fail_msg("kill %d: the file is not that of step %d", i, step);
    }
    assert_int_equal(gan_trainer_save(resumed.gan.trainer, resumed.dataset, path), GAN_OK);
    assert_int_equal(gan_trainer_save(resumed.gan.trainer, resumed.dataset, path), GAN_OK);
    assert_int_equal(test_entry_count(test_path("kills")), 1);
    printf("torture: %d kills, %d steps\n", kills, step);
    stop(&undisturbed);
    stop(&resumed);
}

/* ---- Several processes --------------------------------------------------------------------------------------- */

enum { PROCESSES = 3, LONG_SAVES = 1000, SHORT_SAVES = 60 };

static gan_model *build_one(gan_context *context, int number)
{
    gan_model *generator = NULL, *discriminator = NULL;

    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &generator, &discriminator), GAN_OK);
    gan_model_destroy(discriminator);
    const float bias[] = {(float)number, 0, 0, 0};
    assert_int_equal(gan_model_set_tensor(generator, "2.bias", bias, 4), GAN_OK);
    return generator;
}

static void save_again_and_again(int number, const char *path)
{
    const int saves = torture_is_long() ? LONG_SAVES : SHORT_SAVES;
    gan_context *context = test_context();
    gan_model *model = build_one(context, number);

    alarm(300);
    for (int i = 0; i < saves; i++) {
        if (gan_model_save(model, path) != GAN_OK) _exit(1);
    }
    _exit(0);
}

/* Fails the test unless the file is one of those that are saved. */
static void check_one_of_them(gan_context *context, const char *path, char names[PROCESSES][512])
{
    static char copy[512];
    static unsigned char bytes[MOST_BYTES];
    gan_model *model = NULL;
    bool is_one = false;

    test_status(gan_model_load(context, path, &model), GAN_OK, "");
    gan_model_destroy(model);
    snprintf(copy, sizeof(copy), "%s", test_path("copy"));
    test_file_write(copy, bytes, test_file_read(path, bytes, MOST_BYTES));
    for (int i = 0; i < PROCESSES; i++) is_one = is_one || are_same(copy, names[i]);
    assert_true(is_one);
}

static void test_processes(void **state)
{
    char path[512], names[PROCESSES][512];
    pid_t children[PROCESSES];
    gan_context *context = test_context();
    int running = PROCESSES, checks = 0;

    (void)state;
    assert_int_equal(mkdir(test_path("shared"), 0700), 0);
    snprintf(path, sizeof(path), "%s", test_path("shared/model"));
    for (int i = 0; i < PROCESSES; i++) {
        gan_model *model = build_one(context, i);
        snprintf(names[i], sizeof(names[i]), "%s%d", test_path("process"), i);
        assert_int_equal(gan_model_save(model, names[i]), GAN_OK);
        assert_int_equal(gan_model_save(model, path), GAN_OK);
        gan_model_destroy(model);
    }
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) save_again_and_again(i, path);
    }
    while (running > 0) {
        int result = 0;
        check_one_of_them(context, path, names);
        checks++;
        if (waitpid(-1, &result, WNOHANG) <= 0) continue;
        assert_int_equal(result, 0);
        running--;
    }
    check_one_of_them(context, path, names);
    assert_int_equal(test_entry_count(test_path("shared")), 1);
    printf("torture: %d processes saved to one path, which was read %d times\n", PROCESSES, checks);
    gan_context_destroy(context);
}

static int set_up(void **state)
{
    torture_print_form();
    return test_folder_create(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kills),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
