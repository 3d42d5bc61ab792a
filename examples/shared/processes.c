#include "processes.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_LIBGAN_MPI
#include <libgan-mpi.h>

static gan_mpi *mpi;

/* Where mpirun says how many processes it has started, and which one this is. */
static const struct {
    const char *size, *rank;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
                 {"PMI_SIZE", "PMI_RANK"},
                 {"MPI_LOCALNRANKS", "MPI_LOCALRANKID"}};

/* The others may say what they know before the first that ends takes them with it. */
static void wait_for_sentences(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
}

/* An mpirun of another MPI than the program's starts programs that do not know of each other: each would train alone,
 * and all write in the same folder. */
static void refuse_other_mpirun(void)
{
    char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int size = 1, length = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (size_t i = 0; i < sizeof(launchers) / sizeof(launchers[0]) && size == 1; i++) {
        const char *started = getenv(launchers[i].size), *rank = getenv(launchers[i].rank);
        if (!started || strtol(started, NULL, 10) <= 1) continue;
        MPI_Get_library_version(library, &length);
        library[strcspn(library, ",\n")] = '\0';
        for (char *c = library; *c; c++) {
            if (*c == '\t') *c = ' ';
        }
        if (!rank || strcmp(rank, "0") == 0) {
            fprintf(stderr,
                    "--mpi: mpirun has started %s processes, but is of another MPI than this program, in which each "
                    "finds itself alone: use the mpirun of %s\n",
                    started, library);
        }
        wait_for_sentences();
        MPI_Finalize();
        exit(1);
    }
}

void join_processes(const process_options *options)
{
    if (!options->mpi) return;
    MPI_Init(NULL, NULL);
    refuse_other_mpirun();
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
        wait_for_sentences();
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
