/* Options as JSON. In the texts below ' stands for ". */
#include "harness.h"
#include "layers/shared.h"

#include <stdio.h>
#include <string.h>

/* A layer of every kind, and what is written of it. Numbers are powers of 2, so that all digits are known. */
typedef struct json_case {
    gan_layer *layer;
    const char *type, *text;
} json_case;

enum { KINDS = 42 };

#define DENSE                                                                         \
    "{'bias_initializer':{'kind':'constant','value':-0.5},'no_bias':false,'units':7," \
    "'weight_initializer':{'kind':'normal','value':0.25}}"
#define CONV                                                                          \
    "{'bias_initializer':{'kind':'zeros'},'filters':4,'kernel':[5,3],'no_bias':true," \
    "'padding':'explicit','pads':[0,1,2,0],'stride':[2,1],'weight_initializer':{'kind':'he_normal'}}"
#define CONV_TRANSPOSE                                                                               \
    "{'bias_initializer':{'kind':'uniform','value':2.0},'filters':2,'kernel':[3,3],'no_bias':false," \
    "'output_padding':[1,2],'padding':'valid','pads':[0,0,0,0],'stride':[2,3],"                      \
    "'weight_initializer':{'kind':'glorot_uniform'}}"
#define BATCH_NORM "{'epsilon':0.5,'momentum':0.25,'no_affine':true}"
#define UPSAMPLE   "{'factor':[3,1],'interpolation':'bilinear'}"
#define PAD        "{'mode':'reflection','pads':[1,0,2,3]}"
#define SLICE      "{'axis':1,'length':2,'start':3}"
#define EMBEDDING  "{'classes':10,'units':50,'weight_initializer':{'kind':'normal','value':1.0}}"

#define PRELU "{'per_channel':true,'weight_initializer':{'kind':'constant','value':0.5}}"

