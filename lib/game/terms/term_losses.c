/* Losses of terms: what each reads, and the call that computes it. */
#include "game/terms/terms.h"

#include <math.h>

/* ---- How they are computed ------------------------------------------------------------------------------------- */

static int64_t values_of(const gan_loss_call *call, int i)
{
    return call->rows[i] * call->elements[i];
}

static gan_status discriminator(const gan_loss_call *call, double *value)
{
    return gan_loss_discriminator(call->loss->adversarial, call->loss->real_target, call->values[0],
                                  values_of(call, 0), call->values[1], values_of(call, 1), value, call->gradients[0],
                                  call->gradients[1]);
}

static gan_status generator(const gan_loss_call *call, double *value)
{
    return gan_loss_generator(call->loss->adversarial, NULL, 0, call->values[0], values_of(call, 0), value,
                              call->gradients[0]);
}

/* No gradient passes through the real logits. */
static gan_status relativistic_generator(const gan_loss_call *call, double *value)
{
    return gan_loss_generator(call->loss->adversarial, call->values[0], values_of(call, 0), call->values[1],
                              values_of(call, 1), value, call->gradients[1]);
}

static gan_status binary_cross_entropy(const gan_loss_call *call, double *value)
{
    return gan_loss_binary_cross_entropy(call->values[0], call->values[1], values_of(call, 0), value,
                                         call->gradients[0]);
}

/* Class numbers are floats in games. */
static gan_status read_classes(const gan_loss_call *call, int32_t *labels)
{
    const int64_t classes = call->elements[0];
    for (int64_t i = 0; i < call->rows[1]; i++) {
        const float number = call->values[1][i];
        if (number >= 0 && number < (float)classes && number == (float)(int32_t)number) {
            labels[i] = (int32_t)number;
            continue;
        }
        return gan_fail(
            GAN_ERROR_ARGUMENT,
            "gan_softmax_cross_entropy_loss: the class of sample %lld is %g, expected a class in [0, %lld)",
            (long long)i, (double)number, (long long)classes);
    }
    return GAN_OK;
}

static gan_status softmax_cross_entropy(const gan_loss_call *call, double *value)
{
    int32_t *labels = (int32_t *)(void *)call->rooms[1];
    GAN_TRY(read_classes(call, labels));
    return gan_loss_softmax_cross_entropy(call->values[0], labels, call->rows[0], call->elements[0], value,
                                          call->gradients[0]);
}

/* The gradient with respect to b is minus that with respect to a. */
static void negate(const gan_loss_call *call)
{
    const float *a = call->gradients[0];
    float *b = call->gradients[1];
    for (int64_t i = 0; b && i < values_of(call, 0); i++) b[i] = -a[i];
}

/* With one gradient wanted, the pair is turned round if it is the second one. */
typedef gan_status (*pair_loss)(const float *a, const float *b, int64_t count, double *value, float *gradient);

static gan_status of_pair(pair_loss loss, const gan_loss_call *call, double *value)
{
    const bool turned = !call->gradients[0] && call->gradients[1];
    GAN_TRY(loss(call->values[turned], call->values[!turned], values_of(call, 0), value, call->gradients[turned]));
    if (!turned) negate(call);
    return GAN_OK;
}

static gan_status l1(const gan_loss_call *call, double *value)
{
    return of_pair(gan_loss_l1, call, value);
}

static gan_status l2(const gan_loss_call *call, double *value)
{
    return of_pair(gan_loss_l2, call, value);
}

static gan_status smooth_l1_with(const float *a, const float *b, int64_t count, double *value, float *gradient)
{
    return gan_loss_smooth_l1(a, b, count, NULL, value, gradient);
}

static gan_status smooth_l1(const gan_loss_call *call, double *value)
{
    return of_pair(smooth_l1_with, call, value);
}

static gan_status gaussian_kl(const gan_loss_call *call, double *value)
{
    return gan_loss_gaussian_kl(call->values[0], call->values[1], call->rows[0], call->elements[0], value,
                                call->gradients[0], call->gradients[1]);
}

static gan_status feature_matching(const gan_loss_call *call, double *value)
{
    return gan_loss_feature_matching(call->values[0], call->values[1], call->rows[0], call->rows[1],
                                     call->elements[0], value, call->gradients[0], call->gradients[1]);
}

static gan_status entropy(const gan_loss_call *call, double *value)
{
    return gan_loss_entropy(call->values[0], call->rows[0], call->elements[0], value, call->gradients[0]);
}

static gan_status mean(const gan_loss_call *call, double *value)
{
    const int64_t count = values_of(call, 0);
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)call->values[0][i];
    for (int64_t i = 0; call->gradients[0] && i < count; i++) call->gradients[0][i] = (float)(1 / (double)count);
    *value = sum / (double)count;
    return GAN_OK;
}

/* ---- Rules ----------------------------------------------------------------------------------------------------- */

