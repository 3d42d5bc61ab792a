/* Statuses, the sentence of the last failure, and structs that grow from version to version. */
#include "core/platform/platform.h"
#include "core/status/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A struct_size above this was never set. */
#define MAX_STRUCT_SIZE 65536

static _Thread_local char last_error[GAN_SENTENCE];
static _Thread_local gan_status last_status;
static _Thread_local uint64_t failure_count;

const char *gan_status_name(gan_status status)
{
    switch (status) {
#define NAME_CASE(name, number, text) \
    case name: return #name;
        GAN_STATUS_MAP(NAME_CASE)
#undef NAME_CASE
    }
    return "unknown status";
}

const char *gan_status_text(gan_status status)
{
    switch (status) {
#define TEXT_CASE(name, number, text) \
    case name: return text;
        GAN_STATUS_MAP(TEXT_CASE)
#undef TEXT_CASE
    }
    return "unknown status";
}

const char *gan_last_error(void)
{
    return last_error;
}

gan_status gan_last_status(void)
{
    return last_status;
}

uint64_t gan_failure_count(void)
{
    return failure_count;
}

/* Not written to last_error directly, since the arguments may point into it. */
static void format_sentence(char sentence[GAN_SENTENCE], gan_status status, const char *format, va_list arguments)
{
    if (vsnprintf(sentence, GAN_SENTENCE, format, arguments) < 0) {
        snprintf(sentence, GAN_SENTENCE, "%s", gan_status_text(status));
    }
}

gan_status(gan_fail)(gan_status status, const char *format, ...)
{
    char sentence[GAN_SENTENCE];
    va_list arguments;

    va_start(arguments, format);
    format_sentence(sentence, status, format, arguments);
    va_end(arguments);
    memcpy(last_error, sentence, sizeof(sentence));
    last_status = status;
    failure_count++;
    return status;
}

static gan_status status_of_errno(int error)
{
    switch (error) {
    case ENOENT: return GAN_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return GAN_ERROR_PERMISSION;
    case ENOSPC:
#ifdef EDQUOT
    case EDQUOT:
#endif
    case EFBIG: return GAN_ERROR_NO_SPACE;
    case ENOMEM: return GAN_ERROR_MEMORY;
    default: return GAN_ERROR_IO;
    }
}

const char *gan_errno_text(int error, char text[GAN_ERRNO_TEXT])
{
    if (!gan_system_text(error, text, GAN_ERRNO_TEXT)) snprintf(text, GAN_ERRNO_TEXT, "error %d", error);
    return text;
}

gan_status(gan_fail_errno)(int error, const char *format, ...)
{
    const gan_status status = status_of_errno(error);
    char sentence[GAN_SENTENCE], reason[GAN_ERRNO_TEXT];
    va_list arguments;

    va_start(arguments, format);
    format_sentence(sentence, status, format, arguments);
    va_end(arguments);
    return gan_fail(status, "%s: %s", sentence, gan_errno_text(error, reason));
}

static gan_status read_struct_size(const void *given, const char *what, size_t *size)
{
    memcpy(size, given, sizeof(*size));
    if (*size >= sizeof(*size) && *size <= MAX_STRUCT_SIZE) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: struct_size is %zu, expected %zu to %d; its macro sets it", what, *size,
                    sizeof(*size), MAX_STRUCT_SIZE);
}

gan_status gan_options_read(void *known, size_t known_size, const void *given, const char *what)
{
    const unsigned char *bytes = given;
    size_t size = 0;

    if (given) {
        GAN_TRY(read_struct_size(given, what, &size));
        for (size_t i = known_size; i < size; i++) {
            if (bytes[i] != 0) {
                return gan_fail(GAN_ERROR_VERSION,
                                "%s: a field at byte %zu is set, but libgan %s knows only its first %zu bytes", what,
                                i, gan_version_text(), known_size);
            }
        }
    }
    memset(known, 0, known_size);
    if (given) memcpy(known, given, size < known_size ? size : known_size);
    memcpy(known, &known_size, sizeof(known_size));
    return GAN_OK;
}

gan_status gan_check_reserved(const char *what, const void *reserved, size_t size)
{
    const unsigned char *bytes = reserved;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == 0) continue;
        return gan_fail(GAN_ERROR_VERSION, "%s: a field is set that libgan %s does not know", what,
                        gan_version_text());
    }
    return GAN_OK;
}

gan_status gan_report_check(const void *given, const char *what)
{
    size_t size;

    if (!given) return gan_fail(GAN_ERROR_NULL, "%s: the pointer to write to is NULL", what);
    return read_struct_size(given, what, &size);
}

gan_status gan_report_write(void *given, const void *known, size_t known_size, const char *what)
{
    size_t size;

    GAN_TRY(gan_report_check(given, what));
    memcpy(&size, given, sizeof(size));
    if (size > known_size) size = known_size;
    memcpy((unsigned char *)given + sizeof(size), (const unsigned char *)known + sizeof(size), size - sizeof(size));
    return GAN_OK;
}
