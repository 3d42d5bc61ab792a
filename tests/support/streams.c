#include "support/streams.h"

#include "support/files.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Call number `fail_at`, from 1, fails. */
typedef struct faulty {
    const unsigned char *bytes;
    size_t size, done; /* of the bytes, those that were written */
    int64_t calls, fail_at;
    gan_status failure;
    bool saw_environment; /* in all calls: the caller's */
} faulty;

static gan_status count_call(faulty *f)
{
    if (fegetround() != FE_UPWARD) f->saw_environment = false;
    return ++f->calls == f->fail_at ? f->failure : GAN_OK;
}

static gan_status read_bytes(void *user, int64_t offset, void *out, size_t size)
{
    faulty *f = user;
    const gan_status status = count_call(f);

    assert_true(size > 0 && offset >= 0 && (uint64_t)offset <= f->size && size <= f->size - (size_t)offset);
    if (status == GAN_OK) memcpy(out, f->bytes + offset, size);
    return status;
}

static gan_status compare_bytes(void *user, const void *bytes, size_t size)
{
    faulty *f = user;

    assert_true(bytes && size > 0 && size <= f->size - f->done);
    assert_memory_equal(bytes, f->bytes + f->done, size);
    f->done += size;
    return count_call(f);
}

static gan_status call_with(faulty *f, test_read_fn read, test_write_fn write, void *user)
{
    if (read) return read((gan_reader){(int64_t)f->size, read_bytes, f}, user);
    return write((gan_writer){compare_bytes, f}, user);
}

static void fail_each(const void *bytes, size_t size, test_read_fn read, test_write_fn write, void *user)
{
    static const gan_status failures[] = {GAN_ERROR_IO, GAN_ERROR_CANCELLED};
    faulty whole = {.bytes = bytes, .size = size, .saw_environment = true};

    fesetround(FE_UPWARD);
    test_status(call_with(&whole, read, write, user), GAN_OK, "");
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    assert_true(whole.saw_environment && whole.calls > 0);
    assert_true(read || whole.done == size);
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        for (int64_t at = 1; at <= whole.calls; at++) {
            faulty f = {.bytes = bytes, .size = size, .fail_at = at, .failure = failures[i]};
            test_status(call_with(&f, read, write, user), failures[i],
                        read ? "the reader returned" : "the writer returned");
            assert_int_equal(f.calls, at);
            assert_non_null(strstr(gan_last_error(), gan_status_name(failures[i])));
        }
    }
}

void test_every_read_fails(const void *bytes, size_t size, test_read_fn call, void *user)
{
    fail_each(bytes, size, call, NULL, user);
}

void test_every_write_fails(const void *bytes, size_t size, test_write_fn call, void *user)
{
    fail_each(bytes, size, NULL, call, user);
}

void test_every_size_fails(const void *bytes, size_t size, size_t step, test_read_fn call, void *user)
{
    for (size_t length = 0; length < size; length += length < 300 ? 1 : step) {
        unsigned char *copy = malloc(length + 1); /* a sanitizer finds reads beyond it */
        assert_non_null(copy);
        memcpy(copy, bytes, length);
        faulty f = {.bytes = copy, .size = length};
        if (call_with(&f, call, NULL, user) == GAN_OK) fail_msg("%zu of %zu bytes were enough", length, size);
        assert_true(strlen(gan_last_error()) > 0);
        free(copy);
    }
}

void test_assert_bytes_of_file(const gan_bytes *bytes, const char *path)
{
    static unsigned char file[1 << 21];
    const size_t size = test_file_read(path, file, sizeof(file));

    assert_int_equal(gan_bytes_size(bytes), size);
    assert_memory_equal(gan_bytes_data(bytes), file, size);
}
