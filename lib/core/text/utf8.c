/* UTF-8 (RFC 3629), and the names that callers give. */
#include "core/status/status.h"
#include "core/text/text.h"

#include <string.h>

/* The length of the character that begins with `first`, and the range of its second byte, which rules out overlong
 * encodings, surrogates and anything beyond U+10FFFF. */
static size_t length_of(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t gan_utf8_length(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char low, high;
    const size_t length = size > 0 ? length_of(*at, &low, &high) : 0;

    if (length > size) return 0;
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf) {
        if (at[i] < low || at[i] > high) return 0;
    }
    return length;
}

bool gan_is_utf8(const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        const size_t length = gan_utf8_length(text, (size_t)(end - text));
        if (length == 0) return false;
        text += length;
    }
    return true;
}

gan_status gan_name_check(const char *name, const char *function)
{
    if (!name) return gan_fail(GAN_ERROR_NULL, "%s: name is NULL", function);
    const size_t length = strlen(name);
    if (length < 1 || length > GAN_NAME_LIMIT) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name has %zu bytes, expected 1 to %d", function, length,
                        GAN_NAME_LIMIT);
    }
    if (strchr(name, '/')) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is \"%s\", expected no '/' in it", function, name);
    }
    for (const char *c = name; *c; c++) {
        if ((unsigned char)*c < ' ')
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: name holds the control character %d", function, *c);
    }
    if (!gan_is_utf8(name)) return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is not valid UTF-8", function);
    return GAN_OK;
}
