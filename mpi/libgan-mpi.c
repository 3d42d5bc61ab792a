/* Exchanges by MPI. Every wait is a test against a clock, so that a process that died or is late ends in an error.
 * MPI only moves bytes: sums, and with them their order, are libgan's. */
#include "libgan-mpi.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_TIMEOUT 60.0
#define SENTENCE        512
#define OUTSTANDING     64 /* exchanges that were started and not finished */

/* An exchange under way. Its bytes lie in arrays of its own: after a failure MPI may still use them, when those of
 * the caller are gone. */
typedef struct exchange {
    MPI_Request request;
    bool under_way;
    void *to;
    size_t size;               /* of what `to` gets */
    unsigned char *sent, *got; /* kept for the next exchange */
    size_t sent_capacity, got_capacity;
} exchange;

struct gan_mpi {
    MPI_Comm communicator;
    double timeout, seconds;
    bool failed;
    char sentence[SENTENCE];
    gan_collective collective;
    exchange exchanges[OUTSTANDING];
};

/* ---- Failures -------------------------------------------------------------------------------------------------- */

static _Thread_local char creation_sentence[SENTENCE];

static gan_status __attribute__((format(printf, 3, 4))) fail(gan_mpi *mpi, gan_status status, const char *format, ...)
{
    char *sentence = mpi ? mpi->sentence : creation_sentence;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, SENTENCE, format, arguments);
    va_end(arguments);
    if (mpi) mpi->failed = true;
    return status;
}

/* A failure of an MPI call, which returned a code. */
static gan_status fail_by(gan_mpi *mpi, const char *call, int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    return fail(mpi, GAN_ERROR_IO, "%s: %.300s", call, text);
}

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Gives the CPU to others, longer the longer it has waited: there may be more processes than CPUs. */
static void pause_after(double waited)
{
    const struct timespec briefly = {.tv_nsec = 0}, longer = {.tv_nsec = 20000}, long_time = {.tv_nsec = 1000000};
    nanosleep(waited < 1e-4 ? &briefly : waited < 0.1 ? &longer : &long_time, NULL);
}

static gan_status wait_for(gan_mpi *mpi, MPI_Request *request, double timeout)
{
    enum { TESTS = 200 }; /* before the first pause */
    const double begin = now();
    int done = 0;
    for (int64_t tests = 0; !done; tests++) {
        const int code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS) return fail_by(mpi, "MPI_Test", code);
        if (done || tests < TESTS) continue;
        const double waited = now() - begin;
        if (waited > timeout) {
            return fail(mpi, GAN_ERROR_IO,
                        "the other processes have not answered within %g seconds: one of them has ended, or is late",
                        timeout);
        }
        pause_after(waited);
    }
    return GAN_OK;
}

/* ---- Exchanges ------------------------------------------------------------------------------------------------- */

static gan_status reserve(gan_mpi *mpi, unsigned char **memory, size_t *capacity, size_t size)
{
    if (size <= *capacity) return GAN_OK;
    unsigned char *larger = realloc(*memory, size);
    if (!larger) return fail(mpi, GAN_ERROR_MEMORY, "%zu bytes for an exchange could not be allocated", size);
    *memory = larger;
    *capacity = size;
    return GAN_OK;
}

/* A type of so many bytes: MPI counts in int. */
static int make_type(size_t bytes, MPI_Datatype *type)
{
    enum { PIECE = 1 << 20 };
    MPI_Datatype piece, both[2] = {MPI_DATATYPE_NULL, MPI_BYTE};
    const int lengths[2] = {(int)(bytes / PIECE), (int)(bytes % PIECE)};
    const MPI_Aint places[2] = {0, (MPI_Aint)(bytes / PIECE * PIECE)};
    int code = MPI_Type_contiguous(PIECE, MPI_BYTE, &piece);
    if (code != MPI_SUCCESS) return code;
    both[0] = piece;
    code = MPI_Type_create_struct(2, lengths, places, both, type);
    MPI_Type_free(&piece);
    return code == MPI_SUCCESS ? MPI_Type_commit(type) : code;
}

static int begin(const gan_mpi *mpi, gan_exchange kind, exchange *x, size_t bytes)
{
    MPI_Datatype type = MPI_BYTE;
    const bool large = bytes > INT_MAX;
    const int count = large ? 1 : (int)bytes;
    int code = large ? make_type(bytes, &type) : MPI_SUCCESS;
    if (code != MPI_SUCCESS) return code;
    if (kind == GAN_EXCHANGE_GATHER) {
        code = MPI_Iallgather(x->sent, count, type, x->got, count, type, mpi->communicator, &x->request);
    } else {
        code = MPI_Ialltoall(x->sent, count, type, x->got, count, type, mpi->communicator, &x->request);
    }
    if (large) MPI_Type_free(&type); /* once the exchange is done */
    return code;
}

