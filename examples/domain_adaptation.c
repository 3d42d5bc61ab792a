/* Carries what labels teach from one domain to another that has none (DANN: Ganin et al., "Domain-Adversarial
 * Training of Neural Networks", 2016). Features F are trained so that the classes of source images are read from
 * them, and so that a discriminator cannot tell from which domain they are.
 *
 * The same features and classifier are trained on the source alone, and on the target's labels, for comparison.
 */
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 64
#define RATE  1e-3f /* of learning */

/* Shares of the time; the rest is that of the adapted classifier. */
#define SOURCE_ONLY_SHARE 0.2
#define TARGET_SHARE      0.2

typedef struct study {
    game_settings settings;
    const char *source_folder, *target_folder, *test_folder;
    double weight;
    int64_t schedule;
    gan_context *context;
    gan_dataset *source, *target, *test;
    gan_shape image;
    int64_t classes;
} study;

/* One of the three trainings. */
typedef struct training {
    const study *study;
    char folder[PATH_SIZE];
    gan_model *features, *classifier, *discriminator;
    gan_game *game;
    gan_player task; /* who has the first two */
} training;

/* ---- Networks -------------------------------------------------------------------------------------------------- */

static void add_hidden(gan_context *context, gan_model *m, gan_layer *layer)
{
    gan_model_add(m, layer);
    gan_model_add(m, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)));
    gan_model_add(m, gan_layer_leaky_relu(context, NULL));
}

static gan_layer *conv(gan_context *context, int64_t filters)
{
    return gan_layer_conv2d(context, filters,
                            GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                       .weight_initializer = GAN_HE_NORMAL));
}

static gan_status build_features(const study *s, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(s->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(s->context, s->image));
    add_hidden(s->context, m, conv(s->context, 32));
    add_hidden(s->context, m, conv(s->context, 48));
    gan_model_add(m, gan_layer_flatten(s->context));
    return build_or_destroy(m, seed, out);
}

/* From features to classes, or to the logit of "source". */
static gan_status build_head(const study *s, gan_model *features, int64_t outputs, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    gan_shape shape;
    gan_status status = gan_model_get_output_shape(features, 0, &shape);
    if (status == GAN_OK) status = gan_model_create(s->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(s->context, shape));
    add_hidden(s->context, m, gan_layer_dense(s->context, 128, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL)));
    gan_model_add(m, gan_layer_dense(s->context, outputs, NULL));
    return build_or_destroy(m, seed, out);
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

/* From the dataset's first epoch on, whatever was trained on it before. */
static gan_status feed(gan_game *game, gan_dataset *dataset, gan_term image, const gan_term *label)
{
    gan_dataset_cursor cursor;
    gan_status status = gan_dataset_get_cursor(dataset, &cursor);
    cursor.epoch = cursor.position = 0;
    if (status == GAN_OK) status = gan_dataset_set_cursor(dataset, cursor);
    if (status == GAN_OK) status = gan_game_feed(game, image, dataset, "image");
    return status == GAN_OK && label ? gan_game_feed(game, *label, dataset, "label") : status;
}

/* Features and classifier as one player, who wants L_y = -E log p(y | F(x)). */
static gan_term describe_task(training *t, gan_term image, gan_term label)
{
    gan_term features = gan_game_apply(t->game, t->features, GAN_TERMS(image));
    gan_term logits = gan_game_apply(t->game, t->classifier, GAN_TERMS(features));
    t->task = gan_game_player(t->game, "features", t->features,
                              GAN_PLAYER(.learning_rate = RATE, .ema_half_life = 10000, .ema_ramp = 0.1f));
    gan_player_add_model(t->task, "classifier", t->classifier);
    gan_game_want(t->game, t->task, 1, gan_softmax_cross_entropy_loss(logits, label));
    return features;
}

/* The discriminator wants L_d = -E log D(F(x)) - E log(1 - D(F(u))) for source x and target u; the features want it
 * large, with a weight that grows as in the paper. */
static void describe_confusion(training *t, gan_term source, gan_term target)
{
    gan_game *game = t->game;
    gan_term of_target = gan_game_apply(game, t->features, GAN_TERMS(target));
    gan_term loss =
        gan_discriminator_loss(GAN_LOSS_NON_SATURATING, gan_game_apply(game, t->discriminator, GAN_TERMS(source)),
                               gan_game_apply(game, t->discriminator, GAN_TERMS(of_target)), NULL);
    gan_player discriminator =
        gan_game_player(game, "discriminator", t->discriminator, GAN_PLAYER(.learning_rate = RATE));
    gan_game_want_by(game, t->task, (float)-t->study->weight, loss,
                     GAN_WANT(.schedule = GAN_SCHEDULE_SIGMOID, .schedule_steps = t->study->schedule));
    gan_game_want(game, discriminator, 1, loss);
}

