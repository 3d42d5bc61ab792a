#include "game_program.h"

#include "command.h"
#include "outputs.h"
#include "program.h"
#include "progress.h"
#include "report.h"

#include <stdio.h>

typedef struct playing {
    const game_settings *settings;
    write_results *write;
    void *user;
    progress progress;
    gan_context *context;
    gan_history *history;
    bool noted;         /* the command line */
    double last_saved;  /* seconds into the run */
    gan_status failure; /* of writing files from inside the callback */
} playing;

static gan_status write_losses(const playing *job)
{
    char path[PATH_SIZE];
    const char *folder = job->settings->output;
    gan_status status = gan_history_write_csv(job->history, path_in(folder, "losses.csv", path));
    if (status != GAN_OK || !has_pictures(job->context) || gan_history_count(job->history) == 0) return status;
    return gan_history_write_png(job->history, path_in(folder, "losses.png", path));
}

static gan_status save(playing *job, const gan_game *game)
{
    char path[PATH_SIZE];
    const char *folder = job->settings->output;
    gan_status status = write_losses(job);
    if (status != GAN_OK) return status;
    status = gan_game_save(game, path_in(folder, "checkpoint.safetensors", path));
    if (status == GAN_OK && !job->noted) write_command(folder, job->settings->resume);
    job->noted = true;
    if (status == GAN_OK) status = job->write(job->user);
    if (status != GAN_OK) return status;
    monitor_game(game);
    monitor_saved();
    return GAN_OK;
}

static gan_status measure(playing *job, int64_t round)
{
    const game_settings *settings = job->settings;
    if (settings->measure_every == 0 || round % settings->measure_every != 0) return GAN_OK;
    end_progress(&job->progress);
    return settings->measure(job->user);
}

static int on_round(void *user, gan_game *game, const gan_round_report *report)
{
    playing *job = user;
    show_round(&job->progress, game, report, false);
    job->failure = gan_history_add_round(job->history, game, report);
    monitor_step(report->round, job->history);
    if (job->failure == GAN_OK) job->failure = measure(job, report->round);
    if (job->failure == GAN_OK && report->seconds >= job->last_saved + 60 * job->settings->save_minutes) {
        job->failure = save(job, game);
        job->last_saved = report->seconds;
    }
    return job->failure != GAN_OK || interrupted();
}

/* The state, if it has the seed of the command line. */
static gan_status load(playing *job, gan_game *game)
{
    const game_settings *settings = job->settings;
    char path[PATH_SIZE];
    gan_dataset_cursor before, after;
    gan_status status = settings->fed ? gan_dataset_get_cursor(settings->fed, &before) : GAN_OK;
    if (status == GAN_OK) status = gan_game_load(game, path_in(settings->output, "checkpoint.safetensors", path));
    if (status != GAN_OK || !settings->fed) return status;
    status = gan_dataset_get_cursor(settings->fed, &after);
    if (status == GAN_OK && before.seed != after.seed) refuse_seed(after.seed);
    if (status == GAN_OK) job->progress.epochs = after.epoch;
    return status;
}

/* The state and the losses up to it. */
static gan_status resume(playing *job, gan_game *game)
{
    char path[PATH_SIZE];
    const char *folder = job->settings->output;
    gan_status status = load(job, game);
    if (status == GAN_OK) status = gan_history_read_csv(job->history, path_in(folder, "losses.csv", path));
    if (status == GAN_OK) status = gan_history_truncate(job->history, gan_game_rounds(game));
    if (status == GAN_OK && job->settings->resumed) status = job->settings->resumed(job->user);
    if (status == GAN_OK && !job->settings->quiet) say_resumed(gan_game_rounds(game));
    return status;
}

/* However a run ends, its work is kept. After a divergence an earlier checkpoint remains, which is better; the losses
 * show the cause. */
static gan_status play(playing *job, gan_game *game)
{
    const game_settings *settings = job->settings;
    const int64_t rounds = settings->until > 0 ? settings->until - gan_game_rounds(game) : settings->steps;
    if (settings->until > 0 && rounds <= 0) return GAN_OK;
    catch_interrupts();
    if (!settings->quiet) fprintf(stderr, "training; Ctrl-C saves and stops\n");
    gan_status status = gan_game_run(
        game, GAN_GAME_RUN(.rounds = rounds, .seconds = settings->minutes * 60, .progress = on_round, .user = job));
    end_progress(&job->progress);
    if (job->failure != GAN_OK) return job->failure;
    if (gan_game_rounds(game) == 0) return status;
    const bool has_better = status == GAN_ERROR_DIVERGED && (job->last_saved > 0 || settings->resume);
    gan_status saved = has_better ? write_losses(job) : save(job, game);
    if (saved != GAN_OK) return saved;
    if (status == GAN_ERROR_CANCELLED) fprintf(stderr, "stopped and saved; --resume continues from here\n");
    return status;
}

void will_write_game(const char *folder, const char *const *own)
{
    will_write_in(folder, (const char *const[]){"checkpoint.safetensors", "losses.csv", "losses.png", COMMAND_FILE,
                                                REPORT_FILE, NULL});
    will_write_in(folder, own);
}

bool resumes(const game_settings *settings, const char *folder)
{
    if (!settings->resume || has_checkpoint(folder)) return settings->resume;
    if (!settings->quiet) fprintf(stderr, "%s: no checkpoint yet, so this begins\n", folder);
    return false;
}

gan_status play_game(gan_context *context, gan_game *game, const game_settings *settings, write_results *write,
                     void *user)
{
    playing job = {.settings = settings,
                   .write = write,
                   .user = user,
                   .progress = make_progress(settings->quiet),
                   .context = context};
    gan_status status = gan_history_create(context, &job.history);
    if (status == GAN_OK && settings->resume) status = resume(&job, game);
    monitor_begin(context, settings->output, gan_game_rounds(game));
    if (status == GAN_OK) status = play(&job, game);
    monitor_end();
    gan_history_destroy(job.history);
    return status;
}
