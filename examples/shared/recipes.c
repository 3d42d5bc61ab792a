#include "recipes.h"

#include "losses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE     NORMALISATION_NONE
#define BATCH    NORMALISATION_BATCH
#define LAYER    NORMALISATION_LAYER
#define SPECTRAL NORMALISATION_SPECTRAL

/* Adam at 2e-4 with betas 0.5 and 0.999, batches of 32, the non-saturating loss and one step of each player, unless
 * stated otherwise. */
static const recipe recipes[] = {
    {.name = "bare", .help = "nothing but the two networks"},
    {.name = "batch-norm", .help = "batch normalisation in the generator", .generator = BATCH},
    {.name = "dcgan",
     .help = "and in the discriminator (Radford et al., 2016)",
     .generator = BATCH,
     .discriminator = BATCH},
    {.name = "label-smoothing",
     .help = "real samples are labelled 0.9 (Salimans et al., 2016)",
     .generator = BATCH,
     .trainer = {.label_smoothing = 0.1f}},
    {.name = "instance-noise",
     .help = "noise on all samples that D sees (Sonderby et al., 2017)",
     .generator = BATCH,
     .trainer = {.instance_noise = 0.2f}},
    {.name = "ema",
     .help = "samples of the average of the generator (Yazici et al., 2019)",
     .generator = BATCH,
     .trainer = {.ema_half_life = 10000, .ema_ramp = 0.05f}},
    {.name = "spectral",
     .help = "spectral normalisation in D (Miyato et al., 2018)",
     .generator = BATCH,
     .discriminator = SPECTRAL},
    {.name = "hinge-spectral",
     .help = "hinge loss, two time scales (Zhang et al., SAGAN, 2019)",
     .generator = BATCH,
     .discriminator = SPECTRAL,
     .discriminator_rate = 4e-4f,
     .trainer = {.loss = GAN_LOSS_HINGE, .learning_rate = 1e-4f, .beta1 = GAN_ZERO, .beta2 = 0.9f}},
    {.name = "least-squares",
     .help = "least squares (Mao et al., 2017)",
     .generator = BATCH,
     .discriminator = BATCH,
     .trainer = {.loss = GAN_LOSS_LEAST_SQUARES}},
    {.name = "wgan-clip",
     .help = "Wasserstein, clipped weights (Arjovsky et al., 2017)",
     .generator = BATCH,
     .algorithm = GAN_OPTIMIZER_RMSPROP,
     .trainer =
         {.loss = GAN_LOSS_WASSERSTEIN, .learning_rate = 5e-5f, .weight_clip = 0.01f, .discriminator_steps = 5}},
    {.name = "wgan-gp",
     .help = "Wasserstein, gradient penalty (Gulrajani et al., 2017)",
     .generator = BATCH,
     .discriminator = LAYER,
     .trainer = {.loss = GAN_LOSS_WASSERSTEIN,
                 .learning_rate = 1e-4f,
                 .beta1 = GAN_ZERO,
                 .beta2 = 0.9f,
                 .gradient_penalty = 10,
                 .discriminator_steps = 5}},
    {.name = "r1", .help = "R1 (Mescheder et al., 2018)", .generator = BATCH, .trainer = {.r1 = 1}},
    {.name = "lazy-r1",
     .help = "R1 every 16 steps (Karras et al., 2020), two time scales, average",
     .generator = BATCH,
     .discriminator_rate = 4e-4f,
     .trainer = {.r1 = 1, .penalty_interval = 16, .ema_half_life = 10000, .ema_ramp = 0.05f}},
    {.name = "dragan",
     .help = "penalty around real samples (Kodali et al., 2017)",
     .generator = BATCH,
     .trainer = {.dragan = 10}},
    {.name = "relativistic-average",
     .help = "with batch normalisation (Jolicoeur-Martineau, 2019)",
     .generator = BATCH,
     .discriminator = BATCH,
     .trainer = {.loss = GAN_LOSS_RELATIVISTIC_AVERAGE}},
    {.name = "r3gan",
     .help = "relativistic pairs, R1, R2, no normalisation (Huang et al., 2024)",
     .trainer = {.loss = GAN_LOSS_RELATIVISTIC,
                 .r1 = 0.2f,
                 .r2 = 0.2f,
                 .beta1 = GAN_ZERO,
                 .beta2 = 0.99f,
                 .ema_half_life = 10000,
                 .ema_ramp = 0.05f}},
    {.name = "r3gan-anneal",
     .help = "the same; rates and penalties fall over --steps",
     .anneal = true,
     .trainer = {.loss = GAN_LOSS_RELATIVISTIC,
                 .r1 = 0.2f,
                 .r2 = 0.2f,
                 .beta1 = GAN_ZERO,
                 .beta2 = 0.99f,
                 .ema_half_life = 10000,
                 .ema_ramp = 0.05f,
                 .penalty_schedule = GAN_SCHEDULE_COSINE,
                 .final_penalty_factor = 0.1f}},
    {.name = "pacgan",
     .help = "D judges two samples at once (Lin et al., 2018)",
     .generator = BATCH,
     .discriminator = BATCH,
     .trainer = {.packing = 2}},
    {.name = "diffaugment",
     .help = "hinge-spectral, and D sees samples moved and cut (Zhao et al., 2020)",
     .generator = BATCH,
     .discriminator = SPECTRAL,
     .discriminator_rate = 4e-4f,
     .trainer = {.loss = GAN_LOSS_HINGE,
                 .learning_rate = 1e-4f,
                 .beta1 = GAN_ZERO,
                 .beta2 = 0.9f,
                 .augment = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT}},
    {.name = "pictures",
     .help = "stable, and D sees samples moved (DiffAugment), for few pictures, in colour",
     .generator = BATCH,
     .discriminator = SPECTRAL,
     .discriminator_rate = 4e-4f,
     .trainer = {.ema_half_life = 10000, .ema_ramp = 0.05f, .augment = GAN_AUGMENT_TRANSLATION}},
    {.name = "stable",
     .help = "spectral normalisation, two time scales, average",
     .generator = BATCH,
     .discriminator = SPECTRAL,
     .discriminator_rate = 4e-4f,
     .trainer = {.ema_half_life = 10000, .ema_ramp = 0.05f}},
};

