/* Event files, as TensorBoard reads them. */
#ifndef GAN_IO_EVENTS_H
#define GAN_IO_EVENTS_H

#include "io/writing/writing.h"

/* ---- Event files (event_file.c, summary_writer.c) -------------------------------------------------------- */

/* A file of records, each a message "Event" of TensorFlow. */
typedef struct gan_event_file {
    char *path;
    size_t path_capacity;
    int descriptor;
    bool torn; /* the last record is not whole, and could not be removed: nothing can follow it */
} gan_event_file;

/* Creates a file with a new name in a folder, which is made if missing. `file` starts zeroed but for a descriptor of
 * -1; gan_event_file_close() releases it whatever happened. */
gan_status gan_event_file_create(gan_context *context, const char *folder, gan_event_file *file);
void gan_event_file_close(gan_context *context, gan_event_file *file);
/* Closes a new one, and takes it away again. */
void gan_event_file_remove(gan_context *context, gan_event_file *file);
/* `record` is the room of the frame's header, then the message: it gets its header and its end, and is written. */
#define GAN_EVENT_HEADER 12
gan_status gan_event_file_append(gan_event_file *file, gan_wire *record);

struct gan_summary_writer {
    gan_context *context;
    gan_event_file file;
    gan_wire event;  /* as a record */
    int64_t summary; /* where it begins */
    gan_bytes *picture;
};

/* One event: begun, filled with values, and written as a whole, unless there are none. A value that fails makes the
 * end fail. */
gan_status gan_summary_begin(gan_summary_writer *writer, int64_t step, const char *function);
gan_status gan_summary_end(gan_summary_writer *writer);
/* A value under a tag; none if no value is finite. */
void gan_summary_add_histogram(gan_summary_writer *writer, const char *tag, const float *values, int64_t count);

/* A tag is UTF-8 of 1 to this many bytes; else GAN_ERROR_ARGUMENT. */
#define GAN_TAG_LIMIT 255
gan_status gan_tag_check(const char *tag, const char *function, const char *name);

#endif
