/* Finds classes and other causes of variety in images without labels (InfoGAN: Chen et al., "Interpretable
 * Representation Learning by Information Maximizing Generative Adversarial Nets", 2016). Part of what the generator
 * is given is a code, a class and two numbers. The discriminator also reads the code from the images, by the same
 * features by which it judges them, and both players want it read: so the code becomes what images differ in most,
 * and not a mark that only a reader would notice.
 *
 * A classifier that saw labels then says how often images of a class code are of the label that suits it best.
 */
#include "assignment.h"
#include "averages.h"
#include "classifier.h"
#include "game_program.h"
#include "mnist_files.h"
#include "models.h"
#include "monitor.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     32
#define NOISE     62
#define UNITS     256 /* of the dense layers; the paper has 1024 */
#define NUMBERS   2   /* in the code */
#define COLUMNS   10  /* of the pictures, which have a row a class code */
#define GRID_SEED 1234
#define JUDGED    500 /* images of each class code */
#define READ      100 /* real images at once */
#define MOST_READ 10000

enum { LOGIT, CLASS_LOGITS, NUMBERS_READ }; /* the discriminator's outputs */

typedef struct infogan {
    game_settings settings;
    const char *data;
    int64_t classes; /* of the code */
    double weight, number_weight;
    gan_context *context;
    gan_dataset *dataset;
    gan_shape image;
    classifier judge;
    gan_model *generator, *discriminator;
    gan_game *game;
    gan_player g;
} infogan;

/* ---- The models, after the paper's --------------------------------------------------------------------------------
 */

static void add_hidden(gan_context *context, gan_model *m, gan_layer *layer, gan_layer *activation)
{
    gan_model_add(m, layer);
    gan_model_add(m, gan_layer_batch_norm(context, NULL));
    gan_model_add(m, activation);
}

static gan_layer *enlarge(gan_context *context, int64_t filters)
{
    return gan_layer_conv_transpose2d(
        context, filters, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static gan_layer *reduce(gan_context *context, int64_t filters)
{
    return gan_layer_conv2d(context, filters,
                            GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

/* From noise, a class and numbers to an image. */
static gan_status build_generator(infogan *job, uint64_t seed)
{
    gan_context *context = job->context;
    const gan_shape small = GAN_SHAPE(128, job->image.dims[1] / 4, job->image.dims[2] / 4);
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    const gan_node noise = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE)));
    const gan_node class_code = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node numbers = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NUMBERS)));
    gan_model_set_input(g, 2, GAN_INPUT(.role = GAN_INPUT_CODE, .noise = GAN_NOISE_UNIFORM));
    const gan_node one_hot = gan_model_add_from(g, gan_layer_one_hot(context, job->classes), GAN_NODES(class_code));
    gan_model_add_from(g, gan_layer_concat(context, NULL), GAN_NODES(noise, one_hot, numbers));
    add_hidden(context, g, gan_layer_dense(context, UNITS, NULL), gan_layer_relu(context));
    gan_model_add(g, gan_layer_dense(context, gan_shape_count(small), NULL));
    add_hidden(context, g, gan_layer_reshape(context, small), gan_layer_relu(context));
    add_hidden(context, g, enlarge(context, 64), gan_layer_relu(context));
    gan_model_add(g, enlarge(context, job->image.dims[0]));
    gan_model_add(g, gan_layer_tanh(context));
    return build_or_destroy(g, seed, &job->generator);
}

/* From an image to a logit, and to what is read: the logits of the class and the numbers. */
static gan_status build_discriminator(infogan *job, uint64_t seed)
{
    gan_context *context = job->context;
    gan_model *d = NULL;
    gan_status status = gan_model_create(context, &d);
    if (status != GAN_OK) return status;
    gan_model_add(d, gan_layer_input(context, job->image));
    gan_model_add(d, reduce(context, 64));
    gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    add_hidden(context, d, reduce(context, 128), gan_layer_leaky_relu(context, NULL));
    gan_model_add(d, gan_layer_flatten(context));
    gan_model_add(d, gan_layer_dense(context, UNITS, NULL));
    gan_model_add(d, gan_layer_batch_norm(context, NULL));
    const gan_node features = gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    const gan_node logit = gan_model_add(d, gan_layer_dense(context, 1, NULL));
    gan_model_add_from(d, gan_layer_dense(context, 128, NULL), GAN_NODES(features));
    gan_model_add(d, gan_layer_batch_norm(context, NULL));
    const gan_node code = gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    const gan_node class_logits =
        gan_model_add_from(d, gan_layer_dense(context, job->classes, NULL), GAN_NODES(code));
    const gan_node numbers = gan_model_add_from(d, gan_layer_dense(context, NUMBERS, NULL), GAN_NODES(code));
    gan_model_set_outputs(d, GAN_NODES(logit, class_logits, numbers));
    return build_or_destroy(d, seed, &job->discriminator);
}

