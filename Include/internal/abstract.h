#ifndef LUCID_ABSTRACT_H
#define LUCID_ABSTRACT_H
/* The object protocols: what PyObject_, PyNumber_, PySequence_ do beyond the
 * public API. */
#include "Python.h"
#include "long.h"

#include <string.h>

static inline int
abstract_has_index(PyObject *op)
{
    return Py_TYPE(op)->tp_as_number != NULL &&
           Py_TYPE(op)->tp_as_number->nb_index != NULL;
}

/* TypeError(format % type(op).__name__): the shape of most refusals. */
extern PyObject *abstract_type_error(const char *format, PyObject *op);

/* Binary operation through slots, without an error message: returns new,
 * NotImplemented (new) or NULL.  `slot` is an offset into PyNumberMethods. */
extern PyObject *abstract_binary_op(PyObject *v, PyObject *w, size_t slot);

/* Next item without clearing StopIteration: NULL with or without exception
 * as tp_iternext gives. */
static inline PyObject *
abstract_next(PyObject *iterator)
{
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

/* 1 and clears it if StopIteration is set, 0 if nothing is set, -1 if another
 * exception is. */
extern int abstract_end_iteration(void);

/* a == b of two exact ints or two exact str objects: 1/0.  -1: of other types,
 * has to be asked.  Never fails, runs no Python. */
static inline int
abstract_equal_plain(PyObject *a, PyObject *b)
{
    PyTypeObject *type = Py_TYPE(a);
    Py_ssize_t size;

    if (type != Py_TYPE(b)) {
        return -1;
    }
    if (type == &PyLong_Type) {
        size = Py_SIZE(a);
        if (size != Py_SIZE(b)) {
            return 0;
        }
        return memcmp(((PyLongObject *)a)->ob_digit,
                      ((PyLongObject *)b)->ob_digit,
                      (size_t)(size < 0 ? -size : size) * sizeof(digit)) == 0;
    }
    if (type == &PyUnicode_Type && PyUnicode_IS_READY(a) &&
        PyUnicode_IS_READY(b)) {
        size = PyUnicode_GET_LENGTH(a);
        return size == PyUnicode_GET_LENGTH(b) &&
               PyUnicode_KIND(a) == PyUnicode_KIND(b) &&
               memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
                      (size_t)size * PyUnicode_KIND(a)) == 0;
    }
    return -1;
}

/* a < b, the same way; exact ints of at most two digits, exact floats. */
static inline int
abstract_less_plain(PyObject *a, PyObject *b)
{
    PyTypeObject *type = Py_TYPE(a);

    if (type != Py_TYPE(b)) {
        return -1;
    }
    if (type == &PyLong_Type && long_is_short(a) && long_is_short(b)) {
        return long_short_value(a) < long_short_value(b);
    }
    if (type == &PyFloat_Type) {
        return PyFloat_AS_DOUBLE(a) < PyFloat_AS_DOUBLE(b);
    }
    return -1;
}

/* The argument of pop([index]) of a sequence, within its items: 0, or -1 with
 * IndexError (`empty` is its text if there are none).  Runs Python
 * (__index__), before it looks at the size. */
int abstract_parse_pop(PyObject *self, PyObject *const *args,
                       Py_ssize_t nargs, const char *empty,
                       Py_ssize_t *index);

/* a == b / identity first, as containers compare.  1/0/-1. Runs Python. */
static inline int
abstract_equal(PyObject *a, PyObject *b)
{
    return a == b ? 1 : PyObject_RichCompareBool(a, b, Py_EQ);
}

#endif