#define RECIPES (int)(sizeof(recipes) / sizeof(recipes[0]))

/* ---- Names ----------------------------------------------------------------------------------------------------- */

static void list_recipes(FILE *file)
{
    for (int i = 0; i < RECIPES; i++) fprintf(file, "  %-22s %s\n", recipes[i].name, recipes[i].help);
}

static recipe find_recipe(const char *name)
{
    for (int i = 0; i < RECIPES; i++)
        if (strcmp(recipes[i].name, name) == 0) return recipes[i];
    fprintf(stderr, "--recipe %s: expected one of\n", name);
    list_recipes(stderr);
    exit(2);
}

/* The index of a name in a NULL-terminated list. */
static int find_name(const char *where, const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0) return i;
    fprintf(stderr, "%s %s: expected", where, name);
    for (int i = 0; names[i]; i++) fprintf(stderr, "%s %s", i ? "," : "", names[i]);
    fprintf(stderr, "\n");
    exit(2);
}

static normalisation find_normalisation(const char *where, const char *name)
{
    static const char *const names[] = {"none", "batch", "layer", "spectral", NULL}; /* as in models.h */
    return (normalisation)find_name(where, name, names);
}

static void set(float *value, double chosen)
{
    if (chosen >= 0) *value = (float)chosen;
}

