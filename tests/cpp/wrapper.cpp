/* libgan.hpp: what it adds to the C API. Errors arrive as exceptions, handles move, options are C's, vectors are
 * checked, and whatever a callback throws leaves the handles valid. */
#include "expect.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

namespace
{

gan::model dense_model(const gan::context &context, int64_t inputs, int64_t outputs, uint64_t seed)
{
    gan::model model(context);
    model.add(gan::input(context, {inputs}), gan::dense(context, 8), gan::leaky_relu(context),
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

void test_options()
{
    gan_context_options options = GAN_CONTEXT(.threads = 1, .cpu = GAN_CPU_BASELINE);
    EXPECT(options.struct_size == sizeof(options) && options.threads == 1 && options.log == nullptr);
    EXPECT(gan::context(options).get_info().precision == GAN_PRECISION_FLOAT32);
    options.struct_size = 0; /* functions set it */
    options.precision = GAN_PRECISION_BFLOAT16;
    EXPECT(gan::context(options).get_info().precision == GAN_PRECISION_BFLOAT16);
    options.multiply = GAN_MULTIPLY_BLAS;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "precision", gan::context(options));
    EXPECT(gan::context(GAN_CONTEXT(.threads = 3)).get_info().threads == 3);
    EXPECT(gan::context().get_info().threads >= 1);
}

void test_errors_of_layers()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    EXPECT(gan::version() == gan_version_text());
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "units", gan::dense(context, -3));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "kernel", gan::conv2d(context, 8, GAN_CONV2D(.kernel = {-1, 3})));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "stride",
                 gan::conv_transpose2d(context, 8, GAN_CONV_TRANSPOSE2D(.stride = {1, -1})));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "name", gan::dense(context, 1).named("a/b"));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "7", gan::input(context, {1, 2, 3, 4, 5, 6, 7}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "epsilon", gan::batch_norm(context, GAN_BATCH_NORM(.epsilon = GAN_ZERO)));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "layer_norm: epsilon", gan::layer_norm(context, GAN_LAYER_NORM(.epsilon = -1)));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "group_norm: groups", gan::group_norm(context, 0));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "classes", gan::embedding(context, 0, 5));
    gan_dense_options newer = GAN_DENSE(.reserved = {1});
    EXPECT_ERROR(GAN_ERROR_VERSION, "dense", gan::dense(context, 8, newer));
}

/* Each kind of layer, called in libgan.hpp's form: without options, with a shape, one number or two. */
void test_kinds_of_layers()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model(context);
    model.add(gan::input(context, {16}), gan::reshape(context, {4, 2, 2}),
              gan::group_norm(context, 2, GAN_GROUP_NORM(.no_affine = true)));
    model.add(gan::conv_transpose2d(context, 3, GAN_CONV_TRANSPOSE2D(.kernel = {2, 2}, .stride = {2, 2})));
    model.add(gan::conv2d(context, 5, GAN_CONV2D(.padding = GAN_PADDING_SAME, .no_bias = true)), gan::relu(context));
    gan::node images = model.add(gan::pixel_norm(context));
    gan::node label = model.add(gan::input(context, {1}));
    model.add(gan::conditional_batch_norm(context, 3, GAN_CONDITIONAL_BATCH_NORM(.momentum = 0.5f)), {images, label});
    model.add(gan::minibatch_stddev(context, GAN_MINIBATCH_STDDEV(.group = 2)));
    model.add(gan::pixel_shuffle(context, 1), gan::pad2d(context, GAN_PAD2D(.mode = GAN_PAD_REFLECTION)));
    model.add(gan::dropout(context, GAN_DROPOUT(.rate = 0.25f, .in_sampling = true)), gan::flatten(context),
              gan::softplus(context), gan::softmax(context));
    model.add(gan::elu(context, GAN_ELU(.alpha = 0.5f)), gan::silu(context), gan::gelu(context), gan::prelu(context),
              gan::gradient_reversal(context));
    model.build(1);
    EXPECT(model.get_output_shape() == gan::shape({6 * 4 * 4}));
    EXPECT(model.parameter_count() == 4 * 3 * 2 * 2 + 3 + 3 * 5 * 3 * 3 + 2 * 3 * 5 + 1);
}

void test_images_and_labels()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model(context);
    gan::node image = model.add(gan::input(context, {1, 4, 4}));
    model.add(gan::avg_pool2d(context),
              gan::upsample2d(context, GAN_UPSAMPLE2D(.factor = {1, 3}, .interpolation = GAN_INTERPOLATION_BILINEAR)),
              gan::avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {2, 3}, .stride = {1, 1})),
              gan::gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.5f)), gan::flatten(context));
    gan::node rows = model.add(gan::reshape(context, {4, 1}));
    model.add(gan::attention(context, GAN_ATTENTION(.scale = 0.5f)), {rows, rows, rows});
    gan::node mean = model.add(gan::flatten(context));
    gan::node code = model.add(gan::gaussian_sample(context), {mean, mean});
    gan::node label = model.add(gan::input(context, {1}));
    gan::node vector =
        model.add(gan::embedding(context, 3, 2, GAN_EMBEDDING(.weight_initializer = GAN_CONSTANT(0.5f))), {label});
    gan::node part = model.add(gan::slice(context, GAN_SLICE(.start = 1, .length = 3)),
                               {model.add(gan::one_hot(context, 4), {label})});
    model.add(gan::concat(context), {code, vector, part});
    model.build(1);
    EXPECT(image == 0 && model.get_output_shape() == gan::shape({9}));
    EXPECT(model.get_tensor("9.weight") == std::vector<float>(6, 0.5f));
}

