/* 50 rounds of small games of each kind against PyTorch: the same initial weights, samples, classes and noise, by the
 * formulas of make_game_traces.py, and what every want was, in its game_traces.safetensors. */
#include "fixture.h"
#include "support/splitmix.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum {
    ROUNDS = 50,
    BATCH = 6,
    NOISE = 3,
    SIZE = 4,
    CLASSES = 3,
    HIDDEN = 7,
    PIXELS = 16,
    MOST_WANTS = 7,
    POOL = 10,
    WEIGHT_STREAM = 300,
    DATA_STREAM = 400
};

#define OK(call) assert_int_equal(call, GAN_OK)

/* ---- Numbers that both sides make ------------------------------------------------------------------------------ */

/* In [-1, 1). */
static float uniform(uint64_t stream, uint64_t i)
{
    return (float)((double)(test_splitmix((stream << 32) + i + 1) >> 40) * 0x1p-23 - 1);
}

static const float *fill(float *out, int kind, int round, int64_t count)
{
    const uint64_t stream = DATA_STREAM + 10 * (uint64_t)round + (uint64_t)kind;
    for (int64_t i = 0; i < count; i++) out[i] = uniform(stream, (uint64_t)i);
    return out;
}

/* ---- Models ---------------------------------------------------------------------------------------------------- */

typedef struct fixture {
    gan_context *context;
    gan_game *game;
    gan_model *models[4];
    int model_count;
    uint64_t stream; /* of the next tensor */
} fixture;

static fixture begin(int number, gan_moves moves)
{
    fixture f = {.stream = WEIGHT_STREAM + 20 * (uint64_t)number};
    OK(gan_context_create(GAN_CONTEXT(.threads = 2), &f.context));
    OK(gan_game_create(f.context, GAN_GAME(.batch = BATCH, .moves = moves), &f.game));
    return f;
}

static gan_model *add_model(fixture *f)
{
    OK(gan_model_create(f->context, &f->models[f->model_count]));
    return f->models[f->model_count++];
}

/* Builds a model and gives each of its tensors 0.6 times the next stream. */
static void build(fixture *f, gan_model *model)
{
    float values[256];
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        OK(gan_model_get_tensor_info(model, i, &info));
        assert_true(info.count <= 256);
        for (int64_t k = 0; k < info.count; k++) values[k] = 0.6f * uniform(f->stream, (uint64_t)k);
        OK(gan_model_set_tensor(model, info.name, values, info.count));
        f->stream++;
    }
}

static gan_node dense(fixture *f, gan_model *model, gan_node from, int64_t units)
{
    return gan_model_add_from(model, gan_layer_dense(f->context, units, NULL), GAN_NODES(from));
}

static gan_node curved(fixture *f, gan_model *model, gan_node from)
{
    return gan_model_add_from(model, gan_layer_tanh(f->context), GAN_NODES(from));
}

static gan_node input(fixture *f, gan_model *model, int64_t size)
{
    return gan_model_add(model, gan_layer_input(f->context, GAN_SHAPE(size)));
}

/* A vector, and a class one-hot beside it. */
static gan_node input_with_class(fixture *f, gan_model *model, int64_t size)
{
    const gan_node x = input(f, model, size), label = input(f, model, 1);
    const gan_node code = gan_model_add_from(model, gan_layer_one_hot(f->context, CLASSES), GAN_NODES(label));
    return gan_model_add_from(model, gan_layer_concat(f->context, NULL), GAN_NODES(x, code));
}

/* tanh(W tanh(V x)), with or without a class. */
static gan_model *make_generator(fixture *f, bool of_class)
{
    gan_model *g = add_model(f);
    const gan_node x = of_class ? input_with_class(f, g, NOISE) : input(f, g, NOISE);
    curved(f, g, dense(f, g, curved(f, g, dense(f, g, x, HIDDEN)), SIZE));
    build(f, g);
    return g;
}

/* W x or tanh(W x). */
static gan_model *make_dense(fixture *f, int64_t inputs, int64_t units, bool bent)
{
    gan_model *model = add_model(f);
    const gan_node y = dense(f, model, input(f, model, inputs), units);
    if (bent) curved(f, model, y);
    build(f, model);
    return model;
}

/* ---- Playing --------------------------------------------------------------------------------------------------- */