/* ---- The game -------------------------------------------------------------------------------------------------- */

/* L_D = -E log D(x) - E log(1 - D(G(z, c, u))) + L_Q and L_G = -E log D(G(z, c, u)) + L_Q, where
 * L_Q = w (-E log Q(c | G(z, c, u))) + v E |Q(G(z, c, u)) - u|^2, for a class c and numbers u. */
static gan_status describe(infogan *job)
{
    gan_status status =
        gan_game_create(job->context, GAN_GAME(.batch = BATCH, .seed = (uint64_t)job->settings.seed), &job->game);
    if (status != GAN_OK) return status;
    gan_game *game = job->game;
    const float w = (float)job->weight, v = (float)job->number_weight;
    const gan_term x = gan_game_input(game, "image", job->image);
    const gan_term z = gan_game_noise(game, "noise", GAN_SHAPE(NOISE), GAN_NOISE_NORMAL);
    const gan_term c = gan_game_classes(game, "class", job->classes);
    const gan_term u = gan_game_noise(game, "numbers", GAN_SHAPE(NUMBERS), GAN_NOISE_UNIFORM);
    const gan_term fake = gan_game_apply(game, job->generator, GAN_TERMS(z, c, u));
    const gan_term real_logits = gan_game_apply(game, job->discriminator, GAN_TERMS(x));
    const gan_term fake_logits = gan_game_apply(game, job->discriminator, GAN_TERMS(fake));
    const gan_term class_read = gan_softmax_cross_entropy_loss(gan_game_output(fake_logits, CLASS_LOGITS), c);
    const gan_term numbers_read = gan_l2_loss(gan_game_output(fake_logits, NUMBERS_READ), u);

    const gan_player d = gan_game_player(game, "discriminator", job->discriminator, NULL);
    job->g = gan_game_player(game, "generator", job->generator,
                             GAN_PLAYER(.learning_rate = 1e-3f, .ema_half_life = 5000, .ema_ramp = 0.05f));
    gan_game_want(game, d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL));
    gan_game_want(game, d, w, class_read);
    gan_game_want(game, d, v, numbers_read);
    gan_game_want(game, job->g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits));
    gan_game_want_by(game, job->g, w, class_read, GAN_WANT(.name = "class code"));
    gan_game_want_by(game, job->g, v, numbers_read, GAN_WANT(.name = "number codes"));
    status = gan_game_build(game);
    return status == GAN_OK ? gan_game_feed(game, x, job->dataset, "image") : status;
}

/* ---- Pictures and models --------------------------------------------------------------------------------------- */

/* A row a class code. Across, number `varied` goes from -1.5 to 1.5, on one noise; or, if it is NUMBERS, the noise
 * changes. */
static gan_status write_codes(const infogan *job, gan_model *average, int varied, const char *name)
{
    const int64_t count = job->classes * COLUMNS;
    char path[PATH_SIZE];
    float *noise = allocate(count * NOISE, sizeof(float)), *classes = allocate(count, sizeof(float));
    float *numbers = allocate(count * NUMBERS, sizeof(float));
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    gan_random *random = NULL;
    gan_status status = gan_random_create(job->context, GRID_SEED, 0, &random);
    if (status == GAN_OK) status = gan_random_normal(random, noise, COLUMNS * NOISE);
    for (int64_t i = 0; i < count; i++) {
        const int64_t column = i % COLUMNS, source = varied < NUMBERS ? 0 : column;
        memmove(noise + i * NOISE, noise + source * NOISE, NOISE * sizeof(float));
        const int64_t row = i / COLUMNS;
        classes[i] = (float)row;
        if (varied < NUMBERS) numbers[i * NUMBERS + varied] = -1.5f + 3 * (float)column / (COLUMNS - 1);
    }
    if (status == GAN_OK) {
        status = gan_model_sample(average, GAN_SAMPLE(.inputs = (const float *const[]){noise, classes, numbers}),
                                  count, images);
    }
    if (status == GAN_OK && has_pictures(job->context)) {
        status =
            draw_picture(job->context, path_in(job->settings.output, name, path), images, count, job->image, COLUMNS);
    }
    gan_random_destroy(random);
    free(images);
    free(numbers);
    free(classes);
    free(noise);
    return status;
}