void test_models()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model(context);
    gan::node in = model.add(gan::input(context, {4}));
    gan::node a = model.add(gan::dense(context, 3).named("left"), {in});
    gan::node b = model.add(gan::dense(context, 2), {in});
    gan::node joined = model.add(gan::concat(context), {a, b});
    model.set_outputs({joined, a});
    model.build(5);
    EXPECT(model.output_count() == 2 && model.get_output_shape() == gan::shape({5}));
    EXPECT(model.get_output_shape(1) != gan::shape({5}) && model.get_input_shape().count() == 4);
    EXPECT(model.parameter_count() == 4 * 3 + 3 + 4 * 2 + 2);
    EXPECT(model.tensor_count() == 4 && model.get_tensor_info(0).name == std::string("left.weight") &&
           model.get_tensor("left.weight").size() == 12);
    EXPECT(model.describe().find("left") != std::string::npos && model.describe().back() != '\0');

    model.set_tensor("left.bias", {1, 2, 3});
    EXPECT(model.get_tensor("left.bias") == std::vector<float>({1, 2, 3}));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "nowhere", model.get_tensor("nowhere"));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "left.bias", model.set_tensor("left.bias", {1, 2}));

    gan::model wrong(context);
    wrong.add(gan::input(context, {1, 8, 8}), gan::dense(context, 3));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "(1, 8, 8)", wrong.build(1));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::model::load(context, "no-such-file"));
}

/* The order of arguments is that of C: the columns, then the step. */
void test_pictures_of_events()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    const std::string folder = "wrapper-events";
    std::string path, content;
    {
        gan::summary_writer writer(context, folder);
        path = writer.path();
        try {
            writer.add_images("samples", {0, 1, 0}, gan::shape({1, 1, 1}), 1, 77);
        } catch (const gan::error &error) {
            EXPECT(error.status() == GAN_ERROR_UNSUPPORTED); /* without libpng */
            content = "\x10\x4d\x2a";
        }
    }
    std::ifstream file(path, std::ios::binary);
    content.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    EXPECT(content.find("\x10\x4d\x2a") != std::string::npos); /* step 77, then the summary */
    file.close();
    EXPECT(std::filesystem::remove(path) && std::filesystem::remove(folder));
}

void test_memory_instead_of_files()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model = dense_model(context, 2, 2, 1), other = dense_model(context, 2, 2, 7);
    gan::bytes saved(context);
    model.save_to(saved.writer());
    gan_reader reader = gan::reader_from_memory(saved.data(), saved.size());
    EXPECT(reader.size == static_cast<int64_t>(saved.size()) && reader.size > 0);
    EXPECT(gan::model::load_from(context, reader).get_tensor("0.weight") == model.get_tensor("0.weight"));
    other.load_weights_from(reader);
    EXPECT_ERROR(GAN_ERROR_ARCHITECTURE, "after renaming", other.load_weights_from(reader, {{"0.", "9."}}));
    gan::bytes half(context);
    model.save_to(half.writer(), GAN_SAVE(.storage = GAN_STORAGE_FLOAT16));
    EXPECT(half.size() < saved.size());
    gan::bytes onnx(context);
    model.save_onnx_to(onnx.writer(), GAN_SAVE_ONNX(.opset = 18));
    EXPECT(onnx.size() > saved.size() / 2);
    gan_reader onnx_reader = gan::reader_from_memory(onnx.data(), onnx.size());
    EXPECT(gan::model::load_onnx_from(context, onnx_reader).get_tensor("0.weight") == model.get_tensor("0.weight"));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file",
                 gan::model::load_onnx(context, "no-such-file", {{"z", gan::shape({2})}}));
    const gan_named_shape absent = {"absent", gan::shape({2})};
    EXPECT_ERROR(
        GAN_ERROR_ARGUMENT, "input_count is -1",
        gan::model::load_onnx_from(context, onnx_reader, {}, GAN_LOAD_ONNX(.inputs = &absent, .input_count = -1)));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "opset is 3", model.save_onnx("never.onnx", GAN_SAVE_ONNX(.opset = 3)));
    EXPECT(other.get_tensor("2.bias") == model.get_tensor("2.bias"));
    saved.clear();
    EXPECT(saved.size() == 0);
    EXPECT_ERROR(GAN_ERROR_TRUNCATED, "the reader's data",
                 gan::model::load_from(context, gan::reader_from_memory("\1\0\0\0\0\0\0\0{", 5)));
}

void test_clones_and_averages()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model = dense_model(context, 2, 2, 1), clone = model.clone(), other = dense_model(context, 2, 2, 7);
    EXPECT(clone.get_tensor("0.weight") == model.get_tensor("0.weight") &&
           clone.sample(GAN_SAMPLE(.seed = 3), 4) == model.sample(GAN_SAMPLE(.seed = 3), 4));
    clone.average(other, 0.25);
    float expected = 0.25f * model.get_tensor("0.weight")[5] + 0.75f * other.get_tensor("0.weight")[5];
    EXPECT(std::fabs(clone.get_tensor("0.weight")[5] - expected) < 1e-6f);
    EXPECT_ERROR(GAN_ERROR_ARCHITECTURE, "(8, 3)", clone.average(dense_model(context, 3, 2, 1), 0.5));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "decay is 2", clone.average(other, 2));
}

