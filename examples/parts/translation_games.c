#include "translation_games.h"

#include "outputs.h"
#include "program.h"
#include "translation_models.h"
#include "translation_score.h"

#include <stdio.h>
#include <stdlib.h>

#define RATE      2e-4f /* of learning */
#define POOL_SIZE 50    /* of CycleGAN's earlier translations */
#define SHOWN     16    /* pictures */

static const char *const names[] = {"paired", "l1_only", "unpaired"}; /* as in translation_method */

/* One of them. From --from to --to, and back: pix2pix has only the first of each. */
typedef struct training {
    const translation_options *options;
    translation_method method;
    char folder[PATH_SIZE];
    gan_model *generator[2], *discriminator[2];
    gan_game *game;
} training;

/* ---- pix2pix --------------------------------------------------------------------------------------------------- */

/* L_D = (-E log D(x, y) - E log(1 - D(x, G(x)))) / 2, halved so that D learns slower than G, and
 * L_G = -E log D(x, G(x)) + w E |G(x) - y|, where w is 100 in the paper. By L1 only, the second summand is all. */
static gan_status describe_paired(training *t)
{
    const translation_options *o = t->options;
    gan_game *game = t->game;
    const gan_term from = gan_game_input(game, "from", o->data.image), to = gan_game_input(game, "to", o->data.image);
    const gan_term fake = gan_game_apply(game, t->generator[0], GAN_TERMS(from));
    gan_player d = {NULL, -1};
    if (t->method == METHOD_PAIRED) d = gan_game_player(game, "discriminator", t->discriminator[0], NULL);
    const gan_player g = gan_game_player(game, "generator", t->generator[0], NULL);
    if (t->method == METHOD_PAIRED) {
        const gan_term real_logits = gan_game_apply(game, t->discriminator[0], GAN_TERMS(from, to));
        const gan_term fake_logits = gan_game_apply(game, t->discriminator[0], GAN_TERMS(from, fake));
        gan_game_want_by(game, d, 0.5f,
                         gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits, NULL),
                         GAN_WANT(.name = "D"));
        gan_game_want_by(game, g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real_logits, fake_logits),
                         GAN_WANT(.name = "G"));
    }
    gan_game_want_by(game, g, (float)o->l1_weight, gan_l1_loss(fake, to), GAN_WANT(.name = "L1"));
    gan_status status = gan_game_build(game);
    if (status == GAN_OK) status = gan_game_feed(game, from, o->data.pairs, "from");
    return status == GAN_OK ? gan_game_feed(game, to, o->data.pairs, "to") : status;
}

/* ---- CycleGAN -------------------------------------------------------------------------------------------------- */

/* What the two players of a side want: `real` is of the kind that generator `side` makes, `fake` what it made. */
static void describe_side(training *t, int side, gan_player generators, gan_player discriminator, gan_term real,
                          gan_term fake)
{
    static const char *const wants[2][2] = {{"D(to)", "G(to)"}, {"D(from)", "G(from)"}};
    gan_game *game = t->game;
    const gan_term real_logits = gan_game_apply(game, t->discriminator[side], GAN_TERMS(real));
    const gan_term fake_logits = gan_game_apply(game, t->discriminator[side], GAN_TERMS(fake));
    const gan_term pooled_logits =
        gan_game_apply(game, t->discriminator[side], GAN_TERMS(gan_game_pool(fake, POOL_SIZE)));
    gan_game_want_by(game, discriminator, 1,
                     gan_discriminator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, pooled_logits, NULL),
                     GAN_WANT(.name = wants[side][0]));
    gan_game_want_by(game, generators, 2, gan_generator_loss(GAN_LOSS_LEAST_SQUARES, real_logits, fake_logits),
                     GAN_WANT(.name = wants[side][1]));
}

