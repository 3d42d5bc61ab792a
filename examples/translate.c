/* Learns to translate pictures of one kind to another. With --method paired, from pairs (pix2pix: Isola et al.,
 * "Image-to-Image Translation with Conditional Adversarial Networks", 2017), beside the same network without a
 * discriminator. --apply translates a folder of pictures by a saved generator. */
#include "game_program.h"
#include "outputs.h"
#include "picture_files.h"
#include "program.h"
#include "translation_data.h"
#include "translation_models.h"
#include "translation_score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRED_SHARE 0.6 /* of the minutes; the rest is about what as many steps by L1 alone take */
#define APPLY_BATCH  16

enum { PAIRED, L1_ONLY, GAMES };
static const char *const game_names[GAMES] = {"paired", "l1_only"}; /* and their folders */

typedef struct job {
    game_settings settings;
    translation_files files;
    const char *method, *model, *input;
    int64_t batch, filters;
    double l1_weight;
    bool alone;
    gan_context *context;
    translation_data data;
} job;

/* One of the trainings. */
typedef struct training {
    const job *job;
    char folder[PATH_SIZE];
    gan_model *generator, *discriminator;
    gan_game *game;
} training;

/* ---- Games ----------------------------------------------------------------------------------------------------- */

/* The discriminator's loss is halved, so that it learns slower than the generator, as in the paper. */
static gan_status describe_paired(training *t, bool adversarial)
{
    const job *j = t->job;
    gan_status status =
        gan_game_create(j->context, GAN_GAME(.batch = j->batch, .seed = (uint64_t)j->settings.seed), &t->game);
    if (status != GAN_OK) return status;
    gan_game *game = t->game;
    const gan_term from = gan_game_input(game, "from", j->data.image), to = gan_game_input(game, "to", j->data.image);
    const gan_term fake = gan_game_apply(game, t->generator, GAN_TERMS(from));
    gan_term real_logits, fake_logits;
    if (adversarial) {
        real_logits = gan_game_apply(game, t->discriminator, GAN_TERMS(from, to));
        fake_logits = gan_game_apply(game, t->discriminator, GAN_TERMS(from, fake));
        const gan_player d = gan_game_player(game, "discriminator", t->discriminator, NULL);
        gan_game_want_by(game, d, 0.5f,
                         gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL),
                         GAN_WANT(.name = "D"));
    }
    const gan_player g = gan_game_player(game, "generator", t->generator, NULL);
    if (adversarial) {
        gan_game_want_by(game, g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits),
                         GAN_WANT(.name = "G"));
    }
    gan_game_want_by(game, g, (float)j->l1_weight, gan_l1_loss(fake, to), GAN_WANT(.name = "L1"));
    status = gan_game_build(game);
    if (status == GAN_OK) status = gan_game_feed(game, from, j->data.pairs, "from");
    return status == GAN_OK ? gan_game_feed(game, to, j->data.pairs, "to") : status;
}

/* The dataset of an earlier training begins its first epoch anew. */
static gan_status rewind_dataset(gan_dataset *dataset)
{
    gan_dataset_cursor cursor;
    gan_status status = gan_dataset_get_cursor(dataset, &cursor);
    cursor.epoch = cursor.position = 0;
    return status == GAN_OK ? gan_dataset_set_cursor(dataset, cursor) : status;
}

static gan_status begin(const job *j, int which, training *t)
{
    const uint64_t seed = 2 * (uint64_t)j->settings.seed;
    const int64_t halvings = j->files.size < 128 ? 2 : 3; /* patches of 34 or 70 pixels */
    *t = (training){.job = j};
    path_in(j->settings.output, game_names[which], t->folder);
    gan_status status = build_unet_generator(j->context, j->data.image, j->filters, seed, &t->generator);
    if (status == GAN_OK) {
        status = build_patch_discriminator(j->context, j->data.image, 2, j->filters, halvings, seed + 1,
                                           &t->discriminator);
    }
    if (status == GAN_OK) status = rewind_dataset(j->data.pairs);
    return status == GAN_OK ? describe_paired(t, which == PAIRED) : status;
}

