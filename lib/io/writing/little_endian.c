/* The byte order of files, whatever the machine's. Where they agree, compilers reduce this to nothing. */
#include "io/writing/writing.h"

#include <string.h>

void gan_floats_to_little_endian(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        unsigned char bytes[4];
        for (int b = 0; b < 4; b++) bytes[b] = (unsigned char)(bits >> (8 * b));
        memcpy(&values[i], bytes, 4);
    }
}

void gan_floats_from_little_endian(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        unsigned char bytes[4];
        memcpy(bytes, &values[i], 4);
        uint32_t bits = 0;
        for (int b = 0; b < 4; b++) bits |= (uint32_t)bytes[b] << (8 * b);
        memcpy(&values[i], &bits, 4);
    }
}

void gan_doubles_to_little_endian(double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], 8);
        unsigned char bytes[8];
        for (int b = 0; b < 8; b++) bytes[b] = (unsigned char)(bits >> (8 * b));
        memcpy(&values[i], bytes, 8);
    }
}

void gan_doubles_from_little_endian(double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        unsigned char bytes[8];
        memcpy(bytes, &values[i], 8);
        uint64_t bits = 0;
        for (int b = 0; b < 8; b++) bits |= (uint64_t)bytes[b] << (8 * b);
        memcpy(&values[i], &bits, 8);
    }
}
