#include "torture/world.h"
#include "torture/scenarios.h"
#include "support/onnx.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 4, SAMPLES = 8, WIDTH = 4, PIXELS = 128, MEMORY_LIMIT = 32 << 20 };

static float images[SAMPLES * PIXELS], classes[SAMPLES];

/* A call that succeeds, unless the world, w, is tolerant. */
#define OK(call)                                          \
    do {                                                  \
        const gan_status ok = (call);                     \
        if (!w->is_tolerant) test_status(ok, GAN_OK, ""); \
    } while (0)

/* ---- Handles ------------------------------------------------------------------------------------------------- */

static void describe(gan_context *context, gan_model *model)
{
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(WIDTH)));
    gan_model_add(model, gan_layer_dense(context, 3, NULL));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dense(context, WIDTH, NULL));
}

static gan_model *make_model(world *w, bool is_built)
{
    gan_model *model = NULL;

    OK(gan_model_create(w->context, &model));
    describe(w->context, model);
    if (is_built) OK(gan_model_build(model, 1));
    return model;
}

static gan_model *model_of(world *w)
{
    if (!w->model) w->model = make_model(w, !w->is_raw);
    return w->model;
}

static gan_model *copy_of(world *w)
{
    if (!w->copy) w->copy = make_model(w, true);
    return w->copy;
}

static gan_model *draft_of(world *w)
{
    if (!w->draft) w->draft = make_model(w, false);
    return w->draft;
}

/* A session after all its passes. */
static gan_session *make_session(world *w)
{
    gan_session *session = NULL;

    OK(gan_session_create(copy_of(w), GAN_SESSION(.batch = BATCH, .second_order = true), &session));
    if (w->is_raw) return session;
    OK(gan_session_set_input(session, 0, images, 2));
    OK(gan_session_forward(session, GAN_MODE_TRAIN));
    OK(gan_session_set_output_gradient(session, 0, images));
    OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
    OK(gan_session_set_input_tangent(session, 0, images));
    OK(gan_session_tangent_forward(session));
    OK(gan_session_tangent_backward(session, GAN_BACKWARD_INPUTS));
    return session;
}

static const gan_array_field dataset_fields[] = {
    {"image", images, {3, {2, 8, 8}}, 0}, {"x", images, {1, {WIDTH}}, 0}, {"y", classes, {1, {1}}, 3}};

static gan_dataset *dataset_of(world *w, bool with_class_names)
{
    if (w->dataset) return w->dataset;
    if (with_class_names) {
        OK(gan_dataset_open_csv(w->context, test_path("table.csv"), NULL, &w->dataset));
    } else {
        OK(gan_dataset_from_arrays(w->context, SAMPLES, 3, dataset_fields, NULL, &w->dataset));
    }
    return w->dataset;
}

static gan_trainer *trainer_of(world *w)
{
    if (w->gan.trainer) return w->gan.trainer;
    w->gan.context = w->context;
    OK(test_gan_models(w->context, TEST_GAN_DCGAN, &w->gan.generator, &w->gan.discriminator));
    OK(gan_trainer_create(w->context, w->gan.generator, w->gan.discriminator,
                          GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f), &w->gan.trainer));
    if (!w->is_raw) OK(gan_trainer_step(w->gan.trainer, images, BATCH, NULL));
    return w->gan.trainer;
}

/* Played for a round, or only described. */
static const conditional_game *game_of(world *w, bool is_built)
{
    if (w->game.game) return &w->game;
    OK(conditional_describe(w->context, NULL, GAN_PLAYER(.ema_decay = 0.9f), &w->game));
    if (!is_built) return &w->game;
    OK(gan_game_build(w->game.game));
    if (w->is_raw) return &w->game;
    OK(gan_game_feed(w->game.game, w->game.sample, dataset_of(w, false), "x"));
    OK(gan_game_feed(w->game.game, w->game.label, dataset_of(w, false), "y"));
    OK(gan_game_round(w->game.game, (const float *[]){images, classes}, BATCH, NULL));
    return &w->game;
}

static gan_checkpoint *checkpoint_of(world *w, bool is_empty)
{
    if (w->checkpoint) return w->checkpoint;
    OK(gan_checkpoint_create(w->context, &w->checkpoint));
    if (!is_empty && !w->is_raw) OK(gan_checkpoint_add_model(w->checkpoint, "model", copy_of(w)));
    return w->checkpoint;
}

