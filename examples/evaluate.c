/* Measures a saved generator against data: distances, precision and recall, and how its samples are spread over the
 * classes, as lines name=value. The features and labels are those of a classifier that this library trains. */
#include "classifier.h"
#include "mnist_files.h"
#include "options.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEIGHBOURS 3  /* of precision and recall, as in their paper */
#define SPLITS     10 /* of the inception-style score, as in its paper */

typedef struct settings {
    const char *generator, *data, *classifier;
    int64_t samples, seed, threads;
    bool floor, quiet;
} settings;

/* What the classifier makes of a set of images. */
typedef struct views {
    int64_t count;
    float *features, *probabilities;
    int32_t *labels;
} views;

/* ---- Looking --------------------------------------------------------------------------------------------------- */

static gan_status look(classifier *judge, const float *images, int64_t count, views *out)
{
    *out = (views){.count = count,
                   .features = allocate(count * CLASSIFIER_FEATURES, sizeof(float)),
                   .probabilities = allocate(count * judge->classes, sizeof(float)),
                   .labels = allocate(count, sizeof(int32_t))};
    return classifier_run(judge, images, count, out->features, out->probabilities, out->labels);
}

static void forget(views *v)
{
    free(v->features);
    free(v->probabilities);
    free(v->labels);
}

static gan_status look_at_generated(gan_context *context, classifier *judge, const settings *s, views *out)
{
    gan_model *generator = NULL;
    gan_shape shape;
    gan_status status = gan_model_load(context, s->generator, &generator);
    if (status == GAN_OK) status = gan_model_output_shape(generator, 0, &shape);
    if (status == GAN_OK && gan_shape_count(shape) != gan_shape_count(judge->image)) {
        fprintf(stderr, "%s: its samples have %lld values, the images of the data %lld\n", s->generator,
                (long long)gan_shape_count(shape), (long long)gan_shape_count(judge->image));
        exit(1);
    }
    float *images = allocate(s->samples * gan_shape_count(judge->image), sizeof(float));
    if (status == GAN_OK) status = gan_model_sample(generator, (uint64_t)s->seed, s->samples, images);
    if (status == GAN_OK) status = look(judge, images, s->samples, out);
    free(images);
    gan_model_destroy(generator);
    return status;
}

/* As many images as there are samples, picked at random, or all of them. */
static gan_status look_at_real(gan_context *context, classifier *judge, const settings *s, mnist_part part,
                               views *out)
{
    gan_dataset *dataset = NULL;
    gan_status status = open_mnist(context, s->data, part, false, GAN_DATASET(.seed = (uint64_t)s->seed), &dataset);
    if (status != GAN_OK) return status;
    int64_t count = gan_dataset_count(dataset) < s->samples ? gan_dataset_count(dataset) : s->samples;
    float *images = allocate(count * gan_shape_count(judge->image), sizeof(float));
    status = gan_dataset_next(dataset, count, images, NULL, &count);
    if (status == GAN_OK) status = look(judge, images, count, out);
    free(images);
    gan_dataset_destroy(dataset);
    return status;
}

/* ---- Measuring ------------------------------------------------------------------------------------------------- */

static void print(const char *prefix, const char *name, double value)
{
    printf("%s%s=%.6g\n", prefix, name, value);
}

static gan_status measure_distances(gan_context *context, const views *real, const views *fake, const char *prefix)
{
    double frechet, kernel, kernel_deviation, precision, recall;
    gan_status status = gan_metric_frechet_distance(context, real->features, real->count, fake->features, fake->count,
                                                    CLASSIFIER_FEATURES, &frechet);
    if (status == GAN_OK)
        status = gan_metric_kernel_distance(context, real->features, real->count, fake->features, fake->count,
                                            CLASSIFIER_FEATURES, NULL, &kernel, &kernel_deviation);
    if (status == GAN_OK)
        status = gan_metric_precision_recall(context, real->features, real->count, fake->features, fake->count,
                                             CLASSIFIER_FEATURES, NEIGHBOURS, &precision, &recall);
    if (status != GAN_OK) return status;
    print(prefix, "frechet_distance", frechet);
    print(prefix, "kernel_distance", kernel);
    print(prefix, "kernel_distance_deviation", kernel_deviation);
    print(prefix, "precision", precision);
    print(prefix, "recall", recall);
    return GAN_OK;
}

