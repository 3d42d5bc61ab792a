/* Measures a saved generator against data: distances, precision and recall, and how its samples cover the classes, as
 * lines name=value. Features and labels come from a classifier trained with this library. */
#include "classifier.h"
#include "mnist_files.h"
#include "options.h"
#include "outputs.h"
#include "paths.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
    const char *generator, *data, *classifier;
    int64_t samples, seed, threads;
    bool floor, quiet;
} settings;

typedef struct evaluation {
    settings settings;
    gan_context *context;
    gan_model *generator;
    gan_dataset *training, *test; /* test only for the floor */
    gan_shape image;
    classifier judge;
} evaluation;

/* The classifier's output for a set of images. */
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

static gan_status look_at_generated(evaluation *job, views *out)
{
    int64_t count = job->settings.samples;
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    gan_status status =
        gan_model_sample(job->generator, GAN_SAMPLE(.seed = (uint64_t)job->settings.seed), count, images);
    if (status == GAN_OK) status = look(&job->judge, images, count, out);
    free(images);
    return status;
}

/* As many random images as there are samples, or all of them. */
static gan_status look_at_real(evaluation *job, gan_dataset *dataset, views *out)
{
    int64_t count = job->settings.samples, all = gan_dataset_count(dataset);
    if (count > all) count = all;
    float *images = allocate(count * gan_shape_count(job->image), sizeof(float));
    gan_status status = gan_dataset_next(dataset, count, images, NULL, &count);
    if (status == GAN_OK) status = look(&job->judge, images, count, out);
    free(images);
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
    if (status == GAN_OK) {
        status = gan_metric_kernel_distance(context, real->features, real->count, fake->features, fake->count,
                                            CLASSIFIER_FEATURES, NULL, &kernel, &kernel_deviation);
    }
    if (status == GAN_OK) {
        status = gan_metric_precision_recall(context, real->features, real->count, fake->features, fake->count,
                                             CLASSIFIER_FEATURES, NULL, &precision, &recall);
    }
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
    gan_status status =
        gan_metric_inception_score(context, fake->probabilities, fake->count, classes, NULL, &score, &deviation);
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

/* The floor is the result of other real images than those compared with: no generator can be expected to beat it. */
static gan_status evaluate(evaluation *job)
{
    views real = {0, NULL, NULL, NULL}, fake = real, test = real;
    printf("classifier_accuracy=%.6g\nsamples=%lld\n", job->judge.accuracy, (long long)job->settings.samples);
    gan_status status = look_at_real(job, job->training, &real);
    if (status == GAN_OK) status = look_at_generated(job, &fake);
    if (status == GAN_OK) status = measure_distances(job->context, &real, &fake, "");
    if (status == GAN_OK) status = measure_labels(job->context, job->judge.classes, &fake, "");
    if (status == GAN_OK && job->test) {
        status = look_at_real(job, job->test, &test);
        if (status == GAN_OK) status = measure_distances(job->context, &real, &test, "floor_");
        if (status == GAN_OK) status = measure_labels(job->context, job->judge.classes, &test, "floor_");
    }
    forget(&real);
    forget(&fake);
    forget(&test);
    return status;
}

/* ---- The job --------------------------------------------------------------------------------------------------- */

static void check_generator(const evaluation *job)
{
    gan_shape shape = {0, {0}};
    gan_model_get_output_shape(job->generator, 0, &shape);
    if (gan_shape_count(shape) == gan_shape_count(job->image)) return;
    fprintf(stderr, "%s: its samples have %lld values, the images of the data %lld\n", job->settings.generator,
            (long long)gan_shape_count(shape), (long long)gan_shape_count(job->image));
    exit(1);
}

/* The classifier, which may have to be trained, comes last. */
static gan_status prepare(evaluation *job)
{
    const settings *s = &job->settings;
    const gan_dataset_options *options = GAN_DATASET(.seed = (uint64_t)s->seed);
    will_read(s->generator);
    gan_status status = open_context(s->threads, &job->context);
    if (status == GAN_OK) status = gan_model_load(job->context, s->generator, &job->generator);
    if (status == GAN_OK) status = open_mnist(job->context, s->data, MNIST_TRAINING, false, options, &job->training);
    if (status == GAN_OK && s->floor)
        status = open_mnist(job->context, s->data, MNIST_TEST, false, options, &job->test);
    if (status == GAN_OK) status = gan_dataset_get_shape(job->training, &job->image);
    if (status != GAN_OK) return status;
    check_generator(job);
    check_enough(job->training, s->data, "to compare samples with them takes", 2);
    if (job->test) check_enough(job->test, s->data, "to measure the floor by test images takes", 2);
    return classifier_open(job->context, s->data, s->classifier, s->quiet, &job->judge);
}

static void release(evaluation *job)
{
    classifier_close(&job->judge);
    gan_dataset_destroy(job->test);
    gan_dataset_destroy(job->training);
    gan_model_destroy(job->generator);
    gan_context_destroy(job->context);
}

static settings read_settings(int argc, char **argv, char default_classifier[PATH_SIZE])
{
    settings s = {.data = "/usr/share/datasets/fashion-mnist", .samples = 10000};
    const option options[] = {
        {"--data", OPTION_TEXT, &s.data, 0, 0, "DIR",
         "folder of MNIST-format images and labels (default Fashion-MNIST's)"},
        {"--samples", OPTION_INTEGER, &s.samples, 10, 1e6, "N",
         "from the generator, and from the data (default 10000)"},
        {"--classifier", OPTION_TEXT, &s.classifier, 0, 0, "FILE",
         "for these data, trained if missing (default: classifier.safetensors beside the generator)"},
        {"--floor", OPTION_FLAG, &s.floor, 0, 0, NULL, "also compare the test images with the training images"},
        {"--seed", OPTION_INTEGER, &s.seed, 0, 1e15, "N", "for the noise and the choice of images (default 0)"},
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default: one per CPU)"},
        {"--quiet", OPTION_FLAG, &s.quiet, 0, 0, NULL, "results only"},
    };
    bool named = argc > 1 && argv[1][0] != '-';
    const char *usage = "evaluate MODEL: measures a generator that gan_model_save() wrote.";
    read_options(argc, argv, named ? 2 : 1, usage, options, (int)(sizeof(options) / sizeof(options[0])));
    if (!named) {
        fprintf(stderr, "evaluate: name a model file (see --help)\n");
        exit(2);
    }
    s.generator = argv[1];
    if (!s.classifier) {
        const char *slash = last_separator(s.generator);
        snprintf(default_classifier, PATH_SIZE, "%.*sclassifier.safetensors",
                 slash ? (int)(slash + 1 - s.generator) : 0, s.generator);
        s.classifier = default_classifier;
    }
    return s;
}

int main(int argc, char **argv)
{
    char default_classifier[PATH_SIZE];
    evaluation job = {.settings = read_settings(argc, argv, default_classifier)};
    gan_status status = prepare(&job);
    if (status == GAN_OK) status = evaluate(&job);
    int result = exit_status(status);
    release(&job);
    return result;
}