static void end(training *t)
{
    gan_game_destroy(t->game);
    gan_model_destroy(t->discriminator);
    gan_model_destroy(t->generator);
}

/* Pictures to translate, their translations, and what was to come of them. */
static gan_status write_state(void *user)
{
    training *t = user;
    const job *j = t->job;
    const int64_t size = gan_shape_count(j->data.image), count = j->data.held_out < 16 ? j->data.held_out : 16;
    char path[PATH_SIZE];
    float *translated = allocate(count * size, sizeof(float));
    gan_status status = gan_model_save(t->generator, path_in(t->folder, "generator.safetensors", path));
    if (status == GAN_OK) status = translate_pictures(t->generator, j->data.held_from, count, translated);
    if (status == GAN_OK) {
        status = write_series(j->context, path_in(t->folder, "samples.png", path), j->data.image, count, 3,
                              (const float *const[]){j->data.held_from, translated, j->data.held_to});
    }
    free(translated);
    return status;
}

/* Plays a game, and translates the held-out pictures by its generator. `rounds`, unless 0, are those that it should
 * have in the end, instead of the limits of the command line; it then becomes the number that it has. */
static gan_status train(job *j, int which, double share, int64_t *rounds, float *translated)
{
    training t;
    gan_status status = begin(j, which, &t);
    if (status == GAN_OK) {
        game_settings settings = j->settings;
        settings.output = t.folder;
        settings.minutes = *rounds > 0 ? 0 : settings.minutes * share;
        settings.until = *rounds;
        settings.resume = resumes(&settings, t.folder);
        settings.fed = j->data.pairs;
        if (!settings.quiet) fprintf(stderr, "%s:\n", game_names[which]);
        status = play_game(j->context, t.game, &settings, write_state, &t);
        *rounds = gan_game_rounds(t.game);
    }
    if (status == GAN_OK) status = translate_pictures(t.generator, j->data.held_from, j->data.held_out, translated);
    end(&t);
    return status;
}

/* ---- Figures --------------------------------------------------------------------------------------------------- */

static gan_status print_scores(const job *j, const char *prefix, const float *translated)
{
    const translation_data *data = &j->data;
    const int64_t values = data->held_out * gan_shape_count(data->image);
    double frechet = 0;
    const gan_status status =
        feature_distance(j->context, data->image, data->held_to, translated, data->held_out, &frechet);
    if (status != GAN_OK) return status;
    printf("%s=%.4f %s=%.4g", *prefix ? prefix : "l1", mean_difference(translated, data->held_to, values),
           *prefix ? "l1_only_frechet" : "frechet", frechet);
    return GAN_OK;
}

static gan_status train_paired(job *j)
{
    const int64_t size = gan_shape_count(j->data.image);
    float *by_game = allocate(j->data.held_out * size, sizeof(float));
    float *by_l1 = allocate(j->data.held_out * size, sizeof(float));
    int64_t rounds = 0;
    char path[PATH_SIZE];
    gan_status status = train(j, PAIRED, j->alone ? 1 : PAIRED_SHARE, &rounds, by_game);
    if (status == GAN_OK && !j->alone) status = train(j, L1_ONLY, 0, &rounds, by_l1);
    if (status == GAN_OK && !j->alone) {
        status = write_series(j->context, path_in(j->settings.output, "comparison.png", path), j->data.image,
                              j->data.held_out, 4,
                              (const float *const[]){j->data.held_from, by_l1, by_game, j->data.held_to});
    }
    if (status == GAN_OK) status = print_scores(j, "", by_game);
    if (status == GAN_OK && !j->alone) {
        putchar(' ');
        status = print_scores(j, "l1_only", by_l1);
    }
    if (status == GAN_OK) printf(" held_out=%lld steps=%lld\n", (long long)j->data.held_out, (long long)rounds);
    free(by_l1);
    free(by_game);
    return status;
}

static void prepare_folders(const job *j)
{
    for (int i = 0; i < (j->alone ? 1 : GAMES); i++) {
        char folder[PATH_SIZE];
        path_in(j->settings.output, game_names[i], folder);
        if (j->settings.resume && i == 0) require_checkpoint(folder);
        will_write_game(folder, (const char *const[]){"generator.safetensors", "samples.png", NULL});
    }
    will_write_in(j->settings.output, (const char *const[]){"comparison.png", NULL});
}

