/* Saving to what is no ordinary file, and under every mood of the system: done as well as possible, or refused by
 * name, never a wrong success. The system's calls are replaced here. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- Calls of the system ------------------------------------------------------------------------------------- */

enum call { WRITE, FSYNC, CLOSE, RENAME, LINK, LOCK, MAKE_FOLDER, CALLS };

/* The number of a call, from 1, that fails so; 0: none. With `all`, those that follow fail too. */
static struct {
    int at, error;
    bool all;
} failing[CALLS];
static int made[CALLS];
static bool counting;

static bool fails(enum call call)
{
    if (!counting) return false;
    made[call]++;
    if (failing[call].at == 0 || made[call] < failing[call].at) return false;
    if (made[call] > failing[call].at && !failing[call].all) return false;
    errno = failing[call].error;
    return true;
}

ssize_t __real_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size)
{
    if (fails(WRITE)) return errno == 0 ? 0 : -1;
    return __real_write(descriptor, data, counting && size > 1 ? size / 2 : size); /* short writes */
}

int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor)
{
    return fails(FSYNC) ? -1 : __real_fsync(descriptor);
}

/* As in Linux, a descriptor is closed whatever close() returns. */
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor)
{
    const int result = __real_close(descriptor);
    return fails(CLOSE) ? -1 : result;
}

int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    return fails(RENAME) ? -1 : __real_renameat(from, old, to, new);
}

int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    return fails(LINK) ? -1 : __real_linkat(from, old, to, new, flags);
}

int __real_flock(int descriptor, int how);
int __wrap_flock(int descriptor, int how);
int __wrap_flock(int descriptor, int how)
{
    return fails(LOCK) ? -1 : __real_flock(descriptor, how);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails(MAKE_FOLDER) ? -1 : __real_mkdir(path, mode);
}

static int set_up(void **state)
{
    memset(failing, 0, sizeof(failing));
    counting = false;
    return test_folder_create(state);
}

/* ---- Saving -------------------------------------------------------------------------------------------------- */

enum { size = 100000 };

/* Saves bytes of one value. */
static gan_status save(gan_context *context, const char *path, int value)
{
    static unsigned char bytes[size];
    gan_atomic_file *file = NULL;

    memset(made, 0, sizeof(made));
    counting = true;
    memset(bytes, value, size);
    gan_status status = gan_atomic_file_open(context, path, &file);
    if (status == GAN_OK) status = gan_atomic_file_write(file, bytes, size / 3);
    if (status == GAN_OK) status = gan_atomic_file_write(file, bytes, size - size / 3);
    if (status == GAN_OK) {
        status = gan_atomic_file_commit(file);
    } else {
        gan_atomic_file_abandon(file);
    }
    counting = false;
    return status;
}

/* The value of all bytes of a saved file, or -1. */
static int content(const char *path)
{
    static unsigned char bytes[size + 1];

    if (test_file_read(path, bytes, sizeof(bytes)) != size) return -1;
    for (size_t i = 1; i < size; i++)
        if (bytes[i] != bytes[0]) return -1;
    return bytes[0];
}

/* ---- Failing calls ------------------------------------------------------------------------------------------- */

/* Every call that can fail does, once or for ever: the old file or the new one stays, whole, and nothing beside. */
static void test_failing_calls(void **state)
{
    static const int errors[] = {EIO, ENOSPC, EINTR, EDQUOT, EINVAL, EBADF, ENOTSUP, 0};
    gan_context *context = test_context();
    const char *path = test_path("file");

    (void)state;
    for (enum call call = 0; call < CALLS; call++) {
        for (int e = 0; e < 8; e++) {
            if (errors[e] == 0 && call != WRITE) continue;
            for (int at = 1;; at++) {
                failing[call].at = 0;
                test_status(save(context, path, 'o'), GAN_OK, "");
                failing[call].at = at;
                failing[call].error = errors[e];
                failing[call].all = errors[e] != EINTR;
                const gan_status status = save(context, path, 'n');
                const int now = content(path), times = made[call];
                if (status == GAN_OK) assert_int_equal(now, 'n');
                if (errors[e] == EINTR) assert_int_equal(status, GAN_OK);
                if (call == WRITE && times >= at && errors[e] != EINTR) assert_int_equal(now, 'o');
                assert_true(now == 'o' || now == 'n');
                if (status != GAN_OK && now == 'n') assert_non_null(strstr(gan_last_error(), "has been replaced"));
                assert_int_equal(test_folder_count(), 1);
                if (times < at) break;
            }
        }
        failing[call].at = 0;
    }
    gan_context_destroy(context);
}

