/* Learns to tell digits apart from few labels and many images without one (Salimans et al., "Improved Techniques for
 * Training GANs", 2016, section 5). The discriminator is the classifier: generated images are one more class, of
 * logit 0, so that log sum exp of the class logits is the logit of "real". The generator matches its features.
 *
 * The same classifier is trained on the labelled images alone, and on all images with their labels, for comparison.
 */
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      100
#define RATE       2e-3f /* of learning */
#define MOST_DRAWS 100

/* Shares of the time: training on all labels, and of what is left for a draw, training on few. */
#define ALL_LABELS_SHARE    0.1
#define LABELLED_ONLY_SHARE 0.06

/* The games: of each draw, and once for all. */
#define LABELLED_ONLY   "labelled-only"
#define SEMI_SUPERVISED "semi-supervised"
#define ALL_LABELS      "all-labels"
#define ONCE            (-1)

enum { LOGITS, REALNESS, FEATURES }; /* the classifier's outputs */

typedef struct settings {
    const char *data, *test;
    int64_t labels, draws;
    game_settings game; /* the time and the folder for all games */
} settings;

typedef struct study {
    settings settings;
    gan_context *context;
    gan_dataset *images; /* all that there are, unless the test set has a folder of its own */
    gan_dataset *training, *test;
    gan_dataset *labelled, *unlabelled; /* of the training images, in this draw */
    gan_shape image;
    int64_t classes;
} study;

/* A game being played. */
typedef struct contest {
    char name[64];
    char folder[PATH_SIZE]; /* for its checkpoint and its classifier */
    gan_game *game;
    gan_player player; /* whose model is the classifier */
    gan_model *classifier, *generator;
} contest;

/* Errors in the test set. */
typedef struct errors {
    double semi_supervised, labelled_only;
} errors;

/* ---- Data ------------------------------------------------------------------------------------------------------ */

/* The first `count` samples from `first` on. */
static gan_status take(const study *s, gan_dataset *from, int64_t first, int64_t count, uint64_t seed,
                       gan_dataset **out)
{
    int64_t *numbers = allocate(count, sizeof(*numbers));
    for (int64_t i = 0; i < count; i++) numbers[i] = first + i;
    gan_status status = gan_dataset_subset(
        from, count, numbers,
        GAN_DATASET(.seed = seed, .drop_last = true, .restart_if_changed = s->settings.game.restart), out);
    free(numbers);
    return status;
}

static gan_status open_test(study *s)
{
    const char *test = s->settings.test;
    const mnist_part part = has_mnist(test, MNIST_TEST, true) ? MNIST_TEST : MNIST_TRAINING;
    gan_status status = open_mnist(s->context, test, part, true, NULL, &s->test);
    return status == GAN_OK ? check_alike(s->test, test, s->image, s->classes, s->settings.data) : status;
}

/* Without a folder of test images, the last quarter of the images is held out. */
static gan_status open_data(study *s)
{
    const char *test = s->settings.test;
    const uint64_t seed = (uint64_t)s->settings.game.seed;
    gan_status status = open_mnist(s->context, s->settings.data, MNIST_TRAINING, true,
                                   GAN_DATASET(.restart_if_changed = s->settings.game.restart), &s->images);
    if (status != GAN_OK) return status;
    const int64_t count = gan_dataset_count(s->images), held_out = test ? 0 : (count + 3) / 4;
    if (count - held_out < 1) {
        fprintf(stderr, "%s: too few images to hold a quarter of them out; give --test\n", s->settings.data);
        exit(1);
    }
    s->classes = gan_dataset_classes(s->images);
    status = gan_dataset_get_shape(s->images, &s->image);
    if (status == GAN_OK) status = take(s, s->images, 0, count - held_out, seed, &s->training);
    if (status == GAN_OK)
        status = test ? open_test(s) : take(s, s->images, count - held_out, held_out, seed, &s->test);
    return status;
}

