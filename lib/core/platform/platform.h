/* What systems do each in their own way: platform_posix.c and platform_windows.c have the same functions, and are
 * empty on the other's systems. Names of files are bytes, on Windows UTF-8. Nothing here makes sentences: what fails
 * returns -1, or another value that is named, and sets errno. */
#ifndef GAN_CORE_PLATFORM_H
#define GAN_CORE_PLATFORM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A function whose arguments are those of printf(): the text is argument number `text`, from 1, and what it prints
 * begins at number `first`. */
#ifdef __MINGW32__ /* its own printf(), not Microsoft's */
#define GAN_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define GAN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

/* ---- Files ---------------------------------------------------------------------------------------------------- */

typedef enum gan_file_kind { GAN_FILE_REGULAR, GAN_FILE_FOLDER, GAN_FILE_OTHER } gan_file_kind;

typedef struct gan_file_facts {
    gan_file_kind kind;
    int64_t size; /* bytes of a regular file */
} gan_file_facts;

int gan_examine(const char *path, gan_file_facts *out);
int gan_examine_open(int descriptor, gan_file_facts *out);

/* Descriptors, which no program inherits that the host starts, and none of those of the standard streams; they are
 * closed with close(). */
int gan_open_to_read(const char *path);   /* never waits for a pipe's writer */
int gan_open_to_append(const char *path); /* a new file; each write goes to its end */
int gan_open_unnamed(const char *folder); /* a new file that is gone when it is closed */
/* POSIX: openat() with O_CLOEXEC, however often it is interrupted. */
int gan_open_at(int folder, const char *name, int flags, mode_t mode);
/* Windows: a path in UTF-16; what CreateFileW() opens, for others to read, write, rename and remove too; errno for an
 * error of the system, returning -1. */
#define GAN_WIDE_PATH 4096
int gan_wide_path(const char *path, wchar_t wide[GAN_WIDE_PATH]);
int gan_open_wide(const wchar_t *path, unsigned long access, unsigned long creation, unsigned long flags);
int gan_set_errno(unsigned long error);

/* Bytes at an offset, from any thread: returns how many there were, 0 at the end of the file. */
ssize_t gan_read_at(int descriptor, void *out, size_t size, int64_t offset);
/* Returns how many bytes were written. A pipe that nobody reads any more is an error, not a signal, and so is a file
 * beyond the limit of the process (RLIMIT_FSIZE). */
ssize_t gan_write_some(int descriptor, const void *data, size_t size);
int gan_truncate(int descriptor, int64_t size);
/* Removes the last `size` bytes, which were just written. */
int gan_shorten(int descriptor, size_t size);
/* Returns when the file would survive a power failure. */
int gan_sync(int descriptor);
int gan_remove_file(const char *path);

/* ---- Folders -------------------------------------------------------------------------------------------------- */

int gan_make_folder(const char *path);
/* Writes where the system keeps temporary files. */
void gan_temporary_folder(char *path, size_t size);
/* Whether a character of a path ends the name of a folder. */
bool gan_is_separator(char character);

/* The names in a folder, one after the other; "." and ".." may be among them. */
typedef struct gan_listing {
    void *folder;
    char name[1100]; /* Windows: of the entry */
} gan_listing;

int gan_listing_open(const char *folder, gan_listing *out);
/* Valid until the next call. NULL at the end, with errno 0, and after a failure. */
const char *gan_listing_next(gan_listing *listing);
void gan_listing_close(gan_listing *listing);

/* ---- Processes, threads, libraries ---------------------------------------------------------------------------- */

/* The system's text for an error number, written to `text`; false if it has none. */
bool gan_system_text(int error, char *text, size_t size);
/* The machine's name; empty if it has none. */
void gan_host_name(char *name, size_t size);
unsigned long gan_process_id(void);
/* CPUs that this process may use, as far as the system says; 0: it does not say. */
int64_t gan_usable_cpus(void);

/* Starts a thread that gets none of the host's signals and has the stack for any call. Returns 0 or the error number.
 */
int gan_thread_start(pthread_t *thread, void *(*start)(void *argument), void *argument);
/* From the first to the second, this thread is not cancelled (pthread_cancel()), where threads can be. */
int gan_cancel_enter(void);
void gan_cancel_leave(const int *before);
/* Until the end of its block, for functions that wait or use files, and have no scope in which they compute. */
#define GAN_UNCANCELLED_SCOPE() \
    const int gan_cancel_before __attribute__((cleanup(gan_cancel_leave), unused)) = gan_cancel_enter()
/* Handlers of fork(), where there is one; each may be NULL. Returns 0 or the error number. */
int gan_watch_forks(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* The address of a library's symbol, or NULL. A library that has it stays loaded. */
void *gan_library_symbol(const char *library, const char *symbol);

#endif
