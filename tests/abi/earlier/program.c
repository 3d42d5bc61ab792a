/* A program of the time of libgan.txt, which is an earlier libgan.h of this ABI without its comments. It uses options
 * of every kind and prints what comes of them, exactly. earlier.sh runs it as compiled by the earlier header and by
 * today's. */
#include <libgan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 24
#define SIDE    8
#define PIXELS  (SIDE * SIDE)
#define NOISE   6
#define CLASSES 3

/* What follows a struct that the library fills is not the library's. */
#define GUARDED(type)              \
    struct {                       \
        type value;                \
        unsigned char beyond[256]; \
    }
#define GUARD(guarded, init)                                     \
    do {                                                         \
        const __typeof__((guarded).value) initial = init;        \
        (guarded).value = initial;                               \
        memset((guarded).beyond, 165, sizeof((guarded).beyond)); \
    } while (0)
#define CHECK_GUARD(guarded) check_guard(#guarded, (guarded).beyond, sizeof((guarded).beyond))

static void check(const char *call, gan_status status)
{
    if (status == GAN_OK) return;
    printf("%s: %s: %s\n", call, gan_status_name(status), gan_last_error());
    exit(1);
}
#define CHECK(call) check(#call, call)

static void check_guard(const char *name, const unsigned char *beyond, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (beyond[i] == 165) continue;
        printf("%s: byte %zu beyond the struct was written\n", name, i);
        exit(1);
    }
}

static void print_values(const char *name, const float *values, int64_t count)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < (size_t)count * sizeof(float); i++)
        hash = (hash ^ ((const unsigned char *)values)[i]) * 1099511628211u;
    printf("%s: %a %a %llx\n", name, (double)values[0], (double)values[count - 1], (unsigned long long)hash);
}

static gan_model *make_generator(gan_context *context)
{
    gan_model *model = NULL;
    CHECK(gan_model_create(context, &model));
    const gan_node noise = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(NOISE)));
    const gan_node labels = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node embedded = gan_model_add_from(
        model, gan_layer_embedding(context, CLASSES, 2, GAN_EMBEDDING(.weight_initializer = GAN_NORMAL(0.5f))),
        GAN_NODES(labels));
    const gan_node flat = gan_model_add_from(model, gan_layer_flatten(context), GAN_NODES(embedded));
    gan_model_add_from(model, gan_layer_concat(context, GAN_CONCAT(.axis = 0)), GAN_NODES(noise, flat));
    gan_model_add(model,
                  gan_layer_dense(context, 64, GAN_DENSE(.no_bias = true, .weight_initializer = GAN_HE_NORMAL)));
    gan_model_add(model, gan_layer_batch_norm(context, GAN_BATCH_NORM(.momentum = 0.8f)));
    gan_model_add(model, gan_layer_elu(context, GAN_ELU(.alpha = 0.5f)));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(4, 4, 4)));
    gan_model_add(model, gan_layer_conv_transpose2d(
                             context, 4,
                             GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_group_norm(context, 2, GAN_GROUP_NORM(.epsilon = 1e-3f)));
    gan_model_add(model, gan_layer_prelu(context, GAN_PRELU(.per_channel = true)));
    gan_model_add(model, gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 1, 1, 1}, .mode = GAN_PAD_REFLECTION)));
    gan_model_add(model,
                  gan_layer_conv2d(context, 1, GAN_CONV2D(.kernel = {3, 3}, .bias_initializer = GAN_CONSTANT(0.1f))));
    gan_model_add(model, gan_layer_tanh(context));
    CHECK(gan_model_build(model, 1));
    CHECK(gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM)));
    CHECK(gan_model_set_input(model, 1, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = CLASSES)));
    return model;
}

static gan_model *make_discriminator(gan_context *context, int64_t noise)
{
    gan_model *model = NULL;
    CHECK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, noise ? GAN_SHAPE(noise) : GAN_SHAPE(1, SIDE, SIDE)));
    if (noise) {
        gan_model_add(model, gan_layer_dense(context, PIXELS, NULL));
        gan_model_add(model, gan_layer_tanh(context));
        gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(1, SIDE, SIDE)));
    } else {
        gan_model_add(model, gan_layer_conv2d(context, 4,
                                              GAN_CONV2D(.kernel = {3, 3}, .stride = {2, 2}, .spectral_norm = true)));
        gan_model_add(model, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = 0.1f)));
        gan_model_add(model, gan_layer_minibatch_stddev(context, GAN_MINIBATCH_STDDEV(.group = 2)));
        gan_model_add(model, gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {2, 2}, .stride = {1, 1})));
        gan_model_add(model, gan_layer_flatten(context));
        gan_model_add(model, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)));
        gan_model_add(model, gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.1f)));
        gan_model_add(model, gan_layer_dense(context, 1, NULL));
    }
    CHECK(gan_model_build(model, 2));
    return model;
}

