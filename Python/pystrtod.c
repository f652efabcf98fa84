/* Text to double and double to text, in Python's own syntax and independent
 * of the locale. */
#include "Python.h"

#include "float.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

/* ---- reading ---- */

/* Whether text starts with `word` (lower case), in any case. */
static bool
starts_with_word(const char *text, const char *word)
{
    while (*word != '\0' && Py_TOLOWER(*text) == *word) {
        text++;
        word++;
    }
    return *word == '\0';
}

double
_Py_parse_inf_or_nan(const char *text, char **end)
{
    const char *p = text;
    bool negative = false;

    if (*p == '-' || *p == '+') {
        negative = *p++ == '-';
    }
    if (starts_with_word(p, "inf")) {
        p += 3;
        if (starts_with_word(p, "inity")) {
            p += 5;
        }
        *end = (char *)p;
        return _Py_dg_infinity(negative);
    }
    if (starts_with_word(p, "nan")) {
        *end = (char *)p + 3;
        return _Py_dg_stdnan(negative);
    }
    *end = (char *)text;
    return -1.0;
}

double
PyOS_string_to_double(const char *text, char **end, PyObject *overflow)
{
    char *stop;

    errno = 0;
    double value = _Py_dg_strtod(text, &stop);
    if (stop == text) {
        value = _Py_parse_inf_or_nan(text, &stop);
        errno = 0;
    }
    if ((end == NULL && *stop != '\0') || stop == text) {
        PyErr_Format(PyExc_ValueError,
                     "could not convert string to float: '%.200s'", text);
        value = -1.0;
        stop = (char *)text;
    }
    else if (errno == ERANGE && fabs(value) >= 1.0 && overflow != NULL) {
        PyErr_Format(overflow,
                     "value too large to convert to float: '%.200s'", text);
        value = -1.0;
    }
    if (end != NULL) {
        *end = stop;
    }
    return value;
}

/* Hands text without its underscores (which may only stand between digits)
 * to `parse`. */
PyObject *
_Py_string_to_number_with_underscores(
    const char *text, Py_ssize_t n, const char *what, PyObject *obj,
    void *arg, PyObject *(*parse)(const char *, Py_ssize_t, void *))
{
    assert(text[n] == '\0');
    if (strchr(text, '_') == NULL) {
        return parse(text, n, arg);
    }
    char *copy = PyMem_Malloc((size_t)n + 1);                   /* owned */
    PyObject *result = NULL;
    char *out = copy, previous = '\0';
    Py_ssize_t i;

    if (copy == NULL) {
        return PyErr_NoMemory();
    }
    for (i = 0; i < n; i++) {
        char c = text[i];

        if (c == '_') {
            if (!Py_ISDIGIT(previous)) {
                break;
            }
        }
        else {
            *out++ = c;
            if (previous == '_' && !Py_ISDIGIT(c)) {
                break;
            }
        }
        previous = c;
    }
    *out = '\0';
    if (i < n || previous == '_' || strlen(copy) != (size_t)(out - copy)) {
        PyErr_Format(PyExc_ValueError, "could not convert string to %s: %R",
                     what, obj);
    }
    else {
        result = parse(copy, out - copy, arg);
    }
    PyMem_Free(copy);
    return result;
}

/* ---- writing ---- */

/* Where the digits go, and what is around them. */
typedef struct {
    const char *digits;
    int n;                       /* number of digits */
    int point;                   /* digits before the point; may be negative */
    Py_ssize_t end;              /* position past the last digit or zero */
    bool use_exponent;
    int exponent;
    char letter;                 /* 'e' or 'E' */
    bool keep_point;             /* ... even when nothing follows */
} float_layout;

static void
layout_choose(float_layout *layout, int decpt, char code, int precision,
              int flags)
{
    bool add_dot_0 = flags & Py_DTSF_ADD_DOT_0, alt = flags & Py_DTSF_ALT;
    Py_ssize_t end = layout->n;

    layout->point = decpt;
    layout->keep_point = alt;
    layout->use_exponent = false;
    switch (code) {
    case 'e':
        layout->use_exponent = true;
        end = precision;
        break;
    case 'f':
        end = (Py_ssize_t)decpt + precision;
        break;
    case 'g':
        if (decpt <= -4 || decpt > precision - (add_dot_0 ? 1 : 0)) {
            layout->use_exponent = true;
        }
        if (alt) {
            end = precision;
        }
        break;
    default:
        assert(code == 'r');
        layout->use_exponent = decpt <= -4 || decpt > 16;
        break;
    }
    if (layout->use_exponent) {
        layout->exponent = decpt - 1;
        layout->point = 1;
    }
    if (!layout->use_exponent && add_dot_0) {
        end = Py_MAX(end, layout->point + 1);
    }
    layout->end = Py_MAX(end, layout->point);
}

