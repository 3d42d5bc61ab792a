/* Learns to translate pictures of one kind to another: from pairs (--method paired, pix2pix: Isola et al.,
 * "Image-to-Image Translation with Conditional Adversarial Networks", 2017), beside the same network without a
 * discriminator; or from two folders of pictures that nobody has paired (--method unpaired, CycleGAN: Zhu et al.,
 * "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017). --apply translates a
 * folder of pictures by a saved generator. */
#include "outputs.h"
#include "program.h"
#include "random_features.h"
#include "translation_apply.h"
#include "translation_games.h"
#include "translation_score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRED_SHARE   0.6 /* of the minutes; the rest is about what as many steps of the comparison take */
#define UNPAIRED_SHARE 0.75
#define NOT_GIVEN      (-1)

typedef struct job {
    translation_options options;
    translation_files files;
    application application;
    bool unpaired, alone; /* alone: without comparison */
} job;

/* ---- Figures --------------------------------------------------------------------------------------------------- */

/* The mean difference from what should come of the held-out pictures, and how unlike it is to it as a set. */
static gan_status score(const job *j, const float *translated, double *difference, double *frechet)
{
    const translation_data *data = &j->options.data;
    *difference = mean_difference(translated, data->held_to, data->held_out * gan_shape_count(data->image));
    return feature_distance(j->options.context, data->image, data->held_to, translated, data->held_out, frechet);
}

static gan_status write_comparison(const job *j, const float *by_l1, const float *by_game)
{
    const translation_data *data = &j->options.data;
    char path[PATH_SIZE];
    return write_series(j->options.context, path_in(j->options.game.output, "comparison.png", path), data->image,
                        data->held_out, 4, (const float *const[]){data->held_from, by_l1, by_game, data->held_to});
}

static gan_status train_paired(job *j)
{
    const int64_t values = j->options.data.held_out * gan_shape_count(j->options.data.image);
    float *by_game = allocate(values, sizeof(float)), *by_l1 = allocate(values, sizeof(float));
    double l1 = 0, frechet = 0, l1_only = 0, l1_only_frechet = 0;
    int64_t rounds = 0;
    gan_status status = play_translation(&j->options, METHOD_PAIRED, j->alone ? 1 : PAIRED_SHARE, &rounds, by_game);
    if (status == GAN_OK) status = score(j, by_game, &l1, &frechet);
    if (!j->alone) {
        if (status == GAN_OK) status = play_translation(&j->options, METHOD_L1_ONLY, 0, &rounds, by_l1);
        if (status == GAN_OK) status = score(j, by_l1, &l1_only, &l1_only_frechet);
        if (status == GAN_OK) status = write_comparison(j, by_l1, by_game);
    }
    if (status == GAN_OK) {
        printf("l1=%.4f frechet=%.4g ", l1, frechet);
        if (!j->alone) printf("l1_only=%.4f l1_only_frechet=%.4g ", l1_only, l1_only_frechet);
        printf("held_out=%lld steps=%lld\n", (long long)j->options.data.held_out, (long long)rounds);
    }
    free(by_l1);
    free(by_game);
    return status;
}

static double share_of_matches(const job *j, const float *translated)
{
    const translation_data *data = &j->options.data;
    return (double)count_matches(translated, data->held_to, data->held_out, gan_shape_count(data->image)) /
           (double)data->held_out;
}