static void print_report(const char *name, const gan_step_report *report)
{
    printf("%s %lld: %a %a %a %a %llu\n", name, (long long)report->step, report->discriminator_loss,
           report->generator_loss, report->penalty, report->diversity, (unsigned long long)report->diagnoses);
}

static int show_step(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)user;
    (void)trainer;
    print_report("step", report);
    return 0;
}

static int show_round(void *user, gan_game *game, const gan_round_report *report)
{
    (void)user;
    for (int64_t i = 0; i < report->want_count; i++)
        printf("round %lld %s: %a\n", (long long)report->round, gan_game_want_name(game, i), report->wants[i]);
    return 0;
}

/* An image trainer with what a trainer has, from one file to another and back. */
static void play_trainer(gan_context *context, gan_dataset *dataset, const char *path)
{
    gan_model *generator = make_discriminator(context, NOISE), *discriminator = make_discriminator(context, 0);
    const gan_trainer_options *options =
        GAN_TRAINER(.batch = 8, .learning_rate = 1e-3f, .beta1 = 0.5f, .loss = GAN_LOSS_HINGE,
                    .discriminator_steps = 2, .seed = 3, .r1 = 0.5f, .penalty_interval = 2, .instance_noise = 0.05f,
                    .augment = GAN_AUGMENT_TRANSLATION,
                    .discriminator_optimizer =
                        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .schedule = GAN_SCHEDULE_COSINE,
                                      .schedule_steps = 9, .clip_norm = 1.0f),
                    .ema_half_life = 100.0f, .diagnosis_interval = 2);
    gan_trainer *trainer = NULL, *again = NULL;
    CHECK(gan_trainer_create(context, generator, discriminator, options, &trainer));
    CHECK(gan_trainer_run(trainer, dataset, GAN_RUN(.steps = 5, .progress = show_step)));
    CHECK(gan_trainer_save(trainer, dataset, path));
    CHECK(gan_trainer_create(context, generator, discriminator, options, &again));
    CHECK(gan_trainer_load(again, dataset, path));
    static float samples[SAMPLES * PIXELS];
    CHECK(gan_dataset_read(dataset, 0, 16, samples, NULL));
    GUARDED(gan_step_report) report;
    GUARD(report, GAN_STEP_REPORT_INIT);
    CHECK(gan_trainer_step(again, samples, 8, &report.value));
    CHECK_GUARD(report);
    print_report("loaded", &report.value);
    GUARDED(gan_layer_report) layer;
    GUARD(layer, GAN_LAYER_REPORT_INIT);
    CHECK(gan_trainer_get_layer_report(again, GAN_ROLE_DISCRIMINATOR, 0, &layer.value));
    CHECK_GUARD(layer);
    printf("layer %s: %a %a\n", layer.value.name, layer.value.weight_norm, layer.value.update_ratio);
    CHECK(gan_trainer_sample(again, GAN_SAMPLE(.seed = 7), 5, samples));
    print_values("samples", samples, 5 * PIXELS);
    gan_trainer_destroy(again);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
}

