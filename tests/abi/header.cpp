/* libgan.hpp and libgan.h alone, twice, with the macros that C++ may use: C++17 and C++20, without warnings. */
#include <libgan.hpp>
#include <libgan.h>
#include <libgan.hpp>

#include <cstdlib>

void use_header(int64_t side);

template <typename Integer> gan::layer square(const gan::context &context, Integer side)
{
    return gan::conv2d(context, 64, GAN_CONV2D(.kernel = {side, side}, .weight_initializer = GAN_NORMAL(0.02f)));
}

struct heap {
    void *allocate(std::size_t size, std::size_t) { return std::malloc(size); }
    void deallocate(void *memory, std::size_t, std::size_t) { std::free(memory); }
};

void use_header(int64_t side)
{
    gan_context_info context_info = GAN_CONTEXT_INFO_INIT;
    gan_tensor_info tensor_info = GAN_TENSOR_INFO_INIT;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_initializer initializer = GAN_NORMAL(0.02f);
    const gan_shape noise = GAN_SHAPE(100);
    const gan::shape image = GAN_SHAPE(1, side, side);
    (void)noise, (void)image;
    (void)context_info, (void)tensor_info, (void)report, (void)initializer;

    gan_context_options context_options = GAN_CONTEXT(.threads = 2);
    const auto log = [](gan_log_level, const char *) {};
    auto parallel = [](int64_t count, gan::piece piece) {
        for (int64_t i = 0; i < count; i++) piece();
    };
    heap heap;
    gan::set_log(context_options, log);
    gan::set_parallel(context_options, parallel);
    gan::set_allocator(context_options, heap);
    gan::context context(context_options);
    gan::model model(context);
    gan_conv2d_options options = {};
    options.kernel[0] = options.kernel[1] = 5;
    options.weight_initializer = GAN_NORMAL(0.02f);
    gan::node first = model.add(gan::input(context, {1, 28, 28}), gan::conv2d(context, 64, options).named("first"));
    gan::node second = model.add(gan::leaky_relu(context, GAN_LEAKY_RELU(.slope = 0.3f)));
    model.add(gan::concat(context), {first, second});
    model.add(square(context, side), gan::dense(context, 3, GAN_DENSE()));
    model.build(1);

    const gan_optimizer_options slow = GAN_OPTIMIZER(.learning_rate = 1e-5f, .beta1 = GAN_ZERO);
    gan::trainer trainer(context, model, model, GAN_TRAINER(.batch = side, .generator_optimizer = &slow));
    gan::dataset data = gan::dataset::from_array(context, {1, 2, 2}, {0, 1, 2, 3});
    trainer.run(data, GAN_RUN(.epochs = 2), [](const gan_step_report &) {});
}
