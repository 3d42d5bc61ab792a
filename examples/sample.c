/* Draws samples from a saved generator: a grid as PNG, or the numbers as NPY or CSV; or writes it as an ONNX file.
 * The file says what the generator's inputs are: noise, and of which distribution; classes, and how many. */
#include "options.h"
#include "outputs.h"
#include "program.h"

#include <libgan.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
    gan_context *context;
    gan_model *model;
    gan_shape shape; /* of a sample */
    int64_t seed, count, columns;
    double truncation;
    const char *output, *onnx;
    int32_t *classes; /* class_count, or none */
    int64_t class_count;
    bool by_class, path, no_dropout;
} job;

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void refuse(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s (--help lists the options)\n", what, why);
    exit(2);
}

/* ---- The generator --------------------------------------------------------------------------------------------- */

/* The first input with the role, or -1. */
static int64_t find_input(const gan_model *model, gan_input_role role, gan_input_info *info)
{
    for (int64_t k = 0; k < gan_model_input_count(model); k++) {
        if (gan_model_get_input_info(model, k, info) == GAN_OK && info->role == role) return k;
    }
    return -1;
}

/* The input for noise: it says so, or it is the only one. */
static int64_t find_noise(const gan_model *model, gan_input_info *info)
{
    int64_t found = find_input(model, GAN_INPUT_NOISE, info);
    if (found < 0 && gan_model_input_count(model) == 1) found = find_input(model, GAN_INPUT_ANY, info);
    return found;
}

/* 0 if the generator knows no classes. */
static int64_t classes_of(const gan_model *model)
{
    gan_input_info info = GAN_INPUT_INFO_INIT;
    return find_input(model, GAN_INPUT_CLASS, &info) < 0 ? 0 : info.classes;
}

/* ---- Interpolation --------------------------------------------------------------------------------------------- */

/* Spherical interpolation (Shoemake, 1985): normal noise lies near a sphere, and so should the path.
 * z(t) = (sin((1 - t) w) a + sin(t w) b) / sin(w), where w is the angle between a and b. */
static void interpolate(const float *a, const float *b, int64_t size, int64_t count, bool straight, float *z)
{
    double aa = 0, bb = 0, ab = 0;
    for (int64_t i = 0; i < size; i++) {
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        ab += (double)a[i] * b[i];
    }
    double cosine = ab / sqrt(aa * bb);
    double angle = straight ? 0 : acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
    for (int64_t k = 0; k < count; k++) {
        double t = count > 1 ? (double)k / (double)(count - 1) : 0;
        double from = angle > 1e-6 ? sin((1 - t) * angle) / sin(angle) : 1 - t;
        double to = angle > 1e-6 ? sin(t * angle) / sin(angle) : t;
        for (int64_t i = 0; i < size; i++) z[k * size + i] = (float)(from * a[i] + to * b[i]);
    }
}

/* Two noise vectors: normal, or uniform in [-1, 1). */
static gan_status draw_ends(const job *j, gan_noise noise, float *ends, int64_t count)
{
    gan_random *random = NULL;
    gan_status status = gan_random_create(j->context, (uint64_t)j->seed, 0, &random);
    if (status == GAN_OK && noise == GAN_NOISE_NORMAL) status = gan_random_normal(random, ends, count);
    if (status == GAN_OK && noise == GAN_NOISE_UNIFORM) {
        status = gan_random_uniform(random, ends, count);
        for (int64_t i = 0; i < count; i++) ends[i] = 2 * ends[i] - 1;
    }
    gan_random_destroy(random);
    return status;
}

/* Samples on the path between two noise vectors. */
static gan_status sample_path(const job *j, const gan_sample_options *options, float *samples)
{
    gan_input_info info = GAN_INPUT_INFO_INIT;
    const int64_t input = find_noise(j->model, &info), size = gan_shape_count(info.shape);
    if (input < 0) refuse("--interpolate", "this generator has no noise");
    if (classes_of(j->model) > 0 && !j->classes) refuse("--interpolate", "choose a class by --class");
    float *noise = allocate((2 + j->count) * size, sizeof(float));
    const float **inputs = allocate(gan_model_input_count(j->model), sizeof(*inputs));
    gan_sample_options given = *options;
    gan_status status = draw_ends(j, info.noise, noise, 2 * size);
    if (status == GAN_OK) {
        interpolate(noise, noise + size, size, j->count, info.noise == GAN_NOISE_UNIFORM, noise + 2 * size);
        inputs[input] = noise + 2 * size;
        given.inputs = inputs;
        status = gan_model_sample(j->model, &given, j->count, samples);
    }
    free(inputs);
    free(noise);
    return status;
}

/* ---- Samples --------------------------------------------------------------------------------------------------- */

