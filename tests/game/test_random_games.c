/* What holds for any game: the same bits with any number of threads, in slices of time, saved and resumed, and
 * divided among processes. GAN_RANDOM_GAMES says how many, from which number on: "200 1000"; a failure names its
 * number. */
#include "random_game.h"

#include "support/loopback.h"
#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 4, PROCESSES = 2 };

static unsigned long long first = 1;
static int games = 40;
static uint64_t number; /* of the game under test */

#define ASSERT_OK(expression)                                                                         \
    do {                                                                                              \
        if ((expression) != GAN_OK)                                                                   \
            fail_msg("game %llu: %s: %s", (unsigned long long)number, #expression, gan_last_error()); \
    } while (0)

/* One game being played. */
typedef struct play {
    gan_context *context;
    random_game game;
    gan_status built, status;
} play;

static play begin(int threads, const random_game_kind *kind)
{
    play p = {.status = GAN_OK};
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = threads), &p.context));
    p.built = random_game_create(p.context, number, kind, &p.game);
    return p;
}

static void end(play *p)
{
    random_game_destroy(&p->game);
    gan_context_destroy(p->context);
}

/* The inputs of process `rank` of `size`; in slices, if `slices`. */
static gan_status play_rounds(play *p, uint64_t from, uint64_t to, int64_t rank, int64_t size, bool slices)
{
    const int64_t own = RANDOM_GAME_BATCH / size;
    gan_status status = GAN_OK;
    for (uint64_t round = from; round < to && status == GAN_OK; round++) {
        float *inputs[RANDOM_GAME_INPUTS];
        bool done = !slices;
        random_game_make_inputs(&p->game, round, RANDOM_GAME_BATCH, rank * own, own, inputs);
        const float *const *given = (const float *const *)inputs;
        if (!slices) status = gan_game_round(p->game.game, given, RANDOM_GAME_BATCH, NULL);
        while (!done && status == GAN_OK)
            status = gan_game_round_some(p->game.game, given, RANDOM_GAME_BATCH, 1, &done, NULL);
        random_game_release_inputs(inputs);
    }
    return status;
}

/* All of the game, as a checkpoint has it; released by gan_bytes_destroy(). */
static gan_bytes *saved(const play *p)
{
    gan_bytes *bytes = NULL;
    ASSERT_OK(gan_bytes_create(p->context, &bytes));
    ASSERT_OK(gan_game_save_to(p->game.game, gan_bytes_writer(bytes)));
    return bytes;
}

static void assert_same(const play *a, const play *b, const char *what)
{
    gan_bytes *left = saved(a), *right = saved(b);
    const bool same = gan_bytes_size(left) == gan_bytes_size(right) &&
                      memcmp(gan_bytes_data(left), gan_bytes_data(right), gan_bytes_size(left)) == 0;
    gan_bytes_destroy(left);
    gan_bytes_destroy(right);
    if (!same) fail_msg("game %llu %s is another one", (unsigned long long)number, what);
}

static void compare_played(const play *plain, int threads, bool slices, const char *what)
{
    play p = begin(threads, &(random_game_kind){.shards = 1});
    ASSERT_OK(p.built);
    ASSERT_OK(play_rounds(&p, 0, ROUNDS, 0, 1, slices));
    assert_same(plain, &p, what);
    end(&p);
}

static void compare_resumed(const play *plain)
{
    play before = begin(1, &(random_game_kind){.shards = 1}), after = begin(2, &(random_game_kind){.shards = 1});
    ASSERT_OK(play_rounds(&before, 0, ROUNDS / 2, 0, 1, false));
    gan_bytes *bytes = saved(&before);
    const gan_reader reader = gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes));
    ASSERT_OK(gan_game_load_from(after.game.game, reader));
    ASSERT_OK(play_rounds(&after, ROUNDS / 2, ROUNDS, 0, 1, false));
    assert_same(plain, &after, "saved and resumed");
    gan_bytes_destroy(bytes);
    end(&before);
    end(&after);
}

/* ---- Divided among processes ----------------------------------------------------------------------------------- */

typedef struct process {
    pthread_t thread;
    loopback *loop;
    int64_t rank;
    play play;
} process;

static void *run_process(void *argument)
{
    process *p = argument;
    p->play.status = play_rounds(&p->play, 0, ROUNDS, p->rank, PROCESSES, false);
    if (p->play.status != GAN_OK) loopback_leave(p->loop);
    return NULL;
}

static void compare_divided(void)
{
    process all[PROCESSES];
    gan_collective collectives[PROCESSES];
    loopback loop;
    play alone = begin(1, &(random_game_kind){.shards = PROCESSES});
    if (alone.built != GAN_OK) {
        end(&alone);
        return;
    }
    ASSERT_OK(play_rounds(&alone, 0, ROUNDS, 0, 1, false));
    loopback_create(&loop, PROCESSES);
    for (int64_t i = 0; i < PROCESSES; i++) {
        collectives[i] = loopback_collective(&loop, i);
        all[i] = (process){.loop = &loop, .rank = i};
        all[i].play = begin(1, &(random_game_kind){.shards = PROCESSES, .collective = &collectives[i]});
        ASSERT_OK(all[i].play.built);
    }
    for (int64_t i = 0; i < PROCESSES; i++)
        assert_int_equal(pthread_create(&all[i].thread, NULL, run_process, &all[i]), 0);
    for (int64_t i = 0; i < PROCESSES; i++) pthread_join(all[i].thread, NULL);
    for (int64_t i = 0; i < PROCESSES; i++) {
        if (all[i].play.status != GAN_OK)
            fail_msg("game %llu: process %d failed", (unsigned long long)number, (int)i);
        assert_same(&alone, &all[i].play, "divided among processes");
    }
    for (int64_t i = 0; i < PROCESSES; i++) end(&all[i].play);
    loopback_destroy(&loop);
    end(&alone);
}

/* ---- All ------------------------------------------------------------------------------------------------------- */

static void test_games(void **state)
{
    (void)state;
    int played = 0;
    for (int i = 0; i < games; i++) {
        number = first + (uint64_t)i;
        play plain = begin(1, &(random_game_kind){.shards = 1});
        if (plain.built == GAN_OK) {
            played++;
            ASSERT_OK(play_rounds(&plain, 0, ROUNDS, 0, 1, false));
            compare_played(&plain, 2, false, "with two threads");
            compare_played(&plain, 2, true, "in slices");
            compare_resumed(&plain);
            compare_divided();
        } else if (plain.built != GAN_ERROR_GRAPH && plain.built != GAN_ERROR_UNSUPPORTED) {
            fail_msg("game %llu: %s", (unsigned long long)number, gan_last_error());
        } else {
            print_message("game %llu: %s\n", (unsigned long long)number, gan_last_error());
        }
        end(&plain);
    }
    if (2 * played < games) fail_msg("%d of %d games could be played", played, games);
}

int main(void)
{
    const char *asked = getenv("GAN_RANDOM_GAMES");
    if (asked) sscanf(asked, "%d %llu", &games, &first);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_games)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
