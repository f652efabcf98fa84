/* Iterators over lists, forwards and backwards.
 *
 * it_seq is NULL when the iterator is exhausted, and stays so even if the
 * list grows. */
#include "Python.h"

#include "gc.h"
#include "list.h"
#include "names.h"
#include "object.h"

static PyObject *
list_iter_new(PyObject *seq, PyTypeObject *type, Py_ssize_t index)
{
    ListIterObject *self = PyObject_GC_New(ListIterObject, type);

    if (self == NULL) {
        return NULL;
    }
    self->it_index = index;
    self->it_seq = (PyListObject *)Py_NewRef(seq);
    gc_track(self);
    return (PyObject *)self;
}

PyObject *
list_iter(PyObject *self)
{
    return list_iter_new(self, &PyListIter_Type, 0);
}

PyObject *
list_reversed(PyObject *self, PyObject *ignored)
{
    return list_iter_new(self, &PyListRevIter_Type, Py_SIZE(self) - 1);
}

static void
list_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((ListIterObject *)op)->it_seq);
    PyObject_GC_Del(op);
}

static int
list_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((ListIterObject *)op)->it_seq);
    return 0;
}

static PyObject *
list_iter_next(PyObject *op)
{
    ListIterObject *self = (ListIterObject *)op;
    PyListObject *seq = self->it_seq;

    if (seq == NULL) {
        return NULL;
    }
    if (self->it_index < PyList_GET_SIZE(seq)) {
        return Py_NewRef(seq->ob_item[self->it_index++]);
    }
    self->it_seq = NULL;
    Py_DECREF(seq);
    return NULL;
}

static PyObject *
list_reviter_next(PyObject *op)
{
    ListIterObject *self = (ListIterObject *)op;
    PyListObject *seq = self->it_seq;

    if (seq == NULL) {
        return NULL;
    }
    if (self->it_index >= 0 && self->it_index < PyList_GET_SIZE(seq)) {
        return Py_NewRef(seq->ob_item[self->it_index--]);
    }
    self->it_index = -1;
    self->it_seq = NULL;
    Py_DECREF(seq);
    return NULL;
}

static PyObject *
list_iter_length_hint(PyObject *op, PyObject *ignored)
{
    ListIterObject *self = (ListIterObject *)op;
    Py_ssize_t len = 0;

    if (self->it_seq != NULL) {
        len = Py_MAX(PyList_GET_SIZE(self->it_seq) - self->it_index, 0);
    }
    return PyLong_FromSsize_t(len);
}

static PyObject *
list_reviter_length_hint(PyObject *op, PyObject *ignored)
{
    ListIterObject *self = (ListIterObject *)op;
    Py_ssize_t len = self->it_index + 1;

    if (self->it_seq == NULL || PyList_GET_SIZE(self->it_seq) < len) {
        len = 0;
    }
    return PyLong_FromSsize_t(len);
}

static PyObject *
list_iter_reduce(PyObject *op, PyObject *ignored)
{
    ListIterObject *self = (ListIterObject *)op;
    int forward = Py_TYPE(op) == &PyListIter_Type;
    PyObject *empty, *function;

    if (self->it_seq != NULL) {
        function = _PyEval_GetBuiltin(forward ? NAME(iter) : NAME(reversed));
        return function == NULL ? NULL
                                : Py_BuildValue("N(O)n", function,
                                                self->it_seq, self->it_index);
    }
    function = _PyEval_GetBuiltin(NAME(iter));
    if (function == NULL) {
        return NULL;
    }
    empty = PyList_New(0);
    if (empty == NULL) {
        Py_DECREF(function);
        return NULL;
    }
    return Py_BuildValue("N(N)", function, empty);
}

static PyObject *
list_iter_setstate(PyObject *op, PyObject *state)
{
    ListIterObject *self = (ListIterObject *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->it_seq != NULL) {
        Py_ssize_t len = PyList_GET_SIZE(self->it_seq);
        if (Py_TYPE(op) == &PyListIter_Type) {
            self->it_index = Py_MIN(Py_MAX(index, 0), len);
        }
        else {
            self->it_index = Py_MIN(Py_MAX(index, -1), len - 1);
        }
    }
    Py_RETURN_NONE;
}

static PyMethodDef list_iter_methods[] = {
    {"__length_hint__", list_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", list_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", list_iter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef list_reviter_methods[] = {
    {"__length_hint__", list_reviter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", list_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", list_iter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyListIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "list_iterator",
    .tp_basicsize = sizeof(ListIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = list_iter_dealloc,
    .tp_traverse = list_iter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = list_iter_next,
    .tp_methods = list_iter_methods,
};

PyTypeObject PyListRevIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "list_reverseiterator",
    .tp_basicsize = sizeof(ListIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = list_iter_dealloc,
    .tp_traverse = list_iter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = list_reviter_next,
    .tp_methods = list_reviter_methods,
};