/* What cannot be synced is saved all the same. */
static void test_unsupported_sync(void **state)
{
    static const int errors[] = {EBADF, EINVAL, ENOTSUP, ENOSYS};
    gan_context *context = test_context();

    (void)state;
    failing[FSYNC].at = 1;
    failing[FSYNC].all = true;
    for (int e = 0; e < 4; e++) {
        failing[FSYNC].error = errors[e];
        test_status(save(context, test_path("file"), 'a' + e), GAN_OK, "");
        assert_int_equal(content(test_path("file")), 'a' + e);
    }
    failing[FSYNC].error = EIO;
    test_status(save(context, test_path("file"), 'x'), GAN_ERROR_IO, "cannot write");
    assert_int_equal(content(test_path("file")), 'd');
    failing[FSYNC].at = 2; /* the folder */
    test_status(save(context, test_path("file"), 'y'), GAN_ERROR_IO, "has been replaced and is whole");
    assert_int_equal(content(test_path("file")), 'y');
    gan_context_destroy(context);
}

/* A write that takes nothing does not go on for ever. */
static void test_nothing_written(void **state)
{
    gan_context *context = test_context();

    (void)state;
    failing[WRITE].at = 1;
    failing[WRITE].all = true;
    test_status(save(context, test_path("file"), 'x'), GAN_ERROR_IO, "cannot write");
    assert_int_equal(test_folder_count(), 0);
    gan_context_destroy(context);
}

/* A file that is a mount point keeps its place and gets the new content. */
static void test_mount_point(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");
    struct stat before, after;

    (void)state;
    failing[RENAME].at = 1;
    failing[RENAME].error = EBUSY;
    test_file_write(path, (char[2 * size]){0}, 2 * size);
    assert_int_equal(stat(path, &before), 0);
    test_status(save(context, path, 'm'), GAN_OK, "");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(content(path), 'm');
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

/* ---- Places -------------------------------------------------------------------------------------------------- */

/* An open file without a name gets the content, and nothing else does. */
static void test_descriptor(void **state)
{
    gan_context *context = test_context();
    static unsigned char bytes[size];
    char path[64];
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 3 * size), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
    if (access(path, F_OK) != 0) test_skip("there is no /proc");
    for (int value = 'a'; value < 'c'; value++) {
        struct stat status;
        test_status(save(context, path, value), GAN_OK, "");
        assert_int_equal(fstat(fileno(file), &status), 0);
        assert_int_equal(status.st_size, size);
        assert_int_equal(pread(fileno(file), bytes, size, 0), size);
        for (int i = 0; i < size; i++) assert_int_equal(bytes[i], value);
    }
    /* By way of a link. */
    assert_int_equal(symlink(path, test_path("link")), 0);
    test_status(save(context, test_path("link"), 'l'), GAN_OK, "");
    assert_int_equal(pread(fileno(file), bytes, 1, 0), 1);
    assert_int_equal(bytes[0], 'l');
    fclose(file);
    assert_int_not_equal(save(context, "/proc/self/fd/200", 'x'), GAN_OK); /* no such descriptor */
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

static void test_pipe(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("pipe");
    int result = -1;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    test_status(save(context, path, 'x'), GAN_ERROR_IO, "nobody reads");
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* reads it all */
        static unsigned char bytes[4096];
        int got, all = 0;
        alarm(60);
        const int own = open(path, O_RDONLY);
        close(reader);
        while ((got = (int)read(own, bytes, sizeof(bytes))) > 0) all += bytes[got - 1] == 'p' ? got : 0;
        _exit(all == size ? 0 : 1);
    }
    test_status(save(context, path, 'p'), GAN_OK, "");
    close(reader);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    gan_context_destroy(context);
}

