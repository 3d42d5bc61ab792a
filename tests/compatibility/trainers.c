#include "trainers.h"

#include <string.h>

static const named_trainer trainers[] = {
    {"adam", "single", GAN_TRAINER(.batch = 8)},
    {"rmsprop", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_WASSERSTEIN, .discriminator_steps = 3, .weight_clip = 0.05f, .seed = 11,
                 .noise = GAN_NOISE_UNIFORM, .diagnosis_interval = GAN_DIAGNOSIS_OFF,
                 .generator_optimizer =
                     GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 1e-3f, .decay = 0.9f,
                                   .epsilon = 1e-3f, .clip_norm = 0.1f, .schedule = GAN_SCHEDULE_STEP,
                                   .schedule_steps = 2, .schedule_factor = 0.5f),
                 .discriminator_optimizer =
                     GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 2e-3f,
                                   .schedule = GAN_SCHEDULE_EXPONENTIAL, .schedule_steps = 40))},
    {"sgd", "single",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_SATURATING, .order = GAN_ORDER_GENERATOR_FIRST, .label_smoothing = 0.1f,
                 .ema_decay = 0.9f, .seed = 12, .diagnosis_interval = 3,
                 .generator_optimizer = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.05f,
                                                      .momentum = 0.8f, .schedule = GAN_SCHEDULE_LINEAR,
                                                      .schedule_steps = 20, .final_learning_rate = 0.01f),
                 .discriminator_optimizer = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.02f,
                                                          .schedule = GAN_SCHEDULE_COSINE, .schedule_steps = 10))},
    {"penalties", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_WASSERSTEIN, .learning_rate = 1e-3f, .beta1 = GAN_ZERO, .beta2 = 0.9f,
                 .discriminator_steps = 2, .r1 = 0.5f, .r2 = 0.25f, .gradient_penalty = 10, .dragan = 5,
                 .penalty_interval = 2, .penalty_schedule = GAN_SCHEDULE_COSINE, .penalty_schedule_steps = 12,
                 .final_penalty_factor = 0.1f, .ema_half_life = 100, .ema_ramp = 0.5f, .seed = 13,
                 .diagnosis_interval = 2)},
    {"seen", "pack",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_HINGE, .learning_rate = 1e-3f, .packing = 2, .instance_noise = 0.3f,
                 .instance_noise_steps = 8, .ema_half_life = 50, .seed = 14, .diagnosis_interval = 1,
                 .augment = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT)},
    {"simultaneous", "critic",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_RELATIVISTIC, .simultaneous = true, .r1 = 0.2f, .r2 = 0.2f,
                 .penalty_schedule = GAN_SCHEDULE_LINEAR, .penalty_schedule_steps = 10, .ema_half_life = 200,
                 .ema_ramp = 0.05f, .seed = 15, .diagnosis_interval = 4,
                 .generator_optimizer =
                     GAN_OPTIMIZER(.learning_rate = 1e-3f, .beta1 = 0.3f, .beta2 = 0.95f, .epsilon = 1e-7f))},
    {"least-squares", "single",
     GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_LEAST_SQUARES, .discriminator_steps = 2, .fresh_noise = true,
                 .instance_noise = 0.1f, .augment = GAN_AUGMENT_TRANSLATION, .seed = 16, .diagnosis_interval = 3,
                 .discriminator_optimizer =
                     GAN_OPTIMIZER(.learning_rate = 4e-4f, .beta1 = 0.5f, .schedule = GAN_SCHEDULE_COSINE,
                                   .schedule_steps = 30, .final_learning_rate = 1e-5f))},
};

const named_trainer *find_trainer(const char *name)
{
    for (size_t i = 0; i < sizeof(trainers) / sizeof(trainers[0]); i++)
        if (strcmp(trainers[i].name, name) == 0) return &trainers[i];
    return NULL;
}
