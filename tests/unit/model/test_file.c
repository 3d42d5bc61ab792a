/* Models as files: what is saved comes back bit for bit; what does not fit is rejected and changes nothing. */
#include "session.h"

#include "io/io.h"
#include "support/files.h"
#include "support/models.h"

#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static gan_context *context;
static char path[512];

static int setup(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    snprintf(path, sizeof(path), "%s", test_path("model.safetensors"));
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    const bool left_behind = test_folder_count() > 1;

    gan_context_destroy(context);
    return test_folder_remove(state) != 0 || left_behind ? -1 : 0;
}

static gan_model *build(test_model_fn make, uint64_t seed)
{
    gan_model *model = NULL;
    ASSERT_OK(make(context, seed, &model));
    randomise_tensors(model, seed);
    return model;
}

/* ---- Round trips -------------------------------------------------------------------------------------------- */

static void check_round_trip(gan_model *model)
{
    gan_model *loaded = NULL;

    ASSERT_OK(gan_model_save(model, path));
    ASSERT_OK(gan_model_load(context, path, &loaded));
    assert_same_models(model, loaded);
    assert_same_passes(model, loaded, "saved and loaded");
    gan_model_destroy(loaded);
}

static void test_round_trips(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_model *model = build(test_models[m].build, 5);
        check_round_trip(model);
        gan_model_destroy(model);
    }
    for (uint64_t seed = 0; seed < 20; seed++) {
        gan_model *model = build(test_random_graph, seed);
        check_round_trip(model);
        gan_model_destroy(model);
    }
}

static void test_a_model_without_tensors(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_tanh(context));
    ASSERT_OK(gan_model_build(model, 0));
    check_round_trip(model);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    gan_model_destroy(model);
}

static void test_weights_into_another_model(void **state)
{
    gan_model *saved = build(test_dcgan_generator, 5), *other = build(test_dcgan_generator, 6);
    (void)state;

    ASSERT_OK(gan_model_save(saved, path));
    ASSERT_OK(gan_model_load_weights(other, path, NULL));
    assert_same_models(saved, other);
    gan_model_destroy(saved);
    gan_model_destroy(other);
}

/* Keeps the last message about skipped tensors. */
static void keep_skipped(void *user, gan_log_level level, const char *message)
{
    if (level == GAN_LOG_INFO && strstr(message, "skipped")) snprintf(user, 256, "%s", message);
}

static void test_skipped_tensors_are_logged(void **state)
{
    gan_model *saved = build(test_dcgan_generator, 5), *small = NULL;
    gan_context *logging = NULL;
    char skipped[256] = "";
    (void)state;

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = keep_skipped, .log_user = skipped), &logging));
    ASSERT_OK(gan_model_save(saved, path));
    ASSERT_OK(gan_model_load(logging, path, &small));
    ASSERT_OK(gan_model_load_weights(small, path, NULL));
    assert_string_equal(skipped, "");
    gan_model_destroy(small);

    ASSERT_OK(gan_model_create(logging, &small));
    gan_model_add(small, gan_layer_input(logging, GAN_SHAPE(3)));
    gan_model_add(small, gan_layer_tanh(logging));
    ASSERT_OK(gan_model_build(small, 0));
    ASSERT_OK(gan_model_load_weights(small, path, GAN_WEIGHTS(.partial = true)));
    assert_non_null(strstr(skipped, "0.weight"));
    gan_model_destroy(small);
    gan_model_destroy(saved);
    gan_context_destroy(logging);
}

/* ---- Files of others ---------------------------------------------------------------------------------------- */

static gan_status fill_count(void *user, size_t index, void *out)
{
    const gan_safetensors_entry *entries = user;
    float *values = out;
    for (int64_t i = 0; i < entries[index].count; i++) values[i] = (float)(100 * index) + (float)i;
    return GAN_OK;
}

static void write_file(gan_safetensors_entry *entries, size_t count, const gan_metadata *metadata, size_t pairs)
{
    ASSERT_OK(gan_safetensors_write(context, (gan_target){.path = path}, entries, count, metadata, pairs, fill_count,
                                    entries));
}

