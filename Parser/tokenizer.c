/* Text to tokens (language reference, "Lexical analysis").
 *
 * The tokenizer goes through its buffer line by line; a character is read
 * with `next_char` and given back with `back_up`.  Indentation is a stack of
 * columns, kept twice (tabs as 8 and as 1) so that code whose meaning depends
 * on the width of a tab is refused.  Brackets are a stack too: inside them
 * line ends mean nothing.
 *
 * Where the text comes from is source.c's business. */

#include "Python.h"

#include "tokenizer.h"
#include "unicode.h"

#include <string.h>

#define END_OF_TEXT (-1)
#define TAB_SIZE 8

/* Classes of the characters, for table look-up. */
enum { IDENTIFIER_START = 1, IDENTIFIER_PART = 2, DIGIT = 4, HEX = 8 };

#define LETTER (IDENTIFIER_START | IDENTIFIER_PART)
static const unsigned char char_class[256] = {
    ['a' ... 'f'] = LETTER | HEX, ['g' ... 'z'] = LETTER,
    ['A' ... 'F'] = LETTER | HEX, ['G' ... 'Z'] = LETTER, ['_'] = LETTER,
    ['0' ... '9'] = IDENTIFIER_PART | DIGIT | HEX, [128 ... 255] = LETTER,
};

static inline int
char_is(int c, int what)
{
    return c >= 0 && (char_class[c] & what) != 0;
}

/* ---- Keywords ---------------------------------------------------------- */

static const struct {
    const char *text;
    unsigned char size;
    int type;
} keywords[] = {
#define NAMED(name)
#define SYMBOL(name, text)
#define UNUSED(name)
#define KEYWORD(name, text) {text, sizeof(text) - 1, KW_##name},
#include "tokens.def"
};

/* First row of `keywords` by first character; the rows are sorted. */
static int
keyword_first_row(char c)
{
    switch (c) {
    case 'F': return 0;
    case 'N': return 1;
    case 'T': return 2;
    case 'a': return 3;
    case 'b': return 6;
    case 'c': return 7;
    case 'd': return 9;
    case 'e': return 11;
    case 'f': return 14;
    case 'g': return 17;
    case 'i': return 18;
    case 'l': return 22;
    case 'n': return 23;
    case 'o': return 25;
    case 'p': return 26;
    case 'r': return 27;
    case 't': return 29;
    case 'w': return 30;
    case 'y': return 32;
    default: return -1;
    }
}

int
token_keyword(const char *name, Py_ssize_t size)
{
    if (size < 2 || size > 8) {
        return TOK_NAME;
    }
    int row = keyword_first_row(name[0]);
    if (row < 0) {
        return TOK_NAME;
    }
    for (; row < (int)Py_ARRAY_LENGTH(keywords) &&
           keywords[row].text[0] == name[0]; row++) {
        if (keywords[row].size == size &&
            memcmp(keywords[row].text, name, (size_t)size) == 0) {
            return keywords[row].type;
        }
    }
    return TOK_NAME;
}

/* ---- Errors ------------------------------------------------------------- */

static int
error_in_columns(tokenizer *tok, int col, int end_col, const char *format,
                 va_list arguments)
{
    PyObject *message = NULL, *text = NULL, *details = NULL;

    message = PyUnicode_FromFormatV(format, arguments);
    if (message == NULL) {
        goto done;
    }
    text = PyUnicode_DecodeUTF8(tok->line_start, tok->cur - tok->line_start,
                                "replace");
    if (text == NULL) {
        goto done;
    }
    if (col < 0) {
        col = (int)PyUnicode_GET_LENGTH(text);
    }
    size_t line_size = strcspn(tok->line_start, "\n");
    if (line_size != (size_t)(tok->cur - tok->line_start)) {
        Py_SETREF(text, PyUnicode_DecodeUTF8(tok->line_start,
                                             (Py_ssize_t)line_size,
                                             "replace"));
        if (text == NULL) {
            goto done;
        }
    }
    details = Py_BuildValue("(O(OiiOii))", message, tok->filename,
                            tok->lineno, col, text, tok->lineno,
                            end_col < 0 ? col : end_col);
    if (details != NULL) {
        PyErr_SetObject(PyExc_SyntaxError, details);
    }
done:
    Py_XDECREF(message);
    Py_XDECREF(text);
    Py_XDECREF(details);
    tok->done = TOKENIZER_ERROR;
    return TOK_ERRORTOKEN;
}

