/* Carries what labels teach from one domain to another that has none (DANN: Ganin et al., "Domain-Adversarial
 * Training of Neural Networks", 2016). Features F are trained so that the classes of source images are read from
 * them, and so that a discriminator cannot tell from which domain they are.
 *
 * The same features and classifier are trained on the source alone, and on the target's labels, for comparison.
 */
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "outputs.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH              64
#define FEATURES           64
#define RATE               1e-3f /* of learning */
#define DISCRIMINATOR_RATE 3e-3f /* a slow one is misled: features learn to swap the domains, not to be alike */
#define CLIP_NORM          1     /* of gradients: the weight of confusion lets single steps leap */

/* Shares of the time; the rest is that of the adapted classifier. */
#define SOURCE_ONLY_SHARE 0.2
#define TARGET_SHARE      0.2

enum { SOURCE_ONLY, ADAPTED, TARGET, TRAININGS };
static const char *const names[TRAININGS] = {"source_only", "adapted", "target"}; /* of their folders, too */

typedef struct study {
    game_settings settings;
    const char *source_folder, *target_folder, *test_folder;
    double weight, entropy;
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

/* Convolutions as in the paper, and a narrow layer after them: what the discriminator cannot read from it cannot
 * betray the domain. Normalisation is that of each sample, since batches of two domains have unlike statistics. */
static void add_convolution(gan_context *context, gan_model *m, int64_t filters)
{
    gan_model_add(m, gan_layer_conv2d(context, filters,
                                      GAN_CONV2D(.kernel = {5, 5}, .padding = GAN_PADDING_SAME,
                                                 .weight_initializer = GAN_HE_NORMAL)));
    gan_model_add(m, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)));
    gan_model_add(m, gan_layer_relu(context));
    gan_model_add(m, gan_layer_max_pool2d(context, GAN_MAX_POOL2D(.kernel = {2, 2}, .stride = {2, 2})));
}

static void add_dense(gan_context *context, gan_model *m, int64_t units)
{
    gan_model_add(m, gan_layer_dense(context, units, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL)));
}

static gan_status build_features(const study *s, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(s->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(s->context, s->image));
    add_convolution(s->context, m, 32);
    add_convolution(s->context, m, 48);
    gan_model_add(m, gan_layer_flatten(s->context));
    add_dense(s->context, m, FEATURES);
    gan_model_add(m, gan_layer_layer_norm(s->context, GAN_LAYER_NORM(.no_affine = true)));
    gan_model_add(m, gan_layer_leaky_relu(s->context, NULL));
    return build_or_destroy(m, seed, out);
}

/* From features to logits. */
static gan_status build_head(const study *s, int hidden, float dropout, int64_t outputs, uint64_t seed,
                             gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(s->context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(s->context, GAN_SHAPE(FEATURES)));
    for (int i = 0; i < hidden; i++) {
        add_dense(s->context, m, 100);
        gan_model_add(m, gan_layer_relu(s->context));
        if (dropout > 0) gan_model_add(m, gan_layer_dropout(s->context, GAN_DROPOUT(.rate = dropout)));
    }
    add_dense(s->context, m, outputs);
    return build_or_destroy(m, seed, out);
}

static gan_status build_classifier(const study *s, uint64_t seed, gan_model **out)
{
    return build_head(s, 1, 0, s->classes, seed, out);
}

/* The logit of "source". Dropout keeps it from being certain, for then its gradients would vanish. */
static gan_status build_discriminator(const study *s, uint64_t seed, gan_model **out)
{
    return build_head(s, 2, 0.5f, 1, seed, out);
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
                              GAN_PLAYER(.optimizer = GAN_OPTIMIZER(.learning_rate = RATE, .clip_norm = CLIP_NORM),
                                         .ema_half_life = 30000, .ema_ramp = 0.1f));
    gan_player_add_model(t->task, "classifier", t->classifier);
    gan_game_want(t->game, t->task, 1, gan_softmax_cross_entropy_loss(logits, label));
    return features;
}