/* Plays on samples of these sizes, one for each input; 0: classes. Compares all wants with the file. */
static void play(fixture *f, const char *name, int inputs, const int *kinds, const int64_t *sizes)
{
    float arrays[4][BATCH * PIXELS], expected[ROUNDS * MOST_WANTS];
    const float *given[4];
    assert_int_equal(gan_game_build(f->game), GAN_OK);
    const int64_t wants = gan_game_want_count(f->game);
    fixture_read(f->context, name, expected, ROUNDS * wants);
    for (int round = 0; round < ROUNDS; round++) {
        gan_round_report report = GAN_ROUND_REPORT_INIT;
        for (int k = 0; k < inputs; k++) {
            given[k] = arrays[k];
            if (sizes[k] > 0) fill(arrays[k], kinds[k], round, BATCH * sizes[k]);
            for (int i = 0; sizes[k] == 0 && i < BATCH; i++) arrays[k][i] = (float)((round + i) % CLASSES);
        }
        OK(gan_game_round(f->game, given, BATCH, &report));
        for (int64_t k = 0; k < wants; k++) {
            const double e = (double)expected[round * wants + k];
            if (fabs(report.wants[k] - e) <= 1e-3 * (fabs(e) > 1e-2 ? fabs(e) : 1e-2)) continue;
            fail_msg("%s, round %d, %s: %.7g, expected %.7g", name, round, gan_game_want_name(f->game, k),
                     report.wants[k], e);
        }
    }
    gan_game_destroy(f->game);
    for (int i = 0; i < f->model_count; i++) gan_model_destroy(f->models[i]);
    gan_context_destroy(f->context);
}

static gan_player player(fixture *f, const char *name, gan_model *model)
{
    return gan_game_player(f->game, name, model, GAN_PLAYER(.learning_rate = 2e-3f));
}

static gan_term apply(fixture *f, gan_model *model, gan_term x)
{
    return gan_game_apply(f->game, model, GAN_TERMS(x));
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

static const int kinds[] = {0, 1, 0};
static const int64_t with_classes[] = {SIZE, NOISE, 0};

static void want_both(fixture *f, gan_loss loss, gan_player d, gan_player g, gan_term real, gan_term fake)
{
    gan_game_want(f->game, d, 1, gan_discriminator_loss(loss, real, fake, NULL));
    gan_game_want(f->game, g, 1, gan_generator_loss(loss, real, fake));
}

static void test_conditional(void **state)
{
    (void)state;
    fixture f = begin(0, GAN_MOVES_ALTERNATING);
    gan_model *g = make_generator(&f, true), *d = add_model(&f);
    dense(&f, d, curved(&f, d, dense(&f, d, input_with_class(&f, d, SIZE), HIDDEN)), 1);
    build(&f, d);
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term c = gan_game_input(f.game, "class", GAN_SHAPE(1));
    const gan_term fake = gan_game_apply(f.game, g, GAN_TERMS(z, c));
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    want_both(&f, GAN_LOSS_NON_SATURATING, of_d, of_g, gan_game_apply(f.game, d, GAN_TERMS(x, c)),
              gan_game_apply(f.game, d, GAN_TERMS(fake, c)));
    play(&f, "conditional", 3, kinds, with_classes);
}

static void test_projection(void **state)
{
    (void)state;
    fixture f = begin(1, GAN_MOVES_ALTERNATING);
    gan_model *g = make_generator(&f, true), *d = add_model(&f);
    const gan_node sample = input(&f, d, SIZE), label = input(&f, d, 1);
    const gan_node features = curved(&f, d, dense(&f, d, sample, HIDDEN)), logit = dense(&f, d, features, 1);
    const gan_node code =
        gan_model_add_from(d, gan_layer_embedding(f.context, CLASSES, HIDDEN, NULL), GAN_NODES(label));
    const gan_node along = gan_model_add_from(d, gan_layer_inner_product(f.context), GAN_NODES(features, code));
    gan_model_add_from(d, gan_layer_add(f.context), GAN_NODES(logit, along));
    build(&f, d);
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term c = gan_game_input(f.game, "class", GAN_SHAPE(1));
    const gan_term fake = gan_game_apply(f.game, g, GAN_TERMS(z, c));
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    want_both(&f, GAN_LOSS_HINGE, of_d, of_g, gan_game_apply(f.game, d, GAN_TERMS(x, c)),
              gan_game_apply(f.game, d, GAN_TERMS(fake, c)));
    play(&f, "projection", 3, kinds, with_classes);
}

static void test_auxiliary(void **state)
{
    (void)state;
    fixture f = begin(2, GAN_MOVES_ALTERNATING);
    gan_model *g = make_generator(&f, true), *d = add_model(&f);
    const gan_node features = curved(&f, d, dense(&f, d, input(&f, d, SIZE), HIDDEN));
    const gan_node logit = dense(&f, d, features, 1), classes = dense(&f, d, features, CLASSES);
    OK(gan_model_set_outputs(d, GAN_NODES(logit, classes)));
    build(&f, d);
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term c = gan_game_input(f.game, "class", GAN_SHAPE(1));
    const gan_term fake = gan_game_apply(f.game, g, GAN_TERMS(z, c));
    const gan_term real_logits = apply(&f, d, x), fake_logits = apply(&f, d, fake);
    const gan_term of_real = gan_softmax_cross_entropy_loss(gan_game_output(real_logits, 1), c);
    const gan_term of_fake = gan_softmax_cross_entropy_loss(gan_game_output(fake_logits, 1), c);
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    gan_game_want(f.game, of_d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL));
    gan_game_want(f.game, of_d, 1, of_real);
    gan_game_want(f.game, of_d, 0.5f, of_fake);
    gan_game_want(f.game, of_g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits));
    gan_game_want(f.game, of_g, 1, of_fake);
    play(&f, "auxiliary", 3, kinds, with_classes);
}

