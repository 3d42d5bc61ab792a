/* Games fed by datasets: several, of several fields, whose cursors are in the checkpoint. */
#include "games.h"

#include <stdlib.h>

#define OK(call) assert_int_equal(call, GAN_OK)

enum { COUNT = 11, OTHERS = 4, BATCH = 4 };

static float samples[COUNT * CONDITIONAL_SAMPLE], labels[COUNT], others[OTHERS * CONDITIONAL_SAMPLE];

/* Both inputs from one dataset. */
static gan_dataset *labelled(gan_context *context)
{
    gan_dataset *dataset;
    conditional_data(1, COUNT, samples, labels);
    const gan_array_field fields[] = {
        {.name = "image", .values = samples, .shape = GAN_SHAPE(CONDITIONAL_SAMPLE)},
        {.name = "label", .values = labels, .shape = GAN_SHAPE(1), .classes = CONDITIONAL_CLASSES}};
    OK(gan_dataset_from_arrays(context, COUNT, 2, fields, GAN_DATASET(.seed = 3), &dataset));
    return dataset;
}

static void feed(conditional_game *c, gan_dataset *dataset)
{
    test_status(gan_game_feed(c->game, c->label, dataset, "label"), GAN_OK, "");
    test_status(gan_game_feed(c->game, c->sample, dataset, "image"), GAN_OK, "");
}

typedef struct seen {
    int64_t rounds, samples, epochs;
    int64_t stop_at; /* a round after which the callback cancels; 0: never */
} seen;

static int look(void *user, gan_game *game, const gan_round_report *report)
{
    seen *s = user;
    assert_int_equal(gan_game_rounds(game), report->round);
    s->rounds++;
    s->samples += report->batch;
    s->epochs = report->epoch;
    return report->round == s->stop_at;
}

static void test_epochs(void **state)
{
    (void)state;
    conditional_game c = conditional_create(1, GAN_GAME(.batch = BATCH));
    gan_dataset *dataset = labelled(c.context);
    seen s = {0};
    feed(&c, dataset);
    test_status(gan_game_run(c.game, GAN_GAME_RUN(.epochs = 2, .progress = look, .user = &s)), GAN_OK, "");
    assert_int_equal(s.rounds, 6); /* 4, 4 and 3 samples, twice */
    assert_int_equal(s.samples, 2 * COUNT);
    assert_int_equal(s.epochs, 2);
    s = (seen){.stop_at = 8};
    test_status(gan_game_run(c.game, GAN_GAME_RUN(.rounds = 10, .progress = look, .user = &s)), GAN_ERROR_CANCELLED,
                "gan_game_run: the progress callback ended the run at round 8");
    gan_game_cancel(c.game); /* outside a run */
    test_status(gan_game_run(c.game, GAN_GAME_RUN(.rounds = 1)), GAN_OK, "");
    gan_dataset_destroy(dataset);
    conditional_destroy(&c);
}

/* Fed, a game plays the rounds that it plays on the same samples given by hand. */
static void test_same_as_by_hand(void **state)
{
    (void)state;
    conditional_game fed = conditional_create(1, GAN_GAME(.batch = BATCH)),
                     by_hand = conditional_create(2, GAN_GAME(.batch = BATCH));
    gan_dataset *dataset = labelled(fed.context), *same = labelled(by_hand.context);
    float x[BATCH * CONDITIONAL_SAMPLE], y[BATCH];
    feed(&fed, dataset);
    OK(gan_game_run(fed.game, GAN_GAME_RUN(.rounds = 5)));
    for (int i = 0; i < 5; i++) {
        int64_t count;
        OK(gan_dataset_next_fields(same, BATCH, (float *[]){x, y}, &count));
        OK(gan_game_round(by_hand.game, (const float *[]){x, y}, count, NULL));
    }
    test_assert_same_weights(fed.generator, by_hand.generator);
    test_assert_same_weights(fed.discriminator, by_hand.discriminator);
    gan_dataset_destroy(dataset);
    gan_dataset_destroy(same);
    conditional_destroy(&fed);
    conditional_destroy(&by_hand);
}

