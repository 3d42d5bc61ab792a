/* JSON as this library's files hold it: objects, arrays, UTF-8 texts, 64-bit integers, numbers, true and false. Part
 * of the door of core; json.c is the only file that knows the library behind it. */
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

/* Sets the member `key` of an object, or appends to an array. It takes over the value, even on failure; NULL stands
 * for a value that could not be made, whose error is kept. GAN_ERROR_ARGUMENT if a key or text is not UTF-8. */
gan_status gan_json_set(gan_json *object, const char *key, gan_json *value);
gan_status gan_json_set_int(gan_json *object, const char *key, int64_t value);
gan_status gan_json_set_number(gan_json *object, const char *key, double value);
gan_status gan_json_set_bool(gan_json *object, const char *key, bool value);
gan_status gan_json_set_text(gan_json *object, const char *key, const char *value);
gan_status gan_json_append(gan_json *array, gan_json *value);
gan_status gan_json_append_int(gan_json *array, int64_t value);

enum {
    GAN_JSON_SORTED = 1, /* members ordered by key, so that equal values have equal texts */
    GAN_JSON_ASCII = 2   /* everything else is escaped */
};
/* The value as text without spaces, released by gan_release_text. */
gan_status gan_json_write(const gan_json *value, unsigned flags, gan_context *context, char **text);

/* ---- Reading ------------------------------------------------------------------------------------------------ */

/* Parses a whole text that is an object or array. Anything else is GAN_ERROR_FORMAT, with a sentence that begins
 * "malformed at byte", and so are two members of one name, an integer of more than 64 bits, a text with the character
 * 0, and values nested 2048 deep. */
gan_status gan_json_parse(const char *text, size_t size, gan_json **out);

bool gan_json_is_object(const gan_json *value);
bool gan_json_is_array(const gan_json *value);
/* Of an object or array; 0 for anything else, including NULL. */
int64_t gan_json_size(const gan_json *value);
/* NULL if there is no such member or element, or the value is of another type. */
const gan_json *gan_json_get(const gan_json *object, const char *key);
const gan_json *gan_json_at(const gan_json *array, int64_t index);
/* The member after the one called *key, or the first if that is NULL, in the order in which they were set or read;
 * *key becomes its name. NULL if there is none, or the value is not an object. */
const gan_json *gan_json_next(const gan_json *object, const char **key);

/* False, or NULL, if the value is NULL or of another type. Numbers may be integers. */
bool gan_json_get_int(const gan_json *value, int64_t *out);
bool gan_json_get_number(const gan_json *value, double *out);
bool gan_json_get_bool(const gan_json *value, bool *out);
const char *gan_json_get_text(const gan_json *value);

#endif
