#include "torture/scenarios.h"
#include "torture/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
void stage_add(stage *s, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++) s->digest = (s->digest ^ at[i]) * UINT64_C(0x100000001b3);
}

void stage_add_model(stage *s, const gan_model *model)
{
    static float values[65536];

    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        if (gan_model_get_tensor_info(model, i, &info) != GAN_OK || info.count > 65536 ||
            gan_model_get_tensor(model, info.name, values, info.count) != GAN_OK) {
            s->complaint = "a tensor cannot be read";
            return;
        }
        stage_add(s, values, (size_t)info.count * sizeof(float));
    }
}

bool stage_retries(stage *s, gan_status failure, const void *out)
{
    if (out) s->complaint = "a call that failed has changed its result";
    if (!gan_last_error()[0] || gan_last_status() != failure) s->complaint = "a call that failed has no sentence";
    s->failure = failure;
    snprintf(s->sentence, sizeof(s->sentence), "%s", gan_last_error());
    fault_pause();
    s->check_files(s);
    fault_resume();
    if (!s->retries || s->retried || !fault_fired()) return false;
    return s->retried = true;
}
