/* Contexts: options, counted and limited memory, the log, and lifetime. __wrap_gan_cpu_detect and
 * __wrap_gan_cpu_has_bfloat16 fake the CPU's level, so that every choice is tested on every machine. */
#include "core/core.h"
#include "support/allocator.h"
#include "support/run.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#if defined(__x86_64__) && !defined(GAN_REAL_IS_DOUBLE)
#define BUILD_HAS_AVX true
#else
#define BUILD_HAS_AVX false
#endif

static gan_cpu cpu_of_machine = GAN_CPU_BASELINE;

gan_cpu __wrap_gan_cpu_detect(void);
gan_cpu __wrap_gan_cpu_detect(void)
{
    return cpu_of_machine;
}

static bool machine_has_bfloat16;

bool __wrap_gan_cpu_has_bfloat16(void);
bool __wrap_gan_cpu_has_bfloat16(void)
{
    return machine_has_bfloat16;
}

/* ---- Options ------------------------------------------------------------------------------------------------ */

static void check_refused(const gan_context_options *options, gan_status status, const char *part)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(options, &context), status);
    assert_null(context);
    if (!strstr(gan_last_error(), part)) fail_msg("'%s' lacks '%s'", gan_last_error(), part);
}

static gan_context_info create_and_get_info(const gan_context_options *options)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(options, &context), GAN_OK);
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    gan_context_destroy(context);
    return info;
}

static void test_defaults(void **state)
{
    const gan_context_info info = create_and_get_info(NULL);

    (void)state;
    assert_int_equal(info.struct_size, sizeof(info));
    assert_int_equal(info.threads, gan_cpu_count());
    assert_int_equal(info.cpu, GAN_CPU_BASELINE);
    assert_true(info.bytes >= sizeof(gan_context));
    assert_int_equal(info.peak_bytes, info.bytes);
    assert_int_equal(info.allocations, info.threads > 1 ? 2 : 1);
    assert_true(strlen(info.blas) > 0);
}

static void test_null(void **state)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_context *context = NULL;

    (void)state;
    assert_int_equal(gan_context_create(NULL, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_context_get_info(NULL, &info), GAN_ERROR_NULL);
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    assert_int_equal(gan_context_get_info(context, NULL), GAN_ERROR_NULL);
    gan_context_destroy(context);
    gan_context_destroy(NULL);
}

static void test_options_of_other_versions(void **state)
{
    struct {
        gan_context_options known;
        uint64_t added;
    } newer = {{.struct_size = sizeof(newer), .threads = 2}, 0};
    gan_context_options older = {.threads = 2, .memory_limit = 1};

    (void)state;
    older.struct_size = offsetof(gan_context_options, memory_limit);
    assert_int_equal(create_and_get_info(&older).threads, 2);
    assert_int_equal(create_and_get_info((const gan_context_options *)&newer).threads, 2);
    newer.added = 1;
    check_refused((const gan_context_options *)&newer, GAN_ERROR_VERSION, "gan_context_options");
    check_refused(&(gan_context_options){.threads = 2}, GAN_ERROR_ARGUMENT, "struct_size is 0");
}

static void test_info_of_older_version(void **state)
{
    gan_context_info info = {.struct_size = offsetof(gan_context_info, cpu), .cpu = (gan_cpu)77};
    gan_context *context = NULL;

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    assert_int_equal(info.threads, 1);
    assert_int_equal(info.cpu, 77);
    info.struct_size = 0;
    assert_int_equal(gan_context_get_info(context, &info), GAN_ERROR_ARGUMENT);
    gan_context_destroy(context);
}

static void test_threads_out_of_range(void **state)
{
    (void)state;
    check_refused(GAN_CONTEXT(.threads = -1), GAN_ERROR_ARGUMENT, "threads is -1, expected 0 to 64");
    check_refused(GAN_CONTEXT(.threads = 65), GAN_ERROR_ARGUMENT, "threads is 65, expected 0 to 64");
    assert_int_equal(create_and_get_info(GAN_CONTEXT(.threads = 64)).threads, 64);
}

static void test_half_an_allocator(void **state)
{
    test_allocator allocator = {0};
    const gan_allocator hooks = test_allocator_hooks(&allocator);

    (void)state;
    check_refused(GAN_CONTEXT(.allocator = {.allocate = hooks.allocate}), GAN_ERROR_ARGUMENT,
                  "allocator.release is NULL");
    check_refused(GAN_CONTEXT(.allocator = {.release = hooks.release}), GAN_ERROR_ARGUMENT,
                  "allocator.allocate is NULL");
}