static void make_kinds(gan_context *context, json_case cases[KINDS])
{
    const json_case all[KINDS] = {
        {gan_layer_input(context, GAN_SHAPE(3, 8, 6)), "input", "{'shape':[3,8,6]}"},
        {gan_layer_dense(context, 7,
                         GAN_DENSE(.weight_initializer = GAN_NORMAL(0.25f), .bias_initializer = GAN_CONSTANT(-0.5f))),
         "dense", DENSE},
        {gan_layer_conv2d(context, 4,
                          GAN_CONV2D(.kernel = {5, 3}, .stride = {2, 1}, .padding = GAN_PADDING_EXPLICIT,
                                     .pads = {0, 1, 2, 0}, .no_bias = true, .weight_initializer = GAN_HE_NORMAL)),
         "conv2d", CONV},
        {gan_layer_conv_transpose2d(
             context, 2,
             GAN_CONV_TRANSPOSE2D(.stride = {2, 3}, .output_padding = {1, 2}, .bias_initializer = GAN_UNIFORM(2.0f))),
         "conv_transpose2d", CONV_TRANSPOSE},
        {gan_layer_flatten(context), "flatten", "{}"},
        {gan_layer_reshape(context, GAN_SHAPE(2, 72)), "reshape", "{'shape':[2,72]}"},
        {gan_layer_concat(context, GAN_CONCAT(.axis = 2)), "concat", "{'axis':2}"},
        {gan_layer_slice(context, GAN_SLICE(.start = 3, .length = 2, .axis = 1)), "slice", SLICE},
        {gan_layer_add(context), "add", "{}"},
        {gan_layer_inner_product(context), "inner_product", "{}"},
        {gan_layer_multiply(context), "multiply", "{}"},
        {gan_layer_log_sum_exp(context), "log_sum_exp", "{}"},
        {gan_layer_softmax(context), "softmax", "{}"},
        {gan_layer_gradient_reversal(context, GAN_GRADIENT_REVERSAL(.scale = 0.5f)), "gradient_reversal",
         "{'scale':0.5}"},
        {gan_layer_prelu(context, GAN_PRELU(.per_channel = true, .weight_initializer = GAN_CONSTANT(0.5f))), "prelu",
         PRELU},
        {gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = 0.125f)), "leaky_relu", "{'slope':0.125}"},
        {gan_layer_relu(context), "relu", "{}"},
        {gan_layer_tanh(context), "tanh", "{}"},
        {gan_layer_sigmoid(context), "sigmoid", "{}"},
        {gan_layer_softplus(context), "softplus", "{}"},
        {gan_layer_elu(context, GAN_ELU(.alpha = 0.5f)), "elu", "{'alpha':0.5}"},
        {gan_layer_silu(context), "silu", "{}"},
        {gan_layer_gelu(context, GAN_GELU(.tanh_approximation = true)), "gelu", "{'tanh_approximation':true}"},
        {gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.25f)), "dropout", "{'rate':0.25}"},
        {gan_layer_batch_norm(context, GAN_BATCH_NORM(.momentum = 0.25f, .epsilon = 0.5f, .no_affine = true)),
         "batch_norm", BATCH_NORM},
        {gan_layer_conditional_batch_norm(context, 3, GAN_CONDITIONAL_BATCH_NORM(.momentum = 0.25f, .epsilon = 0.5f)),
         "conditional_batch_norm", "{'classes':3,'epsilon':0.5,'momentum':0.25}"},
        {gan_layer_constant(context, GAN_SHAPE(2, 3), GAN_CONSTANT_LAYER(.weight_initializer = GAN_CONSTANT(0.5f))),
         "constant", "{'shape':[2,3],'weight_initializer':{'kind':'constant','value':0.5}}"},
        {gan_layer_layer_norm(context, GAN_LAYER_NORM(.epsilon = 0.5f)), "layer_norm",
         "{'epsilon':0.5,'no_affine':false}"},
        {gan_layer_instance_norm(context, GAN_INSTANCE_NORM(.epsilon = 0.25f, .no_affine = true)), "instance_norm",
         "{'epsilon':0.25,'no_affine':true}"},
        {gan_layer_group_norm(context, 6, GAN_GROUP_NORM(.epsilon = 0.125f)), "group_norm",
         "{'epsilon':0.125,'groups':6,'no_affine':false}"},
        {gan_layer_pixel_norm(context, NULL), "pixel_norm", "{}"},
        {gan_layer_minibatch_stddev(context, NULL), "minibatch_stddev", "{'group':4}"},
        {gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {3, 1}, .interpolation = GAN_INTERPOLATION_BILINEAR)),
         "upsample2d", UPSAMPLE},
        {gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {3, 2})), "avg_pool2d",
         "{'kernel':[3,2],'stride':[3,2]}"},
        {gan_layer_max_pool2d(context, GAN_MAX_POOL2D(.kernel = {3, 2}, .pads = {1, 0})), "max_pool2d",
         "{'kernel':[3,2],'pads':[1,0],'stride':[3,2]}"},
        {gan_layer_gaussian_sample(context), "gaussian_sample", "{}"},
        {gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 0, 2, 3}, .mode = GAN_PAD_REFLECTION)), "pad2d", PAD},
        {gan_layer_pixel_shuffle(context, 2), "pixel_shuffle", "{'factor':2}"},
        {gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.25f)), "gaussian_noise",
         "{'deviation':0.25}"},
        {gan_layer_attention(context, GAN_ATTENTION(.scale = 0.25f)), "attention", "{'scale':0.25}"},
        {gan_layer_embedding(context, 10, 50, NULL), "embedding", EMBEDDING},
        {gan_layer_one_hot(context, 10), "one_hot", "{'classes':10}"},
    };
    memcpy(cases, all, sizeof(all));
}

/* ---- Texts -------------------------------------------------------------------------------------------------- */

enum { TEXT = 512 };

/* " for ', so that the text is JSON. */
static void quote(const char *from, char to[TEXT])
{
    snprintf(to, TEXT, "%s", from);
    for (char *at = to; *at; at++) {
        if (*at == '\'') *at = '"';
    }
}

static void write_options(gan_context *context, const gan_layer *layer, char out[TEXT])
{
    gan_json_writer json = {.context = context};
    char *text = NULL;
    gan_layer_save(layer, &json, NULL);
    assert_int_equal(gan_json_finish(&json, &text), GAN_OK);
    snprintf(out, TEXT, "%s", text);
    gan_release_text(context, text);
}

static gan_layer *load_text(gan_context *context, const char *type, const char *text)
{
    gan_json *options = NULL;
    char quoted[TEXT];
    quote(text, quoted);
    if (gan_json_parse(context, quoted, strlen(quoted), &options) != GAN_OK)
        fail_msg("%s: %s", quoted, gan_last_error());
    gan_layer *layer = gan_layer_load(context, gan_layer_find_kind(type), options);
    gan_json_release(options);
    return layer;
}

/* Where the value ends of the member whose name begins at `at`. */
static const char *value_end(const char *at)
{
    int depth = 0;
    for (;; at++) {
        if (depth == 0 && (*at == ',' || *at == '}')) return at;
        if (*at == '{' || *at == '[') depth++;
        if (*at == '}' || *at == ']') depth--;
    }
}

