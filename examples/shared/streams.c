#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef _WIN32 /* where files get none of these numbers */
static void replace_closed(void)
{
}
#else
static void replace_closed(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0) (void)!open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}
#endif

/* The last function to be called at the end, since it is the first that was asked for. */
static void finish_output(void)
{
    errno = 0;
    const int failed = ferror(stdout);
    if (fclose(stdout) == 0 && !failed) return;
    fprintf(stderr, "standard output cannot be written%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
    _exit(1);
}

void prepare_streams(void)
{
    replace_closed();
    if (atexit(finish_output) == 0) return;
    fprintf(stderr, "out of memory\n");
    exit(1);
}
