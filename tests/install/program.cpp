/* The same in C++, with libgan.hpp, and an exception caught. */
#include <libgan.hpp>

#include <cstdio>

static gan::model dense_model(const gan::context &context, int64_t inputs, int64_t outputs)
{
    gan::model model(context);
    model.add(gan::input(context, {inputs}), gan::dense(context, 8), gan::leaky_relu(context),
              gan::dense(context, outputs));
    model.build(1);
    return model;
}

int main()
try {
    gan::context context(GAN_CONTEXT(.threads = 2));
    gan::model generator = dense_model(context, 2, 2), discriminator = dense_model(context, 2, 1);
    gan::trainer trainer(context, generator, discriminator);
    trainer.step({-1, -1, -1, 1, 1, -1, 1, 1});
    std::vector<float> sample = generator.sample(GAN_SAMPLE(.seed = 1), 1);
    std::printf("libgan %s: %g %g\n", gan::version().c_str(), sample[0], sample[1]);
    try {
        gan::model::load(context, "no/such/file");
    } catch (const gan::error &error) {
        return error.status() != GAN_ERROR_NOT_FOUND || sample[0] == 0;
    }
    return 1;
} catch (const gan::error &error) {
    std::fprintf(stderr, "%s: %s\n", gan_status_name(error.status()), error.what());
    return 1;
}
