/* String literals: escapes, bytes, concatenation, f-strings (PEP 498 as in
 * 3.11: the literal is one token, its expressions are cut out and parsed by a
 * parser of their own, as if they stood in parentheses). */

#include "Python.h"

#include "parse.h"
#include "unicode.h"

#include <string.h>

/* ---- One literal -------------------------------------------------------- */

typedef struct {
    const token *t;
    const char *text;              /* behind the opening quotes */
    const char *end;               /* before the closing ones */
    int is_bytes, is_raw, is_format;
} literal;

/* Takes prefix and quotes apart. */
static literal
literal_from_token(parser *p, const token *t)
{
    literal result = {.t = t};
    const char *s = token_text(p, t), *end = p->tok->input + t->end;

    for (; *s != '"' && *s != '\''; s++) {
        switch (*s | 0x20) {
        case 'b': result.is_bytes = 1; break;
        case 'r': result.is_raw = 1; break;
        case 'f': result.is_format = 1; break;
        default: break;
        }
    }
    int quotes = end - s >= 6 && s[1] == s[0] && s[2] == s[0] ? 3 : 1;
    result.text = s + quotes;
    result.end = end - quotes;
    return result;
}

/* The invalid escape with the character `c`, or an octal number that is too
 * large: 0 or -1. */
static int
warn_escape(parser *p, const token *t, int c)
{
    char digits[16];

    if (c <= 0xFF) {
        return parser_warn(p, t, PyExc_DeprecationWarning,
                           "invalid escape sequence '\\%c'", c);
    }
    PyOS_snprintf(digits, sizeof(digits), "%o", (unsigned int)c);
    return parser_warn(p, t, PyExc_DeprecationWarning,
                       "invalid octal escape sequence '\\%s'", digits);
}

/* Rewrites `text` in ASCII: what is not becomes \U escapes, for the codec
 * knows no UTF-8.  Returns the length, or -1. */
static Py_ssize_t
escape_non_ascii(const char *text, const char *end, char *out)
{
    char *start = out;

    while (text < end) {
        if (*text == '\\') {
            *out++ = *text++;
            if (text == end || (*text & 0x80)) {
                memcpy(out, "u005c", 5);
                out += 5;
                continue;
            }
        }
        if (!(*text & 0x80)) {
            *out++ = *text++;
            continue;
        }
        const char *run = text;
        while (text < end && (*text & 0x80)) {
            text++;
        }
        PyObject *chars = PyUnicode_DecodeUTF8(run, text - run, NULL);
        if (chars == NULL) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(chars); i++) {
            PyOS_snprintf(out, 11, "\\U%08x",
                          (unsigned int)PyUnicode_READ_CHAR(chars, i));
            out += 10;
        }
        Py_DECREF(chars);
    }
    return out - start;
}