void test_spectral_norm()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model(context);
    model.add(gan::input(context, {1, 5, 5}), gan::conv2d(context, 2, GAN_CONV2D(.spectral_norm = true)),
              gan::conv_transpose2d(context, 3, GAN_CONV_TRANSPOSE2D(.spectral_norm = true)), gan::flatten(context),
              gan::dense(context, 1, GAN_DENSE(.spectral_norm = true)));
    model.build(5);
    for (const char *name : {"0.weight_sigma", "1.weight_sigma", "3.weight_sigma"}) {
        EXPECT(model.get_tensor(name).size() == 1 && model.get_tensor(name)[0] > 0);
    }
}

void test_sampling()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model(context);
    const gan::node z = model.add(gan::input(context, {2}));
    const gan::node label = model.add(gan::input(context, {1}).named("label"));
    const gan::node both = model.add(gan::concat(context), {z, label});
    model.set_outputs({both, model.add(gan::tanh(context), {label})});
    model.set_input(0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM));
    model.set_input(1, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 4));
    model.build();
    EXPECT(model.get_input_info().noise == GAN_NOISE_UNIFORM && std::string(model.get_input_info(1).name) == "label");
    const std::vector<int32_t> classes = {3, 1};
    const std::vector<float> samples = model.sample(GAN_SAMPLE(.classes = classes.data(), .class_count = 2), 3);
    EXPECT(samples.size() == 9 && samples[2] == 3 && samples[5] == 1 && samples[8] == 3);
    EXPECT(samples[0] >= -1 && samples[0] < 1 && samples[0] != samples[3]);
    EXPECT(model.sample(GAN_SAMPLE(.output = 1), 5).size() == 5);
    EXPECT(model.clone().sample({}, 2) == model.sample({}, 2));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "index is 2", model.sample(GAN_SAMPLE(.output = 2), 1));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "(2)", model.set_input(0, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 3)));
}

void test_moves()
{
    gan::model kept = [] {
        gan::context context(GAN_CONTEXT(.threads = 1));
        return dense_model(context, 2, 2, 1);
    }();
    EXPECT(kept.sample(GAN_SAMPLE(.seed = 1), 3).size() == 6);
    gan::model moved = std::move(kept);
    EXPECT(moved && !kept); // NOLINT: what a moved handle is, is what is tested
    EXPECT_ERROR(GAN_ERROR_NULL, "model", kept.build(1));

    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::dataset first = squares(context);
    std::vector<float> before = first.read(0, 4).values;
    gan::dataset second = gan::dataset::from_array(context, {1}, {5});
    second = std::move(first);
    EXPECT(second.read(0, 4).values == before && second.get_shape() == gan::shape({2}) && second.count() == 32);
}

void test_sessions_and_losses()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::session generate(generator), judge(discriminator);
    std::vector<float> fake = generate.run({1, 2, 3, 4, 5, 6}, GAN_MODE_TRAIN);
    EXPECT(fake.size() == 4 && generate.batch() == 2);
    judge.set_input_from(0, generate);
    judge.forward(GAN_MODE_TRAIN);
    std::vector<float> logits = judge.get_output();
    EXPECT(logits == gan::session(discriminator).run(fake));

    gan::loss_value loss = gan::loss_generator(GAN_LOSS_NON_SATURATING, {}, logits);
    gan::loss_value same = gan::loss_binary_cross_entropy(logits, {1, 1});
    EXPECT(std::fabs(loss.value - same.value) < 1e-6 && loss.gradient.size() == 2);
    judge.set_output_gradient(0, loss.gradient);
    judge.backward(GAN_BACKWARD_INPUTS);
    generate.set_output_gradient_from(0, judge);
    generator.zero_gradients();
    generate.backward(GAN_BACKWARD_PARAMETERS);
    EXPECT(generator.get_gradient_norm() > 0 && generator.get_gradient("0.weight").size() == 24);
    EXPECT(judge.get_input_gradient().size() == 4);

    /* Batches that C has set count too. */
    const float three[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    gan::check(gan_session_set_input(generate.get(), 0, three, 3));
    generate.forward(GAN_MODE_SAMPLE);
    EXPECT(generate.batch() == 3 && generate.get_output().size() == 6);
    generate.run({1, 2, 3, 4, 5, 6}, GAN_MODE_TRAIN);

    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 3", generate.set_input(0, {1, 2, 3, 4}));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 4", generate.set_output_gradient(0, {1}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "index is 1", generate.get_output(1));
    EXPECT_ERROR(GAN_ERROR_BATCH, "batch", gan::session(generator, GAN_SESSION(.batch = -1)));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "labels", gan::loss_binary_cross_entropy({1, 2}, {1}));

    gan::discriminator_loss_value both = gan::loss_discriminator(GAN_LOSS_LEAST_SQUARES, 1, {1}, {0, 0});
    EXPECT(both.value == 0 && both.real_gradient.size() == 1 && both.fake_gradient.size() == 2);
    EXPECT(std::fabs(gan::loss_softmax_cross_entropy({0, 0}, {1}, 2).value - std::log(2.0)) < 1e-6);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "logits", gan::loss_softmax_cross_entropy({0, 0, 0}, {1}, 2));
    EXPECT(gan::loss_l1({1, 3}, {0, 0}).value == 2 && gan::loss_l2({1, 3}, {0, 0}).value == 5);
    EXPECT(gan::loss_smooth_l1({1, 3}, {0, 0}).value == 1.5);
    EXPECT(gan::loss_smooth_l1({1, 3}, {0, 0}, GAN_SMOOTH_L1(.beta = 4)).value == 0.625);
    gan::gaussian_kl_value divergence = gan::loss_gaussian_kl({2, 0, 0, 0}, {0, 0, 0, 0}, 2);
    EXPECT(divergence.value == 1 && divergence.mean_gradient == std::vector<float>({1, 0, 0, 0}) &&
           divergence.log_variance_gradient.size() == 4);
    gan::feature_matching_value distance = gan::loss_feature_matching({1, 3}, {0, 0, 3, 1}, 1);
    EXPECT(distance.value == 1 && distance.real_gradient == std::vector<float>({1, 1}) &&
           distance.fake_gradient == std::vector<float>({-0.5f, -0.5f, -0.5f, -0.5f}));
    EXPECT(std::fabs(gan::loss_entropy({0, 0}, 2).value - std::log(2.0)) < 1e-15);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "log_variance", gan::loss_gaussian_kl({1, 2}, {1}, 1));
}

