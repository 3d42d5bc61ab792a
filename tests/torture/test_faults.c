/* Every scenario while the system fails: each allocation, and each call that uses files, fails once, and then all
 * from there on. A failure is a status with a sentence; it changes no result, leaves files whole and nothing behind;
 * what failed then succeeds, with the same results. What a killed process leaves is as whole, and soon cleared away.
 */
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"
#include "torture/faults.h"
#include "torture/form.h"
#include "torture/scenarios.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST_BYTES = 1 << 17, MOST_DESCRIPTORS = 64, SHORT_POINTS = 24, SLOW = 10 };

static const char old_content[] = "what was there before";

/* What a scenario does when nothing fails. */
typedef struct reference {
    const scenario *scenario;
    test_allocator allocator;
    stage stage;
    uint64_t digest;
    int64_t points;
    int files; /* in the folder */
    unsigned char *content[STAGE_FILES];
    size_t sizes[STAGE_FILES];
} reference;

static const char *where = ""; /* what is tried, for messages */

/* ---- The choice of points ------------------------------------------------------------------------------------ */

/* From one point that is tried to the next. */
static int64_t stride_of(const reference *r)
{
    if (torture_is_long()) return 1;
    return 1 + r->points * (r->scenario->is_slow ? SLOW : 1) / SHORT_POINTS;
}

/* ---- One run ------------------------------------------------------------------------------------------------- */

static int open_descriptors(void)
{
    int count = 0;

    for (int i = 0; i < MOST_DESCRIPTORS; i++) count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static bool has_content(const char *path, const void *bytes, size_t size)
{
    static unsigned char found[MOST_BYTES];
    return test_file_read(path, found, MOST_BYTES) == size && memcmp(found, bytes, size) == 0;
}

/* Whether files are new, which they must be after success; else they may also be old. */
static void check_content(stage *s, bool is_new)
{
    const reference *r = s->user;

    for (int i = 0; i < STAGE_FILES && r->scenario->files[i]; i++) {
        const char *path = test_path(r->scenario->files[i]);
        if (has_content(path, r->content[i], r->sizes[i])) continue;
        if (is_new || !has_content(path, old_content, sizeof(old_content))) s->complaint = "a file is not whole";
    }
}

static void check_files(stage *s)
{
    check_content(s, false);
}

static void write_old_files(const scenario *of)
{
    for (int i = 0; i < STAGE_FILES && of->files[i]; i++)
        test_file_write(test_path(of->files[i]), old_content, sizeof(old_content));
}

static void accept_files(stage *s)
{
    (void)s;
}

/* Runs the scenario with a fault, and returns its status; counts the points. */
static gan_status play(reference *r, fault wanted, int64_t *points)
{
    stage *s = &r->stage;

    s->retried = false;
    s->retries = !wanted.all;
    s->digest = UINT64_C(0xcbf29ce484222325);
    s->failure = GAN_OK;
    s->complaint = NULL;
    write_old_files(r->scenario);
    fault_begin(wanted);
    const gan_status status = r->scenario->run(s);
    *points = fault_end();
    return status;
}

static void complain(const reference *r, const fault *wanted, const char *what)
{
    fail_msg("%s: %s %lld%s with error %d: %s (last failure: %s, '%s')", r->scenario->name, where,
             (long long)wanted->at, wanted->all ? " and all after it" : "", wanted->error, what,
             gan_status_name(r->stage.failure), r->stage.sentence);
}

/* ---- What a failure may be ----------------------------------------------------------------------------------- */

static bool is_expected(const fault *wanted, gan_status status)
{
    if (wanted->kind == FAULT_MEMORY) return status == GAN_ERROR_MEMORY;
    if (wanted->error == ENOSPC || wanted->error == EDQUOT) return status == GAN_ERROR_NO_SPACE;
    if (wanted->error == FAULT_NOTHING) return status == GAN_ERROR_TRUNCATED || status == GAN_ERROR_IO;
    return status == GAN_ERROR_IO;
}

/* Fails a point, and returns whether there was one so late. */
static bool try_point(reference *r, fault wanted)
{
    const size_t blocks = atomic_load(&r->allocator.blocks);
    const int descriptors = open_descriptors();
    const int64_t all_blocks = fault_blocks();
    int64_t points;
    const gan_status status = play(r, wanted, &points);
    stage *s = &r->stage;

    if (s->failure != GAN_OK && !is_expected(&wanted, s->failure)) complain(r, &wanted, "an unexpected status");
    if (!wanted.all && status != GAN_OK) complain(r, &wanted, "what failed once has failed again");
    if (status == GAN_OK) {
        check_content(s, true);
        if (s->digest != r->digest) complain(r, &wanted, "other results");
    }
    if (s->complaint) complain(r, &wanted, s->complaint);
    if (atomic_load(&r->allocator.blocks) != blocks) complain(r, &wanted, "memory of the context is left");
    if (fault_blocks() != all_blocks) complain(r, &wanted, "memory of the system is left");
    if (atomic_load(&r->allocator.wrong_releases) != 0) complain(r, &wanted, "memory was released wrongly");
    if (open_descriptors() != descriptors) complain(r, &wanted, "a file is left open");
    return points >= wanted.at;
}

/* Without faults all is as it was, and no temporary file is left. */
static void recover(reference *r, const fault *last)
{
    int64_t points;

    if (play(r, (fault){.kind = FAULT_NONE}, &points) != GAN_OK) complain(r, last, "the next run fails");
    if (r->stage.digest != r->digest) complain(r, last, "the next run has other results");
    if (test_folder_count() != r->files) complain(r, last, "a temporary file is left");
}

static void try_all(reference *r, fault wanted)
{
    const int64_t stride = stride_of(r);

    for (wanted.at = 1 + (int64_t)(torture_seed() % (uint64_t)stride);; wanted.at += stride) {
        const bool passed = try_point(r, wanted);
        if (wanted.all || !passed) recover(r, &wanted); /* what failed once has been made again */
        if (!passed) return;
    }
}

/* ---- Scenarios ----------------------------------------------------------------------------------------------- */

/* Runs the scenario until what the system keeps for later uses is there, and remembers what it does. */
static void prepare(reference *r, const scenario *of, fault_kind kind)
{
    *r = (reference){.scenario = of, .stage.check_files = accept_files};
    r->stage.user = r;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&r->allocator), .threads = 1),
                                        &r->stage.context),
                     GAN_OK);
    for (int i = 0; i < 3; i++) {
        const gan_status status = play(r, (fault){.kind = kind}, &r->points);
        if (status != GAN_OK) fail_msg("%s: %s", of->name, gan_last_error());
        r->digest = r->stage.digest;
    }
    for (int i = 0; i < STAGE_FILES && of->files[i]; i++) {
        r->content[i] = malloc(MOST_BYTES);
        assert_non_null(r->content[i]);
        r->sizes[i] = test_file_read(test_path(of->files[i]), r->content[i], MOST_BYTES);
    }
    r->files = test_folder_count();
    r->stage.check_files = check_files;
}