static gan_status write_files(void *user)
{
    static const char *const names[] = {"first-code.png", "second-code.png", "classes.png"};
    char path[PATH_SIZE];
    const infogan *job = user;
    const char *folder = job->settings.output;
    gan_model *average = NULL;
    gan_status status = copy_average(job->g, NULL, &average);
    if (status == GAN_OK) status = gan_model_save(average, path_in(folder, "generator.safetensors", path));
    if (status == GAN_OK)
        status = gan_model_save(job->discriminator, path_in(folder, "discriminator.safetensors", path));
    for (int i = 0; i <= NUMBERS && status == GAN_OK; i++) status = write_codes(job, average, i, names[i]);
    gan_model_destroy(average);
    return status;
}

/* ---- Results --------------------------------------------------------------------------------------------------- */

typedef struct findings {
    double agreement;  /* the share of generated images whose label is that assigned to their code */
    double recognised; /* the share of real images of whose label the code that is read from them is */
    int64_t labels;    /* that are the commonest among the images of a code */
} findings;

/* Adds to a row of shares those of the labels among the images of a class code. */
static gan_status count_labels(infogan *job, gan_model *average, int32_t code, double *shares)
{
    float *images = allocate(JUDGED * gan_shape_count(job->image), sizeof(float));
    int32_t labels[JUDGED];
    gan_status status =
        gan_model_sample(average, GAN_SAMPLE(.seed = 5, .classes = &code, .class_count = 1), JUDGED, images);
    if (status == GAN_OK) status = classifier_run(&job->judge, images, JUDGED, NULL, NULL, labels);
    for (int i = 0; i < JUDGED && status == GAN_OK; i++) shares[labels[i]] += 1.0 / JUDGED;
    free(images);
    return status;
}

static int64_t commonest(const double *shares, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        if (shares[i] > shares[best]) best = i;
    return best;
}

static gan_status judge_codes(infogan *job, int64_t *label_of_code, findings *found)
{
    const int64_t kinds = job->judge.classes, columns = kinds > job->classes ? kinds : job->classes;
    double *shares = allocate(job->classes * columns, sizeof(double));
    bool *seen = allocate(kinds, sizeof(bool));
    gan_model *average = NULL;
    gan_status status = copy_average(job->g, NULL, &average);
    for (int32_t code = 0; code < job->classes && status == GAN_OK; code++) {
        status = count_labels(job, average, code, shares + code * columns);
        seen[commonest(shares + code * columns, kinds)] = true;
    }
    found->agreement = best_assignment(shares, job->classes, columns, label_of_code) / (double)job->classes;
    for (int64_t i = 0; i < kinds; i++) found->labels += seen[i];
    gan_model_destroy(average);
    free(seen);
    free(shares);
    return status;
}

/* Counts the images of a batch whose code is assigned their label. */
static gan_status read_images(infogan *job, gan_session *session, int64_t first, int64_t count,
                              const int64_t *label_of_code, int64_t *right)
{
    float *images = allocate(READ * gan_shape_count(job->image), sizeof(float));
    float *logits = allocate(READ * job->classes, sizeof(float));
    int32_t labels[READ];
    gan_status status = gan_dataset_read(job->dataset, first, count, images, labels);
    if (status == GAN_OK) status = gan_session_set_input(session, 0, images, count);
    if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_get_output(session, CLASS_LOGITS, logits);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        int64_t code = 0;
        for (int64_t k = 1; k < job->classes; k++)
            if (logits[i * job->classes + k] > logits[i * job->classes + code]) code = k;
        *right += label_of_code[code] == labels[i];
    }
    free(logits);
    free(images);
    return status;
}