static void test_unknown_enumerators(void **state)
{
    (void)state;
    check_refused(GAN_CONTEXT(.cpu = (gan_cpu)5), GAN_ERROR_ARGUMENT, "cpu is 5, expected 0 to 4");
    check_refused(GAN_CONTEXT(.cpu = (gan_cpu)-1), GAN_ERROR_ARGUMENT, "cpu is -1");
    check_refused(GAN_CONTEXT(.multiply = (gan_multiply)3), GAN_ERROR_ARGUMENT, "multiply is 3, expected 0 to 2");
    check_refused(GAN_CONTEXT(.multiply = (gan_multiply)-1), GAN_ERROR_ARGUMENT, "multiply is -1");
}

static void test_levels_of_cpu(void **state)
{
    static const char *names[] = {"GAN_CPU_BEST", "GAN_CPU_BASELINE", "GAN_CPU_AVX2", "GAN_CPU_AVX512"};

    (void)state;
    for (int has = GAN_CPU_BASELINE; has <= GAN_CPU_AVX512; has++) {
        cpu_of_machine = (gan_cpu)has;
        assert_int_equal(create_and_get_info(GAN_CONTEXT(.threads = 1)).cpu, BUILD_HAS_AVX ? has : GAN_CPU_BASELINE);
        for (int wanted = GAN_CPU_BASELINE; wanted <= GAN_CPU_AVX512; wanted++) {
            const gan_context_options options = {sizeof(options), .threads = 1, .cpu = (gan_cpu)wanted};
            if (wanted == GAN_CPU_BASELINE || (wanted <= has && BUILD_HAS_AVX)) {
                assert_int_equal(create_and_get_info(&options).cpu, wanted);
            } else {
                check_refused(&options, GAN_ERROR_UNSUPPORTED, names[wanted]);
                check_refused(&options, GAN_ERROR_UNSUPPORTED, wanted > has ? names[has] : "GAN_CPU_BASELINE");
            }
        }
    }
    cpu_of_machine = GAN_CPU_BASELINE;
}

static gan_multiply multiply_on(gan_cpu cpu, gan_multiply wanted)
{
    cpu_of_machine = cpu;
    const gan_multiply chosen = create_and_get_info(GAN_CONTEXT(.threads = 1, .multiply = wanted)).multiply;
    cpu_of_machine = GAN_CPU_BASELINE;
    return chosen;
}

static void skip_without_blas(void)
{
    gan_blas blas;

    if (!gan_blas_load(NULL, &blas)) test_skip("there is no BLAS");
}

static void test_who_multiplies(void **state)
{
#ifdef GAN_REAL_IS_DOUBLE
    const gan_multiply on_baseline = GAN_MULTIPLY_NATIVE, on_avx = GAN_MULTIPLY_NATIVE;
#else
    const gan_multiply on_baseline = GAN_MULTIPLY_BLAS;
    const gan_multiply on_avx = BUILD_HAS_AVX ? GAN_MULTIPLY_NATIVE : GAN_MULTIPLY_BLAS;
#endif

    (void)state;
    skip_without_blas();
    assert_int_equal(multiply_on(GAN_CPU_BASELINE, GAN_MULTIPLY_AUTO), on_baseline);
    assert_int_equal(multiply_on(GAN_CPU_AVX2, GAN_MULTIPLY_AUTO), on_avx);
    assert_int_equal(multiply_on(GAN_CPU_AVX512, GAN_MULTIPLY_AUTO), on_avx);
    assert_int_equal(multiply_on(GAN_CPU_BASELINE, GAN_MULTIPLY_NATIVE), GAN_MULTIPLY_NATIVE);
    assert_int_equal(multiply_on(GAN_CPU_AVX512, GAN_MULTIPLY_BLAS), GAN_MULTIPLY_BLAS);
}

#ifdef __aarch64__
#define BFLOAT16_INSTRUCTIONS "BF16"
#else
#define BFLOAT16_INSTRUCTIONS "AVX512_BF16"
#endif

