#include "draws.h"

/* In cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

gan_context *context;
gan_random *drawn, *expected;

int draws_group_setup(void **state)
{
    (void)state;
    return gan_context_create(NULL, &context) == GAN_OK ? 0 : 1;
}

int draws_group_teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

int draws_setup(void **state)
{
    (void)state;
    return gan_random_create(context, 5, 6, &drawn) == GAN_OK && gan_random_create(context, 5, 6, &expected) == GAN_OK
               ? 0
               : 1;
}

int draws_teardown(void **state)
{
    (void)state;
    gan_random_destroy(drawn);
    gan_random_destroy(expected);
    drawn = expected = NULL;
    return 0;
}

void assert_same_draws(void)
{
    gan_random_state a, b;
    assert_int_equal(gan_random_get_state(drawn, &a), GAN_OK);
    assert_int_equal(gan_random_get_state(expected, &b), GAN_OK);
    assert_true(a.counter == b.counter);
}
