/* Good files, changed in thousands of ways that depend only on the number of the change. Each must give a status and
 * leave no memory held; under the sanitizers it must do nothing undefined. */
#include "fuzz/targets.h"
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { capacity = 1 << 14, statuses = 32 };

typedef struct file_bytes {
    unsigned char bytes[capacity];
    size_t size;
} file_bytes;

/* ---- Mutations ---------------------------------------------------------------------------------------------- */

/* A place in the file; every other one is in its first bytes, where headers are. */
static size_t random_place(gan_random_state *random, const file_bytes *file)
{
    const size_t size = gan_random_below(random, 2) == 0 && file->size > 64 ? 64 : file->size;

    return (size_t)gan_random_below(random, size);
}

static void insert_bytes(gan_random_state *random, file_bytes *file)
{
    const size_t at = random_place(random, file), from = random_place(random, file),
                 size = 1 + gan_random_below(random, 8);

    if (file->size + size > capacity || from + size > file->size) return;
    memmove(file->bytes + at + size, file->bytes + at, file->size - at);
    memmove(file->bytes + at, file->bytes + from, size);
    file->size += size;
}

static void remove_bytes(gan_random_state *random, file_bytes *file)
{
    const size_t at = random_place(random, file), size = 1 + gan_random_below(random, 8);

    if (at + size >= file->size) return;
    memmove(file->bytes + at, file->bytes + at + size, file->size - at - size);
    file->size -= size;
}

/* A digit of JSON or CSV becomes another, so that a number changes and the text around it stays valid. */
static void change_digit(gan_random_state *random, file_bytes *file)
{
    static size_t places[capacity];
    size_t count = 0;

    for (size_t i = 0; i < file->size; i++)
        if (file->bytes[i] >= '0' && file->bytes[i] <= '9') places[count++] = i;
    if (count == 0) return;
    file->bytes[places[gan_random_below(random, count)]] = (unsigned char)('0' + gan_random_below(random, 10));
}

static void mutate(gan_random_state *random, file_bytes *file)
{
    static const unsigned char edges[] = {0, 1, 0x7f, 0x80, 0xff, '{', '"', ',', '-', '\n'};

    switch (gan_random_below(random, 7)) {
    case 0: file->bytes[random_place(random, file)] ^= (unsigned char)(1u << gan_random_below(random, 8)); break;
    case 1: file->bytes[random_place(random, file)] = (unsigned char)gan_random_below(random, 256); break;
    case 2: file->bytes[random_place(random, file)] = edges[gan_random_below(random, sizeof(edges))]; break;
    case 3: insert_bytes(random, file); break;
    case 4: remove_bytes(random, file); break;
    case 5: change_digit(random, file); break;
    case 6: file->size -= gan_random_below(random, file->size); break;
    }
}

/* ---- Running ------------------------------------------------------------------------------------------------ */

/* Mutates a good file `count` times and counts the statuses. `packed`: gzipped after the mutation. */
static void run(const char *name, const file_bytes *good, fuzz_target_fn target, int count, bool packed,
                int counts[statuses])
{
    static file_bytes mutant;
    test_allocator allocator = {0};
    gan_context *context = NULL;
    char path[512];

    snprintf(path, sizeof(path), "%s", test_path(name));
    assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1,
                                                    .memory_limit = 16 << 20),
                                        &context),
                     GAN_OK);
    const size_t blocks = allocator.blocks;
    for (int i = 0; i < count; i++) {
        gan_random_state random = {.seed = (uint64_t)i, .stream = GAN_STREAM_USER};
        memcpy(&mutant, good, sizeof(mutant));
        const int times = i == 0 ? 0 : 1 + (int)gan_random_below(&random, 4);
        for (int t = 0; t < times; t++) mutate(&random, &mutant);
        remove(path); /* overwriting a file makes some file systems wait for the disk */
        (packed ? test_file_write_gzip : test_file_write)(path, mutant.bytes, mutant.size);
        const gan_status status = target(context, path);
        if (i == 0) assert_int_equal(status, GAN_OK); /* not mutated */
        if (strcmp(gan_status_name(status), "unknown status") == 0) fail_msg("%s %d: status %d", name, i, status);
        if (allocator.blocks != blocks) fail_msg("%s %d: memory is held", name, i);
        counts[status]++;
    }
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void load(const char *path, file_bytes *file)
{
    file->size = test_file_read(path, file->bytes, capacity);
}

static void make_idx(file_bytes *file, int dimensions)
{
    const unsigned char header[16] = {0, 0, 8, (unsigned char)dimensions, 0, 0, 0, 20, 0, 0, 0, 6, 0, 0, 0, 7};
    const size_t start = 4 + 4 * (size_t)dimensions, data = dimensions == 3 ? 20 * 6 * 7 : 20;

    memcpy(file->bytes, header, start);
    for (size_t i = 0; i < data; i++) file->bytes[start + i] = (unsigned char)(i * 37 % 11);
    file->size = start + data;
}

