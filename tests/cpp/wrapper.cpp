/* libgan.hpp: what it adds to the C API. Errors arrive as exceptions, handles move, zero means zero, defaults are
 * those of C, vectors are checked, and what a callback throws comes out of run(). */
#include <libgan.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

namespace
{

int failures = 0;

void expect(bool condition, const char *text, int line)
{
    if (condition) return;
    std::printf("line %d: expected %s\n", line, text);
    failures++;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

/* The call throws gan::error of this status, and its sentence has these words. */
template <typename Call> void expect_error(gan_status status, const char *words, int line, Call call)
{
    try {
        call();
    } catch (const gan::error &error) {
        if (error.status() == status && std::strstr(error.what(), words)) return;
        std::printf("line %d: %s: %s\n", line, gan_status_name(error.status()), error.what());
        failures++;
        return;
    }
    expect(false, gan_status_name(status), line);
}
#define EXPECT_ERROR(status, words, expression) \
    expect_error(status, words, __LINE__, [&] { static_cast<void>(expression); })

gan::model dense_model(const gan::context &context, int64_t inputs, int64_t outputs, uint64_t seed)
{
    gan::model model(context);
    model.add(gan::input(context, {inputs}), gan::dense(context, 8), gan::leaky_relu(context, 0.2f),
              gan::dense(context, outputs));
    model.build(seed);
    return model;
}

gan::dataset squares(const gan::context &context)
{
    std::vector<float> values;
    for (int i = 0; i < 64; i++) values.push_back(i % 2 == 0 ? 1.0f : -1.0f);
    return gan::dataset::from_array(context, {2}, values);
}

void test_precision()
{
    gan::context_options options;
    options.threads = 1;
    EXPECT(gan::context(options).info().precision == GAN_PRECISION_FLOAT32);
    options.cpu = GAN_CPU_BASELINE;
    options.precision = GAN_PRECISION_BFLOAT16;
    EXPECT(gan::context(options).info().precision == GAN_PRECISION_BFLOAT16);
    options.multiply = GAN_MULTIPLY_BLAS;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "precision", gan::context(options));
}

void test_errors_of_layers()
{
    gan::context context(1);
    EXPECT(gan::version() == gan_version_text());
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "units", gan::dense(context, -3));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "kernel", gan::conv2d(context, 8, {{{0, 3}}}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "stride", gan::conv_transpose2d(context, 8, {{{3, 3}}, {{1, 0}}}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "name", gan::dense(context, 1).named("a/b"));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "7", gan::input(context, {1, 2, 3, 4, 5, 6, 7}));
    /* Zero is not the default of 1e-5, but is out of range. */
    gan::batch_norm_options no_epsilon;
    no_epsilon.epsilon = 0.0f;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "epsilon", gan::batch_norm(context, no_epsilon));
    gan::sample_norm_options negative;
    negative.epsilon = -1.0f;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "layer_norm: epsilon", gan::layer_norm(context, negative));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "instance_norm: epsilon", gan::instance_norm(context, negative));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "group_norm: groups", gan::group_norm(context, 0));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "minibatch_stddev: group", gan::minibatch_stddev(context, 1));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "factor", gan::upsample2d(context, {{{0, 2}}}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "kernel", gan::avg_pool2d(context, {{{2, 0}}}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "stride", gan::avg_pool2d(context, {{{2, 2}}, {{{0, 1}}}}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "deviation", gan::gaussian_noise(context, -1.0f));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "classes", gan::embedding(context, 0, 5));
}

