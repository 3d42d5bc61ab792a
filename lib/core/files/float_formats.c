/* Floats in other formats of IEEE 754's kind: a sign, an exponent, a mantissa. Bits are converted as integers, so
 * that nothing depends on the floating-point environment, which treats denormal numbers as 0. */
#include "core/files/files.h"

uint64_t gan_float_narrow(uint64_t bits, gan_float_format from, gan_float_format to)
{
    const uint64_t sign = bits >> (from.exponent + from.mantissa) << (to.exponent + to.mantissa);
    const uint64_t exponent = bits >> from.mantissa & gan_float_largest_exponent(from);
    const uint64_t mantissa = bits & ((UINT64_C(1) << from.mantissa) - 1);
    const uint64_t infinity = gan_float_largest_exponent(to) << to.mantissa;
    const int less = from.mantissa - to.mantissa; /* bits of mantissa */

    if (exponent == gan_float_largest_exponent(from)) {
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

uint32_t gan_float_widen(uint32_t bits, gan_float_format from)
{
    const gan_float_format to = GAN_FLOAT_SINGLE;
    const uint32_t sign = bits >> (from.exponent + from.mantissa) << (to.exponent + to.mantissa);
    uint32_t exponent = bits >> from.mantissa & (uint32_t)gan_float_largest_exponent(from);
    uint32_t mantissa = bits & ((UINT32_C(1) << from.mantissa) - 1);
    const int more = to.mantissa - from.mantissa, offset = (1 << (to.exponent - 1)) - (1 << (from.exponent - 1));

    if (exponent == gan_float_largest_exponent(from)) {
        exponent = (uint32_t)gan_float_largest_exponent(to);
    } else if (exponent > 0) {
        exponent += (uint32_t)offset;
    } else if (mantissa > 0 && offset > 0) { /* denormal there, normal here */
        exponent = (uint32_t)offset + 1;
        for (; !(mantissa >> from.mantissa); mantissa <<= 1) exponent--;
        mantissa &= (UINT32_C(1) << from.mantissa) - 1;
    }
    return sign | exponent << to.mantissa | mantissa << more;
}
