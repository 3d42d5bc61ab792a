/* Numbers as text, independent of the locale. */
#include "core/text/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Printing -------------------------------------------------------------------------------------------------- */

/* Of finite numbers, nan and inf. */
static const char real_characters[] = "0123456789+-.eEinfa";

/* printf uses the host's decimal point, of one byte or more, where files have '.'. */
static size_t print(char text[GAN_NUMBER_TEXT], int digits, double value)
{
    char local[GAN_NUMBER_TEXT];
    size_t used = 0;

    if (isnan(value)) value = NAN; /* without a sign */
    snprintf(local, sizeof(local), "%.*g", digits, value);
    for (size_t i = 0; local[i]; i++) {
        if (strchr(real_characters, local[i])) {
            text[used++] = local[i];
        } else if (text[used - 1] != '.') {
            text[used++] = '.';
        }
    }
    text[used] = 0;
    return used;
}

size_t gan_number_print(char text[GAN_NUMBER_TEXT], double value)
{
    return print(text, 9, value);
}

size_t gan_number_print_exactly(char text[GAN_NUMBER_TEXT], double value)
{
    double parsed;
    size_t used = print(text, 1, value);

    for (int digits = 2; digits <= 17; digits++) {
        if (gan_number_parse(text, used, &parsed) && parsed == value) break;
        used = print(text, digits, value);
    }
    if (!strpbrk(text, ".e")) {
        memcpy(text + used, ".0", 3);
        return used + 2;
    }
    char *exponent = strchr(text, 'e'); /* as short as it can be: e+05 is e5 */
    if (!exponent) return used;
    char *from = exponent + 1, *to = from;
    if (*from == '-') to++;
    from += strspn(from, "+-0");
    memmove(to, from, strlen(from) + 1);
    return strlen(text);
}

/* ---- Parsing --------------------------------------------------------------------------------------------------- */

/* Every double, and every middle between two, has fewer significant digits than this. Of the digits after these
 * matters only whether one is not 0. */
#define DIGITS 800
/* Far beyond the exponents of doubles, even with the digits of a file of 2^62 bytes. */
#define LARGEST_EXPONENT (INT64_MAX / 8)

/* digits * 10^exponent */
typedef struct decimal {
    char digits[DIGITS + 1 + GAN_NUMBER_TEXT]; /* space for the exponent */
    int count;
    int64_t exponent;
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(decimal *d, char digit, bool fraction)
{
    if (digit == '0' && d->count == 0) {
        d->exponent -= fraction; /* a leading 0 */
    } else if (d->count < DIGITS) {
        d->digits[d->count++] = digit;
        d->exponent -= fraction;
    } else {
        if (digit != '0' && d->digits[DIGITS - 1] == '0') d->digits[DIGITS - 1] = '1';
        d->exponent += !fraction;
    }
}

/* "12.5", "5.", ".5"; returns where it ends, or NULL. */
static const char *parse_digits(const char *text, const char *end, decimal *d)
{
    const char *begin = text, *point = NULL;

    for (; text < end && (is_digit(*text) || (*text == '.' && !point)); text++) {
        if (*text == '.') {
            point = text;
        } else {
            add_digit(d, *text, point != NULL);
        }
    }
    return text - begin > (point != NULL) ? text : NULL;
}

/* "e5", "E-05" */
static bool parse_exponent(const char *text, const char *end, decimal *d)
{
    int64_t exponent = 0;
    const bool negative = end - text > 1 && text[1] == '-';

    text += negative || (end - text > 1 && text[1] == '+') ? 2 : 1;
    if (text >= end) return false;
    for (; text < end; text++) {
        if (!is_digit(*text)) return false;
        if (exponent < LARGEST_EXPONENT / 10) exponent = 10 * exponent + (*text - '0');
    }
    d->exponent += negative ? -exponent : exponent;
    return true;
}

/* Without a point, so that strtod reads the same in every locale. */
static double value_of(decimal *d)
{
    const long long most = 4 * DIGITS, exponent = d->exponent > most    ? most
                                                  : d->exponent < -most ? -most
                                                                        : (long long)d->exponent;

    if (d->count == 0) return 0;
    snprintf(d->digits + d->count, GAN_NUMBER_TEXT, "e%lld", exponent);
    return strtod(d->digits, NULL);
}

bool gan_number_parse(const char *text, size_t length, double *out)
{
    const char *end = text + length, *at = text;
    decimal d;
    double value;

    if (length > 0 && (*at == '-' || *at == '+')) at++;
    if (end - at == 3 && (memcmp(at, "nan", 3) == 0 || memcmp(at, "inf", 3) == 0)) {
        value = *at == 'n' ? NAN : INFINITY;
    } else {
        d.count = 0;
        d.exponent = 0;
        d.digits[DIGITS - 1] = '0'; /* for the compiler, which cannot see that it is set before it is read */
        at = parse_digits(at, end, &d);
        if (!at || (at < end && ((*at != 'e' && *at != 'E') || !parse_exponent(at, end, &d)))) return false;
        value = value_of(&d);
        if (isinf(value)) return false;
    }
    *out = *text == '-' ? -value : value;
    return true;
}