void test_images_and_labels()
{
    gan::context context(1);
    gan::model model(context);
    gan::node image = model.add(gan::input(context, {1, 4, 4}));
    model.add(gan::avg_pool2d(context), gan::upsample2d(context, {{{1, 3}}, GAN_INTERPOLATION_BILINEAR}),
              gan::avg_pool2d(context, {{{2, 3}}, {{{1, 1}}}}), gan::gaussian_noise(context, 0.5f),
              gan::flatten(context));
    gan::node label = model.add(gan::input(context, {1}));
    gan::node vector = model.add(gan::embedding(context, 3, 2, {GAN_CONSTANT(0.5f)}), {label});
    model.add(gan::concat(context), {static_cast<gan::node>(label - 1), vector});
    model.build(1);
    EXPECT(image == 0 && model.output_shape() == gan::shape({6}));
    EXPECT(model.tensor("5.weight") == std::vector<float>(6, 0.5f));
}

void test_models()
{
    gan::context context(1);
    gan::model model(context);
    gan::node in = model.add(gan::input(context, {4}));
    gan::node a = model.add(gan::dense(context, 3).named("left"), {in});
    gan::node b = model.add(gan::dense(context, 2), {in});
    gan::node joined = model.add(gan::concat(context), {a, b});
    model.set_outputs({joined, a});
    model.build(5);
    EXPECT(model.output_count() == 2 && model.output_shape() == gan::shape({5}));
    EXPECT(model.output_shape(1) != gan::shape({5}) && model.input_shape().count() == 4);
    EXPECT(model.parameter_count() == 4 * 3 + 3 + 4 * 2 + 2);
    EXPECT(model.tensors().at(0).name == "left.weight" && model.tensor("left.weight").size() == 12);
    EXPECT(model.describe().find("left") != std::string::npos && model.describe().back() != '\0');

    model.set_tensor("left.bias", {1, 2, 3});
    EXPECT(model.tensor("left.bias") == std::vector<float>({1, 2, 3}));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "nowhere", model.tensor("nowhere"));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "left.bias", model.set_tensor("left.bias", {1, 2}));

    gan::model wrong(context);
    wrong.add(gan::input(context, {1, 8, 8}), gan::dense(context, 3));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "(1, 8, 8)", wrong.build(1));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::model::load(context, "no-such-file"));
}

void test_clones_and_averages()
{
    gan::context context(1);
    gan::model model = dense_model(context, 2, 2, 1), clone = model.clone(), other = dense_model(context, 2, 2, 7);
    EXPECT(clone.tensor("0.weight") == model.tensor("0.weight") && clone.sample(3, 4) == model.sample(3, 4));
    clone.average(other, 0.25);
    float expected = 0.25f * model.tensor("0.weight")[5] + 0.75f * other.tensor("0.weight")[5];
    EXPECT(std::fabs(clone.tensor("0.weight")[5] - expected) < 1e-6f);
    EXPECT_ERROR(GAN_ERROR_ARCHITECTURE, "(8, 3)", clone.average(dense_model(context, 3, 2, 1), 0.5));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "decay is 2", clone.average(other, 2));
}

void test_spectral_norm()
{
    gan::context context(1);
    gan::model model(context);
    gan::dense_options dense;
    gan::conv2d_options conv;
    gan::conv_transpose2d_options transpose;
    dense.spectral_norm = conv.spectral_norm = transpose.spectral_norm = true;
    model.add(gan::input(context, {1, 5, 5}), gan::conv2d(context, 2, conv),
              gan::conv_transpose2d(context, 3, transpose), gan::flatten(context), gan::dense(context, 1, dense));
    model.build(5);
    for (const char *name : {"0.weight_sigma", "1.weight_sigma", "3.weight_sigma"}) {
        EXPECT(model.tensor(name).size() == 1 && model.tensor(name)[0] > 0);
    }
}

void test_moves()
{
    gan::model kept = [] {
        gan::context context(1);
        return dense_model(context, 2, 2, 1);
    }();
    EXPECT(kept.sample(1, 3).size() == 6);
    gan::model moved = std::move(kept);
    EXPECT(moved && !kept); // NOLINT: what a moved handle is, is what is tested
    EXPECT_ERROR(GAN_ERROR_NULL, "model", kept.build(1));

    gan::context context(1);
    gan::dataset first = squares(context);
    std::vector<float> before = first.read(0, 4).values;
    gan::dataset second = gan::dataset::from_array(context, {1}, {5});
    second = std::move(first);
    EXPECT(second.read(0, 4).values == before && second.shape() == gan::shape({2}) && second.count() == 32);
}

