/**
 * @file libgan.h
 * libgan: generative adversarial networks as an embeddable C library. This header is the whole C API.
 *
 * A generator G turns noise z into samples, a discriminator D tells samples from data, and the two are trained
 * against each other (Goodfellow et al., "Generative Adversarial Nets", 2014):
 *
 *     L_D = -E[log D(x)] - E[log(1 - D(G(z)))]          L_G = -E[log D(G(z))]
 *
 * Conventions that hold for every declaration below, unless its comment says otherwise:
 *
 * - Functions return a ::gan_status. Results are returned through pointers and untouched on failure; gan_last_error()
 *   then describes it. Nothing here prints, exits, aborts, installs a signal handler or reads the environment.
 * - Option structs start with `struct_size`, set by a macro of the same name, such as GAN_TRAINER(). The macro takes
 *   C99 designated initialisers and yields a pointer to a struct that lives until the end of the enclosing block or,
 *   in C++ with libgan.hpp, a value. Every field that is omitted or zero takes its documented default. Where exactly
 *   zero makes sense but is not the default, ::GAN_ZERO asks for it. A NULL options pointer selects all defaults.
 * - Counts, sizes in elements and indices are int64_t; size_t counts bytes of memory. What ::GAN_MAX_RANK bounds, a
 *   rank or an axis, is int. A node of a model is a ::gan_node, which programs pass on but do not calculate with. Bit
 *   sets are uint64_t; an enum names the bits to combine.
 * - A getter that cannot fail returns its value and is called gan_noun_x(), such as gan_model_input_count(); its
 *   comment says what it returns for NULL. A getter that can fail returns a status, stores its value through a
 *   pointer and is called gan_noun_get_x(), such as gan_model_get_input_shape().
 * - What a layer requires is an argument; everything else is an option.
 * - Samples are caller-owned arrays of float, rows first; images are N,C,H,W. Pixels are scaled to [-1, 1].
 * - NULL where a handle or array is required is ::GAN_ERROR_NULL; an option or number outside its range,
 *   ::GAN_ERROR_ARGUMENT; NaN or infinity in an option, ::GAN_ERROR_NOT_FINITE; too little memory,
 *   ::GAN_ERROR_MEMORY. Comments name all other errors.
 * - Calls compute in a floating-point environment of their own and give the caller's back as it was, with the
 *   exceptions raised before: rounding to nearest, no traps, and, on x86 and 64-bit Arm, denormal numbers (closer
 * to 0 than 2^-126) read and written as 0. Callbacks run in the caller's environment, and may change it.
 * - A callback must return. C++ callbacks given through libgan.hpp may throw. One that leaves by an exception or
 *   longjmp() through libgan's frames instead ends the call. The context and what the call did not use are as before.
 *   After a progress callback or that of a dataset, all handles are valid, as if the run was cancelled or reading
 *   failed; after any other, those that the call used may only be destroyed. Memory that the call held stays
 * allocated in the context. An exception from a ::gan_parallel_fn must wait until no task of that call runs any
 * longer.
 * - A call needs at most twice ::GAN_TASK_STACK bytes of stack. The library's own threads have them, whatever the
 *   system gives threads by default, and get no signals of the host's but faults. A thread that is cancelled
 *   (pthread_cancel()) finishes its call first; in callbacks the caller's cancellation state holds.
 * - Use a handle from one thread at a time. Each handle's comment says what may run concurrently.
 * - gan_x_destroy() accepts NULL and releases what the handle owns. Handles keep alive what they need of each other,
 *   so they may be destroyed in any order; using a destroyed handle is the caller's error.
 */
#ifndef LIBGAN_H
#define LIBGAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Major version of this header; docs/versioning.md explains the soname. gan_version() returns the library's own
 * version.
 */
#define GAN_VERSION_MAJOR 0
/** Minor version of this header. */
#define GAN_VERSION_MINOR 2
/** Patch version of this header. */
#define GAN_VERSION_PATCH 0

/* Marks the functions that a shared library exports; GAN_EXPORTS is defined where the library itself is compiled. A
 * plugin that contains the two files defines GAN_API as nothing, and exports none. */
