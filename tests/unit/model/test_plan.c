/* Plans of sessions: what is live at the same time lies apart, and sharing memory changes no bit of any result. */
#include "session.h"

#include "model/session/plan.h"
#include "support/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 60, MAX_BATCH = 5, WIDTH = 64 };

static gan_context *context, *storing; /* storing: what is kept, in bfloat16 */

static int setup(void **state)
{
    (void)state;
    if (gan_context_create(GAN_CONTEXT(.threads = 2), &context) != GAN_OK) return -1;
    return gan_context_create(GAN_CONTEXT(.threads = 2, .bfloat16_storage = true), &storing) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    gan_context_destroy(storing);
    return 0;
}

static gan_session *create(gan_model *model, bool forward_only, bool reuse)
{
    gan_session *session = NULL;
    ASSERT_OK(gan_session_create_planned(
        model, GAN_SESSION(.batch = MAX_BATCH, .forward_only = forward_only, .seed = 9), reuse, &session));
    return session;
}

/* ---- Placing ------------------------------------------------------------------------------------------------ */

static void check_places(const gan_array *arrays, int32_t count, int64_t total)
{
    for (int32_t i = 0; i < count; i++) {
        const gan_array *a = &arrays[i];
        assert_true(a->offset >= 0 && a->offset + a->size <= total);
        for (int32_t j = 0; j < i; j++) {
            const gan_array *b = &arrays[j];
            const bool together = a->first <= b->last && b->first <= a->last;
            if (together) assert_true(a->offset + a->size <= b->offset || b->offset + b->size <= a->offset);
        }
    }
}

static void test_live_arrays_lie_apart(void **state)
{
    enum { COUNT = 80 };
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        gan_array arrays[COUNT] = {{0}};
        gan_random_state random = {.seed = seed};
        int64_t total = -1, most = 0;
        for (int32_t i = 0; i < COUNT; i++) {
            arrays[i].size = 1 + (int64_t)gan_random_below(&random, 1000);
            arrays[i].first = (int32_t)gan_random_below(&random, 100);
            arrays[i].last = arrays[i].first + (int32_t)gan_random_below(&random, 20);
        }
        ASSERT_OK(gan_arrays_place(context, arrays, COUNT, &total));
        check_places(arrays, COUNT, total);
        for (int32_t step = 0; step < 120; step++) {
            int64_t live = 0;
            for (int32_t i = 0; i < COUNT; i++) {
                if (arrays[i].first <= step && step <= arrays[i].last) live += arrays[i].size;
            }
            if (live > most) most = live;
        }
        assert_true(total >= most);
        assert_true(total <= most + most / 2);
    }
}

static void test_packing_of_known_cases(void **state)
{
    int64_t total = -1;
    (void)state;

    /* A chain: only the next one reads each, so two places are enough. */
    gan_array chain[] = {{.size = 3, .first = 0, .last = 1},
                         {.size = 5, .first = 1, .last = 2},
                         {.size = 2, .first = 2, .last = 3},
                         {.size = 4, .first = 3, .last = 4}};
    ASSERT_OK(gan_arrays_place(context, chain, 4, &total));
    assert_int_equal(total, 8);

    /* One fits exactly into the gap between two others. */
    gan_array gap[] = {{.size = 9, .first = 0, .last = 9},
                       {.size = 7, .first = 0, .last = 4},
                       {.size = 6, .first = 0, .last = 9},
                       {.size = 5, .first = 5, .last = 9}};
    ASSERT_OK(gan_arrays_place(context, gap, 4, &total));
    assert_int_equal(total, 22);
    assert_int_equal(gap[3].offset, gap[1].offset);

    ASSERT_OK(gan_arrays_place(context, gap, 0, &total));
    assert_int_equal(total, 0);

    gan_array huge[] = {{.size = INT64_MAX / 2 + 1}, {.size = INT64_MAX / 2 + 1}};
    ASSERT_FAILS(gan_arrays_place(context, huge, 2, &total), GAN_ERROR_OVERFLOW, "overflow");
}

/* ---- Sharing ------------------------------------------------------------------------------------------------ */

/* Runs both sessions on the same inputs and weights, and compares all bits. */
static void compare(gan_session *shared, gan_session *apart, gan_mode mode, int64_t batch, unsigned what, int number)
{
    const size_t buffer_bytes = (size_t)shared->model->buffer_size * sizeof(gan_real);
    gan_real *buffers = malloc(buffer_bytes + 1);
    gan_session *sessions[] = {shared, apart};
    results all[2];
    char name[64];

    assert_non_null(buffers);
    memcpy(buffers, shared->model->buffers, buffer_bytes);
    for (int i = 0; i < 2; i++) {
        gan_session *session = sessions[i];
        memcpy(session->model->buffers, buffers, buffer_bytes);
        ASSERT_OK(gan_model_zero_gradients(session->model));
        set_random_inputs(session, batch, 100);
        session->passes = 7; /* the same dropout */
        ASSERT_OK(gan_session_forward(session, mode));
        if (what != 0) {
            set_random_gradients(session, 200);
            ASSERT_OK(gan_session_backward(session, what));
        }
        all[i] = collect_results(session, what & GAN_BACKWARD_INPUTS, what & GAN_BACKWARD_PARAMETERS);
    }
    snprintf(name, sizeof(name), "graph %d, mode %d, what %u", number, (int)mode, what);
    assert_same_results(all[0], all[1], name);
    free(all[0].values);
    free(all[1].values);
    free(buffers);
}

