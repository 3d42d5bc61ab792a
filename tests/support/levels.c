/* Prints each CPU level and "runs", or why it cannot run here; with an argument, the same for bfloat16. */
#include "support/level.h"

#include <stdio.h>

static int print_verdict(const char *name, const gan_context_options *options)
{
    gan_context *context;
    const gan_status status = gan_context_create(options, &context);
    if (status != GAN_OK && status != GAN_ERROR_UNSUPPORTED) return 1;
    printf("%s %s\n", name, status == GAN_OK ? "runs" : gan_last_error());
    if (status == GAN_OK) gan_context_destroy(context);
    return 0;
}

int main(int argc, char **argv)
{
    int failures = 0;
    (void)argv;
    if (argc > 1) return print_verdict("bfloat16", GAN_CONTEXT(.precision = GAN_PRECISION_BFLOAT16, .threads = 1));
    for (int i = 0; i < TEST_LEVELS; i++)
        failures += print_verdict(test_levels[i].name, GAN_CONTEXT(.cpu = test_levels[i].cpu, .threads = 1));
    return failures > 0;
}
