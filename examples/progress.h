/* A line that says how a training gets on, and what goes wrong in it. */
#ifndef EXAMPLES_PROGRESS_H
#define EXAMPLES_PROGRESS_H

#include <libgan.h>

typedef struct progress {
    bool quiet;        /* shows nothing */
    bool terminal;     /* one line, over and over; else a line every ten seconds */
    double last_shown; /* seconds into the run */
    uint64_t told;     /* sum of the diagnoses that were shown */
} progress;

progress make_progress(bool quiet);

/* Shows a report on stderr if it is time to, or if `now`; its seconds, progress and rate are those of the run. A
 * diagnosis is shown at once, with its advice, but only the first time that it is made. */
void show_progress(progress *line, const gan_step_report *report, bool now);

/* Ends the line. */
void end_progress(progress *line);

#endif
