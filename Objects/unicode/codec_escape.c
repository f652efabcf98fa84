/* Codecs: unicode-escape and raw-unicode-escape. */
#include "Python.h"
#include "internal/codecs.h"
#include "names.h"
#include "ucd.h"
#include "unicode.h"

/* Value of the digit, or 16. */
static unsigned
hex_digit(char ch)
{
    return ch >= '0' && ch <= '9'   ? (unsigned)(ch - '0')
           : ch >= 'a' && ch <= 'f' ? (unsigned)(ch - 'a') + 10
           : ch >= 'A' && ch <= 'F' ? (unsigned)(ch - 'A') + 10
                                    : 16;
}

/* Reads up to `count` hexadecimal digits; returns how many there were. */
static int
read_hex(const char **s, const char *end, int count, Py_UCS4 *value)
{
    int n = 0;

    *value = 0;
    for (; n < count && *s < end; n++, ++*s) {
        unsigned digit = hex_digit(**s);
        if (digit >= 16) {
            break;
        }
        *value = *value << 4 | digit;
    }
    return n;
}

/* ---- unicode-escape: decoding ------------------------------------------- */

/* The result of one escape. */
typedef struct {
    Py_UCS4 ch;
    const char *reason;           /* not NULL: a defect */
    int incomplete;               /* the defect may be that input ends */
    int unknown;                  /* no such escape: the text stands */
    int invalid;                  /* deserves a warning */
    int no_names;                 /* a name, and no module unicodedata */
} Escape;

static void
decode_hex(const char **s, const char *end, int count, Escape *escape)
{
    if (read_hex(s, end, count, &escape->ch) < count) {
        escape->reason = count == 2   ? "truncated \\xXX escape"
                         : count == 4 ? "truncated \\uXXXX escape"
                                      : "truncated \\UXXXXXXXX escape";
        escape->incomplete = *s == end;
    }
    else if (escape->ch > UNICODE_MAX) {
        escape->reason = "illegal Unicode character";
    }
}

/* The names are linked in; but who forbids the module by a None in
 * sys.modules means them too. */
static int
names_are_available(void)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *module = modules == NULL || !PyDict_Check(modules)
        ? NULL
        : PyDict_GetItemWithError(modules, NAME(unicodedata));

    return module != Py_None;
}

static void
decode_name(const char **s, const char *end, Escape *escape)
{
    escape->reason = "malformed \\N character escape";
    if (*s == end) {
        escape->incomplete = 1;
        return;
    }
    if (**s != '{') {
        return;
    }
    const char *start = ++*s;
    while (*s < end && **s != '}') {
        ++*s;
    }
    if (*s == end) {
        escape->incomplete = 1;
        return;
    }
    Py_ssize_t size = *s - start;
    if (size > 0) {
        ++*s;
        escape->no_names = !names_are_available();
        escape->reason = ucd_find_name(start, size, &escape->ch)
                             ? NULL
                             : "unknown Unicode character name";
    }
}

/* What follows the backslash before *s; *s moves behind it. */
static void
decode_escape(const char **s, const char *end, Escape *escape)
{
    static const char simple[] = "\\\\''\"\"b\bf\ft\tn\nr\rv\va\a";

    *escape = (Escape){0};
    if (*s == end) {
        escape->reason = "\\ at end of string";
        escape->incomplete = 1;
        return;
    }
    unsigned char c = (unsigned char)*(*s)++;
    for (int i = 0; simple[i]; i += 2) {
        if (c == (unsigned char)simple[i]) {
            escape->ch = (unsigned char)simple[i + 1];
            return;
        }
    }
    switch (c) {
    case 'x':
        decode_hex(s, end, 2, escape);
        return;
    case 'u':
        decode_hex(s, end, 4, escape);
        return;
    case 'U':
        decode_hex(s, end, 8, escape);
        return;
    case 'N':
        decode_name(s, end, escape);
        return;
    default:
        break;
    }
    if (c < '0' || c > '7') {
        escape->unknown = escape->invalid = 1;
        escape->ch = c;
        return;
    }
    escape->ch = c - '0';
    for (int i = 0; i < 2 && *s < end && **s >= '0' && **s <= '7'; i++) {
        escape->ch = escape->ch << 3 | (Py_UCS4)(*(*s)++ - '0');
    }
    escape->invalid = escape->ch > 0377;
}

