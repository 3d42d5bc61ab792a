#include "game_program.h"

#include "program.h"
#include "progress.h"

#include <stdio.h>

#define CHECKPOINT_SECONDS 60

typedef struct playing {
    const game_settings *settings;
    write_results *write;
    void *user;
    progress progress;
    double last_saved;  /* seconds into the run */
    gan_status failure; /* of writing files from inside the callback */
} playing;

static gan_status save(const playing *job, const gan_game *game)
{
    char path[PATH_SIZE];
    gan_status status = gan_game_save(game, path_in(job->settings->output, "checkpoint.safetensors", path));
    return status == GAN_OK ? job->write(job->user) : status;
}

static int on_round(void *user, gan_game *game, const gan_round_report *report)
{
    playing *job = user;
    show_round(&job->progress, game, report, false);
    if (report->seconds >= job->last_saved + CHECKPOINT_SECONDS) {
        job->failure = save(job, game);
        job->last_saved = report->seconds;
    }
    return job->failure != GAN_OK || interrupted();
}

/* After a divergence the checkpoint remains an earlier, better one. */
gan_status play_game(gan_game *game, const game_settings *settings, write_results *write, void *user)
{
    char path[PATH_SIZE];
    playing job = {settings, write, user, make_progress(settings->quiet), 0, GAN_OK};
    gan_status status = GAN_OK;
    if (settings->resume) status = gan_game_load(game, path_in(settings->output, "checkpoint.safetensors", path));
    if (status != GAN_OK) return status;
    catch_interrupts();
    if (!settings->quiet) fprintf(stderr, "training; Ctrl-C saves and stops\n");
    status = gan_game_run(game, GAN_GAME_RUN(.rounds = settings->steps, .seconds = settings->minutes * 60,
                                             .progress = on_round, .user = &job));
    end_progress(&job.progress);
    if (job.failure != GAN_OK) return job.failure;
    if (status != GAN_OK && status != GAN_ERROR_CANCELLED) return status;
    gan_status saved = save(&job, game);
    if (saved != GAN_OK) return saved;
    if (status == GAN_ERROR_CANCELLED) fprintf(stderr, "stopped and saved; --resume continues from here\n");
    return status;
}
