/* bytes: the growable writer, % formatting, PyBytes_FromFormat, and escapes of
 * bytes literals. */
#include "Python.h"

#include "bytes.h"
#include "long.h"
#include "names.h"

#include <limits.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- _PyBytesWriter ----
 *
 * Data is in small_buffer until it no longer fits, then in `buffer`, a bytes
 * or bytearray object of `allocated` bytes that becomes the result.  `str` is
 * the caller's position and moves with the data.  min_size is what the caller
 * announced so far. */

void
_PyBytesWriter_Init(_PyBytesWriter *writer)
{
    memset(writer, 0, offsetof(_PyBytesWriter, small_buffer));
}

void
_PyBytesWriter_Dealloc(_PyBytesWriter *writer)
{
    Py_CLEAR(writer->buffer);
}

static char *
writer_data(_PyBytesWriter *writer)
{
    if (writer->use_small_buffer) {
        return writer->small_buffer;
    }
    return writer->use_bytearray ? PyByteArray_AS_STRING(writer->buffer)
                                 : PyBytes_AS_STRING(writer->buffer);
}

static Py_ssize_t
writer_position(_PyBytesWriter *writer, const char *str)
{
    return str - writer_data(writer);
}

void *
_PyBytesWriter_Resize(_PyBytesWriter *writer, void *str, Py_ssize_t size)
{
    Py_ssize_t allocated = size;

    assert(writer->allocated < size);
    if (writer->overallocate && allocated <= PY_SSIZE_T_MAX - allocated / 4) {
        allocated += allocated / 4;
    }
    Py_ssize_t at = writer_position(writer, str);
    if (!writer->use_small_buffer) {
        if (writer->use_bytearray) {
            if (PyByteArray_Resize(writer->buffer, allocated) < 0) {
                goto error;
            }
        }
        else if (_PyBytes_Resize(&writer->buffer, allocated) < 0) {
            goto error;
        }
    }
    else {
        writer->buffer = writer->use_bytearray
                             ? PyByteArray_FromStringAndSize(NULL, allocated)
                             : PyBytes_FromStringAndSize(NULL, allocated);
        if (writer->buffer == NULL) {
            goto error;
        }
        writer->use_small_buffer = 0;
        memcpy(writer_data(writer), writer->small_buffer, (size_t)at);
    }
    writer->allocated = allocated;
    return writer_data(writer) + at;
error:
    _PyBytesWriter_Dealloc(writer);
    return NULL;
}

void *
_PyBytesWriter_Prepare(_PyBytesWriter *writer, void *str, Py_ssize_t size)
{
    if (size == 0) {
        return str;
    }
    if (writer->min_size > PY_SSIZE_T_MAX - size) {
        PyErr_NoMemory();
        _PyBytesWriter_Dealloc(writer);
        return NULL;
    }
    Py_ssize_t min_size = writer->min_size + size;
    if (min_size > writer->allocated) {
        str = _PyBytesWriter_Resize(writer, str, min_size);
    }
    writer->min_size = min_size;
    return str;
}

void *
_PyBytesWriter_Alloc(_PyBytesWriter *writer, Py_ssize_t size)
{
    assert(writer->min_size == 0 && writer->buffer == NULL);
    writer->use_small_buffer = 1;
    writer->allocated = sizeof(writer->small_buffer);
    return _PyBytesWriter_Prepare(writer, writer->small_buffer, size);
}

