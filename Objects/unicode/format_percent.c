/* str: the operator %.
 *
 *     %  (key)  flags  width  .precision  hlL  conversion
 */
#include "Python.h"
#include "internal/long.h"
#include "unicode.h"

enum {
    FLAG_LEFT = 1 << 0, FLAG_SIGN = 1 << 1, FLAG_BLANK = 1 << 2,
    FLAG_ALT = 1 << 3, FLAG_ZERO = 1 << 4,
};

/* Where we are in the format and in the arguments. */
typedef struct {
    PyObject *format;             /* borrowed */
    int kind;
    const void *data;
    Py_ssize_t length, at;
    PyObject *args;               /* borrowed; the value of (key) if owned */
    Py_ssize_t arg_count;         /* -1: args is the only argument */
    Py_ssize_t arg_index;         /* -2: used up */
    int args_owned;
    PyObject *dict;               /* borrowed; the mapping, or NULL */
    _PyUnicodeWriter writer;
} Formatter;

/* One conversion specifier. */
typedef struct {
    Py_UCS4 ch;
    int flags;
    Py_ssize_t width;             /* -1: none */
    int precision;                /* -1: none */
    int sign;                     /* the text may begin with a sign */
} Spec;

/* Borrowed. */
static PyObject *
next_argument(Formatter *f)
{
    if (f->arg_index < f->arg_count) {
        if (f->arg_count < 0) {
            f->arg_index = f->arg_count;      /* -2 < -1: used now */
            return f->args;
        }
        return PyTuple_GET_ITEM(f->args, f->arg_index++);
    }
    PyErr_SetString(PyExc_TypeError, "not enough arguments for format string");
    return NULL;
}

/* The next character of the format; -1 with an exception at its end. */
static int
next_char(Formatter *f, Spec *spec)
{
    if (f->at >= f->length) {
        PyErr_SetString(PyExc_ValueError, "incomplete format");
        return -1;
    }
    spec->ch = unicode_read(f->kind, f->data, f->at++);
    return 0;
}

/* ---- parsing ------------------------------------------------------------ */

/* "(key)": replaces the arguments by the mapping's value.  Runs Python. */
static int
parse_key(Formatter *f)
{
    int depth = 1;
    Py_ssize_t start = ++f->at;

    if (f->dict == NULL) {
        PyErr_SetString(PyExc_TypeError, "format requires a mapping");
        return -1;
    }
    while (f->at < f->length) {
        Py_UCS4 ch = unicode_read(f->kind, f->data, f->at++);
        depth += ch == '(' ? 1 : ch == ')' ? -1 : 0;
        if (depth == 0) {
            break;
        }
    }
    if (depth > 0) {
        PyErr_SetString(PyExc_ValueError, "incomplete format key");
        return -1;
    }
    PyObject *key = unicode_substring(f->format, start, f->at - 1);
    if (key == NULL) {
        return -1;
    }
    if (f->args_owned) {
        f->args_owned = 0;
        Py_DECREF(f->args);
    }
    f->args = PyObject_GetItem(f->dict, key);
    Py_DECREF(key);
    if (f->args == NULL) {
        return -1;
    }
    f->args_owned = 1;
    f->arg_count = -1;
    f->arg_index = -2;
    return 0;
}

static int
flag_of(Py_UCS4 ch)
{
    switch (ch) {
    case '-':
        return FLAG_LEFT;
    case '+':
        return FLAG_SIGN;
    case ' ':
        return FLAG_BLANK;
    case '#':
        return FLAG_ALT;
    case '0':
        return FLAG_ZERO;
    default:
        return 0;
    }
}

/* An argument for '*'.  0/-1 */
static int
star_argument(Formatter *f, PyObject **value)
{
    *value = next_argument(f);
    if (*value == NULL) {
        return -1;
    }
    if (!PyLong_Check(*value)) {
        PyErr_SetString(PyExc_TypeError, "* wants int");
        return -1;
    }
    return 0;
}

/* Digits from spec->ch on; spec->ch becomes what follows.  *value stays below
 * limit.  0/-1 */