int
tokenizer_error(tokenizer *tok, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int result = error_in_columns(tok, -1, -1, format, arguments);
    va_end(arguments);
    return result;
}

static int
error_in_range(tokenizer *tok, int col, int end_col, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int result = error_in_columns(tok, col, end_col, format, arguments);
    va_end(arguments);
    return result;
}

int
tokenizer_warn(tokenizer *tok, PyObject *category, const char *format, ...)
{
    va_list arguments;
    int result = -1;

    if (!tok->report_warnings) {
        return 0;
    }
    va_start(arguments, format);
    PyObject *message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (message == NULL) {
        goto done;
    }
    result = PyErr_WarnExplicitObject(category, message, tok->filename,
                                      tok->lineno, NULL, NULL);
    if (result < 0 && PyErr_ExceptionMatches(category)) {
        /* The warning is to be an error: a SyntaxError says where. */
        PyErr_Clear();
        tokenizer_error(tok, "%U", message);
    }
done:
    Py_XDECREF(message);
    if (result < 0) {
        tok->done = TOKENIZER_ERROR;
    }
    return result;
}

static int
fail_indentation(tokenizer *tok, enum tokenizer_status status)
{
    tok->done = status;
    tok->cur = tok->inp;
    return TOK_ERRORTOKEN;
}

/* ---- Characters --------------------------------------------------------- */

/* Goes to the next line.  Returns 1, or 0 at the end or after an error
 * (`done` tells). */
static int
next_line(tokenizer *tok)
{
    if (tok->done != TOKENIZER_OK) {
        return 0;
    }
    if (tok->cur >= tok->limit) {
        if (tok->decode_error != NULL) {
            PyErr_SetObject((PyObject *)Py_TYPE(tok->decode_error),
                            tok->decode_error);
            tok->done = TOKENIZER_DECODE;
            return 0;
        }
        if (!tok->interactive) {
            tok->done = TOKENIZER_EOF;
            return 0;
        }
        if (tok->stop_reading) {
            tok->done = TOKENIZER_INTERACT_STOP;
            return 0;
        }
        int found = source_read_interactive(tok);
        if (found <= 0) {
            if (found == 0) {
                tok->done = TOKENIZER_EOF;
            }
            return 0;
        }
    }
    if (tok->start == NULL) {
        tok->buf = tok->cur;
    }
    tok->line_start = tok->cur;
    tok->lineno++;
    char *end = memchr(tok->cur, '\n', (size_t)(tok->limit - tok->cur));
    tok->inp = end == NULL ? tok->limit : end + 1;
    if (tok->check_utf8 &&
        source_check_line(tok, tok->cur, tok->inp - tok->cur) < 0) {
        tok->done = TOKENIZER_ERROR;
        tok->cur = tok->inp;
        return 0;
    }
    return 1;
}

static inline int
next_char(tokenizer *tok)
{
    if (tok->cur == tok->inp && !next_line(tok)) {
        tok->cur = tok->inp;
        return END_OF_TEXT;
    }
    return (unsigned char)*tok->cur++;
}

static inline void
back_up(tokenizer *tok, int c)
{
    if (c != END_OF_TEXT) {
        tok->cur--;
    }
}

/* After a backslash.  Returns the next line's first character (not taken),
 * or -2 on failure. */
static int
continue_line(tokenizer *tok)
{
    int c = next_char(tok);
    if (c != '\n') {
        tok->done = TOKENIZER_LINECONT;
        return -2;
    }
    c = next_char(tok);
    if (c == END_OF_TEXT) {
        if (tok->done == TOKENIZER_OK || tok->done == TOKENIZER_EOF) {
            tok->done = TOKENIZER_EOF;
        }
        tok->cur = tok->inp;
        return -2;
    }
    back_up(tok, c);
    return c;
}

/* ---- Numbers ------------------------------------------------------------ */

static int
followed_by(tokenizer *tok, const char *text)
{
    size_t size = strlen(text);

    return strncmp(tok->cur, text, size) == 0 &&
           !char_is((unsigned char)tok->cur[size], IDENTIFIER_PART);
}

