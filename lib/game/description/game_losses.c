/* Describing losses. */
#include "game/description/description.h"

static const gan_shape one_number = {1, {1}};

/* ---- Any loss -------------------------------------------------------------------------------------------------- */

static gan_status check_pair(const gan_terms *terms, const gan_loss_rule *rule, const int32_t *at, const char *what)
{
    const gan_term_node *first = &terms->nodes[at[0]], *second = &terms->nodes[at[1]];
    char one[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
    if (rule->same_shape && (!gan_shape_equal(first->shape, second->shape) || first->divisor != second->divisor)) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: %s has the shape %s, but %s %s", what, rule->arguments[0],
                        gan_shape_text(first->shape, one), rule->arguments[1], gan_shape_text(second->shape, other));
    }
    if (!rule->of_classes) return GAN_OK;
    if (gan_shape_count(second->shape) != 1 || second->divisor != first->divisor) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: %s has the shape %s, expected one number", what, rule->arguments[1],
                        gan_shape_text(second->shape, other));
    }
    return GAN_OK;
}

static int32_t add_loss(gan_game *game, const gan_loss_rule *rule, const gan_term *of, const char *what)
{
    gan_terms *terms = &game->terms;
    int32_t at[GAN_LOSS_TERMS];
    if (gan_game_check_open(game, what) != GAN_OK) return -1;
    for (int32_t i = 0; i < rule->terms; i++) {
        at[i] = gan_game_find_term(game, of[i], what, rule->arguments[i]);
        if (at[i] < 0) return -1;
        if (terms->nodes[at[i]].kind != GAN_TERM_LOSS) continue;
        gan_fail(GAN_ERROR_GRAPH, "%s: %s is a loss", what, rule->arguments[i]);
        return -1;
    }
    const gan_shape shape = terms->nodes[at[0]].shape;
    if (rule->of_rows && shape.rank != 1) {
        char text[GAN_SHAPE_TEXT];
        gan_fail(GAN_ERROR_SHAPE, "%s: %s has the shape %s, expected one dimension", what, rule->arguments[0],
                 gan_shape_text(shape, text));
        return -1;
    }
    if (rule->terms > 1 && check_pair(terms, rule, at, what) != GAN_OK) return -1;
    const int32_t term = gan_terms_add(terms, GAN_TERM_LOSS, one_number, rule->terms, at, what);
    if (term >= 0) terms->nodes[term].of.loss = (gan_term_loss){.rule = rule, .value = NAN, .real_target = 1};
    return term;
}

static gan_term make_loss(const gan_loss_rule *rule, gan_term a, gan_term b, const char *what)
{
    const gan_term of[GAN_LOSS_TERMS] = {a, b};
    gan_game *game = a.game ? a.game : b.game;
    if (!game) {
        gan_fail(GAN_ERROR_NULL, "%s: %s is no term", what, rule->arguments[0]);
        return (gan_term){.game = NULL, .index = -1};
    }
    return gan_game_term(game, add_loss(game, rule, of, what));
}

static gan_term_loss *loss_at(gan_term term)
{
    return &term.game->terms.nodes[term.index].of.loss;
}

/* Remembers a failure that was just reported. */
static gan_term fail(gan_game *game)
{
    return gan_game_term(game, -1);
}

/* ---- Adversarial ones ------------------------------------------------------------------------------------------ */

static gan_status resolve_discriminator_loss(gan_loss loss, const gan_discriminator_loss_options *given,
                                             float *real_target)
{
    static const char what[] = "gan_discriminator_loss_options";
    gan_discriminator_loss_options options;
    GAN_TRY(gan_loss_check(loss, "gan_discriminator_loss: loss"));
    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    GAN_TRY(gan_check_reserved(what, &options.reserved, sizeof(options.reserved)));
    options.label_smoothing = gan_option(options.label_smoothing, 0);
    GAN_TRY(gan_range_check(GAN_RANGE_BELOW_ONE, options.label_smoothing,
                            "gan_discriminator_loss_options: label_smoothing"));
    *real_target = 1 - options.label_smoothing;
    return gan_loss_check_real_target(loss, *real_target, "gan_discriminator_loss_options: label_smoothing",
                                      options.label_smoothing);
}

