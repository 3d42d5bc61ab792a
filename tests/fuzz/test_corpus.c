/* Files that fuzzing found worth keeping, one of each kind of path through a reader: corpus/TARGET/. Each target
 * opens each of its files. */
#include "fuzz/targets.h"
#include "support/allocator.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>

/* Opens a file of the corpus, through a copy, since targets write beside what they open. */
static void replay(const fuzz_target *target, const char *from, const char *copy)
{
    static unsigned char bytes[1 << 20];
    test_allocator allocator = {0};
    gan_context *context = NULL;
    test_file_write(copy, bytes, test_file_read(from, bytes, sizeof(bytes)));
    assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1,
                                                    .memory_limit = 64 << 20),
                                        &context),
                     GAN_OK);
    const size_t blocks = allocator.blocks;
    target->run(context, copy);
    if (allocator.blocks != blocks) fail_msg("%s: memory is held", from);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
    remove(copy);
}

static int replay_all(const fuzz_target *target, const char *copy)
{
    char folder[1024], path[2048];
    int files = 0;
    snprintf(folder, sizeof(folder), TEST_CORPUS "/%s", target->name);
    DIR *entries = opendir(folder);
    if (!entries) return 0;
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        replay(target, path, copy);
        files++;
    }
    closedir(entries);
    return files;
}

static void test_corpus(void **state)
{
    char copy[512];
    (void)state;
    snprintf(copy, sizeof(copy), "%s", test_path("input"));
    fuzz_write_images(copy);
    for (const fuzz_target *target = fuzz_targets; target->name; target++) {
        if (replay_all(target, copy) == 0) fail_msg("%s: no corpus", target->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
