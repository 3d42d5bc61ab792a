/* Files that fuzzing found worth keeping, one of each kind of path through a reader: corpus/TARGET/. Each target
 * opens each of its files; test_corpus FOLDER. Without such folders the test fails. */
#include "fuzz/targets.h"
#include "support/allocator.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Opens a file of the corpus, through a copy, since targets write beside what they open. */
static bool replay(const fuzz_target *target, const char *from)
{
    static unsigned char bytes[1 << 20];
    static const char path[] = "corpus_input";
    test_allocator allocator = {0};
    gan_context *context = NULL;
    FILE *file = fopen(from, "rb");
    if (!file) return false;
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    file = fopen(path, "wb");
    const bool copied = file && fwrite(bytes, 1, size, file) == size;
    if (!file || fclose(file) != 0 || !copied) return false;
    if (gan_context_create(
            GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1, .memory_limit = 64 << 20),
            &context) != GAN_OK) {
        return false;
    }
    const size_t blocks = allocator.blocks;
    target->run(context, path);
    const bool held = allocator.blocks != blocks;
    if (held) fprintf(stderr, "%s: memory is held\n", from);
    gan_context_destroy(context);
    remove(path);
    return !held;
}

static int replay_all(const fuzz_target *target, const char *corpus, int *failed)
{
    char folder[1024], path[2048];
    int files = 0;
    snprintf(folder, sizeof(folder), "%s/%s", corpus, target->name);
    DIR *entries = opendir(folder);
    if (!entries) return 0;
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        files++;
        if (!replay(target, path)) (*failed)++;
    }
    closedir(entries);
    return files;
}

int main(int count, char **arguments)
{
    int failed = 0, files = 0;
    if (count != 2) return 2;
    fuzz_write_images("corpus_input");
    for (const fuzz_target *target = fuzz_targets; target->name; target++) {
        const int of_target = replay_all(target, arguments[1], &failed);
        if (of_target == 0) {
            fprintf(stderr, "%s: no corpus\n", target->name);
            failed++;
        }
        files += of_target;
    }
    remove("corpus_input.images");
    printf("%d files, %d failed\n", files, failed);
    return failed > 0;
}