static gan_status train_unpaired(job *j)
{
    const translation_data *data = &j->options.data;
    const bool compared = !j->alone && data->pairs && data->held_out > 0;
    float *translated = allocate(data->held_out * gan_shape_count(data->image) + 1, sizeof(float));
    double matched = 0, paired = 0, untranslated = 0;
    int64_t rounds = 0;
    gan_status status =
        play_translation(&j->options, METHOD_UNPAIRED, compared ? UNPAIRED_SHARE : 1, &rounds, translated);
    if (status == GAN_OK && data->held_out > 0) {
        matched = share_of_matches(j, translated);
        untranslated = share_of_matches(j, data->held_from);
    }
    if (status == GAN_OK && compared) {
        status = play_translation(&j->options, METHOD_PAIRED, 0, &rounds, translated);
        if (status == GAN_OK) paired = share_of_matches(j, translated);
    }
    if (status == GAN_OK) {
        if (data->held_out > 0) printf("matched=%.4f chance=%.4f ", matched, 1 / (double)data->held_out);
        if (compared) printf("paired=%.4f ", paired);
        if (data->held_out > 0) printf("untranslated=%.4f ", untranslated);
        printf("held_out=%lld steps=%lld\n", (long long)data->held_out, (long long)rounds);
    }
    free(translated);
    return status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

static void prepare_folders(const job *j)
{
    const translation_method methods[2] = {j->unpaired ? METHOD_UNPAIRED : METHOD_PAIRED,
                                           j->unpaired ? METHOD_PAIRED : METHOD_L1_ONLY};
    char folder[PATH_SIZE];
    if (j->options.game.resume) require_checkpoint(game_folder(&j->options, methods[0], folder));
    for (int i = 0; i < (j->alone ? 1 : 2); i++) will_write_translation(&j->options, methods[i]);
    if (!j->unpaired && !j->alone)
        will_write_in(j->options.game.output, (const char *const[]){"comparison.png", NULL});
}

static gan_status run(job *j)
{
    const char *const inputs[] = {j->files.data, j->files.from, j->files.to};
    for (int i = 0; i < 3; i++) {
        if (inputs[i]) {
            refuse_output_among(j->options.game.output, inputs[i]);
            will_read(inputs[i]);
        }
    }
    prepare_folders(j);
    gan_status status = open_context(j->options.game.threads, &j->options.context);
    if (status == GAN_OK) {
        j->files.seed = (uint64_t)j->options.game.seed;
        j->files.restart_if_changed = j->options.game.restart;
        status = open_translation_data(j->options.context, &j->files, &j->options.data);
    }
    if (status != GAN_OK) return status;
    return j->unpaired ? train_unpaired(j) : train_paired(j);
}

static void demand(bool fine, const char *sentence)
{
    if (fine) return;
    fprintf(stderr, "%s; --help explains the options\n", sentence);
    exit(2);
}

static void check_settings(job *j, const char *method)
{
    const bool folders = j->files.from && j->files.to;
    demand(!j->application.model || j->application.input, "--apply needs --input");
    if (j->application.model) {
        refuse_options_but("with --apply", (const char *const[]){"--apply", "--input", "--output", "--seed",
                                                                 "--threads", "--quiet", NULL});
        return;
    }
    j->unpaired = strcmp(method, "unpaired") == 0;
    if (!j->unpaired) refuse_options_of("unpaired", "with --method paired");
    if (j->unpaired && j->alone) refuse_options_of("paired", "with --method unpaired --alone");
    j->files.paired = !j->unpaired;
    demand(j->unpaired || strcmp(method, "paired") == 0, "--method: expected paired or unpaired");
    demand(!j->files.from == !j->files.to && folders != (j->files.data != NULL), "give --data, or --from and --to");
    demand(!j->unpaired || folders, "--method unpaired: give --from and --to");
    demand(j->files.size % 16 == 0, "--size: expected a multiple of 16");
    demand(!j->unpaired || !j->options.game.resume || j->options.schedule != NOT_GIVEN,
           "--resume: give the --schedule that the training began with, by default its --steps, without these 0");
}

static job read_settings(int argc, char **argv)
{
    job j = {.options = {.game = GAME_SETTINGS("translated"),
                         .filters = 32,
                         .blocks = 6,
                         .l1_weight = 20,
                         .cycle_weight = 10,
                         .identity_weight = 5,
                         .schedule = NOT_GIVEN},
             .files = {.size = 64, .most_held_out = 1000}};
    translation_options *o = &j.options;
    const char *method = "paired";
    bool grey = false;
    const option options[] = {
        {"--method", OPTION_TEXT, &method, 0, 0, "NAME", "paired (default; pix2pix) or unpaired (CycleGAN)"},
        {"--data", OPTION_TEXT, &j.files.data, 0, 0, "DIR", "pairs side by side; may have train/, and test/ or val/"},
        {"--from", OPTION_TEXT, &j.files.from, 0, 0, "DIR", "instead: pictures to translate, and"},
        {"--to", OPTION_TEXT, &j.files.to, 0, 0, "DIR", "what to make of them, paired under the same names"},
        {"--backward", OPTION_FLAG, &j.files.backward, 0, 0, NULL, "from right to left, or from --to to --from"},
        {"--size", OPTION_INTEGER, &j.files.size, 16, 1024, "N", "of pictures, a multiple of 16 (default 64)"},
        {"--grey", OPTION_FLAG, &grey, 0, 0, NULL, "pictures without colour"},
        {"--batch", OPTION_INTEGER, &o->batch, 1, 1024, "N", "per step (default: 4 pairs, or 1 of each, unpaired)"},
        {"--filters", OPTION_INTEGER, &o->filters, 1, 512, "N", "of the first layers (default 32; the papers': 64)"},
        {"--blocks", OPTION_INTEGER, &o->blocks, 1, 64, "N", "unpaired: residual blocks of a generator (default 6)"},
        {"--l1-weight", OPTION_NUMBER, &o->l1_weight, 1e-6, 1e6, "W",
         "paired: of the difference (default 20; the paper's: 100)"},
        {"--cycle-weight", OPTION_NUMBER, &o->cycle_weight, 1e-6, 1e6, "W",
         "unpaired: of that after translating there and back (default 10)"},
        {"--identity-weight", OPTION_NUMBER, &o->identity_weight, 0, 1e6, "W",
         "unpaired: of that of pictures that need no translation (default 5)"},
        {"--schedule", OPTION_INTEGER, &o->schedule, 0, 1e15, "N",
         "unpaired: the learning rate is flat for half of N steps and falls to 0 in the others (default: --steps, "
         "without these 0: it stays flat)"},
        {"--samples", OPTION_INTEGER, &j.files.most_held_out, 2, 1e7, "N", "held-out pairs to judge (default 1000)"},
        {"--alone", OPTION_FLAG, &j.alone, 0, 0, NULL, "train nothing for comparison"},
        {"--apply", OPTION_TEXT, &j.application.model, 0, 0, "FILE", "translate by this generator, train nothing:"},
        {"--input", OPTION_TEXT, &j.application.input, 0, 0, "DIR",
         "with --apply: the pictures, scaled and cropped to its size"},
        GAME_OUTPUT_OPTION(o->game, "translated"),
        GAME_OPTIONS_AS(o->game, "train for M minutes, comparison included; with --resume, for M more",
                        "train each network for N steps; with --resume, for N more", GAME_RESUME_SEVERAL),
    };
    read_options(argc, argv, 1, "translate: learns to make one kind of pictures of another. Default --minutes 20.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    check_settings(&j, method);
    j.files.channels = grey ? 1 : 3;
    if (o->batch == 0) o->batch = j.unpaired ? 1 : 4;
    if (o->schedule == NOT_GIVEN) o->schedule = o->game.steps;
    if (o->game.minutes == 0 && o->game.steps == 0) o->game.minutes = 20;
    j.application.output = o->game.output;
    j.application.seed = o->game.seed;
    j.application.threads = o->game.threads;
    return j;
}

int main(int argc, char **argv)
{
    job j = read_settings(argc, argv);
    const int result = exit_status(j.application.model ? apply_translation(&j.application) : run(&j));
    close_translation_data(&j.options.data);
    gan_context_destroy(j.options.context);
    return result;
}