static gan_status measure_labels(gan_context *context, int64_t classes, const views *fake, const char *prefix)
{
    double score, deviation;
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    int64_t splits = fake->count < SPLITS ? fake->count : SPLITS;
    gan_status status =
        gan_metric_inception_score(context, fake->probabilities, fake->count, classes, splits, &score, &deviation);
    if (status == GAN_OK)
        status = gan_metric_mode_coverage(context, fake->labels, fake->count, classes, NULL, &coverage);
    if (status != GAN_OK) return status;
    print(prefix, "inception_score", score);
    print(prefix, "inception_score_deviation", deviation);
    print(prefix, "modes", (double)coverage.modes);
    print(prefix, "kl", coverage.kl);
    print(prefix, "entropy", coverage.entropy);
    print(prefix, "smallest_share", coverage.smallest_share);
    return GAN_OK;
}

/* The floor is what real images reach that are not those compared with: no generator can be expected to be better. */
static gan_status evaluate(gan_context *context, classifier *judge, const settings *s)
{
    views real = {0, NULL, NULL, NULL}, fake = real, test = real;
    printf("classifier_accuracy=%.6g\nsamples=%lld\n", judge->accuracy, (long long)s->samples);
    gan_status status = look_at_real(context, judge, s, MNIST_TRAINING, &real);
    if (status == GAN_OK) status = look_at_generated(context, judge, s, &fake);
    if (status == GAN_OK) status = measure_distances(context, &real, &fake, "");
    if (status == GAN_OK) status = measure_labels(context, judge->classes, &fake, "");
    if (status == GAN_OK && s->floor) {
        status = look_at_real(context, judge, s, MNIST_TEST, &test);
        if (status == GAN_OK) status = measure_distances(context, &real, &test, "floor_");
        if (status == GAN_OK) status = measure_labels(context, judge->classes, &test, "floor_");
    }
    forget(&real);
    forget(&fake);
    forget(&test);
    return status;
}

static settings read_settings(int argc, char **argv, char default_classifier[PATH_SIZE])
{
    settings s = {.data = "/usr/share/datasets/fashion-mnist", .samples = 10000};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR",
         "folder of MNIST-format images and labels (default Fashion-MNIST's)"},
        {"--samples", OPTION_INTEGER, &s.samples, 10, 1e6, "N", "of the generator, and of the data (default 10000)"},
        {"--classifier", OPTION_TEXT, &s.classifier, 0, 0, "FILE",
         "of these data, trained if missing (default: classifier.safetensors beside the generator)"},
        {"--floor", OPTION_FLAG, &s.floor, 0, 0, NULL, "compare the test images with the training images too"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "of the noise and the choice of images (default 0)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "results only"},
    };
    bool named = argc > 1 && argv[1][0] != '-';
    const char *usage = "evaluate MODEL: measures a generator that gan_model_save() wrote.";
    read_options(argc, argv, named ? 2 : 1, usage, options, (int)(sizeof options / sizeof options[0]));
    if (!named) {
        fprintf(stderr, "evaluate: name a model file (--help says more)\n");
        exit(2);
    }
    s.generator = argv[1];
    if (!s.classifier) {
        const char *slash = strrchr(s.generator, '/');
        snprintf(default_classifier, PATH_SIZE, "%.*sclassifier.safetensors",
                 slash ? (int)(slash + 1 - s.generator) : 0, s.generator);
        s.classifier = default_classifier;
    }
    return s;
}

int main(int argc, char **argv)
{
    char default_classifier[PATH_SIZE];
    settings s = read_settings(argc, argv, default_classifier);
    gan_context *context = NULL;
    classifier judge = {.model = NULL};
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = (int)s.threads), &context);
    if (status == GAN_OK) status = classifier_open(context, s.data, s.classifier, s.quiet, &judge);
    if (status == GAN_OK) status = evaluate(context, &judge, &s);
    int result = exit_status(status);
    classifier_close(&judge);
    gan_context_destroy(context);
    return result;
}