static gan_history *history_of(world *w, bool is_empty)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;

    if (w->history) return w->history;
    OK(gan_history_create(w->context, &w->history));
    report.step = 1;
    if (!is_empty && !w->is_raw) OK(gan_history_add(w->history, &report));
    return w->history;
}

static gan_bytes *bytes_of(world *w)
{
    if (!w->bytes) OK(gan_bytes_create(w->context, &w->bytes));
    return w->bytes;
}

static gan_summary_writer *summary_writer_of(world *w)
{
    if (!w->summary_writer) OK(gan_summary_writer_create(w->context, test_path("events"), NULL, &w->summary_writer));
    return w->summary_writer;
}

/* ---- The world ----------------------------------------------------------------------------------------------- */

void world_create(world *w, bool is_raw)
{
    memset(w, 0, sizeof(*w));
    w->is_raw = is_raw;
    for (int i = 0; i < SAMPLES * PIXELS; i++) images[i] = (float)(i * 7 % 251) / 251.0f;
    for (int i = 0; i < SAMPLES; i++) classes[i] = (float)(i % 3);
    OK(gan_context_create(
        GAN_CONTEXT(.allocator = test_allocator_hooks(&w->allocator), .threads = 1, .memory_limit = MEMORY_LIMIT),
        &w->context));
}

void world_destroy(world *w)
{
    gan_history_destroy(w->history);
    gan_image_pool_destroy(w->pool);
    gan_bytes_destroy(w->bytes);
    gan_summary_writer_destroy(w->summary_writer);
    gan_checkpoint_destroy(w->checkpoint);
    gan_game_destroy(w->game.game);
    gan_model_destroy(w->game.generator);
    gan_model_destroy(w->game.discriminator);
    gan_trainer_destroy(w->gan.trainer);
    gan_model_destroy(w->gan.generator);
    gan_model_destroy(w->gan.discriminator);
    gan_dataset_destroy(w->dataset);
    gan_random_destroy(w->random);
    gan_optimizer_destroy(w->optimizer);
    gan_session_destroy(w->session);
    gan_session_destroy(w->other_session);
    gan_layer_destroy(w->layer);
    gan_model_destroy(w->model);
    gan_model_destroy(w->copy);
    gan_model_destroy(w->draft);
    gan_context_destroy(w->context);
    test_allocator_assert_empty(&w->allocator);
}

void world_forget(world *w, const void *handle)
{
    void **const handles[] = {
        (void **)&w->context,   (void **)&w->model,   (void **)&w->copy,        (void **)&w->draft,
        (void **)&w->layer,     (void **)&w->session, (void **)&w->optimizer,   (void **)&w->random,
        (void **)&w->dataset,   (void **)&w->history, (void **)&w->gan.trainer, (void **)&w->checkpoint,
        (void **)&w->game.game, (void **)&w->pool,    (void **)&w->bytes,       (void **)&w->summary_writer};

    for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
        if (*handles[i] == handle) *handles[i] = NULL;
    }
}

void world_files_create(void)
{
    static world files;
    static test_onnx network;
    world *w = &files;
    gan_step_report report = GAN_STEP_REPORT_INIT;

    scenario_files_create();
    world_create(w, false);
    test_onnx_network(&network);
    test_file_write(test_path("onnx.read"), network.bytes, network.size);
    OK(gan_model_save(copy_of(w), test_path("model.read")));
    OK(gan_checkpoint_save(checkpoint_of(w, false), test_path("checkpoint.read")));
    OK(gan_trainer_save(trainer_of(w), dataset_of(w, false), test_path("trainer.read")));
    OK(gan_game_save(game_of(w, true)->game, test_path("game.read")));
    report.step = 2;
    OK(gan_history_add(history_of(w, false), &report));
    OK(gan_history_write_csv(w->history, test_path("history.read")));
    world_destroy(w);
}

/* ---- Arguments ----------------------------------------------------------------------------------------------- */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Functions that describe a game or a model, which must not be built yet: those that return parts of a game, too. */
bool world_describes(const char *name)
{
    static const char *const names[] = {"gan_model_add",        "gan_model_add_from", "gan_model_set_outputs",
                                        "gan_model_build",      "gan_game_want",      "gan_game_want_by",
                                        "gan_player_add_model", "gan_game_build"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is(name, names[i])) return true;
    for (const function *f = functions; f->name; f++)
        if (is(name, f->name)) return is(f->returns, "gan_term") || is(f->returns, "gan_player");
    return false;
}

