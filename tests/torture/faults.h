/* A system that fails on demand: each allocation of the program and of all libraries that it uses, and each call with
 * which the library reads and writes files. Points, the calls that could fail, are counted from 1. */
#ifndef GAN_TESTS_TORTURE_FAULTS_H
#define GAN_TESTS_TORTURE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fault_kind { FAULT_NONE, FAULT_MEMORY, FAULT_FILES } fault_kind;

/* Errors beside those of errno: a read or write moves half of what it could, or nothing, and other calls succeed; or
 * the process is killed. */
enum { FAULT_SHORT = -1, FAULT_NOTHING = -2, FAULT_KILL = -3 };

typedef struct fault {
    fault_kind kind;
    int64_t at; /* the point that fails; 0: none */
    bool all;   /* and those after it */
    int error;  /* of files: the number for errno, or one of the above */
} fault;

/* From fault_begin() to fault_end(), in all threads. fault_end() returns the number of points that were passed. */
void fault_begin(fault wanted);
int64_t fault_end(void);
/* In between nothing fails or counts. */
void fault_pause(void);
void fault_resume(void);
/* Whether a point has failed since fault_begin(). */
bool fault_fired(void);
/* Blocks held from malloc() and its relatives by the program and all libraries. */
int64_t fault_blocks(void);

/* For the replaced calls: counts a point, and says whether it fails. */
bool fault_hits(fault_kind kind);
/* The same for a read or write of `size` bytes: how many to move, or -1 to fail. */
int64_t fault_transfer(int64_t size);

#endif