/* Is `c`, just read, the first letter of a keyword that may follow a
 * number? */
static int
starts_keyword(tokenizer *tok, int c)
{
    switch (c) {
    case 'a': return followed_by(tok, "nd");
    case 'e': return followed_by(tok, "lse");
    case 'f': return followed_by(tok, "or");
    case 'i': return *tok->cur == 'f' || *tok->cur == 'n' || *tok->cur == 's';
    case 'n': return followed_by(tok, "ot");
    case 'o': return followed_by(tok, "r");
    default: return 0;
    }
}

/* The number has ended before `c` (taken): no name may follow at once.
 * Returns 1, or 0 with an exception. */
static int
check_number_end(tokenizer *tok, int c, const char *kind)
{
    if (!char_is(c, IDENTIFIER_PART)) {
        return 1;
    }
    if (starts_keyword(tok, c)) {
        back_up(tok, c);
        if (tokenizer_warn(tok, PyExc_SyntaxWarning, "invalid %s literal",
                           kind) < 0) {
            return 0;
        }
        next_char(tok);
        return 1;
    }
    back_up(tok, c);
    tokenizer_error(tok, "invalid %s literal", kind);
    return 0;
}

/* More digits, after the first one.  Returns the character behind them
 * (taken), or -2 with an exception. */
static int
decimal_tail(tokenizer *tok)
{
    for (;;) {
        int c;
        do {
            c = next_char(tok);
        } while (char_is(c, DIGIT));
        if (c != '_') {
            return c;
        }
        c = next_char(tok);
        if (!char_is(c, DIGIT)) {
            back_up(tok, c);
            tokenizer_error(tok, "invalid decimal literal");
            return -2;
        }
    }
}

static int
is_radix_digit(int c, int radix)
{
    return radix == 16 ? char_is(c, HEX) : c >= '0' && c < '0' + radix;
}

/* 0x, 0o or 0b has been read. */
static int
scan_radix_number(tokenizer *tok, int radix, const char *kind)
{
    int c = next_char(tok);
    for (;;) {
        if (c == '_') {
            c = next_char(tok);
        }
        if (!is_radix_digit(c, radix)) {
            if (char_is(c, DIGIT)) {
                return tokenizer_error(
                    tok, "invalid digit '%c' in %s literal", c, kind);
            }
            back_up(tok, c);
            return tokenizer_error(tok, "invalid %s literal", kind);
        }
        do {
            c = next_char(tok);
        } while (is_radix_digit(c, radix));
        if (c != '_') {
            break;
        }
    }
    if (char_is(c, DIGIT)) {
        return tokenizer_error(tok, "invalid digit '%c' in %s literal", c,
                               kind);
    }
    if (!check_number_end(tok, c, kind)) {
        return TOK_ERRORTOKEN;
    }
    back_up(tok, c);
    return TOK_NUMBER;
}

static int
finish_number(tokenizer *tok, int c, const char *kind)
{
    if (!check_number_end(tok, c, kind)) {
        return TOK_ERRORTOKEN;
    }
    back_up(tok, c);
    return TOK_NUMBER;
}

/* After the digits before, or the point of, a decimal number: fraction,
 * exponent, `j`.  `c` has been taken. */
static int
scan_decimal_rest(tokenizer *tok, int c, int in_fraction)
{
    if (in_fraction && char_is(c, DIGIT)) {
        c = decimal_tail(tok);
        if (c == -2) {
            return TOK_ERRORTOKEN;
        }
    }
    if (c == 'e' || c == 'E') {
        int e = c;
        c = next_char(tok);
        if (c == '+' || c == '-') {
            c = next_char(tok);
            if (!char_is(c, DIGIT)) {
                back_up(tok, c);
                return tokenizer_error(tok, "invalid decimal literal");
            }
        }
        else if (!char_is(c, DIGIT)) {
            back_up(tok, c);
            if (!check_number_end(tok, e, "decimal")) {
                return TOK_ERRORTOKEN;
            }
            back_up(tok, e);
            return TOK_NUMBER;
        }
        c = decimal_tail(tok);
        if (c == -2) {
            return TOK_ERRORTOKEN;
        }
    }
    if (c == 'j' || c == 'J') {
        return finish_number(tok, next_char(tok), "imaginary");
    }
    return finish_number(tok, c, "decimal");
}