static void *handle(world *w, const function *f, const parameter *p)
{
    const char *type = begins(p->type, "const ") ? p->type + 6 : p->type;

    if (is(type, "gan_context *")) return w->context;
    if (is(type, "gan_layer *")) return w->layer ? w->layer : (w->layer = gan_layer_dense(w->context, 2, NULL));
    if (is(type, "gan_trainer *")) return trainer_of(w);
    if (is(type, "gan_game *")) return game_of(w, !world_describes(f->name))->game;
    if (is(type, "gan_checkpoint *")) return checkpoint_of(w, begins(f->name, "gan_checkpoint_add"));
    if (is(type, "gan_bytes *")) return bytes_of(w);
    if (is(type, "gan_summary_writer *")) return summary_writer_of(w);
    if (is(type, "gan_history *")) return history_of(w, begins(f->name, "gan_history_add"));
    if (is(type, "gan_dataset *")) return dataset_of(w, is(f->name, "gan_dataset_get_class_name"));
    if (is(type, "gan_session *")) {
        gan_session **session = is(p->name, "from") ? &w->other_session : &w->session;
        return *session ? *session : (*session = make_session(w));
    }
    if (is(type, "gan_optimizer *")) {
        if (!w->optimizer) OK(gan_optimizer_create(copy_of(w), NULL, &w->optimizer));
        return w->optimizer;
    }
    if (is(type, "gan_image_pool *")) {
        if (!w->pool) OK(gan_image_pool_create(w->context, GAN_SHAPE(WIDTH), NULL, &w->pool));
        return w->pool;
    }
    if (is(type, "gan_random *")) {
        if (!w->random) OK(gan_random_create(w->context, 1, 1, &w->random));
        return w->random;
    }
    if (!is(type, "gan_model *")) fail_msg("there is no handle for %s of %s", p->type, f->name);
    if (is(f->name, "gan_game_apply")) return game_of(w, false)->discriminator;
    if (is(p->name, "generator")) return trainer_of(w), w->gan.generator;
    if (is(p->name, "discriminator")) return trainer_of(w), w->gan.discriminator;
    if (is(f->name, "gan_model_recalibrate")) return trainer_of(w), w->gan.generator;
    if (is(p->name, "average") || is(f->name, "gan_player_add_model")) return copy_of(w);
    return world_describes(f->name) && begins(f->name, "gan_model") ? draft_of(w) : model_of(w);
}

static const char *text(const function *f, const parameter *p)
{
    static const struct {
        const char *function, *parameter, *value;
        bool is_path;
    } values[] = {
        {"gan_model_load", "path", "model.read", true},
        {"gan_model_load_weights", "path", "model.read", true},
        {"gan_model_load_onnx", "path", "onnx.read", true},
        {"gan_checkpoint_load", "path", "checkpoint.read", true},
        {"gan_trainer_load", "path", "trainer.read", true},
        {"gan_game_load", "path", "game.read", true},
        {"gan_summary_writer_create", "folder", "events", true},
        {"gan_history_read_csv", "path", "history.read", true},
        {"gan_dataset_open_idx", "images_path", "images", true},
        {"gan_dataset_open_idx", "labels_path", "labels", true},
        {"gan_dataset_open_folder", "path", "pictures", true},
        {"gan_dataset_open_csv", "path", "table.csv", true},
        {"gan_model_get_tensor", "name", "0.weight", false},
        {"gan_model_set_tensor", "name", "0.weight", false},
        {"gan_model_get_gradient", "name", "0.weight", false},
        {"gan_model_set_trainable", "name", "0.weight", false},
        {"gan_dataset_find_field", "name", "x", false},
        {"gan_game_feed", "field", "x", false},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (!is(f->name, values[i].function) || !is(p->name, values[i].parameter)) continue;
        return values[i].is_path ? test_path(values[i].value) : values[i].value;
    }
    return is(p->name, "path") ? test_path("written") : "thing";
}