static gan_status judge(infogan *job, findings *found)
{
    const int64_t all = gan_dataset_count(job->dataset), count = all < MOST_READ ? all : MOST_READ;
    int64_t *label_of_code = allocate(job->classes, sizeof(int64_t)), right = 0;
    gan_session *session = NULL;
    gan_status status = judge_codes(job, label_of_code, found);
    if (status == GAN_OK) {
        status = gan_session_create(job->discriminator, GAN_SESSION(.batch = READ, .forward_only = true), &session);
    }
    for (int64_t i = 0; i < count && status == GAN_OK; i += READ)
        status = read_images(job, session, i, count - i < READ ? count - i : READ, label_of_code, &right);
    found->recognised = (double)right / (double)count;
    gan_session_destroy(session);
    free(label_of_code);
    return status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

static gan_status run(infogan *job)
{
    char path[PATH_SIZE];
    findings found = {0, 0, 0};
    gan_status status = open_context(job->settings.threads, &job->context);
    if (status == GAN_OK) {
        status = open_mnist(job->context, job->data, MNIST_TRAINING, true,
                            GAN_DATASET(.seed = (uint64_t)job->settings.seed, .drop_last = true,
                                        .restart_if_changed = job->settings.restart),
                            &job->dataset);
    }
    if (status == GAN_OK) status = gan_dataset_get_shape(job->dataset, &job->image);
    if (status == GAN_OK) {
        check_sides(job->image, job->data, 4);
        check_fills_batch(job->dataset, job->data, BATCH);
        status =
            classifier_open(job->context, job->data, path_in(job->settings.output, "classifier.safetensors", path),
                            job->settings.quiet, &job->judge);
    }
    if (status == GAN_OK) status = build_generator(job, 2 * (uint64_t)job->settings.seed);
    if (status == GAN_OK) status = build_discriminator(job, 2 * (uint64_t)job->settings.seed + 1);
    if (status == GAN_OK) status = describe(job);
    job->settings.fed = job->dataset;
    if (status == GAN_OK) status = play_game(job->context, job->game, &job->settings, write_files, job);
    if (status == GAN_OK) status = judge(job, &found);
    if (status == GAN_OK) {
        printf("agreement=%.4f recognised=%.4f labels=%lld of=%lld steps=%lld\n", found.agreement, found.recognised,
               (long long)found.labels, (long long)job->judge.classes, (long long)gan_game_rounds(job->game));
    }
    return status;
}

int main(int argc, char **argv)
{
    infogan job = {.settings = GAME_SETTINGS("infogan"),
                   .data = "/usr/share/datasets/fashion-mnist",
                   .classes = 10,
                   .weight = 1,
                   .number_weight = 0.3};
    const option options[] = {
        {"--data", OPTION_TEXT, &job.data, 0, 0, "DIR", "MNIST-format images; their labels serve only to judge"},
        {"--classes", OPTION_INTEGER, &job.classes, 2, 1000, "N", "values of the class code (default 10)"},
        {"--weight", OPTION_NUMBER, &job.weight, 0, 100, "W", "of the class code (default 1)"},
        {"--number-weight", OPTION_NUMBER, &job.number_weight, 0, 100, "V", "of the numbers (default 0.3)"},
        GAME_OPTIONS(job.settings, "infogan"),
    };
    read_options(argc, argv, 1,
                 "infogan: classes and other codes, found in images without labels. Default --minutes 8.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (job.settings.minutes == 0 && job.settings.steps == 0) job.settings.minutes = 8;
    will_write_game(job.settings.output,
                    (const char *const[]){"generator.safetensors", "discriminator.safetensors", "classes.png",
                                          "first-code.png", "second-code.png", NULL});
    if (job.settings.resume) require_checkpoint(job.settings.output);
    const int result = exit_status(run(&job));
    gan_game_destroy(job.game);
    gan_model_destroy(job.generator);
    gan_model_destroy(job.discriminator);
    classifier_close(&job.judge);
    gan_dataset_destroy(job.dataset);
    gan_context_destroy(job.context);
    return result;
}
