/* Wrote the files of this folder with version 0.1, by its public API only. It is no part of the build: it documents
 * what was written, and was built against an installed 0.1 and run in an empty folder by
 *
 *     cc -std=c11 -o make_fixtures make_fixtures.c $(pkg-config --cflags --libs libgan) && ./make_fixtures
 *
 * model-NAME.safetensors are models, model-NAME.K.npy their outputs K in sample mode for the inputs of input_value().
 * trainer-NAME.safetensors are checkpoints after STEPS steps, trainer-NAME.N.npy samples after N steps, and
 * trainer-NAME.csv the history up to LATER steps after it. history.csv is a history by itself. */
#include <libgan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 5,   /* samples that go through a model */
    CLASSES = 3, /* an input of the shape (1) is a label below this */
    IMAGES = 20, /* in the dataset, of SIDE * SIDE pixels */
    SIDE = 8,
    STEPS = 5,    /* before the checkpoint */
    LATER = 4,    /* after it */
    SAMPLES = 4,  /* of a trainer */
    LARGEST = 512 /* values of a sample, at most */
};

static void check(gan_status status, const char *what)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s: %s\n", what, gan_status_name(status), gan_last_error());
    exit(1);
}

#define CHECK(call) check(call, #call)

static gan_model *new_model(gan_context *context)
{
    gan_model *model = NULL;
    CHECK(gan_model_create(context, &model));
    return model;
}

/* ---- Models --------------------------------------------------------------------------------------------------- */

/* Every layer of one input as it is by default. */
static gan_model *make_defaults(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(2, 6, 6)));
    gan_model_add(m, gan_layer_conv2d(c, 3, NULL));
    gan_model_add(m, gan_layer_batch_norm(c, NULL));
    gan_model_add(m, gan_layer_relu(c));
    gan_model_add(m, gan_layer_conv_transpose2d(c, 2, NULL));
    gan_model_add(m, gan_layer_instance_norm(c, NULL));
    gan_model_add(m, gan_layer_leaky_relu(c, 0.2f));
    gan_model_add(m, gan_layer_upsample2d(c, NULL));
    gan_model_add(m, gan_layer_avg_pool2d(c, NULL));
    gan_model_add(m, gan_layer_group_norm(c, 1, NULL));
    gan_model_add(m, gan_layer_pixel_norm(c));
    gan_model_add(m, gan_layer_minibatch_stddev(c, 0));
    gan_model_add(m, gan_layer_layer_norm(c, NULL));
    gan_model_add(m, gan_layer_softplus(c));
    gan_model_add(m, gan_layer_dropout(c, 0.5f));
    gan_model_add(m, gan_layer_gaussian_noise(c, 0.1f));
    gan_model_add(m, gan_layer_flatten(c));
    gan_model_add(m, gan_layer_dense(c, 4, NULL));
    gan_model_add(m, gan_layer_tanh(c));
    gan_model_add(m, gan_layer_reshape(c, GAN_SHAPE(2, 1, 2)));
    gan_model_add(m, gan_layer_sigmoid(c));
    return m;
}

