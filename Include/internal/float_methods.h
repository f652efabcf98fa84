/* Between Objects/floatobject.c and Objects/float_pack.c. */
#ifndef LUCID_INTERNAL_FLOAT_METHODS_H
#define LUCID_INTERNAL_FLOAT_METHODS_H

#include "Python.h"

PyObject *float_hex(PyObject *self, PyObject *ignored);
PyObject *float_fromhex(PyObject *type, PyObject *text);

#endif
