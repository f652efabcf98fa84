/* Joining many small strings: a list of short pieces, joined into longer ones
 * when there are many, so that neither the list nor the copying grows out of
 * proportion. */
#include "Python.h"

#include "names.h"
#include "private_api.h"

#define SMALL_PIECES_MAX 100000

int
_PyAccu_Init(_PyAccu *acc)
{
    acc->large = NULL;
    acc->small = PyList_New(0);
    return acc->small == NULL ? -1 : 0;
}

/* The small pieces become one large one. */
static int
flush(_PyAccu *acc)
{
    PyObject *joined;
    int status;

    if (PyList_GET_SIZE(acc->small) == 0) {
        return 0;
    }
    joined = PyUnicode_Join(NAME(empty_string), acc->small);
    if (joined == NULL ||
        PyList_SetSlice(acc->small, 0, PyList_GET_SIZE(acc->small), NULL) <
            0) {
        Py_XDECREF(joined);
        return -1;
    }
    if (acc->large == NULL) {
        acc->large = PyList_New(0);
    }
    status = acc->large == NULL ? -1 : PyList_Append(acc->large, joined);
    Py_DECREF(joined);
    return status;
}

int
_PyAccu_Accumulate(_PyAccu *acc, PyObject *unicode)
{
    if (PyList_Append(acc->small, unicode) < 0) {
        return -1;
    }
    return PyList_GET_SIZE(acc->small) < SMALL_PIECES_MAX ? 0 : flush(acc);
}

PyObject *
_PyAccu_FinishAsList(_PyAccu *acc)
{
    PyObject *list;

    if (flush(acc) < 0) {
        _PyAccu_Destroy(acc);
        return NULL;
    }
    Py_CLEAR(acc->small);
    list = acc->large;
    acc->large = NULL;
    return list != NULL ? list : PyList_New(0);
}

PyObject *
_PyAccu_Finish(_PyAccu *acc)
{
    PyObject *list = _PyAccu_FinishAsList(acc), *text;

    if (list == NULL) {
        return NULL;
    }
    text = PyUnicode_Join(NAME(empty_string), list);
    Py_DECREF(list);
    return text;
}

void
_PyAccu_Destroy(_PyAccu *acc)
{
    Py_CLEAR(acc->small);
    Py_CLEAR(acc->large);
}
