/* Atomic replacement in POSIX: modes, links, limits, killed processes. Whatever happens, a path holds all of the old
 * file or all of the new one. test_replacement.c has what holds on every system. */
#include "replace.h"
#include "support/files.h"
#include "support/run.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode;
}

/* ---- What is replaced --------------------------------------------------------------------------------------- */

static void test_modes(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");
    const mode_t before = umask(027);

    (void)state;
    assert_int_equal(replace(context, path, 'a', 1, 1), GAN_OK);
    assert_int_equal(mode_of(path) & 0777, 0640);
    for (mode_t mode = 0400; mode <= 0777; mode += 0123) {
        assert_int_equal(chmod(path, mode), 0);
        assert_int_equal(replace(context, path, 'b', 1, 1), GAN_OK);
        assert_int_equal(mode_of(path) & 0777, mode);
    }
    umask(before);
    gan_context_destroy(context);
}

/* Links stay; what they point to is replaced, even if it does not exist yet. */
static void test_links(void **state)
{
    gan_context *context = test_context();

    (void)state;
    assert_int_equal(mkdir(test_path("below"), 0755), 0);
    test_file_write(test_path("below/target"), "old", 3);
    assert_int_equal(symlink("below/target", test_path("link")), 0);
    assert_int_equal(symlink("link", test_path("second")), 0);
    assert_int_equal(symlink("below/later", test_path("dangling")), 0);
    assert_int_equal(symlink("loop", test_path("loop")), 0);

    test_status(replace(context, test_path("second"), 'n', 5, 5), GAN_OK, "");
    assert_int_equal(content(test_path("below/target"), 5), 'n');
    assert_true(S_ISLNK(mode_of(test_path("second"))) && S_ISLNK(mode_of(test_path("link"))));
    test_status(replace(context, test_path("dangling"), 'd', 4, 4), GAN_OK, "");
    assert_true(S_ISLNK(mode_of(test_path("dangling"))));
    assert_int_equal(content(test_path("below/later"), 4), 'd');
    test_status(replace(context, test_path("loop"), 'x', 1, 1), GAN_ERROR_IO, "loop");

    /* An absolute one. */
    assert_int_equal(symlink(test_path("below/target"), test_path("absolute")), 0);
    test_status(replace(context, test_path("absolute"), 'z', 2, 2), GAN_OK, "");
    assert_int_equal(content(test_path("below/target"), 2), 'z');
    gan_context_destroy(context);
}