static void test_precision(void **state)
{
    const gan_context_options *rounded = GAN_CONTEXT(.threads = 1, .precision = GAN_PRECISION_BFLOAT16);
    const gan_context_options *plain =
        GAN_CONTEXT(.threads = 1, .precision = GAN_PRECISION_BFLOAT16, .cpu = GAN_CPU_BASELINE);

    (void)state;
    check_refused(GAN_CONTEXT(.precision = (gan_precision)2), GAN_ERROR_ARGUMENT, "precision is 2, expected 0 to 1");
    check_refused(GAN_CONTEXT(.precision = (gan_precision)-1), GAN_ERROR_ARGUMENT, "precision is -1");
    check_refused(GAN_CONTEXT(.reserved = {1}), GAN_ERROR_VERSION, "gan_context_options");
    assert_int_equal(create_and_get_info(GAN_CONTEXT(.threads = 1)).precision, GAN_PRECISION_FLOAT32);
#ifdef GAN_REAL_IS_DOUBLE
    check_refused(rounded, GAN_ERROR_UNSUPPORTED, "precision is GAN_PRECISION_BFLOAT16, but this build computes");
    check_refused(plain, GAN_ERROR_UNSUPPORTED, "precision is GAN_PRECISION_BFLOAT16, but this build computes");
#else
    for (int level = GAN_CPU_BASELINE; level <= GAN_CPU_AVX512; level++) {
        cpu_of_machine = (gan_cpu)level;
        check_refused(rounded, GAN_ERROR_UNSUPPORTED, "but this CPU lacks " BFLOAT16_INSTRUCTIONS);
        assert_int_equal(create_and_get_info(plain).precision, GAN_PRECISION_BFLOAT16);
        assert_int_equal(create_and_get_info(plain).multiply, GAN_MULTIPLY_NATIVE);
    }
    machine_has_bfloat16 = true;
    if (BUILD_HAS_NEONBF16) {
        assert_int_equal(create_and_get_info(rounded).precision, GAN_PRECISION_BFLOAT16);
        assert_int_equal(create_and_get_info(rounded).cpu, GAN_CPU_BASELINE);
    } else if (BUILD_HAS_AVX512BF16) {
        assert_int_equal(create_and_get_info(rounded).precision, GAN_PRECISION_BFLOAT16);
        assert_int_equal(create_and_get_info(rounded).cpu, GAN_CPU_AVX512);
        check_refused(GAN_CONTEXT(.precision = GAN_PRECISION_BFLOAT16, .cpu = GAN_CPU_AVX2), GAN_ERROR_UNSUPPORTED,
                      "cpu is below GAN_CPU_AVX512");
    } else {
        check_refused(rounded, GAN_ERROR_UNSUPPORTED, "this build lacks kernels for " BFLOAT16_INSTRUCTIONS);
    }
    machine_has_bfloat16 = false;
    cpu_of_machine = GAN_CPU_BASELINE;
    check_refused(
        GAN_CONTEXT(.precision = GAN_PRECISION_BFLOAT16, .cpu = GAN_CPU_BASELINE, .multiply = GAN_MULTIPLY_BLAS),
        GAN_ERROR_ARGUMENT, "multiply is GAN_MULTIPLY_BLAS");
#endif
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static void test_creation_without_memory(void **state)
{
    (void)state;
    for (size_t failing = 1; failing <= 2; failing++) { /* the context, then its threads */
        test_allocator allocator = {.fail_at = failing};
        check_refused(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 3), GAN_ERROR_MEMORY,
                      "could not be allocated");
        assert_int_equal(atomic_load(&allocator.calls), failing);
        test_allocator_assert_empty(&allocator);
    }
}

static gan_context *create_on(test_allocator *allocator, size_t memory_limit)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(allocator), .threads = 1,
                                                    .memory_limit = memory_limit),
                                        &context),
                     GAN_OK);
    return context;
}

static gan_context_info info_of(const gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;

    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    return info;
}

static void test_memory_is_zeroed_and_counted(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, 0);
    const gan_context_info before = info_of(context);

    (void)state;
    assert_int_equal(before.bytes, atomic_load(&allocator.bytes));
    unsigned char *memory = gan_allocate(context, 1000);
    unsigned char *nothing = gan_allocate(context, 0);
    assert_non_null(memory);
    assert_non_null(nothing);
    for (int i = 0; i < 1000; i++) assert_int_equal(memory[i], 0);
    assert_int_equal(info_of(context).bytes, before.bytes + 1001);
    assert_int_equal(info_of(context).allocations, before.allocations + 2);
    gan_release(context, memory, 1000);
    gan_release(context, nothing, 0);
    gan_release(context, NULL, 10);
    assert_int_equal(info_of(context).bytes, before.bytes);
    assert_int_equal(info_of(context).peak_bytes, before.bytes + 1001);
    assert_int_equal(info_of(context).allocations, before.allocations + 2);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void test_default_memory_is_zeroed(void **state)
{
    gan_context *context = NULL;

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    for (int round = 0; round < 3; round++) { /* the second round gets used memory */
        unsigned char *memory = gan_allocate(context, 100);
        assert_non_null(memory);
        for (int i = 0; i < 100; i++) assert_int_equal(memory[i], 0);
        memset(memory, 1, 100);
        gan_release(context, memory, 100);
    }
    gan_context_destroy(context);
}

