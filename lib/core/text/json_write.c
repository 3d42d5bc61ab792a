/* Writing JSON. Numbers have the fewest digits that give them back. */
#include "core/memory/memory.h"
#include "core/status/status.h"
#include "core/text/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static void put(gan_json_writer *w, const char *bytes, size_t count)
{
    if (w->status != GAN_OK) return;
    if (count > w->capacity - w->size) {
        const size_t wanted = w->size + count,
                     capacity = wanted < FIRST_CAPACITY ? FIRST_CAPACITY : wanted + wanted / 2;
        char *grown = wanted < w->size || capacity < wanted ? NULL : gan_allocate(w->context, capacity);
        if (!grown) {
            w->status = GAN_ERROR_MEMORY;
            return;
        }
        if (w->size > 0) memcpy(grown, w->text, w->size);
        gan_release(w->context, w->text, w->capacity);
        w->text = grown;
        w->capacity = capacity;
    }
    memcpy(w->text + w->size, bytes, count);
    w->size += count;
}

static void put_text(gan_json_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static void put_escape(gan_json_writer *w, uint32_t code)
{
    char text[8];

    snprintf(text, sizeof(text), "\\u%04X", (unsigned)code & 0xffff);
    put_text(w, text);
}

static uint32_t code_point(const char *bytes, size_t length)
{
    uint32_t code = (unsigned char)bytes[0] & (length == 1 ? 0x7fu : 0xffu >> (length + 1));

    for (size_t i = 1; i < length; i++) code = code << 6 | ((unsigned char)bytes[i] & 0x3fu);
    return code;
}

/* One character, known to be UTF-8. */
static void put_character(gan_json_writer *w, const char *bytes, size_t length)
{
    static const char meanings[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *special = strchr(meanings, bytes[0]);
    const uint32_t code = code_point(bytes, length);

    if (special) {
        const char escape[] = {'\\', names[special - meanings]};
        put(w, escape, sizeof(escape));
    } else if (code >= 0x10000 && w->ascii) {
        put_escape(w, 0xd800 + ((code - 0x10000) >> 10));
        put_escape(w, 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else if (code < ' ' || (code >= 0x80 && w->ascii)) {
        put_escape(w, code);
    } else {
        put(w, bytes, length);
    }
}

static void put_string(gan_json_writer *w, const char *text)
{
    if (w->status != GAN_OK) return;
    if (!gan_is_utf8(text)) {
        w->status = gan_fail(GAN_ERROR_ARGUMENT, "a string for JSON is not valid UTF-8: '%s'", text);
        return;
    }
    put_text(w, "\"");
    for (const char *end = text + strlen(text); text < end;) {
        const size_t length = gan_utf8_length(text, (size_t)(end - text));
        put_character(w, text, length);
        text += length;
    }
    put_text(w, "\"");
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

/* What comes in front of a value: a comma unless it is the first, and its name. */
static void begin(gan_json_writer *w, const char *key)
{
    if (w->size > 0 && !strchr("{[", w->text[w->size - 1])) put_text(w, ",");
    if (!key) return;
    put_string(w, key);
    put_text(w, ":");
}

void gan_json_begin_object(gan_json_writer *writer, const char *key)
{
    begin(writer, key);
    put_text(writer, "{");
}

void gan_json_end_object(gan_json_writer *writer)
{
    put_text(writer, "}");
}

void gan_json_begin_array(gan_json_writer *writer, const char *key)
{
    begin(writer, key);
    put_text(writer, "[");
}

void gan_json_end_array(gan_json_writer *writer)
{
    put_text(writer, "]");
}

void gan_json_write_int(gan_json_writer *writer, const char *key, int64_t value)
{
    char text[GAN_NUMBER_TEXT];

    begin(writer, key);
    snprintf(text, sizeof(text), "%lld", (long long)value);
    put_text(writer, text);
}

void gan_json_write_number(gan_json_writer *writer, const char *key, double value)
{
    char text[GAN_NUMBER_TEXT];

    if (writer->status != GAN_OK) return;
    if (!isfinite(value)) {
        writer->status = gan_fail(GAN_ERROR_NOT_FINITE, "JSON has no number %g", value);
        return;
    }
    begin(writer, key);
    gan_number_print_exactly(text, value);
    put_text(writer, text);
}

void gan_json_write_bool(gan_json_writer *writer, const char *key, bool value)
{
    begin(writer, key);
    put_text(writer, value ? "true" : "false");
}

void gan_json_write_text(gan_json_writer *writer, const char *key, const char *value)
{
    begin(writer, key);
    put_string(writer, value);
}

void gan_json_write_ints(gan_json_writer *writer, const char *key, const int64_t *values, int64_t count)
{
    gan_json_begin_array(writer, key);
    for (int64_t i = 0; i < count; i++) gan_json_write_int(writer, NULL, values[i]);
    gan_json_end_array(writer);
}

gan_status gan_json_finish(gan_json_writer *writer, char **text)
{
    char *exact = NULL;

    put(writer, "", 1);
    if (writer->status == GAN_OK) {
        exact = gan_copy_text(writer->context, writer->text);
        if (!exact) writer->status = GAN_ERROR_MEMORY;
    }
    gan_release(writer->context, writer->text, writer->capacity);
    writer->text = NULL;
    writer->size = writer->capacity = 0;
    if (exact) *text = exact;
    return writer->status;
}
