/* Every public function, called from an array of arguments: for tests that give each of them what it should not get.
 * make_calls.py writes the tables from libgan.h, so that no function and no option can be forgotten. */
#ifndef GAN_TESTS_TORTURE_ARGUMENTS_H
#define GAN_TESTS_TORTURE_ARGUMENTS_H

#include "libgan.h"

typedef enum argument_kind {
    HANDLE,
    INPUT,  /* another pointer that is read */
    OUTPUT, /* a pointer to results */
    TEXT,
    INTEGER,
    INTEGER32,
    BITS, /* unsigned */
    BITS32,
    BYTE,
    BOOL,
    ENUM,
    FLOAT,
    DOUBLE,
    SHAPE,
    TERM,
    PLAYER,
    RANDOM_STATE,
    CURSOR,
    FILL,
    READER,
    WRITER,
    INITIALIZER,
    OTHER /* callbacks: nothing wrong can be given */
} argument_kind;

typedef struct argument {
    void *pointer;
    int64_t integer;
    double number;
    gan_shape shape;
    gan_term term;
    gan_player player;
    gan_random_state state;
    gan_dataset_cursor cursor;
    gan_fill_fn fill;
    gan_reader reader;
    gan_writer writer;
} argument;

/* Of what the function returns, its member is set. */
typedef struct result {
    gan_status status;
    gan_layer *layer;
    gan_term term;
    gan_player player;
    const char *text;
    const void *address;
    gan_reader reader;
    gan_writer writer;
    double number;
} result;

typedef struct parameter {
    const char *name, *type;
    argument_kind kind;
} parameter;

enum { MOST_PARAMETERS = 9 };

typedef struct function {
    const char *name, *returns;
    int count;
    const parameter *parameters;
    void (*call)(const argument *arguments, result *r);
} function;

typedef struct field {
    const char *name, *type;
    argument_kind kind;
    size_t offset, count;
} field;

typedef struct structure {
    const char *name;
    size_t size;
    int count;
    const field *fields;
} structure;

/* The last of each has no name. */
extern const function functions[];
extern const structure structures[];

/* The struct that a pointer of this type leads to, or NULL. */
const structure *find_structure(const char *pointer_type);

#endif
