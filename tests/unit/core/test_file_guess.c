/* What a file is that was taken for another. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_kinds(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *what;
    } files[] = {{"PK\3\4", 4, "a ZIP archive"},
                 {"\200\4\225", 3, "a Python pickle, such as pickle.dump()"},
                 {"\200\2}", 3, "such as torch.save()"},
                 {"\375\067zXZ", 6, "xz"},
                 {"\211PNG\r\n", 6, "PNG"},
                 {"RIFF\1\2\3\4WEBP", 12, "WebP"},
                 {"\0\0\0\040ftypheic", 12, "HEIC"},
                 {"BM\1\2\3\4\0\0\0\0", 10, "BMP"},
                 {"\223NUMPY\1", 7, "gan_dataset_open_npy()"},
                 {"\0\0\10\1\0\0\0\5", 8, "an IDX file of labels"},
                 {"\10\12\22\7pytorch", 11, "an ONNX file"},
                 {"\10\0\0\0\0\0\0\0{\"a\":{}}", 16, "a safetensors file"},
                 {"\377\376a\0", 4, "UTF-16"},
                 {"\357\273\277 <?xml", 9, "HTML or XML"}};
    static const struct {
        const char *bytes;
        size_t size;
    } others[] = {{"", 0},
                  {"P", 1},
                  {"PK\3", 3},
                  {"<", 1},
                  {"< 3", 3},
                  {"RIFF\1\2\3\4WAVE", 12},
                  {"BMI,age\n12", 10},
                  {"a,b\n1,2\n", 8},
                  {"\0\0\10\2", 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        const char *what = gan_file_guess(files[i].bytes, files[i].size);
        assert_non_null(what);
        if (!strstr(what, files[i].what)) fail_msg("%s", what);
        const char *hint = gan_file_hint(files[i].bytes, files[i].size);
        assert_memory_equal(hint, "; it is ", 8);
        assert_string_equal(hint + 8, what);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        assert_null(gan_file_guess(others[i].bytes, others[i].size));
        assert_string_equal(gan_file_hint(others[i].bytes, others[i].size), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
