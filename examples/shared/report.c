#include "report.h"

#include "command.h"
#include "options.h"
#include "outputs.h"
#include "paths.h"
#include "program.h"
#include "report_curves.h"
#include "report_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define MOST_OF_SERIES 60
#define SERIES_SIZE    48
#define MOST_BYTES     8000000                                 /* of all pictures, if no series has more than two */
#define SERIES         "abcdefghijklmnopqrstuvwxyz0123456789-" /* in names */

typedef struct page_picture {
    char series[SERIES_SIZE];
    int64_t step;
    char *base64;
} page_picture;

static char results[PATH_SIZE]; /* the folder; "": there is no report */
static page_picture *pictures;
static int64_t picture_count;
static struct {
    const char *program, *model, *data; /* NULL: no such command */
} offered;

/* ---- Pictures -------------------------------------------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *to_base64(const unsigned char *bytes, size_t size)
{
    char *text = allocate((int64_t)(size + 2) / 3 * 4 + 1, 1), *at = text;
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const unsigned three = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (unsigned)bytes[i + 2] : 0);
        *at++ = digits[three >> 18];
        *at++ = digits[three >> 12 & 63];
        *at++ = '=';
        *at++ = '=';
        if (left > 1) at[-2] = digits[three >> 6 & 63];
        if (left > 2) at[-1] = digits[three & 63];
    }
    return text;
}

static void remove_picture(int64_t index)
{
    free(pictures[index].base64);
    memmove(pictures + index, pictures + index + 1, (size_t)(picture_count - index - 1) * sizeof(*pictures));
    picture_count--;
}

/* Every other one of a series, from the first to the one before the last. */
static void thin_out(const char *series)
{
    int64_t newest = -1, seen = 0;
    for (int64_t i = 0; i < picture_count; i++)
        if (strcmp(pictures[i].series, series) == 0) newest = pictures[i].step;
    for (int64_t i = 0; i < picture_count; i++) {
        if (strcmp(pictures[i].series, series) != 0 || pictures[i].step == newest) continue;
        if (seen++ % 2 == 1) remove_picture(i--);
    }
}

static int64_t count_of_series(const char *series)
{
    int64_t count = 0;
    for (int64_t i = 0; i < picture_count; i++) count += strcmp(pictures[i].series, series) == 0;
    return count;
}

/* That of the most pictures; the earliest of these. */
static const char *longest_series(void)
{
    const char *longest = pictures[0].series;
    for (int64_t i = 1; i < picture_count; i++)
        if (count_of_series(pictures[i].series) > count_of_series(longest)) longest = pictures[i].series;
    return longest;
}

static size_t count_bytes(void)
{
    size_t bytes = 0;
    for (int64_t i = 0; i < picture_count; i++) bytes += strlen(pictures[i].base64);
    return bytes;
}

static void make_room(const char *added)
{
    if (count_of_series(added) > MOST_OF_SERIES) thin_out(added);
    while (count_bytes() > MOST_BYTES) {
        char series[SERIES_SIZE];
        const int64_t before = picture_count;
        memcpy(series, longest_series(), sizeof(series)); /* its place is about to move */
        thin_out(series);
        if (picture_count == before) break;
    }
}

/* A name as the page has it. */
static void take_series(const char *name, char series[SERIES_SIZE])
{
    snprintf(series, SERIES_SIZE, "%s", name);
    for (char *c = series; *c; c++)
        if (!strchr(SERIES, *c)) *c = '-';
}

/* Takes over the text. A series has one picture a step. */
static void add_picture(const char *name, int64_t step, char *base64)
{
    char series[SERIES_SIZE];
    take_series(name, series);
    for (int64_t i = 0; i < picture_count; i++) {
        if (pictures[i].step == step && strcmp(pictures[i].series, series) == 0) remove_picture(i--);
    }
    pictures = realloc(pictures, (size_t)(picture_count + 1) * sizeof(*pictures));
    if (!pictures) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    page_picture *added = &pictures[picture_count++];
    memcpy(added->series, series, sizeof(series));
    added->step = step;
    added->base64 = base64;
    make_room(series);
}

