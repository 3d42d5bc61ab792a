/* UTF-8, names, and numbers as text; JSON. */
#ifndef GAN_CORE_TEXT_H
#define GAN_CORE_TEXT_H

#include "core/memory/memory.h"
#include "core/text/json.h"
#include "libgan.h"

/* ---- UTF-8 and names (utf8.c) ---------------------------------------------------------------------------------- */

/* Whether a text is UTF-8, and the bytes of the character that begins at one of size bytes; 0: it is not
 * UTF-8. */
bool gan_is_utf8(const char *text);
size_t gan_utf8_length(const char *text, size_t size);
/* GAN_ERROR_NULL or GAN_ERROR_ARGUMENT unless a function's argument `name` has 1 to GAN_NAME_LIMIT bytes of UTF-8,
 * without '/' or control characters. */
#define GAN_NAME_LIMIT 63
gan_status gan_name_check(const char *name, const char *function);

/* ---- Numbers as text (number.c) ---------------------------------------------------------------------------- */

/* What follows a noun after a number: "s", or "" after 1. */
static inline const char *gan_plural(int64_t count)
{
    return count == 1 ? "" : "s";
}
/* Nine significant digits, so that every float survives, with a decimal point whatever the host's locale; "nan" and
 * "inf". Returns the length. */
#define GAN_NUMBER_TEXT 32
size_t gan_number_print(char text[GAN_NUMBER_TEXT], double value);
/* The fewest digits that give the same finite double back; always with a point or an exponent. */
size_t gan_number_print_exactly(char text[GAN_NUMBER_TEXT], double value);
/* Parses exactly `length` characters, all part of the number: digits with a point and exponent as printed, of any
 * length, rounded once; "nan" or "inf". False too if a number is too large for a double. */
bool gan_number_parse(const char *text, size_t length, double *out);

#endif
