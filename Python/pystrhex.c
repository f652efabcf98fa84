/* Hexadecimal digits of bytes, in groups if wanted. */
#include "Python.h"

#include "bytes.h"

#include <stdbool.h>

static const char hex_digits[] = "0123456789abcdef";

/* The separator character, '\0' for none, -1 on error. */
static int
separator_of(PyObject *sep)
{
    int c;

    if (sep == NULL) {
        return 0;
    }
    Py_ssize_t n = PyObject_Length(sep);
    if (n < 0) {
        return -1;
    }
    if (n != 1) {
        PyErr_SetString(PyExc_ValueError, "sep must be length 1.");
        return -1;
    }
    if (PyUnicode_Check(sep)) {
        if (PyUnicode_READY(sep) < 0) {
            return -1;
        }
        Py_UCS4 point = PyUnicode_READ_CHAR(sep, 0);

        c = point < 256 ? (int)point : 256;
    }
    else if (PyBytes_Check(sep)) {
        c = (unsigned char)PyBytes_AS_STRING(sep)[0];
    }
    else {
        PyErr_SetString(PyExc_TypeError, "sep must be str or bytes.");
        return -1;
    }
    if (c > 127 && (PyUnicode_Check(sep) || PyBytes_Check(sep))) {
        PyErr_SetString(PyExc_ValueError, "sep must be ASCII.");
        return -1;
    }
    return c;
}

/* Digits of text, with `sep` between groups counted from the right
 * (group > 0) or the left (group < 0). */
static PyObject *
hex_of(const char *text, Py_ssize_t n, PyObject *sep, int group,
       bool as_bytes)
{
    int c = separator_of(sep);

    if (c < 0) {
        return NULL;
    }
    if (sep == NULL || group == 0) {
        group = 0;
    }
    Py_ssize_t step = group < 0 ? -(Py_ssize_t)group : group;
    Py_ssize_t separators = step > 0 && n > 0 ? (n - 1) / step : 0;
    if (n > (PY_SSIZE_T_MAX - separators) / 2) {
        return PyErr_NoMemory();
    }
    Py_ssize_t size = n * 2 + separators;
    PyObject *result = as_bytes ? PyBytes_FromStringAndSize(NULL, size)
                                : PyUnicode_New(size, 127);
    if (result == NULL) {
        return NULL;
    }
    char *out = as_bytes ? PyBytes_AS_STRING(result)
                         : (char *)PyUnicode_1BYTE_DATA(result);
    Py_ssize_t until = separators == 0 ? n
                       : group > 0     ? n - separators * step
                                       : step;
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (i == until) {
            *out++ = (char)c;
            until += step;
        }
        *out++ = hex_digits[byte >> 4];
        *out++ = hex_digits[byte & 15];
    }
    return result;
}

PyObject *
_Py_strhex(const char *text, const Py_ssize_t n)
{
    return hex_of(text, n, NULL, 0, false);
}

PyObject *
_Py_strhex_bytes(const char *text, const Py_ssize_t n)
{
    return hex_of(text, n, NULL, 0, true);
}

PyObject *
_Py_strhex_with_sep(const char *text, const Py_ssize_t n, PyObject *sep,
                    const int bytes_per_group)
{
    return hex_of(text, n, sep, bytes_per_group, false);
}

PyObject *
_Py_strhex_bytes_with_sep(const char *text, const Py_ssize_t n, PyObject *sep,
                          const int bytes_per_group)
{
    return hex_of(text, n, sep, bytes_per_group, true);
}
