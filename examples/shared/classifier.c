#include "classifier.h"

#include "mnist_files.h"
#include "models.h"
#include "outputs.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH       128
#define MOST_STEPS  2000
#define MOST_EPOCHS 30 /* of small datasets */
#define SEED        1  /* not an option: only numbers from the same judge are comparable */

enum { FEATURES = CLASSIFIER_FEATURES_OUTPUT, LOGITS = CLASSIFIER_LOGITS_OUTPUT };

/* The labelled images, from `first` on, that are held out of training. */
typedef struct unseen_images {
    gan_dataset *dataset;
    int64_t first, count;
} unseen_images;

/* ---- The network ---------------------------------------------------------------------------------------------- */

gan_status classifier_build(gan_context *context, gan_shape image, int64_t classes, uint64_t seed, gan_model **out)
{
    static const int64_t filters[] = {32, 64};
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, image));
    for (int i = 0; i < 2; i++) {
        gan_model_add(m, gan_layer_conv2d(context, filters[i],
                                          GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                                     .weight_initializer = GAN_HE_NORMAL)));
        gan_model_add(m, gan_layer_relu(context));
    }
    gan_model_add(m, gan_layer_flatten(context));
    gan_model_add(m, gan_layer_dense(context, CLASSIFIER_FEATURES, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL)));
    gan_node features = gan_model_add(m, gan_layer_relu(context));
    gan_model_add(m, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
    gan_node logits = gan_model_add(m, gan_layer_dense(context, classes, NULL));
    gan_model_set_outputs(m, GAN_NODES(features, logits));
    return build_or_destroy(m, seed, out);
}

/* ---- Training -------------------------------------------------------------------------------------------------- */

/* One step down the cross-entropy of a batch; `logits` has room for its logits and their gradients. */
static gan_status step(gan_model *model, gan_session *session, gan_optimizer *optimizer, const float *images,
                       const int32_t *labels, int64_t count, int64_t classes, float *logits, double *loss)
{
    float *gradients = logits + BATCH * classes;
    gan_status status = gan_session_set_input(session, 0, images, count);
    if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_TRAIN);
    if (status == GAN_OK) status = gan_session_get_output(session, LOGITS, logits);
    if (status == GAN_OK) status = gan_loss_softmax_cross_entropy(logits, labels, count, classes, loss, gradients);
    if (status == GAN_OK) status = gan_model_zero_gradients(model);
    if (status == GAN_OK) status = gan_session_set_output_gradient(session, LOGITS, gradients);
    if (status == GAN_OK) status = gan_session_backward(session, GAN_BACKWARD_PARAMETERS);
    if (status == GAN_OK) status = gan_optimizer_step(optimizer, NULL);
    return status;
}

static gan_status train(gan_model *model, gan_dataset *dataset, const classifier *judge, bool quiet)
{
    int64_t epoch = (gan_dataset_count(dataset) + BATCH - 1) / BATCH, classes = judge->classes;
    int64_t steps = MOST_EPOCHS * epoch < MOST_STEPS ? MOST_EPOCHS * epoch : MOST_STEPS;
    float *images = allocate(BATCH * gan_shape_count(judge->image), sizeof(float));
    float *logits = allocate(2 * BATCH * classes, sizeof(float));
    int32_t labels[BATCH];
    double loss = 0, sum = 0, summed = 0; /* since the last progress line */
    gan_session *session = NULL;
    gan_optimizer *optimizer = NULL;
    gan_status status = gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = SEED), &session);
    if (status == GAN_OK) {
        status = gan_optimizer_create(
            model, GAN_OPTIMIZER(.learning_rate = 1e-3f, .schedule = GAN_SCHEDULE_COSINE, .schedule_steps = steps),
            &optimizer);
    }
    for (int64_t i = 1; i <= steps && status == GAN_OK; i++) {
        int64_t count;
        if (interrupted()) {
            fprintf(stderr, "classifier: stopped; what it has learned is not saved\n");
            status = GAN_ERROR_CANCELLED;
            break;
        }
        status = gan_dataset_next(dataset, BATCH, images, labels, &count);
        if (status == GAN_OK) status = step(model, session, optimizer, images, labels, count, classes, logits, &loss);
        sum += loss;
        summed++;
        if (status != GAN_OK || 4 * i / steps == 4 * (i - 1) / steps) continue;
        if (!quiet) {
            fprintf(stderr, "classifier: step %lld of %lld, loss %.3f\n", (long long)i, (long long)steps,
                    sum / summed);
        }
        sum = summed = 0;
    }
    gan_optimizer_destroy(optimizer);
    gan_session_destroy(session);
    free(logits);
    free(images);
    return status;
}

