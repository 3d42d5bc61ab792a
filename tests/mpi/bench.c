/* Times the training step of mnist_gan's models in the processes of MPI: mpirun -n N gan-mpi-bench [BATCH]... A line
 * for each batch of all processes: the fastest of many steps of this process, and how much of it went by in
 * exchanges. */
#include "libgan-mpi.h"
#include "models.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIXELS = 784, MOST_BATCH = 4096, STEPS = 300 };
static const double most_seconds = 2; /* of one batch */

typedef struct result {
    double step, exchanges;
} result;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static gan_status measure(gan_trainer *trainer, const gan_mpi *mpi, int64_t batch, const float *samples,
                          result *fastest)
{
    const double begin = now();
    int64_t goes_on = 1;
    *fastest = (result){1e9, 0};
    for (int i = 0; i < STEPS && goes_on; i++) {
        const double started = now(), before = gan_mpi_seconds(mpi);
        const gan_status status = gan_trainer_step(trainer, samples, batch, NULL);
        const double seconds = now() - started;
        if (status != GAN_OK) return status;
        if (i > 2 && seconds < fastest->step) *fastest = (result){seconds, gan_mpi_seconds(mpi) - before};
        goes_on = i < 5 || now() - begin < most_seconds;
        MPI_Bcast(&goes_on, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    }
    return GAN_OK;
}

static gan_status time_batch(const gan_mpi *mpi, int64_t batch, result *fastest)
{
    static float samples[MOST_BATCH * PIXELS];
    const gan_shape shape = GAN_SHAPE(1, 28, 28);
    gan_context *context = NULL;
    gan_model *g = NULL, *d = NULL;
    gan_trainer *trainer = NULL;
    for (int64_t i = 0; i < batch * PIXELS; i++) samples[i] = (float)(i % 255) / 127 - 1;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = 1), &context);
    if (status == GAN_OK) status = build_dense_generator(context, shape, NORMALISATION_NONE, 64, 1, &g);
    if (status == GAN_OK) status = build_conv_discriminator(context, shape, NORMALISATION_NONE, 64, 2, &d);
    if (status == GAN_OK) {
        const gan_collective *collective = gan_mpi_collective(mpi);
        status = gan_trainer_create(context, g, d,
                                    GAN_TRAINER(.batch = batch, .diagnosis_interval = GAN_DIAGNOSIS_OFF,
                                                .collective = collective->size > 1 ? collective : NULL),
                                    &trainer);
    }
    if (status == GAN_OK) status = measure(trainer, mpi, batch, samples, fastest);
    gan_trainer_destroy(trainer);
    gan_model_destroy(d);
    gan_model_destroy(g);
    gan_context_destroy(context);
    return status;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"8", "16", "32", "64", "128", "256"};
    gan_mpi *mpi = NULL;
    MPI_Init(&argc, &argv);
    if (gan_mpi_create(MPI_COMM_WORLD, NULL, &mpi) != GAN_OK) {
        fprintf(stderr, "%s\n", gan_mpi_error(NULL));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    const gan_collective *all = gan_mpi_collective(mpi);
    const int count = argc > 1 ? argc - 1 : (int)(sizeof(usual) / sizeof(*usual));
    if (all->rank == 0) printf("processes,batch,step_ms,exchanges_ms,share\n");
    for (int i = 0; i < count; i++) {
        const int64_t batch = strtoll(argc > 1 ? argv[i + 1] : usual[i], NULL, 10);
        result fastest;
        if (batch < 1 || batch > MOST_BATCH || time_batch(mpi, batch, &fastest) != GAN_OK) {
            fprintf(stderr, "batch %lld: %s\n", (long long)batch, gan_last_error());
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        if (all->rank > 0) continue;
        printf("%lld,%lld,%.3f,%.3f,%.3f\n", (long long)all->size, (long long)batch, 1e3 * fastest.step,
               1e3 * fastest.exchanges, fastest.exchanges / fastest.step);
        fflush(stdout);
    }
    gan_mpi_destroy(mpi);
    MPI_Finalize();
    return 0;
}