static int
parse_digits(Formatter *f, Spec *spec, Py_ssize_t limit, const char *too_big,
             Py_ssize_t *value)
{
    *value = 0;
    while (spec->ch >= '0' && spec->ch <= '9') {
        if (*value > (limit - (Py_ssize_t)(spec->ch - '0')) / 10) {
            PyErr_SetString(PyExc_ValueError, too_big);
            return -1;
        }
        *value = *value * 10 + (Py_ssize_t)(spec->ch - '0');
        if (next_char(f, spec) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
parse_width(Formatter *f, Spec *spec)
{
    PyObject *value;

    if (spec->ch == '*') {
        if (star_argument(f, &value) < 0) {
            return -1;
        }
        spec->width = PyLong_AsSsize_t(value);
        if (spec->width == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (spec->width < 0) {
            spec->flags |= FLAG_LEFT;
            spec->width = -spec->width;
        }
        return next_char(f, spec);
    }
    if (spec->ch >= '0' && spec->ch <= '9') {
        return parse_digits(f, spec, PY_SSIZE_T_MAX, "width too big",
                            &spec->width);
    }
    return 0;
}

static int
parse_precision(Formatter *f, Spec *spec)
{
    PyObject *value;
    Py_ssize_t digits;

    spec->precision = 0;
    if (next_char(f, spec) < 0) {
        return -1;
    }
    if (spec->ch == '*') {
        if (star_argument(f, &value) < 0) {
            return -1;
        }
        spec->precision = _PyLong_AsInt(value);
        if (spec->precision == -1 && PyErr_Occurred()) {
            return -1;
        }
        spec->precision = Py_MAX(spec->precision, 0);
        return next_char(f, spec);
    }
    if (parse_digits(f, spec, INT_MAX, "precision too big", &digits) < 0) {
        return -1;
    }
    spec->precision = (int)digits;
    return 0;
}

/* Everything between '%' and the conversion.  0/-1 */
static int
parse_spec(Formatter *f, Spec *spec)
{
    int flag;

    if (f->at < f->length &&
        unicode_read(f->kind, f->data, f->at) == '(' && parse_key(f) < 0) {
        return -1;
    }
    do {
        if (next_char(f, spec) < 0) {
            return -1;
        }
        flag = flag_of(spec->ch);
        spec->flags |= flag;
    } while (flag);
    if (parse_width(f, spec) < 0 ||
        (spec->ch == '.' && parse_precision(f, spec) < 0)) {
        return -1;
    }
    if (spec->ch == 'h' || spec->ch == 'l' || spec->ch == 'L') {
        return next_char(f, spec);
    }
    return 0;
}

/* ---- integers ----------------------------------------------------------- */

/* Text of the integer with the prefix only if `alt`, at least `precision`
 * digits, and upper case for 'X'.  *negative. */
PyObject *
_PyUnicode_FormatLong(PyObject *number, int alt, int precision, int type)
{
    int base = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;

    if (precision > INT_MAX - 3) {
        PyErr_SetString(PyExc_ValueError, "precision too large");
        return NULL;
    }
    PyObject *digits = _PyLong_Format(number, base);            /* owned */
    if (digits == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(digits) || PyUnicode_READY(digits) < 0 ||
        !unicode_is_ascii(digits)) {
        if (!PyErr_Occurred()) {
            PyErr_BadInternalCall();
        }
        Py_DECREF(digits);
        return NULL;
    }
    const char *text = unicode_data(digits);
    Py_ssize_t n = unicode_length(digits);
    int negative = n > 0 && text[0] == '-';
    int prefix = base == 10 ? 0 : 2;
    const char *first = text + negative + prefix;
    Py_ssize_t count = n - negative - prefix;
    Py_ssize_t zeros = precision > count ? precision - count : 0;
    Py_ssize_t size = negative + (alt ? prefix : 0) + zeros + count;
    PyObject *result = PyUnicode_New(size, 127);
    if (result != NULL) {
        char *out = unicode_data(result);
        if (negative) {
            *out++ = '-';
        }
        if (alt) {
            memcpy(out, text + negative, (size_t)prefix);
            out += prefix;
        }
        memset(out, '0', (size_t)zeros);
        memcpy(out + zeros, first, (size_t)count);
        if (type == 'X') {
            char *all = unicode_data(result);
            for (Py_ssize_t i = 0; i < size; i++) {
                all[i] = (char)Py_TOUPPER(all[i]);
            }
        }
    }
    Py_DECREF(digits);
    return result;
}

static void
raise_wrong_type(PyObject *value, Py_UCS4 type)
{
    int integral = type == 'o' || type == 'x' || type == 'X';

    PyErr_Format(PyExc_TypeError, "%%%c format: %s is required, not %.200s",
                 (int)type, integral ? "an integer" : "a real number",
                 Py_TYPE(value)->tp_name);
}

/* The integer to format, new.  Runs Python (__index__, __int__). */
static PyObject *
as_integer(PyObject *value, Py_UCS4 type)
{
    int integral = type == 'o' || type == 'x' || type == 'X';

    if (PyLong_Check(value)) {
        return Py_NewRef(value);
    }
    if (!PyNumber_Check(value)) {
        raise_wrong_type(value, type);
        return NULL;
    }
    PyObject *number = integral ? PyNumber_Index(value) : PyNumber_Long(value);
    if (number == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();                 /* TypeError, for one that names % */
        raise_wrong_type(value, type);
    }
    return number;
}

/* ---- values ------------------------------------------------------------- */

static PyObject *
format_float(PyObject *value, const Spec *spec)
{
    double x = PyFloat_AsDouble(value);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    char *text = PyOS_double_to_string(
        x, (char)spec->ch, spec->precision < 0 ? 6 : spec->precision,
        spec->flags & FLAG_ALT ? Py_DTSF_ALT : 0, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = _PyUnicode_FromASCII(text, (Py_ssize_t)strlen(text));
    PyMem_Free(text);
    return result;
}

static PyObject *
raise_char(void)
{
    PyErr_SetString(PyExc_TypeError, "%c requires int or char");
    return NULL;
}

static PyObject *
format_char(PyObject *value)
{
    int overflow;

    if (PyUnicode_Check(value)) {
        if (PyUnicode_READY(value) < 0) {
            return NULL;
        }
        return unicode_length(value) == 1 ? Py_NewRef(value) : raise_char();
    }
    PyObject *number = PyNumber_Index(value);
    if (number == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();             /* TypeError, for one that names %c */
            return raise_char();
        }
        return NULL;
    }
    long ch = PyLong_AsLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (ch == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (overflow || ch < 0 || ch > (long)UNICODE_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "%c arg not in range(0x110000)");
        return NULL;
    }
    return unicode_from_char((Py_UCS4)ch);
}

static PyObject *
raise_unsupported(Formatter *f, const Spec *spec)
{
    PyErr_Format(PyExc_ValueError,
                 "unsupported format character '%c' (0x%x) at index %zd",
                 spec->ch > 31 && spec->ch < 127 ? (int)spec->ch : '?',
                 (int)spec->ch, f->at - 1);
    return NULL;
}

/* The text of the value before padding, new.  Runs Python. */
static PyObject *
format_value(Formatter *f, PyObject *value, Spec *spec)
{
    PyObject *number, *text;

    switch (spec->ch) {
    case 's':
        return PyObject_Str(value);
    case 'r':
        return PyObject_Repr(value);
    case 'a':
        return PyObject_ASCII(value);
    case 'i':
    case 'd':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        number = as_integer(value, spec->ch);
        if (number == NULL) {
            return NULL;
        }
        text = _PyUnicode_FormatLong(number, (spec->flags & FLAG_ALT) != 0,
                                     spec->precision, (int)spec->ch);
        Py_DECREF(number);
        spec->sign = 1;
        return text;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        spec->sign = 1;
        return format_float(value, spec);
    case 'c':
        return format_char(value);
    default:
        return raise_unsupported(f, spec);
    }
}

/* ---- output ------------------------------------------------------------- */

static int
write_fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (_PyUnicodeWriter_Prepare(writer, n, ch) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        unicode_write((int)writer->kind, writer->data, writer->pos++, ch);
    }
    return 0;
}

/* Writes text with sign, prefix, fill and alignment. */
static int
write_padded(_PyUnicodeWriter *writer, const Spec *spec, PyObject *text)
{
    Py_ssize_t start = 0, end = unicode_length(text);
    Py_UCS4 sign = 0;
    int kind = unicode_kind(text), prefix = 0;
    const void *data = unicode_data(text);

    if (!spec->sign && spec->ch != 'c' && spec->precision >= 0) {
        end = Py_MIN(end, spec->precision);
    }
    if (spec->width == -1 && !(spec->sign && (spec->flags &
                                              (FLAG_SIGN | FLAG_BLANK)))) {
        return _PyUnicodeWriter_WriteSubstring(writer, text, 0, end);
    }
    int zero_fill = spec->sign && (spec->flags & FLAG_ZERO) &&
                    !(spec->flags & FLAG_LEFT);
    if (spec->sign) {
        Py_UCS4 first = end > 0 ? unicode_read(kind, data, 0) : 0;
        if (first == '-' || first == '+') {
            sign = first;
            start = 1;
        }
        else if (spec->flags & FLAG_SIGN) {
            sign = '+';
        }
        else if (spec->flags & FLAG_BLANK) {
            sign = ' ';
        }
        if ((spec->flags & FLAG_ALT) &&
            (spec->ch == 'x' || spec->ch == 'X' || spec->ch == 'o')) {
            prefix = 2;
        }
    }
    Py_ssize_t fill = spec->width - (end - start) - (sign != 0);
    if (!(spec->flags & FLAG_LEFT) && !zero_fill &&
        write_fill(writer, ' ', fill) < 0) {
        return -1;
    }
    if (sign && _PyUnicodeWriter_WriteChar(writer, sign) < 0) {
        return -1;
    }
    if (zero_fill &&
        (_PyUnicodeWriter_WriteSubstring(writer, text, start,
                                         start + prefix) < 0 ||
         write_fill(writer, '0', fill) < 0)) {
        return -1;
    }
    start += zero_fill ? prefix : 0;
    if (_PyUnicodeWriter_WriteSubstring(writer, text, start, end) < 0) {
        return -1;
    }
    return spec->flags & FLAG_LEFT ? write_fill(writer, ' ', fill) : 0;
}

/* Formats what follows a '%'.  0/-1.  Runs Python. */
static int
format_one(Formatter *f)
{
    Spec spec = {.width = -1, .precision = -1};

    if (parse_spec(f, &spec) < 0) {
        return -1;
    }
    PyObject *value = next_argument(f);
    if (value == NULL) {
        return -1;
    }
    if (f->at == f->length) {
        f->writer.overallocate = 0;
    }
    if (spec.ch == 's' && spec.width == -1 && spec.precision == -1 &&
        PyUnicode_CheckExact(value)) {
        /* FAST PATH: same result without it */
        return _PyUnicodeWriter_WriteStr(&f->writer, value);
    }
    Py_INCREF(value);                  /* user code may drop the arguments */
    PyObject *text = format_value(f, value, &spec);
    Py_DECREF(value);
    if (text == NULL) {
        return -1;
    }
    int status = PyUnicode_READY(text);
    if (status == 0) {
        status = write_padded(&f->writer, &spec, text);
    }
    Py_DECREF(text);
    return status;
}

/* The format up to and including the next '%'.  1: found, 0: the end, -1. */
static int
copy_literal(Formatter *f)
{
    Py_ssize_t n = f->length - f->at;
    Py_ssize_t found = unicode_find_char(
        f->kind, (const char *)f->data + f->at * f->kind, n, '%');
    Py_ssize_t stop = found < 0 ? f->length : f->at + found;

    if (stop > f->at) {
        if (stop == f->length) {
            f->writer.overallocate = 0;
        }
        if (_PyUnicodeWriter_WriteSubstring(&f->writer, f->format, f->at,
                                            stop) < 0) {
            return -1;
        }
    }
    f->at = stop + 1;
    return found >= 0;
}

static int
format_all(Formatter *f)
{
    for (;;) {
        int found = copy_literal(f);
        if (found <= 0) {
            return found;
        }
        if (f->at < f->length &&
            unicode_read(f->kind, f->data, f->at) == '%') {
            f->at++;
            if (_PyUnicodeWriter_WriteChar(&f->writer, '%') < 0) {
                return -1;
            }
            continue;
        }
        if (format_one(f) < 0) {
            return -1;
        }
        if (f->dict != NULL && f->arg_index < f->arg_count) {
            PyErr_SetString(PyExc_TypeError, "not all arguments converted "
                            "during string formatting");
            return -1;
        }
    }
}

PyObject *
PyUnicode_Format(PyObject *format, PyObject *args)
{
    Formatter f = {.format = format, .args = args};
    PyObject *result = NULL;

    if (format == NULL || args == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (unicode_ensure(format) < 0) {
        return NULL;
    }
    f.kind = unicode_kind(format);
    f.data = unicode_data(format);
    f.length = unicode_length(format);
    if (PyTuple_Check(args)) {
        f.arg_count = PyTuple_GET_SIZE(args);
    }
    else {
        f.arg_count = -1;
        f.arg_index = -2;
    }
    if (PyMapping_Check(args) && !PyTuple_Check(args) &&
        !PyUnicode_Check(args)) {
        f.dict = args;
    }
    _PyUnicodeWriter_Init(&f.writer);
    f.writer.min_length = f.length + 100;
    f.writer.overallocate = 1;
    if (format_all(&f) < 0) {
        goto done;
    }
    if (f.arg_index < f.arg_count && f.dict == NULL) {
        PyErr_SetString(
            PyExc_TypeError,
            "not all arguments converted during string formatting");
        goto done;
    }
    result = _PyUnicodeWriter_Finish(&f.writer);
done:
    if (f.args_owned) {
        Py_DECREF(f.args);
    }
    _PyUnicodeWriter_Dealloc(&f.writer);
    return result;
}

PyObject *
unicode_format_percent(PyObject *left, PyObject *right)
{
    if (!PyUnicode_Check(left)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return PyUnicode_Format(left, right);
}