/* A row for each class; a column has the same noise, so it shows what the class alone changes. */
static gan_status sample_by_class(const job *j, const gan_sample_options *options, float *samples)
{
    for (int64_t row = 0; row < j->class_count; row++) {
        gan_sample_options of_class = *options;
        of_class.classes = &j->classes[row];
        of_class.class_count = 1;
        gan_status status =
            gan_model_sample(j->model, &of_class, j->count, samples + row * j->count * gan_shape_count(j->shape));
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

static gan_status write_csv(const job *j, const float *samples, int64_t count)
{
    const int64_t values = gan_shape_count(j->shape);
    FILE *file = open_output(j->output);
    for (int64_t k = 0; k < values; k++) fprintf(file, "%sx%lld", k > 0 ? "," : "", (long long)k);
    for (int64_t i = 0; i < count * values; i++)
        fprintf(file, "%s%.9g", i % values > 0 ? "," : "\n", (double)samples[i]);
    fputc('\n', file);
    close_output(file, j->output);
    return GAN_OK;
}

static gan_status write_samples(const job *j, const float *samples, int64_t count)
{
    const int64_t columns = j->by_class && j->columns == 0 ? j->count : j->columns;
    if (ends_with(j->output, ".csv")) return write_csv(j, samples, count);
    if (ends_with(j->output, ".npy")) return gan_npy_write(j->context, j->output, samples, count, j->shape);
    return gan_png_write_grid(j->context, j->output, samples, count, j->shape, columns);
}

/* What is said about classes, made to fit the generator. */
static void prepare(job *j)
{
    const bool image = j->shape.rank == 3 && (j->shape.dims[0] == 1 || j->shape.dims[0] == 3);
    if (ends_with(j->output, ".png") && !image)
        refuse(j->output, "the samples are not grey or colour images: name an --output that ends in .npy or .csv");
    for (int64_t i = 0; i < gan_model_input_count(j->model); i++) {
        gan_input_info input = GAN_INPUT_INFO_INIT;
        if (gan_model_get_input_info(j->model, i, &input) == GAN_OK && input.role == GAN_INPUT_IMAGE)
            refuse("sample", "this generator makes pictures of pictures: translate --apply draws with it");
    }
    const int64_t classes = classes_of(j->model);
    if (classes == 0 && j->class_count > 0) refuse("--class, --classes", "this generator has no classes");
    if (!j->by_class) return;
    if (classes == 0) refuse("--grid-by-class", "this generator has no classes");
    if (j->classes) return;
    j->class_count = classes;
    j->classes = allocate(classes, sizeof(*j->classes));
    for (int64_t c = 0; c < classes; c++) j->classes[c] = (int32_t)c;
}

static gan_status draw(job *j)
{
    gan_status status = gan_model_get_output_shape(j->model, 0, &j->shape);
    if (status != GAN_OK) return status;
    prepare(j);
    const int64_t count = j->by_class ? j->count * j->class_count : j->count;
    float *samples = allocate(count, (size_t)gan_shape_count(j->shape) * sizeof(float));
    gan_sample_options options = *GAN_SAMPLE(.seed = (uint64_t)j->seed, .truncation = (float)j->truncation);
    if (!j->by_class) {
        options.classes = j->classes;
        options.class_count = j->class_count;
    }
    if (j->by_class) {
        status = sample_by_class(j, &options, samples);
    } else {
        status = j->path ? sample_path(j, &options, samples) : gan_model_sample(j->model, &options, count, samples);
    }
    if (status == GAN_OK) status = write_samples(j, samples, count);
    free(samples);
    return status;
}

/* The samples, or the generator in place of them, and a line that says what was written. */
static gan_status work(job *j)
{
    const gan_save_onnx_options *options = GAN_SAVE_ONNX(.no_dropout = j->no_dropout);
    const gan_status status = j->onnx ? gan_model_save_onnx(j->model, j->onnx, options) : draw(j);
    if (status == GAN_OK && j->onnx) printf("onnx=%s\n", j->onnx);
    if (status == GAN_OK && !j->onnx) {
        printf("samples=%lld output=%s\n", (long long)(j->by_class ? j->count * j->class_count : j->count),
               j->output);
    }
    return status;
}

/* ---- The command line ------------------------------------------------------------------------------------------ */

/* "1,2,3" */
static void read_classes(const char *list, job *j)
{
    j->classes = allocate((int64_t)strlen(list) + 1, sizeof(*j->classes));
    for (const char *next = list; *next;) {
        char *end;
        errno = 0;
        const long long number = strtoll(next, &end, 10);
        if (errno || end == next || (*end && (*end != ',' || !end[1])) || number < 0 || number > INT32_MAX)
            refuse("--classes", "expected class numbers with commas between them, such as 1,2,3");
        j->classes[j->class_count++] = (int32_t)number;
        next = *end ? end + 1 : end;
    }
}

static void read_arguments(int argc, char **argv, job *j, int64_t *threads)
{
    int64_t one_class = -1;
    const char *classes = NULL;
    const option options[] = {
        {"--count", OPTION_INTEGER, &j->count, 1, 1e7, "N",
         "number of samples (default 64; of each class: 10 with --grid-by-class)"},
        {"--seed", OPTION_INTEGER, &j->seed, 0, 1e15, "S", "for all that is drawn (default 0)"},
        {"--class", OPTION_INTEGER, &one_class, 0, INT32_MAX, "C", "of all samples (default: drawn for each)"},
        {"--classes", OPTION_TEXT, &classes, 0, 0, "C,C,...", "of the samples, again and again"},
        {"--grid-by-class", OPTION_FLAG, &j->by_class, 0, 0, NULL, "a row for each class, or each of --classes"},
        {"--truncation", OPTION_NUMBER, &j->truncation, 0.01, 1e6, "T",
         "draw normal noise beyond -T to T again: less varied, more typical samples"},
        {"--output", OPTION_TEXT, &j->output, 0, 0, "FILE",
         "ends in .png: a grid of images; in .npy: float32, one sample after another; in .csv: one sample a line "
         "(default samples.png)"},
        {"--columns", OPTION_INTEGER, &j->columns, 0, 1e6, "N", "of the grid (default: about square)"},
        {"--onnx", OPTION_TEXT, &j->onnx, 0, 0, "FILE",
         "write the generator as an ONNX file, for ONNX Runtime and others, in place of samples"},
        {"--no-dropout", OPTION_FLAG, &j->no_dropout, 0, 0, NULL,
         "with --onnx: leave out dropout that stays on in sampling, which ONNX does not have"},
        {"--interpolate", OPTION_FLAG, &j->path, 0, 0, NULL, "interpolate between two noise vectors"},
        {"--threads", OPTION_INTEGER, threads, 1, 64, "N", "threads (default: one per CPU)"},
    };
    const char *usage =
        "sample MODEL: draws samples from a generator that gan_model_save() wrote, or from FILE.onnx.";
    const bool named = argc > 1 && argv[1][0] != '-';
    read_options(argc, argv, named ? 2 : 1, usage, options, (int)(sizeof(options) / sizeof(options[0])));
    if (!named) refuse("sample", "name a model file");
    if (!j->onnx) refuse_options("without --onnx", (const char *const[]){"--no-dropout", NULL});
    if (j->onnx) {
        refuse_options("together with --onnx",
                       (const char *const[]){"--count", "--seed", "--class", "--classes", "--grid-by-class",
                                             "--truncation", "--output", "--columns", "--interpolate", NULL});
    }
    if (!ends_with(j->output, ".png") && !ends_with(j->output, ".npy") && !ends_with(j->output, ".csv"))
        refuse("--output", "expected a name that ends in .png, .npy or .csv");
    if (!ends_with(j->output, ".png"))
        refuse_options("on a file of numbers", (const char *const[]){"--columns", NULL});
    if (one_class >= 0 && classes) refuse("--classes", "not together with --class");
    if (one_class >= 0 && j->by_class) refuse("--grid-by-class", "not together with --class");
    if (j->path && j->by_class) refuse("--grid-by-class", "not together with --interpolate");
    if (classes) read_classes(classes, j);
    if (classes && j->class_count == 0) refuse("--classes", "name at least one class");
    if (one_class >= 0) {
        j->classes = allocate(1, sizeof(*j->classes));
        j->classes[j->class_count++] = (int32_t)one_class;
    }
    if (j->count == 0) j->count = j->by_class ? 10 : 64;
}

/* A model that libgan saved or, by its name, one in an ONNX file. */
static gan_status load_model(gan_context *context, const char *path, gan_model **out)
{
    const size_t length = strlen(path);
    const bool is_onnx = length > 5 && strcmp(path + length - 5, ".onnx") == 0;
    return is_onnx ? gan_model_load_onnx(context, path, NULL, out) : gan_model_load(context, path, out);
}

int main(int argc, char **argv)
{
    job j = {.output = "samples.png"};
    int64_t threads = 0;
    read_arguments(argc, argv, &j, &threads);
    will_read_file(argv[1]);
    will_write(j.onnx ? j.onnx : j.output);
    gan_status status = open_context(threads, &j.context);
    if (status == GAN_OK) status = load_model(j.context, argv[1], &j.model);
    if (status == GAN_OK) status = work(&j);
    const int result = exit_status(status);
    free(j.classes);
    gan_model_destroy(j.model);
    gan_context_destroy(j.context);
    return result;
}