static void test_arrays(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, 0);
    const size_t calls = atomic_load(&allocator.calls);

    (void)state;
    assert_null(gan_allocate_array(context, -1, 4));
    assert_int_equal(gan_last_status(), GAN_ERROR_MEMORY);
    assert_null(gan_allocate_array(context, INT64_MAX, 4));
    assert_int_equal(gan_last_status(), GAN_ERROR_MEMORY);
    assert_int_equal(atomic_load(&allocator.calls), calls);

    int64_t *array = gan_allocate_array(context, 5, sizeof(*array));
    assert_non_null(array);
    assert_int_equal(array[4], 0);
    gan_release(context, array, 5 * sizeof(*array));
    void *nothing = gan_allocate_array(context, 0, 8);
    assert_non_null(nothing);
    gan_release(context, nothing, 0);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void test_text_copies(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, 0);
    char *copy = gan_copy_text(context, "generator"), *empty = gan_copy_text(context, "");

    (void)state;
    assert_string_equal(copy, "generator");
    assert_string_equal(empty, "");
    gan_release_text(context, copy);
    gan_release_text(context, empty);
    gan_release_text(context, NULL);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static gan_status use_memory(gan_context *context, void *user)
{
    char *text = gan_copy_text(context, "text");
    void *memory = gan_allocate(context, 1000);
    void *array = gan_allocate_array(context, 10, 4);
    const bool complete = text && memory && array;

    (void)user;
    gan_release_text(context, text);
    gan_release(context, memory, 1000);
    gan_release(context, array, 40);
    return complete ? GAN_OK : GAN_ERROR_MEMORY;
}

static void test_failing_allocations(void **state)
{
    test_allocator allocator = {.fail_every = 3};
    gan_context *context = create_on(&allocator, 0);
    const size_t bytes = info_of(context).bytes;

    (void)state;
    assert_int_equal(test_every_allocation_fails(use_memory, NULL), 3);
    for (int i = 0; i < 10; i++) assert_int_equal(use_memory(context, NULL), GAN_ERROR_MEMORY);
    assert_int_equal(info_of(context).bytes, bytes);
    assert_int_equal(info_of(context).allocations, 21); /* failures are not counted */
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void test_memory_limit(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, sizeof(gan_context) + 1000);

    (void)state;
    void *most = gan_allocate(context, 1000);
    assert_non_null(most);
    assert_null(gan_allocate(context, 1));
    assert_int_equal(gan_last_status(), GAN_ERROR_MEMORY);
    assert_non_null(strstr(gan_last_error(), "memory_limit"));
    gan_release(context, most, 1000);
    assert_null(gan_allocate(context, 1001));
    assert_null(gan_allocate(context, SIZE_MAX));
    void *some = gan_allocate(context, 600);
    assert_non_null(some);
    assert_null(gan_allocate(context, 401));
    assert_int_equal(info_of(context).bytes, sizeof(gan_context) + 600);
    assert_int_equal(info_of(context).peak_bytes, sizeof(gan_context) + 1000);
    gan_release(context, some, 600);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void test_limit_below_a_context(void **state)
{
    test_allocator allocator = {0};

    (void)state;
    check_refused(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .memory_limit = 8), GAN_ERROR_MEMORY,
                  "memory_limit is 8");
    check_refused(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 64,
                              .memory_limit = sizeof(gan_context) + 100),
                  GAN_ERROR_MEMORY, "memory_limit");
    test_allocator_assert_empty(&allocator);
}

/* Takes all it can get, again and again; with another thread doing the same, the limit is hit all the time. */
static void *allocate_to_the_limit(void *argument)
{
    gan_context *context = argument;

    for (int round = 0; round < 2000; round++) {
        void *memory[4];
        for (int i = 0; i < 4; i++) memory[i] = gan_allocate(context, 300);
        for (int i = 0; i < 4; i++) gan_release(context, memory[i], 300);
    }
    return NULL;
}

