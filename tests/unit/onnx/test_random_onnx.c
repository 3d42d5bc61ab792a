/* Random networks as ONNX files whose metadata another tool has changed: read by their operators, they compute the
 * same. GAN_RANDOM_NETWORKS says how many, from which number on: "200 1000"; a failure names its number. */
#include "../model/random_network.h"

#include "onnx/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/splitmix.h"

enum { BATCH = 3 };

static unsigned long long first = 1;
static int networks = 60;
static uint64_t number; /* of the network under test */
static gan_context *context;

#define ASSERT_OK(expression)                                                                            \
    do {                                                                                                 \
        if ((expression) != GAN_OK)                                                                      \
            fail_msg("network %llu: %s: %s", (unsigned long long)number, #expression, gan_last_error()); \
    } while (0)

static int64_t elements(const gan_model *model, bool output)
{
    gan_shape shape;
    ASSERT_OK(output ? gan_model_get_output_shape(model, 0, &shape) : gan_model_get_input_shape(model, 0, &shape));
    int64_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= shape.dims[i];
    return count;
}

/* What a model makes of numbers in [-1, 1), in sampling; with `trains`, after a pass that moves its statistics.
 * Released by free. */
static float *outputs(gan_model *model, bool trains)
{
    const int64_t in = BATCH * elements(model, false), out = BATCH * elements(model, true);
    float *x = malloc((size_t)in * sizeof(*x)), *y = malloc((size_t)out * sizeof(*y));
    gan_session *session = NULL;
    assert_non_null(x);
    assert_non_null(y);
    for (int64_t i = 0; i < in; i++) x[i] = (float)(test_splitmix((uint64_t)i + 1) >> 40) * 0x1p-23f - 1;
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = BATCH), &session));
    for (int pass = trains ? 0 : 1; pass < 2; pass++) {
        ASSERT_OK(gan_session_set_input(session, 0, x, BATCH));
        ASSERT_OK(gan_session_forward(session, pass == 0 ? GAN_MODE_TRAIN : GAN_MODE_SAMPLE));
    }
    ASSERT_OK(gan_session_get_output(session, 0, y));
    gan_session_destroy(session);
    free(x);
    return y;
}

static void assert_near(const float *a, const float *b, int64_t count)
{
    double distance = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        distance += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        norm += (double)a[i] * (double)a[i];
    }
    if (distance > 1e-10 * norm + 1e-12) {
        fail_msg("network %llu: read by its operators, its outputs are %g of their norm away",
                 (unsigned long long)number, sqrt(distance / norm));
    }
}

/* False if it is refused by the name of an operator. */
static bool compare(gan_model *model)
{
    gan_bytes *saved = NULL;
    gan_model *again = NULL;
    float *y = outputs(model, true);
    ASSERT_OK(gan_bytes_create(context, &saved));
    ASSERT_OK(gan_model_save_onnx_to(model, gan_bytes_writer(saved), NULL));
    const size_t size = gan_bytes_size(saved), length = strlen(GAN_ONNX_FINGERPRINT_KEY);
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, gan_bytes_data(saved), size);
    gan_bytes_destroy(saved);
    for (size_t i = 0; i + length < size; i++) {
        if (memcmp(bytes + i, GAN_ONNX_FINGERPRINT_KEY, length) == 0) bytes[i] = 'x';
    }
    const gan_status status = gan_model_load_onnx_from(context, gan_reader_from_memory(bytes, size), NULL, &again);
    free(bytes);
    if (status == GAN_OK) {
        float *loaded = outputs(again, false);
        assert_int_equal(elements(again, true), elements(model, true));
        assert_near(y, loaded, BATCH * elements(model, true));
        free(loaded);
        gan_model_destroy(again);
    } else if (status != GAN_ERROR_UNSUPPORTED || !strstr(gan_last_error(), "(Range)")) {
        fail_msg("network %llu: %s", (unsigned long long)number, gan_last_error());
    }
    free(y);
    return status == GAN_OK;
}

static void test_networks(void **state)
{
    (void)state;
    int same = 0;
    for (int i = 0; i < networks; i++) {
        number = first + (uint64_t)i;
        const random_network network = draw_random_network(context, number);
        gan_model *model = NULL;
        ASSERT_OK(build_random_network(context, &network, &model));
        same += compare(model);
        gan_model_destroy(model);
    }
    /* Those with minibatch_stddev are not read. */
    if (3 * same < 2 * networks) fail_msg("%d of %d networks were read", same, networks);
}

int main(void)
{
    const char *asked = getenv("GAN_RANDOM_NETWORKS");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_networks)};
    if (asked) sscanf(asked, "%d %llu", &networks, &first);
    if (gan_context_create(NULL, &context) != GAN_OK) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gan_context_destroy(context);
    return failed;
}