static int64_t integer(const function *f, const parameter *p)
{
    static const struct {
        const char *function, *parameter;
        int64_t value;
    } values[] = {
        {"gan_model_get_tensor", "count", 12},
        {"gan_model_set_tensor", "count", 12},
        {"gan_model_get_gradient", "count", 12},
        {"gan_term_get_value", "count", BATCH * WIDTH},
        {"gan_game_apply", "count", 2},
        {"gan_model_add_from", "count", 1},
        {"gan_model_set_outputs", "count", 1},
        {"gan_dataset_get_class_name", "field", 1},
        {"gan_model_describe", "size", SLOT},
        {"gan_augment", "kinds", GAN_AUGMENT_TRANSLATION},
        {"gan_augment_backward", "kinds", GAN_AUGMENT_CUTOUT},
        {"gan_context_create", "threads", 1},
    };
    static const struct {
        const char *parameter;
        int64_t value;
    } others[] = {
        {"index", 0},          {"output", 0},    {"input", 0},
        {"first", 0},          {"field", 0},     {"class_number", 0},
        {"columns", 0},        {"count", BATCH}, {"real_count", BATCH},
        {"fake_count", BATCH}, {"rows", 2},      {"real_rows", 2},
        {"fake_rows", 2},      {"classes", 2},   {"modes", 2},
        {"dimensions", 2},     {"batch", 2},     {"size", 3},
        {"units", 3},          {"filters", 2},   {"groups", 1},
        {"field_count", 1},    {"last_step", 1}, {"seed", 1},
        {"stream", 1},         {"what", 1},      {"loss", GAN_LOSS_NON_SATURATING},
        {"penalty", 0},        {"mode", 0},      {"noise", 0},
        {"role", 0},           {"status", 3},    {"diagnosis", 1},
    };

    if (is(p->name, "microseconds")) return 1000000000; /* no step stays half done */
    if (begins(f->name, "gan_trainer_step") || begins(f->name, "gan_game_round")) return BATCH;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (is(f->name, values[i].function) && is(p->name, values[i].parameter)) return values[i].value;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (is(p->name, others[i].parameter)) return others[i].value;
    return 2;
}

static gan_term term(world *w, const function *f, const parameter *p)
{
    const conditional_game *c = game_of(w, !world_describes(f->name));

    if (is(p->name, "real_logits") || is(p->name, "application") || is(f->name, "gan_binary_cross_entropy_loss"))
        return is(f->name, "gan_game_output") ? c->fake : is(p->name, "targets") ? c->fake_logits : c->real_logits;
    if (is(p->name, "fake_logits")) return c->fake_logits;
    if (is(p->name, "classes")) return c->label;
    if (is(p->name, "loss")) return gan_l1_loss(c->sample, c->fake);
    if (is(p->name, "fake") || is(p->name, "b") || is(p->name, "log_variance") || is(p->name, "term") ||
        is(p->name, "logits"))
        return c->fake;
    return c->sample;
}

static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    (void)user;
    (void)numbers;
    for (int64_t i = 0; i < count * WIDTH && fields[0]; i++) fields[0][i] = 1;
    return GAN_OK;
}

/* What two readers read, whatever becomes of their sizes and of `user`. */
static struct {
    unsigned char bytes[1 << 18];
    size_t size;
} contents[2];

static gan_status read_content(int which, int64_t offset, void *out, size_t size)
{
    if (offset < 0 || (uint64_t)offset > contents[which].size || size > contents[which].size - (size_t)offset)
        return GAN_ERROR_IO;
    memcpy(out, contents[which].bytes + offset, size);
    return GAN_OK;
}

static gan_status read_first(void *user, int64_t offset, void *out, size_t size)
{
    (void)user;
    return read_content(0, offset, out, size);
}

static gan_status read_second(void *user, int64_t offset, void *out, size_t size)
{
    (void)user;
    return read_content(1, offset, out, size);
}

/* The file that a function can load. */
static gan_reader reader(const function *f, const parameter *p)
{
    static const struct {
        const char *function, *file;
    } files[] = {{"gan_model", "model.read"},
                 {"gan_model_load_onnx", "onnx.read"},
                 {"gan_dataset_open_idx", "images"},
                 {"gan_dataset_open_npy", "field.npy"},
                 {"gan_dataset_open_csv", "table.csv"}};
    const int which = is(p->name, "labels");
    char path[64];

    snprintf(path, sizeof(path), "%.*s.read", (int)strcspn(f->name + 4, "_"), f->name + 4);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (begins(f->name, files[i].function)) snprintf(path, sizeof(path), "%s", files[i].file);
    if (which == 1) snprintf(path, sizeof(path), "labels");
    contents[which].size = test_file_read(test_path(path), contents[which].bytes, sizeof(contents[which].bytes));
    return (gan_reader){(int64_t)contents[which].size, which == 0 ? read_first : read_second, NULL};
}