/* Writes what is no escape up to a backslash; returns where that is. */
static const char *
write_plain(_PyUnicodeWriter *writer, const char *s, const char *end)
{
    const char *stop = memchr(s, '\\', (size_t)(end - s));

    stop = stop == NULL ? end : stop;
    if (stop > s &&
        _PyUnicodeWriter_WriteLatin1String(writer, s, stop - s) < 0) {
        return NULL;
    }
    return stop;
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeInternal2(const char *text, Py_ssize_t size,
                                        const char *errors,
                                        Py_ssize_t *consumed,
                                        int *first_invalid_char,
                                        const char **first_invalid)
{
    CodecInput input = {.start = text, .end = text + size};
    _PyUnicodeWriter writer;
    CodecErrors state;
    Py_ssize_t at = 0;
    PyObject *result = NULL;

    *first_invalid_char = -1;
    *first_invalid = NULL;
    if (size == 0) {
        if (consumed != NULL) {
            *consumed = 0;
        }
        return Py_NewRef(unicode_empty());
    }
    codec_errors_init(&state, "unicodeescape", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    writer.overallocate = 1;
    for (;;) {
        const char *s = write_plain(&writer, input.start + at, input.end);
        if (s == NULL) {
            goto done;
        }
        at = s - input.start;
        if (s == input.end) {
            break;
        }
        Escape escape;
        const char *backslash = s++;
        if (s < input.end && *s == '\n') {     /* joins lines */
            at = s + 1 - input.start;
            continue;
        }
        decode_escape(&s, input.end, &escape);
        if (escape.no_names) {
            PyErr_SetString(PyExc_UnicodeError, "\\N escapes not supported "
                            "(can't load unicodedata module)");
            goto done;
        }
        if (escape.reason != NULL) {
            if (escape.incomplete && consumed != NULL) {
                break;
            }
            const CodecDefect defect = {at, s - input.start, escape.reason};
            if (codec_decode_error(&state, &defect, &input, &writer, &at) <
                0) {
                goto done;
            }
            continue;
        }
        if (escape.invalid && *first_invalid_char == -1) {
            *first_invalid_char = (int)escape.ch;
            if (input.owner == NULL) {
                /* Points before the escape's letter, into the caller's. */
                *first_invalid = backslash + 1;
            }
        }
        if ((escape.unknown &&
             _PyUnicodeWriter_WriteChar(&writer, '\\') < 0) ||
            _PyUnicodeWriter_WriteChar(&writer, escape.ch) < 0) {
            goto done;
        }
        at = s - input.start;
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    writer.overallocate = 0;
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeInternal(const char *text, Py_ssize_t size,
                                       const char *errors,
                                       Py_ssize_t *consumed,
                                       const char **first_invalid)
{
    int ch;
    return _PyUnicode_DecodeUnicodeEscapeInternal2(text, size, errors,
                                                   consumed, &ch,
                                                   first_invalid);
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeStateful(const char *text, Py_ssize_t size,
                                       const char *errors,
                                       Py_ssize_t *consumed)
{
    const char *where;
    int ch;
    PyObject *result = _PyUnicode_DecodeUnicodeEscapeInternal2(
        text, size, errors, consumed, &ch, &where);

    if (result == NULL || ch == -1) {
        return result;
    }
    int status;
    if (ch > 0xff) {
        char digits[4];
        PyOS_snprintf(digits, sizeof(digits), "%.3o", (unsigned)ch);
        status = PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                                  "invalid octal escape sequence '\\%s'",
                                  digits);
    }
    else {
        status = PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                                  "invalid escape sequence '\\%c'", ch);
    }
    if (status < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

PyObject *
PyUnicode_DecodeUnicodeEscape(const char *text, Py_ssize_t size,
                              const char *errors)
{
    return _PyUnicode_DecodeUnicodeEscapeStateful(text, size, errors, NULL);
}

/* ---- unicode-escape: encoding ------------------------------------------- */

static char *
escape_char(char *out, Py_UCS4 ch)
{
    char letter = ch == '\t' ? 't' : ch == '\n' ? 'n' : ch == '\r' ? 'r'
                  : ch == '\\' ? '\\' : 0;

    if (letter) {
        *out++ = '\\';
        *out++ = letter;
        return out;
    }
    if (ch >= ' ' && ch < 127) {
        *out++ = (char)ch;
        return out;
    }
    return codec_write_backslash(out, ch);
}

static char *
raw_escape_char(char *out, Py_UCS4 ch)
{
    if (ch < 256) {
        *out++ = (char)ch;
        return out;
    }
    return codec_write_backslash(out, ch);
}

/* Every character by `escape`, which writes at most 10 bytes. */
static PyObject *
encode_escaped(PyObject *text, char *(*escape)(char *, Py_UCS4))
{
    char piece[16];
    Py_ssize_t size = 0;

    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    int kind = unicode_kind(text);
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text);
    if (n > PY_SSIZE_T_MAX / 10) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        size += escape(piece, unicode_read(kind, data, i)) - piece;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, size);
    if (result != NULL) {
        char *out = PyBytes_AS_STRING(result);
        for (Py_ssize_t i = 0; i < n; i++) {
            out = escape(out, unicode_read(kind, data, i));
        }
    }
    return result;
}

PyObject *
PyUnicode_AsUnicodeEscapeString(PyObject *text)
{
    return encode_escaped(text, escape_char);
}

PyObject *
PyUnicode_AsRawUnicodeEscapeString(PyObject *text)
{
    return encode_escaped(text, raw_escape_char);
}

/* ---- raw-unicode-escape: decoding --------------------------------------- */

PyObject *
_PyUnicode_DecodeRawUnicodeEscapeStateful(const char *text, Py_ssize_t size,
                                          const char *errors,
                                          Py_ssize_t *consumed)
{
    CodecInput input = {.start = text, .end = text + size};
    _PyUnicodeWriter writer;
    CodecErrors state;
    Py_ssize_t at = 0;
    PyObject *result = NULL;

    if (size == 0) {
        if (consumed != NULL) {
            *consumed = 0;
        }
        return Py_NewRef(unicode_empty());
    }
    codec_errors_init(&state, "rawunicodeescape", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    writer.overallocate = 1;
    for (;;) {
        const char *s = write_plain(&writer, input.start + at, input.end);
        if (s == NULL) {
            goto done;
        }
        at = s - input.start;
        if (s == input.end ||
            (s + 1 == input.end && consumed != NULL)) {
            break;
        }
        char letter = s + 1 < input.end ? s[1] : 0;
        if (letter != 'u' && letter != 'U') {
            /* The backslash and, so that it escapes nothing, its follower. */
            Py_ssize_t n = s + 1 < input.end ? 2 : 1;
            if (_PyUnicodeWriter_WriteLatin1String(&writer, s, n) < 0) {
                goto done;
            }
            at += n;
            continue;
        }
        Py_UCS4 ch;
        int count = letter == 'u' ? 4 : 8;
        const char *reason = NULL;
        s += 2;
        if (read_hex(&s, input.end, count, &ch) < count) {
            if (s == input.end && consumed != NULL) {
                break;
            }
            reason = count == 4 ? "truncated \\uXXXX escape"
                                : "truncated \\UXXXXXXXX escape";
        }
        else if (ch > UNICODE_MAX) {
            reason = "\\Uxxxxxxxx out of range";
        }
        if (reason != NULL) {
            const CodecDefect defect = {at, s - input.start, reason};
            if (codec_decode_error(&state, &defect, &input, &writer, &at) <
                0) {
                goto done;
            }
            continue;
        }
        if (_PyUnicodeWriter_WriteChar(&writer, ch) < 0) {
            goto done;
        }
        at = s - input.start;
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    writer.overallocate = 0;
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

PyObject *
PyUnicode_DecodeRawUnicodeEscape(const char *text, Py_ssize_t size,
                                 const char *errors)
{
    return _PyUnicode_DecodeRawUnicodeEscapeStateful(text, size, errors, NULL);
}