static void test_limit_with_two_threads(void **state)
{
    const size_t limit = sizeof(gan_context) + 1000;
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, limit);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, allocate_to_the_limit, context), 0);
    allocate_to_the_limit(context);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&allocator.peak_bytes) <= limit);
    assert_true(info_of(context).peak_bytes <= limit);
    assert_int_equal(info_of(context).bytes, sizeof(gan_context));
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

/* ---- Log and lifetime --------------------------------------------------------------------------------------- */

/* Whether GAN_MULTIPLY_AUTO prefers tuned products. */
#ifdef GAN_REAL_IS_DOUBLE
#define GAN_FLOAT false
#else
#define GAN_FLOAT true
#endif

typedef struct logged {
    int count;
    gan_log_level level;
    char message[1024];
} logged;

static void keep_message(void *user, gan_log_level level, const char *message)
{
    logged *log = user;

    log->count++;
    log->level = level;
    snprintf(log->message, sizeof(log->message), "%s", message);
}

/* Each context logs what it has chosen, and that the BLAS multiplies if nobody asked for it. */
static void test_choices_are_logged(void **state)
{
    const struct {
        gan_multiply multiply;
        bool native, fallback;
    } cases[] = {
        {GAN_MULTIPLY_AUTO, !GAN_FLOAT, GAN_FLOAT},
        {GAN_MULTIPLY_NATIVE, true, false},
        {GAN_MULTIPLY_BLAS, false, false},
    };

    (void)state;
    skip_without_blas();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_context *context = NULL;
        logged log = {0};
        assert_int_equal(
            gan_context_create(GAN_CONTEXT(.threads = 1, .cpu = GAN_CPU_BASELINE, .multiply = cases[i].multiply,
                                           .log = keep_message, .log_user = &log),
                               &context),
            GAN_OK);
        assert_int_equal(log.count, cases[i].fallback ? 2 : 1);
        assert_int_equal(log.level, cases[i].fallback ? GAN_LOG_INFO : GAN_LOG_DEBUG);
        assert_non_null(strstr(log.message, "GAN_CPU_BASELINE"));
        if (!cases[i].fallback) assert_int_equal(strstr(log.message, "products by libgan") != NULL, cases[i].native);
        gan_context_destroy(context);
    }
}

static void test_log(void **state)
{
    gan_context *context = NULL;
    logged log = {0};
    char text[2000];

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .log = keep_message, .log_user = &log), &context),
                     GAN_OK);
    assert_true(log.count >= 1);
    log.count = 0;
    gan_log(context, GAN_LOG_WARNING, "epoch %d", 3);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.level, GAN_LOG_WARNING);
    assert_string_equal(log.message, "epoch 3");
    /* A text that is cut off ends with a whole character: 170 of them, of three bytes, and one byte to spare. */
    for (int i = 0; i < 200; i++) memcpy(text + (size_t)i * 3, "\xe2\x82\xac", 4);
    gan_log(context, GAN_LOG_INFO, "%s", text);
    assert_int_equal(strlen(log.message), 510);
    log.count = 1;
    gan_log(context, GAN_LOG_INFO, "'%s'", "two\nlines\x7f");
    assert_string_equal(log.message, "'two?lines?'");
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    gan_log(context, GAN_LOG_DEBUG, "%s", text);
    assert_int_equal(strlen(log.message), 511);
    gan_context_destroy(context);

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    gan_log(context, GAN_LOG_WARNING, "to nobody");
    assert_int_equal(log.count, 3);
    gan_context_destroy(context);
}

static void test_references(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_on(&allocator, 0);

    (void)state;
    assert_ptr_equal(gan_context_retain(context), context);
    gan_context_destroy(context);
    assert_int_equal(atomic_load(&allocator.blocks), 1);
    void *memory = gan_allocate(context, 10);
    assert_non_null(memory);
    gan_release(context, memory, 10);
    gan_context_release(context);
    test_allocator_assert_empty(&allocator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_options_of_other_versions),
        cmocka_unit_test(test_info_of_older_version),
        cmocka_unit_test(test_threads_out_of_range),
        cmocka_unit_test(test_half_an_allocator),
        cmocka_unit_test(test_unknown_enumerators),
        cmocka_unit_test(test_levels_of_cpu),
        cmocka_unit_test(test_who_multiplies),
        cmocka_unit_test(test_precision),
        cmocka_unit_test(test_creation_without_memory),
        cmocka_unit_test(test_memory_is_zeroed_and_counted),
        cmocka_unit_test(test_default_memory_is_zeroed),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_text_copies),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_limit_below_a_context),
        cmocka_unit_test(test_limit_with_two_threads),
        cmocka_unit_test(test_choices_are_logged),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
