/* Image pools: what a query passes on, alone and in games; resumed; refused. */
#include "games.h"

#include "support/files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OK(call) assert_int_equal(call, GAN_OK)

enum { BATCH = 6, SIZE = 4, ELEMENTS = CONDITIONAL_SAMPLE };

/* ---- Queries --------------------------------------------------------------------------------------------------- */

/* A pool written out: the documented rule, with the documented numbers. */
typedef struct plain_pool {
    gan_random *random;
    float images[SIZE][ELEMENTS];
    int count, swaps;
} plain_pool;

static void plain_query(plain_pool *pool, const float *samples, int64_t batch, float *out)
{
    for (int64_t i = 0; i < batch; i++) {
        const float *sample = samples + i * ELEMENTS;
        float drawn[2], old[ELEMENTS];
        memcpy(out + i * ELEMENTS, sample, sizeof(old));
        if (pool->count < SIZE) {
            memcpy(pool->images[pool->count++], sample, sizeof(old));
            continue;
        }
        OK(gan_random_uniform(pool->random, drawn, 2));
        if (drawn[0] >= 0.5f) continue;
        float *image = pool->images[(int)floorf(drawn[1] * SIZE)];
        memcpy(old, image, sizeof(old));
        memcpy(image, sample, sizeof(old));
        memcpy(out + i * ELEMENTS, old, sizeof(old));
        pool->swaps++;
    }
}

static plain_pool create_plain(gan_context *context, uint64_t seed)
{
    plain_pool pool = {.random = NULL};
    OK(gan_random_create(context, seed, GAN_IMAGE_POOL_STREAM, &pool.random));
    return pool;
}

static void test_query(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_image_pool *pool, *single;
    plain_pool plain = create_plain(context, 5);
    OK(gan_image_pool_create(context, GAN_SHAPE(ELEMENTS), GAN_IMAGE_POOL(.size = SIZE, .seed = 5), &pool));
    OK(gan_image_pool_create(context, GAN_SHAPE(2, 2), GAN_IMAGE_POOL(.size = SIZE, .seed = 5), &single));
    for (uint64_t round = 0; round < 20; round++) {
        float samples[BATCH * ELEMENTS], out[BATCH * ELEMENTS], expected[BATCH * ELEMENTS];
        test_numbers(round, samples, BATCH * ELEMENTS);
        plain_query(&plain, samples, BATCH, expected);
        OK(gan_image_pool_query(pool, samples, BATCH, out));
        assert_memory_equal(out, expected, sizeof(out));
        for (int i = 0; i < BATCH; i++) { /* one by one, in place */
            OK(gan_image_pool_query(single, samples + i * ELEMENTS, 1, samples + i * ELEMENTS));
        }
        assert_memory_equal(samples, expected, sizeof(samples));
    }
    assert_in_range(plain.swaps, 40, 76); /* of 116, half on average */
    gan_random_destroy(plain.random);
    gan_image_pool_destroy(pool);
    gan_image_pool_destroy(single);
    gan_context_destroy(context);
}

/* What is not finite is passed on, but never comes back. */
static void test_not_finite(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_image_pool *pool;
    OK(gan_image_pool_create(context, GAN_SHAPE(1), GAN_IMAGE_POOL(.size = 2), &pool));
    for (int i = 0; i < 200; i++) {
        const float sample = i % 2 ? 1 : NAN;
        float out;
        OK(gan_image_pool_query(pool, &sample, 1, &out));
        assert_true(isnan(sample) ? isnan(out) : out == 1);
    }
    gan_image_pool_destroy(pool);
    gan_context_destroy(context);
}

