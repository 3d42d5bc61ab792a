/* The door of options: ranges of numbers, and tables of what an options struct's fields may be. */
#ifndef GAN_OPTIONS_H
#define GAN_OPTIONS_H

#include "core/core.h"

typedef enum gan_range {
    GAN_RANGE_NOT_NEGATIVE, /* >= 0 */
    GAN_RANGE_POSITIVE,     /* > 0 */
    GAN_RANGE_BELOW_ONE,    /* [0, 1) */
    GAN_RANGE_UP_TO_ONE,    /* (0, 1] */
    GAN_RANGE_UNIT          /* [0, 1] */
} gan_range;

/* GAN_ERROR_NOT_FINITE or GAN_ERROR_ARGUMENT unless the value is in the range; `what` names it. */
gan_status gan_range_check(gan_range range, double value, const char *what);

typedef enum gan_option_type {
    GAN_OPTION_OF_FLOAT, /* a float in a range, read by gan_option() */
    GAN_OPTION_OF_COUNT, /* an int64_t from 1 to `most` */
    GAN_OPTION_OF_ENUM   /* from 0 to `last`; its default is 0 */
} gan_option_type;

/* A field of an options struct. */
typedef struct gan_option_row {
    const char *name;
    size_t offset;
    gan_option_type type;
    gan_range range; /* of a float, */
    float number;    /* and its default; */
    bool may_lack;   /* or 0 means none, though it is out of range */
    int64_t most;    /* of a count, */
    int64_t count;   /* and its default, or 0 for none */
    int last;        /* of an enum, */
    const char *enum_name;
    gan_status refused; /* the status for a count out of range; 0: GAN_ERROR_ARGUMENT */
} gan_option_row;

/* The limit for numbers of times, so that products of two do not overflow. */
#define GAN_OPTION_MOST_TIMES INT32_MAX

/* Checks the fields in the order of their rows and fills in their defaults; `what` names the struct. */
gan_status gan_option_rows_resolve(const gan_option_row *rows, size_t count, const char *what, void *options);

#endif
