#include "text_lines.h"

#include "outputs.h"
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODES        0x110000
#define SPLIT_STREAM 101 /* of the seed: which lines are held out */

static void leave(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/* ---- Characters ------------------------------------------------------------------------------------------------ */

/* The next character of UTF-8, which must be written in its shortest form; -1 if there is none. */
static int32_t read_character(const unsigned char **at, const unsigned char *end)
{
    static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char first = *(*at)++;
    const int more = first < 0x80   ? 0
                     : first < 0xC0 ? -1
                     : first < 0xE0 ? 1
                     : first < 0xF0 ? 2
                     : first < 0xF8 ? 3
                                    : -1;
    if (more < 0 || end - *at < more) return -1;
    int32_t code = more == 0 ? first : first & (0x3F >> more);
    for (int i = 0; i < more; i++) {
        if ((**at & 0xC0) != 0x80) return -1;
        code = code << 6 | (*(*at)++ & 0x3F);
    }
    return code < least[more] || code >= CODES || (code >= 0xD800 && code < 0xE000) ? -1 : code;
}

static char *write_character(uint32_t code, char *to)
{
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *to++ = (char)(more == 0 ? code : (0xF0u << (3 - more) & 0xFF) | code >> 6 * more);
    for (int i = more - 1; i >= 0; i--) *to++ = (char)(0x80 | (code >> 6 * i & 0x3F));
    return to;
}

const char *line_text(const text_lines *lines, const text_line *line, char text[LINE_TEXT])
{
    char *to = text;
    for (int64_t i = 0; i < lines->length && line->symbols[i] != LINE_END; i++)
        to = write_character(lines->characters[line->symbols[i]], to);
    *to = '\0';
    return text;
}

/* ---- Lines ----------------------------------------------------------------------------------------------------- */

/* A file's lines as characters, `length` for each, 0 after its end. */
typedef struct reading {
    const char *path;
    bool words;
    int64_t length, count;
    uint32_t *codes;
} reading;

static char *read_file(const char *path, int64_t *size)
{
    FILE *file = open_input(path);
    int64_t room = 1 << 16, length = 0;
    char *text = allocate(room, 1);
    for (size_t got; (got = fread(text + length, 1, (size_t)(room - length), file)) > 0;) {
        length += (int64_t)got;
        if (length < room) continue;
        room *= 2;
        text = realloc(text, (size_t)room);
        if (!text) leave(path, "it does not fit in memory");
    }
    if (ferror(file)) leave(path, strerror(errno));
    fclose(file);
    *size = length;
    return text;
}

/* Whether the line counts. Spaces at its end do not belong to it. */
static bool read_line(const reading *r, const unsigned char *at, const unsigned char *end, uint32_t *codes)
{
    int64_t count = 0;
    while (end > at && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t')) end--;
    if (at == end) return false;
    memset(codes, 0, (size_t)r->length * sizeof(*codes));
    while (at < end) {
        const int32_t code = read_character(&at, end);
        if (code <= 0) leave(r->path, "this is not UTF-8 text");
        if (r->words && (code < 'a' || code > 'z' || count == r->length)) return false;
        if (count < r->length) codes[count++] = (uint32_t)code;
    }
    return true;
}

static void read_lines(reading *r)
{
    int64_t size = 0, most = 1;
    char *text = read_file(r->path, &size);
    for (int64_t i = 0; i < size; i++) most += text[i] == '\n';
    r->codes = allocate(most * r->length, sizeof(*r->codes));
    const unsigned char *at = (const unsigned char *)text, *const end = at + size;
    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3; /* a byte order mark */
    while (at < end) {
        const unsigned char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if (read_line(r, at, stop, r->codes + r->count * r->length)) r->count++;
        at = stop < end ? stop + 1 : end;
    }
    free(text);
}

/* The different characters, in the order of their codes; symbol 0 is the end. */
static void find_alphabet(const reading *r, text_lines *lines, uint8_t *symbols)
{
    const int64_t size = r->count * r->length;
    for (int64_t i = 0; i < size; i++) symbols[r->codes[i]] = 1;
    lines->symbols = 1;
    for (int64_t code = 1; code < CODES; code++) {
        if (symbols[code] == 0) continue;
        if (lines->symbols == MOST_SYMBOLS) leave(r->path, "it has more than 255 different characters");
        lines->characters[lines->symbols] = (uint32_t)code;
        symbols[code] = (uint8_t)lines->symbols++;
    }
    symbols[0] = LINE_END;
    if (r->count > 0 && lines->symbols < 3) leave(r->path, "all its lines are of one character");
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(text_line));
}

static void sort(text_line *lines, int64_t count)
{
    qsort(lines, (size_t)count, sizeof(*lines), compare);
}

static void encode(const reading *r, text_lines *lines)
{
    uint8_t *symbols = allocate(CODES, 1);
    find_alphabet(r, lines, symbols);
    lines->lines = allocate(r->count + 1, sizeof(*lines->lines));
    for (int64_t i = 0; i < r->count; i++) {
        for (int64_t k = 0; k < r->length; k++) {
            const uint8_t symbol = symbols[r->codes[i * r->length + k]];
            lines->lines[i].symbols[k] = symbol;
            if (symbol != LINE_END && k >= lines->length) lines->length = k + 1;
        }
    }
    free(symbols);
    sort(lines->lines, r->count);
    for (int64_t i = 0; i < r->count; i++) {
        if (i == 0 || compare(lines->lines + i, lines->lines + lines->count - 1) != 0)
            lines->lines[lines->count++] = lines->lines[i];
    }
}

static void split(gan_context *context, uint64_t seed, text_lines *lines)
{
    gan_random *random = NULL;
    const gan_status status = gan_random_create(context, seed, SPLIT_STREAM, &random);
    if (status != GAN_OK) exit(exit_status(status));
    for (int64_t i = lines->count - 1; i > 0; i--) {
        const int64_t k = random_below(random, i + 1);
        const text_line line = lines->lines[i];
        lines->lines[i] = lines->lines[k];
        lines->lines[k] = line;
    }
    gan_random_destroy(random);
    lines->training = lines->count / 2;
    lines->sorted = allocate(lines->count, sizeof(*lines->sorted));
    memcpy(lines->sorted, lines->lines, (size_t)lines->count * sizeof(*lines->sorted));
    sort(lines->sorted, lines->training);
    sort(lines->sorted + lines->training, lines->count - lines->training);
}

void lines_open(gan_context *context, const char *path, bool words, int64_t length, int64_t least, uint64_t seed,
                text_lines *out)
{
    reading r = {.path = path, .words = words, .length = length};
    read_lines(&r);
    encode(&r, out);
    free(r.codes);
    if (out->count < least) {
        fprintf(stderr, "%s: %lld different %s%s%s, expected at least %lld\n", path, (long long)out->count,
                words ? "word" : "line", plural(out->count), words ? " of letters from a to z" : "",
                (long long)least);
        exit(1);
    }
    split(context, seed, out);
}

void lines_close(text_lines *lines)
{
    free(lines->lines);
    free(lines->sorted);
}

bool lines_have(const text_lines *lines, const text_line *line, bool training)
{
    const text_line *first = lines->sorted + (training ? 0 : lines->training);
    const int64_t count = training ? lines->training : lines->count - lines->training;
    return bsearch(line, first, (size_t)count, sizeof(*line), compare) != NULL;
}
