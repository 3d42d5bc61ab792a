/* Measures what libgan is used for: training steps, sampling, start-up. Each case takes turns with its rivals and
 * with the measurement of its floor, so that all see the same machine; each contestant is its own process, so that
 * its memory is its own. */
#include "cases.h"
#include "contestant.h"
#include "disturb.h"
#include "floor.h"
#include "options.h"
#include "serve.h"
#include "spread.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OWN = 2, RIVALS = 4, CONTESTANTS = OWN + RIVALS };

typedef struct settings {
    serve_options own;
    int64_t runs, disturb;
    const char *program, *python, *python_tensorflow, *scripts;
    bool csv, list, serve, alone;
} settings;

/* One contestant of a case: libgan is the first and, if bfloat16 is asked for, the second too. */
typedef struct entry {
    contestant contestant;
    const char *label;
    char command[1024], file[256], threads[8];
    char *arguments[16];
    bool takes_part;
    int warm, repetitions;
    double seconds[MOST_RUNS], peak_mib;
} entry;

static const char *const rival_names[RIVALS] = {"pytorch", "tensorflow", "jax", "onnxruntime"};

/* ---- Contestants ----------------------------------------------------------------------------------------------- */

static void set_arguments(entry *e, int index, const bench_case *self, const settings *s, const char *folder)
{
    int count = 0;
    e->label = index == 0 ? "libgan" : index == 1 ? "libgan-bfloat16" : rival_names[index - OWN];
    snprintf(e->file, sizeof(e->file), "%s/%s", folder, e->label);
    snprintf(e->threads, sizeof(e->threads), "%d", (int)s->own.threads);
    if (index < OWN) {
        char *own[] = {(char *)s->program, (char *)self->name, "--serve", "--model",         e->file,
                       "--threads",        e->threads,         "--cpu",   (char *)s->own.cpu};
        count = (int)(sizeof(own) / sizeof(own[0]));
        memcpy(e->arguments, own, sizeof(own));
        if (s->own.blas && index == 0) e->arguments[count++] = "--blas";
        if (index == 1) e->arguments[count++] = "--bfloat16";
        if (s->own.storage) e->arguments[count++] = "--bfloat16-storage";
    } else {
        const char *python =
            strcmp(e->label, "tensorflow") == 0 && s->python_tensorflow[0] ? s->python_tensorflow : s->python;
        /* The shell splits the command into words. */
        snprintf(e->command, sizeof(e->command), "exec %s '%s/%s_rival.py' \"$@\"", python, s->scripts, e->label);
        char *rival[] = {"sh", "-c", e->command, "sh", (char *)self->name, e->threads, e->file};
        count = (int)(sizeof(rival) / sizeof(rival[0]));
        memcpy(e->arguments, rival, sizeof(rival));
    }
    e->arguments[count] = NULL;
}

/* Threads, a BLAS's or a framework's, may spin for a while after their work. */
static void rest(void)
{
    const struct timespec pause = {.tv_nsec = 60 * 1000 * 1000};
    nanosleep(&pause, NULL);
}

/* The contestant's turn: seconds of one run. */
static bool take_turn(entry *e, bool is_start, double *seconds)
{
    if (is_start) {
        if (!contestant_start(&e->contestant, e->arguments)) return false;
        *seconds = e->contestant.start;
        e->peak_mib = contestant_peak_mib(&e->contestant);
        contestant_stop(&e->contestant);
        return true;
    }
    if (e->warm > 0 && !contestant_run(&e->contestant, e->warm, seconds)) return false;
    if (!contestant_run(&e->contestant, e->repetitions, seconds)) return false;
    *seconds /= e->repetitions;
    return true;
}

static bool enter(entry *e, bool is_start)
{
    double seconds;
    if (!contestant_start(&e->contestant, e->arguments)) return false;
    if (is_start) { /* it has written its file */
        contestant_stop(&e->contestant);
        return true;
    }
    if (contestant_run(&e->contestant, 1, &seconds)) {
        e->warm = warm_repetitions_for(seconds);
        e->repetitions = repetitions_for(seconds, MEASURED_SECONDS);
        return true;
    }
    contestant_stop(&e->contestant);
    snprintf(e->contestant.reason, sizeof(e->contestant.reason), "it stopped answering");
    return false;
}

/* ---- Measuring ------------------------------------------------------------------------------------------------- */

/* The case's floor now, in seconds; 0 if it has none. */
static double floor_seconds(const bench_case *self, int threads)
{
    double rate = self->floor == FLOOR_MULTIPLY ? floor_multiply_rate()
                  : self->floor == FLOOR_READ   ? floor_read_rate(self->work, threads)
                                                : 0;
    if (self->floor == FLOOR_MULTIPLY) rest();
    return rate > 0 ? self->work / rate : 0;
}

