/* A record of how a Boltzmann machine learns, as CSV. */
#ifndef EXAMPLES_ENERGIES_H
#define EXAMPLES_ENERGIES_H

#include <stdint.h>

typedef struct measurement {
    int64_t step;
    double reconstruction, training_energy, test_energy;
} measurement;

typedef struct energies {
    measurement *rows; /* to be released with free() */
    int64_t count;
} energies;

void energies_add(energies *list, measurement row);

/* Adds the rows of a file up to a step: a program that was killed may have written more. Nothing if there is none. */
void energies_read(energies *list, const char *path, int64_t last);
void energies_write(const energies *list, const char *path);

#endif