/* Every option as it is not by default, but spectral normalisation. */
static gan_model *make_options(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(3, 9, 7)));
    gan_model_add(
        m, gan_layer_named(gan_layer_conv2d(c, 4,
                                            GAN_CONV2D(.kernel = {5, 2}, .stride = {2, 3},
                                                       .padding = GAN_PADDING_EXPLICIT, .pads = {4, 1, 0, 1},
                                                       .no_bias = true, .weight_initializer = GAN_NORMAL(0.1f))),
                           "first convolution"));
    gan_model_add(m, gan_layer_batch_norm(c, GAN_BATCH_NORM(.momentum = 0.25f, .epsilon = 1e-3f, .no_affine = true)));
    gan_model_add(m, gan_layer_leaky_relu(c, 0.1f));
    gan_model_add(m, gan_layer_conv_transpose2d(c, 3,
                                                GAN_CONV_TRANSPOSE2D(.kernel = {3, 4}, .stride = {2, 3},
                                                                     .padding = GAN_PADDING_EXPLICIT,
                                                                     .pads = {1, 0, 2, 1}, .output_padding = {1, 2},
                                                                     .weight_initializer = GAN_UNIFORM(0.2f),
                                                                     .bias_initializer = GAN_CONSTANT(0.25f))));
    gan_model_add(m, gan_layer_layer_norm(c, GAN_LAYER_NORM(.epsilon = 1e-3f, .no_affine = true)));
    gan_model_add(m, gan_layer_conv2d(c, 4,
                                      GAN_CONV2D(.kernel = {2, 3}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                                 .weight_initializer = GAN_HE_UNIFORM,
                                                 .bias_initializer = GAN_CONSTANT(-0.5f))));
    gan_model_add(m, gan_layer_instance_norm(c, GAN_INSTANCE_NORM(.epsilon = 1e-2f, .no_affine = true)));
    gan_model_add(
        m, gan_layer_conv_transpose2d(c, 4,
                                      GAN_CONV_TRANSPOSE2D(.stride = {1, 2}, .padding = GAN_PADDING_SAME,
                                                           .no_bias = true, .weight_initializer = GAN_LECUN_NORMAL)));
    gan_model_add(m, gan_layer_group_norm(c, 2, GAN_GROUP_NORM(.epsilon = 1e-4f, .no_affine = true)));
    gan_model_add(
        m, gan_layer_upsample2d(c, GAN_UPSAMPLE2D(.factor = {2, 3}, .interpolation = GAN_INTERPOLATION_BILINEAR)));
    gan_model_add(m, gan_layer_avg_pool2d(c, GAN_AVG_POOL2D(.kernel = {3, 4}, .stride = {2, 3})));
    gan_model_add(m, gan_layer_minibatch_stddev(c, 3));
    gan_model_add(m, gan_layer_dropout(c, 0.25f));
    gan_model_add(m, gan_layer_gaussian_noise(c, 0.5f));
    gan_model_add(m, gan_layer_flatten(c));
    gan_model_add(m, gan_layer_dense(c, 4, GAN_DENSE(.no_bias = true, .weight_initializer = GAN_GLOROT_NORMAL)));
    gan_model_add(m, gan_layer_dense(
                         c, 6, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL, .bias_initializer = GAN_NORMAL(0.3f))));
    gan_model_add(m, gan_layer_named(
                         gan_layer_dense(
                             c, 6, GAN_DENSE(.weight_initializer = GAN_LECUN_UNIFORM, .bias_initializer = GAN_ZEROS)),
                         "the layer \"\xc3\xa9\" of 6"));
    gan_model_add(m, gan_layer_dense(c, 6, GAN_DENSE(.weight_initializer = GAN_GLOROT_UNIFORM)));
    gan_model_add(m, gan_layer_reshape(c, GAN_SHAPE(3, 2)));
    return m;
}

/* Three inputs, two outputs, both kinds of joining, an output that another layer reads. */
static gan_model *make_graph(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_node image = gan_model_add(m, gan_layer_input(c, GAN_SHAPE(2, 4, 4)));
    gan_node label = gan_model_add(m, gan_layer_input(c, GAN_SHAPE(1)));
    gan_node vector = gan_model_add(m, gan_layer_input(c, GAN_SHAPE(5)));
    gan_node embedded = gan_model_add_from(
        m, gan_layer_embedding(c, CLASSES, 4, GAN_EMBEDDING(.weight_initializer = GAN_UNIFORM(0.5f))),
        GAN_NODES(label));
    gan_node named =
        gan_model_add_from(m, gan_layer_named(gan_layer_embedding(c, CLASSES, 2, NULL), "class"), GAN_NODES(label));
    gan_node all = gan_model_add_from(m, gan_layer_concat(c, 0), GAN_NODES(embedded, vector, named));
    gan_model_add_from(m, gan_layer_dense(c, 32, NULL), GAN_NODES(all));
    gan_node plane = gan_model_add(m, gan_layer_reshape(c, GAN_SHAPE(2, 4, 4)));
    gan_node sum = gan_model_add_from(m, gan_layer_add(c), GAN_NODES(image, plane, image));
    gan_node wide = gan_model_add_from(m, gan_layer_concat(c, 2), GAN_NODES(sum, plane));
    gan_node pixels =
        gan_model_add_from(m, gan_layer_conv2d(c, 3, GAN_CONV2D(.padding = GAN_PADDING_SAME)), GAN_NODES(wide));
    gan_model_add_from(m, gan_layer_flatten(c), GAN_NODES(pixels));
    gan_node logits = gan_model_add(m, gan_layer_dense(c, 2, NULL));
    CHECK(gan_model_set_outputs(m, GAN_NODES(logits, sum, pixels)));
    return m;
}

