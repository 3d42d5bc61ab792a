/* Reading command lines: --name VALUE or --name=VALUE, strictly. */
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
    const char *help;     /* begins with "with --other: " if it has no effect, and is refused, without that option, or
                             with the name of a mode of the program and ": " if it has none in the others */
} option;

/* Refuses, with status 2, a seed that was given for a training that goes on from another. */
void refuse_seed(uint64_t seed);

/* Reads the arguments from argv[first] on into the options' values. --help prints `usage` and the options and exits
 * with status 0; an error prints a sentence and exits with status 2. A text is not empty; of an option
 * that is given twice, the last value counts. */
void read_options(int argc, char **argv, int first, const char *usage, const option *options, int count);

/* Whether the command line had an option, and whether the program has it. */
bool option_given(const char *name);
bool option_known(const char *name);

/* The program's name as it was called; its arguments, from its path at 0, NULL after the last; and the options of the
 * command line, from 0: false after the last. A flag's value is NULL. */
const char *program_name(void);
const char *command_argument(int index);
bool given_option(int index, const char **name, const char **value, const char **help);

/* Says after which step a training goes on, and which options of the command line may change it from there. */
void say_resumed(int64_t step);

/* Each refuses, with status 2 and its name, an option that was given but has no effect where `why` says, such as
 * "with
 * --apply": those of a mode, by their help; those that are in a list of names; those that are not. A list ends with
 * NULL. */
void refuse_options_of(const char *mode, const char *why);
void refuse_options(const char *why, const char *const *names);
void refuse_options_but(const char *why, const char *const *names);

#endif
