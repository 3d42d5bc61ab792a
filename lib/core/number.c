/* Numbers as text, independent of the locale. */
#include "core/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of finite numbers, nan and inf. */
static const char real_characters[] = "0123456789+-.eEinfa";

/* printf and strtod use the host's decimal point, of one byte or more, where files have '.'. */
size_t gan_number_print(char text[GAN_NUMBER_TEXT], double value)
{
    char local[GAN_NUMBER_TEXT];
    size_t used = 0;

    if (isnan(value)) value = NAN; /* without a sign */
    snprintf(local, sizeof(local), "%.9g", value);
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

bool gan_number_parse(const char *text, size_t length, double *out)
{
    char local[2 * GAN_NUMBER_TEXT], point[GAN_NUMBER_TEXT], *end;
    const char *dot = memchr(text, '.', length);

    snprintf(point, sizeof(point), "%.1f", 0.5); /* 0, the point, 5 */
    point[strlen(point) - 1] = 0;
    if (length == 0 || length >= GAN_NUMBER_TEXT || strspn(text, real_characters) < length) return false;
    const int before = dot ? (int)(dot - text) : (int)length, after = dot ? (int)length - before - 1 : 0;
    snprintf(local, sizeof(local), "%.*s%s%.*s", before, text, dot ? point + 1 : "", after, dot ? dot + 1 : "");
    *out = strtod(local, &end);
    return *end == 0 && (isfinite(*out) || memchr(text, 'n', length)); /* 1e999 is not a number, inf and nan are */
}