/* ---- Applying a generator -------------------------------------------------------------------------------------- */

/* folder/picture.jpg becomes output/picture.png. */
static void name_output(const char *folder, const char *name, char path[PATH_SIZE])
{
    const char *dot = strrchr(name, '.');
    snprintf(path, PATH_SIZE, "%s/%.*s.png", folder, (int)(dot - name), name);
}

static void prepare_outputs(const job *j, const picture_list *list)
{
    will_read(j->model);
    will_read(j->input);
    for (int64_t i = 0; i < list->count; i++) {
        char path[PATH_SIZE], other[PATH_SIZE];
        int64_t width, height;
        name_output(j->settings.output, list->names[i], path);
        if (i == 0) will_write(path);
        read_picture_size(list, i, &width, &height); /* refuses animations */
        for (int64_t k = i + 1; k < list->count; k++) {
            name_output(j->settings.output, list->names[k], other);
            if (strcmp(path, other) != 0) break;
            fprintf(stderr, "%s/%s: its translation would be %s, as that of %s\n", list->folder, list->names[k], path,
                    list->names[i]);
            exit(1);
        }
    }
}

static bool translates(const gan_model *model, gan_shape *image)
{
    gan_shape made = {0, {0}};
    if (gan_model_input_count(model) != 1 || gan_model_get_input_shape(model, 0, image) != GAN_OK) return false;
    if (gan_model_get_output_shape(model, 0, &made) != GAN_OK || image->rank != 3 || made.rank != 3) return false;
    return (image->dims[0] == 1 || image->dims[0] == 3) && (made.dims[0] == 1 || made.dims[0] == 3);
}

static gan_status translate_batch(const job *j, gan_model *model, gan_dataset *pictures, const picture_list *list,
                                  int64_t first, float *in, float *out)
{
    const int64_t left = list->count - first, count = left < APPLY_BATCH ? left : APPLY_BATCH;
    const float *const inputs[] = {in};
    gan_shape made = {0, {0}};
    gan_status status = gan_dataset_read(pictures, first, count, in, NULL);
    if (status == GAN_OK) {
        status = gan_model_sample(model, GAN_SAMPLE(.seed = (uint64_t)(j->settings.seed + first), .inputs = inputs),
                                  count, out);
    }
    if (status == GAN_OK) status = gan_model_get_output_shape(model, 0, &made);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        char path[PATH_SIZE];
        name_output(j->settings.output, list->names[first + i], path);
        status = gan_png_write_grid(j->context, path, out + i * gan_shape_count(made), 1, made, 1);
    }
    return status;
}

static gan_status apply(job *j)
{
    gan_model *model = NULL;
    gan_dataset *pictures = NULL;
    gan_shape image = {0, {0}}, made = {0, {0}};
    picture_list list = list_pictures(j->input);
    prepare_outputs(j, &list);
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = j->settings.threads), &j->context);
    if (status == GAN_OK) status = gan_model_load(j->context, j->model, &model);
    if (status == GAN_OK && !translates(model, &image)) {
        fprintf(stderr, "%s: not a generator that makes pictures of pictures\n", j->model);
        exit(1);
    }
    if (status == GAN_OK) status = gan_model_get_output_shape(model, 0, &made);
    if (status == GAN_OK) {
        status = gan_dataset_open_folder(
            j->context, j->input,
            GAN_FOLDER(.height = image.dims[1], .width = image.dims[2], .channels = image.dims[0]), NULL, &pictures);
    }
    if (status == GAN_OK) {
        float *in = allocate(APPLY_BATCH * gan_shape_count(image), sizeof(float));
        float *out = allocate(APPLY_BATCH * gan_shape_count(made), sizeof(float));
        for (int64_t i = 0; i < list.count && status == GAN_OK; i += APPLY_BATCH)
            status = translate_batch(j, model, pictures, &list, i, in, out);
        free(out);
        free(in);
    }
    if (status == GAN_OK) printf("pictures=%lld\n", (long long)list.count);
    gan_dataset_destroy(pictures);
    gan_model_destroy(model);
    release_pictures(&list);
    return status;
}