static gan_model *make_spectral(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(2, 5, 5)));
    gan_model_add(m, gan_layer_conv2d(c, 3, GAN_CONV2D(.stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(m, gan_layer_conv_transpose2d(
                         c, 3, GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .no_bias = true, .spectral_norm = true)));
    gan_model_add(m, gan_layer_flatten(c));
    gan_model_add(m, gan_layer_dense(c, 4, GAN_DENSE(.spectral_norm = true)));
    gan_model_add(m,
                  gan_layer_named(gan_layer_dense(c, 1, GAN_DENSE(.no_bias = true, .spectral_norm = true)), "logit"));
    return m;
}

/* ---- Models of trainers --------------------------------------------------------------------------------------- */

static gan_model *make_generator(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(6)));
    gan_model_add(m, gan_layer_dense(c, 8, GAN_DENSE(.no_bias = true)));
    gan_model_add(m, gan_layer_batch_norm(c, NULL));
    gan_model_add(m, gan_layer_leaky_relu(c, 0.2f));
    gan_model_add(m, gan_layer_dropout(c, 0.1f));
    gan_model_add(m, gan_layer_named(gan_layer_dense(c, SIDE * SIDE, NULL), "pixels"));
    gan_model_add(m, gan_layer_tanh(c));
    gan_model_add(m, gan_layer_reshape(c, GAN_SHAPE(1, SIDE, SIDE)));
    return m;
}

/* Keeps the samples of a batch apart, and has second derivatives. What is added to all logits alike would
 * be trained by rounding only where a loss is of differences. */
static gan_model *make_critic(gan_context *c)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(1, SIDE, SIDE)));
    gan_model_add(m, gan_layer_gaussian_noise(c, 0.05f));
    gan_model_add(
        m, gan_layer_conv2d(c, 4, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME, .spectral_norm = true)));
    gan_model_add(m, gan_layer_layer_norm(c, NULL));
    gan_model_add(m, gan_layer_leaky_relu(c, 0.2f));
    gan_model_add(m, gan_layer_dropout(c, 0.2f));
    gan_model_add(m, gan_layer_flatten(c));
    gan_model_add(m, gan_layer_dense(c, 1, GAN_DENSE(.no_bias = true, .spectral_norm = true)));
    return m;
}

/* Knows a batch as a whole. A bias before batch normalisation would be trained by rounding only. */
static gan_model *make_discriminator(gan_context *c, int64_t channels)
{
    gan_model *m = new_model(c);
    gan_model_add(m, gan_layer_input(c, GAN_SHAPE(channels, SIDE, SIDE)));
    gan_model_add(m, gan_layer_conv2d(c, 4,
                                      GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_EXPLICIT,
                                                 .pads = {1, 1, 1, 1}, .no_bias = true)));
    gan_model_add(m, gan_layer_batch_norm(c, NULL));
    gan_model_add(m, gan_layer_leaky_relu(c, 0.2f));
    gan_model_add(m, gan_layer_minibatch_stddev(c, 0));
    gan_model_add(m, gan_layer_flatten(c));
    gan_model_add(m, gan_layer_dense(c, 1, NULL));
    return m;
}

static gan_model *make_single(gan_context *c)
{
    return make_discriminator(c, 1);
}

static gan_model *make_pack(gan_context *c)
{
    return make_discriminator(c, 2);
}

/* ---- Writing models
 * ------------------------------------------------------------------------------------------------ */

typedef struct named_model {
    const char *name;
    gan_model *(*make)(gan_context *context);
} named_model;

static const named_model models[] = {
    {"defaults", make_defaults},   {"options", make_options}, {"graph", make_graph},   {"spectral", make_spectral},
    {"generator", make_generator}, {"critic", make_critic},   {"single", make_single}, {"pack", make_pack},
};

/* Value `i` of input `input`, counted over the batch; all of them are exact in float. */
static float input_value(int64_t input, int64_t i, int64_t size)
{
    return size == 1 ? (float)(i % CLASSES) : (float)((i * 37 + input * 11) % 64) / 32 - 1;
}

static void set_inputs(const gan_model *model, gan_session *session)
{
    static float values[BATCH * LARGEST];
    for (size_t k = 0; k < gan_model_input_count(model); k++) {
        gan_shape shape;
        CHECK(gan_model_input_shape(model, k, &shape));
        const int64_t size = gan_shape_count(shape);
        for (int64_t i = 0; i < BATCH * size; i++) values[i] = input_value((int64_t)k, i, size);
        CHECK(gan_session_set_input(session, k, values, BATCH));
    }
}

