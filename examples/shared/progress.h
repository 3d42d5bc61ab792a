/* A line that shows the progress of a training run, and what goes wrong. */
#ifndef EXAMPLES_PROGRESS_H
#define EXAMPLES_PROGRESS_H

#include <libgan.h>

typedef struct progress {
    bool quiet;        /* shows nothing */
    bool terminal;     /* rewrites one line; else a line every ten seconds */
    double last_shown; /* seconds into the run */
    uint64_t told;     /* combination of the diagnoses shown */
    int64_t epochs;    /* finished; of a resumed training, to be set before the first report */
} progress;

progress make_progress(bool quiet);

/* Shows a report on stderr if it is due, or if `now`; its seconds, progress and rate are those of the run. A
 * diagnosis is shown immediately, with its advice, but only the first time. */
void show_progress(progress *line, const gan_step_report *report, bool now);

/* The same for a round of a game: every want by its name. */
void show_round(progress *line, const gan_game *game, const gan_round_report *report, bool now);

/* Ends the line. */
void end_progress(progress *line);

#endif
