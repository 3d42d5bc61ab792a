/* Public functions called at random, one after the other on the same handles, with good and with wrong arguments.
 * Calls return, failures change nothing, and in the end no memory is left. A seed repeats a sequence. */
#include "support/splitmix.h"
#include "torture/caller.h"
#include "torture/form.h"
#include "torture/wrong.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_WORLDS = 20, LONG_WORLDS = 1000, CALLS = 120 };

static world here, elsewhere;
static uint64_t state_of_random;
static char trace[CALLS][64];

static int draw(int below)
{
    return (int)(test_splitmix(++state_of_random) % (uint64_t)below);
}

/* Whether others need the handle that the function destroys: programs must not do that. */
static bool destroys_too_much(const function *f)
{
    static const char *const names[] = {"gan_context_destroy", "gan_dataset_destroy", "gan_game_destroy",
                                        "gan_trainer_destroy"};

    for (int i = 0; i < 4; i++)
        if (strcmp(f->name, names[i]) == 0) return true;
    return false;
}

static const function *draw_function(void)
{
    static int count;

    while (functions[count].name) count++;
    const function *f = &functions[draw(count)];
    return destroys_too_much(f) ? draw_function() : f;
}

/* Makes one argument, or one option, wrong. */
static void spoil(const function *f, argument *a)
{
    if (f->count == 0) return;
    const int index = draw(f->count);
    const parameter *p = &f->parameters[index];
    const structure *s = p->kind == INPUT && a[index].pointer ? find_structure(p->type) : NULL;

    if (s && draw(2) == 0) {
        const field *of = &s->fields[draw(s->count)];
        if (wrong_field_count(of) > 0) make_wrong_field(a[index].pointer, of, draw(wrong_field_count(of)));
        return;
    }
    argument foreign = {.pointer = NULL};
    const void *own = a[index].pointer;
    if (p->kind == HANDLE || p->kind == TERM || p->kind == PLAYER) world_argument(&elsewhere, f, index, &foreign);
    if (wrong_count(p) > 0 && a[index].pointer == own) make_wrong(&a[index], p, draw(wrong_count(p)), &foreign);
    if (function_takes(f, index)) world_forget(&elsewhere, a[index].pointer);
}

static void print_trace(int calls)
{
    for (int i = 0; i <= calls; i++) printf("  %s\n", trace[i]);
}

static void play_world(uint64_t number)
{
    argument a[MOST_PARAMETERS];

    state_of_random = number * 1000003;
    world_create(&here, draw(4) == 0);
    world_create(&elsewhere, false);
    here.is_tolerant = elsewhere.is_tolerant = true;
    for (int i = 0; i < CALLS; i++) {
        const char *complaint = NULL;
        const function *f = draw_function();
        make_arguments(&here, f, a);
        snprintf(trace[i], sizeof(trace[i]), "%s", f->name);
        if (draw(3) == 0) spoil(f, a);
        call_function(&here, f, a, NULL, &complaint);
        if (!complaint) continue;
        print_trace(i);
        fail_msg("world %llu: %s: %s: '%s'", (unsigned long long)number, f->name, complaint, gan_last_error());
    }
    world_destroy(&here);
    world_destroy(&elsewhere);
}

static void test_sequences(void **state)
{
    const int worlds = torture_is_long() ? LONG_WORLDS : SHORT_WORLDS;

    (void)state;
    for (int i = 0; i < worlds; i++) play_world(torture_seed() + (uint64_t)i);
    printf("torture: %d sequences of %d calls\n", worlds, CALLS);
}

static int set_up(void **state)
{
    torture_print_form();
    if (test_folder_create(state) != 0) return -1;
    world_files_create();
    return chdir(test_path("")); /* for wrong paths */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences)};
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
