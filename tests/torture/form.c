#include "torture/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool torture_is_long(void)
{
    const char *form = getenv("GAN_TORTURE");
    return form && strcmp(form, "long") == 0;
}

uint64_t torture_seed(void)
{
    static uint64_t value;
    static bool is_known;
    const char *given = getenv("GAN_TORTURE_SEED");

    if (!is_known) value = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    is_known = true;
    return value;
}

void torture_print_form(void)
{
    printf("torture: %s form; GAN_TORTURE_SEED=%llu\n", torture_is_long() ? "long" : "short",
           (unsigned long long)torture_seed());
}