/* Chooses as many images of each class, and prints their numbers in the file. */
static gan_status draw_labels(study *s, int64_t draw)
{
    const int64_t count = s->settings.labels;
    int64_t *numbers = allocate(count, sizeof(*numbers));
    gan_dataset_destroy(s->labelled);
    gan_dataset_destroy(s->unlabelled);
    s->labelled = s->unlabelled = NULL;
    gan_status status = gan_dataset_split(
        s->training, GAN_SPLIT(.per_class = count / s->classes, .seed = (uint64_t)(s->settings.game.seed + draw)),
        &s->labelled, &s->unlabelled);
    if (status == GAN_ERROR_ARGUMENT) {
        fprintf(stderr, "--labels %lld: that takes %lld images of each class, which some class does not have\n",
                (long long)count, (long long)(count / s->classes));
    }
    if (status == GAN_OK) status = gan_dataset_get_numbers(s->labelled, 0, count, numbers);
    if (status == GAN_OK) {
        printf("draw %lld, labelled:", (long long)draw + 1);
        for (int64_t i = 0; i < count; i++) printf(" %lld", (long long)numbers[i]);
        printf("\n");
        fflush(stdout);
    }
    free(numbers);
    return status;
}

/* ---- Networks -------------------------------------------------------------------------------------------------- */

/* Layer normalisation keeps weights from growing past the noise and the dropout that follow. */
static gan_node add_hidden(gan_context *context, gan_model *m, gan_layer *layer)
{
    gan_model_add(m, layer);
    gan_model_add(m, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)));
    return gan_model_add(m, gan_layer_leaky_relu(context, NULL));
}

static void add_noise(gan_context *context, gan_model *m)
{
    gan_model_add(m, gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.5f)));
}

static gan_layer *conv(gan_context *context, int64_t filters)
{
    return gan_layer_conv2d(context, filters,
                            GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                       .weight_initializer = GAN_HE_NORMAL));
}

/* Two convolutions and a hidden layer, whose activations are the features. */
static gan_status build_classifier(gan_context *context, gan_shape image, int64_t classes, uint64_t seed,
                                   gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, image));
    add_noise(context, m);
    add_hidden(context, m, conv(context, 16));
    add_hidden(context, m, conv(context, 32));
    gan_model_add(m, gan_layer_flatten(context));
    gan_model_add(m, gan_layer_dropout(context, NULL));
    gan_node features =
        add_hidden(context, m, gan_layer_dense(context, 256, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL)));
    add_noise(context, m);
    gan_node logits = gan_model_add(m, gan_layer_dense(context, classes, NULL));
    gan_node realness = gan_model_add(m, gan_layer_log_sum_exp(context));
    gan_model_set_outputs(m, GAN_NODES(logits, realness, features));
    return build_or_destroy(m, seed, out);
}

static gan_status build_generator(gan_context *context, gan_shape image, uint64_t seed, gan_model **out)
{
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    for (int i = 0; i < 2; i++) {
        gan_model_add(g, gan_layer_dense(context, 400, NULL));
        gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_relu(context));
    }
    gan_model_add(g, gan_layer_dense(context, gan_shape_count(image), NULL));
    gan_model_add(g, gan_layer_tanh(context));
    gan_model_add(g, gan_layer_reshape(context, image));
    return build_or_destroy(g, seed, out);
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

/* A game of a new classifier; batches are as large as the smallest dataset allows. */
static gan_status begin(study *s, int64_t draw, int64_t smallest, contest *c)
{
    const uint64_t seed = (uint64_t)(s->settings.game.seed + draw);
    gan_status status = build_classifier(s->context, s->image, s->classes, 2 * seed, &c->classifier);
    if (status != GAN_OK) return status;
    return gan_game_create(s->context, GAN_GAME(.batch = smallest < BATCH ? smallest : BATCH, .seed = seed),
                           &c->game);
}

static gan_player add_classifier(contest *c)
{
    return gan_game_player(c->game, "classifier", c->classifier,
                           GAN_PLAYER(.learning_rate = RATE, .ema_half_life = 50000, .ema_ramp = 0.1f));
}

/* Feeds images, and labels too if there is an input for them, from the dataset's first epoch on. */
static gan_status feed(contest *c, gan_dataset *dataset, gan_term images, const gan_term *labels)
{
    gan_dataset_cursor cursor;
    gan_status status = gan_dataset_get_cursor(dataset, &cursor);
    cursor.epoch = cursor.position = 0;
    if (status == GAN_OK) status = gan_dataset_set_cursor(dataset, cursor);
    if (status == GAN_OK) status = gan_game_feed(c->game, images, dataset, "image");
    if (status == GAN_OK && labels) status = gan_game_feed(c->game, *labels, dataset, "label");
    return status;
}

