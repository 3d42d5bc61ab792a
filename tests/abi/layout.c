/* The binary interface, pinned where pointers have 64 bits: sizes and offsets of public structs, and enum values. A
 * change here breaks programs that are built already, unless it is a new field at the end of a struct that starts
 * with struct_size, or a new value. The statuses are pinned in tests/unit/core/test_status.c. */
#include <libgan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

typedef struct pinned {
    const char *name;
    size_t actual, expected;
    size_t end; /* of a field: where its bytes end; 0 for the row that begins a struct */
} pinned;

/* clang-format off */
#define SIZE(type, expected) {"sizeof(" #type ")", sizeof(type), expected, 0}
#define FIELD(type, field, expected) \
    {#type "." #field, offsetof(type, field), expected, offsetof(type, field) + sizeof(((type *)NULL)->field)}
#define VALUE(name, expected) {#name, (size_t)(name), expected, 0}
/* clang-format on */

/* Each struct is followed by all of its fields, in their order: fields.sh holds this table against the header. */
static const pinned structs[] = {
    SIZE(gan_allocator, 24),
    FIELD(gan_allocator, allocate, 0),
    FIELD(gan_allocator, release, 8),
    FIELD(gan_allocator, user, 16),
    SIZE(gan_context_options, 96),
    FIELD(gan_context_options, struct_size, 0),
    FIELD(gan_context_options, allocator, 8),
    FIELD(gan_context_options, log, 32),
    FIELD(gan_context_options, log_user, 40),
    FIELD(gan_context_options, threads, 48),
    FIELD(gan_context_options, cpu, 52),
    FIELD(gan_context_options, multiply, 56),
    FIELD(gan_context_options, parallel, 64),
    FIELD(gan_context_options, parallel_user, 72),
    FIELD(gan_context_options, memory_limit, 80),
    FIELD(gan_context_options, precision, 88),
    FIELD(gan_context_options, reserved, 92),
    SIZE(gan_context_info, 64),
    FIELD(gan_context_info, struct_size, 0),
    FIELD(gan_context_info, threads, 8),
    FIELD(gan_context_info, cpu, 12),
    FIELD(gan_context_info, multiply, 16),
    FIELD(gan_context_info, png, 20),
    FIELD(gan_context_info, bytes, 24),
    FIELD(gan_context_info, peak_bytes, 32),
    FIELD(gan_context_info, allocations, 40),
    FIELD(gan_context_info, blas, 48),
    FIELD(gan_context_info, precision, 56),
    FIELD(gan_context_info, reserved, 60),
    SIZE(gan_shape, 56),
    FIELD(gan_shape, rank, 0),
    FIELD(gan_shape, dims, 8),
    SIZE(gan_random_state, 24),
    FIELD(gan_random_state, seed, 0),
    FIELD(gan_random_state, stream, 8),
    FIELD(gan_random_state, counter, 16),
    SIZE(gan_initializer, 8),
    FIELD(gan_initializer, kind, 0),
    FIELD(gan_initializer, value, 4),
    SIZE(gan_dense_options, 32),
    FIELD(gan_dense_options, struct_size, 0),
    FIELD(gan_dense_options, no_bias, 8),
    FIELD(gan_dense_options, weight_initializer, 12),
    FIELD(gan_dense_options, bias_initializer, 20),
    FIELD(gan_dense_options, spectral_norm, 28),
    FIELD(gan_dense_options, reserved, 29),
    SIZE(gan_conv2d_options, 104),
    FIELD(gan_conv2d_options, struct_size, 0),
    FIELD(gan_conv2d_options, kernel, 8),
    FIELD(gan_conv2d_options, stride, 24),
    FIELD(gan_conv2d_options, padding, 40),
    FIELD(gan_conv2d_options, pads, 48),
    FIELD(gan_conv2d_options, no_bias, 80),
    FIELD(gan_conv2d_options, weight_initializer, 84),
    FIELD(gan_conv2d_options, bias_initializer, 92),
    FIELD(gan_conv2d_options, spectral_norm, 100),
    FIELD(gan_conv2d_options, reserved, 101),
    SIZE(gan_conv_transpose2d_options, 120),
    FIELD(gan_conv_transpose2d_options, struct_size, 0),
    FIELD(gan_conv_transpose2d_options, kernel, 8),
    FIELD(gan_conv_transpose2d_options, stride, 24),
    FIELD(gan_conv_transpose2d_options, padding, 40),
    FIELD(gan_conv_transpose2d_options, pads, 48),
    FIELD(gan_conv_transpose2d_options, output_padding, 80),
    FIELD(gan_conv_transpose2d_options, no_bias, 96),
    FIELD(gan_conv_transpose2d_options, weight_initializer, 100),
    FIELD(gan_conv_transpose2d_options, bias_initializer, 108),
    FIELD(gan_conv_transpose2d_options, spectral_norm, 116),
    FIELD(gan_conv_transpose2d_options, reserved, 117),
    SIZE(gan_batch_norm_options, 24),
    FIELD(gan_batch_norm_options, struct_size, 0),
    FIELD(gan_batch_norm_options, momentum, 8),
    FIELD(gan_batch_norm_options, epsilon, 12),
    FIELD(gan_batch_norm_options, no_affine, 16),
    FIELD(gan_batch_norm_options, reserved, 20),
    SIZE(gan_layer_norm_options, 16),
    FIELD(gan_layer_norm_options, struct_size, 0),
    FIELD(gan_layer_norm_options, epsilon, 8),
    FIELD(gan_layer_norm_options, no_affine, 12),
    FIELD(gan_layer_norm_options, reserved, 13),
    SIZE(gan_instance_norm_options, 16),
    FIELD(gan_instance_norm_options, struct_size, 0),
    FIELD(gan_instance_norm_options, epsilon, 8),
    FIELD(gan_instance_norm_options, no_affine, 12),
    FIELD(gan_instance_norm_options, reserved, 13),
    SIZE(gan_group_norm_options, 16),
    FIELD(gan_group_norm_options, struct_size, 0),
    FIELD(gan_group_norm_options, epsilon, 8),
    FIELD(gan_group_norm_options, no_affine, 12),
    FIELD(gan_group_norm_options, reserved, 13),
    SIZE(gan_upsample2d_options, 32),
    FIELD(gan_upsample2d_options, struct_size, 0),
    FIELD(gan_upsample2d_options, factor, 8),
    FIELD(gan_upsample2d_options, interpolation, 24),
    FIELD(gan_upsample2d_options, reserved, 28),
    SIZE(gan_avg_pool2d_options, 40),
    FIELD(gan_avg_pool2d_options, struct_size, 0),
    FIELD(gan_avg_pool2d_options, kernel, 8),
    FIELD(gan_avg_pool2d_options, stride, 24),
    SIZE(gan_embedding_options, 16),
    FIELD(gan_embedding_options, struct_size, 0),
    FIELD(gan_embedding_options, weight_initializer, 8),
    SIZE(gan_tensor_info, 88),
    FIELD(gan_tensor_info, struct_size, 0),
    FIELD(gan_tensor_info, name, 8),
    FIELD(gan_tensor_info, kind, 16),
    FIELD(gan_tensor_info, shape, 24),
    FIELD(gan_tensor_info, count, 80),
    SIZE(gan_session_options, 40),
    FIELD(gan_session_options, struct_size, 0),
    FIELD(gan_session_options, batch, 8),
    FIELD(gan_session_options, forward_only, 16),
    FIELD(gan_session_options, seed, 24),
    FIELD(gan_session_options, second_order, 32),
    FIELD(gan_session_options, reserved, 36),
    SIZE(gan_optimizer_options, 64),
    FIELD(gan_optimizer_options, struct_size, 0),
    FIELD(gan_optimizer_options, algorithm, 8),
    FIELD(gan_optimizer_options, learning_rate, 12),
    FIELD(gan_optimizer_options, beta1, 16),
    FIELD(gan_optimizer_options, beta2, 20),
    FIELD(gan_optimizer_options, epsilon, 24),
    FIELD(gan_optimizer_options, decay, 28),
    FIELD(gan_optimizer_options, momentum, 32),
    FIELD(gan_optimizer_options, clip_norm, 36),
    FIELD(gan_optimizer_options, schedule, 40),
    FIELD(gan_optimizer_options, schedule_steps, 48),
    FIELD(gan_optimizer_options, final_learning_rate, 56),
    FIELD(gan_optimizer_options, schedule_factor, 60),
    SIZE(gan_dataset_options, 40),
    FIELD(gan_dataset_options, struct_size, 0),
    FIELD(gan_dataset_options, in_order, 8),
    FIELD(gan_dataset_options, drop_last, 9),
    FIELD(gan_dataset_options, seed, 16),
    FIELD(gan_dataset_options, limit, 24),
    FIELD(gan_dataset_options, memory_limit, 32),
    SIZE(gan_dataset_cursor, 24),
    FIELD(gan_dataset_cursor, seed, 0),
    FIELD(gan_dataset_cursor, epoch, 8),
    FIELD(gan_dataset_cursor, position, 16),
    SIZE(gan_trainer_options, 168),
    FIELD(gan_trainer_options, struct_size, 0),
    FIELD(gan_trainer_options, batch, 8),
    FIELD(gan_trainer_options, learning_rate, 16),
    FIELD(gan_trainer_options, beta1, 20),
    FIELD(gan_trainer_options, beta2, 24),
    FIELD(gan_trainer_options, generator_optimizer, 32),
    FIELD(gan_trainer_options, discriminator_optimizer, 40),
    FIELD(gan_trainer_options, loss, 48),
    FIELD(gan_trainer_options, discriminator_steps, 52),
    FIELD(gan_trainer_options, order, 56),
    FIELD(gan_trainer_options, label_smoothing, 60),
    FIELD(gan_trainer_options, noise, 64),
    FIELD(gan_trainer_options, fresh_noise, 68),
    FIELD(gan_trainer_options, seed, 72),
    FIELD(gan_trainer_options, r1, 80),
    FIELD(gan_trainer_options, r2, 84),
    FIELD(gan_trainer_options, gradient_penalty, 88),
    FIELD(gan_trainer_options, dragan, 92),
    FIELD(gan_trainer_options, weight_clip, 96),
    FIELD(gan_trainer_options, penalty_interval, 100),
    FIELD(gan_trainer_options, penalty_schedule, 104),
    FIELD(gan_trainer_options, final_penalty_factor, 108),
    FIELD(gan_trainer_options, penalty_schedule_steps, 112),
    FIELD(gan_trainer_options, packing, 120),
    FIELD(gan_trainer_options, instance_noise, 124),
    FIELD(gan_trainer_options, instance_noise_steps, 128),
    FIELD(gan_trainer_options, augment, 136),
    FIELD(gan_trainer_options, ema_decay, 140),
    FIELD(gan_trainer_options, ema_half_life, 144),
    FIELD(gan_trainer_options, ema_ramp, 148),
    FIELD(gan_trainer_options, simultaneous, 152),
    FIELD(gan_trainer_options, reserved, 153),
    FIELD(gan_trainer_options, diagnosis_interval, 160),
    SIZE(gan_step_report, 176),
    FIELD(gan_step_report, struct_size, 0),
    FIELD(gan_step_report, step, 8),
    FIELD(gan_step_report, epoch, 16),
    FIELD(gan_step_report, batch, 24),
    FIELD(gan_step_report, discriminator_loss, 32),
    FIELD(gan_step_report, generator_loss, 40),
    FIELD(gan_step_report, real_probability, 48),
    FIELD(gan_step_report, fake_probability, 56),
    FIELD(gan_step_report, discriminator_gradient_norm, 64),
    FIELD(gan_step_report, generator_gradient_norm, 72),
    FIELD(gan_step_report, samples_per_second, 80),
    FIELD(gan_step_report, seconds, 88),
    FIELD(gan_step_report, seconds_left, 96),
    FIELD(gan_step_report, progress, 104),
    FIELD(gan_step_report, penalty, 112),
    FIELD(gan_step_report, real_accuracy, 120),
    FIELD(gan_step_report, fake_accuracy, 128),
    FIELD(gan_step_report, diversity, 136),
    FIELD(gan_step_report, saturation, 144),
    FIELD(gan_step_report, generator_update_ratio, 152),
    FIELD(gan_step_report, discriminator_update_ratio, 160),
    FIELD(gan_step_report, diagnoses, 168),
    SIZE(gan_layer_report, 40),
    FIELD(gan_layer_report, struct_size, 0),
    FIELD(gan_layer_report, name, 8),
    FIELD(gan_layer_report, weight_norm, 16),
    FIELD(gan_layer_report, gradient_norm, 24),
    FIELD(gan_layer_report, update_ratio, 32),
    SIZE(gan_run_options, 48),
    FIELD(gan_run_options, struct_size, 0),
    FIELD(gan_run_options, epochs, 8),
    FIELD(gan_run_options, steps, 16),
    FIELD(gan_run_options, seconds, 24),
    FIELD(gan_run_options, progress, 32),
    FIELD(gan_run_options, user, 40),
    SIZE(gan_kernel_distance_options, 32),
    FIELD(gan_kernel_distance_options, struct_size, 0),
    FIELD(gan_kernel_distance_options, subsets, 8),
    FIELD(gan_kernel_distance_options, subset_size, 16),
    FIELD(gan_kernel_distance_options, seed, 24),
    SIZE(gan_mode_coverage, 40),
    FIELD(gan_mode_coverage, struct_size, 0),
    FIELD(gan_mode_coverage, modes, 8),
    FIELD(gan_mode_coverage, kl, 16),
    FIELD(gan_mode_coverage, entropy, 24),
    FIELD(gan_mode_coverage, smallest_share, 32),
    SIZE(gan_mixture_quality, 32),
    FIELD(gan_mixture_quality, struct_size, 0),
    FIELD(gan_mixture_quality, modes, 8),
    FIELD(gan_mixture_quality, high_quality, 16),
    FIELD(gan_mixture_quality, kl, 24),
};

static const pinned values[] = {
    VALUE(GAN_LOG_DEBUG, 1),
    VALUE(GAN_LOG_INFO, 2),
    VALUE(GAN_LOG_WARNING, 3),
    VALUE(GAN_CPU_BEST, 0),
    VALUE(GAN_CPU_BASELINE, 1),
    VALUE(GAN_CPU_AVX2, 2),
    VALUE(GAN_CPU_AVX512, 3),
    VALUE(GAN_MULTIPLY_AUTO, 0),
    VALUE(GAN_MULTIPLY_NATIVE, 1),
    VALUE(GAN_MULTIPLY_BLAS, 2),
    VALUE(GAN_PRECISION_FLOAT32, 0),
    VALUE(GAN_PRECISION_BFLOAT16, 1),
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
    VALUE(GAN_TENSOR_PARAMETER, 0),
    VALUE(GAN_TENSOR_BUFFER, 1),
    VALUE(GAN_MODE_SAMPLE, 0),
    VALUE(GAN_MODE_TRAIN, 1),
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

static int differences(const pinned *table, size_t count)
{
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        if (table[i].actual == table[i].expected) continue;
        print_error("%s is %zu, pinned at %zu\n", table[i].name, table[i].actual, table[i].expected);
        found++;
    }
    return found;
}

static void test_structs(void **state)
{
    (void)state;
    assert_int_equal(differences(structs, sizeof(structs) / sizeof(*structs)), 0);
}

/* A field that a later version puts into padding would be read from bytes that no program of today sets. */
static void test_no_padding_at_the_end(void **state)
{
    const size_t count = sizeof(structs) / sizeof(*structs);
    int found = 0;

    (void)state;
    for (size_t i = 0, last; i < count; i = last + 1) {
        last = i;
        while (last + 1 < count && structs[last + 1].end > 0) last++;
        if (structs[last].end == structs[i].actual) continue;
        print_error("%s is %zu, but %s ends at %zu\n", structs[i].name, structs[i].actual, structs[last].name,
                    structs[last].end);
        found++;
    }
    assert_int_equal(found, 0);
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(differences(values, sizeof(values) / sizeof(*values)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_no_padding_at_the_end),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
