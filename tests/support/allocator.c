#include "support/allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HELD    UINT64_C(0x68656c6420686572)
#define GARBAGE 0xA5

/* In front of each block; as large as the strictest alignment. */
typedef union block_header {
    struct {
        uint64_t mark;
        size_t size;
    } is;
    max_align_t align;
} block_header;

static bool must_fail(test_allocator *allocator)
{
    const size_t call = atomic_fetch_add(&allocator->calls, 1) + 1;
    const size_t every = atomic_load(&allocator->fail_every);

    return call == atomic_load(&allocator->fail_at) || (every > 0 && call % every == 0);
}

static void *allocate(void *user, size_t size)
{
    test_allocator *allocator = user;
    block_header *header;

    if (must_fail(allocator)) return NULL;
    header = malloc(sizeof(*header) + size);
    if (!header) return NULL;
    header->is.mark = HELD;
    header->is.size = size;
    atomic_fetch_add(&allocator->blocks, 1);
    const size_t held = atomic_fetch_add(&allocator->bytes, size) + size;
    size_t peak = atomic_load(&allocator->peak_bytes);
    while (peak < held && !atomic_compare_exchange_weak(&allocator->peak_bytes, &peak, held)) {
    }
    return memset(header + 1, GARBAGE, size);
}

static void release(void *user, void *memory, size_t size)
{
    test_allocator *allocator = user;
    block_header *header = (block_header *)memory - 1;

    if (header->is.mark != HELD || header->is.size != size) {
        atomic_fetch_add(&allocator->wrong_releases, 1);
        return;
    }
    memset(header, GARBAGE, sizeof(*header) + size);
    atomic_fetch_sub(&allocator->blocks, 1);
    atomic_fetch_sub(&allocator->bytes, size);
    free(header);
}

gan_allocator test_allocator_hooks(test_allocator *allocator)
{
    return (gan_allocator){allocate, release, allocator};
}

void test_allocator_assert_empty(test_allocator *allocator)
{
    assert_int_equal(atomic_load(&allocator->wrong_releases), 0);
    assert_int_equal(atomic_load(&allocator->blocks), 0);
    assert_int_equal(atomic_load(&allocator->bytes), 0);
}

size_t test_every_allocation_fails(gan_status (*operation)(gan_context *context, void *user), void *user)
{
    for (size_t failing = 1;; failing++) {
        test_allocator allocator = {0};
        gan_context *context = NULL;
        assert_int_equal(
            gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
            GAN_OK);
        const size_t before = atomic_load(&allocator.calls), blocks = atomic_load(&allocator.blocks);

        atomic_store(&allocator.fail_at, before + failing);
        const gan_status status = operation(context, user);
        const size_t made = atomic_load(&allocator.calls) - before;

        assert_int_equal(atomic_load(&allocator.blocks), blocks);
        gan_context_destroy(context);
        test_allocator_assert_empty(&allocator);
        if (made < failing) {
            assert_int_equal(status, GAN_OK);
            return made;
        }
        assert_int_equal(status, GAN_ERROR_MEMORY);
        assert_true(strlen(gan_last_error()) > 0);
    }
}
