/* Games that are resumed otherwise than they were saved: fed later, fed by other datasets, described with other
 * settings; and what a round says of data that it cannot take. */
#include "games.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { COUNT = 11, OTHERS = 7, BATCH = 4, SIZE = CONDITIONAL_SAMPLE };

static float samples[COUNT * SIZE], others[COUNT * SIZE];

/* A model that turns samples of input "a" into those of input "b". Two datasets; the first has both fields. */
typedef struct turning {
    char warnings[2048]; /* since it was made */
    gan_context *context;
    gan_model *model;
    gan_dataset *both, *other;
    gan_game *game;
    gan_term a, b;
} turning;

typedef struct settings {
    const char *second; /* the name of the second input; NULL: "b" */
    int64_t batch, moves, count;
    gan_moves order;
    float weight, weight_decay;
    bool drop_last;
    size_t memory_limit;
} settings;

static void remember(void *user, gan_log_level level, const char *message)
{
    turning *t = user;
    const size_t length = strlen(t->warnings);
    if (level != GAN_LOG_WARNING) return;
    snprintf(t->warnings + length, sizeof(t->warnings) - length, "%s\n", message);
}

static void describe(turning *t, settings s)
{
    const int64_t count = s.count ? s.count : COUNT;
    const gan_array_field fields[] = {{.name = "one", .values = samples, .shape = GAN_SHAPE(SIZE)},
                                      {.name = "two", .values = others, .shape = GAN_SHAPE(SIZE)}};
    OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = remember, .log_user = t, .memory_limit = s.memory_limit),
                          &t->context));
    OK(gan_model_create(t->context, &t->model));
    gan_model_add(t->model, gan_layer_input(t->context, GAN_SHAPE(SIZE)));
    gan_model_add(t->model, gan_layer_dense(t->context, SIZE, NULL));
    OK(gan_model_build(t->model, 1));
    OK(gan_dataset_from_arrays(t->context, count, 2, fields, GAN_DATASET(.seed = 1), &t->both));
    OK(gan_dataset_from_array(t->context, others, NULL, OTHERS, GAN_SHAPE(SIZE),
                              GAN_DATASET(.seed = 2, .drop_last = s.drop_last), &t->other));
    OK(gan_game_create(t->context, GAN_GAME(.batch = s.batch ? s.batch : BATCH, .moves = s.order), &t->game));
    t->a = gan_game_input(t->game, "a", GAN_SHAPE(SIZE));
    t->b = gan_game_input(t->game, s.second ? s.second : "b", GAN_SHAPE(SIZE));
    const gan_player p =
        gan_game_player(t->game, "p", t->model,
                        GAN_PLAYER(.moves = s.moves, .optimizer = GAN_OPTIMIZER(.weight_decay = s.weight_decay)));
    gan_game_want(t->game, p, s.weight > 0 ? s.weight : 1,
                  gan_l2_loss(gan_game_apply(t->game, t->model, GAN_TERMS(t->a)), t->b));
    OK(gan_game_build(t->game));
}

static turning *create(settings s)
{
    turning *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    conditional_data(1, COUNT, samples, (float[COUNT]){0});
    conditional_data(9, COUNT, others, (float[COUNT]){0});
    describe(t, s);
    return t;
}

static void destroy(turning *t)
{
    gan_game_destroy(t->game);
    gan_dataset_destroy(t->both);
    gan_dataset_destroy(t->other);
    gan_model_destroy(t->model);
    gan_context_destroy(t->context);
    free(t);
}

typedef enum feeding { UNFED, BY_ONE, BY_TWO } feeding;

static void feed(turning *t, feeding how)
{
    if (how == UNFED) return;
    OK(gan_game_feed(t->game, t->b, how == BY_ONE ? t->both : t->other, how == BY_ONE ? "two" : "sample"));
    OK(gan_game_feed(t->game, t->a, t->both, "one"));
}

/* A file of a game that was fed so and, unless it was not fed, has played 5 rounds. */
static const char *save(feeding how)
{
    turning *t = create((settings){0});
    feed(t, how);
    if (how != UNFED) OK(gan_game_run(t->game, GAN_GAME_RUN(.rounds = 5)));
    OK(gan_game_save(t->game, test_path("game")));
    destroy(t);
    return test_path("game");
}

