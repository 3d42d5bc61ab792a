/* JSON as files of this library hold it: objects, arrays, texts of UTF-8, integers of 64 bits, numbers, true and
 * false. Part of the door of core; json.c is the only file that knows the library behind it. */
#ifndef GAN_CORE_JSON_H
#define GAN_CORE_JSON_H

#include "libgan.h"

/* A value. Those in an object or array belong to it. */
typedef struct gan_json gan_json;

/* ---- Making ------------------------------------------------------------------------------------------------- */

/* Empty, or NULL with the error set. */
gan_json *gan_json_object(void);
gan_json *gan_json_array(void);
void gan_json_release(gan_json *value); /* accepts NULL */

/* Sets the member `key` of an object, or appends to an array. The value belongs to it, also after a failure; NULL is
 * a value that could not be made, whose error is kept. GAN_ERROR_ARGUMENT where a key or text is not UTF-8. */
gan_status gan_json_set(gan_json *object, const char *key, gan_json *value);
gan_status gan_json_set_int(gan_json *object, const char *key, int64_t value);
gan_status gan_json_set_number(gan_json *object, const char *key, double value);
gan_status gan_json_set_bool(gan_json *object, const char *key, bool value);
gan_status gan_json_set_text(gan_json *object, const char *key, const char *value);
gan_status gan_json_append(gan_json *array, gan_json *value);
gan_status gan_json_append_int(gan_json *array, int64_t value);

enum {
    GAN_JSON_SORTED = 1, /* members in the order of their keys, so that equal values have equal texts */
    GAN_JSON_ASCII = 2   /* all else is escaped */
};
/* The value as text without spaces, released by gan_release_text. */
gan_status gan_json_write(const gan_json *value, unsigned flags, gan_context *context, char **text);

/* ---- Reading ------------------------------------------------------------------------------------------------ */

/* Parses all of a text that is an object or array. GAN_ERROR_FORMAT, with a sentence that begins "malformed at byte",
 * for anything else: also where two members have one name, an integer needs more than 64 bits, a text holds the
 * character 0, or values lie 2048 deep. */
gan_status gan_json_parse(const char *text, size_t size, gan_json **out);

bool gan_json_is_object(const gan_json *value);
bool gan_json_is_array(const gan_json *value);
/* Of an object or array; 0 for anything else, NULL included. */
int64_t gan_json_size(const gan_json *value);
/* NULL where there is no such member, or the value is neither an object nor an array. */
const gan_json *gan_json_get(const gan_json *object, const char *key);
const gan_json *gan_json_at(const gan_json *array, int64_t index);
/* The member behind the one called *key, or the first for NULL, in the order in which they were set or read; *key
 * becomes its name. NULL when there is none, or the value is not an object. */
const gan_json *gan_json_next(const gan_json *object, const char **key);

/* False, or NULL, where the value is NULL or of another type. Numbers may be integers. */
bool gan_json_get_int(const gan_json *value, int64_t *out);
bool gan_json_get_number(const gan_json *value, double *out);
bool gan_json_get_bool(const gan_json *value, bool *out);
const char *gan_json_get_text(const gan_json *value);

#endif
