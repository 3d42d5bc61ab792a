#include "torture/caller.h"

#include <string.h>

const structure *find_structure(const char *pointer_type)
{
    const char *name = strncmp(pointer_type, "const ", 6) == 0 ? pointer_type + 6 : pointer_type;

    for (const structure *s = structures; s->name; s++) {
        const size_t length = strlen(s->name);
        if (strncmp(name, s->name, length) == 0 && strcmp(name + length, " *") == 0) return s;
    }
    return NULL;
}

static double before[MOST_PARAMETERS][SLOT / sizeof(double)]; /* what pointers pointed to */

static bool returns(const function *f, const char *type)
{
    return strcmp(f->returns, type) == 0;
}

/* The status that a call ended with; GAN_OK if it cannot fail. */
static gan_status status_of(const function *f, const result *r)
{
    bool failed = false;

    if (returns(f, "gan_status")) return strcmp(f->name, "gan_last_status") == 0 ? GAN_OK : r->status;
    if (returns(f, "gan_layer *")) failed = !r->layer;
    if (returns(f, "gan_term")) failed = r->term.index < 0 || !r->term.game;
    if (returns(f, "gan_player")) failed = r->player.index < 0 || !r->player.game;
    if (returns(f, "gan_node")) failed = r->number < 0;
    return failed ? gan_last_status() : GAN_OK;
}

static bool ends(const char *text, const char *end)
{
    const size_t length = strlen(text), more = strlen(end);
    return length >= more && strcmp(text + length - more, end) == 0;
}

/* Whether the function takes or releases this argument. */
bool function_takes(const function *f, int index)
{
    if (ends(f->name, "_destroy")) return index == 0;
    return strcmp(f->parameters[index].type, "gan_layer *") == 0;
}

/* A handle that a call has made; those of trainers, games and datasets stay theirs. */
static void release_made(const function *f, const parameter *p, void *made)
{
    if (strstr(f->name, "_get_") || !made) return;
    if (strcmp(p->type, "gan_context **") == 0) gan_context_destroy(made);
    if (strcmp(p->type, "gan_random **") == 0) gan_random_destroy(made);
    if (strcmp(p->type, "gan_model **") == 0) gan_model_destroy(made);
    if (strcmp(p->type, "gan_session **") == 0) gan_session_destroy(made);
    if (strcmp(p->type, "gan_optimizer **") == 0) gan_optimizer_destroy(made);
    if (strcmp(p->type, "gan_dataset **") == 0) gan_dataset_destroy(made);
    if (strcmp(p->type, "gan_checkpoint **") == 0) gan_checkpoint_destroy(made);
    if (strcmp(p->type, "gan_trainer **") == 0) gan_trainer_destroy(made);
    if (strcmp(p->type, "gan_game **") == 0) gan_game_destroy(made);
    if (strcmp(p->type, "gan_history **") == 0) gan_history_destroy(made);
    if (strcmp(p->type, "gan_bytes **") == 0) gan_bytes_destroy(made);
    if (strcmp(p->type, "gan_summary_writer **") == 0) gan_summary_writer_destroy(made);
    if (strcmp(p->type, "gan_image_pool **") == 0) gan_image_pool_destroy(made);
}

static void release_results(const function *f, const argument *a, const result *r)
{
    gan_layer_destroy(r->layer);
    for (int i = 0; i < f->count; i++) {
        void *made = NULL;
        if (!ends(f->parameters[i].type, " **") || !a[i].pointer) continue;
        memcpy(&made, a[i].pointer, sizeof(made));
        release_made(f, &f->parameters[i], made);
    }
}

/* What holds for every call, or NULL. */
static const char *check(const world *w, const function *f, const result *r, gan_status status)
{
    if (status < GAN_OK || status > GAN_ERROR_THREAD) return "no status";
    if (!r->text || strlen(r->text) > 10000) return "no text";
    if (status == GAN_OK) return NULL;
    if (gan_last_status() != status || !gan_last_error()[0]) return "no sentence";
    for (int i = 0; i < f->count; i++) {
        if (f->parameters[i].kind == OUTPUT && memcmp(before[i], w->slots[i], SLOT) != 0)
            return "a failed call has changed its result";
    }
    return NULL;
}

gan_status call_function(world *w, const function *f, const argument *a, const fault *wanted, const char **complaint)
{
    result r = {.text = ""};

    memcpy(before, w->slots, sizeof(before));
    for (int i = 0; i < f->count; i++)
        if (function_takes(f, i)) world_forget(w, a[i].pointer);
    if (wanted) fault_begin(*wanted);
    f->call(a, &r);
    if (wanted) fault_end();
    const gan_status status = status_of(f, &r);
    *complaint = check(w, f, &r, status);
    if (status == GAN_OK) release_results(f, a, &r);
    return status;
}

void make_arguments(world *w, const function *f, argument *a)
{
    memset(w->slots, 0, sizeof(w->slots));
    for (int i = 0; i < f->count; i++) world_argument(w, f, i, &a[i]);
}

bool function_can_fail(const function *f)
{
    return returns(f, "gan_layer *") || returns(f, "gan_term") || returns(f, "gan_player") ||
           (returns(f, "gan_status") && strcmp(f->name, "gan_last_status") != 0);
}

bool function_is_repeatable(const function *f)
{
    bool is_repeatable = !world_describes(f->name);

    for (int i = 0; i < f->count; i++) is_repeatable = is_repeatable && !function_takes(f, i);
    return is_repeatable;
}
