/* Messages to the host. */
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/status/status.h"

#include <stdio.h>
#include <string.h>

/* Drops the character of several bytes that a text which was cut off ends within. */
static void cut_to_characters(char *text)
{
    size_t end = strlen(text), begin = end;

    while (begin > 0 && ((unsigned char)text[begin - 1] & 0xc0) == 0x80) begin--;
    if (begin == 0) return;
    const unsigned char lead = (unsigned char)text[begin - 1];
    const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (end - (begin - 1) < bytes) text[begin - 1] = '\0';
}

__attribute__((format(printf, 3, 0))) static void send(const gan_context *context, gan_log_level level,
                                                       const char *format, va_list arguments)
{
    char message[GAN_SENTENCE];

    if (!context->log) return;
    const int length = vsnprintf(message, sizeof(message), format, arguments);
    if (length >= (int)sizeof(message)) cut_to_characters(message);
    for (char *c = message; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    }
    GAN_HOST_SCOPE();
    context->log(context->log_user, level, message);
}

void gan_log(const gan_context *context, gan_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send(context, level, format, arguments);
    va_end(arguments);
}

void gan_log_warning_of(const gan_context *context, gan_log_topic topic, const char *format, ...)
{
    va_list arguments;

    if (context->log_except & (uint64_t)topic) return;
    va_start(arguments, format);
    send(context, GAN_LOG_WARNING, format, arguments);
    va_end(arguments);
}
