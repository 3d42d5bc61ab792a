/* Parts of a dataset: chosen by number, or at random. */
#include "data/dataset/dataset.h"

#include <math.h>

/* ---- Chosen by number --------------------------------------------------------------------------------------- */

gan_status gan_dataset_subset(gan_dataset *dataset, int64_t count, const int64_t *numbers,
                              const gan_dataset_options *options, gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    gan_dataset_options resolved;

    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(numbers);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_count_check(__func__, count));
    GAN_TRY(gan_dataset_options_resolve(options, count, &resolved));
    for (int64_t i = 0; i < count; i++) {
        if (numbers[i] >= 0 && numbers[i] < dataset->count) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: number %lld is %lld, expected 0 to %lld", __func__, (long long)i,
                        (long long)numbers[i], (long long)(dataset->count - 1));
    }
    int64_t *in_source = gan_allocate_array(dataset->context, count, sizeof(*in_source));
    if (!in_source) return GAN_ERROR_MEMORY;
    for (int64_t i = 0; i < count; i++) in_source[i] = dataset->numbers ? dataset->numbers[numbers[i]] : numbers[i];
    const gan_status status = gan_dataset_over(dataset->source, in_source, &resolved, out);
    gan_release(dataset->context, in_source, (size_t)count * sizeof(*in_source));
    return status;
}

/* ---- Chosen at random --------------------------------------------------------------------------------------- */

/* Arrays of a split, each with an element per sample or class. */
typedef struct split {
    gan_dataset *dataset;
    gan_split_options options;
    int64_t *order;  /* a random permutation of the samples; later those of one part */
    int32_t *labels; /* with per_class */
    int64_t *taken;  /* of each class, so far */
    unsigned char *chosen;
    int64_t chosen_count;
} split;

static gan_status allocate_split(split *s)
{
    const gan_dataset *dataset = s->dataset;

    s->order = gan_allocate_array(dataset->context, dataset->count, sizeof(*s->order));
    s->chosen = gan_allocate_array(dataset->context, dataset->count, sizeof(*s->chosen));
    if (!s->order || !s->chosen) return GAN_ERROR_MEMORY;
    if (s->options.per_class == 0) return GAN_OK;
    s->labels = gan_allocate_array(dataset->context, dataset->count, sizeof(*s->labels));
    s->taken = gan_allocate_array(dataset->context, dataset->classes, sizeof(*s->taken));
    return s->labels && s->taken ? GAN_OK : GAN_ERROR_MEMORY;
}

static void release_split(split *s)
{
    const gan_dataset *dataset = s->dataset;
    const size_t count = (size_t)dataset->count;

    gan_release(dataset->context, s->order, count * sizeof(*s->order));
    gan_release(dataset->context, s->chosen, count * sizeof(*s->chosen));
    gan_release(dataset->context, s->labels, count * sizeof(*s->labels));
    gan_release(dataset->context, s->taken, (size_t)dataset->classes * sizeof(*s->taken));
}

static gan_status read_options(const gan_dataset *dataset, const gan_split_options *given, gan_split_options *options)
{
    GAN_TRY(gan_options_read(options, sizeof(*options), given, "gan_split_options"));
    if (!isfinite(options->share)) {
        return gan_fail(GAN_ERROR_NOT_FINITE, "gan_split_options: share is %g, expected a number in (0, 1)",
                        options->share);
    }
    if ((options->per_class != 0) + (options->count != 0) + (options->share != 0) != 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_split_options: expected exactly one of per_class, count and share");
    }
    if (options->per_class < 0 || options->count < 0 || options->count > dataset->count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_split_options: %s is %lld, expected 1 to %lld",
                        options->per_class < 0 ? "per_class" : "count",
                        (long long)(options->per_class < 0 ? options->per_class : options->count),
                        (long long)dataset->count);
    }
    if (options->share < 0 || options->share >= 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_split_options: share is %g, expected a number in (0, 1)",
                        options->share);
    }
    if (options->per_class > 0 && dataset->classes == 0) {
        return gan_fail(GAN_ERROR_STATE, "gan_dataset_split: per_class is %lld, but the dataset has no class label",
                        (long long)options->per_class);
    }
    if (options->share > 0) options->count = llround(options->share * (double)dataset->count);
    if (options->share > 0 && options->count == 0) options->count = 1;
    return GAN_OK;
}

static gan_status choose_per_class(split *s)
{
    const gan_dataset *dataset = s->dataset;
    const int64_t most = s->options.per_class;

    GAN_TRY(gan_dataset_read_labels(s->dataset, 0, dataset->count, s->labels));
    for (int64_t i = 0; i < dataset->count; i++) {
        const int64_t number = s->order[i];
        if (s->taken[s->labels[number]] == most) continue;
        s->taken[s->labels[number]]++;
        s->chosen[number] = 1;
        s->chosen_count++;
    }
    for (int64_t c = 0; c < dataset->classes; c++) {
        if (s->taken[c] == most) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_dataset_split: class %lld has %lld sample%s, but per_class is %lld",
                        (long long)c, (long long)s->taken[c], gan_plural(s->taken[c]), (long long)most);
    }
    return GAN_OK;
}

static gan_status choose(split *s)
{
    gan_random_state random = {.seed = s->options.seed, .stream = GAN_STREAM_SPLIT};

    gan_random_permutation(&random, s->order, s->dataset->count);
    if (s->options.per_class > 0) return choose_per_class(s);
    for (int64_t i = 0; i < s->options.count; i++) s->chosen[s->order[i]] = 1;
    s->chosen_count = s->options.count;
    return GAN_OK;
}

/* A subset of the samples that were chosen, or were not. */
static gan_status make_part(split *s, unsigned char chosen, gan_dataset **out)
{
    gan_dataset_options options = s->dataset->options;
    int64_t count = 0;

    for (int64_t i = 0; i < s->dataset->count; i++) {
        if (s->chosen[i] == chosen) s->order[count++] = i;
    }
    options.struct_size = sizeof(options);
    options.limit = 0;
    return gan_dataset_subset(s->dataset, count, s->order, &options, out);
}

static gan_status split_into(split *s, gan_dataset **chosen, gan_dataset **rest)
{
    gan_dataset *part = NULL;

    GAN_TRY(allocate_split(s));
    GAN_TRY(choose(s));
    if (rest && s->chosen_count == s->dataset->count) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_dataset_split: all %lld samples are chosen, nothing is left for rest",
                        (long long)s->dataset->count);
    }
    GAN_TRY(make_part(s, 1, &part));
    const gan_status status = rest ? make_part(s, 0, rest) : GAN_OK;
    if (status != GAN_OK) {
        gan_dataset_destroy(part);
        return status;
    }
    *chosen = part;
    return GAN_OK;
}

gan_status gan_dataset_split(gan_dataset *dataset, const gan_split_options *options, gan_dataset **chosen,
                             gan_dataset **rest)
{
    GAN_FLOAT_SCOPE();
    split s = {.dataset = dataset};

    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(chosen);
    GAN_TRY(read_options(dataset, options, &s.options));
    const gan_status status = split_into(&s, chosen, rest);
    release_split(&s);
    return status;
}
