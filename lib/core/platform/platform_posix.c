/* POSIX, and what Linux, macOS and the BSDs have beyond it. */
#define _GNU_SOURCE /* O_TMPFILE, RTLD_NODELETE, sched_getaffinity */
#include "core/platform/platform.h"
#include "libgan.h"

#ifndef _WIN32

#include <dirent.h>
#if defined(GAN_BLAS_LIBRARIES)
#include <dlfcn.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- Files ---------------------------------------------------------------------------------------------------- */

static gan_file_facts facts_of(const struct stat *status)
{
    return (gan_file_facts){S_ISREG(status->st_mode)   ? GAN_FILE_REGULAR
                            : S_ISDIR(status->st_mode) ? GAN_FILE_FOLDER
                                                       : GAN_FILE_OTHER,
                            (int64_t)status->st_size};
}

int gan_examine(const char *path, gan_file_facts *out)
{
    struct stat status;

    if (stat(path, &status) != 0) return -1;
    *out = facts_of(&status);
    return 0;
}

int gan_examine_open(int descriptor, gan_file_facts *out)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0) return -1;
    *out = facts_of(&status);
    return 0;
}

/* In a host that has closed its standard error, a file would get its number, and what the host then reports would be
 * written into the file. */
static int above_standard(int descriptor)
{
    if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
    const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    close(descriptor);
    errno = error;
    return moved;
}

