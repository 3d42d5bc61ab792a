/* Every public function with arguments that it should not get: each in turn NULL, of another context, absurd or out
 * of range, while the others are good. Calls return; what fails has a sentence and changes no result; handles stay
 * usable, and no memory is left. The functions and options are those of libgan.h, whichever they are. */
#include "torture/caller.h"
#include "torture/wrong.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t calls;

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

static void check_argument_status(const attempt *t, gan_status status)
{
    const parameter *p = t->p;
    const bool is_options = p->kind == INPUT && find_structure(p->type);
    const bool is_null = t->number == 0 && !is_options &&
                         (p->kind == HANDLE || p->kind == INPUT || p->kind == OUTPUT || p->kind == TEXT);

    if (strcmp(t->f->name, "gan_layer_named") == 0 && p->kind == HANDLE) return; /* it keeps what failed */
    if (is_null && status != GAN_OK && status != GAN_ERROR_NULL) complain(t, "expected GAN_ERROR_NULL");
    if (status == GAN_OK && function_can_fail(t->f) && is_wrong_for_all(t->f, p, t->number))
        complain(t, "it is accepted");
}

static void check_field_status(const attempt *t, gan_status status)
{
    const field *of = t->of;
    const bool is_option = t->p->kind == INPUT && strstr(t->p->type, "_options *");

    if (strcmp(of->name, "reserved") == 0 && of->kind == BYTE && status != GAN_ERROR_VERSION)
        complain(t, "expected GAN_ERROR_VERSION");
    if (strcmp(of->name, "struct_size") == 0 && t->number < 3 && status != GAN_ERROR_ARGUMENT)
        complain(t, "expected GAN_ERROR_ARGUMENT");
    if (is_option && (of->kind == FLOAT || of->kind == DOUBLE) && is_wrong_number(t->number) &&
        status != GAN_ERROR_NOT_FINITE)
        complain(t, "expected GAN_ERROR_NOT_FINITE");
    if (is_option && of->kind == ENUM && t->number > 0 && status == GAN_OK) complain(t, "it is accepted");
}

static void attempt_field(const function *f, int index, const field *of, int number)
{
    const attempt t = {f, &f->parameters[index], of, number, false};
    argument a[MOST_PARAMETERS];

    world_create(&here, false);
    make_arguments(&here, f, a);
    make_wrong_field(a[index].pointer, of, number);
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
        for (int number = 0; number < wrong_field_count(of); number++) attempt_field(f, index, of, number);
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
    make_wrong(&a[index], t.p, number, &foreign);
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
            for (int number = 0; number < wrong_count(&f->parameters[i]); number++) {
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
