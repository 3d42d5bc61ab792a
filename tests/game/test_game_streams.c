/* Checkpoints of trainers, games and loops in memory and through callbacks, and games and trainers as parts of a
 * loop's checkpoint: the bytes are those of files, resumed equals never stopped, and what fails changes nothing. */
#include "games.h"

#include "support/allocator.h"
#include "support/streams.h"

#include <stdio.h>
#include <string.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { COUNT = 11, BATCH = 3, BEFORE = 5, AFTER = 4 };

static float samples[COUNT * CONDITIONAL_SAMPLE], classes[COUNT], points[COUNT * 4];

/* Two games, a trainer and what a loop has beside them. */
typedef struct loop {
    char log[4096];
    gan_context *context;
    conditional_game first, second;
    test_gan gan;
    gan_dataset *fed, *data;
    int64_t step;
    gan_checkpoint *checkpoint;
} loop;

static void remember(void *user, gan_log_level level, const char *message)
{
    loop *l = user;
    const size_t length = strlen(l->log);

    (void)level;
    snprintf(l->log + length, sizeof(l->log) - length, "%s\n", message);
}

static gan_status describe_game(gan_context *context, const gan_game_options *options, conditional_game *out)
{
    gan_status status = conditional_describe(context, options, GAN_PLAYER(.ema_decay = 0.9f), out);

    return status == GAN_OK ? gan_game_build(out->game) : status;
}

static gan_status make_parts(loop *l, gan_context *context, const gan_game_options *options)
{
    const gan_array_field fields[] = {{"x", samples, GAN_SHAPE(CONDITIONAL_SAMPLE), 0},
                                      {"y", classes, GAN_SHAPE(1), CONDITIONAL_CLASSES}};
    gan_status status = describe_game(context, options, &l->first);

    if (status == GAN_OK) status = describe_game(context, NULL, &l->second);
    if (status == GAN_OK) status = test_gan_models(context, TEST_GAN_DENSE, &l->gan.generator, &l->gan.discriminator);
    if (status == GAN_OK) {
        status = gan_trainer_create(context, l->gan.generator, l->gan.discriminator,
                                    GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f), &l->gan.trainer);
    }
    if (status == GAN_OK)
        status = gan_dataset_from_arrays(context, COUNT, 2, fields, GAN_DATASET(.seed = 1), &l->fed);
    if (status == GAN_OK) {
        status = gan_dataset_from_array(context, points, NULL, COUNT, GAN_SHAPE(4), GAN_DATASET(.seed = 2), &l->data);
    }
    if (status == GAN_OK) status = gan_game_feed(l->first.game, l->first.sample, l->fed, "x");
    if (status == GAN_OK) status = gan_game_feed(l->first.game, l->first.label, l->fed, "y");
    return status == GAN_OK ? gan_checkpoint_create(context, &l->checkpoint) : status;
}

static gan_status add_parts(loop *l)
{
    gan_status status = gan_checkpoint_add_game(l->checkpoint, "first", l->first.game);

    if (status == GAN_OK) status = gan_checkpoint_add_integer(l->checkpoint, "step", &l->step);
    if (status == GAN_OK) status = gan_checkpoint_add_game(l->checkpoint, "second", l->second.game);
    if (status == GAN_OK) status = gan_checkpoint_add_trainer(l->checkpoint, "trainer", l->gan.trainer);
    return status == GAN_OK ? gan_checkpoint_add_dataset(l->checkpoint, "data", l->data) : status;
}

static void release_game(conditional_game *c)
{
    gan_game_destroy(c->game);
    gan_model_destroy(c->generator);
    gan_model_destroy(c->discriminator);
}

static void release(loop *l)
{
    gan_checkpoint_destroy(l->checkpoint);
    release_game(&l->first);
    release_game(&l->second);
    gan_trainer_destroy(l->gan.trainer);
    gan_model_destroy(l->gan.generator);
    gan_model_destroy(l->gan.discriminator);
    gan_dataset_destroy(l->fed);
    gan_dataset_destroy(l->data);
    gan_context_destroy(l->context);
}

static void create(loop *l, const gan_game_options *options)
{
    *l = (loop){.step = 0};
    conditional_data(1, COUNT, samples, classes);
    test_numbers(3, points, COUNT * 4);
    OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = remember, .log_user = l), &l->context));
    OK(make_parts(l, l->context, options));
    OK(add_parts(l));
}