static void release(reference *r)
{
    for (int i = 0; i < STAGE_FILES; i++) free(r->content[i]);
    gan_context_destroy(r->stage.context);
    test_allocator_assert_empty(&r->allocator);
}

/* Calls `attempt` with each scenario, and returns the number of all points. */
static int64_t for_each_scenario(fault_kind kind, void (*attempt)(reference *r))
{
    const scenario *const lists[] = {model_scenarios, data_scenarios, training_scenarios};
    int64_t points = 0;

    for (int i = 0; i < 3; i++) {
        for (const scenario *of = lists[i]; of->name; of++) {
            reference r;
            prepare(&r, of, kind);
            attempt(&r);
            points += r.points;
            release(&r);
        }
    }
    return points;
}

static void fail_memory(reference *r)
{
    try_all(r, (fault){.kind = FAULT_MEMORY});
    try_all(r, (fault){.kind = FAULT_MEMORY, .all = true});
}

static void test_memory(void **state)
{
    (void)state;
    where = "allocation";
    const int64_t points = for_each_scenario(FAULT_MEMORY, fail_memory);
    assert_true(points > 1000);
    printf("torture: %lld allocation points\n", (long long)points);
}

static void fail_files(reference *r)
{
    static const int errors[] = {EIO, ENOSPC, EINTR, EDQUOT, FAULT_SHORT, FAULT_NOTHING};

    for (int e = 0; e < 6; e++) try_all(r, (fault){.kind = FAULT_FILES, .error = errors[e]});
    try_all(r, (fault){.kind = FAULT_FILES, .error = EIO, .all = true});
    try_all(r, (fault){.kind = FAULT_FILES, .error = ENOSPC, .all = true});
    try_all(r, (fault){.kind = FAULT_FILES, .error = FAULT_SHORT, .all = true});
}

static void test_files(void **state)
{
    (void)state;
    where = "use of a file";
    const int64_t points = for_each_scenario(FAULT_FILES, fail_files);
    assert_true(points > 300);
    printf("torture: %lld I/O points\n", (long long)points);
}

/* Runs the scenario in a process that is killed at a point; returns whether it was. */
static bool kill_at(reference *r, fault wanted)
{
    int64_t points;
    int result = 0;

    write_old_files(r->scenario);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(play(r, wanted, &points) == GAN_OK ? 0 : 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    if (!WIFSIGNALED(result)) assert_int_equal(result, 0);
    return WIFSIGNALED(result);
}

static void kill_everywhere(reference *r)
{
    const int64_t stride = stride_of(r);
    fault wanted = {.kind = FAULT_FILES, .error = FAULT_KILL};

    if (!r->scenario->files[0]) return;
    for (wanted.at = 1 + (int64_t)(torture_seed() % (uint64_t)stride); kill_at(r, wanted); wanted.at += stride) {
        r->stage.complaint = NULL;
        check_content(&r->stage, false);
        if (r->stage.complaint) complain(r, &wanted, r->stage.complaint);
        recover(r, &wanted);
    }
}

static void test_kills(void **state)
{
    (void)state;
    where = "killed at use of a file";
    for_each_scenario(FAULT_FILES, kill_everywhere);
}

static int set_up(void **state)
{
    torture_print_form();
    if (test_folder_create(state) != 0) return -1;
    scenario_files_create();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_kills),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
