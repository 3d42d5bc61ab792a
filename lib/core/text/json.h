/* JSON (RFC 8259) as this library's files hold it: read strictly into one block of memory, written piece by piece.
 * Part of the door of text. Neither depends on the locale, recurses or aborts, and both allocate from the context. */
#ifndef GAN_CORE_JSON_H
#define GAN_CORE_JSON_H

#include "libgan.h"

/* ---- Writing (json_write.c) ------------------------------------------------------------------------------------ */

/* Starts as {.context = context}. It remembers its first failure: later calls do nothing, and gan_json_finish returns
 * it. */
typedef struct gan_json_writer {
    gan_context *context;
    bool ascii; /* everything else is escaped */
    gan_status status;
    char *text;
    size_t size, capacity;
} gan_json_writer;

/* Each appends a value: a member called `key` in an object; in an array, or outside of both, `key` is NULL.
 * GAN_ERROR_ARGUMENT if a key or text is not UTF-8, GAN_ERROR_NOT_FINITE if a number is not finite. */
void gan_json_begin_object(gan_json_writer *writer, const char *key);
void gan_json_end_object(gan_json_writer *writer);
void gan_json_begin_array(gan_json_writer *writer, const char *key);
void gan_json_end_array(gan_json_writer *writer);
void gan_json_write_int(gan_json_writer *writer, const char *key, int64_t value);
void gan_json_write_number(gan_json_writer *writer, const char *key, double value);
void gan_json_write_bool(gan_json_writer *writer, const char *key, bool value);
void gan_json_write_text(gan_json_writer *writer, const char *key, const char *value);
/* An array of integers. */
void gan_json_write_ints(gan_json_writer *writer, const char *key, const int64_t *values, int64_t count);

/* Ends writing, also after a failure. The text, without spaces, is released by gan_release_text. */
gan_status gan_json_finish(gan_json_writer *writer, char **text);

/* ---- Reading (json_parse.c, json_values.c) --------------------------------------------------------------------- */

/* A value, in the memory of the whole. */
typedef struct gan_json gan_json;

#define GAN_JSON_DEPTH 64 /* of values in values */

/* Parses a whole text that is an object or array. Anything else is GAN_ERROR_FORMAT, with a sentence that begins
 * "malformed at byte", and so are two members of one name, an integer of more than 64 bits, a number that no double
 * holds, a text with the character 0, and values more than GAN_JSON_DEPTH deep. Nothing is allocated until the text
 * is known to be well-formed; then one block of at most 8 bytes for each byte of it, and 64 more. */
gan_status gan_json_parse(gan_context *context, const char *text, size_t size, gan_json **out);
void gan_json_release(gan_json *whole); /* accepts NULL */

bool gan_json_is_object(const gan_json *value);
bool gan_json_is_array(const gan_json *value);
/* Of an object or array; 0 for anything else, including NULL. */
int64_t gan_json_size(const gan_json *value);
/* The member of this name, in a time that grows with the logarithm of their number. NULL if there is none, or the
 * value is not an object. */
const gan_json *gan_json_get(const gan_json *object, const char *key);
/* The element or member after `last`, or the first if that is NULL, in the order of the text. NULL if there is none,
 * or the value is neither object nor array. */
const gan_json *gan_json_next(const gan_json *in, const gan_json *last);
/* The name of a member. */
const char *gan_json_name(const gan_json *member);

/* False, or NULL, if the value is NULL or of another type. Numbers may be integers. */
bool gan_json_get_int(const gan_json *value, int64_t *out);
bool gan_json_get_number(const gan_json *value, double *out);
bool gan_json_get_bool(const gan_json *value, bool *out);
const char *gan_json_get_text(const gan_json *value);
/* The same for an array of exactly `count` integers. */
bool gan_json_get_ints(const gan_json *value, int64_t *out, int64_t count);

#endif
