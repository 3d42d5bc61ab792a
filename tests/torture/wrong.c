#include "torture/wrong.h"
#include "torture/world.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

static const int64_t wrong_integers[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX - 1, INT64_MIN + 1};
static const int64_t wrong_small_integers[] = {0, -1, INT_MIN, INT_MAX, 99, 65536};
static const uint64_t wrong_bits[] = {0, UINT64_MAX, UINT64_C(1) << 63, 256};
static const double wrong_numbers[] = {NAN, INFINITY, -INFINITY, -1, 0, FLT_MAX, -FLT_MAX, 1e-40};
static const char *const wrong_texts[] = {"", "/", "a/b", "\xff\xfe", "a\nb", "no such thing", "."};
static const gan_shape wrong_shapes[] = {{0, {1}},
                                         {-1, {1}},
                                         {7, {1}},
                                         {INT_MAX, {1}},
                                         {1, {0}},
                                         {1, {-1}},
                                         {3, {INT64_MAX, INT64_MAX, 2}},
                                         {2, {INT64_MIN, -1}},
                                         {1, {INT64_MAX}}, /* valid, if there were memory */
                                         {6, {3, 3, 3, 3, 3, 3}}};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(*(array))))

static int count_of_kind(argument_kind kind)
{
    switch (kind) {
    case HANDLE: return 2;
    case INPUT:
    case OUTPUT:
    case FILL:
    case WRITER: return 1;
    case READER: return 1 + COUNT_OF(wrong_integers);
    case TEXT: return 2 + COUNT_OF(wrong_texts);
    case INTEGER: return COUNT_OF(wrong_integers);
    case INTEGER32:
    case ENUM: return COUNT_OF(wrong_small_integers);
    case BITS:
    case BITS32: return COUNT_OF(wrong_bits);
    case BYTE:
    case BOOL: return 1;
    case FLOAT:
    case DOUBLE: return COUNT_OF(wrong_numbers);
    case SHAPE: return COUNT_OF(wrong_shapes);
    case TERM:
    case PLAYER: return 5;
    case RANDOM_STATE: return 1;
    case CURSOR: return 3 * COUNT_OF(wrong_integers);
    case INITIALIZER: return COUNT_OF(wrong_small_integers) + COUNT_OF(wrong_numbers);
    case OTHER: return 0;
    }
    return 0;
}

/* What arrays of numbers are filled with: -1 and NaN, large numbers, negative ones, zeros. */
static const int wrong_bytes[] = {0xff, 0x7f, 0x80, 0};

static bool is_array(const parameter *p)
{
    static const char *const types[] = {"const float *", "const int32_t *", "const int64_t *", "const gan_node *",
                                        "const gan_term *"};

    for (int i = 0; i < COUNT_OF(types); i++)
        if (strcmp(p->type, types[i]) == 0) return true;
    return false;
}

int wrong_count(const parameter *p)
{
    return count_of_kind(p->kind) + (is_array(p) ? COUNT_OF(wrong_bytes) : 0);
}

int wrong_field_count(const field *f)
{
    return count_of_kind(f->kind);
}

static const char *wrong_text(int number)
{
    static char endless[6000];

    if (number == 0) return NULL;
    memset(endless, 'x', sizeof(endless) - 1);
    return number == 1 ? endless : wrong_texts[number - 2];
}

/* Of terms and players, which have the same members: NULL, no index, beyond the last, of another game. */
static void make_wrong_term(gan_game **game, int64_t *index, gan_game *foreign, int number)
{
    switch (number) {
    case 0: *game = NULL; break;
    case 1: *index = -1; break;
    case 2: *index = INT64_MAX; break;
    case 3: *index = 1000; break;
    default: *game = foreign; break;
    }
}