/* One player, who wants L = -E log p(y | x). */
static gan_status describe_supervised(study *s, int64_t draw, gan_dataset *labelled, contest *c)
{
    gan_status status = begin(s, draw, gan_dataset_count(labelled), c);
    if (status != GAN_OK) return status;
    gan_term x = gan_game_input(c->game, "image", s->image);
    gan_term y = gan_game_input(c->game, "label", GAN_SHAPE(1));
    gan_term logits = gan_game_apply(c->game, c->classifier, GAN_TERMS(x));
    c->player = add_classifier(c);
    gan_game_want(c->game, c->player, 1, gan_softmax_cross_entropy_loss(logits, y));
    status = gan_game_build(c->game);
    return status == GAN_OK ? feed(c, labelled, x, &y) : status;
}

/* L_C = -E log p(y | x) + (-E log D(u) - E log(1 - D(G(z)))) / 2, L_G = |E f(u) - E f(G(z))|^2, for labelled x and
 * unlabelled u, with D = s(log sum exp of the class logits) and features f. */
static gan_status describe_semi_supervised(study *s, int64_t draw, contest *c)
{
    const int64_t few = gan_dataset_count(s->labelled), many = gan_dataset_count(s->unlabelled);
    const uint64_t seed = (uint64_t)(s->settings.game.seed + draw);
    gan_status status = begin(s, draw, few < many ? few : many, c);
    if (status == GAN_OK) status = build_generator(s->context, s->image, 2 * seed + 1, &c->generator);
    if (status != GAN_OK) return status;

    gan_game *game = c->game;
    gan_term u = gan_game_input(game, "unlabelled", s->image); /* the first input counts the epochs */
    gan_term x = gan_game_input(game, "image", s->image);
    gan_term y = gan_game_input(game, "label", GAN_SHAPE(1));
    gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE_SIZE), GAN_NOISE_NORMAL);

    gan_term labelled = gan_game_apply(game, c->classifier, GAN_TERMS(x));
    gan_term real = gan_game_apply(game, c->classifier, GAN_TERMS(u));
    gan_term fake = gan_game_apply(game, c->classifier, GAN_TERMS(gan_game_apply(game, c->generator, GAN_TERMS(z))));

    c->player = add_classifier(c);
    gan_game_want(game, c->player, 1, gan_softmax_cross_entropy_loss(labelled, y));
    gan_game_want(game, c->player, 0.5f,
                  gan_discriminator_loss(GAN_LOSS_NON_SATURATING, gan_game_output(real, REALNESS),
                                         gan_game_output(fake, REALNESS), NULL));
    gan_player generator = gan_game_player(game, "generator", c->generator, GAN_PLAYER(.learning_rate = RATE));
    gan_game_want(game, generator, 1,
                  gan_feature_matching_loss(gan_game_output(real, FEATURES), gan_game_output(fake, FEATURES)));

    status = gan_game_build(game);
    if (status == GAN_OK) status = feed(c, s->unlabelled, u, NULL);
    return status == GAN_OK ? feed(c, s->labelled, x, &y) : status;
}

static void end(contest *c)
{
    gan_game_destroy(c->game);
    gan_model_destroy(c->generator);
    gan_model_destroy(c->classifier);
}

/* ---- Playing --------------------------------------------------------------------------------------------------- */

static bool is_wrong(const float *logits, int64_t classes, int32_t label)
{
    int64_t best = 0;
    for (int64_t k = 1; k < classes; k++)
        if (logits[k] > logits[best]) best = k;
    return best != label;
}

