/* Samples of a generator. */
#ifndef GAN_MODEL_SAMPLING_H
#define GAN_MODEL_SAMPLING_H

#include "model/session/session.h"

/* gan_model_sample through a session of the generator; `what` names the call (sample.c). */
gan_status gan_session_draw(gan_session *session, const gan_sample_options *options, int64_t count, float *out,
                            const char *what);
/* Checks what gan_model_sample would; and fills the inputs for `batch` of `count` samples, from sample `first` on. */
gan_status gan_sample_check(const gan_model *model, const gan_sample_options *options, int64_t count,
                            const char *what);
gan_status gan_session_draw_inputs(gan_session *session, const gan_sample_options *options, int64_t count,
                                   int64_t first, int64_t batch, const char *what);

#endif