static int
is_float_part(int c)
{
    return c == 'e' || c == 'E' || c == 'j' || c == 'J';
}

/* A zero has been read that no radix follows; `c` is next and taken. */
static int
scan_zeros(tokenizer *tok, int c)
{
    int nonzero = 0;

    for (;;) {
        if (c == '_') {
            c = next_char(tok);
            if (!char_is(c, DIGIT)) {
                back_up(tok, c);
                return tokenizer_error(tok, "invalid decimal literal");
            }
        }
        if (c != '0') {
            break;
        }
        c = next_char(tok);
    }
    char *zeros_end = tok->cur;
    if (char_is(c, DIGIT)) {
        nonzero = 1;
        c = decimal_tail(tok);
        if (c == -2) {
            return TOK_ERRORTOKEN;
        }
    }
    if (c == '.') {
        return scan_decimal_rest(tok, next_char(tok), 1);
    }
    if (is_float_part(c)) {
        return scan_decimal_rest(tok, c, 0);
    }
    if (nonzero) {
        back_up(tok, c);
        return error_in_range(
            tok, (int)(tok->start + 1 - tok->line_start),
            (int)(zeros_end - tok->line_start),
            "leading zeros in decimal integer literals are not permitted; "
            "use an 0o prefix for octal integers");
    }
    return finish_number(tok, c, "decimal");
}

static int
scan_number(tokenizer *tok, int c)
{
    if (c == '0') {
        c = next_char(tok);
        switch (c) {
        case 'x': case 'X':
            return scan_radix_number(tok, 16, "hexadecimal");
        case 'o': case 'O':
            return scan_radix_number(tok, 8, "octal");
        case 'b': case 'B':
            return scan_radix_number(tok, 2, "binary");
        default:
            return scan_zeros(tok, c);
        }
    }
    c = decimal_tail(tok);
    if (c == -2) {
        return TOK_ERRORTOKEN;
    }
    if (c == '.') {
        return scan_decimal_rest(tok, next_char(tok), 1);
    }
    return scan_decimal_rest(tok, c, 0);
}

/* ---- Strings ------------------------------------------------------------ */

static void
fail_string(tokenizer *tok, int triple)
{
    int detected = tok->lineno;

    tok->cur = tok->start + 1;
    tok->line_start = tok->multi_line_start;
    tok->lineno = tok->first_lineno;
    tokenizer_error(
        tok, triple ? "unterminated triple-quoted string literal "
                      "(detected at line %d)"
                    : "unterminated string literal (detected at line %d)",
        detected);
}

/* The opening quote has been read. */
static int
scan_string(tokenizer *tok, int quote)
{
    int size = 1, end_size = 0;

    tok->first_lineno = tok->lineno;
    tok->multi_line_start = tok->line_start;
    int c = next_char(tok);
    if (c == quote) {
        c = next_char(tok);
        if (c == quote) {
            size = 3;
        }
        else {
            end_size = 1;
        }
    }
    if (c != quote) {
        back_up(tok, c);
    }
    while (end_size != size) {
        c = next_char(tok);
        if (c == END_OF_TEXT || (size == 1 && c == '\n')) {
            if (tok->done != TOKENIZER_OK && tok->done != TOKENIZER_EOF) {
                return TOK_ERRORTOKEN;
            }
            fail_string(tok, size == 3);
            if (c == END_OF_TEXT) {
                tok->done = TOKENIZER_EOF_IN_STRING;
            }
            return TOK_ERRORTOKEN;
        }
        if (c == quote) {
            end_size++;
        }
        else {
            end_size = 0;
            if (c == '\\') {
                next_char(tok);
            }
        }
    }
    return TOK_STRING;
}

/* ---- Names -------------------------------------------------------------- */