PyObject *
_PyBytesWriter_Finish(_PyBytesWriter *writer, void *str)
{
    Py_ssize_t size = writer_position(writer, str);

    if (size == 0 && !writer->use_bytearray) {
        Py_CLEAR(writer->buffer);
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    if (writer->use_small_buffer) {
        return writer->use_bytearray
                   ? PyByteArray_FromStringAndSize(writer->small_buffer, size)
                   : PyBytes_FromStringAndSize(writer->small_buffer, size);
    }
    PyObject *result = writer->buffer;
    writer->buffer = NULL;
    if (writer->use_bytearray) {
        if (PyByteArray_Resize(result, size) < 0) {
            Py_CLEAR(result);
        }
    }
    else if (size != PyBytes_GET_SIZE(result)) {
        _PyBytes_Resize(&result, size);
    }
    return result;
}

void *
_PyBytesWriter_WriteBytes(_PyBytesWriter *writer, void *ptr,
                          const void *bytes, Py_ssize_t size)
{
    char *str = _PyBytesWriter_Prepare(writer, ptr, size);

    if (str == NULL) {
        return NULL;
    }
    memcpy(str, bytes, (size_t)size);
    return str + size;
}

/* ---- PyBytes_FromFormat ---- */

/* An int, or (`length` 'l') a long, or ('z') a Py_ssize_t of the arguments. */
static void
write_number(char *text, size_t size, char conversion, char length,
             va_list *args)
{
    bool is_signed = conversion == 'd';

    if (length == 'l') {
        long value = va_arg(*args, long);
        PyOS_snprintf(text, size, is_signed ? "%ld" : "%lu", value);
    }
    else if (length == 'z') {
        Py_ssize_t value = va_arg(*args, Py_ssize_t);
        PyOS_snprintf(text, size, is_signed ? "%zd" : "%zu", value);
    }
    else {
        int value = va_arg(*args, int);
        PyOS_snprintf(text, size, conversion == 'x'   ? "%x"
                                  : conversion == 'u' ? "%u" : "%d", value);
    }
}

/* One conversion of the C format; *format stands behind the '%'.  Returns the
 * writer's position. */
static char *
write_conversion(_PyBytesWriter *writer, char *out, const char **format,
                 va_list *args)
{
    const char *f = *format;
    char length = 0;
    Py_ssize_t precision = -1;
    char text[40];

    while (Py_ISDIGIT(*f)) {
        f++;                                  /* a width has no effect */
    }
    if (*f == '.') {
        precision = 0;
        for (f++; Py_ISDIGIT(*f); f++) {
            if (precision < PY_SSIZE_T_MAX / 10 - 10) {
                precision = precision * 10 + (*f - '0');
            }
        }
    }
    if ((*f == 'l' || *f == 'z') && (f[1] == 'd' || f[1] == 'u')) {
        length = *f++;
    }
    *format = f + 1;
    switch (*f) {
    case 'c': {
        int c = va_arg(*args, int);

        if (c < 0 || c > 255) {
            PyErr_SetString(PyExc_OverflowError,
                            "PyBytes_FromFormatV(): %c format expects an "
                            "integer in range [0; 255]");
            return NULL;
        }
        text[0] = (char)c;
        return _PyBytesWriter_WriteBytes(writer, out, text, 1);
    }
    case 'd':
    case 'u':
    case 'i':
    case 'x':
        write_number(text, sizeof(text), *f, length, args);
        break;
    case 's': {
        const char *s = va_arg(*args, const char *);
        size_t n = precision < 0 ? strlen(s) : strnlen(s, (size_t)precision);

        return _PyBytesWriter_WriteBytes(writer, out, s, (Py_ssize_t)n);
    }
    case 'p': {
        void *p = va_arg(*args, void *);

        PyOS_snprintf(text, sizeof(text), "0x%lx", (unsigned long)p);
        break;
    }
    case '%':
        return _PyBytesWriter_WriteBytes(writer, out, "%", 1);
    default: {
        /* Unknown: the rest of the format is copied as it is. */
        const char *rest = *format - 1;

        while (*rest != '%') {
            rest--;
        }
        *format = rest + strlen(rest);
        return _PyBytesWriter_WriteBytes(writer, out, rest,
                                         (Py_ssize_t)strlen(rest));
    }
    }
    return _PyBytesWriter_WriteBytes(writer, out, text,
                                     (Py_ssize_t)strlen(text));
}

PyObject *
PyBytes_FromFormatV(const char *format, va_list vargs)
{
    _PyBytesWriter writer;
    va_list args;

    _PyBytesWriter_Init(&writer);
    char *out = _PyBytesWriter_Alloc(&writer, (Py_ssize_t)strlen(format));
    writer.overallocate = 1;
    writer.min_size = 0;
    va_copy(args, vargs);
    while (out != NULL && *format != '\0') {
        const char *stop = strchr(format, '%');

        if (stop == format) {
            format++;
            out = write_conversion(&writer, out, &format, &args);
            continue;
        }
        size_t n = stop == NULL ? strlen(format) : (size_t)(stop - format);
        out = _PyBytesWriter_WriteBytes(&writer, out, format, (Py_ssize_t)n);
        format += n;
    }
    va_end(args);
    if (out == NULL) {
        _PyBytesWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&writer, out);
}

PyObject *
PyBytes_FromFormat(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    PyObject *result = PyBytes_FromFormatV(format, args);
    va_end(args);
    return result;
}

/* ---- % formatting ---- */

enum { ADJUST_LEFT = 1, SIGNED = 2, BLANK = 4, ALTERNATE = 8, ZERO = 16 };

/* The state of one bytes % args. */
typedef struct {
    const char *format;          /* next character */
    const char *start;
    const char *end;
    PyObject *args;              /* tuple, mapping or single value; borrowed */
    PyObject *mapping;           /* borrowed, or NULL */
    PyObject *owned_args;        /* a value found by key; owned */
    Py_ssize_t arg_count;        /* -1: a single value */
    Py_ssize_t arg_index;        /* -2: the single value has not been used */
} format_state;

/* One conversion specification. */
typedef struct {
    int flags;
    Py_ssize_t width, precision;
    char code;
} conversion;

/* The next argument, borrowed. */
static PyObject *
format_next_argument(format_state *state)
{
    if (state->arg_count < 0) {
        if (state->arg_index == -2) {
            state->arg_index = -1;
            return state->args;
        }
    }
    else if (state->arg_index < state->arg_count) {
        return PyTuple_GET_ITEM(state->args, state->arg_index++);
    }
    PyErr_SetString(PyExc_TypeError,
                    "not enough arguments for format string");
    return NULL;
}

/* Reads the "(key)" that `format` stands behind, and makes its value the only
 * argument. */
static int
format_take_key(format_state *state)
{
    const char *start = state->format;
    int depth = 1;

    if (state->mapping == NULL) {
        PyErr_SetString(PyExc_TypeError, "format requires a mapping");
        return -1;
    }
    for (; depth > 0 && state->format < state->end; state->format++) {
        depth += (*state->format == '(') - (*state->format == ')');
    }
    if (depth > 0) {
        PyErr_SetString(PyExc_ValueError, "incomplete format key");
        return -1;
    }
    PyObject *key = PyBytes_FromStringAndSize(start,
                                              state->format - 1 - start);
    if (key == NULL) {
        return -1;
    }
    PyObject *value = PyObject_GetItem(state->mapping, key);    /* owned */
    Py_DECREF(key);
    if (value == NULL) {
        return -1;
    }
    Py_XSETREF(state->owned_args, value);
    state->args = value;
    state->arg_count = -1;
    state->arg_index = -2;
    return 0;
}

/* A number or '*' at the format's position. */
static int
format_take_count(format_state *state, Py_ssize_t *count, const char *what,
                  conversion *spec)
{
    if (state->format < state->end && *state->format == '*') {
        PyObject *value = format_next_argument(state);

        state->format++;
        if (value == NULL) {
            return -1;
        }
        if (!PyLong_Check(value)) {
            PyErr_SetString(PyExc_TypeError, "* wants int");
            return -1;
        }
        *count = PyLong_AsSsize_t(value);
        if (*count == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (*count < 0) {
            if (spec != NULL) {
                spec->flags |= ADJUST_LEFT;
                *count = -*count;
            }
            else {
                *count = 0;
            }
        }
        return 0;
    }
    for (*count = state->format < state->end && Py_ISDIGIT(*state->format)
                      ? 0
                      : *count;
         state->format < state->end && Py_ISDIGIT(*state->format);
         state->format++) {
        int d = *state->format - '0';

        if (*count > (INT_MAX - d) / 10) {
            PyErr_Format(PyExc_ValueError, "%s too big", what);
            return -1;
        }
        *count = *count * 10 + d;
    }
    return 0;
}

static int
format_take_flags(format_state *state)
{
    int flags = 0;

    for (; state->format < state->end; state->format++) {
        switch (*state->format) {
        case '-': flags |= ADJUST_LEFT; continue;
        case '+': flags |= SIGNED; continue;
        case ' ': flags |= BLANK; continue;
        case '#': flags |= ALTERNATE; continue;
        case '0': flags |= ZERO; continue;
        default: return flags;
        }
    }
    return flags;
}

/* The specification behind a '%'. */
static int
format_take_spec(format_state *state, conversion *spec)
{
    *spec = (conversion){.width = -1, .precision = -1};
    if (state->format < state->end && *state->format == '(') {
        state->format++;
        if (format_take_key(state) < 0) {
            return -1;
        }
    }
    spec->flags = format_take_flags(state);
    if (format_take_count(state, &spec->width, "width", spec) < 0) {
        return -1;
    }
    if (state->format < state->end && *state->format == '.') {
        state->format++;
        spec->precision = 0;
        if (format_take_count(state, &spec->precision, "prec", NULL) < 0) {
            return -1;
        }
    }
    if (state->format < state->end &&
        (*state->format == 'h' || *state->format == 'l' ||
         *state->format == 'L')) {
        state->format++;
    }
    if (state->format >= state->end) {
        PyErr_SetString(PyExc_ValueError, "incomplete format");
        return -1;
    }
    spec->code = *state->format++;
    return 0;
}

/* The bytes of a %b or %s argument.  Returns new: an object with a buffer.
 * Runs Python (__bytes__). */
static PyObject *
format_bytes_of(PyObject *value)
{
    if (PyBytes_Check(value) || PyByteArray_Check(value)) {
        return Py_NewRef(value);
    }
    PyObject *bytes = bytes_from_method(value);
    if (bytes != NULL || PyErr_Occurred()) {
        return bytes;
    }
    if (PyObject_CheckBuffer(value)) {
        return PyBytes_FromObject(value);
    }
    PyErr_Format(PyExc_TypeError,
                 "%%b requires a bytes-like object, or an object that "
                 "implements __bytes__, not '%.100s'",
                 Py_TYPE(value)->tp_name);
    return NULL;
}

/* ascii(value) as bytes. */
static PyObject *
format_ascii_of(PyObject *value)
{
    PyObject *text = PyObject_ASCII(value);                     /* owned */

    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(
        (const char *)PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text));
    Py_DECREF(text);
    return result;
}

/* d i u o x X as bytes: sign, prefix, digits, per precision.  Runs Python. */
static PyObject *
format_long_of(PyObject *value, const conversion *spec)
{
    char code = spec->code == 'i' || spec->code == 'u' ? 'd' : spec->code;
    PyObject *number = NULL, *result = NULL;                    /* owned */

    if (PyLong_Check(value)) {
        number = Py_NewRef(value);
    }
    else if (PyNumber_Check(value)) {
        number = code == 'o' || code == 'x' || code == 'X'
                     ? _PyNumber_Index(value)
                     : PyNumber_Long(value);
        if (number == NULL && !PyErr_ExceptionMatches(PyExc_TypeError)) {
            return NULL;
        }
        if (number == NULL) {
            PyErr_Clear();                 /* TypeError: better text below */
        }
    }
    if (number == NULL) {
        PyErr_Format(PyExc_TypeError,
                     code == 'd'
                         ? "%%%c format: a real number is required, not %.200s"
                         : "%%%c format: an integer is required, not %.200s",
                     spec->code == 'i' ? 'd' : spec->code,
                     Py_TYPE(value)->tp_name);
        return NULL;
    }
    PyObject *text = _PyUnicode_FormatLong(number,
                                           (spec->flags & ALTERNATE) != 0,
                                           (int)spec->precision, code);
    if (text != NULL) {
        result = PyBytes_FromStringAndSize(
            (const char *)PyUnicode_1BYTE_DATA(text),
            PyUnicode_GET_LENGTH(text));
        Py_DECREF(text);
    }
    Py_DECREF(number);
    return result;
}

static PyObject *
format_float_of(PyObject *value, const conversion *spec)
{
    double number = PyFloat_AsDouble(value);
    int precision = spec->precision < 0 ? 6 : (int)spec->precision;

    if (number == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "float argument required, not %.200s",
                         Py_TYPE(value)->tp_name);
        }
        return NULL;
    }
    char *text = PyOS_double_to_string(
        number, spec->code, precision,
        spec->flags & ALTERNATE ? Py_DTSF_ALT : 0, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyBytes_FromString(text);
    PyMem_Free(text);
    return result;
}