/* The integer and the arrays are the caller's own, changed by loading. */
void test_checkpoints()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model model = dense_model(context, 3, 2, 1), other = dense_model(context, 3, 2, 2);
    std::vector<float> values = {1, 2};
    std::vector<double> doubles = {0.1, 0.2, 0.3};
    int64_t step = 5;
    gan::image_pool pool(context, gan::shape{2});
    auto fill = [&](gan::checkpoint &checkpoint, gan::model &of) {
        gan::optimizer optimizer(of);
        gan::random_numbers random(context, 1, 1);
        gan::session session(of);
        gan::dataset dataset = squares(context);
        checkpoint.add_model("model", of);
        checkpoint.add_optimizer("optimizer", optimizer);
        checkpoint.add_random("noise", random);
        checkpoint.add_session("session", session);
        checkpoint.add_dataset("data", dataset);
        checkpoint.add_values("values", values);
        checkpoint.add_doubles("doubles", doubles);
        checkpoint.add_integer("step", step);
        checkpoint.add_image_pool("pool", pool);
    };
    gan::checkpoint saved(context), loaded(context);
    fill(saved, model);
    fill(loaded, other);
    const std::string path = "wrapper_checkpoint.safetensors";
    saved.save(path);
    values = {0, 0};
    doubles = {0, 0, 0};
    step = 0;
    loaded.load(path);
    std::remove(path.c_str());
    EXPECT(step == 5 && values[1] == 2 && doubles[0] == 0.1);
    EXPECT(other.get_tensor("0.weight") == model.get_tensor("0.weight"));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "name is 'step'", loaded.add_integer("step", step));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, path.c_str(), loaded.load(path));

    gan::bytes bytes(context);
    saved.save_to(bytes.writer());
    step = 9;
    loaded.load_from(gan::reader_from_memory(bytes.data(), bytes.size()));
    EXPECT(step == 5);
}

void test_formats_in_memory()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::bytes bytes(context);
    auto reader = [&] { return gan::reader_from_memory(bytes.data(), bytes.size()); };
    gan::history history(context), read(context);
    gan_step_report report = GAN_STEP_REPORT_INIT;

    gan::npy_write_to(context, bytes.writer(), {1, 2, 3, 4}, {2});
    EXPECT(gan::dataset::open_npy_from(context, {{"x", nullptr, 0}}, {reader()}).count() == 2);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "readers", gan::dataset::open_npy_from(context, {{"x", nullptr, 0}}, {}));
    EXPECT_ERROR(GAN_ERROR_MAGIC, "the reader's data is not an IDX file",
                 gan::dataset::open_idx_from(context, reader()));
    bytes.clear();
    report.step = 3;
    history.add(report);
    history.write_csv_to(bytes.writer());
    read.read_csv_from(reader());
    EXPECT(read.count() == 1);
    EXPECT(gan::dataset::open_csv_from(context, reader()).count() == 1);
    if (context.get_info().png) {
        bytes.clear();
        history.write_png_to(bytes.writer());
        const std::size_t size = bytes.size();
        gan::png_write_grid_to(context, bytes.writer(), {0, 1, 0, 1}, {1, 2, 2});
        EXPECT(size > 0 && bytes.size() > size);
    }
}

void test_checkpoints_of_games()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer trainer(context, generator, discriminator);
    gan::dataset dataset = squares(context);
    gan::game game(context, GAN_GAME(.batch = 4));
    gan::term x = game.input("x", {2});
    gan::player player = game.add_player("p", discriminator);
    game.want(player, 1, gan_mean_loss(game.apply(discriminator, {x})));
    game.build();
    gan::bytes bytes(context);
    auto reader = [&] { return gan::reader_from_memory(bytes.data(), bytes.size()); };

    trainer.save_to(bytes.writer());
    trainer.load_from(reader());
    bytes.clear();
    trainer.save_to(bytes.writer(), dataset);
    trainer.load_from(reader(), dataset);
    bytes.clear();
    game.save_to(bytes.writer());
    game.load_from(reader());
    gan::checkpoint checkpoint(context);
    checkpoint.add_trainer("trainer", trainer);
    checkpoint.add_game("game", game);
    gan::history history(context);
    checkpoint.add_history("history", history);
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "a trainer called 'trainer'", checkpoint.load_from(reader()));
    bytes.clear();
    checkpoint.save_to(bytes.writer());
    checkpoint.load_from(reader());
}