/* Checks an identifier that has other characters than ASCII. */
static int
check_identifier(tokenizer *tok)
{
    PyObject *name = PyUnicode_DecodeUTF8(tok->start, tok->cur - tok->start,
                                          NULL);
    int result = 0;

    if (name == NULL) {
        tok->done = PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)
                        ? TOKENIZER_DECODE : TOKENIZER_ERROR;
        return 0;
    }
    Py_ssize_t valid = _PyUnicode_ScanIdentifier(name);
    if (valid == PyUnicode_GET_LENGTH(name)) {
        result = 1;
        goto done;
    }
    Py_UCS4 culprit = PyUnicode_READ_CHAR(name, valid);
    char hex[9];
    PyOS_snprintf(hex, sizeof(hex), "%04X", (unsigned int)culprit);
    char *position = tok->start;
    for (Py_ssize_t i = 0; i <= valid; i++) {
        do {
            position++;
        } while (((unsigned char)*position & 0xC0) == 0x80);
    }
    tok->cur = position;
    if (Py_UNICODE_ISPRINTABLE(culprit)) {
        tokenizer_error(tok, "invalid character '%c' (U+%s)", (int)culprit,
                        hex);
    }
    else {
        tokenizer_error(tok, "invalid non-printable character U+%s", hex);
    }
done:
    Py_DECREF(name);
    return result;
}

/* Is the next token `def`?  Leaves the tokenizer as it is. */
static int
def_follows(tokenizer *tok)
{
    const char *p = tok->cur;

    while (*p == ' ' || *p == '\t' || *p == '\014') {
        p++;
    }
    return strncmp(p, "def", 3) == 0 &&
           !char_is((unsigned char)p[3], IDENTIFIER_PART);
}

/* `async` and `await` are keywords always, or (in the time of 3.5 and 3.6)
 * within `async def` and before `def`. */
static int
classify_async(tokenizer *tok)
{
    int is_async = memcmp(tok->start, "async", 5) == 0;

    if (!is_async && memcmp(tok->start, "await", 5) != 0) {
        return TOK_NAME;
    }
    if (!tok->async_hacks || tok->async_def) {
        return is_async ? TOK_ASYNC : TOK_AWAIT;
    }
    if (is_async && def_follows(tok)) {
        tok->async_def_indent = tok->indent;
        tok->async_def = 1;
        return TOK_ASYNC;
    }
    return TOK_NAME;
}

/* A name, or a string with a prefix.  `c` has been taken. */
static int
scan_name(tokenizer *tok, int c)
{
    int b = 0, u = 0, r = 0, f = 0, not_ascii = 0;

    for (;;) {                              /* the prefixes of strings */
        int lower = c | 0x20;
        if (lower == 'b' && !(b || u || f)) {
            b = 1;
        }
        else if (lower == 'u' && !(b || u || r || f)) {
            u = 1;
        }
        else if (lower == 'r' && !(r || u)) {
            r = 1;
        }
        else if (lower == 'f' && !(f || b || u)) {
            f = 1;
        }
        else {
            break;
        }
        c = next_char(tok);
        if (c == '"' || c == '\'') {
            return scan_string(tok, c);
        }
    }
    while (char_is(c, IDENTIFIER_PART)) {
        not_ascii |= c;
        c = next_char(tok);
    }
    back_up(tok, c);
    if (not_ascii >= 128 && !check_identifier(tok)) {
        return TOK_ERRORTOKEN;
    }
    if (tok->cur - tok->start == 5 && tok->start[0] == 'a') {
        return classify_async(tok);
    }
    return TOK_NAME;
}

/* ---- Operators ---------------------------------------------------------- */

static int
open_bracket(tokenizer *tok, int c, int type)
{
    if (tok->level >= TOKENIZER_MAX_LEVEL) {
        return tokenizer_error(tok, "too many nested parentheses");
    }
    tok->parenstack[tok->level] = (char)c;
    tok->parenlinenostack[tok->level] = tok->lineno;
    tok->parencolstack[tok->level] = (int)(tok->start - tok->line_start);
    tok->level++;
    return type;
}

static int
close_bracket(tokenizer *tok, int c, int type)
{
    if (tok->level == 0) {
        return tokenizer_error(tok, "unmatched '%c'", c);
    }
    tok->level--;
    int opening = tok->parenstack[tok->level];
    if ((opening == '(' && c == ')') || (opening == '[' && c == ']') ||
        (opening == '{' && c == '}')) {
        return type;
    }
    if (tok->parenlinenostack[tok->level] != tok->lineno) {
        return tokenizer_error(
            tok, "closing parenthesis '%c' does not match "
                 "opening parenthesis '%c' on line %d",
            c, opening, tok->parenlinenostack[tok->level]);
    }
    return tokenizer_error(tok, "closing parenthesis '%c' does not match "
                                "opening parenthesis '%c'", c, opening);
}