/* Features and classifier want the target's classes to be certain, H(p(y | F(u))) small: the boundary between classes
 * moves out of the midst of the target's images (Grandvalet and Bengio, 2004; Shu et al., 2018, with DANN). */
static void describe_certainty(training *t, gan_term of_target)
{
    gan_term logits = gan_game_apply(t->game, t->classifier, GAN_TERMS(of_target));
    gan_game_want_by(t->game, t->task, (float)t->study->entropy, gan_entropy_loss(logits),
                     GAN_WANT(.schedule = GAN_SCHEDULE_SIGMOID, .schedule_steps = t->study->schedule));
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
        gan_game_player(game, "discriminator", t->discriminator, GAN_PLAYER(.learning_rate = DISCRIMINATOR_RATE));
    gan_game_want_by(game, t->task, (float)-t->study->weight, loss,
                     GAN_WANT(.schedule = GAN_SCHEDULE_SIGMOID, .schedule_steps = t->study->schedule));
    gan_game_want(game, discriminator, 1, loss);
    if (t->study->entropy > 0) describe_certainty(t, of_target);
}

static gan_status begin(const study *s, const char *name, training *t)
{
    const uint64_t seed = 3 * (uint64_t)s->settings.seed;
    t->study = s;
    path_in(s->settings.output, name, t->folder);
    gan_status status = build_features(s, seed, &t->features);
    if (status == GAN_OK) status = build_classifier(s, seed + 1, &t->classifier);
    if (status == GAN_OK) status = build_discriminator(s, seed + 2, &t->discriminator);
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
    static const char *const files[] = {"features.safetensors", "classifier.safetensors"};
    const training *t = user;
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        char path[PATH_SIZE];
        gan_model *average = NULL;
        status = gan_player_get_average(t->task, i, &average);
        if (status == GAN_OK) status = gan_model_save(average, path_in(t->folder, files[i], path));
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
    training t = {.study = s};
    gan_status status = begin(s, name, &t);
    if (status == GAN_OK) status = describe(&t, labelled, target);
    if (status == GAN_OK) {
        game_settings settings = s->settings;
        settings.output = t.folder;
        settings.minutes *= share;
        settings.until = settings.steps; /* in total, so that an interrupted comparison ends equal */
        settings.resume = resumes(&settings, settings.output);
        if (!settings.quiet) fprintf(stderr, "%s:\n", name);
        status = play_game(s->context, t.game, &settings, write_models, &t);
    }
    if (status == GAN_OK) status = test_accuracy(s, &t, accuracy);
    if (status == GAN_OK && !s->settings.quiet) fprintf(stderr, "%s: accuracy %.4f\n", name, *accuracy);
    end(&t);
    return status;
}

/* A folder in MNIST's format, or with images.npy and labels.npy. */
static gan_status open_part(const study *s, const char *folder, bool test, gan_dataset **out)
{
    char images[PATH_SIZE], labels[PATH_SIZE];
    const gan_dataset_options *options = GAN_DATASET(.seed = (uint64_t)s->settings.seed, .drop_last = !test,
                                                     .restart_if_changed = s->settings.restart);
    if (access(path_in(folder, "images.npy", images), F_OK) == 0) {
        const gan_npy_field fields[] = {{"image", images, 0},
                                        {"label", path_in(folder, "labels.npy", labels), GAN_NPY_LABEL}};
        will_read(images);
        will_read(labels);
        return gan_dataset_open_npy(s->context, 2, fields, options, out);
    }
    const bool has_test = test && has_mnist(folder, MNIST_TEST, true);
    return open_mnist(s->context, folder, has_test ? MNIST_TEST : MNIST_TRAINING, true, options, out);
}