void test_sessions_and_losses()
{
    gan::context context(1);
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::session generate(generator), judge(discriminator);
    std::vector<float> fake = generate.run({1, 2, 3, 4, 5, 6}, GAN_MODE_TRAIN);
    EXPECT(fake.size() == 4 && generate.batch() == 2);
    judge.set_input(0, generate);
    judge.forward(GAN_MODE_TRAIN);
    std::vector<float> logits = judge.output();
    EXPECT(logits == gan::session(discriminator).run(fake));

    gan::loss_value loss = gan::generator_loss(GAN_LOSS_NON_SATURATING, logits);
    gan::loss_value same = gan::binary_cross_entropy(logits, {1, 1});
    EXPECT(std::fabs(loss.value - same.value) < 1e-6 && loss.gradient.size() == 2);
    judge.set_output_gradient(0, loss.gradient);
    judge.backward(GAN_BACKWARD_INPUTS);
    generate.set_output_gradient(0, judge);
    generator.zero_gradients();
    generate.backward(GAN_BACKWARD_PARAMETERS);
    EXPECT(generator.gradient_norm() > 0 && generator.gradient("0.weight").size() == 24);
    EXPECT(judge.input_gradient().size() == 4);

    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 3", generate.set_input(0, {1, 2, 3, 4}));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 4", generate.set_output_gradient(0, {1}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "index is 1", generate.output(1));
    EXPECT_ERROR(GAN_ERROR_BATCH, "session_options.batch", gan::session(generator, {0}));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "labels", gan::binary_cross_entropy({1, 2}, {1}));

    gan::discriminator_loss_value both = gan::discriminator_loss(GAN_LOSS_LEAST_SQUARES, {1}, {0, 0});
    EXPECT(both.value == 0 && both.real_gradient.size() == 1 && both.fake_gradient.size() == 2);
    EXPECT(std::fabs(gan::softmax_cross_entropy({0, 0}, {1}, 2).value - std::log(2.0)) < 1e-6);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "logits", gan::softmax_cross_entropy({0, 0, 0}, {1}, 2));
    EXPECT(gan::l1_loss({1, 3}, {0, 0}).value == 2 && gan::l2_loss({1, 3}, {0, 0}).value == 5);
}

void test_regularisers()
{
    gan::context context(1);
    gan::model discriminator = dense_model(context, 2, 1, 2);
    gan::random random(context, 4);
    gan::session_options options;
    options.second_order = true;
    gan::session judge(discriminator, options);
    std::vector<float> between = gan::penalty_interpolate(random, {1, 1, 1, 1}, {0, 0, 0, 0}, 2);
    EXPECT(between[0] == between[1] && between[0] >= 0 && between[0] < 1 && between[2] != between[0]);
    EXPECT(gan::penalty_perturb(random, {3, 3, 3, 3}, 2) == std::vector<float>(4, 3));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "fake", gan::penalty_interpolate(random, {1, 1}, {0}, 1));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "real", gan::penalty_perturb(random, {1, 1, 1}, 2));
    std::vector<float> image = {1, 2, 3, 4}, moved = gan::augment(context, GAN_AUGMENT_COLOUR, {1, 2, 2}, {}, image);
    EXPECT(moved.size() == 4 && std::fabs(moved[3] - moved[2] - moved[1] + moved[0]) < 1e-6 && moved != image);
    EXPECT(gan::augment_backward(context, 0, {1, 2, 2}, {}, image) == image);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "augment: samples", gan::augment(context, 0, {1, 2, 2}, {}, {1, 2, 3}));
    EXPECT(gan::instance_noise(random, 0, {1, 2}, 1) == std::vector<float>({1, 2}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "deviation", gan::instance_noise(random, -1, {1, 2}, 1));
    judge.set_input(0, between);
    discriminator.zero_gradients();
    EXPECT(judge.gradient_penalty(GAN_PENALTY_ZERO_CENTERED, 1) > 0 && discriminator.gradient_norm() > 0);
    discriminator.clip_weights(0.01f);
    for (float weight : discriminator.tensor("0.weight")) EXPECT(std::fabs(weight) <= 0.01f);
}

