/* Power that fails while a file is replaced. What the library does to the disk is recorded; then every state is made
 * that a power failure may leave: data that was not synced is there, in part or not at all, and so are names that the
 * folder was not synced after, in any combination. In each state the file is the old one or the new one, whole, and
 * once saving has succeeded it is the new one. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "support/files.h"
#include "support/models.h"
#include "support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST_OPERATIONS = 64, MOST_FILES = 8, MOST_BYTES = 1 << 16, MOST_DESCRIPTORS = 64, FOLDER = -2, UNKNOWN = -1 };

typedef enum operation_kind { WRITE, SYNC, SYNC_FOLDER, NAME, REMOVE } operation_kind;

typedef struct operation {
    operation_kind kind;
    int file;
    size_t size;    /* of the file, after it */
    char name[256]; /* that the file gets, or that is removed */
} operation;

/* A file is only written to its end, so that its first bytes say what it was at any time. */
typedef struct recorded_file {
    unsigned char bytes[MOST_BYTES];
    size_t size;
} recorded_file;

static operation operations[MOST_OPERATIONS];
static int operation_count, file_count;
static recorded_file files[MOST_FILES];
static int descriptors[MOST_DESCRIPTORS]; /* the file of each, or FOLDER */
static bool recording, unnamed_files;

/* ---- Recording ----------------------------------------------------------------------------------------------- */

static void record(operation_kind kind, int file, const char *name)
{
    if (operation_count == MOST_OPERATIONS) fail_msg("too many operations");
    operation *o = &operations[operation_count++];
    *o = (operation){.kind = kind, .file = file, .size = file >= 0 ? files[file].size : 0};
    snprintf(o->name, sizeof(o->name), "%s", name);
}

static int file_of(int descriptor)
{
    return recording && descriptor >= 0 && descriptor < MOST_DESCRIPTORS ? descriptors[descriptor] : UNKNOWN;
}

/* The file that has a name now. */
static int named(const char *name)
{
    for (int i = operation_count - 1; i >= 0; i--) {
        if ((operations[i].kind == NAME || operations[i].kind == REMOVE) && strcmp(operations[i].name, name) == 0)
            return operations[i].kind == NAME ? operations[i].file : UNKNOWN;
    }
    return UNKNOWN;
}

static void note_open(int descriptor, const char *path, int flags)
{
    if (!recording || descriptor < 0) return;
    if (descriptor >= MOST_DESCRIPTORS) fail_msg("descriptor %d is too large", descriptor);
    descriptors[descriptor] = UNKNOWN;
    if ((flags & O_TMPFILE) == O_TMPFILE || flags & O_CREAT) {
        if (file_count == MOST_FILES) fail_msg("too many files");
        files[file_count].size = 0;
        descriptors[descriptor] = file_count++;
        if (flags & O_CREAT) record(NAME, file_count - 1, path);
    } else if (flags & O_DIRECTORY) {
        descriptors[descriptor] = FOLDER;
    }
}

#define WRAP_OPENAT(name)                                                                  \
    int __real_##name(int folder, const char *path, int flags, ...);                       \
    int __wrap_##name(int folder, const char *path, int flags, ...);                       \
    int __wrap_##name(int folder, const char *path, int flags, ...)                        \
    {                                                                                      \
        va_list arguments;                                                                 \
        va_start(arguments, flags);                                                        \
        const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                                 \
        if (recording && !unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) {             \
            errno = EOPNOTSUPP;                                                            \
            return -1;                                                                     \
        }                                                                                  \
        const int descriptor = __real_##name(folder, path, flags, mode);                   \
        note_open(descriptor, path, flags);                                                \
        return descriptor;                                                                 \
    }

WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

ssize_t __real_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size)
{
    const int file = file_of(descriptor);
    const ssize_t written = __real_write(descriptor, data, size);

    if (file < 0 || written <= 0) return written;
    if (files[file].size + (size_t)written > MOST_BYTES) fail_msg("the file is too large");
    memcpy(files[file].bytes + files[file].size, data, (size_t)written);
    files[file].size += (size_t)written;
    record(WRITE, file, "");
    return written;
}

int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor)
{
    const int file = file_of(descriptor);

    if (file >= 0) record(SYNC, file, "");
    if (file == FOLDER) record(SYNC_FOLDER, FOLDER, "");
    return 0;
}

int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    int descriptor = UNKNOWN;
    const int result = __real_linkat(from, old, to, new, flags);

    if (recording && result == 0 && sscanf(old, "/proc/self/fd/%d", &descriptor) == 1)
        record(NAME, file_of(descriptor), new);
    return result;
}

int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    const int result = __real_renameat(from, old, to, new);

    if (recording && result == 0) {
        record(NAME, named(old), new);
        record(REMOVE, UNKNOWN, old);
    }
    return result;
}

int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags)
{
    const int result = __real_unlinkat(folder, name, flags);

    if (recording && result == 0) record(REMOVE, UNKNOWN, name);
    return result;
}

int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor)
{
    if (recording && descriptor >= 0 && descriptor < MOST_DESCRIPTORS) descriptors[descriptor] = UNKNOWN;
    return __real_close(descriptor);
}

/* ---- States -------------------------------------------------------------------------------------------------- */