const gan_loss_rule gan_rule_discriminator = {.name = "discriminator",
                                              .terms = 2,
                                              .arguments = {"real_logits", "fake_logits"},
                                              .logits = 2,
                                              .compute = discriminator};
const gan_loss_rule gan_rule_generator = {
    .name = "generator", .terms = 1, .arguments = {"fake_logits"}, .logits = 1, .compute = generator};
const gan_loss_rule gan_rule_relativistic_generator = {.name = "generator",
                                                       .terms = 2,
                                                       .arguments = {"real_logits", "fake_logits"},
                                                       .logits = 2,
                                                       .fixed_first = true,
                                                       .compute = relativistic_generator};
const gan_loss_rule gan_rule_binary_cross_entropy = {.name = "binary_cross_entropy",
                                                     .terms = 2,
                                                     .arguments = {"logits", "targets"},
                                                     .logits = 1,
                                                     .same_shape = true,
                                                     .fixed_second = true,
                                                     .compute = binary_cross_entropy};
const gan_loss_rule gan_rule_softmax_cross_entropy = {.name = "softmax_cross_entropy",
                                                      .terms = 2,
                                                      .arguments = {"logits", "classes"},
                                                      .logits = 1,
                                                      .of_rows = true,
                                                      .of_classes = true,
                                                      .fixed_second = true,
                                                      .compute = softmax_cross_entropy};
const gan_loss_rule gan_rule_l1 = {
    .name = "l1", .terms = 2, .arguments = {"a", "b"}, .same_shape = true, .compute = l1};
const gan_loss_rule gan_rule_l2 = {
    .name = "l2", .terms = 2, .arguments = {"a", "b"}, .same_shape = true, .compute = l2};
const gan_loss_rule gan_rule_smooth_l1 = {
    .name = "smooth_l1", .terms = 2, .arguments = {"a", "b"}, .same_shape = true, .compute = smooth_l1};
const gan_loss_rule gan_rule_gaussian_kl = {.name = "gaussian_kl",
                                            .terms = 2,
                                            .arguments = {"mean", "log_variance"},
                                            .same_shape = true,
                                            .compute = gaussian_kl};
const gan_loss_rule gan_rule_feature_matching = {.name = "feature_matching",
                                                 .terms = 2,
                                                 .arguments = {"real", "fake"},
                                                 .same_shape = true,
                                                 .compute = feature_matching};
const gan_loss_rule gan_rule_entropy = {
    .name = "entropy", .terms = 1, .arguments = {"logits"}, .logits = 1, .of_rows = true, .compute = entropy};
const gan_loss_rule gan_rule_mean = {.name = "mean", .terms = 1, .arguments = {"term"}, .compute = mean};
const gan_loss_rule gan_rule_penalty = {.name = "gradient_penalty", .terms = 1, .arguments = {"application"}};

/* ---- Computing ------------------------------------------------------------------------------------------------- */

bool gan_loss_has_gradient(const gan_loss_rule *rule, int32_t index)
{
    return index == 0 ? !rule->fixed_first : !rule->fixed_second;
}

gan_loss_call gan_loss_call_of_shard(const gan_loss_call *call, const gan_shards *shards, int64_t index)
{
    gan_loss_call part = *call;
    for (int32_t i = 0; i < call->loss->rule->terms; i++) {
        part.rows[i] = call->rows[i] / shards->count;
        const int64_t first = index * part.rows[i] * call->elements[i];
        part.values[i] += first;
        part.rooms[i] += first;
        if (part.gradients[i]) part.gradients[i] += first;
    }
    return part;
}

void gan_loss_remember(gan_terms *terms, int32_t term, double value)
{
    terms->nodes[term].of.loss.value = value;
    terms->nodes[term].version = ++terms->clock;
}

gan_status gan_loss_compute(gan_terms *terms, int32_t term, gan_loss_call *call, double *found)
{
    gan_term_node *node = &terms->nodes[term];
    const gan_loss_rule *rule = node->of.loss.rule;
    float *values = terms->values, *gradients = terms->gradients;
    *call = (gan_loss_call){.loss = &node->of.loss, .context = terms->context};
    for (int32_t i = 0; i < rule->terms; i++) {
        const int32_t input = node->inputs[i];
        call->rows[i] = gan_term_rows(terms, input);
        call->elements[i] = gan_term_elements(terms, input);
        const int64_t count = call->rows[i] * call->elements[i];
        GAN_TRY(gan_term_export(terms, input, values, &call->values[i]));
        values += count;
        call->rooms[i] = gradients;
        if (terms->nodes[input].reached && gan_loss_has_gradient(rule, i)) call->gradients[i] = gradients;
        gradients += count;
    }
    for (int64_t i = 0; i < terms->shards->count; i++) {
        const gan_loss_call part = gan_loss_call_of_shard(call, terms->shards, i);
        GAN_TRY(rule->compute(&part, &found[i]));
    }
    return GAN_OK;
}
