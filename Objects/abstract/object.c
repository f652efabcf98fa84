/* Items, length, format, iteration: what PyObject_ offers beyond attributes
 * and comparison (those are in Objects/object.c). */
#include "Python.h"

#include "abstract.h"
#include "errors.h"
#include "names.h"
#include "object.h"
#include "runtime.h"
#include "stackguard.h"

/* Sets SystemError for a NULL argument, unless something is set already. */
static PyObject *
null_error(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "null argument to internal routine");
    }
    return NULL;
}

PyObject *
abstract_type_error(const char *format, PyObject *op)
{
    PyErr_Format(PyExc_TypeError, format, Py_TYPE(op)->tp_name);
    return NULL;
}

int
abstract_end_iteration(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate->curexc_type == NULL) {
        return 0;
    }
    if (!_PyErr_ExceptionMatches(tstate, PyExc_StopIteration)) {
        return -1;
    }
    _PyErr_Clear(tstate);
    return 1;
}

PyObject *
PyObject_Type(PyObject *op)
{
    return op == NULL ? null_error() : Py_NewRef((PyObject *)Py_TYPE(op));
}

/* ---- length ---- */

Py_ssize_t
PyObject_Size(PyObject *op)
{
    PySequenceMethods *sequence;

    if (op == NULL) {
        null_error();
        return -1;
    }
    sequence = Py_TYPE(op)->tp_as_sequence;
    if (sequence != NULL && sequence->sq_length != NULL) {
        return sequence->sq_length(op);
    }
    return PyMapping_Size(op);
}

#undef PyObject_Length
Py_ssize_t
PyObject_Length(PyObject *op)
{
    return PyObject_Size(op);
}

int
_PyObject_HasLen(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    return (type->tp_as_sequence != NULL &&
            type->tp_as_sequence->sq_length != NULL) ||
           (type->tp_as_mapping != NULL &&
            type->tp_as_mapping->mp_length != NULL);
}

/* len(op), or __length_hint__(), or the default.  -1 on error.
 * Runs Python. */
Py_ssize_t
PyObject_LengthHint(PyObject *op, Py_ssize_t fallback)
{
    PyObject *method, *hint;
    Py_ssize_t len;
    int found;

    if (_PyObject_HasLen(op)) {
        len = PyObject_Size(op);
        if (len >= 0) {
            return len;
        }
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Clear();
    }
    found = object_find_special(op, NAME(__length_hint__), &method);
    if (found <= 0) {
        return found < 0 ? -1 : fallback;
    }
    hint = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (hint == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Clear();
        return fallback;
    }
    if (hint == Py_NotImplemented) {
        Py_DECREF(hint);
        return fallback;
    }
    if (!PyLong_Check(hint)) {
        PyErr_Format(PyExc_TypeError,
                     "__length_hint__ must be an integer, not %.100s",
                     Py_TYPE(hint)->tp_name);
        Py_DECREF(hint);
        return -1;
    }
    len = PyLong_AsSsize_t(hint);
    Py_DECREF(hint);
    if (len < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError,
                        "__length_hint__() should return >= 0");
    }
    return len < 0 ? -1 : len;
}

/* ---- items ---- */

/* type[item]: through __class_getitem__. */
static PyObject *
class_getitem(PyObject *type, PyObject *item)
{
    PyObject *method, *result;

    if (type == (PyObject *)&PyType_Type) {
        return Py_GenericAlias(type, item);
    }
    if (_PyObject_LookupAttr(type, NAME(__class_getitem__), &method) < 0) {
        return NULL;
    }
    if (method != NULL && method != Py_None) {
        result = PyObject_CallOneArg(method, item);
        Py_DECREF(method);
        return result;
    }
    Py_XDECREF(method);
    PyErr_Format(PyExc_TypeError, "type '%.200s' is not subscriptable",
                 ((PyTypeObject *)type)->tp_name);
    return NULL;
}