static gan_status load_or_train(gan_context *context, gan_dataset *dataset, const char *path, bool quiet,
                                classifier *judge)
{
    if (access(path, F_OK) == 0) {
        will_read(path);
        return gan_model_load(context, path, &judge->model);
    }
    will_write(path);
    catch_interrupts();
    if (!quiet) fprintf(stderr, "classifier: no %s yet, training one; Ctrl-C stops\n", path);
    gan_model *model = NULL;
    gan_status status = classifier_build(context, judge->image, judge->classes, SEED, &model);
    if (status == GAN_OK) status = train(model, dataset, judge, quiet);
    if (status == GAN_OK) status = gan_model_save(model, path);
    judge->model = model;
    return status;
}

/* ---- Data to open it on ---------------------------------------------------------------------------------------- */

static gan_status open_images(gan_context *context, const char *folder, gan_dataset **training, unseen_images *unseen)
{
    bool has_test = has_mnist(folder, MNIST_TEST, true);
    gan_status status =
        open_mnist(context, folder, has_test ? MNIST_TEST : MNIST_TRAINING, true, NULL, &unseen->dataset);
    if (status != GAN_OK) return status;
    int64_t count = gan_dataset_count(unseen->dataset), left_out = has_test ? 0 : (count + 7) / 8;
    unseen->count = has_test ? count : left_out;
    unseen->first = count - unseen->count;
    return open_mnist(context, folder, MNIST_TRAINING, true,
                      GAN_DATASET(.seed = SEED, .limit = has_test ? 0 : count - left_out), training);
}

/* A loaded file may be any model. */
static void check_fit(const classifier *judge, const char *path)
{
    gan_shape image = {0, {0}}, features = {0, {0}}, logits = {0, {0}};
    gan_model_get_input_shape(judge->model, 0, &image);
    gan_model_get_output_shape(judge->model, FEATURES, &features);
    gan_model_get_output_shape(judge->model, LOGITS, &logits);
    bool same_image = image.rank == judge->image.rank;
    for (int i = 0; same_image && i < image.rank; i++) same_image = image.dims[i] == judge->image.dims[i];
    if (same_image && gan_shape_count(features) == CLASSIFIER_FEATURES && gan_shape_count(logits) == judge->classes)
        return;
    fprintf(stderr, "%s: not a classifier of these images; remove it, or name another file\n", path);
    exit(1);
}

static gan_status measure_accuracy(classifier *judge, const unseen_images *unseen)
{
    int64_t right = 0;
    float *images = allocate(BATCH * gan_shape_count(judge->image), sizeof(float));
    gan_status status = GAN_OK;
    for (int64_t done = 0; done < unseen->count && status == GAN_OK; done += BATCH) {
        int32_t labels[BATCH], found[BATCH];
        int64_t count = unseen->count - done < BATCH ? unseen->count - done : BATCH;
        status = gan_dataset_read(unseen->dataset, unseen->first + done, count, images, labels);
        if (status == GAN_OK) status = classifier_run(judge, images, count, NULL, NULL, found);
        for (int64_t i = 0; i < count && status == GAN_OK; i++) right += found[i] == labels[i];
    }
    judge->accuracy = (double)right / (double)unseen->count;
    free(images);
    return status;
}

/* Makes it ready to run. */
static gan_status prepare(classifier *judge)
{
    judge->logits = allocate(BATCH * judge->classes, sizeof(float));
    return gan_session_create(judge->model, GAN_SESSION(.batch = BATCH, .forward_only = true), &judge->session);
}

