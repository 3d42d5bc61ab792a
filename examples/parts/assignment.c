#include "assignment.h"

#include "program.h"

#include <math.h>
#include <stdlib.h>

/* Rows and columns count from 1; column 0 holds the row that is being assigned. No value is above
 * row_price[i] + column_price[j], and those of assigned pairs equal it. */
typedef struct assignment {
    const double *values;
    int64_t columns;
    double *row_price, *column_price;
    int64_t *row_of; /* by column; 0: none */
    double *slack;   /* by column: the least that is missing to equality with a row of the tree */
    int64_t *from;   /* the column of that row */
    bool *in_tree;
} assignment;

static double missing(const assignment *a, int64_t row, int64_t column)
{
    return a->row_price[row] + a->column_price[column] - a->values[(row - 1) * a->columns + column - 1];
}

/* Lowers and raises prices until a column outside the tree can join it, and returns that. */
static int64_t reach(assignment *a, int64_t last)
{
    const int64_t row = a->row_of[last];
    int64_t nearest = 0;
    for (int64_t j = 1; j <= a->columns; j++) {
        if (a->in_tree[j]) continue;
        const double short_by = missing(a, row, j);
        if (short_by < a->slack[j]) {
            a->slack[j] = short_by;
            a->from[j] = last;
        }
        if (nearest == 0 || a->slack[j] < a->slack[nearest]) nearest = j;
    }
    const double step = a->slack[nearest];
    for (int64_t j = 0; j <= a->columns; j++) {
        if (a->in_tree[j]) {
            a->row_price[a->row_of[j]] -= step;
            a->column_price[j] += step;
        } else {
            a->slack[j] -= step;
        }
    }
    return nearest;
}

/* Grows a tree of alternating pairs from the row to a free column, and exchanges pairs along the way back. */
static void assign_row(assignment *a, int64_t row)
{
    int64_t column = 0;
    a->row_of[0] = row;
    for (int64_t j = 0; j <= a->columns; j++) {
        a->slack[j] = INFINITY;
        a->in_tree[j] = false;
    }
    do {
        a->in_tree[column] = true;
        column = reach(a, column);
    } while (a->row_of[column] != 0);
    while (column != 0) {
        a->row_of[column] = a->row_of[a->from[column]];
        column = a->from[column];
    }
}

double best_assignment(const double *values, int64_t rows, int64_t columns, int64_t *column_of_row)
{
    assignment a = {.values = values,
                    .columns = columns,
                    .row_price = allocate(rows + 1, sizeof(double)),
                    .column_price = allocate(columns + 1, sizeof(double)),
                    .row_of = allocate(columns + 1, sizeof(int64_t)),
                    .slack = allocate(columns + 1, sizeof(double)),
                    .from = allocate(columns + 1, sizeof(int64_t)),
                    .in_tree = allocate(columns + 1, sizeof(bool))};
    for (int64_t i = 0; i < rows * columns; i++) {
        const int64_t row = i / columns + 1;
        a.row_price[row] = fmax(a.row_price[row], values[i]);
    }
    for (int64_t i = 1; i <= rows; i++) assign_row(&a, i);
    double sum = 0;
    for (int64_t j = 1; j <= columns; j++) {
        if (a.row_of[j] == 0) continue;
        column_of_row[a.row_of[j] - 1] = j - 1;
        sum += values[(a.row_of[j] - 1) * columns + j - 1];
    }
    free(a.in_tree);
    free(a.from);
    free(a.slack);
    free(a.row_of);
    free(a.column_price);
    free(a.row_price);
    return sum;
}
