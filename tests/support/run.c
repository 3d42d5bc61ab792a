#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SKIPPED = 77 }; /* to Meson */

static size_t skipped_cases;
static bool program_is_skipped;

void __real__skip(const char *file, int line);
void __wrap__skip(const char *file, int line);

void __wrap__skip(const char *file, int line)
{
    skipped_cases++;
    __real__skip(file, line);
}

static void skip_for(const char *format, va_list arguments) __attribute__((noreturn));

static void skip_for(const char *format, va_list arguments)
{
    printf("SKIP: ");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    skip();
    abort(); /* skip() has left the case */
}

void test_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    skip_for(format, arguments);
}

void test_skip_program(const char *format, ...)
{
    va_list arguments;
    program_is_skipped = true;
    va_start(arguments, format);
    skip_for(format, arguments);
}

void test_needs_threads_after_fork(void)
{
    const char *emulator = getenv("GAN_TEST_EMULATOR");

#ifdef __SANITIZE_THREAD__
    test_skip("ThreadSanitizer allows no threads after fork()");
#endif
    if (emulator) test_skip("%s allows no threads after fork()", emulator);
}

/* Whether a name matches a pattern, in which * stands for any characters and ? for one. */
static bool matches(const char *pattern, const char *name)
{
    if (*pattern == '*') return matches(pattern + 1, name) || (*name && matches(pattern, name + 1));
    if (!*pattern || !*name) return *pattern == *name;
    return (*pattern == '?' || *pattern == *name) && matches(pattern + 1, name + 1);
}

int __real__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown);

int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown)
{
    const char *wanted = getenv("GAN_TEST_CASE");
    struct CMUnitTest *chosen = malloc(count * sizeof(*chosen));
    size_t chosen_count = 0;
    if (!chosen) return EXIT_FAILURE;
    for (size_t i = 0; i < count; i++) {
        if (!wanted || matches(wanted, tests[i].name)) chosen[chosen_count++] = tests[i];
    }
    if (chosen_count == 0) {
        printf("SKIP: no case is called '%s'\n", wanted ? wanted : "");
        free(chosen);
        return SKIPPED;
    }
    const int failures = __real__cmocka_run_group_tests(name, chosen, chosen_count, setup, teardown);
    free(chosen);
    const bool skipped = program_is_skipped || skipped_cases == chosen_count;
    return failures == 0 && skipped ? SKIPPED : failures;
}
