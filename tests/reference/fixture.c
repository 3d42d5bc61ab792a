#include "fixture.h"

#include "io/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *path;

bool fixture_of(int argc, char **argv)
{
    if (argc != 2) return false;
    path = argv[1];
    return true;
}

const char *fixture_path(void)
{
    return path;
}

void fixture_read(gan_context *context, const char *name, float *out, int64_t count)
{
    gan_safetensors *file;
    size_t index = 0;
    bool is_float = false;
    assert_int_equal(gan_safetensors_open(context, path, &file), GAN_OK);
    const gan_safetensors_entry *entry = gan_safetensors_find(file, name, &index, &is_float);
    if (!entry) fail_msg("%s has no %s", path, name);
    assert_true(is_float && entry->count == count);
    assert_int_equal(gan_safetensors_read(file, index, out), GAN_OK);
    gan_safetensors_close(file);
}
