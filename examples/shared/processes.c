#include "processes.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HAVE_LIBGAN_MPI
#include <libgan-mpi.h>

static gan_mpi *mpi;

void join_processes(const process_options *options)
{
    if (!options->mpi) return;
    MPI_Init(NULL, NULL);
    if (gan_mpi_create(MPI_COMM_WORLD, GAN_MPI(.timeout = options->timeout), &mpi) == GAN_OK) return;
    fprintf(stderr, "--mpi: %s\n", gan_mpi_error(NULL));
    MPI_Abort(MPI_COMM_WORLD, 1);
    exit(1);
}

const gan_collective *joined_processes(void)
{
    return gan_mpi_collective(mpi);
}

/* MPI_Finalize() would wait for processes that are no more. */
int leave_processes(int result)
{
    if (!mpi) return result;
    if (gan_mpi_failed(mpi) || result == 1) {
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* the others may say what they know */
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    gan_mpi_destroy(mpi);
    MPI_Finalize();
    return result;
}

#else

void join_processes(const process_options *options)
{
    if (!options->mpi) return;
    fprintf(stderr, "--mpi: this program was built without libgan-mpi\n");
    exit(2);
}

const gan_collective *joined_processes(void)
{
    return NULL;
}

int leave_processes(int result)
{
    return result;
}

#endif

bool is_first_process(void)
{
    const gan_collective *processes = joined_processes();
    return !processes || processes->rank == 0;
}
