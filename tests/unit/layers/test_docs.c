/* docs/layers.md against the library's own tables: test_docs PATH. A difference prints the text as it should be. */
#include "harness.h"
#include "layers/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path;

static void write_values(FILE *to, const gan_layer_option *option)
{
    char text[GAN_OPTION_TEXT];
    switch (option->kind) {
    case GAN_OPTION_INT:
        if (option->count > 0) {
            fprintf(to, "%d integers, %s", option->count, gan_option_range(option, text));
        } else {
            fprintf(to, "integer, %s", gan_option_range(option, text));
        }
        break;
    case GAN_OPTION_FLOAT: fprintf(to, "number %s", gan_option_range(option, text)); break;
    case GAN_OPTION_BOOL: fprintf(to, "true or false"); break;
    case GAN_OPTION_CHOICE:
        for (int i = 0; i < option->name_count; i++) fprintf(to, "%s`%s`", i ? ", " : "", option->names[i]);
        break;
    case GAN_OPTION_INITIALIZER: fprintf(to, "initializer"); break;
    case GAN_OPTION_SHAPE: fprintf(to, "shape"); break;
    }
}

/* `layer` has the defaults of all options; arguments have none. */
static void write_option(FILE *to, const gan_layer *layer, const gan_layer_option *option)
{
    char text[GAN_OPTION_TEXT];
    fprintf(to, "| `%s` | ", option->name);
    write_values(to, option);
    if (option->given == 0) {
        fprintf(to, " | argument |\n");
    } else if (option->like) {
        fprintf(to, " | as `%s` |\n", option->like);
    } else {
        fprintf(to, " | %s |\n", gan_option_text(layer, option, text));
    }
}

static void write_inputs(FILE *to, const gan_layer_ops *ops)
{
    if (ops->max_inputs == 0) {
        fprintf(to, "Reads no layer");
    } else if (ops->max_inputs == 1) {
        fprintf(to, "Reads one layer");
    } else if (ops->max_inputs == ops->min_inputs) {
        fprintf(to, "Reads %d layers", ops->min_inputs);
    } else {
        fprintf(to, "Reads %d or more layers", ops->min_inputs);
    }
}

static void write_kind(FILE *to, gan_context *context, const gan_layer_ops *ops)
{
    gan_layer *layer = gan_layer_create(context, ops, NULL);
    assert_non_null(layer);
    fprintf(to, "\n## %s\n\n", ops->type);
    write_inputs(to, ops);
    if (ops->no_tangent) fprintf(to, "; no second derivatives: %s", ops->no_tangent);
    fprintf(to, ".%s\n", ops->option_count == 0 ? " No options." : "");
    if (ops->option_count > 0) fprintf(to, "\n| option | values | default |\n| --- | --- | --- |\n");
    for (int i = 0; i < ops->option_count; i++) write_option(to, layer, &ops->options[i]);
    gan_layer_destroy(layer);
}

static char *read_all(FILE *file)
{
    enum { MOST = 1 << 16 };
    char *text = calloc(1, MOST);
    assert_non_null(text);
    const size_t size = fread(text, 1, MOST - 1, file);
    assert_true(size < MOST - 1);
    fclose(file);
    return text;
}

static void test_tables(void **state)
{
    int count;
    const gan_layer_ops *const *kinds = gan_layer_kinds(&count);
    FILE *made = tmpfile(), *file = fopen(path, "r");
    assert_non_null(made);
    if (!file) fail_msg("%s cannot be read", path);
    for (int i = 0; i < count; i++) write_kind(made, *state, kinds[i]);
    rewind(made);
    char *expected = read_all(made), *text = read_all(file), *tables = strstr(text, "\n## ");
    if (!tables || strcmp(tables, expected) != 0) {
        printf("%s\n", expected);
        fail_msg("the tables of %s are not these", path);
    }
    free(expected);
    free(text);
}

/* A row gives the size of a value: that of its kind. */
static void test_rows(void **state)
{
    static const size_t sizes[] = {[GAN_OPTION_FLOAT] = sizeof(float),
                                   [GAN_OPTION_BOOL] = sizeof(bool),
                                   [GAN_OPTION_CHOICE] = sizeof(gan_padding),
                                   [GAN_OPTION_INITIALIZER] = sizeof(gan_initializer),
                                   [GAN_OPTION_SHAPE] = sizeof(gan_shape)};
    int count;
    const gan_layer_ops *const *kinds = gan_layer_kinds(&count);
    (void)state;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < kinds[i]->option_count; k++) {
            const gan_layer_option *option = &kinds[i]->options[k];
            const size_t values = option->count > 0 ? (size_t)option->count : 1, size = option->size / values;
            const bool right = option->kind == GAN_OPTION_INT ? size == sizeof(int64_t) || size == sizeof(int)
                                                              : option->size == sizes[option->kind];
            if (!right || option->offset + option->size > kinds[i]->size)
                fail_msg("%s: %s has %zu bytes", kinds[i]->type, option->name, option->size);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tables, harness_setup, harness_teardown),
        cmocka_unit_test(test_rows),
    };
    if (argc != 2) return 2;
    path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
