#include "random_game.h"

#include "support/splitmix.h"

#include <stdlib.h>
#include <string.h>

/* Of norms: so few samples have small variances, which would make games too steep to differentiate by differences. */
#define EPSILON 0.1f

/* Numbers below a bound, in the sequence of one game. */
typedef struct dice {
    uint64_t seed, thrown;
} dice;

static int64_t roll(dice *d, int64_t bound)
{
    return (int64_t)(test_splitmix(d->seed * 4096 + ++d->thrown) % (uint64_t)bound);
}

static bool coin(dice *d)
{
    return roll(d, 2) == 1;
}

/* ---- Models ---------------------------------------------------------------------------------------------------- */

/* What a game is drawn with. */
typedef struct drawing {
    gan_context *context;
    dice dice;
    gan_shape sample; /* of inputs and of what generators make */
    int64_t classes;  /* 0: the game has none */
    bool smooth;      /* the game may have penalties, so its critics have second derivatives */
    bool divided;     /* batches are divided */
    bool alternating;
    const random_game_kind *kind;
    random_game *out;
    gan_term real, label, noise, code; /* label: of the inputs; code: drawn classes */
} drawing;

static int64_t count_of(gan_shape shape)
{
    int64_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= shape.dims[i];
    return count;
}

static void add_activation(drawing *of, gan_model *m)
{
    switch (of->kind->still + roll(&of->dice, of->kind->still ? 3 : 4)) {
    case 0: gan_model_add(m, gan_layer_leaky_relu(of->context, NULL)); return;
    case 1: gan_model_add(m, gan_layer_softplus(of->context)); return;
    case 2: gan_model_add(m, gan_layer_tanh(of->context)); return;
    default: gan_model_add(m, gan_layer_silu(of->context)); return;
    }
}

/* The inputs of a model as one vector: samples of a shape, convolved if they are images, then a class's vector. */
static void add_inputs(drawing *of, gan_model *m, gan_shape first, bool with_class)
{
    gan_node joined = gan_model_add(m, gan_layer_input(of->context, first)), label = 0;
    if (with_class) label = gan_model_add(m, gan_layer_input(of->context, GAN_SHAPE(1)));
    if (first.rank == 3 && coin(&of->dice)) {
        const gan_conv2d_options window = {
            .struct_size = sizeof(window), .kernel = {3, 3}, .padding = GAN_PADDING_SAME};
        gan_model_add_from(m, gan_layer_conv2d(of->context, 2 + roll(&of->dice, 3), &window), GAN_NODES(joined));
        add_activation(of, m);
        joined = gan_model_add(m, gan_layer_flatten(of->context));
    } else if (first.rank == 3) {
        joined = gan_model_add_from(m, gan_layer_flatten(of->context), GAN_NODES(joined));
    }
    if (!with_class) {
        gan_model_add_from(m, gan_layer_dense(of->context, 5 + roll(&of->dice, 4), NULL), GAN_NODES(joined));
        return;
    }
    const gan_node code =
        gan_model_add_from(m, gan_layer_embedding(of->context, of->classes, 3, NULL), GAN_NODES(label));
    gan_model_add_from(m, gan_layer_concat(of->context, NULL), GAN_NODES(joined, code));
    gan_model_add(m, gan_layer_dense(of->context, 5 + roll(&of->dice, 4), NULL));
}

static gan_model *take_model(drawing *of, gan_model *m)
{
    const uint64_t seed = of->dice.seed * 16 + (uint64_t)of->out->model_count;
    if (gan_model_build(m, seed) != GAN_OK) {
        gan_model_destroy(m);
        return NULL;
    }
    of->out->models[of->out->model_count++] = m;
    return m;
}

/* From a sample, or noise, of this shape, and perhaps a class, to a sample. */
static gan_model *draw_generator(drawing *of, gan_shape from, bool with_class)
{
    gan_model *m = NULL;
    if (gan_model_create(of->context, &m) != GAN_OK) return NULL;
    add_inputs(of, m, from, with_class);
    if (coin(&of->dice)) gan_model_add(m, gan_layer_batch_norm(of->context, GAN_BATCH_NORM(.epsilon = EPSILON)));
    add_activation(of, m);
    gan_model_add(m, gan_layer_dense(of->context, count_of(of->sample), NULL));
    if (of->sample.rank == 3) gan_model_add(m, gan_layer_reshape(of->context, of->sample));
    gan_model_add(m, gan_layer_tanh(of->context));
    return take_model(of, m);
}

/* From `packing` samples as one, and perhaps a class, to a logit or a map of logits, to features, and with classes to
 * a logit for each. */
