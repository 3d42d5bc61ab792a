/* Playing until a limit is reached. */
#include "game/play/play.h"

#include <stdio.h>
#include <time.h>

/* ---- Throughput ------------------------------------------------------------------------------------------------ */

/* How far a run had come at some time. */
typedef struct run_mark {
    double time; /* seconds since the run's start */
    int64_t samples, steps;
} run_mark;

/* Throughput is measured since the newest mark that is a second old, or the oldest there is. Marks are at least an
 * eighth of a second apart, so that each moves the window only a little. */
#define WINDOW_SECONDS 1.0
#define WINDOW_MARKS   10

typedef struct run_meter {
    run_mark marks[WINDOW_MARKS]; /* a ring */
    int first, count;
} run_meter;

static const run_mark *meter_mark(const run_meter *meter, int index)
{
    return &meter->marks[(meter->first + index) % WINDOW_MARKS];
}

static void meter_add(run_meter *meter, run_mark now)
{
    if (meter->count > 0) {
        double newest = meter_mark(meter, meter->count - 1)->time;
        if (now.time - newest < WINDOW_SECONDS / (WINDOW_MARKS - 2)) return;
    }
    if (meter->count == WINDOW_MARKS) {
        meter->first = (meter->first + 1) % WINDOW_MARKS;
        meter->count--;
    }
    meter->marks[(meter->first + meter->count++) % WINDOW_MARKS] = now;
}

/* The start of the window that ends now. */
static const run_mark *meter_window(const run_meter *meter, double now)
{
    int index = 0;
    while (index + 1 < meter->count && now - meter_mark(meter, index + 1)->time >= WINDOW_SECONDS) index++;
    return meter_mark(meter, index);
}

/* ---- Progress -------------------------------------------------------------------------------------------------- */

typedef struct run_state {
    gan_game_run_options options;
    struct timespec started;
    run_meter meter;
    run_mark now;
    int64_t epochs; /* finished in this run */
    double planned; /* samples until the limit of epochs; 0 if there is none */
} run_state;

static double seconds_since(const struct timespec *started)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - started->tv_sec) + 1e-9 * (double)(now.tv_nsec - started->tv_nsec);
}

/* One limit: `share` of it is done, and `left` units remain, at `rate` units per second. The limit reached first
 * counts: the largest share and the least time. */
static void count_limit(gan_round_report *report, double share, double left, double rate)
{
    double seconds = left <= 0 ? 0 : rate > 0 ? left / rate : -1;
    report->progress = fmax(report->progress, fmin(share, 1));
    if (seconds >= 0 && (report->seconds_left < 0 || seconds < report->seconds_left)) report->seconds_left = seconds;
}

static void report_progress(const run_state *run, gan_round_report *report)
{
    const gan_game_run_options *options = &run->options;
    const run_mark *now = &run->now, *window = meter_window(&run->meter, now->time);
    double elapsed = now->time - window->time;
    double samples_rate = elapsed > 0 ? (double)(now->samples - window->samples) / elapsed : 0;
    double steps_rate = elapsed > 0 ? (double)(now->steps - window->steps) / elapsed : 0;
    report->samples_per_second = samples_rate;
    report->seconds = now->time;
    report->seconds_left = report->progress = -1;
    if (options->epochs > 0) {
        count_limit(report, (double)now->samples / run->planned, run->planned - (double)now->samples, samples_rate);
    }
    if (options->rounds > 0) {
        count_limit(report, (double)now->steps / (double)options->rounds, (double)(options->rounds - now->steps),
                    steps_rate);
    }
    if (options->seconds > 0) count_limit(report, now->time / options->seconds, options->seconds - now->time, 1);
}

static bool limit_reached(const run_state *run)
{
    const gan_game_run_options *options = &run->options;
    return (options->epochs > 0 && run->epochs >= options->epochs) ||
           (options->rounds > 0 && run->now.steps >= options->rounds) ||
           (options->seconds > 0 && run->now.time >= options->seconds);
}

/* ---- The run --------------------------------------------------------------------------------------------------- */

static gan_status check_options(const gan_game *game, gan_game_run_options *options)
{
    static const char what[] = "gan_game_run_options";
    if (options->epochs < 0 || options->rounds < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected at least 1, or 0 for no limit", what,
                        options->epochs < 0 ? "epochs" : "rounds",
                        (long long)(options->epochs < 0 ? options->epochs : options->rounds));
    }
    if (options->seconds == (double)GAN_ZERO) options->seconds = 0;
    GAN_TRY(gan_range_check(GAN_RANGE_NOT_NEGATIVE, options->seconds, "gan_game_run_options: seconds"));
    if (!gan_game_driver(game)) {
        if (options->rounds > 0 || options->seconds > 0) return GAN_OK;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: a game without inputs has no epochs, expected rounds or seconds",
                        what);
    }
    if (options->epochs == 0 && options->rounds == 0 && options->seconds == 0) options->epochs = 1;
    return GAN_OK;
}