static gan_status check(gan_mpi *mpi, gan_exchange kind, size_t bytes)
{
    if (mpi->failed) return GAN_ERROR_IO;
    if (kind != GAN_EXCHANGE_GATHER && kind != GAN_EXCHANGE_TRANSPOSE) {
        return fail(mpi, GAN_ERROR_UNSUPPORTED, "exchange %d is newer than libgan-mpi", (int)kind);
    }
    if (bytes > SIZE_MAX / (size_t)mpi->collective.size || bytes / (1 << 20) > INT_MAX) {
        return fail(mpi, GAN_ERROR_OVERFLOW, "an exchange of %zu bytes overflows", bytes);
    }
    return GAN_OK;
}

/* The first that is free; MPI goes on with those before it. */
static gan_status find_free(gan_mpi *mpi, int *free_index)
{
    int index = 0, done;
    for (; index < OUTSTANDING && mpi->exchanges[index].under_way; index++) {
        const int code = MPI_Test(&mpi->exchanges[index].request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS) return fail_by(mpi, "MPI_Test", code);
    }
    *free_index = index;
    if (index < OUTSTANDING) return GAN_OK;
    return fail(mpi, GAN_ERROR_STATE, "more than %d exchanges are under way", OUTSTANDING);
}

/* Steps in slices of time are another thread's, which only some levels of MPI allow. */
static gan_status check_thread(gan_mpi *mpi)
{
    int level = MPI_THREAD_SINGLE, is_main = 0;
    MPI_Query_thread(&level);
    if (level >= MPI_THREAD_SERIALIZED) return GAN_OK;
    MPI_Is_thread_main(&is_main);
    if (is_main) return GAN_OK;
    return fail(mpi, GAN_ERROR_STATE,
                "an exchange in another thread than the one that initialised MPI, as in slices of time, needs "
                "MPI_Init_thread() with MPI_THREAD_SERIALIZED");
}

static gan_status start(void *user, gan_exchange kind, const void *from, void *to, size_t bytes, int64_t *ticket)
{
    gan_mpi *mpi = user;
    const double started = now();
    gan_status status = check(mpi, kind, bytes);
    if (status == GAN_OK) status = check_thread(mpi);
    if (status != GAN_OK) return status;
    int index;
    status = find_free(mpi, &index);
    if (status != GAN_OK) return status;
    exchange *x = &mpi->exchanges[index];
    const size_t all = bytes * (size_t)mpi->collective.size, given = kind == GAN_EXCHANGE_GATHER ? bytes : all;
    status = reserve(mpi, &x->sent, &x->sent_capacity, given);
    if (status == GAN_OK) status = reserve(mpi, &x->got, &x->got_capacity, all);
    if (status != GAN_OK) return status;
    memcpy(x->sent, from, given);
    x->to = to;
    x->size = all;
    const int code = begin(mpi, kind, x, bytes);
    if (code != MPI_SUCCESS) return fail_by(mpi, "MPI", code);
    x->under_way = true;
    *ticket = index;
    mpi->seconds += now() - started;
    return GAN_OK;
}

static gan_status finish(void *user, int64_t ticket)
{
    gan_mpi *mpi = user;
    const double started = now();
    if (mpi->failed) return GAN_ERROR_IO;
    if (ticket < 0 || ticket >= OUTSTANDING || !mpi->exchanges[ticket].under_way) {
        return fail(mpi, GAN_ERROR_STATE, "exchange %lld is not under way", (long long)ticket);
    }
    exchange *x = &mpi->exchanges[ticket];
    const gan_status status = wait_for(mpi, &x->request, mpi->timeout);
    if (status != GAN_OK) return status;
    memcpy(x->to, x->got, x->size);
    x->under_way = false;
    mpi->seconds += now() - started;
    return GAN_OK;
}

