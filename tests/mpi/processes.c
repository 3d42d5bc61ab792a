/* Trains a small GAN in the processes of MPI: processes MODE FOLDER [STEP]. Prints a hash of the weights, or the
 * sentence of the failure, of each process; processes.sh compares them. */
#include "libgan-mpi.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 6, COUNT = 60, BATCH = 12, SHARDS = 12, STEPS = 20, SAVED = 9 };

typedef struct training {
    const char *mode, *folder;
    int64_t rank;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_dataset *data;
    gan_trainer *trainer;
} training;

static bool is(const training *t, const char *mode)
{
    return strcmp(t->mode, mode) == 0;
}

static bool is_odd(const training *t, const char *mode)
{
    return is(t, mode) && t->rank == 1;
}

static gan_status make_model(const training *t, int64_t inputs, int64_t outputs, uint64_t seed, gan_model **out)
{
    gan_status status = gan_model_create(t->context, out);
    if (status != GAN_OK) return status;
    gan_model_add(*out, gan_layer_input(t->context, GAN_SHAPE(inputs)));
    gan_model_add(*out, gan_layer_dense(t->context, is_odd(t, "model") ? 9 : 128, NULL));
    gan_model_add(*out, gan_layer_batch_norm(t->context, NULL));
    gan_model_add(*out, gan_layer_leaky_relu(t->context, NULL));
    gan_model_add(*out, gan_layer_dropout(t->context, NULL));
    gan_model_add(*out, gan_layer_dense(t->context, 64, NULL)); /* enough values to be sent by themselves */
    gan_model_add(*out, gan_layer_leaky_relu(t->context, NULL));
    gan_model_add(*out, gan_layer_dense(t->context, outputs, NULL));
    return gan_model_build(*out, seed);
}

static gan_status prepare(training *t, const gan_collective *collective)
{
    static float samples[COUNT * SIZE];
    for (int i = 0; i < COUNT * SIZE; i++) samples[i] = (float)(i * 37 % 101) / 50 - 1;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = 1), &t->context);
    if (status == GAN_OK) status = make_model(t, 4, SIZE, 1, &t->generator);
    if (status == GAN_OK) status = make_model(t, SIZE, 1, 2, &t->discriminator);
    if (status == GAN_OK) {
        status = gan_dataset_from_array(t->context, samples, NULL, is_odd(t, "data") ? COUNT - 1 : COUNT,
                                        GAN_SHAPE(SIZE), GAN_DATASET(.seed = 3), &t->data);
    }
    if (status == GAN_OK) {
        status =
            gan_trainer_create(t->context, t->generator, t->discriminator,
                               GAN_TRAINER(.batch = BATCH, .shards = SHARDS, .collective = collective), &t->trainer);
    }
    return status;
}

/* The second process may leave the others, in whatever way. */
static int on_step(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    const training *t = user;
    char path[4096];
    snprintf(path, sizeof(path), "%s/checkpoint.safetensors", t->folder);
    if (report->step == SAVED && t->rank == 0 && !is(t, "resume")) {
        if (gan_trainer_save(trainer, t->data, path) != GAN_OK) return 1;
    }
    if (report->step != SAVED + 3) return 0;
    if (is_odd(t, "dies")) raise(SIGKILL);
    if (is_odd(t, "hangs")) nanosleep(&(struct timespec){.tv_sec = 20}, NULL);
    return is_odd(t, "cancels");
}

static gan_status train(training *t)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/checkpoint.safetensors", t->folder);
    if (is(t, "resume")) {
        const gan_status status = gan_trainer_load(t->trainer, t->data, path);
        if (status != GAN_OK) return status;
    }
    const int64_t left = STEPS - gan_trainer_steps(t->trainer);
    return gan_trainer_run(t->trainer, t->data, GAN_RUN(.steps = left, .progress = on_step, .user = t));
}

static uint64_t hash_model(const gan_model *model)
{
    uint64_t hash = 14695981039346656037u;
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        static float values[64 * 128];
        if (gan_model_get_tensor_info(model, i, &info) != GAN_OK || info.count > 64 * 128) return 0;
        if (gan_model_get_tensor(model, info.name, values, info.count) != GAN_OK) return 0;
        const unsigned char *bytes = (const unsigned char *)values;
        for (size_t k = 0; k < (size_t)info.count * sizeof(float); k++) hash = (hash ^ bytes[k]) * 1099511628211u;
    }
    return hash;
}

static void release(training *t)
{
    gan_trainer_destroy(t->trainer);
    gan_dataset_destroy(t->data);
    gan_model_destroy(t->generator);
    gan_model_destroy(t->discriminator);
    gan_context_destroy(t->context);
}

int main(int argc, char **argv)
{
    gan_mpi *mpi = NULL;
    if (argc < 3) return 2;
    MPI_Init(&argc, &argv);
    gan_status status = gan_mpi_create(MPI_COMM_WORLD, GAN_MPI(.timeout = 3), &mpi);
    if (status != GAN_OK) {
        printf("failed: %s\n", gan_mpi_error(NULL));
        MPI_Abort(MPI_COMM_WORLD, 1);
        return 1;
    }
    training t = {.mode = argv[1], .folder = argv[2], .rank = gan_mpi_collective(mpi)->rank};
    status = prepare(&t, gan_mpi_collective(mpi));
    if (status == GAN_OK) status = train(&t);
    if (status == GAN_OK) {
        printf("weights %016llx %016llx steps %lld\n", (unsigned long long)hash_model(t.generator),
               (unsigned long long)hash_model(t.discriminator), (long long)gan_trainer_steps(t.trainer));
    } else {
        printf("process %lld failed after step %lld: %s: %s\n", (long long)t.rank,
               (long long)gan_trainer_steps(t.trainer), gan_status_name(status), gan_last_error());
    }
    fflush(stdout);
    release(&t);
    if (gan_mpi_failed(mpi)) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL); /* the others may still say what they know */
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    gan_mpi_destroy(mpi);
    MPI_Finalize();
    return status == GAN_OK ? 0 : 1;
}
