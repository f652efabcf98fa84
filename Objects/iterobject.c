/* Iterators over anything: by index (PySeqIter), by calling (PyCallIter), and
 * the awaitable of anext() with a default. */
#include "Python.h"

#include "generator.h"

#include "abstract.h"
#include "gc.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "tuple.h"

/* ---- by index ---- */

PyObject *
PySeqIter_New(PyObject *seq)
{
    SeqIterObject *self;

    if (!PySequence_Check(seq)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    self = PyObject_GC_New(SeqIterObject, &PySeqIter_Type);
    if (self == NULL) {
        return NULL;
    }
    self->it_index = 0;
    self->it_seq = Py_NewRef(seq);
    gc_track(self);
    return (PyObject *)self;
}

static void
seqiter_dealloc(PyObject *op)
{
    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((SeqIterObject *)op)->it_seq);
    PyObject_GC_Del(op);
}

static int
seqiter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SeqIterObject *)op)->it_seq);
    return 0;
}

static PyObject *
seqiter_next(PyObject *op)
{
    SeqIterObject *self = (SeqIterObject *)op;
    PyObject *seq = self->it_seq, *item;

    if (seq == NULL) {
        return NULL;
    }
    if (self->it_index == PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError, "iter index too large");
        return NULL;
    }
    item = PySequence_GetItem(seq, self->it_index);
    if (item != NULL) {
        self->it_index++;
        return item;
    }
    if (PyErr_ExceptionMatches(PyExc_IndexError) ||
        PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyErr_Clear();
        self->it_seq = NULL;
        Py_DECREF(seq);
    }
    return NULL;
}

static PyObject *
seqiter_length_hint(PyObject *op, PyObject *ignored)
{
    SeqIterObject *self = (SeqIterObject *)op;
    Py_ssize_t len;

    if (self->it_seq != NULL) {
        if (!_PyObject_HasLen(self->it_seq)) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        len = PySequence_Size(self->it_seq);
        if (len < 0) {
            return NULL;
        }
        if (len - self->it_index >= 0) {
            return PyLong_FromSsize_t(len - self->it_index);
        }
    }
    return PyLong_FromLong(0);
}

static PyObject *
seqiter_reduce(PyObject *op, PyObject *ignored)
{
    SeqIterObject *self = (SeqIterObject *)op;
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));

    if (iter == NULL) {
        return NULL;
    }
    if (self->it_seq != NULL) {
        return Py_BuildValue("N(O)n", iter, self->it_seq, self->it_index);
    }
    return Py_BuildValue("N(())", iter);
}

static PyObject *
seqiter_setstate(PyObject *op, PyObject *state)
{
    SeqIterObject *self = (SeqIterObject *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->it_seq != NULL) {
        self->it_index = Py_MAX(index, 0);
    }
    Py_RETURN_NONE;
}

static PyMethodDef seqiter_methods[] = {
    {"__length_hint__", seqiter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", seqiter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", seqiter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySeqIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "iterator",
    .tp_basicsize = sizeof(SeqIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = seqiter_dealloc,
    .tp_traverse = seqiter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = seqiter_next,
    .tp_methods = seqiter_methods,
};

/* ---- by calling ---- */

typedef struct {
    PyObject_HEAD
    PyObject *it_callable;             /* NULL: exhausted */
    PyObject *it_sentinel;             /* NULL: exhausted */
} CallIterObject;

PyObject *
PyCallIter_New(PyObject *callable, PyObject *sentinel)
{
    CallIterObject *self = PyObject_GC_New(CallIterObject, &PyCallIter_Type);

    if (self == NULL) {
        return NULL;
    }
    self->it_callable = Py_NewRef(callable);
    self->it_sentinel = Py_NewRef(sentinel);
    gc_track(self);
    return (PyObject *)self;
}

static void
calliter_dealloc(PyObject *op)
{
    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((CallIterObject *)op)->it_callable);
    Py_XDECREF(((CallIterObject *)op)->it_sentinel);
    PyObject_GC_Del(op);
}

static int
calliter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((CallIterObject *)op)->it_callable);
    Py_VISIT(((CallIterObject *)op)->it_sentinel);
    return 0;
}

static PyObject *
calliter_next(PyObject *op)
{
    CallIterObject *self = (CallIterObject *)op;
    PyObject *item, *sentinel;
    int equal;

    if (self->it_callable == NULL) {
        return NULL;
    }
    item = PyObject_CallNoArgs(self->it_callable);
    if (item == NULL) {
        if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
            PyErr_Clear();
            Py_CLEAR(self->it_callable);
            Py_CLEAR(self->it_sentinel);
        }
        return NULL;
    }
    /* The call may have exhausted this very iterator. */
    if (self->it_sentinel == NULL) {
        Py_DECREF(item);
        return NULL;
    }
    sentinel = Py_NewRef(self->it_sentinel);
    equal = PyObject_RichCompareBool(sentinel, item, Py_EQ);
    Py_DECREF(sentinel);
    if (equal == 0) {
        return item;
    }
    Py_DECREF(item);
    if (equal > 0) {
        Py_CLEAR(self->it_callable);
        Py_CLEAR(self->it_sentinel);
    }
    return NULL;
}