PyObject *
PyObject_GetItem(PyObject *op, PyObject *key)
{
    PyMappingMethods *mapping;
    PySequenceMethods *sequence;

    if (op == NULL || key == NULL) {
        return null_error();
    }
    mapping = Py_TYPE(op)->tp_as_mapping;
    if (mapping != NULL && mapping->mp_subscript != NULL) {
        return mapping->mp_subscript(op, key);
    }
    sequence = Py_TYPE(op)->tp_as_sequence;
    if (sequence != NULL && sequence->sq_item != NULL) {
        if (PyIndex_Check(key)) {
            Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
            if (i == -1 && PyErr_Occurred()) {
                return NULL;
            }
            return PySequence_GetItem(op, i);
        }
        return abstract_type_error(
            "sequence index must be integer, not '%.200s'", key);
    }
    if (PyType_Check(op)) {
        return class_getitem(op, key);
    }
    return abstract_type_error("'%.200s' object is not subscriptable", op);
}

int
PyObject_SetItem(PyObject *op, PyObject *key, PyObject *value)
{
    PyMappingMethods *mapping;
    PySequenceMethods *sequence;

    if (op == NULL || key == NULL || value == NULL) {
        null_error();
        return -1;
    }
    mapping = Py_TYPE(op)->tp_as_mapping;
    if (mapping != NULL && mapping->mp_ass_subscript != NULL) {
        return mapping->mp_ass_subscript(op, key, value);
    }
    sequence = Py_TYPE(op)->tp_as_sequence;
    if (sequence != NULL) {
        if (PyIndex_Check(key)) {
            Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
            if (i == -1 && PyErr_Occurred()) {
                return -1;
            }
            return PySequence_SetItem(op, i, value);
        }
        if (sequence->sq_ass_item != NULL) {
            abstract_type_error("sequence index must be integer, not '%.200s'",
                                key);
            return -1;
        }
    }
    abstract_type_error("'%.200s' object does not support item assignment",
                        op);
    return -1;
}

int
PyObject_DelItem(PyObject *op, PyObject *key)
{
    PyMappingMethods *mapping;
    PySequenceMethods *sequence;

    if (op == NULL || key == NULL) {
        null_error();
        return -1;
    }
    mapping = Py_TYPE(op)->tp_as_mapping;
    if (mapping != NULL && mapping->mp_ass_subscript != NULL) {
        return mapping->mp_ass_subscript(op, key, NULL);
    }
    sequence = Py_TYPE(op)->tp_as_sequence;
    if (sequence != NULL) {
        if (PyIndex_Check(key)) {
            Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
            if (i == -1 && PyErr_Occurred()) {
                return -1;
            }
            return PySequence_DelItem(op, i);
        }
        if (sequence->sq_ass_item != NULL) {
            abstract_type_error("sequence index must be integer, not '%.200s'",
                                key);
            return -1;
        }
    }
    abstract_type_error("'%.200s' object doesn't support item deletion", op);
    return -1;
}

int
PyObject_DelItemString(PyObject *op, const char *key)
{
    PyObject *name;
    int result;

    if (op == NULL || key == NULL) {
        null_error();
        return -1;
    }
    name = PyUnicode_FromString(key);
    if (name == NULL) {
        return -1;
    }
    result = PyObject_DelItem(op, name);
    Py_DECREF(name);
    return result;
}

/* ---- format ---- */

