/* Sessions that keep weights packed: the same bits as without, and never those of weights that have changed. */
#include "session.h"

#include "model/session/plan.h"
#include "support/files.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, WIDTH = 600, HIDDEN = 128, OUTPUTS = 40 };

static gan_context *context;
static gan_model *model, *other;
static gan_optimizer *optimizer;
static gan_checkpoint *checkpoint;
static gan_session *keeping, *plain;

static gan_status build(uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    GAN_TRY(gan_model_create(context, &m));
    gan_model_add(m, gan_layer_input(context, GAN_SHAPE(WIDTH)));
    gan_model_add(m, gan_layer_dense(context, HIDDEN, NULL));
    gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    gan_model_add(m, gan_layer_dense(context, HIDDEN, GAN_DENSE(.spectral_norm = true)));
    gan_model_add(m, gan_layer_dense(context, OUTPUTS, GAN_DENSE(.no_bias = true)));
    *out = m;
    return gan_model_build(m, seed);
}

static int setup(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    if (gan_context_create(GAN_CONTEXT(.threads = 2, .multiply = GAN_MULTIPLY_NATIVE), &context) != GAN_OK) return -1;
    if (build(1, &model) != GAN_OK || build(2, &other) != GAN_OK) return -1;
    if (gan_optimizer_create(model, GAN_OPTIMIZER(.learning_rate = 0.1f), &optimizer) != GAN_OK) return -1;
    if (gan_checkpoint_create(context, &checkpoint) != GAN_OK) return -1;
    if (gan_checkpoint_add_model(checkpoint, "model", model) != GAN_OK) return -1;
    if (gan_checkpoint_save(checkpoint, test_path("checkpoint")) != GAN_OK) return -1;
    if (gan_model_save(other, test_path("other")) != GAN_OK) return -1;
    if (gan_session_create(model, GAN_SESSION(.batch = BATCH, .forward_only = true), &keeping) != GAN_OK) return -1;
    return gan_session_create(model, GAN_SESSION(.batch = BATCH), &plain) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    gan_session_destroy(keeping);
    gan_session_destroy(plain);
    gan_checkpoint_destroy(checkpoint);
    gan_optimizer_destroy(optimizer);
    gan_model_destroy(other);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return test_folder_remove(state);
}

/* Fails unless both sessions compute the same bits of a batch. */
static void compare(int64_t batch, const char *what)
{
    results all[2];
    for (int i = 0; i < 2; i++) {
        gan_session *session = i == 0 ? keeping : plain;
        set_random_inputs(session, batch, 7);
        ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
        all[i] = collect_results(session, false, false);
    }
    assert_same_results(all[0], all[1], what);
    free(all[0].values);
    free(all[1].values);
}

/* Layers with memory for packed weights: those without spectral normalisation, since their products pack them. */
static int packed_layers(const gan_session *session)
{
    int count = 0;
    for (int32_t i = 0; i < model->node_count; i++) count += session->plan->nodes[i].packed != GAN_NO_ARRAY;
    return count;
}

static void test_same_bits(void **state)
{
    (void)state;
    assert_int_equal(packed_layers(keeping), 2);
    assert_int_equal(packed_layers(plain), 0);
    for (int pass = 0; pass < 3; pass++) {
        compare(BATCH, "whole batch");
        assert_int_equal(keeping->packed_changes != 0, pass > 0);
    }
    compare(BATCH - 1, "one less");
    for (int64_t batch = 1; batch < BATCH; batch += 23) compare(batch, "part of a batch");
    assert_true(keeping->packed_changes != 0);
}

static void set_tensor(void)
{
    randomise_tensors(model, 3);
}

static void clip(void)
{
    ASSERT_OK(gan_model_clip_weights(model, 0.01f));
}

static void average(void)
{
    ASSERT_OK(gan_model_average(model, other, 0.5));
}

static void load_weights(void)
{
    ASSERT_OK(gan_model_load_weights(model, test_path("other"), NULL));
}

static void load_checkpoint(void)
{
    ASSERT_OK(gan_checkpoint_load(checkpoint, test_path("checkpoint")));
}

static void step(void)
{
    set_random_inputs(plain, 4, 5);
    ASSERT_OK(gan_session_forward(plain, GAN_MODE_SAMPLE));
    set_random_gradients(plain, 6);
    ASSERT_OK(gan_session_backward(plain, GAN_BACKWARD_PARAMETERS));
    ASSERT_OK(gan_optimizer_step(optimizer, NULL));
}

static void take_back(void)
{
    gan_model_restore_previous(model);
}

static void keep_previous(void)
{
    ASSERT_OK(gan_model_keep_previous(model));
}

/* Whatever changes weights: the next pass is one with the new ones. */
static void test_changes(void **state)
{
    static const struct {
        const char *name;
        void (*change)(void);
        bool changes_nothing;
    } ways[] = {
        {"set_tensor", set_tensor, false},
        {"clip", clip, false},
        {"average", average, false},
        {"load_weights", load_weights, false},
        {"load_checkpoint", load_checkpoint, false},
        {"step", step, false},
        {"keep_previous", keep_previous, true},
        {"step, with those before kept", step, false},
        {"take_back", take_back, false},
        {"average, with those before kept", average, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        compare(BATCH, "before");
        compare(BATCH, "before, packed");
        assert_true(keeping->packed_changes != 0);
        gan_real *before = malloc((size_t)model->parameter_size * sizeof(*before));
        assert_non_null(before);
        memcpy(before, model->parameters, (size_t)model->parameter_size * sizeof(*before));
        ways[i].change();
        const int difference = memcmp(before, model->parameters, (size_t)model->parameter_size * sizeof(*before));
        free(before);
        assert_int_equal(difference == 0, ways[i].changes_nothing);
        compare(BATCH, ways[i].name);
    }
}

/* Memory for packed weights is only where they are wanted. */
static void test_memory(void **state)
{
    gan_session *small = NULL, *planned = NULL;
    (void)state;
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 1, .forward_only = true), &small));
    assert_int_equal(packed_layers(small), 0);
    gan_session_destroy(small);
    ASSERT_OK(gan_session_create_planned(model, GAN_SESSION(.batch = BATCH, .forward_only = true), true, &planned));
    assert_int_equal(packed_layers(planned), 0);
    assert_true(planned->arena.size < keeping->arena.size);
    gan_session_destroy(planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
