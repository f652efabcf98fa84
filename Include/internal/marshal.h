#ifndef LUCID_INTERNAL_MARSHAL_H
#define LUCID_INTERNAL_MARSHAL_H

/* The marshal format, version 4; API in the public marshal.h (PyMarshal_*). */

#include "Python.h"
#include "../marshal.h"

/* Raises EOFError, ValueError ("bad marshal data (...)"), TypeError.  Returns
 * new. */
PyObject *marshal_read_bytes(const char *data, Py_ssize_t size);

PyAPI_FUNC(PyObject *) PyMarshal_Init(void);

#endif
