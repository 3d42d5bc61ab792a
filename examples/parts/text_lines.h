/* Short lines of text, such as words, as numbers: their alphabet, and a half of them to train on. */
#ifndef EXAMPLES_TEXT_LINES_H
#define EXAMPLES_TEXT_LINES_H

#include <libgan.h>

#define MOST_LENGTH  64  /* characters of a line */
#define MOST_SYMBOLS 256 /* different characters, and the end */
#define LINE_END     0   /* the symbol after the last character, repeated up to the longest line's length */

/* The symbols of a line, and only LINE_END after it. */
typedef struct text_line {
    uint8_t symbols[MOST_LENGTH];
} text_line;

typedef struct text_lines {
    int64_t length;   /* of the longest line */
    int64_t symbols;  /* different ones, with LINE_END */
    int64_t count;    /* of lines, all different */
    int64_t training; /* the first half of them; the others are held out */
    text_line *lines;
    text_line *sorted; /* the same, each half sorted */
    uint32_t characters[MOST_SYMBOLS];
} text_lines;

/* Reads the lines of a UTF-8 file that are not empty, cut after `length` characters; or, if `words`, those of at most
 * `length` letters from a to z only. Which half is held out follows from the seed. A file that cannot be read or is
 * not UTF-8, fewer than `least` different lines, and fewer than two or more than MOST_SYMBOLS - 1 different
 * characters end the program with a sentence and status 1. */
void lines_open(gan_context *context, const char *path, bool words, int64_t length, int64_t least, uint64_t seed,
                text_lines *out);
void lines_close(text_lines *lines);

/* Whether it is in the half to train on, or in the other. */
bool lines_have(const text_lines *lines, const text_line *line, bool training);

/* Its characters, of which MOST_LENGTH need at most 4 bytes each. */
#define LINE_TEXT (4 * MOST_LENGTH + 1)
const char *line_text(const text_lines *lines, const text_line *line, char text[LINE_TEXT]);

#endif