bool report_picture(const char *name, int64_t step, const void *png, size_t size)
{
    char series[SERIES_SIZE], *base64 = to_base64(png, size);
    take_series(name, series);
    for (int64_t i = 0; i < picture_count; i++) {
        const page_picture *known = &pictures[i];
        if (known->step != step || strcmp(known->series, series) != 0 || strcmp(known->base64, base64) != 0) continue;
        free(base64);
        return false;
    }
    add_picture(name, step, base64);
    return true;
}

/* Whether a text goes on with a word, and where it goes on after that. */
static bool skip(char **at, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) return false;
    *at += length;
    return true;
}

/* A line of an earlier page: exactly as write_pictures() has it, since it goes into the next one. */
static void read_picture(char *line, int64_t steps)
{
    char *at = line;
    if (!skip(&at, "{\"series\":\"")) return;
    char *series = at;
    at += strspn(at, SERIES);
    if (at == series) return;
    char *end = at;
    if (!skip(&at, "\",\"step\":") || *at < '0' || *at > '9') return;
    const long long step = strtoll(at, &at, 10);
    if (step > steps || !skip(&at, ",\"png\":\"")) return;
    const size_t length = strspn(at, digits), padding = strspn(at + length, "=");
    if (length == 0 || padding > 2 || (length + padding) % 4 != 0 || at[length + padding] != '"') return;
    at[length + padding] = *end = 0;
    char *copy = strdup(at);
    if (copy) add_picture(series, step, copy);
}

void report_begin(const char *folder, int64_t steps)
{
    char path[PATH_SIZE], *line = NULL;
    size_t capacity = 0;
    report_end();
    snprintf(results, sizeof(results), "%s", folder);
    FILE *earlier = steps > 0 ? open_earlier(path_in(folder, REPORT_FILE, path)) : NULL;
    while (earlier && getline(&line, &capacity, earlier) > 0) read_picture(line, steps);
    free(line);
    if (earlier) fclose(earlier);
}

void report_end(void)
{
    while (picture_count > 0) remove_picture(picture_count - 1);
    free(pictures);
    pictures = NULL;
    offered.program = NULL;
    results[0] = 0;
}

void report_offer(const char *program, const char *model, const char *data)
{
    offered.program = program;
    offered.model = model;
    offered.data = data;
}

/* ---- Text ------------------------------------------------------------------------------------------------------ */

/* What a user chose, such as a path, is text to the page, whatever it looks like. */
static void print_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", file); break;
        case '<': fputs("&lt;", file); break;
        case '>': fputs("&gt;", file); break;
        case '"': fputs("&quot;", file); break;
        case '\'': fputs("&#39;", file); break;
        default: fputc(*text, file);
        }
    }
}

static void print_word(FILE *file, const char *text)
{
    char quoted[PATH_SIZE];
    print_text(file, shell_word(text, quoted, sizeof(quoted)));
}

/* A word after others; options begin lines. */
static void print_argument(FILE *file, const char *text)
{
    fputs(strncmp(text, "--", 2) == 0 ? " \\\n    " : " ", file);
    print_word(file, text);
}

/* A file's name, which programs would take for an option if it began with a dash. */
static void print_path(FILE *file, const char *path)
{
    char whole[PATH_SIZE + 2];
    snprintf(whole, sizeof(whole), "%s%s", path[0] == '-' ? "./" : "", path);
    print_argument(file, whole);
}

static void print_row(FILE *file, const char *name, const char *value)
{
    fputs("<tr><th>", file);
    print_text(file, name);
    fputs("</th><td>", file);
    print_text(file, value);
    fputs("</td></tr>\n", file);
}

static void print_fact(FILE *file, const char *name, const char *format, double value)
{
    char text[64];
    if (!(value >= 0)) return;
    snprintf(text, sizeof(text), format, value);
    fprintf(file, "<div><b>%s</b><span>%s</span></div>\n", text, name);
}

/* ---- Parts of the page ----------------------------------------------------------------------------------------- */

