/* Training over a dataset until a limit is reached. */
#include "train/options/options.h"
#include "train/trainer/trainer.h"

#include <math.h>
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
    gan_run_options options;
    gan_dataset *dataset;
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
static void count_limit(gan_step_report *report, double share, double left, double rate)
{
    double seconds = left <= 0 ? 0 : rate > 0 ? left / rate : -1;
    report->progress = fmax(report->progress, fmin(share, 1));
    if (seconds >= 0 && (report->seconds_left < 0 || seconds < report->seconds_left)) report->seconds_left = seconds;
}

static void report_progress(const run_state *run, gan_step_report *report)
{
    const gan_run_options *options = &run->options;
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
    if (options->steps > 0) {
        count_limit(report, (double)now->steps / (double)options->steps, (double)(options->steps - now->steps),
                    steps_rate);
    }
    if (options->seconds > 0) count_limit(report, now->time / options->seconds, options->seconds - now->time, 1);
}

static bool limit_reached(const run_state *run)
{
    const gan_run_options *options = &run->options;
    return (options->epochs > 0 && run->epochs >= options->epochs) ||
           (options->steps > 0 && run->now.steps >= options->steps) ||
           (options->seconds > 0 && run->now.time >= options->seconds);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

/* Samples of an epoch that are trained on: all but a rest that fills no batch, with drop_last, or no pack. */
static int64_t epoch_size(const gan_trainer *trainer, const gan_dataset *dataset)
{
    const int64_t whole = dataset->options.drop_last ? trainer->options.batch : trainer->options.packing;
    return dataset->count - dataset->count % whole;
}

/* Ends the epoch if the remaining samples do not fill a pack. */
static gan_status skip_rest(const gan_trainer *trainer, gan_dataset *dataset, gan_dataset_cursor *cursor)
{
    GAN_TRY(gan_dataset_get_cursor(dataset, cursor));
    if (cursor->position == 0 || dataset->count - cursor->position >= trainer->options.packing) return GAN_OK;
    cursor->epoch++;
    cursor->position = 0;
    return gan_dataset_set_cursor(dataset, *cursor);
}

/* The data of one step: one batch per update of the discriminator, but none after an epoch's end. *epochs gets the
 * number of epochs ended. */
static gan_status read_step(const gan_trainer *trainer, gan_dataset *dataset, int64_t *count, int64_t *epochs)
{
    int64_t batch = trainer->options.batch, total = 0;
    gan_dataset_cursor before, after;
    GAN_TRY(gan_dataset_get_cursor(dataset, &before));
    GAN_TRY(skip_rest(trainer, dataset, &after)); /* a cursor that was set may be anywhere */
    for (int64_t i = 0; i < trainer->options.discriminator_steps; i++) {
        int64_t got;
        GAN_TRY(gan_dataset_next(dataset, batch, trainer->samples + total * trainer->sample_size, NULL, &got));
        total += got - got % trainer->options.packing;
        GAN_TRY(skip_rest(trainer, dataset, &after));
        if (after.position == 0) break;
    }
    *count = total;
    *epochs = after.epoch - before.epoch;
    return GAN_OK;
}

/* ---- The run --------------------------------------------------------------------------------------------------- */

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
    if (dataset->context != trainer->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_trainer_run: the dataset belongs to another context");
    }
    if (!gan_shape_equal(dataset->shape, trainer->sample_shape)) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_run: the dataset has samples %s, but the generator makes %s",
                        gan_shape_text(dataset->shape, text), gan_shape_text(trainer->sample_shape, other));
    }
    if (dataset->count < trainer->options.packing) {
        return gan_fail(GAN_ERROR_BATCH, "gan_trainer_run: the dataset has %lld samples, but packing is %lld",
                        (long long)dataset->count, (long long)trainer->options.packing);
    }
    return GAN_OK;
}

/* Completes a report and hands it to the callback; true when that cancels. */
static bool tell(gan_trainer *trainer, run_state *run, gan_step_report *report)
{
    run->now.time = seconds_since(&run->started);
    report->epoch = trainer->epochs;
    report_progress(run, report);
    meter_add(&run->meter, run->now);
    return run->options.progress && run->options.progress(run->options.user, trainer, report) != 0;
}

/* Reports a step on `count` samples that diverged. The callback's own calls may fail, so the sentence is restored. */
static gan_status tell_divergence(gan_trainer *trainer, run_state *run, int64_t count)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    char sentence[GAN_SENTENCE];
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    report.step = trainer->steps + 1;
    report.batch = count;
    report.discriminator_loss = report.generator_loss = report.penalty = NAN;
    report.real_probability = report.fake_probability = NAN;
    report.discriminator_gradient_norm = report.generator_gradient_norm = NAN;
    gan_monitor_report(&trainer->monitor, &report);
    report.diagnoses = GAN_DIAGNOSIS_NOT_FINITE;
    tell(trainer, run, &report);
    return gan_fail(GAN_ERROR_DIVERGED, "%s", sentence);
}

/* Reads, trains and reports one step. */
static gan_status run_step(gan_trainer *trainer, run_state *run)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    int64_t count, epochs;
    GAN_TRY(read_step(trainer, run->dataset, &count, &epochs));
    gan_status status = gan_trainer_step_on(trainer, trainer->samples, count, trainer->options.batch, &report);
    /* The cursor has moved past them, whatever became of the step. */
    run->epochs += epochs;
    trainer->epochs += epochs;
    if (status == GAN_ERROR_DIVERGED) return tell_divergence(trainer, run, count);
    GAN_TRY(status);
    run->now.samples += count;
    run->now.steps++;
    if (tell(trainer, run, &report)) {
        return gan_fail(GAN_ERROR_CANCELLED, "gan_trainer_run: the progress callback ended the run at step %lld",
                        (long long)report.step);
    }
    return GAN_OK;
}

/* Whether gan_trainer_cancel() was called since the last check. */
static gan_status check_cancel(gan_trainer *trainer)
{
    if (!atomic_exchange(&trainer->cancel, false)) return GAN_OK;
    return gan_fail(GAN_ERROR_CANCELLED, "gan_trainer_run: cancelled after step %lld", (long long)trainer->steps);
}

static gan_status run_steps(gan_trainer *trainer, run_state *run)
{
    do {
        GAN_TRY(check_cancel(trainer));
        GAN_TRY(run_step(trainer, run));
    } while (!limit_reached(run));
    return check_cancel(trainer);
}

gan_status gan_trainer_run(gan_trainer *trainer, gan_dataset *dataset, const gan_run_options *options)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(dataset);
    run_state run = {.dataset = dataset};
    gan_dataset_cursor cursor;
    GAN_TRY(read_options(options, &run.options));
    GAN_TRY(check_dataset(trainer, dataset));
    GAN_TRY(gan_dataset_get_cursor(dataset, &cursor));
    int64_t size = epoch_size(trainer, dataset);
    int64_t begun = cursor.position < size ? cursor.position : size;
    run.planned = (double)run.options.epochs * (double)size - (double)begun;
    clock_gettime(CLOCK_MONOTONIC, &run.started);
    meter_add(&run.meter, run.now);
    gan_status status = run_steps(trainer, &run);
    if (status != GAN_OK) atomic_store(&trainer->cancel, false); /* the caller knows that the run has ended */
    return status;
}
