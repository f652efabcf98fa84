/* str: hash and comparison. */
#include "Python.h"
#include "unicode.h"

Py_hash_t
unicode_hash(PyObject *self)
{
    PyASCIIObject *ascii = (PyASCIIObject *)self;

    if (ascii->hash != -1) {
        return ascii->hash;
    }
    if (PyUnicode_READY(self) < 0) {
        return -1;
    }
    Py_hash_t hash = _Py_HashBytes(
        unicode_data(self), unicode_length(self) * unicode_kind(self));
    ascii->hash = hash;
    return hash;
}

int
unicode_equal(PyObject *left, PyObject *right)
{
    if (left == right) {
        return 1;
    }
    Py_ssize_t n = unicode_length(left);
    int kind = unicode_kind(left);
    if (n != unicode_length(right) || kind != unicode_kind(right)) {
        return 0;
    }
    return memcmp(unicode_data(left), unicode_data(right),
                  (size_t)n * kind) == 0;
}

#define COMPARE(Left, Right)                             \
    do {                                                 \
        const Left *p = a;                               \
        const Right *q = b;                              \
        for (Py_ssize_t i = 0; i < n; i++) {             \
            if (p[i] != q[i]) {                          \
                return p[i] < q[i] ? -1 : 1;             \
            }                                            \
        }                                                \
    } while (0)

/* -1, 0, 1 of the first n characters. */
static int
compare_chars(int left_kind, const void *a, int right_kind, const void *b,
              Py_ssize_t n)
{
    switch (left_kind * 8 + right_kind) {
    case 011: {
        int order = memcmp(a, b, (size_t)n);
        return order < 0 ? -1 : order > 0;
    }
    case 012:
        COMPARE(Py_UCS1, Py_UCS2);
        break;
    case 014:
        COMPARE(Py_UCS1, Py_UCS4);
        break;
    case 021:
        COMPARE(Py_UCS2, Py_UCS1);
        break;
    case 022:
        COMPARE(Py_UCS2, Py_UCS2);
        break;
    case 024:
        COMPARE(Py_UCS2, Py_UCS4);
        break;
    case 041:
        COMPARE(Py_UCS4, Py_UCS1);
        break;
    case 042:
        COMPARE(Py_UCS4, Py_UCS2);
        break;
    default:
        COMPARE(Py_UCS4, Py_UCS4);
        break;
    }
    return 0;
}

#undef COMPARE

int
unicode_compare(PyObject *left, PyObject *right)
{
    if (left == right) {
        return 0;
    }
    Py_ssize_t n = unicode_length(left), m = unicode_length(right);
    int order = compare_chars(unicode_kind(left), unicode_data(left),
                              unicode_kind(right), unicode_data(right),
                              n < m ? n : m);
    return order != 0 ? order : n < m ? -1 : n > m;
}

int
unicode_equal_ascii(PyObject *self, const char *text, Py_ssize_t size)
{
    return unicode_length(self) == size && unicode_is_ascii(self) &&
           memcmp(unicode_data(self), text, (size_t)size) == 0;
}

/* ---- the API ------------------------------------------------------------ */

int
PyUnicode_Compare(PyObject *left, PyObject *right)
{
    if (PyUnicode_Check(left) && PyUnicode_Check(right)) {
        if (PyUnicode_READY(left) < 0 || PyUnicode_READY(right) < 0) {
            return -1;
        }
        return unicode_compare(left, right);
    }
    PyErr_Format(PyExc_TypeError, "Can't compare %.100s and %.100s",
                 Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
    return -1;
}

int
PyUnicode_CompareWithASCIIString(PyObject *self, const char *text)
{
    if (PyUnicode_READY(self) < 0) {
        PyErr_Clear();                 /* MemoryError: cannot be reported */
        return -1;
    }
    Py_ssize_t n = unicode_length(self), size = (Py_ssize_t)strlen(text);
    int order = compare_chars(unicode_kind(self), unicode_data(self), 1, text,
                              n < size ? n : size);
    return order != 0 ? order : n < size ? -1 : n > size;
}

int
_PyUnicode_EqualToASCIIString(PyObject *self, const char *text)
{
    if (PyUnicode_READY(self) < 0) {
        PyErr_Clear();
        return 0;
    }
    if (!unicode_is_ascii(self)) {
        return 0;
    }
    return unicode_equal_ascii(self, text, (Py_ssize_t)strlen(text));
}

int
_PyUnicode_EQ(PyObject *left, PyObject *right)
{
    if (PyUnicode_READY(left) < 0 || PyUnicode_READY(right) < 0) {
        return -1;
    }
    return unicode_equal(left, right);
}

int
_PyUnicode_Equal(PyObject *left, PyObject *right)
{
    return left == right || unicode_equal(left, right);
}

PyObject *
PyUnicode_RichCompare(PyObject *left, PyObject *right, int op)
{
    if (!PyUnicode_Check(left) || !PyUnicode_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyUnicode_READY(left) < 0 || PyUnicode_READY(right) < 0) {
        return NULL;
    }
    if (op == Py_EQ || op == Py_NE) {
        return PyBool_FromLong(unicode_equal(left, right) == (op == Py_EQ));
    }
    int order = unicode_compare(left, right);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}
