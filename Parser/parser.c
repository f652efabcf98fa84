/* The parser's frame: tokens, names, numbers, sequences, errors, entry
 * points.  The grammar is in parse_*.c. */

#include "Python.h"

#include "parse.h"
#include "audit.h"
#include "errors.h"
#include "names.h"
#include "long.h"

#include <errno.h>
#include <string.h>

/* ---- Life --------------------------------------------------------------- */

void
parser_init(parser *p, tokenizer *tok, int start_rule,
            PyCompilerFlags *flags, PyArena *arena)
{
    memset(p, 0, sizeof(*p));
    p->tok = tok;
    p->start_rule = start_rule;
    p->arena = arena;
    p->feature_version = PY_MINOR_VERSION;
    p->error_token = -1;
    if (flags != NULL) {
        p->flags = flags->cf_flags;
        if (flags->cf_flags & PyCF_ONLY_AST) {
            p->feature_version = flags->cf_feature_version;
        }
    }
    if (p->flags & PyCF_TYPE_COMMENTS) {
        tok->type_comments = 1;
    }
    if (p->feature_version < 7) {
        tok->async_hacks = 1;
    }
}

void
parser_release(parser *p)
{
    PyMem_Free(p->tokens);
    PyMem_Free(p->names);
    PyMem_Free(p->stack);
    PyMem_Free(p->type_ignores);
    Py_XDECREF(p->normalize);
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(p->kept_error[i]);
    }
}

PyObject *
parser_keep(parser *p, PyObject *object)
{
    if (object != NULL && _PyArena_AddPyObject(p->arena, object) < 0) {
        Py_DECREF(object);
        return NULL;
    }
    return object;
}

/* ---- Tokens ------------------------------------------------------------- */

static void
raise_unclosed_bracket(parser *p)
{
    tokenizer *tok = p->tok;
    int line = tok->parenlinenostack[tok->level - 1];

    place where = {line, tok->parencolstack[tok->level - 1], line, -1};

    parser_raise_at(p, PyExc_SyntaxError, where, "'%c' was never closed",
                    tok->parenstack[tok->level - 1]);
}