/* The type with one more character, if there is `=`; then it is taken. */
static int
with_equal(tokenizer *tok, int plain, int assigning)
{
    if (*tok->cur == '=' && tok->cur < tok->inp) {
        tok->cur++;
        return assigning;
    }
    return plain;
}

/* Takes `c` if it is next (a line never ends within an operator). */
static int
takes(tokenizer *tok, char c)
{
    if (tok->cur < tok->inp && *tok->cur == c) {
        tok->cur++;
        return 1;
    }
    return 0;
}

static int
scan_operator(tokenizer *tok, int c)
{
    switch (c) {
    case '(': return open_bracket(tok, c, TOK_LPAR);
    case '[': return open_bracket(tok, c, TOK_LSQB);
    case '{': return open_bracket(tok, c, TOK_LBRACE);
    case ')': return close_bracket(tok, c, TOK_RPAR);
    case ']': return close_bracket(tok, c, TOK_RSQB);
    case '}': return close_bracket(tok, c, TOK_RBRACE);
    case ',': return TOK_COMMA;
    case ';': return TOK_SEMI;
    case '~': return TOK_TILDE;
    case ':': return with_equal(tok, TOK_COLON, TOK_COLONEQUAL);
    case '=': return with_equal(tok, TOK_EQUAL, TOK_EQEQUAL);
    case '+': return with_equal(tok, TOK_PLUS, TOK_PLUSEQUAL);
    case '%': return with_equal(tok, TOK_PERCENT, TOK_PERCENTEQUAL);
    case '&': return with_equal(tok, TOK_AMPER, TOK_AMPEREQUAL);
    case '|': return with_equal(tok, TOK_VBAR, TOK_VBAREQUAL);
    case '^': return with_equal(tok, TOK_CIRCUMFLEX, TOK_CIRCUMFLEXEQUAL);
    case '@': return with_equal(tok, TOK_AT, TOK_ATEQUAL);
    case '!': return with_equal(tok, TOK_OP, TOK_NOTEQUAL);
    case '-':
        return takes(tok, '>') ? TOK_RARROW
                               : with_equal(tok, TOK_MINUS, TOK_MINEQUAL);
    case '*':
        return takes(tok, '*')
                   ? with_equal(tok, TOK_DOUBLESTAR, TOK_DOUBLESTAREQUAL)
                   : with_equal(tok, TOK_STAR, TOK_STAREQUAL);
    case '/':
        return takes(tok, '/')
                   ? with_equal(tok, TOK_DOUBLESLASH, TOK_DOUBLESLASHEQUAL)
                   : with_equal(tok, TOK_SLASH, TOK_SLASHEQUAL);
    case '<':
        if (takes(tok, '>')) {
            return TOK_NOTEQUAL;
        }
        return takes(tok, '<')
                   ? with_equal(tok, TOK_LEFTSHIFT, TOK_LEFTSHIFTEQUAL)
                   : with_equal(tok, TOK_LESS, TOK_LESSEQUAL);
    case '>':
        return takes(tok, '>')
                   ? with_equal(tok, TOK_RIGHTSHIFT, TOK_RIGHTSHIFTEQUAL)
                   : with_equal(tok, TOK_GREATER, TOK_GREATEREQUAL);
    case '.':
        if (tok->cur[0] == '.' && tok->cur[1] == '.') {
            tok->cur += 2;
            return TOK_ELLIPSIS;
        }
        if (tok->cur[0] == '.' && tok->cur + 1 == tok->limit) {
            tok->done = TOKENIZER_EOF;   /* looked for, as in scan_token */
        }
        return TOK_DOT;
    default:
        if (!Py_UNICODE_ISPRINTABLE((Py_UCS4)c)) {
            char hex[9];
            PyOS_snprintf(hex, sizeof(hex), "%04X", (unsigned int)c);
            return tokenizer_error(
                tok, "invalid non-printable character U+%s", hex);
        }
        return TOK_OP;
    }
}

