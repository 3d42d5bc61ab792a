/* A program that several processes run together, by mpirun: option --mpi. */
#ifndef EXAMPLES_PROCESSES_H
#define EXAMPLES_PROCESSES_H

#include <libgan.h>

typedef struct process_options {
    bool mpi;
    double timeout; /* seconds */
    int64_t shards; /* 0: one for each process */
} process_options;

/* The options that fill process_options, for a program's list of options. */
#define PROCESS_OPTIONS(p)                                                                                         \
    {                                                                                                              \
        "--mpi",                                                                                                   \
        OPTION_FLAG,                                                                                               \
        &(p).mpi,                                                                                                  \
        0,                                                                                                         \
        0,                                                                                                         \
        NULL,                                                                                                      \
        "under mpirun: train in all processes, --batch being theirs in all"},                                      \
        {"--timeout",                                                                                              \
         OPTION_NUMBER,                                                                                            \
         &(p).timeout,                                                                                             \
         1e-3,                                                                                                     \
         1e6,                                                                                                      \
         "S",                                                                                                      \
         "with --mpi: seconds to wait for another process (default 60)"},                                          \
    {                                                                                                              \
        "--shards", OPTION_INTEGER, &(p).shards, 1, 65536, "N",                                                    \
            "parts of a batch: the same N gives the same bits with any number of processes (default: that number)" \
    }

/* Joins the other processes, with --mpi. Exits with status 2 if the program was built without libgan-mpi, and 1 with
 * a sentence if they do not answer, or the mpirun that started them is not that of the program's MPI. */
void join_processes(const process_options *options);
/* NULL: there are no others. */
const gan_collective *joined_processes(void);
/* Whether this is the one that writes and shows. */
bool is_first_process(void);
/* At the program's end; returns its exit status. If one of them has failed, it ends them all. */
int leave_processes(int result);

#endif
