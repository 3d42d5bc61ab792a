/* What a training shows of itself: a report on one page, beside its results; and its losses, pictures and models as
 * event files for TensorBoard. */
#ifndef EXAMPLES_MONITOR_H
#define EXAMPLES_MONITOR_H

#include "options.h"

#include <libgan.h>

/* The command line's choices. */
typedef struct monitor_choice {
    const char *tensorboard; /* NULL: no event files */
    bool show, sixel;        /* pictures, in the terminal; as sixels */
} monitor_choice;

extern monitor_choice monitor_chosen;

/* The options that fill it, for a program's list of options. */
#define MONITOR_OPTIONS                                                                                    \
    {"--tensorboard",                                                                                      \
     OPTION_TEXT,                                                                                          \
     &monitor_chosen.tensorboard,                                                                          \
     0,                                                                                                    \
     0,                                                                                                    \
     "DIR",                                                                                                \
     "write event files to a folder in DIR named like that of the results, for tensorboard --logdir DIR"}, \
        {"--show",                                                                                         \
         OPTION_FLAG,                                                                                      \
         &monitor_chosen.show,                                                                             \
         0,                                                                                                \
         0,                                                                                                \
         NULL,                                                                                             \
         "draw pictures in the terminal too, when they are saved"},                                        \
    {                                                                                                      \
        "--sixel", OPTION_FLAG, &monitor_chosen.sixel, 0, 0, NULL,                                         \
            "draw them as sixels, whole pixels, in terminals that know these"                              \
    }

/* From here on, what is drawn and shown belongs to the training whose results go to `folder`; it has taken `steps`
 * steps before. What cannot be shown is said once, and ends no training. */
void monitor_begin(gan_context *context, const char *folder, int64_t steps);
/* After each step or round, whose row is the last of a history, which is NULL if there is none. */
void monitor_step(int64_t step, const gan_history *history);
/* Weights and gradients: those of a game, or of a model. */
void monitor_game(const gan_game *game);
void monitor_model(const char *name, const gan_model *model);
/* A value of a training without a history. */
void monitor_value(const char *name, double value);
/* After results were saved: writes the report. */
void monitor_saved(void);
void monitor_end(void);

/* Writes images to a file as gan_png_write_grid() does, and shows them as one of a series of pictures, which is
 * called like the file unless it has a name of its own. Without libpng, does nothing. */
gan_status draw_picture(gan_context *context, const char *path, const float *images, int64_t count, gan_shape shape,
                        int64_t columns);
gan_status draw_picture_of(const char *series, gan_context *context, const char *path, const float *images,
                           int64_t count, gan_shape shape, int64_t columns);

#endif
