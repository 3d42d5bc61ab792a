/* libgan.h alone, twice, with each of its macros used: must compile as C99 and as C11 without warnings. */
#include <libgan.h>
#include <libgan.h>

#define USE_STATUS(name, number, text) (void)name, (void)number, (void)text;

void use_header(void);

static void take(const void *options)
{
    (void)options;
}

void use_header(void)
{
    gan_context_info context_info = GAN_CONTEXT_INFO_INIT;
    gan_tensor_info tensor_info = GAN_TENSOR_INFO_INIT;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_initializer initializers[] = {GAN_ZEROS,          GAN_CONSTANT(1.0f), GAN_NORMAL(0.02f), GAN_UNIFORM(0.1f),
                                      GAN_GLOROT_UNIFORM, GAN_GLOROT_NORMAL,  GAN_HE_UNIFORM,    GAN_HE_NORMAL,
                                      GAN_LECUN_UNIFORM,  GAN_LECUN_NORMAL};
    gan_shape shape = GAN_SHAPE(1, 28, 28);

    take(GAN_CONTEXT(.threads = 2));
    take(GAN_DENSE(.no_bias = true, .weight_initializer = GAN_NORMAL(0.02f)));
    take(GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
    take(GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .pads = {1, 1, 1, 1}));
    take(GAN_BATCH_NORM(.momentum = 1.0f));
    take(GAN_SESSION(.batch = 1));
    take(GAN_OPTIMIZER(.beta1 = GAN_ZERO));
    take(GAN_DATASET(.limit = 10));
    take(GAN_TRAINER(.batch = 32, .generator_optimizer = GAN_OPTIMIZER(.beta1 = 0.5f)));
    take(GAN_RUN(.epochs = 5));
    take(&context_info);
    take(&tensor_info);
    take(&report);
    take(initializers);
    take(&shape);
    (void)gan_model_add_from(NULL, NULL, GAN_NODES(1, 2));
    GAN_STATUS_MAP(USE_STATUS)
}
