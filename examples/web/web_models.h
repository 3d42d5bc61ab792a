/* The networks of the page, of a size that a browser trains live. */
#ifndef WEB_MODELS_H
#define WEB_MODELS_H

#include <libgan.h>

typedef enum web_kind {
    WEB_PLANE,   /* points of the plane */
    WEB_PICTURES /* 28 x 28 pixels in [-1, 1] */
} web_kind;

gan_status build_web_models(gan_context *context, web_kind kind, uint64_t seed, gan_model **generator,
                            gan_model **discriminator);

/* What does not change while the page is open; loss, rates and penalties are the visitor's. */
gan_trainer_options web_trainer_options(web_kind kind);

#endif
