/* Messages to the host. */
#include "core/core.h"

#include <stdio.h>

void gan_log(const gan_context *context, gan_log_level level, const char *format, ...)
{
    char message[512];
    va_list arguments;

    if (!context->log) return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    for (char *c = message; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    }
    context->log(context->log_user, level, message);
}
