#include "contestant.h"
#include "floor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pipe whose end `own` no other child inherits, since that would keep it open. */
static bool open_pipe(int ends[2], int own)
{
    return pipe(ends) == 0 && fcntl(ends[own], F_SETFD, FD_CLOEXEC) == 0;
}

static bool start_process(contestant *c, char *const arguments[])
{
    int to[2], from[2];
    if (!open_pipe(to, 1) || !open_pipe(from, 0)) return false;
    c->process = fork();
    if (c->process == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[0]);
        close(from[1]);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    c->requests = to[1];
    c->answers = fdopen(from[0], "r");
    return c->process > 0 && c->answers;
}

bool contestant_start(contestant *c, char *const arguments[])
{
    char line[256] = "";
    *c = (contestant){0};
    const double begin = bench_now();
    if (!start_process(c, arguments)) {
        snprintf(c->reason, sizeof(c->reason), "no process could be started");
        return false;
    }
    bool answered = fgets(line, sizeof(line), c->answers) != NULL;
    c->start = bench_now() - begin;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "ready %31s %63s", c->name, c->version) == 2) return true;
    if (!answered) {
        snprintf(c->reason, sizeof(c->reason), "it ended without an answer");
    } else if (sscanf(line, "missing %31s %159[^\n]", c->name, c->reason) != 2) {
        snprintf(c->reason, sizeof(c->reason), "it answers '%.100s'", line);
    }
    contestant_stop(c);
    return false;
}

bool contestant_run(contestant *c, int repetitions, double *seconds)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "%d\n", repetitions);
    return write(c->requests, line, (size_t)length) == length && fgets(line, sizeof(line), c->answers) &&
           sscanf(line, "%lf", seconds) == 1;
}

double contestant_peak_mib(const contestant *c)
{
    char line[128];
    double kib = 0;
    snprintf(line, sizeof(line), "/proc/%ld/status", (long)c->process);
    FILE *file = fopen(line, "r");
    if (!file) return 0;
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %lf", &kib) == 1) break;
    fclose(file);
    return kib / 1024;
}

void contestant_stop(contestant *c)
{
    close(c->requests);
    fclose(c->answers);
    waitpid(c->process, NULL, 0);
}