recipe choose_recipe(const recipe_choice *choice, int64_t steps)
{
    if (choice->list) {
        list_recipes(stdout);
        exit(0);
    }
    recipe r = find_recipe(choice->name ? choice->name : choice->by_default);
    if (r.anneal && steps == 0) {
        fprintf(stderr, "--recipe %s: give --steps, over which its rates fall\n", r.name);
        exit(2);
    }
    if (choice->loss) r.trainer.loss = find_loss(choice->loss);
    if (choice->generator) r.generator = find_normalisation("--generator-norm", choice->generator);
    if (choice->discriminator) r.discriminator = find_normalisation("--discriminator-norm", choice->discriminator);
    if (choice->learning_rate >= 0) r.discriminator_rate = 0;
    set(&r.trainer.learning_rate, choice->learning_rate);
    set(&r.discriminator_rate, choice->discriminator_rate);
    set(&r.trainer.r1, choice->r1);
    set(&r.trainer.r2, choice->r2);
    set(&r.trainer.gradient_penalty, choice->gradient_penalty);
    set(&r.trainer.dragan, choice->dragan);
    set(&r.trainer.ema_half_life, choice->half_life);
    if (r.trainer.ema_half_life == 0) r.trainer.ema_ramp = 0;
    if (choice->batch > 0) r.trainer.batch = choice->batch;
    if (choice->discriminator_steps > 0) r.trainer.discriminator_steps = (int)choice->discriminator_steps;
    if (choice->packing > 0) r.trainer.packing = (int)choice->packing;
    return r;
}

/* ---- Use ------------------------------------------------------------------------------------------------------- */

/* A recipe's rates; 0 is the trainer's default. */
static float generator_rate(const recipe *chosen)
{
    return chosen->trainer.learning_rate > 0 ? chosen->trainer.learning_rate : 2e-4f;
}

static float discriminator_rate(const recipe *chosen)
{
    return chosen->discriminator_rate > 0 ? chosen->discriminator_rate : generator_rate(chosen);
}

static gan_status set_rate(gan_trainer *trainer, gan_role role, float rate)
{
    gan_optimizer *of_player = NULL;
    gan_status status = gan_trainer_get_optimizer(trainer, role, &of_player);
    return status == GAN_OK ? gan_optimizer_set_learning_rate(of_player, rate) : status;
}

gan_status choose_rates(gan_trainer *trainer, const recipe *chosen, const recipe_choice *choice)
{
    gan_status status = GAN_OK;
    const bool both = choice->name || choice->learning_rate >= 0;
    if (both) status = set_rate(trainer, GAN_ROLE_GENERATOR, generator_rate(chosen));
    if (status == GAN_OK && (both || choice->discriminator_rate >= 0))
        status = set_rate(trainer, GAN_ROLE_DISCRIMINATOR, discriminator_rate(chosen));
    return status;
}

/* Adam or RMSprop at a rate, which falls to 0 over `steps` unless that is 0. */
static gan_optimizer_options optimizer(const recipe *chosen, float rate, int64_t steps)
{
    const gan_trainer_options *t = &chosen->trainer;
    gan_optimizer_options o = {.struct_size = sizeof(o),
                               .algorithm = chosen->algorithm,
                               .learning_rate = rate,
                               .beta1 = t->beta1 > 0 ? t->beta1 : 0.5f,
                               .beta2 = t->beta2};
    if (steps > 0) {
        o.schedule = GAN_SCHEDULE_COSINE;
        o.schedule_steps = steps;
    }
    return o;
}

gan_status create_trainer(gan_context *context, gan_model *generator, gan_model *discriminator, const recipe *chosen,
                          uint64_t seed, int64_t steps, gan_trainer **out)
{
    gan_trainer_options t = chosen->trainer;
    int64_t schedule_steps = chosen->anneal ? steps : 0;
    int64_t updates = schedule_steps * (t.discriminator_steps > 0 ? t.discriminator_steps : 1);
    gan_optimizer_options g = optimizer(chosen, generator_rate(chosen), schedule_steps);
    gan_optimizer_options d = optimizer(chosen, discriminator_rate(chosen), updates);
    t.struct_size = sizeof(t);
    t.seed = seed;
    t.generator_optimizer = &g;
    t.discriminator_optimizer = &d;
    t.penalty_schedule_steps = schedule_steps;
    return gan_trainer_create(context, generator, discriminator, &t, out);
}

int64_t batch_of(const recipe *chosen)
{
    return chosen->trainer.batch > 0 ? chosen->trainer.batch : 32;
}

gan_shape packed_shape(const recipe *chosen, gan_shape image)
{
    if (chosen->trainer.packing > 1) image.dims[0] *= chosen->trainer.packing;
    return image;
}