static PyObject *
format_character_of(PyObject *value)
{
    if (PyBytes_Check(value) && PyBytes_GET_SIZE(value) == 1) {
        return Py_NewRef(value);
    }
    if (PyByteArray_Check(value) && PyByteArray_GET_SIZE(value) == 1) {
        return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(value), 1);
    }
    if (PyIndex_Check(value)) {
        int overflow;
        long number = PyLong_AsLongAndOverflow(value, &overflow);

        if (number == -1 && PyErr_Occurred()) {
            return NULL;
        }
        if (overflow || number < 0 || number > 255) {
            PyErr_SetString(PyExc_OverflowError,
                            "%c arg not in range(256)");
            return NULL;
        }
        char c = (char)number;
        return PyBytes_FromStringAndSize(&c, 1);
    }
    PyErr_SetString(PyExc_TypeError,
                    "%c requires an integer in range(256) or a single byte");
    return NULL;
}

/* The unpadded text of an argument; *numeric: takes signs and zeros. */
static PyObject *
format_render(format_state *state, const conversion *spec, PyObject *value,
              bool *numeric)
{
    *numeric = false;
    switch (spec->code) {
    case 'r': case 'a':
        return format_ascii_of(value);
    case 's': case 'b':
        return format_bytes_of(value);
    case 'i': case 'd': case 'u': case 'o': case 'x': case 'X':
        *numeric = true;
        return format_long_of(value, spec);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        *numeric = true;
        return format_float_of(value, spec);
    case 'c':
        return format_character_of(value);
    default:
        PyErr_Format(PyExc_ValueError,
                     "unsupported format character '%c' (0x%x) at index %zd",
                     spec->code, (unsigned char)spec->code,
                     (Py_ssize_t)(state->format - 1 - state->start));
        return NULL;
    }
}

