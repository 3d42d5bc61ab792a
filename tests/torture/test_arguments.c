/* Every public function with arguments that it should not get: each in turn NULL, of another context, absurd or out
 * of range, while the others are good. Calls return; what fails has a sentence and changes no result; handles stay
 * usable, and no memory is left. The functions and options are those of libgan.h, whichever they are. */
#include "torture/caller.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t calls;

/* ---- Wrong values -------------------------------------------------------------------------------------------- */

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

/* How many wrong values there are for a parameter or field. */
static int wrong_count(argument_kind kind)
{
    switch (kind) {
    case HANDLE: return 2;
    case INPUT:
    case OUTPUT:
    case FILL: return 1;
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

static int wrong_arguments(const parameter *p)
{
    return wrong_count(p->kind) + (is_array(p) ? COUNT_OF(wrong_bytes) : 0);
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

static void make_wrong(argument *a, argument_kind kind, int number, const argument *foreign)
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
    default: a->pointer = NULL; break;
    }
}

/* Writes a wrong value into a field. */
static void make_wrong_field(unsigned char *at, const field *f, int number)
{
    const argument nothing = {.pointer = NULL};
    argument a = nothing;
    gan_initializer initializer = {GAN_INITIALIZER_NORMAL, 1};

    make_wrong(&a, f->kind == HANDLE ? INPUT : f->kind, number, &nothing);
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

/* ---- One call ------------------------------------------------------------------------------------------------ */

/* What is tried, for messages. */
typedef struct attempt {
    const function *f;
    const parameter *p; /* NULL: all are good */
    const field *of;    /* NULL: the parameter itself */
    int number;         /* of the wrong value */
    bool is_raw;
} attempt;

static int complaints;

static void complain(const attempt *t, const char *what)
{
    complaints++;
    fprintf(stderr, "%s%s, wrong %s%s%s number %d: %s (%s: '%s')\n", t->f->name, t->is_raw ? " with raw handles" : "",
            t->p ? t->p->name : "nothing", t->of ? "." : "", t->of ? t->of->name : "", t->number, what,
            gan_status_name(gan_last_status()), gan_last_error());
}

static gan_status call(world *w, const attempt *t, const argument *a)
{
    const char *complaint = NULL;
    const gan_status status = call_function(w, t->f, a, NULL, &complaint);

    calls++;
    if (complaint) complain(t, complaint);
    return status;
}

/* The good call, in the same world, after a wrong one that failed. */
static void call_again(world *w, const attempt *t, gan_status failure)
{
    argument a[MOST_PARAMETERS];
    if (t->is_raw || failure == GAN_OK || !function_is_repeatable(t->f)) return;
    make_arguments(w, t->f, a);
    if (call(w, t, a) != GAN_OK) complain(t, "the good call fails after it");
}

/* ---- Every argument ------------------------------------------------------------------------------------------ */

static world here, elsewhere;

/* Whether a parameter's value is wrong whatever the function. */
static bool is_always_wrong(const attempt *t)
{
    const parameter *p = t->p;

    if (strcmp(t->f->name, "gan_history_truncate") == 0) return false; /* to a step before all */
    if (strcmp(t->f->name, "gan_generator_loss") == 0 && strcmp(p->name, "real_logits") == 0)
        return false; /* unused */
    switch (p->kind) {
    case INTEGER: return wrong_integers[t->number] < 0;
    case ENUM: return t->number > 0;
    case FLOAT:
    case DOUBLE: return !isfinite(wrong_numbers[t->number]);
    case SHAPE: return t->number < COUNT_OF(wrong_shapes) - 2;
    case TERM:
    case PLAYER: return t->number < 4;
    default: return false;
    }
}

static void check_argument_status(const attempt *t, gan_status status)
{
    const parameter *p = t->p;
    const bool is_options = p->kind == INPUT && find_structure(p->type);
    const bool is_null = t->number == 0 && !is_options &&
                         (p->kind == HANDLE || p->kind == INPUT || p->kind == OUTPUT || p->kind == TEXT);

    if (strcmp(t->f->name, "gan_layer_named") == 0 && p->kind == HANDLE) return; /* it keeps what failed */
    if (is_null && status != GAN_OK && status != GAN_ERROR_NULL) complain(t, "expected GAN_ERROR_NULL");
    if (status == GAN_OK && function_can_fail(t->f) && is_always_wrong(t)) complain(t, "it is accepted");
}

static void check_field_status(const attempt *t, gan_status status)
{
    const field *of = t->of;
    const bool is_option = t->p->kind == INPUT && strstr(t->p->type, "_options *");

    if (strcmp(of->name, "reserved") == 0 && of->kind == BYTE && status != GAN_ERROR_VERSION)
        complain(t, "expected GAN_ERROR_VERSION");
    if (strcmp(of->name, "struct_size") == 0 && t->number < 3 && status != GAN_ERROR_ARGUMENT)
        complain(t, "expected GAN_ERROR_ARGUMENT");
    if (is_option && (of->kind == FLOAT || of->kind == DOUBLE) && t->number < 3 && status != GAN_ERROR_NOT_FINITE)
        complain(t, "expected GAN_ERROR_NOT_FINITE");
    if (is_option && of->kind == ENUM && t->number > 0 && status == GAN_OK) complain(t, "it is accepted");
}

static void attempt_field(const function *f, int index, const field *of, int number)
{
    const attempt t = {f, &f->parameters[index], of, number, false};
    argument a[MOST_PARAMETERS];

    world_create(&here, false);
    make_arguments(&here, f, a);
    make_wrong_field((unsigned char *)a[index].pointer + of->offset, of, number);
    const gan_status status = call(&here, &t, a);
    check_field_status(&t, status);
    call_again(&here, &t, status);
    world_destroy(&here);
}

static void attempt_fields(const function *f, int index)
{
    const parameter *p = &f->parameters[index];
    const structure *s = p->kind == INPUT || p->kind == OUTPUT ? find_structure(p->type) : NULL;

    for (int i = 0; s && i < s->count; i++) {
        const field *of = &s->fields[i];
        if (p->kind == OUTPUT && strcmp(of->name, "struct_size") != 0) continue;
        for (int number = 0; number < wrong_count(of->kind); number++) attempt_field(f, index, of, number);
    }
}

static void attempt_argument(const function *f, int index, int number, bool is_raw)
{
    const attempt t = {f, &f->parameters[index], NULL, number, is_raw};
    argument a[MOST_PARAMETERS], foreign = {.pointer = NULL};

    world_create(&here, is_raw);
    world_create(&elsewhere, false);
    make_arguments(&here, f, a);
    if (t.p->kind == HANDLE || t.p->kind == TERM || t.p->kind == PLAYER)
        world_argument(&elsewhere, f, index, &foreign);
    const void *own = a[index].pointer;
    if (number >= wrong_count(t.p->kind)) {
        memset(a[index].pointer, wrong_bytes[number - wrong_count(t.p->kind)], SLOT);
    } else {
        make_wrong(&a[index], t.p->kind, number, &foreign);
    }
    if (function_takes(f, index) && a[index].pointer && a[index].pointer != own)
        world_forget(&elsewhere, a[index].pointer);
    const gan_status status = call(&here, &t, a);
    if (!is_raw) check_argument_status(&t, status);
    call_again(&here, &t, status);
    world_destroy(&here);
    world_destroy(&elsewhere);
}

static void attempt_good(const function *f, bool is_raw)
{
    const attempt t = {f, NULL, NULL, 0, is_raw};
    argument a[MOST_PARAMETERS];

    world_create(&here, is_raw);
    make_arguments(&here, f, a);
    if (call(&here, &t, a) != GAN_OK && !is_raw) complain(&t, "the arguments that world.c has for it are refused");
    world_destroy(&here);
}

static void test_arguments(void **state)
{
    int function_count = 0, argument_count = 0;

    (void)state;
    for (const function *f = functions; f->name; f++, function_count++) {
        attempt_good(f, false);
        attempt_good(f, true);
        for (int i = 0; i < f->count; i++, argument_count++) {
            for (int number = 0; number < wrong_arguments(&f->parameters[i]); number++) {
                attempt_argument(f, i, number, false);
                attempt_argument(f, i, number, true);
            }
            attempt_fields(f, i);
        }
    }
    printf("torture: %d functions with %d arguments, called %lld times\n", function_count, argument_count,
           (long long)calls);
    assert_int_equal(complaints, 0);
}

static int set_up(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    world_files_create();
    return chdir(test_path("")); /* for wrong paths */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arguments)};
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