static void test_refused(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_image_pool *pool = NULL;
    float sample[ELEMENTS] = {0};
    test_status(gan_image_pool_create(context, GAN_SHAPE(0), NULL, &pool), GAN_ERROR_SHAPE, "");
    test_status(gan_image_pool_create(context, GAN_SHAPE(1), GAN_IMAGE_POOL(.size = -1), &pool), GAN_ERROR_ARGUMENT,
                "size is -1");
    test_status(gan_image_pool_create(context, GAN_SHAPE(1), GAN_IMAGE_POOL(.size = (1 << 24) + 1), &pool),
                GAN_ERROR_ARGUMENT, "size is 16777217");
    test_status(gan_image_pool_create(context, GAN_SHAPE(INT64_C(1) << 40), GAN_IMAGE_POOL(.size = 1 << 24), &pool),
                GAN_ERROR_OVERFLOW, "overflow");
    assert_null(pool);
    OK(gan_image_pool_create(context, GAN_SHAPE(ELEMENTS), NULL, &pool));
    test_status(gan_image_pool_query(pool, sample, 0, sample), GAN_ERROR_BATCH, "batch is 0");
    test_status(gan_image_pool_query(pool, sample, INT64_MAX, sample), GAN_ERROR_OVERFLOW, "");
    test_status(gan_image_pool_query(NULL, sample, 1, sample), GAN_ERROR_NULL, "pool is NULL");
    gan_image_pool_destroy(pool);
    gan_image_pool_destroy(NULL);
    gan_context_destroy(context);
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

/* The conditional game, whose discriminator judges pooled samples. */
typedef struct pool_game {
    conditional_game c;
    gan_term pooled;
} pool_game;

static pool_game create_game(gan_moves moves)
{
    gan_context *context;
    pool_game p;
    OK(gan_context_create(GAN_CONTEXT(.threads = 2), &context));
    conditional_game *c = &p.c;
    *c = (conditional_game){.context = context};
    OK(conditional_models(context, &c->generator, &c->discriminator));
    OK(gan_game_create(context, GAN_GAME(.batch = BATCH, .seed = 3, .moves = moves), &c->game));
    c->sample = gan_game_input(c->game, "sample", GAN_SHAPE(CONDITIONAL_SAMPLE));
    c->label = gan_game_input(c->game, "label", GAN_SHAPE(1));
    const gan_term noise = gan_game_noise(c->game, "noise", GAN_SHAPE(CONDITIONAL_NOISE), GAN_NOISE_NORMAL);
    c->fake = gan_game_apply(c->game, c->generator, GAN_TERMS(noise, c->label));
    p.pooled = gan_game_pool(c->fake, SIZE);
    const gan_term real_logits = gan_game_apply(c->game, c->discriminator, GAN_TERMS(c->sample, c->label)),
                   old_logits = gan_game_apply(c->game, c->discriminator, GAN_TERMS(p.pooled, c->label)),
                   fake_logits = gan_game_apply(c->game, c->discriminator, GAN_TERMS(c->fake, c->label));
    c->d = gan_game_player(c->game, "discriminator", c->discriminator, NULL);
    c->g = gan_game_player(c->game, "generator", c->generator, NULL);
    OK(gan_game_want(c->game, c->d, 1,
                     gan_discriminator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, old_logits, NULL)));
    OK(gan_game_want(c->game, c->g, 1, gan_generator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, fake_logits)));
    test_status(gan_game_build(c->game), GAN_OK, "");
    return p;
}

/* Each round mixes its samples once; both players are one adversarial pair all the same. */
static void check_rounds(gan_moves moves)
{
    pool_game p = create_game(moves);
    plain_pool plain = create_plain(p.c.context, 3);
    for (uint64_t i = 0; i < 12; i++) {
        float fake[BATCH * ELEMENTS], pooled[BATCH * ELEMENTS], expected[BATCH * ELEMENTS];
        gan_round_report report = GAN_ROUND_REPORT_INIT;
        conditional_round(&p.c, i, BATCH, &report);
        assert_int_equal(report.pair_count, 1);
        OK(gan_term_get_value(p.c.fake, fake, BATCH * ELEMENTS));
        OK(gan_term_get_value(p.pooled, pooled, BATCH * ELEMENTS));
        plain_query(&plain, fake, BATCH, expected);
        assert_memory_equal(pooled, expected, sizeof(pooled));
    }
    assert_true(plain.swaps > 10);
    gan_random_destroy(plain.random);
    conditional_destroy(&p.c);
}

static void test_rounds(void **state)
{
    (void)state;
    check_rounds(GAN_MOVES_ALTERNATING);
    check_rounds(GAN_MOVES_SIMULTANEOUS);
}