PyObject *
PyObject_Format(PyObject *op, PyObject *spec)
{
    PyObject *method, *result, *empty = NULL;
    int found;

    if (spec != NULL && !PyUnicode_Check(spec)) {
        PyErr_Format(PyExc_SystemError,
                     "Format specifier must be a string, not %.200s",
                     Py_TYPE(spec)->tp_name);
        return NULL;
    }
    if (spec == NULL || PyUnicode_GET_LENGTH(spec) == 0) {
        /* FAST PATH: same result without it */
        if (PyUnicode_CheckExact(op)) {
            return Py_NewRef(op);
        }
        if (PyLong_CheckExact(op)) {
            return PyObject_Str(op);
        }
    }
    if (spec == NULL) {
        spec = empty = PyUnicode_New(0, 0);
        if (spec == NULL) {
            return NULL;
        }
    }
    found = object_find_special(op, NAME(__format__), &method);
    if (found <= 0) {
        if (found == 0) {
            abstract_type_error("Type %.100s doesn't define __format__", op);
        }
        Py_XDECREF(empty);
        return NULL;
    }
    result = PyObject_CallOneArg(method, spec);
    Py_DECREF(method);
    Py_XDECREF(empty);
    if (result != NULL && !PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "__format__ must return a str, not %.200s",
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

/* ---- iteration ---- */

PyObject *
PyObject_GetIter(PyObject *op)
{
    getiterfunc get = Py_TYPE(op)->tp_iter;
    PyObject *iterator;

    if (get == NULL) {
        if (PySequence_Check(op)) {
            return PySeqIter_New(op);
        }
        return abstract_type_error("'%.200s' object is not iterable", op);
    }
    iterator = get(op);
    if (iterator != NULL && !PyIter_Check(iterator)) {
        PyErr_Format(PyExc_TypeError,
                     "iter() returned non-iterator of type '%.100s'",
                     Py_TYPE(iterator)->tp_name);
        Py_CLEAR(iterator);
    }
    return iterator;
}

PyObject *
PyObject_GetAIter(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *iterator;

    if (type->tp_as_async == NULL || type->tp_as_async->am_aiter == NULL) {
        return abstract_type_error("'%.200s' object is not an async iterable",
                                   op);
    }
    iterator = type->tp_as_async->am_aiter(op);
    if (iterator != NULL && !PyAIter_Check(iterator)) {
        PyErr_Format(PyExc_TypeError,
                     "aiter() returned not an async iterator of type '%.100s'",
                     Py_TYPE(iterator)->tp_name);
        Py_CLEAR(iterator);
    }
    return iterator;
}

#undef PyIter_Check
int
PyIter_Check(PyObject *op)
{
    iternextfunc next = Py_TYPE(op)->tp_iternext;

    return next != NULL && next != &_PyObject_NextNotImplemented;
}

int
PyAIter_Check(PyObject *op)
{
    PyAsyncMethods *methods = Py_TYPE(op)->tp_as_async;

    return methods != NULL && methods->am_anext != NULL &&
           methods->am_anext != &_PyObject_NextNotImplemented;
}

/* The end of the iteration is NULL without an exception. */
PyObject *
PyIter_Next(PyObject *iterator)
{
    PyObject *item = stack_guarded_next(iterator);

    if (item == NULL) {
        PyThreadState *tstate = _PyThreadState_GET();
        if (tstate->curexc_type != NULL &&
            _PyErr_ExceptionMatches(tstate, PyExc_StopIteration)) {
            _PyErr_Clear(tstate);
        }
    }
    return item;
}

PySendResult
PyIter_Send(PyObject *iterator, PyObject *value, PyObject **result)
{
    PyAsyncMethods *methods = Py_TYPE(iterator)->tp_as_async;

    assert(value != NULL && result != NULL);
    if (methods != NULL && methods->am_send != NULL) {
        return methods->am_send(iterator, value, result);
    }
    if (value == Py_None && PyIter_Check(iterator)) {
        *result = stack_guarded_next(iterator);
    }
    else {
        *result = PyObject_CallMethodOneArg(iterator, NAME(send), value);
    }
    if (*result != NULL) {
        return PYGEN_NEXT;
    }
    return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN
                                                       : PYGEN_ERROR;
}

/* ---- indices of arrays ---- */

/* The next index of an array of nd dimensions in Fortran's order: the first
 * dimension runs fastest. */
void
_Py_add_one_to_index_F(int nd, Py_ssize_t *index, const Py_ssize_t *shape)
{
    for (int k = 0; k < nd; k++) {
        if (++index[k] < shape[k]) {
            return;
        }
        index[k] = 0;
    }
}

/* The same in C's order: the last dimension runs fastest. */
void
_Py_add_one_to_index_C(int nd, Py_ssize_t *index, const Py_ssize_t *shape)
{
    for (int k = nd - 1; k >= 0; k--) {
        if (++index[k] < shape[k]) {
            return;
        }
        index[k] = 0;
    }
}
