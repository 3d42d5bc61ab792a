/* Parameters that are frozen stay as they are, bit for bit, in optimizers, trainers and clipping; the others move as
 * if none were. */
#include "gans.h"
#include "support/run.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 4, HIDDEN = 5, BATCH = 6, STEPS = 5 };

static gan_context *context;

/* Layers block.0, block.1 (with running statistics), blocks and 4. */
static gan_model *build(void)
{
    gan_model *m = NULL;
    assert_int_equal(gan_model_create(context, &m), GAN_OK);
    gan_model_add(m, gan_layer_input(context, GAN_SHAPE(WIDTH)));
    gan_model_add(m, gan_layer_named(gan_layer_dense(context, HIDDEN, NULL), "block.0"));
    gan_model_add(m, gan_layer_named(gan_layer_batch_norm(context, NULL), "block.1"));
    gan_model_add(m, gan_layer_named(gan_layer_dense(context, HIDDEN, NULL), "blocks"));
    gan_model_add(m, gan_layer_softplus(context));
    gan_model_add(m, gan_layer_dense(context, 1, NULL));
    assert_int_equal(gan_model_build(m, 3), GAN_OK);
    return m;
}

/* One letter for each parameter: f for frozen. */
static void assert_frozen(const gan_model *m, const char *expected)
{
    char found[32] = "";
    for (int64_t i = 0; i < gan_model_tensor_count(m); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(m, i, &info), GAN_OK);
        if (info.kind == GAN_TENSOR_PARAMETER) strcat(found, info.is_frozen ? "f" : "-");
        if (info.kind == GAN_TENSOR_BUFFER) assert_false(info.is_frozen);
    }
    assert_string_equal(found, expected);
}

static void test_names(void **state)
{
    (void)state;
    gan_model *m = build(), *copy = NULL;
    assert_frozen(m, "--------");
    assert_int_equal(gan_model_set_trainable(m, "block", false), GAN_OK);
    assert_frozen(m, "ffff----");
    assert_int_equal(gan_model_set_trainable(m, "block.1", true), GAN_OK);
    assert_frozen(m, "ff------");
    assert_int_equal(gan_model_set_trainable(m, "blocks.bias", false), GAN_OK);
    assert_frozen(m, "ff---f--");
    test_status(gan_model_set_trainable(m, "bloc", false), GAN_ERROR_NOT_FOUND, "no parameter is called 'bloc'");
    test_status(gan_model_set_trainable(m, "block.1.running_mean", false), GAN_ERROR_NOT_FOUND, "no parameter");
    test_status(gan_model_set_trainable(NULL, "block", false), GAN_ERROR_NULL, "model is NULL");
    assert_int_equal(gan_model_clone(m, &copy), GAN_OK);
    assert_frozen(copy, "ff---f--");
    assert_int_equal(gan_model_set_trainable(m, NULL, false), GAN_OK);
    assert_frozen(m, "ffffffff");
    assert_int_equal(gan_model_set_trainable(m, NULL, true), GAN_OK);
    assert_frozen(m, "--------");
    assert_frozen(copy, "ff---f--");
    gan_model_destroy(copy);
    gan_model_destroy(m);
}

/* The gradients of one pass, whose batch depends on the number. */
static void add_gradients(gan_session *session, uint64_t number)
{
    float x[BATCH * WIDTH], dy[BATCH];
    test_numbers(number, x, BATCH * WIDTH);
    test_numbers(number + 100, dy, BATCH);
    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(session, 0, dy), GAN_OK);
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_PARAMETERS), GAN_OK);
}

static void assert_same_tensor(const gan_model *a, const gan_model *b, const char *name, bool same)
{
    float left[HIDDEN * HIDDEN], right[HIDDEN * HIDDEN];
    const int64_t count = strstr(name, "block.0.weight") ? HIDDEN * WIDTH : HIDDEN;
    assert_int_equal(gan_model_get_tensor(a, name, left, count), GAN_OK);
    assert_int_equal(gan_model_get_tensor(b, name, right, count), GAN_OK);
    assert_int_equal(memcmp(left, right, (size_t)count * sizeof(*left)) == 0, same);
}