static gan_status begin(const study *s, const char *name, training *t)
{
    const uint64_t seed = 3 * (uint64_t)s->settings.seed;
    t->study = s;
    make_folder(path_in(s->settings.output, name, t->folder));
    gan_status status = build_features(s, seed, &t->features);
    if (status == GAN_OK) status = build_head(s, t->features, s->classes, seed + 1, &t->classifier);
    if (status == GAN_OK) status = build_head(s, t->features, 1, seed + 2, &t->discriminator);
    if (status != GAN_OK) return status;
    return gan_game_create(s->context, GAN_GAME(.batch = BATCH, .seed = seed, .moves = GAN_MOVES_SIMULTANEOUS),
                           &t->game);
}

static void end(training *t)
{
    gan_game_destroy(t->game);
    gan_model_destroy(t->discriminator);
    gan_model_destroy(t->classifier);
    gan_model_destroy(t->features);
}

/* On images with labels; and, unless it is NULL, on a target without. */
static gan_status describe(training *t, gan_dataset *labelled, gan_dataset *target)
{
    gan_game *game = t->game;
    const gan_term image = gan_game_input(game, "image", t->study->image);
    const gan_term label = gan_game_input(game, "label", GAN_SHAPE(1));
    const gan_term features = describe_task(t, image, label);
    gan_term other = {NULL, -1};
    if (target) {
        other = gan_game_input(game, "target", t->study->image);
        describe_confusion(t, features, other);
    }
    gan_status status = gan_game_build(game);
    if (status == GAN_OK) status = feed(game, labelled, image, &label);
    return status == GAN_OK && target ? feed(game, target, other, NULL) : status;
}

/* ---- Testing --------------------------------------------------------------------------------------------------- */

/* The averages are what is tested and kept. */
static gan_status write_models(void *user)
{
    static const char *const names[] = {"features.safetensors", "classifier.safetensors"};
    const training *t = user;
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        char path[PATH_SIZE];
        gan_model *average = NULL;
        status = gan_player_get_average(t->task, i, &average);
        if (status == GAN_OK) status = gan_model_save(average, path_in(t->folder, names[i], path));
    }
    return status;
}

static bool is_right(const float *logits, int64_t classes, int32_t label)
{
    int64_t best = 0;
    for (int64_t k = 1; k < classes; k++)
        if (logits[k] > logits[best]) best = k;
    return best == label;
}

static gan_status judge(gan_session *features, gan_session *classifier, const float *images, int64_t count,
                        float *logits)
{
    gan_status status = gan_session_set_input(features, 0, images, count);
    if (status == GAN_OK) status = gan_session_forward(features, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_set_input_from(classifier, 0, features, 0);
    if (status == GAN_OK) status = gan_session_forward(classifier, GAN_MODE_SAMPLE);
    return status == GAN_OK ? gan_session_get_output(classifier, 0, logits) : status;
}

/* The share of test images that are told right. */
static gan_status test_accuracy(const study *s, const training *t, double *out)
{
    const int64_t total = gan_dataset_count(s->test);
    float *images = allocate(BATCH * gan_shape_count(s->image), sizeof(float));
    float *logits = allocate(BATCH * s->classes, sizeof(float));
    int32_t labels[BATCH];
    int64_t right = 0;
    gan_session *sessions[2] = {NULL, NULL};
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        gan_model *average = NULL;
        status = gan_player_get_average(t->task, i, &average);
        if (status == GAN_OK)
            status = gan_session_create(average, GAN_SESSION(.batch = BATCH, .forward_only = true), &sessions[i]);
    }
    for (int64_t done = 0; done < total && status == GAN_OK; done += BATCH) {
        const int64_t count = total - done < BATCH ? total - done : BATCH;
        status = gan_dataset_read(s->test, done, count, images, labels);
        if (status == GAN_OK) status = judge(sessions[0], sessions[1], images, count, logits);
        for (int64_t i = 0; i < count && status == GAN_OK; i++)
            right += is_right(logits + i * s->classes, s->classes, labels[i]);
    }
    *out = (double)right / (double)total;
    gan_session_destroy(sessions[0]);
    gan_session_destroy(sessions[1]);
    free(logits);
    free(images);
    return status;
}