static void test_resume(void **state)
{
    (void)state;
    pool_game whole = create_game(GAN_MOVES_ALTERNATING), first = create_game(GAN_MOVES_ALTERNATING),
              second = create_game(GAN_MOVES_ALTERNATING);
    for (uint64_t i = 0; i < 5; i++) conditional_round(&first.c, i, BATCH, NULL);
    OK(gan_game_save(first.c.game, test_path("pool")));
    OK(gan_game_load(second.c.game, test_path("pool")));
    for (uint64_t i = 0; i < 10; i++) {
        float a[BATCH * ELEMENTS], b[BATCH * ELEMENTS];
        conditional_round(&whole.c, i, BATCH, NULL);
        if (i < 5) continue;
        conditional_round(&second.c, i, BATCH, NULL);
        OK(gan_term_get_value(whole.pooled, a, BATCH * ELEMENTS));
        OK(gan_term_get_value(second.pooled, b, BATCH * ELEMENTS));
        assert_memory_equal(a, b, sizeof(a));
    }
    conditional_destroy(&whole.c);
    conditional_destroy(&first.c);
    conditional_destroy(&second.c);
}

static void test_described_badly(void **state)
{
    (void)state;
    gan_context *context = test_context();
    const struct {
        bool of_loss;
        int64_t size;
        gan_status status;
        const char *part;
    } cases[] = {
        {false, -1, GAN_ERROR_ARGUMENT, "gan_game_pool: size is -1"},
        {false, (1 << 24) + 1, GAN_ERROR_ARGUMENT, "gan_game_pool: size is 16777217"},
        {true, 1, GAN_ERROR_GRAPH, "a loss cannot be pooled"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_game *game;
        OK(gan_game_create(context, NULL, &game));
        const gan_term x = gan_game_input(game, "x", GAN_SHAPE(2));
        gan_game_pool(cases[i].of_loss ? gan_mean_loss(x) : x, cases[i].size);
        test_status(gan_game_build(game), cases[i].status, cases[i].part);
        gan_game_destroy(game);
    }
    gan_context_destroy(context);
}

/* ---- Checkpoints of loops -------------------------------------------------------------------------------------- */

static gan_checkpoint *checkpoint_of(gan_context *context, gan_image_pool *pool)
{
    gan_checkpoint *checkpoint;
    OK(gan_checkpoint_create(context, &checkpoint));
    OK(gan_checkpoint_add_image_pool(checkpoint, "pool", pool));
    return checkpoint;
}

/* A file that says that more images are there than fit. */
static void overfill(const char *path)
{
    static const char count[] = "\"libgan.pool.count\":\"";
    char bytes[4096];
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    for (size_t i = 0; i + sizeof(count) < size; i++) {
        if (memcmp(bytes + i, count, sizeof(count) - 1) == 0) bytes[i + sizeof(count) - 1] = '9';
    }
    rewind(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void test_checkpoint(void **state)
{
    (void)state;
    gan_context *context = test_context();
    gan_image_pool *pools[3];
    gan_checkpoint *checkpoints[3];
    float samples[BATCH * ELEMENTS], a[BATCH * ELEMENTS], b[BATCH * ELEMENTS];
    test_numbers(1, samples, BATCH * ELEMENTS);
    for (int i = 0; i < 3; i++) {
        OK(gan_image_pool_create(context, GAN_SHAPE(ELEMENTS), GAN_IMAGE_POOL(.size = SIZE + i / 2, .seed = 7),
                                 &pools[i]));
        checkpoints[i] = checkpoint_of(context, pools[i]);
    }
    OK(gan_image_pool_query(pools[0], samples, BATCH, a));
    OK(gan_checkpoint_save(checkpoints[0], test_path("pools")));
    OK(gan_checkpoint_load(checkpoints[1], test_path("pools")));
    test_status(gan_checkpoint_load(checkpoints[2], test_path("pools")), GAN_ERROR_ARCHITECTURE, "pool");
    for (uint64_t i = 2; i < 6; i++) {
        test_numbers(i, samples, BATCH * ELEMENTS);
        OK(gan_image_pool_query(pools[0], samples, BATCH, a));
        OK(gan_image_pool_query(pools[1], samples, BATCH, b));
        assert_memory_equal(a, b, sizeof(a));
    }
    overfill(test_path("pools"));
    test_status(gan_checkpoint_load(checkpoints[1], test_path("pools")), GAN_ERROR_FORMAT,
                "an image pool of 4 holds 9");
    for (int i = 0; i < 3; i++) {
        gan_image_pool_destroy(pools[i]); /* the checkpoint still holds it */
        gan_checkpoint_destroy(checkpoints[i]);
    }
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),      cmocka_unit_test(test_not_finite), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rounds),     cmocka_unit_test(test_resume),     cmocka_unit_test(test_described_badly),
        cmocka_unit_test(test_checkpoint),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