static const char *tell(void *user)
{
    return gan_mpi_error(user);
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

static gan_status check_mpi(void)
{
    int initialised = 0, finalised = 0, version = 0, subversion = 0;
    MPI_Initialized(&initialised);
    MPI_Finalized(&finalised);
    if (!initialised || finalised) {
        return fail(NULL, GAN_ERROR_STATE, "gan_mpi_create: MPI_Init() has not been called, or MPI_Finalize() has");
    }
    MPI_Get_version(&version, &subversion);
    if (version > 3 || (version == 3 && subversion >= 1)) return GAN_OK;
    return fail(NULL, GAN_ERROR_STATE, "gan_mpi_create: MPI %d.%d is older than 3.1", version, subversion);
}

static gan_status read_options(const gan_mpi_options *options, double *timeout)
{
    *timeout = 0;
    if (options && options->struct_size < sizeof(*options)) {
        return fail(NULL, GAN_ERROR_VERSION, "gan_mpi_options: struct_size is %zu, expected %zu: use GAN_MPI()",
                    options->struct_size, sizeof(*options));
    }
    if (options && options->struct_size > sizeof(*options)) {
        const unsigned char *bytes = (const unsigned char *)options;
        for (size_t i = sizeof(*options); i < options->struct_size; i++) {
            if (bytes[i] == 0) continue;
            return fail(NULL, GAN_ERROR_VERSION, "gan_mpi_options: an option is newer than this libgan-mpi");
        }
    }
    if (options) *timeout = options->timeout;
    if (*timeout == 0) *timeout = DEFAULT_TIMEOUT;
    if (*timeout > 0 && *timeout < 1e9) return GAN_OK;
    return fail(NULL, GAN_ERROR_ARGUMENT, "gan_mpi_options: timeout is %g, expected more than 0 and less than 1e9",
                *timeout);
}

/* A communicator of its own, in which errors are returned. */
static gan_status join(gan_mpi *mpi, MPI_Comm communicator)
{
    MPI_Request request = MPI_REQUEST_NULL;
    int rank = 0, size = 0;
    int code = MPI_Comm_idup(communicator, &mpi->communicator, &request);
    if (code != MPI_SUCCESS) return fail_by(mpi, "MPI_Comm_idup", code);
    const gan_status status = wait_for(mpi, &request, mpi->timeout);
    if (status != GAN_OK) return status;
    code = MPI_Comm_set_errhandler(mpi->communicator, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS) code = MPI_Comm_rank(mpi->communicator, &rank);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(mpi->communicator, &size);
    if (code != MPI_SUCCESS) return fail_by(mpi, "MPI_Comm_size", code);
    mpi->collective = (gan_collective){.struct_size = sizeof(mpi->collective),
                                       .rank = rank,
                                       .size = size,
                                       .start = start,
                                       .finish = finish,
                                       .error = tell,
                                       .user = mpi};
    return GAN_OK;
}

gan_status gan_mpi_create(MPI_Comm communicator, const gan_mpi_options *options, gan_mpi **out)
{
    double timeout;
    if (!out) return fail(NULL, GAN_ERROR_NULL, "gan_mpi_create: out is NULL");
    gan_status status = read_options(options, &timeout);
    if (status == GAN_OK) status = check_mpi();
    if (status != GAN_OK) return status;
    gan_mpi *mpi = calloc(1, sizeof(*mpi));
    if (!mpi) return fail(NULL, GAN_ERROR_MEMORY, "gan_mpi_create: no memory");
    mpi->communicator = MPI_COMM_NULL;
    mpi->timeout = timeout;
    status = join(mpi, communicator);
    if (status != GAN_OK) {
        fail(NULL, status, "gan_mpi_create: %s", mpi->sentence);
        gan_mpi_destroy(mpi);
        return status;
    }
    *out = mpi;
    return GAN_OK;
}

static bool is_under_way(const gan_mpi *mpi)
{
    for (int i = 0; i < OUTSTANDING; i++)
        if (mpi->exchanges[i].under_way) return true;
    return false;
}

/* After a failure, or while an exchange is under way, MPI may still use what it was given. */
void gan_mpi_destroy(gan_mpi *mpi)
{
    if (!mpi || mpi->failed || is_under_way(mpi)) return;
    for (int i = 0; i < OUTSTANDING; i++) {
        free(mpi->exchanges[i].sent);
        free(mpi->exchanges[i].got);
    }
    MPI_Comm_free(&mpi->communicator);
    free(mpi);
}

const gan_collective *gan_mpi_collective(const gan_mpi *mpi)
{
    return mpi ? &mpi->collective : NULL;
}

bool gan_mpi_failed(const gan_mpi *mpi)
{
    return mpi && mpi->failed;
}

const char *gan_mpi_error(const gan_mpi *mpi)
{
    return mpi ? mpi->sentence : creation_sentence;
}

double gan_mpi_seconds(const gan_mpi *mpi)
{
    return mpi ? mpi->seconds : 0;
}