/* Two passes in training move what the model keeps. Then it is written, with its outputs. */
static void write_model(gan_context *context, const named_model *named, uint64_t seed)
{
    static float values[BATCH * LARGEST];
    char path[128];
    gan_session *session = NULL;
    gan_model *model = named->make(context);
    CHECK(gan_model_build(model, seed));
    CHECK(gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = seed), &session));
    set_inputs(model, session);
    CHECK(gan_session_forward(session, GAN_MODE_TRAIN));
    CHECK(gan_session_forward(session, GAN_MODE_TRAIN));
    snprintf(path, sizeof(path), "model-%s.safetensors", named->name);
    CHECK(gan_model_save(model, path));
    CHECK(gan_session_forward(session, GAN_MODE_SAMPLE));
    for (size_t k = 0; k < gan_model_output_count(model); k++) {
        gan_shape shape;
        CHECK(gan_model_output_shape(model, k, &shape));
        CHECK(gan_session_get_output(session, k, values));
        snprintf(path, sizeof(path), "model-%s.%d.npy", named->name, (int)k);
        CHECK(gan_npy_write(context, path, values, BATCH, shape));
    }
    gan_session_destroy(session);
    gan_model_destroy(model);
}

/* ---- Writing checkpoints
 * ------------------------------------------------------------------------------------------- */

typedef struct named_trainer {
    const char *name, *discriminator;
    const gan_trainer_options *options;
} named_trainer;

static const named_trainer trainers[] = {
    {"adam", "single", GAN_TRAINER(.batch = 8)},
    {"rmsprop", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_WASSERSTEIN, .discriminator_steps = 3, .weight_clip = 0.05f, .seed = 11,
                 .noise = GAN_NOISE_UNIFORM, .diagnosis_interval = GAN_DIAGNOSIS_OFF,
                 .generator_optimizer =
                     GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 1e-3f, .decay = 0.9f,
                                   .epsilon = 1e-3f, .clip_norm = 0.1f, .schedule = GAN_SCHEDULE_STEP,
                                   .schedule_steps = 2, .schedule_factor = 0.5f),
                 .discriminator_optimizer =
                     GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 2e-3f,
                                   .schedule = GAN_SCHEDULE_EXPONENTIAL, .schedule_steps = 40))},
    {"sgd", "single",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_SATURATING, .order = GAN_ORDER_GENERATOR_FIRST, .label_smoothing = 0.1f,
                 .ema_decay = 0.9f, .seed = 12, .diagnosis_interval = 3,
                 .generator_optimizer = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.05f,
                                                      .momentum = 0.8f, .schedule = GAN_SCHEDULE_LINEAR,
                                                      .schedule_steps = 20, .final_learning_rate = 0.01f),
                 .discriminator_optimizer = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.02f,
                                                          .schedule = GAN_SCHEDULE_COSINE, .schedule_steps = 10))},
    {"penalties", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_WASSERSTEIN, .learning_rate = 1e-3f, .beta1 = GAN_ZERO, .beta2 = 0.9f,
                 .discriminator_steps = 2, .r1 = 0.5f, .r2 = 0.25f, .gradient_penalty = 10, .dragan = 5,
                 .penalty_interval = 2, .penalty_schedule = GAN_SCHEDULE_COSINE, .penalty_schedule_steps = 12,
                 .final_penalty_factor = 0.1f, .ema_half_life = 100, .ema_ramp = 0.5f, .seed = 13,
                 .diagnosis_interval = 2)},
    {"seen", "pack",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_HINGE, .learning_rate = 1e-3f, .packing = 2, .instance_noise = 0.3f,
                 .instance_noise_steps = 8, .ema_half_life = 50, .seed = 14, .diagnosis_interval = 1,
                 .augment = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT)},
    {"simultaneous", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_RELATIVISTIC, .simultaneous = true, .r1 = 0.2f, .r2 = 0.2f,
                 .penalty_schedule = GAN_SCHEDULE_LINEAR, .penalty_schedule_steps = 10, .ema_half_life = 200,
                 .ema_ramp = 0.05f, .seed = 15, .diagnosis_interval = 4,
                 .generator_optimizer =
                     GAN_OPTIMIZER(.learning_rate = 1e-3f, .beta1 = 0.3f, .beta2 = 0.95f, .epsilon = 1e-7f))},
    {"least-squares", "single",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_LEAST_SQUARES, .discriminator_steps = 2, .fresh_noise = true,
                 .instance_noise = 0.1f, .augment = GAN_AUGMENT_TRANSLATION, .seed = 16, .diagnosis_interval = 3,
                 .discriminator_optimizer =
                     GAN_OPTIMIZER(.learning_rate = 4e-4f, .beta1 = 0.5f, .schedule = GAN_SCHEDULE_COSINE,
                                   .schedule_steps = 30, .final_learning_rate = 1e-5f))},
};