void test_regularisers()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model discriminator = dense_model(context, 2, 1, 2);
    gan::random_numbers random(context, 4);
    gan::session judge(discriminator, GAN_SESSION(.second_order = true));
    std::vector<float> between = gan::penalty_interpolate(random, {1, 1, 1, 1}, {0, 0, 0, 0}, 2);
    EXPECT(between[0] == between[1] && between[0] >= 0 && between[0] < 1 && between[2] != between[0]);
    EXPECT(gan::penalty_perturb(random, {3, 3, 3, 3}, 2) == std::vector<float>(4, 3));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "fake", gan::penalty_interpolate(random, {1, 1}, {0}, 1));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "real", gan::penalty_perturb(random, {1, 1, 1}, 2));
    std::vector<float> image = {1, 2, 3, 4}, moved = gan::augment(context, GAN_AUGMENT_COLOUR, {1, 2, 2}, {}, image);
    EXPECT(moved.size() == 4 && std::fabs(moved[3] - moved[2] - moved[1] + moved[0]) < 1e-6 && moved != image);
    EXPECT(gan::augment_backward(context, 0, {1, 2, 2}, {}, image) == image);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "augment: samples", gan::augment(context, 0, {1, 2, 2}, {}, {1, 2, 3}));
    gan::image_pool pool(context, gan::shape{2}, GAN_IMAGE_POOL(.size = 3));
    EXPECT(pool.query({1, 2, 3, 4}) == std::vector<float>({1, 2, 3, 4}));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "samples", pool.query({1, 2, 3}));
    EXPECT(gan::instance_noise(random, 0, {1, 2}, 1) == std::vector<float>({1, 2}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "deviation", gan::instance_noise(random, -1, {1, 2}, 1));
    judge.set_input(0, between);
    discriminator.zero_gradients();
    EXPECT(gan::gradient_penalty(judge, GAN_PENALTY_ZERO_CENTERED, 1) > 0 && discriminator.get_gradient_norm() > 0);
    discriminator.clip_weights(0.01f);
    for (float weight : discriminator.get_tensor("0.weight")) EXPECT(std::fabs(weight) <= 0.01f);
}

/* Mean |g|^2 / 2 over a batch of two, trained by passes of tangents in the direction dP/dg = g / 2. */
void test_tangents()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model discriminator = dense_model(context, 2, 1, 2);
    gan::session judge(discriminator, GAN_SESSION(.second_order = true));
    const std::vector<float> samples = {1, 2, -3, 4};
    judge.set_input(0, samples);
    discriminator.zero_gradients();
    const double penalty = gan::gradient_penalty(judge, GAN_PENALTY_ZERO_CENTERED, 1);
    const std::vector<float> expected = discriminator.get_gradient("0.weight");

    judge.run(samples);
    judge.set_output_gradient(0, {1, 1});
    judge.backward(GAN_BACKWARD_INPUTS);
    std::vector<float> slope = judge.get_input_gradient(), direction = slope;
    for (float &value : direction) value /= 2;
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 4", judge.set_input_tangent(0, {1}));
    judge.set_input_tangent(0, direction);
    judge.tangent_forward();
    const std::vector<float> tangent = judge.get_output_tangent();
    EXPECT(tangent.size() == 2 && std::fabs(tangent[0] + tangent[1] - 2 * penalty) < 1e-6);
    discriminator.zero_gradients();
    judge.tangent_backward(GAN_BACKWARD_PARAMETERS);
    EXPECT(discriminator.get_gradient("0.weight") == expected);

    /* Leaky ReLU is straight on either side: R{dx} is the gradient itself if R{dy} is dy. */
    judge.set_output_gradient_tangent(0, {1, 1});
    judge.tangent_backward(GAN_BACKWARD_INPUTS);
    EXPECT(judge.get_input_gradient_tangent() == slope);
    EXPECT_ERROR(GAN_ERROR_STATE, "second_order", gan::session(discriminator).tangent_forward());
}

/* How far two steps on a gradient of 1 move the weight. */
float moved_by(const gan::context &context, const gan_optimizer_options &options)
{
    gan::model model(context);
    model.add(gan::input(context, {1}), gan::dense(context, 1));
    model.build(1);
    gan::optimizer optimizer(model, options);
    float before = model.get_tensor("0.weight")[0];
    gan::session session(model);
    for (int step = 0; step < 2; step++) {
        session.run({1}, GAN_MODE_TRAIN);
        session.set_output_gradient(0, {1});
        model.zero_gradients();
        session.backward(GAN_BACKWARD_PARAMETERS);
        EXPECT(std::fabs(optimizer.step() - std::sqrt(2.0)) < 1e-6);
    }
    EXPECT(optimizer.steps() == 2);
    return before - model.get_tensor("0.weight")[0];
}

void test_zero_is_the_default()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan_optimizer_options options = {};
    EXPECT(moved_by(context, options) > 0);
    EXPECT(moved_by(context, options) == moved_by(context, GAN_OPTIMIZER(.learning_rate = 2e-4f)));
    EXPECT(moved_by(context, GAN_OPTIMIZER(.learning_rate = GAN_ZERO)) == 0);
    options.algorithm = GAN_OPTIMIZER_SGD;
    options.learning_rate = 0.5f;
    EXPECT(std::fabs(moved_by(context, options) - 1.0f) < 1e-6f);
}

/* A generator's weights after some steps of a C trainer or, for NULL, of a C++ one without options. */
std::vector<float> trained(const gan::context &context, const gan_trainer_options *options)
{
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::dataset data = squares(context);
    if (options != nullptr) {
        gan_trainer *trainer = nullptr;
        const gan_run_options run = GAN_RUN(.steps = 5);
        gan::check(gan_trainer_create(context.get(), generator.get(), discriminator.get(), options, &trainer));
        gan::check(gan_trainer_run(trainer, data.get(), &run));
        gan_trainer_destroy(trainer);
    } else {
        gan::trainer trainer(context, generator, discriminator);
        EXPECT(trainer.run(data, GAN_RUN(.steps = 5)) && trainer.steps() == 5);
    }
    return generator.get_tensor("0.weight");
}

