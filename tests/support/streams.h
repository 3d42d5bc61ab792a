/* Readers and writers that fail, for tests of calls that take them. */
#ifndef GAN_TESTS_SUPPORT_STREAMS_H
#define GAN_TESTS_SUPPORT_STREAMS_H

#include "libgan.h"

/* What a call does with a reader or a writer; `user` is the test's. */
typedef gan_status (*test_read_fn)(gan_reader reader, void *user);
typedef gan_status (*test_write_fn)(gan_writer writer, void *user);

/* The call must succeed with a reader of these bytes, each piece of which it reads in the host's floating-point
 * environment and within the size. With a reader whose first, second, ... call fails, it must return that status,
 * with a sentence, and not read on. */
void test_every_read_fails(const void *bytes, size_t size, test_read_fn call, void *user);
/* The same for what it writes, which must be these bytes. */
void test_every_write_fails(const void *bytes, size_t size, test_write_fn call, void *user);
/* The call must fail for readers of the first 0, 1, 2, ... bytes, every `step`-th after the first 300, and read
 * nothing beyond them. */
void test_every_size_fails(const void *bytes, size_t size, size_t step, test_read_fn call, void *user);
/* Fails the test unless the bytes are those of the file. */
void test_assert_bytes_of_file(const gan_bytes *bytes, const char *path);

#endif