/* Mutants of the plain file, of what is packed, and of the gzip format. */
static void run_idx(int dimensions, fuzz_target_fn target)
{
    static file_bytes plain, packed;
    int counts[statuses] = {0};

    make_idx(&plain, 3);
    test_file_write(test_path("plain.images"), plain.bytes, plain.size);
    test_file_write(test_path("packed.images"), plain.bytes, plain.size);
    make_idx(&plain, dimensions);
    test_file_write_gzip(test_path("packed"), plain.bytes, plain.size);
    load(test_path("packed"), &packed);
    run("plain", &plain, target, 700, false, counts);
    run("plain", &plain, target, 700, true, counts);
    run("packed", &packed, target, 1000, false, counts);

    /* If one of these never occurred, the mutations would be too tame. */
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_TRUNCATED] > 10);
    assert_true(counts[GAN_ERROR_TRAILING_DATA] > 10 && counts[GAN_ERROR_EMPTY] > 0 && counts[GAN_ERROR_FORMAT] > 10);
}

static void test_idx_images(void **state)
{
    (void)state;
    run_idx(3, fuzz_idx_images);
}

static void test_idx_labels(void **state)
{
    (void)state;
    run_idx(1, fuzz_idx_labels);
}

static void test_npy(void **state)
{
    static float values[20 * 6];
    static file_bytes good;
    gan_context *context = test_context();
    int counts[statuses] = {0};

    (void)state;
    for (int i = 0; i < 20 * 6; i++) values[i] = (float)(i % 5);
    assert_int_equal(gan_npy_write(context, test_path("good"), values, 20, GAN_SHAPE(2, 3)), GAN_OK);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_npy, 2000, false, counts);
    assert_int_equal(gan_npy_write(context, test_path("good"), values, 120, GAN_SHAPE(1)), GAN_OK);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_npy, 500, false, counts);
    gan_context_destroy(context);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_TRUNCATED] > 10);
    assert_true(counts[GAN_ERROR_TRAILING_DATA] > 10 && counts[GAN_ERROR_FORMAT] > 10);
    assert_true(counts[GAN_ERROR_EMPTY] > 0 && counts[GAN_ERROR_UNSUPPORTED] > 0);
}

static void fill_row(void *user, int64_t row, unsigned char *pixels)
{
    (void)user;
    for (int64_t i = 0; i < 20 * 3; i++) pixels[i] = (unsigned char)(row * 31 + i * 7);
}

static void test_image(void **state)
{
    static file_bytes good;
    gan_context *context = test_context();
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    int counts[statuses] = {0};

    (void)state;
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    if (!info.png) {
        gan_context_destroy(context);
        test_skip("built without libpng");
    }
    assert_int_equal(gan_png_write(context, (gan_target){.path = test_path("good")}, 20, 9, 3, fill_row, NULL),
                     GAN_OK);
    gan_context_destroy(context);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_image, 2000, false, counts);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10);
    assert_true(counts[GAN_ERROR_TRUNCATED] > 10 && counts[GAN_ERROR_FORMAT] > 10);
}

static void test_csv(void **state)
{
    static const char text[] = "age,\"kind, or \"\"class\"\"\", height \r\n1,one,-2.5\n2,two,1e3\n\n3,\"one\",0.25\n"
                               "4,three,1\n5,two,-1\n6,one,7\n";
    static file_bytes good;
    int counts[statuses] = {0};

    (void)state;
    good.size = sizeof(text) - 1;
    memcpy(good.bytes, text, good.size);
    run("mutant", &good, fuzz_csv, 3000, false, counts);
    assert_true(counts[GAN_OK] > 100 && counts[GAN_ERROR_FORMAT] > 100 && counts[GAN_ERROR_EMPTY] > 0);
    assert_true(counts[GAN_ERROR_TRUNCATED] > 10);
}

static gan_status fill_with_zeros(void *user, size_t index, void *out)
{
    (void)user;
    (void)index;
    (void)out;
    return GAN_OK;
}