static void test_weights_by_name(void **state)
{
    gan_safetensors_entry entries[] = {{"extra", 1, {2}, 2, GAN_SAFETENSORS_F32},
                                       {"0.bias", 1, {2}, 2, GAN_SAFETENSORS_F32},
                                       {"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32}};
    gan_model *model = NULL;
    float weight[6], bias[2];
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 2, NULL));
    ASSERT_OK(gan_model_build(model, 0));
    write_file(entries, 3, NULL, 0);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    ASSERT_OK(gan_model_get_tensor(model, "0.weight", weight, 6));
    ASSERT_OK(gan_model_get_tensor(model, "0.bias", bias, 2));
    for (int i = 0; i < 6; i++) assert_true(weight[i] == 200 + (float)i);
    assert_true(bias[0] == 100 && bias[1] == 101);
    gan_model_destroy(model);
}

static gan_model *build_dense(gan_context *of, bool spectral_norm)
{
    gan_model *model = NULL;

    ASSERT_OK(gan_model_create(of, &model));
    gan_model_add(model, gan_layer_input(of, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(of, 2, GAN_DENSE(.no_bias = true, .spectral_norm = spectral_norm)));
    ASSERT_OK(gan_model_build(model, 0));
    return model;
}

/* The first value of a tensor; the file's fill counts from 100 times its number. */
static float first_of(const gan_model *model, const char *name, int64_t count)
{
    float values[6];

    ASSERT_OK(gan_model_get_tensor(model, name, values, count));
    return values[0];
}

/* PyTorch 0.4 also wrote the weight that it had divided by sigma. */
static void test_names_of_spectral_norm(void **state)
{
    gan_safetensors_entry entries[] = {{"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32},
                                       {"0.weight_u", 1, {2}, 2, GAN_SAFETENSORS_F32},
                                       {"0.weight_v", 1, {3}, 3, GAN_SAFETENSORS_F32},
                                       {"0.weight_orig", 2, {2, 3}, 6, GAN_SAFETENSORS_F32},
                                       {"0.parametrizations.weight.0._u", 1, {2}, 2, GAN_SAFETENSORS_F32}};
    gan_context *logging = NULL;
    char skipped[256] = "";
    (void)state;

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = keep_skipped, .log_user = skipped), &logging));
    gan_model *model = build_dense(logging, true), *plain = build_dense(logging, false);
    write_file(entries, 3, NULL, 0);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    assert_true(first_of(model, "0.weight", 6) == 0);
    assert_true(first_of(model, "0.weight_sigma", 1) ==
                100 * (0 * 200 + 1 * 201 + 2 * 202) + 101 * (3 * 200 + 4 * 201 + 5 * 202));
    assert_string_equal(skipped, "");
    write_file(entries, 5, NULL, 0);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    assert_true(first_of(model, "0.weight", 6) == 300);
    assert_true(first_of(model, "0.weight_u", 2) == 400 && first_of(model, "0.weight_v", 3) == 200);
    assert_non_null(strstr(skipped, "2, such as '0.weight'"));
    ASSERT_OK(gan_model_load_weights(plain, path, NULL));
    assert_true(first_of(plain, "0.weight", 6) == 0);
    assert_non_null(strstr(skipped, "4, such as '0.weight_u'"));
    entries[3].dims[0] = 3;
    entries[3].dims[1] = 2;
    write_file(entries, 4, NULL, 0);
    ASSERT_FAILS(gan_model_load_weights(model, path, NULL), GAN_ERROR_ARCHITECTURE, "tensor '0.weight_orig' of '");
    write_file(entries, 2, NULL, 0);
    ASSERT_FAILS(gan_model_load_weights(model, path, NULL), GAN_ERROR_ARCHITECTURE, "has no tensor '0.weight_v'");
    gan_model_destroy(model);
    gan_model_destroy(plain);
    gan_context_destroy(logging);
}

/* A large file in which few tensors are the model's, at either end. */
static void test_few_of_many(void **state)
{
    enum { MANY = 20000 };
    gan_safetensors_entry *entries = calloc(MANY, sizeof(*entries));
    char(*names)[16] = calloc(MANY, sizeof(*names)), skipped[256] = "";
    gan_context *logging = NULL;
    (void)state;

    assert_true(entries && names);
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "foreign.%d", i);
        entries[i] = (gan_safetensors_entry){names[i], 1, {1}, 1, GAN_SAFETENSORS_F32};
    }
    entries[0] = (gan_safetensors_entry){"0.weight_u", 1, {2}, 2, GAN_SAFETENSORS_F32};
    entries[1] = (gan_safetensors_entry){"0.weight_v", 1, {3}, 3, GAN_SAFETENSORS_F32};
    entries[MANY - 1] = (gan_safetensors_entry){"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32};
    write_file(entries, MANY, NULL, 0);
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1, .log = keep_skipped, .log_user = skipped), &logging));
    gan_model *model = build_dense(logging, true);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    assert_true(first_of(model, "0.weight", 6) == 100 * (MANY - 1));
    assert_non_null(strstr(skipped, "19997, such as 'foreign.2'"));
    gan_model_destroy(model);
    gan_context_destroy(logging);
    free(names);
    free(entries);
}

