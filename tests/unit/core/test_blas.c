/* The BLAS: not loaded with the library but when a context is created that multiplies with it, by name if one is
 * given. */
#include "core/core.h"
#include "support/run.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Whether the process has loaded a BLAS. */
static bool has_loaded_one(void)
{
    static const char *const names[] = {"/libopenblas", "/libblis", "/libcblas", "/libblas"};
    char line[4096];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");

    if (!maps) test_skip("there is no /proc");
    while (fgets(line, sizeof(line), maps)) {
        for (int i = 0; i < 4; i++) found = found || strstr(line, names[i]);
    }
    fclose(maps);
    return found;
}

/* Skips the case without a BLAS. */
static gan_context *create(gan_multiply multiply, const char *blas)
{
    gan_context *context = NULL;
    const gan_status status =
        gan_context_create(GAN_CONTEXT(.threads = 1, .multiply = multiply, .blas = blas), &context);

    if (status == GAN_ERROR_UNSUPPORTED) test_skip("%s", gan_last_error());
    assert_int_equal(status, GAN_OK);
    return context;
}

static const char *name_of(const gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;

    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    return info.blas;
}

static void check_refused(const char *blas, const char *part)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.multiply = GAN_MULTIPLY_BLAS, .blas = blas), &context),
                     GAN_ERROR_UNSUPPORTED);
    assert_null(context);
    assert_non_null(strstr(gan_last_error(), part));
}

static void skip_if_linked(void)
{
#ifdef GAN_BLAS_LINKED
    test_skip("this build is linked with the BLAS");
#endif
}

/* The first case: none has been loaded yet. */
static void test_loaded_when_used(void **state)
{
    (void)state;
    skip_if_linked();
    gan_context *context = create(GAN_MULTIPLY_NATIVE, NULL);
    assert_string_equal(name_of(context), "none");
    gan_context_destroy(context);
    assert_false(has_loaded_one());
    context = create(GAN_MULTIPLY_BLAS, NULL);
    assert_true(has_loaded_one());
    gan_context_destroy(context);
}

static void test_by_name(void **state)
{
    char name[64], copy[64];

    (void)state;
    skip_if_linked();
    gan_context *context = create(GAN_MULTIPLY_BLAS, NULL);
    snprintf(name, sizeof(name), "%s", name_of(context));
    gan_context_destroy(context);
    snprintf(copy, sizeof(copy), "%s", name);
    context = create(GAN_MULTIPLY_BLAS, copy);
    memset(copy, 'x', sizeof(copy) - 1); /* it is the caller's again */
    assert_string_equal(name_of(context), name);
    gan_context_destroy(context);
    context = create(GAN_MULTIPLY_NATIVE, "libno-such-blas.so"); /* not needed */
    assert_string_equal(name_of(context), "none");
    gan_context_destroy(context);
}

static void test_refused(void **state)
{
    (void)state;
    check_refused("libno-such-blas.so", "blas is 'libno-such-blas.so'");
    check_refused("libm.so.6", "blas is 'libm.so.6'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loaded_when_used),
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