static void test_paths_that_cannot_be(void **state)
{
    gan_context *context = test_context();
    char name[5000];

    (void)state;
    test_file_write(test_path("file"), "old", 3);
    test_status(replace(context, "", 'x', 1, 1), GAN_ERROR_ARGUMENT, "empty");
    test_status(replace(context, test_path(""), 'x', 1, 1), GAN_ERROR_IO, "is a folder");
    test_status(replace(context, test_path("nothing/"), 'x', 1, 1), GAN_ERROR_IO, "nothing/");
    test_status(replace(context, test_path("nothing/file"), 'x', 1, 1), GAN_ERROR_NOT_FOUND, "nothing/file");
    test_status(replace(context, test_path("file/below"), 'x', 1, 1), GAN_ERROR_IO, "Not a directory");
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    test_status(replace(context, name, 'x', 1, 1), GAN_ERROR_IO, "cannot write 'nnn");
    name[300] = 0;
    test_status(replace(context, name, 'x', 1, 1), GAN_ERROR_IO, "File name too long");
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

/* ---- Failures of the system --------------------------------------------------------------------------------- */

/* Runs in a child, whose limits and rights may change; its exit status tells whether all went well. */
static bool succeeds_in_child(bool (*run)(void))
{
    int status;

    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(run() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void in_child(bool (*run)(void))
{
    assert_true(succeeds_in_child(run));
}

static bool no_space(void)
{
    gan_context *context = NULL;
    const struct rlimit limit = {50000, 50000};

    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return false;
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    return replace(context, test_path("file"), 'x', 40000, 1000) == GAN_OK &&
           replace(context, test_path("file"), 'y', 60000, 1000) == GAN_ERROR_NO_SPACE && /* fails at the commit */
           replace(context, test_path("file"), 'y', 200000, 1000) == GAN_ERROR_NO_SPACE &&
           replace(context, test_path("file"), 'y', 200000, 200000) == GAN_ERROR_NO_SPACE &&
           strstr(gan_last_error(), "/file': ") != NULL;
}

static void test_no_space(void **state)
{
    (void)state;
    in_child(no_space);
    assert_int_equal(content(test_path("file"), 40000), 'x');
    assert_int_equal(test_folder_count(), 1);
}

static bool becomes_nobody(void)
{
    return setgid(65534) == 0 && setuid(65534) == 0;
}

/* Root may write anywhere, so somebody else tries. */
static bool no_rights(void)
{
    gan_context *context = NULL;

    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return false;
    if (chdir(test_path("")) != 0) return false;
    if (geteuid() == 0 && !becomes_nobody()) return false;
    return replace(context, "file", 'x', 10, 10) == GAN_ERROR_PERMISSION &&
           strstr(gan_last_error(), "cannot write 'file'") != NULL &&
           replace(context, "new", 'x', 10, 10) == GAN_ERROR_PERMISSION &&
           strstr(gan_last_error(), "cannot create a file beside 'new'") != NULL;
}

static void test_no_rights(void **state)
{
    (void)state;
    if (geteuid() == 0 && !succeeds_in_child(becomes_nobody)) test_skip("root cannot become another user here");
    test_file_write(test_path("file"), "old", 3);
    assert_int_equal(chmod(test_path(""), 0555), 0);
    in_child(no_rights);
    assert_int_equal(chmod(test_path(""), 0755), 0);
    assert_int_equal(test_file_read(test_path("file"), (char[3]){0}, 3), 3);
    assert_int_equal(test_folder_count(), 1);
}

/* A write that failed is not forgotten. */
static bool failure_sticks(void)
{
    static const char bytes[100000];
    const struct rlimit limit = {1000, 1000};
    gan_context *context = NULL;
    gan_atomic_file *file = NULL;

    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return false;
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    return gan_atomic_file_open(context, test_path("file"), &file) == GAN_OK &&
           gan_atomic_file_write(file, bytes, sizeof(bytes)) == GAN_ERROR_NO_SPACE &&
           gan_atomic_file_write(file, bytes, 1) == GAN_ERROR_NO_SPACE &&
           strstr(gan_last_error(), "an earlier write") != NULL && gan_atomic_file_commit(file) == GAN_ERROR_NO_SPACE;
}

static void test_failure_sticks(void **state)
{
    (void)state;
    in_child(failure_sticks);
    assert_int_equal(test_folder_count(), 0);
}

/* ---- Killed ---------------------------------------------------------------------------- */

enum { kill_size = 300000 };

static void save_for_ever(void)
{
    gan_context *context = NULL;

    gan_context_create(GAN_CONTEXT(.threads = 1), &context);
    for (int value = 'a';; value = value == 'z' ? 'a' : value + 1)
        if (replace(context, test_path("file"), value, kill_size, 10000) != GAN_OK) _exit(1);
}

/* Killed at many moments while saving, a process always leaves a whole file. */
static void test_killed(void **state)
{
    gan_context *context = test_context();
    int last = 'A', changed = 0;

    (void)state;
    assert_int_equal(replace(context, test_path("file"), 'A', kill_size, kill_size), GAN_OK);
    for (int round = 0; round < 20; round++) {
        const struct timespec pause = {0, (1 + round * 7 % 20) * 1000000L};
        int status;
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) save_for_ever();
        nanosleep(&pause, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        const int now = content(test_path("file"), kill_size);
        assert_int_not_equal(now, -1);
        changed += now != last;
        last = now;
    }
    assert_true(changed > 0);
    gan_context_destroy(context);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_folder_create, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_modes),    TEST(test_links),     TEST(test_paths_that_cannot_be),
        TEST(test_no_space), TEST(test_no_rights), TEST(test_failure_sticks),
        TEST(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