/* There and back it should be as before; and what is already of its kind, a generator should leave alone. */
static void describe_likeness(training *t, int side, gan_player generators, gan_term own, gan_term other,
                              gan_term made)
{
    static const char *const wants[2][2] = {{"cycle(from)", "identity(to)"}, {"cycle(to)", "identity(from)"}};
    const translation_options *o = t->options;
    gan_game_want_by(t->game, generators, (float)o->cycle_weight,
                     gan_l1_loss(gan_game_apply(t->game, t->generator[1 - side], GAN_TERMS(made)), own),
                     GAN_WANT(.name = wants[side][0]));
    if (o->identity_weight == 0) return;
    gan_game_want_by(t->game, generators, (float)o->identity_weight,
                     gan_l1_loss(gan_game_apply(t->game, t->generator[side], GAN_TERMS(other)), other),
                     GAN_WANT(.name = wants[side][1]));
}

/* Simultaneous moves are those of the paper's program: the discriminators judge what the generators made before their
 * step. There, D's loss is halved as ours is, and G's is not. */
static gan_status describe_unpaired(training *t)
{
    const translation_options *o = t->options;
    gan_game *game = t->game;
    const gan_optimizer_options *flat = GAN_OPTIMIZER(.learning_rate = RATE);
    const gan_optimizer_options *falling =
        GAN_OPTIMIZER(.learning_rate = RATE, .schedule = GAN_SCHEDULE_LINEAR, .schedule_start = o->schedule / 2,
                      .schedule_steps = o->schedule - o->schedule / 2);
    const gan_player_options *player = GAN_PLAYER(.optimizer = o->schedule > 0 ? falling : flat);
    const gan_term from = gan_game_input(game, "from", o->data.image), to = gan_game_input(game, "to", o->data.image);
    const gan_term fake_to = gan_game_apply(game, t->generator[0], GAN_TERMS(from));
    const gan_term fake_from = gan_game_apply(game, t->generator[1], GAN_TERMS(to));
    const gan_player d_to = gan_game_player(game, "discriminator", t->discriminator[0], player);
    const gan_player d_from = gan_game_player(game, "reverse_discriminator", t->discriminator[1], player);
    const gan_player g = gan_game_player(game, "generator", t->generator[0], player);
    gan_player_add_model(g, "reverse_generator", t->generator[1]);
    describe_side(t, 0, g, d_to, to, fake_to);
    describe_side(t, 1, g, d_from, from, fake_from);
    describe_likeness(t, 0, g, from, to, fake_to);
    describe_likeness(t, 1, g, to, from, fake_from);
    gan_status status = gan_game_build(game);
    if (status == GAN_OK) status = gan_game_feed(game, from, o->data.from, "image");
    return status == GAN_OK ? gan_game_feed(game, to, o->data.to, "image") : status;
}

/* ---- Trainings ------------------------------------------------------------------------------------------------- */

static gan_status build_models(training *t)
{
    const translation_options *o = t->options;
    const gan_shape image = o->data.image;
    const int64_t halvings = image.dims[1] < 128 ? 2 : 3; /* patches of 34 or 70 pixels */
    const int sides = t->method == METHOD_UNPAIRED ? 2 : 1;
    gan_status status = GAN_OK;
    for (int side = 0; side < sides && status == GAN_OK; side++) {
        const uint64_t seed = 4 * (uint64_t)o->game.seed + 2 * (uint64_t)side;
        status = sides == 2
                     ? build_resnet_generator(o->context, image, o->filters, o->blocks, seed, &t->generator[side])
                     : build_unet_generator(o->context, image, o->filters, seed, &t->generator[side]);
        if (status == GAN_OK && t->method != METHOD_L1_ONLY) {
            status = build_patch_discriminator(o->context, image, sides == 2 ? 1 : 2, o->filters, halvings, seed + 1,
                                               &t->discriminator[side]);
        }
    }
    return status;
}

/* Of a dataset that another game has used, the first epoch begins anew. */
static gan_status rewind_dataset(gan_dataset *dataset)
{
    gan_dataset_cursor cursor;
    gan_status status = gan_dataset_get_cursor(dataset, &cursor);
    cursor.epoch = cursor.position = 0;
    return status == GAN_OK ? gan_dataset_set_cursor(dataset, cursor) : status;
}