void
parser_raise_codec_error(parser *p)
{
    const char *kind = NULL;

    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        kind = "unicode error";
    }
    else if (PyErr_ExceptionMatches(PyExc_ValueError)) {
        kind = "value error";
    }
    if (kind == NULL) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *text = value == NULL ? NULL : PyObject_Str(value);
    if (text == NULL) {
        PyErr_Clear();
        parser_raise(p, PyExc_SyntaxError, "(%s) unknown error", kind);
    }
    else {
        parser_raise(p, PyExc_SyntaxError, "(%s) %U", kind, text);
        Py_DECREF(text);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

/* After TOK_ERRORTOKEN: makes sure that an exception is set. */
static int
raise_tokenizer_error(parser *p)
{
    tokenizer *tok = p->tok;
    PyObject *type = PyExc_SyntaxError;
    const char *message = "unknown parsing error";
    int col = -1;

    if (PyErr_Occurred()) {
        if (tok->done == TOKENIZER_DECODE) {
            parser_raise_codec_error(p);
        }
        return -1;
    }
    switch (tok->done) {
    case TOKENIZER_EOF:
        if (tok->level > 0) {
            raise_unclosed_bracket(p);
        }
        else {
            parser_raise(p, PyExc_SyntaxError,
                         "unexpected EOF while parsing");
        }
        return -1;
    case TOKENIZER_DEDENT:
        parser_raise(p, PyExc_IndentationError,
                     "unindent does not match any outer indentation level");
        return -1;
    case TOKENIZER_TABSPACE:
        type = PyExc_TabError;
        message = "inconsistent use of tabs and spaces in indentation";
        break;
    case TOKENIZER_TOODEEP:
        type = PyExc_IndentationError;
        message = "too many levels of indentation";
        break;
    case TOKENIZER_LINECONT:
        col = (int)(tok->cur - tok->buf - 1);
        message = "unexpected character after line continuation character";
        break;
    default:
        break;
    }
    place where = {tok->lineno, col >= 0 ? col : 0, tok->lineno, -1};
    parser_raise_at(p, type, where, "%s", message);
    return -1;
}

static int
add_type_ignore(parser *p, const char *start, const char *end)
{
    parser_type_ignore *larger = PyMem_Realloc(
        p->type_ignores,
        sizeof(parser_type_ignore) * (size_t)(p->type_ignore_count + 1));
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    p->type_ignores = larger;
    PyObject *tag = parser_keep(p, PyUnicode_DecodeUTF8(start, end - start,
                                                        "replace"));
    if (tag == NULL) {
        return -1;
    }
    larger[p->type_ignore_count].lineno = p->tok->lineno;
    larger[p->type_ignore_count].tag = tag;
    p->type_ignore_count++;
    return 0;
}

/* At the end of a single statement: the newline that was not written. */
static int
imply_newline(parser *p, int type)
{
    tokenizer *tok = p->tok;

    if (p->start_rule != Py_single_input || type != TOK_ENDMARKER ||
        !p->started) {
        p->started = 1;
        return type;
    }
    p->started = 0;
    if (tok->indent > 0 && !(p->flags & PyCF_DONT_IMPLY_DEDENT)) {
        tok->pendin = -tok->indent;
        tok->indent = 0;
    }
    return TOK_NEWLINE;
}

static int
reserve_token(parser *p)
{
    if (p->fill < p->capacity) {
        return 0;
    }
    int capacity = p->capacity == 0 ? 256 : p->capacity * 2;
    token *larger = PyMem_Realloc(p->tokens,
                                  sizeof(token) * (size_t)capacity);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    p->tokens = larger;
    p->capacity = capacity;
    return 0;
}

int
parser_fill(parser *p)
{
    tokenizer *tok = p->tok;
    char *start, *end;

    if (PyErr_Occurred()) {
        return -1;
    }
    int type = tokenizer_next(tok, &start, &end);
    while (type == TOK_TYPE_IGNORE) {
        if (add_type_ignore(p, start, end) < 0) {
            return -1;
        }
        type = tokenizer_next(tok, &start, &end);
    }
    type = imply_newline(p, type);
    if (reserve_token(p) < 0) {
        return -1;
    }
    token *t = &p->tokens[p->fill];
    if (type == TOK_NAME) {
        type = token_keyword(start, end - start);
    }
    t->type = type;
    t->level = tok->level;
    t->start = start == NULL ? 0 : start - tok->input;
    t->end = end == NULL ? 0 : end - tok->input;
    int is_string = type == TOK_STRING;
    t->lineno = is_string ? tok->first_lineno : tok->lineno;
    t->end_lineno = tok->lineno;
    char *line_start = is_string ? tok->multi_line_start : tok->line_start;
    t->col_offset = start != NULL && start >= line_start
                        ? (int)(start - line_start) : -1;
    t->end_col_offset = end != NULL && end >= tok->line_start
                            ? (int)(end - tok->line_start) : -1;
    if (p->starting_lineno != 0 && tok->lineno == p->starting_lineno) {
        t->col_offset += p->starting_col_offset;
        t->end_col_offset += p->starting_col_offset;
    }
    p->fill++;
    if (type != TOK_ERRORTOKEN) {
        return 0;
    }
    p->error_token = p->fill - 1;
    raise_tokenizer_error(p);
    if (p->peeking) {
        PyErr_Fetch(&p->kept_error[0], &p->kept_error[1], &p->kept_error[2]);
        p->error_token = -1;
    }
    return -1;
}

void
parser_restore_error(parser *p)
{
    if (p->kept_error[0] == NULL || p->peeking || PyErr_Occurred()) {
        return;
    }
    PyErr_Restore(p->kept_error[0], p->kept_error[1], p->kept_error[2]);
    memset(p->kept_error, 0, sizeof(p->kept_error));
}

/* ---- Sequences ---------------------------------------------------------- */

int
parser_push(parser *p, void *item)
{
    if (p->stack_used == p->stack_capacity) {
        int capacity = p->stack_capacity == 0 ? 64 : p->stack_capacity * 2;
        void **larger = PyMem_Realloc(p->stack,
                                      sizeof(void *) * (size_t)capacity);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        p->stack = larger;
        p->stack_capacity = capacity;
    }
    p->stack[p->stack_used++] = item;
    return 0;
}

void *
parser_take(parser *p, int base)
{
    int count = p->stack_used - base;
    asdl_seq *seq = asdl_seq_new(count, p->arena);

    if (seq != NULL && count > 0) {
        memcpy(seq->elements, p->stack + base,
               sizeof(void *) * (size_t)count);
    }
    p->stack_used = base;
    return seq;
}

asdl_int_seq *
parser_take_ints(parser *p, int base)
{
    int count = p->stack_used - base;
    asdl_int_seq *seq = asdl_int_seq_new(count, p->arena);

    if (seq != NULL) {
        for (int i = 0; i < count; i++) {
            seq->elements[i] = (int)(intptr_t)p->stack[base + i];
        }
    }
    p->stack_used = base;
    return seq;
}

/* ---- Names -------------------------------------------------------------- */

/* NFKC for identifiers (PEP 3131).  Steals `name`.  Runs Python (import). */
static PyObject *
normalize_name(parser *p, PyObject *name)
{
    PyObject *result = NULL, *form = NULL;

    if (PyErr_Occurred()) {
        goto done;                     /* the next token is wrong */
    }
    if (p->normalize == NULL) {
        p->normalize = _PyImport_GetModuleAttrString("unicodedata",
                                                     "normalize");
        if (p->normalize == NULL) {
            goto done;
        }
    }
    form = PyUnicode_FromString("NFKC");
    if (form == NULL) {
        goto done;
    }
    result = PyObject_CallFunctionObjArgs(p->normalize, form, name, NULL);
    if (result != NULL && !PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "unicodedata.normalize() must return a string, not "
                     "%.200s", _PyType_Name(Py_TYPE(result)));
        Py_CLEAR(result);
    }
    if (result != NULL && !PyUnicode_CheckExact(result)) {
        /* The compiler's tables hash and compare names: in C, please. */
        Py_SETREF(result, PyUnicode_FromObject(result));
    }
done:
    Py_DECREF(name);
    Py_XDECREF(form);
    return result;
}

