/* Parts of paths, which Windows separates by either slash. */
#ifndef EXAMPLES_PATHS_H
#define EXAMPLES_PATHS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool is_separator(char character)
{
#ifdef _WIN32
    if (character == '\\') return true;
#endif
    return character == '/';
}

/* NULL if there is none. */
static inline const char *last_separator(const char *path)
{
    const char *last = NULL;
    for (; *path; path++) {
        if (is_separator(*path)) last = path;
    }
    return last;
}

#endif
