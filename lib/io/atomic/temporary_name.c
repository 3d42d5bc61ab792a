/* The names that temporary files have, by which those that killed processes have left are known. */
#include "io/atomic/atomic.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { digits = 16 };

#define NAME_START ".libgan-"
#define NAME_END   ".tmp"

void gan_temporary_make_name(char name[GAN_TEMPORARY_NAME], unsigned attempt)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    const unsigned long long number =
        (((unsigned long long)gan_process_id() << 32) ^ (unsigned long long)now.tv_nsec) + attempt;
    snprintf(name, GAN_TEMPORARY_NAME, NAME_START "%0*llx" NAME_END, digits, number);
}

bool gan_is_temporary_name(const char *name)
{
    const size_t start = strlen(NAME_START);

    return strncmp(name, NAME_START, start) == 0 && strspn(name + start, "0123456789abcdef") == digits &&
           strcmp(name + start + digits, NAME_END) == 0;
}
