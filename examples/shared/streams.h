/* Standard input, output and error, as a program should find and leave them. */
#ifndef EXAMPLES_STREAMS_H
#define EXAMPLES_STREAMS_H

/* To be called first. If whoever called has closed a stream, none of the program's files takes its place; what stands
 * for it can be neither read nor written. If standard output cannot be written to its end, as on a full disk, the
 * program says so and exits with status 1. */
void prepare_streams(void);

#endif
