/* Memory hooks that count, check and fail, for tests of what the library does with memory. */
#ifndef GAN_TESTS_SUPPORT_ALLOCATOR_H
#define GAN_TESTS_SUPPORT_ALLOCATOR_H

#include "libgan.h"

#include <stdatomic.h>

/* Zero-initialise, then set what should fail. Memory is handed out filled with garbage and overwritten at release. */
typedef struct test_allocator {
    atomic_size_t calls;          /* allocations asked for so far, the failed ones included */
    atomic_size_t fail_at;        /* the number of the call that fails, the first being 1; 0: none */
    atomic_size_t fail_every;     /* every k-th call fails; 0: none */
    atomic_size_t blocks;         /* held now */
    atomic_size_t bytes;          /* held now */
    atomic_size_t peak_bytes;     /* most ever held */
    atomic_size_t wrong_releases; /* of memory with another size than it was allocated with, or not allocated here */
} test_allocator;

/* The hooks, for gan_context_options.allocator. */
gan_allocator test_allocator_hooks(test_allocator *allocator);

/* Fails the test when memory is held or was released wrongly. */
void test_allocator_assert_empty(test_allocator *allocator);

/* Runs `operation` on fresh contexts of one thread, at first with the first of its allocations failing, then the
 * second and so on, until it succeeds. Each failure must be GAN_ERROR_MEMORY with a sentence and leave no memory
 * held; so must the success: the operation releases what it made. Returns how many allocations the operation makes.
 */
size_t test_every_allocation_fails(gan_status (*operation)(gan_context *context, void *user), void *user);

#endif
