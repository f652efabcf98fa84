/* Module _json: the fast halves of json.decoder and json.encoder. */
#include "Python.h"
#include "structmember.h"
#include "unicode.h"

#include <math.h>

/* ---- errors and helpers ------------------------------------------------- */

/* Raises json.JSONDecodeError. */
static void
raise_decode_error(const char *message, PyObject *text, Py_ssize_t at)
{
    PyObject *module = PyImport_ImportModule("json.decoder");
    PyObject *type = NULL, *error = NULL;

    if (module == NULL) {
        return;
    }
    type = PyObject_GetAttrString(module, "JSONDecodeError");
    if (type != NULL) {
        error = PyObject_CallFunction(type, "zOn", message, text, at);
    }
    if (error != NULL) {
        PyErr_SetObject(type, error);
    }
    Py_XDECREF(error);
    Py_XDECREF(type);
    Py_DECREF(module);
}

/* StopIteration(at): there is no value at that place. */
static void
raise_no_value(Py_ssize_t at)
{
    PyObject *value = PyLong_FromSsize_t(at);

    if (value != NULL) {
        PyErr_SetObject(PyExc_StopIteration, value);
        Py_DECREF(value);
    }
}

static int
is_blank(Py_UCS4 ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static int
hex_value(Py_UCS4 ch)
{
    return ch >= '0' && ch <= '9'   ? (int)(ch - '0')
           : ch >= 'a' && ch <= 'f' ? (int)(ch - 'a') + 10
           : ch >= 'A' && ch <= 'F' ? (int)(ch - 'A') + 10
                                    : -1;
}

/* ---- strings: decoding -------------------------------------------------- */

/* A text being read. */
typedef struct {
    PyObject *text;               /* borrowed */
    int kind;
    const void *data;
    Py_ssize_t length;
} Source;

static inline Py_UCS4
source_read(const Source *source, Py_ssize_t i)
{
    return unicode_read(source->kind, source->data, i);
}

static void
source_init(Source *source, PyObject *text)
{
    *source = (Source){text, unicode_kind(text), unicode_data(text),
                       unicode_length(text)};
}

/* The four digits at `at`; -1 if they are not there. */
static int
read_hex4(const Source *source, Py_ssize_t at)
{
    int value = 0;

    if (at + 4 >= source->length) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(source_read(source, at + i));
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* The escape whose backslash is at *at; *at moves behind it.  Returns the
 * character, or -1 with an exception. */
static int
scan_escape(const Source *source, Py_ssize_t *at, Py_ssize_t begin)
{
    static const char simple[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    Py_ssize_t next = *at + 1;

    if (next == source->length) {
        raise_decode_error("Unterminated string starting at", source->text,
                           begin);
        return -1;
    }
    Py_UCS4 ch = source_read(source, next);
    if (ch != 'u') {
        for (int i = 0; simple[i]; i += 2) {
            if (ch == (Py_UCS4)simple[i]) {
                *at = next + 1;
                return simple[i + 1];
            }
        }
        raise_decode_error("Invalid \\escape", source->text, *at);
        return -1;
    }
    int value = read_hex4(source, next + 1);
    if (value < 0) {
        raise_decode_error("Invalid \\uXXXX escape", source->text, next);
        return -1;
    }
    *at = next + 5;
    if (Py_UNICODE_IS_HIGH_SURROGATE(value) && *at + 6 < source->length &&
        source_read(source, *at) == '\\' &&
        source_read(source, *at + 1) == 'u') {
        int low = read_hex4(source, *at + 2);
        if (low < 0) {
            raise_decode_error("Invalid \\uXXXX escape", source->text,
                               *at + 1);
            return -1;
        }
        if (Py_UNICODE_IS_LOW_SURROGATE(low)) {
            *at += 6;
            return (int)Py_UNICODE_JOIN_SURROGATES(value, low);
        }
    }
    return value;
}

/* Where plain characters from `at` on end: at a quote, a backslash, a control
 * character (if strict), or the end. */
static Py_ssize_t
skip_plain(const Source *source, Py_ssize_t at, int strict)
{
    if (source->kind == 1) {
        const Py_UCS1 *data = source->data;
        while (at < source->length && data[at] != '"' && data[at] != '\\' &&
               !(strict && data[at] < 0x20)) {
            at++;
        }
        return at;
    }
    while (at < source->length) {
        Py_UCS4 ch = source_read(source, at);
        if (ch == '"' || ch == '\\' || (strict && ch < 0x20)) {
            break;
        }
        at++;
    }
    return at;
}

/* The string whose opening quote is before `start`; *end becomes the place
 * behind the closing one. */
static PyObject *
scan_string(const Source *source, Py_ssize_t start, int strict,
            Py_ssize_t *end)
{
    Py_ssize_t begin = start - 1, at = start;
    _PyUnicodeWriter writer;

    if (start < 0 || start > source->length) {
        PyErr_SetString(PyExc_ValueError, "end is out of bounds");
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    for (;;) {
        Py_ssize_t stop = skip_plain(source, at, strict);
        if (stop == source->length) {
            raise_decode_error("Unterminated string starting at",
                               source->text, begin);
            goto failed;
        }
        Py_UCS4 ch = source_read(source, stop);
        if (ch == '"' && writer.buffer == NULL) {
            *end = stop + 1;           /* no escapes: one copy */
            return unicode_substring(source->text, at, stop);
        }
        if (ch != '"' && ch != '\\') {
            raise_decode_error("Invalid control character at", source->text,
                               stop);
            goto failed;
        }
        writer.overallocate = 1;
        if (_PyUnicodeWriter_WriteSubstring(&writer, source->text, at, stop) <
            0) {
            goto failed;
        }
        at = stop;
        if (ch == '"') {
            *end = at + 1;
            return _PyUnicodeWriter_Finish(&writer);
        }
        int value = scan_escape(source, &at, begin);
        if (value < 0 ||
            _PyUnicodeWriter_WriteChar(&writer, (Py_UCS4)value) < 0) {
            goto failed;
        }
    }
failed:
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

static int
require_str(PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError,
                     "first argument must be a string, not %.80s",
                     Py_TYPE(text)->tp_name);
        return -1;
    }
    return PyUnicode_READY(text);
}

static PyObject *
json_scanstring(PyObject *module, PyObject *args)
{
    PyObject *text;
    Py_ssize_t end;
    int strict = 1;
    Source source;

    if (!PyArg_ParseTuple(args, "On|p:scanstring", &text, &end, &strict) ||
        require_str(text) < 0) {
        return NULL;
    }
    source_init(&source, text);
    PyObject *result = scan_string(&source, end, strict, &end);
    return result == NULL ? NULL : Py_BuildValue("Nn", result, end);
}

/* ---- strings: encoding -------------------------------------------------- */

/* Writes the character as JSON (at most 12 bytes); 1 if it stands for
 * itself. */
static inline int
escape_char(Py_UCS4 ch, int ascii_only, char *out, int *size)
{
    char letter = 0;

    switch (ch) {
    case '"':
    case '\\':
        letter = (char)ch;
        break;
    case '\b':
        letter = 'b';
        break;
    case '\f':
        letter = 'f';
        break;
    case '\n':
        letter = 'n';
        break;
    case '\r':
        letter = 'r';
        break;
    case '\t':
        letter = 't';
        break;
    default:
        if (ch >= ' ' && (ch < 127 || !ascii_only)) {
            *size = 1;
            return 1;
        }
    }
    if (letter) {
        out[0] = '\\';
        out[1] = letter;
        *size = 2;
        return 0;
    }
    *size = 0;
    if (ch >= 0x10000) {
        Py_UCS4 high = Py_UNICODE_HIGH_SURROGATE(ch);
        out[0] = '\\';
        out[1] = 'u';
        for (int i = 0; i < 4; i++) {
            out[2 + i] = Py_hexdigits[high >> (12 - 4 * i) & 15];
        }
        out += 6;
        *size = 6;
        ch = Py_UNICODE_LOW_SURROGATE(ch);
    }
    out[0] = '\\';
    out[1] = 'u';
    for (int i = 0; i < 4; i++) {
        out[2 + i] = Py_hexdigits[ch >> (12 - 4 * i) & 15];
    }
    *size += 6;
    return 0;
}

/* Number of characters of the JSON string, with quotes; -1 on overflow. */
static Py_ssize_t
measure_string(PyObject *text, int ascii_only)
{
    int kind = unicode_kind(text), size;
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text), total = 2;
    char piece[12];

    for (Py_ssize_t i = 0; i < n; i++) {
        escape_char(unicode_read(kind, data, i), ascii_only, piece, &size);
        if (total > PY_SSIZE_T_MAX - size) {
            PyErr_SetString(PyExc_OverflowError,
                            "string is too long to escape");
            return -1;
        }
        total += size;
    }
    return total;
}

/* Appends the JSON string to the writer. */
static int
write_json_string(_PyUnicodeWriter *writer, PyObject *text, int ascii_only)
{
    Py_ssize_t n = unicode_length(text);
    Py_ssize_t total = measure_string(text, ascii_only);
    int kind = unicode_kind(text);
    const void *data = unicode_data(text);

    if (total < 0 ||
        _PyUnicodeWriter_Prepare(
            writer, total, ascii_only ? 127 : unicode_max_char(text)) < 0) {
        return -1;
    }
    int out_kind = (int)writer->kind;
    void *out = writer->data;
    Py_ssize_t at = writer->pos;
    unicode_write(out_kind, out, at++, '"');
    if (total == n + 2) {
        unicode_copy_chars(out_kind, (char *)out + at * out_kind, kind, data,
                           n);
        at += n;
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            char piece[12];
            int size;
            Py_UCS4 ch = unicode_read(kind, data, i);
            if (escape_char(ch, ascii_only, piece, &size)) {
                unicode_write(out_kind, out, at++, ch);
                continue;
            }
            for (int j = 0; j < size; j++) {
                unicode_write(out_kind, out, at++, (unsigned char)piece[j]);
            }
        }
    }
    unicode_write(out_kind, out, at++, '"');
    writer->pos = at;
    return 0;
}

static PyObject *
encode_string(PyObject *text, int ascii_only)
{
    _PyUnicodeWriter writer;

    if (require_str(text) < 0) {
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    if (write_json_string(&writer, text, ascii_only) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

static PyObject *
json_encode_basestring_ascii(PyObject *module, PyObject *text)
{
    return encode_string(text, 1);
}

static PyObject *
json_encode_basestring(PyObject *module, PyObject *text)
{
    return encode_string(text, 0);
}

/* ---- the scanner -------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    signed char strict;
    PyObject *object_hook, *object_pairs_hook;     /* NULL for None */
    PyObject *parse_float, *parse_int, *parse_constant;
    PyObject *memo;               /* dict: key -> itself */
} ScannerObject;

static PyObject *scan_value(ScannerObject *self, const Source *source,
                            Py_ssize_t at, Py_ssize_t *end);

static Py_ssize_t
skip_blanks(const Source *source, Py_ssize_t at)
{
    while (at < source->length && is_blank(source_read(source, at))) {
        at++;
    }
    return at;
}

/* Whether the ASCII text stands at `at`. */
static int
starts_with(const Source *source, Py_ssize_t at, const char *text)
{
    for (; *text; text++, at++) {
        if (at >= source->length ||
            source_read(source, at) != (Py_UCS4)*text) {
            return 0;
        }
    }
    return 1;
}

static Py_ssize_t
skip_digits(const Source *source, Py_ssize_t at)
{
    while (at < source->length && source_read(source, at) - '0' < 10u) {
        at++;
    }
    return at;
}

/* The number from start to end, by the hooks. */
static PyObject *
make_number(ScannerObject *self, const Source *source, Py_ssize_t start,
            Py_ssize_t end, int is_float)
{
    PyObject *hook = is_float ? self->parse_float : self->parse_int;
    PyTypeObject *plain = is_float ? &PyFloat_Type : &PyLong_Type;
    Py_ssize_t n = end - start;
    char digits[64];

    if (hook == (PyObject *)plain && n < (Py_ssize_t)sizeof(digits)) {
        for (Py_ssize_t i = 0; i < n; i++) {
            digits[i] = (char)source_read(source, start + i);
        }
        digits[n] = '\0';
        if (!is_float) {
            return PyLong_FromString(digits, NULL, 10);
        }
        double value = PyOS_string_to_double(digits, NULL, NULL);
        if (value == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
        return PyFloat_FromDouble(value);
    }
    PyObject *text = unicode_substring(source->text, start, end);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallOneArg(hook, text);
    Py_DECREF(text);
    return result;
}

static PyObject *
scan_number(ScannerObject *self, const Source *source, Py_ssize_t start,
            Py_ssize_t *end)
{
    Py_ssize_t at = start, next;
    int is_float = 0;

    at += at < source->length && source_read(source, at) == '-';
    next = skip_digits(source, at);
    if (next == at) {
        raise_no_value(start);
        return NULL;
    }
    at = source_read(source, at) == '0' ? at + 1 : next;
    if (at + 1 < source->length && source_read(source, at) == '.') {
        next = skip_digits(source, at + 1);
        if (next > at + 1) {
            is_float = 1;
            at = next;
        }
    }
    if (at + 1 < source->length && (source_read(source, at) | 32) == 'e') {
        Py_ssize_t digits = at + 1;
        Py_UCS4 sign = source_read(source, digits);
        digits += sign == '+' || sign == '-';
        next = skip_digits(source, digits);
        if (next > digits) {
            is_float = 1;
            at = next;
        }
    }
    *end = at;
    return make_number(self, source, start, at, is_float);
}

static PyObject *
scan_constant(ScannerObject *self, const char *name, Py_ssize_t at,
              Py_ssize_t *end)
{
    *end = at + (Py_ssize_t)strlen(name);
    return PyObject_CallFunction(self->parse_constant, "s", name);
}

/* The key at `at` (a quote) and the place of its value; new, memoized. */
static PyObject *
scan_key(ScannerObject *self, const Source *source, Py_ssize_t *at)
{
    if (*at >= source->length || source_read(source, *at) != '"') {
        raise_decode_error("Expecting property name enclosed in double "
                           "quotes", source->text, *at);
        return NULL;
    }
    PyObject *key = scan_string(source, *at + 1, self->strict, at);
    if (key == NULL) {
        return NULL;
    }
    PyObject *known = PyDict_SetDefault(self->memo, key, key);
    Py_XINCREF(known);
    Py_SETREF(key, known);
    if (key == NULL) {
        return NULL;
    }
    *at = skip_blanks(source, *at);
    if (*at >= source->length || source_read(source, *at) != ':') {
        raise_decode_error("Expecting ':' delimiter", source->text, *at);
        Py_DECREF(key);
        return NULL;
    }
    *at = skip_blanks(source, *at + 1);
    return key;
}

/* After a member or element: 1 at the closing bracket (*at moves behind), 0
 * behind a comma, -1. */
static int
scan_separator(const Source *source, Py_ssize_t *at, Py_UCS4 close)
{
    *at = skip_blanks(source, *at);
    if (*at < source->length && source_read(source, *at) == close) {
        ++*at;
        return 1;
    }
    if (*at >= source->length || source_read(source, *at) != ',') {
        raise_decode_error("Expecting ',' delimiter", source->text, *at);
        return -1;
    }
    *at = skip_blanks(source, *at + 1);
    return 0;
}

/* Adds a member to the dict, or as pair to the list. */
static int
add_member(PyObject *result, int as_pairs, PyObject *key, PyObject *value)
{
    if (!as_pairs) {
        return PyDict_SetItem(result, key, value);
    }
    PyObject *pair = PyTuple_Pack(2, key, value);
    if (pair == NULL) {
        return -1;
    }
    int status = PyList_Append(result, pair);
    Py_DECREF(pair);
    return status;
}

static PyObject *
scan_object(ScannerObject *self, const Source *source, Py_ssize_t at,
            Py_ssize_t *end)
{
    int as_pairs = self->object_pairs_hook != NULL, closed = 0;
    PyObject *result = as_pairs ? PyList_New(0) : PyDict_New();
    PyObject *hook = as_pairs ? self->object_pairs_hook : self->object_hook;

    if (result == NULL) {
        return NULL;
    }
    at = skip_blanks(source, at);
    if (at < source->length && source_read(source, at) == '}') {
        at++;
        closed = 1;
    }
    while (!closed) {
        PyObject *key = scan_key(self, source, &at);
        PyObject *value = key == NULL ? NULL
                                      : scan_value(self, source, at, &at);
        int status = value == NULL ? -1
                                   : add_member(result, as_pairs, key, value);
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (status == 0) {
            status = scan_separator(source, &at, '}');
        }
        if (status < 0) {
            Py_DECREF(result);
            return NULL;
        }
        closed = status;
    }
    *end = at;
    if (hook != NULL) {
        Py_SETREF(result, PyObject_CallOneArg(hook, result));
    }
    return result;
}

static PyObject *
scan_array(ScannerObject *self, const Source *source, Py_ssize_t at,
           Py_ssize_t *end)
{
    PyObject *result = PyList_New(0);
    int closed = 0;

    if (result == NULL) {
        return NULL;
    }
    at = skip_blanks(source, at);
    if (at < source->length && source_read(source, at) == ']') {
        at++;
        closed = 1;
    }
    while (!closed) {
        PyObject *value = scan_value(self, source, at, &at);
        int status = value == NULL ? -1 : PyList_Append(result, value);
        Py_XDECREF(value);
        if (status == 0) {
            status = scan_separator(source, &at, ']');
        }
        if (status < 0) {
            Py_DECREF(result);
            return NULL;
        }
        closed = status;
    }
    *end = at;
    return result;
}

static PyObject *
scan_value(ScannerObject *self, const Source *source, Py_ssize_t at,
           Py_ssize_t *end)
{
    PyObject *result;

    if (at < 0) {
        PyErr_SetString(PyExc_ValueError, "idx cannot be negative");
        return NULL;
    }
    if (at >= source->length) {
        raise_no_value(at);
        return NULL;
    }
    switch (source_read(source, at)) {
    case '"':
        return scan_string(source, at + 1, self->strict, end);
    case '{':
        if (Py_EnterRecursiveCall(" while decoding a JSON object from a "
                                  "unicode string")) {
            return NULL;
        }
        result = scan_object(self, source, at + 1, end);
        Py_LeaveRecursiveCall();
        return result;
    case '[':
        if (Py_EnterRecursiveCall(" while decoding a JSON array from a "
                                  "unicode string")) {
            return NULL;
        }
        result = scan_array(self, source, at + 1, end);
        Py_LeaveRecursiveCall();
        return result;
    case 'n':
        if (starts_with(source, at, "null")) {
            *end = at + 4;
            return Py_NewRef(Py_None);
        }
        break;
    case 't':
        if (starts_with(source, at, "true")) {
            *end = at + 4;
            return Py_NewRef(Py_True);
        }
        break;
    case 'f':
        if (starts_with(source, at, "false")) {
            *end = at + 5;
            return Py_NewRef(Py_False);
        }
        break;
    case 'N':
        if (starts_with(source, at, "NaN")) {
            return scan_constant(self, "NaN", at, end);
        }
        break;
    case 'I':
        if (starts_with(source, at, "Infinity")) {
            return scan_constant(self, "Infinity", at, end);
        }
        break;
    case '-':
        if (starts_with(source, at, "-Infinity")) {
            return scan_constant(self, "-Infinity", at, end);
        }
        break;
    default:
        break;
    }
    return scan_number(self, source, at, end);
}

static PyObject *
scanner_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"string", "idx", NULL};
    static _PyArg_Parser parser = {.format = "On:scan_once",
                                   .keywords = keywords};
    ScannerObject *self = (ScannerObject *)op;
    PyObject *text;
    Py_ssize_t at;
    Source source;

    if (!_PyArg_ParseTupleAndKeywordsFast(
            args, kwargs, &parser, &text, &at) ||
        require_str(text) < 0) {
        return NULL;
    }
    source_init(&source, text);
    PyObject *value = scan_value(self, &source, at, &at);
    PyDict_Clear(self->memo);
    return value == NULL ? NULL : Py_BuildValue("Nn", value, at);
}

static int
scanner_traverse(PyObject *op, visitproc visit, void *arg)
{
    ScannerObject *self = (ScannerObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->object_hook);
    Py_VISIT(self->object_pairs_hook);
    Py_VISIT(self->parse_float);
    Py_VISIT(self->parse_int);
    Py_VISIT(self->parse_constant);
    Py_VISIT(self->memo);
    return 0;
}

static int
scanner_clear(PyObject *op)
{
    ScannerObject *self = (ScannerObject *)op;

    Py_CLEAR(self->object_hook);
    Py_CLEAR(self->object_pairs_hook);
    Py_CLEAR(self->parse_float);
    Py_CLEAR(self->parse_int);
    Py_CLEAR(self->parse_constant);
    Py_CLEAR(self->memo);
    return 0;
}

static void
scanner_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    scanner_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* The context's hook, new; *hook NULL for None if allowed. */
static int
get_hook(PyObject *context, const char *name, int optional, PyObject **hook)
{
    *hook = PyObject_GetAttrString(context, name);
    if (*hook == NULL) {
        return -1;
    }
    if (optional && *hook == Py_None) {
        Py_CLEAR(*hook);
    }
    return 0;
}

static PyObject *
scanner_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"context", NULL};
    static _PyArg_Parser parser = {.format = "O:make_scanner",
                                   .keywords = keywords};
    PyObject *context, *strict;

    if (!_PyArg_ParseTupleAndKeywordsFast(
            args, kwargs, &parser, &context)) {
        return NULL;
    }
    ScannerObject *self = (ScannerObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->memo = PyDict_New();
    strict = PyObject_GetAttrString(context, "strict");
    int is_strict = strict == NULL ? -1 : PyObject_IsTrue(strict);
    Py_XDECREF(strict);
    if (self->memo == NULL || is_strict < 0 ||
        get_hook(context, "object_hook", 1, &self->object_hook) < 0 ||
        get_hook(context, "object_pairs_hook", 1,
                 &self->object_pairs_hook) < 0 ||
        get_hook(context, "parse_float", 0, &self->parse_float) < 0 ||
        get_hook(context, "parse_int", 0, &self->parse_int) < 0 ||
        get_hook(context, "parse_constant", 0, &self->parse_constant) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->strict = (signed char)is_strict;
    return (PyObject *)self;
}

#define MEMBER(type, struct_name, name, field)                            \
    {name, type, offsetof(struct_name, field), READONLY, NULL}

static PyMemberDef scanner_members[] = {
    MEMBER(T_BOOL, ScannerObject, "strict", strict),
    MEMBER(T_OBJECT, ScannerObject, "object_hook", object_hook),
    MEMBER(T_OBJECT, ScannerObject, "object_pairs_hook", object_pairs_hook),
    MEMBER(T_OBJECT, ScannerObject, "parse_float", parse_float),
    MEMBER(T_OBJECT, ScannerObject, "parse_int", parse_int),
    MEMBER(T_OBJECT, ScannerObject, "parse_constant", parse_constant),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot scanner_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Reads a JSON value at a place of a text.")},
    {Py_tp_dealloc, scanner_dealloc},
    {Py_tp_call, scanner_call},
    {Py_tp_traverse, scanner_traverse},
    {Py_tp_clear, scanner_clear},
    {Py_tp_members, scanner_members},
    {Py_tp_new, scanner_new},
    {0, NULL},
};

static PyType_Spec scanner_spec = {
    .name = "_json.Scanner",
    .basicsize = sizeof(ScannerObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = scanner_slots,
};

/* ---- the encoder -------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *markers;            /* dict, or None */
    PyObject *default_function, *encoder, *indent;
    PyObject *key_separator, *item_separator;
    char sort_keys, skipkeys;
    int allow_nan;
    int fast;                     /* 1: encode_basestring_ascii, 0: the other,
                                   * -1: something else */
} EncoderObject;

static int encode_object(EncoderObject *self, _PyUnicodeWriter *writer,
                         PyObject *object);

static int
write_owned(_PyUnicodeWriter *writer, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    int status = _PyUnicodeWriter_WriteStr(writer, text);
    Py_DECREF(text);
    return status;
}

static int
write_string(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *text)
{
    if (self->fast >= 0) {
        return PyUnicode_READY(text) < 0
                   ? -1
                   : write_json_string(writer, text, self->fast);
    }
    PyObject *encoded = PyObject_CallOneArg(self->encoder, text);
    if (encoded != NULL && !PyUnicode_Check(encoded)) {
        PyErr_Format(PyExc_TypeError,
                     "encoder() must return a string, not %.80s",
                     Py_TYPE(encoded)->tp_name);
        Py_CLEAR(encoded);
    }
    return write_owned(writer, encoded);
}

/* The text of a float, new. */
static PyObject *
float_text(EncoderObject *self, PyObject *object)
{
    double value = PyFloat_AS_DOUBLE(object);

    if (isfinite(value)) {
        return PyFloat_Type.tp_repr(object);
    }
    if (!self->allow_nan) {
        PyErr_SetString(PyExc_ValueError,
                        "Out of range float values are not JSON compliant");
        return NULL;
    }
    return PyUnicode_FromString(isnan(value) ? "NaN"
                                : value > 0  ? "Infinity"
                                             : "-Infinity");
}

/* Notes that the container is being encoded: *marker new or NULL.  0/-1 */
static int
enter_container(EncoderObject *self, PyObject *object, PyObject **marker)
{
    *marker = NULL;
    if (self->markers == Py_None) {
        return 0;
    }
    *marker = PyLong_FromVoidPtr(object);
    if (*marker == NULL) {
        return -1;
    }
    int found = PyDict_Contains(self->markers, *marker);
    if (found > 0) {
        PyErr_SetString(PyExc_ValueError, "Circular reference detected");
    }
    if (found != 0 || PyDict_SetItem(self->markers, *marker, object) < 0) {
        Py_CLEAR(*marker);
        return -1;
    }
    return 0;
}

/* Ends what enter_container began; steals marker. */
static int
leave_container(EncoderObject *self, PyObject *marker)
{
    if (marker == NULL) {
        return 0;
    }
    int status = PyDict_DelItem(self->markers, marker);
    Py_DECREF(marker);
    return status;
}

/* The text of a key that is no string, new; NULL without exception: skip. */
static PyObject *
key_text(EncoderObject *self, PyObject *key)
{
    if (PyFloat_Check(key)) {
        return float_text(self, key);
    }
    if (key == Py_True || key == Py_False || key == Py_None) {
        return PyUnicode_FromString(key == Py_True    ? "true"
                                    : key == Py_False ? "false"
                                                      : "null");
    }
    if (PyLong_Check(key)) {
        return PyLong_Type.tp_repr(key);
    }
    if (!self->skipkeys) {
        PyErr_Format(PyExc_TypeError, "keys must be str, int, float, bool or "
                     "None, not %.100s", Py_TYPE(key)->tp_name);
    }
    return NULL;
}

static int
encode_member(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *key,
              PyObject *value, int *first)
{
    PyObject *text = PyUnicode_Check(key) ? Py_NewRef(key)
                                          : key_text(self, key);
    if (text == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int status = 0;
    if (!*first) {
        status = _PyUnicodeWriter_WriteStr(writer, self->item_separator);
    }
    *first = 0;
    if (status == 0) {
        status = write_string(self, writer, text);
    }
    Py_DECREF(text);
    if (status < 0 ||
        _PyUnicodeWriter_WriteStr(writer, self->key_separator) < 0) {
        return -1;
    }
    return encode_object(self, writer, value);
}

/* The members of a dict in the order wanted, as list of pairs. */
static int
encode_sorted(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *dict)
{
    PyObject *items = PyMapping_Items(dict);
    int first = 1, result = -1;

    if (items == NULL) {
        return -1;
    }
    if (self->sort_keys && PyList_Sort(items) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PyList_GET_ITEM(items, i);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_SetString(PyExc_ValueError,
                            "items must return 2-tuples");
            goto done;
        }
        Py_INCREF(item);
        int status = encode_member(self, writer, PyTuple_GET_ITEM(item, 0),
                                   PyTuple_GET_ITEM(item, 1), &first);
        Py_DECREF(item);
        if (status < 0) {
            goto done;
        }
    }
    result = 0;
done:
    Py_DECREF(items);
    return result;
}

static int
encode_plain_dict(EncoderObject *self, _PyUnicodeWriter *writer,
                  PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    int first = 1;

    while (PyDict_Next(dict, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        int status = encode_member(self, writer, key, value, &first);
        Py_DECREF(key);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
encode_dict(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *dict)
{
    PyObject *marker;

    if (PyDict_GET_SIZE(dict) == 0) {
        return _PyUnicodeWriter_WriteASCIIString(writer, "{}", 2);
    }
    if (enter_container(self, dict, &marker) < 0) {
        return -1;
    }
    if (_PyUnicodeWriter_WriteChar(writer, '{') < 0 ||
        (self->sort_keys || !PyDict_CheckExact(dict)
             ? encode_sorted(self, writer, dict)
             : encode_plain_dict(self, writer, dict)) < 0) {
        Py_XDECREF(marker);
        return -1;
    }
    if (leave_container(self, marker) < 0) {
        return -1;
    }
    return _PyUnicodeWriter_WriteChar(writer, '}');
}

static int
encode_items(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *items)
{
    /* The length is read again each time: encoding may run user code. */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        int status = i > 0 ? _PyUnicodeWriter_WriteStr(writer,
                                                       self->item_separator)
                           : 0;
        if (status == 0) {
            status = encode_object(self, writer, item);
        }
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
encode_list(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *list)
{
    PyObject *items = PySequence_Fast(list,
                                      "_iterencode_list needs a sequence");
    PyObject *marker;
    int result = -1;

    if (items == NULL) {
        return -1;
    }
    if (PySequence_Fast_GET_SIZE(items) == 0) {
        Py_DECREF(items);
        return _PyUnicodeWriter_WriteASCIIString(writer, "[]", 2);
    }
    if (enter_container(self, list, &marker) < 0) {
        goto done;
    }
    if (_PyUnicodeWriter_WriteChar(writer, '[') < 0 ||
        encode_items(self, writer, items) < 0) {
        Py_XDECREF(marker);
        goto done;
    }
    if (leave_container(self, marker) == 0) {
        result = _PyUnicodeWriter_WriteChar(writer, ']');
    }
done:
    Py_DECREF(items);
    return result;
}

/* Any other object, by the default function. */
static int
encode_default(EncoderObject *self, _PyUnicodeWriter *writer,
               PyObject *object)
{
    PyObject *marker;
    int status = -1;

    if (enter_container(self, object, &marker) < 0) {
        return -1;
    }
    PyObject *other = PyObject_CallOneArg(self->default_function, object);
    if (other != NULL &&
        Py_EnterRecursiveCall(" while encoding a JSON object") == 0) {
        status = encode_object(self, writer, other);
        Py_LeaveRecursiveCall();
    }
    Py_XDECREF(other);
    if (status < 0) {
        Py_XDECREF(marker);
        return -1;
    }
    return leave_container(self, marker);
}

static int
encode_object(EncoderObject *self, _PyUnicodeWriter *writer, PyObject *object)
{
    int status;

    if (object == Py_None) {
        return _PyUnicodeWriter_WriteASCIIString(writer, "null", 4);
    }
    if (object == Py_True) {
        return _PyUnicodeWriter_WriteASCIIString(writer, "true", 4);
    }
    if (object == Py_False) {
        return _PyUnicodeWriter_WriteASCIIString(writer, "false", 5);
    }
    if (PyUnicode_Check(object)) {
        return write_string(self, writer, object);
    }
    if (PyLong_Check(object)) {
        return write_owned(writer, PyLong_Type.tp_repr(object));
    }
    if (PyFloat_Check(object)) {
        return write_owned(writer, float_text(self, object));
    }
    if (PyList_Check(object) || PyTuple_Check(object)) {
        if (Py_EnterRecursiveCall(" while encoding a JSON object")) {
            return -1;
        }
        status = encode_list(self, writer, object);
        Py_LeaveRecursiveCall();
        return status;
    }
    if (PyDict_Check(object)) {
        if (Py_EnterRecursiveCall(" while encoding a JSON object")) {
            return -1;
        }
        status = encode_dict(self, writer, object);
        Py_LeaveRecursiveCall();
        return status;
    }
    return encode_default(self, writer, object);
}

static PyObject *
encoder_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"obj", "_current_indent_level",
                                           NULL};
    static _PyArg_Parser parser = {.format = "On:_iterencode",
                                   .keywords = keywords};
    PyObject *object;
    Py_ssize_t level;
    _PyUnicodeWriter writer;

    if (!_PyArg_ParseTupleAndKeywordsFast(
            args, kwargs, &parser, &object, &level)) {
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    if (encode_object((EncoderObject *)op, &writer, object) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    PyObject *text = _PyUnicodeWriter_Finish(&writer);
    return text == NULL ? NULL : Py_BuildValue("(N)", text);
}

static PyObject *
encoder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "markers", "default", "encoder", "indent", "key_separator",
        "item_separator", "sort_keys", "skipkeys", "allow_nan", NULL};
    static _PyArg_Parser parser = {.format = "OOOOUUppp:make_encoder",
                                   .keywords = keywords};
    PyObject *markers, *default_function, *encoder, *indent;
    PyObject *key_separator, *item_separator;
    int sort_keys, skipkeys, allow_nan;

    if (!_PyArg_ParseTupleAndKeywordsFast(
            args, kwargs, &parser, &markers,
            &default_function, &encoder, &indent, &key_separator,
            &item_separator, &sort_keys, &skipkeys, &allow_nan)) {
        return NULL;
    }
    if (markers != Py_None && !PyDict_Check(markers)) {
        PyErr_Format(PyExc_TypeError, "make_encoder() argument 1 must be "
                     "dict or None, not %.200s", Py_TYPE(markers)->tp_name);
        return NULL;
    }
    EncoderObject *self = (EncoderObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->markers = Py_NewRef(markers);
    self->default_function = Py_NewRef(default_function);
    self->encoder = Py_NewRef(encoder);
    self->indent = Py_NewRef(indent);
    self->key_separator = Py_NewRef(key_separator);
    self->item_separator = Py_NewRef(item_separator);
    self->sort_keys = (char)sort_keys;
    self->skipkeys = (char)skipkeys;
    self->allow_nan = allow_nan;
    self->fast = -1;
    if (PyCFunction_Check(encoder)) {
        PyCFunction function = PyCFunction_GetFunction(encoder);
        self->fast = function == json_encode_basestring_ascii ? 1
                     : function == json_encode_basestring     ? 0
                                                              : -1;
    }
    return (PyObject *)self;
}

static int
encoder_traverse(PyObject *op, visitproc visit, void *arg)
{
    EncoderObject *self = (EncoderObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->markers);
    Py_VISIT(self->default_function);
    Py_VISIT(self->encoder);
    Py_VISIT(self->indent);
    Py_VISIT(self->key_separator);
    Py_VISIT(self->item_separator);
    return 0;
}

static int
encoder_clear(PyObject *op)
{
    EncoderObject *self = (EncoderObject *)op;

    Py_CLEAR(self->markers);
    Py_CLEAR(self->default_function);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->indent);
    Py_CLEAR(self->key_separator);
    Py_CLEAR(self->item_separator);
    return 0;
}

static void
encoder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    encoder_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef encoder_members[] = {
    MEMBER(T_OBJECT, EncoderObject, "markers", markers),
    MEMBER(T_OBJECT, EncoderObject, "default", default_function),
    MEMBER(T_OBJECT, EncoderObject, "encoder", encoder),
    MEMBER(T_OBJECT, EncoderObject, "indent", indent),
    MEMBER(T_OBJECT, EncoderObject, "key_separator", key_separator),
    MEMBER(T_OBJECT, EncoderObject, "item_separator", item_separator),
    MEMBER(T_BOOL, EncoderObject, "sort_keys", sort_keys),
    MEMBER(T_BOOL, EncoderObject, "skipkeys", skipkeys),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot encoder_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Writes objects as JSON.")},
    {Py_tp_dealloc, encoder_dealloc},
    {Py_tp_call, encoder_call},
    {Py_tp_traverse, encoder_traverse},
    {Py_tp_clear, encoder_clear},
    {Py_tp_members, encoder_members},
    {Py_tp_new, encoder_new},
    {0, NULL},
};

static PyType_Spec encoder_spec = {
    .name = "_json.Encoder",
    .basicsize = sizeof(EncoderObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = encoder_slots,
};

/* ---- the module --------------------------------------------------------- */

static int
json_exec(PyObject *module)
{
    PyObject *scanner = PyType_FromSpec(&scanner_spec), *encoder = NULL;
    int result = -1;

    if (scanner == NULL ||
        PyModule_AddObjectRef(module, "make_scanner", scanner) < 0) {
        goto done;
    }
    encoder = PyType_FromSpec(&encoder_spec);
    if (encoder != NULL) {
        result = PyModule_AddObjectRef(module, "make_encoder", encoder);
    }
done:
    Py_XDECREF(scanner);
    Py_XDECREF(encoder);
    return result;
}

static PyMethodDef json_methods[] = {
    {"encode_basestring_ascii", json_encode_basestring_ascii, METH_O,
     PyDoc_STR("encode_basestring_ascii(string) -> string\n\n"
               "The JSON form of a string, in ASCII.")},
    {"encode_basestring", json_encode_basestring, METH_O,
     PyDoc_STR("encode_basestring(string) -> string\n\n"
               "The JSON form of a string.")},
    {"scanstring", json_scanstring, METH_VARARGS,
     PyDoc_STR("scanstring(string, end, strict=True) -> (string, end)\n\n"
               "Decode the JSON string whose first character is at end; the\n"
               "second result is the index behind its closing quote.  Unless\n"
               "strict, control characters are allowed in it.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot json_slots[] = {
    {Py_mod_exec, json_exec},
    {0, NULL},
};

static PyModuleDef json_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_json",
    .m_doc = PyDoc_STR("The fast halves of module json."),
    .m_methods = json_methods,
    .m_slots = json_slots,
};

PyMODINIT_FUNC PyInit__json(void);

PyMODINIT_FUNC
PyInit__json(void)
{
    return PyModuleDef_Init(&json_module);
}