/* Options as their macro makes them, with what they cannot be without. */
static void set_options(const char *name, void *out)
{
    if (is(name, "gan_folder_options")) ((gan_folder_options *)out)->height = ((gan_folder_options *)out)->width = 6;
    if (is(name, "gan_split_options")) ((gan_split_options *)out)->count = 2;
    if (is(name, "gan_run_options")) ((gan_run_options *)out)->epochs = ((gan_run_options *)out)->steps = 1;
    if (is(name, "gan_game_run_options"))
        ((gan_game_run_options *)out)->epochs = ((gan_game_run_options *)out)->rounds = 1;
    if (is(name, "gan_trainer_options")) ((gan_trainer_options *)out)->batch = BATCH;
    if (is(name, "gan_step_report")) ((gan_step_report *)out)->step = 1;
    if (is(name, "gan_context_options")) ((gan_context_options *)out)->threads = 1;
    if (is(name, "gan_array_field")) *(gan_array_field *)out = (gan_array_field){"a", images, GAN_SHAPE(WIDTH), 0};
    if (is(name, "gan_callback_field")) *(gan_callback_field *)out = (gan_callback_field){"a", GAN_SHAPE(WIDTH), 0};
    if (is(name, "gan_npy_field")) *(gan_npy_field *)out = (gan_npy_field){"a", test_path("field.npy"), 0};
}

/* What a pointer points to, for functions that read or change it. */
static void fill_slot(world *w, const parameter *p, void *slot)
{
    static float scratch[3][SAMPLES * PIXELS];
    const structure *known = find_structure(p->type);

    if (known) {
        if (is(known->fields[0].name, "struct_size")) memcpy(slot, &known->size, sizeof(size_t));
        if (is(p->type, "const gan_round_report *"))
            OK(gan_game_round(game_of(w, true)->game, (const float *[]){images, classes}, BATCH, slot));
        set_options(known->name, slot);
        if (is(p->type, "const gan_term *")) {
            const conditional_game *c = game_of(w, false);
            memcpy(slot, (gan_term[]){c->sample, c->label}, 2 * sizeof(gan_term));
        }
    } else if (is(p->type, "const float *const *")) {
        memcpy(slot, (const float *[]){images, classes}, 2 * sizeof(float *));
    } else if (is(p->type, "float *const *")) {
        memcpy(slot, (float *[]){scratch[0], scratch[1], scratch[2]}, 3 * sizeof(float *));
    } else if (is(p->type, "const float *")) {
        float *values = slot;
        for (int i = 0; i < SLOT / (int)sizeof(float); i++) {
            values[i] = is(p->name, "probabilities") ? (i % 2 ? 0.75f : 0.25f) : (float)(i * 7 % 251 + 1) / 252.0f;
        }
    } else if (is(p->type, "const int32_t *")) {
        for (int i = 0; i < SLOT / (int)sizeof(int32_t); i++) ((int32_t *)slot)[i] = i % 2;
    }
}

void world_argument(world *w, const function *f, int index, argument *out)
{
    const parameter *p = &f->parameters[index];

    *out = (argument){.number = 0.5};
    switch (p->kind) {
    case HANDLE: out->pointer = handle(w, f, p); break;
    case TEXT: out->pointer = (void *)(uintptr_t)text(f, p); break;
    case INPUT:
        if (is(p->type, "void *")) break;
        out->pointer = w->slots[index];
        fill_slot(w, p, out->pointer);
        if (is(p->type, "const gan_reader *")) *(gan_reader *)out->pointer = reader(f, p);
        if (is(f->name, "gan_dataset_open_npy_from") && is(p->name, "fields"))
            ((gan_npy_field *)out->pointer)->path = NULL;
        break;
    case OUTPUT:
        out->pointer = w->slots[index];
        fill_slot(w, p, out->pointer);
        break;
    case SHAPE:
        out->shape = begins(f->name, "gan_augment") || begins(f->name, "gan_png") ||
                             is(f->name, "gan_summary_writer_add_images")
                         ? GAN_SHAPE(1, 5, 5)
                         : GAN_SHAPE(4);
        break;
    case TERM: out->term = term(w, f, p); break;
    case PLAYER: out->player = game_of(w, !world_describes(f->name))->g; break;
    case CURSOR: OK(gan_dataset_get_cursor(dataset_of(w, false), &out->cursor)); break;
    case FILL: out->fill = fill; break;
    case READER: out->reader = reader(f, p); break;
    case WRITER: out->writer = gan_bytes_writer(bytes_of(w)); break;
    case RANDOM_STATE:
    case FLOAT:
    case DOUBLE: break;
    default: out->integer = integer(f, p); break;
    }
    if (is(f->name, "gan_loss_discriminator") && is(p->name, "real_target")) out->number = 1;
}