static gan_model *draw_critic(drawing *of, int64_t packing, bool with_class)
{
    gan_model *m = NULL;
    gan_shape input = of->sample;
    input.dims[0] *= packing;
    if (gan_model_create(of->context, &m) != GAN_OK) return NULL;
    add_inputs(of, m, input, with_class);
    if (!of->smooth && coin(&of->dice))
        gan_model_add(m, gan_layer_batch_norm(of->context, GAN_BATCH_NORM(.epsilon = EPSILON)));
    if (coin(&of->dice)) gan_model_add(m, gan_layer_dropout(of->context, GAN_DROPOUT(.rate = 0.3f)));
    add_activation(of, m);
    const gan_node features = gan_model_add(m, gan_layer_dense(of->context, 4, NULL));
    add_activation(of, m);
    gan_node outputs[3] = {gan_model_add(m, gan_layer_dense(of->context, coin(&of->dice) ? 1 : 4, NULL)), features};
    const int64_t count = of->classes > 0 ? 3 : 2;
    if (count == 3) {
        outputs[2] = gan_model_add_from(m, gan_layer_dense(of->context, of->classes, NULL), GAN_NODES(features));
    }
    gan_model_set_outputs(m, count, outputs);
    return take_model(of, m);
}

/* ---- Players and wants ----------------------------------------------------------------------------------------- */

static void add_player(drawing *of, const char *name, int model, bool may_move_often)
{
    random_game *game = of->out;
    gan_player_options options = {.struct_size = sizeof(options)};
    gan_optimizer_options optimizer = {.struct_size = sizeof(optimizer),
                                       .algorithm = (gan_optimizer_algorithm)roll(&of->dice, 3),
                                       .learning_rate = of->kind->still ? GAN_ZERO : 1e-2f};
    if (coin(&of->dice)) optimizer.momentum = 0.5f;
    if (!of->kind->still && coin(&of->dice)) optimizer.clip_norm = 1;
    options.optimizer = &optimizer;
    options.fresh_noise = may_move_often && coin(&of->dice);
    if (coin(&of->dice)) options.ema_decay = 0.9f;
    if (roll(&of->dice, 4) == 0 && !of->kind->still) options.weight_clip = 0.5f;
    const int64_t moves = 1 + roll(&of->dice, 2);
    if (may_move_often && !of->kind->still) options.moves = moves;
    if (options.moves > game->moves) game->moves = options.moves;
    game->players[game->player_count] = gan_game_player(game->game, name, game->models[model], &options);
    game->owners[model] = game->player_count++;
}

static void want(drawing *of, int player, float weight, gan_term loss, const gan_want_options *options)
{
    random_game *game = of->out;
    if (game->want_count == RANDOM_GAME_WANTS) return;
    gan_game_want_by(game->game, game->players[player], weight, loss, options);
    game->wants[game->want_count++] = (random_game_want){player, weight};
}