/* Writes digits start..end (positions outside 0..n are zeros) with the point.
 */
static char *
layout_write(const float_layout *layout, char *p)
{
    Py_ssize_t start = layout->point <= 0 ? layout->point - 1 : 0;

    for (Py_ssize_t i = start; i < layout->end; i++) {
        if (i == layout->point) {
            *p++ = '.';
        }
        *p++ = i >= 0 && i < layout->n ? layout->digits[i] : '0';
    }
    if (layout->end <= layout->point && layout->keep_point) {
        *p++ = '.';
    }
    if (layout->use_exponent) {
        int exponent = layout->exponent;

        *p++ = layout->letter;
        *p++ = exponent < 0 ? '-' : '+';
        exponent = Py_ABS(exponent);
        if (exponent >= 100) {
            *p++ = (char)('0' + exponent / 100);
        }
        *p++ = (char)('0' + exponent / 10 % 10);
        *p++ = (char)('0' + exponent % 10);
    }
    return p;
}

int
float_write_repr(double value, char *buffer)
{
    char digits[FLOAT_SHORTEST_SIZE] = "0", *p = buffer;
    float_layout layout = {.digits = digits, .n = 1, .letter = 'e'};
    int decpt = 1;

    if (isnan(value)) {
        memcpy(p, "nan", 3);
        return 3;
    }
    if (signbit(value)) {
        *p++ = '-';
        value = -value;
    }
    if (isinf(value)) {
        memcpy(p, "inf", 3);
        return (int)(p + 3 - buffer);
    }
    if (value != 0.0) {
        layout.n = float_shortest_digits(value, digits, &decpt);
    }
    layout_choose(&layout, decpt, 'r', 0, Py_DTSF_ADD_DOT_0);
    return (int)(layout_write(&layout, p) - buffer);
}

/* inf and nan. */
static char *
write_special(double value, bool upper, int flags, int *type)
{
    char *buffer = PyMem_Malloc(8), *p = buffer;

    if (buffer == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (isinf(value) && value < 0) {
        *p++ = '-';
    }
    else if (flags & Py_DTSF_SIGN) {
        *p++ = '+';
    }
    if (isinf(value)) {
        memcpy(p, upper ? "INF" : "inf", 4);
    }
    else {
        memcpy(p, upper ? "NAN" : "nan", 4);
    }
    if (type != NULL) {
        *type = isinf(value) ? Py_DTST_INFINITE : Py_DTST_NAN;
    }
    return buffer;
}

char *
PyOS_double_to_string(double value, char code, int precision, int flags,
                      int *type)
{
    char shortest[FLOAT_SHORTEST_SIZE];
    char *owned = NULL, *result = NULL;                         /* owned */
    bool upper = code == 'E' || code == 'F' || code == 'G';
    float_layout layout;
    int decpt, sign, mode = 2, ndigits = precision;

    switch (code) {
    case 'E': case 'F': case 'G':
        code = (char)Py_TOLOWER(code);
        break;
    case 'e': case 'f': case 'g':
        break;
    case 'r':
        if (precision == 0) {
            break;
        }
        /* fall through */
    default:
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!isfinite(value)) {
        return write_special(value, upper, flags, type);
    }
    if (type != NULL) {
        *type = Py_DTST_FINITE;
    }
    if (code == 'e') {
        ndigits = ++precision;
    }
    else if (code == 'g') {
        ndigits = precision = Py_MAX(precision, 1);
    }
    else if (code == 'f') {
        mode = 3;
    }
    sign = signbit(value) != 0;
    if (code == 'r' && value != 0.0) {
        /* FAST PATH: no allocation for the digits */
        layout.digits = shortest;
        layout.n = float_shortest_digits(fabs(value), shortest, &decpt);
    }
    else {
        char *end;

        owned = _Py_dg_dtoa(value, code == 'r' ? 0 : mode, ndigits, &decpt,
                            &sign, &end);
        if (owned == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        layout.digits = owned;
        layout.n = (int)(end - owned);
    }
    if ((flags & Py_DTSF_NO_NEG_0) && sign &&
        (layout.n == 0 || (layout.n == 1 && layout.digits[0] == '0'))) {
        sign = 0;
    }
    layout.letter = upper ? 'E' : 'e';
    layout_choose(&layout, decpt, code, precision, flags);

    /* sign, leading zeros, digits, point, exponent */
    size_t room = 3 + (size_t)Py_MAX(-layout.point, 0) +
                  (size_t)Py_MAX(layout.end, 0) + 1 + 8;
    result = PyMem_Malloc(room);
    if (result == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    char *p = result;
    if (sign) {
        *p++ = '-';
    }
    else if (flags & Py_DTSF_SIGN) {
        *p++ = '+';
    }
    p = layout_write(&layout, p);
    *p = '\0';
done:
    _Py_dg_freedtoa(owned);
    return result;
}
