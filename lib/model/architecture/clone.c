/* Copies a model. The graph is copied as JSON, as in files, so that whatever can be saved can be cloned. */
#include "model/architecture/architecture.h"
#include "model/graph/graph.h"

static gan_status copy_graph(const gan_model *model, gan_model **out)
{
    char *architecture;

    GAN_TRY(gan_model_write_architecture(model, &architecture));
    gan_status status = gan_model_read_architecture(model->context, architecture, out);
    gan_release_text(model->context, architecture);
    return status;
}

gan_status gan_model_clone(const gan_model *model, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    gan_model *clone;
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_model_check_built(model, __func__));
    GAN_TRY(copy_graph(model, &clone));
    status = gan_model_allocate(clone);
    if (status != GAN_OK) {
        gan_model_destroy(clone);
        return status;
    }
    gan_copy(model->context, model->parameter_size, model->parameters, clone->parameters);
    gan_copy(model->context, model->buffer_size, model->buffers, clone->buffers);
    for (int32_t i = 0; i < model->tensor_count; i++) clone->tensors[i].frozen = model->tensors[i].frozen;
    *out = clone;
    return GAN_OK;
}
