/* libgan.hpp and libgan.h alone, twice, with what C++ may use of the macros: C++17 and C++20, without a warning. */
#include <libgan.hpp>
#include <libgan.h>
#include <libgan.hpp>

void use_header();

void use_header()
{
    gan_context_info context_info = GAN_CONTEXT_INFO_INIT;
    gan_tensor_info tensor_info = GAN_TENSOR_INFO_INIT;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_initializer initializer = GAN_NORMAL(0.02f);
    (void)context_info, (void)tensor_info, (void)report, (void)initializer;

    gan::context context;
    gan::model model(context);
    gan::conv2d_options options;
    options.kernel = {5, 5};
    options.weight_initializer = GAN_NORMAL(0.02f);
    gan::node first = model.add(gan::input(context, {1, 28, 28}), gan::conv2d(context, 64, options).named("first"));
    gan::node second = model.add(gan::leaky_relu(context, 0.2f));
    model.add(gan::concat(context), {first, second});
    model.build(1);
#if __cplusplus >= 202002L
    gan::trainer trainer(context, model, model,
                         {.batch = 16, .beta1 = 0.0f, .generator_optimizer = gan::optimizer_options{.beta1 = 0.5f}});
    gan::dataset data = gan::dataset::from_array(context, {1, 2, 2}, {0, 1, 2, 3});
    trainer.run(data, {.epochs = 2, .progress = [](const gan_step_report &) {}});
#endif
}