/* Writes text with sign, prefix and padding. */
static char *
format_write(_PyBytesWriter *writer, char *out, const conversion *spec,
             const char *text, Py_ssize_t n, bool numeric)
{
    char sign = '\0', fill = ' ';
    Py_ssize_t prefix = 0;

    if (numeric) {
        if (n > 0 && (*text == '-' || *text == '+')) {
            sign = *text++;
            n--;
        }
        else if (spec->flags & SIGNED) {
            sign = '+';
        }
        else if (spec->flags & BLANK) {
            sign = ' ';
        }
        if (spec->flags & ZERO) {
            fill = '0';
        }
        if (spec->flags & ALTERNATE &&
            (spec->code == 'x' || spec->code == 'X' || spec->code == 'o')) {
            prefix = 2;
        }
    }
    Py_ssize_t total = n + (sign != '\0');
    Py_ssize_t padding = Py_MAX(spec->width - total, 0);
    bool left = spec->flags & ADJUST_LEFT;

    out = _PyBytesWriter_Prepare(writer, out, total + padding);
    if (out == NULL) {
        return NULL;
    }
    if (!left && fill == ' ') {
        memset(out, ' ', (size_t)padding);
        out += padding;
    }
    if (sign != '\0') {
        *out++ = sign;
    }
    if (prefix) {
        memcpy(out, text, (size_t)prefix);
        out += prefix;
        text += prefix;
        n -= prefix;
    }
    if (!left && fill != ' ') {
        memset(out, fill, (size_t)padding);
        out += padding;
    }
    memcpy(out, text, (size_t)n);
    out += n;
    if (left) {
        memset(out, ' ', (size_t)padding);
        out += padding;
    }
    return out;
}