static void check_sharing(gan_model *model, int number)
{
    gan_session *shared = create(model, false, true), *apart = create(model, false, false);
    gan_session *drawing = create(model, true, true);

    check_places(shared->plan->arrays, shared->plan->array_count, (int64_t)(shared->arena.size / sizeof(gan_real)));
    check_places(drawing->plan->arrays, drawing->plan->array_count,
                 (int64_t)(drawing->arena.size / sizeof(gan_real)));
    for (unsigned what = 1; what <= 3; what++) {
        compare(shared, apart, GAN_MODE_TRAIN, MAX_BATCH, what, number);
        compare(shared, apart, GAN_MODE_SAMPLE, 3, what, number);
    }
    compare(drawing, apart, GAN_MODE_SAMPLE, MAX_BATCH, 0, number);
    gan_session_destroy(shared);
    gan_session_destroy(apart);
    gan_session_destroy(drawing);
}

static void check_all_models(gan_context *of)
{
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = NULL;
        ASSERT_OK(test_models[i].build(of, 5, &model));
        check_sharing(model, -i);
        gan_model_destroy(model);
    }
    for (int seed = 0; seed < GRAPHS; seed++) {
        gan_model *model = NULL;
        ASSERT_OK(test_random_graph(of, (uint64_t)seed, &model));
        check_sharing(model, seed);
        gan_model_destroy(model);
    }
}

static void test_sharing_changes_no_bit(void **state)
{
    (void)state;
    check_all_models(context);
    check_all_models(storing);
}

/* In-place work must really happen, or the test above would compare nothing. */
static void test_layers_work_in_place(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(test_seed_generator(context, 1, &model));
    gan_session *session = create(model, false, true);
    const gan_session_node *nodes = session->plan->nodes;
    for (int32_t i = 1; i < model->node_count; i++) {
        const bool dense = i % 2 == 1 && i < model->node_count - 1;
        /* Activations overwrite their dense layer's output, and the final reshape lies on that too. */
        if (dense) {
            assert_int_not_equal(nodes[i].value, nodes[i - 1].value);
        } else {
            assert_int_equal(nodes[i].value, nodes[i - 1].value);
        }
        /* The gradient of the last output is the caller's and is not overwritten; the others are passed on. */
        if (dense) {
            assert_int_not_equal(nodes[i].gradient, nodes[i - 1].gradient);
        } else if (i < model->node_count - 1) {
            assert_int_equal(nodes[i].gradient, nodes[i - 1].gradient);
        }
    }
    gan_session_destroy(session);
    gan_model_destroy(model);
}

static size_t arena_size(gan_context *of, int depth, bool forward_only)
{
    gan_model *model = NULL;
    size_t size;

    ASSERT_OK(gan_model_create(of, &model));
    gan_model_add(model, gan_layer_input(of, GAN_SHAPE(WIDTH)));
    for (int i = 0; i < depth; i++) {
        gan_model_add(model, gan_layer_dense(of, WIDTH, NULL));
        gan_model_add(model, gan_layer_tanh(of));
    }
    ASSERT_OK(gan_model_build(model, 0));
    gan_session *session = create(model, forward_only, true);
    size = session->arena.size;
    gan_session_destroy(session);
    gan_model_destroy(model);
    return size;
}

static void test_memory_grows_with_depth_only_for_training(void **state)
{
    const size_t values = MAX_BATCH * WIDTH * sizeof(gan_real);
    (void)state;

    assert_int_equal(arena_size(context, 4, true), arena_size(context, 40, true));
    assert_true(arena_size(context, 40, false) >= arena_size(context, 4, false) + 36 * values);
    assert_true(arena_size(context, 40, false) <= arena_size(context, 4, false) + 36 * values + values / 8);
}

/* Of each layer only half as much is kept. */
static void test_storage_halves_what_is_kept(void **state)
{
    const size_t half = MAX_BATCH * WIDTH * 2;
    const size_t shallow = arena_size(storing, 4, false), deep = arena_size(storing, 40, false);
    (void)state;

    assert_true(deep >= shallow + 36 * half && deep <= shallow + 36 * half + half / 4);
    assert_int_equal(arena_size(storing, 40, true), arena_size(context, 40, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_arrays_lie_apart),
        cmocka_unit_test(test_packing_of_known_cases),
        cmocka_unit_test(test_sharing_changes_no_bit),
        cmocka_unit_test(test_layers_work_in_place),
        cmocka_unit_test(test_memory_grows_with_depth_only_for_training),
        cmocka_unit_test(test_storage_halves_what_is_kept),
    };
    return cmocka_run_group_tests_name("plan", tests, setup, teardown);
}
