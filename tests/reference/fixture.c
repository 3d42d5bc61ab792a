#include "fixture.h"

#include "io/io.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *path;
static const double tolerance = 1e-4; /* of the largest value of a tensor */
static const double least = 1e-3;     /* a smaller largest value counts as this, since it may be only rounding */

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

void fixture_open(const char *folder, const char *name)
{
    static char chosen[1024];
    snprintf(chosen, sizeof(chosen), "%s/%s.safetensors", folder, name);
    path = chosen;
}

void fixture_read(gan_context *context, const char *name, float *out, int64_t count)
{
    gan_safetensors *file;
    size_t index = 0;
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = path}, &file), GAN_OK);
    const gan_safetensors_entry *entry = gan_safetensors_find(file, name, &index);
    if (!entry) fail_msg("%s has no %s", path, name);
    assert_true(entry->type == GAN_SAFETENSORS_F32 && entry->count == count);
    assert_int_equal(gan_safetensors_read(file, index, out), GAN_OK);
    gan_safetensors_close(file);
}

static float *make_values(int64_t count)
{
    float *values = malloc((size_t)count * sizeof(*values));
    assert_non_null(values);
    return values;
}

void fixture_compare(gan_context *context, const char *name, const float *actual, int64_t count)
{
    float *expected = make_values(count);
    double largest = least;
    fixture_read(context, name, expected, count);
    for (int64_t i = 0; i < count; i++)
        if (fabs((double)expected[i]) > largest) largest = fabs((double)expected[i]);
    for (int64_t i = 0; i < count; i++) {
        if (fabs((double)actual[i] - (double)expected[i]) <= tolerance * largest) continue;
        fail_msg("%s: value %lld is %.9g, expected %.9g", name, (long long)i, (double)actual[i], (double)expected[i]);
    }
    free(expected);
}

void fixture_compare_output(gan_context *context, const gan_session *session, int64_t count, const char *name)
{
    float *values = make_values(count);
    assert_int_equal(gan_session_get_output(session, 0, values), GAN_OK);
    fixture_compare(context, name, values, count);
    free(values);
}

/* What to do with a tensor, given its name in the file too. */
typedef void (*tensor_fn)(gan_context *context, gan_model *model, const gan_tensor_info *info, const char *name,
                          float *values);

static void each_tensor(gan_context *context, const gan_model *model, const char *prefix, tensor_fn visit)
{
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        char name[96];
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        snprintf(name, sizeof(name), "%s.%s", prefix, info.name);
        float *values = make_values(info.count);
        visit(context, (gan_model *)model, &info, name, values);
        free(values);
    }
}

static void compare_tensor(gan_context *context, gan_model *model, const gan_tensor_info *info, const char *name,
                           float *values)
{
    assert_int_equal(gan_model_get_tensor(model, info->name, values, (size_t)info->count), GAN_OK);
    fixture_compare(context, name, values, info->count);
}

static void compare_gradient(gan_context *context, gan_model *model, const gan_tensor_info *info, const char *name,
                             float *values)
{
    if (info->kind != GAN_TENSOR_PARAMETER) return;
    assert_int_equal(gan_model_get_gradient(model, info->name, values, (size_t)info->count), GAN_OK);
    fixture_compare(context, name, values, info->count);
}

static void set_tensor(gan_context *context, gan_model *model, const gan_tensor_info *info, const char *name,
                       float *values)
{
    fixture_read(context, name, values, info->count);
    assert_int_equal(gan_model_set_tensor(model, info->name, values, (size_t)info->count), GAN_OK);
}

void fixture_compare_tensors(gan_context *context, const gan_model *model, const char *prefix)
{
    each_tensor(context, model, prefix, compare_tensor);
}

void fixture_compare_gradients(gan_context *context, const gan_model *model, const char *prefix)
{
    each_tensor(context, model, prefix, compare_gradient);
}

void fixture_set_tensors(gan_context *context, gan_model *model, const char *prefix)
{
    each_tensor(context, model, prefix, set_tensor);
}