/* One '%' conversion; state->format is behind the '%'.  Runs Python. */
static char *
format_convert(format_state *state, _PyBytesWriter *writer, char *out)
{
    conversion spec;
    bool numeric;

    if (state->format < state->end && *state->format == '%') {
        state->format++;
        return _PyBytesWriter_WriteBytes(writer, out, "%", 1);
    }
    if (format_take_spec(state, &spec) < 0) {
        return NULL;
    }
    PyObject *value = format_next_argument(state);              /* borrowed */
    if (value == NULL) {
        return NULL;
    }
    PyObject *text = format_render(state, &spec, value, &numeric); /* owned */
    if (text == NULL) {
        return NULL;
    }
    bool is_bytes = PyBytes_Check(text);
    Py_ssize_t n = is_bytes ? PyBytes_GET_SIZE(text)
                            : PyByteArray_GET_SIZE(text);
    if (spec.precision >= 0 && n > spec.precision &&
        (spec.code == 's' || spec.code == 'b' || spec.code == 'r' ||
         spec.code == 'a')) {
        n = spec.precision;
    }
    out = format_write(writer, out, &spec,
                       is_bytes ? PyBytes_AS_STRING(text)
                                : PyByteArray_AS_STRING(text),
                       n, numeric);
    Py_DECREF(text);
    return out;
}

