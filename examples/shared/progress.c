#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH   24     /* of the bar */
#define LONGEST 360000 /* seconds that are shown as minutes and seconds */

progress make_progress(bool quiet)
{
    return (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO)};
}

static void format_seconds(double seconds, char text[16])
{
    if (!(seconds >= 0)) {
        snprintf(text, 16, "--:--");
    } else if (seconds < LONGEST) {
        snprintf(text, 16, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
    } else {
        snprintf(text, 16, "%.3g days", seconds / 86400);
    }
}

/* Returns whether there was one to show. */
static bool show_diagnoses(progress *line, int64_t step, uint64_t diagnoses)
{
    uint64_t untold = diagnoses & ~line->told;
    line->told |= untold;
    if (untold && line->terminal) fprintf(stderr, "\r\033[K");
    for (int bit = 0; bit < 31; bit++) {
        gan_diagnosis diagnosis = (gan_diagnosis)(1 << bit);
        if (!(untold & (uint64_t)diagnosis)) continue;
        fprintf(stderr, "step %lld, %s. %s\n", (long long)step, gan_diagnosis_name(diagnosis),
                gan_diagnosis_advice(diagnosis));
    }
    return untold != 0;
}

/* Shows the bar, if it is due. */
static bool begin_line(progress *line, double seconds, double share, bool now)
{
    if (!now && seconds < line->last_shown + (line->terminal ? 0.2 : 10)) return false;
    char bar[WIDTH + 1];
    int filled = share < 0 ? 0 : (int)(share * WIDTH);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    fprintf(stderr, "%s[%s]", line->terminal ? "\r" : "", bar);
    line->last_shown = seconds;
    return true;
}

static void finish_line(const progress *line, double rate, const char *what, double seconds_left)
{
    char left[16];
    format_seconds(seconds_left, left);
    fprintf(stderr, "  %.0f %s/s  %s left%s", rate, what, left, line->terminal ? "\033[K" : "\n");
}

/* The epoch of a step, from 1: the step that ends one belongs to it. */
static int64_t epoch_of_step(progress *line, int64_t finished)
{
    const int64_t epoch = finished > line->epochs ? finished : finished + 1;
    line->epochs = finished;
    return epoch;
}

void show_progress(progress *line, const gan_step_report *report, bool now)
{
    const int64_t epoch = epoch_of_step(line, report->epoch);
    if (line->quiet) return;
    if (show_diagnoses(line, report->step, report->diagnoses)) now = true;
    if (!begin_line(line, report->seconds, report->progress, now)) return;
    fprintf(stderr, " epoch %lld  step %lld  loss D %.4g G %.4g  D(x) %.2f D(G(z)) %.2f", (long long)epoch,
            (long long)report->step, report->discriminator_loss, report->generator_loss, report->real_probability,
            report->fake_probability);
    finish_line(line, report->samples_per_second, "images", report->seconds_left);
}

void show_round(progress *line, const gan_game *game, const gan_round_report *report, bool now)
{
    const int64_t epoch = epoch_of_step(line, report->epoch);
    if (line->quiet) return;
    if (show_diagnoses(line, report->round, report->diagnoses)) now = true;
    if (!begin_line(line, report->seconds, report->progress, now)) return;
    fprintf(stderr, " epoch %lld  step %lld", (long long)epoch, (long long)report->round);
    for (int64_t i = 0; i < report->want_count; i++)
        fprintf(stderr, "  %s %.4g", gan_game_want_name(game, i), report->wants[i]);
    finish_line(line, report->samples_per_second, "samples", report->seconds_left);
}

void end_progress(progress *line)
{
    if (!line->quiet && line->terminal) fprintf(stderr, "\n");
}