/* The object with `value` for the member `key`, or without that member if `value` is NULL. */
static void with_member(const char *text, const char *key, const char *value, char out[TEXT])
{
    char member[TEXT] = "";
    size_t length = 1;
    if (value) snprintf(member, sizeof(member), "'%s':%s", key, value);
    snprintf(out, TEXT, "{%s", member);
    length += strlen(member);
    for (const char *at = text + 1; *at == '\''; at++) {
        const char *name = at + 1, *name_end = strchr(name, '\''), *end = value_end(name_end + 2);
        if ((size_t)(name_end - name) != strlen(key) || strncmp(name, key, strlen(key)) != 0) {
            length +=
                (size_t)snprintf(out + length, TEXT - length, "%s%.*s", length > 1 ? "," : "", (int)(end - at), at);
        }
        at = end;
    }
    snprintf(out + length, TEXT - length, "}");
}

static void load_refused(gan_context *context, const char *type, const char *text, const char *key, const char *value,
                         gan_status status, const char *words)
{
    char changed[TEXT];
    with_member(text, key, value, changed);
    gan_fail(GAN_ERROR_IO, "none");
    assert_null(load_text(context, type, changed));
    if (gan_last_status() != status || !strstr(gan_last_error(), words)) {
        fail_msg("%s: expected %s with \"%s\", but got %s with \"%s\"", changed, gan_status_name(status), words,
                 gan_status_name(gan_last_status()), gan_last_error());
    }
}

/* ---- Tests -------------------------------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
    json_case cases[KINDS];
    int kinds;
    gan_layer_kinds(&kinds);
    assert_int_equal(kinds, KINDS);
    make_kinds(*state, cases);
    for (int i = 0; i < KINDS; i++) {
        char text[TEXT], expected[TEXT];
        assert_non_null(cases[i].layer);
        assert_ptr_equal(gan_layer_find_kind(cases[i].type), cases[i].layer->ops);
        for (int k = 0; k < i; k++) assert_ptr_not_equal(cases[k].layer->ops, cases[i].layer->ops);
        write_options(*state, cases[i].layer, text);
        quote(cases[i].text, expected);
        assert_string_equal(text, expected);
        gan_layer *loaded = load_text(*state, cases[i].type, cases[i].text);
        if (!loaded) fail_msg("%s: %s", cases[i].type, gan_last_error());
        write_options(*state, loaded, text);
        assert_string_equal(text, expected);
        gan_layer_destroy(loaded);
    }
    for (int i = 0; i < KINDS; i++) gan_layer_destroy(cases[i].layer);
    assert_null(gan_layer_find_kind("conv3d"));
}

/* A float keeps all its bits. */
static void test_floats(void **state)
{
    for (float value = 1e-7f; value < 1; value *= 3.3f) {
        gan_layer *layer = gan_layer_batch_norm(*state, GAN_BATCH_NORM(.momentum = value, .epsilon = value));
        gan_json *options = NULL;
        char text[TEXT];
        double momentum = 0, epsilon = 0;
        write_options(*state, layer, text);
        assert_int_equal(gan_json_parse(*state, text, strlen(text), &options), GAN_OK);
        assert_true(gan_json_get_number(gan_json_get(options, "momentum"), &momentum));
        assert_true(gan_json_get_number(gan_json_get(options, "epsilon"), &epsilon));
        assert_true((float)momentum == value && (float)epsilon == value);
        gan_json_release(options);
        gan_layer_destroy(layer);
    }
}

/* A missing option, or one of another type, is named. */
static void test_keys(void **state)
{
    json_case cases[KINDS];
    int keys = 0;
    make_kinds(*state, cases);
    for (int i = 0; i < KINDS; i++) {
        const gan_layer_ops *ops = cases[i].layer->ops;
        for (int k = 0; k < ops->option_count; k++) {
            const char *key = ops->options[k].name;
            if (ops->options[k].added) continue;
            load_refused(*state, cases[i].type, cases[i].text, key, NULL, GAN_ERROR_FORMAT, key);
            load_refused(*state, cases[i].type, cases[i].text, key, "null", GAN_ERROR_FORMAT, key);
            load_refused(*state, cases[i].type, cases[i].text, key, "['?']", GAN_ERROR_FORMAT, key);
            keys++;
        }
        gan_layer_destroy(cases[i].layer);
    }
    assert_int_equal(keys, 1 + 4 + 8 + 9 + 1 + 1 + 1 + 3 + 2 + 1 + 1 + 1 + 1 + 3 + 2 + 2 + 3 + 1 + 2 + 2 + 1 + 3 + 3 +
                               1 + 3 + 2 + 2 + 1 + 1);
}

