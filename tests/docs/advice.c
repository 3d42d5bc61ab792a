/* The page about stability gives each diagnosis the library's own advice: each has a row with both. */
#include "libgan.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20, MOST_ROW = 4096 };

int main(int argc, char **argv)
{
    static char page[MOST_BYTES];
    char row[MOST_ROW];
    int missing = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: advice PAGE\n");
        return 2;
    }
    const size_t size = fread(page, 1, sizeof(page) - 1, file);
    fclose(file);
    page[size] = 0;
    for (int diagnosis = GAN_DIAGNOSIS_VANISHING_GRADIENT; diagnosis <= GAN_DIAGNOSIS_NOT_FINITE; diagnosis *= 2) {
        const char *name = gan_diagnosis_name((gan_diagnosis)diagnosis);
        snprintf(row, sizeof(row), "\n| **%s**,", name);
        const char *found = strstr(page, row), *end = found ? strchr(found + 1, '\n') : NULL;
        snprintf(row, sizeof(row), "| %s |\n", gan_diagnosis_advice((gan_diagnosis)diagnosis));
        const char *advice = found ? strstr(found, row) : NULL;
        if (end && advice && advice < end) continue;
        printf("no row '%s' that ends with: %s", name, row);
        missing++;
    }
    return missing > 0;
}
