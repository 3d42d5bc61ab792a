// A GAN in C++17: a small convolutional pair that learns to draw bright squares on a dark ground, with libgan.hpp.
#include <libgan.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

constexpr int side = 16;
constexpr int noise_size = 16;

// `count` images of one filled square each, pixels -1 and 1.
std::vector<float> draw_squares(gan::random_numbers &random, int count)
{
    std::vector<float> images(static_cast<std::size_t>(count) * side * side, -1.0f);
    const std::vector<float> u = random.uniform(3 * count);
    for (int i = 0; i < count; i++) {
        const float *place = &u[static_cast<std::size_t>(i) * 3];
        const int size = 4 + static_cast<int>(place[0] * 6);
        const int left = static_cast<int>(place[1] * static_cast<float>(side - size));
        const int top = static_cast<int>(place[2] * static_cast<float>(side - size));
        for (int y = top; y < top + size; y++) {
            for (int x = left; x < left + size; x++) {
                images[(static_cast<std::size_t>(i) * side + static_cast<std::size_t>(y)) * side +
                       static_cast<std::size_t>(x)] = 1.0f;
            }
        }
    }
    return images;
}

gan::model make_generator(const gan::context &context)
{
    const gan_conv_transpose2d_options twice =
        GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME);
    gan::model g(context);
    g.add(gan::input(context, {noise_size}), gan::dense(context, 32 * 4 * 4), gan::reshape(context, {32, 4, 4}),
          gan::batch_norm(context), gan::relu(context));
    g.add(gan::conv_transpose2d(context, 16, twice), gan::batch_norm(context), gan::relu(context));
    g.add(gan::conv_transpose2d(context, 1, twice), gan::tanh(context));
    g.build(1);
    return g;
}

gan::model make_discriminator(const gan::context &context)
{
    const gan_conv2d_options half = GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME);
    gan::model d(context);
    d.add(gan::input(context, {1, side, side}), gan::conv2d(context, 16, half), gan::leaky_relu(context));
    d.add(gan::conv2d(context, 32, half), gan::leaky_relu(context), gan::flatten(context), gan::dense(context, 1));
    d.build(2);
    return d;
}

// Makes the folder if it is missing. Better to fail before training than after it.
void prepare(const std::string &folder)
{
    const std::string probe = folder + "/squares.part";
    std::filesystem::create_directories(folder);
    std::ofstream file(probe, std::ios::binary);
    file << std::string(65536, ' ') << std::flush;
    const bool failed = !file;
    file.close();
    std::remove(probe.c_str());
    if (failed) throw std::runtime_error(folder + ": no file can be written there");
}

void train(int64_t steps, const std::string &folder)
{
    const gan::context context;
    gan::random_numbers random(context, 3);
    gan::model generator = make_generator(context);
    gan::model discriminator = make_discriminator(context);
    std::printf("%s", generator.describe().c_str());

    gan::dataset squares = gan::dataset::from_array(context, {1, side, side}, draw_squares(random, 2048));
    gan::trainer trainer(context, generator, discriminator, GAN_TRAINER(.batch = 64));
    trainer.run(squares, GAN_RUN(.steps = steps), [](const gan_step_report &report) {
        if (report.step % 100 == 0) {
            std::printf("step %lld  D %.3f  G %.3f\n", static_cast<long long>(report.step), report.discriminator_loss,
                        report.generator_loss);
        }
    });

    generator.save(folder + "/squares.safetensors");
    const gan::model loaded = gan::model::load(context, folder + "/squares.safetensors");
    if (context.get_info().png) {
        const std::vector<float> samples = loaded.sample(GAN_SAMPLE(.seed = 4), 64);
        gan::png_write_grid(context, folder + "/squares.png", samples, loaded.get_output_shape());
    }
}

} // namespace

int main(int argc, char **argv)
{
    const long long steps = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 500;
    if (argc > 3 || steps < 1) {
        std::fprintf(stderr, "usage: cpp_gan [STEPS (default 500)] [FOLDER (default .)]\n");
        return 2;
    }
    try {
        prepare(argc > 2 ? argv[2] : ".");
        train(steps, argc > 2 ? argv[2] : ".");
    } catch (const gan::error &failure) {
        std::fprintf(stderr, "%s: %s\n", gan_status_name(failure.status()), failure.what());
        return 1;
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
    return 0;
}