static PyObject *
new_name(parser *p, const char *text, Py_ssize_t size)
{
    PyObject *name = PyUnicode_DecodeUTF8(text, size, NULL);

    if (name != NULL && !PyUnicode_IS_ASCII(name)) {
        name = normalize_name(p, name);
    }
    if (name == NULL) {
        return NULL;
    }
    PyUnicode_InternInPlace(&name);
    return parser_keep(p, name);
}

static int
grow_names(parser *p)
{
    int capacity = p->name_capacity == 0 ? 128 : p->name_capacity * 2;
    parser_name *table = PyMem_Calloc((size_t)capacity, sizeof(*table));

    if (table == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < p->name_capacity; i++) {
        if (p->names[i].object != NULL) {
            size_t k = (size_t)p->names[i].hash & (size_t)(capacity - 1);
            while (table[k].object != NULL) {
                k = (k + 1) & (size_t)(capacity - 1);
            }
            table[k] = p->names[i];
        }
    }
    PyMem_Free(p->names);
    p->names = table;
    p->name_capacity = capacity;
    return 0;
}

/* Returns the interned str for an identifier, made once per parse (borrowed
 * from the arena). */
PyObject *
parser_name_object(parser *p, const char *text, Py_ssize_t size)
{
    size_t hash = 14695981039346656037u;

    for (Py_ssize_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    }
    hash ^= hash >> 29;
    if (p->name_count * 2 >= p->name_capacity && grow_names(p) < 0) {
        return NULL;
    }
    size_t mask = (size_t)p->name_capacity - 1;
    size_t k = hash & mask;
    for (; p->names[k].object != NULL; k = (k + 1) & mask) {
        if (p->names[k].hash == (Py_hash_t)hash && p->names[k].size == size &&
            memcmp(p->names[k].text, text, (size_t)size) == 0) {
            return p->names[k].object;
        }
    }
    char *copy = _PyArena_Malloc(p->arena, (size_t)size + 1);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, text, (size_t)size);
    copy[size] = '\0';
    PyObject *object = new_name(p, text, size);
    if (object == NULL) {
        return NULL;
    }
    p->names[k] = (parser_name){(Py_hash_t)hash, size, copy, object};
    p->name_count++;
    return object;
}