/* A conditional game, fed by fields of a dataset. */
static void play_game(gan_context *context, gan_dataset *dataset, const char *path)
{
    gan_model *generator = make_generator(context), *discriminator = make_discriminator(context, 0);
    gan_game *game = NULL;
    CHECK(gan_game_create(context, GAN_GAME(.batch = 6, .seed = 5, .moves = GAN_MOVES_SIMULTANEOUS), &game));
    const gan_term real = gan_game_input(game, "image", GAN_SHAPE(1, SIDE, SIDE));
    const gan_term noise = gan_game_noise(game, "noise", GAN_SHAPE(NOISE), GAN_NOISE_UNIFORM);
    const gan_term fake = gan_game_apply(game, generator, GAN_TERMS(noise, gan_game_classes(game, "class", CLASSES)));
    const gan_term shown = gan_game_show(fake, GAN_SHOW(.augment = GAN_AUGMENT_CUTOUT));
    const gan_term real_logits = gan_game_apply(game, discriminator, GAN_TERMS(real));
    const gan_term fake_logits = gan_game_apply(game, discriminator, GAN_TERMS(shown));
    const gan_player d =
        gan_game_player(game, "d", discriminator, GAN_PLAYER(.learning_rate = 2e-3f, .weight_clip = 0.5f));
    const gan_player g = gan_game_player(game, "g", generator, GAN_PLAYER(.beta1 = 0.5f, .ema_decay = 0.9f));
    CHECK(gan_game_want_by(
        game, d, 1.0f,
        gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits,
                               GAN_DISCRIMINATOR_LOSS(.label_smoothing = 0.1f)),
        GAN_WANT(.name = "classify", .schedule = GAN_SCHEDULE_LINEAR, .final_factor = 0.5f, .schedule_steps = 6)));
    CHECK(gan_game_want(game, g, 1.0f, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits)));
    CHECK(gan_game_want(game, g, 0.1f, gan_l1_loss(fake, real)));
    CHECK(gan_game_build(game));
    CHECK(gan_game_feed(game, real, dataset, "sample"));
    CHECK(gan_game_run(game, GAN_GAME_RUN(.rounds = 5, .progress = show_round)));
    CHECK(gan_game_save(game, path));
    CHECK(gan_game_load(game, path));
    GUARDED(gan_round_report) report;
    GUARD(report, GAN_ROUND_REPORT_INIT);
    static float samples[SAMPLES * PIXELS];
    CHECK(gan_dataset_read(dataset, 0, 6, samples, NULL));
    CHECK(gan_game_round(game, (const float *[]){samples}, 6, &report.value));
    CHECK_GUARD(report);
    show_round(NULL, game, &report.value);
    gan_model *average = NULL, *loaded = NULL;
    CHECK(gan_player_get_average(g, 0, &average));
    CHECK(gan_model_save_as(average, path, GAN_SAVE(.storage = GAN_STORAGE_FLOAT16)));
    CHECK(gan_model_load(context, path, &loaded));
    CHECK(gan_model_load_weights(loaded, path, GAN_WEIGHTS(.renames = NULL)));
    CHECK(gan_model_sample(loaded, GAN_SAMPLE(.seed = 9, .classes = (const int32_t[]){2, 0}, .class_count = 2), 4,
                           samples));
    print_values("average", samples, 4 * PIXELS);
    GUARDED(gan_input_info) input;
    GUARD(input, GAN_INPUT_INFO_INIT);
    CHECK(gan_model_get_input_info(loaded, 1, &input.value));
    CHECK_GUARD(input);
    GUARDED(gan_tensor_info) tensor;
    GUARD(tensor, GAN_TENSOR_INFO_INIT);
    CHECK(gan_model_get_tensor_info(loaded, 0, &tensor.value));
    CHECK_GUARD(tensor);
    printf("input: %d %lld, tensor %s: %lld\n", (int)input.value.role, (long long)input.value.classes,
           tensor.value.name, (long long)tensor.value.count);
    gan_model_destroy(loaded);
    gan_game_destroy(game);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
}

static void measure(gan_context *context, const float *samples)
{
    double mean = 0, deviation = 0;
    CHECK(gan_metric_kernel_distance(context, samples, 12, samples + 12 * PIXELS, 12, PIXELS,
                                     GAN_KERNEL_DISTANCE(.subsets = 3, .subset_size = 6, .seed = 1), &mean,
                                     &deviation));
    printf("kernel distance: %a %a\n", mean, deviation);
    GUARDED(gan_mode_coverage) coverage;
    GUARD(coverage, GAN_MODE_COVERAGE_INIT);
    CHECK(gan_metric_mode_coverage(context, (const int32_t[]){0, 1, 1, 0}, 4, 3, NULL, &coverage.value));
    CHECK_GUARD(coverage);
    GUARDED(gan_context_info) info;
    GUARD(info, GAN_CONTEXT_INFO_INIT);
    CHECK(gan_context_get_info(context, &info.value));
    CHECK_GUARD(info);
    printf("modes: %lld, threads: %lld\n", (long long)coverage.value.modes, (long long)info.value.threads);
}

int main(int count, char **arguments)
{
    if (count != 2) return fprintf(stderr, "%s FILE: overwrites the file\n", arguments[0]), 2;
    gan_context *context = NULL;
    CHECK(gan_context_create(GAN_CONTEXT(.threads = 2, .memory_limit = (size_t)1 << 28, .no_spin = true), &context));
    static float samples[SAMPLES * PIXELS];
    static int32_t labels[SAMPLES];
    for (int i = 0; i < SAMPLES * PIXELS; i++) samples[i] = sinf((float)i * 0.37f);
    for (int i = 0; i < SAMPLES; i++) labels[i] = i % CLASSES;
    gan_dataset *dataset = NULL;
    CHECK(gan_dataset_from_array(context, samples, labels, SAMPLES, GAN_SHAPE(1, SIDE, SIDE),
                                 GAN_DATASET(.seed = 4, .drop_last = true), &dataset));
    GUARDED(gan_field_info) field;
    GUARD(field, GAN_FIELD_INFO_INIT);
    CHECK(gan_dataset_get_field(dataset, 0, &field.value));
    CHECK_GUARD(field);
    printf("field %s\n", field.value.name);
    play_trainer(context, dataset, arguments[1]);
    play_game(context, dataset, arguments[1]);
    measure(context, samples);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
    return 0;
}
