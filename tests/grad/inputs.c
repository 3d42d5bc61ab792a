#include "inputs.h"

#include "support/files.h"
#include "support/models.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

bool input_is_label(const gan_model *model, int32_t k)
{
    return gan_shape_count(model->nodes[model->inputs[k]].output) == 1;
}

void set_inputs(gan_session *session, int64_t batch)
{
    for (int32_t k = 0; k < session->model->input_count; k++) {
        const int64_t count = batch * gan_shape_count(session->model->nodes[session->model->inputs[k]].output);
        float *values = calloc((size_t)count, sizeof(*values));
        gan_random_state state = {.seed = 77, .stream = (uint64_t)k};
        const bool label = input_is_label(session->model, k);
        assert_non_null(values);
        for (int64_t i = 0; label && i < batch; i++) values[i] = (float)(i % TEST_CLASSES);
        test_status(gan_session_set_input(session, (size_t)k, values, batch), GAN_OK, "");
        if (!label) gan_fill_normal(&state, gan_session_data(session, GAN_SLOT_INPUT, k), count, 0, 1);
        free(values);
    }
}
