/* Memory hooks that count, check and fail, for tests of the library's use of memory. */
#ifndef GAN_TESTS_SUPPORT_ALLOCATOR_H
#define GAN_TESTS_SUPPORT_ALLOCATOR_H

#include "libgan.h"

#include <stdatomic.h>

/* Zero-initialise, then set what should fail. Memory is filled with garbage when allocated and when released. */
typedef struct test_allocator {
    atomic_size_t calls;          /* allocations asked for so far, including failed ones */
    atomic_size_t fail_at;        /* the number, from 1, of the call that fails; 0: none */
    atomic_size_t fail_every;     /* every k-th call fails; 0: none */
    atomic_size_t blocks;         /* held now */
    atomic_size_t bytes;          /* held now */
    atomic_size_t peak_bytes;     /* most ever held */
    atomic_size_t wrong_releases; /* with another size than allocated, or of memory not allocated here */
} test_allocator;

/* The hooks, for gan_context_options.allocator. */
gan_allocator test_allocator_hooks(test_allocator *allocator);

/* Fails the test if memory is held or was released wrongly. */
void test_allocator_assert_empty(test_allocator *allocator);

/* Runs `operation` on fresh contexts of one thread, with its first allocation failing, then its second and so on,
 * until it succeeds. Each failure must be GAN_ERROR_MEMORY with a sentence. Neither failure nor success may leave
 * memory held: the operation releases what it made. Returns the number of allocations that the operation makes. */
size_t test_every_allocation_fails(gan_status (*operation)(gan_context *context, void *user), void *user);

#endif
