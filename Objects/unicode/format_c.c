/* PyUnicode_FromFormat: formats of C programs. */
#include "Python.h"
#include "unicode.h"

#include <stdarg.h>

/* One conversion: %[0][width][.precision][l|ll|z]letter */
typedef struct {
    int zero;
    Py_ssize_t width, precision;  /* -1: none */
    char size;                    /* 0, 'l', 'L' (ll) or 'z' */
    char letter;
} Conversion;

/* Copy-safe holder of a va_list, so that it can be passed by address. */
typedef struct {
    va_list list;
} Arguments;

static int
write_fill(_PyUnicodeWriter *writer, char ch, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (_PyUnicodeWriter_Prepare(writer, n, 127) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        unicode_write((int)writer->kind, writer->data, writer->pos++,
                      (Py_UCS4)ch);
    }
    return 0;
}

/* Digits of width or precision; NULL and ValueError if too many. */
static const char *
parse_number(const char *s, const char *too_big, Py_ssize_t *value)
{
    for (*value = 0; Py_ISDIGIT((unsigned char)*s); s++) {
        if (*value > (PY_SSIZE_T_MAX - (*s - '0')) / 10) {
            PyErr_SetString(PyExc_ValueError, too_big);
            return NULL;
        }
        *value = *value * 10 + (*s - '0');
    }
    return s;
}

/* s stands behind '%'; returns the place behind the letter (or at the NUL). */
static const char *
parse_conversion(const char *s, Conversion *c)
{
    *c = (Conversion){.width = -1, .precision = -1};
    if (*s == '0') {
        c->zero = 1;
        s++;
    }
    if (Py_ISDIGIT((unsigned char)*s)) {
        s = parse_number(s, "width too big", &c->width);
        if (s == NULL) {
            return NULL;
        }
    }
    if (*s == '.') {
        s++;
        if (Py_ISDIGIT((unsigned char)*s)) {
            s = parse_number(s, "precision too big", &c->precision);
            if (s == NULL) {
                return NULL;
            }
        }
    }
    if (*s == 'l' && (s[1] == 'd' || s[1] == 'u' || s[1] == 'i')) {
        c->size = *s++;
    }
    else if (*s == 'l' && s[1] == 'l' &&
             (s[2] == 'd' || s[2] == 'u' || s[2] == 'i')) {
        c->size = 'L';
        s += 2;
    }
    else if (*s == 'z' && (s[1] == 'd' || s[1] == 'u' || s[1] == 'i')) {
        c->size = *s++;
    }
    c->letter = *s;
    return *s ? s + 1 : s;
}

/* ---- kinds of conversions ----------------------------------------------- */

static int
write_padded(_PyUnicodeWriter *writer, PyObject *text, const Conversion *c,
             Py_ssize_t precision)
{
    Py_ssize_t n = unicode_length(text);

    if (precision >= 0 && precision < n) {
        n = precision;
    }
    if (write_fill(writer, ' ', c->width - n) < 0) {
        return -1;
    }
    return _PyUnicodeWriter_WriteSubstring(writer, text, 0, n);
}

static int
write_integer(_PyUnicodeWriter *writer, const Conversion *c, Arguments *args)
{
    char digits[32];
    int n;

    if (c->letter == 'u') {
        n = c->size == 'l'
                ? PyOS_snprintf(digits, sizeof(digits), "%lu",
                                va_arg(args->list, unsigned long))
            : c->size == 'L'
                ? PyOS_snprintf(digits, sizeof(digits), "%llu",
                                va_arg(args->list, unsigned long long))
            : c->size == 'z'
                ? PyOS_snprintf(digits, sizeof(digits), "%zu",
                                va_arg(args->list, size_t))
                : PyOS_snprintf(digits, sizeof(digits), "%u",
                                va_arg(args->list, unsigned int));
    }
    else if (c->letter == 'x') {
        n = PyOS_snprintf(digits, sizeof(digits), "%x",
                          va_arg(args->list, int));
    }
    else {
        n = c->size == 'l'
                ? PyOS_snprintf(digits, sizeof(digits), "%ld",
                                va_arg(args->list, long))
            : c->size == 'L'
                ? PyOS_snprintf(digits, sizeof(digits), "%lld",
                                va_arg(args->list, long long))
            : c->size == 'z'
                ? PyOS_snprintf(digits, sizeof(digits), "%zd",
                                va_arg(args->list, Py_ssize_t))
                : PyOS_snprintf(digits, sizeof(digits), "%d",
                                va_arg(args->list, int));
    }
    Py_ssize_t precision = Py_MAX(c->precision, n);
    if (write_fill(writer, c->zero ? '0' : ' ', c->width - precision) < 0 ||
        write_fill(writer, '0', precision - n) < 0) {
        return -1;
    }
    return _PyUnicodeWriter_WriteASCIIString(writer, digits, n);
}

static int
write_pointer(_PyUnicodeWriter *writer, Arguments *args)
{
    char digits[32];
    int n =
        PyOS_snprintf(digits, sizeof(digits), "0x%lx",
                      (unsigned long)(uintptr_t)va_arg(args->list, void *));

    return _PyUnicodeWriter_WriteASCIIString(writer, digits, n);
}

