#include "translation_apply.h"

#include "outputs.h"
#include "picture_files.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 16

/* The names of the files to write: picture.jpg becomes picture.png. The last is NULL. */
static char **name_outputs(const picture_list *list)
{
    char **names = allocate(list->count + 1, sizeof(*names));
    for (int64_t i = 0; i < list->count; i++) {
        const char *name = list->names[i];
        const int length = (int)(strrchr(name, '.') - name);
        const size_t size = (size_t)length + sizeof(".png");
        names[i] = allocate((int64_t)size, 1);
        snprintf(names[i], size, "%.*s.png", length, name);
    }
    return names;
}

static void check_files(const application *a, const picture_list *list, char *const *names)
{
    int64_t width, height;
    for (int64_t i = 0; i < list->count; i++) read_picture_size(list, i, &width, &height); /* refuses animations */
    will_read(a->model);
    will_read(a->input);
    will_write_in(a->output, (const char *const *)names);
}

static bool translates(const gan_model *model, gan_shape *given, gan_shape *made)
{
    if (gan_model_input_count(model) != 1 || gan_model_get_input_shape(model, 0, given) != GAN_OK) return false;
    if (gan_model_get_output_shape(model, 0, made) != GAN_OK || given->rank != 3 || made->rank != 3) return false;
    return (given->dims[0] == 1 || given->dims[0] == 3) && (made->dims[0] == 1 || made->dims[0] == 3);
}

typedef struct folder_job {
    const application *options;
    gan_context *context;
    gan_model *model;
    gan_dataset *pictures;
    gan_shape given, made;
    char *const *names; /* of outputs */
} folder_job;

static gan_status translate_batch(const folder_job *job, int64_t first, int64_t count, float *in, float *out)
{
    const float *const inputs[] = {in};
    gan_status status = gan_dataset_read(job->pictures, first, count, in, NULL);
    if (status == GAN_OK) {
        const uint64_t seed = (uint64_t)(job->options->seed + first);
        status = gan_model_sample(job->model, GAN_SAMPLE(.seed = seed, .inputs = inputs), count, out);
    }
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        char path[PATH_SIZE];
        status = gan_png_write_grid(job->context, path_in(job->options->output, job->names[first + i], path),
                                    out + i * gan_shape_count(job->made), 1, job->made, 1);
    }
    return status;
}

static gan_status translate_all(const folder_job *job, int64_t total)
{
    float *in = allocate(BATCH * gan_shape_count(job->given), sizeof(float));
    float *out = allocate(BATCH * gan_shape_count(job->made), sizeof(float));
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < total && status == GAN_OK; i += BATCH)
        status = translate_batch(job, i, total - i < BATCH ? total - i : BATCH, in, out);
    free(out);
    free(in);
    return status;
}

static gan_status run(folder_job *job, int64_t total)
{
    const application *a = job->options;
    gan_status status = open_context(a->threads, &job->context);
    if (status == GAN_OK) status = gan_model_load(job->context, a->model, &job->model);
    if (status != GAN_OK) return status;
    if (!translates(job->model, &job->given, &job->made)) {
        fprintf(stderr, "%s: not a generator that makes pictures of pictures\n", a->model);
        exit(1);
    }
    status = gan_dataset_open_folder(
        job->context, a->input,
        GAN_FOLDER(.height = job->given.dims[1], .width = job->given.dims[2], .channels = job->given.dims[0]), NULL,
        &job->pictures);
    if (status == GAN_OK) status = decode_pictures(job->pictures);
    return status == GAN_OK ? translate_all(job, total) : status;
}

gan_status apply_translation(const application *a)
{
    picture_list list = list_pictures(a->input);
    char **names = name_outputs(&list);
    folder_job job = {.options = a, .names = names};
    check_files(a, &list, names);
    const gan_status status = run(&job, list.count);
    if (status == GAN_OK) printf("pictures=%lld\n", (long long)list.count);
    gan_dataset_destroy(job.pictures);
    gan_model_destroy(job.model);
    gan_context_destroy(job.context);
    for (int64_t i = 0; i < list.count; i++) free(names[i]);
    free(names);
    release_pictures(&list);
    return status;
}