/* Test images that a classifier takes for another class. */
static gan_status count_errors(study *s, gan_model *classifier, double *out)
{
    const int64_t total = gan_dataset_count(s->test);
    float *images = allocate(BATCH * gan_shape_count(s->image), sizeof(float));
    float *logits = allocate(BATCH * s->classes, sizeof(float));
    int32_t labels[BATCH];
    int64_t wrong = 0;
    gan_session *session = NULL;
    gan_status status = gan_session_create(classifier, GAN_SESSION(.batch = BATCH, .forward_only = true), &session);
    for (int64_t done = 0; done < total && status == GAN_OK; done += BATCH) {
        const int64_t count = total - done < BATCH ? total - done : BATCH;
        status = gan_dataset_read(s->test, done, count, images, labels);
        if (status == GAN_OK) status = gan_session_set_input(session, 0, images, count);
        if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(session, LOGITS, logits);
        for (int64_t i = 0; i < count && status == GAN_OK; i++)
            wrong += is_wrong(logits + i * s->classes, s->classes, labels[i]);
    }
    *out = (double)wrong;
    gan_session_destroy(session);
    free(logits);
    free(images);
    return status;
}

/* Writes the average of the classifier. */
static gan_status write_classifier(void *user)
{
    contest *c = user;
    char path[PATH_SIZE];
    gan_model *average = NULL;
    gan_status status = gan_player_get_average(c->player, 0, &average);
    return status == GAN_OK ? gan_model_save(average, path_in(c->folder, "classifier.safetensors", path)) : status;
}

/* A folder of its own for each game. */
static void name_contest(const study *s, const char *kind, int64_t draw, contest *c)
{
    if (draw < 0) {
        snprintf(c->name, sizeof(c->name), "%s", kind);
    } else {
        snprintf(c->name, sizeof(c->name), "%s-%lld", kind, (long long)draw + 1);
    }
    path_in(s->settings.game.output, c->name, c->folder);
}

static void prepare_folder(const study *s, const char *kind, int64_t draw)
{
    contest c = {.player = {NULL, 0}};
    name_contest(s, kind, draw, &c);
    will_write_game(c.folder, (const char *const[]){"classifier.safetensors", NULL});
}

/* Before anything is learned. The first game played tells whether there is something to resume. */
static void prepare_folders(const study *s)
{
    contest first = {.player = {NULL, 0}};
    name_contest(s, LABELLED_ONLY, 0, &first);
    if (s->settings.game.resume) require_checkpoint(first.folder);
    for (int64_t draw = 0; draw < s->settings.draws; draw++) {
        prepare_folder(s, LABELLED_ONLY, draw);
        prepare_folder(s, SEMI_SUPERVISED, draw);
    }
    prepare_folder(s, ALL_LABELS, ONCE);
}

/* Plays a described game for a share of the time, and tests the average of its classifier. */
static gan_status play_and_test(study *s, contest *c, double share, double *wrong)
{
    game_settings part = s->settings.game;
    gan_model *average = NULL;
    part.output = c->folder;
    part.minutes *= share;
    part.until = part.steps; /* in total, so that an interrupted comparison ends equal */
    part.resume = resumes(&part, part.output);
    if (!part.quiet) fprintf(stderr, "%s: ", c->name);
    gan_status status = play_game(s->context, c->game, &part, write_classifier, c);
    if (status == GAN_OK) status = gan_player_get_average(c->player, 0, &average);
    if (status == GAN_OK) status = count_errors(s, average, wrong);
    if (status == GAN_OK && !part.quiet) {
        fprintf(stderr, "%s: %g errors after %lld steps\n", c->name, *wrong, (long long)gan_game_rounds(c->game));
    }
    return status;
}

/* ---- The comparison -------------------------------------------------------------------------------------------- */

static gan_status learn_all_labels(study *s, double *wrong)
{
    contest c = {.player = {NULL, 0}};
    name_contest(s, ALL_LABELS, ONCE, &c);
    gan_status status = describe_supervised(s, 0, s->training, &c);
    if (status == GAN_OK) status = play_and_test(s, &c, ALL_LABELS_SHARE, wrong);
    end(&c);
    return status;
}

static gan_status learn_draw(study *s, int64_t draw, errors *wrong)
{
    const double share = (1 - ALL_LABELS_SHARE) / (double)s->settings.draws;
    contest few = {.player = {NULL, 0}}, semi = {.player = {NULL, 0}};
    name_contest(s, LABELLED_ONLY, draw, &few);
    name_contest(s, SEMI_SUPERVISED, draw, &semi);
    gan_status status = draw_labels(s, draw);
    if (status == GAN_OK) status = describe_supervised(s, draw, s->labelled, &few);
    if (status == GAN_OK) status = play_and_test(s, &few, share * LABELLED_ONLY_SHARE, &wrong->labelled_only);
    end(&few);
    if (status == GAN_OK) status = describe_semi_supervised(s, draw, &semi);
    if (status == GAN_OK)
        status = play_and_test(s, &semi, share * (1 - LABELLED_ONLY_SHARE), &wrong->semi_supervised);
    end(&semi);
    return status;
}