static gan_status begin(const translation_options *options, translation_method method, training *t)
{
    *t = (training){.options = options, .method = method};
    game_folder(options, method, t->folder);
    gan_status status = build_models(t);
    if (status == GAN_OK && method != METHOD_UNPAIRED) status = rewind_dataset(options->data.pairs);
    if (status == GAN_OK) {
        status = gan_game_create(
            options->context,
            GAN_GAME(.batch = options->batch, .seed = (uint64_t)options->game.seed,
                     .moves = method == METHOD_UNPAIRED ? GAN_MOVES_SIMULTANEOUS : GAN_MOVES_ALTERNATING),
            &t->game);
    }
    if (status != GAN_OK) return status;
    return method == METHOD_UNPAIRED ? describe_unpaired(t) : describe_paired(t);
}

static void end(training *t)
{
    gan_game_destroy(t->game);
    for (int side = 0; side < 2; side++) {
        gan_model_destroy(t->discriminator[side]);
        gan_model_destroy(t->generator[side]);
    }
}

/* Pictures to translate: held out, or else of those trained on. */
static gan_status read_shown(const training *t, int64_t count, float *pictures)
{
    const translation_data *data = &t->options->data;
    if (data->held_out == 0) return gan_dataset_read(data->from, 0, count, pictures, NULL);
    for (int64_t i = 0; i < count * gan_shape_count(data->image); i++) pictures[i] = data->held_from[i];
    return GAN_OK;
}

/* Beside one another: pictures, their translations, these translated back, and what was to come of them, as far as
 * there are such. */
static gan_status write_picture(const training *t)
{
    const translation_data *data = &t->options->data;
    const int64_t most = data->held_out > 0 ? data->held_out : gan_dataset_count(data->from);
    const int64_t count = most < SHOWN ? most : SHOWN, size = count * gan_shape_count(data->image);
    const float *series[4];
    int64_t shown = 2;
    char path[PATH_SIZE];
    float *pictures = allocate(3 * size, sizeof(float)), *made = pictures + size, *back = made + size;
    gan_status status = read_shown(t, count, pictures);
    series[0] = pictures;
    series[1] = made;
    if (status == GAN_OK) status = translate_pictures(t->generator[0], pictures, count, made);
    if (t->method == METHOD_UNPAIRED) {
        series[shown++] = back;
        if (status == GAN_OK) status = translate_pictures(t->generator[1], made, count, back);
    }
    if (data->held_out > 0) series[shown++] = data->held_to;
    if (status == GAN_OK) {
        status = write_series(t->options->context, path_in(t->folder, "samples.png", path), data->image, count, shown,
                              series);
    }
    free(pictures);
    return status;
}

static gan_status write_state(void *user)
{
    const training *t = user;
    char path[PATH_SIZE];
    gan_status status = gan_model_save(t->generator[0], path_in(t->folder, "generator.safetensors", path));
    if (status == GAN_OK && t->generator[1])
        status = gan_model_save(t->generator[1], path_in(t->folder, "reverse.safetensors", path));
    return status == GAN_OK ? write_picture(t) : status;
}

const char *game_folder(const translation_options *options, translation_method method, char *path)
{
    return path_in(options->game.output, names[method], path);
}

void will_write_translation(const translation_options *options, translation_method method)
{
    char folder[PATH_SIZE];
    const char *const files[] = {"generator.safetensors", "samples.png",
                                 method == METHOD_UNPAIRED ? "reverse.safetensors" : NULL, NULL};
    will_write_game(game_folder(options, method, folder), files);
}

gan_status play_translation(const translation_options *options, translation_method method, double share,
                            int64_t *rounds, float *translated)
{
    const translation_data *data = &options->data;
    training t;
    gan_status status = begin(options, method, &t);
    if (status == GAN_OK) {
        game_settings settings = options->game;
        settings.output = t.folder;
        settings.minutes = *rounds > 0 ? 0 : settings.minutes * share;
        settings.until = *rounds;
        settings.resume = resumes(&settings, t.folder);
        settings.fed = method == METHOD_UNPAIRED ? data->from : data->pairs;
        if (!settings.quiet) fprintf(stderr, "%s:\n", names[method]);
        status = play_game(options->context, t.game, &settings, write_state, &t);
        *rounds = gan_game_rounds(t.game);
    }
    if (status == GAN_OK && data->held_out > 0)
        status = translate_pictures(t.generator[0], data->held_from, data->held_out, translated);
    end(&t);
    return status;
}