/* Mean |g|^2 / 2 over a batch of two, trained by passes of tangents in the direction dP/dg = g / 2. */
void test_tangents()
{
    gan::context context(1);
    gan::model discriminator = dense_model(context, 2, 1, 2);
    gan::session_options options;
    options.second_order = true;
    gan::session judge(discriminator, options);
    const std::vector<float> samples = {1, 2, -3, 4};
    judge.set_input(0, samples);
    discriminator.zero_gradients();
    const double penalty = judge.gradient_penalty(GAN_PENALTY_ZERO_CENTERED, 1);
    const std::vector<float> expected = discriminator.gradient("0.weight");

    judge.run(samples);
    judge.set_output_gradient(0, {1, 1});
    judge.backward(GAN_BACKWARD_INPUTS);
    std::vector<float> slope = judge.input_gradient(), direction = slope;
    for (float &value : direction) value /= 2;
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 4", judge.set_input_tangent(0, {1}));
    judge.set_input_tangent(0, direction);
    judge.tangent_forward();
    const std::vector<float> tangent = judge.output_tangent();
    EXPECT(tangent.size() == 2 && std::fabs(tangent[0] + tangent[1] - 2 * penalty) < 1e-6);
    discriminator.zero_gradients();
    judge.tangent_backward(GAN_BACKWARD_PARAMETERS);
    EXPECT(discriminator.gradient("0.weight") == expected);

    /* Leaky ReLU is straight on either side: R{dx} is the gradient itself where R{dy} is dy. */
    judge.set_output_gradient_tangent(0, {1, 1});
    judge.tangent_backward(GAN_BACKWARD_INPUTS);
    EXPECT(judge.input_gradient_tangent() == slope);
    EXPECT_ERROR(GAN_ERROR_STATE, "second_order", gan::session(discriminator).tangent_forward());
}

/* One step of SGD on a gradient of 1 with the C++ options: how far the weight went. */
float moved_by(const gan::context &context, const gan::optimizer_options &options)
{
    gan::model model(context);
    model.add(gan::input(context, {1}), gan::dense(context, 1));
    model.build(1);
    gan::optimizer optimizer(model, options);
    float before = model.tensor("0.weight")[0];
    gan::session session(model);
    for (int step = 0; step < 2; step++) {
        session.run({1}, GAN_MODE_TRAIN);
        session.set_output_gradient(0, {1});
        model.zero_gradients();
        session.backward(GAN_BACKWARD_PARAMETERS);
        EXPECT(std::fabs(optimizer.step() - std::sqrt(2.0)) < 1e-6);
    }
    EXPECT(optimizer.steps() == 2);
    return before - model.tensor("0.weight")[0];
}

void test_zero_is_zero()
{
    gan::context context(1);
    gan::optimizer_options options;
    EXPECT(moved_by(context, options) > 0);
    options.learning_rate = 0.0f; /* in C, 0 would be the default of 2e-4 */
    EXPECT(moved_by(context, options) == 0);
    options.algorithm = GAN_OPTIMIZER_SGD;
    options.learning_rate = 0.5f;
    EXPECT(std::fabs(moved_by(context, options) - 1.0f) < 1e-6f);
    options.algorithm = GAN_OPTIMIZER_ADAM;
    options.epsilon = 0.0f; /* the same: not 1e-8, but out of range */
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "epsilon", moved_by(context, options));
}