/* ---- The comparison -------------------------------------------------------------------------------------------- */

static gan_status train(const study *s, const char *name, double share, gan_dataset *labelled, gan_dataset *target,
                        double *accuracy)
{
    char path[PATH_SIZE];
    training t = {.study = s};
    gan_status status = begin(s, name, &t);
    if (status == GAN_OK) status = describe(&t, labelled, target);
    if (status == GAN_OK) {
        game_settings settings = s->settings;
        settings.output = t.folder;
        settings.minutes *= share;
        settings.resume = settings.resume && access(path_in(t.folder, "checkpoint.safetensors", path), F_OK) == 0;
        if (!settings.quiet) fprintf(stderr, "%s:\n", name);
        status = play_game(t.game, &settings, write_models, &t);
    }
    if (status == GAN_OK) status = test_accuracy(s, &t, accuracy);
    if (status == GAN_OK && !s->settings.quiet) fprintf(stderr, "%s: accuracy %.4f\n", name, *accuracy);
    end(&t);
    return status;
}

static gan_status open_part(const study *s, const char *folder, bool test, gan_dataset **out)
{
    const bool has_test = test && has_mnist(folder, MNIST_TEST, true);
    return open_mnist(s->context, folder, has_test ? MNIST_TEST : MNIST_TRAINING, true,
                      GAN_DATASET(.seed = (uint64_t)s->settings.seed, .drop_last = !test), out);
}

static gan_status open_data(study *s)
{
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = s->settings.threads), &s->context);
    if (status == GAN_OK) status = open_part(s, s->source_folder, false, &s->source);
    if (status == GAN_OK) status = open_part(s, s->target_folder, false, &s->target);
    if (status == GAN_OK) status = open_part(s, s->test_folder, true, &s->test);
    if (status == GAN_OK) status = gan_dataset_get_shape(s->source, &s->image);
    if (status == GAN_OK) s->classes = gan_dataset_classes(s->source);
    return status;
}

static gan_status compare(study *s)
{
    double source_only, adapted, target;
    gan_status status = open_data(s);
    if (status == GAN_OK) status = train(s, "source_only", SOURCE_ONLY_SHARE, s->source, NULL, &source_only);
    if (status == GAN_OK)
        status = train(s, "adapted", 1 - SOURCE_ONLY_SHARE - TARGET_SHARE, s->source, s->target, &adapted);
    if (status == GAN_OK) status = train(s, "target", TARGET_SHARE, s->target, NULL, &target);
    if (status == GAN_OK) printf("source_only=%.4f adapted=%.4f target=%.4f\n", source_only, adapted, target);
    return status;
}

int main(int argc, char **argv)
{
    study s = {.settings = GAME_SETTINGS, .weight = 1, .schedule = 2000};
    const option options[] = {
        {"--source", OPTION_TEXT, &s.source_folder, 0, 0, "DIR", "MNIST-format images with labels"},
        {"--target", OPTION_TEXT, &s.target_folder, 0, 0, "DIR",
         "the other domain's; its labels serve only the comparison"},
        {"--test", OPTION_TEXT, &s.test_folder, 0, 0, "DIR", "images of the target that are not trained on"},
        {"--weight", OPTION_NUMBER, &s.weight, 0, 100, "W", "of confusing the discriminator (default 1)"},
        {"--schedule", OPTION_INTEGER, &s.schedule, 1, 1e12, "N", "steps over which the weight grows (default 2000)"},
        GAME_OPTIONS(s.settings),
    };
    s.settings.output = "domain_adaptation";
    read_options(argc, argv, 1, "domain_adaptation: a classifier for images of a domain without labels.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (!s.source_folder || !s.target_folder || !s.test_folder) {
        fprintf(stderr, "--source, --target and --test are needed; --help explains them\n");
        return 2;
    }
    if (s.settings.minutes == 0 && s.settings.steps == 0) s.settings.minutes = 8;
    make_folder(s.settings.output);
    const int result = exit_status(compare(&s));
    gan_dataset_destroy(s.source);
    gan_dataset_destroy(s.target);
    gan_dataset_destroy(s.test);
    gan_context_destroy(s.context);
    return result;
}