/* Options that came later are missing in older files, and if they have their default. */
static void test_added_options(void **state)
{
    static const struct {
        const char *type, *text, *key, *value, *standard, *other;
    } added[] = {
        {"dense", DENSE, "spectral_norm", "true", "false", "1"},
        {"conv2d", CONV, "spectral_norm", "true", "false", "1"},
        {"conv_transpose2d", CONV_TRANSPOSE, "spectral_norm", "true", "false", "1"},
        {"conv2d", CONV, "dilation", "[2,1]", "[1,1]", "[2]"},
        {"conv2d", CONV, "dilation", "[1,3]", "[1,1]", "2"},
        {"conv2d", CONV, "groups", "2", "1", "[2]"},
        {"conv_transpose2d", CONV_TRANSPOSE, "dilation", "[1,2]", "[1,1]", "[1]"},
        {"conv_transpose2d", CONV_TRANSPOSE, "groups", "2", "1", "true"},
        {"pixel_norm", "{}", "epsilon", "0.25", "1e-8", "true"},
        {"dropout", "{'rate':0.25}", "in_sampling", "true", "false", "1"},
    };
    for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        char text[TEXT], saved[TEXT], expected[TEXT];
        with_member(added[i].text, added[i].key, added[i].value, text);
        gan_layer *layer = load_text(*state, added[i].type, text);
        if (!layer) fail_msg("%s: %s", added[i].type, gan_last_error());
        write_options(*state, layer, saved);
        snprintf(expected, sizeof(expected), "\"%s\":%s", added[i].key, added[i].value);
        assert_non_null(strstr(saved, expected));
        assert_int_equal(strlen(saved), strlen(text));
        gan_layer_destroy(layer);
        load_refused(*state, added[i].type, added[i].text, added[i].key, added[i].standard, GAN_ERROR_FORMAT,
                     "has its default value and must be omitted");
        load_refused(*state, added[i].type, added[i].text, added[i].key, added[i].other, GAN_ERROR_FORMAT,
                     added[i].key);
    }
}

/* An option of a later version means another layer, for every kind. */
static void test_unknown_option(void **state)
{
    json_case cases[KINDS];
    make_kinds(*state, cases);
    for (int i = 0; i < KINDS; i++) {
        load_refused(*state, cases[i].type, cases[i].text, "causal", "[1,1]", GAN_ERROR_UNSUPPORTED,
                     "has no option causal of");
        gan_layer_destroy(cases[i].layer);
    }
}