static gan_status open_data(study *s)
{
    gan_status status = open_context(s->settings.threads, &s->context);
    if (status == GAN_OK) status = open_part(s, s->source_folder, false, &s->source);
    if (status == GAN_OK) status = open_part(s, s->target_folder, false, &s->target);
    if (status == GAN_OK) status = open_part(s, s->test_folder, true, &s->test);
    if (status == GAN_OK) status = gan_dataset_get_shape(s->source, &s->image);
    if (status == GAN_OK) s->classes = gan_dataset_classes(s->source);
    if (status != GAN_OK) return status;
    check_fills_batch(s->source, s->source_folder, BATCH);
    check_fills_batch(s->target, s->target_folder, BATCH);
    status = check_alike(s->target, s->target_folder, s->image, s->classes, s->source_folder);
    return status == GAN_OK ? check_alike(s->test, s->test_folder, s->image, s->classes, s->source_folder) : status;
}

/* Each training has a folder. The first one tells whether there is something to resume. */
static void prepare_folders(const study *s)
{
    for (int i = 0; i < TRAININGS; i++) {
        char folder[PATH_SIZE];
        path_in(s->settings.output, names[i], folder);
        if (s->settings.resume && i == 0) require_checkpoint(folder);
        will_write_game(folder, (const char *const[]){"features.safetensors", "classifier.safetensors", NULL});
    }
}

static gan_status compare(study *s)
{
    double source_only, adapted, target;
    gan_status status = open_data(s);
    if (status == GAN_OK) status = train(s, names[SOURCE_ONLY], SOURCE_ONLY_SHARE, s->source, NULL, &source_only);
    if (status == GAN_OK)
        status = train(s, names[ADAPTED], 1 - SOURCE_ONLY_SHARE - TARGET_SHARE, s->source, s->target, &adapted);
    if (status == GAN_OK) status = train(s, names[TARGET], TARGET_SHARE, s->target, NULL, &target);
    if (status == GAN_OK) printf("source_only=%.4f adapted=%.4f target=%.4f\n", source_only, adapted, target);
    return status;
}

int main(int argc, char **argv)
{
    study s = {.settings = GAME_SETTINGS("domain_adaptation"), .weight = 0.3, .entropy = 0.1, .schedule = 2000};
    const option options[] = {
        {"--source", OPTION_TEXT, &s.source_folder, 0, 0, "DIR",
         "labelled images: MNIST's format, or images.npy and labels.npy"},
        {"--target", OPTION_TEXT, &s.target_folder, 0, 0, "DIR",
         "the other domain's; its labels serve only the comparison"},
        {"--test", OPTION_TEXT, &s.test_folder, 0, 0, "DIR", "images of the target that are not trained on"},
        {"--weight", OPTION_NUMBER, &s.weight, 0, 100, "W", "of confusing the discriminator (default 0.3)"},
        {"--entropy", OPTION_NUMBER, &s.entropy, 0, 100, "W",
         "of certainty about the target's classes (default 0.1; 0: the paper's game)"},
        {"--schedule", OPTION_INTEGER, &s.schedule, 1, 1e12, "N",
         "steps over which these weights grow (default 2000)"},
        GAME_OUTPUT_OPTION(s.settings, "domain_adaptation"),
        GAME_OPTIONS_AS(s.settings, "train for M minutes, all games together; with --resume, for M more",
                        "train each game to N steps, those before --resume included", GAME_RESUME_SEVERAL),
    };
    read_options(argc, argv, 1,
                 "domain_adaptation: a classifier for images of a domain without labels. Default --minutes 8.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    if (!s.source_folder || !s.target_folder || !s.test_folder) {
        fprintf(stderr, "--source, --target and --test are needed; --help explains them\n");
        return 2;
    }
    if (s.settings.minutes == 0 && s.settings.steps == 0) s.settings.minutes = 8;
    prepare_folders(&s);
    const int result = exit_status(compare(&s));
    gan_dataset_destroy(s.source);
    gan_dataset_destroy(s.target);
    gan_dataset_destroy(s.test);
    gan_context_destroy(s.context);
    return result;
}