/* Weights of a generator after some steps. */
std::vector<float> trained(const gan::context &context, const gan_trainer_options *c, const gan::trainer_options &cpp)
{
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::dataset data = squares(context);
    if (c != nullptr) {
        gan_trainer *trainer = nullptr;
        gan_run_options run = gan_run_options();
        run.struct_size = sizeof run;
        run.steps = 5;
        gan::check(gan_trainer_create(context.get(), generator.get(), discriminator.get(), c, &trainer));
        gan::check(gan_trainer_run(trainer, data.get(), &run));
        gan_trainer_destroy(trainer);
    } else {
        gan::run_options run;
        run.steps = 5;
        gan::trainer trainer(context, generator, discriminator, cpp);
        EXPECT(trainer.run(data, run) && trainer.steps() == 5);
    }
    return generator.tensor("0.weight");
}

void test_defaults_are_those_of_c()
{
    gan::context context(2);
    gan_trainer_options c = gan_trainer_options();
    gan::trainer_options cpp;
    c.struct_size = sizeof c;
    EXPECT(trained(context, &c, {}) == trained(context, nullptr, cpp));
    cpp.beta1 = 0.0f;
    EXPECT(trained(context, &c, {}) != trained(context, nullptr, cpp));
    c.beta1 = GAN_ZERO;
    EXPECT(trained(context, &c, {}) == trained(context, nullptr, cpp));

    gan_optimizer_options optimizer = gan_optimizer_options();
    optimizer.struct_size = sizeof optimizer;
    c.generator_optimizer = &optimizer;
    cpp.generator_optimizer.emplace();
    EXPECT(trained(context, &c, {}) == trained(context, nullptr, cpp));
    cpp.batch = 0;
    EXPECT_ERROR(GAN_ERROR_BATCH, "trainer_options.batch", trained(context, nullptr, cpp));
}

void test_callbacks()
{
    gan::context context(1);
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer trainer(context, generator, discriminator);
    gan::dataset data = squares(context);
    gan::run_options run;
    int calls = 0;
    run.epochs = 3;
    run.progress = [&calls](const gan_step_report &) { calls++; };
    EXPECT(trainer.run(data, run) && calls == 3);

    run.progress = [](const gan_step_report &report) { return report.step == 5; };
    EXPECT(!trainer.run(data, run) && trainer.steps() == 5);
    trainer.cancel();
    EXPECT(!trainer.run(data, run) && trainer.steps() == 5);

    struct trouble {
    };
    bool caught = false;
    run.progress = [](const gan_step_report &) { throw trouble(); };
    try {
        trainer.run(data, run);
    } catch (const trouble &) {
        caught = true;
    }
    EXPECT(caught && trainer.steps() == 6);
    EXPECT(trainer.step({1, -1, 1, -1}).step == 7 && trainer.sample(1, 2) == generator.sample(1, 2));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 2", trainer.step({1}));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", trainer.load("no-such-file", data));
}

void test_average()
{
    gan::context context(1);
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer_options options;
    options.ema_half_life = 4;
    options.ema_ramp = 0.5f;
    gan::trainer trainer(context, generator, discriminator, options);
    trainer.step({1, -1, 1, -1});
    EXPECT(trainer.average().tensor("0.weight") == generator.tensor("0.weight")); /* nothing is left of the start */
    trainer.step({1, -1, 1, -1});
    EXPECT(trainer.average().tensor("0.weight") != generator.tensor("0.weight"));
    EXPECT(trainer.sample(1, 2) == trainer.average().sample(1, 2));

    EXPECT_ERROR(GAN_ERROR_STATE, "keeps no average", gan::trainer(context, generator, discriminator).average());
    options.ema_decay = 0.5f;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "at most one", gan::trainer(context, generator, discriminator, options));
    options.ema_decay = 0.0f;
    options.simultaneous = options.fresh_noise = true;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "simultaneous", gan::trainer(context, generator, discriminator, options));
}

