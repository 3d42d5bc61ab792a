#include "report_curves.h"

#include "outputs.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_POINTS 400

/* ---- Lines of CSV ---------------------------------------------------------------------------------------------- */

/* Ends the cell that begins at *at, takes its quotes away, and moves on to the next one. Returns NULL after the last
 * cell of the line. */
static char *next_cell(char **at)
{
    char *cell = *at, *in = cell, *out = cell;
    bool quoted = false;
    if (!cell) return NULL;
    for (; *in && (quoted || (*in != ',' && *in != '\n' && *in != '\r')); in++) {
        if (*in != '"') {
            *out++ = *in;
        } else if (quoted && in[1] == '"') {
            *out++ = *in++;
        } else {
            quoted = !quoted;
        }
    }
    *at = *in == ',' ? in + 1 : NULL;
    *out = 0;
    return cell;
}

static int64_t count_lines(FILE *file, char **line, size_t *capacity)
{
    int64_t count = 0;
    while (getline(line, capacity, file) > 0) count++;
    rewind(file);
    return count;
}

static void read_header(char *line, report_curves *curves)
{
    for (char *cell, *at = line; (cell = next_cell(&at));) {
        curves->columns = realloc(curves->columns, (size_t)(curves->count + 1) * sizeof(*curves->columns));
        if (!curves->columns) exit(1);
        report_column *column = &curves->columns[curves->count++];
        *column = (report_column){.name = allocate((int64_t)strlen(cell) + 1, 1), .last = NAN};
        memcpy(column->name, cell, strlen(cell));
        column->sums = allocate(MOST_POINTS, sizeof(double));
        column->numbers = allocate(MOST_POINTS, sizeof(int64_t));
    }
}

static void add_diagnoses(report_curves *curves, double step, double diagnoses)
{
    const uint64_t bits = diagnoses >= 0 && diagnoses < 4294967296.0 ? (uint64_t)diagnoses : 0;
    for (int bit = 0; bit < REPORT_DIAGNOSES; bit++) {
        report_diagnosis *d = &curves->diagnoses[bit];
        if (!(bits >> bit & 1)) continue;
        if (d->times++ == 0) d->first = step;
        d->last = step;
    }
}

/* Neighbours share a point, which shows their mean. */
static void read_row(char *line, int64_t point, report_curves *curves)
{
    char *at = line;
    for (int64_t c = 0; c < curves->count; c++) {
        report_column *column = &curves->columns[c];
        const char *cell = next_cell(&at);
        const double value = cell && *cell ? strtod(cell, NULL) : NAN;
        if (!isfinite(value)) continue;
        column->sums[point] += value;
        column->numbers[point]++;
        column->last = value;
        /* "diagnoses", and those of pairs, which are among them */
        if (strcmp(column->name, "diagnoses") == 0) add_diagnoses(curves, curves->columns[0].last, value);
    }
}

void report_read_curves(const char *path, report_curves *out)
{
    char *line = NULL;
    size_t capacity = 0;
    *out = (report_curves){.count = 0};
    FILE *file = open_earlier(path);
    if (!file) return;
    const int64_t rows = count_lines(file, &line, &capacity) - 1;
    if (rows >= 1 && getline(&line, &capacity, file) > 0) read_header(line, out);
    out->points = rows < MOST_POINTS ? rows : MOST_POINTS;
    for (int64_t row = 0; row < rows && getline(&line, &capacity, file) > 0; row++)
        read_row(line, (int64_t)((double)row * (double)out->points / (double)rows), out);
    free(line);
    fclose(file);
}

void report_free_curves(report_curves *curves)
{
    for (int64_t c = 0; c < curves->count; c++) {
        free(curves->columns[c].name);
        free(curves->columns[c].sums);
        free(curves->columns[c].numbers);
    }
    free(curves->columns);
    curves->columns = NULL;
    curves->count = 0;
}

double report_last(const report_curves *curves, const char *name)
{
    for (int64_t c = 0; c < curves->count; c++)
        if (strcmp(curves->columns[c].name, name) == 0) return curves->columns[c].last;
    return NAN;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static void write_name(FILE *file, const char *name)
{
    fputc('"', file);
    for (; *name; name++) {
        const unsigned char c = (unsigned char)*name;
        if (c < ' ' || strchr("\"\\<>&", c)) {
            fprintf(file, "\\u%04x", c);
        } else {
            fputc(c, file);
        }
    }
    fputc('"', file);
}

static void write_values(FILE *file, const report_column *column, int64_t points)
{
    fputc('[', file);
    for (int64_t i = 0; i < points; i++) {
        if (i > 0) fputc(',', file);
        if (column->numbers[i] == 0) {
            fputs("null", file);
        } else {
            fprintf(file, "%.6g", column->sums[i] / (double)column->numbers[i]);
        }
    }
    fputc(']', file);
}

/* What says where a row is in the training is no curve. */
static bool is_curve(const report_column *column)
{
    static const char *const others[] = {"epoch", "batch", "seconds", "samples_per_second"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(column->name, others[i]) == 0) return false;
    return strncmp(column->name, "diagnoses", 9) != 0;
}

void report_write_curves(FILE *file, const report_curves *curves)
{
    fputs("{\"x\":", file);
    if (curves->count > 0) {
        write_values(file, &curves->columns[0], curves->points);
    } else {
        fputs("[]", file);
    }
    fputs(",\"columns\":[", file);
    bool first = true;
    for (int64_t c = 1; c < curves->count; c++) {
        if (!is_curve(&curves->columns[c])) continue;
        fputs(first ? "\n{\"name\":" : ",\n{\"name\":", file);
        write_name(file, curves->columns[c].name);
        fputs(",\"values\":", file);
        write_values(file, &curves->columns[c], curves->points);
        fputs("}", file);
        first = false;
    }
    fputs("]}", file);
}