static bool take_turns(entry *entries, double *floors, const bench_case *self, const settings *s)
{
    for (int turn = 0; turn < s->runs; turn++) {
        for (int i = 0; i < CONTESTANTS; i++) {
            if (!entries[i].takes_part) continue;
            if (!take_turn(&entries[i], self->is_start, &entries[i].seconds[turn])) {
                fprintf(stderr, "gan-bench: %s: %s stopped answering\n", self->name, entries[i].label);
                return false;
            }
            rest();
        }
        floors[turn] = floor_seconds(self, (int)s->own.threads);
    }
    return true;
}

/* ---- Printing -------------------------------------------------------------------------------------------------- */

static void print_ratio(bool csv, const double *values, const double *divisors, int count)
{
    char text[64] = "-";
    const bool known = values && divisors && divisors[0] > 0;
    const spread r = known ? spread_of(values, divisors, count) : (spread){0};
    if (known) snprintf(text, sizeof(text), "%.2f (%.2f-%.2f)", r.median, r.least, r.most);
    if (!csv) {
        printf(" %20s", text);
    } else if (known) {
        printf(",%.4f,%.4f,%.4f", r.median, r.least, r.most);
    } else {
        printf(",,,");
    }
}

static void print_row(const bench_case *self, const settings *s, const entry *e, const entry *own,
                      const double *floors)
{
    const int count = (int)s->runs;
    const spread t = spread_of(e->seconds, NULL, count);
    char by[100];
    snprintf(by, sizeof(by), s->csv ? "%s,%s" : "%s %s", e->contestant.name, e->contestant.version);
    printf(s->csv ? "%s,%s,%d,%.4f,%.4f,%.4f,%.1f" : "%-16s %-26.26s %7d %10.3f %10.3f %10.3f %10.0f", self->name, by,
           (int)s->own.threads, 1e3 * t.median, 1e3 * t.least, 1e3 * t.most, (double)self->batch / t.median);
    print_ratio(s->csv, e->seconds, floors, count);
    print_ratio(s->csv, e == own ? NULL : e->seconds, own->seconds, count);
    printf(s->csv ? ",%.1f\n" : " %8.1f\n", e->peak_mib);
}

static void print_heading(bool csv)
{
    printf(csv ? "case,by,version,threads,median_ms,min_ms,max_ms,samples_per_second,floor_ratio,floor_ratio_min,"
                 "floor_ratio_max,libgan_ratio,libgan_ratio_min,libgan_ratio_max,peak_mib\n"
               : "case             by                         threads  median ms     min ms     max ms  samples/s"
                 "     /floor (min-max)    /libgan (min-max) peak MiB\n");
}

static void print_results(const bench_case *self, const settings *s, const entry *entries, const double *floors)
{
    for (int i = 0; i < CONTESTANTS; i++) {
        const entry *e = &entries[i];
        if (e->takes_part) {
            print_row(self, s, e, &entries[0], floors);
        } else if (e->label) {
            fprintf(s->csv ? stderr : stdout, "%-16s %s is left out: %s\n", self->name, e->label,
                    e->contestant.reason);
        }
    }
    if (floors[0] > 0) {
        const spread t = spread_of(floors, NULL, (int)s->runs);
        printf(s->csv ? "%s,floor,,%d,%.4f,%.4f,%.4f,,,,,,,,\n"
                      : "%-16s floor                      %7d %10.3f %10.3f "
                        "%10.3f\n",
               self->name, (int)s->own.threads, 1e3 * t.median, 1e3 * t.least, 1e3 * t.most);
    }
    fflush(stdout);
}

/* ---- The contest ----------------------------------------------------------------------------------------------- */

static bool hold_contest(const bench_case *self, const settings *s, const char *folder)
{
    static entry entries[CONTESTANTS];
    static double floors[MOST_RUNS];
    memset(entries, 0, sizeof(entries));
    for (int i = 0; i < (s->alone ? OWN : CONTESTANTS); i++) {
        if (i == 1 && !s->own.bfloat16) continue;
        set_arguments(&entries[i], i, self, s, folder);
        entries[i].takes_part = enter(&entries[i], self->is_start);
    }
    bool good = entries[0].takes_part && take_turns(entries, floors, self, s);
    for (int i = 0; i < CONTESTANTS; i++) {
        if (!entries[i].label) continue;
        if (entries[i].takes_part && !self->is_start) {
            entries[i].peak_mib = contestant_peak_mib(&entries[i].contestant);
            contestant_stop(&entries[i].contestant);
        }
        unlink(entries[i].file);
    }
    if (good) {
        print_results(self, s, entries, floors);
    } else {
        fprintf(stderr, "gan-bench: %s failed\n", self->name);
    }
    return good;
}

