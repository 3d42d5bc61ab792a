#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(const char *usage, const option *options, int count)
{
    printf("%s\n\nOptions:\n", usage);
    for (int i = 0; i < count; i++) {
        char left[40];
        snprintf(left, sizeof(left), "%s %s", options[i].name, options[i].argument ? options[i].argument : "");
        printf("  %-28s %s\n", left, options[i].help);
    }
    printf("  %-28s %s\n", "--help", "this text");
}

static void refuse(const char *name, const char *text, const char *why)
{
    fprintf(stderr, "%s%s%s: %s (--help lists the options)\n", name, *text ? " " : "", text, why);
    exit(2);
}

void refuse_seed(uint64_t seed)
{
    fprintf(stderr, "--seed: the training to resume has seed %llu, which cannot be changed\n",
            (unsigned long long)seed);
    exit(2);
}

static void read_value(const option *o, const char *text)
{
    char *end = NULL;
    char range[96];
    snprintf(range, sizeof(range), "expected a number from %g to %g", o->least, o->most);
    errno = 0;
    if (o->kind == OPTION_TEXT) {
        *(const char **)o->value = text;
    } else if (o->kind == OPTION_INTEGER) {
        long long number = strtoll(text, &end, 10);
        if (errno || end == text || *end || (double)number < o->least || (double)number > o->most)
            refuse(o->name, text, range);
        *(int64_t *)o->value = number;
    } else {
        double number = strtod(text, &end);
        if (errno || end == text || *end || !(number >= o->least && number <= o->most)) refuse(o->name, text, range);
        *(double *)o->value = number;
    }
}

void read_options(int argc, char **argv, int first, const char *usage, const option *options, int count)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(usage, options, count);
            exit(0);
        }
    }
    for (int i = first; i < argc; i++) {
        const option *found = NULL;
        for (int j = 0; j < count; j++)
            if (strcmp(argv[i], options[j].name) == 0) found = &options[j];
        if (!found) refuse(argv[i], "", "no such option");
        if (found->kind == OPTION_FLAG) {
            *(bool *)found->value = true;
        } else if (i + 1 < argc) {
            read_value(found, argv[++i]);
        } else {
            refuse(found->name, "", "a value is missing");
        }
    }
}
