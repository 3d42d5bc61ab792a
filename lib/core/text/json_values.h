/* How a parsed text lies in memory: one block with a head, then its values in the order of the text, then the indexes
 * of large objects, then all texts. A member is two values, its name and what it is. Places are relative to the value
 * that has them. Private to the two files that read JSON. */
#ifndef GAN_CORE_JSON_VALUES_H
#define GAN_CORE_JSON_VALUES_H

#include "core/lookup/lookup.h"
#include "core/memory/memory.h"
#include "core/text/text.h"

typedef enum gan_json_kind {
    GAN_JSON_NULL,
    GAN_JSON_FALSE,
    GAN_JSON_TRUE,
    GAN_JSON_INTEGER,
    GAN_JSON_NUMBER,
    GAN_JSON_TEXT,
    GAN_JSON_ARRAY, /* from here on, other values are inside */
    GAN_JSON_OBJECT
} gan_json_kind;

struct gan_json {
    uint32_t kind;
    uint32_t count; /* of elements or members */
    union {
        int64_t integer;
        double number;
        uint64_t text; /* bytes from here to its text */
        struct {
            uint32_t values; /* inside, which follow */
            uint32_t index;  /* of a large object: its index is so many times GAN_JSON_STEP bytes from here */
        } inside;
    } is;
};

typedef struct gan_json_whole {
    gan_context *context;
    size_t size; /* of the block */
    gan_json values[];
} gan_json_whole;

/* Objects with more members than this have an index; in others, looking at every name is faster. */
#define GAN_JSON_SMALL 8
#define GAN_JSON_STEP  sizeof(gan_name)

/* The index of a large object. */
gan_names gan_json_names(const gan_json *object);

#endif
