/* The gradient that each player of a random game moves by, against central differences of what it wants, in double.
 * GAN_RANDOM_GAMES says how many games, from which number on: "200 1000"; a failure names its number. */
#include "random_game.h"

#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/splitmix.h"

#define STEP 2e-3
/* Losses are computed of logits in float. */
#define TOLERANCE 1e-4

static unsigned long long first = 1;
static int games = 40;
static uint64_t number; /* of the game under test */
static gan_context *context;

#define ASSERT_OK(expression)                                                                         \
    do {                                                                                              \
        if ((expression) != GAN_OK)                                                                   \
            fail_msg("game %llu: %s: %s", (unsigned long long)number, #expression, gan_last_error()); \
    } while (0)

/* The direction in which weights are changed: numbers in [-1, 1). */
static double direction(int model, int64_t index)
{
    return (double)(test_splitmix(((uint64_t)model << 32) + (uint64_t)index + 1) >> 11) * 0x1p-52 - 1;
}

static void change_weights(const random_game *game, int player, double step)
{
    for (int i = 0; i < game->model_count; i++) {
        gan_model *model = game->models[i];
        if (game->owners[i] != player) continue;
        for (int64_t k = 0; k < model->parameter_size; k++)
            model->parameters[k] += (gan_real)(step * direction(i, k));
        gan_model_count_change(model);
    }
}

static double gradient_along(const random_game *game, int player)
{
    double sum = 0;
    for (int i = 0; i < game->model_count; i++) {
        const gan_model *model = game->models[i];
        if (game->owners[i] != player) continue;
        for (int64_t k = 0; k < model->parameter_size; k++) sum += (double)model->gradients[k] * direction(i, k);
    }
    return sum;
}

/* Plays the round from `begin` on with a player's weights changed by a step, and returns the sum of its wants. */
static double play(const random_game *game, const gan_bytes *begin, int player, double step)
{
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    float *inputs[RANDOM_GAME_INPUTS];
    double wanted = 0;
    ASSERT_OK(gan_game_load_from(game->game, gan_reader_from_memory(gan_bytes_data(begin), gan_bytes_size(begin))));
    change_weights(game, player, step);
    random_game_make_inputs(game, number, RANDOM_GAME_BATCH, 0, RANDOM_GAME_BATCH, inputs);
    ASSERT_OK(gan_game_round(game->game, (const float *const *)inputs, RANDOM_GAME_BATCH, &report));
    random_game_release_inputs(inputs);
    assert_int_equal(report.want_count, game->want_count);
    for (int i = 0; i < game->want_count; i++) {
        if (game->wants[i].player == player) wanted += (double)game->wants[i].weight * report.wants[i];
    }
    return wanted;
}

static void compare(const random_game *game)
{
    gan_bytes *begin = NULL;
    ASSERT_OK(gan_bytes_create(context, &begin));
    ASSERT_OK(gan_game_save_to(game->game, gan_bytes_writer(begin)));
    for (int player = 0; player < game->player_count; player++) {
        play(game, begin, player, 0);
        const double gradient = gradient_along(game, player);
        const double near = play(game, begin, player, STEP) - play(game, begin, player, -STEP);
        const double far = play(game, begin, player, 2 * STEP) - play(game, begin, player, -2 * STEP);
        const double difference = (8 * near - far) / (12 * STEP);
        if (fabs(gradient - difference) > TOLERANCE * (1 + fabs(difference))) {
            fail_msg("game %llu: player %d has gradient %.12g, but its wants change by %.12g",
                     (unsigned long long)number, player, gradient, difference);
        }
    }
    gan_bytes_destroy(begin);
}

static void test_gradients(void **state)
{
    (void)state;
    int played = 0;
    for (int i = 0; i < games; i++) {
        random_game game;
        number = first + (uint64_t)i;
        const gan_status status =
            random_game_create(context, number, &(random_game_kind){.still = true, .shards = 1}, &game);
        if (status == GAN_OK) {
            compare(&game);
            played++;
        } else if (status != GAN_ERROR_GRAPH && status != GAN_ERROR_UNSUPPORTED) {
            fail_msg("game %llu: %s", (unsigned long long)number, gan_last_error());
        }
        random_game_destroy(&game);
    }
    if (2 * played < games) fail_msg("%d of %d games could be played", played, games);
}

int main(void)
{
    const char *asked = getenv("GAN_RANDOM_GAMES");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients)};
    if (asked) sscanf(asked, "%d %llu", &games, &first);
    if (gan_context_create(NULL, &context) != GAN_OK) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gan_context_destroy(context);
    return failed;
}