/* A reader that goes is an error, not a signal. */
static void test_broken_pipe(void **state)
{
    gan_context *context = test_context();
    char path[64];
    int ends[2];
    gan_atomic_file *file = NULL;
    sigset_t pending;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
    if (access(path, F_OK) != 0) test_skip("there is no /proc");
    test_status(gan_atomic_file_open(context, path, &file), GAN_OK, "");
    close(ends[0]);
    test_status(gan_atomic_file_write(file, "text", 4), GAN_OK, "");
    test_status(gan_atomic_file_commit(file), GAN_ERROR_IO, "cannot write");
    assert_int_equal(sigpending(&pending), 0);
    assert_false(sigismember(&pending, SIGPIPE));
    close(ends[1]);
    gan_context_destroy(context);
}

static void test_devices(void **state)
{
    gan_context *context = test_context();

    (void)state;
    test_status(save(context, "/dev/null", 'x'), GAN_OK, "");
    if (access("/dev/full", F_OK) == 0) test_status(save(context, "/dev/full", 'x'), GAN_ERROR_NO_SPACE, "/dev/full");
    gan_context_destroy(context);
}

/* ---- Limits and denials --------------------------------------------------------------------------------------- */

/* Where a file without a name gets none, the new file is written again under one, with the old one's mode. */
static void test_refused_links(void **state)
{
    static const int errors[] = {EPERM, EACCES, EXDEV, ENOENT, ENOSYS};
    gan_context *context = test_context();
    const char *path = test_path("file");
    struct stat after;

    (void)state;
    failing[LINK].at = 1;
    failing[LINK].all = true;
    for (int e = 0; e < 5; e++) {
        failing[LINK].error = errors[e];
        test_status(save(context, path, 'a' + e), GAN_OK, "");
        assert_int_equal(content(path), 'a' + e);
        assert_int_equal(test_folder_count(), 1);
        assert_int_equal(stat(path, &after), 0);
        if (e > 0) assert_int_equal(after.st_mode & 07777, 0640);
        assert_int_equal(chmod(path, 0640), 0);
    }
    /* The copy fails like the first file: in its writes, its sync, its name. */
    for (enum call call = WRITE; call <= RENAME; call++) {
        for (int at = 1;; at++) {
            failing[call].at = at;
            failing[call].error = EIO;
            failing[call].all = true;
            const gan_status status = save(context, path, 'n');
            const int now = content(path), times = made[call];
            failing[call].at = 0;
            assert_true(now == 'n' || (now == 'e' && status == GAN_ERROR_IO));
            assert_int_equal(test_folder_count(), 1);
            test_status(save(context, path, 'e'), GAN_OK, "");
            if (times < at) break;
        }
    }
    gan_context_destroy(context);
}

