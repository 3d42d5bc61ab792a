/* The binary interface: enum values and the like, pinned. A change here breaks programs already built, unless it is a
 * new value. Statuses are pinned in tests/unit/core/test_status.c. */
#include <libgan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

typedef struct pinned_value {
    const char *name;
    size_t actual, expected;
} pinned_value;

/* clang-format off */
#define VALUE(name, expected) {#name, (size_t)(name), expected}
/* clang-format on */

static const pinned_value values[] = {
    VALUE(GAN_LOG_DEBUG, 1),
    VALUE(GAN_LOG_INFO, 2),
    VALUE(GAN_LOG_WARNING, 3),
    VALUE(GAN_LOG_TOPIC_TRAINING, 1),
    VALUE(GAN_CPU_BEST, 0),
    VALUE(GAN_CPU_BASELINE, 1),
    VALUE(GAN_CPU_AVX2, 2),
    VALUE(GAN_CPU_AVX512, 3),
    VALUE(GAN_CPU_SIMD128, 4),
    VALUE(GAN_MULTIPLY_AUTO, 0),
    VALUE(GAN_MULTIPLY_NATIVE, 1),
    VALUE(GAN_MULTIPLY_BLAS, 2),
    VALUE(GAN_PRECISION_FLOAT32, 0),
    VALUE(GAN_PRECISION_BFLOAT16, 1),
    VALUE(GAN_STORAGE_FLOAT32, 0),
    VALUE(GAN_STORAGE_FLOAT16, 1),
    VALUE(GAN_STORAGE_BFLOAT16, 2),
    VALUE(GAN_INITIALIZER_DEFAULT, 0),
    VALUE(GAN_INITIALIZER_ZEROS, 1),
    VALUE(GAN_INITIALIZER_CONSTANT, 2),
    VALUE(GAN_INITIALIZER_NORMAL, 3),
    VALUE(GAN_INITIALIZER_UNIFORM, 4),
    VALUE(GAN_INITIALIZER_GLOROT_UNIFORM, 5),
    VALUE(GAN_INITIALIZER_GLOROT_NORMAL, 6),
    VALUE(GAN_INITIALIZER_HE_UNIFORM, 7),
    VALUE(GAN_INITIALIZER_HE_NORMAL, 8),
    VALUE(GAN_INITIALIZER_LECUN_UNIFORM, 9),
    VALUE(GAN_INITIALIZER_LECUN_NORMAL, 10),
    VALUE(GAN_PADDING_VALID, 0),
    VALUE(GAN_PADDING_SAME, 1),
    VALUE(GAN_PADDING_EXPLICIT, 2),
    VALUE(GAN_INTERPOLATION_NEAREST, 0),
    VALUE(GAN_INTERPOLATION_BILINEAR, 1),
    VALUE(GAN_PAD_ZERO, 0),
    VALUE(GAN_PAD_REFLECTION, 1),
    VALUE(GAN_PAD_REPLICATION, 2),
    VALUE(GAN_INPUT_ANY, 0),
    VALUE(GAN_INPUT_NOISE, 1),
    VALUE(GAN_INPUT_CLASS, 2),
    VALUE(GAN_INPUT_IMAGE, 3),
    VALUE(GAN_INPUT_CODE, 4),
    VALUE(GAN_TENSOR_PARAMETER, 0),
    VALUE(GAN_TENSOR_BUFFER, 1),
    VALUE(GAN_MODE_SAMPLE, 0),
    VALUE(GAN_MODE_TRAIN, 1),
    VALUE(GAN_NPY_LABEL, 1),
    VALUE(GAN_NPY_SCALE_BYTES, 2),
    VALUE(GAN_BACKWARD_PARAMETERS, 1),
    VALUE(GAN_BACKWARD_INPUTS, 2),
    VALUE(GAN_LOSS_NON_SATURATING, 0),
    VALUE(GAN_LOSS_SATURATING, 1),
    VALUE(GAN_LOSS_LEAST_SQUARES, 2),
    VALUE(GAN_LOSS_WASSERSTEIN, 3),
    VALUE(GAN_LOSS_HINGE, 4),
    VALUE(GAN_LOSS_RELATIVISTIC, 5),
    VALUE(GAN_LOSS_RELATIVISTIC_AVERAGE, 6),
    VALUE(GAN_PENALTY_ZERO_CENTERED, 0),
    VALUE(GAN_PENALTY_ONE_CENTERED, 1),
    VALUE(GAN_OPTIMIZER_ADAM, 0),
    VALUE(GAN_OPTIMIZER_RMSPROP, 1),
    VALUE(GAN_OPTIMIZER_SGD, 2),
    VALUE(GAN_SCHEDULE_CONSTANT, 0),
    VALUE(GAN_SCHEDULE_LINEAR, 1),
    VALUE(GAN_SCHEDULE_COSINE, 2),
    VALUE(GAN_SCHEDULE_STEP, 3),
    VALUE(GAN_SCHEDULE_EXPONENTIAL, 4),
    VALUE(GAN_SCHEDULE_SIGMOID, 5),
    VALUE(GAN_MOVES_ALTERNATING, 0),
    VALUE(GAN_MOVES_SIMULTANEOUS, 1),
    VALUE(GAN_ORDER_DISCRIMINATOR_FIRST, 0),
    VALUE(GAN_ORDER_GENERATOR_FIRST, 1),
    VALUE(GAN_NOISE_NORMAL, 0),
    VALUE(GAN_NOISE_UNIFORM, 1),
    VALUE(GAN_DIAGNOSIS_OFF, -1),
    VALUE(GAN_DIAGNOSIS_VANISHING_GRADIENT, 1),
    VALUE(GAN_DIAGNOSIS_EXPLODING_GRADIENT, 2),
    VALUE(GAN_DIAGNOSIS_DISCRIMINATOR_WON, 4),
    VALUE(GAN_DIAGNOSIS_MODE_COLLAPSE, 8),
    VALUE(GAN_DIAGNOSIS_NOT_FINITE, 16),
    VALUE(GAN_ROLE_GENERATOR, 0),
    VALUE(GAN_ROLE_DISCRIMINATOR, 1),
};

static void test_values(void **state)
{
    int different = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (values[i].actual == values[i].expected) continue;
        print_error("%s is %zu, expected %zu\n", values[i].name, values[i].actual, values[i].expected);
        different++;
    }
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