typedef struct content {
    unsigned char bytes[MOST_BYTES];
    size_t size;
    bool exists;
} content;

static content before, after, survived;

/* What of the data that was not synced is there. */
typedef enum loss { LOST, HALF, ZEROS, KEPT, LOSSES } loss;

/* The content of a file when the power fails before operation `end`. */
static void survive(int file, int end, loss unsynced)
{
    size_t synced = 0, size = 0;

    for (int i = 0; i < end; i++) {
        if (operations[i].file != file) continue;
        if (operations[i].kind == WRITE) size = operations[i].size;
        if (operations[i].kind == SYNC) synced = operations[i].size;
    }
    const size_t more = unsynced == LOST ? 0 : unsynced == HALF ? (size - synced) / 2 : size - synced;
    survived.size = synced + more;
    memcpy(survived.bytes, files[file].bytes, survived.size);
    if (unsynced == ZEROS) memset(survived.bytes + synced, 0, more);
    survived.exists = true;
}

static bool is_name_operation(int i)
{
    return operations[i].kind == NAME || operations[i].kind == REMOVE;
}

/* The content of the saved file, if of the operations on names that were not synced those of the set are there. */
static void make_state(const char *name, int end, uint64_t set, loss unsynced)
{
    int file = UNKNOWN, number = 0, last_sync = -1;
    bool changed = false;

    for (int i = 0; i < end; i++) last_sync = operations[i].kind == SYNC_FOLDER ? i : last_sync;
    for (int i = 0; i < end; i++) {
        if (!is_name_operation(i)) continue;
        const bool is_there = i < last_sync || (set >> number++ & 1);
        if (!is_there || strcmp(operations[i].name, name) != 0) continue;
        changed = true;
        file = operations[i].kind == NAME ? operations[i].file : UNKNOWN;
    }
    survived = before;
    if (changed && file >= 0) survive(file, end, unsynced);
    if (changed && file < 0) survived.exists = false;
}

static int unsynced_names(int end)
{
    int count = 0;

    for (int i = 0; i < end; i++) {
        if (operations[i].kind == SYNC_FOLDER) count = 0;
        count += is_name_operation(i);
    }
    return count;
}

static bool is_same(const content *a, const content *b)
{
    return a->exists == b->exists && (!a->exists || (a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0));
}

static int check_states(const char *name)
{
    int states = 0;

    for (int end = 0; end <= operation_count; end++) {
        const int names = unsynced_names(end);
        assert_true(names <= 8);
        for (uint64_t set = 0; set < UINT64_C(1) << names; set++) {
            for (loss unsynced = LOST; unsynced < LOSSES; unsynced++, states++) {
                make_state(name, end, set, unsynced);
                const bool is_new = is_same(&survived, &after);
                if (is_new || (end < operation_count && is_same(&survived, &before))) continue;
                fail_msg("power fails after %d of %d operations, names %llu of %d, loss %d: the file is %s", end,
                         operation_count, (unsigned long long)set, names, (int)unsynced,
                         is_same(&survived, &before) ? "old after success" : "damaged");
            }
        }
    }
    return states;
}

/* ---- Saving -------------------------------------------------------------------------------------------------- */

static void read_content(const char *path, content *out)
{
    out->exists = test_file_exists(path);
    out->size = out->exists ? test_file_read(path, out->bytes, MOST_BYTES) : 0;
}

/* Saves a model, recorded, and checks all states. */
static int save(test_model_fn build, const char *name)
{
    gan_context *context = test_context();
    gan_model *model = NULL;

    assert_int_equal(build(context, 1, &model), GAN_OK);
    read_content(test_path(name), &before);
    operation_count = file_count = 0;
    for (int i = 0; i < MOST_DESCRIPTORS; i++) descriptors[i] = UNKNOWN;
    recording = true;
    const gan_status status = gan_model_save(model, test_path(name));
    recording = false;
    test_status(status, GAN_OK, "");
    read_content(test_path(name), &after);
    assert_false(is_same(&before, &after));
    assert_true(operation_count >= 5);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return check_states(name);
}

static void test_power_loss(void **state)
{
    int states = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        unnamed_files = i == 0;
        states += save(test_seed_generator, unnamed_files ? "a" : "b"); /* there is no old file */
        states += save(test_graph, unnamed_files ? "a" : "b");
        states += save(test_dcgan_generator, unnamed_files ? "a" : "b");
    }
    assert_int_equal(test_folder_count(), 2);
    printf("torture: %d states after power failures\n", states);
}

/* The test itself: without a sync it would find damage. */
static void test_unsynced_damage(void **state)
{
    static const operation careless[] = {{.kind = WRITE, .file = 0, .size = 9},
                                         {.kind = NAME, .file = 0, .name = "n"}};

    (void)state;
    memcpy(operations, careless, sizeof(careless));
    operation_count = 2;
    before.exists = false;
    memset(files[0].bytes, 'x', 9);
    make_state("n", 2, 1, LOST);
    assert_true(survived.exists && survived.size == 0);
    make_state("n", 2, 1, ZEROS);
    assert_true(survived.size == 9 && survived.bytes[8] == 0);
    make_state("n", 2, 0, KEPT);
    assert_false(survived.exists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_power_loss, test_folder_create, test_folder_remove),
        cmocka_unit_test(test_unsynced_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
