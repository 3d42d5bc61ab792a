/* The training recipes of the programs: loss, regularisers, normalisation and rates under one name, and options that
 * change parts of them. */
#ifndef EXAMPLES_RECIPES_H
#define EXAMPLES_RECIPES_H

#include "models.h"
#include "options.h"

#include <libgan.h>

typedef struct recipe {
    const char *name, *help;
    normalisation generator, discriminator;
    gan_optimizer_algorithm algorithm; /* of both */
    float discriminator_rate;          /* 0: that of the generator */
    bool anneal;                       /* rates fall to 0, and penalties as `trainer` says, over the run's steps */
    gan_trainer_options trainer;       /* all else, except seed and schedule steps */
} recipe;

/* The command line's choices. Negative numbers and NULLs: the recipe's, which without a name is the default. */
typedef struct recipe_choice {
    const char *by_default, *name, *loss, *generator, *discriminator;
    double learning_rate, discriminator_rate, r1, r2, gradient_penalty, dragan, half_life;
    int64_t batch, discriminator_steps, packing;
    bool list;
} recipe_choice;

/* A choice that starts as a recipe. */
#define RECIPE_CHOICE(recipe_name)                                                                                   \
    {                                                                                                                \
        .by_default = (recipe_name), .learning_rate = -1, .discriminator_rate = -1, .r1 = -1, .r2 = -1,              \
        .gradient_penalty = -1, .dragan = -1, .half_life = -1, .batch = -1, .discriminator_steps = -1, .packing = -1 \
    }

/* The options that fill a recipe_choice, for a program's list of options. */
#define RECIPE_OPTIONS(c)                                                                                         \
    {"--recipe", OPTION_TEXT, &(c).name, 0, 0, "NAME", "the recipe to train with; --recipes lists them"},         \
        {"--recipes", OPTION_FLAG, &(c).list, 0, 0, NULL, "list the recipes and exit"},                           \
        {"--loss", OPTION_TEXT, &(c).loss, 0, 0, "NAME", "replaces the recipe's, as do all below"},               \
        {"--generator-norm", OPTION_TEXT, &(c).generator, 0, 0, "NAME", NORMALISATION_NAMES},                     \
        {"--discriminator-norm", OPTION_TEXT, &(c).discriminator, 0, 0, "NAME", NORMALISATION_NAMES},             \
        {"--batch", OPTION_INTEGER, &(c).batch, 1, 65536, "N", "samples per step"},                               \
        {"--learning-rate", OPTION_NUMBER, &(c).learning_rate, 1e-9, 1e3, "R", "of both players"},                \
        {"--discriminator-rate", OPTION_NUMBER, &(c).discriminator_rate, 1e-9, 1e3, "R", "of the discriminator"}, \
        {"--discriminator-steps", OPTION_INTEGER, &(c).discriminator_steps, 1, 1000, "N", "per generator step"},  \
        {"--r1", OPTION_NUMBER, &(c).r1, 0, 1e6, "GAMMA", "R1 on real samples; 0: none"},                         \
        {"--r2", OPTION_NUMBER, &(c).r2, 0, 1e6, "GAMMA", "R2 on generated samples; 0: none"},                    \
        {"--gradient-penalty", OPTION_NUMBER, &(c).gradient_penalty, 0, 1e6, "LAMBDA", "WGAN-GP's; 0: none"},     \
        {"--dragan", OPTION_NUMBER, &(c).dragan, 0, 1e6, "LAMBDA", "DRAGAN's; 0: none"},                          \
        {"--half-life",                                                                                           \
         OPTION_NUMBER,                                                                                           \
         &(c).half_life,                                                                                          \
         0,                                                                                                       \
         1e9,                                                                                                     \
         "N",                                                                                                     \
         "of the generator's average, in samples; 0: none"},                                                      \
    {                                                                                                             \
        "--packing", OPTION_INTEGER, &(c).packing, 1, 64, "N", "samples that the discriminator judges at once"    \
    }

#define NORMALISATION_NAMES "none, batch, layer or spectral normalisation"

/* The chosen recipe, for a run of this many steps, or 0 if another limit ends it. Exits after listing the recipes on
 * request, and with status 2 and a sentence if a name is unknown or the recipe needs the steps. */
recipe choose_recipe(const recipe_choice *choice, int64_t steps);

/* Creates a trainer for the recipe, with schedules over `steps`. */
gan_status create_trainer(gan_context *context, gan_model *generator, gan_model *discriminator, const recipe *chosen,
                          uint64_t seed, int64_t steps, gan_trainer **out);

/* After a checkpoint was loaded: the rates that the command line chose. */
gan_status choose_rates(gan_trainer *trainer, const recipe *chosen, const recipe_choice *choice);

/* Samples of a batch. */
int64_t batch_of(const recipe *chosen);

/* The shape of the discriminator's input: `packing` images stacked. */
gan_shape packed_shape(const recipe *chosen, gan_shape image);

#endif