void test_defaults_are_those_of_c()
{
    gan::context context(GAN_CONTEXT(.threads = 2));
    const std::vector<float> expected = trained(context, nullptr);
    gan_trainer_options options = GAN_TRAINER();
    EXPECT(trained(context, &options) == expected);
    options = GAN_TRAINER(.beta1 = GAN_ZERO);
    EXPECT(trained(context, &options) != expected);
    const gan_optimizer_options optimizer = GAN_OPTIMIZER(.beta1 = 0.25f);
    options = GAN_TRAINER(.generator_optimizer = &optimizer);
    EXPECT(trained(context, &options) != expected);
}

void test_progress()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer trainer(context, generator, discriminator);
    gan::dataset data = squares(context);
    const gan_run_options run = GAN_RUN(.epochs = 3);
    int calls = 0;
    EXPECT(trainer.run(data, run, [&calls](const gan_step_report &) { calls++; }) && calls == 3);

    const auto at_step_5 = [](const gan_step_report &report) { return report.step == 5; };
    EXPECT(!trainer.run(data, run, at_step_5) && trainer.steps() == 5);
    trainer.cancel(); /* outside a run */
    EXPECT(!trainer.run(data, run, [&trainer](const gan_step_report &) { trainer.cancel(); }));
    EXPECT(trainer.steps() == 6);

    struct trouble {
    };
    bool caught = false;
    try {
        trainer.run(data, run, [](const gan_step_report &) { throw trouble(); });
    } catch (const trouble &) {
        caught = true;
    }
    EXPECT(caught && trainer.steps() == 7);
    EXPECT(trainer.step({1, -1, 1, -1}).step == 8 &&
           trainer.sample(GAN_SAMPLE(.seed = 1), 2) == generator.sample(GAN_SAMPLE(.seed = 1), 2));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 2", trainer.step({1}));
    const std::vector<float> samples = {1, -1, 1, -1};
    std::optional<gan_step_report> report;
    while (!report) report = trainer.step_some(samples, 0);
    EXPECT(report->step == 9 && trainer.steps() == 9);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 2", trainer.step_some({1}, 0));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", trainer.load("no-such-file", data));
}

/* A resource that gives memory until told to throw, and counts what it gave. */
struct resource {
    void *allocate(std::size_t size, std::size_t)
    {
        if (full) throw std::bad_alloc();
        held += size;
        return std::malloc(size);
    }
    void deallocate(void *memory, std::size_t size, std::size_t)
    {
        held -= size;
        std::free(memory);
    }
    std::size_t held = 0;
    bool full = false;
};

void test_allocator()
{
    resource memory;
    {
        gan_context_options options = GAN_CONTEXT(.threads = 1);
        gan::set_allocator(options, memory);
        gan::context context(options);
        gan::model model = dense_model(context, 3, 2, 1);
        EXPECT(memory.held > 0 && memory.held == context.get_info().bytes);
        const std::vector<float> before = model.sample(GAN_SAMPLE(.seed = 1), 2);
        memory.full = true;
        EXPECT_ERROR(GAN_ERROR_MEMORY, "", model.sample(GAN_SAMPLE(.seed = 1), 2));
        EXPECT_ERROR(GAN_ERROR_MEMORY, "", gan::dense(context, 2));
        memory.full = false;
        EXPECT(model.sample(GAN_SAMPLE(.seed = 1), 2) == before);
    }
    EXPECT(memory.held == 0);
}

/* Host threads: one does the first piece, another those below `wanted`; they then throw if any are left. */
void test_parallel()
{
    int64_t wanted = 0, left = 0, calls = 0;
    auto threads = [&](int64_t count, gan::piece piece) {
        calls++;
        std::thread other([&] {
            if (wanted > 0) piece();
        });
        for (int64_t i = 1; i < count && i < wanted; i++) piece(i);
        other.join();
        if (wanted >= count) return;
        left += count - wanted;
        throw std::runtime_error("no more threads");
    };
    gan_context_options options = {};
    gan::set_parallel(options, threads);
    const auto samples = [](const gan::context &context) {
        gan::model model(context);
        model.add(gan::input(context, {200}), gan::dense(context, 500), gan::tanh(context), gan::dense(context, 300),
                  gan::tanh(context));
        return model.build(1).sample(GAN_SAMPLE(.seed = 1), 100);
    };
    const std::vector<float> expected = samples(gan::context(GAN_CONTEXT(.threads = 1)));
    for (int64_t limit : {INT64_MAX, int64_t{0}, int64_t{1}, int64_t{2}}) {
        wanted = limit;
        left = calls = 0;
        EXPECT(samples(gan::context(options)) == expected && calls > 0);
        EXPECT((left > 0) == (limit < INT64_MAX));
    }
}

/* A log receives libgan's messages, and may throw: the call continues. */
void test_log()
{
    std::string heard;
    const auto log = [&heard](gan_log_level level, const char *message) {
        if (level == GAN_LOG_DEBUG) heard = message;
        throw std::runtime_error(message);
    };
    gan_context_options options = GAN_CONTEXT(.threads = 1);
    gan::set_log(options, log);
    gan::context context(options);
    EXPECT(heard.find("threads: 1") != std::string::npos);
    EXPECT(dense_model(context, 3, 2, 1).sample(GAN_SAMPLE(.seed = 1), 2).size() == 4);
}

