/* libgan in one file. Generative adversarial networks as an embeddable C library: libgan.h documents its API. MIT
 * licence.
 *
 *     cc -O2 program.c libgan.c -lm -lpthread
 *
 * Nothing needs to be installed; gcc 10 or clang 9 and newer compile the kernels for all instruction sets, of which
 * the CPU's is chosen at run time. Without these macros, what they stand for is GAN_ERROR_UNSUPPORTED:
 *
 *     -DGAN_WITH_PNG   -lpng     pictures, read and written
 *     -DGAN_WITH_JPEG  -ljpeg    JPEG pictures, read
 *     -DGAN_WITH_GZIP  -lz       gzipped data sets
 *     -DGAN_WITH_BLAS  -ldl      a BLAS, loaded when it is first used: on CPUs without AVX2, or if asked for
 *
 * -DGAN_API= keeps what libgan.h declares out of the symbols that a shared library with this file exports, so that
 * several of them, each with a copy, can be in one process.
 *
 * -DGAN_SMALL makes clang compile all but the kernels of the best instruction set for size.
 *
 * This file is generated; the sources and their history are the project's. */
#ifdef __cplusplus
#error "libgan.c is C: compile it with a C compiler, and include libgan.h or libgan.hpp from C++"
#elif !defined(__STDC_VERSION__) || __STDC_VERSION__ < 201112L
#error "libgan.c needs C11: compile it with -std=c11 or newer"
#endif

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* 32-bit systems have files beyond 2 GiB, too */
#endif
#ifdef __MINGW32__
#undef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1 /* its printf() is C's, Microsoft's is not */
#endif

#ifdef GAN_WITH_PNG
#define GAN_HAVE_PNG
#endif
#ifdef GAN_WITH_JPEG
#define GAN_HAVE_JPEG
#endif
#ifdef GAN_WITH_GZIP
#define GAN_HAVE_GZIP
#endif
#if defined(GAN_WITH_BLAS) && !defined(GAN_BLAS_LIBRARIES)
#define GAN_BLAS_LIBRARIES GAN_OPENBLAS_FILES GAN_BLIS_FILES GAN_CBLAS_FILES
#endif

#define GAN_HAVE_BASELINE
#define GAN_HAVE_BFLOAT16
/* On Windows gcc keeps vectors of AVX at addresses for which its instructions are not made; say
 * -Wa,-muse-unaligned-vector-move -DGAN_WITH_AVX for others. */
#if defined(__x86_64__) && defined(__GNUC__) && (!defined(_WIN32) || defined(__clang__) || defined(GAN_WITH_AVX))
#define GAN_HAVE_AVX2
#define GAN_HAVE_AVX512
#if (defined(__clang__) && __clang_major__ >= 9) || (!defined(__clang__) && __GNUC__ >= 10)
#define GAN_HAVE_AVX512BF16
#endif
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__linux__) && !defined(__clang__) && defined(__GNUC__) && __GNUC__ >= 10
#define GAN_HAVE_NEONBF16
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#define GAN_HAVE_SIMD128
#endif
#ifdef __x86_64__
#include <cpuid.h>
#endif

/* What it declares is hidden, too, if GAN_API is nothing. */
#pragma GCC visibility push(hidden)
#include "libgan.h"
#pragma GCC visibility pop

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <dirent.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <wchar.h>
#include <windows.h>
#undef TEXT /* names that it takes from everybody */
#undef far
#undef near
#undef small
#else
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#endif

/* All headers of others come before what is internal is hidden. */
/* SYSTEM HEADERS */
#ifdef GAN_HAVE_PNG
#include <png.h>
#endif
#ifdef GAN_HAVE_JPEG
#include <jpeglib.h>

#include <jerror.h>
#endif
#ifdef GAN_HAVE_GZIP
#include <zlib.h>
#endif
#if defined(GAN_BLAS_LIBRARIES) && !defined(_WIN32)
#include <dlfcn.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/* As in the library: a * b + c becomes one instruction in kernels only, square roots set no errno. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Winitializer-overrides"
#pragma clang diagnostic ignored "-Wunused-function"
extern float sqrtf(float) __attribute__((const));
extern double sqrt(double) __attribute__((const));
#elif defined(__GNUC__) && defined(__FP_FAST_FMA)
#pragma GCC optimize("fp-contract=off")
#endif
#pragma GCC visibility push(hidden)