/* Loading weights fails and leaves the model as before. */
static void refuse_weights(gan_model *model, gan_status status, const char *text)
{
    const size_t size = (size_t)model->parameter_size * sizeof(gan_real);
    gan_real *before = malloc(size);

    assert_non_null(before);
    memcpy(before, model->parameters, size);
    ASSERT_FAILS(gan_model_load_weights(model, path, NULL), status, text);
    assert_memory_equal(before, model->parameters, size);
    free(before);
}

static void test_weights_that_do_not_fit(void **state)
{
    gan_safetensors_entry entries[] = {{"0.bias", 1, {2}, 2, GAN_SAFETENSORS_F32},
                                       {"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32}};
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 2, NULL));
    assert_int_equal(gan_model_load_weights(model, path, NULL), GAN_ERROR_STATE);
    ASSERT_OK(gan_model_build(model, 0));
    write_file(entries, 1, NULL, 0);
    refuse_weights(model, GAN_ERROR_ARCHITECTURE, "has no tensor '0.weight'");
    entries[1] = (gan_safetensors_entry){"0.weight", 2, {3, 2}, 6, GAN_SAFETENSORS_F32};
    write_file(entries, 2, NULL, 0);
    refuse_weights(model, GAN_ERROR_ARCHITECTURE, "has the shape (3, 2); expected (2, 3)");
    entries[1] = (gan_safetensors_entry){"0.weight", 1, {6}, 6, GAN_SAFETENSORS_F32};
    write_file(entries, 2, NULL, 0);
    refuse_weights(model, GAN_ERROR_ARCHITECTURE, "has the shape (6); expected (2, 3)");
    entries[1] = (gan_safetensors_entry){"0.weight", 0, {0}, 1, GAN_SAFETENSORS_F32};
    write_file(entries, 2, NULL, 0);
    refuse_weights(model, GAN_ERROR_ARCHITECTURE, "has the shape (); expected (2, 3)");
    entries[1] = (gan_safetensors_entry){"0.weight", 7, {1, 1, 1, 1, 1, 2, 3}, 6, GAN_SAFETENSORS_F32};
    write_file(entries, 2, NULL, 0);
    refuse_weights(model, GAN_ERROR_ARCHITECTURE, "has the shape (1, 1, 1, 1, 1, 2) and more; expected (2, 3)");
    remove(path);
    refuse_weights(model, GAN_ERROR_NOT_FOUND, "model.safetensors");
    assert_int_equal(gan_model_load_weights(NULL, path, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_model_load_weights(model, NULL, NULL), GAN_ERROR_NULL);
    gan_model_destroy(model);
}

/* A file of this header and `zeros` zeros. */
static void write_zeros(const char *header, size_t zeros)
{
    unsigned char bytes[256] = {0};
    const size_t length = strlen(header);

    assert_true(8 + length + zeros <= sizeof(bytes));
    bytes[0] = (unsigned char)length;
    memcpy(bytes + 8, header, length);
    test_file_write(path, bytes, 8 + length + zeros);
}

static void test_other_types_and_truncated_files(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 2, GAN_DENSE(.no_bias = true)));
    ASSERT_OK(gan_model_build(model, 0));
    write_zeros("{\"0.weight\":{\"dtype\":\"I16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}", 12);
    refuse_weights(model, GAN_ERROR_UNSUPPORTED, "is not of the type F32, F64, F16 or BF16");
    write_zeros("{\"0.weight\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}", 12);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    write_zeros("{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 23);
    refuse_weights(model, GAN_ERROR_TRUNCATED, "");
    write_zeros("{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 25);
    refuse_weights(model, GAN_ERROR_TRAILING_DATA, "");
    write_zeros("{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 24);
    ASSERT_OK(gan_model_load_weights(model, path, NULL));
    gan_model_destroy(model);
}

/* Doubles are rounded to float32, but none becomes infinite that was not; what was taken for weights is named. */
static void test_doubles_beyond_floats(void **state)
{
    static const char header[] = "{\"0.weight\":{\"dtype\":\"F64\",\"shape\":[1,2],\"data_offsets\":[0,16]}}";
    const double good[] = {-3e38, INFINITY}, bad[] = {0, -3.5e38};
    unsigned char bytes[8 + sizeof(header) - 1 + 16] = {sizeof(header) - 1};
    gan_model *model = NULL;
    float weights[2];
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.no_bias = true)));
    ASSERT_OK(gan_model_build(model, 0));
    memcpy(bytes + 8, header, sizeof(header) - 1);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 16; i++) {
            uint64_t word;
            memcpy(&word, &(k ? bad : good)[i / 8], sizeof(word));
            bytes[8 + sizeof(header) - 1 + i] = (unsigned char)(word >> 8 * (i % 8));
        }
        test_file_write(path, bytes, sizeof(bytes));
        if (k == 0) ASSERT_OK(gan_model_load_weights(model, path, NULL));
    }
    refuse_weights(model, GAN_ERROR_NOT_FINITE, "value 1 of tensor '0.weight' is beyond the numbers of float32");
    ASSERT_OK(gan_model_get_tensor(model, "0.weight", weights, 2));
    assert_true(weights[0] == -3e38f && isinf(weights[1]));
    test_file_write(path, "PK\3\4\0\0\0\0\0\0\0\0", 12);
    refuse_weights(model, GAN_ERROR_MAGIC, "is not a safetensors file; it is a ZIP archive, such as torch.save()");
    test_file_write(path, "version https://git-lfs.github.com/spec/v1\n", 43);
    refuse_weights(model, GAN_ERROR_MAGIC, "it is the pointer of a file in Git LFS");
    gan_model_destroy(model);
}