/* One pass, then steps by its gradients: what is frozen changes nothing of the others. */
static void compare(const gan_optimizer_options *options)
{
    gan_model *first = build(), *some = build(), *all = build();
    gan_model *models[] = {some, all};
    gan_optimizer *optimizers[2];
    double norms[2];
    assert_int_equal(gan_model_set_trainable(some, "block.0", false), GAN_OK);
    for (int i = 0; i < 2; i++) {
        gan_session *session = NULL;
        assert_int_equal(gan_optimizer_create(models[i], options, &optimizers[i]), GAN_OK);
        assert_int_equal(gan_session_create(models[i], GAN_SESSION(.batch = BATCH), &session), GAN_OK);
        add_gradients(session, 1);
        for (int t = 0; t < STEPS; t++) assert_int_equal(gan_optimizer_step(optimizers[i], &norms[i]), GAN_OK);
        assert_int_equal(gan_model_clip_weights(models[i], 0.3f), GAN_OK);
        gan_session_destroy(session);
    }
    assert_true(norms[0] < norms[1]);
    assert_same_tensor(some, first, "block.0.weight", true);
    assert_same_tensor(all, first, "block.0.weight", false);
    assert_same_tensor(some, all, "block.1.weight", true);
    assert_same_tensor(some, all, "blocks.bias", true);
    assert_same_tensor(some, first, "blocks.bias", false);
    /* Trained again, with moments that begin now. */
    assert_int_equal(gan_model_set_trainable(some, NULL, true), GAN_OK);
    assert_int_equal(gan_optimizer_step(optimizers[0], NULL), GAN_OK);
    assert_same_tensor(some, first, "block.0.weight", false);
    for (int i = 0; i < 2; i++) gan_optimizer_destroy(optimizers[i]);
    gan_model_destroy(first);
    gan_model_destroy(some);
    gan_model_destroy(all);
}

static void test_optimizers(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        const gan_optimizer_algorithm algorithm = (gan_optimizer_algorithm)k;
        compare(GAN_OPTIMIZER(.algorithm = algorithm, .learning_rate = 1e-2f));
        compare(
            GAN_OPTIMIZER(.algorithm = algorithm, .learning_rate = 1e-2f, .momentum = 0.5f, .weight_decay = 0.1f));
    }
}

/* A trainer writes new weights beside the old ones: the frozen ones must be there too, whichever are in use. */
static void test_trainer(void **state)
{
    (void)state;
    float samples[BATCH * WIDTH];
    gan_model *g = NULL, *d = NULL, *first = NULL;
    gan_trainer *trainer = NULL;
    assert_int_equal(gan_model_create(context, &g), GAN_OK);
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(g, gan_layer_dense(context, WIDTH, NULL));
    assert_int_equal(gan_model_build(g, 1), GAN_OK);
    d = build();
    assert_int_equal(gan_model_clone(d, &first), GAN_OK);
    assert_int_equal(gan_trainer_create(context, g, d, GAN_TRAINER(.batch = BATCH, .weight_clip = 0.05f), &trainer),
                     GAN_OK);
    assert_int_equal(gan_model_set_trainable(d, "block", false), GAN_OK);
    for (uint64_t t = 1; t <= STEPS; t++) {
        test_numbers(t, samples, BATCH * WIDTH);
        assert_int_equal(gan_trainer_step(trainer, samples, BATCH, NULL), GAN_OK);
        assert_same_tensor(d, first, "block.0.weight", true);
        assert_same_tensor(d, first, "block.1.bias", true);
        assert_same_tensor(d, first, "block.1.running_mean", false);
        assert_same_tensor(d, first, "blocks.bias", false);
    }
    gan_trainer_destroy(trainer);
    gan_model_destroy(first);
    gan_model_destroy(d);
    gan_model_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_optimizers),
                                       cmocka_unit_test(test_trainer)};
    if (gan_context_create(GAN_CONTEXT(.threads = 2), &context) != GAN_OK) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gan_context_destroy(context);
    return failed;
}