PyObject *
parser_identifier(parser *p, const token *t)
{
    return parser_name_object(p, token_text(p, t), t->end - t->start);
}

/* ---- Numbers ------------------------------------------------------------ */

static PyObject *
parse_number_text(const char *text, size_t size)
{
    char last = text[size - 1];
    int is_hex = size > 1 && text[0] == '0' &&
                 (text[1] == 'x' || text[1] == 'X');

    if (!is_hex && (last == 'j' || last == 'J')) {
        Py_complex value = {0.0, 0.0};
        char *end;
        value.imag = PyOS_string_to_double(text, &end, NULL);
        if (value.imag == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
        return PyComplex_FromCComplex(value);
    }
    if (!is_hex && strpbrk(text, ".eE") != NULL &&
        !(text[0] == '0' && size > 1 && (text[1] == 'b' || text[1] == 'B' ||
                                         text[1] == 'o' || text[1] == 'O'))) {
        double value = PyOS_string_to_double(text, NULL, NULL);
        if (value == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
        return PyFloat_FromDouble(value);
    }
    if (size < 18 && (text[0] != '0' || size == 1)) {
        long value = 0;                  /* FAST PATH: same as below */
        for (size_t i = 0; i < size; i++) {
            value = value * 10 + (text[i] - '0');
        }
        return PyLong_FromLong(value);
    }
    return PyLong_FromString(text, NULL, 0);
}

/* The value of a number without its underscores.  New reference. */
static PyObject *
number_value(const char *text, size_t size)
{
    char buffer[64];
    char *copy = buffer;
    size_t used = 0;

    if (size >= sizeof(buffer)) {
        copy = PyMem_Malloc(size + 1);
        if (copy == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '_') {
            copy[used++] = text[i];
        }
    }
    copy[used] = '\0';
    PyObject *value = parse_number_text(copy, used);
    if (copy != buffer) {
        PyMem_Free(copy);
    }
    return value;
}

/* The digits' limit is reported as an error of the text. */
static void
raise_number_error(parser *p, int lineno, int end_lineno)
{
    PyObject *type, *value, *traceback;

    if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    parser_raise_at(p, PyExc_SyntaxError, (place){lineno, -1, end_lineno, -1},
                    "%S - Consider hexadecimal for huge integer literals to "
                    "avoid decimal conversion limits.", value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

expr_ty
parser_number(parser *p)
{
    const token *t = &p->tokens[p->mark];
    const char *text = token_text(p, t);
    size_t size = (size_t)(t->end - t->start);
    int first = p->mark;

    if (p->feature_version < 6 && memchr(text, '_', size) != NULL) {
        return parser_raise(p, PyExc_SyntaxError,
                            "Underscores in numeric literals are only "
                            "supported in Python 3.6 and greater");
    }
    PyObject *value = number_value(text, size);
    if (value == NULL) {
        raise_number_error(p, t->lineno, t->end_lineno);
        return NULL;
    }
    if (parser_keep(p, value) == NULL) {
        return NULL;
    }
    p->mark++;
    return ast_new_Constant(value, NULL, FROM_TOKEN(p, first));
}

/* ---- Errors ------------------------------------------------------------- */

int
parser_check_version(parser *p, int version, const char *what)
{
    if (p->feature_version >= version) {
        return 0;
    }
    parser_raise(p, PyExc_SyntaxError,
                 "%s only supported in Python 3.%i and greater", what,
                 version);
    return -1;
}

/* Is it the line of the last token that counts, although more was read by
 * looking ahead? */
static int
is_latest_line(const parser *p, int lineno)
{
    return p->error_token >= 0 && p->error_token + 1 < p->fill &&
           p->tokens[p->error_token].end_lineno <= lineno;
}

/* A line of the text at hand, with its end or without.  New str. */
static PyObject *
line_of_buffer(parser *p, int lineno, int with_end)
{
    const char *line = p->tok->input;
    int wanted = p->starting_lineno ? lineno - p->starting_lineno + 1 : lineno;

    for (int i = 1; i < wanted; i++) {
        const char *end = strchr(line, '\n');
        if (end == NULL || end + 1 > p->tok->inp) {
            break;
        }
        line = end + 1;
    }
    Py_ssize_t size = (Py_ssize_t)strcspn(line, "\n");
    return PyUnicode_DecodeUTF8(
        line, size + (with_end && line[size] == '\n'), "replace");
}

/* The line that an error message shows.  New str, or NULL with exception. */
static PyObject *
error_line(parser *p, int lineno)
{
    tokenizer *tok = p->tok;

    if (tok->interactive) {
        return line_of_buffer(p, lineno, 0);
    }
    if (p->start_rule == Py_file_input) {
        PyObject *line = _PyErr_ProgramDecodedTextObject(
            tok->filename, lineno, tok->encoding);
        if (line != NULL || PyErr_Occurred()) {
            return line;
        }
    }
    if (tok->lineno <= lineno && tok->inp > tok->buf) {
        return PyUnicode_DecodeUTF8(tok->buf, tok->inp - tok->buf,
                                    "replace");
    }
    return line_of_buffer(p, lineno, is_latest_line(p, lineno));
}

/* Columns counted in bytes (from 1), as characters. */
static Py_ssize_t
column_as_characters(PyObject *line, int col)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(line, &size);

    if (text == NULL) {
        return -1;
    }
    if (col < 0) {
        col = 0;
    }
    if (col > size + 1) {
        col = (int)size + 1;
    }
    /* One byte more than the line has is its terminating NUL. */
    PyObject *head = PyUnicode_DecodeUTF8(text, col, "replace");
    if (head == NULL) {
        return -1;
    }
    Py_ssize_t result = PyUnicode_GET_LENGTH(head);
    Py_DECREF(head);
    return result;
}

/* Columns from 1 here. */
static void
raise_with_columns(parser *p, PyObject *type, place where,
                   const char *format, va_list arguments)
{
    PyObject *message = NULL, *line = NULL, *details = NULL;

    if (p->silent || PyErr_Occurred()) {
        return;
    }
    message = PyUnicode_FromFormatV(format, arguments);
    if (message == NULL) {
        goto done;
    }
    if (p->start_rule == PARSER_FSTRING_INPUT) {
        Py_SETREF(message, PyUnicode_FromFormat("f-string: %U", message));
        if (message == NULL) {
            goto done;
        }
    }
    line = error_line(p, where.lineno);
    if (line == NULL) {
        goto done;
    }
    if (p->start_rule == PARSER_FSTRING_INPUT) {
        where.col -= p->starting_col_offset;
        where.end_col -= p->starting_col_offset;
    }
    Py_ssize_t column = where.col, end_column = where.end_col;
    if (p->tok->encoding != NULL) {
        column = column_as_characters(line, where.col);
        if (where.end_col > 0) {
            end_column = column_as_characters(line, where.end_col);
        }
        if (PyErr_Occurred()) {
            goto done;
        }
    }
    details = Py_BuildValue("(O(OinOin))", message, p->tok->filename,
                            where.lineno, column, line, where.end_lineno,
                            end_column);
    if (details != NULL) {
        PyErr_SetObject(type, details);
    }
done:
    Py_XDECREF(message);
    Py_XDECREF(line);
    Py_XDECREF(details);
}

void *
parser_raise_at(parser *p, PyObject *type, place where, const char *format,
                ...)
{
    va_list arguments;

    where.col++;
    where.end_col++;
    va_start(arguments, format);
    raise_with_columns(p, type, where, format, arguments);
    va_end(arguments);
    return NULL;
}

void *
parser_raise(parser *p, PyObject *type, const char *format, ...)
{
    tokenizer *tok = p->tok;
    va_list arguments;

    va_start(arguments, format);
    if (p->fill == 0) {
        raise_with_columns(p, type, (place){0, 0, 0, -1}, format, arguments);
        va_end(arguments);
        return NULL;
    }
    int index = p->error_token >= 0 ? p->error_token : p->mark;
    if (index >= p->fill) {
        index = p->fill - 1;
    }
    p->error_token = index;
    const token *t = &p->tokens[index];
    place where = {t->lineno, t->col_offset + 1, t->end_lineno, -1};
    if (t->col_offset == -1) {
        /* Behind the last line, of which a file keeps nothing, unless it is
         * to be continued. */
        int is_gone = tok->done == TOKENIZER_DECODE
                          ? tok->decode_error != NULL
                          : tok->from_file && tok->done == TOKENIZER_EOF &&
                                (tok->start == NULL || tok->start == tok->cur);
        where.col = is_gone ? 0 : (int)(tok->cur - tok->line_start);
    }
    if (t->end_col_offset != -1) {
        where.end_col = t->end_col_offset + 1;
    }
    raise_with_columns(p, type, where, format, arguments);
    va_end(arguments);
    return NULL;
}

int
parser_warn(parser *p, const token *t, PyObject *category,
            const char *format, ...)
{
    va_list arguments;
    int result = -1;

    if (p->silent || p->no_warnings) {
        return 0;
    }
    va_start(arguments, format);
    PyObject *message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (message == NULL) {
        return -1;
    }
    place where = PLACE_OF(t);         /* the filter may run the parser */
    result = PyErr_WarnExplicitObject(category, message, p->tok->filename,
                                      where.lineno, NULL, NULL);
    if (result < 0 && PyErr_ExceptionMatches(category)) {
        PyErr_Clear();
        parser_raise_at(p, PyExc_SyntaxError, where, "%U", message);
    }
    Py_DECREF(message);
    return result;
}

/* ---- Start rules -------------------------------------------------------- */

static asdl_type_ignore_seq *
make_type_ignores(parser *p)
{
    asdl_type_ignore_seq *seq =
        asdl_type_ignore_seq_new(p->type_ignore_count, p->arena);

    for (int i = 0; seq != NULL && i < p->type_ignore_count; i++) {
        type_ignore_ty item = ast_new_TypeIgnore(
            p->type_ignores[i].lineno, p->type_ignores[i].tag, p->arena);
        if (item == NULL) {
            return NULL;
        }
        seq->elements[i] = item;
    }
    return seq;
}

static mod_ty
parse_file(parser *p)
{
    asdl_stmt_seq *body = NULL;

    int type = next_type(p);
    if (type != TOK_ENDMARKER) {
        body = type < 0 ? NULL : parse_statements(p);
        if (body == NULL) {
            return NULL;
        }
    }
    if (!take_token(p, TOK_ENDMARKER)) {
        return NULL;
    }
    asdl_type_ignore_seq *ignores = make_type_ignores(p);
    if (body == NULL) {
        body = asdl_stmt_seq_new(0, p->arena);
    }
    if (ignores == NULL || body == NULL) {
        return NULL;
    }
    return ast_new_Module(body, ignores, p->arena);
}

static mod_ty
parse_interactive(parser *p)
{
    asdl_stmt_seq *body = parse_statement_newline(p);

    return body == NULL ? NULL : ast_new_Interactive(body, p->arena);
}

static mod_ty
parse_eval(parser *p)
{
    expr_ty body = parse_expressions(p);

    if (body == NULL) {
        return NULL;
    }
    while (take_token(p, TOK_NEWLINE)) {
    }
    if (!take_token(p, TOK_ENDMARKER)) {
        return NULL;
    }
    return ast_new_Expression(body, p->arena);
}

/* `(int, *str, **float) -> bool`: the stars mean nothing here. */
static mod_ty
parse_func_type(parser *p)
{
    int base = p->stack_used, stars = 0;

    if (!take_token(p, TOK_LPAR)) {
        return NULL;
    }
    while (next_type(p) != TOK_RPAR) {
        if (take_token(p, TOK_STAR)) {
            if (stars >= 1) {
                return NULL;
            }
            stars = 1;
        }
        else if (take_token(p, TOK_DOUBLESTAR)) {
            if (stars >= 2) {
                return NULL;
            }
            stars = 2;
        }
        else if (stars > 0) {
            return NULL;
        }
        expr_ty item = parse_expression(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
        if (next_type(p) == TOK_RPAR) {
            return NULL;
        }
    }
    asdl_expr_seq *types = parser_take(p, base);
    if (types == NULL || !take_token(p, TOK_RPAR) ||
        !take_token(p, TOK_RARROW)) {
        return NULL;
    }
    expr_ty returns = parse_expression(p);
    if (returns == NULL) {
        return NULL;
    }
    while (take_token(p, TOK_NEWLINE)) {
    }
    if (!take_token(p, TOK_ENDMARKER)) {
        return NULL;
    }
    return ast_new_FunctionType(types, returns, p->arena);
}

static void *
parse_start(parser *p)
{
    switch (p->start_rule) {
    case Py_file_input:
        return parse_file(p);
    case Py_single_input:
        return parse_interactive(p);
    case Py_eval_input:
        return parse_eval(p);
    case Py_func_type_input:
        return parse_func_type(p);
    case PARSER_FSTRING_INPUT:
        return parse_star_expressions(p);
    default:
        PyErr_SetString(PyExc_SystemError, "unknown start rule of parser");
        return NULL;
    }
}

/* Is there more than white space and comments after the statement? */
static int
has_more_text(const parser *p)
{
    const char *text = p->tok->cur;

    for (;;) {
        text += strspn(text, " \t\n\014");
        if (*text == '\0') {
            return 0;
        }
        if (*text != '#') {
            return 1;
        }
        text += strcspn(text, "\n");
    }
}

/* Did the text end where more was expected? */
static int
is_incomplete(const parser *p)
{
    return p->tok->done == TOKENIZER_EOF ||
           p->tok->done == TOKENIZER_EOF_IN_STRING;
}

/* Reads on to the end: an error of the tokenizer is worth more than a general
 * one of the parser. */
static void
prefer_tokenizer_error(parser *p)
{
    PyObject *type, *value, *traceback;
    tokenizer *tok = p->tok;
    char *start, *end;

    PyErr_Fetch(&type, &value, &traceback);
    if (tok->done != TOKENIZER_OK && tok->done != TOKENIZER_EOF) {
        parser_restore_error(p);   /* met while peeking */
    }
    int last = p->error_token >= 0 && p->error_token < p->fill
                   ? p->error_token : p->fill - 1;
    if (p->error_token < 0 && last > p->mark) {
        last = p->mark;
    }
    int error_lineno = p->fill > 0 ? p->tokens[last].lineno : 0;
    if (p->tok->interactive) {
        p->tok->stop_reading = 1;
    }
    while (!PyErr_Occurred()) {
        int token_type = tokenizer_next(tok, &start, &end);
        if (token_type == TOK_ENDMARKER) {
            break;
        }
        if (token_type != TOK_ERRORTOKEN) {
            continue;
        }
        if (!PyErr_Occurred() && tok->level > 0 &&
            error_lineno > tok->parenlinenostack[tok->level - 1]) {
            raise_unclosed_bracket(p);
        }
        break;
    }
    if (PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
    else {
        PyErr_Restore(type, value, traceback);
    }
}

/* After failure: the right exception. */
static void
explain_failure(parser *p)
{
    if ((p->flags & PyCF_ALLOW_INCOMPLETE_INPUT) && is_incomplete(p)) {
        PyErr_Clear();
        p->error_token = p->fill - 1;
        parser_raise(p, PyExc_SyntaxError, "incomplete input");
        return;
    }
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_SyntaxError)) {
        return;
    }
    if (!PyErr_Occurred()) {
        diagnose(p);
    }
    if (!p->error_is_final &&
        (p->error_is_general || p->tok->done == TOKENIZER_OK ||
         p->kept_error[0] != NULL) &&
        PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_SyntaxError)) {
        prefer_tokenizer_error(p);
    }
}

void *
parser_run(parser *p)
{
    void *result = parse_start(p);

    if (result == NULL) {
        if (p->tok->interactive && p->fill == 1 &&
            p->tokens[0].type == TOK_ENDMARKER && !PyErr_Occurred()) {
            return NULL;         /* the end of the session: nothing is wrong */
        }
        explain_failure(p);
        return NULL;
    }
    if (p->start_rule == Py_single_input && has_more_text(p)) {
        p->error_token = p->fill - 1;
        return parser_raise(p, PyExc_SyntaxError,
                            "multiple statements found while compiling a "
                            "single statement");
    }
    return result;
}

/* ---- Entry points ------------------------------------------------------- */

static mod_ty
parse_with_tokenizer(tokenizer *tok, int start, PyCompilerFlags *flags,
                     PyArena *arena)
{
    parser p;

    parser_init(&p, tok, start, flags, arena);
    mod_ty result = parser_run(&p);
    parser_release(&p);
    return result;
}

/* The same.  Steals tok; NULL if that could not be made, with an exception. */
static mod_ty
parse_and_free(tokenizer *tok, int start, PyCompilerFlags *flags,
               PyArena *arena)
{
    if (tok == NULL) {
        return NULL;
    }
    mod_ty result = parse_with_tokenizer(tok, start, flags, arena);
    tokenizer_free(tok);
    return result;
}

mod_ty
parser_mod_from_string(const char *source, PyObject *filename, int start,
                       PyCompilerFlags *flags, PyArena *arena)
{
    int add_newline = start == Py_file_input;
    Py_ssize_t size = (Py_ssize_t)strlen(source);
    tokenizer *tok;

    if (PyAudit(AUDIT_COMPILE, "yO", source, filename) < 0) {
        return NULL;
    }
    if (flags != NULL && (flags->cf_flags & PyCF_IGNORE_COOKIE)) {
        tok = tokenizer_from_utf8(source, size, add_newline, filename);
    }
    else {
        tok = tokenizer_from_bytes(source, size, add_newline, filename);
    }
    return parse_and_free(tok, start, flags, arena);
}

mod_ty
parser_mod_from_file(FILE *file, PyObject *filename, int start,
                     PyCompilerFlags *flags, PyArena *arena)
{
    if (PyAudit(AUDIT_COMPILE, "OO", Py_None, filename) < 0) {
        return NULL;
    }
    return parse_and_free(tokenizer_from_file(file, NULL, filename), start,
                          flags, arena);
}

mod_ty
parser_mod_from_interactive(const parser_console *console, PyObject *filename,
                            PyCompilerFlags *flags, int *status,
                            PyArena *arena)
{
    tokenizer *tok;

    *status = PARSER_ERROR;
    if (PyAudit(AUDIT_COMPILE, "OO", Py_None, filename) < 0) {
        return NULL;
    }
    if (console->prompt1 != NULL || console->prompt2 != NULL) {
        tok = tokenizer_interactive(console->file, console->encoding,
                                    console->prompt1, console->prompt2,
                                    filename);
    }
    else {
        tok = tokenizer_from_file(console->file, console->encoding, filename);
    }
    if (tok == NULL) {
        return NULL;
    }
    mod_ty result = parse_with_tokenizer(tok, Py_single_input, flags, arena);
    if (result != NULL) {
        *status = PARSER_OK;
    }
    else if (tok->done == TOKENIZER_EOF && !PyErr_Occurred()) {
        *status = PARSER_EOF;
    }
    tokenizer_free(tok);
    return result;
}