static void test_infogan(void **state)
{
    (void)state;
    fixture f = begin(3, GAN_MOVES_ALTERNATING);
    gan_model *g = make_generator(&f, false), *d = add_model(&f), *code = add_model(&f);
    dense(&f, d, curved(&f, d, dense(&f, d, input(&f, d, SIZE), HIDDEN)), 1);
    build(&f, d);
    gan_model *q = make_dense(&f, SIZE, 2, false);
    gan_model_add(code, gan_layer_input(f.context, GAN_SHAPE(NOISE)));
    gan_model_add(code, gan_layer_slice(f.context, GAN_SLICE(.length = 2)));
    OK(gan_model_build(code, 0));
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term fake = apply(&f, g, z);
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    OK(gan_player_add_model(of_g, "q", q));
    want_both(&f, GAN_LOSS_NON_SATURATING, of_d, of_g, apply(&f, d, x), apply(&f, d, fake));
    gan_game_want(f.game, of_g, 1, gan_l2_loss(apply(&f, q, fake), apply(&f, code, z)));
    play(&f, "infogan", 2, kinds, with_classes);
}

static void test_semi_supervised(void **state)
{
    (void)state;
    static const int semi_kinds[] = {0, 1, 2, 0};
    static const int64_t sizes[] = {SIZE, NOISE, SIZE, 0};
    fixture f = begin(4, GAN_MOVES_ALTERNATING);
    gan_model *g = make_generator(&f, false), *d = add_model(&f);
    const gan_node features = curved(&f, d, dense(&f, d, input(&f, d, SIZE), HIDDEN));
    const gan_node logits = dense(&f, d, features, CLASSES);
    const gan_node real = gan_model_add_from(d, gan_layer_log_sum_exp(f.context), GAN_NODES(logits));
    OK(gan_model_set_outputs(d, GAN_NODES(real, logits, features)));
    build(&f, d);
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term labelled = gan_game_input(f.game, "labelled", GAN_SHAPE(SIZE));
    const gan_term c = gan_game_input(f.game, "class", GAN_SHAPE(1));
    const gan_term of_real = apply(&f, d, x), of_fake = apply(&f, d, apply(&f, g, z));
    const gan_term of_labelled = apply(&f, d, labelled);
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    gan_game_want(f.game, of_d, 1, gan_softmax_cross_entropy_loss(gan_game_output(of_labelled, 1), c));
    gan_game_want(f.game, of_d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, of_real, of_fake, NULL));
    gan_game_want(f.game, of_g, 1,
                  gan_feature_matching_loss(gan_game_output(of_real, 2), gan_game_output(of_fake, 2)));
    play(&f, "semi_supervised", 4, semi_kinds, sizes);
}

