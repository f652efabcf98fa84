/* Iterators over arrays. */
#include "array.h"

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *array;             /* owned; NULL once exhausted */
} array_iterator;

static void
iterator_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    Py_XDECREF(((array_iterator *)op)->array);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static int
iterator_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((array_iterator *)op)->array);
    return 0;
}

static PyObject *
iterator_next(PyObject *op)
{
    array_iterator *it = (array_iterator *)op;

    if (it->array == NULL) {
        return NULL;
    }
    if (it->index < Py_SIZE(it->array)) {
        return array_get_item(it->array, it->index++);
    }
    Py_CLEAR(it->array);
    return NULL;
}

static PyObject *
iterator_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    array_iterator *it = (array_iterator *)op;
    PyObject *name = PyUnicode_InternFromString("iter");        /* owned */

    if (name == NULL) {
        return NULL;
    }
    PyObject *iter = _PyEval_GetBuiltin(name);                  /* owned */
    Py_DECREF(name);
    if (iter == NULL) {
        return NULL;
    }
    if (it->array == NULL) {
        return Py_BuildValue("N(())", iter);
    }
    return Py_BuildValue("N(O)n", iter, it->array, it->index);
}

static PyObject *
iterator_setstate(PyObject *op, PyObject *state)
{
    array_iterator *it = (array_iterator *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (it->array != NULL) {
        it->index = Py_MAX(0, Py_MIN(index, Py_SIZE(it->array)));
    }
    Py_RETURN_NONE;
}

static PyMethodDef iterator_methods[] = {
    {"__reduce__", iterator_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nState for pickle."},
    {"__setstate__", iterator_setstate, METH_O,
     "__setstate__($self, state, /)\n--\n\nSet the position."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_methods, iterator_methods},
    {0, NULL},
};

PyType_Spec array_iterator_spec = {
    .name = "array.arrayiterator",
    .basicsize = sizeof(array_iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = iterator_slots,
};

PyObject *
array_iter(PyObject *op)
{
    array_iterator *it = PyObject_GC_New(array_iterator,
                                         array_state_of(op)->iterator_type);
    if (it == NULL) {
        return NULL;
    }
    it->index = 0;
    it->array = Py_NewRef(op);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

