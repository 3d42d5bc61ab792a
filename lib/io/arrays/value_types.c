/* Floats in other formats of IEEE 754's kind: a sign, an exponent, a mantissa. Bits are converted as integers, so
 * that nothing depends on the floating-point environment, which treats denormal numbers as 0. */
#include "io/arrays/arrays.h"

#include <string.h>

typedef struct format {
    int exponent, mantissa; /* bits */
} format;

static const format formats[] = {[GAN_SAFETENSORS_F32] = {8, 23},
                                 [GAN_SAFETENSORS_F64] = {11, 52},
                                 [GAN_SAFETENSORS_F16] = {5, 10},
                                 [GAN_SAFETENSORS_BF16] = {8, 7}};

size_t gan_safetensors_bytes(gan_safetensors_type type)
{
    return (size_t)(1 + formats[type].exponent + formats[type].mantissa) / 8;
}

static uint64_t largest_exponent(format of)
{
    return (UINT64_C(1) << of.exponent) - 1;
}

/* To a format with no more bits in exponent and mantissa: to nearest, ties to even; what is too large is infinite. */
static uint64_t narrow(uint64_t bits, format from, format to)
{
    const uint64_t sign = bits >> (from.exponent + from.mantissa) << (to.exponent + to.mantissa);
    const uint64_t exponent = bits >> from.mantissa & largest_exponent(from);
    const uint64_t mantissa = bits & ((UINT64_C(1) << from.mantissa) - 1);
    const uint64_t infinity = largest_exponent(to) << to.mantissa;
    const int less = from.mantissa - to.mantissa; /* bits of mantissa */

    if (exponent == largest_exponent(from)) {
        const uint64_t quiet = mantissa ? UINT64_C(1) << (to.mantissa - 1) : 0;
        return sign | infinity | mantissa >> less | quiet;
    }
    /* A denormal number has the least exponent, and no leading 1. */
    int64_t power = (int64_t)(exponent > 0 ? exponent : 1) - (1 << (from.exponent - 1)) + (1 << (to.exponent - 1));
    uint64_t value = mantissa | (uint64_t)(exponent > 0) << from.mantissa;
    int64_t shift = less;
    if (power < 1) {
        shift += 1 - power;
        power = 1;
    }
    if (shift > 63) return sign;
    if (shift > 0) {
        const uint64_t rest = value & ((UINT64_C(1) << shift) - 1), half = UINT64_C(1) << (shift - 1);
        value >>= shift;
        value += rest > half || (rest == half && (value & 1));
    }
    /* A carry out of the mantissa raises the exponent, which is what it should. */
    const uint64_t result = ((uint64_t)(power - 1) << to.mantissa) + value;
    return sign | (result < infinity ? result : infinity);
}

/* To a float, exactly, from a format with fewer bits. */
static uint32_t widen(uint32_t bits, format from)
{
    const format to = formats[GAN_SAFETENSORS_F32];
    const uint32_t sign = bits >> (from.exponent + from.mantissa) << (to.exponent + to.mantissa);
    uint32_t exponent = bits >> from.mantissa & (uint32_t)largest_exponent(from);
    uint32_t mantissa = bits & ((UINT32_C(1) << from.mantissa) - 1);
    const int more = to.mantissa - from.mantissa, offset = (1 << (to.exponent - 1)) - (1 << (from.exponent - 1));

    if (exponent == largest_exponent(from)) {
        exponent = (uint32_t)largest_exponent(to);
    } else if (exponent > 0) {
        exponent += (uint32_t)offset;
    } else if (mantissa > 0 && offset > 0) { /* denormal there, normal here */
        exponent = (uint32_t)offset + 1;
        for (; !(mantissa >> from.mantissa); mantissa <<= 1) exponent--;
        mantissa &= (UINT32_C(1) << from.mantissa) - 1;
    }
    return sign | exponent << to.mantissa | mantissa << more;
}

int64_t gan_floats_from_bytes(gan_safetensors_type type, const unsigned char *bytes, int64_t count, float *out)
{
    int64_t beyond = -1;
    const int size = (int)gan_safetensors_bytes(type);

    for (int64_t i = 0; i < count; i++, bytes += size) {
        uint64_t bits = 0;
        for (int b = 0; b < size; b++) bits |= (uint64_t)bytes[b] << (8 * b);
        const uint32_t converted = type == GAN_SAFETENSORS_F64
                                       ? (uint32_t)narrow(bits, formats[type], formats[GAN_SAFETENSORS_F32])
                                       : widen((uint32_t)bits, formats[type]);
        memcpy(&out[i], &converted, sizeof(converted));
        const bool was_finite =
            (bits >> formats[type].mantissa & largest_exponent(formats[type])) < largest_exponent(formats[type]);
        if (beyond < 0 && was_finite && (converted >> 23 & 255) == 255) beyond = i;
    }
    return beyond;
}

int64_t gan_floats_to_bytes(gan_safetensors_type type, float *values, int64_t count)
{
    const format from = formats[GAN_SAFETENSORS_F32], to = formats[type];
    const uint64_t infinity = largest_exponent(to) << to.mantissa, magnitude = (UINT64_C(1) << 31) - 1;
    const int size = (int)gan_safetensors_bytes(type);
    unsigned char *bytes = (unsigned char *)values; /* a value's bytes end at or before those of its float */

    for (int64_t i = 0; i < count; i++, bytes += size) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof(bits));
        const uint64_t converted = narrow(bits, from, to);
        const bool is_finite = (bits & magnitude) < largest_exponent(from) << from.mantissa;
        if (is_finite && (converted & (infinity | (infinity - 1))) == infinity) return i;
        for (int b = 0; b < size; b++) bytes[b] = (unsigned char)(converted >> (8 * b));
    }
    return -1;
}
