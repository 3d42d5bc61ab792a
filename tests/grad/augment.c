/* Augmentation against central differences, in double. */
#include "kernels/kernels.h"

#include "support/files.h"
#include "support/gradient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { BATCH = 4, SIZE = 3 * 6 * 5, COUNT = BATCH * SIZE };

/* L = sum of w y, with y the augmented images. */
typedef struct loss {
    gan_context *context;
    gan_augment_args args;
    double x[COUNT], w[COUNT], y[COUNT];
} loss;

static double value_of(void *user)
{
    loss *l = user;
    double sum = 0;
    gan_augment_images(l->context, &l->args, BATCH, l->x, l->y);
    for (int i = 0; i < COUNT; i++) sum += l->w[i] * l->y[i];
    return sum;
}

static void test_kinds(void **state)
{
    (void)state;
    gan_random_state at = {.seed = 9};
    loss l = {.context = test_context()};
    double gradient[COUNT];
    gan_fill_normal(&at, l.x, COUNT, 0, 1);
    gan_fill_normal(&at, l.w, COUNT, 0, 1);
    for (unsigned kinds = 0; kinds <= 7; kinds++) {
        l.args = (gan_augment_args){.kinds = kinds, .channels = 3, .height = 6, .width = 5, .state = at};
        gan_augment_images_backward(l.context, &l.args, BATCH, l.w, gradient);
        test_gradient("x", value_of, &l, l.x, gradient, COUNT, 1e-8);
    }
    gan_context_destroy(l.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds)};
    return cmocka_run_group_tests_name("gradient of augmentation", tests, NULL, NULL);
}