static void go_on(loop *l, int rounds)
{
    float batch[BATCH * CONDITIONAL_SAMPLE], labels[BATCH];

    for (int i = 0; i < rounds; i++) {
        OK(gan_game_run(l->first.game, GAN_GAME_RUN(.rounds = 1)));
        conditional_data(20 + (uint64_t)l->step, BATCH, batch, labels);
        OK(gan_game_round(l->second.game, (const float *[]){batch, labels}, BATCH, NULL));
        OK(gan_trainer_run(l->gan.trainer, l->data, GAN_RUN(.steps = 1)));
        l->step++;
    }
}

static gan_bytes *bytes_in(gan_context *context)
{
    gan_bytes *bytes = NULL;

    OK(gan_bytes_create(context, &bytes));
    return bytes;
}

static gan_bytes *save(const loop *l)
{
    gan_bytes *bytes = bytes_in(l->context);

    OK(gan_checkpoint_save_to(l->checkpoint, gan_bytes_writer(bytes)));
    return bytes;
}

static gan_reader reader_of(const gan_bytes *bytes)
{
    return gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes));
}

static void assert_same_bytes(const gan_bytes *a, const gan_bytes *b)
{
    assert_int_equal(gan_bytes_size(a), gan_bytes_size(b));
    assert_memory_equal(gan_bytes_data(a), gan_bytes_data(b), gan_bytes_size(a));
}

/* ---- Resuming -------------------------------------------------------------------------------------------------- */

static void test_resumed_equals_never_stopped(void **state)
{
    loop whole, begun, resumed;
    (void)state;

    create(&whole, NULL);
    create(&begun, NULL);
    create(&resumed, NULL);
    go_on(&whole, BEFORE + AFTER);
    go_on(&begun, BEFORE);
    gan_bytes *bytes = save(&begun);
    resumed.log[0] = 0;
    OK(gan_checkpoint_load_from(resumed.checkpoint, reader_of(bytes)));
    assert_string_equal(resumed.log, "resumed from the reader's data\n");
    assert_int_equal(resumed.step, BEFORE);
    assert_int_equal(gan_game_rounds(resumed.second.game), BEFORE);
    assert_int_equal(gan_trainer_steps(resumed.gan.trainer), BEFORE);
    go_on(&resumed, AFTER);
    gan_bytes *a = save(&whole), *b = save(&resumed);
    assert_same_bytes(a, b);
    test_assert_same_weights(whole.first.generator, resumed.first.generator);
    test_assert_same_weights(whole.second.discriminator, resumed.second.discriminator);
    test_assert_same_weights(whole.gan.generator, resumed.gan.generator);
    gan_bytes_destroy(a);
    gan_bytes_destroy(b);
    gan_bytes_destroy(bytes);
    release(&whole);
    release(&begun);
    release(&resumed);
}

/* A part of a checkpoint is all of the game's own file. */
static void test_game_and_trainer_alone(void **state)
{
    loop from, to;
    (void)state;

    create(&from, NULL);
    create(&to, NULL);
    go_on(&from, BEFORE);
    gan_bytes *bytes = bytes_in(from.context);

    OK(gan_game_save(from.first.game, test_path("file")));
    OK(gan_game_save_to(from.first.game, gan_bytes_writer(bytes)));
    test_assert_bytes_of_file(bytes, test_path("file"));
    to.log[0] = 0;
    OK(gan_game_load_from(to.first.game, reader_of(bytes)));
    assert_string_equal(to.log, "resumed from the reader's data after round 5\n");

    gan_bytes_clear(bytes);
    OK(gan_trainer_save(from.gan.trainer, from.data, test_path("file")));
    OK(gan_trainer_save_to(from.gan.trainer, from.data, gan_bytes_writer(bytes)));
    test_assert_bytes_of_file(bytes, test_path("file"));
    OK(gan_trainer_load_from(to.gan.trainer, to.data, reader_of(bytes)));
    assert_non_null(strstr(to.log, "resumed from the reader's data after step 5\n"));

    gan_bytes_clear(bytes);
    OK(gan_checkpoint_save(from.checkpoint, test_path("file")));
    OK(gan_checkpoint_save_to(from.checkpoint, gan_bytes_writer(bytes)));
    test_assert_bytes_of_file(bytes, test_path("file"));

    test_assert_same_weights(from.first.discriminator, to.first.discriminator);
    test_assert_same_weights(from.gan.discriminator, to.gan.discriminator);
    to.log[0] = 0;
    OK(gan_checkpoint_load(to.checkpoint, test_path("file")));
    assert_true(strncmp(to.log, "resumed from '", 14) == 0 && strstr(to.log, "file'\n"));
    gan_bytes_destroy(bytes);
    release(&from);
    release(&to);
}