/* ---- Lines -------------------------------------------------------------- */

/* Compares the indentation with the stack and makes INDENTs or DEDENTs
 * pending.  Returns 0, or TOK_ERRORTOKEN. */
static int
apply_indentation(tokenizer *tok, int col, int altcol)
{
    if (col == tok->indstack[tok->indent]) {
        return altcol == tok->altindstack[tok->indent]
                   ? 0 : fail_indentation(tok, TOKENIZER_TABSPACE);
    }
    if (col > tok->indstack[tok->indent]) {
        if (tok->indent + 1 >= TOKENIZER_MAX_INDENT) {
            return fail_indentation(tok, TOKENIZER_TOODEEP);
        }
        if (altcol <= tok->altindstack[tok->indent]) {
            return fail_indentation(tok, TOKENIZER_TABSPACE);
        }
        tok->pendin++;
        tok->indent++;
        tok->indstack[tok->indent] = col;
        tok->altindstack[tok->indent] = altcol;
        return 0;
    }
    while (tok->indent > 0 && col < tok->indstack[tok->indent]) {
        tok->pendin--;
        tok->indent--;
    }
    if (col != tok->indstack[tok->indent]) {
        return fail_indentation(tok, TOKENIZER_DEDENT);
    }
    if (altcol != tok->altindstack[tok->indent]) {
        return fail_indentation(tok, TOKENIZER_TABSPACE);
    }
    return 0;
}

/* At the beginning of a line: measures the indentation.  Sets `*blank` if
 * the line holds at most a comment.  Returns 0, or TOK_ERRORTOKEN. */
static int
scan_indentation(tokenizer *tok, int *blank)
{
    int col = 0, altcol = 0, continued_col = 0, c;

    tok->atbol = 0;
    for (;;) {
        c = next_char(tok);
        if (c == ' ') {
            col++;
            altcol++;
        }
        else if (c == '\t') {
            col = (col / TAB_SIZE + 1) * TAB_SIZE;
            altcol++;
        }
        else if (c == '\014') {
            col = altcol = 0;
        }
        else if (c == '\\') {
            /* The first of several continued lines counts. */
            continued_col = continued_col ? continued_col : col;
            if (continue_line(tok) == -2) {
                return TOK_ERRORTOKEN;
            }
        }
        else {
            break;
        }
    }
    if (c == END_OF_TEXT && tok->done != TOKENIZER_EOF &&
        tok->done != TOKENIZER_INTERACT_STOP) {
        return TOK_ERRORTOKEN;
    }
    back_up(tok, c);
    if (c == '#' || c == '\n') {
        if (col == 0 && c == '\n' && tok->interactive) {
            *blank = 0;                  /* ends a block */
        }
        else if (tok->interactive && tok->lineno == 1) {
            *blank = 0;
            col = altcol = 0;
        }
        else {
            *blank = 1;
        }
    }
    if (*blank || tok->level > 0) {
        return 0;
    }
    if (continued_col) {
        col = altcol = continued_col;
    }
    return apply_indentation(tok, col, altcol);
}

/* Before 3.7, `async def` makes keywords until its block is over. */
static void
leave_async_def(tokenizer *tok)
{
    if (!tok->async_def || tok->level > 0 || !tok->async_def_nl ||
        tok->async_def_indent < tok->indent) {
        return;
    }
    int c = next_char(tok);
    back_up(tok, c);
    if (c != '#' && c != '\n') {
        tok->async_def = tok->async_def_nl = tok->async_def_indent = 0;
    }
}

/* At a `#` (taken), with type comments wanted.  Returns the type of a token,
 * or 0 for an ordinary comment; then the text before the line end is taken. */