static void make_wrong_value(argument *a, argument_kind kind, int number, const argument *foreign)
{
    const int64_t integer = kind == CURSOR ? wrong_integers[number / 3] : 0;

    switch (kind) {
    case HANDLE: a->pointer = number == 0 ? NULL : foreign->pointer; break;
    case TEXT: a->pointer = (void *)(uintptr_t)wrong_text(number); break;
    case INTEGER: a->integer = wrong_integers[number]; break;
    case INTEGER32:
    case ENUM: a->integer = wrong_small_integers[number]; break;
    case BITS:
    case BITS32: a->integer = (int64_t)wrong_bits[number]; break;
    case BYTE:
    case BOOL: a->integer = 1; break;
    case FLOAT:
    case DOUBLE: a->number = wrong_numbers[number]; break;
    case SHAPE: a->shape = wrong_shapes[number]; break;
    case TERM: make_wrong_term(&a->term.game, &a->term.index, foreign->term.game, number); break;
    case PLAYER: make_wrong_term(&a->player.game, &a->player.index, foreign->player.game, number); break;
    case RANDOM_STATE: memset(&a->state, 0xff, sizeof(a->state)); break;
    case CURSOR:
        *(number % 3 == 0 ? &a->cursor.epoch : number % 3 == 1 ? &a->cursor.position : &a->cursor.count) = integer;
        break;
    case FILL: a->fill = NULL; break;
    case READER:
        if (number == 0) a->reader.read = NULL;
        if (number > 0) a->reader.size = wrong_integers[number - 1];
        break;
    case WRITER: a->writer.write = NULL; break;
    default: a->pointer = NULL; break;
    }
}

void make_wrong(argument *a, const parameter *p, int number, const argument *foreign)
{
    const int count = count_of_kind(p->kind);

    if (number < count) {
        make_wrong_value(a, p->kind, number, foreign);
    } else {
        memset(a->pointer, wrong_bytes[number - count], SLOT);
    }
}

void make_wrong_field(void *of, const field *f, int number)
{
    unsigned char *at = (unsigned char *)of + f->offset;
    const argument nothing = {.pointer = NULL};
    argument a = nothing;
    gan_initializer initializer = {GAN_INITIALIZER_NORMAL, 1};

    make_wrong_value(&a, f->kind == HANDLE ? INPUT : f->kind, number, &nothing);
    for (size_t i = 0; i < f->count; i++) {
        switch (f->kind) {
        case INTEGER:
        case BITS: memcpy(at + 8 * i, &a.integer, 8); break;
        case INTEGER32:
        case BITS32:
        case ENUM: memcpy(at + 4 * i, &(int32_t){(int32_t)a.integer}, 4); break;
        case BYTE:
        case BOOL: at[i] = (unsigned char)a.integer; break;
        case FLOAT: memcpy(at + 4 * i, &(float){(float)a.number}, 4); break;
        case DOUBLE: memcpy(at + 8 * i, &a.number, 8); break;
        case SHAPE: memcpy(at, &a.shape, sizeof(a.shape)); break;
        case INITIALIZER:
            if (number < COUNT_OF(wrong_small_integers)) {
                initializer.kind = (gan_initializer_kind)wrong_small_integers[number];
            } else {
                initializer.value = (float)wrong_numbers[number - COUNT_OF(wrong_small_integers)];
            }
            memcpy(at, &initializer, sizeof(initializer));
            break;
        case OTHER: break;
        default: memcpy(at, &a.pointer, sizeof(a.pointer)); break;
        }
    }
}

bool is_wrong_for_all(const function *f, const parameter *p, int number)
{
    if (strcmp(f->name, "gan_history_truncate") == 0) return false; /* to a step before all */
    if (strcmp(f->name, "gan_generator_loss") == 0 && strcmp(p->name, "real_logits") == 0) return false; /* unused */
    if (strcmp(f->name, "gan_summary_writer_add_scalar") == 0 && p->kind == DOUBLE) return false; /* shown as it is */
    switch (p->kind) {
    case INTEGER: return wrong_integers[number] < 0;
    case READER:
    case WRITER: return true;
    case ENUM: return number > 0;
    case FLOAT:
    case DOUBLE: return !isfinite(wrong_numbers[number]);
    case SHAPE: return number < COUNT_OF(wrong_shapes) - 2;
    case TERM:
    case PLAYER: return number < 4;
    default: return false;
    }
}

bool is_wrong_number(int number)
{
    return !isfinite(wrong_numbers[number]);
}