static void refuse_load(const char *path, feeding how, settings s, gan_status status, const char *sentence)
{
    turning *t = create(s);
    gan_dataset_cursor before, after;
    feed(t, how);
    OK(gan_dataset_get_cursor(t->both, &before));
    test_status(gan_game_load(t->game, path), status, sentence);
    OK(gan_dataset_get_cursor(t->both, &after));
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(gan_game_rounds(t->game), 0);
    destroy(t);
}

static void test_fed_otherwise(void **state)
{
    (void)state;
    refuse_load(save(BY_ONE), BY_TWO, (settings){0}, GAN_ERROR_NOT_FOUND,
                "it has no cursor for the dataset that feeds input 'b': when the game was saved, its datasets were "
                "those of the inputs 'a'");
    refuse_load(save(BY_TWO), BY_ONE, (settings){0}, GAN_ERROR_STATE,
                "the inputs 'a' and 'b' are fed by one dataset, but were fed by two when the game was saved");
    refuse_load(save(BY_TWO), BY_TWO, (settings){.second = "x"}, GAN_ERROR_NOT_FOUND,
                "feeds input 'x': when the game was saved, its datasets were those of the inputs 'a', 'b'");
    refuse_load(save(UNFED), BY_ONE, (settings){0}, GAN_ERROR_NOT_FOUND,
                "feeds input 'a': when the game was saved, it was fed by no dataset");
    refuse_load(save(BY_ONE), BY_ONE, (settings){.count = 6}, GAN_ERROR_STATE,
                "the dataset has 6 samples, but had 11");
}

/* Fed before or after it was loaded, or after it was loaded, saved and loaded again, a game goes on as if it had
 * never stopped. */
static void check_resumed(feeding how)
{
    turning *whole = create((settings){0});
    feed(whole, how);
    OK(gan_game_run(whole->game, GAN_GAME_RUN(.rounds = 8)));
    for (int when = 0; when < 3; when++) {
        const char *path = save(how);
        turning *t = create((settings){0});
        if (when == 0) feed(t, how);
        OK(gan_game_load(t->game, path));
        if (when == 2) {
            OK(gan_game_save(t->game, path));
            OK(gan_game_load(t->game, path));
        }
        if (when > 0) feed(t, how);
        OK(gan_game_run(t->game, GAN_GAME_RUN(.rounds = 3)));
        test_assert_same_weights(whole->model, t->model);
        assert_string_equal(t->warnings, "");
        destroy(t);
    }
    destroy(whole);
}

static void test_fed_later(void **state)
{
    (void)state;
    check_resumed(BY_ONE);
    check_resumed(BY_TWO);
}

static void test_fed_later_otherwise(void **state)
{
    (void)state;
    turning *t = create((settings){0});
    OK(gan_game_load(t->game, save(BY_ONE)));
    feed(t, BY_TWO);
    test_status(gan_game_run(t->game, NULL), GAN_ERROR_NOT_FOUND,
                "the loaded checkpoint has no cursor for the dataset that feeds input 'b'");
    OK(gan_game_feed(t->game, t->b, t->both, "two"));
    OK(gan_game_run(t->game, GAN_GAME_RUN(.rounds = 1)));
    destroy(t);

    t = create((settings){0});
    OK(gan_game_load(t->game, save(BY_TWO)));
    OK(gan_game_feed(t->game, t->a, t->both, "one"));
    test_status(
        gan_game_feed(t->game, t->b, t->both, "two"), GAN_ERROR_STATE,
        "this dataset already feeds input 'a', but the loaded checkpoint has cursors of two datasets, for that "
        "input and for 'b'");
    OK(gan_game_feed(t->game, t->b, t->other, "sample"));
    OK(gan_game_run(t->game, GAN_GAME_RUN(.rounds = 1)));
    destroy(t);

    t = create((settings){.count = 6});
    OK(gan_game_load(t->game, save(BY_ONE)));
    test_status(gan_game_feed(t->game, t->a, t->both, "one"), GAN_ERROR_STATE,
                "input 'a' cannot go on from the loaded checkpoint: the dataset has 6 samples, but had 11");
    test_status(gan_game_run(t->game, NULL), GAN_ERROR_STATE, "input 'a' is fed by no dataset");
    destroy(t);
}

