/* What the programs use of POSIX and MinGW lacks, or has in another way; for Windows, meson.build includes it before
 * all else. Names of files and arguments are UTF-8, for which the manifest asks (Windows 10, 1903, or newer). */
#ifndef EXAMPLES_POSIX_H
#define EXAMPLES_POSIX_H

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* A file by its number, which Microsoft's stat() leaves 0. */
struct posix_stat {
    unsigned st_dev;
    unsigned long long st_ino;
    unsigned short st_mode;
};
int posix_stat(const char *path, struct posix_stat *out);
int posix_fstat(int descriptor, struct posix_stat *out);
#undef stat
#undef fstat
#define stat  posix_stat
#define fstat posix_fstat
#define ino_t unsigned long long

/* Replaces a file that is there. */
int posix_rename(const char *from, const char *to);
#define rename posix_rename

#define mkdir(path, mode) _mkdir(path)

/* With '/' between its parts; only resolved == NULL. */
char *posix_realpath(const char *path, char *resolved);
#define realpath posix_realpath

/* Nothing is a terminal unless it is opened by its name, and nothing waits for somebody to open the other end. */
#define O_NONBLOCK 0
#define O_NOCTTY   0
#define O_CLOEXEC  (_O_NOINHERIT | _O_BINARY)
#define F_GETFL    3
#define F_SETFL    4
int posix_fcntl(int descriptor, int command, ...);
#define fcntl posix_fcntl

ssize_t posix_getline(char **line, size_t *capacity, FILE *file);
#define getline posix_getline

/* ---- Signals --------------------------------------------------------------------------------------------------- */

/* Of Ctrl-C and termination, whose handlers go once they were called: other flags there are none. */
struct posix_sigaction {
    void (*sa_handler)(int number);
    int sa_flags;
};
#define SA_RESETHAND 1
#define SA_RESTART   0
int posix_sigaction(int number, const struct posix_sigaction *action, struct posix_sigaction *before);
#define sigaction posix_sigaction

#endif
