/* Every public function while the system fails: each allocation that a call makes fails once, and all from there on,
 * and so does each use of a file. The call returns a status with a sentence, changes no result, leaves nothing behind
 * and works when it is made again. The functions are those of libgan.h, whichever they are. */
#include "torture/caller.h"
#include "torture/form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DESCRIPTORS = 64, SHORT_POINTS = 5 };

static world here;

static void complain(const function *f, const fault *wanted, const char *what)
{
    fail_msg("%s: %s %lld%s with error %d: %s (%s: '%s')", f->name,
             wanted->kind == FAULT_MEMORY ? "allocation" : "use of a file", (long long)wanted->at,
             wanted->all ? " and all after it" : "", wanted->error, what, gan_status_name(gan_last_status()),
             gan_last_error());
}

static int open_descriptors(void)
{
    int count = 0;

    for (int i = 0; i < MOST_DESCRIPTORS; i++) count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static bool is_expected(const fault *wanted, gan_status status)
{
    if (status == GAN_OK) return true;
    if (wanted->kind == FAULT_MEMORY) return status == GAN_ERROR_MEMORY;
    return status == (wanted->error == ENOSPC ? GAN_ERROR_NO_SPACE : GAN_ERROR_IO);
}

/* The same call when nothing fails. */
static void repeat(const function *f, const fault *wanted)
{
    const char *complaint = NULL;
    argument a[MOST_PARAMETERS];

    if (!function_is_repeatable(f)) return;
    make_arguments(&here, f, a);
    if (call_function(&here, f, a, NULL, &complaint) != GAN_OK) complain(f, wanted, "it fails again");
    if (complaint) complain(f, wanted, complaint);
}

/* Returns the number of points that the call passed. */
static int64_t attempt(const function *f, fault wanted)
{
    const char *complaint = NULL;
    argument a[MOST_PARAMETERS];
    const int descriptors = open_descriptors();

    world_create(&here, false);
    make_arguments(&here, f, a);
    const gan_status status = call_function(&here, f, a, &wanted, &complaint);
    const int64_t points = fault_end();
    if (complaint) complain(f, &wanted, complaint);
    if (!is_expected(&wanted, status)) complain(f, &wanted, "an unexpected status");
    if (status != GAN_OK) repeat(f, &wanted);
    world_destroy(&here);
    if (open_descriptors() != descriptors) complain(f, &wanted, "a file is left open");
    return points;
}

static void attempt_all(const function *f, fault wanted, int64_t points)
{
    const int64_t stride = torture_is_long() ? 1 : 1 + points / SHORT_POINTS;

    for (wanted.at = 1 + (int64_t)(torture_seed() % (uint64_t)stride); wanted.at <= points; wanted.at += stride) {
        wanted.all = false;
        attempt(f, wanted);
        wanted.all = wanted.error != EINTR;
        attempt(f, wanted);
    }
}

static int64_t attempt_kind(fault_kind kind)
{
    static const int errors[] = {EIO, ENOSPC, EINTR};
    int64_t all = 0;

    for (const function *f = functions; f->name; f++) {
        const int64_t points = attempt(f, (fault){.kind = kind});
        for (int e = 0; e < (kind == FAULT_FILES ? 3 : 1); e++)
            attempt_all(f, (fault){.kind = kind, .error = kind == FAULT_FILES ? errors[e] : 0}, points);
        all += points;
    }
    return all;
}

static void test_memory(void **state)
{
    (void)state;
    printf("torture: %lld allocations of calls\n", (long long)attempt_kind(FAULT_MEMORY));
}

static void test_files(void **state)
{
    (void)state;
    printf("torture: %lld uses of files by calls\n", (long long)attempt_kind(FAULT_FILES));
}

static int set_up(void **state)
{
    torture_print_form();
    if (test_folder_create(state) != 0) return -1;
    world_files_create();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
