/* Parsing JSON, twice: first to check the text and count what is in it, then to write that into a block of the right
 * size. So a bad text costs no memory, and a good one a small multiple of its length. */
#include "core/lookup/lookup.h"
#include "core/memory/memory.h"
#include "core/status/status.h"
#include "core/text/json_values.h"
#include "core/text/text.h"

#include <math.h>
#include <string.h>

/* An object or array whose end has not come yet. */
typedef struct open_value {
    size_t number; /* of its value */
    uint32_t count;
    bool object;
} open_value;

typedef struct parser {
    const char *text;
    size_t size, at;
    const char *wrong; /* why the text is malformed; NULL: it is not, so far */
    const char *twice; /* the name that two members have */
    open_value open[GAN_JSON_DEPTH];
    int depth;
    size_t values, index_rows, bytes; /* so far; bytes of texts */
    gan_json_whole *whole;            /* NULL: only counting */
    gan_name *rows;                   /* of all indexes, in the block */
    char *texts;
    gan_json counted; /* what is written to while counting */
} parser;

/* The next character, or 0 at the end, which no JSON has inside either. */
static char here(const parser *p)
{
    if (p->at >= p->size) return 0;
    return p->text[p->at];
}

static bool fail(parser *p, const char *wrong)
{
    p->wrong = wrong;
    return false;
}

/* The same after white space. */
static char peek(parser *p)
{
    while (p->at < p->size && memchr(" \t\n\r", p->text[p->at], 4)) p->at++;
    return here(p);
}

static bool take(parser *p, char wanted)
{
    if (peek(p) != wanted) return false;
    p->at++;
    return true;
}