static bool is_asked_for(const bench_case *self, char **names, int count)
{
    bool asked = count == 0;
    for (int i = 0; i < count; i++) asked = asked || strcmp(names[i], self->name) == 0;
    return asked;
}

/* Case names may come before, between and after options: moves them to the front, from argv[1] on. */
static int gather_names(int argc, char **argv)
{
    int names = 0;
    for (int i = 1; i < argc; i++) {
        bool is_case = false;
        for (int j = 0; j < bench_case_count; j++) is_case = is_case || strcmp(argv[i], bench_cases[j].name) == 0;
        if (!is_case) continue;
        char *name = argv[i];
        memmove(argv + names + 2, argv + names + 1, (size_t)(i - names - 1) * sizeof(*argv));
        argv[++names] = name;
    }
    return names;
}

static int read_settings(int argc, char **argv, settings *s)
{
    const option options[] = {
        {"--threads", OPTION_INTEGER, &s->own.threads, 1, 64, "N", "threads of each and of the BLAS (default 2)"},
        {"--runs", OPTION_INTEGER, &s->runs, 1, MOST_RUNS, "N", "turns of each case (default 10)"},
        {"--python", OPTION_TEXT, &s->python, 0, 0, "COMMAND", "runs the rivals' scripts (default python3)"},
        {"--python-tensorflow", OPTION_TEXT, &s->python_tensorflow, 0, 0, "COMMAND", "the same for TensorFlow's"},
        {"--scripts", OPTION_TEXT, &s->scripts, 0, 0, "FOLDER", "where they are (default: in the source folder)"},
        {"--no-rivals", OPTION_FLAG, &s->alone, 0, 0, NULL, "measure libgan only"},
        {"--cpu", OPTION_TEXT, &s->own.cpu, 0, 0, "LEVEL", "best (default), avx512, avx2 or baseline"},
        {"--blas", OPTION_FLAG, &s->own.blas, 0, 0, NULL, "let the BLAS multiply"},
        {"--bfloat16", OPTION_FLAG, &s->own.bfloat16, 0, 0, NULL, "measure libgan in bfloat16 too"},
        {"--bfloat16-storage", OPTION_FLAG, &s->own.storage, 0, 0, NULL,
         "libgan keeps activations in bfloat16 for backward passes"},
        {"--disturb", OPTION_INTEGER, &s->disturb, 0, 64, "N", "keep this many CPUs busy beside (default 0)"},
        {"--csv", OPTION_FLAG, &s->csv, 0, 0, NULL, "print comma-separated values"},
        {"--list", OPTION_FLAG, &s->list, 0, 0, NULL, "name the cases"},
        {"--serve", OPTION_FLAG, &s->serve, 0, 0, NULL, "be libgan's contestant in one case"},
        {"--model", OPTION_TEXT, &s->own.file, 0, 0, "FILE", "its saved model, for start-up"},
    };
    s->program = argv[0];
    int names = gather_names(argc, argv);
    read_options(argc, argv, 1 + names, "gan-bench [CASE...]: measures the cases, all by default.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    return names;
}

int main(int argc, char **argv)
{
    static settings s = {.own = {.threads = 2, .cpu = "best", .file = "libgan.safetensors"},
                         .runs = 10,
                         .python = "python3",
                         .python_tensorflow = "",
                         .scripts = RIVALS_FOLDER};
    char folder[] = "/tmp/gan-bench-XXXXXX";

    floor_choose_kernels(argv);
    const int names = read_settings(argc, argv, &s);
    if (s.list) {
        for (int i = 0; i < bench_case_count; i++) printf("%-16s %s\n", bench_cases[i].name, bench_cases[i].what);
        return 0;
    }
    if (s.serve) {
        for (int i = 0; i < bench_case_count; i++)
            if (names == 1 && is_asked_for(&bench_cases[i], argv + 1, 1)) return serve(&bench_cases[i], &s.own);
        fprintf(stderr, "gan-bench: --serve takes one case\n");
        return 2;
    }
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1); /* no cache beside the scripts */
    signal(SIGPIPE, SIG_IGN);                  /* a contestant that has ended is noticed because it does not answer */
    if (!floor_set_threads((int)s.own.threads))
        fprintf(stderr, "gan-bench: this BLAS cannot be told its threads; the floor is at its own setting\n");
    if (!disturb((int)s.disturb)) {
        fprintf(stderr, "gan-bench: --disturb is %d, and so many CPUs cannot be kept busy\n", (int)s.disturb);
        return 1;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    print_heading(s.csv);
    bool good = true;
    for (int i = 0; i < bench_case_count; i++)
        if (is_asked_for(&bench_cases[i], argv + 1, names)) good = hold_contest(&bench_cases[i], &s, folder) && good;
    rmdir(folder);
    return good ? 0 : 1;
}