static void write_head(FILE *file, const report_curves *curves, int64_t step)
{
    char date[64] = "";
    const time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local)) strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &local);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
          file);
    print_text(file, program_name());
    fputs(": ", file);
    print_text(file, results);
    fputs("</title>\n<style>\n", file);
    for (int i = 0; report_style[i]; i++) fprintf(file, "%s\n", report_style[i]);
    fputs("</style>\n</head>\n<body>\n<main>\n<h1>", file);
    print_text(file, program_name());
    fputs("</h1>\n<p class=\"lead\">", file);
    print_text(file, results);
    fprintf(file, ", as of %s</p>\n<div class=\"facts\">\n", date);
    print_fact(file, "steps", "%.0f", (double)step);
    print_fact(file, "epochs finished", "%.0f", report_last(curves, "epoch"));
    print_fact(file, "samples a second", "%.0f", report_last(curves, "samples_per_second"));
    print_fact(file, "seconds of this run", "%.0f", report_last(curves, "seconds"));
    fputs("</div>\n", file);
}

static void write_slides(FILE *file)
{
    if (picture_count == 0) return;
    fputs("<section>\n<h2>Pictures over time</h2>\n<div class=\"series\" id=\"series\"></div>\n"
          "<div class=\"picture\"><img id=\"image\" alt=\"\"></div>\n<div class=\"slide\">"
          "<button type=\"button\" id=\"play\">Play</button>"
          "<input type=\"range\" id=\"slider\" min=\"0\" value=\"0\" aria-label=\"step\">"
          "<output id=\"step\"></output></div>\n</section>\n",
          file);
}

static void write_diagnoses(FILE *file, const report_curves *curves)
{
    bool any = false;
    fputs("<section>\n<h2>Diagnoses</h2>\n", file);
    for (int bit = 0; bit < REPORT_DIAGNOSES; bit++) {
        const report_diagnosis *d = &curves->diagnoses[bit];
        const gan_diagnosis diagnosis = (gan_diagnosis)(1u << bit);
        if (d->times == 0) continue;
        any = true;
        fputs("<p class=\"warning\"><b>", file);
        print_text(file, gan_diagnosis_name(diagnosis));
        fprintf(file, "</b> &middot; step %.0f", d->first);
        if (d->times > 1) fprintf(file, " to %.0f, %lld times", d->last, (long long)d->times);
        fputs("<br>", file);
        print_text(file, gan_diagnosis_advice(diagnosis));
        fputs("</p>\n", file);
    }
    if (!any) {
        fputs("<p class=\"good\"><b>Nothing found so far.</b> The rules need several diagnoses; curves and pictures "
              "may show what none does.</p>\n",
              file);
    }
    fputs("</section>\n", file);
}

static void write_options(FILE *file)
{
    const char *name, *value, *help;
    fputs("<section>\n<h2>Options</h2>\n", file);
    if (!given_option(0, &name, &value, &help)) fputs("<p class=\"good\">All are the defaults.</p>\n", file);
    fputs("<table>\n", file);
    for (int i = 0; given_option(i, &name, &value, &help); i++) {
        fputs("<tr><th><code>", file);
        print_text(file, name);
        fputs("</code></th><td>", file);
        print_text(file, value ? value : "");
        fputs(" <span class=\"help\">", file);
        print_text(file, help);
        fputs("</span></td></tr>\n", file);
    }
    fputs("</table>\n</section>\n", file);
}

/* The processor's name, where the system has it. */
static void find_processor(char name[128])
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, 128, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "model name : %127[^\n]", name) == 1) break;
    }
    if (file) fclose(file);
}

static void write_machine(FILE *file, gan_context *context)
{
    static const char *const levels[] = {"best", "baseline", "AVX2", "AVX-512"};
    char text[256];
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    struct utsname system;
    fputs("<section>\n<h2>Versions and machine</h2>\n<table>\n", file);
    snprintf(text, sizeof(text), "%s, built against %d.%d.%d", gan_version_text(), GAN_VERSION_MAJOR,
             GAN_VERSION_MINOR, GAN_VERSION_PATCH);
    print_row(file, "libgan", text);
    find_processor(text);
    print_row(file, "processor", text);
    if (gan_context_get_info(context, &info) == GAN_OK) {
        const size_t level = (size_t)info.cpu;
        snprintf(text, sizeof(text), "%s, %lld thread%s",
                 level < sizeof(levels) / sizeof(levels[0]) ? levels[level] : "other", (long long)info.threads,
                 plural(info.threads));
        print_row(file, "kernels", text);
        snprintf(text, sizeof(text), "%s, in %s", info.multiply == GAN_MULTIPLY_BLAS ? info.blas : "libgan",
                 info.precision == GAN_PRECISION_BFLOAT16 ? "bfloat16" : "float32");
        print_row(file, "matrix products", text);
        snprintf(text, sizeof(text), "%.1f MB at most", (double)info.peak_bytes / 1e6);
        print_row(file, "memory", text);
    }
    if (uname(&system) == 0) {
        snprintf(text, sizeof(text), "%.64s %.64s, %.64s", system.sysname, system.release, system.machine);
        print_row(file, "system", text);
    }
    fputs("</table>\n</section>\n", file);
}