/* ---- The program ----------------------------------------------------------------------------------------------- */

static void demand(bool fine, const char *sentence)
{
    if (fine) return;
    fprintf(stderr, "%s; --help explains the options\n", sentence);
    exit(2);
}

static job read_settings(int argc, char **argv)
{
    job j = {.settings = GAME_SETTINGS("translated"),
             .files = {.size = 64, .most_held_out = 1000},
             .method = "paired",
             .batch = 4,
             .filters = 32,
             .l1_weight = 100};
    bool grey = false;
    const option options[] = {
        {"--method", OPTION_TEXT, &j.method, 0, 0, "NAME", "paired (pix2pix)"},
        {"--data", OPTION_TEXT, &j.files.data, 0, 0, "DIR", "pairs side by side; may have train/, and test/ or val/"},
        {"--from", OPTION_TEXT, &j.files.from, 0, 0, "DIR", "instead: the pictures to translate, and"},
        {"--to", OPTION_TEXT, &j.files.to, 0, 0, "DIR", "what to make of them, under the same names"},
        {"--backward", OPTION_FLAG, &j.files.backward, 0, 0, NULL, "from right to left, or from --to to --from"},
        {"--size", OPTION_INTEGER, &j.files.size, 16, 1024, "N", "of pictures, a multiple of 16 (default 64)"},
        {"--grey", OPTION_FLAG, &grey, 0, 0, NULL, "pictures without colour"},
        {"--batch", OPTION_INTEGER, &j.batch, 1, 1024, "N", "pairs per step (default 4)"},
        {"--filters", OPTION_INTEGER, &j.filters, 1, 512, "N", "of the first layers (default 32; the paper's: 64)"},
        {"--l1-weight", OPTION_NUMBER, &j.l1_weight, 1e-6, 1e6, "W", "of the mean difference (default 100)"},
        {"--samples", OPTION_INTEGER, &j.files.most_held_out, 2, 1e7, "N", "held-out pairs to judge (default 1000)"},
        {"--alone", OPTION_FLAG, &j.alone, 0, 0, NULL, "do not train for comparison"},
        {"--apply", OPTION_TEXT, &j.model, 0, 0, "FILE", "translate by this generator instead of training one:"},
        {"--input", OPTION_TEXT, &j.input, 0, 0, "DIR", "with --apply: the pictures, scaled and cropped to its size"},
        GAME_OUTPUT_OPTION(j.settings, "translated"),
        GAME_OPTIONS_AS(j.settings, "train for M minutes, comparison included; with --resume, for M more",
                        "train each network for N steps; with --resume, for N more", GAME_RESUME_SEVERAL),
    };
    read_options(argc, argv, 1, "translate: learns to make one kind of pictures of another. Default --minutes 20.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    j.files.channels = grey ? 1 : 3;
    demand(!j.input == !j.model, "--apply and --input belong together");
    if (j.model) return j;
    demand(strcmp(j.method, "paired") == 0, "--method: expected paired");
    j.files.paired = true;
    demand(!j.files.from == !j.files.to && !j.files.from != !j.files.data, "give --data, or --from and --to");
    demand(j.files.size % 16 == 0, "--size: expected a multiple of 16");
    if (j.settings.minutes == 0 && j.settings.steps == 0) j.settings.minutes = 20;
    return j;
}

static gan_status run(job *j)
{
    const char *const inputs[] = {j->files.data, j->files.from, j->files.to};
    for (int i = 0; i < 3; i++)
        if (inputs[i]) will_read(inputs[i]);
    prepare_folders(j);
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = j->settings.threads), &j->context);
    if (status == GAN_OK) {
        status = open_translation_data(
            j->context, &j->files,
            GAN_DATASET(.seed = (uint64_t)j->settings.seed, .restart_if_changed = j->settings.restart), &j->data);
    }
    return status == GAN_OK ? train_paired(j) : status;
}

int main(int argc, char **argv)
{
    job j = read_settings(argc, argv);
    const int result = exit_status(j.model ? apply(&j) : run(&j));
    close_translation_data(&j.data);
    gan_context_destroy(j.context);
    return result;
}
