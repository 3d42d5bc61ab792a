#include "progress.h"

#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WIDTH   24     /* of the bar */
#define LONGEST 360000 /* seconds that are shown as minutes and seconds */

enum { PIECE = 96, MOST_PIECES = 24, RANKS = 6 };

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

/* A part of the line, with the blanks before it. Where a terminal is too narrow for all, those of the lowest rank
 * stay: a line that is broken in two cannot be written over. */
typedef struct piece {
    char text[PIECE];
    int rank;
} piece;

typedef struct pieces {
    piece list[MOST_PIECES]; /* in the order in which they are shown */
    int count;
} pieces;

static void __attribute__((format(printf, 3, 4))) add(pieces *all, int rank, const char *format, ...)
{
    va_list arguments;
    if (all->count == MOST_PIECES) return;
    piece *next = &all->list[all->count++];
    next->rank = rank;
    va_start(arguments, format);
    vsnprintf(next->text, sizeof(next->text), format, arguments);
    va_end(arguments);
}

static void show(const progress *line, const pieces *all)
{
    int64_t room = line->terminal ? terminal_width() - 1 : INT64_MAX;
    bool shown[MOST_PIECES] = {false};
    for (int rank = 0; rank < RANKS; rank++) {
        for (int i = 0; i < all->count; i++) {
            const int64_t length = (int64_t)strlen(all->list[i].text);
            if (all->list[i].rank != rank || length > room) continue;
            shown[i] = true;
            room -= length;
        }
    }
    if (line->terminal) fputs("\r", stderr);
    for (int i = 0; i < all->count; i++)
        if (shown[i]) fputs(all->list[i].text, stderr);
    fputs(line->terminal ? "\033[K" : "\n", stderr);
}

/* Whether it is due. */
static bool begin(progress *line, double seconds, bool now)
{
    if (!now && seconds < line->last_shown + (line->terminal ? 0.2 : 10)) return false;
    line->last_shown = seconds;
    return true;
}

static void add_bar(pieces *all, double share)
{
    char bar[WIDTH + 1];
    const int filled = share < 0 ? 0 : (int)(share * WIDTH);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    add(all, 3, "[%s]", bar);
}

static void add_time(pieces *all, double rate, const char *what, double seconds_left)
{
    char left[16];
    format_seconds(seconds_left, left);
    add(all, 4, "  %.0f %s/s", rate, what);
    add(all, 1, "  %s left", left);
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
    if (!begin(line, report->seconds, now)) return;
    pieces all = {.count = 0};
    add_bar(&all, report->progress);
    add(&all, 0, " epoch %lld  step %lld", (long long)epoch, (long long)report->step);
    add(&all, 2, "  loss D %.4g G %.4g", report->discriminator_loss, report->generator_loss);
    add(&all, 5, "  D(x) %.2f D(G(z)) %.2f", report->real_probability, report->fake_probability);
    add_time(&all, report->samples_per_second, "images", report->seconds_left);
    show(line, &all);
}

void show_round(progress *line, const gan_game *game, const gan_round_report *report, bool now)
{
    const int64_t epoch = epoch_of_step(line, report->epoch);
    if (line->quiet) return;
    if (show_diagnoses(line, report->round, report->diagnoses)) now = true;
    if (!begin(line, report->seconds, now)) return;
    pieces all = {.count = 0};
    add_bar(&all, report->progress);
    add(&all, 0, " epoch %lld  step %lld", (long long)epoch, (long long)report->round);
    for (int64_t i = 0; i < report->want_count; i++)
        add(&all, 2, "  %s %.4g", gan_game_want_name(game, i), report->wants[i]);
    add_time(&all, report->samples_per_second, "samples", report->seconds_left);
    show(line, &all);
}

void end_progress(progress *line)
{
    if (!line->quiet && line->terminal) fprintf(stderr, "\n");
}
