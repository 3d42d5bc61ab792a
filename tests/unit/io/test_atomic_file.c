/* Atomic replacement: whatever happens, a path holds all of the old file or all of the new one. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"

#include <errno.h>
#include <pthread.h>
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

/* Replaces a file with `size` bytes of one value, in pieces. */
static gan_status replace(gan_context *context, const char *path, int value, size_t size, size_t piece)
{
    static _Thread_local unsigned char bytes[1 << 20];
    gan_atomic_file *file = NULL;
    gan_status status = gan_atomic_file_open(context, path, &file);

    if (status != GAN_OK) {
        assert_null(file);
        return status;
    }
    memset(bytes, value, piece);
    for (size_t done = 0; done < size && status == GAN_OK; done += piece)
        status = gan_atomic_file_write(file, bytes, size - done < piece ? size - done : piece);
    if (status == GAN_OK) return gan_atomic_file_commit(file);
    gan_atomic_file_abandon(file);
    return status;
}

/* The value of all bytes of a file, or -1 unless it is `size` bytes of one value. */
static int content(const char *path, size_t size)
{
    static unsigned char bytes[1 << 20];

    if (test_file_read(path, bytes, sizeof(bytes)) != size) return -1;
    for (size_t i = 1; i < size; i++)
        if (bytes[i] != bytes[0]) return -1;
    return bytes[0];
}

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode;
}

/* ---- What is replaced --------------------------------------------------------------------------------------- */

static void test_new_and_old(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");

    (void)state;
    for (size_t piece = 1; piece <= 1 << 18; piece = piece * 8 + 1) {
        test_status(replace(context, path, 'a', 200000, piece), GAN_OK, "");
        assert_int_equal(content(path, 200000), 'a');
        test_status(replace(context, path, 'b', 1, piece), GAN_OK, "");
        assert_int_equal(content(path, 1), 'b');
    }
    test_status(replace(context, path, 'c', 0, 1), GAN_OK, "");
    assert_int_equal(test_file_read(path, NULL, 0), 0);
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

/* Nothing is visible of a file before it is committed, or after it is abandoned. */
static void test_abandoned(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");
    gan_atomic_file *file = NULL;
    static const char bytes[100000];

    (void)state;
    test_file_write(path, "old", 3);
    assert_int_equal(gan_atomic_file_open(context, path, &file), GAN_OK);
    assert_int_equal(gan_atomic_file_write(file, bytes, sizeof(bytes)), GAN_OK);
    assert_int_equal(test_file_read(path, (char[3]){0}, 3), 3);
    gan_atomic_file_abandon(file);
    assert_int_equal(test_file_read(path, (char[3]){0}, 3), 3);
    assert_int_equal(test_folder_count(), 1);
    gan_atomic_file_abandon(NULL);
    gan_context_destroy(context);
}

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
           strstr(gan_last_error(), "cannot create a file beside 'file'") != NULL &&
           replace(context, "new", 'x', 10, 10) == GAN_ERROR_PERMISSION;
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

/* ---- Killed and at the same time ---------------------------------------------------------------------------- */

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

typedef struct saver {
    gan_context *context;
    const char *path;
    int value;
    gan_status status;
} saver;

static void *save_often(void *argument)
{
    saver *at = argument;

    for (int i = 0; i < 6 && at->status == GAN_OK; i++)
        at->status = replace(at->context, at->path, at->value, kill_size, 100000);
    return NULL;
}

/* Two threads replace one file: both succeed, and it is one of theirs. */
static void test_two_threads(void **state)
{
    const char *path = test_path("file");
    saver savers[2] = {{test_context(), path, 'x', GAN_OK}, {test_context(), path, 'y', GAN_OK}};
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, save_often, &savers[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(savers[i].status, GAN_OK);
        gan_context_destroy(savers[i].context);
    }
    assert_in_range(content(path, kill_size), 'x', 'y');
    assert_int_equal(test_folder_count(), 1);
}

static gan_status replace_once(gan_context *context, void *user)
{
    return replace(context, user, 'x', 10, 10);
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("file"));
    assert_int_equal(test_every_allocation_fails(replace_once, path), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_folder_create, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_and_old),
        TEST(test_abandoned),
        TEST(test_modes),
        TEST(test_links),
        TEST(test_paths_that_cannot_be),
        TEST(test_no_space),
        TEST(test_no_rights),
        TEST(test_failure_sticks),
        TEST(test_killed),
        TEST(test_two_threads),
        TEST(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
