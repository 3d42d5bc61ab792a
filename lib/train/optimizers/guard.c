/* Guards: models that training changes, and how a failed step is undone. */
#include "train/optimizers/optimizers.h"

#include <math.h>

gan_status gan_guard_create(gan_guard *guard, gan_model *model)
{
    guard->proved = true;
    guard->model = gan_model_retain(model);
    GAN_TRY(gan_model_keep_previous(model));
    if (model->buffer_size == 0) return GAN_OK;
    guard->buffers = gan_allocate_array(model->context, model->buffer_size, sizeof(gan_real));
    return guard->buffers ? GAN_OK : GAN_ERROR_MEMORY;
}

void gan_guard_destroy(gan_guard *guard)
{
    if (!guard->model) return;
    gan_release(guard->model->context, guard->buffers, (size_t)guard->model->buffer_size * sizeof(gan_real));
    gan_model_destroy(guard->model);
}

void gan_guard_remember(gan_guard *guard)
{
    if (!guard->buffers) return;
    gan_copy(guard->model->context, guard->model->buffer_size, guard->model->buffers, guard->buffers);
}

void gan_guard_take_back(gan_guard *guard, gan_status status)
{
    if (!guard->model) return;
    if (guard->buffers) {
        gan_copy(guard->model->context, guard->model->buffer_size, guard->buffers, guard->model->buffers);
    }
    if (status == GAN_ERROR_DIVERGED && !guard->proved) {
        gan_model_restore_previous(guard->model);
        guard->proved = true;
    }
}

bool gan_guard_has_finite_buffers(const gan_guard *guard)
{
    const gan_model *model = guard->model;
    return model->buffer_size == 0 ||
           isfinite(gan_sum_of_squares(model->context, model->buffer_size, model->buffers));
}

bool gan_guard_is_finite(const gan_guard *guard)
{
    const gan_model *model = guard->model;
    return isfinite(gan_sum_of_squares(model->context, model->parameter_size, model->parameters)) &&
           gan_guard_has_finite_buffers(guard);
}

/* ---- Checkpoints ----------------------------------------------------------------------------------------------- */

static void loaded(void *part)
{
    ((gan_guard *)part)->proved = true;
}

void gan_guard_add_entries(gan_guard *guard, const char *name, gan_entries *entries)
{
    gan_entries_add_tensors(entries, name, guard->model);
    gan_entries_add_hook(entries, (gan_entries_hook){.loaded = loaded, .part = guard});
}