/* A program beside this one: in its folder, and with its prefix, if it was installed with one. */
static void print_sibling(FILE *file, const char *name)
{
    const char *own = command_argument(0), *slash = last_separator(own);
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%.*s%s%s", slash ? (int)(slash + 1 - own) : 0, own,
             strncmp(program_name(), "gan-", 4) == 0 ? "gan-" : "", name);
    print_word(file, path);
}

static void print_own_command(FILE *file)
{
    print_word(file, command_argument(0));
    for (int i = 1; command_argument(i); i++) print_argument(file, command_argument(i));
}

static void write_commands(FILE *file)
{
    char path[PATH_SIZE];
    fputs("<section>\n<h2>Commands</h2>\nThis training", file);
    if (getcwd(path, sizeof(path))) {
        fputs(", in <code>", file);
        print_text(file, path);
        fputs("</code>", file);
    }
    fputs(":\n<pre>", file);
    print_own_command(file);
    fputs("</pre>\n", file);
    if (option_known("--resume") && has_checkpoint(results)) {
        fputs("Continue it from its checkpoint:\n<pre>", file);
        print_own_command(file);
        if (!option_given("--resume")) print_argument(file, "--resume");
        fputs("</pre>\n", file);
    }
    if (access(path_in(results, "generator.safetensors", path), F_OK) == 0) {
        fputs("Draw new samples:\n<pre>", file);
        print_sibling(file, "sample");
        print_path(file, path);
        print_argument(file, "--output");
        print_argument(file, picture_count > 0 ? "more.png" : "more.npy");
        fputs("</pre>\n", file);
    }
    if (offered.program) {
        fputs("Measure the samples against the data:\n<pre>", file);
        print_sibling(file, offered.program);
        print_path(file, path_in(results, offered.model, path));
        print_argument(file, "--data");
        print_argument(file, offered.data);
        fputs("</pre>\n", file);
    }
    fputs("</section>\n", file);
}

/* One a line: read_picture() reads them again. */
static void write_pictures(FILE *file)
{
    fputs("<script type=\"application/json\" id=\"pictures\">[\n", file);
    for (int64_t i = 0; i < picture_count; i++) {
        fprintf(file, "{\"series\":\"%s\",\"step\":%lld,\"png\":\"%s\"}%s\n", pictures[i].series,
                (long long)pictures[i].step, pictures[i].base64, i + 1 < picture_count ? "," : "");
    }
    fputs("]</script>\n", file);
}

void report_write(gan_context *context, int64_t step)
{
    char path[PATH_SIZE];
    report_curves curves;
    if (!results[0]) return;
    report_read_curves(path_in(results, "losses.csv", path), &curves);
    FILE *file = open_output(path_in(results, REPORT_FILE, path));
    write_head(file, &curves, step);
    write_slides(file);
    write_diagnoses(file, &curves);
    if (curves.count > 0)
        fputs("<section>\n<h2>Curves</h2>\n<div class=\"charts\" id=\"charts\"></div>\n</section>\n", file);
    fputs("<div class=\"grid\">\n<div>\n", file);
    write_commands(file);
    fputs("</div>\n<div>\n", file);
    write_options(file);
    write_machine(file, context);
    fputs("</div>\n</div>\n</main>\n<script type=\"application/json\" id=\"curves\">", file);
    report_write_curves(file, &curves);
    fputs("</script>\n", file);
    write_pictures(file);
    fputs("<script>\n", file);
    for (int i = 0; report_script[i]; i++) fprintf(file, "%s\n", report_script[i]);
    fputs("</script>\n</body>\n</html>\n", file);
    close_output(file, path);
    report_free_curves(&curves);
}
