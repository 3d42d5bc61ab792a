/* Training over a dataset: a run of the trainer's game. */
#include "game/trainer/trainer.h"

static gan_status read_options(const gan_run_options *given, gan_run_options *options)
{
    GAN_TRY(gan_options_read(options, sizeof(*options), given, "gan_run_options"));
    if (options->epochs < 0 || options->steps < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_run_options: %s is %lld, expected at least 1, or 0 for no limit",
                        options->epochs < 0 ? "epochs" : "steps",
                        (long long)(options->epochs < 0 ? options->epochs : options->steps));
    }
    if (options->seconds == (double)GAN_ZERO) options->seconds = 0;
    GAN_TRY(gan_range_check(GAN_RANGE_NOT_NEGATIVE, options->seconds, "gan_run_options: seconds"));
    if (options->epochs == 0 && options->steps == 0 && options->seconds == 0) options->epochs = 1;
    return GAN_OK;
}

static gan_status check_dataset(const gan_trainer *trainer, const gan_dataset *dataset)
{
    char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
    gan_shape shape;
    if (dataset->context != trainer->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_trainer_run: the dataset belongs to another context");
    }
    GAN_TRY(gan_dataset_get_shape(dataset, &shape));
    if (!gan_shape_equal(shape, trainer->sample_shape)) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_run: the dataset has samples %s, but the generator makes %s",
                        gan_shape_text(shape, text), gan_shape_text(trainer->sample_shape, other));
    }
    if (dataset->count < trainer->options.packing) {
        return gan_fail(GAN_ERROR_BATCH, "gan_trainer_run: the dataset has %lld sample%s, but packing is %lld",
                        (long long)dataset->count, gan_plural(dataset->count), (long long)trainer->options.packing);
    }
    return GAN_OK;
}

/* Whom the rounds of a run are told to. */
typedef struct listener {
    gan_trainer *trainer;
    gan_progress_fn progress;
    void *user;
} listener;

/* Called as the host's function, so what it computes needs a scope. */
static void describe(gan_trainer *trainer, const gan_round_report *round, gan_step_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_trainer_report(trainer, round, report);
}

static int tell(void *user, gan_game *game, const gan_round_report *round)
{
    const listener *to = user;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    (void)game;
    describe(to->trainer, round, &report);
    return to->progress(to->user, to->trainer, &report);
}

gan_status gan_trainer_run(gan_trainer *trainer, gan_dataset *dataset, const gan_run_options *given)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(dataset);
    gan_run_options options;
    GAN_TRY(read_options(given, &options));
    GAN_TRY(check_dataset(trainer, dataset));
    GAN_TRY(gan_game_feed_index(trainer->game, 0, dataset, 0));
    listener to = {.trainer = trainer, .progress = options.progress, .user = options.user};
    return gan_game_run_resolved(
        trainer->game, GAN_GAME_RUN(.epochs = options.epochs, .rounds = options.steps, .seconds = options.seconds,
                                    .progress = options.progress ? tell : NULL, .user = &to));
}
