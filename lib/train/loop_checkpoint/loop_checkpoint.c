/* The checkpoint of a loop written by hand: parts with names. The list of entries is made anew for each save and
 * load, since a model's weights move between two arrays and an optimizer may be given more models. */
#include "train/loop_checkpoint/loop_checkpoint.h"
#include "train/optimizers/optimizers.h"
#include "train/stabilisers/stabilisers.h"

#include <stdio.h>
#include <string.h>

/* ---- Kinds of parts -------------------------------------------------------------------------------------------- */

static void add_model(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_model(entries, part->name, part->object);
}

static void add_optimizer(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_optimizer_add_entries(part->object, part->name, entries);
}

static void add_random(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_random(entries, part->name, part->object);
}

static void add_session(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_session(entries, part->name, part->object);
}

static void add_dataset(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_dataset(entries, part->name, part->object);
}

static void add_image_pool(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_image_pool_add_entries(part->object, part->name, entries);
}

static void add_values(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_array(entries, part->name, GAN_ENTRY_FLOATS, part->object, part->count);
}

static void add_doubles(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_array(entries, part->name, GAN_ENTRY_DOUBLES, part->object, part->count);
}

static void add_integer(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_entries_add_integer(entries, part->name, part->object);
}

/* Of a handle, its counts of references. */
#define COUNT_REFERENCES(noun)               \
    static void retain_##noun(void *object)  \
    {                                        \
        gan_##noun##_retain(object);         \
    }                                        \
    static void destroy_##noun(void *object) \
    {                                        \
        gan_##noun##_destroy(object);        \
    }
COUNT_REFERENCES(model)
COUNT_REFERENCES(optimizer)
COUNT_REFERENCES(random)
COUNT_REFERENCES(session)
COUNT_REFERENCES(dataset)
COUNT_REFERENCES(image_pool)
#undef COUNT_REFERENCES

static const gan_part_kind model_kind = {"a model", add_model, retain_model, destroy_model},
                           optimizer_kind = {"an optimizer", add_optimizer, retain_optimizer, destroy_optimizer},
                           random_kind = {"a random generator", add_random, retain_random, destroy_random},
                           session_kind = {"a session", add_session, retain_session, destroy_session},
                           dataset_kind = {"a dataset", add_dataset, retain_dataset, destroy_dataset},
                           image_pool_kind = {"an image pool", add_image_pool, retain_image_pool, destroy_image_pool},
                           values_kind = {"values", add_values, NULL, NULL},
                           doubles_kind = {"doubles", add_doubles, NULL, NULL},
                           integer_kind = {"an integer", add_integer, NULL, NULL};

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_checkpoint_create(gan_context *context, gan_checkpoint **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_checkpoint *checkpoint = gan_allocate(context, sizeof(*checkpoint));
    if (!checkpoint) return GAN_ERROR_MEMORY;
    checkpoint->context = gan_context_retain(context);
    *out = checkpoint;
    return GAN_OK;
}

void gan_checkpoint_destroy(gan_checkpoint *checkpoint)
{
    if (!checkpoint) return;
    gan_context *context = checkpoint->context;
    for (int64_t i = 0; i < checkpoint->count; i++) {
        const gan_checkpoint_part *part = &checkpoint->parts[i];
        if (part->kind->destroy) part->kind->destroy(part->object);
    }
    gan_release(context, checkpoint->parts, (size_t)checkpoint->capacity * sizeof(*checkpoint->parts));
    gan_release(context, checkpoint, sizeof(*checkpoint));
    gan_context_release(context);
}

/* ---- Adding parts ---------------------------------------------------------------------------------------------- */

/* Whether the longer name is the shorter one, a '.' and more: the entries of such parts could have the same names. */
static bool are_nested(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (*a == '.' && !*b) || (*b == '.' && !*a);
}

static gan_status check_name(const gan_checkpoint *checkpoint, const char *name, const char *function)
{
    static const char *const reserved[] = {"format", "kind", "__metadata__"};
    GAN_TRY(gan_name_check(name, function));
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++) {
        if (strcmp(name, reserved[i]) != 0) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is '%s', which the file itself uses", function, name);
    }
    for (int64_t i = 0; i < checkpoint->count; i++) {
        const char *other = checkpoint->parts[i].name;
        if (strcmp(name, other) == 0) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is '%s', which another part already has", function, name);
        }
        if (are_nested(name, other)) {
            return gan_fail(GAN_ERROR_ARGUMENT,
                            "%s: name is '%s', but there is a part '%s': neither may begin with the other and a '.'",
                            function, name, other);
        }
    }
    return GAN_OK;
}

/* On success the part owns the object if its kind has a destroy. */
static gan_status add_part(gan_checkpoint *checkpoint, const char *name, const gan_part_kind *kind, void *object,
                           int64_t count, const char *function)
{
    GAN_TRY(check_name(checkpoint, name, function));
    for (int64_t i = 0; i < checkpoint->count; i++) {
        if (checkpoint->parts[i].object != object) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: '%s' is what the part '%s' already is", function, name,
                        checkpoint->parts[i].name);
    }
    gan_checkpoint_part *parts = gan_grow_array(checkpoint->context, checkpoint->parts, checkpoint->count,
                                                &checkpoint->capacity, sizeof(*parts));
    if (!parts) return GAN_ERROR_MEMORY;
    checkpoint->parts = parts;
    gan_checkpoint_part *part = &parts[checkpoint->count++];
    *part = (gan_checkpoint_part){.kind = kind, .object = object, .count = count};
    snprintf(part->name, sizeof(part->name), "%s", name);
    return GAN_OK;
}