static PyObject *
calliter_reduce(PyObject *op, PyObject *ignored)
{
    CallIterObject *self = (CallIterObject *)op;
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));

    if (iter == NULL) {
        return NULL;
    }
    if (self->it_callable != NULL && self->it_sentinel != NULL) {
        return Py_BuildValue("N(OO)", iter, self->it_callable,
                             self->it_sentinel);
    }
    return Py_BuildValue("N(())", iter);
}

static PyMethodDef calliter_methods[] = {
    {"__reduce__", calliter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyCallIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "callable_iterator",
    .tp_basicsize = sizeof(CallIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = calliter_dealloc,
    .tp_traverse = calliter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = calliter_next,
    .tp_methods = calliter_methods,
};

/* ---- anext(iterator, default) ---- */

typedef struct {
    PyObject_HEAD
    PyObject *wrapped;                 /* what __anext__ gave */
    PyObject *fallback;
} AnextObject;

PyObject *
anext_awaitable_new(PyObject *awaitable, PyObject *fallback)
{
    AnextObject *self = PyObject_GC_New(AnextObject, &_PyAnextAwaitable_Type);

    if (self == NULL) {
        return NULL;
    }
    self->wrapped = Py_NewRef(awaitable);
    self->fallback = Py_NewRef(fallback);
    gc_track(self);
    return (PyObject *)self;
}

static void
anext_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((AnextObject *)op)->wrapped);
    Py_XDECREF(((AnextObject *)op)->fallback);
    PyObject_GC_Del(op);
}

static int
anext_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((AnextObject *)op)->wrapped);
    Py_VISIT(((AnextObject *)op)->fallback);
    return 0;
}


/* The iterator behind `wrapped`; TypeError if it cannot be awaited. */
static PyObject *
anext_get_iter(AnextObject *self)
{
    PyObject *awaitable = coroutine_get_awaitable_iter(self->wrapped);
    PyTypeObject *type;

    if (awaitable == NULL) {
        return NULL;
    }
    type = Py_TYPE(awaitable);
    if (type->tp_iternext == NULL ||
        type->tp_iternext == &_PyObject_NextNotImplemented) {
        /* A coroutine is awaited through its __await__. */
        if (type->tp_as_async != NULL && type->tp_as_async->am_await != NULL) {
            PyObject *inner = type->tp_as_async->am_await(awaitable);
            Py_SETREF(awaitable, inner);
            if (inner == NULL) {
                return NULL;
            }
        }
        if (!PyIter_Check(awaitable)) {
            PyErr_SetString(PyExc_TypeError,
                            "__await__ must return an iterable");
            Py_DECREF(awaitable);
            return NULL;
        }
    }
    return awaitable;
}

/* StopAsyncIteration becomes StopIteration(fallback). */
static PyObject *
anext_translate_stop(AnextObject *self)
{
    if (PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
        PyErr_Clear();
        _PyGen_SetStopIterationValue(self->fallback);
    }
    return NULL;
}

static PyObject *
anext_next(PyObject *op)
{
    AnextObject *self = (AnextObject *)op;
    PyObject *awaitable = anext_get_iter(self), *result;

    if (awaitable == NULL) {
        return NULL;
    }
    result = Py_TYPE(awaitable)->tp_iternext(awaitable);
    Py_DECREF(awaitable);
    return result != NULL ? result : anext_translate_stop(self);
}

/* wrapped.<method>(args...) */
static PyObject *
anext_forward(PyObject *op, PyObject *name, PyObject *args)
{
    AnextObject *self = (AnextObject *)op;
    PyObject *awaitable = anext_get_iter(self), *method, *result;

    if (awaitable == NULL) {
        return NULL;
    }
    method = PyObject_GetAttr(awaitable, name);
    Py_DECREF(awaitable);
    if (method == NULL) {
        return NULL;
    }
    result = PyObject_CallObject(method, args);
    Py_DECREF(method);
    return result != NULL ? result : anext_translate_stop(self);
}

static PyObject *
anext_send(PyObject *self, PyObject *value)
{
    PyObject *args = PyTuple_Pack(1, value), *result;

    if (args == NULL) {
        return NULL;
    }
    result = anext_forward(self, NAME(send), args);
    Py_DECREF(args);
    return result;
}

static PyObject *
anext_throw(PyObject *self, PyObject *args)
{
    return anext_forward(self, NAME(throw), args);
}

static PyObject *
anext_close(PyObject *self, PyObject *ignored)
{
    return anext_forward(self, NAME(close), NULL);
}

static PyMethodDef anext_methods[] = {
    {"send", anext_send, METH_O, PyDoc_STR("Sends a value to the awaitable.")},
    {"throw", anext_throw, METH_VARARGS,
     PyDoc_STR("Raises an exception in the awaitable.")},
    {"close", anext_close, METH_NOARGS, PyDoc_STR("Closes the awaitable.")},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods anext_as_async = {
    .am_await = PyObject_SelfIter,
};

PyTypeObject _PyAnextAwaitable_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "anext_awaitable",
    .tp_basicsize = sizeof(AnextObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = anext_dealloc,
    .tp_traverse = anext_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_async = &anext_as_async,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = anext_next,
    .tp_methods = anext_methods,
};
