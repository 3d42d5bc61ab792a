/* A process that runs a case when it is asked to, libgan's own or a rival's. What both sides say is in
 * rivals/rival.py. */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct contestant {
    char name[32], version[64];
    char reason[160]; /* why it did not start */
    pid_t process;
    int requests;
    FILE *answers;
    double start; /* seconds from its start until it was ready */
} contestant;

/* Starts a program and waits until it is ready. False, with the reason, when it is missing or does not answer; then
 * it has ended. */
bool contestant_start(contestant *c, char *const arguments[]);
/* Seconds that so many repetitions take; false when it answers no more. */
bool contestant_run(contestant *c, int repetitions, double *seconds);
/* The most memory that it has held so far; 0 where the system does not tell. */
double contestant_peak_mib(const contestant *c);
void contestant_stop(contestant *c);

#endif