/* The checkpoint keeps what it was given. */
static void test_parts_are_kept_alive(void **state)
{
    loop l, other;
    (void)state;

    create(&l, NULL);
    create(&other, NULL);
    go_on(&l, 2);
    gan_bytes *before = save(&l);
    gan_game_destroy(l.second.game);
    gan_trainer_destroy(l.gan.trainer);
    l.second.game = NULL;
    l.gan.trainer = NULL;
    gan_bytes *after = save(&l);
    assert_same_bytes(before, after);
    OK(gan_checkpoint_load_from(l.checkpoint, reader_of(before)));
    gan_bytes_destroy(before);
    gan_bytes_destroy(after);
    release(&l);
    release(&other);
}

/* ---- Refusals -------------------------------------------------------------------------------------------------- */

static void refuse(const gan_bytes *bytes, loop *into, gan_status status, const char *sentence)
{
    gan_bytes *before = save(into);

    test_status(gan_checkpoint_load_from(into->checkpoint, reader_of(bytes)), status, sentence);
    gan_bytes *after = save(into);
    assert_same_bytes(before, after);
    gan_bytes_destroy(before);
    gan_bytes_destroy(after);
}

/* Makes the checkpoint anew, with one part. */
static void begin_anew(loop *l)
{
    gan_checkpoint_destroy(l->checkpoint);
    OK(gan_checkpoint_create(l->context, &l->checkpoint));
}

static void test_other_parts(void **state)
{
    loop from, to;
    (void)state;

    create(&from, NULL);
    create(&to, NULL);
    begin_anew(&from);
    begin_anew(&to);
    OK(gan_checkpoint_add_game(from.checkpoint, "a", from.second.game));
    gan_bytes *game = save(&from);
    OK(gan_checkpoint_add_game(to.checkpoint, "b", to.second.game));
    refuse(game, &to, GAN_ERROR_NOT_FOUND, "the reader's data was saved without a game called 'b'");
    begin_anew(&to);
    OK(gan_checkpoint_add_trainer(to.checkpoint, "a", to.gan.trainer));
    refuse(game, &to, GAN_ERROR_ARCHITECTURE, "its a is game, expected trainer");
    begin_anew(&to);
    OK(gan_checkpoint_add_game(to.checkpoint, "a", to.first.game));
    refuse(game, &to, GAN_ERROR_NOT_FOUND, "it has no cursor for the dataset that feeds input 'sample'");
    begin_anew(&to);
    OK(gan_checkpoint_add_model(to.checkpoint, "a", to.gan.generator));
    refuse(game, &to, GAN_ERROR_FORMAT, "its a: ");
    test_status(gan_game_load_from(to.first.game, reader_of(game)), GAN_ERROR_FORMAT,
                "the reader's data has no libgan.");
    gan_bytes_destroy(game);
    release(&from);
    release(&to);
}

static void test_wrong_parts(void **state)
{
    loop l, other;
    conditional_game open;
    (void)state;

    create(&l, NULL);
    create(&other, NULL);
    test_status(gan_checkpoint_add_game(l.checkpoint, "again", l.first.game), GAN_ERROR_ARGUMENT,
                "'again' is what the part 'first' already is");
    test_status(gan_checkpoint_add_trainer(l.checkpoint, "again", l.gan.trainer), GAN_ERROR_ARGUMENT,
                "'again' is what the part 'trainer' already is");
    test_status(gan_checkpoint_add_game(l.checkpoint, "other", other.first.game), GAN_ERROR_ARGUMENT,
                "gan_checkpoint_add_game: the game belongs to another context");
    test_status(gan_checkpoint_add_trainer(l.checkpoint, "other", other.gan.trainer), GAN_ERROR_ARGUMENT,
                "gan_checkpoint_add_trainer: the trainer belongs to another context");
    test_status(gan_checkpoint_add_integer(l.checkpoint, "first.steps", &other.step), GAN_ERROR_ARGUMENT,
                "there is a part 'first'");
    OK(conditional_describe(l.context, NULL, NULL, &open));
    test_status(gan_checkpoint_add_game(l.checkpoint, "open", open.game), GAN_ERROR_STATE, "has not been called");
    release_game(&open);
    test_status(gan_game_save_to(l.first.game, (gan_writer){NULL, NULL}), GAN_ERROR_NULL, "writer.write is NULL");
    test_status(gan_trainer_load_from(l.gan.trainer, NULL, (gan_reader){-1, NULL, NULL}), GAN_ERROR_NULL,
                "reader.read is NULL");
    release(&l);
    release(&other);
}