gan_status classifier_test(gan_model *model, gan_dataset *dataset, double *accuracy)
{
    const unseen_images unseen = {dataset, 0, gan_dataset_count(dataset)};
    classifier judge = {.model = model};
    gan_shape logits = {0, {0}};
    gan_status status = gan_model_get_input_shape(model, 0, &judge.image);
    if (status == GAN_OK) status = gan_model_get_output_shape(model, LOGITS, &logits);
    judge.classes = gan_shape_count(logits);
    if (status == GAN_OK) status = prepare(&judge);
    if (status == GAN_OK) status = measure_accuracy(&judge, &unseen);
    if (status == GAN_OK) *accuracy = judge.accuracy;
    free(judge.logits);
    gan_session_destroy(judge.session);
    return status;
}

gan_status classifier_open(gan_context *context, const char *folder, const char *path, bool quiet, classifier *out)
{
    gan_dataset *training = NULL;
    unseen_images unseen = {NULL, 0, 0};
    *out = (classifier){.model = NULL};
    gan_status status = open_images(context, folder, &training, &unseen);
    if (status == GAN_OK) status = gan_dataset_get_shape(training, &out->image);
    if (status == GAN_OK) {
        out->classes = gan_dataset_classes(training);
        status = check_alike(unseen.dataset, folder, out->image, out->classes, folder);
    }
    if (status == GAN_OK) {
        status = load_or_train(context, training, path, quiet, out);
    }
    if (status == GAN_OK) {
        check_fit(out, path);
        status = prepare(out);
    }
    if (status == GAN_OK) status = measure_accuracy(out, &unseen);
    if (status == GAN_OK && !quiet) {
        fprintf(stderr, "classifier: %.2f %% right on %lld unseen images\n", 100 * out->accuracy,
                (long long)unseen.count);
        if (out->accuracy < 0.5) fprintf(stderr, "classifier: was %s trained on other images?\n", path);
    }
    gan_dataset_destroy(unseen.dataset);
    gan_dataset_destroy(training);
    return status;
}

void classifier_close(classifier *judge)
{
    free(judge->logits);
    gan_session_destroy(judge->session);
    gan_model_destroy(judge->model);
    *judge = (classifier){.model = NULL};
}

/* ---- Classifying images ---------------------------------------------------------------------------------------- */

/* p_k = exp(l_k - max l) / sum; returns the most probable class. */
static int32_t softmax(const float *logits, int64_t classes, float *probabilities)
{
    int64_t best = 0;
    double sum = 0;
    for (int64_t k = 1; k < classes; k++)
        if (logits[k] > logits[best]) best = k;
    for (int64_t k = 0; k < classes; k++) sum += exp((double)logits[k] - logits[best]);
    for (int64_t k = 0; k < classes && probabilities; k++)
        probabilities[k] = (float)(exp((double)logits[k] - logits[best]) / sum);
    return (int32_t)best;
}

gan_status classifier_run(classifier *judge, const float *images, int64_t count, float *features,
                          float *probabilities, int32_t *labels)
{
    int64_t size = gan_shape_count(judge->image), classes = judge->classes;
    gan_status status = GAN_OK;
    for (int64_t done = 0; done < count && status == GAN_OK; done += BATCH) {
        if (interrupted()) {
            fprintf(stderr, "stopped while images were classified\n");
            return GAN_ERROR_CANCELLED;
        }
        int64_t batch = count - done < BATCH ? count - done : BATCH;
        status = gan_session_set_input(judge->session, 0, images + done * size, batch);
        if (status == GAN_OK) status = gan_session_forward(judge->session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(judge->session, LOGITS, judge->logits);
        if (status == GAN_OK && features)
            status = gan_session_get_output(judge->session, FEATURES, features + done * CLASSIFIER_FEATURES);
        for (int64_t i = 0; i < batch && status == GAN_OK; i++) {
            int32_t label = softmax(judge->logits + i * classes, classes,
                                    probabilities ? probabilities + (done + i) * classes : NULL);
            if (labels) labels[done + i] = label;
        }
    }
    return status;
}