/* Files are never the standard streams of a host that has closed its own. */
static void test_closed_streams(void **state)
{
    gan_context *context = test_context();
    gan_atomic_file *file = NULL;
    gan_file opened = {0};
    int kept[3], taken = 0;
    (void)state;
    test_file_write(test_path("old"), "old", 3);
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
        close(i);
    }
    const gan_status status = gan_atomic_file_open(context, test_path("file"), &file);
    const gan_status reading = gan_file_open(context, test_path("old"), &opened);
    const int unnamed = gan_open_unnamed(test_path("")), events = gan_open_to_append(test_path("events"));
    for (int i = 0; i < 3; i++) taken += fcntl(i, F_GETFD) >= 0;
    for (int i = 0; i < 3; i++) {
        if (kept[i] < 0) continue;
        dup2(kept[i], i);
        close(kept[i]);
    }
    assert_int_equal(taken, 0);
    assert_int_equal(status, GAN_OK);
    assert_int_equal(reading, GAN_OK);
    assert_true(unnamed > 2 && events > 2);
    assert_true(fcntl(unnamed, F_GETFD) & FD_CLOEXEC && fcntl(events, F_GETFD) & FD_CLOEXEC);
    close(unnamed);
    close(events);
    gan_file_close(&opened);
    gan_atomic_file_abandon(file);
    gan_context_destroy(context);
}

/* In a process of its own: saves a file that is larger than files may be. */
static bool saves_beyond_limit(gan_context *context)
{
    const struct rlimit limit = {size / 2, RLIM_INFINITY};
    sigset_t pending;

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    signal(SIGXFSZ, SIG_DFL);
    if (save(context, test_path("file"), 'x') != GAN_ERROR_NO_SPACE) return false;
    return sigpending(&pending) == 0 && !sigismember(&pending, SIGXFSZ) && content(test_path("file")) == 'o';
}