gan_status gan_checkpoint_add_handle(gan_checkpoint *checkpoint, const char *name, const gan_part_kind *kind,
                                     void *object, const gan_context *context, const char *function)
{
    if (context != checkpoint->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the %s belongs to another context", function,
                        strchr(kind->what, ' ') + 1);
    }
    GAN_TRY(add_part(checkpoint, name, kind, object, 0, function));
    kind->retain(object);
    return GAN_OK;
}

gan_status gan_checkpoint_add_model(gan_checkpoint *checkpoint, const char *name, gan_model *model)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    return gan_checkpoint_add_handle(checkpoint, name, &model_kind, model, model->context, __func__);
}

gan_status gan_checkpoint_add_optimizer(gan_checkpoint *checkpoint, const char *name, gan_optimizer *optimizer)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(optimizer);
    return gan_checkpoint_add_handle(checkpoint, name, &optimizer_kind, optimizer, optimizer->context, __func__);
}

gan_status gan_checkpoint_add_random(gan_checkpoint *checkpoint, const char *name, gan_random *random)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(random);
    return gan_checkpoint_add_handle(checkpoint, name, &random_kind, random, random->context, __func__);
}

gan_status gan_checkpoint_add_session(gan_checkpoint *checkpoint, const char *name, gan_session *session)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(session);
    return gan_checkpoint_add_handle(checkpoint, name, &session_kind, session, session->model->context, __func__);
}

gan_status gan_checkpoint_add_dataset(gan_checkpoint *checkpoint, const char *name, gan_dataset *dataset)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(dataset);
    return gan_checkpoint_add_handle(checkpoint, name, &dataset_kind, dataset, dataset->context, __func__);
}

gan_status gan_checkpoint_add_image_pool(gan_checkpoint *checkpoint, const char *name, gan_image_pool *pool)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(pool);
    return gan_checkpoint_add_handle(checkpoint, name, &image_pool_kind, pool, pool->context, __func__);
}

static gan_status add_array(gan_checkpoint *checkpoint, const char *name, const gan_part_kind *kind, void *values,
                            int64_t count, size_t size, const char *function)
{
    int64_t bytes;
    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", function, (long long)count);
    }
    if (!gan_checked_multiply(count, (int64_t)size, &bytes)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld values overflow", function, (long long)count);
    }
    return add_part(checkpoint, name, kind, values, count, function);
}

gan_status gan_checkpoint_add_values(gan_checkpoint *checkpoint, const char *name, float *values, int64_t count)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(values);
    return add_array(checkpoint, name, &values_kind, values, count, sizeof(*values), __func__);
}

gan_status gan_checkpoint_add_doubles(gan_checkpoint *checkpoint, const char *name, double *values, int64_t count)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(values);
    return add_array(checkpoint, name, &doubles_kind, values, count, sizeof(*values), __func__);
}

gan_status gan_checkpoint_add_integer(gan_checkpoint *checkpoint, const char *name, int64_t *value)
{
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(value);
    return add_part(checkpoint, name, &integer_kind, value, 1, __func__);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* The first entry of each part tells whether a file has it. */
static void add_entries(const gan_checkpoint *checkpoint, gan_entries *entries)
{
    for (int64_t i = 0; i < checkpoint->count; i++) {
        const gan_checkpoint_part *part = &checkpoint->parts[i];
        enum { SIZE = GAN_NAME_LIMIT + 64 };
        char *without = gan_entries_allocate(entries, SIZE);
        if (!without) return;
        snprintf(without, SIZE, "without %s called '%s'", part->kind->what, part->name);
        gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, without);
        part->kind->add_entries(part, entries);
        entries->scope = NULL;
    }
}

void gan_checkpoint_open_scope(const gan_checkpoint_part *part, const char *kind, gan_entries *entries)
{
    gan_entries_add_text(entries, part->name, kind);
    entries->scope = gan_entries_join(entries, part->name, ".");
}

static gan_status save(const gan_checkpoint *checkpoint, gan_target to)
{
    gan_entries entries = {.context = checkpoint->context};
    add_entries(checkpoint, &entries);
    gan_status status = gan_entries_save(&entries, to);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_checkpoint_save(const gan_checkpoint *checkpoint, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(path);
    return save(checkpoint, (gan_target){.path = path});
}

gan_status gan_checkpoint_save_to(const gan_checkpoint *checkpoint, gan_writer writer)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_TRY(gan_writer_check(writer, __func__));
    return save(checkpoint, (gan_target){.writer = writer});
}

static gan_status load(const gan_checkpoint *checkpoint, gan_origin from)
{
    gan_entries entries = {.context = checkpoint->context, .loading = true};
    add_entries(checkpoint, &entries);
    gan_entries_add_hook(&entries, (gan_entries_hook){.tell = gan_entries_tell_resumed, .part = checkpoint->context});
    gan_status status = gan_entries_load(&entries, from);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_checkpoint_load(gan_checkpoint *checkpoint, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(path);
    return load(checkpoint, (gan_origin){.path = path});
}

gan_status gan_checkpoint_load_from(gan_checkpoint *checkpoint, gan_reader reader)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_TRY(gan_reader_check(reader, __func__));
    return load(checkpoint, (gan_origin){.reader = reader});
}
