/* collections.defaultdict. */
#include "collections.h"

#include "structmember.h"
#include "tuple.h"

typedef struct {
    PyDictObject dict;
    PyObject *factory;                 /* NULL or None: none */
} DefaultDict;

#define FACTORY(op) (((DefaultDict *)(op))->factory)

static PyObject *
defaultdict_missing(PyObject *self, PyObject *key)
{
    PyObject *factory = FACTORY(self), *value;

    if (factory == NULL || factory == Py_None) {
        _PyErr_SetKeyError(key);
        return NULL;
    }
    value = call_no_args(factory);
    if (value != NULL && PyObject_SetItem(self, key, value) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
new_like(PyObject *self, PyObject *items)
{
    return PyObject_CallFunctionObjArgs((PyObject *)Py_TYPE(self),
                                        FACTORY(self) ? FACTORY(self)
                                                      : Py_None,
                                        items, NULL);
}

static PyObject *
defaultdict_copy(PyObject *self, PyObject *ignored)
{
    return new_like(self, self);
}

static PyObject *
defaultdict_reduce(PyObject *self, PyObject *ignored)
{
    PyObject *factory = FACTORY(self), *args, *items, *iterator, *result;

    args = factory == NULL || factory == Py_None ? Py_NewRef(TUPLE_EMPTY)
                                                 : PyTuple_Pack(1, factory);
    if (args == NULL) {
        return NULL;
    }
    items = PyObject_CallMethodNoArgs(self, NAME(items));
    iterator = items == NULL ? NULL : PyObject_GetIter(items);
    Py_XDECREF(items);
    if (iterator == NULL) {
        Py_DECREF(args);
        return NULL;
    }
    result = PyTuple_Pack(5, Py_TYPE(self), args, Py_None, Py_None, iterator);
    Py_DECREF(iterator);
    Py_DECREF(args);
    return result;
}

static void
defaultdict_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, defaultdict_dealloc)
    Py_CLEAR(FACTORY(self));
    PyDict_Type.tp_dealloc(self);
    Py_TRASHCAN_END
}

static int
defaultdict_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(FACTORY(self));
    return PyDict_Type.tp_traverse(self, visit, arg);
}

static int
defaultdict_clear(PyObject *self)
{
    Py_CLEAR(FACTORY(self));
    return PyDict_Type.tp_clear(self);
}

static PyObject *
defaultdict_repr(PyObject *self)
{
    PyObject *items = PyDict_Type.tp_repr(self), *factory, *result;

    if (items == NULL) {
        return NULL;
    }
    if (FACTORY(self) == NULL) {
        factory = PyUnicode_FromString("None");
    }
    else {
        int entered = Py_ReprEnter(FACTORY(self));
        if (entered > 0) {
            factory = PyUnicode_FromString("...");
        }
        else if (entered < 0) {
            factory = NULL;
        }
        else {
            factory = PyObject_Repr(FACTORY(self));
            Py_ReprLeave(FACTORY(self));
        }
    }
    if (factory == NULL) {
        Py_DECREF(items);
        return NULL;
    }
    result = PyUnicode_FromFormat("%s(%U, %U)", _PyType_Name(Py_TYPE(self)),
                                  factory, items);
    Py_DECREF(factory);
    Py_DECREF(items);
    return result;
}

static PyObject *
defaultdict_or(PyObject *left, PyObject *right)
{
    PyObject *self, *result;

    self = PyObject_TypeCheck(left, &defaultdict_type) ? left : right;
    if (!PyDict_Check(left) || !PyDict_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = new_like(self, left);
    if (result != NULL && PyDict_Update(result, right) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static int
defaultdict_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *factory = NULL, *old = FACTORY(self), *rest;
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    int result;

    if (n > 0) {
        factory = PyTuple_GET_ITEM(args, 0);
        if (!PyCallable_Check(factory) && factory != Py_None) {
            PyErr_SetString(PyExc_TypeError,
                            "first argument must be callable or None");
            return -1;
        }
    }
    rest = PySequence_GetSlice(args, n > 0, n);
    if (rest == NULL) {
        return -1;
    }
    FACTORY(self) = Py_XNewRef(factory);
    result = PyDict_Type.tp_init(self, rest, kwds);
    Py_DECREF(rest);
    Py_XDECREF(old);
    return result;
}

static PyMethodDef defaultdict_methods[] = {
    {"__missing__", defaultdict_missing, METH_O,
     PyDoc_STR("__missing__(key) # makes, keeps and returns a default value")},
    {"copy", defaultdict_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {"__copy__", defaultdict_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {"__reduce__", defaultdict_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef defaultdict_members[] = {
    {"default_factory", T_OBJECT, offsetof(DefaultDict, factory), 0,
     PyDoc_STR("Called for the values of missing keys.")},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods defaultdict_as_number = {
    .nb_or = defaultdict_or,
};

PyTypeObject defaultdict_type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "collections.defaultdict",
    .tp_basicsize = sizeof(DefaultDict),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("defaultdict(default_factory=None, /, [...]) --> dict "
                        "with default factory\n\n"
                        "A dictionary that makes missing values by calling "
                        "its factory."),
    .tp_init = defaultdict_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = defaultdict_dealloc,
    .tp_traverse = defaultdict_traverse,
    .tp_clear = defaultdict_clear,
    .tp_repr = defaultdict_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_number = &defaultdict_as_number,
    .tp_methods = defaultdict_methods,
    .tp_members = defaultdict_members,
};
