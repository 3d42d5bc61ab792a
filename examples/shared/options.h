/* Reading command lines: --name VALUE, strictly. */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_INTEGER, OPTION_NUMBER } option_kind;

typedef struct option {
    const char *name; /* "--epochs" */
    option_kind kind;
    void *value;          /* bool, const char *, int64_t or double */
    double least, most;   /* of integers and numbers */
    const char *argument; /* "N", for the help text */
    const char *help;
} option;

/* Refuses, with status 2, a seed that was given for a training that goes on from another. */
void refuse_seed(uint64_t seed);

/* Reads the arguments from argv[first] on into the options' values. --help prints `usage` and the options and exits
 * with status 0; an error prints a sentence and exits with status 2. */
void read_options(int argc, char **argv, int first, const char *usage, const option *options, int count);

#endif