void test_average()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan_trainer_options options = GAN_TRAINER(.ema_half_life = 4, .ema_ramp = 0.5f);
    gan::trainer trainer(context, generator, discriminator, options);
    trainer.step({1, -1, 1, -1});
    EXPECT(trainer.get_average().get_tensor("0.weight") ==
           generator.get_tensor("0.weight")); /* nothing remains of the initial weights */
    trainer.step({1, -1, 1, -1});
    EXPECT(trainer.get_average().get_tensor("0.weight") != generator.get_tensor("0.weight"));
    EXPECT(trainer.snapshot().get_tensor("0.weight") == trainer.get_average().get_tensor("0.weight"));
    EXPECT(trainer.sample(GAN_SAMPLE(.seed = 1), 2) == trainer.get_average().sample(GAN_SAMPLE(.seed = 1), 2));

    EXPECT_ERROR(GAN_ERROR_STATE, "keeps no average", gan::trainer(context, generator, discriminator).get_average());
    options.ema_decay = 0.5f;
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "at most one", gan::trainer(context, generator, discriminator, options));
    options = GAN_TRAINER(.fresh_noise = true, .simultaneous = true);
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "simultaneous", gan::trainer(context, generator, discriminator, options));
}

void test_packing()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 4, 1, 2);
    gan_trainer_options options = GAN_TRAINER(.packing = 2, .instance_noise = 0.1f, .instance_noise_steps = 3);
    gan::trainer trainer(context, generator, discriminator, options);
    EXPECT(trainer.step({1, -1, 1, -1}).batch == 2 && trainer.sample(GAN_SAMPLE(.seed = 1), 3).size() == 6);
    EXPECT_ERROR(GAN_ERROR_BATCH, "packing, 2", trainer.step({1, -1}));
    options.augment = GAN_AUGMENT_CUTOUT;
    EXPECT_ERROR(GAN_ERROR_SHAPE, "augment is 4", gan::trainer(context, generator, discriminator, options));
}

void test_diagnosis()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer trainer(context, generator, discriminator, GAN_TRAINER(.diagnosis_interval = 1));
    EXPECT_ERROR(GAN_ERROR_STATE, "no step", trainer.get_layer_report(GAN_ROLE_GENERATOR, 0));
    EXPECT(trainer.step({1, -1, -1, 1}).diversity > 0 && trainer.diagnoses() == 0);
    EXPECT_ERROR(GAN_ERROR_DIVERGED, "not finite", trainer.step({NAN, 1}));
    EXPECT(trainer.diagnoses() == GAN_DIAGNOSIS_NOT_FINITE);
    trainer.step({1, -1, -1, 1});
    EXPECT(trainer.layer_count(GAN_ROLE_GENERATOR) == 2);
    const gan_layer_report report = trainer.get_layer_report(GAN_ROLE_GENERATOR, 0);
    EXPECT(report.name == std::string("0") && report.weight_norm > 0);
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "index", trainer.get_layer_report(GAN_ROLE_GENERATOR, 2));
    const gan_trainer_options off = GAN_TRAINER(.diagnosis_interval = GAN_DIAGNOSIS_OFF);
    EXPECT(std::isnan(gan::trainer(context, generator, discriminator, off).step({1, -1}).real_accuracy));
}

/* A step takes one batch per update of the discriminator: two if there are two. */
void test_discriminator_steps()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::model generator = dense_model(context, 3, 2, 1), discriminator = dense_model(context, 2, 1, 2);
    gan::trainer trainer(context, generator, discriminator, GAN_TRAINER(.discriminator_steps = 2));
    EXPECT(trainer.step({1, -1, -1, 1}).batch == 2 && trainer.step({1, -1, -1, 1, 1, 1, -1, -1}).batch == 4);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "multiple of 4", trainer.step({1, -1}));
}

void test_metrics()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    const std::vector<float> real = {0, 0, 1, 0, 0, 1, 1, 1}, far = {9, 9, 8, 9, 9, 8, 8, 7};
    EXPECT(std::fabs(gan::metric_frechet_distance(context, real, real, 2)) < 1e-6);
    EXPECT(gan::metric_frechet_distance(context, real, far, 2) > 100);
    const gan_kernel_distance_options three = GAN_KERNEL_DISTANCE(.subsets = 3, .subset_size = 3);
    const gan::metric_value distance = gan::metric_kernel_distance(context, real, far, 2, three);
    EXPECT(distance.mean > 1 && distance.deviation > 0);
    const gan::precision_recall near = gan::metric_precision_recall(context, real, real, 2);
    EXPECT(near.precision == 1 && near.recall == 1);
    EXPECT(gan::metric_precision_recall(context, real, far, 2, GAN_PRECISION_RECALL(.neighbours = 1)).recall == 0);
    EXPECT(std::fabs(gan::metric_inception_score(context, {1, 0, 0, 1}, 2, GAN_INCEPTION_SCORE(.splits = 1)).mean -
                     2) < 1e-6);
    EXPECT(gan::metric_mode_coverage(context, {0, 1, 1}, 3).modes == 2);
    EXPECT(gan::metric_mode_coverage(context, {0, 1, 1}, 2, {1, 2}).kl < 1e-6);
    EXPECT(gan::metric_mixture_quality(context, real, {0, 0, 1, 1}, 2, 0.1f).high_quality == 0.5);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "fake", gan::metric_frechet_distance(context, real, {1}, 2));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "proportions", gan::metric_mode_coverage(context, {0}, 2, {1}));
}

