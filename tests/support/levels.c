/* Prints each CPU level and "runs", or why it cannot be run here. */
#include "support/level.h"

#include <stdio.h>

int main(void)
{
    for (int i = 0; i < TEST_LEVELS; i++) {
        gan_context *context;
        const gan_status status = gan_context_create(GAN_CONTEXT(.cpu = test_levels[i].cpu, .threads = 1), &context);
        if (status != GAN_OK && status != GAN_ERROR_UNSUPPORTED) return 1;
        printf("%s %s\n", test_levels[i].name, status == GAN_OK ? "runs" : gan_last_error());
        if (status == GAN_OK) gan_context_destroy(context);
    }
    return 0;
}