int gan_open_at(int folder, const char *name, int flags, mode_t mode)
{
    int descriptor;

    do {
        descriptor = openat(folder, name, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return above_standard(descriptor);
}

/* Without O_NONBLOCK, opening a pipe would wait for its writer. */
int gan_open_to_read(const char *path)
{
    return gan_open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
}

int gan_open_to_append(const char *path)
{
    return gan_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0666);
}

/* Where the system has no files without a name, a killed process could leave it with one. */
int gan_open_unnamed(const char *folder)
{
    char path[4096];
    int descriptor = -1;

#ifdef O_TMPFILE
    descriptor = gan_open_at(AT_FDCWD, folder, O_TMPFILE | O_RDWR, 0600);
    if (descriptor >= 0) return descriptor;
#endif
    const int length = snprintf(path, sizeof(path), "%s/libgan-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    do {
        descriptor = mkstemp(path);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return -1;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    unlink(path);
    return above_standard(descriptor);
}

ssize_t gan_read_at(int descriptor, void *out, size_t size, int64_t offset)
{
    return pread(descriptor, out, size, (off_t)offset);
}

/* Takes back the signal that a write has sent to this thread, which blocks it. */
static void take_signal(int sent)
{
    sigset_t taken;

    sigemptyset(&taken);
    sigaddset(&taken, sent);
#if defined(_POSIX_REALTIME_SIGNALS) && _POSIX_REALTIME_SIGNALS > 0
    const struct timespec at_once = {0};

    while (sigtimedwait(&taken, NULL, &at_once) < 0 && errno == EINTR) {
    }
#else /* macOS and OpenBSD have no wait that ends by itself */
    sigset_t pending;
    int signal;

    if (sigpending(&pending) == 0 && sigismember(&pending, sent)) sigwait(&taken, &signal);
#endif
}

/* The signal that comes with an error of write(), or 0. Each ends the process unless the host handles it. */
static int signal_of(int error)
{
    return error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
}

ssize_t gan_write_some(int descriptor, const void *data, size_t size)
{
    sigset_t blocked, before, pending;

#ifdef F_SETNOSIGPIPE /* macOS sends the signal to any thread of the process */
    fcntl(descriptor, F_SETNOSIGPIPE, 1);
#endif
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    sigaddset(&blocked, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    sigpending(&pending);
    const ssize_t written = write(descriptor, data, size);
    const int error = errno;
    const int sent = written < 0 ? signal_of(error) : 0;
    if (sent && !sigismember(&pending, sent)) take_signal(sent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

int gan_truncate(int descriptor, int64_t size)
{
    return ftruncate(descriptor, (off_t)size);
}

int gan_shorten(int descriptor, size_t size)
{
    const off_t end = lseek(descriptor, 0, SEEK_CUR);

    if (end < (off_t)size) return -1;
    return ftruncate(descriptor, end - (off_t)size);
}

int gan_sync(int descriptor)
{
    int result;

#ifdef F_FULLFSYNC /* on macOS, fsync() leaves data in the drive's cache; not all file systems have more */
    if (fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
#endif
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

int gan_remove_file(const char *path)
{
    return unlink(path);
}

/* ---- Folders -------------------------------------------------------------------------------------------------- */

int gan_make_folder(const char *path)
{
    return mkdir(path, 0777);
}

void gan_temporary_folder(char *path, size_t size)
{
    snprintf(path, size, "%s", P_tmpdir);
}

bool gan_is_separator(char character)
{
    return character == '/';
}

int gan_listing_open(const char *folder, gan_listing *out)
{
    out->folder = opendir(folder);
    return out->folder ? 0 : -1;
}

const char *gan_listing_next(gan_listing *listing)
{
    errno = 0;
    const struct dirent *entry = readdir(listing->folder);
    return entry ? entry->d_name : NULL;
}

void gan_listing_close(gan_listing *listing)
{
    closedir(listing->folder);
}

/* ---- Processes, threads, libraries ---------------------------------------------------------------------------- */

/* strerror_r() writes the text and returns 0, by POSIX, or returns a text, by GNU, as the headers were asked for. */
static bool posix_text(int result, char *text, size_t size)
{
    (void)text;
    (void)size;
    return result == 0;
}

static bool gnu_text(const char *result, char *text, size_t size)
{
    if (result != text) snprintf(text, size, "%s", result);
    return true;
}

bool gan_system_text(int error, char *text, size_t size)
{
    return _Generic(strerror_r(error, text, size), int
                    : posix_text, default
                    : gnu_text)(strerror_r(error, text, size), text, size);
}

void gan_host_name(char *name, size_t size)
{
    if (gethostname(name, size) != 0) name[0] = 0;
    name[size - 1] = 0;
}

unsigned long gan_process_id(void)
{
    return (unsigned long)getpid();
}

int64_t gan_usable_cpus(void)
{
#ifdef __linux__
    /* A container or taskset may leave fewer CPUs than are online. A cpu_set_t has room for 1,024, and the system
     * refuses one that is too small for the machine. */
    cpu_set_t usable[64];
    if (sched_getaffinity(0, sizeof(usable), usable) == 0) return CPU_COUNT_S(sizeof(usable), usable);
#endif
    return sysconf(_SC_NPROCESSORS_ONLN);
}

/* The host's signal handlers run in the host's threads. Faults stay deliverable: they belong to the thread that
 * causes them, and a host may report them. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

/* What a whole call needs, and then as much again for what the C library takes of it, such as the host's thread-local
 * variables. By default a thread has 128 KB in musl, and in glibc what the limit of the main thread's stack is. */
#define LEAST_STACK ((size_t)4 * GAN_TASK_STACK)

/* More stack is the system's choice or the host's, and kept. */
static void choose_stack(pthread_attr_t *attributes)
{
    size_t size = 0;

    if (pthread_attr_getstacksize(attributes, &size) != 0 || size < LEAST_STACK)
        pthread_attr_setstacksize(attributes, LEAST_STACK);
}

int gan_thread_start(pthread_t *thread, void *(*start)(void *argument), void *argument)
{
    pthread_attr_t attributes;
    sigset_t signals;
    int error = pthread_attr_init(&attributes);

    if (error) return error;
    choose_stack(&attributes);
    block_signals(&signals);
    error = pthread_create(thread, &attributes, start, argument);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

int gan_cancel_enter(void)
{
    int before = 0;

#ifndef __ANDROID__ /* which cancels no threads */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
#endif
    return before;
}

void gan_cancel_leave(const int *before)
{
#ifdef __ANDROID__
    (void)before;
#else
    pthread_setcancelstate(*before, NULL);
#endif
}

int gan_watch_forks(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child);
}

#ifdef GAN_BLAS_LIBRARIES /* else nothing is loaded, and some systems need a library to load others */

#ifndef RTLD_NODELETE /* it is not closed, then */
#define RTLD_NODELETE 0
#endif

void *gan_library_symbol(const char *library, const char *symbol)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!handle) return NULL;
    void *found = dlsym(handle, symbol);
    if (RTLD_NODELETE || !found) dlclose(handle);
    return found;
}

#endif
#endif