static int
write_char(_PyUnicodeWriter *writer, Arguments *args)
{
    int ordinal = va_arg(args->list, int);

    if (ordinal < 0 || ordinal > (int)UNICODE_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "character argument not in range(0x110000)");
        return -1;
    }
    return _PyUnicodeWriter_WriteChar(writer, (Py_UCS4)ordinal);
}

/* UTF-8 text of at most `precision` bytes. */
static int
write_c_string(_PyUnicodeWriter *writer, const char *text,
               const Conversion *c)
{
    Py_ssize_t size = c->precision < 0
                          ? (Py_ssize_t)strlen(text)
                          : (Py_ssize_t)strnlen(text, (size_t)c->precision);
    PyObject *string = PyUnicode_DecodeUTF8Stateful(text, size, "replace",
                                                    NULL);
    if (string == NULL) {
        return -1;
    }
    int status = write_padded(writer, string, c, -1);
    Py_DECREF(string);
    return status;
}

/* Steals text, which may be NULL. */
static int
write_owned(_PyUnicodeWriter *writer, PyObject *text, const Conversion *c)
{
    if (text == NULL) {
        return -1;
    }
    int status = PyUnicode_READY(text);
    if (status == 0) {
        status = write_padded(writer, text, c, c->precision);
    }
    Py_DECREF(text);
    return status;
}

/* 0/-1; 1: no conversion that we know. */
static int
write_conversion(_PyUnicodeWriter *writer, const Conversion *c,
                 Arguments *args)
{
    PyObject *object;
    const char *text;

    switch (c->letter) {
    case 'c':
        return write_char(writer, args);
    case 'i':
    case 'd':
    case 'u':
    case 'x':
        return write_integer(writer, c, args);
    case 'p':
        return write_pointer(writer, args);
    case 's':
        return write_c_string(writer, va_arg(args->list, const char *), c);
    case 'U':
        object = va_arg(args->list, PyObject *);
        return write_owned(writer, Py_NewRef(object), c);
    case 'V':
        object = va_arg(args->list, PyObject *);
        text = va_arg(args->list, const char *);
        if (object != NULL) {
            return write_owned(writer, Py_NewRef(object), c);
        }
        return write_c_string(writer, text, c);
    case 'S':
        object = va_arg(args->list, PyObject *);
        return write_owned(writer, PyObject_Str(object), c);
    case 'R':
        object = va_arg(args->list, PyObject *);
        return write_owned(writer, PyObject_Repr(object), c);
    case 'A':
        object = va_arg(args->list, PyObject *);
        return write_owned(writer, PyObject_ASCII(object), c);
    case '%':
        return _PyUnicodeWriter_WriteChar(writer, '%');
    default:
        return 1;
    }
}

/* Text up to the next '%' or the end; NULL on error. */
static const char *
write_literal(_PyUnicodeWriter *writer, const char *s)
{
    const char *start = s;

    for (; *s && *s != '%'; s++) {
        if ((unsigned char)*s > 127) {
            PyErr_Format(PyExc_ValueError,
                         "PyUnicode_FromFormatV() expects an ASCII-encoded "
                         "format string, got a non-ASCII byte: 0x%02x",
                         (unsigned char)*s);
            return NULL;
        }
    }
    if (*s == '\0') {
        writer->overallocate = 0;
    }
    if (_PyUnicodeWriter_WriteASCIIString(writer, start, s - start) < 0) {
        return NULL;
    }
    return s;
}

PyObject *
PyUnicode_FromFormatV(const char *format, va_list vargs)
{
    _PyUnicodeWriter writer;
    Arguments args;
    PyObject *result = NULL;

    _PyUnicodeWriter_Init(&writer);
    writer.min_length = (Py_ssize_t)strlen(format) + 100;
    writer.overallocate = 1;
    va_copy(args.list, vargs);
    for (const char *s = format; *s;) {
        if (*s != '%') {
            s = write_literal(&writer, s);
            if (s == NULL) {
                goto done;
            }
            continue;
        }
        Conversion conversion;
        const char *next = parse_conversion(s + 1, &conversion);
        if (next == NULL) {
            goto done;
        }
        if (*next == '\0') {
            writer.overallocate = 0;
        }
        int status = write_conversion(&writer, &conversion, &args);
        if (status < 0) {
            goto done;
        }
        if (status > 0) {
            /* Unknown: the rest of the format is copied as it is. */
            next = s + strlen(s);
            if (_PyUnicodeWriter_WriteLatin1String(&writer, s, next - s) < 0) {
                goto done;
            }
        }
        s = next;
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    va_end(args.list);
    _PyUnicodeWriter_Dealloc(&writer);
    return result;
}

PyObject *
PyUnicode_FromFormat(const char *format, ...)
{
    va_list vargs;

    va_start(vargs, format);
    PyObject *result = PyUnicode_FromFormatV(format, vargs);
    va_end(vargs);
    return result;
}