/* Completes a report and hands it to the callback; true when that cancels. */
static bool tell(gan_game *game, run_state *run, gan_round_report *report)
{
    run->now.time = seconds_since(&run->started);
    report->epoch = game->epochs;
    report_progress(run, report);
    meter_add(&run->meter, run->now);
    if (!run->options.progress) return false;
    GAN_HOST_SCOPE();
    return run->options.progress(run->options.user, game, report) != 0;
}

/* Reports a round that diverged. The callback's own calls may fail, so the sentence is restored. */
static gan_status tell_divergence(gan_game *game, run_state *run)
{
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    char sentence[GAN_SENTENCE];
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    gan_game_report_divergence(game, &report);
    tell(game, run, &report);
    return gan_fail(GAN_ERROR_DIVERGED, "%s", sentence);
}

static const float *const *fed_samples(const gan_game *game)
{
    for (int32_t i = 0; i < game->feeder_count; i++) game->fed[i] = game->feeders[i].samples;
    return game->fed;
}

/* Reads, plays and reports one round. */
static gan_status run_round(gan_game *game, run_state *run)
{
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    int64_t count, epochs;
    bool ends = false;
    gan_status status = gan_game_read_round(game, &count, &epochs);
    if (status != GAN_OK) return gan_game_agree(game, status, 0, &ends);
    status = gan_game_play(game, fed_samples(game), count, game->options.batch);
    /* The cursors have moved past them, whatever became of the round. */
    run->epochs += epochs;
    game->epochs += epochs;
    if (status == GAN_ERROR_DIVERGED) return tell_divergence(game, run);
    GAN_TRY(status);
    run->now.samples += count;
    run->now.steps++;
    gan_game_report(game, &report);
    if (tell(game, run, &report)) {
        return gan_fail(GAN_ERROR_CANCELLED, "%s: the progress callback ended the run at %s %lld", game->runner,
                        game->round, (long long)report.round);
    }
    return GAN_OK;
}

/* Whether gan_game_cancel() was called since the last check; a run begins with none. */
static gan_status check_cancel(gan_game *game)
{
    if (!atomic_exchange(&game->cancel, false)) return GAN_OK;
    return gan_fail(GAN_ERROR_CANCELLED, "%s: cancelled after %s %lld", game->runner, game->round,
                    (long long)game->rounds);
}

/* Processes that play together end together. */
static gan_status run_rounds(gan_game *game, run_state *run)
{
    gan_status status = check_cancel(game);
    bool ends = false;
    for (;;) {
        GAN_TRY(gan_game_agree(game, status, 0, &ends));
        if (ends) return GAN_OK;
        status = run_round(game, run);
        if (status != GAN_OK && status != GAN_ERROR_CANCELLED) return status;
        if (status == GAN_OK) status = check_cancel(game);
        ends = limit_reached(run);
    }
}

/* Samples until the limit of epochs, of which one may have begun. */
static gan_status plan_samples(const gan_game *game, run_state *run)
{
    gan_dataset_cursor cursor;
    const gan_dataset *driver = gan_game_driver(game);
    if (!driver) return GAN_OK;
    GAN_TRY(gan_dataset_get_cursor(driver, &cursor));
    const int64_t size = gan_game_epoch_size(game), begun = cursor.position < size ? cursor.position : size;
    run->planned = (double)run->options.epochs * (double)size - (double)begun;
    return GAN_OK;
}

gan_status gan_game_run_resolved(gan_game *game, const gan_game_run_options *options)
{
    run_state run = {.options = *options};
    GAN_TRY(gan_game_check_not_half_done(game, game->runner));
    atomic_store(&game->cancel, false);
    gan_game_introduce_again(game);
    GAN_TRY(plan_samples(game, &run));
    if (!game->checked) gan_game_tell_left_over(game);
    clock_gettime(CLOCK_MONOTONIC, &run.started);
    meter_add(&run.meter, run.now);
    return run_rounds(game, &run);
}

gan_status gan_game_run(gan_game *game, const gan_game_run_options *given)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    gan_game_run_options options;
    GAN_TRY(gan_game_check_built(game, __func__));
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_game_run_options"));
    GAN_TRY(gan_game_check_fed(game));
    GAN_TRY(check_options(game, &options));
    return gan_game_run_resolved(game, &options);
}

void gan_game_cancel(gan_game *game)
{
    if (game) atomic_store(&game->cancel, true);
}
