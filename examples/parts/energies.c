#include "energies.h"

#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>

void energies_add(energies *list, measurement row)
{
    measurement *larger = realloc(list->rows, (size_t)(list->count + 1) * sizeof(*larger));
    if (!larger) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    list->rows = larger;
    list->rows[list->count++] = row;
}

void energies_read(energies *list, const char *path, int64_t last)
{
    char line[256];
    FILE *file = open_earlier(path);
    while (file && fgets(line, sizeof(line), file)) {
        char *at = line;
        measurement row = {.step = strtoll(at, &at, 10)};
        double *const values[] = {&row.reconstruction, &row.training_energy, &row.test_energy};
        for (int i = 0; i < 3; i++) *values[i] = *at == ',' ? strtod(at + 1, &at) : 0;
        if (row.step > 0 && row.step <= last) energies_add(list, row);
    }
    if (file) fclose(file);
}

void energies_write(const energies *list, const char *path)
{
    FILE *file = open_output(path);
    fprintf(file, "step,reconstruction,training_free_energy,test_free_energy\n");
    for (int64_t i = 0; i < list->count; i++) {
        const measurement *row = &list->rows[i];
        fprintf(file, "%lld,%.17g,%.17g,%.17g\n", (long long)row->step, row->reconstruction, row->training_energy,
                row->test_energy);
    }
    close_output(file, path);
}
