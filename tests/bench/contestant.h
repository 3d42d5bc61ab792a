/* A process that runs a case on request, libgan's own or a rival's. rivals/rival.py documents the protocol. */
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

/* Starts a program and waits until it is ready. False, with the reason, if it is missing or does not answer; it has
 * ended then. */
bool contestant_start(contestant *c, char *const arguments[]);
/* The seconds that these repetitions take; false if it no longer answers. */
bool contestant_run(contestant *c, int repetitions, double *seconds);
/* The most memory that it has held so far; 0 if the system does not tell. */
double contestant_peak_mib(const contestant *c);
void contestant_stop(contestant *c);

#endif
