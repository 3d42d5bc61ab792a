/* The library that multiplies for contexts with GAN_MULTIPLY_BLAS. */
#ifndef GAN_CORE_BLAS_H
#define GAN_CORE_BLAS_H

#include "core/status/status.h"
#include "libgan.h"

/* What does the products of a context with GAN_MULTIPLY_BLAS (blas.c). */
typedef struct gan_blas {
    const char *name;   /* of the library */
    void (*gemm)(void); /* cblas_sgemm() or, in double, cblas_dgemm(); NULL: it is linked */
} gan_blas;

/* Loads the library or, for NULL, the first that is there of those that the build knows; false if that fails. `out`
 * keeps pointing to the name given. */
bool gan_blas_load(const char *library, gan_blas *out);
/* The failure to do so. */
gan_status gan_blas_missing(const char *library);
/* Each call of a BLAS stands between these two; fork() waits until none is under way (blas_calls.c), from here on
 * also for the library of this function, which has been loaded. */
void gan_blas_enter(void);
void gan_blas_leave(void);
gan_status gan_blas_watch_forks(void (*library)(void));

#endif