gan_term gan_discriminator_loss(gan_loss loss, gan_term real_logits, gan_term fake_logits,
                                const gan_discriminator_loss_options *options)
{
    GAN_FLOAT_SCOPE();
    float real_target;
    gan_game *game = real_logits.game ? real_logits.game : fake_logits.game;
    if (resolve_discriminator_loss(loss, options, &real_target) != GAN_OK) return fail(game);
    const gan_term term = make_loss(&gan_rule_discriminator, real_logits, fake_logits, __func__);
    if (term.index < 0) return term;
    loss_at(term)->adversarial = loss;
    loss_at(term)->real_target = real_target;
    return term;
}

gan_term gan_generator_loss(gan_loss loss, gan_term real_logits, gan_term fake_logits)
{
    gan_game *game = fake_logits.game ? fake_logits.game : real_logits.game;
    if (gan_loss_check(loss, "gan_generator_loss: loss") != GAN_OK) return fail(game);
    const bool relativistic = gan_loss_find(loss)->relativistic;
    const gan_term term = relativistic
                              ? make_loss(&gan_rule_relativistic_generator, real_logits, fake_logits, __func__)
                              : make_loss(&gan_rule_generator, fake_logits, real_logits, __func__);
    if (term.index >= 0) loss_at(term)->adversarial = loss;
    return term;
}

static gan_status check_penalised(const gan_game *game, int32_t term, gan_penalty penalty)
{
    char text[GAN_TERM_TEXT];
    const gan_terms *terms = &game->terms;
    if ((unsigned)penalty > GAN_PENALTY_ONE_CENTERED) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_gradient_penalty_loss: penalty is %d, expected a gan_penalty",
                        (int)penalty);
    }
    if (terms->nodes[term].kind == GAN_TERM_APPLICATION) return GAN_OK;
    return gan_fail(GAN_ERROR_GRAPH,
                    "gan_gradient_penalty_loss: %s is not the first output of an application of a model",
                    gan_term_text(terms, term, text));
}

gan_term gan_gradient_penalty_loss(gan_term application, gan_penalty penalty)
{
    GAN_FLOAT_SCOPE();
    const gan_term term = make_loss(&gan_rule_penalty, application, application, __func__);
    if (term.index < 0) return term;
    if (check_penalised(term.game, (int32_t)application.index, penalty) != GAN_OK) return fail(term.game);
    loss_at(term)->penalty = penalty;
    return term;
}

/* ---- Others ---------------------------------------------------------------------------------------------------- */

gan_term gan_binary_cross_entropy_loss(gan_term logits, gan_term targets)
{
    return make_loss(&gan_rule_binary_cross_entropy, logits, targets, __func__);
}

gan_term gan_softmax_cross_entropy_loss(gan_term logits, gan_term classes)
{
    return make_loss(&gan_rule_softmax_cross_entropy, logits, classes, __func__);
}

gan_term gan_l1_loss(gan_term a, gan_term b)
{
    return make_loss(&gan_rule_l1, a, b, __func__);
}

gan_term gan_l2_loss(gan_term a, gan_term b)
{
    return make_loss(&gan_rule_l2, a, b, __func__);
}

gan_term gan_smooth_l1_loss(gan_term a, gan_term b)
{
    return make_loss(&gan_rule_smooth_l1, a, b, __func__);
}

gan_term gan_gaussian_kl_loss(gan_term mean, gan_term log_variance)
{
    return make_loss(&gan_rule_gaussian_kl, mean, log_variance, __func__);
}

gan_term gan_feature_matching_loss(gan_term real, gan_term fake)
{
    return make_loss(&gan_rule_feature_matching, real, fake, __func__);
}

gan_term gan_entropy_loss(gan_term logits)
{
    return make_loss(&gan_rule_entropy, logits, logits, __func__);
}

gan_term gan_mean_loss(gan_term term)
{
    return make_loss(&gan_rule_mean, term, term, __func__);
}
