#ifndef LUCID_ABSTRACT_H
#define LUCID_ABSTRACT_H
/* The object protocols: what PyObject_, PyNumber_, PySequence_ do beyond the
 * public API. */
#include "Python.h"

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

/* a == b / identity first, as containers compare.  1/0/-1. Runs Python. */
static inline int
abstract_equal(PyObject *a, PyObject *b)
{
    return a == b ? 1 : PyObject_RichCompareBool(a, b, Py_EQ);
}

#endif
