/* report.html: a training on one page, which works without a network: pictures over time, curves of losses.csv,
 * diagnoses, options, the machine, and commands to go on with. */
#ifndef EXAMPLES_REPORT_H
#define EXAMPLES_REPORT_H

#include <libgan.h>

#define REPORT_FILE "report.html"

/* A report of the training in a folder, with the pictures that an earlier one there has of the first `steps` steps.
 */
void report_begin(const char *folder, int64_t steps);
/* One of a series of pictures, in PNG. If there are many, every other one goes, but not the last.
 * Returns false if it is one that the step has already: a training may end with an epoch. */
bool report_picture(const char *series, int64_t step, const void *png, size_t size);
/* A command to measure by: a program beside this one, a model in the folder, and the data. */
void report_offer(const char *program, const char *model, const char *data);
/* Writes the page; a failure ends the program as that of open_output() does. */
void report_write(gan_context *context, int64_t step);
void report_end(void);

#endif