static float draw_weight(drawing *of)
{
    return 0.25f * (float)(1 + roll(&of->dice, 6));
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

/* A game has no term that nothing reads: each is described when it is first needed. */
static gan_term add_input(drawing *of, const char *name, gan_shape shape, int64_t classes, gan_term *term)
{
    if (term->game) return *term;
    *term = gan_game_input(of->out->game, name, shape);
    of->out->inputs[of->out->input_count++] = (random_game_input){count_of(shape), classes};
    return *term;
}

static gan_term label_of(drawing *of)
{
    return add_input(of, "label", GAN_SHAPE(1), of->classes, &of->label);
}

static gan_term noise_of(drawing *of)
{
    if (!of->noise.game)
        of->noise = gan_game_noise(of->out->game, "noise", GAN_SHAPE(3), (gan_noise)roll(&of->dice, 2));
    return of->noise;
}

static gan_term code_of(drawing *of)
{
    if (!of->code.game) of->code = gan_game_classes(of->out->game, "code", of->classes);
    return of->code;
}

/* A generator, what it makes, and what it is asked for beyond fooling critics. */
typedef struct maker {
    int model;
    gan_term from, made;
    bool with_class, translates;
} maker;

static maker draw_maker(drawing *of)
{
    maker g = {.model = of->out->model_count, .translates = roll(&of->dice, 3) == 0};
    g.with_class = of->classes > 0 && coin(&of->dice);
    g.from = g.translates ? of->real : noise_of(of);
    gan_model *m = draw_generator(of, g.translates ? of->sample : GAN_SHAPE(3), g.with_class);
    if (!g.with_class) {
        g.made = gan_game_apply(of->out->game, m, GAN_TERMS(g.from));
    } else {
        const gan_term class_term = coin(&of->dice) ? label_of(of) : code_of(of);
        g.made = gan_game_apply(of->out->game, m, GAN_TERMS(g.from, class_term));
    }
    return g;
}

static gan_term judge(drawing *of, gan_model *critic, gan_term samples, bool with_class)
{
    return with_class ? gan_game_apply(of->out->game, critic, GAN_TERMS(samples, label_of(of)))
                      : gan_game_apply(of->out->game, critic, GAN_TERMS(samples));
}

/* A critic of what a maker makes, and what both want of it. */
static void add_contest(drawing *of, const maker *g, int critic_model, gan_model *critic, bool with_class,
                        const gan_show_options *show)
{
    random_game *game = of->out;
    const gan_loss drawn = (gan_loss)roll(&of->dice, 7);
    const gan_loss loss = of->kind->still && drawn == GAN_LOSS_HINGE ? GAN_LOSS_WASSERSTEIN : drawn;
    const bool plain = !show && !of->divided;
    gan_term real = of->real, fake = g->made, judged = g->made;
    if (show) {
        real = gan_game_show(real, show);
        fake = judged = gan_game_show(fake, show);
    } else if (plain && roll(&of->dice, 3) == 0) {
        judged = gan_game_pool(fake, 6);
    }
    const gan_term real_logits = judge(of, critic, real, with_class);
    const gan_term fake_logits = judge(of, critic, fake, with_class);
    const gan_term judged_logits = judged.index == fake.index ? fake_logits : judge(of, critic, judged, with_class);
    const int d = game->owners[critic_model], p = game->owners[g->model];
    want(of, d, draw_weight(of), gan_discriminator_loss(loss, real_logits, judged_logits, NULL), NULL);
    want(of, p, draw_weight(of), gan_generator_loss(loss, real_logits, fake_logits), NULL);
    if (coin(&of->dice)) {
        want(of, p, draw_weight(of),
             gan_feature_matching_loss(gan_game_output(real_logits, 1), gan_game_output(fake_logits, 1)), NULL);
    }
    if (of->classes > 0 && coin(&of->dice)) {
        const gan_term guess = gan_game_output(real_logits, 2);
        want(of, d, draw_weight(of),
             coin(&of->dice) && !show ? gan_softmax_cross_entropy_loss(guess, label_of(of)) : gan_entropy_loss(guess),
             NULL);
    }
    if (!of->smooth) return;
    const gan_penalty penalty = (gan_penalty)roll(&of->dice, 2);
    gan_term penalised = coin(&of->dice) ? real_logits : judged_logits;
    if (plain && !with_class && coin(&of->dice)) {
        const gan_term points = coin(&of->dice) ? gan_game_between(of->real, g->made) : gan_game_around(of->real);
        penalised = gan_game_apply(game->game, critic, GAN_TERMS(points));
    }
    want(of, d, draw_weight(of), gan_gradient_penalty_loss(penalised, penalty),
         of->kind->still ? NULL : GAN_WANT(.interval = 1 + roll(&of->dice, 2)));
}

/* What a maker wants besides: to be near to the data, or to come back to where it began. */
static void add_wishes(drawing *of, const maker *g, const maker *back)
{
    const int p = of->out->owners[g->model];
    const gan_term target = of->real;
    switch (roll(&of->dice, of->kind->still ? 3 : 5)) {
    case 0: want(of, p, draw_weight(of), gan_l2_loss(g->made, target), NULL); break;
    case 1: want(of, p, -draw_weight(of), gan_mean_loss(g->made), NULL); break;
    case 2: break;
    case 3: want(of, p, draw_weight(of), gan_smooth_l1_loss(g->made, target), NULL); break;
    default: want(of, p, draw_weight(of), gan_l1_loss(g->made, target), NULL); break;
    }
    if (!back->translates || back->with_class) return;
    const gan_term cycle = gan_game_apply(of->out->game, of->out->models[back->model], GAN_TERMS(g->made));
    want(of, p, draw_weight(of), of->kind->still ? gan_l2_loss(cycle, target) : gan_l1_loss(cycle, target), NULL);
    if (coin(&of->dice) && of->out->owners[back->model] != p)
        want(of, of->out->owners[back->model], draw_weight(of), gan_l2_loss(cycle, target), NULL);
}

static const char *const names[RANDOM_GAME_MODELS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static void describe(drawing *of)
{
    maker makers[2];
    const int maker_count = 1 + (int)roll(&of->dice, 2);
    add_input(of, "real", of->sample, 0, &of->real);
    for (int i = 0; i < maker_count; i++) makers[i] = draw_maker(of);
    const bool critics_first = coin(&of->dice), together = maker_count == 2 && coin(&of->dice);
    const bool may_show = coin(&of->dice), with_class = of->classes > 0 && coin(&of->dice);
    const int64_t packing = may_show && !with_class && coin(&of->dice) ? 2 : 1;
    const uint64_t allowed = of->sample.dims[0] == 2 ? ~(uint64_t)GAN_AUGMENT_COLOUR : ~(uint64_t)0;
    const gan_show_options show = {.struct_size = sizeof(show),
                                   .augment = of->sample.rank == 3 ? (uint64_t)roll(&of->dice, 8) & allowed : 0,
                                   .instance_noise = coin(&of->dice) ? 0.1f : 0,
                                   .packing = packing};
    int critics[2];
    for (int i = 0; i < maker_count; i++) {
        critics[i] = of->out->model_count;
        if (i == 1 && coin(&of->dice)) critics[i] = critics[0];
        if (critics[i] == of->out->model_count) draw_critic(of, packing, with_class);
    }
    for (int step = 0; step < 2; step++) {
        if ((step == 0) == critics_first) {
            for (int i = 0; i < maker_count; i++) {
                if (i == 0 || critics[i] != critics[0])
                    add_player(of, names[critics[i]], critics[i], of->alternating);
            }
        } else {
            for (int i = 0; i < maker_count; i++) {
                if (i == 0 || !together) {
                    add_player(of, names[makers[i].model], makers[i].model, of->alternating);
                } else {
                    of->out->owners[makers[1].model] = of->out->owners[makers[0].model];
                    gan_player_add_model(of->out->players[of->out->owners[makers[0].model]], names[makers[1].model],
                                         of->out->models[makers[1].model]);
                }
            }
        }
    }
    for (int i = 0; i < maker_count; i++) {
        add_contest(of, &makers[i], critics[i], of->out->models[critics[i]], with_class, may_show ? &show : NULL);
        add_wishes(of, &makers[i], &makers[maker_count - 1 - i]);
    }
}

gan_status random_game_create(gan_context *context, uint64_t seed, const random_game_kind *kind, random_game *out)
{
    *out = (random_game){.game = NULL};
    drawing of = {.context = context, .dice = {.seed = seed}, .kind = kind, .out = out};
    of.sample = coin(&of.dice) ? GAN_SHAPE(2 + roll(&of.dice, 5))
                               : GAN_SHAPE(1 + roll(&of.dice, 3), 3 + roll(&of.dice, 3), 3 + roll(&of.dice, 3));
    of.classes = coin(&of.dice) ? 3 : 0;
    of.smooth = coin(&of.dice);
    of.divided = kind->shards > 1;
    const gan_moves moves = (gan_moves)roll(&of.dice, 2);
    const gan_game_options options = {.struct_size = sizeof(options),
                                      .batch = RANDOM_GAME_BATCH,
                                      .seed = seed,
                                      .moves = moves,
                                      .diagnosis_interval = 1 + roll(&of.dice, 3),
                                      .shards = kind->shards,
                                      .collective = kind->collective,
                                      .shard_batch_norm = seed % 2 == 0};
    const gan_status status = gan_game_create(context, &options, &out->game);
    if (status != GAN_OK) return status;
    out->moves = 1;
    of.alternating = moves == GAN_MOVES_ALTERNATING;
    describe(&of);
    return gan_game_build(out->game);
}

void random_game_destroy(random_game *game)
{
    gan_game_destroy(game->game);
    for (int i = 0; i < game->model_count; i++) gan_model_destroy(game->models[i]);
}

void random_game_make_inputs(const random_game *game, uint64_t round, int64_t whole, int64_t first, int64_t batch,
                             float *inputs[RANDOM_GAME_INPUTS])
{
    for (int i = 0; i < RANDOM_GAME_INPUTS; i++) {
        inputs[i] = NULL;
        if (i >= game->input_count) continue;
        const random_game_input *of = &game->inputs[i];
        const int64_t own = batch * of->elements, all = whole * of->elements, skipped = first * of->elements;
        inputs[i] = calloc((size_t)(game->moves * own), sizeof(**inputs));
        for (int64_t k = 0; inputs[i] && k < game->moves * own; k++) {
            const int64_t at = k / own * all + skipped + k % own;
            const uint64_t drawn =
                test_splitmix((round * RANDOM_GAME_INPUTS + (uint64_t)i) * 65536 + (uint64_t)at + 1);
            inputs[i][k] =
                of->classes > 0 ? (float)(drawn % (uint64_t)of->classes) : (float)(drawn >> 40) * 0x1p-23f - 1;
        }
    }
}

void random_game_release_inputs(float *inputs[RANDOM_GAME_INPUTS])
{
    for (int i = 0; i < RANDOM_GAME_INPUTS; i++) free(inputs[i]);
}