static int
scan_type_comment(tokenizer *tok, char **start, char **end)
{
    static const char prefix[] = "# type: ";
    const char *want = prefix;
    char *text = tok->start, *stop = tok->cur;

    while (stop < tok->inp && *stop != '\n') {
        stop++;
    }
    for (; *want != '\0' && text < stop; want++) {
        if (*want == ' ') {
            while (text < stop && (*text == ' ' || *text == '\t')) {
                text++;
            }
        }
        else if (*text == *want) {
            text++;
        }
        else {
            break;
        }
    }
    tok->cur = stop;
    if (*want != '\0') {
        /* "# type:" at the very end: nothing follows. */
        if (!(want[0] == ' ' && want[1] == '\0')) {
            return 0;
        }
    }
    int is_ignore = stop - text >= 6 && memcmp(text, "ignore", 6) == 0 &&
                    (stop - text == 6 ||
                     !((unsigned char)text[6] >= 128 ||
                       Py_ISALNUM((unsigned char)text[6])));
    *end = stop;
    if (!is_ignore) {
        *start = text;
        return TOK_TYPE_COMMENT;
    }
    *start = text + 6;
    return TOK_TYPE_IGNORE;
}

/* A line end (taken) that means something. */
static int
finish_line(tokenizer *tok, char **start, char **end)
{
    *start = tok->start;
    *end = tok->cur - 1;
    tok->cont_line = 0;
    if (tok->async_def) {
        tok->async_def_nl = 1;
    }
    return TOK_NEWLINE;
}

/* A token that is no white space; `c` has been taken. */
static int
scan_token(tokenizer *tok, int c)
{
    if (char_is(c, IDENTIFIER_START)) {
        return scan_name(tok, c);
    }
    if (char_is(c, DIGIT)) {
        return scan_number(tok, c);
    }
    if (c == '\'' || c == '"') {
        return scan_string(tok, c);
    }
    if (c == '.' && char_is((unsigned char)*tok->cur, DIGIT)) {
        return scan_decimal_rest(tok, next_char(tok), 1);
    }
    int type = scan_operator(tok, c);
    if (tok->cur == tok->limit && tok->done == TOKENIZER_OK &&
        !tok->interactive) {
        tok->done = TOKENIZER_EOF;   /* looked for, in case `=` follows */
    }
    return type;
}

int
tokenizer_next(tokenizer *tok, char **start, char **end)
{
    int blank, c;

    *start = *end = NULL;
next_line:
    tok->start = NULL;
    blank = 0;
    if (tok->atbol && scan_indentation(tok, &blank) != 0) {
        return TOK_ERRORTOKEN;
    }
    tok->start = tok->cur;
    if (tok->pendin < 0) {
        tok->pendin++;
        return TOK_DEDENT;
    }
    if (tok->pendin > 0) {
        tok->pendin--;
        return TOK_INDENT;
    }
    leave_async_def(tok);
again:
    tok->start = NULL;
    do {
        c = next_char(tok);
    } while (c == ' ' || c == '\t' || c == '\014');
    if (c == '#') {
        tok->start = tok->cur - 1;
        if (tok->type_comments) {
            int type = scan_type_comment(tok, start, end);
            if (type == TOK_TYPE_COMMENT) {
                return type;
            }
            if (type == TOK_TYPE_IGNORE) {
                /* Alone on its line it leaves nothing behind. */
                if (blank) {
                    next_char(tok);
                    tok->atbol = 1;
                }
                return type;
            }
        }
        else {
            char *line_end = memchr(tok->cur, '\n',
                                    (size_t)(tok->inp - tok->cur));
            tok->cur = line_end == NULL ? tok->inp : line_end;
        }
        c = next_char(tok);
    }
    if (tok->done == TOKENIZER_INTERACT_STOP) {
        return TOK_ENDMARKER;
    }
    if (c == END_OF_TEXT) {
        return tok->level == 0 && tok->done == TOKENIZER_EOF
                   ? TOK_ENDMARKER : TOK_ERRORTOKEN;
    }
    /* The line end behind a comment is a token that begins with it. */
    if (tok->start == NULL) {
        tok->start = tok->cur - 1;
    }
    if (c == '\n') {
        tok->atbol = 1;
        if (blank || tok->level > 0) {
            goto next_line;
        }
        return finish_line(tok, start, end);
    }
    if (c == '\\') {
        if (continue_line(tok) == -2) {
            return TOK_ERRORTOKEN;
        }
        tok->cont_line = 1;
        goto again;
    }
    int type = scan_token(tok, c);
    if (type != TOK_ERRORTOKEN) {
        *start = tok->start;
        *end = tok->cur;
    }
    return type;
}
