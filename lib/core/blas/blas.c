/* The BLAS of a context. It is loaded when a context is created whose products it does, not with the library, since a
 * BLAS may start threads and reserve much memory when it is loaded. */
#include "core/blas/blas.h"
#include "core/platform/platform.h"
#include "core/status/status.h"

#include <stdio.h>

#ifdef GAN_REAL_IS_DOUBLE
#define GEMM "cblas_dgemm"
#else
#define GEMM "cblas_sgemm"
#endif

#ifdef GAN_BLAS_LINKED

bool gan_blas_load(const char *library, gan_blas *out)
{
    *out = (gan_blas){.name = GAN_BLAS_LINKED};
    return library == NULL;
}

gan_status gan_blas_missing(const char *library)
{
    return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: blas is '%s', but this build is linked with %s",
                    library, GAN_BLAS_LINKED);
}

#elif !defined(GAN_BLAS_LIBRARIES) /* nor what loads libraries */

bool gan_blas_load(const char *library, gan_blas *out)
{
    (void)library;
    (void)out;
    return false;
}

gan_status gan_blas_missing(const char *library)
{
    return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: %s is %s, but this libgan was built without a BLAS",
                    library ? "blas" : "multiply", library ? library : "GAN_MULTIPLY_BLAS");
}

#else

/* Of each kind, the first that is there. */
#ifdef __APPLE__
#define GAN_OPENBLAS_FILES "libopenblas.0.dylib", "libopenblas.dylib",
#define GAN_BLIS_FILES     "libblis.4.dylib", "libblis.dylib",
#define GAN_CBLAS_FILES    "libcblas.3.dylib", "libblas.3.dylib", "libblas.dylib",
#elif defined(_WIN32)
#define GAN_OPENBLAS_FILES "libopenblas.dll", "openblas.dll",
#define GAN_BLIS_FILES     "libblis-4.dll", "libblis.dll",
#define GAN_CBLAS_FILES    "libcblas.dll",
#elif defined(__linux__)
#define GAN_OPENBLAS_FILES "libopenblas.so.0",
#define GAN_BLIS_FILES     "libblis.so.4", "libblis.so.3",
#define GAN_CBLAS_FILES    "libcblas.so.3", "libblas.so.3",
#else /* the BSDs number libraries each in their own way */
#define GAN_OPENBLAS_FILES "libopenblas.so.0", "libopenblas.so",
#define GAN_BLIS_FILES     "libblis.so.4", "libblis.so",
#define GAN_CBLAS_FILES    "libcblas.so.3", "libcblas.so",
#endif

static const char *const libraries[] = {GAN_BLAS_LIBRARIES NULL}; /* some of these lists, in the order of choice */

/* It stays loaded, since its threads would outlive it. */
static bool load(const char *library, gan_blas *out)
{
    void *gemm = gan_library_symbol(library, GEMM);

    if (!gemm) return false;
    *out = (gan_blas){.name = library};
    memcpy(&out->gemm, &gemm, sizeof(gemm)); /* C does not convert pointers to functions */
    return true;
}

bool gan_blas_load(const char *library, gan_blas *out)
{
    if (library) return load(library, out);
    for (int i = 0; libraries[i]; i++) {
        if (load(libraries[i], out)) return true;
    }
    return false;
}

gan_status gan_blas_missing(const char *library)
{
    char tried[GAN_SENTENCE] = "";
    size_t length = 0;

    if (library) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: blas is '%s', expected a library with %s",
                        library, GEMM);
    }
    for (int i = 0; libraries[i] && length < sizeof(tried); i++) {
        length += (size_t)snprintf(tried + length, sizeof(tried) - length, "%s%s", i == 0 ? "" : ", ", libraries[i]);
    }
    if (length == 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: multiply is GAN_MULTIPLY_BLAS, but this build "
                                               "knows none, and blas names none");
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "gan_context_options: multiply is GAN_MULTIPLY_BLAS, but there is no library with %s, of %s",
                    GEMM, tried);
}

#endif