/* What a program could not ask for is not taken from a file either, not even zeros, which mean a default there. */
static void test_ranges(void **state)
{
    static const struct {
        const char *type, *text, *key, *value;
        gan_status status;
        const char *words;
    } bad[] = {
        {"input", "{}", "shape", "[3,0]", GAN_ERROR_SHAPE, "(3, 0)"},
        {"input", "{}", "shape", "[1,1,1,1,1,1,1]", GAN_ERROR_FORMAT, "at most 6 integers"},
        {"input", "{}", "shape", "[]", GAN_ERROR_SHAPE, "rank is 0"},
        {"reshape", "{}", "shape", "[3037000500,3037000500]", GAN_ERROR_OVERFLOW, "3037000500"},
        {"concat", "{}", "axis", "4294967296", GAN_ERROR_ARGUMENT, "axis is 4294967296"},
        {"slice", SLICE, "start", "-1", GAN_ERROR_ARGUMENT, "start is -1"},
        {"slice", SLICE, "axis", "6", GAN_ERROR_ARGUMENT, "axis is 6"},
        {"dense", DENSE, "units", "0", GAN_ERROR_ARGUMENT, "dense: units is 0"},
        {"dense", DENSE, "weight_initializer", "{'kind':'best'}", GAN_ERROR_FORMAT, "\"best\""},
        {"dense", DENSE, "weight_initializer", "{'kind':'normal'}", GAN_ERROR_FORMAT, "value"},
        {"dense", DENSE, "weight_initializer", "{'kind':'normal','value':-1}", GAN_ERROR_ARGUMENT, "value -1"},
        {"dense", DENSE, "bias_initializer", "{'kind':'constant','value':1e300}", GAN_ERROR_NOT_FINITE, "inf"},
        {"conv2d", CONV, "kernel", "[0,0]", GAN_ERROR_ARGUMENT, "kernel[0] is 0"},
        {"conv2d", CONV, "kernel", "[5]", GAN_ERROR_FORMAT, "kernel"},
        {"conv2d", CONV, "kernel", "[5,3,1]", GAN_ERROR_FORMAT, "kernel"},
        {"conv2d", CONV, "stride", "[0,0]", GAN_ERROR_ARGUMENT, "stride[0] is 0"},
        {"conv2d", CONV, "padding", "'full'", GAN_ERROR_FORMAT, "\"full\""},
        {"conv2d", CONV, "pads", "[0,0,3,0]", GAN_ERROR_ARGUMENT, "pads[2] is 3"},
        {"conv2d", CONV, "dilation", "[0,0]", GAN_ERROR_ARGUMENT, "dilation[0] is 0"},
        {"conv2d", CONV, "groups", "0", GAN_ERROR_ARGUMENT, "groups is 0"},
        {"conv2d", CONV, "groups", "3", GAN_ERROR_ARGUMENT, "groups is 3, expected a divisor of filters, 4"},
        {"conv_transpose2d", CONV_TRANSPOSE, "output_padding", "[2,0]", GAN_ERROR_ARGUMENT, "output_padding[0] is 2"},
        {"upsample2d", UPSAMPLE, "factor", "[0,0]", GAN_ERROR_ARGUMENT, "factor[0] is 0"},
        {"upsample2d", UPSAMPLE, "interpolation", "'cubic'", GAN_ERROR_FORMAT, "\"cubic\""},
        {"avg_pool2d", "{'kernel':[2,2]}", "stride", "[0,0]", GAN_ERROR_ARGUMENT, "stride[0] is 0"},
        {"max_pool2d", "{'kernel':[3,2],'stride':[1,1]}", "pads", "[2,0]", GAN_ERROR_ARGUMENT, "pads[0] is 2"},
        {"pad2d", PAD, "pads", "[0,0,-1,0]", GAN_ERROR_ARGUMENT, "pads[2] is -1"},
        {"pad2d", PAD, "mode", "'circular'", GAN_ERROR_FORMAT, "\"circular\""},
        {"pixel_shuffle", "{}", "factor", "0", GAN_ERROR_ARGUMENT, "factor is 0"},
        {"gaussian_noise", "{}", "deviation", "-1", GAN_ERROR_ARGUMENT, "deviation is -1"},
        {"attention", "{}", "scale", "0", GAN_ERROR_ARGUMENT, "scale is 0"},
        {"embedding", EMBEDDING, "classes", "1e9", GAN_ERROR_FORMAT, "classes"},
        {"embedding", EMBEDDING, "units", "0", GAN_ERROR_ARGUMENT, "units is 0"},
        {"one_hot", "{}", "classes", "0", GAN_ERROR_ARGUMENT, "one_hot: classes is 0"},
        {"leaky_relu", "{}", "slope", "1", GAN_ERROR_ARGUMENT, "slope is 1"},
        {"gradient_reversal", "{}", "scale", "-1", GAN_ERROR_ARGUMENT, "scale is -1"},
        {"prelu", PRELU, "weight_initializer", "{'kind':'best'}", GAN_ERROR_FORMAT, "\"best\""},
        {"elu", "{}", "alpha", "0", GAN_ERROR_ARGUMENT, "alpha is 0"},
        {"dropout", "{}", "rate", "-0.5", GAN_ERROR_ARGUMENT, "rate is -0.5"},
        {"batch_norm", BATCH_NORM, "momentum", "0", GAN_ERROR_ARGUMENT, "momentum is 0"},
        {"batch_norm", BATCH_NORM, "epsilon", "0", GAN_ERROR_ARGUMENT, "epsilon is 0"},
        {"conditional_batch_norm", "{'epsilon':0.5,'momentum':0.5}", "classes", "0", GAN_ERROR_ARGUMENT,
         "classes is 0"},
        {"constant", "{'weight_initializer':{'kind':'zeros'}}", "shape", "[0]", GAN_ERROR_SHAPE,
         "constant: shape (0)"},
        {"layer_norm", "{'no_affine':false}", "epsilon", "0", GAN_ERROR_ARGUMENT, "epsilon is 0"},
        {"group_norm", "{'epsilon':0.1,'no_affine':false}", "groups", "0", GAN_ERROR_ARGUMENT, "groups is 0"},
        {"pixel_norm", "{}", "epsilon", "-1", GAN_ERROR_ARGUMENT, "pixel_norm: epsilon is -1"},
        {"minibatch_stddev", "{}", "group", "0", GAN_ERROR_ARGUMENT, "group is 0"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        load_refused(*state, bad[i].type, bad[i].text, bad[i].key, bad[i].value, bad[i].status, bad[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_floats, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_keys, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_added_options, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_unknown_option, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_ranges, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