void test_random_and_data()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    gan::random_numbers random(context, 7);
    gan_random_state start = random.get_state();
    std::vector<float> normal = random.normal(100);
    EXPECT(normal != random.normal(100));
    random.set_state(start);
    EXPECT(normal == random.normal(100) && random.uniform(3).size() == 3);

    gan::dataset data =
        gan::dataset::from_array(context, {1}, {10, 20, 30}, {0, 4, 2}, GAN_DATASET(.in_order = true));
    gan::samples batch = data.next(2);
    EXPECT(batch.count == 2 && batch.values == std::vector<float>({10, 20}));
    EXPECT(batch.labels == std::vector<int32_t>({0, 4}) && data.classes() == 5);
    gan_dataset_cursor cursor = data.get_cursor();
    batch = data.next(2);
    EXPECT(batch.count == 1 && batch.values == std::vector<float>({30}) && batch.labels.size() == 1);
    data.set_cursor(cursor);
    EXPECT(data.next(2).values == batch.values && data.read(1, 1).values[0] == 20);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "labels", gan::dataset::from_array(context, {1}, {1, 2}, {1}));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::dataset::open_idx(context, "no-such-file"));
}

void test_fields()
{
    gan::context context(GAN_CONTEXT(.threads = 1));
    std::vector<gan::array_field> fields = {{"pair", {0, 10, 1, 11, 2, 12, 3, 13}, {2}},
                                            {"kind", {0, 1, 0, 1}, {1}, 2}};
    gan::dataset data = gan::dataset::from_arrays(context, fields, GAN_DATASET(.in_order = true));
    EXPECT(data.field_count() == 2 && data.find_field("kind") == 1 && data.find_field("none") == -1);
    EXPECT(std::string(data.get_field(0).name) == "pair" && data.get_field(1).classes == 2);
    gan::batch batch = data.next_fields(3);
    EXPECT(batch.count == 3 && batch.fields[0] == std::vector<float>({0, 10, 1, 11, 2, 12}));
    EXPECT(batch.fields[1] == std::vector<float>({0, 1, 0}) && data.next_fields(3).fields[0].size() == 2);
    batch = data.read_fields(1, 2, {0});
    EXPECT(batch.fields[0].empty() && batch.fields[1] == std::vector<float>({1, 0}));
    EXPECT_ERROR(GAN_ERROR_ARGUMENT, "4 fields", [&] {
        fields.insert(fields.end(), 2, fields[0]);
        fields[2].name = "x";
        fields[3].name = "y";
        gan::dataset::from_arrays(context, fields).get_field(4);
    }());
    fields[1].values.pop_back();
    EXPECT_ERROR(GAN_ERROR_SHAPE, "'kind' has 3 samples", gan::dataset::from_arrays(context, fields));

    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no names", data.get_class_name(1, 0));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-folder",
                 gan::dataset::open_folder(context, "no-such-folder", GAN_FOLDER(.height = 4, .width = 4)));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::dataset::open_csv(context, "no-such-file"));
    EXPECT_ERROR(GAN_ERROR_NOT_FOUND, "no-such-file", gan::dataset::open_npy(context, {{"x", "no-such-file", 0}}));

    /* Parts keep the arrays, and the callback, alive. */
    auto parts = data.split(GAN_SPLIT(.per_class = 1, .seed = 1));
    gan::dataset last = data.subset({3}, GAN_DATASET(.in_order = true));
    data = gan::dataset::from_callback(context, 5, {{"x", {1}}},
                                       [](const int64_t *numbers, int64_t count, float *const *to) {
                                           for (int64_t i = 0; i < count; i++) {
                                               if (numbers[i] == 4) throw std::range_error("no sample 4");
                                               to[0][i] = static_cast<float>(numbers[i]) * 2;
                                           }
                                       });
    EXPECT(parts.first.count() == 2 && parts.second.count() == 2 &&
           parts.first.get_numbers() < std::vector<int64_t>({4}));
    EXPECT(last.read(0, 1).values == std::vector<float>({3, 13}) && last.get_numbers() == std::vector<int64_t>({3}));
    gan::dataset part = data.subset({3, 4});
    EXPECT(data.read(1, 2).values == std::vector<float>({2, 4}));
    data = gan::dataset::from_array(context, {1}, {1});
    EXPECT(part.read(0, 1).values[0] == 6);
    for (int i = 0; i < 2; i++) {
        bool thrown = false;
        try {
            part.next(2);
        } catch (const std::range_error &error) {
            thrown = std::string(error.what()) == "no sample 4";
        }
        EXPECT(thrown && part.get_cursor().position == 0);
    }
    EXPECT(part.read(0, 1).values[0] == 6);

    gan::model generator = dense_model(context, 3, 1, 1), discriminator = dense_model(context, 1, 1, 2);
    gan::trainer trainer(context, generator, discriminator);
    bool thrown = false;
    try {
        trainer.run(part);
    } catch (const std::range_error &) {
        thrown = true;
    }
    EXPECT(thrown);
}

} // namespace

int main()
{
    try {
        test_options();
        test_errors_of_layers();
        test_kinds_of_layers();
        test_images_and_labels();
        test_models();
        test_memory_instead_of_files();
        test_pictures_of_events();
        test_clones_and_averages();
        test_spectral_norm();
        test_sampling();
        test_moves();
        test_sessions_and_losses();
        test_checkpoints();
        test_checkpoints_of_games();
        test_formats_in_memory();
        test_regularisers();
        test_tangents();
        test_zero_is_the_default();
        test_defaults_are_those_of_c();
        test_progress();
        test_allocator();
        test_parallel();
        test_log();
        test_average();
        test_packing();
        test_diagnosis();
        test_discriminator_steps();
        test_metrics();
        test_random_and_data();
        test_fields();
    } catch (const gan::error &error) {
        std::printf("%s: %s\n", gan_status_name(error.status()), error.what());
        return 1;
    }
    return failures > 0;
}