/* A generator that turns samples of one dataset into those of another: two datasets, of different sizes. */
typedef struct two_fed {
    gan_context *context;
    gan_model *model;
    gan_dataset *first, *second;
    gan_game *game;
} two_fed;

static two_fed create_two(void)
{
    two_fed t = {.context = test_context()};
    OK(gan_model_create(t.context, &t.model));
    gan_model_add(t.model, gan_layer_input(t.context, GAN_SHAPE(CONDITIONAL_SAMPLE)));
    gan_model_add(t.model, gan_layer_dense(t.context, CONDITIONAL_SAMPLE, NULL));
    OK(gan_model_build(t.model, 1));
    conditional_data(1, COUNT, samples, labels);
    conditional_data(9, OTHERS, others, labels);
    OK(gan_dataset_from_array(t.context, samples, NULL, COUNT, GAN_SHAPE(CONDITIONAL_SAMPLE), NULL, &t.first));
    OK(gan_dataset_from_array(t.context, others, NULL, OTHERS, GAN_SHAPE(CONDITIONAL_SAMPLE), GAN_DATASET(.seed = 2),
                              &t.second));
    OK(gan_game_create(t.context, GAN_GAME(.batch = BATCH), &t.game));
    const gan_term a = gan_game_input(t.game, "a", GAN_SHAPE(CONDITIONAL_SAMPLE));
    const gan_term b = gan_game_input(t.game, "b", GAN_SHAPE(CONDITIONAL_SAMPLE));
    const gan_player p = gan_game_player(t.game, "p", t.model, NULL);
    gan_game_want(t.game, p, 2, gan_smooth_l1_loss(gan_game_apply(t.game, t.model, GAN_TERMS(a)), b));
    test_status(gan_game_build(t.game), GAN_OK, "");
    OK(gan_game_feed(t.game, a, t.first, "sample"));
    OK(gan_game_feed(t.game, b, t.second, "sample"));
    return t;
}

static void destroy_two(two_fed *t)
{
    gan_game_destroy(t->game);
    gan_dataset_destroy(t->first);
    gan_dataset_destroy(t->second);
    gan_model_destroy(t->model);
    gan_context_destroy(t->context);
}

static void test_resume_two(void **state)
{
    (void)state;
    two_fed whole = create_two(), first = create_two(), second = create_two();
    OK(gan_game_run(whole.game, GAN_GAME_RUN(.rounds = 8)));
    OK(gan_game_run(first.game, GAN_GAME_RUN(.rounds = 5)));
    OK(gan_game_save(first.game, test_path("two")));
    test_status(gan_game_load(second.game, test_path("two")), GAN_OK, "");
    OK(gan_game_run(second.game, GAN_GAME_RUN(.rounds = 3)));
    test_assert_same_weights(whole.model, second.model);
    destroy_two(&whole);
    destroy_two(&first);
    destroy_two(&second);
}

static void test_refused(void **state)
{
    (void)state;
    conditional_game c = conditional_create(1, NULL);
    gan_dataset *dataset = labelled(c.context);
    test_status(gan_game_feed(c.game, c.sample, dataset, "picture"), GAN_ERROR_NOT_FOUND, "no field 'picture'");
    test_status(gan_game_feed(c.game, c.sample, dataset, "label"), GAN_ERROR_SHAPE,
                "field 'label' has the shape (1), but input 'sample' (4)");
    test_status(gan_game_feed(c.game, c.fake, dataset, "image"), GAN_ERROR_ARGUMENT, "is not an input");
    test_status(gan_game_feed(c.game, c.sample, dataset, "image"), GAN_OK, "");
    test_status(gan_game_run(c.game, NULL), GAN_ERROR_STATE, "input 'label' is fed by no dataset");
    test_status(gan_game_feed(c.game, c.label, dataset, "label"), GAN_OK, "");
    test_status(gan_game_run(c.game, GAN_GAME_RUN(.epochs = -1)), GAN_ERROR_ARGUMENT, "epochs is -1");
    gan_dataset_destroy(dataset);
    conditional_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_same_as_by_hand),
        cmocka_unit_test(test_resume_two),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
