#ifndef LUCID_SET_H
#define LUCID_SET_H
/* Sets, for the rest of the runtime. */
#include "Python.h"

extern PyTypeObject _PySetDummy_Type;

/* set.update without the None.  Runs Python.  -1 on error. */
extern int set_update(PySetObject *set, PyObject *iterable);

/* A set of n borrowed items.  Runs Python (hashing, comparing). */
extern PyObject *set_from_array(PyObject *const *items, Py_ssize_t n);

#endif