static void test_domain_adversarial(void **state)
{
    (void)state;
    static const int domain_kinds[] = {0, 2, 0};
    static const int64_t sizes[] = {SIZE, SIZE, 0};
    fixture f = begin(5, GAN_MOVES_SIMULTANEOUS);
    gan_model *features = make_dense(&f, SIZE, HIDDEN, true), *labels = make_dense(&f, HIDDEN, CLASSES, false);
    gan_model *domains = make_dense(&f, HIDDEN, 1, false);
    const gan_term source = gan_game_input(f.game, "source", GAN_SHAPE(SIZE));
    const gan_term target = gan_game_input(f.game, "target", GAN_SHAPE(SIZE));
    const gan_term c = gan_game_input(f.game, "class", GAN_SHAPE(1));
    const gan_term of_source = apply(&f, features, source), of_target = apply(&f, features, target);
    const gan_term confusion = gan_discriminator_loss(GAN_LOSS_NON_SATURATING, apply(&f, domains, of_source),
                                                      apply(&f, domains, of_target), NULL);
    const gan_player task = player(&f, "task", features), domain = player(&f, "domain", domains);
    OK(gan_player_add_model(task, "labels", labels));
    gan_game_want(f.game, task, 1, gan_softmax_cross_entropy_loss(apply(&f, labels, of_source), c));
    gan_game_want_by(f.game, task, -0.5f, confusion,
                     GAN_WANT(.schedule = GAN_SCHEDULE_SIGMOID, .schedule_steps = ROUNDS));
    gan_game_want(f.game, domain, 1, confusion);
    play(&f, "domain_adversarial", 3, domain_kinds, sizes);
}

