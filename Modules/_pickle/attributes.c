/* Attributes of other objects, and the functions that a program may set. */

#include "private.h"

int
lookup_attribute(PyObject *object, const char *name, PyObject **place)
{
    PyObject *key = PyUnicode_InternFromString(name);

    if (key == NULL) {
        return -1;
    }
    int status = _PyObject_LookupAttr(object, key, place);
    Py_DECREF(key);
    return status < 0 ? -1 : 0;
}

PyObject *
function_get(PyObject *function, const char *name)
{
    if (function == NULL) {
        PyErr_SetString(PyExc_AttributeError, name);
    }
    return Py_XNewRef(function);
}

int
function_set(PyObject **place, PyObject *value, const char *name)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "attribute deletion is not supported");
        return -1;
    }
    if (!PyCallable_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "%s must be a callable taking one argument", name);
        return -1;
    }
    Py_XSETREF(*place, Py_NewRef(value));
    return 0;
}