/* The log says which game was described otherwise. */
static void test_other_settings(void **state)
{
    loop from, to;
    (void)state;

    create(&from, NULL);
    create(&to, GAN_GAME(.batch = 7));
    gan_bytes *bytes = save(&from);
    to.log[0] = 0;
    OK(gan_checkpoint_load_from(to.checkpoint, reader_of(bytes)));
    assert_string_equal(to.log, "the game 'first' in the reader's data was described otherwise: game.batch was 32, "
                                "and is 7 here\nresumed from the reader's data\n");
    gan_bytes_destroy(bytes);
    release(&from);
    release(&to);
}

/* ---- Failures -------------------------------------------------------------------------------------------------- */

static gan_status save_loop(gan_writer writer, void *user)
{
    return gan_checkpoint_save_to(((loop *)user)->checkpoint, writer);
}

static gan_status save_game(gan_writer writer, void *user)
{
    return gan_game_save_to(((loop *)user)->first.game, writer);
}

static gan_status save_trainer(gan_writer writer, void *user)
{
    return gan_trainer_save_to(((loop *)user)->gan.trainer, ((loop *)user)->data, writer);
}

static gan_status load_loop(gan_reader reader, void *user)
{
    return gan_checkpoint_load_from(((loop *)user)->checkpoint, reader);
}

static gan_status load_game(gan_reader reader, void *user)
{
    return gan_game_load_from(((loop *)user)->first.game, reader);
}

static gan_status load_trainer(gan_reader reader, void *user)
{
    return gan_trainer_load_from(((loop *)user)->gan.trainer, ((loop *)user)->data, reader);
}

/* What fails changes nothing, and what does not fail everything. */
static void check_failures(test_write_fn write, test_read_fn read)
{
    loop from, to;

    create(&from, NULL);
    create(&to, NULL);
    go_on(&from, BEFORE);
    gan_bytes *bytes = bytes_in(from.context), *whole = save(&from), *before, *after;
    OK(write(gan_bytes_writer(bytes), &from));
    test_every_write_fails(gan_bytes_data(bytes), gan_bytes_size(bytes), write, &from);
    before = save(&to);
    test_every_size_fails(gan_bytes_data(bytes), gan_bytes_size(bytes), 397, read, &to);
    after = save(&to);
    assert_same_bytes(before, after);
    gan_bytes_destroy(after);
    test_every_read_fails(gan_bytes_data(bytes), gan_bytes_size(bytes), read, &from);
    after = save(&from);
    assert_same_bytes(whole, after);
    gan_bytes_destroy(bytes);
    gan_bytes_destroy(whole);
    gan_bytes_destroy(before);
    gan_bytes_destroy(after);
    release(&from);
    release(&to);
}

static void test_failing_callbacks(void **state)
{
    (void)state;
    check_failures(save_loop, load_loop);
    check_failures(save_game, load_game);
    check_failures(save_trainer, load_trainer);
}

/* A checkpoint of a game in memory. */
static gan_status in_memory(gan_context *context, void *user)
{
    loop l = {.step = 1};
    gan_bytes *bytes = NULL;
    gan_status status = make_parts(&l, context, NULL);

    (void)user;
    if (status == GAN_OK) status = add_parts(&l);
    if (status == GAN_OK) status = gan_bytes_create(context, &bytes);
    if (status == GAN_OK) status = gan_checkpoint_save_to(l.checkpoint, gan_bytes_writer(bytes));
    if (status == GAN_OK) status = gan_checkpoint_load_from(l.checkpoint, reader_of(bytes));
    gan_bytes_destroy(bytes);
    release(&l);
    return status;
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(in_memory, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumed_equals_never_stopped),
        cmocka_unit_test(test_game_and_trainer_alone),
        cmocka_unit_test(test_parts_are_kept_alive),
        cmocka_unit_test(test_other_parts),
        cmocka_unit_test(test_wrong_parts),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