/* Times are left out, so that the same is written each time. */
static int add_row(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)trainer;
    gan_step_report row = *report;
    row.samples_per_second = row.seconds = 0;
    CHECK(gan_history_add(user, &row));
    return 0;
}

static void fill_images(float images[IMAGES][SIDE][SIDE])
{
    for (int i = 0; i < IMAGES; i++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) images[i][y][x] = (float)((i * 7 + y * 3 + x * 5) % 16) / 8 - 1;
}

static gan_model *load_model(gan_context *context, const char *name)
{
    gan_model *model = NULL;
    char path[128];
    snprintf(path, sizeof(path), "model-%s.safetensors", name);
    CHECK(gan_model_load(context, path, &model));
    return model;
}

static void write_samples(gan_context *context, gan_trainer *trainer, const char *name, int steps)
{
    static float samples[SAMPLES][SIDE][SIDE];
    char path[128];
    CHECK(gan_trainer_sample(trainer, 1, SAMPLES, samples[0][0]));
    snprintf(path, sizeof(path), "trainer-%s.%d.npy", name, steps);
    CHECK(gan_npy_write(context, path, samples[0][0], SAMPLES, GAN_SHAPE(1, SIDE, SIDE)));
}

static void write_trainer(gan_context *context, const named_trainer *named)
{
    static float images[IMAGES][SIDE][SIDE];
    char path[128];
    gan_dataset *dataset = NULL;
    gan_trainer *trainer = NULL;
    gan_history *history = NULL;
    gan_model *generator = load_model(context, "generator");
    gan_model *discriminator = load_model(context, named->discriminator);
    fill_images(images);
    CHECK(gan_dataset_from_array(context, images[0][0], NULL, IMAGES, GAN_SHAPE(1, SIDE, SIDE),
                                 GAN_DATASET(.seed = 3), &dataset));
    CHECK(gan_trainer_create(context, generator, discriminator, named->options, &trainer));
    CHECK(gan_history_create(context, &history));
    CHECK(gan_trainer_run(trainer, dataset, GAN_RUN(.steps = STEPS, .progress = add_row, .user = history)));
    snprintf(path, sizeof(path), "trainer-%s.safetensors", named->name);
    CHECK(gan_trainer_save(trainer, dataset, path));
    write_samples(context, trainer, named->name, STEPS);
    CHECK(gan_trainer_run(trainer, dataset, GAN_RUN(.steps = LATER, .progress = add_row, .user = history)));
    write_samples(context, trainer, named->name, STEPS + LATER);
    snprintf(path, sizeof(path), "trainer-%s.csv", named->name);
    CHECK(gan_history_write_csv(history, path));
    gan_history_destroy(history);
    gan_trainer_destroy(trainer);
    gan_dataset_destroy(dataset);
    gan_model_destroy(discriminator);
    gan_model_destroy(generator);
}

/* A history of all kinds of numbers, and of every diagnosis. */
static void write_history(gan_context *context)
{
    gan_history *history = NULL;
    CHECK(gan_history_create(context, &history));
    for (int i = 0; i < 6; i++) {
        gan_step_report row = GAN_STEP_REPORT_INIT;
        row.step = i == 5 ? INT64_C(1) << 53 : 1 + 10 * i;
        row.epoch = i * i;
        row.batch = 32 + i;
        row.discriminator_loss = i == 4 ? NAN : 1.3862943611 / (i + 1);
        row.generator_loss = i == 4 ? NAN : -0.1 * i;
        row.real_probability = 1 - 1e-9 * i;
        row.fake_probability = 1e-9 * i;
        row.discriminator_gradient_norm = i == 3 ? INFINITY : 1.2345678e30;
        row.generator_gradient_norm = 1.2345678e-30;
        row.samples_per_second = 12345.6789;
        row.seconds = 0.25 * i;
        row.penalty = 1.0 / 3;
        row.real_accuracy = row.fake_accuracy = row.diversity = row.saturation = i < 2 ? NAN : 0.125 * i;
        row.generator_update_ratio = row.discriminator_update_ratio = i < 2 ? NAN : 1e-3 * i;
        row.diagnoses = i == 5 ? 31 : i == 0 ? 0 : UINT64_C(1) << (i - 1);
        CHECK(gan_history_add(history, &row));
    }
    CHECK(gan_history_write_csv(history, "history.csv"));
    gan_history_destroy(history);
}

int main(void)
{
    gan_context *context = NULL;
    CHECK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) write_model(context, &models[i], i);
    for (size_t i = 0; i < sizeof(trainers) / sizeof(trainers[0]); i++) write_trainer(context, &trainers[i]);
    write_history(context);
    gan_context_destroy(context);
    return 0;
}