/** @cond */
#if defined(GAN_API)
#elif defined(_WIN32) && defined(GAN_EXPORTS)
#define GAN_API __declspec(dllexport)
#elif defined(_WIN32)
#define GAN_API
#elif defined(__GNUC__)
#define GAN_API __attribute__((visibility("default")))
#else
#define GAN_API
#endif
/** @endcond */

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup status Status and errors
 * What calls return, and how to find out what went wrong.
 * @{
 */

/**
 * Every status: name, pinned number, meaning. Numbers are never reused or changed. Applications may expand the map
 * themselves, for a table or a switch: X(name, number, text) is expanded for each.
 */
#define GAN_STATUS_MAP(X)                                                               \
    X(GAN_OK, 0, "success")                                                             \
    X(GAN_ERROR_NULL, 1, "a handle or pointer that must not be NULL is NULL")           \
    X(GAN_ERROR_ARGUMENT, 2, "an argument is outside its range")                        \
    X(GAN_ERROR_MEMORY, 3, "memory could not be allocated")                             \
    X(GAN_ERROR_SHAPE, 4, "shapes do not fit")                                          \
    X(GAN_ERROR_GRAPH, 5, "the graph of layers is not valid")                           \
    X(GAN_ERROR_STATE, 6, "the call does not fit the state of the handle")              \
    X(GAN_ERROR_UNSUPPORTED, 7, "not supported by this build, CPU or layer")            \
    X(GAN_ERROR_OVERFLOW, 8, "a size overflows or exceeds its limit")                   \
    X(GAN_ERROR_BATCH, 9, "the batch is empty or larger than prepared")                 \
    X(GAN_ERROR_BATCH_OF_ONE, 10, "batch normalisation cannot train on a batch of one") \
    X(GAN_ERROR_NOT_FINITE, 11, "an option or input is NaN or infinite")                \
    X(GAN_ERROR_DIVERGED, 12, "a loss or gradient became NaN or infinite")              \
    X(GAN_ERROR_CANCELLED, 13, "cancelled by the caller")                               \
    X(GAN_ERROR_NOT_FOUND, 14, "no such file or name")                                  \
    X(GAN_ERROR_PERMISSION, 15, "not permitted by the operating system")                \
    X(GAN_ERROR_NO_SPACE, 16, "no space left on the device")                            \
    X(GAN_ERROR_IO, 17, "reading or writing failed")                                    \
    X(GAN_ERROR_MAGIC, 18, "the file is not of the expected format")                    \
    X(GAN_ERROR_TRUNCATED, 19, "the file ends too early")                               \
    X(GAN_ERROR_TRAILING_DATA, 20, "the file is longer than its header says")           \
    X(GAN_ERROR_EMPTY, 21, "a dimension or count in the file is zero")                  \
    X(GAN_ERROR_FORMAT, 22, "the file is malformed")                                    \
    X(GAN_ERROR_ARCHITECTURE, 23, "the file belongs to another architecture")           \
    X(GAN_ERROR_VERSION, 24, "written or built for a newer version")                    \
    X(GAN_ERROR_THREAD, 25, "a thread could not be started")

/**
 * Result of a call; see ::GAN_STATUS_MAP for the meanings. No call returns ::GAN_ERROR_THREAD at present: a context
 * whose threads cannot all be started uses those that could.
 */
typedef enum gan_status {
#define GAN_STATUS_ENUM(name, number, text) name = number,
    GAN_STATUS_MAP(GAN_STATUS_ENUM)
#undef GAN_STATUS_ENUM
} gan_status;

/** The name of a status, such as "GAN_ERROR_SHAPE"; "unknown status" for any other number. Any thread. */
GAN_API const char *gan_status_name(gan_status status);

/** The general meaning of a status, such as "shapes do not fit". Any thread. */
GAN_API const char *gan_status_text(gan_status status);

/**
 * The sentence of the last failure in this thread: it names the argument, what was expected and what was given. Never
 * NULL; empty before the first failure. Valid until the next failing libgan call in the same thread.
 */
GAN_API const char *gan_last_error(void);

/** The status of that failure, for functions that return NULL on failure; GAN_OK before the first. */
GAN_API gan_status gan_last_status(void);

/** Version of the library that is running: major * 10000 + minor * 100 + patch. */
GAN_API int gan_version(void);

/** The same as text, "0.2.0". */
GAN_API const char *gan_version_text(void);

/**
 * Asks for exactly zero in an option field whose default is something else, as in `.beta1 = GAN_ZERO`. It is the
 * smallest normal float; every option field of floating type reads it, and what is closer to 0 but not 0, as 0.
 */
#define GAN_ZERO 1.17549435e-38f

/**
 * Options of a type with the given fields and struct_size; GAN_CONTEXT() and all macros like it use this one. In C, a
 * pointer to them that is valid until the end of the enclosing block; in C++, with libgan.hpp, a value.
 */
#ifndef __cplusplus
#define GAN_OPTIONS(type, ...) (&(type){.struct_size = sizeof(type), __VA_ARGS__})
#endif

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup context Context
 * Allocator, log, threads and limits: everything that would otherwise be global. Contexts are independent.
 *
 * Thread safety: any number of handles of one context may be used at the same time, each by one thread. The context's
 * threads serve one caller at a time; the others meanwhile do their own work, with the same results.
 *
 * fork(): a child may use and destroy all handles that it inherited, except those that another thread was using at
 * that moment; contexts may always be used. The context's threads start anew when the child first has work for them;
 * if they cannot, see gan_context_create(). Parent and child then share nothing: both draw the same random numbers
 * from where they parted.
 * @{
 */

/** The handle from which all others are made. Each of them keeps its context alive. */
typedef struct gan_context gan_context;

/**
 * Memory hooks: both functions, or neither for malloc and free. Any thread that uses the library may call them, and
 * several may at the same time.
 */
typedef struct gan_allocator {
    /** Returns `size` bytes (never 0) aligned as for any type, or NULL. */
    void *(*allocate)(void *user, size_t size);
    /** Releases what allocate returned, with the size requested. Never called with NULL. */
    void (*release)(void *user, void *memory, size_t size);
    void *user; /**< passed to both; may be NULL */
} gan_allocator;

/** The severity of a log message. */
typedef enum gan_log_level {
    GAN_LOG_DEBUG = 1,  /**< for developers of libgan */
    GAN_LOG_INFO = 2,   /**< normal events */
    GAN_LOG_WARNING = 3 /**< something that may not be intended; the call continues */
} gan_log_level;

/** What log messages are about, as bits, for hosts that show it in another way. */
typedef enum gan_log_topic {
    GAN_LOG_TOPIC_TRAINING =
        1 /**< how training goes: diagnoses, which reports have, and divergences, which are returned */
} gan_log_topic;

/**
 * Receives log messages (one line, no newline, at most 511 bytes; valid during the call; UTF-8 but for paths, which
 * are as the caller gave them), in the thread that made the call. `user` is log_user of the options. Errors are not
 * logged: they are returned. It must not call libgan with the handles of that call.
 * The messages are:
 *
 * - ::GAN_LOG_WARNING: fewer threads started than requested; a diagnosis that was not made the previous time, with
 *   its advice, and a training run that diverged (both ::GAN_LOG_TOPIC_TRAINING); a layer that bounds what a loss
 *   reads as logits; data that a generator is to make and cannot, or that are all equal, as the first round shows;
 *   whole numbers of a CSV file that float32 cannot hold, one that begins with numbers in place of names, columns of
 *   texts most of which differ, and pictures and folders that are left out.
 * - ::GAN_LOG_INFO: the BLAS, or plain C, multiplies because there are no tuned kernels for this CPU; a training run
 *   was resumed; samples are left out at the end of each epoch; a file has tensors that were not requested; an
 *   optimizer has the default learning rate.
 * - ::GAN_LOG_DEBUG: the kernels chosen by a context.
 */
typedef void (*gan_log_fn)(void *user, gan_log_level level, const char *message);

/** Instruction sets for which kernels exist. A higher level includes the lower ones of the same family. */
typedef enum gan_cpu {
    GAN_CPU_BEST = 0,     /**< the highest level of this CPU */
    GAN_CPU_BASELINE = 1, /**< what every CPU of the family has; plain C */
    GAN_CPU_AVX2 = 2,     /**< x86-64 with AVX2 and FMA */
    GAN_CPU_AVX512 = 3,   /**< x86-64 with AVX-512 F, BW, DQ and VL */
    GAN_CPU_SIMD128 = 4   /**< WebAssembly with 128-bit SIMD, which all of a module's engines then have to have */
} gan_cpu;

/** Which code multiplies matrices. */
typedef enum gan_multiply {
    GAN_MULTIPLY_AUTO = 0,   /**< libgan's kernels where they are tuned (above the baseline); elsewhere the BLAS or,
                                  without one, libgan's kernels in plain C */
    GAN_MULTIPLY_NATIVE = 1, /**< libgan's kernels on libgan's threads */
    GAN_MULTIPLY_BLAS = 2    /**< the BLAS, with the threads the host gave it; its settings are never changed. It is
                                  loaded when the first such context is created, and stays loaded; if there is none,
                                  ::GAN_ERROR_UNSUPPORTED */
} gan_multiply;

/**
 * The type to which operands of dense, conv2d and conv_transpose2d are rounded for multiplication: activations,
 * gradients and copies of the weights. The weights themselves, sums and everything else stay float32.
 */
typedef enum gan_precision {
    GAN_PRECISION_FLOAT32 = 0, /**< no rounding */
    /**
     * bfloat16: 8 bits of mantissa, the exponents of float32; rounded to nearest, ties to even. Faster where products
     * take most of the time. This is mixed precision as in Micikevicius et al. 2018 and Kalamkar et al. 2019, without
     * loss scaling, which this exponent range does not need. Requires x86-64 with AVX512_BF16, or AArch64 with BF16
     * (Linux); on other CPUs gan_context_create() returns ::GAN_ERROR_UNSUPPORTED. An explicit GAN_CPU_BASELINE does
     * the same in plain C on any CPU: slowly, for comparison. GAN_MULTIPLY_NATIVE computes the products;
     * GAN_MULTIPLY_BLAS is ::GAN_ERROR_ARGUMENT.
     */
    GAN_PRECISION_BFLOAT16 = 1
} gan_precision;

/** One piece of work for ::gan_parallel_fn: piece `index` of what `argument` describes. */
typedef void (*gan_task_fn)(void *argument, int64_t index);

/** The most bytes of stack that a task needs. */
#define GAN_TASK_STACK 131072

/**
 * Threads supplied by the host: runs task(argument, i) once for each i in [0, count), on any threads, in any order,
 * and returns when all are done. `user` is parallel_user of the options. For each context it is called by one thread
 * at a time, and never from within a task. Each thread must have ::GAN_TASK_STACK bytes of stack to spare.
 */
typedef void (*gan_parallel_fn)(void *user, gan_task_fn task, void *argument, int64_t count);

/** Options of gan_context_create(). */
typedef struct gan_context_options {
    size_t struct_size;       /**< set by GAN_CONTEXT() */
    gan_allocator allocator;  /**< default: malloc and free */
    gan_log_fn log;           /**< default: none */
    void *log_user;           /**< passed to log */
    int64_t threads;          /**< threads that work on a call, the caller's included; 1 to 64; default: one for each
                                   CPU that the affinity mask and the quota of the control group leave */
    gan_cpu cpu;              /**< default: the best of this CPU; one that it lacks is ::GAN_ERROR_UNSUPPORTED */
    gan_multiply multiply;    /**< default: GAN_MULTIPLY_AUTO */
    gan_parallel_fn parallel; /**< default: libgan's own threads. If set, `threads` is ignored */
    void *parallel_user;      /**< passed to parallel */
    size_t memory_limit;      /**< the most bytes that the context may hold at once; default: no limit */
    gan_precision precision;  /**< default: GAN_PRECISION_FLOAT32 */
    bool no_spin;             /**< threads without work sleep at once; default: they first look for more, for up to 50
                                   microseconds, which saves the time to wake them but takes their CPU from others */
    bool no_winograd; /**< convolutions are computed as they are defined; default: where it is faster, by fewer
                           multiplications (Winograd), with rounding errors up to about twice as large. NaN,
                           infinity and values beyond 1e36, whose sums overflow, reach the outputs around them, too.
                           Only in float32 with GAN_MULTIPLY_NATIVE, without dilation and groups */
    /** Sessions keep what later passes read of layers' inputs and outputs rounded to bfloat16, in half the memory, on
     * any CPU and in any precision; default: in float32. Forward passes give the same bits; gradients differ by the
     * rounding, about 0.2 per cent of their norm. Inputs and outputs of models, class numbers, weights, gradients and
     * statistics are not rounded. */
    bool bfloat16_storage;
    uint8_t reserved[1]; /**< 0, else ::GAN_ERROR_VERSION */
    const char *blas;    /**< file name of the library with cblas_sgemm() that multiplies with GAN_MULTIPLY_BLAS;
                              default: a BLAS that the build knows, such as "libopenblas.so.0" */
    uint64_t log_except; /**< bits of ::gan_log_topic: what is not logged; default: none of them */
} gan_context_options;

/** ::gan_context_options with the given fields: GAN_CONTEXT(.threads = 2). */
#define GAN_CONTEXT(...) GAN_OPTIONS(gan_context_options, __VA_ARGS__)

/**
 * Creates a context. Its threads start here and sleep while there is no work. If the system starts fewer than
 * requested, the context uses those and logs a warning; results are the same. The caller owns the context. Any
 * thread.
 */
GAN_API gan_status gan_context_create(const gan_context_options *options, gan_context **out);

/** Releases the caller's reference. The context lives as long as any handle made from it. */
GAN_API void gan_context_destroy(gan_context *context);

/** Resources and configuration of a context. */
typedef struct gan_context_info {
    size_t struct_size;    /**< set by ::GAN_CONTEXT_INFO_INIT */
    int64_t threads;       /**< threads that work on a call; 1 with the host's, whose number is unknown */
    gan_cpu cpu;           /**< the level in use, never GAN_CPU_BEST */
    gan_multiply multiply; /**< GAN_MULTIPLY_NATIVE or GAN_MULTIPLY_BLAS */
    bool png;              /**< whether this build can write PNG */
    size_t bytes;          /**< in use by the context and all handles made from it */
    size_t peak_bytes;     /**< highest use so far */
    uint64_t allocations;  /**< successful allocations so far */
    const char *blas;      /**< the BLAS that multiplies, such as "libopenblas.so.0"; "none" if libgan does. Valid as
                                long as the context */
    gan_precision precision; /**< of products */
    uint32_t reserved;       /**< always 0 */
} gan_context_info;

/** The value that a ::gan_context_info starts with: gan_context_info info = GAN_CONTEXT_INFO_INIT. */
#define GAN_CONTEXT_INFO_INIT                                                                                        \
    {                                                                                                                \
        sizeof(gan_context_info), 0, GAN_CPU_BEST, GAN_MULTIPLY_AUTO, false, 0, 0, 0, NULL, GAN_PRECISION_FLOAT32, 0 \
    }

/** Fills in `info`, whose struct_size GAN_CONTEXT_INFO_INIT has set. Any thread. */
GAN_API gan_status gan_context_get_info(const gan_context *context, gan_context_info *info);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup shape Shapes
 * How samples and weights are laid out. Wherever a shape is given, an invalid one is ::GAN_ERROR_SHAPE, and one whose
 * number of elements does not fit into 63 bits is ::GAN_ERROR_OVERFLOW.
 * @{
 */

/** The largest rank of a shape. */
#define GAN_MAX_RANK 6

/** The shape of one sample, without the batch: (100), or (channels, height, width). */
typedef struct gan_shape {
    int rank;                   /**< number of dimensions, 1 to ::GAN_MAX_RANK */
    int64_t dims[GAN_MAX_RANK]; /**< sizes, outermost first, each at least 1; those beyond `rank` are ignored */
} gan_shape;

/** A ::gan_shape of 1 to ::GAN_MAX_RANK sizes: GAN_SHAPE(1, 28, 28). */
#define GAN_SHAPE(...) ((gan_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

/** Number of elements of a shape; 0 if the shape is invalid or its size overflows. Any thread. */
GAN_API int64_t gan_shape_count(gan_shape shape);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup random Random numbers
 * Counter-based: Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011). The same seed
 * gives the same numbers with any number of threads; normal numbers use the Box-Muller transform.
 * @{
 */

/** A random number generator: a seed and a position in one of its streams. Generators are independent. */
typedef struct gan_random gan_random;

/** The whole state of a generator: copy it to save it. */
typedef struct gan_random_state {
    uint64_t seed;    /**< the key */
    uint64_t stream;  /**< upper half of the counter: independent sequences of one seed */
    uint64_t counter; /**< lower half: the next block of four 32-bit words */
} gan_random_state;

/**
 * Creates a generator at the start of a stream of a seed. All streams of all seeds are independent of each other;
 * libgan itself never draws from stream 0. The caller owns the generator.
 */
GAN_API gan_status gan_random_create(gan_context *context, uint64_t seed, uint64_t stream, gan_random **out);
/** Releases the generator. */
GAN_API void gan_random_destroy(gan_random *random);
/** Fills `out` with `count` >= 0 standard normal numbers. Each call starts at a new block of the counter. */
GAN_API gan_status gan_random_normal(gan_random *random, float *out, int64_t count);
/** Fills `out` with `count` >= 0 uniform numbers in [0, 1). Each call starts at a new block of the counter. */
GAN_API gan_status gan_random_uniform(gan_random *random, float *out, int64_t count);
/** Returns the current state. */
GAN_API gan_status gan_random_get_state(const gan_random *random, gan_random_state *out);
/** Restores a state, including one of another generator: every state is valid. */
GAN_API gan_status gan_random_set_state(gan_random *random, gan_random_state state);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup streams Memory instead of files
 * What is saved to a path can also go to a writer, and what is loaded from a path can come from a reader: calls whose
 * names end in _to and _from. Readers and writers are two callbacks of the program. There is one of each for memory:
 *
 *     gan_bytes *saved = NULL;
 *     gan_bytes_create(context, &saved);
 *     gan_model_save_to(generator, gan_bytes_writer(saved), NULL);
 *     send(gan_bytes_data(saved), gan_bytes_size(saved));
 *     gan_bytes_destroy(saved);
 *     ...
 *     gan_model_load_from(context, gan_reader_from_memory(received, size), &generator);
 *
 * The bytes are those of the file. Callbacks are called by the thread that makes the call, and must not use the
 * handles of that call. Any status but ::GAN_OK ends the call, which returns it: ::GAN_ERROR_IO says that reading or
 * writing failed. A callback that is NULL is ::GAN_ERROR_NULL.
 * @{
 */

/** Where a call reads; passed by value. */
typedef struct gan_reader {
    int64_t size; /**< bytes there are, >= 0 */
    /** Stores `size` bytes, at least 1, from `offset` on in `out`. They are all below gan_reader.size. */
    gan_status (*read)(void *user, int64_t offset, void *out, size_t size);
    void *user; /**< passed to read; may be NULL */
} gan_reader;

/** Where a call writes, from the first byte to the last; passed by value. */
typedef struct gan_writer {
    /** Takes the next `size` bytes, at least 1. A call that fails may have written some. */
    gan_status (*write)(void *user, const void *bytes, size_t size);
    void *user; /**< passed to write; may be NULL */
} gan_writer;

/**
 * A reader of `size` bytes in memory, such as an array that is part of the program. They are not copied, and are the
 * caller's. A reader of NULL has no callback. Any thread.
 */
GAN_API gan_reader gan_reader_from_memory(const void *bytes, size_t size);

/** Bytes in memory that grow as they are written. */
typedef struct gan_bytes gan_bytes;
/** Creates a handle without bytes. The caller owns it. */
GAN_API gan_status gan_bytes_create(gan_context *context, gan_bytes **out);
/** Releases the handle and its bytes. */
GAN_API void gan_bytes_destroy(gan_bytes *bytes);
/** A writer that appends to it, valid as long as the handle. That of NULL has no callback. */
GAN_API gan_writer gan_bytes_writer(gan_bytes *bytes);
/** The bytes, valid until the next are written; NULL if none ever were, and for NULL. */
GAN_API const void *gan_bytes_data(const gan_bytes *bytes);
/** How many there are; 0 for NULL. */
GAN_API size_t gan_bytes_size(const gan_bytes *bytes);
/** Drops the bytes, and keeps the memory for the next. Does nothing with NULL. */
GAN_API void gan_bytes_clear(gan_bytes *bytes);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup layer Layers
 * A layer is a description: a kind and its options. It is cheap, and becomes part of the model to which it is added;
 * until then the caller owns it. These functions return NULL on failure, and gan_last_status() gives the reason; a
 * model to which NULL is added remembers the failure, or ::GAN_ERROR_NULL if another one has followed it in this
 * thread, and gan_model_build() returns it. gan_model_build() also checks that each layer fits its inputs.
 *
 * Inside a model, layer k (counted from 0, without inputs) is called "k" unless gan_layer_named() names it; its
 * tensors are "k.weight", "k.bias" and so on, as in PyTorch's nn.Sequential. Shapes below are those of one sample.
 * @{
 */

/** The description of a layer. */
typedef struct gan_layer gan_layer;

/** How weights are initialised. In formulas, fan_in and fan_out are those of the layer's weight, as in PyTorch. */
typedef enum gan_initializer_kind {
    GAN_INITIALIZER_DEFAULT = 0,        /**< the layer's default: mostly Glorot uniform weights, zero biases */
    GAN_INITIALIZER_ZEROS = 1,          /**< 0 */
    GAN_INITIALIZER_CONSTANT = 2,       /**< value */
    GAN_INITIALIZER_NORMAL = 3,         /**< N(0, value^2); 0.02 in DCGAN (Radford et al., 2016) */
    GAN_INITIALIZER_UNIFORM = 4,        /**< U(-value, value) */
    GAN_INITIALIZER_GLOROT_UNIFORM = 5, /**< U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010) */
    GAN_INITIALIZER_GLOROT_NORMAL = 6,  /**< N(0, 2 / (fan_in + fan_out)) */
    GAN_INITIALIZER_HE_UNIFORM = 7,     /**< U(-a, a), a = sqrt(6 / fan_in) (He et al., 2015) */
    GAN_INITIALIZER_HE_NORMAL = 8,      /**< N(0, 2 / fan_in) */
    GAN_INITIALIZER_LECUN_UNIFORM = 9,  /**< U(-a, a), a = sqrt(3 / fan_in) (LeCun et al., 1998) */
    GAN_INITIALIZER_LECUN_NORMAL = 10   /**< N(0, 1 / fan_in) */
} gan_initializer_kind;

/** How a tensor is initialised; made by one of the macros below: .weight_initializer = GAN_NORMAL(0.02f). */
typedef struct gan_initializer {
    gan_initializer_kind kind; /**< the distribution to draw from */
    float value;               /**< finite; for constant, normal (>= 0) and uniform (>= 0); else 0 */
} gan_initializer;

/** All values 0. */
#define GAN_ZEROS                   \
    {                               \
        GAN_INITIALIZER_ZEROS, 0.0f \
    }
/** All values `value`. */
#define GAN_CONSTANT(value)               \
    {                                     \
        GAN_INITIALIZER_CONSTANT, (value) \
    }
/** N(0, deviation^2); deviation >= 0. */
#define GAN_NORMAL(deviation)               \
    {                                       \
        GAN_INITIALIZER_NORMAL, (deviation) \
    }
/** U(-limit, limit); limit >= 0. */
#define GAN_UNIFORM(limit)               \
    {                                    \
        GAN_INITIALIZER_UNIFORM, (limit) \
    }
/** ::GAN_INITIALIZER_GLOROT_UNIFORM, the usual default for weights. */
#define GAN_GLOROT_UNIFORM                   \
    {                                        \
        GAN_INITIALIZER_GLOROT_UNIFORM, 0.0f \
    }
/** ::GAN_INITIALIZER_GLOROT_NORMAL. */
#define GAN_GLOROT_NORMAL                   \
    {                                       \
        GAN_INITIALIZER_GLOROT_NORMAL, 0.0f \
    }
/** ::GAN_INITIALIZER_HE_UNIFORM. */
#define GAN_HE_UNIFORM                   \
    {                                    \
        GAN_INITIALIZER_HE_UNIFORM, 0.0f \
    }
/** ::GAN_INITIALIZER_HE_NORMAL. */
#define GAN_HE_NORMAL                   \
    {                                   \
        GAN_INITIALIZER_HE_NORMAL, 0.0f \
    }
/** ::GAN_INITIALIZER_LECUN_UNIFORM. */
#define GAN_LECUN_UNIFORM                   \
    {                                       \
        GAN_INITIALIZER_LECUN_UNIFORM, 0.0f \
    }
/** ::GAN_INITIALIZER_LECUN_NORMAL. */
#define GAN_LECUN_NORMAL                   \
    {                                      \
        GAN_INITIALIZER_LECUN_NORMAL, 0.0f \
    }

/** An input of the model for samples of this shape. A model's inputs are numbered from 0 in the order of addition. */
GAN_API gan_layer *gan_layer_input(gan_context *context, gan_shape shape);

/** Options of gan_layer_dense(). */
typedef struct gan_dense_options {
    size_t struct_size;                 /**< set by GAN_DENSE() */
    bool no_bias;                       /**< default: with bias */
    gan_initializer weight_initializer; /**< default: Glorot uniform */
    gan_initializer bias_initializer;   /**< default: zeros */
    bool spectral_norm;                 /**< divide the weight by sigma: see gan_layer_dense() */
    uint8_t reserved[3];                /**< 0, else ::GAN_ERROR_VERSION */
} gan_dense_options;
/** ::gan_dense_options with the given fields: GAN_DENSE(.no_bias = true). */
#define GAN_DENSE(...) GAN_OPTIONS(gan_dense_options, __VA_ARGS__)

/**
 * y = W x + b, from (inputs) to (units); 1 <= units < 2^31. weight: (units, inputs); bias: (units).
 *
 * With spectral_norm, here and in convolutions (Miyato et al., "Spectral Normalization for Generative Adversarial
 * Networks", 2018), W / sigma replaces W, where sigma = u^T W v approximates the largest singular value of the weight
 * as a matrix with one row per unit or filter (in conv_transpose2d one per filter of a group, as in PyTorch), and all
 * other sizes as columns. Each training pass forward first takes one step of power iteration, v = W^T u / |W^T u| and
 * u = W v / |W v| (norms at least 1e-12); gradients pass through sigma, with u and v held constant. Sampling uses the
 * last u and v with the current weight. Buffers: weight_u (rows) and weight_v (columns), initialised from the model's
 * seed, and weight_sigma (1), from the last training pass. "weight" is W, which PyTorch calls weight_orig. An
 * all-zero weight gives NaN.
 */
GAN_API gan_layer *gan_layer_dense(gan_context *context, int64_t units, const gan_dense_options *options);

/** How a convolution treats the border of an image. */
typedef enum gan_padding {
    GAN_PADDING_VALID = 0,   /**< none */
    GAN_PADDING_SAME = 1,    /**< as in TensorFlow: output = ceil(input / stride); an odd total adds one more below
                                  and right */
    GAN_PADDING_EXPLICIT = 2 /**< as given in `pads`: top, bottom, left, right */
} gan_padding;

/** Options of gan_layer_conv2d(). */
typedef struct gan_conv2d_options {
    size_t struct_size;                 /**< set by GAN_CONV2D() */
    int64_t kernel[2];                  /**< height, width; >= 1; default 3, 3 */
    int64_t stride[2];                  /**< down, right; >= 1; default 1, 1 */
    gan_padding padding;                /**< default: GAN_PADDING_VALID */
    int64_t pads[4];                    /**< top, bottom, left, right; only for GAN_PADDING_EXPLICIT; from 0, the
                                             default, to less than the dilated kernel */
    bool no_bias;                       /**< default: with bias */
    gan_initializer weight_initializer; /**< default: Glorot uniform */
    gan_initializer bias_initializer;   /**< default: zeros */
    bool spectral_norm;                 /**< divide the weight by sigma: see gan_layer_dense() */
    uint8_t reserved[3];                /**< 0, else ::GAN_ERROR_VERSION */
    int64_t dilation[2]; /**< rows down and columns right from one value of the kernel to the next; >= 1;
                              default 1, 1 */
    int64_t groups;      /**< >= 1; divides channels and filters; default 1 */
} gan_conv2d_options;
/** ::gan_conv2d_options with the given fields: GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}). */
#define GAN_CONV2D(...) GAN_OPTIONS(gan_conv2d_options, __VA_ARGS__)

/**
 * Two-dimensional cross-correlation on samples (channels, height, width), to (filters, output height, output width):
 * y[f, i, j] = b[f] + sum over c, u, v of w[f, c, u, v] x[c, i * stride + u * dilation - top, j * stride + v *
 * dilation
 * - left], where x is 0 outside the image. Each output side is floor((input + pads - dilated kernel) / stride) + 1,
 * at least 1, where the dilated kernel is (kernel - 1) * dilation + 1, less than 2^31. weight: (filters, channels /
 * groups, kernel height, kernel width); bias: (filters).
 *
 * Channels and filters are divided, in their order, into `groups` equal parts; each part of the filters sees one of
 * the channels. With as many groups as channels the convolution is depthwise.
 */
GAN_API gan_layer *gan_layer_conv2d(gan_context *context, int64_t filters, const gan_conv2d_options *options);

/** Options of gan_layer_conv_transpose2d(). */
typedef struct gan_conv_transpose2d_options {
    size_t struct_size;                 /**< set by GAN_CONV_TRANSPOSE2D() */
    int64_t kernel[2];                  /**< height, width; >= 1; default 3, 3 */
    int64_t stride[2];                  /**< down, right; >= 1; default 1, 1 */
    gan_padding padding;                /**< default: GAN_PADDING_VALID; SAME: output = input * stride */
    int64_t pads[4];                    /**< rows and columns cut from top, bottom, left, right; only for
                                             GAN_PADDING_EXPLICIT; from 0, the default, to less than the dilated
                                             kernel */
    int64_t output_padding[2];          /**< extra rows below and columns right; less than the stride, and 0 with
                                             GAN_PADDING_SAME; default 0, 0 */
    bool no_bias;                       /**< default: with bias */
    gan_initializer weight_initializer; /**< default: Glorot uniform */
    gan_initializer bias_initializer;   /**< default: zeros */
    bool spectral_norm;                 /**< divide the weight by sigma: see gan_layer_dense() */
    uint8_t reserved[3];                /**< 0, else ::GAN_ERROR_VERSION */
    int64_t dilation[2]; /**< rows down and columns right from one value of the kernel to the next; >= 1;
                              default 1, 1 */
    int64_t groups;      /**< >= 1; divides channels and filters; default 1 */
} gan_conv_transpose2d_options;
/** ::gan_conv_transpose2d_options with the given fields: GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}). */
#define GAN_CONV_TRANSPOSE2D(...) GAN_OPTIONS(gan_conv_transpose2d_options, __VA_ARGS__)

/**
 * The adjoint of conv2d, which enlarges images: output = (input - 1) * stride + dilated kernel - pads +
 * output_padding. weight: (channels, filters / groups, kernel height, kernel width), as in PyTorch; bias: (filters).
 */
GAN_API gan_layer *gan_layer_conv_transpose2d(gan_context *context, int64_t filters,
                                              const gan_conv_transpose2d_options *options);

/** Flattens any shape to one dimension, in the order channel, row, column. */
GAN_API gan_layer *gan_layer_flatten(gan_context *context);
/** Changes the shape to one with as many elements, in the same order. */
GAN_API gan_layer *gan_layer_reshape(gan_context *context, gan_shape shape);

/** Options of gan_layer_concat(). */
typedef struct gan_concat_options {
    size_t struct_size; /**< set by GAN_CONCAT() */
    int axis;           /**< of the sample, from 0; below its rank; default 0, the channels */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_concat_options;
/** ::gan_concat_options with the given fields: GAN_CONCAT(.axis = 1). */
#define GAN_CONCAT(...) GAN_OPTIONS(gan_concat_options, __VA_ARGS__)

/** Joins two or more inputs along an axis; all other dimensions must be equal. */
GAN_API gan_layer *gan_layer_concat(gan_context *context, const gan_concat_options *options);

/** Options of gan_layer_slice(). */
typedef struct gan_slice_options {
    size_t struct_size; /**< set by GAN_SLICE() */
    int64_t start;      /**< the first index that is kept; 0 to 2^31 - 1; default 0 */
    int64_t length;     /**< how many are kept; 0 to 2^31 - 1; 0, the default: all from `start` on */
    int axis;           /**< of the sample, from 0; below its rank; default 0, the channels */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_slice_options;
/** ::gan_slice_options with the given fields: GAN_SLICE(.start = 8, .length = 4). */
#define GAN_SLICE(...) GAN_OPTIONS(gan_slice_options, __VA_ARGS__)

/**
 * Part of a sample along an axis, such as some of the channels, or the mean in a vector that holds mean and log
 * variance. A part that is not within the input is ::GAN_ERROR_SHAPE. The inverse of concat: its gradient with
 * respect to all else is 0.
 */
GAN_API gan_layer *gan_layer_slice(gan_context *context, const gan_slice_options *options);

/** Sum of two or more inputs of one shape. */
GAN_API gan_layer *gan_layer_add(gan_context *context);

/**
 * The inner product of two inputs of one shape: to (1), the sum of the products of their elements. A projection
 * discriminator (Miyato and Koyama, "cGANs with Projection Discriminator", 2018) adds that of its last features and
 * an embedding of the class to its logit.
 */
GAN_API gan_layer *gan_layer_inner_product(gan_context *context);

/**
 * Product of two inputs. The second has the shape of the first, or multiplies, with its shape (channels), every pixel
 * of an image (channels, height, width), or, with its shape (1), the whole sample. Second derivatives include those
 * by both inputs.
 */
GAN_API gan_layer *gan_layer_multiply(gan_context *context);

/**
 * y = log(sum of exp(x)) over a sample of rank 1: maps (n) to (1), without overflow. From the logits of K classes it
 * makes one logit of "real", for semi-supervised training, in which generated samples are class K + 1 with the logit
 * 0 (Salimans et al., 2016).
 */
GAN_API gan_layer *gan_layer_log_sum_exp(gan_context *context);

/**
 * y_j = exp(x_j) / sum of exp(x_k) over the channels of each pixel, (channels, height, width), or over a sample of
 * rank 1, without overflow: probabilities, which add up to 1. A generator of text ends in it, with the alphabet as
 * channels. Losses such as gan_softmax_cross_entropy_loss() take logits instead, from before it.
 */
GAN_API gan_layer *gan_layer_softmax(gan_context *context);

/** Options of gan_layer_gradient_reversal(). */
typedef struct gan_gradient_reversal_options {
    size_t struct_size; /**< set by GAN_GRADIENT_REVERSAL() */
    float scale;        /**< of the reversed gradient; >= 0; default 1 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_gradient_reversal_options;
/** ::gan_gradient_reversal_options with the given fields: GAN_GRADIENT_REVERSAL(.scale = 0.1f). */
#define GAN_GRADIENT_REVERSAL(...) GAN_OPTIONS(gan_gradient_reversal_options, __VA_ARGS__)

/**
 * y = x, with the gradient -scale times that of y: what is before it is trained to worsen what the layers after it
 * are trained to improve (Ganin et al., "Domain-Adversarial Training of Neural Networks", 2016). Since that is not
 * the derivative of y, there are no second derivatives: penalties on gradients are ::GAN_ERROR_UNSUPPORTED.
 */
GAN_API gan_layer *gan_layer_gradient_reversal(gan_context *context, const gan_gradient_reversal_options *options);

/** Options of gan_layer_leaky_relu(). */
typedef struct gan_leaky_relu_options {
    size_t struct_size; /**< set by GAN_LEAKY_RELU() */
    float slope;        /**< of the part below 0; [0, 1); default 0.2 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_leaky_relu_options;
/** ::gan_leaky_relu_options with the given fields: GAN_LEAKY_RELU(.slope = 0.1f). */
#define GAN_LEAKY_RELU(...) GAN_OPTIONS(gan_leaky_relu_options, __VA_ARGS__)

/** y = x for x > 0, else slope * x. Maas et al., 2013. */
GAN_API gan_layer *gan_layer_leaky_relu(gan_context *context, const gan_leaky_relu_options *options);
/** y = max(x, 0) */
GAN_API gan_layer *gan_layer_relu(gan_context *context);
/** y = tanh(x), in (-1, 1) */
GAN_API gan_layer *gan_layer_tanh(gan_context *context);
/** y = 1 / (1 + exp(-x)), in (0, 1). Losses take logits, so a discriminator needs no final sigmoid. */
GAN_API gan_layer *gan_layer_sigmoid(gan_context *context);
/** y = log(1 + exp(x)) */
GAN_API gan_layer *gan_layer_softplus(gan_context *context);

/** Options of gan_layer_elu(). */
typedef struct gan_elu_options {
    size_t struct_size; /**< set by GAN_ELU() */
    float alpha;        /**< -alpha is the limit below 0; > 0; default 1 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_elu_options;
/** ::gan_elu_options with the given fields: GAN_ELU(.alpha = 0.5f). */
#define GAN_ELU(...) GAN_OPTIONS(gan_elu_options, __VA_ARGS__)

/** y = x for x > 0, else alpha * (exp(x) - 1). Clevert et al., 2016. */
GAN_API gan_layer *gan_layer_elu(gan_context *context, const gan_elu_options *options);

/** Options of gan_layer_prelu(). */
typedef struct gan_prelu_options {
    size_t struct_size;                 /**< set by GAN_PRELU() */
    gan_initializer weight_initializer; /**< default: 0.25 */
    bool per_channel;    /**< a slope for each channel of an image, or each value of a sample of rank 1;
                              default: one for all */
    uint8_t reserved[7]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_prelu_options;
/** ::gan_prelu_options with the given fields: GAN_PRELU(.per_channel = true). */
#define GAN_PRELU(...) GAN_OPTIONS(gan_prelu_options, __VA_ARGS__)

/** y = x for x > 0, else weight * x, with a learned weight, (1) or, with per_channel, (channels). He et al., 2015. */
GAN_API gan_layer *gan_layer_prelu(gan_context *context, const gan_prelu_options *options);

/** y = x / (1 + exp(-x)), also called swish. Elfwing et al., 2018. */
GAN_API gan_layer *gan_layer_silu(gan_context *context);

/** Options of gan_layer_gelu(). */
typedef struct gan_gelu_options {
    size_t struct_size;      /**< set by GAN_GELU() */
    bool tanh_approximation; /**< y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, as models like GPT-2 use;
                                  PyTorch's approximate='tanh'. Default: exact */
    uint8_t reserved[7];     /**< 0, else ::GAN_ERROR_VERSION */
} gan_gelu_options;
/** ::gan_gelu_options with the given fields: GAN_GELU(.tanh_approximation = true). */
#define GAN_GELU(...) GAN_OPTIONS(gan_gelu_options, __VA_ARGS__)

/** y = x * P(n <= x) with n ~ N(0, 1), that is x (1 + erf(x / sqrt(2))) / 2. Hendrycks and Gimpel, 2016. */
GAN_API gan_layer *gan_layer_gelu(gan_context *context, const gan_gelu_options *options);

/** Options of gan_layer_dropout(). */
typedef struct gan_dropout_options {
    size_t struct_size;  /**< set by GAN_DROPOUT() */
    float rate;          /**< probability that a value becomes 0; [0, 1); default 0.5 */
    bool in_sampling;    /**< drop values in sampling too: the noise of pix2pix (Isola et al., 2017); default: no */
    uint8_t reserved[3]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_dropout_options;
/** ::gan_dropout_options with the given fields: GAN_DROPOUT(.rate = 0.3f). */
#define GAN_DROPOUT(...) GAN_OPTIONS(gan_dropout_options, __VA_ARGS__)

/**
 * In training: 0 with probability `rate`, else x / (1 - rate); in sampling: x, unless in_sampling. Srivastava et al.,
 * 2014. Each forward pass of a session draws a new mask. With in_sampling, sample i of gan_model_sample() has a mask
 * that depends only on the seed and i.
 */
GAN_API gan_layer *gan_layer_dropout(gan_context *context, const gan_dropout_options *options);

/** Options of gan_layer_batch_norm(). */
typedef struct gan_batch_norm_options {
    size_t struct_size;  /**< set by GAN_BATCH_NORM() */
    float momentum;      /**< weight of the new batch in the running statistics, as in PyTorch; (0, 1]; default 0.1 */
    float epsilon;       /**< added to the variance; > 0; default 1e-5 */
    bool no_affine;      /**< default: with a learned scale (weight, from 1) and shift (bias, from 0) */
    uint8_t reserved[7]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_batch_norm_options;
/** ::gan_batch_norm_options with the given fields: GAN_BATCH_NORM(.momentum = 0.01f). */
#define GAN_BATCH_NORM(...) GAN_OPTIONS(gan_batch_norm_options, __VA_ARGS__)

/**
 * Batch normalisation (Ioffe and Szegedy, 2015), over the batch for samples of rank 1 and over the batch and the
 * pixels of each channel for images: y = weight * (x - mean) / sqrt(variance + epsilon) + bias. Tensors: weight and
 * bias, unless no_affine, and the buffers running_mean and running_var, each (channels). Training uses the batch's
 * statistics (variance over n), which also update running_mean and running_var (variance over n - 1, as in PyTorch);
 * sampling uses the running ones. Training on one value per channel, such as a batch of one in a dense model, is
 * GAN_ERROR_BATCH_OF_ONE, returned before any layer of the model runs.
 */
GAN_API gan_layer *gan_layer_batch_norm(gan_context *context, const gan_batch_norm_options *options);

/** Options of gan_layer_conditional_batch_norm(). */
typedef struct gan_conditional_batch_norm_options {
    size_t struct_size; /**< set by GAN_CONDITIONAL_BATCH_NORM() */
    float momentum;     /**< as in ::gan_batch_norm_options; (0, 1]; default 0.1 */
    float epsilon;      /**< added to the variance; > 0; default 1e-5 */
} gan_conditional_batch_norm_options;
/** ::gan_conditional_batch_norm_options with the given fields: GAN_CONDITIONAL_BATCH_NORM(.momentum = 0.01f). */
#define GAN_CONDITIONAL_BATCH_NORM(...) GAN_OPTIONS(gan_conditional_batch_norm_options, __VA_ARGS__)

/**
 * Conditional batch normalisation (de Vries et al., "Modulating early visual processing by language", 2017; in GANs,
 * Dumoulin et al. and Miyato and Koyama): batch normalisation whose scale and shift are those of the sample's class.
 * Reads two nodes: x, as gan_layer_batch_norm() does, and a class number (1) as gan_layer_embedding() does. Tensors:
 * weight (classes, channels), from 1, and bias (classes, channels), from 0, and the buffers running_mean and
 * running_var (channels), which all classes share. 1 <= classes <= 2^24. Numbers and batches are rejected as in those
 * two layers; the gradient with respect to the number is 0.
 */
GAN_API gan_layer *gan_layer_conditional_batch_norm(gan_context *context, int64_t classes,
                                                    const gan_conditional_batch_norm_options *options);

/** Options of gan_layer_layer_norm(). */
typedef struct gan_layer_norm_options {
    size_t struct_size;  /**< set by GAN_LAYER_NORM() */
    float epsilon;       /**< added to the variance; > 0; default 1e-5 */
    bool no_affine;      /**< default: with a learned scale (weight, from 1) and shift (bias, from 0) */
    uint8_t reserved[3]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_layer_norm_options;
/** ::gan_layer_norm_options with the given fields: GAN_LAYER_NORM(.no_affine = true). */
#define GAN_LAYER_NORM(...) GAN_OPTIONS(gan_layer_norm_options, __VA_ARGS__)

/**
 * Layer normalisation (Ba et al., 2016) over all values of a sample, of any shape: y = weight * (x - mean) /
 * sqrt(variance + epsilon) + bias, variance over n. weight and bias, unless no_affine, have the sample's shape. Like
 * the two below, it does the same in training and sampling, keeps no statistics, and supports penalties on gradients.
 * A sample of one value, whose result would always be bias, is ::GAN_ERROR_SHAPE.
 */
GAN_API gan_layer *gan_layer_layer_norm(gan_context *context, const gan_layer_norm_options *options);

/** Options of gan_layer_instance_norm(). */
typedef struct gan_instance_norm_options {
    size_t struct_size;  /**< set by GAN_INSTANCE_NORM() */
    float epsilon;       /**< added to the variance; > 0; default 1e-5 */
    bool no_affine;      /**< default: with a learned scale (weight, from 1) and shift (bias, from 0) */
    uint8_t reserved[3]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_instance_norm_options;
/** ::gan_instance_norm_options with the given fields: GAN_INSTANCE_NORM(.no_affine = true). */
#define GAN_INSTANCE_NORM(...) GAN_OPTIONS(gan_instance_norm_options, __VA_ARGS__)

/**
 * Instance normalisation (Ulyanov et al., 2016): the same over the pixels, at least 2, of each channel of an image.
 * weight and bias: (channels); PyTorch's InstanceNorm2d has them with affine=True.
 */
GAN_API gan_layer *gan_layer_instance_norm(gan_context *context, const gan_instance_norm_options *options);

/** Options of gan_layer_group_norm(). */
typedef struct gan_group_norm_options {
    size_t struct_size;  /**< set by GAN_GROUP_NORM() */
    float epsilon;       /**< added to the variance; > 0; default 1e-5 */
    bool no_affine;      /**< default: with a learned scale (weight, from 1) and shift (bias, from 0) */
    uint8_t reserved[3]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_group_norm_options;
/** ::gan_group_norm_options with the given fields: GAN_GROUP_NORM(.no_affine = true). */
#define GAN_GROUP_NORM(...) GAN_OPTIONS(gan_group_norm_options, __VA_ARGS__)

/**
 * Group normalisation (Wu and He, 2018): the same over the pixels and channels of each of `groups` runs of channels,
 * for images and samples of rank 1. groups >= 1 must divide the channels (else ::GAN_ERROR_SHAPE), and a group must
 * have at least 2 values. weight and bias: (channels).
 */
GAN_API gan_layer *gan_layer_group_norm(gan_context *context, int64_t groups, const gan_group_norm_options *options);

/** How upsampling fills in new pixels. */
typedef enum gan_interpolation {
    GAN_INTERPOLATION_NEAREST = 0, /**< each pixel repeated */
    GAN_INTERPOLATION_BILINEAR = 1 /**< weighted by distance from the nearest pixel centres, two in each direction, or
                                        fewer at the border (PyTorch's align_corners=False) */
} gan_interpolation;

/** Options of gan_layer_upsample2d(). */
typedef struct gan_upsample2d_options {
    size_t struct_size;              /**< set by GAN_UPSAMPLE2D() */
    int64_t factor[2];               /**< of height and width; >= 1; default 2, 2 */
    gan_interpolation interpolation; /**< default: GAN_INTERPOLATION_NEAREST */
    uint32_t reserved;               /**< 0, else ::GAN_ERROR_VERSION */
} gan_upsample2d_options;
/** ::gan_upsample2d_options with the given fields: GAN_UPSAMPLE2D(.factor = {2, 2}). */
#define GAN_UPSAMPLE2D(...) GAN_OPTIONS(gan_upsample2d_options, __VA_ARGS__)

/**
 * Enlarges samples (channels, height, width) by whole factors. Followed by a convolution, it avoids the checkerboard
 * artifacts of conv_transpose2d (Odena et al., "Deconvolution and Checkerboard Artifacts", 2016).
 */
GAN_API gan_layer *gan_layer_upsample2d(gan_context *context, const gan_upsample2d_options *options);

/** Options of gan_layer_avg_pool2d(). */
typedef struct gan_avg_pool2d_options {
    size_t struct_size; /**< set by GAN_AVG_POOL2D() */
    int64_t kernel[2];  /**< height, width; >= 1; default 2, 2 */
    int64_t stride[2];  /**< down, right; >= 1; default: the kernel */
} gan_avg_pool2d_options;
/** ::gan_avg_pool2d_options with the given fields: GAN_AVG_POOL2D(.kernel = {3, 3}, .stride = {2, 2}). */
#define GAN_AVG_POOL2D(...) GAN_OPTIONS(gan_avg_pool2d_options, __VA_ARGS__)

/**
 * The mean over a window that slides over samples (channels, height, width), without padding. Each output side is
 * floor((input - kernel) / stride) + 1, at least 1.
 */
GAN_API gan_layer *gan_layer_avg_pool2d(gan_context *context, const gan_avg_pool2d_options *options);

/** Options of gan_layer_max_pool2d(). */
typedef struct gan_max_pool2d_options {
    size_t struct_size; /**< set by GAN_MAX_POOL2D() */
    int64_t kernel[2];  /**< height, width; >= 1, together at most 2^24 values; default 2, 2 */
    int64_t stride[2];  /**< down, right; >= 1; default: the kernel */
    int64_t pads[2];    /**< above and below, left and right; at most half the kernel; default 0, 0. No value there is
                             ever the largest */
} gan_max_pool2d_options;
/** ::gan_max_pool2d_options with the given fields: GAN_MAX_POOL2D(.kernel = {3, 3}, .stride = {2, 2}). */
#define GAN_MAX_POOL2D(...) GAN_OPTIONS(gan_max_pool2d_options, __VA_ARGS__)

/**
 * The largest value in a window that slides over samples (channels, height, width); as in PyTorch, the first of equal
 * ones gets the gradient, and NaN counts as the largest. Each output side is
 * floor((input + 2 pads - kernel) / stride) + 1, at least 1.
 */
GAN_API gan_layer *gan_layer_max_pool2d(gan_context *context, const gan_max_pool2d_options *options);

/** What padding shows beyond the border of an image. */
typedef enum gan_pad_mode {
    GAN_PAD_ZERO = 0,       /**< 0 */
    GAN_PAD_REFLECTION = 1, /**< the image mirrored at its outermost pixels, which are not repeated */
    GAN_PAD_REPLICATION = 2 /**< the nearest pixel of the image */
} gan_pad_mode;

/** Options of gan_layer_pad2d(). */
typedef struct gan_pad2d_options {
    size_t struct_size; /**< set by GAN_PAD2D() */
    int64_t pads[4];    /**< top, bottom, left, right, as in ::gan_conv2d_options; 0 to 2^31 - 1; default 0 */
    gan_pad_mode mode;  /**< default: GAN_PAD_ZERO */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_pad2d_options;
/** ::gan_pad2d_options with the given fields: GAN_PAD2D(.pads = {1, 1, 1, 1}, .mode = GAN_PAD_REFLECTION). */
#define GAN_PAD2D(...) GAN_OPTIONS(gan_pad2d_options, __VA_ARGS__)

/**
 * Pads samples (channels, height, width), like PyTorch's ZeroPad2d, ReflectionPad2d and ReplicationPad2d, whose order
 * is left, right, top, bottom. Pads by reflection must be less than the side of the image, else ::GAN_ERROR_SHAPE.
 */
GAN_API gan_layer *gan_layer_pad2d(gan_context *context, const gan_pad2d_options *options);

/**
 * Rearranges samples (c f^2, h, w) to (c, h f, w f), where f is the factor, 1 <= f < 2^31: f^2 channels of a pixel
 * become f x f pixels, y[c, h f + i, w f + j] = x[(c f + i) f + j, h, w], as in PyTorch's PixelShuffle. After a
 * convolution it enlarges images (Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient
 * Sub-Pixel Convolutional Neural Network", 2016). Channels that f^2 does not divide are ::GAN_ERROR_SHAPE.
 */
GAN_API gan_layer *gan_layer_pixel_shuffle(gan_context *context, int64_t factor);

/** Options of gan_layer_gaussian_noise(). */
typedef struct gan_gaussian_noise_options {
    size_t struct_size; /**< set by GAN_GAUSSIAN_NOISE() */
    float deviation;    /**< standard deviation; >= 0; default 0.1 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_gaussian_noise_options;
/** ::gan_gaussian_noise_options with the given fields: GAN_GAUSSIAN_NOISE(.deviation = 0.2f). */
#define GAN_GAUSSIAN_NOISE(...) GAN_OPTIONS(gan_gaussian_noise_options, __VA_ARGS__)

/**
 * In training: x + deviation * n with n ~ N(0, 1) for each value; in sampling: x. Each forward pass of a session
 * draws new noise.
 */
GAN_API gan_layer *gan_layer_gaussian_noise(gan_context *context, const gan_gaussian_noise_options *options);

/**
 * A sample of a Gaussian code, the reparametrisation of Kingma and Welling ("Auto-Encoding Variational Bayes", 2014):
 * reads two nodes of one shape, means m and logarithms of variances v, as gan_loss_gaussian_kl() does. In training:
 * m + exp(v / 2) n with n ~ N(0, 1) for each value; in sampling: m. Each forward pass of a session draws new numbers,
 * through which no gradient passes.
 */
GAN_API gan_layer *gan_layer_gaussian_sample(gan_context *context);

/** Options of gan_layer_attention(). */
typedef struct gan_attention_options {
    size_t struct_size; /**< set by GAN_ATTENTION() */
    float scale;        /**< of the products of queries and keys; > 0; default 1, as in SAGAN; Transformers take
                             1 / sqrt(channels of a key) */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_attention_options;
/** ::gan_attention_options with the given fields: GAN_ATTENTION(.scale = 0.125f). */
#define GAN_ATTENTION(...) GAN_OPTIONS(gan_attention_options, __VA_ARGS__)

/**
 * Dot-product attention, over the pixels of images as in SAGAN (Zhang et al., "Self-Attention Generative Adversarial
 * Networks", 2019). Reads three nodes, queries q (k, height, width), keys (k, height', width') and values v
 * (channels, height', width'), to (channels, height, width): for each pixel i, y_i = sum over j of p_ij v_j, with the
 * weights p_ij = exp(scale <q_i, key_j>) / sum over j' of exp(scale <q_i, key_j'>), where j are the pixels of keys
 * and values. Or, with rows in place of pixels, (n, k), (n', k) and (n', channels), to (n, channels), as PyTorch's
 * scaled_dot_product_attention. A session keeps the weights: height width height' width' values for each sample of
 * its batch. docs/layers.md has SAGAN's whole block.
 */
GAN_API gan_layer *gan_layer_attention(gan_context *context, const gan_attention_options *options);

/** Options of gan_layer_embedding(). */
typedef struct gan_embedding_options {
    size_t struct_size;                 /**< set by GAN_EMBEDDING() */
    gan_initializer weight_initializer; /**< default: N(0, 1) */
} gan_embedding_options;
/** ::gan_embedding_options with the given fields: GAN_EMBEDDING(.weight_initializer = GAN_NORMAL(0.02f)). */
#define GAN_EMBEDDING(...) GAN_OPTIONS(gan_embedding_options, __VA_ARGS__)

/**
 * A learned vector for each class: maps (1), a class number x as a float, to (units), row x of the weight (classes,
 * units). 1 <= classes <= 2^24, 1 <= units < 2^31. A number that is not an integer in [0, classes) is
 * GAN_ERROR_ARGUMENT in gan_session_forward(). The gradient with respect to the number is 0.
 */
GAN_API gan_layer *gan_layer_embedding(gan_context *context, int64_t classes, int64_t units,
                                       const gan_embedding_options *options);

/**
 * The class as a vector: maps (1), a class number x as a float, to (classes), 1 at x and 0 elsewhere. 1 <= classes <=
 * 2^24. A number that is not an integer in [0, classes) is GAN_ERROR_ARGUMENT in gan_session_forward(). The gradient
 * with respect to the number is 0. gan_layer_reshape() and gan_layer_upsample2d() repeat the vector at every pixel,
 * so that it can be joined to an image.
 */
GAN_API gan_layer *gan_layer_one_hot(gan_context *context, int64_t classes);

/** Options of gan_layer_constant(). */
typedef struct gan_constant_layer_options {
    size_t struct_size;                 /**< set by GAN_CONSTANT_LAYER() */
    gan_initializer weight_initializer; /**< default: N(0, 1); fan_in and fan_out are the number of elements */
} gan_constant_layer_options;
/** ::gan_constant_layer_options with the given fields: GAN_CONSTANT_LAYER(.weight_initializer = GAN_CONSTANT(1.0f)).
 */
#define GAN_CONSTANT_LAYER(...) GAN_OPTIONS(gan_constant_layer_options, __VA_ARGS__)

/**
 * A learned constant of this shape, the same for every sample: the input of StyleGAN's synthesis network (Karras et
 * al., "A Style-Based Generator Architecture for Generative Adversarial Networks", 2019). It reads one node of any
 * shape, only to have as many samples; the gradient with respect to that is 0. weight: the shape.
 */
GAN_API gan_layer *gan_layer_constant(gan_context *context, gan_shape shape,
                                      const gan_constant_layer_options *options);

/** Options of gan_layer_pixel_norm(). */
typedef struct gan_pixel_norm_options {
    size_t struct_size; /**< set by GAN_PIXEL_NORM() */
    float epsilon;      /**< added to the mean of squares; > 0; default 1e-8 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_pixel_norm_options;
/** ::gan_pixel_norm_options with the given fields: GAN_PIXEL_NORM(.epsilon = 1e-6f). */
#define GAN_PIXEL_NORM(...) GAN_OPTIONS(gan_pixel_norm_options, __VA_ARGS__)

/**
 * Pixel normalisation (Karras et al., "Progressive Growing of GANs", 2018) over the channels of each pixel, at least
 * 2, or over a sample of rank 1: y = x / sqrt(mean of x^2 + epsilon).
 */
GAN_API gan_layer *gan_layer_pixel_norm(gan_context *context, const gan_pixel_norm_options *options);

/** Options of gan_layer_minibatch_stddev(). */
typedef struct gan_minibatch_stddev_options {
    size_t struct_size; /**< set by GAN_MINIBATCH_STDDEV() */
    int64_t group;      /**< consecutive samples that are compared; >= 2; default 4 */
} gan_minibatch_stddev_options;
/** ::gan_minibatch_stddev_options with the given fields: GAN_MINIBATCH_STDDEV(.group = 8). */
#define GAN_MINIBATCH_STDDEV(...) GAN_OPTIONS(gan_minibatch_stddev_options, __VA_ARGS__)

/**
 * Minibatch standard deviation (Karras et al., 2018), which shows a discriminator how varied its samples are: adds
 * one feature or channel to the input, which has rank 1 or is an image. The batch is split into groups of `group`
 * consecutive samples; the last may be smaller. The new values, equal throughout a group, are the mean over all
 * features of sqrt(variance of the feature in the group + 1e-8), variance over n. Sampling uses groups too: in a
 * generator, samples would depend on each other.
 */
GAN_API gan_layer *gan_layer_minibatch_stddev(gan_context *context, const gan_minibatch_stddev_options *options);

/**
 * Names a layer, in messages and in the names of its tensors: 1 to 63 bytes of UTF-8, without '/' or control
 * characters; unique within a model. Returns the layer. On failure it destroys the layer and returns NULL; a NULL
 * layer stays NULL and keeps its original failure.
 */
GAN_API gan_layer *gan_layer_named(gan_layer *layer, const char *name);

/** Releases a layer that was not added to a model. */
GAN_API void gan_layer_destroy(gan_layer *layer);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup model Models
 * A directed acyclic graph of layers with its weights. Sequential is the simplest case. A model is described (add,
 * set_outputs), built, and then used; calls that need a built model are ::GAN_ERROR_STATE before that.
 *
 * Thread safety: sessions of one model may run forward in several threads at once as long as nothing changes the
 * weights (set_tensor, load, an optimizer's step) and none of them trains through batch or spectral normalisation.
 * Backward passes add to the model's gradients: one thread at a time.
 * @{
 */

/** A graph of layers, its weights and their gradients. */
typedef struct gan_model gan_model;

/** A layer's place in a model: 0, 1, ... in the order in which layers, inputs included, were added. */
typedef int32_t gan_node;
/** No node: returned when adding a layer fails. */
#define GAN_NODE_NONE ((gan_node)-1)

/** Creates a model without layers. The caller owns it. */
GAN_API gan_status gan_model_create(gan_context *context, gan_model **out);
/** Releases the caller's reference. The model lives as long as any session, optimizer or trainer that uses it. */
GAN_API void gan_model_destroy(gan_model *model);

/**
 * Adds a layer that reads from the layer added before it; a layer of gan_layer_input() reads from none. The model
 * takes ownership of the layer, even on failure. Returns its node, or ::GAN_NODE_NONE after a failure, which
 * gan_model_build() reports.
 */
GAN_API gan_node gan_model_add(gan_model *model, gan_layer *layer);

/** The same, reading from `count` nodes of the model: gan_model_add_from(m, layer, GAN_NODES(a, b)). */
GAN_API gan_node gan_model_add_from(gan_model *model, gan_layer *layer, int64_t count, const gan_node *nodes);
/** The last two arguments of gan_model_add_from() or gan_model_set_outputs(): how many nodes, and which. */
#define GAN_NODES(...) \
    (int64_t)(sizeof((gan_node[]){__VA_ARGS__}) / sizeof(gan_node)), ((const gan_node[]){__VA_ARGS__})

/**
 * Declares `count` nodes to be the outputs, numbered in this order, replacing any declared before; no node twice, and
 * no input. Without this call, the last node is the only output. A failure is also remembered, as in gan_model_add().
 */
GAN_API gan_status gan_model_set_outputs(gan_model *model, int64_t count, const gan_node *nodes);

/**
 * Infers every shape, allocates the weights and initialises them from the seed. Returns the first failure of any call
 * above on this model; or that of the first layer that does not fit, with a sentence that names the layer and the
 * shapes (::GAN_ERROR_SHAPE); or what is wrong with the graph (::GAN_ERROR_GRAPH): a layer that no other reads and
 * that is not an output, or a duplicate name. Once built, a model's graph is fixed.
 */
GAN_API gan_status gan_model_build(gan_model *model, uint64_t seed);

/** Number of inputs; 0 for NULL. */
GAN_API int64_t gan_model_input_count(const gan_model *model);
/** Number of outputs; 0 for NULL, and before the model is built or gan_model_set_outputs() is called. */
GAN_API int64_t gan_model_output_count(const gan_model *model);
/** The shape of one sample at input `index`, from 0. */
GAN_API gan_status gan_model_get_input_shape(const gan_model *model, int64_t index, gan_shape *out);
/** The shape of one sample at output `index`, from 0. */
GAN_API gan_status gan_model_get_output_shape(const gan_model *model, int64_t index, gan_shape *out);

/** Distribution of noise. */
typedef enum gan_noise {
    GAN_NOISE_NORMAL = 0, /**< N(0, 1) */
    GAN_NOISE_UNIFORM = 1 /**< U(-1, 1) */
} gan_noise;

/** What an input of a generator stands for. It decides how gan_model_sample() fills the input. */
typedef enum gan_input_role {
    GAN_INPUT_ANY = 0,   /**< not known: noise if it is the only input, else the caller's to give */
    GAN_INPUT_NOISE = 1, /**< z, drawn from a distribution */
    GAN_INPUT_CLASS = 2, /**< a class: its number, for a shape (1), or a one-hot vector, for a shape (classes) */
    GAN_INPUT_IMAGE = 3, /**< an image, such as the one to translate: the caller's to give */
    GAN_INPUT_CODE = 4   /**< a continuous code (Chen et al., InfoGAN, 2016), drawn from a distribution */
} gan_input_role;

/** Options of gan_model_set_input(). */
typedef struct gan_input_options {
    size_t struct_size;  /**< set by GAN_INPUT() */
    gan_input_role role; /**< default: GAN_INPUT_ANY */
    gan_noise noise;     /**< of noise or a code: its distribution; default: normal */
    int64_t classes;     /**< of a class: how many there are; 1 to ::GAN_MAX_CLASSES; for other roles 0 */
} gan_input_options;
/** ::gan_input_options with the given fields: GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 10). */
#define GAN_INPUT(...) GAN_OPTIONS(gan_input_options, __VA_ARGS__)

/**
 * Says what input `index`, from 0, stands for, before or after the model is built. The model keeps it, clones and
 * files too, so that a loaded generator can be sampled without being told again; checkpoints leave it to the models
 * that they are loaded into. A class whose shape is neither (1) nor (classes) is ::GAN_ERROR_SHAPE. A failure before
 * the model is built is also remembered, as in gan_model_add().
 */
GAN_API gan_status gan_model_set_input(gan_model *model, int64_t index, const gan_input_options *options);

/** Name, shape and role of an input. */
typedef struct gan_input_info {
    size_t struct_size;  /**< set by ::GAN_INPUT_INFO_INIT */
    const char *name;    /**< of its layer, "input0" if it was given none; valid until the model is destroyed */
    gan_shape shape;     /**< of one sample */
    int64_t classes;     /**< of a class, else 0 */
    gan_input_role role; /**< what it stands for */
    gan_noise noise;     /**< of noise and codes */
} gan_input_info;
/** The value that a ::gan_input_info starts with: gan_input_info info = GAN_INPUT_INFO_INIT. */
#define GAN_INPUT_INFO_INIT                                                        \
    {                                                                              \
        sizeof(gan_input_info), NULL, {0, {0}}, 0, GAN_INPUT_ANY, GAN_NOISE_NORMAL \
    }

/** Fills in `info`, whose struct_size the caller has set, for input `index`, from 0; even before building. */
GAN_API gan_status gan_model_get_input_info(const gan_model *model, int64_t index, gan_input_info *info);

/** The role of a tensor in a model. */
typedef enum gan_tensor_kind {
    GAN_TENSOR_PARAMETER = 0, /**< trained by an optimizer */
    GAN_TENSOR_BUFFER = 1     /**< maintained by its layer, such as running statistics */
} gan_tensor_kind;

/** Name and shape of a tensor of a model. */
typedef struct gan_tensor_info {
    size_t struct_size;   /**< set by ::GAN_TENSOR_INFO_INIT */
    const char *name;     /**< "0.weight"; owned by the model; valid until the model is destroyed */
    gan_tensor_kind kind; /**< trained, or maintained */
    gan_shape shape;      /**< in PyTorch's layout */
    int64_t count;        /**< elements */
    bool is_frozen;       /**< see gan_model_set_trainable() */
    uint8_t reserved[7];  /**< 0 */
} gan_tensor_info;
/** The value that a ::gan_tensor_info starts with: gan_tensor_info info = GAN_TENSOR_INFO_INIT. */
#define GAN_TENSOR_INFO_INIT                                                     \
    {                                                                            \
        sizeof(gan_tensor_info), NULL, GAN_TENSOR_PARAMETER, {0, {0}}, 0, false, \
        {                                                                        \
            0                                                                    \
        }                                                                        \
    }

/** Number of tensors, parameters and buffers; 0 for NULL, and before the model is built. */
GAN_API int64_t gan_model_tensor_count(const gan_model *model);
/** Fills in `info`, whose struct_size the caller has set, for tensor `index`, from 0, in layer order. */
GAN_API gan_status gan_model_get_tensor_info(const gan_model *model, int64_t index, gan_tensor_info *info);
/** Total number of trained values; 0 for NULL, and before the model is built. */
GAN_API int64_t gan_model_parameter_count(const gan_model *model);
/**
 * Copies out a tensor, in PyTorch's layout. `count` must be its number of elements, else ::GAN_ERROR_SHAPE; an
 * unknown name is ::GAN_ERROR_NOT_FOUND.
 */
GAN_API gan_status gan_model_get_tensor(const gan_model *model, const char *name, float *out, int64_t count);
/** Copies in a tensor, from PyTorch's layout; name and count as above. Values are not validated. */
GAN_API gan_status gan_model_set_tensor(gan_model *model, const char *name, const float *values, int64_t count);
/**
 * Copies out the gradient of a parameter, in the layout of the tensor; name and count as above. It is the sum of what
 * backward passes have added since gan_model_build() or gan_model_zero_gradients().
 */
GAN_API gan_status gan_model_get_gradient(const gan_model *model, const char *name, float *out, int64_t count);
/** Sets all gradients to 0. */
GAN_API gan_status gan_model_zero_gradients(gan_model *model);
/** Euclidean norm of all gradients together; infinite or NaN if one of them is. */
GAN_API gan_status gan_model_get_gradient_norm(const gan_model *model, double *out);

/**
 * Freezes parameters, or has them trained again: the tensor called `name`, or all of the layers whose names are
 * `name` or begin with `name` and a point; NULL: all of the model. As for fine-tuning with few data (FreezeD: Mo et
 * al., "Freeze the Discriminator", 2020). Optimizers leave frozen parameters and their moments as they are, whatever
 * their gradients, which are computed all the same but do not count in an optimizer's norm; nor does
 * gan_model_clip_weights() change them. Buffers, such as running statistics, follow the batches as before. Copies of
 * the model have the same parameters frozen; files and checkpoints do not say so. No parameter of this name:
 * ::GAN_ERROR_NOT_FOUND.
 */
GAN_API gan_status gan_model_set_trainable(gan_model *model, const char *name, bool trainable);

/**
 * Writes a human-readable table of the model: name, layer, output shape, parameters, non-default options, and the
 * inputs of a layer that does not just read the one above. Writes at most `size` bytes, including the final 0, and
 * stores the length of the whole text, without it, in *length unless that is NULL. Call with size 0 and NULL `text`
 * to get the length.
 */
GAN_API gan_status gan_model_describe(const gan_model *model, char *text, size_t size, size_t *length);

/**
 * Copies the graph, weights and buffers of a built model to a new model of the same context, which is built and has
 * zero gradients. The two are independent. The caller owns the copy.
 */
GAN_API gan_status gan_model_clone(const gan_model *model, gan_model **out);

/**
 * Saves architecture and weights as a safetensors file (format: docs/file-formats.md). The file is replaced
 * atomically: at any moment, the old or the new one is there, whole. What cannot be replaced, such as a pipe or a
 * mount point, is written in place; docs/file-formats.md says what is promised then. File system failures are
 * ::GAN_ERROR_NOT_FOUND,
 * ::GAN_ERROR_PERMISSION, ::GAN_ERROR_NO_SPACE or ::GAN_ERROR_IO, here and wherever a path is given; paths are the
 * operating system's, bytes that end with 0.
 */
GAN_API gan_status gan_model_save(const gan_model *model, const char *path);

/** The type of the weights in a file. In memory they are float32. */
typedef enum gan_storage {
    GAN_STORAGE_FLOAT32 = 0, /**< as they are */
    GAN_STORAGE_FLOAT16 = 1, /**< half the size: 11 bits of precision, up to 65504, below 6e-5 with fewer bits */
    GAN_STORAGE_BFLOAT16 = 2 /**< half the size: 8 bits of precision, the range of float32 */
} gan_storage;

/** Options of gan_model_save_as() and gan_model_save_to(). */
typedef struct gan_save_options {
    size_t struct_size;  /**< set by GAN_SAVE() */
    gan_storage storage; /**< rounded to nearest, ties to even; default: GAN_STORAGE_FLOAT32 */
    uint32_t reserved;   /**< 0, else ::GAN_ERROR_VERSION */
} gan_save_options;
/** ::gan_save_options with the given fields: GAN_SAVE(.storage = GAN_STORAGE_FLOAT16). */
#define GAN_SAVE(...) GAN_OPTIONS(gan_save_options, __VA_ARGS__)

/**
 * gan_model_save() with options. Loading needs none: the file says how it is stored. A finite weight that the type
 * makes infinite is ::GAN_ERROR_NOT_FINITE: the old file stays.
 */
GAN_API gan_status gan_model_save_as(const gan_model *model, const char *path, const gan_save_options *options);
/** The same to a writer. */
GAN_API gan_status gan_model_save_to(const gan_model *model, gan_writer writer, const gan_save_options *options);

/**
 * Loads a model that gan_model_save() wrote, with its architecture: built, and ready for sessions. The caller owns
 * it. A damaged file, or one that is not safetensors, is ::GAN_ERROR_MAGIC, ::GAN_ERROR_TRUNCATED,
 * ::GAN_ERROR_TRAILING_DATA, ::GAN_ERROR_EMPTY, ::GAN_ERROR_OVERFLOW or ::GAN_ERROR_FORMAT; one written by a newer
 * libgan, ::GAN_ERROR_VERSION; one with a layer or option that this libgan lacks, ::GAN_ERROR_UNSUPPORTED. Values are
 * saved and loaded as they are, unlike a checkpoint's: samples of a model with NaN among its weights are NaN, and
 * training it ends with ::GAN_ERROR_DIVERGED, whose sentence names the model.
 */
GAN_API gan_status gan_model_load(gan_context *context, const char *path, gan_model **out);
/** The same from a reader. */
GAN_API gan_status gan_model_load_from(gan_context *context, gan_reader reader, gan_model **out);

/** Options of gan_model_save_onnx(). */
typedef struct gan_save_onnx_options {
    size_t struct_size; /**< set by GAN_SAVE_ONNX() */
    int64_t opset;      /**< the version of ONNX's operators, for a program that reads only older or newer ones; 17 to
                             22, and at least 20 with gelu layers; default: the lowest that the layers allow */
    bool no_dropout; /**< write dropout that stays on in sampling, which ONNX has no operators for, as if it did not:
                          of a noise such as pix2pix's, no picture depends any more; default: it is an error */
    uint8_t reserved[7]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_save_onnx_options;
/** ::gan_save_onnx_options with the given fields: GAN_SAVE_ONNX(.opset = 20). */
#define GAN_SAVE_ONNX(...) GAN_OPTIONS(gan_save_onnx_options, __VA_ARGS__)

/**
 * Writes a built model as an ONNX file, for ONNX Runtime and others (docs/interoperability.md). The graph computes
 * what sampling does, for any number of samples: its inputs and outputs are float tensors of the batch and then the
 * sample's shape, with the names of the model's layers; a class is a whole number, as in sessions. Initializers have
 * the names of the model's tensors. Weights with spectral normalisation are written as sampling multiplies by them.
 * The file is replaced atomically, as by gan_model_save().
 *
 * A layer that ONNX has no operators for is ::GAN_ERROR_UNSUPPORTED, and a file beyond the 2 GiB of its format
 * ::GAN_ERROR_OVERFLOW: nothing is written then.
 */
GAN_API gan_status gan_model_save_onnx(const gan_model *model, const char *path,
                                       const gan_save_onnx_options *options);
/** The same to a writer. */
GAN_API gan_status gan_model_save_onnx_to(const gan_model *model, gan_writer writer,
                                          const gan_save_onnx_options *options);

/** Tensors of a file whose names begin with `from` have `to` in its place; each at most 255 bytes, and maybe "". */
typedef struct gan_rename {
    const char *from; /**< what names in the file begin with, such as "module." */
    const char *to;   /**< what the model's names begin with */
} gan_rename;

/** Options of gan_model_load_weights(). */
typedef struct gan_weights_options {
    size_t struct_size;        /**< set by GAN_WEIGHTS() */
    const gan_rename *renames; /**< of those whose `from` a name begins with, the first renames it; the others, and
                                    names without one, stay. {"module.", ""} strips a prefix, {"", "generator."} adds
                                    one, {"conv1.", "0."} gives a layer another name; default: none */
    int64_t rename_count;      /**< elements of `renames` */
    bool partial;              /**< the file and the model need not have the same layers, as with strict=False in
                                    PyTorch: tensors of the model that the file lacks keep their values, and running
                                    statistics that the model lacks are skipped; default: both are errors */
    uint8_t reserved[7];       /**< 0, else ::GAN_ERROR_VERSION */
} gan_weights_options;
/** ::gan_weights_options with the given fields: GAN_WEIGHTS(.renames = pairs, .rename_count = 2). */
#define GAN_WEIGHTS(...) GAN_OPTIONS(gan_weights_options, __VA_ARGS__)

/**
 * Sets the weights of a built model, by name, from any safetensors file, such as one that PyTorch wrote. Every tensor
 * of the model must be in it, with its shape (else ::GAN_ERROR_ARCHITECTURE), in float32, float64, float16 or
 * bfloat16, which are rounded to float32 (else ::GAN_ERROR_UNSUPPORTED; ::GAN_ERROR_NOT_FINITE for a finite value
 * beyond it); other tensors of the file are skipped. But
 * running statistics of a normalisation that the model lacks, as when it was folded into another layer, are
 * ::GAN_ERROR_ARCHITECTURE, since the model would compute something else: unless they are in a part of the file that
 * the model takes nothing from and that has weights of its own, such as another network's. Two tensors that are
 * renamed to one of the model's are ::GAN_ERROR_ARGUMENT. Layers with spectral normalisation also take PyTorch's
 * names, and need no sigma (docs/file-formats.md). On failure no weight has changed.
 */
GAN_API gan_status gan_model_load_weights(gan_model *model, const char *path, const gan_weights_options *options);
/** The same from a reader. */
GAN_API gan_status gan_model_load_weights_from(gan_model *model, gan_reader reader,
                                               const gan_weights_options *options);

/** The shape of an input. */
typedef struct gan_named_shape {
    const char *name; /**< of the input, in the file */
    gan_shape shape;  /**< of one sample: without the batch */
} gan_named_shape;

/** Options of gan_model_load_onnx(). */
typedef struct gan_load_onnx_options {
    size_t struct_size;            /**< set by GAN_LOAD_ONNX() */
    const gan_named_shape *inputs; /**< shapes that the file leaves free, or does not say; default: none */
    int64_t input_count;           /**< elements of `inputs` */
} gan_load_onnx_options;
/** ::gan_load_onnx_options with the given fields: GAN_LOAD_ONNX(.inputs = shapes, .input_count = 1). */
#define GAN_LOAD_ONNX(...) GAN_OPTIONS(gan_load_onnx_options, __VA_ARGS__)

/**
 * Loads a model from an ONNX file, such as torch.onnx.export() writes: built, and ready for sessions, sampling and
 * training. The caller owns it. The first dimension of every input is the batch; other sizes must be known, from the
 * file or the options. Opsets 9 to 28 are read, with the operators that docs/interoperability.md lists, by which each
 * layer gets the weights that the file has for it. Layers are called as their weights in the file, inputs as there;
 * an input that an embedding reads is a class, and others are ::GAN_INPUT_ANY: gan_model_set_input() says more.
 *
 * A file of gan_model_save_onnx() that nobody has changed gives the model that was saved, to the same bits; shapes in
 * the options can only repeat its own.
 *
 * What no layer does is ::GAN_ERROR_UNSUPPORTED, with a sentence that names the node, its operator and the attribute
 * or input in question; so are weights outside of the file, which is the only one that is opened. A file that is not
 * ONNX is ::GAN_ERROR_MAGIC, ::GAN_ERROR_TRUNCATED or ::GAN_ERROR_FORMAT, one of a newer opset ::GAN_ERROR_VERSION,
 * and an input in the options that the file has not, ::GAN_ERROR_NOT_FOUND. Reading takes at most 16 bytes of memory
 * for each of the file, and 1 MiB, beside the model; a file that asks for more is ::GAN_ERROR_OVERFLOW.
 */
GAN_API gan_status gan_model_load_onnx(gan_context *context, const char *path, const gan_load_onnx_options *options,
                                       gan_model **out);
/** The same from a reader. */
GAN_API gan_status gan_model_load_onnx_from(gan_context *context, gan_reader reader,
                                            const gan_load_onnx_options *options, gan_model **out);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup session Sessions
 * One pass through a model: its activations and scratch, planned once, in one region of memory. Once created, a
 * session allocates nothing. Several sessions on one model hold several passes whose gradients are still pending. The
 * order of calls is set_input, forward, get_output, and for gradients set_output_gradient, backward,
 * get_input_gradient; a call that comes too early is ::GAN_ERROR_STATE. Inputs and outputs are numbered from 0.
 * @{
 */

/** The activations of one pass through a model. */
typedef struct gan_session gan_session;

/** Options of gan_session_create(). */
typedef struct gan_session_options {
    size_t struct_size;  /**< set by GAN_SESSION() */
    int64_t batch;       /**< largest batch; >= 1, else ::GAN_ERROR_BATCH; default 32 */
    bool forward_only;   /**< no backward pass, nor memory for it, but for dense weights once more if the batch is
                            large: packed, for passes between which they stay the same; default: backward possible */
    uint64_t seed;       /**< of what layers draw: dropout masks, Gaussian noise; default 0 */
    bool second_order;   /**< also allow tangent passes, for more memory; not with forward_only; default: no */
    uint8_t reserved[7]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_session_options;
/** ::gan_session_options with the given fields: GAN_SESSION(.batch = 64, .forward_only = true). */
#define GAN_SESSION(...) GAN_OPTIONS(gan_session_options, __VA_ARGS__)

/**
 * Plans a session on a built model. The session keeps the model alive; the caller owns the session. With
 * second_order, a layer without second derivatives (batch normalisation) is ::GAN_ERROR_UNSUPPORTED.
 */
GAN_API gan_status gan_session_create(gan_model *model, const gan_session_options *options, gan_session **out);
/** Releases the session. */
GAN_API void gan_session_destroy(gan_session *session);

/** The mode of a pass, for layers that depend on it, such as batch normalisation and dropout. */
typedef enum gan_mode {
    GAN_MODE_SAMPLE = 0, /**< running statistics; nothing is dropped, unless dropout's in_sampling is set */
    GAN_MODE_TRAIN = 1   /**< the batch's own statistics, which update the running ones; a new dropout mask */
} gan_mode;

/**
 * Copies in `batch` samples, batch * elements values of the input's shape. All inputs of a pass must have the same
 * batch, from 1 to the prepared maximum, else ::GAN_ERROR_BATCH.
 */
GAN_API gan_status gan_session_set_input(gan_session *session, int64_t index, const float *samples, int64_t batch);
/**
 * Does the same with an output of the last forward pass of another session of the same context, without copying
 * through the caller: this feeds samples of G to D. Its shape must be the input's, else ::GAN_ERROR_SHAPE.
 */
GAN_API gan_status gan_session_set_input_from(gan_session *session, int64_t index, const gan_session *from,
                                              int64_t output);
/**
 * Samples in the present pass: of the last forward pass, or of input 0 where it has been set since; 0 before it is
 * set, and for NULL.
 */
GAN_API int64_t gan_session_batch(const gan_session *session);
/** Runs the model on the inputs. Results of an earlier pass are overwritten. */
GAN_API gan_status gan_session_forward(gan_session *session, gan_mode mode);
/** Copies out an output of the last forward pass: batch * elements of the output's shape. */
GAN_API gan_status gan_session_get_output(const gan_session *session, int64_t index, float *out);

/** What a backward pass computes; bits to combine. */
typedef enum gan_backward {
    GAN_BACKWARD_PARAMETERS = 1, /**< adds the gradients of the parameters to the model's */
    GAN_BACKWARD_INPUTS = 2      /**< computes the gradients of the inputs */
} gan_backward;

/**
 * Copies in the gradient of the loss with respect to an output, as many values as the output has. At least one must
 * be set after each forward pass; those not set count as 0.
 */
GAN_API gan_status gan_session_set_output_gradient(gan_session *session, int64_t index, const float *gradient);
/**
 * Does the same with the gradient of an input of another session of the same context: this passes D's gradient on to
 * G. Shape and batch must be those of the output.
 */
GAN_API gan_status gan_session_set_output_gradient_from(gan_session *session, int64_t index, const gan_session *from,
                                                        int64_t input);
/**
 * Backpropagates through the last forward pass, with the current weights. `what` combines ::gan_backward bits. May be
 * called again, also with other output gradients.
 */
GAN_API gan_status gan_session_backward(gan_session *session, uint64_t what);
/** Copies out the gradient of an input: batch * elements of the input's shape, after ::GAN_BACKWARD_INPUTS. */
GAN_API gan_status gan_session_get_input_gradient(const gan_session *session, int64_t index, float *out);

/**
 * Tangent passes, in sessions with second_order (else ::GAN_ERROR_STATE), compute exactly how the results of forward
 * and backward change along a direction of the inputs, by Pearlmutter's R-operator ("Fast Exact Multiplication by the
 * Hessian", 1994): R{v} = d v(x + t R{x}, dy + t R{dy}) / dt at t = 0, with the weights fixed. To train a penalty
 * P(g) on the gradient g of the summed output with respect to an input: run forward; set the output's gradient to
 * ones and run backward for ::GAN_BACKWARD_INPUTS; set R{x} = dP/dg; run the tangents forward, and then backward for
 * ::GAN_BACKWARD_PARAMETERS, which adds dP/dweights. gan_gradient_penalty() does this for the usual penalties.
 *
 * This call sets R{x} of an input, as many values as it has in the batch, after the forward pass. At least one must
 * be set after each forward pass; those not set count as 0.
 */
GAN_API gan_status gan_session_set_input_tangent(gan_session *session, int64_t index, const float *tangent);
/** Computes R{y} of all outputs, with the same dropout masks. Needs a forward pass; may be called again. */
GAN_API gan_status gan_session_tangent_forward(gan_session *session);
/** Copies out R{y} of an output: batch * elements of the output's shape. */
GAN_API gan_status gan_session_get_output_tangent(const gan_session *session, int64_t index, float *out);
/** Sets R{dy}, the tangent of an output's gradient; 0 if not set since the forward pass. */
GAN_API gan_status gan_session_set_output_gradient_tangent(gan_session *session, int64_t index, const float *tangent);
/**
 * Backpropagates tangents: adds R{dweights} to the gradients of the model's parameters, or computes R{dx} of the
 * inputs, as `what` says. Needs gan_session_backward(), which must have computed the input gradients if their
 * tangents are requested, and then gan_session_tangent_forward(). May be called again.
 */
GAN_API gan_status gan_session_tangent_backward(gan_session *session, uint64_t what);
/** Copies out R{dx} of an input: batch * elements of the input's shape, after ::GAN_BACKWARD_INPUTS. */
GAN_API gan_status gan_session_get_input_gradient_tangent(const gan_session *session, int64_t index, float *out);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup sampling Sampling
 * Drawing samples from a trained generator.
 * @{
 */

/** Options of gan_model_sample() and gan_trainer_sample(). Pointers need to be valid during the call only. */
typedef struct gan_sample_options {
    size_t struct_size;     /**< set by GAN_SAMPLE() */
    uint64_t seed;          /**< of all that is drawn; default 0 */
    int64_t output;         /**< index of the output to return; default 0 */
    const int32_t *classes; /**< the classes to sample, each from 0 to the input's classes - 1: sample i is of class
                                 classes[i % class_count]; default: drawn for each sample */
    int64_t class_count;    /**< elements of `classes`; 1: one class for all samples; default: one for each sample */
    const float *proportions;   /**< how often to draw each of the input's classes, in any unit, >= 0, not all 0; not
                                     with `classes`; default: all equally often */
    const float *const *inputs; /**< for each input of the model, the values to use, samples * elements of its shape,
                                     or NULL to draw them; default: all are drawn */
    float truncation;  /**< t: values of normal noise beyond [-t, t] are drawn again (the truncation trick of Brock et
                            al., BigGAN, 2019): less variety, more typical samples; >= 0.01; default: none */
    uint32_t reserved; /**< 0, else ::GAN_ERROR_VERSION */
} gan_sample_options;
/** ::gan_sample_options with the given fields: GAN_SAMPLE(.seed = 7, .truncation = 1.0f). */
#define GAN_SAMPLE(...) GAN_OPTIONS(gan_sample_options, __VA_ARGS__)

/**
 * Draws `count` samples, at least 1, from a generator, in sample mode. Each input is filled according to its role:
 * noise and codes are drawn from their distribution, classes as the options say. An image must be given in `inputs`,
 * and so must an input without a role, unless it is the only one: that is N(0, 1) noise. Sample i depends only on the
 * options and i, not on `count`, up to rounding: in batches of another size the last bits may differ. Works in
 * batches, with a session of its own. `out`: count * elements of the output's shape.
 *
 * ::GAN_ERROR_ARGUMENT also if an input is missing; if `classes` or `proportions` are given, but not exactly one
 * input is a class to draw; and if `truncation` is given, but no normal noise is drawn.
 */
GAN_API gan_status gan_model_sample(gan_model *generator, const gan_sample_options *options, int64_t count,
                                    float *out);

/**
 * Measures a model's running statistics anew, for the weights that it has: running_mean and running_var become those
 * of batches, of up to 128 samples, of `count` samples drawn as gan_model_sample() does, in ::GAN_MODE_TRAIN, with
 * equal weight for each sample. So an average of weights samples with statistics of its own (as with PyTorch's
 * update_bn()), which those that gan_model_average() copies are not. 1,000 samples are many. Passes in training mode
 * also move the buffers of spectral normalisation. A model without running statistics stays as it is. `count` is at
 * least 1, and 2 where batch normalisation needs it, else ::GAN_ERROR_BATCH_OF_ONE; statistics that are not finite
 * are
 * ::GAN_ERROR_NOT_FINITE; other errors are as above. On failure nothing has changed.
 */
GAN_API gan_status gan_model_recalibrate(gan_model *model, const gan_sample_options *options, int64_t count);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup loss Losses
 * Functions of logits (D(x) = sigmoid(logit)) and other values, numerically safe for every finite one; NaN in one
 * gives NaN. Values are means over the samples; gradients have one value per logit; either may be NULL if not wanted.
 * A count of samples below 1 is ::GAN_ERROR_BATCH. Any thread.
 * @{
 */

/** The losses of generator and discriminator. s is sigmoid, r and f are logits of real and generated samples. */
typedef enum gan_loss {
    GAN_LOSS_NON_SATURATING = 0, /**< L_D = -E log s(r) - E log(1 - s(f)); L_G = -E log s(f)
                                      (Goodfellow et al., 2014) */
    GAN_LOSS_SATURATING = 1,     /**< the same L_D; L_G = E log(1 - s(f)): the minimax game itself */
    GAN_LOSS_LEAST_SQUARES = 2,  /**< L_D = (E (r - 1)^2 + E f^2) / 2; L_G = E (f - 1)^2 / 2 (Mao et al., 2017) */
    GAN_LOSS_WASSERSTEIN = 3,    /**< L_D = E f - E r; L_G = -E f, for a D kept smooth by clipping or a penalty
                                      (Arjovsky et al., 2017) */
    GAN_LOSS_HINGE = 4,          /**< L_D = E max(0, 1 - r) + E max(0, 1 + f); L_G = -E f (Lim and Ye, 2017) */
    GAN_LOSS_RELATIVISTIC = 5,   /**< L_D = E softplus(f_i - r_i); L_G = E softplus(r_i - f_i), over pairs i
                                      (Jolicoeur-Martineau, 2019; with R1 and R2 it is R3GAN, Huang et al., 2024) */
    GAN_LOSS_RELATIVISTIC_AVERAGE = 6 /**< L_D = -E log s(r - E f) - E log(1 - s(f - E r)); L_G the same with r and f
                                           exchanged (Jolicoeur-Martineau, 2019) */
} gan_loss;

/**
 * The discriminator's loss. `real_target` is the label of real samples: 1, or less for one-sided label smoothing
 * (Salimans et al., 2016), in [0, 1]; it must be 1 for the Wasserstein, hinge and relativistic pairing losses, which
 * have no labels. Gradients are written to real_gradient (real_count values) and fake_gradient.
 * ::GAN_LOSS_RELATIVISTIC takes pairs: unequal counts are ::GAN_ERROR_BATCH.
 */
GAN_API gan_status gan_loss_discriminator(gan_loss loss, float real_target, const float *real_logits,
                                          int64_t real_count, const float *fake_logits, int64_t fake_count,
                                          double *value, float *real_gradient, float *fake_gradient);

/**
 * The generator's loss. `real_logits` may be NULL except for the two relativistic losses, which compare with real
 * samples; their gradient also passes through the means of generated logits. ::GAN_LOSS_RELATIVISTIC takes pairs, as
 * above.
 */
GAN_API gan_status gan_loss_generator(gan_loss loss, const float *real_logits, int64_t real_count,
                                      const float *fake_logits, int64_t fake_count, double *value,
                                      float *fake_gradient);

/** Binary cross-entropy of `count` logits with labels in [0, 1], mean over count. */
GAN_API gan_status gan_loss_binary_cross_entropy(const float *logits, const float *labels, int64_t count,
                                                 double *value, float *gradient);
/**
 * Softmax cross-entropy of rows of `classes` logits with one class number per row, in [0, classes); mean over rows.
 */
GAN_API gan_status gan_loss_softmax_cross_entropy(const float *logits, const int32_t *labels, int64_t rows,
                                                  int64_t classes, double *value, float *gradient);
/** Mean of |a - b|; gradient with respect to a, 0 where a = b. With respect to b it is the negative. */
GAN_API gan_status gan_loss_l1(const float *a, const float *b, int64_t count, double *value, float *gradient);
/** Mean of (a - b)^2; gradient with respect to a. With respect to b it is the negative. */
GAN_API gan_status gan_loss_l2(const float *a, const float *b, int64_t count, double *value, float *gradient);

/** Options of gan_loss_smooth_l1(). */
typedef struct gan_smooth_l1_options {
    size_t struct_size; /**< set by GAN_SMOOTH_L1() */
    float beta;         /**< where the square becomes a line; >= 0, and with 0 it is gan_loss_l1(); default 1 */
    uint32_t reserved;  /**< 0, else ::GAN_ERROR_VERSION */
} gan_smooth_l1_options;
/** ::gan_smooth_l1_options with the given fields: GAN_SMOOTH_L1(.beta = 0.1f). */
#define GAN_SMOOTH_L1(...) GAN_OPTIONS(gan_smooth_l1_options, __VA_ARGS__)

/**
 * Mean of d^2 / (2 beta) where |d| < beta, and of |d| - beta / 2 elsewhere, with d = a - b: as PyTorch's
 * SmoothL1Loss, Huber's loss over beta. Gradient with respect to a; with respect to b it is the negative.
 */
GAN_API gan_status gan_loss_smooth_l1(const float *a, const float *b, int64_t count,
                                      const gan_smooth_l1_options *options, double *value, float *gradient);

/**
 * KL(N(m, e^v) || N(0, 1)) = sum (m^2 + e^v - 1 - v) / 2 over the `size` means m and logarithms of variances v of a
 * row, mean over rows: the second term of a variational autoencoder's loss (Kingma and Welling, "Auto-Encoding
 * Variational Bayes", 2014). Both gradients have rows * size values. Where e^v is beyond a number's range, value and
 * gradient are infinite.
 */
GAN_API gan_status gan_loss_gaussian_kl(const float *mean, const float *log_variance, int64_t rows, int64_t size,
                                        double *value, float *mean_gradient, float *log_variance_gradient);

/**
 * |E real - E fake|^2, the squared Euclidean distance of the means over the rows of `size` features each: what a
 * generator minimises in place of a discriminator's judgement, with features from one of D's layers (Salimans et al.,
 * "Improved Techniques for Training GANs", 2016, section 3.1). The numbers of rows may differ. The gradients have
 * real_rows * size and fake_rows * size values.
 */
GAN_API gan_status gan_loss_feature_matching(const float *real, const float *fake, int64_t real_rows,
                                             int64_t fake_rows, int64_t size, double *value, float *real_gradient,
                                             float *fake_gradient);

/**
 * Entropy of softmax over rows of `classes` logits, -sum p log p in nats, mean over rows: 0 for a sure prediction,
 * log classes for one that knows nothing. Minimise it for sure predictions, maximise it for unsure ones
 * (Springenberg, "Unsupervised and Semi-supervised Learning with Categorical GANs", 2016).
 */
GAN_API gan_status gan_loss_entropy(const float *logits, int64_t rows, int64_t classes, double *value,
                                    float *gradient);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup regulariser Regularisers
 * Terms added to the discriminator's loss, and changes to its weights and samples, that keep training stable.
 * @{
 */

/**
 * Penalties on the gradient g of D's summed output with respect to its input 0, the samples x; E is the mean over the
 * samples, |g| the Euclidean norm of one sample's gradient, c the coefficient. The caller chooses the samples.
 */
typedef enum gan_penalty {
    /**
     * c / 2 E |g|^2: R1 on real samples, R2 on generated ones, with c their gamma (Mescheder et al., "Which Training
     * Methods for GANs do actually Converge?", 2018).
     */
    GAN_PENALTY_ZERO_CENTERED = 0,
    /**
     * c E (|g| - 1)^2: WGAN-GP, with x = u r + (1 - u) f between real and generated samples, u uniform in [0, 1) for
     * each sample, and c = 10 (Gulrajani et al., "Improved Training of Wasserstein GANs", 2017); DRAGAN, with x
     * around real samples (Kodali et al., "On Convergence and Stability of GANs", 2017). Where |g| is 0 (below
     * 1e-30), the penalty has no derivative; 0 is used instead.
     */
    GAN_PENALTY_ONE_CENTERED = 1
} gan_penalty;

/**
 * Adds the gradient of a penalty with respect to the model's parameters to the model's gradients, exactly, and gives
 * the penalty's value. `discriminator` is a session with second_order whose inputs are set. If its forward pass has
 * run since, it is reused, so that a loss and a penalty on the same samples share it, with their backward passes in
 * either order; else it runs here, in ::GAN_MODE_TRAIN. Inputs other than the first, such as labels, are held fixed;
 * outputs other than the first are ignored. Output gradients and tangents set earlier are discarded: set them again
 * before another gan_session_backward(). `coefficient`: finite and >= 0. A non-finite gradient shows in the value.
 */
GAN_API gan_status gan_gradient_penalty(gan_session *discriminator, gan_penalty penalty, float coefficient,
                                        double *value);

/**
 * Samples between real and generated ones, for WGAN-GP: x = u r + (1 - u) f. Draws `batch` numbers u in [0, 1), one
 * per sample, by one call of gan_random_uniform(). All arrays hold `batch` samples of `size` values; `out` may be
 * `real` or `fake`. Both numbers are at least 1, else ::GAN_ERROR_BATCH or ::GAN_ERROR_ARGUMENT.
 */
GAN_API gan_status gan_penalty_interpolate(gan_random *random, const float *real, const float *fake, int64_t batch,
                                           int64_t size, float *out);
/**
 * Samples around real ones, for DRAGAN: x = r + s / 2 * u, where s is the standard deviation of all values of the
 * batch. Draws batch * size numbers u in [0, 1) by one call of gan_random_uniform(). `out` may be `real`.
 */
GAN_API gan_status gan_penalty_perturb(gan_random *random, const float *real, int64_t batch, int64_t size,
                                       float *out);
/**
 * Clips every parameter of a built model to [-limit, limit], as the original WGAN does after each discriminator step
 * (Arjovsky et al., 2017: 0.01). limit > 0 and finite. NaN stays NaN.
 */
GAN_API gan_status gan_model_clip_weights(gan_model *model, float limit);

/**
 * What gan_augment() does to an image, in this order; bits to combine. These are the three of DiffAugment (Zhao et
 * al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020).
 */
typedef enum gan_augmentation {
    /**
     * Brightness: adds a number from U(-0.5, 0.5). Saturation: multiplies each value's distance from the mean over
     * the channels of its pixel by one from U(0, 2). Contrast: multiplies that from the mean over the image by one
     * from U(0.5, 1.5).
     */
    GAN_AUGMENT_COLOUR = 1,
    GAN_AUGMENT_TRANSLATION = 2, /**< shifts by up to an eighth of each side, rounded; fills with 0 */
    GAN_AUGMENT_CUTOUT = 4       /**< zeroes a rectangle of half of each side, rounded, centred anywhere in it */
} gan_augmentation;

/** Blocks of a random generator's counter that gan_augment() draws on for each sample. */
#define GAN_AUGMENT_BLOCKS 2

/**
 * Augments `batch` images of a shape (channels, height, width), N,C,H,W, each with its own random numbers: image i
 * takes those at `state`, its counter advanced by ::GAN_AUGMENT_BLOCKS * i blocks, whatever the kinds; see
 * gan_random_get_state(). `kinds` combines ::gan_augmentation bits; 0 copies. Augment both real and generated samples
 * before a discriminator sees them, in every update of either player. `y` must not be `x`. Samples that are not
 * images, or ::GAN_AUGMENT_COLOUR with channels other than 1 or 3, are ::GAN_ERROR_SHAPE.
 */
GAN_API gan_status gan_augment(gan_context *context, uint64_t kinds, gan_shape image, gan_random_state state,
                               int64_t batch, const float *x, float *y);
/**
 * Backpropagates through gan_augment() with the same arguments: dx = A^T dy, exactly, where A is the derivative of y
 * with respect to x, which does not depend on x. `dx` must not be `dy`.
 */
GAN_API gan_status gan_augment_backward(gan_context *context, uint64_t kinds, gan_shape image, gan_random_state state,
                                        int64_t batch, const float *dy, float *dx);
/**
 * Instance noise (Sonderby et al., "Amortised MAP Inference for Image Super-resolution", 2017): out = x + deviation *
 * n. Draws batch * size numbers n from N(0, 1) by one call of gan_random_normal(). `out` may be `samples`. deviation
 * >= 0; both numbers are at least 1, else ::GAN_ERROR_BATCH or ::GAN_ERROR_ARGUMENT.
 */
GAN_API gan_status gan_instance_noise(gan_random *random, float deviation, const float *samples, int64_t batch,
                                      int64_t size, float *out);

/** The stream of a seed from which image pools draw, for gan_random_create(). */
#define GAN_IMAGE_POOL_STREAM 11
/** Earlier samples of a generator, for its discriminator to remember. */
typedef struct gan_image_pool gan_image_pool;
/** Options of gan_image_pool_create(). */
typedef struct gan_image_pool_options {
    size_t struct_size; /**< set by GAN_IMAGE_POOL() */
    int64_t size;       /**< images that it keeps; 1 to 2^24; default 50 */
    uint64_t seed;      /**< of the random numbers, which come from ::GAN_IMAGE_POOL_STREAM; default 0 */
} gan_image_pool_options;
/** ::gan_image_pool_options with the given fields: GAN_IMAGE_POOL(.size = 20). */
#define GAN_IMAGE_POOL(...) GAN_OPTIONS(gan_image_pool_options, __VA_ARGS__)
/**
 * Creates an empty pool of samples of a shape, which may be other than images. All of its memory, size samples, is
 * allocated here. NULL options: all defaults. The caller owns it. gan_game_pool() makes one for a game.
 *
 * Thread safety: one call on a pool at a time.
 */
GAN_API gan_status gan_image_pool_create(gan_context *context, gan_shape shape, const gan_image_pool_options *options,
                                         gan_image_pool **out);
/** Releases the pool. */
GAN_API void gan_image_pool_destroy(gan_image_pool *pool);
/**
 * Mixes a batch with earlier samples (Shrivastava et al., "Learning from Simulated and Unsupervised Images through
 * Adversarial Training", 2017, as CycleGAN does it). One after the other, while the pool is not full, a sample is
 * stored and passed on. From then on two numbers u are drawn by gan_random_uniform(): if the first is below 1/2, the
 * sample takes the place of image number floor(u size) of the second, and that one is passed on in its stead; else
 * the sample itself. One that is not finite is passed on, not stored, and nothing is drawn for it. `batch` >= 1;
 * `out` may be `samples`.
 */
GAN_API gan_status gan_image_pool_query(gan_image_pool *pool, const float *samples, int64_t batch, float *out);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup optimizer Optimizers
 * State for the parameters of one or more models; a step uses their gradients and changes their weights.
 *
 * Thread safety: during a step, nothing else may use the models or their sessions.
 * @{
 */

/** Moments of gradients, and the number of steps taken. */
typedef struct gan_optimizer gan_optimizer;

/** How a step changes a weight w by its gradient g. */
typedef enum gan_optimizer_algorithm {
    GAN_OPTIMIZER_ADAM = 0,    /**< Kingma and Ba, "Adam", 2015, algorithm 1, with bias correction */
    GAN_OPTIMIZER_RMSPROP = 1, /**< v = decay v + (1 - decay) g^2; w -= rate g / (sqrt(v) + epsilon)
                                    (Tieleman and Hinton, 2012) */
    GAN_OPTIMIZER_SGD = 2      /**< v = momentum v + g; w -= rate v */
} gan_optimizer_algorithm;

/** How the learning rate changes with the number n of steps taken; T is schedule_steps, s schedule_start; for the
 *  first s steps it stays as it is, then p = min((n - s) / T, 1). */
typedef enum gan_schedule {
    GAN_SCHEDULE_CONSTANT = 0,    /**< rate */
    GAN_SCHEDULE_LINEAR = 1,      /**< rate + (final_rate - rate) p */
    GAN_SCHEDULE_COSINE = 2,      /**< final_rate + (rate - final_rate) (1 + cos(pi p)) / 2
                                       (Loshchilov and Hutter, 2017) */
    GAN_SCHEDULE_STEP = 3,        /**< rate * factor^floor((n - s) / T) */
    GAN_SCHEDULE_EXPONENTIAL = 4, /**< rate * factor^((n - s) / T) */
    GAN_SCHEDULE_SIGMOID = 5 /**< rate * (2 / (1 + exp(-10 p)) - 1), from 0: of the weights of games only (Ganin et
                                  al., "Domain-Adversarial Training of Neural Networks", 2016) */
} gan_schedule;

/** Options of gan_optimizer_create(). */
typedef struct gan_optimizer_options {
    size_t struct_size;                /**< set by GAN_OPTIMIZER() */
    gan_optimizer_algorithm algorithm; /**< default: Adam */
    float learning_rate;               /**< > 0 and finite, or ::GAN_ZERO; 0 is the default, 2e-4 */
    float beta1;                       /**< Adam, decay of the first moment; [0, 1); default 0.5 (Radford et
                                            al., 2016) */
    float beta2;                       /**< Adam, decay of the second moment; [0, 1); default 0.999 */
    float epsilon;                     /**< Adam and RMSprop; > 0; default 1e-8 */
    float decay;                       /**< RMSprop; [0, 1); default 0.99 */
    float momentum;                    /**< SGD; [0, 1); default 0 */
    float clip_norm;                   /**< > 0; gradients are scaled down to this norm, over all parameters;
                                            default: no clipping */
    gan_schedule schedule;             /**< default: constant */
    int64_t schedule_steps;            /**< T above; >= 1 unless the schedule is constant */
    float final_learning_rate;         /**< linear and cosine; >= 0; default 0 */
    float schedule_factor;             /**< step and exponential; (0, 1]; default 0.1 */
    int64_t schedule_start; /**< s above; >= 0; default 0. CycleGAN's rate is flat, then falls: linear, with
                                 half of the steps each */
    float weight_decay;     /**< d: each step begins by w *= 1 - rate d, apart from gradients and moments, as in AdamW
                                 (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019), whatever the
                                 algorithm; >= 0; default 0 */
    uint32_t reserved;      /**< 0, else ::GAN_ERROR_VERSION */
} gan_optimizer_options;
/** ::gan_optimizer_options with the given fields: GAN_OPTIMIZER(.learning_rate = 1e-3f, .beta1 = GAN_ZERO). */
#define GAN_OPTIMIZER(...) GAN_OPTIONS(gan_optimizer_options, __VA_ARGS__)

/** Creates an optimizer for a built model. Its state starts at 0. It keeps the model alive; the caller owns it. */
GAN_API gan_status gan_optimizer_create(gan_model *model, const gan_optimizer_options *options, gan_optimizer **out);
/**
 * Adds another model of the same context, which the optimizer keeps alive; clipping spans all of them. At most 8 in
 * total. After the first step: ::GAN_ERROR_STATE.
 */
GAN_API gan_status gan_optimizer_add_model(gan_optimizer *optimizer, gan_model *model);
/** Releases the optimizer; the models keep their weights. */
GAN_API void gan_optimizer_destroy(gan_optimizer *optimizer);
/**
 * Takes a step with the models' gradients. `gradient_norm`, unless NULL, receives their norm before clipping. If it
 * is not finite, or so large after clipping that its square overflows (with SGD: that v may), the result is
 * GAN_ERROR_DIVERGED and nothing has changed.
 */
GAN_API gan_status gan_optimizer_step(gan_optimizer *optimizer, double *gradient_norm);
/** Steps taken so far; 0 for NULL. */
GAN_API int64_t gan_optimizer_steps(const gan_optimizer *optimizer);
/** The schedule's rate for the next step; 0 for NULL. */
GAN_API double gan_optimizer_learning_rate(const gan_optimizer *optimizer);
/** Sets the base rate of the schedule; >= 0 and finite. */
GAN_API gan_status gan_optimizer_set_learning_rate(gan_optimizer *optimizer, float learning_rate);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup average Averages of weights
 * What a trainer with ema_decay or ema_half_life keeps of its generator, for any model.
 * @{
 */

/**
 * Updates an exponential average of a model's weights: parameters a = decay a + (1 - decay) m, and copies the
 * buffers. Running statistics, being those of the model's weights, fit an average less the slower it is: before it is
 * sampled or saved, gan_model_recalibrate() measures its own. `average` starts as a clone of the model. The average
 * of a generator gives better samples than the generator itself (Yazici et al., "The Unusual Effectiveness of
 * Averaging in GAN Training", 2019; Karras et al., 2018). decay in [0, 1]; at 0 the average becomes the model. Two
 * models whose tensors differ in names, order or shapes are ::GAN_ERROR_ARCHITECTURE.
 */
GAN_API gan_status gan_model_average(gan_model *average, const gan_model *model, double decay);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup dataset Datasets
 * Samples with named fields, such as an image and its class label, and a cursor that is part of a checkpoint.
 * Shuffled without replacement: each epoch is a new permutation, made from the seed and the epoch's number.
 *
 * A field has a name and, for each sample, values of one shape. A class label is a field of shape (1) whose value is
 * the number of a class, from 0; such a field knows its number of classes.
 * @{
 */

/**
 * Samples by number, and a cursor. Datasets made from one another by gan_dataset_subset() or gan_dataset_split() read
 * the same source: use them, too, from one thread at a time. (A thread that reads ahead does not count.)
 */
typedef struct gan_dataset gan_dataset;

/** The most classes that a class label can have: floats count exactly up to here. */
#define GAN_MAX_CLASSES 16777216

/** Options of all functions that make a dataset. */
typedef struct gan_dataset_options {
    size_t struct_size;      /**< set by GAN_DATASET() */
    bool in_order;           /**< default: shuffled */
    bool drop_last;          /**< skip an epoch's last batch if it is not full; default: return it, smaller */
    bool restart_if_changed; /**< a cursor of other data starts its epoch anew; default: it is refused */
    bool prefetch;      /**< read the next batch on a thread while this one is used; default: when it is wanted */
    bool transposed;    /**< IDX: rows of images are columns, as in EMNIST's files; default: they are rows */
    char delimiter;     /**< CSV: what is between cells, such as ';' or a tab; not a letter, digit, space, quote, sign
                             or point; default ',' */
    bool decimal_comma; /**< CSV: numbers have a comma in place of the point; not with commas between cells */
    bool skip_missing; /**< CSV: leave out rows that have an empty cell, NA, N/A (also after a number sign), nan, NaN,
                            null or NULL, and log how many; default: they are an error in a column of numbers */
    uint64_t seed;     /**< of the permutations; default 0 */
    int64_t limit;     /**< use at most this many samples, the first ones; >= 0; default: all */
    size_t memory_limit; /**< bytes of samples kept in memory; larger data are read from disk; default 256 MiB */
    /** The folder, for a gzipped IDX file over the limit to be unpacked in; default: /tmp, or where tmpfile() does.
     */
    const char *temporary_folder;
} gan_dataset_options;
/**
 * ::gan_dataset_options with the given fields: GAN_DATASET(.seed = 7, .drop_last = true).
 *
 * With `prefetch`, decoding a folder of pictures, say, does not hold up training. Batches, cursors and errors are the
 * same, each error at the batch that needs what could not be read; a cursor says what was given out, not what was
 * read. It takes memory for one more batch of the fields that are wanted, allocated by the first call that reads one,
 * and one thread of libgan's own, even in a context with the host's. Arrays must not change while they may be read.
 * Without a thread to start, batches are read when they are wanted, after a warning. Destroying the dataset waits for
 * what is being read, 32 samples at most. In a child of fork() reading ahead starts anew.
 */
#define GAN_DATASET(...) GAN_OPTIONS(gan_dataset_options, __VA_ARGS__)

/**
 * Opens an IDX file of images (the format of MNIST), plain or gzipped, as field "image", (1, height, width), and
 * optionally one of labels (labels_path, or NULL), one per image, as field "label". Unsigned bytes b of images become
 * b / 127.5 - 1, in [-1, 1]; signed bytes, 16 and 32-bit integers, floats and doubles are used as they are, rounded
 * to float32, beyond which a number is ::GAN_ERROR_FORMAT when it is read. Labels are whole numbers of any type, from
 * 0 and below ::GAN_MAX_CLASSES; in a file with several columns, such as QMNIST's, the first is the label. With
 * `transposed`, which other sources refuse with ::GAN_ERROR_UNSUPPORTED, (1, height, width) is the shape of the
 * images as they are shown. A gzipped file over the memory limit is unpacked once into an unnamed temporary file. Bad
 * files give the statuses of gan_model_load(); unequal numbers of labels and images are
 * ::GAN_ERROR_SHAPE. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_open_idx(gan_context *context, const char *images_path, const char *labels_path,
                                        const gan_dataset_options *options, gan_dataset **out);
/**
 * The same from readers; `labels` may be NULL. Plain images that do not fit into memory_limit are read when they are
 * wanted: by any thread that reads the dataset or one made from it, one at a time, and by the thread of `prefetch`.
 * So their reader must outlive these datasets; otherwise nothing is read after this call.
 */
GAN_API gan_status gan_dataset_open_idx_from(gan_context *context, gan_reader images, const gan_reader *labels,
                                             const gan_dataset_options *options, gan_dataset **out);

/** Options of gan_dataset_open_folder(). */
typedef struct gan_folder_options {
    size_t struct_size;  /**< set by GAN_FOLDER() */
    int64_t height;      /**< of all samples, 1 to 32,768; required */
    int64_t width;       /**< of all samples, 1 to 32,768; required */
    int64_t channels;    /**< 1, grey, or 3, RGB; default 3 */
    bool skip_broken;    /**< leave out files that cannot be read, and log a warning for each; default: fail */
    uint8_t reserved[7]; /**< 0, else ::GAN_ERROR_VERSION */
} gan_folder_options;
/** ::gan_folder_options with the given fields: GAN_FOLDER(.height = 64, .width = 64). */
#define GAN_FOLDER(...) GAN_OPTIONS(gan_folder_options, __VA_ARGS__)

/**
 * Opens a folder of PNG and JPEG files, *.png, *.jpg and *.jpeg, as field "image", (channels, height, width), in
 * [-1, 1]. If it has subfolders instead, each is a class, and its files have field "label"; classes are sorted by
 * name (see gan_dataset_get_class_name()), and so are the files, by their bytes. Hidden files and other names are
 * left out, with a warning if they look like pictures of other formats or are folders within those of classes.
 *
 * Grey, palette, RGB, CMYK and 16-bit files are converted; transparent pixels are shown on white; a JPEG picture is
 * turned upright as its EXIF data say; of an animated PNG the still picture is read. A picture is scaled until it
 * just covers height x width, by a triangle filter that averages when it shrinks, and cropped at its centre.
 * As many pictures as fit into memory_limit, as bytes, stay in memory once read; others are decoded again. A file
 * that cannot be read is the error of the call that reads it. With skip_broken, each is decoded once here, which
 * takes time. An empty folder is ::GAN_ERROR_EMPTY; pictures beside folders, ::GAN_ERROR_FORMAT; a kind of file that
 * this build lacks the library for, ::GAN_ERROR_UNSUPPORTED. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_open_folder(gan_context *context, const char *path, const gan_folder_options *folder,
                                           const gan_dataset_options *options, gan_dataset **out);

/** How gan_dataset_open_npy() reads a file, as bits of gan_npy_field.flags. */
typedef enum gan_npy_flag {
    GAN_NPY_LABEL = 1,      /**< class labels: whole numbers from 0 */
    GAN_NPY_SCALE_BYTES = 2 /**< bytes b become b / 127.5 - 1, in [-1, 1]; other types are ::GAN_ERROR_UNSUPPORTED */
} gan_npy_flag;

/** A field in a NumPy file. */
typedef struct gan_npy_field {
    const char *name; /**< not empty; another one for each field */
    const char *path; /**< an array (samples, shape of one), or (samples) for fields of shape (1) */
    uint64_t flags;   /**< bits of ::gan_npy_flag; default 0 */
} gan_npy_field;

/**
 * Opens NumPy files (NPY formats 1.0 to 3.0), one for each field, all with the same number of samples, else
 * ::GAN_ERROR_SHAPE. Floats of 16 to 64 bits, integers of 8 to 64 with or without sign, and booleans, in either order
 * of bytes, become floats, rounded to float32; a number beyond float32 is ::GAN_ERROR_FORMAT when it is read. Other
 * types are ::GAN_ERROR_UNSUPPORTED. Fields are kept in memory, in their order, as far as they fit into memory_limit;
 * the others are read from their files, but those in Fortran order must fit, else ::GAN_ERROR_OVERFLOW. Class labels
 * are checked and counted here. Bad files give the statuses of gan_model_load(). The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_open_npy(gan_context *context, int64_t field_count, const gan_npy_field *fields,
                                        const gan_dataset_options *options, gan_dataset **out);
/**
 * The same from readers, one for each field, whose path is NULL, else ::GAN_ERROR_ARGUMENT. Those of fields that do
 * not fit into memory_limit must outlive the dataset and all made from it, as with gan_dataset_open_idx_from().
 */
GAN_API gan_status gan_dataset_open_npy_from(gan_context *context, int64_t field_count, const gan_npy_field *fields,
                                             const gan_reader *readers, const gan_dataset_options *options,
                                             gan_dataset **out);

/**
 * Opens a table of comma-separated values (RFC 4180, UTF-8): a header line with the names of the fields, then a line
 * for each sample. A column of finite numbers, with a decimal point, is a field of shape (1). A column of texts is a
 * class label, whose classes are the different texts, at most 65,536, sorted by their bytes; see
 * gan_dataset_get_class_name(). Spaces around cells and empty lines do not count; lines end with LF, CRLF or CR. An
 * empty cell, a column with both numbers and texts, or a line with another number of cells is ::GAN_ERROR_FORMAT,
 * with line and column, and so is a single column whose name has a tab, semicolon or bar without quotes, unless
 * `delimiter` is set; what is no text in UTF-8 but another kind of file, ::GAN_ERROR_MAGIC. The options delimiter,
 * decimal_comma and skip_missing are for tables only: other sources refuse them with ::GAN_ERROR_UNSUPPORTED. The
 * table is kept in memory: one larger than memory_limit is ::GAN_ERROR_OVERFLOW. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_open_csv(gan_context *context, const char *path, const gan_dataset_options *options,
                                        gan_dataset **out);
/** The same from a reader, which is read twice, or with skip_missing three times, and not after this call. */
GAN_API gan_status gan_dataset_open_csv_from(gan_context *context, gan_reader reader,
                                             const gan_dataset_options *options, gan_dataset **out);

/**
 * A dataset over `count` samples in memory, which are not copied: the arrays must outlive the dataset and all made
 * from it. `samples` becomes field "sample", `labels` field "label": one class number per sample, from 0 and below
 * ::GAN_MAX_CLASSES, or NULL. Values are used as they are. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_from_array(gan_context *context, const float *samples, const int32_t *labels,
                                          int64_t count, gan_shape shape, const gan_dataset_options *options,
                                          gan_dataset **out);

/** A field in memory. */
typedef struct gan_array_field {
    const char *name;    /**< not empty; another one for each field */
    const float *values; /**< count * elements of the shape */
    gan_shape shape;     /**< of one sample; (1) for a class label */
    int64_t classes;     /**< of a class label, up to ::GAN_MAX_CLASSES: values are whole, from 0, and less; else 0 */
} gan_array_field;

/**
 * The same for any number of fields, at least one, in this order. The structs and names are copied, the values are
 * not. A class label outside its range is ::GAN_ERROR_ARGUMENT.
 */
GAN_API gan_status gan_dataset_from_arrays(gan_context *context, int64_t count, int64_t field_count,
                                           const gan_array_field *fields, const gan_dataset_options *options,
                                           gan_dataset **out);

/** A field that a callback fills. */
typedef struct gan_callback_field {
    const char *name; /**< not empty; another one for each field */
    gan_shape shape;  /**< of one sample; (1) for a class label */
    int64_t classes;  /**< of a class label, up to ::GAN_MAX_CLASSES; else 0 */
} gan_callback_field;

/**
 * Writes samples numbers[0] to numbers[count - 1] to fields[f], an array for each field, count * elements of its
 * shape, or NULL if it is not wanted. A number must always give the same sample, so that training can be resumed.
 * Anything but GAN_OK ends the call that reads, with this status. Called by what reads the dataset, in the same
 * thread, for a part of a batch at a time; it must not use the dataset or one that shares its source. With `prefetch`
 * it is also called on a thread of libgan, for samples that may never be asked for, but by one thread at a time.
 */
typedef gan_status (*gan_fill_fn)(void *user, const int64_t *numbers, int64_t count, float *const *fields);

/**
 * A dataset of `count` samples with these fields, at least one, which `fill` provides; `user` is passed to it. A
 * class label from it that is not whole, from 0 and below the number of classes is ::GAN_ERROR_ARGUMENT. The structs
 * and names are copied. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_from_callback(gan_context *context, int64_t count, int64_t field_count,
                                             const gan_callback_field *fields, gan_fill_fn fill, void *user,
                                             const gan_dataset_options *options, gan_dataset **out);

/**
 * A dataset of the samples of another with these numbers, counted as gan_dataset_read() does, in this order; a number
 * may occur more than once. It has its own cursor and reads the same source, which lives as long as any of them.
 * memory_limit is not used. The caller owns the dataset.
 */
GAN_API gan_status gan_dataset_subset(gan_dataset *dataset, int64_t count, const int64_t *numbers,
                                      const gan_dataset_options *options, gan_dataset **out);

/** How many samples gan_dataset_split() chooses: exactly one of the first three is set. */
typedef struct gan_split_options {
    size_t struct_size; /**< set by GAN_SPLIT() */
    int64_t per_class;  /**< this many of each class of the first field that is a class label; >= 1 */
    int64_t count;      /**< this many; >= 1 */
    double share;       /**< this share, in (0, 1); rounded to whole samples, at least one */
    uint64_t seed;      /**< of the choice; default 0 */
} gan_split_options;
/** ::gan_split_options with the given fields: GAN_SPLIT(.per_class = 10, .seed = 1). */
#define GAN_SPLIT(...) GAN_OPTIONS(gan_split_options, __VA_ARGS__)

/**
 * Chooses samples at random, without replacement, as two subsets of a dataset: those chosen and, unless `rest` is
 * NULL, all others, such as the labelled and the unlabelled samples of semi-supervised learning. Both are ordered by
 * number and have the options of the dataset. The choice depends only on seed, number of samples and labels. A class
 * with fewer than per_class samples, or nothing left for `rest`, is ::GAN_ERROR_ARGUMENT; per_class without a class
 * label, ::GAN_ERROR_STATE. The caller owns both.
 */
GAN_API gan_status gan_dataset_split(gan_dataset *dataset, const gan_split_options *options, gan_dataset **chosen,
                                     gan_dataset **rest);

/** Releases the dataset; arrays in memory stay the caller's. */
GAN_API void gan_dataset_destroy(gan_dataset *dataset);

/** Number of samples: the limit of the options, or all; 0 for NULL. */
GAN_API int64_t gan_dataset_count(const gan_dataset *dataset);
/** The shape of one sample's first field. */
GAN_API gan_status gan_dataset_get_shape(const gan_dataset *dataset, gan_shape *out);
/**
 * Classes of the first field that is a class label, in files and arrays the largest label + 1; 0 without one, and for
 * NULL.
 */
GAN_API int64_t gan_dataset_classes(const gan_dataset *dataset);

/** Name, shape and classes of a field. */
typedef struct gan_field_info {
    size_t struct_size; /**< set by ::GAN_FIELD_INFO_INIT */
    const char *name;   /**< "image"; owned by the dataset; valid until the dataset is destroyed */
    gan_shape shape;    /**< of one sample */
    int64_t classes;    /**< of a class label; else 0 */
} gan_field_info;
/** The value that a ::gan_field_info starts with: gan_field_info info = GAN_FIELD_INFO_INIT. */
#define GAN_FIELD_INFO_INIT                       \
    {                                             \
        sizeof(gan_field_info), NULL, {0, {0}}, 0 \
    }

/** Number of fields; 0 for NULL. */
GAN_API int64_t gan_dataset_field_count(const gan_dataset *dataset);
/** Fills in `info`, whose struct_size the caller has set, for field `index`, from 0. */
GAN_API gan_status gan_dataset_get_field(const gan_dataset *dataset, int64_t index, gan_field_info *info);
/** The index of the field with this name; -1 if there is none, and for NULL. */
GAN_API int64_t gan_dataset_find_field(const gan_dataset *dataset, const char *name);
/**
 * *out becomes the name of a class of field `field`, such as the text of a column; owned by the dataset, valid until
 * it is destroyed. A field that is no class label is ::GAN_ERROR_STATE, one whose classes have no names,
 * ::GAN_ERROR_NOT_FOUND.
 */
GAN_API gan_status gan_dataset_get_class_name(const gan_dataset *dataset, int64_t field, int64_t class_number,
                                              const char **out);

/**
 * Reads the next batch: up to `batch` samples, fewer at an epoch's end; never from two epochs. The call after an
 * epoch's end starts the next one. fields[f], for each field in order: batch * elements of its shape, or NULL to skip
 * it. *count receives the number of samples. With drop_last, a batch larger than the dataset is ::GAN_ERROR_BATCH. If
 * reading fails, the arrays may be partly overwritten; the cursor has not moved.
 */
GAN_API gan_status gan_dataset_next_fields(gan_dataset *dataset, int64_t batch, float *const *fields, int64_t *count);
/** Reads `count` samples by their number in the dataset, from `first`, as above; the cursor does not move. */
GAN_API gan_status gan_dataset_read_fields(gan_dataset *dataset, int64_t first, int64_t count, float *const *fields);
/**
 * gan_dataset_next_fields() for the two fields that most datasets have. `samples`: batch * elements of the first
 * field; `labels`: batch, of the first field that is a class label, or NULL; requesting labels from a dataset without
 * one is ::GAN_ERROR_STATE.
 */
GAN_API gan_status gan_dataset_next(gan_dataset *dataset, int64_t batch, float *samples, int32_t *labels,
                                    int64_t *count);
/** gan_dataset_read_fields() for the same two fields. */
GAN_API gan_status gan_dataset_read(gan_dataset *dataset, int64_t first, int64_t count, float *samples,
                                    int32_t *labels);
/**
 * Copies out the numbers that samples `first` to first + count - 1 have in their source, the file, arrays or
 * callback: of a subset, those that it was made of.
 */
GAN_API gan_status gan_dataset_get_numbers(const gan_dataset *dataset, int64_t first, int64_t count,
                                           int64_t *numbers);

/** A position in a dataset. */
typedef struct gan_dataset_cursor {
    uint64_t seed;        /**< of the permutations */
    int64_t epoch;        /**< epochs finished; the batch that ends an epoch counts it */
    int64_t position;     /**< samples returned in the current epoch, less than all of them */
    int64_t count;        /**< samples of the dataset; 0: unknown */
    uint64_t fingerprint; /**< of the first field's shape, the names of a folder's files and classes or of a table's
                               columns and categories, and a subset's numbers; 0: unknown */
} gan_dataset_cursor;
/** Returns the current cursor. */
GAN_API gan_status gan_dataset_get_cursor(const gan_dataset *dataset, gan_dataset_cursor *out);
/**
 * Restores a cursor over the same samples: epoch >= 0, position from 0 to their number. If the dataset has grown or
 * shrunk, or has other samples, as far as count and fingerprint tell, this is ::GAN_ERROR_STATE; with
 * restart_if_changed, the cursor's epoch starts anew. The same holds for loading a checkpoint.
 */
GAN_API gan_status gan_dataset_set_cursor(gan_dataset *dataset, gan_dataset_cursor cursor);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup checkpoint Checkpoints
 * Everything that a loop written by hand needs to resume, in one file: saved, loaded in another process and
 * continued, it equals one that never stopped, bit for bit. (A trainer and a game have their own, gan_trainer_save()
 * and gan_game_save(), and may also be parts of one, as may histories: gan_checkpoint_add_trainer(),
 * gan_checkpoint_add_game(), gan_checkpoint_add_history().)
 *
 *     gan_checkpoint_create(context, &checkpoint);
 *     gan_checkpoint_add_model(checkpoint, "generator", generator);
 *     gan_checkpoint_add_optimizer(checkpoint, "generator_optimizer", optimizer);
 *     gan_checkpoint_add_random(checkpoint, "noise", noise);
 *     gan_checkpoint_add_integer(checkpoint, "step", &step);
 *     if (resume) gan_checkpoint_load(checkpoint, path);
 *
 * A part is saved and loaded under the name that it is added by: 1 to 63 bytes of UTF-8 without '/' or control
 * characters. A name that another part has, or that begins with another part's name and a '.', is
 * ::GAN_ERROR_ARGUMENT; so are the file's own "format", "kind" and "__metadata__", a part that has been added before,
 * and a handle of another context. Adding neither reads nor changes a part. Handles are kept alive; arrays and
 * integers are the caller's and must outlive the checkpoint.
 *
 * Thread safety: while a checkpoint is saved or loaded, nothing else may use its parts.
 * @{
 */

/** A list of named parts; see above. */
typedef struct gan_checkpoint gan_checkpoint;

/** Creates a checkpoint without parts. The caller owns it. */
GAN_API gan_status gan_checkpoint_create(gan_context *context, gan_checkpoint **out);
/** Releases the checkpoint; the parts stay as they are. */
GAN_API void gan_checkpoint_destroy(gan_checkpoint *checkpoint);

/** Adds a built model: its architecture, weights and buffers, but not its gradients. An average is a model too. */
GAN_API gan_status gan_checkpoint_add_model(gan_checkpoint *checkpoint, const char *name, gan_model *model);
/** Adds an optimizer: algorithm, moments, steps and base learning rate. Add its models as well. */
GAN_API gan_status gan_checkpoint_add_optimizer(gan_checkpoint *checkpoint, const char *name,
                                                gan_optimizer *optimizer);
/** Adds a random generator: its state. */
GAN_API gan_status gan_checkpoint_add_random(gan_checkpoint *checkpoint, const char *name, gan_random *random);
/**
 * Adds the random state of a session, which layers such as dropout draw from in ::GAN_MODE_TRAIN. Values that it was
 * given or has computed are not saved: after loading, start with the inputs.
 */
GAN_API gan_status gan_checkpoint_add_session(gan_checkpoint *checkpoint, const char *name, gan_session *session);
/** Adds a dataset: its cursor. */
GAN_API gan_status gan_checkpoint_add_dataset(gan_checkpoint *checkpoint, const char *name, gan_dataset *dataset);
/** Adds an image pool: its images and random state. */
GAN_API gan_status gan_checkpoint_add_image_pool(gan_checkpoint *checkpoint, const char *name, gan_image_pool *pool);
/** Adds an array of `count` floats, at least 1; any, NaN included. */
GAN_API gan_status gan_checkpoint_add_values(gan_checkpoint *checkpoint, const char *name, float *values,
                                             int64_t count);
/** Adds an array of `count` doubles, at least 1; any, NaN included. */
GAN_API gan_status gan_checkpoint_add_doubles(gan_checkpoint *checkpoint, const char *name, double *values,
                                              int64_t count);
/** Adds an integer, such as a count of steps; any value. */
GAN_API gan_status gan_checkpoint_add_integer(gan_checkpoint *checkpoint, const char *name, int64_t *value);

/**
 * Writes all parts to a file, which is replaced atomically. Weights or moments that are NaN or infinite are
 * ::GAN_ERROR_NOT_FINITE, since no training can resume from them: the old file stays.
 */
GAN_API gan_status gan_checkpoint_save(const gan_checkpoint *checkpoint, const char *path);
/** The same to a writer. */
GAN_API gan_status gan_checkpoint_save_to(const gan_checkpoint *checkpoint, gan_writer writer);

/**
 * Reads all parts from such a file, saved with parts of the same names, kinds and sizes; whatever else it has is
 * skipped. A part that it lacks is ::GAN_ERROR_NOT_FOUND, another architecture, optimizer or count
 * ::GAN_ERROR_ARCHITECTURE; a dataset that has grown, shrunk or changed, without restart_if_changed,
 * ::GAN_ERROR_STATE; any other cursor that it cannot have, and weights or moments that are not finite,
 * ::GAN_ERROR_FORMAT; bad files are as with gan_model_load(). On failure nothing has changed.
 */
GAN_API gan_status gan_checkpoint_load(gan_checkpoint *checkpoint, const char *path);
/** The same from a reader. */
GAN_API gan_status gan_checkpoint_load_from(gan_checkpoint *checkpoint, gan_reader reader);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup collective Distributed training
 * Several processes that train the same models, each on a part of every batch. A game or trainer is given a
 * ::gan_collective, through which the processes exchange bytes, by MPI or whatever else a program has.
 * docs/distributed.md explains it all.
 *
 * A batch is divided into equal shards, and every process has as many consecutive ones as the others. What is summed
 * over a batch, such as gradients, losses and the moments of batch normalisation, is summed over each shard, then
 * over the shards in their order, and random numbers belong to a shard. So a training is the same, bit for bit, with
 * any number of processes that divides the number of shards, one included, on the same kind of CPU.
 * @{
 */

/** What the processes of a ::gan_collective exchange. In what follows, n is their number. */
typedef enum gan_exchange {
    GAN_EXCHANGE_GATHER = 0,   /**< `from` has `bytes` bytes; `to` gets n times as many: those of each process, in the
                                    order of ranks, its own included (MPI_Allgather) */
    GAN_EXCHANGE_TRANSPOSE = 1 /**< `from` has n times `bytes` bytes: those for each process, in the order of ranks;
                                    `to` gets as many: what each process, in that order, had for this one
                                    (MPI_Alltoall) */
} gan_exchange;

/**
 * How processes exchange bytes. All call the same functions in the same order, each in one thread at a time. Either
 * all succeed or each gets an error, at the latest after a time that the program has chosen: a process that died or
 * is late must not stop the others for ever. After an error all later calls should fail.
 */
typedef struct gan_collective {
    size_t struct_size; /**< set by GAN_COLLECTIVE() */
    int64_t rank;       /**< of this process: 0 to size - 1 */
    int64_t size;       /**< number of processes; 1 to 65536 */
    /**
     * Begins an exchange; `bytes` >= 1. Neither array may be touched until it is finished. It may also do it all.
     * `ticket`, to which it may write, is given to `finish`.
     */
    gan_status (*start)(void *user, gan_exchange exchange, const void *from, void *to, size_t bytes, int64_t *ticket);
    /** Ends an exchange: called once for each that was started, in any order, the same in all. */
    gan_status (*finish)(void *user, int64_t ticket);
    /** The sentence of the last call that failed, for gan_last_error(); NULL: its status says enough. */
    const char *(*error)(void *user);
    void *user; /**< passed to all three; may be NULL */
} gan_collective;
/** ::gan_collective with the given fields: GAN_COLLECTIVE(.rank = rank, .size = 4, .start = begin, .finish = end). */
#define GAN_COLLECTIVE(...) GAN_OPTIONS(gan_collective, __VA_ARGS__)

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup trainer Trainers
 * Two models, two optimizers, a loss and a schedule. One call is one step, and a step is made of public calls:
 * examples/custom_loop.c writes it out, to the same bits.
 *
 * Thread safety: while a trainer works, no other thread may use its models, optimizers, datasets or average: neither
 * change nor sample, save or read them. From any thread, at any time, gan_trainer_snapshot() gives a copy of the
 * generator to sample or save, and gan_trainer_cancel() ends a run, also from a signal handler.
 * @{
 */

/**
 * A generator, a discriminator, and everything that trains them against each other.
 *
 * A discriminator update: draw noise z; run G on it, D on the real and D on the generated samples, all in
 * GAN_MODE_TRAIN; compute the loss of both; zero D's gradients, add those of the real samples, then of the generated
 * ones, then of the penalties; step; clip D's weights. A generator update: run D on the generated samples, again in
 * GAN_MODE_TRAIN, and with a relativistic loss first on the real samples of the preceding discriminator update, or of
 * the following one if G moves first; compute the loss; backpropagate through D to its input (::GAN_BACKWARD_INPUTS)
 * and on through G, whose gradients were zeroed; step; with an average, gan_model_average() of the new G.
 *
 * - Discriminator first: its updates, each on new noise; then the generator's, on the samples that G made for the
 *   last of them (the new D judges them again), or with fresh_noise on as many new ones.
 * - Generator first: its update on new noise; then the discriminator's, each on new noise through the new G.
 * - Simultaneous, by the option of that name: a discriminator update that also computes L_G from the same logits, and
 *   the gradient of D's input in the backward pass on generated samples. Before the penalties, this gradient is
 *   passed back to G's output, where each sample's is multiplied by (dL_G/df) / (dL_D/df) of the logit f that judged
 *   it. After D's step it is backpropagated through G. Throughout, a dL_D/df nearer to 0 than 1e-24 counts as 1e-24,
 *   with its sign.
 *
 * The noise of a batch is one call of gan_random_normal() on a random generator at ::GAN_NOISE_STREAM of the seed, or
 * one of gan_random_uniform() with 2 u - 1 for U(-1, 1). Three sessions have the trainer's batch: G's has the seed,
 * D's on real samples seed + 1, D's on generated samples seed + 2; this matters for dropout.
 *
 * Before each run of D, the real or generated samples become the discriminator's input. With augment: gan_augment(),
 * with the state of a random generator at ::GAN_AUGMENT_STREAM of the seed, whose counter then advances by
 * ::GAN_AUGMENT_BLOCKS per sample. With instance_noise s: gan_instance_noise(), from a random generator at
 * ::GAN_INSTANCE_NOISE_STREAM, with deviation s - s * min(n / instance_noise_steps, 1), in double, in the trainer's
 * step n, counted from 0; at 0 none is drawn. With packing: D's sessions have batch / packing inputs, each of
 * `packing` consecutive samples, and as many logits. On the way back to G, gan_augment_backward() takes the gradient
 * of D's input with the last state. Penalties apply to the discriminator's input, with a pack as one sample.
 *
 * Penalties are calls of gan_gradient_penalty() in this order: r1 on the session of real samples; r2 on that of
 * generated ones; gradient_penalty on samples of gan_penalty_interpolate(), between the real ones and G's; dragan on
 * those of gan_penalty_perturb(), around the real ones. The last two run in a fourth session of D, with seed + 3, on
 * samples drawn from ::GAN_PENALTY_STREAM of the seed. Update n of D, counted from 0, has penalties if
 * penalty_interval divides n. They are multiplied, in double, by the interval and by the schedule's value after the
 * steps taken so far; those with coefficient 0 are skipped, and draw nothing.
 *
 * The average of the generator starts as a gan_model_clone() of G when the trainer is created. Its decay is
 * ema_decay, or exp2(-n / H) in double, where n counts the step's real samples, over all updates of D, and H is the
 * half-life: ema_half_life or, if less, ema_ramp times the real samples of all earlier steps. Where H is 0, in the
 * very first step with ema_ramp, the decay is 0.
 */
typedef struct gan_trainer gan_trainer;

/** Which player moves first in a step; see ::gan_trainer. */
typedef enum gan_order {
    GAN_ORDER_DISCRIMINATOR_FIRST = 0, /**< the generator answers the new D */
    GAN_ORDER_GENERATOR_FIRST = 1      /**< the discriminator answers the new G */
} gan_order;

/** The stream of the seed from which a trainer draws noise, for gan_random_create(). */
#define GAN_NOISE_STREAM 2
/** The stream from which it draws the samples of penalties. */
#define GAN_PENALTY_STREAM 6
/** The stream from which it draws augmentation. */
#define GAN_AUGMENT_STREAM 7
/** The stream from which it draws instance noise. */
#define GAN_INSTANCE_NOISE_STREAM 8

/** Options of gan_trainer_create(). */
typedef struct gan_trainer_options {
    size_t struct_size;  /**< set by GAN_TRAINER() */
    int64_t batch;       /**< largest batch; >= 1, else ::GAN_ERROR_BATCH; default 32 */
    float learning_rate; /**< of both players; > 0, or ::GAN_ZERO; 0 is the default, 2e-4 */
    float beta1;         /**< of both players' Adam; [0, 1); default 0.5 (Radford et al., 2016) */
    float beta2;         /**< of both players' Adam; [0, 1); default 0.999 */
    const gan_optimizer_options *generator_optimizer;     /**< instead of the three above; default: NULL */
    const gan_optimizer_options *discriminator_optimizer; /**< instead of the three above; default: NULL */
    gan_loss loss;                                        /**< default: GAN_LOSS_NON_SATURATING */
    int64_t discriminator_steps; /**< discriminator updates for each generator update; >= 1; default 1 */
    gan_order order;             /**< default: discriminator first */
    float label_smoothing;       /**< real samples are labelled 1 - label_smoothing; [0, 1), and 0 for losses without
                                      labels, see gan_loss_discriminator(); default 0 */
    gan_noise noise;             /**< default: normal. gan_trainer_create() notes it in the generator's input, so that
                                      saved generators are sampled from it; see gan_model_set_input() */
    bool fresh_noise;            /**< draw new noise for the generator's update; default: reuse that of the last
                                      discriminator update, which saves a pass through G. See ::gan_trainer */
    uint64_t seed;               /**< of noise, dropout and all other random numbers; default 0 */
    float r1;                    /**< gamma of R1: gamma / 2 E |dD/dx|^2 on real samples; >= 0; default 0. See
                                      ::gan_penalty for this and the next three */
    float r2;                    /**< gamma of R2, the same on generated samples; >= 0; default 0 */
    float gradient_penalty;      /**< lambda of WGAN-GP, 10 in the paper; >= 0; default 0 */
    float dragan;                /**< lambda of DRAGAN, 10 in the paper; >= 0; default 0 */
    float weight_clip;           /**< c: D's parameters are clipped to [-c, c] after each of its updates; > 0; not
                                      with gradient_penalty; default: no clipping */
    int64_t penalty_interval;    /**< n: penalties only in the first of every n updates of D, with n times the
                                      coefficient (Karras et al., StyleGAN2, 2020); >= 1; default 1 */
    gan_schedule penalty_schedule;  /**< of all coefficients, over the trainer's steps: constant, linear or cosine,
                                         from the coefficient to final_penalty_factor times it; default: constant */
    float final_penalty_factor;     /**< the share of a coefficient that the schedule ends at; [0, 1]; default 0 */
    int64_t penalty_schedule_steps; /**< T of the schedule; >= 1 unless it is constant */
    int64_t packing;                /**< number of samples that D judges at once, all real or all generated (PacGAN,
                                         Lin et al., 2018): its input has a sample's shape with the first dimension
                                         (an image's channels) multiplied by this. Must divide the batch, else
                                         ::GAN_ERROR_BATCH; >= 1; default 1 */
    float instance_noise;         /**< deviation of the noise on all samples that D sees, see gan_instance_noise(); >=
                                       0; default 0 */
    int64_t instance_noise_steps; /**< steps over which it falls linearly to 0; >= 1; default: it stays constant */
    uint64_t augment;    /**< augmentation of all samples that D sees, a combination of ::gan_augmentation bits; see
                              gan_augment(); default 0, none */
    float ema_decay;     /**< keep an exponential average of the generator's weights, with this decay per step; in [0,
                              1); default 0: no average. See gan_trainer_get_average() */
    float ema_half_life; /**< the same by half-life in real samples: after this many, what the average held has
                              half its weight, whatever the batch; > 0; not with ema_decay; default: no average */
    float ema_ramp;      /**< the half-life is at most this share of the samples seen so far, so that the first
                              weights soon fade (Karras et al., StyleGAN2, 2020: 0.05); > 0; only with ema_half_life;
                              default: no limit */
    bool simultaneous;   /**< both players move at once, with gradients at the same weights: simultaneous gradient
                              descent (Mescheder et al., 2018), a different algorithm. One pass of D over generated
                              samples serves both, which saves about a fifth of the time. Only with one discriminator
                              step, the default order, no fresh_noise and a discriminator that treats the samples of a
                              batch independently, without batch normalisation or minibatch_stddev (else
                              ::GAN_ERROR_UNSUPPORTED). Default: one after the other */
    bool shard_batch_norm; /**< batch normalisation by the statistics of each shard (Hoffer et al., "Train longer,
                                generalize better", 2017: ghost batch normalisation), so that processes wait for one
                                exchange less in each pass; running statistics get the mean of all shards'. A shard
                              must then have enough samples to normalise. Default: by those of the whole batch */
    uint8_t reserved[6];   /**< 0, else ::GAN_ERROR_VERSION */
    int64_t diagnosis_interval; /**< steps from one diagnosis to the next, see ::gan_diagnosis; >= 1, or
                                     ::GAN_DIAGNOSIS_OFF; default 100 */
    int64_t shards; /**< equal parts of a batch that are summed one after the other: the same number gives the same
                         bits with any number of processes that divides it. With packing p, p times it must divide the
                         batch, else ::GAN_ERROR_BATCH; default: the number of processes. What compares the samples of
                         a batch with each other, but for batch normalisation, compares those of a shard */
    const gan_collective *collective; /**< the processes that train together; copied; what `user` points to must
                                           outlive the trainer. Default: NULL, this one alone */
} gan_trainer_options;
/** ::gan_trainer_options with the given fields: GAN_TRAINER(.batch = 64, .order = GAN_ORDER_GENERATOR_FIRST). */
#define GAN_TRAINER(...) GAN_OPTIONS(gan_trainer_options, __VA_ARGS__)

/**
 * Creates a trainer for two built models of the context. The generator must have one input, noise of any shape, and
 * one output with the shape of the discriminator's only input or, with packing, of a part of it; the discriminator's
 * only output must be one logit. Else ::GAN_ERROR_SHAPE, as is augment for samples that gan_augment() refuses. A
 * penalty on a discriminator with a layer without second derivatives (batch normalisation) is
 * ::GAN_ERROR_UNSUPPORTED. The trainer keeps both models alive; the caller owns the trainer. After this, a step
 * allocates nothing.
 */
GAN_API gan_status gan_trainer_create(gan_context *context, gan_model *generator, gan_model *discriminator,
                                      const gan_trainer_options *options, gan_trainer **out);
/** Releases the trainer; the models keep their weights. */
GAN_API void gan_trainer_destroy(gan_trainer *trainer);

/** Value of diagnosis_interval that turns diagnosis off; only ::GAN_DIAGNOSIS_NOT_FINITE is still reported. */
#define GAN_DIAGNOSIS_OFF (-1)

/**
 * What can go wrong in a training run, as bits. A trainer measures while it trains, which costs next to nothing and
 * does not change the training. Every diagnosis_interval steps it applies the rules that docs/stability.md explains
 * to what it measured, and reports the result in the ::gan_step_report of that step.
 */
typedef enum gan_diagnosis {
    GAN_DIAGNOSIS_VANISHING_GRADIENT = 1, /**< D tells all samples apart, and almost no gradient reaches G */
    GAN_DIAGNOSIS_EXPLODING_GRADIENT = 2, /**< a player's gradient is far larger than usual, or than its weights */
    GAN_DIAGNOSIS_DISCRIMINATOR_WON = 4,  /**< D has long been right and sure about every sample */
    GAN_DIAGNOSIS_MODE_COLLAPSE = 8,      /**< generated samples have long been much more alike than real ones */
    GAN_DIAGNOSIS_NOT_FINITE = 16         /**< a step has failed with ::GAN_ERROR_DIVERGED */
} gan_diagnosis;

/**
 * The name of a diagnosis in words, such as "mode collapse"; "unknown diagnosis" for any other number. Any thread.
 */
GAN_API const char *gan_diagnosis_name(gan_diagnosis diagnosis);
/** A sentence with advice about one diagnosis; empty for any other number. Any thread. */
GAN_API const char *gan_diagnosis_advice(gan_diagnosis diagnosis);

/** The results of one step. Losses and norms are those of the step's batch, before its updates. */
typedef struct gan_step_report {
    size_t struct_size;                 /**< set by ::GAN_STEP_REPORT_INIT */
    int64_t step;                       /**< steps taken since the beginning, including this one */
    int64_t epoch;                      /**< epochs finished since the beginning, in gan_trainer_run(); else 0 */
    int64_t batch;                      /**< real samples in this step */
    double discriminator_loss;          /**< mean over the discriminator's updates, without penalties */
    double generator_loss;              /**< of the generator's update */
    double real_probability;            /**< mean of D(x) over the real samples of the last discriminator update */
    double fake_probability;            /**< mean of D(G(z)) over its generated samples */
    double discriminator_gradient_norm; /**< Euclidean, before clipping, of the last update */
    double generator_gradient_norm;     /**< Euclidean, before clipping */
    double samples_per_second;          /**< real samples, over the last second or so; 0 in gan_trainer_step() */
    double seconds;                     /**< since the start of gan_trainer_run() */
    double seconds_left;                /**< estimate for this gan_trainer_run(); < 0 when unknown */
    double progress;                    /**< share of this gan_trainer_run() that is done, 0 to 1; < 0 when unknown */
    double penalty; /**< sum of the penalties of the last discriminator update, 0 if it had none */
    /* The rest comes from the last diagnosis: NaN before the first. */
    double real_accuracy;              /**< share of real samples that D judged real since the previous diagnosis:
                                            logit above 0, with least squares above 1/2, with the Wasserstein and
                                            relativistic losses above what it is compared with */
    double fake_accuracy;              /**< share of generated samples that D judged generated, likewise */
    double diversity;                  /**< mean distance between two generated samples over that between two real
                                            ones, of up to 64 of each: near 1 when G covers the data. NaN for batches
                                            of one */
    double saturation;                 /**< share of G's outputs in the outer half per cent at either end of their
                                            range; NaN unless a tanh or sigmoid produces them */
    double generator_update_ratio;     /**< norm of the last change to G's weights over that of the weights */
    double discriminator_update_ratio; /**< the same of D */
    uint64_t diagnoses;                /**< ::gan_diagnosis bits; 0 in steps without a diagnosis */
} gan_step_report;
/** The value that a ::gan_step_report starts with: gan_step_report report = GAN_STEP_REPORT_INIT. */
#define GAN_STEP_REPORT_INIT                                                                   \
    {                                                                                          \
        sizeof(gan_step_report), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Called after each step, in the thread that runs the trainer. `user` is that of the options; `report` is valid
 * during the call. A nonzero return value cancels the run. It may sample, save and read the models; it must not train
 * or destroy them.
 *
 * A step that diverged is reported too, before gan_trainer_run() returns ::GAN_ERROR_DIVERGED: with the number that
 * it would have had, NaN for its losses, probabilities, norms and penalty, and ::GAN_DIAGNOSIS_NOT_FINITE. The return
 * value is then ignored. If training then continues, the next step has the same number.
 */
typedef int (*gan_progress_fn)(void *user, gan_trainer *trainer, const gan_step_report *report);

/**
 * Takes one step on `batch` real samples: discriminator and generator, once each, in the trainer's order. With more
 * discriminator steps, the samples are `discriminator_steps` consecutive batches of `batch`. `batch` is at most that
 * of the options and a multiple of packing, else ::GAN_ERROR_BATCH. `report` may be NULL. If a loss, gradient or
 * running statistic is not finite: GAN_ERROR_DIVERGED, whose sentence names the first sample with a value that is not
 * finite, if there is one, or a model that was not finite before the step. Each model is reset to its last weights
 * that gave a finite loss and gradient, and the average is made of such weights only; the optimizers keep their
 * moments, which are finite. After any failure, running statistics are as before the step, and the step does not
 * count.
 */
GAN_API gan_status gan_trainer_step(gan_trainer *trainer, const float *samples, int64_t batch,
                                    gan_step_report *report);

/**
 * gan_trainer_step() in slices, for a host that has little time at once, such as a game between two frames. The first
 * call begins a step, and each call goes on with it for `microseconds`, at least 0, or until it is done, which *done
 * tells; `report`, which may be NULL, is written then. A call goes on for somewhat longer than asked, until the
 * pieces of work under way have ended, and does at least one; docs/performance.md has measurements. All calls of a
 * step get the same arrays, whose samples must not change meanwhile, and the same `batch`, else ::GAN_ERROR_STATE.
 * The results are those of gan_trainer_step(), to the bit. If the step fails, it has ended too, as that of
 * gan_trainer_step().
 *
 * The step runs in a thread of the trainer's own, which the first call starts and which sleeps between calls; the
 * log's callback, the host's threads and its collective are called from there. While a step is half done, its models
 * and optimizers are in use. Calls that read or change them by the trainer, including snapshots, finish the step
 * first, and so does gan_trainer_destroy(); the next call of this function then tells that it is done.
 * gan_trainer_step() and gan_trainer_run() are ::GAN_ERROR_STATE until then, and gan_trainer_cancel() has no effect
 * on it. A child of fork() can only destroy a trainer that it inherited in that state.
 */
GAN_API gan_status gan_trainer_step_some(gan_trainer *trainer, const float *samples, int64_t batch,
                                         int64_t microseconds, bool *done, gan_step_report *report);

/**
 * The current diagnoses, ::gan_diagnosis bits: those of the last diagnosis, and ::GAN_DIAGNOSIS_NOT_FINITE if the
 * last step diverged. 0 for NULL.
 */
GAN_API uint64_t gan_trainer_diagnoses(const gan_trainer *trainer);

/** The two players. */
typedef enum gan_role {
    GAN_ROLE_GENERATOR = 0,    /**< G */
    GAN_ROLE_DISCRIMINATOR = 1 /**< D */
} gan_role;

/** The effect of the last update on a layer. Norms are Euclidean, over all parameters of the layer. */
typedef struct gan_layer_report {
    size_t struct_size;   /**< set by ::GAN_LAYER_REPORT_INIT */
    const char *name;     /**< the layer's name, or its number in the model; lives as long as the model */
    double weight_norm;   /**< of the parameters, after the update */
    double gradient_norm; /**< before clipping */
    double update_ratio;  /**< norm of the change over weight_norm; 0 if nothing changed */
} gan_layer_report;
/** The value that a ::gan_layer_report starts with: gan_layer_report report = GAN_LAYER_REPORT_INIT. */
#define GAN_LAYER_REPORT_INIT                   \
    {                                           \
        sizeof(gan_layer_report), NULL, 0, 0, 0 \
    }

/** Number of layers with parameters in a player's model; 0 for NULL or an invalid ::gan_role. */
GAN_API int64_t gan_trainer_layer_count(const gan_trainer *trainer, gan_role role);
/**
 * Reports on one of these layers, `index` from 0 in the order of the model. It is computed on request, and costs a
 * step nothing. ::GAN_ERROR_STATE before the first step, also after gan_trainer_load(). After a step that diverged,
 * gradients are those that it reached, and an undone update does not count as a change.
 */
GAN_API gan_status gan_trainer_get_layer_report(const gan_trainer *trainer, gan_role role, int64_t index,
                                                gan_layer_report *out);

/** Options of gan_trainer_run(): limits, of which the first reached ends the run, and a callback. */
typedef struct gan_run_options {
    size_t struct_size;       /**< set by GAN_RUN() */
    int64_t epochs;           /**< passes over the data; >= 1; default: no limit, or 1 if no limit is set */
    int64_t steps;            /**< steps to take; >= 1; default: no limit */
    double seconds;           /**< time to take; > 0; default: no limit */
    gan_progress_fn progress; /**< default: none */
    void *user;               /**< passed to progress */
} gan_run_options;
/** ::gan_run_options with the given fields: GAN_RUN(.epochs = 5, .progress = show). */
#define GAN_RUN(...) GAN_OPTIONS(gan_run_options, __VA_ARGS__)

/**
 * Trains until the first limit is reached, on a dataset of the same context, with samples shaped like the generator's
 * and at least as many as packing. ::GAN_ERROR_CANCELLED if the callback or gan_trainer_cancel() ended it: all
 * handles stay valid, and another run continues from there. An epoch already begun, by an earlier run or a loaded
 * checkpoint, is finished first and counts as one. The last step of an epoch takes the remaining samples: a smaller
 * batch, or with more discriminator steps as many updates as there are batches. Samples at its
 * end that do not fill a pack, or a single one that batch normalisation cannot train on, are left out, and logged.
 */
GAN_API gan_status gan_trainer_run(gan_trainer *trainer, gan_dataset *dataset, const gan_run_options *options);

/**
 * Ends gan_trainer_run() after the current step. Without a run it does nothing: a run that begins later is not
 * cancelled by it. Any thread; async-signal-safe.
 */
GAN_API void gan_trainer_cancel(gan_trainer *trainer);

/**
 * Draws `count` samples as gan_model_sample() does, without disturbing training. They come from the average of the
 * generator if the trainer keeps one, else from the generator itself.
 */
GAN_API gan_status gan_trainer_sample(gan_trainer *trainer, const gan_sample_options *options, int64_t count,
                                      float *out);

/**
 * Returns the average of the generator, with the running statistics that the generator had right after its update:
 * with the generator first, the passes of the discriminator's updates through G move only G's own. A
 * gan_trainer_snapshot() of it is free to be recalibrated, see gan_model_recalibrate(). The trainer owns it: sample,
 * save, clone and read it until the trainer is destroyed; a session keeps it alive longer. ::GAN_ERROR_STATE if the
 * trainer was created without ema_decay and ema_half_life.
 */
GAN_API gan_status gan_trainer_get_average(gan_trainer *trainer, gan_model **out);

/**
 * Returns a player's optimizer, which the trainer owns: for its rates and steps. gan_trainer_load() gives it the base
 * rate of the file, which gan_optimizer_set_learning_rate() then changes; its other options are those that the
 * trainer was created with.
 */
GAN_API gan_status gan_trainer_get_optimizer(gan_trainer *trainer, gan_role role, gan_optimizer **out);

/**
 * Copies what gan_trainer_sample() samples, the average of the generator or else the generator, to a new model that
 * the caller owns, to sample or save beside training. Any thread: while another trains, it waits until the end of the
 * step, and only for that.
 */
GAN_API gan_status gan_trainer_snapshot(gan_trainer *trainer, gan_model **out);

/** Steps taken since the beginning, over all runs and checkpoints; 0 for NULL. */
GAN_API int64_t gan_trainer_steps(const gan_trainer *trainer);

/**
 * Writes everything needed to resume training: both models, optimizers, the average if there is one, random state
 * and, unless `dataset` is NULL, the cursor. A run that is saved, loaded in another process and continued equals one
 * that never stopped, bit for bit. The file is replaced atomically. Weights or moments that are NaN or infinite,
 * which training does not leave behind, are ::GAN_ERROR_NOT_FINITE: the old file stays.
 */
GAN_API gan_status gan_trainer_save(const gan_trainer *trainer, const gan_dataset *dataset, const char *path);
/** The same to a writer. */
GAN_API gan_status gan_trainer_save_to(const gan_trainer *trainer, const gan_dataset *dataset, gan_writer writer);

/**
 * Restores what gan_trainer_save() wrote into a trainer with the same models and options; the optimizers' base
 * learning rates are the file's. A different architecture or optimizer is ::GAN_ERROR_ARCHITECTURE, and so is a file
 * without the average of the generator that the trainer keeps; an average that it does not keep is skipped. A file
 * without the cursor for `dataset` (which may be NULL), or without the state of an option's random numbers, is
 * ::GAN_ERROR_NOT_FOUND. A dataset that has grown, shrunk or changed since is ::GAN_ERROR_STATE, unless it has the
 * option restart_if_changed; any other cursor that it cannot have, ::GAN_ERROR_FORMAT. Bad files are as with
 * gan_model_load(). On failure nothing has changed.
 */
GAN_API gan_status gan_trainer_load(gan_trainer *trainer, gan_dataset *dataset, const char *path);
/** The same from a reader. */
GAN_API gan_status gan_trainer_load_from(gan_trainer *trainer, gan_dataset *dataset, gan_reader reader);
/**
 * Adds a whole trainer to a checkpoint: all that gan_trainer_save() writes without a dataset. Add the dataset too,
 * but neither the models nor the optimizers.
 */
GAN_API gan_status gan_checkpoint_add_trainer(gan_checkpoint *checkpoint, const char *name, gan_trainer *trainer);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup game Games
 * Any number of models trained with and against each other. A game is described as a list with one check at its end,
 * and says four things: what comes in (inputs, noise), what is made of it (models applied to terms), who plays
 * (models with an optimizer), and what each player wants (weighted losses of terms). docs/games.md has the well-known
 * games, each beside its formulas. ::gan_trainer is the game that most people want.
 *
 * Errors stick, as in models: a call that fails returns no term, and a failure is remembered and returned, with its
 * sentence, by all describing calls after it and by gan_game_build(). Describing calls on a game that was built are
 * ::GAN_ERROR_STATE.
 *
 * Thread safety: while a game plays, no other thread may use its models, optimizers, datasets or averages: neither
 * change nor sample, save or read them. From any thread, at any time, gan_player_snapshot() gives a copy of a model
 * to sample or save, and gan_game_cancel() ends a run, also from a signal handler.
 * @{
 */

/**
 * Models, and what each is trained for.
 *
 * A round is one move of every player, or several of those with `moves`. An alternating game moves its players one
 * after the other, in the order in which they were described. A move of a player:
 *
 * 1. brings up to date what its wants are computed from, in the order of description: noise and classes are drawn,
 *    models run in ::GAN_MODE_TRAIN, or in ::GAN_MODE_SAMPLE if no player has them. A pass is reused, also from one
 *    move to the next, unless one of its inputs or the model's weights has changed since. What is drawn for a move
 *    alone, by gan_game_show(), gan_game_between() and gan_game_around(), is drawn anew in each;
 * 2. computes the losses, in the order of the wants;
 * 3. zeroes the gradients of the player's models and backpropagates, along those paths only that lead to their
 *    weights: first through the application that was described first, of those whose gradients are complete;
 * 4. adds the gradients of its penalties, in the order of the wants;
 * 5. takes a step of its optimizer, clips the weights, and updates the averages.
 *
 * A simultaneous game does the first three for every player, then the last two for every player, so that all
 * gradients are those at the same weights.
 *
 * A round starts with a batch of each input, and new noise. Each move of a player after its first in a round takes
 * the next batch, and new noise; what moves later goes on from there. A player with `fresh_noise` also draws new
 * noise for its first move.
 *
 * Noise and classes are drawn as each is needed, one call of gan_random_normal() or gan_random_uniform() for a batch:
 * noise from a random generator at ::GAN_NOISE_STREAM of the seed, uniform noise as 2 u - 1; classes from one at
 * ::GAN_CLASS_STREAM, as the integer part of u times their number. The application of models that was described as
 * number i, from 0, is a session with the seed of the game plus i.
 */
typedef struct gan_game gan_game;

/**
 * What a game computes with: an input, what is drawn, an output of a model, or a loss. A small value: copy it freely.
 * It is valid as long as its game.
 */
typedef struct gan_term {
    gan_game *game; /**< NULL for no term */
    int64_t index;  /**< in the order of description; negative for no term */
} gan_term;

/** A player of a game. A small value, like ::gan_term. */
typedef struct gan_player {
    gan_game *game; /**< NULL for no player */
    int64_t index;  /**< in the order of description; negative for no player */
} gan_player;

/** The stream of a game's seed from which it draws classes. */
#define GAN_CLASS_STREAM 10

/** Who moves when; see ::gan_game. */
typedef enum gan_moves {
    GAN_MOVES_ALTERNATING = 0, /**< one player after the other: each answers the new weights of those before it */
    GAN_MOVES_SIMULTANEOUS = 1 /**< all at once: every gradient is that at the weights before the round */
} gan_moves;

/** Options of gan_game_create(). */
typedef struct gan_game_options {
    size_t struct_size;         /**< set by GAN_GAME() */
    int64_t batch;              /**< largest batch; >= 1, else ::GAN_ERROR_BATCH; default 32 */
    uint64_t seed;              /**< of noise, dropout and all other random numbers; default 0 */
    gan_moves moves;            /**< default: alternating */
    bool shard_batch_norm;      /**< batch normalisation within shards, as in ::gan_trainer_options */
    uint8_t reserved[3];        /**< 0, else ::GAN_ERROR_VERSION */
    int64_t diagnosis_interval; /**< rounds from one diagnosis of each adversarial pair to the next, see
                                     ::gan_diagnosis; >= 1, or ::GAN_DIAGNOSIS_OFF; default 100 */
    int64_t shards; /**< equal parts of a batch, as in ::gan_trainer_options; default: the number of processes */
    const gan_collective
        *collective; /**< the processes that play together, as there; default: NULL, this one alone */
} gan_game_options;
/** ::gan_game_options with the given fields: GAN_GAME(.batch = 4, .seed = 1). */
#define GAN_GAME(...) GAN_OPTIONS(gan_game_options, __VA_ARGS__)

/** Creates a game without terms. The caller owns it. */
GAN_API gan_status gan_game_create(gan_context *context, const gan_game_options *options, gan_game **out);
/** Releases the game; its models keep their weights. */
GAN_API void gan_game_destroy(gan_game *game);

/** A field of the samples that the game is played with, fed by gan_game_feed() or given to gan_game_round(). */
GAN_API gan_term gan_game_input(gan_game *game, const char *name, gan_shape shape);
/** Noise of a shape, drawn for each batch. */
GAN_API gan_term gan_game_noise(gan_game *game, const char *name, gan_shape shape, gan_noise noise);
/** Class numbers 0 to classes - 1, of shape (1), drawn with equal probability; 1 <= classes <= 2^24. */
GAN_API gan_term gan_game_classes(gan_game *game, const char *name, int64_t classes);
/** Samples of a shape whose elements all have one value, which must be finite. */
GAN_API gan_term gan_game_constant(gan_game *game, gan_shape shape, float value);

/**
 * Applies a built model of the context to one term for each of its inputs, of that input's shape, and returns its
 * first output: gan_game_apply(game, model, GAN_TERMS(map, fake)). A model may be applied any number of times. The
 * game keeps the model alive.
 */
GAN_API gan_term gan_game_apply(gan_game *game, gan_model *model, int64_t count, const gan_term *terms);
/** The last two arguments of gan_game_apply(): how many terms, and which. */
#define GAN_TERMS(...) \
    (int64_t)(sizeof((gan_term[]){__VA_ARGS__}) / sizeof(gan_term)), ((const gan_term[]){__VA_ARGS__})
/** Output `index`, from 0, of the application whose first output `application` is. */
GAN_API gan_term gan_game_output(gan_term application, int64_t index);

/** Options of gan_game_show(). */
typedef struct gan_show_options {
    size_t struct_size;           /**< set by GAN_SHOW() */
    uint64_t augment;             /**< ::gan_augmentation bits; default 0, none */
    float instance_noise;         /**< deviation of the noise added, see gan_instance_noise(); >= 0; default 0 */
    uint32_t reserved;            /**< 0, else ::GAN_ERROR_VERSION */
    int64_t instance_noise_steps; /**< rounds over which it falls linearly to 0; >= 1; default: it stays constant */
    int64_t packing; /**< consecutive samples that become one, side by side in the first dimension (PacGAN,
                          Lin et al., 2018); must divide the batch, else ::GAN_ERROR_BATCH; default 1 */
} gan_show_options;
/** ::gan_show_options with the given fields: GAN_SHOW(.augment = GAN_AUGMENT_TRANSLATION). */
#define GAN_SHOW(...) GAN_OPTIONS(gan_show_options, __VA_ARGS__)

/**
 * What a discriminator is shown of samples: augmented by gan_augment(), with noise by gan_instance_noise(), and
 * several side by side. Show it real and generated samples alike. The random numbers are those of ::gan_trainer.
 */
GAN_API gan_term gan_game_show(gan_term samples, const gan_show_options *options);
/**
 * Samples between real and generated ones, by gan_penalty_interpolate(), for the penalty of WGAN-GP. Their random
 * numbers come from ::GAN_PENALTY_STREAM of the seed. No gradient passes through them.
 */
GAN_API gan_term gan_game_between(gan_term real, gan_term fake);
/** Samples around real ones, by gan_penalty_perturb(), for the penalty of DRAGAN; likewise. */
GAN_API gan_term gan_game_around(gan_term real);
/**
 * Samples mixed with earlier ones by gan_image_pool_query(), for a discriminator to judge: a pool of `size` images, 1
 * to 2^24, or 0 for 50, whose seed is the game's plus the number of pools described before. It is queried once for
 * each value that the samples take in a round, so moves that see the same samples see the same mixture. No gradient
 * passes through. The pool is a part of checkpoints.
 */
GAN_API gan_term gan_game_pool(gan_term samples, int64_t size);

/**
 * Names a term, in messages and in checkpoints: 1 to 63 bytes of UTF-8, without '/', '.' or control characters;
 * unique within the game. Returns the term.
 */
GAN_API gan_term gan_term_named(gan_term term, const char *name);

/** Options of gan_discriminator_loss(). */
typedef struct gan_discriminator_loss_options {
    size_t struct_size;    /**< set by GAN_DISCRIMINATOR_LOSS() */
    float label_smoothing; /**< real samples are labelled 1 - label_smoothing; [0, 1), and 0 for losses without
                              labels, see gan_loss_discriminator(); default 0 */
    uint32_t reserved;     /**< 0, else ::GAN_ERROR_VERSION */
} gan_discriminator_loss_options;
/** ::gan_discriminator_loss_options with the given fields. */
#define GAN_DISCRIMINATOR_LOSS(...) GAN_OPTIONS(gan_discriminator_loss_options, __VA_ARGS__)

/**
 * The discriminator's loss of logits, as gan_loss_discriminator() defines it. Logits may have any shape: one for a
 * sample, or a map with one for each patch (PatchGAN, Isola et al., 2017); the mean is over all of them.
 */
GAN_API gan_term gan_discriminator_loss(gan_loss loss, gan_term real_logits, gan_term fake_logits,
                                        const gan_discriminator_loss_options *options);
/** The generator's loss, see gan_loss_generator(). Only a relativistic loss computes the real logits. */
GAN_API gan_term gan_generator_loss(gan_loss loss, gan_term real_logits, gan_term fake_logits);
/** gan_loss_binary_cross_entropy() of logits and targets in [0, 1] of the same shape; no gradient for targets. */
GAN_API gan_term gan_binary_cross_entropy_loss(gan_term logits, gan_term targets);
/**
 * gan_loss_softmax_cross_entropy() of logits of rank 1 and class numbers of shape (1). A number that is no class is
 * ::GAN_ERROR_ARGUMENT in the round.
 */
GAN_API gan_term gan_softmax_cross_entropy_loss(gan_term logits, gan_term classes);
/** gan_loss_l1() of two terms of one shape. */
GAN_API gan_term gan_l1_loss(gan_term a, gan_term b);
/** gan_loss_l2() of two terms of one shape. */
GAN_API gan_term gan_l2_loss(gan_term a, gan_term b);
/** gan_loss_smooth_l1() of two terms of one shape, with its default options. */
GAN_API gan_term gan_smooth_l1_loss(gan_term a, gan_term b);
/** gan_loss_gaussian_kl() of a Gaussian code's means and logarithms of variances, two terms of one shape. */
GAN_API gan_term gan_gaussian_kl_loss(gan_term mean, gan_term log_variance);
/** gan_loss_feature_matching() of features of one shape, of real and of generated samples. */
GAN_API gan_term gan_feature_matching_loss(gan_term real, gan_term fake);
/** gan_loss_entropy() of class logits of rank 1. */
GAN_API gan_term gan_entropy_loss(gan_term logits);
/** The mean of all values of a term. */
GAN_API gan_term gan_mean_loss(gan_term term);
/**
 * A penalty on the gradient of an application's first output with respect to its first input, see ::gan_penalty; the
 * other inputs are held fixed, and other outputs ignored. Only a player that has the application's model may want it,
 * with a weight >= 0: the coefficient. R1 penalises the application to real samples, R2 that to generated ones,
 * WGAN-GP one to gan_game_between(). In gan_game_build(), another player's want is ::GAN_ERROR_GRAPH, and a layer
 * without second derivatives ::GAN_ERROR_UNSUPPORTED.
 */
GAN_API gan_term gan_gradient_penalty_loss(gan_term application, gan_penalty penalty);

/** Options of gan_game_player(). */
typedef struct gan_player_options {
    size_t struct_size;  /**< set by GAN_PLAYER() */
    float learning_rate; /**< of Adam; > 0, or ::GAN_ZERO; 0 is the default, 2e-4 */
    float beta1;         /**< of Adam; [0, 1); default 0.5 */
    float beta2;         /**< of Adam; [0, 1); default 0.999 */
    bool fresh_noise;    /**< draw new noise also for the player's first move of a round; default: use
                              that of the move before */
    uint8_t reserved[3]; /**< 0, else ::GAN_ERROR_VERSION */
    const gan_optimizer_options *optimizer; /**< instead of the three rates; default: NULL */
    int64_t moves;                          /**< in a round; >= 1; default 1; only 1 in simultaneous games */
    float weight_clip;   /**< c: parameters are clipped to [-c, c] after each move; > 0; default: no clipping */
    float ema_decay;     /**< keep an exponential average of the player's models, as in ::gan_trainer_options; [0, 1);
                              default 0: none */
    float ema_half_life; /**< the same by half-life in samples; > 0; not with ema_decay; default: none */
    float ema_ramp;      /**< the half-life is at most this share of the samples so far; > 0; only with ema_half_life;
                              default: no limit */
} gan_player_options;
/** ::gan_player_options with the given fields: GAN_PLAYER(.learning_rate = 1e-4f). */
#define GAN_PLAYER(...) GAN_OPTIONS(gan_player_options, __VA_ARGS__)

/**
 * Adds a player: a built model, moved by an optimizer of its own. The name, with the rules of gan_term_named(), is
 * that of the model in messages, reports and checkpoints.
 */
GAN_API gan_player gan_game_player(gan_game *game, const char *name, gan_model *model,
                                   const gan_player_options *options);
/**
 * Gives a player another model, which its optimizer moves with the first; at most 8 in total. A model may have
 * several players, each with moments of its own, but not in a simultaneous game.
 */
GAN_API gan_status gan_player_add_model(gan_player player, const char *name, gan_model *model);

/** Options of gan_game_want_by(). */
typedef struct gan_want_options {
    size_t struct_size; /**< set by GAN_WANT() */
    const char *name;   /**< in reports and histories; default: made of the player's and the loss's names */
    gan_schedule
        schedule;       /**< of the weight over the rounds: constant, linear, cosine or sigmoid; default: constant */
    float final_factor; /**< linear and cosine: the share of the weight at the end; finite; default 0 */
    int64_t schedule_steps; /**< rounds until then; >= 1 unless the schedule is constant */
    int64_t interval; /**< n, for penalties: only in the first of every n moves of the player, with n times the weight
                           (Karras et al., StyleGAN2, 2020); >= 1; default 1 */
} gan_want_options;
/** ::gan_want_options with the given fields: GAN_WANT(.interval = 16). */
#define GAN_WANT(...) GAN_OPTIONS(gan_want_options, __VA_ARGS__)

/**
 * A player wants `weight` times a loss to become small; all that a player wants is added up. A negative weight makes
 * it want the loss large. The loss must lead to the player's weights, else gan_game_build() is ::GAN_ERROR_GRAPH.
 */
GAN_API gan_status gan_game_want(gan_game *game, gan_player player, float weight, gan_term loss);
/** The same with options. */
GAN_API gan_status gan_game_want_by(gan_game *game, gan_player player, float weight, gan_term loss,
                                    const gan_want_options *options);

/**
 * Checks the game and plans everything: after this, a round allocates nothing. Returns the first failure of any call
 * above on this game; or what is wrong with it (::GAN_ERROR_GRAPH): no player, a player that wants nothing, a want
 * that reaches none of the player's weights, a term that nothing reads, a model that two players move at once.
 */
GAN_API gan_status gan_game_build(gan_game *game);

/** What a round showed of a discriminator and the generator that it judges; see ::gan_step_report. */
typedef struct gan_pair_report {
    double real_probability;           /**< mean of D(x) */
    double fake_probability;           /**< mean of D(G(z)) */
    double real_accuracy;              /**< at the last diagnosis, like the following; NaN before the first */
    double fake_accuracy;              /**< share of generated samples judged generated */
    double diversity;                  /**< of generated samples over that of real ones */
    double saturation;                 /**< of the generator's outputs */
    double generator_update_ratio;     /**< norm of the last change to the weights over that of the weights */
    double discriminator_update_ratio; /**< the same of the discriminator */
    uint64_t diagnoses;                /**< ::gan_diagnosis bits; 0 in rounds without a diagnosis */
} gan_pair_report;

/** The results of one round. The arrays are the game's, and valid until its next round. */
typedef struct gan_round_report {
    size_t struct_size;           /**< set by ::GAN_ROUND_REPORT_INIT */
    int64_t round;                /**< rounds since the beginning, including this one */
    int64_t epoch;                /**< epochs finished, see gan_game_feed(), in gan_game_run(); else 0 */
    int64_t batch;                /**< samples of each input in this round */
    int64_t want_count;           /**< wants, in the order of description */
    const double *wants;          /**< the loss of each, without its weight: the mean over the player's moves; 0 for a
                                       penalty that was not due */
    int64_t player_count;         /**< players, in the order of description */
    const double *gradient_norms; /**< of each, of its last move: Euclidean, before clipping */
    int64_t pair_count;           /**< adversarial pairs: two wants with the losses of one model's logits of the same
                                       generated samples */
    const gan_pair_report *pairs; /**< of each, in the order of the discriminators' wants */
    uint64_t diagnoses;           /**< those of all pairs */
    double samples_per_second;    /**< over the last second or so; 0 in gan_game_round() */
    double seconds;               /**< since the start of gan_game_run() */
    double seconds_left;          /**< estimate for this gan_game_run(); < 0 when unknown */
    double progress;              /**< share of this gan_game_run() that is done, 0 to 1; < 0 when unknown */
} gan_round_report;
/** The value that a ::gan_round_report starts with: gan_round_report report = GAN_ROUND_REPORT_INIT. */
#define GAN_ROUND_REPORT_INIT                                                       \
    {                                                                               \
        sizeof(gan_round_report), 0, 0, 0, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, 0, 0 \
    }

/** Number of wants; 0 for NULL. */
GAN_API int64_t gan_game_want_count(const gan_game *game);
/** The name of a want, from 0; "" if there is no such want. Lives as long as the game. */
GAN_API const char *gan_game_want_name(const gan_game *game, int64_t index);
/** Number of players; 0 for NULL. */
GAN_API int64_t gan_game_player_count(const gan_game *game);
/** The name of a player, from 0; "" if there is no such player. Lives as long as the game. */
GAN_API const char *gan_game_player_name(const gan_game *game, int64_t index);
/** Rounds since the beginning, over all runs and checkpoints; 0 for NULL. */
GAN_API int64_t gan_game_rounds(const gan_game *game);

/**
 * Plays one round on the caller's samples: `inputs` has an array for each gan_game_input(), in the order of
 * description, with `batch` samples for each move of the player that has most, one batch after the other; NULL if
 * there are no inputs. `batch` is at most that of the options, else ::GAN_ERROR_BATCH. `report` may be NULL. If a
 * loss, gradient or running statistic is not finite: ::GAN_ERROR_DIVERGED, and every model is reset to its last
 * weights that gave a finite loss and gradient. After any failure, running statistics are as before the round, and
 * the round does not count.
 */
GAN_API gan_status gan_game_round(gan_game *game, const float *const *inputs, int64_t batch,
                                  gan_round_report *report);

/** gan_game_round() in slices of time, by the rules of gan_trainer_step_some(). */
GAN_API gan_status gan_game_round_some(gan_game *game, const float *const *inputs, int64_t batch,
                                       int64_t microseconds, bool *done, gan_round_report *report);

/**
 * Called after each round, in the thread that runs the game; see ::gan_progress_fn, whose rules hold. A nonzero
 * return value cancels the run.
 */
typedef int (*gan_round_fn)(void *user, gan_game *game, const gan_round_report *report);

/** Options of gan_game_run(): limits, of which the first reached ends the run, and a callback. */
typedef struct gan_game_run_options {
    size_t struct_size;    /**< set by GAN_GAME_RUN() */
    int64_t epochs;        /**< see gan_game_feed(); >= 1; default: no limit, or 1 if no limit is set */
    int64_t rounds;        /**< rounds to play; >= 1; default: no limit */
    double seconds;        /**< time to take; > 0; default: no limit */
    gan_round_fn progress; /**< default: none */
    void *user;            /**< passed to progress */
} gan_game_run_options;
/** ::gan_game_run_options with the given fields: GAN_GAME_RUN(.epochs = 5, .progress = show). */
#define GAN_GAME_RUN(...) GAN_OPTIONS(gan_game_run_options, __VA_ARGS__)

/**
 * Feeds an input of a game that was built from a field of a dataset of the same context, which must outlive its use
 * by the game. The field has the input's shape, else ::GAN_ERROR_SHAPE. A dataset may feed several inputs, each a
 * field of the same samples; a field feeds one input, which any number of terms may read, and feeding a second one is
 * ::GAN_ERROR_ARGUMENT. The dataset of the input that was described first counts the epochs: its last round takes
 * what remains of it, as in gan_trainer_run(). The others begin their next epoch within a batch. Feeding an input
 * again replaces its dataset. An input that was not fed when a checkpoint was loaded goes on from the cursor in it:
 * see gan_game_load(). All moves of a round are read at once, and a player with too many is ::GAN_ERROR_MEMORY.
 */
GAN_API gan_status gan_game_feed(gan_game *game, gan_term input, gan_dataset *dataset, const char *field);

/**
 * Plays until the first limit is reached; every input must be fed. A game without inputs needs a limit of rounds or
 * seconds. ::GAN_ERROR_CANCELLED as in gan_trainer_run().
 */
GAN_API gan_status gan_game_run(gan_game *game, const gan_game_run_options *options);
/** Ends gan_game_run() after the current round; see gan_trainer_cancel(). Any thread; async-signal-safe. */
GAN_API void gan_game_cancel(gan_game *game);

/**
 * Returns the average of a player's model, `index` from 0 in the order in which it was given models. The game owns
 * it; see gan_trainer_get_average(). ::GAN_ERROR_STATE if the player keeps none.
 */
GAN_API gan_status gan_player_get_average(gan_player player, int64_t index, gan_model **out);
/**
 * Copies a player's model, or its average if the player keeps one, to a new model that the caller owns; see
 * gan_trainer_snapshot(). `index` is as in gan_player_get_average().
 */
GAN_API gan_status gan_player_snapshot(gan_player player, int64_t index, gan_model **out);
/** The player's optimizer, which the game owns: for its rates and steps. ::GAN_ERROR_STATE before gan_game_build().
 */
GAN_API gan_status gan_player_get_optimizer(gan_player player, gan_optimizer **out);
/**
 * Copies out what a term last was, after a round: the batch's rows times the elements of its shape, `count` in all,
 * else
 * ::GAN_ERROR_SHAPE. Of losses: their last value. ::GAN_ERROR_STATE before it was first computed,
 * and for inputs, which the game does not keep.
 */
GAN_API gan_status gan_term_get_value(gan_term term, float *out, int64_t count);

/**
 * Writes everything needed to resume: models, optimizers, averages, random states and the cursors of all datasets
 * fed. A game that is saved, loaded in another process and continued equals one that never stopped, bit for bit. The
 * file is replaced atomically.
 */
GAN_API gan_status gan_game_save(const gan_game *game, const char *path);
/** The same to a writer. */
GAN_API gan_status gan_game_save_to(const gan_game *game, gan_writer writer);
/**
 * Restores what gan_game_save() wrote into a game that was described alike. Models, optimizers and averages must be;
 * rates are the file's. The batch, the moves, other options of players, and the wants with their weights may be
 * others: each that is gets logged as a warning. The game may be fed before or later: an input that nothing feeds yet
 * keeps its cursor for the dataset that will feed it. It must be fed as it was when it was saved: a dataset for which
 * the file has no cursor is ::GAN_ERROR_NOT_FOUND, here or in gan_game_run(), and one dataset in place of two
 * ::GAN_ERROR_STATE, here or in gan_game_feed(). Other errors as in gan_trainer_load().
 */
GAN_API gan_status gan_game_load(gan_game *game, const char *path);
/** The same from a reader. */
GAN_API gan_status gan_game_load_from(gan_game *game, gan_reader reader);
/**
 * Adds a whole game that was built to a checkpoint: all that gan_game_save() writes, with the cursors of its
 * datasets. So do not add these, nor its models and optimizers. The game is kept alive, its datasets are not: they
 * must be there whenever the checkpoint is saved or loaded. Loading is as with gan_game_load().
 */
GAN_API gan_status gan_checkpoint_add_game(gan_checkpoint *checkpoint, const char *name, gan_game *game);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup metrics Metrics
 * How close generated samples are to the data, and how much of its variety they cover. docs/metrics.md explains the
 * numbers.
 *
 * Features are rows of `dimensions` numbers, one for each sample: the activations of one of the last layers of a
 * classifier or, in few dimensions, the sample itself. They are read as floats and summed in double; results are the
 * same for any number of threads. NaN or infinity among them is ::GAN_ERROR_NOT_FINITE, too few samples, dimensions
 * or classes ::GAN_ERROR_ARGUMENT, and sizes whose product does not fit into memory ::GAN_ERROR_OVERFLOW. Any thread;
 * the context supplies memory and threads.
 * @{
 */

/**
 * Frechet distance (Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017) between the normal
 * distributions with the sets' means m and covariances C (over count - 1): |m_r - m_f|^2 + tr(C_r + C_f - 2 (C_r
 * C_f)^(1/2)). At least 0, for equal means and covariances. Both counts must be at least 2, and should be many times
 * `dimensions`.
 */
GAN_API gan_status gan_metric_frechet_distance(gan_context *context, const float *real, int64_t real_count,
                                               const float *fake, int64_t fake_count, int64_t dimensions,
                                               double *out);

/** Options of gan_metric_kernel_distance(). */
typedef struct gan_kernel_distance_options {
    size_t struct_size;  /**< set by GAN_KERNEL_DISTANCE() */
    int64_t subsets;     /**< >= 1; default 100 */
    int64_t subset_size; /**< samples from each set in a subset; from 2 to the smaller count; default: 1000, or the
                              smaller count if that is less */
    uint64_t seed;       /**< of the subsets; default 0 */
} gan_kernel_distance_options;
/** ::gan_kernel_distance_options with the given fields: GAN_KERNEL_DISTANCE(.subsets = 50). */
#define GAN_KERNEL_DISTANCE(...) GAN_OPTIONS(gan_kernel_distance_options, __VA_ARGS__)

/**
 * Kernel distance, KID (Binkowski et al., "Demystifying MMD GANs", 2018): the squared maximum mean discrepancy with
 * the kernel (x . y / dimensions + 1)^3, unbiased, so that for samples of one distribution it is about 0 and may be
 * negative. *mean and *deviation (may be NULL) are over subsets drawn without replacement; if a subset is all of both
 * sets, there is just one. Both counts must be at least 2.
 */
GAN_API gan_status gan_metric_kernel_distance(gan_context *context, const float *real, int64_t real_count,
                                              const float *fake, int64_t fake_count, int64_t dimensions,
                                              const gan_kernel_distance_options *options, double *mean,
                                              double *deviation);

/** Options of gan_metric_precision_recall(). */
typedef struct gan_precision_recall_options {
    size_t struct_size; /**< set by GAN_PRECISION_RECALL() */
    int64_t neighbours; /**< k: a ball reaches its centre's k-th nearest neighbour; >= 1 and less than the smaller
                             count; default: 3, as in the paper, or the most that the counts allow if that is less */
} gan_precision_recall_options;
/** ::gan_precision_recall_options with the given fields: GAN_PRECISION_RECALL(.neighbours = 5). */
#define GAN_PRECISION_RECALL(...) GAN_OPTIONS(gan_precision_recall_options, __VA_ARGS__)

/**
 * Improved precision and recall (Kynkaanniemi et al., 2019): the share of generated samples that lie in the manifold
 * of the real ones, and the share of real samples in that of the generated ones. A manifold is the union of balls
 * around its samples, each reaching one of its nearest neighbours. Both counts must be at least 2. Both results are
 * in [0, 1]. Time grows with the square of the counts.
 */
GAN_API gan_status gan_metric_precision_recall(gan_context *context, const float *real, int64_t real_count,
                                               const float *fake, int64_t fake_count, int64_t dimensions,
                                               const gan_precision_recall_options *options, double *precision,
                                               double *recall);

/** Options of gan_metric_inception_score(). */
typedef struct gan_inception_score_options {
    size_t struct_size; /**< set by GAN_INCEPTION_SCORE() */
    int64_t splits; /**< equal runs of samples, scored one by one; from 1 to the number of samples; default: 10, as
                         in the paper, or the number of samples if that is less */
} gan_inception_score_options;
/** ::gan_inception_score_options with the given fields: GAN_INCEPTION_SCORE(.splits = 1). */
#define GAN_INCEPTION_SCORE(...) GAN_OPTIONS(gan_inception_score_options, __VA_ARGS__)

/**
 * Inception-style score (Salimans et al., 2016) of a classifier's class probabilities, `classes` per sample: exp(E
 * KL(p(y|x) || p(y))), where p(y) is the mean of p(y|x). From 1, when all samples are alike or unclear, to `classes`.
 * *mean and *deviation (may be NULL) are over the splits. Probabilities must be in [0, 1], and each row must sum to 1
 * within 0.001.
 */
GAN_API gan_status gan_metric_inception_score(gan_context *context, const float *probabilities, int64_t count,
                                              int64_t classes, const gan_inception_score_options *options,
                                              double *mean, double *deviation);

/** How samples are spread over modes. q is a mode's share of the samples, p its share of the data. */
typedef struct gan_mode_coverage {
    size_t struct_size;    /**< set by ::GAN_MODE_COVERAGE_INIT */
    int64_t modes;         /**< modes with at least one sample */
    double kl;             /**< sum of q log(q / p), >= 0, as in PacGAN (Lin et al., 2018) */
    double entropy;        /**< -sum of q log q over log(modes), in [0, 1]: 1 when all shares are equal */
    double smallest_share; /**< the least q */
} gan_mode_coverage;
/** The value that a ::gan_mode_coverage starts with: gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT. */
#define GAN_MODE_COVERAGE_INIT                \
    {                                         \
        sizeof(gan_mode_coverage), 0, 0, 0, 0 \
    }

/**
 * Counts the labels that a classifier gave the samples, each in [0, modes). `proportions`: the frequency of each mode
 * in the data, > 0, in any unit; NULL: all equal. `modes` must be at least 2.
 */
GAN_API gan_status gan_metric_mode_coverage(gan_context *context, const int32_t *labels, int64_t count, int64_t modes,
                                            const float *proportions, gan_mode_coverage *out);

/** How well samples match a mixture of normal distributions, as in VEEGAN (Srivastava et al., 2017) and PacGAN. */
typedef struct gan_mixture_quality {
    size_t struct_size;  /**< set by ::GAN_MIXTURE_QUALITY_INIT */
    int64_t modes;       /**< modes with at least one sample within 3 deviations of their centre */
    double high_quality; /**< share of samples within 3 deviations of a centre; 1 - exp(-4.5) = 0.989 at best in two
                              dimensions */
    double kl;           /**< divergence from equal shares, each sample given to its nearest centre; see
                              ::gan_mode_coverage */
} gan_mixture_quality;
/** The value that a ::gan_mixture_quality starts with: gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT. */
#define GAN_MIXTURE_QUALITY_INIT             \
    {                                        \
        sizeof(gan_mixture_quality), 0, 0, 0 \
    }

/**
 * Measures samples against a known mixture: `modes` centres (at least 2), rows of `dimensions` numbers like the
 * samples, and the deviation of each mode in each dimension, > 0.
 */
GAN_API gan_status gan_metric_mixture_quality(gan_context *context, const float *samples, int64_t count,
                                              const float *centres, int64_t modes, int64_t dimensions,
                                              float deviation, gan_mixture_quality *out);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup files Files for people and other programs
 * All files are replaced atomically.
 * @{
 */

/**
 * Writes `count` images of the shape (channels 1 or 3, height, width), values -1 to 1 (others are clamped), as a grid
 * of `columns` (0: about square) with a border of 2 pixels between them. ::GAN_ERROR_UNSUPPORTED if built without
 * libpng.
 */
GAN_API gan_status gan_png_write_grid(gan_context *context, const char *path, const float *images, int64_t count,
                                      gan_shape shape, int64_t columns);

/** The same to a writer. */
GAN_API gan_status gan_png_write_grid_to(gan_context *context, gan_writer writer, const float *images, int64_t count,
                                         gan_shape shape, int64_t columns);

/** Writes float32 values as a NumPy file (.npy, format 1.0) of the shape (count, shape); count >= 1. */
GAN_API gan_status gan_npy_write(gan_context *context, const char *path, const float *values, int64_t count,
                                 gan_shape shape);
/** The same to a writer. */
GAN_API gan_status gan_npy_write_to(gan_context *context, gan_writer writer, const float *values, int64_t count,
                                    gan_shape shape);

/** The record of a training run: one row per step of a trainer, or per round of a game, in memory. */
typedef struct gan_history gan_history;
/** Creates a history without rows. The caller owns it. */
GAN_API gan_status gan_history_create(gan_context *context, gan_history **out);
/** Releases the history. */
GAN_API void gan_history_destroy(gan_history *history);
/**
 * Appends a copy of a row. Steps must increase from row to row, else ::GAN_ERROR_ARGUMENT: to continue training after
 * a step that diverged, first remove its row by gan_history_truncate() to gan_trainer_steps().
 */
GAN_API gan_status gan_history_add(gan_history *history, const gan_step_report *report);
/**
 * The same for a round of a game that was built: a column for the loss of each want, for the gradient norm of each
 * player, and for what the report says of each pair, under the names of wants and players; docs/file-formats.md lists
 * them. A history without rows takes its columns from the first report that it gets; ::GAN_ERROR_ARGUMENT if a later
 * one would have others. gan_history_truncate() goes by gan_game_rounds() then.
 */
GAN_API gan_status gan_history_add_round(gan_history *history, const gan_game *game, const gan_round_report *report);
/** Number of rows; 0 for NULL. */
GAN_API int64_t gan_history_count(const gan_history *history);
/** Removes the rows after step or round `last_step`, to continue from a checkpoint older than the history. */
GAN_API gan_status gan_history_truncate(gan_history *history, int64_t last_step);
/** Writes a CSV file with a header line; columns as documented in docs/file-formats.md. */
GAN_API gan_status gan_history_write_csv(const gan_history *history, const char *path);
/** The same to a writer. */
GAN_API gan_status gan_history_write_csv_to(const gan_history *history, gan_writer writer);
/**
 * Reads such a file, including one from an earlier version: missing columns become NaN, and diagnoses 0. Spreadsheets
 * may have rewritten it, with quoted or empty cells (NaN) and other ends of lines. Replaces the history's rows,
 * unless it fails: ::GAN_ERROR_MAGIC for another kind of file, ::GAN_ERROR_FORMAT for an unrecognised line.
 */
GAN_API gan_status gan_history_read_csv(gan_history *history, const char *path);
/** The same from a reader. */
GAN_API gan_status gan_history_read_csv_from(gan_history *history, gan_reader reader);
/**
 * Plots losses, D's probabilities, gradient norms and, if measured, diversity and saturation of the samples over the
 * steps or rounds, as a PNG image with axes and legend. Without rows: ::GAN_ERROR_STATE; if built without libpng:
 * ::GAN_ERROR_UNSUPPORTED.
 */
GAN_API gan_status gan_history_write_png(const gan_history *history, const char *path);
/** The same to a writer. */
GAN_API gan_status gan_history_write_png_to(const gan_history *history, gan_writer writer);
/**
 * Adds a history to a checkpoint: all of its rows, to the last bit. Loading replaces its rows by those of the file,
 * however many: it then ends where the rest of the checkpoint does.
 */
GAN_API gan_status gan_checkpoint_add_history(gan_checkpoint *checkpoint, const char *name, gan_history *history);

/** @} */
/* ------------------------------------------------------------------------------------------------------------ */
/**
 * @defgroup tensorboard Event files for TensorBoard
 * What a training run does, as TensorBoard shows it while it runs: `tensorboard --logdir runs`.
 *
 *     gan_summary_writer *writer = NULL;
 *     CHECK(gan_summary_writer_create(context, "runs/first", NULL, &writer));
 *     ... every hundredth step:
 *     CHECK(gan_history_add(history, report));
 *     CHECK(gan_summary_writer_add_history(writer, history, gan_history_count(history) - 1));
 *     CHECK(gan_summary_writer_add_model(writer, "generator", generator, report->step));
 *     CHECK(gan_summary_writer_add_images(writer, "samples", samples, 64, shape, 0, report->step));
 *
 * A tag names a curve, a series of histograms or one of pictures; TensorBoard groups them by what is before the first
 * '/'. It is UTF-8 of 1 to 255 bytes, else ::GAN_ERROR_ARGUMENT, as is a step below 0.
 *
 * Each call hands one record to the operating system, so a process that is killed loses nothing. A call that fails
 * leaves no part of a record behind: training may go on without it, and the next call may succeed.
 * @{
 */

/** Writes the event file of one run. One thread at a time. */
typedef struct gan_summary_writer gan_summary_writer;

/** Options of gan_summary_writer_create(). */
typedef struct gan_summary_writer_options {
    size_t struct_size; /**< set by GAN_SUMMARY_WRITER() */
    int64_t first_step; /**< of a run that is resumed, >= 0: TensorBoard hides what older files in the folder have of
                             this step and later ones, which happens anew; default 0: it hides nothing */
} gan_summary_writer_options;
/** ::gan_summary_writer_options with the given fields: GAN_SUMMARY_WRITER(.first_step = 501). */
#define GAN_SUMMARY_WRITER(...) GAN_OPTIONS(gan_summary_writer_options, __VA_ARGS__)

/**
 * Creates a new event file in a folder, which is made if missing, with those above it. A run that is resumed has the
 * folder of the run before: TensorBoard joins the files of a folder. The file's name has the time, the host and the
 * process, and is never that of an existing file. The caller owns the writer.
 */
GAN_API gan_status gan_summary_writer_create(gan_context *context, const char *folder,
                                             const gan_summary_writer_options *options, gan_summary_writer **out);
/** Closes the file. */
GAN_API void gan_summary_writer_destroy(gan_summary_writer *writer);
/** The path of the file, valid as long as the writer; "" for NULL. */
GAN_API const char *gan_summary_writer_path(const gan_summary_writer *writer);

/** Writes a point of a curve, rounded to float32. NaN and infinity are shown as such. */
GAN_API gan_status gan_summary_writer_add_scalar(gan_summary_writer *writer, const char *tag, double value,
                                                 int64_t step);
/**
 * Writes row `index` of a history, from 0, as scalars: "training/discriminator_loss" and so on, for a game "loss/"
 * and the name of a want, and so on for each column but the step or round, which is the step here. What was not
 * measured (NaN) is left out.
 */
GAN_API gan_status gan_summary_writer_add_history(gan_summary_writer *writer, const gan_history *history,
                                                  int64_t index);
/**
 * Writes a histogram of `count` values, in 30 equal buckets from the least to the greatest. NaN and infinity are left
 * out; if nothing remains, nothing is written.
 */
GAN_API gan_status gan_summary_writer_add_histogram(gan_summary_writer *writer, const char *tag, const float *values,
                                                    int64_t count, int64_t step);
/**
 * Writes a histogram of each parameter of a built model, "generator/weights/0.weight", and of its gradient,
 * "generator/gradients/0.weight", where "generator" is `name`, which is as a tag. In the progress callback of a
 * trainer or game, gradients are those of the last step.
 */
GAN_API gan_status gan_summary_writer_add_model(gan_summary_writer *writer, const char *name, const gan_model *model,
                                                int64_t step);
/** The same for all models of the players of a game that was built, under their names in the game's checkpoint. */
GAN_API gan_status gan_summary_writer_add_game(gan_summary_writer *writer, const gan_game *game, int64_t step);
/** Writes images as one picture: those that gan_png_write_grid() takes, in its grid, with its errors. */
GAN_API gan_status gan_summary_writer_add_images(gan_summary_writer *writer, const char *tag, const float *images,
                                                 int64_t count, gan_shape shape, int64_t columns, int64_t step);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