static void test_limited_size(void **state)
{
    gan_context *context = test_context();
    int result = -1;

    (void)state;
    test_status(save(context, test_path("file"), 'o'), GAN_OK, "");
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(saves_beyond_limit(context) ? 0 : 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    gan_context_destroy(context);
}

static bool saves_as_nobody(void)
{
    gan_context *context = NULL;

    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return false;
    if (chdir(test_path("closed")) != 0) return false;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return false;
    return save(context, "file", 'n') == GAN_OK && save(context, "file", 'm') == GAN_OK;
}

/* A folder that may be written to and not read. */
static void test_unreadable_folder(void **state)
{
    int result = -1;

    (void)state;
    assert_int_equal(mkdir(test_path("closed"), 0700), 0);
    if (geteuid() == 0 && chown(test_path("closed"), 65534, 65534) != 0) test_skip("root cannot give a folder away");
    assert_int_equal(chmod(test_path("closed"), 0300), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(saves_as_nobody() ? 0 : 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(chmod(test_path("closed"), 0700), 0);
    assert_int_equal(result, 0);
    assert_int_equal(content(test_path("closed/file")), 'm');
}

/* The owner and group of the file that is replaced stay. */
static void test_owner(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");
    struct stat after;

    (void)state;
    if (geteuid() != 0) test_skip("only root may give files away");
    test_file_write(path, "old", 3);
    assert_int_equal(chmod(path, 0640), 0);
    if (chown(path, 1234, 2345) != 0) test_skip("root cannot give a file away");
    test_status(save(context, path, 'o'), GAN_OK, "");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_uid, 1234);
    assert_int_equal(after.st_gid, 2345);
    assert_int_equal(after.st_mode & 07777, 0640);
    gan_context_destroy(context);
}

/* Where they cannot, the process's own group gets no more than others have. */
static void test_foreign_group(void **state)
{
    struct stat after;
    int result = -1;

    (void)state;
    if (geteuid() != 0) test_skip("only root may give files away");
    assert_int_equal(mkdir(test_path("closed"), 0700), 0);
    test_file_write(test_path("closed/file"), "old", 3);
    assert_int_equal(chmod(test_path("closed/file"), 0664), 0);
    if (chown(test_path("closed"), 65534, 65534) != 0) test_skip("root cannot give a folder away");
    assert_int_equal(chown(test_path("closed/file"), 1234, 2345), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(saves_as_nobody() ? 0 : 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_int_equal(stat(test_path("closed/file"), &after), 0);
    assert_int_equal(after.st_uid, 65534);
    assert_int_equal(after.st_gid, 65534);
    assert_int_equal(after.st_mode & 07777, 0644);
    assert_int_equal(content(test_path("closed/file")), 'm');
}

/* A file that the process may write, in a folder where it may make no file, or replace none but its own. */
static void test_closed_folders(void **state)
{
    static const mode_t modes[] = {0555, 01777};
    struct stat before, after;

    (void)state;
    if (geteuid() != 0) test_skip("only root has files that others may write");
    assert_int_equal(mkdir(test_path("closed"), 0700), 0);
    for (int k = 0; k < 2; k++) {
        int result = -1;
        test_file_write(test_path("closed/file"), (char[2 * size]){0}, 2 * size);
        assert_int_equal(chmod(test_path("closed/file"), 0666), 0);
        assert_int_equal(stat(test_path("closed/file"), &before), 0);
        assert_int_equal(chmod(test_path("closed"), modes[k]), 0);
        fflush(NULL);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(saves_as_nobody() ? 0 : 1);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_int_equal(result, 0);
        assert_int_equal(stat(test_path("closed/file"), &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(content(test_path("closed/file")), 'm');
        assert_int_equal(chmod(test_path("closed"), 0700), 0);
    }
}

/* ---- What killed processes leave ----------------------------------------------------------------------------- */

/* The next save that replaces a file removes temporary files that nobody writes, and no others. */
static void test_strays(void **state)
{
    gan_context *context = test_context(), *other = test_context();

    (void)state;
    test_file_write(test_path(".libgan-0000123400005678.tmp"), "left", 4);
    test_file_write(test_path(".libgan-00001234000056ff.tmp"), "used", 4);
    test_file_write(test_path(".libgan-notes.tmp"), "mine", 4);
    test_file_write(test_path(".libgan-0000123400005678.tmp.bak"), "mine", 4);
    const int used = open(test_path(".libgan-00001234000056ff.tmp"), O_RDONLY);
    assert_int_equal(flock(used, LOCK_EX), 0);
    test_status(save(context, test_path("file"), 'w'), GAN_OK, "");
    assert_int_equal(test_folder_count(), 5);
    test_status(save(context, test_path("file"), 'x'), GAN_OK, "");
    assert_false(test_file_exists(test_path(".libgan-0000123400005678.tmp")));
    assert_true(test_file_exists(test_path(".libgan-00001234000056ff.tmp")));
    assert_int_equal(test_folder_count(), 4);
    close(used);
    test_status(save(other, test_path("file"), 'y'), GAN_OK, "");
    assert_int_equal(test_folder_count(), 3);
    gan_context_destroy(context);
    gan_context_destroy(other);
}

/* ---- Event files --------------------------------------------------------------------------------------------- */

/* Why a folder cannot be made, not that it is not there afterwards. */
static void test_folder_of_events(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = NULL;

    (void)state;
    for (int k = 0; k < 2; k++) {
        memset(made, 0, sizeof(made));
        failing[MAKE_FOLDER].at = 1;
        failing[MAKE_FOLDER].all = true;
        failing[MAKE_FOLDER].error = k == 0 ? EROFS : EDQUOT;
        counting = true;
        const gan_status status = gan_summary_writer_create(context, test_path("runs"), NULL, &writer);
        counting = false;
        test_status(status, k == 0 ? GAN_ERROR_PERMISSION : GAN_ERROR_NO_SPACE,
                    k == 0 ? "': Read-only file system" : "': Disk quota exceeded");
        assert_null(writer);
    }
    gan_context_destroy(context);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failing_calls),     TEST(test_unsupported_sync), TEST(test_nothing_written),
        TEST(test_mount_point),       TEST(test_descriptor),       TEST(test_pipe),
        TEST(test_broken_pipe),       TEST(test_devices),          TEST(test_strays),
        TEST(test_unreadable_folder), TEST(test_folder_of_events), TEST(test_refused_links),
        TEST(test_closed_streams),    TEST(test_limited_size),     TEST(test_owner),
        TEST(test_foreign_group),     TEST(test_closed_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