PyObject *
_PyBytes_FormatEx(const char *format, Py_ssize_t n, PyObject *args,
                  int use_bytearray)
{
    format_state state = {.format = format, .start = format,
                          .end = format + n, .args = args,
                          .arg_count = -1, .arg_index = -2};
    _PyBytesWriter writer;
    PyObject *result = NULL;

    if (format == NULL || args == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    _PyBytesWriter_Init(&writer);
    writer.use_bytearray = use_bytearray;
    char *out = _PyBytesWriter_Alloc(&writer, n);
    writer.overallocate = 1;
    writer.min_size = 0;
    if (PyTuple_Check(args)) {
        state.arg_count = PyTuple_GET_SIZE(args);
        state.arg_index = 0;
    }
    else if (Py_TYPE(args)->tp_as_mapping != NULL &&
             Py_TYPE(args)->tp_as_mapping->mp_subscript != NULL &&
             !PyBytes_Check(args) && !PyUnicode_Check(args) &&
             !PyByteArray_Check(args)) {
        state.mapping = args;
    }
    while (out != NULL && state.format < state.end) {
        const char *stop = memchr(state.format, '%',
                                  (size_t)(state.end - state.format));
        if (stop == state.format) {
            state.format++;
            out = format_convert(&state, &writer, out);
            continue;
        }
        stop = stop == NULL ? state.end : stop;
        out = _PyBytesWriter_WriteBytes(&writer, out, state.format,
                                        stop - state.format);
        state.format = stop;
    }
    if (out != NULL && state.mapping == NULL &&
        (state.arg_count < 0 ? state.arg_index == -2
                             : state.arg_index < state.arg_count)) {
        PyErr_SetString(PyExc_TypeError,
                        "not all arguments converted during bytes "
                        "formatting");
        out = NULL;
    }
    if (out != NULL) {
        result = _PyBytesWriter_Finish(&writer, out);
    }
    else {
        _PyBytesWriter_Dealloc(&writer);
    }
    Py_XDECREF(state.owned_args);
    return result;
}

/* ---- escapes ---- */

/* Value of the one-character escapes, -1 for others. */
static int
simple_escape(char c)
{
    switch (c) {
    case '\\': case '\'': case '"': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'v': return '\v';
    case 'a': return '\a';
    default: return -1;
    }
}

/* A \x escape whose digits are wrong, handled per `errors`: the position
 * behind it, or NULL. */
static const char *
bad_hex_escape(const char *p, const char *start, const char *errors,
               char **out)
{
    if (errors == NULL || strcmp(errors, "strict") == 0) {
        PyErr_Format(PyExc_ValueError, "invalid \\x escape at position %zd",
                     (Py_ssize_t)(p - 2 - start));
        return NULL;
    }
    if (strcmp(errors, "replace") == 0) {
        *(*out)++ = '?';
    }
    else if (strcmp(errors, "ignore") != 0) {
        PyErr_Format(PyExc_ValueError,
                     "decoding error; unknown error handling code: %.400s",
                     errors);
        return NULL;
    }
    return p;
}

PyObject *
_PyBytes_DecodeEscape2(const char *text, Py_ssize_t n, const char *errors,
                       int *first_invalid_char, const char **first_invalid)
{
    const char *p = text, *end = text + n;
    _PyBytesWriter writer;

    *first_invalid_char = -1;
    *first_invalid = NULL;
    _PyBytesWriter_Init(&writer);
    char *out = _PyBytesWriter_Alloc(&writer, n);
    if (out == NULL) {
        return NULL;
    }
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        if (++p == end) {
            PyErr_SetString(PyExc_ValueError, "Trailing \\ in string");
            goto error;
        }
        char c = *p++;
        int simple = simple_escape(c);
        if (simple >= 0) {
            *out++ = (char)simple;
        }
        else if (c == '\n') {
            continue;
        }
        else if (c >= '0' && c <= '7') {
            int value = c - '0';

            for (int i = 0; i < 2 && p < end && *p >= '0' && *p <= '7'; i++) {
                value = value * 8 + (*p++ - '0');
            }
            if (value > 0377 && *first_invalid == NULL) {
                *first_invalid = p - 3;
                *first_invalid_char = value;
            }
            *out++ = (char)value;
        }
        else if (c == 'x') {
            int high = p < end ? _PyLong_DigitValue[(unsigned char)*p] : 37;
            int low = p + 1 < end ? _PyLong_DigitValue[(unsigned char)p[1]]
                                  : 37;

            if (high < 16 && low < 16) {
                *out++ = (char)(high << 4 | low);
                p += 2;
                continue;
            }
            p = bad_hex_escape(p, text, errors, &out);
            if (p == NULL) {
                goto error;
            }
            if (p < end && high < 16) {
                p++;                           /* one digit was there */
            }
        }
        else {
            if (*first_invalid == NULL) {
                *first_invalid = p - 1;
                *first_invalid_char = (unsigned char)c;
            }
            *out++ = '\\';
            *out++ = c;
        }
    }
    return _PyBytesWriter_Finish(&writer, out);
error:
    _PyBytesWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
_PyBytes_DecodeEscape(const char *text, Py_ssize_t n, const char *errors,
                      const char **first_invalid)
{
    int c;

    return _PyBytes_DecodeEscape2(text, n, errors, &c, first_invalid);
}

PyObject *
PyBytes_DecodeEscape(const char *text, Py_ssize_t n, const char *errors,
                     Py_ssize_t Py_UNUSED(unicode),
                     const char *Py_UNUSED(recode_encoding))
{
    int c;
    const char *where;
    PyObject *result = _PyBytes_DecodeEscape2(text, n, errors, &c, &where);

    if (result != NULL && c >= 0) {
        char digits[8];

        PyOS_snprintf(digits, sizeof(digits), "%.3o", (unsigned)c);
        int status = c > 0xff
            ? PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                               "invalid octal escape sequence '\\%s'", digits)
            : PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                               "invalid escape sequence '\\%c'", c);
        if (status < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}