static void test_safetensors(void **state)
{
    static const gan_safetensors_entry entries[] = {{"0.weight", 2, {3, 5}, 15, GAN_SAFETENSORS_F32},
                                                    {"0.bias", 1, {3}, 3, GAN_SAFETENSORS_F32},
                                                    {"scale", 0, {0}, 1, GAN_SAFETENSORS_F32},
                                                    {"1.weight", 4, {2, 3, 1, 2}, 12, GAN_SAFETENSORS_F32}};
    static const gan_metadata metadata[] = {{"architecture", "{\"layers\": []}"}};
    static file_bytes good;
    gan_context *context = test_context();
    int counts[statuses] = {0};

    (void)state;
    assert_int_equal(gan_safetensors_write(context, (gan_target){.path = test_path("good")}, entries, 4, metadata, 1,
                                           fill_with_zeros, NULL),
                     GAN_OK);
    gan_context_destroy(context);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_safetensors, 3000, false, counts);
    load(TEST_REFERENCE "/python.safetensors", &good);
    run("mutant", &good, fuzz_safetensors, 1000, false, counts);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_TRUNCATED] > 10);
    assert_true(counts[GAN_ERROR_TRAILING_DATA] > 10 && counts[GAN_ERROR_FORMAT] > 10);
    assert_true(counts[GAN_ERROR_OVERFLOW] > 10);
}

static void test_history(void **state)
{
    static file_bytes good;
    gan_context *context = test_context();
    gan_history *history = NULL;
    int counts[statuses] = {0};

    (void)state;
    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    for (int step = 1; step <= 20; step++) {
        gan_step_report report = GAN_STEP_REPORT_INIT;
        report.step = step * 10;
        report.discriminator_loss = 1.0 / step;
        report.generator_loss = -1e-10 * step;
        assert_int_equal(gan_history_add(history, &report), GAN_OK);
    }
    assert_int_equal(gan_history_write_csv(history, test_path("good")), GAN_OK);
    gan_history_destroy(history);
    gan_context_destroy(context);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_history, 1000, false, counts);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_FORMAT] > 10);
    assert_true(counts[GAN_ERROR_TRUNCATED] > 10);
}

static void test_models(void **state)
{
    static file_bytes good;
    int counts[statuses] = {0};

    (void)state;
    load(TEST_COMPATIBILITY "/model-generator.safetensors", &good);
    run("mutant", &good, fuzz_model, 1500, false, counts);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_TRUNCATED] > 10);
    assert_true(counts[GAN_ERROR_FORMAT] > 10 && counts[GAN_ERROR_ARCHITECTURE] > 0);
}

static void test_checkpoints(void **state)
{
    static file_bytes good;
    gan_context *context = test_context();
    int counts[statuses] = {0}, of_weights[statuses] = {0};

    (void)state;
    assert_int_equal(fuzz_write_checkpoint(context, test_path("good")), GAN_OK);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_checkpoint, 1500, false, counts);
    assert_true(counts[GAN_OK] > 10 && counts[GAN_ERROR_MAGIC] > 10 && counts[GAN_ERROR_TRUNCATED] > 10);
    assert_true(counts[GAN_ERROR_FORMAT] > 10 && counts[GAN_ERROR_ARCHITECTURE] > 10);
    assert_int_equal(fuzz_write_weights(context, test_path("good")), GAN_OK);
    gan_context_destroy(context);
    load(test_path("good"), &good);
    run("mutant", &good, fuzz_weights, 500, false, of_weights);
    assert_true(of_weights[GAN_OK] > 10 && of_weights[GAN_ERROR_FORMAT] > 10);
}

static void test_json(void **state)
{
    static const char text[] = "{\"layers\": [{\"type\": \"dense\", \"units\": 12, \"rate\": -1.5e-3, \"on\": [true, "
                               "false, null]}, {}], \"name\": \"\\u00e4\\n\\\"\", \"empty\": []}";
    static file_bytes good;
    int counts[statuses] = {0};

    (void)state;
    good.size = sizeof(text) - 1;
    memcpy(good.bytes, text, good.size);
    run("mutant", &good, fuzz_json, 3000, false, counts);
    assert_true(counts[GAN_OK] > 100 && counts[GAN_ERROR_FORMAT] > 100);
}

static void test_events(void **state)
{
    static const float values[16] = {0.5f, -1, 1e30f, 0, 0.25f, 1, -0.5f, 0.125f, 1, 1, 0, -1, 3, 2, 1, 0};
    static file_bytes good;
    int counts[statuses] = {0};

    (void)state;
    memcpy(good.bytes, "loss/of_g\n\7\0\0\0\0\0\0\0", 18);
    memcpy(good.bytes + 18, values, sizeof(values));
    good.size = 18 + sizeof(values);
    run("mutant", &good, fuzz_events, 300, false, counts);
    assert_true(counts[GAN_OK] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx_images), cmocka_unit_test(test_idx_labels), cmocka_unit_test(test_npy),
        cmocka_unit_test(test_image),      cmocka_unit_test(test_csv),        cmocka_unit_test(test_safetensors),
        cmocka_unit_test(test_history),    cmocka_unit_test(test_models),     cmocka_unit_test(test_checkpoints),
        cmocka_unit_test(test_json),       cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
