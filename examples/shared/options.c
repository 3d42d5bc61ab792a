#include "options.h"

#include "paths.h"
#include "streams.h"

#include <libgan.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As it was called: packages install programs under other names. */
static const char *name_of(const char *path)
{
    const char *slash = last_separator(path);

    return slash ? slash + 1 : path;
}

/* `usage` begins with the program's name. */
static void print_help(const char *program, const char *usage, const option *options, int count)
{
    printf("%s%s\n\nOptions:\n", name_of(program), usage + strcspn(usage, ": "));
    for (int i = 0; i < count; i++) {
        char left[40];
        snprintf(left, sizeof(left), "%s %s", options[i].name, options[i].argument ? options[i].argument : "");
        printf("  %-28s %s\n", left, options[i].help);
    }
    printf("  %-28s %s\n", "--help", "this text; of an option that is given twice, the last value counts");
    printf("  %-28s %s\n", "--version", "the version of libgan");
}

_Noreturn static void refuse(const char *name, const char *text, const char *why)
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

/* Digits, with a sign and a decimal point: strtod() also takes blanks before it, hexadecimal numbers and words. */
static bool is_decimal(const char *text)
{
    return *text && strspn(text, "+-0123456789.eE") == strlen(text);
}

static void read_value(const option *o, const char *text)
{
    char *end = NULL;
    char range[96];
    errno = 0;
    if (o->kind == OPTION_TEXT) {
        if (!*text) refuse(o->name, "", "it is empty");
        *(const char **)o->value = text;
    } else if (o->kind == OPTION_INTEGER) {
        snprintf(range, sizeof(range), "expected a whole number from %.0f to %.0f", o->least, o->most);
        long long number = strtoll(text, &end, 10);
        if (errno || !is_decimal(text) || *end || (double)number < o->least || (double)number > o->most)
            refuse(o->name, text, range);
        *(int64_t *)o->value = number;
    } else {
        snprintf(range, sizeof(range), "expected a number from %g to %g", o->least, o->most);
        double number = strtod(text, &end);
        if (errno || !is_decimal(text) || *end || !(number >= o->least && number <= o->most))
            refuse(o->name, text, range);
        *(double *)o->value = number;
    }
}

/* Those of the command line, in its order. */
static struct {
    const char *name, *value, *help;
} * given;
static int given_count;
static char **arguments;
static int argument_count;
static const char **known; /* all that the program has */
static int known_count;

bool option_given(const char *name)
{
    for (int i = 0; i < given_count; i++)
        if (strcmp(given[i].name, name) == 0) return true;
    return false;
}

bool option_known(const char *name)
{
    for (int i = 0; i < known_count; i++)
        if (strcmp(known[i], name) == 0) return true;
    return false;
}

const char *program_name(void)
{
    return argument_count > 0 ? name_of(arguments[0]) : "";
}

const char *command_argument(int index)
{
    return index < argument_count ? arguments[index] : NULL;
}

bool given_option(int index, const char **name, const char **value, const char **help)
{
    if (index >= given_count) return false;
    *name = given[index].name;
    *value = given[index].value;
    *help = given[index].help;
    return true;
}

static bool is_among(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

void say_resumed(int64_t step)
{
    static const char *const others[] = {"--data",    "--words", "--lines",         "--epochs",      "--minutes",
                                         "--output",  "--quiet", "--restart-epoch", "--resume",      "--seed",
                                         "--show",    "--sixel", "--steps",         "--tensorboard", "--test",
                                         "--threads", NULL};
    bool first = true;
    fprintf(stderr, "resumed after step %lld", (long long)step);
    for (int i = 0; i < given_count; i++) {
        if (is_among(given[i].name, others)) continue;
        fprintf(stderr, "%s %s%s%s", first ? ", from here on with" : "", given[i].name, given[i].value ? " " : "",
                given[i].value ? given[i].value : "");
        first = false;
    }
    fputs("\n", stderr);
}

_Noreturn static void refuse_without_effect(const char *name, const char *why)
{
    fprintf(stderr, "%s: it has no effect %s (--help lists the options)\n", name, why);
    exit(2);
}

void refuse_options(const char *why, const char *const *names)
{
    for (int i = 0; i < given_count; i++)
        if (is_among(given[i].name, names)) refuse_without_effect(given[i].name, why);
}

void refuse_options_but(const char *why, const char *const *names)
{
    for (int i = 0; i < given_count; i++)
        if (!is_among(given[i].name, names)) refuse_without_effect(given[i].name, why);
}

static bool begins_with(const char *help, const char *words)
{
    const size_t length = strlen(words);
    return strncmp(help, words, length) == 0 && help[length] == ':';
}

void refuse_options_of(const char *mode, const char *why)
{
    for (int i = 0; i < given_count; i++)
        if (begins_with(given[i].help, mode)) refuse_without_effect(given[i].name, why);
}

/* What is given, but only has an effect with what is not. */
static void check_needs(const option *options, int count)
{
    for (int i = 0; i < count; i++) {
        char with[64], without[64];
        if (option_given(options[i].name)) continue;
        snprintf(with, sizeof(with), "with %s", options[i].name);
        snprintf(without, sizeof(without), "without %s", options[i].name);
        refuse_options_of(with, without);
    }
}

static void *grow(void *array, int count, size_t size)
{
    void *larger = realloc(array, (size_t)(count + 1) * size);
    if (larger) return larger;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

static void remember(const option *o, const char *value)
{
    given = grow(given, given_count, sizeof(*given));
    given[given_count].name = o->name;
    given[given_count].value = value;
    given[given_count++].help = o->help;
}

static void remember_all(int argc, char **argv, const option *options, int count)
{
    arguments = argv;
    argument_count = argc;
    for (int i = 0; i < count; i++) {
        known = grow(known, known_count, sizeof(*known));
        known[known_count++] = options[i].name;
    }
}

/* The option that an argument names, up to its end or a '='. */
static const option *find_option(const char *argument, const option *options, int count)
{
    const size_t length = strcspn(argument, "=");
    for (int i = 0; i < count; i++)
        if (strlen(options[i].name) == length && strncmp(argument, options[i].name, length) == 0) return &options[i];
    refuse(argument, "", "no such option");
}

void read_options(int argc, char **argv, int first, const char *usage, const option *options, int count)
{
    prepare_streams();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(argv[0], usage, options, count);
            exit(0);
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("%s (libgan) %s\n", name_of(argv[0]), gan_version_text());
            exit(0);
        }
    }
    remember_all(argc, argv, options, count);
    for (int i = first; i < argc; i++) {
        const option *found = find_option(argv[i], options, count);
        const char *value = strchr(argv[i], '=');
        if (found->kind == OPTION_FLAG) {
            if (value) refuse(found->name, "", "it takes no value");
            *(bool *)found->value = true;
            remember(found, NULL);
        } else if (value || i + 1 < argc) {
            value = value ? value + 1 : argv[++i];
            read_value(found, value);
            remember(found, value);
        } else {
            refuse(found->name, "", "a value is missing");
        }
    }
    check_needs(options, count);
}
