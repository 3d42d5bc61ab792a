/* A libFuzzer program for one target, FUZZ_TARGET; see meson.build. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gan_context *context;
    static char path[64];

    if (!context) {
        gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = 64 << 20), &context);
        fuzz_require(context != NULL, "no context");
        snprintf(path, sizeof(path), "fuzz_input_%ld", (long)getpid());
        fuzz_write_images(path);
    }
    FILE *file = fopen(path, "wb");
    fuzz_require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0, "no file");
    FUZZ_TARGET(context, path);
    remove(path);
    return 0;
}
