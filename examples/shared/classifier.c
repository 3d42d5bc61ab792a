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

/* A classifier in training: its file has all of this, so that it is gone on with after Ctrl-C, and known to be of
 * other images. */
typedef struct apprentice {
    gan_dataset *dataset;
    gan_model *model;
    gan_session *session;
    gan_optimizer *optimizer;
    gan_checkpoint *file;
    int64_t step, steps;
    int64_t images, fingerprint; /* the number of images that it is trained on, and what tells them from others */
} apprentice;

/* FNV-1a, by words, of the images and labels. */
static gan_status take_fingerprint(gan_dataset *dataset, gan_shape image, int64_t *out)
{
    const int64_t count = gan_dataset_count(dataset), size = gan_shape_count(image);
    float *images = allocate(BATCH * size, sizeof(float));
    uint64_t hash = 0xcbf29ce484222325;
    gan_status status = GAN_OK;
    for (int64_t first = 0; first < count && status == GAN_OK; first += BATCH) {
        int32_t labels[BATCH];
        const int64_t read = count - first < BATCH ? count - first : BATCH;
        status = gan_dataset_read(dataset, first, read, images, labels);
        for (int64_t i = 0; i < read * size && status == GAN_OK; i++)
            hash = (hash ^ (uint64_t)(int64_t)(images[i] * 32768)) * 0x100000001b3;
        for (int64_t i = 0; i < read && status == GAN_OK; i++) hash = (hash ^ (uint64_t)labels[i]) * 0x100000001b3;
    }
    free(images);
    *out = (int64_t)hash;
    return status;
}

static void release(apprentice *a)
{
    gan_checkpoint_destroy(a->file);
    gan_optimizer_destroy(a->optimizer);
    gan_session_destroy(a->session);
}

static gan_status begin(gan_context *context, gan_dataset *dataset, const classifier *judge, apprentice *a)
{
    const int64_t count = gan_dataset_count(dataset), epoch = (count + BATCH - 1) / BATCH;
    const int64_t steps = MOST_EPOCHS * epoch < MOST_STEPS ? MOST_EPOCHS * epoch : MOST_STEPS;
    *a = (apprentice){.dataset = dataset, .steps = steps, .images = count};
    gan_status status = take_fingerprint(dataset, judge->image, &a->fingerprint);
    if (status == GAN_OK) status = classifier_build(context, judge->image, judge->classes, SEED, &a->model);
    if (status == GAN_OK)
        status = gan_session_create(a->model, GAN_SESSION(.batch = BATCH, .seed = SEED), &a->session);
    if (status == GAN_OK) {
        status = gan_optimizer_create(
            a->model, GAN_OPTIMIZER(.learning_rate = 1e-3f, .schedule = GAN_SCHEDULE_COSINE, .schedule_steps = steps),
            &a->optimizer);
    }
    if (status == GAN_OK) status = gan_checkpoint_create(context, &a->file);
    if (status == GAN_OK) status = gan_checkpoint_add_model(a->file, "classifier", a->model);
    if (status == GAN_OK) status = gan_checkpoint_add_optimizer(a->file, "optimizer", a->optimizer);
    if (status == GAN_OK) status = gan_checkpoint_add_session(a->file, "dropout", a->session);
    if (status == GAN_OK) status = gan_checkpoint_add_dataset(a->file, "images", dataset);
    if (status == GAN_OK) status = gan_checkpoint_add_integer(a->file, "step", &a->step);
    if (status == GAN_OK) status = gan_checkpoint_add_integer(a->file, "image_count", &a->images);
    if (status == GAN_OK) status = gan_checkpoint_add_integer(a->file, "image_fingerprint", &a->fingerprint);
    return status;
}

static gan_status train(apprentice *a, const classifier *judge, bool quiet)
{
    const int64_t classes = judge->classes, steps = a->steps;
    float *images = allocate(BATCH * gan_shape_count(judge->image), sizeof(float));
    float *logits = allocate(2 * BATCH * classes, sizeof(float));
    int32_t labels[BATCH];
    double loss = 0, sum = 0, summed = 0; /* since the last progress line */
    gan_status status = GAN_OK;
    while (a->step < steps && status == GAN_OK && !interrupted()) {
        int64_t count;
        status = gan_dataset_next(a->dataset, BATCH, images, labels, &count);
        if (status == GAN_OK)
            status = step(a->model, a->session, a->optimizer, images, labels, count, classes, logits, &loss);
        const int64_t i = ++a->step;
        sum += loss;
        summed++;
        if (status != GAN_OK || 4 * i / steps == 4 * (i - 1) / steps) continue;
        if (!quiet) {
            fprintf(stderr, "classifier: step %lld of %lld, loss %.3f\n", (long long)i, (long long)steps,
                    sum / summed);
        }
        sum = summed = 0;
    }
    free(logits);
    free(images);
    return status;
}

/* Reads its file, if that is of these images. Files of earlier versions are models alone, and do not say of which
 * they are: those become the judge's as they are. */
static gan_status load(gan_context *context, const char *path, apprentice *a, classifier *judge, bool *is_of_these)
{
    const int64_t images = a->images, fingerprint = a->fingerprint;
    const gan_status status = gan_checkpoint_load(a->file, path);
    *is_of_these = status == GAN_OK && a->images == images && a->fingerprint == fingerprint;
    if (status == GAN_OK || status == GAN_ERROR_STATE || status == GAN_ERROR_ARCHITECTURE) return GAN_OK;
    return gan_model_load(context, path, &judge->model);
}

/* Finds what there is at `path` to begin with: nothing, all, or a part. */
static gan_status open_file(gan_context *context, gan_dataset *dataset, const char *path, bool quiet,
                            classifier *judge, apprentice *a)
{
    bool is_of_these = false;
    gan_status status = begin(context, dataset, judge, a);
    const bool exists = access(path, F_OK) == 0;
    if (status == GAN_OK && exists) status = load(context, path, a, judge, &is_of_these);
    if (status != GAN_OK || judge->model || (is_of_these && a->step == a->steps)) return status;
    will_write(path);
    catch_interrupts();
    if (!quiet) {
        fprintf(stderr, "classifier: %s %s; Ctrl-C stops, to go on another time\n", path,
                !exists       ? "is not there yet, training one"
                : is_of_these ? "is half trained, going on with it"
                              : "is of other images, training one");
    }
    if (!exists || is_of_these) return GAN_OK;
    release(a);
    gan_model_destroy(a->model);
    return begin(context, dataset, judge, a);
}

static gan_status load_or_train(gan_context *context, gan_dataset *dataset, const char *path, bool quiet,
                                classifier *judge)
{
    apprentice a = {.dataset = NULL};
    gan_status status = open_file(context, dataset, path, quiet, judge, &a);
    if (status == GAN_OK && !judge->model && a.step < a.steps) {
        status = train(&a, judge, quiet);
        if (status == GAN_OK) status = gan_checkpoint_save(a.file, path);
        if (status == GAN_OK && a.step < a.steps) {
            fprintf(stderr, "classifier: stopped and saved; the same command goes on with it\n");
            status = GAN_ERROR_CANCELLED;
        }
    } else if (status == GAN_OK) {
        will_read(path);
    }
    release(&a);
    if (judge->model) {
        gan_model_destroy(a.model);
    } else {
        judge->model = a.model;
    }
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
    if (!has_test) check_enough(unseen->dataset, folder, "to train a classifier and to test it takes", 2);
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