static gan_json *add(parser *p, gan_json_kind kind)
{
    gan_json *value = p->whole ? &p->whole->values[p->values] : &p->counted;

    p->values++;
    value->kind = kind;
    return value;
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static void put(parser *p, const char *bytes, size_t count)
{
    if (p->whole) memcpy(p->texts + p->bytes, bytes, count);
    p->bytes += count;
}

static void put_code_point(parser *p, uint32_t code)
{
    char bytes[4];
    size_t count = 1;

    if (code < 0x80) {
        bytes[0] = (char)code;
    } else {
        count = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        for (size_t i = count; i-- > 1; code >>= 6) bytes[i] = (char)(0x80 | (code & 0x3f));
        bytes[0] = (char)((0xf00u >> count & 0xffu) | code);
    }
    put(p, bytes, count);
}

/* The four digits of \uXXXX. */
static bool parse_hex(parser *p, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        const char c = here(p);
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return fail(p, "expected four hexadecimal digits");
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static bool parse_code_point(parser *p)
{
    uint32_t code, low = 0;

    if (!parse_hex(p, &code)) return false;
    if (code == 0) return fail(p, "the character 0 is not supported");
    if (code >= 0xd800 && code < 0xe000) {
        const bool paired = code < 0xdc00 && p->size - p->at >= 2 && memcmp(p->text + p->at, "\\u", 2) == 0;
        if (!paired) return fail(p, "half of a surrogate pair");
        p->at += 2;
        if (!parse_hex(p, &low)) return false;
        if (low < 0xdc00 || low >= 0xe000) return fail(p, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put_code_point(p, code);
    return true;
}

/* After the backslash. */
static bool parse_escape(parser *p)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char c = here(p);
    const char *name = c ? strchr(names, c) : NULL;

    p->at++;
    if (c == 'u') return parse_code_point(p);
    if (!name) return fail(p, "an unknown escape sequence");
    put(p, meanings + (name - names), 1);
    return true;
}

static bool parse_text(parser *p)
{
    gan_json *value = add(p, GAN_JSON_TEXT);

    value->is.text = p->whole ? (uint64_t)(p->texts + p->bytes - (const char *)value) : 0;
    p->at++;
    while (p->at < p->size && p->text[p->at] != '"') {
        const size_t length = gan_utf8_length(p->text + p->at, p->size - p->at);
        if (length == 0) return fail(p, "not UTF-8");
        if ((unsigned char)p->text[p->at] < ' ') return fail(p, "a control character in a string");
        if (p->text[p->at] == '\\') {
            p->at++;
            if (!parse_escape(p)) return false;
            continue;
        }
        put(p, p->text + p->at, length);
        p->at += length;
    }
    if (p->at >= p->size) return fail(p, "a string without end");
    p->at++;
    put(p, "", 1);
    return true;
}

/* ---- Numbers and words ----------------------------------------------------------------------------------------- */

static bool parse_digits(parser *p)
{
    const size_t begin = p->at;

    while (p->at < p->size && p->text[p->at] >= '0' && p->text[p->at] <= '9') p->at++;
    return p->at > begin || fail(p, "expected a digit");
}

static bool has_any(const parser *p, const char *characters)
{
    return here(p) && strchr(characters, here(p));
}

static bool parse_integer(parser *p, size_t begin)
{
    const bool negative = p->text[begin] == '-';
    const uint64_t most = (uint64_t)INT64_MAX + negative;
    uint64_t size = 0;

    for (size_t i = begin + negative; i < p->at; i++) {
        const uint64_t digit = (uint64_t)(p->text[i] - '0');
        if (size > (most - digit) / 10) return fail(p, "an integer of more than 64 bits");
        size = 10 * size + digit;
    }
    add(p, GAN_JSON_INTEGER)->is.integer = negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return true;
}

static bool parse_number(parser *p)
{
    const size_t begin = p->at;
    bool whole = true;
    double number;

    if (has_any(p, "-")) p->at++;
    if (has_any(p, "0")) {
        p->at++; /* alone */
        if (has_any(p, "0123456789")) return fail(p, "a number that begins with 0");
    } else if (!parse_digits(p)) {
        return false;
    }
    if (has_any(p, ".")) {
        whole = false;
        p->at++;
        if (!parse_digits(p)) return false;
    }
    if (has_any(p, "eE")) {
        whole = false;
        p->at++;
        if (has_any(p, "+-")) p->at++;
        if (!parse_digits(p)) return false;
    }
    if (whole) return parse_integer(p, begin);
    if (!gan_number_parse(p->text + begin, p->at - begin, &number)) return fail(p, "a number out of range");
    add(p, GAN_JSON_NUMBER)->is.number = number;
    return true;
}

static bool parse_word(parser *p)
{
    static const char *const words[] = {"null", "false", "true"}; /* by gan_json_kind */

    for (int kind = GAN_JSON_NULL; kind <= GAN_JSON_TRUE; kind++) {
        const size_t length = strlen(words[kind]);
        if (p->size - p->at < length || memcmp(p->text + p->at, words[kind], length) != 0) continue;
        p->at += length;
        add(p, (gan_json_kind)kind);
        return true;
    }
    return fail(p, "expected a value");
}

/* ---- Objects and arrays ---------------------------------------------------------------------------------------- */

static bool begin_inside(parser *p, bool object)
{
    if (p->depth == GAN_JSON_DEPTH) return fail(p, "too many values in values");
    p->open[p->depth++] = (open_value){p->values, 0, object};
    add(p, object ? GAN_JSON_OBJECT : GAN_JSON_ARRAY);
    p->at++;
    return true;
}

/* Sorts the index of a large object, or compares all names of a small one: the name that is there twice, or NULL. */
static const char *find_twice(parser *p, gan_json *object)
{
    if (object->count > GAN_JSON_SMALL) {
        object->is.inside.index =
            (uint32_t)((size_t)((char *)(p->rows + p->index_rows) - (char *)object) / GAN_JSON_STEP);
        gan_names names = gan_json_names(object);
        names.count = 0;
        for (const gan_json *member = NULL; (member = gan_json_next(object, member));)
            gan_names_add(&names, (uint32_t)(member - object));
        return gan_names_sort(&names);
    }
    for (const gan_json *a = NULL; (a = gan_json_next(object, a));) {
        for (const gan_json *b = a; (b = gan_json_next(object, b));)
            if (strcmp(gan_json_name(a), gan_json_name(b)) == 0) return gan_json_name(a);
    }
    return NULL;
}

static bool end_inside(parser *p)
{
    const open_value *in = &p->open[--p->depth];
    gan_json *value = p->whole ? &p->whole->values[in->number] : &p->counted;

    value->count = in->count;
    value->is.inside.values = (uint32_t)(p->values - in->number - 1);
    if (!in->object) return true;
    if (p->whole) p->twice = find_twice(p, value);
    if (in->count > GAN_JSON_SMALL) p->index_rows += in->count;
    return !p->twice || fail(p, "duplicate name");
}

static bool parse_name(parser *p)
{
    if (peek(p) != '"') return fail(p, "expected a name");
    if (!parse_text(p)) return false;
    return take(p, ':') || fail(p, "expected ':'");
}

/* Of an object or array, only the beginning. */
static bool parse_value(parser *p)
{
    switch (peek(p)) {
    case '{': return begin_inside(p, true);
    case '[': return begin_inside(p, false);
    case '"': return parse_text(p);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return parse_number(p);
    default: return parse_word(p);
    }
}

static bool parse_whole(parser *p)
{
    if (peek(p) != '{' && peek(p) != '[') return fail(p, "expected '{' or '['");
    if (!parse_value(p)) return false;
    while (p->depth > 0) {
        open_value *in = &p->open[p->depth - 1];
        if (take(p, in->object ? '}' : ']')) {
            if (!end_inside(p)) return false;
            continue;
        }
        if (in->count > 0 && !take(p, ','))
            return fail(p, in->object ? "expected ',' or '}'" : "expected ',' or ']'");
        if (in->object && !parse_name(p)) return false;
        in->count++;
        if (!parse_value(p)) return false;
    }
    peek(p);
    return p->at == p->size || fail(p, "expected nothing more");
}

static gan_status malformed(const parser *p)
{
    if (!p->twice) return gan_fail(GAN_ERROR_FORMAT, "malformed at byte %zu: %s", p->at, p->wrong);
    return gan_fail(GAN_ERROR_FORMAT,
                    "malformed at byte %zu: the object that ends here has the duplicate name '%.64s'", p->at,
                    p->twice);
}

gan_status gan_json_parse(gan_context *context, const char *text, size_t size, gan_json **out)
{
    parser counting = {.text = text, .size = size}, writing = counting;

    if (size > INT32_MAX) {
        return gan_fail(GAN_ERROR_OVERFLOW, "JSON of %zu bytes is too long; the limit is %d", size, INT32_MAX);
    }
    if (!parse_whole(&counting)) return malformed(&counting);
    const uint64_t values = (uint64_t)counting.values * sizeof(gan_json),
                   rows = (uint64_t)counting.index_rows * sizeof(gan_name),
                   bytes = sizeof(gan_json_whole) + values + rows + counting.bytes;
    if (bytes > SIZE_MAX) {
        return gan_fail(GAN_ERROR_MEMORY, "%llu bytes for JSON exceed the address space", (unsigned long long)bytes);
    }
    writing.whole = gan_allocate(context, (size_t)bytes);
    if (!writing.whole) return GAN_ERROR_MEMORY;
    *writing.whole = (gan_json_whole){.context = context, .size = (size_t)bytes};
    writing.rows = (gan_name *)(void *)((char *)writing.whole->values + values);
    writing.texts = (char *)writing.rows + rows;
    if (!parse_whole(&writing)) {
        const gan_status status = malformed(&writing);
        gan_json_release(writing.whole->values);
        return status;
    }
    *out = writing.whole->values;
    return GAN_OK;
}
