#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 24 /* of the bar */

progress make_progress(bool quiet)
{
    return (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO)};
}

static void format_seconds(double seconds, char text[16])
{
    if (seconds < 0) {
        snprintf(text, 16, "--:--");
    } else {
        snprintf(text, 16, "%d:%02d", (int)(seconds / 60) % 10000, (int)seconds % 60);
    }
}

/* Returns whether there was one to show. */
static bool show_diagnoses(progress *line, const gan_step_report *report)
{
    uint64_t untold = report->diagnoses & ~line->told;
    line->told |= untold;
    if (untold && line->terminal) fprintf(stderr, "\r\033[K");
    for (int bit = 0; bit < 31; bit++) {
        gan_diagnosis diagnosis = (gan_diagnosis)(1 << bit);
        if (!(untold & (uint64_t)diagnosis)) continue;
        fprintf(stderr, "step %lld, %s. %s\n", (long long)report->step, gan_diagnosis_name(diagnosis),
                gan_diagnosis_advice(diagnosis));
    }
    return untold != 0;
}

void show_progress(progress *line, const gan_step_report *report, bool now)
{
    if (line->quiet) return;
    if (show_diagnoses(line, report)) now = true;
    if (!now && report->seconds < line->last_shown + (line->terminal ? 0.2 : 10)) return;
    char bar[WIDTH + 1], left[16];
    int filled = report->progress < 0 ? 0 : (int)(report->progress * WIDTH);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    format_seconds(report->seconds_left, left);
    fprintf(stderr, "%s[%s] epoch %lld  step %lld  loss D %.3f G %.3f  D(x) %.2f D(G(z)) %.2f  ",
            line->terminal ? "\r" : "", bar, (long long)report->epoch + 1, (long long)report->step,
            report->discriminator_loss, report->generator_loss, report->real_probability, report->fake_probability);
    fprintf(stderr, "%.0f images/s  %s left%s", report->samples_per_second, left, line->terminal ? "\033[K" : "\n");
    line->last_shown = report->seconds;
}

void end_progress(progress *line)
{
    if (!line->quiet && line->terminal) fprintf(stderr, "\n");
}