/* What was saved may be resumed with other settings, and the log says which. */
static void test_other_settings(void **state)
{
    (void)state;
    const char *path = save(BY_ONE);
    turning *t = create((settings){.batch = 2, .moves = 3, .weight = 0.5f, .weight_decay = 0.5f});
    feed(t, BY_ONE);
    OK(gan_game_load(t->game, path));
    assert_non_null(strstr(t->warnings, "was described otherwise: game.batch was 4, and is 2 here\n"));
    assert_non_null(strstr(t->warnings, ": player.p.moves was 1, and is 3 here\n"));
    assert_non_null(strstr(t->warnings, ": want.p l2.weight was 1, and is 0.5 here\n"));
    assert_non_null(strstr(t->warnings, ": player.p.weight_decay was 0, and is 0.5 here\n"));
    assert_null(strstr(t->warnings, "game.moves"));
    OK(gan_game_run(t->game, GAN_GAME_RUN(.rounds = 2)));
    destroy(t);

    t = create((settings){.order = GAN_MOVES_SIMULTANEOUS});
    OK(gan_game_load(t->game, path));
    assert_non_null(strstr(t->warnings, ": game.moves was alternating, and is simultaneous here\n"));
    destroy(t);
}

/* ---- Data that a round cannot take ----------------------------------------------------------------------------- */

static void test_class_out_of_range(void **state)
{
    (void)state;
    conditional_game c = conditional_create(1, GAN_GAME(.batch = BATCH));
    float labels[COUNT] = {0, 1, 2, 0, 1, 2, 7, 1};
    gan_dataset *dataset;
    conditional_data(1, COUNT, samples, (float[COUNT]){0});
    const gan_array_field fields[] = {{.name = "image", .values = samples, .shape = GAN_SHAPE(SIZE)},
                                      {.name = "label", .values = labels, .shape = GAN_SHAPE(1)}};
    OK(gan_dataset_from_arrays(c.context, COUNT, 2, fields, GAN_DATASET(.in_order = true), &dataset));
    OK(gan_game_feed(c.game, c.sample, dataset, "image"));
    OK(gan_game_feed(c.game, c.label, dataset, "label"));
    test_status(
        gan_game_run(c.game, NULL), GAN_ERROR_ARGUMENT,
        "gan_game_round: sample 2 of input 'label', number 6 of its dataset, is 7, but layer 0 (embedding) of "
        "model 'generator' reads it as a class, a whole number from 0 to 2");
    test_status(gan_game_round(c.game, (const float *const[]){samples, labels + 5}, BATCH, NULL), GAN_ERROR_ARGUMENT,
                "gan_game_round: sample 1 of input 'label' is 7, but layer 0");
    gan_dataset_destroy(dataset);
    conditional_destroy(&c);
}

/* The sample is named by its number also where batches leave out the end of an epoch, in any input. */
static void test_number_of_later_input(void **state)
{
    (void)state;
    for (int64_t bad = 0; bad < OTHERS; bad++) {
        char expected[64];
        turning *t = create((settings){.drop_last = bad % 2 == 0});
        gan_status status = GAN_OK;
        gan_dataset *spoiled;
        others[bad * SIZE + 1] = NAN;
        OK(gan_dataset_from_array(t->context, others, NULL, OTHERS, GAN_SHAPE(SIZE),
                                  GAN_DATASET(.seed = 2, .drop_last = bad % 2 == 0), &spoiled));
        feed(t, BY_TWO);
        OK(gan_game_feed(t->game, t->b, spoiled, "sample"));
        for (int epoch = 0; epoch < 20 && status == GAN_OK; epoch++) status = gan_game_run(t->game, NULL);
        snprintf(expected, sizeof(expected), "of input 'b', number %lld of its dataset, is nan", (long long)bad);
        test_status(status, GAN_ERROR_DIVERGED, expected);
        gan_dataset_destroy(spoiled);
        destroy(t);
    }
}

static void test_many_moves(void **state)
{
    (void)state;
    turning *t = create((settings){.moves = INT32_MAX, .memory_limit = 1 << 28});
    test_status(gan_game_feed(t->game, t->a, t->both, "one"), GAN_ERROR_MEMORY,
                "player 'p' has 2147483647 moves a round, and the samples of a round are read at once: 2147483647 "
                "batches of 4 samples of 4 values for input 'a' are more than the memory there is");
    destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fed_otherwise),       cmocka_unit_test(test_fed_later),
        cmocka_unit_test(test_fed_later_otherwise), cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_class_out_of_range),  cmocka_unit_test(test_number_of_later_input),
        cmocka_unit_test(test_many_moves),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
