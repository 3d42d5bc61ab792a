/**
 * @file libgan-mpi.h
 * MPI for distributed training by libgan: the exchanges of a ::gan_collective by MPI 3.1, such as Open MPI or MPICH.
 * A library of its own, -lgan-mpi, so that libgan itself needs no MPI.
 *
 *     MPI_Init(&argc, &argv);
 *     gan_mpi *mpi = NULL;
 *     if (gan_mpi_create(MPI_COMM_WORLD, NULL, &mpi) != GAN_OK) { ... gan_mpi_error(NULL) ... }
 *     CHECK(gan_trainer_create(ctx, g, d, GAN_TRAINER(.batch = 256, .collective = gan_mpi_collective(mpi)),
 * &trainer));
 *     ...
 *     if (gan_mpi_failed(mpi)) MPI_Abort(MPI_COMM_WORLD, 1);
 *     gan_mpi_destroy(mpi);
 *     MPI_Finalize();
 *
 * docs/distributed.md of libgan says what follows for the training.
 */
#ifndef LIBGAN_MPI_H
#define LIBGAN_MPI_H

#include <libgan.h>
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A communicator through which processes train together. One thread at a time, the one that trains. */
typedef struct gan_mpi gan_mpi;

/** Options of gan_mpi_create(). */
typedef struct gan_mpi_options {
    size_t struct_size; /**< set by GAN_MPI() */
    double timeout; /**< seconds to wait for the other processes in an exchange, > 0: more than what any of them does
                         between two steps, such as writing files; default 60 */
} gan_mpi_options;
/** ::gan_mpi_options with the given fields: GAN_MPI(.timeout = 10). */
#define GAN_MPI(...) GAN_OPTIONS(gan_mpi_options, __VA_ARGS__)

/**
 * Makes a communicator of its own for the processes of `communicator`, all of which must call this. MPI must have
 * been initialised, in this thread; for steps in slices of time, which are another thread's, by MPI_Init_thread()
 * with MPI_THREAD_SERIALIZED or more. ::GAN_ERROR_VERSION for options of another version, ::GAN_ERROR_ARGUMENT for a
 * timeout that is not above 0, ::GAN_ERROR_STATE without MPI or with an older one than 3.1, ::GAN_ERROR_IO if a
 * process does not call it in time. The caller owns the result.
 */
GAN_API gan_status gan_mpi_create(MPI_Comm communicator, const gan_mpi_options *options, gan_mpi **out);

/**
 * Releases it, before MPI_Finalize(). All processes must call this, unless an exchange has failed: then it leaves MPI
 * alone, whose processes may wait for each other.
 */
GAN_API void gan_mpi_destroy(gan_mpi *mpi);

/**
 * What trainers and games take as `collective`. Valid until gan_mpi_destroy(), which must come after theirs; NULL for
 * NULL. An exchange that another process does not join within the timeout, or that MPI refuses, is ::GAN_ERROR_IO,
 * and so are all later ones.
 */
GAN_API const gan_collective *gan_mpi_collective(const gan_mpi *mpi);

/**
 * Whether an exchange has failed; false for NULL. MPI_Finalize() may then wait for processes that are no more: end
 * with MPI_Abort().
 */
GAN_API bool gan_mpi_failed(const gan_mpi *mpi);

/** The sentence of the last failure; for NULL, that of gan_mpi_create() in this thread. "" before the first. */
GAN_API const char *gan_mpi_error(const gan_mpi *mpi);

/** Seconds spent in exchanges so far, waiting included; 0 for NULL. */
GAN_API double gan_mpi_seconds(const gan_mpi *mpi);

#ifdef __cplusplus
}
#endif

#endif