/* Text with escapes.  New str.  Runs Python (warnings). */
static PyObject *
decode_escapes(parser *p, const token *t, const char *text, const char *end)
{
    const char *where;
    int invalid = -1;
    PyObject *result = NULL;

    /* A character of two bytes becomes an escape of ten. */
    if (end - text > PY_SSIZE_T_MAX / 6 - 16) {
        PyErr_NoMemory();
        return NULL;
    }
    char *buffer = PyMem_Malloc((size_t)(end - text) * 6 + 16);
    if (buffer == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_ssize_t size = escape_non_ascii(text, end, buffer);
    if (size >= 0) {
        result = _PyUnicode_DecodeUnicodeEscapeInternal2(
            buffer, size, NULL, NULL, &invalid, &where);
    }
    if (result != NULL && invalid != -1 &&
        warn_escape(p, t, invalid) < 0) {
        Py_CLEAR(result);
    }
    PyMem_Free(buffer);
    return result;
}

/* New str. */
static PyObject *
decode_text(parser *p, const literal *lit, const char *text, const char *end)
{
    if (lit->is_raw ||
        memchr(text, '\\', (size_t)(end - text)) == NULL) {
        PyObject *result = PyUnicode_DecodeUTF8Stateful(text, end - text,
                                                        NULL, NULL);
        if (result != NULL || lit->is_raw || !lit->is_format) {
            return result;
        }
        PyErr_Clear();      /* UnicodeDecodeError: raised with another place */
    }
    return decode_escapes(p, lit->t, text, end);
}

/* New bytes. */
static PyObject *
decode_bytes(parser *p, const literal *lit)
{
    const char *where;
    int invalid = -1;

    for (const char *s = lit->text; s < lit->end; s++) {
        if (*s & 0x80) {
            return parser_raise(
                p, PyExc_SyntaxError,
                "bytes can only contain ASCII literal characters");
        }
    }
    Py_ssize_t size = lit->end - lit->text;
    if (lit->is_raw || memchr(lit->text, '\\', (size_t)size) == NULL) {
        return PyBytes_FromStringAndSize(lit->text, size);
    }
    PyObject *result = _PyBytes_DecodeEscape2(lit->text, size, NULL, &invalid,
                                              &where);
    if (result != NULL && invalid != -1 &&
        warn_escape(p, lit->t, invalid) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- Strings under way -------------------------------------------------- */

/* What several literals, or the parts of one f-string, add up to.  Values are
 * pushed on the parser's stack from `base` on. */
typedef struct {
    PyObject *pending;             /* owned str not yet pushed, or NULL */
    int base;
    int is_format;
    const token *first, *last;     /* the position of every node */
} string_builder;

/* The same position for everything; `kind` of the whole string. */
#define WHOLE(builder, p) \
    (builder)->first->lineno, (builder)->first->col_offset, \
    (builder)->last->end_lineno, (builder)->last->end_col_offset, (p)->arena

/* Adds text (stolen, may be NULL on failure).  0 or -1. */
static int
builder_add_text(string_builder *builder, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    if (builder->pending == NULL) {
        builder->pending = text;
        return 0;
    }
    if (PyUnicode_GET_LENGTH(text) == 0) {
        Py_DECREF(text);
        return 0;
    }
    PyUnicode_AppendAndDel(&builder->pending, text);
    return builder->pending == NULL ? -1 : 0;
}

/* A Constant for the text (stolen). */
static expr_ty
builder_constant(parser *p, const string_builder *builder, PyObject *text)
{
    PyObject *kind = NULL;

    if (parser_keep(p, text) == NULL) {
        return NULL;
    }
    if (*token_text(p, builder->first) == 'u') {
        kind = parser_name_object(p, "u", 1);
        if (kind == NULL) {
            return NULL;
        }
    }
    return ast_new_Constant(text, kind, WHOLE(builder, p));
}

/* Pushes the pending text, if there is any.  0 or -1. */
static int
builder_flush(parser *p, string_builder *builder)
{
    PyObject *text = builder->pending;

    if (text == NULL) {
        return 0;
    }
    builder->pending = NULL;
    if (PyUnicode_GET_LENGTH(text) == 0) {
        Py_DECREF(text);
        return 0;
    }
    expr_ty constant = builder_constant(p, builder, text);
    return constant == NULL ? -1 : parser_push(p, constant);
}

static expr_ty
builder_finish(parser *p, string_builder *builder)
{
    if (!builder->is_format) {
        PyObject *text = builder->pending;
        builder->pending = NULL;
        if (text == NULL) {
            text = PyUnicode_New(0, 0);
            if (text == NULL) {
                return NULL;
            }
        }
        return builder_constant(p, builder, text);
    }
    if (builder_flush(p, builder) < 0) {
        return NULL;
    }
    asdl_expr_seq *values = parser_take(p, builder->base);
    return values == NULL ? NULL
                          : ast_new_JoinedStr(values, WHOLE(builder, p));
}

/* ---- Expressions in f-strings ------------------------------------------- */

static expr_ty parse_format_parts(parser *p, const literal *lit,
                                  const char **at, int nesting,
                                  string_builder *outer);

static int
is_blank(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\n' ||
                          *text == '\014' || *text == '\r')) {
        text++;
    }
    return text == end;
}

/* Where the opening brace at `brace` stands in the source: the line, and the
 * column if something follows it on that line. */
static void
locate_expression(parser *p, const literal *lit, const char *brace,
                  int *lineno, int *col)
{
    const char *start = token_text(p, lit->t), *s = brace;
    const char *after = brace + 1;

    *lineno = lit->t->lineno;
    for (const char *c = start; c < brace; c++) {
        *lineno += *c == '\n';
    }
    while (*after == ' ' || *after == '\t' || *after == '\014') {
        after++;
    }
    if (*after == '\n') {
        *col = *lineno == lit->t->lineno ? lit->t->col_offset : 0;
        return;
    }
    while (s > start && s[-1] != '\n') {
        s--;
    }
    *col = (int)(brace - s);
    if (*lineno == lit->t->lineno) {
        *col += lit->t->col_offset;
    }
}

/* Parses `text` (which is in parentheses) with a parser of its own. */
static expr_ty
parse_embedded(parser *p, const char *text, Py_ssize_t size, int lineno,
               int col)
{
    parser inner;
    tokenizer *tok = tokenizer_from_bytes(text, size, 1, p->tok->filename);

    if (tok == NULL) {
        return NULL;
    }
    tok->lineno = lineno - 1;
    tok->report_warnings = !p->silent && !p->no_warnings;
    parser_init(&inner, tok, PARSER_FSTRING_INPUT, NULL, p->arena);
    inner.flags = p->flags;
    inner.feature_version = p->feature_version;
    tok->async_hacks = inner.feature_version < 7;
    inner.starting_lineno = lineno;
    inner.starting_col_offset = col;
    inner.silent = p->silent;
    inner.no_warnings = p->no_warnings;
    inner.depth = p->depth;
    expr_ty result = parser_run(&inner);
    parser_release(&inner);
    tokenizer_free(tok);
    return result;
}

/* The expression between `text` and `end`; the brace stands before. */
static expr_ty
compile_expression(parser *p, const literal *lit, const char *text,
                   const char *end)
{
    int lineno, col;

    if (is_blank(text, end)) {
        if (*end == '!' || *end == ':' || *end == '=') {
            return parser_raise(p, PyExc_SyntaxError,
                                "f-string: expression required before '%c'",
                                *end);
        }
        return parser_raise(p, PyExc_SyntaxError,
                            "f-string: empty expression not allowed");
    }
    locate_expression(p, lit, text - 1, &lineno, &col);
    Py_ssize_t size = end - text;
    char *copy = PyMem_Malloc((size_t)size + 3);
    if (copy == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    copy[0] = '(';
    memcpy(copy + 1, text, (size_t)size);
    copy[size + 1] = ')';
    copy[size + 2] = '\0';
    expr_ty result = NULL;
    if (parser_enter(p, 20) == 0) {
        result = parse_embedded(p, copy, size + 2, lineno, col);
        parser_leave(p, 20);
    }
    PyMem_Free(copy);
    return result;
}

/* What surrounds the character under way. */
typedef struct {
    char quote;                    /* of the string it is in, or 0 */
    int quote_size;
    int depth;
    char brackets[TOKENIZER_MAX_LEVEL];
} expression_scan;

/* Inside a string: the number of characters to pass. */
static int
scan_in_string(expression_scan *scan, const char *s, const char *end)
{
    if (*s != scan->quote) {
        return 1;
    }
    if (scan->quote_size == 1) {
        scan->quote = 0;
        return 1;
    }
    if (s + 2 < end && s[1] == *s && s[2] == *s) {
        scan->quote = 0;
        return 3;
    }
    return 1;
}

static int
close_scanned_bracket(parser *p, expression_scan *scan, char c)
{
    if (scan->depth == 0) {
        parser_raise(p, PyExc_SyntaxError, "f-string: unmatched '%c'", c);
        return -1;
    }
    char opening = scan->brackets[--scan->depth];
    if ((opening == '(' && c == ')') || (opening == '[' && c == ']') ||
        (opening == '{' && c == '}')) {
        return 1;
    }
    parser_raise(p, PyExc_SyntaxError,
                 "f-string: closing parenthesis '%c' does not match "
                 "opening parenthesis '%c'", c, opening);
    return -1;
}

/* Outside of brackets: does the expression end at `s`?  1, or 0 with the
 * number of characters to pass in `*width`. */
static int
ends_expression(const char *s, const char *end, int *width)
{
    *width = 1;
    if (strchr("!:}=<>", *s) == NULL) {
        return 0;
    }
    if (s + 1 < end && s[1] == '=' && strchr("!=<>", *s) != NULL) {
        *width = 2;
        return 0;
    }
    return *s != '<' && *s != '>';
}

/* One step; the number of characters to pass, 0 at the end of the expression,
 * -1 with an exception. */
static int
scan_expression_step(parser *p, expression_scan *scan, const char *s,
                     const char *end)
{
    int width;

    if (*s == '\\') {
        parser_raise(p, PyExc_SyntaxError,
                     "f-string expression part cannot include a backslash");
        return -1;
    }
    if (scan->quote) {
        return scan_in_string(scan, s, end);
    }
    switch (*s) {
    case '\'': case '"':
        scan->quote = *s;
        scan->quote_size = s + 2 < end && s[1] == *s && s[2] == *s ? 3 : 1;
        return scan->quote_size;
    case '(': case '[': case '{':
        if (scan->depth >= TOKENIZER_MAX_LEVEL) {
            parser_raise(p, PyExc_SyntaxError,
                         "f-string: too many nested parenthesis");
            return -1;
        }
        scan->brackets[scan->depth++] = *s;
        return 1;
    case '#':
        parser_raise(p, PyExc_SyntaxError,
                     "f-string expression part cannot include '#'");
        return -1;
    default:
        break;
    }
    if (scan->depth == 0) {
        if (ends_expression(s, end, &width)) {
            return 0;
        }
        if (width == 2) {
            return 2;
        }
    }
    if (*s == ')' || *s == ']' || *s == '}') {
        return close_scanned_bracket(p, scan, *s);
    }
    return 1;
}

static void *
raise_unfinished(parser *p)
{
    return parser_raise(p, PyExc_SyntaxError, "f-string: expecting '}'");
}

/* Returns the end of the expression at `s`, or NULL with an exception. */
static const char *
find_expression_end(parser *p, const char *s, const char *end)
{
    expression_scan scan = {.depth = 0};

    while (s < end) {
        int width = scan_expression_step(p, &scan, s, end);
        if (width < 0) {
            return NULL;
        }
        if (width == 0) {
            break;
        }
        s += width;
    }
    if (scan.quote) {
        return parser_raise(p, PyExc_SyntaxError,
                            "f-string: unterminated string");
    }
    if (scan.depth > 0) {
        return parser_raise(p, PyExc_SyntaxError, "f-string: unmatched '%c'",
                            scan.brackets[scan.depth - 1]);
    }
    return s < end ? s : raise_unfinished(p);
}

/* After `!`.  0 or -1. */
static int
parse_conversion(parser *p, const char **at, const char *end,
                 int *conversion)
{
    (*at)++;
    if (*at >= end) {
        raise_unfinished(p);
        return -1;
    }
    *conversion = (unsigned char)*(*at)++;
    if (*conversion != 's' && *conversion != 'r' && *conversion != 'a') {
        parser_raise(p, PyExc_SyntaxError,
                     "f-string: invalid conversion character: expected 's', "
                     "'r', or 'a'");
        return -1;
    }
    return 0;
}

/* `=` after an expression: its text becomes part of the string.  0 or -1. */
static int
parse_self_documentation(parser *p, const char **at, const char *end,
                         const char *text, string_builder *builder)
{
    if (p->feature_version < 8) {
        parser_raise(p, PyExc_SyntaxError,
                     "f-string: self documenting expressions are only "
                     "supported in Python 3.8 and greater");
        return -1;
    }
    (*at)++;
    while (*at < end && Py_ISSPACE(**at)) {
        (*at)++;
    }
    if (*at >= end) {
        raise_unfinished(p);
        return -1;
    }
    return builder_add_text(builder,
                            PyUnicode_FromStringAndSize(text, *at - text));
}

/* The replacement field at `*at` (its brace): pushes a FormattedValue.
 * 0 or -1. */
static int
parse_field(parser *p, const literal *lit, const char **at, int nesting,
            string_builder *builder)
{
    int conversion = -1, documents = 0;
    expr_ty spec = NULL;

    if (nesting >= 2) {
        parser_raise(p, PyExc_SyntaxError,
                     "f-string: expressions nested too deeply");
        return -1;
    }
    const char *text = *at + 1, *end = lit->end;
    *at = find_expression_end(p, text, end);
    if (*at == NULL) {
        return -1;
    }
    expr_ty value = compile_expression(p, lit, text, *at);
    if (value == NULL) {
        return -1;
    }
    if (**at == '=') {
        documents = 1;
        if (parse_self_documentation(p, at, end, text, builder) < 0) {
            return -1;
        }
    }
    if (builder_flush(p, builder) < 0) {
        return -1;
    }
    if (**at == '!' && parse_conversion(p, at, end, &conversion) < 0) {
        return -1;
    }
    if (*at >= end) {
        raise_unfinished(p);
        return -1;
    }
    if (**at == ':') {
        (*at)++;
        if (*at >= end) {
            raise_unfinished(p);
            return -1;
        }
        spec = parse_format_parts(p, lit, at, nesting + 1, builder);
        if (spec == NULL) {
            return -1;
        }
    }
    if (*at >= end || **at != '}') {
        raise_unfinished(p);
        return -1;
    }
    (*at)++;
    if (documents && spec == NULL && conversion == -1) {
        conversion = 'r';
    }
    expr_ty field = ast_new_FormattedValue(value, conversion, spec,
                                           WHOLE(builder, p));
    return field == NULL ? -1 : parser_push(p, field);
}

/* ---- Text in f-strings -------------------------------------------------- */

/* Behind the `{...}` of a `\N{...}`, whose braces are no field's. */
static const char *
skip_character_name(const char *s, const char *end)
{
    if (s < end && *s++ == '{') {
        const char *brace = memchr(s, '}', (size_t)(end - s));
        return brace == NULL ? end : brace + 1;
    }
    return s;
}

/* Finds the end of the text at `*at`.  Returns 1 if it ends with a doubled
 * brace (of which one belongs to the text), 0 if not, -1 on failure; moves
 * `*at` behind it. */
static int
find_text_end(parser *p, const literal *lit, const char **at,
              const char **text_end, int nesting)
{
    const char *s = *at, *end = lit->end;

    while (s < end) {
        char c = *s++;
        if (c == '\\' && !lit->is_raw && s < end) {
            c = *s++;
            if (c == 'N') {
                s = skip_character_name(s, end);
                continue;
            }
            if (c == '{' && warn_escape(p, lit->t, c) < 0) {
                return -1;
            }
        }
        if (c != '{' && c != '}') {
            continue;
        }
        if (nesting == 0) {
            if (s < end && *s == c) {
                *text_end = s;
                *at = s + 1;
                return 1;
            }
            if (c == '}') {
                parser_raise(p, PyExc_SyntaxError,
                             "f-string: single '}' is not allowed");
                return -1;
            }
        }
        s--;
        break;
    }
    *text_end = *at = s;
    return 0;
}

/* Text and fields up to the end of the literal, or of the format
 * specification (its brace is not taken).  0 or -1. */
static int
add_format_parts(parser *p, const literal *lit, const char **at, int nesting,
                 string_builder *builder)
{
    for (;;) {
        const char *text = *at, *text_end;
        int doubled = find_text_end(p, lit, at, &text_end, nesting);
        if (doubled < 0) {
            return -1;
        }
        if (text_end > text &&
            builder_add_text(builder,
                             decode_text(p, lit, text, text_end)) < 0) {
            return -1;
        }
        if (doubled) {
            continue;
        }
        if (*at >= lit->end || **at == '}') {
            break;
        }
        if (parse_field(p, lit, at, nesting, builder) < 0) {
            return -1;
        }
    }
    if (nesting > 0 && (*at >= lit->end || **at != '}')) {
        raise_unfinished(p);
        return -1;
    }
    return 0;
}

/* A format specification. */
static expr_ty
parse_format_parts(parser *p, const literal *lit, const char **at,
                   int nesting, string_builder *outer)
{
    string_builder builder = {.base = p->stack_used, .is_format = 1,
                              .first = outer->first, .last = outer->last};
    expr_ty result = NULL;

    if (add_format_parts(p, lit, at, nesting, &builder) == 0) {
        /* What is made at the end has the position of the one literal. */
        builder.first = builder.last = lit->t;
        result = builder_finish(p, &builder);
    }
    Py_XDECREF(builder.pending);
    return result;
}

/* ---- STRING+ ------------------------------------------------------------ */

static int
add_literal(parser *p, const literal *lit, string_builder *builder)
{
    if (!lit->is_format) {
        return builder_add_text(builder,
                                decode_text(p, lit, lit->text, lit->end));
    }
    if (p->feature_version < 6) {
        parser_raise(p, PyExc_SyntaxError,
                     "Format strings are only supported in Python 3.6 and "
                     "greater");
        return -1;
    }
    const char *at = lit->text;
    builder->is_format = 1;
    return add_format_parts(p, lit, &at, 0, builder);
}

static expr_ty
concatenate_bytes(parser *p, int first, int last)
{
    PyObject *result = NULL;

    for (int i = first; i <= last; i++) {
        literal lit = literal_from_token(p, &p->tokens[i]);
        PyObject *part = decode_bytes(p, &lit);
        if (part == NULL) {
            Py_XDECREF(result);
            return NULL;
        }
        if (result == NULL) {
            result = part;
            continue;
        }
        PyBytes_ConcatAndDel(&result, part);
        if (result == NULL) {
            return NULL;
        }
    }
    if (parser_keep(p, result) == NULL) {
        return NULL;
    }
    return ast_new_Constant(result, NULL, p->tokens[first].lineno,
                            p->tokens[first].col_offset,
                            p->tokens[last].end_lineno,
                            p->tokens[last].end_col_offset, p->arena);
}

static expr_ty
concatenate_text(parser *p, int first, int last)
{
    string_builder builder = {.base = p->stack_used,
                              .first = &p->tokens[first],
                              .last = &p->tokens[last]};
    expr_ty result = NULL;
    int i = first;

    for (; i <= last; i++) {
        literal lit = literal_from_token(p, &p->tokens[i]);
        if (add_literal(p, &lit, &builder) < 0) {
            break;
        }
    }
    if (i > last) {
        result = builder_finish(p, &builder);
    }
    Py_XDECREF(builder.pending);
    return result;
}

/* The last of the literals from `first` on that are all bytes, or all text. */
static int
last_of_kind(parser *p, int first, int last)
{
    int is_bytes = literal_from_token(p, &p->tokens[first]).is_bytes;

    for (int i = first + 1; i <= last; i++) {
        if (literal_from_token(p, &p->tokens[i]).is_bytes != is_bytes) {
            return i - 1;
        }
    }
    return last;
}

/* Bytes and text are mixed, unless the literal that is of the other kind is
 * wrong in itself. */
static expr_ty
raise_mixed_kinds(parser *p, const token *t)
{
    literal lit = literal_from_token(p, t);

    if (!lit.is_format) {
        PyObject *value = lit.is_bytes
                              ? decode_bytes(p, &lit)
                              : decode_text(p, &lit, lit.text, lit.end);
        if (value == NULL) {
            return NULL;
        }
        Py_DECREF(value);
    }
    return parser_raise(p, PyExc_SyntaxError,
                        "cannot mix bytes and nonbytes literals");
}

expr_ty
parse_strings(parser *p)
{
    int first = p->mark, type;

    do {
        p->mark++;
        type = next_type(p);
    } while (type == TOK_STRING);
    if (type < 0) {
        return NULL;
    }
    int last = last_of_kind(p, first, p->mark - 1);
    expr_ty result = literal_from_token(p, &p->tokens[first]).is_bytes
                         ? concatenate_bytes(p, first, last)
                         : concatenate_text(p, first, last);
    if (result != NULL && last != p->mark - 1) {
        result = raise_mixed_kinds(p, &p->tokens[last + 1]);
    }
    if (result == NULL && PyErr_Occurred()) {
        parser_raise_codec_error(p);
    }
    return result;
}
