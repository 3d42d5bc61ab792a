/* The values of arrays in files, and their bytes. */
#include "io/arrays/arrays.h"

#include <string.h>

static const gan_float_format formats[] = {[GAN_SAFETENSORS_F32] = GAN_FLOAT_SINGLE,
                                           [GAN_SAFETENSORS_F64] = {11, 52},
                                           [GAN_SAFETENSORS_F16] = GAN_FLOAT_HALF,
                                           [GAN_SAFETENSORS_BF16] = {8, 7}};

size_t gan_safetensors_bytes(gan_safetensors_type type)
{
    return (size_t)(1 + formats[type].exponent + formats[type].mantissa) / 8;
}

int64_t gan_floats_from_bytes(gan_safetensors_type type, const unsigned char *bytes, int64_t count, float *out)
{
    int64_t beyond = -1;
    const int size = (int)gan_safetensors_bytes(type);

    for (int64_t i = 0; i < count; i++, bytes += size) {
        uint64_t bits = 0;
        for (int b = 0; b < size; b++) bits |= (uint64_t)bytes[b] << (8 * b);
        const uint32_t converted = type == GAN_SAFETENSORS_F64
                                       ? (uint32_t)gan_float_narrow(bits, formats[type], formats[GAN_SAFETENSORS_F32])
                                       : gan_float_widen((uint32_t)bits, formats[type]);
        memcpy(&out[i], &converted, sizeof(converted));
        const bool was_finite = (bits >> formats[type].mantissa & gan_float_largest_exponent(formats[type])) <
                                gan_float_largest_exponent(formats[type]);
        if (beyond < 0 && was_finite && (converted >> 23 & 255) == 255) beyond = i;
    }
    return beyond;
}

int64_t gan_floats_to_bytes(gan_safetensors_type type, float *values, int64_t count)
{
    const gan_float_format from = formats[GAN_SAFETENSORS_F32], to = formats[type];
    const uint64_t infinity = gan_float_largest_exponent(to) << to.mantissa, magnitude = (UINT64_C(1) << 31) - 1;
    const int size = (int)gan_safetensors_bytes(type);
    unsigned char *bytes = (unsigned char *)values; /* a value's bytes end at or before those of its float */

    for (int64_t i = 0; i < count; i++, bytes += size) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof(bits));
        const uint64_t converted = gan_float_narrow(bits, from, to);
        const bool is_finite = (bits & magnitude) < gan_float_largest_exponent(from) << from.mantissa;
        if (is_finite && (converted & (infinity | (infinity - 1))) == infinity) return i;
        for (int b = 0; b < size; b++) bytes[b] = (unsigned char)(converted >> (8 * b));
    }
    return -1;
}