/* A map as large as the image, of 3x3 convolutions. */
static gan_model *make_map(fixture *f, int64_t images, bool bent)
{
    gan_model *model = add_model(f);
    for (int64_t i = 0; i < images; i++) gan_model_add(model, gan_layer_input(f->context, GAN_SHAPE(1, 4, 4)));
    if (images > 1) gan_model_add_from(model, gan_layer_concat(f->context, NULL), GAN_NODES(0, 1));
    gan_model_add(model, gan_layer_conv2d(f->context, 3, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_tanh(f->context));
    gan_model_add(model, gan_layer_conv2d(f->context, 1, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    if (bent) gan_model_add(model, gan_layer_tanh(f->context));
    build(f, model);
    return model;
}

static void test_translation(void **state)
{
    (void)state;
    static const int64_t sizes[] = {PIXELS, PIXELS};
    fixture f = begin(6, GAN_MOVES_ALTERNATING);
    gan_model *g = make_map(&f, 1, true), *d = make_map(&f, 2, false);
    const gan_term map = gan_game_input(f.game, "map", GAN_SHAPE(1, 4, 4));
    const gan_term photo = gan_game_input(f.game, "photo", GAN_SHAPE(1, 4, 4));
    const gan_term fake = apply(&f, g, map);
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    want_both(&f, GAN_LOSS_LEAST_SQUARES, of_d, of_g, gan_game_apply(f.game, d, GAN_TERMS(map, photo)),
              gan_game_apply(f.game, d, GAN_TERMS(map, fake)));
    gan_game_want(f.game, of_g, 100, gan_l1_loss(fake, photo));
    play(&f, "translation", 2, kinds, sizes);
}

/* With or without pools of what the generators have made. */
static void describe_cycle(fixture *f, bool pooled)
{
    gan_model *there = make_dense(f, SIZE, SIZE, true), *back = make_dense(f, SIZE, SIZE, true);
    gan_model *of_x = make_dense(f, SIZE, 1, false), *of_y = make_dense(f, SIZE, 1, false);
    const gan_term x = gan_game_input(f->game, "x", GAN_SHAPE(SIZE));
    const gan_term y = gan_game_input(f->game, "y", GAN_SHAPE(SIZE));
    const gan_term to_y = apply(f, there, x), to_x = apply(f, back, y);
    const gan_term real_x = apply(f, of_x, x), fake_x = apply(f, of_x, to_x);
    const gan_term real_y = apply(f, of_y, y), fake_y = apply(f, of_y, to_y);
    const gan_term seen_x = pooled ? apply(f, of_x, gan_game_pool(to_x, POOL)) : fake_x;
    const gan_term seen_y = pooled ? apply(f, of_y, gan_game_pool(to_y, POOL)) : fake_y;
    const gan_player d = player(f, "judges", of_x), g = player(f, "translators", there);
    const gan_loss loss = GAN_LOSS_NON_SATURATING;
    OK(gan_player_add_model(d, "of_y", of_y));
    OK(gan_player_add_model(g, "back", back));
    gan_game_want(f->game, d, 1, gan_discriminator_loss(loss, real_x, seen_x, NULL));
    gan_game_want(f->game, d, 1, gan_discriminator_loss(loss, real_y, seen_y, NULL));
    gan_game_want(f->game, g, 1, gan_generator_loss(loss, real_x, fake_x));
    gan_game_want(f->game, g, 1, gan_generator_loss(loss, real_y, fake_y));
    gan_game_want(f->game, g, 10, gan_l2_loss(apply(f, back, to_y), x));
    gan_game_want(f->game, g, 10, gan_l2_loss(apply(f, there, to_x), y));
    gan_game_want(f->game, g, 5, gan_l2_loss(apply(f, there, y), y));
}

static void test_cycle(void **state)
{
    (void)state;
    static const int64_t sizes[] = {SIZE, SIZE};
    fixture f = begin(7, GAN_MOVES_ALTERNATING);
    describe_cycle(&f, false);
    play(&f, "cycle", 2, kinds, sizes);
}

/* CycleGAN's discriminators judge what the generators made before their step: all move at once. */
static void test_pooled_cycle(void **state)
{
    (void)state;
    static const int64_t sizes[] = {SIZE, SIZE};
    fixture f = begin(8, GAN_MOVES_SIMULTANEOUS);
    describe_cycle(&f, true);
    play(&f, "pooled_cycle", 2, kinds, sizes);
}

/* x + conv(tanh(conv(tanh(x)))), along images of one row. */
static gan_node add_residual_block(fixture *f, gan_model *model, gan_node x)
{
    gan_node branch = x;
    for (int i = 0; i < 2; i++) {
        curved(f, model, branch);
        branch = gan_model_add(
            model, gan_layer_conv2d(f->context, CLASSES, GAN_CONV2D(.kernel = {1, 3}, .padding = GAN_PADDING_SAME)));
    }
    return gan_model_add_from(model, gan_layer_add(f->context), GAN_NODES(x, branch));
}

/* The penalty at points of the input `between`, since those that a game draws are not in the file. */
static void test_text(void **state)
{
    (void)state;
    static const int text_kinds[] = {0, 1, 2};
    static const int64_t sizes[] = {CLASSES * SIZE, NOISE, CLASSES * SIZE};
    const gan_shape line = GAN_SHAPE(CLASSES, 1, SIZE);
    fixture f = begin(10, GAN_MOVES_ALTERNATING);
    gan_model *g = add_model(&f), *d = add_model(&f);
    dense(&f, g, input(&f, g, NOISE), CLASSES * SIZE);
    add_residual_block(&f, g, gan_model_add(g, gan_layer_reshape(f.context, line)));
    gan_model_add(g, gan_layer_conv2d(f.context, CLASSES, GAN_CONV2D(.kernel = {1, 1})));
    gan_model_add(g, gan_layer_softmax(f.context));
    build(&f, g);
    gan_model_add(d, gan_layer_input(f.context, line));
    add_residual_block(&f, d, gan_model_add(d, gan_layer_conv2d(f.context, CLASSES, GAN_CONV2D(.kernel = {1, 1}))));
    gan_model_add(d, gan_layer_flatten(f.context));
    gan_model_add(d, gan_layer_dense(f.context, 1, GAN_DENSE(.no_bias = true)));
    build(&f, d);
    const gan_term x = gan_game_input(f.game, "line", line);
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term between = gan_game_input(f.game, "between", line);
    const gan_term real = apply(&f, d, x), fake = apply(&f, d, apply(&f, g, z));
    const gan_player of_d = player(&f, "d", d), of_g = player(&f, "g", g);
    gan_game_want(f.game, of_d, 1, gan_discriminator_loss(GAN_LOSS_WASSERSTEIN, real, fake, NULL));
    gan_game_want(f.game, of_d, 10, gan_gradient_penalty_loss(apply(&f, d, between), GAN_PENALTY_ONE_CENTERED));
    gan_game_want(f.game, of_g, 1, gan_generator_loss(GAN_LOSS_WASSERSTEIN, real, fake));
    play(&f, "text", 3, text_kinds, sizes);
}

/* ---- Variational autoencoders ---------------------------------------------------------------------------------- */

/* Outputs: a sample of the code, its mean, the logarithm of its variance. */
static gan_model *make_encoder(fixture *f)
{
    gan_model *model = add_model(f);
    const gan_node features = curved(f, model, dense(f, model, input(f, model, SIZE), HIDDEN));
    const gan_node mean = dense(f, model, features, NOISE), log_variance = dense(f, model, features, NOISE);
    const gan_node code =
        gan_model_add_from(model, gan_layer_gaussian_sample(f->context), GAN_NODES(mean, log_variance));
    OK(gan_model_set_outputs(model, GAN_NODES(code, mean, log_variance)));
    build(f, model);
    return model;
}

static gan_model *make_decoder(fixture *f)
{
    gan_model *model = add_model(f);
    dense(f, model, curved(f, model, dense(f, model, input(f, model, NOISE), HIDDEN)), SIZE);
    build(f, model);
    return model;
}

static gan_term kl_of(gan_term code)
{
    return gan_gaussian_kl_loss(gan_game_output(code, 1), gan_game_output(code, 2));
}

static void test_variational(void **state)
{
    (void)state;
    static const int64_t sizes[] = {SIZE};
    fixture f = begin(9, GAN_MOVES_ALTERNATING);
    gan_model *encoder = make_encoder(&f), *decoder = make_decoder(&f), *to_probability = add_model(&f);
    const gan_node in = input(&f, to_probability, SIZE), by = input(&f, to_probability, SIZE);
    const gan_node half = gan_model_add_from(to_probability, gan_layer_multiply(f.context), GAN_NODES(in, by));
    gan_model_add_from(to_probability, gan_layer_add(f.context), GAN_NODES(half, by));
    OK(gan_model_build(to_probability, 0));
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term code = apply(&f, encoder, x), logits = apply(&f, decoder, code);
    const gan_term halves = gan_game_constant(f.game, GAN_SHAPE(SIZE), 0.5f);
    const gan_term white = gan_game_apply(f.game, to_probability, GAN_TERMS(x, halves));
    const gan_player both = player(&f, "encoder", encoder);
    OK(gan_player_add_model(both, "decoder", decoder));
    gan_game_want(f.game, both, SIZE, gan_binary_cross_entropy_loss(logits, white));
    gan_game_want(f.game, both, 1, kl_of(code));
    play(&f, "variational", 1, kinds, sizes);
}

static void test_variational_adversarial(void **state)
{
    (void)state;
    static const int64_t sizes[] = {SIZE, NOISE};
    fixture f = begin(11, GAN_MOVES_ALTERNATING);
    gan_model *encoder = make_encoder(&f), *decoder = make_decoder(&f), *judge = add_model(&f);
    const gan_node features = curved(&f, judge, dense(&f, judge, input(&f, judge, SIZE), HIDDEN));
    const gan_node logit = dense(&f, judge, features, 1);
    OK(gan_model_set_outputs(judge, GAN_NODES(logit, features)));
    build(&f, judge);
    const gan_term x = gan_game_input(f.game, "sample", GAN_SHAPE(SIZE));
    const gan_term z = gan_game_input(f.game, "noise", GAN_SHAPE(NOISE));
    const gan_term code = apply(&f, encoder, x), made = apply(&f, decoder, code), of_noise = apply(&f, decoder, z);
    const gan_term real_logits = apply(&f, judge, x), made_logits = apply(&f, judge, made);
    const gan_term noise_logits = apply(&f, judge, of_noise);
    const gan_term distance = gan_l2_loss(gan_game_output(made_logits, 1), gan_game_output(real_logits, 1));
    const gan_player d = player(&f, "d", judge), e = player(&f, "e", encoder), g = player(&f, "g", decoder);
    const gan_loss loss = GAN_LOSS_NON_SATURATING;
    gan_game_want(f.game, d, 0.5f, gan_discriminator_loss(loss, real_logits, noise_logits, NULL));
    gan_game_want(f.game, d, 0.5f, gan_discriminator_loss(loss, real_logits, made_logits, NULL));
    gan_game_want(f.game, e, 1, kl_of(code));
    gan_game_want(f.game, e, 3.5f, distance);
    gan_game_want(f.game, g, 0.35f, distance);
    gan_game_want(f.game, g, 1, gan_generator_loss(loss, real_logits, noise_logits));
    gan_game_want(f.game, g, 1, gan_generator_loss(loss, real_logits, made_logits));
    play(&f, "variational_adversarial", 2, kinds, sizes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditional),     cmocka_unit_test(test_projection),
        cmocka_unit_test(test_auxiliary),       cmocka_unit_test(test_infogan),
        cmocka_unit_test(test_semi_supervised), cmocka_unit_test(test_domain_adversarial),
        cmocka_unit_test(test_translation),     cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_pooled_cycle),    cmocka_unit_test(test_text),
        cmocka_unit_test(test_variational),     cmocka_unit_test(test_variational_adversarial),
    };
    if (!fixture_of(argc, argv)) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