/* Means over the draws, and with several their deviations. */
static void print_results(const study *s, const errors *wrong, double all_labels)
{
    const int64_t draws = s->settings.draws;
    double mean[2] = {0, 0}, square[2] = {0, 0};
    for (int64_t i = 0; i < draws; i++) {
        if (draws > 1) {
            printf("draw %lld: errors=%g labelled_only=%g\n", (long long)i + 1, wrong[i].semi_supervised,
                   wrong[i].labelled_only);
        }
        mean[0] += wrong[i].semi_supervised / (double)draws;
        mean[1] += wrong[i].labelled_only / (double)draws;
    }
    for (int64_t i = 0; i < draws; i++) {
        square[0] += pow(wrong[i].semi_supervised - mean[0], 2);
        square[1] += pow(wrong[i].labelled_only - mean[1], 2);
    }
    if (draws > 1) {
        printf("deviations over the draws: errors=%.1f labelled_only=%.1f\n", sqrt(square[0] / (double)(draws - 1)),
               sqrt(square[1] / (double)(draws - 1)));
    }
    printf("errors=%g of=%lld labelled_only=%g all_labels=%g\n", mean[0], (long long)gan_dataset_count(s->test),
           mean[1], all_labels);
}

static gan_status compare(study *s)
{
    errors wrong[MOST_DRAWS];
    double all_labels = 0;
    gan_status status = open_context(s->settings.game.threads, &s->context);
    if (status == GAN_OK) status = open_data(s);
    if (status != GAN_OK) return status;
    if (s->settings.labels % s->classes != 0) {
        fprintf(stderr, "--labels %lld: not a multiple of the %lld classes\n", (long long)s->settings.labels,
                (long long)s->classes);
        exit(2);
    }
    for (int64_t draw = 0; draw < s->settings.draws && status == GAN_OK; draw++)
        status = learn_draw(s, draw, &wrong[draw]);
    if (status == GAN_OK) status = learn_all_labels(s, &all_labels);
    if (status == GAN_OK) print_results(s, wrong, all_labels);
    return status;
}

int main(int argc, char **argv)
{
    study s = {.settings = {.labels = 100, .draws = 1, .game = GAME_SETTINGS("out")}};
    settings *o = &s.settings;
    const option options[] = {
        {"--data", OPTION_TEXT, &o->data, 0, 0, "DIR",
         "MNIST-format training images and labels; required, fetch-mnist.sh gets the digits"},
        {"--test", OPTION_TEXT, &o->test, 0, 0, "DIR", "test images (default: the last quarter of the others)"},
        {"--labels", OPTION_INTEGER, &o->labels, 1, 1e6, "N", "labelled images, as many of each class (default 100)"},
        {"--draws", OPTION_INTEGER, &o->draws, 1, MOST_DRAWS, "N", "repeat with N choices of labels (default 1)"},
        GAME_OUTPUT_OPTION(o->game, "out"),
        GAME_OPTIONS_AS(o->game, "train for M minutes, all games together; with --resume, for M more",
                        "train each game to N steps, those before --resume included", GAME_RESUME_SEVERAL),
    };
    read_options(argc, argv, 1,
                 "semi_supervised: a classifier from few labels and many images. Default --minutes 10.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (!o->data) {
        fprintf(stderr,
                "--data: name a folder of images in MNIST's format; examples/fetch-mnist.sh DIR gets digits\n");
        return 2;
    }
    if (o->game.minutes == 0 && o->game.steps == 0) o->game.minutes = 10;
    prepare_folders(&s);
    const int result = exit_status(compare(&s));
    gan_dataset_destroy(s.unlabelled);
    gan_dataset_destroy(s.labelled);
    gan_dataset_destroy(s.training);
    gan_dataset_destroy(s.test);
    gan_dataset_destroy(s.images);
    gan_context_destroy(s.context);
    return result;
}