/* ---- Files of invalid models -------------------------------------------------------------------------------- */

static void refuse_model(gan_status status, const char *text)
{
    gan_model *model = NULL;

    ASSERT_FAILS(gan_model_load(context, path, &model), status, text);
    assert_null(model);
}

static void test_metadata_that_does_not_fit(void **state)
{
    static const char architecture[] = "{\"nodes\":[{\"inputs\":[],\"options\":{\"shape\":[3]},\"type\":\"input\"},"
                                       "{\"inputs\":[0],\"options\":{},\"type\":\"tanh\"}],\"outputs\":[1]}";
    gan_safetensors_entry entries[] = {{"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32}};
    gan_metadata metadata[] = {{"libgan.format", "1"}, {"libgan.architecture", architecture}};
    gan_model *model = NULL;
    (void)state;

    write_file(entries, 1, metadata, 2);
    ASSERT_OK(gan_model_load(context, path, &model)); /* others' tensors do no harm */
    gan_model_destroy(model);
    write_file(entries, 1, NULL, 0);
    refuse_model(GAN_ERROR_FORMAT, "gan_model_load_weights()");
    write_file(entries, 1, metadata, 1);
    refuse_model(GAN_ERROR_FORMAT, "gan_model_load_weights()");
    write_file(entries, 1, &(gan_metadata){"libgan.kind", "checkpoint"}, 1);
    refuse_model(GAN_ERROR_FORMAT, "is a libgan checkpoint, expected a model");
    metadata[0].value = "2";
    write_file(entries, 1, metadata, 2);
    refuse_model(GAN_ERROR_VERSION, "has the format 2");
    metadata[0].value = "99999999999999999999999999";
    write_file(entries, 1, metadata, 2);
    refuse_model(GAN_ERROR_VERSION, "has the format");
    const char *const wrong[] = {"", "0", "01", "+1", "-1", "one", "1.5", "1 "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        metadata[0].value = wrong[i];
        write_file(entries, 1, metadata, 2);
        refuse_model(GAN_ERROR_FORMAT, "expected a number");
    }
    remove(path);
    refuse_model(GAN_ERROR_NOT_FOUND, "model.safetensors");
    assert_int_equal(gan_model_load(NULL, path, &model), GAN_ERROR_NULL);
    assert_int_equal(gan_model_load(context, NULL, &model), GAN_ERROR_NULL);
    assert_int_equal(gan_model_load(context, path, NULL), GAN_ERROR_NULL);
}

static void test_saving_fails_cleanly(void **state)
{
    gan_model *model = build(test_seed_generator, 5), *unbuilt = NULL;
    (void)state;

    assert_int_equal(gan_model_save(model, test_path("missing/model.safetensors")), GAN_ERROR_NOT_FOUND);
    assert_int_equal(gan_model_save(NULL, path), GAN_ERROR_NULL);
    assert_int_equal(gan_model_save(model, NULL), GAN_ERROR_NULL);
    ASSERT_OK(gan_model_create(context, &unbuilt));
    assert_int_equal(gan_model_save(unbuilt, path), GAN_ERROR_STATE);
    gan_model_destroy(unbuilt);
    gan_model_destroy(model);
}

#define INPUT       "{\"type\":\"input\",\"inputs\":[],\"options\":{\"shape\":[3]}}"
#define TANH(from)  "{\"type\":\"tanh\",\"inputs\":[" from "],\"options\":{}}"
#define MODEL(node) "{\"nodes\":[" INPUT "," node "],\"outputs\":[1]}"
#define DENSE(units)                                                                        \
    "{\"type\":\"dense\",\"inputs\":[0],\"options\":{\"units\":" units ",\"no_bias\":true," \
    "\"weight_initializer\":{\"kind\":\"zeros\"},\"bias_initializer\":{\"kind\":\"zeros\"}}}"

static void test_hostile_architectures(void **state)
{
    static const struct {
        const char *text;
        gan_status status;
        const char *sentence;
    } cases[] = {
        {"", GAN_ERROR_FORMAT, "malformed"},
        {"{", GAN_ERROR_FORMAT, "malformed"},
        {"[]", GAN_ERROR_FORMAT, "'nodes'"},
        {"7", GAN_ERROR_FORMAT, "malformed"},
        {"{}", GAN_ERROR_FORMAT, "'nodes'"},
        {"{\"nodes\":{},\"outputs\":[0]}", GAN_ERROR_FORMAT, "'nodes'"},
        {"{\"nodes\":[],\"outputs\":[]}", GAN_ERROR_FORMAT, "count is 0"},
        {"{\"nodes\":[" INPUT "],\"outputs\":[0]}", GAN_ERROR_FORMAT, "no layers"},
        {"{\"nodes\":[" INPUT "," TANH("0") "]}", GAN_ERROR_FORMAT, "outputs are not a list"},
        {"{\"nodes\":[" INPUT "," TANH("0") "],\"outputs\":[2]}", GAN_ERROR_FORMAT, "element 0 of its outputs"},
        {"{\"nodes\":[" INPUT "," TANH("0") "],\"outputs\":[-1]}", GAN_ERROR_FORMAT, "element 0 of its outputs"},
        {"{\"nodes\":[" INPUT "," TANH("0") "],\"outputs\":[1,1]}", GAN_ERROR_FORMAT, "twice"},
        {"{\"nodes\":[" INPUT "," TANH("0") "],\"outputs\":[4294967297]}", GAN_ERROR_FORMAT, "element 0"},
        {"{\"nodes\":[" INPUT "," TANH("0") "],\"nodes\":[],\"outputs\":[1]}", GAN_ERROR_FORMAT, "malformed"},
        {MODEL(TANH("1")), GAN_ERROR_FORMAT, "node 1: element 0 of its inputs is not a node from 0 to 0"},
        {MODEL(TANH("2")), GAN_ERROR_FORMAT, "node 1: element 0 of its inputs"},
        {MODEL(TANH("\"0\"")), GAN_ERROR_FORMAT, "node 1: element 0 of its inputs"},
        {MODEL(TANH("0.0")), GAN_ERROR_FORMAT, "node 1: element 0 of its inputs"},
        {MODEL(TANH("")), GAN_ERROR_FORMAT, "layer 0 (tanh): reads from 0 nodes"},
        {MODEL(TANH("0,0")), GAN_ERROR_FORMAT, "layer 0 (tanh): reads from 2 nodes"},
        {MODEL("7"), GAN_ERROR_FORMAT, "node 1"},
        {MODEL("{\"inputs\":[0],\"options\":{}}"), GAN_ERROR_FORMAT, "'type'"},
        {MODEL("{\"type\":\"tanh\",\"inputs\":[0]}"), GAN_ERROR_FORMAT, "'options'"},
        {MODEL("{\"type\":\"tanh\",\"name\":5,\"inputs\":[0],\"options\":{}}"), GAN_ERROR_FORMAT, "'name'"},
        {MODEL("{\"type\":\"tanh\",\"name\":\"a/b\",\"inputs\":[0],\"options\":{}}"), GAN_ERROR_FORMAT, "'/'"},
        {MODEL("{\"type\":\"warp\",\"inputs\":[0],\"options\":{}}"), GAN_ERROR_UNSUPPORTED, "no layer 'warp'"},
        {MODEL(DENSE("-5")), GAN_ERROR_FORMAT, "units is -5"},
        {MODEL(DENSE("\"5\"")), GAN_ERROR_FORMAT, "units"},
        {MODEL(DENSE("1e30")), GAN_ERROR_FORMAT, "units"},
        {MODEL(DENSE("9223372036854775807")), GAN_ERROR_FORMAT, "units"},
        {MODEL("{\"type\":\"reshape\",\"inputs\":[0],\"options\":{\"shape\":[2,2]}}"), GAN_ERROR_FORMAT,
         "input (3) has 3 elements, but shape (2, 2) has 4"},
        {"{\"nodes\":[{\"type\":\"input\",\"inputs\":[],\"options\":{\"shape\":[4294967296,4294967296]}}],"
         "\"outputs\":[0]}",
         GAN_ERROR_OVERFLOW, "node 0: input"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gan_model *model = NULL;
        const gan_status status = gan_model_read_architecture(context, cases[i].text, &model);
        if (status != cases[i].status || !strstr(gan_last_error(), cases[i].sentence)) {
            fail_msg("%s: %s, %s", cases[i].text, gan_status_name(status), gan_last_error());
        }
        assert_null(model);
    }
}

/* Memory for weights is taken only if the file has as many. */
static void test_sizes_are_known_before_memory_is_taken(void **state)
{
    const gan_metadata metadata[] = {{"libgan.format", "1"}, {"libgan.architecture", MODEL(DENSE("2147483647"))}};
    gan_safetensors_entry entries[] = {{"0.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32}};
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    (void)state;

    write_file(entries, 1, metadata, 2);
    refuse_model(GAN_ERROR_ARCHITECTURE, "has the shape (2, 3); expected (2147483647, 3)");
    write_file(entries, 0, metadata, 2);
    refuse_model(GAN_ERROR_ARCHITECTURE, "has no tensor '0.weight'");
    ASSERT_OK(gan_context_get_info(context, &info));
    assert_true(info.peak_bytes < 10000000);
}

/* Whatever byte of the architecture changes, it is rejected or means another model, but nothing breaks. */
static void test_damaged_architectures(void **state)
{
    gan_model *model = build(test_graph, 5);
    char *text = NULL;
    int refused = 0;
    (void)state;

    ASSERT_OK(gan_model_write_architecture(model, &text));
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        const char old = text[i];
        gan_model *read = NULL;
        text[i] = old == '0' ? '9' : '0';
        if (gan_model_read_architecture(context, text, &read) != GAN_OK) refused++;
        gan_model_destroy(read);
        text[i] = old;
    }
    assert_true(refused > (int)length / 2);
    for (size_t cut = 0; cut < length; cut++) {
        gan_model *read = NULL;
        const char old = text[cut];
        text[cut] = '\0';
        assert_int_equal(gan_model_read_architecture(context, text, &read), GAN_ERROR_FORMAT);
        text[cut] = old;
    }
    gan_release_text(context, text);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_a_model_without_tensors),
        cmocka_unit_test(test_weights_into_another_model),
        cmocka_unit_test(test_skipped_tensors_are_logged),
        cmocka_unit_test(test_weights_by_name),
        cmocka_unit_test(test_names_of_spectral_norm),
        cmocka_unit_test(test_few_of_many),
        cmocka_unit_test(test_weights_that_do_not_fit),
        cmocka_unit_test(test_other_types_and_truncated_files),
        cmocka_unit_test(test_doubles_beyond_floats),
        cmocka_unit_test(test_metadata_that_does_not_fit),
        cmocka_unit_test(test_saving_fails_cleanly),
        cmocka_unit_test(test_hostile_architectures),
        cmocka_unit_test(test_sizes_are_known_before_memory_is_taken),
        cmocka_unit_test(test_damaged_architectures),
    };
    return cmocka_run_group_tests_name("file", tests, setup, teardown);
}