void test_packing()
{
    gan::context context(1);
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 4, 1, 2);
    gan::trainer_options options;
    options.packing = 2;
    options.instance_noise = 0.1f;
    options.instance_noise_steps = 3;
    gan::trainer trainer(context, generator, discriminator, options);
    EXPECT(trainer.step({1, -1, 1, -1}).batch == 2 && trainer.sample(1, 3).size() == 6);
    EXPECT_ERROR(GAN_ERROR_BATCH, "packing, 2", trainer.step({1, -1}));
    options.augment = GAN_AUGMENT_CUTOUT;
    EXPECT_ERROR(GAN_ERROR_SHAPE, "augment is 4", gan::trainer(context, generator, discriminator, options));
    options.packing = 0;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "trainer_options.packing",
                 gan::trainer(context, generator, discriminator, options));
}

void test_diagnosis()
{
    gan::context context(1);
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer_options options;
    options.diagnosis_interval = 1;
    gan::trainer trainer(context, generator, discriminator, options);
    EXPECT_ERROR(GAN_ERROR_STATE, "no step", trainer.layer_reports(GAN_ROLE_GENERATOR));
    EXPECT(trainer.step({1, -1, -1, 1}).diversity > 0 && trainer.diagnoses() == 0);
    EXPECT_ERROR(GAN_ERROR_DIVERGED, "not finite", trainer.step({NAN, 1}));
    EXPECT(trainer.diagnoses() == GAN_DIAGNOSIS_NOT_FINITE);
    trainer.step({1, -1, -1, 1});
    std::vector<gan_layer_report> reports = trainer.layer_reports(GAN_ROLE_GENERATOR);
    EXPECT(!reports.empty() && reports[0].name == std::string("0") && reports[0].weight_norm > 0);
    options.diagnosis_interval = GAN_DIAGNOSIS_OFF;
    EXPECT(std::isnan(gan::trainer(context, generator, discriminator, options).step({1, -1}).real_accuracy));
    options.diagnosis_interval = 0;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "trainer_options.diagnosis_interval",
                 gan::trainer(context, generator, discriminator, options));
}

void test_random_and_data()
{
    gan::context context(1);
    gan::random random(context, 7);
    gan_random_state start = random.state();
    std::vector<float> normal = random.normal(100);
    EXPECT(normal != random.normal(100));
    random.set_state(start);
    EXPECT(normal == random.normal(100) && random.uniform(3).size() == 3);

    gan::dataset_options in_order;
    in_order.in_order = true;
    gan::dataset data = gan::dataset::from_array(context, {1}, {10, 20, 30}, {0, 4, 2}, in_order);
    gan::samples batch = data.next(2);
    EXPECT(batch.count == 2 && batch.values == std::vector<float>({10, 20}));
    EXPECT(batch.labels == std::vector<int32_t>({0, 4}) && data.classes() == 5);
    gan_dataset_cursor cursor = data.cursor();
    batch = data.next(2);
    EXPECT(batch.count == 1 && batch.values == std::vector<float>({30}) && batch.labels.size() == 1);
    data.set_cursor(cursor);
    EXPECT(data.next(2).values == batch.values && data.read(1, 1).values[0] == 20);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "labels", gan::dataset::from_array(context, {1}, {1, 2}, {1}));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::dataset::open_idx(context, "no-such-file"));
}

} // namespace

int main()
{
    try {
        test_precision();
        test_errors_of_layers();
        test_images_and_labels();
        test_models();
        test_clones_and_averages();
        test_spectral_norm();
        test_moves();
        test_sessions_and_losses();
        test_regularisers();
        test_tangents();
        test_zero_is_zero();
        test_defaults_are_those_of_c();
        test_callbacks();
        test_average();
        test_packing();
        test_diagnosis();
        test_random_and_data();
    } catch (const gan::error &error) {
        std::printf("%s: %s\n", gan_status_name(error.status()), error.what());
        return 1;
    }
    return failures > 0;
}
